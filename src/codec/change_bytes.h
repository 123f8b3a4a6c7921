/* Changed rows as bytes, to be kept somewhere until the source says whether they count: the body of a prepared XA
 * transaction. A body is a run of frames:
 *
 *   'T' u32 length, the table's schema as JSON       the next table's number, counted from 0
 *   'R' u32 length, u32 table, op, flags, rows       one item; its table came before
 *
 * Numbers are little-endian. Private to this program: the meta tables' version says which bytes these are. */
#ifndef RS_CHANGE_BYTES_H
#define RS_CHANGE_BYTES_H

#include <stddef.h>
#include "base/buf.h"
#include "base/err.h"
#include "model/change.h"

/* The tables of one body, by number; references. Starts zeroed. */
struct rs_body_tables {
	const struct rs_table **tables;
	size_t count, cap;
};
/* Forgets those from number `from` on. */
void rs_body_tables_cut(struct rs_body_tables *t, size_t from);
void rs_body_tables_release(struct rs_body_tables *t);

/* Appends an item of kind RS_CHANGE_ROWS, with its table where that is new. RS_E_MEMORY where it does not fit. */
enum rs_rc rs_change_write(struct rs_buf *out, struct rs_body_tables *tables, const struct rs_change *c,
                           struct rs_err *err);
/* The next item of a body of which len bytes are known; *used is what of them is done with. All of the item is its
 * own. RS_AGAIN: more bytes are needed (*used may have moved). RS_E_META_DAMAGED. */
enum rs_rc rs_change_read(const void *bytes, size_t len, size_t *used, struct rs_body_tables *tables,
                          struct rs_change **out, struct rs_err *err);

#endif
