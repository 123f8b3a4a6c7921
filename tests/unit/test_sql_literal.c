#include "codec/sql_json.h"
#include "codec/sql_literal.h"

#include <string.h>

#include "unit.h"

static struct rs_buf out;

static const char *json(const char *document)
{
	rs_buf_release(&out);
	rs_buf_init(&out, RS_BUF_TEXT_MAX);
	rs_sql_json(&out, document, strlen(document));
	return rs_buf_str(&out);
}

static const char *literal(enum rs_type type, const char *charset, const char *bytes, size_t len)
{
	struct rs_column column = {.type = type, .charset = (char *)(uintptr_t)charset};
	struct rs_value value = rs_value_of(bytes, len);

	rs_buf_release(&out);
	rs_buf_init(&out, RS_BUF_TEXT_MAX);
	rs_sql_literal(&out, &column, &value);
	return rs_buf_str(&out);
}

static bool has_decimals(const char *document)
{
	return rs_sql_json_has_decimals(document, strlen(document));
}

static void only_numbers_that_no_double_prints_are_decimals(void)
{
	const char *const plain[] = {"1.5",  "-0.25", "1.0", "-0.0", "0.1", "1e100", "1.5e300", "18446744073709551615",
	                             "-9223372036854775808", "true", "{\"1.10\": \"1.10\"}", "[\"\\\"1.10\", null]", ""};
	const char *const decimals[] = {"1.10", "0.00", "18446744073709551616", "-9223372036854775809", "12345678901234567.5",
	                                "[1, {\"a\": [true, 2.50]}]", "0.1000000000000000055511151231257827"};

	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		CU_ASSERT_FALSE(has_decimals(plain[i]));
	for (size_t i = 0; i < sizeof decimals / sizeof *decimals - 1; i++)
		CU_ASSERT_TRUE(has_decimals(decimals[i]));
	/* More digits than a decimal may have. */
	CU_ASSERT_FALSE(has_decimals(decimals[sizeof decimals / sizeof *decimals - 1]));
}

static void decimals_are_set_at_their_paths(void)
{
	UNIT_STR(json("1.10"), "JSON_SET(CAST(_utf8mb4'0' AS JSON),_utf8mb4'$',1.10)");
	UNIT_STR(json("[1, -2.50, \"x\", {\"a\": [], \"b\": {\"\": 3.000}}]"),
	         "JSON_SET(CAST(_utf8mb4'[1, 0, \"x\", {\"a\": [], \"b\": {\"\": 0}}]' AS JSON),_utf8mb4'$[1]',-2.50,"
	         "_utf8mb4'$[3].\"b\".\"\"',3.000)");
	UNIT_STR(json("{\"it's \\\"\": 1.10}"),
	         "JSON_SET(CAST(_utf8mb4'{\"it\\'s \\\\\"\": 0}' AS JSON),_utf8mb4'$.\"it\\'s \\\\\"\"',1.10)");
}

static void sets_of_64_members_are_signed(void)
{
	UNIT_STR(literal(RS_T_SET, "latin1", "9223372036854775807", 19), "9223372036854775807");
	UNIT_STR(literal(RS_T_SET, "latin1", "9223372036854775808", 19), "-9223372036854775808");
	UNIT_STR(literal(RS_T_SET, "latin1", "18446744073709551615", 20), "-1");
}

static void addresses_are_text(void)
{
	UNIT_STR(literal(RS_T_INET4, NULL, "10.0.0.1", 8), "_latin1'10.0.0.1'");
	UNIT_STR(literal(RS_T_UUID, NULL, "u", 1), "_latin1'u'");
}

static void only_quotes_and_backslashes_grow(void)
{
	literal(RS_T_BLOB, NULL, "\0\n'\\", 4);
	CU_ASSERT_EQUAL(out.len, strlen("_binary''") + 6);
	CU_ASSERT_EQUAL(memcmp(out.data, "_binary'\0\n\\'\\\\'", out.len), 0);
	rs_buf_clear(&out);
	rs_sql_escape_line(&out, "\0\t\n\\'\r", 6);
	CU_ASSERT_EQUAL(out.len, 9);
	CU_ASSERT_EQUAL(memcmp(out.data, "\0\\t\\n\\\\'\r", 9), 0);
}

static void a_value_that_does_not_fit_fails_its_buffer(void)
{
	char bytes[64];
	struct rs_buf small;

	memset(bytes, 'x', sizeof bytes);
	rs_buf_init(&small, 80);
	CU_ASSERT_EQUAL(rs_sql_escape(&small, bytes, sizeof bytes), RS_OK);
	CU_ASSERT_EQUAL(small.len, sizeof bytes);
	CU_ASSERT_EQUAL(rs_sql_escape(&small, bytes, sizeof bytes), RS_FAIL);
	CU_ASSERT_TRUE(rs_buf_failed(&small));
	rs_buf_release(&small);
}

UNIT_MAIN(UNIT_TEST(only_numbers_that_no_double_prints_are_decimals), UNIT_TEST(decimals_are_set_at_their_paths),
          UNIT_TEST(sets_of_64_members_are_signed), UNIT_TEST(addresses_are_text),
          UNIT_TEST(only_quotes_and_backslashes_grow), UNIT_TEST(a_value_that_does_not_fit_fails_its_buffer))
