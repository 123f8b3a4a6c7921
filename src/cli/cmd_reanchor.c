/* reanchor: a task whose log is lost begins anew where its source is now. */
#include "cli/cli.h"

#include <stdlib.h>
#include <unistd.h>
#include "base/figure.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/state.h"

#define ANSWER_TIME (600 * RS_USEC_PER_SEC) /* a fence, the catalogue, XA transactions that are prepared */

static void explain(const struct rs_task *task)
{
	printf(_("The task %s will begin anew where its source is now:\n"
	         "  - what the source's log has from where the task stood up to there is not read;\n"
	         "  - all tables are compared, and exactly the rows that differ are written or deleted at the destination;\n"
	         "  - tables without a key, or connected by foreign keys with actions, and tables whose definitions differ, are\n"
	         "    emptied there and copied again; tables that are gone at the source stay there, and are left out;\n"
	         "  - lost changes of defaults, comments, views, routines and events are brought over;\n"
	         "  - until that is done the task is not synchronized.\n"),
	       task->name);
}

static bool is_confirmed(void)
{
	char line[16];

	fputs(_("Go on? [y/N] "), stdout);
	fflush(stdout);
	return fgets(line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y');
}

static enum rs_rc confirm(const struct rs_cli *cli, const struct rs_task *task, struct rs_err *err)
{
	if (rs_cli_flag(cli, "yes"))
		return RS_OK;
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
		explain(task);
		return is_confirmed() ? RS_OK : rs_err_set(err, RS_E_CANCELLED, _("cancelled"));
	}
	rs_err_set(err, RS_E_USAGE, _("rows will be changed and deleted at the destination, and nobody can be asked here"));
	return rs_err_hint(err, _("--yes says that it is meant"));
}

static void report(const struct rs_task *task, const struct rs_anchored *a)
{
	char tables[RS_FIGURE_SIZE];

	printf(_("%s begins anew at %s.\n"), task->name, a->at);
	printf(_("Tables that are compared and repaired: %s\n"), rs_figure_grouped(a->compared, tables, sizeof tables));
	for (int i = 0; i < RS_ANCHORED_LISTS; i++) {
		if (*a->lists[i] == '\0')
			continue;
		char *line = rs_xprintf("%s: %s", rs_anchored_title((enum rs_anchored_list)i), a->lists[i]);
		rs_cli_print_text(line);
		free(line);
	}
	if (rs_task_is_locked(task, NULL))
		printf(_("\"rds-sync status %s\" tells how far it is.\n"), task->name);
	else
		printf(_("\"rds-sync run %s\" goes on with it.\n"), task->name);
}

int rs_cli_reanchor(const struct rs_cli *cli)
{
	const struct rs_anchor_options options = {.force = rs_cli_flag(cli, "force"), .resync = rs_cli_flag(cli, "resync")};
	struct rs_anchored outcome = {.at = NULL};
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_find(cli->operands[0], &err);
	enum rs_rc rc = task ? rs_task_check(task, &err) : RS_FAIL;

	if (rc == RS_OK)
		rc = confirm(cli, task, &err);
	if (rc == RS_OK && !rs_task_is_locked(task, NULL))
		rs_cli_open_task_log(cli, task);
	if (rc == RS_OK)
		rc = rs_task_reanchor(task, &options, ANSWER_TIME, NULL, &outcome, &err);
	if (rc == RS_OK)
		report(task, &outcome);
	rs_anchored_clear(&outcome);
	rs_task_free(task);
	return rc == RS_OK ? RS_EXIT_OK : rs_cli_fail(cli, &err);
}
