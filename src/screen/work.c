#include "screen/work.h"

#include "base/mem.h"
#include "base/thread.h"

struct rs_work {
	struct rs_works *works;
	struct rs_work *next;
	struct rs_thread thread;
	void (*run)(void *ctx);
	void (*done)(void *ctx);
	void *ctx;
	bool quiet;
};

void rs_works_init(struct rs_works *w, struct rs_loop *loop)
{
	*w = (struct rs_works){.loop = loop};
}

static void unlink_work(struct rs_work *work)
{
	struct rs_work **at = &work->works->first;

	while (*at != work)
		at = &(*at)->next;
	*at = work->next;
}

/* On the UI thread. */
static void finished(void *arg)
{
	struct rs_work *work = arg;

	rs_thread_join(&work->thread);
	unlink_work(work);
	if (work->done)
		work->done(work->ctx);
	if (!work->quiet)
		rs_loop_busy(work->works->loop, -1);
	free(work);
}

static void *work_main(void *arg)
{
	struct rs_work *work = arg;

	work->run(work->ctx);
	rs_loop_post(work->works->loop, finished, work);
	return NULL;
}

void rs_work_start(struct rs_works *w, void (*run)(void *ctx), void (*done)(void *ctx), void *ctx, bool quiet)
{
	struct rs_work *work = rs_xcalloc(1, sizeof *work);

	*work = (struct rs_work){.works = w, .next = w->first, .run = run, .done = done, .ctx = ctx, .quiet = quiet};
	w->first = work;
	if (!quiet)
		rs_loop_busy(w->loop, 1);
	if (!rs_thread_start(&work->thread, "work", work_main, work))
		work_main(work);
}

void rs_works_wait(struct rs_works *w)
{
	for (struct rs_work *work = w->first; work; work = work->next)
		rs_thread_join(&work->thread);
}
