/* Changes of many objects, each as one that can be undone, made in pieces. What is changed is noted when one begins: what is marked or
 * shown meanwhile makes no difference. */
#include "screen/objects_priv.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

#define PIECE 4000 /* objects, or rules */

/* A database or, with a table, that one. Places of the catalogue stay what they are. */
struct target {
	size_t db, table; /* table NONE: the database */
};

#define NONE SIZE_MAX

enum phase { CHANGING, CHECKING, LOOKING_BACK, KEEPING, KEPT, OVER };

struct rs_objects_change {
	struct rs_objects *o;
	struct rs_selection *copy;           /* that is changed; NULL: it has taken its place */
	enum rs_rc (*one)(struct rs_objects_change *c, size_t i);
	struct target *targets;
	const struct rs_objects_name *names; /* of renaming, in place of targets */
	size_t count;
	bool check;                          /* nothing is changed where it makes two come to one name */
	bool unmarks;                        /* what was marked is no longer, afterwards */
	char *text;                          /* a condition, a column */
	struct rs_operations kinds;
	bool kinds_given;
	char *settings[RS_TABLE_SETTINGS];   /* NULL: stays as it is */
	enum phase phase;
	size_t next;                         /* object to be changed */
	struct rs_selection_checker *checker;
	struct rs_selection_iter at;         /* in the rules that are compared with what is held */
	enum rs_rc rc;
	struct rs_err err;
};

/* --- what is changed --------------------------------------------------------------------------------- */

static struct rs_objects_change *begin(struct rs_objects *o, enum rs_rc (*one)(struct rs_objects_change *c, size_t i))
{
	struct rs_objects_change *c = rs_xcalloc(1, sizeof *c);

	*c = (struct rs_objects_change){.o = o, .copy = rs_selection_copy(o->selection), .one = one, .rc = RS_OK, .err = RS_ERR_INIT,
	                                .at = RS_SELECTION_ITER};
	return c;
}

static void add_target(struct rs_objects_change *c, size_t *cap, size_t db, size_t table)
{
	RS_GROW(c->targets, c->count, *cap);
	c->targets[c->count++] = (struct target){db, table};
}

static bool is_shown(const struct rs_objects_table *t)
{
	return t->shown && rs_objects_can_select(t);
}

static bool is_marked(const struct rs_objects_table *t)
{
	return t->marked;
}

static void take_tables(struct rs_objects_change *c, size_t *cap, size_t db, bool (*meant)(const struct rs_objects_table *t))
{
	const struct rs_objects_db *d = &c->o->dbs[db];

	for (size_t j = 0; j < d->count; j++)
		if (meant(&d->tables[j]))
			add_target(c, cap, db, j);
}

static void take_marked(struct rs_objects_change *c)
{
	size_t cap = 0;

	for (size_t i = 0; i < c->o->count; i++) {
		if (c->o->dbs[i].marked)
			add_target(c, &cap, i, NONE);
		take_tables(c, &cap, i, is_marked);
	}
}

/* Without a filter databases as a whole. */
static void take_shown(struct rs_objects_change *c)
{
	size_t cap = 0;

	for (size_t i = 0; i < c->o->count; i++)
		if (c->o->only_marked ? c->o->dbs[i].marked : !*c->o->filter)
			add_target(c, &cap, i, NONE);
		else
			take_tables(c, &cap, i, is_shown);
}

static void take_node(struct rs_objects_change *c, uint64_t node)
{
	struct rs_objects_node n = rs_objects_node(node);
	size_t cap = 0;

	add_target(c, &cap, n.db, n.depth > 1 ? n.table : NONE);
}

static const struct rs_objects_db *db_of(const struct rs_objects_change *c, size_t i)
{
	return &c->o->dbs[c->targets[i].db];
}

/* NULL: the database is meant. */
static struct rs_objects_table *table_of(const struct rs_objects_change *c, size_t i)
{
	return c->targets[i].table == NONE ? NULL : &c->o->dbs[c->targets[i].db].tables[c->targets[i].table];
}

/* --- adding, leaving out ------------------------------------------------------------------------------- */

static enum rs_rc add_one(struct rs_objects_change *c, size_t i)
{
	const struct rs_objects_table *t = table_of(c, i);
	const char *db = db_of(c, i)->name;

	if (!t)
		return rs_selection_add_db(c->copy, db, &c->err);
	if (t->unsupported)
		return rs_err_set(&c->err, RS_E_NOT_SUPPORTED, "%s.%s: %s", db, t->name, t->unsupported);
	if (!rs_objects_can_select(t))
		return rs_err_set(&c->err, RS_E_NOT_SUPPORTED,
		                  c->o->schemas ? _("%s.%s is not selected by itself: it comes with the whole schema")
		                                : _("%s.%s is not selected by itself: it comes with the whole database"), db, t->name);
	return rs_objects_have_table(c->copy, db, t->name, &c->err);
}

struct rs_objects_change *rs_objects_adding(struct rs_objects *o, uint64_t node)
{
	struct rs_objects_change *c = begin(o, add_one);

	take_marked(c);
	c->unmarks = c->count > 0;
	if (!c->count && node)
		take_node(c, node);
	else if (!c->count)
		c->rc = rs_err_set(&c->err, RS_E_USAGE, _("nothing is marked"));
	return c;
}

size_t rs_objects_addable(const struct rs_objects *o)
{
	return *o->filter || o->only_marked ? o->addable : o->count;
}

struct rs_objects_change *rs_objects_adding_shown(struct rs_objects *o)
{
	struct rs_objects_change *c = begin(o, add_one);

	take_shown(c);
	return c;
}

static enum rs_rc exclude_one(struct rs_objects_change *c, size_t i)
{
	const struct rs_objects_table *t = table_of(c, i);
	const char *db = db_of(c, i)->name;

	if (!t)
		return RS_OK; /* marked, too, and nothing can be left out of */
	if (!rs_selection_whole_db(c->copy, db))
		return rs_err_set(&c->err, RS_E_USAGE, _("%s is not selected as a whole: there is nothing to leave %s out of"), db, t->name);
	return rs_selection_exclude_table(c->copy, db, t->name, &c->err);
}

static enum rs_rc exclude_column(struct rs_objects_change *c, size_t i)
{
	const char *db = db_of(c, i)->name, *table = table_of(c, i)->name;

	if (rs_objects_have_table(c->copy, db, table, &c->err) != RS_OK)
		return RS_FAIL;
	return rs_selection_exclude_column(c->copy, db, table, c->text, &c->err);
}

struct rs_objects_change *rs_objects_excluding(struct rs_objects *o, uint64_t node)
{
	struct rs_objects_change *c = begin(o, exclude_one);
	const char *column = node ? rs_objects_column(o, node) : NULL;

	take_marked(c);
	c->unmarks = c->count > 0;
	if (c->count)
		return c;
	if (!node || !rs_objects_table(o, node)) {
		c->rc = rs_err_set(&c->err, RS_E_USAGE, _("only tables and columns can be left out"));
		return c;
	}
	take_node(c, node);
	c->text = rs_xstrdup(column);
	if (column)
		c->one = exclude_column;
	return c;
}

/* --- names ------------------------------------------------------------------------------------------------- */

/* A table stays in the database where it is, be that its own's or another. */
static enum rs_rc rename_one(struct rs_objects_change *c, size_t i)
{
	const struct rs_objects_name *n = &c->names[i];
	const char *to_db, *to_table;
	char *kept = NULL;
	enum rs_rc rc = rs_objects_have(c->copy, n->db, n->table, &c->err);

	if (rc != RS_OK || !n->table)
		return rc == RS_OK ? rs_selection_rename_db(c->copy, n->db, n->to, &c->err) : rc;
	rs_selection_map_table(c->copy, n->db, n->table, &to_db, &to_table);
	if (strcmp(to_db, rs_selection_map_db(c->copy, n->db)) != 0)
		kept = rs_xstrdup(to_db);
	rc = rs_selection_rename_table(c->copy, n->db, n->table, kept, n->to, &c->err);
	free(kept);
	return rc;
}

struct rs_objects_change *rs_objects_renaming(struct rs_objects *o, const struct rs_objects_name *names, size_t count, bool check)
{
	struct rs_objects_change *c = begin(o, rename_one);

	c->names = names;
	c->count = count;
	c->check = check;
	return c;
}

/* --- rows, kinds of changes, settings ------------------------------------------------------------------------ */

static enum rs_rc filter_one(struct rs_objects_change *c, size_t i)
{
	const struct rs_objects_table *t = table_of(c, i);
	const char *db = db_of(c, i)->name;

	if (rs_objects_must_have_rows(db_of(c, i), t, &c->err) != RS_OK || rs_objects_have_table(c->copy, db, t->name, &c->err) != RS_OK)
		return RS_FAIL;
	return rs_selection_set_filter(c->copy, db, t->name, c->text, &c->err);
}

struct rs_objects_change *rs_objects_filtering_marked(struct rs_objects *o, const char *condition)
{
	struct rs_objects_change *c = begin(o, filter_one);

	take_marked(c);
	c->text = rs_xstrdup(condition);
	return c;
}

static enum rs_rc give_one_kinds(struct rs_objects_change *c, size_t i)
{
	const struct rs_objects_table *t = table_of(c, i);
	const char *db = db_of(c, i)->name;

	if (rs_objects_have(c->copy, db, t ? t->name : NULL, &c->err) != RS_OK)
		return RS_FAIL;
	return rs_selection_set_operations(c->copy, db, t ? t->name : NULL, c->kinds_given ? &c->kinds : NULL, &c->err);
}

struct rs_objects_change *rs_objects_giving_marked_kinds(struct rs_objects *o, const struct rs_operations *kinds)
{
	struct rs_objects_change *c = begin(o, give_one_kinds);

	take_marked(c);
	c->kinds_given = kinds != NULL;
	if (kinds)
		c->kinds = *kinds;
	return c;
}

static enum rs_rc give_one_settings(struct rs_objects_change *c, size_t i)
{
	const struct rs_objects_table *t = table_of(c, i);
	const char *db = db_of(c, i)->name;

	if (rs_objects_have(c->copy, db, t ? t->name : NULL, &c->err) != RS_OK)
		return RS_FAIL;
	return rs_objects_put_settings(c->copy, db, t ? t->name : NULL, (const char *const *)c->settings, &c->err);
}

struct rs_objects_change *rs_objects_giving_marked_settings(struct rs_objects *o, const char *const *values)
{
	struct rs_objects_change *c = begin(o, give_one_settings);

	take_marked(c);
	for (int i = 0; i < RS_TABLE_SETTINGS; i++)
		c->settings[i] = rs_xstrdup(values[i]);
	return c;
}

/* --- piece by piece -------------------------------------------------------------------------------------------- */

/* The first of many has the rules of its database copied, and is a piece by itself. */
static void change_some(struct rs_objects_change *c, size_t *left)
{
	if (c->next == 0 && c->count > PIECE)
		*left = 1;
	for (; *left && c->next < c->count && c->rc == RS_OK; --*left)
		c->rc = c->one(c, c->next++);
	if (c->next == c->count)
		c->phase = c->check ? CHECKING : KEEPING;
}

/* Of the changed selection, or of that before. */
static enum rs_rc check_some(struct rs_objects_change *c, const struct rs_selection *s, size_t *left, bool *more)
{
	enum rs_rc rc;

	if (!c->checker)
		c->checker = rs_selection_checker_new(s, false);
	rc = rs_selection_checker_go_on(c->checker, left, more, &c->err);
	if (!*more || rc != RS_OK) {
		rs_selection_checker_free(c->checker);
		c->checker = NULL;
	}
	return rc;
}

static void check_after(struct rs_objects_change *c, size_t *left)
{
	bool more;

	if (check_some(c, c->copy, left, &more) != RS_OK)
		c->phase = LOOKING_BACK;
	else if (!more)
		c->phase = KEEPING;
}

/* What was wrong already was not made so. */
static void check_before(struct rs_objects_change *c, size_t *left)
{
	struct rs_err found = RS_ERR_INIT;
	bool more;
	enum rs_rc rc;

	rs_err_move(&found, &c->err);
	rc = check_some(c, c->o->selection, left, &more);
	rs_err_clear(&c->err);
	if (rc == RS_OK)
		rs_err_move(&c->err, &found);
	rs_err_clear(&found);
	if (rc != RS_OK)
		c->phase = KEEPING;
	else if (!more)
		c->rc = RS_FAIL;
}

/* What is synchronized already keeps its names, and the condition of its rows: by the rules of the one, then of the other. */
static void keep_some(struct rs_objects_change *c, size_t *left)
{
	const struct rs_selection *rules = c->phase == KEEPING ? c->copy : c->o->held;
	struct rs_selection_rule r;

	for (; *left && c->rc == RS_OK; --*left) {
		if (!c->o->held || !rs_selection_each(rules, &c->at, &r)) {
			c->phase = c->o->held && c->phase == KEEPING ? KEPT : OVER;
			c->at = (struct rs_selection_iter)RS_SELECTION_ITER;
			return;
		}
		c->rc = rs_objects_keeps(c->o, c->copy, &r, &c->err);
	}
}

bool rs_objects_change_go_on(struct rs_objects_change *c)
{
	for (size_t left = PIECE; left && c->rc == RS_OK && c->phase != OVER;)
		switch (c->phase) {
		case CHANGING: change_some(c, &left); break;
		case CHECKING: check_after(c, &left); break;
		case LOOKING_BACK: check_before(c, &left); break;
		default: keep_some(c, &left); break;
		}
	return c->rc == RS_OK && c->phase != OVER;
}

int rs_objects_change_percent(const struct rs_objects_change *c)
{
	int share = c->count ? (int)(c->next * 100 / c->count) : 100;

	return c->check || c->o->held ? share / 2 : share;
}

static void unmark(struct rs_objects_change *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (table_of(c, i))
			table_of(c, i)->marked = false;
		else
			c->o->dbs[c->targets[i].db].marked = false;
}

enum rs_rc rs_objects_change_end(struct rs_objects_change *c, struct rs_err *err)
{
	enum rs_rc rc = c->rc;

	if (rc == RS_OK && c->unmarks)
		unmark(c);
	if (rc == RS_OK) {
		rs_objects_change_to(c->o, c->copy);
		c->copy = NULL;
	} else {
		rs_err_move(err, &c->err);
	}
	rs_objects_change_free(c);
	return rc;
}

void rs_objects_change_free(struct rs_objects_change *c)
{
	if (!c)
		return;
	if (c->copy)
		rs_objects_free_selection(c->o, c->copy);
	rs_selection_checker_free(c->checker);
	rs_err_clear(&c->err);
	free(c->targets);
	free(c->text);
	for (int i = 0; i < RS_TABLE_SETTINGS; i++)
		free(c->settings[i]);
	free(c);
}
