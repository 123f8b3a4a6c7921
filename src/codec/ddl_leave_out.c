#include "codec/ddl_leave_out.h"

#include <stdlib.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/ddl_tree.h"

/* An element of a list that is separated by commas. */
struct item {
	uint32_t from, to; /* tokens */
	bool gone;
};

struct walk {
	const struct rs_ddl *d;
	struct rs_ddl_leave_out *o;
	struct rs_err *err;
};

/* --- what falls -------------------------------------------------------------------------------- */

static bool token_gone(const struct walk *w, uint32_t token)
{
	if (token == RS_NO_TOKEN)
		return false;
	char *text = rs_sql_text(&w->d->sql, token);
	bool gone = w->o->is_left_out(w->o->arg, text);

	free(text);
	return gone;
}

/* Whether an expression names such a column. */
static bool any_gone(const struct walk *w, uint32_t from, uint32_t to)
{
	const struct rs_ddl_tree *t = w->d->tree;

	for (uint32_t i = 0; i < t->n_names; i++) {
		const struct rs_ddl_name *n = &t->names[i];
		if (n->token != RS_NO_TOKEN && n->token >= from && n->token < to &&
		    (n->kind == RS_NAME_COLUMN || n->kind == RS_NAME_UNSURE) && token_gone(w, n->token))
			return true;
	}
	return false;
}

static bool part_gone(const struct walk *w, const struct rs_ddl_part *p)
{
	return p->column != RS_NO_TOKEN ? token_gone(w, p->column) : any_gone(w, p->from, p->to);
}

static enum rs_rc key_gone(const struct walk *w, const struct rs_ddl_key *k, bool *gone)
{
	*gone = (k->kind == RS_KEY_CHECK || k->kind == RS_KEY_PERIOD) && any_gone(w, k->from, k->to);
	for (uint32_t i = 0; !*gone && i < k->n_parts; i++)
		*gone = part_gone(w, &w->d->tree->parts[k->first_part + i]);
	if (*gone && k->kind == RS_KEY_PRIMARY)
		return rs_ddl_refuse(w->d, w->err, _("a column of the primary key is left out"));
	return RS_OK;
}

/* --- cutting it out ------------------------------------------------------------------------------ */

static void cut(const struct walk *w, uint32_t start, uint32_t end)
{
	RS_GROW(w->o->spans, w->o->n, w->o->cap);
	w->o->spans[w->o->n++] = (struct rs_ddl_span){start, end};
}

static uint32_t start_of(const struct walk *w, const struct item *i) { return w->d->sql.tokens[i->from].start; }
static uint32_t end_of(const struct walk *w, const struct item *i) { return w->d->sql.tokens[i->to - 1].end; }

/* One that has a kept one behind it goes with the comma after it; those at the end go with the comma before them. */
static void cut_items(const struct walk *w, const struct item *items, size_t n)
{
	size_t last = n;

	while (last > 0 && items[last - 1].gone)
		last--;
	for (size_t i = 0; i < last; i++)
		if (items[i].gone)
			cut(w, start_of(w, &items[i]), start_of(w, &items[i + 1]));
	if (last > 0 && last < n)
		cut(w, end_of(w, &items[last - 1]), end_of(w, &items[n - 1]));
}

static size_t count_gone(const struct item *items, size_t n)
{
	size_t gone = 0;

	for (size_t i = 0; i < n; i++)
		gone += items[i].gone;
	return gone;
}

/* --- CREATE TABLE ---------------------------------------------------------------------------------- */

static enum rs_rc leave_elements(struct walk *w)
{
	const struct rs_ddl_tree *t = w->d->tree;
	struct item *items = rs_xcalloc(t->n_elements + 1, sizeof *items);
	size_t columns = 0;
	enum rs_rc rc = RS_OK;

	for (uint32_t i = 0; rc == RS_OK && i < t->n_elements; i++) {
		const struct rs_ddl_element *e = &t->elements[i];
		items[i] = (struct item){e->from, e->to, false};
		if (e->is_key)
			rc = key_gone(w, &t->keys[e->index], &items[i].gone);
		else
			items[i].gone = token_gone(w, t->columns[e->index].name);
		columns += !e->is_key && !items[i].gone;
	}
	if (rc == RS_OK && t->n_elements > 0 && columns == 0)
		rc = rs_ddl_refuse(w->d, w->err, _("all of its columns are left out"));
	if (rc == RS_OK)
		cut_items(w, items, t->n_elements);
	free(items);
	return rc;
}

/* --- ALTER TABLE ------------------------------------------------------------------------------------- */

/* A column that becomes another one. */
static enum rs_rc renamed(const struct walk *w, uint32_t from, uint32_t to, bool *gone)
{
	bool was = token_gone(w, from), is = token_gone(w, to);

	*gone = was;
	return was == is ? RS_OK
	                 : rs_ddl_refuse(w->d, w->err, _("a column is renamed, and is left out under one of the two names alone"));
}

static enum rs_rc action_gone(const struct walk *w, const struct rs_ddl_alter *a, bool *gone)
{
	const struct rs_ddl_tree *t = w->d->tree;

	*gone = false;
	switch (a->kind) {
	case RS_ALTER_CHANGE_COLUMN:
		return renamed(w, a->name, t->columns[a->first].name, gone);
	case RS_ALTER_RENAME_COLUMN:
		return renamed(w, a->name, a->to_name, gone);
	case RS_ALTER_ADD_COLUMN:
		*gone = token_gone(w, t->columns[a->first].name);
		return RS_OK;
	case RS_ALTER_MODIFY_COLUMN:
	case RS_ALTER_DROP_COLUMN:
	case RS_ALTER_COLUMN_DEFAULT:
	case RS_ALTER_COLUMN_VISIBLE:
		*gone = token_gone(w, a->name);
		return RS_OK;
	case RS_ALTER_ADD_KEY:
		return key_gone(w, &t->keys[a->first], gone);
	case RS_ALTER_ORDER:
		*gone = any_gone(w, a->from, a->to);
		return RS_OK;
	default:
		return RS_OK;
	}
}

/* AFTER a column that is not there: at the end. */
static void cut_place(const struct walk *w, const struct rs_ddl_alter *a)
{
	const struct rs_ddl_tree *t = w->d->tree;
	const struct rs_ddl_column *c;

	if (a->kind != RS_ALTER_ADD_COLUMN && a->kind != RS_ALTER_CHANGE_COLUMN && a->kind != RS_ALTER_MODIFY_COLUMN)
		return;
	c = &t->columns[a->first];
	if (c->place == RS_PLACE_AFTER && token_gone(w, c->after))
		cut(w, w->d->sql.tokens[c->after - 1].start, w->d->sql.tokens[c->after].end);
}

/* "ADD (a INT, b INT)" is one action in the text and several in the tree: how many from i on. */
static uint32_t group_size(const struct walk *w, uint32_t i)
{
	const struct rs_ddl_tree *t = w->d->tree;
	uint32_t n = 1;

	if (t->alters[i].from == 0 || !rs_sql_is_op(&w->d->sql, t->alters[i].from - 1, '('))
		return 1;
	while (i + n < t->n_alters && rs_sql_is_op(&w->d->sql, t->alters[i + n - 1].to, ','))
		n++;
	return n;
}

static bool in_parens(const struct walk *w, uint32_t i)
{
	const struct rs_ddl_alter *a = &w->d->tree->alters[i];

	return a->from > 0 && rs_sql_is_op(&w->d->sql, a->from - 1, '(');
}

/* The whole of "ADD [COLUMN] (…)". */
static struct item whole_group(const struct walk *w, uint32_t first, uint32_t n)
{
	const struct rs_ddl_tree *t = w->d->tree;
	uint32_t from = t->alters[first].from;

	while (from > 0 && !rs_sql_is(&w->d->sql, from, "ADD"))
		from--;
	return (struct item){from, t->alters[first + n - 1].to + 1, true};
}

static enum rs_rc judge_actions(const struct walk *w, uint32_t first, uint32_t n, struct item *items)
{
	const struct rs_ddl_tree *t = w->d->tree;

	for (uint32_t i = 0; i < n; i++) {
		const struct rs_ddl_alter *a = &t->alters[first + i];
		items[i] = (struct item){a->from, a->to, false};
		if (action_gone(w, a, &items[i].gone) != RS_OK)
			return RS_FAIL;
		if (!items[i].gone)
			cut_place(w, a);
	}
	return RS_OK;
}

/* Judges the actions from `first` on that are one in the text. */
static enum rs_rc judge_group(const struct walk *w, uint32_t first, uint32_t n, struct item *inner, struct item *out)
{
	enum rs_rc rc = judge_actions(w, first, n, inner);

	*out = inner[0];
	if (rc != RS_OK || !in_parens(w, first))
		return rc;
	*out = whole_group(w, first, n);
	out->gone = count_gone(inner, n) == n;
	if (!out->gone)
		cut_items(w, inner, n);
	return RS_OK;
}

/* What is left when only words about the manner of it are. */
static bool says_nothing(const struct walk *w, const struct item *items, size_t n)
{
	const struct rs_ddl_tree *t = w->d->tree;

	if (count_gone(items, n) == 0)
		return false;
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; !items[i].gone && k < t->n_alters; k++)
			if (t->alters[k].from == items[i].from && t->alters[k].kind != RS_ALTER_FORCE)
				return false;
	return true;
}

static enum rs_rc leave_actions(struct walk *w)
{
	const struct rs_ddl_tree *t = w->d->tree;
	struct item *items = rs_xcalloc(t->n_alters + 1, sizeof *items), *inner = rs_xcalloc(t->n_alters + 1, sizeof *inner);
	size_t n = 0;
	enum rs_rc rc = RS_OK;

	for (uint32_t i = 0, group; rc == RS_OK && i < t->n_alters; i += group) {
		group = group_size(w, i);
		rc = judge_group(w, i, group, inner, &items[n++]);
	}
	w->o->nothing_left = rc == RS_OK && says_nothing(w, items, n);
	if (rc == RS_OK && !w->o->nothing_left)
		cut_items(w, items, n);
	free(inner);
	free(items);
	return rc;
}

enum rs_rc rs_ddl_leave_out(const struct rs_ddl *d, struct rs_ddl_leave_out *o, struct rs_err *err)
{
	struct walk w = {d, o, err};

	if (d->tree == NULL)
		return RS_OK;
	if (d->kind == RS_STMT_CREATE_TABLE)
		return leave_elements(&w);
	if (d->kind == RS_STMT_ALTER_TABLE || d->kind == RS_STMT_CREATE_INDEX)
		return leave_actions(&w);
	return RS_OK;
}
