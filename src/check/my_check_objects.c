/* The selected objects at the source: CHECK_OBJECTS, CHECK_ENGINE, CHECK_OBJECT_TYPE, CHECK_PRIMARY_KEY,
 * CHECK_CONSTRAINT, CHECK_CASE, CHECK_GHOST, CHECK_LEFT_OUT. */
#include "check/my_checks.h"

#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "check/facts.h"
#include "check/verdict.h"
#include "codec/ddl.h"
#include "db/my_schema.h"
#include "model/selection_name.h"
#include "model/working.h"

/* The command that adds objects to include or exclude: only where the selection is short enough to stand in its file. */
static void remedy_selection(const struct rs_check_ctx *ctx, struct rs_finding *f, const char *key, const struct rs_buf *names)
{
	const char *file = rs_task_get(ctx->task, "objects.objects_file"), *now = rs_task_get(ctx->task, key);
	struct rs_buf value = RS_BUF_INIT, quoted = RS_BUF_INIT;

	if ((file && *file) || !names->len)
		return;
	rs_buf_addf(&value, "%s%s", now ? now : "", rs_buf_str(names));
	for (const char *c = rs_buf_str(&value); *c; c++) {
		if (*c == '\'')
			rs_buf_adds(&quoted, "'\\''");
		else
			rs_buf_addc(&quoted, *c);
	}
	rs_verdict_remedy(f, NULL, "rds-sync task set %s '%s=%s'", ctx->task->name, key, rs_buf_str(&quoted));
	f->task_key = key;
	free(f->task_value);
	f->task_value = rs_buf_take(&value);
	rs_buf_release(&quoted);
}

/* Adds " db.table" as selections write it. */
static void add_name(struct rs_buf *names, const char *db, const char *table)
{
	rs_buf_addc(names, ' ');
	rs_selection_put_name(names, db);
	rs_buf_addc(names, '.');
	rs_selection_put_name(names, table);
}

/* ------------------------------------------------------------------ whether they are there */

static bool exists(const struct rs_check_ctx *ctx, const char *db, const char *table)
{
	static const enum rs_object_kind kinds[] = {RS_OBJECT_TABLE, RS_OBJECT_VIEW, RS_OBJECT_SEQUENCE};

	if (!table)
		return rs_catalog_find(ctx->catalog, RS_OBJECT_DATABASE, db, db) != NULL;
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		if (rs_catalog_find(ctx->catalog, kinds[k], db, table))
			return true;
	return false;
}

/* The source's own spelling is compared: with lower_case_table_names it may be another. */
static bool exists_without_case(const struct rs_check_ctx *ctx, const char *db, const char *table)
{
	for (size_t i = 0; i < ctx->catalog->count; i++) {
		const struct rs_object *o = &ctx->catalog->objects[i];
		const bool kind = table ? o->kind == RS_OBJECT_TABLE || o->kind == RS_OBJECT_VIEW || o->kind == RS_OBJECT_SEQUENCE
		                        : o->kind == RS_OBJECT_DATABASE;

		if (kind && strcasecmp(o->db, db) == 0 && (!table || strcasecmp(o->name, table) == 0))
			return true;
	}
	return false;
}

enum rs_rc rs_my_check_objects(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const struct rs_selection *s = rs_facts_objects(ctx);
	struct rs_selection_iter it = RS_SELECTION_ITER;
	struct rs_selection_rule rule;
	struct rs_err problem = RS_ERR_INIT;
	const bool fold = rs_my_is_open(ctx->dest) && ctx->dest->lower_case_names;

	(void)err;
	rs_verdict_need(f, "%s", _("objects that exist, each with a name of its own at the destination"));
	if (rs_selection_check(s, fold, &problem) != RS_OK) {
		rs_verdict_fail(f, "%s", problem.primary);
		rs_err_clear(&problem);
		return RS_OK;
	}
	while (rs_selection_each(s, &it, &rule)) {
		if (!rule.selected || rule.column || exists(ctx, rule.db, rule.table))
			continue;
		if (ctx->source->lower_case_names && exists_without_case(ctx, rule.db, rule.table))
			continue;
		rs_verdict_object(f, rule.db, rule.table);
	}
	if (f->n_objects == 0)
		return rs_verdict_pass(f, ngettext("%zu object", "%zu objects", ctx->catalog->count), ctx->catalog->count);
	rs_verdict_explain(f, "%s", _("Correct the names, or grant the account SELECT on them: what it may not read it "
	                              "does not see."));
	return rs_verdict_fail(f, "%s", _("not there, or not to be seen"));
}

/* ------------------------------------------------------------------ what they are */

static bool is_linked_engine(const char *engine)
{
	return engine && (strcasecmp(engine, "FEDERATED") == 0 || strcasecmp(engine, "MRG_MyISAM") == 0 ||
	                  strcasecmp(engine, "MERGE") == 0);
}

enum rs_rc rs_my_check_engine(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const char *to_db, *to_name;
	const struct rs_object *o;

	(void)err;
	rs_verdict_need(f, "%s", _("tables with rows of their own: neither FEDERATED nor MRG_MyISAM"));
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &to_db, &to_name);)
		if (is_linked_engine(o->schema->engine))
			rs_verdict_object(f, o->db, o->name);
	if (f->n_objects == 0)
		return rs_verdict_pass(f, "%s", _("as needed"));
	rs_verdict_explain(f, "%s", _("Changes of their rows are not in the source's log under their names. Leave these "
	                              "tables out."));
	return rs_verdict_fail(f, "%s", _("tables without rows of their own"));
}

/* MariaDB replaces no rows in such a table, and a copy has to. */
static bool is_never_replaced(const struct rs_check_ctx *ctx, const struct rs_object *o)
{
	bool periods = false;

	if (!ctx->task->sync.full || !o->schema || !o->create_sql || !rs_my_is_open(ctx->dest) || ctx->dest->flavor != RS_MY_MARIADB)
		return false;
	for (size_t k = 0; k < o->schema->n_keys; k++)
		periods |= o->schema->keys[k].periods;
	return periods && strstr(o->create_sql, " WITHOUT OVERLAPS)");
}

static const char *why_not(const struct rs_check_ctx *ctx, const struct rs_object *o)
{
	if (o->unsupported || !is_never_replaced(ctx, o))
		return o->unsupported;
	return _("a key WITHOUT OVERLAPS, in which MariaDB replaces no rows");
}

enum rs_rc rs_my_check_object_type(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	bool tables = false;

	(void)err;
	rs_verdict_need(f, "%s", _("objects that can be synchronized"));
	for (size_t i = 0; i < ctx->catalog->count; i++) {
		const struct rs_object *o = &ctx->catalog->objects[i];
		const char *why = why_not(ctx, o);

		if (!why || (o->schema && is_linked_engine(o->schema->engine)))
			continue;
		rs_verdict_object(f, o->db, o->name);
		rs_verdict_line(f, "%s %s.%s: %s", rs_object_kind_name(o->kind), o->db, o->name, why);
		tables |= o->kind == RS_OBJECT_TABLE;
	}
	if (f->n_objects == 0)
		return rs_verdict_pass(f, "%s", _("as needed"));
	if (!tables)
		return rs_verdict_warn(f, "%s", _("objects that are not made at the destination"));
	f->ignorable = false;
	return rs_verdict_fail(f, "%s", _("tables that can't be synchronized: leave them out"));
}

/* ------------------------------------------------------------------ keys */

static void remedy_key(const struct rs_check_ctx *ctx, struct rs_finding *f, const struct rs_object *o)
{
	const struct rs_my *my = ctx->source;
	const bool invisible = my->version >= (my->flavor == RS_MY_MARIADB ? 100303u : 80023u);
	struct rs_buf name = RS_BUF_INIT;

	for (size_t i = 0; i < o->schema->n_columns; i++)
		if (o->schema->columns[i].auto_increment) /* there can be only one, and the user must choose a key */
			return;
	rs_quote_table(&name, o->db, o->name);
	rs_verdict_remedy(f, "source", "ALTER TABLE %s ADD COLUMN `row_id` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT%s "
	                               "PRIMARY KEY;",
	                  rs_buf_str(&name), invisible ? " INVISIBLE" : "");
	rs_buf_release(&name);
}

/* A column that is left out although rows are found by it; NULL: there is none. */
static const char *missing_of_key(const struct rs_selection *s, const struct rs_object *o, const struct rs_key *key)
{
	for (size_t p = 0; key && p < key->n_parts; p++) {
		const char *name = o->schema->columns[key->parts[p].column].name;
		if (rs_selection_excludes_column(s, o->db, o->name, name))
			return name;
	}
	return NULL;
}

static enum rs_rc check_left_out(struct rs_check_ctx *ctx, struct rs_finding *f, bool *bad)
{
	const char *to_db, *to_name, *column;
	const struct rs_object *o;

	*bad = false;
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &to_db, &to_name);) {
		column = o->unsupported ? NULL : missing_of_key(rs_facts_objects(ctx), o, rs_table_row_key(o->schema));
		if (!column)
			continue;
		*bad = true;
		rs_verdict_object(f, o->db, o->name);
		rs_verdict_line(f, _("%s.%s.%s is left out, and rows are found by it."), o->db, o->name, column);
	}
	if (!*bad)
		return RS_OK;
	f->ignorable = false;
	return rs_verdict_fail(f, "%s", _("a column of a key is left out"));
}

enum rs_rc rs_my_check_primary_key(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const char *to_db, *to_name;
	const struct rs_object *o;
	bool without_snapshot = false, left_out = false;

	(void)err;
	rs_verdict_need(f, "%s", _("a primary key, or a unique key of NOT NULL columns"));
	enum rs_rc rc = check_left_out(ctx, f, &left_out);
	if (left_out)
		return rc;
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &to_db, &to_name);) {
		if (o->unsupported || rs_table_row_key(o->schema))
			continue;
		rs_verdict_object(f, o->db, o->name);
		without_snapshot |= !rs_my_engine_is_transactional(o->schema->engine);
		remedy_key(ctx, f, o);
	}
	if (f->n_objects == 0)
		return rs_verdict_pass(f, "%s", _("every table has one"));
	rs_verdict_explain(f, "%s", _("Rows of a table without a key are found by all their values: each change of one "
	                              "reads the whole table "
	                              "at the destination. A copy that is interrupted begins again."));
	if (without_snapshot)
		rs_verdict_explain(f, "%s", _("Tables of engines without transactions are locked while they are copied."));
	return rs_verdict_warn(f, ngettext("%zu table without a key", "%zu tables without a key", f->n_objects), f->n_objects);
}

/* ------------------------------------------------------------------ foreign keys */

/* Adds the parents of a child that are not selected to names, each once. */
static void find_parents(struct rs_check_ctx *ctx, const struct rs_object *child, struct rs_finding *f, struct rs_buf *names,
                         size_t *actions)
{
	const struct rs_selection *s = rs_facts_objects(ctx);

	for (size_t i = 0; i < child->schema->n_foreign_keys; i++) {
		const struct rs_foreign_key *fk = &child->schema->foreign_keys[i];
		struct rs_buf parent = RS_BUF_INIT;

		*actions += rs_foreign_key_acts(fk);
		if (rs_selection_includes_table(s, fk->parent_db, fk->parent_table) ||
		    (ctx->beside && rs_selection_includes_table(ctx->beside, fk->parent_db, fk->parent_table)))
			continue;
		add_name(&parent, fk->parent_db, fk->parent_table);
		if (!strstr(rs_buf_str(names), rs_buf_str(&parent)))
			rs_buf_adds(names, rs_buf_str(&parent));
		rs_buf_release(&parent);
		rs_verdict_object(f, child->db, child->name);
		rs_verdict_line(f, _("%s.%s refers to %s.%s."), child->db, child->name, fk->parent_db, fk->parent_table);
	}
}

enum rs_rc rs_my_check_constraint(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct rs_buf names = RS_BUF_INIT;
	const char *to_db, *to_name;
	const struct rs_object *o;
	size_t actions = 0;

	(void)err;
	rs_verdict_need(f, "%s", _("with each table the tables that its foreign keys refer to"));
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &to_db, &to_name);)
		find_parents(ctx, o, f, &names, &actions);
	if (f->n_objects == 0) {
		if (actions)
			rs_verdict_explain(f, "%s", _("What ON DELETE and ON UPDATE do at the source is not in its log: it is "
			                              "done again at the "
			                              "destination, in the same transaction."));
		rs_verdict_pass(f, ngettext("%zu foreign key with an action", "%zu foreign keys with an "
		                                                              "action", actions), actions);
	} else {
		rs_verdict_line(f, "%s", _("Select the tables referred to as well, or leave the others out, or drop the "
		                           "foreign keys."));
		remedy_selection(ctx, f, "objects.include", &names);
		rs_verdict_fail(f, "%s", _("tables refer to others that are not selected"));
	}
	rs_buf_release(&names);
	return RS_OK;
}

/* ------------------------------------------------------------------ case */

/* malloc'ed. */
static char *key_of(const char *db, const char *name, bool folds)
{
	char *key = rs_xprintf("%zu %s %s", strlen(db), db, name), *lower = folds ? rs_name_folded(key, false) : NULL;

	if (!lower)
		return key;
	free(key);
	return lower;
}

/* By a rule of its own, which has the only name that can be given. */
static bool is_renamed(struct rs_check_ctx *ctx, const struct rs_object *o)
{
	const char *to_db, *to_name;

	rs_selection_map_table(rs_facts_objects(ctx), o->db, o->name, &to_db, &to_name);
	return !rs_name_same(to_name, o->name, true) || strcmp(to_db, rs_selection_map_db(rs_facts_objects(ctx), o->db)) != 0;
}

/* A shell command that gives one of two colliding tables another name. */
static void remedy_rename(const struct rs_check_ctx *ctx, struct rs_finding *f, const struct rs_object *o, unsigned number)
{
	struct rs_buf from = RS_BUF_INIT, to = RS_BUF_INIT;
	char *name = rs_xprintf("%.60s_%u", o->name, number + 1);

	rs_selection_put_name(&from, o->db);
	rs_buf_addc(&from, '.');
	rs_selection_put_name(&from, o->name);
	rs_selection_put_name(&to, name);
	rs_verdict_remedy(f, NULL, "rds-sync task set %s 'objects.rename.%u=%s -> %s'", ctx->task->name, 100 + number,
	                  rs_buf_str(&from), rs_buf_str(&to));
	rs_buf_release(&from);
	rs_buf_release(&to);
	free(name);
}

static const char *why_one(bool folds, bool cased)
{
	if (folds)
		return _("The destination does not distinguish upper and lower case in names of tables: rows of different tables would come "
		         "into one. Give one of them another name.");
	if (cased)
		return _("The task writes names in one case alone (name_case): rows of different tables would come into one. Give one of "
		         "them another name.");
	return _("A table that is renamed gets the name that another one has: rows of both would come into one. Give one of them "
	         "another name, or leave it out.");
}

enum rs_rc rs_my_check_case(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const bool folds = ctx->dest->lower_case_names != 0, cased = rs_task_name_case(ctx->task, false) != RS_CASE_KEEP;
	struct rs_map seen = RS_MAP_INIT;
	const char *to_db, *to_name;
	const struct rs_object *o;
	unsigned collisions = 0;

	(void)err;
	rs_verdict_need(f, "%s", _("names that the destination tells apart"));
	if (!folds && !cased && !rs_selection_maps(rs_facts_objects(ctx)))
		return rs_verdict_pass(f, "lower_case_table_names=0");
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &to_db, &to_name);) {
		char *key = key_of(to_db, to_name, folds);
		const struct rs_object *other = rs_map_put(&seen, key, strlen(key), (void *)(uintptr_t)o);

		if (other)
			remedy_rename(ctx, f, is_renamed(ctx, o) ? other : o, ++collisions);
		if (other)
			rs_verdict_object(f, o->db, o->name);
		free(key);
	}
	rs_map_release(&seen, NULL);
	if (!collisions)
		return rs_verdict_pass(f, "lower_case_table_names=%u", ctx->dest->lower_case_names);
	rs_verdict_explain(f, "%s", why_one(folds, cased));
	return rs_verdict_fail(f, "%s", folds || cased ? _("names that differ by case alone") : _("tables that come to one name"));
}

/* ------------------------------------------------------------------ schema changes under way */

enum rs_rc rs_my_check_ghost(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct rs_buf names = RS_BUF_INIT;
	const char *to_db, *to_name;
	const struct rs_object *o;

	(void)err;
	rs_verdict_need(f, "%s", _("no working tables of gh-ost, pt-online-schema-change or DMS"));
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &to_db, &to_name);) {
		char *base = NULL;

		/* A name alone proves nothing: the table that is being changed must be there too. */
		if (rs_ddl_is_ghost(o->name, &base) && rs_catalog_find(ctx->catalog, RS_OBJECT_TABLE, o->db, base)) {
			rs_verdict_object(f, o->db, o->name);
			add_name(&names, o->db, o->name);
		}
		free(base);
	}
	if (f->n_objects) {
		rs_verdict_explain(f, "%s", _("A schema is being changed online. Wait until that has ended, or leave its "
		                              "tables out: they would be "
		                              "copied like any other. With online_ddl = gh-ost those of gh-ost and pt-online-schema-change are no part "
		                              "of a task."));
		remedy_selection(ctx, f, "objects.exclude", &names);
		rs_verdict_warn(f, ngettext("%zu working table", "%zu working tables", f->n_objects), f->n_objects);
	} else
		rs_verdict_pass(f, "%s", _("none"));
	rs_buf_release(&names);
	return RS_OK;
}

/* Nobody gives a table of his own a name like those of DMS. */
bool rs_my_applies_left_out(const struct rs_check_ctx *ctx)
{
	const struct rs_working *w = rs_selection_working(ctx->task->objects);

	return w != NULL && !rs_working_names_prove(w);
}

/* For nothing but its name. */
static bool is_left_out(const struct rs_selection *s, const struct rs_selection *all, const char *db, const char *name)
{
	return !rs_selection_includes_table(s, db, name) && rs_selection_includes_table(all, db, name);
}

static enum rs_rc find_left_out(struct rs_check_ctx *ctx, const struct rs_selection *all, const char *db, struct rs_finding *f,
                                struct rs_buf *names, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	struct rs_my_result res;

	rs_buf_adds(&sql, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA = ");
	rs_my_quote(&sql, db, strlen(db));
	rs_buf_adds(&sql, " ORDER BY TABLE_NAME");
	enum rs_rc rc = rs_my_query(ctx->source, rs_buf_str(&sql), RS_MY_BUFFER, &res, err);
	rs_buf_release(&sql);
	if (rc != RS_OK)
		return rc;
	while ((rc = rs_my_next(&res, err)) == RS_OK) {
		if (!is_left_out(rs_facts_objects(ctx), all, db, res.row[0]))
			continue;
		rs_verdict_object(f, db, res.row[0]);
		add_name(names, db, res.row[0]);
	}
	rs_my_result_free(&res);
	return rc == RS_EOF ? RS_OK : rc;
}

/* A name alone proves nothing: a table of the user's may be called like that. */
enum rs_rc rs_my_check_left_out(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct rs_selection *all = rs_selection_copy(rs_facts_objects(ctx));
	struct rs_buf names = RS_BUF_INIT;
	const char *to_db, *to_name;
	const struct rs_object *o;
	enum rs_rc rc = RS_OK;

	rs_selection_set_working(all, NULL);
	rs_verdict_need(f, "%s", _("no tables with names of working tables, which are no part of the task"));
	for (size_t i = 0; rc == RS_OK && rs_facts_each(ctx, &i, RS_OBJECT_DATABASE, &o, &to_db, &to_name);)
		rc = find_left_out(ctx, all, o->db, f, &names, err);
	if (rc == RS_OK && f->n_objects > 0) {
		rs_verdict_explain(f, "%s", _("online_ddl leaves them out for their names alone: they are not synchronized. Where one is a table of "
		                              "your own, select it by its name; where a schema is being changed online, wait until that has ended: "
		                              "the task stops at the end of a change that began before it."));
		remedy_selection(ctx, f, "objects.include", &names);
		rs_verdict_warn(f, ngettext("%zu table is left out", "%zu tables are left out", f->n_objects), f->n_objects);
	} else if (rc == RS_OK) {
		rs_verdict_pass(f, "%s", _("none"));
	}
	rs_buf_release(&names);
	rs_selection_free(all);
	return rc;
}
