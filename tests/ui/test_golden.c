/* The sample screens as they must look; see ui.h for how to write the files anew. */
#include "ui.h"

struct size {
	int h, w;
	const char *name;
};
static const struct size sizes[] = {{24, 80, "80x24"}, {16, 60, "60x16"}, {43, 132, "132x43"}};

struct view {
	const char *name;
	const char *script;
};
static const struct view views[] = {
	{"tasks", ""},
	{"tasks-filter", "/\n\"or\""},
	{"tasks-error", "t"},
	{"tasks-delete", "d\n\"x\"\nEnter"},
	{"tasks-choose", "R\n\"er\""},
	{"help", "Down ?"},
	{"wizard", "n Tab Tab Tab Tab"},
	{"wizard-choice", "n Tab Tab Enter"},
	{"objects", "o Down Space Down Down Space"},
	{"live", "Enter"},
};

static void expect_all(const struct size *size, bool ascii)
{
	for (size_t i = 0; i < RS_COUNT(views); i++) {
		struct rs_loop *loop = ui_loop(size->h, size->w, ascii, sample_tasks());
		char *name = rs_xprintf("%s-%s-%s.txt", views[i].name, size->name, ascii ? "ascii" : "utf8");

		ui_run(loop, views[i].script);
		ui_golden(rs_loop_canvas(loop), name);
		free(name);
		rs_loop_free(loop);
	}
}

static void screens_at_80x24(void) { expect_all(&sizes[0], false); }
static void screens_at_60x16(void) { expect_all(&sizes[1], false); }
static void screens_at_132x43(void) { expect_all(&sizes[2], false); }
static void screens_in_ascii(void) { expect_all(&sizes[0], true); }

/* ASCII screens differ from the others in single characters only: every line has as many cells. */
static void ascii_screens_have_the_same_layout(void)
{
	for (size_t i = 0; i < RS_COUNT(views); i++) {
		struct rs_loop *utf8 = ui_loop(24, 80, false, sample_tasks());
		struct rs_loop *ascii = ui_loop(24, 80, true, sample_tasks());

		ui_run(utf8, views[i].script);
		ui_run(ascii, views[i].script);
		for (int y = 0; y < 24; y++)
			for (int x = 0; x < 80; x++) {
				const struct rs_cell *a = rs_canvas_at(rs_loop_canvas(utf8), y, x);
				const struct rs_cell *b = rs_canvas_at(rs_loop_canvas(ascii), y, x);

				CU_ASSERT(b->cp[0] < 0x80);
				/* of a wide character that a dialog cuts, half a blank is left, but a whole '?' */
				CU_ASSERT((a->cp[0] == 0 && a->width) == (b->cp[0] == 0) || b->cp[0] == '?');
				UNIT_INT(a->style, b->style);
			}
		rs_loop_free(utf8);
		rs_loop_free(ascii);
	}
}

/* Without colour a row under the cursor, an error and a warning still look different from the rest. */
static void every_view_shows_its_focus_without_colour(void)
{
	for (size_t i = 0; i + 1 < RS_COUNT(views); i++) { /* but the last: text has the focus there, and no cursor */
		struct rs_loop *loop = ui_loop(24, 80, true, sample_tasks());
		const struct rs_canvas *c = rs_loop_canvas(loop);
		bool reverse = false;

		ui_run(loop, views[i].script);
		for (int y = 0; y < c->h; y++)
			for (int x = 0; x < c->w; x++)
				reverse |= (rs_theme_look(rs_canvas_at(c, y, x)->style, RS_PALETTE_NONE).attrs & RS_LOOK_REVERSE) != 0;
		if (!reverse && !c->cursor)
			CU_FAIL(views[i].name);
		rs_loop_free(loop);
	}
}

UNIT_MAIN(UNIT_TEST(screens_at_80x24), UNIT_TEST(screens_at_60x16), UNIT_TEST(screens_at_132x43),
          UNIT_TEST(screens_in_ascii), UNIT_TEST(ascii_screens_have_the_same_layout),
          UNIT_TEST(every_view_shows_its_focus_without_colour))
