/* TABLE_MAP events. */
#include "codec/binlog_table.h"

#include <string.h>
#include <xxhash.h>

#include "base/i18n.h"

#define SHORT_ID_POST_HEADER 6 /* the post-header of old servers, with a table id of 4 bytes */
#define COLUMNS_MAX 4096

/* Optional metadata. */
enum meta_field {
	MF_SIGNEDNESS = 1,
	MF_DEFAULT_CHARSET = 2,
	MF_COLUMN_CHARSET = 3,
	MF_COLUMN_NAME = 4,
	MF_SET_MEMBERS = 5,
	MF_ENUM_MEMBERS = 6,
	MF_PRIMARY_KEY = 8,
	MF_PRIMARY_KEY_PREFIX = 9,
	MF_ENUM_SET_DEFAULT_CHARSET = 10,
	MF_ENUM_SET_COLUMN_CHARSET = 11,
	MF_VISIBILITY = 12,
	MF_VECTOR_DIMENSION = 13
};

/* Classes of columns for which metadata come as lists. */
enum column_class { CC_ALL, CC_NUMBER, CC_TEXT, CC_ENUM_SET, CC_ENUM, CC_SET, CC_VECTOR };

struct map_reader {
	struct rs_reader r;
	const struct rs_event *ev;
	struct rs_arena *arena;
	struct rs_table_map *map;
	bool mariadb;
	bool no_memory;
};

static uint64_t read_table_id(struct rs_reader *r, uint8_t post_header)
{
	return rs_reader_uint(r, post_header == SHORT_ID_POST_HEADER ? 4 : 6);
}

/* The length, the bytes, and a NUL that is not counted. */
static struct rs_slice read_name(struct rs_reader *r)
{
	struct rs_slice name = rs_reader_string1(r);

	if (rs_reader_u8(r) != 0 || (name.len && memchr(name.bytes, 0, name.len)))
		r->bad = true;
	return name;
}

enum rs_rc rs_table_map_peek(const struct rs_binlog_format *f, const struct rs_event *ev, struct rs_table_map_id *out,
                             struct rs_err *err)
{
	struct rs_reader r = rs_reader_of(ev->body, ev->body_len);

	out->table_id = read_table_id(&r, f->post_header[RS_EV_TABLE_MAP]);
	out->digest = XXH3_64bits(r.p, rs_reader_left(&r));
	rs_reader_u16(&r);
	out->db = read_name(&r);
	out->name = read_name(&r);
	if (r.bad)
		return rs_event_malformed(ev, RS_EVENT_HEADER + rs_reader_offset(&r), _("it ends too early"), err);
	return RS_OK;
}

/* Bytes of the type's metadata; -1: not a type that rows can have. */
static int meta_size(uint8_t type)
{
	switch (type) {
	case RS_W_TINY:
	case RS_W_SHORT:
	case RS_W_LONG:
	case RS_W_LONGLONG:
	case RS_W_INT24:
	case RS_W_TIMESTAMP:
	case RS_W_DATE:
	case RS_W_TIME:
	case RS_W_DATETIME:
	case RS_W_YEAR: return 0;
	case RS_W_FLOAT:
	case RS_W_DOUBLE:
	case RS_W_TIMESTAMP2:
	case RS_W_DATETIME2:
	case RS_W_TIME2:
	case RS_W_BLOB_COMPRESSED:
	case RS_W_VECTOR:
	case RS_W_JSON:
	case RS_W_BLOB:
	case RS_W_GEOMETRY: return 1;
	case RS_W_VARCHAR:
	case RS_W_BIT:
	case RS_W_VARCHAR_COMPRESSED:
	case RS_W_NEWDECIMAL:
	case RS_W_ENUM:
	case RS_W_SET:
	case RS_W_VAR_STRING:
	case RS_W_STRING: return 2;
	default: return -1;
	}
}

/* STRING: two bits of the length hide, inverted, in the byte of the real type; ENUM and SET only say so there. */
static void resolve_string(struct rs_map_column *c)
{
	uint8_t real = c->meta_low;

	c->length = c->meta_high;
	if ((real & 0x30) != 0x30) {
		c->length |= (uint32_t)((real & 0x30) ^ 0x30) << 4;
		real |= 0x30;
	}
	if (real == RS_W_ENUM || real == RS_W_SET)
		c->type = real;
}

static void resolve_column(struct rs_map_column *c)
{
	uint32_t both = (uint32_t)(c->meta_low | c->meta_high << 8);

	switch (c->type) {
	case RS_W_STRING: resolve_string(c); return;
	case RS_W_ENUM:
	case RS_W_SET: c->length = c->meta_high; return;
	case RS_W_VARCHAR:
	case RS_W_VARCHAR_COMPRESSED:
	case RS_W_VAR_STRING: c->length = both; return;
	case RS_W_BIT: c->length = 8u * c->meta_high + c->meta_low; return;
	default: return;
	}
}

/* Whether the metadata have sizes that the decoders can rely on. */
static bool column_is_possible(const struct rs_map_column *c)
{
	switch (c->type) {
	case RS_W_FLOAT: return c->meta_low == 4;
	case RS_W_DOUBLE: return c->meta_low == 8;
	case RS_W_BIT: return c->length >= 1 && c->length <= 64;
	case RS_W_TIMESTAMP2:
	case RS_W_DATETIME2:
	case RS_W_TIME2: return c->meta_low <= 6;
	case RS_W_BLOB:
	case RS_W_BLOB_COMPRESSED:
	case RS_W_GEOMETRY:
	case RS_W_JSON:
	case RS_W_VECTOR: return c->meta_low >= 1 && c->meta_low <= 4;
	case RS_W_NEWDECIMAL:
		return c->meta_low >= 1 && c->meta_low <= 65 && c->meta_high <= 38 && c->meta_high <= c->meta_low;
	case RS_W_ENUM: return c->length == 1 || c->length == 2;
	case RS_W_SET: return c->length >= 1 && c->length <= 8;
	default: return true;
	}
}

static void *map_alloc(struct map_reader *m, size_t size)
{
	void *p = rs_arena_alloc(m->arena, size);

	if (p)
		memset(p, 0, size);
	else
		m->no_memory = m->r.bad = true;
	return p;
}

static enum rs_rc unknown_type(const struct map_reader *m, uint32_t column, uint8_t type, struct rs_err *err)
{
	return rs_err_set(err, RS_E_NOT_SUPPORTED, _("column %u of %s.%s has the type %u of the log, which is not supported"),
	                  column + 1, m->map->db, m->map->name, type);
}

static enum rs_rc read_types(struct map_reader *m, struct rs_slice types, struct rs_err *err)
{
	struct rs_slice block;
	struct rs_reader meta;

	block = rs_reader_string(&m->r);
	meta = rs_reader_of(block.bytes ? block.bytes : "", block.len);
	for (uint32_t i = 0; i < m->map->n_columns; i++) {
		struct rs_map_column *c = &m->map->columns[i];
		int size;

		c->type = (uint8_t)types.bytes[i];
		c->visible = true;
		size = meta_size(c->type);
		if (size < 0)
			return unknown_type(m, i, c->type, err);
		c->meta_low = size > 0 ? rs_reader_u8(&meta) : 0;
		c->meta_high = size > 1 ? rs_reader_u8(&meta) : 0;
		resolve_column(c);
		if (!meta.bad && !column_is_possible(c))
			return rs_event_malformed(m->ev, RS_EVENT_HEADER + rs_reader_offset(&m->r),
			                          _("the size of a column is impossible"), err);
	}
	m->r.bad |= meta.bad;
	return RS_OK;
}

static void read_nullable(struct map_reader *m)
{
	const uint8_t *bits = rs_reader_take(&m->r, (m->map->n_columns + 7) / 8);

	for (uint32_t i = 0; bits && i < m->map->n_columns; i++)
		m->map->columns[i].nullable = bits[i / 8] >> (i % 8) & 1;
}

/* --- optional metadata ------------------------------------------------------------------------------------------ */

/* Columns whose character set the map tells. MySQL 9 counts VECTOR among them, MariaDB GEOMETRY (seen in their logs). */
static bool is_text(const struct rs_map_column *c, bool mariadb)
{
	switch (c->type) {
	case RS_W_STRING:
	case RS_W_VAR_STRING:
	case RS_W_VARCHAR:
	case RS_W_BLOB:
	case RS_W_VARCHAR_COMPRESSED:
	case RS_W_BLOB_COMPRESSED:
	case RS_W_VECTOR: return true;
	case RS_W_GEOMETRY: return mariadb;
	default: return false;
	}
}

static bool is_number(const struct rs_map_column *c)
{
	switch (c->type) {
	case RS_W_TINY:
	case RS_W_SHORT:
	case RS_W_INT24:
	case RS_W_LONG:
	case RS_W_LONGLONG:
	case RS_W_NEWDECIMAL:
	case RS_W_FLOAT:
	case RS_W_DOUBLE:
	case RS_W_YEAR: return true;
	default: return false;
	}
}

static bool is_of(const struct map_reader *m, const struct rs_map_column *c, enum column_class class)
{
	switch (class) {
	case CC_ALL: return true;
	case CC_NUMBER: return is_number(c);
	case CC_TEXT: return is_text(c, m->mariadb);
	case CC_ENUM_SET: return c->type == RS_W_ENUM || c->type == RS_W_SET;
	case CC_ENUM: return c->type == RS_W_ENUM;
	case CC_SET: return c->type == RS_W_SET;
	case CC_VECTOR: return c->type == RS_W_VECTOR;
	}
	return false;
}

/* The next column of a class from *i on; NULL after the last. */
static struct rs_map_column *next_of(const struct map_reader *m, enum column_class class, uint32_t *i)
{
	while (*i < m->map->n_columns) {
		struct rs_map_column *c = &m->map->columns[(*i)++];

		if (is_of(m, c, class))
			return c;
	}
	return NULL;
}

static uint32_t count_of(const struct map_reader *m, enum column_class class)
{
	uint32_t n = 0;

	for (uint32_t i = 0; next_of(m, class, &i);)
		n++;
	return n;
}

/* Bits over a class of columns, the highest bit of a byte first. */
static bool take_bit(struct rs_reader *v, const uint8_t *bits, uint32_t n)
{
	if (n / 8 >= (size_t)(v->end - bits)) {
		v->bad = true;
		return false;
	}
	return bits[n / 8] >> (7 - n % 8) & 1;
}

static void read_signs(struct map_reader *m, struct rs_reader *v)
{
	struct rs_map_column *c;
	uint32_t n = 0;

	for (uint32_t i = 0; (c = next_of(m, CC_NUMBER, &i));)
		c->is_unsigned = take_bit(v, v->start, n++);
	m->map->has_signs = true;
}

static void read_visibility(struct map_reader *m, struct rs_reader *v)
{
	struct rs_map_column *c;
	uint32_t n = 0;

	for (uint32_t i = 0; (c = next_of(m, CC_ALL, &i));)
		c->visible = take_bit(v, v->start, n++);
}

/* The collation of each column of the class in turn, or the one of most and then pairs of index and collation. */
static void read_collations(struct map_reader *m, struct rs_reader *v, enum column_class class, bool with_default)
{
	uint32_t common = with_default ? (uint32_t)rs_reader_lenenc(v) : 0, n = 0;
	uint64_t exception = UINT64_MAX;
	struct rs_map_column *c;

	if (with_default && rs_reader_left(v))
		exception = rs_reader_lenenc(v);
	for (uint32_t i = 0; (c = next_of(m, class, &i)); n++) {
		c->collation = common;
		if (with_default && n != exception)
			continue;
		c->collation = (uint32_t)rs_reader_lenenc(v);
		exception = with_default && rs_reader_left(v) ? rs_reader_lenenc(v) : UINT64_MAX;
	}
	if (class == CC_TEXT)
		m->map->has_charsets = true;
}

static void read_names(struct map_reader *m, struct rs_reader *v)
{
	struct rs_map_column *c;

	for (uint32_t i = 0; (c = next_of(m, CC_ALL, &i));) {
		c->name = rs_reader_string(v);
		if (c->name.len == 0 || memchr(c->name.bytes, 0, c->name.len))
			v->bad = true;
	}
	m->map->has_names = true;
}

static void read_members(struct map_reader *m, struct rs_reader *v, enum column_class class)
{
	struct rs_map_column *c;

	for (uint32_t i = 0; !v->bad && (c = next_of(m, class, &i));) {
		uint64_t n = rs_reader_lenenc(v);

		if (n > rs_reader_left(v)) {
			v->bad = true;
			return;
		}
		c->members = map_alloc(m, (size_t)n * sizeof *c->members);
		for (c->n_members = 0; c->members && c->n_members < n; c->n_members++)
			c->members[c->n_members] = rs_reader_string(v);
	}
	m->map->has_members = true;
}

static void read_primary(struct map_reader *m, struct rs_reader *v, bool with_prefix)
{
	size_t most = rs_reader_left(v);
	struct rs_key_part *parts = map_alloc(m, most * sizeof *parts);
	uint32_t n = 0;

	for (; parts && rs_reader_left(v) && !v->bad; n++) {
		uint64_t column = rs_reader_lenenc(v);

		if (column >= m->map->n_columns)
			v->bad = true;
		parts[n].column = (uint32_t)column;
		parts[n].prefix = with_prefix ? (uint32_t)rs_reader_lenenc(v) : 0;
	}
	m->map->primary = parts;
	m->map->n_primary = n;
	m->map->has_primary = true;
}

static void read_dimensions(struct map_reader *m, struct rs_reader *v)
{
	struct rs_map_column *c;

	for (uint32_t i = 0; (c = next_of(m, CC_VECTOR, &i));)
		c->dimension = (uint32_t)rs_reader_lenenc(v);
}

static void read_metadata_field(struct map_reader *m, uint8_t type, struct rs_reader *v)
{
	switch (type) {
	case MF_SIGNEDNESS: read_signs(m, v); break;
	case MF_DEFAULT_CHARSET: read_collations(m, v, CC_TEXT, true); break;
	case MF_COLUMN_CHARSET: read_collations(m, v, CC_TEXT, false); break;
	case MF_COLUMN_NAME: read_names(m, v); break;
	case MF_SET_MEMBERS: read_members(m, v, CC_SET); break;
	case MF_ENUM_MEMBERS: read_members(m, v, CC_ENUM); break;
	case MF_PRIMARY_KEY: read_primary(m, v, false); break;
	case MF_PRIMARY_KEY_PREFIX: read_primary(m, v, true); break;
	case MF_ENUM_SET_DEFAULT_CHARSET: read_collations(m, v, CC_ENUM_SET, true); break;
	case MF_ENUM_SET_COLUMN_CHARSET: read_collations(m, v, CC_ENUM_SET, false); break;
	case MF_VISIBILITY: read_visibility(m, v); break;
	case MF_VECTOR_DIMENSION: read_dimensions(m, v); break;
	default: break; /* GEOMETRY_TYPE, and what later servers add */
	}
}

static void read_metadata(struct map_reader *m)
{
	while (rs_reader_left(&m->r) && !m->r.bad) {
		uint8_t type = rs_reader_u8(&m->r);
		struct rs_slice value = rs_reader_string(&m->r);
		struct rs_reader v = rs_reader_of(value.bytes ? value.bytes : "", value.len);

		if (m->r.bad)
			return;
		read_metadata_field(m, type, &v);
		m->r.bad |= v.bad;
	}
}

/* The length of MariaDB's own temporal types with a fraction, and of the types of old tables, is only in the schema. */
static bool depends_on_schema(const struct map_reader *m)
{
	for (uint32_t i = 0; i < m->map->n_columns; i++) {
		uint8_t type = m->map->columns[i].type;

		if (m->mariadb && (type == RS_W_TIME || type == RS_W_DATETIME || type == RS_W_TIMESTAMP))
			return true;
	}
	return false;
}

static bool is_full(const struct map_reader *m)
{
	return m->map->has_names && (m->map->has_signs || count_of(m, CC_NUMBER) == 0) &&
	       (m->map->has_charsets || count_of(m, CC_TEXT) == 0) && !depends_on_schema(m);
}

static char *copy_name(struct map_reader *m, struct rs_slice name)
{
	char *copy = m->r.bad ? NULL : rs_arena_copy(m->arena, name.bytes, name.len);

	if (!copy)
		m->no_memory |= !m->r.bad, m->r.bad = true;
	return copy;
}

static enum rs_rc finish(struct map_reader *m, struct rs_err *err)
{
	if (m->no_memory)
		return rs_err_set(err, RS_E_MEMORY, _("no memory for a table's description in the log"));
	if (m->r.bad)
		return rs_event_malformed(m->ev, RS_EVENT_HEADER + rs_reader_offset(&m->r), _("it ends too early"), err);
	m->map->full = is_full(m);
	return RS_OK;
}

static void read_head(struct map_reader *m, uint8_t post_header)
{
	m->map->table_id = read_table_id(&m->r, post_header);
	m->map->digest = XXH3_64bits(m->r.p, rs_reader_left(&m->r));
	m->map->flags = rs_reader_u16(&m->r);
	m->map->db = copy_name(m, read_name(&m->r));
	m->map->name = copy_name(m, read_name(&m->r));
}

enum rs_rc rs_table_map_read(const struct rs_binlog_format *f, const struct rs_event *ev, struct rs_arena *arena,
                             struct rs_table_map *out, struct rs_err *err)
{
	struct map_reader m = {rs_reader_of(ev->body, ev->body_len), ev, arena, out, f->mariadb, false};
	uint64_t n;
	struct rs_slice types;

	memset(out, 0, sizeof *out);
	read_head(&m, f->post_header[RS_EV_TABLE_MAP]);
	n = rs_reader_lenenc(&m.r);
	types = rs_reader_slice(&m.r, n);
	if (m.r.bad)
		return finish(&m, err);
	if (n > COLUMNS_MAX)
		return rs_event_malformed(ev, RS_EVENT_HEADER + rs_reader_offset(&m.r), _("it has too many columns"), err);
	out->n_columns = (uint32_t)n;
	out->columns = map_alloc(&m, n * sizeof *out->columns);
	if (!out->columns)
		return finish(&m, err);
	if (read_types(&m, types, err) != RS_OK)
		return RS_FAIL;
	read_nullable(&m);
	read_metadata(&m);
	return finish(&m, err);
}
