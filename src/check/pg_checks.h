/* The checks of MySQL → PostgreSQL. */
#ifndef RS_PG_CHECKS_H
#define RS_PG_CHECKS_H

#include "check/check.h"

extern const struct rs_check rs_pg_checks[];

/* Whether a side is connected, and to what; why: what went wrong. */
enum rs_rc rs_pg_check_open(const struct rs_pg *pg, const struct rs_err *why, struct rs_finding *f);
enum rs_rc rs_pg_check_conn_dest(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);

#endif
