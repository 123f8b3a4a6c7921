#include "screen/seen.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "base/ini.h"
#include "base/mem.h"
#include "model/paths.h"

#define RACY 2 /* seconds: one that was changed so lately may change again without its time telling */

/* How a file is; all zero: there is none. */
struct stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct file {
	struct stamp task, objects;
	struct rs_task *read;
	bool wanted;
};

/* False where it is not there, or may have changed since that time, by the clock that gives files theirs. */
static bool take(const char *path, time_t since, struct stamp *out)
{
	struct stat st;

	if (stat(path, &st) != 0 || st.st_ctim.tv_sec + RACY >= since)
		return false;
	*out = (struct stamp){st.st_dev, st.st_ino, st.st_size, st.st_ctim};
	return true;
}

/* Both files of a task. */
static bool take_both(const char *path, const struct rs_task *t, time_t since, struct stamp *task, struct stamp *objects)
{
	const char *name = rs_ini_get(t->ini, "objects", "objects_file");
	char *beside = name && *name ? rs_paths_beside(t->path, name) : NULL;
	bool good;

	*objects = (struct stamp){0};
	good = take(path, since, task) && (!beside || take(beside, since, objects));
	free(beside);
	return good;
}

static bool same(const struct stamp *a, const struct stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

static void file_free(void *p)
{
	struct file *f = p;

	rs_task_free(f->read);
	free(f);
}

static void put(struct rs_seen *s, const char *path, struct file *f)
{
	struct file *before = f ? rs_map_put(&s->files, path, strlen(path), f) : rs_map_del(&s->files, path, strlen(path));

	if (before)
		file_free(before);
}

static struct rs_task *read_now(struct rs_seen *s, const char *path, struct rs_err *err)
{
	time_t since = time(NULL);
	struct rs_task *t = rs_task_load(path, err);
	struct file f = {.wanted = true}, *kept = NULL;

	if (t && take_both(path, t, since, &f.task, &f.objects)) {
		f.read = rs_task_copy(t);
		kept = rs_xcalloc(1, sizeof *kept);
		*kept = f;
	}
	put(s, path, kept);
	return t;
}

struct rs_task *rs_seen_load(struct rs_seen *s, const char *path, struct rs_err *err)
{
	struct file *f = rs_map_get(&s->files, path, strlen(path));
	struct stamp task, objects;

	if (!f || !take_both(path, f->read, time(NULL), &task, &objects) || !same(&task, &f->task) || !same(&objects, &f->objects))
		return read_now(s, path, err);
	f->wanted = true;
	return rs_task_copy(f->read);
}

static const char *unwanted(const struct rs_seen *s)
{
	const struct rs_map_entry *e;

	for (size_t i = 0; rs_map_each(&s->files, &i, &e);)
		if (!((const struct file *)e->value)->wanted)
			return e->key;
	return NULL;
}

void rs_seen_sweep(struct rs_seen *s)
{
	const struct rs_map_entry *e;
	char *path;

	while ((path = rs_xstrdup(unwanted(s))) != NULL) {
		put(s, path, NULL);
		free(path);
	}
	for (size_t i = 0; rs_map_each(&s->files, &i, &e);)
		((struct file *)e->value)->wanted = false;
}

void rs_seen_release(struct rs_seen *s)
{
	rs_map_release(&s->files, file_free);
	*s = (struct rs_seen)RS_SEEN_INIT;
}
