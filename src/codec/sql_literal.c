#include "codec/sql_literal.h"

#include <string.h>

const char *rs_sql_charset(const char *charset)
{
	/* MySQL 5.6 does not know utf8mb3 by that name, and every version still takes the old one. */
	return strcmp(charset, "utf8mb3") == 0 ? "utf8" : charset;
}

/* What must have a backslash before it, and what it becomes then; 0: it stands for itself. Zero bytes and the rest need
 * none: a statement has a length. */
static const char in_literal[256] = {['\\'] = '\\', ['\''] = '\''};
static const char in_line[256] = {['\\'] = '\\', ['\n'] = 'n', ['\t'] = 't'};

static size_t escaped_size(const char *bytes, size_t len, const char escapes[256])
{
	size_t size = len;

	for (size_t i = 0; i < len; i++)
		size += escapes[(unsigned char)bytes[i]] != 0;
	return size;
}

static enum rs_rc escape(struct rs_buf *out, const char *bytes, size_t len, const char escapes[256])
{
	if (out->failed)
		return RS_FAIL;
	if (rs_buf_reserve(out, 2 * len) != RS_OK && rs_buf_reserve(out, escaped_size(bytes, len, escapes)) != RS_OK) {
		out->failed = true;
		return RS_FAIL;
	}
	char *to = out->data + out->len;

	for (size_t i = 0; i < len; i++) {
		char e = escapes[(unsigned char)bytes[i]];

		if (e != 0)
			*to++ = '\\';
		*to++ = e != 0 ? e : bytes[i];
	}
	out->len = (size_t)(to - out->data);
	*to = '\0';
	return RS_OK;
}

enum rs_rc rs_sql_escape(struct rs_buf *out, const char *bytes, size_t len)
{
	return escape(out, bytes, len, in_literal);
}

enum rs_rc rs_sql_escape_line(struct rs_buf *out, const char *bytes, size_t len)
{
	return escape(out, bytes, len, in_line);
}

enum rs_rc rs_sql_bit(struct rs_buf *out, const struct rs_value *value)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < value->len; i++)
		bits = bits << 8 | (unsigned char)value->bytes[i];
	return rs_buf_addu64(out, bits);
}

static enum rs_rc quoted(struct rs_buf *out, const char *introducer, const struct rs_value *value)
{
	if (introducer != NULL) {
		rs_buf_addc(out, '_');
		rs_buf_adds(out, introducer);
	}
	rs_buf_addc(out, '\'');
	rs_sql_escape(out, value->bytes, value->len);
	return rs_buf_addc(out, '\'');
}

/* The servers compare the number of a SET as a signed one, and store it from either. */
static enum rs_rc set_number(struct rs_buf *out, const struct rs_value *value)
{
	uint64_t mask = 0;

	for (uint32_t i = 0; i < value->len; i++)
		mask = mask * 10 + (uint64_t)(value->bytes[i] - '0');
	if (mask >> 63 == 0)
		return rs_buf_add(out, value->bytes, value->len);
	rs_buf_addc(out, '-');
	return rs_buf_addu64(out, 0 - mask);
}

/* With an exponent the server reads a double; without one it would read a decimal, and round a long one. */
static enum rs_rc number(struct rs_buf *out, const struct rs_column *column, const struct rs_value *value)
{
	enum rs_rc rc = rs_buf_add(out, value->bytes, value->len);

	if ((column->type == RS_T_FLOAT || column->type == RS_T_DOUBLE) && memchr(value->bytes, 'e', value->len) == NULL)
		rc = rs_buf_adds(out, "e0");
	return rc;
}

enum rs_rc rs_sql_literal(struct rs_buf *out, const struct rs_column *column, const struct rs_value *value)
{
	if (value->presence == RS_NULL)
		return rs_buf_adds(out, "NULL");
	if (value->presence == RS_ABSENT)
		return rs_buf_adds(out, "DEFAULT");
	if (column->type == RS_T_SET)
		return set_number(out, value);
	if (rs_type_is_number(column->type))
		return number(out, column, value);
	if (column->type == RS_T_BIT)
		return rs_sql_bit(out, value);
	if (column->type == RS_T_JSON)
		return quoted(out, "utf8mb4", value);
	if (rs_type_is_text(column->type))
		return quoted(out, column->charset ? rs_sql_charset(column->charset) : "binary", value);
	if (rs_type_is_address(column->type))
		return quoted(out, "latin1", value); /* binary would be the address's own bytes */
	if (rs_type_is_temporal(column->type))
		return quoted(out, NULL, value);
	return quoted(out, "binary", value);
}
