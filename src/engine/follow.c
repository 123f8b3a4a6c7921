/* Following: a thread reads the source's log into a queue bounded in bytes, the coordinator applies what comes out of it
 * in source order. Whole source transactions are gathered into one destination transaction while there is a backlog; one
 * that is too large to be gathered is applied as it arrives. */
#include "engine/core.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/queue.h"
#include "engine/undo.h"
#include "engine/xa.h"

#define BATCH_BYTES ((size_t)8 << 20)
#define BATCH_ITEMS 4096
#define FOLD_ROWS 16 /* fewer are sent as they come: one statement less is not worth a second try */
#define IDLE_CHECKPOINT RS_USEC_PER_SEC

struct follow {
	struct rs_engine *e;
	struct rs_stream *stream;
	struct rs_tracker *tracker;
	struct rs_applier *applier;
	struct rs_thread reader;
	struct rs_queue queue;
	struct rs_err stream_err;      /* the reader's, to be looked at once the queue has ended */
	enum rs_rc stream_rc;

	struct rs_change **items;      /* gathered: complete transactions, and behind complete_items an open one */
	size_t n_items, cap_items, complete_items;
	size_t bytes;
	uint64_t rows_in_batch;
	struct rs_position reached;    /* after the last complete transaction that was gathered or seen */
	int64_t reached_time;
	struct rs_position inside;     /* of the transaction that is open */
	bool news;                     /* it was reached since the lag was measured */
	bool open;                     /* a transaction has begun and not ended */
	bool streaming;                /* its rows are already being applied */
	struct rs_undo undo;           /* of the transaction that is streaming */
	struct rs_xa_writer body;      /* open while rows are stored and not applied */
	bool replaying;                /* among what was gathered is the COMMIT of a body, whose rows live too shortly to be folded */
	struct rs_position saved;      /* what the destination has */
	rs_usec saved_at;
	struct rs_anomalies anomalies;
	bool folding;                  /* the batch that is being applied */
	bool again;                    /* … for the second time */
};

/* ---------------------------------------------------------------- the reading thread */

static void show_source(struct follow *f, const struct rs_change *c)
{
	if (c->kind == RS_CHANGE_BEGIN || c->kind == RS_CHANGE_ROWS)
		return;
	pthread_mutex_lock(&f->e->stats.lock);
	rs_position_copy(&f->e->stats.source, &c->position);
	pthread_mutex_unlock(&f->e->stats.lock);
}

static void *read_stream(void *arg)
{
	struct follow *f = arg;
	struct rs_change *c = NULL;
	enum rs_rc rc = RS_OK;

	while (rc == RS_OK && !rs_engine_stopping(f->e)) {
		rc = f->stream->ops->next(f->stream, RS_USEC_PER_SEC, &c, &f->stream_err);
		if (rc == RS_AGAIN) {
			rc = RS_OK;
			continue;
		}
		if (rc == RS_OK)
			show_source(f, c);
		if (rc == RS_OK && rs_queue_put(&f->queue, c, c->bytes + sizeof *c) != RS_OK) {
			rs_change_free(c);
			rc = RS_CANCELLED;
		}
	}
	f->stream_rc = rc;
	rs_queue_close(&f->queue);
	return NULL;
}

/* ---------------------------------------------------------------- applying one item */

static struct rs_sync_table *table_of(struct follow *f, const struct rs_change *c)
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
static enum rs_rc fit_route(struct follow *f, struct rs_sync_table *t, const struct rs_change *c, struct rs_err *err)
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

static void count_rows(struct follow *f, struct rs_sync_table *t, const struct rs_change *c)
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
	s->bytes_moved += c->bytes;
	pthread_mutex_unlock(&s->lock);
	if (f->streaming)
		rs_undo_count(&f->undo, t->stats, c->op, c->n_rows);
}

static bool lottery(void)
{
	static unsigned n;

	return ++n % 40 == 0;
}

static enum rs_rc apply_rows(struct follow *f, const struct rs_change *c, const struct rs_position *inside,
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

static void note_anomalies(struct follow *f)
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
	rs_log_err(RS_LOG_WARN, "anomaly", &err);
	rs_stats_problem(&f->e->stats, &err, NULL, false);
	pthread_mutex_lock(&f->e->stats.lock);
	f->e->stats.anomalies += n;
	pthread_mutex_unlock(&f->e->stats.lock);
	rs_err_clear(&err);
	*a = (struct rs_anomalies){0};
}

static enum rs_rc judge_anomalies(struct follow *f, struct rs_err *err)
{
	const struct rs_anomalies *a = &f->anomalies;

	if (f->e->task->sync.on_anomaly != RS_ANOMALY_STOP || a->missing_updates + a->missing_deletes + a->duplicate_inserts == 0)
		return RS_OK;
	rs_err_set(err, RS_E_ANOMALY, _("a change did not find the row that it changes"));
	return rs_err_hint(err, _("compare both sides with \"rds-sync verify\"; on_anomaly = count goes on and counts"));
}

/* Whether the destination has passed the end of the copy. */
static bool is_consistent(const struct follow *f, const struct rs_position *position)
{
	const struct rs_position *p1 = &f->e->meta.p1;

	return p1->file == NULL || rs_position_compare(position, p1) >= 0;
}

/* Nothing is called synchronizing before the destination is consistent. */
static void show_state(struct follow *f)
{
	rs_stats_set_state(&f->e->stats, is_consistent(f, &f->saved) ? RS_STATE_SYNCHRONIZING : RS_STATE_INITIALIZING);
}

static void saved(struct follow *f, const struct rs_position *position, int64_t time)
{
	bool was = is_consistent(f, &f->saved);

	struct rs_stats *s = &f->e->stats;

	rs_position_copy(&f->saved, position);
	f->saved_at = rs_clock_mono();
	pthread_mutex_lock(&s->lock);
	rs_position_copy(&s->applied, position);
	s->checkpoint = rs_clock_wall();
	if (time > 0)
		rs_stats_lag(s, rs_clock_wall() + s->clock_ahead - time * RS_USEC_PER_SEC);
	s->consistent = is_consistent(f, position);
	pthread_mutex_unlock(&s->lock);
	if (!was)
		show_state(f);
}

static void forget_items(struct follow *f, size_t n)
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

static enum rs_rc set_savepoint(struct follow *f, const struct rs_change *c, struct rs_err *err)
{
	const struct rs_ddl_item *item = c->attached;
	struct rs_undo_point *point = rs_undo_set(&f->undo, item->savepoint, &f->anomalies);
	enum rs_rc rc = rs_xa_is_open(&f->body) ? rs_xa_mark(&f->body, &point->body, err) : RS_OK;

	return rc == RS_OK ? f->applier->ops->savepoint(f->applier, point->number, err) : rc;
}

static enum rs_rc send_rows(struct follow *f, const struct rs_change *c, struct rs_err *err)
{
	return rs_xa_is_open(&f->body) ? rs_xa_add(&f->body, c, err) : apply_rows(f, c, &f->inside, err);
}

static enum rs_rc apply_stored(void *arg, const struct rs_change *c, struct rs_err *err)
{
	struct follow *f = arg;

	return apply_rows(f, c, &f->inside, err);
}

/* Nothing is known of a transaction that was prepared before P0. It was finished before the copy began, which has its
 * rows, or it is one that we could not see. */
static enum rs_rc unknown_body(struct follow *f, const struct rs_change *c, struct rs_err *err)
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
static enum rs_rc commit_xa(struct follow *f, const struct rs_change *c, struct rs_err *err)
{
	rs_position_copy(&f->inside, &c->position);
	if (f->inside.offset > 0)
		f->inside.offset--;
	enum rs_rc rc = rs_xa_replay(f->applier, c->xid, apply_stored, f, err);

	return rc == RS_EOF ? unknown_body(f, c, err) : rc;
}

/* Savepoints among what was gathered matter only while their transaction is open: later ones were taken back there. */
static enum rs_rc send_item(struct follow *f, const struct rs_change *c, struct rs_err *err)
{
	switch (c->kind) {
	case RS_CHANGE_BEGIN:
		rs_position_copy(&f->inside, &c->position);
		if (c->xid != NULL)
			rs_xa_open(&f->body, f->applier, c->xid);
		return RS_OK;
	case RS_CHANGE_DDL:
		return f->streaming ? set_savepoint(f, c, err) : RS_OK;
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

static enum rs_rc send_items(struct follow *f, size_t n, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < n; i++) {
		rc = send_item(f, f->items[i], err);
		if (rc == RS_OK && i == n / 2 && n > 1 && rs_defect_active(RS_DEFECT_TXN_SPLIT)) {
			rc = f->applier->ops->commit(f->applier, &f->reached, f->reached_time, err);
			rs_step("txn-split");
			if (rc == RS_OK)
				rc = f->applier->ops->begin(f->applier, &f->reached, f->reached_time, false, err);
		}
	}
	return rc;
}

static enum rs_rc apply_batch(struct follow *f, bool fold, struct rs_err *err)
{
	enum rs_rc rc = f->applier->ops->begin(f->applier, &f->reached, f->reached_time, fold, err);

	f->folding = fold && rc == RS_OK;
	f->anomalies = (struct rs_anomalies){0};

	if (rc == RS_OK)
		rc = send_items(f, f->complete_items, err);
	if (rc == RS_OK)
		rc = judge_anomalies(f, err);
	if (rc == RS_OK)
		rc = f->applier->ops->commit(f->applier, &f->reached, f->reached_time, err);
	f->folding = false;
	if (rc != RS_OK) {
		f->applier->ops->rollback(f->applier);
		rs_xa_abandon(&f->body);
	}
	return rc;
}

static void count_refold(struct follow *f)
{
	pthread_mutex_lock(&f->e->stats.lock);
	f->e->stats.refolds++;
	pthread_mutex_unlock(&f->e->stats.lock);
}

/* All complete transactions that were gathered, as one; also called to save a position alone. */
static enum rs_rc commit_batch(struct follow *f, struct rs_err *err)
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
	note_anomalies(f);
	saved(f, &f->reached, f->reached_time);
	forget_items(f, f->complete_items);
	f->rows_in_batch = 0;
	f->replaying = false;
	return RS_OK;
}

static bool position_moved(const struct follow *f)
{
	return rs_position_compare(&f->reached, &f->saved) != 0 || (f->saved.file == NULL && f->reached.file != NULL);
}

static enum rs_rc flush(struct follow *f, bool save_position, struct rs_err *err)
{
	if (f->complete_items > 0 && f->rows_in_batch > 0)
		return commit_batch(f, err);
	forget_items(f, f->complete_items);
	return save_position && position_moved(f) ? commit_batch(f, err) : RS_OK;
}

/* ---------------------------------------------------------------- items */

static void keep(struct follow *f, struct rs_change *c)
{
	RS_GROW(f->items, f->n_items, f->cap_items);
	f->items[f->n_items++] = c;
	f->bytes += c->bytes;
}

static void reach(struct follow *f, const struct rs_change *c)
{
	rs_position_copy(&f->reached, &c->position);
	if (c->timestamp > 0)
		f->reached_time = c->timestamp;
	f->news = c->timestamp > 0;
}

/* The open transaction is larger than a batch: what was gathered of it is sent, and the rest as it comes. Its first
 * statement moves the position to where it already is; the end is written with the commit. */
static enum rs_rc start_streaming(struct follow *f, struct rs_err *err)
{
	enum rs_rc rc = flush(f, false, err);

	if (rc == RS_OK)
		rc = f->applier->ops->begin(f->applier, &f->reached, f->reached_time, false, err);
	f->streaming = rc == RS_OK;
	rs_undo_begin(&f->undo, &f->anomalies);
	if (rc == RS_OK)
		rc = f->applier->ops->savepoint(f->applier, 0, err);
	if (rc == RS_OK)
		rc = send_items(f, f->n_items, err);
	forget_items(f, f->n_items);
	return rc;
}

static void count_transaction(struct follow *f)
{
	pthread_mutex_lock(&f->e->stats.lock);
	f->e->stats.transactions++;
	pthread_mutex_unlock(&f->e->stats.lock);
}

static enum rs_rc on_rows(struct follow *f, struct rs_change *c, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (f->streaming) {
		rc = send_rows(f, c, err);
		rs_step("streaming-rows");
		rs_change_free(c);
		return rc;
	}
	keep(f, c);
	f->rows_in_batch += c->n_rows;
	return f->bytes > BATCH_BYTES ? start_streaming(f, err) : RS_OK;
}

/* The open transaction, which was streaming, is complete. */
static enum rs_rc end_streaming(struct follow *f, struct rs_err *err)
{
	enum rs_rc rc = judge_anomalies(f, err);

	f->streaming = false;
	if (rc == RS_OK)
		rc = f->applier->ops->commit(f->applier, &f->reached, f->reached_time, err);
	if (rc != RS_OK)
		return rc;
	note_anomalies(f);
	saved(f, &f->reached, f->reached_time);
	return RS_OK;
}

/* An XA transaction that was not prepared but committed at once needs no storing: it is one like any other. */
static enum rs_rc commit_at_once(struct follow *f, const struct rs_change *c, struct rs_err *err)
{
	if (!f->streaming && f->n_items > f->complete_items)
		f->items[f->complete_items]->xid = NULL;
	if (!rs_xa_is_open(&f->body))
		return RS_OK;
	enum rs_rc rc = rs_xa_close(&f->body, err);

	return rc == RS_OK ? rs_xa_replay(f->applier, c->xid, apply_stored, f, err) : rc;
}

static enum rs_rc on_commit(struct follow *f, const struct rs_change *c, struct rs_err *err)
{
	enum rs_rc rc = c->xid != NULL ? commit_at_once(f, c, err) : RS_OK;

	if (rc != RS_OK)
		return rc;
	reach(f, c);
	f->open = false;
	count_transaction(f);
	if (f->streaming)
		return end_streaming(f, err);
	f->complete_items = f->n_items;
	return RS_OK;
}

/* PREPARE ends what began, COMMIT and ROLLBACK stand alone. */
static enum rs_rc on_xa(struct follow *f, struct rs_change *c, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	reach(f, c);
	f->open = false;
	if (c->kind == RS_CHANGE_XA_COMMIT)
		count_transaction(f);
	if (!f->streaming) {
		f->replaying = f->replaying || c->kind == RS_CHANGE_XA_COMMIT;
		keep(f, c);
		f->complete_items = f->n_items;
		f->rows_in_batch++;
		return RS_OK;
	}
	rc = send_item(f, c, err);
	rs_change_free(c);
	return rc == RS_OK ? end_streaming(f, err) : rc;
}

static void drop_items(struct follow *f, size_t from)
{
	while (f->n_items > from) {
		struct rs_change *last = f->items[--f->n_items];
		f->bytes -= last->bytes;
		rs_change_free(last);
	}
}

static void back_to(struct follow *f, const struct rs_undo_point *point)
{
	f->anomalies = point->anomalies;
	if (rs_xa_is_open(&f->body))
		rs_xa_back_to(&f->body, &point->body);
	rs_undo_back_to(&f->undo, point, &f->e->stats);
}

/* Rows that the source undid: nothing of them may stay. */
static enum rs_rc on_rollback(struct follow *f, const struct rs_change *c)
{
	if (f->streaming) {
		f->applier->ops->rollback(f->applier);
		back_to(f, &f->undo.points[0]);
	}
	rs_xa_abandon(&f->body);
	f->streaming = f->open = false;
	drop_items(f, f->complete_items);
	reach(f, c);
	return RS_OK;
}

/* ---------------------------------------------------------------- savepoints */

static const struct rs_ddl_item *savepoint_of(const struct rs_change *c)
{
	const struct rs_ddl_item *item = c->kind == RS_CHANGE_DDL ? c->attached : NULL;

	return item != NULL && item->savepoint != NULL ? item : NULL;
}

/* Servers log a savepoint only where something was changed before it: one that is not known is the begin, the first
 * item of those that are not complete. */
static size_t find_savepoint(const struct follow *f, const char *name)
{
	for (size_t i = f->n_items; i > f->complete_items; i--) {
		const struct rs_ddl_item *item = savepoint_of(f->items[i - 1]);
		if (item != NULL && rs_undo_same_name(item->savepoint, name))
			return i;
	}
	return f->complete_items + 1;
}

static enum rs_rc undo_to(struct follow *f, const char *name, struct rs_err *err)
{
	const struct rs_undo_point *point;
	enum rs_rc rc;

	if (!f->streaming) {
		drop_items(f, find_savepoint(f, name));
		return RS_OK;
	}
	point = rs_undo_find(&f->undo, name);
	rc = f->applier->ops->undo(f->applier, point->number, err);
	back_to(f, point);
	return rc;
}

/* Tables without transactions are no concern: what was changed in them stands in the log before, on its own. */
static enum rs_rc on_savepoint(struct follow *f, struct rs_change *c, struct rs_err *err)
{
	const struct rs_ddl_item *item = savepoint_of(c);
	enum rs_rc rc = RS_OK;

	if (f->open && item->kind == RS_STMT_SAVEPOINT && !f->streaming) {
		keep(f, c);
		return RS_OK;
	}
	if (f->open && item->kind == RS_STMT_SAVEPOINT)
		rc = set_savepoint(f, c, err);
	else if (f->open)
		rc = undo_to(f, item->savepoint, err);
	rs_change_free(c);
	return rc;
}

static enum rs_rc on_ddl(struct follow *f, const struct rs_change *c, struct rs_err *err)
{
	const struct rs_ddl_item *item = c->attached;
	enum rs_rc rc = item ? rs_engine_settle_doubt(f->e, c, err) : RS_OK;

	if (rc != RS_OK)
		return rc;
	if (item == NULL || (item->ignore && !rs_err_is_set(&item->error))) {
		if (!f->open)
			reach(f, c);
		return RS_OK;
	}
	rc = flush(f, true, err);
	if (rc == RS_OK)
		rc = rs_engine_apply_ddl(f->e, c, f->open, err);
	if (rc == RS_OK && !f->open) {
		reach(f, c);
		saved(f, &f->reached, f->reached_time);
	}
	return rc;
}

static void on_idle(struct follow *f)
{
	struct rs_stats *s = &f->e->stats;

	pthread_mutex_lock(&s->lock);
	s->caught_up = true;
	rs_stats_lag(s, 0);
	pthread_mutex_unlock(&s->lock);
}

static enum rs_rc on_item(struct follow *f, struct rs_change *c, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	switch (c->kind) {
	case RS_CHANGE_BEGIN:
		f->open = true;
		rs_position_copy(&f->inside, &c->position);
		keep(f, c);
		return RS_OK;
	case RS_CHANGE_ROWS:
		return on_rows(f, c, err);
	case RS_CHANGE_COMMIT:
		rc = on_commit(f, c, err);
		break;
	case RS_CHANGE_ROLLBACK:
		rc = on_rollback(f, c);
		break;
	case RS_CHANGE_DDL:
		if (savepoint_of(c) != NULL)
			return on_savepoint(f, c, err);
		rc = on_ddl(f, c, err);
		break;
	case RS_CHANGE_HEARTBEAT:
		reach(f, c);
		if (rs_queue_count(&f->queue) == 0)
			on_idle(f);
		break;
	case RS_CHANGE_XA_PREPARE:
	case RS_CHANGE_XA_COMMIT:
	case RS_CHANGE_XA_ROLLBACK:
		return on_xa(f, c, err);
	}
	rs_change_free(c);
	return rc;
}

/* ---------------------------------------------------------------- the loop */

static bool batch_is_full(const struct follow *f)
{
	return f->complete_items >= BATCH_ITEMS || f->bytes > BATCH_BYTES;
}

static bool target_reached(const struct follow *f)
{
	const struct rs_position *target = &f->e->target;

	return f->e->options.until_synchronized && target->file != NULL && f->reached.file != NULL && !f->open &&
	       rs_position_compare(&f->reached, target) >= 0;
}

static enum rs_rc stream_ended(struct follow *f, struct rs_err *err)
{
	if (f->stream_rc == RS_FAIL)
		rs_err_move(err, &f->stream_err);
	return f->stream_rc == RS_OK ? RS_CANCELLED : f->stream_rc;
}

/* What was read concerns nobody here: no commit tells how late it is. */
static void note_news(struct follow *f)
{
	struct rs_stats *s = &f->e->stats;

	if (!f->news || f->n_items > 0)
		return;
	f->news = false;
	pthread_mutex_lock(&s->lock);
	rs_stats_lag(s, rs_clock_wall() + s->clock_ahead - f->reached_time * RS_USEC_PER_SEC);
	pthread_mutex_unlock(&s->lock);
}

/* Between items: sends what is complete when there is no backlog, when the batch is full, or when the position was not
 * saved for a while. */
static enum rs_rc between(struct follow *f, struct rs_err *err)
{
	bool idle = rs_queue_count(&f->queue) == 0;
	bool late = rs_clock_mono() - f->saved_at > IDLE_CHECKPOINT;
	enum rs_rc rc = RS_OK;

	if (f->streaming || f->open)
		return RS_OK;
	rs_stats_busy(&f->e->stats);
	if (idle || batch_is_full(f) || late)
		rc = flush(f, late, err);
	if (rc == RS_OK)
		note_news(f);
	return rc;
}

static enum rs_rc take(struct follow *f, struct rs_err *err)
{
	void *item;
	enum rs_rc rc = rs_queue_take(&f->queue, &item, RS_MSEC(200));

	if (rc == RS_AGAIN)
		return RS_OK;
	if (rc == RS_EOF)
		return stream_ended(f, err);
	if (rc != RS_OK)
		return rc;
	rs_stats_busy(&f->e->stats);
	return on_item(f, item, err);
}

static enum rs_rc apply_loop(struct follow *f, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	while (rc == RS_OK && !rs_engine_stopping(f->e)) {
		if (target_reached(f))
			return flush(f, true, err);
		rc = take(f, err);
		if (rc == RS_OK)
			rc = between(f, err);
		rs_stats_free(&f->e->stats);
	}
	/* What is complete is kept also when the stream has ended, or when we are to end. */
	if (rc == RS_OK || rc == RS_CANCELLED) {
		if (!f->streaming && flush(f, true, err) != RS_OK)
			return RS_FAIL;
		rc = RS_CANCELLED;
	}
	return rc;
}

/* ---------------------------------------------------------------- opening and closing */

/* A table that does not fit the destination now may do so after the schema change that a crash interrupted, which comes
 * first: it is bound when its rows come, and complained of then. */
static enum rs_rc route_all(struct rs_engine *e, struct rs_err *err)
{
	for (size_t i = 0; i < e->n_tables; i++) {
		struct rs_err unfit = RS_ERR_INIT;
		if (e->tables[i].meta.state == RS_TABLE_GONE || e->tables[i].route != NULL)
			continue;
		if (rs_plan_route(e, &e->tables[i], &unfit) == RS_OK)
			continue;
		if (unfit.code != RS_E_DEST_TABLE_MISSING && unfit.code != RS_E_DEST_COLUMN) {
			rs_err_move(err, &unfit);
			return RS_FAIL;
		}
		rs_err_clear(&unfit);
	}
	rs_plan_cascades(e);
	return RS_OK;
}

/* Collations by number are needed to read statements and rows; a resumed attempt has not read the catalogue. */
static enum rs_rc read_collations(struct rs_engine *e, struct rs_err *err)
{
	struct rs_selection *nothing = rs_selection_new();
	enum rs_rc rc = RS_OK;

	if (e->catalog.collations.count == 0)
		rc = e->source->ops->catalog(e->source, nothing, &e->catalog, err);
	rs_selection_free(nothing);
	return rc;
}

static void start_from(struct follow *f)
{
	const struct rs_meta_task *m = &f->e->meta;
	const struct rs_position *from = rs_position_is_set(&m->position) ? &m->position : &m->p0;

	rs_position_copy(&f->reached, from);
	rs_position_copy(&f->saved, from);
	f->reached_time = m->position_time;
	f->saved_at = rs_clock_mono();
	pthread_mutex_lock(&f->e->stats.lock);
	rs_position_copy(&f->e->stats.applied, from);
	f->e->stats.consistent = is_consistent(f, from);
	pthread_mutex_unlock(&f->e->stats.lock);
}

static enum rs_rc open_all(struct follow *f, struct rs_err *err)
{
	struct rs_engine *e = f->e;
	enum rs_rc rc = e->sink->ops->applier(e->sink, &f->applier, err);

	if (rc == RS_OK)
		rs_engine_live(e, (void (*)(void *))f->applier->ops->cancel, f->applier);
	if (rc == RS_OK)
		rc = e->source->ops->stream(e->source, &f->reached, &f->stream, err);
	if (rc != RS_OK)
		return rc;
	rs_engine_live(e, (void (*)(void *))f->stream->ops->cancel, f->stream);
	f->tracker = rs_tracker_new(e);
	rs_tracker_bind(f->tracker, f->stream);
	if (!rs_thread_start(&f->reader, "log-reader", read_stream, f))
		rc = rs_err_set(err, RS_E_INTERNAL, _("no thread can be started"));
	return rc;
}

static void free_item(void *item) { rs_change_free(item); }

static void close_all(struct follow *f)
{
	rs_queue_cancel(&f->queue);
	if (f->stream != NULL)
		f->stream->ops->cancel(f->stream);
	rs_thread_join(&f->reader);
	if (f->stream != NULL) {
		rs_engine_dead(f->e, f->stream);
		f->stream->ops->close(f->stream);
	}
	if (f->applier != NULL) {
		f->applier->ops->rollback(f->applier);
		rs_engine_dead(f->e, f->applier);
		f->applier->ops->close(f->applier);
	}
	rs_queue_release(&f->queue, free_item);
	pthread_mutex_lock(&f->e->stats.lock);
	rs_position_clear(&f->e->stats.source);
	f->e->stats.caught_up = false;
	pthread_mutex_unlock(&f->e->stats.lock);
	forget_items(f, f->n_items);
	free(f->items);
	rs_undo_release(&f->undo);
	rs_xa_abandon(&f->body);
	rs_tracker_free(f->tracker);
	rs_position_clear(&f->reached);
	rs_position_clear(&f->inside);
	rs_position_clear(&f->saved);
	rs_err_clear(&f->stream_err);
}

static enum rs_rc find_target(struct rs_engine *e, struct rs_err *err)
{
	if (!e->options.until_synchronized || e->target.file != NULL)
		return RS_OK;
	if (e->copied_now) {
		rs_position_copy(&e->target, &e->meta.p1);
		return RS_OK;
	}
	return e->source->ops->end(e->source, &e->target, err);
}

enum rs_rc rs_phase_follow(struct rs_engine *e, struct rs_err *err)
{
	struct follow f = {.e = e, .stream_rc = RS_OK};
	enum rs_rc rc = read_collations(e, err);

	rs_queue_init(&f.queue, e->task->sync.memory / 2);
	if (rc == RS_OK)
		rc = route_all(e, err);
	if (rc == RS_OK)
		rc = find_target(e, err);
	start_from(&f);
	if (rc == RS_OK)
		rc = open_all(&f, err);
	if (rc == RS_OK) {
		rs_stats_phase(&e->stats, RS_PHASE_INCREMENTAL, RS_PHASE_RUNNING);
		show_state(&f);
		rs_stats_note(&e->stats, "%s", "");
		rc = apply_loop(&f, err);
	}
	rs_stats_free(&e->stats);
	close_all(&f);
	return rc;
}
