/* The fold of texts. That it is coarse enough for the servers' collations is theirs to say: test_collation.py. */
#include "codec/collation.h"

#include "unit.h"

static uint64_t hash(enum rs_collation_fold fold, const char *text)
{
	CU_ASSERT_FATAL(rs_collation_knows(fold, text, strlen(text)));
	return rs_collation_hash(fold, text, strlen(text), 7);
}

static void collations_are_known_by_name(void)
{
	UNIT_INT(rs_collation_fold("utf8mb4", "utf8mb4_bin"), RS_COLLATION_BYTES);
	UNIT_INT(rs_collation_fold("gbk", "gbk_bin"), RS_COLLATION_BYTES);
	UNIT_INT(rs_collation_fold("utf8mb4", "utf8mb4_0900_ai_ci"), RS_COLLATION_WIDE);
	UNIT_INT(rs_collation_fold("utf8", "utf8_general_ci"), RS_COLLATION_WIDE);
	UNIT_INT(rs_collation_fold("latin1", "latin1_swedish_ci"), RS_COLLATION_ASCII);
	UNIT_INT(rs_collation_fold("utf8mb4", "utf8mb4_zh_0900_as_cs"), RS_COLLATION_UNKNOWN);
	UNIT_INT(rs_collation_fold("gbk", "gbk_chinese_ci"), RS_COLLATION_UNKNOWN);
	UNIT_INT(rs_collation_fold(NULL, NULL), RS_COLLATION_UNKNOWN);
}

static void two_collations_are_as_coarse_as_both(void)
{
	UNIT_INT(rs_collation_coarser(RS_COLLATION_BYTES, RS_COLLATION_BYTES), RS_COLLATION_BYTES);
	UNIT_INT(rs_collation_coarser(RS_COLLATION_WIDE, RS_COLLATION_BYTES), RS_COLLATION_WIDE);
	UNIT_INT(rs_collation_coarser(RS_COLLATION_BYTES, RS_COLLATION_WIDE), RS_COLLATION_ASCII); /* it may be GBK */
	UNIT_INT(rs_collation_coarser(RS_COLLATION_WIDE, RS_COLLATION_ASCII), RS_COLLATION_ASCII);
	UNIT_INT(rs_collation_coarser(RS_COLLATION_UNKNOWN, RS_COLLATION_BYTES), RS_COLLATION_UNKNOWN);
}

static void characters_that_may_be_equal_to_others_are_not_known(void)
{
	static const char *const odd[] = {"\u00e9", "\u00df", "\x01", "a\x7f", "\uf900", "\u2f00", "\u30ab", "\uac00", "\U00020000",
	                                  "\xe4\xb8", "\xff"};

	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		CU_ASSERT(!rs_collation_knows(RS_COLLATION_WIDE, odd[i], strlen(odd[i])));
		CU_ASSERT(rs_collation_knows(RS_COLLATION_BYTES, odd[i], strlen(odd[i])));
	}
	CU_ASSERT(rs_collation_knows(RS_COLLATION_WIDE, "订单 A-1", strlen("订单 A-1")));
	CU_ASSERT(!rs_collation_knows(RS_COLLATION_ASCII, "订单", strlen("订单")));
	CU_ASSERT(!rs_collation_knows(RS_COLLATION_UNKNOWN, "a", 1));
}

static void equal_texts_have_one_hash(void)
{
	CU_ASSERT_EQUAL(hash(RS_COLLATION_WIDE, "订单 A"), hash(RS_COLLATION_WIDE, "订单 a  "));
	CU_ASSERT_NOT_EQUAL(hash(RS_COLLATION_WIDE, "订单"), hash(RS_COLLATION_WIDE, "订草"));
	CU_ASSERT_EQUAL(hash(RS_COLLATION_BYTES, "é "), hash(RS_COLLATION_BYTES, "é"));
	CU_ASSERT_NOT_EQUAL(hash(RS_COLLATION_BYTES, "A"), hash(RS_COLLATION_BYTES, "a"));
	CU_ASSERT_EQUAL(hash(RS_COLLATION_ASCII, ""), hash(RS_COLLATION_ASCII, "   "));
}

UNIT_MAIN(UNIT_TEST(collations_are_known_by_name), UNIT_TEST(two_collations_are_as_coarse_as_both),
          UNIT_TEST(characters_that_may_be_equal_to_others_are_not_known), UNIT_TEST(equal_texts_have_one_hash))
