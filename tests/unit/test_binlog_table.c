#include "codec/binlog_table.h"

#include "events.h"
#include "unit.h"

static struct bytes b;
static struct rs_binlog_format mysql, mariadb;
static struct rs_arena arena;
static struct rs_collations collations;

static void begin(void)
{
	plain_format(&mysql, "9.7.0");
	plain_format(&mariadb, "10.11.19-MariaDB");
	rs_arena_init(&arena, 0);
	rs_collations_add(&collations, 8, "latin1", "latin1_swedish_ci");
	rs_collations_add(&collations, 45, "utf8mb4", "utf8mb4_general_ci");
	rs_collations_add(&collations, 255, "utf8mb4", "utf8mb4_0900_ai_ci");
	rs_collations_sort(&collations);
}

static void end(void)
{
	rs_arena_release(&arena);
	rs_collations_release(&collations);
}

/* The map of shop.t with these columns, all of them nullable. */
static void begin_map(const char *types, size_t n, const char *meta, size_t meta_len)
{
	begin_event(&b, RS_EV_TABLE_MAP, 0);
	put_le(&b, 0x010203040506, 6);
	put_le(&b, 1, 2);
	put_name(&b, "shop");
	put_name(&b, "t");
	put_le(&b, n, 1);
	put(&b, types, n);
	put_le(&b, meta_len, 1);
	put(&b, meta, meta_len);
	for (size_t i = 0; i < (n + 7) / 8; i++)
		put_le(&b, 0xff, 1);
}

static void put_meta(uint8_t type, const char *value, size_t len)
{
	put_le(&b, type, 1);
	put_le(&b, len, 1);
	put(&b, value, len);
}

#define META(type, value) put_meta((type), (value), sizeof(value) - 1)

static struct rs_table_map read_map(const struct rs_binlog_format *f, enum rs_errc expected)
{
	struct rs_event ev = parsed(f, &b);
	struct rs_table_map map;
	struct rs_err err = RS_ERR_INIT;

	UNIT_INT(rs_table_map_read(f, &ev, &arena, &map, &err), expected ? RS_FAIL : RS_OK);
	UNIT_INT(err.code, expected);
	rs_err_clear(&err);
	return map;
}

/* id INT, v VARCHAR(20), e ENUM, s SET, c CHAR(255) of four bytes each, u BIGINT. */
#define TYPES "\x03\x0f\xfe\xfe\xfe\x08"
#define TYPES_META "\x50\x00\xf7\x01\xf8\x02\xce\xfc"

static void begin_sample(void)
{
	begin_map(TYPES, 6, TYPES_META, 8);
}

static void add_full_meta(void)
{
	META(1, "\x40");                                  /* u is unsigned */
	META(2, "\x2d\x01\x08");                          /* v is utf8mb4, c latin1 */
	META(4, "\x02id\x01v\x01""e\x01s\x01""c\x01u");
	META(5, "\x02\x01x\x01y");
	META(6, "\x02\x02\xc3\xa9\x01z");
	META(8, "\x01\x00");                              /* the primary key is v, id */
	META(10, "\xfc\xff\x00");
	META(12, "\xf4");                                 /* c is invisible */
}

static void a_map_is_read(void)
{
	struct rs_table_map map;
	struct rs_table_map_id id;
	struct rs_event ev;

	begin();
	begin_sample();
	map = read_map(&mysql, RS_E_NONE);
	UNIT_INT(map.table_id, 0x010203040506);
	UNIT_STR(map.db, "shop");
	UNIT_STR(map.name, "t");
	UNIT_INT(map.n_columns, 6);
	UNIT_INT(map.columns[1].length, 80);
	UNIT_INT(map.columns[2].type, RS_W_ENUM);
	UNIT_INT(map.columns[2].length, 1);
	UNIT_INT(map.columns[3].type, RS_W_SET);
	UNIT_INT(map.columns[3].length, 2);
	UNIT_INT(map.columns[4].type, RS_W_STRING);
	UNIT_INT(map.columns[4].length, 1020);
	CU_ASSERT_TRUE(map.columns[5].nullable && map.columns[5].visible);
	CU_ASSERT_FALSE(map.full || map.has_signs || map.has_names);
	ev = parsed(&mysql, &b);
	CU_ASSERT_EQUAL(rs_table_map_peek(&mysql, &ev, &id, NULL), RS_OK);
	CU_ASSERT_TRUE(id.table_id == map.table_id && id.digest == map.digest);
	CU_ASSERT_TRUE(rs_slice_is(id.db, "shop") && rs_slice_is(id.name, "t"));
	end();
}

static void metadata_are_read(void)
{
	struct rs_table_map map;

	begin();
	begin_sample();
	add_full_meta();
	META(99, "later");
	map = read_map(&mysql, RS_E_NONE);
	CU_ASSERT_TRUE(map.full && map.has_signs && map.has_charsets && map.has_names && map.has_members && map.has_primary);
	CU_ASSERT_FALSE(map.columns[0].is_unsigned);
	CU_ASSERT_TRUE(map.columns[5].is_unsigned);
	UNIT_INT(map.columns[1].collation, 45);
	UNIT_INT(map.columns[4].collation, 8);
	UNIT_INT(map.columns[2].collation, 255);
	UNIT_INT(map.columns[3].collation, 255);
	UNIT_INT(map.columns[3].n_members, 2);
	CU_ASSERT_TRUE(rs_slice_is(map.columns[2].members[0], "\xc3\xa9"));
	UNIT_INT(map.n_primary, 2);
	UNIT_INT(map.primary[0].column, 1);
	CU_ASSERT_TRUE(map.columns[3].visible && !map.columns[4].visible && map.columns[5].visible);
	end();
}

static void cut_maps_are_malformed_or_smaller(void)
{
	struct rs_event ev;

	begin();
	begin_sample();
	add_full_meta();
	ev = parsed(&mysql, &b);
	for (size_t cut = 0; cut < ev.body_len; cut++) {
		struct rs_event shorter = ev;
		struct rs_table_map map;
		struct rs_err err = RS_ERR_INIT;

		shorter.body_len = cut;
		if (rs_table_map_read(&mysql, &shorter, &arena, &map, &err) == RS_FAIL)
			UNIT_INT(err.code, RS_E_EVENT_MALFORMED);
		else
			CU_ASSERT_TRUE(cut >= 30);
		rs_err_clear(&err);
	}
	end();
}

static void impossible_columns_are_refused(void)
{
	begin();
	begin_map("\x14", 1, "", 0); /* an array of an index */
	read_map(&mysql, RS_E_NOT_SUPPORTED);
	begin_map("\x06", 1, "", 0); /* NULL: of an expression, never of a table */
	read_map(&mysql, RS_E_NOT_SUPPORTED);
	begin_map("\x13", 1, "\x07", 1); /* TIME(7) */
	read_map(&mysql, RS_E_EVENT_MALFORMED);
	begin_map("\xf6", 1, "\x05\x06", 2); /* DECIMAL(5,6) */
	read_map(&mysql, RS_E_EVENT_MALFORMED);
	begin_map("\xf6", 1, "\x42\x00", 2);
	read_map(&mysql, RS_E_EVENT_MALFORMED);
	begin_map("\xfc", 1, "\x05", 1);
	read_map(&mysql, RS_E_EVENT_MALFORMED);
	begin_map("\x10", 1, "\x01\x08", 2); /* BIT(65) */
	read_map(&mysql, RS_E_EVENT_MALFORMED);
	begin_map("\xfe", 1, "\xf7\x03", 2); /* ENUM of three bytes */
	read_map(&mysql, RS_E_EVENT_MALFORMED);
	begin_map("\x03", 1, "", 0);
	META(8, "\x01"); /* the primary key is the second column of one */
	read_map(&mysql, RS_E_EVENT_MALFORMED);
	begin_map("\x03", 1, "", 0);
	META(1, "");
	read_map(&mysql, RS_E_EVENT_MALFORMED);
	end();
}

static void old_table_ids_have_four_bytes(void)
{
	struct rs_binlog_format f;
	struct rs_table_map map;

	begin();
	f = mysql;
	f.post_header[RS_EV_TABLE_MAP] = 6;
	begin_map("\x03", 1, "", 0);
	memmove(b.data + RS_EVENT_HEADER + 4, b.data + RS_EVENT_HEADER + 6, b.len - RS_EVENT_HEADER - 6);
	b.len -= 2;
	map = read_map(&f, RS_E_NONE);
	UNIT_INT(map.table_id, 0x03040506);
	UNIT_STR(map.name, "t");
	end();
}

/* --- layouts ---------------------------------------------------------------------------------------------------- */

static struct rs_table *table_of(const char *const *columns, size_t n)
{
	struct rs_table *t = rs_table_new("shop", "t");
	struct rs_err err = RS_ERR_INIT;

	for (size_t i = 0; i < n; i++) {
		char name[8];
		const char *type = strchr(columns[i], ' ') + 1;
		struct rs_column *c;

		snprintf(name, sizeof name, "%.*s", (int)(type - 1 - columns[i]), columns[i]);
		c = rs_table_add_column(t, name, RS_T_UNKNOWN);
		CU_ASSERT_EQUAL(rs_column_parse_type(c, type, &err), RS_OK);
		c->nullable = true;
		if (rs_type_is_text(c->type) || c->type == RS_T_ENUM || c->type == RS_T_SET) {
			c->charset = strdup("utf8mb4");
			c->collation = strdup("utf8mb4_general_ci");
		}
	}
	return t;
}

static const char *const sample[] = {"id int", "v varchar(20)", "e enum('\xc3\xa9','z')",
                                     "s set('a','b','c','d','e','f','g','h','i')", "c char(255)", "u bigint unsigned"};

static struct rs_layout *bind(const struct rs_binlog_format *f, const struct rs_table *t, enum rs_errc expected,
                              const char *detail)
{
	struct rs_table_map map = read_map(f, RS_E_NONE);
	struct rs_layout *l = NULL;
	struct rs_err err = RS_ERR_INIT;

	UNIT_INT(rs_layout_new(&l, &map, t, &collations, &err), expected ? RS_FAIL : RS_OK);
	UNIT_INT(err.code, expected);
	if (expected && !strstr(err.detail, detail))
		UNIT_STR(err.detail, detail);
	rs_err_clear(&err);
	return l;
}

static void a_schema_that_fits_is_used_as_it_is(void)
{
	struct rs_table *t = table_of(sample, 6);
	struct rs_layout *l;

	begin();
	begin_sample();
	l = bind(&mysql, t, RS_E_NONE, NULL);
	CU_ASSERT_PTR_EQUAL(l->table, t);
	CU_ASSERT_FALSE(l->amended);
	UNIT_INT(l->columns[0].decoder, RS_D_INT);
	UNIT_INT(l->columns[0].size, 4);
	CU_ASSERT_TRUE(l->columns[5].is_unsigned && !l->columns[0].is_unsigned);
	UNIT_INT(l->columns[1].len_bytes, 1);
	UNIT_INT(l->columns[4].len_bytes, 2);
	UNIT_INT(l->columns[3].size, 2);
	rs_table_unref(t);
	UNIT_STR(l->table->name, "t");
	rs_layout_free(l);
	end();
}

static void a_schema_that_does_not_fit_is_drift(void)
{
	static const struct {
		int column;
		const char *instead, *detail;
	} changes[] = {
		{0, "id bigint", "column id: BIGINT in the schema"}, {1, "v text", "column v: TEXT"},
		{2, "e set('a')", "column e"}, {3, "s set('a')", "column s"}, {4, "c binary(255)", "column c"},
		{5, "u decimal(20,0)", "column u"}, {2, "e char(1)", "column e"}, {0, "id datetime(3)", "column id"},
	};

	begin();
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		const char *columns[6];
		struct rs_table *t;

		memcpy(columns, sample, sizeof columns);
		columns[changes[i].column] = changes[i].instead;
		t = table_of(columns, 6);
		begin_sample();
		CU_ASSERT_PTR_NULL(bind(&mysql, t, RS_E_SCHEMA_DRIFT, changes[i].detail));
		rs_table_unref(t);
	}
	begin_sample();
	CU_ASSERT_PTR_NULL(bind(&mysql, NULL, RS_E_SCHEMA_DRIFT, "nothing is known"));
	end();
}

static void another_number_of_columns_is_drift(void)
{
	struct rs_table *t = table_of(sample, 5);

	begin();
	begin_sample();
	CU_ASSERT_PTR_NULL(bind(&mysql, t, RS_E_SCHEMA_DRIFT, "6 columns in the log, 5 in the schema"));
	rs_table_unref(t);
	end();
}

static void full_metadata_need_no_schema(void)
{
	struct rs_layout *l;
	const struct rs_table *t;

	begin();
	begin_sample();
	add_full_meta();
	l = bind(&mysql, NULL, RS_E_NONE, NULL);
	t = l->table;
	CU_ASSERT_FALSE(l->amended);
	UNIT_STR(t->columns[1].name, "v");
	UNIT_STR(t->columns[1].native, "varchar(20)");
	UNIT_STR(t->columns[1].charset, "utf8mb4");
	UNIT_STR(t->columns[4].collation, "latin1_swedish_ci");
	UNIT_INT(t->columns[4].length, 1020);
	UNIT_STR(t->columns[2].members[0], "\xc3\xa9");
	UNIT_STR(t->columns[2].native, "enum('\xc3\xa9','z')");
	CU_ASSERT_TRUE(t->columns[4].invisible && t->columns[5].is_unsigned && t->columns[0].nullable);
	UNIT_STR(rs_table_row_key(t)->name, "PRIMARY");
	UNIT_INT(rs_table_row_key(t)->parts[0].column, 1);
	rs_layout_free(l);
	end();
}

static void metadata_win_over_an_older_schema(void)
{
	static const char *const older[] = {"gone int", "id int", "v varchar(30)", "c char(255)", "u bigint"};
	struct rs_table *t = table_of(older, 5);
	struct rs_key *k;
	struct rs_layout *l;

	begin();
	t->columns[4].generated = true;
	k = rs_table_add_key(t, "PRIMARY");
	k->primary = k->unique = k->not_null = true;
	rs_key_add_part(k, 1);
	k = rs_table_add_key(t, "kept");
	k->unique = true;
	rs_key_add_part(k, 4);
	k = rs_table_add_key(t, "lost");
	rs_key_add_part(k, 0);
	rs_table_add_foreign_key(t, "fk");
	t->engine = strdup("InnoDB");
	begin_sample();
	add_full_meta();
	l = bind(&mysql, t, RS_E_NONE, NULL);
	CU_ASSERT_TRUE(l->amended);
	UNIT_INT(l->table->n_columns, 6);
	UNIT_STR(l->table->columns[1].native, "varchar(30)"); /* fits: the schema's word is kept */
	CU_ASSERT_TRUE(l->table->columns[5].is_unsigned && l->table->columns[5].generated);
	UNIT_INT(l->table->n_keys, 2);
	UNIT_INT(l->table->keys[0].n_parts, 2);
	UNIT_STR(l->table->keys[1].name, "kept");
	UNIT_INT(l->table->keys[1].parts[0].column, 5);
	UNIT_INT(l->table->n_foreign_keys, 1);
	UNIT_STR(l->table->engine, "InnoDB");
	UNIT_INT(t->n_foreign_keys, 1);
	rs_layout_free(l);
	rs_table_unref(t);
	end();
}

static void signs_and_charsets_of_minimal_metadata_win(void)
{
	struct rs_table *t = table_of(sample, 6);
	struct rs_layout *l;

	begin();
	begin_sample();
	META(1, "\x80"); /* id is unsigned, u is not */
	META(3, "\x08\x3f");
	l = bind(&mysql, t, RS_E_NONE, NULL);
	CU_ASSERT_TRUE(l->amended);
	CU_ASSERT_TRUE(l->columns[0].is_unsigned && !l->columns[5].is_unsigned);
	UNIT_STR(l->table->columns[1].charset, "latin1");
	UNIT_STR(l->table->columns[2].charset, "utf8mb4");
	UNIT_INT(l->table->columns[4].type, RS_T_BINARY);
	UNIT_STR(l->table->columns[4].name, "c");
	rs_layout_free(l);
	rs_table_unref(t);
	end();
}

static void an_unknown_collation_is_drift(void)
{
	begin();
	begin_sample();
	add_full_meta();
	META(3, "\x2d\xfc\x01\x09");
	CU_ASSERT_PTR_NULL(bind(&mysql, NULL, RS_E_SCHEMA_DRIFT, "collation 2305"));
	end();
}

static void only_the_schema_tells_addresses_from_bytes(void)
{
	static const char *const columns[] = {"u uuid", "i inet6", "b binary(16)", "f inet4"};
	struct rs_table *t = table_of(columns, 4);
	struct rs_layout *l;

	begin();
	begin_map("\xfe\xfe\xfe\xfe", 4, "\xfe\x10\xfe\x10\xfe\x10\xfe\x04", 8);
	META(2, "\x3f");
	META(4, "\x01u\x01i\x01" "b\x01" "f");
	l = bind(&mariadb, t, RS_E_NONE, NULL);
	CU_ASSERT_FALSE(l->amended);
	UNIT_INT(l->columns[0].decoder, RS_D_UUID);
	UNIT_INT(l->columns[1].decoder, RS_D_INET6);
	UNIT_INT(l->columns[2].decoder, RS_D_BYTES);
	UNIT_INT(l->columns[2].pad, 16);
	UNIT_INT(l->columns[3].decoder, RS_D_INET4);
	rs_layout_free(l);
	l = bind(&mariadb, NULL, RS_E_NONE, NULL);
	UNIT_INT(l->table->columns[0].type, RS_T_BINARY);
	UNIT_INT(l->table->columns[0].length, 16);
	rs_layout_free(l);
	rs_table_unref(t);
	end();
}

static void only_the_schema_tells_the_fraction_of_old_types(void)
{
	static const char *const columns[] = {"t time(3)", "d datetime"};
	struct rs_table *t = table_of(columns, 2);
	struct rs_layout *l;

	begin();
	begin_map("\x0b\x0c", 2, "", 0);
	META(4, "\x01t\x01" "d");
	l = bind(&mariadb, t, RS_E_NONE, NULL);
	UNIT_INT(l->columns[0].decoder, RS_D_TIME_HIRES);
	UNIT_INT(l->columns[0].size, 5);
	UNIT_INT(l->columns[1].decoder, RS_D_DATETIME_OLD);
	rs_layout_free(l);
	CU_ASSERT_PTR_NULL(bind(&mariadb, NULL, RS_E_SCHEMA_DRIFT, "nothing is known"));
	rs_table_unref(t);
	end();
}

static void vectors_count_as_text_in_mysql_and_geometries_in_mariadb(void)
{
	struct rs_table_map map;

	begin();
	begin_map("\xf2\xff\xfc", 3, "\x04\x04\x02", 3);
	META(3, "\x3f\x2d");
	META(13, "\x03");
	map = read_map(&mysql, RS_E_NONE);
	UNIT_INT(map.columns[2].collation, 45);
	UNIT_INT(map.columns[0].dimension, 3);
	begin_map("\xff\xfc", 2, "\x04\x02", 2);
	META(3, "\x3f\x2d");
	map = read_map(&mariadb, RS_E_NONE);
	UNIT_INT(map.columns[1].collation, 45);
	end();
}

static void hashes_of_long_unique_keys_are_hidden(void)
{
	static const char *const columns[] = {"id int", "t text"};
	struct rs_table *t = table_of(columns, 2);
	struct rs_layout *l;
	struct rs_key *k;

	begin();
	begin_map("\x03\xfc\x08", 3, "\x02", 1);
	CU_ASSERT_PTR_NULL(bind(&mariadb, t, RS_E_SCHEMA_DRIFT, "3 columns in the log, 2 in the schema"));
	k = rs_table_add_key(t, "u");
	k->unique = true;
	rs_key_add_part(k, 1);
	l = bind(&mariadb, t, RS_E_NONE, NULL);
	CU_ASSERT_PTR_EQUAL(l->table, t);
	UNIT_INT(l->n_columns, 3);
	rs_layout_free(l);
	META(1, "\x00");
	META(2, "\x2d");
	META(4, "\x02id\x01t\x0d" "DB_ROW_HASH_1");
	for (int blind = 0; blind < 2; blind++) {
		l = bind(&mariadb, blind ? NULL : t, RS_E_NONE, NULL);
		UNIT_INT(l->n_columns, 3);
		UNIT_INT(l->table->n_columns, 2);
		CU_ASSERT_FALSE(l->amended);
		rs_layout_free(l);
	}
	begin_map("\x03\xfc\x08\x08", 4, "\x02", 1); /* more than that key explains */
	CU_ASSERT_PTR_NULL(bind(&mariadb, t, RS_E_SCHEMA_DRIFT, "4 columns in the log"));
	rs_table_unref(t);
	end();
}

UNIT_MAIN(UNIT_TEST(hashes_of_long_unique_keys_are_hidden), UNIT_TEST(a_map_is_read), UNIT_TEST(metadata_are_read), UNIT_TEST(cut_maps_are_malformed_or_smaller),
          UNIT_TEST(impossible_columns_are_refused), UNIT_TEST(old_table_ids_have_four_bytes),
          UNIT_TEST(a_schema_that_fits_is_used_as_it_is), UNIT_TEST(a_schema_that_does_not_fit_is_drift),
          UNIT_TEST(another_number_of_columns_is_drift), UNIT_TEST(full_metadata_need_no_schema),
          UNIT_TEST(metadata_win_over_an_older_schema), UNIT_TEST(signs_and_charsets_of_minimal_metadata_win),
          UNIT_TEST(an_unknown_collation_is_drift), UNIT_TEST(only_the_schema_tells_addresses_from_bytes),
          UNIT_TEST(only_the_schema_tells_the_fraction_of_old_types),
          UNIT_TEST(vectors_count_as_text_in_mysql_and_geometries_in_mariadb))
