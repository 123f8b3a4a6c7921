/* Values as a server of the PostgreSQL family keeps them. */
#include "codec/pg_form.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "codec/number.h"
#include "codec/sql_json.h"

/* ---------------------------------------------------------------- types, by the names that the server gives them */

/* Whether it is that type, whatever stands behind its name: "(10,2)", " without time zone". */
static bool is_called(const char *native, const char *name)
{
	const size_t len = strlen(name);

	return strncmp(native, name, len) == 0 && (native[len] == '\0' || native[len] == '(' || native[len] == ' ') && !strchr(native + len, '[');
}

static bool is_any(const char *native, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_called(native, names[i]))
			return true;
	return false;
}

#define IS_ANY(native, names) is_any(native, names, sizeof(names) / sizeof *(names))

static bool is_integer(const char *native)
{
	static const char *const names[] = {"smallint", "integer", "bigint"};

	return IS_ANY(native, names);
}

static bool has_scale(const char *native) { return is_called(native, "numeric") && strchr(native, '('); }

/* ---------------------------------------------------------------- forms */

static void put_float(struct rs_buf *out, const char *text, size_t len, bool single)
{
	char number[RS_NUMBER_MAX + 1], copy[400];

	len = len < sizeof copy ? len : sizeof copy - 1;
	memcpy(copy, text, len);
	copy[len] = '\0';
	const double value = single ? (double)strtof(copy, NULL) : strtod(copy, NULL);
	if (isfinite(value))
		(void)rs_buf_add(out, number, (size_t)(rs_number_double(number, value) - number));
	else
		(void)rs_buf_adds(out, isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity");
}

/* "{1,2.50}" */
static void put_floats(struct rs_buf *out, const struct rs_value *v, bool single)
{
	const char *at = v->bytes, *end = v->bytes + v->len;

	while (at < end) {
		const char *from = at;
		while (at < end && !strchr("{},", *at))
			at++;
		if (at > from)
			put_float(out, from, (size_t)(at - from), single);
		if (at < end)
			(void)rs_buf_addc(out, *at++);
	}
}

/* How much of it stands before the zeros that a fraction ends with. */
static size_t significant(const char *text, size_t len)
{
	const char *point = memchr(text, '.', len);

	if (!point)
		return len;
	while (text[len - 1] == '0')
		len--;
	return text[len - 1] == '.' ? len - 1 : len;
}

static void put_number(struct rs_buf *out, const struct rs_value *v)
{
	const bool negative = v->len > 0 && *v->bytes == '-';
	const char *at = v->bytes + negative, *end = v->bytes + significant(v->bytes, v->len);

	while (end - at > 1 && *at == '0' && isdigit((unsigned char)at[1]))
		at++;
	if (negative && (end - at != 1 || *at != '0'))
		(void)rs_buf_addc(out, '-');
	(void)rs_buf_add(out, at, (size_t)(end - at));
}

/* Ours are in UTC, on either side. */
static void put_time(struct rs_buf *out, const struct rs_value *v)
{
	size_t len = v->len;

	if (len > 3 && memcmp(v->bytes + len - 3, "+00", 3) == 0)
		len -= 3;
	(void)rs_buf_add(out, v->bytes, significant(v->bytes, len));
}

static void put_padded(struct rs_buf *out, const struct rs_value *v)
{
	size_t len = v->len;

	while (len > 0 && v->bytes[len - 1] == ' ')
		len--;
	(void)rs_buf_add(out, v->bytes, len);
}

static void put_truth(struct rs_buf *out, const struct rs_value *v)
{
	(void)rs_buf_addc(out, v->len > 0 && strchr("tTyY1", *v->bytes) ? 't' : 'f');
}

static void put_address(struct rs_buf *out, const struct rs_value *v)
{
	char text[64] = "", shown[INET6_ADDRSTRLEN];
	unsigned char address[16];

	if (v->len < sizeof text)
		memcpy(text, v->bytes, v->len);
	if (inet_pton(AF_INET6, text, address) == 1 && inet_ntop(AF_INET6, address, shown, sizeof shown))
		(void)rs_buf_adds(out, shown);
	else
		(void)rs_buf_add(out, v->bytes, v->len);
}

void rs_pg_put_form(struct rs_buf *out, const char *native, const struct rs_value *v)
{
	static const char *const times[] = {"timestamp", "time"};

	if (is_integer(native) || has_scale(native))
		put_number(out, v);
	else if (is_called(native, "real") || is_called(native, "double precision"))
		put_float(out, v->bytes, v->len, *native == 'r');
	else if (strcmp(native, "real[]") == 0 || strcmp(native, "double precision[]") == 0)
		put_floats(out, v, *native == 'r');
	else if (IS_ANY(native, times))
		put_time(out, v);
	else if (is_called(native, "character") && strncmp(native, "character varying", 17) != 0)
		put_padded(out, v);
	else if (is_called(native, "jsonb"))
		rs_sql_json_form(out, v->bytes, v->len);
	else if (is_called(native, "boolean"))
		put_truth(out, v);
	else if (is_called(native, "inet"))
		put_address(out, v);
	else
		(void)rs_buf_add(out, v->bytes, v->len);
}

/* ---------------------------------------------------------------- orders */

static bool orders_natively(const char *native)
{
	static const char *const names[] = {"smallint", "integer", "bigint", "numeric", "date", "timestamp", "time", "uuid", "bytea", "boolean", "oid"};

	return IS_ANY(native, names);
}

/* As the table is made for it: nothing is rounded. */
static bool is_made_for(const char *native, const struct rs_column *c)
{
	struct rs_buf type = RS_BUF_INIT;
	struct rs_err ignored = RS_ERR_INIT;
	const bool same = rs_pg_type_of(c, &type, &ignored) == RS_OK && strncmp(native, rs_buf_str(&type), type.len) == 0 &&
	                  (native[type.len] == '\0' || native[type.len] == ' ');

	rs_err_clear(&ignored);
	rs_buf_release(&type);
	return same;
}

bool rs_pg_orders_alike(const struct rs_column *source, const struct rs_column *dest)
{
	if (source->type == RS_T_NATIVE)
		return strcmp(source->native, dest->native) == 0 && orders_natively(dest->native);
	switch (source->type) {
	case RS_T_TINYINT: case RS_T_SMALLINT: case RS_T_MEDIUMINT: case RS_T_INT: case RS_T_BIGINT: case RS_T_YEAR:
		return is_integer(dest->native) || strcmp(dest->native, "numeric(20,0)") == 0 || strcmp(dest->native, "numeric") == 0;
	case RS_T_DECIMAL: case RS_T_DATE: case RS_T_TIME: case RS_T_DATETIME: case RS_T_TIMESTAMP: case RS_T_BINARY: case RS_T_VARBINARY:
		return is_made_for(dest->native, source);
	default: return false;
	}
}

bool rs_pg_bounds_alike(const struct rs_column *source)
{
	switch (source->type) {
	case RS_T_TIMESTAMP: case RS_T_BINARY: case RS_T_VARBINARY: return false;
	default: return true;
	}
}
