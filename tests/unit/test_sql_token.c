#include "codec/sql_token.h"

#include "unit.h"

static const struct rs_sql_dialect mysql8 = {false, 80036, 0};
static const struct rs_sql_dialect mysql5 = {false, 50624, 0};
static const struct rs_sql_dialect maria = {true, 101119, 0};

/* The kinds and texts of all tokens with meaning, as "w:SELECT n:1 …". */
static char *tokens_of(const char *text, const struct rs_sql_dialect *dialect)
{
	static const char letters[] = {[RS_TOKEN_WORD] = 'w',   [RS_TOKEN_QUOTED] = 'q', [RS_TOKEN_STRING] = 's',
	                               [RS_TOKEN_NUMBER] = 'n', [RS_TOKEN_HEX] = 'x',    [RS_TOKEN_VAR] = 'v',
	                               [RS_TOKEN_OP] = 'o'};
	struct rs_buf b = RS_BUF_INIT;
	struct rs_sql s;

	if (rs_sql_tokenize(&s, text, strlen(text), dialect, NULL) != RS_OK)
		return rs_buf_adds(&b, "bad"), rs_buf_take(&b);
	for (uint32_t i = 0; i < s.count; i++)
		rs_buf_addf(&b, "%s%c:%.*s", i ? " " : "", letters[s.tokens[i].kind],
		            (int)(s.tokens[i].end - s.tokens[i].start), text + s.tokens[i].start);
	rs_sql_release(&s);
	return rs_buf_take(&b);
}

static void check(const char *text, const struct rs_sql_dialect *dialect, const char *expected)
{
	char *actual = tokens_of(text, dialect);

	UNIT_STR(actual, expected);
	free(actual);
}

static void words_numbers_and_names(void)
{
	check("SELECT a1,$b_, 1 1.5 .5 1e5 1.5E-3 2.", &mysql8, "w:SELECT w:a1 o:, w:$b_ o:, n:1 n:1.5 n:.5 n:1e5 n:1.5E-3 n:2.");
	check("1a 1e 0x1F 0xZZ 0b01 0b2 0X1F x'1f' B'01' 5_", &mysql8,
	      "w:1a w:1e x:0x1F w:0xZZ x:0b01 w:0b2 w:0X1F x:x'1f' x:B'01' w:5_");
	check("订单.名称 été", &mysql8, "w:订单 o:. w:名称 w:été");
	check("a.1b a.5 `a`.1e5 t.0x1 (.5)", &mysql8, "w:a o:. w:1b w:a o:. w:5 q:`a` o:. w:1e5 w:t o:. w:0x1 o:( n:.5 o:)");
	check("`a``b` `` `;--`", &mysql8, "q:`a``b` q:`` q:`;--`");
}

static void strings_depend_on_the_sql_mode(void)
{
	struct rs_sql_dialect ansi = mysql8, plain = mysql8;

	ansi.sql_mode = RS_MODE_ANSI_QUOTES;
	plain.sql_mode = RS_MODE_NO_BACKSLASH_ESCAPES;
	check("'a''b' 'a\\'b' \"a\"\"b\" n'x' N'y' _utf8'z'", &mysql8, "s:'a''b' s:'a\\'b' s:\"a\"\"b\" s:n'x' s:N'y' w:_utf8 s:'z'");
	check("\"a\"\"b\" 'c'", &ansi, "q:\"a\"\"b\" s:'c'");
	check("'a\\' b", &plain, "s:'a\\' w:b");
	check("'a\\' b", &mysql8, "bad");
}

static void comments_are_left_out(void)
{
	check("a -- b\nc --d\n e # f 'g\n/* h */ i --", &mysql8, "w:a w:c o:- o:- w:d w:e w:i");
	check("a/**/b/* * / */c", &mysql8, "w:a w:b w:c");
	check("a /* b", &mysql8, "bad");
	check("5*/2", &mysql8, "n:5 o:* o:/ n:2");
}

static void versioned_comments_count_as_the_server_counts_them(void)
{
	check("a /*!50100 b */ c", &mysql8, "w:a w:b w:c");
	check("a /*!b*/ c", &mysql8, "w:a w:b w:c");
	check("a /*!50700 b */ c", &mysql5, "w:a w:c");
	check("a /*!80016 b */ c", &mysql8, "w:a w:b w:c");
	check("a /*!50700 b */ /*!80016 c */ /*!50699 d */", &maria, "w:a w:d");
	check("/*!100100 a */ /*!101200 b */ /*M!100100 c */ /*M! d */ /*M!50701 e*/", &maria, "w:a w:c w:d w:e");
	check("/*M!100100 a */ b", &mysql8, "w:b");
	check("/*!999999 a /* b */ c */ d", &mysql8, "w:d");
	check("/*!50100 a /* b */ c */ d", &mysql8, "w:a w:c w:d");
	check("/*!50100 a", &mysql8, "bad");
	check("/*!501001*/", &mysql5, "n:1");
	check("/*!080036 a*/", &mysql8, "w:a");
}

static void variables_and_hosts_are_one_token(void)
{
	check("@a @@b.c @'x y' @`q` root@localhost 'u'@'%' @a.b", &mysql8,
	      "v:@a v:@@b.c v:@'x y' v:@`q` w:root v:@localhost s:'u' v:@'%' v:@a.b");
	check("u@10.0.0.1", &mysql8, "w:u v:@10.0.0.1");
}

static void values_lose_their_quotes(void)
{
	static const char text[] = "`a``b` 'it''s\\n\\%\\0\\Z' N'x' plain \"q\"\"q\"";
	static const char unescaped[] = "it's\n\\%\0\032";
	struct rs_sql s;
	struct rs_buf b = RS_BUF_INIT;
	char *v;

	CU_ASSERT_FATAL(rs_sql_tokenize(&s, text, strlen(text), &mysql8, NULL) == RS_OK);
	v = rs_sql_text(&s, 0);
	UNIT_STR(v, "a`b");
	free(v);
	CU_ASSERT_EQUAL(rs_sql_value(&s, 1, &b), RS_OK);
	UNIT_INT(b.len, sizeof unescaped - 1);
	CU_ASSERT_EQUAL(memcmp(b.data, unescaped, sizeof unescaped - 1), 0);
	v = rs_sql_text(&s, 2);
	UNIT_STR(v, "x");
	free(v);
	v = rs_sql_text(&s, 3);
	UNIT_STR(v, "plain");
	free(v);
	v = rs_sql_text(&s, 4);
	UNIT_STR(v, "q\"q");
	free(v);
	v = rs_sql_text(&s, 99);
	UNIT_STR(v, "");
	free(v);
	rs_buf_release(&b);
	rs_sql_release(&s);
}

static void asking_past_the_end_is_fine(void)
{
	struct rs_sql s;

	CU_ASSERT_FATAL(rs_sql_tokenize(&s, "(a (b) c", 8, &mysql8, NULL) == RS_OK);
	CU_ASSERT(rs_sql_is(&s, 1, "A"));
	CU_ASSERT(!rs_sql_is(&s, 1, "AB"));
	CU_ASSERT(!rs_sql_is(&s, 77, "A"));
	CU_ASSERT(rs_sql_is_op(&s, 0, '('));
	UNIT_INT(rs_sql_skip_parens(&s, 2), 5);
	UNIT_INT(rs_sql_skip_parens(&s, 0), s.count);
	rs_sql_release(&s);
}

/* --- any text -------------------------------------------------------------------------- */

static const char *const pieces[] = {
	"a", "1", "'", "\"", "`", "\\", "/*", "*/", "/*!50100", "/*M!", "--", "-- ", "#", "\n", " ", ".", "@", "(", ")", ",",
	";", "x'", "0x", "e+", "订", "\xff", "/*!999999", "N'", "_utf8", "$",
};

static unsigned long next_random(unsigned long *state)
{
	*state = *state * 6364136223846793005UL + 1442695040888963407UL;
	return *state >> 33;
}

/* The tokens are the text: without gap, without overlap, to the end. */
static int covers(const char *text, size_t len, const struct rs_sql_dialect *dialect)
{
	struct rs_sql_scanner s;
	struct rs_token t;
	uint32_t at = 0;

	rs_sql_scan_init(&s, text, len, dialect);
	for (t = rs_sql_scan(&s); t.kind != RS_TOKEN_END && t.kind != RS_TOKEN_BAD; t = rs_sql_scan(&s)) {
		if (t.start != at || t.end <= t.start)
			return 0;
		at = t.end;
	}
	return t.start == at && t.end == len;
}

static void tokens_cover_any_text(void)
{
	unsigned long seed = unit_seed(), state = seed;
	struct rs_sql_dialect dialects[] = {mysql8, mysql5, maria, mysql8};
	struct rs_buf b = RS_BUF_INIT;

	dialects[3].sql_mode = RS_MODE_ANSI_QUOTES | RS_MODE_NO_BACKSLASH_ESCAPES;
	printf("# seed %lu\n", seed);
	for (int round = 0; round < 20000; round++) {
		rs_buf_clear(&b);
		for (unsigned long n = next_random(&state) % 12; n > 0; n--)
			rs_buf_adds(&b, pieces[next_random(&state) % (sizeof pieces / sizeof *pieces)]);
		if (!covers(rs_buf_str(&b), b.len, &dialects[round % 4])) {
			UNIT_STR(rs_buf_str(&b), "text whose tokens cover it");
			break;
		}
	}
	rs_buf_release(&b);
}

UNIT_MAIN(UNIT_TEST(words_numbers_and_names), UNIT_TEST(strings_depend_on_the_sql_mode),
          UNIT_TEST(comments_are_left_out), UNIT_TEST(versioned_comments_count_as_the_server_counts_them),
          UNIT_TEST(variables_and_hosts_are_one_token), UNIT_TEST(values_lose_their_quotes),
          UNIT_TEST(asking_past_the_end_is_fine),
          UNIT_TEST(tokens_cover_any_text))
