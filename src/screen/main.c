/* The full-screen program: terminal, screens, and what becomes of the engines when the screens are gone. */
#include "screen/screen.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "screen/app.h"

enum { EXIT_FINE = 0, EXIT_NOT = 2 };

static int fail(struct rs_err *err)
{
	char code[16];

	fprintf(stderr, "rds-sync: %s: %s\n", rs_err_code_text(err->code, code, sizeof code),
	        err->primary ? err->primary : rs_err_title(err->code));
	if (err->detail)
		fprintf(stderr, "%s\n", err->detail);
	if (err->hint)
		fprintf(stderr, "%s\n", err->hint);
	rs_err_clear(err);
	return EXIT_NOT;
}

static struct rs_term *open_term(const struct rs_screen_options *o, struct rs_err *err)
{
	const struct rs_term_options options = {
		.colour = o->color < 0 ? RS_COLOUR_NEVER : o->color > 0 ? RS_COLOUR_ALWAYS : RS_COLOUR_AUTO,
		.ascii = o->ascii,
		.utf8 = o->utf8,
	};

	return rs_term_open(&options, err);
}

/* --- without a terminal any more ----------------------------------------------------------------- */

static volatile sig_atomic_t told_to_end;

static void on_end(int sig)
{
	(void)sig;
	told_to_end = 1;
}

static void listen_for_end(void)
{
	struct sigaction action = {.sa_handler = on_end};

	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

/* Goes on until nothing runs any more: tasks end by themselves, or are told to by rds-sync stop, or all by SIGTERM. */
static void go_on_without_terminal(struct rs_app *app)
{
	const struct timespec pause = {0, 200000000};

	listen_for_end();
	while (rs_watches_running(&app->watches) > 0) {
		if (told_to_end)
			rs_watches_stop(&app->watches);
		(void)nanosleep(&pause, NULL);
	}
}

/* --- with one ---------------------------------------------------------------------------------------- */

/* The task that the command line names, whose state another process may be slow to tell: the list is shown until then. */
struct opening {
	struct rs_app *app;
	struct rs_task *task;
	enum rs_configured how;
};

static void opening_run(void *arg)
{
	struct opening *o = arg;
	struct rs_task_status status;

	if (rs_task_status_look(o->task, NULL, &status, NULL) != RS_OK)
		return;
	o->how = status.live ? RS_CONFIGURED_RUNNING : rs_app_is_unstarted(status.state) ? RS_CONFIGURED_FIRST : RS_CONFIGURED_BEGUN;
	rs_task_status_release(&status);
}

static void opening_done(void *arg)
{
	struct opening *o = arg;
	struct rs_err err = RS_ERR_INIT;

	if (rs_loop_depth(o->app->loop) > 0 && rs_wizard_open(o->app, o->task, o->how, false, &err) != RS_OK)
		rs_app_show_error(o->app, _("The task can't be configured here"), &err);
	rs_task_free(o->task);
	free(o);
}

static enum rs_rc open_first(struct rs_app *app, const char *wizard, struct rs_err *err)
{
	struct rs_task *task = wizard ? rs_task_find(wizard, err) : NULL;
	struct opening *o;

	rs_tasks_open(app);
	if (!task)
		return wizard ? RS_FAIL : RS_OK;
	o = rs_xcalloc(1, sizeof *o);
	*o = (struct opening){app, task, RS_CONFIGURED_FIRST};
	rs_work_start(&app->works, opening_run, opening_done, o, 0);
	return RS_OK;
}

/* On the terminal that is given back: what goes on, and how to come back to it. */
static void say_what_goes_on(const struct rs_app *app)
{
	for (size_t i = 0; i < app->watches.count; i++) {
		const struct rs_watch *watch = app->watches.items[i];

		if (rs_watch_is_running_here(watch))
			printf(_("%s goes on in the background (process %ld).\n"), watch->name, (long)getpid());
	}
	puts(_("rds-sync shows it again, \"rds-sync stop TASK\" ends it."));
	(void)fflush(stdout);
}

/* How the program ends: with its engines stopped, or without them having noticed. */
static void after_loop(struct rs_app *app, enum rs_loop_end end, struct rs_term *term)
{
	bool goes_on = end == RS_LOOP_HANGUP || app->detaching;

	rs_term_close(term);
	rs_app_settle(app);
	if (!goes_on || rs_watches_running(&app->watches) == 0)
		return;
	rs_log(RS_LOG_INFO, "going on without a terminal tasks=%zu", rs_watches_running(&app->watches));
	if (app->detaching)
		say_what_goes_on(app);
	if (app->detach)
		(void)app->detach();
	go_on_without_terminal(app);
}

static void say_terminal(const struct rs_app *app, const struct rs_term *term)
{
	bool fallback;
	const char *type = rs_term_type(term, &fallback);

	if (fallback)
		rs_loop_say(app->loop, RS_STYLE_WARN, _("This host has no description of the terminal %s; it is taken for %s."), getenv("TERM"), type);
}

static int run(struct rs_app *app, struct rs_term *term, const char *wizard)
{
	struct rs_loop_options options = {.program = "rds-sync"};
	struct rs_err err = RS_ERR_INIT;
	char host[256] = "";
	enum rs_loop_end end = RS_LOOP_QUIT;

	(void)gethostname(host, sizeof host - 1);
	options.host = host;
	rs_app_options(app, &options);
	rs_app_start(app, rs_loop_new(term, &options));
	say_terminal(app, term);
	if (open_first(app, wizard, &err) == RS_OK)
		end = rs_loop_run(app->loop);
	after_loop(app, end, term);
	rs_app_release(app);
	return err.code ? fail(&err) : EXIT_FINE;
}

int rs_screen_main(const struct rs_screen_options *options)
{
	struct rs_app app = {.detach = options->detach};
	struct rs_err err = RS_ERR_INIT;
	struct rs_term *term;

	/* While it is open the terminal notes hang-ups itself; afterwards one more of them is no news. */
	signal(SIGHUP, SIG_IGN);
	term = open_term(options, &err);
	if (!term)
		return fail(&err);
	rs_app_init(&app);
	app.view = options->view;
	return run(&app, term, options->view ? NULL : options->wizard);
}
