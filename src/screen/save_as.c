#include "screen/save_as.h"

#include <string.h>
#include <sys/stat.h>
#include "base/i18n.h"
#include "base/mem.h"

struct saving {
	struct rs_app *app;
	const struct rs_save_as *how;
	char *title, *label;
	char *typed, *path;  /* as it was typed, and as a whole one */
	bool replace;        /* the user has said so */
	char *in_the_way;    /* what would be replaced: nothing was written */
	enum rs_rc rc;
	struct rs_err err;
	void *ctx;
};

static void saving_free(struct saving *s)
{
	s->how->free(s->ctx);
	rs_err_clear(&s->err);
	free(s->title);
	free(s->label);
	free(s->typed);
	free(s->path);
	free(s->in_the_way);
	free(s);
}

bool rs_save_as_replaces(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

static char *in_the_way(const struct saving *s)
{
	if (s->how->in_the_way)
		return s->how->in_the_way(s->ctx, s->path);
	return rs_save_as_replaces(s->path) ? rs_xstrdup(s->path) : NULL;
}

static void save_run(void *arg)
{
	struct saving *s = arg;

	s->in_the_way = s->replace ? NULL : in_the_way(s);
	if (!s->in_the_way)
		s->rc = s->how->write(s->ctx, s->path, &s->err);
}

static void ask_path(struct saving *s);
static void save(struct saving *s, bool replace);

static void ask_again(void *ctx, const char *answer)
{
	(void)answer;
	ask_path(ctx);
}

static void replace_answered(void *ctx, const char *answer)
{
	if (answer && strcmp(answer, "replace") == 0)
		save(ctx, true);
	else
		ask_path(ctx);
}

static void ask_replace(struct saving *s)
{
	struct rs_option buttons[] = {{"cancel", _("Cancel"), NULL, NULL}, {"replace", _("Replace"), NULL, NULL}};
	char *text = rs_xprintf(_("%s\n\nThis is there already. What is in it is lost."), s->in_the_way);

	rs_dialog_ask(s->app->loop, _("Replace the file?"), text, true, buttons, RS_COUNT(buttons), replace_answered, s);
	free(text);
}

static void save_done(void *arg)
{
	struct saving *s = arg;

	if (s->in_the_way) {
		ask_replace(s);
	} else if (s->rc != RS_OK) {
		rs_dialog_error(s->app->loop, _("The file can't be written"), &s->err, ask_again, s);
	} else {
		s->how->written(s->ctx, s->path);
		saving_free(s);
	}
}

static void save(struct saving *s, bool replace)
{
	free(s->in_the_way);
	s->in_the_way = NULL;
	rs_err_clear(&s->err);
	s->replace = replace;
	rs_work_start(&s->app->works, save_run, save_done, s, RS_WORK_IN_LINE);
}

static void path_answered(void *ctx, const char *path)
{
	struct saving *s = ctx;

	if (!path || !*path) {
		saving_free(s);
		return;
	}
	free(s->typed);
	free(s->path);
	s->typed = rs_xstrdup(path);
	s->path = rs_app_full_path(path);
	save(s, false);
}

static void ask_path(struct saving *s)
{
	rs_dialog_prompt(s->app->loop, s->title, s->label, s->typed, path_answered, s);
}

void rs_app_save_as(struct rs_app *app, const struct rs_save_as *how, const char *title, const char *label, const char *path, void *ctx)
{
	struct saving *s = rs_xcalloc(1, sizeof *s);

	*s = (struct saving){.app = app, .how = how, .title = rs_xstrdup(title), .label = rs_xstrdup(label), .typed = rs_xstrdup(path),
	                     .ctx = ctx, .err = RS_ERR_INIT};
	ask_path(s);
}
