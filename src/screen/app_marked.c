/* Commands to several tasks: which take it and which don't is said first, then it is given to each. */
#include "screen/app.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

static bool can(const struct rs_watch *watch, enum rs_command command, const char **why)
{
	if (command != RS_CMD_RESUME || watch->live)
		return rs_app_can_command(watch, command, why);
	if (rs_app_is_unstarted(watch->state)) {
		*why = _("it has not begun yet");
		return false;
	}
	return rs_app_can_start(watch, why);
}

bool rs_app_can_command_marked(const struct rs_app *app, enum rs_command command, const char **why)
{
	const char *first = NULL;

	for (size_t i = 0; i < app->watches.count; i++) {
		const struct rs_watch *watch = app->watches.items[i];

		if (watch->marked && can(watch, command, why))
			return true;
		first = watch->marked && !first ? *why : first;
	}
	*why = first;
	return false;
}

/* An open question; the tasks are known by their marks when it is answered, and looked at again. */
struct marked {
	struct rs_app *app;
	enum rs_command command;
};

static void give(struct rs_app *app, struct rs_watch *watch, enum rs_command command)
{
	if (command == RS_CMD_RESUME && !watch->live)
		rs_app_start_task(app, watch, RS_APP_STAY);
	else
		rs_app_command(app, watch, command);
}

static void answered(void *ctx, const char *answer)
{
	struct marked *m = ctx;
	const char *why;

	for (size_t i = 0; answer && strcmp(answer, "yes") == 0 && i < m->app->watches.count; i++) {
		struct rs_watch *watch = m->app->watches.items[i];

		if (watch->marked && can(watch, m->command, &why))
			give(m->app, watch, m->command);
	}
	free(m);
}

static const char *title_of(enum rs_command command)
{
	switch (command) {
	case RS_CMD_PAUSE: return _("Pause these tasks?");
	case RS_CMD_STOP: return _("Stop these tasks?");
	default: return _("Start these tasks?");
	}
}

static const char *verb_of(enum rs_command command)
{
	switch (command) {
	case RS_CMD_PAUSE: return _("Pause");
	case RS_CMD_STOP: return _("Stop");
	default: return _("Start");
	}
}

static void put_tasks(const struct rs_app *app, enum rs_command command, struct rs_buf *out)
{
	struct rs_buf left = RS_BUF_INIT;
	const char *why;

	for (size_t i = 0; i < app->watches.count; i++) {
		const struct rs_watch *watch = app->watches.items[i];

		if (watch->marked && can(watch, command, &why))
			(void)rs_buf_addf(out, "%s%s", out->len ? "\n" : "", watch->name);
		else if (watch->marked)
			(void)rs_buf_addf(&left, "\n%s: %s", watch->name, why);
	}
	if (left.len)
		(void)rs_buf_addf(out, "\n\n%s%s", _("Left alone:"), rs_buf_str(&left));
	rs_buf_release(&left);
}

void rs_app_ask_command_marked(struct rs_app *app, enum rs_command command)
{
	struct rs_option buttons[] = {{"no", _("Cancel"), NULL, NULL}, {"yes", verb_of(command), NULL, NULL}};
	struct marked *m = rs_xcalloc(1, sizeof *m);
	struct rs_buf text = RS_BUF_INIT;

	*m = (struct marked){.app = app, .command = command};
	put_tasks(app, command, &text);
	rs_dialog_ask(app->loop, title_of(command), rs_buf_str(&text), false, buttons, RS_COUNT(buttons), answered, m);
	rs_buf_release(&text);
}
