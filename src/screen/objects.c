#include "screen/objects.h"

#include <string.h>
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
	o->count = o->shown_count = o->tables = o->shown_tables = 0;
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

static void filter_db(struct rs_objects *o, struct rs_objects_db *d)
{
	d->shown_tables = rs_xrealloc(d->shown_tables, (d->count + 1) * sizeof *d->shown_tables);
	d->shown_count = 0;
	for (size_t i = 0; i < d->count; i++) {
		d->tables[i].shown = matches(o, d->name, d->tables[i].name);
		if (d->tables[i].shown)
			d->shown_tables[d->shown_count++] = i;
	}
	d->shown = d->shown_count > 0 || matches(o, d->name, NULL);
	o->shown_tables += d->shown_count;
}

static void refilter(struct rs_objects *o)
{
	o->shown_dbs = rs_xrealloc(o->shown_dbs, (o->count + 1) * sizeof *o->shown_dbs);
	o->shown_count = o->shown_tables = 0;
	for (size_t i = 0; i < o->count; i++) {
		filter_db(o, &o->dbs[i]);
		if (o->dbs[i].shown)
			o->shown_dbs[o->shown_count++] = i;
	}
}

void rs_objects_filter(struct rs_objects *o, const char *text)
{
	char *copy = rs_xstrdup(text);

	free(o->filter);
	o->filter = copy;
	refilter(o);
}

/* --- what arrives --------------------------------------------------------------------------------- */

static struct rs_objects_db *db_find(struct rs_objects *o, const char *name)
{
	for (size_t i = 0; i < o->count; i++)
		if (strcmp(o->dbs[i].name, name) == 0)
			return &o->dbs[i];
	return NULL;
}

/* Databases arrive all at once and in order, before anything else: their numbers stay. */
static struct rs_objects_db *db_have(struct rs_objects *o, const char *name)
{
	struct rs_objects_db *d = o->count && strcmp(o->dbs[o->count - 1].name, name) == 0 ? &o->dbs[o->count - 1] : db_find(o, name);

	if (d)
		return d;
	RS_GROW(o->dbs, o->count, o->cap);
	d = &o->dbs[o->count++];
	*d = (struct rs_objects_db){.name = rs_xstrdup(name)};
	return d;
}

static struct rs_objects_table *table_find(struct rs_objects_db *d, const char *name)
{
	size_t low = 0, high = d->count;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strcmp(d->tables[mid].name, name);

		if (order == 0)
			return &d->tables[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
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

static void take_table(struct rs_objects *o, struct rs_objects_db *d, struct rs_object *obj)
{
	struct rs_objects_table *t = d->listed ? table_find(d, obj->name) : NULL;

	if (t) {
		take_columns(t, obj);
		return;
	}
	if (d->listed)
		return; /* made since: a reload shows it */
	RS_GROW(d->tables, d->count, d->cap);
	t = &d->tables[d->count++];
	*t = (struct rs_objects_table){.name = rs_xstrdup(obj->name), .unsupported = rs_xstrdup(obj->unsupported)};
	if (obj->schema) {
		t->schema = rs_table_ref(obj->schema);
		d->rows += t->schema->rows;
		d->bytes += t->schema->bytes;
	}
	o->tables++;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct rs_objects_table *)a)->name, ((const struct rs_objects_table *)b)->name);
}

/* The tables of a database come in one piece. */
static void end_piece(struct rs_objects *o, bool any_table)
{
	for (size_t i = 0; any_table && i < o->count; i++) {
		struct rs_objects_db *d = &o->dbs[i];

		if (d->listed || !d->count)
			continue;
		qsort(d->tables, d->count, sizeof *d->tables, by_name);
		d->listed = true;
	}
	refilter(o);
}

void rs_objects_take(struct rs_objects *o, struct rs_catalog *c)
{
	bool any_table = false;

	for (size_t i = 0; i < c->count; i++) {
		struct rs_object *obj = &c->objects[i];
		struct rs_objects_db *d = db_have(o, obj->db);

		any_table = any_table || obj->kind == RS_OBJECT_TABLE;
		if (obj->kind == RS_OBJECT_TABLE)
			take_table(o, d, obj);
		else if (obj->kind != RS_OBJECT_DATABASE)
			d->others++;
	}
	if (c->count)
		end_piece(o, any_table);
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
	return d->tables[n.table].marked || d->marked ? RS_MARK_ON : RS_MARK_OFF;
}

bool rs_objects_toggle(struct rs_objects *o, uint64_t node)
{
	struct rs_objects_node n = rs_objects_node(node);
	struct rs_objects_db *d = &o->dbs[n.db];

	if (n.depth == 1)
		d->marked = !d->marked;
	if (n.depth != 2)
		return n.depth == 1;
	if (d->tables[n.table].unsupported || d->marked)
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
	bool tables = *o->filter != '\0';

	for (size_t i = 0; i < o->count; i++) {
		struct rs_objects_db *d = &o->dbs[i];

		if (how == '-' || (!tables && d->shown))
			d->marked = mark_as(d->marked, how);
		for (size_t j = 0; j < d->count; j++) {
			struct rs_objects_table *t = &d->tables[j];

			if (how == '-' || (tables && t->shown && !t->unsupported))
				t->marked = mark_as(t->marked, how);
		}
	}
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
