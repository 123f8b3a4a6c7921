/* Checks of a destination of Greenplum's family, among those of PostgreSQL's (pg_checks.c). Private to check/. */
#ifndef RS_GP_CHECKS_H
#define RS_GP_CHECKS_H

#include "check/check.h"

/* Of an open destination of that family in which tables are made. */
bool rs_gp_check_applies(const struct rs_check_ctx *ctx);
enum rs_rc rs_gp_check_fields(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);
enum rs_rc rs_gp_check_unique(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);

#endif
