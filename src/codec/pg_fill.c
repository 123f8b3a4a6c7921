/* What rows that are there get in a column that is added: its default, or what the type's zero is. */
#include "codec/pg_ddl_priv.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "codec/ddl_tree.h"

struct fill {
	struct rs_buf *out;
	const struct rs_pg_change *change;
	const struct rs_sql *sql;
	const struct rs_ddl_column *def;
	const struct rs_column *c;
};

static const struct rs_ddl_attr *attr_of(const struct fill *f, enum rs_attr_kind kind)
{
	for (uint32_t i = 0; i < f->def->n_attrs; i++)
		if (f->change->d->tree->attrs[f->def->first_attr + i].kind == kind)
			return &f->change->d->tree->attrs[f->def->first_attr + i];
	return NULL;
}

static bool put_text(const struct fill *f, const char *text)
{
	rs_pg_put_text(f->out, text);
	return true;
}

/* Through the converter: dates of no calendar are the user's choice. */
static bool put_date(const struct fill *f, const char *text)
{
	const struct rs_value value = rs_value_of(text, strlen(text));
	struct rs_pg_converter v;
	struct rs_value out;
	struct rs_err ignored = RS_ERR_INIT;
	bool fits = rs_pg_converter_open(&v, f->c, f->change->unfit, &ignored) == RS_OK && rs_pg_convert(&v, &value, &out, &ignored) == RS_OK;

	if (fits)
		rs_pg_put_value(f->out, &out);
	rs_pg_converter_close(&v);
	rs_err_clear(&ignored);
	return fits;
}

/* ------------------------------------------------------------------ forms */

/* Each '9' a digit. */
static bool has_form(const char *text, const char *form)
{
	for (; *form; form++, text++)
		if (*form == '9' ? *text < '0' || *text > '9' : *text != *form)
			return false;
	return !*text;
}

static bool is_whole_number(const char *text)
{
	text += *text == '-';
	return *text && text[strspn(text, "0123456789")] == '\0';
}

static bool is_number(const char *text)
{
	char *end;

	if (!*text || text[strspn(text, "+-.0123456789eE")])
		return false;
	(void)strtod(text, &end);
	return !*end;
}

static bool is_plain_number(const struct rs_column *c)
{
	return rs_type_is_number(c->type) && c->type != RS_T_ENUM && c->type != RS_T_SET;
}

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

static bool has_member(const struct rs_column *c, const char *name)
{
	for (size_t i = 0; i < c->n_members; i++)
		if (strcmp(c->members[i], name) == 0)
			return true;
	return false;
}

/* ------------------------------------------------------------------ a constant, by what the column is */

static bool put_bytes(const struct fill *f, const char *text)
{
	struct rs_buf hex = RS_BUF_INIT;

	if (!is_ascii(text))
		return false;
	(void)rs_buf_adds(&hex, "\\x");
	(void)rs_buf_addhex(&hex, text, strlen(text));
	for (size_t i = strlen(text); f->c->type == RS_T_BINARY && i < f->c->length; i++)
		(void)rs_buf_adds(&hex, "00");
	rs_pg_put_text(f->out, rs_buf_str(&hex));
	rs_buf_release(&hex);
	return true;
}

static bool put_bits(const struct fill *f, const char *digits)
{
	const size_t n = strlen(digits), all = f->c->length ? f->c->length : 1;

	if (n > all || digits[strspn(digits, "01")])
		return false;
	(void)rs_buf_addc(f->out, '\'');
	for (size_t i = n; i < all; i++)
		(void)rs_buf_addc(f->out, '0');
	(void)rs_buf_addf(f->out, "%s'", digits);
	return true;
}

static bool put_constant(const struct fill *f, const char *text)
{
	switch (f->c->type) {
	case RS_T_TINYINT: case RS_T_SMALLINT: case RS_T_MEDIUMINT: case RS_T_INT: case RS_T_BIGINT: return is_whole_number(text) && put_text(f, text);
	case RS_T_DECIMAL: case RS_T_FLOAT: case RS_T_DOUBLE: return is_number(text) && put_text(f, text);
	case RS_T_YEAR: return has_form(text, "9999") && put_text(f, text);
	case RS_T_DATE: return has_form(text, "9999-99-99") && put_date(f, text);
	case RS_T_DATETIME: return has_form(text, "9999-99-99 99:99:99") && put_date(f, text);
	case RS_T_TIMESTAMP: return strcmp(text, "0000-00-00 00:00:00") == 0 && put_date(f, text); /* others are in the session's time */
	case RS_T_TIME: return has_form(text, "99:99:99") && strcmp(text, "24:00:00") < 0 && put_text(f, text);
	case RS_T_ENUM: case RS_T_SET: return (has_member(f->c, text) || (!*text && f->c->type == RS_T_SET)) && put_text(f, text);
	case RS_T_BINARY: case RS_T_VARBINARY: case RS_T_TINYBLOB: case RS_T_BLOB: case RS_T_MEDIUMBLOB: case RS_T_LONGBLOB: return put_bytes(f, text);
	case RS_T_CHAR: case RS_T_VARCHAR: case RS_T_TINYTEXT: case RS_T_TEXT: case RS_T_MEDIUMTEXT: case RS_T_LONGTEXT: return put_text(f, text);
	case RS_T_UUID: case RS_T_INET4: case RS_T_INET6: return put_text(f, text);
	default: return false;
	}
}

/* What NOT NULL without a default means. */
static bool put_zero(const struct fill *f)
{
	switch (f->c->type) {
	case RS_T_YEAR: return put_constant(f, "0000");
	case RS_T_DATE: return put_constant(f, "0000-00-00");
	case RS_T_DATETIME: return put_constant(f, "0000-00-00 00:00:00");
	case RS_T_TIME: return put_constant(f, "00:00:00");
	case RS_T_BIT: return put_bits(f, "0");
	case RS_T_ENUM: return f->c->n_members > 0 && put_constant(f, f->c->members[0]);
	case RS_T_UUID: case RS_T_INET4: case RS_T_INET6: case RS_T_TIMESTAMP: return false;
	default: return put_constant(f, is_plain_number(f->c) ? "0" : "");
	}
}

/* ------------------------------------------------------------------ the statement's words */

/* The moment of the statement, cut to the column's digits; of a DATETIME by the clock of the session. */
static bool put_now(const struct fill *f)
{
	const time_t seconds = (time_t)f->change->seconds;
	char text[32], fraction[8];
	struct tm utc;

	if ((f->c->type != RS_T_DATETIME && f->c->type != RS_T_TIMESTAMP) || f->change->seconds == 0 || !gmtime_r(&seconds, &utc))
		return false;
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &utc);
	snprintf(fraction, sizeof fraction, ".%06u", f->change->microseconds % 1000000);
	fraction[f->c->fsp > 0 ? 1 + f->c->fsp : 0] = '\0';
	(void)rs_buf_addf(f->out, "'%s%s+00'::timestamptz%s", text, fraction, f->c->type == RS_T_DATETIME ? "::timestamp" : "");
	return true;
}

static bool is_now(const struct fill *f, uint32_t i, uint32_t to)
{
	if (!rs_sql_is(f->sql, i, "CURRENT_TIMESTAMP") && !rs_sql_is(f->sql, i, "NOW") && !rs_sql_is(f->sql, i, "LOCALTIME") &&
	    !rs_sql_is(f->sql, i, "LOCALTIMESTAMP"))
		return false;
	return i + 1 == to || (rs_sql_is_op(f->sql, i + 1, '(') && rs_sql_skip_parens(f->sql, i + 1) == to);
}

static bool put_value_of(const struct fill *f, uint32_t i, const char *sign)
{
	struct rs_buf text = RS_BUF_INIT;
	bool known;

	(void)rs_buf_adds(&text, sign);
	(void)rs_sql_value(f->sql, i, &text);
	known = strlen(rs_buf_str(&text)) == text.len && put_constant(f, rs_buf_str(&text));
	rs_buf_release(&text);
	return known;
}

static bool put_number(const struct fill *f, uint32_t i, const char *sign)
{
	const struct rs_token *t = &f->sql->tokens[i];
	struct rs_buf text = RS_BUF_INIT;
	bool known;

	(void)rs_buf_addf(&text, "%s%.*s", sign, (int)(t->end - t->start), f->sql->text + t->start);
	if (f->c->type == RS_T_BIT)
		known = text.len == 1 && put_bits(f, rs_buf_str(&text));
	else
		known = (is_plain_number(f->c) || (rs_type_is_text(f->c->type) && is_whole_number(rs_buf_str(&text)))) &&
		        put_constant(f, rs_buf_str(&text));
	rs_buf_release(&text);
	return known;
}

/* b'101', 0b101 */
static bool put_binary_number(const struct fill *f, uint32_t i)
{
	const struct rs_token *t = &f->sql->tokens[i];
	const char *word = f->sql->text + t->start;
	char digits[80];
	size_t n = t->end - t->start - 2;

	if (f->c->type != RS_T_BIT || n >= sizeof digits || !strchr("bB", word[word[0] == '0']))
		return false;
	n -= word[1] == '\'';
	memcpy(digits, word + 2, n);
	digits[n] = '\0';
	return put_bits(f, digits);
}

static bool put_words(const struct fill *f, uint32_t from, uint32_t to)
{
	if (rs_sql_is_op(f->sql, from, '(') && rs_sql_skip_parens(f->sql, from) == to)
		return put_words(f, from + 1, to - 1);
	if (is_now(f, from, to))
		return put_now(f);
	if (to - from == 2 && (rs_sql_is_op(f->sql, from, '-') || rs_sql_is_op(f->sql, from, '+')) && rs_sql_kind(f->sql, from + 1) == RS_TOKEN_NUMBER)
		return put_number(f, from + 1, rs_sql_is_op(f->sql, from, '-') ? "-" : "");
	if (to - from != 1)
		return false;
	if (rs_sql_is(f->sql, from, "NULL"))
		return true;
	if (rs_sql_is(f->sql, from, "TRUE") || rs_sql_is(f->sql, from, "FALSE"))
		return is_plain_number(f->c) && put_constant(f, rs_sql_is(f->sql, from, "TRUE") ? "1" : "0");
	switch (rs_sql_kind(f->sql, from)) {
	case RS_TOKEN_STRING: return put_value_of(f, from, "");
	case RS_TOKEN_NUMBER: return put_number(f, from, "");
	case RS_TOKEN_HEX: return put_binary_number(f, from);
	default: return false;
	}
}

bool pg_put_fill(struct rs_buf *out, const struct rs_pg_change *s, const struct rs_ddl_column *def, const struct rs_column *c)
{
	const struct fill f = {out, s, &s->d->sql, def, c};
	const struct rs_ddl_attr *given = def ? attr_of(&f, RS_ATTR_DEFAULT) : NULL;

	if (!def || c->auto_increment)
		return false;
	if (given)
		return put_words(&f, given->value, given->to);
	return c->nullable || put_zero(&f);
}
