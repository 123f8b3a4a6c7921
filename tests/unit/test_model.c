/* The plain structs of the model: values, changes, positions, findings. */
#include "model/lsn.h"
#include "model/change.h"
#include "model/finding.h"
#include "model/position.h"

#include "unit.h"

static void values_are_compared_by_presence_and_bytes(void)
{
	struct rs_value absent = {0}, null = rs_value_null(), empty = rs_value_of(NULL, 0), a = rs_value_of("a", 1),
	                b = rs_value_of("b", 1), aa = rs_value_of("aa", 2), a2 = rs_value_of("ax", 1);

	CU_ASSERT_TRUE(rs_value_identical(&absent, &absent));
	CU_ASSERT_TRUE(rs_value_identical(&null, &null));
	CU_ASSERT_FALSE(rs_value_identical(&absent, &null));
	CU_ASSERT_FALSE(rs_value_identical(&null, &empty));
	CU_ASSERT_TRUE(rs_value_identical(&empty, &empty));
	CU_ASSERT_FALSE(rs_value_identical(&a, &b));
	CU_ASSERT_FALSE(rs_value_identical(&a, &aa));
	CU_ASSERT_TRUE(rs_value_identical(&a, &a2));
}

static void a_change_frees_what_it_holds(void)
{
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);

	UNIT_INT(c->kind, RS_CHANGE_ROWS);
	UNIT_INT(c->last_committed, -1);
	UNIT_INT(c->n_rows, 0);
	c->table = rs_table_new("d", "t");
	c->sql = rs_arena_copy(&c->arena, "x", 1);
	rs_position_set_file(&c->position, "binlog.000001", 4);
	rs_change_free(c);
	rs_change_free(NULL);
}

static int order(const char *a, const char *b)
{
	struct rs_position x = RS_POSITION_INIT, y = RS_POSITION_INIT;
	int order;

	CU_ASSERT_TRUE(rs_position_parse(&x, a));
	CU_ASSERT_TRUE(rs_position_parse(&y, b));
	order = rs_position_compare(&x, &y);
	CU_ASSERT_TRUE((order > 0) - (order < 0) == -((rs_position_compare(&y, &x) > 0) - (rs_position_compare(&y, &x) < 0)));
	rs_position_clear(&x);
	rs_position_clear(&y);
	return (order > 0) - (order < 0);
}

static void positions_are_ordered_by_number_and_offset(void)
{
	UNIT_INT(order("binlog.000009:500", "binlog.000010:4"), -1);
	UNIT_INT(order("binlog.999999:500", "binlog.1000000:4"), -1);
	UNIT_INT(order("binlog.000002:4", "binlog.000002:4"), 0);
	UNIT_INT(order("binlog.000002:4294967296", "binlog.000002:4294967295"), 1);
	UNIT_INT(order("mysql-bin.000010:4", "mysql-bin.000002:99999"), 1);
}

static void unknown_positions_come_first(void)
{
	struct rs_position none = RS_POSITION_INIT, p = RS_POSITION_INIT;

	rs_position_set_file(&p, "b.1", 4);
	CU_ASSERT_TRUE(rs_position_compare(&none, &p) < 0);
	CU_ASSERT_TRUE(rs_position_compare(&p, &none) > 0);
	UNIT_INT(rs_position_compare(&none, &none), 0);
	rs_position_clear(&p);
}

static void the_same_position_has_the_same_set(void)
{
	struct rs_position p = RS_POSITION_INIT, q = RS_POSITION_INIT;

	CU_ASSERT_TRUE(rs_position_same(&p, &q));
	rs_position_set_file(&p, "b.1", 4);
	CU_ASSERT_FALSE(rs_position_same(&p, &q));
	rs_position_copy(&q, &p);
	rs_position_set_gtid(&q, "0-1-7");
	CU_ASSERT_FALSE(rs_position_same(&p, &q));
	rs_position_set_gtid(&p, "0-1-7");
	CU_ASSERT_TRUE(rs_position_same(&p, &q));
	rs_position_clear(&p);
	rs_position_clear(&q);
}

static void position_text_can_be_read_back(void)
{
	struct rs_position p = RS_POSITION_INIT;
	struct rs_buf b = RS_BUF_INIT;

	rs_position_text(&p, &b);
	UNIT_STR(rs_buf_str(&b), "–");
	CU_ASSERT_FALSE(rs_position_is_set(&p));
	CU_ASSERT_TRUE(rs_position_parse(&p, "odd:name.000412:18446744073709551615"));
	UNIT_STR(p.file, "odd:name.000412");
	rs_buf_clear(&b);
	rs_position_text(&p, &b);
	UNIT_STR(rs_buf_str(&b), "odd:name.000412:18446744073709551615");
	CU_ASSERT_FALSE(rs_position_parse(&p, "binlog.000001"));
	CU_ASSERT_FALSE(rs_position_parse(&p, "binlog.000001:"));
	CU_ASSERT_FALSE(rs_position_parse(&p, ":4"));
	CU_ASSERT_FALSE(rs_position_parse(&p, "a:-4"));
	CU_ASSERT_FALSE(rs_position_parse(&p, "a:4 "));
	CU_ASSERT_FALSE(rs_position_parse(&p, "a:18446744073709551616"));
	CU_ASSERT_FALSE(rs_position_parse(&p, "–"));
	UNIT_STR(p.file, "odd:name.000412");
	rs_position_clear(&p);
	rs_buf_release(&b);
}

static void a_position_takes_what_names_its_file_along(void)
{
	struct rs_position p = RS_POSITION_INIT, q = RS_POSITION_INIT;

	rs_position_set_file(&p, "binlog.000007", 10);
	rs_position_set_log(&p, "binlog.000007 1763814568-1-9.4.0");
	rs_position_copy(&q, &p);
	rs_position_clear(&p);
	CU_ASSERT_PTR_NULL(p.log);
	UNIT_STR(q.log, "binlog.000007 1763814568-1-9.4.0");
	rs_position_set_log(&q, q.log);
	UNIT_STR(q.log, "binlog.000007 1763814568-1-9.4.0");
	rs_position_set_log(&q, NULL);
	CU_ASSERT_PTR_NULL(q.log);
	rs_position_clear(&q);
}

/* Copies are made in the place of what was there, if that is as long. */
static void a_position_is_copied_over_any_other(void)
{
	static const char *const files[] = {"binlog.000007", "binlog.000008", "b.1", "binlog.000000009", NULL, "binlog.000010"};
	struct rs_position p = RS_POSITION_INIT, q = RS_POSITION_INIT;

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		rs_position_set_file(&p, files[i], i);
		rs_position_set_gtid(&p, i % 2 ? "" : "0-1-7");
		rs_position_set_log(&p, i % 3 ? files[i] : NULL);
		rs_position_copy(&q, &p);
		CU_ASSERT_TRUE(rs_position_same(&p, &q));
		if (files[i])
			UNIT_STR(q.file, files[i]);
		CU_ASSERT_EQUAL(q.file == NULL, files[i] == NULL);
		UNIT_STR(q.gtid, i % 2 ? "" : "0-1-7");
		CU_ASSERT_EQUAL(q.log == NULL, i % 3 == 0 || files[i] == NULL);
		if (i > 0 && files[i] && files[i - 1]) { /* each has its own */
			rs_position_set_file(&p, "x", 0);
			UNIT_STR(q.file, files[i]);
		}
	}
	rs_position_clear(&p);
	rs_position_clear(&q);
}

static void a_position_can_be_set_from_itself(void)
{
	struct rs_position p = RS_POSITION_INIT, q = RS_POSITION_INIT;

	rs_position_set_file(&p, "binlog.000007", 10);
	rs_position_set_gtid(&p, "0-1-5");
	rs_position_set_file(&p, p.file, 20);
	rs_position_set_gtid(&p, p.gtid);
	rs_position_copy(&p, &p);
	rs_position_copy(&q, &p);
	rs_position_clear(&p);
	UNIT_STR(q.file, "binlog.000007");
	UNIT_INT(q.offset, 20);
	UNIT_STR(q.gtid, "0-1-5");
	rs_position_clear(&q);
}

static void a_finding_is_copied_deeply(void)
{
	struct rs_finding f = {.code = "CHECK_X", .verdict = RS_CHECK_FAILED}, copy = {0};

	f.found = strdup("MINIMAL");
	for (int i = 0; i < 5; i++)
		rs_finding_add_object(&f, "db.t");
	rs_finding_copy(&copy, &f);
	rs_finding_copy(&copy, &f);
	rs_finding_add_object(&copy, "db.u");
	rs_finding_release(&f);
	UNIT_STR(copy.found, "MINIMAL");
	UNIT_INT(copy.verdict, RS_CHECK_FAILED);
	UNIT_INT(copy.n_objects, 6);
	UNIT_STR(copy.objects[4], "db.t");
	UNIT_STR(copy.objects[5], "db.u");
	CU_ASSERT_PTR_NULL(copy.remedy);
	rs_finding_release(&copy);
}

static void places_of_postgresql_have_a_text(void)
{
	char text[RS_LSN_TEXT];
	uint64_t lsn = 0;

	UNIT_STR(rs_lsn_text(UINT64_C(0x16B374D848), text), "16/B374D848");
	UNIT_STR(rs_lsn_text(UINT64_MAX, text), "FFFFFFFF/FFFFFFFF");
	CU_ASSERT(rs_lsn_parse("16/B374D848", &lsn) && lsn == UINT64_C(0x16B374D848));
	CU_ASSERT(rs_lsn_parse("0/abcdef", &lsn) && lsn == 0xABCDEF);
	CU_ASSERT_FALSE(rs_lsn_parse("16/", &lsn) || rs_lsn_parse("/1", &lsn) || rs_lsn_parse("1/123456789", &lsn) ||
	                rs_lsn_parse("1/2x", &lsn) || rs_lsn_parse("", &lsn) || rs_lsn_parse("12", &lsn));
}

static const char *shown(const char *file, uint64_t offset, char *out)
{
	const struct rs_position p = {.file = (char *)file, .offset = offset};

	return rs_position_show(&p, out);
}

static void places_are_shown_as_their_server_writes_them(void)
{
	char out[RS_POSITION_SHOWN];

	UNIT_STR(shown("binlog.000412", 88120334, out), "binlog.000412:88120334");
	UNIT_STR(shown(RS_POSITION_WAL, 33855960, out), "0/20499D8");
	UNIT_STR(shown(NULL, 0, out), "");
	UNIT_STR(rs_position_show_text("wal:33855960", out), "0/20499D8");
	UNIT_STR(rs_position_show_text("wal.000001:4", out), "wal.000001:4");
	UNIT_STR(rs_position_show_text("binlog.000412:88120334", out), "binlog.000412:88120334");
	UNIT_STR(rs_position_show_text("wal:1-5", out), "wal:1-5");
	UNIT_STR(rs_position_show_text("", out), "");
}

UNIT_MAIN(UNIT_TEST(places_are_shown_as_their_server_writes_them), UNIT_TEST(places_of_postgresql_have_a_text), UNIT_TEST(values_are_compared_by_presence_and_bytes), UNIT_TEST(a_change_frees_what_it_holds),
          UNIT_TEST(positions_are_ordered_by_number_and_offset), UNIT_TEST(unknown_positions_come_first),
          UNIT_TEST(the_same_position_has_the_same_set),
          UNIT_TEST(a_position_is_copied_over_any_other),
          UNIT_TEST(position_text_can_be_read_back), UNIT_TEST(a_position_can_be_set_from_itself),
          UNIT_TEST(a_position_takes_what_names_its_file_along),
          UNIT_TEST(a_finding_is_copied_deeply))
