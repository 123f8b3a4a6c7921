/* What puts a terminal back that nobody can be asked to put back any more. Apart from term.c, since <term.h> takes many
 * common words for itself. */
#include <curses.h>
#include <term.h>
#include <stdint.h>
#include <unistd.h>
#include "tui/term.h"
#include "tui/tty.h"

static void add_capability(struct rs_buf *out, const char *name)
{
	char *text = tigetstr((char *)(uintptr_t)name);

	if (text && text != (char *)-1)
		(void)rs_buf_adds(out, text);
}

/* What a crash writes: out of alternate character set, attributes, the alternate screen; with a cursor. Padding
 * ("$<5>") is of no use there; the few terminals that need it show it as text. */
void rs_tty_put_restore(struct rs_buf *out)
{
	(void)rs_buf_adds(out, PASTE_OFF);
	add_capability(out, "rmkx");
	add_capability(out, "sgr0");
	add_capability(out, "cnorm");
	add_capability(out, "rmcup");
	(void)rs_buf_adds(out, "\r\n");
}

void rs_term_rescue(const struct termios *modes)
{
	struct rs_buf restore = RS_BUF_INIT;
	int unknown;

	if (setupterm(NULL, STDOUT_FILENO, &unknown) == OK) {
		rs_tty_put_restore(&restore);
		if (write(STDOUT_FILENO, restore.data, restore.len) < 0) {
			/* there is nobody to tell */
		}
		rs_buf_release(&restore);
	}
	(void)tcsetattr(STDIN_FILENO, TCSANOW, modes);
}
