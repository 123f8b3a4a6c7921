/* Column types: their names, their classes, and the COLUMN_TYPE text in which the servers write them. */
#include <string.h>

#include "base/i18n.h"
#include "base/mem.h"
#include "model/schema.h"

static const char *const type_names[RS_T_COUNT] = {
	[RS_T_UNKNOWN] = "UNKNOWN",
	[RS_T_TINYINT] = "TINYINT", [RS_T_SMALLINT] = "SMALLINT", [RS_T_MEDIUMINT] = "MEDIUMINT", [RS_T_INT] = "INT",
	[RS_T_BIGINT] = "BIGINT", [RS_T_DECIMAL] = "DECIMAL", [RS_T_FLOAT] = "FLOAT", [RS_T_DOUBLE] = "DOUBLE",
	[RS_T_BIT] = "BIT", [RS_T_YEAR] = "YEAR", [RS_T_DATE] = "DATE", [RS_T_TIME] = "TIME",
	[RS_T_DATETIME] = "DATETIME", [RS_T_TIMESTAMP] = "TIMESTAMP", [RS_T_CHAR] = "CHAR", [RS_T_VARCHAR] = "VARCHAR",
	[RS_T_TINYTEXT] = "TINYTEXT", [RS_T_TEXT] = "TEXT", [RS_T_MEDIUMTEXT] = "MEDIUMTEXT",
	[RS_T_LONGTEXT] = "LONGTEXT", [RS_T_BINARY] = "BINARY", [RS_T_VARBINARY] = "VARBINARY",
	[RS_T_TINYBLOB] = "TINYBLOB", [RS_T_BLOB] = "BLOB", [RS_T_MEDIUMBLOB] = "MEDIUMBLOB",
	[RS_T_LONGBLOB] = "LONGBLOB", [RS_T_ENUM] = "ENUM", [RS_T_SET] = "SET", [RS_T_JSON] = "JSON",
	[RS_T_GEOMETRY] = "GEOMETRY", [RS_T_VECTOR] = "VECTOR", [RS_T_UUID] = "UUID", [RS_T_INET4] = "INET4",
	[RS_T_INET6] = "INET6", [RS_T_NATIVE] = "NATIVE",
};

const char *rs_type_name(enum rs_type type)
{
	return (unsigned)type < RS_T_COUNT ? type_names[type] : type_names[RS_T_UNKNOWN];
}

bool rs_type_is_number(enum rs_type type)
{
	return (type >= RS_T_TINYINT && type <= RS_T_DOUBLE) || type == RS_T_YEAR || type == RS_T_ENUM ||
	       type == RS_T_SET;
}

bool rs_type_is_text(enum rs_type type)
{
	return type >= RS_T_CHAR && type <= RS_T_LONGTEXT;
}

bool rs_type_is_temporal(enum rs_type type)
{
	return type >= RS_T_DATE && type <= RS_T_TIMESTAMP;
}

bool rs_type_is_address(enum rs_type type)
{
	return type >= RS_T_UUID && type <= RS_T_INET6;
}

/* Names beside those of type_names that COLUMN_TYPE or a statement may use. */
static const struct {
	const char *name;
	enum rs_type type;
} synonyms[] = {
	{"integer", RS_T_INT}, {"numeric", RS_T_DECIMAL}, {"dec", RS_T_DECIMAL}, {"fixed", RS_T_DECIMAL},
	{"real", RS_T_DOUBLE}, {"point", RS_T_GEOMETRY}, {"linestring", RS_T_GEOMETRY}, {"polygon", RS_T_GEOMETRY},
	{"multipoint", RS_T_GEOMETRY}, {"multilinestring", RS_T_GEOMETRY}, {"multipolygon", RS_T_GEOMETRY},
	{"geometrycollection", RS_T_GEOMETRY}, {"geomcollection", RS_T_GEOMETRY},
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool word_is(const char *word, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++)
		if (!name[i] || lower(word[i]) != lower(name[i]))
			return false;
	return name[len] == 0;
}

static size_t word_length(const char *p)
{
	size_t n = 0;

	while ((lower(p[n]) >= 'a' && lower(p[n]) <= 'z') || p[n] == '_' || (n > 0 && p[n] >= '0' && p[n] <= '9'))
		n++;
	return n;
}

static enum rs_type find_type(const char *word, size_t len)
{
	for (int t = RS_T_UNKNOWN + 1; t < RS_T_NATIVE; t++)
		if (word_is(word, len, type_names[t]))
			return (enum rs_type)t;
	for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
		if (word_is(word, len, synonyms[i].name))
			return synonyms[i].type;
	return RS_T_UNKNOWN;
}

static const char *skip_space(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\n')
		p++;
	return p;
}

/* Up to two numbers in parentheses. False: not that. */
static bool read_numbers(const char **p, uint32_t numbers[2], int *count)
{
	*count = 0;
	if (**p != '(')
		return true;
	do {
		uint32_t v = 0;

		*p = skip_space(*p + 1);
		if (*count == 2 || **p < '0' || **p > '9')
			return false;
		for (; **p >= '0' && **p <= '9'; ++*p) {
			if (v > (UINT32_MAX - 9) / 10)
				return false;
			v = v * 10 + (uint32_t)(**p - '0');
		}
		numbers[(*count)++] = v;
		*p = skip_space(*p);
	} while (**p == ',');
	if (**p != ')')
		return false;
	++*p;
	return true;
}

/* What a backslash and the character after it stand for in a string literal of the servers. */
static char unescape(char c)
{
	switch (c) {
	case '0': return '\0';
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	case 'b': return '\b';
	case 'Z': return '\032';
	default: return c;
	}
}

/* One quoted member at *p, copied without its quotes; NULL when it does not end. */
static char *read_member(const char **p)
{
	struct rs_buf text = RS_BUF_INIT;
	const char *s = *p + 1;

	for (; *s; s++) {
		if (*s == '\'' && s[1] != '\'') {
			*p = s + 1;
			return rs_buf_take(&text);
		}
		if (*s == '\'')
			s++;
		else if (*s == '\\' && s[1]) {
			rs_buf_addc(&text, unescape(*++s));
			continue;
		}
		rs_buf_addc(&text, *s);
	}
	rs_buf_release(&text);
	return NULL;
}

static void add_member(struct rs_column *c, char *member)
{
	size_t n = c->n_members;

	if ((n & (n - 1)) == 0)
		c->members = rs_xrealloc(c->members, (n ? n * 2 : 1) * sizeof *c->members);
	c->members[c->n_members++] = member;
}

static void drop_members(struct rs_column *c)
{
	for (size_t i = 0; c->members && i < c->n_members; i++)
		free(c->members[i]);
	free(c->members);
	c->members = NULL;
	c->n_members = 0;
}

static bool read_members(struct rs_column *c, const char **p)
{
	if (**p != '(')
		return false;
	do {
		char *member;

		*p = skip_space(*p + 1);
		if (**p != '\'' || !(member = read_member(p)))
			return false;
		add_member(c, member);
		*p = skip_space(*p);
	} while (**p == ',');
	if (**p != ')')
		return false;
	++*p;
	return true;
}

/* What the numbers in parentheses mean, and what their absence means. */
static bool apply_numbers(struct rs_column *c, const uint32_t numbers[2], int count)
{
	uint32_t first = count ? numbers[0] : 0;

	switch (c->type) {
	case RS_T_DECIMAL:
		c->length = first ? first : 10;
		c->scale = (uint8_t)(count == 2 ? numbers[1] : 0);
		return c->length <= 65 && (count < 2 || numbers[1] <= 38) && c->scale <= c->length;
	case RS_T_BIT:
		c->length = first ? first : 1;
		return c->length <= 64;
	case RS_T_CHAR:
	case RS_T_BINARY:
		c->length = count ? first : 1;
		return true;
	case RS_T_VARCHAR:
	case RS_T_VARBINARY:
	case RS_T_VECTOR:
		c->length = first;
		return count == 1;
	case RS_T_TIME:
	case RS_T_DATETIME:
	case RS_T_TIMESTAMP:
		c->fsp = (uint8_t)first;
		return first <= 6;
	default:
		return true; /* a display width, or the digits of FLOAT(7,4) */
	}
}

/* The words and comments after the type. */
static bool read_attributes(struct rs_column *c, const char *p)
{
	for (p = skip_space(p); *p; p = skip_space(p)) {
		size_t n = word_length(p);

		if (strncmp(p, "/*", 2) == 0) { /* "M!100301 COMPRESSED", "5.5 binary format" */
			const char *end = strstr(p, "*/");
			const char *word = strstr(p, "COMPRESSED");

			if (!end)
				return false;
			c->compressed |= word && word < end;
			p = end + 2;
			continue;
		}
		if (n == 0)
			return false;
		if (word_is(p, n, "unsigned") || word_is(p, n, "zerofill"))
			c->is_unsigned = true;
		else if (word_is(p, n, "compressed"))
			c->compressed = true;
		else if (!word_is(p, n, "signed") && !word_is(p, n, "precision"))
			return false;
		p += n;
	}
	return true;
}

static bool parse_type(struct rs_column *c, const char *text)
{
	const char *p = skip_space(text);
	size_t n = word_length(p);
	uint32_t numbers[2] = {0, 0};
	int count = 0;

	c->type = find_type(p, n);
	p = skip_space(p + n);
	if (c->type == RS_T_UNKNOWN)
		return false;
	if (c->type == RS_T_ENUM || c->type == RS_T_SET)
		return read_members(c, &p) && read_attributes(c, p);
	if (c->type == RS_T_DOUBLE && word_is(p, word_length(p), "precision"))
		p = skip_space(p + word_length(p));
	return read_numbers(&p, numbers, &count) && apply_numbers(c, numbers, count) && read_attributes(c, p);
}

enum rs_rc rs_column_parse_type(struct rs_column *c, const char *text, struct rs_err *err)
{
	char *native = rs_xstrdup(text);

	drop_members(c);
	c->is_unsigned = c->compressed = false;
	c->length = 0;
	c->scale = c->fsp = 0;
	free(c->native);
	c->native = native;
	if (parse_type(c, native))
		return RS_OK;
	c->type = RS_T_UNKNOWN;
	return rs_err_set(err, RS_E_NOT_SUPPORTED, _("column type not supported: %s"), native);
}
