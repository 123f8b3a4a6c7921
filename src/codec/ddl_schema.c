/* CREATE TABLE and ALTER TABLE applied to tables. */
#include "codec/ddl_schema.h"

#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/ddl_schema_priv.h"

char *ddl_value(const struct ddl_change *c, uint32_t token) { return rs_sql_text(&c->d->sql, token); }

enum rs_rc ddl_refuse_column(struct ddl_change *c, const char *name)
{
	return rs_ddl_refuse(c->d, c->err, _("the table %s.%s has no column %s that is known"), c->t->db, c->t->name, name);
}

/* --- table options ---------------------------------------------------------------------------- */

/* Engines as the servers spell them. */
static char *engine_name(const char *text)
{
	static const char *const names[] = {"InnoDB", "MyISAM",    "MEMORY",    "ARCHIVE",  "CSV",    "BLACKHOLE", "FEDERATED",
	                                    "Aria",   "ROCKSDB",   "MRG_MyISAM", "SEQUENCE", "Columnstore", "ndbcluster", NULL};

	if (strcasecmp(text, "HEAP") == 0)
		return rs_xstrdup("MEMORY");
	if (strcasecmp(text, "MERGE") == 0)
		return rs_xstrdup("MRG_MyISAM");
	for (const char *const *n = names; *n; n++)
		if (strcasecmp(text, *n) == 0)
			return rs_xstrdup(*n);
	return rs_xstrdup(text);
}

static void set_engine(struct ddl_change *c, uint32_t token)
{
	char *text = ddl_value(c, token);

	free(c->t->engine);
	c->t->engine = engine_name(text);
	free(text);
}

static void set_table_collation(struct ddl_change *c, uint32_t charset, uint32_t collate, const char *inherited)
{
	char collation[RS_COLLATION_NAME];

	ddl_resolve_collation(c, charset, collate, inherited, collation);
	if (!*collation)
		return;
	free(c->t->collation);
	c->t->collation = rs_xstrdup(collation);
}

static void apply_options(struct ddl_change *c, uint32_t first, uint32_t n)
{
	uint32_t charset = RS_NO_TOKEN, collate = RS_NO_TOKEN;

	for (uint32_t i = first; i < first + n; i++) {
		const struct rs_ddl_option *o = &c->tree->options[i];

		if (o->kind == RS_OPTION_ENGINE)
			set_engine(c, o->value);
		else if (o->kind == RS_OPTION_CHARSET)
			charset = o->value;
		else if (o->kind == RS_OPTION_COLLATE)
			collate = o->value;
	}
	if (charset != RS_NO_TOKEN || collate != RS_NO_TOKEN)
		set_table_collation(c, charset, collate, c->env->db_collation ? c->env->db_collation : c->t->collation);
}

/* --- system versioning (MariaDB): two columns that no list shows, at the end of every row ------------------ */

bool ddl_is_hidden_period(const struct rs_column *c)
{
	return c->invisible && c->stored && c->type == RS_T_TIMESTAMP &&
	       (strcmp(c->name, "row_start") == 0 || strcmp(c->name, "row_end") == 0);
}

static void add_hidden_period(struct rs_table *t, const char *name)
{
	struct rs_column *c = rs_table_add_column(t, name, RS_T_TIMESTAMP);

	c->native = rs_xstrdup("timestamp(6)");
	c->fsp = 6;
	c->generated = c->stored = c->invisible = true;
}

static bool has_period(const struct rs_table *t)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (t->columns[i].stored && t->columns[i].type == RS_T_TIMESTAMP)
			return true;
	return false;
}

static void add_hidden_periods(struct rs_table *t)
{
	if (has_period(t))
		return;
	add_hidden_period(t, "row_start");
	add_hidden_period(t, "row_end");
}

/* --- CREATE TABLE --------------------------------------------------------------------------------------- */

enum rs_rc ddl_add_column(struct ddl_change *c, const struct rs_ddl_column *def)
{
	char *name = ddl_value(c, def->name);
	struct rs_column *column;

	if (rs_table_column(c->t, name) >= 0) {
		rs_ddl_refuse(c->d, c->err, _("two columns are called %s"), name);
		free(name);
		return RS_FAIL;
	}
	column = rs_table_add_column(c->t, name, RS_T_UNKNOWN);
	free(name);
	return ddl_fill_column(c, column, def);
}

static enum rs_rc add_elements(struct ddl_change *c)
{
	const struct rs_ddl_tree *t = c->tree;

	for (uint32_t i = 0; i < t->n_elements; i++)
		if (!t->elements[i].is_key && ddl_add_column(c, &t->columns[t->elements[i].index]) != RS_OK)
			return RS_FAIL;
	for (uint32_t i = 0; i < t->n_elements; i++) {
		uint32_t index = t->elements[i].index;
		enum rs_rc rc = t->elements[i].is_key ? ddl_note_key(c, &t->keys[index]) : ddl_column_keys(c, &t->columns[index]);

		if (rc != RS_OK)
			return rc;
	}
	return RS_OK;
}

static bool is_versioned(const struct ddl_change *c)
{
	for (uint32_t i = 0; i < c->tree->n_options; i++)
		if (c->tree->options[i].kind == RS_OPTION_VERSIONING)
			return true;
	for (uint32_t i = 0; i < c->tree->n_attrs; i++) /* WITH SYSTEM VERSIONING on single columns does it too */
		if (c->tree->attrs[i].kind == RS_ATTR_VERSIONING && rs_sql_is(&c->d->sql, c->tree->attrs[i].from, "WITH"))
			return true;
	return false;
}

static enum rs_rc build(struct ddl_change *c)
{
	enum rs_rc rc;

	c->t->engine = engine_name(c->env->engine ? c->env->engine : "InnoDB");
	if (c->env->db_collation)
		c->t->collation = rs_xstrdup(c->env->db_collation);
	apply_options(c, 0, c->tree->n_options);
	rc = add_elements(c);
	if (rc == RS_OK)
		rc = ddl_finish_keys(c);
	if (rc == RS_OK && is_versioned(c))
		add_hidden_periods(c->t);
	return rc;
}

static enum rs_rc refuse_unread(const struct rs_ddl *d, struct rs_err *err)
{
	return d->not_understood ? rs_ddl_refuse(d, err, _("not understood: %s"), d->not_understood) : RS_OK;
}

static enum rs_rc finish(struct ddl_change *c, enum rs_rc rc, struct rs_table **out)
{
	ddl_free_keys(c);
	free(c->defined);
	if (rc == RS_OK)
		*out = c->t;
	else
		rs_table_unref(c->t);
	return rc;
}

enum rs_rc ddl_create(const struct rs_ddl *d, const struct rs_ddl_env *env, const struct rs_ddl_store *store,
                      struct rs_table **out, struct rs_err *err)
{
	struct ddl_change c = {.d = d, .tree = d->tree, .env = env, .store = store, .err = err};

	if (d->kind != RS_STMT_CREATE_TABLE)
		return rs_ddl_refuse(d, err, _("its columns are not told"));
	if (refuse_unread(d, err) != RS_OK)
		return RS_FAIL;
	c.t = rs_table_new(d->refs[0].db, d->refs[0].name);
	return finish(&c, build(&c), out);
}

enum rs_rc rs_ddl_table(const struct rs_ddl *d, const struct rs_ddl_env *env, struct rs_table **out, struct rs_err *err)
{
	return ddl_create(d, env, NULL, out, err);
}

/* --- ALTER TABLE -------------------------------------------------------------------------------------------- */

static enum rs_rc refuse_key(struct ddl_change *c, const char *name)
{
	return rs_ddl_refuse(c->d, c->err, _("the table %s.%s has no key %s that is known"), c->t->db, c->t->name, name);
}

static enum rs_rc drop_key(struct ddl_change *c, const struct rs_ddl_alter *a)
{
	char *name = a->kind == RS_ALTER_DROP_PRIMARY ? rs_xstrdup("PRIMARY") : ddl_value(c, a->name);
	int i = ddl_find_key(c->t, name);
	enum rs_rc rc = RS_OK;

	if (i >= 0)
		ddl_drop_key(c->t, (size_t)i);
	else if (!a->if_exists && ddl_find_key(c->old, name) < 0)
		rc = refuse_key(c, name);
	free(name);
	return rc;
}

/* DROP CONSTRAINT may mean a foreign key, a unique key, the primary key or a check; DROP FOREIGN KEY only the first. */
static enum rs_rc drop_constraint(struct ddl_change *c, const struct rs_ddl_alter *a)
{
	char *name = ddl_value(c, a->name);
	int fk = ddl_find_foreign_key(c->t, name), key = ddl_find_key(c->t, name);
	enum rs_rc rc = RS_OK;

	if (fk >= 0)
		ddl_drop_foreign_key(c->t, (size_t)fk);
	else if (a->kind == RS_ALTER_DROP_CONSTRAINT && key >= 0 && c->t->keys[key].unique)
		ddl_drop_key(c->t, (size_t)key);
	else if (a->kind == RS_ALTER_DROP_FOREIGN && !a->if_exists)
		rc = rs_ddl_refuse(c->d, c->err, _("the table %s.%s has no foreign key %s that is known"), c->t->db, c->t->name,
		                   name);
	free(name);
	return rc;
}

/* The name that the statement gives to a key, NULL for none; by the old names, so that two can be swapped. */
static char *new_key_name(const struct ddl_change *c, const char *key)
{
	for (uint32_t i = 0; i < c->tree->n_alters; i++) {
		const struct rs_ddl_alter *a = &c->tree->alters[i];
		char *name;
		bool same;

		if (a->kind != RS_ALTER_RENAME_KEY)
			continue;
		name = ddl_value(c, a->name);
		same = strcasecmp(name, key) == 0;
		free(name);
		if (same)
			return ddl_value(c, a->to_name);
	}
	return NULL;
}

static void rename_keys(struct ddl_change *c)
{
	for (size_t i = 0; i < c->t->n_keys; i++) {
		char *name = new_key_name(c, c->t->keys[i].name);

		if (!name)
			continue;
		free(c->t->keys[i].name);
		c->t->keys[i].name = name;
	}
}

static enum rs_rc check_renamed_key(struct ddl_change *c, const struct rs_ddl_alter *a)
{
	char *name = ddl_value(c, a->name);
	enum rs_rc rc = a->if_exists || ddl_find_key(c->old, name) >= 0 ? RS_OK : refuse_key(c, name);

	free(name);
	return rc;
}

static enum rs_rc drop_or_check(struct ddl_change *c, const struct rs_ddl_alter *a)
{
	switch (a->kind) {
	case RS_ALTER_DROP_KEY:
	case RS_ALTER_DROP_PRIMARY: return drop_key(c, a);
	case RS_ALTER_DROP_FOREIGN:
	case RS_ALTER_DROP_CONSTRAINT: return drop_constraint(c, a);
	case RS_ALTER_RENAME_KEY: return check_renamed_key(c, a);
	default: return RS_OK;
	}
}

/* CREATE OR REPLACE INDEX */
static void drop_replaced(struct ddl_change *c)
{
	char *name;
	int i;

	if (c->d->kind != RS_STMT_CREATE_INDEX || !(c->d->flags & RS_DDL_OR_REPLACE))
		return;
	name = ddl_value(c, c->tree->keys[c->tree->alters[0].first].name);
	i = ddl_find_key(c->t, name);
	if (i >= 0)
		ddl_drop_key(c->t, (size_t)i);
	free(name);
}

/* MySQL 5 does nothing at all where no column changes. */
static bool forgets_conversion(const struct ddl_change *c)
{
	const struct rs_sql_dialect *d = ddl_dialect(c);

	if (d->mariadb || d->version >= 80000)
		return false;
	for (uint32_t i = 0; i < c->tree->n_alters; i++)
		if (c->tree->alters[i].kind != RS_ALTER_CONVERT)
			return false;
	for (size_t i = 0; i < c->t->n_columns; i++)
		if (c->t->columns[i].charset && strcmp(c->t->columns[i].charset, "binary") != 0 &&
		    strcmp(c->t->columns[i].collation, c->convert) != 0)
			return false;
	return true;
}

static enum rs_rc convert(struct ddl_change *c)
{
	if (forgets_conversion(c)) {
		free(c->t->collation);
		c->t->collation = rs_xstrdup(c->old->collation);
	}
	for (size_t i = 0; i < c->t->n_columns; i++)
		if (!c->defined[i] && ddl_convert_column(c, &c->t->columns[i]) != RS_OK)
			return RS_FAIL;
	return RS_OK;
}

static void set_visible(struct ddl_change *c, const struct rs_ddl_alter *a)
{
	char *name = ddl_value(c, a->name);
	int i = rs_table_column(c->t, name);

	if (i >= 0)
		c->t->columns[i].invisible = !a->flag;
	free(name);
}

static void drop_hidden_periods(struct ddl_change *c)
{
	struct rs_table *bin = rs_table_new("", "");

	while (c->t->n_columns && ddl_is_hidden_period(&c->t->columns[c->t->n_columns - 1]))
		ddl_move_column(bin, &c->t->columns[--c->t->n_columns], NULL);
	rs_table_unref(bin);
}

static enum rs_rc change_versioning(struct ddl_change *c, const struct rs_ddl_alter *a)
{
	bool whole = rs_sql_is(&c->d->sql, a->from + 1, "SYSTEM"), add = rs_sql_is(&c->d->sql, a->from, "ADD");

	if (!whole || (add && has_period(c->t)) || (!add && !has_period(c->t)))
		return rs_ddl_refuse(c->d, c->err, _("changes of a period are not followed"));
	if (add)
		add_hidden_periods(c->t);
	else
		drop_hidden_periods(c);
	return RS_OK;
}

/* MySQL 8 and later let the old length of a text speak when it is both changed and converted. */
static bool has_unclear_text(const struct ddl_change *c)
{
	if (ddl_dialect(c)->mariadb || ddl_dialect(c)->version < 80000)
		return false;
	for (uint32_t i = 0; i < c->tree->n_alters; i++) {
		const struct rs_ddl_alter *a = &c->tree->alters[i];
		const struct rs_ddl_type *t;

		if (a->kind != RS_ALTER_CHANGE_COLUMN && a->kind != RS_ALTER_MODIFY_COLUMN)
			continue;
		t = &c->tree->columns[a->first].type;
		if ((t->type >= RS_T_TINYTEXT && t->type <= RS_T_LONGTEXT) ||
		    (t->type >= RS_T_TINYBLOB && t->type <= RS_T_LONGBLOB))
			return true;
	}
	return false;
}

/* CONVERT TO is for the columns and the table's default; the last word on the default counts, but in MariaDB DEFAULT
 * counts wherever it stands. */
static enum rs_rc note_conversion(struct ddl_change *c, const struct rs_ddl_alter *a)
{
	if (has_unclear_text(c))
		return rs_ddl_refuse(c->d, c->err, _("a text column is changed and converted at once"));
	set_table_collation(c, a->name, a->to_name, c->env->db_collation);
	snprintf(c->convert, sizeof c->convert, "%s", c->t->collation ? c->t->collation : "");
	return RS_OK;
}

/* Engine and character sets come first: new columns take the new default. */
static enum rs_rc apply_table_changes(struct ddl_change *c)
{
	const struct rs_ddl_tree *t = c->tree;

	for (uint32_t i = 0; i < t->n_alters; i++) {
		if (t->alters[i].kind == RS_ALTER_OPTION)
			apply_options(c, t->alters[i].first, t->alters[i].n);
		if (t->alters[i].kind == RS_ALTER_CONVERT && note_conversion(c, &t->alters[i]) != RS_OK)
			return RS_FAIL;
	}
	for (uint32_t i = 0; i < t->n_alters && ddl_dialect(c)->mariadb; i++)
		if (t->alters[i].kind == RS_ALTER_OPTION)
			apply_options(c, t->alters[i].first, t->alters[i].n);
	return RS_OK;
}

/* A column that IF EXISTS did not find; what IF NOT EXISTS found gets its keys all the same. */
static bool is_missing(const struct ddl_change *c, const struct rs_ddl_alter *a)
{
	char *name;
	bool missing;

	if (a->kind == RS_ALTER_ADD_COLUMN)
		return false;
	name = ddl_value(c, a->name);
	missing = rs_table_column(c->old, name) < 0;
	free(name);
	if (!missing)
		return false;
	/* MariaDB leaves out the change of a column that is not there, but not the key that comes with it, where there is a
	 * column of the new name. */
	name = ddl_value(c, c->tree->columns[a->first].name);
	missing = rs_table_column(c->t, name) < 0;
	free(name);
	return missing;
}

static enum rs_rc note_added_keys(struct ddl_change *c, const struct rs_ddl_alter *a)
{
	switch (a->kind) {
	case RS_ALTER_ADD_KEY: return ddl_note_key(c, &c->tree->keys[a->first]);
	case RS_ALTER_ADD_COLUMN:
	case RS_ALTER_CHANGE_COLUMN:
	case RS_ALTER_MODIFY_COLUMN:
		return is_missing(c, a) ? RS_OK : ddl_column_keys(c, &c->tree->columns[a->first]);
	case RS_ALTER_COLUMN_VISIBLE: set_visible(c, a); return RS_OK;
	case RS_ALTER_VERSIONING: return change_versioning(c, a);
	default: return RS_OK;
	}
}

static enum rs_rc each_alter(struct ddl_change *c, enum rs_rc (*apply)(struct ddl_change *, const struct rs_ddl_alter *))
{
	enum rs_rc rc = RS_OK;

	for (uint32_t i = 0; i < c->tree->n_alters && rc == RS_OK; i++)
		rc = apply(c, &c->tree->alters[i]);
	return rc;
}

static enum rs_rc alter(struct ddl_change *c)
{
	enum rs_rc rc = apply_table_changes(c);

	if (rc != RS_OK)
		return rc;
	drop_replaced(c);
	rc = each_alter(c, drop_or_check);
	rename_keys(c);
	if (rc == RS_OK)
		rc = ddl_change_columns(c);
	if (rc == RS_OK && *c->convert)
		rc = convert(c);
	if (rc == RS_OK)
		rc = each_alter(c, note_added_keys);
	return rc == RS_OK ? ddl_finish_keys(c) : rc;
}

enum rs_rc ddl_alter(const struct rs_ddl *d, const struct rs_ddl_env *env, const struct rs_ddl_store *store,
                     const struct rs_table *t, struct rs_table **out, struct rs_err *err)
{
	struct ddl_change c = {.d = d, .tree = d->tree, .env = env, .store = store, .old = t, .err = err};

	if (refuse_unread(d, err) != RS_OK)
		return RS_FAIL;
	c.t = rs_table_clone(t);
	return finish(&c, alter(&c), out);
}

enum rs_rc rs_ddl_alter(const struct rs_ddl *d, const struct rs_ddl_env *env, const struct rs_table *t,
                        struct rs_table **out, struct rs_err *err)
{
	return ddl_alter(d, env, NULL, t, out, err);
}
