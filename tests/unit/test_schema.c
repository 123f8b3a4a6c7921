#include "model/schema.h"

#include "unit.h"

static struct rs_column parsed(const char *text)
{
	struct rs_column c = {0};
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL(rs_column_parse_type(&c, text, &err), RS_OK);
	UNIT_STR(c.native, text);
	UNIT_INT(err.code, 0);
	rs_err_clear(&err);
	return c;
}

static void drop(struct rs_column *c)
{
	for (size_t i = 0; i < c->n_members; i++)
		free(c->members[i]);
	free(c->members);
	free(c->native);
}

static void check_type(const char *text, enum rs_type type, bool is_unsigned, unsigned length, unsigned scale,
                       unsigned fsp)
{
	struct rs_column c = parsed(text);

	UNIT_STR(rs_type_name(c.type), rs_type_name(type));
	UNIT_INT(c.is_unsigned, is_unsigned);
	UNIT_INT(c.length, length);
	UNIT_INT(c.scale, scale);
	UNIT_INT(c.fsp, fsp);
	drop(&c);
}

static void types_as_the_servers_write_them(void)
{
	check_type("tinyint(1)", RS_T_TINYINT, false, 0, 0, 0);
	check_type("int(10) unsigned", RS_T_INT, true, 0, 0, 0);
	check_type("int unsigned zerofill", RS_T_INT, true, 0, 0, 0);
	check_type("bigint", RS_T_BIGINT, false, 0, 0, 0);
	check_type("mediumint(9)", RS_T_MEDIUMINT, false, 0, 0, 0);
	check_type("decimal(10,2)", RS_T_DECIMAL, false, 10, 2, 0);
	check_type("decimal(65,30) unsigned", RS_T_DECIMAL, true, 65, 30, 0);
	check_type("decimal(5)", RS_T_DECIMAL, false, 5, 0, 0);
	check_type("numeric", RS_T_DECIMAL, false, 10, 0, 0);
	check_type("float(7,4)", RS_T_FLOAT, false, 0, 0, 0);
	check_type("double precision", RS_T_DOUBLE, false, 0, 0, 0);
	check_type("double unsigned", RS_T_DOUBLE, true, 0, 0, 0);
	check_type("bit(64)", RS_T_BIT, false, 64, 0, 0);
	check_type("bit", RS_T_BIT, false, 1, 0, 0);
	check_type("year(4)", RS_T_YEAR, false, 0, 0, 0);
	check_type("time(3)", RS_T_TIME, false, 0, 0, 3);
	check_type("datetime", RS_T_DATETIME, false, 0, 0, 0);
	check_type("timestamp(6)", RS_T_TIMESTAMP, false, 0, 0, 6);
	check_type("timestamp /* 5.5 binary format */", RS_T_TIMESTAMP, false, 0, 0, 0);
	check_type("time(2) /* mariadb-5.3 */", RS_T_TIME, false, 0, 0, 2);
	check_type("char(255)", RS_T_CHAR, false, 255, 0, 0);
	check_type("varchar(16383)", RS_T_VARCHAR, false, 16383, 0, 0);
	check_type("binary(16)", RS_T_BINARY, false, 16, 0, 0);
	check_type("longtext", RS_T_LONGTEXT, false, 0, 0, 0);
	check_type("vector(3)", RS_T_VECTOR, false, 3, 0, 0);
	check_type("multipolygon", RS_T_GEOMETRY, false, 0, 0, 0);
	check_type("geomcollection", RS_T_GEOMETRY, false, 0, 0, 0);
	check_type("UUID", RS_T_UUID, false, 0, 0, 0);
	check_type("inet6", RS_T_INET6, false, 0, 0, 0);
}

static void the_compressed_attribute_is_found_in_its_comment(void)
{
	struct rs_column c = parsed("varchar(100) /*M!100301 COMPRESSED*/");

	UNIT_INT(c.type, RS_T_VARCHAR);
	UNIT_INT(c.length, 100);
	UNIT_INT(c.compressed, true);
	drop(&c);
}

static void members_lose_their_quotes_and_escapes(void)
{
	struct rs_column c = parsed("enum('a','it''s','x,y)','back\\\\slash','new\\nline','','\xc3\xa9')");

	UNIT_INT(c.type, RS_T_ENUM);
	UNIT_INT(c.n_members, 7);
	UNIT_STR(c.members[0], "a");
	UNIT_STR(c.members[1], "it's");
	UNIT_STR(c.members[2], "x,y)");
	UNIT_STR(c.members[3], "back\\slash");
	UNIT_STR(c.members[4], "new\nline");
	UNIT_STR(c.members[5], "");
	UNIT_STR(c.members[6], "\xc3\xa9");
	drop(&c);
}

static void a_column_can_be_parsed_again(void)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_column c = parsed("set('a','b')");

	CU_ASSERT_EQUAL(rs_column_parse_type(&c, "decimal(4,1) unsigned", &err), RS_OK);
	UNIT_INT(c.n_members, 0);
	CU_ASSERT_EQUAL(rs_column_parse_type(&c, "char(3)", &err), RS_OK);
	UNIT_INT(c.is_unsigned, false);
	UNIT_INT(c.scale, 0);
	drop(&c);
}

static void what_is_no_type_is_refused(void)
{
	static const char *const bad[] = {"", "(3)", "integerish", "int(", "int(4", "int(4) sideways", "enum", "enum(a)",
	                                  "enum('a'", "set('a',)", "decimal(66,2)", "decimal(5,6)", "bit(65)", "time(7)",
	                                  "varchar", "char(99999999999)", "int /* open", "enum('a')x#"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rs_column c = {0};
		struct rs_err err = RS_ERR_INIT;

		if (rs_column_parse_type(&c, bad[i], &err) != RS_FAIL)
			UNIT_STR(bad[i], "refused");
		UNIT_INT(err.code, RS_E_NOT_SUPPORTED);
		rs_err_clear(&err);
		drop(&c);
	}
}

static struct rs_key *add_key(struct rs_table *t, const char *name, bool unique, bool not_null)
{
	struct rs_key *k = rs_table_add_key(t, name);

	k->unique = unique;
	k->not_null = not_null;
	return k;
}

/* t(id, a, b, g generated, e enum) with no key. */
static struct rs_table *make_table(void)
{
	struct rs_table *t = rs_table_new("shop", "order`s");
	struct rs_column *c;
	struct rs_err err = RS_ERR_INIT;

	c = rs_table_add_column(t, "Id", RS_T_UNKNOWN);
	rs_column_parse_type(c, "bigint(20) unsigned", &err);
	c->auto_increment = true;
	c = rs_table_add_column(t, "a", RS_T_UNKNOWN);
	rs_column_parse_type(c, "varchar(20)", &err);
	c->nullable = true;
	c->charset = strdup("utf8mb4");
	c->collation = strdup("utf8mb4_bin");
	c = rs_table_add_column(t, "b", RS_T_UNKNOWN);
	rs_column_parse_type(c, "decimal(12,3)", &err);
	c = rs_table_add_column(t, "g", RS_T_UNKNOWN);
	rs_column_parse_type(c, "datetime(6)", &err);
	c->generated = c->stored = true;
	c = rs_table_add_column(t, "\xc3\x84", RS_T_UNKNOWN);
	rs_column_parse_type(c, "enum('x','it''s')", &err);
	return t;
}

static void a_row_key_finds_one_row(void)
{
	struct rs_table *t = make_table();
	struct rs_key *k;

	CU_ASSERT_PTR_NULL(rs_table_row_key(t));
	k = add_key(t, "nullable", true, false);
	rs_key_add_part(k, 1);
	k = add_key(t, "not_unique", false, true);
	rs_key_add_part(k, 0);
	k = add_key(t, "prefix", true, true);
	rs_key_add_part(k, 1)->prefix = 3;
	k = add_key(t, "generated", true, true);
	rs_key_add_part(k, 3);
	k = add_key(t, "expression", true, true);
	rs_key_add_part(k, UINT32_MAX);
	CU_ASSERT_PTR_NULL(rs_table_row_key(t));
	k = add_key(t, "two", true, true);
	rs_key_add_part(k, 0);
	rs_key_add_part(k, 2);
	UNIT_STR(rs_table_row_key(t)->name, "two");
	k = add_key(t, "one", true, true);
	rs_key_add_part(k, 2);
	UNIT_STR(rs_table_row_key(t)->name, "one");
	k = add_key(t, "PRIMARY", true, true);
	k->primary = true;
	rs_key_add_part(k, 0);
	rs_key_add_part(k, 2);
	UNIT_STR(rs_table_row_key(t)->name, "PRIMARY");
	rs_table_unref(t);
}

static void columns_are_found_without_case(void)
{
	struct rs_table *t = make_table();

	UNIT_INT(rs_table_column(t, "ID"), 0);
	UNIT_INT(rs_table_column(t, "B"), 2);
	UNIT_INT(rs_table_column(t, "\xc3\x84"), 4);
	UNIT_INT(rs_table_column(t, "i"), -1);
	UNIT_INT(rs_table_column(t, "Idx"), -1);
	rs_table_unref(t);
}

static struct rs_table *make_full_table(void)
{
	struct rs_table *t = make_table();
	struct rs_key *k = add_key(t, "PRIMARY", true, true);
	struct rs_foreign_key *fk = rs_table_add_foreign_key(t, "fk_1");

	k->primary = true;
	rs_key_add_part(k, 0);
	k = add_key(t, "i", false, false);
	rs_key_add_part(k, 1)->prefix = 10;
	rs_key_add_part(k, 2)->descending = true;
	rs_key_add_part(k, UINT32_MAX);
	fk->parent_db = strdup("shop");
	fk->parent_table = strdup("customers");
	fk->n_columns = 1;
	fk->columns = calloc(1, sizeof *fk->columns);
	fk->parent_columns = calloc(1, sizeof *fk->parent_columns);
	fk->columns[0] = strdup("a");
	fk->parent_columns[0] = strdup("name");
	fk->on_delete = RS_FK_SET_NULL;
	t->engine = strdup("InnoDB");
	t->rows = 17;
	t->bytes = 1u << 30;
	t->has_triggers = true;
	return t;
}

static char *text_of(const struct rs_table *t)
{
	json_t *j = rs_table_to_json(t);
	char *text = json_dumps(j, JSON_COMPACT);

	json_decref(j);
	return text;
}

static void a_table_comes_back_from_json(void)
{
	struct rs_table *t = make_full_table(), *back;
	struct rs_err err = RS_ERR_INIT;
	json_t *j = rs_table_to_json(t);
	char *before = text_of(t), *after;

	back = rs_table_from_json(j, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(back);
	after = text_of(back);
	UNIT_STR(after, before);
	CU_ASSERT_TRUE(rs_table_same(t, back));
	UNIT_INT(back->bytes, 1u << 30);
	UNIT_STR(back->columns[4].members[1], "it's");
	UNIT_INT(back->foreign_keys[0].on_delete, RS_FK_SET_NULL);
	free(before);
	free(after);
	json_decref(j);
	rs_table_unref(t);
	rs_table_unref(back);
}

static void damaged_json_is_refused(void)
{
	static const char *const bad[] = {
		"[]", "{}", "{\"db\":\"d\",\"name\":\"t\",\"columns\":[{\"name\":\"a\"}]}",
		"{\"db\":\"d\",\"name\":\"t\",\"columns\":[{\"type\":\"INT\"}]}",
		("{\"db\":\"d\",\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}],"
		 "\"keys\":[{\"name\":\"k\",\"parts\":[{\"column\":1}]}]}"),
		"{\"db\":\"d\",\"name\":\"t\",\"foreign_keys\":[{\"name\":\"k\",\"columns\":[\"a\"]}]}",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		json_t *j = json_loads(bad[i], 0, NULL);
		struct rs_err err = RS_ERR_INIT;

		CU_ASSERT_PTR_NOT_NULL_FATAL(j);
		CU_ASSERT_PTR_NULL(rs_table_from_json(j, &err));
		UNIT_INT(err.code, RS_E_META_DAMAGED);
		rs_err_clear(&err);
		json_decref(j);
	}
}

static void a_clone_is_private(void)
{
	struct rs_table *t = make_full_table(), *copy = rs_table_clone(t);
	char *before = text_of(t), *same = text_of(copy), *after;

	UNIT_STR(same, before);
	for (int i = 0; i < 5; i++)
		rs_table_add_column(copy, "more", RS_T_INT);
	rs_key_add_part(&copy->keys[1], 6);
	rs_table_add_key(copy, "k2");
	copy->columns[0].name[0] = 'X';
	after = text_of(t);
	UNIT_STR(after, before);
	CU_ASSERT_FALSE(rs_table_same(t, copy));
	free(before);
	free(same);
	free(after);
	rs_table_unref(t);
	rs_table_unref(copy);
}

static void sameness_sees_what_decoding_depends_on(void)
{
	struct rs_table *a = make_full_table(), *b = rs_table_clone(a);

	CU_ASSERT_TRUE(rs_table_same(a, b));
	b->rows = 1;
	CU_ASSERT_TRUE(rs_table_same(a, b));
	b->columns[0].is_unsigned = false;
	CU_ASSERT_FALSE(rs_table_same(a, b));
	b->columns[0].is_unsigned = true;
	b->columns[4].members[0][0] = 'y';
	CU_ASSERT_FALSE(rs_table_same(a, b));
	b->columns[4].members[0][0] = 'x';
	b->keys[1].parts[0].prefix = 11;
	CU_ASSERT_FALSE(rs_table_same(a, b));
	b->keys[1].parts[0].prefix = 10;
	CU_ASSERT_TRUE(rs_table_same(a, b));
	rs_table_unref(a);
	rs_table_unref(b);
}

static void references_keep_a_table(void)
{
	struct rs_table *t = make_table(), *again = rs_table_ref(t);

	CU_ASSERT_PTR_EQUAL(t, again);
	rs_table_unref(t);
	UNIT_STR(again->db, "shop");
	rs_table_unref(again);
	rs_table_unref(NULL);
}

static void names_are_quoted(void)
{
	struct rs_buf b = RS_BUF_INIT;

	CU_ASSERT_EQUAL(rs_quote_ident(&b, "a`b``"), RS_OK);
	UNIT_STR(rs_buf_str(&b), "`a``b`````");
	rs_buf_clear(&b);
	CU_ASSERT_EQUAL(rs_quote_table(&b, "", "t"), RS_OK);
	UNIT_STR(rs_buf_str(&b), "``.`t`");
	rs_buf_release(&b);
}

static void collations_are_found_by_number(void)
{
	struct rs_collations c = {NULL, 0};

	CU_ASSERT_PTR_NULL(rs_collations_find(&c, 8));
	rs_collations_add(&c, 255, "utf8mb4", "utf8mb4_0900_ai_ci");
	rs_collations_add(&c, 8, "latin1", "latin1_swedish_ci");
	rs_collations_add(&c, 63, "binary", "binary");
	rs_collations_sort(&c);
	UNIT_STR(rs_collations_find(&c, 8)->charset, "latin1");
	UNIT_STR(rs_collations_find(&c, 255)->name, "utf8mb4_0900_ai_ci");
	CU_ASSERT_PTR_NULL(rs_collations_find(&c, 9));
	rs_collations_release(&c);
}

static void a_column_that_goes_leaves_the_keys_right(void)
{
	struct rs_table *t = rs_table_new("d", "t");

	rs_table_add_column(t, "a", RS_T_INT);
	rs_table_add_column(t, "b", RS_T_INT);
	rs_table_add_column(t, "c", RS_T_INT);
	struct rs_key *k = rs_table_add_key(t, "k");
	rs_key_add_part(k, 2);
	rs_key_add_part(k, 1);
	rs_key_add_part(k, UINT32_MAX);
	rs_key_add_part(k, 0);
	rs_table_remove_column(t, 1);
	CU_ASSERT_EQUAL_FATAL(t->n_columns, 2);
	UNIT_STR(t->columns[0].name, "a");
	UNIT_STR(t->columns[1].name, "c");
	CU_ASSERT_EQUAL_FATAL(t->keys[0].n_parts, 3);
	CU_ASSERT_EQUAL(t->keys[0].parts[0].column, 1);
	CU_ASSERT_EQUAL(t->keys[0].parts[1].column, UINT32_MAX);
	CU_ASSERT_EQUAL(t->keys[0].parts[2].column, 0);
	rs_table_unref(t);
}

UNIT_MAIN(UNIT_TEST(types_as_the_servers_write_them), UNIT_TEST(the_compressed_attribute_is_found_in_its_comment),
          UNIT_TEST(members_lose_their_quotes_and_escapes), UNIT_TEST(a_column_can_be_parsed_again),
          UNIT_TEST(what_is_no_type_is_refused), UNIT_TEST(a_row_key_finds_one_row),
          UNIT_TEST(columns_are_found_without_case), UNIT_TEST(a_table_comes_back_from_json),
          UNIT_TEST(damaged_json_is_refused), UNIT_TEST(a_clone_is_private),
          UNIT_TEST(sameness_sees_what_decoding_depends_on), UNIT_TEST(references_keep_a_table),
          UNIT_TEST(names_are_quoted), UNIT_TEST(collations_are_found_by_number),
          UNIT_TEST(a_column_that_goes_leaves_the_keys_right))
