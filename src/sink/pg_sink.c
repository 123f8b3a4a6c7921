#include "sink/pg_sink.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "db/pg_catalog.h"
#include "db/pg_login.h"
#include "db/pg_schema.h"

/* ---------------------------------------------------------------- what is there */

static enum rs_rc sink_identity(struct rs_sink *base, char **out, struct rs_err *err)
{
	return rs_pg_scalar(&rs_pg_sink_of(base)->pg, "SELECT system_identifier || '/' || pg_catalog.current_database() FROM "
	                                              "pg_catalog.pg_control_system()", out, err);
}

static enum rs_rc sink_table(struct rs_sink *base, const char *db, const char *name, const struct rs_table **out, struct rs_err *err)
{
	struct rs_table *t = NULL;
	enum rs_rc rc = rs_pg_table_read(&rs_pg_sink_of(base)->pg, db, name, &t, err);

	*out = t;
	return rc;
}

/* What is left out is asked for one by one. */
static enum rs_rc sink_tables(struct rs_sink *base, const struct rs_table_filter *wanted, struct rs_catalog *out, struct rs_err *err)
{
	(void)base, (void)wanted, (void)out, (void)err;
	return RS_OK;
}

enum rs_rc rs_pg_exists(struct rs_pg *pg, enum rs_object_kind kind, const char *db, const char *name, bool *out, struct rs_err *err)
{
	static const char schema[] = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname=$1 AND $2::text IS NOT NULL";
	static const char relation[] = "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid=c.relnamespace WHERE "
	                               "n.nspname=$1 AND c.relname=$2";
	static const char routine[] = "SELECT 1 FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid=p.pronamespace WHERE "
	                              "n.nspname=$1 AND p.proname=$2";
	static const char type[] = "SELECT 1 FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid=t.typnamespace WHERE "
	                           "n.nspname=$1 AND t.typname=$2";
	const bool is_routine = kind == RS_OBJECT_PROCEDURE || kind == RS_OBJECT_FUNCTION;
	PGresult *r;
	enum rs_rc rc = rs_pg_query(pg, kind == RS_OBJECT_DATABASE ? schema : kind == RS_OBJECT_TYPE ? type : is_routine ? routine : relation,
	                            RS_PG_VALUES(db, name), &r, err);

	*out = rc == RS_OK && PQntuples(r) > 0;
	PQclear(r);
	return rc;
}

static enum rs_rc sink_exists(struct rs_sink *base, enum rs_object_kind kind, const char *db, const char *name, bool *out,
                              struct rs_err *err)
{
	return rs_pg_exists(&rs_pg_sink_of(base)->pg, kind, db, name, out, err);
}

static enum rs_rc sink_statement(struct rs_sink *base, enum rs_object_kind kind, const char *db, const char *name, char **out,
                                 struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	*out = NULL;
	if (kind == RS_OBJECT_TYPE)
		rc = rs_pg_type_statement(&rs_pg_sink_of(base)->pg, db, name, out, err);
	return rc == RS_OK && *out == NULL ? RS_EOF : rc;
}

/* What is done is committed with what is noted of it: nothing has to be told apart afterwards. */
static enum rs_rc sink_fingerprint(struct rs_sink *base, const char *const *names, size_t n, char **out, struct rs_err *err)
{
	(void)base, (void)names, (void)n, (void)err;
	*out = rs_xstrdup("");
	return RS_OK;
}

static enum rs_rc sink_rename_mark(struct rs_sink *base, char **out, struct rs_err *err)
{
	(void)base, (void)err;
	*out = NULL;
	return RS_OK;
}

static enum rs_rc sink_ddl_pending(struct rs_sink *base, struct rs_meta_ddl *out, struct rs_err *err)
{
	(void)base, (void)out, (void)err;
	return RS_EOF;
}

/* ---------------------------------------------------------------- changing it */

/* Several statements, in one transaction. */
static enum rs_rc execute(struct rs_pg *pg, const char *sql, struct rs_err *err)
{
	enum rs_rc rc = rs_pg_script(pg, sql, err);

	return rc == RS_FAIL ? rs_err_detail(err, "%.2000s", sql) : rc;
}

/* Until the transaction's end. Of a name that zone has in the database of the source's host the offset alone is known. */
static enum rs_rc set_zone(struct rs_pg *pg, const struct rs_definition *d, struct rs_err *err)
{
	const char *offset = d->time_offset ? d->time_offset : d->time_zone;
	char zone[32];

	if (!offset || !strchr("+-", *offset))
		return RS_OK;
	snprintf(zone, sizeof zone, "<source>%c%.8s", *offset == '+' ? '-' : '+', offset + 1); /* POSIX counts to the west */
	return rs_pg_exec(pg, "SELECT pg_catalog.set_config('TimeZone', $1, true)", RS_PG_VALUES(zone), NULL, err);
}

static enum rs_rc sink_define(struct rs_sink *base, const struct rs_definition *d, struct rs_err *err)
{
	struct rs_pg *pg = &rs_pg_sink_of(base)->pg;
	enum rs_rc rc = set_zone(pg, d, err);

	return rc == RS_OK ? execute(pg, d->sql, err) : rc;
}

static enum rs_rc on_table(struct rs_pg *pg, const char *words, const char *db, const char *name, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	enum rs_rc rc;

	rs_buf_adds(&sql, words);
	rs_pg_put_table(&sql, db, name);
	rc = execute(pg, rs_buf_str(&sql), err);
	rs_buf_release(&sql);
	return rc;
}

/* Workers of the copy ask for it as well: by a connection of its own. */
static enum rs_rc sink_truncate(struct rs_sink *base, const char *db, const char *name, struct rs_err *err)
{
	struct rs_pg pg = RS_PG_INIT;
	enum rs_rc rc = rs_pg_session_open(&pg, rs_pg_sink_of(base), err);

	if (rc == RS_OK)
		rc = on_table(&pg, "TRUNCATE TABLE ", db, name, err);
	rs_pg_close(&pg);
	return rc;
}

static enum rs_rc sink_drop_table(struct rs_sink *base, const char *db, const char *name, struct rs_err *err)
{
	return on_table(&rs_pg_sink_of(base)->pg, "DROP TABLE IF EXISTS ", db, name, err);
}

enum { IDENTITIES = 100000 };

/* The sequences that columns of the table draw from; one that is ahead already, or would be beyond its end, stays. */
static const char raise_sequences[] =
	"SELECT pg_catalog.setval(q.seqrelid::pg_catalog.regclass, $2::bigint, false) FROM (SELECT pg_catalog.pg_get_serial_sequence($1, a.attname) "
	"AS name FROM pg_catalog.pg_attribute a WHERE a.attrelid = $1::pg_catalog.regclass AND a.attnum > 0 AND NOT a.attisdropped) s JOIN "
	"pg_catalog.pg_sequence q ON q.seqrelid = s.name::pg_catalog.regclass WHERE q.seqmax >= $2::bigint AND "
	"COALESCE(pg_catalog.pg_sequence_last_value(q.seqrelid), 0) < $2::bigint - 1";

static enum rs_rc sink_raise_counter(struct rs_sink *base, const char *db, const char *name, uint64_t next, struct rs_err *err)
{
	const struct rs_pg_number number = rs_pg_number_of(next);
	struct rs_pg *pg = &rs_pg_sink_of(base)->pg;
	struct rs_buf table = RS_BUF_INIT;
	enum rs_rc rc = RS_OK;

	rs_pg_put_table(&table, db, name);
	if (next <= INT64_MAX && pg->version >= IDENTITIES)
		rc = rs_pg_exec(pg, raise_sequences, RS_PG_VALUES(rs_buf_str(&table), number.text), NULL, err);
	rs_buf_release(&table);
	return rc;
}

/* ---------------------------------------------------------------- what can't be done yet */

static enum rs_rc cant(struct rs_err *err)
{
	return rs_err_set(err, RS_E_NOT_SUPPORTED, _("this can't be done yet with a destination of the PostgreSQL family"));
}

static enum rs_rc no_anchor(struct rs_sink *base, const struct rs_meta_start *start, const struct rs_meta_table *const *gone, size_t n_gone,
                            struct rs_err *err)
{
	(void)base, (void)start, (void)gone, (void)n_gone;
	return cant(err);
}

/* ---------------------------------------------------------------- the maker */

struct maker {
	struct rs_maker base;
	struct rs_pg_sink *sink;
	struct rs_pg pg;
};

static struct maker *maker_of(struct rs_maker *m) { return (struct maker *)m; }

static enum rs_rc maker_exists(struct rs_maker *base, enum rs_object_kind kind, const char *db, const char *name, bool *out,
                               struct rs_err *err)
{
	return rs_pg_exists(&maker_of(base)->pg, kind, db, name, out, err);
}

static enum rs_rc maker_note(struct rs_maker *base, const struct rs_meta_table *tables, size_t n, struct rs_err *err)
{
	return rs_pg_meta_note_states(&maker_of(base)->pg, maker_of(base)->sink, tables, n, err);
}

static enum rs_rc maker_table(struct rs_maker *base, const char *sql, const char *db, struct rs_err *err)
{
	(void)db;
	return execute(&maker_of(base)->pg, sql, err);
}

static void maker_cancel(struct rs_maker *base) { rs_pg_cancel(&maker_of(base)->pg); }

static void maker_close(struct rs_maker *base)
{
	rs_pg_close(&maker_of(base)->pg);
	free(base);
}

static const struct rs_maker_ops maker_ops = {
	.close = maker_close, .cancel = maker_cancel, .exists = maker_exists, .note = maker_note, .table = maker_table};

enum rs_rc rs_pg_maker_open(struct rs_pg_sink *s, struct rs_maker **out, struct rs_err *err)
{
	struct maker *m = rs_xcalloc(1, sizeof *m);
	enum rs_rc rc;

	m->pg = (struct rs_pg)RS_PG_INIT;
	rc = rs_pg_session_open(&m->pg, s, err);
	if (rc != RS_OK) {
		free(m);
		return rc;
	}
	m->base.ops = &maker_ops;
	m->sink = s;
	*out = &m->base;
	return RS_OK;
}

/* ---------------------------------------------------------------- life */

static enum rs_rc sink_maker(struct rs_sink *base, struct rs_maker **out, struct rs_err *err)
{
	return rs_pg_maker_open(rs_pg_sink_of(base), out, err);
}

static enum rs_rc sink_loader(struct rs_sink *base, struct rs_loader **out, struct rs_err *err)
{
	return rs_pg_loader_open(rs_pg_sink_of(base), out, err);
}

static enum rs_rc sink_applier(struct rs_sink *base, unsigned lane, struct rs_applier **out, struct rs_err *err)
{
	return rs_pg_applier_open(rs_pg_sink_of(base), lane, out, err);
}

static void sink_cancel(struct rs_sink *base) { rs_pg_cancel(&rs_pg_sink_of(base)->pg); }

static void sink_close(struct rs_sink *base)
{
	rs_pg_close(&rs_pg_sink_of(base)->pg);
	free(base);
}

static const struct rs_sink_ops pg_sink_ops = {
	.close = sink_close,
	.cancel = sink_cancel,
	.identity = sink_identity,
	.attach = rs_pg_meta_attach,
	.peek = rs_pg_meta_peek,
	.save_start = rs_pg_meta_save_start,
	.save_phase = rs_pg_meta_save_phase,
	.save_anchor = no_anchor,
	.save_source = rs_pg_meta_save_source,
	.save_states = rs_pg_meta_save_states,
	.load_tables = rs_pg_meta_load_tables,
	.load_chunks = rs_pg_meta_load_chunks,
	.ddl_intend = rs_pg_meta_ddl_intend,
	.ddl_done = rs_pg_meta_ddl_done,
	.ddl_abandon = rs_pg_meta_ddl_abandon,
	.rename_mark = sink_rename_mark,
	.ddl_pending = sink_ddl_pending,
	.load_events = rs_pg_event_load,
	.decide = rs_pg_event_decide,
	.forget = rs_pg_meta_forget,
	.load_sides = rs_pg_side_load,
	.save_objects = rs_pg_side_save_objects,
	.make_side = rs_pg_side_make,
	.resume_side = rs_pg_side_resume,
	.resync_sides = rs_pg_side_resync,
	.drop_side = rs_pg_side_drop,
	.join_side = rs_pg_side_join,
	.table = sink_table,
	.tables = sink_tables,
	.exists = sink_exists,
	.statement = sink_statement,
	.define = sink_define,
	.drop_table = sink_drop_table,
	.raise_counter = sink_raise_counter,
	.fingerprint = sink_fingerprint,
	.truncate = sink_truncate,
	.defer_indexes = rs_pg_index_defer,
	.build_indexes = rs_pg_index_build_all,
	.maker = sink_maker,
	.loader = sink_loader,
	.applier = sink_applier,
};

enum rs_rc rs_pg_sink_open(const struct rs_task *task, struct rs_sink **out, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_xcalloc(1, sizeof *s);
	enum rs_rc rc;

	s->pg = (struct rs_pg)RS_PG_INIT;
	rc = rs_pg_open_writing(&s->pg, &task->destination, err);
	if (rc != RS_OK) {
		free(s);
		return rc;
	}
	s->base.ops = &pg_sink_ops;
	s->base.flavor = "postgresql";
	s->base.version = s->pg.version;
	s->base.own_db = "dts";
	s->base.has_schemas = true;
	s->base.spreads = rs_pg_spreads(&s->pg);
	s->base.lanes = s->base.spreads ? 1 : UINT_MAX; /* a DELETE locks its whole table there, unless the server was told otherwise */
	s->task = task;
	*out = &s->base;
	return RS_OK;
}
