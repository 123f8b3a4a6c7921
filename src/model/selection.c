#include "model/selection_rules.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "model/filter.h"
#include "model/selection_name.h"
#include "model/working.h"

static atomic_uint_least64_t numbers;

static uint64_t new_number(void)
{
	return atomic_fetch_add_explicit(&numbers, 1, memory_order_relaxed) + 1;
}

uint64_t rs_selection_last_number(void)
{
	return atomic_load_explicit(&numbers, memory_order_relaxed);
}

static void free_column(void *p)
{
	struct sel_column *c = p;

	free(c->name);
	free(c->to);
	free(c);
}

static void drop_table(void *p)
{
	struct sel_table *t = p;

	if (atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
		return;
	rs_map_release(&t->columns, free_column);
	free(t->name);
	free(t->to_db);
	free(t->to_name);
	free(t->filter);
	rs_settings_clear(&t->settings);
	free(t);
}

static void drop_db(void *p)
{
	struct sel_db *d = p;

	if (atomic_fetch_sub_explicit(&d->refs, 1, memory_order_acq_rel) != 1)
		return;
	rs_map_release(&d->tables, drop_table);
	free(d->name);
	free(d->to);
	rs_settings_clear(&d->settings);
	free(d);
}

struct rs_selection *rs_selection_new(void)
{
	struct rs_selection *s = rs_xcalloc(1, sizeof *s);

	s->cased = rs_xcalloc(1, sizeof *s->cased);
	pthread_mutex_init(&s->cased->lock, NULL);
	return s;
}

void rs_selection_free(struct rs_selection *s)
{
	if (!s)
		return;
	rs_map_release(&s->dbs, drop_db);
	rs_map_release(&s->cased->names, free);
	pthread_mutex_destroy(&s->cased->lock);
	free(s->cased);
	rs_working_unref(s->working);
	free(s);
}

void rs_selection_set_case(struct rs_selection *s, enum rs_name_case name_case)
{
	if (s->name_case == name_case)
		return;
	rs_map_release(&s->cased->names, free);
	s->cased->names = (struct rs_map)RS_MAP_INIT;
	s->name_case = name_case;
}

void rs_selection_set_working(struct rs_selection *s, struct rs_working *w)
{
	rs_working_ref(w);
	rs_working_unref(s->working);
	s->working = w;
}

const struct rs_working *rs_selection_working(const struct rs_selection *s)
{
	return s->working;
}

/* The name of what no rule renames. */
static const char *cased(const struct rs_selection *s, const char *name)
{
	char *made;

	if (s->name_case == RS_CASE_KEEP)
		return name;
	pthread_mutex_lock(&s->cased->lock);
	made = rs_map_get(&s->cased->names, name, strlen(name));
	if (!made) {
		made = rs_name_folded(name, s->name_case == RS_CASE_UPPER);
		rs_map_put(&s->cased->names, name, strlen(name), made);
	}
	pthread_mutex_unlock(&s->cased->lock);
	return made;
}

/* --- looking up ---------------------------------------------------------------------------------------------------- */

static void *find(const struct rs_map *m, const char *name, bool fold)
{
	char key[RS_NAME_KEY_MAX];

	return rs_map_get(m, key, rs_name_key(name, fold, key));
}

const struct sel_db *rs_selection_db(const struct rs_selection *s, const char *db)
{
	return find(&s->dbs, db, s->fold);
}

const struct sel_table *rs_selection_table(const struct rs_selection *s, const char *db, const char *table)
{
	const struct sel_db *d = rs_selection_db(s, db);

	return d ? find(&d->tables, table, s->fold) : NULL;
}

bool rs_selection_selects(const struct rs_selection *s, const struct sel_db *d, const struct sel_table *t, const char *table)
{
	if (t && (t->selected || t->excluded))
		return t->selected;
	return d->whole && rs_working_role(s->working, table, NULL) == RS_WORKING_NONE;
}

bool rs_selection_is_empty(const struct rs_selection *s)
{
	size_t databases, tables;

	rs_selection_count(s, &databases, &tables);
	return databases == 0 && tables == 0;
}

void rs_selection_count(const struct rs_selection *s, size_t *databases, size_t *tables)
{
	const struct rs_map_entry *e;

	*databases = *tables = 0;
	for (size_t i = 0; rs_map_each(&s->dbs, &i, &e);) {
		const struct sel_db *d = e->value;

		*databases += d->whole;
		*tables += d->whole ? 0 : d->selected;
	}
}

bool rs_selection_includes_db(const struct rs_selection *s, const char *db)
{
	const struct sel_db *d = rs_selection_db(s, db);

	return d && (d->whole || d->selected > 0);
}

bool rs_selection_whole_db(const struct rs_selection *s, const char *db)
{
	const struct sel_db *d = rs_selection_db(s, db);

	return d && d->whole;
}

bool rs_selection_includes_table(const struct rs_selection *s, const char *db, const char *table)
{
	const struct sel_db *d = rs_selection_db(s, db);

	return d && rs_selection_selects(s, d, find(&d->tables, table, s->fold), table);
}

size_t rs_selection_tables_of(const struct rs_selection *s, const char *db)
{
	const struct sel_db *d = rs_selection_db(s, db);

	return d ? d->selected : 0;
}

bool rs_selection_has_table(const struct rs_selection *s, const char *db, const char *table)
{
	return rs_selection_table(s, db, table) != NULL;
}

const char *rs_selection_filter(const struct rs_selection *s, const char *db, const char *table)
{
	const struct sel_table *t = rs_selection_table(s, db, table);

	return t ? t->filter : NULL;
}

bool rs_selection_filters(const struct rs_selection *s)
{
	struct rs_selection_rule r;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each_said(s, &i, &r);)
		if (r.filter)
			return true;
	return false;
}

const char *rs_selection_map_db(const struct rs_selection *s, const char *db)
{
	const struct sel_db *d = rs_selection_db(s, db);

	return d && d->to ? d->to : cased(s, db);
}

void rs_selection_map_table(const struct rs_selection *s, const char *db, const char *table, const char **to_db,
                            const char **to_table)
{
	const struct sel_db *d = rs_selection_db(s, db);
	const struct sel_table *t = d ? find(&d->tables, table, s->fold) : NULL;

	*to_db = t && t->to_db ? t->to_db : d && d->to ? d->to : cased(s, db);
	*to_table = t && t->to_name ? t->to_name : cased(s, table);
}

const char *rs_selection_map_column(const struct rs_selection *s, const char *db, const char *table, const char *column)
{
	const struct sel_table *t = rs_selection_table(s, db, table);
	const struct sel_column *c = t ? find(&t->columns, column, true) : NULL;

	return c ? c->to : column;
}

bool rs_selection_excludes_column(const struct rs_selection *s, const char *db, const char *table, const char *column)
{
	return rs_selection_map_column(s, db, table, column) == NULL;
}

bool rs_selection_maps_columns(const struct rs_selection *s, const char *db, const char *table)
{
	const struct sel_table *t = rs_selection_table(s, db, table);

	return t && t->columns.count > 0;
}

bool rs_selection_maps(const struct rs_selection *s)
{
	struct rs_selection_rule r;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each_said(s, &i, &r);)
		if (r.to_db || r.to_name)
			return true;
	return false;
}

/* --- stepping through the rules -------------------------------------------------------------------------------------- */

static bool next_column(struct rs_selection_iter *i, struct rs_selection_rule *rule)
{
	const struct sel_db *d = i->in_db;
	const struct sel_table *t = i->in_table;
	const struct rs_map_entry *e;
	const struct sel_column *c;

	if (!t || !rs_map_each(&t->columns, &i->column, &e)) {
		i->in_table = NULL;
		return false;
	}
	c = e->value;
	*rule = (struct rs_selection_rule){.number = c->number, .db = d->name, .table = t->name, .column = c->name, .to_name = c->to,
	                                   .excluded = c->to == NULL};
	return true;
}

static bool next_table(struct rs_selection_iter *i, struct rs_selection_rule *rule)
{
	const struct sel_db *d = i->in_db;
	const struct rs_map_entry *e;
	const struct sel_table *t;

	if (!d || !rs_map_each(&d->tables, &i->table, &e)) {
		i->in_db = NULL;
		return false;
	}
	i->in_table = t = e->value;
	i->column = 0;
	*rule = (struct rs_selection_rule){.number = t->number, .db = d->name, .table = t->name, .to_db = t->to_db, .to_name = t->to_name,
	                                   .selected = t->selected, .excluded = t->excluded, .filter = t->filter,
	                                   .operations = t->operations.given ? &t->operations : NULL,
	                                   .settings = t->settings ? t->settings->of : NULL};
	return true;
}

bool rs_selection_each_db(const struct rs_selection *s, struct rs_selection_iter *i, struct rs_selection_rule *rule)
{
	const struct rs_map_entry *e;
	const struct sel_db *d;

	if (!rs_map_each(&s->dbs, &i->db, &e))
		return false;
	i->in_db = d = e->value;
	i->table = 0;
	*rule = (struct rs_selection_rule){.number = d->number, .db = d->name, .to_db = d->to, .selected = d->whole, .tables = d->tables.count,
	                                   .operations = d->operations.given ? &d->operations : NULL,
	                                   .settings = d->settings ? d->settings->of : NULL};
	return true;
}

bool rs_selection_each_of(const struct rs_selection *s, const char *db, struct rs_selection_iter *i, struct rs_selection_rule *rule)
{
	if (!i->in_db && i->table == 0)
		i->in_db = rs_selection_db(s, db);
	return next_column(i, rule) || next_table(i, rule);
}

bool rs_selection_each(const struct rs_selection *s, struct rs_selection_iter *i, struct rs_selection_rule *rule)
{
	return next_column(i, rule) || next_table(i, rule) || rs_selection_each_db(s, i, rule);
}

/* Whether rules say of the table anything else than that it is selected. */
static bool says_more(const struct sel_table *t)
{
	return t->excluded || t->to_db || t->to_name || t->filter || t->operations.given || t->settings || t->columns.count;
}

static bool is_plain(struct sel_db *d)
{
	int plain = atomic_load_explicit(&d->plain, memory_order_relaxed);
	const struct rs_map_entry *e;

	if (plain != SEL_NOT_LOOKED_AT)
		return plain == SEL_PLAIN;
	plain = SEL_PLAIN;
	for (size_t i = 0; plain == SEL_PLAIN && rs_map_each(&d->tables, &i, &e);)
		if (says_more(e->value))
			plain = SEL_NOT_PLAIN;
	atomic_store_explicit(&d->plain, plain, memory_order_relaxed);
	return plain == SEL_PLAIN;
}

bool rs_selection_each_said(const struct rs_selection *s, struct rs_selection_iter *i, struct rs_selection_rule *rule)
{
	if (i->in_db && i->table == 0 && is_plain((struct sel_db *)i->in_db)) /* which remembers it, whoever asks */
		i->in_db = NULL;
	return rs_selection_each(s, i, rule);
}

/* --- changing the rules ---------------------------------------------------------------------------------------------- */

bool rs_selection_is_system_db(const char *db)
{
	static const char *const exact[] = {"mysql", "sys", "dts"};

	for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
		if (strcmp(db, exact[i]) == 0)
			return true;
	return rs_name_same(db, "information_schema", true) || rs_name_same(db, "performance_schema", true);
}

static enum rs_rc check_db_name(const struct rs_selection *s, const char *db, struct rs_err *err)
{
	char lower[RS_NAME_KEY_MAX + 1];

	if (rs_name_check(db, err) != RS_OK)
		return RS_FAIL;
	lower[rs_name_key(db, s->fold, lower)] = '\0';
	if (rs_selection_is_system_db(lower))
		return rs_err_set(err, RS_E_MAPPING, _("the database \"%s\" belongs to the server or to this program"), db);
	return RS_OK;
}

/* --- what is shared ---------------------------------------------------------------------------------------------------- */

static void *share_table(void *table)
{
	atomic_fetch_add_explicit(&((struct sel_table *)table)->refs, 1, memory_order_relaxed);
	return table;
}

void *rs_selection_share_db(void *db)
{
	atomic_fetch_add_explicit(&((struct sel_db *)db)->refs, 1, memory_order_relaxed);
	return db;
}

static void *copy_column(void *column)
{
	const struct sel_column *c = column;
	struct sel_column *copy = rs_xcalloc(1, sizeof *copy);

	copy->number = c->number;
	copy->name = rs_xstrdup(c->name);
	copy->to = rs_xstrdup(c->to);
	return copy;
}

static struct sel_table *copy_table(const struct sel_table *t)
{
	struct sel_table *copy = rs_xcalloc(1, sizeof *copy);

	atomic_init(&copy->refs, 1);
	copy->number = t->number;
	copy->name = rs_xstrdup(t->name);
	copy->selected = t->selected;
	copy->excluded = t->excluded;
	copy->to_db = rs_xstrdup(t->to_db);
	copy->to_name = rs_xstrdup(t->to_name);
	copy->filter = rs_xstrdup(t->filter);
	copy->operations = t->operations;
	copy->settings = rs_settings_copy(t->settings);
	rs_map_copy(&copy->columns, &t->columns, copy_column);
	return copy;
}

static struct sel_db *copy_db(const struct sel_db *d)
{
	struct sel_db *copy = rs_xcalloc(1, sizeof *copy);

	atomic_init(&copy->refs, 1);
	copy->number = d->number;
	copy->name = rs_xstrdup(d->name);
	copy->to = rs_xstrdup(d->to);
	copy->whole = d->whole;
	copy->selected = d->selected;
	copy->operations = d->operations;
	copy->settings = rs_settings_copy(d->settings);
	rs_map_copy(&copy->tables, &d->tables, share_table);
	return copy;
}

/* The record of a database that there is, to be changed: nobody else has it, and what was known of its rules may not hold any more. */
static struct sel_db *own_db(struct rs_selection *s, const char *db)
{
	char key[RS_NAME_KEY_MAX];
	size_t len = rs_name_key(db, s->fold, key);
	struct sel_db *d = rs_map_get(&s->dbs, key, len);

	if (d && atomic_load_explicit(&d->refs, memory_order_acquire) > 1) {
		struct sel_db *copy = copy_db(d);

		(void)rs_map_put(&s->dbs, key, len, copy);
		drop_db(d);
		d = copy;
	}
	if (d)
		atomic_store_explicit(&d->plain, SEL_NOT_LOOKED_AT, memory_order_relaxed);
	return d;
}

/* The same of a table in a database that is the selection's own. */
static struct sel_table *own_table_in(struct sel_db *d, const char *key, size_t len)
{
	struct sel_table *t = rs_map_get(&d->tables, key, len), *copy;

	if (!t || atomic_load_explicit(&t->refs, memory_order_acquire) == 1)
		return t;
	copy = copy_table(t);
	(void)rs_map_put(&d->tables, key, len, copy);
	drop_table(t);
	return copy;
}

/* The same of any: where there is none, nothing is made the selection's own. */
static struct sel_table *own_table(struct rs_selection *s, const char *db, const char *table)
{
	char key[RS_NAME_KEY_MAX];

	if (!rs_selection_table(s, db, table))
		return NULL;
	return own_table_in(own_db(s, db), key, rs_name_key(table, s->fold, key));
}

/* The record of a database, made where there is none yet. */
static struct sel_db *have_db(struct rs_selection *s, const char *db, struct rs_err *err)
{
	char key[RS_NAME_KEY_MAX];
	struct sel_db *d = own_db(s, db);

	if (d)
		return d;
	if (check_db_name(s, db, err) != RS_OK)
		return NULL;
	d = rs_xcalloc(1, sizeof *d);
	atomic_init(&d->refs, 1);
	d->number = new_number();
	d->name = rs_xstrdup(db);
	rs_map_put(&s->dbs, key, rs_name_key(db, s->fold, key), d);
	return d;
}

/* And of a table in one that is the selection's own. */
static struct sel_table *have_table_in(struct rs_selection *s, struct sel_db *d, const char *table)
{
	char key[RS_NAME_KEY_MAX];
	size_t len = rs_name_key(table, s->fold, key);
	struct sel_table *t = own_table_in(d, key, len);

	if (t)
		return t;
	t = rs_xcalloc(1, sizeof *t);
	atomic_init(&t->refs, 1);
	t->number = new_number();
	t->name = rs_xstrdup(table);
	rs_map_put(&d->tables, key, len, t);
	return t;
}

static struct sel_table *have_table(struct rs_selection *s, const char *db, const char *table, struct rs_err *err)
{
	struct sel_db *d = rs_name_check(table, err) == RS_OK ? have_db(s, db, err) : NULL;

	return d ? have_table_in(s, d, table) : NULL;
}

static void drop_empty_db(struct rs_selection *s, struct sel_db *d)
{
	char key[RS_NAME_KEY_MAX];

	if (d->whole || d->to || d->operations.given || d->settings || d->tables.count)
		return;
	rs_map_del(&s->dbs, key, rs_name_key(d->name, s->fold, key));
	drop_db(d);
}

/* Whether a rule of its own selects it. */
static void select_table(struct sel_db *d, struct sel_table *t, bool selected)
{
	d->selected += (size_t)selected - (size_t)t->selected;
	t->selected = selected;
}

/* Forgets a record that says nothing; it is the selection's own. */
static void drop_empty_table(struct rs_selection *s, const char *db, struct sel_table *t)
{
	char key[RS_NAME_KEY_MAX];
	struct sel_db *d = own_db(s, db);

	if (t->selected || says_more(t))
		return;
	rs_map_del(&d->tables, key, rs_name_key(t->name, s->fold, key));
	drop_table(t);
	drop_empty_db(s, d);
}

/* What a rule says already is not said again: copies go on sharing it. */

enum rs_rc rs_selection_add_db(struct rs_selection *s, const char *db, struct rs_err *err)
{
	struct sel_db *d;

	if (rs_selection_whole_db(s, db))
		return RS_OK;
	d = have_db(s, db, err);
	if (!d)
		return RS_FAIL;
	d->whole = true;
	return RS_OK;
}

enum rs_rc rs_selection_add_table(struct rs_selection *s, const char *db, const char *table, struct rs_err *err)
{
	const struct sel_table *now = rs_selection_table(s, db, table);
	struct sel_table *t;
	struct sel_db *d;

	if (now && now->selected)
		return RS_OK;
	d = rs_name_check(table, err) == RS_OK ? have_db(s, db, err) : NULL;
	if (!d)
		return RS_FAIL;
	t = have_table_in(s, d, table);
	select_table(d, t, true);
	t->excluded = false;
	return RS_OK;
}

enum rs_rc rs_selection_exclude_table(struct rs_selection *s, const char *db, const char *table, struct rs_err *err)
{
	const struct sel_table *now = rs_selection_table(s, db, table);
	struct sel_table *t;

	if (now && now->excluded && !now->to_db && !now->to_name && !now->filter && !now->operations.given && !now->settings &&
	    !now->columns.count)
		return RS_OK;
	rs_selection_remove_table(s, db, table);
	t = have_table(s, db, table, err);
	if (!t)
		return RS_FAIL;
	t->excluded = true;
	return RS_OK;
}

void rs_selection_remove_db(struct rs_selection *s, const char *db)
{
	char key[RS_NAME_KEY_MAX];
	struct sel_db *d = rs_map_del(&s->dbs, key, rs_name_key(db, s->fold, key));

	if (d)
		drop_db(d);
}

void rs_selection_remove_table(struct rs_selection *s, const char *db, const char *table)
{
	struct sel_table *t = own_table(s, db, table);

	if (!t)
		return;
	select_table(own_db(s, db), t, false);
	t->excluded = false;
	free(t->to_db);
	free(t->to_name);
	free(t->filter);
	t->to_db = t->to_name = t->filter = NULL;
	t->operations = (struct rs_operations){.given = false};
	rs_settings_clear(&t->settings);
	rs_map_release(&t->columns, free_column);
	drop_empty_table(s, db, t);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static void replace(char **where, const char *text)
{
	char *copy = rs_xstrdup(text);

	free(*where);
	*where = copy;
}

enum rs_rc rs_selection_rename_db(struct rs_selection *s, const char *db, const char *to, struct rs_err *err)
{
	const struct sel_db *now = rs_selection_db(s, db);
	struct sel_db *d;

	if (to && check_db_name(s, to, err) != RS_OK)
		return RS_FAIL;
	to = to && strcmp(to, db) != 0 ? to : NULL;
	if (now && same_text(now->to, to))
		return RS_OK;
	d = have_db(s, db, err);
	if (!d)
		return RS_FAIL;
	replace(&d->to, to);
	drop_empty_db(s, d);
	return RS_OK;
}

enum rs_rc rs_selection_rename_table(struct rs_selection *s, const char *db, const char *table, const char *to_db,
                                     const char *to_table, struct rs_err *err)
{
	const struct sel_table *now = rs_selection_table(s, db, table);
	struct sel_table *t;

	if ((to_db && check_db_name(s, to_db, err) != RS_OK) || (to_table && rs_name_check(to_table, err) != RS_OK))
		return RS_FAIL;
	to_table = to_table && strcmp(to_table, table) != 0 ? to_table : NULL;
	if (now && same_text(now->to_db, to_db) && same_text(now->to_name, to_table))
		return RS_OK;
	t = have_table(s, db, table, err);
	if (!t)
		return RS_FAIL;
	replace(&t->to_db, to_db);
	replace(&t->to_name, to_table);
	drop_empty_table(s, db, t);
	return RS_OK;
}

/* number: that it had, 0: none. */
static void put_column(struct sel_table *t, const char *column, const char *to, uint64_t number)
{
	char key[RS_NAME_KEY_MAX];
	struct sel_column *c = rs_xcalloc(1, sizeof *c);

	c->number = number ? number : new_number();
	c->name = rs_xstrdup(column);
	c->to = rs_xstrdup(to);
	rs_map_put(&t->columns, key, rs_name_key(column, true, key), c);
}

/* Returns its number; 0: no rule spoke of it. */
static uint64_t forget_column(struct sel_table *t, const char *column)
{
	char key[RS_NAME_KEY_MAX];
	size_t n = rs_name_key(column, true, key);
	struct sel_column *c = rs_map_del(&t->columns, key, n);
	uint64_t number = c ? c->number : 0;

	if (c)
		free_column(c);
	return number;
}

enum rs_rc rs_selection_rename_column(struct rs_selection *s, const char *db, const char *table, const char *column,
                                      const char *to, struct rs_err *err)
{
	struct sel_table *t;
	uint64_t number;

	if (rs_name_check(column, err) != RS_OK || (to && rs_name_check(to, err) != RS_OK))
		return RS_FAIL;
	t = have_table(s, db, table, err);
	if (!t)
		return RS_FAIL;
	number = forget_column(t, column);
	if (to && strcmp(to, column) != 0)
		put_column(t, column, to, number);
	drop_empty_table(s, db, t);
	return RS_OK;
}

enum rs_rc rs_selection_exclude_column(struct rs_selection *s, const char *db, const char *table, const char *column,
                                       struct rs_err *err)
{
	struct sel_table *t = rs_name_check(column, err) == RS_OK ? have_table(s, db, table, err) : NULL;

	if (!t)
		return RS_FAIL;
	put_column(t, column, NULL, forget_column(t, column));
	return RS_OK;
}

/* Of a database or table itself; NULL: no rule speaks of it. */
static const struct rs_operations *own_operations(const struct rs_selection *s, const char *db, const char *table)
{
	const struct sel_db *d = rs_selection_db(s, db);
	const struct sel_table *t = table ? rs_selection_table(s, db, table) : NULL;

	return t ? &t->operations : d && !table ? &d->operations : NULL;
}

enum rs_rc rs_selection_set_operations(struct rs_selection *s, const char *db, const char *table, const struct rs_operations *o,
                                       struct rs_err *err)
{
	const struct rs_operations new = o ? *o : (struct rs_operations){.given = false};
	const struct rs_operations *now = own_operations(s, db, table);
	struct sel_table *t;
	struct sel_db *d;

	if (now && now->given == new.given && now->dml == new.dml && now->ddl == new.ddl)
		return RS_OK;
	t = table ? have_table(s, db, table, err) : NULL;
	d = table ? NULL : have_db(s, db, err);
	if (t) {
		t->operations = new;
		drop_empty_table(s, db, t);
	} else if (d) {
		d->operations = new;
		drop_empty_db(s, d);
	}
	return t || d ? RS_OK : RS_FAIL;
}

enum rs_rc rs_selection_set_filter(struct rs_selection *s, const char *db, const char *table, const char *condition,
                                   struct rs_err *err)
{
	const struct sel_table *now = rs_selection_table(s, db, table);
	struct sel_table *t;

	if (condition && !*condition)
		condition = NULL;
	if (now && same_text(now->filter, condition))
		return RS_OK;
	if (condition && strpbrk(condition, "\r\n"))
		return rs_err_set(err, RS_E_FILTER, _("a condition stands on one line"));
	if (condition && rs_filter_check(condition, err) != RS_OK)
		return RS_FAIL;
	t = have_table(s, db, table, err);
	if (!t)
		return RS_FAIL;
	replace(&t->filter, condition);
	drop_empty_table(s, db, t);
	return RS_OK;
}

/* value was read; NULL: nothing. */
static enum rs_rc put_setting(struct rs_selection *s, const char *db, const char *table, enum rs_table_setting which, const char *value,
                              struct rs_err *err)
{
	struct sel_table *t = table ? have_table(s, db, table, err) : NULL;
	struct sel_db *d = table ? NULL : have_db(s, db, err);

	if (t) {
		rs_settings_put(&t->settings, which, value);
		drop_empty_table(s, db, t);
	} else if (d) {
		rs_settings_put(&d->settings, which, value);
		drop_empty_db(s, d);
	}
	return t || d ? RS_OK : RS_FAIL;
}

enum rs_rc rs_selection_set_setting(struct rs_selection *s, const char *db, const char *table, enum rs_table_setting which,
                                    const char *value, struct rs_err *err)
{
	char *read = NULL;
	enum rs_rc rc;

	if (!table && !rs_table_setting_of_database(which))
		return rs_err_set(err, RS_E_TASK_INVALID, _("%s is said of tables: database.table"), rs_table_setting_word(which));
	if (value && *value) {
		read = rs_table_setting_read(which, value, err);
		if (!read)
			return RS_FAIL;
	}
	rc = put_setting(s, db, table, which, read, err);
	free(read);
	return rc;
}
