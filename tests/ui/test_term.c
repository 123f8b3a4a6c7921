/* The terminal itself, over a pseudo-terminal whose other end is this test. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <utmp.h>
#include "base/clock.h"
#include "base/log.h"
#include "ui.h"

#define PATIENCE (60 * RS_USEC_PER_SEC)

struct pty {
	pid_t pid;
	int fd;
	struct rs_buf out;  /* all that the program has written */
	size_t seen;        /* how much of it expect() has passed */
	struct termios before;
};

/* --- the program ------------------------------------------------------------------------ */

/* Ends with the reason why the loop ended, 100 where the terminal could not be opened. */
static int run_sample(bool ignore_hangup)
{
	struct rs_term_options options = {.utf8 = true};
	struct rs_loop_options loop_options = {.no_clock = true};
	struct rs_err err = RS_ERR_INIT;
	struct rs_term *term;
	struct rs_loop *loop;
	enum rs_loop_end end;

	if (ignore_hangup)
		(void)signal(SIGHUP, SIG_IGN);
	term = rs_term_open(&options, &err);
	if (!term)
		return 100;
	loop = rs_loop_new(term, &loop_options);
	rs_loop_push(loop, sample_tasks());
	end = rs_loop_run(loop);
	rs_loop_free(loop);
	rs_term_close(term);
	return (int)end;
}

static int plain(void) { return run_sample(false); }
static int deaf(void) { return run_sample(true); }

/* Writes where it must not, and finds it in the log. */
static int noisy(void)
{
	struct rs_term_options options = {.utf8 = true};
	struct rs_term *term = rs_term_open(&options, NULL);
	struct rs_event ev;
	char *lines[8];
	uint64_t last = 0;
	size_t count;

	if (!term || write(STDERR_FILENO, "SPOILED by a library\n", 21) != 21 || printf("SPOILED too\n") < 0)
		return 100;
	if (rs_term_wait(term, -1, RS_MSEC(1), &ev) != RS_AGAIN)
		return 101;
	rs_term_close(term);
	count = rs_log_since(&last, lines, 8);
	for (size_t i = 0; i < count; i++)
		if (strstr(lines[i], "SPOILED by a library"))
			return 7;
	return 8;
}

static int which_type(void)
{
	struct rs_term_options options = {.utf8 = true};
	struct rs_term *term = rs_term_open(&options, NULL);
	bool fallback, right;

	if (!term)
		return 100;
	right = strcmp(rs_term_type(term, &fallback), getenv("RS_EXPECTED_TYPE")) == 0;
	rs_term_close(term);
	return right && fallback ? 7 : 8;
}

static int crashing(void)
{
	struct rs_term_options options = {.utf8 = true};

	if (!rs_term_open(&options, NULL))
		return 100;
	(void)!write(STDERR_FILENO, "last words\n", 11);
	(void)raise(SIGSEGV);
	return 9;
}

static pid_t fork_job(int (*program)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)setpgid(0, 0);
		(void)tcsetpgrp(0, getpid());
		_exit(program());
	}
	(void)setpgid(pid, pid);
	(void)tcsetpgrp(0, pid);
	return pid;
}

/* What a shell does with a job: waits until it stops, shows a prompt, and brings it back. */
static int shell(void)
{
	struct termios modes;
	int status;
	pid_t pid;

	(void)signal(SIGTTOU, SIG_IGN);
	pid = fork_job(plain);
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		return 50;
	(void)tcsetpgrp(0, getpgrp());
	if (tcgetattr(0, &modes) != 0 || !(modes.c_lflag & ECHO) || !(modes.c_lflag & ICANON))
		return 51;
	(void)!write(1, "PROMPT", 6);
	(void)!read(0, &status, 1); /* the test presses Enter */
	(void)tcsetpgrp(0, pid);
	(void)kill(-pid, SIGCONT);
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFEXITED(status))
		return 52;
	return WEXITSTATUS(status);
}

/* --- the other end ------------------------------------------------------------------------- */

static struct pty start(const char *type, int (*program)(void))
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};
	struct pty p = {.out = RS_BUF_INIT};

	int side;

	CU_ASSERT_EQUAL_FATAL(openpty(&p.fd, &side, NULL, NULL, &size), 0);
	(void)tcgetattr(side, &p.before); /* before the program may have changed it */
	p.pid = fork();
	if (p.pid == 0) {
		close(p.fd);
		if (login_tty(side) != 0)
			_exit(98);
		if (setenv("TERM", type, 1) != 0 || unsetenv("NO_COLOR") != 0)
			_exit(99);
		_exit(program());
	}
	CU_ASSERT_FATAL(p.pid > 0);
	close(side);
	return p;
}

/* Reads what is there, waiting at most ms; false at the end. */
static bool read_some(struct pty *p, int ms)
{
	struct pollfd fd = {p->fd, POLLIN, 0};
	char bytes[4096];
	ssize_t n;

	if (poll(&fd, 1, ms) <= 0)
		return true;
	n = read(p->fd, bytes, sizeof bytes);
	if (n > 0)
		(void)rs_buf_add(&p->out, bytes, (size_t)n);
	return n > 0;
}

static void expect_at(struct pty *p, const char *text, int line)
{
	rs_usec end = rs_clock_mono() + PATIENCE;
	const char *found;

	while (!(found = strstr(rs_buf_str(&p->out) + p->seen, text)) && rs_clock_mono() < end && read_some(p, 100))
		continue;
	if (!found) {
		char *message = rs_xprintf("\"%s\" was not shown", text);

		unit_check(0, message, __FILE__, line);
		free(message);
		return;
	}
	p->seen = (size_t)(found - rs_buf_str(&p->out)) + strlen(text);
}
#define EXPECT(p, text) expect_at((p), (text), __LINE__)

static void send(struct pty *p, const char *text)
{
	CU_ASSERT_EQUAL(write(p->fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void drain(struct pty *p)
{
	rs_usec end = rs_clock_mono() + PATIENCE;

	while (rs_clock_mono() < end && read_some(p, 100))
		continue;
}

/* Its exit status, or 200 + the signal that ended it; 199 where it does not end. */
static int ended(struct pty *p)
{
	rs_usec end = rs_clock_mono() + PATIENCE;
	int status = 0;
	pid_t pid;

	while ((pid = waitpid(p->pid, &status, WNOHANG)) == 0 && rs_clock_mono() < end) {
		if (p->fd >= 0)
			(void)read_some(p, 20);
		else
			(void)poll(NULL, 0, 20);
	}
	if (pid == 0) {
		(void)kill(p->pid, SIGKILL);
		(void)waitpid(p->pid, &status, 0);
		status = 199 << 8;
	}
	if (p->fd >= 0) {
		drain(p);
		close(p->fd);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}

static void finish(struct pty *p)
{
	rs_buf_release(&p->out);
}

/* --- tests ----------------------------------------------------------------------------------- */

static void it_opens_shows_and_gives_the_terminal_back(void)
{
	struct pty p = start("xterm-256color", plain);
	struct termios after;
	rs_usec end = rs_clock_mono() + PATIENCE;

	EXPECT(&p, "\033[?1049h");
	EXPECT(&p, "Data Synchronization");
	EXPECT(&p, "发票同步");
	send(&p, "q");
	EXPECT(&p, "\033[?2004l");
	EXPECT(&p, "\033[?1049l");
	do
		(void)tcgetattr(p.fd, &after);
	while (after.c_lflag != p.before.c_lflag && rs_clock_mono() < end);
	UNIT_INT(ended(&p), RS_LOOP_QUIT);
	UNIT_INT(after.c_lflag, p.before.c_lflag);
	UNIT_INT(after.c_iflag, p.before.c_iflag);
	finish(&p);
}

static void every_common_terminal_works(void)
{
	static const char *const types[] = {"xterm-256color", "screen", "linux", "vt100", "xterm-mono", "xterm", "vt220"};

	for (size_t i = 0; i < RS_COUNT(types); i++) {
		struct pty p = start(types[i], plain);

		EXPECT(&p, "Synchronizing");
		CU_ASSERT_PTR_NULL(strchr(rs_buf_str(&p.out), '\016')); /* no alternate character set */
		send(&p, "?");
		EXPECT(&p, "Filter:");
		send(&p, "\033");
		EXPECT(&p, "New");
		send(&p, "q");
		UNIT_INT(ended(&p), RS_LOOP_QUIT);
		finish(&p);
	}
}

static void a_terminal_without_description_falls_back(void)
{
	struct pty p;

	(void)setenv("RS_EXPECTED_TYPE", "xterm-256color", 1);
	p = start("no-such-terminal", which_type);
	UNIT_INT(ended(&p), 7);
	finish(&p);
	(void)setenv("RS_EXPECTED_TYPE", "vt100", 1);
	p = start("vt100-of-nobody", which_type);
	UNIT_INT(ended(&p), 7);
	finish(&p);
}

static void without_a_terminal_it_says_what_to_use_instead(void)
{
	struct rs_err err = RS_ERR_INIT;
	int saved = dup(STDIN_FILENO), null = open("/dev/null", O_RDONLY);

	(void)dup2(null, STDIN_FILENO);
	UNIT_INT(rs_term_check(&err), RS_FAIL);
	UNIT_INT(err.code, RS_E_NO_TERMINAL);
	CU_ASSERT_PTR_NOT_NULL(err.hint);
	rs_err_clear(&err);
	(void)dup2(saved, STDIN_FILENO);
	close(saved);
	close(null);
}

static int check_only(void) { return rs_term_check(NULL) == RS_OK ? 7 : 8; }

static void a_dumb_terminal_is_refused(void)
{
	struct pty p = start("dumb", check_only);

	UNIT_INT(ended(&p), 8);
	finish(&p);
	p = start("", check_only);
	UNIT_INT(ended(&p), 8);
	finish(&p);
	p = start("xterm", check_only);
	UNIT_INT(ended(&p), 7);
	finish(&p);
}

static void a_hang_up_ends_it_even_where_the_signal_is_ignored(void)
{
	int (*const programs[])(void) = {plain, deaf};

	for (size_t i = 0; i < RS_COUNT(programs); i++) {
		struct pty p = start("xterm-256color", programs[i]);

		EXPECT(&p, "Synchronizing");
		close(p.fd);
		p.fd = -1;
		UNIT_INT(ended(&p), RS_LOOP_HANGUP);
		finish(&p);
	}
}

static void sigterm_ends_it_and_restores(void)
{
	struct pty p = start("xterm-256color", plain);

	EXPECT(&p, "Synchronizing");
	(void)kill(p.pid, SIGTERM);
	EXPECT(&p, "\033[?1049l");
	UNIT_INT(ended(&p), RS_LOOP_TERMINATED);
	finish(&p);
}

static void set_size(struct pty *p, unsigned short rows, unsigned short columns)
{
	struct winsize size = {.ws_row = rows, .ws_col = columns};

	CU_ASSERT_EQUAL(ioctl(p->fd, TIOCSWINSZ, &size), 0);
}

static void it_follows_the_terminals_size_down_to_one_cell(void)
{
	struct pty p = start("xterm-256color", plain);

	EXPECT(&p, "Synchronizing");
	set_size(&p, 10, 40);
	EXPECT(&p, "80x24");
	for (unsigned short n = 1; n < 60; n++)
		set_size(&p, n, (unsigned short)(2 * n));
	set_size(&p, 1, 1);
	set_size(&p, 24, 80);
	EXPECT(&p, "Synchronizing");
	EXPECT(&p, "Help");
	send(&p, "q");
	UNIT_INT(ended(&p), RS_LOOP_QUIT);
	finish(&p);
}

static void a_paste_in_pieces_is_one_text_and_submits_nothing(void)
{
	struct pty p = start("xterm-256color", plain);

	EXPECT(&p, "Synchronizing");
	send(&p, "e");
	EXPECT(&p, "Rename");
	send(&p, "\025\033[200~on");
	send(&p, "e\r\ntwo\033[A");
	send(&p, "\xff" "3\n\033[20");
	send(&p, "1~");
	EXPECT(&p, "one two[A\xef\xbf\xbd" "3");
	send(&p, "\r");
	EXPECT(&p, "answer: one two[A\xef\xbf\xbd" "3");
	send(&p, "q");
	UNIT_INT(ended(&p), RS_LOOP_QUIT);
	finish(&p);
}

static void copying_goes_through_the_terminal(void)
{
	struct pty p = start("xterm-256color", plain);

	EXPECT(&p, "Synchronizing");
	send(&p, "y");
	EXPECT(&p, "\033]52;c;c2hvcA==\a");
	EXPECT(&p, "clipboard");
	send(&p, "q");
	UNIT_INT(ended(&p), RS_LOOP_QUIT);
	finish(&p);
	p = start("vt100", plain);
	EXPECT(&p, "Synchronizing");
	send(&p, "y");
	EXPECT(&p, "no clipboard");
	send(&p, "q");
	UNIT_INT(ended(&p), RS_LOOP_QUIT);
	CU_ASSERT_PTR_NULL(strstr(rs_buf_str(&p.out), "]52;"));
	finish(&p);
}

static void keys_come_in_all_their_spellings(void)
{
	static const char *const helps[] = {"?", "\033OP", "\033[11~", "\033[[A", "\0331"};
	struct pty p = start("xterm-256color", plain);

	EXPECT(&p, "Synchronizing");
	for (size_t i = 0; i < RS_COUNT(helps); i++) {
		send(&p, helps[i]);
		EXPECT(&p, "Scroll");
		send(&p, "\033");
		EXPECT(&p, "New");
	}
	send(&p, "\xff\xfe\033[999z\033[B");
	EXPECT(&p, "61 tables"); /* the second row's help */
	send(&p, "q");
	UNIT_INT(ended(&p), RS_LOOP_QUIT);
	finish(&p);
}

static void what_others_write_goes_to_the_log(void)
{
	struct pty p = start("xterm-256color", noisy);

	UNIT_INT(ended(&p), 7);
	CU_ASSERT_PTR_NULL(strstr(rs_buf_str(&p.out), "SPOILED"));
	finish(&p);
}

/* The Linux console's description calls it a key of its own. */
static void ctrl_z_gives_the_terminal_to_the_shell_and_takes_it_back(void)
{
	static const char *const types[] = {"xterm-256color", "linux", "vt100"};

	for (size_t i = 0; i < RS_COUNT(types); i++) {
		struct pty p = start(types[i], shell);

		EXPECT(&p, "Synchronizing");
		send(&p, "\032");
		if (i == 0)
			EXPECT(&p, "\033[?1049l");
		EXPECT(&p, "PROMPT");
		send(&p, "\r");
		EXPECT(&p, "Synchronizing");
		EXPECT(&p, "Help");
		send(&p, "q");
		UNIT_INT(ended(&p), RS_LOOP_QUIT);
		finish(&p);
	}
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static void a_crash_gives_the_terminal_back_with_its_last_words(void)
{
	struct pty p = start("xterm-256color", crashing);

	EXPECT(&p, "\033[?1049h");
	EXPECT(&p, "\033[?1049l");
	EXPECT(&p, "last words");
	UNIT_INT(ended(&p), 200 + SIGSEGV);
	finish(&p);
}
#else /* the sanitizer's own handler has the first word */
static void a_crash_gives_the_terminal_back_with_its_last_words(void)
{
	(void)crashing;
}
#endif

static void one_key_costs_few_bytes(void)
{
	struct pty p = start("xterm-256color", plain);
	size_t before;

	EXPECT(&p, "Synchronizing");
	EXPECT(&p, "Help");
	send(&p, "o");
	EXPECT(&p, "shown");
	send(&p, "\033[B\033[B\033[B");
	EXPECT(&p, "orders_00006");
	before = p.seen = p.out.len;
	send(&p, "\033[6~");
	EXPECT(&p, "orders_00048");
	printf("# a page in a list: %zu bytes, aim 4096\n", p.out.len - before);
	CU_ASSERT(p.out.len - before < 5 * 4096);
	before = p.seen = p.out.len;
	send(&p, "\033[B");
	EXPECT(&p, "7m");
	printf("# a row in a list: %zu bytes\n", p.out.len - before);
	CU_ASSERT(p.out.len - before < 4096);
	send(&p, "q");
	UNIT_INT(ended(&p), RS_LOOP_QUIT);
	finish(&p);
}

/* --- a line that stands still ------------------------------------------------------------------ */

/* Until it takes no byte more. */
static void fill(const char *name)
{
	int fd = open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char bytes[256];

	memset(bytes, '.', sizeof bytes);
	CU_ASSERT_FATAL(fd >= 0);
	while (write(fd, bytes, sizeof bytes) > 0)
		continue;
	while (write(fd, bytes, 1) > 0)
		continue;
	close(fd);
}

/* Until the program has read all that was typed. */
static void wait_until_read(const char *name)
{
	int fd = open(name, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), waiting = 1;
	rs_usec end = rs_clock_mono() + PATIENCE;

	CU_ASSERT_FATAL(fd >= 0);
	while (ioctl(fd, FIONREAD, &waiting) == 0 && waiting && rs_clock_mono() < end)
		(void)poll(NULL, 0, 10);
	UNIT_INT(waiting, 0);
	close(fd);
}

static struct pty start_and_stand_still(char *name, size_t size)
{
	struct pty p = start("xterm-256color", plain);

	EXPECT(&p, "Synchronizing");
	EXPECT(&p, "Help");
	CU_ASSERT_EQUAL_FATAL(ptsname_r(p.fd, name, size), 0);
	fill(name);
	return p;
}

/* The other end has died, and nobody knows yet. */
static void a_line_that_stands_still_does_not_keep_it_from_ending(void)
{
	char name[64];
	struct pty p = start_and_stand_still(name, sizeof name);
	rs_usec end = rs_clock_mono() + PATIENCE;
	int status = 0;

	send(&p, "o\f");
	wait_until_read(name);
	CU_ASSERT_EQUAL(kill(p.pid, SIGTERM), 0);
	while (waitpid(p.pid, &status, WNOHANG) == 0 && rs_clock_mono() < end)
		(void)poll(NULL, 0, 20);
	CU_ASSERT_TRUE(WIFEXITED(status));
	UNIT_INT(WEXITSTATUS(status), RS_LOOP_TERMINATED);
	(void)kill(p.pid, SIGKILL);
	close(p.fd);
	finish(&p);
}

/* What a slow line has not taken is not drawn over and over: what is seen last is what is so. */
static void a_line_that_goes_on_gets_the_picture_of_now(void)
{
	char name[64];
	struct pty p = start_and_stand_still(name, sizeof name);

	send(&p, "o");
	for (int i = 0; i < 2000; i++) {
		send(&p, i % 2 ? "\033[A" : "\033[B");
		if (i % 100 == 0)
			wait_until_read(name);
	}
	send(&p, "\033[B\033[B\033[B");
	wait_until_read(name);
	p.seen = p.out.len;
	EXPECT(&p, "shown");
	EXPECT(&p, "orders_00006");
	CU_ASSERT(p.out.len - p.seen < 20000);
	send(&p, "q");
	UNIT_INT(ended(&p), RS_LOOP_QUIT);
	CU_ASSERT(p.out.len < 2 * 65536);
	finish(&p);
}

UNIT_MAIN(UNIT_TEST(a_line_that_stands_still_does_not_keep_it_from_ending), UNIT_TEST(a_line_that_goes_on_gets_the_picture_of_now),
          UNIT_TEST(it_opens_shows_and_gives_the_terminal_back), UNIT_TEST(every_common_terminal_works),
          UNIT_TEST(a_terminal_without_description_falls_back),
          UNIT_TEST(without_a_terminal_it_says_what_to_use_instead), UNIT_TEST(a_dumb_terminal_is_refused),
          UNIT_TEST(a_hang_up_ends_it_even_where_the_signal_is_ignored), UNIT_TEST(sigterm_ends_it_and_restores),
          UNIT_TEST(it_follows_the_terminals_size_down_to_one_cell),
          UNIT_TEST(a_paste_in_pieces_is_one_text_and_submits_nothing),
          UNIT_TEST(copying_goes_through_the_terminal), UNIT_TEST(keys_come_in_all_their_spellings), UNIT_TEST(what_others_write_goes_to_the_log),
          UNIT_TEST(ctrl_z_gives_the_terminal_to_the_shell_and_takes_it_back),
          UNIT_TEST(a_crash_gives_the_terminal_back_with_its_last_words), UNIT_TEST(one_key_costs_few_bytes))
