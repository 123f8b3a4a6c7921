#include "codec/change_bytes.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/reader.h"

#define FRAME_HEAD 5
#define AS_BEFORE 3 /* beside enum rs_presence: the after image has what the before image has */

enum row_flag { HAS_BEFORE = 1, HAS_AFTER = 2, NO_FOREIGN_KEYS = 4 };

/* --- tables ----------------------------------------------------------------------------------------------------- */

void rs_body_tables_cut(struct rs_body_tables *t, size_t from)
{
	while (t->count > from)
		rs_table_unref(t->tables[--t->count]);
}

void rs_body_tables_release(struct rs_body_tables *t)
{
	rs_body_tables_cut(t, 0);
	free(t->tables);
	*t = (struct rs_body_tables){0};
}

static void add_table(struct rs_body_tables *t, const struct rs_table *table)
{
	RS_GROW(t->tables, t->count, t->cap);
	t->tables[t->count++] = table;
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

static void put_u32(struct rs_buf *out, size_t v)
{
	const char bytes[4] = {(char)(v & 0xff), (char)(v >> 8 & 0xff), (char)(v >> 16 & 0xff), (char)(v >> 24 & 0xff)};

	rs_buf_add(out, bytes, sizeof bytes);
}

/* The length is known when the frame is complete. */
static size_t open_frame(struct rs_buf *out, char kind)
{
	rs_buf_addc(out, kind);
	put_u32(out, 0);
	return out->len;
}

static void close_frame(struct rs_buf *out, size_t start)
{
	size_t n = out->len - start;

	if (rs_buf_failed(out) || n > UINT32_MAX)
		out->failed = true;
	else
		for (size_t i = 0; i < 4; i++)
			out->data[start - 4 + i] = (char)(n >> (8 * i) & 0xff);
}

static size_t number_of(struct rs_buf *out, struct rs_body_tables *t, const struct rs_table *table)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->tables[i] == table)
			return i;
	json_t *json = rs_table_to_json(table);
	char *text = json_dumps(json, JSON_COMPACT);
	size_t start = open_frame(out, 'T');
	rs_buf_adds(out, text);
	close_frame(out, start);
	free(text);
	json_decref(json);
	add_table(t, rs_table_ref(table));
	return t->count - 1;
}

static void put_image(struct rs_buf *out, const struct rs_value *values, const struct rs_value *before, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool same = before != NULL && values[i].presence == RS_PRESENT && rs_value_identical(&values[i], &before[i]);
		rs_buf_addc(out, same ? AS_BEFORE : (char)values[i].presence);
		if (same || values[i].presence != RS_PRESENT)
			continue;
		put_u32(out, values[i].len);
		rs_buf_add(out, values[i].bytes ? values[i].bytes : "", values[i].len);
	}
}

/* Whoever applies a change relies on the images that its kind has. */
static int images_of(enum rs_op op)
{
	return (op != RS_OP_INSERT ? HAS_BEFORE : 0) | (op != RS_OP_DELETE ? HAS_AFTER : 0);
}

enum rs_rc rs_change_write(struct rs_buf *out, struct rs_body_tables *tables, const struct rs_change *c,
                           struct rs_err *err)
{
	size_t table = number_of(out, tables, c->table), start = open_frame(out, 'R'), n = c->table->n_columns;
	int flags = images_of(c->op) | (c->no_foreign_keys ? NO_FOREIGN_KEYS : 0);

	put_u32(out, table);
	rs_buf_addc(out, (char)c->op);
	rs_buf_addc(out, (char)flags);
	put_u32(out, c->n_rows);
	for (size_t i = 0; i < c->n_rows; i++) {
		if (flags & HAS_BEFORE)
			put_image(out, c->rows[i].before, NULL, n);
		if (flags & HAS_AFTER)
			put_image(out, c->rows[i].after, c->rows[i].before, n);
	}
	close_frame(out, start);
	return rs_buf_failed(out) ? rs_err_set(err, RS_E_MEMORY, _("a row of a prepared transaction is too large")) : RS_OK;
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

static enum rs_rc damaged(struct rs_err *err)
{
	return rs_err_set(err, RS_E_META_DAMAGED, _("the stored changes of a prepared transaction can't be read"));
}

static enum rs_rc read_table(struct rs_slice text, struct rs_body_tables *tables, struct rs_err *err)
{
	json_t *json = json_loadb(text.bytes, text.len, 0, NULL);
	struct rs_table *table = json ? rs_table_from_json(json, err) : NULL;

	json_decref(json);
	if (json == NULL)
		return damaged(err);
	if (table == NULL)
		return RS_FAIL;
	add_table(tables, table);
	return RS_OK;
}

static struct rs_value *read_image(struct rs_reader *r, struct rs_arena *arena, const struct rs_value *before, size_t n)
{
	struct rs_value *values = rs_arena_alloc(arena, (n ? n : 1) * sizeof *values);

	for (size_t i = 0; i < n; i++) {
		uint8_t presence = rs_reader_u8(r);
		values[i] = (struct rs_value){NULL, 0, presence, 0};
		if (presence == AS_BEFORE && before != NULL) {
			values[i] = before[i];
		} else if (presence == RS_PRESENT) {
			struct rs_slice s = rs_reader_slice(r, rs_reader_u32(r));
			values[i] = rs_value_of(s.bytes, s.len);
		} else if (presence >= RS_PRESENT) {
			r->bad = true;
		}
	}
	return values;
}

static enum rs_rc read_rows(struct rs_slice frame, const struct rs_body_tables *tables, struct rs_change **out,
                            struct rs_err *err)
{
	struct rs_reader r = rs_reader_of(frame.bytes, frame.len);
	uint32_t table = rs_reader_u32(&r);
	uint8_t op = rs_reader_u8(&r), flags = rs_reader_u8(&r);
	uint32_t n = rs_reader_u32(&r);
	struct rs_change *c;

	if (r.bad || table >= tables->count || op > RS_OP_DELETE || n > frame.len ||
	    (flags & ~NO_FOREIGN_KEYS) != images_of((enum rs_op)op))
		return damaged(err);
	c = rs_change_new(RS_CHANGE_ROWS);
	c->op = (enum rs_op)op;
	c->table = rs_table_ref(tables->tables[table]);
	c->no_foreign_keys = flags & NO_FOREIGN_KEYS;
	c->rows = rs_arena_alloc(&c->arena, (n ? n : 1) * sizeof *c->rows);
	c->n_rows = n;
	c->bytes = c->image_bytes = frame.len;
	const size_t left = rs_reader_left(&r);
	r = rs_reader_of(rs_arena_copy(&c->arena, frame.bytes + frame.len - left, left), left);
	for (size_t i = 0; i < n && !r.bad; i++) {
		struct rs_row_change *row = &c->rows[i];
		row->before = flags & HAS_BEFORE ? read_image(&r, &c->arena, NULL, c->table->n_columns) : NULL;
		row->after = flags & HAS_AFTER ? read_image(&r, &c->arena, row->before, c->table->n_columns) : NULL;
	}
	if (r.bad || rs_reader_left(&r) > 0) {
		rs_change_free(c);
		return damaged(err);
	}
	*out = c;
	return RS_OK;
}

enum rs_rc rs_change_read(const void *bytes, size_t len, size_t *used, struct rs_body_tables *tables,
                          struct rs_change **out, struct rs_err *err)
{
	*used = 0;
	for (;;) {
		struct rs_reader r = rs_reader_of((const char *)bytes + *used, len - *used);
		uint8_t kind = rs_reader_u8(&r);
		struct rs_slice frame = rs_reader_slice(&r, rs_reader_u32(&r));
		enum rs_rc rc;

		if (r.bad)
			return RS_AGAIN;
		*used += FRAME_HEAD + frame.len;
		if (kind == 'R')
			return read_rows(frame, tables, out, err);
		rc = kind == 'T' ? read_table(frame, tables, err) : damaged(err);
		if (rc != RS_OK)
			return rc;
	}
}
