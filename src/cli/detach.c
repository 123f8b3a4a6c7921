#include "cli/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/i18n.h"
#include "tui/term.h"

/* The child's end of the pipe to its parent; -1: not forked, or detached. */
static int to_parent = -1;

/* ------------------------------------------------------------------ the parent */

static void parent_signals(sigset_t *set)
{
	static const int all[] = {SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGCONT};

	sigemptyset(set);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		sigaddset(set, all[i]);
}

/* Of the terminal, before the child had it. */
static struct termios modes;
static bool has_terminal;

static void end_like(int status)
{
	int sig;

	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	sig = WTERMSIG(status);
	if (has_terminal)
		rs_term_rescue(&modes);
	signal(sig, SIG_DFL);
	raise(sig);
	_exit(128 + sig);
}

/* Where the child stops itself, the shell must see us stopped, or it would not take the terminal back. */
static void child_changed(pid_t child)
{
	int status;

	while (waitpid(child, &status, WNOHANG | WUNTRACED) > 0) {
		if (!WIFSTOPPED(status))
			end_like(status);
		raise(SIGSTOP);
		kill(child, SIGCONT);
	}
}

static void take_signal(int fd, pid_t child)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof info) != sizeof info)
		return;
	switch ((int)info.ssi_signo) {
	case SIGCHLD: child_changed(child); break;
	/* From the terminal the child has got these as well. */
	case SIGINT:
	case SIGQUIT:
	case SIGCONT: break;
	default: kill(child, (int)info.ssi_signo);
	}
}

static void wait_for_child(pid_t child, int from_child, int signals_fd)
{
	struct pollfd polls[] = {{.fd = signals_fd, .events = POLLIN}, {.fd = from_child, .events = POLLIN}};
	char word;

	for (;;) {
		if (poll(polls, 2, -1) < 0)
			continue;
		if (polls[0].revents)
			take_signal(signals_fd, child);
		if (polls[1].revents & POLLIN && read(from_child, &word, 1) == 1)
			_exit(0);
		if (polls[1].revents & POLLHUP)
			polls[1].fd = -1; /* it is ending, and SIGCHLD tells how */
	}
}

/* ------------------------------------------------------------------ both */

static void close_pipe(const int pipe_fds[2])
{
	int saved = errno;

	close(pipe_fds[0]);
	close(pipe_fds[1]);
	errno = saved;
}

/* To who kills the parent the two are one program: left alone, the child would share the terminal with the shell. */
static void end_with_parent(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		raise(SIGKILL);
}

enum rs_rc rs_detach_fork(struct rs_err *err)
{
	int pipe_fds[2], signals_fd;
	sigset_t signals, before;
	pid_t self = getpid(), child;

	if (pipe2(pipe_fds, O_CLOEXEC) != 0)
		return rs_err_sys(err, RS_E_INTERNAL, errno, _("can't make a pipe"));
	has_terminal = isatty(STDOUT_FILENO) && tcgetattr(STDIN_FILENO, &modes) == 0;
	parent_signals(&signals);
	sigprocmask(SIG_BLOCK, &signals, &before);
	signals_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	child = signals_fd < 0 ? -1 : fork();
	if (child > 0) {
		close(pipe_fds[1]);
		wait_for_child(child, pipe_fds[0], signals_fd);
	}
	if (signals_fd >= 0)
		close(signals_fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (child < 0) {
		close_pipe(pipe_fds);
		return rs_err_sys(err, RS_E_INTERNAL, errno, _("can't start a process"));
	}
	end_with_parent(self);
	close(pipe_fds[0]);
	to_parent = pipe_fds[1];
	return RS_OK;
}

static void let_go_of_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

bool rs_detach(void)
{
	if (to_parent < 0)
		return false;
	(void)prctl(PR_SET_PDEATHSIG, 0);
	if (write(to_parent, "d", 1) != 1)
		return false;
	close(to_parent);
	to_parent = -1;
	setsid();
	let_go_of_terminal();
	return true;
}
