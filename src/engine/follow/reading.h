/* Who reads the source's log: a thread of its own, the log-reader, which puts what it reads into a queue bounded in bytes; but
 * where nothing waits, the coordinator reads for itself, so that a transaction that comes alone passes no other thread. The
 * log-reader leaves the stream to whoever wants it when there is nothing to be read and little in the queue. The coordinator gives
 * it back when more comes than it can well apply meanwhile, or nothing, which may be the end of a connection; and where it was
 * away from it for a while, at work with the destination, the log-reader takes it again.
 *
 * What is said elsewhere to be of the stream's thread is done by the one whose turn it is. The calls below are the coordinator's,
 * but for rs_reading_nudge, which is any thread's. Private to engine/. */
#ifndef RS_READING_H
#define RS_READING_H

#include "base/queue.h"
#include "model/change.h"
#include "source/source.h"

struct rs_engine;

struct rs_reading {
	struct rs_engine *e;
	struct rs_stream *stream;      /* of whose turn it is, as the next two */
	enum rs_rc rc;                 /* how it ended, once the queue has */
	struct rs_err err;
	struct rs_queue queue;         /* of struct rs_change */
	struct rs_thread thread;
	int wake_fd;                   /* wakes who waits in the stream; -1: nothing does */

	struct rs_monitor monitor;     /* guards the next three */
	enum rs_reading_turn { RS_TURN_READER, RS_TURN_NOBODY, RS_TURN_COORDINATOR } turn;
	rs_usec left;                  /* nobody's since */
	bool ends;                     /* the log-reader is to end */

	void *taken[64];               /* the coordinator's: out of the queue, to be handed out */
	size_t n_taken, next_taken;

	bool directly;                 /* the coordinator's: what it took last it read itself */
	bool idle;                     /* … and there was nothing more */
	size_t unbroken;               /* … bytes of it since there was nothing */
	rs_usec heard;                 /* … when something came last */
	rs_usec emptied;               /* … when there was nothing more, last */
};

void rs_reading_init(struct rs_reading *r, struct rs_engine *e);
/* The stream is the reading's from now on, also where no thread could be made. */
enum rs_rc rs_reading_start(struct rs_reading *r, struct rs_stream *stream, struct rs_err *err) RS_MUST_CHECK;
/* The next item, the caller's. RS_AGAIN: nothing came for so long, or somebody nudged; RS_EOF: no more comes, r->rc and r->err say
 * why; RS_CANCELLED. */
enum rs_rc rs_reading_take(struct rs_reading *r, rs_usec timeout, struct rs_change **out) RS_MUST_CHECK;
/* Whether, as far as is known, all was taken that can be read. */
bool rs_reading_is_idle(struct rs_reading *r);
/* When the source's log was seen to have nothing but what was taken so far (monotonic); 0: that is not known. */
rs_usec rs_reading_emptied(const struct rs_reading *r);
/* Whoever waits in rs_reading_take, or comes to wait there next, finds RS_AGAIN at once where there is no item. */
void rs_reading_nudge(struct rs_reading *r);
/* All up to a position is at the destination, whose word it is (rs_stream_ops.confirm). The coordinator's. */
void rs_reading_confirm(struct rs_reading *r, const struct rs_position *safe);
/* Ends the thread, and the stream. */
void rs_reading_stop(struct rs_reading *r);
/* What was read and not taken is dropped. */
void rs_reading_release(struct rs_reading *r);

#endif
