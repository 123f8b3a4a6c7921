/* Reports saved to a file: of the precheck, of troubles, of differences. */
#include "screen/app.h"

#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "model/paths.h"

/* Line by line: line ends stay, what a terminal could misread does not. */
static void escape(const struct rs_buf *text, struct rs_buf *out)
{
	const char *p = rs_buf_str(text), *end = p + text->len;

	while (p < end) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));

		stop = stop ? stop : end;
		(void)rs_utf8_printable(out, p, (size_t)(stop - p));
		(void)rs_buf_addc(out, '\n');
		p = stop + 1;
	}
}

char *rs_app_full_path(const char *path)
{
	char *here = getcwd(NULL, 0), *file = rs_xprintf("%s/", here ? here : "."), *full = rs_paths_beside(file, path);

	free(file);
	free(here);
	return full;
}

struct saving {
	struct rs_app *app;
	char *path;
	struct rs_buf text;
	enum rs_rc rc;
	struct rs_err err;
};

static void save_run(void *arg)
{
	struct saving *s = arg;

	s->rc = rs_file_write(s->path, rs_buf_str(&s->text), s->text.len, 0600, &s->err);
}

static void save_done(void *arg)
{
	struct saving *s = arg;

	if (s->rc == RS_OK)
		rs_loop_say(s->app->loop, RS_STYLE_OK, _("Saved as %s"), s->path);
	else
		rs_app_say_error(s->app, &s->err);
	rs_err_clear(&s->err);
	rs_buf_release(&s->text);
	free(s->path);
	free(s);
}

static void path_answered(void *ctx, const char *path)
{
	struct rs_app *app = ctx;
	struct saving *s;

	if (!path || !*path)
		return;
	s = rs_xcalloc(1, sizeof *s);
	*s = (struct saving){.app = app, .path = rs_app_full_path(path), .text = app->report, .err = RS_ERR_INIT};
	app->report = (struct rs_buf)RS_BUF_INIT;
	rs_work_start(&app->works, save_run, save_done, s, 0);
}

/* In a file's name only what no shell and no file system minds. */
static void add_safe(struct rs_buf *out, const char *name)
{
	for (const char *p = name; *p; p++)
		(void)rs_buf_addc(out, strchr("/ \t\n\\'\"*?$`;&|<>(){}[]", *p) || (unsigned char)*p < 32 ? '-' : *p);
}

/* "NAME-KIND-20261122-124502.txt" */
static void put_path(struct rs_buf *path, const char *name, const char *kind, const char *suffix)
{
	time_t now = (time_t)(rs_clock_wall() / RS_USEC_PER_SEC);
	char when[32] = "";
	struct tm tm;

	if (localtime_r(&now, &tm))
		(void)strftime(when, sizeof when, "%Y%m%d-%H%M%S", &tm);
	add_safe(path, name);
	(void)rs_buf_addf(path, "-%s-%s%s", kind, when, suffix);
}

/* --- diagnostics -------------------------------------------------------------------------------- */

struct diagnosing {
	struct rs_app *app;
	struct rs_task *task;
	char *path;
	enum rs_rc rc;
	struct rs_err err;
};

static void diagnosing_free(struct diagnosing *d)
{
	rs_task_free(d->task);
	rs_err_clear(&d->err);
	free(d->path);
	free(d);
}

static void diagnose_run(void *arg)
{
	struct diagnosing *d = arg;

	d->rc = rs_task_diagnose(d->task, d->path, &d->err);
}

static void diagnose_done(void *arg)
{
	struct diagnosing *d = arg;

	if (d->rc == RS_OK)
		rs_loop_say(d->app->loop, RS_STYLE_OK, _("Saved as %s, without passwords and values of rows."), d->path);
	else
		rs_app_say_error(d->app, &d->err);
	diagnosing_free(d);
}

static void diagnose_answered(void *ctx, const char *path)
{
	struct diagnosing *d = ctx;

	if (!path || !*path) {
		diagnosing_free(d);
		return;
	}
	d->path = rs_app_full_path(path);
	rs_work_start(&d->app->works, diagnose_run, diagnose_done, d, 0);
}

void rs_app_diagnose(struct rs_app *app, const struct rs_watch *watch)
{
	struct diagnosing *d = rs_xcalloc(1, sizeof *d);
	struct rs_buf path = RS_BUF_INIT;

	*d = (struct diagnosing){.app = app, .task = rs_task_copy(watch->task), .err = RS_ERR_INIT};
	put_path(&path, watch->name, "diagnostics", ".tar.gz");
	rs_dialog_prompt(app->loop, _("Collect diagnostics"), _("The archive to write:"), rs_buf_str(&path), diagnose_answered, d);
	rs_buf_release(&path);
}

/* --- reports ------------------------------------------------------------------------------------- */

void rs_app_save_report(struct rs_app *app, const char *name, const char *kind, const struct rs_buf *text)
{
	struct rs_buf path = RS_BUF_INIT;

	rs_buf_clear(&app->report);
	escape(text, &app->report);
	put_path(&path, name, kind, ".txt");
	rs_dialog_prompt(app->loop, _("Save the report"), _("The file to write:"), rs_buf_str(&path), path_answered, app);
	rs_buf_release(&path);
}
