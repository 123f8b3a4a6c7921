#include "check/kafka_checks.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "check/facts.h"
#include "check/kafka_check.h"
#include "check/my_source_rows.h"
#include "check/verdict.h"
#include "db/kafka_admin.h"
#include "db/kafka_login.h"
#include "db/my_catalog.h"

enum {
	API_INIT_PRODUCER_ID = 22,   /* the request that transactions begin with, since 0.11 */
	INIT_TIMEOUT = 20000,        /* milliseconds */
	TOPICS_NAMED = 20            /* of those that will be made */
};

/* ------------------------------------------------------------------ the connection */

static enum rs_rc check_conn(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const struct rs_err *why = &ctx->dest_error;

	(void)err;
	rs_verdict_need(f, "%s", _("a connection"));
	if (rs_kafka_is_open(ctx->kafka))
		return rs_verdict_pass(f, "Kafka %s (%s)", rs_kafka_version(&ctx->kafka->apis), ctx->kafka->address);
	if (why->detail)
		rs_verdict_explain(f, "%s", why->detail);
	if (why->hint)
		rs_verdict_explain(f, _("%s."), why->hint);
	return rs_verdict_fail(f, "%s", why->primary ? why->primary : _("no connection"));
}

/* As the cluster names it to its clients, which may be another address than the one that was given. */
static enum rs_rc reach(const struct rs_check_ctx *ctx, const char *host, int port, struct rs_err *err)
{
	struct rs_endpoint there = {.side = NULL};
	struct rs_kafka k = {.handle = NULL};

	rs_endpoint_copy(&there, &ctx->task->destination);
	free(there.host);
	there.host = rs_xstrdup(host);
	there.port = (unsigned)port;
	enum rs_rc rc = rs_kafka_open_endpoint(&k, &there, NULL, err);
	rs_kafka_close(&k);
	rs_endpoint_release(&there);
	return rc;
}

static enum rs_rc check_brokers(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct rs_kafka_cluster cluster;
	enum rs_rc rc = rs_kafka_describe(ctx->kafka, &cluster, err);
	int silent = 0, n = cluster.brokers;

	rs_verdict_need(f, "%s", _("each broker answers under the address that it gives its clients"));
	for (int i = 0; rc == RS_OK && i < n; i++) {
		struct rs_err why = RS_ERR_INIT;
		if (reach(ctx, cluster.broker[i].host, cluster.broker[i].port, &why) != RS_OK) {
			silent++;
			rs_verdict_line(f, "%s:%d: %s", cluster.broker[i].host, cluster.broker[i].port, why.detail ? why.detail : why.primary);
		}
		rs_err_clear(&why);
	}
	rs_kafka_cluster_release(&cluster);
	if (rc != RS_OK)
		return rc;
	if (silent == 0)
		return rs_verdict_pass(f, ngettext("%d broker", "%d brokers", (unsigned long)n), n);
	rs_verdict_explain(f, "%s", _("advertised.listeners of each broker must be an address that is reached from here."));
	return rs_verdict_fail(f, _("%d of %d brokers can't be reached"), silent, n);
}

/* ------------------------------------------------------------------ transactions */

static enum rs_rc check_version(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const struct rs_kafka_apis *apis = &ctx->kafka->apis;

	(void)err;
	rs_verdict_need(f, "%s", rs_kafka_applies_exact(ctx) ? _("0.11 or later") : _("any: without transactions (kafka.delivery)"));
	if (!rs_kafka_applies_exact(ctx) || (apis->known && apis->newest[API_INIT_PRODUCER_ID] >= 0))
		return rs_verdict_pass(f, "%s", rs_kafka_version(apis));
	rs_verdict_explain(f, "%s", _("Brokers of Kafka 0.11 and later have transactions, with which nothing is lost or doubled; "
	                              "kafka.delivery = at-least-once does without them."));
	return rs_verdict_fail(f, "%s", rs_kafka_version(apis));
}

/* With an id of our own that nobody else uses: the task's would end what a running process has under way. */
static enum rs_rc check_transactions(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	char *id = rs_xprintf("rds-sync-%s-check", ctx->task->id ? ctx->task->id : "new");
	const struct rs_kafka_setting settings[] = {{"transactional.id", id}, {"transaction.timeout.ms", "900000"}, {NULL, NULL}};
	struct rs_kafka k = {.handle = NULL};
	enum rs_rc rc = rs_kafka_open_endpoint(&k, &ctx->task->destination, settings, err);
	rd_kafka_error_t *error = rc == RS_OK ? rd_kafka_init_transactions(k.handle, INIT_TIMEOUT) : NULL;

	rs_verdict_need(f, "%s", _("the account may use transactional ids that begin with rds-sync-, for up to 15 minutes"));
	if (error) {
		rc = rs_kafka_fail(&k, err, rd_kafka_error_code(error), rd_kafka_error_string(error), _("preparing transactions"));
		rd_kafka_error_destroy(error);
	}
	rs_kafka_close(&k);
	free(id);
	return rc == RS_OK ? rs_verdict_pass(f, "%s", _("it may")) : rc;
}

/* ------------------------------------------------------------------ topics */

struct outcome {
	struct rs_check_ctx *ctx;
	int there, made;
	bool refused;
};

static void tell_made(struct rs_finding *f, const struct rs_kafka_new_topic *t)
{
	char *replicas = t->replicas > 0 ? rs_xprintf(ngettext(", %d replica", ", %d replicas", (unsigned long)t->replicas), t->replicas)
	                                 : rs_xstrdup("");

	rs_verdict_line(f, ngettext("%s will be made: %d partition%s", "%s will be made: %d partitions%s", (unsigned long)t->partitions), t->name,
	                t->partitions, replicas);
	free(replicas);
}

static void look_at(struct outcome *o, struct rs_finding *f, const struct rs_kafka_wanted *w)
{
	struct rs_err why = RS_ERR_INIT;

	if (w->there) {
		o->there++;
		return;
	}
	const struct rs_kafka_new_topic topic = {.name = w->name, .partitions = w->partitions,
	                                         .replicas = (int)rs_task_topic_replicas(o->ctx->task)};
	if (rs_kafka_topic_may_be_made(o->ctx->kafka, &topic, &why) == RS_OK) {
		if (o->made++ < TOPICS_NAMED)
			tell_made(f, &topic);
	} else {
		o->refused = true;
		rs_verdict_line(f, "%s: %s", w->name, why.detail ? why.detail : why.primary);
	}
	rs_err_clear(&why);
}

static enum rs_rc check_topics(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct outcome t = {.ctx = ctx};
	struct rs_kafka_topics topics;
	enum rs_rc rc = rs_kafka_topics_find(ctx, &topics, err);

	rs_verdict_need(f, "%s", _("topics are there, or may be made"));
	for (size_t i = 0; rc == RS_OK && i < topics.n; i++)
		look_at(&t, f, &topics.wanted[i]);
	rs_kafka_topics_release(&topics);
	if (rc != RS_OK)
		return rc;
	if (t.refused) {
		rs_verdict_explain(f, "%s", _("Make the topics, or allow the account to (kafka-acls --add --operation Create --cluster); one that is "
		                              "there must be seen by the account (Describe). What is kept of the task is a topic too."));
		return rs_verdict_fail(f, "%s", _("some can't be made"));
	}
	if (t.made > TOPICS_NAMED)
		rs_verdict_line(f, _("… and %d more"), t.made - TOPICS_NAMED);
	if (t.there == 0)
		return rs_verdict_pass(f, _("%d will be made"), t.made);
	if (t.made == 0)
		return rs_verdict_pass(f, _("%d are there"), t.there);
	return rs_verdict_pass(f, _("%d are there, %d will be made"), t.there, t.made);
}

/* ------------------------------------------------------------------ what the log does not have */

static size_t list_actions(const struct rs_object *o, struct rs_finding *f)
{
	size_t n = 0;

	for (size_t i = 0; i < o->schema->n_foreign_keys; i++) {
		const struct rs_foreign_key *fk = &o->schema->foreign_keys[i];
		if (!rs_foreign_key_acts(fk))
			continue;
		n++;
		rs_verdict_object(f, o->db, o->name);
		rs_verdict_line(f, "%s.%s: %s", o->db, o->name, fk->name);
	}
	return n;
}

/* What foreign keys do is done again by a destination's own tables; a topic has none. */
static enum rs_rc check_cascades(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const char *db, *name;
	const struct rs_object *o;
	size_t n = 0;

	(void)err;
	rs_verdict_need(f, "%s", _("no rows that are changed without a trace in the source's log"));
	if (!rs_my_hides_cascades(ctx->source))
		return rs_verdict_pass(f, "%s", _("the source logs what foreign keys do"));
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &db, &name);)
		n += list_actions(o, f);
	if (n == 0)
		return rs_verdict_pass(f, "%s", _("there are none"));
	rs_verdict_explain(f, "%s", _("Rows that ON DELETE and ON UPDATE of these foreign keys change become no messages. Let statements of their "
	                              "own change them, or leave the tables out."));
	return rs_verdict_warn(f, ngettext("%zu foreign key with an action", "%zu foreign keys with an action", n), n);
}

/* ------------------------------------------------------------------ the table */

enum { SRC = RS_NEEDS_SOURCE, DEST = RS_NEEDS_DEST, CAT = RS_NEEDS_CATALOG };

/* In the order in which MySQL's are published. */
const struct rs_check rs_kafka_checks[] = {
	RS_MY_ROWS_ACCOUNT,
	{"CHECK_CONN_DEST", N_("Connection to the destination"), 0, false, NULL, check_conn, NULL},
	RS_MY_ROWS_BINLOG,
	RS_MY_ROW_OBJECTS,
	RS_MY_ROW_FILTER,
	RS_MY_ROWS_START,
	RS_MY_ROWS_LOG,
	RS_MY_ROW_XA,
	{"CHECK_CASCADES", N_("Rows that foreign keys change"), SRC | CAT, true, rs_my_applies_incremental, check_cascades,
	 N_("Consumers are not told of rows that foreign keys change or delete at the source.")},
	RS_MY_ROW_SETTINGS,
	{"CHECK_KAFKA_VERSION", N_("Version of Kafka"), DEST, false, NULL, check_version, NULL},
	{"CHECK_KAFKA_BROKERS", N_("Brokers of the cluster"), DEST, false, NULL, check_brokers, NULL},
	{"CHECK_KAFKA_TRANSACTIONS", N_("Transactions of Kafka"), DEST, false, rs_kafka_applies_exact, check_transactions, NULL},
	{"CHECK_KAFKA_TOPICS", N_("Topics"), DEST | CAT, false, NULL, check_topics, NULL},
	{"CHECK_KAFKA_RIGHTS", N_("Rights on the topics"), DEST | CAT, false, NULL, rs_kafka_check_rights, NULL},
	{"CHECK_KAFKA_REPLICAS", N_("Replicas of the topics"), DEST | CAT, true, rs_kafka_applies_all_acks, rs_kafka_check_replicas,
	 N_("While the replicas that a topic wants are not up to date the task waits, and fails when the retry time is over.")},
	{"CHECK_KAFKA_REGISTRY", N_("Schema registry"), DEST | CAT, true, rs_kafka_applies_registry, rs_kafka_check_registry,
	 N_("The task waits while the registry can't be asked, and stops where it takes no schema.")},
	{"CHECK_KAFKA_MESSAGE_SIZE", N_("Size of the messages"), SRC | DEST | CAT, true, NULL, rs_kafka_check_size,
	 N_("A message that its topic refuses stops the task, until the topic takes more or the row is left out.")},
	{.code = NULL},
};
