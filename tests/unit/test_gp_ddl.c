/* Where the rows of a table lie at a server of Greenplum's family, and what that makes of its keys. */
#include "unit.h"
#include <stdlib.h>
#include <string.h>
#include "codec/gp_ddl.h"
#include "codec/pg_ddl.h"

/* shop.t, with columns a to d (int, NOT NULL) and j (json), and keys as "ab cd": the first is the primary one, unless there is a "-". A
 * column in capitals is a prefix. */
static struct rs_table *table(const char *keys)
{
	struct rs_table *t = rs_table_new("shop", "t");
	bool primary = true;

	for (const char *name = "abcdj"; *name; name++) {
		const char text[2] = {*name, '\0'};
		struct rs_column *c = rs_table_add_column(t, text, *name == 'j' ? RS_T_JSON : RS_T_INT);

		c->nullable = *name == 'j';
	}
	for (struct rs_key *k = NULL; *keys; keys++) {
		const char *column = strchr("abcdABCD", *keys);

		if (*keys == '-')
			primary = false;
		if (*keys == ' ')
			k = NULL;
		if (!column || *keys == ' ')
			continue;
		if (!k) {
			k = rs_table_add_key(t, primary ? "PRIMARY" : keys);
			k->primary = primary;
			k->unique = k->not_null = true;
			primary = false;
		}
		rs_key_add_part(k, (uint32_t)(column - "abcdABCD") % 4)->prefix = *keys < 'a' ? 3 : 0;
	}
	return t;
}

/* Which keys stay unique: "yn". */
static void check(const char *keys, const char *said, const char *placement, const char *unique)
{
	struct rs_table *t = table(keys);
	struct rs_gp_table placed = RS_GP_TABLE_INIT;
	struct rs_table_fields fields = RS_TABLE_FIELDS_INIT;
	struct rs_err err = RS_ERR_INIT;

	if (said)
		CU_ASSERT_EQUAL_FATAL(rs_table_fields_parse(&fields, said, &err), RS_OK);
	CU_ASSERT_EQUAL_FATAL(rs_gp_place(t, said ? &fields : NULL, &placed, &err), RS_OK);
	UNIT_STR(rs_buf_str(&placed.placement), placement);
	UNIT_INT(placed.made->n_keys, strlen(unique));
	for (size_t i = 0; i < placed.made->n_keys; i++)
		UNIT_INT(placed.made->keys[i].unique, unique[i] == 'y');
	rs_table_fields_release(&fields);
	rs_gp_table_release(&placed);
	rs_table_unref(t);
}

static void the_distribution_key_is_what_unique_keys_have_in_common(void)
{
	check("a", NULL, " DISTRIBUTED BY (\"a\")", "y");
	check("ab", NULL, " DISTRIBUTED BY (\"a\",\"b\")", "y");
	check("ab bc", NULL, " DISTRIBUTED BY (\"b\")", "yy");
	check("abc cb bcd", NULL, " DISTRIBUTED BY (\"b\",\"c\")", "yyy");
	check("-b", NULL, " DISTRIBUTED BY (\"b\")", "y");
}

static void what_has_nothing_in_common_is_unique_by_its_row_key_alone(void)
{
	check("a b", NULL, " DISTRIBUTED BY (\"a\")", "yn");
	check("ab Bc", NULL, " DISTRIBUTED BY (\"a\",\"b\")", "yn");
}

static void without_a_key_rows_lie_anywhere(void)
{
	check("", NULL, " DISTRIBUTED RANDOMLY", "");
}

static void what_is_said_counts(void)
{
	check("ab", "shop.t: partitioned primary a b distribution b", " DISTRIBUTED BY (\"b\")", "y");
	check("a b", "shop.t: replicated primary a", " DISTRIBUTED REPLICATED", "yy");
	check("a", "shop.t: partitioned primary a b distribution b", " DISTRIBUTED BY (\"b\")", "ny");
	check("", "shop.t: partitioned primary b distribution b", " DISTRIBUTED BY (\"b\")", "y");
}

static void what_can_t_be_is_named(void)
{
	static const struct {
		const char *keys, *said, *named;
	} cases[] = {{"a", "shop.t: partitioned primary x distribution x", "column x"},
	             {"a", "shop.t: partitioned primary j distribution j", "column j"},
	             {"a", "shop.t: replicated primary x", "column x"},
	             {"", "shop.t: replicated primary a", "no key at the source"}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rs_table *t = table(cases[i].keys);
		struct rs_gp_table placed = RS_GP_TABLE_INIT;
		struct rs_table_fields fields = RS_TABLE_FIELDS_INIT;
		struct rs_err err = RS_ERR_INIT;

		CU_ASSERT_EQUAL_FATAL(rs_table_fields_parse(&fields, cases[i].said, &err), RS_OK);
		CU_ASSERT_EQUAL(rs_gp_place(t, &fields, &placed, &err), RS_FAIL);
		UNIT_INT(err.code, RS_E_NOT_SUPPORTED);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.primary ? err.primary : "", cases[i].named));
		rs_err_clear(&err);
		rs_table_fields_release(&fields);
		rs_gp_table_release(&placed);
		rs_table_unref(t);
	}
}

static void the_words_stand_behind_the_columns(void)
{
	struct rs_table *t = table("a b");
	struct rs_gp_table placed = RS_GP_TABLE_INIT;
	struct rs_buf sql = RS_BUF_INIT;
	struct rs_err err = RS_ERR_INIT;

	rs_table_remove_column(t, 4);
	CU_ASSERT_EQUAL_FATAL(rs_gp_place(t, NULL, &placed, &err), RS_OK);
	CU_ASSERT_EQUAL_FATAL(rs_pg_put_create(&sql, placed.made, rs_buf_str(&placed.placement), &err), RS_OK);
	UNIT_STR(rs_buf_str(&sql), "CREATE TABLE \"shop\".\"t\" (\"a\" integer NOT NULL, \"b\" integer NOT NULL, \"c\" integer NOT NULL, "
	                           "\"d\" integer NOT NULL, PRIMARY KEY (\"a\")) DISTRIBUTED BY (\"a\"); "
	                           "CREATE INDEX \"t.b\" ON \"shop\".\"t\" (\"b\"); ");
	rs_buf_release(&sql);
	rs_gp_table_release(&placed);
	rs_table_unref(t);
}

static bool keeps(const char *before, const char *after, const char *type)
{
	struct rs_table *a = table(before), *b = table(after);
	struct rs_gp_table was = RS_GP_TABLE_INIT, is = RS_GP_TABLE_INIT;
	bool kept;

	free(b->columns[0].native);
	b->columns[0].native = type ? strdup(type) : NULL;
	CU_ASSERT_EQUAL(rs_gp_place(a, NULL, &was, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_gp_place(b, NULL, &is, NULL), RS_OK);
	kept = rs_gp_keeps_place(&was, &is);
	rs_gp_table_release(&was);
	rs_gp_table_release(&is);
	rs_table_unref(a);
	rs_table_unref(b);
	return kept;
}

static void rows_stay_where_they_are_as_long_as_their_key_does(void)
{
	CU_ASSERT_TRUE(keeps("a b", "a", NULL));
	CU_ASSERT_TRUE(keeps("ab", "ab abc", NULL));
	CU_ASSERT_TRUE(keeps("", "", "bigint"));
	CU_ASSERT_TRUE(keeps("b", "b", "bigint"));
	CU_ASSERT_FALSE(keeps("ab", "ab bc", NULL));
	CU_ASSERT_FALSE(keeps("a", "", NULL));
	CU_ASSERT_FALSE(keeps("a", "a", "bigint"));
}

UNIT_MAIN(UNIT_TEST(the_distribution_key_is_what_unique_keys_have_in_common),
          UNIT_TEST(what_has_nothing_in_common_is_unique_by_its_row_key_alone), UNIT_TEST(without_a_key_rows_lie_anywhere),
          UNIT_TEST(what_is_said_counts), UNIT_TEST(what_can_t_be_is_named),
          UNIT_TEST(the_words_stand_behind_the_columns), UNIT_TEST(rows_stay_where_they_are_as_long_as_their_key_does))
