#include "model/renaming.h"

#include "base/mem.h"
#include "unit.h"

static void becomes(const struct rs_renaming_rule *rule, const char *name, const char *expected)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_renaming *r = rs_renaming_new(rule, &err);
	char *to;

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	to = rs_renaming_apply(r, name);
	UNIT_STR(to, expected);
	free(to);
	rs_renaming_free(r);
}

#define PUT(before, behind) (&(struct rs_renaming_rule){.prefix = (before), .suffix = (behind)})
#define REPLACE(this, that) (&(struct rs_renaming_rule){.pattern = (this), .replacement = (that)})

static void something_is_put_before_and_behind(void)
{
	becomes(PUT("old_", NULL), "orders", "old_orders");
	becomes(PUT(NULL, "_2025"), "订单", "订单_2025");
	becomes(PUT("a", "z"), "m", "amz");
	becomes(PUT("", ""), "orders", "orders");
}

static void what_is_found_is_replaced_everywhere(void)
{
	becomes(REPLACE("_", "-"), "a_b_c", "a-b-c");
	becomes(REPLACE("o", ""), "foo", "f");
	becomes(REPLACE("^shop_", "crm_"), "shop_shop_x", "crm_shop_x");
	becomes(REPLACE("[0-9]+$", ""), "orders2025", "orders");
	becomes(REPLACE("订", "定"), "订订单", "定定单");
}

static void groups_are_put_where_they_are_wanted(void)
{
	becomes(REPLACE("^(.*)_([0-9]+)$", "y\\2_\\1"), "orders_2025", "y2025_orders");
	becomes(REPLACE("^.*$", "<\\0>"), "orders", "<orders>");
	becomes(REPLACE("(a)|(b)", "[\\1\\2]"), "ab", "[a][b]");
	becomes(REPLACE("x", "\\\\"), "axb", "a\\b");
}

static void what_is_found_between_characters_is_replaced_once(void)
{
	becomes(REPLACE("$", "_end"), "orders", "orders_end");
	becomes(REPLACE("^", "the_"), "orders", "the_orders");
	becomes(REPLACE(".*", "all"), "orders", "all");
	becomes(REPLACE("x*", "-"), "订b", "-订-b");
	becomes(REPLACE("^$", "-"), "", "-");
}

static void a_name_in_which_nothing_is_found_keeps_all_of_it(void)
{
	const struct rs_renaming_rule rule = {.pattern = "_log$", .replacement = "_archive", .prefix = "old_", .suffix = "2"};

	becomes(&rule, "orders", "orders");
	becomes(&rule, "orders_log", "old_orders_archive2");
}

static void refused(const char *pattern, const char *replacement, const char *why)
{
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_PTR_NULL(rs_renaming_new(REPLACE(pattern, replacement), &err));
	UNIT_INT(err.code, RS_E_MAPPING);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.primary, why));
	rs_err_clear(&err);
}

static void what_can_not_be_read_is_told(void)
{
	refused("(", "", "regular expression");
	refused("a(b)", "\\2", "\\2");
	refused("a", "\\1", "\\1");
}

UNIT_MAIN(UNIT_TEST(something_is_put_before_and_behind), UNIT_TEST(what_is_found_is_replaced_everywhere),
          UNIT_TEST(groups_are_put_where_they_are_wanted), UNIT_TEST(what_is_found_between_characters_is_replaced_once),
          UNIT_TEST(a_name_in_which_nothing_is_found_keeps_all_of_it), UNIT_TEST(what_can_not_be_read_is_told))
