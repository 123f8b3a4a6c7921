/* The way to a PostgreSQL source, and what the account may there: CHECK_CONN_SRC, CHECK_PG_SOURCE_VERSION, CHECK_AUTH_SRC,
 * CHECK_SAME_REGION. */
#include "check/pg_source_checks.h"

#include <string.h>
#include "base/i18n.h"
#include "base/map.h"
#include "base/mem.h"
#include "check/facts.h"
#include "check/pg_checks.h"
#include "check/verdict.h"

enum { OLDEST = 100000 };

enum rs_rc rs_pg_source_check_conn(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	(void)err;
	return rs_pg_check_open(ctx->pg_source, &ctx->source_error, f);
}

enum rs_rc rs_pg_source_check_version(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const struct rs_pg *pg = ctx->pg_source;

	(void)err;
	rs_verdict_need(f, "%s", _("PostgreSQL 10 or later"));
	if (pg->product.family == RS_PG_POSTGRESQL && pg->version >= OLDEST)
		return rs_verdict_pass(f, "%s", pg->product.name);
	rs_verdict_explain(f, "%s", _("The source's log is read by logical replication, which others do not have."));
	return rs_verdict_fail(f, "%s", pg->product.name);
}

/* ------------------------------------------------------------------ regions */

bool rs_pg_source_applies_region(const struct rs_check_ctx *ctx)
{
	const struct rs_flow *flow = rs_flow_find(ctx->task->flow);

	return flow && strcmp(flow->source, "zero-etl-source") == 0;
}

enum rs_rc rs_pg_source_check_region(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const char *from = ctx->task->source.region, *to = ctx->task->destination.region;

	(void)err;
	rs_verdict_need(f, "%s", _("both instances in the same region"));
	if (from && to && strcmp(from, to) == 0)
		return rs_verdict_pass(f, "%s", from);
	return rs_verdict_fail(f, _("%s and %s"), from ? from : _("none"), to ? to : _("none"));
}

/* ------------------------------------------------------------------ privileges */

/* What is found missing, in words and as the statements that give it. */
struct shortage {
	struct rs_check_ctx *ctx;
	struct rs_finding *f;
	struct rs_buf words;
	const char *account;       /* quoted; in result */
	struct rs_map said;        /* statements that stand already */
	size_t unreadable, foreign; /* tables that may not be read, and that belong to others */
	size_t of_superuser;       /* … of those, to one whose role must not be given to anybody */
};

static void RS_PRINTF(2, 3) lacks(struct shortage *s, const char *fmt, ...)
{
	va_list ap;

	rs_buf_adds(&s->words, s->words.len ? "; " : "");
	va_start(ap, fmt);
	rs_buf_vaddf(&s->words, fmt, ap);
	va_end(ap);
}

/* Frees the statement. */
static void mended_by(struct shortage *s, char *statement)
{
	if (!rs_map_get(&s->said, statement, strlen(statement))) {
		rs_map_put(&s->said, statement, strlen(statement), s);
		rs_verdict_remedy(s->f, "source", "%s", statement);
	}
	free(statement);
}

static bool yes(const PGresult *r, int row, int column) { return strcmp(PQgetvalue(r, row, column), "t") == 0; }

/* ------ of the account itself */

/* Instances of clouds have no superuser: a role of theirs stands for REPLICATION. */
static const char account_sql[] =
	"SELECT r.rolsuper OR r.rolreplication OR EXISTS (SELECT FROM pg_catalog.pg_roles m WHERE m.rolname IN ('rds_superuser', 'rds_replication')"
	" AND pg_catalog.pg_has_role(m.oid, 'USAGE')), pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),"
	" pg_catalog.quote_ident(pg_catalog.current_database()), pg_catalog.quote_ident(r.rolname) "
	"FROM pg_catalog.pg_roles r WHERE r.rolname = current_user";
enum { A_REPLICATION, A_CREATE, A_DATABASE, A_ACCOUNT };

static void look_at_account(struct shortage *s, const PGresult *r)
{
	const char *database = PQgetvalue(r, 0, A_DATABASE);

	if (!yes(r, 0, A_REPLICATION)) {
		lacks(s, "REPLICATION");
		mended_by(s, rs_xprintf("ALTER ROLE %s REPLICATION;", s->account));
	}
	if (!yes(r, 0, A_CREATE)) {
		lacks(s, "CREATE ON DATABASE %s", database);
		mended_by(s, rs_xprintf("GRANT CREATE ON DATABASE %s TO %s;", database, s->account));
	}
}

/* ------ of the tables */

static const char tables_sql[] =
	"SELECT n.nspname, c.relname, pg_catalog.quote_ident(n.nspname), pg_catalog.quote_ident(c.relname), pg_catalog.quote_ident(o.rolname),"
	" o.rolsuper, pg_catalog.pg_has_role(c.relowner, 'USAGE'), pg_catalog.has_schema_privilege(n.oid, 'USAGE'),"
	" pg_catalog.has_table_privilege(c.oid, 'SELECT') FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	"JOIN pg_catalog.pg_roles o ON o.oid = c.relowner WHERE" RS_PG_USERS_OWN
	"AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p' ORDER BY n.nspname, c.relname";
enum { T_SCHEMA, T_NAME, T_SCHEMA_QUOTED, T_NAME_QUOTED, T_OWNER, T_OF_SUPERUSER, T_OWNED, T_USAGE, T_SELECT };

/* To publish a table is its owner's. */
static void look_at_table(struct shortage *s, const PGresult *r, int row)
{
	const char *schema = PQgetvalue(r, row, T_SCHEMA_QUOTED), *name = PQgetvalue(r, row, T_NAME_QUOTED);
	const bool published = s->ctx->task->sync.incremental, foreign = published && !yes(r, row, T_OWNED);

	if (!yes(r, row, T_USAGE))
		mended_by(s, rs_xprintf("GRANT USAGE ON SCHEMA %s TO %s;", schema, s->account));
	if (foreign && !yes(r, row, T_OF_SUPERUSER))
		mended_by(s, rs_xprintf("GRANT %s TO %s;", PQgetvalue(r, row, T_OWNER), s->account));
	else if (!yes(r, row, T_SELECT))
		mended_by(s, rs_xprintf("GRANT SELECT ON %s.%s TO %s;", schema, name, s->account));
	s->foreign += foreign;
	s->of_superuser += foreign && yes(r, row, T_OF_SUPERUSER);
	s->unreadable += !yes(r, row, T_SELECT) || !yes(r, row, T_USAGE);
	if (foreign || !yes(r, row, T_SELECT) || !yes(r, row, T_USAGE))
		rs_verdict_object(s->f, PQgetvalue(r, row, T_SCHEMA), PQgetvalue(r, row, T_NAME));
}

static enum rs_rc look_at_tables(struct shortage *s, struct rs_err *err)
{
	const struct rs_selection *objects = rs_facts_objects(s->ctx);
	PGresult *r;
	enum rs_rc rc = rs_pg_query(s->ctx->pg_source, tables_sql, NULL, 0, &r, err);

	if (rc != RS_OK)
		return rc;
	for (int i = 0; i < PQntuples(r); i++)
		if (rs_selection_includes_table(objects, PQgetvalue(r, i, T_SCHEMA), PQgetvalue(r, i, T_NAME)))
			look_at_table(s, r, i);
	PQclear(r);
	return RS_OK;
}

static enum rs_rc conclude(struct shortage *s)
{
	if (s->unreadable)
		lacks(s, ngettext("SELECT on %zu table", "SELECT on %zu tables", s->unreadable), s->unreadable);
	if (s->foreign)
		lacks(s, ngettext("the owner's role of %zu table", "the owner's role of %zu tables", s->foreign), s->foreign);
	if (s->of_superuser)
		rs_verdict_explain(s->f, "%s", _("Tables that belong to a superuser can be published by superusers alone: give them another owner "
		                                 "(ALTER TABLE … OWNER TO), whose role the account has."));
	if (s->words.len == 0)
		return rs_verdict_pass(s->f, "%s", _("all that is needed"));
	return rs_verdict_fail(s->f, _("missing: %s"), rs_buf_str(&s->words));
}

enum rs_rc rs_pg_source_check_account(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct shortage s = {.ctx = ctx, .f = f, .words = RS_BUF_INIT, .said = RS_MAP_INIT};
	PGresult *r;
	enum rs_rc rc = rs_pg_query(ctx->pg_source, account_sql, NULL, 0, &r, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "%s", ctx->task->sync.incremental
	                ? _("REPLICATION, CREATE on the database, and the owners' roles of the tables, for a slot and a publication")
	                : _("SELECT on the tables"));
	s.account = PQgetvalue(r, 0, A_ACCOUNT);
	if (ctx->task->sync.incremental)
		look_at_account(&s, r);
	rc = look_at_tables(&s, err);
	if (rc == RS_OK)
		rc = conclude(&s);
	rs_map_release(&s.said, NULL);
	rs_buf_release(&s.words);
	PQclear(r);
	return rc;
}
