#include "model/password_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/command.h"
#include "base/i18n.h"

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
	why = rs_command_start(command, fds[1], NULL, &pid);
	close(fds[1]);
	if (why != 0) {
		close(fds[0]);
		return rs_err_sys(err, RS_E_SECRET, why, _("can't run the password command"));
	}
	rc = drain(fds[0], out, size, len, deadline);
	close(fds[0]);
	if (rc == RS_OK)
		ended = rs_command_ended(pid, deadline, &status);
	if (!ended)
		rs_command_kill(pid);
	return judge(rc, ended || rc == RS_FAIL, status, err);
}
