#include "check/pg_source_checks.h"

#include "base/i18n.h"
#include "check/my_checks.h"
#include "check/pg_checks.h"

enum { SRC = RS_NEEDS_SOURCE, CAT = RS_NEEDS_CATALOG };

/* What two tables have in common. */
#define ROW_CONN_SRC \
	{"CHECK_CONN_SRC", N_("Connection to the source"), 0, false, NULL, rs_pg_source_check_conn, NULL}
#define ROW_REGION \
	{"CHECK_SAME_REGION", N_("Region of both instances"), 0, false, rs_pg_source_applies_region, rs_pg_source_check_region, NULL}
#define ROW_TYPES \
	{"CHECK_PG_SOURCE_TYPES", N_("Types that the destination lacks"), SRC, false, rs_pg_source_applies_types, rs_pg_source_check_types, NULL}
#define ROWS_SERVER \
	{"CHECK_PG_SOURCE_VERSION", N_("Version of the source"), SRC, false, NULL, rs_pg_source_check_version, NULL}, \
	{"CHECK_AUTH_SRC", N_("Privileges at the source"), SRC, false, NULL, rs_pg_source_check_account, NULL}, \
	{"CHECK_PG_WAL_LEVEL", N_("Level of the source's log"), SRC, false, rs_pg_source_applies_incremental, rs_pg_source_check_wal_level, NULL}, \
	{"CHECK_PG_PRIMARY", N_("The source is no standby"), SRC, false, rs_pg_source_applies_incremental, rs_pg_source_check_primary, NULL}, \
	{"CHECK_PG_SLOTS", N_("Replication slots"), SRC | CAT, false, rs_pg_source_applies_incremental, rs_pg_source_check_slots, NULL}, \
	{"CHECK_PG_SENDERS", N_("Sessions that read the log"), SRC, false, rs_pg_source_applies_incremental, rs_pg_source_check_senders, NULL}
#define ROWS_OBJECTS \
	{"CHECK_OBJECTS", N_("Selected objects"), CAT, false, NULL, rs_my_check_objects, NULL}, \
	{"CHECK_PG_IDENTITY", N_("Identity of rows in the log"), SRC, false, rs_pg_source_applies_incremental, rs_pg_source_check_identity, NULL}, \
	{"CHECK_PG_INHERITED", N_("Tables that others inherit from"), SRC, false, rs_pg_source_applies_types, rs_pg_source_check_inherited, NULL}
#define ROWS_REST \
	{"CHECK_PG_LEFT_OUT", N_("Objects that are left out"), CAT, true, NULL, rs_pg_source_check_left_out, \
	 N_("The objects named are not at the destination.")}, \
	{"CHECK_PG_PREPARED", N_("Prepared transactions"), SRC, false, rs_pg_source_applies_new_incremental, rs_pg_source_check_prepared, NULL}, \
	{"CHECK_PG_RETENTION", N_("How long the log is kept"), SRC, true, rs_pg_source_applies_incremental, rs_pg_source_check_retention, \
	 N_("A task that stands still for longer than that must begin anew.")}, \
	{"CHECK_PG_FAILOVER", N_("Slots behind a switch-over"), SRC, true, rs_pg_source_applies_incremental, rs_pg_source_check_failover, \
	 N_("After a switch-over the task must begin anew.")}

const struct rs_check rs_pg_source_checks[] = {
	{"CHECK_FLOW", N_("Precheck of this kind of task"), 0, false, NULL, rs_check_flow_runs, NULL},
	ROW_CONN_SRC,
	RS_PG_ROW_CONN_DEST,
	ROW_REGION,
	ROWS_SERVER,
	ROWS_OBJECTS,
	ROW_TYPES,
	ROWS_REST,
	{.code = NULL},
};

const struct rs_check rs_pg_pg_checks[] = {
	ROW_CONN_SRC,
	RS_PG_ROW_CONN_DEST,
	ROW_REGION,
	ROWS_SERVER,
	ROWS_OBJECTS,
	RS_PG_ROW_SAME_OBJ,
	RS_PG_ROWS_DEST,
	RS_PG_ROWS_TABLES,
	ROW_TYPES,
	ROWS_REST,
	{.code = NULL},
};
