#include "form/expr.h"

#include "base/clock.h"
#include "unit.h"

static const char *const answers[][2] = {{"auth", "password"}, {"engine", "mysql"}, {"tls", "no"}, {"full", "yes"},
                                         {"empty", ""},        {"odd", "two words"}};

static const char *answer(void *ctx, const char *id)
{
	(void)ctx;
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		if (strcmp(answers[i][0], id) == 0)
			return answers[i][1];
	return NULL;
}

static void is(const char *text, bool expected)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_expr *e = rs_expr_parse(text, &err);

	if (!e)
		printf("# %s: %s\n", text, err.primary);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	if (rs_expr_true(e, answer, NULL) != expected)
		printf("# %s\n", text);
	CU_ASSERT_EQUAL(rs_expr_true(e, answer, NULL), expected);
	rs_expr_free(e);
}

static void fails(const char *text, const char *why)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_expr *e = rs_expr_parse(text, &err);

	CU_ASSERT_PTR_NULL(e);
	UNIT_INT(err.code, RS_E_FORM_INVALID);
	if (!err.primary || !strstr(err.primary, why))
		printf("# %s: %s\n", text, err.primary ? err.primary : "no error");
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, why));
	rs_err_clear(&err);
	rs_expr_free(e);
}

static void tests_compare_answers(void)
{
	is("auth = password", true);
	is("auth=password", true);
	is("auth != password", false);
	is("auth!=file", true);
	is("engine in postgresql mysql", true);
	is("engine in postgresql kafka", false);
	is("odd = 'two words'", true);
	is("empty = ''", true);
	is("nothing = ''", true);
	is("nothing != x", true);
	is("engine = 'and'", false);
}

static void a_bare_field_is_true_when_it_is_answered(void)
{
	is("auth", true);
	is("full", true);
	is("tls", false);
	is("empty", false);
	is("nothing", false);
	is("yes", true);
	is("no", false);
	is("tls = no", true);
}

static void not_binds_before_and_before_or(void)
{
	is("not tls and full", true);
	is("not (tls and full)", true);
	is("not full or full", true);
	is("not (full or full)", false);
	is("full or tls and empty", true);
	is("(full or tls) and empty", false);
	is("not not full", true);
	is("engine in a mysql and auth = password", true);
	is("engine in a b or auth = password and not empty", true);
}

static void errors_name_the_column(void)
{
	fails("", "a field is expected at column 1");
	fails("auth =", "a word is expected at column 7");
	fails("auth in", "a word is expected at column 8");
	fails("auth = a b", "at column 10");
	fails("(auth", "\")\" is expected at column 6");
	fails("auth and", "a field is expected at column 9");
	fails("and", "a field is expected at column 1");
	fails("auth ! x", "at column 6");
	fails("auth = 'open", "a word is expected at column 8");
	fails("auth !", "at column 6");
	fails("= x", "a field is expected at column 1");
	fails("auth = not", "a word is expected");
}

static void a_condition_too_deep_is_refused(void)
{
	char text[400];

	memset(text, '(', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	fails(text, "something simpler");
}

static void count(void *ctx, const char *id)
{
	*(int *)ctx += *id == 'a' ? 1 : 10;
}

static void the_fields_it_looks_at_are_told(void)
{
	struct rs_expr *e = rs_expr_parse("a1 = b or not (a2 in c d and yes) and b1", NULL);
	int n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	rs_expr_ids(e, count, &n);
	UNIT_INT(n, 12);
	rs_expr_free(e);
	rs_expr_ids(NULL, count, &n);
}

static char *put(char *p, const char *text)
{
	size_t n = strlen(text);

	memcpy(p, text, n + 1);
	return p + n;
}

/* Writes a condition, and says what it comes to. */
static bool random_condition(char **p, unsigned *seed, int depth)
{
	int kind = rand_r(seed) % (depth > 0 ? 6 : 3);
	bool a, b;

	switch (kind) {
	case 0:
		*p = put(*p, "full");
		return true;
	case 1:
		*p = put(*p, "tls = yes");
		return false;
	case 2:
		*p = put(*p, "engine in x mysql");
		return true;
	case 3:
		*p = put(*p, "not (");
		a = random_condition(p, seed, depth - 1);
		*p = put(*p, ")");
		return !a;
	default:
		*p = put(*p, "(");
		a = random_condition(p, seed, depth - 1);
		*p = put(*p, kind == 4 ? ") and (" : ") or (");
		b = random_condition(p, seed, depth - 1);
		*p = put(*p, ")");
		return kind == 4 ? a && b : a || b;
	}
}

static void random_conditions_agree_with_a_naive_evaluator(void)
{
	unsigned seed = unit_seed();

	printf("# seed %u\n", seed);
	for (int n = 0; n < 2000; n++) {
		char text[4000], *p = text;
		bool expected = random_condition(&p, &seed, 5);

		is(text, expected);
	}
}

static void random_bytes_are_parsed_or_refused(void)
{
	static const char alphabet[] = "ab ()=!'innotandor yes\t\xc3";
	unsigned seed = unit_seed();

	printf("# seed %u\n", seed);
	for (int n = 0; n < 20000; n++) {
		char text[20];
		size_t len = (size_t)rand_r(&seed) % sizeof text;
		struct rs_expr *e;

		for (size_t i = 0; i < len; i++)
			text[i] = alphabet[(size_t)rand_r(&seed) % (sizeof alphabet - 1)];
		text[len ? len - 1 : 0] = '\0';
		e = rs_expr_parse(text, NULL);
		if (e)
			(void)rs_expr_true(e, answer, NULL);
		rs_expr_free(e);
	}
}

UNIT_MAIN(UNIT_TEST(tests_compare_answers),
          UNIT_TEST(a_bare_field_is_true_when_it_is_answered),
          UNIT_TEST(not_binds_before_and_before_or),
          UNIT_TEST(errors_name_the_column),
          UNIT_TEST(a_condition_too_deep_is_refused),
          UNIT_TEST(the_fields_it_looks_at_are_told),
          UNIT_TEST(random_conditions_agree_with_a_naive_evaluator),
          UNIT_TEST(random_bytes_are_parsed_or_refused))
