/* repair: ranges made the same on both sides, by the process that runs the task. */
#include "cli/verify_options.h"

#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/figure.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/report/progress.h"
#include "model/flow.h"

#define PATIENCE (3600 * RS_USEC_PER_SEC) /* for one range: a whole table may be one */

static json_t *repaired_json(const struct rs_diff_range *range, const struct rs_repair_counts *done, const struct rs_err *err)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:o}", "database", range->db, "table", range->table, "after", range->after,
	                 "upto", range->upto, "parts", (json_int_t)done->parts, "deleted", (json_int_t)done->deleted, "written",
	                 (json_int_t)done->written, "error", rs_err_to_json(err));
}

static void put_repaired(const struct rs_diff_range *range, const struct rs_repair_counts *done)
{
	char deleted[RS_FIGURE_SIZE], written[RS_FIGURE_SIZE];
	struct rs_buf line = RS_BUF_INIT;

	rs_buf_addf(&line, _("%s.%s: %s rows deleted, %s rows written"), range->db, range->table,
	            rs_figure_grouped(done->deleted, deleted, sizeof deleted),
	            rs_figure_grouped(done->written, written, sizeof written));
	rs_cli_print_text(rs_buf_str(&line));
	rs_buf_release(&line);
}

bool rs_cli_repair_ranges(const struct rs_task *task, const struct rs_diff_range *ranges, size_t n, json_t *report)
{
	bool all = true;

	for (size_t i = 0; i < n; i++) {
		struct rs_repair_counts done = {0};
		struct rs_err err = RS_ERR_INIT;
		bool ok = rs_task_repair(task, &ranges[i], PATIENCE, NULL, &done, &err) == RS_OK;

		all = all && ok;
		if (report != NULL)
			json_array_append_new(report, repaired_json(&ranges[i], &done, &err));
		else if (ok)
			put_repaired(&ranges[i], &done);
		if (!ok)
			rs_cli_print_error(&err);
		bool nobody = err.code == RS_E_TASK_NOT_RUNNING;
		rs_err_clear(&err);
		if (nobody)
			return false;
	}
	return all;
}

/* ------------------------------------------------------------------ the command */

/* "shop.orders" in the text form of a selection: names may stand in backquotes. */
static enum rs_rc read_table(const char *text, struct rs_diff_range *out, struct rs_err *err)
{
	struct rs_selection *s = rs_selection_new();
	struct rs_selection_iter at = RS_SELECTION_ITER;
	struct rs_selection_rule rule;
	enum rs_rc rc = rs_selection_parse(s, "TABLE", text, strlen(text), err);

	while (rc == RS_OK && out->table == NULL && rs_selection_each(s, &at, &rule))
		if (rule.table != NULL && rule.selected) {
			out->db = rs_xstrdup(rule.db);
			out->table = rs_xstrdup(rule.table);
		}
	rs_selection_free(s);
	if (rc == RS_OK && out->table == NULL)
		rc = rs_err_set(err, RS_E_USAGE, _("\"%s\" is no name of a table, as shop.orders"), text);
	return rc;
}

static char *option_text(const struct rs_cli *cli, const char *name)
{
	const char *value = rs_cli_value(cli, name);

	return rs_xstrdup(value ? value : "");
}

static int report(const struct rs_cli *cli, const struct rs_task *task, const struct rs_diff_range *range)
{
	json_t *told = rs_cli_flag(cli, "json") ? json_array() : NULL;
	bool ok = rs_cli_repair_ranges(task, range, 1, told);

	if (told != NULL)
		rs_cli_print_json(json_incref(json_array_get(told, 0)));
	json_decref(told);
	return ok ? RS_EXIT_OK : RS_EXIT_ERROR;
}

int rs_cli_repair(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_diff_range range = {.after = option_text(cli, "after"), .upto = option_text(cli, "upto")};
	struct rs_task *task = rs_task_find(cli->operands[0], &err);
	int code;

	if (task != NULL && rs_task_check(task, &err) == RS_OK && rs_flow_check_compares(task->flow, &err) == RS_OK &&
	    read_table(cli->operands[1], &range, &err) == RS_OK)
		code = report(cli, task, &range);
	else
		code = rs_cli_fail(cli, &err);
	rs_task_free(task);
	free(range.db);
	free(range.table);
	free(range.after);
	free(range.upto);
	return code;
}
