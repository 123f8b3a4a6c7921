#include "base/buf.h"

#include "unit.h"

static void text_is_always_terminated(void)
{
	struct rs_buf b = RS_BUF_INIT;

	UNIT_STR(rs_buf_str(&b), "");
	rs_buf_adds(&b, "ab");
	rs_buf_addc(&b, 'c');
	rs_buf_addf(&b, "%s=%d", "key", -7);
	UNIT_STR(b.data, "abckey=-7");
	UNIT_INT(b.len, 9);
	rs_buf_clear(&b);
	UNIT_STR(rs_buf_str(&b), "");
	rs_buf_release(&b);
	UNIT_STR(rs_buf_str(&b), "");
	rs_buf_adds(&b, "again");
	UNIT_STR(rs_buf_str(&b), "again");
	rs_buf_release(&b);
}

static void numbers_at_their_limits(void)
{
	struct rs_buf b = RS_BUF_INIT;

	rs_buf_addu64(&b, 0);
	rs_buf_addc(&b, ' ');
	rs_buf_addu64(&b, UINT64_MAX);
	UNIT_STR(b.data, "0 18446744073709551615");
	rs_buf_release(&b);
}

static void hex_is_two_digits_a_byte(void)
{
	struct rs_buf b = RS_BUF_INIT;

	rs_buf_addhex(&b, "\x00\x7f\xff", 3);
	UNIT_STR(b.data, "007fff");
	rs_buf_release(&b);
}

static void nul_bytes_are_data(void)
{
	struct rs_buf b = RS_BUF_INIT;

	rs_buf_add(&b, "a\0b", 3);
	UNIT_INT(b.len, 3);
	CU_ASSERT_EQUAL(memcmp(b.data, "a\0b", 4), 0);
	rs_buf_release(&b);
}

static void the_maximum_can_be_reached_and_not_passed(void)
{
	struct rs_buf b;

	rs_buf_init(&b, 10);
	UNIT_INT(rs_buf_adds(&b, "0123456789"), RS_OK);
	UNIT_INT(rs_buf_addc(&b, 'x'), RS_FAIL);
	CU_ASSERT_TRUE(rs_buf_failed(&b));
	UNIT_STR(b.data, "0123456789");
	rs_buf_clear(&b);
	CU_ASSERT_FALSE(rs_buf_failed(&b));
	UNIT_INT(rs_buf_addf(&b, "%s", "0123456789"), RS_OK);
	rs_buf_clear(&b);
	UNIT_INT(rs_buf_addf(&b, "%s", "0123456789x"), RS_FAIL);
	UNIT_STR(rs_buf_str(&b), "");
	rs_buf_release(&b);
}

static void after_a_failure_no_append_fits_until_cleared(void)
{
	struct rs_buf b;

	rs_buf_init(&b, 4);
	rs_buf_adds(&b, "ab");
	UNIT_INT(rs_buf_adds(&b, "cde"), RS_FAIL);
	UNIT_INT(rs_buf_addc(&b, 'c'), RS_FAIL);
	UNIT_INT(rs_buf_addf(&b, "c"), RS_FAIL);
	UNIT_INT(rs_buf_addhex(&b, "c", 1), RS_FAIL);
	UNIT_STR(b.data, "ab");
	rs_buf_release(&b);
}

static void a_huge_reserve_fails_without_a_mark(void)
{
	struct rs_buf b = RS_BUF_INIT;

	rs_buf_adds(&b, "x");
	UNIT_INT(rs_buf_reserve(&b, SIZE_MAX), RS_FAIL);
	UNIT_INT(rs_buf_reserve(&b, RS_BUF_TEXT_MAX), RS_FAIL);
	CU_ASSERT_FALSE(rs_buf_failed(&b));
	UNIT_INT(rs_buf_adds(&b, "y"), RS_OK);
	UNIT_STR(b.data, "xy");
	rs_buf_release(&b);
}

static void take_gives_the_string_away(void)
{
	struct rs_buf b = RS_BUF_INIT;
	char *empty = rs_buf_take(&b), *text;

	UNIT_STR(empty, "");
	rs_buf_adds(&b, "mine");
	text = rs_buf_take(&b);
	UNIT_STR(text, "mine");
	CU_ASSERT_PTR_NULL(b.data);
	UNIT_INT(b.max, RS_BUF_TEXT_MAX);
	free(empty);
	free(text);
}

static void many_appends_keep_every_byte(void)
{
	struct rs_buf b = RS_BUF_INIT;

	for (int i = 0; i < 100000; i++)
		rs_buf_addc(&b, (char)('a' + i % 26));
	UNIT_INT(b.len, 100000);
	for (size_t i = 0; i < b.len; i++)
		CU_ASSERT_EQUAL_FATAL(b.data[i], (char)('a' + (int)(i % 26)));
	rs_buf_release(&b);
}

UNIT_MAIN(UNIT_TEST(text_is_always_terminated),
          UNIT_TEST(numbers_at_their_limits),
          UNIT_TEST(hex_is_two_digits_a_byte),
          UNIT_TEST(nul_bytes_are_data),
          UNIT_TEST(the_maximum_can_be_reached_and_not_passed),
          UNIT_TEST(after_a_failure_no_append_fits_until_cleared),
          UNIT_TEST(a_huge_reserve_fails_without_a_mark),
          UNIT_TEST(take_gives_the_string_away),
          UNIT_TEST(many_appends_keep_every_byte))
