/* Binding a filter's tree to a table, and deciding rows by it. */
#include "codec/row_filter_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/charset.h"

/* ---------------------------------------------------------------- life */

static void clear_node(struct rf_node *n)
{
	for (size_t i = 0; i < n->n_nodes; i++)
		clear_node(&n->nodes[i]);
	for (size_t i = 0; i < n->n_values; i++)
		free(n->values[i].bytes);
	free(n->nodes);
	free(n->values);
	free(n->steps);
}

void rs_row_filter_free(struct rs_row_filter *f)
{
	if (f == NULL)
		return;
	clear_node(&f->root);
	rs_table_unref(f->table);
	free(f);
}

const struct rs_table *rs_row_filter_table(const struct rs_row_filter *f) { return f->table; }

/* ---------------------------------------------------------------- binding */

static enum rs_rc bind_column(struct rf_node *n, const struct rs_filter_node *from, const struct rs_table *t,
                              struct rs_err *err)
{
	int i = rs_table_column(t, from->column);

	if (i < 0) {
		rs_filter_error(err, from->at, _("the table %s.%s has no column %s"), t->db, t->name, from->column);
		return rs_err_hint(err, _("text and dates stand in single quotes"));
	}
	if (t->columns[i].generated)
		return rs_filter_error(err, from->at, _("%s is a generated column, which can't be compared"), from->column);
	n->column = (uint32_t)i;
	n->class = rf_class_of(&t->columns[i]);
	return RS_OK;
}

static enum rs_rc bind_pattern(struct rf_node *n, const struct rs_filter_node *from, const struct rs_column *c,
                               struct rs_err *err)
{
	const struct rs_filter_literal *l = &from->literals[0];
	struct rs_buf text = RS_BUF_INIT;
	bool utf8 = c->charset != NULL && rs_charset_is_utf8(c->charset);

	if (n->class != RF_BYTES || (c->charset != NULL && !utf8 && rs_charset_width(c->charset) > 1) ||
	    rf_to_charset(c, l->text, l->len, &text) != RS_OK) {
		rs_buf_release(&text);
		return rs_filter_error(err, from->at, _("LIKE can't be used with the column %s (%s)"), c->name,
		                       c->native ? c->native : rs_type_name(c->type));
	}
	n->utf8 = utf8;
	n->steps = rs_xcalloc(text.len + 1, sizeof *n->steps);
	for (size_t i = 0; i < text.len; i++) {
		char byte = text.data[i];
		bool escaped = byte == '\\' && i + 1 < text.len;

		if (escaped)
			byte = text.data[++i];
		n->steps[n->n_steps].what = escaped ? RF_BYTE : byte == '%' ? RF_ANY : byte == '_' ? RF_ANY_CHAR : RF_BYTE;
		n->steps[n->n_steps++].byte = byte;
	}
	rs_buf_release(&text);
	return RS_OK;
}

static enum rs_rc bind_values(struct rf_node *n, const struct rs_filter_node *from, const struct rs_column *c,
                              struct rs_err *err)
{
	bool ordered = from->kind == RS_FILTER_COMPARE && from->op >= RS_FILTER_LT;

	if (ordered && n->class == RF_ENUM)
		return rs_filter_error(err, from->at, _("the column %s (%s) is compared by = <> and IN only"), c->name,
		                       c->native ? c->native : rs_type_name(c->type));
	n->values = rs_xcalloc(from->n_literals, sizeof *n->values);
	for (size_t i = 0; i < from->n_literals; i++) {
		n->n_values++;
		if (rf_read_literal(c, &from->literals[i], &n->values[i], err) != RS_OK)
			return RS_FAIL;
	}
	return RS_OK;
}

static enum rs_rc bind_node(struct rf_node *n, const struct rs_filter_node *from, const struct rs_table *t,
                            struct rs_err *err)
{
	n->kind = from->kind;
	n->op = from->op;
	n->nodes = rs_xcalloc(from->n_nodes + 1, sizeof *n->nodes);
	for (size_t i = 0; i < from->n_nodes; i++) {
		n->n_nodes++;
		if (bind_node(&n->nodes[i], from->nodes[i], t, err) != RS_OK)
			return RS_FAIL;
	}
	if (from->column == NULL)
		return RS_OK;
	if (bind_column(n, from, t, err) != RS_OK)
		return RS_FAIL;
	if (n->kind == RS_FILTER_IS_NULL)
		return RS_OK;
	if (n->kind == RS_FILTER_LIKE)
		return bind_pattern(n, from, &t->columns[n->column], err);
	return bind_values(n, from, &t->columns[n->column], err);
}

struct rs_row_filter *rs_row_filter_bind(const struct rs_filter *f, const struct rs_table *t, struct rs_err *err)
{
	struct rs_row_filter *bound = rs_xcalloc(1, sizeof *bound);
	enum rs_rc rc = RS_OK;

	bound->table = rs_table_ref(t);
	for (size_t i = 0; rc == RS_OK && i < t->n_columns; i++)
		if (rs_column_may_be_period(&t->columns[i]))
			rc = rs_err_set(err, RS_E_FILTER, _("the table %s.%s keeps the history of its rows, which can't be filtered"), t->db,
			                t->name);
	if (rc == RS_OK)
		rc = bind_node(&bound->root, f->root, t, err);
	if (rc == RS_OK)
		return bound;
	rs_row_filter_free(bound);
	return NULL;
}

/* ---------------------------------------------------------------- comparing */

struct decimal {
	bool minus;
	const char *whole, *fraction; /* without zeros that mean nothing */
	size_t n_whole, n_fraction;
};

static struct decimal split(const char *text, size_t len)
{
	struct decimal d = {.minus = len > 0 && *text == '-'};
	const char *end = text + len;

	text += d.minus;
	while (text < end && *text == '0')
		text++;
	d.whole = text;
	while (text < end && *text != '.')
		text++;
	d.n_whole = (size_t)(text - d.whole);
	d.fraction = text < end ? text + 1 : end;
	d.n_fraction = (size_t)(end - d.fraction);
	while (d.n_fraction > 0 && d.fraction[d.n_fraction - 1] == '0')
		d.n_fraction--;
	if (d.n_whole == 0 && d.n_fraction == 0)
		d.minus = false;
	return d;
}

static int compare_bytes(const char *a, size_t n_a, const char *b, size_t n_b)
{
	size_t n = n_a < n_b ? n_a : n_b;
	int order = n > 0 ? memcmp(a, b, n) : 0;

	return order != 0 ? order : (n_a > n_b) - (n_a < n_b);
}

static int compare_decimals(const char *a, size_t n_a, const char *b, size_t n_b)
{
	struct decimal x = split(a, n_a), y = split(b, n_b);
	int order;

	if (x.minus != y.minus)
		return x.minus ? -1 : 1;
	order = (x.n_whole > y.n_whole) - (x.n_whole < y.n_whole);
	if (order == 0)
		order = compare_bytes(x.whole, x.n_whole, y.whole, y.n_whole);
	if (order == 0)
		order = compare_bytes(x.fraction, x.n_fraction, y.fraction, y.n_fraction);
	return x.minus ? -order : order;
}

static int compare_bit(const struct rs_value *v, const struct rf_value *l)
{
	uint64_t n = 0;
	char text[24];

	for (uint32_t i = 0; i < v->len; i++)
		n = n << 8 | (unsigned char)v->bytes[i];
	return compare_decimals(text, (size_t)snprintf(text, sizeof text, "%llu", (unsigned long long)n), l->bytes, l->len);
}

static int compare_double(const struct rs_value *v, const struct rf_value *l)
{
	char text[400];
	size_t n = v->len < sizeof text ? v->len : sizeof text - 1;

	memcpy(text, v->bytes, n);
	text[n] = '\0';
	double number = strtod(text, NULL);
	return (number > l->number) - (number < l->number);
}

static int compare_time(const struct rs_value *v, const struct rf_value *l)
{
	int64_t usec = 0;

	rf_read_time(v->bytes, v->len, &usec);
	return (usec > l->usec) - (usec < l->usec);
}

static int compare(const struct rf_node *n, const struct rs_value *v, const struct rf_value *l)
{
	switch (n->class) {
	case RF_DECIMAL: case RF_COUNT: case RF_ENUM: return compare_decimals(v->bytes, v->len, l->bytes, l->len);
	case RF_BIT: return compare_bit(v, l);
	case RF_DOUBLE: return compare_double(v, l);
	case RF_TIME: return compare_time(v, l);
	case RF_BYTES: case RF_MOMENT: case RF_NULL_ONLY: break;
	}
	return compare_bytes(v->bytes, v->len, l->bytes, l->len);
}

static bool holds(enum rs_filter_op op, int order)
{
	switch (op) {
	case RS_FILTER_EQ: return order == 0;
	case RS_FILTER_NE: return order != 0;
	case RS_FILTER_LT: return order < 0;
	case RS_FILTER_LE: return order <= 0;
	case RS_FILTER_GT: return order > 0;
	case RS_FILTER_GE: break;
	}
	return order >= 0;
}

/* ---------------------------------------------------------------- patterns */

static size_t char_length(const struct rf_node *n, const char *text, size_t left)
{
	unsigned char c = (unsigned char)*text;
	size_t len = !n->utf8 || c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	return len < left ? len : left;
}

/* One wildcard is remembered: should the rest not fit, it takes one byte more. Bytes rather than characters will do, as no
 * character's bytes stand inside of another's. */
static bool fits(const struct rf_node *n, const char *text, size_t len)
{
	size_t i = 0, s = 0, back_i = 0, back_s = SIZE_MAX;

	while (i < len || s < n->n_steps) {
		const struct rf_step *step = s < n->n_steps ? &n->steps[s] : NULL;

		if (step && step->what == RF_ANY) {
			back_s = s++;
			back_i = i;
		} else if (step && i < len && step->what == RF_ANY_CHAR) {
			i += char_length(n, text + i, len - i);
			s++;
		} else if (step && i < len && step->byte == text[i]) {
			i++;
			s++;
		} else if (back_s != SIZE_MAX && back_i < len) {
			back_i += char_length(n, text + back_i, len - back_i);
			i = back_i;
			s = back_s + 1;
		} else {
			return false;
		}
	}
	return true;
}

/* ---------------------------------------------------------------- deciding */

/* In the order of AND's minimum and OR's maximum. */
enum truth { NO, UNKNOWN, YES };

static enum truth decide_column(const struct rf_node *n, const struct rs_value *v)
{
	bool yes = false;

	if (n->kind == RS_FILTER_IS_NULL)
		return v->presence == RS_NULL ? YES : NO;
	if (v->presence != RS_PRESENT)
		return UNKNOWN;
	if (n->kind == RS_FILTER_LIKE)
		return fits(n, v->bytes, v->len) ? YES : NO;
	if (n->kind == RS_FILTER_COMPARE)
		return holds(n->op, compare(n, v, &n->values[0])) ? YES : NO;
	for (size_t i = 0; i < n->n_values && !yes; i++)
		yes = compare(n, v, &n->values[i]) == 0;
	return yes ? YES : NO;
}

static enum truth decide(const struct rf_node *n, const struct rs_value *row)
{
	enum truth all = n->kind == RS_FILTER_AND ? YES : NO;

	if (n->n_nodes == 0)
		return decide_column(n, &row[n->column]);
	if (n->kind == RS_FILTER_NOT)
		return (enum truth)(YES - decide(&n->nodes[0], row));
	for (size_t i = 0; i < n->n_nodes; i++) {
		enum truth one = decide(&n->nodes[i], row);

		if (n->kind == RS_FILTER_AND ? one < all : one > all)
			all = one;
	}
	return all;
}

bool rs_row_filter_matches(const struct rs_row_filter *f, const struct rs_value *row)
{
	return decide(&f->root, row) == YES;
}

/* Each column that is compared, until one says stop; that one. */
static const struct rf_node *find_node(const struct rf_node *n, bool (*stop)(const struct rf_node *n, const void *arg),
                                       const void *arg)
{
	const struct rf_node *found = NULL;

	if (n->n_nodes == 0)
		return stop(n, arg) ? n : NULL;
	for (size_t i = 0; i < n->n_nodes && found == NULL; i++)
		found = find_node(&n->nodes[i], stop, arg);
	return found;
}

static bool is_absent(const struct rf_node *n, const void *row)
{
	return ((const struct rs_value *)row)[n->column].presence == RS_ABSENT;
}

const struct rs_column *rs_row_filter_absent(const struct rs_row_filter *f, const struct rs_value *row)
{
	const struct rf_node *n = find_node(&f->root, is_absent, row);

	return n ? &f->table->columns[n->column] : NULL;
}

static bool is_of(const struct rf_node *n, const void *column)
{
	return n->column == *(const uint32_t *)column;
}

bool rs_row_filter_compares(const struct rs_row_filter *f, uint32_t column)
{
	return find_node(&f->root, is_of, &column) != NULL;
}

/* ---------------------------------------------------------------- another version of the table */

static bool same_text(const char *a, const char *b)
{
	return a != NULL && b != NULL ? strcmp(a, b) == 0 : a == b;
}

static bool is_integer(enum rs_type t) { return t >= RS_T_TINYINT && t <= RS_T_BIGINT; }

/* Whether no value changes when a column becomes another. */
static bool keeps_values(const struct rs_column *a, const struct rs_column *b)
{
	bool members = a->n_members <= b->n_members;

	for (size_t i = 0; members && i < a->n_members; i++)
		members = strcmp(a->members[i], b->members[i]) == 0;
	if (b->generated)
		return false;
	if (is_integer(a->type) && is_integer(b->type) && b->type >= a->type)
		return a->is_unsigned == b->is_unsigned && (b->nullable || !a->nullable);
	return a->type == b->type && a->is_unsigned == b->is_unsigned && (b->nullable || !a->nullable) && members &&
	       a->scale == b->scale && a->fsp == b->fsp && a->length <= b->length &&
	       (a->length == b->length || (a->type != RS_T_BINARY && a->type != RS_T_BIT)) && same_text(a->charset, b->charset);
}

struct change {
	const struct rs_table *from, *to;
};

static bool loses(const struct rf_node *n, const void *arg)
{
	const struct change *c = arg;
	int i = rs_table_column(c->to, c->from->columns[n->column].name);

	return i < 0 || !keeps_values(&c->from->columns[n->column], &c->to->columns[i]);
}

enum rs_rc rs_row_filter_survives(const struct rs_row_filter *f, const struct rs_table *to, struct rs_err *err)
{
	struct change change = {f->table, to};
	const struct rf_node *n = find_node(&f->root, loses, &change);

	if (n == NULL)
		return RS_OK;
	return rs_err_set(err, RS_E_FILTER_SCHEMA, _("the column %s of %s.%s, which the filter of its rows compares, is changed or gone"),
	                  f->table->columns[n->column].name, to->db, to->name);
}
