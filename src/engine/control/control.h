/* The Unix socket by which other processes of the same user talk to the one that runs a task (rs_task_command is the
 * other end). In the state directory, ID.sock, mode 0600; peers of another user are turned away. A path of any length
 * works.
 *
 * The protocol is lines of UTF-8. The client sends one of
 *
 *   pause, resume, stop, release    a command: answered when the snapshots show its effect, or that it won't come
 *   reload                          the task file is read again
 *   status                          a snapshot, as rs_progress_to_private_json writes it
 *   status SERIAL …                 the same without the tables of the pieces that the client has
 *   past                            numbers over time
 *   log NUMBER                      the lines of the process's log after that one
 *   table, repair, reanchor, …      a job (rs_control_job), and behind a blank what it is to do: answered when it is done
 *
 * The answer is one line of JSON: {"ok":true} and what there is to tell ("progress", "tables", "lines", …), or {"ok":false} and the
 * members of rs_err_to_json. A client may ask again on the same connection; one that hangs up is forgotten, its command not; its
 * job is ended where that leaves nothing half done. However long a command or a job takes, other clients are answered
 * meanwhile. */
#ifndef RS_CONTROL_H
#define RS_CONTROL_H

#include "engine/engine.h"
#include "engine/verify/repair.h"

/* Something that takes its time. All are called in the control's thread, and return at once. */
struct rs_control_job {
	const char *word;
	/* A ticket; 0 and err where it can't be. */
	uint64_t (*start)(void *arg, const char *text, struct rs_err *err);
	/* False: not done yet. Else what is to be told is in the object, or why it came to nothing in err; nobody looks again. */
	bool (*look)(void *arg, uint64_t ticket, json_t *told, struct rs_err *err);
	void (*forget)(void *arg, uint64_t ticket); /* nobody will look: it need not go on */
};

/* What it controls; called from the control's thread. */
struct rs_control_ops {
	void (*command)(void *arg, enum rs_command command);
	const struct rs_progress *(*progress)(void *arg); /* a new reference, never NULL */
	json_t *(*past)(void *arg); /* rs_past_to_json; a new reference */
	enum rs_rc (*reload)(void *arg, struct rs_err *err); /* reads the task file again; files only */
	const struct rs_control_job *const *jobs;            /* up to a NULL; NULL: none */
	void *arg;
};

extern const struct rs_control_job rs_repair_job; /* repairs.c */
extern const struct rs_control_job rs_tables_job; /* tables.c */
extern const struct rs_control_job rs_anchor_job; /* reanchor.c */

struct rs_control;

/* Listens, in a thread of its own. The caller holds the task's lock, so that a socket found there is a dead process's and is
 * replaced. RS_E_STATE; a caller can well go on without. */
struct rs_control *rs_control_open(const struct rs_task *task, const struct rs_control_ops *ops, struct rs_err *err);
/* Answers what can be answered by the last snapshot (which the caller has published), removes the socket, ends the thread.
 * NULL is fine. */
void rs_control_close(struct rs_control *c);
/* Whether tasks of more than one id have been run by this process, whose log has the lines of all. Any thread. */
bool rs_control_is_shared(void);

/* The word of a command on the wire and on the command line. */
const char *rs_command_word(enum rs_command command);

/* ------------------------------------------------------------------ for both ends, inside this library */

enum rs_control_end { RS_CONTROL_LISTEN, RS_CONTROL_CONNECT };
/* A socket bound to the task's address and listening (what was there before is removed), or connected to it; -1 and
 * errno. Close-on-exec; the listening one does not block. */
int rs_control_socket(const struct rs_task *task, enum rs_control_end end);
/* Sends one word to the running process and waits for its answer, a new reference; NULL with RS_E_STATE (not reached, or no
 * answer in time), or with what the answer says where it is not ok. Once cancel (NULL: none) is set it hangs up at once:
 * RS_E_CANCELLED. */
json_t *rs_control_ask(const struct rs_task *task, const char *word, rs_usec timeout, struct rs_cancel *cancel, struct rs_err *err);

#endif
