/* Whether messages fit: what a topic takes at once against what is sent at once, and against the widest rows of the source. */
#include "check/kafka_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/size.h"
#include "check/facts.h"
#include "check/verdict.h"
#include "db/kafka_admin.h"

enum {
	ROWS = 1000,                         /* of a table that are looked at */
	SMALL = 64,                          /* bytes: what a number or a time takes at most, roughly */
	CHARACTER = 4                        /* bytes of one, at most */
};

struct sizes {
	struct rs_check_ctx *ctx;
	struct rs_finding *f;
	uint64_t batch;                      /* kafka.batch_size */
	uint64_t least;                      /* that one of the topics takes */
	int small, wide, hidden;             /* topics that take less than a batch; tables with a row that does not fit; settings not seen */
	size_t measured;                     /* tables whose rows were looked at */
};

/* ------------------------------------------------------------------ what a topic takes */

static bool read_size(struct rs_check_ctx *ctx, bool of_broker, const char *name, const char *key, uint64_t *out)
{
	const char *const keys[] = {key};
	struct rs_err why = RS_ERR_INIT;
	char *value = NULL;
	bool ok = rs_kafka_settings_read(ctx->kafka, of_broker, name, keys, &value, 1, &why) == RS_OK && value && rs_number_parse(value, out);

	rs_err_clear(&why);
	free(value);
	return ok;
}

/* 0: it is not told. One that is to be made takes what the brokers let it. */
static uint64_t taken_by(struct sizes *s, const struct rs_kafka_topics *t, const struct rs_kafka_wanted *w)
{
	uint64_t bytes = 0;
	char broker[24];

	snprintf(broker, sizeof broker, "%d", t->cluster.brokers > 0 ? t->cluster.broker[0].id : 0);
	if (w->there ? read_size(s->ctx, false, w->name, "max.message.bytes", &bytes) : read_size(s->ctx, true, broker, "message.max.bytes", &bytes))
		return bytes;
	s->hidden++;
	return 0;
}

/* ------------------------------------------------------------------ how wide a row is */

static uint64_t widest_of(const struct rs_column *c)
{
	switch (c->type) {
	case RS_T_CHAR:
	case RS_T_VARCHAR: return (uint64_t)c->length * CHARACTER;
	case RS_T_BINARY:
	case RS_T_VARBINARY: return c->length;
	case RS_T_TINYTEXT:
	case RS_T_TINYBLOB: return UINT8_MAX;
	case RS_T_TEXT:
	case RS_T_BLOB: return UINT16_MAX;
	case RS_T_MEDIUMTEXT:
	case RS_T_MEDIUMBLOB: return (1u << 24) - 1;
	case RS_T_LONGTEXT:
	case RS_T_LONGBLOB:
	case RS_T_JSON:
	case RS_T_GEOMETRY: return UINT32_MAX;
	case RS_T_VECTOR: return (uint64_t)c->length * 4;
	default: return SMALL;
	}
}

static uint64_t widest_row(const struct rs_table *t)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < t->n_columns; i++)
		bytes += widest_of(&t->columns[i]);
	return bytes;
}

/* SELECT MAX(n) FROM (SELECT IFNULL(OCTET_LENGTH(`a`), 0) + … AS n FROM `db`.`t` LIMIT 1000) AS r */
static enum rs_rc ask_widest(struct rs_check_ctx *ctx, const struct rs_table *t, uint64_t *out, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	char *value = NULL;

	(void)rs_buf_adds(&sql, "SELECT MAX(n) FROM (SELECT 0");
	for (size_t i = 0; i < t->n_columns; i++) {
		(void)rs_buf_adds(&sql, " + IFNULL(OCTET_LENGTH(");
		(void)rs_quote_ident(&sql, t->columns[i].name);
		(void)rs_buf_adds(&sql, "), 0)");
	}
	(void)rs_buf_adds(&sql, " AS n FROM ");
	(void)rs_quote_table(&sql, t->db, t->name);
	(void)rs_buf_addf(&sql, " LIMIT %d) AS r", ROWS);
	enum rs_rc rc = rs_my_scalar(ctx->source, rs_buf_str(&sql), &value, err);
	if (!value || !rs_number_parse(value, out))
		*out = 0;
	free(value);
	rs_buf_release(&sql);
	return rc;
}

/* ------------------------------------------------------------------ together */

static void look_at_topic(struct sizes *s, const struct rs_kafka_wanted *w, uint64_t takes)
{
	char text[2][24];

	if (takes == 0 || takes >= s->batch)
		return;
	s->small++;
	rs_verdict_line(s->f, _("%s takes %s at once (max.message.bytes), kafka.batch_size is %s"), w->name, rs_size_text(takes, text[0], 24),
	                rs_size_text(s->batch, text[1], 24));
	if (takes < s->least)
		s->least = takes;
}

static enum rs_rc look_at_table(struct sizes *s, const struct rs_object *o, uint64_t takes, struct rs_err *err)
{
	uint64_t widest = 0;
	char text[2][24];

	if (takes == 0 || widest_row(o->schema) <= takes)
		return RS_OK;
	s->measured++;
	enum rs_rc rc = ask_widest(s->ctx, o->schema, &widest, err);
	if (rc != RS_OK || widest <= takes)
		return rc;
	s->wide++;
	rs_verdict_object(s->f, o->db, o->name);
	rs_verdict_line(s->f, _("%s.%s: a row of %s, the topic takes %s"), o->db, o->name, rs_size_text(widest, text[0], 24),
	                rs_size_text(takes, text[1], 24));
	return RS_OK;
}

static uint64_t takes_of(const struct rs_kafka_topics *t, const uint64_t *takes, const char *topic)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->wanted[i].name, topic) == 0)
			return takes[i];
	return 0;
}

static enum rs_rc look_at_all(struct sizes *s, struct rs_kafka_topics *t, struct rs_err *err)
{
	uint64_t *takes = rs_xcalloc(t->n + 1, sizeof *takes);
	const struct rs_object *o;
	const char *db, *name;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; i < t->n; i++) {
		takes[i] = taken_by(s, t, &t->wanted[i]);
		look_at_topic(s, &t->wanted[i], takes[i]);
	}
	for (size_t i = 0; rc == RS_OK && rs_facts_each(s->ctx, &i, RS_OBJECT_TABLE, &o, &db, &name);) {
		struct rs_buf topic = RS_BUF_INIT;
		rs_task_topic(s->ctx->task, o->db, o->name, &topic);
		if (o->schema)
			rc = look_at_table(s, o, takes_of(t, takes, rs_buf_str(&topic)), err);
		rs_buf_release(&topic);
	}
	free(takes);
	return rc;
}

static enum rs_rc judge(const struct sizes *s)
{
	if (s->hidden > 0)
		rs_verdict_explain(s->f, ngettext("The settings of %d topic can't be seen (the account may not DescribeConfigs).",
		                                  "The settings of %d topics can't be seen (the account may not DescribeConfigs).",
		                                  (unsigned long)s->hidden), s->hidden);
	if (s->small == 0 && s->wide == 0) {
		if (s->measured > 0)
			rs_verdict_explain(s->f, ngettext("The columns of %zu table allow wider rows; of each the first %d were looked at.",
			                                  "The columns of %zu tables allow wider rows; of each the first %d were looked at.", s->measured),
			                   s->measured, ROWS);
		return rs_verdict_pass(s->f, "%s", _("they fit"));
	}
	if (s->small > 0)
		rs_verdict_remedy(s->f, NULL, "rds-sync task set %s kafka.batch_size=%" PRIu64 "K", s->ctx->task->name,
		                  s->least > 2048 ? s->least / 1024 - 1 : 1);
	rs_verdict_explain(s->f, "%s", _("What counts is the size after compression. Raise max.message.bytes of the topic (kafka-configs --alter), and "
	                                 "what its readers fetch at once."));
	if (s->wide > 0)
		return rs_verdict_warn(s->f, ngettext("%d table has rows that may not fit", "%d tables have rows that may not fit", (unsigned long)s->wide),
		                       s->wide);
	return rs_verdict_warn(s->f, ngettext("%d topic takes less than is sent at once", "%d topics take less than is sent at once",
	                                      (unsigned long)s->small), s->small);
}

enum rs_rc rs_kafka_check_size(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct sizes s = {.ctx = ctx, .f = f, .least = UINT64_MAX};
	struct rs_kafka_topics t;
	enum rs_rc rc = rs_kafka_topics_find(ctx, &t, err);

	rs_verdict_need(f, "%s", _("the topics take what is sent at once, and the widest row"));
	(void)rs_size_parse(rs_task_get(ctx->task, "kafka.batch_size"), &s.batch);
	if (rc == RS_OK)
		rc = look_at_all(&s, &t, err);
	rs_kafka_topics_release(&t);
	return rc == RS_OK ? judge(&s) : rc;
}
