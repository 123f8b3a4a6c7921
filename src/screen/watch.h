/* The tasks as the screens see them: each task file with what is known of its state, whether this process runs it, another
 * does, or nobody, and the recent history of its numbers, which the sparklines show.
 *
 * All on the UI thread. Files, and the states that other processes leave, are read by a scan in a thread of its own about
 * once a second (rs_watches_scan); engines of this process are asked directly, which never blocks. */
#ifndef RS_WATCH_H
#define RS_WATCH_H

#include "base/map.h"
#include "engine/engine.h"
#include "screen/repair.h"
#include "screen/seen.h"
#include "screen/work.h"

#define RS_SERIES_MAX 600 /* ten minutes at one sample a second */

/* The newest values, oldest first; NaN where nothing was measured. */
struct rs_series {
	double values[RS_SERIES_MAX];
	size_t count;
};

/* What one table did lately. */
struct rs_table_rate {
	uint64_t changes;          /* counted at the last sample in which its piece of the snapshot was a new one */
	unsigned sample;           /* number of that one: it did not change in later ones */
	double per_sec;            /* in it; < 0: not known yet */
};

struct rs_watches;

struct rs_watch {
	struct rs_watches *owner;
	unsigned users;            /* screens that show it: it is not forgotten */
	char *path;
	char *name;                /* as the task has it, else of its file */
	struct rs_task *task;      /* NULL: the file can't be loaded */
	struct rs_err error;       /* why not, or why its state can't be read */
	bool gone;                 /* its file has vanished */
	bool marked;               /* in the list of tasks: what is done there means it, too */
	unsigned put;              /* number of the scan that was last when it was put, or let go, here: older news of it are none */
	unsigned writing;          /* times that its file is still to be written as it is here: until then no news of it are any */
	unsigned leaving;          /* engines that have ended and still hold its lock: the same */

	struct rs_engine *engine;  /* this process's; NULL */
	bool starting;             /* an engine is being started for it */
	bool stopping;             /* the engine was told to end, and has neither ended nor failed to */
	struct rs_verify *verify;  /* a comparison begun here; NULL */
	struct rs_verify_options compared; /* what it was asked, */
	char *compared_tables;     /* with its tables; NULL: all */
	struct rs_repair *repair;  /* of what it found; NULL: none was begun */

	enum rs_state state;
	bool live;                 /* a process runs it right now */
	long pid;
	rs_usec updated;           /* wall clock of progress */
	const struct rs_progress *progress; /* the newest; NULL: nothing is known */

	struct rs_series lag, rows, bytes; /* seconds, a second, a second */
	struct rs_past past;       /* the same for longer: of another process also what was before it was first looked at here */
	struct rs_map rates;       /* "db" NUL "table" -> struct rs_table_rate */
	const struct rs_progress *last; /* the newest snapshot from which rates were taken; a reference, NULL */
	unsigned samples;          /* that rates were taken from so far */
};

struct rs_watches {
	struct rs_works *works;
	struct rs_wake wake;       /* for engines and comparisons */
	struct rs_watch **items;   /* by name */
	size_t count, cap;
	bool view;                 /* nothing may be changed of any of them */
	bool scanning;
	bool scanned;              /* once at least: what is not here is not there */
	unsigned scans;            /* begun so far */
	unsigned removed;          /* number of the scan that was last when a task was removed: older ones find no new tasks */
	struct rs_seen seen;       /* the scan's */
	struct rs_err error;       /* why the task files can't be listed */
	void (*changed)(void *ctx); /* after a scan; NULL */
	void *ctx;
};

void rs_watches_init(struct rs_watches *w, struct rs_works *works, struct rs_wake wake);
/* Frees what was watched; engines are stopped, which waits for their threads. */
void rs_watches_release(struct rs_watches *w);
/* Looks at all files and states again, in a thread; does nothing while it is at it. */
void rs_watches_scan(struct rs_watches *w);
/* The same here and now, for the start and for tests. */
void rs_watches_scan_now(struct rs_watches *w);
/* NULL where there is none. */
struct rs_watch *rs_watches_find(const struct rs_watches *w, const char *path);
/* Adds a task (which it takes over), or replaces the one with that path. An engine keeps its own copy. */
struct rs_watch *rs_watches_put(struct rs_watches *w, struct rs_task *task);
/* The same for a task that is not in its file yet: no scan shows what is there, which is older, before it is written. */
void rs_watches_put_early(struct rs_watches *w, struct rs_task *task);
/* What was put early has been written, or could not be. True: it is what was put last, so its file says how it is. */
bool rs_watches_written(struct rs_watches *w, const char *path);
/* Its file has another path now. */
void rs_watches_move(struct rs_watches *w, const char *from, const char *to);
/* Forgets a task that nobody here runs. */
void rs_watches_remove(struct rs_watches *w, struct rs_watch *watch);

/* Takes the newest snapshot of this process's engine, if it has one; an engine that has ended is let go afterwards. */
void rs_watch_refresh(struct rs_watch *watch);
/* Takes over a snapshot (tests, scans); NULL: nothing is known. */
void rs_watch_take(struct rs_watch *watch, enum rs_state state, const struct rs_progress *progress);
/* How long ago the source was as the destination is now; of a task that nobody runs it grows all the same. < 0: not known. */
rs_usec rs_watch_lag(const struct rs_watch *watch);
/* Adds the present numbers to the history; once a second. Costs what has changed since, not what there is. */
void rs_watch_sample(struct rs_watch *watch);
/* Changes of a table a second; < 0: not known, or nobody works at it. */
double rs_watch_table_rate(const struct rs_watch *watch, const struct rs_table_progress *t);

/* Makes an engine for the task and starts it, in a thread. done, on the UI thread, is told of what came of it; its ctx must not
 * belong to a screen. */
typedef void rs_watch_started(void *ctx, struct rs_watch *watch, struct rs_err *err);
void rs_watch_start(struct rs_watch *watch, rs_watch_started *done, void *ctx);
/* Whether an engine of this process is at work (not ended). */
bool rs_watch_is_running_here(const struct rs_watch *watch);
/* How many engines of this process are at work. */
size_t rs_watches_running(const struct rs_watches *w);
/* Tells all engines of this process to stop. */
void rs_watches_stop(struct rs_watches *w);

/* Begins a comparison of both sides; one that is there already is ended. options are copied, with their tables. */
void rs_watch_compare(struct rs_watch *watch, const struct rs_verify_options *options);
/* Whether rows of the task are being repaired by wish of somebody here. */
bool rs_watch_is_repairing(const struct rs_watch *watch);
/* Ends all repairs soon: the program is being left. */
void rs_watches_end_repairs(struct rs_watches *w);
/* Ends it and forgets what it found, and what was repaired of it. */
void rs_watch_compare_end(struct rs_watch *watch);

#endif
