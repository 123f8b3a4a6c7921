/* To the destination: what was gathered goes there as one transaction, or as several beside each other where a backlog
 * makes it worth while and they have nothing in common. The first says that everything up to its position is there. Of
 * several each says where all began and which transactions it brings: once all are in, the next word comes from there. */
#include "engine/follow/follow.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"

#define LANE_ROWS 16 /* fewer are not worth a lane */
#define AHEAD_MAX ((size_t)1 << 30)

/* ---------------------------------------------------------------- anomalies */

static uint64_t n_anomalies(const struct rs_anomalies *a)
{
	return a->missing_updates + a->missing_deletes + a->duplicate_inserts;
}

void rs_follow_note_anomalies(struct rs_engine *e, struct rs_anomalies *a)
{
	uint64_t n = n_anomalies(a);

	if (n == 0)
		return;
	struct rs_err err = RS_ERR_INIT;
	rs_err_set(&err, RS_E_ANOMALY, _("changes did not find the rows that they change"));
	rs_err_detail(&err, _("updates without a row: %llu, deletes without a row: %llu, inserts of a row that was there: %llu"),
	              (unsigned long long)a->missing_updates, (unsigned long long)a->missing_deletes,
	              (unsigned long long)a->duplicate_inserts);
	rs_err_hint(&err, _("something else writes at the destination, or its rows differed before: \"rds-sync verify\" compares both "
	                    "sides, and what differs can be repaired"));
	rs_journal(e, RS_LOG_WARN, &err, "anomaly");
	rs_stats_problem(&e->stats, &err, NULL, false);
	pthread_mutex_lock(&e->stats.lock);
	e->stats.anomalies += n;
	pthread_mutex_unlock(&e->stats.lock);
	rs_err_clear(&err);
	*a = (struct rs_anomalies){0};
}

/* The lane's transaction is in. */
static void note_lane(struct rs_follow *f, struct rs_lane *l)
{
	rs_follow_note_anomalies(f->e, &l->anomalies);
	for (size_t i = 0; i < l->n_passed; i++)
		rs_decision_passed(f->e, l->passed[i], "");
	l->n_passed = 0;
}

enum rs_rc rs_follow_judge(const struct rs_follow *f, const struct rs_anomalies *a, struct rs_err *err)
{
	if (f->e->task->sync.on_anomaly != RS_ANOMALY_STOP || n_anomalies(a) == 0)
		return RS_OK;
	rs_err_set(err, RS_E_ANOMALY, _("a change did not find the row that it changes"));
	return rs_err_hint(err, _("compare both sides with \"rds-sync verify\"; on_anomaly = count goes on and counts"));
}

/* ---------------------------------------------------------------- positions */

bool rs_follow_is_consistent(const struct rs_follow *f, const struct rs_position *position)
{
	const struct rs_position *from = &f->e->consistent_from;

	return from->file == NULL || rs_position_compare(position, from) >= 0;
}

void rs_follow_show_consistency(struct rs_follow *f, const struct rs_position *position)
{
	const struct rs_position *mended = &f->e->mended_upto;
	bool past_copy = rs_follow_is_consistent(f, position);
	bool in_order = position->file != NULL && rs_ahead_count(&f->e->meta.ahead) == 0;

	rs_stats_past_copy(&f->e->stats, past_copy);
	f->e->stats.consistent = past_copy && in_order && (mended->file == NULL || rs_position_compare(position, mended) >= 0);
}

/* Nothing is called synchronizing before the destination is consistent. */
void rs_follow_show_state(struct rs_follow *f)
{
	rs_stats_set_state(&f->e->stats, rs_follow_is_consistent(f, &f->saved) ? RS_STATE_SYNCHRONIZING : RS_STATE_INITIALIZING);
}

/* That we came to the last of what was ahead is not enough: until the destination has all before it as well, its word is
 * an earlier position, and must name what is ahead of that. In a log whose places don't count yet (mysql_stream.c) they
 * count once that is passed. */
static void pass_ahead(struct rs_follow *f, const struct rs_position *position)
{
	if (f->n_ahead == 0 && rs_position_is_set(&f->ahead_end) && rs_position_compare(position, &f->ahead_end) >= 0 &&
	    position->file != NULL) {
		rs_ahead_clear(&f->e->meta.ahead);
		rs_position_clear(&f->ahead_end);
	}
}

void rs_follow_saved(struct rs_follow *f, const struct rs_position *position, int64_t time)
{
	const bool was = rs_follow_is_consistent(f, &f->saved), all = position == &f->reached;
	struct rs_stats *s = &f->e->stats;

	/* In parts: the destination's word is where they began. */
	rs_position_copy(&f->e->heard, f->saved_in_parts ? &f->saved : position);
	rs_spool_passed(f->e, &f->e->heard);
	rs_reading_confirm(&f->reading, &f->e->heard);
	rs_position_copy(&f->saved, position);
	pass_ahead(f, position);
	f->saved_time = time;
	f->saved_at = rs_clock_mono();
	pthread_mutex_lock(&s->lock);
	rs_position_copy(&s->applied, position);
	s->checkpoint = rs_clock_wall();
	s->steps++;
	if (time > 0)
		rs_stats_reached(s, time, all ? rs_reading_emptied(&f->reading) : 0);
	rs_follow_show_consistency(f, position);
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
	f->complete_bytes = f->complete_items == 0 ? 0 : f->complete_bytes;
}

void rs_follow_count_refold(struct rs_follow *f)
{
	pthread_mutex_lock(&f->e->stats.lock);
	f->e->stats.refolds++;
	pthread_mutex_unlock(&f->e->stats.lock);
	rs_journal(f->e, RS_LOG_INFO, NULL, "a batch is not as the log has it and is applied change by change");
}

/* What the destination has behind where we are, from before we came: every word to it must say so again, until we have
 * passed it. NULL: nothing. */
static const char *ahead_text(const struct rs_follow *f, const struct rs_ahead *more, struct rs_buf *out)
{
	rs_ahead_text(&f->e->meta.ahead, out);
	if (more != NULL)
		rs_ahead_text(more, out);
	return out->len > 0 ? rs_buf_str(out) : NULL;
}

void rs_follow_count(struct rs_follow *f, enum rs_serial why, uint64_t n)
{
	pthread_mutex_lock(&f->e->stats.lock);
	f->e->stats.serial[why] += n;
	f->e->stats.transactions += n;
	pthread_mutex_unlock(&f->e->stats.lock);
}

/* ---------------------------------------------------------------- a transaction that is applied as it arrives */

#define WINDOW 1000000000u /* the savepoint of a window; those of the source are counted from 0 */

enum rs_rc rs_follow_begin_streaming(struct rs_follow *f, struct rs_err *err)
{
	struct rs_lane *l = &f->lanes[0];
	struct rs_buf ahead;

	rs_buf_init(&ahead, AHEAD_MAX);
	enum rs_rc rc = l->applier->ops->begin(l->applier, &f->reached, f->reached_time, ahead_text(f, NULL, &ahead), err);

	rs_buf_release(&ahead);
	l->anomalies = (struct rs_anomalies){0};
	l->n_passed = 0;
	f->streaming = rc == RS_OK;
	rs_undo_begin(&f->undo, &l->anomalies);
	if (rc == RS_OK)
		rc = l->applier->ops->savepoint(l->applier, 0, err);
	return rc;
}

/* The destination is not as the fold takes it to be; or it refuses something, which is then sought row by row. */
static bool must_send_again(enum rs_rc rc, const struct rs_share *share, const struct rs_err *err)
{
	return rc == RS_AGAIN || (rc == RS_FAIL && !share->singly && rs_failing_is_final(err));
}

static enum rs_rc fold_window(struct rs_follow *f, struct rs_share *share, struct rs_err *err)
{
	struct rs_lane *l = &f->lanes[0];
	const struct rs_anomalies before = l->anomalies;
	const size_t n_passed = l->n_passed;
	enum rs_rc rc = l->applier->ops->savepoint(l->applier, WINDOW, err);

	if (rc == RS_OK)
		rc = rs_lane_send(l, share, err);
	for (int tries = 0; tries < 2 && must_send_again(rc, share, err); tries++) {
		if (rc == RS_AGAIN)
			rs_follow_count_refold(f);
		share->singly = rc == RS_FAIL;
		share->fold = false;
		rs_err_clear(err);
		l->anomalies = before;
		l->n_passed = n_passed;
		rs_lane_forget(l);
		rc = l->applier->ops->undo(l->applier, WINDOW, err);
		if (rc == RS_OK)
			rc = rs_lane_send(l, share, err);
	}
	rs_lane_tell_failing(l);
	return rc;
}

enum rs_rc rs_follow_send_window(struct rs_follow *f, struct rs_err *err)
{
	struct rs_share share = {.items = f->items, .n = f->n_items, .fold = !rs_xa_is_open(&f->body) && f->n_items > 0};
	enum rs_rc rc = share.fold ? fold_window(f, &share, err) : rs_lane_send(&f->lanes[0], &share, err);

	rs_lane_count(&f->lanes[0]);
	rs_follow_forget(f, f->n_items);
	rs_step("streaming-rows");
	return rc;
}

enum rs_rc rs_follow_set_savepoint(struct rs_follow *f, const struct rs_change *c, struct rs_err *err)
{
	struct rs_lane *l = &f->lanes[0];
	const struct rs_ddl_item *item = c->attached;
	struct rs_undo_point *point = rs_undo_set(&f->undo, item->savepoint, &l->anomalies);

	point->n_passed = l->n_passed;
	enum rs_rc rc = rs_xa_is_open(&f->body) ? rs_xa_mark(&f->body, &point->body, err) : RS_OK;

	return rc == RS_OK ? l->applier->ops->savepoint(l->applier, point->number, err) : rc;
}

enum rs_rc rs_follow_end_streaming(struct rs_follow *f, struct rs_err *err)
{
	struct rs_lane *l = &f->lanes[0];
	enum rs_rc rc = l->applier->ops->settle(l->applier, err);

	rs_lane_count(l);
	if (rc == RS_OK)
		rc = rs_follow_judge(f, &l->anomalies, err);
	if (rc == RS_OK && rs_doubt_is_due(rc = l->applier->ops->commit(l->applier, &f->reached, f->reached_time, err)))
		rs_doubt_of_streamed(&l->doubt, f);
	if (rc != RS_OK)
		return rc;
	f->streaming = false;
	rs_undo_settle(&f->undo, &f->e->stats);
	note_lane(f, l);
	f->saved_in_parts = false;
	rs_follow_saved(f, &f->reached, f->reached_time);
	return RS_OK;
}

/* ---------------------------------------------------------------- a batch as one transaction */

/* The first n items of what was gathered, up to a position. */
struct batch {
	size_t n;
	uint64_t rows;         /* something of XA counts as one */
	bool xa;               /* not in lanes: a body has one place */
	const struct rs_position *position;
	int64_t time;
};

static enum rs_rc apply_alone(struct rs_follow *f, const struct batch *b, enum rs_serial why, struct rs_err *err)
{
	struct rs_buf ahead;

	rs_buf_init(&ahead, AHEAD_MAX);
	const struct rs_share share = {.items = f->items,
	                               .n = b->n,
	                               .position = b->position,
	                               .time = b->time,
	                               .ahead = ahead_text(f, NULL, &ahead),
	                               .why = why,
	                               .fold = true};
	enum rs_rc rc = rs_lane_apply(&f->lanes[0], &share, err);

	rs_buf_release(&ahead);
	rs_lane_tell_failing(&f->lanes[0]);
	if (rc != RS_OK)
		return rc;
	note_lane(f, &f->lanes[0]);
	f->saved_in_parts = false;
	return RS_OK;
}

/* ---------------------------------------------------------------- a batch as several */

/* One lane's share in the making. */
struct portion {
	struct rs_change **items;
	size_t n;
	struct rs_ahead brings;
	struct rs_buf ahead;
};

static void add_to_portion(struct rs_follow *f, struct portion *p, const struct rs_conflict_txn *t)
{
	memcpy(p->items + p->n, f->items + t->first, t->n * sizeof *p->items);
	p->n += t->n;
	const struct rs_change *begin = f->items[t->first], *prepared = begin->attached;
	rs_ahead_add(&p->brings, &begin->position, begin->gtid);
	if (prepared != NULL)
		rs_ahead_add(&p->brings, &prepared->position, prepared->gtid);
}

static enum rs_rc apply_portions(struct rs_follow *f, struct portion *portions, unsigned n, struct rs_err *err)
{
	struct rs_share shares[RS_LANES_MAX];

	for (unsigned i = 0; i < n; i++)
		shares[i] = (struct rs_share){.items = portions[i].items,
		                              .n = portions[i].n,
		                              .position = &f->saved,
		                              .time = f->saved_time,
		                              .ahead = ahead_text(f, &portions[i].brings, &portions[i].ahead),
		                              .beside = true,
		                              .why = RS_SERIAL_NONE,
		                              .fold = true};
	enum rs_rc rc = rs_lanes_apply(f, shares, n, err);
	for (unsigned i = 0; i < n; i++) /* what one has committed does not come again, whatever became of the others */
		if (f->lanes[i].rc == RS_OK)
			note_lane(f, &f->lanes[i]);
	for (unsigned i = 0; rc != RS_OK && i < n; i++) /* else all are counted together */
		if (f->lanes[i].rc == RS_OK)
			rs_follow_count(f, RS_SERIAL_NONE, rs_follow_transactions(portions[i].items, portions[i].n));
	f->saved_in_parts = true;
	return rc;
}

static enum rs_rc apply_beside(struct rs_follow *f, const struct batch *b, const struct rs_conflict_split *split,
                               struct rs_err *err)
{
	struct portion portions[RS_LANES_MAX] = {0};

	for (unsigned i = 0; i < split->lanes; i++) {
		portions[i].items = rs_xcalloc(b->n, sizeof *portions[i].items);
		rs_buf_init(&portions[i].ahead, AHEAD_MAX);
	}
	for (size_t t = 0; t < split->n; t++)
		add_to_portion(f, &portions[split->txns[t].lane], &split->txns[t]);
	enum rs_rc rc = apply_portions(f, portions, split->lanes, err);
	for (unsigned i = 0; i < split->lanes; i++) {
		free(portions[i].items);
		rs_ahead_clear(&portions[i].brings);
		rs_buf_release(&portions[i].ahead);
	}
	return rc;
}

struct routing {
	struct rs_follow *f;
	bool unfit;
};

static const struct rs_route *route_of(void *arg, const struct rs_change *c)
{
	struct routing *r = arg;

	return rs_follow_route(r->f, c, &r->unfit);
}

/* Tables are bound before: nothing may change while lanes are at work. */
static enum rs_rc split_batch(struct rs_follow *f, const struct batch *b, struct rs_conflict_split *split, struct rs_err *err)
{
	struct routing routing = {f, false};
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < b->n; i++)
		if (f->items[i]->table != NULL)
			rc = rs_follow_bind(f, f->items[i], err);
	if (rc == RS_FAIL && rs_failing_is_final(err)) { /* a table does not fit: one lane finds out at which row */
		rs_err_clear(err);
		split->why = RS_SERIAL_SCHEMA;
		return RS_OK;
	}
	if (rc == RS_OK)
		rs_conflict_split(f->items, b->n, route_of, &routing, f->n_lanes, LANE_ROWS, split);
	if (routing.unfit) {
		split->lanes = 1;
		split->why = RS_SERIAL_SCHEMA;
	}
	return rc;
}

static void count_waiting(struct rs_follow *f, const struct rs_conflict_hot *hot, size_t waits)
{
	struct rs_stats *s = &f->e->stats;

	pthread_mutex_lock(&s->lock);
	rs_hot_note(&s->hot, hot->table, hot->key, hot->hash, hot->n, waits, rs_clock_mono());
	pthread_mutex_unlock(&s->lock);
}

uint64_t rs_follow_transactions(struct rs_change *const *items, size_t n)
{
	uint64_t ends = 0;

	for (size_t i = 0; i < n; i++)
		ends += items[i]->kind == RS_CHANGE_COMMIT || items[i]->kind == RS_CHANGE_XA_COMMIT;
	return ends;
}

static void count_batch(struct rs_follow *f, const struct batch *b, const struct rs_conflict_split *split)
{
	uint64_t n = rs_follow_transactions(f->items, b->n);

	if (split->in_line > 0 || split->why == RS_SERIAL_CONFLICTS)
		count_waiting(f, &split->hot, split->lanes < 2 ? n : split->in_line);
	if (split->lanes < 2) {
		rs_follow_count(f, split->why, n);
		return;
	}
	rs_follow_count(f, RS_SERIAL_NONE, n - split->in_line);
	rs_follow_count(f, RS_SERIAL_CONFLICTS, split->in_line);
}

static enum rs_serial why_alone(const struct rs_follow *f, const struct batch *b)
{
	return f->n_lanes < 2 ? RS_SERIAL_ORDER : b->xa ? RS_SERIAL_XA : RS_SERIAL_SMALL;
}

static bool is_for_lanes(const struct rs_follow *f, const struct batch *b)
{
	return f->n_lanes > 1 && !b->xa && b->rows >= 2 * LANE_ROWS && f->saved.file != NULL;
}

static enum rs_rc apply_rows(struct rs_follow *f, const struct batch *b, struct rs_err *err)
{
	struct rs_conflict_split split = {.lanes = 1, .why = why_alone(f, b)};
	enum rs_rc rc = is_for_lanes(f, b) ? split_batch(f, b, &split, err) : RS_OK;

	if (rc == RS_OK && split.lanes > 1)
		rc = apply_beside(f, b, &split, err);
	else if (rc == RS_OK)
		rc = apply_alone(f, b, split.why, err);
	if (rc == RS_OK)
		count_batch(f, b, &split);
	rs_conflict_split_release(&split);
	return rc;
}

/* ---------------------------------------------------------------- what was gathered */

static bool is_xa(const struct rs_change *c)
{
	return c->kind == RS_CHANGE_XA_COMMIT || c->kind == RS_CHANGE_XA_ROLLBACK ||
	       (c->kind == RS_CHANGE_BEGIN && c->xid != NULL);
}

static bool is_end(const struct rs_change *c)
{
	return c->kind == RS_CHANGE_COMMIT || c->kind == RS_CHANGE_XA_PREPARE || c->kind == RS_CHANGE_XA_COMMIT ||
	       c->kind == RS_CHANGE_XA_ROLLBACK;
}

size_t rs_follow_transaction_end(const struct rs_follow *f, size_t at)
{
	while (!is_end(f->items[at]))
		at++;
	return at + 1;
}

/* Transactions that are not XA's, from an item on. */
static size_t plain_run(const struct rs_follow *f, size_t from, uint64_t *rows)
{
	size_t at = from;

	for (*rows = 0; at < f->complete_items && !is_xa(f->items[at]); at = rs_follow_transaction_end(f, at))
		for (size_t i = at; !is_end(f->items[i]); i++)
			*rows += f->items[i]->n_rows;
	return at;
}

/* All of it; but many transactions without XA among them are one batch by themselves, for the lanes. */
static void next_batch(const struct rs_follow *f, struct batch *b)
{
	*b = (struct batch){.n = 0};
	while (b->n < f->complete_items) {
		uint64_t rows;
		size_t end = plain_run(f, b->n, &rows);
		bool many = f->n_lanes > 1 && rows >= 2 * LANE_ROWS;
		if (many && b->n > 0)
			break;
		b->n = end;
		b->rows += rows;
		if (many || end == f->complete_items)
			break;
		b->xa = true;
		b->rows++;
		b->n = rs_follow_transaction_end(f, end);
	}
	const struct rs_change *last = b->n < f->complete_items ? f->items[b->n - 1] : NULL;
	b->position = last ? &last->position : &f->reached;
	b->time = last && last->timestamp > 0 ? last->timestamp : f->reached_time;
}

static enum rs_rc commit_batch(struct rs_follow *f, struct rs_err *err)
{
	struct batch b;

	next_batch(f, &b);
	if (b.rows > 0)
		rs_step("apply-batch");
	enum rs_rc rc = b.rows > 0 ? apply_rows(f, &b, err) : apply_alone(f, &b, RS_SERIAL_SMALL, err);
	if (rc != RS_OK) {
		f->broken = true;
		return rc;
	}
	rs_follow_saved(f, b.position, b.time);
	rs_follow_forget(f, b.n);
	return RS_OK;
}

static bool position_moved(const struct rs_follow *f)
{
	bool named = f->reached.log != NULL && (f->saved.log == NULL || strcmp(f->reached.log, f->saved.log) != 0);

	return named || f->saved_in_parts || rs_position_compare(&f->reached, &f->saved) != 0 ||
	       (f->saved.file == NULL && f->reached.file != NULL);
}

enum rs_rc rs_follow_flush(struct rs_follow *f, bool save_position, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	rs_follow_pair_xa(f);
	bool rows = f->complete_items > 0;
	while (rc == RS_OK && f->complete_items > 0)
		rc = commit_batch(f, err);
	return rc == RS_OK && !rows && save_position && position_moved(f) ? commit_batch(f, err) : rc;
}
