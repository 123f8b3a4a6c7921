#include "screen/objects_batch.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/selection_name.h"

#define PIECE 4000 /* names */

/* --- which objects ----------------------------------------------------------------------------------------------- */

typedef void visit(void *ctx, const char *db, const char *table);

static void each_marked(const struct rs_objects *o, visit *one, void *ctx)
{
	for (size_t i = 0; i < o->count; i++) {
		const struct rs_objects_db *d = &o->dbs[i];

		if (d->marked)
			one(ctx, d->name, NULL);
		for (size_t j = 0; j < d->count; j++)
			if (d->tables[j].marked)
				one(ctx, d->name, d->tables[j].name);
	}
}

/* Those that the source has of a database that is selected whole; what is selected by name is among the rules. ruled: rules speak of
 * any of them. */
static void each_of_whole(const struct rs_objects *o, const struct rs_objects_db *d, bool ruled, visit *one, void *ctx)
{
	bool all = !ruled && !rs_selection_working(o->selection);

	for (size_t j = 0; j < d->count; j++) {
		const struct rs_objects_table *t = &d->tables[j];

		if (t->kind == RS_OBJECT_TABLE && !t->unsupported &&
		    (all || (rs_selection_includes_table(o->selection, d->name, t->name) &&
		             !rs_selection_has_table(o->selection, d->name, t->name))))
			one(ctx, d->name, t->name);
	}
}

static const struct rs_objects_db *listed(const struct rs_objects *o, const char *db)
{
	for (size_t i = 0; i < o->count; i++)
		if (strcmp(o->dbs[i].name, db) == 0)
			return &o->dbs[i];
	return NULL;
}

static void each_table_of(const struct rs_objects *o, const struct rs_selection_rule *db, visit *one, void *ctx)
{
	const struct rs_objects_db *d = db->selected ? listed(o, db->db) : NULL;
	struct rs_selection_rule r;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each_of(o->selection, db->db, &i, &r);)
		if (!r.column && !r.excluded && (r.selected || db->selected))
			one(ctx, r.db, r.table);
	if (d)
		each_of_whole(o, d, db->tables > 0, one, ctx);
}

/* db NULL: of all databases. others: of all but that. */
static void each_table(const struct rs_objects *o, const char *db, bool others, visit *one, void *ctx)
{
	struct rs_selection_rule r;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each_db(o->selection, &i, &r);)
		if (!db || (strcmp(db, r.db) == 0) != others)
			each_table_of(o, &r, one, ctx);
}

static void each_database(const struct rs_objects *o, visit *one, void *ctx)
{
	struct rs_selection_rule r;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each_db(o->selection, &i, &r);)
		if (rs_selection_includes_db(o->selection, r.db))
			one(ctx, r.db, NULL);
}

static void each_of(const struct rs_objects *o, enum rs_batch_of of, const char *db, visit *one, void *ctx)
{
	switch (of) {
	case RS_BATCH_MARKED: each_marked(o, one, ctx); break;
	case RS_BATCH_DATABASE: each_table(o, db, false, one, ctx); break;
	case RS_BATCH_TABLES: each_table(o, NULL, false, one, ctx); break;
	case RS_BATCH_DATABASES: each_database(o, one, ctx); break;
	}
}

static void count_one(void *ctx, const char *db, const char *table)
{
	(void)db;
	(void)table;
	++*(size_t *)ctx;
}

size_t rs_batch_size(const struct rs_objects *o, enum rs_batch_of of, const char *db)
{
	size_t n = 0;

	each_of(o, of, db, count_one, &n);
	return n;
}

/* --- life --------------------------------------------------------------------------------------------------------- */

#define KEY_MAX (2 * RS_NAME_KEY_MAX + 1)

static size_t key_of(const char *db, const char *table, char key[KEY_MAX])
{
	size_t n = rs_name_key(db, false, key);

	key[n++] = '\0';
	return n + (table ? rs_name_key(table, false, key + n) : 0);
}

static void add_item(void *ctx, const char *db, const char *table)
{
	struct rs_batch *b = ctx;

	RS_GROW(b->items, b->count, b->cap);
	b->items[b->count++] = (struct rs_batch_item){.db = db, .table = table};
}

static void add_rest(void *ctx, const char *db, const char *table)
{
	struct rs_batch *b = ctx;

	RS_GROW(b->rest, b->rest_count, b->rest_cap);
	b->rest[b->rest_count++] = (struct rs_batch_item){.db = db, .table = table};
}

/* Single tables of two databases may come to one there; two whole ones may not. */
static void add_rest_database(void *ctx, const char *db, const char *table)
{
	if (rs_selection_whole_db(((struct rs_batch *)ctx)->objects->selection, db))
		add_rest(ctx, db, table);
}

/* Those that have all tables, or databases, leave no other that could have a name already. */
static void collect_rest(struct rs_batch *b, const char *db)
{
	if (b->of == RS_BATCH_DATABASE) {
		each_table(b->objects, db, true, add_rest, b);
	} else if (b->of == RS_BATCH_MARKED) {
		each_table(b->objects, NULL, false, add_rest, b);
		each_database(b->objects, add_rest_database, b);
	}
}

struct rs_batch *rs_batch_new(struct rs_objects *o, enum rs_batch_of of, const char *db)
{
	struct rs_batch *b = rs_xcalloc(1, sizeof *b);

	b->objects = o;
	b->of = of;
	each_of(o, of, db, add_item, b);
	collect_rest(b, db);
	b->bad = rs_xcalloc(b->count + 1, sizeof *b->bad);
	b->changed = rs_xcalloc(b->count + 1, sizeof *b->changed);
	rs_batch_name(b, NULL);
	return b;
}

static void forget_names(struct rs_batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		free(b->items[i].to);
		free(b->items[i].problem);
		b->items[i].to = b->items[i].problem = NULL;
	}
	rs_map_release(&b->given, NULL);
	rs_renaming_free(b->how);
	b->how = NULL;
	b->bad_count = b->changed_count = b->next = 0;
}

void rs_batch_free(struct rs_batch *b)
{
	if (!b)
		return;
	forget_names(b);
	rs_map_release(&b->mine, NULL);
	rs_map_release(&b->others, NULL);
	free(b->items);
	free(b->rest);
	free(b->bad);
	free(b->changed);
	free(b->names);
	free(b);
}

/* --- naming -------------------------------------------------------------------------------------------------------- */

void rs_batch_name(struct rs_batch *b, struct rs_renaming *how)
{
	forget_names(b);
	b->how = how;
	if (!how)
		b->next = b->count;
}

static void look_up(const struct rs_batch *b, struct rs_batch_item *item)
{
	const struct rs_selection *s = b->objects->selection;

	if (item->table)
		rs_selection_map_table(s, item->db, item->table, &item->to_db, &item->now);
	else
		item->now = rs_selection_map_db(s, item->db);
}

static void know_item(struct rs_batch *b, struct rs_batch_item *item)
{
	char key[KEY_MAX];

	look_up(b, item);
	if (b->of == RS_BATCH_MARKED)
		(void)rs_map_put(&b->mine, key, key_of(item->db, item->table, key), item);
}

static size_t name_key(const struct rs_batch_item *item, const char *name, char key[KEY_MAX])
{
	return item->table ? key_of(item->to_db, name, key) : key_of(name, NULL, key);
}

static void know_other(struct rs_batch *b, struct rs_batch_item *item)
{
	char key[KEY_MAX];

	if (rs_map_get(&b->mine, key, key_of(item->db, item->table, key)))
		return;
	look_up(b, item);
	(void)rs_map_put(&b->others, key, name_key(item, item->now, key), item);
}

/* NULL: a server could have it. */
static char *why_impossible(const struct rs_batch_item *item)
{
	struct rs_err err = RS_ERR_INIT;
	char *why = NULL;

	if (rs_name_check(item->to, &err) != RS_OK)
		why = rs_xstrdup(err.primary);
	else if (!item->table && rs_selection_is_system_db(item->to))
		why = rs_xstrdup(_("belongs to the server or to this program"));
	rs_err_clear(&err);
	return why;
}

static bool is_alone(const struct rs_batch *b, const struct rs_batch_item *item)
{
	return !item->table && !rs_selection_whole_db(b->objects->selection, item->db);
}

/* Which other object has the name already: one that keeps it, or one that was named before. */
static char *why_taken(struct rs_batch *b, const struct rs_batch_item *item)
{
	const struct rs_batch_item *other;
	char key[KEY_MAX];
	size_t len;

	if (is_alone(b, item))
		return NULL;
	len = name_key(item, item->to, key);
	other = rs_map_get(&b->others, key, len);
	if (!other)
		other = rs_map_get(&b->given, key, len);
	if (!other)
		(void)rs_map_put(&b->given, key, len, (void *)(uintptr_t)item);
	return other ? rs_xprintf(_("%s is called so, too"), other->table ? other->table : other->db) : NULL;
}

static void name_item(struct rs_batch *b, size_t i)
{
	struct rs_batch_item *item = &b->items[i];

	item->to = rs_renaming_apply(b->how, item->now);
	item->problem = why_impossible(item);
	if (!item->problem)
		item->problem = why_taken(b, item);
	if (item->problem)
		b->bad[b->bad_count++] = i;
	else if (strcmp(item->to, item->now) != 0)
		b->changed[b->changed_count++] = i;
}

bool rs_batch_go_on(struct rs_batch *b)
{
	for (size_t n = 0; n < PIECE; n++)
		if (b->known < b->count)
			know_item(b, &b->items[b->known++]);
		else if (b->looked < b->rest_count)
			know_other(b, &b->rest[b->looked++]);
		else if (b->next < b->count)
			name_item(b, b->next++);
		else
			break;
	return b->known < b->count || b->looked < b->rest_count || b->next < b->count;
}

const struct rs_batch_item *rs_batch_row(const struct rs_batch *b, size_t row)
{
	return &b->items[row < b->bad_count ? b->bad[row] : b->changed[row - b->bad_count]];
}

struct rs_objects_change *rs_batch_take(struct rs_batch *b)
{
	b->names = rs_xrealloc(b->names, (b->changed_count + 1) * sizeof *b->names);
	for (size_t i = 0; i < b->changed_count; i++) {
		const struct rs_batch_item *item = &b->items[b->changed[i]];

		b->names[i] = (struct rs_objects_name){item->db, item->table, item->to};
	}
	return rs_objects_renaming(b->objects, b->names, b->changed_count, b->of == RS_BATCH_DATABASES || b->of == RS_BATCH_MARKED);
}
