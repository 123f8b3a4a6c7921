#include "codec/message.h"

#include <string.h>

#include "base/i18n.h"
#include "base/utf8.h"
#include "codec/message_priv.h"

#define TEXT_MAX ((size_t)1 << 30) /* of a value */

struct rs_message_encoder *rs_message_encoder_new(const struct rs_message_options *options)
{
	static const struct rs_message_codec *const codecs[] = {
		[RS_MESSAGE_AVRO] = &rs_avro_codec,
		[RS_MESSAGE_CANAL_JSON] = &rs_canal_codec,
		[RS_MESSAGE_SHAREPLEX_JSON] = &rs_shareplex_codec,
	};
	struct rs_message_encoder *e = rs_xcalloc(1, sizeof *e);

	e->options = *options;
	e->source_version = rs_xstrdup(options->source_version ? options->source_version : "");
	e->options.source_version = e->source_version;
	e->rules = &rs_message_dialects[options->dialect];
	e->codec = codecs[options->format];
	return e;
}

void rs_message_encoder_free(struct rs_message_encoder *e)
{
	if (e == NULL)
		return;
	free(e->source_version);
	free(e);
}

int32_t rs_message_hash(const char *text, size_t len)
{
	const char *end = text + len;
	uint32_t h = 0, cp;

	for (size_t n; text < end; text += n) {
		n = rs_utf8_decode(text, (size_t)(end - text), &cp);
		if (n == 0) {
			cp = 0xfffd;
			n = 1;
		}
		if (cp >= 0x10000) {
			h = h * 31 + 0xd7c0 + (cp >> 10);
			cp = 0xdc00 | (cp & 0x3ff);
		}
		h = h * 31 + cp;
	}
	return (int32_t)h;
}

/* Java's Math.abs leaves the least number as it is, and Canal takes the absolute value of the remainder once more. */
int32_t rs_message_partition(enum rs_message_dialect dialect, int32_t hash, int32_t partitions)
{
	int64_t h = hash;

	if (!rs_message_dialects[dialect].negative_absolute)
		return (int32_t)(((uint32_t)hash & INT32_MAX) % (uint32_t)partitions);
	return (int32_t)((h < 0 ? -h : h) % partitions);
}

/* Where rows and schema changes of a table go, if not by their keys; what its messages have as key. */
static int32_t table_partition(const struct rs_message_encoder *e, const char *db, const char *table, int32_t partitions,
                               struct rs_buf *key)
{
	rs_buf_clear(key);
	if (e->options.partitioning != RS_PARTITION_TABLE || table == NULL)
		return 0;
	rs_buf_adds(key, db);
	rs_buf_addc(key, '.');
	rs_buf_adds(key, table);
	const char *hashed = e->rules->table_hash_alone ? table : rs_buf_str(key);

	return rs_message_partition(e->options.dialect, rs_message_hash(hashed, strlen(hashed)), partitions);
}

static enum rs_text_form text_form(const struct rs_column *c, const struct rs_message_encoder *e)
{
	bool numbers = e->rules->member_numbers && e->options.format != RS_MESSAGE_AVRO; /* its schema has text for them */

	switch (c->type) {
	case RS_T_FLOAT:
		return RS_TEXT_FLOAT;
	case RS_T_DOUBLE:
		return RS_TEXT_DOUBLE;
	case RS_T_BIT:
		return RS_TEXT_BITS;
	case RS_T_ENUM:
		return numbers || c->members == NULL ? RS_TEXT_PLAIN : RS_TEXT_ENUM;
	case RS_T_SET:
		return numbers || c->members == NULL ? RS_TEXT_PLAIN : RS_TEXT_SET;
	case RS_T_TIMESTAMP:
		return e->options.utc_offset != 0 ? RS_TEXT_TIMESTAMP : RS_TEXT_PLAIN;
	case RS_T_JSON:
		return RS_TEXT_UTF8;
	case RS_T_BINARY: case RS_T_VARBINARY: case RS_T_TINYBLOB: case RS_T_BLOB: case RS_T_MEDIUMBLOB: case RS_T_LONGBLOB:
	case RS_T_GEOMETRY: case RS_T_VECTOR: case RS_T_UNKNOWN:
		return RS_TEXT_BYTES;
	default:
		break;
	}
	if (!rs_type_is_text(c->type))
		return RS_TEXT_PLAIN;
	if (c->charset == NULL || strcmp(c->charset, "binary") == 0)
		return RS_TEXT_BYTES;
	return rs_charset_is_utf8(c->charset) ? RS_TEXT_UTF8 : RS_TEXT_CONVERTED;
}

static enum rs_rc add_column(struct rs_message_table *t, uint32_t index, const char *name, struct rs_err *err)
{
	struct rs_message_column *c = &t->columns[t->n_columns++];
	struct rs_buf json = RS_BUF_INIT;

	c->column = &t->source->columns[index];
	c->index = index;
	c->name = rs_xstrdup(name);
	rs_json_name(&json, name, strlen(name));
	rs_buf_addc(&json, ':');
	c->json_len = json.len;
	c->json = rs_buf_take(&json);
	c->form = text_form(c->column, t->encoder);
	c->sql_type = (int16_t)rs_sql_type(c->column, t->encoder->rules->member_numbers);
	c->data_type = (uint8_t)rs_mysql_type_number(c->column);
	c->reader = (struct rs_charset_reader)RS_CHARSET_READER_INIT;
	return c->form == RS_TEXT_CONVERTED ? rs_charset_open(&c->reader, c->column->charset, err) : RS_OK;
}

/* The column of t that is the source's; n_columns: it is left out. */
static size_t find_column(const struct rs_message_table *t, uint32_t index)
{
	size_t i = 0;

	while (i < t->n_columns && t->columns[i].index != index)
		i++;
	return i;
}

static void add_key(struct rs_message_table *t, size_t column)
{
	t->keys[t->n_keys++] = (uint32_t)column;
	t->in_key[column] = true;
}

static enum rs_rc chosen_keys(struct rs_message_table *t, const struct rs_message_names *names, struct rs_err *err)
{
	for (size_t i = 0; i < names->n_keys; i++) {
		int index = rs_table_column(t->source, names->keys[i]);
		size_t column = index < 0 ? t->n_columns : find_column(t, (uint32_t)index);

		if (column == t->n_columns) {
			rs_err_set(err, RS_E_MAPPING, _("%s.%s has no column %s, by which its rows are to go to partitions"), t->source->db,
			           t->source->name, names->keys[i]);
			return rs_err_hint(err, _("Choose other columns for the partition of this table, or none: then its primary key is used"));
		}
		if (!t->in_key[column])
			add_key(t, column);
	}
	return RS_OK;
}

/* All of the key, or none: rows that share a part of it are different rows, and would meet in one partition by chance. */
static void own_key(struct rs_message_table *t)
{
	const struct rs_key *k = rs_table_row_key(t->source);

	for (size_t i = 0; k != NULL && i < k->n_parts; i++)
		if (find_column(t, k->parts[i].column) == t->n_columns)
			return;
	for (size_t i = 0; k != NULL && i < k->n_parts; i++)
		add_key(t, find_column(t, k->parts[i].column));
}

enum rs_rc rs_message_table_new(const struct rs_message_encoder *e, const struct rs_table *source,
                                const struct rs_message_names *names, const struct rs_message_topic *topic,
                                struct rs_message_table **out, struct rs_err *err)
{
	static const struct rs_message_names same;
	struct rs_message_table *t = rs_xcalloc(1, sizeof *t);
	enum rs_rc rc = RS_OK;

	if (names == NULL)
		names = &same;
	t->encoder = e;
	t->source = rs_table_ref(source);
	t->db = rs_xstrdup(names->db ? names->db : source->db);
	t->name = rs_xstrdup(names->table ? names->table : source->name);
	t->columns = rs_xcalloc(source->n_columns + 1, sizeof *t->columns);
	t->keys = rs_xcalloc(source->n_columns + 1, sizeof *t->keys);
	t->in_key = rs_xcalloc(source->n_columns + 1, sizeof *t->in_key);
	t->before = rs_xcalloc(source->n_columns + 1, sizeof *t->before);
	t->after = rs_xcalloc(source->n_columns + 1, sizeof *t->after);
	rs_buf_init(&t->text, TEXT_MAX);
	for (size_t i = 0; i < 2; i++)
		rs_buf_init(&t->key[i], TEXT_MAX);
	for (size_t i = 0; i < sizeof t->parts / sizeof *t->parts; i++)
		rs_buf_init(&t->parts[i], RS_BUF_TEXT_MAX);
	for (size_t i = 0; rc == RS_OK && i < source->n_columns; i++) {
		const char *name = names->columns ? names->columns[i] : source->columns[i].name;

		if (name != NULL)
			rc = add_column(t, (uint32_t)i, name, err);
	}
	if (rc == RS_OK && names->keys != NULL)
		rc = chosen_keys(t, names, err);
	else if (rc == RS_OK)
		own_key(t);
	if (rc != RS_OK) {
		rs_message_table_free(t);
		return RS_FAIL;
	}
	t->topic = *topic;
	t->partition = table_partition(e, t->db, t->name, topic->partitions, &t->key[1]);
	e->codec->prepare(t);
	*out = t;
	return RS_OK;
}

void rs_message_table_free(struct rs_message_table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n_columns; i++) {
		rs_charset_close(&t->columns[i].reader);
		free(t->columns[i].name);
		free(t->columns[i].json);
	}
	for (size_t i = 0; i < sizeof t->parts / sizeof *t->parts; i++)
		rs_buf_release(&t->parts[i]);
	rs_buf_release(&t->text);
	rs_buf_release(&t->key[0]);
	rs_buf_release(&t->key[1]);
	rs_table_unref(t->source);
	free(t->columns);
	free(t->keys);
	free(t->in_key);
	free(t->before);
	free(t->after);
	free(t->db);
	free(t->name);
	free(t);
}

/* UTF-8 of each byte as a character. */
static void add_bytes(struct rs_buf *out, const struct rs_text *text)
{
	char utf8[4];

	for (size_t i = 0; i < text->len; i++)
		rs_buf_add(out, utf8, rs_utf8_encode((unsigned char)text->bytes[i], utf8));
}

/* Behind a comma, which stands between values; one inside of a value has a backslash before it, so that different keys of
 * several columns are different texts. */
static void add_escaped(struct rs_buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == ',' || text[i] == '\\')
			rs_buf_addc(out, '\\');
		rs_buf_addc(out, text[i]);
	}
}

/* The key of a row as text, into key; and its hash. */
static enum rs_rc row_key(struct rs_message_table *t, const struct rs_value **row, struct rs_buf *key, int32_t *hash,
                          struct rs_err *err)
{
	const struct rs_message_rules *rules = t->encoder->rules;
	struct rs_text text;
	struct rs_buf one;

	rs_buf_clear(key);
	rs_buf_init(&one, TEXT_MAX);
	*hash = rules->hash_values ? rs_message_hash(t->db, strlen(t->db)) : 0;
	for (size_t i = 0; i < t->n_keys; i++) {
		const struct rs_value *v = row[t->keys[i]];

		if (i > 0)
			rs_buf_addc(key, ',');
		if (v == NULL || v->presence != RS_PRESENT)
			continue;
		if (rs_message_text(t, &t->columns[t->keys[i]], v, &text, err) != RS_OK) {
			rs_buf_release(&one);
			return RS_FAIL;
		}
		rs_buf_clear(&one);
		if (text.form == RS_TEXT_BYTES) {
			add_bytes(&one, &text);
			text = (struct rs_text){rs_buf_str(&one), one.len, RS_TEXT_UTF8};
		}
		*hash ^= rs_message_hash(text.bytes, text.len);
		if (t->n_keys > 1)
			add_escaped(key, text.bytes, text.len);
		else
			rs_buf_add(key, text.bytes, text.len);
	}
	rs_buf_release(&one);
	if (!rules->hash_values)
		*hash = rs_message_hash(rs_buf_str(key), key->len);
	return rs_buf_failed(key) ? rs_err_set(err, RS_E_MEMORY, _("the key of a row of %s.%s is too large"), t->source->db,
	                                       t->source->name) : RS_OK;
}

static bool by_key(const struct rs_message_table *t)
{
	return t->encoder->options.partitioning == RS_PARTITION_KEY && t->n_keys > 0;
}

/* Takes back what was written since `from`. */
static enum rs_rc undo(struct rs_buf *out, size_t from)
{
	out->len = from;
	out->failed = false;
	if (out->data)
		out->data[from] = '\0';
	return RS_FAIL;
}

static enum rs_rc finish(struct rs_buf *out, size_t from, struct rs_message *m, struct rs_err *err)
{
	if (!rs_buf_failed(out)) {
		m->value_len = out->len - m->value;
		return RS_OK;
	}
	rs_err_set(err, RS_E_MEMORY, _("a message does not fit into its buffer of %zu bytes"), out->max);
	return undo(out, from);
}

static void add_key_text(const struct rs_message_encoder *e, const struct rs_buf *key, bool has_key, struct rs_buf *out,
                         struct rs_message *m)
{
	*m = (struct rs_message){.key = out->len, .has_key = has_key && e->rules->message_keys};
	if (m->has_key)
		rs_buf_add(out, rs_buf_str(key), key->len);
	m->key_len = out->len - m->key;
	m->value = out->len;
}

/* One message of t->before and t->after. which: of t->key, and of its partition. */
static enum rs_rc write_row(struct rs_message_table *t, const struct rs_message_origin *origin, enum rs_message_kind kind,
                            size_t which, int32_t partition, struct rs_buf *out, struct rs_message *m, struct rs_err *err)
{
	size_t from = out->len;

	add_key_text(t->encoder, &t->key[which], by_key(t) || t->encoder->options.partitioning == RS_PARTITION_TABLE, out, m);
	m->partition = partition;
	if (t->encoder->codec->row(t, origin, kind, out, err) != RS_OK)
		return undo(out, from);
	return finish(out, from, m, err);
}

static void take_image(const struct rs_message_table *t, const struct rs_value *row, const struct rs_value **image)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct rs_value *v = row ? &row[t->columns[i].index] : NULL;

		image[i] = v && v->presence != RS_ABSENT ? v : NULL;
	}
}

enum rs_rc rs_message_row(struct rs_message_table *t, const struct rs_message_origin *origin, enum rs_op op,
                          const struct rs_value *before, const struct rs_value *after, struct rs_buf *out,
                          struct rs_message messages[RS_MESSAGES_MAX], size_t *n, struct rs_err *err)
{
	static const enum rs_message_kind kinds[] = {
		[RS_OP_INSERT] = RS_KIND_INSERT, [RS_OP_UPDATE] = RS_KIND_UPDATE, [RS_OP_DELETE] = RS_KIND_DELETE,
	};
	int32_t partition[2] = {t->partition, t->partition}, hash;
	struct rs_message_origin second = *origin;
	size_t from = out->len;

	*n = 0;
	take_image(t, op == RS_OP_INSERT ? NULL : before, t->before);
	take_image(t, op == RS_OP_DELETE ? NULL : after, t->after);
	for (size_t i = 0; op == RS_OP_UPDATE && i < t->n_columns; i++)
		if (t->after[i] == NULL)
			t->after[i] = t->before[i];
	for (size_t i = 0; by_key(t) && i < 2; i++) {
		if (op == (i ? RS_OP_DELETE : RS_OP_INSERT))
			continue;
		if (row_key(t, i ? t->after : t->before, &t->key[i], &hash, err) != RS_OK)
			return RS_FAIL;
		partition[i] = rs_message_partition(t->encoder->options.dialect, hash, t->topic.partitions);
	}
	if (op != RS_OP_UPDATE || partition[0] == partition[1]) {
		size_t which = op == RS_OP_DELETE && by_key(t) ? 0 : 1;

		*n = 1;
		return write_row(t, origin, kinds[op], which, partition[which], out, &messages[0], err);
	}
	second.id++;
	if (write_row(t, origin, RS_KIND_DELETE, 0, partition[0], out, &messages[0], err) != RS_OK)
		return RS_FAIL;
	if (write_row(t, &second, RS_KIND_INSERT, 1, partition[1], out, &messages[1], err) != RS_OK)
		return undo(out, from);
	*n = 2;
	return RS_OK;
}

enum rs_rc rs_message_copied(struct rs_message_table *t, const struct rs_message_origin *origin, const struct rs_value *row,
                             struct rs_buf *out, struct rs_message *message, struct rs_err *err)
{
	int32_t partition = t->partition, hash;

	take_image(t, NULL, t->before);
	take_image(t, row, t->after);
	if (by_key(t)) {
		if (row_key(t, t->after, &t->key[1], &hash, err) != RS_OK)
			return RS_FAIL;
		partition = rs_message_partition(t->encoder->options.dialect, hash, t->topic.partitions);
	}
	return write_row(t, origin, t->encoder->rules->init ? RS_KIND_INIT : RS_KIND_INSERT, 1, partition, out, message, err);
}

enum rs_rc rs_message_ddl(const struct rs_message_encoder *e, const struct rs_message_origin *origin, const struct rs_ddl *ddl,
                          const char *sql, size_t len, const char *db, const char *table, const struct rs_message_topic *topic,
                          struct rs_buf *out, struct rs_message *message, struct rs_err *err)
{
	struct rs_buf key = RS_BUF_INIT;
	int32_t partition = table_partition(e, db, table, topic->partitions, &key);
	size_t from = out->len;

	add_key_text(e, &key, key.len > 0, out, message);
	message->partition = partition;
	rs_buf_release(&key);
	e->codec->ddl(e, origin, ddl, sql, len, db, table, topic, out);
	return finish(out, from, message, err);
}

enum rs_rc rs_message_mark(const struct rs_message_encoder *e, const struct rs_message_origin *origin,
                           enum rs_message_mark mark, const struct rs_message_topic *topic, struct rs_buf *out,
                           struct rs_message *message, size_t *n, struct rs_err *err)
{
	size_t from = out->len;

	*n = 0;
	if (e->codec->mark == NULL)
		return RS_OK;
	*message = (struct rs_message){.key = from, .value = from};
	e->codec->mark(e, origin, mark, topic, out);
	*n = 1;
	return finish(out, from, message, err);
}
