/* What must be taken back when the source rolls back a part of a transaction that is being applied as it arrives:
 * savepoints by name, as the source's log gives them, and the rows of the transaction, which count when it is committed. The
 * rows themselves are undone by the destination. Belongs to the coordinator's thread; private to engine/. */
#ifndef RS_UNDO_H
#define RS_UNDO_H

#include "engine/core.h"
#include "engine/follow/xa.h"

struct rs_undo_point {
	char *name;                    /* NULL: the transaction's begin */
	unsigned number;               /* of the destination's savepoint */
	size_t n_counts;
	struct rs_anomalies anomalies; /* met before it */
	struct rs_xa_mark body;        /* of the body that is being stored */
	size_t n_passed;               /* decisions that were carried out before it */
};

struct rs_undo {
	struct rs_tally *counts;       /* rows that will count, newest last */
	size_t n_counts, cap_counts;
	struct rs_undo_point *points;  /* in the order in which they were set; the first is the begin */
	size_t n_points, cap_points;
	unsigned next;                 /* number that was not used yet */
};

/* Whether two names mean one savepoint. */
enum rs_undo_match { RS_UNDO_OTHER, RS_UNDO_SAME, RS_UNDO_UNSURE };
enum rs_undo_match rs_undo_match(const char *a, const char *b);

/* A transaction begins: point 0 is its begin. */
void rs_undo_begin(struct rs_undo *u, const struct rs_anomalies *anomalies);
void rs_undo_release(struct rs_undo *u);
void rs_undo_count(struct rs_undo *u, const struct rs_tally *t);
/* A savepoint is set; one of the same name is forgotten. Good until the next call; the body's mark is the caller's. */
struct rs_undo_point *rs_undo_set(struct rs_undo *u, const char *name, const struct rs_anomalies *anomalies);
/* The newest of that name; a name that is not known was set before the transaction's first change: the begin. NULL: which one
 * the server means can't be told. */
const struct rs_undo_point *rs_undo_find(const struct rs_undo *u, const char *name);
/* Forgets the rows and the savepoints since. */
void rs_undo_back_to(struct rs_undo *u, const struct rs_undo_point *point);
/* It is committed: its rows count. */
void rs_undo_settle(struct rs_undo *u, struct rs_stats *stats);

#endif
