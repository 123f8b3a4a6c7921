/* The message formats against what documents and programs of others show, never against what was written here before. */
#include "codec/message.h"

#include <jansson.h>
#include <limits.h>
#include <string.h>

#include "codec/number.h"
#include "unit.h"

static struct rs_column *column(struct rs_table *t, const char *name, const char *type, const char *charset)
{
	struct rs_column *c = rs_table_add_column(t, name, RS_T_UNKNOWN);
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL_FATAL(rs_column_parse_type(c, type, &err), RS_OK);
	c->charset = charset ? strdup(charset) : NULL;
	return c;
}

static void primary_key(struct rs_table *t, uint32_t column)
{
	struct rs_key *k = rs_table_add_key(t, "PRIMARY");

	k->primary = k->unique = k->not_null = true;
	rs_key_add_part(k, column);
}

/* Values of a row: NULL is NULL, "\1" stands for a value that is not there. */
#define ABSENT "\1"
static const struct rs_value *row(const char *const *texts, size_t n)
{
	static struct rs_value values[2][40];
	static int turn;

	turn = !turn;
	for (size_t i = 0; i < n; i++) {
		if (texts[i] == NULL)
			values[turn][i] = rs_value_null();
		else if (strcmp(texts[i], ABSENT) == 0)
			values[turn][i] = (struct rs_value){NULL, 0, RS_ABSENT, 0};
		else
			values[turn][i] = rs_value_of(texts[i], strlen(texts[i]));
	}
	return values[turn];
}
#define ROW(...) row((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

struct bench {
	struct rs_message_encoder *encoder;
	struct rs_message_table *table;
	struct rs_buf out;
	struct rs_message messages[RS_MESSAGES_MAX];
	size_t n;
	struct rs_err err;
};

static void begin(struct bench *b, struct rs_message_options options, const struct rs_table *t, const struct rs_message_names *names,
                  int32_t partitions)
{
	const struct rs_message_topic topic = {.partitions = partitions, .schema_id = 0x01020304};

	*b = (struct bench){.out = RS_BUF_INIT, .err = RS_ERR_INIT};
	b->encoder = rs_message_encoder_new(&options);
	if (t != NULL)
		CU_ASSERT_EQUAL_FATAL(rs_message_table_new(b->encoder, t, names, &topic, &b->table, &b->err), RS_OK);
}

static void end(struct bench *b)
{
	rs_message_table_free(b->table);
	rs_message_encoder_free(b->encoder);
	rs_buf_release(&b->out);
	rs_err_clear(&b->err);
}

static enum rs_rc change(struct bench *b, const struct rs_message_origin *origin, enum rs_op op, const struct rs_value *before,
                         const struct rs_value *after)
{
	rs_buf_clear(&b->out);
	return rs_message_row(b->table, origin, op, before, after, &b->out, b->messages, &b->n, &b->err);
}

static json_t *value(const struct bench *b, size_t i)
{
	return json_loadb(b->out.data + b->messages[i].value, b->messages[i].value_len, 0, NULL);
}

static void expect_json(json_t *actual, const char *expected)
{
	json_t *wanted = json_loads(expected, 0, NULL);
	char *text = actual ? json_dumps(actual, JSON_SORT_KEYS | JSON_COMPACT) : strdup("no JSON");
	char *wanted_text = json_dumps(wanted, JSON_SORT_KEYS | JSON_COMPACT);

	CU_ASSERT_PTR_NOT_NULL_FATAL(wanted);
	UNIT_STR(text, wanted_text);
	free(text);
	free(wanted_text);
	json_decref(actual);
	json_decref(wanted);
}

static const char *key(const struct bench *b, size_t i)
{
	static char text[100];

	snprintf(text, sizeof text, "%.*s", (int)b->messages[i].key_len, b->out.data + b->messages[i].key);
	return b->messages[i].has_key ? text : NULL;
}

/* Messages of a real Canal, of a table with NULLs in a text (whose type is then -4, LONGVARBINARY) and in a double:
 * https://blog.csdn.net/qq_39285950/article/details/128465294 */
static void canal_writes_what_canal_wrote(void)
{
	struct rs_table *t = rs_table_new("bigdata", "job_result");
	struct rs_message_origin origin = {.id = 24, .seconds = 1588748884, .now = 1588748884545};
	struct bench b;
	json_t *got;

	column(t, "id", "bigint(20)", NULL);
	column(t, "key_value", "mediumtext", "utf8mb4");
	column(t, "double_value", "double", NULL);
	column(t, "long_value", "bigint(20)", NULL);
	column(t, "store_type", "varchar(255)", "utf8mb4");
	column(t, "create_time", "timestamp", NULL);
	column(t, "modify_time", "timestamp", NULL);
	primary_key(t, 0);
	begin(&b, (struct rs_message_options){.format = RS_MESSAGE_CANAL_JSON, .dialect = RS_MESSAGE_CANAL}, t, NULL, 1);
	UNIT_INT(change(&b, &origin, RS_OP_INSERT, NULL, ROW("27", NULL, NULL, "100", "NUMBER", "2020-05-06 00:00:00", NULL)), RS_OK);
	UNIT_INT(b.n, 1);
	UNIT_STR(key(&b, 0), NULL);
	got = value(&b, 0);
	json_object_del(got, "gtid"); /* of newer versions */
	expect_json(got, "{\"data\":[{\"id\":\"27\",\"key_value\":null,\"double_value\":null,\"long_value\":\"100\",\"store_type\":\"NUMBER\","
	            "\"create_time\":\"2020-05-06 00:00:00\",\"modify_time\":null}],\"database\":\"bigdata\",\"es\":1588748884000,\"id\":24,"
	            "\"isDdl\":false,\"mysqlType\":{\"id\":\"bigint(20)\",\"key_value\":\"mediumtext\",\"double_value\":\"double\","
	            "\"long_value\":\"bigint(20)\",\"store_type\":\"varchar(255)\",\"create_time\":\"timestamp\",\"modify_time\":\"timestamp\"},"
	            "\"old\":null,\"pkNames\":[\"id\"],\"sql\":\"\",\"sqlType\":{\"id\":-5,\"key_value\":-4,\"double_value\":8,\"long_value\":-5,"
	            "\"store_type\":12,\"create_time\":93,\"modify_time\":93},\"table\":\"job_result\",\"ts\":1588748884545,\"type\":\"INSERT\"}");

	UNIT_INT(change(&b, &origin, RS_OP_UPDATE, ROW("27", NULL, NULL, "100", "NUMBER", "2020-05-06 00:00:00", NULL),
	                ROW("27", NULL, NULL, "1001", "NUMBER", "2020-05-06 15:09:56", NULL)), RS_OK);
	got = value(&b, 0);
	UNIT_STR(json_string_value(json_object_get(got, "type")), "UPDATE");
	expect_json(json_incref(json_object_get(got, "old")), "[{\"long_value\":\"100\",\"create_time\":\"2020-05-06 00:00:00\"}]");
	json_decref(got);
	/* DELETE: the row as it was, and no old. */
	UNIT_INT(change(&b, &origin, RS_OP_DELETE, ROW("27", NULL, NULL, "100", "NUMBER", "2020-05-06 00:00:00", NULL), NULL), RS_OK);
	got = value(&b, 0);
	CU_ASSERT_TRUE(json_is_null(json_object_get(got, "old")));
	UNIT_STR(json_string_value(json_object_get(json_array_get(json_object_get(got, "data"), 0), "id")), "27");
	json_decref(got);
	end(&b);
	rs_table_unref(t);
}

/* LogEventConvert: an unsigned value that has its type's uppermost bit takes the next type; RowsLogBuffer: the types of NULL. */
static void canal_types_depend_on_the_value(void)
{
	static const char *const types[] = {
		"tinyint unsigned", "smallint unsigned", "mediumint unsigned", "int unsigned", "bigint unsigned", "tinytext", "blob",
		"varbinary(9)", "binary(9)", "set('a','b')", "json", "geometry", "year",
	};
	static const char names[][2] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"};
	struct rs_table *t = rs_table_new("d", "t");
	struct rs_message_origin origin = {.id = 1};
	struct bench b;
	json_t *got;

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		column(t, names[i], types[i], strstr(types[i], "text") ? "utf8mb4" : NULL);
	begin(&b, (struct rs_message_options){.format = RS_MESSAGE_CANAL_JSON, .dialect = RS_MESSAGE_CANAL}, t, NULL, 1);
	UNIT_INT(change(&b, &origin, RS_OP_INSERT, NULL, ROW("127", "32767", "8388607", "2147483647", "9223372036854775807", "x", "x", "x",
	                "x", "3", "1", "x", "2026")), RS_OK);
	got = value(&b, 0);
	expect_json(json_incref(json_object_get(got, "sqlType")), "{\"a\":-6,\"b\":5,\"c\":4,\"d\":4,\"e\":-5,\"f\":2005,\"g\":2004,\"h\":2004,"
	            "\"i\":2004,\"j\":-7,\"k\":12,\"l\":2004,\"m\":12}");
	json_decref(got);
	UNIT_INT(change(&b, &origin, RS_OP_INSERT, NULL, ROW("128", "32768", "8388608", "2147483648", "9223372036854775808", NULL, NULL,
	                NULL, NULL, NULL, NULL, NULL, NULL)), RS_OK);
	got = value(&b, 0);
	expect_json(json_incref(json_object_get(got, "sqlType")), "{\"a\":5,\"b\":4,\"c\":4,\"d\":-5,\"e\":3,\"f\":-3,\"g\":-4,\"h\":-3,"
	            "\"i\":-2,\"j\":-2,\"k\":1111,\"l\":-2,\"m\":12}");
	json_decref(got);
	end(&b);
	rs_table_unref(t);
}

/* Quest's knowledge base, 4376090: the key of an update alone, numbers without quotes, times to the nanosecond. */
static void shareplex_writes_what_quest_shows(void)
{
	struct rs_table *t = rs_table_new("PHUNT1013U1", "ROCK_BAND");
	struct rs_message_origin origin = {.id = 1, .seconds = 1497623074, .now = 1497623632000, .file = "binlog.000412", .offset = 99,
	                                   .ordinal = 1, .size = 11};
	struct rs_message_options options = {.format = RS_MESSAGE_SHAREPLEX_JSON, .dialect = RS_MESSAGE_CANAL};
	struct bench b;
	json_t *got;

	column(t, "BAND_NAME", "varchar(20)", "utf8mb4");
	column(t, "YEAR_START", "int", NULL);
	column(t, "YEAR_END", "int", NULL);
	column(t, "SORTED", "datetime", NULL);
	primary_key(t, 0);
	begin(&b, options, t, NULL, 1);
	UNIT_INT(change(&b, &origin, RS_OP_UPDATE, ROW("Rush", "1974", NULL, "2024-05-24 15:58:48"),
	                ROW("Rush", "1974", "2015", "2024-05-24 15:58:48")), RS_OK);
	got = value(&b, 0);
	UNIT_STR(json_string_value(json_object_get(json_object_get(got, "meta"), "op")), "upd");
	UNIT_STR(json_string_value(json_object_get(json_object_get(got, "meta"), "table")), "PHUNT1013U1.ROCK_BAND");
	json_object_del(got, "meta");
	expect_json(got, "{\"data\":{\"YEAR_END\":2015},\"key\":{\"BAND_NAME\":\"Rush\"}}");
	UNIT_INT(change(&b, &origin, RS_OP_DELETE, ROW("Rush", "1974", "2015", "2024-05-24 15:58:48"), NULL), RS_OK);
	got = value(&b, 0);
	UNIT_STR(json_string_value(json_object_get(json_object_get(got, "meta"), "op")), "del");
	json_object_del(got, "meta");
	expect_json(got, "{\"data\":{\"BAND_NAME\":\"Rush\",\"YEAR_START\":1974,\"YEAR_END\":2015,\"SORTED\":\"2024-05-24T15:58:48.000000000\"}}");
	end(&b);

	/* DTS: all values are strings, the key is the whole row as it was; the meta of its documents. */
	options.dialect = RS_MESSAGE_DTS;
	begin(&b, options, t, NULL, 1);
	UNIT_INT(change(&b, &origin, RS_OP_UPDATE, ROW("Rush", "1974", NULL, "2024-05-24 15:58:48"),
	                ROW("Rush", "1974", "2015", "2024-05-24 15:58:48")), RS_OK);
	expect_json(value(&b, 0), "{\"meta\":{\"time\":\"2017-06-16T14:24:34\",\"userid\":0,\"op\":\"upd\",\"scn\":\"99@412\",\"rowid\":\"\","
	            "\"trans\":\"99@412\",\"seq\":1,\"size\":11,\"table\":\"PHUNT1013U1.ROCK_BAND\",\"idx\":\"1/11\","
	            "\"posttime\":\"2017-06-16T14:33:52\"},\"data\":{\"YEAR_END\":\"2015\"},"
	            "\"key\":{\"BAND_NAME\":\"Rush\",\"YEAR_START\":\"1974\",\"YEAR_END\":null,\"SORTED\":\"2024-05-24 15:58:48\"}}");
	end(&b);
	rs_table_unref(t);
}

static size_t find(const char *hay, size_t n, const char *needle, size_t m)
{
	for (size_t i = 0; i + m <= n; i++)
		if (memcmp(hay + i, needle, m) == 0)
			return i;
	return n;
}

/* The bytes that avro-c writes for the same record, but for its tags. */
static void avro_writes_what_avro_writes(void)
{
	static const unsigned char head[] = {0x02, 0x0e, 0x10, 0x00, 0x00, 0x02, '0', 0x00, 0x06, '8', '.', '0', 0x00, 0x02, 0x06, 'd', '.', 't',
	                                     0x00};
	static const char tail[] = "\x04\x02\x04" "id\x06\x00\x00\x04\x02\x02\x08\x02" "1\x00";
	struct rs_table *t = rs_table_new("d", "t");
	struct rs_message_origin origin = {.id = 7, .seconds = 8, .now = 9};
	struct rs_message_options options = {.format = RS_MESSAGE_AVRO, .source_version = "8.0"};
	struct bench b;

	column(t, "id", "int", NULL);
	begin(&b, options, t, NULL, 1);
	UNIT_INT(change(&b, &origin, RS_OP_INSERT, NULL, ROW("1")), RS_OK);
	CU_ASSERT_EQUAL(memcmp(b.out.data, head, sizeof head), 0);
	CU_ASSERT_TRUE(find(b.out.data, b.out.len, tail, sizeof tail - 1) < b.out.len);
	end(&b);

	/* Confluent: a zero and the schema's number, big-endian, before the same. */
	options.registry = true;
	begin(&b, options, t, NULL, 1);
	UNIT_INT(change(&b, &origin, RS_OP_INSERT, NULL, ROW("1")), RS_OK);
	CU_ASSERT_EQUAL(memcmp(b.out.data, "\0\1\2\3\4", 5), 0);
	CU_ASSERT_EQUAL(memcmp(b.out.data + 5, head, sizeof head), 0);
	end(&b);
	rs_table_unref(t);
}

static void java_hashes(void)
{
	UNIT_INT(rs_message_hash("", 0), 0);
	UNIT_INT(rs_message_hash("hello", 5), 99162322);
	UNIT_INT(rs_message_hash("Aa", 2), 2112);
	UNIT_INT(rs_message_hash("BB", 2), 2112);
	UNIT_INT(rs_message_hash("polygenelubricants", 18), INT_MIN);
	UNIT_INT(rs_message_hash("\xf0\x9f\x98\x80", 4), 0xd83d * 31 + 0xde00); /* two units of UTF-16 */
}

static void negative_hashes_as_the_dialect_has_them(void)
{
	UNIT_INT(rs_message_partition(RS_MESSAGE_DTS, -1, 10), INT_MAX % 10);
	UNIT_INT(rs_message_partition(RS_MESSAGE_CANAL, -1, 10), 1);
	UNIT_INT(rs_message_partition(RS_MESSAGE_DTS, INT_MIN, 10), 0);
	UNIT_INT(rs_message_partition(RS_MESSAGE_CANAL, INT_MIN, 10), 8); /* abs(abs(-2147483648) % 10) in Java */
	UNIT_INT(rs_message_partition(RS_MESSAGE_DTS, 25, 10), 5);
	UNIT_INT(rs_message_partition(RS_MESSAGE_CANAL, 25, 10), 5);
}

static const char *java(const char *text, bool single)
{
	static char out[RS_NUMBER_MAX + 1];

	*rs_number_java(out, text, strlen(text), single) = 0;
	return out;
}

/* Double.toString's description, and the constants of java.lang.Double and Float. */
static void numbers_as_java_has_them(void)
{
	char beyond[RS_NUMBER_MAX];

	UNIT_STR(java("0", false), "0.0");
	UNIT_STR(java("-0", false), "-0.0");
	UNIT_STR(java("1", false), "1.0");
	UNIT_STR(java("-2.5", false), "-2.5");
	UNIT_STR(java("0.001", false), "0.001");
	UNIT_STR(java("0.0001", false), "1.0E-4");
	UNIT_STR(java("0.00012", false), "1.2E-4");
	UNIT_STR(java("9999999", false), "9999999.0");
	UNIT_STR(java("10000000", false), "1.0E7");
	UNIT_STR(java("12345678.5", false), "1.23456785E7");
	UNIT_STR(java("1.7976931348623157e308", false), "1.7976931348623157E308");
	UNIT_STR(java("4.9e-324", false), "4.9E-324");
	UNIT_STR(java("0.10000000149011612", true), "0.1");
	UNIT_STR(java("0.10000000149011612", false), "0.10000000149011612");
	UNIT_STR(java("3.4028234663852886e38", true), "3.4028235E38");
	UNIT_STR(java("1.401298464324817e-45", true), "1.0E-45"); /* Java wants two digits where there are: 1.4E-45 */
	UNIT_STR(java("16777216", true), "1.6777216E7");
	/* Values don't end with a NUL; another may follow. */
	CU_ASSERT_EQUAL(rs_number_read("1e3089", 5), 1e308);
	CU_ASSERT_EQUAL(rs_number_read("-1.5e-79", 7), -1.5e-7);
	*rs_number_java(beyond, "1e3089", 5, false) = 0;
	UNIT_STR(beyond, "1.0E308");
}

static struct rs_table *two_keys(void)
{
	struct rs_table *t = rs_table_new("shop", "orders");

	column(t, "a", "varchar(9)", "latin1");
	column(t, "b", "int", NULL);
	column(t, "note", "varchar(90)", "utf8mb4");
	primary_key(t, 0);
	rs_key_add_part(&t->keys[0], 1);
	return t;
}

static void keys_and_partitions(void)
{
	static const char *const chosen[] = {"note"}, *const none[] = {"nothing"};
	struct rs_table *t = two_keys();
	struct rs_message_options o = {.format = RS_MESSAGE_CANAL_JSON, .partitioning = RS_PARTITION_KEY};
	struct rs_message_names names = {.keys = chosen, .n_keys = 1};
	struct rs_message_origin origin = {.id = 5};
	int32_t shop = rs_message_hash("shop", 4), x = rs_message_hash("x,y", 3), seven = rs_message_hash("7", 1);
	struct rs_message_table *other = NULL;
	struct bench b;

	/* One text of all values; a comma in one of them is told from the one between them. */
	begin(&b, o, t, NULL, 1000);
	UNIT_INT(change(&b, &origin, RS_OP_INSERT, NULL, ROW("x,y", "7", "n")), RS_OK);
	UNIT_STR(key(&b, 0), "x\\,y,7");
	UNIT_INT(b.messages[0].partition, rs_message_partition(RS_MESSAGE_DTS, rs_message_hash("x\\,y,7", 6), 1000));
	end(&b);
	/* Canal: the values' own hashes, and the database's, by exclusive or. */
	o.dialect = RS_MESSAGE_CANAL;
	begin(&b, o, t, NULL, 1000);
	UNIT_INT(change(&b, &origin, RS_OP_INSERT, NULL, ROW("x,y", "7", "n")), RS_OK);
	UNIT_STR(key(&b, 0), NULL);
	UNIT_INT(b.messages[0].partition, rs_message_partition(RS_MESSAGE_CANAL, shop ^ x ^ seven, 1000));
	end(&b);
	/* Chosen columns; NULL is the empty text. */
	o.dialect = RS_MESSAGE_DTS;
	begin(&b, o, t, &names, 1000);
	UNIT_INT(change(&b, &origin, RS_OP_INSERT, NULL, ROW("x,y", "7", "n,n")), RS_OK);
	UNIT_STR(key(&b, 0), "n,n");
	UNIT_INT(change(&b, &origin, RS_OP_DELETE, ROW("x,y", "7", NULL), NULL), RS_OK);
	UNIT_STR(key(&b, 0), "");
	UNIT_INT(b.messages[0].partition, 0);
	names.keys = none;
	UNIT_INT(rs_message_table_new(b.encoder, t, &names, &(struct rs_message_topic){.partitions = 1}, &other, &b.err), RS_FAIL);
	UNIT_INT(b.err.code, RS_E_MAPPING);
	end(&b);
	/* By table. */
	o.partitioning = RS_PARTITION_TABLE;
	begin(&b, o, t, NULL, 1000);
	UNIT_INT(change(&b, &origin, RS_OP_DELETE, ROW("x", "7", NULL), NULL), RS_OK);
	UNIT_STR(key(&b, 0), "shop.orders");
	UNIT_INT(b.messages[0].partition, rs_message_partition(RS_MESSAGE_DTS, rs_message_hash("shop.orders", 11), 1000));
	end(&b);
	o.partitioning = RS_PARTITION_ZERO;
	begin(&b, o, t, NULL, 1000);
	UNIT_INT(change(&b, &origin, RS_OP_DELETE, ROW("x", "7", NULL), NULL), RS_OK);
	UNIT_STR(key(&b, 0), NULL);
	UNIT_INT(b.messages[0].partition, 0);
	end(&b);
	rs_table_unref(t);
}

static void a_row_that_moves_is_deleted_and_inserted(void)
{
	struct rs_table *t = two_keys();
	struct rs_message_options o = {.format = RS_MESSAGE_CANAL_JSON, .partitioning = RS_PARTITION_KEY};
	struct rs_message_origin origin = {.id = 5};
	struct bench b;
	json_t *got;

	begin(&b, o, t, NULL, 1000);
	UNIT_INT(change(&b, &origin, RS_OP_UPDATE, ROW("x", "7", "n"), ROW("x", "8", ABSENT)), RS_OK);
	UNIT_INT(b.n, 2);
	UNIT_STR(key(&b, 0), "x,7");
	got = value(&b, 0);
	UNIT_STR(json_string_value(json_object_get(got, "type")), "DELETE");
	UNIT_INT(json_integer_value(json_object_get(got, "id")), 5);
	json_decref(got);
	UNIT_STR(key(&b, 1), "x,8");
	got = value(&b, 1);
	UNIT_STR(json_string_value(json_object_get(got, "type")), "INSERT");
	UNIT_INT(json_integer_value(json_object_get(got, "id")), 6);
	/* What the log left out of the row as it is now is as it was. */
	expect_json(json_incref(json_object_get(got, "data")), "[{\"a\":\"x\",\"b\":\"8\",\"note\":\"n\"}]");
	json_decref(got);
	CU_ASSERT_NOT_EQUAL(b.messages[0].partition, b.messages[1].partition);
	UNIT_INT(change(&b, &origin, RS_OP_UPDATE, ROW("x", "7", "n"), ROW("x", "7", "m")), RS_OK);
	UNIT_INT(b.n, 1);
	end(&b);
	rs_table_unref(t);
}

static void minimal_images_leave_out_what_nobody_knows(void)
{
	struct rs_table *t = two_keys();
	struct rs_message_origin origin = {.id = 5};
	struct bench b;
	json_t *got;

	begin(&b, (struct rs_message_options){.format = RS_MESSAGE_CANAL_JSON}, t, NULL, 1);
	UNIT_INT(change(&b, &origin, RS_OP_UPDATE, ROW("x", "7", ABSENT), ROW(ABSENT, "8", ABSENT)), RS_OK);
	got = value(&b, 0);
	expect_json(json_incref(json_object_get(got, "data")), "[{\"a\":\"x\",\"b\":\"8\"}]");
	expect_json(json_incref(json_object_get(got, "old")), "[{\"b\":\"7\"}]");
	json_decref(got);
	end(&b);
	rs_table_unref(t);
}

static void text_of_any_character_set(void)
{
	struct rs_table *t = rs_table_new("d", "t");
	struct rs_message_origin origin = {.id = 1};
	size_t before;
	struct bench b;
	json_t *got;

	column(t, "l", "varchar(9)", "latin1");
	column(t, "g", "varchar(9)", "gbk");
	column(t, "u", "text", "utf8mb4");
	column(t, "v", "varbinary(9)", NULL);
	begin(&b, (struct rs_message_options){.format = RS_MESSAGE_CANAL_JSON}, t, NULL, 1);
	UNIT_INT(change(&b, &origin, RS_OP_INSERT, NULL, ROW("\x80\xfc", "\xd6\xd0", "\"\\\n\x1f\x7f \xf0\x9f\x98\x80", "\x80\xff\"")), RS_OK);
	got = value(&b, 0);
	expect_json(json_incref(json_object_get(got, "data")),
	            "[{\"l\":\"\\u20ac\\u00fc\",\"g\":\"\\u4e2d\",\"u\":\"\\\"\\\\\\n\\u001f\\u007f \\ud83d\\ude00\",\"v\":\"\\u0080\\u00ff\\\"\"}]");
	json_decref(got);
	/* What is not valid is no message; what stood in the buffer stays. */
	before = b.out.len;
	UNIT_INT(rs_message_row(b.table, &origin, RS_OP_INSERT, NULL, ROW("a", "b", "\xc3", "c"), &b.out, b.messages, &b.n, &b.err), RS_FAIL);
	UNIT_INT(b.err.code, RS_E_VALUE);
	CU_ASSERT_PTR_NOT_NULL(strstr(b.err.primary, "column u of d.t"));
	UNIT_INT(b.out.len, before);
	rs_err_clear(&b.err);
	UNIT_INT(rs_message_row(b.table, &origin, RS_OP_INSERT, NULL, ROW("a", "\x81", "b", "c"), &b.out, b.messages, &b.n, &b.err), RS_FAIL);
	UNIT_INT(b.err.code, RS_E_VALUE);
	rs_err_clear(&b.err);
	/* A full buffer. */
	b.out.max = b.out.len + 100;
	UNIT_INT(rs_message_row(b.table, &origin, RS_OP_INSERT, NULL, ROW("a", "b", "c", "d"), &b.out, b.messages, &b.n, &b.err), RS_FAIL);
	UNIT_INT(b.err.code, RS_E_MEMORY);
	UNIT_INT(b.out.len, before);
	CU_ASSERT_FALSE(b.out.failed);
	end(&b);
	rs_table_unref(t);
}

/* Canal finds escapes and pieces of long texts; every length around the limits of how they are read and written. */
static void long_texts(void)
{
	struct rs_table *t = rs_table_new("d", "t");
	struct rs_message_origin origin = {.id = 1};
	struct bench b;

	column(t, "u", "longtext", "utf8mb4");
	begin(&b, (struct rs_message_options){.format = RS_MESSAGE_CANAL_JSON}, t, NULL, 1);
	for (size_t n = 4080; n < 4112; n++) {
		char *text = calloc(1, n + 20);
		json_t *got;

		memset(text, 'x', n);
		memcpy(text + n, "\"\xe2\x82\xac\xf0\x9f\x98\x80\\yyyyyyy", 16);
		UNIT_INT(change(&b, &origin, RS_OP_INSERT, NULL, row((const char *const[]){text}, 1)), RS_OK);
		got = value(&b, 0);
		UNIT_STR(json_string_value(json_object_get(json_array_get(json_object_get(got, "data"), 0), "u")), text);
		json_decref(got);
		free(text);
	}
	end(&b);
	rs_table_unref(t);
}

static void members_as_text_or_number(void)
{
	struct rs_table *t = rs_table_new("d", "t");
	struct rs_message_origin origin = {.id = 1};
	struct rs_message_options o = {.format = RS_MESSAGE_CANAL_JSON};
	struct bench b;
	json_t *got;

	column(t, "e", "enum('red','gr\xc3\xbcn')", "utf8mb4");
	column(t, "s", "set('a','b','c')", "utf8mb4");
	column(t, "bits", "bit(12)", NULL);
	begin(&b, o, t, NULL, 1);
	UNIT_INT(change(&b, &origin, RS_OP_INSERT, NULL, ROW("2", "5", "\x0a\xbc")), RS_OK);
	got = value(&b, 0);
	expect_json(json_incref(json_object_get(got, "data")), "[{\"e\":\"gr\xc3\xbcn\",\"s\":\"a,c\",\"bits\":\"2748\"}]");
	json_decref(got);
	UNIT_INT(change(&b, &origin, RS_OP_INSERT, NULL, ROW("0", "0", "\1\1")), RS_OK);
	got = value(&b, 0);
	expect_json(json_incref(json_object_get(got, "data")), "[{\"e\":\"\",\"s\":\"\",\"bits\":\"257\"}]");
	json_decref(got);
	end(&b);
	o.dialect = RS_MESSAGE_CANAL;
	begin(&b, o, t, NULL, 1);
	UNIT_INT(change(&b, &origin, RS_OP_INSERT, NULL, ROW("2", "5", "\x0a\xbc")), RS_OK);
	got = value(&b, 0);
	expect_json(json_incref(json_object_get(got, "data")), "[{\"e\":\"2\",\"s\":\"5\",\"bits\":\"2748\"}]");
	json_decref(got);
	end(&b);
	rs_table_unref(t);
}

static void timestamps_by_a_clock(void)
{
	struct rs_table *t = rs_table_new("d", "t");
	struct rs_message_origin origin = {.id = 1};
	struct bench b;
	json_t *got;

	column(t, "a", "timestamp(3)", NULL);
	column(t, "b", "timestamp", NULL);
	column(t, "c", "datetime", NULL);
	begin(&b, (struct rs_message_options){.format = RS_MESSAGE_CANAL_JSON, .utc_offset = 8 * 3600}, t, NULL, 1);
	UNIT_INT(change(&b, &origin, RS_OP_INSERT, NULL, ROW("2024-02-28 16:00:01.250", "0000-00-00 00:00:00", "2024-02-28 16:00:01")), RS_OK);
	got = value(&b, 0);
	expect_json(json_incref(json_object_get(got, "data")),
	            "[{\"a\":\"2024-02-29 00:00:01.250\",\"b\":\"0000-00-00 00:00:00\",\"c\":\"2024-02-28 16:00:01\"}]");
	json_decref(got);
	end(&b);
	rs_table_unref(t);
}

static const char *ddl_type(enum rs_message_dialect dialect, const char *sql)
{
	static const struct rs_sql_dialect grammar;
	static const struct rs_message_topic one = {.partitions = 1};
	static char type[20];
	struct rs_message_origin origin = {.id = 1, .seconds = 2, .now = 3};
	struct rs_err err = RS_ERR_INIT;
	struct rs_ddl ddl;
	struct bench b;
	json_t *got;

	begin(&b, (struct rs_message_options){.format = RS_MESSAGE_CANAL_JSON, .dialect = dialect}, NULL, NULL, 1);
	CU_ASSERT_EQUAL_FATAL(rs_ddl_parse(&ddl, sql, strlen(sql), "d", &grammar, &err), RS_OK);
	UNIT_INT(rs_message_ddl(b.encoder, &origin, &ddl, sql, strlen(sql), "d", "t", &one, &b.out, &b.messages[0], &err), RS_OK);
	got = value(&b, 0);
	snprintf(type, sizeof type, "%s", json_string_value(json_object_get(got, "type")));
	UNIT_STR(json_string_value(json_object_get(got, "sql")), sql);
	CU_ASSERT_TRUE(json_is_true(json_object_get(got, "isDdl")));
	CU_ASSERT_TRUE(json_is_null(json_object_get(got, "data")));
	json_decref(got);
	rs_ddl_release(&ddl);
	end(&b);
	return type;
}

static void schema_changes(void)
{
	UNIT_STR(ddl_type(RS_MESSAGE_DTS, "CREATE TABLE t (a int)"), "DDL");
	UNIT_STR(ddl_type(RS_MESSAGE_CANAL, "CREATE TABLE t (a int)"), "CREATE");
	UNIT_STR(ddl_type(RS_MESSAGE_CANAL, "ALTER TABLE t ADD b int"), "ALTER");
	UNIT_STR(ddl_type(RS_MESSAGE_CANAL, "ALTER TABLE t RENAME TO u"), "RENAME");
	UNIT_STR(ddl_type(RS_MESSAGE_CANAL, "DROP TABLE t"), "ERASE");
	UNIT_STR(ddl_type(RS_MESSAGE_CANAL, "TRUNCATE TABLE t"), "TRUNCATE");
	UNIT_STR(ddl_type(RS_MESSAGE_CANAL, "RENAME TABLE t TO u"), "RENAME");
	UNIT_STR(ddl_type(RS_MESSAGE_CANAL, "CREATE INDEX i ON t (a)"), "CINDEX");
	UNIT_STR(ddl_type(RS_MESSAGE_CANAL, "DROP INDEX i ON t"), "DINDEX");
	UNIT_STR(ddl_type(RS_MESSAGE_CANAL, "CREATE DATABASE x"), "QUERY");
}

/* A statement and the marks of a transaction in the formats that are not Canal's. */
static void schema_changes_and_marks_of_other_formats(void)
{
	static const char sql[] = "TRUNCATE TABLE t", avro[] = "\x00\x00\x02\x20TRUNCATE TABLE t\xa0\x1f"; /* null, null, string, 2,000 ms */
	static const struct rs_message_topic many = {.partitions = 1000};
	static const struct rs_sql_dialect grammar;
	struct rs_message_origin origin = {.id = 1, .seconds = 2, .now = 3000, .gtid = "0-1-2", .ordinal = 1};
	struct rs_message_options o = {.format = RS_MESSAGE_SHAREPLEX_JSON, .partitioning = RS_PARTITION_TABLE};
	struct rs_ddl ddl;
	struct bench b;

	begin(&b, o, NULL, NULL, 1);
	CU_ASSERT_EQUAL_FATAL(rs_ddl_parse(&ddl, sql, strlen(sql), "d", &grammar, &b.err), RS_OK);
	UNIT_INT(rs_message_ddl(b.encoder, &origin, &ddl, sql, strlen(sql), "d", "t", &many, &b.out, &b.messages[0], &b.err), RS_OK);
	expect_json(value(&b, 0), "{\"meta\":{\"time\":\"1970-01-01T00:00:02\",\"userid\":0,\"op\":\"truncate\",\"scn\":\"\",\"rowid\":\"\","
	            "\"trans\":\"0-1-2\",\"seq\":1,\"table\":\"d.t\",\"posttime\":\"1970-01-01T00:00:03\"},\"sql\":{\"ddl\":\"TRUNCATE TABLE t\"}}");
	/* Where the table's rows go; what is of no table goes to partition 0. */
	UNIT_STR(key(&b, 0), "d.t");
	UNIT_INT(b.messages[0].partition, rs_message_partition(RS_MESSAGE_DTS, rs_message_hash("d.t", 3), 1000));
	rs_buf_clear(&b.out);
	UNIT_INT(rs_message_ddl(b.encoder, &origin, &ddl, sql, strlen(sql), "d", NULL, &many, &b.out, &b.messages[0], &b.err), RS_OK);
	UNIT_STR(key(&b, 0), NULL);
	UNIT_INT(b.messages[0].partition, 0);
	UNIT_INT(rs_message_mark(b.encoder, &origin, RS_MARK_COMMIT, &many, &b.out, &b.messages[0], &b.n, &b.err), RS_OK);
	UNIT_INT(b.n, 0);
	end(&b);

	o.format = RS_MESSAGE_AVRO;
	begin(&b, o, NULL, NULL, 1);
	UNIT_INT(rs_message_ddl(b.encoder, &origin, &ddl, sql, strlen(sql), "d", "t", &many, &b.out, &b.messages[0], &b.err), RS_OK);
	CU_ASSERT_EQUAL(find(b.out.data, b.out.len, avro, sizeof avro - 1), b.out.len - (sizeof avro - 1));
	UNIT_INT(rs_message_mark(b.encoder, &origin, RS_MARK_HEARTBEAT, &many, &b.out, &b.messages[0], &b.n, &b.err), RS_OK);
	UNIT_INT(b.n, 1);
	end(&b);
	rs_ddl_release(&ddl);
}

static void copied_rows_and_left_out_columns(void)
{
	static const char *const columns[] = {"A", NULL, "note"};
	struct rs_table *t = two_keys();
	struct rs_message_names names = {.db = "D", .table = "T", .columns = columns};
	struct rs_message_origin origin = {.id = 1};
	struct bench b;
	json_t *got;

	begin(&b, (struct rs_message_options){.format = RS_MESSAGE_CANAL_JSON, .partitioning = RS_PARTITION_KEY}, t, &names, 9);
	UNIT_INT(rs_message_copied(b.table, &origin, ROW("x", "1", NULL), &b.out, &b.messages[0], &b.err), RS_OK);
	got = value(&b, 0);
	UNIT_STR(json_string_value(json_object_get(got, "type")), "INIT");
	UNIT_STR(json_string_value(json_object_get(got, "table")), "T");
	expect_json(json_incref(json_object_get(got, "data")), "[{\"A\":\"x\",\"note\":null}]");
	expect_json(json_incref(json_object_get(got, "pkNames")), "[\"A\"]");
	expect_json(json_incref(json_object_get(got, "mysqlType")), "{\"A\":\"varchar\",\"note\":\"varchar\"}");
	/* Half of a key is none. */
	UNIT_STR(key(&b, 0), NULL);
	UNIT_INT(b.messages[0].partition, 0);
	json_decref(got);
	end(&b);
	rs_table_unref(t);
}

UNIT_MAIN(UNIT_TEST(canal_writes_what_canal_wrote), UNIT_TEST(canal_types_depend_on_the_value),
          UNIT_TEST(shareplex_writes_what_quest_shows), UNIT_TEST(avro_writes_what_avro_writes), UNIT_TEST(java_hashes),
          UNIT_TEST(negative_hashes_as_the_dialect_has_them), UNIT_TEST(numbers_as_java_has_them), UNIT_TEST(keys_and_partitions),
          UNIT_TEST(a_row_that_moves_is_deleted_and_inserted), UNIT_TEST(minimal_images_leave_out_what_nobody_knows),
          UNIT_TEST(text_of_any_character_set), UNIT_TEST(long_texts), UNIT_TEST(members_as_text_or_number),
          UNIT_TEST(timestamps_by_a_clock), UNIT_TEST(schema_changes),
          UNIT_TEST(schema_changes_and_marks_of_other_formats),
          UNIT_TEST(copied_rows_and_left_out_columns))
