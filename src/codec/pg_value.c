#include "codec/pg_value.h"

#include <string.h>
#include "base/i18n.h"
#include "base/utf8.h"

enum { SHORTEST_NAMES = 128 };

/* ------------------------------------------------------------------ types */

static enum rs_rc no_type(const struct rs_column *c, struct rs_err *err)
{
	return rs_err_set(err, RS_E_NOT_SUPPORTED, _("column %s: the destination has no type for %s"), c->name,
	                  c->native ? c->native : rs_type_name(c->type));
}

static size_t characters(const char *text)
{
	size_t n = 0;
	uint32_t c;

	for (size_t left = strlen(text), used; left > 0; left -= used, text += used, n++)
		used = rs_utf8_decode(text, left, &c);
	return n;
}

/* Of one, and of all with commas between them. */
static size_t longest_names(const struct rs_column *c)
{
	size_t longest = 0, all = 0;

	for (size_t i = 0; i < c->n_members; i++) {
		size_t n = characters(c->members[i]);

		longest = n > longest ? n : longest;
		all += n + (i > 0);
	}
	all = c->type == RS_T_SET ? all : longest;
	return all > SHORTEST_NAMES ? all : SHORTEST_NAMES;
}

static const char *integer_type(const struct rs_column *c)
{
	switch (c->type) {
	case RS_T_TINYINT: return "smallint";
	case RS_T_SMALLINT: return c->is_unsigned ? "integer" : "smallint";
	case RS_T_INT: return c->is_unsigned ? "bigint" : "integer";
	case RS_T_BIGINT: return c->is_unsigned ? "numeric(20)" : "bigint";
	default: return "integer";
	}
}

enum rs_rc rs_pg_type_of(const struct rs_column *c, struct rs_buf *out, struct rs_err *err)
{
	switch (c->type) {
	case RS_T_TINYINT: case RS_T_SMALLINT: case RS_T_MEDIUMINT: case RS_T_INT: case RS_T_BIGINT: case RS_T_YEAR:
		return rs_buf_adds(out, integer_type(c));
	case RS_T_DECIMAL: return rs_buf_addf(out, "numeric(%u,%u)", c->length, c->scale);
	case RS_T_FLOAT: return rs_buf_adds(out, "real");
	case RS_T_DOUBLE: return rs_buf_adds(out, "double precision");
	case RS_T_BIT: return rs_buf_addf(out, "bit(%u)", c->length);
	case RS_T_DATE: return rs_buf_adds(out, "date");
	case RS_T_TIME: return rs_buf_addf(out, "time(%u)", c->fsp);
	case RS_T_DATETIME: return rs_buf_addf(out, "timestamp(%u)", c->fsp);
	case RS_T_TIMESTAMP: return rs_buf_addf(out, "timestamp(%u) with time zone", c->fsp);
	case RS_T_CHAR: return rs_buf_addf(out, "character(%u)", c->length ? c->length : 1);
	case RS_T_VARCHAR: return rs_buf_addf(out, "character varying(%u)", c->length ? c->length : 1);
	case RS_T_TINYTEXT: case RS_T_TEXT: case RS_T_MEDIUMTEXT: case RS_T_LONGTEXT: return rs_buf_adds(out, "text");
	case RS_T_BINARY: case RS_T_VARBINARY: case RS_T_TINYBLOB: case RS_T_BLOB: case RS_T_MEDIUMBLOB: case RS_T_LONGBLOB:
		return rs_buf_adds(out, "bytea");
	case RS_T_ENUM: case RS_T_SET: return rs_buf_addf(out, "character varying(%zu)", longest_names(c));
	case RS_T_JSON: return rs_buf_adds(out, "json");
	case RS_T_VECTOR: return rs_buf_adds(out, "real[]");
	case RS_T_UUID: return rs_buf_adds(out, "uuid");
	case RS_T_INET4: case RS_T_INET6: return rs_buf_adds(out, "inet");
	case RS_T_NATIVE: return rs_buf_adds(out, c->native);
	case RS_T_GEOMETRY: case RS_T_UNKNOWN: case RS_T_COUNT: break;
	}
	return no_type(c, err);
}

/* ------------------------------------------------------------------ what does not fit */

static enum rs_rc refuse(const struct rs_pg_converter *v, const struct rs_value *value, const char *why, struct rs_err *err)
{
	rs_err_set(err, RS_E_DEST_DATA, _("column %s: %s"), v->column->name, why);
	if (rs_type_is_temporal(v->column->type))
		(void)rs_err_detail(err, "%.*s", (int)value->len, value->bytes);
	return rs_err_hint(err, "%s", _("Choose what becomes of values that have no place at the destination: unfit_values = null or nearest in "
	                                "[postgresql] of the task file"));
}

/* By the user's choice; true: *rc is what comes of it, else the nearest is to be had. */
static bool is_settled(struct rs_pg_converter *v, const struct rs_value *value, const char *why, struct rs_value *out, enum rs_rc *rc,
                       struct rs_err *err)
{
	*rc = RS_OK;
	if (v->unfit == RS_UNFIT_STOP || (v->unfit == RS_UNFIT_NULL && !v->column->nullable)) {
		*rc = refuse(v, value, why, err);
		return true;
	}
	v->changed++;
	*out = rs_value_null();
	return v->unfit == RS_UNFIT_NULL;
}

static enum rs_rc take_text(struct rs_pg_converter *v, struct rs_value *out, struct rs_err *err)
{
	if (rs_buf_failed(&v->text))
		return rs_err_set(err, RS_E_MEMORY, _("column %s: no memory for a value"), v->column->name);
	*out = rs_value_of(rs_buf_str(&v->text), v->text.len);
	return RS_OK;
}

/* ------------------------------------------------------------------ dates and times */

static unsigned digits(const char *p, unsigned n)
{
	unsigned value = 0;

	while (n--)
		value = value * 10 + (unsigned)(*p++ - '0');
	return value;
}

static unsigned days_in(unsigned year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : days[month - 1];
}

/* A day, and what stands behind it. */
static enum rs_rc convert_date(struct rs_pg_converter *v, const struct rs_value *value, const char *suffix, struct rs_value *out,
                               struct rs_err *err)
{
	unsigned year = digits(value->bytes, 4), month = digits(value->bytes + 5, 2), day = digits(value->bytes + 8, 2);
	bool fits = year > 0 && month > 0 && day > 0 && day <= days_in(year, month);
	enum rs_rc rc;

	if (fits && !*suffix) {
		*out = *value;
		return RS_OK;
	}
	if (!fits) {
		if (is_settled(v, value, _("a date that no calendar has"), out, &rc, err))
			return rc;
		if (year == 0)
			year = month = day = 1;
		month = month ? month : 1;
		day = !day ? 1 : day > days_in(year, month) ? days_in(year, month) : day;
	}
	rs_buf_clear(&v->text);
	(void)rs_buf_addf(&v->text, "%04u-%02u-%02u", year, month, day);
	(void)rs_buf_add(&v->text, value->bytes + 10, value->len - 10);
	(void)rs_buf_adds(&v->text, suffix);
	return take_text(v, out, err);
}

/* From 00:00:00 to 24:00:00. */
static enum rs_rc convert_time(struct rs_pg_converter *v, const struct rs_value *value, struct rs_value *out, struct rs_err *err)
{
	bool negative = value->len && *value->bytes == '-';
	unsigned hours = negative ? 0 : digits(value->bytes, (unsigned)strcspn(value->bytes, ":"));
	bool beyond = hours > 24 || (hours == 24 && strncmp(value->bytes + 2, ":00:00", 6) != 0);
	enum rs_rc rc;

	for (size_t i = 9; hours == 24 && i < value->len; i++)
		beyond = beyond || value->bytes[i] != '0';
	*out = *value;
	if (!negative && !beyond)
		return RS_OK;
	if (is_settled(v, value, _("a time outside of one day"), out, &rc, err))
		return rc;
	*out = negative ? rs_value_of("00:00:00", 8) : rs_value_of("24:00:00", 8);
	return RS_OK;
}

/* ------------------------------------------------------------------ texts */

static void drop_nuls(struct rs_buf *text)
{
	size_t kept = 0;

	for (size_t i = 0; i < text->len; i++)
		if (text->data[i])
			text->data[kept++] = text->data[i];
	text->len = kept;
	text->data[kept] = 0;
}

static enum rs_rc convert_text(struct rs_pg_converter *v, const struct rs_value *value, struct rs_value *out, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	rs_buf_clear(&v->text);
	if (rs_charset_to_utf8(&v->reader, value->bytes, value->len, &v->text, NULL) != RS_OK)
		return rs_err_set(err, RS_E_VALUE, _("column %s: a text that is not valid in its character set, %s"), v->column->name,
		                  v->column->charset ? v->column->charset : "utf8mb4");
	if (v->text.len && memchr(v->text.data, 0, v->text.len)) {
		if (is_settled(v, value, _("a text with a NUL in it"), out, &rc, err))
			return rc;
		drop_nuls(&v->text);
	}
	return take_text(v, out, err);
}

static void add_names(struct rs_pg_converter *v, const struct rs_value *value)
{
	const struct rs_column *c = v->column;
	uint64_t n = 0;

	for (uint32_t i = 0; i < value->len; i++)
		n = n * 10 + (uint64_t)(value->bytes[i] - '0');
	if (c->type == RS_T_ENUM) {
		(void)rs_buf_adds(&v->text, n >= 1 && n <= c->n_members ? c->members[n - 1] : "");
		return;
	}
	for (size_t i = 0; i < c->n_members && i < 64; i++)
		if (n >> i & 1)
			(void)rs_buf_addf(&v->text, "%s%s", v->text.len ? "," : "", c->members[i]);
}

/* ------------------------------------------------------------------ bytes */

static void add_bits(struct rs_pg_converter *v, const struct rs_value *value)
{
	for (uint32_t bit = v->column->length; bit-- > 0;) {
		uint32_t byte = bit / 8;

		(void)rs_buf_addc(&v->text, byte < value->len && value->bytes[value->len - 1 - byte] >> bit % 8 & 1 ? '1' : '0');
	}
}

static float float_at(const char *bytes)
{
	const unsigned char *b = (const unsigned char *)bytes;
	uint32_t bits = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
	float f;

	memcpy(&f, &bits, sizeof f);
	return f;
}

static void add_floats(struct rs_buf *out, const struct rs_value *value)
{
	(void)rs_buf_addc(out, '{');
	for (uint32_t i = 0; i + 4 <= value->len; i += 4)
		(void)rs_buf_addf(out, "%s%.9g", i ? "," : "", (double)float_at(value->bytes + i));
	(void)rs_buf_addc(out, '}');
}

/* ------------------------------------------------------------------ all of them */

static bool is_of_unique_key(const struct rs_table *t, size_t column)
{
	for (size_t k = 0; k < t->n_keys; k++)
		for (size_t p = 0; t->keys[k].unique && p < t->keys[k].n_parts; p++)
			if (t->keys[k].parts[p].column == column)
				return true;
	return false;
}

enum rs_unfit rs_pg_unfit_of(const struct rs_table *source, size_t i, const struct rs_table *dest, size_t j, enum rs_unfit chosen)
{
	return is_of_unique_key(source, i) || is_of_unique_key(dest, j) ? RS_UNFIT_STOP : chosen;
}

enum rs_rc rs_pg_converter_open(struct rs_pg_converter *v, const struct rs_column *c, enum rs_unfit unfit, struct rs_err *err)
{
	struct rs_buf type = RS_BUF_INIT;
	enum rs_rc rc = rs_pg_type_of(c, &type, err);

	rs_buf_release(&type);
	*v = (struct rs_pg_converter){.column = c, .unfit = unfit, .reader = RS_CHARSET_READER_INIT, .text = RS_BUF_INIT};
	if (rc == RS_OK)
		rc = rs_charset_open(&v->reader, rs_type_is_text(c->type) && c->charset ? c->charset : "utf8mb4", err);
	return rc;
}

void rs_pg_converter_close(struct rs_pg_converter *v)
{
	rs_charset_close(&v->reader);
	rs_buf_release(&v->text);
}

enum rs_rc rs_pg_convert(struct rs_pg_converter *v, const struct rs_value *value, struct rs_value *out, struct rs_err *err)
{
	*out = *value;
	if (value->presence == RS_NULL)
		return RS_OK;
	switch (v->column->type) {
	case RS_T_DATE: case RS_T_DATETIME: return convert_date(v, value, "", out, err);
	case RS_T_TIMESTAMP: return convert_date(v, value, "+00", out, err);
	case RS_T_TIME: return convert_time(v, value, out, err);
	case RS_T_CHAR: case RS_T_VARCHAR: case RS_T_TINYTEXT: case RS_T_TEXT: case RS_T_MEDIUMTEXT: case RS_T_LONGTEXT:
	case RS_T_JSON: return convert_text(v, value, out, err);
	default: break;
	}
	rs_buf_clear(&v->text);
	switch (v->column->type) {
	case RS_T_BIT: add_bits(v, value); break;
	case RS_T_BINARY: case RS_T_VARBINARY: case RS_T_TINYBLOB: case RS_T_BLOB: case RS_T_MEDIUMBLOB: case RS_T_LONGBLOB:
		(void)rs_buf_adds(&v->text, "\\x");
		(void)rs_buf_addhex(&v->text, value->bytes, value->len);
		break;
	case RS_T_ENUM: case RS_T_SET: add_names(v, value); break;
	case RS_T_VECTOR: add_floats(&v->text, value); break;
	default: return RS_OK; /* as it is */
	}
	return take_text(v, out, err);
}

void rs_pg_copy_value(struct rs_buf *out, const struct rs_value *v)
{
	static const char from[] = "\b\f\n\r\t\v\\", to[] = "bfnrtv\\";

	if (v->presence != RS_PRESENT) {
		(void)rs_buf_adds(out, "\\N");
		return;
	}
	for (uint32_t i = 0; i < v->len; i++) {
		const char *at = v->bytes[i] ? strchr(from, v->bytes[i]) : NULL;

		if (at)
			(void)rs_buf_addc(out, '\\');
		(void)rs_buf_addc(out, at ? to[at - from] : v->bytes[i]);
	}
}
