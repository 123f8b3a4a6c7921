/* table suspend, resume, resync, list: single tables of a task. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/mem.h"

#define ANSWER_TIME (90 * RS_USEC_PER_SEC) /* a large transaction may have to end first */

/* ------------------------------------------------------------------ list */

static void put_table(const struct rs_table_progress *t)
{
	char *name = rs_xprintf("%s.%s", t->db, t->name), place[RS_POSITION_SHOWN];

	rs_cli_print_cell(name, 40);
	if (t->since[0])
		rs_cli_print_cell(rs_table_sync_code(t->sync), 16);
	rs_cli_print_text(t->since[0] ? rs_position_show_text(t->since, place) : rs_table_sync_code(t->sync));
	free(name);
}

int rs_cli_table_list(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task_status s = {0};
	struct rs_task *task = rs_task_find(cli->operands[0], &err);
	enum rs_rc rc = task ? rs_task_status_read(task, &s, &err) : RS_FAIL;

	for (size_t i = 0; rc == RS_OK && s.progress && i < s.progress->n_tables; i++)
		put_table(rs_progress_table(s.progress, i));
	if (rc == RS_OK)
		rs_task_status_release(&s);
	rs_task_free(task);
	return rc == RS_OK ? RS_EXIT_OK : rs_cli_fail(cli, &err);
}

/* ------------------------------------------------------------------ suspend, resume, resync */

static struct rs_selection *read_tables(const struct rs_cli *cli, struct rs_err *err)
{
	struct rs_selection *s = rs_selection_new();
	enum rs_rc rc = RS_OK;

	for (int i = 1; rc == RS_OK && i < cli->n_operands; i++)
		rc = rs_selection_parse(s, _("the command line"), cli->operands[i], strlen(cli->operands[i]), err);
	if (rc == RS_OK)
		return s;
	rs_selection_free(s);
	return NULL;
}

static int change(const struct rs_cli *cli, enum rs_table_action action)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_find(cli->operands[0], &err);
	struct rs_selection *tables = task ? read_tables(cli, &err) : NULL;
	enum rs_rc rc = tables ? rs_task_change_tables(task, action, tables, rs_cli_flag(cli, "force"), ANSWER_TIME, NULL, &err) : RS_FAIL;

	rs_selection_free(tables);
	rs_task_free(task);
	return rc == RS_OK ? RS_EXIT_OK : rs_cli_fail(cli, &err);
}

int rs_cli_table_suspend(const struct rs_cli *cli) { return change(cli, RS_TABLE_SUSPEND); }

int rs_cli_table_resume(const struct rs_cli *cli) { return change(cli, RS_TABLE_RESUME); }

int rs_cli_table_resync(const struct rs_cli *cli) { return change(cli, RS_TABLE_RESYNC); }
