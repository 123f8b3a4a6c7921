#include "codec/gtid.h"
#include "model/ahead.h"

#include "unit.h"

#define A "aaaaaaaa-0000-0000-0000-000000000001"
#define B "bbbbbbbb-0000-0000-0000-000000000002"

static struct rs_gtid_set set_of(const char *text)
{
	struct rs_gtid_set s = RS_GTID_SET_INIT;
	struct rs_err err = RS_ERR_INIT;

	if (rs_gtid_set_parse(&s, text, &err) != RS_OK)
		UNIT_STR(text, "a set");
	rs_err_clear(&err);
	return s;
}

static void check_print(const struct rs_gtid_set *s, const char *expected)
{
	struct rs_buf b = RS_BUF_INIT;

	CU_ASSERT_EQUAL(rs_gtid_set_print(s, &b), RS_OK);
	UNIT_STR(rs_buf_str(&b), expected);
	rs_buf_release(&b);
}

static void check_canonical(const char *text, const char *expected)
{
	struct rs_gtid_set s = set_of(text);

	check_print(&s, expected);
	rs_gtid_set_clear(&s);
}

static void sets_are_printed_in_canonical_form(void)
{
	check_canonical("", "");
	check_canonical(" ,\n", "");
	check_canonical(A ":5", A ":5");
	check_canonical(A ":1-3:4:9-7000000000", A ":1-4:9-7000000000");
	check_canonical(A ":9:1-3:2-5", A ":1-5:9");
	check_canonical(B ":1,\n" A ":2", A ":2," B ":1");
	check_canonical("AAAAAAAA000000000000000000000001:1", A ":1");
	check_canonical(A " : 1 - 3 , " A ":4", A ":1-4");
	check_canonical(A ":9223372036854775806", A ":9223372036854775806");
}

static void tags_belong_to_what_follows_them(void)
{
	check_canonical(A ":1-3:tag_b:7:Tag_A:1-2:5", A ":1-3:tag_a:1-2:5:tag_b:7");
	check_canonical(A ":x:1," A ":x:2," B ":y9:1", A ":x:1-2," B ":y9:1");
	check_canonical(A ":x:1," A ":1", A ":1:x:1");
}

static void what_is_no_set_is_refused_and_changes_nothing(void)
{
	static const char *const bad[] = {
		A, A ":", A ":0", A ":1-", A ":3-2", A ":-3", A ":1,x", A ":1 2", A ":tag", A ":9223372036854775807", A ":20000000000000000000", A ":36893488147419103233",
		A ":99999999999999999999", "aaaaaaaa-0000-0000-0000-00000000000:1", "aaaaaaaa-0000-0000-0000-0000000000011:1",
		"aaaaaaaa:0000-0000-0000-000000000001:1", A ":abcdefghijklmnopqrstuvwxyz1234567:1", A ":1:t", "0-1-5",
		A ":1;", A ":t-g:1",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rs_gtid_set s = set_of(A ":1");
		struct rs_err err = RS_ERR_INIT;

		if (rs_gtid_set_parse(&s, bad[i], &err) != RS_FAIL)
			UNIT_STR(bad[i], "refused");
		UNIT_INT(err.code, RS_E_VALUE);
		check_print(&s, A ":1");
		rs_err_clear(&err);
		rs_gtid_set_clear(&s);
	}
}

static void check_operation(void (*op)(struct rs_gtid_set *, const struct rs_gtid_set *), const char *a, const char *b,
                            const char *expected)
{
	struct rs_gtid_set x = set_of(a), y = set_of(b);

	op(&x, &y);
	check_print(&x, expected);
	check_print(&y, b);
	rs_gtid_set_clear(&x);
	rs_gtid_set_clear(&y);
}

static void union_merges_what_touches(void)
{
	check_operation(rs_gtid_set_union, A ":1-3:10-12", A ":4-9", A ":1-12");
	check_operation(rs_gtid_set_union, A ":1-3", A ":5", A ":1-3:5");
	check_operation(rs_gtid_set_union, A ":5-6:8:20", A ":1-100", A ":1-100");
	check_operation(rs_gtid_set_union, A ":1:t:1", B ":1", A ":1:t:1," B ":1");
	check_operation(rs_gtid_set_union, "", B ":1", B ":1");
}

static void subtraction_cuts_and_removes(void)
{
	check_operation(rs_gtid_set_subtract, A ":1-10", A ":4-6", A ":1-3:7-10");
	check_operation(rs_gtid_set_subtract, A ":1-10", A ":1-3:9-20", A ":4-8");
	check_operation(rs_gtid_set_subtract, A ":1-3:5-7:9-11", A ":2-10", A ":1:11");
	check_operation(rs_gtid_set_subtract, A ":1-3," B ":1", A ":1-5", B ":1");
	check_operation(rs_gtid_set_subtract, A ":1-3:t:1-3", A ":t:2", A ":1-3:t:1:3");
	check_operation(rs_gtid_set_subtract, A ":1-3", B ":1-3", A ":1-3");
	check_operation(rs_gtid_set_subtract, A ":5", A ":1-4:6-9", A ":5");
}

static void a_set_minus_itself_is_empty(void)
{
	struct rs_gtid_set s = set_of(A ":1-3");

	rs_gtid_set_union(&s, &s);
	check_print(&s, A ":1-3");
	rs_gtid_set_subtract(&s, &s);
	CU_ASSERT_TRUE(rs_gtid_set_is_empty(&s));
}

static void containment_sees_gaps_and_tags(void)
{
	struct rs_gtid_set s = set_of(A ":1-3:7:t:5"), sub = set_of(A ":2-3:7"), no = set_of(A ":3-7");
	struct rs_gtid g;

	CU_ASSERT_EQUAL(rs_gtid_parse(&g, A ":3", NULL), RS_OK);
	CU_ASSERT_TRUE(rs_gtid_set_contains(&s, &g));
	g.gno = 4;
	CU_ASSERT_FALSE(rs_gtid_set_contains(&s, &g));
	g.gno = 0;
	CU_ASSERT_FALSE(rs_gtid_set_contains(&s, &g));
	CU_ASSERT_EQUAL(rs_gtid_parse(&g, A ":t:5", NULL), RS_OK);
	CU_ASSERT_TRUE(rs_gtid_set_contains(&s, &g));
	CU_ASSERT_TRUE(rs_gtid_set_includes(&s, &sub));
	CU_ASSERT_FALSE(rs_gtid_set_includes(&sub, &s));
	CU_ASSERT_FALSE(rs_gtid_set_includes(&s, &no));
	UNIT_INT(rs_gtid_set_count(&s), 5);
	rs_gtid_set_clear(&s);
	rs_gtid_set_clear(&sub);
	rs_gtid_set_clear(&no);
}

static void single_ids_are_read_and_printed(void)
{
	struct rs_gtid g;
	char text[RS_GTID_TEXT_MAX];
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL(rs_gtid_parse(&g, B ":tag:12", &err), RS_OK);
	UNIT_STR(rs_gtid_print(&g, text), B ":tag:12");
	CU_ASSERT_EQUAL(rs_gtid_parse(&g, B ":1-2", &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_VALUE);
	rs_err_clear(&err);
}

static void check_bytes(const char *text, const char *bytes, size_t len)
{
	struct rs_gtid_set s = set_of(text), back = RS_GTID_SET_INIT;
	struct rs_buf b = RS_BUF_INIT;
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL(rs_gtid_set_encode(&s, &b), RS_OK);
	UNIT_INT(b.len, len);
	CU_ASSERT_TRUE(b.len == len && memcmp(b.data, bytes, len) == 0);
	CU_ASSERT_EQUAL(rs_gtid_set_decode(&back, bytes, len, &err), RS_OK);
	CU_ASSERT_TRUE(rs_gtid_set_equal(&s, &back));
	for (size_t cut = 0; cut < len; cut++) {
		CU_ASSERT_EQUAL(rs_gtid_set_decode(&back, bytes, cut, &err), RS_FAIL);
		UNIT_INT(err.code, RS_E_EVENT_MALFORMED);
		rs_err_clear(&err);
	}
	CU_ASSERT_TRUE(rs_gtid_set_equal(&s, &back));
	rs_gtid_set_clear(&s);
	rs_gtid_set_clear(&back);
	rs_buf_release(&b);
}

#define A_BYTES "\xaa\xaa\xaa\xaa\0\0\0\0\0\0\0\0\0\0\0\1"
#define U64(low) low "\0\0\0\0\0\0\0"

static void sets_have_a_binary_form(void)
{
	static const char untagged[] = U64("\1") A_BYTES U64("\2") U64("\1") U64("\4") U64("\7") U64("\x08");
	static const char tagged[] = "\1\2\0\0\0\0\0\1" A_BYTES "\0" U64("\1") U64("\1") U64("\2")
		A_BYTES "\x04tb" U64("\1") U64("\5") U64("\6");

	check_bytes("", U64("\0"), 8);
	check_bytes(A ":1-3:7", untagged, sizeof untagged - 1);
	check_bytes(A ":1:tb:5", tagged, sizeof tagged - 1);
}

static void impossible_binary_sets_are_refused(void)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{U64("\1") A_BYTES U64("\1") U64("\3") U64("\3"), 48},           /* empty interval */
		{U64("\1") A_BYTES U64("\1") U64("\0") U64("\3"), 48},           /* from 0 */
		{U64("\0") "x", 9},                                              /* bytes left over */
		{"\xff\xff\xff\xff\xff\xff\xff\0", 8},                           /* far too many */
		{U64("\1") A_BYTES "\xff\xff\xff\xff\xff\xff\xff\xff", 32},
		{"\2\1\0\0\0\0\0\1" A_BYTES "\0" U64("\0"), 33},                 /* unknown format */
		{"\1\1\0\0\0\0\0\1" A_BYTES "\x02-" U64("\0"), 34},              /* no tag */
		{"\1\1\0\0\0\0\0\1" A_BYTES "\x03tt" U64("\0"), 35},             /* odd length */
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rs_gtid_set s = RS_GTID_SET_INIT;
		struct rs_err err = RS_ERR_INIT;

		UNIT_INT(rs_gtid_set_decode(&s, bad[i].bytes, bad[i].len, &err), RS_FAIL);
		CU_ASSERT_TRUE(rs_gtid_set_is_empty(&s));
		rs_err_clear(&err);
		rs_gtid_set_clear(&s);
	}
}

/* The set against a plain array of flags, under random operations. */
static void random_operations_agree_with_an_array(void)
{
	enum { N = 200 };
	bool flags[N + 2] = {false};
	struct rs_gtid_set s = RS_GTID_SET_INIT;
	uint8_t uuid[16] = {1};
	unsigned seed = unit_seed();

	printf("# seed %u\n", seed);
	for (int round = 0; round < 3000; round++) {
		uint64_t start = 1 + (uint64_t)rand_r(&seed) % N, end = start + (uint64_t)rand_r(&seed) % 12;
		struct rs_gtid_set other = RS_GTID_SET_INIT;
		bool add = rand_r(&seed) % 2;
		size_t n = 0;

		if (end > N + 1)
			end = N + 1;
		rs_gtid_set_add_range(&other, uuid, "", start, end);
		if (add)
			rs_gtid_set_union(&s, &other);
		else
			rs_gtid_set_subtract(&s, &other);
		for (uint64_t i = start; i < end; i++)
			flags[i] = add;
		for (uint64_t i = 1; i <= N; i++) {
			struct rs_gtid g = {{1}, "", i};

			n += flags[i];
			if (rs_gtid_set_contains(&s, &g) != flags[i])
				UNIT_INT(i, -1);
		}
		UNIT_INT(rs_gtid_set_count(&s), n);
		rs_gtid_set_clear(&other);
	}
	rs_gtid_set_clear(&s);
}

static void check_domains(const char *text, const char *expected)
{
	struct rs_domain_set s = RS_DOMAIN_SET_INIT;
	struct rs_buf b = RS_BUF_INIT;

	CU_ASSERT_EQUAL(rs_domain_set_parse(&s, text, NULL), RS_OK);
	rs_domain_set_print(&s, &b);
	UNIT_STR(rs_buf_str(&b), expected);
	rs_buf_release(&b);
	rs_domain_set_clear(&s);
}

static void domain_positions_are_read_and_printed(void)
{
	check_domains("", "");
	check_domains("  ", "");
	check_domains("0-1-100", "0-1-100");
	check_domains("7-2-5, 0-1-100", "0-1-100,7-2-5");
	check_domains("4294967295-4294967295-18446744073709551615", "4294967295-4294967295-18446744073709551615");
	check_domains("0-1-5,0-2-4", "0-2-4");
}

static void what_is_no_domain_position_is_refused(void)
{
	static const char *const bad[] = {"0", "0-1", "0-1-", "0-1-5,", ",", "0-1-5x", "4294967296-1-1", "-1-1-1",
	                                  "0-1-18446744073709551616", "0-1-5 6-1-1", A ":1"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rs_domain_set s = RS_DOMAIN_SET_INIT;
		struct rs_err err = RS_ERR_INIT;

		if (rs_domain_set_parse(&s, bad[i], &err) != RS_FAIL)
			UNIT_STR(bad[i], "refused");
		UNIT_INT(err.code, RS_E_VALUE);
		UNIT_INT(s.count, 0);
		rs_err_clear(&err);
		rs_domain_set_clear(&s);
	}
}

static void domains_are_compared_by_sequence_number(void)
{
	struct rs_domain_set s = RS_DOMAIN_SET_INIT, t = RS_DOMAIN_SET_INIT;
	struct rs_domain_gtid g = {3, 9, 50};

	rs_domain_set_parse(&s, "0-1-100,3-1-50", NULL);
	CU_ASSERT_TRUE(rs_domain_set_contains(&s, &g));
	g.seq = 51;
	CU_ASSERT_FALSE(rs_domain_set_contains(&s, &g));
	g.domain = 4;
	CU_ASSERT_FALSE(rs_domain_set_contains(&s, &g));
	rs_domain_set_copy(&t, &s);
	CU_ASSERT_TRUE(rs_domain_set_equal(&s, &t));
	rs_domain_set_update(&t, &g);
	UNIT_INT(rs_domain_set_find(&t, 4)->seq, 51);
	CU_ASSERT_TRUE(rs_domain_set_includes(&t, &s));
	CU_ASSERT_FALSE(rs_domain_set_includes(&s, &t));
	CU_ASSERT_FALSE(rs_domain_set_equal(&s, &t));
	rs_domain_set_clear(&s);
	rs_domain_set_clear(&t);
}

static int succession(const char *theirs, const char *ours)
{
	struct rs_gtid_set t = RS_GTID_SET_INIT, o = RS_GTID_SET_INIT;

	rs_gtid_set_parse(&t, theirs, NULL);
	rs_gtid_set_parse(&o, ours, NULL);
	enum rs_succession found = rs_gtid_set_succession(&t, &o);
	rs_gtid_set_clear(&t);
	rs_gtid_set_clear(&o);
	return (int)found;
}

static void a_server_succeeds_another_whose_transactions_it_has(void)
{
	UNIT_INT(succession(A ":1-9", A ":1-9"), RS_SUCCEEDS);
	UNIT_INT(succession(A ":1-12," B ":1-3", A ":1-9"), RS_SUCCEEDS);
	UNIT_INT(succession(A ":1-7," B ":1-3", A ":1-9"), RS_LAGS);
	UNIT_INT(succession(A ":1-7:9-12", A ":1-9"), RS_LAGS);
	UNIT_INT(succession(A ":1-9", A ":1-9," B ":1"), RS_LAGS);
	UNIT_INT(succession(A ":5-12", A ":1-9"), RS_DIVERGED);
	UNIT_INT(succession(B ":1-20", A ":1-9"), RS_STRANGER);
	UNIT_INT(succession("", A ":1-9"), RS_STRANGER);
	UNIT_INT(succession(A ":1-9", ""), RS_STRANGER);
	UNIT_INT(succession(A ":x:1-9", A ":1-9"), RS_STRANGER);
}

static int domain_succession(const char *state, const char *ours)
{
	struct rs_domain_set o = RS_DOMAIN_SET_INIT;
	enum rs_succession found = RS_SUCCEEDS;

	rs_domain_set_parse(&o, ours, NULL);
	int rc = (int)rs_domain_set_succession(state, &o, &found, NULL);
	rs_domain_set_clear(&o);
	return rc == RS_OK ? (int)found : -rc;
}

static void a_log_succeeds_another_in_every_domain(void)
{
	UNIT_INT(domain_succession("0-1-9", "0-1-9"), RS_SUCCEEDS);
	UNIT_INT(domain_succession("0-1-9,0-2-14,7-2-1", "0-1-9"), RS_SUCCEEDS);
	UNIT_INT(domain_succession("0-1-7", "0-1-9"), RS_LAGS);
	UNIT_INT(domain_succession("0-1-7,0-2-8", "0-1-9"), RS_LAGS);
	UNIT_INT(domain_succession("0-1-9", "0-1-9,7-2-1"), RS_LAGS);
	UNIT_INT(domain_succession("0-1-8,0-2-9", "0-1-9"), RS_DIVERGED);
	UNIT_INT(domain_succession("0-1-9,7-2-3,7-3-5", "0-1-9,7-2-4"), RS_DIVERGED);
	UNIT_INT(domain_succession("0-2-20", "0-1-9"), RS_STRANGER);
	UNIT_INT(domain_succession("1-1-20", "0-1-9"), RS_STRANGER);
	UNIT_INT(domain_succession("", "0-1-9"), RS_STRANGER);
	UNIT_INT(domain_succession("0-1-9", ""), RS_STRANGER);
	UNIT_INT(domain_succession("0-1-9;", "0-1-9"), -RS_FAIL);
}

static void a_position_ends_with_its_transaction(void)
{
	CU_ASSERT(rs_gtid_set_ends_with("0-1-7,5-2-9", "5-2-9"));
	CU_ASSERT(!rs_gtid_set_ends_with("0-1-7,5-2-9", "5-2-8"));
	CU_ASSERT(!rs_gtid_set_ends_with("0-1-7,5-2-9", "5-1-9"));
	CU_ASSERT(!rs_gtid_set_ends_with("0-1-7", "5-2-9"));
	CU_ASSERT(rs_gtid_set_ends_with("11111111-1111-1111-1111-111111111111:1-7", "11111111-1111-1111-1111-111111111111:7"));
	CU_ASSERT(!rs_gtid_set_ends_with("11111111-1111-1111-1111-111111111111:1-7", "11111111-1111-1111-1111-111111111111:8"));
	CU_ASSERT(!rs_gtid_set_ends_with("", "11111111-1111-1111-1111-111111111111:8"));
}

static void check_ids(const char *set, const char *ids, const char *with, const char *left)
{
	struct rs_ahead a = RS_AHEAD_INIT;
	struct rs_domain_set s = RS_DOMAIN_SET_INIT, all = RS_DOMAIN_SET_INIT;
	struct rs_buf text = RS_BUF_INIT;

	CU_ASSERT(rs_ahead_parse(&a, ids));
	UNIT_INT(rs_domain_set_parse(&s, set, NULL), RS_OK);
	rs_domain_set_copy(&all, &s);
	UNIT_INT(rs_domain_set_add_ids(&all, &a.ids, NULL), RS_OK);
	rs_domain_set_print(&all, &text);
	UNIT_STR(rs_buf_str(&text), with);
	UNIT_INT(rs_domain_set_take_out(&s, &a.ids, NULL), RS_OK);
	rs_buf_clear(&text);
	rs_ahead_text(&a, &text);
	UNIT_STR(rs_buf_str(&text), left);
	rs_buf_release(&text);
	rs_domain_set_clear(&s);
	rs_domain_set_clear(&all);
	rs_ahead_clear(&a);
}

static void ids_ahead_of_a_position_in_domains(void)
{
	check_ids("0-1-10", "/0-1:12 2\n", "0-1-14", "/0-1:12 2\n");
	check_ids("0-1-10", "/0-1:8 2 2\n", "0-1-12", "/0-1:12\n");
	check_ids("0-1-10", "/0-1:8 2\n", "0-1-10", "");
	check_ids("0-1-10", "/0-2:9 2 2\n/5-1:3\n", "0-2-13,5-1-3", "/0-2:11 2\n/5-1:3\n");
	check_ids("", "/0-1:1\n", "0-1-1", "/0-1:1\n");
}

static void ids_ahead_of_a_position_are_named_by_a_set(void)
{
	struct rs_ahead a = RS_AHEAD_INIT;
	struct rs_gtid_set s = RS_GTID_SET_INIT;

	CU_ASSERT(rs_ahead_parse(&a, "/3e11fa47-71ca-11e1-9e33-c80aa9429562:7 2 1\n/3e11fa47-71ca-11e1-9e33-c80aa9429562:tag:1\n"));
	UNIT_INT(rs_gtid_set_parse(&s, "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5", NULL), RS_OK);
	UNIT_INT(rs_gtid_set_add_ids(&s, &a.ids, NULL), RS_OK);
	check_print(&s, "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7:9-10:tag:1");
	rs_ahead_clear(&a);
	CU_ASSERT(rs_ahead_parse(&a, "/0-1:7\n"));
	UNIT_INT(rs_gtid_set_add_ids(&s, &a.ids, NULL), RS_FAIL);
	rs_ahead_clear(&a);
	rs_gtid_set_clear(&s);
}

UNIT_MAIN(UNIT_TEST(ids_ahead_of_a_position_in_domains), UNIT_TEST(ids_ahead_of_a_position_are_named_by_a_set),
          UNIT_TEST(a_position_ends_with_its_transaction), UNIT_TEST(a_server_succeeds_another_whose_transactions_it_has), UNIT_TEST(a_log_succeeds_another_in_every_domain),
          UNIT_TEST(sets_are_printed_in_canonical_form), UNIT_TEST(tags_belong_to_what_follows_them),
          UNIT_TEST(what_is_no_set_is_refused_and_changes_nothing), UNIT_TEST(union_merges_what_touches),
          UNIT_TEST(subtraction_cuts_and_removes), UNIT_TEST(a_set_minus_itself_is_empty),
          UNIT_TEST(containment_sees_gaps_and_tags), UNIT_TEST(single_ids_are_read_and_printed),
          UNIT_TEST(sets_have_a_binary_form), UNIT_TEST(impossible_binary_sets_are_refused),
          UNIT_TEST(random_operations_agree_with_an_array), UNIT_TEST(domain_positions_are_read_and_printed),
          UNIT_TEST(what_is_no_domain_position_is_refused), UNIT_TEST(domains_are_compared_by_sequence_number))
