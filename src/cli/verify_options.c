/* What "verify" is asked to do: its options, read strictly. */
#include "cli/verify_options.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "base/i18n.h"
#include "base/mem.h"
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

/* 90, 90s, 30m, 6h, 2d */
static bool read_time(const char *text, rs_usec *out)
{
	static const struct { char unit; unsigned seconds; } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	size_t n = strlen(text);
	uint64_t number, seconds = 1;
	char digits[16];

	for (size_t i = 0; n > 0 && i < sizeof units / sizeof *units; i++)
		if (text[n - 1] == units[i].unit) {
			seconds = units[i].seconds;
			n--;
			break;
		}
	if (n == 0 || n >= 10)
		return false;
	memcpy(digits, text, n);
	digits[n] = '\0';
	if (!rs_number_parse(digits, &number) || number == 0)
		return false;
	*out = (rs_usec)(number * seconds) * RS_USEC_PER_SEC;
	return true;
}

/* A list on one line becomes the lines of a selection; a comma in backquotes is part of a name. */
static char *lines_of(const char *list)
{
	char *lines = rs_xstrdup(list);
	bool quoted = false;

	for (char *c = lines; *c != '\0'; c++) {
		quoted ^= *c == '`';
		if (*c == ',' && !quoted)
			*c = '\n';
	}
	return lines;
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

	*o = (struct rs_verify_options){.phase = any_phase()};
	*tables = NULL;
	if (read_mode(cli, o, err) != RS_OK)
		return RS_FAIL;
	if (rows != NULL && !rs_number_parse(rows, &o->max_rows))
		return bad(err, "max-rows", rows);
	if (bytes != NULL && !rs_size_parse(bytes, &o->max_bytes))
		return bad(err, "max-bytes", bytes);
	if (timeout != NULL && !read_time(timeout, &o->timeout))
		return bad(err, "timeout", timeout);
	*tables = list ? lines_of(list) : NULL;
	o->tables = *tables;
	return RS_OK;
}
