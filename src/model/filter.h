/* Row filters: the condition that the rows of one table must meet to be synchronized, read from its text into a tree.
 * The language is a subset of what may stand behind WHERE, small enough to have one meaning only:
 *
 *	status = 'paid' AND (amount > 10 OR NOT express) …
 *
 *	condition   comparisons joined by AND, OR, NOT and parentheses
 *	comparison  column = <> != < <= > >= literal (or the other way round), column IS [NOT] NULL,
 *	            column [NOT] IN (literal, …), column [NOT] BETWEEN literal AND literal, column [NOT] LIKE 'pattern'
 *	column      a column of the table, in `backquotes` where it needs them
 *	literal     12, -0.5, 1.5e3, 'text' ('' or \' for a quote inside), '2026-11-22', 0x1F, X'1F', b'101', TRUE, FALSE
 *
 * Whether the columns exist and can be compared so is not known here: codec/row_filter.h binds a tree to a table.
 * BETWEEN, NOT IN, IS NOT NULL and the like are taken apart, so that few kinds of nodes are left. Plain data, one owner;
 * any number of threads may read it. */
#ifndef RS_FILTER_H
#define RS_FILTER_H

#include <stddef.h>
#include "base/buf.h"
#include "base/err.h"

enum rs_filter_kind {
	RS_FILTER_AND,
	RS_FILTER_OR,
	RS_FILTER_NOT,      /* of one */
	RS_FILTER_COMPARE,  /* column op literals[0] */
	RS_FILTER_IN,       /* column is one of literals */
	RS_FILTER_LIKE,     /* column like literals[0] */
	RS_FILTER_IS_NULL
};

enum rs_filter_op { RS_FILTER_EQ, RS_FILTER_NE, RS_FILTER_LT, RS_FILTER_LE, RS_FILTER_GT, RS_FILTER_GE };

enum rs_filter_type {
	RS_FILTER_NUMBER,   /* text: "-0.5", "1.5e3" */
	RS_FILTER_STRING,   /* text: UTF-8, quotes and escapes resolved; \% and \_ keep their backslash */
	RS_FILTER_BYTES     /* text: the bytes that a hexadecimal or bit literal means */
};

struct rs_filter_literal {
	enum rs_filter_type type;
	char *text;         /* and a NUL that is not counted */
	size_t len;
	size_t at;          /* where it stands: characters of the text before it */
};

struct rs_filter_node {
	enum rs_filter_kind kind;
	enum rs_filter_op op;
	size_t at;          /* where it stands, as above */
	char *column;       /* NULL for AND, OR, NOT */
	struct rs_filter_literal *literals;
	size_t n_literals;
	struct rs_filter_node **nodes; /* of AND (two or more), OR (two or more), NOT (one) */
	size_t n_nodes;
};

struct rs_filter {
	struct rs_filter_node *root;
};

/* A tree; NULL, and RS_E_FILTER says what is wrong, at which character (also in *at, counted from 0; at may be NULL) and
 * what to write instead. */
struct rs_filter *rs_filter_parse(const char *text, size_t *at, struct rs_err *err);
void rs_filter_free(struct rs_filter *f);
/* Whether the text is a condition; RS_E_FILTER. */
enum rs_rc rs_filter_check(const char *text, struct rs_err *err) RS_MUST_CHECK;
/* Appends the tree as text with all parentheses: equal for texts of equal meaning that differ in blanks, case of
 * keywords and the like; it reads back to the same tree. */
void rs_filter_format(const struct rs_filter *f, struct rs_buf *out);
/* Sets RS_E_FILTER for a place in the text: "at character N: …". Returns RS_FAIL. */
enum rs_rc rs_filter_error(struct rs_err *err, size_t at, const char *fmt, ...) RS_PRINTF(3, 4);

#endif
