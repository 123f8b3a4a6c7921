/* COPY … TO STDOUT on a connection to a server of the PostgreSQL family: a result of any size, line by line. By the connection's
 * one thread; while it goes on the connection serves nothing else. */
#ifndef RS_PG_COPY_OUT_H
#define RS_PG_COPY_OUT_H

#include "db/pg_conn.h"

struct rs_pg_copy_out {
	struct rs_pg *pg;
	char *line;              /* libpq's; until the next call */
	bool open;
};

/* sql: the whole statement. *copy is zeroed. */
enum rs_rc rs_pg_copy_out_open(struct rs_pg_copy_out *copy, struct rs_pg *pg, const char *sql, struct rs_err *err) RS_MUST_CHECK;
/* The next line, with its end, which may be written to until the next call. RS_EOF: there are no more. */
enum rs_rc rs_pg_copy_out_next(struct rs_pg_copy_out *copy, char **line, size_t *len, struct rs_err *err) RS_MUST_CHECK;
/* Where lines are left the connection is closed: the server would send them all. */
void rs_pg_copy_out_close(struct rs_pg_copy_out *copy);

#endif
