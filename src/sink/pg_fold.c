/* Writing folded rows: one multi-row statement for each table and kind, in the order of the key. Each fails where it meets other
 * rows than the fold predicts; the caller takes everything back then and applies the changes one by one, which finds and
 * counts what is wrong. */
#include "sink/pg_sink.h"

#include <stdlib.h>
#include "base/fault.h"
#include "base/i18n.h"

enum { STATEMENT_ROWS = 500, STATEMENT_BYTES = 256 << 10 };

enum kind { KIND_PRESENT, KIND_ABSENT, KIND_DELETE, KIND_RIVALS, KIND_INSERT, KIND_UPDATE };

/* One statement in the making. */
struct writer {
	struct rs_pg_pipe *pipe;
	struct rs_pg_shapes *shapes;
	struct rs_pg_shape *shape;
	const struct rs_fold_table *t;
	const struct rs_key *unique;   /* KIND_RIVALS: by which they are found */
	struct rs_buf *sql;
	size_t n;
};

static bool is_list_of_keys(enum kind k) { return k == KIND_PRESENT || k == KIND_ABSENT || k == KIND_DELETE; }

/* ---------------------------------------------------------------- beginnings */

static void put_key_head(struct writer *w, enum kind kind)
{
	const struct rs_route *r = w->t->route;

	rs_buf_adds(w->sql, kind == KIND_DELETE ? "DELETE FROM " : "SELECT pg_catalog.count(*) c FROM ");
	rs_pg_put_dest(w->sql, r);
	rs_buf_adds(w->sql, " WHERE (");
	rs_pg_put_key_columns(w->sql, r, "");
	rs_buf_adds(w->sql, ") IN (");
}

static void put_head(struct writer *w, enum kind kind)
{
	const struct rs_route *r = w->t->route;

	rs_buf_clear(w->sql);
	if (is_list_of_keys(kind)) {
		put_key_head(w, kind);
		return;
	}
	rs_buf_adds(w->sql, kind == KIND_RIVALS ? "DELETE FROM " : kind == KIND_INSERT ? "INSERT INTO " : "UPDATE ");
	rs_pg_put_dest(w->sql, r);
	if (kind == KIND_RIVALS) {
		rs_buf_adds(w->sql, " WHERE ");
	} else if (kind == KIND_INSERT) {
		rs_buf_adds(w->sql, " (");
		rs_pg_put_columns(w->sql, r, "");
		rs_buf_adds(w->sql, ") VALUES ");
	} else {
		rs_buf_adds(w->sql, " t SET ");
		rs_pg_put_excluded(w->sql, r);
		rs_buf_adds(w->sql, " FROM (VALUES ");
	}
}

/* ---------------------------------------------------------------- ends */

/* Found by its key, which is the same before and after. */
static void put_update_tail(struct writer *w)
{
	const struct rs_route *r = w->t->route;

	rs_buf_adds(w->sql, ") excluded(");
	rs_pg_put_columns(w->sql, r, "");
	rs_buf_adds(w->sql, ") WHERE (");
	rs_pg_put_key_columns(w->sql, r, "t.");
	rs_buf_adds(w->sql, ")=(");
	rs_pg_put_key_columns(w->sql, r, "excluded.");
	rs_buf_addc(w->sql, ')');
}

static void put_newest_tail(struct writer *w)
{
	const struct rs_route *r = w->t->route;

	rs_buf_adds(w->sql, " ON CONFLICT (");
	rs_pg_put_key_columns(w->sql, r, "");
	rs_buf_adds(w->sql, rs_defect_active(RS_DEFECT_OLD_WINS) ? ") DO NOTHING" : ") DO UPDATE SET ");
	if (!rs_defect_active(RS_DEFECT_OLD_WINS))
		rs_pg_put_excluded(w->sql, r);
}

static enum rs_rc send_anyhow(struct writer *w, struct rs_err *err)
{
	if (rs_buf_failed(w->sql))
		return rs_err_set(err, RS_E_MEMORY, _("a row of %s.%s is too large for a statement of the destination"), w->t->route->dest->db,
		                  w->t->route->dest->name);
	return rs_pg_pipe_add(w->pipe, rs_buf_str(w->sql), RS_PG_ANYTHING, w->t->route, err);
}

/* That so many are there. */
static enum rs_rc send_question(struct writer *w, uint64_t n, struct rs_err *err)
{
	struct rs_buf question = RS_BUF_INIT;
	enum rs_rc rc;

	rs_buf_addf(&question, "SELECT 1/(c=%llu)::int FROM (%s) d", (unsigned long long)n, rs_buf_str(w->sql));
	rc = rs_pg_pipe_add(w->pipe, rs_buf_str(&question), RS_PG_COUNT, w->t->route, err);
	rs_buf_release(&question);
	return rc;
}

static enum rs_rc finish(struct writer *w, enum kind kind, struct rs_err *err)
{
	const uint64_t n = w->n;

	if (n == 0)
		return RS_OK;
	w->n = 0;
	if (is_list_of_keys(kind))
		rs_buf_addc(w->sql, ')');
	if (kind == KIND_UPDATE)
		put_update_tail(w);
	if (kind == KIND_INSERT && w->t->overlap)
		put_newest_tail(w);
	if (w->t->overlap || rs_defect_active(RS_DEFECT_FOLD_UNCOUNTED))
		return send_anyhow(w, err);
	if (kind == KIND_PRESENT || kind == KIND_ABSENT)
		return send_question(w, kind == KIND_PRESENT ? n : 0, err);
	return rs_pg_pipe_counted(w->pipe, w->sql, n, w->t->route, err);
}

/* ---------------------------------------------------------------- rows */

static enum rs_rc put_rival(struct writer *w, const struct rs_fold_row *row, struct rs_err *err)
{
	const size_t before = w->sql->len;
	enum rs_rc rc;

	rs_buf_adds(w->sql, w->n > 0 ? " OR (" : "(");
	rc = rs_pg_put_unique(w->sql, w->shape, w->t->route, w->unique, row->after, err);
	rs_buf_addc(w->sql, ')');
	if (rc != RS_EOF)
		return rc;
	w->sql->data[w->sql->len = before] = '\0'; /* it has no such value */
	w->n--;
	return RS_OK;
}

static enum rs_rc put(struct writer *w, enum kind kind, const struct rs_fold_row *row, struct rs_err *err)
{
	const struct rs_route *r = w->t->route;

	if (kind == KIND_RIVALS)
		return put_rival(w, row, err);
	if (w->n > 0)
		rs_buf_addc(w->sql, ',');
	if (is_list_of_keys(kind))
		return rs_pg_put_key(w->sql, w->shape, r, row->key, err);
	return rs_pg_put_row(w->sql, w->shape, r, row->after, kind == KIND_UPDATE && w->n == 0, err);
}

static enum rs_rc add(struct writer *w, enum kind kind, const struct rs_fold_row *row, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (w->n >= STATEMENT_ROWS || (w->n > 0 && w->sql->len >= STATEMENT_BYTES))
		rc = finish(w, kind, err);
	if (rc != RS_OK)
		return rc;
	if (w->n == 0)
		put_head(w, kind);
	rc = put(w, kind, row, err);
	w->n++;
	return rc;
}

static bool belongs(const struct rs_fold_table *t, const struct rs_fold_row *row, enum kind kind)
{
	if (t->overlap) /* what was there before does not matter */
		return kind == KIND_DELETE ? !row->after : row->after && (kind == KIND_INSERT || kind == KIND_RIVALS);
	switch (kind) {
	case KIND_PRESENT: return rs_fold_stays(t, row) && rs_fold_is_unchanged(t->route, row);
	case KIND_ABSENT: return !row->before && !row->after;
	case KIND_DELETE: return row->before && !rs_fold_stays(t, row);
	case KIND_RIVALS: return false;
	case KIND_INSERT: return row->after && !rs_fold_stays(t, row);
	case KIND_UPDATE: return rs_fold_stays(t, row) && !rs_fold_is_unchanged(t->route, row);
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

/* Other rows that have a unique value of those that come: what made them so is still to come, and brings them back. */
static enum rs_rc write_rivals(struct writer *w, struct rs_fold_row *const *rows, struct rs_err *err)
{
	const struct rs_route *r = w->t->route;
	enum rs_rc rc = RS_OK;

	for (size_t k = 0; rc == RS_OK && w->t->overlap && k < r->dest->n_keys; k++) {
		if (!r->dest->keys[k].unique || rs_pg_is_row_key(r, &r->dest->keys[k]))
			continue;
		w->unique = &r->dest->keys[k];
		rc = write_kind(w, rows, KIND_RIVALS, err);
	}
	return rc;
}

enum rs_rc rs_pg_fold_write(struct rs_pg_pipe *p, struct rs_pg_shapes *shapes, struct rs_buf *sql, const struct rs_fold_table *t,
                            struct rs_err *err)
{
	static const enum kind order[] = {KIND_PRESENT, KIND_DELETE, KIND_ABSENT, KIND_RIVALS, KIND_INSERT, KIND_UPDATE};
	struct writer w = {.pipe = p, .shapes = shapes, .t = t, .sql = sql};
	struct rs_fold_row **rows = rs_fold_sorted(t);
	enum rs_rc rc = rs_pg_shape_of(shapes, t->route, &w.shape, err);

	if (shapes->spreads) {
		free(rows);
		return rc == RS_OK ? rs_gp_fold_write(p, shapes, sql, t, err) : rc;
	}
	for (size_t i = 0; rc == RS_OK && i < sizeof order / sizeof *order; i++)
		rc = order[i] == KIND_RIVALS ? write_rivals(&w, rows, err) : write_kind(&w, rows, order[i], err);
	free(rows);
	return rc;
}
