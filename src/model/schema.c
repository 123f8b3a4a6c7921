#include "model/schema.h"

#include <string.h>

#include "base/mem.h"

/* Arrays here are grown at each power of two, so that the count alone tells how much room there is; a copy keeps to
 * that too. */
static size_t room_for(size_t n)
{
	size_t room = 1;

	while (room < n)
		room *= 2;
	return room;
}

static void *add_element(void *array, size_t *n, size_t size)
{
	if (*n == 0 || (*n & (*n - 1)) == 0)
		array = rs_xrealloc(array, room_for(*n + 1) * size);
	memset((char *)array + *n * size, 0, size);
	++*n;
	return array;
}

static void *copy_array(const void *array, size_t n, size_t size)
{
	void *copy;

	if (n == 0)
		return NULL;
	copy = rs_xmalloc(room_for(n) * size);
	return memcpy(copy, array, n * size);
}

static char **copy_names(char **names, size_t n)
{
	char **copy = copy_array(names, n, sizeof *names);

	for (size_t i = 0; i < n; i++)
		copy[i] = rs_xstrdup(names[i]);
	return copy;
}

static void free_names(char **names, size_t n)
{
	for (size_t i = 0; names && i < n; i++)
		free(names[i]);
	free(names);
}

struct rs_table *rs_table_new(const char *db, const char *name)
{
	struct rs_table *t = rs_xcalloc(1, sizeof *t);

	atomic_init(&t->refs, 1);
	t->db = rs_xstrdup(db);
	t->name = rs_xstrdup(name);
	return t;
}

struct rs_table *rs_table_ref(const struct rs_table *t)
{
	/* The count is the one member that changes after a table is published. */
	struct rs_table *counted = (struct rs_table *)(uintptr_t)t;

	if (counted)
		atomic_fetch_add_explicit(&counted->refs, 1, memory_order_relaxed);
	return counted;
}

static void free_column(struct rs_column *c)
{
	free(c->name);
	free(c->charset);
	free(c->collation);
	free(c->native);
	free_names(c->members, c->n_members);
}

static void remove_part(struct rs_key *k, uint32_t column)
{
	size_t n = 0;

	for (size_t i = 0; i < k->n_parts; i++) {
		struct rs_key_part part = k->parts[i];
		if (part.column == column)
			continue;
		if (part.column != UINT32_MAX && part.column > column)
			part.column--;
		k->parts[n++] = part;
	}
	k->n_parts = n;
}

void rs_table_remove_column(struct rs_table *t, uint32_t column)
{
	free_column(&t->columns[column]);
	t->n_columns--;
	memmove(&t->columns[column], &t->columns[column + 1], (t->n_columns - column) * sizeof *t->columns);
	for (size_t i = 0; i < t->n_keys; i++)
		remove_part(&t->keys[i], column);
}

static void free_foreign_key(struct rs_foreign_key *k)
{
	free(k->name);
	free(k->parent_db);
	free(k->parent_table);
	free_names(k->columns, k->n_columns);
	free_names(k->parent_columns, k->n_columns);
}

static void free_table(struct rs_table *t)
{
	for (size_t i = 0; i < t->n_columns; i++)
		free_column(&t->columns[i]);
	for (size_t i = 0; i < t->n_keys; i++) {
		free(t->keys[i].name);
		free(t->keys[i].parts);
	}
	for (size_t i = 0; i < t->n_foreign_keys; i++)
		free_foreign_key(&t->foreign_keys[i]);
	free(t->columns);
	free(t->keys);
	free(t->foreign_keys);
	free(t->db);
	free(t->name);
	free(t->engine);
	free(t->collation);
	free(t);
}

void rs_table_unref(const struct rs_table *t)
{
	struct rs_table *counted = (struct rs_table *)(uintptr_t)t;

	if (counted && atomic_fetch_sub_explicit(&counted->refs, 1, memory_order_acq_rel) == 1)
		free_table(counted);
}

static void copy_column(struct rs_column *c)
{
	c->name = rs_xstrdup(c->name);
	c->charset = rs_xstrdup(c->charset);
	c->collation = rs_xstrdup(c->collation);
	c->native = rs_xstrdup(c->native);
	c->members = c->members ? copy_names(c->members, c->n_members) : NULL;
}

static void copy_foreign_key(struct rs_foreign_key *k)
{
	k->name = rs_xstrdup(k->name);
	k->parent_db = rs_xstrdup(k->parent_db);
	k->parent_table = rs_xstrdup(k->parent_table);
	k->columns = copy_names(k->columns, k->n_columns);
	k->parent_columns = copy_names(k->parent_columns, k->n_columns);
}

struct rs_table *rs_table_clone(const struct rs_table *t)
{
	struct rs_table *copy = rs_table_new(t->db, t->name);

	copy->engine = rs_xstrdup(t->engine);
	copy->collation = rs_xstrdup(t->collation);
	copy->n_columns = t->n_columns;
	copy->columns = copy_array(t->columns, t->n_columns, sizeof *t->columns);
	for (size_t i = 0; i < t->n_columns; i++)
		copy_column(&copy->columns[i]);
	copy->n_keys = t->n_keys;
	copy->keys = copy_array(t->keys, t->n_keys, sizeof *t->keys);
	for (size_t i = 0; i < t->n_keys; i++) {
		copy->keys[i].name = rs_xstrdup(t->keys[i].name);
		copy->keys[i].parts = copy_array(t->keys[i].parts, t->keys[i].n_parts, sizeof *t->keys[i].parts);
	}
	copy->n_foreign_keys = t->n_foreign_keys;
	copy->foreign_keys = copy_array(t->foreign_keys, t->n_foreign_keys, sizeof *t->foreign_keys);
	for (size_t i = 0; i < t->n_foreign_keys; i++)
		copy_foreign_key(&copy->foreign_keys[i]);
	copy->rows = t->rows;
	copy->bytes = t->bytes;
	copy->is_only = t->is_only;
	copy->has_triggers = t->has_triggers;
	return copy;
}

struct rs_column *rs_table_add_column(struct rs_table *t, const char *name, enum rs_type type)
{
	struct rs_column *c;

	t->columns = add_element(t->columns, &t->n_columns, sizeof *t->columns);
	c = &t->columns[t->n_columns - 1];
	c->name = rs_xstrdup(name);
	c->type = type;
	return c;
}

struct rs_key *rs_table_add_key(struct rs_table *t, const char *name)
{
	struct rs_key *k;

	t->keys = add_element(t->keys, &t->n_keys, sizeof *t->keys);
	k = &t->keys[t->n_keys - 1];
	k->name = rs_xstrdup(name);
	return k;
}

struct rs_key_part *rs_key_add_part(struct rs_key *k, uint32_t column)
{
	struct rs_key_part *p;

	k->parts = add_element(k->parts, &k->n_parts, sizeof *k->parts);
	p = &k->parts[k->n_parts - 1];
	p->column = column;
	return p;
}

struct rs_foreign_key *rs_table_add_foreign_key(struct rs_table *t, const char *name)
{
	struct rs_foreign_key *k;

	t->foreign_keys = add_element(t->foreign_keys, &t->n_foreign_keys, sizeof *t->foreign_keys);
	k = &t->foreign_keys[t->n_foreign_keys - 1];
	k->name = rs_xstrdup(name);
	return k;
}

static int compare_keys(const void *a, const void *b)
{
	const struct rs_key *x = a, *y = b;

	return x->primary != y->primary ? y->primary - x->primary : strcmp(x->name, y->name);
}

static int compare_foreign_keys(const void *a, const void *b)
{
	return strcmp(((const struct rs_foreign_key *)a)->name, ((const struct rs_foreign_key *)b)->name);
}

void rs_table_sort_keys(struct rs_table *t)
{
	if (t->n_keys)
		qsort(t->keys, t->n_keys, sizeof *t->keys, compare_keys);
	if (t->n_foreign_keys)
		qsort(t->foreign_keys, t->n_foreign_keys, sizeof *t->foreign_keys, compare_foreign_keys);
}

/* ASCII letters only, whatever the locale: strcasecmp would fold by the program's. */
static bool same_name(const char *a, const char *b)
{
	for (;; a++, b++) {
		char x = *a >= 'A' && *a <= 'Z' ? (char)(*a + 32) : *a;
		char y = *b >= 'A' && *b <= 'Z' ? (char)(*b + 32) : *b;

		if (x != y)
			return false;
		if (!x)
			return true;
	}
}

int rs_table_column(const struct rs_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (strcmp(t->columns[i].name, name) == 0)
			return (int)i;
	for (size_t i = 0; i < t->n_columns; i++)
		if (same_name(t->columns[i].name, name))
			return (int)i;
	return -1;
}

/* Whether each row has one value of the key, and no other row has it. */
static bool finds_one_row(const struct rs_table *t, const struct rs_key *k)
{
	if (!k->unique || !k->not_null || k->n_parts == 0)
		return false;
	for (size_t i = 0; i < k->n_parts; i++) {
		const struct rs_key_part *p = &k->parts[i];

		if (p->column >= t->n_columns || p->prefix != 0 || t->columns[p->column].generated)
			return false;
	}
	return true;
}

const struct rs_key *rs_table_row_key(const struct rs_table *t)
{
	const struct rs_key *best = NULL;

	for (size_t i = 0; i < t->n_keys; i++) {
		const struct rs_key *k = &t->keys[i];

		if (k->identity)
			return k;
		if (k->primary)
			best = k;
		if ((best == NULL || !best->primary) && finds_one_row(t, k) && (!best || k->n_parts < best->n_parts))
			best = k;
	}
	return best;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Members count only where both sides know them. */
static bool same_members(const struct rs_column *a, const struct rs_column *b)
{
	if (!a->members || !b->members)
		return true;
	if (a->n_members != b->n_members)
		return false;
	for (size_t i = 0; i < a->n_members; i++)
		if (strcmp(a->members[i], b->members[i]) != 0)
			return false;
	return true;
}

static bool same_column(const struct rs_column *a, const struct rs_column *b)
{
	return strcmp(a->name, b->name) == 0 && a->type == b->type && a->is_unsigned == b->is_unsigned &&
	       a->nullable == b->nullable && a->generated == b->generated && a->stored == b->stored &&
	       a->length == b->length && a->scale == b->scale && a->fsp == b->fsp &&
	       a->mariadb_json == b->mariadb_json && a->compressed == b->compressed && (a->type != RS_T_NATIVE || same_text(a->native, b->native)) &&
	       same_text(a->charset, b->charset) && same_text(a->collation, b->collation) && same_members(a, b);
}

static bool same_key(const struct rs_key *a, const struct rs_key *b)
{
	if (strcmp(a->name, b->name) != 0 || a->primary != b->primary || a->unique != b->unique ||
	    a->not_null != b->not_null || a->n_parts != b->n_parts)
		return false;
	for (size_t i = 0; i < a->n_parts; i++)
		if (a->parts[i].column != b->parts[i].column || a->parts[i].prefix != b->parts[i].prefix ||
		    a->parts[i].descending != b->parts[i].descending)
			return false;
	return true;
}

/* At place i, where one of the two may have none. One that only one of them has is told, else the new one. */
static const char *column_difference(const struct rs_table *a, const struct rs_table *b, size_t i)
{
	if (i < a->n_columns && (i >= b->n_columns || rs_table_column(b, a->columns[i].name) < 0))
		return a->columns[i].name;
	return b->columns[i].name;
}

static const char *key_difference(const struct rs_table *a, const struct rs_table *b, size_t i)
{
	return i < b->n_keys ? b->keys[i].name : a->keys[i].name;
}

const char *rs_table_difference(const struct rs_table *a, const struct rs_table *b, bool *of_key)
{
	*of_key = false;
	for (size_t i = 0; i < a->n_columns || i < b->n_columns; i++)
		if (i >= a->n_columns || i >= b->n_columns || !same_column(&a->columns[i], &b->columns[i]))
			return column_difference(a, b, i);
	*of_key = true;
	for (size_t i = 0; i < a->n_keys || i < b->n_keys; i++)
		if (i >= a->n_keys || i >= b->n_keys || !same_key(&a->keys[i], &b->keys[i]))
			return key_difference(a, b, i);
	return NULL;
}

bool rs_table_same(const struct rs_table *a, const struct rs_table *b)
{
	bool of_key;

	return rs_table_difference(a, b, &of_key) == NULL;
}

enum rs_rc rs_quote_ident(struct rs_buf *out, const char *name)
{
	rs_buf_addc(out, '`');
	for (const char *tick; (tick = strchr(name, '`')); name = tick + 1) {
		rs_buf_add(out, name, (size_t)(tick - name));
		rs_buf_adds(out, "``");
	}
	rs_buf_adds(out, name);
	return rs_buf_addc(out, '`');
}

enum rs_rc rs_quote_table(struct rs_buf *out, const char *db, const char *name)
{
	rs_quote_ident(out, db);
	rs_buf_addc(out, '.');
	return rs_quote_ident(out, name);
}

void rs_collations_release(struct rs_collations *c)
{
	free(c->items);
	*c = (struct rs_collations){NULL, 0};
}

void rs_collations_add(struct rs_collations *c, uint32_t id, const char *charset, const char *name)
{
	struct rs_collation *item;

	c->items = add_element(c->items, &c->count, sizeof *c->items);
	item = &c->items[c->count - 1];
	item->id = id;
	snprintf(item->charset, sizeof item->charset, "%s", charset);
	snprintf(item->name, sizeof item->name, "%s", name);
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = ((const struct rs_collation *)a)->id, y = ((const struct rs_collation *)b)->id;

	return (x > y) - (x < y);
}

void rs_collations_sort(struct rs_collations *c)
{
	if (c->count)
		qsort(c->items, c->count, sizeof *c->items, by_id);
}

const struct rs_collation *rs_collations_find(const struct rs_collations *c, uint32_t id)
{
	struct rs_collation key = {.id = id};

	return c->count ? bsearch(&key, c->items, c->count, sizeof key, by_id) : NULL;
}
