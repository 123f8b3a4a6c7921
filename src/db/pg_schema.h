/* How a database's objects are made: statements as the server shows them while search_path is empty, with each name's schema before it.
 * What an extension brought is left out: it comes with that. Calls block on the connection. */
#ifndef RS_PG_SCHEMA_H
#define RS_PG_SCHEMA_H

#include "base/err.h"
#include "db/pg_conn.h"
#include "model/catalog.h"

/* Adds to each table of the schema that the catalogue has what belongs to it (rs_part). */
enum rs_rc rs_pg_parts_read(struct rs_pg *pg, const char *schema, struct rs_catalog *c, struct rs_err *err) RS_MUST_CHECK;
/* Adds the sequences, types, views and functions of the schema, with the statements that make them. The sequences of identities have no statement: their tables make them. */
enum rs_rc rs_pg_objects_read(struct rs_pg *pg, const char *schema, struct rs_catalog *c, struct rs_err *err) RS_MUST_CHECK;
/* The statement that makes a type; malloc'ed, NULL: there is none of that name. */
enum rs_rc rs_pg_type_statement(struct rs_pg *pg, const char *schema, const char *name, char **out, struct rs_err *err) RS_MUST_CHECK;

#endif
