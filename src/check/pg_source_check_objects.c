/* The tables of a PostgreSQL source: CHECK_PG_IDENTITY, CHECK_PG_INHERITED, CHECK_PG_SOURCE_TYPES, CHECK_PG_LEFT_OUT. */
#include "check/pg_source_checks.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "check/facts.h"
#include "check/verdict.h"

/* What a query tells of tables: schema and name come first. Calls tell for each row of a selected table, and counts them. */
static enum rs_rc each_selected(struct rs_check_ctx *ctx, const char *sql, bool (*tell)(struct rs_check_ctx *ctx, struct rs_finding *f,
                                const PGresult *r, int row), struct rs_finding *f, size_t *n, struct rs_err *err)
{
	const struct rs_selection *objects = rs_facts_objects(ctx);
	PGresult *r;
	enum rs_rc rc = rs_pg_query(ctx->pg_source, sql, NULL, 0, &r, err);

	*n = 0;
	if (rc != RS_OK)
		return rc;
	for (int i = 0; i < PQntuples(r); i++)
		if (rs_selection_includes_table(objects, PQgetvalue(r, i, 0), PQgetvalue(r, i, 1)) && tell(ctx, f, r, i))
			++*n;
	PQclear(r);
	return RS_OK;
}

/* ------------------------------------------------------------------ by what rows are found */

/* Of a table that is partitioned each partition counts: it is changed under its own identity. */
static const char identity_sql[] =
	"WITH RECURSIVE part AS (SELECT c.oid AS root, c.oid AS relid FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p') AND NOT "
	"c.relispartition AND c.relpersistence = 'p' UNION ALL SELECT part.root, i.inhrelid FROM part JOIN pg_catalog.pg_inherits i ON "
	"i.inhparent = part.relid JOIN pg_catalog.pg_class k ON k.oid = i.inhrelid AND k.relispartition), "
	"own AS (SELECT n.nspname AS schema, r.relname AS name, part.relid FROM part JOIN pg_catalog.pg_class r ON r.oid = part.root JOIN "
	"pg_catalog.pg_namespace n ON n.oid = r.relnamespace WHERE" RS_PG_USERS_OWN "), "
	"key AS (SELECT c.oid, EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indisvalid) AS "
	"is_there FROM pg_catalog.pg_class c) "
	"SELECT own.schema, own.name, n.nspname, c.relname, pg_catalog.quote_ident(n.nspname), pg_catalog.quote_ident(c.relname), key.is_there "
	"FROM own JOIN pg_catalog.pg_class c ON c.oid = own.relid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN key ON "
	"key.oid = c.oid WHERE c.relreplident = 'n' OR c.relreplident = 'd' AND NOT key.is_there OR c.relreplident = 'i' AND NOT EXISTS "
	"(SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisreplident AND i.indisvalid) ORDER BY 1, 2, 3, 4";
enum { I_SCHEMA = 2, I_NAME, I_SCHEMA_QUOTED, I_NAME_QUOTED, I_KEY };

static bool tell_identity(struct rs_check_ctx *ctx, struct rs_finding *f, const PGresult *r, int row)
{
	(void)ctx;
	rs_verdict_object(f, PQgetvalue(r, row, I_SCHEMA), PQgetvalue(r, row, I_NAME));
	rs_verdict_remedy(f, "source", "ALTER TABLE %s.%s REPLICA IDENTITY %s;", PQgetvalue(r, row, I_SCHEMA_QUOTED),
	                  PQgetvalue(r, row, I_NAME_QUOTED), strcmp(PQgetvalue(r, row, I_KEY), "t") == 0 ? "DEFAULT" : "FULL");
	return true;
}

enum rs_rc rs_pg_source_check_identity(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	size_t n = 0;
	enum rs_rc rc = each_selected(ctx, identity_sql, tell_identity, f, &n, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "%s", _("a primary key, or REPLICA IDENTITY FULL"));
	if (n == 0)
		return rs_verdict_pass(f, "%s", _("each table has one"));
	rs_verdict_explain(f, "%s", _("What is changed in such a table can't be told from the log, and once it is published the application's own UPDATE and "
	                              "DELETE there fail. With FULL the whole old row is logged. The statements wait for a moment without writers: run them "
	                              "off-peak, or leave the tables out."));
	return rs_verdict_fail(f, ngettext("%zu table without", "%zu tables without", n), n);
}

/* ------------------------------------------------------------------ inheritance */

static const char inherited_sql[] =
	"SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE" RS_PG_USERS_OWN
	"AND c.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid) ORDER BY 1, 2";

static bool tell_name(struct rs_check_ctx *ctx, struct rs_finding *f, const PGresult *r, int row)
{
	(void)ctx;
	rs_verdict_object(f, PQgetvalue(r, row, 0), PQgetvalue(r, row, 1));
	return true;
}

enum rs_rc rs_pg_source_check_inherited(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	size_t n = 0;
	enum rs_rc rc = each_selected(ctx, inherited_sql, tell_name, f, &n, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "%s", _("no table that others inherit from (partitions are something else)"));
	if (n == 0)
		return rs_verdict_pass(f, "%s", _("there is none"));
	rs_verdict_explain(f, "%s", _("Its rows can't be read apart from those of the tables that inherit from it, which would be there twice. Leave it out."));
	return rs_verdict_fail(f, ngettext("%zu table", "%zu tables", n), n);
}

/* ------------------------------------------------------------------ types */

bool rs_pg_source_applies_types(const struct rs_check_ctx *ctx)
{
	const struct rs_flow *flow = rs_flow_find(ctx->task->flow);

	return flow && strcmp(flow->destination, "postgresql") != 0;
}

/* Those that the console names for AnalyticDB for PostgreSQL. */
static const char types_sql[] =
	"SELECT n.nspname, c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a JOIN "
	"pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_type t ON "
	"t.oid = a.atttypid WHERE" RS_PG_USERS_OWN "AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped "
	"AND (t.typcategory = 'A' OR t.typname IN ('bit', 'varbit', 'geometry', 'geography', 'uuid', 'tsquery', 'tsvector', 'txid_snapshot')) "
	"ORDER BY 1, 2, a.attnum";

static bool tell_type(struct rs_check_ctx *ctx, struct rs_finding *f, const PGresult *r, int row)
{
	const char *schema = PQgetvalue(r, row, 0), *table = PQgetvalue(r, row, 1), *column = PQgetvalue(r, row, 2);

	if (rs_selection_excludes_column(rs_facts_objects(ctx), schema, table, column))
		return false;
	rs_verdict_object(f, schema, table);
	rs_verdict_line(f, "%s.%s.%s: %s", schema, table, column, PQgetvalue(r, row, 3));
	return true;
}

enum rs_rc rs_pg_source_check_types(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	size_t n = 0;
	enum rs_rc rc = each_selected(ctx, types_sql, tell_type, f, &n, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "%s", _("no BIT, VARBIT, GEOMETRY, ARRAY, UUID, TSQUERY, TSVECTOR, TXID_SNAPSHOT"));
	if (n == 0)
		return rs_verdict_pass(f, "%s", _("there is none"));
	rs_verdict_explain(f, "%s", _("Leave the columns out, or the tables."));
	return rs_verdict_fail(f, ngettext("%zu column", "%zu columns", n), n);
}

/* ------------------------------------------------------------------ everything else */

enum rs_rc rs_pg_source_check_left_out(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	static const enum rs_object_kind kinds[] = {RS_OBJECT_TABLE, RS_OBJECT_VIEW, RS_OBJECT_PROCEDURE, RS_OBJECT_FUNCTION, RS_OBJECT_SEQUENCE};
	const bool alike = !rs_pg_source_applies_types(ctx) && ctx->task->sync.schema;
	const struct rs_object *o;
	const char *schema, *name;
	size_t n = 0;

	(void)err;
	rs_verdict_need(f, "%s", alike ? _("objects that schema initialization makes, tables whose changes are logged") : _("tables whose changes are logged"));
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (size_t i = 0; rs_facts_each(ctx, &i, kinds[k], &o, &schema, &name);) {
			if ((o->kind == RS_OBJECT_TABLE || alike) && !o->unsupported)
				continue;
			n++;
			rs_verdict_line(f, "%s %s.%s%s%s", rs_object_kind_name(o->kind), o->db, o->name, o->unsupported ? ": " : "",
			                o->unsupported ? o->unsupported : "");
		}
	if (n == 0)
		return rs_verdict_pass(f, "%s", _("there is nothing else"));
	return rs_verdict_warn(f, ngettext("%zu object is not synchronized", "%zu objects are not synchronized", n), n);
}
