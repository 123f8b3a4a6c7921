/* What a table becomes at a server of Greenplum's family (Greenplum, Cloudberry, AnalyticDB for PostgreSQL), which spreads its rows
 * over segments by a hash of its *distribution key*, or keeps all of them on each of them. By its manual ("CREATE TABLE", Notes) each
 * unique key must have all columns of the distribution key; a table that is spread at random has none, a replicated one may have any.
 * Plain functions. */
#ifndef RS_GP_DDL_H
#define RS_GP_DDL_H

#include "base/buf.h"
#include "base/err.h"
#include "model/schema.h"
#include "model/table_fields.h"

struct rs_gp_table {
	struct rs_table *made;   /* as it is made there: keys that can't be unique are plain indexes. The same keys in the same order, and
	                            behind them the primary key that is said, where that is another */
	struct rs_buf placement; /* what stands behind its columns: " DISTRIBUTED BY (\"id\")" */
	struct rs_buf types;     /* the source's, of the columns of its distribution key */
};
#define RS_GP_TABLE_INIT {NULL, RS_BUF_INIT, RS_BUF_INIT}

/* t as for rs_pg_put_create. said NULL: its distribution key is what its row key has in common with all its unique keys, else the
 * row key. What is said has the columns' names of t. *out must be initialized. RS_E_NOT_SUPPORTED names a column that is not there, or can't be one of the key. */
enum rs_rc rs_gp_place(const struct rs_table *t, const struct rs_table_fields *said, struct rs_gp_table *out, struct rs_err *err)
	RS_MUST_CHECK;
void rs_gp_table_release(struct rs_gp_table *t);
/* Whether rows stay where they are when a table changes so: they have the same distribution key, of columns of the same types. As long
 * as each change has, it is the one that the table was made with. */
bool rs_gp_keeps_place(const struct rs_gp_table *before, const struct rs_gp_table *after);

#endif
