#include "engine/verify/compare_row.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/utf8.h"
#include "codec/number.h"
#include "codec/pg_form.h"
#include "codec/sql_json.h"

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

/* ---------------------------------------------------------------- … of a destination of the PostgreSQL family */

/* Nothing that such a server shows begins like this. */
#define NOT_WRITTEN "\xff"

/* The converter of a column of the source's; NULL where its values go as they are. */
static enum rs_rc converter_of(struct rs_row_side *s, size_t i, struct rs_pg_converter **out, struct rs_err *err)
{
	const struct rs_table *source = s->c->source;

	*out = NULL;
	if (source->columns[i].type == RS_T_NATIVE)
		return RS_OK;
	if (s->converters == NULL)
		s->converters = rs_xcalloc(source->n_columns, sizeof *s->converters);
	*out = &s->converters[i];
	if ((*out)->column != NULL)
		return RS_OK;
	return rs_pg_converter_open(*out, &source->columns[i],
	                            rs_pg_unfit_of(source, i, s->c->dest, (size_t)s->c->columns[i], s->c->unfit), err);
}

/* A value that the task would stop at is not that of any row there. */
static bool is_not_written(enum rs_rc rc, struct rs_err *err)
{
	if (rc != RS_FAIL || (err->code != RS_E_DEST_DATA && err->code != RS_E_VALUE))
		return false;
	rs_err_clear(err);
	return true;
}

/* What the task would have written there, or what is there: *null where that is nothing. */
static enum rs_rc put_native(struct rs_row_side *s, size_t i, const struct rs_value *v, bool *null, struct rs_err *err)
{
	struct rs_pg_converter *converter = NULL;
	struct rs_value text = *v;
	enum rs_rc rc = s->dest ? RS_OK : converter_of(s, i, &converter, err);

	if (rc == RS_OK && converter != NULL) {
		struct rs_err unfit = RS_ERR_INIT;
		rc = rs_pg_convert(converter, v, &text, &unfit);
		if (is_not_written(rc, &unfit)) {
			rs_buf_adds(&s->text, NOT_WRITTEN);
			return rs_buf_add(&s->text, v->bytes, v->len);
		}
		rs_err_move(err, &unfit);
	}
	*null = text.presence != RS_PRESENT;
	if (rc == RS_OK && !*null)
		rs_pg_put_form(&s->text, s->c->dest->columns[s->c->columns[i]].native, &text);
	return rc;
}

enum rs_rc rs_row_side_bound(struct rs_row_side *s, const struct rs_key *key, const struct rs_bound *bound, struct rs_bound *out,
                             struct rs_err *err)
{
	rs_bound_copy(out, bound);
	for (size_t p = 0; s->dest && p < bound->n; p++) {
		const size_t i = key->parts[p].column;
		struct rs_pg_converter *converter = NULL;
		struct rs_value text;

		if (s->c->dest->columns[s->c->columns[i]].type != RS_T_NATIVE)
			continue;
		if (converter_of(s, i, &converter, err) != RS_OK)
			return RS_FAIL;
		if (converter == NULL)
			continue;
		if (rs_pg_convert(converter, &bound->values[p], &text, err) != RS_OK)
			return RS_FAIL;
		rs_bound_set(out, p, &text);
	}
	return RS_OK;
}

bool rs_row_bounds_alike(const struct rs_compare *c, const struct rs_key *key)
{
	for (size_t p = 0; rs_row_is_native(c) && p < key->n_parts; p++)
		if (!rs_pg_bounds_alike(&c->source->columns[key->parts[p].column]))
			return false;
	return true;
}

/* What both servers would have to say alike, whatever their types are. *null: nothing, although the value is there. */
static enum rs_rc put_common(struct rs_row_side *s, size_t i, const struct rs_value *v, bool *null, struct rs_err *err)
{
	const struct rs_column *kind = &s->c->source->columns[i], *dest = &s->c->dest->columns[s->c->columns[i]];
	const struct rs_column *own = s->dest ? dest : kind;

	if (dest->type == RS_T_NATIVE)
		return put_native(s, i, v, null, err);
	if (kind->type == RS_T_FLOAT || kind->type == RS_T_DOUBLE) {
		put_double(s, v);
		return RS_OK;
	}
	/* MariaDB keeps a JSON text as it was written, MySQL prints its own form of it. */
	if ((kind->type == RS_T_JSON) != (dest->type == RS_T_JSON)) {
		rs_sql_json_form(&s->text, v->bytes, v->len);
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

/* A server of the PostgreSQL family makes what another one made of its columns, or nobody does. */
static bool is_left_out(const struct rs_column *source, const struct rs_column *dest)
{
	return dest->type == RS_T_NATIVE && source->generated && !dest->generated;
}

bool rs_row_is_compared(const struct rs_compare *c, size_t i)
{
	return c->columns[i] >= 0 && !is_left_out(&c->source->columns[i], &c->dest->columns[c->columns[i]]) && !rs_column_may_be_period(&c->source->columns[i]) &&
	       !rs_column_may_be_period(&c->dest->columns[c->columns[i]]);
}

static enum rs_rc hash_value(struct rs_row_side *s, size_t i, XXH3_state_t *state, struct rs_err *err)
{
	const struct rs_value *v = own_value(s, i);
	bool null = v->presence != RS_PRESENT;

	rs_buf_clear(&s->text);
	if (!null && put_common(s, i, v, &null, err) != RS_OK)
		return RS_FAIL;
	const uint32_t head[2] = {!null, (uint32_t)s->text.len};
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
	if (rs_type_is_number(c->type) || rs_type_is_temporal(c->type) || rs_type_is_text(c->type) || c->type == RS_T_NATIVE) {
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
	for (size_t i = 0; s->converters != NULL && i < s->c->source->n_columns; i++)
		if (s->converters[i].column != NULL)
			rs_pg_converter_close(&s->converters[i]);
	free(s->converters);
	free(s->values);
	rs_buf_release(&s->text);
	rs_charset_close(&s->charset);
}
