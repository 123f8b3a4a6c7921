#include "engine/verify/compare_row.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/utf8.h"
#include "codec/number.h"

/* ---------------------------------------------------------------- the common form of a value */

static void put_double(struct rs_row_side *s, const struct rs_value *v)
{
	char number[RS_NUMBER_MAX + 1], text[400];
	size_t n = v->len < sizeof text ? v->len : sizeof text - 1;

	memcpy(text, v->bytes, n);
	text[n] = '\0';
	double value = strtod(text, NULL);
	if (!s->c->signed_zero)
		value += 0.0; /* makes -0 into 0 */
	char *end = rs_number_double(number, value);
	rs_buf_add(&s->text, number, (size_t)(end - number));
}

/* MariaDB keeps a JSON text as it was written, MySQL prints its own form of it. */
static void put_json(struct rs_row_side *s, const struct rs_value *v)
{
	json_error_t error;
	json_t *json = json_loadb(v->bytes, v->len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	char *text = json ? json_dumps(json, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT) : NULL;

	if (text != NULL)
		rs_buf_adds(&s->text, text);
	else
		rs_buf_add(&s->text, v->bytes, v->len);
	free(text);
	json_decref(json);
}

static enum rs_rc put_text(struct rs_row_side *s, const struct rs_column *c, const struct rs_value *v, struct rs_err *err)
{
	const char *charset = c->charset ? c->charset : "utf8mb4";

	if (rs_charset_is_utf8(charset) || strcmp(charset, "binary") == 0)
		return rs_buf_add(&s->text, v->bytes, v->len);
	if (strcmp(s->charset.charset, charset) != 0) {
		rs_charset_close(&s->charset);
		if (rs_charset_open(&s->charset, charset, err) != RS_OK)
			return RS_FAIL;
	}
	struct rs_err invalid = RS_ERR_INIT;
	size_t before = s->text.len;
	if (rs_charset_to_utf8(&s->charset, v->bytes, v->len, &s->text, &invalid) != RS_OK) {
		rs_err_clear(&invalid); /* not valid in its own character set: then the bytes are what there is */
		s->text.len = before;
		rs_buf_add(&s->text, v->bytes, v->len);
	}
	return RS_OK;
}

/* What both servers would have to say alike, whatever their types are. */
static enum rs_rc put_common(struct rs_row_side *s, size_t i, const struct rs_value *v, struct rs_err *err)
{
	const struct rs_column *kind = &s->c->source->columns[i], *dest = &s->c->dest->columns[s->c->columns[i]];
	const struct rs_column *own = s->dest ? dest : kind;

	if (kind->type == RS_T_FLOAT || kind->type == RS_T_DOUBLE) {
		put_double(s, v);
		return RS_OK;
	}
	if ((kind->type == RS_T_JSON) != (dest->type == RS_T_JSON)) {
		put_json(s, v);
		return RS_OK;
	}
	if (rs_type_is_text(own->type))
		return put_text(s, own, v, err);
	return rs_buf_add(&s->text, v->bytes, v->len);
}

static const struct rs_column *own_column(const struct rs_row_side *s, size_t i)
{
	return s->dest ? &s->c->dest->columns[s->c->columns[i]] : &s->c->source->columns[i];
}

static const struct rs_value *own_value(const struct rs_row_side *s, size_t i)
{
	return s->dest ? &s->values[s->c->columns[i]] : &s->values[i];
}

bool rs_row_is_compared(const struct rs_compare *c, size_t i)
{
	return c->columns[i] >= 0 && !rs_column_may_be_period(&c->source->columns[i]) &&
	       !rs_column_may_be_period(&c->dest->columns[c->columns[i]]);
}

static enum rs_rc hash_value(struct rs_row_side *s, size_t i, XXH3_state_t *state, struct rs_err *err)
{
	const struct rs_value *v = own_value(s, i);
	uint32_t head[2] = {v->presence == RS_PRESENT, 0};

	rs_buf_clear(&s->text);
	if (v->presence == RS_PRESENT && put_common(s, i, v, err) != RS_OK)
		return RS_FAIL;
	head[1] = (uint32_t)s->text.len;
	XXH3_128bits_update(state, head, sizeof head);
	XXH3_128bits_update(state, rs_buf_str(&s->text), s->text.len);
	return RS_OK;
}

static bool in_key(const struct rs_key *key, size_t column)
{
	for (size_t p = 0; key != NULL && p < key->n_parts; p++)
		if (key->parts[p].column == column)
			return true;
	return false;
}

enum rs_rc rs_row_hash(struct rs_row_side *s, struct rs_row_hash *out, struct rs_err *err)
{
	XXH3_state_t row, key;

	XXH3_128bits_reset(&row);
	XXH3_128bits_reset(&key);
	for (size_t i = 0; i < s->c->source->n_columns; i++) {
		if (!rs_row_is_compared(s->c, i))
			continue;
		if (hash_value(s, i, &row, err) != RS_OK)
			return RS_FAIL;
		if (in_key(s->key, i) && hash_value(s, i, &key, err) != RS_OK)
			return RS_FAIL;
	}
	out->row = XXH3_128bits_digest(&row);
	out->key = s->key ? XXH3_128bits_digest(&key) : out->row;
	return RS_OK;
}

/* ---------------------------------------------------------------- naming */

static void put_value_text(struct rs_buf *out, const struct rs_column *c, const struct rs_value *v)
{
	if (v->presence != RS_PRESENT) {
		rs_buf_adds(out, "NULL");
		return;
	}
	size_t n = v->len < 64 ? v->len : 64;
	if (rs_type_is_number(c->type) || rs_type_is_temporal(c->type) || rs_type_is_text(c->type)) {
		rs_utf8_printable(out, v->bytes, n);
	} else {
		rs_buf_adds(out, "0x");
		rs_buf_addhex(out, v->bytes, n);
	}
	if (n < v->len)
		rs_buf_adds(out, "…");
}

char *rs_row_key_text(struct rs_row_side *s)
{
	struct rs_buf out = RS_BUF_INIT;

	for (size_t i = 0; i < s->c->source->n_columns && out.len < 400; i++) {
		if (!rs_row_is_compared(s->c, i) || (s->key != NULL && !in_key(s->key, i)))
			continue;
		if (out.len > 0)
			rs_buf_adds(&out, ", ");
		rs_utf8_printable(&out, s->c->source->columns[i].name, strlen(s->c->source->columns[i].name));
		rs_buf_addc(&out, '=');
		put_value_text(&out, own_column(s, i), own_value(s, i));
	}
	return rs_buf_take(&out);
}

enum rs_rc rs_row_column_hashes(struct rs_row_side *s, uint64_t *out, struct rs_err *err)
{
	for (size_t i = 0; i < s->c->source->n_columns; i++) {
		XXH3_state_t state;
		if (!rs_row_is_compared(s->c, i))
			continue;
		XXH3_128bits_reset(&state);
		if (hash_value(s, i, &state, err) != RS_OK)
			return RS_FAIL;
		out[i] = XXH3_128bits_digest(&state).low64;
	}
	return RS_OK;
}

/* ---------------------------------------------------------------- opening and closing */

void rs_row_side_open(struct rs_row_side *s, const struct rs_compare *c, bool dest, const struct rs_table *table,
                      const struct rs_key *key)
{
	*s = (struct rs_row_side){.c = c, .dest = dest, .table = table, .key = key,
	                          .reader = dest ? c->dest_reader : c->source_reader, .charset = RS_CHARSET_READER_INIT};
	s->values = rs_xcalloc(table->n_columns + 1, sizeof *s->values);
	rs_buf_init(&s->text, (size_t)1 << 31);
}

void rs_row_side_close(struct rs_row_side *s)
{
	free(s->values);
	rs_buf_release(&s->text);
	rs_charset_close(&s->charset);
}
