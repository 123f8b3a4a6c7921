/* reanchor: a task whose log is lost begins anew where its source is now. */
#include "cli/cli.h"

#include <stdlib.h>
#include <unistd.h>
#include "base/figure.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/state.h"
#include "model/flow.h"

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

static void print_lists(const struct rs_anchored *a)
{
	char tables[RS_FIGURE_SIZE];

	printf(_("Tables that are compared and repaired: %s\n"), rs_figure_grouped(a->compared, tables, sizeof tables));
	for (int i = 0; i < RS_ANCHORED_LISTS; i++) {
		if (*a->lists[i] == '\0')
			continue;
		char *line = rs_xprintf("%s: %s", rs_anchored_title((enum rs_anchored_list)i), a->lists[i]);
		rs_cli_print_text(line);
		free(line);
	}
}

static bool must_be_forced(const struct rs_anchored *plan) { return plan->other_server || *plan->lists[RS_ANCHORED_FOREIGN] != '\0'; }

static void print_plan(const struct rs_task *task, const struct rs_anchored *plan)
{
	explain(task);
	printf(_("As things are now:\n"));
	if (plan->other_server)
		printf(_("Another server than before answers at the source's address: the destination loses all rows that this one does not have.\n"));
	print_lists(plan);
	if (must_be_forced(plan))
		printf(_("This is done with --force alone.\n"));
}

static bool is_confirmed(void)
{
	char line[16];

	fputs(_("Go on? [y/N] "), stdout);
	fflush(stdout);
	return fgets(line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y');
}

static enum rs_rc foresee(const struct rs_task *task, const struct rs_anchor_options *options, struct rs_anchored *plan,
                          struct rs_err *err)
{
	enum rs_rc rc = rs_task_reanchor_plan(task, options, NULL, plan, err);

	if (rc == RS_OK)
		print_plan(task, plan);
	return rc;
}

/* What follows is told before it is asked for. */
static enum rs_rc ask(const struct rs_task *task, const struct rs_anchor_options *options, struct rs_err *err)
{
	struct rs_anchored plan = {.at = NULL};
	enum rs_rc rc = foresee(task, options, &plan, err);

	if (rc == RS_OK && (options->force || !must_be_forced(&plan)) && !is_confirmed())
		rc = rs_err_set(err, RS_E_CANCELLED, _("cancelled"));
	rs_anchored_clear(&plan);
	return rc;
}

static enum rs_rc confirm(const struct rs_cli *cli, const struct rs_task *task, const struct rs_anchor_options *options, struct rs_err *err)
{
	if (rs_cli_flag(cli, "yes"))
		return RS_OK;
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return ask(task, options, err);
	rs_err_set(err, RS_E_USAGE, _("rows will be changed and deleted at the destination, and nobody can be asked here"));
	return rs_err_hint(err, _("--plan tells what follows; --yes says that it is meant"));
}

static void report(const struct rs_task *task, const struct rs_anchored *a)
{
	printf(_("%s begins anew at %s.\n"), task->name, a->at);
	print_lists(a);
	if (rs_task_is_locked(task, NULL))
		printf(_("\"rds-sync status %s\" tells how far it is.\n"), task->name);
	else
		printf(_("\"rds-sync run %s\" goes on with it.\n"), task->name);
}

static enum rs_rc begin_anew(const struct rs_cli *cli, const struct rs_task *task, const struct rs_anchor_options *options,
                             struct rs_err *err)
{
	struct rs_anchored outcome = {.at = NULL};
	enum rs_rc rc = confirm(cli, task, options, err);

	if (rc == RS_OK && !rs_task_is_locked(task, NULL))
		rs_cli_open_task_log(cli, task);
	if (rc == RS_OK)
		rc = rs_task_reanchor(task, options, ANSWER_TIME, NULL, &outcome, err);
	if (rc == RS_OK)
		report(task, &outcome);
	rs_anchored_clear(&outcome);
	return rc;
}

static enum rs_rc only_plan(const struct rs_task *task, const struct rs_anchor_options *options, struct rs_err *err)
{
	struct rs_anchored plan = {.at = NULL};
	enum rs_rc rc = foresee(task, options, &plan, err);

	rs_anchored_clear(&plan);
	return rc;
}

int rs_cli_reanchor(const struct rs_cli *cli)
{
	const struct rs_anchor_options options = {.force = rs_cli_flag(cli, "force"), .resync = rs_cli_flag(cli, "resync")};
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_find(cli->operands[0], &err);
	enum rs_rc rc = task ? rs_task_check(task, &err) : RS_FAIL;

	if (rc == RS_OK)
		rc = rs_flow_check_reads_back(task->flow, &err);
	if (rc == RS_OK && rs_cli_flag(cli, "plan"))
		rc = only_plan(task, &options, &err);
	else if (rc == RS_OK)
		rc = begin_anew(cli, task, &options, &err);
	rs_task_free(task);
	return rc == RS_OK ? RS_EXIT_OK : rs_cli_fail(cli, &err);
}
