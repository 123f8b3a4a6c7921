#include "tui/tty.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/command.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"

#define KEPT_MAX (64u * 1024)
#define RESTORE_MAX 512

static const int noted[] = {SIGWINCH, SIGCONT, SIGTSTP, SIGTERM, SIGINT, SIGHUP};
static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
#define NOTED (sizeof noted / sizeof *noted)
#define DEADLY (sizeof deadly / sizeof *deadly)

/* What handlers need, and what there is to put back. */
static struct {
	int note_fd;                 /* the signals' pipe, its writing end */
	struct sigaction old_noted[NOTED], old_deadly[DEADLY];
	struct termios modes;        /* of the terminal as it was found */
	int tty, out, err;           /* our terminal; what 1 and 2 were */
	volatile sig_atomic_t armed; /* the terminal is ours: a crash must give it back */
	char restore[RESTORE_MAX];
	size_t restore_len;
	int captured;
	struct rs_buf line;          /* the unfinished last line of what was captured */
	struct rs_buf kept;          /* lines for the end */
} guard;

/* --- signals ------------------------------------------------------------------------- */

static void note_signal(int signo)
{
	int saved = errno;
	char byte = (char)signo;
	ssize_t n = write(guard.note_fd, &byte, 1);

	(void)n; /* full: there is enough to do already */
	errno = saved;
}

/* Only async-signal-safe calls. What the crash itself wrote to the captured standard error is passed on. */
static void give_back(void)
{
	char bytes[4096];
	ssize_t n;

	if (!guard.armed)
		return;
	guard.armed = 0;
	n = write(guard.tty, guard.restore, guard.restore_len);
	(void)tcsetattr(guard.tty, TCSANOW, &guard.modes);
	(void)dup2(guard.out, STDOUT_FILENO);
	(void)dup2(guard.err, STDERR_FILENO);
	while ((n = read(guard.captured, bytes, sizeof bytes)) > 0)
		n = write(STDERR_FILENO, bytes, (size_t)n);
}

static void crash(int signo)
{
	give_back();
	(void)raise(signo); /* the handler is reset: this one kills */
}

static void take_signals(void)
{
	struct sigaction note = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
	struct sigaction die = {.sa_handler = crash, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};

	sigemptyset(&note.sa_mask);
	sigemptyset(&die.sa_mask);
	for (size_t i = 0; i < NOTED; i++) {
		(void)sigaction(noted[i], NULL, &guard.old_noted[i]);
		if (guard.old_noted[i].sa_handler != SIG_IGN || noted[i] == SIGWINCH)
			(void)sigaction(noted[i], &note, NULL);
	}
	for (size_t i = 0; i < DEADLY; i++) { /* a sanitizer's own handler stays */
		(void)sigaction(deadly[i], NULL, &guard.old_deadly[i]);
		if (guard.old_deadly[i].sa_handler == SIG_DFL)
			(void)sigaction(deadly[i], &die, NULL);
	}
}

static void leave_signals(void)
{
	for (size_t i = 0; i < NOTED; i++)
		(void)sigaction(noted[i], &guard.old_noted[i], NULL);
	for (size_t i = 0; i < DEADLY; i++)
		(void)sigaction(deadly[i], &guard.old_deadly[i], NULL);
}

int rs_tty_signal(struct rs_tty *t)
{
	unsigned char byte;

	return read(t->signals, &byte, 1) == 1 ? byte : 0;
}

void rs_tty_stop(struct rs_tty *t)
{
	struct sigaction ours, stop = {.sa_handler = SIG_DFL};

	(void)t;
	sigemptyset(&stop.sa_mask);
	(void)sigaction(SIGTSTP, &stop, &ours);
	(void)kill(0, SIGTSTP); /* the whole job, with the parent that waits for us: so does the terminal's own key */
	(void)sigaction(SIGTSTP, &ours, NULL);
}

/* --- another program ------------------------------------------------------------------- */

/* Also from the background, where we are while the other one has it. */
static void give_foreground(const struct rs_tty *t, pid_t group)
{
	sigset_t stop, before;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	(void)pthread_sigmask(SIG_BLOCK, &stop, &before);
	(void)tcsetpgrp(t->in, group);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* The last signal that ends us; the loop gets it when this is over. */
static int ends(struct rs_tty *t)
{
	int signo, last = 0;

	while ((signo = rs_tty_signal(t)))
		last = signo == SIGTERM || signo == SIGINT || signo == SIGHUP ? signo : last;
	return last;
}

static int wait_for(struct rs_tty *t, pid_t pid, int *told)
{
	struct pollfd pending = {t->signals, POLLIN, 0};
	int status = 0;

	for (;;) {
		pid_t n = waitpid(pid, &status, WNOHANG | WUNTRACED);

		if (n == pid && !WIFSTOPPED(status))
			return status;
		if (n < 0 && errno != EINTR)
			return -1;
		if (n == pid) {
			give_foreground(t, pid);
			(void)kill(-pid, SIGCONT);
		}
		if (poll(&pending, 1, 50) > 0 && (*told = ends(t)) != 0)
			(void)kill(-pid, SIGHUP);
	}
}

int rs_tty_run(struct rs_tty *t, const char *command)
{
	int status, told = 0, why;
	pid_t pid;

	why = rs_command_start_at(command, t->in, t->out, &pid);
	if (why) {
		errno = why;
		return -1;
	}
	give_foreground(t, pid);
	status = wait_for(t, pid, &told);
	give_foreground(t, getpgrp());
	if (told)
		(void)raise(told);
	return status;
}

/* --- capture ------------------------------------------------------------------------- */

static void put_line(void)
{
	if (guard.line.len) {
		if (rs_log_to_stderr())
			(void)rs_buf_addf(&guard.kept, "%s\n", rs_buf_str(&guard.line));
		else
			rs_log(RS_LOG_WARN, "written to standard error: %s", rs_buf_str(&guard.line));
	}
	rs_buf_clear(&guard.line);
}

static void capture_bytes(const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] == '\n' || rs_buf_addc(&guard.line, bytes[i]) != RS_OK)
			put_line();
}

void rs_tty_drain(struct rs_tty *t)
{
	char bytes[4096];
	ssize_t n;
	int rounds = 16; /* a library that writes without end must not stop the screen */

	while (t->captured >= 0 && rounds-- && (n = read(t->captured, bytes, sizeof bytes)) > 0)
		capture_bytes(bytes, (size_t)n);
}

static bool make_pipe(int fds[2])
{
	return pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0;
}

void rs_tty_capture(struct rs_tty *t, bool on)
{
	int fds[2];

	(void)fflush(stdout);
	(void)fflush(stderr);
	if (on && t->captured < 0 && make_pipe(fds)) {
		(void)dup2(fds[1], STDOUT_FILENO);
		(void)dup2(fds[1], STDERR_FILENO);
		close(fds[1]);
		t->captured = guard.captured = fds[0];
	} else if (!on && t->captured >= 0) {
		rs_tty_drain(t);
		put_line();
		(void)dup2(guard.out, STDOUT_FILENO);
		(void)dup2(guard.err, STDERR_FILENO);
		close(t->captured);
		t->captured = guard.captured = -1;
	}
}

/* --- life ---------------------------------------------------------------------------- */

void rs_tty_write(const struct rs_tty *t, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(t->out, data, len);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd fd = {t->out, POLLOUT, 0};

			if (poll(&fd, 1, 1000) <= 0 || fd.revents & (POLLHUP | POLLERR))
				return;
		} else if (n < 0 && errno != EINTR) {
			return;
		} else if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
}

void rs_tty_guard(const char *restore)
{
	size_t len = restore ? strlen(restore) : 0;

	guard.armed = 0;
	if (!restore || len >= sizeof guard.restore)
		return;
	memcpy(guard.restore, restore, len);
	guard.restore_len = len;
	guard.armed = 1;
}

bool rs_tty_foreground(const struct rs_tty *t)
{
	return tcgetpgrp(t->in) == getpgrp();
}

static int own_copy(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

enum rs_rc rs_tty_open(struct rs_tty *t, struct rs_err *err)
{
	int fds[2];

	if (!make_pipe(fds))
		return rs_err_sys(err, RS_E_NO_TERMINAL, errno, _("the terminal can't be used"));
	*t = (struct rs_tty){own_copy(STDIN_FILENO), own_copy(STDOUT_FILENO), fds[0], -1};
	guard.note_fd = fds[1];
	guard.tty = t->out;
	guard.out = own_copy(STDOUT_FILENO);
	guard.err = own_copy(STDERR_FILENO);
	guard.captured = -1;
	rs_buf_init(&guard.line, 4096);
	rs_buf_init(&guard.kept, KEPT_MAX);
	if (t->in < 0 || t->out < 0 || tcgetattr(t->in, &guard.modes) != 0) {
		int saved = errno;

		close(t->in);
		close(t->out);
		close(t->signals);
		close(guard.note_fd);
		return rs_err_sys(err, RS_E_NO_TERMINAL, saved, _("the terminal can't be used"));
	}
	take_signals();
	rs_mem_set_hook(give_back);
	return RS_OK;
}

void rs_tty_close(struct rs_tty *t)
{
	rs_tty_guard(NULL);
	rs_mem_set_hook(NULL);
	rs_tty_capture(t, false);
	(void)tcsetattr(t->in, TCSADRAIN, &guard.modes);
	leave_signals();
	(void)fputs(rs_buf_str(&guard.kept), stderr);
	rs_buf_release(&guard.line);
	rs_buf_release(&guard.kept);
	close(t->in);
	close(t->out);
	close(t->signals);
	close(guard.note_fd);
	close(guard.out);
	close(guard.err);
}

void rs_tty_hang_up(struct rs_tty *t)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int fds[] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, guard.out, guard.err};

	rs_tty_drain(t);
	rs_tty_guard(NULL);
	for (size_t i = 0; null >= 0 && i < sizeof fds / sizeof *fds; i++)
		(void)dup2(null, fds[i]);
	if (null >= 0) {
		(void)dup3(null, t->in, O_CLOEXEC);
		(void)dup3(null, t->out, O_CLOEXEC);
		close(null);
	}
	if (t->captured >= 0)
		close(t->captured);
	t->captured = guard.captured = -1;
}

void rs_tty_restore(const struct rs_tty *t)
{
	(void)tcsetattr(t->in, TCSANOW, &guard.modes);
}

void rs_tty_abandon(struct rs_tty *t)
{
	rs_tty_restore(t);
	rs_tty_hang_up(t);
}
