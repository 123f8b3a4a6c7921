/* Canal JSON: the FlatMessage, with the members in the order in which Canal's JSON library writes them, by their names. */
#include <string.h>

#include "codec/message_priv.h"

/* What every message of the table has, between what differs. */
enum { PART_NAMES, PART_TYPES, PART_KEYS, PART_TABLE };

static void add(struct rs_buf *out, const struct rs_buf *part) { rs_message_put(out, part->data, part->len); }

static void add_type(struct rs_buf *out, const struct rs_message_column *c, const struct rs_message_rules *rules)
{
	const char *native = c->column->native;
	char word[64];

	if (rules->type_lengths && native != NULL) {
		rs_json_name(out, native, strlen(native));
		return;
	}
	snprintf(word, sizeof word, "%s%s", rs_type_name(c->column->type), c->column->is_unsigned ? " unsigned" : "");
	for (char *p = word; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	rs_json_plain(out, word, strlen(word));
}

static void add_sql_type(struct rs_buf *out, const struct rs_message_column *c, int type, bool first)
{
	if (!first)
		rs_buf_addc(out, ',');
	rs_message_put(out, c->json, c->json_len);
	rs_json_i64(out, type);
}

static void add_key_names(const struct rs_message_table *t, struct rs_buf *out)
{
	const struct rs_key *k = t->source->n_keys && t->source->keys[0].primary ? &t->source->keys[0] : NULL;
	bool any = false;

	for (size_t i = 0; k != NULL && i < k->n_parts; i++)
		for (size_t j = 0; j < t->n_columns; j++)
			if (t->columns[j].index == k->parts[i].column) {
				rs_buf_addc(out, any ? ',' : '[');
				rs_message_put(out, t->columns[j].json, t->columns[j].json_len - 1);
				any = true;
			}
	rs_buf_adds(out, any ? "]" : "null");
}

static void prepare(struct rs_message_table *t)
{
	struct rs_buf *parts = t->parts;

	rs_buf_adds(&parts[PART_NAMES], ",\"database\":");
	rs_json_name(&parts[PART_NAMES], t->db, strlen(t->db));
	rs_buf_adds(&parts[PART_NAMES], ",\"es\":");
	rs_buf_adds(&parts[PART_TYPES], ",\"isDdl\":false,\"mysqlType\":{");
	for (size_t i = 0; i < t->n_columns; i++) {
		if (i > 0)
			rs_buf_addc(&parts[PART_TYPES], ',');
		rs_message_put(&parts[PART_TYPES], t->columns[i].json, t->columns[i].json_len);
		add_type(&parts[PART_TYPES], &t->columns[i], t->encoder->rules);
	}
	rs_buf_adds(&parts[PART_TYPES], "},\"old\":");
	rs_buf_adds(&parts[PART_KEYS], ",\"pkNames\":");
	add_key_names(t, &parts[PART_KEYS]);
	rs_buf_adds(&parts[PART_KEYS], ",\"sql\":\"\",\"sqlType\":{");
	for (size_t i = 0; !t->encoder->rules->value_types && i < t->n_columns; i++)
		add_sql_type(&parts[PART_KEYS], &t->columns[i], t->columns[i].sql_type, i == 0);
	rs_buf_adds(&parts[PART_TABLE], "},\"table\":");
	rs_json_name(&parts[PART_TABLE], t->name, strlen(t->name));
	rs_buf_adds(&parts[PART_TABLE], ",\"ts\":");
}

/* An object of the values of a row; other, where it is given: only of those in which the two differ. */
static enum rs_rc add_row(struct rs_message_table *t, const struct rs_value **row, const struct rs_value **other,
                          struct rs_buf *out, struct rs_err *err)
{
	char before = '{';
	struct rs_text text;

	rs_buf_addc(out, '[');
	for (size_t i = 0; i < t->n_columns; i++) {
		struct rs_message_column *c = &t->columns[i];

		if (row[i] == NULL || (other != NULL && !rs_message_differs(row[i], other[i])))
			continue;
		rs_buf_addc(out, before);
		before = ',';
		rs_message_put(out, c->json, c->json_len);
		if (row[i]->presence == RS_NULL) {
			rs_message_put(out, "null", 4);
			continue;
		}
		if (rs_message_text(t, c, row[i], &text, err) != RS_OK)
			return RS_FAIL;
		if (!rs_json_text(out, &text))
			return rs_message_invalid(t, c, err);
	}
	return rs_buf_adds(out, before == '{' ? "{}]" : "}]");
}

static void add_value_types(const struct rs_message_table *t, const struct rs_value **row, struct rs_buf *out)
{
	bool first = true;

	for (size_t i = 0; i < t->n_columns; i++)
		if (row[i] != NULL) {
			add_sql_type(out, &t->columns[i], rs_sql_type_of_value(t->columns[i].column, row[i]), first);
			first = false;
		}
}

static void add_origin(const struct rs_message_origin *origin, struct rs_buf *out)
{
	rs_json_i64(out, origin->seconds * 1000);
	rs_buf_adds(out, ",\"gtid\":");
	rs_json_name(out, origin->gtid ? origin->gtid : "", origin->gtid ? strlen(origin->gtid) : 0);
	rs_buf_adds(out, ",\"id\":");
	rs_json_i64(out, (int64_t)origin->id);
}

static enum rs_rc canal_row(struct rs_message_table *t, const struct rs_message_origin *origin, enum rs_message_kind kind,
                            struct rs_buf *out, struct rs_err *err)
{
	static const char *const types[] = {
		[RS_KIND_INSERT] = ",\"type\":\"INSERT\"}", [RS_KIND_UPDATE] = ",\"type\":\"UPDATE\"}",
		[RS_KIND_DELETE] = ",\"type\":\"DELETE\"}", [RS_KIND_INIT] = ",\"type\":\"INIT\"}",
	};
	const struct rs_value **row = kind == RS_KIND_DELETE ? t->before : t->after;

	rs_message_put(out, "{\"data\":", 8);
	if (add_row(t, row, NULL, out, err) != RS_OK && !rs_buf_failed(out))
		return RS_FAIL;
	add(out, &t->parts[PART_NAMES]);
	add_origin(origin, out);
	add(out, &t->parts[PART_TYPES]);
	if (kind != RS_KIND_UPDATE)
		rs_message_put(out, "null", 4);
	else if (add_row(t, t->before, t->after, out, err) != RS_OK && !rs_buf_failed(out))
		return RS_FAIL;
	add(out, &t->parts[PART_KEYS]);
	if (t->encoder->rules->value_types)
		add_value_types(t, row, out);
	add(out, &t->parts[PART_TABLE]);
	rs_json_i64(out, origin->now);
	rs_buf_adds(out, types[kind]);
	return RS_OK;
}

static const char *ddl_type(const struct rs_ddl *ddl)
{
	switch (ddl->kind) {
	case RS_STMT_CREATE_TABLE: case RS_STMT_CREATE_TABLE_LIKE: case RS_STMT_CREATE_TABLE_SELECT:
		return "CREATE";
	case RS_STMT_ALTER_TABLE:
		for (size_t i = 0; i < ddl->n_refs; i++)
			if (ddl->refs[i].role == RS_ROLE_RENAME_TO)
				return "RENAME";
		return "ALTER";
	case RS_STMT_ALTER_PARTITION:
		return "ALTER";
	case RS_STMT_DROP_TABLE:
		return "ERASE";
	case RS_STMT_RENAME_TABLE:
		return "RENAME";
	case RS_STMT_TRUNCATE_TABLE:
		return "TRUNCATE";
	case RS_STMT_CREATE_INDEX:
		return "CINDEX";
	case RS_STMT_DROP_INDEX:
		return "DINDEX";
	default:
		return "QUERY";
	}
}

static void canal_ddl(const struct rs_message_encoder *e, const struct rs_message_origin *origin, const struct rs_ddl *ddl,
                      const char *sql, size_t len, const char *db, const char *table, const struct rs_message_topic *topic,
                      struct rs_buf *out)
{
	const char *type = e->rules->ddl_kinds ? ddl_type(ddl) : "DDL";

	(void)topic;
	rs_buf_adds(out, "{\"data\":null,\"database\":");
	rs_json_name(out, db, strlen(db));
	rs_buf_adds(out, ",\"es\":");
	add_origin(origin, out);
	rs_buf_adds(out, ",\"isDdl\":true,\"mysqlType\":null,\"old\":null,\"pkNames\":null,\"sql\":");
	rs_json_name(out, sql, len);
	rs_buf_adds(out, ",\"sqlType\":null,\"table\":");
	rs_json_name(out, table ? table : "", table ? strlen(table) : 0);
	rs_buf_adds(out, ",\"ts\":");
	rs_json_i64(out, origin->now);
	rs_buf_adds(out, ",\"type\":");
	rs_json_plain(out, type, strlen(type));
	rs_buf_addc(out, '}');
}

const struct rs_message_codec rs_canal_codec = {prepare, canal_row, canal_ddl, NULL};
