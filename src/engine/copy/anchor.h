/* Anchoring a task anew: it goes on from where the source is now, although what lies between in the log is lost. The
 * remedy where a log was purged or reset, or lacks changes.
 *
 * A new P0 is taken by the same fence as at the beginning, and in one transaction the destination forgets every place in
 * the log that it knew. From then on the task is one whose copy has not ended (phase RS_META_SCHEMA, rs_meta_task.anchored),
 * and is resumed like one; but its tables are there, and are compared and repaired in chunks (mend.h) where others are
 * loaded. It is called consistent when the stream has passed P1, as after any copy.
 *
 * What was changed in schemas meanwhile is found by comparing the catalogue with what the destination knew: tables that
 * differ are made and copied anew, new ones added; those that are gone at the source stay at the destination, and are no
 * part of the task any more. What neither shows, defaults and views and the like, is definitions.h's. Tables that are
 * suspended keep their places in the old log: whether that has what they need is found out. All are named. */
#ifndef RS_ANCHOR_H
#define RS_ANCHOR_H

#include "engine/engine.h"

struct rs_engine;

/* What another thread has asked for, and what came of it. Under e->monitor. */
struct rs_anchor {
	bool alone;               /* nothing else is to be done by this process */
	bool foreseen;            /* it is not done, only told, perhaps while another process is at it; constant */
	bool wanted;
	bool busy;                /* it is being carried out, for whoever asked last */
	struct rs_anchor_options options;
	uint64_t ticket;          /* of whoever asked last */
	bool done;
	struct rs_err err;        /* set: it came to nothing; else: */
	struct rs_anchored outcome;
};

/* ------------------------------------------------------------------ the coordinator */

/* Whether somebody wants it. */
bool rs_anchor_is_wanted(struct rs_engine *e);
/* In place of the guard, after the plan was loaded. Whoever asked is answered. RS_AGAIN: it is done, and the next attempt goes on
 * from there; or it could not be, and the task goes on as it was. */
enum rs_rc rs_anchor_carry_out(struct rs_engine *e, struct rs_err *err);
/* The task has failed for good before it came to that: whoever asked is told. */
void rs_anchor_give_up(struct rs_engine *e, const struct rs_err *err);
/* Of an engine that runs nothing: what would become of its objects. */
enum rs_rc rs_anchor_foresee(struct rs_engine *e, const struct rs_anchor_options *options, struct rs_anchored *out,
                             struct rs_err *err);
/* Of a task that is anchored already, because a schema changed since: the same once more. */
enum rs_rc rs_anchor_again(struct rs_engine *e, struct rs_err *err);
/* Before tables are made: removes what is there of those that are made anew. */
enum rs_rc rs_anchor_remove_old(struct rs_engine *e, struct rs_err *err);

/* ------------------------------------------------------------------ any thread */

/* Has it done by the attempt that begins now: a failed or paused task goes on. A ticket to look with; 0 and RS_E_OBJECTS of a
 * task that is being initialized. */
uint64_t rs_anchor_ask(struct rs_engine *e, const struct rs_anchor_options *options, struct rs_err *err);
/* False: not settled yet. Else out is the caller's, or err says why it came to nothing. */
bool rs_anchor_look(struct rs_engine *e, uint64_t ticket, struct rs_anchored *out, struct rs_err *err);
/* Nobody will look: what has not begun does not happen. */
void rs_anchor_forget(struct rs_engine *e, uint64_t ticket);

#endif
