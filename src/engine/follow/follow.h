/* What the parts of following share: follow.c (the loop), reading.c (who reads the log), gather.c (items to transactions),
 * batch.c (transactions to the destination), lane.c (one connection that applies). All of it belongs to the coordinator's
 * thread, but for what reading.h says, and what a lane's thread is given for a round. Private to engine/. */
#ifndef RS_FOLLOW_H
#define RS_FOLLOW_H

#include "engine/follow/complete.h"
#include "engine/follow/conflict.h"
#include "engine/follow/doubt.h"
#include "engine/follow/failing.h"
#include "engine/follow/reading.h"
#include "engine/follow/undo.h"
#include "engine/follow/xa.h"

#define RS_WINDOW_BYTES ((size_t)8 << 20) /* a transaction with more is applied as it arrives, so much at a time; by a side that
                                              is one of many, less */

#define RS_LANES_MAX 16

struct rs_follow;

/* What one lane is to apply as one transaction of the destination. Borrowed. */
struct rs_share {
	struct rs_change *const *items;
	size_t n;
	const struct rs_position *position; /* as of rs_applier_ops.begin, as the next two */
	int64_t time;
	const char *ahead;
	bool beside;                   /* one of several: the position is where all of them began */
	enum rs_serial why;            /* how its transactions are applied */
	bool fold;
	bool pieces;                   /* not as a whole: see pieces.c */
	bool singly;                   /* one row after the other, to find the one that the destination refuses */
};

/* A connection that applies. Lane 0 is the coordinator's own; the others have threads, which work on their shares while
 * rs_lanes_apply waits for them, and wait otherwise. Meanwhile the coordinator leaves the plan alone. */
struct rs_lane {
	struct rs_follow *f;
	unsigned number;
	struct rs_applier *applier;
	struct rs_inside inside;       /* of what is being applied */
	struct rs_anomalies anomalies;
	bool folding, singly;
	uint64_t stored;               /* rows of a stored body that were applied */
	struct rs_failing *failing;    /* the event at which it failed, where that is known */
	const struct rs_meta_event **passed; /* decisions that were carried out; told as anomalies are */
	size_t n_passed, cap_passed;
	struct rs_tally *tally;        /* not yet counted */
	size_t n_tally, cap_tally;
	struct rs_doubt doubt;         /* its last transaction, if the end of that was not answered */
	struct rs_change **kept;       /* read from a stored body, and perhaps gathered */
	size_t n_kept, cap_kept, kept_bytes;

	struct rs_thread thread;
	const struct rs_share *share;  /* under the follow's lane_monitor, as the next two: NULL: nothing to do */
	enum rs_rc rc;                 /* of the share that is done; also lane 0's */
	struct rs_err err;
};

struct rs_follow {
	struct rs_engine *e;
	struct rs_reading reading;
	struct rs_tracker *tracker;
	struct rs_completer *completer; /* of a source whose rows are sparse, while it overlaps with the copy; NULL: none */
	bool ended;                    /* the stream has, and all that was read was taken */

	struct rs_lane lanes[RS_LANES_MAX];
	unsigned n_lanes;
	struct rs_monitor lane_monitor;
	bool lanes_end;                /* under it */

	struct rs_change **items;      /* gathered: complete transactions with something in them, each with its end, and behind
	                                  complete_items an open one */
	size_t n_items, cap_items, complete_items;
	size_t bytes, complete_bytes;
	struct rs_inside begun;        /* the transaction that has begun last */
	uint64_t n_events;             /* of it that have arrived: rows and statements */
	struct rs_position reached;    /* after the last complete transaction that was gathered or seen */
	int64_t reached_time;
	size_t n_ahead;                /* of e->meta.ahead: that we have not come to yet */
	struct rs_position ahead_end;  /* after the last of them that we have come to */
	bool catching_up;              /* all that is wanted is that the destination has what lies before them */
	bool news;                     /* it was reached since the lag was measured */
	bool open;                     /* a transaction has begun and not ended */
	bool skipping;                 /* … and the destination has it */
	bool streaming;                /* its rows are already being applied */
	struct rs_position schema_changed; /* no schema change after it was applied */
	bool joined;                   /* a side: what it has is its task's now */
	bool renew;                    /* the attempt is to end here, and the next one to begin at once */
	bool broken;                   /* a batch failed: what of it is in must be read from the destination first */
	struct rs_undo undo;           /* of the transaction that is streaming */
	struct rs_xa_writer body;      /* open while rows are stored and not applied */
	struct rs_map bodies;          /* xids of those that the destination has, or may have */
	struct rs_position saved;      /* the destination has everything up to here */
	int64_t saved_time;
	bool saved_in_parts;           /* … but says so with an earlier position and what is ahead of it */
	rs_usec saved_at;
	rs_usec checked_at;            /* that the task is still ours, without having anything to save */
};

/* ------------------------------------------------------------------ gather.c */

/* Takes one item over: gathers it, applies it, or drops what it undoes. */
enum rs_rc rs_follow_item(struct rs_follow *f, struct rs_change *c, struct rs_err *err);

/* ------------------------------------------------------------------ xa_pair.c */

/* Of complete items: XA transactions that were prepared and finished among them become transactions like any other, or
 * nothing. */
void rs_follow_pair_xa(struct rs_follow *f);

/* ------------------------------------------------------------------ follow.c */

/* Between two transactions: sees to it that the destination has all that was gathered, and says so with one position. */
enum rs_rc rs_follow_save(struct rs_follow *f, struct rs_err *err);

/* ------------------------------------------------------------------ lane.c */

/* Opens the appliers and starts the threads; close ends them, whatever they do. */
enum rs_rc rs_lanes_open(struct rs_follow *f, struct rs_err *err);
void rs_lanes_close(struct rs_follow *f);
/* Applies a share as one transaction: begin to commit. */
enum rs_rc rs_lane_apply(struct rs_lane *l, const struct rs_share *share, struct rs_err *err);
/* Applies shares[i] on lane i, all at the same time, and returns when all have ended: the first failure. */
enum rs_rc rs_lanes_apply(struct rs_follow *f, const struct rs_share *shares, unsigned n, struct rs_err *err);
/* Sends the items of a share into the lane's open transaction. RS_AGAIN: see rs_applier_ops. */
enum rs_rc rs_lane_send(struct rs_lane *l, const struct rs_share *share, struct rs_err *err);
/* Gives the event at which a lane failed to the snapshots. */
void rs_lane_tell_failing(struct rs_lane *l);
/* Sends one item; rows that belong to an XA transaction which is not committed yet are stored. apply_stored (arg: the
 * lane) applies those, now that it is. */
enum rs_rc rs_lane_send_one(struct rs_lane *l, const struct rs_change *c, struct rs_err *err);
enum rs_rc rs_lane_apply_stored(void *arg, struct rs_change *c, struct rs_err *err);
/* What was applied counts from now on; or it does not. */
void rs_lane_count(struct rs_lane *l);
void rs_lane_forget(struct rs_lane *l);
/* Binds the table of an item anew where the log describes it otherwise than before: only between rounds. */
enum rs_rc rs_follow_bind(struct rs_follow *f, const struct rs_change *c, struct rs_err *err);
/* Where the rows of an item go; NULL: nowhere, or the table is bound otherwise (*unfit is set). */
const struct rs_route *rs_follow_route(struct rs_follow *f, const struct rs_change *c, bool *unfit);

/* ------------------------------------------------------------------ pieces.c */

/* Whether a share has several transactions, and nothing of XA: what the lane knows of bodies is not put back with the rows. */
bool rs_lane_has_pieces(const struct rs_share *share);
/* As rs_lane_send, of such a share that can't be folded as a whole. */
enum rs_rc rs_lane_send_pieces(struct rs_lane *l, const struct rs_share *share, struct rs_err *err);

/* ------------------------------------------------------------------ batch.c */

/* Commits all complete transactions that were gathered as one, or beside each other, and forgets them; where they have
 * no rows, the position alone if save_position is given and it moved. */
enum rs_rc rs_follow_flush(struct rs_follow *f, bool save_position, struct rs_err *err);
/* The index behind the end of the transaction that begins at an index of complete items. */
size_t rs_follow_transaction_end(const struct rs_follow *f, size_t at);
/* A transaction that is applied as it arrives: its begin, all items that were gathered (they are forgotten), a savepoint,
 * its end. */
enum rs_rc rs_follow_begin_streaming(struct rs_follow *f, struct rs_err *err);
enum rs_rc rs_follow_send_window(struct rs_follow *f, struct rs_err *err);
enum rs_rc rs_follow_set_savepoint(struct rs_follow *f, const struct rs_change *c, struct rs_err *err);
enum rs_rc rs_follow_end_streaming(struct rs_follow *f, struct rs_err *err);
/* How many transactions end in the items. */
uint64_t rs_follow_transactions(struct rs_change *const *items, size_t n);
/* Anomalies of a transaction that is in are told and counted; *a: none any more. */
void rs_follow_note_anomalies(struct rs_engine *e, struct rs_anomalies *a);
/* Frees the first n items. */
void rs_follow_forget(struct rs_follow *f, size_t n);

/* Fails where anomalies are to stop the task. */
enum rs_rc rs_follow_judge(const struct rs_follow *f, const struct rs_anomalies *a, struct rs_err *err);
/* The destination has the position now: numbers, lag, state. */
void rs_follow_saved(struct rs_follow *f, const struct rs_position *position, int64_t time);
/* Whether the destination has passed the end of the copy; nothing is called synchronizing before. */
bool rs_follow_is_consistent(const struct rs_follow *f, const struct rs_position *position);
/* How many bytes of a transaction that is open may be gathered. */
size_t rs_follow_window_bytes(const struct rs_follow *f);
/* What the snapshots say of that, and whether repaired rows are ahead of the others; under the stats' lock. */
void rs_follow_show_consistency(struct rs_follow *f, const struct rs_position *position);
void rs_follow_show_state(struct rs_follow *f);
/* Transactions are in the destination, applied so. */
void rs_follow_count(struct rs_follow *f, enum rs_serial why, uint64_t n);
/* Folded changes did not come to what was expected, and are applied one by one. Any lane. */
void rs_follow_count_refold(struct rs_follow *f);

#endif
