/* Comparing one table on both sides, without locks: range by range of its key, each range as a multiset of row hashes.
 * The servers are asked for ranges, never for an order: keys are not compared in the client's idea of their order, and
 * nothing depends on both servers sorting alike. Tables without a key, and those whose keys the two sides would cut
 * differently, are one range.
 *
 * Where the types allow it both servers are asked first for the digest of a range (source.h); only a range whose digests
 * differ is read.
 *
 * While the task runs a difference may just be on its way. It counts only if it stays the same, reading after reading,
 * for longer than the settling time; a destination row that equals an earlier version of the source's is on its way. A
 * row that changes so often that it never settles is not judged, and counted as such.
 *
 * One thread owns a comparison; a second one, which it starts and joins, reads the destination at the same time. */
#ifndef RS_COMPARE_H
#define RS_COMPARE_H

#include "base/thread.h"
#include "base/throttle.h"
#include "engine/engine.h"
#include "source/source.h"

struct rs_compare {
	const struct rs_table *source, *dest; /* borrowed */
	const int *columns;                   /* index in dest of each of source's columns; -1: not compared */
	struct rs_table_reader *source_reader, *dest_reader;
	struct rs_cancel *cancel;
	bool signed_zero;                     /* both servers keep -0 apart from 0 */
	enum rs_unfit unfit;                  /* what became of values that have no place at the destination */
	rs_usec settle;                       /* 0: nothing is on its way */
	const char *where;                    /* what the source's rows must meet; SQL, NULL: nothing. Borrowed */

	bool count_only;                      /* rows are counted, not looked at */
	double share, phase;                  /* of the ranges so many are looked at, evenly: 0 < share <= 1; phase, from 0 to
	                                         1, decides which. The last one always is */
	uint64_t range_rows;                  /* 0: as many as suit */
	struct rs_throttle *throttle;         /* rows and bytes of both sides together; NULL: no limit */
	rs_usec deadline;                     /* monotonic; 0: none */

	struct rs_verify_counts *counts;      /* counts up, in the comparison's own thread */
	void (*found)(void *arg, const struct rs_diff *diff);          /* texts are copied by who wants them */
	void (*differs)(void *arg, const struct rs_diff_range *range); /* the same; NULL: nobody wants to know */
	void (*pause)(void *arg);             /* after each range; may sleep; NULL */
	enum rs_rc (*arrive)(void *arg);      /* before something is looked at again: waits until the destination has
	                                         what the source has now; NULL: time alone tells */
	void *arg;
};

/* A comparison under way. What may just be on its way is looked at again, together with what other comparisons have left:
 * they use the same readers, one after the other. */
struct rs_comparison;

/* Looks at all of it; c is borrowed until the end. RS_OK however many differences were found; RS_CANCELLED; RS_AGAIN: the
 * deadline came; RS_FAIL. Whatever it returns, *out is to be ended. */
enum rs_rc rs_compare_begin(struct rs_compare *c, struct rs_comparison **out, struct rs_err *err) RS_MUST_CHECK;
/* Whether nothing is left to be looked at again. */
bool rs_compare_is_settled(const struct rs_comparison *m);
/* Looks at what is left of n comparisons again until all of it has settled; each must have something left. As begin. */
enum rs_rc rs_compare_settle(struct rs_comparison *const *all, size_t n, struct rs_err *err) RS_MUST_CHECK;
void rs_compare_end(struct rs_comparison *m);

/* The destination's key by which its rows can be cut as the source's are by theirs; NULL: there is none, or the two
 * servers would not take the same rows for the same range. */
const struct rs_key *rs_compare_matching_key(const struct rs_compare *c);
/* Of which columns both servers' digests can be compared: of a range of a key that cuts both sides alike, or of whole tables;
 * each array has room for all of the source's. False: rows must be read. */
bool rs_compare_digest_columns(const struct rs_compare *c, uint32_t *source, uint32_t *dest, size_t *n);

#endif
