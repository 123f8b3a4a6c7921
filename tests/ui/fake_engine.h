/* An engine that says what a test tells it to say, linked in place of the real one: jobs are done as soon as they are
 * started, no thread and no server is needed. One at a time; the UI's thread only. */
#ifndef RS_FAKE_ENGINE_H
#define RS_FAKE_ENGINE_H

#include "engine/report/progress.h"

/* What rs_task_status_read tells of a task; the snapshot is given away. live: another process runs it. */
void fake_status(const char *name, enum rs_state state, bool live, struct rs_progress *p);
/* What an engine that is started shows; given away. NULL: a fresh one that initializes. */
void fake_engine_progress(struct rs_progress *p);
/* Engines that are told to end do not. */
void fake_engine_stays(void);
/* The newest engine ends while somebody's answer about an event is stored, or tables are suspended or copied anew. */
void fake_engine_ends_with_answer(void);
/* The newest engine ends now. */
void fake_engine_ends(void);
/* The last command that was given to an engine or another process, as its word ("resync force shop.orders "); "" for none. */
const char *fake_commanded(void);
/* What was last decided about the event binlog.000001:4711/3: "edit UPDATE …"; "" for nothing. */
const char *fake_answered(void);
/* Why the process that runs a task does not take up what was written; NULL: it does. Borrowed. */
/* The next change of single tables is refused. */
void fake_tables_refused(void);
void fake_reload_refused(const char *why);
/* What can't be removed when a task is reset; NULL: all can. Borrowed. */
void fake_left_behind(const char *what);
/* How many engines there are now. */
int fake_engines(void);

/* What a test of a connection finds; error: primary text of a failure, NULL: it succeeds. never: it is not done before
 * fake_probe_end(). */
void fake_probe(const char *summary, const char *error, bool never);
void fake_probe_end(void);
/* What it finds from now on is not what the task needs. */
void fake_probe_unfit(void);
/* The topics that a Kafka cluster has, the first of which is its own; 0: it can't be asked. never: they don't come before
 * fake_topics_end(). */
void fake_topics(size_t count, bool never);
void fake_topics_end(void);

/* What is found in the source: "db.table rows bytes key", blank separated fields, one a line (key: "key", "none", "bad", or what it is,
 * "view", "procedure", …, in place of a table); "db" alone an empty database.
 * done: nothing more comes. error: fetching fails. */
void fake_catalog(const char *text, bool done, const char *error);

/* What the precheck finds; findings are borrowed. done: it has ended. */
void fake_findings(const struct rs_finding *findings, size_t count, bool done);

/* What a comparison shows; borrowed. */
void fake_verify(const struct rs_verify_result *result);

/* What the last comparison was asked: mode, percent, tables ("-": all), rows and bytes a second, seconds. */
const char *fake_compared(void);
/* The ranges that were repaired: "shop.orders(after,upto) "; those of tables called orders fail. */
const char *fake_repaired(void);

/* What a task's log says from now on: lines, each ended by a newline; borrowed. */
void fake_log(const char *text);
/* What this host remembers of a task; borrowed, count 0: nothing. */
void fake_history(const struct rs_history_item *items, size_t count);
/* How the processes that run tasks went so far: so many seconds with so many rows a second and a lag of 3 s; 0: they don't tell. */
void fake_past(size_t seconds, double rows);
/* What both servers say when they are asked why it is slow; borrowed, NULL: nothing yet. */
void fake_why(const struct rs_why_result *result);
/* Where diagnostics were written last; "" nowhere. */
const char *fake_diagnosed(void);

/* A repair does not end before it is given up. */
void fake_repair_stays(void);

/* Why a task does not begin anew, unless it is forced. */
void fake_anchor_refused(enum rs_errc code);
/* One of its tables is suspended, and the log of that is lost as well. */
void fake_anchor_suspended(void);
/* It takes until it is told to go on. */
void fake_anchor_waits(bool waits);

/* Forgets all that was told. */
void fake_reset(void);

#endif
