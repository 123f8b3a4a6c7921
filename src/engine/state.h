/* What this host remembers of a task: a lock that says which process runs it, and a SQLite file with the last progress,
 * the state and the history of phases and errors, which any other process of the user reads. It is a cache. What decides
 * which rows are applied again is in the destination; a file that is lost, damaged or can't be written costs what it
 * held and nothing else, and is made anew. The lock is not a cache: without it no task is run.
 *
 * Everything is in rs_state_dir(), which only the user can read, under the task's id:
 *
 *	ID.db (and SQLite's -wal, -shm)   this module
 *	ID.lock                           locked while a process runs the task; holds its pid
 *	ID.sock                           control.h
 *	ID.relay/                         source/relay.h
 *	ID.large/                         sink/kafka_large.c; the user's, and never removed
 *	ID.reset                          there while the destination forgets the task, and its file still has it
 *
 * The engine's coordinator calls lock and unlock, its housekeeper open, save (once a second, or less often where that takes long,
 * and at every change of state) and close. */
#ifndef RS_STATE_H
#define RS_STATE_H

#include "base/buf.h"
#include "engine/engine.h"

/* rs_paths_state(), made with mode 0700 where it is missing. A malloc'ed path, or NULL with RS_E_STATE. */
char *rs_state_dir(struct rs_err *err);
/* The path of one of the task's files there; suffix: "db", "lock", "sock", "relay", "reset". malloc'ed. The task has an id. */
char *rs_state_path(const struct rs_task *task, const char *suffix);

/* ------------------------------------------------------------------ the lock */

struct rs_task_lock {
	int fd; /* -1: not held */
};

#define RS_TASK_LOCK_INIT {-1}

/* Takes the task for this process until rs_task_unlock or its death. RS_E_TASK_RUNNING: another process has it (the
 * hint has its pid). RS_E_TASK_COPIED: the task's id belongs to another file, which still exists and still bears it; a
 * file that was only moved or renamed is no copy. RS_E_TASK_INVALID: the task has no id. */
enum rs_rc rs_task_lock(struct rs_task_lock *l, const struct rs_task *task, struct rs_err *err) RS_MUST_CHECK;
void rs_task_unlock(struct rs_task_lock *l);
/* Whether some process holds the lock, without taking it; *pid (may be NULL) is that process, 0 where none is known. */
bool rs_task_is_locked(const struct rs_task *task, long *pid);
/* Whether a process of this host has ever held it. */
bool rs_task_was_locked(const struct rs_task *task);
/* The check for copies alone, for commands that don't lock. */
enum rs_rc rs_task_check_copied(const struct rs_task *task, struct rs_err *err) RS_MUST_CHECK;

/* ------------------------------------------------------------------ the file, its writer */

struct rs_state_file;

/* The caller holds the task's lock, and is the only thread that uses the result. Never NULL, never fails: where the file
 * can't be used that is logged once, and the calls below do nothing. */
struct rs_state_file *rs_state_open(const struct rs_task *task);
/* Stores the snapshot as the newest; what changed since the one before (state, phases, new problems) goes to the
 * history. Of the tables those pieces are written that the one before does not share. Where nothing was done since, what
 * moves by itself (the lag, the positions) is stored every ten seconds, and nothing at all where that is the same, too.
 * Milliseconds for each thousand tables that changed; waits at most 100 ms for a reader. */
void rs_state_save(struct rs_state_file *f, const struct rs_progress *p);
/* Another line for the history, in English: "DDL ALTER TABLE …, 0.2 s". kind is one word: "ddl". */
void rs_state_note(struct rs_state_file *f, const char *kind, const char *fmt, ...) RS_PRINTF(3, 4);
void rs_state_close(struct rs_state_file *f);

/* Notes a state of a task that no engine runs (precheck failed, passed). Does nothing where a process runs it, or where
 * it was started before. */
void rs_state_record(const struct rs_task *task, enum rs_state state);
/* Removes everything this host remembers of the task; for a task that is being deleted. Nothing where a process runs it. */
void rs_state_forget(const struct rs_task *task);
/* The same by whoever holds its lock, and lets go of it afterwards. */
void rs_state_forget_locked(const struct rs_task *task);

/* From now on the task is not run any more, whatever becomes of this process: its destination is going to forget it. */
enum rs_rc rs_state_reset_begins(const struct rs_task *task, struct rs_err *err) RS_MUST_CHECK;
/* RS_E_STATE where that was begun and did not come to its end. */
enum rs_rc rs_state_check_reset(const struct rs_task *task, struct rs_err *err) RS_MUST_CHECK;

/* ------------------------------------------------------------------ the file, its readers */

/* What was saved last. */
struct rs_state_stored {
	enum rs_state state;
	rs_usec saved;                      /* wall clock */
	long pid;                           /* of the process that saved it */
	const struct rs_progress *progress; /* a reference */
};

/* False where nothing can be read: never saved, lost, damaged, of another version. Waits at most 100 ms for a writer. */
bool rs_state_read(const struct rs_task *task, struct rs_state_stored *out);

/* The newest items, oldest first, at most max; *items is malloc'ed and the caller's. Returns how many; 0 also where
 * nothing can be read. */
size_t rs_state_history(const struct rs_task *task, size_t max, struct rs_history_item **items);

#endif
