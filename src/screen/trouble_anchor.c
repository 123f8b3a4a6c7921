/* A task whose log is lost begins anew where its source is now: what follows is found out in a thread, told, asked for, done in
 * a thread, told. */
#include "screen/trouble.h"

#include <string.h>
#include "base/figure.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/show.h"

#define ANSWER_TIME (600 * RS_USEC_PER_SEC) /* a fence, the catalogue, XA transactions that are prepared */

struct anchoring {
	struct rs_app *app;
	struct rs_task *task;
	struct rs_anchor_options options; /* forced: the user was told what else will be lost */
	bool asked_resync;       /* whether suspended tables are to be copied anew */
	struct rs_anchored outcome; /* of the plan, then of what was done */
	enum rs_rc rc;
	struct rs_err err;
};

static void anchoring_free(struct anchoring *a)
{
	rs_anchored_clear(&a->outcome);
	rs_task_free(a->task);
	rs_err_clear(&a->err);
	free(a);
}

/* Another server may be the one to go on with, although its log does not show it: its rows do. */
bool rs_trouble_lost_log(const struct rs_watch *watch, const char **why)
{
	enum rs_errc code = watch->progress ? watch->progress->error.code : RS_E_NONE;
	bool lost = rs_log_is_lost(code) || code == RS_E_CONN_WRONG_SERVER;

	*why = lost && watch->task ? NULL : _("the task has not stopped for want of the source's log");
	return *why == NULL && rs_app_reads_back(watch, why);
}

static void put_lists(struct rs_buf *text, const struct rs_anchored *o)
{
	char n[RS_SHOW_SIZE];

	(void)rs_buf_addf(text, _("Tables that are compared and repaired: %s"), rs_figure_grouped(o->compared, n, sizeof n));
	for (int i = 0; i < RS_ANCHORED_LISTS; i++)
		if (o->lists[i] && *o->lists[i])
			(void)rs_buf_addf(text, "\n%s: %s", rs_anchored_title((enum rs_anchored_list)i), o->lists[i]);
}

/* ---------------------------------------------------------------- doing it */

static void run(void *arg)
{
	struct anchoring *a = arg;

	a->rc = rs_task_reanchor(a->task, &a->options, ANSWER_TIME, &a->app->works.leaving, &a->outcome, &a->err);
}

static void tell(const struct anchoring *a)
{
	struct rs_buf text = RS_BUF_INIT;

	if (a->outcome.at)
		(void)rs_buf_addf(&text, _("Where: %s\n"), a->outcome.at);
	put_lists(&text, &a->outcome);
	rs_dialog_message(a->app->loop, _("The task begins anew"), rs_buf_str(&text), NULL, NULL);
	rs_buf_release(&text);
}

static void done(void *arg)
{
	struct anchoring *a = arg;
	struct rs_watch *watch = rs_watches_find(&a->app->watches, a->task->path ? a->task->path : a->task->name);

	if (a->rc != RS_OK)
		rs_app_show_error(a->app, _("The task can't begin anew"), &a->err);
	else
		tell(a);
	if (a->rc == RS_OK && a->outcome.rests && watch)
		rs_app_start_again(a->app, watch);
	anchoring_free(a);
}

/* ---------------------------------------------------------------- what follows is told, and asked for */

static void answered(void *ctx, const char *answer)
{
	struct anchoring *a = ctx;

	if (!answer || strcmp(answer, "yes") != 0) {
		anchoring_free(a);
		return;
	}
	rs_anchored_clear(&a->outcome);
	rs_loop_say(a->app->loop, RS_STYLE_NORMAL, "%s", _("Waiting until the destination has stored where it begins."));
	rs_work_start(&a->app->works, run, done, a, 0);
}

/* What the engine does not do of itself: rows of others are deleted, or all that another server does not have. */
static void put_force(const struct anchoring *a, struct rs_buf *text)
{
	char *to = rs_endpoint_text(&a->task->destination);

	if (a->outcome.other_server)
		(void)rs_buf_addf(text, _("Another server than before answers at the source's address. To take it for the source from now on: all "
		                          "rows are deleted at %s that it does not have, whoever wrote them.\n\n"),
		                  to);
	else if (a->options.force)
		(void)rs_buf_addf(text, _("All rows are deleted at %s that the source does not have, whoever wrote them, also in tables that were "
		                          "there before the task.\n\n"),
		                  to);
	free(to);
}

static void put_explanation(const struct anchoring *a, struct rs_buf *text)
{
	char *to = rs_endpoint_text(&a->task->destination);

	(void)rs_buf_addf(text, _("What the source's log has from where the task stood up to now is not read. All tables are compared, and exactly "
	                          "the rows that differ are written or deleted at %s. Tables without a key, or connected by foreign keys with "
	                          "actions, and those whose definitions differ, are emptied there and copied again. Until that is done the task is "
	                          "not synchronized."),
	                  to);
	free(to);
}

static void ask(struct anchoring *a)
{
	struct rs_buf text = RS_BUF_INIT;

	a->options.force = a->outcome.other_server || *a->outcome.lists[RS_ANCHORED_FOREIGN];
	put_force(a, &text);
	put_lists(&text, &a->outcome);
	(void)rs_buf_addf(&text, "\n\n");
	put_explanation(a, &text);
	rs_dialog_typed(a->app->loop, _("Begin anew where the source is now?"), rs_buf_str(&text), a->task->name, NULL,
	                a->options.force ? _("Delete and begin anew") : _("Begin anew"), answered, a);
	rs_buf_release(&text);
}

static void foresee(struct anchoring *a);

static void resync_answered(void *ctx, const char *answer)
{
	struct anchoring *a = ctx;

	if (!answer || strcmp(answer, "cancel") == 0) {
		anchoring_free(a);
		return;
	}
	a->options.resync = strcmp(answer, "anew") == 0;
	if (a->options.resync)
		foresee(a);
	else
		ask(a);
}

/* Suspended tables may be copied anew with it. */
static void ask_resync(struct anchoring *a)
{
	const struct rs_option buttons[] = {{"cancel", _("Cancel"), NULL, NULL}, {"leave", _("Leave them"), NULL, NULL},
	                                    {"anew", _("Copy them anew"), NULL, NULL}};
	char *text = rs_xprintf("%s: %s\n\n%s", rs_anchored_title(RS_ANCHORED_LOST), a->outcome.lists[RS_ANCHORED_LOST],
	                        _("Those that are suspended can be emptied at the destination and copied anew together with the rest."));

	a->asked_resync = true;
	rs_dialog_ask(a->app->loop, _("Also tables that are suspended?"), text, false, buttons, RS_COUNT(buttons), resync_answered, a);
	free(text);
}

static void plan(void *arg)
{
	struct anchoring *a = arg;

	a->rc = rs_task_reanchor_plan(a->task, &a->options, &a->app->works.leaving, &a->outcome, &a->err);
}

static void planned(void *arg)
{
	struct anchoring *a = arg;

	rs_loop_say(a->app->loop, RS_STYLE_NORMAL, "%s", "");
	if (a->rc != RS_OK) {
		rs_app_show_error(a->app, _("The task can't begin anew"), &a->err);
		anchoring_free(a);
	} else if (*a->outcome.lists[RS_ANCHORED_LOST] && !a->asked_resync) {
		ask_resync(a);
	} else {
		ask(a);
	}
}

static void foresee(struct anchoring *a)
{
	rs_anchored_clear(&a->outcome);
	rs_loop_say(a->app->loop, RS_STYLE_NORMAL, "%s", _("Looking at both sides for what follows."));
	rs_work_start(&a->app->works, plan, planned, a, 0);
}

void rs_trouble_ask_anchor(struct rs_app *app, const struct rs_watch *watch)
{
	struct anchoring *a = rs_xcalloc(1, sizeof *a);

	*a = (struct anchoring){.app = app, .task = rs_task_copy(watch->task), .err = RS_ERR_INIT};
	foresee(a);
}
