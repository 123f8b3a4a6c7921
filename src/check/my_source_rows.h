/* The records of the checks of a MySQL source, each once, for the tables of all flows that begin with one: what stands together
 * in each of these tables, in the published order, is one macro. */
#ifndef RS_MY_SOURCE_ROWS_H
#define RS_MY_SOURCE_ROWS_H

#include "base/i18n.h"
#include "check/my_checks.h"

/* The way to it, and what the account may. */
#define RS_MY_ROWS_ACCOUNT \
	{"CHECK_CONN_SRC", N_("Connection to the source"), 0, false, NULL, rs_my_check_conn_src, NULL}, \
	{"CHECK_AUTH_SRC", N_("Privileges at the source"), RS_NEEDS_SOURCE, false, NULL, rs_my_check_auth_src, \
	 N_("Tables without a key are copied while their rows may change: one that can't be copied so stops the task.")}

/* Its log, and what does not come into it. */
#define RS_MY_ROWS_BINLOG \
	{"CHECK_BINLOG_ON", N_("Binary log"), RS_NEEDS_SOURCE, false, rs_my_applies_incremental, rs_my_check_binlog_on, NULL}, \
	{"CHECK_BINLOG_MODE", N_("Format of the binary log"), RS_NEEDS_SOURCE, false, rs_my_applies_incremental, \
	 rs_my_check_binlog_mode, NULL}, \
	{"CHECK_BINLOG_ROW_IMAGE", N_("Row image in the binary log"), RS_NEEDS_SOURCE, false, rs_my_applies_incremental, \
	 rs_my_check_row_image, NULL}, \
	{"CHECK_SERVER_ID", N_("server_id of the source"), RS_NEEDS_SOURCE, true, rs_my_applies_incremental, \
	 rs_my_check_server_id, \
	 N_("The source may refuse to send its log, and the task fails as soon as it follows it.")}, \
	{"CHECK_BINLOG_EXIST", N_("Files of the binary log"), RS_NEEDS_SOURCE, true, rs_my_applies_incremental, \
	 rs_my_check_binlog_exist, \
	 N_("The task reads what is written from now on; a task that needs the missing file stops.")}, \
	{"CHECK_ENGINE", N_("Storage engines"), RS_NEEDS_CATALOG, false, NULL, rs_my_check_engine, NULL}

/* What was chosen. */
#define RS_MY_ROW_OBJECTS \
	{"CHECK_OBJECTS", N_("Selected objects"), RS_NEEDS_CATALOG, false, NULL, rs_my_check_objects, NULL}

#define RS_MY_ROW_FILTER \
	{"CHECK_FILTER", N_("Filters of rows"), RS_NEEDS_SOURCE | RS_NEEDS_CATALOG, false, rs_my_applies_filter, \
	 rs_my_check_filter, NULL}

#define RS_MY_ROW_SETTINGS \
	{"CHECK_TABLE_SETTINGS", N_("Settings of tables"), RS_NEEDS_CATALOG, false, rs_my_applies_settings, \
	 rs_my_check_settings, NULL}

/* What is under way there just now. */
#define RS_MY_ROWS_START \
	{"CHECK_GHOST", N_("Online schema changes under way"), RS_NEEDS_CATALOG, true, NULL, rs_my_check_ghost, \
	 N_("The working tables are copied and followed like any others.")}, \
	{"CHECK_LEFT_OUT", N_("Tables that are left out as working tables"), RS_NEEDS_SOURCE | RS_NEEDS_CATALOG, true, \
	 rs_my_applies_left_out, rs_my_check_left_out, \
	 N_("The tables named are not synchronized.")}, \
	{"CHECK_FENCE", N_("A safe start without a lock"), RS_NEEDS_SOURCE, false, rs_my_applies_new_incremental, \
	 rs_my_check_fence, NULL}

/* What its log leaves out, and for how long it is kept. */
#define RS_MY_ROWS_LOG \
	{"CHECK_BINLOG_FILTER", N_("Databases left out of the log"), RS_NEEDS_SOURCE, false, rs_my_applies_incremental, \
	 rs_my_check_binlog_filter, NULL}, \
	{"CHECK_BINLOG_RETENTION", N_("How long the log is kept"), RS_NEEDS_SOURCE, true, rs_my_applies_incremental, \
	 rs_my_check_binlog_retention, \
	 N_("A task that stands still for longer than that must begin anew.")}, \
	{"CHECK_LOG_SLAVE_UPDATES", N_("A replica logs what it takes over"), RS_NEEDS_SOURCE, false, rs_my_applies_incremental, \
	 rs_my_check_log_slave_updates, NULL}

#define RS_MY_ROW_XA \
	{"CHECK_XA", N_("Prepared XA transactions"), RS_NEEDS_SOURCE, false, rs_my_applies_new_incremental, rs_my_check_xa, NULL}

#endif
