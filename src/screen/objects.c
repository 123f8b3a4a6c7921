#include "screen/objects.h"

#include <fnmatch.h>
#include <string.h>
#include <strings.h>
#include "base/mem.h"

struct rs_objects *rs_objects_new(struct rs_selection *selection)
{
	struct rs_objects *o = rs_xcalloc(1, sizeof *o);

	o->selection = selection;
	o->filter = rs_xstrdup("");
	o->error = (struct rs_err)RS_ERR_INIT;
	return o;
}

static void table_release(struct rs_objects_table *t)
{
	free(t->name);
	free(t->unsupported);
	if (t->schema)
		rs_table_unref(t->schema);
}

void rs_objects_clear(struct rs_objects *o)
{
	for (size_t i = 0; i < o->count; i++) {
		for (size_t j = 0; j < o->dbs[i].count; j++)
			table_release(&o->dbs[i].tables[j]);
		free(o->dbs[i].tables);
		free(o->dbs[i].shown_tables);
		free(o->dbs[i].name);
	}
	o->count = o->shown_count = o->tables = o->shown_tables = o->addable = o->last = 0;
	o->done = false;
	rs_err_clear(&o->error);
}

static void stack_free(struct rs_selection **stack, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rs_selection_free(stack[i]);
	free(stack);
}

void rs_objects_free(struct rs_objects *o)
{
	if (!o)
		return;
	rs_objects_clear(o);
	free(o->dbs);
	free(o->shown_dbs);
	free(o->filter);
	stack_free(o->undo, o->undo_count);
	stack_free(o->redo, o->redo_count);
	rs_selection_free(o->selection);
	rs_selection_free(o->held);
	free(o);
}

/* --- nodes ------------------------------------------------------------------------------------- */

#define DB_SHIFT 40
#define TABLE_SHIFT 16

struct rs_objects_node rs_objects_node(uint64_t node)
{
	struct rs_objects_node n = {.db = (size_t)(node >> DB_SHIFT), .table = (size_t)(node >> TABLE_SHIFT) & 0xffffff,
	                            .column = (size_t)node & 0xffff};

	n.depth = n.column ? 3 : n.table ? 2 : n.db ? 1 : 0;
	n.db -= n.depth > 0;
	n.table -= n.depth > 1;
	n.column -= n.depth > 2;
	return n;
}

uint64_t rs_objects_number(size_t db, size_t table, size_t column, int depth)
{
	uint64_t node = (uint64_t)(db + 1) << DB_SHIFT;

	if (depth > 1)
		node |= (uint64_t)(table + 1) << TABLE_SHIFT;
	if (depth > 2)
		node |= column + 1;
	return node;
}

const struct rs_objects_db *rs_objects_db(const struct rs_objects *o, uint64_t node)
{
	return &o->dbs[rs_objects_node(node).db];
}

static struct rs_objects_table *table_of(const struct rs_objects *o, uint64_t node)
{
	struct rs_objects_node n = rs_objects_node(node);

	return n.depth > 1 ? &o->dbs[n.db].tables[n.table] : NULL;
}

const struct rs_objects_table *rs_objects_table(const struct rs_objects *o, uint64_t node)
{
	return table_of(o, node);
}

const char *rs_objects_column(const struct rs_objects *o, uint64_t node)
{
	struct rs_objects_node n = rs_objects_node(node);

	return n.depth > 2 ? o->dbs[n.db].tables[n.table].schema->columns[n.column].name : NULL;
}

size_t rs_objects_children(const struct rs_objects *o, uint64_t node)
{
	struct rs_objects_node n = rs_objects_node(node);
	const struct rs_objects_table *t;

	switch (n.depth) {
	case 0: return o->shown_count;
	case 1: return o->dbs[n.db].shown_count;
	case 2:
		t = &o->dbs[n.db].tables[n.table];
		return t->columns == RS_COLUMNS_KNOWN ? t->schema->n_columns : 0;
	default: return 0;
	}
}

uint64_t rs_objects_child(const struct rs_objects *o, uint64_t node, size_t i)
{
	struct rs_objects_node n = rs_objects_node(node);

	switch (n.depth) {
	case 0: return rs_objects_number(o->shown_dbs[i], 0, 0, 1);
	case 1: return rs_objects_number(n.db, o->dbs[n.db].shown_tables[i], 0, 2);
	default: return rs_objects_number(n.db, n.table, i, 3);
	}
}

/* --- the filter --------------------------------------------------------------------------------- */

static bool matches(const struct rs_objects *o, const char *db, const char *table)
{
	char full[1200];

	if (!*o->filter || strcasestr(table ? table : db, o->filter))
		return true;
	if (!table || !strchr(o->filter, '.'))
		return false;
	snprintf(full, sizeof full, "%s.%s", db, table);
	return strcasestr(full, o->filter) != NULL;
}

static bool is_shown(const struct rs_objects *o, const struct rs_objects_db *d, const struct rs_objects_table *t)
{
	if (o->only_marked && !d->marked && !(t && t->marked))
		return false;
	return matches(o, d->name, t ? t->name : NULL);
}

bool rs_objects_can_select(const struct rs_objects_table *t)
{
	return !t->unsupported && (t->kind == RS_OBJECT_TABLE || t->kind == RS_OBJECT_VIEW || t->kind == RS_OBJECT_SEQUENCE);
}

static void filter_db(struct rs_objects *o, struct rs_objects_db *d)
{
	o->shown_tables -= d->shown_count;
	o->addable -= d->addable;
	d->shown_tables = rs_xrealloc(d->shown_tables, (d->count + 1) * sizeof *d->shown_tables);
	d->shown_count = d->addable = 0;
	for (size_t i = 0; i < d->count; i++) {
		d->tables[i].shown = is_shown(o, d, &d->tables[i]);
		if (!d->tables[i].shown)
			continue;
		d->shown_tables[d->shown_count++] = i;
		d->addable += rs_objects_can_select(&d->tables[i]);
	}
	d->shown = d->shown_count > 0 || is_shown(o, d, NULL);
	o->shown_tables += d->shown_count;
	o->addable += d->addable;
}

static void list_dbs(struct rs_objects *o)
{
	o->shown_dbs = rs_xrealloc(o->shown_dbs, (o->count + 1) * sizeof *o->shown_dbs);
	o->shown_count = 0;
	for (size_t i = 0; i < o->count; i++)
		if (o->dbs[i].shown)
			o->shown_dbs[o->shown_count++] = i;
}

static void refilter(struct rs_objects *o)
{
	for (size_t i = 0; i < o->count; i++)
		filter_db(o, &o->dbs[i]);
	list_dbs(o);
}

void rs_objects_filter(struct rs_objects *o, const char *text)
{
	char *copy = rs_xstrdup(text);

	free(o->filter);
	o->filter = copy;
	refilter(o);
}

void rs_objects_show_marked(struct rs_objects *o, bool only)
{
	o->only_marked = only;
	refilter(o);
}

/* --- what arrives --------------------------------------------------------------------------------- */

static struct rs_objects_db *db_find(struct rs_objects *o, const char *name)
{
	if (o->last < o->count && strcmp(o->dbs[o->last].name, name) == 0)
		return &o->dbs[o->last];
	for (o->last = 0; o->last < o->count; o->last++)
		if (strcmp(o->dbs[o->last].name, name) == 0)
			return &o->dbs[o->last];
	return NULL;
}

/* Databases arrive all at once and in order, before anything else: their numbers stay. */
static struct rs_objects_db *db_have(struct rs_objects *o, const char *name)
{
	struct rs_objects_db *d = db_find(o, name);

	if (d)
		return d;
	RS_GROW(o->dbs, o->count, o->cap);
	d = &o->dbs[o->count++];
	*d = (struct rs_objects_db){.name = rs_xstrdup(name), .fresh = true};
	return d;
}

static int order_of(const struct rs_objects_table *t, enum rs_object_kind kind, const char *name)
{
	return t->kind == kind ? strcmp(t->name, name) : (int)t->kind - (int)kind;
}

static struct rs_objects_table *table_find(struct rs_objects_db *d, enum rs_object_kind kind, const char *name)
{
	size_t low = 0, high = d->count;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = order_of(&d->tables[mid], kind, name);

		if (order == 0)
			return &d->tables[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

bool rs_objects_has_db(const struct rs_objects *o, const char *db)
{
	for (size_t i = 0; i < o->count; i++)
		if (strcasecmp(o->dbs[i].name, db) == 0)
			return true;
	return false;
}

uint64_t rs_objects_find(const struct rs_objects *o, const char *db, const char *table)
{
	for (size_t i = 0; i < o->count; i++) {
		struct rs_objects_table *t = strcmp(o->dbs[i].name, db) == 0 ? table_find(&o->dbs[i], RS_OBJECT_TABLE, table) : NULL;

		if (t)
			return rs_objects_number(i, (size_t)(t - o->dbs[i].tables), 0, 2);
	}
	return 0;
}

static void take_columns(struct rs_objects_table *t, struct rs_object *obj)
{
	t->columns = obj->schema ? RS_COLUMNS_KNOWN : RS_COLUMNS_FAILED;
	if (!obj->schema)
		return;
	if (t->schema)
		rs_table_unref(t->schema);
	t->schema = rs_table_ref(obj->schema);
}

static void add_schema(struct rs_objects_db *d, struct rs_objects_table *t, const struct rs_table *schema)
{
	t->schema = rs_table_ref(schema);
	t->rows = schema->rows;
	t->bytes = schema->bytes;
	d->rows += schema->rows;
	d->bytes += schema->bytes;
}

static void add_object(struct rs_objects *o, struct rs_objects_db *d, const struct rs_object *obj)
{
	struct rs_objects_table *t;

	RS_GROW(d->tables, d->count, d->cap);
	t = &d->tables[d->count++];
	*t = (struct rs_objects_table){.kind = obj->kind, .name = rs_xstrdup(obj->name), .unsupported = rs_xstrdup(obj->unsupported)};
	if (obj->schema)
		add_schema(d, t, obj->schema);
	d->fresh = true;
	d->others += obj->kind != RS_OBJECT_TABLE;
	o->tables += obj->kind == RS_OBJECT_TABLE;
}

/* What a database has comes in one piece; later come columns, and what was made since shows when all is fetched again. */
static void take_object(struct rs_objects *o, struct rs_objects_db *d, struct rs_object *obj)
{
	struct rs_objects_table *t = d->listed ? table_find(d, obj->kind, obj->name) : NULL;

	if (t)
		take_columns(t, obj);
	else if (!d->listed && obj->kind != RS_OBJECT_DATABASE)
		add_object(o, d, obj);
}

static int by_kind_and_name(const void *a, const void *b)
{
	const struct rs_objects_table *y = b;

	return order_of(a, y->kind, y->name);
}

static void end_piece(struct rs_objects *o)
{
	for (size_t i = 0; i < o->count; i++) {
		struct rs_objects_db *d = &o->dbs[i];

		if (!d->fresh)
			continue;
		d->fresh = false;
		d->listed = d->count > 0;
		if (d->listed)
			qsort(d->tables, d->count, sizeof *d->tables, by_kind_and_name);
		filter_db(o, d);
	}
	list_dbs(o);
}

void rs_objects_take(struct rs_objects *o, struct rs_catalog *c)
{
	for (size_t i = 0; i < c->count; i++)
		take_object(o, db_have(o, c->objects[i].db), &c->objects[i]);
	if (c->count)
		end_piece(o);
	rs_catalog_release(c);
}

bool rs_objects_poll(struct rs_objects *o)
{
	struct rs_catalog c = {0};
	bool done = false, any, was = o->done;

	if (!o->job)
		return false;
	rs_err_clear(&o->error);
	(void)(rs_browse_take(o->job, &c, &done, &o->error) == RS_OK);
	any = c.count > 0;
	rs_objects_take(o, &c);
	o->done = done;
	return any || done != was;
}

void rs_objects_want_columns(struct rs_objects *o, uint64_t node)
{
	struct rs_objects_table *t = table_of(o, node);

	if (!t || !o->job || t->columns == RS_COLUMNS_ASKED || t->columns == RS_COLUMNS_KNOWN)
		return;
	t->columns = RS_COLUMNS_ASKED;
	rs_browse_columns(o->job, rs_objects_db(o, node)->name, t->name);
}

size_t rs_objects_want_marked_columns(struct rs_objects *o, size_t most)
{
	size_t known = 0;

	for (size_t i = 0; i < o->count; i++)
		for (size_t j = 0; j < o->dbs[i].count; j++) {
			const struct rs_objects_table *t = &o->dbs[i].tables[j];

			if (!t->marked)
				continue;
			known += t->columns == RS_COLUMNS_KNOWN;
			if (most == 0)
				continue;
			most--;
			rs_objects_want_columns(o, rs_objects_number(i, j, 0, 2));
		}
	return known;
}

/* --- marks ---------------------------------------------------------------------------------------- */

enum rs_mark rs_objects_mark(const struct rs_objects *o, uint64_t node)
{
	struct rs_objects_node n = rs_objects_node(node);
	const struct rs_objects_db *d = &o->dbs[n.db];

	if (n.depth == 1)
		return d->marked ? RS_MARK_ON : RS_MARK_OFF;
	if (n.depth != 2)
		return RS_MARK_NONE;
	if (d->tables[n.table].unsupported)
		return RS_MARK_NEVER;
	if (d->tables[n.table].marked || d->marked)
		return RS_MARK_ON;
	return rs_objects_can_select(&d->tables[n.table]) ? RS_MARK_OFF : RS_MARK_NEVER;
}

bool rs_objects_toggle(struct rs_objects *o, uint64_t node)
{
	struct rs_objects_node n = rs_objects_node(node);
	struct rs_objects_db *d = &o->dbs[n.db];

	if (n.depth == 1)
		d->marked = !d->marked;
	if (n.depth != 2)
		return n.depth == 1;
	if (!rs_objects_can_select(&d->tables[n.table]) || d->marked)
		return false;
	d->tables[n.table].marked = !d->tables[n.table].marked;
	return true;
}

static bool mark_as(bool marked, char how)
{
	return how == '+' || (how == '*' && !marked);
}

void rs_objects_mark_all(struct rs_objects *o, char how)
{
	bool tables = *o->filter || o->only_marked;

	for (size_t i = 0; i < o->count; i++) {
		struct rs_objects_db *d = &o->dbs[i];

		if (how == '-' || (!tables && d->shown))
			d->marked = mark_as(d->marked, how);
		for (size_t j = 0; j < d->count; j++) {
			struct rs_objects_table *t = &d->tables[j];

			if (how == '-' || (tables && t->shown && rs_objects_can_select(t)))
				t->marked = mark_as(t->marked, how);
		}
	}
}

static bool fits(const struct rs_objects_db *d, const struct rs_objects_table *t, const char *pattern)
{
	char *full = strchr(pattern, '.') ? rs_xprintf("%s.%s", d->name, t->name) : NULL;
	bool good = fnmatch(pattern, full ? full : t->name, FNM_CASEFOLD) == 0;

	free(full);
	return good;
}

size_t rs_objects_mark_pattern(struct rs_objects *o, const char *pattern)
{
	char *wide = strpbrk(pattern, "*?[") ? rs_xstrdup(pattern) : rs_xprintf("*%s*", pattern);
	size_t n = 0;

	for (size_t i = 0; i < o->count; i++)
		for (size_t j = 0; j < o->dbs[i].count; j++) {
			struct rs_objects_table *t = &o->dbs[i].tables[j];

			if (!t->shown || !rs_objects_can_select(t) || !fits(&o->dbs[i], t, wide))
				continue;
			t->marked = true;
			n++;
		}
	free(wide);
	return n;
}

size_t rs_objects_marked(const struct rs_objects *o, size_t *hidden)
{
	size_t n = 0;

	*hidden = 0;
	for (size_t i = 0; i < o->count; i++) {
		const struct rs_objects_db *d = &o->dbs[i];

		n += d->marked;
		*hidden += d->marked && !d->shown;
		for (size_t j = 0; j < d->count; j++) {
			n += d->tables[j].marked;
			*hidden += d->tables[j].marked && !d->tables[j].shown;
		}
	}
	return n;
}
