#include "source/pg_source.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
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

static bool is_part(const struct rs_pg_source *s) { return strcmp(s->name, s->publication) != 0; }

/* The tables that are selected, each by its name and without those that inherit from it: "FOR ALL TABLES" is a superuser's, and would
 * make rows without an identity impossible to change. */
static void put_publication(const struct rs_pg_source *s, const struct rs_catalog *c, struct rs_buf *sql)
{
	const char *word = " FOR TABLE ONLY ";

	rs_buf_adds(sql, "CREATE PUBLICATION ");
	rs_pg_put_ident(sql, s->publication);
	for (size_t i = 0; i < c->count; i++) {
		const struct rs_object *o = &c->objects[i];

		if (o->kind != RS_OBJECT_TABLE || o->unsupported != NULL)
			continue;
		rs_buf_adds(sql, word);
		rs_pg_put_table(sql, o->db, o->name);
		word = ", ONLY ";
	}
}

/* Each by itself: those that are in it already are as good as put. */
static enum rs_rc add_to_publication(struct rs_pg_source *s, struct rs_pg *pg, struct rs_err *err)
{
	struct rs_catalog c = {0};
	enum rs_rc rc = s->base.ops->catalog(&s->base, s->objects, &c, err);

	for (size_t i = 0; rc == RS_OK && i < c.count; i++) {
		const struct rs_object *o = &c.objects[i];
		struct rs_err failed = RS_ERR_INIT;
		struct rs_buf sql = RS_BUF_INIT;

		if (o->kind != RS_OBJECT_TABLE || o->unsupported != NULL)
			continue;
		rs_buf_adds(&sql, "ALTER PUBLICATION ");
		rs_pg_put_ident(&sql, s->publication);
		rs_buf_adds(&sql, " ADD TABLE ONLY ");
		rs_pg_put_table(&sql, o->db, o->name);
		rc = rs_pg_script(pg, rs_buf_str(&sql), &failed);
		if (rc == RS_FAIL && strcmp(failed.sqlstate, "42710") == 0)
			rc = RS_OK;
		else if (rc != RS_OK)
			rs_err_move(err, &failed);
		rs_err_clear(&failed);
		rs_buf_release(&sql);
	}
	rs_catalog_release(&c);
	return rc;
}

/* Of a partitioned table changes come as its own, not its partitions', from 13 on. */
enum { PUBLISH_VIA_ROOT = 130000 };

static enum rs_rc make_publication(struct rs_pg_source *s, struct rs_pg *pg, struct rs_err *err)
{
	struct rs_catalog c = {0};
	struct rs_buf sql = RS_BUF_INIT;
	enum rs_rc rc = s->base.ops->catalog(&s->base, s->objects, &c, err);

	rs_buf_adds(&sql, "DROP PUBLICATION IF EXISTS ");
	rs_pg_put_ident(&sql, s->publication);
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

static enum rs_rc look_at_server(struct rs_pg_source *s, struct rs_pg *pg, struct rs_err *err)
{
	struct rs_pg_server found;
	enum rs_rc rc = rs_pg_server_read(pg, &found, err);

	if (rc != RS_OK)
		return rc;
	free(s->number);
	s->number = found.number;
	s->timeline = found.timeline;
	return RS_OK;
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
	if (rc == RS_OK)
		rc = look_at_server(s, &pg, err);
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
		rc = is_part(s) ? add_to_publication(s, &pg, err) : make_publication(s, &pg, err);
	if (rc == RS_OK)
		rc = make_slot(s, &from, err);
	rs_pg_close(&pg);
	if (rc == RS_OK) {
		char log[RS_PG_TIMELINE];

		rs_position_clear(out);
		rs_pg_position_set(out, from);
		rs_pg_timeline_text(log, s->timeline);
		rs_position_set_log(out, log);
	}
	return rc;
}

static enum rs_rc drop_publication(struct rs_pg_source *s, struct rs_err *err)
{
	struct rs_pg pg = RS_PG_INIT;
	struct rs_buf sql = RS_BUF_INIT;
	enum rs_rc rc = rs_pg_open_writing(&pg, s->endpoint, err);

	rs_buf_adds(&sql, "DROP PUBLICATION IF EXISTS ");
	rs_pg_put_ident(&sql, s->publication);
	if (rc == RS_OK)
		rc = rs_pg_script(&pg, rs_buf_str(&sql), err);
	rs_buf_release(&sql);
	rs_pg_close(&pg);
	return rc;
}

static bool is_of(const struct rs_pg_source *s, const char *slot, const char *const *ids, size_t n)
{
	char name[RS_PG_SLOT_NAME];

	for (size_t i = 0; i < n; i++) {
		rs_pg_part_slot_name(name, s->id, ids[i]);
		if (strcmp(name, slot) == 0)
			return true;
	}
	return false;
}

enum { SLOT, SLOT_IS_READ };

/* *read: of those that somebody reads; NULL: they are waited for. */
static enum rs_rc drop_slots(struct rs_pg_source *s, const PGresult *found, const char *const *ids, size_t n, bool *read, struct rs_err *err)
{
	struct rs_pg pg = RS_PG_INIT;
	enum rs_rc rc = RS_OK;

	for (int i = 0; rc == RS_OK && i < PQntuples(found); i++) {
		const char *slot = PQgetvalue(found, i, SLOT);

		if (is_of(s, slot, ids, n))
			continue;
		if (read != NULL && *PQgetvalue(found, i, SLOT_IS_READ) == 't') {
			*read = true;
			continue;
		}
		if (pg.handle == NULL)
			rc = rs_pg_source_log_session(s, &pg, err);
		if (rc == RS_OK)
			rc = rs_pg_slot_drop(&pg, slot, err);
	}
	rs_pg_close(&pg);
	return rc;
}

static enum rs_rc drop_parts(struct rs_pg_source *s, const char *const *ids, size_t n, bool *read, struct rs_err *err)
{
	const char *name = s->name;
	PGresult *found;
	enum rs_rc rc;

	if (*name == '\0' || is_part(s))
		return RS_OK;
	rc = rs_pg_query(&s->pg, "SELECT slot_name, active FROM pg_catalog.pg_replication_slots "
	                         "WHERE pg_catalog.strpos(slot_name::text, $1 || '_') = 1", &name, 1, &found, err);
	if (rc == RS_OK)
		rc = drop_slots(s, found, ids, n, read, err);
	PQclear(found);
	return rc;
}

enum { LOOKS = 20 };
#define LOOK_PAUSE RS_MSEC(50)

/* Who read one may have ended a moment ago, and the server not have noticed. Another process's, which this one has taken over from, goes
 * the next time. */
static enum rs_rc source_keep_parts(struct rs_source *base, const char *const *ids, size_t n, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;
	bool read = true;

	for (int look = 0; rc == RS_OK && read && look < LOOKS; look++) {
		read = false;
		rc = drop_parts(self(base), ids, n, &read, err);
		if (read)
			nanosleep(&(struct timespec){.tv_nsec = LOOK_PAUSE * 1000}, NULL);
	}
	return rc;
}

/* What a part reads through stays its task's. */
static enum rs_rc source_release(struct rs_source *base, struct rs_err *err)
{
	struct rs_pg_source *s = self(base);
	struct rs_pg pg = RS_PG_INIT;
	enum rs_rc rc = rs_pg_source_log_session(s, &pg, err);

	if (rc == RS_OK)
		rc = rs_pg_slot_drop(&pg, s->name, err);
	rs_pg_close(&pg);
	if (rc == RS_OK)
		rc = drop_parts(s, NULL, 0, NULL, err);
	return rc == RS_OK && !is_part(s) ? drop_publication(s, err) : rc;
}

/* ---------------------------------------------------------------- the rest of the control side */

/* The number that the server's files were made with, and the database, which is a world of its own. */
static enum rs_rc source_identity(struct rs_source *base, char **out, struct rs_err *err)
{
	struct rs_pg_source *s = self(base);
	struct rs_pg pg = RS_PG_INIT;
	enum rs_rc rc = rs_pg_source_log_session(s, &pg, err);

	if (rc == RS_OK)
		rc = look_at_server(s, &pg, err);
	if (rc == RS_OK)
		*out = rs_xprintf("%s/%s", s->number, PQdb(s->pg.handle));
	rs_pg_close(&pg);
	return rc;
}

static enum rs_rc source_carries(struct rs_source *base, const struct rs_position *at, bool *moved, struct rs_err *err)
{
	struct rs_pg_source *s = self(base);
	struct rs_pg pg = RS_PG_INIT;
	char now[RS_PG_TIMELINE];
	enum rs_rc rc = rs_pg_source_log_session(s, &pg, err);

	if (rc == RS_OK)
		rc = rs_pg_guard(s, &pg, at, err);
	rs_pg_close(&pg);
	rs_pg_timeline_text(now, s->timeline);
	*moved = rc == RS_OK && at->log != NULL && strcmp(at->log, now) != 0;
	return rc;
}

static enum rs_rc source_table(struct rs_source *base, const char *db, const char *name, const struct rs_table **out, struct rs_err *err)
{
	struct rs_table *t = NULL;
	enum rs_rc rc = rs_pg_table_read(&self(base)->pg, db, name, &t, err);

	*out = t;
	return rc;
}

static enum rs_rc source_catalog(struct rs_source *base, const struct rs_selection *sel, struct rs_catalog *out, struct rs_err *err)
{
	return rs_pg_selected_read(&self(base)->pg, sel, out, err);
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
	*out = (struct rs_between){.unknown = from->offset < to->offset};
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
	free(self(base)->number);
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
	.carries = source_carries,
	.catalog = source_catalog,
	.table = source_table,
	.fence = source_fence,
	.end = source_end,
	.place = source_place,
	.passed = source_passed,
	.between = source_between,
	.prepared = source_prepared,
	.health = source_health,
	.keep_parts = source_keep_parts,
	.release = source_release,
	.reader = source_reader,
	.stream = source_stream,
};

static void name_things(struct rs_pg_source *s, const char *task_id, const char *part_of)
{
	const bool part = part_of != NULL && *task_id != '\0';

	snprintf(s->id, sizeof s->id, "%s", task_id);
	rs_pg_slot_name(s->publication, part ? part_of : task_id);
	if (part)
		rs_pg_part_slot_name(s->name, part_of, task_id);
	else
		rs_pg_slot_name(s->name, task_id);
}

enum rs_rc rs_pg_source_open(const struct rs_endpoint *endpoint, const struct rs_selection *objects, const char *task_id,
                             const char *part_of, struct rs_source **out, struct rs_err *err)
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
	name_things(s, task_id, part_of);
	*out = &s->base;
	return RS_OK;
}
