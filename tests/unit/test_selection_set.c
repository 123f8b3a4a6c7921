#include "model/selection.h"

#include <string.h>
#include "unit.h"

static struct rs_selection *rules(const char *text)
{
	struct rs_selection *s = rs_selection_new();
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL_FATAL(rs_selection_parse(s, "test", text, strlen(text), &err), RS_OK);
	return s;
}

static void is_text(struct rs_selection *s, const char *expected)
{
	struct rs_buf out = RS_BUF_INIT;

	rs_selection_format(s, &out);
	UNIT_STR(rs_buf_str(&out), expected);
	rs_buf_release(&out);
	rs_selection_free(s);
}

static void minus_is(const char *a, const char *b, const char *expected)
{
	struct rs_selection *x = rules(a), *y = rules(b);

	is_text(rs_selection_minus(x, y), expected);
	rs_selection_free(x);
	rs_selection_free(y);
}

static void both_is(const char *a, const char *b, const char *expected)
{
	struct rs_selection *x = rules(a), *y = rules(b);

	is_text(rs_selection_both(x, y), expected);
	rs_selection_free(x);
	rs_selection_free(y);
}

static void plus_is(const char *a, const char *b, const char *expected)
{
	struct rs_selection *x = rules(a), *y = rules(b);

	rs_selection_add_all(x, y);
	is_text(x, expected);
	rs_selection_free(y);
}

static void what_was_added_is_told_by_its_rules(void)
{
	minus_is("a.t\na.u\n", "a.t\n", "a.u\n");
	minus_is("a\nb\n", "a\n", "b\n");
	minus_is("a\n", "a.t\n", "a\n! a.t\n");
	minus_is("a\n", "a\n! a.t\n", "a.t\n");
	minus_is("a\n! a.t\n", "a\n! a.t\n! a.u\n", "a.u\n");
	minus_is("a\n", "a\n", "");
	minus_is("a\n! a.t\n", "a\n", "");
	minus_is("a.t\n", "a\n", "");
}

static void what_was_added_keeps_its_names_and_filter(void)
{
	minus_is("a -> x\na.t -> t2\n", "", "a -> x\na.t -> t2\n");
	minus_is("a -> x\na.t -> t2\n", "a -> x\n! a.t\n", "a.t -> x.t2\n");
	minus_is("a.t\na.u -> b.v\na.u.id -> k\na.u: id > 1\n", "a.t\n", "a.u -> b.v\na.u: id > 1\na.u.id -> k\n");
}

static void both_is_what_neither_lacks(void)
{
	both_is("a\n", "a.t\n", "a.t\n");
	both_is("a.t -> x\n", "a\n", "a.t -> x\n");
	both_is("a\n! a.t\n", "a\n! a.u\n", "a\n! a.t\n! a.u\n");
	both_is("a\n", "b\n", "");
}

static void together_they_have_what_each_had(void)
{
	plus_is("a.t\n", "b\n", "a.t\nb\n");
	plus_is("a\n! a.t\n", "a.t -> x\n", "a\na.t -> x\n");
	plus_is("a.t\n", "a\n! a.t\n! a.u\n", "a\na.t\n! a.u\n");
}

static void minus_and_plus_are_opposite(void)
{
	static const char *const wanted[] = {"a -> x\n! a.log\na.t -> t2\nb.u: id > 3\n", "a\nb\n", "a.t\nb.u\n", "a\n! a.t\n"};
	static const char *const held[] = {"a.t\n", "a\n! a.t\n", "b\n! b.u\n", "b.u\nb.v\n"};

	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 4; k++) {
			struct rs_selection *f = rules(wanted[i]), *e = rules(held[k]);
			struct rs_selection *added = rs_selection_minus(f, e), *kept = rs_selection_both(e, f);
			static const char *const names[] = {"t", "u", "v", "log", "other"};

			rs_selection_add_all(kept, added);
			for (size_t n = 0; n < 5; n++) {
				UNIT_INT(rs_selection_includes_table(kept, "a", names[n]), rs_selection_includes_table(f, "a", names[n]));
				UNIT_INT(rs_selection_includes_table(kept, "b", names[n]), rs_selection_includes_table(f, "b", names[n]));
			}
			rs_selection_free(f);
			rs_selection_free(e);
			rs_selection_free(added);
			rs_selection_free(kept);
		}
}

static void agree_are(const char *a, const char *b, const char *detail)
{
	struct rs_selection *x = rules(a), *y = rules(b);
	struct rs_err err = RS_ERR_INIT;

	UNIT_INT(rs_selection_agree(x, y, &err), detail ? RS_FAIL : RS_OK);
	if (detail)
		UNIT_STR(err.detail, detail);
	rs_err_clear(&err);
	rs_selection_free(x);
	rs_selection_free(y);
}

static void names_of_what_both_have_must_agree(void)
{
	agree_are("a\n", "a\nb -> c\n", NULL);
	agree_are("a -> x\n", "a\n", "a");
	agree_are("a.t -> u\n", "a\n", "t");
	agree_are("a.t -> u\n", "a.v\n", NULL);
	agree_are("a.t\na.t.id -> k\n", "a\n", "its columns");
	agree_are("a -> x\n", "a.t -> x.t\n", NULL);
	agree_are("a\n= a.t: key x\n", "a\n= a.t: key x\n", NULL);
	agree_are("a\n= a.t: key x\n", "a\n", "-");
	agree_are("a\n", "a\n= a.t: topic x\n", "x");
	agree_are("a\n= a: conflict fail\n", "a\n= a.t: conflict ignore\n", "ignore");
	agree_are("a.t\n= a.t: key x\n", "a.u\n", NULL);
}

static void settings_go_where_their_tables_go(void)
{
	minus_is("a\n= a.t: key x\n= a: conflict fail\n", "a.u\n", "a\n= a: conflict fail\n= a.t: key x\n! a.u\n");
	minus_is("a.t\na.u\n= a.u: topic x\n", "a.t\n", "a.u\n= a.u: topic x\n");
	both_is("a\n= a.t: key x\n", "a.t\n", "a.t\n= a.t: key x\n");
}

UNIT_MAIN(UNIT_TEST(what_was_added_is_told_by_its_rules), UNIT_TEST(what_was_added_keeps_its_names_and_filter),
          UNIT_TEST(both_is_what_neither_lacks), UNIT_TEST(together_they_have_what_each_had),
          UNIT_TEST(minus_and_plus_are_opposite), UNIT_TEST(names_of_what_both_have_must_agree),
          UNIT_TEST(settings_go_where_their_tables_go))
