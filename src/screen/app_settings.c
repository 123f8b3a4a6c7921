/* Single settings of a task that are changed from the list and the dashboard, without the wizard: its name, how
 * fast it may be, and what it tells by itself. Written to its file beside what others change there; the process that runs it takes them up. */
#include "screen/app.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/flow.h"

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

#define SETTINGS_MAX 5

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

/* --- several in one dialog ------------------------------------------------------------------------------- */

struct asked {
	const char *key;
	struct rs_entry *entry;
};

struct asking {
	struct rs_app *app;
	const struct rs_task *task; /* only until the dialog is open */
	char *path;
	struct rs_widget *root, *fields;
	struct asked asked[SETTINGS_MAX];
	size_t count;
	struct rs_widget *state;    /* the box of alert.state; NULL: it is not asked for */
};

static struct asking *asking_new(struct rs_app *app, const struct rs_watch *watch, const char *note)
{
	struct asking *a = rs_xcalloc(1, sizeof *a);

	*a = (struct asking){.app = app, .task = watch->task, .path = rs_xstrdup(watch->path), .fields = rs_fieldset_new(NULL)};
	(void)rs_fieldset_add_note(a->fields, note, RS_STYLE_NORMAL);
	return a;
}

/* The value that it has goes with the first character typed, but for a command, which is rather mended. */
static void ask_for(struct asking *a, const char *key, const char *label, int width, const char *help)
{
	struct rs_entry *e = rs_entry_new(key, width, 4096);
	const char *value = rs_task_get(a->task, key);

	(rs_task_key_find(key)->type == RS_KEY_TEXT ? rs_entry_set : rs_entry_suggest)(e, value ? value : "");
	rs_widget_set_help(&e->w, help);
	(void)rs_fieldset_add(a->fields, label, &e->w);
	a->asked[a->count++] = (struct asked){key, e};
}

static bool check(struct asking *a, const struct asked *asked)
{
	struct rs_err err = RS_ERR_INIT;
	const char *text = rs_entry_text(asked->entry);
	bool good = !*text || rs_task_key_check(rs_task_key_find(asked->key), text, &err) == RS_OK;

	rs_fieldset_set_error(a->fields, &asked->entry->w, good ? NULL : err.primary);
	rs_err_clear(&err);
	return good;
}

/* The first that is wrong gets the focus. */
static bool taken(void *ctx, const char *answer)
{
	struct asking *a = ctx;
	const struct asked *bad = NULL;

	for (size_t i = a->count; strcmp(answer, "set") == 0 && i-- > 0;)
		if (!check(a, &a->asked[i]))
			bad = &a->asked[i];
	if (bad)
		(void)rs_widget_focus(a->root, &bad->entry->w);
	return !bad;
}

/* What is as without the key is not written. */
static const char *or_nothing(const struct asked *asked)
{
	const char *text = rs_entry_text(asked->entry), *preset = rs_task_key_find(asked->key)->preset;

	return preset && strcmp(text, preset) == 0 ? "" : text;
}

static void settings_answered(void *ctx, const char *answer)
{
	struct asking *a = ctx;

	if (answer && strcmp(answer, "set") == 0) {
		struct writing *one = writing_new(a->app, a->path);

		for (size_t i = 0; i < a->count; i++)
			add(one, a->asked[i].key, or_nothing(&a->asked[i]));
		if (a->state)
			add(one, "alert.state", rs_checkbox_get(a->state) ? "" : "no");
		begin(one);
	}
	free(a->path);
	free(a);
}

static void open_dialog(struct asking *a, const char *title)
{
	struct rs_option buttons[] = {{"set", _("Set"), NULL, NULL}, {"cancel", _("Cancel"), NULL, NULL}};

	a->task = NULL;
	a->root = rs_column_new(1);
	(void)rs_widget_add(a->root, a->fields);
	(void)rs_widget_add(a->root, rs_buttons_new("buttons", buttons, RS_COUNT(buttons), 0));
	(void)rs_widget_focus(a->root, &a->asked[0].entry->w);
	rs_dialog_open(a->app->loop, title, a->root, false, taken, settings_answered, a);
}

/* --- how fast it may be ---------------------------------------------------------------------------------- */

bool rs_app_can_limit(const struct rs_watch *watch, const char **why)
{
	const struct rs_flow *flow = watch->task ? rs_flow_find(watch->task->flow) : NULL;

	if (!rs_app_can_set(watch, why))
		return false;
	*why = flow && rs_flow_takes(flow, "sync.incremental_max_rows") ? NULL : _("this kind of task has no limits");
	return *why == NULL;
}

void rs_app_ask_limits(struct rs_app *app, const struct rs_watch *watch)
{
	struct asking *a = asking_new(app, watch, _("They hold at once, also while the task runs. 0: no limit."));
	char *title = rs_xprintf(_("Limits of %s"), watch->name);

	ask_for(a, "sync.incremental_max_rows", _("Changed rows/s"), 12,
	        _("The most changed rows a second that are followed. Empty: what the speed class says. 0: no limit."));
	ask_for(a, "sync.incremental_max_bytes", _("Changed bytes/s"), 12, _("The most bytes of changed rows a second, as 4M. 0: no limit."));
	ask_for(a, "sync.full_max_rows", _("Copied rows/s"), 12,
	        _("The most rows a second that are copied, by all workers together. 0: no limit."));
	ask_for(a, "sync.full_max_bytes", _("Copied bytes/s"), 12,
	        _("The most bytes a second that are copied, by all workers together, as 16M. 0: no limit."));
	ask_for(a, "sync.full_max_queries", _("Queries/s at the source"), 12,
	        _("The most queries a second that the copy sends to the source: two for each chunk. 0: no limit."));
	open_dialog(a, title);
	free(title);
}

/* --- what it tells by itself ---------------------------------------------------------------------------- */

void rs_app_ask_alerts(struct rs_app *app, const struct rs_watch *watch)
{
	struct asking *a =
		asking_new(app, watch, _("A line in the log, and the command, when one begins and when it is over. 0: none."));
	char *title = rs_xprintf(_("Alerts of %s"), watch->name);

	ask_for(a, "alert.lag", _("Lag (seconds)"), 10,
	        _("Tells when the lag is so many seconds and stays so, in the log and by the command below; 10 or more are of use. 0: never."));
	a->state = rs_fieldset_add(a->fields, _("State"), rs_checkbox_new("state", _("it fails, or retries for a minute")));
	rs_widget_set_help(a->state, _("Tells when the task fails, or retries for a minute, in the log and by the command below."));
	rs_checkbox_set(a->state, a->task->alert.state);
	ask_for(a, "alert.full_hours", _("Full copy (hours)"), 10, _("Tells when the full copy takes longer than so many hours. 0: never."));
	ask_for(a, "alert.command", _("Shell command"), 44,
	        _("A shell command that is run when an alert is raised, and when it is over; it finds what happened in "
	          "$RDS_SYNC_ALERT_TEXT. Empty: the log alone."));
	open_dialog(a, title);
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
