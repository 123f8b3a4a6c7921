#include "codec/binlog_rows.h"

#include <string.h>

#include "base/i18n.h"
#include "base/mem.h"
#include "codec/binary_json.h"
#include "codec/row_value.h"
#include "codec/unpack.h"

#define SHORT_ID_POST_HEADER 6
#define DUMMY_ID 0xffffff              /* also a possible id of a real table, which then has rows */
#define DUMMY_ID_LONG 0xffffffffffff
#define PARTIAL_JSON_VALUES 1          /* option of one row of PARTIAL_UPDATE_ROWS */
#define IMAGES_AT_ONCE 64              /* whose arrays of values are allocated together */
#define JSON_TEXT_MAX ((size_t)4 * 1024 * 1024 * 1024 - 1)

enum rows_flag { RF_STATEMENT_END = 1, RF_NO_FOREIGN_KEYS = 2 };

void rs_rows_init(struct rs_rows *r, size_t max_event)
{
	memset(r, 0, sizeof *r);
	rs_buf_init(&r->unpacked, max_event);
	rs_buf_init(&r->text, JSON_TEXT_MAX);
	rs_arena_init(&r->work, 0);
}

void rs_rows_release(struct rs_rows *r)
{
	rs_buf_release(&r->unpacked);
	rs_buf_release(&r->text);
	rs_arena_release(&r->work);
	free(r->documents);
	free(r->rows);
	memset(r, 0, sizeof *r);
}

/* --- the event's own header ------------------------------------------------------------------------------------- */

static enum rs_op op_of(uint8_t type)
{
	switch (type) {
	case RS_EV_WRITE_ROWS_V1:
	case RS_EV_WRITE_ROWS:
	case RS_EV_WRITE_ROWS_COMPRESSED_V1:
	case RS_EV_WRITE_ROWS_COMPRESSED: return RS_OP_INSERT;
	case RS_EV_DELETE_ROWS_V1:
	case RS_EV_DELETE_ROWS:
	case RS_EV_DELETE_ROWS_COMPRESSED_V1:
	case RS_EV_DELETE_ROWS_COMPRESSED: return RS_OP_DELETE;
	default: return RS_OP_UPDATE;
	}
}

static bool has_extra_data(uint8_t type)
{
	return (type >= RS_EV_WRITE_ROWS && type <= RS_EV_DELETE_ROWS) || type == RS_EV_PARTIAL_UPDATE_ROWS ||
	       (type >= RS_EV_WRITE_ROWS_COMPRESSED && type <= RS_EV_DELETE_ROWS_COMPRESSED);
}

static bool is_compressed(uint8_t type)
{
	return type >= RS_EV_WRITE_ROWS_COMPRESSED_V1 && type <= RS_EV_DELETE_ROWS_COMPRESSED;
}

static uint32_t count_bits(const uint8_t *bits, uint32_t n)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++)
		count += bits[i / 8] >> (i % 8) & 1;
	return count;
}

static const uint8_t *read_bitmap(struct rs_rows *r, uint32_t *count)
{
	const uint8_t *bits = rs_reader_take(&r->data, (r->width + 7) / 8);

	*count = bits ? count_bits(bits, r->width) : 0;
	return bits;
}

static enum rs_rc unpack_rows(struct rs_rows *r, struct rs_err *err)
{
	uint64_t size;

	if (!rs_unpack_size(&r->data, &size))
		return rs_event_malformed(&r->event, r->event.length, _("its compressed rows can't be unpacked"), err);
	rs_buf_clear(&r->unpacked);
	if (size > r->unpacked.max || rs_buf_reserve(&r->unpacked, (size_t)size) != RS_OK)
		return rs_err_set(err, RS_E_MEMORY, _("a compressed event of %llu bytes"), (unsigned long long)size);
	if (!rs_unpack(&r->data, r->unpacked.data, (size_t)size, false))
		return rs_event_malformed(&r->event, r->event.length, _("its compressed rows can't be unpacked"), err);
	r->data = rs_reader_of(r->unpacked.data, (size_t)size);
	return RS_OK;
}

static void read_extra_data(struct rs_reader *r)
{
	uint16_t len = rs_reader_u16(r); /* counts itself */

	if (len < 2)
		r->bad = true;
	else
		rs_reader_take(r, len - 2u);
}

enum rs_rc rs_rows_open(struct rs_rows *r, const struct rs_binlog_format *f, const struct rs_event *ev,
                        struct rs_err *err)
{
	uint16_t flags;
	uint64_t width;

	r->event = *ev;
	r->layout = NULL;
	r->row = 0;
	r->op = op_of(ev->type);
	r->partial_json = ev->type == RS_EV_PARTIAL_UPDATE_ROWS;
	r->data = rs_reader_of(ev->body, ev->body_len);
	r->table_id = rs_reader_uint(&r->data, f->post_header[ev->type] == SHORT_ID_POST_HEADER ? 4 : 6);
	flags = rs_reader_u16(&r->data);
	r->statement_end = flags & RF_STATEMENT_END;
	r->no_foreign_keys = flags & RF_NO_FOREIGN_KEYS;
	if (has_extra_data(ev->type))
		read_extra_data(&r->data);
	width = rs_reader_lenenc(&r->data);
	r->width = width <= UINT16_MAX ? (uint32_t)width : 0;
	r->present_before = r->present_after = NULL;
	r->n_before = r->n_after = 0;
	if (r->op != RS_OP_INSERT)
		r->present_before = read_bitmap(r, &r->n_before);
	if (r->op != RS_OP_DELETE)
		r->present_after = read_bitmap(r, &r->n_after);
	if (r->data.bad || width > UINT16_MAX)
		return rs_event_malformed(ev, RS_EVENT_HEADER + rs_reader_offset(&r->data), _("it ends too early"), err);
	r->dummy = rs_reader_left(&r->data) == 0 && (r->table_id == DUMMY_ID || r->table_id == DUMMY_ID_LONG);
	return is_compressed(ev->type) ? unpack_rows(r, err) : RS_OK;
}

enum rs_rc rs_rows_bind(struct rs_rows *r, const struct rs_layout *layout, struct rs_err *err)
{
	if (layout->n_columns != r->width) {
		rs_err_set(err, RS_E_SCHEMA_DRIFT, _("the source's log and the known schema of %s.%s disagree"),
		           layout->table->db, layout->table->name);
		return rs_err_detail(err, _("%u columns in a rows event, %zu in the schema"), r->width, layout->n_columns);
	}
	if (layout->n_json > r->cap_documents) {
		r->documents = rs_xrealloc(r->documents, layout->n_json * sizeof *r->documents);
		r->cap_documents = layout->n_json;
	}
	r->layout = layout;
	return RS_OK;
}

/* --- rows ------------------------------------------------------------------------------------------------------- */

/* What is being filled. */
struct filler {
	struct rs_rows *r;
	struct rs_change *change;
	struct rs_value_writer writer;
	struct rs_value *values; /* allocated for rows to come */
	size_t n_values;
	const uint8_t *p, *end;  /* of the event's row data */
	struct rs_err *err;
};

static enum rs_rc no_memory(const struct filler *f)
{
	return rs_err_set(f->err, RS_E_MEMORY, _("no memory for the rows of a change"));
}

static enum rs_rc bad_row(const struct filler *f, enum rs_errc code, const struct rs_column *c, const char *what)
{
	const struct rs_rows *r = f->r;
	const struct rs_table *t = r->layout->table;

	if (code == RS_E_EVENT_MALFORMED)
		rs_event_malformed(&r->event, RS_EVENT_HEADER + (size_t)(f->p - r->data.start), what, f->err);
	else
		rs_err_set(f->err, code, "%s", what);
	return rs_err_detail(f->err, _("row %llu of the event, table %s.%s, column %s"), (unsigned long long)r->row + 1, t->db,
	                     t->name, c ? c->name : "-");
}

static enum rs_rc decoding_failed(const struct filler *f, uint32_t column, enum rs_decoded how)
{
	const struct rs_table *t = f->r->layout->table;
	const struct rs_column *c = column < t->n_columns ? &t->columns[column] : NULL;

	if (how == RS_DECODED_NO_MEMORY)
		return no_memory(f);
	if (how == RS_DECODED_SHORT)
		return bad_row(f, RS_E_EVENT_MALFORMED, c, _("a row ends too early"));
	return bad_row(f, RS_E_VALUE, c, _("the source's log holds a value that its type can't have"));
}

/* Text from the scratch buffer into the arena. */
static enum rs_rc take_text(struct filler *f, struct rs_value *out)
{
	size_t len = f->r->text.len;
	char *at = rs_value_writer_room(&f->writer, len);

	if (!at)
		return no_memory(f);
	memcpy(at, rs_buf_str(&f->r->text), len);
	f->writer.p = at + len;
	*out = rs_value_of(at, len);
	return RS_OK;
}

static bool read_document(struct filler *f, unsigned len_bytes, struct rs_slice *out)
{
	uint64_t len;

	if ((size_t)(f->end - f->p) < len_bytes)
		return false;
	len = rs_le(f->p, len_bytes);
	if ((size_t)(f->end - f->p) - len_bytes < len)
		return false;
	*out = (struct rs_slice){(const char *)f->p + len_bytes, (size_t)len};
	f->p += len_bytes + len;
	return true;
}

struct image {
	const uint8_t *present;
	uint32_t n_present;
	bool before;
	const uint8_t *partial; /* a bit for each JSON column; NULL: none is partial */
};

/* A document, or where it is partial the changes that make it from the one before. */
static enum rs_rc decode_json(struct filler *f, uint32_t column, const struct image *image, struct rs_value *out)
{
	struct rs_rows *r = f->r;
	const struct rs_layout_column *col = &r->layout->columns[column];
	const struct rs_column *c = &r->layout->table->columns[column];
	struct rs_slice doc, *old = &r->documents[col->number];
	bool partial = image->partial && image->partial[col->number / 8] >> (col->number % 8) & 1;
	enum rs_rc rc;

	if (!read_document(f, col->len_bytes, &doc))
		return decoding_failed(f, column, RS_DECODED_SHORT);
	rs_buf_clear(&r->text);
	if (image->before)
		*old = doc;
	if (partial && !old->bytes) {
		bad_row(f, RS_E_BINLOG_IMAGE, c, _("a JSON value is logged as a change to one that is not in the log"));
		return rs_err_hint(f->err, _("Set binlog_row_image = FULL or binlog_row_value_options = '' at the source"));
	}
	rs_arena_clear(&r->work);
	if (partial)
		rc = rs_json_patch(old->bytes, old->len, doc.bytes, doc.len, &r->work, &r->text, f->err);
	else
		rc = rs_json_print(doc.bytes, doc.len, &r->text, f->err);
	if (rc != RS_OK)
		return rs_err_detail(f->err, _("table %s.%s, column %s"), r->layout->table->db, r->layout->table->name, c->name);
	return take_text(f, out);
}

/* The values of one image; those that are not in it stay as they are, absent. */
static enum rs_rc decode_image(struct filler *f, const struct image *image, struct rs_value *values)
{
	const struct rs_layout *l = f->r->layout;
	size_t bitmap = (image->n_present + 7) / 8;
	struct rs_image im = {.columns = l->columns, .n_columns = (uint32_t)l->n_columns, .nulls = f->p, .end = f->end};
	enum rs_decoded how;

	if ((size_t)(f->end - f->p) < bitmap)
		return bad_row(f, RS_E_EVENT_MALFORMED, NULL, _("a row ends too early"));
	if (image->n_present < l->n_columns)
		im.present = image->present;
	im.p = f->p + bitmap;
	while ((how = rs_image_decode(&f->writer, &im, values)) == RS_DECODED_JSON) {
		f->p = im.p;
		if (decode_json(f, im.column, image, &values[im.column]) != RS_OK)
			return RS_FAIL;
		im.p = f->p;
		im.column++;
	}
	f->p = im.p;
	return how == RS_DECODED ? RS_OK : decoding_failed(f, im.column, how);
}

/* The bits before the after image of a row of PARTIAL_UPDATE_ROWS. */
static enum rs_rc read_partial_bits(struct filler *f, const uint8_t **bits)
{
	struct rs_reader r = rs_reader_of(f->p, (size_t)(f->end - f->p));
	uint64_t options = rs_reader_lenenc(&r);

	*bits = options & PARTIAL_JSON_VALUES ? rs_reader_take(&r, (f->r->layout->n_json + 7) / 8) : NULL;
	if (r.bad)
		return bad_row(f, RS_E_EVENT_MALFORMED, NULL, _("a row ends too early"));
	f->p = r.p;
	return RS_OK;
}

/* How many images are still to come, if they go on as they began. */
static size_t expected_images(const struct filler *f)
{
	size_t done = (size_t)(f->p - f->r->data.p), left = (size_t)(f->end - f->p);
	size_t images = f->r->n_rows ? left / (done / f->r->n_rows + 1) + 1 : 1;

	if (f->r->op == RS_OP_UPDATE)
		images *= 2;
	return images < IMAGES_AT_ONCE ? images : IMAGES_AT_ONCE;
}

/* Room for the values of one image, hidden columns too; those that it does not have are absent. */
static struct rs_value *take_values(struct filler *f, uint32_t n_present)
{
	size_t width = f->r->layout->n_columns;
	struct rs_value *values;

	if (f->n_values < width || !f->values) {
		f->n_values = (width ? width : 1) * expected_images(f);
		rs_value_writer_finish(&f->writer);
		f->values = rs_arena_alloc(&f->change->arena, f->n_values * sizeof *f->values);
		if (!f->values)
			return NULL;
	}
	values = f->values;
	f->values += width;
	f->n_values -= width;
	if (n_present < width)
		memset(values, 0, width * sizeof *values);
	return values;
}

/* A column that the after image leaves out was not changed, unless it is computed from others. */
static void complete_after(const struct rs_rows *r, const struct rs_row_change *row)
{
	if (r->n_after == r->width)
		return;
	for (size_t i = 0; i < r->layout->table->n_columns; i++)
		if (row->after[i].presence == RS_ABSENT && !r->layout->table->columns[i].generated)
			row->after[i] = row->before[i];
}

static enum rs_rc decode_row(struct filler *f, struct rs_row_change *row)
{
	struct rs_rows *r = f->r;
	struct image before = {r->present_before, r->n_before, true, NULL}, after = {r->present_after, r->n_after, false, NULL};

	row->before = before.present ? take_values(f, before.n_present) : NULL;
	row->after = after.present ? take_values(f, after.n_present) : NULL;
	if ((before.present && !row->before) || (after.present && !row->after))
		return no_memory(f);
	if (r->layout->n_json)
		memset(r->documents, 0, r->layout->n_json * sizeof *r->documents);
	if (before.present && decode_image(f, &before, row->before) != RS_OK)
		return RS_FAIL;
	if (r->partial_json && read_partial_bits(f, &after.partial) != RS_OK)
		return RS_FAIL;
	if (after.present && decode_image(f, &after, row->after) != RS_OK)
		return RS_FAIL;
	if (before.present && after.present)
		complete_after(r, row);
	r->row++;
	return RS_OK;
}

static enum rs_rc hand_over(struct filler *f)
{
	struct rs_rows *r = f->r;
	struct rs_change *c = f->change;
	size_t size = r->n_rows * sizeof *r->rows;

	rs_value_writer_finish(&f->writer);
	c->rows = rs_arena_alloc(&c->arena, size);
	if (!c->rows)
		return no_memory(f);
	memcpy(c->rows, r->rows, size);
	c->n_rows = r->n_rows;
	c->bytes = c->arena.used + sizeof *c;
	c->op = r->op;
	c->table = rs_table_ref(r->layout->table);
	c->server_id = r->event.server_id;
	c->timestamp = r->event.timestamp;
	c->no_foreign_keys = r->no_foreign_keys;
	c->statement_end = r->statement_end && rs_reader_left(&r->data) == 0;
	return RS_OK;
}

/* Without what the writer has in hand and not used. */
static size_t bytes_used(const struct filler *f)
{
	return f->change->arena.used - (size_t)(f->writer.end - f->writer.p);
}

enum rs_rc rs_rows_next(struct rs_rows *r, struct rs_change *c, size_t max_bytes, struct rs_err *err)
{
	struct filler f = {.r = r, .change = c, .p = r->data.p, .end = r->data.end, .err = err};

	/* Text is seldom more than three times as long as what the log has. */
	rs_value_writer_init(&f.writer, &c->arena, 3 * rs_reader_left(&r->data) + RS_DECIMAL_TEXT_MAX);
	r->n_rows = 0;
	while (f.p < f.end && (r->n_rows == 0 || bytes_used(&f) < max_bytes)) {
		const uint8_t *start = f.p;

		RS_GROW(r->rows, r->n_rows, r->cap_rows);
		if (decode_row(&f, &r->rows[r->n_rows]) != RS_OK)
			return RS_FAIL;
		r->n_rows++;
		if (f.p == start)
			return bad_row(&f, RS_E_EVENT_MALFORMED, NULL, _("a row takes no bytes"));
	}
	c->image_bytes = (size_t)(f.p - r->data.p);
	r->data.p = f.p;
	return r->n_rows ? hand_over(&f) : RS_EOF;
}
