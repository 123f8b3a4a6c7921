#include "codec/binary_json.h"

#include <string.h>

#include "base/i18n.h"
#include "codec/binlog_table.h"
#include "codec/json_node.h"
#include "codec/number.h"
#include "codec/row_value.h"

#define VARLEN_MAX 5 /* bytes of a length of up to 32 bits */
#define BASE64_LINE 76
#define USEC_DIGITS 6
#define DECIMAL_DIGITS_MAX 81 /* not 65: in a document the server counts whole groups of nine digits */

/* --- structure -------------------------------------------------------------------------------------------------- */

struct rs_json_node rs_json_root(const void *doc, size_t len)
{
	static const uint8_t null[] = {0};
	const uint8_t *p = doc;

	if (len == 0)
		return (struct rs_json_node){RS_J_LITERAL, null, 1};
	return (struct rs_json_node){p[0], p + 1, len - 1};
}

bool rs_json_is_object(const struct rs_json_node *n)
{
	return n->type == RS_J_SMALL_OBJECT || n->type == RS_J_LARGE_OBJECT;
}

bool rs_json_is_container(const struct rs_json_node *n)
{
	return n->type <= RS_J_LARGE_ARRAY;
}

/* Bytes of offsets and counts. */
static size_t unit_of(const struct rs_json_node *n)
{
	return n->type == RS_J_LARGE_OBJECT || n->type == RS_J_LARGE_ARRAY ? 4 : 2;
}

static size_t key_entry_size(const struct rs_json_node *n)
{
	return rs_json_is_object(n) ? unit_of(n) + 2 : 0;
}

bool rs_json_count(const struct rs_json_node *n, size_t *count)
{
	size_t unit = unit_of(n), size;

	if (n->len < 2 * unit)
		return false;
	*count = (size_t)rs_le(n->data, unit);
	size = (size_t)rs_le(n->data + unit, unit);
	return size <= n->len && size >= 2 * unit && *count <= (size - 2 * unit) / (key_entry_size(n) + 1 + unit);
}

/* Whether a value of the type stands in its entry instead of an offset. */
static bool is_inline(uint8_t type, size_t unit)
{
	return type == RS_J_LITERAL || type == RS_J_INT16 || type == RS_J_UINT16 ||
	       (unit == 4 && (type == RS_J_INT32 || type == RS_J_UINT32));
}

static bool read_key(const struct rs_json_node *n, const uint8_t *entry, size_t size, struct rs_slice *key)
{
	size_t unit = unit_of(n), offset = (size_t)rs_le(entry, unit), len = (size_t)rs_le(entry + unit, 2);

	if (offset > size || len > size - offset)
		return false;
	*key = (struct rs_slice){(const char *)n->data + offset, len};
	return true;
}

bool rs_json_child(const struct rs_json_node *n, size_t count, size_t i, struct rs_slice *key, struct rs_json_node *out)
{
	size_t unit = unit_of(n), size = (size_t)rs_le(n->data + unit, unit), offset;
	const uint8_t *keys = n->data + 2 * unit, *entry = keys + count * key_entry_size(n) + i * (1 + unit);

	if (rs_json_is_object(n) && !read_key(n, keys + i * key_entry_size(n), size, key))
		return false;
	out->type = entry[0];
	if (is_inline(out->type, unit)) {
		out->data = entry + 1;
		out->len = unit;
		return true;
	}
	offset = (size_t)rs_le(entry + 1, unit);
	if (offset >= size)
		return false;
	out->data = n->data + offset;
	out->len = size - offset;
	return true;
}

/* --- scalars ---------------------------------------------------------------------------------------------------- */

static bool spend(struct rs_json_printer *p, size_t n)
{
	if (n > p->budget)
		return false;
	p->budget -= n;
	return true;
}

static bool add(struct rs_json_printer *p, const void *bytes, size_t n)
{
	return rs_buf_add(p->out, bytes, n) == RS_OK;
}

static bool print_literal(struct rs_json_printer *p, const struct rs_json_node *n)
{
	static const char *const words[] = {"null", "true", "false"};

	return n->len >= 1 && n->data[0] < 3 && rs_buf_adds(p->out, words[n->data[0]]) == RS_OK;
}

static bool print_integer(struct rs_json_printer *p, const struct rs_json_node *n, unsigned bytes, bool is_unsigned)
{
	char text[RS_NUMBER_MAX];
	uint64_t v;

	if (n->len < bytes)
		return false;
	v = rs_le(n->data, bytes);
	if (is_unsigned)
		return add(p, text, (size_t)(rs_number_u64(text, v) - text));
	return add(p, text, (size_t)(rs_number_i64(text, (int64_t)(v << (64 - 8 * bytes)) >> (64 - 8 * bytes)) - text));
}

/* A fraction is kept in sight, so that the number stays a double. */
static bool print_double(struct rs_json_printer *p, const struct rs_json_node *n)
{
	char text[RS_NUMBER_MAX];
	uint64_t bits;
	double v;
	size_t len;

	if (n->len < 8)
		return false;
	bits = rs_le(n->data, 8);
	memcpy(&v, &bits, sizeof v);
	len = (size_t)(rs_number_double(text, v) - text);
	return add(p, text, len) && (memchr(text, '.', len) || memchr(text, 'e', len) || add(p, ".0", 2));
}

/* Seven bits a byte, the lowest first. */
static bool read_varlen(const struct rs_json_node *n, size_t at, struct rs_slice *out)
{
	uint64_t len = 0;

	for (size_t i = 0; i < VARLEN_MAX; i++) {
		if (at + i >= n->len)
			return false;
		len |= (uint64_t)(n->data[at + i] & 0x7f) << (7 * i);
		if (n->data[at + i] & 0x80)
			continue;
		at += i + 1;
		if (len > n->len - at)
			return false;
		*out = (struct rs_slice){(const char *)n->data + at, (size_t)len};
		return true;
	}
	return false;
}

/* What must be escaped, as it is written; NULL for the rest. */
static const char *escape_of(unsigned char c, char text[8])
{
	switch (c) {
	case '"': return "\\\"";
	case '\\': return "\\\\";
	case '\b': return "\\b";
	case '\f': return "\\f";
	case '\n': return "\\n";
	case '\r': return "\\r";
	case '\t': return "\\t";
	default:
		if (c >= 0x20)
			return NULL;
		snprintf(text, 8, "\\u%04x", c);
		return text;
	}
}

bool rs_json_print_string(struct rs_json_printer *p, struct rs_slice s)
{
	size_t from = 0;

	if (!spend(p, s.len))
		return false;
	rs_buf_addc(p->out, '"');
	for (size_t i = 0; i < s.len; i++) {
		char text[8];
		const char *escape = escape_of((unsigned char)s.bytes[i], text);

		if (!escape)
			continue;
		rs_buf_add(p->out, s.bytes + from, i - from);
		rs_buf_adds(p->out, escape);
		from = i + 1;
	}
	rs_buf_add(p->out, s.bytes + from, s.len - from);
	return rs_buf_addc(p->out, '"') == RS_OK;
}

/* --- opaque values ---------------------------------------------------------------------------------------------- */

static bool print_decimal(struct rs_json_printer *p, struct rs_slice s)
{
	const uint8_t *bytes = (const uint8_t *)s.bytes;
	char text[RS_DECIMAL_TEXT_MAX], *end;

	if (s.len < 2 || bytes[0] < 1 || bytes[0] > DECIMAL_DIGITS_MAX || bytes[1] > bytes[0] ||
	    s.len - 2 < rs_value_decimal_size(bytes[0], bytes[1]))
		return false;
	end = rs_value_write_decimal(text, bytes + 2, bytes[0], bytes[1]);
	return end && add(p, text, (size_t)(end - text));
}

static bool print_temporal(struct rs_json_printer *p, uint8_t type, struct rs_slice s)
{
	char text[RS_TEMPORAL_TEXT_MAX], *end;
	uint64_t packed;

	if (s.len < 8)
		return false;
	packed = rs_le((const uint8_t *)s.bytes, 8);
	if (type == RS_W_TIME)
		end = rs_value_write_time(text, (int64_t)packed, USEC_DIGITS);
	else if (type == RS_W_DATE)
		end = rs_value_write_date(text, packed);
	else
		end = rs_value_write_datetime(text, packed, USEC_DIGITS);
	if (!end)
		return false;
	rs_buf_addc(p->out, '"');
	rs_buf_add(p->out, text, (size_t)(end - text));
	return rs_buf_addc(p->out, '"') == RS_OK;
}

/* The server's base64 has lines of 76 characters, also here, where a line's end is an escape. */
static bool add_base64(struct rs_buf *out, const uint8_t *p, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t column = 0;

	for (size_t i = 0; i < len; i += 3, column += 4) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t v = (uint32_t)p[i] << 16 | (n > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (n > 2 ? p[i + 2] : 0);
		char text[4] = {digits[v >> 18], digits[v >> 12 & 63], n > 1 ? digits[v >> 6 & 63] : '=',
		                n > 2 ? digits[v & 63] : '='};

		if (column == BASE64_LINE) {
			rs_buf_adds(out, "\\n");
			column = 0;
		}
		rs_buf_add(out, text, sizeof text);
	}
	return !rs_buf_failed(out);
}

static bool print_opaque(struct rs_json_printer *p, const struct rs_json_node *n)
{
	uint8_t type = n->len ? n->data[0] : 0;
	struct rs_slice s;

	if (!read_varlen(n, 1, &s) || !spend(p, s.len))
		return false;
	switch (type) {
	case RS_W_NEWDECIMAL: return print_decimal(p, s);
	case RS_W_DATE:
	case RS_W_TIME:
	case RS_W_DATETIME:
	case RS_W_TIMESTAMP: return print_temporal(p, type, s);
	default:
		rs_buf_addf(p->out, "\"base64:type%u:", type);
		return add_base64(p->out, (const uint8_t *)s.bytes, s.len) && rs_buf_addc(p->out, '"') == RS_OK;
	}
}

/* --- documents -------------------------------------------------------------------------------------------------- */

static bool print_container(struct rs_json_printer *p, const struct rs_json_node *n, int depth)
{
	bool object = rs_json_is_object(n);
	size_t count;

	if (depth >= RS_JSON_DEPTH_MAX || !rs_json_count(n, &count))
		return false;
	rs_buf_addc(p->out, object ? '{' : '[');
	for (size_t i = 0; i < count; i++) {
		struct rs_json_node child;
		struct rs_slice key;

		if (!rs_json_child(n, count, i, &key, &child))
			return false;
		if (i)
			rs_buf_adds(p->out, ", ");
		if (object && (!rs_json_print_string(p, key) || rs_buf_adds(p->out, ": ") != RS_OK))
			return false;
		if (!rs_json_print_node(p, &child, depth + 1))
			return false;
	}
	return rs_buf_addc(p->out, object ? '}' : ']') == RS_OK;
}

bool rs_json_print_node(struct rs_json_printer *p, const struct rs_json_node *n, int depth)
{
	struct rs_slice s;

	if (!spend(p, 1))
		return false;
	switch (n->type) {
	case RS_J_SMALL_OBJECT:
	case RS_J_LARGE_OBJECT:
	case RS_J_SMALL_ARRAY:
	case RS_J_LARGE_ARRAY: return print_container(p, n, depth);
	case RS_J_LITERAL: return print_literal(p, n);
	case RS_J_INT16: return print_integer(p, n, 2, false);
	case RS_J_UINT16: return print_integer(p, n, 2, true);
	case RS_J_INT32: return print_integer(p, n, 4, false);
	case RS_J_UINT32: return print_integer(p, n, 4, true);
	case RS_J_INT64: return print_integer(p, n, 8, false);
	case RS_J_UINT64: return print_integer(p, n, 8, true);
	case RS_J_DOUBLE: return print_double(p, n);
	case RS_J_STRING: return read_varlen(n, 0, &s) && rs_json_print_string(p, s);
	case RS_J_OPAQUE: return print_opaque(p, n);
	default: return false;
	}
}

enum rs_rc rs_json_print(const void *doc, size_t len, struct rs_buf *out, struct rs_err *err)
{
	struct rs_json_printer p = {out, len + 1};
	struct rs_json_node root = rs_json_root(doc, len);

	if (rs_json_print_node(&p, &root, 0))
		return RS_OK;
	if (rs_buf_failed(out))
		return rs_err_set(err, RS_E_MEMORY, _("a JSON document of %zu bytes"), len);
	return rs_err_set(err, RS_E_VALUE, _("a JSON document of the source's log is malformed"));
}
