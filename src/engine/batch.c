/* To the destination: what was gathered goes there as one transaction, folded where there is enough of it, with the
 * position that was reached. */
#include "engine/follow.h"

#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/log.h"

#define FOLD_ROWS 16 /* fewer are sent as they come: one statement less is not worth a second try */

/* ---------------------------------------------------------------- applying one item */

static struct rs_sync_table *table_of(struct rs_follow *f, const struct rs_change *c)
{
	return rs_plan_find(f->e, c->table->db, c->table->name);
}

static bool dml_selected(const struct rs_engine *e, enum rs_op op)
{
	unsigned bit = op == RS_OP_INSERT ? RS_SYNC_INSERT : op == RS_OP_UPDATE ? RS_SYNC_UPDATE : RS_SYNC_DELETE;

	return (e->task->sync.dml & bit) != 0;
}

/* The positions are just inside of the transaction, so that equality does not occur. */
static bool before(const struct rs_position *inside, const struct rs_position *mark)
{
	return mark->file != NULL && inside->file != NULL && rs_position_compare(inside, mark) < 0;
}

/* The log may describe a table in more detail than the schema that its route was made with. */
static enum rs_rc fit_route(struct rs_follow *f, struct rs_sync_table *t, const struct rs_change *c, struct rs_err *err)
{
	if (t->route != NULL && (t->route->source == c->table || rs_table_same(t->route->source, c->table)))
		return RS_OK;
	if (f->folding)
		return RS_AGAIN; /* routes must not change under what is gathered */
	rs_table_unref(t->meta.schema);
	t->meta.schema = rs_table_ref(c->table);
	enum rs_rc rc = rs_plan_route(f->e, t, err);
	rs_plan_cascades(f->e);
	return rc;
}

static void count_rows(struct rs_follow *f, struct rs_sync_table *t, const struct rs_change *c)
{
	struct rs_stats *s = &f->e->stats;

	pthread_mutex_lock(&s->lock);
	switch (c->op) {
	case RS_OP_INSERT:
		t->stats->inserts += c->n_rows;
		s->inserts += c->n_rows;
		break;
	case RS_OP_UPDATE:
		t->stats->updates += c->n_rows;
		s->updates += c->n_rows;
		break;
	case RS_OP_DELETE:
		t->stats->deletes += c->n_rows;
		s->deletes += c->n_rows;
		break;
	}
	t->stats->last_change = rs_clock_wall();
	s->rows_moved += c->n_rows;
	s->bytes_moved += c->image_bytes;
	pthread_mutex_unlock(&s->lock);
	if (f->streaming)
		rs_undo_count(&f->undo, t->stats, c->op, c->n_rows);
}

static bool lottery(void)
{
	static unsigned n;

	return ++n % 40 == 0;
}

static enum rs_rc apply_rows(struct rs_follow *f, const struct rs_change *c, const struct rs_position *inside,
                             struct rs_err *err)
{
	struct rs_sync_table *t = table_of(f, c);

	if (t == NULL || t->meta.state == RS_TABLE_GONE || !dml_selected(f->e, c->op))
		return RS_OK;
	if (before(inside, &t->meta.exact) && !rs_defect_active(RS_DEFECT_EXACT_IGNORED)) /* in the copy */
		return RS_OK;
	if (rs_defect_active(RS_DEFECT_EVENT_DROPPED) && lottery())
		return RS_OK;
	enum rs_rc rc = fit_route(f, t, c, err);
	if (rc != RS_OK)
		return rc;
	bool overlap = t->meta.exact.file == NULL && before(inside, &f->e->meta.p1);
	rc = f->applier->ops->rows(f->applier, t->route, c, overlap, &f->anomalies, err);
	if (rc == RS_OK && rs_defect_active(RS_DEFECT_EVENT_DOUBLED) && lottery())
		rc = f->applier->ops->rows(f->applier, t->route, c, overlap, &f->anomalies, err);
	if (rc == RS_OK && !f->again)
		count_rows(f, t, c);
	return rc;
}

/* ---------------------------------------------------------------- batches */

void rs_follow_note_anomalies(struct rs_follow *f)
{
	struct rs_anomalies *a = &f->anomalies;
	uint64_t n = a->missing_updates + a->missing_deletes + a->duplicate_inserts;

	if (n == 0)
		return;
	struct rs_err err = RS_ERR_INIT;
	rs_err_set(&err, RS_E_ANOMALY, _("changes did not find the rows that they change"));
	rs_err_detail(&err, "updates without a row: %llu, deletes without a row: %llu, inserts of a row that was there: %llu",
	              (unsigned long long)a->missing_updates, (unsigned long long)a->missing_deletes,
	              (unsigned long long)a->duplicate_inserts);
	rs_journal(f->e, RS_LOG_WARN, &err, "anomaly");
	rs_stats_problem(&f->e->stats, &err, NULL, false);
	pthread_mutex_lock(&f->e->stats.lock);
	f->e->stats.anomalies += n;
	pthread_mutex_unlock(&f->e->stats.lock);
	rs_err_clear(&err);
	*a = (struct rs_anomalies){0};
}

enum rs_rc rs_follow_judge(struct rs_follow *f, struct rs_err *err)
{
	const struct rs_anomalies *a = &f->anomalies;

	if (f->e->task->sync.on_anomaly != RS_ANOMALY_STOP || a->missing_updates + a->missing_deletes + a->duplicate_inserts == 0)
		return RS_OK;
	rs_err_set(err, RS_E_ANOMALY, _("a change did not find the row that it changes"));
	return rs_err_hint(err, _("compare both sides with \"rds-sync verify\"; on_anomaly = count goes on and counts"));
}

/* Whether the destination has passed the end of the copy. */
bool rs_follow_is_consistent(const struct rs_follow *f, const struct rs_position *position)
{
	const struct rs_position *p1 = &f->e->meta.p1;

	return p1->file == NULL || rs_position_compare(position, p1) >= 0;
}

/* Nothing is called synchronizing before the destination is consistent. */
void rs_follow_show_state(struct rs_follow *f)
{
	rs_stats_set_state(&f->e->stats, rs_follow_is_consistent(f, &f->saved) ? RS_STATE_SYNCHRONIZING : RS_STATE_INITIALIZING);
}

void rs_follow_saved(struct rs_follow *f, const struct rs_position *position, int64_t time)
{
	bool was = rs_follow_is_consistent(f, &f->saved);

	struct rs_stats *s = &f->e->stats;

	rs_position_copy(&f->saved, position);
	f->saved_at = rs_clock_mono();
	pthread_mutex_lock(&s->lock);
	rs_position_copy(&s->applied, position);
	s->checkpoint = rs_clock_wall();
	if (time > 0)
		rs_stats_lag(s, rs_clock_wall() + s->clock_ahead - time * RS_USEC_PER_SEC);
	s->consistent = rs_follow_is_consistent(f, position);
	pthread_mutex_unlock(&s->lock);
	if (!was)
		rs_follow_show_state(f);
}

void rs_follow_forget(struct rs_follow *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		f->bytes -= f->items[i]->bytes;
		rs_change_free(f->items[i]);
	}
	if (f->n_items > n)
		memmove(f->items, f->items + n, (f->n_items - n) * sizeof *f->items);
	f->n_items -= n;
	f->complete_items -= n < f->complete_items ? n : f->complete_items;
}

enum rs_rc rs_follow_set_savepoint(struct rs_follow *f, const struct rs_change *c, struct rs_err *err)
{
	const struct rs_ddl_item *item = c->attached;
	struct rs_undo_point *point = rs_undo_set(&f->undo, item->savepoint, &f->anomalies);
	enum rs_rc rc = rs_xa_is_open(&f->body) ? rs_xa_mark(&f->body, &point->body, err) : RS_OK;

	return rc == RS_OK ? f->applier->ops->savepoint(f->applier, point->number, err) : rc;
}

static enum rs_rc send_rows(struct rs_follow *f, const struct rs_change *c, struct rs_err *err)
{
	return rs_xa_is_open(&f->body) ? rs_xa_add(&f->body, c, err) : apply_rows(f, c, &f->inside, err);
}

enum rs_rc rs_follow_apply_stored(void *arg, const struct rs_change *c, struct rs_err *err)
{
	struct rs_follow *f = arg;

	return apply_rows(f, c, &f->inside, err);
}

/* Nothing is known of a transaction that was prepared before P0. It was finished before the copy began, which has its
 * rows, or it is one that we could not see. */
static enum rs_rc unknown_body(struct rs_follow *f, const struct rs_change *c, struct rs_err *err)
{
	struct rs_position start = RS_POSITION_INIT;
	enum rs_rc rc = f->applier->ops->xa_start(f->applier, &start, err);
	bool in_copy = start.file != NULL && rs_position_compare(&c->position, &start) <= 0;

	rs_position_clear(&start);
	if (rc != RS_OK || in_copy)
		return rc;
	rs_err_set(err, RS_E_SOURCE_PREREQ, _("an XA transaction was committed that had been prepared before the task started"));
	rs_err_detail(err, "%s", c->xid);
	return rs_err_hint(err, _("its rows are neither in the copy nor in the log that was read: synchronize the task anew"));
}

/* Its place among the others is that of the COMMIT: the rows were locked until then. */
static enum rs_rc commit_xa(struct rs_follow *f, const struct rs_change *c, struct rs_err *err)
{
	rs_position_copy(&f->inside, &c->position);
	if (f->inside.offset > 0)
		f->inside.offset--;
	enum rs_rc rc = rs_xa_replay(f->applier, c->xid, rs_follow_apply_stored, f, err);

	return rc == RS_EOF ? unknown_body(f, c, err) : rc;
}

/* Savepoints among what was gathered matter only while their transaction is open: later ones were taken back there. */
enum rs_rc rs_follow_send_one(struct rs_follow *f, const struct rs_change *c, struct rs_err *err)
{
	switch (c->kind) {
	case RS_CHANGE_BEGIN:
		rs_position_copy(&f->inside, &c->position);
		if (c->xid != NULL)
			rs_xa_open(&f->body, f->applier, c->xid);
		return RS_OK;
	case RS_CHANGE_DDL:
		return f->streaming ? rs_follow_set_savepoint(f, c, err) : RS_OK;
	case RS_CHANGE_ROWS:
		return send_rows(f, c, err);
	case RS_CHANGE_XA_PREPARE:
		return rs_xa_close(&f->body, err);
	case RS_CHANGE_XA_COMMIT:
		return commit_xa(f, c, err);
	case RS_CHANGE_XA_ROLLBACK:
		return f->applier->ops->xa_drop(f->applier, c->xid, err);
	case RS_CHANGE_COMMIT:
	case RS_CHANGE_ROLLBACK:
	case RS_CHANGE_HEARTBEAT:
		break;
	}
	return RS_OK;
}

static enum rs_rc send_items(struct rs_follow *f, size_t n, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < n; i++) {
		rc = rs_follow_send_one(f, f->items[i], err);
		if (rc == RS_OK && i == n / 2 && n > 1 && rs_defect_active(RS_DEFECT_TXN_SPLIT)) {
			rc = f->applier->ops->commit(f->applier, &f->reached, f->reached_time, err);
			rs_step("txn-split");
			if (rc == RS_OK)
				rc = f->applier->ops->begin(f->applier, &f->reached, f->reached_time, err);
		}
	}
	return rc;
}

/* The first n items, gathered or one by one. */
static enum rs_rc send_settled(struct rs_follow *f, size_t n, bool fold, struct rs_err *err)
{
	f->folding = fold;
	if (fold)
		f->applier->ops->gather(f->applier);
	enum rs_rc rc = send_items(f, n, err);
	if (rc == RS_OK)
		rc = f->applier->ops->settle(f->applier, err);
	f->folding = false;
	return rc;
}

static enum rs_rc apply_batch(struct rs_follow *f, bool fold, struct rs_err *err)
{
	enum rs_rc rc = f->applier->ops->begin(f->applier, &f->reached, f->reached_time, err);

	f->anomalies = (struct rs_anomalies){0};
	if (rc == RS_OK)
		rc = send_settled(f, f->complete_items, fold, err);
	if (rc == RS_OK)
		rc = rs_follow_judge(f, err);
	if (rc == RS_OK)
		rc = f->applier->ops->commit(f->applier, &f->reached, f->reached_time, err);
	if (rc != RS_OK) {
		f->applier->ops->rollback(f->applier);
		rs_xa_abandon(&f->body);
	}
	return rc;
}

static void count_refold(struct rs_follow *f)
{
	pthread_mutex_lock(&f->e->stats.lock);
	f->e->stats.refolds++;
	pthread_mutex_unlock(&f->e->stats.lock);
	rs_journal(f->e, RS_LOG_INFO, NULL, "a batch is not as the log has it and is applied change by change");
}

/* All complete transactions that were gathered, as one; also called to save a position alone. */
static enum rs_rc commit_batch(struct rs_follow *f, struct rs_err *err)
{
	if (f->rows_in_batch > 0)
		rs_step("apply-batch");
	enum rs_rc rc = apply_batch(f, f->rows_in_batch >= FOLD_ROWS && !f->replaying, err);

	f->again = rc == RS_AGAIN;
	if (rc == RS_AGAIN) {
		count_refold(f);
		rc = apply_batch(f, false, err);
	}
	f->again = false;
	if (rc != RS_OK)
		return rc;
	rs_follow_note_anomalies(f);
	rs_follow_saved(f, &f->reached, f->reached_time);
	rs_follow_forget(f, f->complete_items);
	f->rows_in_batch = 0;
	f->replaying = false;
	return RS_OK;
}

#define WINDOW 1000000000u /* the savepoint of a window; those of the source are counted from 0 */

static enum rs_rc fold_window(struct rs_follow *f, struct rs_err *err)
{
	const struct rs_anomalies before = f->anomalies;
	enum rs_rc rc = f->applier->ops->savepoint(f->applier, WINDOW, err);

	if (rc == RS_OK)
		rc = send_settled(f, f->n_items, true, err);
	if (rc != RS_AGAIN)
		return rc;
	count_refold(f);
	f->anomalies = before;
	rc = f->applier->ops->undo(f->applier, WINDOW, err);
	f->again = true;
	if (rc == RS_OK)
		rc = send_settled(f, f->n_items, false, err);
	f->again = false;
	return rc;
}

enum rs_rc rs_follow_send_window(struct rs_follow *f, struct rs_err *err)
{
	bool fold = !rs_xa_is_open(&f->body) && f->n_items > 0;
	enum rs_rc rc = fold ? fold_window(f, err) : send_settled(f, f->n_items, false, err);

	rs_follow_forget(f, f->n_items);
	rs_step("streaming-rows");
	return rc;
}

static bool position_moved(const struct rs_follow *f)
{
	bool named = f->reached.log != NULL && (f->saved.log == NULL || strcmp(f->reached.log, f->saved.log) != 0);

	return named || rs_position_compare(&f->reached, &f->saved) != 0 || (f->saved.file == NULL && f->reached.file != NULL);
}

enum rs_rc rs_follow_flush(struct rs_follow *f, bool save_position, struct rs_err *err)
{
	if (f->complete_items > 0 && f->rows_in_batch > 0)
		return commit_batch(f, err);
	rs_follow_forget(f, f->complete_items);
	return save_position && position_moved(f) ? commit_batch(f, err) : RS_OK;
}
