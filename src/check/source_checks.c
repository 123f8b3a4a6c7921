/* The precheck of a task whose flow can't be started by this version: that it can't, and all that can be told of its source. */
#include "check/my_checks.h"

#include "base/i18n.h"
#include "check/verdict.h"

enum { SRC = RS_NEEDS_SOURCE, CAT = RS_NEEDS_CATALOG };

static enum rs_rc check_flow(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct rs_err why = RS_ERR_INIT;

	(void)err;
	rs_verdict_need(f, "%s", _("a flow that this version can start"));
	if (rs_flow_check_runs(ctx->task->flow, &why) == RS_OK)
		return rs_verdict_pass(f, "%s", ctx->task->flow);
	rs_verdict_explain(f, "%s.", why.primary);
	rs_verdict_explain(f, "%s", why.hint);
	rs_err_clear(&why);
	return rs_verdict_fail(f, "%s", _("it can't be started yet"));
}

const struct rs_check rs_source_checks[] = {
	{"CHECK_FLOW", N_("Precheck of this kind of task"), 0, false, NULL, check_flow, NULL},
	{"CHECK_CONN_SRC", N_("Connection to the source"), 0, false, NULL, rs_my_check_conn_src, NULL},
	{"CHECK_AUTH_SRC", N_("Privileges at the source"), SRC, false, NULL, rs_my_check_auth_src,
	 N_("Tables without a key are copied while their rows may change: one that can't be copied so stops the task.")},
	{"CHECK_BINLOG_ON", N_("Binary log"), SRC, false, rs_my_applies_incremental, rs_my_check_binlog_on, NULL},
	{"CHECK_BINLOG_MODE", N_("Format of the binary log"), SRC, false, rs_my_applies_incremental, rs_my_check_binlog_mode, NULL},
	{"CHECK_BINLOG_ROW_IMAGE", N_("Row image in the binary log"), SRC, false, rs_my_applies_incremental,
	 rs_my_check_row_image, NULL},
	{"CHECK_SERVER_ID", N_("server_id of the source"), SRC, true, rs_my_applies_incremental, rs_my_check_server_id,
	 N_("The source may refuse to send its log, and the task fails as soon as it follows it.")},
	{"CHECK_BINLOG_EXIST", N_("Files of the binary log"), SRC, true, rs_my_applies_incremental, rs_my_check_binlog_exist,
	 N_("The task reads what is written from now on; a task that needs the missing file stops.")},
	{"CHECK_ENGINE", N_("Storage engines"), CAT, false, NULL, rs_my_check_engine, NULL},
	{"CHECK_OBJECTS", N_("Selected objects"), CAT, false, NULL, rs_my_check_objects, NULL},
	{"CHECK_FILTER", N_("Filters of rows"), SRC | CAT, false, rs_my_applies_filter, rs_my_check_filter, NULL},
	{"CHECK_TABLE_SETTINGS", N_("Settings of tables"), CAT, false, rs_my_applies_settings, rs_my_check_settings, NULL},
	{"CHECK_BINLOG_FILTER", N_("Databases left out of the log"), SRC, false, rs_my_applies_incremental,
	 rs_my_check_binlog_filter, NULL},
	{"CHECK_BINLOG_RETENTION", N_("How long the log is kept"), SRC, true, rs_my_applies_incremental,
	 rs_my_check_binlog_retention,
	 N_("A task that stands still for longer than that must begin anew.")},
	{"CHECK_LOG_SLAVE_UPDATES", N_("A replica logs what it takes over"), SRC, false, rs_my_applies_incremental,
	 rs_my_check_log_slave_updates, NULL},
	{.code = NULL},
};
