/* The precheck of a task whose flow can't be started by this version: that it can't, and all that can be told of its source. */
#include "check/my_checks.h"

#include "base/i18n.h"
#include "check/my_source_rows.h"
#include "check/verdict.h"

enum rs_rc rs_check_flow_runs(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
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
	{"CHECK_FLOW", N_("Precheck of this kind of task"), 0, false, NULL, rs_check_flow_runs, NULL},
	RS_MY_ROWS_ACCOUNT,
	RS_MY_ROWS_BINLOG,
	RS_MY_ROW_OBJECTS,
	RS_MY_ROW_FILTER,
	RS_MY_ROW_SETTINGS,
	RS_MY_ROWS_LOG,
	{.code = NULL},
};
