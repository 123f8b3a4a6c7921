#include "model/filter.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { DEPTH_MAX = 50, LENGTH_MAX = 60000 };

enum token_kind { T_END, T_WORD, T_NAME, T_STRING, T_NUMBER, T_BYTES, T_OP, T_BAD };

struct token {
	enum token_kind kind;
	size_t start, end;      /* bytes of the text */
};

struct parser {
	const char *text;
	struct token token;     /* the next one */
	unsigned depth;
	size_t *at;
	struct rs_err *err;
};

/* ---------------------------------------------------------------- errors */

enum rs_rc rs_filter_error(struct rs_err *err, size_t at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *what = rs_xvprintf(fmt, ap);
	va_end(ap);
	rs_err_set(err, RS_E_FILTER, _("at character %zu: %s"), at + 1, what);
	free(what);
	return RS_FAIL;
}

static size_t characters(const char *text, size_t bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* NULL, so that it can be returned. */
static void *fail(struct parser *p, size_t byte, const char *what, const char *hint)
{
	size_t at = characters(p->text, byte);

	if (p->at)
		*p->at = at;
	rs_filter_error(p->err, at, "%s", what);
	if (hint)
		rs_err_hint(p->err, "%s", hint);
	return NULL;
}

static void *unexpected(struct parser *p, const char *expected, const char *hint)
{
	const struct token *t = &p->token;
	size_t len = t->end - t->start;
	char *what;

	while (len > 30 || (len > 0 && ((unsigned char)p->text[t->start + len] & 0xc0) == 0x80))
		len--;
	if (t->kind == T_END)
		what = rs_xprintf(_("the condition ends, but %s is expected"), expected);
	else
		what = rs_xprintf(_("%s is expected, not \"%.*s\""), expected, (int)len, p->text + t->start);
	fail(p, t->start, what, hint);
	free(what);
	return NULL;
}

/* ---------------------------------------------------------------- tokens */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
	       (unsigned char)c >= 0x80;
}

/* Behind the quote that closes the one at i; 0 where none does. */
static size_t quoted_end(const char *text, size_t i)
{
	const char quote = text[i++];

	for (; text[i]; i++) {
		if (text[i] == '\\' && quote == '\'' && text[i + 1])
			i++;
		else if (text[i] == quote && text[i + 1] == quote)
			i++;
		else if (text[i] == quote)
			return i + 1;
	}
	return 0;
}

static size_t number_end(const char *text, size_t i)
{
	while (is_digit(text[i]))
		i++;
	if (text[i] == '.')
		i++;
	while (is_digit(text[i]))
		i++;
	if (text[i] == 'e' || text[i] == 'E') {
		size_t e = i + 1 + (text[i + 1] == '+' || text[i + 1] == '-');
		if (is_digit(text[e]))
			for (i = e; is_digit(text[i]);)
				i++;
	}
	return i;
}

static size_t word_end(const char *text, size_t i)
{
	while (is_word(text[i]))
		i++;
	return i;
}

static struct token take_quoted(const char *text, size_t start, size_t quote, enum token_kind kind)
{
	size_t end = quoted_end(text, quote);

	return end ? (struct token){kind, start, end} : (struct token){T_BAD, start, start + 1};
}

static bool starts_bytes(const char *p)
{
	return (strchr("xXbB", p[0]) && p[1] == '\'') || (p[0] == '0' && (p[1] == 'x' || p[1] == 'b'));
}

static struct token take_word(const char *text, size_t i)
{
	size_t end = word_end(text, i);

	if (starts_bytes(text + i))
		return text[i + 1] == '\'' ? take_quoted(text, i, i + 1, T_BYTES) : (struct token){T_BYTES, i, end};
	if (is_digit(text[i])) {
		size_t number = number_end(text, i);
		return number >= end ? (struct token){T_NUMBER, i, number} : (struct token){T_BAD, i, end};
	}
	return (struct token){T_WORD, i, end};
}

static struct token take_op(const char *text, size_t i)
{
	static const char *const two[] = {"<=>", "<=", ">=", "<>", "!=", "&&", "||", "--"};

	for (size_t k = 0; k < sizeof two / sizeof *two; k++)
		if (strncmp(text + i, two[k], strlen(two[k])) == 0)
			return (struct token){T_OP, i, i + strlen(two[k])};
	return (struct token){T_OP, i, i + 1};
}

static struct token scan(const char *text, size_t i)
{
	while (text[i] && strchr(" \t\r\n", text[i]))
		i++;
	if (!text[i])
		return (struct token){T_END, i, i};
	if (text[i] == '`')
		return take_quoted(text, i, i, T_NAME);
	if (text[i] == '\'')
		return take_quoted(text, i, i, T_STRING);
	if (text[i] == '.' && is_digit(text[i + 1]))
		return (struct token){T_NUMBER, i, number_end(text, i)};
	return is_word(text[i]) ? take_word(text, i) : take_op(text, i);
}

static void next(struct parser *p)
{
	p->token = scan(p->text, p->token.end);
}

static bool is(const struct parser *p, enum token_kind kind, const char *what)
{
	size_t len = p->token.end - p->token.start;

	return p->token.kind == kind && len == strlen(what) && strncasecmp(p->text + p->token.start, what, len) == 0;
}

static bool accept_word(struct parser *p, const char *word)
{
	if (!is(p, T_WORD, word))
		return false;
	next(p);
	return true;
}

static bool accept_op(struct parser *p, const char *op)
{
	if (!is(p, T_OP, op))
		return false;
	next(p);
	return true;
}

static bool is_keyword(const struct parser *p)
{
	static const char *const words[] = {"AND", "OR", "NOT", "IS", "NULL", "IN", "BETWEEN", "LIKE", "TRUE", "FALSE", "XOR",
	                                    "DIV", "MOD", "REGEXP", "RLIKE", "ESCAPE", "BINARY", "CASE", "EXISTS", "SELECT"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (is(p, T_WORD, words[i]))
			return true;
	return false;
}

/* ---------------------------------------------------------------- names and literals */

static bool at_name(const struct parser *p)
{
	return p->token.kind == T_NAME || (p->token.kind == T_WORD && !is_keyword(p));
}

static char *take_name(struct parser *p)
{
	const struct token t = p->token;
	struct rs_buf name = RS_BUF_INIT;

	if (t.kind == T_WORD)
		rs_buf_add(&name, p->text + t.start, t.end - t.start);
	for (size_t i = t.start + 1; t.kind == T_NAME && i + 1 < t.end; i++) {
		rs_buf_addc(&name, p->text[i]);
		i += p->text[i] == '`';
	}
	next(p);
	if (is(p, T_OP, "."))
		fail(p, p->token.start, _("only the column's own name can be given"), _("leave out the table's name and the dot"));
	else if (t.kind == T_WORD && is(p, T_OP, "("))
		fail(p, t.start, _("functions can't be used"),
		     _("compare a column with a literal: = <> < <= > >= IN BETWEEN LIKE IS NULL"));
	else
		return rs_buf_take(&name);
	rs_buf_release(&name);
	return NULL;
}

static char unescape(char c)
{
	switch (c) {
	case '0': return '\0';
	case 'b': return '\b';
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	case 'Z': return '\x1a';
	default: return c;
	}
}

static void read_string(const struct parser *p, struct rs_buf *out)
{
	for (size_t i = p->token.start + 1; i + 1 < p->token.end; i++) {
		const char c = p->text[i];

		if (c == '\\') {
			i++;
			if (p->text[i] == '%' || p->text[i] == '_')
				rs_buf_addc(out, '\\');
			rs_buf_addc(out, unescape(p->text[i]));
		} else {
			rs_buf_addc(out, c);
			i += c == '\'';
		}
	}
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits of `bits` bits each, from the right: the first byte may have fewer. */
static bool add_bits(const char *digits, size_t n, unsigned bits, struct rs_buf *out)
{
	size_t total = n * bits;
	unsigned byte = 0;

	for (size_t i = 0; i < n; i++) {
		int d = hex_digit(digits[i]);
		if (d < 0 || d >= 1 << bits)
			return false;
		byte = (byte << bits | (unsigned)d) & 0xff;
		if ((total - (i + 1) * bits) % 8 == 0)
			rs_buf_addc(out, (char)byte);
	}
	return true;
}

/* 0x1F, X'1F', 0b101, b'101'. X'…' has whole bytes, as in SQL. */
static bool read_bytes(const struct parser *p, struct rs_buf *out)
{
	const char *t = p->text + p->token.start;
	size_t len = p->token.end - p->token.start;
	bool quoted = t[1] == '\'';
	const char kind = quoted ? (char)(t[0] | 0x20) : t[1];
	size_t n = len - 2 - quoted;

	if ((!quoted && n == 0) || (quoted && kind == 'x' && n % 2 != 0))
		return false;
	return add_bits(t + 2, n, kind == 'x' ? 4 : 1, out);
}

static bool accept_sign(struct parser *p, struct rs_buf *text)
{
	if (!is(p, T_OP, "-") && !is(p, T_OP, "+"))
		return true;
	if (is(p, T_OP, "-"))
		rs_buf_addc(text, '-');
	next(p);
	return p->token.kind == T_NUMBER;
}

static bool read_literal(struct parser *p, struct rs_filter_literal *l, struct rs_buf *text)
{
	if (!accept_sign(p, text))
		return false;
	if (p->token.kind == T_NUMBER)
		rs_buf_add(text, p->text + p->token.start, p->token.end - p->token.start);
	else if (is(p, T_WORD, "TRUE") || is(p, T_WORD, "FALSE"))
		rs_buf_addc(text, is(p, T_WORD, "TRUE") ? '1' : '0');
	else if (p->token.kind == T_STRING)
		read_string(p, text);
	else if (p->token.kind != T_BYTES || !read_bytes(p, text))
		return false;
	l->type = p->token.kind == T_STRING ? RS_FILTER_STRING : p->token.kind == T_BYTES ? RS_FILTER_BYTES : RS_FILTER_NUMBER;
	next(p);
	return true;
}

static void *no_literal(struct parser *p)
{
	const char *hint = NULL;

	if (is(p, T_WORD, "NULL"))
		hint = _("nothing equals NULL: write IS NULL or IS NOT NULL");
	else if (is(p, T_OP, "\""))
		hint = _("text stands in single quotes: 'text'");
	else if (at_name(p))
		hint = _("a column is compared with a literal; text and dates stand in single quotes");
	else if (p->token.kind == T_BAD && p->text[p->token.start] == '\'')
		hint = _("the closing quote is missing");
	return unexpected(p, _("a literal"), hint);
}

static bool add_literal(struct parser *p, struct rs_filter_node *n)
{
	struct rs_filter_literal l = {.at = characters(p->text, p->token.start)};
	struct rs_buf text = RS_BUF_INIT;

	if (!read_literal(p, &l, &text)) {
		rs_buf_release(&text);
		no_literal(p);
		return false;
	}
	l.len = text.len;
	l.text = rs_buf_take(&text);
	n->literals = rs_xrealloc(n->literals, (n->n_literals + 1) * sizeof *n->literals);
	n->literals[n->n_literals++] = l;
	return true;
}

/* ---------------------------------------------------------------- nodes */

static void free_node(struct rs_filter_node *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->n_nodes; i++)
		free_node(n->nodes[i]);
	for (size_t i = 0; i < n->n_literals; i++)
		free(n->literals[i].text);
	free(n->nodes);
	free(n->literals);
	free(n->column);
	free(n);
}

void rs_filter_free(struct rs_filter *f)
{
	if (!f)
		return;
	free_node(f->root);
	free(f);
}

enum rs_rc rs_filter_check(const char *text, struct rs_err *err)
{
	struct rs_filter *f = rs_filter_parse(text, NULL, err);

	rs_filter_free(f);
	return f ? RS_OK : RS_FAIL;
}

static struct rs_filter_node *new_node(enum rs_filter_kind kind, size_t at)
{
	struct rs_filter_node *n = rs_xcalloc(1, sizeof *n);

	n->kind = kind;
	n->at = at;
	return n;
}

static void add_node(struct rs_filter_node *to, struct rs_filter_node *n)
{
	to->nodes = rs_xrealloc(to->nodes, (to->n_nodes + 1) * sizeof(struct rs_filter_node *));
	to->nodes[to->n_nodes++] = n;
}

static struct rs_filter_node *negate(struct rs_filter_node *n, bool yes)
{
	struct rs_filter_node *not = n && yes ? new_node(RS_FILTER_NOT, n->at) : NULL;

	if (!not)
		return n;
	add_node(not, n);
	return not;
}

/* ---------------------------------------------------------------- predicates */

static bool take_comparison(struct parser *p, enum rs_filter_op *op)
{
	static const struct {
		const char *text;
		enum rs_filter_op op;
	} ops[] = {{"=", RS_FILTER_EQ}, {"<>", RS_FILTER_NE}, {"!=", RS_FILTER_NE}, {"<", RS_FILTER_LT},
	           {"<=", RS_FILTER_LE}, {">", RS_FILTER_GT}, {">=", RS_FILTER_GE}};

	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
		if (accept_op(p, ops[i].text)) {
			*op = ops[i].op;
			return true;
		}
	return false;
}

/* literal op column as column op' literal */
static enum rs_filter_op flipped(enum rs_filter_op op)
{
	static const enum rs_filter_op to[] = {RS_FILTER_EQ, RS_FILTER_NE, RS_FILTER_GT, RS_FILTER_GE, RS_FILTER_LT, RS_FILTER_LE};

	return to[op];
}

static bool take_column(struct parser *p, struct rs_filter_node *n)
{
	n->column = at_name(p) ? take_name(p) : unexpected(p, _("the name of a column"), NULL);
	return n->column != NULL;
}

static struct rs_filter_node *done(struct rs_filter_node *n, bool good)
{
	if (good)
		return n;
	free_node(n);
	return NULL;
}

static struct rs_filter_node *literal_first(struct parser *p, size_t at)
{
	struct rs_filter_node *n = new_node(RS_FILTER_COMPARE, at);

	if (!add_literal(p, n))
		return done(n, false);
	if (!take_comparison(p, &n->op)) {
		unexpected(p, _("a comparison"), NULL);
		return done(n, false);
	}
	n->op = flipped(n->op);
	return done(n, take_column(p, n));
}

static bool take_list(struct parser *p, struct rs_filter_node *n)
{
	if (!accept_op(p, "("))
		return unexpected(p, "\"(\"", _("a list reads: IN (1, 2, 3)")) != NULL;
	do {
		if (!add_literal(p, n))
			return false;
	} while (accept_op(p, ","));
	return accept_op(p, ")") || unexpected(p, _("\",\" or \")\""), NULL) != NULL;
}

static struct rs_filter_node *compare_node(const struct rs_filter_node *like, enum rs_filter_op op)
{
	struct rs_filter_node *n = new_node(RS_FILTER_COMPARE, like->at);

	n->op = op;
	n->column = rs_xstrdup(like->column);
	return n;
}

/* column >= a AND column <= b */
static struct rs_filter_node *between(struct parser *p, struct rs_filter_node *n)
{
	struct rs_filter_node *from = compare_node(n, RS_FILTER_GE), *to = compare_node(n, RS_FILTER_LE);
	bool good = add_literal(p, from);

	if (good && !accept_word(p, "AND"))
		good = unexpected(p, "AND", _("a range reads: BETWEEN 1 AND 3")) != NULL;
	good = good && add_literal(p, to);
	n->kind = RS_FILTER_AND;
	free(n->column);
	n->column = NULL;
	add_node(n, from);
	add_node(n, to);
	return done(n, good);
}

static struct rs_filter_node *like(struct parser *p, struct rs_filter_node *n)
{
	n->kind = RS_FILTER_LIKE;
	if (p->token.kind != T_STRING) {
		unexpected(p, _("a pattern in single quotes"), NULL);
		return done(n, false);
	}
	if (!add_literal(p, n))
		return done(n, false);
	if (is(p, T_WORD, "ESCAPE")) {
		unexpected(p, _("the end of the comparison"), _("a backslash takes the meaning from a wildcard"));
		return done(n, false);
	}
	return n;
}

static struct rs_filter_node *is_null(struct parser *p, struct rs_filter_node *n)
{
	bool not = accept_word(p, "NOT");

	n->kind = RS_FILTER_IS_NULL;
	if (accept_word(p, "NULL"))
		return negate(n, not);
	unexpected(p, "NULL", NULL);
	return done(n, false);
}

static struct rs_filter_node *no_operator(struct parser *p, struct rs_filter_node *n)
{
	const char *hint = NULL;

	if (is(p, T_OP, "<=>"))
		hint = _("write = and IS NULL");
	else if (is(p, T_WORD, "REGEXP") || is(p, T_WORD, "RLIKE"))
		hint = _("regular expressions can't be used; LIKE can");
	else if (p->token.kind == T_END || is(p, T_WORD, "AND") || is(p, T_WORD, "OR") || is(p, T_OP, ")"))
		hint = _("for a column that is true or false write: column <> 0");
	unexpected(p, _("a comparison"), hint);
	return done(n, false);
}

static struct rs_filter_node *parse_predicate(struct parser *p)
{
	size_t at = characters(p->text, p->token.start);

	if (!at_name(p) && !is(p, T_WORD, "NULL") && (p->token.kind != T_WORD || is(p, T_WORD, "TRUE") || is(p, T_WORD, "FALSE")) &&
	    p->token.kind != T_END && p->token.kind != T_BAD && (p->token.kind != T_OP || is(p, T_OP, "-") || is(p, T_OP, "+")))
		return literal_first(p, at);
	struct rs_filter_node *n = new_node(RS_FILTER_COMPARE, at);
	if (!take_column(p, n))
		return done(n, false);
	if (take_comparison(p, &n->op))
		return done(n, add_literal(p, n));
	if (accept_word(p, "IS"))
		return is_null(p, n);
	bool not = accept_word(p, "NOT");
	if (accept_word(p, "IN")) {
		n->kind = RS_FILTER_IN;
		return negate(done(n, take_list(p, n)), not);
	}
	if (accept_word(p, "BETWEEN"))
		return negate(between(p, n), not);
	return accept_word(p, "LIKE") ? negate(like(p, n), not) : no_operator(p, n);
}

/* ---------------------------------------------------------------- conditions */

static struct rs_filter_node *parse_or(struct parser *p);

static struct rs_filter_node *parse_group(struct parser *p)
{
	struct rs_filter_node *n = parse_or(p);

	if (n && !accept_op(p, ")")) {
		unexpected(p, _("AND, OR or \")\""), is(p, T_OP, "||") ? _("write OR") : NULL);
		return done(n, false);
	}
	return n;
}

static struct rs_filter_node *parse_not(struct parser *p)
{
	struct rs_filter_node *n;

	if (p->depth == DEPTH_MAX)
		return fail(p, p->token.start, _("too many conditions inside of one another"), NULL);
	p->depth++;
	if (accept_word(p, "NOT"))
		n = negate(parse_not(p), true);
	else
		n = accept_op(p, "(") ? parse_group(p) : parse_predicate(p);
	p->depth--;
	return n;
}

static bool accept_and(struct parser *p)
{
	return accept_word(p, "AND") || accept_op(p, "&&");
}

static bool accept_or(struct parser *p)
{
	return accept_word(p, "OR");
}

/* One or more, joined. */
static struct rs_filter_node *parse_joined(struct parser *p, enum rs_filter_kind kind,
                                           struct rs_filter_node *(*part)(struct parser *), bool (*joined)(struct parser *))
{
	struct rs_filter_node *first = part(p), *n = NULL;

	while (first && joined(p)) {
		struct rs_filter_node *more = part(p);

		if (!n) {
			n = new_node(kind, first->at);
			add_node(n, first);
		}
		if (!more)
			return done(n, false);
		add_node(n, more);
	}
	return n ? n : first;
}

static struct rs_filter_node *parse_and(struct parser *p)
{
	return parse_joined(p, RS_FILTER_AND, parse_not, accept_and);
}

static struct rs_filter_node *parse_or(struct parser *p)
{
	return parse_joined(p, RS_FILTER_OR, parse_and, accept_or);
}

struct rs_filter *rs_filter_parse(const char *text, size_t *at, struct rs_err *err)
{
	struct parser p = {.text = text, .at = at, .err = err};
	struct rs_filter_node *root;

	if (strlen(text) > LENGTH_MAX || !rs_utf8_valid(text, strlen(text)))
		return fail(&p, 0, _("a condition is at most 60,000 bytes of UTF-8"), NULL);
	next(&p);
	root = parse_or(&p);
	if (root && p.token.kind != T_END) {
		unexpected(&p, _("AND, OR or the end"), is(&p, T_OP, "||") ? _("write OR") : NULL);
		root = done(root, false);
	}
	if (!root)
		return NULL;
	struct rs_filter *f = rs_xcalloc(1, sizeof *f);
	f->root = root;
	return f;
}
