/* Applying source transactions to a destination of the PostgreSQL family: in source order, each destination transaction beginning
 * with the conditional move of the position.
 *
 * Where changes are gathered nothing waits for an answer: BEGIN, the position, what the changes come to and COMMIT travel in one
 * pipeline. A statement that meets other rows than it must fails there, and what is behind it is not carried out; the
 * caller then applies the changes one by one. Those ask and look, so that nothing fails which would take the transaction with it. */
#include "sink/pg_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "db/pg_catalog.h"

#define PIECE ((size_t)256 << 10)
#define NO_XID "" /* in place of an xid: up to where unknown transactions are in the copy */

struct applier {
	struct rs_applier base;
	const struct rs_pg_sink *sink;
	unsigned lane;
	struct rs_pg pg;
	struct rs_pg_pipe pipe;
	struct rs_pg_shapes shapes;
	struct rs_buf sql;
	struct rs_position begun;
	char *ahead;                   /* as begin was given it */
	bool in_transaction;
	bool overlap;
	bool gathering;                /* what comes is folded, or at least not waited for */
	struct rs_fold fold;
	struct rs_anomalies *anomalies;
};

static struct applier *self(struct rs_applier *a) { return (struct applier *)a; }

/* ---------------------------------------------------------------- statements */

static enum rs_rc plain(struct applier *a, const char *sql, struct rs_err *err) { return rs_pg_pipe_add(&a->pipe, sql, RS_PG_ANYTHING, NULL, err); }

static enum rs_rc about(const struct rs_route *r, enum rs_rc rc, struct rs_err *err)
{
	return rc == RS_FAIL ? rs_err_detail(err, _("table %s.%s"), r->dest->db, r->dest->name) : rc;
}

/* The statement in a->sql, behind what is on its way. */
static enum rs_rc run(struct applier *a, const struct rs_route *r, uint64_t *affected, struct rs_err *err)
{
	enum rs_rc rc = rs_pg_pipe_finish(&a->pipe, err);

	if (rc == RS_OK && rs_buf_failed(&a->sql))
		rc = rs_err_set(err, RS_E_MEMORY, _("a row of %s.%s is too large for a statement of the destination"), r->dest->db, r->dest->name);
	if (rc == RS_OK)
		rc = rs_pg_exec(&a->pg, rs_buf_str(&a->sql), NULL, 0, affected, err);
	return about(r, rc, err);
}

/* The same where another row may be in its way. RS_EOF: it is, and nothing was done. */
static enum rs_rc try(struct applier *a, const struct rs_route *r, uint64_t *affected, struct rs_err *err)
{
	enum rs_rc rc = rs_pg_pipe_finish(&a->pipe, err);

	if (rc == RS_OK)
		rc = rs_pg_exec(&a->pg, "SAVEPOINT rds_sync_one", NULL, 0, NULL, err);
	if (rc == RS_OK)
		rc = run(a, r, affected, err);
	if (rc == RS_OK)
		return rs_pg_exec(&a->pg, "RELEASE rds_sync_one", NULL, 0, NULL, err);
	if (rc != RS_FAIL || err->code != RS_E_DEST_DUPLICATE)
		return rc;
	rs_err_clear(err);
	rc = rs_pg_exec(&a->pg, "ROLLBACK TO rds_sync_one", NULL, 0, NULL, err);
	return rc == RS_OK ? RS_EOF : rc;
}

/* ---------------------------------------------------------------- images */

static enum rs_rc incomplete(const struct rs_route *route, const struct rs_change *change, size_t column, struct rs_err *err)
{
	rs_err_set(err, RS_E_BINLOG_IMAGE, _("the log holds an incomplete row of %s.%s: column %s is missing"), route->source->db,
	           route->source->name, route->source->columns[column].name);
	return rs_err_hint(err, change->sparse ? _("at the source: ALTER TABLE … REPLICA IDENTITY DEFAULT, or FULL; then synchronize the table anew")
	                                       : _("at the source: SET GLOBAL binlog_row_image = FULL; then synchronize the table anew"));
}

static bool lacks(const struct rs_route *r, const struct rs_value *values, size_t i)
{
	return rs_route_writes(r, i) && values[i].presence == RS_ABSENT;
}

/* Every column that we write must be in the image: the destination can't be asked what the source meant. */
static enum rs_rc check_whole(const struct rs_route *route, const struct rs_change *change, const struct rs_value *values, struct rs_err *err)
{
	for (size_t i = 0; values && i < route->source->n_columns; i++)
		if (lacks(route, values, i))
			return incomplete(route, change, i, err);
	return RS_OK;
}

/* … and where that is only what the row is found by, it. */
static enum rs_rc check_key(const struct rs_route *route, const struct rs_change *change, const struct rs_value *values, struct rs_err *err)
{
	for (size_t p = 0; values && p < route->row_key->n_parts; p++)
		if (values[route->row_key->parts[p].column].presence == RS_ABSENT)
			return incomplete(route, change, route->row_key->parts[p].column, err);
	return RS_OK;
}

static enum rs_rc check_images(const struct rs_route *route, const struct rs_change *change, const struct rs_row_change *row,
                               struct rs_err *err)
{
	const bool sparse = change->sparse && route->row_key;
	enum rs_rc rc = sparse ? check_key(route, change, row->before, err) : check_whole(route, change, row->before, err);

	if (rc != RS_OK)
		return rc;
	return sparse && row->before ? check_key(route, change, row->after ? row->after : row->before, err)
	                             : check_whole(route, change, row->after, err);
}

/* Whether the row as it is now lacks what was not touched. */
static bool is_sparse(const struct rs_route *r, const struct rs_change *change, const struct rs_row_change *row)
{
	for (size_t i = 0; change->sparse && row->before && row->after && i < r->source->n_columns; i++)
		if (lacks(r, row->after, i))
			return true;
	return false;
}

/* ---------------------------------------------------------------- one row */

static void begin_statement(struct applier *a, const char *words, const struct rs_route *r)
{
	rs_buf_clear(&a->sql);
	rs_buf_adds(&a->sql, words);
	rs_pg_put_dest(&a->sql, r);
}

static enum rs_rc put_delete(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_value *before,
                             struct rs_err *err)
{
	begin_statement(a, "DELETE FROM ", r);
	rs_buf_adds(&a->sql, " WHERE ");
	return rs_pg_put_match(&a->sql, s, r, before, err);
}

static enum rs_rc put_insert(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_value *after,
                             struct rs_err *err)
{
	begin_statement(a, "INSERT INTO ", r);
	rs_buf_adds(&a->sql, " (");
	rs_pg_put_columns(&a->sql, r, "");
	rs_buf_adds(&a->sql, ") VALUES ");
	return rs_pg_put_row(&a->sql, s, r, after, false, err);
}

static bool is_of_key(const struct rs_route *r, size_t column)
{
	for (size_t p = 0; r->row_key && p < r->row_key->n_parts; p++)
		if (r->row_key->parts[p].column == column)
			return true;
	return false;
}

/* Whether a column is set: one that changed, or, where it does not matter what was there before, one that is not of the key. */
static bool is_set(const struct rs_route *r, const struct rs_row_change *row, size_t i)
{
	if (!rs_route_writes(r, i) || row->after[i].presence == RS_ABSENT)
		return false;
	return row->before ? !rs_value_identical(&row->before[i], &row->after[i]) : !is_of_key(r, i);
}

/* UPDATE of what is set. RS_EOF: nothing is. */
static enum rs_rc put_update(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_row_change *row,
                             struct rs_err *err)
{
	const char *word = " SET ";
	enum rs_rc rc = RS_OK;

	begin_statement(a, "UPDATE ", r);
	for (size_t i = 0; rc == RS_OK && i < r->source->n_columns; i++) {
		struct rs_value text;

		if (!is_set(r, row, i))
			continue;
		rs_buf_adds(&a->sql, word);
		word = ",";
		rs_pg_put_ident(&a->sql, r->dest->columns[r->columns[i]].name);
		rs_buf_addc(&a->sql, '=');
		rc = rs_pg_shape_convert(s, i, &row->after[i], &text, err);
		if (rc == RS_OK)
			rs_pg_put_value(&a->sql, &text);
	}
	if (rc != RS_OK || *word == ' ')
		return rc == RS_OK ? RS_EOF : about(r, rc, err);
	rs_buf_adds(&a->sql, " WHERE ");
	return rs_pg_put_match(&a->sql, s, r, row->before ? row->before : row->after, err);
}

/* Rows that have a unique value of what comes, but for the one that becomes it. */
static enum rs_rc make_way(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_value *after,
                           const struct rs_value *own, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t k = 0; rc == RS_OK && k < r->dest->n_keys; k++) {
		if (!r->dest->keys[k].unique || rs_pg_is_row_key(r, &r->dest->keys[k]))
			continue;
		begin_statement(a, "DELETE FROM ", r);
		rs_buf_adds(&a->sql, " WHERE ");
		rc = rs_pg_put_unique(&a->sql, s, r, &r->dest->keys[k], after, err);
		if (rc == RS_OK && r->row_key) {
			rs_buf_adds(&a->sql, " AND NOT (");
			rc = rs_pg_put_match(&a->sql, s, r, own, err);
			rs_buf_addc(&a->sql, ')');
		}
		rc = rc == RS_EOF ? RS_OK : rc == RS_OK ? run(a, r, NULL, err) : rc;
	}
	return rc;
}

static enum rs_rc delete_anyhow(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_value *before,
                                struct rs_err *err)
{
	enum rs_rc rc = put_delete(a, s, r, before, err);

	return rc == RS_OK ? run(a, r, NULL, err) : rc;
}

/* Without ON CONFLICT: updated where the destination has columns of its own, else deleted and inserted. */
static enum rs_rc put_newest_spread(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_value *after,
                                    struct rs_err *err)
{
	const struct rs_row_change row = {.after = (struct rs_value *)(uintptr_t)after};
	uint64_t affected = 0;
	enum rs_rc rc = make_way(a, s, r, after, after, err);

	if (rc == RS_OK && r->row_key && !r->dest_has_more)
		rc = delete_anyhow(a, s, r, after, err);
	else if (rc == RS_OK && r->row_key && (rc = put_update(a, s, r, &row, err)) == RS_OK)
		rc = run(a, r, &affected, err);
	if ((rc != RS_OK && rc != RS_EOF) || affected > 0)
		return rc;
	rc = put_insert(a, s, r, after, err);
	rc = rc == RS_OK ? try(a, r, NULL, err) : rc;
	return rc == RS_EOF ? RS_OK : rc; /* it is all key, and there */
}

/* The source's version wins, whatever is there; columns that only the destination has keep their values. */
static enum rs_rc put_newest(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_value *after,
                             struct rs_err *err)
{
	const bool upsert = rs_pg_has_row_key(r);
	enum rs_rc rc;

	if (s->spreads)
		return put_newest_spread(a, s, r, after, err);
	rc = make_way(a, s, r, after, after, err);
	if (rc == RS_OK && r->row_key && !upsert)
		rc = delete_anyhow(a, s, r, after, err);
	if (rc == RS_OK)
		rc = put_insert(a, s, r, after, err);
	if (rc == RS_OK && upsert) {
		rs_buf_adds(&a->sql, " ON CONFLICT (");
		rs_pg_put_key_columns(&a->sql, r, "");
		rs_buf_adds(&a->sql, rs_defect_active(RS_DEFECT_OLD_WINS) ? ") DO NOTHING" : ") DO UPDATE SET ");
		if (!rs_defect_active(RS_DEFECT_OLD_WINS))
			rs_pg_put_excluded(&a->sql, r);
	}
	return rc == RS_OK ? run(a, r, NULL, err) : rc;
}

/* ---------------------------------------------------------------- while copy and stream overlap */

static bool key_changed(const struct rs_route *r, const struct rs_row_change *row)
{
	for (size_t p = 0; p < r->row_key->n_parts; p++)
		if (!rs_value_identical(&row->before[r->row_key->parts[p].column], &row->after[r->row_key->parts[p].column]))
			return true;
	return false;
}

/* What is known of the row as it is now: where it is as it was, or, without before, where it is already. */
static enum rs_rc put_known(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_row_change *row,
                            struct rs_err *err)
{
	enum rs_rc rc = make_way(a, s, r, row->after, row->before ? row->before : row->after, err);

	if (rc == RS_OK)
		rc = put_update(a, s, r, row, err);
	return rc == RS_OK ? run(a, r, NULL, err) : rc == RS_EOF ? RS_OK : rc;
}

static enum rs_rc is_there(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_value *values, bool *yes,
                           struct rs_err *err)
{
	uint64_t n = 0;

	begin_statement(a, "SELECT 1 FROM ", r);
	rs_buf_adds(&a->sql, " WHERE ");
	enum rs_rc rc = rs_pg_put_match(&a->sql, s, r, values, err);
	if (rc == RS_OK)
		rc = run(a, r, &n, err);
	*yes = n > 0;
	return rc;
}

/* What was not touched is in the row that is there: under its key as it is now, where it was copied later, else under the one that it
 * had. One that is under neither was removed at the source before it was copied, which is still to come. */
static enum rs_rc overlap_sparsely(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_row_change *row,
                                   struct rs_err *err)
{
	bool moved = false;
	enum rs_rc rc = key_changed(r, row) ? is_there(a, s, r, row->after, &moved, err) : RS_OK;

	if (rc == RS_OK && moved)
		rc = delete_anyhow(a, s, r, row->before, err);
	return rc == RS_OK ? put_known(a, s, r, &(struct rs_row_change){moved ? NULL : row->before, row->after}, err) : rc;
}

static enum rs_rc apply_overlapping(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_change *change,
                                    const struct rs_row_change *row, struct rs_err *err)
{
	const enum rs_op op = change->op;
	enum rs_rc rc = RS_OK;

	if (op == RS_OP_DELETE)
		return delete_anyhow(a, s, r, row->before, err);
	if (is_sparse(r, change, row))
		return overlap_sparsely(a, s, r, row, err);
	if (op == RS_OP_UPDATE && key_changed(r, row) && !rs_defect_active(RS_DEFECT_KEY_CHANGE))
		rc = delete_anyhow(a, s, r, row->before, err);
	return rc == RS_OK ? put_newest(a, s, r, row->after, err) : rc;
}

/* ---------------------------------------------------------------- each change must find exactly its row */

static enum rs_rc insert_one(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_value *after,
                             struct rs_err *err)
{
	uint64_t affected = 0;
	enum rs_rc rc = put_insert(a, s, r, after, err);

	if (!s->spreads)
		rs_buf_adds(&a->sql, " ON CONFLICT DO NOTHING");
	if (rc == RS_OK && a->gathering)
		return rs_pg_pipe_counted(&a->pipe, &a->sql, 1, r, err);
	if (rc == RS_OK)
		rc = s->spreads ? try(a, r, &affected, err) : run(a, r, &affected, err);
	if ((rc != RS_OK && rc != RS_EOF) || affected == 1)
		return rc;
	a->anomalies->duplicate_inserts++;
	return put_newest(a, s, r, after, err);
}

/* Of what was not touched nothing is known but by the row that is there. */
static enum rs_rc update_anyway(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_change *change,
                                const struct rs_row_change *row, struct rs_err *err)
{
	if (is_sparse(r, change, row))
		return put_known(a, s, r, row, err);
	enum rs_rc rc = r->row_key ? delete_anyhow(a, s, r, row->before, err) : RS_OK;

	return rc == RS_OK ? put_newest(a, s, r, row->after, err) : rc;
}

/* Of what is spread over segments a row is deleted and inserted: no UPDATE may touch the distribution key. */
static enum rs_rc replace_one(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_row_change *row,
                              struct rs_err *err)
{
	uint64_t affected = 0;
	enum rs_rc rc = put_delete(a, s, r, row->before, err);

	if (rc == RS_OK)
		rc = a->gathering ? rs_pg_pipe_counted(&a->pipe, &a->sql, 1, r, err) : run(a, r, &affected, err);
	if (rc == RS_OK)
		rc = put_insert(a, s, r, row->after, err);
	if (rc == RS_OK && a->gathering)
		return rs_pg_pipe_counted(&a->pipe, &a->sql, 1, r, err);
	a->anomalies->missing_updates += rc == RS_OK && affected == 0;
	if (rc == RS_OK)
		rc = try(a, r, NULL, err);
	if (rc != RS_EOF)
		return rc;
	a->anomalies->duplicate_inserts++;
	return put_newest(a, s, r, row->after, err);
}

/* What the destination alone has of it comes along: "INSERT … SELECT v.*, o.* FROM (VALUES …) v, (SELECT … WHERE …) o". */
static enum rs_rc put_moved(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_row_change *row,
                            struct rs_err *err)
{
	struct rs_buf own = RS_BUF_INIT;
	enum rs_rc rc;

	for (uint32_t i = 0; i < r->dest->n_columns; i++)
		if (rs_route_source_of(r, i) < 0 && !r->dest->columns[i].generated) {
			rs_buf_adds(&own, own.len > 0 ? "," : "");
			rs_pg_put_ident(&own, r->dest->columns[i].name);
		}
	begin_statement(a, "INSERT INTO ", r);
	rs_buf_adds(&a->sql, " (");
	rs_pg_put_columns(&a->sql, r, "");
	rs_buf_addf(&a->sql, ",%s) SELECT v.*,o.* FROM (VALUES ", rs_buf_str(&own));
	rc = rs_pg_put_row(&a->sql, s, r, row->after, true, err);
	rs_buf_addf(&a->sql, ") v,(SELECT %s FROM ", rs_buf_str(&own));
	rs_pg_put_dest(&a->sql, r);
	rs_buf_adds(&a->sql, " WHERE ");
	if (rc == RS_OK)
		rc = rs_pg_put_match(&a->sql, s, r, row->before, err);
	rs_buf_adds(&a->sql, ") o");
	rs_buf_release(&own);
	return rc;
}

/* A row that goes to another segment, and has columns of the destination's own: inserted there, then deleted here. */
static enum rs_rc move_one(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_change *change,
                           const struct rs_row_change *row, struct rs_err *err)
{
	uint64_t affected = 0;
	enum rs_rc rc = put_moved(a, s, r, row, err);

	if (rc == RS_OK)
		rc = a->gathering ? rs_pg_pipe_counted(&a->pipe, &a->sql, 1, r, err) : try(a, r, &affected, err);
	if (rc == RS_OK && a->gathering) {
		rc = put_delete(a, s, r, row->before, err);
		return rc == RS_OK ? rs_pg_pipe_counted(&a->pipe, &a->sql, 1, r, err) : rc;
	}
	if (rc != RS_OK && rc != RS_EOF)
		return rc;
	if (affected > 0)
		return delete_anyhow(a, s, r, row->before, err);
	*(rc == RS_EOF ? &a->anomalies->duplicate_inserts : &a->anomalies->missing_updates) += 1;
	return update_anyway(a, s, r, change, row, err);
}

static bool moves(const struct rs_route *r, const struct rs_row_change *row)
{
	for (size_t i = 0; i < r->source->n_columns; i++)
		if (is_set(r, row, i) && rs_pg_may_spread_by(r, i))
			return true;
	return false;
}

static enum rs_rc update_one(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_change *change,
                             const struct rs_row_change *row, struct rs_err *err)
{
	uint64_t affected = 0;
	enum rs_rc rc = put_update(a, s, r, row, err);

	if (rc != RS_OK)
		return rc == RS_EOF ? RS_OK : rc;
	const bool spreads = s->spreads && !is_sparse(r, change, row);
	if (spreads && !r->dest_has_more)
		return replace_one(a, s, r, row, err);
	if (spreads && moves(r, row))
		return move_one(a, s, r, change, row, err);
	if (a->gathering)
		return rs_pg_pipe_counted(&a->pipe, &a->sql, 1, r, err);
	rc = try(a, r, &affected, err);
	if (rc == RS_EOF) {
		a->anomalies->duplicate_inserts++;
		return update_anyway(a, s, r, change, row, err);
	}
	if (rc != RS_OK || affected > 0)
		return rc;
	a->anomalies->missing_updates++;
	return update_anyway(a, s, r, change, row, err);
}

static enum rs_rc delete_one(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_value *before,
                             struct rs_err *err)
{
	uint64_t affected = 0;
	enum rs_rc rc = put_delete(a, s, r, before, err);

	if (rc == RS_OK && a->gathering)
		return rs_pg_pipe_counted(&a->pipe, &a->sql, 1, r, err);
	if (rc == RS_OK)
		rc = run(a, r, &affected, err);
	if (rc == RS_OK && affected == 0 && !a->overlap)
		a->anomalies->missing_deletes++;
	return rc;
}

static enum rs_rc apply_strictly(struct applier *a, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_change *change,
                                 const struct rs_row_change *row, struct rs_err *err)
{
	switch (change->op) {
	case RS_OP_INSERT: return insert_one(a, s, r, row->after, err);
	case RS_OP_UPDATE: return update_one(a, s, r, change, row, err);
	case RS_OP_DELETE: return delete_one(a, s, r, row->before, err);
	}
	return RS_OK;
}

static enum rs_rc apply_one(struct applier *a, const struct rs_route *r, const struct rs_change *change, const struct rs_row_change *row,
                            struct rs_err *err)
{
	struct rs_pg_shape *s;
	enum rs_rc rc = rs_pg_shape_of(&a->shapes, r, &s, err);

	if (rc == RS_OK)
		rc = a->overlap && r->row_key ? apply_overlapping(a, s, r, change, row, err) : apply_strictly(a, s, r, change, row, err);
	if (rc == RS_OK && !change->no_foreign_keys && !rs_defect_active(RS_DEFECT_CASCADE_IGNORED))
		rc = rs_pg_cascade(&a->pipe, &a->shapes, r, row, err);
	return rc;
}

/* ---------------------------------------------------------------- rows */

static enum rs_rc settle_table(struct applier *a, struct rs_fold_table *t, struct rs_err *err)
{
	enum rs_rc rc = rs_pg_fold_write(&a->pipe, &a->shapes, &a->sql, t, err);

	rs_fold_settled(t);
	return rc;
}

static enum rs_rc settle_all(struct applier *a, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < a->fold.n_tables; i++)
		if (a->fold.tables[i]->n_rows > 0)
			rc = settle_table(a, a->fold.tables[i], err);
	rs_fold_clear(&a->fold);
	return rc;
}

static enum rs_rc fold_one(struct applier *a, const struct rs_route *route, const struct rs_change *change, const struct rs_row_change *row,
                           struct rs_err *err)
{
	struct rs_fold_table *t = NULL;
	enum rs_rc rc = RS_OK;

	switch (rs_fold_add(&a->fold, route, a->overlap, change->op, is_sparse(route, change, row) ? NULL : row, &t)) {
	case RS_FOLD_ADDED: return RS_OK;
	case RS_FOLD_BROKEN: return RS_AGAIN;
	case RS_FOLD_ALONE: break;
	}
	if (t->n_rows > 0)
		rc = settle_table(a, t, err);
	return rc == RS_OK ? apply_one(a, route, change, row, err) : rc;
}

static enum rs_rc applier_rows(struct rs_applier *base, const struct rs_route *route, const struct rs_change *change, bool overlap,
                               struct rs_anomalies *anomalies, struct rs_err *err)
{
	struct applier *a = self(base);
	enum rs_rc rc = a->overlap != overlap ? settle_all(a, err) : RS_OK;

	a->overlap = overlap;
	a->anomalies = anomalies;
	for (size_t i = 0; rc == RS_OK && i < change->n_rows; i++) {
		const struct rs_row_change *row = &change->rows[i];

		rc = check_images(route, change, row, err);
		if (rc == RS_OK)
			rc = a->gathering ? fold_one(a, route, change, row, err) : apply_one(a, route, change, row, err);
	}
	return rc;
}

/* What came before it goes with the rest. */
static enum rs_rc applier_empty(struct rs_applier *base, const struct rs_route *route, struct rs_err *err)
{
	struct applier *a = self(base);
	enum rs_rc rc = settle_all(a, err);

	begin_statement(a, "TRUNCATE ", route);
	return rc == RS_OK ? rs_pg_pipe_add(&a->pipe, rs_buf_str(&a->sql), RS_PG_ANYTHING, route, err) : rc;
}

/* ---------------------------------------------------------------- transactions */

static enum rs_rc move_position(struct applier *a, const struct rs_position *position, int64_t time, struct rs_err *err)
{
	rs_buf_clear(&a->sql);
	rs_pg_meta_put_move(&a->sql, a->sink, a->lane, position, time, a->ahead);
	return rs_pg_pipe_add(&a->pipe, rs_buf_str(&a->sql), RS_PG_OURS, NULL, err);
}

/* Seeds defects: what is there now is committed by itself. */
static enum rs_rc commit_so_far(struct applier *a, struct rs_err *err)
{
	enum rs_rc rc = plain(a, "COMMIT", err);

	if (rc == RS_OK)
		rc = rs_pg_pipe_finish(&a->pipe, err);
	return rc == RS_OK ? plain(a, "BEGIN", err) : rc;
}

static enum rs_rc applier_begin(struct rs_applier *base, const struct rs_position *position, int64_t time, const char *ahead,
                                struct rs_err *err)
{
	struct applier *a = self(base);
	enum rs_rc rc;

	a->in_transaction = true;
	a->gathering = false;
	rs_position_copy(&a->begun, position);
	free(a->ahead);
	a->ahead = rs_xstrdup(ahead);
	rc = plain(a, "BEGIN", err);
	if (rc == RS_OK && !rs_defect_active(RS_DEFECT_CHECKPOINT_AFTER))
		rc = move_position(a, position, time, err);
	if (rc == RS_OK && rs_defect_active(RS_DEFECT_CHECKPOINT_OUTSIDE))
		rc = commit_so_far(a, err);
	rs_step("apply-begun");
	return rc;
}

static void applier_gather(struct rs_applier *base) { self(base)->gathering = true; }

static enum rs_rc settle_and_wait(struct applier *a, struct rs_err *err)
{
	enum rs_rc rc = settle_all(a, err);

	return rc == RS_OK ? rs_pg_pipe_finish(&a->pipe, err) : rc;
}

static enum rs_rc applier_change(struct rs_applier *base, const char *sql, struct rs_err *err)
{
	struct applier *a = self(base);
	enum rs_rc rc = settle_and_wait(a, err);

	a->gathering = false;
	return rc == RS_OK ? rs_pg_script(&a->pg, sql, err) : rc;
}

static enum rs_rc applier_table(struct rs_applier *base, const char *db, const char *name, const struct rs_table **out, struct rs_err *err)
{
	struct applier *a = self(base);
	struct rs_table *t = NULL;
	enum rs_rc rc = settle_and_wait(a, err);

	if (rc == RS_OK)
		rc = rs_pg_table_read(&a->pg, db, name, &t, err);
	*out = t;
	return rc;
}

static enum rs_rc applier_settle(struct rs_applier *base, struct rs_err *err)
{
	enum rs_rc rc = settle_and_wait(self(base), err);

	self(base)->gathering = false;
	return rc;
}

/* The position that was read last goes in once more where begin did not know it. */
static enum rs_rc put_position(struct applier *a, const struct rs_position *position, int64_t time, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (rs_position_same(position, &a->begun) && !rs_defect_active(RS_DEFECT_CHECKPOINT_AFTER))
		return RS_OK;
	if (rs_defect_active(RS_DEFECT_CHECKPOINT_AFTER))
		rc = commit_so_far(a, err);
	rs_step("apply-before-position");
	return rc == RS_OK ? move_position(a, position, time, err) : rc;
}

static enum rs_rc applier_commit(struct rs_applier *base, const struct rs_position *position, int64_t time, struct rs_err *err)
{
	struct applier *a = self(base);
	enum rs_rc rc = settle_all(a, err);

	if (rc == RS_OK)
		rc = put_position(a, position, time, err);
	if (rc == RS_OK && rs_step_is_named("apply-before-commit")) /* so that there is a moment before it */
		rc = rs_pg_pipe_finish(&a->pipe, err);
	rs_step("apply-before-commit");
	if (rc == RS_OK)
		rc = rs_pg_pipe_add(&a->pipe, "COMMIT", RS_PG_COMMITTED, NULL, err);
	if (rc == RS_OK)
		rc = rs_pg_pipe_finish(&a->pipe, err);
	rs_step("apply-after-commit");
	if (rc == RS_OK)
		a->in_transaction = a->gathering = false;
	return rc;
}

/* What was not sent yet, and what is on its way: none of that is a COMMIT. */
static void forget(struct applier *a)
{
	struct rs_err ignored = RS_ERR_INIT;

	a->gathering = false;
	rs_fold_clear(&a->fold);
	if (rs_pg_pipe_finish(&a->pipe, &ignored) != RS_OK)
		rs_err_clear(&ignored);
}

static void applier_rollback(struct rs_applier *base)
{
	struct applier *a = self(base);

	forget(a);
	if (a->in_transaction)
		rs_pg_meta_undo(&a->pg);
	a->in_transaction = false;
}

static enum rs_rc applier_check(struct rs_applier *base, struct rs_err *err)
{
	struct applier *a = self(base);

	return rs_pg_meta_end(&a->pg, rs_pg_meta_begin(&a->pg, a->sink, err), err);
}

static enum rs_rc numbered(struct applier *a, const char *words, unsigned n, struct rs_err *err)
{
	char *sql = rs_xprintf("%s rds_sync_%u", words, n);
	enum rs_rc rc = rs_pg_exec(&a->pg, sql, NULL, 0, NULL, err);

	free(sql);
	return rc;
}

static enum rs_rc applier_savepoint(struct rs_applier *base, unsigned n, struct rs_err *err)
{
	enum rs_rc rc = settle_and_wait(self(base), err);

	return rc == RS_OK ? numbered(self(base), "SAVEPOINT", n, err) : rc;
}

static enum rs_rc applier_undo(struct rs_applier *base, unsigned n, struct rs_err *err)
{
	forget(self(base));
	return numbered(self(base), "ROLLBACK TO", n, err);
}

static enum rs_rc applier_note_table(struct rs_applier *base, const struct rs_meta_table *t, struct rs_err *err)
{
	enum rs_rc rc = rs_pg_pipe_finish(&self(base)->pipe, err);

	return rc == RS_OK ? rs_pg_meta_put_table(&self(base)->pg, self(base)->sink, t, err) : rc;
}

/* ---------------------------------------------------------------- bodies of prepared transactions */

static enum rs_rc applier_xa_drop(struct rs_applier *base, const char *xid, struct rs_err *err)
{
	struct applier *a = self(base);

	rs_buf_clear(&a->sql);
	rs_buf_addf(&a->sql, "DELETE FROM dts.rds_sync_xa WHERE task='%s' AND xid=", a->sink->task->id);
	rs_pg_put_text(&a->sql, xid);
	return plain(a, rs_buf_str(&a->sql), err);
}

/* What is left of an earlier transaction of the same xid was never finished in the log: it is none any more. */
static enum rs_rc applier_xa_put(struct rs_applier *base, const char *xid, unsigned number, const void *bytes, size_t len,
                                 struct rs_err *err)
{
	struct applier *a = self(base);
	enum rs_rc rc = number == 0 ? applier_xa_drop(base, xid, err) : RS_OK;

	rs_buf_clear(&a->sql);
	rs_buf_addf(&a->sql, "INSERT INTO dts.rds_sync_xa (task, xid, number, body) VALUES ('%s', ", a->sink->task->id);
	rs_pg_put_text(&a->sql, xid);
	rs_buf_addf(&a->sql, ", %u, '\\x", number);
	rs_buf_addhex(&a->sql, bytes, len);
	rs_buf_adds(&a->sql, "')");
	return rc == RS_OK ? plain(a, rs_buf_str(&a->sql), err) : rc;
}

static enum rs_rc take_body(const PGresult *r, struct rs_buf *out, struct rs_err *err)
{
	size_t len;
	unsigned char *bytes;
	enum rs_rc rc;

	if (PQntuples(r) == 0)
		return RS_EOF;
	bytes = PQunescapeBytea((const unsigned char *)PQgetvalue(r, 0, 0), &len);
	rc = bytes ? rs_buf_add(out, bytes, len) : RS_FAIL;
	PQfreemem(bytes);
	return rc == RS_OK ? RS_OK : rs_err_set(err, RS_E_MEMORY, _("a row of a prepared transaction is too large"));
}

static enum rs_rc applier_xa_get(struct rs_applier *base, const char *xid, unsigned number, struct rs_buf *out, struct rs_err *err)
{
	struct applier *a = self(base);
	const struct rs_pg_number n = rs_pg_number_of(number);
	PGresult *r = NULL;
	enum rs_rc rc = rs_pg_pipe_finish(&a->pipe, err);

	if (rc == RS_OK)
		rc = rs_pg_query(&a->pg, "SELECT body FROM dts.rds_sync_xa WHERE task=$1 AND xid=$2 AND number=$3::int",
		                 RS_PG_VALUES(a->sink->task->id, xid, n.text), &r, err);
	if (rc == RS_OK)
		rc = take_body(r, out, err);
	PQclear(r);
	return rc;
}

static enum rs_rc applier_xa_list(struct rs_applier *base, struct rs_map *out, struct rs_err *err)
{
	static char known;
	struct applier *a = self(base);
	PGresult *r = NULL;
	enum rs_rc rc = rs_pg_pipe_finish(&a->pipe, err);

	if (rc == RS_OK)
		rc = rs_pg_query(&a->pg, "SELECT xid FROM dts.rds_sync_xa WHERE task=$1 AND number=0 AND xid<>'" NO_XID "'",
		                 RS_PG_VALUES(a->sink->task->id), &r, err);
	for (int i = 0; rc == RS_OK && i < PQntuples(r); i++)
		rs_map_put(out, PQgetvalue(r, i, 0), (size_t)PQgetlength(r, i, 0), &known);
	PQclear(r);
	return rc;
}

/* Kept with the task. */
static enum rs_rc applier_xa_start(struct rs_applier *base, struct rs_position *out, struct rs_err *err)
{
	struct applier *a = self(base);
	PGresult *r = NULL;
	enum rs_rc rc = rs_pg_pipe_finish(&a->pipe, err);

	if (rc == RS_OK)
		rc = rs_pg_query(&a->pg, "SELECT kept::json->>'prepared' FROM dts.rds_sync_task WHERE id=$1", RS_PG_VALUES(a->sink->task->id), &r, err);
	if (rc == RS_OK && PQntuples(r) > 0 && !PQgetisnull(r, 0, 0)) {
		json_t *json = json_loads(PQgetvalue(r, 0, 0), 0, NULL);

		rs_meta_position_from_json(json, out);
		json_decref(json);
	}
	PQclear(r);
	return rc;
}

/* ---------------------------------------------------------------- in the place of an event */

static enum rs_rc applier_replace_event(struct rs_applier *base, uint64_t event, const char *const *sql, size_t n, struct rs_err *err)
{
	struct applier *a = self(base);
	enum rs_rc rc = settle_and_wait(a, err);

	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = rs_pg_exec(&a->pg, sql[i], NULL, 0, NULL, err);
	rs_step("event-replaced");
	return rc == RS_OK ? rs_pg_event_pass(&a->pg, a->sink, event, err) : rc;
}

/* ---------------------------------------------------------------- life */

static void applier_cancel(struct rs_applier *base) { rs_pg_cancel(&self(base)->pg); }

static void applier_close(struct rs_applier *base)
{
	struct applier *a = self(base);

	rs_pg_close(&a->pg);
	rs_pg_pipe_release(&a->pipe);
	rs_pg_shapes_release(&a->shapes);
	rs_fold_clear(&a->fold);
	rs_buf_release(&a->sql);
	rs_position_clear(&a->begun);
	free(a->ahead);
	free(a);
}

static const struct rs_applier_ops applier_ops = {
	.close = applier_close,
	.cancel = applier_cancel,
	.begin = applier_begin,
	.rows = applier_rows,
	.empty = applier_empty,
	.change = applier_change,
	.table = applier_table,
	.gather = applier_gather,
	.settle = applier_settle,
	.commit = applier_commit,
	.note_table = applier_note_table,
	.rollback = applier_rollback,
	.check = applier_check,
	.savepoint = applier_savepoint,
	.undo = applier_undo,
	.xa_put = applier_xa_put,
	.xa_get = applier_xa_get,
	.xa_drop = applier_xa_drop,
	.xa_list = applier_xa_list,
	.xa_start = applier_xa_start,
	.replace_event = applier_replace_event,
};

enum rs_rc rs_pg_applier_open(struct rs_pg_sink *s, unsigned lane, struct rs_applier **out, struct rs_err *err)
{
	struct applier *a = rs_xcalloc(1, sizeof *a);
	enum rs_rc rc;

	a->pg = (struct rs_pg)RS_PG_INIT;
	rc = rs_pg_session_open(&a->pg, s, err);
	if (rc == RS_OK)
		rc = rs_pg_meta_make_lane(&a->pg, s, lane, err);
	if (rc != RS_OK) {
		rs_pg_close(&a->pg);
		free(a);
		return rc;
	}
	a->base.ops = &applier_ops;
	a->base.piece = PIECE;
	a->sink = s;
	a->lane = lane;
	a->pipe.pg = &a->pg;
	rs_buf_init(&a->pipe.text, (size_t)1 << 30);
	rs_buf_init(&a->sql, (size_t)1 << 30);
	a->shapes = (struct rs_pg_shapes)RS_PG_SHAPES_INIT;
	a->shapes.spreads = rs_pg_spreads(&a->pg);
	a->shapes.unfit = s->task->unfit;
	a->fold = (struct rs_fold)RS_FOLD_INIT;
	a->fold.by_any_key = a->shapes.spreads;
	*out = &a->base;
	return RS_OK;
}
