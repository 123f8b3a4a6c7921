#include "script.h"
#include <errno.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/overlay.h"

#define WAIT_SECONDS 60

struct script {
	struct rs_loop *loop;
	const char *name;
	int line;
	struct rs_buf *out;
	struct rs_err *err;
};

typedef enum rs_rc command_fn(struct script *s, const char *args);

/* --- helpers ------------------------------------------------------------------------- */

static enum rs_rc fail(struct script *s, enum rs_errc code, const char *what, const char *args)
{
	struct rs_buf screen = RS_BUF_INIT;

	rs_canvas_dump_text(rs_loop_canvas(s->loop), &screen);
	(void)rs_err_set(s->err, code, "%s:%d: %s: %s", s->name, s->line, what, args);
	(void)rs_err_detail(s->err, "%s", rs_buf_str(&screen));
	rs_buf_release(&screen);
	return RS_FAIL;
}

static bool screen_shows(struct script *s, const char *text)
{
	struct rs_buf screen = RS_BUF_INIT;
	bool found;

	rs_canvas_dump_text(rs_loop_canvas(s->loop), &screen);
	found = strstr(rs_buf_str(&screen), text) != NULL;
	rs_buf_release(&screen);
	return found;
}

/* Steps until met() or the time is up. */
static bool wait_for(struct script *s, bool (*met)(struct script *s, const char *args), const char *args,
                     int seconds)
{
	struct timespec pause = {0, 2000000};
	rs_usec end = rs_clock_mono() + seconds * RS_USEC_PER_SEC;

	while (!met(s, args)) {
		if (rs_clock_mono() > end)
			return false;
		if (rs_loop_step(s->loop) != RS_LOOP_RUNNING)
			return met(s, args);
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

static bool idle(struct script *s, const char *args)
{
	(void)args;
	return rs_loop_idle(s->loop);
}

static struct rs_widget *focused(struct script *s)
{
	struct rs_overlay *o = rs_loop_overlay(s->loop);
	struct rs_screen *top = rs_loop_top(s->loop);
	struct rs_widget *root = o ? o->ops->root(o) : top ? top->root : NULL;

	return root ? rs_widget_focused(root) : NULL;
}

static const char *screen_name(struct script *s)
{
	struct rs_overlay *o = rs_loop_overlay(s->loop);
	struct rs_screen *top = rs_loop_top(s->loop);

	return o ? o->ops->name : top ? top->ops->name : "";
}

/* --- commands ------------------------------------------------------------------------ */

static enum rs_rc do_paste(struct script *s, const char *args)
{
	struct rs_buf text = RS_BUF_INIT;
	struct rs_event ev = {.type = RS_EV_PASTE};

	for (const char *p = args; *p; p++) {
		bool escape = *p == '\\' && (p[1] == 'n' || p[1] == 'e' || p[1] == '\\');

		p += escape;
		(void)rs_buf_addc(&text, escape && *p == 'n' ? '\n' : escape && *p == 'e' ? '\033' : *p);
	}
	ev.text = rs_buf_str(&text);
	ev.len = text.len;
	(void)rs_loop_feed(s->loop, &ev);
	rs_buf_release(&text);
	return RS_OK;
}

static enum rs_rc do_resize(struct script *s, const char *args)
{
	char *end;
	long h = strtol(args, &end, 10), w = strtol(end, &end, 10);

	if (*end || h < 1 || w < 1 || h > 1000 || w > 1000)
		return fail(s, RS_E_USAGE, "not a size", args);
	rs_loop_resize(s->loop, (int)h, (int)w);
	return RS_OK;
}

static enum rs_rc do_wait_idle(struct script *s, const char *args)
{
	long seconds = *args ? strtol(args, NULL, 10) : WAIT_SECONDS;

	return wait_for(s, idle, args, (int)seconds) ? RS_OK : fail(s, RS_E_INTERNAL, "still busy", args);
}

static enum rs_rc do_wait(struct script *s, const char *args)
{
	return wait_for(s, screen_shows, args, WAIT_SECONDS) ? RS_OK : fail(s, RS_E_INTERNAL, "never shown", args);
}

static enum rs_rc do_expect(struct script *s, const char *args)
{
	return screen_shows(s, args) ? RS_OK : fail(s, RS_E_INTERNAL, "not shown", args);
}

static enum rs_rc do_expect_not(struct script *s, const char *args)
{
	return screen_shows(s, args) ? fail(s, RS_E_INTERNAL, "shown", args) : RS_OK;
}

static enum rs_rc do_expect_focus(struct script *s, const char *args)
{
	struct rs_widget *w = focused(s);
	const char *id = w && w->id ? w->id : "";

	return strcmp(id, args) == 0 ? RS_OK : fail(s, RS_E_INTERNAL, "the focus is elsewhere", id);
}

static enum rs_rc do_expect_screen(struct script *s, const char *args)
{
	return strcmp(screen_name(s), args) == 0 ? RS_OK
	                                         : fail(s, RS_E_INTERNAL, "another screen", screen_name(s));
}

static enum rs_rc write_dump(struct script *s, const char *path, const struct rs_buf *dump)
{
	FILE *f;
	bool done;

	if (!*path) {
		if (s->out)
			(void)rs_buf_add(s->out, rs_buf_str(dump), dump->len);
		return RS_OK;
	}
	f = fopen(path, "we");
	if (!f)
		return rs_err_sys(s->err, RS_E_IO, errno, "%s:%d: %s", s->name, s->line, path);
	done = fwrite(rs_buf_str(dump), 1, dump->len, f) == dump->len;
	if (fclose(f) != 0 || !done)
		return rs_err_sys(s->err, RS_E_IO, errno, "%s:%d: %s", s->name, s->line, path);
	return RS_OK;
}

static enum rs_rc do_dump_screen(struct script *s, const char *args)
{
	struct rs_buf dump = RS_BUF_INIT;
	enum rs_rc rc;

	rs_canvas_dump_text(rs_loop_canvas(s->loop), &dump);
	rc = write_dump(s, args, &dump);
	rs_buf_release(&dump);
	return rc;
}

static enum rs_rc do_dump_styles(struct script *s, const char *args)
{
	struct rs_buf dump = RS_BUF_INIT;
	enum rs_rc rc;

	rs_canvas_dump_styles(rs_loop_canvas(s->loop), &dump);
	rc = write_dump(s, args, &dump);
	rs_buf_release(&dump);
	return rc;
}

static const struct {
	const char *name;
	command_fn *run;
} commands[] = {
	{"paste", do_paste}, {"resize", do_resize}, {"wait-idle", do_wait_idle}, {"wait", do_wait},
	{"expect", do_expect}, {"expect-not", do_expect_not}, {"expect-focus", do_expect_focus},
	{"expect-screen", do_expect_screen}, {"dump-screen", do_dump_screen}, {"dump-styles", do_dump_styles},
};

static enum rs_rc run_command(struct script *s, const char *text)
{
	size_t len = strcspn(text, " ");
	const char *args = text + len + (text[len] == ' ');

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strlen(commands[i].name) == len && strncmp(commands[i].name, text, len) == 0)
			return commands[i].run(s, args);
	return fail(s, RS_E_USAGE, "unknown command", text);
}

static void feed_key(struct script *s, uint32_t key)
{
	struct rs_event ev = rs_event_key(key);

	(void)rs_loop_feed(s->loop, &ev);
}

static enum rs_rc type_text(struct script *s, const char *text, size_t len)
{
	while (len) {
		uint32_t cp;
		size_t n = rs_utf8_decode(text, len, &cp);

		if (!n)
			return fail(s, RS_E_USAGE, "not UTF-8", text);
		feed_key(s, cp);
		text += n;
		len -= n;
	}
	return RS_OK;
}

static enum rs_rc press_keys(struct script *s, const char *text)
{
	while (*(text += strspn(text, " "))) {
		size_t len = strcspn(text, " ");
		uint32_t key = rs_key_parse(text, len);

		if (!key)
			return fail(s, RS_E_USAGE, "unknown key", text);
		feed_key(s, key);
		text += len;
	}
	return RS_OK;
}

static enum rs_rc run_line(struct script *s, const char *line)
{
	size_t len = strlen(line);

	if (!*line || *line == '#')
		return RS_OK;
	if (*line == ':' && len > 1 && line[1] != ' ')
		return run_command(s, line + 1);
	if (*line == '"' && len >= 2 && line[len - 1] == '"')
		return type_text(s, line + 1, len - 2);
	return press_keys(s, line);
}

enum rs_rc rs_script_run(struct rs_loop *loop, const char *name, const char *text, struct rs_buf *out,
                         struct rs_err *err)
{
	struct script s = {loop, name, 0, out, err};
	enum rs_rc rc = RS_OK;

	while (rc == RS_OK && *text && rs_loop_step(loop) == RS_LOOP_RUNNING) {
		size_t len = strcspn(text, "\n");
		char *line = rs_xstrndup(text, len);

		s.line++;
		rc = run_line(&s, line);
		free(line);
		text += len + (text[len] == '\n');
	}
	return rc;
}
