#include "sink/fold.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include "base/mem.h"

/* ---------------------------------------------------------------- what can be folded */

/* A column that only the destination has stays as it is, and can't free or take a unique value. */
static bool mark_dest_key(struct rs_fold_table *t, const struct rs_key *k)
{
	const struct rs_table *dest = t->route->dest;

	for (size_t p = 0; p < k->n_parts; p++) {
		if (k->parts[p].column >= dest->n_columns || dest->columns[k->parts[p].column].generated)
			return false;
		int i = rs_route_source_of(t->route, k->parts[p].column);
		if (i >= 0)
			t->barrier[i] = true;
	}
	return true;
}

static bool mark_source_key(struct rs_fold_table *t, const struct rs_key *k)
{
	const struct rs_table *source = t->route->source;

	for (size_t p = 0; p < k->n_parts; p++) {
		if (k->parts[p].column >= source->n_columns || source->columns[k->parts[p].column].generated)
			return false;
		t->barrier[k->parts[p].column] = true;
	}
	return true;
}

/* Whether the destination's key has just the columns by which rows are found. */
static bool is_row_key(const struct rs_fold_table *t, const struct rs_key *k)
{
	const struct rs_key *row_key = t->route->row_key;

	if (k->n_parts != row_key->n_parts)
		return false;
	for (size_t p = 0; p < k->n_parts; p++) {
		bool found = false;
		for (size_t q = 0; q < row_key->n_parts; q++)
			found = found || t->route->columns[row_key->parts[q].column] == (int)k->parts[p].column;
		if (!found || k->parts[p].prefix != 0)
			return false;
	}
	return true;
}

static bool has_consequences(const struct rs_route *r) { return r->dest->has_triggers || r->n_cascades > 0 || r->is_cascaded_to; }

/* Rows that nothing can meet: what is inserted may come together. */
static bool only_appends(const struct rs_route *r)
{
	for (size_t k = 0; k < r->dest->n_keys; k++)
		if (r->dest->keys[k].unique)
			return false;
	return r->row_key == NULL && !has_consequences(r);
}

static bool examine(struct rs_fold_table *t, bool by_any_key)
{
	const struct rs_route *r = t->route;
	bool has_row_key = false;

	t->barrier = rs_xcalloc(r->source->n_columns + 1, sizeof *t->barrier);
	if (r->row_key == NULL || has_consequences(r))
		return false;
	for (size_t k = 0; k < r->source->n_keys; k++)
		if (r->source->keys[k].unique && !mark_source_key(t, &r->source->keys[k]))
			return false;
	for (size_t k = 0; k < r->dest->n_keys; k++) {
		const struct rs_key *key = &r->dest->keys[k];
		if (!key->unique)
			continue;
		if (!mark_dest_key(t, key))
			return false;
		if (is_row_key(t, key))
			has_row_key = true;
		else
			t->more_keys = true;
	}
	/* What overlaps is put by upserts there, which might find a row by the other keys and make it this one. */
	return (has_row_key || by_any_key) && !(t->overlap && t->more_keys && r->dest_has_more);
}

static bool changes_unique_key(const struct rs_fold_table *t, const struct rs_row_change *c)
{
	for (size_t i = 0; i < t->route->source->n_columns; i++)
		if (t->barrier[i] && !rs_value_identical(&c->before[i], &c->after[i]))
			return true;
	return false;
}

/* ---------------------------------------------------------------- tables */

static struct rs_fold_table *table_of(struct rs_fold *f, const struct rs_route *route, bool overlap)
{
	struct rs_fold_table *t = rs_map_get(&f->by_route, (const char *)&route, sizeof route);

	if (t != NULL)
		return t;
	t = rs_xcalloc(1, sizeof *t);
	t->route = route;
	t->overlap = overlap && route->row_key != NULL; /* what has no key was copied exactly */
	t->folds = examine(t, f->by_any_key);
	t->appends = f->appends && only_appends(route);
	rs_map_put(&f->by_route, (const char *)&route, sizeof route, t);
	RS_GROW(f->tables, f->n_tables, f->cap_tables);
	return f->tables[f->n_tables++] = t;
}

void rs_fold_settled(struct rs_fold_table *t)
{
	t->n_rows = 0;
	if (t->index != NULL)
		memset(t->index, 0, t->index_size * sizeof *t->index);
}

void rs_fold_clear(struct rs_fold *f)
{
	for (size_t i = 0; i < f->n_tables; i++) {
		free(f->tables[i]->barrier);
		free(f->tables[i]->rows);
		free(f->tables[i]->index);
		free(f->tables[i]);
	}
	free(f->tables);
	rs_map_release(&f->by_route, NULL);
	*f = (struct rs_fold){.by_any_key = f->by_any_key, .appends = f->appends, .by_route = RS_MAP_INIT};
}

/* ---------------------------------------------------------------- rows by their key */

static size_t hash_key(const struct rs_key *k, const struct rs_value *values)
{
	uint64_t h = 0;

	for (size_t p = 0; p < k->n_parts; p++) {
		const struct rs_value *v = &values[k->parts[p].column];
		h = XXH3_64bits_withSeed(v->bytes ? v->bytes : "", v->len, h + v->len);
	}
	return (size_t)h;
}

static bool same_key(const struct rs_key *k, const struct rs_value *a, const struct rs_value *b)
{
	for (size_t p = 0; p < k->n_parts; p++)
		if (!rs_value_identical(&a[k->parts[p].column], &b[k->parts[p].column]))
			return false;
	return true;
}

/* Where the row stands in the index, or would. */
static size_t find(const struct rs_fold_table *t, const struct rs_value *values)
{
	size_t at = hash_key(t->route->row_key, values) & (t->index_size - 1);

	while (t->index[at] != 0 && !same_key(t->route->row_key, t->rows[t->index[at] - 1].key, values))
		at = (at + 1) & (t->index_size - 1);
	return at;
}

static void grow_index(struct rs_fold_table *t)
{
	if (t->index_size > 2 * t->n_rows)
		return;
	free(t->index);
	t->index_size = t->index_size ? 2 * t->index_size : 256;
	t->index = rs_xcalloc(t->index_size, sizeof *t->index);
	for (size_t i = 0; i < t->n_rows; i++)
		t->index[find(t, t->rows[i].key)] = (uint32_t)i + 1;
}

/* ---------------------------------------------------------------- folding */

static enum rs_fold_result fold_into(struct rs_fold_row *row, const struct rs_fold_table *t, const struct rs_row_change *c)
{
	bool is_there = row->after != NULL, must_be = c->before != NULL;

	if (is_there != must_be && !t->overlap)
		return RS_FOLD_BROKEN;
	if (!must_be && row->before != NULL)
		row->renewed = true;
	row->after = c->after;
	return RS_FOLD_ADDED;
}

static enum rs_fold_result append(struct rs_fold_table *t, const struct rs_row_change *c)
{
	RS_GROW(t->rows, t->n_rows, t->cap_rows);
	t->rows[t->n_rows++] = (struct rs_fold_row){NULL, NULL, c->after, false};
	return RS_FOLD_ADDED;
}

enum rs_fold_result rs_fold_add(struct rs_fold *f, const struct rs_route *route, bool overlap, enum rs_op op,
                                const struct rs_row_change *change, struct rs_fold_table **table)
{
	struct rs_fold_table *t = *table = table_of(f, route, overlap);

	if (t->appends && change != NULL && op == RS_OP_INSERT)
		return append(t, change);
	if (!t->folds || change == NULL)
		return RS_FOLD_ALONE;
	if (op == RS_OP_UPDATE && changes_unique_key(t, change))
		return RS_FOLD_ALONE;
	grow_index(t);
	const struct rs_value *image = change->before ? change->before : change->after;
	size_t at = find(t, image);
	if (t->index[at] != 0)
		return fold_into(&t->rows[t->index[at] - 1], t, change);
	RS_GROW(t->rows, t->n_rows, t->cap_rows);
	t->rows[t->n_rows++] = (struct rs_fold_row){image, change->before, change->after, false};
	t->index[at] = (uint32_t)t->n_rows;
	return RS_FOLD_ADDED;
}

/* ---------------------------------------------------------------- what becomes of a row */

bool rs_fold_is_unchanged(const struct rs_route *r, const struct rs_fold_row *row)
{
	for (size_t i = 0; i < r->source->n_columns; i++)
		if (rs_route_writes(r, i) && !rs_value_identical(&row->before[i], &row->after[i]))
			return false;
	return true;
}

bool rs_fold_stays(const struct rs_fold_table *t, const struct rs_fold_row *row)
{
	return row->before && row->after && (!row->renewed || (!t->more_keys && !t->route->dest_has_more));
}

/* ---------------------------------------------------------------- order */

/* Any order is right; the key's is fast, which bytes tell well enough. Numbers are digits: the longer, the larger. */
static int compare_values(const struct rs_value *a, const struct rs_value *b, bool number)
{
	size_t n = a->len < b->len ? a->len : b->len;

	if (number && a->len != b->len)
		return a->len < b->len ? -1 : 1;
	int order = n > 0 ? memcmp(a->bytes, b->bytes, n) : 0;
	return order ? order : (a->len > b->len) - (a->len < b->len);
}

struct sorted {
	struct rs_fold_row *row;
	const struct rs_route *route;
};

static int compare_rows(const void *x, const void *y)
{
	const struct sorted *a = x, *b = y;
	const struct rs_key *k = a->route->row_key;

	for (size_t p = 0; p < k->n_parts; p++) {
		uint32_t i = k->parts[p].column;
		int order = compare_values(&a->row->key[i], &b->row->key[i],
		                           rs_type_is_number(a->route->source->columns[i].type));
		if (order != 0)
			return order;
	}
	return 0;
}

struct rs_fold_row **rs_fold_sorted(const struct rs_fold_table *t)
{
	struct sorted *all = rs_xcalloc(t->n_rows + 1, sizeof *all);
	struct rs_fold_row **out = rs_xcalloc(t->n_rows + 1, sizeof *out);

	for (size_t i = 0; i < t->n_rows; i++)
		all[i] = (struct sorted){&t->rows[i], t->route};
	if (t->route->row_key != NULL)
		qsort(all, t->n_rows, sizeof *all, compare_rows);
	for (size_t i = 0; i < t->n_rows; i++)
		out[i] = all[i].row;
	free(all);
	return out;
}
