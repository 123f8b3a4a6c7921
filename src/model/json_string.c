#include "model/json_string.h"

#include <string.h>
#include "base/buf.h"
#include "base/utf8.h"

json_t *rs_json_string(const char *s)
{
	struct rs_buf b = RS_BUF_INIT;
	json_t *j = s ? json_string(s) : json_null();

	if (!j) {
		rs_utf8_printable(&b, s, strlen(s));
		j = json_string(rs_buf_str(&b));
		rs_buf_release(&b);
	}
	return j ? j : json_null();
}

json_t *rs_json_string_or_null(const char *s)
{
	return s && *s ? rs_json_string(s) : json_null();
}
