/* task list, show, new, set, export, import. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/state.h"
#include "model/flow.h"
#include "model/task_export.h"

#define RELOAD_TIME (10 * RS_USEC_PER_SEC)

/* ------------------------------------------------------------------ list */

static void put_task(const struct rs_task_file *file)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_load(file->path, &err);
	char code[16], *from, *to;

	rs_cli_print_cell(file->name, 24);
	if (!task) {
		printf("%s ", rs_err_code_text(err.code, code, sizeof code));
		rs_cli_print_text(err.primary);
		rs_err_clear(&err);
		return;
	}
	from = rs_endpoint_text(&task->source);
	to = rs_endpoint_text(&task->destination);
	rs_cli_print_cell(task->flow ? task->flow : "-", 20);
	rs_cli_print_cell(from, 28);
	rs_cli_print_text(to);
	free(from);
	free(to);
	rs_task_free(task);
}

int rs_cli_task_list(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task_list list;

	if (rs_task_list(&list, &err) != RS_OK)
		return rs_cli_fail(cli, &err);
	for (size_t i = 0; i < list.count; i++)
		put_task(&list.files[i]);
	rs_task_list_release(&list);
	return RS_EXIT_OK;
}

/* ------------------------------------------------------------------ show */

static void put_set_keys(const struct rs_task *task, const char *section)
{
	const char *key;

	for (size_t i = 0; (key = rs_ini_key(task->ini, section, i)) != NULL; i++) {
		char *name = rs_xprintf("%s.%s", section, key);
		const char *value = rs_task_get(task, name);
		char *line = rs_xprintf("%s = %s", key, value ? value : "");

		rs_cli_print_text(line);
		free(line);
		free(name);
	}
}

/* Not of keys that mean nothing to the task. */
static bool has_preset(const struct rs_task *task, const struct rs_task_key *k)
{
	const struct rs_flow *flow = rs_flow_find(task->flow);
	char *name = rs_xprintf("%s.%s", k->section, k->key);
	bool has = k->preset && !rs_ini_get(task->ini, k->section, k->key) && (!flow || rs_flow_takes(flow, name));

	free(name);
	return has;
}

static void put_section(const struct rs_task *task, const char *section)
{
	bool begun = rs_ini_key(task->ini, section, 0) != NULL;

	if (begun)
		printf("[%s]\n", section);
	put_set_keys(task, section);
	for (const struct rs_task_key *k = rs_task_keys(); k->section; k++) {
		if (strcmp(k->section, section) != 0 || !has_preset(task, k))
			continue;
		if (!begun)
			printf("[%s]\n", section);
		begun = true;
		printf("; %s = %s\n", k->key, k->preset);
	}
}

/* Sections in the order in which they are documented. */
static void put_sections(const struct rs_task *task)
{
	const char *last = "";

	for (const struct rs_task_key *k = rs_task_keys(); k->section; k++) {
		if (strcmp(k->section, last) != 0)
			put_section(task, k->section);
		last = k->section;
	}
}

static void put_objects(const struct rs_task *task)
{
	struct rs_buf text = RS_BUF_INIT;

	if (rs_ini_get(task->ini, "objects", "objects_file") == NULL)
		return;
	rs_selection_format(task->objects, &text);
	printf("; objects:\n");
	for (char *line = text.data, *end; line && *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		printf(";   ");
		rs_cli_print_text(line);
	}
	rs_buf_release(&text);
}

int rs_cli_task_show(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_find(cli->operands[0], &err);

	if (!task)
		return rs_cli_fail(cli, &err);
	printf("; %s\n", task->path);
	put_sections(task);
	put_objects(task);
	rs_task_free(task);
	return RS_EXIT_OK;
}

/* ------------------------------------------------------------------ new, set */

static enum rs_rc fail_secret(const char *name, struct rs_err *err)
{
	int side = (int)strcspn(name, ".");

	rs_err_set(err, RS_E_SECRET, _("a password can't be given on the command line"));
	rs_err_detail(err, _("Every user of this machine could see it there."));
	return rs_err_hint(err,
	                   _("Say where it comes from, with %.*s.password_env (a variable of the environment), %.*s.password_file, "
	                     "%.*s.password_command or %.*s.option_file; or write it into the task file, whose mode must be 0600."),
	                   side, name, side, name, side, name, side, name);
}

static enum rs_rc set_split(struct rs_task *task, const char *name, const char *value, struct rs_err *err)
{
	const struct rs_task_key *key = rs_task_key_find(name);

	if (key && key->type == RS_KEY_SECRET && *value)
		return fail_secret(name, err);
	return rs_task_set(task, name, value, err);
}

/* "source.port=3306" */
static enum rs_rc set_one(struct rs_task *task, const char *setting, struct rs_err *err)
{
	const char *equals = strchr(setting, '=');
	enum rs_rc rc;
	char *name;

	if (!equals || equals == setting) {
		rs_err_set(err, RS_E_USAGE, _("\"%s\" is not of the form KEY=VALUE"), setting);
		return rs_err_hint(err, _("The keys are those of rds-sync-task(5), with their section: source.host=10.0.0.11"));
	}
	name = rs_xstrndup(setting, (size_t)(equals - setting));
	rc = set_split(task, name, equals + 1, err);
	free(name);
	return rc;
}

static enum rs_rc set_operands(struct rs_task *task, const struct rs_cli *cli, int from, struct rs_err *err)
{
	for (int i = from; i < cli->n_operands; i++)
		if (set_one(task, cli->operands[i], err) != RS_OK)
			return RS_FAIL;
	return RS_OK;
}

static enum rs_rc set_options(struct rs_task *task, const struct rs_cli *cli, struct rs_err *err)
{
	for (size_t i = 0; i < cli->n_values; i++)
		if (strcmp(cli->values[i].name, "set") == 0 && set_one(task, cli->values[i].value, err) != RS_OK)
			return RS_FAIL;
	return RS_OK;
}

static enum rs_rc need_flow(const struct rs_cli *cli, struct rs_err *err)
{
	struct rs_buf known = RS_BUF_INIT;

	if (rs_cli_value(cli, "flow"))
		return RS_OK;
	for (const struct rs_flow *f = rs_flows(); f->id; f++)
		rs_buf_addf(&known, "%s%s", known.len ? ", " : "", f->id);
	rs_err_set(err, RS_E_USAGE, _("\"task new\" needs --flow=FLOW"));
	rs_err_hint(err, _("FLOW is one of: %s."), rs_buf_str(&known));
	rs_buf_release(&known);
	return RS_FAIL;
}

int rs_cli_task_new(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = NULL;

	if (need_flow(cli, &err) == RS_OK)
		task = rs_task_new(rs_cli_value(cli, "flow"), NULL, &err);
	if (!task || set_options(task, cli, &err) != RS_OK || set_operands(task, cli, 0, &err) != RS_OK ||
	    rs_task_save(task, &err) != RS_OK) {
		rs_task_free(task);
		return rs_cli_fail(cli, &err);
	}
	printf("%s\n", task->path);
	rs_task_free(task);
	return RS_EXIT_OK;
}

/* What a process that runs the task could not take up. */
static enum rs_rc refuse_dead_keys(const struct rs_task *task, const struct rs_cli *cli, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (int i = 1; rc == RS_OK && i < cli->n_operands; i++) {
		char *name = rs_xstrndup(cli->operands[i], strcspn(cli->operands[i], "="));

		if (rs_task_key_find(name) && !rs_task_key_is_live(name)) {
			rc = rs_err_set(err, RS_E_TASK_RUNNING, _("%s can't be changed while the task %s is running"), name, task->name);
			rs_err_hint(err, _("\"rds-sync stop %s\" ends it; it goes on where it stopped."), task->name);
		}
		free(name);
	}
	return rc;
}

static enum rs_rc set_and_save(struct rs_task *task, const struct rs_cli *cli, struct rs_err *err)
{
	if (rs_task_is_locked(task, NULL) && refuse_dead_keys(task, cli, err) != RS_OK)
		return RS_FAIL;
	return set_operands(task, cli, 1, err) == RS_OK ? rs_task_save(task, err) : RS_FAIL;
}

/* The task as its file has it now is changed, and nobody else changes it meanwhile. NULL with an error. */
static struct rs_task *change(const char *path, const struct rs_cli *cli, struct rs_err *err)
{
	int edit = rs_task_edit_begin(path, err);
	struct rs_task *task = edit < 0 ? NULL : rs_task_load(path, err);

	if (task && set_and_save(task, cli, err) != RS_OK) {
		rs_task_free(task);
		task = NULL;
	}
	rs_task_edit_end(edit);
	return task;
}

int rs_cli_task_set(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *found = rs_task_find(cli->operands[0], &err);
	struct rs_task *task = found ? change(found->path, cli, &err) : NULL;
	enum rs_rc rc = task ? RS_OK : RS_FAIL;

	if (task && rs_task_is_locked(task, NULL))
		rc = rs_task_reload(task, RELOAD_TIME, &err);
	rs_task_free(task);
	rs_task_free(found);
	return rc == RS_OK ? RS_EXIT_OK : rs_cli_fail(cli, &err);
}

/* ------------------------------------------------------------------ export, import */

static enum rs_rc print_export(const struct rs_task *task, struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;
	enum rs_rc rc = rs_task_export(task, &text, err);

	if (rc == RS_OK)
		(void)fwrite(rs_buf_str(&text), 1, text.len, stdout);
	rs_buf_release(&text);
	return rc;
}

int rs_cli_task_export(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_find(cli->operands[0], &err);
	const char *file = rs_cli_value(cli, "output");
	enum rs_rc rc = !task ? RS_FAIL : file ? rs_task_export_file(task, file, &err) : print_export(task, &err);

	rs_task_free(task);
	return rc == RS_OK ? RS_EXIT_OK : rs_cli_fail(cli, &err);
}

static void warn_of_commands(const struct rs_task *task)
{
	struct rs_buf keys = RS_BUF_INIT;

	rs_task_put_commands(task, &keys);
	if (keys.len > 0)
		fprintf(stderr, _("rds-sync: a shell runs commands of this task's: look at them before you start it: %s\n"), rs_buf_str(&keys));
	rs_buf_release(&keys);
}

int rs_cli_task_import(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_import_file(cli->operands[0], rs_cli_value(cli, "name"), &err);
	enum rs_rc rc = task ? rs_task_save(task, &err) : RS_FAIL;

	if (rc == RS_OK)
		printf("%s\n", task->path);
	if (rc == RS_OK)
		warn_of_commands(task);
	rs_task_free(task);
	return rc == RS_OK ? RS_EXIT_OK : rs_cli_fail(cli, &err);
}
