/* A bound filter as SQL. */
#include "codec/row_filter_priv.h"

#include "codec/sql_literal.h"

static const char *const ops[] = {"=", "<>", "<", "<=", ">", ">="};

static void put_bytes(struct rs_buf *out, const char *bytes, size_t len)
{
	rs_buf_adds(out, "X'");
	rs_buf_addhex(out, bytes, len);
	rs_buf_addc(out, '\'');
}

/* Each in a form of one type: no server then converts a literal to the column's, or compares by a collation. */
static void put_column(struct rs_buf *out, const struct rf_node *n, const struct rs_column *c)
{
	static const char *const before[] = {
		[RF_COUNT] = "(", [RF_BIT] = "(", [RF_ENUM] = "CAST(", [RF_DOUBLE] = "(", [RF_BYTES] = "CAST(", [RF_MOMENT] = "CAST(",
		[RF_TIME] = "CAST(",
	};
	static const char *const after[] = {
		[RF_COUNT] = "+0)", [RF_BIT] = "+0)", [RF_ENUM] = " AS UNSIGNED)", [RF_DOUBLE] = "*1e0)",
		[RF_BYTES] = " AS BINARY)", [RF_MOMENT] = " AS BINARY)", [RF_TIME] = " AS TIME(6))",
	};
	bool known = n->class < sizeof before / sizeof *before && before[n->class] != NULL;

	rs_buf_adds(out, known ? before[n->class] : "");
	rs_quote_ident(out, c->name);
	rs_buf_adds(out, known ? after[n->class] : "");
}

static void put_value(struct rs_buf *out, const struct rf_node *n, const struct rf_value *v)
{
	switch (n->class) {
	case RF_DOUBLE: rs_buf_addf(out, "%.17e", v->number); break;
	case RF_TIME: rs_buf_addf(out, "CAST('%s' AS TIME(6))", v->bytes); break;
	case RF_BYTES: case RF_MOMENT: put_bytes(out, v->bytes, v->len); break;
	case RF_DECIMAL: case RF_COUNT: case RF_BIT: case RF_ENUM: case RF_NULL_ONLY: rs_buf_adds(out, v->bytes); break;
	}
}

static void put_compare(struct rs_buf *out, const struct rf_node *n, const struct rs_column *c, enum rs_filter_op op, size_t i)
{
	put_column(out, n, c);
	rs_buf_adds(out, ops[op]);
	put_value(out, n, &n->values[i]);
}

/* Lists of numbers are not compared by the rules of comparisons: -1 is in (18446744073709551615). */
static void put_choice(struct rs_buf *out, const struct rf_node *n, const struct rs_column *c)
{
	for (size_t i = 0; i < n->n_values; i++) {
		if (i > 0)
			rs_buf_adds(out, " OR ");
		put_compare(out, n, c, RS_FILTER_EQ, i);
	}
}

static void put_list(struct rs_buf *out, const struct rf_node *n, const struct rs_column *c)
{
	if (n->class != RF_BYTES && n->class != RF_MOMENT) {
		put_choice(out, n, c);
		return;
	}
	put_column(out, n, c);
	rs_buf_adds(out, " IN (");
	for (size_t i = 0; i < n->n_values; i++) {
		if (i > 0)
			rs_buf_addc(out, ',');
		put_value(out, n, &n->values[i]);
	}
	rs_buf_addc(out, ')');
}

/* By characters, so that _ is one, and by their bytes, so that case matters. */
static void put_like(struct rs_buf *out, const struct rf_node *n, const struct rs_column *c)
{
	struct rs_buf pattern = RS_BUF_INIT;
	bool text = c->charset != NULL && rs_type_is_text(c->type);

	for (size_t i = 0; i < n->n_steps; i++) {
		const struct rf_step *s = &n->steps[i];

		if (s->what == RF_BYTE && (s->byte == '%' || s->byte == '_' || s->byte == '|'))
			rs_buf_addc(&pattern, '|');
		rs_buf_addc(&pattern, s->what == RF_ANY ? '%' : s->what == RF_ANY_CHAR ? '_' : s->byte);
	}
	rs_quote_ident(out, c->name);
	rs_buf_adds(out, text ? "" : " ");
	if (text)
		rs_buf_addf(out, " COLLATE %s_bin LIKE _%s ", c->charset, rs_sql_charset(c->charset));
	else
		rs_buf_adds(out, "LIKE ");
	put_bytes(out, rs_buf_str(&pattern), pattern.len);
	rs_buf_adds(out, " ESCAPE '|'");
	rs_buf_release(&pattern);
}

static void put_node(struct rs_buf *out, const struct rs_row_filter *f, const struct rf_node *n);

static void put_joined(struct rs_buf *out, const struct rs_row_filter *f, const struct rf_node *n)
{
	for (size_t i = 0; i < n->n_nodes; i++) {
		if (i > 0)
			rs_buf_adds(out, n->kind == RS_FILTER_AND ? " AND " : " OR ");
		put_node(out, f, &n->nodes[i]);
	}
}

static void put_node(struct rs_buf *out, const struct rs_row_filter *f, const struct rf_node *n)
{
	const struct rs_column *c = &f->table->columns[n->column];

	rs_buf_addc(out, '(');
	switch (n->kind) {
	case RS_FILTER_AND: case RS_FILTER_OR: put_joined(out, f, n); break;
	case RS_FILTER_NOT:
		rs_buf_adds(out, "NOT ");
		put_node(out, f, &n->nodes[0]);
		break;
	case RS_FILTER_COMPARE:
		put_compare(out, n, c, n->op, 0);
		break;
	case RS_FILTER_IN: put_list(out, n, c); break;
	case RS_FILTER_LIKE: put_like(out, n, c); break;
	case RS_FILTER_IS_NULL:
		rs_quote_ident(out, c->name);
		rs_buf_adds(out, " IS NULL");
		break;
	}
	rs_buf_addc(out, ')');
}

void rs_row_filter_sql(const struct rs_row_filter *f, struct rs_buf *out)
{
	put_node(out, f, &f->root);
}
