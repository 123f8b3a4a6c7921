/* The files that the user writes for the program (instances.ini, roles.ini, keys.ini, prices.ini), edited with his own editor without leaving
 * it: what was written holds at once, and what can't be read is said, and can be mended there and then. */
#include "screen/app.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "model/paths.h"
#include "model/roles.h"
#include "screen/keys.h"

/* --- which there are ----------------------------------------------------------------------------------------- */

static enum rs_rc read_instances(struct rs_app *app, struct rs_err *err)
{
	struct rs_registry fresh = RS_REGISTRY_INIT;

	if (rs_registry_load(&fresh, NULL, err) != RS_OK)
		return RS_FAIL;
	rs_registry_release(&app->instances);
	app->instances = fresh;
	rs_err_clear(&app->instances_error);
	return RS_OK;
}

static enum rs_rc read_roles(struct rs_app *app, struct rs_err *err)
{
	(void)app;
	return rs_roles_check(err);
}

static enum rs_rc read_keys(struct rs_app *app, struct rs_err *err)
{
	(void)app;
	return rs_keys_load(NULL, err);
}

static enum rs_rc read_prices(struct rs_app *app, struct rs_err *err)
{
	struct rs_prices fresh = RS_PRICES_INIT;

	if (rs_prices_load(&fresh, NULL, err) != RS_OK)
		return RS_FAIL;
	rs_prices_release(&app->prices);
	app->prices = fresh;
	rs_err_clear(&app->prices_error);
	return RS_OK;
}

static const struct file {
	const char *id, *label;
	char *(*path)(void);
	enum rs_rc (*read)(struct rs_app *app, struct rs_err *err); /* where that fails all stays as it was, but for keys */
	const char *example;                                        /* what a new one begins with: comments */
} files[] = {
	{"instances", N_("Instances, among which endpoints are chosen"), rs_paths_instances, read_instances,
	 "; The instances among which endpoints are chosen: rds-sync-task(5) tells all keys.\n"
	 "; [rm-src]\n; region = cn-hangzhou\n; engine = mysql\n; host = 10.0.0.11\n; port = 3306\n; production = yes\n"},
	{"roles", N_("Roles, by which another account's instances are read"), rs_paths_roles, read_roles,
	 "; What other cloud accounts let this one read: rds-sync-task(5) tells all keys.\n"
	 "; [1234567890123456/reader]\n; allow = 9876543210987654\n; account = dts\n; password_file = reader.password\n"},
	{"keys", N_("Keys of your own"), rs_paths_keys, read_keys,
	 "; Keys of your own: rds-sync-keys(7) tells the names of all actions.\n; [keys]\n; pause-task = P F5\n"},
	{"prices", N_("Prices, by which Usage tells costs"), rs_paths_prices, read_prices,
	 "; Prices, by which Usage tells what a task costs: rds-sync-task(5) tells all keys.\n"
	 "; [default]\n; currency = CNY\n; incremental_hour = 2.50\n; incremental_million = 0.80\n"},
};

/* --- editing --------------------------------------------------------------------------------------------------- */

struct editing {
	struct rs_app *app;
	const struct file *file;
	char *path;
	struct rs_err err;
};

static void editing_free(struct editing *e)
{
	rs_err_clear(&e->err);
	free(e->path);
	free(e);
}

/* The user's editor, which may be a command with arguments, and the path as one word. */
static char *command_for(const char *path)
{
	const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");
	struct rs_buf command = RS_BUF_INIT;

	(void)rs_buf_addf(&command, "%s '", visual && *visual ? visual : editor && *editor ? editor : "vi");
	for (const char *p = path; *p; p++)
		(void)rs_buf_adds(&command, *p == '\'' ? "'\\''" : (char[]){*p, '\0'});
	(void)rs_buf_addc(&command, '\'');
	return rs_buf_take(&command);
}

static void edit(struct editing *e);

static void again_answered(void *ctx, const char *answer)
{
	struct editing *e = ctx;

	if (answer && strcmp(answer, "edit") == 0)
		edit(e);
	else
		editing_free(e);
}

static void ask_again(struct editing *e)
{
	const struct rs_option buttons[] = {{"leave", _("Leave it"), NULL, NULL}, {"edit", _("Edit again"), NULL, NULL}};
	struct rs_buf text = RS_BUF_INIT;

	(void)rs_buf_adds(&text, e->err.primary);
	if (e->err.hint)
		(void)rs_buf_addf(&text, "\n\n%s", e->err.hint);
	rs_dialog_ask(e->app->loop, _("The file can't be read"), rs_buf_str(&text), false, buttons, RS_COUNT(buttons), again_answered, e);
	rs_buf_release(&text);
	rs_err_clear(&e->err);
}

static void take_over(struct editing *e)
{
	if (e->file->read(e->app, &e->err) != RS_OK) {
		ask_again(e);
		return;
	}
	rs_loop_say(e->app->loop, RS_STYLE_OK, _("%s holds from now on."), e->path);
	editing_free(e);
}

static void edit(struct editing *e)
{
	char *command = command_for(e->path);
	int status = rs_loop_run_command(e->app->loop, command);

	if (status == 0) {
		take_over(e);
	} else {
		(void)rs_err_set(&e->err, RS_E_IO, _("the editor failed: %s"), command);
		(void)rs_err_hint(&e->err, "%s", _("Set VISUAL or EDITOR to the command of your editor"));
		rs_app_show_error(e->app, _("The file was not edited"), &e->err);
		editing_free(e);
	}
	free(command);
}

/* --- beginning --------------------------------------------------------------------------------------------------- */

static void make_run(void *arg)
{
	struct editing *e = arg;
	char *dir = rs_paths_beside(e->path, ".");

	if (access(e->path, F_OK) != 0 && errno == ENOENT && rs_paths_make(dir, &e->err) == RS_OK)
		(void)(rs_file_write(e->path, e->file->example, strlen(e->file->example), 0600, &e->err) == RS_OK);
	free(dir);
}

static void make_done(void *arg)
{
	struct editing *e = arg;

	if (!rs_err_is_set(&e->err)) {
		edit(e);
		return;
	}
	rs_app_show_error(e->app, _("The file can't be written"), &e->err);
	editing_free(e);
}

static void chosen(void *ctx, const char *id)
{
	struct editing *e;

	for (size_t i = 0; id && i < RS_COUNT(files); i++) {
		if (strcmp(files[i].id, id) != 0)
			continue;
		e = rs_xcalloc(1, sizeof *e);
		*e = (struct editing){ctx, &files[i], files[i].path(), RS_ERR_INIT};
		rs_work_start(&e->app->works, make_run, make_done, e, RS_WORK_IN_LINE);
		return;
	}
}

void rs_app_edit_files(struct rs_app *app)
{
	struct rs_option options[RS_COUNT(files)];
	char *paths[RS_COUNT(files)];

	for (size_t i = 0; i < RS_COUNT(files); i++) {
		paths[i] = files[i].path();
		options[i] = (struct rs_option){files[i].id, _(files[i].label), paths[i], NULL};
	}
	rs_dialog_choose(app->loop, _("Edit a file of the program's"), options, RS_COUNT(options), NULL, chosen, app);
	for (size_t i = 0; i < RS_COUNT(files); i++)
		free(paths[i]);
}
