/* Single settings of a task that are changed from the list and the dashboard, without the wizard: its name, and what it tells
 * by itself. Written to its file beside what others change there; the process that runs it takes them up. */
#include "screen/app.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

#define RELOAD_TIME (30 * RS_USEC_PER_SEC)

bool rs_app_can_set(const struct rs_watch *watch, const char **why)
{
	*why = NULL;
	if (!rs_app_may_change_it(watch, why))
		return false;
	if (!watch->task)
		*why = _("its file can't be read; mend it with an editor");
	else if (watch->state == RS_STATE_RELEASED)
		*why = _("it was released: both sides are on their own");
	return *why == NULL;
}

/* --- writing them ---------------------------------------------------------------------------------- */

#define SETTINGS_MAX 4

struct setting {
	const char *key;   /* "alert.lag" */
	char *value;       /* "": it is removed */
};

struct writing {
	struct rs_app *app;
	char *path;
	struct setting settings[SETTINGS_MAX];
	size_t count;
	struct rs_task *task; /* as it is in the file afterwards */
	enum rs_rc rc;
	struct rs_err err;
};

static void writing_free(struct writing *one)
{
	for (size_t i = 0; i < one->count; i++)
		free(one->settings[i].value);
	rs_task_free(one->task);
	rs_err_clear(&one->err);
	free(one->path);
	free(one);
}

static enum rs_rc change(struct writing *one)
{
	for (size_t i = 0; i < one->count; i++)
		if (rs_task_set(one->task, one->settings[i].key, one->settings[i].value, &one->err) != RS_OK)
			return RS_FAIL;
	return rs_task_save(one->task, &one->err);
}

/* Nobody needs to run it. */
static enum rs_rc tell(struct writing *one)
{
	if (rs_task_reload(one->task, RELOAD_TIME, &one->err) == RS_OK)
		return RS_OK;
	if (one->err.code != RS_E_TASK_NOT_RUNNING)
		return RS_FAIL;
	rs_err_clear(&one->err);
	return RS_OK;
}

static void write_run(void *arg)
{
	struct writing *one = arg;
	int edit = rs_task_edit_begin(one->path, &one->err);

	one->task = edit < 0 ? NULL : rs_task_load(one->path, &one->err);
	one->rc = one->task ? change(one) : RS_FAIL;
	rs_task_edit_end(edit);
	if (one->rc == RS_OK)
		one->rc = tell(one);
}

static void write_done(void *arg)
{
	struct writing *one = arg;
	struct rs_watches *w = &one->app->watches;

	if (one->rc != RS_OK)
		rs_app_show_error(one->app, _("It can't be changed"), &one->err);
	else
		rs_loop_say(one->app->loop, RS_STYLE_OK, _("%s was changed."), one->task->name);
	if (one->rc == RS_OK)
		(void)rs_watches_put(w, rs_task_copy(one->task));
	if (w->changed)
		w->changed(w->ctx);
	writing_free(one);
}

static struct writing *writing_new(struct rs_app *app, const char *path)
{
	struct writing *one = rs_xcalloc(1, sizeof *one);

	*one = (struct writing){.app = app, .path = rs_xstrdup(path), .err = RS_ERR_INIT};
	return one;
}

static void add(struct writing *one, const char *key, const char *value)
{
	one->settings[one->count++] = (struct setting){key, rs_xstrdup(value)};
}

static void begin(struct writing *one)
{
	rs_work_start(&one->app->works, write_run, write_done, one, RS_WORK_IN_LINE);
}

/* --- the name ---------------------------------------------------------------------------------------- */

static void name_answered(void *ctx, const char *name)
{
	struct writing *one = ctx;

	if (!name || !*name) {
		writing_free(one);
		return;
	}
	add(one, "task.name", name);
	begin(one);
}

void rs_app_ask_name(struct rs_app *app, const struct rs_watch *watch)
{
	char *title = rs_xprintf(_("Rename %s"), watch->name);

	rs_dialog_prompt(app->loop, title, _("The task's name. Its file and what it is known by at the destination stay."), watch->name,
	                 name_answered, writing_new(app, watch->path));
	free(title);
}

/* --- what it tells by itself ---------------------------------------------------------------------------- */

struct alerts {
	struct rs_app *app;
	char *path;
	struct rs_widget *fields, *state;
	struct rs_entry *lag, *full, *command;
};

static bool check(struct alerts *a, struct rs_entry *e, const char *key)
{
	struct rs_err err = RS_ERR_INIT;
	const char *text = rs_entry_text(e);
	bool good = !*text || rs_task_key_check(rs_task_key_find(key), text, &err) == RS_OK;

	rs_fieldset_set_error(a->fields, &e->w, good ? NULL : err.primary);
	rs_err_clear(&err);
	return good;
}

static bool taken(void *ctx, const char *answer)
{
	struct alerts *a = ctx;
	bool lag, full, command;

	if (strcmp(answer, "set") != 0)
		return true;
	lag = check(a, a->lag, "alert.lag");
	full = check(a, a->full, "alert.full_hours");
	command = check(a, a->command, "alert.command");
	return lag && full && command;
}

/* What is as without the key is not written. */
static const char *or_nothing(const char *text, const char *preset)
{
	return strcmp(text, preset) == 0 ? "" : text;
}

static void alerts_answered(void *ctx, const char *answer)
{
	struct alerts *a = ctx;

	if (answer && strcmp(answer, "set") == 0) {
		struct writing *one = writing_new(a->app, a->path);

		add(one, "alert.lag", or_nothing(rs_entry_text(a->lag), "0"));
		add(one, "alert.state", rs_checkbox_get(a->state) ? "" : "no");
		add(one, "alert.full_hours", or_nothing(rs_entry_text(a->full), "0"));
		add(one, "alert.command", rs_entry_text(a->command));
		begin(one);
	}
	free(a->path);
	free(a);
}

static struct rs_entry *entry_add(struct alerts *a, const char *id, const char *label, int width, unsigned number, const char *text)
{
	struct rs_entry *e = rs_entry_new(id, width, 4096);
	char digits[24];

	(void)snprintf(digits, sizeof digits, "%u", number);
	rs_entry_set(e, text ? text : digits);
	(void)rs_fieldset_add(a->fields, label, &e->w);
	return e;
}

void rs_app_ask_alerts(struct rs_app *app, const struct rs_watch *watch)
{
	struct rs_option buttons[] = {{"set", _("Set"), NULL, NULL}, {"cancel", _("Cancel"), NULL, NULL}};
	const struct rs_task_alert *now = &watch->task->alert;
	struct alerts *a = rs_xcalloc(1, sizeof *a);
	struct rs_widget *root = rs_column_new(1);
	char *title = rs_xprintf(_("Alerts of %s"), watch->name);

	*a = (struct alerts){.app = app, .path = rs_xstrdup(watch->path), .fields = rs_fieldset_new(NULL)};
	(void)rs_fieldset_add_note(a->fields, _("A line in the log, and the command, when one begins and when it is over. 0: none."), RS_STYLE_NORMAL);
	a->lag = entry_add(a, "lag", _("Lag (seconds)"), 10, now->lag, NULL);
	a->state = rs_fieldset_add(a->fields, _("State"), rs_checkbox_new("state", _("it fails, or retries for a minute")));
	rs_checkbox_set(a->state, now->state);
	a->full = entry_add(a, "full", _("Full copy (hours)"), 10, now->full_hours, NULL);
	a->command = entry_add(a, "command", _("Shell command"), 44, 0, now->command ? now->command : "");
	(void)rs_widget_add(root, a->fields);
	(void)rs_widget_add(root, rs_buttons_new("buttons", buttons, RS_COUNT(buttons), 0));
	(void)rs_widget_focus(root, &a->lag->w);
	rs_dialog_open(app->loop, title, root, false, taken, alerts_answered, a);
	free(title);
}

void rs_app_put_alerts(const struct rs_progress *p, struct rs_buf *out)
{
	static const char *const titles[RS_ALERT_COUNT] = {
		[RS_ALERT_LAG] = N_("lag"), [RS_ALERT_STATE] = N_("state"), [RS_ALERT_FULL] = N_("copy")};
	const char *before = "";

	for (enum rs_alert alert = 0; alert < RS_ALERT_COUNT; alert++)
		if (p->alerts & 1u << alert) {
			(void)rs_buf_addf(out, "%s%s", before, _(titles[alert]));
			before = ", ";
		}
}
