/* Applying source transactions to a MySQL-family destination: in source order, runs of rows of one table and kind as one
 * statement, each destination transaction beginning with the conditional move of the position.
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
#include "codec/sql_literal.h"

#define RUN_ROWS 500

static struct rs_mysql_applier *self(struct rs_applier *a) { return (struct rs_mysql_applier *)a; }

/* ---------------------------------------------------------------- sending */

/* In its turn: behind what waits. */
static enum rs_rc exec_now(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_buf *sql,
                           uint64_t zero_enums, uint64_t *affected, struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_packet_send(&a->packet, err);

	if (rc != RS_OK)
		return rc;
	rc = rs_mysql_check_size(a->sink, route, sql, err);
	if (rc == RS_OK)
		rc = rs_mysql_exec_rows(&a->my, route, sql, zero_enums, affected, err);
	return rc;
}

/* Without waiting for the answer. */
static enum rs_rc pack(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_buf *sql,
                       enum rs_mysql_want want, uint64_t n, struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_check_size(a->sink, route, sql, err);

	return rc == RS_OK ? rs_mysql_packet_add(&a->packet, sql, route, want, n, err) : rc;
}

/* The server is strict but for a row that it would refuse then; and says by a warning what became of it. */
static bool is_packed(const struct rs_mysql_applier *a, uint64_t zero_enums) { return a->gathering && zero_enums == 0; }

/* ---------------------------------------------------------------- runs */

/* In a run of inserts the statement was undone as a whole. A row that is there already is not the source's: it is
 * replaced, and counted. */
static enum rs_rc insert_over(struct rs_mysql_applier *a, struct rs_err *err)
{
	uint64_t affected = 0;

	if (a->route->row_key == NULL)
		return RS_FAIL;
	memcpy(a->sql.data, "REPLACE", 7); /* takes the place of "INSERT " */
	rs_err_clear(err);
	enum rs_rc rc = rs_mysql_exec_rows(&a->my, a->route, &a->sql, a->run_zero_enums, &affected, err);
	if (rc == RS_OK && affected > a->run_rows)
		a->anomalies->duplicate_inserts += affected - a->run_rows;
	return rc;
}

static enum rs_rc exec_run(struct rs_mysql_applier *a, struct rs_err *err)
{
	uint64_t affected = 0;
	enum rs_rc rc = exec_now(a, a->route, &a->sql, a->run_zero_enums, &affected, err);

	if (rc == RS_FAIL && a->run == RS_RUN_INSERT && err != NULL && err->native == 1062)
		rc = insert_over(a, err);
	if (rc == RS_OK && a->run == RS_RUN_DELETE && !a->overlap && affected < a->run_rows)
		a->anomalies->missing_deletes += a->run_rows - affected;
	if (rc == RS_FAIL)
		rs_err_detail(err, "table %s.%s", a->route->dest->db, a->route->dest->name);
	return rc;
}

static enum rs_rc pack_run(struct rs_mysql_applier *a, struct rs_err *err)
{
	enum rs_mysql_want want = a->run == RS_RUN_INSERT                ? RS_WANT_INSERTED
	                          : a->run == RS_RUN_DELETE && !a->overlap ? RS_WANT_AFFECTED
	                                                                   : RS_WANT_ANYTHING;

	return pack(a, a->route, &a->sql, want, a->run_rows, err);
}

enum rs_rc rs_mysql_apply_flush(struct rs_mysql_applier *a, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (a->run == RS_RUN_NONE)
		return RS_OK;
	if (a->run == RS_RUN_DELETE)
		rs_buf_addc(&a->sql, ')');
	rc = is_packed(a, a->run_zero_enums) ? pack_run(a, err) : exec_run(a, err);
	a->run = RS_RUN_NONE;
	rs_buf_clear(&a->sql);
	return rc;
}

static void start_run(struct rs_mysql_applier *a, enum rs_mysql_run kind, const struct rs_route *route)
{
	a->run = kind;
	a->route = route;
	a->run_rows = a->run_zero_enums = 0;
	rs_buf_clear(&a->sql);
	if (kind == RS_RUN_DELETE) {
		rs_buf_adds(&a->sql, "DELETE FROM ");
		rs_quote_table(&a->sql, route->dest->db, route->dest->name);
		rs_buf_adds(&a->sql, " WHERE ");
		rs_mysql_begin_keys(&a->sql, route);
		return;
	}
	if (kind == RS_RUN_REPLACE && rs_defect_active(RS_DEFECT_OLD_WINS))
		rs_buf_adds(&a->sql, "INSERT IGNORE INTO ");
	else
		rs_buf_adds(&a->sql, kind == RS_RUN_REPLACE ? "REPLACE INTO " : "INSERT  INTO ");
	rs_mysql_put_target(&a->sql, route);
	rs_buf_adds(&a->sql, " VALUES ");
}

/* Adds a row to the run, sending what can't go with it first. */
static enum rs_rc add_to_run(struct rs_mysql_applier *a, enum rs_mysql_run kind, const struct rs_route *route,
                             const struct rs_value *values, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (a->run != kind || a->route != route || a->run_rows >= RUN_ROWS ||
	    a->sql.len + rs_mysql_row_size(route, values) > a->sink->max_packet / 4)
		rc = rs_mysql_apply_flush(a, err);
	if (rc != RS_OK)
		return rc;
	bool first = a->run == RS_RUN_NONE;
	if (first)
		start_run(a, kind, route);
	else if (kind != RS_RUN_DELETE)
		rs_buf_addc(&a->sql, ',');
	if (kind == RS_RUN_DELETE) {
		rs_mysql_put_listed_key(&a->sql, route, values, first);
	} else {
		rs_mysql_put_row(&a->sql, route, values);
		a->run_zero_enums += rs_mysql_zero_enums(route, values);
	}
	a->run_rows++;
	return RS_OK;
}

/* ---------------------------------------------------------------- single statements */

/* Where the answer is not waited for *affected is what it must be. */
enum rs_rc rs_mysql_apply_single(struct rs_mysql_applier *a, const struct rs_route *route, uint64_t zero_enums,
                              uint64_t *affected, struct rs_err *err)
{
	if (is_packed(a, zero_enums))
		return pack(a, route, &a->single, affected ? RS_WANT_AFFECTED : RS_WANT_ANYTHING, affected ? *affected : 0, err);
	enum rs_rc rc = exec_now(a, route, &a->single, zero_enums, affected, err);

	if (rc == RS_FAIL)
		rs_err_detail(err, "table %s.%s", route->dest->db, route->dest->name);
	return rc;
}

void rs_mysql_put_dest_name(struct rs_buf *sql, const struct rs_route *r, size_t i)
{
	rs_quote_ident(sql, r->dest->columns[r->columns[i]].name);
}

static enum rs_rc delete_one(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_value *before,
                             struct rs_err *err)
{
	uint64_t affected = 1;
	enum rs_rc rc = rs_mysql_apply_flush(a, err);

	rs_buf_clear(&a->single);
	rs_buf_adds(&a->single, "DELETE FROM ");
	rs_quote_table(&a->single, route->dest->db, route->dest->name);
	rs_buf_adds(&a->single, " WHERE ");
	rs_mysql_put_match(&a->single, route, before, a->my.flavor != RS_MY_MARIADB);
	rs_buf_adds(&a->single, " LIMIT 1");
	if (rc == RS_OK)
		rc = rs_mysql_apply_single(a, route, 0, a->overlap ? NULL : &affected, err);
	if (rc == RS_OK && affected == 0)
		a->anomalies->missing_deletes++;
	return rc;
}

/* Columns that only the destination has must keep their values: REPLACE would reset them. */
static enum rs_rc try_upsert(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_value *after,
                             struct rs_err *err)
{
	const char *word = " ON DUPLICATE KEY UPDATE ";

	rs_buf_clear(&a->single);
	rs_buf_adds(&a->single, "INSERT INTO ");
	rs_mysql_put_target(&a->single, route);
	rs_buf_adds(&a->single, " VALUES ");
	rs_mysql_put_row(&a->single, route, after);
	for (size_t i = 0; i < route->source->n_columns; i++) {
		if (!rs_route_writes(route, i))
			continue;
		rs_buf_adds(&a->single, word);
		rs_mysql_put_dest_name(&a->single, route, i);
		rs_buf_addc(&a->single, '=');
		rs_mysql_put_value(&a->single, route, i, &after[i]);
		word = ",";
	}
	return rs_mysql_apply_single(a, route, 2 * rs_mysql_zero_enums(route, after), NULL, err);
}

/* Another row may have a unique value that this one takes. While copy and stream overlap it is a later version that is there
 * already, and what made it so is still to come and brings the row back. An upsert would make it this one, with what it has in
 * the destination's own columns. */
static enum rs_rc upsert_one(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_value *after,
                             struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_apply_flush(a, err);

	if (rc == RS_OK && rs_mysql_has_rivals(route)) {
		rc = rs_mysql_packet_send(&a->packet, err);
		if (rc == RS_OK)
			rc = rs_mysql_make_way(&a->my, route, after, &a->single, err);
	}
	return rc == RS_OK ? try_upsert(a, route, after, err) : rc;
}

static enum rs_rc put_newest(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_value *after,
                             struct rs_err *err)
{
	return route->dest_has_more ? upsert_one(a, route, after, err) : add_to_run(a, RS_RUN_REPLACE, route, after, err);
}

/* The destination has no such row, or another one stands in the way: the source's version wins. */
static enum rs_rc update_anyway(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_row_change *row,
                                struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (a->gathering)
		return RS_AGAIN;
	if (route->row_key == NULL)
		return add_to_run(a, RS_RUN_INSERT, route, row->after, err);
	rc = add_to_run(a, RS_RUN_DELETE, route, row->before, err);
	struct rs_anomalies *counted = a->anomalies, ignored = {0};
	a->anomalies = &ignored;
	if (rc == RS_OK)
		rc = rs_mysql_apply_flush(a, err);
	a->anomalies = counted;
	return rc == RS_OK ? put_newest(a, route, row->after, err) : rc;
}

/* Another row has a unique value that this one takes, or its key. */
static enum rs_rc update_over(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_row_change *row,
                              struct rs_err *err)
{
	if (a->gathering || route->row_key == NULL || !route->dest_has_more)
		return update_anyway(a, route, row, err);
	enum rs_rc rc = rs_mysql_make_way(&a->my, route, row->after, &a->single, err);
	rs_buf_clear(&a->single);
	if (rc == RS_OK && rs_mysql_put_update(&a->single, route, row, a->my.flavor != RS_MY_MARIADB))
		rc = rs_mysql_apply_single(a, route, rs_mysql_zero_enums(route, row->after), NULL, err);
	if (rc != RS_FAIL || err->native != 1062)
		return rc;
	rs_err_clear(err);
	return update_anyway(a, route, row, err);
}

static enum rs_rc update_one(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_row_change *row,
                             struct rs_err *err)
{
	uint64_t affected = 1;
	enum rs_rc rc = rs_mysql_apply_flush(a, err);

	rs_buf_clear(&a->single);
	if (rc != RS_OK || !rs_mysql_put_update(&a->single, route, row, a->my.flavor != RS_MY_MARIADB))
		return rc;
	rc = rs_mysql_apply_single(a, route, rs_mysql_zero_enums(route, row->after), &affected, err);
	if (rc == RS_FAIL && err != NULL && err->native == 1062) {
		rs_err_clear(err);
		a->anomalies->duplicate_inserts++;
		return update_over(a, route, row, err);
	}
	if (rc == RS_OK && affected == 0) {
		a->anomalies->missing_updates++;
		return update_anyway(a, route, row, err);
	}
	return rc;
}

/* ---------------------------------------------------------------- rows */

static bool key_changed(const struct rs_route *route, const struct rs_row_change *row)
{
	for (size_t p = 0; p < route->row_key->n_parts; p++) {
		uint32_t i = route->row_key->parts[p].column;
		if (!rs_value_identical(&row->before[i], &row->after[i]))
			return true;
	}
	return false;
}

static enum rs_rc apply_overlapping(struct rs_mysql_applier *a, const struct rs_route *route, enum rs_op op,
                                    const struct rs_row_change *row, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (op == RS_OP_DELETE)
		return add_to_run(a, RS_RUN_DELETE, route, row->before, err);
	if (op == RS_OP_UPDATE && key_changed(route, row) && !rs_defect_active(RS_DEFECT_KEY_CHANGE))
		rc = add_to_run(a, RS_RUN_DELETE, route, row->before, err);
	return rc == RS_OK ? put_newest(a, route, row->after, err) : rc;
}

/* A row that is there already is not the source's: it is replaced, and counted; but not what it has in columns of the
 * destination's own. */
static enum rs_rc insert_one(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_value *after, struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_apply_flush(a, err);

	rs_buf_clear(&a->single);
	rs_buf_adds(&a->single, "INSERT INTO ");
	rs_mysql_put_target(&a->single, route);
	rs_buf_adds(&a->single, " VALUES ");
	rs_mysql_put_row(&a->single, route, after);
	if (rc == RS_OK)
		rc = rs_mysql_apply_single(a, route, rs_mysql_zero_enums(route, after), NULL, err);
	if (rc != RS_FAIL || err == NULL || err->native != 1062)
		return rc;
	rs_err_clear(err);
	a->anomalies->duplicate_inserts++;
	return upsert_one(a, route, after, err);
}

static bool keeps_more(const struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_value *after)
{
	return route->row_key != NULL && route->dest_has_more && !is_packed(a, rs_mysql_zero_enums(route, after));
}

static enum rs_rc apply_strictly(struct rs_mysql_applier *a, const struct rs_route *route, enum rs_op op,
                                 const struct rs_row_change *row, struct rs_err *err)
{
	switch (op) {
	case RS_OP_INSERT:
		return keeps_more(a, route, row->after) ? insert_one(a, route, row->after, err)
		                                        : add_to_run(a, RS_RUN_INSERT, route, row->after, err);
	case RS_OP_UPDATE:
		return update_one(a, route, row, err);
	case RS_OP_DELETE:
		return route->row_key ? add_to_run(a, RS_RUN_DELETE, route, row->before, err)
		                      : delete_one(a, route, row->before, err);
	}
	return RS_OK;
}

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

/* One change by itself, in its place. */
static enum rs_rc apply_one(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_change *change,
                            const struct rs_row_change *row, struct rs_err *err)
{
	enum rs_rc rc = a->overlap && route->row_key ? apply_overlapping(a, route, change->op, row, err)
	                                             : apply_strictly(a, route, change->op, row, err);

	return rc == RS_OK && !change->no_foreign_keys ? rs_mysql_apply_cascades(a, route, row, err) : rc;
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
		rc = apply_one(a, route, change, row, err);
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
			rc = a->gathering ? fold_one(a, route, change, row, err) : apply_one(a, route, change, row, err);
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
	return rs_mysql_packet_add(&a->packet, &a->single, NULL, RS_WANT_OURS, 1, err);
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

static bool same_position(const struct rs_position *a, const struct rs_position *b)
{
	return rs_position_compare(a, b) == 0 &&
	       (a->gtid == b->gtid || (a->gtid != NULL && b->gtid != NULL && strcmp(a->gtid, b->gtid) == 0));
}

/* The position that was read last goes in once more where begin did not know it. */
static enum rs_rc pack_position(struct rs_mysql_applier *a, const struct rs_position *position, int64_t time,
                                struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (same_position(position, &a->begun) && !rs_defect_active(RS_DEFECT_CHECKPOINT_AFTER))
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
	.savepoint = applier_savepoint,
	.undo = applier_undo,
	.xa_put = applier_xa_put,
	.xa_get = applier_xa_get,
	.xa_drop = applier_xa_drop,
	.xa_start = applier_xa_start,
	.replace_event = applier_replace_event,
};

/* Lanes shall not wait for each other's gaps. A server that logs statements refuses rows at that level. */
static enum rs_rc set_isolation(struct rs_my *my, struct rs_err *err)
{
	struct rs_my_result res;
	const char *format = NULL;
	enum rs_rc rc = rs_my_query(my, "SHOW VARIABLES LIKE 'binlog_format'", RS_MY_BUFFER, &res, err);

	if (rc != RS_OK)
		return rc;
	if ((rc = rs_my_next(&res, err)) == RS_OK)
		format = res.row[1];
	if (rc != RS_FAIL && (format == NULL || strcmp(format, "STATEMENT") != 0))
		rc = rs_my_exec(my, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", err);
	rs_my_result_free(&res);
	return rc == RS_EOF ? RS_OK : rc;
}

static enum rs_rc prepare(struct rs_mysql_applier *a, struct rs_mysql_sink *s, unsigned lane, struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_meta_make_lane(&a->my, s, lane, err);

	if (rc == RS_OK)
		rc = set_isolation(&a->my, err);
	if (rc == RS_OK)
		rc = rs_my_exec(&a->my, "SET SESSION autocommit=0", err);
	return rc == RS_OK ? rs_mysql_packet_open(&a->packet, &a->my, s, err) : rc;
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
