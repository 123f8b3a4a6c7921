/* Canonical values as SQL literals of the MySQL family, for sessions with "names binary" (RS_MY_READ, RS_MY_WRITE): a
 * literal says its own character set, so that nothing is converted on the way and comparisons use the column's
 * collation. Pure functions on text. */
#ifndef RS_SQL_LITERAL_H
#define RS_SQL_LITERAL_H

#include "base/buf.h"
#include "model/schema.h"
#include "model/value.h"

/* Appends value, which belongs to column, as a literal: 42, 0.1e0, _utf8mb4'…', _binary'…', NULL. RS_ABSENT is
 * DEFAULT. RS_FAIL only where the buffer is full. */
enum rs_rc rs_sql_literal(struct rs_buf *out, const struct rs_column *column, const struct rs_value *value);

/* Appends bytes with backslash escapes, without quotes: the same in a literal and (with tab and newline escaped too) in
 * the lines of LOAD DATA. */
enum rs_rc rs_sql_escape(struct rs_buf *out, const char *bytes, size_t len);

/* The name by which every version knows a character set in an introducer or CONVERT. */
const char *rs_sql_charset(const char *charset);

/* Appends the number that a BIT value's bytes mean. */
enum rs_rc rs_sql_bit(struct rs_buf *out, const struct rs_value *value);

#endif
