/* The columns of a table that ALTER TABLE leaves behind: which of the old ones and of those that it defines, in which order, and
 * what keys make of them. */
#include "codec/ddl_schema_priv.h"

#include <string.h>
#include <strings.h>
#include "base/mem.h"

/* --- which, in which order ---------------------------------------------------------------------------- */

/* A column of the new table: one of the old one, a definition, or both. */
struct slot {
	int old;                         /* index in the old table, -1 for a new column */
	const struct rs_ddl_column *def; /* NULL: unchanged but for its name */
	const char *name;                /* new name of an unchanged one, NULL: the same */
};

struct plan {
	struct slot *slots;
	size_t n, cap;
};

static void insert_slot(struct plan *p, size_t at, struct slot s)
{
	RS_GROW(p->slots, p->n, p->cap);
	memmove(&p->slots[at + 1], &p->slots[at], (p->n - at) * sizeof *p->slots);
	p->slots[at] = s;
	p->n++;
}

/* The change of the statement that concerns the old column, NULL for none. */
static const struct rs_ddl_alter *change_of(const struct ddl_change *c, const char *column)
{
	const struct rs_ddl_tree *t = c->tree;

	for (uint32_t i = 0; i < t->n_alters; i++) {
		const struct rs_ddl_alter *a = &t->alters[i];
		char *name;
		bool same;

		if (a->kind != RS_ALTER_CHANGE_COLUMN && a->kind != RS_ALTER_MODIFY_COLUMN && a->kind != RS_ALTER_DROP_COLUMN &&
		    a->kind != RS_ALTER_RENAME_COLUMN)
			continue;
		name = ddl_value(c, a->name);
		same = strcasecmp(name, column) == 0;
		free(name);
		if (same)
			return a;
	}
	return NULL;
}

static void plan_old_columns(struct ddl_change *c, struct plan *p, char **names)
{
	for (size_t i = 0; i < c->old->n_columns; i++) {
		const struct rs_ddl_alter *a = change_of(c, c->old->columns[i].name);
		struct slot s = {.old = (int)i};

		if (a && a->kind == RS_ALTER_DROP_COLUMN)
			continue;
		if (a && a->kind == RS_ALTER_RENAME_COLUMN)
			s.name = names[i] = ddl_value(c, a->to_name);
		else if (a)
			s.def = &c->tree->columns[a->first];
		insert_slot(p, p->n, s);
	}
}

static char *slot_name(const struct ddl_change *c, const struct slot *s)
{
	if (s->def)
		return ddl_value(c, s->def->name);
	return rs_xstrdup(s->name ? s->name : c->old->columns[s->old].name);
}

/* Index of the slot with this (new) name, -1 for none. */
static int find_slot(const struct ddl_change *c, const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++) {
		char *have = slot_name(c, &p->slots[i]);
		bool same = strcasecmp(have, name) == 0;

		free(have);
		if (same)
			return (int)i;
	}
	return -1;
}

static void remove_slot(struct plan *p, int old)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->slots[i].old != old)
			continue;
		memmove(&p->slots[i], &p->slots[i + 1], (p->n - i - 1) * sizeof *p->slots);
		p->n--;
		return;
	}
}

/* New columns come before the hidden ones of system versioning. */
static size_t last_place(const struct ddl_change *c, const struct plan *p)
{
	size_t at = p->n;

	while (at > 0 && p->slots[at - 1].old >= 0 && ddl_is_hidden_period(&c->old->columns[p->slots[at - 1].old]))
		at--;
	return at;
}

/* A changed column stays where it is until its turn comes. */
static enum rs_rc place_slot(struct ddl_change *c, struct plan *p, struct slot s)
{
	char *after;
	int at;

	if (s.old >= 0)
		remove_slot(p, s.old);
	if (s.def->place == RS_PLACE_LAST) {
		insert_slot(p, last_place(c, p), s);
		return RS_OK;
	}
	if (s.def->place == RS_PLACE_FIRST) {
		insert_slot(p, 0, s);
		return RS_OK;
	}
	after = ddl_value(c, s.def->after);
	at = find_slot(c, p, after);
	if (at >= 0)
		insert_slot(p, (size_t)at + 1, s);
	else
		ddl_refuse_column(c, after);
	free(after);
	return at >= 0 ? RS_OK : RS_FAIL;
}

static enum rs_rc plan_changed_column(struct ddl_change *c, struct plan *p, const struct rs_ddl_alter *a)
{
	struct slot s = {.def = &c->tree->columns[a->first]};
	char *name = ddl_value(c, a->name);
	enum rs_rc rc = RS_OK;

	s.old = rs_table_column(c->old, name);
	if (s.old < 0 && !a->if_exists)
		rc = ddl_refuse_column(c, name);
	else if (s.old >= 0 && s.def->place != RS_PLACE_LAST)
		rc = place_slot(c, p, s);
	free(name);
	return rc;
}

static enum rs_rc plan_added_column(struct ddl_change *c, struct plan *p, const struct rs_ddl_alter *a)
{
	struct slot s = {.old = -1, .def = &c->tree->columns[a->first]};
	char *name = ddl_value(c, s.def->name);
	bool exists = rs_table_column(c->old, name) >= 0 || find_slot(c, p, name) >= 0;

	free(name);
	return exists && a->if_not_exists ? RS_OK : place_slot(c, p, s);
}

static enum rs_rc check_named_column(struct ddl_change *c, const struct rs_ddl_alter *a)
{
	char *name = ddl_value(c, a->name);
	enum rs_rc rc = a->if_exists || rs_table_column(c->old, name) >= 0 ? RS_OK : ddl_refuse_column(c, name);

	free(name);
	return rc;
}

static enum rs_rc plan_columns(struct ddl_change *c, struct plan *p, char **names)
{
	enum rs_rc rc = RS_OK;

	plan_old_columns(c, p, names);
	for (uint32_t i = 0; i < c->tree->n_alters && rc == RS_OK; i++) {
		const struct rs_ddl_alter *a = &c->tree->alters[i];

		if (a->kind == RS_ALTER_ADD_COLUMN)
			rc = plan_added_column(c, p, a);
		else if (a->kind == RS_ALTER_CHANGE_COLUMN || a->kind == RS_ALTER_MODIFY_COLUMN)
			rc = plan_changed_column(c, p, a);
		else if (a->kind == RS_ALTER_DROP_COLUMN || a->kind == RS_ALTER_RENAME_COLUMN ||
		         a->kind == RS_ALTER_COLUMN_VISIBLE)
			rc = check_named_column(c, a);
	}
	return rc;
}

/* --- making them ------------------------------------------------------------------------------------- */

void ddl_move_column(struct rs_table *to, struct rs_column *from, const char *name)
{
	struct rs_column *c = rs_table_add_column(to, name ? name : from->name, from->type);
	char *new_name = c->name;

	free(from->name);
	*c = *from;
	c->name = new_name;
	memset(from, 0, sizeof *from);
}

/* The columns that the keys' numbers mean now. */
static void renumber(struct rs_table *t, const int *new_of_old)
{
	for (size_t i = 0; i < t->n_keys;) {
		struct rs_key *k = &t->keys[i];
		size_t kept = 0;

		for (size_t j = 0; j < k->n_parts; j++) {
			struct rs_key_part part = k->parts[j];

			if (part.column != UINT32_MAX) {
				if (new_of_old[part.column] < 0)
					continue;
				part.column = (uint32_t)new_of_old[part.column];
			}
			k->parts[kept++] = part;
		}
		k->n_parts = kept;
		if (kept)
			i++;
		else
			ddl_drop_key(t, i);
	}
}

/* A key on a part of a column becomes one on the whole where the new type has no parts, or is not longer. */
static void settle_prefixes(struct rs_table *t, uint32_t column, enum rs_type old_type)
{
	const struct rs_column *c = &t->columns[column];

	for (size_t i = 0; i < t->n_keys; i++) {
		for (size_t j = 0; j < t->keys[i].n_parts; j++) {
			struct rs_key_part *part = &t->keys[i].parts[j];

			if (part->column != column)
				continue;
			if (!ddl_takes_prefix(c->type) || !ddl_takes_prefix(old_type) || (c->length && c->length <= part->prefix))
				part->prefix = 0;
		}
	}
}

static void rename_in_foreign_keys(struct rs_table *t, const char *from, const char *to)
{
	for (size_t i = 0; i < t->n_foreign_keys; i++) {
		for (size_t j = 0; j < t->foreign_keys[i].n_columns; j++) {
			char **name = &t->foreign_keys[i].columns[j];

			if (strcasecmp(*name, from) != 0)
				continue;
			free(*name);
			*name = rs_xstrdup(to);
		}
	}
}

/* The place of the column that keys of an old column belong to now, -1 where it is gone. A new column may take the
 * name, and with it the keys, of one that is dropped. */
static int heir_of(const struct ddl_change *c, const struct plan *p, size_t old)
{
	const char *name = c->old->columns[old].name;

	for (size_t i = 0; i < p->n; i++) {
		const struct slot *s = &p->slots[i];
		char *own = s->old >= 0 ? rs_xstrdup(c->old->columns[s->old].name) : slot_name(c, s);
		bool same = strcasecmp(own, name) == 0;

		free(own);
		if (same)
			return (int)i;
	}
	return -1;
}

/* The columns of the plan instead of those of c->t. */
static enum rs_rc make_columns(struct ddl_change *c, const struct plan *p)
{
	struct rs_table *source = rs_table_clone(c->old), *made = c->t;
	int *new_of_old = rs_xmalloc((c->old->n_columns + 1) * sizeof *new_of_old);
	enum rs_rc rc = RS_OK;

	c->defined = rs_xcalloc(p->n + 1, sizeof *c->defined);
	for (size_t i = 0; i < c->old->n_columns; i++)
		new_of_old[i] = heir_of(c, p, i);
	for (size_t i = 0; i < p->n && rc == RS_OK; i++) {
		const struct slot *s = &p->slots[i];

		c->defined[i] = s->def != NULL;
		if (s->def)
			rc = ddl_add_column(c, s->def);
		else
			ddl_move_column(made, &source->columns[s->old], s->name);
	}
	if (rc == RS_OK)
		renumber(made, new_of_old);
	for (size_t i = 0; i < p->n && rc == RS_OK; i++) {
		if (p->slots[i].old < 0)
			continue;
		rename_in_foreign_keys(made, c->old->columns[p->slots[i].old].name, made->columns[i].name);
		if (p->slots[i].def)
			settle_prefixes(made, (uint32_t)i, c->old->columns[p->slots[i].old].type);
	}
	free(new_of_old);
	rs_table_unref(source);
	return rc;
}

/* Takes all columns away from a clone, so that new ones can be put in. */
static void empty_columns(struct rs_table *t)
{
	struct rs_table *bin = rs_table_new("", "");

	bin->columns = t->columns;
	bin->n_columns = t->n_columns;
	t->columns = NULL;
	t->n_columns = 0;
	rs_table_unref(bin);
}

enum rs_rc ddl_change_columns(struct ddl_change *c)
{
	char **names = rs_xcalloc(c->old->n_columns + 1, sizeof *names);
	struct plan p = {0};
	enum rs_rc rc = plan_columns(c, &p, names);

	if (rc == RS_OK) {
		empty_columns(c->t);
		rc = make_columns(c, &p);
	}
	for (size_t i = 0; i < c->old->n_columns; i++)
		free(names[i]);
	free(names);
	free(p.slots);
	return rc;
}
