/* Changes of the selection, each of which can be undone. */
#include "screen/objects_priv.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

#define LEVELS 64
#define LEVELS_LARGE 16      /* where one may cost 10 MB: the one database has them all */
#define LARGE 20000          /* tables */

/* --- undo ---------------------------------------------------------------------------------------- */

static void drop_oldest(struct rs_selection **stack, size_t *count)
{
	rs_selection_free(stack[0]);
	memmove(stack, stack + 1, --*count * sizeof(struct rs_selection *));
}

static void push(struct rs_selection ***stack, size_t *count, struct rs_selection *s)
{
	size_t databases, tables, levels;

	rs_selection_count(s, &databases, &tables);
	levels = databases + tables > LARGE ? LEVELS_LARGE : LEVELS;
	while (*count >= levels)
		drop_oldest(*stack, count);
	*stack = rs_xrealloc(*stack, (*count + 1) * sizeof(struct rs_selection *));
	(*stack)[(*count)++] = s;
}

/* Puts another selection in place of the present one, which can be had back. */
static void change_to(struct rs_objects *o, struct rs_selection *s)
{
	push(&o->undo, &o->undo_count, o->selection);
	while (o->redo_count)
		rs_selection_free(o->redo[--o->redo_count]);
	o->selection = s;
	o->version++;
}

static bool take_back(struct rs_objects *o, struct rs_selection **from, size_t *from_count, struct rs_selection ***to,
                      size_t *to_count)
{
	if (!*from_count)
		return false;
	push(to, to_count, o->selection);
	o->selection = from[--*from_count];
	o->version++;
	return true;
}

bool rs_objects_undo(struct rs_objects *o)
{
	return take_back(o, o->undo, &o->undo_count, &o->redo, &o->redo_count);
}

bool rs_objects_redo(struct rs_objects *o)
{
	return take_back(o, o->redo, &o->redo_count, &o->undo, &o->undo_count);
}

/* What is synchronized already keeps its names, and the condition of its rows. */
static enum rs_rc check_held(const struct rs_objects *o, const struct rs_selection *s, struct rs_err *err)
{
	struct rs_selection_rule r;

	if (!o->held)
		return RS_OK;
	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each(s, &i, &r);) {
		const char *was = r.table ? rs_selection_filter(o->held, r.db, r.table) : NULL;

		if (!r.table || r.column || !rs_selection_includes_table(o->held, r.db, r.table) ||
		    strcmp(was ? was : "", r.filter ? r.filter : "") == 0)
			continue;
		rs_err_set(err, RS_E_FILTER, _("the rows of %s.%s are synchronized already"), r.db, r.table);
		return rs_err_hint(err, _("take the table out of the objects first, and add it with the other condition then: it is copied anew"));
	}
	return rs_selection_agree(s, o->held, err);
}

enum rs_rc rs_objects_take_change(struct rs_objects *o, struct rs_selection *copy, enum rs_rc rc, struct rs_err *err)
{
	if (rc == RS_OK)
		rc = check_held(o, copy, err);
	if (rc == RS_OK)
		change_to(o, copy);
	else
		rs_selection_free(copy);
	return rc;
}

/* --- adding ---------------------------------------------------------------------------------------- */

enum rs_rc rs_objects_have_table(struct rs_selection *s, const char *db, const char *table, struct rs_err *err)
{
	if (rs_selection_includes_table(s, db, table))
		return RS_OK;
	if (rs_selection_whole_db(s, db)) {
		rs_selection_remove_table(s, db, table);
		return RS_OK;
	}
	return rs_selection_add_table(s, db, table, err);
}

static enum rs_rc add_node(const struct rs_objects *o, struct rs_selection *s, uint64_t node, struct rs_err *err)
{
	const struct rs_objects_table *t = rs_objects_table(o, node);
	const char *db = rs_objects_db(o, node)->name;

	if (!t)
		return rs_selection_add_db(s, db, err);
	if (t->unsupported)
		return rs_err_set(err, RS_E_NOT_SUPPORTED, "%s.%s: %s", db, t->name, t->unsupported);
	if (!rs_objects_can_select(t))
		return rs_err_set(err, RS_E_NOT_SUPPORTED, _("%s.%s is not selected by itself: it comes with the whole database"), db, t->name);
	return rs_objects_have_table(s, db, t->name, err);
}

enum rs_rc rs_objects_each_marked(const struct rs_objects *o, struct rs_selection *s, rs_objects_change *one, const void *with,
                                   struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; i < o->count && rc == RS_OK; i++) {
		const struct rs_objects_db *d = &o->dbs[i];

		if (d->marked)
			rc = one(s, d, NULL, with, err);
		for (size_t j = 0; j < d->count && rc == RS_OK; j++)
			if (d->tables[j].marked)
				rc = one(s, d, &d->tables[j], with, err);
	}
	return rc;
}

static enum rs_rc add_one(struct rs_selection *s, const struct rs_objects_db *d, const struct rs_objects_table *t, const void *with,
                          struct rs_err *err)
{
	(void)with;
	return t ? rs_objects_have_table(s, d->name, t->name, err) : rs_selection_add_db(s, d->name, err);
}

enum rs_rc rs_objects_add(struct rs_objects *o, uint64_t node, struct rs_err *err)
{
	struct rs_selection *copy;
	size_t hidden;
	enum rs_rc rc;

	if (!rs_objects_marked(o, &hidden) && !node)
		return rs_err_set(err, RS_E_USAGE, _("nothing is marked"));
	copy = rs_selection_copy(o->selection);
	rc = rs_objects_marked(o, &hidden) ? rs_objects_each_marked(o, copy, add_one, NULL, err) : add_node(o, copy, node, err);
	if (rc == RS_OK)
		rs_objects_mark_all(o, '-');
	return rs_objects_take_change(o, copy, rc, err);
}

size_t rs_objects_addable(const struct rs_objects *o)
{
	return *o->filter || o->only_marked ? o->addable : o->count;
}

static enum rs_rc add_shown_of(const struct rs_objects *o, const struct rs_objects_db *d, struct rs_selection *s, struct rs_err *err)
{
	bool whole = rs_selection_whole_db(s, d->name);
	enum rs_rc rc = RS_OK;

	if (o->only_marked ? d->marked : !*o->filter)
		return rs_selection_add_db(s, d->name, err);
	for (size_t j = 0; j < d->count && rc == RS_OK; j++)
		if (d->tables[j].shown && rs_objects_can_select(&d->tables[j]))
			rc = whole ? rs_objects_have_table(s, d->name, d->tables[j].name, err) : rs_selection_add_table(s, d->name, d->tables[j].name, err);
	return rc;
}

enum rs_rc rs_objects_add_shown(struct rs_objects *o, struct rs_err *err)
{
	struct rs_selection *copy = rs_selection_copy(o->selection);
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; i < o->count && rc == RS_OK; i++)
		rc = add_shown_of(o, &o->dbs[i], copy, err);
	return rs_objects_take_change(o, copy, rc, err);
}

enum rs_rc rs_objects_add_line(struct rs_objects *o, const char *line, struct rs_err *err)
{
	struct rs_selection *copy = rs_selection_copy(o->selection);

	return rs_objects_take_change(o, copy, rs_selection_parse(copy, _("selection"), line, strlen(line), err), err);
}

/* --- leaving out, removing ---------------------------------------------------------------------------- */

static enum rs_rc exclude(struct rs_selection *s, const char *db, const char *table, struct rs_err *err)
{
	if (!rs_selection_whole_db(s, db))
		return rs_err_set(err, RS_E_USAGE, _("%s is not selected as a whole: there is nothing to leave %s out of"), db, table);
	return rs_selection_exclude_table(s, db, table, err);
}

static enum rs_rc exclude_marked(const struct rs_objects *o, struct rs_selection *s, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; i < o->count && rc == RS_OK; i++)
		for (size_t j = 0; j < o->dbs[i].count && rc == RS_OK; j++)
			if (o->dbs[i].tables[j].marked)
				rc = exclude(s, o->dbs[i].name, o->dbs[i].tables[j].name, err);
	return rc;
}

enum rs_rc rs_objects_exclude(struct rs_objects *o, uint64_t node, struct rs_err *err)
{
	const struct rs_objects_table *t = node ? rs_objects_table(o, node) : NULL;
	struct rs_selection *copy;
	size_t hidden, marked = rs_objects_marked(o, &hidden);
	enum rs_rc rc;

	if (!marked && !t)
		return rs_err_set(err, RS_E_USAGE, _("only tables and columns can be left out"));
	copy = rs_selection_copy(o->selection);
	if (!marked && rs_objects_column(o, node)) {
		rc = rs_objects_have_table(copy, rs_objects_db(o, node)->name, t->name, err);
		if (rc == RS_OK)
			rc = rs_selection_exclude_column(copy, rs_objects_db(o, node)->name, t->name, rs_objects_column(o, node), err);
		return rs_objects_take_change(o, copy, rc, err);
	}
	rc = marked ? exclude_marked(o, copy, err) : exclude(copy, rs_objects_db(o, node)->name, t->name, err);
	if (rc == RS_OK)
		rs_objects_mark_all(o, '-');
	return rs_objects_take_change(o, copy, rc, err);
}

enum rs_rc rs_objects_remove(struct rs_objects *o, const char *db, const char *table, const char *column, struct rs_err *err)
{
	struct rs_selection *copy = rs_selection_copy(o->selection);

	if (column)
		(void)(rs_selection_rename_column(copy, db, table, column, NULL, NULL) == RS_OK);
	else if (table)
		rs_selection_remove_table(copy, db, table);
	else
		rs_selection_remove_db(copy, db);
	return rs_objects_take_change(o, copy, RS_OK, err);
}

void rs_objects_remove_all(struct rs_objects *o)
{
	change_to(o, rs_selection_new());
}

/* --- new names ------------------------------------------------------------------------------------------ */

/* "name" or "db.name", with backquotes where needed. */
static enum rs_rc rename_table(struct rs_selection *s, const char *db, const char *table, const char *to, struct rs_err *err)
{
	char *names[2] = {NULL, NULL};
	const char *end;
	size_t n = rs_selection_get_names(to, names, 2, &end, err);
	enum rs_rc rc = RS_OK;

	if (n == 0)
		return RS_FAIL;
	if (*end)
		rc = rs_err_set(err, RS_E_MAPPING, _("\"%s\" is no name; what is not a letter, a digit, _ or $ needs `backquotes`"), to);
	if (rc == RS_OK)
		rc = rs_selection_rename_table(s, db, table, n == 2 ? names[0] : NULL, n == 2 ? names[1] : names[0], err);
	free(names[0]);
	free(names[1]);
	return rc;
}

/* One name; "" is none. */
static enum rs_rc read_name(const char *to, char **name, struct rs_err *err)
{
	const char *end;

	*name = NULL;
	if (!*to)
		return RS_OK;
	if (rs_selection_get_names(to, name, 1, &end, err) == 0)
		return RS_FAIL;
	return *end ? rs_err_set(err, RS_E_MAPPING, _("\"%s\" is no name; what is not a letter, a digit, _ or $ needs `backquotes`"), to)
	            : RS_OK;
}

static enum rs_rc rename_in(struct rs_selection *s, const char *db, const char *table, const char *column, const char *to,
                            struct rs_err *err)
{
	char *name = NULL;
	enum rs_rc rc;

	if (table && !column && *to)
		return rename_table(s, db, table, to, err);
	if (table && !column)
		return rs_selection_rename_table(s, db, table, NULL, NULL, err);
	rc = read_name(to, &name, err);
	if (rc == RS_OK && column)
		rc = rs_selection_rename_column(s, db, table, column, name, err);
	else if (rc == RS_OK)
		rc = rs_selection_rename_db(s, db, name, err);
	free(name);
	return rc;
}

enum rs_rc rs_objects_have(struct rs_selection *s, const char *db, const char *table, struct rs_err *err)
{
	if (table)
		return rs_objects_have_table(s, db, table, err);
	return rs_selection_includes_db(s, db) ? RS_OK : rs_selection_add_db(s, db, err);
}

enum rs_rc rs_objects_rename(struct rs_objects *o, const char *db, const char *table, const char *column, const char *to,
                             struct rs_err *err)
{
	struct rs_selection *copy = rs_selection_copy(o->selection);
	enum rs_rc rc = rs_objects_have(copy, db, table, err);

	if (rc == RS_OK)
		rc = rename_in(copy, db, table, column, to, err);
	return rs_objects_take_change(o, copy, rc, err);
}

/* In the database where it is, be that its own's or another. */
static enum rs_rc rename_one(struct rs_selection *s, const struct rs_objects_name *n, struct rs_err *err)
{
	const char *to_db, *to_table;
	char *kept = NULL;
	enum rs_rc rc = rs_objects_have(s, n->db, n->table, err);

	if (rc != RS_OK || !n->table)
		return rc == RS_OK ? rs_selection_rename_db(s, n->db, n->to, err) : rc;
	rs_selection_map_table(s, n->db, n->table, &to_db, &to_table);
	if (strcmp(to_db, rs_selection_map_db(s, n->db)) != 0)
		kept = rs_xstrdup(to_db);
	rc = rs_selection_rename_table(s, n->db, n->table, kept, n->to, err);
	free(kept);
	return rc;
}

enum rs_rc rs_objects_rename_many(struct rs_objects *o, const struct rs_objects_name *names, size_t count, bool check,
                                  struct rs_err *err)
{
	struct rs_selection *copy = rs_selection_copy(o->selection);
	bool collided = check && rs_selection_check(copy, false, NULL) != RS_OK;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; i < count && rc == RS_OK; i++)
		rc = rename_one(copy, &names[i], err);
	if (rc == RS_OK && check && !collided)
		rc = rs_selection_check(copy, false, err);
	return rs_objects_take_change(o, copy, rc, err);
}

enum rs_rc rs_objects_set_filter(struct rs_objects *o, const char *db, const char *table, const char *condition,
                                 struct rs_err *err)
{
	struct rs_selection *copy = rs_selection_copy(o->selection);
	enum rs_rc rc = rs_objects_have_table(copy, db, table, err);

	if (rc == RS_OK)
		rc = rs_selection_set_filter(copy, db, table, condition, err);
	return rs_objects_take_change(o, copy, rc, err);
}

enum rs_rc rs_objects_set_operations(struct rs_objects *o, const char *db, const char *table, const struct rs_operations *kinds,
                                     struct rs_err *err)
{
	struct rs_selection *copy = rs_selection_copy(o->selection);
	enum rs_rc rc = rs_objects_have(copy, db, table, err);

	if (rc == RS_OK)
		rc = rs_selection_set_operations(copy, db, table, kinds, err);
	return rs_objects_take_change(o, copy, rc, err);
}

/* --- of all that is marked ------------------------------------------------------------------------------ */

static enum rs_rc must_be_table(const struct rs_objects_db *d, const struct rs_objects_table *t, struct rs_err *err)
{
	if (t && t->kind == RS_OBJECT_TABLE)
		return RS_OK;
	return rs_err_set(err, RS_E_USAGE, _("%s%s%s is marked, too, and only rows of tables are filtered"), d->name, t ? "." : "",
	                  t ? t->name : "");
}

static enum rs_rc filter_one(struct rs_selection *s, const struct rs_objects_db *d, const struct rs_objects_table *t, const void *with,
                             struct rs_err *err)
{
	if (must_be_table(d, t, err) != RS_OK || rs_objects_have_table(s, d->name, t->name, err) != RS_OK)
		return RS_FAIL;
	return rs_selection_set_filter(s, d->name, t->name, with, err);
}

enum rs_rc rs_objects_filter_marked(struct rs_objects *o, const char *condition, struct rs_err *err)
{
	struct rs_selection *copy = rs_selection_copy(o->selection);

	return rs_objects_take_change(o, copy, rs_objects_each_marked(o, copy, filter_one, condition, err), err);
}

/* With the columns that have arrived. */
static enum rs_rc check_one(struct rs_selection *s, const struct rs_objects_db *d, const struct rs_objects_table *t, const void *with,
                            struct rs_err *err)
{
	struct rs_err why = RS_ERR_INIT;

	(void)s;
	if (must_be_table(d, t, err) != RS_OK)
		return RS_FAIL;
	if (!*(const char *)with || t->columns != RS_COLUMNS_KNOWN || rs_browse_check_filter(t->schema, with, &why) == RS_OK)
		return RS_OK;
	rs_err_set(err, why.code, "%s.%s: %s", d->name, t->name, why.primary);
	rs_err_clear(&why);
	return RS_FAIL;
}

enum rs_rc rs_objects_check_marked(const struct rs_objects *o, const char *condition, struct rs_err *err)
{
	return rs_objects_each_marked(o, NULL, check_one, condition, err);
}

static enum rs_rc give_one_kinds(struct rs_selection *s, const struct rs_objects_db *d, const struct rs_objects_table *t, const void *with,
                                 struct rs_err *err)
{
	const char *table = t ? t->name : NULL;

	if (rs_objects_have(s, d->name, table, err) != RS_OK)
		return RS_FAIL;
	return rs_selection_set_operations(s, d->name, table, with, err);
}

enum rs_rc rs_objects_give_marked_kinds(struct rs_objects *o, const struct rs_operations *kinds, struct rs_err *err)
{
	struct rs_selection *copy = rs_selection_copy(o->selection);

	return rs_objects_take_change(o, copy, rs_objects_each_marked(o, copy, give_one_kinds, kinds, err), err);
}

/* What is said of the first, and whether the same is said of all others. */
struct common {
	const struct rs_selection *s;
	bool any, one_filter, one_kinds;
	const char *filter;
	const struct rs_operations *kinds;
};

static bool same_kinds(const struct rs_operations *a, const struct rs_operations *b)
{
	return a == b || (a && b && a->dml == b->dml && a->ddl == b->ddl);
}

static enum rs_rc compare_one(struct rs_selection *s, const struct rs_objects_db *d, const struct rs_objects_table *t, const void *with,
                              struct rs_err *err)
{
	struct common *c = (struct common *)(uintptr_t)with;
	const char *filter = t ? rs_selection_filter(c->s, d->name, t->name) : NULL;
	const struct rs_operations *kinds = rs_selection_operations(c->s, d->name, t ? t->name : NULL);

	(void)s;
	(void)err;
	if (!c->any)
		*c = (struct common){c->s, true, true, true, filter, kinds};
	c->one_filter = c->one_filter && strcmp(c->filter ? c->filter : "", filter ? filter : "") == 0;
	c->one_kinds = c->one_kinds && same_kinds(c->kinds, kinds);
	return RS_OK;
}

static struct common common_of(const struct rs_objects *o)
{
	struct common c = {.s = o->selection};

	(void)(rs_objects_each_marked(o, NULL, compare_one, &c, NULL) == RS_OK);
	return c;
}

bool rs_objects_marked_filter(const struct rs_objects *o, const char **filter)
{
	struct common c = common_of(o);

	*filter = c.one_filter && c.filter ? c.filter : "";
	return c.one_filter;
}

bool rs_objects_marked_kinds(const struct rs_objects *o, const struct rs_operations **kinds)
{
	struct common c = common_of(o);

	*kinds = c.one_kinds ? c.kinds : NULL;
	return c.one_kinds;
}
