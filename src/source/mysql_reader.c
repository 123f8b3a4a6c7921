#include "source/mysql_source.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/sql_literal.h"
#include "db/my_schema.h"

struct mysql_reader {
	struct rs_table_reader base;
	const struct rs_mysql_source *source;
	struct rs_my my;                /* RS_MY_READ */
	struct rs_my control;           /* RS_MY_CATALOG, opened when a table must be frozen */
	struct rs_my_result res;
	bool reading;
	bool has_default;               /* a default database was chosen */
	bool locked;                    /* my holds the frozen tables locked: it has no snapshot of them */
	const struct rs_table *table;
	struct rs_buf sql;
};

static struct mysql_reader *self(struct rs_table_reader *r) { return (struct mysql_reader *)r; }

/* ---------------------------------------------------------------- statements */

/* A value must leave the server in its canonical form: FLOAT is rounded when printed (16777216 becomes 16777200), and
 * ENUM and SET are wanted by number, and ZEROFILL without its zeros. Multiplying, unlike adding, keeps the sign of zero. */
static void put_column(struct rs_buf *sql, const struct rs_column *c)
{
	switch (c->type) {
	case RS_T_FLOAT:
	case RS_T_DOUBLE:
		rs_quote_ident(sql, c->name);
		rs_buf_adds(sql, rs_defect_active(RS_DEFECT_FLOAT_ROUNDED) ? "" : "*1e0");
		break;
	case RS_T_ENUM:
	case RS_T_SET:
		rs_buf_adds(sql, "CAST(");
		rs_quote_ident(sql, c->name);
		rs_buf_adds(sql, " AS UNSIGNED)");
		break;
	default:
		rs_quote_ident(sql, c->name);
		if (c->native != NULL && strstr(c->native, "zerofill") != NULL)
			rs_buf_adds(sql, "+0");
	}
}

static bool is_read(const struct mysql_reader *r, const struct rs_column *c)
{
	return !c->generated || (r->base.with_generated && !rs_column_may_be_period(c));
}

static void put_columns(struct rs_buf *sql, const struct mysql_reader *r, const struct rs_table *t)
{
	bool first = true;

	for (size_t i = 0; i < t->n_columns; i++) {
		if (!is_read(r, &t->columns[i]))
			continue;
		if (!first)
			rs_buf_addc(sql, ',');
		put_column(sql, &t->columns[i]);
		first = false;
	}
}

static const struct rs_column *key_column(const struct rs_table *t, const struct rs_key *key, size_t part)
{
	return &t->columns[key->parts[part].column];
}

/* (a, b) > (x, y) as a > x OR (a = x AND b > y): the servers use an index for this form, not for the row's. op is the
 * comparison of the last column. */
static void put_compare(struct rs_buf *sql, const struct rs_table *t, const struct rs_key *key, size_t part,
                        const struct rs_bound *bound, const char *strict, const char *last)
{
	const struct rs_column *c = key_column(t, key, part);
	bool is_last = part + 1 == bound->n;

	rs_buf_addc(sql, '(');
	rs_quote_ident(sql, c->name);
	rs_buf_adds(sql, is_last ? last : strict);
	rs_sql_literal(sql, c, &bound->values[part]);
	if (!is_last) {
		rs_buf_adds(sql, " OR (");
		rs_quote_ident(sql, c->name);
		rs_buf_addc(sql, '=');
		rs_sql_literal(sql, c, &bound->values[part]);
		rs_buf_adds(sql, " AND ");
		put_compare(sql, t, key, part + 1, bound, strict, last);
		rs_buf_addc(sql, ')');
	}
	rs_buf_addc(sql, ')');
}

static void put_range(struct rs_buf *sql, const struct rs_table *t, const struct rs_key *key,
                      const struct rs_bound *after, const struct rs_bound *upto)
{
	const char *word = " WHERE ";

	if (after != NULL && after->n > 0) {
		rs_buf_adds(sql, word);
		put_compare(sql, t, key, 0, after, ">", ">");
		word = " AND ";
	}
	if (upto != NULL && upto->n > 0) {
		rs_buf_adds(sql, word);
		put_compare(sql, t, key, 0, upto, "<", "<=");
	}
}

static void put_from(struct rs_buf *sql, const struct rs_table *t, const struct rs_key *key)
{
	rs_buf_adds(sql, " FROM ");
	rs_quote_table(sql, t->db, t->name);
	if (key != NULL) {
		rs_buf_adds(sql, " FORCE INDEX (");
		rs_quote_ident(sql, key->name);
		rs_buf_addc(sql, ')');
	}
}

/* ---------------------------------------------------------------- chunks */

static void take_bound(struct rs_bound *out, const struct rs_my_result *res)
{
	struct rs_value *values = rs_xcalloc(res->n_fields, sizeof *values);
	struct rs_bound row = {values, res->n_fields};

	for (unsigned i = 0; i < res->n_fields; i++)
		values[i] = rs_value_of(res->row[i], res->lengths[i]);
	rs_bound_copy(out, &row);
	free(values);
}

static enum rs_rc missing_table(enum rs_rc rc, const struct rs_table *t, struct rs_err *err)
{
	if (rc == RS_FAIL && err != NULL && err->native == 1054) {
		rs_err_clear(err);
		rs_err_set(err, RS_E_COPY_CHANGED, _("columns of the table %s.%s were dropped or renamed while it was copied"), t->db, t->name);
		return rs_err_hint(err, _("release the task and synchronize anew, without such changes until the copy has ended"));
	}
	if (rc == RS_FAIL && err != NULL && err->native == 1146) {
		rs_err_clear(err);
		return rs_err_set(err, RS_E_SOURCE_TABLE_GONE, _("the table %s.%s is no longer at the source"), t->db, t->name);
	}
	return rc;
}

/* An index has the sets in the order of their unsigned numbers, but conditions compare signed ones. */
static bool may_be_cut(const struct rs_table *t, const struct rs_key *key)
{
	for (size_t i = 0; i < key->n_parts; i++)
		if (key_column(t, key, i)->type == RS_T_SET && key_column(t, key, i)->n_members > 63)
			return false;
	return true;
}

#define CLOSE 4 /* at most so many numbers for each row */

static bool is_integer(enum rs_type type) { return type >= RS_T_TINYINT && type <= RS_T_BIGINT; }

static uint64_t number_of(const char *text)
{
	return *text == '-' ? (uint64_t)strtoll(text, NULL, 10) : strtoull(text, NULL, 10);
}

static void put_end(struct rs_buf *sql, const char *which, const struct rs_table *t, const struct rs_key *key,
                    const struct rs_bound *after, const struct rs_bound *upto)
{
	rs_buf_addf(sql, "(SELECT %s(", which);
	rs_quote_ident(sql, key_column(t, key, 0)->name);
	rs_buf_addc(sql, ')');
	put_from(sql, t, key);
	put_range(sql, t, key, after, upto);
	rs_buf_addc(sql, ')');
}

/* ends: the first row's number, that of the first row after the last chunk, the last row's. A chunk of n numbers has at
 * most n rows. RS_AGAIN: the numbers lie too far apart. */
static enum rs_rc compute_bound(const struct rs_table *t, bool is_unsigned, char **ends, uint64_t n, struct rs_bound *out)
{
	if (ends[0] == NULL || ends[1] == NULL || ends[2] == NULL)
		return RS_EOF;
	uint64_t next = number_of(ends[1]), last = number_of(ends[2]);
	char text[32];

	if ((last - number_of(ends[0])) / CLOSE > t->rows)
		return RS_AGAIN;
	if (last - next < n)
		return RS_EOF;
	next += n - 1;
	if (is_unsigned)
		snprintf(text, sizeof text, "%llu", (unsigned long long)next);
	else
		snprintf(text, sizeof text, "%lld", (long long)next);
	struct rs_value value = rs_value_of(text, strlen(text));
	rs_bound_copy(out, &(struct rs_bound){&value, 1});
	return RS_OK;
}

/* Where the key is one number the next bound need not be looked for by reading all that lies before it. */
static enum rs_rc bound_by_number(struct mysql_reader *r, const struct rs_table *t, const struct rs_key *key,
                                  const struct rs_bound *after, const struct rs_bound *upto, uint64_t rows,
                                  struct rs_bound *out, struct rs_err *err)
{
	struct rs_my_result res;

	if (key->n_parts != 1 || !is_integer(key_column(t, key, 0)->type))
		return RS_AGAIN;
	rs_buf_clear(&r->sql);
	rs_buf_adds(&r->sql, "SELECT ");
	put_end(&r->sql, "MIN", t, key, NULL, upto);
	rs_buf_addc(&r->sql, ',');
	put_end(&r->sql, "MIN", t, key, after, upto);
	rs_buf_addc(&r->sql, ',');
	put_end(&r->sql, "MAX", t, key, NULL, upto);
	enum rs_rc rc = rs_my_query_n(&r->my, rs_buf_str(&r->sql), r->sql.len, RS_MY_BUFFER, &res, err);
	if (rc != RS_OK)
		return missing_table(rc, t, err);
	rc = rs_my_next(&res, err);
	if (rc == RS_OK)
		rc = compute_bound(t, key_column(t, key, 0)->is_unsigned, res.row, rows > 0 ? rows : 1, out);
	rs_my_result_free(&res);
	return rc;
}

static enum rs_rc reader_bound(struct rs_table_reader *base, const struct rs_table *t, const struct rs_key *key,
                               const struct rs_bound *after, const struct rs_bound *upto, uint64_t rows,
                               struct rs_bound *out, struct rs_err *err)
{
	struct mysql_reader *r = self(base);
	struct rs_my_result res;

	if (!may_be_cut(t, key))
		return RS_EOF;
	enum rs_rc rc = bound_by_number(r, t, key, after, upto, rows, out, err);
	if (rc != RS_AGAIN)
		return rc;
	rs_buf_clear(&r->sql);
	rs_buf_adds(&r->sql, "SELECT ");
	for (size_t i = 0; i < key->n_parts; i++) {
		if (i > 0)
			rs_buf_addc(&r->sql, ',');
		put_column(&r->sql, key_column(t, key, i));
	}
	put_from(&r->sql, t, key);
	put_range(&r->sql, t, key, after, upto);
	rs_buf_adds(&r->sql, " ORDER BY ");
	for (size_t i = 0; i < key->n_parts; i++) {
		if (i > 0)
			rs_buf_addc(&r->sql, ',');
		rs_quote_ident(&r->sql, key_column(t, key, i)->name);
	}
	rs_buf_addf(&r->sql, " LIMIT 1 OFFSET %llu", (unsigned long long)(rows > 0 ? rows - 1 : 0));
	rc = rs_my_query_n(&r->my, rs_buf_str(&r->sql), r->sql.len, RS_MY_BUFFER, &res, err);
	if (rc != RS_OK)
		return missing_table(rc, t, err);
	rc = rs_my_next(&res, err);
	if (rc == RS_OK)
		take_bound(out, &res);
	rs_my_result_free(&res);
	return rc;
}

/* FROM … WHERE: the rows of a range that are wanted. */
static void put_rows(struct mysql_reader *r, const struct rs_table *t, const struct rs_key *key,
                     const struct rs_bound *after, const struct rs_bound *upto)
{
	bool range = key != NULL && ((after != NULL && after->n > 0) || (upto != NULL && upto->n > 0));

	put_from(&r->sql, t, key);
	if (range)
		put_range(&r->sql, t, key, after, upto);
	if (r->base.where != NULL)
		rs_buf_addf(&r->sql, "%s%s", range ? " AND " : " WHERE ", r->base.where);
}

static enum rs_rc reader_open(struct rs_table_reader *base, const struct rs_table *t, const struct rs_key *key,
                              const struct rs_bound *after, const struct rs_bound *upto, struct rs_err *err)
{
	struct mysql_reader *r = self(base);

	rs_buf_clear(&r->sql);
	rs_buf_adds(&r->sql, "SELECT /*!40001 SQL_NO_CACHE */ ");
	put_columns(&r->sql, r, t);
	put_rows(r, t, key, after, upto);
	enum rs_rc rc = rs_my_query_n(&r->my, rs_buf_str(&r->sql), r->sql.len, RS_MY_STREAM, &r->res, err);
	r->reading = rc == RS_OK;
	r->table = t;
	base->blocks_writers = r->locked || !rs_my_engine_is_transactional(t->engine);
	return missing_table(rc, t, err);
}

#define NO_FUNCTION 1305 /* a server that is too old, or built without it */

/* MySQL refuses a subquery in FROM where there is no default database; any will do. */
static enum rs_rc choose_default(struct mysql_reader *r, const char *db, struct rs_err *err)
{
	if (r->has_default)
		return RS_OK;
	rs_buf_clear(&r->sql);
	rs_buf_adds(&r->sql, "USE ");
	rs_quote_ident(&r->sql, db);
	r->has_default = rs_my_exec(&r->my, rs_buf_str(&r->sql), err) == RS_OK;
	return r->has_default ? RS_OK : RS_FAIL;
}

static enum rs_rc take_digest(const struct rs_my_result *res, size_t n, struct rs_digest *out)
{
	*out = (struct rs_digest){.rows = strtoull(res->row[0], NULL, 10)};
	if (n == 0)
		return RS_OK;
	if (strtoull(res->row[1], NULL, 10) != out->rows)
		return RS_AGAIN;
	out->low = strtoull(res->row[2], NULL, 10);
	out->high = strtoull(res->row[3], NULL, 10);
	return RS_OK;
}

static enum rs_rc reader_digest(struct rs_table_reader *base, const struct rs_table *t, const struct rs_key *key,
                                const struct rs_bound *after, const struct rs_bound *upto, const uint32_t *columns, size_t n,
                                struct rs_digest *out, struct rs_err *err)
{
	struct mysql_reader *r = self(base);
	struct rs_my_result res;

	enum rs_rc rc = n > 0 ? choose_default(r, t->db, err) : RS_OK;
	if (rc != RS_OK)
		return rc;
	rs_buf_clear(&r->sql);
	rs_mysql_put_digest(&r->sql, t, columns, n, key == NULL);
	put_rows(r, t, key, after, upto);
	rs_buf_adds(&r->sql, n > 0 ? ") AS r" : "");
	rc = rs_my_query_n(&r->my, rs_buf_str(&r->sql), r->sql.len, RS_MY_BUFFER, &res, err);
	if (rc == RS_FAIL && err->native == NO_FUNCTION) {
		rs_err_clear(err);
		return RS_AGAIN;
	}
	if (rc != RS_OK)
		return missing_table(rc, t, err);
	rc = rs_my_next(&res, err);
	if (rc == RS_OK)
		rc = take_digest(&res, n, out);
	rs_my_result_free(&res);
	return rc;
}

static enum rs_rc reader_next(struct rs_table_reader *base, struct rs_value *values, struct rs_err *err)
{
	struct mysql_reader *r = self(base);
	enum rs_rc rc = rs_my_next(&r->res, err);
	unsigned field = 0;

	if (rc != RS_OK)
		return rc;
	for (size_t i = 0; i < r->table->n_columns; i++) {
		if (!is_read(r, &r->table->columns[i])) {
			values[i] = (struct rs_value){NULL, 0, RS_ABSENT, 0};
			continue;
		}
		values[i] = r->res.row[field] ? rs_value_of(r->res.row[field], r->res.lengths[field]) : rs_value_null();
		field++;
	}
	return RS_OK;
}

static void reader_end(struct rs_table_reader *base)
{
	struct mysql_reader *r = self(base);

	if (r->reading)
		rs_my_result_free(&r->res);
	r->reading = false;
}

/* ---------------------------------------------------------------- tables as they were at one moment */

#define FREEZE_TRIES 200

static enum rs_rc open_snapshot(struct mysql_reader *r, struct rs_err *err)
{
	enum rs_rc rc = rs_my_exec(&r->my, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", err);

	if (rc == RS_OK)
		rc = rs_my_exec(&r->my, "START TRANSACTION WITH CONSISTENT SNAPSHOT", err);
	return rc;
}

static void reader_unfreeze(struct rs_table_reader *base)
{
	struct mysql_reader *r = self(base);
	struct rs_err ignored = RS_ERR_INIT;

	if (rs_my_exec(&r->my, r->locked ? "UNLOCK TABLES" : "ROLLBACK", &ignored) != RS_OK)
		rs_err_clear(&ignored);
	r->locked = false;
}

/* MariaDB opens the snapshot and tells its place in the log in one step. */
static enum rs_rc snapshot_mariadb(struct mysql_reader *r, struct rs_position *at, struct rs_err *err)
{
	enum rs_rc rc = open_snapshot(r, err);

	return rc == RS_OK ? rs_mysql_snapshot_position(&r->my, at, err) : rc;
}

#define MOMENT 100000000L /* ns: far longer than a server takes between the log and the storage engine */

static void free_xids(char **xids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(xids[i]);
	free(xids);
}

/* A prepared transaction's COMMIT is in the log for a moment before its rows can be seen: a snapshot of that moment does
 * not have them, although its place in the log is behind. Those that were prepared before the snapshot was opened must
 * be so a moment later. */
static enum rs_rc still_prepared(struct mysql_reader *r, char *const *xids, size_t n, bool *all, struct rs_err *err)
{
	const struct timespec moment = {0, MOMENT};
	char **now = NULL;
	size_t n_now = 0;
	enum rs_rc rc = RS_OK;

	*all = true;
	if (n == 0)
		return RS_OK;
	nanosleep(&moment, NULL);
	rc = rs_mysql_prepared(&r->control, &now, &n_now, err);
	for (size_t i = 0; rc == RS_OK && *all && i < n; i++) {
		bool found = false;
		for (size_t k = 0; !found && k < n_now; k++)
			found = strcmp(xids[i], now[k]) == 0;
		*all = found;
	}
	free_xids(now, n_now);
	return rc;
}

static enum rs_rc freeze_mariadb(struct mysql_reader *r, struct rs_position *at, bool *found, struct rs_err *err)
{
	struct rs_position before = RS_POSITION_INIT;
	char **xids = NULL;
	size_t n = 0;
	struct rs_between between = {.unknown = true};
	bool still = false;
	enum rs_rc rc = rs_mysql_end(&r->control, &before, err);

	if (rc == RS_OK)
		rc = rs_mysql_prepared(&r->control, &xids, &n, err);
	if (rc == RS_OK)
		rc = snapshot_mariadb(r, at, err);
	if (rc == RS_OK)
		rc = rs_mysql_between(&r->control, &before, at, NULL, 0, &between, err);
	bool committed = between.unknown || between.xa_commit;
	if (rc == RS_OK && !committed)
		rc = still_prepared(r, xids, n, &still, err);
	*found = rc == RS_OK && !committed && still;
	if (!*found)
		reader_unfreeze(&r->base);
	free_xids(xids, n);
	rs_position_clear(&before);
	return rc;
}

/* MySQL: a snapshot between two positions. Where nothing between them touches the tables, the snapshot shows them as
 * they were at the first, and at the second. */
static enum rs_rc freeze_bracketed(struct mysql_reader *r, const struct rs_table *const *tables, size_t n,
                                   struct rs_position *at, bool *found, struct rs_err *err)
{
	struct rs_position before = RS_POSITION_INIT, after = RS_POSITION_INIT;
	char **xids = NULL;
	size_t n_xids = 0;
	struct rs_between between = {.unknown = true};
	bool still = false;
	enum rs_rc rc = rs_mysql_fence(r->source, &r->control, &before, err);

	if (rc == RS_OK && before.file != NULL) {
		rc = rs_mysql_prepared(&r->control, &xids, &n_xids, err);
		if (rc == RS_OK)
			rc = open_snapshot(r, err);
		if (rc == RS_OK)
			rc = rs_mysql_end(&r->control, &after, err);
		if (rc == RS_OK)
			rc = rs_mysql_between(&r->control, &before, &after, tables, n, &between, err);
		bool touched = between.unknown || between.statement || between.rows;
		if (rc == RS_OK && !touched)
			rc = still_prepared(r, xids, n_xids, &still, err);
		*found = rc == RS_OK && !touched && still;
		if (*found)
			rs_position_copy(at, &after);
		else
			reader_unfreeze(&r->base);
	}
	free_xids(xids, n_xids);
	rs_position_clear(&before);
	rs_position_clear(&after);
	return rc;
}

static enum rs_rc lock_tables(struct mysql_reader *r, struct rs_my *my, const struct rs_table *const *tables, size_t n,
                              struct rs_err *err)
{
	rs_buf_clear(&r->sql);
	rs_buf_adds(&r->sql, "LOCK TABLES ");
	for (size_t i = 0; i < n; i++) {
		rs_buf_adds(&r->sql, i > 0 ? ", " : "");
		rs_quote_table(&r->sql, tables[i]->db, tables[i]->name);
		rs_buf_adds(&r->sql, " READ");
	}
	return rs_my_exec(my, rs_buf_str(&r->sql), err);
}

static enum rs_rc freeze_locked(struct mysql_reader *r, const struct rs_table *const *tables, size_t n,
                                struct rs_position *at, struct rs_err *err)
{
	struct rs_err ignored = RS_ERR_INIT;
	enum rs_rc rc = lock_tables(r, &r->control, tables, n, err);

	if (rc == RS_OK)
		rc = rs_mysql_end(&r->control, at, err);
	if (rc == RS_OK)
		rc = open_snapshot(r, err);
	if (rs_my_exec(&r->control, "UNLOCK TABLES", rc == RS_OK ? err : &ignored) != RS_OK && rc == RS_OK)
		rc = RS_FAIL;
	rs_err_clear(&ignored);
	return rc;
}

/* A snapshot shows such tables as they are when they are read: what is added meanwhile would come from the log as well.
 * The session that reads them keeps them locked; if it is lost, so is what it reads. */
static enum rs_rc freeze_without_snapshot(struct mysql_reader *r, const struct rs_table *const *tables, size_t n,
                                          struct rs_position *at, struct rs_err *err)
{
	enum rs_rc rc = lock_tables(r, &r->my, tables, n, err);

	r->locked = rc == RS_OK;
	if (rc == RS_OK)
		rc = rs_mysql_end(&r->control, at, err);
	if (rc != RS_OK && r->locked)
		reader_unfreeze(&r->base);
	return rc;
}

static bool have_snapshots(const struct rs_table *const *tables, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!rs_my_engine_is_transactional(tables[i]->engine))
			return false;
	return true;
}

static enum rs_rc reader_freeze(struct rs_table_reader *base, const struct rs_table *const *tables, size_t n,
                                bool may_lock, struct rs_position *at, struct rs_err *err)
{
	struct mysql_reader *r = self(base);
	bool found = false;
	enum rs_rc rc = RS_OK;

	if (!rs_my_is_open(&r->control))
		rc = rs_my_open_like(&r->control, &r->my, RS_MY_CATALOG, err);
	if (rc == RS_OK && !have_snapshots(tables, n))
		return freeze_without_snapshot(r, tables, n, at, err);
	for (int i = 0; rc == RS_OK && !found && i < FREEZE_TRIES; i++)
		rc = r->my.flavor == RS_MY_MARIADB ? freeze_mariadb(r, at, &found, err)
		                                   : freeze_bracketed(r, tables, n, at, &found, err);
	if (rc != RS_OK || found)
		return rc;
	if (may_lock)
		return freeze_locked(r, tables, n, at, err);
	rs_err_set(err, RS_E_FENCE, _("%s.%s changes too often to be copied as it is at one moment without a lock"),
	           tables[0]->db, tables[0]->name);
	rs_err_detail(err, _("%zu tables: those without a key, and those that foreign keys with actions connect"), n);
	return rs_err_hint(err, _("set lock_for_keyless = yes in [sync] to let them be locked for a moment"));
}

/* ---------------------------------------------------------------- life */

static void reader_cancel(struct rs_table_reader *base)
{
	rs_my_cancel(&self(base)->my);
	rs_my_cancel(&self(base)->control);
}

static void reader_close(struct rs_table_reader *base)
{
	struct mysql_reader *r = self(base);

	reader_end(base);
	rs_my_close(&r->my);
	rs_my_close(&r->control);
	rs_buf_release(&r->sql);
	free(r);
}

static const struct rs_table_reader_ops mysql_reader_ops = {
	.close = reader_close,
	.cancel = reader_cancel,
	.bound = reader_bound,
	.open = reader_open,
	.next = reader_next,
	.end = reader_end,
	.digest = reader_digest,
	.freeze = reader_freeze,
	.unfreeze = reader_unfreeze,
};

enum rs_rc rs_mysql_reader_open(struct rs_mysql_source *s, struct rs_table_reader **out, struct rs_err *err)
{
	struct mysql_reader *r = rs_xcalloc(1, sizeof *r);
	enum rs_rc rc = rs_my_open_like(&r->my, &s->my, RS_MY_READ, err);

	if (rc != RS_OK) {
		free(r);
		return rc;
	}
	r->base.ops = &mysql_reader_ops;
	r->source = s;
	rs_buf_init(&r->sql, RS_BUF_TEXT_MAX);
	*out = &r->base;
	return RS_OK;
}
