#include "tui/term.h"
#define NCURSES_NOMACROS
#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/outlet.h"
#include "tui/termkey.h"
#include "tui/tty.h"

#define PASTE_MAX ((size_t)1024 * 1024)
#define PASTE_SILENCE RS_USEC_PER_SEC  /* a paste whose end was lost */
#define LEAVE_TIME (2 * RS_USEC_PER_SEC) /* that a terminal may take to be given back */
#define BACKGROUND_CHECK RS_MSEC(500)
#define COPY_MAX ((size_t)70000)       /* bytes that terminals take by OSC 52 */

struct rs_term {
	struct rs_tty tty;
	FILE *out, *in;          /* curses' */
	struct rs_outlet outlet;
	SCREEN *screen;
	char type[64];
	bool fallback, ascii, keep_text;
	enum rs_palette palette;
	struct rs_canvas shown;  /* what is on the terminal */
	bool redraw;             /* shown is not to be trusted */
	int cursor;              /* as curs_set was told */
	bool gone;               /* hung up */
	bool background;         /* continued by "bg": not ours for now */
	bool more_keys;          /* curses may have read more than it gave */
	unsigned char utf8[4];   /* an unfinished character */
	size_t utf8_len;
	bool pasting;
	rs_usec paste_last;      /* when its last byte came */
	struct rs_buf paste, pasted;
	uint32_t held;           /* a key that was read ahead */
};

/* --- may we? --------------------------------------------------------------------------- */

static enum rs_rc no_terminal(struct rs_err *err, const char *why)
{
	(void)rs_err_set(err, RS_E_NO_TERMINAL, "%s", why);
	return rs_err_hint(err, "%s", _("Without screens: rds-sync prompt FLOW asks plain questions, rds-sync run TASK "
	                                "synchronizes, rds-sync status shows."));
}

enum rs_rc rs_term_check(struct rs_err *err)
{
	const char *type = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return no_terminal(err, _("standard input and output are not a terminal"));
	if (!type || !*type)
		return no_terminal(err, _("TERM is not set"));
	if (strcmp(type, "dumb") == 0)
		return no_terminal(err, _("this terminal (TERM=dumb) can't show full screens"));
	return RS_OK;
}

/* --- opening ----------------------------------------------------------------------------- */

/* Descriptions that lack cursor movement are of no use. */
static SCREEN *try_type(struct rs_term *t, const char *type)
{
	SCREEN *screen = newterm(type, t->out, t->in);

	if (!screen)
		return NULL;
	if (!tigetstr("cup") || tigetstr("cup") == (char *)-1) {
		endwin();
		delscreen(screen);
		return NULL;
	}
	snprintf(t->type, sizeof t->type, "%s", type);
	return screen;
}

/* $TERM; the same without what follows its last -, again and again; then what nearly all can do. */
static SCREEN *find_type(struct rs_term *t, const char *wanted)
{
	static const char *const common[] = {"xterm-256color", "xterm", "vt100"};
	char type[64];
	SCREEN *screen = try_type(t, wanted);

	snprintf(type, sizeof type, "%s", wanted);
	for (char *dash; !screen && (dash = strrchr(type, '-'));) {
		*dash = '\0';
		screen = try_type(t, type);
	}
	for (size_t i = 0; !screen && i < sizeof common / sizeof *common; i++)
		screen = try_type(t, common[i]);
	t->fallback = strcmp(t->type, wanted) != 0;
	return screen;
}

static bool want_colour(enum rs_colour choice)
{
	const char *no = getenv("NO_COLOR");

	if (choice == RS_COLOUR_NEVER || !has_colors())
		return false;
	return choice == RS_COLOUR_ALWAYS || !no || !*no;
}

static void start_colours(struct rs_term *t, enum rs_colour choice)
{
	short background = -1;

	if (!want_colour(choice) || start_color() == ERR || COLOR_PAIRS <= RS_STYLE_COUNT)
		return;
	if (use_default_colors() == ERR)
		background = COLOR_BLACK;
	t->palette = rs_theme_palette(COLORS, background == COLOR_BLACK ? NULL : getenv("COLORFGBG"));
	for (unsigned style = 0; style < RS_STYLE_COUNT; style++)
		(void)init_pair((short)(style + 1), (short)rs_theme_look(style, t->palette).fg, background);
}

static void guard(void)
{
	struct rs_buf restore = RS_BUF_INIT;

	rs_tty_put_restore(&restore);
	rs_tty_guard(rs_buf_str(&restore));
	rs_buf_release(&restore);
}

static void set_modes(struct rs_term *t)
{
	(void)raw();
	(void)noecho();
	(void)nonl();
	(void)intrflush(stdscr, FALSE);
	(void)keypad(stdscr, TRUE);
	(void)nodelay(stdscr, TRUE);
	(void)typeahead(-1);
	if (!getenv("ESCDELAY"))
		(void)set_escdelay(25);
	rs_tty_write(&t->tty, PASTE_ON, strlen(PASTE_ON));
}

static void start(struct rs_term *t, const struct rs_term_options *options)
{
	start_colours(t, options->colour);
	set_modes(t);
	rs_termkey_define();
	guard();
	rs_tty_capture(&t->tty, true);
	t->keep_text = !options->ascii && options->utf8 && strncmp(t->type, "linux", 5) == 0; /* its font has no ✓ ▸ ▕ */
	t->ascii = options->ascii || !options->utf8 || t->keep_text;
	t->cursor = -1;
	t->redraw = true;
	rs_canvas_init(&t->shown, 1, 1, t->ascii);
	rs_buf_init(&t->paste, PASTE_MAX);
	rs_buf_init(&t->pasted, 4 * PASTE_MAX);
	rs_outlet_collect(&t->outlet, true);
	if (t->fallback)
		rs_log(RS_LOG_WARN, "no description of this terminal TERM=%s used=%s", getenv("TERM"), t->type);
}

struct rs_term *rs_term_open(const struct rs_term_options *options, struct rs_err *err)
{
	struct rs_term *t;

	if (rs_term_check(err) != RS_OK)
		return NULL;
	t = rs_xcalloc(1, sizeof *t);
	t->outlet = (struct rs_outlet)RS_OUTLET_NONE;
	if (rs_tty_open(&t->tty, err) != RS_OK) {
		free(t);
		return NULL;
	}
	t->in = fdopen(dup(t->tty.in), "r");
	t->out = fdopen(dup(t->tty.out), "w");
	if (t->out)
		rs_outlet_open(&t->outlet, fileno(t->out), t->tty.out);
	use_env(TRUE);
	use_tioctl(TRUE); /* the terminal's size counts, not what LINES and COLUMNS say */
	t->screen = t->in && t->out ? find_type(t, getenv("TERM")) : NULL;
	if (!t->screen) {
		rs_term_close(t);
		(void)no_terminal(err, _("there is no description of this terminal"));
		return NULL;
	}
	start(t, options);
	return t;
}

/* Without an alternate screen the shell goes on in our last line. */
static void clear_last_line(void)
{
	const char *back = tigetstr("rmcup");

	if (back && back != (char *)-1)
		return;
	(void)move(LINES - 1, 0);
	(void)clrtoeol();
	(void)refresh();
}

/* False where it takes nothing any more. Its modes are put back by the caller: curses would wait for it first. */
static bool leave_screen(struct rs_term *t)
{
	rs_outlet_put(&t->outlet, PASTE_OFF, strlen(PASTE_OFF));
	(void)curs_set(1);
	clear_last_line();
	(void)endwin();
	return rs_outlet_drain(&t->outlet, LEAVE_TIME);
}

void rs_term_close(struct rs_term *t)
{
	if (!t)
		return;
	if (t->screen && !t->gone && !leave_screen(t))
		rs_tty_abandon(&t->tty);
	rs_tty_close(&t->tty);
	if (t->screen)
		delscreen(t->screen);
	if (t->in)
		(void)fclose(t->in);
	if (t->out)
		(void)fclose(t->out);
	rs_outlet_close(&t->outlet);
	rs_canvas_release(&t->shown);
	if (t->paste.data)
		explicit_bzero(t->paste.data, t->paste.cap);
	if (t->pasted.data)
		explicit_bzero(t->pasted.data, t->pasted.cap);
	rs_buf_release(&t->paste);
	rs_buf_release(&t->pasted);
	free(t);
}

void rs_term_size(const struct rs_term *t, int *h, int *w)
{
	(void)t;
	getmaxyx(stdscr, *h, *w);
}

bool rs_term_ascii(const struct rs_term *t, bool *keep_text)
{
	if (keep_text)
		*keep_text = t->keep_text;
	return t->ascii;
}

const char *rs_term_type(const struct rs_term *t, bool *fallback)
{
	if (fallback)
		*fallback = t->fallback;
	return t->type;
}

/* --- showing ----------------------------------------------------------------------------- */

static attr_t attributes(struct rs_look look)
{
	return (look.attrs & RS_LOOK_BOLD ? A_BOLD : 0) | (look.attrs & RS_LOOK_DIM ? A_DIM : 0) |
	       (look.attrs & RS_LOOK_UNDERLINE ? A_UNDERLINE : 0) | (look.attrs & RS_LOOK_REVERSE ? A_REVERSE : 0);
}

static void show_cell(const struct rs_term *t, int y, int x, const struct rs_cell *cell)
{
	struct rs_look look = rs_theme_look(cell->style, t->palette);
	wchar_t text[RS_CELL_CPS + 1] = {L' '};
	cchar_t shown;

	for (int i = 0; i < RS_CELL_CPS && cell->cp[i]; i++)
		text[i] = (wchar_t)cell->cp[i];
	if (setcchar(&shown, text, attributes(look), (short)(look.fg < 0 ? 0 : RS_STYLE_OF(cell->style) + 1), NULL) != ERR)
		(void)mvwadd_wch(stdscr, y, x, &shown);
}

static bool same_cell(const struct rs_cell *a, const struct rs_cell *b)
{
	return memcmp(a->cp, b->cp, sizeof a->cp) == 0 && a->style == b->style && a->width == b->width;
}

static void show_row(struct rs_term *t, const struct rs_canvas *c, int y, int width)
{
	for (int x = 0; x < width; x++) {
		const struct rs_cell *cell = rs_canvas_at(c, y, x);
		bool wide_changed = cell->width == 2 && x + 1 < width &&
		                    !same_cell(rs_canvas_at(c, y, x + 1), rs_canvas_at(&t->shown, y, x + 1));

		if (cell->width && (wide_changed || !same_cell(cell, rs_canvas_at(&t->shown, y, x))))
			show_cell(t, y, x, cell);
	}
}

static void show_cursor(struct rs_term *t, const struct rs_canvas *c)
{
	int wanted = c->cursor ? 1 : 0;

	if (c->cursor)
		(void)wmove(stdscr, c->cursor_y, c->cursor_x);
	if (wanted != t->cursor)
		(void)curs_set(wanted);
	t->cursor = wanted;
}

static void forget_shown(struct rs_term *t, const struct rs_canvas *c)
{
	(void)werase(stdscr);
	(void)clearok(curscr, TRUE);
	rs_canvas_reset(&t->shown, c->h, c->w);
	t->redraw = false;
}

void rs_term_show(struct rs_term *t, const struct rs_canvas *c)
{
	int h, w;

	if (t->gone || t->background)
		return;
	if (t->redraw || t->shown.h != c->h || t->shown.w != c->w)
		forget_shown(t, c);
	rs_term_size(t, &h, &w);
	for (int y = 0; y < c->h && y < h; y++)
		show_row(t, c, y, c->w < w ? c->w : w);
	memcpy(t->shown.cells, c->cells, (size_t)c->h * (size_t)c->w * sizeof *c->cells);
	show_cursor(t, c);
	(void)wnoutrefresh(stdscr);
	(void)doupdate();
	(void)rs_outlet_flush(&t->outlet);
}

bool rs_term_ready(const struct rs_term *t)
{
	return !rs_outlet_is_waiting(&t->outlet);
}

void rs_term_redraw(struct rs_term *t)
{
	t->redraw = true;
}

/* --- stopping and going on ----------------------------------------------------------------- */

static void give_up_terminal(struct rs_term *t)
{
	(void)leave_screen(t);
	rs_tty_guard(NULL);
	rs_tty_restore(&t->tty);
	rs_tty_capture(&t->tty, false);
}

/* Takes the terminal back, if it is ours to take. */
static bool take_terminal(struct rs_term *t)
{
	struct winsize size;

	t->background = !rs_tty_foreground(&t->tty);
	if (t->background)
		return false;
	rs_tty_capture(&t->tty, true);
	(void)rs_outlet_drain(&t->outlet, LEAVE_TIME);
	rs_outlet_collect(&t->outlet, false);
	(void)reset_prog_mode();
	if (ioctl(t->tty.out, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
		(void)resizeterm(size.ws_row, size.ws_col);
	(void)wrefresh(stdscr); /* also leaves the state of after endwin() */
	set_modes(t);
	guard();
	rs_outlet_collect(&t->outlet, true);
	t->cursor = -1;
	t->redraw = true;
	return true;
}

void rs_term_suspend(struct rs_term *t)
{
	if (t->gone || t->background)
		return;
	give_up_terminal(t);
	rs_tty_stop(&t->tty);
	(void)take_terminal(t);
}

int rs_term_run(struct rs_term *t, const char *command)
{
	int status;

	if (t->gone || t->background) {
		errno = EIO;
		return -1;
	}
	give_up_terminal(t);
	status = rs_tty_run(&t->tty, command);
	(void)take_terminal(t);
	return status;
}

static void hang_up(struct rs_term *t)
{
	t->gone = true;
	rs_tty_hang_up(&t->tty);
}

static bool resize(struct rs_term *t)
{
	struct winsize size;

	if (ioctl(t->tty.out, TIOCGWINSZ, &size) != 0 || !size.ws_row || !size.ws_col)
		return false;
	if (!is_term_resized(size.ws_row, size.ws_col))
		return false;
	(void)resizeterm(size.ws_row, size.ws_col);
	t->redraw = true;
	return true;
}

/* --- paste ----------------------------------------------------------------------------------- */

static void paste_begin(struct rs_term *t)
{
	(void)keypad(stdscr, FALSE); /* what follows are bytes, whatever they look like */
	t->pasting = true;
	t->paste_last = rs_clock_mono();
	rs_buf_clear(&t->paste);
}

/* Text that fields can take: valid UTF-8, \n for line ends, no NUL. */
static void clean_paste(struct rs_term *t)
{
	const char *s = t->paste.data;
	size_t n = t->paste.len;

	if (t->pasted.data)
		explicit_bzero(t->pasted.data, t->pasted.cap);
	rs_buf_clear(&t->pasted);
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = rs_utf8_decode(s + i, n - i, &cp);

		if (!len)
			(void)rs_buf_adds(&t->pasted, "\xef\xbf\xbd");
		else if (s[i] == '\r')
			(void)rs_buf_adds(&t->pasted, i + 1 < n && s[i + 1] == '\n' ? "" : "\n");
		else if (s[i])
			(void)rs_buf_add(&t->pasted, s + i, len);
		i += len ? len : 1;
	}
	explicit_bzero(t->paste.data, t->paste.cap);
	rs_buf_clear(&t->paste);
}

static bool paste_end(struct rs_term *t, struct rs_event *ev)
{
	(void)keypad(stdscr, TRUE);
	t->pasting = false;
	if (!t->paste.len)
		return false;
	clean_paste(t);
	*ev = (struct rs_event){RS_EV_PASTE, 0, rs_buf_str(&t->pasted), t->pasted.len};
	return true;
}

static bool ends_paste(struct rs_buf *b)
{
	static const char end[] = "\033[201~";
	size_t n = sizeof end - 1;

	if (b->len < n || memcmp(b->data + b->len - n, end, n) != 0)
		return false;
	b->len -= n;
	b->data[b->len] = '\0';
	return true;
}

/* True when it is complete. */
static bool paste_read(struct rs_term *t, struct rs_event *ev)
{
	int code;

	while ((code = wgetch(stdscr)) != ERR) {
		char byte = (char)code;

		t->paste_last = rs_clock_mono();
		if (code > 0xff)
			continue;
		if (t->paste.len >= PASTE_MAX - 8) /* what is too long is cut; its end must still be found */
			memmove(t->paste.data + t->paste.len - 8, t->paste.data + t->paste.len - 7, 7), t->paste.len--;
		(void)rs_buf_add(&t->paste, &byte, 1);
		if (ends_paste(&t->paste))
			return paste_end(t, ev);
	}
	t->more_keys = false;
	return rs_clock_mono() - t->paste_last > PASTE_SILENCE && paste_end(t, ev);
}

/* --- keys ------------------------------------------------------------------------------------ */

/* Adds a byte to the character that is coming; RS_KEY_NONE until it is complete. A byte that fits nowhere is lost. */
static uint32_t utf8_byte(struct rs_term *t, unsigned char byte)
{
	static const unsigned char longest = sizeof t->utf8;
	uint32_t cp;

	if ((byte & 0xc0) != 0x80)
		t->utf8_len = 0;
	if (t->utf8_len == longest)
		t->utf8_len = 0;
	t->utf8[t->utf8_len++] = byte;
	if (!rs_utf8_decode((const char *)t->utf8, t->utf8_len, &cp))
		return RS_KEY_NONE;
	t->utf8_len = 0;
	return cp;
}

/* One key from what curses can read without waiting; RS_KEY_NONE where there is none (more_keys is then false) or it
 * means nothing (more_keys stays true). */
static uint32_t read_key(struct rs_term *t)
{
	int code;

	if (t->held) {
		uint32_t key = t->held;

		t->held = RS_KEY_NONE;
		return key;
	}
	code = wgetch(stdscr);
	t->more_keys = code != ERR;
	if (code == ERR)
		return RS_KEY_NONE;
	if (code == RS_TERMKEY_PASTE) {
		paste_begin(t);
		return RS_KEY_NONE;
	}
	if (code < 0x100 && code >= 0x20 && code != 0x7f)
		return utf8_byte(t, (unsigned char)code);
	return rs_termkey_translate(code);
}

/* What follows an Esc at once is Alt with that key. */
static uint32_t after_escape(struct rs_term *t)
{
	uint32_t next = read_key(t);

	if (next == RS_KEY_NONE || t->pasting)
		return RS_KEY_ESC;
	if (rs_key_is_text(next))
		return RS_KEY_ALT | next;
	t->held = next;
	t->more_keys = true;
	return RS_KEY_ESC;
}

static bool read_event(struct rs_term *t, struct rs_event *ev)
{
	while (t->more_keys) {
		uint32_t key;

		if (t->pasting)
			return paste_read(t, ev);
		key = read_key(t);
		if (key == RS_KEY_ESC)
			key = after_escape(t);
		if (key != RS_KEY_NONE) {
			*ev = rs_event_key(key);
			return true;
		}
	}
	return false;
}

/* --- waiting ----------------------------------------------------------------------------------- */

static bool signal_event(struct rs_term *t, int signo, struct rs_event *ev)
{
	ev->type = RS_EV_CONTINUE;
	switch (signo) {
	case SIGWINCH:
		ev->type = RS_EV_RESIZE;
		return !t->background && resize(t);
	case SIGCONT: return take_terminal(t);
	case SIGTSTP: rs_term_suspend(t); return true;
	case SIGHUP:
		hang_up(t);
		ev->type = RS_EV_HANGUP;
		return true;
	default: ev->type = RS_EV_TERMINATE; return true;
	}
}

static bool signals(struct rs_term *t, struct rs_event *ev)
{
	int signo;

	while ((signo = rs_tty_signal(&t->tty)))
		if (signal_event(t, signo, ev))
			return true;
	return false;
}

/* Readable without anything to read: that is the end, too. */
static bool at_end(const struct rs_term *t)
{
	int waiting = 0;

	return ioctl(t->tty.in, FIONREAD, &waiting) != 0 || waiting == 0;
}

static bool terminal_event(struct rs_term *t, short revents, struct rs_event *ev)
{
	if (revents & (POLLHUP | POLLERR | POLLNVAL) || (revents & POLLIN && at_end(t))) {
		hang_up(t);
		ev->type = RS_EV_HANGUP;
		return true;
	}
	if (revents & POLLIN)
		t->more_keys = true;
	return t->more_keys && read_event(t, ev);
}

static int poll_time(const struct rs_term *t, rs_usec end)
{
	rs_usec left = end < 0 ? -1 : end - rs_clock_mono();

	if (end >= 0 && left < 0)
		left = 0;
	if (t->pasting && (left < 0 || left > PASTE_SILENCE))
		left = PASTE_SILENCE;
	if (t->background && (left < 0 || left > BACKGROUND_CHECK))
		left = BACKGROUND_CHECK;
	return left < 0 ? -1 : (int)((left + 999) / 1000);
}

/* Things that come without being announced. */
static bool looked_for(struct rs_term *t, struct rs_event *ev)
{
	if (t->background && rs_tty_foreground(&t->tty)) {
		ev->type = RS_EV_CONTINUE;
		return take_terminal(t);
	}
	return t->pasting && paste_read(t, ev);
}

static bool poll_once(struct rs_term *t, int wake_fd, rs_usec end, struct rs_event *ev)
{
	struct pollfd fds[] = {{t->tty.signals, POLLIN, 0},
	                       {t->background ? -1 : t->tty.in, POLLIN, 0},
	                       {wake_fd, POLLIN, 0},
	                       {t->tty.captured, POLLIN, 0},
	                       {rs_outlet_is_waiting(&t->outlet) ? t->outlet.quick : -1, POLLOUT, 0}};

	if (poll(fds, 5, poll_time(t, end)) < 0)
		return false;
	if (fds[3].revents)
		rs_tty_drain(&t->tty);
	if (fds[0].revents && signals(t, ev))
		return true;
	if (fds[1].revents && terminal_event(t, fds[1].revents, ev))
		return true;
	if (fds[2].revents || (fds[4].revents && rs_outlet_flush(&t->outlet))) {
		ev->type = RS_EV_WAKE;
		return true;
	}
	return looked_for(t, ev);
}

enum rs_rc rs_term_wait(struct rs_term *t, int wake_fd, rs_usec timeout, struct rs_event *ev)
{
	rs_usec end = timeout < 0 ? -1 : rs_clock_mono() + timeout;

	*ev = (struct rs_event){.type = RS_EV_HANGUP};
	if (t->gone)
		return RS_OK;
	(void)rs_outlet_flush(&t->outlet);
	if (t->more_keys && !t->background && read_event(t, ev))
		return RS_OK;
	do
		if (poll_once(t, wake_fd, end, ev))
			return RS_OK;
	while (end < 0 || rs_clock_mono() < end);
	return RS_AGAIN;
}

/* --- clipboard ----------------------------------------------------------------------------------- */

static void add_base64(struct rs_buf *out, const unsigned char *data, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		unsigned group = (unsigned)data[i] << 16 | (i + 1 < len ? (unsigned)data[i + 1] << 8 : 0) |
		                 (i + 2 < len ? data[i + 2] : 0);

		(void)rs_buf_addc(out, digits[group >> 18]);
		(void)rs_buf_addc(out, digits[group >> 12 & 63]);
		(void)rs_buf_addc(out, i + 1 < len ? digits[group >> 6 & 63] : '=');
		(void)rs_buf_addc(out, i + 2 < len ? digits[group & 63] : '=');
	}
}

static bool has_clipboard(const struct rs_term *t)
{
	const char *type = getenv("TERM");

	return !t->gone && type && strncmp(type, "linux", 5) != 0 && strncmp(type, "vt", 2) != 0;
}

bool rs_term_copy(struct rs_term *t, const char *text, size_t len)
{
	struct rs_buf out = RS_BUF_INIT;
	const char *type = getenv("TERM");
	bool screen = type && strncmp(type, "screen", 6) == 0 && !getenv("TMUX"); /* GNU screen: only wrapped */

	if (len > COPY_MAX || !has_clipboard(t))
		return false;
	(void)rs_buf_adds(&out, screen ? "\033P\033]52;c;" : "\033]52;c;");
	add_base64(&out, (const unsigned char *)text, len);
	(void)rs_buf_adds(&out, screen ? "\a\033\\" : "\a");
	rs_outlet_put(&t->outlet, rs_buf_str(&out), out.len);
	rs_buf_release(&out);
	return true;
}
