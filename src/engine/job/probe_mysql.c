#include "engine/job/probe.h"

#include <stdlib.h>
#include "base/i18n.h"

static enum rs_rc describe_binlog(struct rs_my *my, struct rs_buf *out, struct rs_err *err)
{
	char *format = NULL;
	enum rs_rc rc = RS_OK;

	if (!rs_my_variable_is(my, "log_bin", "ON")) {
		rs_buf_adds(out, _("no binlog"));
		return RS_OK;
	}
	rc = rs_my_variable(my, "binlog_format", &format, err);
	if (rc == RS_OK)
		rs_buf_addf(out, "binlog %s", format ? format : "on");
	free(format);
	return rc;
}

static enum rs_rc look(struct rs_my *my, struct rs_buf *out, struct rs_err *err)
{
	rs_usec before = rs_clock_mono();
	enum rs_rc rc = rs_my_exec(my, "SELECT 1", err);

	if (rc != RS_OK)
		return rc;
	/* TRANSLATORS: the server's version, milliseconds; followed by what its log is */
	rs_buf_addf(out, _("%s, %.1f ms, "), my->version_text, (double)(rs_clock_mono() - before) / 1000);
	if (rs_my_is_compressed(my))
		rs_buf_adds(out, "zlib, ");
	return describe_binlog(my, out, err);
}

enum rs_rc rs_probe_mysql(struct rs_job *job, const struct rs_endpoint *endpoint, struct rs_buf *out, struct rs_err *err)
{
	struct rs_my my;
	enum rs_rc rc = rs_job_open(job, 0, &my, endpoint, err);

	if (rc == RS_OK)
		rc = look(&my, out, err);
	rs_job_close(job, 0);
	return rc;
}
