/* A lane: one connection that applies. Lane 0 is used by the coordinator alone and for everything; in a round each of the
 * others has a share of the gathered transactions that has nothing in common with the other shares. */
#include "engine/follow/follow.h"

#include <stdlib.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

#define DEADLOCK 1213
#define DEADLOCK_TRIES 5

/* ---------------------------------------------------------------- where rows go */

static bool is_among(unsigned dml, enum rs_op op)
{
	unsigned bit = op == RS_OP_INSERT ? RS_SYNC_INSERT : op == RS_OP_UPDATE ? RS_SYNC_UPDATE : RS_SYNC_DELETE;

	return (dml & bit) != 0;
}

static struct rs_sync_table *table_of(struct rs_follow *f, const struct rs_change *c)
{
	struct rs_sync_table *t = rs_plan_find(f->e, c->table->db, c->table->name);

	return t != NULL && t->meta.state != RS_TABLE_GONE && (c->kind == RS_CHANGE_TRUNCATE || is_among(t->dml, c->op)) ? t : NULL;
}

/* A schema change was left out, and so the table is not at the destination. One that is being added has its rows another way. */
static bool is_left_out(const struct rs_follow *f, const struct rs_change *c)
{
	const struct rs_table *t = c->table;

	return rs_plan_is_absent(f->e, t->db, t->name) && is_among(rs_task_dml(f->e->task, t->db, t->name), c->op) &&
	       !rs_objects_has(f->e, t->db, t->name);
}

/* The log may describe a table in more detail than the schema that its route was made with. */
static bool fits(const struct rs_sync_table *t, const struct rs_change *c)
{
	return t->route != NULL && (t->route->source == c->table || rs_table_same(t->route->source, c->table));
}

static enum rs_rc bind(struct rs_follow *f, struct rs_sync_table *t, const struct rs_change *c, struct rs_err *err)
{
	rs_table_unref(t->meta.schema);
	t->meta.schema = rs_table_ref(c->table);
	enum rs_rc rc = rs_plan_route(f->e, t, err);
	rs_plan_cascades(f->e);
	return rc;
}

enum rs_rc rs_follow_bind(struct rs_follow *f, const struct rs_change *c, struct rs_err *err)
{
	struct rs_sync_table *t = table_of(f, c);

	return t == NULL || fits(t, c) ? RS_OK : bind(f, t, c, err);
}

const struct rs_route *rs_follow_route(struct rs_follow *f, const struct rs_change *c, bool *unfit)
{
	struct rs_sync_table *t = table_of(f, c);

	if (t != NULL && !fits(t, c))
		*unfit = true;
	return t != NULL && fits(t, c) ? t->route : NULL;
}

/* ---------------------------------------------------------------- counting */

static void tally(struct rs_lane *l, struct rs_table_stats *table, const struct rs_change *c, enum rs_fate fate)
{
	for (size_t i = l->n_tally; i > 0; i--) {
		struct rs_tally *n = &l->tally[i - 1];

		if (n->table == table && n->op == c->op && n->fate == fate) {
			n->rows += c->n_rows;
			n->bytes += c->image_bytes;
			return;
		}
	}
	RS_GROW(l->tally, l->n_tally, l->cap_tally);
	l->tally[l->n_tally++] = (struct rs_tally){table, c->op, fate, c->n_rows, c->image_bytes};
}

/* Of a transaction that is applied as it arrives rows count when it is committed. */
static void add_to_stats(struct rs_stats *s, const struct rs_tally *t, bool committed)
{
	if (committed)
		rs_stats_applied(s, t);
	if (t->fate == RS_FATE_LEFT_OUT)
		return;
	s->rows_moved += t->rows;
	s->bytes_moved += t->bytes;
}

void rs_lane_count(struct rs_lane *l)
{
	struct rs_stats *s = &l->f->e->stats;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < l->n_tally; i++)
		add_to_stats(s, &l->tally[i], !l->f->streaming);
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; l->f->streaming && i < l->n_tally; i++)
		rs_undo_count(&l->f->undo, &l->tally[i]);
	l->n_tally = 0;
}

/* Nothing refers to them any more: what was gathered is settled, or dropped. */
static void free_kept(struct rs_lane *l)
{
	for (size_t i = 0; i < l->n_kept; i++)
		rs_change_free(l->kept[i]);
	l->n_kept = l->kept_bytes = 0;
}

void rs_lane_forget(struct rs_lane *l)
{
	l->n_tally = 0;
	free_kept(l);
}

/* ---------------------------------------------------------------- applying one item */

/* The positions are just inside of the transaction, so that equality does not occur. */
static bool before(const struct rs_position *inside, const struct rs_position *mark)
{
	return mark->file != NULL && inside->file != NULL && rs_position_compare(inside, mark) < 0;
}

/* What was sent so far may still wait in the applier, with the route that goes. */
static enum rs_rc bind_in_lane(struct rs_lane *l, struct rs_sync_table *t, const struct rs_change *c, struct rs_err *err)
{
	enum rs_rc rc = l->applier->ops->settle(l->applier, err);

	return rc == RS_OK ? bind(l->f, t, c, err) : rc;
}

static bool lottery(void)
{
	static atomic_uint n;

	return (atomic_fetch_add(&n, 1) + 1) % 40 == 0;
}

/* Whether the copy may hold older or newer versions of the rows. */
static bool overlaps(const struct rs_lane *l, const struct rs_sync_table *t)
{
	return before(&l->inside.place, &t->meta.overlap) || (t->meta.exact.file == NULL && before(&l->inside.place, &l->f->e->meta.p1));
}

static enum rs_rc complete(struct rs_lane *l, const struct rs_sync_table *t, const struct rs_change *c, struct rs_err *err)
{
	struct rs_change *change = (struct rs_change *)(uintptr_t)c; /* nobody else has it meanwhile */

	return l->f->completer != NULL && t->route != NULL && overlaps(l, t) ? rs_completer_fill(l->f->completer, t->route, change, err) : RS_OK;
}

/* In the copy, as of one moment. */
static bool is_copied(const struct rs_lane *l, const struct rs_sync_table *t)
{
	return before(&l->inside.place, &t->meta.exact) && !rs_defect_active(RS_DEFECT_EXACT_IGNORED);
}

static enum rs_rc bind_now(struct rs_lane *l, struct rs_sync_table *t, const struct rs_change *c, struct rs_err *err)
{
	if (fits(t, c))
		return RS_OK;
	return l->folding ? RS_AGAIN : bind_in_lane(l, t, c, err); /* routes must not change under what is gathered */
}

static enum rs_rc apply_item(struct rs_lane *l, struct rs_sync_table *t, const struct rs_change *c, struct rs_err *err)
{
	struct rs_follow *f = l->f;

	if (is_copied(l, t))
		return RS_OK;
	if (rs_defect_active(RS_DEFECT_EVENT_DROPPED) && lottery())
		return RS_OK;
	enum rs_rc rc = bind_now(l, t, c, err);
	if (rc != RS_OK)
		return rc;
	bool overlap = overlaps(l, t);
	rc = l->applier->ops->rows(l->applier, t->route, c, overlap, &l->anomalies, err);
	if (rc == RS_OK && rs_defect_active(RS_DEFECT_EVENT_DOUBLED) && lottery())
		rc = l->applier->ops->rows(l->applier, t->route, c, overlap, &l->anomalies, err);
	if (rc == RS_OK)
		tally(l, t->stats, c, t->route->lacks_columns ? RS_FATE_INCOMPLETE : RS_FATE_WRITTEN);
	rs_lookout_note(&f->e->verifier.lookout, c);
	return rc;
}

/* Sent and settled, so that what fails is this row; nothing may refer to it afterwards. */
static enum rs_rc apply_row(struct rs_lane *l, struct rs_sync_table *t, const struct rs_change *c, size_t row, struct rs_err *err)
{
	struct rs_change one = *c;

	one.rows = &c->rows[row];
	one.n_rows = 1;
	one.image_bytes = c->image_bytes / c->n_rows;
	enum rs_rc rc = apply_item(l, t, &one, err);
	if (rc == RS_OK)
		rc = l->applier->ops->settle(l->applier, err);
	return rc == RS_OK && l->singly ? rs_follow_judge(l->f, &l->anomalies, err) : rc;
}

/* Rows that were copied although they came later come again. */
static enum rs_rc empty_table(struct rs_lane *l, const struct rs_change *c, struct rs_err *err)
{
	struct rs_sync_table *t = table_of(l->f, c);

	if (t == NULL || is_copied(l, t))
		return RS_OK;
	enum rs_rc rc = bind_now(l, t, c, err);
	return rc == RS_OK ? l->applier->ops->empty(l->applier, t->route, err) : rc;
}

static enum rs_rc carry_out(struct rs_lane *l, const struct rs_meta_event *v, struct rs_err *err)
{
	enum rs_rc rc = rs_decision_carry_out(l->f->e, v, l->applier, err);

	if (rc != RS_OK)
		return rc;
	RS_GROW(l->passed, l->n_passed, l->cap_passed);
	l->passed[l->n_passed++] = v;
	return RS_OK;
}

static void keep_failing(struct rs_lane *l, struct rs_failing *failing)
{
	rs_failing_free(l->failing);
	l->failing = failing;
}

static enum rs_rc apply_each(struct rs_lane *l, struct rs_sync_table *t, const struct rs_change *c, uint64_t ordinal,
                             struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < c->n_rows; i++) {
		const struct rs_meta_event *v = rs_decision_on_row(l->f->e, &l->inside, ordinal + i, c, i);
		rc = v ? carry_out(l, v, err) : apply_row(l, t, c, i, err);
		if (rc == RS_FAIL && l->singly && rs_failing_is_final(err))
			keep_failing(l, rs_failing_of_row(&l->inside, ordinal + i, c, i, t));
	}
	return rc;
}

static enum rs_rc apply_rows(struct rs_lane *l, const struct rs_change *c, uint64_t ordinal, struct rs_err *err)
{
	struct rs_sync_table *t = table_of(l->f, c);

	if (t == NULL) {
		if (is_left_out(l->f, c))
			tally(l, NULL, c, RS_FATE_LEFT_OUT);
		return RS_OK;
	}
	if (complete(l, t, c, err) != RS_OK)
		return RS_FAIL;
	if (l->singly || rs_decision_among(l->f->e, &l->inside, ordinal, c->n_rows))
		return apply_each(l, t, c, ordinal, err);
	return apply_item(l, t, c, err);
}

/* What is gathered refers to the rows until it is settled, which is done now and then where a body is large. */
enum rs_rc rs_lane_apply_stored(void *arg, struct rs_change *c, struct rs_err *err)
{
	struct rs_lane *l = arg;
	enum rs_rc rc = apply_rows(l, c, l->stored + 1, err);

	l->stored += c->n_rows;
	RS_GROW(l->kept, l->n_kept, l->cap_kept);
	l->kept[l->n_kept++] = c;
	l->kept_bytes += c->bytes;
	if (l->folding && l->kept_bytes < rs_follow_window_bytes(l->f))
		return rc;
	if (rc == RS_OK && l->folding && (rc = l->applier->ops->settle(l->applier, err)) == RS_OK)
		l->applier->ops->gather(l->applier);
	if (rc == RS_OK)
		free_kept(l);
	return rc;
}

static enum rs_rc send_rows(struct rs_lane *l, const struct rs_change *c, struct rs_err *err)
{
	return rs_xa_is_open(&l->f->body) ? rs_xa_add(&l->f->body, c, err) : apply_rows(l, c, c->ordinal, err);
}

/* A statement that stands among the rows is here because it was decided upon. */
static enum rs_rc send_statement(struct rs_lane *l, const struct rs_change *c, struct rs_err *err)
{
	const struct rs_ddl_item *item = c->attached;
	enum rs_rc rc;

	if (item->savepoint != NULL)
		return l->f->streaming ? rs_follow_set_savepoint(l->f, c, err) : RS_OK;
	const struct rs_meta_event *v = rs_decision_on_statement(l->f->e, &l->inside, c);

	rc = v ? carry_out(l, v, err) : RS_OK;
	if (rc == RS_FAIL && rs_failing_is_final(err))
		keep_failing(l, rs_failing_of_statement(&l->inside, c, NULL));
	return rc;
}

/* Nothing is known of a transaction that was prepared before P0. It was finished before the copy began, which has its
 * rows, or it is one that we could not see. */
static enum rs_rc unknown_body(struct rs_lane *l, const struct rs_change *c, struct rs_err *err)
{
	struct rs_position start = RS_POSITION_INIT;
	enum rs_rc rc = l->applier->ops->xa_start(l->applier, &start, err);
	bool in_copy = start.file != NULL && rs_position_compare(&c->position, &start) <= 0;

	rs_position_clear(&start);
	if (rc != RS_OK || in_copy)
		return rc;
	rs_err_set(err, RS_E_SOURCE_PREREQ, _("an XA transaction was committed that had been prepared before the task started"));
	rs_err_detail(err, "%s", c->xid);
	return rs_err_hint(err, _("its rows are neither in the copy nor in the log that was read: synchronize the task anew"));
}

static void tell_inside(struct rs_lane *l, const struct rs_change *c)
{
	if (l->applier->ops->inside != NULL)
		l->applier->ops->inside(l->applier, &(struct rs_origin){&l->inside.place, l->inside.id, c->server_id, c->n_events});
}

/* Its place among the others is that of the COMMIT: the rows were locked until then. */
static enum rs_rc commit_xa(struct rs_lane *l, const struct rs_change *c, struct rs_err *err)
{
	rs_inside_set(&l->inside, c);
	if (l->inside.place.offset > 0)
		l->inside.place.offset--;
	l->stored = 0;
	tell_inside(l, c);
	enum rs_rc rc = rs_xa_replay(l->applier, c->xid, rs_lane_apply_stored, l, err);

	rs_map_del(&l->f->bodies, c->xid, strlen(c->xid));
	return rc == RS_EOF ? unknown_body(l, c, err) : rc;
}

/* Savepoints among what was gathered matter only while their transaction is open: later ones were taken back there. */
enum rs_rc rs_lane_send_one(struct rs_lane *l, const struct rs_change *c, struct rs_err *err)
{
	switch (c->kind) {
	case RS_CHANGE_BEGIN:
		rs_inside_set(&l->inside, c);
		l->stored = 0;
		tell_inside(l, c);
		if (c->xid != NULL)
			rs_xa_open(&l->f->body, l->applier, c->xid);
		return RS_OK;
	case RS_CHANGE_DDL:
		return send_statement(l, c, err);
	case RS_CHANGE_ROWS:
		return send_rows(l, c, err);
	case RS_CHANGE_TRUNCATE:
		return empty_table(l, c, err);
	case RS_CHANGE_XA_PREPARE:
		rs_map_put(&l->f->bodies, c->xid, strlen(c->xid), l->f);
		return rs_xa_close(&l->f->body, err);
	case RS_CHANGE_XA_COMMIT:
		return commit_xa(l, c, err);
	case RS_CHANGE_XA_ROLLBACK:
		rs_map_del(&l->f->bodies, c->xid, strlen(c->xid));
		return l->applier->ops->xa_drop(l->applier, c->xid, err);
	case RS_CHANGE_COMMIT:
	case RS_CHANGE_ROLLBACK:
	case RS_CHANGE_HEARTBEAT:
		break;
	}
	return RS_OK;
}

/* Seeds a defect: the position is committed in the middle. A window of a large transaction has none yet. */
static bool is_split(const struct rs_share *share, size_t i)
{
	return i == share->n / 2 && share->n > 1 && share->position != NULL && rs_defect_active(RS_DEFECT_TXN_SPLIT);
}

static enum rs_rc split_transaction(struct rs_lane *l, const struct rs_share *share, struct rs_err *err)
{
	enum rs_rc rc = l->applier->ops->commit(l->applier, share->position, share->time, err);

	rs_step("txn-split");
	return rc == RS_OK ? l->applier->ops->begin(l->applier, share->position, share->time, share->ahead, err) : rc;
}

static enum rs_rc send_items(struct rs_lane *l, const struct rs_share *share, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < share->n; i++) {
		rc = rs_lane_send_one(l, share->items[i], err);
		if (rc == RS_OK && is_split(share, i))
			rc = split_transaction(l, share, err);
	}
	return rc;
}

/* What is gathered is not settled yet. */
static enum rs_rc give_items(struct rs_lane *l, const struct rs_share *share, struct rs_err *err)
{
	l->folding = share->fold;
	l->singly = share->singly;
	if (share->fold)
		l->applier->ops->gather(l->applier);
	enum rs_rc rc = send_items(l, share, err);
	l->folding = l->singly = false;
	return rc;
}

static enum rs_rc settle(struct rs_lane *l, struct rs_err *err)
{
	enum rs_rc rc = l->applier->ops->settle(l->applier, err);

	if (rc == RS_OK)
		free_kept(l);
	return rc;
}

enum rs_rc rs_lane_send(struct rs_lane *l, const struct rs_share *share, struct rs_err *err)
{
	enum rs_rc rc = give_items(l, share, err);

	return rc == RS_OK ? settle(l, err) : rc;
}

/* ---------------------------------------------------------------- a share */

static enum rs_rc try_share(struct rs_lane *l, const struct rs_share *share, struct rs_err *err)
{
	enum rs_rc rc = l->applier->ops->begin(l->applier, share->position, share->time, share->ahead, err);

	l->anomalies = (struct rs_anomalies){0};
	l->n_passed = 0;
	rs_doubt_clear(&l->doubt);
	if (rc == RS_OK)
		rc = share->pieces ? rs_lane_send_pieces(l, share, err) : give_items(l, share, err);
	if (rc == RS_OK && !share->fold) /* what is folded meets no anomaly, or RS_AGAIN */
		rc = settle(l, err);
	if (rc == RS_OK)
		rc = rs_follow_judge(l->f, &l->anomalies, err);
	if (rc == RS_OK && rs_doubt_is_due(rc = l->applier->ops->commit(l->applier, share->position, share->time, err)))
		rs_doubt_of_share(&l->doubt, l, share);
	if (rc == RS_OK) {
		free_kept(l);
		rs_lane_count(l);
		return RS_OK;
	}
	l->applier->ops->rollback(l->applier);
	rs_lane_forget(l);
	if (l->number == 0 && rs_xa_is_open(&l->f->body))
		rs_xa_abandon(&l->f->body);
	return rc;
}

/* A deadlock with another lane has taken the transaction back as a whole. */
static enum rs_rc apply_share(struct rs_lane *l, const struct rs_share *share, struct rs_err *err)
{
	struct rs_share now = *share;
	enum rs_rc rc = try_share(l, &now, err);

	for (unsigned tries = 1; rc == RS_AGAIN || (rc == RS_FAIL && err->native == DEADLOCK && tries < DEADLOCK_TRIES); tries++) {
		if (rc == RS_AGAIN) {
			rs_follow_count_refold(l->f);
			now.pieces = now.fold && rs_lane_has_pieces(&now);
			now.fold = false;
		}
		rs_err_clear(err);
		rc = try_share(l, &now, err);
	}
	return rc;
}

/* What can't be applied is applied once more, row by row: it fails again, and then it is known which row it is. */
enum rs_rc rs_lane_apply(struct rs_lane *l, const struct rs_share *share, struct rs_err *err)
{
	enum rs_rc rc = apply_share(l, share, err);
	struct rs_share again = *share;

	if (rc != RS_FAIL || !rs_failing_is_final(err))
		return rc;
	rs_err_clear(err);
	again.fold = false;
	again.singly = true;
	return apply_share(l, &again, err);
}

void rs_lane_tell_failing(struct rs_lane *l)
{
	if (l->failing != NULL)
		rs_stats_failing(&l->f->e->stats, l->failing);
	l->failing = NULL;
}

/* ---------------------------------------------------------------- threads */

struct lane_wait {
	const struct rs_follow *f;
	const struct rs_lane *lane; /* NULL: all of them */
};

static bool has_work(const void *arg)
{
	const struct lane_wait *w = arg;

	return w->lane->share != NULL || w->f->lanes_end;
}

static bool all_done(const void *arg)
{
	const struct lane_wait *w = arg;

	for (unsigned i = 1; i < w->f->n_lanes; i++)
		if (w->f->lanes[i].share != NULL)
			return false;
	return true;
}

static void *lane_main(void *arg)
{
	struct rs_lane *l = arg;
	struct rs_follow *f = l->f;
	const struct lane_wait wait = {f, l};
	struct rs_activity activity;

	rs_engine_take_part(f->e, &activity, rs_thread_name());
	rs_monitor_enter(&f->lane_monitor);
	while (rs_monitor_wait_for(&f->lane_monitor, -1, has_work, &wait) && l->share != NULL) {
		const struct rs_share *share = l->share;
		rs_monitor_leave(&f->lane_monitor);
		enum rs_rc rc = rs_lane_apply(l, share, &l->err);
		rs_monitor_enter(&f->lane_monitor);
		l->rc = rc;
		l->share = NULL;
		rs_monitor_wake(&f->lane_monitor);
	}
	rs_monitor_leave(&f->lane_monitor);
	rs_activity_end(&activity);
	return NULL;
}

static void start_lanes(struct rs_follow *f, const struct rs_share *shares, unsigned n)
{
	rs_monitor_enter(&f->lane_monitor);
	for (unsigned i = 1; i < n; i++)
		f->lanes[i].share = &shares[i];
	rs_monitor_wake(&f->lane_monitor);
	rs_monitor_leave(&f->lane_monitor);
}

static void wait_for_lanes(struct rs_follow *f)
{
	const struct lane_wait wait = {f, NULL};
	enum rs_doing before = rs_activity_enter(RS_DOING_OTHERS);

	rs_monitor_enter(&f->lane_monitor);
	rs_monitor_wait_for(&f->lane_monitor, -1, all_done, &wait);
	rs_monitor_leave(&f->lane_monitor);
	rs_activity_leave(before);
}

/* Lanes that have no row in common may still lock each other's gaps, again and again. One that has the destination to itself
 * can't: its thread waits, and its connection is the coordinator's for as long as that takes. */
static void apply_deadlocked(struct rs_follow *f, const struct rs_share *shares, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct rs_lane *l = &f->lanes[i];

		if (l->rc != RS_FAIL || l->err.native != DEADLOCK)
			continue;
		rs_err_clear(&l->err);
		l->rc = rs_lane_apply(l, &shares[i], &l->err);
	}
}

/* The first failure counts; what came after it is often its consequence. */
static enum rs_rc first_failure(struct rs_follow *f, unsigned n, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (unsigned i = 0; i < n; i++) {
		struct rs_lane *l = &f->lanes[i];
		if (rc == RS_OK && l->rc != RS_OK) {
			rc = l->rc;
			if (rs_err_is_set(&l->err))
				rs_err_move(err, &l->err);
			rs_lane_tell_failing(l);
		}
		rs_err_clear(&l->err);
	}
	return rc;
}

enum rs_rc rs_lanes_apply(struct rs_follow *f, const struct rs_share *shares, unsigned n, struct rs_err *err)
{
	struct rs_lane *own = &f->lanes[0];

	start_lanes(f, shares, n);
	own->rc = rs_lane_apply(own, &shares[0], &own->err);
	rs_step("lane-committed");
	wait_for_lanes(f);
	apply_deadlocked(f, shares, n);
	return first_failure(f, n, err);
}

/* ---------------------------------------------------------------- opening and closing */

static enum rs_rc open_lane(struct rs_follow *f, unsigned number, struct rs_err *err)
{
	struct rs_lane *l = &f->lanes[number];
	char name[16];

	*l = (struct rs_lane){.f = f, .number = number, .err = RS_ERR_INIT};
	enum rs_rc rc = f->e->sink->ops->applier(f->e->sink, number, &l->applier, err);
	if (rc != RS_OK)
		return rc;
	f->n_lanes = number + 1;
	rs_engine_live(f->e, (void (*)(void *))l->applier->ops->cancel, l->applier);
	snprintf(name, sizeof name, "lane-%u", number);
	if (number > 0 && !rs_thread_start(&l->thread, name, lane_main, l))
		return rs_engine_no_thread(err);
	return RS_OK;
}

static void tell_remark(struct rs_engine *e)
{
	struct rs_err err = RS_ERR_INIT;

	if (e->sink->ops->remark != NULL && e->sink->ops->remark(e->sink, &err) == RS_OK) {
		rs_journal(e, RS_LOG_WARN, &err, "the destination");
		rs_stats_remark(&e->stats, &err);
	}
	rs_err_clear(&err);
}

enum rs_rc rs_lanes_open(struct rs_follow *f, struct rs_err *err)
{
	const struct rs_sync *sync = &f->e->task->sync;
	const unsigned most = f->e->sink->lanes < RS_LANES_MAX ? f->e->sink->lanes : RS_LANES_MAX;
	unsigned n = sync->source_order ? 1 : sync->apply_workers;
	enum rs_rc rc = RS_OK;

	for (unsigned i = 0, tries = 0; rc == RS_OK && i < n && i < most; i++)
		while ((rc = open_lane(f, i, err)) == RS_FAIL && rs_engine_await_room(f->e, &tries, err))
			;
	if (rc == RS_FAIL && err->code == RS_E_CONN_BUSY && f->n_lanes > 0) {
		rs_journal(f->e, RS_LOG_WARN, err, "applying with fewer connections workers=%u wanted=%u", f->n_lanes, n);
		rs_stats_remark(&f->e->stats, err);
		rs_err_clear(err);
		rc = RS_OK;
	}
	if (rc == RS_OK)
		tell_remark(f->e);
	return rc;
}

void rs_lanes_close(struct rs_follow *f)
{
	rs_monitor_enter(&f->lane_monitor);
	f->lanes_end = true;
	rs_monitor_wake(&f->lane_monitor);
	rs_monitor_leave(&f->lane_monitor);
	for (unsigned i = 0; i < f->n_lanes; i++) {
		struct rs_lane *l = &f->lanes[i];
		rs_thread_join(&l->thread);
		l->applier->ops->rollback(l->applier);
		rs_engine_dead(f->e, l->applier);
		l->applier->ops->close(l->applier);
		rs_lane_forget(l);
		rs_inside_clear(&l->inside);
		rs_doubt_keep(f->e, &l->doubt);
		rs_failing_free(l->failing);
		free(l->kept);
		free(l->passed);
		free(l->tally);
	}
	rs_monitor_release(&f->lane_monitor);
}
