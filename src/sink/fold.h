/* Folding: what many changes of the same rows come to. A batch of transactions is gathered table by table and row by row,
 * so that a row which was inserted, changed five times and moved on arrives as one row of one statement.
 *
 * The result may be applied in any order of tables, and within a table deletes first, then inserts and updates in any
 * order. That is sound because nothing is folded that changes a unique key of a row which stays (rs_fold_add says
 * RS_FOLD_ALONE: the caller settles the table first and applies that change by itself), and because tables are left out
 * altogether where a row's change has consequences that its image does not show (triggers, acting foreign keys) or where
 * a unique key can't be computed from it (expressions, generated columns).
 *
 * Images are borrowed from the changes, which must outlive the fold. One thread. */
#ifndef RS_FOLD_H
#define RS_FOLD_H

#include "base/map.h"
#include "sink/sink.h"

struct rs_fold_row {
	const struct rs_value *key;    /* an image of it, for the key's columns; NULL: the table has none */
	const struct rs_value *before; /* the row as it must have been; NULL: there was none */
	const struct rs_value *after;  /* as it is now; NULL: it is gone. Neither: it came and went */
	bool renewed;                  /* deleted and inserted again: not an update, its unique keys may be others */
};

struct rs_fold_table {
	const struct rs_route *route;
	bool overlap;                  /* as of rs_applier_ops.rows: before is not known to hold */
	bool folds;                    /* false: every change is RS_FOLD_ALONE */
	bool appends;                  /* it has no key at all: inserts are gathered as they are, every other change is RS_FOLD_ALONE */
	bool more_keys;                /* the destination has another unique key than the one that rows are found by */
	bool *barrier;                 /* source columns that are part of some unique key */
	struct rs_fold_row *rows;
	size_t n_rows, cap_rows;
	uint32_t *index;               /* open addressing by the key's bytes: row + 1, 0 empty */
	size_t index_size;             /* a power of two, at least twice n_rows */
};

struct rs_fold {
	struct rs_fold_table **tables; /* in the order of their first change */
	size_t n_tables, cap_tables;
	struct rs_map by_route;
	bool by_any_key;               /* the key that rows are found by need not be a unique one of the destination's: what is written
	                                  there deletes by it, and inserts */
	bool appends;                  /* what is inserted into tables without any key is gathered, too */
};

#define RS_FOLD_INIT {NULL, 0, 0, RS_MAP_INIT, false, false}

enum rs_fold_result {
	RS_FOLD_ADDED,
	RS_FOLD_ALONE,  /* settle the table (*table), empty it with rs_fold_settled, and apply this change alone */
	RS_FOLD_BROKEN  /* the changes contradict each other: an insert of a row that is there, … */
};

/* All changes of a table between two rs_fold_clear have the same overlap. *table is where the change belongs, whatever the
 * result. change NULL: one that the caller applies alone. */
enum rs_fold_result rs_fold_add(struct rs_fold *f, const struct rs_route *route, bool overlap, enum rs_op op,
                                const struct rs_row_change *change, struct rs_fold_table **table);
/* Whether what is written of a row that was there and is there is the same. */
bool rs_fold_is_unchanged(const struct rs_route *r, const struct rs_fold_row *row);
/* A row that was deleted and inserted again is the same one, unless it may have other unique keys now, or columns of the
 * destination's own that began anew. */
bool rs_fold_stays(const struct rs_fold_table *t, const struct rs_fold_row *row);
/* The rows in the order of their key, where there is one; malloc'ed. */
struct rs_fold_row **rs_fold_sorted(const struct rs_fold_table *t);
/* Forgets the rows of a table. */
void rs_fold_settled(struct rs_fold_table *t);
/* Forgets everything; routes may change afterwards. */
void rs_fold_clear(struct rs_fold *f);

#endif
