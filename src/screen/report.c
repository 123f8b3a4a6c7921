/* Reports saved to a file: of the precheck, of troubles, of differences. */
#include "screen/save_as.h"

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
	char *here = getcwd(NULL, 0), *file = rs_xprintf("%s/", here ? here : "."), *full;

	while (strncmp(path, "./", 2) == 0)
		path += 2;
	full = !*path || strcmp(path, ".") == 0 ? rs_xstrdup(here ? here : ".") : rs_paths_beside(file, path);
	free(file);
	free(here);
	return full;
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
};

static enum rs_rc diagnose_write(void *ctx, const char *path, struct rs_err *err)
{
	const struct diagnosing *d = ctx;

	return rs_task_diagnose(d->task, path, err);
}

static void diagnose_written(void *ctx, const char *path)
{
	const struct diagnosing *d = ctx;

	rs_loop_say(d->app->loop, RS_STYLE_OK, _("Saved as %s, without passwords and values of rows."), path);
}

static void diagnose_free(void *ctx)
{
	struct diagnosing *d = ctx;

	rs_task_free(d->task);
	free(d);
}

static const struct rs_save_as archive = {.write = diagnose_write, .written = diagnose_written, .free = diagnose_free};

void rs_app_diagnose(struct rs_app *app, const struct rs_watch *watch)
{
	struct diagnosing *d = rs_xcalloc(1, sizeof *d);
	struct rs_buf path = RS_BUF_INIT;

	*d = (struct diagnosing){.app = app, .task = rs_task_copy(watch->task)};
	put_path(&path, watch->name, "diagnostics", ".tar.gz");
	rs_app_save_as(app, &archive, _("Collect diagnostics"), _("The archive to write:"), rs_buf_str(&path), d);
	rs_buf_release(&path);
}

/* --- reports ------------------------------------------------------------------------------------- */

struct report {
	struct rs_app *app;
	struct rs_buf text;
};

static enum rs_rc report_write(void *ctx, const char *path, struct rs_err *err)
{
	const struct report *r = ctx;

	return rs_file_write(path, rs_buf_str(&r->text), r->text.len, 0600, err);
}

static void report_written(void *ctx, const char *path)
{
	const struct report *r = ctx;

	rs_loop_say(r->app->loop, RS_STYLE_OK, _("Saved as %s"), path);
}

static void report_free(void *ctx)
{
	struct report *r = ctx;

	rs_buf_release(&r->text);
	free(r);
}

static const struct rs_save_as report = {.write = report_write, .written = report_written, .free = report_free};

void rs_app_save_report(struct rs_app *app, const char *name, const char *kind, const struct rs_buf *text)
{
	struct report *r = rs_xcalloc(1, sizeof *r);
	struct rs_buf path = RS_BUF_INIT;

	*r = (struct report){.app = app, .text = RS_BUF_INIT};
	escape(text, &r->text);
	put_path(&path, name, kind, ".txt");
	rs_app_save_as(app, &report, _("Save the report"), _("The file to write:"), rs_buf_str(&path), r);
	rs_buf_release(&path);
}
