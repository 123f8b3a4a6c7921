#include "engine/follow/shown.h"

#include <stdlib.h>
#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

char *rs_shown_text(const char *text, size_t len, size_t max)
{
	struct rs_buf out = RS_BUF_INIT;
	size_t n = len <= max ? len : max;

	while (n < len && n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
		n--;
	rs_utf8_printable(&out, text, n);
	if (n < len)
		rs_buf_addf(&out, "… (%zu bytes)", len);
	return rs_buf_take(&out);
}

static bool is_bytes(const struct rs_column *column)
{
	switch (column->type) {
	case RS_T_BIT:
	case RS_T_BINARY:
	case RS_T_VARBINARY:
	case RS_T_TINYBLOB:
	case RS_T_BLOB:
	case RS_T_MEDIUMBLOB:
	case RS_T_LONGBLOB:
	case RS_T_GEOMETRY:
	case RS_T_VECTOR:
		return true;
	default:
		return false;
	}
}

static char *hex_value(const struct rs_value *v)
{
	struct rs_buf out = RS_BUF_INIT;
	size_t n = v->len <= RS_SHOWN_MAX / 2 ? v->len : RS_SHOWN_MAX / 2;

	rs_buf_adds(&out, "0x");
	rs_buf_addhex(&out, v->bytes, n);
	if (n < v->len)
		rs_buf_addf(&out, "… (%u bytes)", v->len);
	return rs_buf_take(&out);
}

char *rs_shown_value(const struct rs_column *column, const struct rs_value *v)
{
	if (v->presence == RS_ABSENT)
		return NULL;
	if (v->presence == RS_NULL)
		return rs_xstrdup("NULL");
	if (is_bytes(column))
		return hex_value(v);
	if (rs_type_is_number(column->type))
		return rs_shown_text(v->bytes, v->len, RS_SHOWN_MAX);
	char *text = rs_shown_text(v->bytes, v->len, RS_SHOWN_MAX), *quoted = rs_xprintf("'%s'", text);
	free(text);
	return quoted;
}
