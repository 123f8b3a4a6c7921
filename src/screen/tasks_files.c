/* Tasks written to files of the user's, and made from such files: asked for the path, done in a thread, told. */
#include "screen/tasks.h"

#include <string.h>
#include <sys/stat.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/task_export.h"

/* --- export ------------------------------------------------------------------------------------- */

struct export {
	struct rs_app *app;
	struct rs_task **tasks;
	size_t count;
	char *path;          /* a file; of several tasks a directory */
	size_t written;
	enum rs_rc rc;
	struct rs_err err;
};

static void export_free(struct export *x)
{
	for (size_t i = 0; i < x->count; i++)
		rs_task_free(x->tasks[i]);
	free(x->tasks);
	free(x->path);
	rs_err_clear(&x->err);
	free(x);
}

/* In a directory a task has the name of its file, which no other has. */
static char *path_in(const char *dir, const struct rs_task *task)
{
	const char *slash = task->path ? strrchr(task->path, '/') : NULL;

	return rs_xprintf("%s/%s", dir, slash ? slash + 1 : task->name);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void export_run(void *arg)
{
	struct export *x = arg;
	bool into = x->count > 1 || is_directory(x->path);

	x->rc = RS_OK;
	for (size_t i = 0; i < x->count && x->rc == RS_OK; i++) {
		char *path = into ? path_in(x->path, x->tasks[i]) : rs_xstrdup(x->path);

		x->rc = rs_task_export_file(x->tasks[i], path, &x->err);
		x->written += x->rc == RS_OK;
		free(path);
	}
}

static void export_done(void *arg)
{
	struct export *x = arg;

	if (x->rc != RS_OK)
		rs_app_show_error(x->app, _("The export has failed"), &x->err);
	else
		/* TRANSLATORS: %2$s: a file or directory */
		rs_loop_say(x->app->loop, RS_STYLE_OK,
		            ngettext("%1$zu task written to %2$s, without passwords.", "%1$zu tasks written to %2$s, without passwords.",
		                     (unsigned long)x->written),
		            x->written, x->path);
	export_free(x);
}

static void export_answered(void *ctx, const char *path)
{
	struct export *x = ctx;

	if (!path || !*path) {
		export_free(x);
		return;
	}
	x->path = rs_app_full_path(path);
	rs_work_start(&x->app->works, export_run, export_done, x, RS_WORK_IN_LINE);
}

static void add_task(struct export *x, const struct rs_watch *watch)
{
	if (watch->task)
		x->tasks[x->count++] = rs_task_copy(watch->task);
}

void rs_tasks_export(struct rs_tasks *t, const struct rs_watch *watch)
{
	const struct rs_watches *w = &t->app->watches;
	struct export *x = rs_xcalloc(1, sizeof *x);
	char *path;

	*x = (struct export){.app = t->app, .tasks = rs_xcalloc(w->count + 1, sizeof *x->tasks), .err = RS_ERR_INIT};
	for (size_t i = 0; t->marked && i < w->count; i++)
		if (w->items[i]->marked)
			add_task(x, w->items[i]);
	if (!t->marked)
		add_task(x, watch);
	if (x->count > 1) {
		rs_dialog_prompt(t->app->loop, _("Export tasks"), _("The directory to write them to, a file for each, without passwords:"), ".",
		                 export_answered, x);
		return;
	}
	path = x->count ? path_in(".", x->tasks[0]) : rs_xstrdup("");
	rs_dialog_prompt(t->app->loop, _("Export task"), _("The file to write, without passwords:"), path, export_answered, x);
	free(path);
}

/* --- import ------------------------------------------------------------------------------------- */

struct import {
	struct rs_app *app;
	char *path;
	struct rs_task *task;
	enum rs_rc rc;
	struct rs_err err;
};

static void import_run(void *arg)
{
	struct import *m = arg;

	m->task = rs_task_import_file(m->path, NULL, &m->err);
	m->rc = m->task ? rs_task_save(m->task, &m->err) : RS_FAIL;
}

static void say_imported(struct rs_app *app, const struct rs_task *task)
{
	struct rs_buf keys = RS_BUF_INIT;

	rs_task_put_commands(task, &keys);
	if (keys.len > 0)
		rs_loop_say(app->loop, RS_STYLE_WARN, _("Imported as %s. A shell runs commands of its own; look at them first: %s"), task->name,
		            rs_buf_str(&keys));
	else
		rs_loop_say(app->loop, RS_STYLE_OK, _("Imported as %s. Give it its passwords where it has none."), task->name);
	rs_buf_release(&keys);
}

static void import_done(void *arg)
{
	struct import *m = arg;

	if (m->rc != RS_OK) {
		rs_app_show_error(m->app, _("The task can't be imported"), &m->err);
	} else {
		say_imported(m->app, m->task);
		(void)rs_watches_put(&m->app->watches, rs_task_copy(m->task));
	}
	if (m->app->watches.changed)
		m->app->watches.changed(m->app->watches.ctx);
	rs_task_free(m->task);
	rs_err_clear(&m->err);
	free(m->path);
	free(m);
}

static void import_answered(void *ctx, const char *path)
{
	struct rs_tasks *t = ctx;
	struct import *m;

	if (!path || !*path || strcmp(path, "-") == 0)
		return;
	m = rs_xcalloc(1, sizeof *m);
	*m = (struct import){.app = t->app, .path = rs_app_full_path(path), .err = RS_ERR_INIT};
	rs_work_start(&t->app->works, import_run, import_done, m, RS_WORK_IN_LINE);
}

void rs_tasks_import(struct rs_tasks *t)
{
	rs_dialog_prompt(t->app->loop, _("Import task"), _("The file to read: what an export has written, or any task file."), "", import_answered,
	                 t);
}
