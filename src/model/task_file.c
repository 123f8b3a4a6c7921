#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/paths.h"
#include "model/task_read.h"

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* --- loading --------------------------------------------------------------------------------------------------------- */

static enum rs_rc load(struct rs_task *t, struct rs_err *err)
{
	t->ini = rs_ini_load(t->path, err);
	if (!t->ini || rs_task_check_file(t, err) != RS_OK)
		return RS_FAIL;
	rs_task_read(t);
	return rs_task_read_objects(t, err);
}

struct rs_task *rs_task_load(const char *path, struct rs_err *err)
{
	struct rs_task *t;

	if (!exists(path) && (errno == ENOENT || errno == ENOTDIR)) {
		rs_err_set(err, RS_E_TASK_NOT_FOUND, _("there is no task file %s"), path);
		return NULL;
	}
	t = rs_xcalloc(1, sizeof *t);
	t->path = realpath(path, NULL);
	if (!t->path)
		t->path = rs_xstrdup(path);
	if (load(t, err) == RS_OK)
		return t;
	rs_task_free(t);
	return NULL;
}

static char *path_of(const char *dir, const char *name)
{
	return rs_xprintf("%s/%s.ini", dir, name);
}

static enum rs_rc refuse_several(const char *name, const char *one, const char *other, struct rs_err *err)
{
	rs_err_set(err, RS_E_TASK_NOT_FOUND, _("several tasks are called %s"), name);
	rs_err_detail(err, "%s", one);
	rs_err_detail(err, "%s", other);
	return rs_err_hint(err, _("Give the path of the task file"));
}

static bool is_titled(const char *path, const char *name)
{
	struct rs_task *t = rs_task_load(path, NULL);
	bool yes = t && strcmp(t->name, name) == 0;

	rs_task_free(t);
	return yes;
}

/* *found: the file that is meant so far, or NULL; another one whose [task] name is the one sought takes its place, or makes two. */
static enum rs_rc find_titled(const char *name, char **found, struct rs_err *err)
{
	struct rs_task_list list;
	enum rs_rc rc = rs_task_list(&list, err);

	if (rc != RS_OK)
		return rc;
	for (size_t i = 0; rc == RS_OK && i < list.count; i++) {
		const char *path = list.files[i].path;

		if ((*found && strcmp(path, *found) == 0) || !is_titled(path, name))
			continue;
		if (*found)
			rc = refuse_several(name, *found, path, err);
		else
			*found = rs_xstrdup(path);
	}
	rs_task_list_release(&list);
	return rc;
}

/* path: the file of that name, NULL where there is none. */
static struct rs_task *find_any(const char *name, const char *path, const char *dir, struct rs_err *err)
{
	char *found = rs_xstrdup(path);
	struct rs_task *t = NULL;

	if (find_titled(name, &found, err) == RS_OK) {
		if (found)
			t = rs_task_load(found, err);
		else
			rs_err_set(err, RS_E_TASK_NOT_FOUND, _("there is no task %s in %s"), name, dir);
	}
	free(found);
	return t;
}

/* The task whose file is named so and which is called so, too, is meant, whatever others are called: what starts it by its name, as
 * a service does, still finds it when another one is named alike. */
static struct rs_task *find_by_name(const char *name, struct rs_err *err)
{
	char *dir = rs_paths_tasks(), *path = path_of(dir, name);
	bool named = exists(path);
	struct rs_task *t = named ? rs_task_load(path, err) : NULL;

	if (!named || (t && strcmp(t->name, name) != 0)) {
		rs_task_free(t);
		t = find_any(name, named ? path : NULL, dir, err);
	}
	free(path);
	free(dir);
	return t;
}

struct rs_task *rs_task_find(const char *what, struct rs_err *err)
{
	size_t len = strlen(what);

	if (strchr(what, '/') || (len > 4 && strcmp(what + len - 4, ".ini") == 0 && exists(what)))
		return rs_task_load(what, err);
	if (len == 0 || *what == '.') {
		rs_err_set(err, RS_E_TASK_NOT_FOUND, _("\"%s\" is not the name of a task"), what);
		return NULL;
	}
	return find_by_name(what, err);
}

/* --- the list -------------------------------------------------------------------------------------------------------- */

static int is_task_file(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return e->d_name[0] != '.' && len > 4 && strcmp(e->d_name + len - 4, ".ini") == 0;
}

enum rs_rc rs_task_list(struct rs_task_list *list, struct rs_err *err)
{
	char *dir = rs_paths_tasks();
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, is_task_file, alphasort);
	int why = errno;

	*list = (struct rs_task_list){NULL, 0};
	if (n > 0)
		list->files = rs_xcalloc((size_t)n, sizeof *list->files);
	for (int i = 0; i < n; i++) {
		const char *file = entries[i]->d_name;

		list->files[list->count++] = (struct rs_task_file){.name = rs_xstrndup(file, strlen(file) - 4),
		                                                   .path = rs_xprintf("%s/%s", dir, file)};
		free(entries[i]);
	}
	free(entries);
	if (n < 0 && why != ENOENT)
		rs_err_sys(err, RS_E_IO, why, _("can't read the directory %s"), dir);
	free(dir);
	return n < 0 && why != ENOENT ? RS_FAIL : RS_OK;
}

void rs_task_list_release(struct rs_task_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->files[i].name);
		free(list->files[i].path);
	}
	free(list->files);
	*list = (struct rs_task_list){NULL, 0};
}

/* --- new ones and saving --------------------------------------------------------------------------------------------- */

struct rs_task *rs_task_new(const char *flow, const char *name, struct rs_err *err)
{
	struct rs_task *t = rs_xcalloc(1, sizeof *t);
	char id[37];

	t->ini = rs_ini_new();
	t->objects = rs_selection_new();
	rs_uuid_make(id);
	rs_ini_set(t->ini, "task", "id", id);
	rs_task_read(t);
	if ((name && rs_task_set(t, "task.name", name, err) != RS_OK) || rs_task_set(t, "task.flow", flow, err) != RS_OK) {
		rs_task_free(t);
		return NULL;
	}
	return t;
}

struct rs_task *rs_task_clone(const struct rs_task *t, const char *name, struct rs_err *err)
{
	struct rs_task *clone = rs_task_copy(t);
	char id[37];

	free(clone->path);
	clone->path = NULL;
	rs_uuid_make(id);
	rs_ini_set(clone->ini, "task", "id", id);
	rs_ini_set(clone->ini, "objects", "objects_file", NULL); /* the other's */
	clone->objects_changed = true;
	rs_task_read(clone);
	if (rs_task_set(clone, "task.name", name, err) == RS_OK)
		return clone;
	rs_task_free(clone);
	return NULL;
}

/* What may stand in a file's name: the rest becomes '-', at most one at a time. */
static char *file_safe(const char *name)
{
	struct rs_buf safe = RS_BUF_INIT;

	for (const char *p = name; *p && safe.len < 100; p++) {
		unsigned char c = (unsigned char)*p;

		if (c > 0x20 && c != 0x7f && !strchr("/\\:*?\"'`<>|;#", c) && (c != '.' || safe.len > 0))
			rs_buf_addc(&safe, *p);
		else if (safe.len > 0 && safe.data[safe.len - 1] != '-')
			rs_buf_addc(&safe, '-');
	}
	if (safe.len == 0)
		rs_buf_adds(&safe, "task");
	return rs_buf_take(&safe);
}

static const char *subject(const struct rs_task *t)
{
	struct rs_selection_iter i = RS_SELECTION_ITER;
	struct rs_selection_rule first;

	if (rs_selection_each(t->objects, &i, &first))
		return first.db;
	if (t->source.instance)
		return t->source.instance;
	return t->source.host ? t->source.host : t->flow ? t->flow : "task";
}

char *rs_task_default_name(const struct rs_task *t, rs_usec wall)
{
	char date[32];

	rs_clock_iso(wall, date, sizeof date);
	return rs_xprintf("%s-%.10s", subject(t), date);
}

/* A file of its own among the task files: NAME.ini, NAME-2.ini, … */
static char *free_path(const char *dir, const char *name)
{
	char *safe = file_safe(name), *path = path_of(dir, safe);

	for (unsigned n = 2; exists(path); n++) {
		char *numbered = rs_xprintf("%s-%u", safe, n);

		free(path);
		path = path_of(dir, numbered);
		free(numbered);
	}
	free(safe);
	return path;
}

static enum rs_rc choose_path(struct rs_task *t, struct rs_err *err)
{
	char *dir = rs_paths_tasks();
	enum rs_rc rc;

	if (!*t->name) {
		char *name = rs_task_default_name(t, rs_clock_wall());

		rs_ini_set(t->ini, "task", "name", name);
		free(name);
		rs_task_read(t);
	}
	rc = rs_paths_make(dir, err);
	if (rc == RS_OK)
		t->path = free_path(dir, t->name);
	free(dir);
	return rc;
}

static void give_id(struct rs_task *t)
{
	char id[37];

	if (t->id)
		return;
	rs_uuid_make(id);
	rs_ini_set(t->ini, "task", "id", id);
	rs_task_read(t);
}

enum rs_rc rs_task_save(struct rs_task *t, struct rs_err *err)
{
	bool fresh = !t->path;
	enum rs_rc rc;

	if (fresh && choose_path(t, err) != RS_OK)
		return RS_FAIL;
	give_id(t);
	rc = t->objects_changed ? rs_selection_store(t->objects, t->ini, t->path, err) : RS_OK;
	if (rc == RS_OK)
		rc = rs_ini_save(t->ini, t->path, 0600, err);
	if (rc == RS_OK) {
		t->objects_changed = false;
	} else if (fresh) {
		free(t->path);
		t->path = NULL;
	}
	return rc;
}

/* Whether a file among the task files has its name from a task's: NAME.ini, NAME-2.ini. */
static bool is_named_after(const char *path, const char *dir, const char *name)
{
	char *safe = file_safe(name), *plain = path_of(dir, safe);
	size_t len = strlen(plain) - strlen(".ini");
	const char *rest = strncmp(path, plain, len) == 0 ? path + len : "";

	if (*rest == '-')
		rest += 1 + strspn(rest + 1, "0123456789");
	free(safe);
	free(plain);
	return strcmp(rest, ".ini") == 0;
}

/* Never over another one. */
static enum rs_rc move_to(struct rs_task *t, const char *path, struct rs_err *err)
{
	if (link(t->path, path) != 0)
		return rs_err_sys(err, RS_E_IO, errno, _("can't write %s"), path);
	unlink(t->path);
	free(t->path);
	t->path = rs_xstrdup(path);
	return RS_OK;
}

enum rs_rc rs_task_follow_name(struct rs_task *t, const char *before, struct rs_err *err)
{
	char *dir = rs_paths_tasks(), *path;
	enum rs_rc rc = RS_OK;

	if (strcmp(t->name, before) != 0 && !rs_ini_get(t->ini, "objects", "objects_file") && is_named_after(t->path, dir, before)) {
		path = free_path(dir, t->name);
		rc = move_to(t, path, err);
		free(path);
	}
	free(dir);
	return rc;
}

/* --- editing --------------------------------------------------------------------------------------------------------- */

#define EDIT_PATIENCE (60 * RS_USEC_PER_SEC)
#define EDIT_PAUSE_MS 5

/* The directory's own lock: the file itself is another one after each save. */
int rs_task_edit_begin(const char *path, struct rs_err *err)
{
	char *dir = rs_paths_beside(path, ".");
	rs_usec until = rs_clock_mono() + EDIT_PATIENCE;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		(void)rs_err_sys(err, RS_E_IO, errno, _("can't read the directory %s"), dir);
	while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			break; /* a file system without such locks has nothing better to offer */
		if (rs_clock_mono() > until) {
			(void)rs_err_set(err, RS_E_IO, _("another process has been writing task files in %s for too long"), dir);
			close(fd);
			fd = -1;
		} else {
			(void)poll(NULL, 0, EDIT_PAUSE_MS);
		}
	}
	free(dir);
	return fd;
}

void rs_task_edit_end(int edit)
{
	if (edit >= 0)
		close(edit);
}

enum rs_rc rs_task_ensure_id(struct rs_task *t, struct rs_err *err)
{
	return t->id ? RS_OK : rs_task_save(t, err);
}

static void remove_objects_file(const struct rs_task *t)
{
	const char *objects = rs_ini_get(t->ini, "objects", "objects_file");
	char *file;

	if (!t->path || !objects || !*objects || strchr(objects, '/'))
		return;
	file = rs_paths_beside(t->path, objects);
	unlink(file);
	free(file);
}

enum rs_rc rs_task_empty(const struct rs_task *t, struct rs_err *err)
{
	struct rs_task *empty = rs_task_new(t->flow, t->name, err);
	enum rs_rc rc = empty ? rs_task_set(empty, "task.note", t->note, err) : RS_FAIL;

	if (rc == RS_OK) {
		empty->path = rs_xstrdup(t->path);
		rc = rs_task_save(empty, err);
	}
	if (rc == RS_OK)
		remove_objects_file(t);
	rs_task_free(empty);
	return rc;
}

enum rs_rc rs_task_delete(const struct rs_task *t, struct rs_err *err)
{
	if (t->path && unlink(t->path) != 0 && errno != ENOENT)
		return rs_err_sys(err, RS_E_IO, errno, _("can't remove %s"), t->path);
	remove_objects_file(t);
	return RS_OK;
}
