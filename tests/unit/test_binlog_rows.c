#include "codec/binlog_rows.h"

#include "events.h"
#include "unit.h"

static struct bytes b;
static struct rs_binlog_format format;
static struct rs_rows rows;

/* A layout of the columns "name type" for the map of these wire types. */
static struct rs_layout *layout_of(const char *const *columns, size_t n, const char *types, const char *meta,
                                   size_t meta_len)
{
	struct rs_table *t = rs_table_new("shop", "t");
	struct rs_table_map map;
	struct rs_layout *l = NULL;
	struct rs_arena arena;
	struct rs_event ev;
	struct rs_err err = RS_ERR_INIT;

	for (size_t i = 0; i < n; i++) {
		struct rs_column *c = rs_table_add_column(t, &"abcdefgh"[i], RS_T_UNKNOWN);

		CU_ASSERT_EQUAL(rs_column_parse_type(c, columns[i], &err), RS_OK);
	}
	begin_event(&b, RS_EV_TABLE_MAP, 0);
	put_le(&b, 9, 6);
	put_le(&b, 1, 2);
	put_name(&b, "shop");
	put_name(&b, "t");
	put_le(&b, n, 1);
	put(&b, types, n);
	put_le(&b, meta_len, 1);
	put(&b, meta, meta_len);
	put_le(&b, 0xff, (int)(n + 7) / 8);
	rs_arena_init(&arena, 0);
	ev = parsed(&format, &b);
	CU_ASSERT_EQUAL(rs_table_map_read(&format, &ev, &arena, &map, &err), RS_OK);
	CU_ASSERT_EQUAL(rs_layout_new(&l, &map, t, NULL, &err), RS_OK);
	if (err.detail)
		printf("# %s\n", err.detail);
	rs_err_clear(&err);
	rs_arena_release(&arena);
	rs_table_unref(t);
	CU_ASSERT_PTR_NOT_NULL_FATAL(l);
	return l;
}

static void begin_rows(uint8_t type, uint16_t flags, size_t width)
{
	begin_event(&b, type, 0);
	put_le(&b, 9, 6);
	put_le(&b, flags, 2);
	if (type >= RS_EV_WRITE_ROWS && type < RS_EV_GTID)
		put_le(&b, 2, 2);
	if (type == RS_EV_PARTIAL_UPDATE_ROWS)
		put_le(&b, 2, 2);
	put_le(&b, width, 1);
}

static enum rs_rc open_rows(const struct rs_layout *l, struct rs_err *err)
{
	struct rs_event ev = parsed(&format, &b);

	if (rs_rows_open(&rows, &format, &ev, err) != RS_OK)
		return RS_FAIL;
	return rs_rows_bind(&rows, l, err);
}

static void setup(void)
{
	plain_format(&format, "8.0.36");
	rs_rows_init(&rows, 1u << 20);
}

static void check_value(const struct rs_value *v, const char *expected)
{
	char text[256];

	if (v->presence != RS_PRESENT) {
		UNIT_STR(v->presence == RS_NULL ? "NULL" : "absent", expected);
		return;
	}
	snprintf(text, sizeof text, "%.*s", (int)v->len, v->bytes);
	UNIT_STR(text, expected);
}

/* Decodes one value of one column from len bytes. */
static void check_column(const char *type, uint8_t wire, const char *meta, size_t meta_len, const char *bytes,
                         size_t len, const char *expected)
{
	struct rs_layout *l = layout_of(&type, 1, (const char *)&wire, meta, meta_len);
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);
	struct rs_err err = RS_ERR_INIT;

	begin_rows(RS_EV_WRITE_ROWS, 1, 1);
	put_le(&b, 1, 1);
	put_le(&b, 0, 1);
	put(&b, bytes, len);
	CU_ASSERT_EQUAL(open_rows(l, &err), RS_OK);
	if (expected) {
		UNIT_INT(rs_rows_next(&rows, c, 1000, &err), RS_OK);
		if (c->rows)
			check_value(&c->rows[0].after[0], expected);
	} else {
		UNIT_INT(rs_rows_next(&rows, c, 1000, &err), RS_FAIL);
		UNIT_INT(err.code, RS_E_VALUE);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.detail, "shop.t"));
	}
	rs_err_clear(&err);
	rs_change_free(c);
	rs_layout_free(l);
}

#define COLUMN(type, wire, meta, bytes, expected)                                          \
	check_column(type, wire, meta, sizeof(meta) - 1, bytes, sizeof(bytes) - 1, expected)

static void types_before_5_6(void)
{
	setup();
	COLUMN("timestamp", RS_W_TIMESTAMP, "", "\0\0\0\0", "0000-00-00 00:00:00");
	COLUMN("timestamp", RS_W_TIMESTAMP, "", "\1\0\0\0", "1970-01-01 00:00:01");
	COLUMN("timestamp", RS_W_TIMESTAMP, "", "\xff\xff\xff\x7f", "2038-01-19 03:14:07");
	COLUMN("time", RS_W_TIME, "", "\x40\xe2\x01", "12:34:56");
	COLUMN("time", RS_W_TIME, "", "\xff\xff\xff", "-00:00:01");
	COLUMN("time", RS_W_TIME, "", "\x59\x0a\x80", "-838:59:59");
	COLUMN("time", RS_W_TIME, "", "\x3d\x00\x00", NULL); /* 61 seconds */
	COLUMN("datetime", RS_W_DATETIME, "", "\0\0\0\0\0\0\0\0", "0000-00-00 00:00:00");
	COLUMN("datetime", RS_W_DATETIME, "", "\x80\xc5\xaa\x8b\x68\x12\x00\x00", "2024-02-29 12:34:56");
	COLUMN("datetime", RS_W_DATETIME, "", "\xff\xff\xff\xff\xff\xff\xff\xff", NULL);
	COLUMN("date", RS_W_DATE, "", "\x5d\xd0\x0f", "2024-02-29");
	COLUMN("varchar(5)", RS_W_VAR_STRING, "\5\0", "\3a b", "a b");
	rs_rows_release(&rows);
}

static void values_that_can_not_be(void)
{
	setup();
	COLUMN("date", RS_W_DATE, "", "\xff\xff\xff", NULL);
	COLUMN("datetime(6)", RS_W_DATETIME2, "\6", "\x99\xb2\x7a\xc8\xb8\xff\xff\xff", NULL);
	COLUMN("datetime", RS_W_DATETIME2, "\0", "\0\0\0\0\0", NULL);
	COLUMN("time", RS_W_TIME2, "\0", "\xff\xff\xff", NULL);
	COLUMN("timestamp(2)", RS_W_TIMESTAMP2, "\2", "\0\0\0\1\x64", NULL);
	COLUMN("decimal(9,0)", RS_W_NEWDECIMAL, "\x09\0", "\xff\xff\xff\xff", NULL);
	rs_rows_release(&rows);
}

static void numbers_at_their_limits(void)
{
	setup();
	COLUMN("mediumint", RS_W_INT24, "", "\0\0\x80", "-8388608");
	COLUMN("mediumint unsigned", RS_W_INT24, "", "\xff\xff\xff", "16777215");
	COLUMN("bigint", RS_W_LONGLONG, "", "\0\0\0\0\0\0\0\x80", "-9223372036854775808");
	COLUMN("bigint unsigned", RS_W_LONGLONG, "", "\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615");
	COLUMN("year", RS_W_YEAR, "", "\0", "0000");
	COLUMN("year", RS_W_YEAR, "", "\xff", "2155");
	COLUMN("decimal(10,2)", RS_W_NEWDECIMAL, "\x0a\2", "\x80\0\0\0\0", "0.00");
	COLUMN("decimal(10,2)", RS_W_NEWDECIMAL, "\x0a\2", "\x7f\xff\xff\xff\xcd", "-0.50");
	COLUMN("decimal(10,2)", RS_W_NEWDECIMAL, "\x0a\2", "\x7f\xff\xff\xff\xff", "0.00"); /* no minus zero */
	COLUMN("float", RS_W_FLOAT, "\4", "\xcd\xcc\xcc\x3d", "0.10000000149011612");
	COLUMN("double", RS_W_DOUBLE, "\x08", "\x9a\x99\x99\x99\x99\x99\xb9\x3f", "0.1");
	rs_rows_release(&rows);
}

static void lengths_have_one_byte_or_two(void)
{
	setup();
	COLUMN("varchar(255)", RS_W_VARCHAR, "\xff\0", "\2ab", "ab");
	COLUMN("varchar(256)", RS_W_VARCHAR, "\0\1", "\2\0ab", "ab");
	COLUMN("char(64)", RS_W_STRING, "\xee\0", "\2\0ab", "ab"); /* of 4 bytes each: 256 in all */
	COLUMN("char(63)", RS_W_STRING, "\xfe\xfc", "\2ab", "ab");
	rs_rows_release(&rows);
}

/* --- rows ------------------------------------------------------------------------------------------------------- */

static const char *const three[] = {"int", "varchar(10)", "tinyint"};
#define THREE 3, "\x03\x0f\x01", "\x0a\0", 2

static void partial_images_are_completed(void)
{
	struct rs_layout *l;
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);
	struct rs_row_change *r;

	setup();
	l = layout_of(three, THREE);
	begin_rows(RS_EV_UPDATE_ROWS, 3, 3);
	put_le(&b, 0x03, 1); /* before: a, b */
	put_le(&b, 0x04, 1); /* after: c */
	put(&b, "\0\7\0\0\0\1x\0\5", 9);
	put(&b, "\2\x08\0\0\0\1", 6); /* b is NULL before, c after */
	CU_ASSERT_EQUAL(open_rows(l, NULL), RS_OK);
	CU_ASSERT_TRUE(rows.statement_end && rows.no_foreign_keys && rows.op == RS_OP_UPDATE);
	CU_ASSERT_EQUAL(rs_rows_next(&rows, c, 1000, NULL), RS_OK);
	UNIT_INT(c->n_rows, 2);
	CU_ASSERT_TRUE(c->statement_end && c->no_foreign_keys && c->table == l->table);
	UNIT_INT(c->server_id, 7);
	UNIT_INT(c->timestamp, 1700000000);
	r = &c->rows[0];
	check_value(&r->before[0], "7");
	check_value(&r->before[1], "x");
	check_value(&r->before[2], "absent");
	check_value(&r->after[0], "7");
	check_value(&r->after[2], "5");
	CU_ASSERT_PTR_EQUAL(r->after[1].bytes, r->before[1].bytes);
	check_value(&c->rows[1].after[1], "NULL");
	check_value(&c->rows[1].after[2], "NULL");
	CU_ASSERT_EQUAL(rs_rows_next(&rows, c, 1000, NULL), RS_EOF);
	rs_change_free(c);
	rs_layout_free(l);
	rs_rows_release(&rows);
}

static void a_generated_column_is_not_completed(void)
{
	struct rs_layout *l;
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);

	setup();
	l = layout_of(three, THREE);
	((struct rs_column *)(uintptr_t)l->table->columns)[1].generated = true;
	begin_rows(RS_EV_UPDATE_ROWS, 1, 3);
	put_le(&b, 0x03, 1);
	put_le(&b, 0x04, 1);
	put(&b, "\0\7\0\0\0\1x\0\5", 9);
	CU_ASSERT_EQUAL(open_rows(l, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_rows_next(&rows, c, 1000, NULL), RS_OK);
	check_value(&c->rows[0].after[0], "7");
	check_value(&c->rows[0].after[1], "absent");
	rs_change_free(c);
	rs_layout_free(l);
	rs_rows_release(&rows);
}

static void inserts_and_deletes_have_one_image(void)
{
	struct rs_layout *l;

	setup();
	l = layout_of(three, THREE);
	for (int insert = 0; insert < 2; insert++) {
		struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);

		begin_rows(insert ? RS_EV_WRITE_ROWS_V1 : RS_EV_DELETE_ROWS_V1, 0, 3);
		put_le(&b, 0x05, 1);
		put(&b, "\0\7\0\0\0\xff", 6);
		CU_ASSERT_EQUAL(open_rows(l, NULL), RS_OK);
		CU_ASSERT_EQUAL(rs_rows_next(&rows, c, 1000, NULL), RS_OK);
		UNIT_INT(c->op, insert ? RS_OP_INSERT : RS_OP_DELETE);
		CU_ASSERT_EQUAL(c->rows[0].before == NULL, insert);
		CU_ASSERT_EQUAL(c->rows[0].after == NULL, !insert);
		check_value(insert ? &c->rows[0].after[2] : &c->rows[0].before[2], "-1");
		check_value(insert ? &c->rows[0].after[1] : &c->rows[0].before[1], "absent");
		CU_ASSERT_FALSE(c->statement_end);
		rs_change_free(c);
	}
	rs_layout_free(l);
	rs_rows_release(&rows);
}

static void a_large_event_becomes_many_changes(void)
{
	static const char *const columns[] = {"int", "varchar(10)"};
	struct rs_layout *l;
	size_t changes = 0, n = 0;
	enum rs_rc rc = RS_OK;

	setup();
	l = layout_of(columns, 2, "\x03\x0f", "\x0a\0", 2);
	begin_rows(RS_EV_WRITE_ROWS, 1, 2);
	put_le(&b, 3, 1);
	for (uint32_t i = 0; i < 700; i++) {
		put_le(&b, 0, 1);
		put_le(&b, i, 4);
		put(&b, "\4text", 5);
	}
	CU_ASSERT_EQUAL(open_rows(l, NULL), RS_OK);
	while (rc == RS_OK) {
		struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);

		rc = rs_rows_next(&rows, c, 4000, NULL);
		for (size_t i = 0; i < c->n_rows; i++, n++) {
			char number[12];

			snprintf(number, sizeof number, "%zu", n);
			check_value(&c->rows[i].after[0], number);
			check_value(&c->rows[i].after[1], "text");
		}
		CU_ASSERT_TRUE(c->bytes < 16000);
		CU_ASSERT_EQUAL(c->statement_end, rc == RS_OK && n == 700);
		changes += rc == RS_OK;
		rs_change_free(c);
	}
	UNIT_INT(rc, RS_EOF);
	UNIT_INT(n, 700);
	CU_ASSERT_TRUE(changes > 5);
	rs_layout_free(l);
	rs_rows_release(&rows);
}

static void a_small_event_takes_little_memory(void)
{
	struct rs_layout *l;
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);

	setup();
	l = layout_of(three, THREE);
	begin_rows(RS_EV_WRITE_ROWS, 1, 3);
	put_le(&b, 7, 1);
	put(&b, "\0\7\0\0\0\1x\5", 8);
	CU_ASSERT_EQUAL(open_rows(l, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_rows_next(&rows, c, 1u << 20, NULL), RS_OK);
	CU_ASSERT_TRUE(c->arena.used < 200);
	CU_ASSERT_TRUE(c->arena.reserved <= 4096);
	rs_change_free(c);
	rs_layout_free(l);
	rs_rows_release(&rows);
}

static void a_change_keeps_to_its_arena(void)
{
	struct rs_layout *l;
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);
	struct rs_err err = RS_ERR_INIT;
	const char *column = "blob";

	setup();
	rs_arena_init(&c->arena, 8000);
	l = layout_of(&column, 1, "\xfc", "\2", 1);
	begin_rows(RS_EV_WRITE_ROWS, 1, 1);
	put_le(&b, 1, 1);
	put_le(&b, 0, 1);
	put_le(&b, 8000, 2);
	b.len += 8000;
	CU_ASSERT_EQUAL(open_rows(l, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_rows_next(&rows, c, 1u << 20, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_MEMORY);
	rs_err_clear(&err);
	rs_change_free(c);
	rs_layout_free(l);
	rs_rows_release(&rows);
}

static void rows_cut_anywhere_are_malformed(void)
{
	struct rs_layout *l;
	struct rs_event whole;

	setup();
	l = layout_of(three, THREE);
	begin_rows(RS_EV_UPDATE_ROWS, 1, 3);
	put(&b, "\7\7", 2);
	put(&b, "\0\7\0\0\0\1x\5" "\0\7\0\0\0\1y\6", 16);
	whole = parsed(&format, &b);
	for (size_t cut = 0; cut < whole.body_len; cut++) {
		struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);
		struct rs_event ev = whole;
		struct rs_err err = RS_ERR_INIT;
		bool no_rows = cut == whole.body_len - 16;
		enum rs_rc rc;

		ev.body_len = cut;
		rc = rs_rows_open(&rows, &format, &ev, &err);
		if (rc == RS_OK) {
			CU_ASSERT_EQUAL(rs_rows_bind(&rows, l, &err), RS_OK);
			rc = rs_rows_next(&rows, c, 1000, &err);
		}
		UNIT_INT(rc, no_rows ? RS_EOF : RS_FAIL);
		UNIT_INT(err.code, no_rows ? RS_E_NONE : RS_E_EVENT_MALFORMED);
		rs_err_clear(&err);
		rs_change_free(c);
	}
	rs_layout_free(l);
	rs_rows_release(&rows);
}

static void another_number_of_columns_is_drift(void)
{
	struct rs_layout *l;
	struct rs_err err = RS_ERR_INIT;

	setup();
	l = layout_of(three, THREE);
	begin_rows(RS_EV_WRITE_ROWS, 1, 2);
	put(&b, "\3\0\7\0\0\0\1x", 8);
	CU_ASSERT_EQUAL(open_rows(l, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_SCHEMA_DRIFT);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.primary, "shop.t"));
	rs_err_clear(&err);
	rs_layout_free(l);
	rs_rows_release(&rows);
}

static void rows_that_take_no_bytes_are_malformed(void)
{
	struct rs_layout *l;
	struct rs_err err = RS_ERR_INIT;
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);

	setup();
	l = layout_of(three, THREE);
	begin_rows(RS_EV_WRITE_ROWS, 1, 3);
	put(&b, "\0x", 2); /* no column is present, and yet there is a byte */
	CU_ASSERT_EQUAL(open_rows(l, &err), RS_OK);
	CU_ASSERT_EQUAL(rs_rows_next(&rows, c, 1000, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_EVENT_MALFORMED);
	rs_err_clear(&err);
	rs_change_free(c);
	rs_layout_free(l);
	rs_rows_release(&rows);
}

static void a_dummy_event_only_ends_the_statement(void)
{
	static const uint64_t ids[] = {0xffffff, 0xffffffffffff};

	setup();
	for (int i = 0; i < 2; i++) {
		struct rs_event ev;

		begin_event(&b, RS_EV_WRITE_ROWS_V1, 0);
		put_le(&b, ids[i], 6);
		put_le(&b, 1, 2);
		put_le(&b, 0, 1);
		ev = parsed(&format, &b);
		CU_ASSERT_EQUAL(rs_rows_open(&rows, &format, &ev, NULL), RS_OK);
		CU_ASSERT_TRUE(rows.dummy && rows.statement_end);
	}
	rs_rows_release(&rows);
}

static void extra_data_are_skipped(void)
{
	struct rs_layout *l;
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);

	setup();
	l = layout_of(three, THREE);
	begin_event(&b, RS_EV_WRITE_ROWS, 0);
	put_le(&b, 9, 6);
	put_le(&b, 1, 2);
	put(&b, "\5\0\1\2\0", 5); /* a partition's number */
	put(&b, "\3\7\0\7\0\0\0\1x\5", 10);
	CU_ASSERT_EQUAL(open_rows(l, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_rows_next(&rows, c, 1000, NULL), RS_OK);
	check_value(&c->rows[0].after[1], "x");
	rs_change_free(c);
	rs_layout_free(l);
	rs_rows_release(&rows);
}

static void compressed_rows_of_version_2_are_unpacked(void)
{
	struct rs_layout *l;
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);
	uLongf len;
	struct rs_event ev;

	setup();
	l = layout_of(three, THREE);
	begin_event(&b, RS_EV_WRITE_ROWS_COMPRESSED, 0);
	put_le(&b, 9, 6);
	put_le(&b, 1, 2);
	put(&b, "\2\0\3\7", 4);
	put(&b, "\x81\x08", 2);
	len = sizeof b.data - b.len;
	compress(b.data + b.len, &len, (const Bytef *)"\0\7\0\0\0\1x\5", 8);
	b.len += len;
	CU_ASSERT_EQUAL(open_rows(l, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_rows_next(&rows, c, 1000, NULL), RS_OK);
	check_value(&c->rows[0].after[1], "x");
	rs_change_free(c);
	ev = parsed(&format, &b);
	for (size_t cut = 10; cut < ev.body_len; cut++) {
		struct rs_event shorter = ev;
		struct rs_err err = RS_ERR_INIT;

		shorter.body_len = cut;
		CU_ASSERT_EQUAL(rs_rows_open(&rows, &format, &shorter, &err), RS_FAIL);
		UNIT_INT(err.code, RS_E_EVENT_MALFORMED);
		rs_err_clear(&err);
	}
	rs_layout_free(l);
	rs_rows_release(&rows);
}

/* --- JSON ------------------------------------------------------------------------------------------------------- */

#define DOC "\2\1\0\7\0\5\1\0"                                       /* [1] */
#define DIFF "\1\4$[1]\3\5\2\0"                                      /* insert 2 at $[1] */

static void partial_json_is_made_whole(void)
{
	static const char *const columns[] = {"int", "json", "json"};
	struct rs_layout *l;
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);

	setup();
	l = layout_of(columns, 3, "\x03\xf5\xf5", "\4\4", 2);
	UNIT_INT(l->n_json, 2);
	begin_rows(RS_EV_PARTIAL_UPDATE_ROWS, 1, 3);
	put(&b, "\7\6", 2);
	put(&b, "\0\7\0\0\0", 5);
	put_le(&b, 8, 4);
	put(&b, DOC, 8);
	put_le(&b, 8, 4);
	put(&b, DOC, 8);
	put(&b, "\1\2", 2); /* the second document is partial */
	put(&b, "\0", 1);
	put_le(&b, 8, 4);
	put(&b, DOC, 8);
	put_le(&b, sizeof DIFF - 1, 4);
	put(&b, DIFF, sizeof DIFF - 1);
	CU_ASSERT_EQUAL(open_rows(l, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_rows_next(&rows, c, 1000, NULL), RS_OK);
	check_value(&c->rows[0].before[2], "[1]");
	check_value(&c->rows[0].after[0], "7");
	check_value(&c->rows[0].after[1], "[1]");
	check_value(&c->rows[0].after[2], "[1, 2]");
	rs_change_free(c);
	rs_layout_free(l);
	rs_rows_release(&rows);
}

static void partial_json_without_the_document_before_is_an_incomplete_image(void)
{
	static const char *const columns[] = {"int", "json"};
	struct rs_layout *l;
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);
	struct rs_err err = RS_ERR_INIT;

	setup();
	l = layout_of(columns, 2, "\x03\xf5", "\4", 1);
	begin_rows(RS_EV_PARTIAL_UPDATE_ROWS, 1, 2);
	put(&b, "\1\2", 2);
	put(&b, "\0\7\0\0\0", 5);
	put(&b, "\1\1\0", 3);
	put_le(&b, sizeof DIFF - 1, 4);
	put(&b, DIFF, sizeof DIFF - 1);
	CU_ASSERT_EQUAL(open_rows(l, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_rows_next(&rows, c, 1000, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_BINLOG_IMAGE);
	CU_ASSERT_PTR_NOT_NULL(err.hint);
	rs_err_clear(&err);
	rs_change_free(c);
	rs_layout_free(l);
	rs_rows_release(&rows);
}

UNIT_MAIN(UNIT_TEST(types_before_5_6), UNIT_TEST(values_that_can_not_be), UNIT_TEST(numbers_at_their_limits),
          UNIT_TEST(lengths_have_one_byte_or_two), UNIT_TEST(partial_images_are_completed),
          UNIT_TEST(a_generated_column_is_not_completed), UNIT_TEST(inserts_and_deletes_have_one_image),
          UNIT_TEST(a_large_event_becomes_many_changes), UNIT_TEST(a_small_event_takes_little_memory),
          UNIT_TEST(a_change_keeps_to_its_arena), UNIT_TEST(rows_cut_anywhere_are_malformed),
          UNIT_TEST(another_number_of_columns_is_drift), UNIT_TEST(rows_that_take_no_bytes_are_malformed),
          UNIT_TEST(a_dummy_event_only_ends_the_statement), UNIT_TEST(extra_data_are_skipped),
          UNIT_TEST(compressed_rows_of_version_2_are_unpacked), UNIT_TEST(partial_json_is_made_whole),
          UNIT_TEST(partial_json_without_the_document_before_is_an_incomplete_image))
