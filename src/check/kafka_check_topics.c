/* What the account may do with the topics, and whether they can be written to. Nothing is stored by these checks. */
#include "check/kafka_check.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/i18n.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/size.h"
#include "check/facts.h"
#include "check/verdict.h"
#include "db/kafka_admin.h"
#include "db/kafka_login.h"

enum {
	ANSWER = 10000,                      /* milliseconds, for one topic's */
	SLICE = 200
};

/* ------------------------------------------------------------------ which topics */

static void want(struct rs_kafka_topics *t, struct rs_map *seen, size_t *cap, const char *name, int partitions)
{
	if (*name == '\0' || rs_map_put(seen, name, strlen(name), t))
		return;
	RS_GROW(t->wanted, t->n, *cap);
	t->wanted[t->n++] = (struct rs_kafka_wanted){.name = rs_xstrdup(name), .partitions = partitions};
	for (size_t i = 0; i < t->cluster.n_topics; i++)
		if (strcmp(t->cluster.topics[i].name, name) == 0)
			t->wanted[t->n - 1].there = &t->cluster.topics[i];
}

enum rs_rc rs_kafka_topics_find(struct rs_check_ctx *ctx, struct rs_kafka_topics *out, struct rs_err *err)
{
	const struct rs_task *task = ctx->task;
	const char *ddl = rs_task_get(task, "kafka.ddl_topic"), *db, *name;
	struct rs_map seen = RS_MAP_INIT;
	const struct rs_object *o;
	size_t cap = 0;

	*out = (struct rs_kafka_topics){.n = 0};
	if (rs_kafka_describe(ctx->kafka, &out->cluster, err) != RS_OK)
		return RS_FAIL;
	char *own = rs_xprintf("rds-sync-%s", task->id ? task->id : "new");
	want(out, &seen, &cap, own, 1);
	want(out, &seen, &cap, ddl ? ddl : "", 1);
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &db, &name);) {
		struct rs_buf topic = RS_BUF_INIT;
		rs_task_topic(task, o->db, o->name, &topic);
		want(out, &seen, &cap, rs_buf_str(&topic), (int)rs_task_topic_partitions(task, o->db, o->name));
		rs_buf_release(&topic);
	}
	free(own);
	rs_map_release(&seen, NULL);
	return RS_OK;
}

void rs_kafka_topics_release(struct rs_kafka_topics *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->wanted[i].name);
	free(t->wanted);
	rs_kafka_cluster_release(&t->cluster);
}

static bool is_set_to(const struct rs_check_ctx *ctx, const char *key, const char *value)
{
	return strcmp(rs_task_get(ctx->task, key), value) == 0;
}

bool rs_kafka_applies_exact(const struct rs_check_ctx *ctx) { return is_set_to(ctx, "kafka.delivery", "exactly-once"); }

bool rs_kafka_applies_all_acks(const struct rs_check_ctx *ctx) { return is_set_to(ctx, "kafka.acks", "all"); }

/* ------------------------------------------------------------------ rights */

/* A broker looks at the right to write first, and then refuses a message that asks for two acknowledgements, which none gives. */
static rd_kafka_resp_err_t try_to_write(struct rs_kafka *k, const char *topic)
{
	rd_kafka_topic_t *handle = rd_kafka_topic_new(k->handle, topic, NULL);
	rd_kafka_resp_err_t native = RD_KAFKA_RESP_ERR__TIMED_OUT;
	char nothing[1] = "";

	k->undelivered = RD_KAFKA_RESP_ERR_NO_ERROR;
	if (!handle || rd_kafka_produce(handle, 0, RD_KAFKA_MSG_F_COPY, nothing, 0, "?", 1, NULL) != 0)
		native = rd_kafka_last_error();
	else if (rd_kafka_flush(k->handle, ANSWER) == RD_KAFKA_RESP_ERR_NO_ERROR)
		native = k->undelivered;
	if (handle)
		rd_kafka_topic_destroy(handle);
	return native;
}

static void tell(struct rs_finding *f, const char *topic, rd_kafka_resp_err_t native)
{
	rs_verdict_line(f, "%s: %s: %s", topic, rd_kafka_err2name(native), rd_kafka_err2str(native));
}

static enum rs_rc try_all(struct rs_check_ctx *ctx, const struct rs_kafka_topics *t, struct rs_finding *f, int *refused, struct rs_err *err)
{
	static const struct rs_kafka_setting settings[] = {
		{"acks", "2"}, {"retries", "0"}, {"linger.ms", "0"}, {"message.timeout.ms", "10000"}, {NULL, NULL}};
	struct rs_kafka k = {.handle = NULL};
	enum rs_rc rc = rs_kafka_open_endpoint(&k, &ctx->task->destination, settings, err);

	for (size_t i = 0; rc == RS_OK && i < t->n; i++) {
		rd_kafka_resp_err_t native = t->wanted[i].there ? try_to_write(&k, t->wanted[i].name) : RD_KAFKA_RESP_ERR_NO_ERROR;
		if (native == RD_KAFKA_RESP_ERR_NO_ERROR || native == RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS)
			continue;
		++*refused;
		tell(f, t->wanted[i].name, native);
	}
	rs_kafka_close(&k);
	return rc;
}

/* Its end, or a message: either is what may be read. */
static rd_kafka_resp_err_t await_any(struct rs_kafka *k, rd_kafka_topic_t *topic)
{
	const rs_usec deadline = rs_clock_mono() + ANSWER * (rs_usec)1000;
	rd_kafka_message_t *m = NULL;
	rd_kafka_resp_err_t native = RD_KAFKA_RESP_ERR__TIMED_OUT;

	while (!m && rs_clock_mono() < deadline) {
		m = rd_kafka_consume(topic, 0, SLICE);
		rd_kafka_poll(k->handle, 0);
	}
	if (m) {
		native = m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF ? RD_KAFKA_RESP_ERR_NO_ERROR : m->err;
		rd_kafka_message_destroy(m);
	}
	return native;
}

static enum rs_rc try_to_read(struct rs_check_ctx *ctx, const struct rs_kafka_wanted *own, struct rs_finding *f, int *refused,
                              struct rs_err *err)
{
	static const struct rs_kafka_setting settings[] = {{"enable.partition.eof", "true"}, {NULL, NULL}};
	struct rs_kafka k = {.handle = NULL};
	enum rs_rc rc = own->there ? rs_kafka_open_consumer(&k, &ctx->task->destination, settings, err) : RS_OK;
	rd_kafka_topic_t *topic = rc == RS_OK && own->there ? rd_kafka_topic_new(k.handle, own->name, NULL) : NULL;

	if (topic && rd_kafka_consume_start(topic, 0, RD_KAFKA_OFFSET_END) == 0) {
		rd_kafka_resp_err_t native = await_any(&k, topic);
		(void)rd_kafka_consume_stop(topic, 0);
		if (native != RD_KAFKA_RESP_ERR_NO_ERROR) {
			++*refused;
			tell(f, own->name, native);
		}
	}
	if (topic)
		rd_kafka_topic_destroy(topic);
	rs_kafka_close(&k);
	return rc;
}

static enum rs_rc judge_rights(struct rs_finding *f, const struct rs_kafka_topics *t, int refused)
{
	int absent = 0, there;

	for (size_t i = 0; i < t->n; i++)
		absent += t->wanted[i].there == NULL;
	there = (int)t->n - absent;
	if (refused > 0) {
		rs_verdict_explain(f, "%s", _("Allow the account Describe and Write on the topics, and Read on the one whose name begins with rds-sync- "
		                              "(kafka-acls --add)."));
		return rs_verdict_fail(f, ngettext("refused for %d topic", "refused for %d topics", (unsigned long)refused), refused);
	}
	if (there > 0)
		rs_verdict_explain(f, "%s", _("Tried with a message that wants more acknowledgements than brokers give: where it could be written it is "
		                              "refused for that alone, and nothing is stored."));
	if (absent > 0)
		rs_verdict_explain(f, ngettext("%d topic is not there yet: what the account may do with it can't be tried.",
		                               "%d topics are not there yet: what the account may do with them can't be tried.",
		                               (unsigned long)absent), absent);
	return rs_verdict_pass(f, ngettext("tried with %d topic", "tried with %d topics", (unsigned long)there), there);
}

enum rs_rc rs_kafka_check_rights(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct rs_kafka_topics t;
	int refused = 0;
	enum rs_rc rc = rs_kafka_topics_find(ctx, &t, err);

	rs_verdict_need(f, "%s", _("the account may write to the topics, and read the one in which the task is kept"));
	if (rc == RS_OK)
		rc = try_all(ctx, &t, f, &refused, err);
	if (rc == RS_OK)
		rc = try_to_read(ctx, &t.wanted[0], f, &refused, err);
	if (rc == RS_OK)
		rc = judge_rights(f, &t, refused);
	rs_kafka_topics_release(&t);
	return rc;
}

/* ------------------------------------------------------------------ replicas */

struct replicas {
	int silent, tight, hidden;
};

/* A broker counts a topic's minimum no higher than the replicas that it has. */
static void look_at_replicas(struct rs_check_ctx *ctx, const struct rs_kafka_topic *t, struct rs_finding *f, struct replicas *r)
{
	static const char *const keys[] = {"min.insync.replicas"};
	struct rs_err why = RS_ERR_INIT;
	char *value = NULL;
	uint64_t least = 1;

	if (rs_kafka_settings_read(ctx->kafka, false, t->name, keys, &value, 1, &why) != RS_OK || !value || !rs_number_parse(value, &least))
		r->hidden++;
	rs_err_clear(&why);
	free(value);
	if ((int)least > t->replicas)
		least = (uint64_t)t->replicas;
	if (t->in_sync < (int)least) {
		r->silent++;
		rs_verdict_line(f, _("%s: %d of %d replicas are up to date, min.insync.replicas = %d"), t->name, t->in_sync, t->replicas, (int)least);
	} else if (t->replicas > 1 && (int)least == t->replicas) {
		r->tight++;
		rs_verdict_line(f, _("%s: all %d replicas must be up to date (min.insync.replicas)"), t->name, t->replicas);
	}
}

static enum rs_rc judge_replicas(struct rs_finding *f, const struct replicas *r)
{
	if (r->hidden > 0)
		rs_verdict_explain(f, ngettext("The settings of %d topic can't be seen (the account may not DescribeConfigs).",
		                               "The settings of %d topics can't be seen (the account may not DescribeConfigs).",
		                               (unsigned long)r->hidden), r->hidden);
	if (r->silent > 0) {
		rs_verdict_explain(f, "%s", _("Messages are refused until the brokers that have the other replicas are back."));
		return rs_verdict_fail(f, ngettext("%d topic can't be written to", "%d topics can't be written to", (unsigned long)r->silent), r->silent);
	}
	if (r->tight > 0) {
		rs_verdict_explain(f, "%s", _("When one broker is down messages are refused, and the task waits: min.insync.replicas should be less than "
		                              "the number of replicas."));
		return rs_verdict_warn(f, ngettext("%d topic needs every broker", "%d topics need every broker", (unsigned long)r->tight), r->tight);
	}
	return rs_verdict_pass(f, "%s", _("enough are up to date"));
}

enum rs_rc rs_kafka_check_replicas(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct rs_kafka_topics t;
	struct replicas r = {.silent = 0};
	enum rs_rc rc = rs_kafka_topics_find(ctx, &t, err);

	rs_verdict_need(f, "%s", _("as many replicas are up to date as min.insync.replicas wants, and one may be missing"));
	for (size_t i = 0; rc == RS_OK && i < t.n; i++)
		if (t.wanted[i].there)
			look_at_replicas(ctx, t.wanted[i].there, f, &r);
	rs_kafka_topics_release(&t);
	return rc == RS_OK ? judge_replicas(f, &r) : rc;
}
