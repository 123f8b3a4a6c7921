/* The metrics of a task over HTTP: GET /metrics, for a few readers at a time, in a thread of libmicrohttpd's. Private to
 * metrics.c. */
#ifndef RS_METRICS_HTTP_H
#define RS_METRICS_HTTP_H

#include "engine/engine.h"

struct rs_metrics_http;

/* At task->metrics_listen, which the task's check has found good. task stays the caller's and is not changed until close;
 * progress is called in the thread that answers. RS_E_IO. Signals must be blocked in the calling thread. */
struct rs_metrics_http *rs_metrics_http_open(const struct rs_task *task, const struct rs_progress *(*progress)(void *arg),
                                             void *arg, struct rs_err *err);
/* NULL is fine. */
void rs_metrics_http_close(struct rs_metrics_http *h);

#endif
