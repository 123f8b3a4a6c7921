/* Columns: types in all their spellings, and attributes. */
#include "codec/ddl_parse.h"

/* --- types ---------------------------------------------------------------------- */

enum type_shape {
	SHAPE_NONE,     /* no parenthesis */
	SHAPE_NUMBERS,  /* (n) or (n,m), may be left out */
	SHAPE_MEMBERS   /* ('a','b') */
};

static const struct type_name {
	const char *word;
	enum rs_type type;
	enum rs_type_word kind;
	enum type_shape shape;
} type_names[] = {
	{"TINYINT", RS_T_TINYINT, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"INT1", RS_T_TINYINT, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"SMALLINT", RS_T_SMALLINT, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"INT2", RS_T_SMALLINT, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"MEDIUMINT", RS_T_MEDIUMINT, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"MIDDLEINT", RS_T_MEDIUMINT, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"INT3", RS_T_MEDIUMINT, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"INT", RS_T_INT, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"INTEGER", RS_T_INT, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"INT4", RS_T_INT, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"BIGINT", RS_T_BIGINT, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"INT8", RS_T_BIGINT, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"SERIAL", RS_T_BIGINT, RS_WORD_SERIAL, SHAPE_NONE},
	{"BOOL", RS_T_TINYINT, RS_WORD_BOOL, SHAPE_NONE},
	{"BOOLEAN", RS_T_TINYINT, RS_WORD_BOOL, SHAPE_NONE},
	{"DECIMAL", RS_T_DECIMAL, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"DEC", RS_T_DECIMAL, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"NUMERIC", RS_T_DECIMAL, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"FIXED", RS_T_DECIMAL, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"FLOAT", RS_T_FLOAT, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"FLOAT4", RS_T_FLOAT, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"DOUBLE", RS_T_DOUBLE, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"FLOAT8", RS_T_DOUBLE, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"REAL", RS_T_DOUBLE, RS_WORD_REAL, SHAPE_NUMBERS},
	{"BIT", RS_T_BIT, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"YEAR", RS_T_YEAR, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"DATE", RS_T_DATE, RS_WORD_PLAIN, SHAPE_NONE},
	{"TIME", RS_T_TIME, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"DATETIME", RS_T_DATETIME, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"TIMESTAMP", RS_T_TIMESTAMP, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"CHAR", RS_T_CHAR, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"CHARACTER", RS_T_CHAR, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"NCHAR", RS_T_CHAR, RS_WORD_NATIONAL, SHAPE_NUMBERS},
	{"VARCHAR", RS_T_VARCHAR, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"VARCHARACTER", RS_T_VARCHAR, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"NVARCHAR", RS_T_VARCHAR, RS_WORD_NATIONAL, SHAPE_NUMBERS},
	{"TINYTEXT", RS_T_TINYTEXT, RS_WORD_PLAIN, SHAPE_NONE},
	{"TEXT", RS_T_TEXT, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"MEDIUMTEXT", RS_T_MEDIUMTEXT, RS_WORD_PLAIN, SHAPE_NONE},
	{"LONGTEXT", RS_T_LONGTEXT, RS_WORD_PLAIN, SHAPE_NONE},
	{"BINARY", RS_T_BINARY, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"VARBINARY", RS_T_VARBINARY, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"TINYBLOB", RS_T_TINYBLOB, RS_WORD_PLAIN, SHAPE_NONE},
	{"BLOB", RS_T_BLOB, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"MEDIUMBLOB", RS_T_MEDIUMBLOB, RS_WORD_PLAIN, SHAPE_NONE},
	{"LONGBLOB", RS_T_LONGBLOB, RS_WORD_PLAIN, SHAPE_NONE},
	{"ENUM", RS_T_ENUM, RS_WORD_PLAIN, SHAPE_MEMBERS},
	{"SET", RS_T_SET, RS_WORD_PLAIN, SHAPE_MEMBERS},
	{"JSON", RS_T_JSON, RS_WORD_JSON, SHAPE_NONE},
	{"GEOMETRY", RS_T_GEOMETRY, RS_WORD_SPATIAL, SHAPE_NONE},
	{"POINT", RS_T_GEOMETRY, RS_WORD_SPATIAL, SHAPE_NONE},
	{"LINESTRING", RS_T_GEOMETRY, RS_WORD_SPATIAL, SHAPE_NONE},
	{"POLYGON", RS_T_GEOMETRY, RS_WORD_SPATIAL, SHAPE_NONE},
	{"MULTIPOINT", RS_T_GEOMETRY, RS_WORD_SPATIAL, SHAPE_NONE},
	{"MULTILINESTRING", RS_T_GEOMETRY, RS_WORD_SPATIAL, SHAPE_NONE},
	{"MULTIPOLYGON", RS_T_GEOMETRY, RS_WORD_SPATIAL, SHAPE_NONE},
	{"GEOMETRYCOLLECTION", RS_T_GEOMETRY, RS_WORD_SPATIAL, SHAPE_NONE},
	{"GEOMCOLLECTION", RS_T_GEOMETRY, RS_WORD_SPATIAL, SHAPE_NONE},
	{"VECTOR", RS_T_VECTOR, RS_WORD_PLAIN, SHAPE_NUMBERS},
	{"UUID", RS_T_UUID, RS_WORD_PLAIN, SHAPE_NONE},
	{"INET4", RS_T_INET4, RS_WORD_PLAIN, SHAPE_NONE},
	{"INET6", RS_T_INET6, RS_WORD_PLAIN, SHAPE_NONE},
};

static const struct type_name *find_type(const struct ddl_parser *p)
{
	for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
		if (ddl_is(p, type_names[i].word))
			return &type_names[i];
	return NULL;
}

/* (n) or (n,m) */
static bool parse_numbers(struct ddl_parser *p, struct rs_ddl_type *t)
{
	if (!ddl_accept_op(p, '('))
		return true;
	if (rs_sql_kind(p->sql, p->i) != RS_TOKEN_NUMBER)
		return ddl_fail(p);
	t->has_length = true;
	t->length = ddl_number(p, p->i++);
	if (ddl_accept_op(p, ',')) {
		if (rs_sql_kind(p->sql, p->i) != RS_TOKEN_NUMBER)
			return ddl_fail(p);
		t->has_scale = true;
		t->scale = (uint32_t)ddl_number(p, p->i++);
	}
	return ddl_expect_op(p, ')');
}

static bool parse_shape(struct ddl_parser *p, struct rs_ddl_type *t, enum type_shape shape)
{
	t->members = RS_NO_TOKEN;
	if (shape == SHAPE_NUMBERS)
		return parse_numbers(p, t);
	if (shape == SHAPE_MEMBERS) {
		t->members = p->i;
		return ddl_skip_parens(p);
	}
	return true;
}

/* The words after the first one: CHAR VARYING, DOUBLE PRECISION, LONG VARCHAR, NATIONAL CHAR VARYING. */
static enum type_shape more_words(struct ddl_parser *p, struct rs_ddl_type *t, const struct type_name *name)
{
	if (t->type == RS_T_CHAR && (ddl_accept(p, "VARYING") || ddl_accept(p, "VARCHAR")))
		t->type = RS_T_VARCHAR;
	if (t->type == RS_T_DOUBLE)
		ddl_accept(p, "PRECISION");
	return name->shape;
}

/* LONG is MEDIUMTEXT, LONG VARBINARY is MEDIUMBLOB. */
static bool parse_long(struct ddl_parser *p, struct rs_ddl_type *t)
{
	t->type = RS_T_MEDIUMTEXT;
	t->members = RS_NO_TOKEN;
	if (ddl_accept(p, "VARBINARY"))
		t->type = RS_T_MEDIUMBLOB;
	else if (!ddl_accept(p, "VARCHAR") && !ddl_accept(p, "VARCHARACTER") && !ddl_accept2(p, "CHAR", "VARYING"))
		ddl_accept2(p, "CHARACTER", "VARYING");
	t->to = p->i;
	return true;
}

static bool parse_type(struct ddl_parser *p, struct rs_ddl_type *t)
{
	const struct type_name *name;
	bool national;

	*t = (struct rs_ddl_type){.from = p->i};
	if (ddl_accept(p, "LONG"))
		return parse_long(p, t);
	national = ddl_accept(p, "NATIONAL");
	name = find_type(p);
	if (!name)
		return ddl_fail(p);
	p->i++;
	t->type = name->type;
	t->word = national ? RS_WORD_NATIONAL : name->kind;
	if (!parse_shape(p, t, more_words(p, t, name)))
		return false;
	t->to = p->i;
	return true;
}

/* --- attributes ------------------------------------------------------------------- */

static bool take_value(struct ddl_parser *p, uint32_t *value)
{
	ddl_accept_op(p, '=');
	if (p->i >= p->sql->count)
		return ddl_fail(p);
	*value = p->i++;
	return true;
}

/* NOW(), CURRENT_TIMESTAMP, LOCALTIME(3), … */
static bool parse_now(struct ddl_parser *p)
{
	if (!ddl_expect_name(p, NULL))
		return false;
	return !ddl_is_op(p, '(') || ddl_skip_parens(p);
}

/* CASE … END, from CASE. */
static bool skip_case(struct ddl_parser *p)
{
	unsigned depth = 0;

	for (; p->i < p->sql->count; p->i++) {
		if (ddl_is(p, "CASE"))
			depth++;
		else if (ddl_is(p, "END") && --depth == 0) {
			p->i++;
			return true;
		}
	}
	return ddl_fail(p);
}

static bool is_string(const struct ddl_parser *p)
{
	enum rs_token_kind kind = rs_sql_kind(p->sql, p->i);

	return kind == RS_TOKEN_STRING || kind == RS_TOKEN_HEX;
}

/* A value made of words: a literal with an introducer or a type before it, a constant, a function, a column. */
static bool skip_word_value(struct ddl_parser *p)
{
	if (ddl_is(p, "CASE"))
		return skip_case(p);
	if (ddl_is2(p, "NEXT", "VALUE")) {
		p->i += 3;
		return ddl_expect_name(p, NULL) && (!ddl_accept_op(p, '.') || ddl_expect_name(p, NULL));
	}
	p->i++;
	if (is_string(p)) {
		p->i++;
		return true;
	}
	while (ddl_accept_op(p, '.'))
		p->i++;
	return !ddl_is_op(p, '(') || ddl_skip_parens(p);
}

/* The value of DEFAULT: (expression), a literal, a function. */
static bool skip_default(struct ddl_parser *p)
{
	if (ddl_is_op(p, '('))
		return ddl_skip_parens(p);
	if (ddl_is_op(p, '-') || ddl_is_op(p, '+'))
		p->i++;
	if (rs_sql_is_name(p->sql, p->i))
		return skip_word_value(p);
	if (!is_string(p) && rs_sql_kind(p->sql, p->i) != RS_TOKEN_NUMBER)
		return ddl_fail(p);
	p->i++;
	return true;
}

static bool attr_default(struct ddl_parser *p, struct rs_ddl_attr *a)
{
	a->value = p->i;
	if (!skip_default(p))
		return false;
	ddl_expression(p, a->value, p->i);
	return true;
}

static bool attr_on_update(struct ddl_parser *p, struct rs_ddl_attr *a)
{
	a->value = p->i;
	return parse_now(p);
}

static bool attr_generated(struct ddl_parser *p, struct rs_ddl_attr *a)
{
	if (ddl_accept2(p, "ROW", "START")) {
		a->kind = RS_ATTR_ROW_START;
		return true;
	}
	if (ddl_accept2(p, "ROW", "END")) {
		a->kind = RS_ATTR_ROW_END;
		return true;
	}
	a->value = p->i;
	return ddl_expression_parens(p);
}

static bool attr_check(struct ddl_parser *p, struct rs_ddl_attr *a)
{
	a->value = p->i;
	return ddl_expression_parens(p);
}

static bool attr_constraint(struct ddl_parser *p, struct rs_ddl_attr *a)
{
	a->kind = RS_ATTR_CHECK;
	if (!ddl_is(p, "CHECK") && !ddl_expect_name(p, NULL))
		return false;
	return ddl_expect(p, "CHECK") && attr_check(p, a);
}

static bool attr_references(struct ddl_parser *p, struct rs_ddl_attr *a)
{
	uint32_t key = p->tree->n_keys, column = p->tree->columns[p->tree->n_columns - 1].name;
	struct rs_ddl_key *k = ddl_new_keys(p->tree);
	struct rs_ddl_part *part = ddl_new_parts(p->tree);

	*part = (struct rs_ddl_part){.column = column, .from = column, .to = column + 1};
	k->kind = RS_KEY_FOREIGN;
	k->of_column = true;
	k->name = k->constraint = RS_NO_TOKEN;
	k->first_part = p->tree->n_parts - 1;
	k->n_parts = 1;
	k->from = p->i - 1;
	a->value = key;
	if (!ddl_parse_references(p, k))
		return false;
	p->tree->keys[key].to = p->i;
	return true;
}

static bool attr_value(struct ddl_parser *p, struct rs_ddl_attr *a) { return take_value(p, &a->value); }

static bool attr_compressed(struct ddl_parser *p, struct rs_ddl_attr *a)
{
	if (ddl_accept_op(p, '='))
		a->value = p->i++;
	return true;
}

/* One or two words, and what follows them. The longer spelling stands before the shorter. */
static const struct attr_name {
	const char *first, *second, *third;
	enum rs_attr_kind kind;
	bool (*rest)(struct ddl_parser *p, struct rs_ddl_attr *a);
} attr_names[] = {
	{"UNSIGNED", NULL, NULL, RS_ATTR_UNSIGNED, NULL},
	{"SIGNED", NULL, NULL, RS_ATTR_SIGNED, NULL},
	{"ZEROFILL", NULL, NULL, RS_ATTR_ZEROFILL, NULL},
	{"CHARACTER", "SET", NULL, RS_ATTR_CHARSET, attr_value},
	{"CHAR", "SET", NULL, RS_ATTR_CHARSET, attr_value},
	{"CHARSET", NULL, NULL, RS_ATTR_CHARSET, attr_value},
	{"COLLATE", NULL, NULL, RS_ATTR_COLLATE, attr_value},
	{"BINARY", NULL, NULL, RS_ATTR_BINARY, NULL},
	{"ASCII", NULL, NULL, RS_ATTR_ASCII, NULL},
	{"UNICODE", NULL, NULL, RS_ATTR_UNICODE, NULL},
	{"BYTE", NULL, NULL, RS_ATTR_BYTE, NULL},
	{"NOT", "NULL", NULL, RS_ATTR_NOT_NULL, NULL},
	{"NOT", "ENFORCED", NULL, RS_ATTR_ENFORCED, NULL},
	{"NOT", "SECONDARY", NULL, RS_ATTR_MYSQL, NULL},
	{"NULL", NULL, NULL, RS_ATTR_NULL, NULL},
	{"DEFAULT", NULL, NULL, RS_ATTR_DEFAULT, attr_default},
	{"ON", "UPDATE", NULL, RS_ATTR_ON_UPDATE, attr_on_update},
	{"AUTO_INCREMENT", NULL, NULL, RS_ATTR_AUTO_INCREMENT, NULL},
	{"SERIAL", "DEFAULT", "VALUE", RS_ATTR_SERIAL, NULL},
	{"UNIQUE", "KEY", NULL, RS_ATTR_UNIQUE, NULL},
	{"UNIQUE", NULL, NULL, RS_ATTR_UNIQUE, NULL},
	{"PRIMARY", "KEY", NULL, RS_ATTR_PRIMARY, NULL},
	{"PRIMARY", NULL, NULL, RS_ATTR_PRIMARY, NULL},
	{"KEY", NULL, NULL, RS_ATTR_PRIMARY, NULL},
	{"COMMENT", NULL, NULL, RS_ATTR_COMMENT, attr_value},
	{"GENERATED", "ALWAYS", "AS", RS_ATTR_GENERATED, attr_generated},
	{"AS", NULL, NULL, RS_ATTR_GENERATED, attr_generated},
	{"VIRTUAL", NULL, NULL, RS_ATTR_VIRTUAL, NULL},
	{"STORED", NULL, NULL, RS_ATTR_STORED, NULL},
	{"PERSISTENT", NULL, NULL, RS_ATTR_STORED, NULL},
	{"VISIBLE", NULL, NULL, RS_ATTR_VISIBLE, NULL},
	{"INVISIBLE", NULL, NULL, RS_ATTR_INVISIBLE, NULL},
	{"COMPRESSED", NULL, NULL, RS_ATTR_COMPRESSED, attr_compressed},
	{"CHECK", NULL, NULL, RS_ATTR_CHECK, attr_check},
	{"CONSTRAINT", NULL, NULL, RS_ATTR_CHECK, attr_constraint},
	{"ENFORCED", NULL, NULL, RS_ATTR_ENFORCED, NULL},
	{"REFERENCES", NULL, NULL, RS_ATTR_REFERENCES, attr_references},
	{"SRID", NULL, NULL, RS_ATTR_SRID, attr_value},
	{"REF_SYSTEM_ID", NULL, NULL, RS_ATTR_SRID, attr_value},
	{"WITH", "SYSTEM", "VERSIONING", RS_ATTR_VERSIONING, NULL},
	{"WITHOUT", "SYSTEM", "VERSIONING", RS_ATTR_VERSIONING, NULL},
	{"COLUMN_FORMAT", NULL, NULL, RS_ATTR_MYSQL, attr_value},
	{"STORAGE", NULL, NULL, RS_ATTR_MYSQL, attr_value},
	{"ENGINE_ATTRIBUTE", NULL, NULL, RS_ATTR_MYSQL, attr_value},
	{"SECONDARY_ENGINE_ATTRIBUTE", NULL, NULL, RS_ATTR_MYSQL, attr_value},
};

/* How many words of the attribute stand at the position; 0 where it is another one. */
static uint32_t attr_words(const struct ddl_parser *p, const struct attr_name *a)
{
	if (!ddl_is(p, a->first))
		return 0;
	if (!a->second)
		return 1;
	if (!rs_sql_is(p->sql, p->i + 1, a->second))
		return 0;
	if (!a->third)
		return 2;
	return rs_sql_is(p->sql, p->i + 2, a->third) ? 3 : 0;
}

/* *found is false where no attribute stands at the position. */
static bool parse_attr(struct ddl_parser *p, struct rs_ddl_attr *attr, bool *found)
{
	const struct attr_name *a = attr_names, *end = a + sizeof attr_names / sizeof *attr_names;
	uint32_t n = 0;

	while (a < end && !(n = attr_words(p, a)))
		a++;
	*found = n > 0;
	if (n) {
		*attr = (struct rs_ddl_attr){.kind = a->kind, .from = p->i, .value = RS_NO_TOKEN};
		p->i += n;
		return !a->rest || a->rest(p, attr);
	}
	if (rs_sql_is_name(p->sql, p->i) && rs_sql_is_op(p->sql, p->i + 1, '=')) {
		*attr = (struct rs_ddl_attr){.kind = RS_ATTR_OTHER, .from = p->i++, .value = RS_NO_TOKEN};
		*found = true;
		return take_value(p, &attr->value);
	}
	return true;
}

static bool parse_attrs(struct ddl_parser *p, uint32_t column)
{
	struct rs_ddl_attr attr;
	bool found;

	p->tree->columns[column].first_attr = p->tree->n_attrs;
	for (;;) {
		if (!parse_attr(p, &attr, &found))
			return false;
		if (!found)
			return true;
		attr.to = p->i;
		*ddl_new_attrs(p->tree) = attr;
		p->tree->columns[column].n_attrs++;
	}
}

bool ddl_parse_column(struct ddl_parser *p, uint32_t *column)
{
	struct rs_ddl_column c = {.from = p->i, .after = RS_NO_TOKEN};
	uint32_t index = p->tree->n_columns;

	if (!ddl_column(p, &c.name) || !parse_type(p, &c.type))
		return false;
	*ddl_new_columns(p->tree) = c;
	if (!parse_attrs(p, index))
		return false;
	p->tree->columns[index].to = p->i;
	if (column)
		*column = index;
	return true;
}
