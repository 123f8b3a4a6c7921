/* Literals of a filter in the terms of the column that they are compared with. */
#include "codec/row_filter_priv.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "codec/charset.h"

enum { DIGITS_MAX = 65, FRACTION_MAX = 30, MICRO = 1000000 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

enum rf_class rf_class_of(const struct rs_column *c)
{
	switch (c->type) {
	case RS_T_TINYINT: case RS_T_SMALLINT: case RS_T_MEDIUMINT: case RS_T_INT: case RS_T_BIGINT: case RS_T_DECIMAL:
		return RF_DECIMAL;
	case RS_T_YEAR: return RF_COUNT;
	case RS_T_BIT: return RF_BIT;
	case RS_T_ENUM: return RF_ENUM;
	case RS_T_FLOAT: case RS_T_DOUBLE: return RF_DOUBLE;
	case RS_T_CHAR: case RS_T_VARCHAR: case RS_T_TINYTEXT: case RS_T_TEXT: case RS_T_MEDIUMTEXT: case RS_T_LONGTEXT:
		return c->mariadb_json ? RF_NULL_ONLY : RF_BYTES;
	case RS_T_BINARY: case RS_T_VARBINARY: return RF_BYTES;
	case RS_T_DATE: case RS_T_DATETIME: case RS_T_TIMESTAMP: return RF_MOMENT;
	case RS_T_TIME: return RF_TIME;
	default: return RF_NULL_ONLY;
	}
}

static enum rs_rc refuse(const struct rs_column *c, const struct rs_filter_literal *l, const char *needed, struct rs_err *err)
{
	return rs_filter_error(err, l->at, _("the column %s (%s) is compared with %s"), c->name, c->native ? c->native : rs_type_name(c->type),
	                       needed);
}

static void keep(struct rf_value *out, const char *bytes, size_t len)
{
	out->bytes = rs_xmalloc(len + 1);
	if (len > 0)
		memcpy(out->bytes, bytes, len);
	out->bytes[len] = '\0';
	out->len = len;
}

/* ---------------------------------------------------------------- numbers */

/* Bytes as an unsigned number. */
static bool read_count(const struct rs_filter_literal *l, struct rf_value *out)
{
	uint64_t n = 0;
	char text[24];
	size_t from = 0;

	while (from < l->len && l->text[from] == '\0')
		from++;
	if (l->len - from > 8 || l->len == 0)
		return false;
	for (size_t i = from; i < l->len; i++)
		n = n << 8 | (unsigned char)l->text[i];
	keep(out, text, (size_t)snprintf(text, sizeof text, "%llu", (unsigned long long)n));
	return true;
}

/* Digits with a point, as every server reads them exactly; written without a lone point at either end. */
static bool read_decimal(const struct rs_filter_literal *l, struct rf_value *out)
{
	const char *p = l->text;
	bool minus = *p == '-';
	struct rs_buf text = RS_BUF_INIT;

	p += minus;
	size_t whole = strspn(p, "0123456789");
	const char *point = p + whole;
	size_t fraction = *point == '.' ? strspn(point + 1, "0123456789") : 0;
	if (point[*point == '.' ? fraction + 1 : 0] || whole + fraction > DIGITS_MAX || fraction > FRACTION_MAX)
		return false;
	rs_buf_addf(&text, "%s%.*s", minus ? "-" : "", (int)whole, p);
	if (whole == 0)
		rs_buf_addc(&text, '0');
	if (fraction > 0)
		rs_buf_add(&text, point, fraction + 1);
	out->len = text.len;
	out->bytes = rs_buf_take(&text);
	return true;
}

static enum rs_rc read_number(const struct rs_column *c, const struct rs_filter_literal *l, struct rf_value *out,
                              struct rs_err *err)
{
	bool bytes = l->type == RS_FILTER_BYTES && c->type != RS_T_DECIMAL && c->type != RS_T_YEAR;

	if (l->type == RS_FILTER_NUMBER ? read_decimal(l, out) : bytes && read_count(l, out))
		return RS_OK;
	return refuse(c, l, _("a number without an exponent, of at most 65 digits, 30 of them behind the point"), err);
}

static enum rs_rc read_double(const struct rs_column *c, const struct rs_filter_literal *l, struct rf_value *out,
                              struct rs_err *err)
{
	if (l->type != RS_FILTER_NUMBER)
		return refuse(c, l, _("a number"), err);
	out->number = strtod(l->text, NULL);
	return isfinite(out->number) ? RS_OK : refuse(c, l, _("a number"), err);
}

static enum rs_rc read_member(const struct rs_column *c, const struct rs_filter_literal *l, struct rf_value *out,
                              struct rs_err *err)
{
	char number[16];

	for (size_t i = 0; l->type == RS_FILTER_STRING && i < c->n_members; i++)
		if (strlen(c->members[i]) == l->len && memcmp(c->members[i], l->text, l->len) == 0) {
			keep(out, number, (size_t)snprintf(number, sizeof number, "%zu", i + 1));
			return RS_OK;
		}
	return refuse(c, l, _("the name of one of its members, as it is written there"), err);
}

/* ---------------------------------------------------------------- text */

/* A character set of one byte a character: which byte a character is, is looked up backwards. */
static bool find_byte(struct rs_charset_reader *cs, const char *utf8, size_t n, char *out)
{
	struct rs_buf text = RS_BUF_INIT;
	bool found = false;

	for (unsigned b = 0x80; !found && b < 0x100; b++) {
		const char byte = (char)b;
		struct rs_err none = RS_ERR_INIT;

		rs_buf_clear(&text);
		found = rs_charset_to_utf8(cs, &byte, 1, &text, &none) == RS_OK && text.len == n && memcmp(text.data, utf8, n) == 0;
		rs_err_clear(&none);
		*out = byte;
	}
	rs_buf_release(&text);
	return found;
}

static enum rs_rc to_single_bytes(const char *charset, const char *text, size_t len, struct rs_buf *out)
{
	struct rs_charset_reader cs = RS_CHARSET_READER_INIT;
	enum rs_rc rc = rs_charset_open(&cs, charset, NULL);

	for (size_t i = 0; rc == RS_OK && i < len;) {
		uint32_t cp;
		size_t n = rs_utf8_decode(text + i, len - i, &cp);
		char byte = text[i];

		if (n == 0 || (n > 1 && !find_byte(&cs, text + i, n, &byte)))
			rc = RS_FAIL;
		rs_buf_addc(out, byte);
		i += n;
	}
	rs_charset_close(&cs);
	return rc;
}

static bool is_wide(const char *charset)
{
	return strncmp(charset, "utf16", 5) == 0 || strncmp(charset, "utf32", 5) == 0 || strcmp(charset, "ucs2") == 0;
}

enum rs_rc rf_to_charset(const struct rs_column *c, const char *text, size_t len, struct rs_buf *out)
{
	const char *charset = c->charset;
	bool ascii = true;

	for (size_t i = 0; i < len; i++)
		ascii = ascii && (unsigned char)text[i] < 0x80;
	if (charset != NULL && is_wide(charset))
		return RS_FAIL;
	if (ascii || charset == NULL || strcmp(charset, "utf8mb4") == 0 || strcmp(charset, "binary") == 0)
		return rs_buf_add(out, text, len);
	if (strcmp(charset, "ascii") == 0)
		return RS_FAIL;
	if (rs_charset_is_utf8(charset)) {
		for (size_t i = 0; i < len; i++)
			if ((unsigned char)text[i] >= 0xf0)
				return RS_FAIL;
		return rs_buf_add(out, text, len);
	}
	return rs_charset_width(charset) == 1 ? to_single_bytes(charset, text, len, out) : RS_FAIL;
}

static enum rs_rc read_text(const struct rs_column *c, const struct rs_filter_literal *l, struct rf_value *out,
                            struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;

	if (l->type == RS_FILTER_NUMBER) {
		refuse(c, l, _("text"), err);
		return rs_err_hint(err, _("put it in single quotes"));
	}
	if (l->type == RS_FILTER_BYTES) {
		keep(out, l->text, l->len);
		return RS_OK;
	}
	if (rf_to_charset(c, l->text, l->len, &text) != RS_OK) {
		rs_buf_release(&text);
		refuse(c, l, _("text of its own character set"), err);
		return rs_err_hint(err, _("give the bytes that it has in the character set %s: X'…'"), c->charset);
	}
	keep(out, rs_buf_str(&text), text.len);
	rs_buf_release(&text);
	return RS_OK;
}

/* ---------------------------------------------------------------- dates and times */

struct moment {
	int year, month, day, hour, minute, second, micro;
	bool has_time, has_offset;
	int offset;             /* minutes east of UTC */
};

/* Exactly n digits, up to max. */
static bool take(const char **p, unsigned n, int max, int *out)
{
	*out = 0;
	for (unsigned i = 0; i < n; i++, (*p)++) {
		if (!is_digit(**p))
			return false;
		*out = *out * 10 + (**p - '0');
	}
	return *out <= max;
}

static bool take_char(const char **p, char c)
{
	if (**p != c)
		return false;
	++*p;
	return true;
}

/* ".5" as 500000; nothing at all is 0. */
static bool take_fraction(const char **p, int *micro)
{
	int scale = MICRO / 10;

	*micro = 0;
	if (!take_char(p, '.'))
		return true;
	if (!is_digit(**p))
		return false;
	for (; is_digit(**p); ++*p, scale /= 10) {
		if (scale == 0)
			return false;
		*micro += (**p - '0') * scale;
	}
	return true;
}

static bool take_offset(const char **p, struct moment *m)
{
	int hours, minutes, sign = **p == '-' ? -1 : 1;

	if (take_char(p, 'Z'))
		return m->has_offset = true;
	if (!take_char(p, '+') && !take_char(p, '-'))
		return true;
	if (!take(p, 2, 14, &hours) || !take_char(p, ':') || !take(p, 2, 59, &minutes))
		return false;
	m->offset = sign * (hours * 60 + minutes);
	return m->has_offset = true;
}

static bool read_moment(const char *text, size_t len, struct moment *m)
{
	const char *p = text;

	*m = (struct moment){0};
	if (!take(&p, 4, 9999, &m->year) || !take_char(&p, '-') || !take(&p, 2, 12, &m->month) || !take_char(&p, '-') ||
	    !take(&p, 2, 31, &m->day))
		return false;
	if (p == text + len)
		return true;
	m->has_time = true;
	if ((!take_char(&p, ' ') && !take_char(&p, 'T')) || !take(&p, 2, 23, &m->hour) || !take_char(&p, ':') ||
	    !take(&p, 2, 59, &m->minute) || !take_char(&p, ':') || !take(&p, 2, 59, &m->second))
		return false;
	return take_fraction(&p, &m->micro) && take_offset(&p, m) && p == text + len;
}

/* Days since 1970 of the proleptic Gregorian calendar, and back. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = y / 400, yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void set_day(struct moment *m, int64_t days)
{
	int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	m->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	m->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	m->year = (int)(yoe + era * 400 + (m->month <= 2));
}

static void to_utc(struct moment *m)
{
	int64_t minutes = days_of(m->year, m->month, m->day) * 1440 + m->hour * 60 + m->minute - m->offset;

	set_day(m, minutes / 1440);
	m->hour = (int)(minutes % 1440 / 60);
	m->minute = (int)(minutes % 60);
}

/* As long as the column's own text, and longer only where the literal is more exact, so that the order of the bytes is
 * that of time. */
static void put_moment(const struct rs_column *c, const struct moment *m, struct rf_value *out)
{
	char text[64], fraction[16];
	unsigned digits = c->type == RS_T_DATE ? 0 : c->fsp;
	bool day_only = c->type == RS_T_DATE && m->hour == 0 && m->minute == 0 && m->second == 0 && m->micro == 0;
	int n = snprintf(text, sizeof text, "%04d-%02d-%02d", m->year, m->month, m->day);

	snprintf(fraction, sizeof fraction, "%06d", m->micro);
	for (unsigned k = 6; k > digits; k--)
		if (fraction[k - 1] != '0') {
			digits = k;
			break;
		}
	if (!day_only)
		n += snprintf(text + n, sizeof text - (size_t)n, " %02d:%02d:%02d", m->hour, m->minute, m->second);
	if (!day_only && digits > 0)
		n += snprintf(text + n, sizeof text - (size_t)n, ".%.*s", (int)digits, fraction);
	keep(out, text, (size_t)n);
}

static enum rs_rc read_date(const struct rs_column *c, const struct rs_filter_literal *l, struct rf_value *out,
                            struct rs_err *err)
{
	struct moment m;
	bool good = l->type == RS_FILTER_STRING && strlen(l->text) == l->len && read_moment(l->text, l->len, &m);

	if (good && m.has_offset && (c->type != RS_T_TIMESTAMP || m.year < 1000 || m.month == 0 || m.day == 0))
		return refuse(c, l, _("a time without an offset: only a TIMESTAMP knows its time zone"), err);
	if (!good)
		return refuse(c, l, _("a date: '2026-11-22' or '2026-11-22 08:00:00.5'"), err);
	if (m.has_offset)
		to_utc(&m);
	put_moment(c, &m, out);
	return RS_OK;
}

bool rf_read_time(const char *text, size_t len, int64_t *usec)
{
	const char *p = text;
	char copy[32];
	int hours = 0, minutes, seconds, micro;
	bool minus;

	if (len >= sizeof copy)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	p = copy;
	minus = take_char(&p, '-');
	if (!is_digit(*p))
		return false;
	for (; is_digit(*p); p++)
		if ((hours = hours * 10 + (*p - '0')) > 838)
			return false;
	if (!take_char(&p, ':') || !take(&p, 2, 59, &minutes) || !take_char(&p, ':') || !take(&p, 2, 59, &seconds) ||
	    !take_fraction(&p, &micro) || p != copy + len)
		return false;
	*usec = ((int64_t)hours * 3600 + minutes * 60 + seconds) * MICRO + micro;
	if (minus)
		*usec = -*usec;
	return true;
}

static enum rs_rc read_time(const struct rs_column *c, const struct rs_filter_literal *l, struct rf_value *out,
                            struct rs_err *err)
{
	int64_t limit = (int64_t)838 * 3600 * MICRO + (int64_t)3599 * MICRO;

	if (l->type != RS_FILTER_STRING || !rf_read_time(l->text, l->len, &out->usec) || out->usec > limit || out->usec < -limit)
		return refuse(c, l, _("a time: '08:00:00' or '-100:30:00.25'"), err);
	keep(out, l->text, l->len);
	return RS_OK;
}

enum rs_rc rf_read_literal(const struct rs_column *c, const struct rs_filter_literal *l, struct rf_value *out,
                           struct rs_err *err)
{
	switch (rf_class_of(c)) {
	case RF_DECIMAL: case RF_COUNT: case RF_BIT: return read_number(c, l, out, err);
	case RF_ENUM: return read_member(c, l, out, err);
	case RF_DOUBLE: return read_double(c, l, out, err);
	case RF_BYTES: return read_text(c, l, out, err);
	case RF_MOMENT: return read_date(c, l, out, err);
	case RF_TIME: return read_time(c, l, out, err);
	case RF_NULL_ONLY: break;
	}
	return refuse(c, l, _("NULL only: IS NULL, IS NOT NULL"), err);
}
