/* What can be done with single tables of a task that runs, from whichever screen: asked first, done in a thread, told. */
#include "screen/app.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

#define CHANGE_TIME (90 * RS_USEC_PER_SEC) /* a large transaction may have to end first */
#define NAMES_MAX 8                        /* that a question lists */

struct change {
	struct rs_app *app;
	struct rs_task *task;
	enum rs_table_action action;
	struct rs_selection *tables;
	struct rs_widget *force; /* a box of the open question; NULL: none */
	bool forced;
	bool failed;             /* the task had, maybe for the sake of the table: it is started afterwards */
	enum rs_rc rc;
	struct rs_err err;
};

static void change_free(struct change *c)
{
	rs_selection_free(c->tables);
	rs_task_free(c->task);
	rs_err_clear(&c->err);
	free(c);
}

bool rs_app_can_change_tables(const struct rs_watch *watch, const char **why)
{
	*why = NULL;
	if (!rs_app_may_change_it(watch, why))
		return false;
	if (!watch->live && !rs_app_can_start(watch, why))
		return false;
	if (rs_app_is_unstarted(watch->state))
		*why = _("it has not begun yet");
	else if (watch->stopping)
		*why = _("it is stopping");
	else if (watch->live && watch->state == RS_STATE_PAUSED)
		*why = _("the task is paused: resume it first");
	else if (watch->state == RS_STATE_INITIALIZING || watch->state == RS_STATE_INITIALIZE_FAILED)
		*why = _("the task itself is being initialized");
	return *why == NULL;
}

/* --- doing it ---------------------------------------------------------------------------------- */

static void change_run(void *arg)
{
	struct change *c = arg;

	c->rc = rs_task_change_tables(c->task, c->action, c->tables, c->forced, CHANGE_TIME, &c->app->works.leaving, &c->err);
}

static const char *refusal(enum rs_table_action action)
{
	switch (action) {
	case RS_TABLE_SUSPEND: return _("The tables can't be suspended");
	case RS_TABLE_RESUME: return _("The tables can't be resumed");
	case RS_TABLE_RESYNC: return _("The tables can't be copied anew");
	}
	return "";
}

static void say_changed(const struct change *c)
{
	size_t databases, n;
	unsigned long tables;

	rs_selection_count(c->tables, &databases, &n);
	tables = (unsigned long)n;
	switch (c->action) {
	case RS_TABLE_SUSPEND:
		rs_loop_say(c->app->loop, RS_STYLE_OK, ngettext("%lu table suspended.", "%lu tables suspended.", tables), tables);
		break;
	case RS_TABLE_RESUME:
		rs_loop_say(c->app->loop, RS_STYLE_OK,
		            ngettext("%lu table goes on, and joins the others when it has caught up.",
		                     "%lu tables go on, and join the others when they have caught up.", tables),
		            tables);
		break;
	case RS_TABLE_RESYNC:
		rs_loop_say(c->app->loop, RS_STYLE_OK,
		            ngettext("%lu table is copied anew, and joins the others when it has caught up.",
		                     "%lu tables are copied anew, and join the others when they have caught up.", tables),
		            tables);
		break;
	}
}

static void change_done(void *arg)
{
	struct change *c = arg;

	struct rs_watch *watch = rs_watches_find(&c->app->watches, c->task->path ? c->task->path : c->task->name);

	if (c->rc == RS_OK)
		say_changed(c);
	if (watch)
		rs_watch_refresh(watch); /* its engine may have ended since it was drawn */
	if (c->failed && watch)
		rs_app_start_again(c->app, watch); /* after a refusal, too: it has failed still, and shows at what */
	if (c->rc != RS_OK && c->err.code == RS_E_NOT_OURS)
		(void)rs_err_hint(&c->err, _("mark \"%s\" in the question"), _("also tables that were there before the task"));
	if (c->rc != RS_OK)
		rs_app_show_error(c->app, refusal(c->action), &c->err);
	rs_app_rescan(c->app);
	change_free(c);
}

static void begin(struct change *c)
{
	rs_loop_say(c->app->loop, RS_STYLE_NORMAL, "%s", _("Waiting until the task has come to it."));
	rs_work_start(&c->app->works, change_run, change_done, c, 0);
}

/* --- asking ---------------------------------------------------------------------------------- */

/* "shop.orders\nshop.carts\n… and 12 more" */
static void put_names(const struct rs_selection *tables, struct rs_buf *out)
{
	struct rs_selection_rule rule;
	size_t n = 0;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each(tables, &i, &rule);)
		if (rule.table && n++ < NAMES_MAX)
			(void)rs_buf_addf(out, "%s%s.%s", out->len ? "\n" : "", rule.db, rule.table);
	if (n > NAMES_MAX)
		(void)rs_buf_addc(out, '\n');
	if (n > NAMES_MAX)
		(void)rs_buf_addf(out, ngettext("… and %zu more", "… and %zu more", (unsigned long)(n - NAMES_MAX)), n - NAMES_MAX);
}

static void answered(void *ctx, const char *answer)
{
	struct change *c = ctx;

	if (answer && strcmp(answer, "yes") == 0)
		begin(c);
	else
		change_free(c);
}

static void ask_suspend(struct change *c, const char *names)
{
	struct rs_option buttons[] = {{"no", _("Cancel"), NULL, NULL}, {"yes", _("Suspend tables"), NULL, NULL}};
	char *text = rs_xprintf("%s\n\n%s", names,
	                        _("Their changes are left out from here on; the rows at the destination stay as they are. They go on from "
	                          "there when they are resumed, as long as the source has its log."));

	rs_dialog_ask(c->app->loop, _("Suspend tables?"), text, false, buttons, RS_COUNT(buttons), answered, c);
	free(text);
}

static void ask_resume(struct change *c, const char *names)
{
	struct rs_option buttons[] = {{"no", _("Cancel"), NULL, NULL}, {"yes", _("Resume"), NULL, NULL}};
	char *text = rs_xprintf("%s\n\n%s", names, _("They were suspended at the same place of the log, and go on together."));

	rs_dialog_ask(c->app->loop, _("Resume tables?"), text, false, buttons, RS_COUNT(buttons), answered, c);
	free(text);
}

/* A queue: what was written to it stays there. */
static bool is_queue(const struct change *c)
{
	return rs_flow_check_compares(c->task->flow, NULL) != RS_OK;
}

/* What is lost; the caller's. */
static char *deletion(const struct change *c, const char *to)
{
	if (c->forced)
		return rs_xprintf(_("All rows of these tables are deleted at %s, whoever wrote them, and copied again from the source."), to);
	if (is_queue(c))
		return rs_xprintf(_("Who reads the topics of %s, which is in production, is told that these tables are empty, and gets all rows again."), to);
	return rs_xprintf(_("All rows of these tables are deleted at %s, which is in production, and copied again from the source."), to);
}

/* What the destination's own users may still need is deleted only once the task's name was typed. */
static void resync_answered(void *ctx, const char *answer)
{
	struct change *c = ctx;
	char *to, *text;

	if (!answer || strcmp(answer, "yes") != 0) {
		change_free(c);
		return;
	}
	c->forced = c->force && rs_checkbox_get(c->force);
	if (!c->forced && !rs_app_production(c->app, c->task)) {
		begin(c);
		return;
	}
	to = rs_endpoint_text(&c->task->destination);
	text = deletion(c, to);
	rs_dialog_typed(c->app->loop, is_queue(c) ? _("Write the rows again?") : _("Delete the rows?"), text, c->task->name, NULL, _("Copy anew"),
	                answered, c);
	free(text);
	free(to);
}

static void ask_resync(struct change *c, const char *names)
{
	struct rs_option buttons[] = {{"no", _("Cancel"), NULL, NULL}, {"yes", _("Copy anew"), NULL, NULL}};
	struct rs_widget *root = rs_column_new(1), *row;
	char *to = rs_endpoint_text(&c->task->destination);
	char *text = rs_xprintf(is_queue(c) ? _("TRUNCATE TABLE of them is written to their topics at %s, then all rows that the source has, beside the "
	                                        "other tables, which go on.")
	                                    : _("They are emptied at %s and copied again from the source, beside the others, which go on. Until that is "
	                                        "done their rows are missing there."),
	                        to);
	char *all = rs_xprintf("%s\n\n%s", names, text);

	(void)rs_widget_add(root, rs_scroll_new(rs_label_new(all, RS_STYLE_NORMAL)));
	if (!is_queue(c))
		c->force = rs_widget_add(root, rs_checkbox_new("force", _("also tables that were there before the task")));
	row = rs_widget_add(root, rs_buttons_new("buttons", buttons, RS_COUNT(buttons), 0));
	(void)rs_widget_focus(root, row);
	rs_dialog_open(c->app->loop, _("Copy tables anew?"), root, true, NULL, resync_answered, c);
	free(all);
	free(text);
	free(to);
}

void rs_app_change_tables(struct rs_app *app, const struct rs_watch *watch, enum rs_table_action action,
                          struct rs_selection *tables, bool more)
{
	struct change *c = rs_xcalloc(1, sizeof *c);
	struct rs_buf names = RS_BUF_INIT;

	*c = (struct change){.app = app, .task = rs_task_copy(watch->task), .action = action, .tables = tables,
	                     .failed = watch->state == RS_STATE_FAILED && (!watch->live || watch->engine), .err = RS_ERR_INIT};
	put_names(tables, &names);
	if (action == RS_TABLE_SUSPEND)
		ask_suspend(c, rs_buf_str(&names));
	else if (action == RS_TABLE_RESYNC)
		ask_resync(c, rs_buf_str(&names));
	else if (more)
		ask_resume(c, rs_buf_str(&names));
	else
		begin(c);
	rs_buf_release(&names);
}
