#include "base/utf8.h"

#include <locale.h>
#include "unit.h"

static void use_utf8(void)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(setlocale(LC_ALL, "C.UTF-8"));
}

static void every_code_point_makes_the_round_trip(void)
{
	for (uint32_t cp = 0; cp < 0x110100; cp++) {
		char s[4];
		uint32_t back = 0;
		size_t len = rs_utf8_encode(cp, s);

		if ((cp >= 0xd800 && cp <= 0xdfff) || cp > 0x10ffff) {
			CU_ASSERT_EQUAL_FATAL(len, 0);
			continue;
		}
		CU_ASSERT_EQUAL_FATAL(rs_utf8_decode(s, len, &back), len);
		CU_ASSERT_EQUAL_FATAL(back, cp);
		if (len > 1)
			CU_ASSERT_EQUAL_FATAL(rs_utf8_decode(s, len - 1, &back), 0);
	}
}

static void invalid_sequences_are_refused(void)
{
	static const char *const bad[] = {
		"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3\x28", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xe2\x82",
		"\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xff", "\xfe",
	};
	uint32_t cp;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		UNIT_INT(rs_utf8_decode(bad[i], strlen(bad[i]), &cp), 0);
		CU_ASSERT_FALSE(rs_utf8_valid(bad[i], strlen(bad[i])));
	}
	UNIT_INT(rs_utf8_decode("", 0, &cp), 0);
	CU_ASSERT_TRUE(rs_utf8_valid("", 0));
	CU_ASSERT_TRUE(rs_utf8_valid("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 10));
}

static void cells_are_those_of_the_terminal(void)
{
	use_utf8();
	UNIT_INT(rs_utf8_cells('a'), 1);
	UNIT_INT(rs_utf8_cells(0xe4), 1);
	UNIT_INT(rs_utf8_cells(0x4e2d), 2);
	UNIT_INT(rs_utf8_cells(0xff21), 2);
	UNIT_INT(rs_utf8_cells(0x0301), 0);
	UNIT_INT(rs_utf8_cells(0x1f600), 2);
	/* Ambiguous in East Asian text: lines of boxes, ellipsis, section sign. */
	UNIT_INT(rs_utf8_cells(0x2500), 1);
	UNIT_INT(rs_utf8_cells(0x2026), 1);
	UNIT_INT(rs_utf8_cells(0xa7), 1);
}

static void what_a_terminal_would_obey_has_no_cells(void)
{
	static const uint32_t unprintable[] = {0,      7,      0x1b,   0x7f,   0x80,   0x9b,   0x9f,   0x61c,
	                                       0x200e, 0x200f, 0x202a, 0x202e, 0x2066, 0x2069, 0x2028, 0x2029,
	                                       0xd800, 0xffff, 0x110000};

	use_utf8();
	for (size_t i = 0; i < sizeof unprintable / sizeof *unprintable; i++)
		UNIT_INT(rs_utf8_cells(unprintable[i]), -1);
}

static char *printable(const char *s, size_t n)
{
	struct rs_buf b = RS_BUF_INIT;

	UNIT_INT(rs_utf8_printable(&b, s, n), RS_OK);
	return rs_buf_take(&b);
}

static void expect_printable(const char *s, size_t n, const char *shown)
{
	char *text = printable(s, n);

	UNIT_STR(text, shown);
	UNIT_INT(rs_utf8_width(s, n), rs_utf8_width(text, strlen(text)));
	free(text);
}

static void printable_escapes_what_is_not(void)
{
	use_utf8();
	expect_printable("plain \xc3\xa4 \xe4\xb8\xad", 12, "plain \xc3\xa4 \xe4\xb8\xad");
	expect_printable("\x1b[2J\a\r\n\t\x7f", 9, "\\x1b[2J\\x07\\x0d\\x0a\\x09\\x7f");
	expect_printable("a\0b", 3, "a\\x00b");
	expect_printable("\xc2\x9b" "31m", 5, "\\u{9b}31m");
	expect_printable("x\xe2\x80\xaey", 5, "x\\u{202e}y");
	expect_printable("\xe2\x81\xa6z", 4, "\\u{2066}z");
	expect_printable("\xff\xc3(", 3, "\\xff\\xc3(");
	expect_printable("", 0, "");
}

static void printable_reports_a_full_buffer(void)
{
	struct rs_buf b;

	rs_buf_init(&b, 3);
	UNIT_INT(rs_utf8_printable(&b, "\x1b", 1), RS_FAIL);
	rs_buf_release(&b);
}

static void fit_never_cuts_a_character_or_an_escape(void)
{
	size_t used;

	use_utf8();
	UNIT_INT(rs_utf8_fit("abc", 3, 2, &used), 2);
	UNIT_INT(used, 2);
	UNIT_INT(rs_utf8_fit("\xe4\xb8\xad\xe6\x96\x87", 6, 3, &used), 3);
	UNIT_INT(used, 2);
	UNIT_INT(rs_utf8_fit("e\xcc\x81x", 4, 1, &used), 3);
	UNIT_INT(used, 1);
	UNIT_INT(rs_utf8_fit("a\x1b" "b", 3, 4, &used), 1);
	UNIT_INT(rs_utf8_fit("a\x1b" "b", 3, 5, &used), 2);
	UNIT_INT(used, 5);
	UNIT_INT(rs_utf8_fit("", 0, 5, &used), 0);
	UNIT_INT(used, 0);
	UNIT_INT(rs_utf8_width("\xe4\xb8\xad!", 4), 3);
}

UNIT_MAIN(UNIT_TEST(every_code_point_makes_the_round_trip),
          UNIT_TEST(invalid_sequences_are_refused),
          UNIT_TEST(cells_are_those_of_the_terminal),
          UNIT_TEST(what_a_terminal_would_obey_has_no_cells),
          UNIT_TEST(printable_escapes_what_is_not),
          UNIT_TEST(printable_reports_a_full_buffer),
          UNIT_TEST(fit_never_cuts_a_character_or_an_escape))
