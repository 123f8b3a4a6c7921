/* What is at the destination already: CHECK_SAME_OBJ, CHECK_DB_EXIST, CHECK_DEST_TABLE_EMPTY, CHECK_DEST_SCHEMA,
 * CHECK_ENGINE_DEST, CHECK_TRIGGER. */
#include "check/my_checks.h"

#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "check/facts.h"
#include "check/verdict.h"

static const enum rs_object_kind table_kinds[] = {RS_OBJECT_TABLE, RS_OBJECT_VIEW, RS_OBJECT_SEQUENCE};
enum { TABLE_KINDS = 3 };

/* ------------------------------------------------------------------ same names */

/* New tables are made: what stands in their way must be known. */
bool rs_my_applies_same_obj(const struct rs_check_ctx *ctx)
{
	return ctx->task->sync.schema && ctx->task->sync.existing_tables == RS_EXISTING_CHECK && !ctx->resumed;
}

static bool is_free(struct rs_my *my, const char *db, const char *name)
{
	struct rs_buf sql = RS_BUF_INIT;
	char *found = NULL;
	bool taken;

	rs_buf_adds(&sql, "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = ");
	rs_my_quote(&sql, db, strlen(db));
	rs_buf_adds(&sql, " AND TABLE_NAME = ");
	rs_my_quote(&sql, name, strlen(name));
	taken = rs_my_scalar(my, rs_buf_str(&sql), &found, NULL) == RS_OK && found;
	rs_buf_release(&sql);
	free(found);
	return !taken;
}

/* Moves the destination's table out of the way, under a name that nothing has. */
static void remedy_rename(struct rs_check_ctx *ctx, struct rs_finding *f, const struct rs_object *o)
{
	struct rs_buf from = RS_BUF_INIT, to = RS_BUF_INIT;
	char *name = rs_xprintf("%.48s_before_sync", o->name);

	for (unsigned n = 2; n < 100 && !is_free(ctx->dest, o->db, name); n++) {
		free(name);
		name = rs_xprintf("%.46s_before_sync%u", o->name, n);
	}
	rs_quote_table(&from, o->db, o->name);
	rs_quote_table(&to, o->db, name);
	rs_verdict_remedy(f, "destination", "RENAME TABLE %s TO %s;", rs_buf_str(&from), rs_buf_str(&to));
	rs_buf_release(&from);
	rs_buf_release(&to);
	free(name);
}

static void find_same_tables(struct rs_check_ctx *ctx, struct rs_finding *f)
{
	const char *to_db, *to_name;
	const struct rs_object *o;

	for (int k = 0; k < TABLE_KINDS; k++)
		for (size_t i = 0; rs_facts_each(ctx, &i, table_kinds[k], &o, &to_db, &to_name);) {
			const struct rs_object *there = rs_facts_dest_table(ctx, to_db, to_name);

			if (!there)
				continue;
			rs_verdict_object(f, there->db, there->name);
			remedy_rename(ctx, f, there);
		}
}

static void find_same_programs(struct rs_check_ctx *ctx, struct rs_finding *f)
{
	static const enum rs_object_kind kinds[] = {RS_OBJECT_PROCEDURE, RS_OBJECT_FUNCTION, RS_OBJECT_EVENT};
	const char *to_db, *to_name;
	const struct rs_object *o;

	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (size_t i = 0; rs_facts_each(ctx, &i, kinds[k], &o, &to_db, &to_name);)
			if (rs_catalog_find(&ctx->facts->dest, kinds[k], to_db, to_name))
				rs_verdict_object(f, to_db, to_name);
}

enum rs_rc rs_my_check_same_obj(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	enum rs_rc rc = rs_facts_dest(ctx, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "%s", _("no object of the same name at the destination"));
	find_same_tables(ctx, f);
	find_same_programs(ctx, f);
	if (f->n_objects == 0)
		return rs_verdict_pass(f, "%s", _("none"));
	rs_verdict_explain(f, "%s", _("Rename the objects at the destination, or give those of the task other names "
	                              "there, or leave them "
	                              "out. With existing_tables=ignore rows that are there are kept in the first copy, "
	                              "and "
	                              "overwritten by changes after it."));
	return rs_verdict_warn(f, ngettext("%zu object", "%zu objects", f->n_objects), f->n_objects);
}

/* ------------------------------------------------------------------ databases */

bool rs_my_applies_no_schema(const struct rs_check_ctx *ctx)
{
	return !ctx->task->sync.schema;
}


static bool dest_has_db(const struct rs_check_ctx *ctx, const char *db)
{
	for (size_t i = 0; i < ctx->facts->dest.count; i++) {
		const struct rs_object *o = &ctx->facts->dest.objects[i];

		if (o->kind == RS_OBJECT_DATABASE && (ctx->dest->lower_case_names ? strcasecmp(o->db, db) : strcmp(o->db, db)) == 0)
			return true;
	}
	return false;
}

enum rs_rc rs_my_check_db_exist(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct rs_facts_dbs dbs;
	enum rs_rc rc = rs_facts_dest(ctx, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "%s", _("the destination's databases, where the task does not make them"));
	rs_facts_dest_dbs(ctx, &dbs);
	for (size_t i = 0; i < dbs.count; i++) {
		struct rs_buf name = RS_BUF_INIT;

		if (dest_has_db(ctx, dbs.names[i]))
			continue;
		rs_quote_ident(&name, dbs.names[i]);
		rs_verdict_object(f, dbs.names[i], NULL);
		rs_verdict_remedy(f, "destination", "CREATE DATABASE %s;", rs_buf_str(&name));
		rs_buf_release(&name);
	}
	rs_facts_dbs_release(&dbs);
	if (f->n_objects == 0)
		return rs_verdict_pass(f, "%s", _("all there"));
	return rs_verdict_fail(f, ngettext("%zu is missing", "%zu are missing", f->n_objects), f->n_objects);
}

/* ------------------------------------------------------------------ rows */

bool rs_my_applies_dest_empty(const struct rs_check_ctx *ctx)
{
	return !ctx->task->sync.schema && ctx->task->sync.full && !ctx->resumed;
}

static enum rs_rc has_rows(struct rs_my *my, const struct rs_object *o, bool *has, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	char *one = NULL;
	enum rs_rc rc;

	rs_buf_adds(&sql, "SELECT 1 FROM ");
	rs_quote_table(&sql, o->db, o->name);
	rs_buf_adds(&sql, " LIMIT 1");
	rc = rs_my_scalar(my, rs_buf_str(&sql), &one, err);
	*has = one != NULL;
	free(one);
	rs_buf_release(&sql);
	return rc;
}

enum rs_rc rs_my_check_dest_empty(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const char *to_db, *to_name;
	const struct rs_object *o;
	enum rs_rc rc = rs_facts_dest(ctx, err);

	rs_verdict_need(f, "%s", _("tables without rows"));
	for (size_t i = 0; rc == RS_OK && rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &to_db, &to_name);) {
		const struct rs_object *there = rs_facts_dest_table(ctx, to_db, to_name);
		struct rs_buf name = RS_BUF_INIT;
		bool has = false;

		if (!there || there->kind != RS_OBJECT_TABLE || (rc = has_rows(ctx->dest, there, &has, err)) != RS_OK || !has)
			continue;
		rs_quote_table(&name, there->db, there->name);
		rs_verdict_object(f, there->db, there->name);
		rs_verdict_remedy(f, "destination", "DELETE FROM %s;", rs_buf_str(&name));
		rs_buf_release(&name);
	}
	if (rc != RS_OK)
		return rc;
	if (f->n_objects == 0)
		return rs_verdict_pass(f, "%s", _("as needed"));
	rs_verdict_explain(f, "%s", _("Rows that are there are kept where the source has a row of the same key, in the "
	                              "first copy, and "
	                              "overwritten by changes after it. Emptying the tables deletes their rows for good."));
	return rs_verdict_warn(f, ngettext("%zu table with rows", "%zu tables with rows", f->n_objects), f->n_objects);
}

/* ------------------------------------------------------------------ engines and triggers of existing tables */

/* Tables that exist and stay: nothing is made by the task, or existing ones are used. */
bool rs_my_applies_existing(const struct rs_check_ctx *ctx)
{
	return (!ctx->task->sync.schema || ctx->task->sync.existing_tables == RS_EXISTING_IGNORE) && !ctx->resumed;
}

static bool is_transactional(const char *engine)
{
	return engine && (strcasecmp(engine, "InnoDB") == 0 || strcasecmp(engine, "RocksDB") == 0 ||
	                  strcasecmp(engine, "TokuDB") == 0 || strcasecmp(engine, "ndbcluster") == 0);
}

enum rs_rc rs_my_check_engine_dest(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const char *to_db, *to_name;
	const struct rs_object *o;
	enum rs_rc rc = rs_facts_dest(ctx, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "%s", _("an engine with transactions (InnoDB)"));
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &to_db, &to_name);) {
		const struct rs_object *there = rs_facts_dest_table(ctx, to_db, to_name);
		struct rs_buf name = RS_BUF_INIT;

		if (!there || !there->schema || is_transactional(there->schema->engine))
			continue;
		rs_quote_table(&name, there->db, there->name);
		rs_verdict_object(f, there->db, there->name);
		rs_verdict_remedy(f, "destination", "ALTER TABLE %s ENGINE=InnoDB;", rs_buf_str(&name));
		rs_buf_release(&name);
	}
	if (f->n_objects == 0)
		return rs_verdict_pass(f, "%s", _("as needed"));
	rs_verdict_explain(f, "%s", _("Rows and the position up to which they are applied must be committed together."));
	return rs_verdict_fail(f, "%s", _("tables without transactions"));
}

enum rs_rc rs_my_check_trigger(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	enum rs_rc rc = rs_facts_dest(ctx, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "%s", _("no triggers on the destination's tables until it takes over"));
	for (size_t i = 0; i < ctx->facts->dest.count; i++) {
		const struct rs_object *o = &ctx->facts->dest.objects[i];
		struct rs_buf name = RS_BUF_INIT;

		if (o->kind != RS_OBJECT_TRIGGER || !o->table || !rs_facts_dest_table(ctx, o->db, o->table))
			continue;
		rs_quote_table(&name, o->db, o->name);
		rs_verdict_object(f, o->db, o->name);
		rs_verdict_remedy(f, "destination", "DROP TRIGGER %s;", rs_buf_str(&name));
		rs_buf_release(&name);
	}
	if (f->n_objects == 0)
		return rs_verdict_pass(f, "%s", _("none"));
	rs_verdict_explain(f, "%s", _("The source's triggers have done their work in the rows that arrive: a trigger "
	                              "here does its own "
	                              "on top. Keep its definition (SHOW CREATE TRIGGER) to make it again when the "
	                              "destination takes over."));
	return rs_verdict_warn(f, ngettext("%zu trigger", "%zu triggers", f->n_objects), f->n_objects);
}

/* ------------------------------------------------------------------ columns of existing tables */

enum column_fault { NO_FAULT, MISSING, GENERATED, NARROW, COARSE };

static bool unicode(const char *charset)
{
	return charset && (strncmp(charset, "utf8mb4", 7) == 0 || strncmp(charset, "utf16", 5) == 0 || strcmp(charset, "utf32") == 0);
}

/* Whether the destination's character set may lack characters of the source's. */
static bool loses_characters(const struct rs_column *from, const struct rs_column *to)
{
	if (!from->charset || !to->charset || strcmp(from->charset, to->charset) == 0 || unicode(to->charset))
		return false;
	return !(strncmp(to->charset, "utf8", 4) == 0 && strncmp(from->charset, "utf8mb4", 7) != 0 && !unicode(from->charset));
}

static bool case_matters(const char *collation)
{
	return collation && (strstr(collation, "_bin") || strstr(collation, "_cs"));
}

/* Whether values of a unique key that differ at the source may be equal at the destination. */
static bool is_coarser(const struct rs_table *there, const struct rs_column *from, const struct rs_column *to, int index)
{
	if (!case_matters(from->collation) || case_matters(to->collation) || !to->collation)
		return false;
	for (size_t k = 0; k < there->n_keys; k++)
		for (size_t p = 0; there->keys[k].unique && p < there->keys[k].n_parts; p++)
			if ((int)there->keys[k].parts[p].column == index)
				return true;
	return false;
}

static enum column_fault judge_column(const struct rs_table *there, const struct rs_column *from, const char *to_name)
{
	const int index = rs_table_column(there, to_name);
	const struct rs_column *to = index < 0 ? NULL : &there->columns[index];

	if (from->generated)
		return NO_FAULT;
	if (!to)
		return MISSING;
	if (to->generated)
		return GENERATED;
	if (loses_characters(from, to))
		return NARROW;
	return is_coarser(there, from, to, index) ? COARSE : NO_FAULT;
}

static void explain_fault(struct rs_finding *f, enum column_fault fault, const struct rs_object *there, const char *column)
{
	switch (fault) {
	case MISSING:
		rs_verdict_line(f, _("%s.%s.%s is missing."), there->db, there->name, column);
		break;
	case GENERATED:
		rs_verdict_line(f, _("%s.%s.%s is generated and can't be written."), there->db, there->name, column);
		break;
	case NARROW:
		rs_verdict_line(f, _("%s.%s.%s has a character set that may lack characters of the source's."), there->db,
		                   there->name, column);
		break;
	case COARSE:
		rs_verdict_line(f, _("%s.%s.%s has a unique key, and a collation that takes different values of the source for "
		                        "equal."), there->db, there->name, column);
		break;
	case NO_FAULT:
		break;
	}
}

/* Whether the destination has a type of that name, with that collation. */
static bool can_declare(const struct rs_check_ctx *ctx, const struct rs_column *c)
{
	const struct rs_collations *known = &ctx->facts->dest.collations;

	if (!c->native || (ctx->source->flavor != ctx->dest->flavor && c->type >= RS_T_JSON))
		return false;
	for (size_t i = 0; c->collation && i < known->count; i++)
		if (strcmp(known->items[i].name, c->collation) == 0)
			return true;
	return c->collation == NULL;
}

/* The statement that gives the destination the source's column. */
static void remedy_column(const struct rs_check_ctx *ctx, struct rs_finding *f, enum column_fault fault,
                          const struct rs_object *there, const struct rs_column *from, const char *to_name)
{
	struct rs_buf table = RS_BUF_INIT, column = RS_BUF_INIT;

	if (fault == GENERATED || !can_declare(ctx, from))
		return;
	rs_quote_table(&table, there->db, there->name);
	rs_quote_ident(&column, to_name);
	rs_verdict_remedy(f, "destination", "ALTER TABLE %s %s COLUMN %s %s%s%s%s%s%s;", rs_buf_str(&table),
	                  fault == MISSING ? "ADD" : "MODIFY", rs_buf_str(&column), from->native,
	                  from->charset ? " CHARACTER SET " : "", from->charset ? from->charset : "",
	                  from->collation ? " COLLATE " : "", from->collation ? from->collation : "",
	                  from->nullable ? " NULL" : " NOT NULL");
	rs_buf_release(&table);
	rs_buf_release(&column);
}

/* Whether the destination has a column of the name of one that is left out, which every row must give a value. */
static bool demands_value(struct rs_check_ctx *ctx, const struct rs_object *there, const char *column)
{
	struct rs_buf sql = RS_BUF_INIT;
	struct rs_err ignored = RS_ERR_INIT;
	char *found = NULL;

	if (rs_table_column(there->schema, column) < 0)
		return false;
	rs_buf_adds(&sql, "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE IS_NULLABLE = 'NO' AND COLUMN_DEFAULT IS NULL AND EXTRA "
	                  "NOT LIKE '%auto_increment%' AND EXTRA NOT LIKE '%GENERATED%' AND TABLE_SCHEMA = ");
	rs_my_quote(&sql, there->db, strlen(there->db));
	rs_buf_adds(&sql, " AND TABLE_NAME = ");
	rs_my_quote(&sql, there->name, strlen(there->name));
	rs_buf_adds(&sql, " AND COLUMN_NAME = ");
	rs_my_quote(&sql, column, strlen(column));
	bool yes = rs_my_scalar(ctx->dest, rs_buf_str(&sql), &found, &ignored) == RS_OK && found && strcmp(found, "0") != 0;
	rs_err_clear(&ignored);
	free(found);
	rs_buf_release(&sql);
	return yes;
}

static enum rs_verdict judge_left_out(struct rs_check_ctx *ctx, const struct rs_object *there, const char *column,
                                      struct rs_finding *f)
{
	struct rs_buf table = RS_BUF_INIT, name = RS_BUF_INIT;

	if (!demands_value(ctx, there, column))
		return RS_CHECK_PASSED;
	rs_verdict_line(f, _("%s.%s.%s is left out, and has no default for rows that don't give it a value."), there->db, there->name, column);
	rs_quote_table(&table, there->db, there->name);
	rs_quote_ident(&name, column);
	rs_verdict_remedy(f, "destination", "ALTER TABLE %s MODIFY COLUMN %s %s NULL;", rs_buf_str(&table), rs_buf_str(&name),
	                  there->schema->columns[rs_table_column(there->schema, column)].native);
	rs_buf_release(&table);
	rs_buf_release(&name);
	return RS_CHECK_FAILED;
}

/* The worst fault of a table's columns. */
static enum rs_verdict judge_table(struct rs_check_ctx *ctx, const struct rs_object *o, const struct rs_object *there,
                                   struct rs_finding *f)
{
	const struct rs_selection *s = rs_facts_objects(ctx);
	enum rs_verdict worst = RS_CHECK_PASSED;

	for (size_t i = 0; i < o->schema->n_columns; i++) {
		const struct rs_column *from = &o->schema->columns[i];
		const char *to_name = rs_selection_map_column(s, o->db, o->name, from->name);
		const enum column_fault fault = to_name ? judge_column(there->schema, from, to_name) : NO_FAULT;

		if (!to_name && judge_left_out(ctx, there, from->name, f) == RS_CHECK_FAILED)
			worst = RS_CHECK_FAILED;

		if (fault == NO_FAULT)
			continue;
		explain_fault(f, fault, there, to_name);
		remedy_column(ctx, f, fault, there, from, to_name);
		if (fault == MISSING || fault == GENERATED)
			worst = RS_CHECK_FAILED;
		else if (worst == RS_CHECK_PASSED)
			worst = RS_CHECK_WARNING;
	}
	if (worst != RS_CHECK_PASSED)
		rs_verdict_object(f, there->db, there->name);
	return worst;
}

enum rs_rc rs_my_check_dest_schema(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	enum rs_verdict worst = RS_CHECK_PASSED;
	const char *to_db, *to_name;
	const struct rs_object *o;
	enum rs_rc rc = rs_facts_dest(ctx, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "%s", _("a place for every column"));
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &to_db, &to_name);) {
		const struct rs_object *there = rs_facts_dest_table(ctx, to_db, to_name);
		enum rs_verdict v = RS_CHECK_PASSED;

		if (there && there->schema && !o->unsupported)
			v = judge_table(ctx, o, there, f);
		else if (!there && !ctx->task->sync.schema && !o->unsupported) {
			rs_verdict_object(f, to_db, to_name);
			rs_verdict_line(f, _("%s.%s is missing, and the task does not make tables."), to_db, to_name);
			v = RS_CHECK_FAILED;
		}
		if (v == RS_CHECK_FAILED || worst == RS_CHECK_PASSED)
			worst = v;
	}
	if (worst == RS_CHECK_PASSED)
		return rs_verdict_pass(f, "%s", _("as needed"));
	if (worst == RS_CHECK_WARNING)
		return rs_verdict_warn(f, "%s", _("columns that may not hold every value"));
	f->ignorable = false;
	return rs_verdict_fail(f, "%s", _("tables or columns that rows can't be written to"));
}
