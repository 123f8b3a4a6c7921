/* What of the terminal needs no curses: our own descriptors on it, its saved modes, the signals that concern it, the
 * capture of what others write to descriptors 1 and 2, and how it is given back after a crash. Private to term.c. One
 * a process: signal handlers can only reach what is global. */
#ifndef RS_TTY_H
#define RS_TTY_H

#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"

struct rs_tty {
	int in, out;        /* descriptors of our own on the terminal */
	int signals;        /* readable: signal numbers, a byte each */
	int captured;       /* readable: what was written to 1 and 2; -1 while it is not captured */
};

/* Pasted text comes between marks, where the terminal knows of it. */
#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"

/* Takes the signals and saves the terminal's modes; does not change the terminal yet. */
enum rs_rc rs_tty_open(struct rs_tty *t, struct rs_err *err) RS_MUST_CHECK;
/* Saved modes and dispositions are put back; what was captured while nothing logged goes to standard error. */
void rs_tty_close(struct rs_tty *t);

/* Descriptors 1 and 2 become the pipe, or what they were. */
void rs_tty_capture(struct rs_tty *t, bool on);
/* Reads what was captured: to the log, or where that is standard error itself, kept for the end. */
void rs_tty_drain(struct rs_tty *t);

/* Appends what leaves the alternate screen, attributes and modes of the keyboard; curses or setupterm must know the
 * terminal. */
void rs_tty_put_restore(struct rs_buf *out);
/* From now on a crash writes restore (copied) to the terminal and puts its modes back. NULL: no longer. */
void rs_tty_guard(const char *restore);
/* The next signal noted, 0 where there is none. */
int rs_tty_signal(struct rs_tty *t);
/* Stops the process group as the terminal would; returns when it goes on. */
void rs_tty_stop(struct rs_tty *t);
/* Runs a shell command with the terminal, whose foreground it is, until it ends; one that is stopped is continued, since nobody else
 * would. What ends this process ends it, too. Its status as waitpid tells it; -1: it could not be started (errno). */
int rs_tty_run(struct rs_tty *t, const char *command);
/* Whether the process is in the foreground of its terminal. */
bool rs_tty_foreground(const struct rs_tty *t);
/* The terminal is gone: 0, 1, 2 and our descriptors become /dev/null. */
void rs_tty_hang_up(struct rs_tty *t);
/* Puts its modes back, for as long as another has it. */
void rs_tty_restore(const struct rs_tty *t);
/* It takes nothing any more: its modes are put back, and it is as if it were gone. */
void rs_tty_abandon(struct rs_tty *t);
/* Writes all, whatever happens. */
void rs_tty_write(const struct rs_tty *t, const char *data, size_t len);

#endif
