/* What the message formats share. Private to them. */
#ifndef RS_MESSAGE_PRIV_H
#define RS_MESSAGE_PRIV_H

#include <string.h>

#include "base/mem.h"
#include "codec/charset.h"
#include "codec/message.h"

/* Where definitions of a format differ (message_dialect.c). */
struct rs_message_rules {
	bool init;               /* a copied row is INIT; else INSERT */
	bool ddl_kinds;          /* type of a schema change: CREATE, ALTER, ERASE, …; else DDL */
	bool member_numbers;     /* ENUM and SET as their numbers; else as text */
	bool type_lengths;       /* mysqlType "varchar(20)"; else "varchar" */
	bool value_types;        /* sqlType depends on the value; else on the column alone */
	bool message_keys;       /* messages have a key: what their partition comes of */
	bool hash_values;        /* hash: of each value, and of the database, by exclusive or; else of the key as one text */
	bool table_hash_alone;   /* by table: hash of the table's name; else of "database.table" */
	bool negative_absolute;  /* a negative hash counts as its absolute value; else without its sign bit */
	bool key_is_key;         /* SharePlex: "key" has the columns of the key; else all columns as they were */
	bool native_values;      /* SharePlex: numbers without quotes, times with a T and nanoseconds; else all as strings */
};

extern const struct rs_message_rules rs_message_dialects[];

struct rs_message_encoder {
	struct rs_message_options options;
	char *source_version;
	const struct rs_message_rules *rules;
	const struct rs_message_codec *codec;
};

/* How a column's value becomes text. */
enum rs_text_form {
	RS_TEXT_PLAIN,     /* as it is: printable ASCII that JSON needs no escapes for */
	RS_TEXT_UTF8,
	RS_TEXT_CONVERTED, /* of another character set */
	RS_TEXT_BYTES,     /* each byte is the character of its number: ISO 8859-1, as Canal has it */
	RS_TEXT_BITS,
	RS_TEXT_FLOAT, RS_TEXT_DOUBLE,
	RS_TEXT_ENUM, RS_TEXT_SET,
	RS_TEXT_TIMESTAMP
};

struct rs_message_column {
	const struct rs_column *column; /* of the source's table */
	uint32_t index;                 /* there */
	char *name;                     /* in messages */
	char *json;                     /* "name": with its quotes and colon */
	size_t json_len;
	enum rs_text_form form;
	struct rs_charset_reader reader; /* of RS_TEXT_CONVERTED, and of nothing else */
	int16_t sql_type;               /* java.sql.Types */
	uint8_t data_type;              /* dataTypeNumber of Avro */
};

struct rs_message_table {
	const struct rs_message_encoder *encoder;
	const struct rs_table *source;  /* a reference */
	char *db, *name;
	struct rs_message_column *columns; /* those that are not left out */
	size_t n_columns;
	uint32_t *keys;                 /* indexes in columns: what key and partition come of; none: partition 0 */
	size_t n_keys;
	bool *in_key;                   /* for each of columns */
	struct rs_message_topic topic;
	int32_t partition;              /* where its rows all go, if not by their key */
	const struct rs_value **before, **after; /* for each of columns its value; NULL: absent */
	struct rs_buf text;             /* of the value that is being written */
	struct rs_buf key[2];           /* of the row before and after */
	struct rs_buf parts[4];         /* what each message of a row holds, as the format wants it */
};

enum rs_message_kind {
	RS_KIND_INSERT, RS_KIND_UPDATE, RS_KIND_DELETE, RS_KIND_INIT
};

/* A format. Each appends one value; prepare makes what the table's messages have in common. */
struct rs_message_codec {
	void (*prepare)(struct rs_message_table *t);
	/* of t->before and t->after, as far as the kind has them */
	enum rs_rc (*row)(struct rs_message_table *t, const struct rs_message_origin *origin, enum rs_message_kind kind,
	                  struct rs_buf *out, struct rs_err *err);
	void (*ddl)(const struct rs_message_encoder *e, const struct rs_message_origin *origin, const struct rs_ddl *ddl,
	            const char *sql, size_t len, const char *db, const char *table, const struct rs_message_topic *topic,
	            struct rs_buf *out);
	void (*mark)(const struct rs_message_encoder *e, const struct rs_message_origin *origin, enum rs_message_mark mark,
	             const struct rs_message_topic *topic, struct rs_buf *out); /* NULL: it has none */
};

extern const struct rs_message_codec rs_avro_codec, rs_canal_codec, rs_shareplex_codec;

/* A value as text: borrowed from the value, the column or t->text, until the next one. */
struct rs_text {
	const char *bytes;
	size_t len;
	enum rs_text_form form; /* PLAIN, UTF8 (may be invalid) or BYTES */
};

/* RS_FAIL where it is not valid in its character set, which RS_E_VALUE tells. value: present. */
enum rs_rc rs_message_text(struct rs_message_table *t, struct rs_message_column *c, const struct rs_value *value,
                           struct rs_text *out, struct rs_err *err);
/* What is wrong with a value of the column. Returns RS_FAIL. */
enum rs_rc rs_message_invalid(const struct rs_message_table *t, const struct rs_message_column *c, struct rs_err *err);
/* Whether two images differ in a column; what one lacks does not. */
bool rs_message_differs(const struct rs_value *before, const struct rs_value *after);
/* Seconds since 1970 UTC of a TIMESTAMP's value; 0 for the zero date. */
int64_t rs_message_seconds(const struct rs_value *v);
/* "2026-11-30 12:00:00", with that character between day and time. Returns the end. */
char *rs_message_clock(char *out, int64_t seconds, char between);
#define RS_PLACE_MAX 48
/* "88120334@412": an offset and the number of the log's file; "" where the place is not known. Returns its length. */
size_t rs_message_position(const struct rs_message_origin *origin, char out[RS_PLACE_MAX]);

/* rs_buf_add of the few bytes that messages are made of, without a call where there is room. */
static inline void rs_message_put(struct rs_buf *out, const void *bytes, size_t n)
{
	if (n == 0 || n >= out->cap - out->len || out->failed) {
		rs_buf_add(out, bytes, n);
		return;
	}
	memcpy(out->data + out->len, bytes, n);
	out->len += n;
	out->data[out->len] = '\0';
}

/* java.sql.Types */
enum {
	RS_SQL_BIT = -7, RS_SQL_TINYINT = -6, RS_SQL_BIGINT = -5, RS_SQL_LONGVARBINARY = -4, RS_SQL_VARBINARY = -3, RS_SQL_BINARY = -2,
	RS_SQL_CHAR = 1, RS_SQL_DECIMAL = 3, RS_SQL_INTEGER = 4, RS_SQL_SMALLINT = 5, RS_SQL_REAL = 7, RS_SQL_DOUBLE = 8,
	RS_SQL_VARCHAR = 12, RS_SQL_DATE = 91, RS_SQL_TIME = 92, RS_SQL_TIMESTAMP = 93, RS_SQL_OTHER = 1111,
	RS_SQL_BLOB = 2004, RS_SQL_CLOB = 2005
};

/* The type of a column, and that of one value as Canal finds it (NULL and negative bits count). */
int rs_sql_type(const struct rs_column *c, bool member_numbers);
int rs_sql_type_of_value(const struct rs_column *c, const struct rs_value *v);
/* MYSQL_TYPE_… as clients see it, which is Avro's dataTypeNumber. */
int rs_mysql_type_number(const struct rs_column *c);

/* JSON, by hand: a library builds trees, and this is what every message goes through. Appending to a buffer that is full marks
 * it as failed; the caller looks once. */
void rs_json_plain(struct rs_buf *out, const char *bytes, size_t len); /* "…" of what needs no escapes */
/* False: not UTF-8; the buffer holds what came before. */
bool rs_json_utf8(struct rs_buf *out, const char *bytes, size_t len);
void rs_json_bytes(struct rs_buf *out, const char *bytes, size_t len); /* each byte a character */
bool rs_json_text(struct rs_buf *out, const struct rs_text *text);
/* A name or a statement, which is UTF-8; what is not becomes U+FFFD. */
void rs_json_name(struct rs_buf *out, const char *name, size_t len);
void rs_json_i64(struct rs_buf *out, int64_t v);

#endif
