/* The inside of a running sync: what the coordinator, the copy workers, the stream's thread and the housekeeper share.
 * Private to engine/.
 *
 * Threads: the *coordinator* runs attempt after attempt and owns everything here that is not said to be shared; during a
 * copy there are *workers*, while following one *stream* thread; the *housekeeper* publishes snapshots, saves the local
 * state and cancels hard what does not end. Whatever goes wrong, an attempt is torn down and the next one reads from the
 * destination how far the task has come: a crash and an error are resumed in the same way. */
#ifndef RS_CORE_H
#define RS_CORE_H

#include "base/activity.h"
#include "base/log.h"
#include "base/map.h"
#include "base/thread.h"
#include "base/throttle.h"
#include "codec/ddl.h"
#include "engine/control/control.h"
#include "engine/copy/anchor.h"
#include "engine/engine.h"
#include "engine/objects/errand.h"
#include "engine/objects/objects.h"
#include "engine/report/alerts.h"
#include "engine/report/progress.h"
#include "engine/spool.h"
#include "engine/state.h"
#include "engine/verify/repairs.h"
#include "engine/verify/verifier.h"
#include "sink/sink.h"
#include "source/source.h"

/* ------------------------------------------------------------------ numbers for the snapshots */

struct rs_table_stats {
	char *db, *name, *dest_db, *dest_name;
	uint64_t rows, rows_total, bytes, bytes_total;
	uint64_t inserts, updates, deletes;
	rs_usec last_change;
	bool copying, copied, keyless;
	uint64_t chunks;             /* at the destination, as far as was heard of them */
	uint64_t differences;        /* that the comparison beside following knows of */
	enum rs_unverified unverified;
	unsigned plan;               /* the last that it was part of */
	bool left;                   /* no part of the task any more */
	size_t shown;                /* its number among those that are not */
};

/* One key at a time: each that keeps more transactions waiting than the one before takes its place. */
struct rs_hot_seen {
	struct rs_hot_key key;
	uint64_t hash;
	double own, all;             /* transactions that waited for it, and altogether; half as much every ten seconds */
	rs_usec at;                  /* up to when they were halved, monotonic */
};
/* waits: transactions that had to wait for others; of those n for this key (NULL: the table as a whole). n 0: for none in particular. */
void rs_hot_note(struct rs_hot_seen *h, const char *table, const char *key, uint64_t hash, size_t n, size_t waits, rs_usec now);
/* The key that most wait for; without a table where there is none. */
struct rs_hot_key rs_hot_now(struct rs_hot_seen *h, rs_usec now);

/* What became of rows of the log: LEFT_OUT and INCOMPLETE, for a schema change was left out or replaced, and so the destination
 * lacks the table, or some of its columns. */
enum rs_fate { RS_FATE_WRITTEN, RS_FATE_INCOMPLETE, RS_FATE_LEFT_OUT };

/* Rows of one table that were brought to the destination, to be counted once they are there for good. */
struct rs_tally {
	struct rs_table_stats *table; /* NULL: LEFT_OUT */
	enum rs_op op;
	enum rs_fate fate;
	uint64_t rows, bytes;
};

/* Shared; every access under lock, which is never held for longer than it takes to copy. */
struct rs_stats {
	pthread_mutex_t lock;
	enum rs_state state;
	bool past_copy;              /* the destination has passed P1 and where its tables were copied exactly */
	bool consistent, caught_up;  /* consistent: past_copy, and neither repaired rows nor
	                                transactions are ahead of the others */
	rs_usec started;
	struct rs_phase phases[RS_PHASE_COUNT];
	rs_usec lag, lag_at;         /* < 0: not measured; when it was (monotonic) */
	struct rs_position source, applied; /* read up to; in the destination. None: not known, or not connected */
	rs_usec checkpoint, log_lasts;
	int64_t log_kept, log_room;  /* of rs_source_health */
	rs_usec clock_ahead;         /* the source's clock, of our monotonic one */
	uint64_t inserts, updates, deletes, ddls, transactions, anomalies, retries, refolds, left_out, incomplete;
	uint64_t serial[RS_SERIAL_COUNT];
	struct rs_hot_seen hot;
	uint64_t rows_moved, bytes_moved; /* copied and applied, for the rates */
	uint64_t steps;              /* that are in the destination for good: who makes some is not failing for ever */
	struct rs_table_stats **tables;
	size_t n_tables, cap_tables;
	unsigned plan;
	struct rs_map by_name;       /* "db\0name" to the same */
	const struct rs_table_piece **pieces; /* for the next snapshot; one of which a table changed is NULL */
	size_t n_pieces, n_shown;
	bool counted;                /* pieces and the tables' `shown` are of the tables as they are */
	struct rs_problem_list problems;
	char note[256];
	struct rs_err error;
	struct rs_failing *failing;  /* with error; NULL: no single event */
	uint64_t skipped;
	_Atomic size_t queued, gathered; /* not under the lock: bytes of the log that are read and not applied yet */
	struct rs_memory {
		const char *kind;    /* RS_HISTORY_… */
		char *text;
	} *memories;                 /* that the housekeeper has not put into the history yet */
	size_t n_memories, cap_memories;
	_Atomic rs_usec busy_since; /* not under the lock, monotonic: the destination has not finished a step since; 0: no step */
};

void rs_stats_init(struct rs_stats *s);
void rs_stats_release(struct rs_stats *s);
void rs_stats_set_state(struct rs_stats *s, enum rs_state state);
enum rs_state rs_stats_state(struct rs_stats *s);
/* Translated text; printf style; "" for nothing. */
void rs_stats_note(struct rs_stats *s, const char *fmt, ...) RS_PRINTF(2, 3);
/* A step of the destination's begins: a transaction, a schema change, a chunk; or the one that began is over. One that
 * takes long is told in the snapshots: servers wait without a word where a disk is full. */
#define RS_LONG_STEP (20 * RS_USEC_PER_SEC)
static inline void rs_stats_busy(struct rs_stats *s) { atomic_store(&s->busy_since, rs_clock_mono()); }
static inline void rs_stats_free(struct rs_stats *s) { atomic_store(&s->busy_since, 0); }
void rs_stats_phase(struct rs_stats *s, enum rs_phase_id phase, enum rs_phase_state state);
void rs_stats_problem(struct rs_stats *s, const struct rs_err *err, const char *object, bool fatal);
/* A problem that nothing ends or waits because of. */
void rs_stats_remark(struct rs_stats *s, const struct rs_err *err);
/* The event at which the task stops; takes it over. */
void rs_stats_failing(struct rs_stats *s, struct rs_failing *failing);
/* Found or made; lives until a plan ends that does not have it. Its members are written under the lock, and that is told to rs_stats_changed. */
struct rs_table_stats *rs_stats_table(struct rs_stats *s, const char *db, const char *name, const char *dest_db,
                                      const char *dest_name);
/* The comparison beside following knows of so many more (fewer) rows that differ; and why it leaves a table out. Of tables
 * that have no numbers yet, too. */
void rs_stats_differ(struct rs_stats *s, const char *db, const char *name, int more);
void rs_stats_unverified(struct rs_stats *s, const char *db, const char *name, enum rs_unverified why);
/* Under the lock: what a snapshot tells of the table is not what the last one told. */
void rs_stats_changed(struct rs_stats *s, const struct rs_table_stats *t);
/* Under the lock. */
void rs_stats_past_copy(struct rs_stats *s, bool past_copy);
/* chunk: they are one. */
void rs_stats_copied(struct rs_stats *s, struct rs_table_stats *t, uint64_t rows, uint64_t bytes, bool chunk);
/* Under the lock: rows of the log are at the destination for good, or left out. */
void rs_stats_applied(struct rs_stats *s, const struct rs_tally *t);
/* A schema change of the log has been made, or was left out where sql is the source's (left_out). Cut where it is long. */
void rs_stats_ddl(struct rs_stats *s, const char *sql, size_t len, bool left_out, rs_usec took);
/* For the history: text, which is given away, of a kind (RS_HISTORY_…). */
void rs_stats_remember(struct rs_stats *s, const char *kind, char *text);
/* What is to be put there, one by one, its text given away; false: there is no more. */
bool rs_stats_take_memory(struct rs_stats *s, struct rs_memory *out);
/* Rows that an earlier attempt copied. */
void rs_stats_found(struct rs_stats *s, struct rs_table_stats *t, uint64_t rows);
/* So many chunks of the table are at the destination by its own word: if they are more than was heard of, that is a step. */
void rs_stats_chunks(struct rs_stats *s, struct rs_table_stats *t, uint64_t chunks);
/* Something is in the destination for good: a failure after it is the first of its row. */
void rs_stats_step(struct rs_stats *s);
/* What the full copy has to do and has done, from the tables' numbers: those that are not copied begin at nothing, and are
 * told again what is there of them. */
void rs_stats_count(struct rs_stats *s);
/* The lag as it is measured now; under the lock. Until it is measured again it grows with the clock, but for the moment that
 * passes between two words of a source that has nothing to say. */
void rs_stats_lag(struct rs_stats *s, rs_usec lag);
/* The same of what the source committed at a time of its own clock (seconds). */
void rs_stats_reached(struct rs_stats *s, int64_t time);
/* "file:offset" */
void rs_stats_put_position(char *out, size_t size, const struct rs_position *p);
/* A table is dropped at the source: it is not shown until rs_stats_table names it again. */
void rs_stats_dropped(struct rs_stats *s, struct rs_table_stats *t);
/* … and nobody has its numbers any more: they go, unless it is known to differ. */
void rs_stats_forget(struct rs_stats *s, struct rs_table_stats *t);
/* Tables that rs_stats_table does not name between the two are no part of the task any more, and not shown. Those that may come
 * back with their numbers are kept: stays(arg, …), NULL: none do. */
void rs_stats_plan_begins(struct rs_stats *s);
void rs_stats_plan_ends(struct rs_stats *s, bool (*stays)(void *arg, const char *db, const char *name), void *arg);
/* What the stream did to a table that has left and is told of by somebody else, who adds it. */
void rs_stats_recall(struct rs_stats *s, struct rs_table_progress *t);
/* Problems of a part of the task that ends go on being counted. */
void rs_stats_take_counts(struct rs_stats *s, struct rs_stats *from);
/* A snapshot; rates come from the caller, who knows the one before. */
struct rs_progress *rs_stats_snapshot(struct rs_stats *s);

/* ------------------------------------------------------------------ tables */

struct rs_sync_table {
	struct rs_meta_table meta;
	char *dest_db, *dest_name;
	unsigned dml;                  /* the kinds of changes of rows that are synchronized */
	struct rs_route *route;        /* NULL until the destination's table is known */
	struct rs_table_stats *stats;
	struct rs_row_filter *filter;  /* as it was bound last (filter.h); NULL: none */
	char *where;                   /* the same for the copy's SELECT; NULL: all rows */
};

/* ------------------------------------------------------------------ usage.c: what the task has used */

struct rs_usage_meter {
	struct rs_usage before;        /* by earlier processes */
	rs_usec running[RS_PHASE_COUNT]; /* in this one */
	rs_usec owed;                  /* by a phase that is not known yet */
	rs_usec at;                    /* monotonic: up to when it was counted; 0: it was not */
};
void rs_usage_recall(struct rs_usage_meter *m, const struct rs_progress *stored);
/* Time has passed in which the task was as the snapshot says. */
void rs_usage_pass(struct rs_usage_meter *m, const struct rs_progress *p, rs_usec now);
void rs_usage_show(const struct rs_usage_meter *m, struct rs_progress *p);

/* ------------------------------------------------------------------ the engine */

enum rs_wish { RS_WISH_RUN, RS_WISH_PAUSE, RS_WISH_STOP, RS_WISH_RELEASE };

struct rs_engine {
	struct rs_task *task;          /* a copy */
	struct rs_engine_options options;
	struct rs_stats stats;
	struct rs_progress_cell cell;
	pthread_mutex_t publish_lock;  /* snapshots are published in the order in which they were taken; guards shown */
	struct {
		double rows_per_sec, bytes_per_sec; /* < 0: not measured */
		const char *throttled;              /* the key of the limit that held it back for most of the time; NULL: none */
		unsigned alerts;                    /* that are raised */
		rs_usec delivery_lag;               /* the longest of the last seconds */
		struct rs_usage_meter usage;
	} shown;
	struct {
		pthread_mutex_t lock;           /* guards numbers: the housekeeper adds to them, the control socket tells them */
		struct rs_past numbers;         /* a side has none */
		rs_usec due;                    /* monotonic: when the next are added; 0: none were */
	} past;
	struct rs_task_lock task_lock;
	struct rs_control *control;
	struct rs_thread coordinator, housekeeper;

	struct rs_monitor monitor;     /* guards wish, again, settled, resting, ended */
	enum rs_wish wish;
	bool again;                    /* a failed task is to be tried again */
	bool settled;                  /* nothing more happens without a command */
	bool resting;                  /* no attempt is made until a command comes */
	bool ended;                    /* the coordinator has returned */
	struct rs_cancel cancel;       /* set when wish is not RUN: the attempt ends in order */
	rs_usec cancelled_at;
	struct rs_throttle own_copy_throttle, own_stream_throttle;
	struct rs_throttle *copy_throttle, *stream_throttle; /* shared; a side's are its task's */
	atomic_bool limited_by_class;  /* the rows of the stream */
	atomic_uint retry_connection, retry_other; /* minutes; may be changed while it runs */

	struct rs_activities activities; /* shared; a side's threads take part in its task's */
	struct rs_errands errands;     /* shared */
	struct rs_objects objects;     /* shared: see there */
	struct rs_selection *beside;   /* what foreign keys of a part of the task may refer to outside of it; NULL: nothing */
	struct rs_side *side;          /* NULL: this is a task, not a side of one */
	struct rs_repairs repairs;     /* shared */
	struct rs_anchor anchor;       /* under the monitor */
	struct rs_verifier verifier;   /* shared; a side's does nothing */
	struct rs_alerter alerter;     /* a side's tells nothing */

	struct rs_outbox outbox;       /* shared; a side's messages go through its task's */
	pthread_mutex_t live_lock;     /* guards the next: what a hard cancel must reach */
	struct rs_live {
		void (*cancel)(void *object);
		void *object;
	} *live;
	size_t n_live, cap_live;

	/* the attempt: the coordinator's */
	struct rs_source *source;
	struct rs_sink *sink;
	struct rs_meta_task meta;
	struct rs_meta_event *decided; /* what was decided about events that were not passed yet, as it was when the attempt began */
	size_t n_decided;
	uint64_t asked_epoch;          /* the highest that was asked for since the user last said so; 0: none */
	bool anchor_helps;             /* something of the task is at the destination: it can be anchored anew */
	bool anchor_is_forced;         /* … but for tables that were there before, which need --force */
	bool restarted;                /* the schema phase was begun again */
	struct rs_catalog catalog;     /* of the source, as read in this attempt where it was needed */
	struct rs_sync_table *tables;
	size_t n_tables, cap_tables;
	struct rs_map by_name;         /* "db\0name" to index + 1 */
	struct rs_map absent;          /* "db\0name" to the schema of a table that the destination lacks, since a schema change was left
	                                  out by this process; not in the plan */
	bool filters;                  /* any table's rows are filtered */
	bool copied_now;               /* the copy ended in this process */
	struct rs_spool spool;         /* the source's log while nobody applies it */
	struct rs_position consistent_from; /* where all tables are as of one moment: the latest of P1 and their exact places */
	struct rs_position mended_upto; /* rows that were repaired may be as of a moment up to here; not set: none are */
	struct rs_phase recalled[RS_PHASE_COUNT]; /* of phases that ended in an earlier process; zero: not known */
	bool begun;                    /* the destination has known the task: in this process, or as the local state has it */
	struct rs_position heard;      /* how far the destination is by its own word, when it was last heard. None: it never was */
	struct rs_doubt *doubts;       /* transactions whose COMMIT was not answered in the last attempt (follow/doubt.h) */
	size_t n_doubts, cap_doubts;
	bool log_is_kept;              /* by the source, as it was when it was asked last */
	bool kept_is_told;             /* that it is much */
	rs_usec looked_at_log;         /* monotonic */
	struct rs_position target;     /* until_synchronized: where to end; not set: not known yet */
};

/* The task's name as its user knows it, of a side too. */
static inline const char *rs_engine_task_name(const struct rs_engine *e) { return e->side != NULL ? e->side->main->task->name : e->task->name; }

/* Closes what an attempt has open, and forgets what it has read. */
void rs_engine_close_servers(struct rs_engine *e);
/* Takes the task over at the destination and reads what is stored there. */
enum rs_rc rs_engine_attach(struct rs_engine *e, struct rs_err *err);
/* After the plan was loaded: whether the source is the one that the task began with, or carries its log on, which is noted
 * then (failover.c). */
enum rs_rc rs_engine_guard_source(struct rs_engine *e, struct rs_err *err);
/* What the source says of its log and its clock; that it keeps much of its log for the task is told. The second does so only of a
 * source that keeps it, and once in a while. The coordinator's. */
void rs_engine_look_at_health(struct rs_engine *e, struct rs_source *source);
void rs_engine_look_at_log(struct rs_engine *e);
/* Registers what must be cancelled when the attempt does not end by itself; unregister before closing. */
void rs_engine_live(struct rs_engine *e, void (*cancel)(void *), void *object);
void rs_engine_dead(struct rs_engine *e, void *object);
/* In which the engine's threads take part (report/bottleneck.c judges by their names). */
#define RS_WORKER_READER "log-reader"
#define RS_WORKER_APPLIER "applier"
#define RS_WORKER_LANE "lane"
#define RS_WORKER_COPY "copy"
#define RS_WORKER_SIDE "side " /* before the names of those of a side */
void rs_engine_take_part(struct rs_engine *e, struct rs_activity *a, const char *name);
/* From any thread. */
void rs_engine_cancel_hard(struct rs_engine *e);
/* coordinator.c, report/house.c: the two threads; e is the engine. */
void *rs_coordinate(void *e);
void *rs_keep_house(void *e);
/* Any thread: whoever learns that something was done must find it in the snapshot. */
void rs_publish(struct rs_engine *e);
/* The same where the engine has settled: nothing moves any more. */
void rs_publish_outcome(struct rs_engine *e);
/* After err, where the server had no room for one more session: it may only not have noticed yet that others of ours ended.
 * Waits for a moment; true: it is to be tried again, and err is cleared. *tries: 0 at first. */
bool rs_engine_await_room(struct rs_engine *e, unsigned *tries, struct rs_err *err);
/* No thread can be started now, as where others of this machine have all that there are: it is tried again. RS_FAIL. */
enum rs_rc rs_engine_no_thread(struct rs_err *err);
/* From any thread: what is followed now ends in order between two transactions, and a new attempt begins. */
void rs_engine_renew(struct rs_engine *e);
/* Reads the tables from the destination; whatever the plan held is forgotten. */
enum rs_rc rs_engine_load_plan(struct rs_engine *e, struct rs_err *err);
static inline bool rs_engine_stopping(const struct rs_engine *e) { return rs_cancel_is_set(&e->cancel); }

/* ------------------------------------------------------------------ journal.c: what the log says of it */

/* What was logged last. */
struct rs_journal {
	enum rs_wish wish;
	enum rs_state state;
	enum rs_phase_state phases[RS_PHASE_COUNT];
	char throttled[sizeof ((struct rs_progress *)0)->throttled];
	rs_usec long_step;             /* busy_since of the step that was told */
};
/* A line with the task's name and the position that the destination has; err: why, or NULL. From any thread. */
void rs_journal(struct rs_engine *e, enum rs_level level, const struct rs_err *err, const char *fmt, ...) RS_PRINTF(4, 5);
/* A line for all that is new in the snapshot, and for what the user wants since the last call. */
void rs_journal_progress(struct rs_engine *e, struct rs_journal *j, const struct rs_progress *p);

/* ------------------------------------------------------------------ limits.c: how fast it may go */

/* What may be changed while it runs. At any time, from any thread: what waits under the old limits goes on under the new
 * ones. */
void rs_limits_set(struct rs_engine *e, const struct rs_sync *sync);
/* Before it is done: wait until the limits of the copy, or of the stream, allow it. RS_CANCELLED where the engine is to
 * stop before that. No lock is held by the caller; a transaction that is open at the destination stays so. */
enum rs_rc rs_limits_query(struct rs_engine *e) RS_MUST_CHECK;
/* owed: where it is noted that it will be waited for later; NULL: now. */
enum rs_rc rs_limits_copy_row(struct rs_engine *e, const struct rs_value *values, size_t n, struct rs_cost *owed)
	RS_MUST_CHECK;
/* Pays a part of what is owed, no more than a burst, so that others have their turn in between: to be called until nothing
 * is. RS_CANCELLED when the attempt ends. */
enum rs_rc rs_limits_pay(struct rs_engine *e, struct rs_cost *owed) RS_MUST_CHECK;
enum rs_rc rs_limits_change(struct rs_engine *e, const struct rs_change *c) RS_MUST_CHECK;
/* Whether a change will have to wait for so long that what came before it should not wait with it. */
bool rs_limits_delay(struct rs_engine *e, const struct rs_change *c);
/* How many rows of row_bytes each the copy's limits let through in a second; never 0. */
uint64_t rs_limits_rows_in_a_second(struct rs_engine *e, uint64_t row_bytes);
/* The key of the limit for which somebody waited most of the last `window`; NULL where there is none. held: what two calls
 * keep between them, zero at first. */
const char *rs_limits_holding(struct rs_engine *e, rs_usec held[2], rs_usec window);
/* Tells that this limit holds it back, behind what the note says; whatever it had caught up with, it has not now. */
void rs_limits_show(struct rs_engine *e, struct rs_progress *p, const char *key);

/* ------------------------------------------------------------------ plan.c: where tables go */

struct rs_sync_table *rs_plan_find(struct rs_engine *e, const char *db, const char *name);
/* Takes over meta's content. */
struct rs_sync_table *rs_plan_add(struct rs_engine *e, struct rs_meta_table *meta);
/* A table that is gone, of which all has been noted and counted, leaves its place to the last one: what is known of others by
 * pointers into the plan, or by their numbers in it, is not any more. What a copy has left marks on stays. */
void rs_plan_forget(struct rs_engine *e, const char *db, const char *name);
/* The destination lacks the table, which is no part of the plan: what comes for it counts as left out, until the table is a part
 * of it again, or has gone at the source (rs_plan_not_absent). */
void rs_plan_absent(struct rs_engine *e, const struct rs_table *schema);
void rs_plan_not_absent(struct rs_engine *e, const char *db, const char *name);
bool rs_plan_is_absent(const struct rs_engine *e, const char *db, const char *name);
void rs_plan_clear(struct rs_engine *e);
/* Whether two of the source's tables come to one name at the destination: RS_E_MAPPING names them. */
enum rs_rc rs_plan_check_names(const struct rs_engine *e, struct rs_err *err);
/* The selection is another one: which kinds of changes are synchronized is asked anew. */
void rs_plan_choose(struct rs_engine *e);
/* Reads the destination's table and binds the source's schema to it; then all cascades must be bound anew. */
enum rs_rc rs_plan_route(struct rs_engine *e, struct rs_sync_table *t, struct rs_err *err);
/* The same to a table of the destination's as it is given; takes the reference over. */
enum rs_rc rs_plan_route_to(struct rs_engine *e, struct rs_sync_table *t, const struct rs_table *dest, struct rs_err *err);
/* The same for all tables that have no route and are not gone; those that don't fit (RS_E_DEST_TABLE_MISSING,
 * RS_E_DEST_COLUMN) are left without where that is allowed. With their cascades. */
enum rs_rc rs_plan_route_all(struct rs_engine *e, bool may_misfit, struct rs_err *err);
void rs_plan_cascades(struct rs_engine *e);
/* A version of a source's table under its names at the destination, without the columns that are left out; the caller's. */
struct rs_table *rs_plan_mirror(const struct rs_engine *e, const struct rs_table *schema, const char *dest_db, const char *dest_name);
void rs_route_free(struct rs_route *r);

/* ------------------------------------------------------------------ statement.c: the destination's words */

/* A statement of the source's. Borrowed. */
struct rs_statement {
	const char *sql;
	size_t len;
	const char *db;                /* the default database */
	const struct rs_sql_dialect *from; /* with the statement's sql_mode */
	enum rs_object_kind kind;
	const struct rs_table *made;   /* of one that was logged: the table as it has made it; NULL: none, or SHOW CREATE's */
};
/* What the names of the selection make of it, in the destination's dialect. *out NULL: nothing of it belongs to the task. */
enum rs_rc rs_engine_statement(struct rs_engine *e, const struct rs_statement *s, char **out, char **out_db, struct rs_err *err);
/* Whether the destination's language is another one: then its statements are made of what is known of an object, not of the
 * source's words. */
bool rs_engine_renders(const struct rs_engine *e);
struct rs_gp_table;
/* What a table, under its names at the destination, becomes at one that spreads rows (codec/gp_ddl.h). */
enum rs_rc rs_engine_place(const struct rs_engine *e, const struct rs_table *t, struct rs_gp_table *out, struct rs_err *err);
/* Appends what makes a table, under its names at the destination, there. */
enum rs_rc rs_engine_put_create(const struct rs_engine *e, const struct rs_table *t, struct rs_buf *sql, struct rs_err *err);
/* The same of the statement that made an object at the source. */
enum rs_rc rs_engine_object_statement(struct rs_engine *e, const struct rs_object *o, char **out, char **out_db,
                                      struct rs_err *err);
/* A sequence at the destination goes on where the source's would; it never goes back. */
enum rs_rc rs_engine_sequence(struct rs_engine *e, const struct rs_object *o, struct rs_err *err);
/* The bits of an object's sql_mode that change how its statement is read. */
uint64_t rs_statement_mode(const char *modes);
void rs_engine_dialect(const struct rs_engine *e, uint64_t sql_mode, struct rs_sql_dialect *out);
/* Once both servers are known and before anybody else reads the task's selection: its names compare as the source's do, and
 * become what the destination wants. RS_E_MAPPING where two rules become one and differ. */
enum rs_rc rs_settle_names(struct rs_task *task, const struct rs_source *source, bool destination_folds, struct rs_err *err);

/* ------------------------------------------------------------------ make.c: making the tables */

/* Those of the catalogue that are planned, or that an attempt was about to make. */
enum rs_rc rs_make_tables(struct rs_engine *e, struct rs_err *err);
/* Counts an object that is made; from any thread. */
void rs_engine_made(struct rs_engine *e);

/* ------------------------------------------------------------------ the phases; each resumes where the meta tables say */

enum rs_rc rs_phase_start(struct rs_engine *e, struct rs_err *err);  /* fence, catalogue, meta */
enum rs_rc rs_phase_schema(struct rs_engine *e, struct rs_err *err); /* make the objects */
enum rs_rc rs_phase_copy(struct rs_engine *e, struct rs_err *err);   /* load all chunks */
enum rs_rc rs_phase_follow(struct rs_engine *e, struct rs_err *err); /* apply the stream */
/* What lanes that were cut off left at the destination gets company of all that comes before it. RS_CANCELLED: not yet. */
enum rs_rc rs_phase_catch_up(struct rs_engine *e, struct rs_err *err);
enum rs_rc rs_phase_release(struct rs_engine *e, struct rs_err *err);

/* ------------------------------------------------------------------ tracker.c: schemas along the stream */

/* What travels with a DDL item (rs_change.attached), made in the stream's thread. */
struct rs_ddl_item {
	enum rs_stmt_kind kind;
	bool ignore;                   /* nothing of it concerns the task */
	struct rs_err error;           /* why the task must stop when it comes to it */
	bool doubtful;                 /* unless the source says that it changed only the tables in names: the source's */
	char *sql, *db;                /* the destination's statement; NULL: nothing to execute (kind not selected) */
	char *sql_mode;                /* text, as far as it matters for reading the statement */
	bool repeatable;
	bool in_place;                 /* sql belongs among the rows of its transaction (rs_change.was) */
	char *savepoint;               /* SAVEPOINT, ROLLBACK TO: its name */
	const struct rs_table **changed; /* new versions; references */
	size_t n_changed, cap_changed;
	char **dropped;                /* "db\0name", source names */
	size_t n_dropped, cap_dropped;
	char **names;                  /* the destination's tables that it touches: db, name, db, name … */
	size_t n_names, cap_names;     /* pairs × 2 */
	char **moved;                  /* the source's tables of which a copy must not be under way: db, name … (overlap.h) */
	size_t n_moved, cap_moved;     /* pairs × 2 */
	char **bonds;                  /* foreign keys between parts of the task (objects/bond.h): db, child, db, parent, db … */
	size_t n_bonds, cap_bonds;     /* bonds × 4 */
	struct rs_online_note {        /* what is known of an online schema change of db.base from here on (follow/online.h) */
		char *db, *base;
		struct rs_meta_online *now; /* NULL: it has ended */
	} *online;
	size_t n_online, cap_online;
	char *time_zone;               /* in which sql is executed; NULL: the statement's own */
	char *left;                    /* the table of the task that is renamed to none of its names; NULL: none is */
	struct rs_position defaulted;  /* the character set of its database is the one of somewhere up to here (follow/defaults.h) */
};
/* To names, one after the other. */
void rs_ddl_item_add_name(struct rs_ddl_item *item, const char *text);
/* Whether doing it twice ends where doing it once does. */
bool rs_ddl_item_is_repeatable(const struct rs_ddl *d);

struct rs_tracker;
/* Starts with the schemas of e->tables. Used by one thread. */
struct rs_tracker *rs_tracker_new(struct rs_engine *e);
void rs_tracker_free(struct rs_tracker *t);
void rs_tracker_bind(struct rs_tracker *t, struct rs_stream *stream);

/* ------------------------------------------------------------------ ddl.c */

struct rs_inside;

/* Where it is doubtful whether an item concerns the task: finds out. */
enum rs_rc rs_engine_settle_doubt(struct rs_engine *e, const struct rs_change *c, struct rs_err *err);
/* Executes a DDL item at the destination, or what was decided in its place, exactly once, and moves the position past it.
 * inside: the transaction that it stands in; NULL: in none. */
enum rs_rc rs_engine_apply_ddl(struct rs_engine *e, const struct rs_change *c, const struct rs_inside *inside,
                               struct rs_err *err);
/* Carries out an item that is in_place, in the applier's open transaction: nothing waits in that. */
enum rs_rc rs_engine_change_in_place(struct rs_engine *e, const struct rs_change *c, struct rs_applier *applier, struct rs_err *err);
/* Only the source's schemas move on: what a statement inside of a transaction would do is left to that. */
enum rs_rc rs_engine_leave_out(struct rs_engine *e, const struct rs_change *c, struct rs_err *err);

#endif
