#include "engine/verify/compare_suspect.h"

#include <stdlib.h>
#include "base/mem.h"

/* ---------------------------------------------------------------- sets of rows */

void rs_row_set_clear(struct rs_row_set *s)
{
	s->n = 0;
	s->count = s->sum_low = s->sum_high = 0;
}

void rs_row_set_add(struct rs_row_set *s, const struct rs_row_hash *e, bool hold)
{
	s->count++;
	s->sum_low += e->row.low64;
	s->sum_high += e->row.high64 ^ (e->row.low64 >> 1);
	if (!hold)
		return;
	RS_GROW(s->items, s->n, s->cap);
	s->items[s->n++] = *e;
}

static int by_key(const void *a, const void *b)
{
	const struct rs_row_hash *x = a, *y = b;
	int order = XXH128_cmp(&x->key, &y->key);

	return order != 0 ? order : XXH128_cmp(&x->row, &y->row);
}

void rs_row_set_sort(struct rs_row_set *s)
{
	if (s->n > 1)
		qsort(s->items, s->n, sizeof *s->items, by_key);
}

/* ---------------------------------------------------------------- suspects */

static const XXH128_hash_t nothing;

struct rs_suspect *rs_suspects_find(const struct rs_suspects *all, XXH128_hash_t key)
{
	uintptr_t index = (uintptr_t)rs_map_get(&all->by_key, (const char *)&key, sizeof key);

	return index ? &all->items[index - 1] : NULL;
}

static struct rs_suspect *add_suspect(struct rs_suspects *all, XXH128_hash_t key)
{
	RS_GROW(all->items, all->n, all->cap);
	struct rs_suspect *s = &all->items[all->n++];

	*s = (struct rs_suspect){.key = key, .since = rs_clock_mono()};
	rs_map_put(&all->by_key, (const char *)&key, sizeof key, (void *)(uintptr_t)all->n);
	return s;
}

static bool was_seen(const struct rs_suspect *s, XXH128_hash_t row)
{
	for (unsigned i = 0; i < s->n_seen; i++)
		if (XXH128_isEqual(s->seen[i], row))
			return true;
	return false;
}

static void remember(struct rs_suspect *s, XXH128_hash_t row)
{
	if (!was_seen(s, row))
		s->seen[s->n_seen++ % RS_SUSPECT_SEEN] = row;
	if (s->n_seen > RS_SUSPECT_SEEN)
		s->n_seen = RS_SUSPECT_SEEN;
}

static void suspect(struct rs_suspects *all, XXH128_hash_t key, XXH128_hash_t source, XXH128_hash_t dest)
{
	struct rs_suspect *s = rs_suspects_find(all, key);

	if (s == NULL && all->n >= all->max) {
		all->more = true;
		return;
	}
	if (s == NULL) {
		s = add_suspect(all, key);
	} else if (!XXH128_isEqual(s->source, source) || !XXH128_isEqual(s->dest, dest)) {
		s->since = rs_clock_mono();
	}
	/* A destination that shows what the source had a moment ago is following. */
	if (s->n_seen > 0 && was_seen(s, dest) && !XXH128_isEqual(s->dest, dest))
		s->since = rs_clock_mono();
	s->source = source;
	s->dest = dest;
	s->still = true;
	s->copies++;
	remember(s, source);
}

/* Both sides are sorted by key; a table without a key has its rows for keys, so that equal rows pair off. */
static void merge(const struct rs_row_set *a, const struct rs_row_set *b, struct rs_suspects *out)
{
	size_t i = 0, j = 0;

	while (i < a->n || j < b->n) {
		int order = i == a->n ? 1 : j == b->n ? -1 : XXH128_cmp(&a->items[i].key, &b->items[j].key);
		if (order < 0) {
			suspect(out, a->items[i].key, a->items[i].row, nothing);
			i++;
		} else if (order > 0) {
			suspect(out, b->items[j].key, nothing, b->items[j].row);
			j++;
		} else {
			if (!XXH128_isEqual(a->items[i].row, b->items[j].row))
				suspect(out, a->items[i].key, a->items[i].row, b->items[j].row);
			i++;
			j++;
		}
	}
}

static void drop_cleared(struct rs_suspects *all)
{
	size_t kept = 0;

	rs_map_release(&all->by_key, NULL);
	all->by_key = (struct rs_map)RS_MAP_INIT;
	for (size_t i = 0; i < all->n; i++) {
		if (!all->items[i].still)
			continue;
		all->items[kept++] = all->items[i];
		rs_map_put(&all->by_key, (const char *)&all->items[i].key, sizeof(XXH128_hash_t), (void *)(uintptr_t)kept);
	}
	all->n = kept;
}

bool rs_suspects_are_settled(const struct rs_suspects *all, rs_usec settle)
{
	for (size_t i = 0; i < all->n; i++)
		if (!rs_suspect_is_settled(&all->items[i], settle))
			return false;
	return true;
}

void rs_suspects_look(struct rs_suspects *all, const struct rs_row_set *source, const struct rs_row_set *dest)
{
	for (size_t i = 0; i < all->n; i++) {
		all->items[i].still = false;
		all->items[i].copies = 0;
	}
	all->more = false;
	merge(source, dest, all);
	drop_cleared(all);
}

void rs_suspects_release(struct rs_suspects *all)
{
	free(all->items);
	rs_map_release(&all->by_key, NULL);
	*all = (struct rs_suspects)RS_SUSPECTS_INIT;
}
