/* Tasks written to files of the user's, and made from such files: asked for the path, done in a thread, told. */
#include "screen/tasks.h"

#include <string.h>
#include <sys/stat.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/task_export.h"
#include "screen/save_as.h"

/* --- export ------------------------------------------------------------------------------------- */

struct export {
	struct rs_app *app;
	struct rs_task **tasks;
	size_t count;
};

static void export_free(void *ctx)
{
	struct export *x = ctx;

	for (size_t i = 0; i < x->count; i++)
		rs_task_free(x->tasks[i]);
	free(x->tasks);
	free(x);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* In a directory a task has the name of its file, which no other has. */
static const char *name_of(const struct rs_task *task)
{
	const char *slash = task->path ? strrchr(task->path, '/') : NULL;

	return slash ? slash + 1 : task->name;
}

/* Of several tasks the path is a directory. */
static char *path_of(const struct export *x, size_t i, const char *path)
{
	return x->count > 1 || is_directory(path) ? rs_xprintf("%s/%s", path, name_of(x->tasks[i])) : rs_xstrdup(path);
}

static char *export_in_the_way(void *ctx, const char *path)
{
	const struct export *x = ctx;
	struct rs_buf which = RS_BUF_INIT;

	for (size_t i = 0; i < x->count; i++) {
		char *file = path_of(x, i, path);

		if (rs_save_as_replaces(file))
			(void)rs_buf_addf(&which, "%s%s", which.len ? "\n" : "", file);
		free(file);
	}
	return which.len ? rs_buf_take(&which) : NULL;
}

static enum rs_rc export_write(void *ctx, const char *path, struct rs_err *err)
{
	const struct export *x = ctx;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; i < x->count && rc == RS_OK; i++) {
		char *file = path_of(x, i, path);

		rc = rs_task_export_file(x->tasks[i], file, err);
		free(file);
	}
	return rc;
}

static void export_written(void *ctx, const char *path)
{
	const struct export *x = ctx;

	/* TRANSLATORS: %2$s: a file or directory */
	rs_loop_say(x->app->loop, RS_STYLE_OK,
	            ngettext("%1$zu task written to %2$s, without passwords.", "%1$zu tasks written to %2$s, without passwords.",
	                     (unsigned long)x->count),
	            x->count, path);
}

static const struct rs_save_as export_files = {.in_the_way = export_in_the_way, .write = export_write, .written = export_written,
                                               .free = export_free};

static void add_task(struct export *x, const struct rs_watch *watch)
{
	if (watch->task)
		x->tasks[x->count++] = rs_task_copy(watch->task);
}

void rs_tasks_export(struct rs_tasks *t, const struct rs_watch *watch)
{
	const struct rs_watches *w = &t->app->watches;
	struct export *x = rs_xcalloc(1, sizeof *x);

	*x = (struct export){.app = t->app, .tasks = rs_xcalloc(w->count + 1, sizeof *x->tasks)};
	for (size_t i = 0; t->marked && i < w->count; i++)
		if (w->items[i]->marked)
			add_task(x, w->items[i]);
	if (!t->marked)
		add_task(x, watch);
	if (x->count > 1)
		rs_app_save_as(t->app, &export_files, _("Export tasks"), _("The directory to write them to, a file for each, without passwords:"), ".", x);
	else
		rs_app_save_as(t->app, &export_files, _("Export task"), _("The file to write, without passwords:"),
		               x->count ? name_of(x->tasks[0]) : "", x);
}

/* --- import ------------------------------------------------------------------------------------- */

struct import {
	struct rs_app *app;
	char *typed, *path;  /* as it was typed, and as a whole one */
	struct rs_task *task;
	enum rs_rc rc;
	struct rs_err err;
};

static void import_free(struct import *m)
{
	rs_task_free(m->task);
	rs_err_clear(&m->err);
	free(m->typed);
	free(m->path);
	free(m);
}

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

static void ask_import(struct import *m);

/* The path is not typed anew for a letter that is wrong in it. */
static void import_again(void *ctx, const char *answer)
{
	(void)answer;
	ask_import(ctx);
}

static void import_done(void *arg)
{
	struct import *m = arg;

	if (m->rc == RS_OK) {
		say_imported(m->app, m->task);
		(void)rs_watches_put(&m->app->watches, rs_task_copy(m->task));
	}
	if (m->app->watches.changed)
		m->app->watches.changed(m->app->watches.ctx);
	if (m->rc == RS_OK)
		import_free(m);
	else
		rs_dialog_error(m->app->loop, _("The task can't be imported"), &m->err, import_again, m);
}

static void import_answered(void *ctx, const char *path)
{
	struct import *m = ctx;

	if (!path || !*path || strcmp(path, "-") == 0) {
		import_free(m);
		return;
	}
	free(m->typed);
	free(m->path);
	rs_err_clear(&m->err);
	rs_task_free(m->task);
	m->task = NULL;
	m->typed = rs_xstrdup(path);
	m->path = rs_app_full_path(path);
	rs_work_start(&m->app->works, import_run, import_done, m, RS_WORK_IN_LINE);
}

static void ask_import(struct import *m)
{
	rs_dialog_prompt(m->app->loop, _("Import task"), _("The file to read: what an export has written, or any task file."),
	                 m->typed ? m->typed : "", import_answered, m);
}

void rs_tasks_import(struct rs_tasks *t)
{
	struct import *m = rs_xcalloc(1, sizeof *m);

	*m = (struct import){.app = t->app, .err = RS_ERR_INIT};
	ask_import(m);
}
