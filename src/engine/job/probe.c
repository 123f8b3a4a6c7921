/* Testing a connection: connect, measure a round trip, look at the binary log. */
#include "engine/job/job.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

struct rs_probe {
	struct rs_job job;
	bool started;
	struct rs_endpoint endpoint;
	struct rs_probe_result result; /* under the job's lock */
};

static void probe_finish(struct rs_probe *p, bool ok, const char *summary, struct rs_err *err)
{
	rs_monitor_enter(&p->job.monitor);
	p->result.done = true;
	p->result.ok = ok;
	p->result.code = err->code;
	snprintf(p->result.summary, sizeof p->result.summary, "%s", summary);
	rs_err_move(&p->result.error, err);
	rs_monitor_leave(&p->job.monitor);
	rs_job_wake(&p->job);
}

static enum rs_rc describe_binlog(struct rs_my *my, struct rs_buf *out, struct rs_err *err)
{
	char *format = NULL;
	enum rs_rc rc = RS_OK;

	if (!rs_my_variable_is(my, "log_bin", "ON")) {
		rs_buf_adds(out, "no binlog");
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
	rs_buf_addf(out, "%s, %.1f ms, ", my->version_text, (double)(rs_clock_mono() - before) / 1000);
	if (rs_my_is_compressed(my))
		rs_buf_adds(out, "zlib, ");
	return describe_binlog(my, out, err);
}

static void probe_run(void *arg)
{
	struct rs_probe *p = arg;
	struct rs_my my;
	struct rs_buf summary = RS_BUF_INIT;
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc = rs_job_open(&p->job, 0, &my, &p->endpoint, &err);

	if (rc == RS_OK)
		rc = look(&my, &summary, &err);
	rs_job_close(&p->job, 0);
	probe_finish(p, rc == RS_OK, rs_buf_str(&summary), &err);
	rs_buf_release(&summary);
}

struct rs_probe *rs_probe_start(const struct rs_endpoint *endpoint, struct rs_wake wake)
{
	struct rs_probe *p = rs_xcalloc(1, sizeof *p);

	rs_endpoint_copy(&p->endpoint, endpoint);
	p->started = rs_job_start(&p->job, "probe", probe_run, p, wake);
	if (!p->started) {
		p->result.done = true;
		p->result.code = RS_E_INTERNAL;
		rs_err_set(&p->result.error, RS_E_INTERNAL, _("no thread can be started"));
	}
	return p;
}

void rs_probe_get(struct rs_probe *p, struct rs_probe_result *out)
{
	memset(out, 0, sizeof *out);
	if (p->started)
		rs_monitor_enter(&p->job.monitor);
	*out = p->result;
	out->error = (struct rs_err)RS_ERR_INIT;
	rs_err_copy(&out->error, &p->result.error);
	if (p->started)
		rs_monitor_leave(&p->job.monitor);
}

void rs_probe_result_release(struct rs_probe_result *r)
{
	rs_err_clear(&r->error);
}

void rs_probe_free(struct rs_probe *p)
{
	if (!p)
		return;
	if (p->started)
		rs_job_stop(&p->job);
	rs_endpoint_release(&p->endpoint);
	rs_probe_result_release(&p->result);
	free(p);
}
