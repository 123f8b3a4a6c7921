/* Whether a column's values survive the change of its type as they do at the source: where both servers give the same, or refuse
 * the same. What a server that is not strict makes of values that don't fit is its own. */
#include "codec/pg_ddl_priv.h"

#include <string.h>

enum { BIGINT_DIGITS = 20 };

static bool is_integer(const struct rs_column *c) { return c->type >= RS_T_TINYINT && c->type <= RS_T_BIGINT; }

static bool is_text(const struct rs_column *c) { return rs_type_is_text(c->type); }

static bool is_bytes(const struct rs_column *c) { return c->type >= RS_T_BINARY && c->type <= RS_T_LONGBLOB; }

static bool says(const struct rs_column *c, const char *word) { return c->native && strstr(c->native, word); }

/* Digits before the point. */
static uint32_t whole_digits(const struct rs_column *c)
{
	static const unsigned char digits[] = {[RS_T_TINYINT] = 3, [RS_T_SMALLINT] = 5, [RS_T_MEDIUMINT] = 8, [RS_T_INT] = 10,
	                                       [RS_T_BIGINT] = BIGINT_DIGITS};

	return c->type == RS_T_DECIMAL ? c->length - c->scale : digits[c->type];
}

/* Most characters, or bytes. */
static uint64_t room(const struct rs_column *c)
{
	switch (c->type) {
	case RS_T_TINYTEXT: case RS_T_TINYBLOB: return 255;
	case RS_T_TEXT: case RS_T_BLOB: return 65535;
	case RS_T_MEDIUMTEXT: case RS_T_MEDIUMBLOB: return (1u << 24) - 1;
	case RS_T_LONGTEXT: case RS_T_LONGBLOB: case RS_T_JSON: return UINT32_MAX;
	default: return c->length;
	}
}

static bool holds_all_integers_of(const struct rs_column *to, const struct rs_column *from)
{
	if (to->is_unsigned != from->is_unsigned)
		return !to->is_unsigned && to->type > from->type;
	return to->type >= from->type;
}

/* ------------------------------------------------------------------ from a kind */

static bool from_integer(const struct rs_column *from, const struct rs_column *to, bool strict)
{
	if (is_integer(to))
		return strict || holds_all_integers_of(to, from);
	if (to->type == RS_T_DECIMAL)
		return strict || (whole_digits(to) >= whole_digits(from) && !to->is_unsigned);
	if (to->type == RS_T_DOUBLE)
		return !says(to, "(") && (strict || !to->is_unsigned);
	return is_text(to) && !says(from, "zerofill") && (strict || room(to) >= BIGINT_DIGITS);
}

/* Both round halves away from zero. */
static bool from_decimal(const struct rs_column *from, const struct rs_column *to, bool strict)
{
	if (is_integer(to))
		return strict;
	if (to->type == RS_T_DECIMAL)
		return strict || (whole_digits(to) >= whole_digits(from) && to->is_unsigned == from->is_unsigned);
	return to->type == RS_T_DOUBLE && !says(to, "(") && (strict || !to->is_unsigned);
}

static bool from_text(const struct rs_column *from, const struct rs_column *to, bool strict)
{
	const bool same_set = from->charset && to->charset && strcmp(from->charset, to->charset) == 0;

	return is_text(to) && (strict || (room(to) >= room(from) && (same_set || (to->charset && strncmp(to->charset, "utf8mb4", 7) == 0))));
}

static bool has_member(const struct rs_column *c, const char *name)
{
	for (size_t i = 0; i < c->n_members; i++)
		if (strcmp(c->members[i], name) == 0)
			return true;
	return false;
}

/* ENUM's stand there as names; SET's do in the order of the type. */
static bool from_names(const struct rs_column *from, const struct rs_column *to, bool strict)
{
	if (is_text(to))
		return strict;
	if (to->type != from->type || from->n_members > to->n_members)
		return false;
	for (size_t i = 0; i < from->n_members; i++)
		if (from->type == RS_T_ENUM ? !has_member(to, from->members[i]) : strcmp(to->members[i], from->members[i]) != 0)
			return false;
	return true;
}

static bool from_bytes(const struct rs_column *from, const struct rs_column *to, bool strict)
{
	if (to->type == RS_T_BINARY)
		return from->type == RS_T_BINARY && to->length == from->length;
	return is_bytes(to) && (strict || room(to) >= room(from));
}

/* ------------------------------------------------------------------ all of them */

static bool is_same(const struct rs_column *a, const struct rs_column *b)
{
	return a->type == b->type && a->native && b->native && strcmp(a->native, b->native) == 0 &&
	       strcmp(a->charset ? a->charset : "", b->charset ? b->charset : "") == 0;
}

bool pg_keeps_values(const struct rs_column *from, const struct rs_column *to, bool strict)
{
	if (is_same(from, to))
		return true;
	if (is_integer(from))
		return from_integer(from, to, strict);
	if (is_text(from))
		return from_text(from, to, strict);
	if (is_bytes(from))
		return from_bytes(from, to, strict);
	switch (from->type) {
	case RS_T_DECIMAL: return from_decimal(from, to, strict);
	case RS_T_FLOAT: return to->type == RS_T_DOUBLE && !says(to, "(") && to->is_unsigned == from->is_unsigned;
	case RS_T_BIT: return to->type == RS_T_BIT && to->length >= from->length;
	case RS_T_YEAR: return is_integer(to) && to->type > RS_T_TINYINT;
	case RS_T_DATE: return to->type == RS_T_DATETIME;
	case RS_T_TIME: case RS_T_DATETIME: case RS_T_TIMESTAMP: return to->type == from->type && to->fsp >= from->fsp;
	case RS_T_ENUM: case RS_T_SET: return from_names(from, to, strict);
	case RS_T_JSON: return is_text(to) && room(to) == UINT32_MAX;
	case RS_T_UUID: return is_text(to) && strict;
	default: return false;
	}
}
