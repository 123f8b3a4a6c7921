/* Asking a Kafka cluster what it is, and which topics it has. */
#include "engine/job/kafka_job.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

struct rs_topics {
	struct rs_job job;
	bool started;
	struct rs_endpoint endpoint;
	struct rs_topics_result result; /* under the job's lock */
};

/* The names change their owner. */
static void take_topics(struct rs_topics_result *r, struct rs_kafka_cluster *c)
{
	r->topics = rs_xcalloc(c->n_topics + 1, sizeof *r->topics);
	for (size_t i = 0; i < c->n_topics; i++) {
		r->topics[r->count++] = (struct rs_topic){c->topics[i].name, c->topics[i].partitions, c->topics[i].internal};
		c->topics[i].name = NULL;
	}
}

static enum rs_rc look(struct rs_topics *t, struct rs_topics_result *out, struct rs_err *err)
{
	struct rs_kafka_cluster c;
	struct rs_buf summary = RS_BUF_INIT;
	enum rs_rc rc = rs_job_ask_kafka(&t->job, &t->endpoint, &c, &summary, err);

	snprintf(out->summary, sizeof out->summary, "%s", rs_buf_str(&summary));
	if (rc == RS_OK) {
		out->version = rs_kafka_version_class(c.version);
		take_topics(out, &c);
	}
	rs_buf_release(&summary);
	rs_kafka_cluster_release(&c);
	return rc;
}

static void topics_run(void *arg)
{
	struct rs_topics *t = arg;
	struct rs_topics_result r = {.done = true};

	r.ok = look(t, &r, &r.error) == RS_OK;
	rs_monitor_enter(&t->job.monitor);
	t->result = r;
	rs_monitor_leave(&t->job.monitor);
	rs_job_wake(&t->job);
}

struct rs_topics *rs_topics_start(const struct rs_endpoint *endpoint, struct rs_wake wake)
{
	struct rs_topics *t = rs_xcalloc(1, sizeof *t);

	rs_endpoint_copy(&t->endpoint, endpoint);
	t->started = rs_job_start(&t->job, "topics", topics_run, t, wake);
	if (!t->started) {
		t->result.done = true;
		rs_err_set(&t->result.error, RS_E_INTERNAL, _("no thread can be started"));
	}
	return t;
}

bool rs_topics_take(struct rs_topics *t, struct rs_topics_result *out)
{
	if (t->started)
		rs_monitor_enter(&t->job.monitor);
	*out = t->result;
	t->result = (struct rs_topics_result){.done = false};
	if (t->started)
		rs_monitor_leave(&t->job.monitor);
	return out->done;
}

void rs_topics_result_release(struct rs_topics_result *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->topics[i].name);
	free(r->topics);
	rs_err_clear(&r->error);
	*r = (struct rs_topics_result){.done = false};
}

void rs_topics_free(struct rs_topics *t)
{
	if (!t)
		return;
	if (t->started)
		rs_job_stop(&t->job);
	rs_topics_result_release(&t->result);
	rs_endpoint_release(&t->endpoint);
	free(t);
}
