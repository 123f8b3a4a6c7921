/* Following: what is read of the source's log (reading.c) the coordinator applies in source order: here is the loop;
 * gather.c makes whole transactions of the items, batch.c brings them to the destination. */
#include "engine/follow/follow.h"

#include <stdlib.h>
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/gtid.h"

#define BATCH_ITEMS ((size_t)1 << 16)
#define LOOK_EVERY RS_MSEC(200) /* whether we are to stop */
#define IDLE_CHECKPOINT RS_USEC_PER_SEC
#define IDLE_CHECK (5 * RS_USEC_PER_SEC)
#define BACKLOG ((size_t)1 << 20) /* bytes that wait: what counts is how much is done, not how soon a transaction is */

/* ---------------------------------------------------------------- how much is held */

#define LEAST_BYTES ((size_t)64 << 10) /* a few events */

static size_t batch_bytes(const struct rs_follow *f)
{
	const struct rs_engine *e = f->e;
	size_t bytes = (e->side != NULL ? rs_side_memory(e->side) : e->task->sync.memory) / 8;

	return bytes > LEAST_BYTES ? bytes : LEAST_BYTES;
}

size_t rs_follow_window_bytes(const struct rs_follow *f)
{
	size_t bytes = f->e->side != NULL ? batch_bytes(f) : RS_WINDOW_BYTES;

	return bytes < RS_WINDOW_BYTES ? bytes : RS_WINDOW_BYTES;
}

/* ---------------------------------------------------------------- the loop */

static bool batch_is_full(const struct rs_follow *f)
{
	return f->complete_items >= BATCH_ITEMS || f->bytes > batch_bytes(f);
}

static bool target_reached(const struct rs_follow *f)
{
	const struct rs_position *target = &f->e->target;

	if (f->catching_up)
		return f->n_ahead == 0 && !f->open;
	return f->e->options.until_synchronized && target->file != NULL && f->reached.file != NULL && !f->open &&
	       rs_position_compare(&f->reached, target) >= 0 && !rs_objects_pending(f->e);
}

static enum rs_rc stream_ended(struct rs_follow *f, struct rs_err *err)
{
	f->ended = true;
	if (f->reading.rc == RS_FAIL)
		rs_err_move(err, &f->reading.err);
	return f->reading.rc == RS_OK ? RS_CANCELLED : f->reading.rc;
}

/* What was read concerns nobody here: no commit tells how late it is. */
static void note_news(struct rs_follow *f)
{
	struct rs_stats *s = &f->e->stats;

	if (!f->news || f->n_items > 0)
		return;
	f->news = false;
	pthread_mutex_lock(&s->lock);
	rs_stats_reached(s, f->reached_time, rs_reading_emptied(&f->reading));
	pthread_mutex_unlock(&s->lock);
}

enum rs_rc rs_follow_save(struct rs_follow *f, struct rs_err *err)
{
	enum rs_rc rc = rs_follow_flush(f, true, err);

	return rc == RS_OK && f->saved_in_parts ? rs_follow_flush(f, true, err) : rc;
}

/* What other threads ask for. */
static enum rs_rc do_errands(struct rs_follow *f, struct rs_err *err)
{
	enum rs_rc rc = rs_follow_save(f, err);

	if (rc == RS_OK)
		rs_errands_run(&f->e->errands, f);
	return rc;
}

/* Who has nothing to write would not notice that another process has taken over, and go on saying that it synchronizes. */
static enum rs_rc check_ours(struct rs_follow *f, struct rs_err *err)
{
	rs_usec now = rs_clock_mono();

	if (now - f->saved_at < IDLE_CHECK || now - f->checked_at < IDLE_CHECK)
		return RS_OK;
	f->checked_at = now;
	return f->lanes[0].applier->ops->check(f->lanes[0].applier, err);
}

/* Between items: sends what is complete when there is no backlog, when the batch is full, or when the position was not
 * saved for a while. */
static enum rs_rc between(struct rs_follow *f, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (f->streaming)
		return RS_OK;
	if (f->open) /* what is complete does not wait for the rest of a transaction to arrive */
		return f->complete_items > 0 && rs_reading_is_idle(&f->reading) ? rs_follow_flush(f, false, err) : RS_OK;
	const bool idle = rs_reading_is_idle(&f->reading);
	const bool late = rs_clock_mono() - f->saved_at > IDLE_CHECKPOINT;
	rs_stats_busy(&f->e->stats);
	rs_thread_short_turns(f->bytes < BACKLOG);
	rs_engine_look_at_log(f->e);
	if (idle || batch_is_full(f) || late)
		rc = rs_follow_flush(f, late, err);
	if (rc == RS_OK)
		rc = check_ours(f, err);
	if (rc == RS_OK)
		note_news(f);
	if (rc == RS_OK && rs_errands_wait(&f->e->errands))
		rc = do_errands(f, err);
	if (rc == RS_OK && f->e->side != NULL)
		rc = rs_side_between(f, false, &f->joined, err);
	return rc;
}

/* The limits of speed; what is complete does not wait with what is to come, and what is there already costs nothing. */
static enum rs_rc await_turn(struct rs_follow *f, const struct rs_change *c, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (f->skipping)
		return RS_OK;
	if (!f->streaming && f->complete_items > 0 && rs_limits_delay(f->e, c))
		rc = rs_follow_flush(f, false, err);
	return rc == RS_OK ? rs_limits_change(f->e, c) : rc;
}

/* What is complete waits for nothing that is not there. */
static enum rs_rc take(struct rs_follow *f, struct rs_err *err)
{
	struct rs_change *item = NULL;
	enum rs_rc rc = rs_reading_take(&f->reading, f->complete_items > 0 ? 0 : LOOK_EVERY, &item);

	if (rc == RS_AGAIN)
		return RS_OK;
	if (rc == RS_EOF)
		return stream_ended(f, err);
	if (rc == RS_OK && (rc = await_turn(f, item, err)) != RS_OK)
		rs_change_free(item);
	if (rc != RS_OK)
		return rc;
	rs_stats_busy(&f->e->stats);
	return rs_follow_item(f, item, err);
}

/* What is complete is kept also when we are to end, and when the source is gone: the destination's word is a position
 * then, with nothing ahead of it, which another server in the source's place would not know. */
static enum rs_rc keep_complete(struct rs_follow *f, enum rs_rc rc, struct rs_err *err)
{
	const enum rs_rc ended = rc == RS_FAIL ? RS_FAIL : f->renew && rc == RS_OK ? RS_AGAIN : RS_CANCELLED;
	struct rs_err second = RS_ERR_INIT;

	if ((ended == RS_FAIL && !f->ended) || f->streaming || f->broken)
		return ended;
	enum rs_rc kept = rs_follow_save(f, ended == RS_FAIL ? &second : err);
	rs_err_clear(&second);
	return kept == RS_OK ? ended : RS_FAIL;
}

static enum rs_rc apply_loop(struct rs_follow *f, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	while (rc == RS_OK && !f->renew && !rs_engine_stopping(f->e)) {
		if (target_reached(f))
			return rs_follow_save(f, err);
		rc = take(f, err);
		if (rc == RS_OK && !f->joined)
			rc = between(f, err);
		if (rc == RS_OK && f->joined)
			return RS_OK;
		rs_stats_free(&f->e->stats);
		atomic_store_explicit(&f->e->stats.gathered, f->bytes, memory_order_relaxed);
	}
	return keep_complete(f, rc, err);
}

/* ---------------------------------------------------------------- opening and closing */

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

static void raise_to(struct rs_position *mark, const struct rs_position *position)
{
	if (position->file != NULL && (mark->file == NULL || rs_position_compare(position, mark) > 0))
		rs_position_copy(mark, position);
}

/* Tables that joined may be further than the others, and so may rows that were repaired. */
static void find_consistency(struct rs_engine *e)
{
	rs_position_copy(&e->consistent_from, &e->meta.p1);
	rs_position_clear(&e->mended_upto);
	for (size_t i = 0; i < e->n_tables; i++) {
		const struct rs_meta_table *t = &e->tables[i].meta;
		if (t->state == RS_TABLE_GONE)
			continue;
		raise_to(&e->consistent_from, &t->exact);
		raise_to(&e->mended_upto, &t->overlap);
	}
}

/* Ids alone are left where another server has taken over, and only of those that a set can't name (source.h, succeed): of
 * MariaDB's, whose log has them in the order of their numbers. */
static enum rs_rc drop_passed_ids(struct rs_ahead *a, const struct rs_position *from, struct rs_err *err)
{
	struct rs_domain_set set = RS_DOMAIN_SET_INIT;
	enum rs_rc rc = RS_OK;

	if (a->places.n == 0 && a->ids.n > 0 && from->gtid != NULL) {
		rc = rs_domain_set_parse(&set, from->gtid, err);
		if (rc == RS_OK)
			rc = rs_domain_set_take_out(&set, &a->ids, err);
	}
	rs_domain_set_clear(&set);
	return rc;
}

/* The destination's word takes in places that it has passed. */
static enum rs_rc take_ahead(struct rs_follow *f, struct rs_err *err)
{
	struct rs_ahead *ahead = &f->e->meta.ahead;

	f->saved_in_parts = rs_ahead_count(ahead) > 0;
	rs_ahead_drop(ahead, &f->reached);
	enum rs_rc rc = drop_passed_ids(ahead, &f->reached, err);
	f->n_ahead = rs_ahead_count(ahead);
	return rc;
}

/* What came there although its COMMIT was not answered is a step like those that were: a link that loses one answer after the
 * other keeps nothing from going on. */
static void hear(struct rs_engine *e, const struct rs_position *word)
{
	if (rs_position_is_set(&e->heard) && !rs_position_same(&e->heard, word))
		rs_stats_step(&e->stats);
	rs_position_copy(&e->heard, word);
}

static enum rs_rc start_from(struct rs_follow *f, struct rs_err *err)
{
	const struct rs_meta_task *m = &f->e->meta;
	const struct rs_position *from = rs_position_is_set(&m->position) ? &m->position : &m->p0;

	rs_position_copy(&f->reached, from);
	rs_position_copy(&f->saved, from);
	hear(f->e, from);
	rs_position_copy(&f->schema_changed, from);
	f->reached_time = f->saved_time = m->position_time;
	f->saved_at = rs_clock_mono();
	enum rs_rc rc = take_ahead(f, err);
	pthread_mutex_lock(&f->e->stats.lock);
	rs_position_copy(&f->e->stats.applied, from);
	rs_follow_show_consistency(f, from);
	pthread_mutex_unlock(&f->e->stats.lock);
	return rc;
}

static enum rs_rc open_all(struct rs_follow *f, struct rs_err *err)
{
	struct rs_engine *e = f->e;
	struct rs_stream *stream = NULL;
	enum rs_rc rc = rs_lanes_open(f, err);

	if (rc == RS_OK && e->source->sparse && !rs_follow_is_consistent(f, &f->saved))
		rc = rs_completer_open(e, &f->completer, err);
	if (rc == RS_OK)
		rc = f->lanes[0].applier->ops->xa_list(f->lanes[0].applier, &f->bodies, err);
	if (rc == RS_OK) {
		rs_spool_hand_over(e, &f->reached);
		rc = e->source->ops->stream(e->source, &f->reached, &stream, err);
	}
	if (rc != RS_OK)
		return rc;
	f->tracker = rs_tracker_new(e);
	rs_tracker_bind(f->tracker, stream);
	return rs_reading_start(&f->reading, stream, err);
}

static void close_all(struct rs_follow *f)
{
	rs_reading_stop(&f->reading);
	rs_lanes_close(f);
	rs_completer_close(f->completer);
	rs_reading_release(&f->reading);
	pthread_mutex_lock(&f->e->stats.lock);
	rs_position_clear(&f->e->stats.source);
	f->e->stats.caught_up = false;
	f->e->stats.gathered = 0;
	pthread_mutex_unlock(&f->e->stats.lock);
	rs_follow_forget(f, f->n_items);
	free(f->items);
	rs_undo_release(&f->undo);
	rs_xa_abandon(&f->body);
	rs_map_release(&f->bodies, NULL);
	rs_tracker_free(f->tracker);
	rs_inside_clear(&f->begun);
	rs_position_clear(&f->reached);
	rs_position_clear(&f->ahead_end);
	rs_position_clear(&f->saved);
	rs_position_clear(&f->schema_changed);
}

static enum rs_rc find_target(struct rs_engine *e, struct rs_err *err)
{
	if (!e->options.until_synchronized)
		return RS_OK;
	if (e->target.file != NULL) { /* what joined since may be ahead of it */
		if (e->consistent_from.file != NULL && rs_position_compare(&e->consistent_from, &e->target) > 0)
			rs_position_copy(&e->target, &e->consistent_from);
		return RS_OK;
	}
	if (e->copied_now) {
		rs_position_copy(&e->target, &e->meta.p1);
		return RS_OK;
	}
	return e->source->ops->end(e->source, &e->target, err);
}

static enum rs_rc follow(struct rs_engine *e, bool catching_up, struct rs_err *err)
{
	struct rs_follow f = {.e = e, .catching_up = catching_up};
	enum rs_rc rc = read_collations(e, err);

	rs_reading_init(&f.reading, e);
	rs_monitor_init(&f.lane_monitor);
	if (rc == RS_OK)
		rc = rs_decision_load(e, err);
	if (rc == RS_OK) /* one may fit after the schema change that a crash interrupted, which comes first: it is bound when its
	                    rows come, and complained of then */
		rc = rs_plan_route_all(e, true, err);
	find_consistency(e);
	if (rc == RS_OK && !catching_up)
		rc = find_target(e, err);
	if (rc == RS_OK)
		rc = start_from(&f, err);
	if (rc == RS_OK)
		rc = open_all(&f, err);
	if (rc == RS_OK) {
		rs_stats_phase(&e->stats, RS_PHASE_INCREMENTAL, RS_PHASE_RUNNING);
		rs_follow_show_state(&f);
		rs_stats_note(&e->stats, "%s", "");
		if (!catching_up)
			rs_errands_open(&e->errands, &f.reading);
		rc = apply_loop(&f, err);
		rs_thread_short_turns(false);
		rs_errands_close(&e->errands);
	}
	rs_stats_free(&e->stats);
	close_all(&f);
	return rc;
}

enum rs_rc rs_phase_follow(struct rs_engine *e, struct rs_err *err) { return follow(e, false, err); }

enum rs_rc rs_phase_catch_up(struct rs_engine *e, struct rs_err *err)
{
	if (rs_ahead_count(&e->meta.ahead) == 0)
		return RS_OK;
	enum rs_rc rc = follow(e, true, err);
	if (rc == RS_FAIL)
		rs_err_detail(err, "%s", _("transactions are at the destination that others come before, which must follow first"));
	return rc;
}
