/* Columns and values of MySQL's as codec/pg_value has them for the PostgreSQL family, driven from outside: reads one JSON object a
 * line, answers with one.
 *
 *	{"type": "varchar(5)", "charset": "latin1", "nullable": true, "unfit": "stop|null|nearest", "values": ["68656c6c6f", null]}
 *
 * The canonical values are in hexadecimal. Answers {"rc": "ok", "type": …, "values": […], "copy": […], "changed": 0}: what they
 * become as text and as COPY has it; or {"rc": "fail", "code": …, "primary": …}. */
#include <string.h>
#include "base/mem.h"
#include "codec/pg_value.h"
#include "probe.h"

static char *unhex(const char *hex)
{
	char *bytes = rs_xcalloc(1, strlen(hex) / 2 + 1);

	for (size_t i = 0; hex[2 * i]; i++) {
		char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};

		bytes[i] = (char)strtoul(digits, NULL, 16);
	}
	return bytes;
}

static enum rs_unfit unfit_of(const char *word)
{
	return strcmp(word, "null") == 0 ? RS_UNFIT_NULL : strcmp(word, "nearest") == 0 ? RS_UNFIT_NEAREST : RS_UNFIT_STOP;
}

static enum rs_rc convert_one(struct rs_pg_converter *v, const char *hex, json_t *values, json_t *copies, struct rs_err *err)
{
	char *bytes = hex ? unhex(hex) : NULL;
	struct rs_value value = hex ? rs_value_of(bytes, strlen(hex) / 2) : rs_value_null(), out;
	struct rs_buf copy = RS_BUF_INIT;
	enum rs_rc rc = rs_pg_convert(v, &value, &out, err);

	if (rc == RS_OK) {
		rs_pg_copy_value(&copy, &out);
		json_array_append_new(values, out.presence == RS_NULL ? json_null() : json_stringn(out.bytes, out.len));
		json_array_append_new(copies, json_stringn(rs_buf_str(&copy), copy.len));
	}
	rs_buf_release(&copy);
	free(bytes);
	return rc;
}

static json_t *convert(const struct rs_column *c, const json_t *in, struct rs_err *err)
{
	struct rs_pg_converter v;
	struct rs_buf type = RS_BUF_INIT;
	json_t *values = json_array(), *copies = json_array(), *value, *a = NULL;
	enum rs_rc rc = rs_pg_type_of(c, &type, err);
	size_t i;

	if (rc == RS_OK && (rc = rs_pg_converter_open(&v, c, unfit_of(text_of(in, "unfit")), err)) == RS_OK) {
		json_array_foreach(json_object_get(in, "values"), i, value)
			if (rc == RS_OK)
				rc = convert_one(&v, json_string_value(value), values, copies, err);
		if (rc == RS_OK)
			a = json_pack("{s:s, s:s, s:O, s:O, s:i}", "rc", "ok", "type", rs_buf_str(&type), "values", values, "copy", copies,
			              "changed", (int)v.changed);
		rs_pg_converter_close(&v);
	}
	rs_buf_release(&type);
	json_decref(values);
	json_decref(copies);
	return a;
}

static json_t *answer(const json_t *in)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_table *t = rs_table_new("db", "t");
	struct rs_column *c = rs_table_add_column(t, "c", RS_T_UNKNOWN);
	json_t *a = NULL;

	c->nullable = json_is_true(json_object_get(in, "nullable"));
	if (text_of(in, "charset"))
		c->charset = rs_xstrdup(text_of(in, "charset"));
	if (rs_column_parse_type(c, text_of(in, "type"), &err) == RS_OK)
		a = convert(c, in, &err);
	if (a == NULL)
		a = answer_rc(RS_FAIL, &err);
	rs_table_unref(t);
	return a;
}

int main(void)
{
	answer_lines(answer);
	return 0;
}
