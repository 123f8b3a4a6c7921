#include "base/words.h"

#include "base/size.h"
#include "unit.h"

static void words_are_split_at_any_blank(void)
{
	const char *p = "  insert\tupdate \n delete", *word;
	size_t len;

	CU_ASSERT_TRUE(rs_words_next(&p, &word, &len) && len == 6 && memcmp(word, "insert", 6) == 0);
	CU_ASSERT_TRUE(rs_words_next(&p, &word, &len) && len == 6 && memcmp(word, "update", 6) == 0);
	CU_ASSERT_TRUE(rs_words_next(&p, &word, &len) && len == 6 && memcmp(word, "delete", 6) == 0);
	CU_ASSERT_FALSE(rs_words_next(&p, &word, &len));
	CU_ASSERT_FALSE(rs_words_next(&p, &word, &len));
	p = NULL;
	CU_ASSERT_FALSE(rs_words_next(&p, &word, &len));
	UNIT_INT(rs_words_count("a b  c "), 3);
	UNIT_INT(rs_words_count(" "), 0);
}

static void a_word_is_found_only_whole(void)
{
	CU_ASSERT_TRUE(rs_words_has("check ignore", "ignore", 6));
	CU_ASSERT_FALSE(rs_words_has("check ignore", "ign", 3));
	CU_ASSERT_FALSE(rs_words_has("check ignore", "ignored", 7));
	CU_ASSERT_FALSE(rs_words_has(NULL, "ignore", 6));
}

static void the_nearest_word_is_the_one_that_was_meant(void)
{
	static const char *const known[] = {"host", "port", "account", "password", "password_env", "connection"};

	UNIT_STR(rs_words_nearest("prot", known, 6), "port");
	UNIT_STR(rs_words_nearest("acount", known, 6), "account");
	UNIT_STR(rs_words_nearest("hots", known, 6), "host");
	UNIT_STR(rs_words_nearest("pasword_env", known, 6), "password_env");
	UNIT_STR(rs_words_nearest("conection", known, 6), "connection");
	UNIT_STR(rs_words_nearest("flavour", known, 6), NULL);
	UNIT_STR(rs_words_nearest("", known, 6), NULL);
	UNIT_STR(rs_words_nearest("a_name_much_longer_than_any_key_that_could_ever_be_meant_by_anybody", known, 6), NULL);
}

static void numbers_are_read_strictly(void)
{
	uint64_t n = 7;

	CU_ASSERT_TRUE(rs_number_parse("3306", &n) && n == 3306);
	CU_ASSERT_TRUE(rs_number_parse("18446744073709551615", &n) && n == UINT64_MAX);
	n = 7;
	CU_ASSERT_FALSE(rs_number_parse("18446744073709551616", &n));
	CU_ASSERT_FALSE(rs_number_parse("", &n));
	CU_ASSERT_FALSE(rs_number_parse("-1", &n));
	CU_ASSERT_FALSE(rs_number_parse(" 1", &n));
	CU_ASSERT_FALSE(rs_number_parse("1 ", &n));
	CU_ASSERT_FALSE(rs_number_parse("0x10", &n));
	CU_ASSERT_EQUAL(n, 7);
}

static void sizes_have_one_unit_and_read_back(void)
{
	static const char *const texts[] = {"0", "1", "1023", "1K", "16M", "256M", "3G", "7T", "1025"};
	char buf[24];
	uint64_t n;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		CU_ASSERT_TRUE(rs_size_parse(texts[i], &n));
		UNIT_STR(rs_size_text(n, buf, sizeof buf), texts[i]);
	}
	CU_ASSERT_TRUE(rs_size_parse("2g", &n) && n == UINT64_C(2) << 30);
	CU_ASSERT_FALSE(rs_size_parse("2gb", &n));
	CU_ASSERT_FALSE(rs_size_parse("M", &n));
	CU_ASSERT_FALSE(rs_size_parse("1.5G", &n));
	CU_ASSERT_FALSE(rs_size_parse("2X", &n));
	CU_ASSERT_FALSE(rs_size_parse("16777216T", &n));
}

UNIT_MAIN(UNIT_TEST(words_are_split_at_any_blank),
          UNIT_TEST(a_word_is_found_only_whole),
          UNIT_TEST(the_nearest_word_is_the_one_that_was_meant),
          UNIT_TEST(numbers_are_read_strictly),
          UNIT_TEST(sizes_have_one_unit_and_read_back))
