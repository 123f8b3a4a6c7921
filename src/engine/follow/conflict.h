/* Which source transactions may be applied beside each other: those that have no row, no unique value and no parent in
 * common. Each change gives a set of hashes; transactions that share one stay in source order, on one lane. Equal hashes
 * of different things cost a little parallelism; equal things with different hashes would lose rows, so whatever can't be
 * computed from the images alone makes a table one single thing:
 *
 *   tables without a key, unless the destination has none either and nothing but inserts comes; unique keys over
 *   expressions, generated columns, prefixes, or columns that the source does not write; types whose equal values may be
 *   written differently; collations for which no coarser fold is known, and values with characters that it does not know
 *   (codec/collation.h); several source tables that go into one; tables connected by foreign keys whose actions we carry
 *   out (all such together).
 *
 * What triggers of the destination do is not known at all: then nothing is applied beside anything. Only the
 * destination's unique keys count, and the key by which rows are found: the source's others can't fail there.
 *
 * Pure; the coordinator's thread. Private to engine/. */
#ifndef RS_CONFLICT_H
#define RS_CONFLICT_H

#include "engine/core.h"

/* One source transaction among gathered items: BEGIN and what follows. */
struct rs_conflict_txn {
	size_t first, n;     /* items */
	uint64_t rows;
	size_t bytes;
	unsigned lane;       /* where it is to be applied */
};

/* What most of those have in common that have to wait; none: n is 0. */
struct rs_conflict_hot {
	size_t n;                /* transactions that wait for it */
	uint64_t hash;           /* by which it is known again */
	char *table;             /* "db.name" at the source, escaped */
	char *key;               /* "id=5", escaped; NULL: the table as a whole */
};

struct rs_conflict_split {
	struct rs_conflict_txn *txns;
	size_t n, cap;
	unsigned lanes;          /* that got something; those are numbered from 0 */
	enum rs_serial why;      /* lanes is 1: why */
	size_t in_line;          /* transactions beyond a fair share that depend on each other */
	struct rs_conflict_hot hot;
};

/* Where the rows of an item go; NULL: nowhere. arg as given to split. */
typedef const struct rs_route *(*rs_conflict_route)(void *arg, const struct rs_change *c);

/* Distributes n items, which are whole transactions, over at most `lanes`, each of which gets at least min_rows. out is
 * released by the caller, whatever comes out. */
void rs_conflict_split(struct rs_change *const *items, size_t n, rs_conflict_route route_of, void *arg, unsigned lanes,
                       uint64_t min_rows, struct rs_conflict_split *out);
void rs_conflict_split_release(struct rs_conflict_split *s);

#endif
