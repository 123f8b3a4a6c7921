/* What becomes of a table of PostgreSQL's when another server's of that kind was changed: statements found by comparing the table
 * before and after it, where the log has no statement. A column is the same one as long as its number is (rs_column), where it has
 * none as long as its name is. Plain functions. */
#ifndef RS_PG_DIFFERENCE_H
#define RS_PG_DIFFERENCE_H

#include "base/buf.h"
#include "base/err.h"
#include "model/schema.h"
#include "model/value.h"

/* The index in `from` of the column that `column` was; -1: it is new. */
int rs_pg_column_origin(const struct rs_table *from, const struct rs_column *column);
/* Appends the statements, ended by semicolons. fill: what rows that are there have in a new column, of the table after; ABSENT: not
 * known. Where rows that are there would get values that are not known, or may be others than at the source, a statement stands in front
 * that fails unless the table is empty. Nullable is what is new: what is there tells of no constraint.
 * Errors: as of rs_pg_put_create. */
enum rs_rc rs_pg_put_difference(struct rs_buf *out, const struct rs_table *before, const struct rs_table *after,
                                struct rs_value (*fill)(void *ctx, const struct rs_column *column), void *ctx, struct rs_err *err) RS_MUST_CHECK;
/* Whether a value of one type becomes, by the server's own cast, what it nearly always becomes where the type of a column is changed: the
 * type has more room, or only other limits. */
bool rs_pg_is_widened(const char *from, const char *to);
/* Whether they only differ in limits, so that a table need not be rewritten. */
bool rs_pg_is_same_kind(const char *from, const char *to);

#endif
