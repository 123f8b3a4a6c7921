/* Indexes that no row needs are dropped from tables of ours while they are filled, and made at once afterwards, which is faster
 * than to keep them up row by row. What is dropped is noted in the transaction that drops it, and the note goes in that which
 * makes it again: a crash costs nothing. Unique indexes stay: they tell duplicates. */
#include "sink/pg_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

/* ---------------------------------------------------------------- leaving them out */

static enum rs_rc read_indexes(struct rs_pg_sink *s, const char *db, const char *name, PGresult **out, struct rs_err *err)
{
	return rs_pg_query(&s->pg,
	                   "SELECT pg_catalog.format('DROP INDEX %I.%I', n.nspname, x.relname), pg_catalog.pg_get_indexdef(x.oid), "
	                   "pg_catalog.format('COMMENT ON INDEX %I.%I IS %L', n.nspname, x.relname, pg_catalog.obj_description(x.oid, 'pg_class')), "
	                   "pg_catalog.obj_description(x.oid, 'pg_class') IS NOT NULL FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid "
	                   "JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	                   "WHERE n.nspname = $1 AND c.relname = $2 AND NOT i.indisunique AND i.indisvalid "
	                   "AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = x.oid) ORDER BY x.relname",
	                   RS_PG_VALUES(db, name), out, err);
}

/* Those that were noted before; they stand before the others. */
static enum rs_rc read_noted(struct rs_pg_sink *s, const char *db, const char *name, json_t **out, struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = rs_pg_query(&s->pg, "SELECT indexes FROM dts.rds_sync_index WHERE task=$1 AND db=$2 AND name=$3",
	                            RS_PG_VALUES(s->task->id, db, name), &r, err);

	*out = rc == RS_OK && PQntuples(r) > 0 ? json_loads(PQgetvalue(r, 0, 0), 0, NULL) : json_array();
	PQclear(r);
	return rc != RS_OK || *out ? rc : rs_err_set(err, RS_E_META_DAMAGED, _("a row of the destination's meta tables can't be read"));
}

static enum rs_rc note(struct rs_pg_sink *s, const char *db, const char *name, const PGresult *r, struct rs_err *err)
{
	json_t *all;
	char *text;
	enum rs_rc rc = read_noted(s, db, name, &all, err);

	for (int i = 0; i < PQntuples(r); i++) {
		json_array_append_new(all, json_string(PQgetvalue(r, i, 1)));
		if (strcmp(PQgetvalue(r, i, 3), "t") == 0)
			json_array_append_new(all, json_string(PQgetvalue(r, i, 2)));
	}
	text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	if (rc == RS_OK)
		rc = rs_pg_exec(&s->pg, "DELETE FROM dts.rds_sync_index WHERE task=$1 AND db=$2 AND name=$3", RS_PG_VALUES(s->task->id, db, name), NULL,
		                err);
	if (rc == RS_OK)
		rc = rs_pg_exec(&s->pg, "INSERT INTO dts.rds_sync_index (task, db, name, indexes) VALUES ($1, $2, $3, $4)",
		                RS_PG_VALUES(s->task->id, db, name, text), NULL, err);
	free(text);
	return rc;
}

enum rs_rc rs_pg_index_defer(struct rs_sink *base, const char *db, const char *name, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	PGresult *r = NULL;
	enum rs_rc rc = rs_pg_meta_begin(&s->pg, s, err);

	if (rc == RS_OK)
		rc = read_indexes(s, db, name, &r, err);
	if (rc == RS_OK && PQntuples(r) > 0)
		rc = note(s, db, name, r, err);
	for (int i = 0; rc == RS_OK && i < PQntuples(r); i++)
		rc = rs_pg_exec(&s->pg, PQgetvalue(r, i, 0), NULL, 0, NULL, err);
	PQclear(r);
	return rs_pg_meta_end(&s->pg, rc, err);
}

/* ---------------------------------------------------------------- making them */

static enum rs_rc make_noted(struct rs_pg *pg, const char *noted, struct rs_err *err)
{
	json_t *all = json_loads(noted, 0, NULL), *one;
	size_t i;
	enum rs_rc rc = all ? RS_OK : rs_err_set(err, RS_E_META_DAMAGED, _("a row of the destination's meta tables can't be read"));

	json_array_foreach(all, i, one)
		if (rc == RS_OK)
			rc = rs_pg_exec(pg, json_string_value(one), NULL, 0, NULL, err);
	json_decref(all);
	return rc;
}

/* The row is locked: two that come for it at once make them once. */
static enum rs_rc make_of_row(struct rs_pg *pg, const struct rs_pg_sink *s, const char *db, const char *name, struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = rs_pg_query(pg, "SELECT indexes FROM dts.rds_sync_index WHERE task=$1 AND db=$2 AND name=$3 FOR UPDATE",
	                            RS_PG_VALUES(s->task->id, db, name), &r, err);

	if (rc == RS_OK && PQntuples(r) > 0) {
		rc = make_noted(pg, PQgetvalue(r, 0, 0), err);
		if (rc == RS_OK)
			rc = rs_pg_exec(pg, "DELETE FROM dts.rds_sync_index WHERE task=$1 AND db=$2 AND name=$3", RS_PG_VALUES(s->task->id, db, name),
			                NULL, err);
	}
	PQclear(r);
	return rc;
}

enum rs_rc rs_pg_index_build(struct rs_pg *pg, const struct rs_pg_sink *s, const char *db, const char *name, struct rs_err *err)
{
	enum rs_rc rc = rs_pg_meta_begin(pg, s, err);

	if (rc == RS_OK)
		rc = make_of_row(pg, s, db, name, err);
	rs_step("indexes-built");
	return rs_pg_meta_end(pg, rc, err);
}

enum rs_rc rs_pg_index_build_all(struct rs_sink *base, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	PGresult *r;
	enum rs_rc rc = rs_pg_query(&s->pg, "SELECT db, name FROM dts.rds_sync_index WHERE task=$1 ORDER BY db, name", RS_PG_VALUES(s->task->id),
	                            &r, err);

	for (int i = 0; rc == RS_OK && i < PQntuples(r); i++)
		rc = rs_pg_index_build(&s->pg, s, PQgetvalue(r, i, 0), PQgetvalue(r, i, 1), err);
	PQclear(r);
	return rc;
}
