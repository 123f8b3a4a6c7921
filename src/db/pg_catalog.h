/* What a database of a server of the PostgreSQL family holds, as the model's catalogue and tables: a schema stands where a server
 * of the MySQL family has a database. PostgreSQL 10 and later, which is what can be followed; one table also of Greenplum 6 and later, which is written to.
 *
 * Estimates are those of the last ANALYZE or VACUUM, so that nobody's lock is waited for. Only what the account may see is told.
 * An object that can't be synchronized says why (rs_object.unsupported). Partitions are told as their partitioned table. Each
 * call blocks its thread on the connection; rs_pg_cancel ends it. */
#ifndef RS_PG_CATALOG_H
#define RS_PG_CATALOG_H

#include "base/err.h"
#include "db/pg_conn.h"
#include "model/catalog.h"

/* Adds the schemas that are not the server's own, in their order, as RS_OBJECT_DATABASE. RS_E_NOT_SUPPORTED: an older server. */
enum rs_rc rs_pg_schemas_read(struct rs_pg *pg, struct rs_catalog *out, struct rs_err *err) RS_MUST_CHECK;
/* Adds what is in one schema, sorted; of tables rows, bytes, and one key without parts where rows can be found by one. A schema
 * that is not there holds nothing. */
enum rs_rc rs_pg_content_read(struct rs_pg *pg, const char *schema, struct rs_catalog *out, struct rs_err *err) RS_MUST_CHECK;
/* One table: a new reference, with its columns (of the type RS_T_NATIVE) and its primary and unique keys.
 * RS_E_SOURCE_TABLE_GONE or RS_E_DEST_TABLE_MISSING, as the connection's side is. */
enum rs_rc rs_pg_table_read(struct rs_pg *pg, const char *schema, const char *table, struct rs_table **out,
                            struct rs_err *err) RS_MUST_CHECK;

#endif
