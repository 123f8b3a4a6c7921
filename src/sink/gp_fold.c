/* Folded rows of a table at a server of Greenplum's family. Each statement there takes the coordinator and every segment, so that few
 * are sent, whatever the number of rows: these go to a temporary table, and from there to their places at once. A row that changes is
 * deleted and inserted again, since no UPDATE may touch the distribution key; where the destination has columns of its own, which
 * would be lost, it is updated. As in pg_fold.c each statement fails where it meets other rows than the fold predicts.
 *
 * The temporary table is the session's; its rows go with the transaction. Those of one call are told by the numbers in its column
 * "rds-sync", which say what becomes of a row. */
#include "sink/pg_sink.h"

#include <stdlib.h>
#include "base/i18n.h"
#include "base/mem.h"

enum { STATEMENT_ROWS = 1000, STATEMENT_BYTES = 256 << 10 };
#define WHAT "\"rds-sync\""

enum what {
	PRESENT,  /* must be there */
	ABSENT,   /* must not */
	GONE,     /* is deleted */
	NEW,      /* is inserted */
	RENEWED,  /* both */
	CHANGED,  /* is updated; where copy and stream overlap inserted if it is not there */
	WHATS
};

struct writer {
	struct rs_pg_pipe *pipe;
	struct rs_pg_shape *shape;
	const struct rs_fold_table *t;
	const struct rs_route *r;
	struct rs_buf *sql;
	unsigned first;           /* number of this call's PRESENT */
	size_t n[WHATS];
	size_t in_statement;
	struct rs_value *key_only;
};

/* ---------------------------------------------------------------- words */

static void put_stage(struct writer *w)
{
	rs_buf_addf(w->sql, "pg_temp.rds_sync_stage_%u", w->shape->stage);
}

static void put_same(struct writer *w)
{
	const struct rs_key *k = w->r->row_key;

	for (size_t p = 0; p < k->n_parts; p++) {
		const char *name = w->r->dest->columns[w->r->columns[k->parts[p].column]].name;

		rs_buf_adds(w->sql, p > 0 ? " AND t." : "t.");
		rs_pg_put_ident(w->sql, name);
		rs_buf_adds(w->sql, "=s.");
		rs_pg_put_ident(w->sql, name);
	}
}

static void put_what(struct writer *w, enum what one, enum what other)
{
	rs_buf_addf(w->sql, "s." WHAT " IN (%u,%u)", w->first + one, w->first + other);
}

static enum rs_rc send(struct writer *w, struct rs_err *err)
{
	if (rs_buf_failed(w->sql))
		return rs_err_set(err, RS_E_MEMORY, _("a row of %s.%s is too large for a statement of the destination"), w->r->dest->db, w->r->dest->name);
	return rs_pg_pipe_add(w->pipe, rs_buf_str(w->sql), RS_PG_ANYTHING, w->r, err);
}

/* What changes rows: so many of them, but where copy and stream overlap. */
static enum rs_rc send_change(struct writer *w, size_t n, struct rs_err *err)
{
	return w->t->overlap ? send(w, err) : rs_pg_pipe_counted(w->pipe, w->sql, n, w->r, err);
}

/* ---------------------------------------------------------------- to the temporary table */

static enum rs_rc make_stage(struct writer *w, struct rs_err *err)
{
	rs_buf_clear(w->sql);
	rs_buf_addf(w->sql, "CREATE TEMP TABLE IF NOT EXISTS rds_sync_stage_%u (" WHAT " int", w->shape->stage);
	for (size_t i = 0; i < w->r->source->n_columns; i++) {
		if (!rs_route_writes(w->r, i))
			continue;
		rs_buf_adds(w->sql, ",");
		rs_pg_put_ident(w->sql, w->r->dest->columns[w->r->columns[i]].name);
		rs_buf_addf(w->sql, " %s", w->r->dest->columns[w->r->columns[i]].native);
	}
	rs_buf_adds(w->sql, ") ON COMMIT DELETE ROWS DISTRIBUTED BY (");
	rs_pg_put_key_columns(w->sql, w->r, "");
	rs_buf_addc(w->sql, ')');
	return send(w, err);
}

static enum what what_of(const struct writer *w, const struct rs_fold_row *row)
{
	const enum what change = w->r->dest_has_more ? CHANGED : RENEWED;

	if (w->t->overlap) /* what was there before does not matter */
		return row->after ? change : GONE;
	if (rs_fold_stays(w->t, row))
		return rs_fold_is_unchanged(w->r, row) ? PRESENT : change;
	if (row->before)
		return row->after ? RENEWED : GONE;
	return row->after ? NEW : ABSENT;
}

/* Of a row that does not come its key alone is known. */
static const struct rs_value *values_of(struct writer *w, const struct rs_fold_row *row)
{
	const struct rs_key *k = w->r->row_key;

	if (row->after)
		return row->after;
	for (size_t i = 0; i < w->r->source->n_columns; i++)
		w->key_only[i] = rs_value_null();
	for (size_t p = 0; p < k->n_parts; p++)
		w->key_only[k->parts[p].column] = row->key[k->parts[p].column];
	return w->key_only;
}

static enum rs_rc flush(struct writer *w, struct rs_err *err)
{
	enum rs_rc rc = w->in_statement > 0 ? send(w, err) : RS_OK;

	w->in_statement = 0;
	return rc;
}

static enum rs_rc stage_row(struct writer *w, const struct rs_fold_row *row, struct rs_err *err)
{
	const enum what what = what_of(w, row);
	enum rs_rc rc = RS_OK;

	if (w->in_statement >= STATEMENT_ROWS || (w->in_statement > 0 && w->sql->len >= STATEMENT_BYTES))
		rc = flush(w, err);
	if (rc != RS_OK)
		return rc;
	if (w->in_statement == 0) {
		rs_buf_clear(w->sql);
		rs_buf_adds(w->sql, "INSERT INTO ");
		put_stage(w);
		rs_buf_adds(w->sql, " (");
		rs_pg_put_columns(w->sql, w->r, "");
		rs_buf_adds(w->sql, "," WHAT ") VALUES ");
	}
	rs_buf_adds(w->sql, w->in_statement > 0 ? "," : "");
	rc = rs_pg_put_row(w->sql, w->shape, w->r, values_of(w, row), false, err);
	if (rc == RS_OK && !rs_buf_failed(w->sql)) {
		w->sql->data[--w->sql->len] = '\0'; /* its bracket */
		rs_buf_addf(w->sql, ",%u)", w->first + what);
	}
	w->in_statement++;
	w->n[what]++;
	return rc;
}

static enum rs_rc stage_all(struct writer *w, struct rs_err *err)
{
	struct rs_fold_row **rows = rs_fold_sorted(w->t);
	enum rs_rc rc = make_stage(w, err);

	for (size_t i = 0; rc == RS_OK && i < w->t->n_rows; i++)
		rc = stage_row(w, rows[i], err);
	free(rows);
	return rc == RS_OK ? flush(w, err) : rc;
}

/* ---------------------------------------------------------------- to their places */

/* That so many are there. */
static enum rs_rc ask(struct writer *w, enum what what, size_t n, struct rs_err *err)
{
	if (w->n[what] == 0)
		return RS_OK;
	rs_buf_clear(w->sql);
	rs_buf_addf(w->sql, "SELECT 1/(pg_catalog.count(*)=%zu)::int FROM ", n);
	rs_pg_put_dest(w->sql, w->r);
	rs_buf_adds(w->sql, " t, ");
	put_stage(w);
	rs_buf_adds(w->sql, " s WHERE ");
	put_same(w);
	rs_buf_adds(w->sql, " AND ");
	put_what(w, what, what);
	return rs_pg_pipe_add(w->pipe, rs_buf_str(w->sql), RS_PG_COUNT, w->r, err);
}

static void begin_delete(struct writer *w)
{
	rs_buf_clear(w->sql);
	rs_buf_adds(w->sql, "DELETE FROM ");
	rs_pg_put_dest(w->sql, w->r);
	rs_buf_adds(w->sql, " t USING ");
	put_stage(w);
	rs_buf_adds(w->sql, " s WHERE ");
}

static enum rs_rc delete_rows(struct writer *w, struct rs_err *err)
{
	if (w->n[GONE] + w->n[RENEWED] == 0)
		return RS_OK;
	begin_delete(w);
	put_same(w);
	rs_buf_adds(w->sql, " AND ");
	put_what(w, GONE, RENEWED);
	return send_change(w, w->n[GONE] + w->n[RENEWED], err);
}

/* Other rows that have a unique value of those that come: what made them so is still to come, and brings them back. */
static enum rs_rc delete_rivals(struct writer *w, struct rs_err *err)
{
	const struct rs_table *dest = w->r->dest;
	enum rs_rc rc = RS_OK;

	for (size_t k = 0; rc == RS_OK && w->t->overlap && w->n[RENEWED] > 0 && k < dest->n_keys; k++) {
		if (!dest->keys[k].unique || rs_pg_is_row_key(w->r, &dest->keys[k]) || !rs_pg_is_filled(w->r, &dest->keys[k]))
			continue;
		begin_delete(w);
		rs_pg_put_same(w->sql, dest, &dest->keys[k]);
		rs_buf_adds(w->sql, " AND ");
		put_what(w, RENEWED, RENEWED);
		rc = send(w, err);
	}
	return rc;
}

static void begin_insert(struct writer *w)
{
	rs_buf_clear(w->sql);
	rs_buf_adds(w->sql, "INSERT INTO ");
	rs_pg_put_dest(w->sql, w->r);
	rs_buf_adds(w->sql, " (");
	rs_pg_put_columns(w->sql, w->r, "");
	rs_buf_adds(w->sql, ") SELECT ");
	rs_pg_put_columns(w->sql, w->r, "s.");
	rs_buf_adds(w->sql, " FROM ");
	put_stage(w);
	rs_buf_adds(w->sql, " s WHERE ");
}

static enum rs_rc insert_rows(struct writer *w, struct rs_err *err)
{
	if (w->n[NEW] + w->n[RENEWED] == 0)
		return RS_OK;
	begin_insert(w);
	put_what(w, NEW, RENEWED);
	return send_change(w, w->n[NEW] + w->n[RENEWED], err);
}

static enum rs_rc update_rows(struct writer *w, struct rs_err *err)
{
	if (w->n[CHANGED] == 0)
		return RS_OK;
	rs_buf_clear(w->sql);
	rs_buf_adds(w->sql, "UPDATE ");
	rs_pg_put_dest(w->sql, w->r);
	rs_buf_adds(w->sql, " t SET ");
	if (!rs_pg_put_assigned(w->sql, w->r, "s."))
		return RS_OK; /* it is all key */
	rs_buf_adds(w->sql, " FROM ");
	put_stage(w);
	rs_buf_adds(w->sql, " s WHERE ");
	put_same(w);
	rs_buf_adds(w->sql, " AND ");
	put_what(w, CHANGED, CHANGED);
	return send_change(w, w->n[CHANGED], err);
}

static enum rs_rc insert_lacking(struct writer *w, struct rs_err *err)
{
	if (!w->t->overlap || w->n[CHANGED] == 0)
		return RS_OK;
	begin_insert(w);
	put_what(w, CHANGED, CHANGED);
	rs_buf_adds(w->sql, " AND NOT EXISTS (SELECT 1 FROM ");
	rs_pg_put_dest(w->sql, w->r);
	rs_buf_adds(w->sql, " t WHERE ");
	put_same(w);
	rs_buf_addc(w->sql, ')');
	return send(w, err);
}

static enum rs_rc place_all(struct writer *w, struct rs_err *err)
{
	enum rs_rc rc = ask(w, PRESENT, w->n[PRESENT], err);

	if (rc == RS_OK)
		rc = delete_rows(w, err);
	if (rc == RS_OK)
		rc = ask(w, ABSENT, 0, err);
	if (rc == RS_OK)
		rc = delete_rivals(w, err);
	if (rc == RS_OK)
		rc = insert_rows(w, err);
	if (rc == RS_OK)
		rc = update_rows(w, err);
	return rc == RS_OK ? insert_lacking(w, err) : rc;
}

enum rs_rc rs_gp_fold_write(struct rs_pg_pipe *p, struct rs_pg_shapes *shapes, struct rs_buf *sql, const struct rs_fold_table *t,
                            struct rs_err *err)
{
	struct writer w = {.pipe = p, .t = t, .r = t->route, .sql = sql, .first = shapes->calls++ * WHATS};
	enum rs_rc rc = rs_pg_shape_of(shapes, t->route, &w.shape, err);

	if (rc != RS_OK)
		return rc;
	w.key_only = rs_xcalloc(t->route->source->n_columns + 1, sizeof *w.key_only);
	rc = stage_all(&w, err);
	if (rc == RS_OK)
		rc = place_all(&w, err);
	free(w.key_only);
	return rc;
}
