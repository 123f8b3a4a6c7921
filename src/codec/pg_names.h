/* Statements of PostgreSQL's with other names: what the server shows of its own objects while search_path is empty, so that each name
 * of the users' has its schema before it. Plain functions. */
#ifndef RS_PG_NAMES_H
#define RS_PG_NAMES_H

#include "base/buf.h"
#include "codec/ddl.h"

/* Appends the text with the map's names: of schema.name, schema.table.column, and of 'schema.name'::regclass. Columns that stand alone
 * are those of the table (NULL: none are). A routine's body that is a string stays as it is. */
void rs_pg_put_renamed(struct rs_buf *out, const char *sql, const struct rs_ddl_map *map, const char *db, const char *table);

/* Appends the statement after which a sequence gives out no number up to the last that another one gave out; it never goes back. */
void rs_pg_put_advance(struct rs_buf *out, const char *db, const char *name, long long last);

#endif
