/* The canonical value: what one column of one row holds, the same whether it was copied by SELECT, decoded from the
 * binary log or read for verification, so that a type is handled in one place and can't differ between the phases.
 *
 * A value is bytes; the column's type says how to read them:
 *
 *   integers, YEAR            decimal digits, "-" before; YEAR has four digits
 *   DECIMAL                   digits with exactly the column's scale, "-0.50"
 *   FLOAT, DOUBLE             the shortest decimal text that reads back as the same double (a FLOAT widened to double
 *                             first: 0.1 is "0.10000000149011612"); compare as numbers, not as text
 *   BIT                       big-endian bytes, (n+7)/8 of them
 *   DATE TIME DATETIME        the server's own text: "2026-11-22", "-838:59:59.000001", "2026-11-22 08:00:00.120"; always
 *   TIMESTAMP                 all of the column's fraction digits; zero and partial dates as stored; TIMESTAMP in UTC
 *   CHAR … LONGTEXT           bytes in the column's own character set, unchanged
 *   BINARY … LONGBLOB         bytes; BINARY padded with zeros to its length
 *   ENUM, SET                 the number: 1-based index (0 is the error value ''), bit mask
 *   JSON                      UTF-8 text as the server prints it
 *   GEOMETRY                  SRID (4 bytes, little endian) and WKB
 *   VECTOR                    32-bit floats, little endian
 *   UUID INET4 INET6          the server's own text
 *   NATIVE                    the same, in UTF-8, under the settings of our sessions (db/pg_conn.h)
 *
 * Values don't own their bytes: an arena, a result row or an event does, named by whoever hands them out. */
#ifndef RS_VALUE_H
#define RS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rs_presence {
	RS_ABSENT = 0, /* not in the row image: unknown, must not be touched */
	RS_NULL,
	RS_PRESENT
};

struct rs_value {
	const char *bytes; /* not NUL-terminated; may be NULL where len is 0 */
	uint32_t len;
	uint8_t presence;  /* enum rs_presence */
	uint8_t partial;   /* 1: JSON given as the list of changes to the before image (MySQL's PARTIAL_JSON), not as a
	                      whole; only inside the decoder, resolved before it hands the row out */
};

static inline struct rs_value rs_value_null(void) { return (struct rs_value){NULL, 0, RS_NULL, 0}; }
static inline struct rs_value rs_value_of(const char *bytes, size_t len)
{
	return (struct rs_value){bytes, (uint32_t)len, RS_PRESENT, 0};
}

/* Same presence and same bytes. */
bool rs_value_identical(const struct rs_value *a, const struct rs_value *b);

#endif
