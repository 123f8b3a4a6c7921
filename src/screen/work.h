/* Calls that may block (a file on a slow disk, a socket, freeing a job that has to end its connections first), made in
 * threads of their own so that the UI thread never waits. Those that write files stand in a line, one after the other in the
 * order in which they were asked for: what is written last is what was meant last. */
#ifndef RS_WORK_H
#define RS_WORK_H

#include "base/thread.h"
#include "tui/loop.h"

struct rs_work;

/* How a work is done; bits. */
enum rs_work_how {
	RS_WORK_QUIET = 1,   /* the loop is not shown as busy meanwhile (scripts don't wait for it) */
	RS_WORK_IN_LINE = 2  /* begins when all that was asked for in line before it is done */
};

/* One a program; the UI thread's. */
struct rs_works {
	struct rs_loop *loop;
	struct rs_work *first; /* those that are not finished, in the order in which they were asked for */
	bool ending;           /* rs_works_end was called */
	struct rs_cancel leaving; /* set by then: for what may have to wait for long */
};

void rs_works_init(struct rs_works *w, struct rs_loop *loop);
/* Runs run(ctx) in a thread, then done(ctx) on the UI thread (NULL: nothing to do), also when the program is ending: ctx
 * must not belong to a screen that may be gone by then. how: bits of rs_work_how. */
void rs_work_start(struct rs_works *w, void (*run)(void *ctx), void (*done)(void *ctx), void *ctx, unsigned how);
/* Waits until all that was asked for has been done, and done with. What is asked for from then on is done at once, by the
 * calling thread: the screens are gone. */
void rs_works_end(struct rs_works *w);
/* After rs_works_end. */
void rs_works_release(struct rs_works *w);

#endif
