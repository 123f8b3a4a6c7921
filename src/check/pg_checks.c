#include "check/pg_checks.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "check/facts.h"
#include "check/gp_checks.h"
#include "check/my_source_rows.h"
#include "check/verdict.h"
#include "codec/pg_ddl.h"

enum { OLDEST = 100000, OLDEST_SPREAD = 90400 /* of which Greenplum 6 and AnalyticDB for PostgreSQL 6 are made */ };

/* ------------------------------------------------------------------ the server */

enum rs_rc rs_pg_check_open(const struct rs_pg *pg, const struct rs_err *why, struct rs_finding *f)
{
	rs_verdict_need(f, "%s", _("a connection"));
	if (rs_pg_is_open(pg))
		return rs_verdict_pass(f, "%s (%s)", pg->product.name, pg->address);
	if (why->detail)
		rs_verdict_explain(f, "%s", why->detail);
	if (why->hint)
		rs_verdict_explain(f, _("%s."), why->hint);
	return rs_verdict_fail(f, "%s", why->primary ? why->primary : _("no connection"));
}

enum rs_rc rs_pg_check_conn_dest(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	(void)err;
	return rs_pg_check_open(ctx->pg, &ctx->dest_error, f);
}

enum rs_rc rs_pg_check_version(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const struct rs_pg *pg = ctx->pg;

	(void)err;
	rs_verdict_need(f, "%s", _("PostgreSQL 10, Greenplum 6, Cloudberry 1, AnalyticDB for PostgreSQL 6, or later"));
	if (pg->version >= (rs_pg_spreads(pg) ? OLDEST_SPREAD : OLDEST))
		return rs_verdict_pass(f, "%s", pg->product.name);
	return rs_verdict_fail(f, "%s", pg->product.name);
}

enum rs_rc rs_pg_check_writable(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = rs_pg_query(ctx->pg,
	                            "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.has_database_privilege(pg_catalog.current_database(), "
	                            "'CREATE'), pg_catalog.quote_ident(pg_catalog.current_database()), pg_catalog.quote_ident(current_user), "
	                            "pg_catalog.pg_encoding_to_char(d.encoding) FROM pg_catalog.pg_database d WHERE d.datname = "
	                            "pg_catalog.current_database()", NULL, 0, &r, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "%s", _("a database in UTF-8 in which the account may make schemas"));
	if (strcmp(PQgetvalue(r, 0, 0), "t") == 0)
		rc = rs_verdict_fail(f, "%s", _("the server is a standby, which only reads"));
	else if (strcmp(PQgetvalue(r, 0, 4), "UTF8") != 0)
		rc = rs_verdict_fail(f, _("the database is in %s"), PQgetvalue(r, 0, 4));
	else if (strcmp(PQgetvalue(r, 0, 1), "t") == 0)
		rc = rs_verdict_pass(f, "%s", _("it is"));
	else {
		rs_verdict_remedy(f, "destination", "GRANT CREATE ON DATABASE %s TO %s;", PQgetvalue(r, 0, 2), PQgetvalue(r, 0, 3));
		rc = rs_verdict_fail(f, "%s", _("the account may not make schemas"));
	}
	PQclear(r);
	return rc;
}

/* ------------------------------------------------------------------ the tables */

static enum rs_rc is_there(struct rs_check_ctx *ctx, const char *db, const char *name, bool *out, struct rs_err *err)
{
	const char *const names[] = {db, name};
	PGresult *r;
	enum rs_rc rc = rs_pg_query(ctx->pg, "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	                                     "WHERE n.nspname = $1 AND c.relname = $2", names, 2, &r, err);

	*out = rc == RS_OK && PQntuples(r) > 0;
	PQclear(r);
	return rc;
}

enum rs_rc rs_pg_check_same_obj(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const bool made = ctx->task->sync.schema;
	const struct rs_object *o;
	const char *db, *name;
	size_t n = 0;
	enum rs_rc rc = RS_OK;

	rs_verdict_need(f, "%s", made ? _("no tables of the same names at the destination") : _("the tables are there"));
	for (size_t i = 0; rc == RS_OK && rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &db, &name);) {
		bool there = false;

		rc = is_there(ctx, db, name, &there, err);
		if (rc == RS_OK && there == made) {
			n++;
			rs_verdict_object(f, db, name);
		}
	}
	if (rc != RS_OK)
		return rc;
	if (n == 0)
		return rs_verdict_pass(f, "%s", made ? _("there are none") : _("they are"));
	if (!made)
		return rs_verdict_fail(f, ngettext("%zu table is missing", "%zu tables are missing", n), n);
	rs_verdict_explain(f, "%s", _("Rename or drop them there, map the source's to other names, leave them out, or choose to ignore existing "
	                              "tables, whose rows are kept."));
	return rs_verdict_fail(f, ngettext("%zu table exists already", "%zu tables exist already", n), n);
}

bool rs_pg_applies_same_obj(const struct rs_check_ctx *ctx)
{
	return !ctx->resumed && (!ctx->task->sync.schema || ctx->task->sync.existing_tables == RS_EXISTING_CHECK);
}

/* ------ … that are emptied */

static enum rs_rc has_rows(struct rs_check_ctx *ctx, const char *db, const char *name, bool *out, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	PGresult *r;

	rs_buf_adds(&sql, "SELECT 1 FROM ");
	rs_pg_put_table(&sql, db, name);
	rs_buf_adds(&sql, " LIMIT 1");
	enum rs_rc rc = rs_pg_query(ctx->pg, rs_buf_str(&sql), NULL, 0, &r, err);

	*out = rc == RS_OK && PQntuples(r) > 0;
	PQclear(r);
	rs_buf_release(&sql);
	return rc;
}

enum rs_rc rs_pg_check_emptied(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const struct rs_object *o;
	const char *db, *name;
	size_t n = 0;
	enum rs_rc rc = RS_OK;

	rs_verdict_need(f, "%s", _("no rows that are lost"));
	for (size_t i = 0; rc == RS_OK && rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &db, &name);) {
		bool there = false, rows = false;

		rc = is_there(ctx, db, name, &there, err);
		if (rc == RS_OK && there)
			rc = has_rows(ctx, db, name, &rows, err);
		if (rc == RS_OK && rows) {
			n++;
			rs_verdict_object(f, db, name);
		}
	}
	if (rc != RS_OK)
		return rc;
	if (n == 0)
		return rs_verdict_pass(f, "%s", _("there are none"));
	rs_verdict_explain(f, "%s", _("They are emptied before the rows are copied. Choose to ignore existing tables where their rows are to stay."));
	return rs_verdict_warn(f, ngettext("%zu table has rows", "%zu tables have rows", n), n);
}

bool rs_pg_applies_emptied(const struct rs_check_ctx *ctx)
{
	return !ctx->resumed && ctx->task->sync.full && ctx->task->sync.existing_tables == RS_EXISTING_CLEAR;
}

/* ------ … that become one */

enum rs_rc rs_pg_check_merge(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct rs_err why = RS_ERR_INIT;

	(void)err;
	rs_verdict_need(f, "%s", _("a table of its own for each table"));
	if (rs_task_check_merge(ctx->task, &why) == RS_OK)
		return rs_verdict_pass(f, "%s", _("they have"));
	rs_verdict_explain(f, "%s", why.hint);
	rs_verdict_fail(f, "%s", why.primary);
	rs_err_clear(&why);
	return RS_OK;
}

bool rs_pg_applies_merge(const struct rs_check_ctx *ctx) { return ctx->task->merges; }

/* As it is to be there: under its names, without the columns that are left out. */
static struct rs_table *at_destination(const struct rs_check_ctx *ctx, const struct rs_object *o, const char *db, const char *name)
{
	struct rs_table *t = rs_table_clone(o->schema);

	for (uint32_t i = (uint32_t)t->n_columns; i-- > 0;) {
		char *own = rs_xstrdup(rs_selection_map_column(ctx->task->objects, o->db, o->name, t->columns[i].name));

		free(t->columns[i].name);
		t->columns[i].name = own;
		if (!own)
			rs_table_remove_column(t, i);
	}
	free(t->db);
	free(t->name);
	t->db = rs_xstrdup(db);
	t->name = rs_xstrdup(name);
	return t;
}

/* By making the statement that would make it. */
enum rs_rc rs_pg_check_types(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const struct rs_object *o;
	const char *db, *name;
	size_t n = 0;

	(void)err;
	rs_verdict_need(f, "%s", _("a type of PostgreSQL's for each column, and names of at most 63 bytes"));
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &db, &name);) {
		struct rs_buf sql = RS_BUF_INIT;
		struct rs_err why = RS_ERR_INIT;
		struct rs_table *t = o->schema ? at_destination(ctx, o, db, name) : NULL;

		if (t && rs_pg_put_create(&sql, t, "", &why) != RS_OK) {
			n++;
			rs_verdict_object(f, o->db, o->name);
			rs_verdict_line(f, "%s.%s: %s", o->db, o->name, why.primary);
		}
		rs_table_unref(t);
		rs_err_clear(&why);
		rs_buf_release(&sql);
	}
	if (n == 0)
		return rs_verdict_pass(f, "%s", _("they have"));
	rs_verdict_explain(f, "%s", _("Leave the columns out, or the tables."));
	return rs_verdict_fail(f, ngettext("%zu table can't be made", "%zu tables can't be made", n), n);
}

static size_t count_generated(const struct rs_table *t)
{
	size_t n = 0;

	for (size_t i = 0; t && i < t->n_columns; i++)
		n += t->columns[i].generated;
	return n;
}

static enum rs_rc check_left_out(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	static const enum rs_object_kind kinds[] = {RS_OBJECT_VIEW, RS_OBJECT_PROCEDURE, RS_OBJECT_FUNCTION, RS_OBJECT_TRIGGER, RS_OBJECT_EVENT,
	                                            RS_OBJECT_SEQUENCE};
	const struct rs_object *o;
	const char *db, *name;
	size_t n = 0;

	(void)err;
	rs_verdict_need(f, "%s", _("tables, of columns that are stored"));
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (size_t i = 0; rs_facts_each(ctx, &i, kinds[k], &o, &db, &name); n++)
			rs_verdict_line(f, "%s %s.%s", rs_object_kind_name(o->kind), o->db, o->name);
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &db, &name);)
		if (count_generated(o->schema) > 0) {
			n++;
			rs_verdict_line(f, _("generated columns of %s.%s"), o->db, o->name);
		}
	if (n == 0)
		return rs_verdict_pass(f, "%s", _("there is nothing else"));
	return rs_verdict_warn(f, ngettext("%zu object is not synchronized", "%zu objects are not synchronized", n), n);
}

/* ------------------------------------------------------------------ the table of checks */

enum { CAT = RS_NEEDS_CATALOG };

/* In the order in which MySQL's are published. */
const struct rs_check rs_pg_checks[] = {
	RS_MY_ROWS_ACCOUNT,
	RS_PG_ROW_CONN_DEST,
	RS_MY_ROWS_BINLOG,
	RS_MY_ROW_OBJECTS,
	RS_PG_ROW_SAME_OBJ,
	RS_MY_ROW_FILTER,
	RS_MY_ROWS_START,
	RS_MY_ROWS_LOG,
	RS_MY_ROW_XA,
	RS_PG_ROWS_DEST,
	RS_PG_ROWS_TABLES,
	{"CHECK_PG_LEFT_OUT", N_("Objects that are left out"), CAT, true, NULL, check_left_out,
	 N_("The objects named are not at the destination.")},
	{.code = NULL},
};
