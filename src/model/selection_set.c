/* Selections as sets of tables: what one has and another has not, and both together. */
#include "base/i18n.h"
#include "base/mem.h"
#include "model/selection_name.h"
#include "model/selection_rules.h"

/* Rules that were valid in one selection are so in another. */
static void must(enum rs_rc rc)
{
	if (rc != RS_OK)
		rs_bug("a rule of a selection is not valid in another");
}

static void put_column(struct rs_selection *out, const char *db, const char *table, const struct sel_column *c)
{
	must(c->to ? rs_selection_rename_column(out, db, table, c->name, c->to, NULL)
	           : rs_selection_exclude_column(out, db, table, c->name, NULL));
}

static void put_settings(struct rs_selection *out, const char *db, const char *table, const struct sel_settings *s)
{
	for (int i = 0; s && i < RS_TABLE_SETTINGS; i++)
		if (s->of[i])
			must(rs_selection_set_setting(out, db, table, (enum rs_table_setting)i, s->of[i], NULL));
}

/* What holds for the whole of a database. */
static void put_db(struct rs_selection *out, const struct sel_db *d)
{
	if (d->to)
		must(rs_selection_rename_db(out, d->name, d->to, NULL));
	if (d->operations.given)
		must(rs_selection_set_operations(out, d->name, NULL, &d->operations, NULL));
	put_settings(out, d->name, NULL, d->settings);
}

/* The names of a table and its columns, its filter, its kinds of changes and its settings. */
static void put_names(struct rs_selection *out, const char *db, const struct sel_table *t)
{
	const struct rs_map_entry *e;

	if (t->to_db || t->to_name)
		must(rs_selection_rename_table(out, db, t->name, t->to_db, t->to_name, NULL));
	if (t->filter)
		must(rs_selection_set_filter(out, db, t->name, t->filter, NULL));
	if (t->operations.given)
		must(rs_selection_set_operations(out, db, t->name, &t->operations, NULL));
	put_settings(out, db, t->name, t->settings);
	for (size_t i = 0; rs_map_each(&t->columns, &i, &e);)
		put_column(out, db, t->name, e->value);
}

static void put_alone(struct rs_selection *out, const struct rs_selection *s, const char *db, const char *table)
{
	const struct sel_table *t = rs_selection_table(s, db, table);

	must(rs_selection_add_table(out, db, table, NULL));
	if (t)
		put_names(out, db, t);
}

/* ------------------------------------------------------------------ difference */

/* a has all of the database, b some of it. */
static void put_rest(struct rs_selection *out, const struct sel_db *d, const struct rs_selection *b)
{
	const struct sel_db *other = rs_selection_db(b, d->name);
	const struct rs_map_entry *e;

	must(rs_selection_add_db(out, d->name, NULL));
	for (size_t i = 0; rs_map_each(&d->tables, &i, &e);) {
		const struct sel_table *t = e->value;
		if (t->excluded)
			must(rs_selection_exclude_table(out, d->name, t->name, NULL));
		else
			put_names(out, d->name, t);
	}
	for (size_t i = 0; other && rs_map_each(&other->tables, &i, &e);) {
		const char *table = ((const struct sel_table *)e->value)->name;
		if (rs_selection_includes_table(b, d->name, table))
			must(rs_selection_exclude_table(out, d->name, table, NULL));
	}
}

/* Those of the tables that rules in `named` speak of. */
static void put_named(struct rs_selection *out, const struct rs_selection *a, const struct sel_db *d,
                      const struct rs_selection *b, const struct sel_db *named)
{
	const struct rs_map_entry *e;

	for (size_t i = 0; named && rs_map_each(&named->tables, &i, &e);) {
		const char *table = ((const struct sel_table *)e->value)->name;
		if (rs_selection_includes_table(a, d->name, table) && !rs_selection_includes_table(b, d->name, table))
			put_alone(out, a, d->name, table);
	}
}

struct rs_selection *rs_selection_minus(const struct rs_selection *a, const struct rs_selection *b)
{
	struct rs_selection *out = rs_selection_new();
	const struct rs_map_entry *e;

	out->fold = a->fold;
	out->name_case = a->name_case;
	rs_selection_set_working(out, a->working);
	for (size_t i = 0; rs_map_each(&a->dbs, &i, &e);) {
		const struct sel_db *d = e->value;
		if (d->whole && !rs_selection_whole_db(b, d->name)) {
			put_rest(out, d, b);
		} else {
			put_named(out, a, d, b, d);
			put_named(out, a, d, b, rs_selection_db(b, d->name));
		}
		if (rs_selection_db(out, d->name))
			put_db(out, d);
	}
	return out;
}

struct rs_selection *rs_selection_both(const struct rs_selection *a, const struct rs_selection *b)
{
	struct rs_selection *rest = rs_selection_minus(a, b);
	struct rs_selection *out = rs_selection_minus(a, rest);

	rs_selection_free(rest);
	return out;
}

/* ------------------------------------------------------------------ union */

static void add_tables(struct rs_selection *to, const struct rs_selection *more, const struct sel_db *d)
{
	const struct rs_map_entry *e;

	for (size_t i = 0; rs_map_each(&d->tables, &i, &e);) {
		const struct sel_table *t = e->value;
		if (!t->excluded)
			put_alone(to, more, d->name, t->name);
	}
}

/* What the other leaves out stays out, unless it is there already; before the database is taken whole. */
static void add_exclusions(struct rs_selection *to, const struct sel_db *d)
{
	const struct rs_map_entry *e;

	for (size_t i = 0; d->whole && rs_map_each(&d->tables, &i, &e);) {
		const struct sel_table *t = e->value;
		if (t->excluded && !rs_selection_includes_table(to, d->name, t->name))
			must(rs_selection_exclude_table(to, d->name, t->name, NULL));
	}
}

void rs_selection_add_all(struct rs_selection *to, const struct rs_selection *more)
{
	const struct rs_map_entry *e;

	for (size_t i = 0; rs_map_each(&more->dbs, &i, &e);) {
		const struct sel_db *d = e->value;
		add_exclusions(to, d);
		if (d->whole)
			must(rs_selection_add_db(to, d->name, NULL));
		add_tables(to, more, d);
		put_db(to, d);
	}
}

/* ------------------------------------------------------------------ names of what both have */

static enum rs_rc differ(const char *db, const char *table, const char *was, struct rs_err *err)
{
	struct rs_buf name = RS_BUF_INIT;

	rs_name_put(&name, db, table, NULL);
	rs_err_set(err, RS_E_MAPPING, _("%s: the names at the destination can't be changed while it is synchronized"),
	           rs_buf_str(&name));
	rs_err_detail(err, "%s", was);
	rs_buf_release(&name);
	return rs_err_hint(err, _("give it back the name that it has; or take it out of the objects first, and add it under its new "
	                          "name then: it is copied anew"));
}

static bool same_columns(const struct rs_selection *a, const struct rs_selection *b, const struct sel_table *t, const char *db)
{
	const struct rs_map_entry *e;

	for (size_t i = 0; t && rs_map_each(&t->columns, &i, &e);) {
		const char *column = ((const struct sel_column *)e->value)->name;
		const char *here = rs_selection_map_column(a, db, t->name, column), *there = rs_selection_map_column(b, db, t->name, column);
		if (here != there && (!here || !there || strcmp(here, there) != 0))
			return false;
	}
	return true;
}

/* They are what the table began with. */
static enum rs_rc agree_on_settings(const struct rs_selection *a, const struct rs_selection *b, const char *db, const char *table,
                                    struct rs_err *err)
{
	for (int i = 0; i < RS_TABLE_SETTINGS; i++) {
		const char *here = rs_selection_setting(a, db, table, (enum rs_table_setting)i);
		const char *there = rs_selection_setting(b, db, table, (enum rs_table_setting)i);

		if (strcmp(here ? here : "", there ? there : "") == 0)
			continue;
		rs_err_set(err, RS_E_MAPPING, _("%s.%s: the %s can't be changed while it is synchronized"), db, table,
		           rs_table_setting_word((enum rs_table_setting)i));
		rs_err_detail(err, "%s", there ? there : "-");
		return rs_err_hint(err, _("give it back what it has; or take it out of the objects first, and add it with the new setting then: "
		                          "it is copied anew"));
	}
	return RS_OK;
}

static enum rs_rc agree_on_table(const struct rs_selection *a, const struct rs_selection *b, const char *db, const char *table,
                                 struct rs_err *err)
{
	const char *db_a, *db_b, *name_a, *name_b;

	if (!rs_selection_includes_table(a, db, table) || !rs_selection_includes_table(b, db, table))
		return RS_OK;
	rs_selection_map_table(a, db, table, &db_a, &name_a);
	rs_selection_map_table(b, db, table, &db_b, &name_b);
	/* Of one the case that the destination wants may not be known yet. */
	bool fold = a->name_case != b->name_case;
	if (!rs_name_same(db_a, db_b, fold) || !rs_name_same(name_a, name_b, fold))
		return differ(db, table, name_b, err);
	if (!same_columns(a, b, rs_selection_table(a, db, table), db) || !same_columns(a, b, rs_selection_table(b, db, table), db))
		return differ(db, table, _("its columns"), err);
	return agree_on_settings(a, b, db, table, err);
}

enum rs_rc rs_selection_agree_on(const struct rs_selection *a, const struct rs_selection *b, const struct rs_selection_rule *r,
                                 struct rs_err *err)
{
	if (!r->table && rs_selection_whole_db(a, r->db) && rs_selection_whole_db(b, r->db) &&
	    !rs_name_same(rs_selection_map_db(a, r->db), rs_selection_map_db(b, r->db), a->name_case != b->name_case))
		return differ(r->db, NULL, rs_selection_map_db(b, r->db), err);
	return r->table && !r->column ? agree_on_table(a, b, r->db, r->table, err) : RS_OK;
}

static enum rs_rc agree_on_named(const struct rs_selection *a, const struct rs_selection *b, const struct rs_selection *named,
                                 struct rs_err *err)
{
	struct rs_selection_rule r;
	enum rs_rc rc = RS_OK;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rc == RS_OK && rs_selection_each(named, &i, &r);)
		rc = rs_selection_agree_on(a, b, &r, err);
	return rc;
}

enum rs_rc rs_selection_agree(const struct rs_selection *a, const struct rs_selection *b, struct rs_err *err)
{
	enum rs_rc rc = agree_on_named(a, b, a, err);

	return rc == RS_OK ? agree_on_named(a, b, b, err) : rc;
}
