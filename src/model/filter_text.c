#include "model/filter.h"

#include <string.h>

static void put_quoted(struct rs_buf *out, const char *text, size_t len, char quote)
{
	rs_buf_addc(out, quote);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == quote)
			rs_buf_addc(out, quote);
		rs_buf_addc(out, text[i]);
	}
	rs_buf_addc(out, quote);
}

/* Control characters would not survive in the files that hold it. \% and \_ mean themselves. */
static void put_string(struct rs_buf *out, const struct rs_filter_literal *l)
{
	rs_buf_addc(out, '\'');
	for (size_t i = 0; i < l->len; i++) {
		const char c = l->text[i], *special = memchr("\b\n\r\t\x1a", c, 5);

		if (c == '\0')
			rs_buf_adds(out, "\\0");
		else if (special)
			rs_buf_addf(out, "\\%c", "bnrtZ"[special - "\b\n\r\t\x1a"]);
		else if (c == '\\' && i + 1 < l->len && (l->text[i + 1] == '%' || l->text[i + 1] == '_'))
			rs_buf_addc(out, '\\');
		else if (c == '\\' || c == '\'')
			rs_buf_addf(out, "%c%c", c, c);
		else
			rs_buf_addc(out, c);
	}
	rs_buf_addc(out, '\'');
}

static void put_literal(struct rs_buf *out, const struct rs_filter_literal *l)
{
	if (l->type == RS_FILTER_NUMBER) {
		rs_buf_adds(out, l->text);
	} else if (l->type == RS_FILTER_STRING) {
		put_string(out, l);
	} else {
		rs_buf_adds(out, "X'");
		rs_buf_addhex(out, l->text, l->len);
		rs_buf_addc(out, '\'');
	}
}

static void put_node(struct rs_buf *out, const struct rs_filter_node *n);

static void put_joined(struct rs_buf *out, const struct rs_filter_node *n, const char *word)
{
	rs_buf_addc(out, '(');
	for (size_t i = 0; i < n->n_nodes; i++) {
		if (i > 0)
			rs_buf_adds(out, word);
		put_node(out, n->nodes[i]);
	}
	rs_buf_addc(out, ')');
}

static void put_list(struct rs_buf *out, const struct rs_filter_node *n)
{
	rs_buf_adds(out, " IN (");
	for (size_t i = 0; i < n->n_literals; i++) {
		if (i > 0)
			rs_buf_adds(out, ", ");
		put_literal(out, &n->literals[i]);
	}
	rs_buf_addc(out, ')');
}

static void put_node(struct rs_buf *out, const struct rs_filter_node *n)
{
	static const char *const ops[] = {" = ", " <> ", " < ", " <= ", " > ", " >= "};

	if (n->column)
		put_quoted(out, n->column, strlen(n->column), '`');
	switch (n->kind) {
	case RS_FILTER_AND: put_joined(out, n, " AND "); break;
	case RS_FILTER_OR: put_joined(out, n, " OR "); break;
	case RS_FILTER_NOT:
		rs_buf_adds(out, "NOT (");
		put_node(out, n->nodes[0]);
		rs_buf_addc(out, ')');
		break;
	case RS_FILTER_COMPARE:
		rs_buf_adds(out, ops[n->op]);
		put_literal(out, &n->literals[0]);
		break;
	case RS_FILTER_IN: put_list(out, n); break;
	case RS_FILTER_LIKE:
		rs_buf_adds(out, " LIKE ");
		put_literal(out, &n->literals[0]);
		break;
	case RS_FILTER_IS_NULL: rs_buf_adds(out, " IS NULL"); break;
	}
}

void rs_filter_format(const struct rs_filter *f, struct rs_buf *out)
{
	put_node(out, f->root);
}
