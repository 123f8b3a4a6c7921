/* Numbers over time, for graphs: one a second, the last ten minutes as they were, two hours and two days ever coarser. One owner, no
 * locking. */
#ifndef RS_TRACE_H
#define RS_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"

struct rs_trace;

/* highest: of several values that become one the highest is kept, not the mean. */
struct rs_trace *rs_trace_new(bool highest);
void rs_trace_free(struct rs_trace *t);
/* One a second; NaN: nothing was measured. */
void rs_trace_add(struct rs_trace *t, double value);
/* So many seconds, up to `ago` seconds ago, in n columns, the newest last; NaN where nothing was measured. */
void rs_trace_get(const struct rs_trace *t, size_t ago, size_t seconds, double *columns, size_t n);
/* The newest n of those that are known as they were, or fewer, oldest first; returns how many. */
size_t rs_trace_newest(const struct rs_trace *t, double *values, size_t n);
/* Appends all that it knows, to thousandths, as one line of ASCII; and back: NULL where that can't be read. */
void rs_trace_put(const struct rs_trace *t, struct rs_buf *out);
struct rs_trace *rs_trace_read(bool highest, const char *text);

#endif
