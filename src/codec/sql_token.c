#include "codec/sql_token.h"

#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"

/* --- scanning ------------------------------------------------------------- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

static bool is_name_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
	       (unsigned char)c >= 0x80;
}

/* The byte at an offset from the position; NUL past the end. */
static char peek(const struct rs_sql_scanner *s, uint32_t offset)
{
	return s->len - s->pos > offset ? s->text[s->pos + offset] : '\0';
}

static bool at_end(const struct rs_sql_scanner *s) { return s->pos >= s->len; }

void rs_sql_scan_init(struct rs_sql_scanner *s, const char *text, size_t len, const struct rs_sql_dialect *dialect)
{
	*s = (struct rs_sql_scanner){.text = text, .len = (uint32_t)len, .dialect = dialect};
}

static enum rs_token_kind scan_space(struct rs_sql_scanner *s)
{
	while (!at_end(s) && is_space(peek(s, 0)))
		s->pos++;
	return RS_TOKEN_SPACE;
}

static enum rs_token_kind scan_line_comment(struct rs_sql_scanner *s)
{
	while (!at_end(s) && peek(s, 0) != '\n')
		s->pos++;
	return RS_TOKEN_COMMENT;
}

/* A comment to its end; inner says how many comments may still be nested in it, which servers allow in versioned
 * comments that they skip. */
static enum rs_token_kind scan_block_comment(struct rs_sql_scanner *s, int inner)
{
	s->pos += 2;
	while (!at_end(s)) {
		if (peek(s, 0) == '*' && peek(s, 1) == '/') {
			s->pos += 2;
			return RS_TOKEN_COMMENT;
		}
		if (inner && peek(s, 0) == '/' && peek(s, 1) == '*') {
			if (scan_block_comment(s, inner - 1) == RS_TOKEN_BAD)
				return RS_TOKEN_BAD;
		} else {
			s->pos++;
		}
	}
	return RS_TOKEN_BAD;
}

/* MariaDB leaves out what is meant for MySQL 5.7 and later, unless the comment says M!. */
static bool executes(const struct rs_sql_dialect *d, unsigned version, bool maria)
{
	if (maria && !d->mariadb)
		return false;
	if (version > d->version)
		return false;
	return !d->mariadb || maria || version < 50700 || version > 99999;
}

static enum rs_token_kind scan_versioned(struct rs_sql_scanner *s, bool maria)
{
	const struct rs_sql_dialect *d = s->dialect;
	uint32_t head = maria ? 4 : 3, digits = 0, most = d->mariadb || d->version >= 80000 ? 6 : 5;
	unsigned version = 0;

	while (digits < most && is_digit(peek(s, head + digits)))
		version = version * 10 + (unsigned)(peek(s, head + digits++) - '0');
	if (digits < 5) {
		version = 0;
		digits = 0;
	}
	if (!executes(d, version, maria))
		return scan_block_comment(s, 1);
	s->pos += head + digits;
	s->versioned = true;
	return RS_TOKEN_OPEN;
}

static enum rs_token_kind scan_comment(struct rs_sql_scanner *s)
{
	if (peek(s, 2) == '!')
		return scan_versioned(s, false);
	if (peek(s, 2) == 'M' && peek(s, 3) == '!')
		return scan_versioned(s, true);
	return scan_block_comment(s, 0);
}

/* From the opening quote; a doubled quote stands for itself. */
static enum rs_token_kind scan_quotes(struct rs_sql_scanner *s, bool escapes, enum rs_token_kind kind)
{
	char quote = peek(s, 0);

	s->pos++;
	while (!at_end(s)) {
		if (escapes && peek(s, 0) == '\\') {
			s->pos += s->pos + 1 < s->len ? 2 : 1;
		} else if (peek(s, 0) != quote) {
			s->pos++;
		} else if (s->pos + 1 < s->len && peek(s, 1) == quote) {
			s->pos += 2;
		} else {
			s->pos++;
			return kind;
		}
	}
	return RS_TOKEN_BAD;
}

static enum rs_token_kind scan_string(struct rs_sql_scanner *s)
{
	return scan_quotes(s, !(s->dialect->sql_mode & RS_MODE_NO_BACKSLASH_ESCAPES), RS_TOKEN_STRING);
}

static enum rs_token_kind scan_quoted(struct rs_sql_scanner *s) { return scan_quotes(s, false, RS_TOKEN_QUOTED); }

static bool ansi_quotes(const struct rs_sql_scanner *s) { return s->dialect->sql_mode & RS_MODE_ANSI_QUOTES; }

static enum rs_token_kind scan_word(struct rs_sql_scanner *s)
{
	while (!at_end(s) && is_name_char(peek(s, 0)))
		s->pos++;
	return RS_TOKEN_WORD;
}

static enum rs_token_kind scan_var(struct rs_sql_scanner *s)
{
	s->pos++;
	if (peek(s, 0) == '@')
		s->pos++;
	if (peek(s, 0) == '`')
		return scan_quoted(s) == RS_TOKEN_BAD ? RS_TOKEN_BAD : RS_TOKEN_VAR;
	if (peek(s, 0) == '\'' || peek(s, 0) == '"')
		return scan_string(s) == RS_TOKEN_BAD ? RS_TOKEN_BAD : RS_TOKEN_VAR;
	while (!at_end(s) && (is_name_char(peek(s, 0)) || peek(s, 0) == '.'))
		s->pos++;
	return RS_TOKEN_VAR;
}

/* How many bytes of an exponent ("e5", "E-7") stand at the offset, 0 for none. */
static uint32_t exponent(const struct rs_sql_scanner *s, uint32_t at)
{
	uint32_t n = at;

	if (peek(s, n) != 'e' && peek(s, n) != 'E')
		return 0;
	n++;
	if (peek(s, n) == '+' || peek(s, n) == '-')
		n++;
	if (!is_digit(peek(s, n)))
		return 0;
	while (is_digit(peek(s, n)))
		n++;
	return n - at;
}

/* 0x1F or 0b01, from the zero; false where it is something else. */
static bool scan_prefixed(struct rs_sql_scanner *s)
{
	uint32_t n = 2;
	bool hex = peek(s, 1) == 'x';

	if (peek(s, 0) != '0' || (!hex && peek(s, 1) != 'b'))
		return false;
	while (hex ? is_hex(peek(s, n)) : peek(s, n) == '0' || peek(s, n) == '1')
		n++;
	if (n == 2 || is_name_char(peek(s, n)))
		return false;
	s->pos += n;
	return true;
}

/* A number, or a name that begins with a digit. */
static enum rs_token_kind scan_number(struct rs_sql_scanner *s)
{
	uint32_t n = 0, e;

	if (scan_prefixed(s))
		return RS_TOKEN_HEX;
	while (is_digit(peek(s, n)))
		n++;
	e = exponent(s, n);
	if (n && is_name_char(peek(s, n)) && !e)
		return scan_word(s);
	if (!e && peek(s, n) == '.') {
		n++;
		while (is_digit(peek(s, n)))
			n++;
		e = exponent(s, n);
	}
	s->pos += n + e;
	return RS_TOKEN_NUMBER;
}

/* x'…', b'…', n'…', or a name. */
static enum rs_token_kind scan_letter(struct rs_sql_scanner *s)
{
	if (peek(s, 1) == '\'' && strchr("xXbB", peek(s, 0))) {
		s->pos++;
		return scan_quotes(s, false, RS_TOKEN_HEX);
	}
	if (peek(s, 1) == '\'' && strchr("nN", peek(s, 0))) {
		s->pos++;
		return scan_string(s);
	}
	return scan_word(s);
}

static bool is_dash_comment(const struct rs_sql_scanner *s)
{
	return peek(s, 0) == '-' && peek(s, 1) == '-' && (unsigned char)peek(s, 2) <= ' ';
}

static enum rs_token_kind scan_punctuation(struct rs_sql_scanner *s)
{
	if (peek(s, 0) == '#' || is_dash_comment(s))
		return scan_line_comment(s);
	if (peek(s, 0) == '/' && peek(s, 1) == '*')
		return scan_comment(s);
	if (s->versioned && peek(s, 0) == '*' && peek(s, 1) == '/') {
		s->pos += 2;
		s->versioned = false;
		return RS_TOKEN_CLOSE;
	}
	if (peek(s, 0) == '@')
		return scan_var(s);
	if (peek(s, 0) == '.' && is_digit(peek(s, 1)) && !s->after_name)
		return scan_number(s);
	s->pos++;
	return RS_TOKEN_OP;
}

static enum rs_token_kind scan_any(struct rs_sql_scanner *s)
{
	char c = peek(s, 0);

	if (is_space(c))
		return scan_space(s);
	if (s->after_dot && is_name_char(c))
		return scan_word(s);
	if (is_digit(c))
		return scan_number(s);
	if (is_name_char(c))
		return scan_letter(s);
	if (c == '`' || (c == '"' && ansi_quotes(s)))
		return scan_quoted(s);
	if (c == '\'' || c == '"')
		return scan_string(s);
	return scan_punctuation(s);
}

struct rs_token rs_sql_scan(struct rs_sql_scanner *s)
{
	struct rs_token t = {RS_TOKEN_END, s->pos, s->pos};
	bool after_name = s->after_name;

	if (at_end(s)) {
		t.kind = s->versioned ? RS_TOKEN_BAD : RS_TOKEN_END;
		return t;
	}
	t.kind = scan_any(s);
	if (t.kind == RS_TOKEN_BAD) {
		s->pos = s->len;
		s->versioned = true; /* stay bad */
	}
	t.end = s->pos;
	s->after_dot = after_name && t.kind == RS_TOKEN_OP && s->text[t.start] == '.';
	s->after_name = t.kind == RS_TOKEN_WORD || t.kind == RS_TOKEN_QUOTED;
	return t;
}

/* --- whole texts ------------------------------------------------------------ */

static bool has_meaning(enum rs_token_kind kind) { return kind >= RS_TOKEN_WORD; }

enum rs_rc rs_sql_tokenize(struct rs_sql *s, const char *text, size_t len, const struct rs_sql_dialect *dialect,
                           struct rs_err *err)
{
	struct rs_sql_scanner scanner;
	struct rs_token t;
	uint32_t cap = 0;

	*s = (struct rs_sql){.text = text, .len = (uint32_t)len, .dialect = *dialect};
	if (len > UINT32_MAX - 16)
		return rs_err_set(err, RS_E_DDL_UNKNOWN, _("the statement is longer than 4 GiB"));
	rs_sql_scan_init(&scanner, text, len, &s->dialect);
	do {
		t = rs_sql_scan(&scanner);
		if (t.kind != RS_TOKEN_END && !has_meaning(t.kind))
			continue;
		RS_GROW(s->tokens, s->count, cap);
		s->tokens[s->count++] = t;
	} while (t.kind != RS_TOKEN_END && t.kind != RS_TOKEN_BAD);
	s->count--;
	if (t.kind != RS_TOKEN_BAD)
		return RS_OK;
	rs_sql_release(s);
	return rs_err_set(err, RS_E_DDL_UNKNOWN, _("a quotation or comment does not end"));
}

void rs_sql_release(struct rs_sql *s)
{
	free(s->tokens);
	s->tokens = NULL;
	s->count = 0;
}

enum rs_token_kind rs_sql_kind(const struct rs_sql *s, uint32_t i)
{
	return i < s->count ? s->tokens[i].kind : RS_TOKEN_END;
}

bool rs_sql_is(const struct rs_sql *s, uint32_t i, const char *keyword)
{
	size_t n = strlen(keyword);

	if (rs_sql_kind(s, i) != RS_TOKEN_WORD || s->tokens[i].end - s->tokens[i].start != n)
		return false;
	return strncasecmp(s->text + s->tokens[i].start, keyword, n) == 0;
}

bool rs_sql_is_op(const struct rs_sql *s, uint32_t i, char op)
{
	return rs_sql_kind(s, i) == RS_TOKEN_OP && s->text[s->tokens[i].start] == op;
}

bool rs_sql_is_name(const struct rs_sql *s, uint32_t i)
{
	return rs_sql_kind(s, i) == RS_TOKEN_WORD || rs_sql_kind(s, i) == RS_TOKEN_QUOTED;
}

/* What a backslash and c stand for. LIKE's own escapes keep their backslash. */
static enum rs_rc add_escaped(struct rs_buf *out, char c)
{
	static const char from[] = "0bnrtZ", to[] = "\0\b\n\r\t\032";
	const char *at = c ? strchr(from, c) : NULL;

	if (at)
		return rs_buf_addc(out, to[at - from]);
	if (c == '%' || c == '_')
		rs_buf_addc(out, '\\');
	return rs_buf_addc(out, c);
}

/* The inside of quotes, from the byte after the opening to the byte before the closing one. */
static enum rs_rc add_unquoted(struct rs_buf *out, const char *p, const char *end, char quote, bool escapes)
{
	for (; p < end; p++) {
		if (escapes && *p == '\\' && p + 1 < end) {
			add_escaped(out, *++p);
			continue;
		}
		if (*p == quote)
			p++;
		rs_buf_addc(out, *p);
	}
	return rs_buf_failed(out) ? RS_FAIL : RS_OK;
}

enum rs_rc rs_sql_value(const struct rs_sql *s, uint32_t i, struct rs_buf *out)
{
	const struct rs_token *t = &s->tokens[i];
	const char *p = s->text + t->start, *end = s->text + t->end;

	if (t->kind != RS_TOKEN_QUOTED && t->kind != RS_TOKEN_STRING)
		return rs_buf_add(out, p, (size_t)(end - p));
	if (*p == 'n' || *p == 'N')
		p++;
	return add_unquoted(out, p + 1, end - 1, *p,
	                    t->kind == RS_TOKEN_STRING && !(s->dialect.sql_mode & RS_MODE_NO_BACKSLASH_ESCAPES));
}

char *rs_sql_text(const struct rs_sql *s, uint32_t i)
{
	struct rs_buf b = RS_BUF_INIT;

	if (i < s->count)
		(void)rs_sql_value(s, i, &b);
	return rs_buf_take(&b);
}

uint32_t rs_sql_skip_parens(const struct rs_sql *s, uint32_t i)
{
	unsigned depth = 0;

	for (; i < s->count; i++) {
		if (rs_sql_is_op(s, i, '('))
			depth++;
		else if (rs_sql_is_op(s, i, ')') && --depth == 0)
			return i + 1;
	}
	return s->count;
}
