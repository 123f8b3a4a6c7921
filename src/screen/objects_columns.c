/* Columns of many tables at once: left out, or given another name, wherever a marked table has them. */
#include "screen/objects_priv.h"

#include <fnmatch.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/selection_name.h"

/* What is looked for, what is done with it, and what was found. */
struct search {
	const char *pattern;
	const char *to;              /* the new name; "": none, they are left out */
	struct rs_selection *s;      /* that is changed */
	struct rs_objects_columns found;
	struct rs_buf *names;        /* the first of them, to be shown; NULL: not wanted */
	size_t names_most;
};

static bool is_meant(const struct search *f, const char *column)
{
	return fnmatch(f->pattern, column, FNM_CASEFOLD) == 0;
}

static void put_name(struct search *f, const char *db, const char *table, const char *column)
{
	if (!f->names || f->found.columns > f->names_most)
		return;
	(void)rs_buf_adds(f->names, f->names->len ? ", " : "");
	rs_name_put(f->names, db, table, column);
}

/* Not the name of a column that the table has, and keeps there. */
static enum rs_rc check_free(const struct search *f, const struct rs_objects_db *d, const struct rs_objects_table *t, struct rs_err *err)
{
	for (uint32_t i = 0; i < t->schema->n_columns; i++) {
		const char *other = t->schema->columns[i].name, *called = rs_selection_map_column(f->s, d->name, t->name, other);

		if (called && !is_meant(f, other) && rs_name_same(called, f->to, true))
			return rs_err_set(err, RS_E_MAPPING, _("%s.%s has another column that is called %s"), d->name, t->name, f->to);
	}
	return RS_OK;
}

static enum rs_rc change(struct search *f, const struct rs_objects_db *d, const struct rs_objects_table *t, const char *column, struct rs_err *err)
{
	if (rs_objects_have_table(f->s, d->name, t->name, err) != RS_OK)
		return RS_FAIL;
	if (!*f->to)
		return rs_selection_exclude_column(f->s, d->name, t->name, column, err);
	if (check_free(f, d, t, err) != RS_OK)
		return RS_FAIL;
	return rs_selection_rename_column(f->s, d->name, t->name, column, f->to, err);
}

static enum rs_rc too_many(const struct search *f, const struct rs_objects_db *d, const struct rs_objects_table *t, struct rs_err *err)
{
	rs_err_set(err, RS_E_MAPPING, _("several columns of %s.%s would be called %s"), d->name, t->name, f->to);
	return rs_err_hint(err, _("give a pattern that one column of each table fits, or leave them out"));
}

static enum rs_rc search_table(struct search *f, const struct rs_objects_db *d, const struct rs_objects_table *t, struct rs_err *err)
{
	size_t n = 0;
	enum rs_rc rc = RS_OK;

	if (t->columns != RS_COLUMNS_KNOWN) {
		f->found.unknown++;
		return RS_OK;
	}
	for (uint32_t i = 0; i < t->schema->n_columns && rc == RS_OK; i++) {
		const char *column = t->schema->columns[i].name;

		if (!is_meant(f, column))
			continue;
		f->found.columns++;
		put_name(f, d->name, t->name, column);
		rc = ++n > 1 && *f->to ? too_many(f, d, t, err) : change(f, d, t, column, err);
	}
	f->found.tables += n > 0;
	return rc;
}

static enum rs_rc must_be_table(const struct rs_objects_db *d, const struct rs_objects_table *t, struct rs_err *err)
{
	if (t && t->kind == RS_OBJECT_TABLE)
		return RS_OK;
	return rs_err_set(err, RS_E_USAGE, _("%s%s%s is marked, too, and is no table that has columns"), d->name, t ? "." : "", t ? t->name : "");
}

static enum rs_rc search_marked(const struct rs_objects *o, struct search *f, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; i < o->count && rc == RS_OK; i++) {
		const struct rs_objects_db *d = &o->dbs[i];

		if (d->marked)
			rc = must_be_table(d, NULL, err);
		for (size_t j = 0; j < d->count && rc == RS_OK; j++) {
			const struct rs_objects_table *t = &d->tables[j];

			if (t->marked && (rc = must_be_table(d, t, err)) == RS_OK)
				rc = search_table(f, d, t, err);
		}
	}
	return rc;
}

enum rs_rc rs_objects_find_columns(const struct rs_objects *o, const char *pattern, const char *to, struct rs_objects_columns *found,
                                   size_t most, struct rs_buf *names, struct rs_err *err)
{
	struct rs_selection *scratch = rs_selection_copy(o->selection);
	struct search f = {.pattern = pattern, .to = to, .s = scratch, .names = names, .names_most = most};
	enum rs_rc rc = search_marked(o, &f, err);

	rs_selection_free(scratch);
	*found = f.found;
	return rc;
}

enum rs_rc rs_objects_change_columns(struct rs_objects *o, const char *pattern, const char *to, struct rs_objects_columns *found,
                                     struct rs_err *err)
{
	struct rs_selection *copy = rs_selection_copy(o->selection);
	struct search f = {.pattern = pattern, .to = to, .s = copy};
	enum rs_rc rc = search_marked(o, &f, err);

	if (rc == RS_OK && f.found.unknown)
		rc = rs_err_set(err, RS_E_USAGE, _("the columns of %zu of the marked tables are not known yet"), f.found.unknown);
	else if (rc == RS_OK && !f.found.columns)
		rc = rs_err_set(err, RS_E_USAGE, _("none of the marked tables has such a column"));
	*found = f.found;
	return rs_objects_take_change(o, copy, rc, err);
}
