/* How much of two servers' time something may take: every query's time is noted, and the next one waits until all of them
 * together are within the share. What was not used is not saved up. Plain arithmetic of one thread, without a clock. */
#ifndef RS_BUDGET_H
#define RS_BUDGET_H

#include "base/clock.h"

enum rs_budget_server { RS_BUDGET_SOURCE, RS_BUDGET_DEST, RS_BUDGET_SERVERS };

#define RS_BUDGET_WINDOW 60 /* seconds that are told of */

struct rs_budget {
	unsigned percent;                    /* 1 to 100 */
	rs_usec since;                       /* the first query */
	rs_usec due[RS_BUDGET_SERVERS];      /* no query before */
	rs_usec used[RS_BUDGET_SERVERS][RS_BUDGET_WINDOW]; /* in each of the last seconds; a query counts where it ended */
	rs_usec second;                      /* of now, which is the newest of them */
};

/* A query has ended now. */
void rs_budget_use(struct rs_budget *b, enum rs_budget_server server, rs_usec took, rs_usec now);
/* How long to wait from now on until both servers may be asked; 0: not at all. */
rs_usec rs_budget_wait(const struct rs_budget *b, rs_usec now);
/* Percent of the time that queries took, over the window or as long as there were any; < 0: there were none. */
double rs_budget_share(struct rs_budget *b, enum rs_budget_server server, rs_usec now);

#endif
