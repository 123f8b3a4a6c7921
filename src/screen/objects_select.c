/* Changes of the selection, each of which can be undone; and what is asked about all that is marked. */
#include "screen/objects_priv.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

#define LEVELS 64
#define LEVELS_LARGE 16      /* where one may cost 10 MB: the one database has them all */
#define LARGE 20000          /* tables */

/* --- undo ---------------------------------------------------------------------------------------- */

static bool is_large(const struct rs_selection *s)
{
	size_t databases, tables;

	rs_selection_count(s, &databases, &tables);
	return databases + tables > LARGE;
}

static void push(struct rs_objects *o, struct rs_selection ***stack, size_t *count, struct rs_selection *s)
{
	size_t levels = is_large(s) ? LEVELS_LARGE : LEVELS;

	while (*count >= levels) {
		rs_objects_free_selection(o, (*stack)[0]);
		memmove(*stack, *stack + 1, --*count * sizeof(struct rs_selection *));
	}
	*stack = rs_xrealloc(*stack, (*count + 1) * sizeof(struct rs_selection *));
	(*stack)[(*count)++] = s;
}

static void forget_now(void *s)
{
	rs_selection_free(s);
}

void rs_objects_free_selection(struct rs_objects *o, struct rs_selection *s)
{
	if (o->works && is_large(s))
		rs_work_start(o->works, forget_now, NULL, s, RS_WORK_QUIET);
	else
		rs_selection_free(s);
}

void rs_objects_change_to(struct rs_objects *o, struct rs_selection *s)
{
	if (rs_selection_same(s, o->selection)) {
		rs_objects_free_selection(o, s);
		return;
	}
	push(o, &o->undo, &o->undo_count, o->selection);
	while (o->redo_count)
		rs_objects_free_selection(o, o->redo[--o->redo_count]);
	o->selection = s;
	o->version++;
}

static bool take_back(struct rs_objects *o, struct rs_selection **from, size_t *from_count, struct rs_selection ***to,
                      size_t *to_count)
{
	if (!*from_count)
		return false;
	push(o, to, to_count, o->selection);
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

enum rs_rc rs_objects_keeps(const struct rs_objects *o, const struct rs_selection *s, const struct rs_selection_rule *r,
                            struct rs_err *err)
{
	const char *was, *is;

	if (r->table && !r->column && rs_selection_includes_table(s, r->db, r->table) && rs_selection_includes_table(o->held, r->db, r->table)) {
		was = rs_selection_filter(o->held, r->db, r->table);
		is = rs_selection_filter(s, r->db, r->table);
		if (strcmp(was ? was : "", is ? is : "") != 0) {
			rs_err_set(err, RS_E_FILTER, _("the rows of %s.%s are synchronized already"), r->db, r->table);
			return rs_err_hint(err, _("take the table out of the objects first, and add it with the other condition then: it is copied anew"));
		}
	}
	return rs_selection_agree_on(s, o->held, r, err);
}

static enum rs_rc keep_all(const struct rs_objects *o, const struct rs_selection *s, const struct rs_selection *rules, struct rs_err *err)
{
	struct rs_selection_rule r;
	enum rs_rc rc = RS_OK;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rc == RS_OK && rs_selection_each(rules, &i, &r);)
		rc = rs_objects_keeps(o, s, &r, err);
	return rc;
}

enum rs_rc rs_objects_take_change(struct rs_objects *o, struct rs_selection *copy, enum rs_rc rc, struct rs_err *err)
{
	if (rc == RS_OK && o->held)
		rc = keep_all(o, copy, copy, err);
	if (rc == RS_OK && o->held)
		rc = keep_all(o, copy, o->held, err);
	if (rc == RS_OK)
		rs_objects_change_to(o, copy);
	else
		rs_objects_free_selection(o, copy);
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

enum rs_rc rs_objects_add_line(struct rs_objects *o, const char *line, struct rs_err *err)
{
	struct rs_selection *copy = rs_selection_copy(o->selection);

	return rs_objects_take_change(o, copy, rs_selection_parse(copy, _("selection"), line, strlen(line), err), err);
}

/* --- removing -------------------------------------------------------------------------------------------- */

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
	rs_objects_change_to(o, rs_selection_new());
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

enum rs_rc rs_objects_each_marked(const struct rs_objects *o, struct rs_selection *s, rs_objects_visit *one, const void *with,
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

enum rs_rc rs_objects_must_have_rows(const struct rs_objects_db *d, const struct rs_objects_table *t, struct rs_err *err)
{
	if (t && t->kind == RS_OBJECT_TABLE)
		return RS_OK;
	return rs_err_set(err, RS_E_USAGE, _("%s%s%s is marked, too, and only rows of tables are filtered"), d->name, t ? "." : "",
	                  t ? t->name : "");
}

/* With the columns that have arrived. */
static enum rs_rc check_one(struct rs_selection *s, const struct rs_objects_db *d, const struct rs_objects_table *t, const void *with,
                            struct rs_err *err)
{
	struct rs_err why = RS_ERR_INIT;

	(void)s;
	if (rs_objects_must_have_rows(d, t, err) != RS_OK)
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

/* Whether the same is said of all: what is said of the first. */
struct common {
	const struct rs_selection *s;
	bool any;
	const char *filter;                /* NULL: none, or not asked for */
	const struct rs_operations *kinds;
};

static enum rs_rc compare_filter(struct rs_selection *s, const struct rs_objects_db *d, const struct rs_objects_table *t, const void *with,
                                 struct rs_err *err)
{
	struct common *c = (struct common *)(uintptr_t)with;
	const char *filter = t ? rs_selection_filter(c->s, d->name, t->name) : NULL;

	(void)s;
	(void)err;
	if (!c->any)
		c->filter = filter;
	c->any = true;
	return strcmp(c->filter ? c->filter : "", filter ? filter : "") == 0 ? RS_OK : RS_FAIL;
}

bool rs_objects_marked_filter(const struct rs_objects *o, const char **filter)
{
	struct common c = {.s = o->selection};
	bool same = !rs_selection_filters(o->selection) || rs_objects_each_marked(o, NULL, compare_filter, &c, NULL) == RS_OK;

	*filter = same && c.filter ? c.filter : "";
	return same;
}

static bool same_kinds(const struct rs_operations *a, const struct rs_operations *b)
{
	return a == b || (a && b && a->dml == b->dml && a->ddl == b->ddl);
}

static enum rs_rc compare_kinds(struct rs_selection *s, const struct rs_objects_db *d, const struct rs_objects_table *t, const void *with,
                                struct rs_err *err)
{
	struct common *c = (struct common *)(uintptr_t)with;
	const struct rs_operations *kinds = rs_selection_operations(c->s, d->name, t ? t->name : NULL);

	(void)s;
	(void)err;
	if (!c->any)
		c->kinds = kinds;
	c->any = true;
	return same_kinds(c->kinds, kinds) ? RS_OK : RS_FAIL;
}

static bool any_has_kinds(const struct rs_selection *s)
{
	struct rs_selection_rule r;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each(s, &i, &r);)
		if (r.operations)
			return true;
	return false;
}

bool rs_objects_marked_kinds(const struct rs_objects *o, const struct rs_operations **kinds)
{
	struct common c = {.s = o->selection};
	bool same = !any_has_kinds(o->selection) || rs_objects_each_marked(o, NULL, compare_kinds, &c, NULL) == RS_OK;

	*kinds = same ? c.kinds : NULL;
	return same;
}
