/* The coordinator's thread: one attempt after another, and what follows from each. */
#include "engine/follow/doubt.h"
#include "engine/follow/failing.h"

#include <stdlib.h>
#include <string.h>
#include "base/figure.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"

#define FIRST_PAUSE RS_USEC_PER_SEC
#define LONGEST_PAUSE (30 * RS_USEC_PER_SEC)
#define FIRST_LOOK (5 * RS_USEC_PER_SEC)
#define LAST_LOOK (60 * RS_USEC_PER_SEC)
#define LOOK_AT_LOG (10 * RS_USEC_PER_SEC)
#define KEPT_MUCH ((int64_t)4 << 30)

/* ---------------------------------------------------------------- one attempt */

enum rs_rc rs_engine_attach(struct rs_engine *e, struct rs_err *err)
{
	enum rs_rc rc = e->sink->ops->attach(e->sink, e->asked_epoch, &e->meta, err);

	if (e->meta.epoch > e->asked_epoch)
		e->asked_epoch = e->meta.epoch;
	e->begun = e->begun || (rc == RS_OK && e->meta.phase != RS_META_NEW);
	return rc;
}

/* It may come back. */
static bool is_on_a_way_of_its_own(void *arg, const char *db, const char *name)
{
	return rs_objects_has(arg, db, name);
}

enum rs_rc rs_engine_load_plan(struct rs_engine *e, struct rs_err *err)
{
	struct rs_meta_table *metas = NULL;
	size_t n = 0;
	enum rs_rc rc = e->sink->ops->load_tables(e->sink, &metas, &n, err);

	rs_plan_clear(e);
	rs_lookout_attempt(&e->verifier.lookout);
	rs_stats_plan_begins(&e->stats);

	for (size_t i = 0; i < n; i++) {
		if (rc != RS_OK) {
			rs_meta_table_clear(&metas[i]);
			continue;
		}
		bool copied = metas[i].state == RS_TABLE_COPIED;
		uint64_t rows = metas[i].rows;
		struct rs_sync_table *t = rs_plan_add(e, &metas[i]);
		pthread_mutex_lock(&e->stats.lock);
		if (t->meta.schema != NULL && t->stats->rows_total == 0) {
			t->stats->rows_total = t->meta.schema->rows;
			t->stats->bytes_total = t->meta.schema->bytes;
		}
		if (copied && !t->stats->copied) {
			t->stats->copied = true;
			t->stats->rows = rows;
		}
		rs_stats_changed(&e->stats, t->stats);
		pthread_mutex_unlock(&e->stats.lock);
	}
	free(metas);
	if (rc == RS_OK)
		rs_stats_plan_ends(&e->stats, is_on_a_way_of_its_own, e);
	return rc;
}

static void show_phase(struct rs_engine *e, enum rs_phase_id id, bool wanted, bool done)
{
	pthread_mutex_lock(&e->stats.lock);
	if (wanted && done && e->stats.phases[id].ended == 0)
		e->stats.phases[id] = e->recalled[id];
	pthread_mutex_unlock(&e->stats.lock);
	rs_stats_phase(&e->stats, id, !wanted ? RS_PHASE_OFF : done ? RS_PHASE_DONE : RS_PHASE_WAITING);
}

static void show_phases(struct rs_engine *e)
{
	const struct rs_sync *s = &e->task->sync;

	show_phase(e, RS_PHASE_SCHEMA, s->schema, e->meta.phase >= RS_META_COPY);
	show_phase(e, RS_PHASE_FULL, s->full, e->meta.phase >= RS_META_FOLLOW);
	rs_stats_phase(&e->stats, RS_PHASE_INCREMENTAL, s->incremental ? RS_PHASE_WAITING : RS_PHASE_OFF);
}

static enum rs_rc open_servers(struct rs_engine *e, struct rs_err *err)
{
	rs_stats_note(&e->stats, "%s", _("connecting"));
	enum rs_rc rc = rs_source_open(e->task, &e->source, err);

	if (rc == RS_OK)
		rs_engine_live(e, (void (*)(void *))e->source->ops->cancel, e->source);
	if (rc == RS_OK)
		rc = rs_sink_open(e->task, &e->sink, err);
	if (rc == RS_OK) {
		e->sink->outbox = e->side != NULL ? &e->side->main->outbox : &e->outbox;
		e->sink->source_version = e->source->version_text;
		rs_engine_live(e, (void (*)(void *))e->sink->ops->cancel, e->sink);
	}
	return rc == RS_OK ? rs_settle_names(e->task, e->source, e->sink->folds_names, err) : rc;
}

void rs_engine_close_servers(struct rs_engine *e)
{
	rs_plan_clear(e);
	rs_meta_task_clear(&e->meta);
	rs_decision_forget(e);
	rs_catalog_release(&e->catalog);
	e->catalog = (struct rs_catalog){0};
	if (e->source != NULL) {
		rs_engine_dead(e, e->source);
		e->source->ops->close(e->source);
		e->source = NULL;
	}
	if (e->sink != NULL) {
		rs_engine_dead(e, e->sink);
		e->sink->ops->close(e->sink);
		e->sink = NULL;
	}
}

/* What it still has room for is less than what it keeps already; where nothing limits it, what a disk may well lack. */
static bool is_much(const struct rs_source_health *h) { return h->log_room >= 0 ? h->log_room < h->log_kept : h->log_kept >= KEPT_MUCH; }

static void tell_kept(struct rs_engine *e, const struct rs_source_health *h)
{
	char kept[RS_FIGURE_SIZE], room[RS_FIGURE_SIZE];
	struct rs_err news = RS_ERR_INIT;

	rs_err_set(&news, RS_E_LOG_KEPT, _("the source keeps %s of its log for the task"), rs_figure_bytes((double)h->log_kept, kept, sizeof kept));
	if (h->log_room >= 0)
		rs_err_detail(&news, _("after %s more it gives that up, and the task can't go on"), rs_figure_bytes((double)h->log_room, room, sizeof room));
	else
		rs_err_detail(&news, "%s", _("nothing limits that: its disk may become full"));
	rs_err_hint(&news, "%s", _("let the task go on, or release it, which drops its slot; max_slot_wal_keep_size at the source is the limit"));
	rs_journal(e, RS_LOG_WARN, &news, "the source keeps its log");
	rs_stats_remark(&e->stats, &news);
	rs_err_clear(&news);
}

void rs_engine_look_at_health(struct rs_engine *e, struct rs_source *source)
{
	struct rs_source_health h;
	struct rs_err ignored = RS_ERR_INIT;

	e->looked_at_log = rs_clock_mono();
	e->log_is_kept = source->keeps_log;
	if (source->ops->health(source, &h, &ignored) == RS_OK) {
		pthread_mutex_lock(&e->stats.lock);
		e->stats.log_lasts = h.log_lasts;
		e->stats.clock_ahead = h.clock_ahead;
		e->stats.log_kept = h.log_kept;
		e->stats.log_room = h.log_room;
		pthread_mutex_unlock(&e->stats.lock);
		if (source->keeps_log && is_much(&h) && !e->kept_is_told)
			tell_kept(e, &h);
		e->kept_is_told = is_much(&h);
	}
	rs_err_clear(&ignored);
}

void rs_engine_look_at_log(struct rs_engine *e)
{
	if (e->source->keeps_log && rs_clock_mono() - e->looked_at_log >= LOOK_AT_LOG)
		rs_engine_look_at_health(e, e->source);
}

/* Where the task goes on, and so the log must be kept from. */
static void attach_spool(struct rs_engine *e)
{
	rs_spool_attach(e, rs_position_is_set(&e->meta.position) ? &e->meta.position : &e->meta.p0);
}

static void keep_log(struct rs_engine *e)
{
	attach_spool(e);
	rs_spool_start(e);
}

static enum rs_rc initialize(struct rs_engine *e, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	rs_stats_set_state(&e->stats, RS_STATE_INITIALIZING);
	rs_objects_refuse(e);
	if (e->meta.phase == RS_META_NEW && e->meta.resync)
		rc = rs_side_empty(e, err);
	if (rc == RS_OK && e->meta.phase == RS_META_NEW) {
		rs_spool_forget(e);
		rc = rs_phase_start(e, err);
		e->begun = e->begun || rc == RS_OK;
	}
	if (rc == RS_OK)
		keep_log(e);
	rs_stats_count(&e->stats);
	if (rc == RS_OK && e->meta.phase == RS_META_SCHEMA)
		rc = rs_phase_schema(e, err);
	if (rc == RS_OK)
		keep_log(e);
	if (rc == RS_OK && e->meta.phase == RS_META_COPY)
		rc = rs_phase_copy(e, err);
	return rc;
}

static enum rs_wish wish_of(struct rs_engine *e)
{
	rs_monitor_enter(&e->monitor);
	enum rs_wish wish = e->wish;
	rs_monitor_leave(&e->monitor);
	return wish;
}

static bool all_are_ours(const struct rs_engine *e)
{
	for (size_t i = 0; i < e->n_tables; i++)
		if (!e->tables[i].meta.ours)
			return false;
	return true;
}

/* RS_AGAIN: it ended in order, to begin anew. */
static enum rs_rc attempt(struct rs_engine *e, bool releasing, struct rs_err *err)
{
	rs_stats_failing(&e->stats, NULL);
	enum rs_rc rc = open_servers(e, err);

	if (rc == RS_OK && e->side != NULL)
		rc = rs_side_begin(e, err);
	if (rc == RS_OK) {
		e->sink->was_begun = e->begun && e->side == NULL && !releasing; /* what is half released has gone with reason */
		rc = rs_engine_attach(e, err);
	}
	if (rc == RS_OK) /* while the numbers of its tables are those that it was counted for */
		rs_doubts_settle(e);
	if (rc == RS_OK)
		rc = rs_objects_load(e, err);
	if (rc == RS_OK)
		rc = rs_engine_load_plan(e, err);
	e->anchor_helps = e->meta.phase == RS_META_COPY || e->meta.phase == RS_META_FOLLOW;
	e->anchor_is_forced = !all_are_ours(e);
	if (rc == RS_OK && rs_anchor_is_wanted(e))
		return rs_anchor_carry_out(e, err);
	if (rc == RS_OK)
		rc = rs_engine_guard_source(e, err);
	if (rc != RS_OK)
		return rc;
	if (releasing) {
		rs_verifier_halt(&e->verifier);
		rs_spool_forget(e);
		return rs_objects_leave(e, err) == RS_OK ? rs_phase_release(e, err) : RS_FAIL;
	}
	if ((rc = rs_engine_guard_log(e, err)) != RS_OK)
		return rc;
	rs_verifier_go_on(&e->verifier);
	if (e->side == NULL && (rc = rs_objects_recall(e, err)) != RS_OK)
		return rc;
	show_phases(e);
	rs_engine_look_at_health(e, e->source);
	rs_stats_count(&e->stats);
	attach_spool(e);
	if (e->meta.phase < RS_META_FOLLOW)
		rc = initialize(e, err);
	if (rc == RS_OK && e->side == NULL && e->task->sync.incremental)
		rc = rs_objects_settle(e, err);
	if (rc == RS_OK)
		rs_spool_go_beside(e);
	if (rc == RS_OK && e->task->sync.incremental)
		rc = rs_phase_follow(e, err);
	return rc;
}

/* ---------------------------------------------------------------- after an attempt */

static bool stop_wanted(struct rs_engine *e)
{
	enum rs_wish w = wish_of(e);

	return w == RS_WISH_STOP || w == RS_WISH_RELEASE;
}

/* Whether another process has the task now; err says so. */
static bool is_lost(struct rs_engine *e, struct rs_err *err)
{
	struct rs_meta_task there = {.phase = RS_META_NEW};
	struct rs_sink *sink = NULL;
	struct rs_err ignored = RS_ERR_INIT;
	enum rs_rc rc = rs_sink_open(e->task, &sink, &ignored);

	if (rc == RS_OK) {
		rs_engine_live(e, (void (*)(void *))sink->ops->cancel, sink);
		rc = sink->ops->peek(sink, &there, &ignored);
		rs_engine_dead(e, sink);
		sink->ops->close(sink);
	}
	bool lost = rc == RS_OK && there.epoch > e->asked_epoch;
	rs_meta_task_clear(&there);
	rs_err_clear(&ignored); /* a server that can't be asked says nothing */
	if (lost) {
		rs_err_set(err, RS_E_META_EPOCH, _("another process has taken over the task"));
		rs_err_hint(err, _("look for it on the other hosts that know this task; resume it here to take the task back"));
	}
	return lost;
}

/* It does not go on saying that it is paused, or why it failed, and keeps the log for nobody. */
static void tell_lost(struct rs_engine *e, struct rs_err *err)
{
	rs_spool_stop(e);
	rs_journal(e, RS_LOG_ERROR, err, "task failed (taken over while it rested)");
	rs_stats_problem(&e->stats, err, NULL, true);
	rs_stats_note(&e->stats, "%s", "");
	rs_stats_set_state(&e->stats, RS_STATE_FAILED);
	rs_publish_outcome(e);
}

/* Of a source that keeps its log for the task, which rests. */
static void look_at_source(struct rs_engine *e)
{
	struct rs_err ignored = RS_ERR_INIT;
	struct rs_source *source = NULL;

	if (rs_source_open(e->task, &source, &ignored) == RS_OK) {
		rs_engine_live(e, (void (*)(void *))source->ops->cancel, source);
		rs_engine_look_at_health(e, source);
		rs_engine_dead(e, source);
		source->ops->close(source);
	}
	rs_err_clear(&ignored);
}

/* In the monitor, which is left meanwhile. */
static void look_after(struct rs_engine *e)
{
	struct rs_err err = RS_ERR_INIT;

	rs_monitor_leave(&e->monitor);
	bool lost = is_lost(e, &err);
	if (lost)
		tell_lost(e, &err);
	else if (e->log_is_kept)
		look_at_source(e);
	rs_err_clear(&err);
	rs_monitor_enter(&e->monitor);
	if (!lost)
		return;
	e->asked_epoch = 0; /* that was all there is to find out */
	e->settled = true;
	rs_monitor_wake(&e->monitor);
}

/* Waits for a command; what is reported as ended meanwhile is `settled`. asked: what the attempt before was made for; where
 * an end has been asked for since, nobody will say so again. Less and less often it looks whether the task is still ours. */
static void await_command(struct rs_engine *e, bool settled, enum rs_wish asked)
{
	rs_usec pause = FIRST_LOOK, look = rs_clock_mono() + pause;

	rs_objects_stop(e);
	if (settled)
		rs_publish_outcome(e);
	rs_monitor_enter(&e->monitor);
	e->settled = settled;
	e->resting = true;
	enum rs_wish before = e->wish;
	bool heard = before == asked || before == RS_WISH_PAUSE;
	rs_monitor_wake(&e->monitor);
	while (heard && e->wish == before && !e->again && !e->anchor.wanted) {
		bool looks = e->side == NULL && e->asked_epoch > 0;
		if (looks && rs_clock_mono() >= look) {
			look_after(e);
			pause = pause * 2 < LAST_LOOK ? pause * 2 : LAST_LOOK;
			look = rs_clock_mono() + pause;
		} else {
			rs_monitor_wait(&e->monitor, looks ? look - rs_clock_mono() : -1);
		}
	}
	e->settled = e->resting = false;
	rs_monitor_leave(&e->monitor);
	e->asked_epoch = 0; /* whoever says "go on" here means it */
}

enum window { WINDOW_CONNECTION, WINDOW_OTHER, N_WINDOWS };

/* A server that is not there yet is as good as a connection that was lost. */
static enum window window_of(const struct rs_err *err)
{
	switch (err->code) {
	case RS_E_CONN_REFUSED:
	case RS_E_CONN_TIMEOUT:
	case RS_E_CONN_HOST:
	case RS_E_CONN_LOST:
	case RS_E_CONN_BUSY:
		return WINDOW_CONNECTION;
	default:
		return err->retry == RS_RETRY_RECONNECT ? WINDOW_CONNECTION : WINDOW_OTHER;
	}
}

static rs_usec length_of(struct rs_engine *e, enum window w)
{
	return (rs_usec)atomic_load(w == WINDOW_CONNECTION ? &e->retry_connection : &e->retry_other) * 60 * RS_USEC_PER_SEC;
}

static double seconds_of(rs_usec t) { return (double)t / (double)RS_USEC_PER_SEC; }

struct retry {
	rs_usec since[N_WINDOWS];  /* the first failure of a kind in this row of failures; 0: none */
	rs_usec pause;
	unsigned failures; /* in this row */
	bool source_is_there; /* the last attempt reached it, and it is the one that it has to be */
	uint64_t steps; /* what had been done by then: progress ends the row */
	bool copied;           /* an attempt found that all is copied */
};

static uint64_t steps_done(struct rs_engine *e)
{
	pthread_mutex_lock(&e->stats.lock);
	uint64_t n = e->stats.steps;
	pthread_mutex_unlock(&e->stats.lock);
	return n;
}

static void hint_event(struct rs_engine *e, struct rs_err *err)
{
	pthread_mutex_lock(&e->stats.lock);
	bool known = e->stats.failing != NULL;
	pthread_mutex_unlock(&e->stats.lock);
	if (known && err->hint == NULL)
		rs_err_hint(err, _("\"rds-sync event show %s\" shows the event and what can be done"), rs_engine_task_name(e));
}

/* What it needs of the log is lost; what the destination has can be gone on with. */
static void hint_anchor(struct rs_engine *e, struct rs_err *err)
{
	bool lost = rs_log_is_lost(err->code) ||
	            (err->native == 1236 && err->retry == RS_RETRY_PERHAPS); /* whatever it is, it does not pass */

	if (lost && e->side != NULL)
		rs_side_hint_resync(e->side, err);
	if (e->side != NULL || !lost || !e->anchor_helps)
		return;
	char *before = rs_xstrdup(err->hint);
	if (rs_flow_check_reads_back(e->task->flow, NULL) != RS_OK) { /* nor compared, nor begun anew on top of */
		rs_err_hint(err, _("%s%srelease the task, drop the tables that it made, and synchronize anew"), before ? before : "", before ? "; " : "");
		free(before);
		return;
	}
	rs_err_hint(err, e->anchor_is_forced
	                     ? _("%s%s\"rds-sync reanchor --force %s\" has it begin anew where the source is now, compares all tables and "
	                         "repairs what differs: rows go that the source does not have, also in tables that were at the destination "
	                         "before the task")
	                     : _("%s%s\"rds-sync reanchor %s\" has it begin anew where the source is now, compares all tables and repairs "
	                         "what differs"), before ? before : "", before ? "; " : "", e->task->name);
	free(before);
}

/* Whoever sees that it failed may say "go on" before anybody waits for that. */
static void listen_for_again(struct rs_engine *e)
{
	rs_monitor_enter(&e->monitor);
	e->again = false;
	rs_monitor_leave(&e->monitor);
}

static void fail(struct rs_engine *e, bool copied, struct rs_err *err)
{
	listen_for_again(e);
	bool begun = e->stats.phases[RS_PHASE_INCREMENTAL].started > 0;
	/* One that came back with all copied has not failed to be initialized, even if it came to nothing else. */
	bool initializing = copied && !begun ? false : rs_stats_state(&e->stats) == RS_STATE_INITIALIZING || !begun;

	hint_event(e, err);
	hint_anchor(e, err);
	rs_anchor_give_up(e, err);
	rs_journal(e, RS_LOG_ERROR, err, "task failed (%s)", err->retry == RS_RETRY_NEVER ? "not to be retried" : "retried for long enough");
	rs_stats_problem(&e->stats, err, NULL, true);
	rs_stats_note(&e->stats, "%s", "");
	rs_stats_set_state(&e->stats, initializing ? RS_STATE_INITIALIZE_FAILED : RS_STATE_FAILED);
}

/* How long what fails so is still tried again. */
static rs_usec time_left(struct rs_engine *e, const struct retry *r, const struct rs_err *err)
{
	enum window w = window_of(err);

	return err->retry == RS_RETRY_NEVER ? 0 : r->since[w] + length_of(e, w) - rs_clock_mono();
}

static void retry_later(struct rs_engine *e, struct retry *r, const struct rs_err *err)
{
	enum window w = window_of(err);
	long long minutes = (time_left(e, r, err) / RS_USEC_PER_SEC + 59) / 60;

	rs_journal(e, RS_LOG_WARN, err, "retrying failures=%u pause=%.1fs failing_for=%.1fs retry_for=%llds", ++r->failures,
	           err->retry == RS_RETRY_NOW ? 0.0 : seconds_of(r->pause), seconds_of(rs_clock_mono() - r->since[w]),
	           (long long)(length_of(e, w) / RS_USEC_PER_SEC));
	rs_stats_note(&e->stats, ngettext("it is tried again for %lld minute", "it is tried again for %lld minutes", (unsigned long)minutes), minutes);
	rs_stats_problem(&e->stats, err, NULL, false);
	rs_stats_set_state(&e->stats, RS_STATE_RETRYING);
	pthread_mutex_lock(&e->stats.lock);
	e->stats.retries++;
	pthread_mutex_unlock(&e->stats.lock);
	if (r->failures > 1 && r->source_is_there) /* it is the destination that does not come back at once */
		rs_spool_start(e);
	if (err->retry != RS_RETRY_NOW)
		rs_cancel_sleep(&e->cancel, r->pause);
	r->pause = r->pause * 2 < LONGEST_PAUSE ? r->pause * 2 : LONGEST_PAUSE;
}

static void end_row(struct retry *r)
{
	for (size_t i = 0; i < N_WINDOWS; i++)
		r->since[i] = 0;
	r->pause = FIRST_PAUSE;
	r->failures = 0;
}

/* Unless this failure belongs to one: progress ends it. */
static void begin_row(struct retry *r, uint64_t steps)
{
	if (steps != r->steps)
		end_row(r);
	r->steps = steps;
}

/* True: run another attempt. */
static bool after_failure(struct rs_engine *e, struct retry *r, enum rs_wish asked, struct rs_err *err)
{
	begin_row(r, steps_done(e));
	if (r->since[window_of(err)] == 0)
		r->since[window_of(err)] = rs_clock_mono();
	if (time_left(e, r, err) > 0) {
		retry_later(e, r, err);
		return true;
	}
	fail(e, r->copied, err);
	end_row(r);
	if (err->code == RS_E_META_EPOCH)
		e->asked_epoch = 0; /* there is nothing to look for */
	else
		rs_spool_start(e);
	await_command(e, true, asked);
	return true;
}

/* A pause that comes while a server can't be reached is one all the same: nothing is tried again before the task is to go
 * on. */
static bool rests_anyway(struct rs_engine *e, const struct rs_err *err)
{
	if (wish_of(e) != RS_WISH_PAUSE || err->retry == RS_RETRY_NEVER)
		return false;
	rs_stats_problem(&e->stats, err, NULL, false);
	return true;
}

static void finish(struct rs_engine *e, enum rs_state state)
{
	rs_stats_note(&e->stats, "%s", "");
	rs_stats_set_state(&e->stats, state);
}

/* What ends although nobody asked for it is tried again as a failure is, not at once and without a word. */
static enum rs_rc name_end(struct rs_engine *e, enum rs_rc rc, struct rs_err *err)
{
	if ((rc != RS_CANCELLED && rc != RS_EOF) || rs_engine_stopping(e))
		return rc;
	if (!rs_err_is_set(err))
		rs_err_set(err, RS_E_INTERNAL, _("the task was interrupted, and nobody had asked for it"));
	err->retry = RS_RETRY_LATER;
	return RS_FAIL;
}

/* One attempt and what follows from it; true: another one. */
static bool once(struct rs_engine *e, struct retry *r)
{
	struct rs_err err = RS_ERR_INIT;
	const enum rs_wish asked = wish_of(e);
	const bool releasing = asked == RS_WISH_RELEASE;
	const unsigned logins = rs_task_relogins(e->task);
	enum rs_rc rc = name_end(e, attempt(e, releasing, &err), &err);
	bool again = true;

	r->copied = r->copied || e->meta.phase == RS_META_FOLLOW;
	r->source_is_there = e->source != NULL && err.code != RS_E_SOURCE_BEHIND;
	rs_engine_close_servers(e);
	if (rc == RS_FAIL && err.code == RS_E_CONN_AUTH && rs_task_relogins(e->task) != logins)
		rc = RS_AGAIN; /* with the password that it was given meanwhile */
	if (rc == RS_FAIL && rests_anyway(e, &err))
		rc = RS_CANCELLED;
	if (rc == RS_FAIL && !(stop_wanted(e) && !releasing)) {
		again = after_failure(e, r, asked, &err);
	} else if (releasing && rc == RS_OK) {
		finish(e, RS_STATE_RELEASED);
		again = false;
	} else if (rc == RS_AGAIN) {
		rs_stats_note(&e->stats, "%s", "");
	} else if (rc == RS_OK && !rs_engine_stopping(e)) {
		rs_objects_note_unjoined(e);
		finish(e, RS_STATE_FINISHED);
		again = false;
	} else if (wish_of(e) == RS_WISH_PAUSE) {
		finish(e, RS_STATE_PAUSED);
		rs_spool_start(e);
		await_command(e, false, RS_WISH_PAUSE);
		end_row(r); /* the time in which nothing was tried is none of a row of failures */
	}
	rs_err_clear(&err);
	return again;
}

/* A new wish takes effect here: the flag that ended the attempt is lowered unless the engine is to stop. */
static bool go_on(struct rs_engine *e)
{
	rs_monitor_enter(&e->monitor);
	bool stop = e->wish == RS_WISH_STOP;
	if (e->wish == RS_WISH_RUN || e->wish == RS_WISH_RELEASE)
		atomic_store(&e->cancel.set, false);
	rs_monitor_leave(&e->monitor);
	return !stop;
}

/* A task that failed and is then ended stays one that failed. */
static bool has_failed(struct rs_engine *e)
{
	enum rs_state s = rs_stats_state(&e->stats);

	return s == RS_STATE_FAILED || s == RS_STATE_INITIALIZE_FAILED;
}

void *rs_coordinate(void *arg)
{
	struct rs_engine *e = arg;
	struct retry retry = {.pause = FIRST_PAUSE};
	struct rs_activity activity;
	bool again = true;

	rs_engine_take_part(e, &activity, RS_WORKER_APPLIER);
	while (again && go_on(e))
		again = once(e, &retry);
	rs_activity_end(&activity);
	rs_objects_stop(e);
	rs_spool_stop(e);
	if (again && !has_failed(e))
		finish(e, RS_STATE_STOPPED);
	rs_publish_outcome(e);
	rs_monitor_enter(&e->monitor);
	e->ended = e->settled = true;
	rs_monitor_wake(&e->monitor);
	rs_monitor_leave(&e->monitor);
	return NULL;
}
