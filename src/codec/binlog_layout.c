/* Binding a TABLE_MAP to a table of the schema store. */
#include <string.h>

#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/binlog_table.h"
#include "codec/charset.h"
#include "codec/row_value.h"

#define COLLATION_BINARY 63
#define UUID_SIZE 16
#define INET4_SIZE 4
#define INET6_SIZE 16

struct binder {
	const struct rs_table_map *map;
	const struct rs_table *known;          /* may be NULL */
	const struct rs_collations *collations; /* may be NULL */
	uint32_t n_columns;                    /* of the map, without the hidden ones at its end */
	struct rs_err *err;
};

static enum rs_rc drift(const struct binder *b, const char *column, const char *what)
{
	rs_err_set(b->err, RS_E_SCHEMA_DRIFT, _("the source's log and the known schema of %s.%s disagree"), b->map->db,
	           b->map->name);
	if (column)
		rs_err_detail(b->err, _("column %s: %s"), column, what);
	else
		rs_err_detail(b->err, "%s", what);
	return RS_FAIL;
}

/* --- does a column of the schema fit what the log has? ----------------------------------------------------------- */

static bool is_blob(const struct rs_map_column *w, uint8_t len_bytes)
{
	return (w->type == RS_W_BLOB || w->type == RS_W_BLOB_COMPRESSED) && w->meta_low == len_bytes;
}

static bool is_varchar(const struct rs_map_column *w)
{
	return w->type == RS_W_VARCHAR || w->type == RS_W_VARCHAR_COMPRESSED || w->type == RS_W_VAR_STRING;
}

static bool temporal_fits(const struct rs_column *c, const struct rs_map_column *w, uint8_t now, uint8_t old)
{
	return (w->type == now && w->meta_low == c->fsp) || w->type == old;
}

static bool set_fits(const struct rs_column *c, const struct rs_map_column *w)
{
	size_t bytes = (c->n_members + 7) / 8;

	return w->type == RS_W_SET && (!c->members || w->length == (bytes > 4 ? 8 : bytes));
}

static bool fits(const struct rs_column *c, const struct rs_map_column *w)
{
	switch (c->type) {
	case RS_T_TINYINT: return w->type == RS_W_TINY;
	case RS_T_SMALLINT: return w->type == RS_W_SHORT;
	case RS_T_MEDIUMINT: return w->type == RS_W_INT24;
	case RS_T_INT: return w->type == RS_W_LONG;
	case RS_T_BIGINT: return w->type == RS_W_LONGLONG;
	case RS_T_DECIMAL: return w->type == RS_W_NEWDECIMAL && w->meta_low == c->length && w->meta_high == c->scale;
	case RS_T_FLOAT: return w->type == RS_W_FLOAT;
	case RS_T_DOUBLE: return w->type == RS_W_DOUBLE;
	case RS_T_BIT: return w->type == RS_W_BIT && w->length == c->length;
	case RS_T_YEAR: return w->type == RS_W_YEAR;
	case RS_T_DATE: return w->type == RS_W_DATE;
	case RS_T_TIME: return temporal_fits(c, w, RS_W_TIME2, RS_W_TIME);
	case RS_T_DATETIME: return temporal_fits(c, w, RS_W_DATETIME2, RS_W_DATETIME);
	case RS_T_TIMESTAMP: return temporal_fits(c, w, RS_W_TIMESTAMP2, RS_W_TIMESTAMP);
	case RS_T_CHAR: return w->type == RS_W_STRING || w->type == RS_W_VAR_STRING;
	case RS_T_VARCHAR: return is_varchar(w);
	case RS_T_TINYTEXT:
	case RS_T_TINYBLOB: return is_blob(w, 1);
	case RS_T_TEXT:
	case RS_T_BLOB: return is_blob(w, 2);
	case RS_T_MEDIUMTEXT:
	case RS_T_MEDIUMBLOB: return is_blob(w, 3);
	case RS_T_LONGTEXT:
	case RS_T_LONGBLOB: return is_blob(w, 4);
	case RS_T_BINARY: return w->type == RS_W_STRING && w->length == c->length;
	case RS_T_VARBINARY: return is_varchar(w) && (w->type == RS_W_VARCHAR_COMPRESSED || w->length == c->length);
	case RS_T_ENUM: return w->type == RS_W_ENUM && (!c->members || w->length == (c->n_members > 255 ? 2u : 1u));
	case RS_T_SET: return set_fits(c, w);
	case RS_T_JSON: return w->type == RS_W_JSON;
	case RS_T_GEOMETRY: return w->type == RS_W_GEOMETRY;
	case RS_T_VECTOR: return w->type == RS_W_VECTOR || w->type == RS_W_VARCHAR;
	case RS_T_UUID: return w->type == RS_W_STRING && w->length == UUID_SIZE;
	case RS_T_INET4: return w->type == RS_W_STRING && w->length == INET4_SIZE;
	case RS_T_INET6: return w->type == RS_W_STRING && w->length == INET6_SIZE;
	default: return false;
	}
}

/* --- what the map says of a column, as a column ------------------------------------------------------------------ */

static const struct rs_collation *collation_of(const struct binder *b, const struct rs_map_column *w)
{
	return b->collations && w->collation ? rs_collations_find(b->collations, w->collation) : NULL;
}

static enum rs_type string_type(const struct rs_map_column *w, enum rs_type text, enum rs_type bytes)
{
	return w->collation == COLLATION_BINARY ? bytes : text;
}

static enum rs_type blob_type(const struct rs_map_column *w)
{
	static const enum rs_type text[] = {RS_T_TINYTEXT, RS_T_TEXT, RS_T_MEDIUMTEXT, RS_T_LONGTEXT};
	static const enum rs_type bytes[] = {RS_T_TINYBLOB, RS_T_BLOB, RS_T_MEDIUMBLOB, RS_T_LONGBLOB};

	return string_type(w, text[w->meta_low - 1], bytes[w->meta_low - 1]);
}

static enum rs_type type_of(const struct rs_map_column *w)
{
	switch (w->type) {
	case RS_W_TINY: return RS_T_TINYINT;
	case RS_W_SHORT: return RS_T_SMALLINT;
	case RS_W_LONG: return RS_T_INT;
	case RS_W_LONGLONG: return RS_T_BIGINT;
	case RS_W_INT24: return RS_T_MEDIUMINT;
	case RS_W_FLOAT: return RS_T_FLOAT;
	case RS_W_DOUBLE: return RS_T_DOUBLE;
	case RS_W_DATE: return RS_T_DATE;
	case RS_W_YEAR: return RS_T_YEAR;
	case RS_W_BIT: return RS_T_BIT;
	case RS_W_TIME:
	case RS_W_TIME2: return RS_T_TIME;
	case RS_W_DATETIME:
	case RS_W_DATETIME2: return RS_T_DATETIME;
	case RS_W_TIMESTAMP:
	case RS_W_TIMESTAMP2: return RS_T_TIMESTAMP;
	case RS_W_VARCHAR:
	case RS_W_VARCHAR_COMPRESSED:
	case RS_W_VAR_STRING: return string_type(w, RS_T_VARCHAR, RS_T_VARBINARY);
	case RS_W_STRING: return string_type(w, RS_T_CHAR, RS_T_BINARY);
	case RS_W_BLOB:
	case RS_W_BLOB_COMPRESSED: return blob_type(w);
	case RS_W_VECTOR: return RS_T_VECTOR;
	case RS_W_JSON: return RS_T_JSON;
	case RS_W_NEWDECIMAL: return RS_T_DECIMAL;
	case RS_W_ENUM: return RS_T_ENUM;
	case RS_W_SET: return RS_T_SET;
	case RS_W_GEOMETRY: return RS_T_GEOMETRY;
	default: return RS_T_UNKNOWN;
	}
}

static uint32_t length_of(const struct rs_map_column *w, enum rs_type type, const struct rs_collation *collation)
{
	/* A compressed column has a byte more, for its head. */
	uint32_t bytes = w->length - (w->type == RS_W_VARCHAR_COMPRESSED && w->length ? 1 : 0);

	switch (type) {
	case RS_T_CHAR:
	case RS_T_VARCHAR: return bytes / (collation ? rs_charset_width(collation->charset) : 1);
	case RS_T_BINARY:
	case RS_T_VARBINARY:
	case RS_T_BIT: return bytes;
	case RS_T_DECIMAL: return w->meta_low;
	case RS_T_VECTOR: return w->dimension;
	default: return 0;
	}
}

static bool has_charset(enum rs_type type)
{
	return rs_type_is_text(type) || type == RS_T_ENUM || type == RS_T_SET;
}

static void set_text(char **to, const char *text)
{
	char *copy = rs_xstrdup(text);

	free(*to);
	*to = copy;
}

/* The type as a server would write it; good enough to be shown. */
static char *native_text(const struct rs_column *c)
{
	struct rs_buf b = RS_BUF_INIT;

	for (const char *p = rs_type_name(c->type); *p; p++)
		rs_buf_addc(&b, *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p);
	if (c->type == RS_T_DECIMAL)
		rs_buf_addf(&b, "(%u,%u)", c->length, c->scale);
	else if (c->length)
		rs_buf_addf(&b, "(%u)", c->length);
	else if (c->fsp)
		rs_buf_addf(&b, "(%u)", c->fsp);
	for (size_t i = 0; c->members && i < c->n_members; i++)
		rs_buf_addf(&b, "%s'%s'", i ? "," : "(", c->members[i]);
	if (c->members && c->n_members)
		rs_buf_addc(&b, ')');
	if (c->is_unsigned)
		rs_buf_adds(&b, " unsigned");
	return rs_buf_take(&b);
}

/* Names in UTF-8; NULL where one of them can't be converted: then they are not known. */
static void set_members(struct rs_column *c, const struct rs_map_column *w)
{
	struct rs_charset_reader cs = RS_CHARSET_READER_INIT;
	struct rs_buf b = RS_BUF_INIT;
	char **members = rs_xcalloc(w->n_members ? w->n_members : 1, sizeof *members);
	bool good = c->charset && rs_charset_open(&cs, c->charset, NULL) == RS_OK;

	for (uint32_t i = 0; i < w->n_members && good; i++) {
		rs_buf_clear(&b);
		good = rs_charset_to_utf8(&cs, w->members[i].bytes, w->members[i].len, &b, NULL) == RS_OK;
		members[i] = good ? rs_xstrdup(rs_buf_str(&b)) : NULL;
	}
	for (uint32_t i = 0; i < w->n_members && !good; i++)
		free(members[i]);
	if (good) {
		c->members = members;
		c->n_members = w->n_members;
	} else {
		free(members);
	}
	rs_buf_release(&b);
	rs_charset_close(&cs);
}

static void fill_column(const struct binder *b, struct rs_column *c, const struct rs_map_column *w)
{
	const struct rs_collation *collation = collation_of(b, w);

	c->type = type_of(w);
	c->is_unsigned = w->is_unsigned && c->type != RS_T_YEAR;
	c->length = length_of(w, c->type, collation);
	c->scale = c->type == RS_T_DECIMAL ? w->meta_high : 0;
	c->fsp = w->type == RS_W_TIME2 || w->type == RS_W_DATETIME2 || w->type == RS_W_TIMESTAMP2 ? w->meta_low : 0;
	c->compressed = w->type == RS_W_VARCHAR_COMPRESSED || w->type == RS_W_BLOB_COMPRESSED;
	if (has_charset(c->type) && collation) {
		set_text(&c->charset, collation->charset);
		set_text(&c->collation, collation->name);
	}
	if (w->members)
		set_members(c, w);
	c->native = native_text(c);
}

/* --- which parts of a known column the map knows better --------------------------------------------------------- */

static bool sign_differs(const struct binder *b, const struct rs_column *c, const struct rs_map_column *w)
{
	return b->map->has_signs && c->type >= RS_T_TINYINT && c->type <= RS_T_DOUBLE && c->is_unsigned != w->is_unsigned;
}

/* Text where the log has bytes or the other way round, or another collation. Types that are neither have none. */
static bool charset_differs(const struct binder *b, const struct rs_column *c, const struct rs_map_column *w)
{
	const struct rs_collation *collation = collation_of(b, w);

	if (!b->map->has_charsets || w->collation == 0)
		return false;
	if (c->type >= RS_T_BINARY && c->type <= RS_T_LONGBLOB)
		return w->collation != COLLATION_BINARY;
	if (!has_charset(c->type))
		return false;
	if (w->collation == COLLATION_BINARY && rs_type_is_text(c->type))
		return true;
	return collation && (!c->collation || strcmp(c->collation, collation->name) != 0);
}

static bool name_differs(const struct binder *b, const struct rs_column *c, const struct rs_map_column *w)
{
	return b->map->has_names && !rs_slice_is(w->name, c->name);
}

static bool is_current(const struct binder *b, const struct rs_column *c, const struct rs_map_column *w)
{
	return fits(c, w) && !name_differs(b, c, w) && !sign_differs(b, c, w) && !charset_differs(b, c, w);
}

/* --- the table that rows are decoded for ------------------------------------------------------------------------ */

static const struct rs_column *known_column(const struct binder *b, uint32_t i)
{
	const struct rs_map_column *w = &b->map->columns[i];

	if (!b->map->has_names)
		return &b->known->columns[i];
	for (size_t j = 0; b->known && j < b->known->n_columns; j++)
		if (rs_slice_is(w->name, b->known->columns[j].name))
			return &b->known->columns[j];
	return NULL;
}

static void copy_attributes(struct rs_column *to, const struct rs_column *from)
{
	to->generated = from->generated;
	to->stored = from->stored;
	to->auto_increment = from->auto_increment;
	to->invisible = from->invisible;
}

/* What only the schema knows of a column whose bytes fit it: that bytes are an address, that text is JSON, a fraction
 * that is not in the log, the server's own text of the type. */
static void copy_type(struct rs_column *to, const struct rs_column *from)
{
	to->type = from->type;
	to->length = from->length;
	to->fsp = from->fsp;
	to->mariadb_json = from->mariadb_json;
	set_text(&to->native, from->native);
	if (to->members || !from->members)
		return;
	to->members = rs_xcalloc(from->n_members ? from->n_members : 1, sizeof *to->members);
	to->n_members = from->n_members;
	for (size_t i = 0; i < from->n_members; i++)
		to->members[i] = rs_xstrdup(from->members[i]);
}

static void add_column(const struct binder *b, struct rs_table *t, uint32_t i)
{
	const struct rs_map_column *w = &b->map->columns[i];
	const struct rs_column *known = known_column(b, i);
	char *name = b->map->has_names ? rs_xstrndup(w->name.bytes, w->name.len) : rs_xstrdup(known->name);
	struct rs_column *c = rs_table_add_column(t, name, RS_T_UNKNOWN);

	free(name);
	if (w->collation == 0 && known) {
		set_text(&c->charset, known->charset);
		set_text(&c->collation, known->collation);
	}
	fill_column(b, c, w);
	c->nullable = w->nullable;
	c->invisible = !w->visible;
	if (!known)
		return;
	copy_attributes(c, known);
	if (!b->map->has_signs)
		c->is_unsigned = known->is_unsigned;
	if (fits(known, w) && !charset_differs(b, known, w) && !sign_differs(b, known, w))
		copy_type(c, known);
}

static void add_primary(const struct binder *b, struct rs_table *t)
{
	struct rs_key *k;

	if (!b->map->has_primary || b->map->n_primary == 0)
		return;
	k = rs_table_add_key(t, "PRIMARY");
	k->primary = k->unique = k->not_null = true;
	for (uint32_t i = 0; i < b->map->n_primary; i++)
		rs_key_add_part(k, b->map->primary[i].column)->prefix = b->map->primary[i].prefix;
}

/* A key of the schema whose columns are all still there. */
static void add_key(const struct binder *b, struct rs_table *t, const struct rs_key *from)
{
	struct rs_key *k;

	for (size_t i = 0; i < from->n_parts; i++)
		if (from->parts[i].column != UINT32_MAX && rs_table_column(t, b->known->columns[from->parts[i].column].name) < 0)
			return;
	k = rs_table_add_key(t, from->name);
	k->primary = from->primary;
	k->unique = from->unique;
	k->not_null = true;
	for (size_t i = 0; i < from->n_parts; i++) {
		uint32_t column = from->parts[i].column;
		struct rs_key_part *p;

		if (column != UINT32_MAX)
			column = (uint32_t)rs_table_column(t, b->known->columns[column].name);
		p = rs_key_add_part(k, column);
		p->prefix = from->parts[i].prefix;
		p->descending = from->parts[i].descending;
		k->not_null &= column == UINT32_MAX ? from->not_null : !t->columns[column].nullable;
	}
}

static void add_known_keys(const struct binder *b, struct rs_table *t)
{
	for (size_t i = 0; i < b->known->n_keys; i++)
		if (!b->known->keys[i].primary || !b->map->full)
			add_key(b, t, &b->known->keys[i]);
}

/* Foreign keys and the rest are the schema's. */
static struct rs_table *make_table(const struct binder *b)
{
	struct rs_table *t = b->known ? rs_table_clone(b->known) : NULL, *made = rs_table_new(b->map->db, b->map->name);

	for (uint32_t i = 0; i < b->n_columns; i++)
		add_column(b, made, i);
	add_primary(b, made);
	if (!t)
		return made;
	add_known_keys(b, made);
	made->engine = t->engine;
	made->collation = t->collation;
	made->foreign_keys = t->foreign_keys;
	made->n_foreign_keys = t->n_foreign_keys;
	made->rows = t->rows;
	made->bytes = t->bytes;
	made->has_triggers = t->has_triggers;
	t->engine = t->collation = NULL;
	t->foreign_keys = NULL;
	t->n_foreign_keys = 0;
	rs_table_unref(t);
	return made;
}

/* Without names in the map, columns are matched by their place: number and kinds must agree. */
static enum rs_rc check_known(const struct binder *b)
{
	char text[96];

	if (!b->known)
		return drift(b, NULL, "nothing is known of the table, and the log does not describe it in full");
	if (b->known->n_columns != b->n_columns) {
		snprintf(text, sizeof text, "%u columns in the log, %zu in the schema", b->n_columns, b->known->n_columns);
		return drift(b, NULL, text);
	}
	for (uint32_t i = 0; i < b->n_columns; i++) {
		const struct rs_map_column *w = &b->map->columns[i];
		const struct rs_column *c = &b->known->columns[i];

		if (!fits(c, w)) {
			snprintf(text, sizeof text, "%s in the schema, type %u (%u, %u) in the log", rs_type_name(c->type), w->type,
			         w->meta_low, w->meta_high);
			return drift(b, c->name, text);
		}
		if (name_differs(b, c, w))
			return drift(b, c->name, "it has another name in the log");
	}
	return RS_OK;
}

static enum rs_rc check_collations(const struct binder *b)
{
	char text[64];

	for (uint32_t i = 0; i < b->n_columns; i++) {
		const struct rs_map_column *w = &b->map->columns[i];

		if (w->collation && w->collation != COLLATION_BINARY && b->collations && !collation_of(b, w)) {
			snprintf(text, sizeof text, "column %u: collation %u of the log is not known", i + 1, w->collation);
			return drift(b, NULL, text);
		}
	}
	return RS_OK;
}

static bool is_whole_table_current(const struct binder *b)
{
	if (!b->known || b->known->n_columns != b->n_columns)
		return false;
	for (uint32_t i = 0; i < b->n_columns; i++)
		if (!is_current(b, &b->known->columns[i], &b->map->columns[i]))
			return false;
	return true;
}

/* --- hidden columns --------------------------------------------------------------------------------------------- */

/* Whether MariaDB keeps the key by a hash, in a hidden column: one over whole values that are too long for an index. */
static bool may_be_hashed(const struct rs_table *t, const struct rs_key *k)
{
	for (size_t i = 0; k->unique && i < k->n_parts; i++) {
		const struct rs_column *c = k->parts[i].column < t->n_columns ? &t->columns[k->parts[i].column] : NULL;

		if (c && k->parts[i].prefix == 0 && c->type >= RS_T_CHAR && c->type <= RS_T_LONGBLOB &&
		    (c->length == 0 || c->length > 190))
			return true;
	}
	return false;
}

static bool is_hash_column(const struct rs_table_map *map, uint32_t i)
{
	static const char prefix[] = "DB_ROW_HASH_";
	const struct rs_map_column *w = &map->columns[i];

	return w->type == RS_W_LONGLONG && (!map->has_names || (w->name.len > sizeof prefix - 1 &&
	                                                        memcmp(w->name.bytes, prefix, sizeof prefix - 1) == 0));
}

/* The hash columns at the end of the map, which no list of columns shows. Without names they can only be told by what
 * the schema has: no more columns than keys that need one. */
static uint32_t count_hidden(const struct rs_table_map *map, const struct rs_table *known)
{
	uint32_t most = 0, n = 0;

	for (size_t i = 0; known && i < known->n_keys; i++)
		most += may_be_hashed(known, &known->keys[i]);
	if (map->has_names)
		most = map->n_columns;
	else if (!known || map->n_columns <= known->n_columns || map->n_columns - known->n_columns > most)
		return 0;
	else
		most = map->n_columns - (uint32_t)known->n_columns;
	while (n < most && n < map->n_columns && is_hash_column(map, map->n_columns - 1 - n))
		n++;
	return n;
}

/* --- decoders --------------------------------------------------------------------------------------------------- */

static uint8_t choose_temporal(const struct rs_map_column *w, uint8_t now_type, uint8_t now, uint8_t old, uint8_t fsp)
{
	if (w->type == now_type)
		return now;
	return (uint8_t)(fsp ? old + 1 : old); /* …_HIRES follows …_OLD */
}

static void choose_string(struct rs_layout_column *l, const struct rs_column *c, const struct rs_map_column *w)
{
	l->decoder = RS_D_BYTES;
	l->len_bytes = w->length > 255 ? 2 : 1;
	if (c->type == RS_T_BINARY)
		l->pad = rs_defect_active(RS_DEFECT_BINARY_TRIMMED) ? 0 : w->length;
	if (c->type == RS_T_UUID || c->type == RS_T_INET4 || c->type == RS_T_INET6) {
		l->decoder = c->type == RS_T_UUID ? RS_D_UUID : c->type == RS_T_INET4 ? RS_D_INET4 : RS_D_INET6;
		l->pad = rs_defect_active(RS_DEFECT_BINARY_TRIMMED) ? 0 : w->length;
	}
}

static void choose_integer(struct rs_layout_column *l, uint8_t bytes, bool is_unsigned)
{
	l->decoder = RS_D_INT;
	l->len_bytes = bytes;
	l->is_unsigned = is_unsigned && !rs_defect_active(RS_DEFECT_SIGNED);
}

static void choose_bytes(struct rs_layout_column *l, uint8_t decoder, uint8_t len_bytes)
{
	l->decoder = decoder;
	l->len_bytes = len_bytes;
}

static void choose_decoder(struct rs_layout_column *l, const struct rs_column *c, const struct rs_map_column *w)
{
	l->fsp = c->fsp;
	switch (w->type) {
	case RS_W_TINY: choose_integer(l, 1, c->is_unsigned); break;
	case RS_W_SHORT: choose_integer(l, 2, c->is_unsigned); break;
	case RS_W_INT24: choose_integer(l, 3, c->is_unsigned); break;
	case RS_W_LONG: choose_integer(l, 4, c->is_unsigned); break;
	case RS_W_LONGLONG: choose_integer(l, 8, c->is_unsigned); break;
	case RS_W_ENUM:
	case RS_W_SET: choose_integer(l, (uint8_t)w->length, true); break;
	case RS_W_FLOAT: l->decoder = RS_D_FLOAT; break;
	case RS_W_DOUBLE: l->decoder = RS_D_DOUBLE; break;
	case RS_W_YEAR: l->decoder = RS_D_YEAR; break;
	case RS_W_DATE: l->decoder = RS_D_DATE; break;
	case RS_W_BIT: choose_bytes(l, RS_D_BIT, (uint8_t)((w->length + 7) / 8)); break;
	case RS_W_TIME:
	case RS_W_TIME2: l->decoder = choose_temporal(w, RS_W_TIME2, RS_D_TIME, RS_D_TIME_OLD, c->fsp); break;
	case RS_W_DATETIME:
	case RS_W_DATETIME2:
		l->decoder = choose_temporal(w, RS_W_DATETIME2, RS_D_DATETIME, RS_D_DATETIME_OLD, c->fsp);
		break;
	case RS_W_TIMESTAMP:
	case RS_W_TIMESTAMP2:
		l->decoder = choose_temporal(w, RS_W_TIMESTAMP2, RS_D_TIMESTAMP, RS_D_TIMESTAMP_OLD, c->fsp);
		break;
	case RS_W_NEWDECIMAL:
		l->decoder = RS_D_DECIMAL;
		l->precision = w->meta_low;
		l->scale = w->meta_high;
		break;
	case RS_W_STRING: choose_string(l, c, w); break;
	case RS_W_VARCHAR:
	case RS_W_VAR_STRING: choose_bytes(l, RS_D_BYTES, w->length > 255 ? 2 : 1); break;
	case RS_W_VARCHAR_COMPRESSED: choose_bytes(l, RS_D_COMPRESSED, w->length > 255 ? 2 : 1); break;
	case RS_W_BLOB_COMPRESSED: choose_bytes(l, RS_D_COMPRESSED, w->meta_low); break;
	case RS_W_JSON: choose_bytes(l, RS_D_JSON, w->meta_low); break;
	default: choose_bytes(l, RS_D_BYTES, w->meta_low); break; /* BLOB, GEOMETRY, VECTOR */
	}
}

static void choose_decoders(struct rs_layout *l, const struct rs_table_map *map)
{
	static const struct rs_column hidden = {.type = RS_T_BIGINT};

	l->n_columns = map->n_columns;
	l->columns = rs_xcalloc(l->n_columns ? l->n_columns : 1, sizeof *l->columns);
	for (uint32_t i = 0; i < map->n_columns; i++) {
		choose_decoder(&l->columns[i], i < l->table->n_columns ? &l->table->columns[i] : &hidden, &map->columns[i]);
		l->columns[i].size = (uint8_t)rs_value_fixed_size(&l->columns[i]);
		l->columns[i].number = (uint16_t)l->n_json;
		l->n_json += l->columns[i].decoder == RS_D_JSON;
	}
}

enum rs_rc rs_layout_new(struct rs_layout **out, const struct rs_table_map *map, const struct rs_table *table,
                         const struct rs_collations *collations, struct rs_err *err)
{
	struct binder b = {map, table, collations, map->n_columns - count_hidden(map, table), err};
	struct rs_layout *l;
	bool current = is_whole_table_current(&b);

	if (!current && !map->full && check_known(&b) != RS_OK)
		return RS_FAIL;
	if (!current && check_collations(&b) != RS_OK)
		return RS_FAIL;
	l = rs_xcalloc(1, sizeof *l);
	l->table_id = map->table_id;
	l->digest = map->digest;
	l->table = current ? rs_table_ref(table) : make_table(&b);
	l->amended = !current && table;
	choose_decoders(l, map);
	*out = l;
	return RS_OK;
}

void rs_layout_free(struct rs_layout *l)
{
	if (!l)
		return;
	rs_table_unref(l->table);
	free(l->columns);
	free(l);
}
