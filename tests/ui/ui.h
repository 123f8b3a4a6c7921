/* What the tests of the toolkit share: a loop without a terminal, keys by name, screens as text, golden files. */
#ifndef RS_UI_H
#define RS_UI_H

#include <locale.h>
#include "../unit/unit.h"
#include "base/mem.h"
#include "sample.h"
#include "script.h"
#include "tui/frame.h"

__attribute__((constructor)) static void ui_locale(void)
{
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		abort();
	unsetenv("TMPDIR"); /* screens show paths below it */
}

static inline struct rs_loop *ui_loop(int h, int w, bool ascii, struct rs_screen *screen)
{
	struct rs_loop_options options = {.host = "db-host-1", .no_clock = true, .height = h, .width = w,
	                                  .ascii = ascii};
	struct rs_loop *loop = rs_loop_new(NULL, &options);

	rs_loop_push(loop, screen);
	(void)rs_loop_step(loop);
	return loop;
}

/* Runs script lines; a failure fails the test and shows the screen. */
static inline void ui_run(struct rs_loop *loop, const char *script)
{
	struct rs_err err = RS_ERR_INIT;

	if (rs_script_run(loop, "script", script, NULL, &err) != RS_OK) {
		char text[6000];

		snprintf(text, sizeof text, "%s\n%s", err.primary, err.detail ? err.detail : "");
		unit_check(0, text, __FILE__, __LINE__);
	}
	rs_err_clear(&err);
}

static inline char *ui_text(const struct rs_canvas *c)
{
	struct rs_buf text = RS_BUF_INIT;

	rs_canvas_dump_text(c, &text);
	return rs_buf_take(&text);
}

static inline char *ui_styles(const struct rs_canvas *c)
{
	struct rs_buf text = RS_BUF_INIT;

	rs_canvas_dump_styles(c, &text);
	return rs_buf_take(&text);
}

/* Draws one widget alone, with the focus, and compares all of it (without trailing blanks). */
static inline void ui_expect_at(struct rs_widget *w, int h, int width, bool ascii, const char *expected,
                                const char *file, int line)
{
	struct rs_canvas c;
	char *text;

	rs_canvas_init(&c, h, width, ascii);
	rs_widget_layout(w, rs_rect_make(0, 0, h, width));
	rs_widget_draw(w, &c, true);
	rs_widget_draw_popup(w, &c, rs_rect_make(0, 0, h, width));
	text = ui_text(&c);
	unit_str(text, expected, "widget", file, line);
	free(text);
	rs_canvas_release(&c);
}
#define UI_EXPECT(w, h, width, expected) ui_expect_at((w), (h), (width), false, (expected), __FILE__, __LINE__)

/* Sends a key to a widget; returns the reply. */
static inline enum rs_reply ui_key(struct rs_widget *root, const char *name)
{
	uint32_t key = rs_key_parse(name, strlen(name));
	struct rs_event ev = rs_event_key(key);

	if (!key)
		rs_bug("no key %s", name);
	return rs_widget_event(root, &ev, NULL);
}

static inline void ui_type(struct rs_widget *root, const char *ascii)
{
	for (; *ascii; ascii++) {
		struct rs_event ev = rs_event_key((uint32_t)*ascii);

		(void)rs_widget_event(root, &ev, NULL);
	}
}

static inline char *ui_golden_path(const char *name)
{
	const char *src = getenv("RS_SRCDIR"), *slash = strrchr(__FILE__, '/');

	return src ? rs_xprintf("%s/tests/ui/golden/%s", src, name)
	           : rs_xprintf("%.*s/golden/%s", (int)(slash - __FILE__), __FILE__, name);
}

static inline char *ui_read(const char *path)
{
	FILE *f = fopen(path, "re");
	struct rs_buf text = RS_BUF_INIT;
	char bytes[4096];
	size_t n;

	while (f && (n = fread(bytes, 1, sizeof bytes, f)) > 0)
		(void)rs_buf_add(&text, bytes, n);
	if (f)
		(void)fclose(f);
	return rs_buf_take(&text);
}

/* The text is what golden/NAME says; with RS_UPDATE_GOLDEN=1 the file is written instead. */
static inline void ui_golden_text(const char *text, const char *name)
{
	char *path = ui_golden_path(name);

	if (getenv("RS_UPDATE_GOLDEN")) {
		FILE *f = fopen(path, "we");

		CU_ASSERT_PTR_NOT_NULL_FATAL(f);
		fputs(text, f);
		CU_ASSERT_EQUAL(fclose(f), 0);
	} else {
		char *expected = ui_read(path);
		char *message = rs_xprintf("%s differs:\n%s", name, text);

		unit_check(strcmp(text, expected) == 0, message, __FILE__, __LINE__);
		free(message);
		free(expected);
	}
	free(path);
}

static inline void ui_golden(const struct rs_canvas *c, const char *name)
{
	char *text = ui_text(c);

	ui_golden_text(text, name);
	free(text);
}

#endif
