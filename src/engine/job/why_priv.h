/* What the files share that ask servers why a task is slow. Called in the job's thread. Private to engine/job/why*. */
#ifndef RS_WHY_PRIV_H
#define RS_WHY_PRIV_H

#include "engine/engine.h"
#include "engine/job/job.h"

#define WHY_TRIPS 5
#define WHY_LOCK_COLUMNS 6

struct rs_why {
	struct rs_job job;
	bool started;
	struct rs_task *task;
	const struct rs_progress *progress; /* a reference */
	struct rs_why_result result; /* under the job's lock */
};

/* Not below 0; NULL is 0. */
unsigned long why_number(const char *text);
/* What a server says is data. */
void why_put(char *to, size_t size, const char *text);
/* Up to what may be a value. */
void why_put_statement(char *to, size_t size, const char *sql);
/* The thread of the task's that has this connection at that side; NULL. */
const struct rs_worker_seen *why_worker_at(const struct rs_why *w, enum rs_doing side, unsigned long connection);
/* "lane-1: Updating, 3 s; …": appends one, where there is a thread, and returns how much there is. */
size_t why_put_busy(char *out, size_t size, size_t used, const struct rs_worker_seen *seen, const char *state, const char *seconds);
/* Under the job's lock. row: waiting connection, holding one, seconds waited, seconds the holder's transaction lasts, table, index (NULL:
 * none). What ends the holder is the caller's to add. NULL: there is no room. */
struct rs_blocked *why_add_blocked(struct rs_why *w, const struct rs_worker_seen *seen, const char *const row[WHY_LOCK_COLUMNS]);
/* conn: as of rs_sink_owns. */
void why_look_whether_ours(struct rs_why *w, void *conn, struct rs_blocked *b);
/* The error is taken over. */
void why_tell_side(struct rs_why *w, struct rs_why_side *side, const struct rs_why_side *found, struct rs_err *err);
/* What can't be seen is told, with what it needs. */
void why_tell_hindrance(struct rs_why *w, const struct rs_err *why);

/* why_postgresql.c */
void why_look_at_postgresql(struct rs_why *w, size_t slot, const struct rs_endpoint *endpoint, enum rs_doing doing,
                            struct rs_why_side *side);

#endif
