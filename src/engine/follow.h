/* What the three parts of following share: follow.c (the loop), gather.c (items to transactions), batch.c (transactions
 * to the destination). All of it belongs to the coordinator's thread, but for the stream and the queue's entry, which are
 * the reading thread's. Private to engine/. */
#ifndef RS_FOLLOW_H
#define RS_FOLLOW_H

#include "base/queue.h"
#include "engine/core.h"
#include "engine/undo.h"
#include "engine/xa.h"

#define RS_BATCH_BYTES ((size_t)8 << 20)

struct rs_follow {
	struct rs_engine *e;
	struct rs_stream *stream;
	struct rs_tracker *tracker;
	struct rs_applier *applier;
	struct rs_thread reader;
	struct rs_queue queue;
	struct rs_err stream_err;      /* the reader's, to be looked at once the queue has ended */
	enum rs_rc stream_rc;

	struct rs_change **items;      /* gathered: complete transactions, and behind complete_items an open one */
	size_t n_items, cap_items, complete_items;
	size_t bytes;
	uint64_t rows_in_batch;
	struct rs_position reached;    /* after the last complete transaction that was gathered or seen */
	int64_t reached_time;
	struct rs_position inside;     /* of the transaction that is open */
	bool news;                     /* it was reached since the lag was measured */
	bool open;                     /* a transaction has begun and not ended */
	bool streaming;                /* its rows are already being applied */
	struct rs_undo undo;           /* of the transaction that is streaming */
	struct rs_xa_writer body;      /* open while rows are stored and not applied */
	bool replaying;                /* among what was gathered is the COMMIT of a body, whose rows live too shortly to be folded */
	struct rs_position saved;      /* what the destination has */
	rs_usec saved_at;
	struct rs_anomalies anomalies;
	bool folding;                  /* the batch that is being applied */
	bool again;                    /* … for the second time */
};

/* ------------------------------------------------------------------ gather.c */

/* Takes one item over: gathers it, applies it, or drops what it undoes. */
enum rs_rc rs_follow_item(struct rs_follow *f, struct rs_change *c, struct rs_err *err);

/* ------------------------------------------------------------------ batch.c */

/* Commits all complete transactions that were gathered as one, and forgets them; where they have no rows, the position
 * alone if save_position is given and it moved. */
enum rs_rc rs_follow_flush(struct rs_follow *f, bool save_position, struct rs_err *err);
/* Sends one item into the open transaction of the destination; rows that belong to an XA transaction which is not
 * committed yet are stored. apply_stored (arg: the follow) applies those, now that it is. */
enum rs_rc rs_follow_send_one(struct rs_follow *f, const struct rs_change *c, struct rs_err *err);
enum rs_rc rs_follow_apply_stored(void *arg, const struct rs_change *c, struct rs_err *err);
enum rs_rc rs_follow_set_savepoint(struct rs_follow *f, const struct rs_change *c, struct rs_err *err);
/* Sends all items into the open transaction, and forgets them. */
enum rs_rc rs_follow_send_window(struct rs_follow *f, struct rs_err *err);
/* Frees the first n items. */
void rs_follow_forget(struct rs_follow *f, size_t n);

/* Fails where anomalies are to stop the task; counts and forgets them. */
enum rs_rc rs_follow_judge(struct rs_follow *f, struct rs_err *err);
void rs_follow_note_anomalies(struct rs_follow *f);
/* The destination has the position now: numbers, lag, state. */
void rs_follow_saved(struct rs_follow *f, const struct rs_position *position, int64_t time);
/* Whether the destination has passed the end of the copy; nothing is called synchronizing before. */
bool rs_follow_is_consistent(const struct rs_follow *f, const struct rs_position *position);
void rs_follow_show_state(struct rs_follow *f);

#endif
