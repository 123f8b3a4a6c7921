/* From what a task says of a server to an open connection: the login is resolved (registry, option file, environment,
 * password command) and used at once, so that no password outlives the call except in the connection itself. */
#ifndef RS_MY_LOGIN_H
#define RS_MY_LOGIN_H

#include "db/my_conn.h"
#include "model/endpoint.h"

/* Blocks as rs_endpoint_login and rs_my_open do together; their errors. *my is RS_MY_INIT or closed. */
enum rs_rc rs_my_open_endpoint(struct rs_my *my, const struct rs_endpoint *endpoint, enum rs_my_session session,
                               struct rs_err *err) RS_MUST_CHECK;

#endif
