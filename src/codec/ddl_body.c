/* Bodies: the SELECT of a view, the statements of routines, triggers and events. Not a grammar: two walks over the
 * tokens of each statement. The first finds the places where tables stand (after FROM, JOIN, INTO, UPDATE, …) and what
 * they are called there; the second looks at every other name and decides what it is by its neighbours. What can't be
 * decided is noted as unsure, and the rewriter refuses it where a renaming could concern it. */
#include "codec/ddl_parse.h"

#include <strings.h>
#include "base/mem.h"

#define MAX_DEPTH 200

enum mark { MARK_OPEN, MARK_DONE, MARK_ITEM };

struct alias {
	const char *text;
	uint32_t ref;    /* RS_NO_TOKEN: a derived table, or a common table expression */
	bool own_name;   /* not an alias: the table's name itself */
};

/* What is going on inside one parenthesis. */
struct frame {
	bool list;       /* in a list of tables */
	bool expect;     /* a table comes next */
	bool select;     /* in a select list */
	bool factor;     /* the parenthesis stands for a table: an alias may follow it */
	bool not_from;   /* EXTRACT(… FROM …) and the like */
	bool recursive;
	uint32_t cte;    /* the name that this parenthesis defines, RS_NO_TOKEN for none */
};

struct body {
	struct ddl_parser *p;
	const struct rs_sql *s;
	uint32_t from, to;          /* tokens of one statement */
	unsigned char *marks;       /* of tokens from the body's first on */
	uint32_t base, end;         /* of the whole body */
	struct alias *aliases;
	uint32_t n_aliases, cap_aliases;
	uint32_t tables;            /* refs that the statement uses */
	uint32_t only;              /* the ref, where there is one */
	struct frame frames[MAX_DEPTH];
	uint32_t depth;
	bool derived;               /* some columns are those of subqueries */
};

static struct frame *top(struct body *b) { return &b->frames[b->depth]; }

static void mark(struct body *b, uint32_t from, uint32_t to, enum mark how)
{
	for (; from < to && from < b->end; from++)
		b->marks[from - b->base] = (unsigned char)how;
}

static void add_alias(struct body *b, uint32_t token, uint32_t ref, bool own_name)
{
	RS_GROW(b->aliases, b->n_aliases, b->cap_aliases);
	b->aliases[b->n_aliases++] = (struct alias){ddl_text(b->p, token), ref, own_name};
}

static bool is_one_of(const struct rs_sql *s, uint32_t i, const char *const *words)
{
	for (; *words; words++)
		if (rs_sql_is(s, i, *words))
			return true;
	return false;
}

/* --- first walk: tables ---------------------------------------------------------------- */

/* Words that end a list of tables. */
static bool ends_list(const struct rs_sql *s, uint32_t i)
{
	static const char *const words[] = {
		"WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "EXCEPT", "INTERSECT", "WINDOW", "SET", "INTO", "FOR",
		"LOCK", "PROCEDURE", "VALUES", "RETURNING", "OFFSET", "FETCH", "WITH", "DO", "THEN", "ROWS", NULL};

	return is_one_of(s, i, words);
}

/* Words that follow a table and are not its alias. */
static bool follows_table(const struct rs_sql *s, uint32_t i)
{
	static const char *const words[] = {
		"ON", "USING", "JOIN", "INNER", "LEFT", "RIGHT", "CROSS", "NATURAL", "FULL", "STRAIGHT_JOIN", "USE", "FORCE",
		"IGNORE", "PARTITION", "VALUE", "SELECT", "AS", "READ", "WRITE", "LOW_PRIORITY", "MINUS", "END", "OUTER",
		"TABLESAMPLE", "LIKE", "ADD", "DROP", "MODIFY", "CHANGE", "RENAME", "ENGINE", "NOWAIT", "WAIT", NULL};

	return ends_list(s, i) || is_one_of(s, i, words);
}

/* Returns the token after an alias at i, or i. */
static uint32_t take_alias(struct body *b, uint32_t i, uint32_t ref)
{
	uint32_t at = i;

	if (rs_sql_is(b->s, at, "AS"))
		at++;
	else if (follows_table(b->s, at))
		return i;
	if (at >= b->to || (!rs_sql_is_name(b->s, at) && (at == i || rs_sql_kind(b->s, at) != RS_TOKEN_STRING)))
		return i;
	add_alias(b, at, ref, false);
	mark(b, i, at + 1, MARK_DONE);
	return at + 1;
}

/* USE INDEX FOR JOIN (a, b), … */
static uint32_t skip_hints(struct body *b, uint32_t i)
{
	uint32_t start = i;

	while (rs_sql_is(b->s, i, "USE") || rs_sql_is(b->s, i, "FORCE") || rs_sql_is(b->s, i, "IGNORE")) {
		while (i < b->to && !rs_sql_is_op(b->s, i, '('))
			i++;
		i = rs_sql_skip_parens(b->s, i);
		if (rs_sql_is_op(b->s, i, ',') && (rs_sql_is(b->s, i + 2, "INDEX") || rs_sql_is(b->s, i + 2, "KEY")))
			i++;
	}
	mark(b, start, i, MARK_DONE);
	return i;
}

static const struct alias *find_alias(const struct body *b, const char *text, bool *ambiguous)
{
	const struct rs_ddl_ref *refs = b->p->d->refs;
	const struct alias *found = NULL;

	*ambiguous = false;
	for (uint32_t i = 0; i < b->n_aliases; i++) {
		const struct alias *a = &b->aliases[i];

		if (strcasecmp(a->text, text) != 0)
			continue;
		if (found && (found->own_name != a->own_name || (found->ref == RS_NO_TOKEN) != (a->ref == RS_NO_TOKEN) ||
		              (a->ref != RS_NO_TOKEN && (strcmp(refs[a->ref].db, refs[found->ref].db) != 0 ||
		                                         strcmp(refs[a->ref].name, refs[found->ref].name) != 0))))
			*ambiguous = true;
		found = a;
	}
	return found;
}

/* A common table expression of this name is in force. */
static bool is_cte(const struct body *b, uint32_t i)
{
	const char *text = ddl_text(b->p, i);

	for (uint32_t n = 0; n < b->n_aliases; n++)
		if (b->aliases[n].ref == RS_NO_TOKEN && strcasecmp(b->aliases[n].text, text) == 0)
			return true;
	return false;
}

static uint32_t take_ref(struct body *b, uint32_t i, uint32_t *ref)
{
	b->p->i = i;
	if (!ddl_ref(b->p, RS_ROLE_USED, ref))
		return i + 1;
	mark(b, i, b->p->i, MARK_DONE);
	if (!b->tables++)
		b->only = *ref;
	return b->p->i;
}

/* What may stand between a table and its alias or join. */
static uint32_t skip_table_words(struct body *b, uint32_t i)
{
	uint32_t start = i;

	if (rs_sql_is(b->s, i, "PARTITION"))
		i = rs_sql_skip_parens(b->s, i + 1);
	if (rs_sql_is(b->s, i, "FOR") && rs_sql_is(b->s, i + 1, "SYSTEM_TIME")) {
		i += 2;
		while (rs_sql_is(b->s, i, "AS") || rs_sql_is(b->s, i, "OF") || rs_sql_is(b->s, i, "FROM") ||
		       rs_sql_is(b->s, i, "ALL") || rs_sql_is(b->s, i, "TIMESTAMP"))
			i++;
	}
	mark(b, start, i, MARK_DONE);
	return i;
}

/* A table by its name. */
static uint32_t take_table(struct body *b, uint32_t i)
{
	uint32_t ref = RS_NO_TOKEN, last, after;

	top(b)->expect = false;
	if (rs_sql_is(b->s, i, "DUAL"))
		return i + 1;
	if (!rs_sql_is_op(b->s, i + 1, '.') && is_cte(b, i)) {
		mark(b, i, i + 1, MARK_DONE);
		b->derived = true;
		return take_alias(b, i + 1, RS_NO_TOKEN);
	}
	i = take_ref(b, i, &ref);
	if (ref == RS_NO_TOKEN)
		return i;
	last = i - 1;
	i = skip_table_words(b, i);
	after = take_alias(b, i, ref);
	if (after == i)
		add_alias(b, last, ref, true);
	return skip_hints(b, after);
}

static bool at_subquery(const struct body *b, uint32_t i)
{
	while (rs_sql_is_op(b->s, i, '('))
		i++;
	return rs_sql_is(b->s, i, "SELECT") || rs_sql_is(b->s, i, "WITH") || rs_sql_is(b->s, i, "VALUES") ||
	       rs_sql_is(b->s, i, "TABLE");
}

static bool function_with_from(const struct rs_sql *s, uint32_t paren)
{
	static const char *const words[] = {"EXTRACT", "TRIM", "SUBSTRING", "SUBSTR", "MID", NULL};

	return paren > 0 && is_one_of(s, paren - 1, words);
}

static uint32_t open_paren(struct body *b, uint32_t i)
{
	struct frame next = {.cte = RS_NO_TOKEN, .not_from = function_with_from(b->s, i)};
	struct frame *f = top(b);

	if (f->expect) {
		next.factor = true;
		next.list = next.expect = !at_subquery(b, i + 1);
		f->expect = false;
	}
	if (b->depth + 1 < MAX_DEPTH)
		b->depth++;
	else
		ddl_fail(b->p);
	*top(b) = next;
	return i + 1;
}

static uint32_t close_paren(struct body *b, uint32_t i)
{
	struct frame closed = *top(b);

	if (b->depth == 0)
		return i + 1;
	b->depth--;
	if (closed.cte != RS_NO_TOKEN && !closed.recursive)
		add_alias(b, closed.cte, RS_NO_TOKEN, false);
	if (!closed.factor)
		return i + 1;
	b->derived |= !closed.list;
	return closed.list ? i + 1 : take_alias(b, i + 1, RS_NO_TOKEN);
}

/* name [(columns)] AS ( at i; returns the token after the parenthesis, or i where it is something else. */
static uint32_t take_cte(struct body *b, uint32_t i, bool recursive)
{
	uint32_t at = i + 1;

	if (!rs_sql_is_name(b->s, i))
		return i;
	if (rs_sql_is_op(b->s, at, '('))
		at = rs_sql_skip_parens(b->s, at);
	if (!rs_sql_is(b->s, at, "AS") || !rs_sql_is_op(b->s, at + 1, '(') || at + 2 > b->to)
		return i;
	mark(b, i, at + 1, MARK_DONE);
	if (recursive)
		add_alias(b, i, RS_NO_TOKEN, false);
	open_paren(b, at + 1);
	top(b)->cte = i;
	top(b)->recursive = recursive;
	return at + 2;
}

static uint32_t word_with(struct body *b, uint32_t i)
{
	bool recursive = rs_sql_is(b->s, i + 1, "RECURSIVE");
	uint32_t at = i + 1 + recursive;
	uint32_t after = take_cte(b, at, recursive);

	top(b)->list = false;
	return after == at ? i + 1 : after;
}

/* After INSERT or REPLACE: modifiers, the table, its columns. */
static uint32_t word_insert(struct body *b, uint32_t i)
{
	static const char *const skipped[] = {"LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO", NULL};
	uint32_t ref = RS_NO_TOKEN, at = i + 1;

	if (rs_sql_is_op(b->s, at, '('))
		return at; /* the functions */
	while (is_one_of(b->s, at, skipped))
		at++;
	if (!rs_sql_is_name(b->s, at) || at >= b->to)
		return i + 1;
	at = take_ref(b, at, &ref);
	if (ref != RS_NO_TOKEN)
		add_alias(b, at - 1, ref, true);
	return at;
}

/* A list of tables that begins here: UPDATE a, b SET; TRUNCATE a; DROP TABLE a, b; LOCK TABLES a READ. */
static uint32_t begin_list(struct body *b, uint32_t i)
{
	static const char *const skipped[] = {"LOW_PRIORITY", "IGNORE", "TABLE", "TABLES", "IF", "NOT", "EXISTS", NULL};

	while (is_one_of(b->s, i, skipped))
		i++;
	top(b)->list = top(b)->expect = true;
	return i;
}

/* UPDATE, TRUNCATE, TABLE where they begin a statement and are no function, clause or event. */
static bool begins_list(const struct body *b, uint32_t i)
{
	static const char *const before_update[] = {"FOR", "ON", "KEY", "BEFORE", "AFTER", "OR", NULL};
	bool first = i == b->from;

	if (rs_sql_is_op(b->s, i + 1, '('))
		return false;
	if (rs_sql_is(b->s, i, "UPDATE"))
		return first || !is_one_of(b->s, i - 1, before_update);
	return rs_sql_is(b->s, i, "TRUNCATE") || rs_sql_is(b->s, i, "TABLE") || rs_sql_is(b->s, i, "TABLES");
}

static uint32_t word_from(struct body *b, uint32_t i)
{
	bool fetch = rs_sql_is(b->s, b->from, "FETCH");

	if (top(b)->not_from || fetch)
		return i + 1;
	top(b)->select = false;
	top(b)->list = top(b)->expect = true;
	return i + 1;
}

/* DELETE a, b.* FROM …: tables by their names or aliases, before either is known. */
static uint32_t word_delete(struct body *b, uint32_t i)
{
	for (i++; i < b->to && !rs_sql_is(b->s, i, "FROM") && !rs_sql_is_op(b->s, i, ';'); i++) {
		if (!rs_sql_is_name(b->s, i))
			continue;
		ddl_name(b->p, RS_NAME_HEAD, i, RS_NO_TOKEN);
		mark(b, i, i + 1, MARK_DONE);
	}
	return i;
}

/* CALL db.procedure */
static uint32_t word_call(struct body *b, uint32_t i)
{
	if (rs_sql_is_name(b->s, i + 1) && rs_sql_is_op(b->s, i + 2, '.')) {
		ddl_name(b->p, RS_NAME_DATABASE, i + 1, 0);
		mark(b, i + 1, i + 4, MARK_DONE);
		return i + 4;
	}
	mark(b, i + 1, i + 2, MARK_DONE);
	return i + 2;
}

static void note_dynamic(struct body *b, uint32_t i)
{
	if ((rs_sql_is(b->s, i, "PREPARE") && rs_sql_is(b->s, i + 2, "FROM")) ||
	    (rs_sql_is(b->s, i, "EXECUTE") && rs_sql_is(b->s, i + 1, "IMMEDIATE")))
		b->p->d->flags |= RS_DDL_DYNAMIC_SQL;
}

/* The words that change what is going on in a frame. */
static uint32_t word(struct body *b, uint32_t i)
{
	static const char *const event_words[] = {"BEFORE", "AFTER", "ON", "OR", NULL};
	struct frame *f = top(b);

	note_dynamic(b, i);
	if (rs_sql_is(b->s, i, "WITH"))
		return word_with(b, i);
	if (rs_sql_is(b->s, i, "SELECT")) {
		f->select = true;
		f->list = f->expect = false;
		return i + 1;
	}
	if (rs_sql_is(b->s, i, "FROM") && !(i > b->from + 1 && rs_sql_is(b->s, i - 2, "PREPARE")))
		return word_from(b, i);
	if (rs_sql_is(b->s, i, "INSERT") || (rs_sql_is(b->s, i, "REPLACE") && !f->select))
		return word_insert(b, i);
	if (begins_list(b, i))
		return begin_list(b, i + 1);
	if (rs_sql_is(b->s, i, "CALL"))
		return word_call(b, i);
	if (rs_sql_is(b->s, i, "DELETE") && !is_one_of(b->s, i - 1, event_words))
		return word_delete(b, i);
	if (f->list && (rs_sql_is(b->s, i, "JOIN") || rs_sql_is(b->s, i, "STRAIGHT_JOIN")))
		f->expect = true;
	else if (f->list && rs_sql_is(b->s, i, "LIKE"))
		f->expect = rs_sql_is(b->s, b->from, "CREATE");
	else if (ends_list(b->s, i))
		f->list = f->expect = f->select = false;
	if (rs_sql_is(b->s, i, "NATURAL"))
		b->p->tree->star = true;
	return i + 1;
}

static bool at_table_function(const struct body *b, uint32_t i)
{
	return rs_sql_is_op(b->s, i + 1, '(') && rs_sql_kind(b->s, i) == RS_TOKEN_WORD;
}

/* A name or word where a table is expected. */
static uint32_t expected(struct body *b, uint32_t i)
{
	if (rs_sql_is(b->s, i, "LATERAL") || rs_sql_is(b->s, i, "OJ"))
		return i + 1;
	if (at_table_function(b, i)) {
		mark(b, i, i + 1, MARK_DONE);
		open_paren(b, i + 1);
		top(b)->factor = true;
		top(b)->list = top(b)->expect = false;
		return i + 2;
	}
	if (rs_sql_is(b->s, i, "SELECT"))
		return word(b, i);
	return take_table(b, i);
}

static uint32_t punctuation(struct body *b, uint32_t i)
{
	if (top(b)->expect && rs_sql_is_op(b->s, i, '.')) /* .t is t in the default database */
		return take_table(b, i);
	if (rs_sql_is_op(b->s, i, '(')) {
		if (rs_sql_is(b->s, i - 1, "USING") && i > b->from && top(b)->list)
			b->p->tree->star = true;
		return open_paren(b, i);
	}
	if (rs_sql_is_op(b->s, i, ')'))
		return close_paren(b, i);
	if (rs_sql_is_op(b->s, i, ',') && top(b)->list)
		top(b)->expect = true;
	return i + 1;
}

/* After the comma that follows a common table expression comes the next one. */
static bool after_cte(const struct body *b, uint32_t i)
{
	const struct frame *f = &b->frames[b->depth];

	return i > b->from + 1 && rs_sql_is_op(b->s, i - 1, ',') && rs_sql_is_op(b->s, i - 2, ')') && !f->list &&
	       !f->select;
}

static uint32_t name_or_word(struct body *b, uint32_t i)
{
	if (top(b)->expect)
		return expected(b, i);
	if (i > b->from && rs_sql_is_op(b->s, i - 1, '.'))
		return i + 1;
	if (after_cte(b, i)) {
		uint32_t after = take_cte(b, i, is_cte(b, i));

		if (after != i)
			return after;
	}
	return rs_sql_kind(b->s, i) == RS_TOKEN_WORD ? word(b, i) : i + 1;
}

/* Whether the chain at i is a whole item of a select list, without an alias. */
static bool is_item(struct body *b, uint32_t i)
{
	const struct rs_sql *s = b->s;
	uint32_t end = i + 1;

	if (!top(b)->select || i == b->from)
		return false;
	if (!rs_sql_is_op(s, i - 1, ',') && !rs_sql_is(s, i - 1, "SELECT") && !rs_sql_is(s, i - 1, "DISTINCT") &&
	    !rs_sql_is(s, i - 1, "ALL"))
		return false;
	while (rs_sql_is_op(s, end, '.') && rs_sql_is_name(s, end + 1))
		end += 2;
	return end >= b->to || rs_sql_is_op(s, end, ',') || rs_sql_is_op(s, end, ')') || rs_sql_is_op(s, end, ';') ||
	       rs_sql_is(s, end, "FROM") || ends_list(s, end);
}

static void note_star(struct body *b, uint32_t i)
{
	if (top(b)->select && rs_sql_is_op(b->s, i, '*') && i > b->from &&
	    (rs_sql_is_op(b->s, i - 1, '.') || rs_sql_is_op(b->s, i - 1, ',') || rs_sql_is(b->s, i - 1, "SELECT") ||
	     rs_sql_is(b->s, i - 1, "DISTINCT") || rs_sql_is(b->s, i - 1, "ALL")))
		b->p->tree->star = true;
}

static void find_tables(struct body *b)
{
	for (uint32_t i = b->from; i < b->to;) {
		if (rs_sql_is_name(b->s, i)) {
			if (is_item(b, i))
				mark(b, i, i + 1, MARK_ITEM);
			i = name_or_word(b, i);
		} else {
			note_star(b, i);
			i = punctuation(b, i);
		}
	}
}

/* --- second walk: the other names --------------------------------------------------------- */

static void unsure(struct body *b, uint32_t token) { ddl_name(b->p, RS_NAME_UNSURE, token, RS_NO_TOKEN); }

/* A name right after an operand is its alias: SELECT a b. */
static bool after_operand(const struct body *b, uint32_t i)
{
	enum rs_token_kind kind;

	if (i == b->from)
		return false;
	kind = rs_sql_kind(b->s, i - 1);
	if (kind == RS_TOKEN_STRING || kind == RS_TOKEN_NUMBER || kind == RS_TOKEN_QUOTED || rs_sql_is_op(b->s, i - 1, ')'))
		return true;
	return rs_sql_is(b->s, i - 1, "AS");
}

static void note_column(struct body *b, uint32_t head, uint32_t token, uint32_t ref)
{
	bool item = b->marks[head - b->base] == MARK_ITEM;

	ddl_name(b->p, item ? RS_NAME_ITEM : RS_NAME_COLUMN, token, ref);
}

/* t.c, alias.c, NEW.c */
static void note_pair(struct body *b, uint32_t i, bool star)
{
	const char *text = ddl_text(b->p, i);
	bool ambiguous;
	const struct alias *a = find_alias(b, text, &ambiguous);

	if (b->p->d->kind == RS_STMT_CREATE_TRIGGER && (!strcasecmp(text, "NEW") || !strcasecmp(text, "OLD"))) {
		ddl_name(b->p, RS_NAME_COLUMN, i + 2, b->p->table);
		return;
	}
	if (!a || ambiguous) {
		ddl_name(b->p, RS_NAME_HEAD, i, RS_NO_TOKEN);
		if (!star)
			unsure(b, i + 2);
		return;
	}
	if (a->ref == RS_NO_TOKEN)
		return;
	if (a->own_name)
		ddl_name(b->p, RS_NAME_TABLE, i, a->ref);
	if (!star)
		note_column(b, i, i + 2, a->ref);
}

static uint32_t find_ref(const struct body *b, const char *db, const char *name)
{
	const struct rs_ddl *d = b->p->d;

	for (uint32_t i = 0; i < d->n_refs; i++)
		if (strcmp(d->refs[i].db, db) == 0 && strcmp(d->refs[i].name, name) == 0)
			return i;
	return RS_NO_TOKEN;
}

/* db.t.c */
static void note_triple(struct body *b, uint32_t i, bool star)
{
	uint32_t ref = find_ref(b, ddl_text(b->p, i), ddl_text(b->p, i + 2));

	if (ref == RS_NO_TOKEN) {
		ddl_name(b->p, RS_NAME_HEAD, i, RS_NO_TOKEN);
		ddl_name(b->p, RS_NAME_HEAD, i + 2, RS_NO_TOKEN);
		return;
	}
	ddl_name(b->p, RS_NAME_DATABASE, i, ref);
	ddl_name(b->p, RS_NAME_TABLE, i + 2, ref);
	if (!star)
		note_column(b, i, i + 4, ref);
}

static void note_single(struct body *b, uint32_t i)
{
	if (after_operand(b, i))
		return;
	if (b->tables == 1 && !b->derived) {
		uint32_t table = b->p->table, first = b->p->tree->n_names;

		b->p->table = b->only;
		ddl_expression(b->p, i, i + 1); /* knows the words that are no columns */
		b->p->table = table;
		if (b->p->tree->n_names > first && b->marks[i - b->base] == MARK_ITEM &&
		    b->p->tree->names[first].kind == RS_NAME_COLUMN)
			b->p->tree->names[first].kind = RS_NAME_ITEM;
	} else if (b->tables > 0) {
		unsure(b, i);
	}
}

/* The chain of names at i; returns the token after it. */
static uint32_t note_names(struct body *b, uint32_t i)
{
	const struct rs_sql *s = b->s;
	uint32_t n = 1, end;
	bool star;

	while (i + 2 * n < b->to && rs_sql_is_op(s, i + 2 * n - 1, '.') && b->marks[i + 2 * n - 1 - b->base] != MARK_DONE &&
	       rs_sql_is_name(s, i + 2 * n))
		n++;
	end = i + 2 * n - 1;
	star = rs_sql_is_op(s, end, '.') && rs_sql_is_op(s, end + 1, '*');
	if (rs_sql_is_op(s, end, '(')) {
		if (n == 2)
			ddl_name(b->p, RS_NAME_DATABASE, i, 0);
	} else if (n + star == 1) {
		note_single(b, i);
	} else if (n + star == 2) {
		note_pair(b, i, star);
	} else {
		note_triple(b, i, star);
	}
	return end;
}

static bool names_charset(const struct rs_sql *s, uint32_t i)
{
	return rs_sql_is(s, i, "COLLATE") || rs_sql_is(s, i, "CHARSET") ||
	       (rs_sql_is(s, i, "USING") && !rs_sql_is_op(s, i + 1, '('));
}

static void find_names(struct body *b)
{
	for (uint32_t i = b->from; i < b->to;) {
		if (!rs_sql_is_name(b->s, i) || b->marks[i - b->base] == MARK_DONE)
			i++;
		else if (names_charset(b->s, i))
			i += 2;
		else
			i = note_names(b, i);
	}
}

/* --- statements ------------------------------------------------------------------------------ */

static void parse_statement(struct body *b)
{
	b->n_aliases = 0;
	b->tables = 0;
	b->derived = false;
	b->depth = 0;
	b->frames[0] = (struct frame){.cte = RS_NO_TOKEN};
	find_tables(b);
	find_names(b);
}

/* Where the statement in a body that begins at i ends: after the next semicolon, or after a word that other statements
 * follow. */
static uint32_t statement_end(const struct rs_sql *s, uint32_t i, uint32_t to)
{
	static const char *const words[] = {"THEN", "ELSE", "DO", "LOOP", "REPEAT", "BEGIN", NULL};
	unsigned depth = 0, cases = 0;

	for (; i < to; i++) {
		if (rs_sql_is_op(s, i, '('))
			depth++;
		else if (rs_sql_is_op(s, i, ')'))
			depth -= depth > 0;
		else if (rs_sql_is_op(s, i, ';'))
			return i + 1;
		else if (rs_sql_is(s, i, "CASE"))
			cases++;
		else if (rs_sql_is(s, i, "END"))
			cases -= cases > 0;
		else if (depth == 0 && cases == 0 && is_one_of(s, i, words) && !rs_sql_is_op(s, i + 1, '('))
			return i + 1;
	}
	return to;
}

void ddl_parse_body(struct ddl_parser *p, uint32_t from, uint32_t to)
{
	bool compound = p->d->kind != RS_STMT_CREATE_VIEW && p->d->kind != RS_STMT_ALTER_VIEW;
	struct body *b;
	uint32_t saved = p->i;

	if (from >= to)
		return;
	b = rs_xcalloc(1, sizeof *b);
	b->p = p;
	b->s = p->sql;
	b->base = from;
	b->end = to;
	b->marks = rs_xcalloc(to - from, 1);
	for (uint32_t i = from; i < to; i = b->to) {
		b->from = i;
		b->to = compound ? statement_end(p->sql, i, to) : to;
		parse_statement(b);
	}
	p->i = saved;
	free(b->marks);
	free(b->aliases);
	free(b);
}
