#include "codec/pg_ddl.h"

#include <string.h>
#include <xxhash.h>
#include "base/i18n.h"
#include "codec/pg_value.h"

enum {
	NAME_MAX_BYTES = 63,   /* NAMEDATALEN - 1 */
	INDEXED_MAX = 2600,    /* bytes that an entry of a B-tree may have, with room for what goes with it */
	CHARACTER = 4          /* bytes of the widest in UTF-8 */
};

/* ------------------------------------------------------------------ words */

static void put_quoted(struct rs_buf *out, char mark, const char *text, size_t len)
{
	(void)rs_buf_addc(out, mark);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == mark)
			(void)rs_buf_addc(out, mark);
		(void)rs_buf_addc(out, text[i]);
	}
	(void)rs_buf_addc(out, mark);
}

void rs_pg_put_ident(struct rs_buf *out, const char *name) { put_quoted(out, '"', name, strlen(name)); }

void rs_pg_put_table(struct rs_buf *out, const char *schema, const char *name)
{
	rs_pg_put_ident(out, schema);
	(void)rs_buf_addc(out, '.');
	rs_pg_put_ident(out, name);
}

void rs_pg_put_text(struct rs_buf *out, const char *text)
{
	if (text)
		put_quoted(out, '\'', text, strlen(text));
	else
		(void)rs_buf_adds(out, "NULL");
}

void rs_pg_put_value(struct rs_buf *out, const struct rs_value *v)
{
	if (v->presence == RS_PRESENT)
		put_quoted(out, '\'', v->bytes ? v->bytes : "", v->len);
	else
		(void)rs_buf_adds(out, "NULL");
}

/* ------------------------------------------------------------------ columns */

static enum rs_rc put_column(struct rs_buf *out, const struct rs_column *c, struct rs_err *err)
{
	rs_pg_put_ident(out, c->name);
	(void)rs_buf_addc(out, ' ');
	if (rs_pg_type_of(c, out, err) != RS_OK)
		return RS_FAIL;
	if (!c->nullable)
		(void)rs_buf_adds(out, " NOT NULL");
	return RS_OK;
}

/* ------------------------------------------------------------------ keys and indexes */

static bool is_unlimited(const struct rs_column *c)
{
	switch (c->type) {
	case RS_T_TINYTEXT: case RS_T_TEXT: case RS_T_MEDIUMTEXT: case RS_T_LONGTEXT:
	case RS_T_TINYBLOB: case RS_T_BLOB: case RS_T_MEDIUMBLOB: case RS_T_LONGBLOB: return true;
	default: return false;
	}
}

/* Types that have an order there. */
static bool has_order(const struct rs_column *c) { return c->type != RS_T_JSON && c->type != RS_T_GEOMETRY && c->type != RS_T_VECTOR; }

static bool is_bytes(const struct rs_column *c) { return c->type >= RS_T_BINARY && c->type <= RS_T_LONGBLOB; }

/* Most bytes that a part takes; more than an index takes where that is not limited. */
static size_t part_size(const struct rs_key_part *p, const struct rs_column *c)
{
	const size_t length = p->prefix ? p->prefix : c->length;

	if (!p->prefix && is_unlimited(c))
		return INDEXED_MAX + 1;
	return is_bytes(c) ? length : rs_type_is_text(c->type) ? length * CHARACTER : 16;
}

/* Of columns that are there. A key that is unique must be, whatever its size: what is too long then is refused row by row. */
static bool can_be_made(const struct rs_table *t, const struct rs_key *k)
{
	size_t size = 0;

	for (size_t i = 0; i < k->n_parts; i++) {
		const struct rs_column *c = k->parts[i].column < t->n_columns ? &t->columns[k->parts[i].column] : NULL;

		if (!c || c->generated || !has_order(c))
			return false;
		size += part_size(&k->parts[i], c);
	}
	return k->n_parts > 0 && (k->unique || size <= INDEXED_MAX);
}

static bool has_prefix(const struct rs_key *k)
{
	for (size_t i = 0; i < k->n_parts; i++)
		if (k->parts[i].prefix)
			return true;
	return false;
}

static void put_part(struct rs_buf *out, const struct rs_table *t, const struct rs_key_part *p)
{
	const struct rs_column *c = &t->columns[p->column];

	if (p->prefix)
		(void)rs_buf_adds(out, is_bytes(c) ? "(pg_catalog.substr(" : "(pg_catalog.\"left\"(");
	rs_pg_put_ident(out, c->name);
	if (p->prefix && is_bytes(c))
		(void)rs_buf_addf(out, ", 1, %u))", p->prefix);
	else if (p->prefix)
		(void)rs_buf_addf(out, "%s, %u))", c->type == RS_T_TEXT ? "" : "::text", p->prefix);
}

static void put_parts(struct rs_buf *out, const struct rs_table *t, const struct rs_key *k)
{
	for (size_t i = 0; i < k->n_parts; i++) {
		(void)rs_buf_adds(out, i > 0 ? ", " : " (");
		put_part(out, t, &k->parts[i]);
		if (k->parts[i].descending && !k->primary)
			(void)rs_buf_adds(out, " DESC");
	}
	(void)rs_buf_addc(out, ')');
}

/* Names of indexes are the schema's there, not the table's: "orders.by_customer". Cut where characters end, and told apart then
 * by a digest. */
static void put_index_name(struct rs_buf *out, const struct rs_table *t, const struct rs_key *k)
{
	struct rs_buf name = RS_BUF_INIT;
	size_t room = NAME_MAX_BYTES;

	(void)rs_buf_addf(&name, "%s.%s", t->name, k->name);
	if (name.len > room) {
		char digest[20];

		snprintf(digest, sizeof digest, "_%016llx", (unsigned long long)XXH3_64bits(name.data, name.len));
		room -= strlen(digest);
		while (room > 0 && ((unsigned char)name.data[room] & 0xC0) == 0x80)
			room--;
		name.data[room] = '\0';
		name.len = room;
		(void)rs_buf_adds(&name, digest);
	}
	rs_pg_put_ident(out, rs_buf_str(&name));
	rs_buf_release(&name);
}

static void put_index(struct rs_buf *out, const struct rs_table *t, const struct rs_key *k)
{
	(void)rs_buf_adds(out, k->unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
	put_index_name(out, t, k);
	(void)rs_buf_adds(out, " ON ");
	rs_pg_put_table(out, t->db, t->name);
	put_parts(out, t, k);
	(void)rs_buf_adds(out, "; ");
}

/* ------------------------------------------------------------------ the table */

/* A primary key of prefixes can't be one there; it is unique all the same. */
static bool is_constraint(const struct rs_key *k) { return k->primary && !has_prefix(k); }

/* A longer one would be cut without a word. */
static enum rs_rc check_name(const struct rs_table *t, const char *name, struct rs_err *err)
{
	if (strlen(name) <= NAME_MAX_BYTES)
		return RS_OK;
	rs_err_set(err, RS_E_NOT_SUPPORTED, _("%s.%s: the name %s is longer than the %d bytes that the destination takes"), t->db, t->name, name,
	           NAME_MAX_BYTES);
	return rs_err_hint(err, "%s", _("Map it to a shorter one"));
}

static enum rs_rc check_names(const struct rs_table *t, struct rs_err *err)
{
	enum rs_rc rc = check_name(t, t->db, err);

	if (rc == RS_OK)
		rc = check_name(t, t->name, err);
	for (size_t i = 0; rc == RS_OK && i < t->n_columns; i++)
		rc = t->columns[i].generated ? RS_OK : check_name(t, t->columns[i].name, err);
	return rc;
}

enum rs_rc rs_pg_put_create(struct rs_buf *out, const struct rs_table *t, const char *placement, struct rs_err *err)
{
	const char *separator = " (";

	if (check_names(t, err) != RS_OK)
		return RS_FAIL;
	(void)rs_buf_adds(out, "CREATE TABLE ");
	rs_pg_put_table(out, t->db, t->name);
	for (size_t i = 0; i < t->n_columns; i++) {
		if (t->columns[i].generated)
			continue;
		(void)rs_buf_adds(out, separator);
		separator = ", ";
		if (put_column(out, &t->columns[i], err) != RS_OK)
			return RS_FAIL;
	}
	for (size_t i = 0; i < t->n_keys; i++)
		if (is_constraint(&t->keys[i]) && can_be_made(t, &t->keys[i])) {
			(void)rs_buf_adds(out, ", PRIMARY KEY");
			put_parts(out, t, &t->keys[i]);
		}
	(void)rs_buf_adds(out, *separator == ',' ? ")" : " ()");
	(void)rs_buf_addf(out, "%s; ", placement);
	for (size_t i = 0; i < t->n_keys; i++)
		if (!is_constraint(&t->keys[i]) && can_be_made(t, &t->keys[i]))
			put_index(out, t, &t->keys[i]);
	return RS_OK;
}
