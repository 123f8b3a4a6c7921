/* Writing folded rows to a MySQL-family destination: one multi-row statement for each table and kind, in the order of the
 * key. Every statement says how many rows it met; whatever differs from what the fold predicts is RS_AGAIN, and the
 * caller takes everything back and applies the changes one by one, which finds and counts what is wrong. */
#include "sink/mysql_packet.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/mem.h"

#define STATEMENT_ROWS 500    /* below what makes MariaDB turn a list into a join */
#define WIDE_ROW 4096         /* bytes; an update of such a row sends what changed, not the row */
#define FEW_ROWS 2            /* one by one they cost the server no more than an upsert, which can't look back (measured) */

/* One statement in the making. */
struct writer {
	struct rs_mysql_packet *packet;
	const struct rs_mysql_sink *sink;
	const struct rs_fold_table *t;
	struct rs_buf *sql;
	size_t where;                 /* of it, up to its condition; 0: none */
	size_t n;
	uint64_t expected;            /* affected rows */
	bool counted;
};

/* ---------------------------------------------------------------- statements */

enum kind { KIND_PRESENT, KIND_ABSENT, KIND_DELETE, KIND_INSERT, KIND_UPSERT };

static bool is_list_of_keys(enum kind k) { return k == KIND_PRESENT || k == KIND_ABSENT || k == KIND_DELETE; }

static void put_head(struct writer *w, enum kind kind)
{
	const struct rs_route *r = w->t->route;
	bool replace = kind == KIND_INSERT && w->t->overlap;

	rs_buf_clear(w->sql);
	w->where = 0;
	if (!is_list_of_keys(kind)) {
		if (replace && rs_defect_active(RS_DEFECT_OLD_WINS))
			rs_buf_adds(w->sql, "INSERT IGNORE INTO ");
		else
			rs_buf_adds(w->sql, replace ? "REPLACE INTO " : "INSERT INTO ");
		rs_mysql_put_target(w->sql, r);
		rs_buf_adds(w->sql, " VALUES ");
		return;
	}
	rs_buf_adds(w->sql, kind == KIND_DELETE ? "DELETE FROM " : "SELECT COUNT(*) FROM ");
	rs_quote_table(w->sql, r->dest->db, r->dest->name);
	rs_buf_adds(w->sql, " WHERE ");
	w->where = w->sql->len;
	rs_mysql_begin_keys(w->sql, r);
}

/* MySQL calls the new row by an alias and warns of the old word; MariaDB has the old word only. */
static void put_upsert_tail(struct writer *w)
{
	const struct rs_route *r = w->t->route;
	bool alias = w->packet->my->flavor == RS_MY_MYSQL && w->packet->my->version >= 80019;
	const char *word = " ON DUPLICATE KEY UPDATE ";

	if (alias)
		rs_buf_adds(w->sql, " AS `rds_sync_new`");
	for (size_t i = 0; i < r->source->n_columns; i++) {
		if (!rs_route_writes(r, i))
			continue;
		const char *name = r->dest->columns[r->columns[i]].name;
		rs_buf_adds(w->sql, word);
		rs_quote_ident(w->sql, name);
		rs_buf_adds(w->sql, alias ? "=`rds_sync_new`." : "=VALUES(");
		rs_quote_ident(w->sql, name);
		if (!alias)
			rs_buf_addc(w->sql, ')');
		word = ",";
	}
}

static enum rs_mysql_want wanted(const struct writer *w, enum kind kind)
{
	if (!w->counted || rs_defect_active(RS_DEFECT_FOLD_UNCOUNTED))
		return RS_WANT_ANYTHING;
	if (kind == KIND_PRESENT || kind == KIND_ABSENT)
		return RS_WANT_SELECTED;
	return kind == KIND_INSERT ? RS_WANT_INSERTED : RS_WANT_AFFECTED;
}

static enum rs_rc pack(struct writer *w, enum rs_mysql_want want, uint64_t n, struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_check_size(w->sink, w->t->route, w->sql, err);

	const struct rs_mysql_packed what = {.route = w->t->route, .want = want, .n = n, .where = w->where};

	return rc == RS_OK ? rs_mysql_packet_add(w->packet, w->sql, what, err) : rc;
}

static enum rs_rc finish(struct writer *w, enum kind kind, struct rs_err *err)
{
	if (w->n == 0)
		return RS_OK;
	if (is_list_of_keys(kind))
		rs_buf_addc(w->sql, ')');
	if (kind == KIND_UPSERT)
		put_upsert_tail(w);
	enum rs_rc rc = pack(w, wanted(w, kind), w->expected, err);
	w->n = 0;
	w->expected = 0;
	return rc;
}

static enum rs_rc add(struct writer *w, enum kind kind, const struct rs_fold_row *row, struct rs_err *err)
{
	const struct rs_route *r = w->t->route;
	size_t size = is_list_of_keys(kind) ? 0 : rs_mysql_row_size(r, row->after);

	if (w->n >= STATEMENT_ROWS || (w->n > 0 && w->sql->len + size > w->sink->max_packet / 4)) {
		enum rs_rc rc = finish(w, kind, err);
		if (rc != RS_OK)
			return rc;
	}
	if (w->n == 0)
		put_head(w, kind);
	else if (!is_list_of_keys(kind))
		rs_buf_addc(w->sql, ',');
	if (is_list_of_keys(kind))
		rs_mysql_put_listed_key(w->sql, r, row->key, w->n == 0);
	else
		rs_mysql_put_row(w->sql, r, row->after);
	w->n++;
	/* An upsert that changes a row counts it twice. */
	w->expected += kind == KIND_ABSENT ? 0 : kind == KIND_UPSERT ? 2 : 1;
	return RS_OK;
}

/* ---------------------------------------------------------------- what becomes of a row */

/* An upsert finds its row by any unique key: where there are several, it might find another one. */
static bool goes_alone(const struct rs_fold_table *t, const struct rs_fold_row *row)
{
	return t->more_keys || t->n_rows <= FEW_ROWS || rs_mysql_row_size(t->route, row->after) > WIDE_ROW;
}

static bool belongs(const struct rs_fold_table *t, const struct rs_fold_row *row, enum kind kind)
{
	if (t->overlap) /* what was there before does not matter */
		return kind == KIND_DELETE ? row->after == NULL
		                           : row->after && kind == (t->route->dest_has_more ? KIND_UPSERT : KIND_INSERT);
	switch (kind) {
	case KIND_PRESENT:
		return rs_fold_stays(t, row) && rs_fold_is_unchanged(t->route, row);
	case KIND_ABSENT:
		return !row->before && !row->after;
	case KIND_DELETE:
		return row->before && !rs_fold_stays(t, row);
	case KIND_INSERT:
		return row->after && !rs_fold_stays(t, row);
	case KIND_UPSERT:
		return rs_fold_stays(t, row) && !goes_alone(t, row) && !rs_fold_is_unchanged(t->route, row);
	}
	return false;
}

static enum rs_rc write_kind(struct writer *w, struct rs_fold_row *const *rows, enum kind kind, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < w->t->n_rows; i++)
		if (belongs(w->t, rows[i], kind))
			rc = add(w, kind, rows[i], err);
	return rc == RS_OK ? finish(w, kind, err) : rc;
}

static enum rs_rc update_alone(struct writer *w, const struct rs_fold_row *row, struct rs_err *err)
{
	const struct rs_row_change change = {(struct rs_value *)row->before, (struct rs_value *)row->after};

	rs_buf_clear(w->sql);
	if (!rs_mysql_put_update(w->sql, w->t->route, &change, w->packet->my->flavor != RS_MY_MARIADB, &w->where))
		return RS_OK;
	return pack(w, RS_WANT_AFFECTED, 1, err);
}

static enum rs_rc write_updates(struct writer *w, struct rs_fold_row *const *rows, struct rs_err *err)
{
	enum rs_rc rc = write_kind(w, rows, KIND_UPSERT, err);

	for (size_t i = 0; rc == RS_OK && !w->t->overlap && i < w->t->n_rows; i++)
		if (rs_fold_stays(w->t, rows[i]) && goes_alone(w->t, rows[i]) && !rs_fold_is_unchanged(w->t->route, rows[i]))
			rc = update_alone(w, rows[i], err);
	return rc;
}

/* ---------------------------------------------------------------- the interface */

enum rs_rc rs_mysql_fold_write(struct rs_mysql_packet *p, const struct rs_mysql_sink *s, struct rs_buf *sql,
                               const struct rs_fold_table *t, struct rs_err *err)
{
	struct writer w = {.packet = p, .sink = s, .t = t, .sql = sql, .counted = !t->overlap};
	struct rs_fold_row **rows = rs_fold_sorted(t);
	enum rs_rc rc = write_kind(&w, rows, KIND_PRESENT, err);

	if (rc == RS_OK)
		rc = write_kind(&w, rows, KIND_DELETE, err);
	if (rc == RS_OK) /* a row that came and went may have had a key that is equal to that of one deleted before, or put after it */
		rc = write_kind(&w, rows, KIND_ABSENT, err);
	if (rc == RS_OK)
		rc = write_kind(&w, rows, KIND_INSERT, err);
	if (rc == RS_OK)
		rc = write_updates(&w, rows, err);
	free(rows);
	return rc;
}
