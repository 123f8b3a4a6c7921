/* Two things that change what a task is: it is reset, which leaves its name alone, and it becomes two-way. */
#include "screen/app.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

#define STOP_TIME (120 * RS_USEC_PER_SEC)

/* --- resetting ------------------------------------------------------------------------------------------ */

bool rs_app_can_reset(const struct rs_watch *watch, const char **why)
{
	if (!rs_app_can_take_up(watch, why))
		return false;
	return watch->state == RS_STATE_NOT_CONFIGURED ? rs_app_no(why, _("it is not configured yet")) : true;
}

struct reset {
	struct rs_app *app;
	struct rs_task *task;
	struct rs_task *emptied;  /* as its file is afterwards */
	struct rs_buf left;
	enum rs_rc rc;
	struct rs_err err;
};

static void reset_free(struct reset *r)
{
	rs_task_free(r->task);
	rs_task_free(r->emptied);
	rs_buf_release(&r->left);
	rs_err_clear(&r->err);
	free(r);
}

static void reset_run(void *arg)
{
	struct reset *r = arg;

	r->rc = rs_task_reset(r->task, STOP_TIME, &r->app->works.leaving, &r->left, &r->err);
	if (r->rc == RS_OK)
		r->emptied = rs_task_load(r->task->path, NULL);
}

static void tell(const struct reset *r)
{
	if (r->left.len) {
		char *text = rs_xprintf("%s\n\n%s", _("It could not be removed everywhere:"), rs_buf_str(&r->left));

		rs_dialog_message(r->app->loop, _("The task was reset"), text, NULL, NULL);
		free(text);
	} else {
		rs_loop_say(r->app->loop, RS_STYLE_OK, _("%s was reset. Nothing was changed in the rows of the destination."), r->task->name);
	}
}

static void reset_done(void *arg)
{
	struct reset *r = arg;
	struct rs_watches *w = &r->app->watches;

	if (r->rc != RS_OK)
		rs_app_show_error(r->app, _("The task can't be reset"), &r->err);
	else
		tell(r);
	if (r->emptied) {
		rs_watch_take(rs_watches_put(w, r->emptied), RS_STATE_NOT_CONFIGURED, NULL);
		r->emptied = NULL;
	}
	if (w->changed)
		w->changed(w->ctx);
	rs_app_rescan(r->app);
	reset_free(r);
}

static void reset_answered(void *ctx, const char *answer)
{
	struct reset *r = ctx;

	if (!answer || strcmp(answer, "yes") != 0) {
		reset_free(r);
		return;
	}
	rs_loop_say(r->app->loop, RS_STYLE_NORMAL, _("%s: being reset."), r->task->name);
	rs_work_start(&r->app->works, reset_run, reset_done, r, 0); /* not in line: there its engine waits to be let go */
}

void rs_app_ask_reset(struct rs_app *app, const struct rs_watch *watch)
{
	struct reset *r = rs_xcalloc(1, sizeof *r);
	char *title = rs_xprintf(_("Reset %s?"), watch->name);
	char *to = rs_endpoint_text(&watch->task->destination);
	char *text = rs_xprintf(_("It is stopped, what rds-sync keeps of it on both servers and on this host is removed, and its configuration is "
	                          "emptied, but for its name and note; clone or export it first to keep that. The rows at %s stay as they are, and "
	                          "nothing tells any more how far they were brought. It can't be taken back."),
	                        to);

	*r = (struct reset){.app = app, .task = rs_task_copy(watch->task), .left = RS_BUF_INIT, .err = RS_ERR_INIT};
	rs_dialog_typed(app->loop, title, text, watch->name, NULL, _("Reset"), reset_answered, r);
	free(title);
	free(to);
	free(text);
}

/* --- two-way ------------------------------------------------------------------------------------------ */

#define ONE_WAY "mysql-to-mysql"
#define TWO_WAY "mysql-to-mysql-two-way"

bool rs_app_can_go_two_way(const struct rs_watch *watch, const char **why)
{
	const char *flow = watch->task && watch->task->flow ? watch->task->flow : "";

	*why = NULL;
	if (!rs_app_may_change_it(watch, why))
		return false;
	if (strcmp(flow, TWO_WAY) == 0)
		return rs_app_no(why, _("it is two-way already"));
	if (strcmp(flow, ONE_WAY) != 0)
		return rs_app_no(why, _("only one from MySQL to MySQL can become two-way"));
	if (rs_flow_check_runs(TWO_WAY, NULL) != RS_OK)
		return rs_app_no(why, _("this version can't start tasks of its flow yet"));
	return watch->state == RS_STATE_SYNCHRONIZING ? true : rs_app_no(why, _("it does not follow its source now"));
}
