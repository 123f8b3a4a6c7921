#include "screen/work.h"

#include <stdatomic.h>
#include "base/mem.h"
#include "base/thread.h"

struct rs_work {
	struct rs_works *works;
	struct rs_work *next;
	struct rs_thread thread;
	void (*run)(void *ctx);
	void (*done)(void *ctx);
	void *ctx;
	unsigned how;
	bool begun;
	atomic_bool over;      /* its thread has done it */
};

void rs_works_init(struct rs_works *w, struct rs_loop *loop)
{
	*w = (struct rs_works){.loop = loop};
	rs_cancel_init(&w->leaving);
}

static void append(struct rs_works *w, struct rs_work *work)
{
	struct rs_work **at = &w->first;

	while (*at)
		at = &(*at)->next;
	*at = work;
}

static void unlink_work(struct rs_works *w, struct rs_work *work)
{
	struct rs_work **at = &w->first;

	while (*at != work)
		at = &(*at)->next;
	*at = work->next;
}

/* --- in its thread ------------------------------------------------------------------ */

static void collect(void *arg);

static void *work_main(void *arg)
{
	struct rs_work *work = arg;
	struct rs_works *works = work->works;

	work->run(work->ctx);
	atomic_store(&work->over, true);
	rs_loop_post(works->loop, collect, works);
	return NULL;
}

/* --- on the UI thread ------------------------------------------------------------------ */

static void begin(struct rs_work *work)
{
	work->begun = true;
	if (!rs_thread_start(&work->thread, "work", work_main, work))
		work_main(work);
}

/* The first that stands in line and has not begun, unless one before it is at work. */
static struct rs_work *next_in_line(const struct rs_works *w)
{
	for (struct rs_work *work = w->first; work; work = work->next)
		if (work->how & RS_WORK_IN_LINE)
			return work->begun ? NULL : work;
	return NULL;
}

static void finish(struct rs_works *w, struct rs_work *work)
{
	struct rs_work *next;

	rs_thread_join(&work->thread);
	unlink_work(w, work);
	if (work->done)
		work->done(work->ctx);
	if (!(work->how & RS_WORK_QUIET))
		rs_loop_busy(w->loop, -1);
	free(work);
	next = w->ending ? NULL : next_in_line(w);
	if (next)
		begin(next);
}

static struct rs_work *first_over(const struct rs_works *w)
{
	struct rs_work *work = w->first;

	while (work && !atomic_load(&work->over))
		work = work->next;
	return work;
}

/* Posted by each, but it takes all there are. */
static void collect(void *arg)
{
	struct rs_works *w = arg;
	struct rs_work *work;

	while ((work = first_over(w)) != NULL)
		finish(w, work);
}

static void do_now(void (*run)(void *ctx), void (*done)(void *ctx), void *ctx)
{
	run(ctx);
	if (done)
		done(ctx);
}

void rs_work_start(struct rs_works *w, void (*run)(void *ctx), void (*done)(void *ctx), void *ctx, unsigned how)
{
	struct rs_work *work;

	if (w->ending) {
		do_now(run, done, ctx);
		return;
	}
	work = rs_xcalloc(1, sizeof *work);
	*work = (struct rs_work){.works = w, .run = run, .done = done, .ctx = ctx, .how = how};
	append(w, work);
	if (!(how & RS_WORK_QUIET))
		rs_loop_busy(w->loop, 1);
	if (!(how & RS_WORK_IN_LINE) || next_in_line(w) == work)
		begin(work);
}

void rs_works_end(struct rs_works *w)
{
	struct rs_work *work;

	w->ending = true;
	rs_cancel_set(&w->leaving);
	while ((work = w->first) != NULL) {
		if (!work->begun)
			work->run(work->ctx);
		finish(w, work);
	}
}

void rs_works_release(struct rs_works *w)
{
	rs_cancel_release(&w->leaving);
}
