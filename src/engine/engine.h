/* The engine, as the screens, the command line and the tests see it: commands in, immutable snapshots out, nothing
 * else. No call here blocks on a server or on another thread's work unless it says so; none takes a lock that a worker
 * holds for longer than a copy of a few words.
 *
 * Long-running things are *jobs*: the sync itself (rs_engine), a connection test, fetching a catalogue, a precheck, a
 * verification. Each runs in threads of its own, can be cancelled, and calls the owner's wake function (from any thread;
 * it must only write to an eventfd or set a flag) when there is something new to look at. Freeing a job cancels it and
 * waits until its threads have ended (bounded by the cancelling of their server calls). */
#ifndef RS_ENGINE_H
#define RS_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/activity.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/thread.h"
#include "base/trace.h"
#include "model/catalog.h"
#include "model/finding.h"
#include "model/position.h"
#include "model/task.h"

struct rs_wake {
	void (*fn)(void *arg); /* may be NULL */
	void *arg;
};

/* ------------------------------------------------------------------ the sync */

/* The states of the console (its API's words are what rs_state_code gives). */
enum rs_state {
	RS_STATE_NOT_CONFIGURED,
	RS_STATE_NOT_STARTED,
	RS_STATE_PRECHECKING,
	RS_STATE_PRECHECK_FAILED,
	RS_STATE_PRECHECK_PASSED,
	RS_STATE_INITIALIZING,      /* schema or full data */
	RS_STATE_INITIALIZE_FAILED,
	RS_STATE_SYNCHRONIZING,
	RS_STATE_FAILED,
	RS_STATE_PAUSED,            /* the console's API calls it Suspending */
	RS_STATE_RETRYING,
	RS_STATE_FINISHED,
	RS_STATE_INTERRUPTED,       /* its process died: resumable. Never reported by a running engine */
	RS_STATE_STOPPED,           /* ended in order by the user: resumable */
	RS_STATE_RELEASED
};

/* "Synchronizing": the published, untranslated word. */
const char *rs_state_code(enum rs_state s);
/* The same for people (N_(): translate when showing). */
const char *rs_state_title(enum rs_state s);
/* The same of a task, in the words that the console has for its flow; NULL: none is named. */
const char *rs_state_title_of(const char *flow, enum rs_state s);
bool rs_state_parse(const char *code, enum rs_state *s);

enum rs_phase_id { RS_PHASE_SCHEMA, RS_PHASE_FULL, RS_PHASE_INCREMENTAL, RS_PHASE_COUNT };
enum rs_phase_state { RS_PHASE_OFF, RS_PHASE_WAITING, RS_PHASE_RUNNING, RS_PHASE_DONE, RS_PHASE_FAILED };

struct rs_phase {
	enum rs_phase_state state;
	uint64_t done, total;        /* schema: objects; full: rows (total is the source's estimate) */
	uint64_t bytes, bytes_total; /* full */
	rs_usec started, ended;      /* wall clock, 0: not yet */
};

/* What a table is to its task. */
enum rs_table_sync {
	RS_TABLE_SYNCHRONIZING,
	RS_TABLE_INITIALIZING,       /* the destination is not consistent yet */
	RS_TABLE_JOINING,            /* on its own way, until it has caught up */
	RS_TABLE_SUSPENDED           /* rests at `since` */
};
/* "synchronizing": the published word. */
const char *rs_table_sync_code(enum rs_table_sync s);
bool rs_table_sync_parse(const char *code, enum rs_table_sync *s);

/* Why the comparison beside following leaves a table out. */
enum rs_unverified {
	RS_UNVERIFIED_NOT,           /* it does not, as far as is known */
	RS_UNVERIFIED_OPERATIONS,    /* some kinds of its changes are not synchronized */
	RS_UNVERIFIED_LARGE,         /* it can be compared as a whole alone, and has too many rows for that */
	RS_UNVERIFIED_RESTLESS,      /* the same, and it changed whenever it was looked at */
	RS_UNVERIFIED_MANY,          /* more rows differ than are noted */
	RS_UNVERIFIED_CHANGING,      /* one of the servers had no such table, or another one, when it was looked at */
	RS_UNVERIFIED_COUNT
};
/* "large": the published word, "" for not; and for people, translated. */
const char *rs_unverified_code(enum rs_unverified why);
const char *rs_unverified_title(enum rs_unverified why);

struct rs_table_progress {
	const char *db, *name;       /* at the source */
	const char *dest_db, *dest_name;
	uint64_t rows, rows_total;   /* copied; estimate */
	uint64_t bytes, bytes_total;
	uint64_t inserts, updates, deletes; /* applied from the stream since the start of this process */
	rs_usec last_change;         /* wall clock, 0: none */
	bool copying, copied, keyless;
	uint64_t differences;        /* rows that are known to differ and were not mended */
	enum rs_unverified unverified;
	enum rs_table_sync sync;
	const char *since;           /* "file:offset" of one that is suspended; "" (in a snapshot never NULL) of others */
	const char *note;            /* translated, or NULL */
};

/* Tables of a snapshot, with their strings: immutable, and shared by the snapshots between which none of them changed. */
#define RS_PIECE_TABLES 64
struct rs_table_piece {
	atomic_uint refs;
	uint64_t serial;             /* no other piece has it, in whichever process; one that was sent keeps it */
	size_t n;
	struct rs_table_progress tables[]; /* the strings behind them */
};

struct rs_problem {              /* an error or anomaly that happened, grouped by code and object */
	enum rs_errc code;
	char text[640];              /* primary and detail, escaped, cut */
	char hint[512];              /* what can be done: as long as translations may be */
	rs_usec first, last;         /* wall clock */
	uint64_t count;
	bool fatal;                  /* the task stopped because of it */
};

/* How many there were of each code, also of those that are not listed any more. */
struct rs_problem_counts {
	struct rs_problem_count {
		enum rs_errc code;
		uint64_t n;
	} *items;
	size_t n, cap;
};

/* The event of the source's log at which a task stopped: one changed row, or one statement. Texts are escaped, and long
 * ones cut. What the columns hold is data of the user's: it is shown when asked for, never logged. */
struct rs_failing_column {
	char *name;
	char *before, *after;        /* NULL: there is no such image */
	bool key;                    /* rows are found by it */
};
struct rs_failing {
	char *id;                    /* "binlog.000001:4711/3": file, offset, and its number inside of the transaction; where its
	                                place is not known (another server has just taken the source's), "0-1-88/3" */
	char *gtid;                  /* the id of its transaction, by which another server's log knows it; NULL: it has none */
	uint64_t digest;             /* of what it says */
	const char *kind;            /* INSERT, UPDATE, DELETE, STATEMENT; a literal */
	char *db, *table;            /* at the source; NULL of a statement */
	char *dest_db, *dest_table;
	char *statement;             /* the source's, and what was made of it for the destination; NULL of rows */
	char *dest_statement;        /* … or where nothing could be made of it */
	rs_usec at;                  /* the source's clock; 0: not known */
	struct rs_failing_column *columns;
	size_t n_columns;
	char *side;                  /* what stopped there are tables beside the task, of this id, and why; NULL: the task itself did,
	                                whose error says why */
	struct rs_err why;
};

enum rs_diff_kind { RS_DIFF_MISSING, RS_DIFF_EXTRA, RS_DIFF_DIFFERENT, RS_DIFF_COUNT };

/* The comparison that goes on beside following ([verify] in the task file). */
enum rs_verifier_state {
	RS_VERIFIER_OFF,             /* nothing of it is wanted */
	RS_VERIFIER_WAITING,         /* for the copy's end, for the task to catch up, for a server */
	RS_VERIFIER_RUNNING
};
/* "running": the published word. */
const char *rs_verifier_state_code(enum rs_verifier_state s);

/* What it waits for. */
enum rs_verifier_wait {
	RS_VERIFIER_WAITS_NOT,
	RS_VERIFIER_WAITS_SYNCHRONIZING, /* until the task follows the source */
	RS_VERIFIER_WAITS_CONSISTENT,    /* until no rows are ahead of the others: of the copy, or that were repaired */
	RS_VERIFIER_WAITS_LAG,       /* until the task has caught up, or has lagged for long */
	RS_VERIFIER_WAITS_TROUBLE,   /* a while, after a failure */
	RS_VERIFIER_WAITS_COUNT
};
/* "lag": the published word, "" for not; and for people, translated. */
const char *rs_verifier_wait_code(enum rs_verifier_wait w);
const char *rs_verifier_wait_title(enum rs_verifier_wait w);

struct rs_known_diff {           /* a difference that stays: not on its way, and not mended */
	enum rs_diff_kind kind;
	char *db, *table;            /* at the source */
	char *key;                   /* "id=5", escaped; "*": the table as a whole, which has no key */
	char *place;                 /* rs_bound_to_text of the key: after and upto of a repair of this row; "": the whole table */
	rs_usec found;               /* wall clock */
};
#define RS_KNOWN_DIFFS_SHOWN 100
struct rs_verify_progress {
	enum rs_verifier_state state;
	enum rs_verifier_wait waits;
	bool continuous, incremental, repair; /* what is wanted */
	unsigned budget;             /* percent */
	double source_share, dest_share; /* percent of the time that its queries took, over the last minute; < 0: not measured */
	uint64_t passes;             /* over all tables that have ended, since the task began */
	rs_usec pass_started, pass_ended; /* of the pass that is under way; of the last whole one. Wall clock, 0: none */
	char db[200], table[200];    /* where it is, "" nowhere; source's names, escaped */
	char place[1024];            /* rs_bound_to_text: up to here the table was compared in this pass */
	uint64_t tables_done, tables_total; /* of this pass */
	uint64_t tables_left_out;    /* of this pass; why is said of each table */
	uint64_t rows;               /* of the source, compared by passes since the task began */
	uint64_t checked;            /* rows that were looked at one by one: changed, or different at first sight */
	uint64_t dropped;            /* changed rows that were not looked at, for want of room */
	uint64_t unsettled;          /* that changed too often to be judged */
	uint64_t found, gone, repaired; /* differences, since the task began */
	uint64_t differences;        /* that are known now */
	struct rs_known_diff *diffs; /* the first RS_KNOWN_DIFFS_SHOWN of them; owned */
	size_t n_diffs;
};

/* Why transactions of the stream were not applied beside others. */
enum rs_serial {
	RS_SERIAL_NONE,      /* they were */
	RS_SERIAL_SMALL,     /* there were too few: no backlog */
	RS_SERIAL_CONFLICTS, /* they depend on each other */
	RS_SERIAL_TRIGGERS,  /* the destination has some */
	RS_SERIAL_XA,
	RS_SERIAL_SCHEMA,    /* the log describes a table in two ways */
	RS_SERIAL_LARGE,     /* applied as it arrives */
	RS_SERIAL_ORDER,     /* the order of the source is asked for */
	RS_SERIAL_COUNT
};

/* What most of the transactions wait for that are kept in line behind others (report/hot.c). A key's value is data of the user's: it is
 * shown to processes of the same user, never logged. */
struct rs_hot_key {
	char table[400];             /* "db.name" at the source, escaped; "": there is none */
	bool whole;                  /* it is the table: its rows can't be told apart by a key */
	char key[300];               /* "id=5", escaped, else */
	double share;                /* of those that waited in the last seconds: more than 0.5 */
};

/* What a task tells by itself ([alert] in the task file); report/alerts.h. */
enum rs_alert {
	RS_ALERT_LAG,                /* it lags */
	RS_ALERT_STATE,              /* it has failed, or has been retrying for a while */
	RS_ALERT_FULL,               /* its first copy takes long */
	RS_ALERT_COUNT
};

/* What holds a task up, as far as its threads show it (report/bottleneck.c). */
enum rs_bottleneck {
	RS_BOTTLENECK_UNKNOWN,       /* nothing was measured: nobody works at it, or only just */
	RS_BOTTLENECK_NONE,          /* it keeps up with the source */
	RS_BOTTLENECK_LIMIT,         /* a limit of speed */
	RS_BOTTLENECK_SOURCE,        /* the source's server, or the network to it */
	RS_BOTTLENECK_DECODER,       /* this program: reading the log */
	RS_BOTTLENECK_DEST,          /* the destination's server, or the network to it */
	RS_BOTTLENECK_APPLIER,       /* this program: making what is sent */
	RS_BOTTLENECK_ORDER,         /* one connection does nearly all: transactions depend on each other, or few tables are left */
	RS_BOTTLENECK_COUNT
};
/* "destination": the published word; and in plain words, translated. */
const char *rs_bottleneck_code(enum rs_bottleneck b);
const char *rs_bottleneck_title(enum rs_bottleneck b);

/* What a task has used so far, over all processes that ran it, as far as this host knows (report/usage.c). */
struct rs_usage {
	rs_usec running[RS_PHASE_COUNT]; /* time in which it was at work, retried or was paused */
	uint64_t changes;            /* of rows and schemas that were applied from the log */
};

/* What is on its way to a destination that acknowledges later than it is written to. */
struct rs_delivery {
	bool measured;               /* the destination is such a one, and is connected to */
	rs_usec lag;                 /* the longest that a message waited for its commit over the last seconds, or one is waiting now */
	uint64_t uncommitted;        /* messages that were written and are not committed yet, with the task's own notes */
	uint64_t unacknowledged;     /* of those, that no broker has acknowledged */
};

struct rs_progress {
	atomic_uint refs;
	enum rs_state state;
	bool consistent;             /* the destination has passed P1: no transaction shows in it that is not the source's, and none
	                                before one that it depends on (with source_order: before any that came earlier) */
	bool caught_up;              /* all that the source had committed when it was last asked has been applied */
	rs_usec taken;               /* wall clock: when this snapshot was made */
	rs_usec started;
	struct rs_phase phases[RS_PHASE_COUNT];
	double rows_per_sec, bytes_per_sec; /* over the last seconds; < 0: not measured */
	rs_usec lag;                 /* < 0: not measured */
	char source_position[300], applied_position[300]; /* "file:offset", "" unknown */
	uint64_t source_behind_bytes;
	rs_usec checkpoint;          /* wall clock of the last commit of a position; 0: none */
	rs_usec log_lasts;           /* how long the source keeps its log; < 0: not known */
	int64_t log_kept, log_room;  /* bytes of it that a source keeps for the task, and that it may keep more; < 0: none, no limit */
	uint64_t relay_bytes, relay_quota; /* of the source's log, kept here while nobody applies it; quota 0: none is */
	bool relay_filling, relay_full; /* it is being written; it would be, if there were room */
	char relay_position[300];    /* where it ends; "": it is empty */
	rs_usec relay_time;          /* wall clock of the source: of the newest change in it; 0: none */
	const char *relay_leaves_out; /* what the source must keep although nobody applies it: one of the next two; NULL: nothing */
#define RS_LEFT_POSITION "position" /* all: another server has just taken the source's place */
#define RS_LEFT_OBJECTS "objects"   /* what tables need that are being added, or are suspended */
	uint64_t inserts, updates, deletes, ddls, transactions, anomalies, retries, refolds;
	uint64_t left_out, incomplete; /* rows whose table the destination lacks, since this process left a schema change out; whose
	                                  table lacks columns, since one was left out or replaced: they are among the others */
	uint64_t serial[RS_SERIAL_COUNT]; /* transactions with rows by how they were applied, since the start of this process */
	const struct rs_table_piece **pieces; /* of RS_PIECE_TABLES tables each, but for the last; in order of selection */
	size_t n_tables;
	struct rs_problem *problems; /* newest last */
	size_t n_problems;
	struct rs_problem_counts counted; /* since the process was started; of a running task alone */
	char note[256];              /* what it is doing or waiting for, translated; "" nothing */
	char throttled[32];          /* the key of the limit that holds it back; "" none does */
	struct rs_err error;         /* why it failed, where state is *_FAILED or RETRYING */
	struct rs_failing *failing;  /* at which event of the source's log, it or tables beside it; NULL: at none */
	uint64_t skipped;            /* events that were left out or replaced by the user's decision, since the task began */
	struct rs_delivery delivery;
	uint64_t memory_used;        /* bytes of the log that are read and not applied yet */
	struct rs_usage usage;
	unsigned alerts;             /* that are raised: bits 1 << rs_alert */
	struct rs_worker_seen *workers; /* its threads, by name; of a running task alone */
	size_t n_workers;
	struct rs_slow *slow;        /* statements that took long since the process was started, longest first */
	size_t n_slow;
	enum rs_bottleneck bottleneck;
	struct rs_hot_key hot;
	struct rs_verify_progress verify;
};

static inline size_t rs_progress_n_pieces(const struct rs_progress *p)
{
	return (p->n_tables + RS_PIECE_TABLES - 1) / RS_PIECE_TABLES;
}

static inline const struct rs_table_progress *rs_progress_table(const struct rs_progress *p, size_t i)
{
	return &p->pieces[i / RS_PIECE_TABLES]->tables[i % RS_PIECE_TABLES];
}

/* Whether it is seen at a glance that both tell the same of the same tables. */
bool rs_progress_same_tables(const struct rs_progress *a, const struct rs_progress *b);
const struct rs_progress *rs_progress_ref(const struct rs_progress *p);
void rs_progress_unref(const struct rs_progress *p);

struct rs_engine;

struct rs_engine_options {
	struct rs_wake wake;
	bool until_synchronized;     /* finish (state FINISHED for the process, task resumable) once everything the source had
	                                committed when the copy ended, or at the start where there is no copy, has arrived */
};

/* Takes a copy of the task. Does not start anything, touches no server. */
struct rs_engine *rs_engine_new(const struct rs_task *task, const struct rs_engine_options *options, struct rs_err *err);
/* Starts or goes on with the task in threads of its own: what there is to resume is found out from the destination.
 * Errors found later show in the snapshots. RS_E_TASK_RUNNING where another process on this host holds the task. */
enum rs_rc rs_engine_start(struct rs_engine *e, struct rs_err *err) RS_MUST_CHECK;

/* Whether the destination knows the task already: what was begun is gone on with, and needs no precheck (which would
 * find our own tables in the way). Connects, and blocks as long as that takes. */
enum rs_rc rs_engine_was_started(const struct rs_task *task, bool *started, struct rs_err *err) RS_MUST_CHECK;

enum rs_command {
	RS_CMD_PAUSE,   /* stop writing; the position is kept */
	RS_CMD_RESUME,  /* go on after a pause, or try again after a failure */
	RS_CMD_STOP,    /* checkpoint and end the threads; the task can be started again */
	RS_CMD_RELEASE  /* STOP, then cut over: install triggers, remove our objects from source and destination; final */
};
/* What can be done to single tables of a running task. */
enum rs_table_action {
	RS_TABLE_SUSPEND, /* their changes are left out from here on; the destination's rows stay */
	RS_TABLE_RESUME,  /* go on where they were suspended, as long as the source has its log */
	RS_TABLE_RESYNC   /* empty them at the destination and copy them again */
};
/* "suspend": the word of the command line and of the control socket. */
const char *rs_table_action_word(enum rs_table_action a);
bool rs_table_action_parse(const char *word, enum rs_table_action *a);

/* Returns at once; the effect shows in the snapshots. From any thread. */
void rs_engine_command(struct rs_engine *e, enum rs_command command);
/* The newest snapshot, a reference for the caller. Never NULL, never blocks. */
const struct rs_progress *rs_engine_progress(struct rs_engine *e);
/* Blocks until the engine has ended (finished, stopped, failed for good) or the timeout (< 0: none) is over; true: ended. */
bool rs_engine_wait(struct rs_engine *e, rs_usec timeout);
/* Once it has ended: whether objects that were to join the task could not, although the task itself went well; err names
 * them and says why. */
bool rs_engine_unjoined(struct rs_engine *e, struct rs_err *err);
/* STOP, waits for the threads, frees. */
void rs_engine_free(struct rs_engine *e);

/* ------------------------------------------------------------------ what is known of tasks that other processes run */

struct rs_task_status {
	enum rs_state state;
	bool live;                   /* a process on this host is running it right now */
	bool answers;                /* … and has told this itself; else it is what it saved last, and may be old */
	long pid;
	rs_usec updated;             /* wall clock of what is known */
	const struct rs_progress *progress; /* a reference; NULL where nothing is known */
};
/* From the process that runs it, which has five seconds to answer; else from the local state file. No server is asked. A
 * task whose process died is RS_STATE_INTERRUPTED. */
enum rs_rc rs_task_status_read(const struct rs_task *task, struct rs_task_status *out, struct rs_err *err) RS_MUST_CHECK;
/* The same for who looks again and again: it has half a second to answer, and of the tables those alone are sent that are not as
 * in known (NULL: nothing is), which what is told then shares. */
enum rs_rc rs_task_status_look(const struct rs_task *task, const struct rs_progress *known, struct rs_task_status *out,
                               struct rs_err *err) RS_MUST_CHECK;
void rs_task_status_release(struct rs_task_status *s);
/* Notes a state of a task that no engine runs (the precheck has passed or not). Does nothing where a process runs it, or
 * where it was started before. Reads and writes files, as the calls above and below do. */
void rs_task_status_record(const struct rs_task *task, enum rs_state state);
struct rs_history_item {
	rs_usec at;     /* wall clock */
	char kind[16];  /* one of the next; newer versions may have others */
	char *text;     /* English, escaped; owned */
};
#define RS_HISTORY_STATE "state"     /* its word */
#define RS_HISTORY_PHASE "phase"     /* "full running" */
#define RS_HISTORY_PROBLEM "problem" /* "RS-2004 text", the first time in a process */
#define RS_HISTORY_DDL "ddl"         /* the statement, and how long it took */
#define RS_HISTORY_OBJECTS "objects" /* "added: shop.orders shop.items", taken out, suspended … while the task runs */
/* What this host remembers of the task's life: the newest items, oldest first, at most max; *items is malloc'ed and the
 * caller's. Returns how many; 0 also where nothing can be read. Reads a file. */
size_t rs_task_history(const struct rs_task *task, size_t max, struct rs_history_item **items);
void rs_history_free(struct rs_history_item *items, size_t n);
/* The log of the process that runs the task, or, where none does, what is in its file, or in that of the full-screen program,
 * whichever is newer. Zero at first; then each call brings what is new. */
struct rs_task_log {
	char **lines;   /* owned */
	size_t n;
	bool anew;      /* they are of another process or file than those before */
	long pid;       /* 0: of a file */
	uint64_t last;
	bool shared;    /* lines of other tasks may be among them, which name those */
};
#define RS_TASK_LOG_MAX 500 /* lines */
/* Blocks for half a second at most. */
void rs_task_log_read(const struct rs_task *task, struct rs_task_log *log);
void rs_task_log_clear(struct rs_task_log *log);
/* Writes what is known of the task into a new archive (.tar.gz): configuration, status, history, log; without passwords and without
 * values of rows. Reads and writes files; asks the process that runs it. RS_E_IO, also where the file exists. */
enum rs_rc rs_task_diagnose(const struct rs_task *task, const char *path, struct rs_err *err) RS_MUST_CHECK;
/* Removes everything this host remembers of the task; for a task that is being deleted. */
void rs_task_status_forget(const struct rs_task *task);
/* Does something to tables of the task: by the process that runs it, or, where none does, by going on with it here until
 * that is done. tables: as a selection names them. force: RESYNC also empties tables that the task did not make. Waits
 * until it is settled, not until tables have joined. RS_E_OBJECTS where it can't be; RS_E_NOT_OURS where it could with force.
 * Once cancel (NULL: none) is set it returns soon, RS_E_CANCELLED: whether it is settled then can't be told. */
enum rs_rc rs_task_change_tables(const struct rs_task *task, enum rs_table_action action, const struct rs_selection *tables,
                                 bool force, rs_usec timeout, struct rs_cancel *cancel, struct rs_err *err) RS_MUST_CHECK;
/* What becomes of a task's objects when it is anchored anew. */
enum rs_anchored_list {
	RS_ANCHORED_FOREIGN,         /* of a plan: tables that were at the destination before the task */
	RS_ANCHORED_GONE,            /* tables that are no longer at the source: they stay at the destination, and are left out */
	RS_ANCHORED_LOST,            /* are suspended or being added, and can't go on: their log is lost as well */
	RS_ANCHORED_ANEW,            /* are made and copied anew, and why */
	RS_ANCHORED_COPIED,          /* are emptied and copied again, since they can't be compared, and why */
	RS_ANCHORED_ADDED,           /* are new at the source */
	RS_ANCHORED_LEFT,            /* objects that differ in what rows don't show, and in what; they stay as they are */
	RS_ANCHORED_BROUGHT,         /* the same, but the destination gets it */
	RS_ANCHORED_LISTS
};
struct rs_anchored {
	char *at;                    /* "file:offset": where it begins; "" of a plan */
	bool rests;                  /* nobody runs the task, which goes on when it is started */
	bool other_server;           /* of a plan: not the one that the task was anchored at answers at the source's address */
	uint64_t compared;           /* tables that stay, and are compared and repaired */
	char *lists[RS_ANCHORED_LISTS]; /* "shop.orders (column note), view shop.paid"; "" for none */
};
void rs_anchored_clear(struct rs_anchored *a);
/* "anew": the word of the control socket; what to put before the names, translated. */
const char *rs_anchored_word(enum rs_anchored_list list);
const char *rs_anchored_title(enum rs_anchored_list list);

struct rs_anchor_options {
	bool force;                  /* also rows of tables that the task did not make are deleted, and the server at the source's
	                                address may be another one */
	bool resync;                 /* suspended tables whose log is lost are emptied and copied anew, too */
};

/* Whether a failure with that code says that the log lacks what the task needs of it, or is another log: it does not pass. */
static inline bool rs_log_is_lost(enum rs_errc code)
{
	return code == RS_E_BINLOG_PURGED || code == RS_E_SOURCE_DIVERGED || code == RS_E_BINLOG_INCIDENT || code == RS_E_LOG_REPEATS;
}
/* Has a task whose log is lost begin anew where the source is now, on top of what the destination has: all tables are
 * compared, and what differs is repaired. Returns when the destination has stored that; the rest is done by the process
 * that runs the task, which goes on where it was paused or failed, or the next that does. RS_E_OBJECTS where it can't be;
 * RS_E_NOT_OURS, RS_E_CONN_WRONG_SERVER where it could with force. Once cancel (NULL: none) is set it returns at once,
 * RS_E_CANCELLED: the destination has stored it whole or not at all. */
enum rs_rc rs_task_reanchor(const struct rs_task *task, const struct rs_anchor_options *options, rs_usec timeout, struct rs_cancel *cancel,
                            struct rs_anchored *out, struct rs_err *err) RS_MUST_CHECK;
/* What rs_task_reanchor would do as things are now: nothing is changed but for examples of definitions that are made at the
 * destination and dropped, and the process that runs the task is not asked. What would have to be forced is told: tables in
 * the list RS_ANCHORED_FOREIGN lose rows that the source does not have. Cancel as above. */
enum rs_rc rs_task_reanchor_plan(const struct rs_task *task, const struct rs_anchor_options *options, struct rs_cancel *cancel,
                                 struct rs_anchored *out, struct rs_err *err) RS_MUST_CHECK;
/* Takes a task back to where it was before it was configured. Whoever runs it on this host is told to stop; the destination and the
 * source forget it, its rows at the destination stay; its file keeps its name, note and flow alone, under another id. What could
 * not be undone is told in left, a line each: the source need not be there. One that was never run here changes nothing but its
 * file. timeout: for stopping. Where it fails the task is as it was, but stopped. Blocks; cancel (not NULL) ends the waiting alone. */
enum rs_rc rs_task_reset(const struct rs_task *task, rs_usec timeout, struct rs_cancel *cancel, struct rs_buf *left,
                         struct rs_err *err) RS_MUST_CHECK;
/* Sends a command to the process that runs the task, over its Unix socket, and waits (at most timeout) until it says
 * that it was taken up. RS_E_TASK_NOT_RUNNING. */
enum rs_rc rs_task_command(const struct rs_task *task, enum rs_command command, rs_usec timeout, struct rs_err *err)
	RS_MUST_CHECK;
/* Tells the process that runs the task to read its file again and to take up what may be changed while it runs; waits (at
 * most timeout) until it has. RS_E_TASK_NOT_RUNNING, or why it can't. */
enum rs_rc rs_task_reload(const struct rs_task *task, rs_usec timeout, struct rs_err *err) RS_MUST_CHECK;
/* What becomes of the event at which a task has stopped. */
enum rs_answer {
	RS_ANSWER_SKIP,              /* it is left out */
	RS_ANSWER_EDIT,              /* something else is executed in its place */
	RS_ANSWER_RETRY              /* it is tried again: whatever was decided is withdrawn */
};
/* Stores it in the destination, where it takes effect when the task comes to that event again: after RS_CMD_RESUME, or when
 * the task is started. id: the event that is meant (rs_failing.id), NULL: whichever it is. sql: EDIT's. Connects, and blocks
 * as long as that takes; some seconds where the task tries again just now. RS_E_EVENT_GONE where it has not stopped at that
 * event, RS_E_EVENT_SQL where sql is not what may be executed there. */
enum rs_rc rs_task_answer(const struct rs_task *task, const char *id, enum rs_answer answer, const char *sql,
                          struct rs_err *err) RS_MUST_CHECK;
/* One decision about an event. */
struct rs_decided {
	char *id;                    /* "binlog.000001:4711/3" */
	enum rs_answer answer;       /* SKIP or EDIT */
	char *what;                  /* the event in words, with its id */
	char *sql;                   /* EDIT's; NULL */
	bool passed;                 /* it has had its effect; else the task has not come to the event again yet */
};
/* All that were taken for the task, oldest first. Connects to the destination, and blocks as long as that takes. */
enum rs_rc rs_task_decided(const struct rs_task *task, struct rs_decided **out, size_t *n, struct rs_err *err) RS_MUST_CHECK;
void rs_decided_free(struct rs_decided *list, size_t n);
/* Has the process that runs the task make a range the same on both sides, and waits (at most timeout) until it has. after
 * and upto "" and "": the whole table. RS_E_TASK_NOT_RUNNING; RS_E_REPAIR where it can't be done, with the remedy. Once cancel
 * (NULL: none) is set it returns at once, RS_E_CANCELLED, and the process ends the repair behind the transaction that it is at:
 * what was repaired until then stays. So it does when the caller dies, or has waited long enough. */
struct rs_diff_range;
struct rs_repair_counts;
enum rs_rc rs_task_repair(const struct rs_task *task, const struct rs_diff_range *range, rs_usec timeout, struct rs_cancel *cancel,
                          struct rs_repair_counts *done, struct rs_err *err) RS_MUST_CHECK;
/* The progress as the JSON object that `status --json` prints (a contract: rds-sync-status(1)); a new reference. */
json_t *rs_progress_to_json(const struct rs_progress *p);

/* ------------------------------------------------------------------ numbers over time */

enum rs_trace_of { RS_TRACE_LAG, RS_TRACE_ROWS, RS_TRACE_BYTES, RS_TRACES };
/* One number a second (report/past.h): the lag in seconds, rows and bytes a second. All zero at first. */
struct rs_past {
	struct rs_trace *traces[RS_TRACES]; /* NULL: it was never measured */
};
/* To be called once a second; p NULL: nobody was at work. */
void rs_past_add(struct rs_past *past, const struct rs_progress *p);
/* What of a snapshot is remembered; NaN: it was not measured. */
double rs_past_value(const struct rs_progress *p, enum rs_trace_of of);
void rs_past_clear(struct rs_past *past);
bool rs_past_is_empty(const struct rs_past *past);
/* Asks the process that runs the task how it went since it was started, at most half a second; empty where there is none, or it
 * does not say. */
void rs_task_past(const struct rs_task *task, struct rs_past *out);

/* ------------------------------------------------------------------ testing a connection */

struct rs_probe;
struct rs_probe_result {
	bool done;
	bool ok;                     /* it answers */
	bool unfit;                  /* but lacks what its side of a task needs, as the summary says */
	char summary[200];           /* "10.11.19-MariaDB, 14 ms, binlog ROW" */
	struct rs_err error;
	enum rs_errc code;
};
/* The endpoint is copied, its password resolved in the job's thread. */
struct rs_probe *rs_probe_start(const struct rs_endpoint *endpoint, struct rs_wake wake);
/* Copies the state as it is now; release with rs_probe_result_release. */
void rs_probe_get(struct rs_probe *p, struct rs_probe_result *out);
void rs_probe_result_release(struct rs_probe_result *r);
void rs_probe_free(struct rs_probe *p);

/* ------------------------------------------------------------------ the topics of a Kafka cluster */

struct rs_topic {
	char *name;
	int partitions;
	bool internal;               /* the cluster's own */
};
struct rs_topics_result {
	bool done;
	bool ok;
	char summary[200];           /* "Kafka 3.9, 1.2 ms, 1 broker, 14 topics" */
	const char *version;         /* what destination.version is of it; static */
	struct rs_topic *topics;     /* by name */
	size_t count;
	struct rs_err error;
};
struct rs_topics;
/* The endpoint is copied, its password resolved in the job's thread. */
struct rs_topics *rs_topics_start(const struct rs_endpoint *endpoint, struct rs_wake wake);
/* False: it is not done yet, or was taken. Release with rs_topics_result_release. */
bool rs_topics_take(struct rs_topics *t, struct rs_topics_result *out);
void rs_topics_result_release(struct rs_topics_result *r);
void rs_topics_free(struct rs_topics *t);

/* ------------------------------------------------------------------ why is it slow? */

/* A connection of the task's at the destination that waits for a lock, and who holds that. */
struct rs_blocked {
	char worker[RS_ACTIVITY_NAME];
	unsigned long connection;
	rs_usec since;               /* how long it has waited */
	char object[160];            /* what is locked: a table, with its index; "" not known */
	unsigned long holder;        /* its connection; 0: can't be found out */
	bool holder_is_ours;         /* another thread of the task has it: there is nobody to be ended */
	char holder_worker[RS_ACTIVITY_NAME]; /* which; "" not known, or not ours */
	char holder_user[160];       /* user@host */
	rs_usec holder_since;        /* how long its transaction lasts; 0: not known */
	char holder_statement[120];  /* that it executes, up to its first value; "" none: it is idle in its transaction */
	char ending[48];             /* the statement that ends it */
};
/* What a server says of itself and the way to it. */
struct rs_why_side {
	bool known;                  /* it was reached; else error says why not */
	struct rs_err error;
	rs_usec trip;                /* the shortest of some round trips */
	char busy[200];              /* what its connections of the task are at, in the server's words; "" nothing */
};
struct rs_why_result {
	bool done;
	struct rs_why_side source, dest;
	struct rs_blocked blocked[8];
	size_t n_blocked;
	char hindrance[200];         /* why locks can't be seen, translated; "" they can */
};
struct rs_why;
/* Asks both servers, with connections of its own; progress: of the running task, whose threads are looked for there. */
struct rs_why *rs_why_start(const struct rs_task *task, const struct rs_progress *progress, struct rs_wake wake);
/* Copies; release with rs_why_result_release. */
void rs_why_get(struct rs_why *w, struct rs_why_result *out);
void rs_why_result_release(struct rs_why_result *r);
void rs_why_free(struct rs_why *w);

/* ------------------------------------------------------------------ fetching a catalogue for the object selector */

struct rs_browse;
/* Lists databases, tables (with engine, row and size estimates, whether they have a key) and views of the source. */
struct rs_browse *rs_browse_start(const struct rs_endpoint *endpoint, struct rs_wake wake);
/* Takes what has arrived since the last call (objects are given away, appended to out); *done when nothing more comes;
 * RS_FAIL with the reason when it ended early. */
enum rs_rc rs_browse_take(struct rs_browse *b, struct rs_catalog *out, bool *done, struct rs_err *err) RS_MUST_CHECK;
/* Asks for the columns of one table; it arrives through rs_browse_take as an object with its schema. */
void rs_browse_columns(struct rs_browse *b, const char *db, const char *table);
void rs_browse_free(struct rs_browse *b);
/* Whether a condition can filter the rows of the table, as the columns that arrived tell: RS_E_FILTER says what is wrong with it, and
 * where. Asks no server. */
enum rs_rc rs_browse_check_filter(const struct rs_table *table, const char *condition, struct rs_err *err) RS_MUST_CHECK;

/* ------------------------------------------------------------------ precheck */

struct rs_precheck;
/* Runs all checks that apply to the task, in their published order; findings appear one after another. */
struct rs_precheck *rs_precheck_start(const struct rs_task *task, struct rs_wake wake);
/* The same for objects that are added to a task which has others: beside, which is copied. */
struct rs_precheck *rs_precheck_start_added(const struct rs_task *task, const struct rs_selection *beside, struct rs_wake wake);
/* Again: all, or only those that did not pass. */
void rs_precheck_again(struct rs_precheck *p, bool failed_only);
/* Marks a finding as ignored or not; false where it can't be ignored. */
bool rs_precheck_ignore(struct rs_precheck *p, const char *code, bool ignored);
struct rs_precheck_result {
	bool done;
	bool passed;                 /* done, and every finding passed, was skipped or is an ignored warning */
	struct rs_finding *findings; /* copies */
	size_t count;
};
void rs_precheck_get(struct rs_precheck *p, struct rs_precheck_result *out);
void rs_precheck_result_release(struct rs_precheck_result *r);
void rs_precheck_free(struct rs_precheck *p);

/* ------------------------------------------------------------------ verification */

struct rs_diff {
	enum rs_diff_kind kind;      /* missing at, extra at the destination; different; another number of rows */
	char *db, *table;            /* at the source */
	char *key;                   /* "id=5", escaped; for a table without a key the row, cut; for COUNT both numbers */
	char *columns;               /* of a different row: names as rs_name_put has them, comma separated; else NULL */
};
/* A range of a table's key that holds differences: what can be repaired. */
struct rs_diff_range {
	char *db, *table;            /* at the source */
	char *after, *upto;          /* rs_bound_to_text; "": from the beginning, to the end */
	uint64_t missing, extra, different; /* rows */
};
struct rs_repair_counts {
	uint64_t parts;              /* of ranges, that had to be mended */
	uint64_t deleted, written;   /* rows at the destination */
};
struct rs_verify_counts {
	uint64_t rows;               /* of the source, that were compared or counted */
	uint64_t read;               /* rows of both sides that had to be read: the servers' digests differ, or could not be had */
	uint64_t ranges, ranges_compared;
	uint64_t unsettled;          /* rows (or ranges, where rows are counted) that changed too often to be judged */
};
enum rs_verify_mode { RS_VERIFY_FULL, RS_VERIFY_SAMPLE, RS_VERIFY_COUNT };
struct rs_verify_options {
	enum rs_verify_mode mode;
	unsigned percent;            /* of the ranges, RS_VERIFY_SAMPLE: 1 to 100 */
	double phase;                /* 0 to 1: which ranges are looked at */
	const char *tables;          /* only these: the text form of a selection, as "shop.orders"; NULL: all */
	uint64_t max_rows, max_bytes; /* a second, of both sides together; 0: no limit */
	rs_usec timeout;             /* 0: none */
};
struct rs_verify_result {
	bool done;
	bool same;                   /* done without a difference and without an error */
	bool timed_out;              /* not all of it was looked at */
	uint64_t tables_done, tables_total;
	uint64_t tables_left;        /* that were read to their end, and something of which is read again */
	struct rs_verify_counts counts;
	struct rs_diff *diffs;       /* the first 10,000 */
	size_t n_diffs;
	uint64_t diffs_total;
	struct rs_diff_range *ranges; /* the first 10,000 that differ */
	size_t n_ranges;
	uint64_t ranges_total;       /* that differ */
	rs_usec took;
	char current[200];           /* table being compared */
	char *left_out;              /* "shop.a shop.b": not compared, since they are suspended or being added; NULL: nothing is */
	struct rs_err error;
};
struct rs_verify;
/* options NULL: all rows of all tables. They are copied. */
struct rs_verify *rs_verify_start(const struct rs_task *task, const struct rs_verify_options *options, struct rs_wake wake);
void rs_verify_get(struct rs_verify *v, struct rs_verify_result *out);
void rs_verify_result_release(struct rs_verify_result *r);
void rs_verify_free(struct rs_verify *v);

#endif
