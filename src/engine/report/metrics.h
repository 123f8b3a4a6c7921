/* A running task's numbers for Prometheus: as text, in the format of its exposition (version 0.0.4), in a file for
 * node_exporter's textfile collector (sync.metrics_file), and over HTTP (sync.metrics_listen). Only what a snapshot tells:
 * no secret, no name of an object but the task's, and as many lines for ten thousand tables as for one. What was not
 * measured is left out.
 *
 * The housekeeper's thread makes, feeds and ends it; requests are answered in a thread of the HTTP library's, which calls
 * nothing but `progress`. */
#ifndef RS_METRICS_H
#define RS_METRICS_H

#include "base/buf.h"
#include "engine/engine.h"

/* Appends the text. */
void rs_metrics_text(struct rs_buf *out, const struct rs_task *task, const struct rs_progress *p);

struct rs_metrics;

/* progress: a new reference, never NULL; may be called from any thread until close. NULL where the task asks for no
 * metrics. What can't be had (a port that is taken) is logged and goes to problem(arg, …), and the rest is done. */
struct rs_metrics *rs_metrics_open(const struct rs_task *task, const struct rs_progress *(*progress)(void *arg),
                                   void (*problem)(void *arg, const struct rs_err *err), void *arg);
/* Writes the file where it is time to: every few seconds, and when the state has changed. NULL is fine. */
void rs_metrics_tick(struct rs_metrics *m, const struct rs_progress *p);
/* The last word stays in the file. NULL is fine. */
void rs_metrics_close(struct rs_metrics *m);

#endif
