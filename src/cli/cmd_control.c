/* pause, resume, stop: commands to the process that runs a task. */
#include "cli/cli.h"

#define ANSWER_TIME (120 * RS_USEC_PER_SEC) /* a large transaction may have to end first */

static int send_command(const struct rs_cli *cli, enum rs_command command)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_find(cli->operands[0], &err);
	enum rs_rc rc = task ? rs_task_command(task, command, ANSWER_TIME, &err) : RS_FAIL;

	rs_task_free(task);
	return rc == RS_OK ? RS_EXIT_OK : rs_cli_fail(cli, &err);
}

int rs_cli_pause(const struct rs_cli *cli)
{
	return send_command(cli, RS_CMD_PAUSE);
}

int rs_cli_resume(const struct rs_cli *cli)
{
	return send_command(cli, RS_CMD_RESUME);
}

int rs_cli_stop(const struct rs_cli *cli)
{
	return send_command(cli, RS_CMD_STOP);
}
