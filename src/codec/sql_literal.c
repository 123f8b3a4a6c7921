#include "codec/sql_literal.h"

#include <string.h>

const char *rs_sql_charset(const char *charset)
{
	/* MySQL 5.6 does not know utf8mb3 by that name, and every version still takes the old one. */
	return strcmp(charset, "utf8mb3") == 0 ? "utf8" : charset;
}

/* What each byte becomes after a backslash; 0: it stands for itself. */
static const char escapes[256] = {
	['\0'] = '0', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['\\'] = '\\', ['\''] = '\'', ['\x1a'] = 'Z',
};

enum rs_rc rs_sql_escape(struct rs_buf *out, const char *bytes, size_t len)
{
	if (rs_buf_reserve(out, 2 * len) != RS_OK)
		return RS_FAIL;
	char *to = out->data + out->len;

	for (size_t i = 0; i < len; i++) {
		char e = escapes[(unsigned char)bytes[i]];

		if (e != 0) {
			*to++ = '\\';
			*to++ = e;
		} else {
			*to++ = bytes[i];
		}
	}
	out->len = (size_t)(to - out->data);
	*to = '\0';
	return RS_OK;
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
