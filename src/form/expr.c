#include "form/expr.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

enum kind { EXPR_OR, EXPR_AND, EXPR_NOT, EXPR_EQUAL, EXPR_DIFFERENT, EXPR_IN, EXPR_ANSWERED, EXPR_TRUE, EXPR_FALSE };

struct rs_expr {
	enum kind kind;
	struct rs_expr *left, *right; /* of OR and AND; left alone of NOT */
	char *id;
	char **words;                 /* one for EQUAL and DIFFERENT */
	size_t n_words;
};

enum { DEPTH_MAX = 50 };

enum token { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_EQUAL, TOKEN_DIFFERENT, TOKEN_BAD };

struct parser {
	const char *text;
	const char *p;      /* behind the current token */
	const char *start;  /* of the current token */
	enum token token;
	const char *word;   /* of TOKEN_WORD and TOKEN_QUOTED */
	size_t len;
	unsigned depth;
	struct rs_err *err;
};

/* --- tokens ---------------------------------------------------------------------------------------------------------- */

static void take_quoted(struct parser *s)
{
	const char *end = strchr(s->start + 1, '\'');

	s->token = end ? TOKEN_QUOTED : TOKEN_BAD;
	s->word = s->start + 1;
	s->len = end ? (size_t)(end - s->word) : 0;
	s->p = end ? end + 1 : s->start + strlen(s->start);
}

static void take_word(struct parser *s)
{
	s->len = strcspn(s->start, " \t()=!'");
	s->token = s->len ? TOKEN_WORD : TOKEN_BAD;
	s->word = s->start;
	s->p = s->start + s->len;
}

static void next(struct parser *s)
{
	s->start = s->p + strspn(s->p, " \t");
	s->p = s->start + 1;
	switch (*s->start) {
	case '\0':
		s->token = TOKEN_END;
		s->p = s->start;
		break;
	case '(':
		s->token = TOKEN_OPEN;
		break;
	case ')':
		s->token = TOKEN_CLOSE;
		break;
	case '=':
		s->token = TOKEN_EQUAL;
		break;
	case '!':
		s->token = s->start[1] == '=' ? TOKEN_DIFFERENT : TOKEN_BAD;
		s->p = s->start + 2 - (s->start[1] == '\0');
		break;
	case '\'':
		take_quoted(s);
		break;
	default:
		take_word(s);
	}
}

static bool at_word(const struct parser *s, const char *word)
{
	return s->token == TOKEN_WORD && strlen(word) == s->len && memcmp(s->word, word, s->len) == 0;
}

static bool at_keyword(const struct parser *s)
{
	return at_word(s, "and") || at_word(s, "or") || at_word(s, "not") || at_word(s, "in");
}

/* --- the parser ------------------------------------------------------------------------------------------------------ */

static void *expected(struct parser *s, const char *what, struct rs_expr *unfinished)
{
	rs_err_set(s->err, RS_E_FORM_INVALID, _("condition \"%s\": %s is expected at column %zu"), s->text, what,
	           (size_t)(s->start - s->text) + 1);
	rs_expr_free(unfinished);
	return NULL;
}

static struct rs_expr *make(enum kind kind, struct rs_expr *left, struct rs_expr *right)
{
	struct rs_expr *e = rs_xcalloc(1, sizeof *e);

	e->kind = kind;
	e->left = left;
	e->right = right;
	return e;
}

static void add_word(struct rs_expr *e, const struct parser *s)
{
	e->words = rs_xrealloc(e->words, (e->n_words + 1) * sizeof *e->words);
	e->words[e->n_words++] = rs_xstrndup(s->word, s->len);
}

static bool at_value(const struct parser *s)
{
	return s->token == TOKEN_QUOTED || (s->token == TOKEN_WORD && !at_keyword(s));
}

static struct rs_expr *parse_comparison(struct parser *s, struct rs_expr *e)
{
	e->kind = s->token == TOKEN_EQUAL ? EXPR_EQUAL : EXPR_DIFFERENT;
	next(s);
	if (!at_value(s))
		return expected(s, _("a word"), e);
	add_word(e, s);
	next(s);
	return e;
}

static struct rs_expr *parse_in(struct parser *s, struct rs_expr *e)
{
	e->kind = EXPR_IN;
	next(s);
	if (!at_value(s))
		return expected(s, _("a word"), e);
	for (; at_value(s); next(s))
		add_word(e, s);
	return e;
}

static struct rs_expr *parse_test(struct parser *s)
{
	struct rs_expr *e;
	bool literal = at_word(s, "yes") || at_word(s, "no");

	if (s->token != TOKEN_WORD || at_keyword(s))
		return expected(s, _("a field"), NULL);
	e = make(literal ? at_word(s, "yes") ? EXPR_TRUE : EXPR_FALSE : EXPR_ANSWERED, NULL, NULL);
	e->id = literal ? NULL : rs_xstrndup(s->word, s->len);
	next(s);
	if (literal)
		return e;
	if (s->token == TOKEN_EQUAL || s->token == TOKEN_DIFFERENT)
		return parse_comparison(s, e);
	return at_word(s, "in") ? parse_in(s, e) : e;
}

static struct rs_expr *parse_or(struct parser *s);

static struct rs_expr *parse_not(struct parser *s)
{
	struct rs_expr *e;

	if (++s->depth > DEPTH_MAX)
		return expected(s, _("something simpler"), NULL);
	if (at_word(s, "not")) {
		next(s);
		e = parse_not(s);
		e = e ? make(EXPR_NOT, e, NULL) : NULL;
	} else if (s->token == TOKEN_OPEN) {
		next(s);
		e = parse_or(s);
		if (e && s->token != TOKEN_CLOSE)
			return expected(s, "\")\"", e);
		if (e)
			next(s);
	} else {
		e = parse_test(s);
	}
	s->depth--;
	return e;
}

static struct rs_expr *parse_and(struct parser *s)
{
	struct rs_expr *left = parse_not(s), *right;

	while (left && at_word(s, "and")) {
		next(s);
		right = parse_not(s);
		if (!right) {
			rs_expr_free(left);
			return NULL;
		}
		left = make(EXPR_AND, left, right);
	}
	return left;
}

static struct rs_expr *parse_or(struct parser *s)
{
	struct rs_expr *left = parse_and(s), *right;

	while (left && at_word(s, "or")) {
		next(s);
		right = parse_and(s);
		if (!right) {
			rs_expr_free(left);
			return NULL;
		}
		left = make(EXPR_OR, left, right);
	}
	return left;
}

struct rs_expr *rs_expr_parse(const char *text, struct rs_err *err)
{
	struct parser s = {.text = text, .p = text, .err = err};
	struct rs_expr *e;

	next(&s);
	e = parse_or(&s);
	if (e && s.token != TOKEN_END)
		return expected(&s, _("\"and\", \"or\" or the end"), e);
	return e;
}

void rs_expr_free(struct rs_expr *e)
{
	if (!e)
		return;
	rs_expr_free(e->left);
	rs_expr_free(e->right);
	while (e->n_words > 0)
		free(e->words[--e->n_words]);
	free(e->words);
	free(e->id);
	free(e);
}

/* --- evaluation ------------------------------------------------------------------------------------------------------ */

static bool is_one_of(const struct rs_expr *e, const char *answer)
{
	for (size_t i = 0; i < e->n_words; i++)
		if (strcmp(e->words[i], answer) == 0)
			return true;
	return false;
}

bool rs_expr_true(const struct rs_expr *e, const char *(*answer)(void *ctx, const char *id), void *ctx)
{
	const char *given = e->id ? answer(ctx, e->id) : NULL;

	if (!given)
		given = "";
	switch (e->kind) {
	case EXPR_OR:
		return rs_expr_true(e->left, answer, ctx) || rs_expr_true(e->right, answer, ctx);
	case EXPR_AND:
		return rs_expr_true(e->left, answer, ctx) && rs_expr_true(e->right, answer, ctx);
	case EXPR_NOT:
		return !rs_expr_true(e->left, answer, ctx);
	case EXPR_EQUAL:
	case EXPR_IN:
		return is_one_of(e, given);
	case EXPR_DIFFERENT:
		return !is_one_of(e, given);
	case EXPR_ANSWERED:
		return *given && strcmp(given, "no") != 0;
	case EXPR_TRUE:
		return true;
	case EXPR_FALSE:
		return false;
	}
	return false;
}

void rs_expr_ids(const struct rs_expr *e, void (*each)(void *ctx, const char *id), void *ctx)
{
	if (!e)
		return;
	if (e->id)
		each(ctx, e->id);
	rs_expr_ids(e->left, each, ctx);
	rs_expr_ids(e->right, each, ctx);
}
