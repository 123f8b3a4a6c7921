/* As my_login.h, for a server of the PostgreSQL family: from what a task says of it to an open connection. */
#ifndef RS_PG_LOGIN_H
#define RS_PG_LOGIN_H

#include "db/pg_conn.h"
#include "model/endpoint.h"

/* Blocks as rs_endpoint_login and rs_pg_open do together; their errors. *pg is RS_PG_INIT or closed. answer_timeout: as in
 * rs_pg_params. */
enum rs_rc rs_pg_open_endpoint(struct rs_pg *pg, const struct rs_endpoint *endpoint, unsigned answer_timeout,
                               struct rs_err *err) RS_MUST_CHECK;
/* The same of a session that writes, and has no limit of time. */
enum rs_rc rs_pg_open_writing(struct rs_pg *pg, const struct rs_endpoint *endpoint, struct rs_err *err) RS_MUST_CHECK;

#endif
