/* A task whose log is lost begins anew where its source is now: explained, asked, done in a thread, told. */
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
	bool forced;             /* the user was told what else will be lost */
	bool goes_on;            /* nobody ran it: it is started afterwards */
	struct rs_anchored outcome;
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
	bool lost = code == RS_E_BINLOG_PURGED || code == RS_E_BINLOG_INCIDENT || code == RS_E_SOURCE_DIVERGED ||
	            code == RS_E_CONN_WRONG_SERVER;

	*why = lost && watch->task ? NULL : _("the task has not stopped for want of the source's log");
	return *why == NULL;
}

static void run(void *arg)
{
	struct anchoring *a = arg;

	a->rc = rs_task_reanchor(a->task, &(struct rs_anchor_options){.force = a->forced}, ANSWER_TIME, &a->app->works.leaving, &a->outcome, &a->err);
}

static void tell(const struct anchoring *a)
{
	const struct rs_anchored *o = &a->outcome;
	struct rs_buf text = RS_BUF_INIT;
	char n[RS_SHOW_SIZE];

	if (o->at)
		(void)rs_buf_addf(&text, _("Where: %s\n"), o->at);
	(void)rs_buf_addf(&text, _("Tables that are compared and repaired: %s"), rs_figure_grouped(o->compared, n, sizeof n));
	for (int i = 0; i < RS_ANCHORED_LISTS; i++)
		if (o->lists[i] && *o->lists[i])
			(void)rs_buf_addf(&text, "\n%s: %s", rs_anchored_title((enum rs_anchored_list)i), o->lists[i]);
	rs_dialog_message(a->app->loop, _("The task begins anew"), rs_buf_str(&text), NULL, NULL);
	rs_buf_release(&text);
}

static void begin(struct anchoring *a);

static void force_answered(void *ctx, const char *answer)
{
	struct anchoring *a = ctx;

	a->forced = answer && strcmp(answer, "yes") == 0;
	if (a->forced)
		begin(a);
	else
		anchoring_free(a);
}

/* What the engine does not do of itself: rows of others are deleted, or all that another server does not have. */
static bool can_be_forced(const struct anchoring *a)
{
	return a->rc == RS_FAIL && !a->forced && (a->err.code == RS_E_NOT_OURS || a->err.code == RS_E_CONN_WRONG_SERVER);
}

static void ask_force(struct anchoring *a)
{
	struct rs_buf text = RS_BUF_INIT;
	char *to = rs_endpoint_text(&a->task->destination);

	rs_show_error(&a->err, &text);
	(void)rs_buf_addf(&text, "\n\n");
	(void)rs_buf_addf(&text, a->err.code == RS_E_NOT_OURS
	                             ? _("To begin anew all the same: all rows are deleted at %s that the source does not have, whoever wrote them.")
	                             : _("To take this server for the source from now on: all rows are deleted at %s that it does not have, "
	                               "whoever wrote them."),
	                  to);
	rs_dialog_typed(a->app->loop, _("Begin anew all the same?"), rs_buf_str(&text), a->task->name, NULL, _("Delete and begin anew"),
	                force_answered, a);
	rs_buf_release(&text);
	free(to);
}

static void done(void *arg)
{
	struct anchoring *a = arg;
	struct rs_watch *watch = rs_watches_find(&a->app->watches, a->task->path ? a->task->path : a->task->name);

	if (can_be_forced(a)) {
		ask_force(a);
		return;
	}
	if (a->rc != RS_OK)
		rs_app_show_error(a->app, _("The task can't begin anew"), &a->err);
	else
		tell(a);
	if (a->rc == RS_OK && a->goes_on && watch)
		rs_app_start_again(a->app, watch);
	anchoring_free(a);
}

static void begin(struct anchoring *a)
{
	rs_err_clear(&a->err);
	rs_loop_say(a->app->loop, RS_STYLE_NORMAL, "%s", _("Waiting until the destination has stored where it begins."));
	rs_work_start(&a->app->works, run, done, a, 0);
}

static void answered(void *ctx, const char *answer)
{
	struct anchoring *a = ctx;

	if (answer && strcmp(answer, "yes") == 0)
		begin(a);
	else
		anchoring_free(a);
}

void rs_trouble_ask_anchor(struct rs_app *app, const struct rs_watch *watch)
{
	struct anchoring *a = rs_xcalloc(1, sizeof *a);
	char *to = rs_endpoint_text(&watch->task->destination);
	char *text = rs_xprintf(_("What the source's log has from where the task stood up to now is not read. All tables are compared, and exactly "
	                          "the rows that differ are written or deleted at %s. Tables without a key, or connected by foreign keys with "
	                          "actions, and those whose definitions differ, are emptied there and copied again. Until that is done the task is "
	                          "not synchronized."),
	                        to);

	*a = (struct anchoring){.app = app, .task = rs_task_copy(watch->task), .goes_on = !watch->live, .err = RS_ERR_INIT};
	rs_dialog_typed(app->loop, _("Begin anew where the source is now?"), text, watch->name, NULL, _("Begin anew"), answered, a);
	free(text);
	free(to);
}
