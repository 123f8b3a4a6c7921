/* Keeping the source's log while nobody applies it: from P0 through the copy, while the task is paused, while the destination
 * can't be reached, and after it has failed. A thread with connections of its own fills the relay (source/relay.h); when the
 * stream is followed again, that reads the relay first, and ends the thread when it has come to its end.
 *
 * What sides need is kept as well, from where the first of the task's parts is on, and while the task follows: one that
 * rests may do so for long. The task's own comes first.
 *
 * What it can't keep it says: the log of a server that has just taken the source's place, where the task has not passed yet
 * what that had then; and what sides need where their place is not known, or the source has no longer what follows it.
 *
 * A source that keeps its log for us (source.h) needs none of this: nothing is ever kept then, and there is nothing to tell.
 *
 * The coordinator's, but for rs_spool_quota and rs_spool_show, which any thread may call. Private to engine/. */
#ifndef RS_SPOOL_H
#define RS_SPOOL_H

#include "base/thread.h"
#include "model/position.h"
#include "model/task.h"
#include "source/relay.h"

struct rs_engine;
struct rs_progress;

struct rs_spool {
	struct rs_relay *relay;        /* NULL: the engine was not started */
	struct rs_position from;       /* where the task goes on when it is begun again; not set: not known */
	char *identity;                /* of the source that the task has; NULL: not known */
	struct rs_thread thread;
	struct rs_task *task;          /* the thread's own, as the next three */
	struct rs_position start, own; /* of the first part, and of the task itself */
	bool told;                     /* that the relay is full */
	bool lasting;                  /* it is filled while the task follows, too */
	_Atomic(const char *) leaves_out; /* what is not kept, a word of progress.h; NULL: nothing, or nothing is to be kept */
};

void rs_spool_init(struct rs_engine *e);
void rs_spool_release(struct rs_engine *e);
void rs_spool_quota(struct rs_engine *e, uint64_t bytes);

/* An attempt knows where the task stands: the relay is bound to its source. A side reads its task's. */
void rs_spool_attach(struct rs_engine *e, const struct rs_position *from);
/* Everything before a position is in the destination, and it says so: the task goes on there. */
void rs_spool_passed(struct rs_engine *e, const struct rs_position *position);
/* Starts the thread, where it is not at work, and tells what is not kept. Does nothing where it is not known which log the
 * task reads (another server has just taken the source's place). */
void rs_spool_start(struct rs_engine *e);
/* The task is about to follow: what its sides need is kept on. */
void rs_spool_go_beside(struct rs_engine *e);
/* Ends it; what is in the relay stays. */
void rs_spool_stop(struct rs_engine *e);
/* The stream is going to be read from a position: ends the thread where that will not do so by way of the relay. */
void rs_spool_hand_over(struct rs_engine *e, const struct rs_position *from);
/* Ends the thread and removes what it left. */
void rs_spool_forget(struct rs_engine *e);
void rs_spool_show(struct rs_engine *e, struct rs_progress *p);

#endif
