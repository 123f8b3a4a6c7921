#include "codec/ddl_parse.h"

#include <strings.h>
#include "base/mem.h"

/* --- growing the tree ------------------------------------------------------- */

#define X(type, list)                                             \
	type *ddl_new_##list(struct rs_ddl_tree *tree)                \
	{                                                             \
		RS_GROW(tree->list, tree->n_##list, tree->cap_##list);    \
		memset(&tree->list[tree->n_##list], 0, sizeof(type));     \
		return &tree->list[tree->n_##list++];                     \
	}
RS_DDL_LISTS(X)
#undef X

/* --- asking and taking -------------------------------------------------------- */

bool ddl_is(const struct ddl_parser *p, const char *word) { return rs_sql_is(p->sql, p->i, word); }

bool ddl_is2(const struct ddl_parser *p, const char *first, const char *second)
{
	return rs_sql_is(p->sql, p->i, first) && rs_sql_is(p->sql, p->i + 1, second);
}

bool ddl_is_op(const struct ddl_parser *p, char op) { return rs_sql_is_op(p->sql, p->i, op); }

bool ddl_at_end(const struct ddl_parser *p)
{
	uint32_t i = p->i;

	while (rs_sql_is_op(p->sql, i, ';'))
		i++;
	return i >= p->sql->count;
}

bool ddl_accept(struct ddl_parser *p, const char *word)
{
	if (!ddl_is(p, word))
		return false;
	p->i++;
	return true;
}

bool ddl_accept2(struct ddl_parser *p, const char *first, const char *second)
{
	if (!ddl_is2(p, first, second))
		return false;
	p->i += 2;
	return true;
}

bool ddl_accept_op(struct ddl_parser *p, char op)
{
	if (!ddl_is_op(p, op))
		return false;
	p->i++;
	return true;
}

bool ddl_fail(struct ddl_parser *p)
{
	const struct rs_sql *s = p->sql;
	uint32_t start = p->i < s->count ? s->tokens[p->i].start : s->len;
	uint32_t n = s->len - start > 60 ? 60 : s->len - start;

	if (!p->d->not_understood)
		p->d->not_understood = rs_arena_copy(&p->d->arena, s->text + start, n);
	return false;
}

bool ddl_expect(struct ddl_parser *p, const char *word) { return ddl_accept(p, word) || ddl_fail(p); }

bool ddl_expect_op(struct ddl_parser *p, char op) { return ddl_accept_op(p, op) || ddl_fail(p); }

bool ddl_expect_name(struct ddl_parser *p, uint32_t *token)
{
	if (!rs_sql_is_name(p->sql, p->i))
		return ddl_fail(p);
	if (token)
		*token = p->i;
	p->i++;
	return true;
}

bool ddl_skip_parens(struct ddl_parser *p)
{
	if (!ddl_is_op(p, '('))
		return ddl_fail(p);
	p->i = rs_sql_skip_parens(p->sql, p->i);
	return rs_sql_is_op(p->sql, p->i - 1, ')') || ddl_fail(p);
}

const char *ddl_text(const struct ddl_parser *p, uint32_t token)
{
	struct rs_buf b = RS_BUF_INIT;
	char *copy;

	if (token < p->sql->count)
		(void)rs_sql_value(p->sql, token, &b);
	copy = rs_arena_copy(&p->d->arena, rs_buf_str(&b), b.len);
	rs_buf_release(&b);
	return copy;
}

uint64_t ddl_number(const struct ddl_parser *p, uint32_t token)
{
	uint64_t v = 0;

	if (token >= p->sql->count)
		return 0;
	for (uint32_t at = p->sql->tokens[token].start; at < p->sql->tokens[token].end; at++) {
		unsigned digit = (unsigned)(p->sql->text[at] - '0');

		if (digit > 9)
			break;
		if (v > (UINT64_MAX - digit) / 10)
			return UINT64_MAX;
		v = v * 10 + digit;
	}
	return v;
}

bool ddl_if_exists(struct ddl_parser *p)
{
	if (!ddl_is2(p, "IF", "EXISTS"))
		return false;
	p->i += 2;
	return true;
}

bool ddl_if_not_exists(struct ddl_parser *p)
{
	if (!ddl_is2(p, "IF", "NOT") || !rs_sql_is(p->sql, p->i + 2, "EXISTS"))
		return false;
	p->i += 3;
	return true;
}

void ddl_skip_online(struct ddl_parser *p)
{
	for (;;) {
		if (ddl_accept(p, "NOWAIT"))
			continue;
		if (ddl_is(p, "WAIT") && rs_sql_kind(p->sql, p->i + 1) == RS_TOKEN_NUMBER) {
			p->i += 2;
		} else if (ddl_is(p, "ALGORITHM") || ddl_is(p, "LOCK")) {
			p->i++;
			ddl_accept_op(p, '=');
			p->i++;
		} else {
			return;
		}
	}
}

/* --- names ---------------------------------------------------------------------- */

bool ddl_ref(struct ddl_parser *p, enum rs_ddl_role role, uint32_t *ref)
{
	struct rs_ddl *d = p->d;
	struct rs_ddl_ref r = {.role = role, .db = d->default_db, .from = p->i};
	uint32_t cap = p->tree->refs_cap, count = (uint32_t)d->n_refs, name = 0;

	ddl_accept_op(p, '.'); /* .t is t in the default database */
	if (!ddl_expect_name(p, &name))
		return false;
	if (ddl_is_op(p, '.') && rs_sql_is_name(p->sql, p->i + 1)) {
		r.qualified = true;
		r.db = ddl_text(p, name);
		name = p->i + 1;
		p->i += 2;
	}
	r.name = ddl_text(p, name);
	r.to = p->i;
	RS_GROW(d->refs, count, cap);
	p->tree->refs_cap = cap;
	d->refs[d->n_refs++] = r;
	if (ref)
		*ref = count;
	return true;
}

void ddl_name(struct ddl_parser *p, enum rs_name_kind kind, uint32_t token, uint32_t ref)
{
	*ddl_new_names(p->tree) = (struct rs_ddl_name){kind, token, ref};
}

bool ddl_column(struct ddl_parser *p, uint32_t *token)
{
	uint32_t at = 0;

	if (!ddl_expect_name(p, &at))
		return false;
	ddl_name(p, RS_NAME_COLUMN, at, p->table);
	if (token)
		*token = at;
	return true;
}

/* --- expressions ------------------------------------------------------------------ */

static bool in_list(const struct rs_sql *s, uint32_t i, const char *const *list)
{
	for (; *list; list++)
		if (rs_sql_is(s, i, *list))
			return true;
	return false;
}

/* Reserved words that stand in expressions: without quotes never a column. */
static bool is_reserved(const struct rs_sql *s, uint32_t i)
{
	static const char *const words[] = {
		"ALL", "AND", "AS", "ASC", "BETWEEN", "BIGINT", "BINARY", "BOTH", "BY", "CASE", "CHAR", "CHARACTER",
		"COLLATE", "CONVERT", "CROSS", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER", "DAY_HOUR",
		"DAY_MICROSECOND", "DAY_MINUTE", "DAY_SECOND", "DECIMAL", "DEFAULT", "DESC", "DISTINCT", "DIV", "DOUBLE",
		"ELSE", "EXISTS", "FALSE", "FLOAT", "FOR", "FROM", "GROUP", "HAVING", "HOUR_MICROSECOND", "HOUR_MINUTE", "HOUR_SECOND", "IF",
		"IN", "INNER", "INSERT", "INT", "INTEGER", "INTERVAL", "INTO", "IS", "JOIN", "KEY", "LEADING", "LEFT", "LIKE",
		"LIMIT", "LOCALTIME", "LOCALTIMESTAMP", "MATCH",
		"MAXVALUE", "MINUTE_MICROSECOND", "MINUTE_SECOND", "MOD", "NOT", "NULL", "ON", "OR", "ORDER", "OUTER",
		"OVER", "PARTITION", "PRECISION", "REAL", "REGEXP", "RIGHT", "RLIKE", "SECOND_MICROSECOND", "SELECT", "SET",
		"STRAIGHT_JOIN", "THEN", "TRAILING", "TRUE", "UNION", "UNSIGNED", "UPDATE", "USING", "UTC_DATE",
		"UTC_TIME", "UTC_TIMESTAMP", "VALUES", "VARBINARY", "VARCHAR", "WHEN", "WHERE", "WITH", "XOR", "YEAR_MONTH", NULL};

	return in_list(s, i, words);
}

/* Words that mean something in some places of expressions and may be columns in others. */
static bool is_ambiguous(const struct rs_sql *s, uint32_t i)
{
	static const char *const words[] = {
		"ANY", "ARRAY", "AT", "BOOLEAN", "CASCADED", "CHECK", "CURRENT", "DATE", "DATETIME", "DAY", "DISTINCTROW",
		"EMPTY", "END", "ERROR", "ESCAPE", "EXCEPT", "EXPANSION", "FOLLOWING", "HOUR", "INTERSECT", "JSON", "LANGUAGE", "LOCAL", "MEMBER", "MICROSECOND", "MINUTE", "MODE", "MONTH", "NATURAL",
		"NCHAR", "NEXT", "OF", "OFFSET", "OPTION", "PRECEDING", "PREVIOUS", "QUARTER", "QUERY", "RANGE", "RETURNING",
		"ROLLUP", "ROW", "ROWS", "SECOND", "SEPARATOR", "SIGNED", "SOME", "SOUNDS", "TIME", "TIMESTAMP", "UNBOUNDED",
		"UNKNOWN", "VALUE", "WEEK", "WINDOW", "YEAR", "ZONE", NULL};

	return in_list(s, i, words);
}

static bool is_introducer(const struct rs_sql *s, uint32_t i)
{
	enum rs_token_kind next = rs_sql_kind(s, i + 1);

	return rs_sql_kind(s, i) == RS_TOKEN_WORD && s->text[s->tokens[i].start] == '_' &&
	       (next == RS_TOKEN_STRING || next == RS_TOKEN_HEX);
}

/* How many tokens from i are a word and the name of a character set or collation after it; 0 for none. */
static uint32_t charset_words(const struct rs_sql *s, uint32_t i)
{
	if (is_introducer(s, i))
		return 1;
	if (rs_sql_is(s, i, "COLLATE") || rs_sql_is(s, i, "USING") || rs_sql_is(s, i, "CHARSET"))
		return 2;
	return rs_sql_is(s, i, "CHARACTER") && rs_sql_is(s, i + 1, "SET") ? 3 : 0;
}

/* Names joined by dots from i on; returns how many. */
static uint32_t chain_length(const struct rs_sql *s, uint32_t i, uint32_t to)
{
	uint32_t n = 1;

	while (i + 2 * n < to && rs_sql_is_op(s, i + 2 * n - 1, '.') && rs_sql_is_name(s, i + 2 * n))
		n++;
	return n;
}

static void note_chain(struct ddl_parser *p, uint32_t i, uint32_t n, bool call)
{
	uint32_t last = i + 2 * (n - 1);

	if (n == 3 || (call && n == 2))
		ddl_name(p, RS_NAME_DATABASE, i, p->table);
	if (call)
		return;
	if (n > 1)
		ddl_name(p, RS_NAME_TABLE, last - 2, p->table);
	else if (is_reserved(p->sql, i))
		return;
	ddl_name(p, n == 1 && is_ambiguous(p->sql, i) ? RS_NAME_UNSURE : RS_NAME_COLUMN, last, p->table);
}

/* MariaDB's nextval(db.s), NEXT VALUE FOR db.s: a sequence, not a column. Returns the token after it, 0 for none. */
static uint32_t note_sequence(struct ddl_parser *p, uint32_t i)
{
	const struct rs_sql *s = p->sql;
	uint32_t saved = p->i, end = 0;

	if (rs_sql_is(s, i, "NEXTVAL") || rs_sql_is(s, i, "LASTVAL") || rs_sql_is(s, i, "SETVAL"))
		end = rs_sql_is_op(s, i + 1, '(') ? i + 2 : 0;
	else if (rs_sql_is(s, i + 1, "VALUE") && rs_sql_is(s, i + 2, "FOR"))
		end = rs_sql_is(s, i, "NEXT") || rs_sql_is(s, i, "PREVIOUS") ? i + 3 : 0;
	if (!end || !rs_sql_is_name(s, end))
		return 0;
	p->i = end;
	ddl_ref(p, RS_ROLE_USED, NULL);
	end = p->i;
	p->i = saved;
	return end;
}

/* One element of an expression; returns the token after it. */
static uint32_t note_element(struct ddl_parser *p, uint32_t i, uint32_t to)
{
	const struct rs_sql *s = p->sql;
	uint32_t n;

	if (!rs_sql_is_name(s, i))
		return i + 1;
	n = charset_words(s, i);
	if (n)
		return i + n;
	n = note_sequence(p, i);
	if (n)
		return n;
	n = chain_length(s, i, to);
	note_chain(p, i, n, rs_sql_is_op(s, i + 2 * n - 1, '('));
	return i + 2 * n - 1;
}

void ddl_expression(struct ddl_parser *p, uint32_t from, uint32_t to)
{
	uint32_t i = from;

	while (i < to)
		i = note_element(p, i, to);
}

bool ddl_expression_parens(struct ddl_parser *p)
{
	uint32_t from = p->i;

	if (!ddl_skip_parens(p))
		return false;
	ddl_expression(p, from, p->i);
	return true;
}
