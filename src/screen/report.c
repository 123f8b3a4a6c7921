/* Reports saved to a file: of the precheck, of troubles, of differences. */
#include "screen/app.h"

#include <string.h>
#include <time.h>
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

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
	*s = (struct saving){.app = app, .path = rs_xstrdup(path), .text = app->report, .err = RS_ERR_INIT};
	app->report = (struct rs_buf)RS_BUF_INIT;
	rs_work_start(&app->works, save_run, save_done, s, 0);
}

/* In a file's name only what no shell and no file system minds. */
static void add_safe(struct rs_buf *out, const char *name)
{
	for (const char *p = name; *p; p++)
		(void)rs_buf_addc(out, strchr("/ \t\n\\'\"*?$`;&|<>(){}[]", *p) || (unsigned char)*p < 32 ? '-' : *p);
}

void rs_app_save_report(struct rs_app *app, const char *name, const char *kind, const struct rs_buf *text)
{
	time_t now = (time_t)(rs_clock_wall() / RS_USEC_PER_SEC);
	struct rs_buf path = RS_BUF_INIT;
	char when[32] = "";
	struct tm tm;

	rs_buf_clear(&app->report);
	escape(text, &app->report);
	if (localtime_r(&now, &tm))
		(void)strftime(when, sizeof when, "%Y%m%d-%H%M%S", &tm);
	add_safe(&path, name);
	(void)rs_buf_addf(&path, "-%s-%s.txt", kind, when);
	rs_dialog_prompt(app->loop, _("Save the report"), _("The file to write:"), rs_buf_str(&path), path_answered, app);
	rs_buf_release(&path);
}
