/* Columns: types, attributes, defaults. */
#include "codec/ddl_translate_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"

#define LONGEST_VARBINARY 65532
#define DEFAULT_DIMENSIONS 2048

struct column {
	const struct rs_ddl_column *c;
	const struct rs_ddl_attr *attrs;
	char *name;
};

static const struct rs_ddl_attr *find_attr(const struct column *col, enum rs_attr_kind kind)
{
	for (uint32_t i = 0; i < col->c->n_attrs; i++)
		if (col->attrs[i].kind == kind)
			return &col->attrs[i];
	return NULL;
}

static void delete_attr(struct tr *w, const struct column *col, const struct rs_ddl_attr *a, bool lossy)
{
	tr_note_tokens(w, col->name, a->from, a->to, "", lossy);
	tr_delete(w, a->from, a->to);
}

/* --- types -------------------------------------------------------------------------------- */

static void set_type(struct tr *w, const struct column *col, const char *text, const char *note)
{
	tr_note_tokens(w, col->name, col->c->type.from, col->c->type.to, note, false);
	tr_replace(w, col->c->type.from, col->c->type.to, text);
}

static void translate_vector(struct tr *w, const struct column *col)
{
	uint64_t bytes = 4 * (col->c->type.has_length ? col->c->type.length : DEFAULT_DIMENSIONS);
	char text[40];

	snprintf(text, sizeof text, "VARBINARY(%llu)", (unsigned long long)bytes);
	if (bytes > LONGEST_VARBINARY)
		snprintf(text, sizeof text, "LONGBLOB");
	set_type(w, col, text, text);
}

#define JSON_TEXT "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"

/* MySQL's JSON is a type that changes the text it is given; MariaDB's is text with a check. */
static void translate_json(struct tr *w, const struct column *col)
{
	struct rs_buf check = RS_BUF_INIT;

	if (tr_knows(w->from, TR_JSON_TYPE) == tr_knows(w->to, TR_JSON_TYPE))
		return;
	if (tr_knows(w->to, TR_JSON) && w->to->mariadb) {
		tr_note(w, col->name, "json", "longtext", false);
		return;
	}
	set_type(w, col, JSON_TEXT, "longtext");
	if (!tr_knows(w->to, TR_CHECK) || find_attr(col, RS_ATTR_CHECK))
		return;
	rs_buf_adds(&check, " CHECK (json_valid(");
	(void)rs_quote_ident(&check, col->name);
	rs_buf_adds(&check, "))");
	tr_insert_after(w, col->c->to - 1, rs_buf_str(&check));
	rs_buf_release(&check);
}

static void translate_type(struct tr *w, const struct column *col)
{
	const struct rs_ddl_type *t = &col->c->type;

	if (t->type == RS_T_UUID && tr_lacks(w, TR_UUID))
		set_type(w, col, "CHAR(36) CHARACTER SET ascii", "char(36)");
	else if (t->type == RS_T_INET6 && tr_lacks(w, TR_INET6))
		set_type(w, col, "VARCHAR(39) CHARACTER SET ascii", "varchar(39)");
	else if (t->type == RS_T_INET4 && tr_lacks(w, TR_INET4))
		set_type(w, col, "VARCHAR(15) CHARACTER SET ascii", "varchar(15)");
	else if (t->type == RS_T_VECTOR && tr_lacks(w, TR_VECTOR))
		translate_vector(w, col);
	else if (t->type == RS_T_JSON && t->word == RS_WORD_JSON)
		translate_json(w, col);
	else if (t->type == RS_T_GEOMETRY && w->to->mariadb && rs_sql_is(w->s, t->from, "GEOMCOLLECTION"))
		tr_replace(w, t->from, t->from + 1, "GEOMETRYCOLLECTION"); /* another name of the same */
	else if (t->type == RS_T_YEAR && t->has_length && t->length == 2 && tr_knows(w->to, TR_LONG_YEAR) &&
	         !tr_knows(w->from, TR_LONG_YEAR))
		set_type(w, col, "YEAR", "year");
}

/* --- defaults ------------------------------------------------------------------------------------ */

static bool is_now(const struct tr *w, uint32_t i)
{
	return rs_sql_is(w->s, i, "CURRENT_TIMESTAMP") || rs_sql_is(w->s, i, "NOW") || rs_sql_is(w->s, i, "LOCALTIME") ||
	       rs_sql_is(w->s, i, "LOCALTIMESTAMP");
}

/* NOW(3) at i: 3. */
static uint64_t precision_of(const struct tr *w, uint32_t i)
{
	char *text;
	uint64_t n;

	if (!rs_sql_is_op(w->s, i + 1, '(') || rs_sql_kind(w->s, i + 2) != RS_TOKEN_NUMBER)
		return 0;
	text = rs_sql_text(w->s, i + 2);
	n = strtoull(text, NULL, 10);
	free(text);
	return n;
}

/* CURRENT_TIMESTAMP of the column's own precision, which every product has as a default. */
static bool fits_now(const struct tr *w, const struct rs_ddl_type *t, uint32_t i)
{
	return (t->type == RS_T_DATETIME || t->type == RS_T_TIMESTAMP) && precision_of(w, i) == (t->has_length ? t->length : 0);
}

static bool is_literal(const struct tr *w, uint32_t i)
{
	if (rs_sql_kind(w->s, i) != RS_TOKEN_WORD)
		return true;
	if (rs_sql_is(w->s, i, "NULL") || rs_sql_is(w->s, i, "TRUE") || rs_sql_is(w->s, i, "FALSE"))
		return true;
	return rs_sql_kind(w->s, i + 1) == RS_TOKEN_STRING || rs_sql_kind(w->s, i + 1) == RS_TOKEN_HEX;
}

/* Types whose default MySQL takes as an expression alone. */
static bool takes_expression(const struct rs_ddl_type *t)
{
	return (t->type >= RS_T_TINYTEXT && t->type <= RS_T_LONGTEXT) ||
	       (t->type >= RS_T_TINYBLOB && t->type <= RS_T_LONGBLOB) || t->type == RS_T_JSON ||
	       t->type == RS_T_GEOMETRY;
}

static bool is_sequence_value(const struct tr *w, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		if (rs_sql_is(w->s, i, "NEXTVAL") || rs_sql_is(w->s, i, "LASTVAL") ||
		    (rs_sql_is(w->s, i, "NEXT") && rs_sql_is(w->s, i + 1, "VALUE")))
			return true;
	return false;
}

/* Whether DEFAULT's value must stand in parentheses; type is NULL where it is not known. */
static bool needs_parens(const struct tr *w, const struct rs_ddl_type *type, uint32_t value)
{
	if (rs_sql_is_op(w->s, value, '('))
		return false;
	if (type && takes_expression(type) && !rs_sql_is(w->s, value, "NULL"))
		return true;
	if (is_now(w, value))
		return !type || !fits_now(w, type, value);
	return !is_literal(w, value);
}

/* The value [value, to) of a default. */
static enum rs_rc translate_value(struct tr *w, const struct rs_ddl_type *type, uint32_t value, uint32_t to)
{
	if (is_sequence_value(w, value, to) && !tr_knows(w->to, TR_SEQUENCE))
		return rs_ddl_refuse(w->d, w->err, _("%s has no sequences"), "MySQL");
	if (tr_knows(w->from, TR_DEFAULT_BARE) && !tr_knows(w->to, TR_DEFAULT_BARE) && needs_parens(w, type, value)) {
		tr_insert_before(w, value, "(");
		tr_insert_after(w, to - 1, ")");
	}
	return RS_OK;
}

static enum rs_rc translate_default(struct tr *w, const struct column *col, const struct rs_ddl_attr *a)
{
	bool expression = rs_sql_is_op(w->s, a->value, '(') ||
	                  (tr_knows(w->from, TR_DEFAULT_BARE) && needs_parens(w, &col->c->type, a->value));

	if (expression && !tr_knows(w->to, TR_DEFAULT_EXPR)) {
		delete_attr(w, col, a, true);
		return RS_OK;
	}
	return translate_value(w, &col->c->type, a->value, a->to);
}

/* MySQL wants the column's precision. */
static void translate_on_update(struct tr *w, const struct column *col, const struct rs_ddl_attr *a)
{
	const struct rs_ddl_type *t = &col->c->type;
	char text[40];

	if (!tr_lacks(w, TR_MIXED_NOW) || fits_now(w, t, a->value) ||
	    (t->type != RS_T_DATETIME && t->type != RS_T_TIMESTAMP))
		return;
	snprintf(text, sizeof text, "CURRENT_TIMESTAMP(%u)", t->has_length ? (unsigned)t->length : 0);
	tr_note_tokens(w, col->name, a->value, a->to, text, false);
	tr_replace(w, a->value, a->to, text);
}

/* --- attributes ------------------------------------------------------------------------------------- */

/* Of an invisible column MariaDB wants to know what goes there. */
static bool lacks_default(const struct column *col)
{
	return find_attr(col, RS_ATTR_NOT_NULL) && !find_attr(col, RS_ATTR_DEFAULT) &&
	       !find_attr(col, RS_ATTR_AUTO_INCREMENT) && !find_attr(col, RS_ATTR_GENERATED);
}

static void translate_check(struct tr *w, const struct column *col, const struct rs_ddl_attr *a)
{
	const struct rs_ddl_attr *next = a + 1 < col->attrs + col->c->n_attrs ? a + 1 : NULL;
	bool enforced = tr_knows(w->from, TR_CHECK);
	bool written = next && next->kind == RS_ATTR_ENFORCED && !tr_knows(w->to, TR_ENFORCED);
	bool off = written && rs_sql_is(w->s, next->from, "NOT");

	if (off || enforced != tr_knows(w->to, TR_CHECK))
		delete_attr(w, col, a, enforced && !off);
	if (written)
		tr_delete(w, next->from, next->to);
}

/* , [ADD] FOREIGN KEY (column) REFERENCES … */
static void write_foreign_key(struct tr *w, const struct column *col, const struct rs_ddl_attr *a)
{
	struct rs_buf b = RS_BUF_INIT;
	char *text = tr_text(w, a->from, a->to);

	rs_buf_adds(&b, w->tree->close != RS_NO_TOKEN ? ", FOREIGN KEY (" : ", ADD FOREIGN KEY (");
	(void)rs_quote_ident(&b, col->name);
	rs_buf_addf(&b, ") %s", text);
	for (uint32_t i = 0; w->tree->close == RS_NO_TOKEN && i < w->tree->n_alters; i++)
		if (w->tree->alters[i].from <= a->from && a->to <= w->tree->alters[i].to)
			tr_insert_after(w, w->tree->alters[i].to - 1, rs_buf_str(&b));
	if (w->tree->close != RS_NO_TOKEN)
		tr_insert_before(w, w->tree->close, rs_buf_str(&b));
	rs_buf_release(&b);
	free(text);
}

static void translate_references(struct tr *w, const struct column *col, const struct rs_ddl_attr *a)
{
	if (tr_knows(w->from, TR_INLINE_FK) == tr_knows(w->to, TR_INLINE_FK))
		return;
	if (tr_knows(w->from, TR_INLINE_FK)) {
		write_foreign_key(w, col, a);
		tr_delete(w, a->from, a->to);
	} else {
		delete_attr(w, col, a, false);
	}
}

/* The columns of a period become plain ones. */
static void translate_period(struct tr *w, const struct column *col, const struct rs_ddl_attr *a)
{
	if (tr_knows(w->to, TR_VERSIONING))
		return;
	delete_attr(w, col, a, true);
	if (col->c->type.type == RS_T_TIMESTAMP && w->from->version >= 110500)
		set_type(w, col, "DATETIME(6)", "datetime(6)");
}

static enum rs_rc translate_generated(struct tr *w)
{
	if (tr_lacks(w, TR_GENERATED))
		return rs_ddl_refuse(w->d, w->err, _("the destination has no generated columns"));
	return RS_OK;
}

static void translate_stored(struct tr *w, const struct rs_ddl_attr *a)
{
	if (rs_sql_is(w->s, a->from, "PERSISTENT") && tr_knows(w->to, TR_STORED))
		tr_replace(w, a->from, a->to, "STORED");
	else if (rs_sql_is(w->s, a->from, "STORED") && !tr_knows(w->to, TR_STORED) && w->to->mariadb)
		tr_replace(w, a->from, a->to, "PERSISTENT");
}

static enum rs_rc translate_attr(struct tr *w, const struct column *col, const struct rs_ddl_attr *a)
{
	bool other = tr_other_product(w);

	switch (a->kind) {
	case RS_ATTR_DEFAULT: return translate_default(w, col, a);
	case RS_ATTR_GENERATED: return translate_generated(w);
	case RS_ATTR_ON_UPDATE: translate_on_update(w, col, a); break;
	case RS_ATTR_STORED: translate_stored(w, a); break;
	case RS_ATTR_CHECK: translate_check(w, col, a); break;
	case RS_ATTR_REFERENCES: translate_references(w, col, a); break;
	case RS_ATTR_ROW_START:
	case RS_ATTR_ROW_END: translate_period(w, col, a); break;
	case RS_ATTR_NULL:
	case RS_ATTR_NOT_NULL:
		if (other && w->to->mariadb && find_attr(col, RS_ATTR_GENERATED))
			delete_attr(w, col, a, false);
		break;
	case RS_ATTR_VISIBLE:
		if (w->to->mariadb || !tr_knows(w->to, TR_INVISIBLE_COLUMN))
			tr_delete(w, a->from, a->to);
		break;
	case RS_ATTR_INVISIBLE:
		if (tr_lacks(w, TR_INVISIBLE_COLUMN) || (other && w->to->mariadb && lacks_default(col)))
			delete_attr(w, col, a, true);
		break;
	case RS_ATTR_COMPRESSED:
		if (tr_lacks(w, TR_COMPRESSED_COLUMN))
			delete_attr(w, col, a, false);
		break;
	case RS_ATTR_SRID:
		if (other || tr_lacks(w, TR_SRID))
			delete_attr(w, col, a, tr_knows(w->from, TR_SRID));
		break;
	case RS_ATTR_VERSIONING:
		if (!tr_knows(w->to, TR_VERSIONING))
			delete_attr(w, col, a, false);
		break;
	case RS_ATTR_MYSQL:
	case RS_ATTR_OTHER:
		if (other)
			delete_attr(w, col, a, false);
		break;
	default: break;
	}
	return RS_OK;
}

static enum rs_rc translate_column(struct tr *w, const struct rs_ddl_column *c)
{
	struct column col = {c, c->n_attrs > 0 ? w->tree->attrs + c->first_attr : NULL, rs_sql_text(w->s, c->name)};
	enum rs_rc rc = RS_OK;

	translate_type(w, &col);
	for (uint32_t i = 0; rc == RS_OK && i < c->n_attrs; i++)
		rc = translate_attr(w, &col, &col.attrs[i]);
	tr_timestamp(w, c, col.name);
	free(col.name);
	return rc;
}

static bool is_random(const struct tr *w, uint32_t from, uint32_t to)
{
	static const char *const words[] = {"UUID", "UUID_SHORT", "UUID_V4", "UUID_V7", "SYS_GUID", "RAND", "RANDOM_BYTES",
	                                    NULL};

	for (uint32_t i = from; i < to; i++)
		for (const char *const *word = words; rs_sql_is_op(w->s, i + 1, '(') && *word; word++)
			if (rs_sql_is(w->s, i, *word))
				return true;
	return false;
}

/* A new column gives every row there is its default, which no log tells: each server would make another. */
static enum rs_rc refuse_random(struct tr *w, const struct rs_ddl_alter *a)
{
	for (uint32_t c = 0; a->kind == RS_ALTER_ADD_COLUMN && c < a->n; c++) {
		const struct rs_ddl_column *col = &w->tree->columns[a->first + c];

		for (uint32_t i = 0; i < col->n_attrs; i++) {
			const struct rs_ddl_attr *attr = &w->tree->attrs[col->first_attr + i];

			if (attr->kind == RS_ATTR_DEFAULT && is_random(w, attr->value, attr->to))
				return rs_ddl_refuse(w->d, w->err, _("the rows get random values, which would be others here"));
		}
	}
	return RS_OK;
}

/* ALTER [COLUMN] c SET DEFAULT value. */
static enum rs_rc translate_set_default(struct tr *w, const struct rs_ddl_alter *a)
{
	if (a->kind != RS_ALTER_COLUMN_DEFAULT || !a->first)
		return RS_OK;
	return translate_value(w, NULL, a->first, a->to);
}

enum rs_rc tr_columns(struct tr *w)
{
	for (uint32_t i = 0; i < w->tree->n_columns; i++)
		if (translate_column(w, &w->tree->columns[i]) != RS_OK)
			return RS_FAIL;
	for (uint32_t i = 0; i < w->tree->n_alters; i++)
		if (refuse_random(w, &w->tree->alters[i]) != RS_OK || translate_set_default(w, &w->tree->alters[i]) != RS_OK)
			return RS_FAIL;
	return RS_OK;
}
