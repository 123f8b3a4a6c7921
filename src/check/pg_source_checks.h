/* The checks of a PostgreSQL source, by theme; their table is in pg_source_checks.c. Each is an rs_check's run or applies. They look
 * at the server's own catalogue alone, for all tables at once, and pick those that are selected. */
#ifndef RS_PG_SOURCE_CHECKS_H
#define RS_PG_SOURCE_CHECKS_H

#include "check/check.h"

/* For flows that can't be started by this version: the first says so. */
extern const struct rs_check rs_pg_source_checks[];
/* Of PostgreSQL → PostgreSQL. */
extern const struct rs_check rs_pg_pg_checks[];

#define RS_PG_SOURCE_CHECK(name) enum rs_rc name(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)

/* pg_source_check_account.c */
RS_PG_SOURCE_CHECK(rs_pg_source_check_conn);
RS_PG_SOURCE_CHECK(rs_pg_source_check_version);
RS_PG_SOURCE_CHECK(rs_pg_source_check_account);
RS_PG_SOURCE_CHECK(rs_pg_source_check_region);
/* pg_source_check_log.c */
RS_PG_SOURCE_CHECK(rs_pg_source_check_primary);
RS_PG_SOURCE_CHECK(rs_pg_source_check_wal_level);
RS_PG_SOURCE_CHECK(rs_pg_source_check_slots);
RS_PG_SOURCE_CHECK(rs_pg_source_check_senders);
RS_PG_SOURCE_CHECK(rs_pg_source_check_retention);
RS_PG_SOURCE_CHECK(rs_pg_source_check_failover);
RS_PG_SOURCE_CHECK(rs_pg_source_check_prepared);
/* pg_source_check_objects.c */
RS_PG_SOURCE_CHECK(rs_pg_source_check_identity);
RS_PG_SOURCE_CHECK(rs_pg_source_check_inherited);
RS_PG_SOURCE_CHECK(rs_pg_source_check_types);
RS_PG_SOURCE_CHECK(rs_pg_source_check_left_out);

bool rs_pg_source_applies_incremental(const struct rs_check_ctx *ctx);
bool rs_pg_source_applies_new_incremental(const struct rs_check_ctx *ctx);
bool rs_pg_source_applies_region(const struct rs_check_ctx *ctx);
bool rs_pg_source_applies_types(const struct rs_check_ctx *ctx);

/* What queries of all tables of the database begin with: the server's own schemas hold none of them. n: pg_namespace. */
#define RS_PG_USERS_OWN " n.nspname OPERATOR(pg_catalog.!~) '^pg_' AND n.nspname <> 'information_schema' "

#endif
