/* A column's definition as the column that the server makes of it. */
#include "codec/ddl_schema_priv.h"

#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/charset.h"

static const struct rs_ddl_attr *attr_of(const struct ddl_change *c, const struct rs_ddl_column *def,
                                         enum rs_attr_kind kind)
{
	const struct rs_ddl_attr *found = NULL;

	for (uint32_t i = def->first_attr; i < def->first_attr + def->n_attrs; i++)
		if (c->tree->attrs[i].kind == kind)
			found = &c->tree->attrs[i];
	return found;
}

static bool has_attr(const struct ddl_change *c, const struct rs_ddl_column *def, enum rs_attr_kind kind)
{
	return attr_of(c, def, kind) != NULL;
}

static bool at_least(const struct ddl_change *c, unsigned mysql, unsigned mariadb)
{
	const struct rs_sql_dialect *d = ddl_dialect(c);

	return d->version >= (d->mariadb ? mariadb : mysql);
}

/* --- character sets -------------------------------------------------------------------- */

void ddl_resolve_collation(const struct ddl_change *c, uint32_t charset, uint32_t collate, const char *inherited,
                           char out[RS_COLLATION_NAME])
{
	char *cs = charset == RS_NO_TOKEN ? NULL : ddl_value(c, charset);
	char *co = collate == RS_NO_TOKEN ? NULL : ddl_value(c, collate);
	char name[RS_CHARSET_NAME] = "";

	if (cs && strcasecmp(cs, "DEFAULT") != 0)
		rs_ddl_charset_name(cs, ddl_dialect(c), name);
	else if (inherited)
		rs_ddl_collation_charset(inherited, name);
	if (co && strcasecmp(co, "DEFAULT") != 0)
		rs_ddl_collation_name(co, name, ddl_dialect(c), out);
	else if (cs && strcasecmp(cs, "DEFAULT") != 0)
		rs_ddl_default_collation(name, ddl_dialect(c), c->env->utf8mb4_default, out);
	else
		snprintf(out, RS_COLLATION_NAME, "%s", inherited ? inherited : "");
	free(cs);
	free(co);
}

/* ASCII is latin1, UNICODE is ucs2, NATIONAL is utf8mb3. */
static const char *named_charset(const struct ddl_change *c, const struct rs_ddl_column *def)
{
	if (has_attr(c, def, RS_ATTR_ASCII))
		return "latin1";
	if (has_attr(c, def, RS_ATTR_UNICODE))
		return "ucs2";
	return def->type.word == RS_WORD_NATIONAL ? "utf8" : NULL;
}

static void column_collation(const struct ddl_change *c, const struct rs_ddl_column *def, char out[RS_COLLATION_NAME])
{
	const struct rs_ddl_attr *charset = attr_of(c, def, RS_ATTR_CHARSET), *collate = attr_of(c, def, RS_ATTR_COLLATE);
	const char *word = named_charset(c, def), *inherited = c->t->collation;
	char by_word[RS_COLLATION_NAME], name[RS_CHARSET_NAME];

	if (word) {
		rs_ddl_default_collation(word, ddl_dialect(c), NULL, by_word);
		inherited = by_word;
	}
	if (has_attr(c, def, RS_ATTR_BYTE))
		snprintf(out, RS_COLLATION_NAME, "binary");
	else
		ddl_resolve_collation(c, charset ? charset->value : RS_NO_TOKEN, collate ? collate->value : RS_NO_TOKEN, inherited,
		                      out);
	if (!has_attr(c, def, RS_ATTR_BINARY) || collate)
		return;
	rs_ddl_collation_charset(out, name);
	rs_ddl_binary_collation(name, out);
}

static bool takes_charset(enum rs_type type) { return rs_type_is_text(type) || type == RS_T_ENUM || type == RS_T_SET; }

static enum rs_type binary_twin(enum rs_type type)
{
	switch (type) {
	case RS_T_CHAR: return RS_T_BINARY;
	case RS_T_VARCHAR: return RS_T_VARBINARY;
	case RS_T_TINYTEXT: return RS_T_TINYBLOB;
	case RS_T_TEXT: return RS_T_BLOB;
	case RS_T_MEDIUMTEXT: return RS_T_MEDIUMBLOB;
	case RS_T_LONGTEXT: return RS_T_LONGBLOB;
	default: return type;
	}
}

/* Sets charset and collation, and makes what is binary in all but name what it is. */
static void set_collation(struct ddl_change *c, struct rs_column *column, const char *collation)
{
	char name[RS_CHARSET_NAME], spelled[RS_CHARSET_NAME];

	free(column->charset);
	free(column->collation);
	column->charset = column->collation = NULL;
	rs_ddl_collation_charset(collation, name);
	if (strcmp(name, "binary") == 0) {
		column->type = binary_twin(column->type);
		if (rs_type_is_text(column->type) || !takes_charset(column->type) || at_least(c, 80000, UINT32_MAX))
			return; /* ENUM and SET alone show it, before MySQL 8 */
	}
	rs_ddl_charset_name(name, ddl_dialect(c), spelled);
	column->charset = rs_xstrdup(spelled);
	column->collation = rs_xstrdup(collation);
}

/* --- types as the server writes them ------------------------------------------------------- */

/* TEXT(n) and BLOB(n) are the smallest type that holds so many bytes. */
static enum rs_type sized_text(enum rs_type type, uint64_t bytes)
{
	bool text = rs_type_is_text(type);

	if (bytes < 256)
		return text ? RS_T_TINYTEXT : RS_T_TINYBLOB;
	if (bytes < 65536)
		return text ? RS_T_TEXT : RS_T_BLOB;
	if (bytes < 16777216)
		return text ? RS_T_MEDIUMTEXT : RS_T_MEDIUMBLOB;
	return text ? RS_T_LONGTEXT : RS_T_LONGBLOB;
}

static void lower_name(struct rs_buf *b, const char *name)
{
	for (; *name; name++)
		rs_buf_addc(b, *name >= 'A' && *name <= 'Z' ? (char)(*name + 32) : *name);
}

static unsigned default_width(enum rs_type type, bool is_unsigned)
{
	switch (type) {
	case RS_T_TINYINT: return is_unsigned ? 3 : 4;
	case RS_T_SMALLINT: return is_unsigned ? 5 : 6;
	case RS_T_MEDIUMINT: return is_unsigned ? 8 : 9;
	case RS_T_INT: return is_unsigned ? 10 : 11;
	default: return 20;
	}
}

static void write_integer(struct rs_buf *b, const struct ddl_change *c, const struct rs_ddl_column *def, bool is_unsigned,
                          bool zerofill)
{
	const struct rs_ddl_type *t = &def->type;
	uint64_t width = t->word == RS_WORD_BOOL               ? 1
	                 : t->has_length && t->length          ? t->length
	                                                       : default_width(t->type, is_unsigned);
	bool shown = !at_least(c, 80019, UINT32_MAX) || zerofill || (t->type == RS_T_TINYINT && width == 1 && !is_unsigned);

	lower_name(b, rs_type_name(t->type));
	if (shown)
		rs_buf_addf(b, "(%llu)", (unsigned long long)width);
}

static void write_decimal(struct rs_buf *b, const struct rs_ddl_type *t)
{
	rs_buf_addf(b, "decimal(%llu,%u)", t->length ? (unsigned long long)t->length : 10ULL, t->has_scale ? t->scale : 0);
}

static void write_float(struct rs_buf *b, const struct rs_ddl_type *t, enum rs_type type)
{
	rs_buf_adds(b, type == RS_T_FLOAT ? "float" : "double");
	if (t->has_scale)
		rs_buf_addf(b, "(%llu,%u)", (unsigned long long)t->length, t->scale);
}

/* FLOAT(p) and REAL may be DOUBLE. */
static enum rs_type float_type(const struct ddl_change *c, const struct rs_ddl_type *t)
{
	if (t->word == RS_WORD_REAL)
		return ddl_dialect(c)->sql_mode & RS_MODE_REAL_AS_FLOAT ? RS_T_FLOAT : RS_T_DOUBLE;
	if (t->type == RS_T_FLOAT && t->has_length && !t->has_scale && t->length > 24)
		return RS_T_DOUBLE;
	return t->type;
}

static void write_year(struct rs_buf *b, const struct ddl_change *c, const struct rs_ddl_type *t)
{
	if (at_least(c, 80019, UINT32_MAX))
		rs_buf_adds(b, "year");
	else
		rs_buf_addf(b, "year(%d)", t->length == 2 && !at_least(c, 50606, 100000) ? 2 : 4);
}

static void write_temporal(struct rs_buf *b, const struct ddl_change *c, const struct rs_ddl_type *t)
{
	lower_name(b, rs_type_name(t->type));
	if (t->length && at_least(c, 50604, 50300)) /* before, TIMESTAMP(14) was a width */
		rs_buf_addf(b, "(%llu)", (unsigned long long)t->length);
}

static void write_escaped(struct rs_buf *b, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (text[i]) {
		case '\'': rs_buf_adds(b, "''"); break;
		case '\\': rs_buf_adds(b, "\\\\"); break;
		case '\0': rs_buf_adds(b, "\\0"); break;
		case '\n': rs_buf_adds(b, "\\n"); break;
		case '\r': rs_buf_adds(b, "\\r"); break;
		default: rs_buf_addc(b, text[i]);
		}
	}
}

/* Trailing blanks of a member are cut, as the servers do, but for binary ones. */
static void write_member(struct rs_buf *b, const struct ddl_change *c, uint32_t token, bool binary)
{
	struct rs_buf value = RS_BUF_INIT;
	size_t n;

	(void)rs_sql_value(&c->d->sql, token, &value);
	for (n = value.len; !binary && n > 0 && value.data[n - 1] == ' ';)
		n--;
	rs_buf_addc(b, '\'');
	write_escaped(b, rs_buf_str(&value), n);
	rs_buf_addc(b, '\'');
	rs_buf_release(&value);
}

static bool write_members(struct rs_buf *b, const struct ddl_change *c, const struct rs_ddl_type *t,
                          const struct rs_column *column)
{
	const struct rs_sql *s = &c->d->sql;
	bool binary = !column->charset || strcmp(column->charset, "binary") == 0;

	lower_name(b, rs_type_name(t->type));
	for (uint32_t i = t->members; i < t->to; i++) {
		if (rs_sql_kind(s, i) == RS_TOKEN_STRING)
			write_member(b, c, i, binary);
		else if (rs_sql_kind(s, i) == RS_TOKEN_OP)
			rs_buf_addc(b, s->text[s->tokens[i].start]);
		else if (rs_sql_kind(s, i) != RS_TOKEN_WORD) /* an introducer says nothing: the text is UTF-8 */
			return false;
	}
	return true;
}

static void write_spatial(struct rs_buf *b, const struct ddl_change *c, const struct rs_ddl_type *t)
{
	char *word = ddl_value(c, t->from);
	struct rs_buf lower = RS_BUF_INIT;

	lower_name(&lower, word);
	if (strcmp(rs_buf_str(&lower), "geometrycollection") == 0 && at_least(c, 80011, UINT32_MAX))
		rs_buf_adds(b, "geomcollection");
	else
		rs_buf_adds(b, strcmp(rs_buf_str(&lower), "geomcollection") == 0 && !at_least(c, 80011, UINT32_MAX)
		                   ? "geometrycollection"
		                   : rs_buf_str(&lower));
	rs_buf_release(&lower);
	free(word);
}

/* CHAR, VARCHAR, TEXT and their binary twins, by the type that the character set has made of them. */
static void write_string(struct rs_buf *b, const struct ddl_change *c, const struct rs_ddl_type *t,
                         struct rs_column *column)
{
	uint64_t width = column->charset ? rs_charset_width(column->charset) : 1;
	bool fixed = column->type == RS_T_CHAR || column->type == RS_T_BINARY;
	bool varying = column->type == RS_T_VARCHAR || column->type == RS_T_VARBINARY;

	bool sized = t->length || (t->has_length && at_least(c, 80000, UINT32_MAX));

	if ((varying && t->length * width > 65535) || ((column->type == RS_T_TEXT || column->type == RS_T_BLOB) && sized))
		column->type = sized_text(column->type, t->length * width);
	lower_name(b, rs_type_name(column->type));
	if (fixed)
		rs_buf_addf(b, "(%llu)", t->has_length ? (unsigned long long)t->length : 1ULL);
	else if (column->type == RS_T_VARCHAR || column->type == RS_T_VARBINARY)
		rs_buf_addf(b, "(%llu)", (unsigned long long)t->length);
}

static void write_vector(struct rs_buf *b, const struct rs_ddl_type *t)
{
	rs_buf_addf(b, "vector(%llu)", t->has_length ? (unsigned long long)t->length : 2048ULL);
}

static bool is_integer(enum rs_type type) { return type >= RS_T_TINYINT && type <= RS_T_BIGINT; }

/* The COLUMN_TYPE text without its attributes; false where it can't be told. */
static bool write_type(struct rs_buf *b, const struct ddl_change *c, const struct rs_ddl_column *def,
                       struct rs_column *column, bool is_unsigned, bool zerofill)
{
	const struct rs_ddl_type *t = &def->type;

	if (is_integer(t->type)) {
		write_integer(b, c, def, is_unsigned, zerofill);
		return true;
	}
	switch (t->type) {
	case RS_T_DECIMAL: write_decimal(b, t); break;
	case RS_T_FLOAT:
	case RS_T_DOUBLE: write_float(b, t, float_type(c, t)); break;
	case RS_T_BIT: rs_buf_addf(b, "bit(%llu)", t->length ? (unsigned long long)t->length : 1ULL); break;
	case RS_T_YEAR: write_year(b, c, t); break;
	case RS_T_TIME:
	case RS_T_DATETIME:
	case RS_T_TIMESTAMP: write_temporal(b, c, t); break;
	case RS_T_ENUM:
	case RS_T_SET: return write_members(b, c, t, column);
	case RS_T_GEOMETRY: write_spatial(b, c, t); break;
	case RS_T_VECTOR: write_vector(b, t); break;
	case RS_T_JSON: rs_buf_adds(b, ddl_dialect(c)->mariadb ? "longtext" : "json"); break;
	case RS_T_DATE:
	case RS_T_UUID:
	case RS_T_INET4:
	case RS_T_INET6: lower_name(b, rs_type_name(t->type)); break;
	default: write_string(b, c, t, column);
	}
	return true;
}

static enum rs_rc set_type(struct ddl_change *c, struct rs_column *column, const struct rs_ddl_column *def)
{
	bool zerofill = has_attr(c, def, RS_ATTR_ZEROFILL);
	bool is_unsigned = zerofill || has_attr(c, def, RS_ATTR_UNSIGNED) || def->type.word == RS_WORD_SERIAL;
	struct rs_buf b = RS_BUF_INIT;
	enum rs_rc rc;

	if (!write_type(&b, c, def, column, is_unsigned, zerofill)) {
		rs_buf_release(&b);
		return rs_ddl_refuse(c->d, c->err, _("members of column %s can't be read"), column->name);
	}
	if (is_unsigned)
		rs_buf_adds(&b, " unsigned");
	if (zerofill)
		rs_buf_adds(&b, " zerofill");
	if (has_attr(c, def, RS_ATTR_COMPRESSED) && ddl_dialect(c)->mariadb)
		rs_buf_adds(&b, " /*M!100301 COMPRESSED*/");
	rc = rs_column_parse_type(column, rs_buf_str(&b), c->err);
	rs_buf_release(&b);
	return rc;
}

/* --- the rest --------------------------------------------------------------------------------- */

/* Tokens [from, to) are (json_valid(name)), in however many parentheses. */
static bool is_json_check(const struct ddl_change *c, uint32_t from, uint32_t to, const char *name)
{
	const struct rs_sql *s = &c->d->sql;
	char *argument;
	bool same;

	while (rs_sql_is_op(s, from, '(') && rs_sql_is_op(s, to - 1, ')')) {
		from++;
		to--;
	}
	if (to - from != 4 || !rs_sql_is(s, from, "JSON_VALID") || !rs_sql_is_op(s, from + 1, '('))
		return false;
	argument = ddl_value(c, from + 2);
	same = strcasecmp(argument, name) == 0;
	free(argument);
	return same;
}

static bool is_mariadb_json(const struct ddl_change *c, const struct rs_column *column, const struct rs_ddl_column *def)
{
	const struct rs_ddl_attr *check = attr_of(c, def, RS_ATTR_CHECK);

	if (!ddl_dialect(c)->mariadb || column->type != RS_T_LONGTEXT)
		return false;
	return check ? is_json_check(c, check->value, check->to, column->name) : def->type.word == RS_WORD_JSON;
}

static bool is_nullable(const struct ddl_change *c, const struct rs_ddl_column *def)
{
	const struct rs_ddl_attr *yes = attr_of(c, def, RS_ATTR_NULL), *no = attr_of(c, def, RS_ATTR_NOT_NULL);

	if (def->type.word == RS_WORD_SERIAL || has_attr(c, def, RS_ATTR_SERIAL) || has_attr(c, def, RS_ATTR_AUTO_INCREMENT) ||
	    has_attr(c, def, RS_ATTR_PRIMARY) || has_attr(c, def, RS_ATTR_ROW_START) || has_attr(c, def, RS_ATTR_ROW_END))
		return false;
	if (no && (!yes || no->from > yes->from))
		return false;
	return yes || def->type.type != RS_T_TIMESTAMP || c->env->explicit_timestamp;
}

static void set_attributes(struct ddl_change *c, struct rs_column *column, const struct rs_ddl_column *def)
{
	bool period = has_attr(c, def, RS_ATTR_ROW_START) || has_attr(c, def, RS_ATTR_ROW_END);

	column->nullable = is_nullable(c, def);
	column->stored = period || has_attr(c, def, RS_ATTR_STORED);
	column->generated = period || has_attr(c, def, RS_ATTR_GENERATED);
	column->stored &= column->generated;
	column->invisible = has_attr(c, def, RS_ATTR_INVISIBLE);
	column->auto_increment = has_attr(c, def, RS_ATTR_AUTO_INCREMENT) || has_attr(c, def, RS_ATTR_SERIAL) ||
	                         def->type.word == RS_WORD_SERIAL;
	column->mariadb_json = is_mariadb_json(c, column, def);
}

static void convert_collation(const struct ddl_change *c, const struct rs_ddl_column *def, char out[RS_COLLATION_NAME])
{
	char charset[RS_CHARSET_NAME];

	rs_ddl_collation_charset(c->convert, charset);
	if (has_attr(c, def, RS_ATTR_BINARY))
		rs_ddl_binary_collation(charset, out);
	else
		snprintf(out, RS_COLLATION_NAME, "%s", c->convert);
}

enum rs_rc ddl_fill_column(struct ddl_change *c, struct rs_column *column, const struct rs_ddl_column *def)
{
	char collation[RS_COLLATION_NAME] = "";
	bool json = def->type.word == RS_WORD_JSON && ddl_dialect(c)->mariadb;

	column->type = def->type.type;
	if (json)
		snprintf(collation, sizeof collation, "utf8mb4_bin");
	else if (takes_charset(column->type))
		column_collation(c, def, collation);
	if ((json || takes_charset(column->type)) && !*collation)
		return rs_ddl_refuse(c->d, c->err, _("the character set of column %s is not known"), column->name);
	if (*c->convert && strcmp(collation, "binary") != 0) /* CONVERT TO says it of new columns too */
		convert_collation(c, def, collation);
	if (*collation && (json || takes_charset(column->type)))
		set_collation(c, column, collation);
	if (set_type(c, column, def) != RS_OK)
		return RS_FAIL;
	set_attributes(c, column, def);
	return RS_OK;
}

/* TEXT types grow or shrink so that they hold as many characters as before. */
static uint64_t text_bytes(enum rs_type type)
{
	switch (type) {
	case RS_T_TINYTEXT: return 255;
	case RS_T_TEXT: return 65535;
	case RS_T_MEDIUMTEXT: return 16777215;
	case RS_T_LONGTEXT: return UINT32_MAX;
	default: return 0;
	}
}

/* The type's text after its name: "(10)", "('a','b')", with attributes. */
static const char *type_tail(const char *native)
{
	const char *p = native;

	while ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z'))
		p++;
	return p;
}

enum rs_rc ddl_convert_column(struct ddl_change *c, struct rs_column *column)
{
	uint64_t bytes = text_bytes(column->type), characters;
	struct rs_buf b = RS_BUF_INIT;
	bool json = column->mariadb_json;
	enum rs_rc rc;

	if (!takes_charset(column->type) || !column->charset || strcmp(column->charset, "binary") == 0)
		return RS_OK;
	characters = bytes / rs_charset_width(column->charset);
	set_collation(c, column, c->convert);
	if (bytes)
		column->type = sized_text(column->type, characters * (column->charset ? rs_charset_width(column->charset) : 1));
	lower_name(&b, rs_type_name(column->type));
	rs_buf_adds(&b, column->native ? type_tail(column->native) : "");
	rc = rs_column_parse_type(column, rs_buf_str(&b), c->err);
	column->mariadb_json = json && column->type == RS_T_LONGTEXT;
	rs_buf_release(&b);
	return rc;
}
