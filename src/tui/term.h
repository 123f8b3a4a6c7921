/* The terminal, and the only file with curses in it: opens it without ever ending the process, shows canvases, reads
 * keys, notices its end, and leaves it as it was, also after a crash. One a process; the UI thread's.
 *
 * While it is open, descriptors 1 and 2 are a pipe whose lines go to the log: libraries that write to them don't spoil
 * the screen. The terminal itself is read and written through descriptors of our own. Raw mode: Ctrl-C, Ctrl-Z, Ctrl-S
 * are keys. Signals: SIGWINCH, SIGCONT, SIGTSTP, SIGTERM, SIGINT, SIGHUP are noted in a pipe that the loop polls; the
 * other threads of the process have them blocked. */
#ifndef RS_TERM_H
#define RS_TERM_H

#include <stdbool.h>
#include <termios.h>
#include <stddef.h>
#include "base/clock.h"
#include "base/err.h"
#include "tui/canvas.h"
#include "tui/input.h"

enum rs_colour { RS_COLOUR_AUTO, RS_COLOUR_ALWAYS, RS_COLOUR_NEVER };

struct rs_term_options {
	enum rs_colour colour; /* auto: as the terminal can, unless $NO_COLOR is set and not empty */
	bool ascii;            /* even where UTF-8 would do */
	bool utf8;             /* the locale's character set is UTF-8 (rs_locale_init) */
};

struct rs_term;

/* Whether a full-screen program can run here: standard input and output are a terminal and $TERM is not dumb.
 * RS_E_NO_TERMINAL, whose hint names the commands that need none. Touches nothing. */
enum rs_rc rs_term_check(struct rs_err *err) RS_MUST_CHECK;
/* Gives the terminal on standard input and output back in place of a process that was killed while it had it; modes are
 * those from before. For a process that has no rs_term of its own. */
void rs_term_rescue(const struct termios *modes);
/* RS_E_NO_TERMINAL as above, or where no terminal description will do ($TERM, its family, xterm-256color, xterm,
 * vt100 are tried). NULL on failure. */
struct rs_term *rs_term_open(const struct rs_term_options *options, struct rs_err *err);
/* Gives the terminal back as it was; one that takes nothing for two seconds is left alone. NULL is fine. */
void rs_term_close(struct rs_term *t);

void rs_term_size(const struct rs_term *t, int *h, int *w);
/* *keep_text (may be NULL): letters can be shown all the same. */
bool rs_term_ascii(const struct rs_term *t, bool *keep_text);
/* Which description is in use, and whether it is the one of $TERM. */
const char *rs_term_type(const struct rs_term *t, bool *fallback);

/* Shows the canvas: writes the cells that differ from what was shown before. Never waits: what a slow line does not take now follows
 * while rs_term_wait is called, and it is ready for the next picture when it has that. */
void rs_term_show(struct rs_term *t, const struct rs_canvas *c);
bool rs_term_ready(const struct rs_term *t);
/* Next time everything is written again (Ctrl-L; after somebody else wrote on the screen). */
void rs_term_redraw(struct rs_term *t);

/* Waits for one event, at most until timeout (< 0: for ever), and for wake_fd to become readable (RS_EV_WAKE, which also
 * says that it is ready again; the caller empties it). RS_OK, or RS_AGAIN when the time is up. A paste's text lives until the next call. After
 * RS_EV_HANGUP nothing is shown any more and no further event comes. */
enum rs_rc rs_term_wait(struct rs_term *t, int wake_fd, rs_usec timeout, struct rs_event *ev) RS_MUST_CHECK;

/* Ctrl-Z: gives the terminal back, stops the process group, and takes the terminal again when it is continued in the
 * foreground (till then nothing is shown). */
void rs_term_suspend(struct rs_term *t);
/* Gives the terminal to a shell command until it ends, and takes it again; other threads go on meanwhile. As rs_tty_run. */
int rs_term_run(struct rs_term *t, const char *command);
/* Sends text to the terminal's clipboard by OSC 52. False where the terminal is known not to have that, or the text is
 * too long for it. */
bool rs_term_copy(struct rs_term *t, const char *text, size_t len);

#endif
