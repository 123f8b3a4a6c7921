#include "codec/charset.h"

#include "unit.h"

static void check(const char *charset, const char *text, const char *expected)
{
	struct rs_charset_reader cs = RS_CHARSET_READER_INIT;
	struct rs_buf out = RS_BUF_INIT;
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL_FATAL(rs_charset_open(&cs, charset, &err), RS_OK);
	for (int i = 0; i < 2; i++) { /* nothing is left over from the first time */
		rs_buf_clear(&out);
		UNIT_INT(rs_charset_to_utf8(&cs, text, strlen(text), &out, &err), expected ? RS_OK : RS_FAIL);
		if (expected)
			UNIT_STR(rs_buf_str(&out), expected);
		else
			UNIT_INT(err.code, RS_E_VALUE);
		rs_err_clear(&err);
	}
	rs_charset_close(&cs);
	rs_buf_release(&out);
}

static void text_becomes_utf8(void)
{
	check("utf8mb4", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80");
	check("latin1", "\x80\xe9\xff", "\xe2\x82\xac\xc3\xa9\xc3\xbf");
	check("latin1", "\x81\x8d\x8f\x90\x9d", "\xc2\x81\xc2\x8d\xc2\x8f\xc2\x90\xc2\x9d");
	check("gbk", "\xd6\xd0\xce\xc4", "\xe4\xb8\xad\xe6\x96\x87");
	check("big5", "\xa4\xa4", "\xe4\xb8\xad");
	check("ucs2", "\x4e\x2d", "\xe4\xb8\xad");
	check("koi8r", "\xc1", "\xd0\xb0");
	check("sjis", "\x93\xfa", "\xe6\x97\xa5");
}

static void long_text_is_converted_whole(void)
{
	char text[2001], expected[4001];

	for (int i = 0; i < 1000; i++) {
		memcpy(text + 2 * i, "\xd6\xd0", 2);
		memcpy(expected + 3 * i, "\xe4\xb8\xad", 3);
	}
	text[2000] = expected[3000] = 0;
	check("gbk", text, expected);
}

static void text_that_is_not_valid_is_refused(void)
{
	check("utf8mb4", "a\xff", NULL);
	check("gbk", "\xd6", NULL);
	check("ascii", "\xe9", NULL);
}

static void every_character_set_can_be_opened(void)
{
	static const char *const names[] = {
		"armscii8", "ascii", "big5", "cp1250", "cp1251", "cp1256", "cp1257", "cp850", "cp852", "cp866", "cp932",
		"eucjpms", "euckr", "gb18030", "gb2312", "gbk", "geostd8", "greek", "hebrew", "hp8", "koi8r", "koi8u",
		"latin1", "latin2", "latin5", "latin7", "macce", "macroman", "sjis", "tis620", "ucs2", "ujis", "utf16",
		"utf16le", "utf32", "utf8", "utf8mb3", "utf8mb4",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct rs_charset_reader cs = RS_CHARSET_READER_INIT;
		struct rs_err err = RS_ERR_INIT;

		if (rs_charset_open(&cs, names[i], &err) != RS_OK)
			UNIT_STR(names[i], "opened");
		rs_err_clear(&err);
		rs_charset_close(&cs);
	}
}

static void an_unknown_character_set_is_refused(void)
{
	struct rs_charset_reader cs = RS_CHARSET_READER_INIT;
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL(rs_charset_open(&cs, "klingon", &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_NOT_SUPPORTED);
	rs_err_clear(&err);
	rs_charset_close(&cs);
}

static void widths_are_known(void)
{
	UNIT_INT(rs_charset_width("utf8mb4"), 4);
	UNIT_INT(rs_charset_width("utf8"), 3);
	UNIT_INT(rs_charset_width("gbk"), 2);
	UNIT_INT(rs_charset_width("latin1"), 1);
	CU_ASSERT_TRUE(rs_charset_is_utf8("ascii") && rs_charset_is_utf8("utf8mb3"));
	CU_ASSERT_FALSE(rs_charset_is_utf8("latin1") || rs_charset_is_utf8("gbk"));
}

UNIT_MAIN(UNIT_TEST(text_becomes_utf8), UNIT_TEST(long_text_is_converted_whole),
          UNIT_TEST(text_that_is_not_valid_is_refused), UNIT_TEST(every_character_set_can_be_opened),
          UNIT_TEST(an_unknown_character_set_is_refused), UNIT_TEST(widths_are_known))
