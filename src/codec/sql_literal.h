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

/* Appends bytes with backslash escapes, without quotes, for a literal. RS_FAIL, and the buffer has failed, where it is
 * full. */
enum rs_rc rs_sql_escape(struct rs_buf *out, const char *bytes, size_t len);
/* The same for a line of LOAD DATA, with fields and lines ended by tab and newline. */
enum rs_rc rs_sql_escape_line(struct rs_buf *out, const char *bytes, size_t len);

/* The name by which every version knows a character set in an introducer or CONVERT. */
const char *rs_sql_charset(const char *charset);

/* Appends the number that a BIT value's bytes mean. */
enum rs_rc rs_sql_bit(struct rs_buf *out, const struct rs_value *value);

#endif
