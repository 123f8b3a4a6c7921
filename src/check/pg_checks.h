/* The checks of MySQL → PostgreSQL, and those of a PostgreSQL destination, whatever the source. */
#ifndef RS_PG_CHECKS_H
#define RS_PG_CHECKS_H

#include "check/check.h"

extern const struct rs_check rs_pg_checks[];

/* Whether a side is connected, and to what; why: what went wrong. */
enum rs_rc rs_pg_check_open(const struct rs_pg *pg, const struct rs_err *why, struct rs_finding *f);
enum rs_rc rs_pg_check_conn_dest(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);
enum rs_rc rs_pg_check_version(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);
enum rs_rc rs_pg_check_writable(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);
enum rs_rc rs_pg_check_same_obj(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);
bool rs_pg_applies_same_obj(const struct rs_check_ctx *ctx);

/* Their rows. */
#define RS_PG_ROW_CONN_DEST {"CHECK_CONN_DEST", N_("Connection to the destination"), 0, false, NULL, rs_pg_check_conn_dest, NULL}
#define RS_PG_ROW_SAME_OBJ \
	{"CHECK_PG_SAME_OBJ", N_("Tables of the same names"), RS_NEEDS_DEST | RS_NEEDS_CATALOG, false, rs_pg_applies_same_obj, \
	 rs_pg_check_same_obj, NULL}
#define RS_PG_ROWS_DEST \
	{"CHECK_PG_VERSION", N_("Version of PostgreSQL"), RS_NEEDS_DEST, false, NULL, rs_pg_check_version, NULL}, \
	{"CHECK_PG_WRITABLE", N_("The destination's database"), RS_NEEDS_DEST, false, NULL, rs_pg_check_writable, NULL}

#endif
