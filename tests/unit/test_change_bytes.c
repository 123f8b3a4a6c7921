#include "codec/change_bytes.h"

#include <string.h>
#include "unit.h"

static struct rs_table *make_table(const char *name)
{
	struct rs_table *t = rs_table_new("shop", name);
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL(rs_column_parse_type(rs_table_add_column(t, "id", RS_T_UNKNOWN), "int(10) unsigned", &err), RS_OK);
	CU_ASSERT_EQUAL(rs_column_parse_type(rs_table_add_column(t, "b", RS_T_UNKNOWN), "varbinary(20)", &err), RS_OK);
	CU_ASSERT_EQUAL(rs_column_parse_type(rs_table_add_column(t, "n", RS_T_UNKNOWN), "int(11)", &err), RS_OK);
	return t;
}

/* One row each; before and after have three values. */
static struct rs_change *make_change(const struct rs_table *t, enum rs_op op, const char *id)
{
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);
	struct rs_value *before = rs_arena_alloc(&c->arena, 3 * sizeof *before);
	struct rs_value *after = rs_arena_alloc(&c->arena, 3 * sizeof *after);

	before[0] = rs_value_of(id, strlen(id));
	before[1] = rs_value_of("a\0'b", 4);
	before[2] = rs_value_null();
	after[0] = before[0];
	after[1] = rs_value_of(NULL, 0);
	after[2] = (struct rs_value){NULL, 0, RS_ABSENT, 0};
	c->op = op;
	c->table = rs_table_ref(t);
	c->no_foreign_keys = op == RS_OP_DELETE;
	c->n_rows = 1;
	c->rows = rs_arena_alloc(&c->arena, sizeof *c->rows);
	*c->rows = (struct rs_row_change){op == RS_OP_INSERT ? NULL : before, op == RS_OP_DELETE ? NULL : after};
	return c;
}

static void write_body(struct rs_buf *out, struct rs_body_tables *tables)
{
	struct rs_table *one = make_table("one"), *two = make_table("two");
	struct rs_change *changes[] = {make_change(one, RS_OP_INSERT, "1"), make_change(two, RS_OP_UPDATE, "2"),
	                               make_change(one, RS_OP_DELETE, "4294967295")};
	struct rs_err err = RS_ERR_INIT;

	for (size_t i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(rs_change_write(out, tables, changes[i], &err), RS_OK);
		rs_change_free(changes[i]);
	}
	rs_table_unref(one);
	rs_table_unref(two);
}

static void same_image(const struct rs_value *found, const struct rs_value *expected)
{
	CU_ASSERT_EQUAL_FATAL(found == NULL, expected == NULL);
	for (size_t i = 0; expected != NULL && i < 3; i++)
		CU_ASSERT_TRUE(rs_value_identical(&found[i], &expected[i]));
}

static void check_change(const struct rs_change *c, const char *table, enum rs_op op, const char *id)
{
	struct rs_change *expected = make_change(c->table, op, id);

	UNIT_STR(c->table->name, table);
	UNIT_INT(c->table->n_columns, 3);
	UNIT_INT(c->op, op);
	UNIT_INT(c->no_foreign_keys, expected->no_foreign_keys);
	UNIT_INT(c->n_rows, 1);
	same_image(c->rows[0].before, expected->rows[0].before);
	same_image(c->rows[0].after, expected->rows[0].after);
	rs_change_free(expected);
}

/* The bytes come in steps, as pieces do; what is used is not given again, and is gone when the item is looked at. */
static void read_in_steps(const struct rs_buf *body, size_t step)
{
	static const char *const names[] = {"one", "two", "one"}, *const ids[] = {"1", "2", "4294967295"};
	static const enum rs_op ops[] = {RS_OP_INSERT, RS_OP_UPDATE, RS_OP_DELETE};
	struct rs_body_tables tables = {NULL, 0, 0};
	struct rs_err err = RS_ERR_INIT;
	size_t from = 0, to = 0, seen = 0;
	char *bytes = malloc(body->len);

	memcpy(bytes, body->data, body->len);
	while (to < body->len || from < body->len) {
		struct rs_change *c = NULL;
		size_t used;
		enum rs_rc rc = rs_change_read(bytes + from, to - from, &used, &tables, &c, &err);

		memset(bytes + from, 0xa5, used);
		from += used;
		if (rc == RS_AGAIN) {
			CU_ASSERT_TRUE_FATAL(to < body->len);
			to = to + step < body->len ? to + step : body->len;
			continue;
		}
		CU_ASSERT_EQUAL_FATAL(rc, RS_OK);
		CU_ASSERT_TRUE_FATAL(seen < 3);
		check_change(c, names[seen], ops[seen], ids[seen]);
		seen++;
		rs_change_free(c);
	}
	UNIT_INT(seen, 3);
	UNIT_INT(tables.count, 2);
	rs_body_tables_release(&tables);
	free(bytes);
}

static void changes_come_back_however_they_were_cut(void)
{
	struct rs_buf body = RS_BUF_INIT;
	struct rs_body_tables tables = {NULL, 0, 0};

	write_body(&body, &tables);
	UNIT_INT(tables.count, 2);
	for (size_t step = 1; step < 40; step++)
		read_in_steps(&body, step);
	read_in_steps(&body, body.len);
	rs_body_tables_release(&tables);
	rs_buf_release(&body);
}

static void a_table_that_was_taken_back_is_written_again(void)
{
	struct rs_buf body = RS_BUF_INIT;
	struct rs_body_tables tables = {NULL, 0, 0};

	write_body(&body, &tables);
	size_t len = body.len;
	rs_body_tables_cut(&tables, 0);
	rs_buf_clear(&body);
	write_body(&body, &tables);
	UNIT_INT(body.len, len);
	read_in_steps(&body, 7);
	rs_body_tables_release(&tables);
	rs_buf_release(&body);
}

/* Every byte is changed once: what comes then is a change that has the images of its kind or a refusal, and never a read
 * outside. */
static size_t count_refused(const struct rs_buf *written, int flip)
{
	struct rs_buf body = RS_BUF_INIT;
	size_t refused = 0;

	rs_buf_add(&body, written->data, written->len);
	for (size_t i = 0; i < body.len; i++) {
		struct rs_body_tables tables = {NULL, 0, 0};
		struct rs_err err = RS_ERR_INIT;
		enum rs_rc rc = RS_OK;

		body.data[i] = (char)(body.data[i] ^ flip);
		for (size_t from = 0; rc == RS_OK;) {
			struct rs_change *c = NULL;
			size_t used;
			rc = rs_change_read(body.data + from, body.len - from, &used, &tables, &c, &err);
			from += used;
			for (size_t row = 0; rc == RS_OK && row < c->n_rows; row++) {
				CU_ASSERT_EQUAL(c->rows[row].before != NULL, c->op != RS_OP_INSERT);
				CU_ASSERT_EQUAL(c->rows[row].after != NULL, c->op != RS_OP_DELETE);
			}
			rs_change_free(c);
		}
		refused += rc == RS_FAIL;
		body.data[i] = (char)(body.data[i] ^ flip);
		rs_err_clear(&err);
		rs_body_tables_release(&tables);
	}
	rs_buf_release(&body);
	return refused;
}

static void damaged_bytes_are_refused(void)
{
	struct rs_buf body = RS_BUF_INIT;
	struct rs_body_tables tables = {NULL, 0, 0};

	write_body(&body, &tables);
	CU_ASSERT_TRUE(count_refused(&body, 0x55) > 50);
	for (int bit = 1; bit < 0x100; bit *= 2)
		CU_ASSERT_TRUE(count_refused(&body, bit) > 50);
	rs_body_tables_release(&tables);
	rs_buf_release(&body);
}

UNIT_MAIN(UNIT_TEST(changes_come_back_however_they_were_cut), UNIT_TEST(a_table_that_was_taken_back_is_written_again),
          UNIT_TEST(damaged_bytes_are_refused))
