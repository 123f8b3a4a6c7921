/* What can be done with a task, from whichever screen: the reasons why not, the questions before, the words after. */
#include "screen/app.h"

#include <string.h>
#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/flow.h"

#define COMMAND_TIME (30 * RS_USEC_PER_SEC)

/* --- what is possible ---------------------------------------------------------------------- */

bool rs_app_is_unstarted(enum rs_state state)
{
	return state == RS_STATE_NOT_CONFIGURED || state == RS_STATE_NOT_STARTED || state == RS_STATE_PRECHECKING ||
	       state == RS_STATE_PRECHECK_FAILED || state == RS_STATE_PRECHECK_PASSED;
}

static const char *why_only_looking(void)
{
	return _("this screen only looks (--view)");
}

bool rs_app_may_change(const struct rs_app *app, const char **why)
{
	return app->view ? rs_app_no(why, why_only_looking()) : true;
}

bool rs_app_may_change_it(const struct rs_watch *watch, const char **why)
{
	return watch->owner->view ? rs_app_no(why, why_only_looking()) : true;
}

static bool can_pause(const struct rs_watch *watch, const char **why)
{
	switch (watch->state) {
	case RS_STATE_INITIALIZING:
	case RS_STATE_SYNCHRONIZING:
	case RS_STATE_RETRYING: return true;
	case RS_STATE_PAUSED: return rs_app_no(why, _("it is paused already"));
	default: return rs_app_no(why, _("it is not at work"));
	}
}

static bool can_resume(const struct rs_watch *watch, const char **why)
{
	switch (watch->state) {
	case RS_STATE_PAUSED:
	case RS_STATE_FAILED:
	case RS_STATE_INITIALIZE_FAILED:
	case RS_STATE_RETRYING: return true;
	default: return rs_app_no(why, _("it is at work already"));
	}
}

/* One that nobody runs is started to let go of it. */
static bool can_release_resting(const struct rs_watch *watch, const char **why)
{
	return rs_app_is_unstarted(watch->state) ? rs_app_no(why, _("it has not begun yet")) : rs_app_can_start(watch, why);
}

bool rs_app_can_command(const struct rs_watch *watch, enum rs_command command, const char **why)
{
	*why = NULL;
	if (!rs_app_may_change_it(watch, why))
		return false;
	if (!watch->task)
		return rs_app_no(why, _("its file can't be read"));
	if (!watch->live)
		return command == RS_CMD_RELEASE ? can_release_resting(watch, why) : rs_app_no(why, _("nobody runs it"));
	if (watch->stopping)
		return rs_app_no(why, _("it is stopping"));
	switch (command) {
	case RS_CMD_PAUSE: return can_pause(watch, why);
	case RS_CMD_RESUME: return can_resume(watch, why);
	case RS_CMD_STOP:
	case RS_CMD_RELEASE: break;
	}
	return true;
}

bool rs_app_can_start(const struct rs_watch *watch, const char **why)
{
	*why = NULL;
	if (!rs_app_may_change_it(watch, why))
		return false;
	if (!watch->task)
		return rs_app_no(why, _("its file can't be read"));
	if (watch->live || watch->starting)
		return rs_app_no(why, _("it is running"));
	switch (watch->state) {
	case RS_STATE_NOT_CONFIGURED: return rs_app_no(why, _("it is not configured yet"));
	case RS_STATE_RELEASED: return rs_app_no(why, _("it was released: both sides are on their own"));
	default: break;
	}
	return rs_flow_check_runs(watch->task->flow, NULL) == RS_OK ? true : rs_app_no(why, _("this version can't start tasks of its flow yet"));
}

bool rs_app_reads_back(const struct rs_watch *watch, const char **why)
{
	const struct rs_flow *flow = watch->task ? rs_flow_find(watch->task->flow) : NULL;

	return !flow || rs_flow_reads_back(flow) ? true : rs_app_no(why, _("a task can't be begun anew on top of what a destination of this kind has"));
}

bool rs_app_can_compare(const struct rs_watch *watch, const char **why)
{
	*why = NULL;
	if (!watch->task)
		return rs_app_no(why, _("its file can't be read"));
	if (watch->state == RS_STATE_NOT_CONFIGURED)
		return rs_app_no(why, _("it is not configured yet"));
	if (rs_app_is_unstarted(watch->state))
		return rs_app_no(why, _("it has not begun yet"));
	const struct rs_flow *flow = rs_flow_find(watch->task->flow);

	return !flow || rs_flow_compares(flow) ? true : rs_app_no(why, _("what was written to a destination of this kind can't be read again"));
}

enum rs_configured rs_app_configured(const struct rs_watch *watch)
{
	if (watch->live)
		return RS_CONFIGURED_RUNNING;
	return rs_app_is_unstarted(watch->state) ? RS_CONFIGURED_FIRST : RS_CONFIGURED_BEGUN;
}

bool rs_app_can_take_up(const struct rs_watch *watch, const char **why)
{
	*why = NULL;
	if (!rs_app_may_change_it(watch, why))
		return false;
	if (!watch->task)
		return rs_app_no(why, _("its file can't be read; mend it with an editor"));
	if (watch->starting || watch->stopping)
		return rs_app_no(why, watch->starting ? _("it is being started") : _("it is stopping"));
	return true;
}

bool rs_app_can_modify(const struct rs_watch *watch, const char **why)
{
	if (!rs_app_can_take_up(watch, why))
		return false;
	if (watch->state == RS_STATE_RELEASED)
		return rs_app_no(why, _("it was released: both sides are on their own"));
	return true;
}

static bool same_text(const char *a, const char *b)
{
	return a && b && strcasecmp(a, b) == 0;
}

/* A server that is given by its address may be in the registry all the same. */
static bool is_at(const struct rs_instance *i, const struct rs_endpoint *side)
{
	unsigned usual = i->engine && strcmp(i->engine, "postgresql") == 0 ? 5432 : 3306;

	return same_text(i->socket, side->socket) ||
	       (same_text(i->host, side->host) && (i->port ? i->port : usual) == (side->port ? side->port : usual));
}

const struct rs_instance *rs_app_production(const struct rs_app *app, const struct rs_task *task)
{
	const struct rs_endpoint *side = &task->destination;
	const struct rs_instance *named = side->instance ? rs_registry_find(&app->instances, side->instance) : NULL;

	if (named && named->production)
		return named;
	for (size_t n = 0; n < app->instances.count; n++)
		if (app->instances.items[n].production && is_at(&app->instances.items[n], side))
			return &app->instances.items[n];
	return NULL;
}

/* --- commands ---------------------------------------------------------------------------------- */

/* One given to another process. */
struct remote {
	struct rs_app *app;
	struct rs_task *task;
	enum rs_command command;
	enum rs_rc rc;
	struct rs_err err;
};

static void remote_run(void *arg)
{
	struct remote *r = arg;

	r->rc = rs_task_command(r->task, r->command, COMMAND_TIME, &r->err);
}

static void say_done(struct rs_app *app, const char *name, enum rs_command command)
{
	switch (command) {
	case RS_CMD_PAUSE: rs_loop_say(app->loop, RS_STYLE_OK, _("%s: paused."), name); break;
	case RS_CMD_RESUME: rs_loop_say(app->loop, RS_STYLE_OK, _("%s: resumed."), name); break;
	case RS_CMD_STOP: rs_loop_say(app->loop, RS_STYLE_OK, _("%s: stopped. It goes on from there when it is started again."), name); break;
	case RS_CMD_RELEASE: rs_loop_say(app->loop, RS_STYLE_OK, _("%s: released."), name); break;
	}
}

static void remote_done(void *arg)
{
	struct remote *r = arg;

	if (r->rc == RS_OK)
		say_done(r->app, r->task->name, r->command);
	else
		rs_app_say_error(r->app, &r->err);
	rs_app_rescan(r->app);
	rs_task_free(r->task);
	rs_err_clear(&r->err);
	free(r);
}

static void command_remote(struct rs_app *app, const struct rs_watch *watch, enum rs_command command)
{
	struct remote *r = rs_xcalloc(1, sizeof *r);

	*r = (struct remote){.app = app, .task = rs_task_copy(watch->task), .command = command, .err = RS_ERR_INIT};
	rs_work_start(&app->works, remote_run, remote_done, r, 0);
}

static void say_begun(struct rs_app *app, const char *name, enum rs_command command)
{
	switch (command) {
	case RS_CMD_PAUSE: rs_loop_say(app->loop, RS_STYLE_NORMAL, _("%s: pausing."), name); break;
	case RS_CMD_RESUME: rs_loop_say(app->loop, RS_STYLE_NORMAL, _("%s: going on."), name); break;
	case RS_CMD_STOP: rs_loop_say(app->loop, RS_STYLE_NORMAL, _("%s: stopping."), name); break;
	case RS_CMD_RELEASE: rs_loop_say(app->loop, RS_STYLE_NORMAL, _("%s: being released."), name); break;
	}
}

static void release_started(void *ctx, struct rs_watch *watch, struct rs_err *err)
{
	if (rs_err_is_set(err))
		rs_app_show_error(ctx, _("The task can't be released"), err);
	else
		rs_app_command(ctx, watch, RS_CMD_RELEASE);
}

void rs_app_command(struct rs_app *app, struct rs_watch *watch, enum rs_command command)
{
	if (command == RS_CMD_RELEASE && !watch->live) {
		if (!watch->starting)
			rs_watch_start(watch, release_started, app);
		return;
	}
	if (!rs_watch_is_running_here(watch)) {
		command_remote(app, watch, command);
		return;
	}
	rs_engine_command(watch->engine, command);
	watch->stopping = command == RS_CMD_STOP || command == RS_CMD_RELEASE;
	say_begun(app, watch->name, command);
}

static void set_question(struct rs_app *app, const struct rs_watch *watch, enum rs_command command)
{
	free(app->question_path);
	app->question_path = rs_xstrdup(watch->path);
	app->question_command = command;
}

static void command_answered(void *ctx, const char *answer)
{
	struct rs_app *app = ctx;
	struct rs_watch *watch = rs_watches_find(&app->watches, app->question_path);
	const char *why;

	if (answer && strcmp(answer, "yes") == 0 && watch && rs_app_can_command(watch, app->question_command, &why))
		rs_app_command(app, watch, app->question_command);
}

static void ask_stop(struct rs_app *app, const struct rs_watch *watch)
{
	struct rs_option buttons[] = {{"no", _("Cancel"), NULL, NULL}, {"yes", _("Stop"), NULL, NULL}};
	char *title = rs_xprintf(_("Stop %s?"), watch->name);

	rs_dialog_ask(app->loop, title,
	              _("How far it is gets written down, and it goes on from there when it is started again. The source must keep its "
	                "log until then."),
	              false, buttons, RS_COUNT(buttons), command_answered, app);
	free(title);
}

static void ask_release(struct rs_app *app, const struct rs_watch *watch)
{
	char *title = rs_xprintf(_("Release %s?"), watch->name);
	char *to = rs_endpoint_text(&watch->task->destination);
	char *text = rs_xprintf(_("Releasing ends the synchronization for good: triggers are made at %s, what rds-sync keeps of the task on "
	                          "both servers is removed, and from then on both sides are on their own. It can't be taken back."),
	                        to);

	rs_dialog_typed(app->loop, title, text, watch->name, NULL, _("Release"), command_answered, app);
	free(title);
	free(to);
	free(text);
}

void rs_app_ask_command(struct rs_app *app, struct rs_watch *watch, enum rs_command command)
{
	if (command != RS_CMD_STOP && command != RS_CMD_RELEASE) {
		rs_app_command(app, watch, command);
		return;
	}
	set_question(app, watch, command);
	if (command == RS_CMD_STOP)
		ask_stop(app, watch);
	else
		ask_release(app, watch);
}

/* --- starting ---------------------------------------------------------------------------------- */

struct start {
	struct rs_app *app;
	const struct rs_screen *top; /* when it was asked for; only compared */
	enum rs_app_then then;
};

static void started(void *ctx, struct rs_watch *watch, struct rs_err *err)
{
	struct start *s = ctx;

	if (rs_err_is_set(err))
		rs_app_show_error(s->app, _("The task can't be started"), err);
	else if (s->then != RS_APP_STAY && s->top && rs_loop_top(s->app->loop) == s->top)
		rs_live_open(s->app, watch, s->then == RS_APP_OPEN_INSTEAD);
	free(s);
}

void rs_app_start_task(struct rs_app *app, struct rs_watch *watch, enum rs_app_then then)
{
	struct start *s;

	if (watch->starting)
		return;
	s = rs_xcalloc(1, sizeof *s);
	*s = (struct start){.app = app, .top = rs_loop_top(app->loop), .then = then};
	rs_watch_start(watch, started, s);
}

void rs_app_start_again(struct rs_app *app, struct rs_watch *watch)
{
	const char *why;

	watch->live = watch->engine != NULL;
	if (rs_app_can_start(watch, &why))
		rs_app_start_task(app, watch, RS_APP_STAY);
}

/* --- deleting ---------------------------------------------------------------------------------- */

struct deletion {
	struct rs_app *app;
	struct rs_task *task;
	enum rs_rc rc;
	struct rs_err err;
};

static void delete_run(void *arg)
{
	struct deletion *d = arg;

	d->rc = rs_task_delete(d->task, &d->err);
	if (d->rc == RS_OK && d->task->id)
		rs_task_status_forget(d->task);
}

static void delete_done(void *arg)
{
	struct deletion *d = arg;
	struct rs_watch *watch = rs_watches_find(&d->app->watches, d->task->path ? d->task->path : d->task->name);

	if (d->rc != RS_OK)
		rs_app_show_error(d->app, _("The task can't be deleted"), &d->err);
	else if (watch && !watch->users)
		rs_watches_remove(&d->app->watches, watch);
	if (d->app->watches.changed)
		d->app->watches.changed(d->app->watches.ctx);
	rs_err_clear(&d->err);
	rs_task_free(d->task);
	free(d);
}

void rs_app_delete_task(struct rs_app *app, struct rs_watch *watch)
{
	struct deletion *d;

	if (!watch->task)
		return;
	d = rs_xcalloc(1, sizeof *d);
	*d = (struct deletion){.app = app, .task = rs_task_copy(watch->task), .err = RS_ERR_INIT};
	rs_work_start(&app->works, delete_run, delete_done, d, RS_WORK_IN_LINE);
}
