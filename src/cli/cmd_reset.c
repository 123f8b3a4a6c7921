/* reset: a task is what it was before it was configured. */
#include "cli/cli.h"

#include <string.h>
#include <unistd.h>
#include "base/i18n.h"

#define STOP_TIME (120 * RS_USEC_PER_SEC) /* a large transaction may have to end first */

static void explain(const struct rs_task *task)
{
	printf(_("The task %s will be reset:\n"
	         "  - it is stopped, and what rds-sync keeps of it at both servers and on this host is removed;\n"
	         "  - the rows at the destination stay as they are, and nothing tells any more how far they were brought;\n"
	         "  - its configuration is emptied, but for its name and note (\"rds-sync task export\" would keep it).\n"),
	       task->name);
}

static bool is_confirmed(const struct rs_task *task)
{
	char line[512];

	printf(_("Type the task's name to go on: "));
	fflush(stdout);
	if (fgets(line, sizeof line, stdin) == NULL)
		return false;
	line[strcspn(line, "\n")] = '\0';
	return strcmp(line, task->name) == 0;
}

static enum rs_rc confirm(const struct rs_cli *cli, const struct rs_task *task, struct rs_err *err)
{
	if (rs_cli_flag(cli, "yes"))
		return RS_OK;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		rs_err_set(err, RS_E_USAGE, _("the task would be forgotten, and nobody can be asked here"));
		return rs_err_hint(err, _("--yes says that it is meant"));
	}
	explain(task);
	return is_confirmed(task) ? RS_OK : rs_err_set(err, RS_E_CANCELLED, _("cancelled"));
}

static enum rs_rc reset(const struct rs_task *task, struct rs_err *err)
{
	struct rs_buf left = RS_BUF_INIT;
	struct rs_cancel cancel;
	enum rs_rc rc;

	rs_cancel_init(&cancel);
	rc = rs_task_reset(task, STOP_TIME, &cancel, &left, err);
	rs_cancel_release(&cancel);
	if (rc == RS_OK)
		printf(_("%s was reset.\n"), task->name);
	if (left.len > 0) {
		printf("%s\n", _("Left behind:"));
		rs_cli_print_text(rs_buf_str(&left));
	}
	rs_buf_release(&left);
	return rc;
}

int rs_cli_reset(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_find(cli->operands[0], &err);
	enum rs_rc rc = task ? confirm(cli, task, &err) : RS_FAIL;

	if (rc == RS_OK)
		rc = reset(task, &err);
	rs_task_free(task);
	return rc == RS_OK ? RS_EXIT_OK : rs_cli_fail(cli, &err);
}
