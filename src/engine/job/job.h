/* What the small jobs (connection test, catalogue, precheck) have in common: a thread, a lock over what they show, a flag
 * to cancel them by, and the connections that cancelling must interrupt. */
#ifndef RS_JOB_H
#define RS_JOB_H

#include "base/thread.h"
#include "db/my_login.h"
#include "engine/engine.h"

#define RS_JOB_CONNECTIONS 2

/* A connection of whichever protocol: what stopping the job needs to know of it. */
struct rs_job_conn {
	void *conn;                  /* NULL: none */
	void (*cancel)(void *conn);  /* from any thread */
};

struct rs_job {
	struct rs_thread thread;
	struct rs_monitor monitor;   /* guards conns, and whatever its owner says */
	struct rs_cancel cancel;
	struct rs_wake wake;
	void (*run)(void *arg);      /* in its own thread */
	void *arg;
	struct rs_job_conn conns[RS_JOB_CONNECTIONS]; /* open or being opened */
};

/* Starts run(arg) in a thread of that name. False, and nothing to stop, where there can be no thread. */
bool rs_job_start(struct rs_job *j, const char *name, void (*run)(void *arg), void *arg, struct rs_wake wake)
	RS_MUST_CHECK;
/* Cancels it, waits for its end, and releases what start made. */
void rs_job_stop(struct rs_job *j);
static inline bool rs_job_cancelled(const struct rs_job *j) { return rs_cancel_is_set(&j->cancel); }
/* Tells the owner that there is something new; from the job's thread. */
void rs_job_wake(const struct rs_job *j);

/* In the job's thread: opens a connection that rs_job_stop cancels; slot below RS_JOB_CONNECTIONS. my stays at its place
 * until rs_job_close, which is called whether it was opened or not. It stays closed where the server is spoken to otherwise. */
enum rs_rc rs_job_open(struct rs_job *j, size_t slot, struct rs_my *my, const struct rs_endpoint *endpoint,
                       struct rs_err *err) RS_MUST_CHECK;
void rs_job_close(struct rs_job *j, size_t slot);
/* The two halves of it, for connections of other protocols. conn is closed, and stays at its place until it is forgotten; it is opened
 * in between. RS_CANCELLED: it must not be. */
enum rs_rc rs_job_note(struct rs_job *j, size_t slot, struct rs_job_conn conn, struct rs_err *err) RS_MUST_CHECK;
/* Before it is closed; returns it, NULL where there was none. */
void *rs_job_forget(struct rs_job *j, size_t slot);

#endif
