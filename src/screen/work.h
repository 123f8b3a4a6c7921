/* Calls that may block (a file on a slow disk, a socket, freeing a job that has to end its connections first), made in
 * threads of their own so that the UI thread never waits. */
#ifndef RS_WORK_H
#define RS_WORK_H

#include "tui/loop.h"

struct rs_work;

/* One a program; the UI thread's. */
struct rs_works {
	struct rs_loop *loop;
	struct rs_work *first; /* those that are not finished */
};

void rs_works_init(struct rs_works *w, struct rs_loop *loop);
/* Runs run(ctx) in a thread, then done(ctx) on the UI thread (NULL: nothing to do), also when the program is ending: ctx
 * must not belong to a screen that may be gone by then. quiet: the loop is not shown as busy meanwhile (scripts don't wait
 * for it). */
void rs_work_start(struct rs_works *w, void (*run)(void *ctx), void (*done)(void *ctx), void *ctx, bool quiet);
/* Waits for the threads. What is to be done afterwards is run by rs_loop_free(), which comes next. */
void rs_works_wait(struct rs_works *w);

#endif
