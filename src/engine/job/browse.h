/* What the object selector asks a source for, by protocol. A database is what holds tables: a schema of a server of the PostgreSQL
 * family. Each call blocks the job's thread, and ends when the job is stopped; conn is conn_size bytes, zeroed at first, where the
 * connection is kept. */
#ifndef RS_BROWSE_H
#define RS_BROWSE_H

#include "engine/job/job.h"
#include "model/catalog.h"

struct rs_browse_ops {
	size_t conn_size;
	/* In the job's slot 0. close is called whether it was opened or not. */
	enum rs_rc (*open)(void *conn, struct rs_job *job, const struct rs_endpoint *endpoint, struct rs_err *err);
	void (*close)(void *conn, struct rs_job *job);
	bool (*is_open)(const void *conn);
	/* In their order, as RS_OBJECT_DATABASE. */
	enum rs_rc (*databases)(void *conn, struct rs_catalog *out, struct rs_err *err);
	/* What is in one, sorted, without itself. */
	enum rs_rc (*content)(void *conn, const char *db, struct rs_catalog *out, struct rs_err *err);
	/* With its columns and keys; a new reference. */
	enum rs_rc (*table)(void *conn, const char *db, const char *table, struct rs_table **out, struct rs_err *err);
};

extern const struct rs_browse_ops rs_browse_mysql, rs_browse_postgresql;

#endif
