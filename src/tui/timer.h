/* Timers of the loop, on the monotonic clock. Private to tui; loop.h has the public side. */
#ifndef RS_TIMER_H
#define RS_TIMER_H

#include <stddef.h>
#include "base/clock.h"

struct rs_timer {
	int id; /* 0: free */
	rs_usec due, period;
	void (*fn)(void *ctx);
	void *ctx;
};

struct rs_timers {
	struct rs_timer *items;
	size_t count, cap;
	int last; /* number of the newest */
};

/* Returns its number, > 0. period 0: once. */
int rs_timers_add(struct rs_timers *t, rs_usec delay, rs_usec period, void (*fn)(void *ctx), void *ctx);
/* 0 is fine, as is one that is over. */
void rs_timers_stop(struct rs_timers *t, int id);
/* Calls those that are due; they may add and stop timers. After a long pause each is called once, not for every period
 * that was missed. */
void rs_timers_run(struct rs_timers *t);
/* How long until the next, 0: it is due, < 0: there is none. */
rs_usec rs_timers_next(const struct rs_timers *t);
void rs_timers_release(struct rs_timers *t);

#endif
