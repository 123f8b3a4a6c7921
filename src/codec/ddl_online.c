#include "codec/ddl_online.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/ddl_tree.h"

/* ---------------------------------------------------------------- values */

static bool same_text(const char *a, const char *b) { return a == b || (a && b && strcasecmp(a, b) == 0); }

static bool within(enum rs_type t, enum rs_type first, enum rs_type last) { return t >= first && t <= last; }

/* Of the same kind, and not shorter: TINYINT to BIGINT, TINYTEXT to LONGTEXT, TINYBLOB to LONGBLOB. */
static bool is_wider(enum rs_type from, enum rs_type to, enum rs_type first, enum rs_type last)
{
	return within(from, first, last) && within(to, first, last) && to >= from;
}

/* Members may be added behind the others: values are numbers. */
static bool keeps_members(const struct rs_column *from, const struct rs_column *to)
{
	if (from->n_members > to->n_members || !from->members || !to->members)
		return false;
	for (size_t i = 0; i < from->n_members; i++)
		if (strcmp(from->members[i], to->members[i]) != 0)
			return false;
	return true;
}

/* Every character of it is there, and all of them fit. */
static bool keeps_characters(const struct rs_column *from, const struct rs_column *to)
{
	if (same_text(from->charset, to->charset))
		return true;
	return within(to->type, RS_T_CHAR, RS_T_VARCHAR) && same_text(to->charset, "utf8mb4") &&
	       (same_text(from->charset, "utf8") || same_text(from->charset, "utf8mb3") || same_text(from->charset, "ascii"));
}

static bool keeps_text(const struct rs_column *from, const struct rs_column *to)
{
	if (!keeps_characters(from, to))
		return false;
	return (from->type == to->type && within(to->type, RS_T_CHAR, RS_T_VARCHAR) && to->length >= from->length) ||
	       is_wider(from->type, to->type, RS_T_TINYTEXT, RS_T_LONGTEXT);
}

static bool keeps_type(const struct rs_column *from, const struct rs_column *to)
{
	if (is_wider(from->type, to->type, RS_T_TINYINT, RS_T_BIGINT))
		return from->is_unsigned == to->is_unsigned;
	if (within(from->type, RS_T_CHAR, RS_T_LONGTEXT))
		return keeps_text(from, to);
	if (is_wider(from->type, to->type, RS_T_TINYBLOB, RS_T_LONGBLOB))
		return true;
	if (from->type != to->type)
		return false;
	switch (from->type) {
	case RS_T_DECIMAL:
		return from->is_unsigned == to->is_unsigned && to->scale >= from->scale &&
		       to->length - to->scale >= from->length - from->scale;
	case RS_T_TIME:
	case RS_T_DATETIME:
	case RS_T_TIMESTAMP:
		return to->fsp >= from->fsp;
	case RS_T_VARBINARY:
	case RS_T_BIT:
		return to->length >= from->length;
	case RS_T_ENUM:
	case RS_T_SET:
		return same_text(from->charset, to->charset) && keeps_members(from, to);
	default:
		return same_text(from->native, to->native);
	}
}

static bool keeps_values(const struct rs_column *from, const struct rs_column *to)
{
	if (from->generated != to->generated || from->auto_increment != to->auto_increment || (from->nullable && !to->nullable))
		return false;
	return from->generated ? same_text(from->native, to->native) : keeps_type(from, to);
}

/* ---------------------------------------------------------------- keys */

/* Whether any two values that were different under the one are so under the other. */
static bool keeps_order(const struct rs_column *from, const struct rs_column *to)
{
	return same_text(from->collation, to->collation) && keeps_values(from, to);
}

static bool guards_part(const struct rs_table *from, const struct rs_key_part *p, const struct rs_table *to, const struct rs_key_part *q)
{
	if (p->column >= from->n_columns || q->column >= to->n_columns)
		return false;
	const struct rs_column *a = &from->columns[p->column], *b = &to->columns[q->column];
	return strcasecmp(a->name, b->name) == 0 && p->prefix == q->prefix && keeps_order(a, b);
}

static bool guards(const struct rs_table *from, const struct rs_key *k, const struct rs_table *to, const struct rs_key *l)
{
	if (!k->unique || k->n_parts != l->n_parts)
		return false;
	for (size_t i = 0; i < k->n_parts; i++)
		if (!guards_part(from, &k->parts[i], to, &l->parts[i]))
			return false;
	return true;
}

/* A unique key that was not there before makes the tool leave rows out. */
static const struct rs_key *new_unique_key(const struct rs_table *from, const struct rs_table *to)
{
	for (size_t i = 0; i < to->n_keys; i++) {
		bool found = !to->keys[i].unique;
		for (size_t k = 0; !found && k < from->n_keys; k++)
			found = guards(from, &from->keys[k], to, &to->keys[i]);
		if (!found)
			return &to->keys[i];
	}
	return NULL;
}

/* ---------------------------------------------------------------- the statement */

/* One literal, as all rows get it. */
static bool is_literal(const struct rs_sql *s, const struct rs_ddl_attr *a)
{
	uint32_t at = a->value;

	if (rs_sql_is_op(s, at, '-') || rs_sql_is_op(s, at, '+'))
		at++;
	enum rs_token_kind kind = rs_sql_kind(s, at);
	bool literal = kind == RS_TOKEN_STRING || kind == RS_TOKEN_NUMBER || kind == RS_TOKEN_HEX || rs_sql_is(s, at, "NULL") ||
	               rs_sql_is(s, at, "TRUE") || rs_sql_is(s, at, "FALSE");
	return literal && at + 1 == a->to;
}

static bool is_plain(const struct rs_sql *s, const struct rs_ddl_attr *a, bool added)
{
	switch (a->kind) {
	case RS_ATTR_DEFAULT:
		return !added || is_literal(s, a);
	case RS_ATTR_ON_UPDATE:
	case RS_ATTR_AUTO_INCREMENT:
		return !added;
	case RS_ATTR_UNIQUE:
	case RS_ATTR_PRIMARY:
	case RS_ATTR_CHECK:
	case RS_ATTR_ENFORCED:
	case RS_ATTR_REFERENCES:
	case RS_ATTR_SERIAL:
	case RS_ATTR_ROW_START:
	case RS_ATTR_ROW_END:
	case RS_ATTR_VERSIONING:
	case RS_ATTR_OTHER:
		return false;
	default:
		return true;
	}
}

static bool has_attr(const struct rs_ddl_tree *t, const struct rs_ddl_column *c, enum rs_attr_kind kind)
{
	for (uint32_t i = c->first_attr; i < c->first_attr + c->n_attrs; i++)
		if (t->attrs[i].kind == kind)
			return true;
	return false;
}

/* What a TIMESTAMP without a default gets depends on the server's settings. */
static bool is_plain_column(const struct rs_ddl *d, const struct rs_ddl_column *c, bool added)
{
	const struct rs_ddl_tree *t = d->tree;

	for (uint32_t i = c->first_attr; i < c->first_attr + c->n_attrs; i++)
		if (!is_plain(&d->sql, &t->attrs[i], added))
			return false;
	return !added || (c->type.word != RS_WORD_SERIAL && (c->type.type != RS_T_TIMESTAMP || has_attr(t, c, RS_ATTR_DEFAULT) ||
	                                                     has_attr(t, c, RS_ATTR_NULL)));
}

static bool is_new_name(const struct rs_ddl *d, uint32_t token, const struct rs_table *from)
{
	char *name = rs_sql_text(&d->sql, token);
	bool fresh = rs_table_column(from, name) < 0;

	free(name);
	return fresh;
}

static bool same_name(const struct rs_ddl *d, uint32_t a, uint32_t b)
{
	char *x = rs_sql_text(&d->sql, a), *y = rs_sql_text(&d->sql, b);
	bool same = strcasecmp(x, y) == 0;

	free(x);
	free(y);
	return same;
}

static bool adds_plain_columns(const struct rs_ddl *d, const struct rs_ddl_alter *a, const struct rs_table *from)
{
	for (uint32_t i = a->first; i < a->first + a->n; i++)
		if (!is_new_name(d, d->tree->columns[i].name, from) || !is_plain_column(d, &d->tree->columns[i], true))
			return false;
	return true;
}

/* Part of an ALTER TABLE that means the same to a copy by name and to the rows themselves, as far as its words tell. */
static bool is_plain_change(const struct rs_ddl *d, const struct rs_ddl_alter *a, const struct rs_table *from)
{
	const struct rs_ddl_tree *t = d->tree;

	switch (a->kind) {
	case RS_ALTER_ADD_COLUMN:
		return adds_plain_columns(d, a, from);
	case RS_ALTER_CHANGE_COLUMN:
		return same_name(d, a->name, t->columns[a->first].name) && is_plain_column(d, &t->columns[a->first], false);
	case RS_ALTER_MODIFY_COLUMN:
		return is_plain_column(d, &t->columns[a->first], false);
	case RS_ALTER_ADD_KEY:
		return t->keys[a->first].kind == RS_KEY_INDEX || t->keys[a->first].kind == RS_KEY_FULLTEXT ||
		       t->keys[a->first].kind == RS_KEY_SPATIAL;
	case RS_ALTER_DROP_COLUMN:
	case RS_ALTER_COLUMN_DEFAULT:
	case RS_ALTER_COLUMN_VISIBLE:
	case RS_ALTER_DROP_KEY:
	case RS_ALTER_RENAME_KEY:
	case RS_ALTER_CONVERT:
	case RS_ALTER_OPTION:
	case RS_ALTER_FORCE:
		return true;
	default:
		return false;
	}
}

static enum rs_rc refuse_part(const struct rs_ddl *d, const struct rs_ddl_alter *a, struct rs_err *err)
{
	uint32_t start = d->sql.tokens[a->from].start, end = d->sql.tokens[a->to - 1].end;

	return rs_ddl_refuse(d, err, _("the rows that an online schema change makes with this can't be derived: %.*s"), (int)(end - start),
	                     d->sql.text + start);
}

static enum rs_rc check_columns(const struct rs_ddl *d, const struct rs_table *from, const struct rs_table *to, struct rs_err *err)
{
	for (size_t i = 0; i < from->n_columns; i++) {
		int k = rs_table_column(to, from->columns[i].name);
		if (k >= 0 && !keeps_values(&from->columns[i], &to->columns[k]))
			return rs_ddl_refuse(d, err, _("the values of the column %s may not be the same after an online schema change"),
			                     from->columns[i].name);
	}
	return RS_OK;
}

enum rs_rc rs_ddl_copies_the_same(const struct rs_ddl *alter, const struct rs_table *from, const struct rs_table *to, struct rs_err *err)
{
	if (alter->kind != RS_STMT_ALTER_TABLE || alter->not_understood || alter->tree->partition_from != alter->tree->partition_to)
		return rs_ddl_refuse(alter, err, "%s", _("what an online schema change makes with this can't be derived"));
	for (uint32_t i = 0; i < alter->tree->n_alters; i++)
		if (!is_plain_change(alter, &alter->tree->alters[i], from))
			return refuse_part(alter, &alter->tree->alters[i], err);
	const struct rs_key *key = new_unique_key(from, to);
	if (key)
		return rs_ddl_refuse(alter, err, _("an online schema change leaves out rows that are equal in the new unique key %s"), key->name);
	if (to->n_foreign_keys > 0 || from->n_foreign_keys > 0)
		return rs_ddl_refuse(alter, err, "%s", _("the foreign keys that an online schema change leaves can't be derived"));
	return check_columns(alter, from, to, err);
}

bool rs_ddl_sets_only_auto_increment(const struct rs_ddl *alter)
{
	const struct rs_ddl_tree *t = alter->tree;

	if (alter->kind != RS_STMT_ALTER_TABLE || alter->not_understood || t->n_alters == 0)
		return false;
	for (uint32_t i = 0; i < t->n_alters; i++) {
		const struct rs_ddl_alter *a = &t->alters[i];
		if (a->kind != RS_ALTER_OPTION)
			return false;
		for (uint32_t k = a->first; k < a->first + a->n; k++)
			if (t->options[k].kind != RS_OPTION_AUTO_INCREMENT)
				return false;
	}
	return true;
}

char *rs_ddl_retarget(const struct rs_ddl *d, const char *db, const char *table)
{
	struct rs_buf out = RS_BUF_INIT;

	for (size_t i = 0; i < d->n_refs; i++) {
		const struct rs_ddl_ref *r = &d->refs[i];
		if (r->role != RS_ROLE_TARGET)
			continue;
		uint32_t start = d->sql.tokens[r->from].start, end = d->sql.tokens[r->to - 1].end;
		rs_buf_add(&out, d->sql.text, start);
		rs_quote_table(&out, db, table);
		rs_buf_add(&out, d->sql.text + end, d->sql.len - end);
		return rs_buf_take(&out);
	}
	rs_buf_release(&out);
	return NULL;
}
