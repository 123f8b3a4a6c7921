/* Schema changes: nothing is executed, and so nothing can be executed twice. What there is to be told of one is written in the
 * transaction of its position. */
#include "sink/kafka_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/ddl.h"
#include "sink/meta_json.h"

struct rs_kafka_ddl {
	char *sql, *db, *sql_mode, *gtid;
	uint32_t server_id;
};

void rs_kafka_forget_told(struct rs_kafka_sink *s)
{
	if (!s->told)
		return;
	free(s->told->sql);
	free(s->told->db);
	free(s->told->sql_mode);
	free(s->told->gtid);
	free(s->told);
	s->told = NULL;
}

enum rs_rc rs_kafka_define(struct rs_sink *base, const struct rs_definition *d, struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);

	(void)err;
	rs_kafka_forget_told(s);
	if (strcmp(rs_task_get(s->task, "kafka.ignore_ddl"), "yes") == 0)
		return RS_OK;
	s->told = rs_xcalloc(1, sizeof *s->told);
	*s->told = (struct rs_kafka_ddl){rs_xstrdup(d->sql), rs_xstrdup(d->db), rs_xstrdup(d->sql_mode), rs_xstrdup(d->gtid), d->server_id};
	return RS_OK;
}

/* ---------------------------------------------------------------- telling */

/* One statement, and where it was told of so far. */
struct telling {
	struct rs_kafka_sink *s;
	struct rs_ddl ddl;
	struct rs_message_origin origin;
	struct rs_map told;             /* "topic\0partition" */
};

/* By kafka.oversize: the same without the statement's text. */
static enum rs_rc put_cut(struct telling *t, const char *name, const struct rs_message_topic *topic, const char *db, const char *table,
                          const struct rs_buf *of, const struct rs_message *whole, struct rs_err *err)
{
	const struct rs_kafka_large *large = &t->s->large;
	struct rs_buf in = RS_BUF_INIT;
	struct rs_message m;
	const struct rs_kafka_cut cut = {of, whole, &in, &m};

	if (large->policy == RS_KAFKA_STOP)
		return rs_kafka_large_refuse(large, NULL, rs_kafka_size_of(whole), err);
	enum rs_rc rc = rs_message_ddl(t->s->encoder, &t->origin, &t->ddl, "", 0, db, table, topic, &in, &m, err);
	if (rc == RS_OK)
		rc = rs_kafka_size_of(&m) > large->max ? rs_kafka_large_refuse(large, NULL, rs_kafka_size_of(&m), err)
		                                       : rs_kafka_large_put(t->s, &t->s->link, name, &cut, err);
	rs_buf_release(&in);
	return rc;
}

static enum rs_rc put(struct telling *t, const char *name, const struct rs_buf *in, const struct rs_message *m, struct rs_err *err)
{
	return rs_kafka_link_put(&t->s->link, name, m->partition, m->has_key ? in->data + m->key : NULL, m->key_len, in->data + m->value,
	                         m->value_len, err);
}

/* name: taken over. table NULL: of none. */
static enum rs_rc tell_topic(struct telling *t, char *name, const struct rs_message_topic *topic, const char *db, const char *table,
                             struct rs_err *err)
{
	const struct rs_kafka_ddl *d = t->s->told;
	struct rs_buf out = RS_BUF_INIT;
	struct rs_message m;
	enum rs_rc rc = rs_message_ddl(t->s->encoder, &t->origin, &t->ddl, d->sql, strlen(d->sql), db, table, topic, &out, &m, err);

	if (rc == RS_OK) {
		char *place = rs_xprintf("%s %d", name, (int)m.partition);
		if (!rs_map_put(&t->told, place, strlen(place), t))
			rc = rs_kafka_size_of(&m) > t->s->large.max ? put_cut(t, name, topic, db, table, &out, &m, err) : put(t, name, &out, &m, err);
		free(place);
	}
	rs_buf_release(&out);
	free(name);
	return rc;
}

static enum rs_rc tell_of_table(struct telling *t, const struct rs_meta_table *table, struct rs_err *err)
{
	const char *db, *name;
	char *to = NULL;
	struct rs_message_topic topic = {.partitions = 1};
	enum rs_rc rc = rs_kafka_topic_of(t->s, table->db, table->name, &to, &topic, err);

	rs_selection_map_table(t->s->task->objects, table->db, table->name, &db, &name);
	return rc == RS_OK ? tell_topic(t, to, &topic, db, name, err) : rc;
}

static enum rs_rc tell_one_topic(struct telling *t, const char *name, const char *db, struct rs_err *err)
{
	struct rs_message_topic topic = {.partitions = 1};
	enum rs_rc rc = rs_kafka_topic_named(t->s, name, &topic, err);

	return rc == RS_OK ? tell_topic(t, rs_xstrdup(name), &topic, db, NULL, err) : rc;
}

/* To the topic for schema changes; else to those of the tables concerned, or, where there are none, to that of all. */
static enum rs_rc tell_all(struct telling *t, const struct rs_meta_table *tables, size_t n, struct rs_err *err)
{
	const char *own = rs_task_get(t->s->task, "kafka.ddl_topic"), *common = rs_task_get(t->s->task, "destination.topic");
	const char *db = t->s->told->db ? t->s->told->db : "";
	enum rs_rc rc = RS_OK;

	if (own)
		return tell_one_topic(t, own, db, err);
	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = tell_of_table(t, &tables[i], err);
	return rc == RS_OK && n == 0 && common ? tell_one_topic(t, common, db, err) : rc;
}

static struct rs_sql_dialect dialect_of(const struct rs_kafka_ddl *d)
{
	struct rs_sql_dialect dialect = {.version = 80000};

	if (d->sql_mode && strstr(d->sql_mode, "ANSI_QUOTES"))
		dialect.sql_mode |= RS_MODE_ANSI_QUOTES;
	if (d->sql_mode && strstr(d->sql_mode, "NO_BACKSLASH_ESCAPES"))
		dialect.sql_mode |= RS_MODE_NO_BACKSLASH_ESCAPES;
	return dialect;
}

static enum rs_rc tell(struct rs_kafka_sink *s, const struct rs_position *position, int64_t time, const struct rs_meta_table *tables,
                       size_t n, struct rs_err *err)
{
	struct telling t = {.s = s, .told = RS_MAP_INIT,
	                    .origin = {.id = atomic_fetch_add(&s->last_id, 1) + 1, .seconds = time, .now = rs_clock_wall() / 1000,
	                               .file = position ? position->file : NULL, .offset = position ? position->offset : 0,
	                               .gtid = s->told->gtid, .server_id = s->told->server_id, .ordinal = 1, .size = 1}};
	const struct rs_sql_dialect dialect = dialect_of(s->told);
	enum rs_rc rc = rs_ddl_parse(&t.ddl, s->told->sql, strlen(s->told->sql), s->told->db ? s->told->db : "", &dialect, err);

	if (rc == RS_OK)
		rc = tell_all(&t, tables, n, err);
	rs_ddl_release(&t.ddl);
	rs_map_release(&t.told, NULL);
	return rc;
}

/* ---------------------------------------------------------------- a table that begins anew */

static enum rs_rc put_empty(struct telling *t, struct rs_kafka_link *l, const char *to, const struct rs_message_topic *topic, const char *db,
                            const char *table, const char *sql, struct rs_err *err)
{
	const bool each = strcmp(rs_task_get(t->s->task, "kafka.partitions"), "key") == 0;
	struct rs_buf out = RS_BUF_INIT;
	struct rs_message m;
	enum rs_rc rc = rs_message_ddl(t->s->encoder, &t->origin, &t->ddl, sql, strlen(sql), db, table, topic, &out, &m, err);

	for (int i = each ? 0 : m.partition; rc == RS_OK && i < (each ? topic->partitions : m.partition + 1); i++)
		rc = rs_kafka_link_put(l, to, i, m.has_key ? out.data + m.key : NULL, m.key_len, out.data + m.value, m.value_len, err);
	rs_buf_release(&out);
	return rc;
}

static char *truncate_text(const char *db, const char *table)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_adds(&sql, "TRUNCATE TABLE ");
	rs_quote_table(&sql, db, table);
	return rs_buf_take(&sql);
}

/* As the source would say it, whatever becomes of its own statements. */
enum rs_rc rs_kafka_tell_empty(struct rs_kafka_sink *s, struct rs_kafka_link *l, const char *source_db, const char *source_table,
                               struct rs_err *err)
{
	static const struct rs_sql_dialect dialect = {.version = 80000};
	const rs_usec now = rs_clock_wall();
	struct telling t = {.s = s, .origin = {.id = atomic_fetch_add(&s->last_id, 1) + 1, .seconds = now / RS_USEC_PER_SEC, .now = now / 1000}};
	const char *db, *name;
	struct rs_message_topic topic = {.partitions = 1};
	char *to = NULL;
	enum rs_rc rc = rs_kafka_topic_of(s, source_db, source_table, &to, &topic, err);

	rs_selection_map_table(s->task->objects, source_db, source_table, &db, &name);
	char *sql = truncate_text(db, name);
	if (rc == RS_OK)
		rc = rs_ddl_parse(&t.ddl, sql, strlen(sql), db, &dialect, err);
	if (rc == RS_OK)
		rc = put_empty(&t, l, to, &topic, db, name, sql, err);
	rs_ddl_release(&t.ddl);
	free(sql);
	free(to);
	return rc;
}

/* ---------------------------------------------------------------- done */

static enum rs_rc put_position(struct rs_kafka_sink *s, const struct rs_position *position, int64_t time, const struct rs_ahead *ahead,
                               struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;

	rs_ahead_text(ahead, &text);
	enum rs_rc rc = rs_kafka_meta_put_position(s, &s->link, position, time, text.len > 0 ? rs_buf_str(&text) : NULL, err);
	rs_buf_release(&text);
	return rc;
}

enum rs_rc rs_kafka_ddl_done(struct rs_sink *base, const struct rs_position *position, int64_t time, const struct rs_ahead *ahead,
                             const struct rs_meta_table *tables, size_t n, uint64_t event, struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);
	enum rs_rc rc = rs_kafka_link_begin(&s->link, err);

	if (rc == RS_OK && s->told)
		rc = tell(s, position, time, tables, n, err);
	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = rs_kafka_meta_put_table(s, &s->link, &tables[i], err);
	if (rc == RS_OK && position)
		rc = put_position(s, position, time, ahead, err);
	if (rc == RS_OK && event > 0)
		rc = rs_kafka_pass_event(s, &s->link, event, err);
	rs_step("ddl-before-commit");
	if (rc == RS_OK)
		rc = rs_kafka_commit(s, &s->link, err);
	if (rc != RS_OK)
		rs_kafka_link_abort(&s->link);
	s->stale = true;
	rs_kafka_forget_told(s);
	return rc;
}
