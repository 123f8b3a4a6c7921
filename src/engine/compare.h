/* Comparing one table on both sides, without locks: range by range of its key, each range as a multiset of row hashes.
 * The servers are asked for ranges, never for an order: keys are not compared in the client's idea of their order, and
 * nothing depends on both servers sorting alike. Tables without a key, and those whose keys the two sides would cut
 * differently, are one range.
 *
 * While the task runs a difference may just be on its way. It counts only if it stays the same, reading after reading,
 * for longer than the settling time; a destination row that equals an earlier version of the source's is on its way.
 *
 * One thread; both readers belong to it. */
#ifndef RS_COMPARE_H
#define RS_COMPARE_H

#include "base/thread.h"
#include "engine/engine.h"
#include "source/source.h"

struct rs_compare {
	const struct rs_table *source, *dest; /* borrowed */
	const int *columns;                   /* index in dest of each of source's columns; -1: not compared */
	struct rs_table_reader *source_reader, *dest_reader;
	struct rs_cancel *cancel;
	bool signed_zero;                     /* both servers keep -0 apart from 0 */
	rs_usec settle;                       /* 0: nothing is on its way */
	uint64_t *rows;                       /* counts up, read by others under no lock: an estimate */
	void (*found)(void *arg, const struct rs_diff *diff); /* texts are copied by who wants them */
	void *arg;
};

/* Compares all of it. RS_OK however many differences were found; RS_CANCELLED; RS_FAIL. */
enum rs_rc rs_compare_table(struct rs_compare *c, struct rs_err *err);

#endif
