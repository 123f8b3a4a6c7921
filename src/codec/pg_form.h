/* What a server of the PostgreSQL family makes of the texts that it is given: for comparing what was written to it, or what
 * another server of the family has, with what it shows. Plain functions. */
#ifndef RS_PG_FORM_H
#define RS_PG_FORM_H

#include "codec/pg_value.h"

/* Appends a present value, as rs_pg_convert gives it or a server shows it, in the one form of all texts that a column of that
 * type (as the server calls it: "numeric(10,2)") keeps as the same value: 1.5 and 1.50 are one there, but two in "numeric". */
void rs_pg_put_form(struct rs_buf *out, const char *native, const struct rs_value *v);
/* Whether the values of a key's column have one order at the source and at the destination, where its table was made for the
 * source's or has its type: not those of texts, whose collations are each server's own. */
bool rs_pg_orders_alike(const struct rs_column *source, const struct rs_column *dest);
/* Whether such a column's values are the same texts on both sides. */
bool rs_pg_bounds_alike(const struct rs_column *source);

#endif
