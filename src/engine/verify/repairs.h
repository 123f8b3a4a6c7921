/* The repairs that other processes ask for (control.h): one after the other, in a thread that is started with the first.
 * Any thread. */
#ifndef RS_REPAIRS_H
#define RS_REPAIRS_H

#include "base/thread.h"
#include "engine/verify/repair.h"

struct rs_repair_request;

struct rs_repairs {
	struct rs_monitor monitor;       /* guards the rest */
	struct rs_thread thread;
	struct rs_repair_request *first; /* oldest first; those that are done stay until they are asked for */
	uint64_t last;                   /* ticket */
	size_t n;
	bool ending;
};

void rs_repairs_init(struct rs_repairs *all);
/* Nothing is begun any more, and what is under way ends soon. */
void rs_repairs_end(struct rs_repairs *all);
/* Ends what is under way, and waits for that. */
void rs_repairs_release(struct rs_repairs *all);

/* The range is copied. A ticket, to look with; 0 and RS_E_REPAIR where too many wait. */
uint64_t rs_repairs_add(struct rs_engine *e, const struct rs_diff_range *range, struct rs_err *err);
/* False: not done yet. Else what came of it, which is forgotten. */
bool rs_repairs_look(struct rs_engine *e, uint64_t ticket, struct rs_repair_counts *done, struct rs_err *err);
/* Nobody will look: it is not begun, or ended behind the transaction that it is at. */
void rs_repairs_forget(struct rs_engine *e, uint64_t ticket);

/* {"database":…,"table":…,"after":…,"upto":…} of a report (rds-sync(1)). */
json_t *rs_diff_range_to_json(const struct rs_diff_range *r);

#endif
