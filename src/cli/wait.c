/* Waiting for a job and for signals in one place. */
#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "base/i18n.h"

static void wake(void *arg)
{
	const struct rs_cli_wait *w = arg;
	uint64_t one = 1;

	/* It fails only where as many as can be counted are waiting already. */
	if (write(w->event_fd, &one, sizeof one) < 0)
		return;
}

static void ending_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

enum rs_rc rs_cli_wait_open(struct rs_cli_wait *w, struct rs_err *err)
{
	sigset_t signals;

	ending_signals(&signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	w->wake = (struct rs_wake){wake, w};
	w->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w->event_fd >= 0 && w->signal_fd >= 0)
		return RS_OK;
	rs_err_sys(err, RS_E_INTERNAL, errno, _("can't wait for signals"));
	rs_cli_wait_close(w);
	return RS_FAIL;
}

/* The next one of its kind ends the process as it always does. */
static void take_signal(const struct rs_cli_wait *w)
{
	struct signalfd_siginfo info;
	sigset_t signals;

	if (read(w->signal_fd, &info, sizeof info) != sizeof info)
		return;
	ending_signals(&signals);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
}

enum rs_cli_event rs_cli_wait_next(struct rs_cli_wait *w, rs_usec timeout)
{
	struct pollfd polls[] = {{.fd = w->signal_fd, .events = POLLIN}, {.fd = w->event_fd, .events = POLLIN}};
	uint64_t count;
	int n = poll(polls, 2, timeout < 0 ? -1 : (int)((timeout + 999) / 1000));

	if (n > 0 && polls[0].revents) {
		take_signal(w);
		return RS_WAIT_SIGNAL;
	}
	if (n > 0 && read(w->event_fd, &count, sizeof count) == sizeof count)
		return RS_WAIT_WOKEN;
	return n == 0 ? RS_WAIT_TIMEOUT : RS_WAIT_WOKEN;
}

void rs_cli_wait_close(struct rs_cli_wait *w)
{
	sigset_t signals;

	if (w->event_fd >= 0)
		close(w->event_fd);
	if (w->signal_fd >= 0)
		close(w->signal_fd);
	w->event_fd = w->signal_fd = -1;
	ending_signals(&signals);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
}
