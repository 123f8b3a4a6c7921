/* What columns and values of MySQL's become in a server of the PostgreSQL family: the type, and the value as text, as COPY and
 * statements take it under the settings of our sessions (db/pg_conn.h).
 *
 *   TINYINT, SMALLINT, YEAR …          smallint, integer, bigint: the next that has room for it; BIGINT UNSIGNED numeric(20)
 *   DECIMAL, FLOAT, DOUBLE             numeric(p,s), real, double precision
 *   BIT(n)                             bit(n)
 *   DATE, TIME, DATETIME, TIMESTAMP    date, time(f), timestamp(f), timestamp(f) with time zone
 *   CHAR, VARCHAR, … LONGTEXT          character(n), character varying(n), text; in UTF-8
 *   BINARY … LONGBLOB                  bytea
 *   ENUM, SET                          character varying of their names, as long as the longest and at least 128
 *   JSON, UUID, INET4 and INET6        json, uuid, inet
 *   VECTOR                             real[]
 *   GEOMETRY                           none
 *
 * Some values have no place there: dates with a zero in them or days that no month has, times below zero or beyond a day, texts
 * with a NUL. What becomes of them is the user's choice (enum rs_unfit of task.h); whoever asks is told that it was made. Plain functions; a
 * converter has one owner. */
#ifndef RS_PG_VALUE_H
#define RS_PG_VALUE_H

#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"
#include "codec/charset.h"
#include "model/schema.h"
#include "model/task.h"
#include "model/value.h"

/* Appends the type. RS_E_NOT_SUPPORTED where there is none, named with its column. */
enum rs_rc rs_pg_type_of(const struct rs_column *c, struct rs_buf *out, struct rs_err *err) RS_MUST_CHECK;

struct rs_pg_converter {
	const struct rs_column *column; /* borrowed */
	enum rs_unfit unfit;
	struct rs_charset_reader reader;
	struct rs_buf text;
	uint64_t changed;               /* values that were not what they are at the source */
};

/* What the user's choice comes to for a column (an index of each table's): values of a unique key that are changed may become
 * equal, and their rows one. */
enum rs_unfit rs_pg_unfit_of(const struct rs_table *source, size_t i, const struct rs_table *dest, size_t j, enum rs_unfit chosen);
/* *v is zeroed. RS_E_NOT_SUPPORTED for a type, or a character set, that can't be converted. */
enum rs_rc rs_pg_converter_open(struct rs_pg_converter *v, const struct rs_column *c, enum rs_unfit unfit, struct rs_err *err) RS_MUST_CHECK;
void rs_pg_converter_close(struct rs_pg_converter *v);
/* *out: RS_NULL or RS_PRESENT, valid until the next call or as long as value is. value is PRESENT or NULL. RS_E_DEST_DATA where it
 * does not fit, RS_E_VALUE where it is no text in its character set. */
enum rs_rc rs_pg_convert(struct rs_pg_converter *v, const struct rs_value *value, struct rs_value *out, struct rs_err *err) RS_MUST_CHECK;

/* Appends a value in COPY's text format: "\N", or the bytes with what has a meaning there escaped. */
void rs_pg_copy_value(struct rs_buf *out, const struct rs_value *v);

#endif
