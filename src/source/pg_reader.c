/* Copies from a PostgreSQL server, by COPY of ranges of a key. */
#include "source/pg_source.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/pg_copy.h"
#include "codec/pg_ddl.h"
#include "db/pg_copy_out.h"
#include "db/pg_login.h"

struct pg_reader {
	struct rs_table_reader base;
	const struct rs_pg_source *source;
	struct rs_pg pg;
	struct rs_pg frozen;         /* a session of the log with a snapshot that a slot was made with */
	bool is_frozen;              /* everything is read by it */
	struct rs_pg_copy_out copy;
	PGresult *found;             /* a single row; NULL: none */
	const struct rs_table *table;
	struct rs_value *row;        /* as it is read: only the columns that are */
	size_t n_read;
	struct rs_buf sql;
};

static struct pg_reader *self(struct rs_table_reader *r) { return (struct pg_reader *)r; }

static struct rs_pg *session(struct pg_reader *r) { return r->is_frozen ? &r->frozen : &r->pg; }

/* ---------------------------------------------------------------- statements */

static bool is_read(const struct pg_reader *r, const struct rs_column *c) { return !c->generated || r->base.with_generated; }

static const struct rs_column *key_column(const struct rs_table *t, const struct rs_key *key, size_t part)
{
	return &t->columns[key->parts[part].column];
}

static void put_key(struct rs_buf *sql, const struct rs_table *t, const struct rs_key *key)
{
	for (size_t i = 0; i < key->n_parts; i++) {
		if (i > 0)
			rs_buf_addc(sql, ',');
		rs_pg_put_ident(sql, key_column(t, key, i)->name);
	}
}

/* (a, b) > ('x', 'y'): the literals are of the columns' types, and the order is that of the key's index, which serves it. */
static void put_end(struct rs_buf *sql, const struct rs_table *t, const struct rs_key *key, const char *op, const struct rs_bound *bound)
{
	rs_buf_adds(sql, "ROW(");
	put_key(sql, t, key);
	rs_buf_addf(sql, ") %s ROW(", op);
	for (size_t i = 0; i < bound->n; i++) {
		if (i > 0)
			rs_buf_addc(sql, ',');
		rs_pg_put_value(sql, &bound->values[i]);
	}
	rs_buf_addc(sql, ')');
}

/* FROM … WHERE: the rows of a range that are wanted. */
static void put_rows(struct pg_reader *r, const struct rs_table *t, const struct rs_key *key, const struct rs_bound *after,
                     const struct rs_bound *upto, const char *where)
{
	const char *word = " WHERE ";

	rs_buf_adds(&r->sql, " FROM ");
	rs_pg_put_table(&r->sql, t->db, t->name);
	if (key != NULL && after != NULL && after->n > 0) {
		rs_buf_adds(&r->sql, word);
		put_end(&r->sql, t, key, ">", after);
		word = " AND ";
	}
	if (key != NULL && upto != NULL && upto->n > 0) {
		rs_buf_adds(&r->sql, word);
		put_end(&r->sql, t, key, "<=", upto);
		word = " AND ";
	}
	if (where != NULL)
		rs_buf_addf(&r->sql, "%s(%s)", word, where);
}

static enum rs_rc missing_table(enum rs_rc rc, const struct rs_table *t, struct rs_err *err)
{
	if (rc != RS_FAIL || err == NULL)
		return rc;
	if (strcmp(err->sqlstate, "42703") == 0) {
		rs_err_clear(err);
		rs_err_set(err, RS_E_COPY_CHANGED, _("columns of the table %s.%s were dropped or renamed while it was copied"), t->db, t->name);
		return rs_err_hint(err, _("release the task and synchronize anew, without such changes until the copy has ended"));
	}
	if (strcmp(err->sqlstate, "42P01") == 0 || strcmp(err->sqlstate, "3F000") == 0) {
		rs_err_clear(err);
		return rs_err_set(err, RS_E_SOURCE_TABLE_GONE, _("the table %s.%s is no longer at the source"), t->db, t->name);
	}
	return rc;
}

/* ---------------------------------------------------------------- chunks */

/* Types that are not the server's own are written with their schema. With the search path of our sessions the operators that
 * compare them are not found, but those of what they can be cast to, which may have another order than the key. */
static bool may_be_cut(const struct rs_table *t, const struct rs_key *key)
{
	for (size_t i = 0; i < key->n_parts; i++)
		if (strchr(key_column(t, key, i)->native, '.') != NULL || key->parts[i].descending)
			return false;
	return true;
}

static void take_bound(struct rs_bound *out, const PGresult *res)
{
	const size_t n = (size_t)PQnfields(res);
	struct rs_value *values = rs_xcalloc(n, sizeof *values);

	for (size_t i = 0; i < n; i++)
		values[i] = rs_value_of(PQgetvalue(res, 0, (int)i), (size_t)PQgetlength(res, 0, (int)i));
	rs_bound_copy(out, &(struct rs_bound){values, n});
	free(values);
}

static enum rs_rc reader_bound(struct rs_table_reader *base, const struct rs_table *t, const struct rs_key *key,
                               const struct rs_bound *after, const struct rs_bound *upto, uint64_t rows, struct rs_bound *out,
                               struct rs_err *err)
{
	struct pg_reader *r = self(base);
	PGresult *res;

	if (!may_be_cut(t, key))
		return RS_EOF;
	rs_buf_clear(&r->sql);
	rs_buf_adds(&r->sql, "SELECT ");
	put_key(&r->sql, t, key);
	put_rows(r, t, key, after, upto, NULL);
	rs_buf_adds(&r->sql, " ORDER BY ");
	put_key(&r->sql, t, key);
	rs_buf_addf(&r->sql, " LIMIT 1 OFFSET %llu", (unsigned long long)(rows > 0 ? rows - 1 : 0));
	enum rs_rc rc = missing_table(rs_pg_query(session(r), rs_buf_str(&r->sql), NULL, 0, &res, err), t, err);
	if (rc != RS_OK)
		return rc;
	if (PQntuples(res) == 0)
		rc = RS_EOF;
	else
		take_bound(out, res);
	PQclear(res);
	return rc;
}

static void put_columns(struct pg_reader *r, const struct rs_table *t)
{
	r->n_read = 0;
	for (size_t i = 0; i < t->n_columns; i++) {
		if (!is_read(r, &t->columns[i]))
			continue;
		if (r->n_read++ > 0)
			rs_buf_addc(&r->sql, ',');
		rs_pg_put_ident(&r->sql, t->columns[i].name);
	}
}

static enum rs_rc reader_open(struct rs_table_reader *base, const struct rs_table *t, const struct rs_key *key,
                              const struct rs_bound *after, const struct rs_bound *upto, struct rs_err *err)
{
	struct pg_reader *r = self(base);

	rs_buf_clear(&r->sql);
	rs_buf_adds(&r->sql, "COPY (SELECT ");
	put_columns(r, t);
	put_rows(r, t, key, after, upto, base->where);
	rs_buf_adds(&r->sql, ") TO STDOUT");
	free(r->row);
	r->row = rs_xcalloc(r->n_read + 1, sizeof *r->row);
	r->table = t;
	return missing_table(rs_pg_copy_out_open(&r->copy, session(r), rs_buf_str(&r->sql), err), t, err);
}

static enum rs_rc reader_next(struct rs_table_reader *base, struct rs_value *values, struct rs_err *err)
{
	struct pg_reader *r = self(base);
	char *line;
	size_t len, field = 0;
	enum rs_rc rc = rs_pg_copy_out_next(&r->copy, &line, &len, err);

	if (rc == RS_OK)
		rc = rs_pg_copy_split(line, len, r->row, r->n_read, err);
	for (size_t i = 0; rc == RS_OK && i < r->table->n_columns; i++)
		values[i] = is_read(r, &r->table->columns[i]) ? r->row[field++] : (struct rs_value){NULL, 0, RS_ABSENT, 0};
	return rc;
}

static void take_found(const struct pg_reader *r, const struct rs_table *t, struct rs_value *values)
{
	int field = 0;

	for (size_t i = 0; i < t->n_columns; i++) {
		values[i] = (struct rs_value){NULL, 0, RS_ABSENT, 0};
		if (!is_read(r, &t->columns[i]))
			continue;
		values[i] = rs_value_null();
		if (!PQgetisnull(r->found, 0, field))
			values[i] = rs_value_of(PQgetvalue(r->found, 0, field), (size_t)PQgetlength(r->found, 0, field));
		field++;
	}
}

static enum rs_rc reader_find(struct rs_table_reader *base, const struct rs_table *t, const struct rs_key *key, const struct rs_value *row,
                              struct rs_value *values, struct rs_err *err)
{
	struct pg_reader *r = self(base);
	struct rs_value *parts = rs_xcalloc(key->n_parts, sizeof *parts);

	for (size_t i = 0; i < key->n_parts; i++)
		parts[i] = row[key->parts[i].column];
	rs_buf_clear(&r->sql);
	rs_buf_adds(&r->sql, "SELECT ");
	put_columns(r, t);
	rs_buf_adds(&r->sql, " FROM ");
	rs_pg_put_table(&r->sql, t->db, t->name);
	rs_buf_adds(&r->sql, " WHERE ");
	put_end(&r->sql, t, key, "=", &(struct rs_bound){parts, key->n_parts});
	free(parts);
	enum rs_rc rc = missing_table(rs_pg_query(session(r), rs_buf_str(&r->sql), NULL, 0, &r->found, err), t, err);
	if (rc == RS_OK && PQntuples(r->found) == 0)
		return RS_EOF;
	if (rc == RS_OK)
		take_found(r, t, values);
	return rc;
}

static void reader_end(struct rs_table_reader *base)
{
	struct pg_reader *r = self(base);

	rs_pg_copy_out_close(&r->copy);
	PQclear(r->found);
	r->found = NULL;
}

/* ---------------------------------------------------------------- digests */

enum { SHA256 = 110000 };

/* Of one row: each value says its length, so that no two rows come to the same text. */
static void put_hash(struct pg_reader *r, const struct rs_table *t, const uint32_t *columns, size_t n)
{
	const bool sha = session(r)->version >= SHA256;

	rs_buf_adds(&r->sql, sha ? "encode(sha256(convert_to(" : "md5(");
	for (size_t i = 0; i < n; i++) {
		const char *name = t->columns[columns[i]].name;

		rs_buf_adds(&r->sql, i > 0 ? "||','||COALESCE(octet_length(" : "COALESCE(octet_length(");
		rs_pg_put_ident(&r->sql, name);
		rs_buf_adds(&r->sql, "::text)::text||':'||");
		rs_pg_put_ident(&r->sql, name);
		rs_buf_adds(&r->sql, "::text,'N')");
	}
	rs_buf_adds(&r->sql, sha ? ",'UTF8')),'hex')" : ")");
}

/* The sum of all rows' hashes, of 64 of their bits each, without a sign. */
static void put_sum(struct rs_buf *sql, unsigned from)
{
#define RANGE "18446744073709551616"
	rs_buf_addf(sql, ",COALESCE(mod(mod(sum(('x'||substr(h,%u,16))::bit(64)::bigint)," RANGE ")+" RANGE "," RANGE "),0)", from);
}

static void take_digest(struct rs_digest *out, const PGresult *res)
{
	*out = (struct rs_digest){.rows = strtoull(PQgetvalue(res, 0, 0), NULL, 10)};
	if (PQnfields(res) < 3)
		return;
	out->low = strtoull(PQgetvalue(res, 0, 1), NULL, 10);
	out->high = strtoull(PQgetvalue(res, 0, 2), NULL, 10);
}

/* Whether the server says that something is larger than it can be. */
static bool is_too_large(enum rs_rc rc, struct rs_err *err)
{
	if (rc != RS_FAIL || strncmp(err->sqlstate, "54", 2) != 0)
		return false;
	rs_err_clear(err);
	return true;
}

static enum rs_rc reader_digest(struct rs_table_reader *base, const struct rs_table *t, const struct rs_key *key,
                                const struct rs_bound *after, const struct rs_bound *upto, const uint32_t *columns, size_t n,
                                struct rs_digest *out, struct rs_err *err)
{
	struct pg_reader *r = self(base);
	PGresult *res;

	rs_buf_clear(&r->sql);
	rs_buf_adds(&r->sql, "SELECT count(*)");
	if (n > 0) {
		put_sum(&r->sql, 1);
		put_sum(&r->sql, 17);
		rs_buf_adds(&r->sql, " FROM (SELECT ");
		put_hash(r, t, columns, n);
		rs_buf_adds(&r->sql, " AS h");
	}
	put_rows(r, t, key, after, upto, base->where);
	rs_buf_adds(&r->sql, n > 0 ? ") d" : "");
	enum rs_rc rc = missing_table(rs_pg_query(session(r), rs_buf_str(&r->sql), NULL, 0, &res, err), t, err);
	if (is_too_large(rc, err))
		return RS_AGAIN;
	if (rc == RS_OK) {
		take_digest(out, res);
		PQclear(res);
	}
	return rc;
}

/* ---------------------------------------------------------------- tables as they were at one moment */

static void reader_unfreeze(struct rs_table_reader *base)
{
	rs_pg_close(&self(base)->frozen);
	self(base)->is_frozen = false;
}

/* The server makes a snapshot for whoever makes a slot, which is exactly what was committed up to where that begins. The slot goes
 * with the session. All tables are the same to it. */
static enum rs_rc reader_freeze(struct rs_table_reader *base, const struct rs_table *const *tables, size_t n, bool may_lock,
                                struct rs_position *at, struct rs_err *err)
{
	struct pg_reader *r = self(base);
	struct rs_pg_slot slot = {0};
	enum rs_rc rc = rs_pg_source_log_session(r->source, &r->frozen, err);

	(void)tables, (void)n, (void)may_lock;
	if (rc == RS_OK)
		rc = rs_pg_slot_snapshot(&r->frozen, &slot, err);
	if (rc == RS_OK)
		rs_pg_position_set(at, slot.from);
	r->is_frozen = rc == RS_OK;
	if (rc != RS_OK)
		rs_pg_close(&r->frozen);
	rs_pg_slot_clear(&slot);
	return rc;
}

/* ---------------------------------------------------------------- the reader */

static void reader_cancel(struct rs_table_reader *base)
{
	rs_pg_cancel(&self(base)->pg);
	rs_pg_cancel(&self(base)->frozen);
}

static void reader_close(struct rs_table_reader *base)
{
	struct pg_reader *r = self(base);

	reader_end(base);
	rs_pg_close(&r->pg);
	rs_pg_close(&r->frozen);
	rs_buf_release(&r->sql);
	free(r->row);
	free(r);
}

static const struct rs_table_reader_ops ops = {
	.close = reader_close,
	.cancel = reader_cancel,
	.bound = reader_bound,
	.open = reader_open,
	.next = reader_next,
	.end = reader_end,
	.find = reader_find,
	.digest = reader_digest,
	.freeze = reader_freeze,
	.unfreeze = reader_unfreeze,
};

enum rs_rc rs_pg_reader_open(struct rs_pg_source *s, struct rs_table_reader **out, struct rs_err *err)
{
	struct pg_reader *r = rs_xcalloc(1, sizeof *r);

	r->base.ops = &ops;
	r->source = s;
	r->pg = r->frozen = (struct rs_pg)RS_PG_INIT;
	rs_buf_init(&r->sql, RS_BUF_TEXT_MAX);
	enum rs_rc rc = rs_pg_open_endpoint(&r->pg, s->endpoint, 0, err);
	if (rc != RS_OK) {
		reader_close(&r->base);
		return rc;
	}
	*out = &r->base;
	return RS_OK;
}
