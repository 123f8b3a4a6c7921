/* Words of PostgreSQL's: identifiers, literals, and the statements that make what a table of MySQL's becomes there
 * (codec/pg_value.h has its types). Plain functions. */
#ifndef RS_PG_DDL_H
#define RS_PG_DDL_H

#include "base/buf.h"
#include "base/err.h"
#include "model/schema.h"
#include "model/value.h"

/* "name", with quotation marks doubled: it is kept as it is, whatever its case. */
void rs_pg_put_ident(struct rs_buf *out, const char *name);
/* "schema"."name" */
void rs_pg_put_table(struct rs_buf *out, const char *schema, const char *name);
/* 'text', under standard_conforming_strings; NULL for none. */
void rs_pg_put_text(struct rs_buf *out, const char *text);
/* A value as rs_pg_convert gives it. */
void rs_pg_put_value(struct rs_buf *out, const struct rs_value *v);

/* Appends the statements that make a table, which is as the source has it under its names at the destination, ended by
 * semicolons: columns, keys, indexes. placement stands behind the columns (gp_ddl.h), "" elsewhere. Generated columns are left out, and so are indexes that no server of this family
 * has or would take (of texts of any length). RS_E_NOT_SUPPORTED names a column whose type has no place there, or a
 * name that is too long. */
enum rs_rc rs_pg_put_create(struct rs_buf *out, const struct rs_table *t, const char *placement, struct rs_err *err) RS_MUST_CHECK;

#endif
