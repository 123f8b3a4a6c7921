/* What the files that read statements share: a position in the tokens, and how to ask, take and fail. A parse function
 * returns false after ddl_fail; the statement is then not understood from there on. Private to codec/ddl*. */
#ifndef RS_DDL_PARSE_H
#define RS_DDL_PARSE_H

#include "codec/ddl_tree.h"

struct ddl_parser {
	struct rs_ddl *d;
	struct rs_ddl_tree *tree;
	const struct rs_sql *sql;
	uint32_t i;       /* the next token */
	uint32_t table;   /* the ref that columns belong to */
};

/* --- asking and taking ------------------------------------------------------ */
bool ddl_is(const struct ddl_parser *p, const char *word);
bool ddl_is2(const struct ddl_parser *p, const char *first, const char *second);
bool ddl_is_op(const struct ddl_parser *p, char op);
bool ddl_at_end(const struct ddl_parser *p); /* nothing but semicolons left */
/* Take it if it is there. */
bool ddl_accept(struct ddl_parser *p, const char *word);
bool ddl_accept2(struct ddl_parser *p, const char *first, const char *second);
bool ddl_accept_op(struct ddl_parser *p, char op);
/* Take it or fail. */
bool ddl_expect(struct ddl_parser *p, const char *word);
bool ddl_expect_op(struct ddl_parser *p, char op);
bool ddl_expect_name(struct ddl_parser *p, uint32_t *token);
bool ddl_skip_parens(struct ddl_parser *p);
/* Notes where reading stopped (the first time); returns false. */
bool ddl_fail(struct ddl_parser *p);
/* The text of a name or string, in the statement's arena. */
const char *ddl_text(const struct ddl_parser *p, uint32_t token);
uint64_t ddl_number(const struct ddl_parser *p, uint32_t token);

/* --- names -------------------------------------------------------------------- */
/* [db.]name at the position becomes a ref; *ref gets its index (may be NULL). */
bool ddl_ref(struct ddl_parser *p, enum rs_ddl_role role, uint32_t *ref);
void ddl_name(struct ddl_parser *p, enum rs_name_kind kind, uint32_t token, uint32_t ref);
/* A column of p->table at the position. */
bool ddl_column(struct ddl_parser *p, uint32_t *token);
/* Notes the names in an expression's tokens [from, to), whose columns are those of p->table. */
void ddl_expression(struct ddl_parser *p, uint32_t from, uint32_t to);
/* The same for the parenthesis at the position, which is taken. */
bool ddl_expression_parens(struct ddl_parser *p);
bool ddl_if_exists(struct ddl_parser *p);
bool ddl_if_not_exists(struct ddl_parser *p);

/* --- parts of statements --------------------------------------------------------- */
/* name type attributes; *column gets its index. */
bool ddl_parse_column(struct ddl_parser *p, uint32_t *column);
/* Whether a key, constraint or period begins at the position, not a column. */
bool ddl_at_key(const struct ddl_parser *p);
bool ddl_parse_key(struct ddl_parser *p, uint32_t *key);
/* (column [(n)] [ASC|DESC], …) into tree->parts. */
bool ddl_parse_parts(struct ddl_parser *p, uint32_t *first, uint32_t *n);
bool ddl_parse_references(struct ddl_parser *p, struct rs_ddl_key *key);
/* Options of an index; stops at what is none. */
void ddl_parse_key_options(struct ddl_parser *p);
/* One table option; false without failure where there is none. */
bool ddl_parse_option(struct ddl_parser *p);
bool ddl_parse_partition_by(struct ddl_parser *p);
/* ALGORITHM [=] x, LOCK [=] x, WAIT n, NOWAIT: taken where they stand. */
void ddl_skip_online(struct ddl_parser *p);

/* --- statements; each begins after its verb --------------------------------------- */
bool ddl_parse_create(struct ddl_parser *p);
bool ddl_parse_alter(struct ddl_parser *p);
bool ddl_parse_drop(struct ddl_parser *p);
bool ddl_parse_rename(struct ddl_parser *p);
bool ddl_parse_truncate(struct ddl_parser *p);

/* --- statements; each begins after its noun -------------------------------------- */
bool ddl_parse_create_table(struct ddl_parser *p);
bool ddl_parse_alter_table(struct ddl_parser *p);
bool ddl_parse_create_index(struct ddl_parser *p, uint32_t from, enum rs_ddl_key_kind kind);
bool ddl_parse_drop_index(struct ddl_parser *p, uint32_t from);
bool ddl_parse_view(struct ddl_parser *p);
bool ddl_parse_routine(struct ddl_parser *p);
bool ddl_parse_trigger(struct ddl_parser *p);
bool ddl_parse_event(struct ddl_parser *p);
/* Notes the names used in the body [from, to). */
void ddl_parse_body(struct ddl_parser *p, uint32_t from, uint32_t to);

/* --- growing the tree: each returns a new, zeroed element ------------------------- */
#define X(type, list) type *ddl_new_##list(struct rs_ddl_tree *tree);
RS_DDL_LISTS(X)
#undef X

#endif
