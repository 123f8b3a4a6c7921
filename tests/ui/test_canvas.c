#include <math.h>
#include "ui.h"

static struct rs_canvas c;

static void start(int h, int w, bool ascii)
{
	rs_canvas_init(&c, h, w, ascii);
}

static void expect(const char *expected)
{
	char *text = ui_text(&c);

	UNIT_STR(text, expected);
	free(text);
	rs_canvas_release(&c);
}

static void text_is_cut_with_an_ellipsis(void)
{
	start(3, 8, false);
	UNIT_INT(rs_canvas_text(&c, 0, 0, 8, 0, "12345678"), 8);
	UNIT_INT(rs_canvas_text(&c, 1, 0, 8, 0, "123456789"), 8);
	UNIT_INT(rs_canvas_text(&c, 2, 0, 1, 0, "12"), 1);
	expect("12345678\n1234567…\n…\n");
}

static void wide_characters_are_never_cut_in_half(void)
{
	start(3, 7, false);
	UNIT_INT(rs_canvas_text(&c, 0, 0, 7, 0, "数据库名"), 7);
	UNIT_INT(rs_canvas_text(&c, 1, 0, 6, 0, "数据库名"), 5);
	UNIT_INT(rs_canvas_text(&c, 2, 6, 2, 0, "数"), 2); /* half of it lies outside */
	expect("数据库…\n数据…\n\n");
}

static void overwriting_half_of_a_wide_character_removes_the_other(void)
{
	start(2, 6, false);
	rs_canvas_text(&c, 0, 0, 6, 0, "数据");
	rs_canvas_put(&c, 0, 1, 0, 'x');
	rs_canvas_text(&c, 1, 0, 6, 0, "数据");
	rs_canvas_put(&c, 1, 2, 0, 'y');
	expect(" x据\n数y\n");
}

static void combining_marks_join_their_base(void)
{
	start(1, 6, false);
	UNIT_INT(rs_canvas_text(&c, 0, 0, 6, 0, "e\xcc\x81t\xc3\xa9"), 3);
	UNIT_INT(rs_canvas_at(&c, 0, 0)->cp[1], 0x301);
	expect("e\xcc\x81t\xc3\xa9\n");
}

static void escape_sequences_and_invalid_bytes_are_shown_escaped(void)
{
	start(3, 24, false);
	rs_canvas_text(&c, 0, 0, 24, 0, "a\033[31m");
	rs_canvas_text(&c, 1, 0, 24, 0, "\xff\xfe z");
	rs_canvas_text(&c, 2, 0, 24, 0, "a\xe2\x80\xae" "b");
	expect("a\\x1b[31m\n\\xff\\xfe z\na\\u{202e}b\n");
}

static void nothing_is_drawn_outside_the_clip(void)
{
	struct rs_rect old;

	start(3, 6, false);
	old = rs_canvas_clip(&c, rs_rect_make(1, 2, 1, 2));
	for (int y = -2; y < 6; y++)
		rs_canvas_text(&c, y, -3, 20, 0, "##################");
	rs_canvas_fill(&c, rs_rect_make(-5, -5, 50, 50), RS_STYLE_ERROR);
	rs_canvas_text(&c, 1, 0, 20, 0, "abcdef");
	rs_canvas_unclip(&c, old);
	rs_canvas_put(&c, 2, 5, 0, 'Z');
	rs_canvas_put(&c, 3, 0, 0, 'Z');
	rs_canvas_put(&c, 0, -1, 0, 'Z');
	expect("\n  cd\n     Z\n");
}

static void an_ascii_canvas_has_ascii_only_and_the_same_widths(void)
{
	static const char text[] = "✓ a → b ⇄ c … ▁▃▅█ ‹x› é";
	char *dump;

	start(4, 30, true);
	UNIT_INT(rs_canvas_text(&c, 0, 0, 30, 0, text), rs_text_width(text));
	UNIT_INT(rs_canvas_text(&c, 1, 0, 30, 0, "订单x"), 5);
	rs_canvas_bar(&c, 2, 0, 6, RS_STYLE_DATA, 0.6);
	rs_canvas_frame(&c, rs_rect_make(3, 0, 1, 4), RS_STYLE_RULE, NULL);
	dump = ui_text(&c);
	for (char *p = dump; *p; p++)
		CU_ASSERT((unsigned char)*p < 0x80);
	free(dump);
	expect("v a > b = c ~ _:=# <x> ?\n????x\n[##- ]\n+--+\n");
}

static void the_linux_console_keeps_letters_but_not_glyphs(void)
{
	start(1, 20, true);
	c.keep_text = true;
	rs_canvas_text(&c, 0, 0, 20, 0, "▸ é 订 → e\xcc\x81 ✓");
	expect("> é 订 > e\xcc\x81 v\n");
}

static void a_bar_never_shows_less_as_all_nor_something_as_nothing(void)
{
	start(5, 6, false);
	rs_canvas_bar(&c, 0, 0, 6, 0, 0);
	rs_canvas_bar(&c, 1, 0, 6, 0, 0.00001);
	rs_canvas_bar(&c, 2, 0, 6, 0, 0.5);
	rs_canvas_bar(&c, 3, 0, 6, 0, 0.99999);
	rs_canvas_bar(&c, 4, 0, 6, 0, 1);
	expect("▕    ▏\n▕▎   ▏\n▕██  ▏\n▕███▉▏\n▕████▏\n");
	start(3, 4, false);
	rs_canvas_bar(&c, 0, 0, 4, 0, (double)NAN);
	rs_canvas_bar(&c, 1, 0, 4, 0, -1);
	rs_canvas_bar(&c, 2, 0, 4, 0, 7);
	expect("▕  ▏\n▕  ▏\n▕██▏\n");
}

static void a_sparkline_ends_with_the_newest_value(void)
{
	static const double values[] = {0, 1, (double)NAN, 3, 7};

	start(3, 8, false);
	rs_canvas_spark(&c, 0, 0, 8, 0, values, 5, 0);
	rs_canvas_spark(&c, 1, 0, 3, 0, values, 5, 0);
	rs_canvas_spark(&c, 2, 0, 8, 0, values, 5, 70);
	expect("   ▁▂ ▄█\n ▄█\n   ▁▁ ▁▂\n");
}

static void text_wraps_at_blanks_and_between_wide_characters(void)
{
	start(8, 10, false);
	UNIT_INT(rs_canvas_wrapped(&c, rs_rect_make(0, 0, 8, 10), 0, "one two three\n\nabcdefghijklm 数据库名称很长"), 6);
	expect("one two\nthree\n\nabcdefghij\nklm 数据库\n名称很长\n\n\n");
}

static void wrapped_text_that_does_not_fit_says_so(void)
{
	start(2, 10, false);
	UNIT_INT(rs_canvas_wrapped(&c, rs_rect_make(0, 0, 2, 10), 0, "one two three four five six"), 2);
	expect("one two\nthree fou…\n");
}

static void no_line_begins_with_what_ends_a_chinese_sentence(void)
{
	start(4, 10, false);
	UNIT_INT(rs_canvas_wrapped(&c, rs_rect_make(0, 0, 4, 10), 0, "便于识别它。任务名称（可选）"), 3);
	expect("便于识别\n它。任务名\n称（可选）\n\n");
}

static void wrapping_loses_nothing(void)
{
	static const char *const texts[] = {"", "a", "a b", "aa bb  cc", "数据 库x名", "数。，。据。", "\n\n", "x\n", ("a\xff" "b c")};

	for (size_t i = 0; i < RS_COUNT(texts); i++)
		for (int w = 1; w < 12; w++) {
			const char *rest = texts[i], *line;
			size_t len, kept = 0, blanks = 0;

			while (rs_text_wrap(&rest, w, &line, &len))
				for (size_t k = 0; k < len; k++)
					kept += line[k] != ' ';
			for (const char *p = texts[i]; *p; p++)
				blanks += *p == ' ' || *p == '\n';
			UNIT_INT(kept, strlen(texts[i]) - blanks);
		}
}

static void sizes_are_kept_within_reason(void)
{
	start(-5, 100000, false);
	UNIT_INT(c.h, 1);
	UNIT_INT(c.w, 1000);
	rs_canvas_release(&c);
}

static void styles_can_be_dumped(void)
{
	char *styles;

	start(2, 5, false);
	rs_canvas_text(&c, 0, 0, 5, RS_STYLE_ERROR, "ab");
	rs_canvas_text(&c, 1, 0, 5, RS_STYLE_OK, "abc");
	rs_canvas_modify(&c, rs_rect_make(1, 1, 1, 3), RS_MOD_SELECTED);
	styles = ui_styles(&c);
	UNIT_STR(styles, "ee\no###\n");
	free(styles);
	rs_canvas_release(&c);
}

static void a_look_without_colour_still_tells_selected_and_failed_apart(void)
{
	struct rs_look plain = rs_theme_look(RS_STYLE_NORMAL, RS_PALETTE_NONE), error = rs_theme_look(RS_STYLE_ERROR, RS_PALETTE_NONE);
	struct rs_look selected = rs_theme_look(RS_STYLE_NORMAL | RS_MOD_SELECTED, RS_PALETTE_NONE);

	UNIT_INT(plain.attrs, 0);
	CU_ASSERT(error.attrs != plain.attrs);
	CU_ASSERT(selected.attrs & RS_LOOK_REVERSE);
	for (unsigned style = 0; style < RS_STYLE_COUNT; style++)
		UNIT_INT(rs_theme_look(style, RS_PALETTE_NONE).fg, -1);
}

/* Of a colour's share, 0 to 255. */
static double light_of(int share)
{
	double x = share / 255.0;

	return x * (x * (x * 0.305306011 + 0.682171111) + 0.012522878);
}

static double luminance(const int rgb[3])
{
	return 0.2126 * light_of(rgb[0]) + 0.7152 * light_of(rgb[1]) + 0.0722 * light_of(rgb[2]);
}

static double contrast(const int a[3], const int b[3])
{
	double x = luminance(a), y = luminance(b);

	return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

/* As xterm has them: its eight, the bright ones, and its cube of 256. */
static void put_rgb(int colour, bool bright, int rgb[3])
{
	static const int plain[8][3] = {{0, 0, 0}, {205, 0, 0}, {0, 205, 0}, {205, 205, 0}, {0, 0, 238}, {205, 0, 205}, {0, 205, 205}, {229, 229, 229}};
	static const int light[8][3] = {{127, 127, 127}, {255, 0, 0}, {0, 255, 0}, {255, 255, 0}, {92, 92, 255}, {255, 0, 255}, {0, 255, 255}, {255, 255, 255}};
	static const int steps[6] = {0, 95, 135, 175, 215, 255};
	int n = colour - 16;

	for (int i = 0; i < 3; i++)
		rgb[i] = colour < 8 ? (bright ? light : plain)[colour][i] : steps[i == 0 ? n / 36 : i == 1 ? n / 6 % 6 : n % 6];
}

static void expect_readable(unsigned style, enum rs_palette palette, const int background[3])
{
	struct rs_look look = rs_theme_look(style, palette);
	bool bold = (look.attrs & RS_LOOK_BOLD) != 0;

	for (int bright = 0; look.fg >= 0 && bright <= bold; bright++) {
		int rgb[3];

		put_rgb(look.fg, bright, rgb);
		if (contrast(rgb, background) < 3.0)
			printf("# style %c, palette %d: %.1f\n", rs_theme_letter(style), (int)palette, contrast(rgb, background));
		CU_ASSERT_TRUE(contrast(rgb, background) >= 3.0);
	}
}

/* Three to one is what is asked for of large and of bold text. */
static void every_colour_can_be_read_on_its_background(void)
{
	static const int black[3] = {0, 0, 0}, white[3] = {255, 255, 255};

	for (unsigned style = 0; style < RS_STYLE_COUNT; style++) {
		expect_readable(style, RS_PALETTE_DARK, black);
		expect_readable(style, RS_PALETTE_LIGHT, white);
		expect_readable(style, RS_PALETTE_MANY, black);
		expect_readable(style, RS_PALETTE_MANY, white);
	}
}

static void the_background_is_asked_of_the_environment(void)
{
	UNIT_INT(rs_theme_palette(8, NULL), RS_PALETTE_DARK);
	UNIT_INT(rs_theme_palette(8, "15;0"), RS_PALETTE_DARK);
	UNIT_INT(rs_theme_palette(16, "0;15"), RS_PALETTE_LIGHT);
	UNIT_INT(rs_theme_palette(8, "0;default;15"), RS_PALETTE_LIGHT);
	UNIT_INT(rs_theme_palette(8, "7"), RS_PALETTE_DARK);
	UNIT_INT(rs_theme_palette(256, "0;15"), RS_PALETTE_MANY);
}

UNIT_MAIN(UNIT_TEST(no_line_begins_with_what_ends_a_chinese_sentence), UNIT_TEST(text_is_cut_with_an_ellipsis), UNIT_TEST(wide_characters_are_never_cut_in_half),
          UNIT_TEST(overwriting_half_of_a_wide_character_removes_the_other),
          UNIT_TEST(combining_marks_join_their_base),
          UNIT_TEST(escape_sequences_and_invalid_bytes_are_shown_escaped),
          UNIT_TEST(nothing_is_drawn_outside_the_clip),
          UNIT_TEST(an_ascii_canvas_has_ascii_only_and_the_same_widths),
          UNIT_TEST(the_linux_console_keeps_letters_but_not_glyphs),
          UNIT_TEST(a_bar_never_shows_less_as_all_nor_something_as_nothing),
          UNIT_TEST(a_sparkline_ends_with_the_newest_value),
          UNIT_TEST(text_wraps_at_blanks_and_between_wide_characters),
          UNIT_TEST(wrapped_text_that_does_not_fit_says_so), UNIT_TEST(wrapping_loses_nothing),
          UNIT_TEST(sizes_are_kept_within_reason), UNIT_TEST(styles_can_be_dumped),
          UNIT_TEST(a_look_without_colour_still_tells_selected_and_failed_apart),
          UNIT_TEST(every_colour_can_be_read_on_its_background), UNIT_TEST(the_background_is_asked_of_the_environment))
