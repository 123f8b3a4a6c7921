/* The lock that says which process runs a task, and what it tells of the task file's place. The file holds two lines:
 * the pid of its holder, and the path of the task file. It stays when the lock is let go: the path is how a copy of the
 * file is noticed.
 *
 * An open file description lock, not flock: it can be asked for without being taken, so that looking at a task never
 * gets in the way of starting it. */
#include "engine/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/ini.h"
#include "base/mem.h"
#include "model/paths.h"

char *rs_state_dir(struct rs_err *err)
{
	char *dir = rs_paths_state();
	struct rs_err why = RS_ERR_INIT;

	if (rs_paths_make(dir, &why) == RS_OK)
		return dir;
	rs_err_set(err, RS_E_STATE, _("can't make the directory for the local state %s"), dir);
	if (why.detail)
		rs_err_detail(err, "%s", why.detail);
	rs_err_hint(err, _("XDG_STATE_HOME can name another place"));
	rs_err_clear(&why);
	free(dir);
	return NULL;
}

char *rs_state_path(const struct rs_task *task, const char *suffix)
{
	char *dir = rs_paths_state(), *path = rs_xprintf("%s/%s.%s", dir, task->id, suffix);

	free(dir);
	return path;
}

/* ------------------------------------------------------------------ the lock file */

struct holder {
	long pid;   /* 0: not known */
	char *path; /* of the task file; NULL: not known */
};

static void holder_release(struct holder *h)
{
	free(h->path);
	h->path = NULL;
}

static bool holder_parse(char *text, struct holder *h)
{
	char *path = strchr(text, '\n'), *end;

	if (!path)
		return false;
	*path++ = '\0';
	h->pid = strtol(text, NULL, 10);
	end = strchr(path, '\n');
	if (!end || end == path)
		return false;
	*end = '\0';
	h->path = rs_xstrdup(path);
	return true;
}

/* Who has, or had, the lock. False where it was never taken or the file says nothing. */
static bool holder_read(const char *lock_path, struct holder *h)
{
	char text[4200];
	int fd = open(lock_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	*h = (struct holder){0, NULL};
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return holder_parse(text, h);
}

static void holder_write(int fd, const struct rs_task *task)
{
	char *text = rs_xprintf("%ld\n%s\n", (long)getpid(), task->path ? task->path : "");
	size_t len = strlen(text);

	/* What can't be written is missed by those who look, and by nobody else. */
	if (pwrite(fd, text, len, 0) == (ssize_t)len && ftruncate(fd, (off_t)len) != 0)
		errno = 0;
	free(text);
}

/* ------------------------------------------------------------------ copies */

static bool same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	if (strcmp(a, b) == 0)
		return true;
	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static bool file_has_id(const char *path, const char *id)
{
	struct rs_ini *ini = rs_ini_load(path, NULL);
	const char *its = ini ? rs_ini_get(ini, "task", "id") : NULL;
	bool same = its && strcmp(its, id) == 0;

	rs_ini_free(ini);
	return same;
}

/* Another task file with the same id where none has been run yet; malloc'ed, or NULL. */
static char *find_twin(const struct rs_task *task)
{
	struct rs_task_list list;
	char *twin = NULL;

	if (rs_task_list(&list, NULL) != RS_OK)
		return NULL;
	for (size_t i = 0; i < list.count && !twin; i++)
		if (!same_file(list.files[i].path, task->path) && file_has_id(list.files[i].path, task->id))
			twin = rs_xstrdup(list.files[i].path);
	rs_task_list_release(&list);
	return twin;
}

static char *find_original(const struct rs_task *task, const char *lock_path)
{
	struct holder h;
	char *original = NULL;

	if (!holder_read(lock_path, &h))
		return find_twin(task);
	if (!same_file(h.path, task->path) && file_has_id(h.path, task->id))
		original = rs_xstrdup(h.path);
	holder_release(&h);
	return original;
}

enum rs_rc rs_task_check_copied(const struct rs_task *task, struct rs_err *err)
{
	char *lock_path, *original;

	if (!task->id || !task->path)
		return RS_OK;
	lock_path = rs_state_path(task, "lock");
	original = find_original(task, lock_path);
	free(lock_path);
	if (!original)
		return RS_OK;
	rs_err_set(err, RS_E_TASK_COPIED, _("%s has the id of another task"), task->path);
	rs_err_detail(err, _("The id %s belongs to %s."), task->id, original);
	rs_err_hint(err, _("Remove the line \"id = %s\" from the copy: it gets one of its own when it is run."), task->id);
	free(original);
	return RS_FAIL;
}

/* ------------------------------------------------------------------ taking it */

/* Takes the lock; the description of where it failed is left in errno. */
static bool lock_fd(int fd)
{
	struct flock region = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_SETLK, &region) == 0;
}

static bool still_there(int fd, const char *path)
{
	struct stat by_fd, by_path;

	return fstat(fd, &by_fd) == 0 && stat(path, &by_path) == 0 && by_fd.st_ino == by_path.st_ino &&
	       by_fd.st_dev == by_path.st_dev;
}

/* An open, locked lock file, or -1 and errno. A file that was removed between opening and locking it locks nothing. */
static int lock_path_open(const char *path)
{
	for (;;) {
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), saved;

		if (fd < 0)
			return -1;
		if (lock_fd(fd) && still_there(fd, path))
			return fd;
		saved = errno;
		if (still_there(fd, path)) {
			close(fd);
			errno = saved;
			return -1;
		}
		close(fd);
	}
}

static enum rs_rc fail_running(const struct rs_task *task, const char *path, struct rs_err *err)
{
	struct holder h;

	rs_err_set(err, RS_E_TASK_RUNNING, _("the task %s is already running"), task->name);
	if (holder_read(path, &h) && h.pid > 0)
		rs_err_hint(err, _("Process %ld has it: \"rds-sync status %s\" shows it, \"rds-sync stop %s\" ends it."), h.pid,
		            task->name, task->name);
	holder_release(&h);
	return RS_FAIL;
}

static enum rs_rc lock_take(struct rs_task_lock *l, const struct rs_task *task, const char *path, struct rs_err *err)
{
	int fd = lock_path_open(path), why = errno;

	/* EAGAIN is the lock's answer alone: somebody had it, who may have let go of it since. */
	if (fd < 0 && (why == EAGAIN || (why == EACCES && rs_task_is_locked(task, NULL))))
		return fail_running(task, path, err);
	if (fd < 0)
		return rs_err_sys(err, RS_E_STATE, why, _("can't lock %s"), path);
	if (rs_task_check_copied(task, err) != RS_OK) {
		close(fd);
		return RS_FAIL;
	}
	holder_write(fd, task);
	l->fd = fd;
	return RS_OK;
}

enum rs_rc rs_task_lock(struct rs_task_lock *l, const struct rs_task *task, struct rs_err *err)
{
	char *dir, *path;
	enum rs_rc rc;

	l->fd = -1;
	if (!task->id)
		return rs_err_set(err, RS_E_TASK_INVALID, _("the task %s has no id"), task->name);
	dir = rs_state_dir(err);
	if (!dir)
		return RS_FAIL;
	path = rs_state_path(task, "lock");
	rc = lock_take(l, task, path, err);
	free(path);
	free(dir);
	return rc;
}

void rs_task_unlock(struct rs_task_lock *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* ------------------------------------------------------------------ looking at it */

static bool fd_is_locked(int fd)
{
	struct flock region = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_GETLK, &region) == 0 && region.l_type != F_UNLCK;
}

bool rs_task_is_locked(const struct rs_task *task, long *pid)
{
	char *path;
	struct holder h = {0, NULL};
	bool locked;
	int fd;

	if (pid)
		*pid = 0;
	if (!task->id)
		return false;
	path = rs_state_path(task, "lock");
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	locked = fd >= 0 && fd_is_locked(fd);
	if (locked && pid && holder_read(path, &h))
		*pid = h.pid;
	holder_release(&h);
	if (fd >= 0)
		close(fd);
	free(path);
	return locked;
}

bool rs_task_was_locked(const struct rs_task *task)
{
	char *path;
	bool there;

	if (!task->id)
		return false;
	path = rs_state_path(task, "lock");
	there = access(path, F_OK) == 0;
	free(path);
	return there;
}
