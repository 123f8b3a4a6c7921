#include "source/pg_source.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/pg_ddl.h"
#include "db/pg_catalog.h"
#include "db/pg_login.h"
#include "model/lsn.h"

static struct rs_pg_source *self(struct rs_source *s) { return (struct rs_pg_source *)s; }

void rs_pg_position_set(struct rs_position *out, uint64_t lsn)
{
	rs_position_set_file(out, RS_POSITION_WAL, lsn);
}

enum rs_rc rs_pg_source_log_session(const struct rs_pg_source *s, struct rs_pg *pg, struct rs_err *err)
{
	return rs_pg_open_log(pg, s->endpoint, err);
}

/* ---------------------------------------------------------------- the log's places */

static enum rs_rc log_end(struct rs_pg_source *s, uint64_t *out, struct rs_err *err)
{
	char *text = NULL;
	enum rs_rc rc = rs_pg_scalar(&s->pg, "SELECT pg_catalog.pg_current_wal_insert_lsn()", &text, err);

	if (rc == RS_OK && (text == NULL || !rs_lsn_parse(text, out)))
		rc = rs_err_set(err, RS_E_SQL, _("the source does not tell the end of its log"));
	free(text);
	return rc;
}

/* What can be read was committed before the place where the next record goes. */
static enum rs_rc source_place(struct rs_source *base, struct rs_position *out, struct rs_err *err)
{
	uint64_t lsn = 0;
	enum rs_rc rc = log_end(self(base), &lsn, err);

	if (rc == RS_OK) {
		rs_position_clear(out);
		rs_pg_position_set(out, lsn);
	}
	return rc;
}

static enum rs_rc number_of(struct rs_pg_source *s, const char *sql, uint64_t *out, struct rs_err *err)
{
	char *text = NULL;
	enum rs_rc rc = rs_pg_scalar(&s->pg, sql, &text, err);

	if (rc == RS_OK && text == NULL)
		rc = rs_err_set(err, RS_E_SQL, _("the source does not tell which transactions are open"));
	if (rc == RS_OK)
		*out = strtoull(text, NULL, 10);
	free(text);
	return rc;
}

/* The log is sent as far as it is on the disk, which its end may not be for long where nothing is committed: a transaction of our own
 * sees to that. */
static enum rs_rc source_end(struct rs_source *base, struct rs_position *out, struct rs_err *err)
{
	uint64_t ours;
	enum rs_rc rc = source_place(base, out, err);

	return rc == RS_OK ? number_of(self(base), "SELECT pg_catalog.txid_current()", &ours, err) : rc;
}

/* A transaction is in the log a moment before it can be read, or much longer where it waits for a standby. All that had a number
 * when the log's end was asked for have to have ended. That takes a number of our own: the upper end of a snapshot only tells
 * what was the last to end. */
static enum rs_rc look(struct rs_pg_source *s, bool *over, struct rs_err *err)
{
	uint64_t lowest = 0;
	enum rs_rc rc = RS_OK;

	*over = false;
	if (s->seen == 0) {
		rc = log_end(s, &s->asked, err);
		if (rc == RS_OK)
			rc = number_of(s, "SELECT pg_catalog.txid_current()", &s->seen, err);
	}
	if (rc == RS_OK)
		rc = number_of(s, "SELECT pg_catalog.txid_snapshot_xmin(pg_catalog.txid_current_snapshot())", &lowest, err);
	*over = rc == RS_OK && lowest >= s->seen;
	return rc;
}

static enum rs_rc source_passed(struct rs_source *base, const struct rs_position *position, bool *yes, struct rs_err *err)
{
	struct rs_pg_source *s = self(base);
	bool over = false;

	if (s->seen != 0 && s->asked < position->offset)
		s->seen = 0;
	enum rs_rc rc = look(s, &over, err);
	*yes = over && s->asked >= position->offset;
	if (over)
		s->seen = 0;
	return rc;
}

/* ---------------------------------------------------------------- what is made at the source */

/* The tables that are selected, each by its name: "FOR ALL TABLES" is a superuser's, and would make rows without an identity
 * impossible to change. */
static void put_publication(const struct rs_pg_source *s, const struct rs_catalog *c, struct rs_buf *sql)
{
	const char *word = " FOR TABLE ";

	rs_buf_adds(sql, "CREATE PUBLICATION ");
	rs_pg_put_ident(sql, s->name);
	for (size_t i = 0; i < c->count; i++) {
		const struct rs_object *o = &c->objects[i];

		if (o->kind != RS_OBJECT_TABLE || o->unsupported != NULL)
			continue;
		rs_buf_adds(sql, word);
		rs_pg_put_table(sql, o->db, o->name);
		word = ", ";
	}
}

/* Of a partitioned table changes come as its own, not its partitions', from 13 on. */
enum { PUBLISH_VIA_ROOT = 130000 };

static enum rs_rc make_publication(struct rs_pg_source *s, struct rs_pg *pg, struct rs_err *err)
{
	struct rs_catalog c = {0};
	struct rs_buf sql = RS_BUF_INIT;
	enum rs_rc rc = s->base.ops->catalog(&s->base, s->objects, &c, err);

	rs_buf_adds(&sql, "DROP PUBLICATION IF EXISTS ");
	rs_pg_put_ident(&sql, s->name);
	rs_buf_adds(&sql, ";");
	put_publication(s, &c, &sql);
	if (s->pg.version >= PUBLISH_VIA_ROOT)
		rs_buf_adds(&sql, " WITH (publish_via_partition_root = true)");
	if (rc == RS_OK)
		rc = rs_pg_script(pg, rs_buf_str(&sql), err);
	if (rc == RS_FAIL && err != NULL && err->code == RS_E_SQL_DENIED)
		rs_err_hint(err, _("the account must own the tables and may make publications: GRANT CREATE ON DATABASE to it"));
	rs_buf_release(&sql);
	rs_catalog_release(&c);
	return rc;
}

/* One that a start before this one left behind begins too early: the task does not know of it. */
static enum rs_rc make_slot(struct rs_pg_source *s, uint64_t *from, struct rs_err *err)
{
	struct rs_pg pg = RS_PG_INIT;
	struct rs_pg_slot slot = {0};
	enum rs_rc rc = rs_pg_source_log_session(s, &pg, err);

	if (rc == RS_OK)
		rc = rs_pg_slot_drop(&pg, s->name, err);
	if (rc == RS_OK)
		rc = rs_pg_slot_make(&pg, s->name, false, &slot, err);
	*from = slot.from;
	rs_pg_slot_clear(&slot);
	rs_pg_close(&pg);
	return rc;
}

/* The slot begins where all that was committed before can be read: its making waits for that. */
static enum rs_rc source_fence(struct rs_source *base, struct rs_position *out, struct rs_err *err)
{
	struct rs_pg_source *s = self(base);
	struct rs_pg pg = RS_PG_INIT;
	uint64_t from = 0;

	if (*s->name == '\0')
		return rs_err_set(err, RS_E_FENCE, _("a source that is only read has no place to start from"));
	enum rs_rc rc = rs_pg_open_writing(&pg, s->endpoint, err);
	if (rc == RS_OK)
		rc = make_publication(s, &pg, err);
	if (rc == RS_OK)
		rc = make_slot(s, &from, err);
	rs_pg_close(&pg);
	if (rc == RS_OK) {
		rs_position_clear(out);
		rs_pg_position_set(out, from);
	}
	return rc;
}

static enum rs_rc drop_publication(struct rs_pg_source *s, struct rs_err *err)
{
	struct rs_pg pg = RS_PG_INIT;
	struct rs_buf sql = RS_BUF_INIT;
	enum rs_rc rc = rs_pg_open_writing(&pg, s->endpoint, err);

	rs_buf_adds(&sql, "DROP PUBLICATION IF EXISTS ");
	rs_pg_put_ident(&sql, s->name);
	if (rc == RS_OK)
		rc = rs_pg_script(&pg, rs_buf_str(&sql), err);
	rs_buf_release(&sql);
	rs_pg_close(&pg);
	return rc;
}

static enum rs_rc source_release(struct rs_source *base, struct rs_err *err)
{
	struct rs_pg_source *s = self(base);
	struct rs_pg pg = RS_PG_INIT;
	enum rs_rc rc = rs_pg_source_log_session(s, &pg, err);

	if (rc == RS_OK)
		rc = rs_pg_slot_drop(&pg, s->name, err);
	rs_pg_close(&pg);
	return rc == RS_OK ? drop_publication(s, err) : rc;
}

/* ---------------------------------------------------------------- the rest of the control side */

/* The number that the server's files were made with, and the database, which is a world of its own. */
static enum rs_rc source_identity(struct rs_source *base, char **out, struct rs_err *err)
{
	struct rs_pg_source *s = self(base);
	struct rs_pg pg = RS_PG_INIT;
	char *number = NULL;
	enum rs_rc rc = rs_pg_source_log_session(s, &pg, err);

	if (rc == RS_OK)
		rc = rs_pg_system(&pg, &number, err);
	if (rc == RS_OK)
		*out = rs_xprintf("%s/%s", number, PQdb(s->pg.handle));
	free(number);
	rs_pg_close(&pg);
	return rc;
}

static enum rs_rc source_table(struct rs_source *base, const char *db, const char *name, const struct rs_table **out, struct rs_err *err)
{
	struct rs_table *t = NULL;
	enum rs_rc rc = rs_pg_table_read(&self(base)->pg, db, name, &t, err);

	*out = t;
	return rc;
}

/* What is not selected goes; of tables the columns come in place of the summary. */
static enum rs_rc read_selected(struct rs_pg_source *s, const struct rs_selection *sel, const struct rs_catalog *all,
                                struct rs_catalog *out, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < all->count; i++) {
		const struct rs_object *from = &all->objects[i];

		if (from->kind != RS_OBJECT_TABLE || !rs_selection_includes_table(sel, from->db, from->name))
			continue;
		struct rs_object *o = rs_catalog_add(out, RS_OBJECT_TABLE, from->db, from->name);
		struct rs_table *t = NULL;
		o->unsupported = rs_xstrdup(from->unsupported);
		rc = rs_pg_table_read(&s->pg, from->db, from->name, &t, err);
		if (rc == RS_OK && from->schema != NULL) {
			t->rows = from->schema->rows;
			t->bytes = from->schema->bytes;
		}
		o->schema = t;
	}
	return rc;
}

static enum rs_rc source_catalog(struct rs_source *base, const struct rs_selection *sel, struct rs_catalog *out, struct rs_err *err)
{
	struct rs_pg_source *s = self(base);
	struct rs_catalog schemas = {0};
	enum rs_rc rc = rs_pg_schemas_read(&s->pg, &schemas, err);

	for (size_t i = 0; rc == RS_OK && i < schemas.count; i++) {
		const char *name = schemas.objects[i].db;
		struct rs_catalog all = {0};

		if (!rs_selection_includes_db(sel, name))
			continue;
		rs_catalog_add(out, RS_OBJECT_DATABASE, name, name);
		rc = rs_pg_content_read(&s->pg, name, &all, err);
		if (rc == RS_OK)
			rc = read_selected(s, sel, &all, out, err);
		rs_catalog_release(&all);
	}
	rs_catalog_release(&schemas);
	rs_catalog_sort(out);
	return rc;
}

static enum rs_rc source_succeed(struct rs_source *base, struct rs_position *at, int64_t time, struct rs_position_set *ahead,
                                 const char *intended, struct rs_err *err)
{
	(void)base, (void)at, (void)time, (void)ahead, (void)intended;
	return rs_err_set(err, RS_E_CONN_WRONG_SERVER, _("another server answers at the source's address, and it has no slot of the task's"));
}

static enum rs_rc source_between(struct rs_source *base, const struct rs_position *from, const struct rs_position *to,
                                 const struct rs_table *const *tables, size_t n, struct rs_between *out, struct rs_err *err)
{
	(void)base, (void)tables, (void)n, (void)err;
	*out = (struct rs_between){.rows = from->offset < to->offset}; /* perhaps; and there are no statements in it */
	return RS_OK;
}

/* They come when they are committed. */
static enum rs_rc source_prepared(struct rs_source *base, char ***xids, size_t *n, struct rs_err *err)
{
	(void)base, (void)err;
	*xids = NULL;
	*n = 0;
	return RS_OK;
}

enum { SLOTS_HAVE_ROOM = 130000 };

/* The slot keeps the log for as long as it is there, and the server allows. */
static enum rs_rc source_health(struct rs_source *base, struct rs_source_health *out, struct rs_err *err)
{
	struct rs_pg_source *s = self(base);
	const char *name = s->name;
	const rs_usec before = rs_clock_mono();
	char *sql = rs_xprintf("SELECT (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) * 1000000)::bigint, "
	                       "pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), l.restart_lsn)::bigint, %s FROM (SELECT 1) o "
	                       "LEFT JOIN pg_catalog.pg_replication_slots l ON l.slot_name = $1",
	                       s->pg.version >= SLOTS_HAVE_ROOM ? "l.safe_wal_size" : "NULL");
	PGresult *r;
	enum rs_rc rc = rs_pg_query(&s->pg, sql, &name, 1, &r, err);

	free(sql);
	*out = (struct rs_source_health){.log_lasts = -1, .log_kept = -1, .log_room = -1};
	if (rc != RS_OK)
		return rc;
	out->clock_ahead = (rs_usec)strtoll(PQgetvalue(r, 0, 0), NULL, 10) - (before + rs_clock_mono()) / 2;
	if (!PQgetisnull(r, 0, 1))
		out->log_kept = strtoll(PQgetvalue(r, 0, 1), NULL, 10);
	if (!PQgetisnull(r, 0, 2)) {
		const int64_t room = strtoll(PQgetvalue(r, 0, 2), NULL, 10);
		out->log_room = room > 0 ? room : 0;
	}
	PQclear(r);
	return rc;
}

static void source_cancel(struct rs_source *base) { rs_pg_cancel(&self(base)->pg); }

static void source_close(struct rs_source *base)
{
	rs_pg_close(&self(base)->pg);
	rs_selection_free(self(base)->objects);
	free(self(base));
}

static enum rs_rc source_reader(struct rs_source *base, struct rs_table_reader **out, struct rs_err *err)
{
	return rs_pg_reader_open(self(base), out, err);
}

static enum rs_rc source_stream(struct rs_source *base, const struct rs_position *from, struct rs_stream **out, struct rs_err *err)
{
	return rs_pg_stream_open(self(base), from, out, err);
}

static const struct rs_source_ops ops = {
	.close = source_close,
	.cancel = source_cancel,
	.identity = source_identity,
	.succeed = source_succeed,
	.catalog = source_catalog,
	.table = source_table,
	.fence = source_fence,
	.end = source_end,
	.place = source_place,
	.passed = source_passed,
	.between = source_between,
	.prepared = source_prepared,
	.health = source_health,
	.release = source_release,
	.reader = source_reader,
	.stream = source_stream,
};

enum rs_rc rs_pg_source_open(const struct rs_endpoint *endpoint, const struct rs_selection *objects, const char *task_id,
                             struct rs_source **out, struct rs_err *err)
{
	struct rs_pg_source *s = rs_xcalloc(1, sizeof *s);

	s->pg = (struct rs_pg)RS_PG_INIT;
	enum rs_rc rc = rs_pg_open_endpoint(&s->pg, endpoint, 0, err);
	if (rc != RS_OK) {
		free(s);
		return rc;
	}
	s->base.ops = &ops;
	s->base.flavor = "postgresql";
	s->base.version = s->pg.version;
	s->base.version_text = s->pg.product.name;
	s->base.signed_zero = true;
	s->base.keeps_log = s->base.sparse = true;
	s->endpoint = endpoint;
	s->objects = rs_selection_copy(objects);
	rs_pg_slot_name(s->name, task_id);
	*out = &s->base;
	return RS_OK;
}
