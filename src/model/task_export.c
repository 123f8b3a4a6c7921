#include "model/task_export.h"

#include <errno.h>
#include <unistd.h>
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "model/paths.h"
#include "model/task_read.h"

/* Objects that don't fit into keys follow the keys behind this line, in a selection's text form. */
#define OBJECTS_LINE "--- objects ---"

static const char *const passwords[][2] = {{"source", "password"}, {"destination", "password"}};

static bool is_objects_file(const struct rs_task_key *k)
{
	return strcmp(k->section, "objects") == 0;
}

/* Paths that are beside the file are where they are, wherever the text goes. */
static void make_paths_absolute(struct rs_task *t)
{
	for (const struct rs_task_key *k = rs_task_keys(); k->section; k++) {
		const char *value = k->type == RS_KEY_PATH && !is_objects_file(k) ? rs_ini_get(t->ini, k->section, k->key) : NULL;
		char *path;

		if (!value || !*value || *value == '/' || *value == '~')
			continue;
		path = rs_paths_beside(t->path, value);
		rs_ini_set(t->ini, k->section, k->key, path);
		free(path);
	}
}

/* Whether the selection is in the keys as it is. */
static bool fits_keys(const struct rs_task *t)
{
	const char *file = rs_ini_get(t->ini, "objects", "objects_file");

	return !t->objects_changed && (!file || !*file);
}

static void drop_objects(struct rs_ini *ini)
{
	const char *key;

	while ((key = rs_ini_key(ini, "objects", 0)) != NULL) {
		char *name = rs_xstrdup(key);

		rs_ini_set(ini, "objects", name, NULL);
		free(name);
	}
}

static enum rs_rc put(struct rs_task *t, bool with_objects, struct rs_buf *text, struct rs_err *err)
{
	if (!with_objects)
		drop_objects(t->ini);
	if (rs_ini_text(t->ini, text, err) != RS_OK)
		return RS_FAIL;
	if (!with_objects) {
		(void)rs_buf_adds(text, "\n" OBJECTS_LINE "\n");
		rs_selection_format(t->objects, text);
	}
	return RS_OK;
}

enum rs_rc rs_task_export(const struct rs_task *t, struct rs_buf *text, struct rs_err *err)
{
	struct rs_task *copy = rs_task_copy(t);
	enum rs_rc rc;

	if (copy->path)
		make_paths_absolute(copy);
	rs_ini_set(copy->ini, "task", "name", t->name);
	rs_ini_set(copy->ini, "task", "id", NULL);
	for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++)
		rs_ini_set(copy->ini, passwords[i][0], passwords[i][1], NULL);
	rc = put(copy, fits_keys(t), text, err);
	rs_task_free(copy);
	return rc;
}

static bool is_of_a_task(const char *path)
{
	struct rs_ini *there = rs_ini_load(path, NULL);
	const char *id = there ? rs_ini_get(there, "task", "id") : NULL;
	bool is = id && *id;

	rs_ini_free(there);
	return is;
}

enum rs_rc rs_task_export_file(const struct rs_task *t, const char *path, struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;
	enum rs_rc rc;

	if (is_of_a_task(path)) {
		rs_err_set(err, RS_E_TASK_INVALID, _("%s is the file of a task: nothing was written"), path);
		return rs_err_hint(err, _("name another file: without its id it would be another task"));
	}
	rc = rs_task_export(t, &text, err);
	if (rc == RS_OK)
		rc = rs_file_write(path, rs_buf_str(&text), text.len, 0600, err);
	rs_buf_release(&text);
	return rc;
}

/* ------------------------------------------------------------------ import */

/* Where the objects begin; *keys: how long the part before them is. NULL: there are none. */
static const char *find_objects(const char *text, size_t len, size_t *keys)
{
	const char *at = memmem(text, len, "\n" OBJECTS_LINE "\n", strlen("\n" OBJECTS_LINE "\n"));

	*keys = at ? (size_t)(at - text) + 1 : len;
	return at ? at + strlen("\n" OBJECTS_LINE "\n") : NULL;
}

static enum rs_rc read_text(struct rs_task *t, const char *text, size_t len, struct rs_err *err)
{
	size_t keys;
	const char *objects = find_objects(text, len, &keys);
	enum rs_rc rc;

	t->ini = rs_ini_parse(*t->path ? t->path : _("standard input"), text, keys, err);
	if (!t->ini || rs_task_check_file(t, err) != RS_OK)
		return RS_FAIL;
	rs_task_read(t);
	rc = rs_task_read_objects(t, err);
	if (rc == RS_OK && objects) {
		char *lines = rs_xstrndup(objects, len - (size_t)(objects - text));

		rc = rs_task_set_objects(t, lines, err);
		free(lines);
	}
	return rc;
}

static bool has_name(const struct rs_task_list *list, const char *name)
{
	bool found = false;

	for (size_t i = 0; i < list->count && !found; i++) {
		struct rs_task *t = rs_task_load(list->files[i].path, NULL);

		found = strcmp(list->files[i].name, name) == 0 || (t && strcmp(t->name, name) == 0);
		rs_task_free(t);
	}
	return found;
}

/* "shop", "shop-2", …: one that no task of this host has. NULL with an error. */
static char *unused_name(const char *name, struct rs_err *err)
{
	struct rs_task_list list;
	char *unused = rs_xstrdup(name);

	if (rs_task_list(&list, err) != RS_OK) {
		free(unused);
		return NULL;
	}
	for (unsigned n = 2; has_name(&list, unused); n++) {
		free(unused);
		unused = rs_xprintf("%s-%u", name, n);
	}
	rs_task_list_release(&list);
	return unused;
}

struct rs_task *rs_task_import(const char *path, const char *text, size_t len, const char *name, struct rs_err *err)
{
	struct rs_task *t = rs_xcalloc(1, sizeof *t), *fresh = NULL;
	char *called = NULL;

	t->path = rs_xstrdup(path);
	if (read_text(t, text, len, err) == RS_OK) {
		make_paths_absolute(t);
		called = name ? rs_xstrdup(name) : unused_name(t->name, err);
		fresh = called ? rs_task_clone(t, called, err) : NULL;
	}
	free(called);
	rs_task_free(t);
	return fresh;
}

static enum rs_rc read_stdin(struct rs_buf *text, struct rs_err *err)
{
	char part[4096];
	ssize_t n;

	while ((n = read(STDIN_FILENO, part, sizeof part)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return rs_err_sys(err, RS_E_IO, errno, _("can't read standard input"));
		if (rs_buf_add(text, part, (size_t)n) != RS_OK)
			return rs_err_set(err, RS_E_IO, _("standard input is too long for a task"));
	}
	return RS_OK;
}

struct rs_task *rs_task_import_file(const char *path, const char *name, struct rs_err *err)
{
	bool from_stdin = strcmp(path, "-") == 0;
	struct rs_task *t = NULL;
	struct rs_buf text;
	enum rs_rc rc;

	rs_buf_init(&text, RS_TASK_EXPORT_MAX);
	rc = from_stdin ? read_stdin(&text, err) : rs_file_read(path, RS_TASK_EXPORT_MAX, &text, err);
	if (rc == RS_OK)
		t = rs_task_import(from_stdin ? "" : path, rs_buf_str(&text), text.len, name, err);
	if (text.data)
		explicit_bzero(text.data, text.cap); /* a task file may hold passwords */
	rs_buf_release(&text);
	return t;
}

void rs_task_put_commands(const struct rs_task *t, struct rs_buf *keys)
{
	static const char *const all[] = {"source.password_command", "destination.password_command", "alert.command"};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		const char *value = rs_task_get(t, all[i]);
		if (value == NULL || *value == '\0')
			continue;
		rs_buf_adds(keys, keys->len > 0 ? ", " : "");
		rs_buf_adds(keys, all[i]);
	}
}
