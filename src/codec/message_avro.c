/* DTS' Avro: com.alibaba.dts.formats.avro.Record, field after field in the order of its schema, which is at the end of this file.
 * Avro's binary encoding is written by hand: integers as zigzag varints, strings and bytes behind their length, unions behind
 * the number of their branch, arrays and maps as one block and a zero. avro-c would go through a tree of values for each message;
 * the tests read what is written here with Avro's own library. */
#include <string.h>

#include "codec/message_priv.h"
#include "codec/number.h"

/* Operation */
enum { OP_INSERT, OP_UPDATE, OP_DELETE, OP_DDL, OP_BEGIN, OP_COMMIT, OP_HEARTBEAT = 8, OP_INIT = 16 };
/* The union of a value. */
enum {
	V_NULL, V_INTEGER, V_CHARACTER, V_DECIMAL, V_FLOAT, V_TIMESTAMP, V_DATETIME, V_TIMESTAMP_TZ, V_BINARY_GEOMETRY, V_TEXT_GEOMETRY,
	V_BINARY_OBJECT, V_TEXT_OBJECT, V_EMPTY
};
enum { EMPTY_NONE = 1 }; /* the column is not in the image */
enum { IMAGE_NULL, IMAGE_STRING, IMAGE_ARRAY };
enum { FORMAT_VERSION = 1, SOURCE_MYSQL = 0 };

/* What every message of the table has. */
enum { PART_OBJECT, PART_KEYS, PART_FIELDS };

static void add_long(struct rs_buf *out, int64_t v)
{
	uint64_t z = (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
	char bytes[10];
	size_t n = 0;

	for (; z >= 0x80; z >>= 7)
		bytes[n++] = (char)(z | 0x80);
	bytes[n++] = (char)z;
	rs_message_put(out, bytes, n);
}

static void add_bytes(struct rs_buf *out, const char *bytes, size_t len)
{
	add_long(out, (int64_t)len);
	rs_message_put(out, bytes, len);
}

static void add_string(struct rs_buf *out, const char *s) { add_bytes(out, s, strlen(s)); }

/* A name of DTS: a point inside of a part is written as \u002E. */
static void add_object(struct rs_buf *out, const char *db, const char *table)
{
	struct rs_buf name = RS_BUF_INIT;

	for (const char *part = db; part != NULL; part = part == db ? table : NULL) {
		if (part == table)
			rs_buf_addc(&name, '.');
		for (const char *p = part; *p; p++)
			rs_buf_adds(&name, *p == '.' ? "\\u002E" : (char[]){*p, 0});
	}
	add_long(out, 1);
	add_string(out, rs_buf_str(&name));
	rs_buf_release(&name);
}

static void add_key(struct rs_buf *json, const struct rs_table *table, const struct rs_key *k)
{
	if (json->len > 1)
		rs_buf_addc(json, ',');
	rs_json_name(json, k->name, strlen(k->name));
	rs_buf_addc(json, ':');
	for (size_t i = 0; i < k->n_parts; i++) {
		const char *name = k->parts[i].column < table->n_columns ? table->columns[k->parts[i].column].name : "";

		rs_buf_addc(json, i ? ',' : '[');
		rs_json_name(json, name, strlen(name));
	}
	rs_buf_addc(json, ']');
}

static void prepare(struct rs_message_table *t)
{
	struct rs_buf json = RS_BUF_INIT;

	add_object(&t->parts[PART_OBJECT], t->db, t->name);
	rs_buf_addc(&json, '{');
	for (size_t i = 0; i < t->source->n_keys; i++)
		if (t->source->keys[i].unique || t->source->keys[i].primary)
			add_key(&json, t->source, &t->source->keys[i]);
	rs_buf_addc(&json, '}');
	add_string(&t->parts[PART_KEYS], "pk_uk_info");
	add_bytes(&t->parts[PART_KEYS], json.data, json.len);
	rs_buf_release(&json);
	add_long(&t->parts[PART_FIELDS], IMAGE_ARRAY);
	if (t->n_columns)
		add_long(&t->parts[PART_FIELDS], (int64_t)t->n_columns);
	for (size_t i = 0; i < t->n_columns; i++) {
		add_string(&t->parts[PART_FIELDS], t->columns[i].name);
		add_long(&t->parts[PART_FIELDS], t->columns[i].data_type);
	}
	add_long(&t->parts[PART_FIELDS], 0);
}

static void add_part(struct rs_buf *out, const struct rs_buf *part) { rs_message_put(out, part->data, part->len); }

/* Confluent's frame, and the fields before objectName. */
static void add_head(const struct rs_message_encoder *e, const struct rs_message_origin *o, int operation,
                     const struct rs_message_topic *topic, struct rs_buf *out)
{
	uint32_t id = topic->schema_id;
	char position[RS_PLACE_MAX];

	if (e->options.registry)
		rs_message_put(out, (char[]){0, (char)(id >> 24), (char)(id >> 16), (char)(id >> 8), (char)id}, 5);
	add_long(out, FORMAT_VERSION);
	add_long(out, (int64_t)o->id);
	add_long(out, o->seconds);
	add_bytes(out, position, rs_message_position(o, position));
	add_string(out, "");
	add_string(out, o->gtid ? o->gtid : "0");
	add_long(out, SOURCE_MYSQL);
	add_string(out, e->source_version);
	add_long(out, operation);
}

/* processTimestamps, and tags: those that the table has, when the record was read, the transaction's id and server. */
static void add_tags(const struct rs_message_origin *o, const struct rs_buf *keys, struct rs_buf *out)
{
	char now[RS_NUMBER_MAX], server[RS_NUMBER_MAX];

	add_long(out, 0);
	add_long(out, 1 + (keys != NULL) + (o->gtid != NULL) + (o->server_id != 0));
	if (keys != NULL)
		add_part(out, keys);
	add_string(out, "readerThroughoutTime");
	add_bytes(out, now, (size_t)(rs_number_i64(now, o->now) - now));
	if (o->gtid != NULL) {
		add_string(out, "GTID");
		add_string(out, o->gtid);
	}
	if (o->server_id != 0) {
		add_string(out, "server_id");
		add_bytes(out, server, (size_t)(rs_number_u64(server, o->server_id) - server));
	}
	add_long(out, 0);
}

static void add_integer(struct rs_buf *out, int precision, const char *digits, size_t len)
{
	add_long(out, V_INTEGER);
	add_long(out, precision);
	add_bytes(out, digits, len);
}

static int integer_bytes(enum rs_type type)
{
	return type == RS_T_TINYINT ? 1 : type == RS_T_SMALLINT ? 2 : type == RS_T_BIGINT || type == RS_T_BIT ? 8 : 4;
}

static void add_float(struct rs_buf *out, const struct rs_column *c, const struct rs_value *v)
{
	double d = rs_number_read(v->bytes, v->len);
	uint64_t bits;
	char bytes[8];

	memcpy(&bits, &d, sizeof bits);
	for (int i = 0; i < 8; i++)
		bytes[i] = (char)(bits >> 8 * i);
	add_long(out, V_FLOAT);
	rs_message_put(out, bytes, sizeof bytes);
	add_long(out, c->length);
	add_long(out, c->scale);
}

static int64_t part(const char *p, size_t n)
{
	int64_t v = 0;

	while (n--)
		v = v * 10 + (*p++ - '0');
	return v;
}

/* Microseconds of a fraction's digits. */
static int64_t micros(const char *p, const char *end)
{
	int64_t v = 0;

	for (int i = 0; i < 6; i++)
		v = v * 10 + (p < end ? *p++ - '0' : 0);
	return v;
}

static void add_some(struct rs_buf *out, int64_t v)
{
	add_long(out, 1);
	add_long(out, v);
}

static void add_none(struct rs_buf *out, int n)
{
	while (n--)
		add_long(out, 0);
}

static void add_clock(struct rs_buf *out, const char *p, const char *end, int64_t sign)
{
	const char *colon = memchr(p, ':', (size_t)(end - p));

	if (colon == NULL || end - colon < 6) {
		add_none(out, 4);
		return;
	}
	add_some(out, sign * part(p, (size_t)(colon - p)));
	add_some(out, sign * part(colon + 1, 2));
	add_some(out, sign * part(colon + 4, 2));
	add_some(out, sign * (end - colon > 7 ? micros(colon + 7, end) : 0));
}

/* Year to microsecond; what the type does not have is null. The fraction is called millis, and counts microseconds. */
static void add_datetime(struct rs_buf *out, enum rs_type type, const struct rs_value *v)
{
	const char *p = v->bytes, *end = p + v->len;

	add_long(out, V_DATETIME);
	if (type == RS_T_YEAR) {
		add_some(out, part(p, v->len));
		add_none(out, 6);
		return;
	}
	if (type == RS_T_TIME) {
		int64_t sign = *p == '-' ? -1 : 1;

		add_none(out, 3);
		add_clock(out, p + (sign < 0), end, sign);
		return;
	}
	add_some(out, part(p, 4));
	add_some(out, part(p + 5, 2));
	add_some(out, part(p + 8, 2));
	if (type == RS_T_DATE)
		add_none(out, 4);
	else
		add_clock(out, p + 11, end, 1);
}

static void add_timestamp(struct rs_buf *out, const struct rs_value *v)
{
	add_long(out, V_TIMESTAMP);
	add_long(out, rs_message_seconds(v));
	add_long(out, v->len > 20 ? micros(v->bytes + 20, v->bytes + v->len) : 0);
}

static void add_typed(struct rs_buf *out, int branch, const char *type, const char *bytes, size_t len)
{
	add_long(out, branch);
	add_string(out, type);
	add_bytes(out, bytes, len);
}

static void add_text(struct rs_message_table *t, struct rs_message_column *c, const char *type, const struct rs_value *v,
                     struct rs_buf *out)
{
	struct rs_text text;

	if (rs_message_text(t, c, v, &text, NULL) == RS_OK)
		add_typed(out, V_TEXT_OBJECT, type, text.bytes, text.len);
}

static void add_value(struct rs_message_table *t, struct rs_message_column *mc, const struct rs_value *v, struct rs_buf *out)
{
	const struct rs_column *c = mc->column;
	struct rs_text text;

	switch (c->type) {
	case RS_T_TINYINT: case RS_T_SMALLINT: case RS_T_MEDIUMINT: case RS_T_INT: case RS_T_BIGINT:
		add_integer(out, integer_bytes(c->type), v->bytes, v->len);
		return;
	case RS_T_BIT:
		if (rs_message_text(t, mc, v, &text, NULL) == RS_OK)
			add_integer(out, integer_bytes(c->type), text.bytes, text.len);
		return;
	case RS_T_DECIMAL:
		add_long(out, V_DECIMAL);
		add_bytes(out, v->bytes, v->len);
		add_long(out, c->length);
		add_long(out, c->scale);
		return;
	case RS_T_FLOAT: case RS_T_DOUBLE:
		add_float(out, c, v);
		return;
	case RS_T_TIMESTAMP:
		add_timestamp(out, v);
		return;
	case RS_T_YEAR: case RS_T_DATE: case RS_T_TIME: case RS_T_DATETIME:
		add_datetime(out, c->type, v);
		return;
	case RS_T_ENUM:
		add_text(t, mc, "ENUM", v, out);
		return;
	case RS_T_SET:
		add_text(t, mc, "SET", v, out);
		return;
	case RS_T_JSON:
		add_typed(out, V_TEXT_OBJECT, "JSON", v->bytes, v->len);
		return;
	case RS_T_UUID:
		add_typed(out, V_TEXT_OBJECT, "UUID", v->bytes, v->len);
		return;
	case RS_T_GEOMETRY:
		add_typed(out, V_BINARY_GEOMETRY, "GEOMETRY", v->bytes, v->len);
		return;
	case RS_T_TINYBLOB: case RS_T_BLOB: case RS_T_MEDIUMBLOB: case RS_T_LONGBLOB:
		add_typed(out, V_BINARY_OBJECT, "BLOB", v->bytes, v->len);
		return;
	case RS_T_BINARY: case RS_T_VARBINARY: case RS_T_VECTOR: case RS_T_UNKNOWN: case RS_T_COUNT:
		add_typed(out, V_BINARY_OBJECT, "BINARY", v->bytes, v->len);
		return;
	default: /* CHAR … LONGTEXT in their own character set, addresses */
		add_typed(out, V_CHARACTER, c->charset ? c->charset : rs_type_is_text(c->type) ? "binary" : "ascii", v->bytes, v->len);
		return;
	}
}

static void add_image(struct rs_message_table *t, const struct rs_value **row, struct rs_buf *out)
{
	add_long(out, IMAGE_ARRAY);
	if (t->n_columns)
		add_long(out, (int64_t)t->n_columns);
	for (size_t i = 0; i < t->n_columns; i++) {
		if (row[i] == NULL) {
			add_long(out, V_EMPTY);
			add_long(out, EMPTY_NONE);
		} else if (row[i]->presence == RS_NULL) {
			add_long(out, V_NULL);
		} else {
			add_value(t, &t->columns[i], row[i], out);
		}
	}
	add_long(out, 0);
}

static enum rs_rc avro_row(struct rs_message_table *t, const struct rs_message_origin *origin, enum rs_message_kind kind,
                           struct rs_buf *out, struct rs_err *err)
{
	static const int operations[] = {
		[RS_KIND_INSERT] = OP_INSERT, [RS_KIND_UPDATE] = OP_UPDATE, [RS_KIND_DELETE] = OP_DELETE, [RS_KIND_INIT] = OP_INIT,
	};

	(void)err;
	add_head(t->encoder, origin, operations[kind], &t->topic, out);
	add_part(out, &t->parts[PART_OBJECT]);
	add_tags(origin, &t->parts[PART_KEYS], out);
	add_part(out, &t->parts[PART_FIELDS]);
	if (kind == RS_KIND_UPDATE || kind == RS_KIND_DELETE)
		add_image(t, t->before, out);
	else
		add_long(out, IMAGE_NULL);
	if (kind != RS_KIND_DELETE)
		add_image(t, t->after, out);
	else
		add_long(out, IMAGE_NULL);
	add_long(out, origin->seconds * 1000);
	return RS_OK;
}

static void avro_ddl(const struct rs_message_encoder *e, const struct rs_message_origin *origin, const struct rs_ddl *ddl,
                     const char *sql, size_t len, const char *db, const char *table, const struct rs_message_topic *topic,
                     struct rs_buf *out)
{
	(void)ddl;
	add_head(e, origin, OP_DDL, topic, out);
	add_object(out, db, table);
	add_tags(origin, NULL, out);
	add_none(out, 2); /* fields, beforeImages */
	add_long(out, IMAGE_STRING);
	add_bytes(out, sql, len);
	add_long(out, origin->seconds * 1000);
}

static void avro_mark(const struct rs_message_encoder *e, const struct rs_message_origin *origin, enum rs_message_mark mark,
                      const struct rs_message_topic *topic, struct rs_buf *out)
{
	static const int operations[] = {
		[RS_MARK_BEGIN] = OP_BEGIN, [RS_MARK_COMMIT] = OP_COMMIT, [RS_MARK_HEARTBEAT] = OP_HEARTBEAT,
	};

	add_head(e, origin, operations[mark], topic, out);
	add_long(out, 0); /* objectName */
	add_tags(origin, NULL, out);
	add_none(out, 3); /* fields and both images */
	add_long(out, origin->seconds * 1000);
}

const struct rs_message_codec rs_avro_codec = {prepare, avro_row, avro_ddl, avro_mark};

#define NULLABLE_INT(name) "{\"name\":\"" name "\",\"type\":[\"null\",\"int\"],\"default\":null}"
#define STRING_FIELD(name) "{\"name\":\"" name "\",\"type\":\"string\"}"
#define INT_FIELD(name) "{\"name\":\"" name "\",\"type\":\"int\"}"
#define BYTES_FIELD(name) "{\"name\":\"" name "\",\"type\":\"bytes\"}"
#define RECORD(name, fields) "{\"type\":\"record\",\"name\":\"" name "\",\"fields\":[" fields "]}"
#define DATETIME                                                                                                              \
	RECORD("DateTime", NULLABLE_INT("year") "," NULLABLE_INT("month") "," NULLABLE_INT("day") "," NULLABLE_INT("hour") ","      \
	       NULLABLE_INT("minute") "," NULLABLE_INT("second") "," NULLABLE_INT("millis"))

const char *rs_message_schema(void)
{
	return "{\"type\":\"record\",\"name\":\"Record\",\"namespace\":\"com.alibaba.dts.formats.avro\",\"fields\":["
	       INT_FIELD("version") ","
	       "{\"name\":\"id\",\"type\":\"long\"},"
	       "{\"name\":\"sourceTimestamp\",\"type\":\"long\"},"
	       STRING_FIELD("sourcePosition") ","
	       "{\"name\":\"safeSourcePosition\",\"type\":\"string\",\"default\":\"\"},"
	       "{\"name\":\"sourceTxid\",\"type\":\"string\",\"default\":\"\"},"
	       "{\"name\":\"source\",\"type\":" RECORD("Source",
	       "{\"name\":\"sourceType\",\"type\":{\"type\":\"enum\",\"name\":\"SourceType\",\"symbols\":[\"MySQL\",\"Oracle\","
	       "\"SQLServer\",\"PostgreSQL\",\"MongoDB\",\"Redis\",\"DB2\",\"PPAS\",\"DRDS\",\"HBASE\",\"HDFS\",\"FILE\",\"OTHER\"]}},"
	       STRING_FIELD("version")) "},"
	       "{\"name\":\"operation\",\"type\":{\"type\":\"enum\",\"name\":\"Operation\",\"symbols\":[\"INSERT\",\"UPDATE\","
	       "\"DELETE\",\"DDL\",\"BEGIN\",\"COMMIT\",\"ROLLBACK\",\"ABORT\",\"HEARTBEAT\",\"CHECKPOINT\",\"COMMAND\",\"FILL\","
	       "\"FINISH\",\"CONTROL\",\"RDB\",\"NOOP\",\"INIT\"]}},"
	       "{\"name\":\"objectName\",\"type\":[\"null\",\"string\"],\"default\":null},"
	       "{\"name\":\"processTimestamps\",\"type\":[\"null\",{\"type\":\"array\",\"items\":\"long\"}],\"default\":null},"
	       "{\"name\":\"tags\",\"type\":{\"type\":\"map\",\"values\":\"string\"},\"default\":{}},"
	       "{\"name\":\"fields\",\"type\":[\"null\",\"string\",{\"type\":\"array\",\"items\":"
	       RECORD("Field", STRING_FIELD("name") "," INT_FIELD("dataTypeNumber")) "}],\"default\":null},"
	       "{\"name\":\"beforeImages\",\"type\":[\"null\",\"string\",{\"type\":\"array\",\"items\":[\"null\","
	       RECORD("Integer", INT_FIELD("precision") "," STRING_FIELD("value")) ","
	       RECORD("Character", STRING_FIELD("charset") "," BYTES_FIELD("value")) ","
	       RECORD("Decimal", STRING_FIELD("value") "," INT_FIELD("precision") "," INT_FIELD("scale")) ","
	       RECORD("Float", "{\"name\":\"value\",\"type\":\"double\"}," INT_FIELD("precision") "," INT_FIELD("scale")) ","
	       RECORD("Timestamp", "{\"name\":\"timestamp\",\"type\":\"long\"}," INT_FIELD("millis")) ","
	       DATETIME ","
	       RECORD("TimestampWithTimeZone", "{\"name\":\"value\",\"type\":\"DateTime\"}," STRING_FIELD("timezone")) ","
	       RECORD("BinaryGeometry", STRING_FIELD("type") "," BYTES_FIELD("value")) ","
	       RECORD("TextGeometry", STRING_FIELD("type") "," STRING_FIELD("value")) ","
	       RECORD("BinaryObject", STRING_FIELD("type") "," BYTES_FIELD("value")) ","
	       RECORD("TextObject", STRING_FIELD("type") "," STRING_FIELD("value")) ","
	       "{\"type\":\"enum\",\"name\":\"EmptyObject\",\"symbols\":[\"NULL\",\"NONE\"]}]}],\"default\":null},"
	       "{\"name\":\"afterImages\",\"type\":[\"null\",\"string\",{\"type\":\"array\",\"items\":[\"null\",\"Integer\",\"Character\","
	       "\"Decimal\",\"Float\",\"Timestamp\",\"DateTime\",\"TimestampWithTimeZone\",\"BinaryGeometry\",\"TextGeometry\","
	       "\"BinaryObject\",\"TextObject\",\"EmptyObject\"]}],\"default\":null},"
	       "{\"name\":\"bornTimestamp\",\"type\":\"long\",\"default\":0}]}";
}
