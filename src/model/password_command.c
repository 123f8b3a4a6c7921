#include "model/password_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/i18n.h"

extern char **environ;

static void set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(attr, 0);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
}

static int spawn(const char *command, int out, pid_t *pid)
{
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char *)(uintptr_t)command, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int rc;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&attr);
	set_attributes(&attr);
	rc = posix_spawn(pid, "/bin/sh", &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

static bool readable(int fd, rs_usec deadline)
{
	for (;;) {
		rs_usec left = deadline - rs_clock_mono();
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int n = left <= 0 ? 0 : poll(&p, 1, (int)(left / 1000 + 1));

		if (n >= 0 || errno != EINTR)
			return n > 0;
	}
}

/* All that comes until the end; RS_AGAIN: the time is over. */
static enum rs_rc drain(int fd, char *out, size_t size, size_t *len, rs_usec deadline)
{
	while (readable(fd, deadline)) {
		ssize_t n = read(fd, out + *len, size - *len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? RS_OK : RS_FAIL;
		*len += (size_t)n;
		if (*len == size)
			return RS_FAIL;
	}
	return RS_AGAIN;
}

static bool reap(pid_t pid, rs_usec deadline, int *status)
{
	const struct timespec pause = {0, 10 * 1000 * 1000};

	for (;;) {
		pid_t n = waitpid(pid, status, WNOHANG);

		if (n == pid)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
		if (rs_clock_mono() >= deadline)
			return false;
		nanosleep(&pause, NULL);
	}
}

static void kill_and_reap(pid_t pid)
{
	int status;

	kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
}

static enum rs_rc judge(enum rs_rc read, bool ended, int status, struct rs_err *err)
{
	if (read == RS_AGAIN || !ended)
		return rs_err_set(err, RS_E_SECRET, _("the password command took too long"));
	if (read != RS_OK)
		return rs_err_set(err, RS_E_SECRET, _("the password command printed too much"));
	if (WIFSIGNALED(status))
		return rs_err_set(err, RS_E_SECRET, _("the password command was ended by signal %d"), WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return rs_err_set(err, RS_E_SECRET, _("the password command failed with exit status %d"),
		                  WEXITSTATUS(status));
	return RS_OK;
}

enum rs_rc rs_password_command(const char *command, char *out, size_t size, size_t *len, rs_usec timeout,
                               struct rs_err *err)
{
	rs_usec deadline = rs_clock_mono() + timeout;
	int fds[2], status = 0, why;
	bool ended = false;
	enum rs_rc rc;
	pid_t pid;

	*len = 0;
	if (pipe2(fds, O_CLOEXEC) != 0)
		return rs_err_sys(err, RS_E_SECRET, errno, _("can't run the password command"));
	why = spawn(command, fds[1], &pid);
	close(fds[1]);
	if (why != 0) {
		close(fds[0]);
		return rs_err_sys(err, RS_E_SECRET, why, _("can't run the password command"));
	}
	rc = drain(fds[0], out, size, len, deadline);
	close(fds[0]);
	if (rc == RS_OK)
		ended = reap(pid, deadline, &status);
	if (!ended)
		kill_and_reap(pid);
	return judge(rc, ended || rc == RS_FAIL, status, err);
}
