/* Where the definitions of a format differ, as the README shows it; and the types of columns in java.sql.Types.
 *
 * DTS: "Data formats of a Kafka cluster" and "Specify the policy for synchronizing data to Kafka partitions" of its documents.
 * Canal: MQMessageUtils, LogEventConvert and RowsLogBuffer of its source; of SharePlex JSON, which Canal does not have, what
 * Quest's own writes (its knowledge base). */
#include "codec/message_priv.h"

const struct rs_message_rules rs_message_dialects[] = {
	[RS_MESSAGE_DTS] = {.init = true, .message_keys = true},
	[RS_MESSAGE_CANAL] = {
		.ddl_kinds = true,
		.member_numbers = true,
		.type_lengths = true,
		.value_types = true,
		.hash_values = true,
		.table_hash_alone = true,
		.negative_absolute = true,
		.key_is_key = true,
		.native_values = true,
	},
};

/* An unsigned column may hold what its own type does not, and takes the next one. */
static int integer_type(enum rs_type type, bool widened)
{
	switch (type) {
	case RS_T_TINYINT:
		return widened ? RS_SQL_SMALLINT : RS_SQL_TINYINT;
	case RS_T_SMALLINT:
		return widened ? RS_SQL_INTEGER : RS_SQL_SMALLINT;
	case RS_T_MEDIUMINT:
		return RS_SQL_INTEGER;
	case RS_T_INT:
		return widened ? RS_SQL_BIGINT : RS_SQL_INTEGER;
	default:
		return widened ? RS_SQL_DECIMAL : RS_SQL_BIGINT;
	}
}

int rs_sql_type(const struct rs_column *c, bool member_numbers)
{
	switch (c->type) {
	case RS_T_TINYINT: case RS_T_SMALLINT: case RS_T_MEDIUMINT: case RS_T_INT: case RS_T_BIGINT:
		return integer_type(c->type, c->is_unsigned);
	case RS_T_DECIMAL:
		return RS_SQL_DECIMAL;
	case RS_T_FLOAT:
		return RS_SQL_REAL;
	case RS_T_DOUBLE:
		return RS_SQL_DOUBLE;
	case RS_T_BIT:
		return RS_SQL_BIT;
	case RS_T_DATE:
		return RS_SQL_DATE;
	case RS_T_TIME:
		return RS_SQL_TIME;
	case RS_T_DATETIME: case RS_T_TIMESTAMP:
		return RS_SQL_TIMESTAMP;
	case RS_T_CHAR:
		return RS_SQL_CHAR;
	case RS_T_TINYTEXT: case RS_T_TEXT: case RS_T_MEDIUMTEXT: case RS_T_LONGTEXT:
		return RS_SQL_CLOB;
	case RS_T_ENUM:
		return member_numbers ? RS_SQL_INTEGER : RS_SQL_CHAR;
	case RS_T_SET:
		return member_numbers ? RS_SQL_BIT : RS_SQL_CHAR;
	case RS_T_BINARY: case RS_T_VARBINARY: case RS_T_TINYBLOB: case RS_T_BLOB: case RS_T_MEDIUMBLOB: case RS_T_LONGBLOB:
	case RS_T_GEOMETRY: case RS_T_VECTOR:
		return RS_SQL_BLOB;
	default: /* VARCHAR, YEAR, JSON, addresses */
		return RS_SQL_VARCHAR;
	}
}

/* Where Canal finds NULL it has only the log's type to go by. */
static int type_of_null(const struct rs_column *c)
{
	switch (c->type) {
	case RS_T_TINYINT: case RS_T_SMALLINT: case RS_T_MEDIUMINT: case RS_T_INT: case RS_T_BIGINT:
		return integer_type(c->type, false);
	case RS_T_TINYTEXT: case RS_T_TINYBLOB: case RS_T_VARBINARY:
		return RS_SQL_VARBINARY;
	case RS_T_TEXT: case RS_T_MEDIUMTEXT: case RS_T_LONGTEXT: case RS_T_BLOB: case RS_T_MEDIUMBLOB: case RS_T_LONGBLOB:
		return RS_SQL_LONGVARBINARY;
	case RS_T_BINARY: case RS_T_SET: case RS_T_GEOMETRY:
		return RS_SQL_BINARY;
	case RS_T_JSON: case RS_T_VECTOR:
		return RS_SQL_OTHER;
	default:
		return rs_sql_type(c, true);
	}
}

/* Whether an unsigned integer has its type's uppermost bit. */
static bool looks_negative(const struct rs_column *c, const struct rs_value *v)
{
	static const char least[][20] = {
		[RS_T_TINYINT] = "128", [RS_T_SMALLINT] = "32768", [RS_T_MEDIUMINT] = "8388608", [RS_T_INT] = "2147483648",
		[RS_T_BIGINT] = "9223372036854775808",
	};
	size_t n;

	if (!c->is_unsigned)
		return false;
	n = strlen(least[c->type]);
	return v->len > n || (v->len == n && memcmp(v->bytes, least[c->type], n) >= 0);
}

int rs_sql_type_of_value(const struct rs_column *c, const struct rs_value *v)
{
	if (v->presence != RS_PRESENT)
		return type_of_null(c);
	if (c->type >= RS_T_TINYINT && c->type <= RS_T_BIGINT)
		return integer_type(c->type, looks_negative(c, v));
	return rs_sql_type(c, true);
}

/* Numbers of MySQL's protocol, as a client sees the column: not those of its log. */
int rs_mysql_type_number(const struct rs_column *c)
{
	static const uint8_t numbers[RS_T_COUNT] = {
		[RS_T_UNKNOWN] = 254, [RS_T_TINYINT] = 1, [RS_T_SMALLINT] = 2, [RS_T_MEDIUMINT] = 9, [RS_T_INT] = 3, [RS_T_BIGINT] = 8,
		[RS_T_DECIMAL] = 246, [RS_T_FLOAT] = 4, [RS_T_DOUBLE] = 5, [RS_T_BIT] = 16, [RS_T_YEAR] = 13, [RS_T_DATE] = 10,
		[RS_T_TIME] = 11, [RS_T_DATETIME] = 12, [RS_T_TIMESTAMP] = 7, [RS_T_CHAR] = 254, [RS_T_VARCHAR] = 253,
		[RS_T_TINYTEXT] = 252, [RS_T_TEXT] = 252, [RS_T_MEDIUMTEXT] = 252, [RS_T_LONGTEXT] = 252, [RS_T_BINARY] = 254,
		[RS_T_VARBINARY] = 253, [RS_T_TINYBLOB] = 252, [RS_T_BLOB] = 252, [RS_T_MEDIUMBLOB] = 252, [RS_T_LONGBLOB] = 252,
		[RS_T_ENUM] = 247, [RS_T_SET] = 248, [RS_T_JSON] = 245, [RS_T_GEOMETRY] = 255, [RS_T_VECTOR] = 252,
		[RS_T_UUID] = 254, [RS_T_INET4] = 254, [RS_T_INET6] = 254,
	};

	return numbers[c->type];
}
