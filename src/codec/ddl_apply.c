/* Statements applied to the known tables: which of them change, appear, vanish or get other names. */
#include "codec/ddl_schema_priv.h"

#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"

/* What a statement does, before it is done. */
struct draft {
	const struct rs_ddl *d;
	const struct rs_ddl_env *env;
	const struct rs_ddl_store *store;
	struct rs_err *err;
	struct entry {
		char *db, *name;
		char *from_db, *from_name; /* where the table was; NULL for a new one */
		struct rs_table *table;    /* NULL: nothing is known under this name afterwards */
	} *entries;
	size_t n, cap;
};

static bool is_at(const char *db, const char *name, const char *other_db, const char *other_name)
{
	return strcmp(db, other_db) == 0 && strcmp(name, other_name) == 0;
}

static struct entry *find_entry(const struct draft *w, const char *db, const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (is_at(w->entries[i].db, w->entries[i].name, db, name))
			return &w->entries[i];
	return NULL;
}

static struct entry *entry_of(struct draft *w, const char *db, const char *name)
{
	struct entry *e = find_entry(w, db, name);

	if (e)
		return e;
	RS_GROW(w->entries, w->n, w->cap);
	e = &w->entries[w->n++];
	*e = (struct entry){.db = rs_xstrdup(db), .name = rs_xstrdup(name)};
	return e;
}

static void set_origin(struct entry *e, const char *db, const char *name)
{
	free(e->from_db);
	free(e->from_name);
	e->from_db = rs_xstrdup(db);
	e->from_name = rs_xstrdup(name);
}

/* Takes the table (NULL: gone). */
static struct entry *set(struct draft *w, const char *db, const char *name, struct rs_table *t)
{
	struct entry *e = entry_of(w, db, name);

	rs_table_unref(e->table);
	e->table = t;
	set_origin(e, NULL, NULL);
	return e;
}

static const struct rs_table *lookup(const struct draft *w, const char *db, const char *name)
{
	const struct entry *e = find_entry(w, db, name);

	return e ? e->table : w->store->find(w->store->ctx, db, name);
}

static void release(struct draft *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->entries[i].db);
		free(w->entries[i].name);
		free(w->entries[i].from_db);
		free(w->entries[i].from_name);
		rs_table_unref(w->entries[i].table);
	}
	free(w->entries);
}

static void replace_text(char **text, const char *with)
{
	char *copy = rs_xstrdup(with);

	free(*text);
	*text = copy;
}

/* --- renaming ---------------------------------------------------------------------------------- */

/* Names that the server generated for foreign keys follow their table. */
static void rename_generated(struct rs_table *t, const char *old_name)
{
	for (size_t i = 0; i < t->n_foreign_keys; i++) {
		unsigned n = ddl_generated_number(t->foreign_keys[i].name, old_name);

		if (!n)
			continue;
		free(t->foreign_keys[i].name);
		t->foreign_keys[i].name = rs_xprintf("%s_ibfk_%u", t->name, n);
	}
	rs_table_sort_keys(t);
}

/* Moves what is known as from to the name to; t is the table to put there, taken. */
static void move(struct draft *w, const struct rs_ddl_ref *from, const struct rs_ddl_ref *to, struct rs_table *t)
{
	const struct entry *old = find_entry(w, from->db, from->name);
	char *db = rs_xstrdup(old && old->from_db ? old->from_db : from->db);
	char *name = rs_xstrdup(old && old->from_name ? old->from_name : from->name);
	struct entry *e;

	if (t) {
		replace_text(&t->db, to->db);
		replace_text(&t->name, to->name);
		rename_generated(t, from->name);
	}
	set(w, from->db, from->name, NULL);
	e = set(w, to->db, to->name, t);
	set_origin(e, db, name);
	free(db);
	free(name);
}

static void rename_tables(struct draft *w)
{
	const struct rs_ddl_ref *r = w->d->refs;

	for (size_t i = 0; i + 1 < w->d->n_refs; i += 2) {
		const struct rs_table *t = lookup(w, r[i].db, r[i].name);

		move(w, &r[i], &r[i + 1], t ? rs_table_clone(t) : NULL);
	}
}

/* --- children -------------------------------------------------------------------------------------- */

/* The entry of the table that was db.name before, or a new one with a copy of it. */
static struct rs_table *changed_child(struct draft *w, const struct rs_table *child)
{
	for (size_t i = 0; i < w->n; i++) {
		struct entry *e = &w->entries[i];

		if (e->table && e->from_db && is_at(e->from_db, e->from_name, child->db, child->name))
			return e->table;
		if (e->table && !e->from_db && is_at(e->db, e->name, child->db, child->name))
			return e->table;
	}
	if (find_entry(w, child->db, child->name))
		return NULL; /* it is gone */
	return set(w, child->db, child->name, rs_table_clone(child))->table;
}

static char *new_column_name(const struct draft *w, const char *column)
{
	const struct rs_ddl_tree *t = w->d->tree;

	for (uint32_t i = 0; i < t->n_alters; i++) {
		const struct rs_ddl_alter *a = &t->alters[i];
		bool change = a->kind == RS_ALTER_CHANGE_COLUMN;
		char *name;
		bool same;

		if (!change && a->kind != RS_ALTER_RENAME_COLUMN)
			continue;
		name = rs_sql_text(&w->d->sql, a->name);
		same = strcasecmp(name, column) == 0;
		free(name);
		if (same)
			return rs_sql_text(&w->d->sql, change ? t->columns[a->first].name : a->to_name);
	}
	return NULL;
}

static bool refers_to(const struct rs_table *t, const char *db, const char *name)
{
	for (size_t i = 0; i < t->n_foreign_keys; i++)
		if (is_at(t->foreign_keys[i].parent_db, t->foreign_keys[i].parent_table, db, name))
			return true;
	return false;
}

static void redirect(const struct draft *w, struct rs_table *child, const struct rs_table *before, const struct entry *parent)
{
	for (size_t i = 0; i < child->n_foreign_keys; i++) {
		struct rs_foreign_key *fk = &child->foreign_keys[i];

		if (!is_at(fk->parent_db, fk->parent_table, parent->from_db, parent->from_name) || !before)
			continue;
		replace_text(&fk->parent_db, parent->db);
		replace_text(&fk->parent_table, parent->name);
		for (size_t j = 0; w->d->kind == RS_STMT_ALTER_TABLE && j < fk->n_columns; j++) {
			char *name = new_column_name(w, fk->parent_columns[j]);

			if (!name)
				continue;
			free(fk->parent_columns[j]);
			fk->parent_columns[j] = name;
		}
	}
}

/* Foreign keys of other tables follow a parent that was renamed, and its columns. */
static void redirect_children(struct draft *w)
{
	size_t parents = w->n;
	const struct rs_table *child;

	for (size_t i = 0; w->store->at && (child = w->store->at(w->store->ctx, i)); i++) {
		for (size_t p = 0; p < parents; p++) {
			struct rs_table *changed;

			if (!w->entries[p].table || !w->entries[p].from_db ||
			    !refers_to(child, w->entries[p].from_db, w->entries[p].from_name))
				continue;
			changed = changed_child(w, child);
			if (changed)
				redirect(w, changed, child, &w->entries[p]);
		}
	}
}

/* --- statements --------------------------------------------------------------------------------------- */

static enum rs_rc create_table(struct draft *w)
{
	const struct rs_ddl_ref *r = &w->d->refs[0];
	struct rs_table *t;

	if ((w->d->flags & RS_DDL_IF_NOT_EXISTS) && lookup(w, r->db, r->name))
		return RS_OK;
	if (ddl_create(w->d, w->env, w->store, &t, w->err) != RS_OK)
		return RS_FAIL;
	set(w, r->db, r->name, t);
	return RS_OK;
}

/* A copy has the columns and keys, not the foreign keys. */
static struct rs_table *copy_as(const struct rs_table *source, const struct rs_ddl_ref *to)
{
	struct rs_table *t = rs_table_clone(source);

	replace_text(&t->db, to->db);
	replace_text(&t->name, to->name);
	while (t->n_foreign_keys)
		ddl_drop_foreign_key(t, t->n_foreign_keys - 1);
	t->rows = t->bytes = 0;
	t->has_triggers = false;
	return t;
}

static enum rs_rc create_like(struct draft *w)
{
	const struct rs_ddl_ref *r = w->d->refs;
	const struct rs_table *source;

	if ((w->d->flags & RS_DDL_IF_NOT_EXISTS) && lookup(w, r[0].db, r[0].name))
		return RS_OK;
	source = w->d->n_refs > 1 ? lookup(w, r[1].db, r[1].name) : NULL;
	if (!source)
		return rs_ddl_refuse(w->d, w->err, _("the table that it copies is not known"));
	set(w, r[0].db, r[0].name, copy_as(source, &r[0]));
	return RS_OK;
}

static const struct rs_ddl_ref *ref_with(const struct rs_ddl *d, enum rs_ddl_role role)
{
	for (size_t i = 0; i < d->n_refs; i++)
		if (d->refs[i].role == role)
			return &d->refs[i];
	return NULL;
}

/* MariaDB's CONVERT PARTITION p TO TABLE t makes a table, CONVERT TABLE t TO PARTITION takes one. */
static void convert_partition(struct draft *w, const struct rs_table *t)
{
	const struct rs_ddl_ref *other = ref_with(w->d, RS_ROLE_EXCHANGE);
	const struct rs_ddl_alter *a = w->d->tree->n_alters ? &w->d->tree->alters[0] : NULL;

	if (!other || !a || !rs_sql_is(&w->d->sql, a->from, "CONVERT"))
		return;
	set(w, other->db, other->name, rs_sql_is(&w->d->sql, a->from + 1, "PARTITION") ? copy_as(t, other) : NULL);
}

static enum rs_rc alter_table(struct draft *w)
{
	const struct rs_ddl_ref *from = &w->d->refs[0], *to = ref_with(w->d, RS_ROLE_RENAME_TO);
	const struct rs_table *known = lookup(w, from->db, from->name);
	struct rs_table *t = NULL;

	if (known && ddl_alter(w->d, w->env, w->store, known, &t, w->err) != RS_OK)
		return RS_FAIL;
	if (known)
		convert_partition(w, known);
	if (to)
		move(w, from, to, t);
	else if (t)
		set_origin(set(w, from->db, from->name, t), from->db, from->name);
	return RS_OK;
}

static void drop_tables(struct draft *w)
{
	for (size_t i = 0; i < w->d->n_refs; i++)
		set(w, w->d->refs[i].db, w->d->refs[i].name, NULL);
}

static enum rs_rc prepare(struct draft *w)
{
	switch (w->d->kind) {
	case RS_STMT_CREATE_TABLE: return create_table(w);
	case RS_STMT_CREATE_TABLE_LIKE: return create_like(w);
	case RS_STMT_CREATE_TABLE_SELECT: return rs_ddl_refuse(w->d, w->err, _("its columns are not told"));
	case RS_STMT_ALTER_TABLE:
	case RS_STMT_ALTER_PARTITION:
	case RS_STMT_CREATE_INDEX:
	case RS_STMT_DROP_INDEX: return alter_table(w);
	case RS_STMT_RENAME_TABLE: rename_tables(w); return RS_OK;
	case RS_STMT_DROP_TABLE: drop_tables(w); return RS_OK;
	default: return RS_OK;
	}
}

static void commit(struct draft *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (!w->entries[i].table && w->store->find(w->store->ctx, w->entries[i].db, w->entries[i].name))
			w->store->drop(w->store->ctx, w->entries[i].db, w->entries[i].name);
	for (size_t i = 0; i < w->n; i++) {
		if (w->entries[i].table)
			w->store->put(w->store->ctx, w->entries[i].table);
		w->entries[i].table = NULL;
	}
	if (w->d->kind == RS_STMT_DROP_DATABASE && w->store->drop_database && w->d->n_refs)
		w->store->drop_database(w->store->ctx, w->d->refs[0].db);
}

enum rs_rc rs_ddl_apply(const struct rs_ddl *d, const struct rs_ddl_env *env, const struct rs_ddl_store *store,
                        struct rs_err *err)
{
	struct draft w = {.d = d, .env = env, .store = store, .err = err};
	enum rs_rc rc;

	if (d->not_understood && !d->n_refs)
		return rs_ddl_refuse(d, err, _("not understood: %s"), d->not_understood);
	rc = prepare(&w);
	if (rc == RS_OK) {
		redirect_children(&w);
		commit(&w);
	}
	release(&w);
	return rc;
}
