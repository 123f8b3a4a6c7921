/* What the files of a comparison share: ranges of a table's key on both sides (compare.c), and what is told of those that
 * differ (compare_report.c). Of the comparison's thread, but for what is read of the destination, which is its second thread's
 * until that is joined. Private to them. */
#ifndef RS_COMPARE_PRIV_H
#define RS_COMPARE_PRIV_H

#include "engine/verify/compare.h"
#include "engine/verify/compare_suspect.h"

#define RS_COMPARE_PART_ROWS 1000 /* a range that differs is told in parts of so many */

struct rs_compare_pending;

struct rs_compare_range {
	struct rs_bound after, upto;
};

struct rs_comparison {
	struct rs_compare *c;
	const struct rs_key *key;       /* of the source; NULL: one range, rows are their own keys */
	const struct rs_key *dest_key;  /* NULL: all is one range */
	struct rs_row_side source, dest;
	uint32_t *source_columns, *dest_columns; /* what digests are made of; NULL: rows must be read */
	size_t n_columns;
	uint64_t source_count, dest_count; /* what is known to be missing or extra, in all, when rows are counted */
	bool counts_differ;
	struct rs_compare_pending *pending; /* room for PENDING_MAX */
	size_t n_pending;
};

/* Each row that was read, with its hashes. */
typedef enum rs_rc rs_compare_visit(struct rs_comparison *m, struct rs_row_side *s, const struct rs_row_hash *e, void *arg,
                                    struct rs_err *err);
/* fn for the rows of a range on one side. */
enum rs_rc rs_compare_walk(struct rs_comparison *m, struct rs_row_side *s, const struct rs_compare_range *r, rs_compare_visit *fn,
                           void *arg, struct rs_err *err);

typedef enum rs_rc rs_compare_part(struct rs_comparison *m, const struct rs_compare_range *r, void *arg, struct rs_err *err);
/* fn for each part of a range, one behind the other, of so many rows of the source each. */
enum rs_rc rs_compare_in_parts(struct rs_comparison *m, const struct rs_compare_range *whole, uint64_t rows, rs_compare_part *fn,
                               void *arg, struct rs_err *err);

/* Tells of all of a range's suspects that have settled, and of the parts of the range that they are in. */
enum rs_rc rs_compare_report(struct rs_comparison *m, const struct rs_compare_range *r, struct rs_suspects *all,
                             struct rs_err *err);

#endif
