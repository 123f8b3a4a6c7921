#include "screen/app.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/form_binding.h"
#include "screen/hint.h"
#include "screen/keys.h"
#include "screen/show.h"
#include "screen/wizard.h"

/* --- the second's tick ------------------------------------------------------------------ */

#define SCAN_PERIOD RS_MSEC(900) /* each second's tick, also one that comes a little early */

static void scan_if_due(struct rs_app *app)
{
	rs_usec now = rs_clock_mono();

	if (now < app->scan_due)
		return;
	app->scan_due = now + SCAN_PERIOD;
	rs_watches_scan(&app->watches);
}

void rs_app_rescan(struct rs_app *app)
{
	app->scan_due = 0;
	scan_if_due(app);
}

static void leave_when_stopped(struct rs_app *app)
{
	if (app->leaving && rs_watches_running(&app->watches) == 0)
		rs_loop_quit(app->loop);
}

static void second(void *ctx)
{
	struct rs_app *app = ctx;

	for (size_t i = 0; i < app->watches.count; i++)
		rs_watch_sample(app->watches.items[i]);
	scan_if_due(app);
	leave_when_stopped(app);
	rs_loop_dirty(app->loop);
}

/* --- start and end ----------------------------------------------------------------------- */

static void *read_forms(void *arg)
{
	struct rs_app *app = arg;

	app->forms = rs_forms_load(NULL, &app->forms_error);
	return NULL;
}

const struct rs_forms *rs_app_forms(struct rs_app *app)
{
	rs_thread_join(&app->forms_reader);
	return app->forms;
}

void rs_app_init(struct rs_app *app)
{
	app->forms_error = (struct rs_err)RS_ERR_INIT;
	app->instances_error = (struct rs_err)RS_ERR_INIT;
	app->keys_error = app->prices_error = (struct rs_err)RS_ERR_INIT;
	app->instances = (struct rs_registry)RS_REGISTRY_INIT;
	if (!rs_thread_start(&app->forms_reader, "forms", read_forms, app))
		(void)read_forms(app);
	(void)(rs_registry_load(&app->instances, NULL, &app->instances_error) == RS_OK);
	(void)(rs_prices_load(&app->prices, NULL, &app->prices_error) == RS_OK);
	(void)(rs_keys_load(NULL, &app->keys_error) == RS_OK);
	rs_form_registry_init(&app->registry);
	rs_form_binding_register(&app->registry, &app->instances);
	rs_form_objects_use(&app->objects, &app->registry);
	rs_slow_check_init(&app->files, &app->works, &app->registry, "file");
	rs_form_register_action(&app->registry, "test-connectivity", rs_wizard_test, app);
	rs_form_register_action(&app->registry, "get-topic-list", rs_wizard_get_topics, app);
}

struct rs_wake rs_app_wake(struct rs_app *app)
{
	return (struct rs_wake){rs_loop_wake_cb, app->loop};
}

void rs_app_start(struct rs_app *app, struct rs_loop *loop)
{
	app->loop = loop;
	rs_works_init(&app->works, loop);
	rs_watches_init(&app->watches, &app->works, rs_app_wake(app));
	app->watches.view = app->view;
	app->second = rs_loop_timer(loop, RS_USEC_PER_SEC, RS_USEC_PER_SEC, second, app);
	scan_if_due(app);
}

void rs_app_settle(struct rs_app *app)
{
	rs_loop_timer_stop(app->loop, app->second);
	while (rs_loop_depth(app->loop) > 0)
		rs_loop_pop(app->loop);
	rs_watches_end_repairs(&app->watches);
	rs_works_end(&app->works);
	rs_thread_join(&app->forms_reader);
}

void rs_app_release(struct rs_app *app)
{
	rs_app_settle(app);
	rs_loop_free(app->loop);
	rs_watches_release(&app->watches);
	rs_works_release(&app->works);
	rs_form_registry_release(&app->registry);
	rs_slow_check_release(&app->files);
	rs_form_objects_release(&app->objects);
	rs_registry_release(&app->instances);
	rs_forms_free(app->forms);
	free(app->question_path);
	rs_err_clear(&app->forms_error);
	rs_err_clear(&app->instances_error);
	rs_prices_release(&app->prices);
	rs_err_clear(&app->prices_error);
	rs_err_clear(&app->keys_error);
	rs_keymap_remap_none();
}

void rs_app_say_error(struct rs_app *app, struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;

	rs_show_error(err, &text);
	rs_loop_say(app->loop, RS_STYLE_ERROR, "%s", rs_buf_str(&text));
	rs_buf_release(&text);
	rs_err_clear(err);
}

void rs_app_show_error(struct rs_app *app, const char *title, struct rs_err *err)
{
	rs_hint_translate(err, rs_loop_top(app->loop) ? rs_loop_top(app->loop)->ops->keymap : NULL);
	rs_dialog_error(app->loop, title, err, NULL, NULL);
	rs_err_clear(err);
}

/* --- leaving -------------------------------------------------------------------------------- */

static void put_names(const struct rs_app *app, bool (*which)(const struct rs_watch *watch), struct rs_buf *out)
{
	for (size_t i = 0; i < app->watches.count; i++)
		if (which(app->watches.items[i]))
			(void)rs_buf_addf(out, "%s%s", out->len ? ", " : "", app->watches.items[i]->name);
}

/* What ends with the screens, whoever runs the tasks. */
static void put_repairs(const struct rs_app *app, struct rs_buf *out)
{
	struct rs_buf names = RS_BUF_INIT;

	put_names(app, rs_watch_is_repairing, &names);
	if (names.len)
		/* TRANSLATORS: %s: names of tasks */
		(void)rs_buf_addf(out, _("%sA repair is under way: %s. It ends when you leave, behind the rows that it is at; what was repaired "
		                         "until then stays."),
		                  out->len ? "\n\n" : "", rs_buf_str(&names));
	rs_buf_release(&names);
}

static void leave_answered(void *ctx, const char *answer)
{
	struct rs_app *app = ctx;

	if (!answer || strcmp(answer, "stay") == 0)
		return;
	if (strcmp(answer, "detach") == 0) {
		app->detaching = true;
		rs_loop_quit(app->loop);
		return;
	}
	if (strcmp(answer, "leave") == 0) {
		rs_loop_quit(app->loop);
		return;
	}
	app->leaving = true;
	rs_watches_stop(&app->watches);
	rs_loop_say(app->loop, RS_STYLE_WARN, "%s", _("Stopping: each task writes down how far it is."));
	leave_when_stopped(app);
}

/* Nothing is synchronized here. */
static bool ask_end_repairs(struct rs_app *app)
{
	struct rs_option buttons[] = {{"stay", _("Stay"), NULL, NULL}, {"leave", _("Leave"), NULL, NULL}};
	struct rs_buf text = RS_BUF_INIT;
	bool none;

	put_repairs(app, &text);
	none = text.len == 0;
	if (!none)
		rs_dialog_ask(app->loop, _("Leave rds-sync?"), rs_buf_str(&text), false, buttons, RS_COUNT(buttons), leave_answered, app);
	rs_buf_release(&text);
	return none;
}

static bool ask_leave(struct rs_loop *loop, void *ctx)
{
	struct rs_app *app = ctx;
	struct rs_buf text = RS_BUF_INIT, names = RS_BUF_INIT;
	struct rs_option buttons[] = {
		{"stay", _("Stay"), NULL, NULL},
		{"detach", _("Go on in the background"), NULL, app->detach ? NULL : _("not possible here")},
		{"stop", _("Stop and leave"), NULL, NULL},
	};

	if (rs_dialog_is_open(loop))
		return rs_watches_running(&app->watches) == 0;
	if (rs_watches_running(&app->watches) == 0)
		return ask_end_repairs(app);
	put_names(app, rs_watch_is_running_here, &names);
	/* TRANSLATORS: %s: names of tasks */
	(void)rs_buf_addf(&text, _("This process is synchronizing: %s\n\nStopping is clean: how far each task is gets written down, "
	                           "and it goes on from there when it is started again. In the background it goes on without this "
	                           "screen, and rds-sync shows it again."),
	                  rs_buf_str(&names));
	put_repairs(app, &text);
	rs_dialog_ask(loop, _("Leave rds-sync?"), rs_buf_str(&text), false, buttons, RS_COUNT(buttons), leave_answered, app);
	rs_buf_release(&text);
	rs_buf_release(&names);
	return false;
}

/* A stopped process stops its engines too, and servers hang up on them: so ask for something better. */
static bool ask_suspend(struct rs_loop *loop, void *ctx)
{
	struct rs_app *app = ctx;
	struct rs_option buttons[] = {
		{"stay", _("Stay"), NULL, NULL},
		{"detach", _("Go on in the background"), NULL, app->detach ? NULL : _("not possible here")},
	};

	if (rs_watches_running(&app->watches) == 0)
		return true;
	rs_dialog_ask(loop, _("Suspend rds-sync?"),
	              _("Suspending would hold up the tasks that this process runs. It can go on in the background instead, which "
	                "gives you the shell as well."),
	              false, buttons, RS_COUNT(buttons), leave_answered, app);
	return false;
}

void rs_app_options(struct rs_app *app, struct rs_loop_options *options)
{
	options->quit = ask_leave;
	options->suspend = ask_suspend;
	options->ctx = app;
}
