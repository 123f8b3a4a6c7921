/* A snapshot as one line, for run's progress. */
#ifndef RS_LINE_H
#define RS_LINE_H

#include "base/buf.h"
#include "engine/engine.h"

/* Appends "Initializing  full 5.1M of ~12.4M rows (41 %), 84.1k rows/s, 12.3 MB/s". Translated; no newline. */
void rs_line_progress(struct rs_buf *out, const struct rs_progress *p);

#endif
