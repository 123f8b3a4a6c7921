/* Testing a connection: connect, measure a round trip, look at the log of changes. What that means is each protocol's own. */
#include "engine/job/probe.h"

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

static void probe_finish(struct rs_probe *p, bool ok, struct rs_probe_found *found, struct rs_err *err)
{
	rs_monitor_enter(&p->job.monitor);
	p->result.done = true;
	p->result.ok = ok;
	p->result.unfit = found->unfit;
	p->result.code = err->code;
	snprintf(p->result.summary, sizeof p->result.summary, "%s", rs_buf_str(&found->summary));
	rs_err_move(&p->result.error, err);
	rs_monitor_leave(&p->job.monitor);
	rs_job_wake(&p->job);
}

static enum rs_rc not_known(struct rs_job *job, const struct rs_endpoint *endpoint, struct rs_probe_found *out, struct rs_err *err)
{
	(void)job;
	(void)out;
	return rs_err_set(err, RS_E_NOT_SUPPORTED, _("%s: servers of this kind can't be asked by this version"), _(endpoint->side));
}

/* By which protocol: connects, asks, closes, and says what it found. */
static enum rs_rc (*const looks[])(struct rs_job *, const struct rs_endpoint *, struct rs_probe_found *, struct rs_err *) = {
	[RS_PROTOCOL_MYSQL] = rs_probe_mysql,
	[RS_PROTOCOL_POSTGRESQL] = rs_probe_postgresql,
	[RS_PROTOCOL_KAFKA] = rs_probe_kafka,
	[RS_PROTOCOL_NONE] = not_known,
};

static void probe_run(void *arg)
{
	struct rs_probe *p = arg;
	struct rs_probe_found found = {.summary = RS_BUF_INIT};
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc = looks[p->endpoint.protocol](&p->job, &p->endpoint, &found, &err);

	probe_finish(p, rc == RS_OK, &found, &err);
	rs_buf_release(&found.summary);
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
