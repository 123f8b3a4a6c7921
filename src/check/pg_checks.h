/* The checks of MySQL → PostgreSQL, and those of a PostgreSQL destination, whatever the source. */
#ifndef RS_PG_CHECKS_H
#define RS_PG_CHECKS_H

#include "check/check.h"
#include "check/gp_checks.h"

extern const struct rs_check rs_pg_checks[];

/* Whether a side is connected, and to what; why: what went wrong. */
enum rs_rc rs_pg_check_open(const struct rs_pg *pg, const struct rs_err *why, struct rs_finding *f);
enum rs_rc rs_pg_check_conn_dest(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);
enum rs_rc rs_pg_check_version(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);
enum rs_rc rs_pg_check_writable(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);
enum rs_rc rs_pg_check_same_obj(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);
bool rs_pg_applies_same_obj(const struct rs_check_ctx *ctx);
enum rs_rc rs_pg_check_emptied(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);
bool rs_pg_applies_emptied(const struct rs_check_ctx *ctx);
enum rs_rc rs_pg_check_merge(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);
bool rs_pg_applies_merge(const struct rs_check_ctx *ctx);
enum rs_rc rs_pg_check_types(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);

/* Their rows. */
#define RS_PG_ROW_CONN_DEST {"CHECK_CONN_DEST", N_("Connection to the destination"), 0, false, NULL, rs_pg_check_conn_dest, NULL}
#define RS_PG_ROW_SAME_OBJ \
	{"CHECK_PG_SAME_OBJ", N_("Tables of the same names"), RS_NEEDS_DEST | RS_NEEDS_CATALOG, false, rs_pg_applies_same_obj, \
	 rs_pg_check_same_obj, NULL}, \
	{"CHECK_PG_EMPTIED", N_("Tables that are emptied"), RS_NEEDS_DEST | RS_NEEDS_CATALOG, true, rs_pg_applies_emptied, \
	 rs_pg_check_emptied, N_("The rows that the tables named have at the destination are lost.")}, \
	{"CHECK_MERGE_TABLES", N_("Tables that become one"), 0, false, rs_pg_applies_merge, rs_pg_check_merge, NULL}
#define RS_PG_ROWS_TABLES \
	{"CHECK_PG_TYPES", N_("Types and names at the destination"), RS_NEEDS_CATALOG, false, NULL, rs_pg_check_types, NULL}, \
	{"CHECK_GP_FIELDS", N_("Distribution keys"), RS_NEEDS_DEST | RS_NEEDS_CATALOG, false, rs_gp_check_applies, rs_gp_check_fields, NULL}, \
	{"CHECK_GP_UNIQUE", N_("Unique keys and the distribution key"), RS_NEEDS_DEST | RS_NEEDS_CATALOG, true, rs_gp_check_applies, \
	 rs_gp_check_unique, N_("The destination does not look for duplicate values of the keys named.")}
#define RS_PG_ROWS_DEST \
	{"CHECK_PG_VERSION", N_("Version of PostgreSQL"), RS_NEEDS_DEST, false, NULL, rs_pg_check_version, NULL}, \
	{"CHECK_PG_WRITABLE", N_("The destination's database"), RS_NEEDS_DEST, false, NULL, rs_pg_check_writable, NULL}

#endif
