#include "model/filter.h"

#include "base/mem.h"
#include "unit.h"

static char *canonical(const char *text)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_filter *f = rs_filter_parse(text, NULL, &err);
	struct rs_buf out = RS_BUF_INIT;

	if (f)
		rs_filter_format(f, &out);
	else
		rs_buf_addf(&out, "error %s", err.primary);
	rs_filter_free(f);
	rs_err_clear(&err);
	return rs_buf_take(&out);
}

/* The tree as text, which must read back to itself. */
static void reads(const char *text, const char *tree)
{
	char *once = canonical(text), *twice = canonical(once);

	UNIT_STR(once, tree);
	UNIT_STR(twice, tree);
	free(once);
	free(twice);
}

static void refused(const char *text, size_t at, const char *why, const char *hint)
{
	struct rs_err err = RS_ERR_INIT;
	size_t where = 9999;
	struct rs_filter *f = rs_filter_parse(text, &where, &err);

	CU_ASSERT_PTR_NULL(f);
	CU_ASSERT_EQUAL(err.code, RS_E_FILTER);
	if (where != at || !err.primary || !strstr(err.primary, why) || (hint && (!err.hint || !strstr(err.hint, hint))))
		printf("# %s: %zu %s (%s)\n", text, where, err.primary ? err.primary : "", err.hint ? err.hint : "");
	CU_ASSERT_EQUAL(where, at);
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, why));
	CU_ASSERT_TRUE(!hint || (err.hint && strstr(err.hint, hint)));
	rs_filter_free(f);
	rs_err_clear(&err);
}

static void comparisons(void)
{
	reads("a=1", "`a` = 1");
	reads("a != -1.50", "`a` <> -1.50");
	reads("a<>+ .5", "`a` <> .5");
	reads("a<1e3", "`a` < 1e3");
	reads("a <= 0x1f", "`a` <= X'1f'");
	reads("a > x'00FF'", "`a` > X'00ff'");
	reads("a >= b'101'", "`a` >= X'05'");
	reads("a = 0b100000001", "`a` = X'0101'");
	reads("a = 0x123", "`a` = X'0123'");
	reads("10 < a", "`a` > 10");
	reads("'x' >= a", "`a` <= 'x'");
	reads("-3 = a", "`a` = -3");
	reads("TRUE = a or a = false", "(`a` = 1 OR `a` = 0)");
	reads("`select` = 1", "`select` = 1");
	reads("`a``b c` = 1", "`a``b c` = 1");
	reads("größe$1 = 1", "`größe$1` = 1");
}

static void nulls_lists_ranges_and_patterns(void)
{
	reads("a is null", "`a` IS NULL");
	reads("a IS NOT NULL", "NOT (`a` IS NULL)");
	reads("a in (1,2 , 'x')", "`a` IN (1, 2, 'x')");
	reads("a not in (-1)", "NOT (`a` IN (-1))");
	reads("a between 1 and 2 and b = 3", "((`a` >= 1 AND `a` <= 2) AND `b` = 3)");
	reads("a not between '1' and '2'", "NOT ((`a` >= '1' AND `a` <= '2'))");
	reads("a like 'x%'", "`a` LIKE 'x%'");
	reads("a not like '%\\_\\%'", "NOT (`a` LIKE '%\\_\\%')");
}

static void strings(void)
{
	reads("a = ''", "`a` = ''");
	reads("a = 'it''s'", "`a` = 'it''s'");
	reads("a = 'it\\'s'", "`a` = 'it''s'");
	reads("a = 'a\\nb\\\\c\\0'", "`a` = 'a\\nb\\\\c\\0'");
	reads("a = 'q\\q'", "`a` = 'qq'");
	reads("a = 'AND ; # -- \"x\"'", "`a` = 'AND ; # -- \"x\"'");
	reads("a = '北京'", "`a` = '北京'");
}

static void not_binds_tighter_than_and_and_that_than_or(void)
{
	reads("a=1 or b=2 and not c=3", "(`a` = 1 OR (`b` = 2 AND NOT (`c` = 3)))");
	reads("(a=1 or b=2) and c=3", "((`a` = 1 OR `b` = 2) AND `c` = 3)");
	reads("not not a=1", "NOT (NOT (`a` = 1))");
	reads("((a=1))", "`a` = 1");
	reads("a=1 && b=2 AND c=3", "(`a` = 1 AND `b` = 2 AND `c` = 3)");
	reads("NOT(a=1)", "NOT (`a` = 1)");
}

static void what_is_wrong_is_said_with_its_place_and_a_remedy(void)
{
	refused("", 0, "ends, but the name of a column", NULL);
	refused("a", 1, "ends, but a comparison", "column <> 0");
	refused("a = ", 4, "ends, but a literal", NULL);
	refused("a = b", 4, "a literal is expected, not \"b\"", "single quotes");
	refused("a = \"b\"", 4, "a literal is expected", "single quotes");
	refused("a = 'b", 4, "a literal is expected", "closing quote");
	refused("a = NULL", 4, "not \"NULL\"", "IS NULL");
	refused("a <=> 1", 2, "a comparison is expected", "IS NULL");
	refused("a = 1 || b = 2", 6, "AND, OR or the end", "write OR");
	refused("(a = 1", 6, "AND, OR or \")\"", NULL);
	refused("a = 1)", 5, "AND, OR or the end", NULL);
	refused("a = 1 b = 2", 6, "AND, OR or the end is expected, not \"b\"", NULL);
	refused("lower(a) = 'x'", 0, "functions", "literal");
	refused("t.a = 1", 1, "only the column's own name", "dot");
	refused("a in 1", 5, "\"(\" is expected", "IN (1, 2, 3)");
	refused("a in ()", 6, "a literal is expected", NULL);
	refused("a in (1", 7, "ends, but", NULL);
	refused("a between 1, 2", 11, "AND is expected", "BETWEEN 1 AND 3");
	refused("a like 1", 7, "a pattern", NULL);
	refused("a like 'x' escape '|'", 11, "the end of the comparison", "backslash");
	refused("a regexp 'x'", 2, "a comparison", "LIKE");
	refused("a is true", 5, "NULL is expected", NULL);
	refused("größe = 'ü' xor b = 1", 12, "AND, OR or the end", NULL);
	refused("a = 10b", 4, "a literal is expected, not \"10b\"", NULL);
	refused("a = x'0'", 4, "a literal is expected", NULL);
	refused("a = 0xg", 4, "a literal is expected", NULL);
	refused("a = b'12'", 4, "a literal is expected", NULL);
	refused("a = 1 -- x", 6, "AND, OR or the end", NULL);
	refused("`a = 1", 0, "the name of a column", NULL);
	refused("a = \xff", 0, "UTF-8", NULL);
	refused("NULL = a", 0, "the name of a column", NULL);
}

static void nesting_has_a_limit(void)
{
	struct rs_buf text = RS_BUF_INIT;

	for (int i = 0; i < 10000; i++)
		rs_buf_addc(&text, '(');
	refused(rs_buf_str(&text), 50, "too many", NULL);
	rs_buf_clear(&text);
	for (int i = 0; i < 5000; i++)
		rs_buf_adds(&text, i ? " OR a = 1" : "a = 1");
	char *tree = canonical(rs_buf_str(&text));
	CU_ASSERT_EQUAL(strncmp(tree, "(`a` = 1 OR", 11), 0);
	free(tree);
	rs_buf_release(&text);
}

UNIT_MAIN(UNIT_TEST(comparisons),
          UNIT_TEST(nulls_lists_ranges_and_patterns),
          UNIT_TEST(strings),
          UNIT_TEST(not_binds_tighter_than_and_and_that_than_or),
          UNIT_TEST(what_is_wrong_is_said_with_its_place_and_a_remedy),
          UNIT_TEST(nesting_has_a_limit))
