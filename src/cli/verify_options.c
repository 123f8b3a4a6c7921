/* What "verify" is asked to do: its options, read strictly. */
#include "cli/verify_options.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "base/i18n.h"
#include "base/size.h"

static enum rs_rc bad(struct rs_err *err, const char *option, const char *value)
{
	return rs_err_set(err, RS_E_USAGE, _("--%s does not take \"%s\""), option, value);
}

static enum rs_rc read_mode(const struct rs_cli *cli, struct rs_verify_options *o, struct rs_err *err)
{
	static const char *const words[] = {
		[RS_VERIFY_FULL] = "full", [RS_VERIFY_SAMPLE] = "sample", [RS_VERIFY_COUNT] = "count"};
	const char *mode = rs_cli_value(cli, "mode"), *sample = rs_cli_value(cli, "sample");
	uint64_t percent = 10;

	if (sample != NULL && (!rs_number_parse(sample, &percent) || percent < 10 || percent > 100))
		return bad(err, "sample", sample);
	if (mode == NULL)
		mode = sample ? "sample" : "full";
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(mode, words[i]) == 0) {
			o->mode = (enum rs_verify_mode)i;
			o->percent = (unsigned)percent;
			return sample && o->mode != RS_VERIFY_SAMPLE ? bad(err, "sample", sample) : RS_OK;
		}
	return bad(err, "mode", mode);
}

/* Another choice each time: what is looked at today need not be what was looked at yesterday. */
static double any_phase(void)
{
	uint32_t n = 0;

	if (getrandom(&n, sizeof n, 0) != sizeof n)
		n = 0;
	return n / 4294967296.0;
}

enum rs_rc rs_verify_options_read(const struct rs_cli *cli, struct rs_verify_options *o, char **tables, struct rs_err *err)
{
	const char *rows = rs_cli_value(cli, "max-rows"), *bytes = rs_cli_value(cli, "max-bytes");
	const char *timeout = rs_cli_value(cli, "timeout"), *list = rs_cli_value(cli, "tables");
	uint64_t seconds = 0;

	*o = (struct rs_verify_options){.phase = any_phase()};
	*tables = NULL;
	if (read_mode(cli, o, err) != RS_OK)
		return RS_FAIL;
	if (rows != NULL && !rs_number_parse(rows, &o->max_rows))
		return bad(err, "max-rows", rows);
	if (bytes != NULL && !rs_size_parse(bytes, &o->max_bytes))
		return bad(err, "max-bytes", bytes);
	if (timeout != NULL && !rs_seconds_parse(timeout, &seconds))
		return bad(err, "timeout", timeout);
	o->timeout = (rs_usec)seconds * RS_USEC_PER_SEC;
	*tables = list ? rs_selection_lines(list) : NULL;
	o->tables = *tables;
	return RS_OK;
}
