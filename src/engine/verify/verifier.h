/* Comparison beside following: a thread of a running task that looks at both sides again and again, without locks and
 * within a share of each server's time ([verify] in the task file).
 *
 * *Passes* go over all tables, range by range: where the two servers' digests differ the rows are read, and those that
 * differ are suspects. *Changed rows* are noted by the stream (lookout.h). Both are judged in the same way (judge.c), by
 * places in the log and not by time: the source's row is read, then the end of its log; once the destination has come
 * there its row is read, then the source's once more, and the log's end again. Where the two sides differ, the source's
 * row stayed the same and the stream, having come to that end, has brought no change of it, they do differ. A row that
 * was changed meanwhile is put off. A table without a key, or whose ranges the two servers would cut differently, is
 * judged as one, by a digest of its rows, which both servers make where its types allow it. That takes a moment without
 * changes of it; a table that never has one is told, as is every other that is left out.
 *
 * Places hold however far the task lags, and what is judged then only waits for longer. But a task that has just fallen
 * behind has all of its servers' time for a while, and one that stays behind has most of it.
 *
 * What was found is kept, looked at again now and then and whenever its table was repaired, and told in the snapshots,
 * which the local state keeps: from there a new process goes on.
 *
 * init, release: before and after all threads. The rest: any thread. */
#ifndef RS_VERIFIER_H
#define RS_VERIFIER_H

#include "base/thread.h"
#include "engine/engine.h"
#include "engine/verify/lookout.h"

struct rs_known;

struct rs_verifier {
	struct rs_lookout lookout;
	struct rs_cancel cancel;            /* set when the engine ends */
	struct rs_thread thread;            /* started when something is wanted for the first time */
	struct rs_monitor monitor;          /* guards the rest */
	bool started, ending;
	bool busy;                          /* a step is being made */
	bool halted;                        /* no other one is to be */
	struct rs_task_verify wanted;
	struct rs_verify_progress shown;    /* without differences */
	struct rs_known *known;             /* differences; changed by the verifier's thread alone */
	size_t n_known, cap_known;
	char **mended;                      /* tables that were repaired since it looked: "db\ntable" */
	size_t n_mended, cap_mended;
};

void rs_verifier_init(struct rs_verifier *v);
/* Ends the thread, whose calls to servers must have been cancelled, and waits for it. */
void rs_verifier_release(struct rs_verifier *v);
/* What an earlier process had come to; before the first set. */
void rs_verifier_recall(struct rs_engine *e, const struct rs_verify_progress *stored);
/* What is wanted from now on. */
void rs_verifier_set(struct rs_engine *e, const struct rs_task_verify *wanted);
/* Ends it and waits until nothing is asked of the servers any more: before what is ours there goes. The coordinator, while
 * nothing is followed. */
void rs_verifier_halt(struct rs_verifier *v);
/* Nothing of ours goes after all. */
void rs_verifier_go_on(struct rs_verifier *v);
/* Adds what is known to a snapshot; how many rows of a table differ, and why it is left out, is among its numbers. */
void rs_verifier_show(struct rs_verifier *v, struct rs_progress *p);
/* Rows of a table are about to be repaired, or were: what is known of it is looked at again. */
void rs_verifier_mended(struct rs_verifier *v, const char *db, const char *table);

#endif
