/* The other end of the control socket, and the address that both use. */
#include "engine/control/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/report/progress.h"
#include "engine/state.h"
#include "engine/verify/repairs.h"
#include "model/paths.h"

#define ANSWER_MAX (64u * 1024 * 1024)
#define LOOK_MS 50 /* whether the question is withdrawn */

/* ------------------------------------------------------------------ the address */

/* A path that is too long for an address is reached through a descriptor of its directory; *dir_fd is to be closed
 * afterwards. */
static bool address_of(const struct rs_task *task, struct sockaddr_un *address, int *dir_fd)
{
	char *path = rs_state_path(task, "sock"), *dir = rs_paths_state();
	int n = snprintf(address->sun_path, sizeof address->sun_path, "%s", path);

	address->sun_family = AF_UNIX;
	*dir_fd = -1;
	if (n < 0 || (size_t)n >= sizeof address->sun_path) {
		*dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		n = snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s.sock", *dir_fd, task->id);
		if (*dir_fd < 0)
			n = -1;
	}
	free(path);
	free(dir);
	return n >= 0 && (size_t)n < sizeof address->sun_path;
}

static bool attach(int fd, const struct sockaddr_un *address, enum rs_control_end end)
{
	const struct sockaddr *a = (const struct sockaddr *)address;

	if (end == RS_CONTROL_CONNECT)
		return connect(fd, a, sizeof *address) == 0;
	if (unlink(address->sun_path) != 0 && errno != ENOENT)
		return false;
	return fchmod(fd, 0600) == 0 && bind(fd, a, sizeof *address) == 0 && listen(fd, 8) == 0;
}

int rs_control_socket(const struct rs_task *task, enum rs_control_end end)
{
	struct sockaddr_un address = {0};
	int dir_fd = -1, saved,
	    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (end == RS_CONTROL_LISTEN ? SOCK_NONBLOCK : 0), 0);
	bool ok;

	if (fd < 0)
		return -1;
	ok = address_of(task, &address, &dir_fd) && attach(fd, &address, end);
	saved = errno;
	if (dir_fd >= 0)
		close(dir_fd);
	if (ok)
		return fd;
	close(fd);
	errno = saved;
	return -1;
}

/* ------------------------------------------------------------------ asking */

static int left_ms(rs_usec until)
{
	rs_usec left = until - rs_clock_mono();

	return left <= 0 ? 0 : left > RS_MSEC(1000000) ? 1000000 : (int)((left + 999) / 1000);
}

/* The process may only just be starting: tries until it listens. */
static int connect_patiently(const struct rs_task *task, rs_usec until)
{
	for (;;) {
		int fd = rs_control_socket(task, RS_CONTROL_CONNECT);

		if (fd >= 0 || (errno != ENOENT && errno != ECONNREFUSED) || left_ms(until) == 0 || !rs_task_is_locked(task, NULL))
			return fd;
		poll(NULL, 0, 50);
	}
}

static bool send_word(int fd, const char *word)
{
	char *line = rs_xprintf("%s\n", word);
	size_t len = strlen(line);
	bool sent = send(fd, line, len, MSG_NOSIGNAL) == (ssize_t)len;

	free(line);
	return sent;
}

enum heard { HEARD_LINE, HEARD_END, HEARD_NOTHING };

/* False: nothing came in time, or nobody waits for it any more. */
static bool wait_readable(int fd, rs_usec until, struct rs_cancel *cancel)
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};

	for (;;) {
		int left = left_ms(until);

		if (poll(&readable, 1, cancel && left > LOOK_MS ? LOOK_MS : left) != 0)
			return true;
		if (left_ms(until) == 0 || (cancel && rs_cancel_is_set(cancel)))
			return false;
	}
}

static enum heard hear_line(int fd, struct rs_buf *line, rs_usec until, struct rs_cancel *cancel)
{
	char part[4096];

	for (;;) {
		ssize_t n;

		if (!wait_readable(fd, until, cancel))
			return HEARD_NOTHING;
		n = recv(fd, part, sizeof part, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || rs_buf_add(line, part, (size_t)n) != RS_OK)
			return HEARD_END;
		if (part[n - 1] == '\n')
			return HEARD_LINE;
	}
}

static json_t *read_answer(const struct rs_buf *line, struct rs_err *err)
{
	json_t *j = json_loadb(rs_buf_str(line), line->len, 0, NULL);

	if (json_is_true(json_object_get(j, "ok")))
		return j;
	if (json_is_false(json_object_get(j, "ok")))
		rs_err_from_json(j, err);
	else
		rs_err_set(err, RS_E_STATE, _("the process that runs the task gives an answer that can't be read"));
	json_decref(j);
	return NULL;
}

static void fail_unreached(const struct rs_task *task, struct rs_err *err)
{
	int saved = errno;
	long pid = 0;

	if (!rs_task_is_locked(task, &pid)) {
		rs_err_set(err, RS_E_TASK_NOT_RUNNING, _("the task %s is not running"), task->name);
		return;
	}
	rs_err_sys(err, RS_E_STATE, saved, _("process %ld, which runs the task %s, can't be reached"), pid, task->name);
	rs_err_hint(err, _("\"kill -TERM %ld\" ends it in order."), pid);
}

/* *end: the other side hung up without an answer. */
static json_t *ask_open(int fd, const struct rs_task *task, const char *word, rs_usec until, struct rs_cancel *cancel, bool *ended,
                        struct rs_err *err)
{
	struct rs_buf line;
	enum heard heard = HEARD_END;
	json_t *j = NULL;

	rs_buf_init(&line, ANSWER_MAX);
	if (send_word(fd, word))
		heard = hear_line(fd, &line, until, cancel);
	*ended = heard == HEARD_END;
	if (heard == HEARD_LINE)
		j = read_answer(&line, err);
	else if (heard == HEARD_END)
		rs_err_set(err, RS_E_TASK_NOT_RUNNING, _("the process that runs the task %s has ended"), task->name);
	else if (cancel && rs_cancel_is_set(cancel))
		rs_err_set(err, RS_E_CANCELLED, _("cancelled"));
	else
		rs_err_set(err, RS_E_STATE, _("the process that runs the task %s has not answered in time"), task->name);
	rs_buf_release(&line);
	return j;
}

/* Who runs a task is found by its id, which a copied file has as well: nobody means another task's process by that. */
static json_t *ask(const struct rs_task *task, const char *word, rs_usec timeout, struct rs_cancel *cancel, bool *ended,
                   struct rs_err *err)
{
	rs_usec until = rs_clock_mono() + timeout;
	json_t *j;
	int fd;

	*ended = false;
	if (rs_task_check_copied(task, err) != RS_OK)
		return NULL;
	fd = connect_patiently(task, until);
	if (fd < 0) {
		fail_unreached(task, err);
		return NULL;
	}
	j = ask_open(fd, task, word, until, cancel, ended, err);
	close(fd);
	return j;
}

json_t *rs_control_ask(const struct rs_task *task, const char *word, rs_usec timeout, struct rs_cancel *cancel, struct rs_err *err)
{
	bool ended;

	return ask(task, word, timeout, cancel, &ended, err);
}

/* ------------------------------------------------------------------ commands */

static enum rs_rc fail_not_running(const struct rs_task *task, struct rs_err *err)
{
	rs_err_set(err, RS_E_TASK_NOT_RUNNING, _("the task %s is not running"), task->name);
	return rs_err_hint(err, _("\"rds-sync run %s\" starts it, or goes on with it."), task->name);
}

enum rs_rc rs_task_reload(const struct rs_task *task, rs_usec timeout, struct rs_err *err)
{
	json_t *j;

	if (!rs_task_is_locked(task, NULL))
		return fail_not_running(task, err);
	j = rs_control_ask(task, "reload", timeout, NULL, err);
	json_decref(j);
	return j ? RS_OK : RS_FAIL;
}

static uint64_t count_of(const json_t *j, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(j, name));
}

enum rs_rc rs_task_repair(const struct rs_task *task, const struct rs_diff_range *range, rs_usec timeout, struct rs_cancel *cancel,
                          struct rs_repair_counts *done, struct rs_err *err)
{
	if (!rs_task_is_locked(task, NULL))
		return fail_not_running(task, err);
	json_t *what = rs_diff_range_to_json(range);
	char *text = json_dumps(what, JSON_COMPACT), *line = rs_xprintf("repair %s", text);
	json_t *j = rs_control_ask(task, line, timeout, cancel, err);

	if (j != NULL)
		*done = (struct rs_repair_counts){count_of(j, "parts"), count_of(j, "deleted"), count_of(j, "written")};
	json_decref(what);
	json_decref(j);
	free(text);
	free(line);
	return j ? RS_OK : RS_FAIL;
}

enum rs_rc rs_task_command(const struct rs_task *task, enum rs_command command, rs_usec timeout, struct rs_err *err)
{
	struct rs_err why = RS_ERR_INIT;
	bool ended;
	json_t *j;

	if (!rs_task_is_locked(task, NULL))
		return fail_not_running(task, err);
	j = ask(task, rs_command_word(command), timeout, NULL, &ended, &why);
	/* Ending is what it was told to. */
	if (!j && !(command == RS_CMD_STOP && ended)) {
		if (err)
			rs_err_move(err, &why);
		rs_err_clear(&why);
		return RS_FAIL;
	}
	rs_err_clear(&why);
	json_decref(j);
	return RS_OK;
}
