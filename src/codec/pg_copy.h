/* Lines of COPY's text format, as a server of the PostgreSQL family sends them (its manual, "COPY", "File Formats"): values with
 * tabs between, "\N" for NULL, and a backslash before what has a meaning there. A plain function. */
#ifndef RS_PG_COPY_H
#define RS_PG_COPY_H

#include "base/err.h"
#include "model/value.h"

/* One line, with or without its end, into n values, which point into it: it is changed in place. RS_E_VALUE where it has more or
 * fewer. */
enum rs_rc rs_pg_copy_split(char *line, size_t len, struct rs_value *values, size_t n, struct rs_err *err) RS_MUST_CHECK;

#endif
