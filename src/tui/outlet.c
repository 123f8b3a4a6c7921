#include "tui/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

/* Another open file of the same terminal. Where it belongs to somebody else (after su) only its name for this session may be opened. */
static int open_quick(int terminal)
{
	const int flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	char path[40];
	int fd;

	snprintf(path, sizeof path, "/proc/self/fd/%d", terminal);
	fd = open(path, flags);
	return fd < 0 && tcgetsid(terminal) == getsid(0) ? open("/dev/tty", flags) : fd;
}

void rs_outlet_open(struct rs_outlet *o, int curses, int terminal)
{
	*o = (struct rs_outlet){.curses = curses, .terminal = terminal, .quick = open_quick(terminal), .waiting = RS_BUF_INIT};
	o->memory = o->quick < 0 ? -1 : memfd_create("screen", MFD_CLOEXEC);
}

void rs_outlet_close(struct rs_outlet *o)
{
	if (o->quick >= 0)
		close(o->quick);
	if (o->memory >= 0)
		close(o->memory);
	rs_buf_release(&o->waiting);
	o->quick = o->memory = -1;
}

/* What curses has written since. */
static void take(struct rs_outlet *o)
{
	off_t size = o->collecting ? lseek(o->memory, 0, SEEK_CUR) : 0;
	char bytes[4096];

	for (off_t at = 0; at < size;) {
		ssize_t n = pread(o->memory, bytes, sizeof bytes, at);

		if (n <= 0)
			break;
		(void)rs_buf_add(&o->waiting, bytes, (size_t)n);
		at += n;
	}
	if (size > 0 && ftruncate(o->memory, 0) == 0)
		(void)lseek(o->memory, 0, SEEK_SET);
}

void rs_outlet_collect(struct rs_outlet *o, bool on)
{
	if (o->memory < 0 || o->collecting == on)
		return;
	take(o);
	o->collecting = on;
	(void)dup3(on ? o->memory : o->terminal, o->curses, O_CLOEXEC);
}

void rs_outlet_put(struct rs_outlet *o, const char *data, size_t len)
{
	take(o);
	(void)rs_buf_add(&o->waiting, data, len);
	(void)rs_outlet_flush(o);
}

static void forget(struct rs_outlet *o)
{
	rs_buf_clear(&o->waiting);
	o->sent = 0;
}

bool rs_outlet_flush(struct rs_outlet *o)
{
	int fd = o->quick >= 0 ? o->quick : o->terminal;

	take(o);
	while (o->sent < o->waiting.len) {
		ssize_t n = write(fd, o->waiting.data + o->sent, o->waiting.len - o->sent);

		if (n > 0)
			o->sent += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			return false;
		else if (n == 0 || errno != EINTR)
			break; /* the terminal is gone; who reads from it is told */
	}
	forget(o);
	return true;
}

bool rs_outlet_is_waiting(const struct rs_outlet *o)
{
	return o->sent < o->waiting.len;
}

bool rs_outlet_drain(struct rs_outlet *o, rs_usec time)
{
	rs_usec end = rs_clock_mono() + time;

	while (!rs_outlet_flush(o)) {
		struct pollfd fd = {o->quick, POLLOUT, 0};
		rs_usec left = end - rs_clock_mono();

		if (left > 0 && poll(&fd, 1, (int)(left / 1000) + 1) > 0)
			continue;
		if (left <= 0) {
			forget(o);
			return false;
		}
	}
	return true;
}
