/* Values as text, which JSON, keys and partitions have in common. */
#include <string.h>

#include "base/i18n.h"
#include "codec/message_priv.h"
#include "codec/number.h"
#include "codec/sql_literal.h"

enum rs_rc rs_message_invalid(const struct rs_message_table *t, const struct rs_message_column *c, struct rs_err *err)
{
	rs_err_set(err, RS_E_VALUE, _("column %s of %s.%s holds a text that is not valid in its character set, %s"), c->column->name,
	           t->source->db, t->source->name, c->column->charset ? c->column->charset : "utf8mb4");
	return rs_err_hint(err, _("The Avro format carries texts as they are; JSON can't. Mend the value at the source, or leave the "
	                          "column out"));
}

bool rs_message_differs(const struct rs_value *before, const struct rs_value *after)
{
	return before != NULL && after != NULL && !rs_value_identical(before, after);
}

static uint64_t number_of(const struct rs_value *v)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < v->len; i++)
		n = n * 10 + (uint64_t)(v->bytes[i] - '0');
	return n;
}

static void set_text(const struct rs_message_column *c, const struct rs_value *value, struct rs_buf *out)
{
	uint64_t mask = number_of(value);
	size_t from = out->len;

	for (size_t i = 0; i < c->column->n_members && i < 64; i++) {
		if ((mask >> i & 1) == 0)
			continue;
		if (out->len > from)
			rs_buf_addc(out, ',');
		rs_buf_adds(out, c->column->members[i]);
	}
}

static void enum_text(const struct rs_message_column *c, const struct rs_value *v, struct rs_text *out)
{
	uint64_t n = number_of(v);
	const char *name = n >= 1 && n <= c->column->n_members ? c->column->members[n - 1] : "";

	*out = (struct rs_text){name, strlen(name), RS_TEXT_UTF8};
}

/* Days since 1970-01-01 of a day of the Gregorian calendar, and back (Howard Hinnant's algorithms). */
static int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	unsigned year = (unsigned)(y - era * 400), day = (153 * (m + (m > 2 ? -3u : 9u)) + 2) / 5 + d - 1;

	return era * 146097 + (int64_t)(year * 365 + year / 4 - year / 100 + day) - 719468;
}

static unsigned number_at(const char *p, unsigned n)
{
	unsigned v = 0;

	while (n--)
		v = v * 10 + (unsigned)(*p++ - '0');
	return v;
}

int64_t rs_message_seconds(const struct rs_value *v)
{
	const char *p = v->bytes;

	if (v->len < 19 || number_at(p, 4) == 0)
		return 0;
	return days_from_civil(number_at(p, 4), number_at(p + 5, 2), number_at(p + 8, 2)) * 86400 + number_at(p + 11, 2) * 3600 +
	       number_at(p + 14, 2) * 60 + number_at(p + 17, 2);
}

char *rs_message_clock(char *out, int64_t seconds, char between)
{
	int64_t days = (seconds >= 0 ? seconds : seconds - 86399) / 86400, rest = seconds - days * 86400;
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	unsigned doe = (unsigned)(z - era * 146097), yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153, m = mp < 10 ? mp + 3 : mp - 9;

	out = rs_number_digits(out, (uint32_t)(yoe + era * 400 + (m <= 2)), 4);
	*out++ = '-';
	out = rs_number_2(out, m);
	*out++ = '-';
	out = rs_number_2(out, doy - (153 * mp + 2) / 5 + 1);
	*out++ = between;
	out = rs_number_2(out, (uint32_t)(rest / 3600));
	*out++ = ':';
	out = rs_number_2(out, (uint32_t)(rest / 60 % 60));
	*out++ = ':';
	return rs_number_2(out, (uint32_t)(rest % 60));
}

/* A TIMESTAMP by the clock that was chosen; that of zero is zero everywhere. */
static void timestamp_text(struct rs_message_table *t, const struct rs_value *v, struct rs_text *out)
{
	int64_t seconds = rs_message_seconds(v);
	char text[RS_NUMBER_MAX];

	*out = (struct rs_text){v->bytes, v->len, RS_TEXT_PLAIN};
	if (seconds == 0)
		return;
	rs_buf_add(&t->text, text, (size_t)(rs_message_clock(text, seconds + t->encoder->options.utc_offset, ' ') - text));
	rs_buf_add(&t->text, v->bytes + 19, v->len - 19);
	*out = (struct rs_text){rs_buf_str(&t->text), t->text.len, RS_TEXT_PLAIN};
}

size_t rs_message_position(const struct rs_message_origin *origin, char out[RS_PLACE_MAX])
{
	const char *number = origin->file ? strrchr(origin->file, '.') : NULL;
	char *end = out;

	if (origin->file == NULL)
		return 0;
	end = rs_number_u64(end, origin->offset);
	*end++ = '@';
	return (size_t)(rs_number_u64(end, number ? strtoull(number + 1, NULL, 10) : 0) - out);
}

enum rs_rc rs_message_text(struct rs_message_table *t, struct rs_message_column *c, const struct rs_value *value,
                           struct rs_text *out, struct rs_err *err)
{
	char number[RS_NUMBER_MAX];

	rs_buf_clear(&t->text);
	*out = (struct rs_text){value->bytes, value->len, c->form};
	switch (c->form) {
	case RS_TEXT_PLAIN: case RS_TEXT_UTF8: case RS_TEXT_BYTES:
		return RS_OK;
	case RS_TEXT_CONVERTED:
		if (rs_charset_to_utf8(&c->reader, value->bytes, value->len, &t->text, NULL) != RS_OK)
			return rs_message_invalid(t, c, err);
		break;
	case RS_TEXT_BITS:
		rs_sql_bit(&t->text, value);
		break;
	case RS_TEXT_FLOAT: case RS_TEXT_DOUBLE:
		rs_buf_add(&t->text, number,
		           (size_t)(rs_number_java(number, value->bytes, value->len, c->form == RS_TEXT_FLOAT) - number));
		break;
	case RS_TEXT_ENUM:
		enum_text(c, value, out);
		return RS_OK;
	case RS_TEXT_SET:
		set_text(c, value, &t->text);
		break;
	case RS_TEXT_TIMESTAMP:
		timestamp_text(t, value, out);
		return RS_OK;
	}
	*out = (struct rs_text){rs_buf_str(&t->text), t->text.len,
	                        c->form == RS_TEXT_CONVERTED || c->form == RS_TEXT_SET ? RS_TEXT_UTF8 : RS_TEXT_PLAIN};
	return rs_buf_failed(&t->text) ? rs_err_set(err, RS_E_MEMORY, _("a value of %s.%s is too large for a message"),
	                                            t->source->db, t->source->name) : RS_OK;
}
