/* SharePlex JSON: {"meta":{…},"data":{…}}, with "key" where a row was updated.
 *
 * What DTS' documents and Quest's knowledge base show: "data" has all columns of an inserted or a deleted row, and of an updated
 * one those that changed, as they are now; "key" finds the row as it was. Of a schema change there is the statement. */
#include <string.h>

#include "codec/message_priv.h"
#include "codec/number.h"

enum { PART_TABLE };

static void prepare(struct rs_message_table *t)
{
	struct rs_buf name = RS_BUF_INIT;

	rs_buf_adds(&name, t->db);
	rs_buf_addc(&name, '.');
	rs_buf_adds(&name, t->name);
	rs_json_name(&t->parts[PART_TABLE], rs_buf_str(&name), name.len);
	rs_buf_release(&name);
}

static void add_time(struct rs_buf *out, int64_t seconds)
{
	char text[RS_NUMBER_MAX];

	rs_json_plain(out, text, (size_t)(rs_message_clock(text, seconds, 'T') - text));
}

static void add_meta(struct rs_buf *out, const struct rs_message_origin *o, const char *op, const char *table, size_t len)
{
	char scn[RS_PLACE_MAX];
	size_t scn_len = rs_message_position(o, scn);

	rs_buf_adds(out, "{\"meta\":{\"time\":");
	add_time(out, o->seconds);
	rs_buf_adds(out, ",\"userid\":0,\"op\":");
	rs_json_plain(out, op, strlen(op));
	rs_buf_adds(out, ",\"scn\":");
	rs_json_plain(out, scn, scn_len);
	rs_buf_adds(out, ",\"rowid\":\"\",\"trans\":");
	if (o->gtid)
		rs_json_name(out, o->gtid, strlen(o->gtid));
	else
		rs_json_plain(out, scn, scn_len);
	rs_buf_adds(out, ",\"seq\":");
	rs_json_i64(out, (int64_t)o->ordinal);
	if (o->size) {
		rs_buf_adds(out, ",\"size\":");
		rs_json_i64(out, (int64_t)o->size);
	}
	rs_buf_adds(out, ",\"table\":");
	rs_message_put(out, table, len);
	if (o->size) {
		rs_buf_adds(out, ",\"idx\":\"");
		rs_json_i64(out, (int64_t)o->ordinal);
		rs_buf_addc(out, '/');
		rs_json_i64(out, (int64_t)o->size);
		rs_buf_addc(out, '"');
	}
	rs_buf_adds(out, ",\"posttime\":");
	add_time(out, (o->now - (o->now < 0 ? 999 : 0)) / 1000);
	rs_buf_addc(out, '}');
}

/* "2024-05-24T15:58:48.000000000" */
static void add_native_time(struct rs_buf *out, const struct rs_column *c, const struct rs_text *text)
{
	char buf[] = "0000-00-00T00:00:00.000000000";

	if (c->type == RS_T_TIME || text->len > sizeof buf - 1) {
		rs_json_plain(out, text->bytes, text->len);
		return;
	}
	memcpy(buf, text->bytes, text->len);
	buf[10] = 'T';
	rs_json_plain(out, buf, sizeof buf - 1);
}

static enum rs_rc add_value(struct rs_message_table *t, struct rs_message_column *c, const struct rs_value *v, struct rs_buf *out,
                            struct rs_err *err)
{
	bool native = t->encoder->rules->native_values;
	struct rs_text text;

	if (v->presence == RS_NULL) {
		rs_message_put(out, "null", 4);
		return RS_OK;
	}
	if (rs_message_text(t, c, v, &text, err) != RS_OK)
		return RS_FAIL;
	if (native && (c->column->type == RS_T_BIT || (rs_type_is_number(c->column->type) && text.form == RS_TEXT_PLAIN)) &&
	    c->column->type != RS_T_YEAR)
		rs_message_put(out, text.bytes, text.len);
	else if (native && rs_type_is_temporal(c->column->type) && c->column->type != RS_T_YEAR)
		add_native_time(out, c->column, &text);
	else if (!rs_json_text(out, &text))
		return rs_message_invalid(t, c, err);
	return RS_OK;
}

/* The columns of an image: all, those of the key, or those that are not as they were in other. */
static enum rs_rc add_columns(struct rs_message_table *t, const char *name, const struct rs_value **row, bool keys,
                              const struct rs_value **other, struct rs_buf *out, struct rs_err *err)
{
	char before = '{';

	rs_buf_adds(out, name);
	for (size_t i = 0; i < t->n_columns; i++) {
		if (row[i] == NULL || (keys && !t->in_key[i]) ||
		    (other != NULL && other[i] != NULL && !rs_message_differs(other[i], row[i])))
			continue;
		rs_buf_addc(out, before);
		before = ',';
		rs_message_put(out, t->columns[i].json, t->columns[i].json_len);
		if (add_value(t, &t->columns[i], row[i], out, err) != RS_OK)
			return RS_FAIL;
	}
	rs_buf_adds(out, before == '{' ? "{}" : "}");
	return RS_OK;
}

static enum rs_rc shareplex_row(struct rs_message_table *t, const struct rs_message_origin *origin, enum rs_message_kind kind,
                                struct rs_buf *out, struct rs_err *err)
{
	static const char *const ops[] = {
		[RS_KIND_INSERT] = "ins", [RS_KIND_UPDATE] = "upd", [RS_KIND_DELETE] = "del", [RS_KIND_INIT] = "ins",
	};
	const struct rs_value **row = kind == RS_KIND_DELETE ? t->before : t->after;
	bool update = kind == RS_KIND_UPDATE;

	add_meta(out, origin, ops[kind], t->parts[PART_TABLE].data, t->parts[PART_TABLE].len);
	if (add_columns(t, ",\"data\":", row, false, update ? t->before : NULL, out, err) != RS_OK)
		return RS_FAIL;
	if (update && add_columns(t, ",\"key\":", t->before, t->encoder->rules->key_is_key && t->n_keys > 0, NULL, out, err) != RS_OK)
		return RS_FAIL;
	rs_buf_addc(out, '}');
	return RS_OK;
}

static void shareplex_ddl(const struct rs_message_encoder *e, const struct rs_message_origin *origin, const struct rs_ddl *ddl,
                          const char *sql, size_t len, const char *db, const char *table, const struct rs_message_topic *topic,
                          struct rs_buf *out)
{
	struct rs_buf name = RS_BUF_INIT, json = RS_BUF_INIT;

	(void)e, (void)topic;
	rs_buf_adds(&name, db);
	if (table != NULL) {
		rs_buf_addc(&name, '.');
		rs_buf_adds(&name, table);
	}
	rs_json_name(&json, rs_buf_str(&name), name.len);
	add_meta(out, origin, ddl->kind == RS_STMT_TRUNCATE_TABLE ? "truncate" : "ddl", rs_buf_str(&json), json.len);
	rs_buf_adds(out, ",\"sql\":{\"ddl\":");
	rs_json_name(out, sql, len);
	rs_buf_adds(out, "}}");
	rs_buf_release(&name);
	rs_buf_release(&json);
}

const struct rs_message_codec rs_shareplex_codec = {prepare, shareplex_row, shareplex_ddl, NULL};
