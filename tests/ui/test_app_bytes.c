/* What a terminal is sent for each key, and while nothing happens: with 960 bytes a second, as over a line of 9,600 baud, a screen must
 * still be a pleasure. The program's screens in a real terminal, whose other end counts; time stands still, so no byte is due to the
 * machine. */
#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>
#include "tui/term.h"
#include "ui.h"
#include "world.h"

#define MARK '\036' /* around the name of what was just drawn; the program never writes it */

/* At most so much in a terminal of that size. */
struct aim {
	int h, w;
	size_t step;    /* for a key that one holds down: three quarters of a second of that line, a second where there are 300 columns */
	size_t picture; /* for any key */
};
static const struct aim small = {24, 80, 720, 4096}, large = {90, 300, 960, 16384};

enum { SECOND = 96 }; /* for a second in which nothing happens: a tenth of one */

static struct world w;
static struct rs_term *term;
static int line = -1; /* the terminal, for marks */

/* --- the program, in a process of its own ----------------------------------------------------------------- */

static void mark(const char *name)
{
	struct rs_event ev;

	while (!rs_term_ready(term))
		(void)!rs_term_wait(term, -1, RS_MSEC(1), &ev);
	dprintf(line, "%c%s%c", MARK, name, MARK);
}

static void settle(void)
{
	while (!rs_loop_idle(w.loop))
		(void)rs_loop_step(w.loop);
}

/* Keys, each marked when what it does is drawn. */
static void play(const char *keys)
{
	char *copy = rs_xstrdup(keys), *rest = NULL;

	mark("");
	for (char *name = strtok_r(copy, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
		struct rs_event ev = rs_event_key(rs_key_parse(name, strlen(name)));

		(void)rs_loop_feed(w.loop, &ev);
		settle();
		mark(name);
	}
	free(copy);
}

static void fill(struct rs_objects *o, size_t tables)
{
	struct rs_catalog c = {0};
	char name[40];

	rs_objects_clear(o);
	(void)rs_catalog_add(&c, RS_OBJECT_DATABASE, "base", "base");
	for (size_t i = 0; i < tables; i++) {
		snprintf(name, sizeof name, "orders_%06zu_log", i);
		rs_catalog_add(&c, RS_OBJECT_TABLE, "base", name)->schema = rs_table_new("base", name);
	}
	rs_objects_take(o, &c);
	o->done = true;
}

static void in_the_list(void)
{
	world_tasks(&w);
	world_run(&w, "Home Space\n:wait-idle"); /* the first mark brings a column of them */
	play("Down Down Up Down Space Space End Home / s h Backspace Backspace Enter ? Esc");
}

static void among_objects(void)
{
	fake_catalog("crm.events 310 31000 key\ncrm.leads 12 16384 key", true, NULL);
	world_wizard(&w, "crm-events");
	world_run(&w, "^N\n:wait-idle\n:expect-screen wizard-objects");
	fill(w.app.wizard->objects, 100000);
	world_run(&w, "- Home Right\n:wait-idle");
	play("Down Down Up Space Space PgDn PgDn End Home / 9 9 Backspace Backspace Enter A u ^R u Tab Tab ? Esc ^N ^P");
}

static void in_a_form(void)
{
	world_wizard(&w, "crm-events");
	play("x y Backspace Backspace Home Right Left End Tab Tab Shift-Tab Down Up");
}

static void on_the_dashboard(void)
{
	world_tasks(&w);
	world_run(&w, "/ \"shop\" Enter Enter\n:wait-idle\n:expect-screen live");
	play("Down Down Up Space Space ? Esc");
}

/* A minute in which a task does nothing but be looked at. */
static void nothing(void)
{
	world_tasks(&w);
	world_run(&w, "/ \"shop\" Enter Enter\n:wait-idle\n:expect-screen live");
	mark("");
	for (int i = 0; i < 60; i++) {
		fake_status("shop", RS_STATE_SYNCHRONIZING, true, world_synchronizing());
		world_sleep(RS_USEC_PER_SEC);
		settle();
		(void)rs_loop_step(w.loop);
		settle();
		mark("second");
	}
}

/* Ends with 7 where all that was to be seen was. */
static int program(void (*run)(void))
{
	struct rs_term_options options = {.utf8 = true};
	unsigned before = CU_get_number_of_failures();
	int h, width;

	line = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	term = rs_term_open(&options, NULL);
	if (!term)
		return 100;
	rs_term_size(term, &h, &width);
	world_open_in(&w, term, h, width, false, true);
	run();
	world_close(&w);
	rs_term_close(term);
	return CU_get_number_of_failures() == before ? 7 : 8;
}

/* --- the other end ------------------------------------------------------------------------------------------- */

static pid_t start(int *fd, const struct aim *aim, void (*run)(void))
{
	struct winsize size = {.ws_row = (unsigned short)aim->h, .ws_col = (unsigned short)aim->w};
	int side;
	pid_t pid;

	CU_ASSERT_EQUAL_FATAL(openpty(fd, &side, NULL, NULL, &size), 0);
	pid = fork();
	if (pid == 0) {
		close(*fd);
		if (login_tty(side) != 0 || setenv("TERM", "xterm-256color", 1) != 0 || unsetenv("NO_COLOR") != 0)
			_exit(99);
		_exit(program(run));
	}
	CU_ASSERT_FATAL(pid > 0);
	close(side);
	return pid;
}

/* All that the program writes until it ends. */
static void read_all(int fd, struct rs_buf *out)
{
	char bytes[4096];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof bytes)) > 0)
		(void)rs_buf_add(out, bytes, (size_t)n);
	close(fd);
}

/* What came between two marks is what the second one names. */
static size_t each(const struct rs_buf *out, void (*one)(void *ctx, const char *name, size_t bytes), void *ctx)
{
	const char *p = memchr(out->data, MARK, out->len), *end = out->data + out->len, *last = NULL;
	size_t n = 0;

	while (p) {
		const char *stop = memchr(p + 1, MARK, (size_t)(end - p - 1));
		char name[40];

		if (!stop)
			break;
		snprintf(name, sizeof name, "%.*s", (int)(stop - p - 1), p + 1);
		if (last && *name) {
			one(ctx, name, (size_t)(p - last));
			n++;
		}
		last = stop + 1;
		p = memchr(last, MARK, (size_t)(end - last));
	}
	return n;
}

struct most {
	const char *what;
	size_t all, step, steps, total;
	char costly[40];
};

/* Keys that one holds down: the cursor goes on by one, a letter is typed. */
static bool is_step(const char *name)
{
	return strcmp(name, "Down") == 0 || strcmp(name, "Up") == 0 || strcmp(name, "Space") == 0 || strcmp(name, "Tab") == 0 ||
	       strcmp(name, "Shift-Tab") == 0 || strcmp(name, "Left") == 0 || strcmp(name, "Right") == 0 || strcmp(name, "x") == 0 || strcmp(name, "y") == 0;
}

static void take(void *ctx, const char *name, size_t bytes)
{
	struct most *m = ctx;

	if (getenv("RS_KEYS_TOLD"))
		printf("# %s: %s %zu\n", m->what, name, bytes);
	m->total += bytes;
	if (is_step(name) && bytes > m->step)
		m->step = bytes;
	if (bytes <= m->all)
		return;
	m->all = bytes;
	snprintf(m->costly, sizeof m->costly, "%s", name);
}

static struct most count(const char *what, const struct aim *aim, void (*run)(void), size_t expected)
{
	struct most m = {.what = what};
	struct rs_buf out = RS_BUF_INIT;
	int fd, status = 0;
	pid_t pid = start(&fd, aim, run);

	read_all(fd, &out);
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	UNIT_INT(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 7);
	UNIT_INT(each(&out, take, &m), expected);
	rs_buf_release(&out);
	return m;
}

static void keys_at(const struct aim *aim, const char *what, void (*run)(void), size_t expected)
{
	struct most m = count(what, aim, run, expected);

	printf("# %s at %dx%d: a key costs at most %zu bytes (%s), one that is held down %zu\n", what, aim->w, aim->h, m.all, m.costly, m.step);
	CU_ASSERT(m.all <= aim->picture);
	CU_ASSERT(m.step <= aim->step);
	CU_ASSERT(m.step > 0);
}

static void keys(const char *what, void (*run)(void), size_t expected)
{
	keys_at(&small, what, run, expected);
	keys_at(&large, what, run, expected);
}

static void a_key_costs_few_bytes_in_the_list(void) { keys("the list", in_the_list, 16); }
static void a_key_costs_few_bytes_among_a_hundred_thousand_objects(void) { keys("objects", among_objects, 25); }
static void a_key_costs_few_bytes_in_a_form(void) { keys("a form", in_a_form, 13); }
static void a_key_costs_few_bytes_on_the_dashboard(void) { keys("the dashboard", on_the_dashboard, 7); }

static void a_second_in_which_nothing_happens_costs_few_bytes(void)
{
	struct most m = count("nothing", &small, nothing, 60);

	printf("# nothing: a second costs %zu bytes, at most %zu\n", m.total / 60, m.all);
	CU_ASSERT(m.total / 60 <= SECOND);
}

UNIT_MAIN(UNIT_TEST(a_key_costs_few_bytes_in_the_list), UNIT_TEST(a_key_costs_few_bytes_among_a_hundred_thousand_objects),
          UNIT_TEST(a_key_costs_few_bytes_in_a_form), UNIT_TEST(a_key_costs_few_bytes_on_the_dashboard),
          UNIT_TEST(a_second_in_which_nothing_happens_costs_few_bytes))
