/* The key of a row: as a bound (source.h), as a condition of SQL by which either side finds the row, and as a number by
 * which it is recognized in the stream and in what was read. Pure functions. */
#ifndef RS_ROW_KEY_H
#define RS_ROW_KEY_H

#include "base/buf.h"
#include "model/schema.h"
#include "source/source.h"

/* The key's values of a row: they point into it, in the key's order. values: room for key->n_parts. */
void rs_row_key_values(const struct rs_key *key, const struct rs_value *row, struct rs_value *values);
/* "(`a`=1 AND `b`=_binary X'00')": by the columns of t's key. Bytes are in hexadecimal, so that it is a C string. In the words of
 * the server that t was read from: "(\"a\"='1')" where its values are that server's own texts. */
void rs_row_key_condition(struct rs_buf *sql, const struct rs_table *t, const struct rs_key *key,
                          const struct rs_value *values);
/* Of a table by its names, and of a row of it: the same for the values of the log and those of either server. A table as a
 * whole has no values. */
uint64_t rs_row_key_table_hash(const char *db, const char *table);
uint64_t rs_row_key_hash(uint64_t table, const struct rs_value *values, size_t n);

#endif
