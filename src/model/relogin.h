/* What the endpoints of a running task log in with by now, shared by all copies of one. Private to endpoint.c. */
#ifndef RS_RELOGIN_H
#define RS_RELOGIN_H

#include "model/endpoint.h"

/* NULL stays NULL. */
struct rs_relogin *rs_relogin_ref(struct rs_relogin *r);
void rs_relogin_unref(struct rs_relogin *r);
/* A copy that logs in as e does now, and is told nothing any more. now is empty. */
void rs_relogin_get(const struct rs_endpoint *e, struct rs_endpoint *now);

#endif
