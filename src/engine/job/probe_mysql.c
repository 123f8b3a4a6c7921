#include "engine/job/probe.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"

/* What is needed at a source alone is told of a destination, too, which may be one another time. */
static enum rs_rc describe_binlog(struct rs_my *my, struct rs_probe_found *out, struct rs_err *err)
{
	bool source = strcmp(my->side, N_("source")) == 0;
	char *format = NULL;
	enum rs_rc rc = RS_OK;

	if (!rs_my_variable_is(my, "log_bin", "ON")) {
		rs_buf_adds(&out->summary, source ? _("no binlog: changes can't be followed") : _("no binlog"));
		out->unfit = source;
		return RS_OK;
	}
	rc = rs_my_variable(my, "binlog_format", &format, err);
	if (rc != RS_OK)
		return rc;
	rs_buf_addf(&out->summary, "binlog %s", format ? format : "on");
	if (source && format && strcasecmp(format, "ROW") != 0) {
		rs_buf_adds(&out->summary, _(" (must be ROW)"));
		out->unfit = true;
	}
	free(format);
	return RS_OK;
}

static enum rs_rc look(struct rs_my *my, struct rs_probe_found *out, struct rs_err *err)
{
	rs_usec before = rs_clock_mono();
	enum rs_rc rc = rs_my_exec(my, "SELECT 1", err);

	if (rc != RS_OK)
		return rc;
	/* TRANSLATORS: the server's version, milliseconds; followed by what its log is */
	rs_buf_addf(&out->summary, _("%s, %.1f ms, "), my->version_text, (double)(rs_clock_mono() - before) / 1000);
	if (rs_my_is_compressed(my))
		rs_buf_adds(&out->summary, "zlib, ");
	return describe_binlog(my, out, err);
}

enum rs_rc rs_probe_mysql(struct rs_job *job, const struct rs_endpoint *endpoint, struct rs_probe_found *out, struct rs_err *err)
{
	struct rs_my my;
	enum rs_rc rc = rs_job_open(job, 0, &my, endpoint, err);

	if (rc == RS_OK)
		rc = look(&my, out, err);
	rs_job_close(job, 0);
	return rc;
}
