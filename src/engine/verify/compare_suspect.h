/* Rows of one range on both sides, and those among them that may differ: a difference that is on its way is not one, so
 * suspects are looked at again. Plain data of one thread. Private to the comparison. */
#ifndef RS_COMPARE_SUSPECT_H
#define RS_COMPARE_SUSPECT_H

#include "base/clock.h"
#include "base/map.h"
#include "engine/verify/compare_row.h"

/* The rows of one side. */
struct rs_row_set {
	struct rs_row_hash *items;  /* sorted by key, then row, once all are in */
	size_t n, cap;
	uint64_t count;             /* of all rows that were seen, not only of those that are held */
	uint64_t sum_low, sum_high; /* of all rows' hashes: the multiset's digest */
};

void rs_row_set_clear(struct rs_row_set *s); /* keeps its room */
void rs_row_set_add(struct rs_row_set *s, const struct rs_row_hash *e, bool hold);
void rs_row_set_sort(struct rs_row_set *s);
static inline bool rs_row_set_same(const struct rs_row_set *a, const struct rs_row_set *b)
{
	return a->count == b->count && a->sum_low == b->sum_low && a->sum_high == b->sum_high;
}

#define RS_SUSPECT_SEEN 8
#define RS_SUSPECTS_MAX 100000 /* more in one reading say nothing that fewer would not */

struct rs_suspect {
	XXH128_hash_t key;
	XXH128_hash_t source, dest; /* row hashes; zero: no such row */
	rs_usec since;              /* unchanged since */
	XXH128_hash_t seen[RS_SUSPECT_SEEN]; /* versions that the source had */
	unsigned n_seen;
	bool still;                 /* seen again in this reading */
	unsigned copies;            /* in this reading, of a row without a key: how many are too few or too many */
};

struct rs_suspects {
	struct rs_suspect *items;
	size_t n, cap;
	struct rs_map by_key;       /* hash of the key to index + 1 */
	size_t max;                 /* that are held */
	bool more;                  /* the last reading had more */
};

#define RS_SUSPECTS_INIT {.by_key = RS_MAP_INIT, .max = RS_SUSPECTS_MAX}

static inline bool rs_suspect_is_missing(const struct rs_suspect *s) { return (s->dest.low64 | s->dest.high64) == 0; }
static inline bool rs_suspect_is_extra(const struct rs_suspect *s) { return (s->source.low64 | s->source.high64) == 0; }
/* Nothing about it changed for so long. */
static inline bool rs_suspect_is_settled(const struct rs_suspect *s, rs_usec settle)
{
	return rs_clock_mono() - s->since >= settle;
}

void rs_suspects_release(struct rs_suspects *all);
struct rs_suspect *rs_suspects_find(const struct rs_suspects *all, XXH128_hash_t key);
/* A reading of both sides, sorted: what differs is a suspect, what no longer does is none. */
void rs_suspects_look(struct rs_suspects *all, const struct rs_row_set *source, const struct rs_row_set *dest);
bool rs_suspects_are_settled(const struct rs_suspects *all, rs_usec settle);

#endif
