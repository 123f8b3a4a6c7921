/* Numbers over time, for graphs: one a second, the last ten minutes as they were, two hours and two days ever coarser. Pure. */
#ifndef RS_TRACE_H
#define RS_TRACE_H

#include <stdbool.h>
#include <stddef.h>

struct rs_trace;

/* highest: of several values that become one the highest is kept, not the mean. */
struct rs_trace *rs_trace_new(bool highest);
void rs_trace_free(struct rs_trace *t);
/* One a second; NaN: nothing was measured. */
void rs_trace_add(struct rs_trace *t, double value);
/* So many seconds, up to `ago` seconds ago, in n columns, the newest last; NaN where nothing was measured. */
void rs_trace_get(const struct rs_trace *t, size_t ago, size_t seconds, double *columns, size_t n);

#endif
