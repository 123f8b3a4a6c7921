/* Connections and accounts: CHECK_CONN_*, CHECK_AUTH_*, CHECK_MYSQL_PASSOWRD_FORMAT, CHECK_SUPER_AUTH_DEST. */
#include "check/my_checks.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "check/facts.h"
#include "check/verdict.h"
#include "db/my_schema.h"

/* ------------------------------------------------------------------ connections */

static enum rs_rc check_connection(struct rs_my *my, const struct rs_err *why, struct rs_finding *f)
{
	const char *cipher;

	rs_verdict_need(f, "%s", _("a connection"));
	if (!rs_my_is_open(my)) {
		if (why->detail)
			rs_verdict_explain(f, "%s", why->detail);
		if (why->hint)
			rs_verdict_line(f, _("%s."), why->hint);
		return rs_verdict_fail(f, "%s", why->primary ? why->primary : _("no connection"));
	}
	cipher = mysql_get_ssl_cipher(my->handle);
	rs_verdict_explain(f, "%s", cipher ? _("The connection is encrypted.") : _("The connection is not encrypted."));
	if (rs_my_is_compressed(my))
		rs_verdict_explain(f, "%s", _("The connection is compressed."));
	return rs_verdict_pass(f, "%s (%s)", my->version_text, my->address);
}

enum rs_rc rs_my_check_conn_src(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	(void)err;
	return check_connection(ctx->source, &ctx->source_error, f);
}

enum rs_rc rs_my_check_conn_dest(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	(void)err;
	return check_connection(ctx->dest, &ctx->dest_error, f);
}

/* ------------------------------------------------------------------ privileges */

/* Privileges found missing, as text for the user and as the statements that grant them. */
struct shortage {
	const struct rs_grants *grants;
	struct rs_buf text, statements;
};

static void lacks(struct shortage *s, uint32_t wanted, const char *db, const char *table)
{
	const uint32_t missing = rs_grants_missing(s->grants, wanted, db, table);

	if (!missing)
		return;
	rs_grants_statement(s->grants, &s->statements, missing, db, table);
	if (s->text.len)
		rs_buf_adds(&s->text, "; ");
	rs_privileges_text(&s->text, missing);
	rs_buf_addf(&s->text, " ON %s.%s", db ? db : "*", table ? table : "*");
}

/* The same of a database, not twice. */
static void lacks_once(struct shortage *s, uint32_t wanted, const char *db)
{
	struct rs_buf statement = RS_BUF_INIT;
	const uint32_t missing = rs_grants_missing(s->grants, wanted, db, NULL);

	if (missing)
		rs_grants_statement(s->grants, &statement, missing, db, NULL);
	if (missing && (!s->statements.len || !strstr(rs_buf_str(&s->statements), rs_buf_str(&statement))))
		lacks(s, wanted, db, NULL);
	rs_buf_release(&statement);
}

static void shortage_release(struct shortage *s)
{
	rs_buf_release(&s->text);
	rs_buf_release(&s->statements);
}

/* Tells what is missing; true where something is. */
static bool report_shortage(const struct shortage *s, struct rs_finding *f, const char *where)
{
	if (!s->statements.len)
		return false;
	rs_verdict_remedy(f, where, "%s", rs_buf_str(&s->statements));
	return true;
}

/* Whether the account can read the table all the same: by a role, a proxy, or in a way that SHOW GRANTS does not tell. */
static bool can_read(struct rs_my *my, const char *db, const char *table)
{
	struct rs_buf sql = RS_BUF_INIT;
	bool can;

	rs_buf_adds(&sql, "SELECT 1 FROM ");
	rs_quote_table(&sql, db, table);
	rs_buf_adds(&sql, " LIMIT 0");
	can = rs_my_exec_n(my, sql.data, sql.len, NULL, NULL) == RS_OK;
	rs_buf_release(&sql);
	return can;
}

static void need_select(struct rs_check_ctx *ctx, struct shortage *s)
{
	const struct rs_selection *sel = rs_facts_objects(ctx);
	struct rs_selection_iter it = RS_SELECTION_ITER;
	struct rs_selection_rule rule;

	while (rs_selection_each(sel, &it, &rule)) {
		if (!rule.selected || rule.column)
			continue;
		if (!rule.table)
			lacks(s, RS_MAY(SELECT), rule.db, NULL);
		else if (rs_grants_missing(s->grants, RS_MAY(SELECT), rule.db, rule.table) &&
		         !can_read(ctx->source, rule.db, rule.table))
			lacks(s, RS_MAY(SELECT), rule.db, rule.table);
	}
}

/* Tables without a key are copied as they are at one moment: those of engines without transactions under a lock, others on
 * MySQL where there is no other way and the user has consented. */
static void need_locks(struct rs_check_ctx *ctx, struct shortage *s, bool by_consent)
{
	const char *to_db, *to_name;
	const struct rs_object *o;

	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &to_db, &to_name);)
		if (o->schema && !o->unsupported && !rs_table_row_key(o->schema) && rs_my_engine_is_transactional(o->schema->engine) == by_consent)
			lacks_once(s, RS_MAY(LOCK_TABLES), o->db);
}

/* Where the objects can't be read other checks say so. */
static enum rs_rc need_all_locks(struct rs_check_ctx *ctx, struct shortage *sure, struct shortage *perhaps)
{
	const struct rs_sync *sync = &ctx->task->sync;
	enum rs_rc rc = sync->full && rs_my_is_open(ctx->source) ? rs_facts_catalog(ctx, NULL) : RS_EOF;

	if (rc != RS_OK)
		return rc == RS_CANCELLED ? rc : RS_OK;
	need_locks(ctx, sure, false);
	if (sync->lock_for_keyless && ctx->source->flavor == RS_MY_MYSQL)
		need_locks(ctx, perhaps, true);
	return RS_OK;
}

enum rs_rc rs_my_check_auth_src(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const uint32_t stream = RS_MAY(REPLICATION_SLAVE) | RS_MAY(REPLICATION_CLIENT);
	struct shortage s = {NULL, RS_BUF_INIT, RS_BUF_INIT}, locks = s;
	enum rs_rc rc = rs_facts_grants(ctx, ctx->source, &s.grants, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "%s", ctx->task->sync.incremental
		? _("SELECT on the selected objects; REPLICATION SLAVE, REPLICATION CLIENT on *.*")
		: _("SELECT on the selected objects"));
	if (ctx->task->sync.incremental)
		lacks(&s, stream, NULL, NULL);
	need_select(ctx, &s);
	locks.grants = s.grants;
	rc = need_all_locks(ctx, &s, &locks);
	if (report_shortage(&s, f, "source")) {
		rs_verdict_fail(f, _("missing: %s"), rs_buf_str(&s.text));
	} else if (report_shortage(&locks, f, "source")) {
		rs_verdict_explain(f, "%s", _("Tables without a key may be locked for a moment (lock_for_keyless), which the account is not allowed to. "
		                              "Where they change too often to be copied without a lock the copy stops."));
		f->ignorable = true;
		rs_verdict_warn(f, _("missing: %s"), rs_buf_str(&locks.text));
	} else {
		rs_verdict_pass(f, "%s", s.grants->account);
	}
	shortage_release(&s);
	shortage_release(&locks);
	return rc;
}

/* How the text of routines is allowed to be seen: by a privilege of its own, or by reading the table they are in. */
static void need_routines(struct rs_check_ctx *ctx, struct shortage *s)
{
	const struct rs_my *my = ctx->source;

	if (my->flavor == RS_MY_MYSQL && my->version >= 80020) {
		if (rs_grants_missing(s->grants, RS_MAY(SELECT), NULL, NULL))
			lacks(s, RS_MAY(SHOW_ROUTINE), NULL, NULL);
	} else
		lacks(s, RS_MAY(SELECT), "mysql", "proc");
}

enum rs_rc rs_my_check_auth_src_programs(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const struct rs_selection *sel = rs_facts_objects(ctx);
	struct shortage s = {NULL, RS_BUF_INIT, RS_BUF_INIT};
	struct rs_selection_iter it = RS_SELECTION_ITER;
	struct rs_selection_rule rule;
	bool whole = false;
	enum rs_rc rc = rs_facts_grants(ctx, ctx->source, &s.grants, err);

	if (rc != RS_OK)
		return rc;
	while (rs_selection_each(sel, &it, &rule)) {
		if (!rule.selected || rule.table)
			continue;
		whole = true;
		lacks(&s, RS_MAY(SHOW_VIEW) | RS_MAY(TRIGGER) | RS_MAY(EVENT), rule.db, NULL);
	}
	if (whole)
		need_routines(ctx, &s);
	rs_verdict_need(f, "%s", _("SHOW VIEW, TRIGGER, EVENT on databases selected whole; to see the text of routines"));
	if (report_shortage(&s, f, "source")) {
		rs_verdict_explain(f, "%s", _("Views, triggers, routines and events that the account can't see are not made "
		                              "at the "
		                              "destination. Rows are synchronized all the same."));
		rs_verdict_warn(f, _("missing: %s"), rs_buf_str(&s.text));
	} else
		rs_verdict_pass(f, "%s", s.grants->account);
	shortage_release(&s);
	return RS_OK;
}

bool rs_my_applies_schema(const struct rs_check_ctx *ctx)
{
	return ctx->task->sync.schema;
}

/* What it takes at the destination to make the objects of a database that are not tables. */
static uint32_t privileges_for(struct rs_check_ctx *ctx, const char *dest_db)
{
	static const struct {
		enum rs_object_kind kind;
		uint32_t privileges;
	} needs[] = {{RS_OBJECT_VIEW, RS_MAY(CREATE_VIEW) | RS_MAY(SHOW_VIEW)},
	             {RS_OBJECT_PROCEDURE, RS_MAY(CREATE_ROUTINE) | RS_MAY(ALTER_ROUTINE)},
	             {RS_OBJECT_FUNCTION, RS_MAY(CREATE_ROUTINE) | RS_MAY(ALTER_ROUTINE)},
	             {RS_OBJECT_TRIGGER, RS_MAY(TRIGGER)},
	             {RS_OBJECT_EVENT, RS_MAY(EVENT)}};
	const char *to_db, *to_name;
	const struct rs_object *o;
	uint32_t bits = 0;

	for (size_t n = 0; n < sizeof needs / sizeof *needs; n++)
		for (size_t i = 0; rs_facts_each(ctx, &i, needs[n].kind, &o, &to_db, &to_name);)
			if (strcmp(to_db, dest_db) == 0)
				bits |= needs[n].privileges;
	return bits;
}

enum rs_rc rs_my_check_auth_dest(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const uint32_t rows = RS_MAY(SELECT) | RS_MAY(INSERT) | RS_MAY(UPDATE) | RS_MAY(DELETE);
	const uint32_t tables = RS_MAY(CREATE) | RS_MAY(DROP) | RS_MAY(ALTER) | RS_MAY(INDEX);
	const bool defines = ctx->task->sync.schema || rs_task_changes_schemas(ctx->task);
	struct shortage s = {NULL, RS_BUF_INIT, RS_BUF_INIT};
	struct rs_facts_dbs dbs;
	enum rs_rc rc = rs_facts_grants(ctx, ctx->dest, &s.grants, err);

	if (rc != RS_OK)
		return rc;
	/* Without a source there are no objects to look at: the rest is checked when there is. */
	if (defines && rs_my_is_open(ctx->source) && rs_facts_catalog(ctx, NULL) == RS_CANCELLED)
		return RS_CANCELLED;
	rs_verdict_need(f, "%s", _("to read and write the destination's databases, and the database dts for the position"));
	rs_facts_dest_dbs(ctx, &dbs);
	for (size_t i = 0; i < dbs.count; i++)
		lacks(&s, rows | (defines ? tables | RS_MAY(REFERENCES) | privileges_for(ctx, dbs.names[i]) : 0), dbs.names[i], NULL);
	rs_facts_dbs_release(&dbs);
	lacks(&s, rows | tables, "dts", NULL);
	if (report_shortage(&s, f, "destination"))
		rs_verdict_fail(f, _("missing: %s"), rs_buf_str(&s.text));
	else
		rs_verdict_pass(f, "%s", s.grants->account);
	shortage_release(&s);
	return RS_OK;
}

/* ------------------------------------------------------------------ passwords */

static bool is_old_password(const struct rs_err *e)
{
	return e->native == 1251 || e->native == 1275 || e->native == 2049 ||
	       (e->detail && strstr(e->detail, "mysql_old_password"));
}

static void judge_password(struct rs_my *my, const char *where, const struct rs_err *problem, struct rs_finding *f)
{
	if (rs_my_is_open(my)) {
		if (!rs_my_variable_is(my, "old_passwords", "1") && !rs_my_variable_is(my, "old_passwords", "ON"))
			return;
		rs_verdict_object(f, where, NULL);
		rs_verdict_remedy(f, where, "SET GLOBAL old_passwords=0;");
		rs_verdict_explain(f, "%s", _("A password that is set now gets the format of MySQL 4.0, with which nobody "
		                              "can connect."));
		rs_verdict_warn(f, "old_passwords=1");
	} else if (is_old_password(problem)) {
		rs_verdict_object(f, where, NULL);
		rs_verdict_explain(f, "%s", _("Set the account's password again, with old_passwords=0."));
		rs_verdict_fail(f, "%s", _("a password of the format before MySQL 4.1"));
	}
}

enum rs_rc rs_my_check_password_format(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	(void)err;
	rs_verdict_need(f, "%s", _("passwords of the format since MySQL 4.1"));
	rs_verdict_pass(f, "%s", _("as needed"));
	judge_password(ctx->source, "source", &ctx->source_error, f);
	judge_password(ctx->dest, "destination", &ctx->dest_error, f);
	return RS_OK;
}

/* ------------------------------------------------------------------ definers */

/* The privilege to make objects in another account's name. */
static uint32_t definer_privilege(const struct rs_my *my)
{
	if (my->flavor == RS_MY_MARIADB)
		return my->version >= 100502 ? RS_MAY(SET_USER) : RS_MAY(SUPER);
	return my->version >= 80000 ? RS_MAY(SET_DEFINER) : RS_MAY(SUPER);
}

static char *definer_statement(const struct rs_grants *g, const struct rs_my *my)
{
	const bool old_name = my->flavor == RS_MY_MYSQL && my->version >= 80000 && my->version < 80200;
	struct rs_buf sql = RS_BUF_INIT;

	if (old_name)
		rs_buf_addf(&sql, "GRANT SET_USER_ID ON *.* TO %s;", g->account);
	else
		rs_grants_statement(g, &sql, definer_privilege(my), NULL, NULL);
	return rs_buf_take(&sql);
}

/* 'dts'@'%' of a GRANT statement against dts@% of SHOW CREATE. */
static bool same_account(const char *quoted, const char *definer)
{
	for (; *definer; definer++) {
		while (*quoted == '\'')
			quoted++;
		if (*quoted++ != *definer)
			return false;
	}
	return strspn(quoted, "'") == strlen(quoted);
}

static size_t count_foreign_definers(struct rs_check_ctx *ctx, const char *account, struct rs_finding *f)
{
	size_t n = 0;

	for (size_t i = 0; i < ctx->catalog->count; i++) {
		const struct rs_object *o = &ctx->catalog->objects[i];

		if (!o->definer || o->unsupported || same_account(account, o->definer))
			continue;
		rs_verdict_object(f, o->db, o->name);
		n++;
	}
	return n;
}

static bool has_functions(struct rs_check_ctx *ctx)
{
	for (size_t i = 0; i < ctx->catalog->count; i++)
		if (ctx->catalog->objects[i].kind == RS_OBJECT_FUNCTION || ctx->catalog->objects[i].kind == RS_OBJECT_TRIGGER)
			return true;
	return false;
}

/* With a binary log at the destination only SUPER may make functions and triggers, unless the server trusts. */
static bool functions_refused(struct rs_check_ctx *ctx, const struct rs_grants *g)
{
	return has_functions(ctx) && rs_grants_missing(g, RS_MAY(SUPER), NULL, NULL) &&
	       rs_my_variable_is(ctx->dest, "log_bin", "ON") &&
	       rs_my_variable_is(ctx->dest, "log_bin_trust_function_creators", "OFF");
}

enum rs_rc rs_my_check_super_auth_dest(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const struct rs_grants *g;
	enum rs_rc rc = rs_facts_grants(ctx, ctx->dest, &g, err);
	bool foreign = false, refused;

	if (rc != RS_OK)
		return rc;
	refused = functions_refused(ctx, g);
	if (rs_grants_missing(g, definer_privilege(ctx->dest), NULL, NULL) && rs_grants_missing(g, RS_MAY(SUPER), NULL, NULL))
		foreign = count_foreign_definers(ctx, g->account, f) > 0;
	rs_verdict_need(f, "%s", _("to make views, triggers, routines and events in their definers' names"));
	if (refused) {
		rs_verdict_explain(f, "%s", _("The destination refuses functions and triggers of accounts without SUPER."));
		rs_verdict_remedy(f, "destination", "SET GLOBAL log_bin_trust_function_creators=1;");
	}
	if (foreign) {
		char *sql = definer_statement(g, ctx->dest);

		rs_verdict_explain(f, _("The objects named belong to other accounts than %s, which would become their "
		                        "definer."),
		                   g->account);
		rs_verdict_remedy(f, "destination", "%s", sql);
		free(sql);
	}
	return refused || foreign ? rs_verdict_warn(f, "%s", _("a privilege is missing"))
	                          : rs_verdict_pass(f, "%s", g->account);
}
