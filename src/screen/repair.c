#include "screen/repair.h"

#include <stdatomic.h>
#include <string.h>
#include "base/mem.h"

#define PATIENCE (600 * RS_USEC_PER_SEC) /* for one range: a whole table may be one */

struct rs_repair {
	unsigned refs;                   /* UI thread */
	struct rs_wake wake;
	struct rs_task *task;
	struct rs_diff_range *ranges;
	size_t n;
	struct rs_cancel cancel;
	atomic_size_t done, failed;
	atomic_ullong deleted, written;
	struct rs_err error;             /* the thread's until it is over */
	bool over;                       /* UI thread */
};

static void repair_free(struct rs_repair *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->ranges[i].db);
		free(r->ranges[i].table);
		free(r->ranges[i].after);
		free(r->ranges[i].upto);
	}
	free(r->ranges);
	rs_cancel_release(&r->cancel);
	rs_task_free(r->task);
	rs_err_clear(&r->error);
	free(r);
}

void rs_repair_cancel(struct rs_repair *r)
{
	rs_cancel_set(&r->cancel);
}

static void drop(struct rs_repair *r)
{
	if (--r->refs == 0)
		repair_free(r);
}

void rs_repair_unref(struct rs_repair *r)
{
	if (!r)
		return;
	rs_repair_cancel(r);
	drop(r);
}

/* False: it ends here. Where nobody runs the task none of the others could be mended either. */
static bool mend(struct rs_repair *r, const struct rs_diff_range *range)
{
	struct rs_repair_counts counts = {0};
	struct rs_err err = RS_ERR_INIT;
	bool good = rs_task_repair(r->task, range, PATIENCE, &r->cancel, &counts, &err) == RS_OK;
	bool goes_on = good || (err.code != RS_E_TASK_NOT_RUNNING && err.code != RS_E_CANCELLED);

	atomic_fetch_add(&r->deleted, counts.deleted);
	atomic_fetch_add(&r->written, counts.written);
	if (!good && goes_on)
		atomic_fetch_add(&r->failed, 1);
	if (!good && !r->error.code && !rs_cancel_is_set(&r->cancel))
		rs_err_move(&r->error, &err);
	rs_err_clear(&err);
	return goes_on;
}

static void repair_run(void *arg)
{
	struct rs_repair *r = arg;

	for (size_t i = 0; i < r->n && !rs_cancel_is_set(&r->cancel) && mend(r, &r->ranges[i]); i++) {
		atomic_fetch_add(&r->done, 1);
		if (r->wake.fn)
			r->wake.fn(r->wake.arg);
	}
}

static void repair_done(void *arg)
{
	struct rs_repair *r = arg;

	r->over = true;
	if (r->wake.fn)
		r->wake.fn(r->wake.arg);
	drop(r);
}

struct rs_repair *rs_repair_start(struct rs_works *works, struct rs_wake wake, const struct rs_task *task,
                                  const struct rs_diff_range *ranges, size_t n)
{
	struct rs_repair *r = rs_xcalloc(1, sizeof *r);

	r->refs = 2;
	r->wake = wake;
	r->task = rs_task_copy(task);
	r->n = n;
	rs_cancel_init(&r->cancel);
	r->error = (struct rs_err)RS_ERR_INIT;
	r->ranges = rs_xcalloc(n + 1, sizeof *r->ranges);
	for (size_t i = 0; i < n; i++)
		r->ranges[i] = (struct rs_diff_range){.db = rs_xstrdup(ranges[i].db), .table = rs_xstrdup(ranges[i].table),
		                                      .after = rs_xstrdup(ranges[i].after), .upto = rs_xstrdup(ranges[i].upto)};
	rs_work_start(works, repair_run, repair_done, r, RS_WORK_QUIET);
	return r;
}

void rs_repair_state(const struct rs_repair *r, struct rs_repair_state *out)
{
	*out = (struct rs_repair_state){.done = atomic_load(&r->done), .total = r->n, .failed = atomic_load(&r->failed),
	                                .cancelled = rs_cancel_is_set(&r->cancel),
	                                .deleted = atomic_load(&r->deleted), .written = atomic_load(&r->written), .over = r->over,
	                                .error = r->over && r->error.code ? &r->error : NULL};
}
