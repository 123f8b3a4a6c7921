#include "engine/follow/filter.h"

#include "base/mem.h"
#include "unit.h"

static struct rs_column *add(struct rs_table *t, const char *name, enum rs_type type)
{
	struct rs_column *c = rs_table_add_column(t, name, type);

	c->nullable = true;
	return c;
}

static struct rs_table *make_table(void)
{
	struct rs_table *t = rs_table_new("shop", "orders");
	struct rs_column *c;

	add(t, "id", RS_T_INT);
	add(t, "amount", RS_T_DECIMAL)->scale = 2;
	c = add(t, "note", RS_T_VARCHAR);
	c->charset = rs_xstrdup("utf8mb4");
	c->length = 20;
	add(t, "at", RS_T_DATETIME)->fsp = 3;
	add(t, "wait", RS_T_TIME);
	add(t, "f", RS_T_DOUBLE);
	c = add(t, "state", RS_T_ENUM);
	c->n_members = 2;
	c->members = rs_xcalloc(2, sizeof *c->members);
	c->members[0] = rs_xstrdup("new");
	c->members[1] = rs_xstrdup("paid");
	add(t, "doc", RS_T_JSON);
	add(t, "ts", RS_T_TIMESTAMP);
	c = add(t, "old", RS_T_VARCHAR);
	c->charset = rs_xstrdup("latin1");
	add(t, "sum", RS_T_INT)->generated = true;
	return t;
}

enum { N_COLUMNS = 11 };

static struct rs_row_filter *bind(const struct rs_table *t, const char *text, struct rs_err *err)
{
	struct rs_filter *tree = rs_filter_parse(text, NULL, err);
	struct rs_row_filter *f = tree ? rs_row_filter_bind(tree, t, err) : NULL;

	rs_filter_free(tree);
	return f;
}

/* A row with one value; value NULL: NULL. */
static bool meets(const char *text, const char *column, const char *value)
{
	struct rs_table *t = make_table();
	struct rs_err err = RS_ERR_INIT;
	struct rs_row_filter *f = bind(t, text, &err);
	struct rs_value row[N_COLUMNS];

	if (!f)
		printf("# %s: %s\n", text, err.primary);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	for (size_t i = 0; i < N_COLUMNS; i++)
		row[i] = rs_value_null();
	if (value)
		row[rs_table_column(t, column)] = rs_value_of(value, strlen(value));
	bool yes = rs_row_filter_matches(f, row);
	rs_row_filter_free(f);
	rs_table_unref(t);
	return yes;
}

static const struct {
	const char *condition, *column, *value;
	bool meets;
} decisions[] = {
	{"id = 10", "id", "10", true}, {"id = 10.0", "id", "10", true}, {"id < -1", "id", "-2", true}, {"id < -1", "id", "0", false},
	{"id > 99999999999999999999", "id", "10", false}, {"id IN (1, 3)", "id", "3", true}, {"id NOT IN (1, 3)", "id", "3", false},
	{"id BETWEEN 1 AND 3", "id", "3", true}, {"id = X'0a'", "id", "10", true}, {"id <> 10", "id", "00010", false},
	{"amount = -0", "amount", "0.00", true}, {"amount > 0.005", "amount", "0.01", true}, {"amount > 9", "amount", "10.00", true},
	{"amount < -9.5", "amount", "-10.00", true},
	/* NULL is neither. */
	{"id = 1", "id", NULL, false}, {"NOT (id = 1)", "id", NULL, false}, {"id IS NULL", "id", NULL, true},
	{"id = 1 OR note IS NULL", "id", NULL, true}, {"NOT (id = 1 AND note = 'x')", "note", "y", true},
	{"NOT (id = 1 OR note = 'x')", "note", "y", false}, {"id NOT IN (1)", "id", NULL, false},
	/* bytes */
	{"note = 'a'", "note", "A", false}, {"note = 'a'", "note", "a ", false}, {"note < 'b'", "note", "a\xff", true},
	{"note = 'é'", "note", "\xc3\xa9", true}, {"old = 'é'", "old", "\xe9", true}, {"old = '€'", "old", "\x80", true},
	{"note LIKE 'a%'", "note", "abc", true}, {"note LIKE 'a%'", "note", "Abc", false}, {"note LIKE '_'", "note", "中", true},
	{"note LIKE '%b%b_'", "note", "abbbx", true}, {"note LIKE '%\\%'", "note", "5%", true}, {"note LIKE '%\\%'", "note", "5", false},
	{"note LIKE ''", "note", "", true}, {"note LIKE 'a_'", "note", "a", false},
	/* moments */
	{"at = '2026-11-22'", "at", "2026-11-22 00:00:00.000", true}, {"at > '2026-11-22 08:00:00'", "at", "2026-11-22 08:00:00.001", true},
	{"at >= '2026-11-22 08:00:00.0015'", "at", "2026-11-22 08:00:00.001", false},
	{"ts = '2026-03-01 01:00:00+08:00'", "ts", "2026-02-28 17:00:00", true}, {"ts = '2024-03-01 00:00:00+00:01'", "ts", "2024-02-29 23:59:00", true},
	{"ts >= '2026-12-31 20:00:00-05:00'", "ts", "2027-01-01 01:00:00", true},
	{"wait < '08:00:00'", "wait", "-100:00:00", true}, {"wait > '99:00:00'", "wait", "100:00:00", true},
	{"f = 0.1", "f", "0.1", true}, {"f = 1e3", "f", "1000", true}, {"f = 0", "f", "-0", true},
	{"state = 'paid'", "state", "2", true}, {"state <> 'paid'", "state", "0", true}, {"state IN ('new')", "state", "1", true},
	{"doc IS NOT NULL", "doc", "{}", true},
};

static void rows_are_decided_as_the_server_does(void)
{
	for (size_t i = 0; i < sizeof decisions / sizeof *decisions; i++) {
		bool yes = meets(decisions[i].condition, decisions[i].column, decisions[i].value);

		if (yes != decisions[i].meets)
			printf("# %s for %s\n", decisions[i].condition, decisions[i].value ? decisions[i].value : "NULL");
		CU_ASSERT_EQUAL(yes, decisions[i].meets);
	}
}

static void what_can_t_be_decided_alike_is_refused(void)
{
	static const char *const conditions[] = {
		"nothing = 1", "sum = 1", "id = '1'", "id = 1e3", "note = 1", "note < 1", "doc = '{}'", "doc LIKE 'x'", "state > 'new'",
		"state = 'New'", "state = ''", "state LIKE 'n%'", "at = '2026-13-01'", "at = '2026-11-22 25:00:00'", "at = '22.11.2026'",
		"at = '2026-11-22 08:00:00+08:00'", "wait = '839:00:00'", "wait = 'x'", "old = '中'", "id LIKE '1%'", "f = '0.1'",
		"f = 1e999", "amount = X'01'", "id = X'010203040506070809'", "at = '2026-11-22 08:00:00.1234567'",
	};
	struct rs_table *t = make_table();

	for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
		struct rs_err err = RS_ERR_INIT;
		struct rs_row_filter *f = bind(t, conditions[i], &err);

		if (f)
			printf("# %s\n", conditions[i]);
		CU_ASSERT_PTR_NULL(f);
		CU_ASSERT_EQUAL(err.code, RS_E_FILTER);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.primary, "at character "));
		rs_row_filter_free(f);
		rs_err_clear(&err);
	}
	rs_table_unref(t);
}

static void a_filter_survives_what_keeps_its_columns(void)
{
	struct rs_table *t = make_table(), *to = rs_table_clone(t);
	struct rs_err err = RS_ERR_INIT;
	struct rs_row_filter *f = bind(t, "note = 'x' AND id = 1", &err);

	to->columns[2].length = 40;
	to->columns[0].type = RS_T_BIGINT;
	to->columns[1].scale = 3;
	CU_ASSERT_EQUAL(rs_row_filter_survives(f, to, &err), RS_OK);
	to->columns[0].nullable = false;
	CU_ASSERT_EQUAL(rs_row_filter_survives(f, to, &err), RS_FAIL);
	CU_ASSERT_EQUAL(err.code, RS_E_FILTER_SCHEMA);
	rs_err_clear(&err);
	to->columns[0].nullable = true;
	to->columns[2].length = 10;
	CU_ASSERT_EQUAL(rs_row_filter_survives(f, to, &err), RS_FAIL);
	rs_err_clear(&err);
	rs_row_filter_free(f);
	rs_table_unref(t);
	rs_table_unref(to);
}

/* "1>2 3> >4": rows by their ids before and after; the filter is id >= 10. */
static struct rs_change *make_change(struct rs_table *t, const char *rows)
{
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);
	char *copy = rs_xstrdup(rows), *rest = NULL;

	c->table = rs_table_ref(t);
	c->rows = rs_arena_alloc(&c->arena, 50 * sizeof *c->rows);
	c->bytes = 1000;
	c->statement_end = true;
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		struct rs_row_change *row = &c->rows[c->n_rows++];
		char *arrow = strchr(word, '>');

		*arrow = '\0';
		*row = (struct rs_row_change){NULL, NULL};
		for (int k = 0; k < 2; k++) {
			const char *id = k ? arrow + 1 : word;
			struct rs_value *values = rs_arena_alloc(&c->arena, N_COLUMNS * sizeof *values);

			for (size_t i = 0; i < N_COLUMNS; i++)
				values[i] = rs_value_null();
			values[0] = *id == '?' ? (struct rs_value){0} : rs_value_of(rs_arena_copy(&c->arena, id, strlen(id)), strlen(id));
			if (*id && k)
				row->after = values;
			else if (*id)
				row->before = values;
		}
		c->op = row->before && row->after ? RS_OP_UPDATE : row->after ? RS_OP_INSERT : RS_OP_DELETE;
	}
	free(copy);
	return c;
}

static void put_id(struct rs_buf *out, const struct rs_value *row)
{
	if (row)
		rs_buf_add(out, row[0].bytes, row[0].len);
}

static void comes_to(const char *rows, const char *expected)
{
	static const char names[] = "iud";
	struct rs_table *t = make_table();
	struct rs_err err = RS_ERR_INIT;
	struct rs_row_filter *f = bind(t, "id >= 10", &err);
	struct rs_change **out = NULL;
	struct rs_buf text = RS_BUF_INIT;
	size_t n = 0, bytes = 0;

	if (rs_filter_change(f, make_change(t, rows), &out, &n, &err) != RS_OK)
		rs_buf_addf(&text, "RS-%d", (int)err.code);
	for (size_t i = 0; i < n; i++) {
		rs_buf_addf(&text, "%s%c", i ? " " : "", names[out[i]->op]);
		for (size_t k = 0; k < out[i]->n_rows; k++) {
			rs_buf_addc(&text, k ? ',' : ':');
			put_id(&text, out[i]->rows[k].before);
			rs_buf_addc(&text, '>');
			put_id(&text, out[i]->rows[k].after);
		}
		CU_ASSERT_EQUAL(out[i]->statement_end, i + 1 == n);
		CU_ASSERT_PTR_EQUAL(out[i]->table, t);
		bytes += out[i]->bytes;
	}
	CU_ASSERT_TRUE(bytes <= 1000);
	UNIT_STR(rs_buf_str(&text), expected);
	for (size_t i = n; i-- > 0;) /* in any order */
		rs_change_free(out[i]);
	free(out);
	rs_buf_release(&text);
	rs_err_clear(&err);
	rs_row_filter_free(f);
	rs_table_unref(t);
}

static void changes_come_to_what_the_filter_makes_of_them_in_their_order(void)
{
	comes_to(">11 >2 >12", "i:>11,>12");
	comes_to("11> 2>", "d:11>");
	comes_to(">1 >2", "");
	comes_to("11>12 13>14", "u:11>12,13>14");
	comes_to("1>2", "");
	comes_to("1>12", "i:>12");
	comes_to("12>1", "d:12>");
	comes_to("12>1 1>12 5>6 12>13 14>15 15>1", "d:12> i:>12 u:12>13,14>15 d:15>");
	comes_to("1>?", "");
	comes_to("11>?", "u:11>11");
	comes_to("?>11", "RS-3009");
	comes_to("?>", "RS-3009");
}

UNIT_MAIN(UNIT_TEST(rows_are_decided_as_the_server_does),
          UNIT_TEST(what_can_t_be_decided_alike_is_refused),
          UNIT_TEST(a_filter_survives_what_keeps_its_columns),
          UNIT_TEST(changes_come_to_what_the_filter_makes_of_them_in_their_order))
