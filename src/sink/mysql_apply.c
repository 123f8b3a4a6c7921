/* Applying source transactions to a MySQL-family destination: in source order, each destination transaction beginning with the
 * conditional move of the position.
 *
 * Where changes are gathered nothing waits for an answer: statements go into a packet with what they must answer, and one
 * that answers something else has the caller take everything back and apply the changes one by one. Then each is sent by
 * itself, behind what the packet holds. */
#include "sink/mysql_apply.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

static struct rs_mysql_applier *self(struct rs_applier *a) { return (struct rs_mysql_applier *)a; }

/* ---------------------------------------------------------------- rows */

/* Every column that we write must be in the image: the destination can't be asked what the source meant. */
static enum rs_rc check_image(const struct rs_route *route, const struct rs_value *values, struct rs_err *err)
{
	for (size_t i = 0; values != NULL && i < route->source->n_columns; i++) {
		if (!rs_route_writes(route, i) || values[i].presence != RS_ABSENT)
			continue;
		rs_err_set(err, RS_E_BINLOG_IMAGE, _("the log holds an incomplete row of %s.%s: column %s is missing"),
		           route->source->db, route->source->name, route->source->columns[i].name);
		return rs_err_hint(err, _("at the source: SET GLOBAL binlog_row_image = FULL; then synchronize the table anew"));
	}
	return RS_OK;
}

static enum rs_rc settle(struct rs_mysql_applier *a, struct rs_fold_table *t, struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_apply_flush(a, err);

	if (rc == RS_OK)
		rc = rs_mysql_fold_write(&a->packet, a->sink, &a->single, t, err);
	rs_fold_settled(t);
	return rc;
}

/* All into the packet. A table may have been settled and gathered anew; what is empty costs nothing. */
static enum rs_rc pack_all(struct rs_mysql_applier *a, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < a->fold.n_tables; i++)
		if (a->fold.tables[i]->n_rows > 0)
			rc = settle(a, a->fold.tables[i], err);
	rs_fold_clear(&a->fold);
	return rc == RS_OK ? rs_mysql_apply_flush(a, err) : rc;
}

static enum rs_rc settle_all(struct rs_mysql_applier *a, struct rs_err *err)
{
	enum rs_rc rc = pack_all(a, err);

	return rc == RS_OK ? rs_mysql_packet_send(&a->packet, err) : rc;
}

static enum rs_rc fold_one(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_change *change,
                           const struct rs_row_change *row, struct rs_err *err)
{
	struct rs_fold_table *t = NULL;
	bool alone = row->after != NULL && rs_mysql_zero_enums(route, row->after) > 0;
	enum rs_fold_result folded = rs_fold_add(&a->fold, route, a->overlap, change->op, alone ? NULL : row, &t);

	if (folded == RS_FOLD_BROKEN)
		return RS_AGAIN;
	if (folded == RS_FOLD_ADDED)
		return RS_OK;
	enum rs_rc rc = t->n_rows > 0 ? settle(a, t, err) : RS_OK;
	if (rc == RS_OK)
		rc = rs_mysql_apply_one(a, route, change, row, err);
	return rc == RS_OK && alone ? rs_mysql_apply_flush(a, err) : rc; /* its anomalies are counted before the commit */
}

static enum rs_rc applier_rows(struct rs_applier *base, const struct rs_route *route, const struct rs_change *change,
                               bool overlap, struct rs_anomalies *anomalies, struct rs_err *err)
{
	struct rs_mysql_applier *a = self(base);
	enum rs_rc rc = RS_OK;

	if (a->overlap != overlap)
		rc = settle_all(a, err);
	a->overlap = overlap;
	a->anomalies = anomalies;
	for (size_t i = 0; rc == RS_OK && i < change->n_rows; i++) {
		const struct rs_row_change *row = &change->rows[i];
		rc = check_image(route, row->before, err);
		if (rc == RS_OK)
			rc = check_image(route, row->after, err);
		if (rc == RS_OK)
			rc = a->gathering ? fold_one(a, route, change, row, err) : rs_mysql_apply_one(a, route, change, row, err);
	}
	/* Anomalies are counted where the caller can still see them. */
	return rc;
}

/* ---------------------------------------------------------------- transactions */

static enum rs_rc move_position(struct rs_mysql_applier *a, const struct rs_position *position, int64_t time,
                                struct rs_err *err)
{
	rs_buf_clear(&a->single);
	rs_mysql_meta_put_move(&a->single, a->sink, a->lane, position, time, a->ahead);
	return rs_mysql_packet_add(&a->packet, &a->single, (struct rs_mysql_packed){.want = RS_WANT_OURS}, err);
}

/* Seeds defects: what is there now is committed by itself. */
static enum rs_rc commit_so_far(struct rs_mysql_applier *a, struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_packet_send(&a->packet, err);

	return rc == RS_OK ? rs_my_exec(&a->my, "COMMIT", err) : rc;
}

static enum rs_rc applier_begin(struct rs_applier *base, const struct rs_position *position, int64_t time,
                                const char *ahead, struct rs_err *err)
{
	struct rs_mysql_applier *a = self(base);
	enum rs_rc rc = RS_OK;

	a->in_transaction = true;
	a->gathering = false;
	rs_position_copy(&a->begun, position);
	free(a->ahead);
	a->ahead = rs_xstrdup(ahead);
	if (!rs_defect_active(RS_DEFECT_CHECKPOINT_AFTER))
		rc = move_position(a, position, time, err);
	if (rc == RS_OK && rs_defect_active(RS_DEFECT_CHECKPOINT_OUTSIDE))
		rc = commit_so_far(a, err);
	rs_step("apply-begun");
	return rc;
}

static void applier_gather(struct rs_applier *base) { self(base)->gathering = true; }

static enum rs_rc applier_settle(struct rs_applier *base, struct rs_err *err)
{
	enum rs_rc rc = settle_all(self(base), err);

	self(base)->gathering = false;
	return rc;
}

/* The position that was read last goes in once more where begin did not know it. */
static enum rs_rc pack_position(struct rs_mysql_applier *a, const struct rs_position *position, int64_t time,
                                struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (rs_position_same(position, &a->begun) && !rs_defect_active(RS_DEFECT_CHECKPOINT_AFTER))
		return RS_OK;
	if (rs_defect_active(RS_DEFECT_CHECKPOINT_AFTER))
		rc = commit_so_far(a, err);
	rs_step("apply-before-position");
	return rc == RS_OK ? move_position(a, position, time, err) : rc;
}

/* In one round trip where that does. */
static enum rs_rc send_and_commit(struct rs_mysql_applier *a, struct rs_err *err)
{
	bool together = rs_mysql_packet_takes_commit(&a->packet);
	enum rs_rc rc = together ? RS_OK : rs_mysql_packet_send(&a->packet, err);

	rs_step("apply-before-commit");
	if (rc != RS_OK)
		return rc;
	return together ? rs_mysql_packet_commit(&a->packet, err) : rs_my_exec(&a->my, "COMMIT", err);
}

static enum rs_rc applier_commit(struct rs_applier *base, const struct rs_position *position, int64_t time,
                                 struct rs_err *err)
{
	struct rs_mysql_applier *a = self(base);
	enum rs_rc rc = pack_all(a, err);

	if (rc == RS_OK)
		rc = pack_position(a, position, time, err);
	if (rc == RS_OK)
		rc = send_and_commit(a, err);
	rs_step("apply-after-commit");
	if (rc == RS_OK)
		a->in_transaction = a->gathering = false;
	return rc;
}

/* What was not sent yet. */
static void forget(struct rs_mysql_applier *a)
{
	a->run = RS_RUN_NONE;
	a->gathering = false;
	rs_buf_clear(&a->sql);
	rs_fold_clear(&a->fold);
	rs_mysql_packet_drop(&a->packet);
}

static void applier_rollback(struct rs_applier *base)
{
	struct rs_mysql_applier *a = self(base);
	struct rs_err ignored = RS_ERR_INIT;

	forget(a);
	if (a->in_transaction && rs_my_exec(&a->my, "ROLLBACK", &ignored) != RS_OK)
		rs_err_clear(&ignored);
	a->in_transaction = false;
}

/* By a locking read, which no proxy sends to a replica. */
static enum rs_rc applier_check(struct rs_applier *base, struct rs_err *err)
{
	struct rs_mysql_applier *a = self(base);

	return rs_mysql_meta_end_on(&a->my, rs_mysql_meta_begin_on(&a->my, a->sink, err), err);
}

static enum rs_rc applier_savepoint(struct rs_applier *base, unsigned n, struct rs_err *err)
{
	struct rs_mysql_applier *a = self(base);
	enum rs_rc rc = settle_all(a, err);

	return rc == RS_OK ? rs_my_execf(&a->my, err, "SAVEPOINT `rds_sync_%u`", n) : rc;
}

/* What was not sent yet came after the savepoint. */
static enum rs_rc applier_undo(struct rs_applier *base, unsigned n, struct rs_err *err)
{
	struct rs_mysql_applier *a = self(base);

	forget(a);
	return rs_my_execf(&a->my, err, "ROLLBACK TO SAVEPOINT `rds_sync_%u`", n);
}

/* ---------------------------------------------------------------- bodies of prepared transactions */

#define PIECE ((size_t)256 << 10)

static enum rs_rc applier_xa_put(struct rs_applier *base, const char *xid, unsigned number, const void *bytes, size_t len,
                                 struct rs_err *err)
{
	return rs_mysql_xa_put(&self(base)->packet, self(base)->sink, xid, number, bytes, len, err);
}

static enum rs_rc applier_xa_get(struct rs_applier *base, const char *xid, unsigned number, struct rs_buf *out,
                                 struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_packet_send(&self(base)->packet, err);

	return rc == RS_OK ? rs_mysql_xa_get(&self(base)->my, self(base)->sink, xid, number, out, err) : rc;
}

static enum rs_rc applier_xa_drop(struct rs_applier *base, const char *xid, struct rs_err *err)
{
	return rs_mysql_xa_drop(&self(base)->packet, self(base)->sink, xid, err);
}

static enum rs_rc applier_xa_list(struct rs_applier *base, struct rs_map *out, struct rs_err *err)
{
	return rs_mysql_xa_list(&self(base)->my, self(base)->sink, out, err);
}

static enum rs_rc applier_xa_start(struct rs_applier *base, struct rs_position *out, struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_packet_send(&self(base)->packet, err);

	return rc == RS_OK ? rs_mysql_xa_get_start(&self(base)->my, self(base)->sink, out, err) : rc;
}

/* ---------------------------------------------------------------- in the place of an event */

/* Texts of people are in UTF-8, and one statement each; whatever becomes of them, what comes next is not. */
static enum rs_rc execute_texts(struct rs_mysql_applier *a, const char *const *sql, size_t n, struct rs_err *err)
{
	struct rs_err ignored = RS_ERR_INIT;
	enum rs_rc rc = rs_my_exec(&a->my, "SET NAMES utf8mb4", err);

	if (rc == RS_OK)
		rc = rs_mysql_packet_allow(&a->packet, false, err);
	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = rs_my_exec(&a->my, sql[i], err);
	if (rs_my_exec(&a->my, "SET NAMES binary", rc == RS_OK ? err : &ignored) != RS_OK && rc == RS_OK)
		rc = RS_FAIL;
	if (rs_mysql_packet_allow(&a->packet, true, rc == RS_OK ? err : &ignored) != RS_OK && rc == RS_OK)
		rc = RS_FAIL;
	rs_err_clear(&ignored);
	return rc;
}

static enum rs_rc applier_replace_event(struct rs_applier *base, uint64_t event, const char *const *sql, size_t n,
                                        struct rs_err *err)
{
	struct rs_mysql_applier *a = self(base);
	enum rs_rc rc = settle_all(a, err);

	if (rc == RS_OK && n > 0)
		rc = execute_texts(a, sql, n, err);
	rs_step("event-replaced");
	return rc == RS_OK ? rs_mysql_event_pass(&a->my, a->sink, event, err) : rc;
}

static enum rs_rc applier_note_table(struct rs_applier *base, const struct rs_meta_table *t, struct rs_err *err)
{
	return rs_mysql_meta_put_table(&self(base)->my, self(base)->sink, t, err);
}

static void applier_cancel(struct rs_applier *base) { rs_my_cancel(&self(base)->my); }

static void applier_close(struct rs_applier *base)
{
	struct rs_mysql_applier *a = self(base);

	rs_my_close(&a->my);
	rs_mysql_packet_release(&a->packet);
	rs_fold_clear(&a->fold);
	rs_buf_release(&a->sql);
	rs_buf_release(&a->single);
	rs_position_clear(&a->begun);
	free(a->ahead);
	free(a);
}

static const struct rs_applier_ops mysql_applier_ops = {
	.close = applier_close,
	.cancel = applier_cancel,
	.begin = applier_begin,
	.rows = applier_rows,
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

/* Lanes shall not wait for each other's gaps. A server that logs statements refuses rows at that level. *as_rows: it is sure to
 * log rows, at least of a statement that says ROW_COUNT(). */
static enum rs_rc set_isolation(struct rs_my *my, bool *as_rows, struct rs_err *err)
{
	struct rs_my_result res;
	const char *format = NULL;
	enum rs_rc rc = rs_my_query(my, "SHOW VARIABLES LIKE 'binlog_format'", RS_MY_BUFFER, &res, err);

	if (rc != RS_OK)
		return rc;
	if ((rc = rs_my_next(&res, err)) == RS_OK)
		format = res.row[1];
	*as_rows = format != NULL && (strcmp(format, "ROW") == 0 || strcmp(format, "MIXED") == 0);
	if (rc != RS_FAIL && (format == NULL || strcmp(format, "STATEMENT") != 0))
		rc = rs_my_exec(my, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", err);
	rs_my_result_free(&res);
	return rc == RS_EOF ? RS_OK : rc;
}

static enum rs_rc prepare(struct rs_mysql_applier *a, struct rs_mysql_sink *s, unsigned lane, struct rs_err *err)
{
	bool as_rows = false;
	enum rs_rc rc = rs_mysql_meta_make_lane(&a->my, s, lane, err);

	if (rc == RS_OK)
		rc = set_isolation(&a->my, &as_rows, err);
	if (rc == RS_OK)
		rc = rs_my_exec(&a->my, "SET SESSION autocommit=0", err);
	return rc == RS_OK ? rs_mysql_packet_open(&a->packet, &a->my, s, as_rows, err) : rc;
}

enum rs_rc rs_mysql_applier_open(struct rs_mysql_sink *s, unsigned lane, struct rs_applier **out, struct rs_err *err)
{
	struct rs_mysql_applier *a = rs_xcalloc(1, sizeof *a);
	enum rs_rc rc = rs_mysql_packet_session(&a->my, s, err);

	if (rc != RS_OK) {
		free(a);
		return rc;
	}
	rc = prepare(a, s, lane, err);
	if (rc != RS_OK) {
		rs_my_close(&a->my);
		free(a);
		return rc;
	}
	a->lane = lane;
	a->base.ops = &mysql_applier_ops;
	a->base.piece = s->max_packet / 4 < PIECE ? s->max_packet / 4 : PIECE;
	a->fold = (struct rs_fold)RS_FOLD_INIT;
	a->sink = s;
	rs_buf_init(&a->sql, (size_t)1 << 30);
	rs_buf_init(&a->single, (size_t)1 << 30);
	*out = &a->base;
	return RS_OK;
}
