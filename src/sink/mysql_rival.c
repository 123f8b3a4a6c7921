/* Rows in the way of one that is written, since they have a unique value that it takes: while rows are compared, or copy and
 * stream overlap, they are versions of rows that come again, or are to go. Where the destination has columns of its own those must
 * not be lost by that, nor come to another row, as they would by ON DUPLICATE KEY UPDATE: a rival gives the value up, for NULL or for
 * one that nobody has, until it is written itself. It is deleted where it can't: where all columns of the key find rows, are not
 * written, or are NOT NULL and neither integers nor texts. */
#include "sink/mysql_sink.h"

#include <sys/random.h>
#include "base/mem.h"
#include "codec/sql_literal.h"

#define TRIES 4       /* values that nobody should have */
#define TEXT_LENGTH 16

/* ---------------------------------------------------------------- keys */

static bool is_part_of_row_key(const struct rs_route *r, uint32_t dest_column)
{
	for (size_t p = 0; p < r->row_key->n_parts; p++)
		if (r->columns[r->row_key->parts[p].column] == (int)dest_column)
			return true;
	return false;
}

static bool is_row_key(const struct rs_route *r, const struct rs_key *key)
{
	bool same = key->n_parts == r->row_key->n_parts;

	for (size_t p = 0; same && p < key->n_parts; p++)
		same = key->parts[p].prefix == 0 && is_part_of_row_key(r, key->parts[p].column);
	return same;
}

static bool has_rivals(const struct rs_route *r, const struct rs_key *key) { return key->unique && !is_row_key(r, key); }

bool rs_mysql_has_rivals(const struct rs_route *r)
{
	for (size_t k = 0; r->row_key != NULL && k < r->dest->n_keys; k++)
		if (has_rivals(r, &r->dest->keys[k]))
			return true;
	return false;
}

/* ---------------------------------------------------------------- values that nobody has */

static uint64_t random_number(void)
{
	uint64_t n = 0;

	return getrandom(&n, sizeof n, 0) == sizeof n ? n : (uint64_t)rs_clock_mono();
}

static unsigned bits_of(enum rs_type type)
{
	switch (type) {
	case RS_T_TINYINT:
		return 8;
	case RS_T_SMALLINT:
		return 16;
	case RS_T_MEDIUMINT:
		return 24;
	case RS_T_INT:
		return 32;
	case RS_T_BIGINT:
		return 64;
	default:
		return 0;
	}
}

/* From the end of the range that is used last. */
static void put_number(struct rs_buf *sql, const struct rs_column *c)
{
	unsigned bits = bits_of(c->type);
	uint64_t some = random_number() % ((uint64_t)1 << (bits - 2));

	if (c->is_unsigned)
		rs_buf_addf(sql, "%llu", (unsigned long long)((UINT64_MAX >> (64 - bits)) - some));
	else
		rs_buf_addf(sql, "-%llu", (unsigned long long)(((uint64_t)1 << (bits - 1)) - some));
}

static size_t text_room(const struct rs_column *c)
{
	bool sized = c->type == RS_T_CHAR || c->type == RS_T_VARCHAR || c->type == RS_T_BINARY || c->type == RS_T_VARBINARY;

	return sized && c->length < TEXT_LENGTH ? c->length : TEXT_LENGTH;
}

static void put_text(struct rs_buf *sql, const struct rs_column *c)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";

	rs_buf_addc(sql, '\'');
	for (size_t i = 0; i < text_room(c); i++)
		rs_buf_addc(sql, letters[random_number() % (sizeof letters - 1)]);
	rs_buf_addc(sql, '\'');
}

static bool takes_text(enum rs_type type) { return rs_type_is_text(type) || (type >= RS_T_BINARY && type <= RS_T_LONGBLOB); }

static bool can_be_anything(const struct rs_column *c)
{
	return !c->auto_increment && (bits_of(c->type) > 0 || (takes_text(c->type) && text_room(c) > 0));
}

static void put_free_value(struct rs_buf *sql, const struct rs_column *c)
{
	if (c->nullable)
		rs_buf_adds(sql, "NULL");
	else if (bits_of(c->type) > 0)
		put_number(sql, c);
	else
		put_text(sql, c);
}

/* ---------------------------------------------------------------- giving a value up */

/* Whoever is written later is given its value back: so it is one that is written, and by which no row is found. */
static bool may_be_given_up(const struct rs_route *r, uint32_t dest_column)
{
	int i = dest_column < r->dest->n_columns ? rs_route_source_of(r, dest_column) : -1;

	return i >= 0 && rs_route_writes(r, (size_t)i) && !is_part_of_row_key(r, dest_column);
}

/* Of a unique key; NULL where none can be given up. */
static const struct rs_column *column_to_give_up(const struct rs_route *r, const struct rs_key *key)
{
	const struct rs_column *found = NULL;

	for (size_t p = 0; p < key->n_parts; p++) {
		if (!may_be_given_up(r, key->parts[p].column))
			continue;
		const struct rs_column *c = &r->dest->columns[key->parts[p].column];
		if (c->nullable)
			return c;
		if (found == NULL && can_be_anything(c))
			found = c;
	}
	return found;
}

static void put_giving_up(struct rs_buf *sql, const struct rs_route *r, const struct rs_column *given_up)
{
	rs_buf_adds(sql, "UPDATE ");
	rs_quote_table(sql, r->dest->db, r->dest->name);
	rs_buf_adds(sql, " SET ");
	rs_quote_ident(sql, given_up->name);
	rs_buf_addc(sql, '=');
	put_free_value(sql, given_up);
	for (size_t i = 0; i < r->dest->n_columns; i++)
		if (&r->dest->columns[i] != given_up)
			rs_mysql_put_kept_time(sql, &r->dest->columns[i]);
}

/* A row that is written, and by whom others are found that are in its way. */
struct written {
	const struct rs_route *route;
	const struct rs_value *values, *before;
};

/* RS_EOF: it must go. */
static enum rs_rc give_up(struct rs_my *my, const struct written *w, const struct rs_key *key, struct rs_buf *sql, struct rs_err *err)
{
	const struct rs_column *c = column_to_give_up(w->route, key);
	enum rs_rc rc = RS_FAIL;

	if (c == NULL)
		return RS_EOF;
	for (int tries = 0; rc == RS_FAIL && tries < TRIES; tries++) {
		rs_err_clear(err);
		rs_buf_clear(sql);
		put_giving_up(sql, w->route, c);
		if (!rs_mysql_put_rivals(sql, w->route, key, w->values, w->before))
			return RS_OK;
		rc = rs_my_exec_n(my, sql->data, sql->len, NULL, err);
		if (rc == RS_FAIL && err->retry != RS_RETRY_NEVER) /* nor for what nobody knows does a row go */
			return rc;
	}
	if (rc == RS_FAIL) { /* a check forbids it, or too few values are left */
		rs_err_clear(err);
		return RS_EOF;
	}
	return rc;
}

static enum rs_rc remove_rivals(struct rs_my *my, const struct written *w, const struct rs_key *key, struct rs_buf *sql,
                                struct rs_err *err)
{
	rs_buf_clear(sql);
	rs_buf_adds(sql, "DELETE FROM ");
	rs_quote_table(sql, w->route->dest->db, w->route->dest->name);
	if (!rs_mysql_put_rivals(sql, w->route, key, w->values, w->before))
		return RS_OK;
	return rs_my_exec_n(my, sql->data, sql->len, NULL, err);
}

enum rs_rc rs_mysql_make_way(struct rs_my *my, const struct rs_route *r, const struct rs_value *values, const struct rs_value *before,
                             struct rs_buf *sql, struct rs_err *err)
{
	const struct written w = {r, values, before};
	enum rs_rc rc = RS_OK;

	for (size_t k = 0; rc == RS_OK && k < r->dest->n_keys; k++) {
		const struct rs_key *key = &r->dest->keys[k];
		if (!has_rivals(r, key))
			continue;
		rc = give_up(my, &w, key, sql, err);
		if (rc == RS_EOF)
			rc = remove_rivals(my, &w, key, sql, err);
	}
	return rc;
}
