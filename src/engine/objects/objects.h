/* The objects of a running task: what its own stream synchronizes, what is to be added to that, and what rests.
 *
 * A *side* is some of the objects on a way of their own: a small engine with an id of its own in the meta tables, with its
 * own connections, positions and chunks, which goes through the same phases while the task's stream goes on. Tables that
 * are added are checked, copied and followed by a side, which then joins the task; a table that is suspended rests as a
 * side, and joins when it has caught up.
 *
 * Everything that moves between the task and its sides moves at the beginning of an attempt, when the destination has
 * told how far the task is and nothing is being applied: whoever wants something has the attempt end in order
 * (rs_engine_renew) and the next one settles it. *Joining*: the side asks; the task comes to stand at M; the side goes on
 * to a place S >= M between two transactions and stands there; if it met no schema change after M one transaction gives
 * its tables to the task, which ignores their changes up to S (rs_meta_table.exact). A crash at any moment leaves the
 * tables with the one or with the other.
 *
 * The list is changed by the task's coordinator alone, in settle, stop and free. Everything else that threads share is
 * under the monitor, which is held while a side's stats are copied, and never across a call to a server. */
#ifndef RS_OBJECTS_H
#define RS_OBJECTS_H

#include "base/queue.h"
#include "base/thread.h"
#include "engine/engine.h"
#include "sink/sink.h"

struct rs_engine;
struct rs_follow;

enum rs_side_state {
	RS_SIDE_CHECKING, /* the precheck; the destination does not know it yet */
	RS_SIDE_AT_WORK,  /* is copied, follows, joins */
	RS_SIDE_RESTING,  /* suspended */
	RS_SIDE_OVER      /* has joined */
};

enum rs_meeting {
	RS_MEET_APART,
	RS_MEET_ASKED,    /* the side is near */
	RS_MEET_AWAITED,  /* the task stands at `at` */
	RS_MEET_ARRIVED   /* the side stands at `stands` */
};

struct rs_side {
	struct rs_side *next;
	struct rs_engine *main;
	char *id;
	struct rs_selection *objects;
	struct rs_engine *engine;      /* NULL: nothing runs */
	struct rs_meta_side meta;      /* as it was read when nothing ran: what is shown of one that rests */
	enum rs_side_state state;      /* under the monitor, as all below */
	enum rs_meeting meeting;
	struct rs_position at, stands;
	struct rs_position changed;    /* no later schema change was applied by the side */
	struct rs_position needs;      /* from where on it needs the log; not set: not known */
	rs_usec not_before;            /* monotonic: when it may ask again */
	unsigned tries;                /* that came to nothing */
};

struct rs_request;

struct rs_objects {
	struct rs_monitor monitor;
	struct rs_side *sides;         /* changed inside of the monitor */
	struct rs_selection *wanted;   /* what the task file says */
	struct rs_selection *held;     /* what the task's stream has; NULL: not known yet */
	struct rs_request *requests;   /* oldest first; those that are done stay until they are looked at */
	uint64_t tickets;              /* the last */
	bool early;                    /* the task itself is not consistent yet: nothing can be asked for */
	bool kick;                     /* sides that failed are to try again */
	struct rs_err unjoined;        /* set when the task has ended: what was to join and could not, and why */
	atomic_uint running;           /* sides with an engine */
	struct rs_queue_budget queues; /* what those have read and not gathered yet */
};

#define RS_SIDES_PART 4 /* of a task's memory: one part in so many is that of all its sides */

/* memory: the task's. */
void rs_objects_init(struct rs_objects *o, const struct rs_selection *wanted, uint64_t memory);
void rs_objects_release(struct rs_objects *o);

/* ------------------------------------------------------------------ the task's coordinator */

/* After attach: what the stream synchronizes becomes e->task->objects. */
enum rs_rc rs_objects_load(struct rs_engine *e, struct rs_err *err) RS_MUST_CHECK;
/* Once the source is known to be the task's: reads which sides there are, before anything is done to the log that is kept for them;
 * and whether what the task file says names what is synchronized as it is: RS_E_MAPPING, RS_E_FILTER. */
enum rs_rc rs_objects_recall(struct rs_engine *e, struct rs_err *err) RS_MUST_CHECK;
/* The task is being initialized: whatever is asked for is refused until settle. */
void rs_objects_refuse(struct rs_engine *e);
/* Before following: does what was asked for, compares what the task file says with what the destination knows, lets sides
 * join, starts those that are to run. The plan may be another one afterwards. RS_AGAIN: the task is to begin anew. */
enum rs_rc rs_objects_settle(struct rs_engine *e, struct rs_err *err) RS_MUST_CHECK;
/* Before the task is released: RS_E_OBJECTS where some of its objects are not a part of its stream. */
enum rs_rc rs_objects_leave(struct rs_engine *e, struct rs_err *err) RS_MUST_CHECK;
/* Before the task ends although it could go on: notes which sides have failed, so that somebody can be told. */
void rs_objects_note_unjoined(struct rs_engine *e);
/* Whether the destination knows of sides, which need a part of the log of their own. */
bool rs_objects_apart(const struct rs_engine *e);
/* Whether a side has the table. */
bool rs_objects_has(const struct rs_engine *e, const char *db, const char *name);
/* *first becomes where the first of them needs the log from, where that is before it. False: of one it is not known. */
bool rs_objects_need(struct rs_engine *e, struct rs_position *first);
/* Ends all sides' engines, and waits for them; what they had goes on with the next settle. */
void rs_objects_stop(struct rs_engine *e);

/* ------------------------------------------------------------------ any thread */

/* What the task file says now. RS_E_MAPPING where names of what is synchronized are others. Files and memory only. */
enum rs_rc rs_objects_want(struct rs_engine *e, const struct rs_selection *wanted, struct rs_err *err) RS_MUST_CHECK;
/* Sides that failed try again. */
void rs_objects_kick(struct rs_engine *e);
/* Whether a side is at work that will join. */
bool rs_objects_pending(struct rs_engine *e);
/* Adds the sides' tables and problems to a snapshot. */
void rs_objects_show(struct rs_engine *e, struct rs_progress *p);

/* Has tables ("db.table …", as in a selection, which is copied) suspended, resumed or synchronized anew. force: also tables
 * that we did not make are emptied. A ticket; 0 and RS_E_OBJECTS where it can't be now. What was not begun when the timeout is
 * over does not happen. */
uint64_t rs_objects_ask(struct rs_engine *e, enum rs_table_action action, const struct rs_selection *tables, bool force,
                        rs_usec timeout, struct rs_err *err);
/* False: not settled yet (which does not mean: the tables have not joined). Else err says why where it came to nothing;
 * nobody looks again. */
bool rs_objects_look(struct rs_engine *e, uint64_t ticket, struct rs_err *err);
void rs_objects_forget(struct rs_engine *e, uint64_t ticket); /* nobody will look */
/* Asks, and waits until it is settled, or cancel (NULL: none) is set. */
enum rs_rc rs_objects_request(struct rs_engine *e, enum rs_table_action action, const struct rs_selection *tables, bool force,
                              rs_usec timeout, struct rs_cancel *cancel, struct rs_err *err) RS_MUST_CHECK;

/* ------------------------------------------------------------------ a side's coordinator (side.c) */

/* The engine of a side; not started. */
struct rs_engine *rs_side_engine(struct rs_side *side, struct rs_err *err);
/* What one side may have of the task's memory, as many as are running now. */
size_t rs_side_memory(const struct rs_side *side);
/* Behind what is hinted at already: that its tables can be copied anew. */
void rs_side_hint_resync(const struct rs_side *side, struct rs_err *err);
/* It needs the log from there on. */
void rs_side_needs(struct rs_side *side, const struct rs_position *from);
/* Before anything else: the precheck of objects that the destination does not know yet, and their making known. */
enum rs_rc rs_side_begin(struct rs_engine *e, struct rs_err *err) RS_MUST_CHECK;
/* Of a side that is synchronized anew: its tables are emptied, or dropped where they are ours; the plan is empty
 * then. */
enum rs_rc rs_side_empty(struct rs_engine *e, struct rs_err *err) RS_MUST_CHECK;
/* Between two transactions. stands: it does not go on before it has joined, however far the task is. *joined: its end has
 * come. RS_E_OBJECTS: it can't join. */
enum rs_rc rs_side_between(struct rs_follow *f, bool stands, bool *joined, struct rs_err *err) RS_MUST_CHECK;
/* Whether its task's destination has everything up to a position. */
bool rs_side_task_has(struct rs_side *side, const struct rs_position *position);

/* Whether a foreign key with an action that the log does not show connects a table with one of the plan. RS_E_OBJECTS names
 * both, and what helps. is_known: the destination knows the side that has the table. */
enum rs_rc rs_objects_check_family(const struct rs_engine *e, const struct rs_table *added, bool is_known, struct rs_err *err)
	RS_MUST_CHECK;
/* That the two tables of such a key are copied anew together; e is the task. */
enum rs_rc rs_objects_hint_resync(const struct rs_engine *e, const char *db, const char *name, const char *parent_db, const char *parent,
                                  struct rs_err *err);

#endif
