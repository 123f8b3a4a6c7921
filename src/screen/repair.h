/* Ranges that differ, made the same on both sides by the process that runs the task, one after the other, in a thread. It goes on
 * when the screen is left. UI thread. */
#ifndef RS_SCREEN_REPAIR_H
#define RS_SCREEN_REPAIR_H

#include "engine/engine.h"
#include "screen/work.h"

struct rs_repair;

struct rs_repair_state {
	size_t done, total;              /* ranges */
	size_t failed;                   /* of those done */
	bool cancelled;
	uint64_t deleted, written;       /* rows at the destination */
	bool over;
	const struct rs_err *error;      /* the first, when it is over; NULL. Borrowed */
};

/* Copies the ranges. A reference; the thread has one of its own. */
struct rs_repair *rs_repair_start(struct rs_works *works, struct rs_wake wake, const struct rs_task *task,
                                  const struct rs_diff_range *ranges, size_t n);
void rs_repair_state(const struct rs_repair *r, struct rs_repair_state *out);
/* What is under way ends behind the transaction that it is at, and no further range is begun. */
void rs_repair_cancel(struct rs_repair *r);
/* NULL is fine. Cancels it. */
void rs_repair_unref(struct rs_repair *r);

#endif
