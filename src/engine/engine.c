#include "engine/follow/failing.h"
#include "engine/follow/filter.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/report/metrics.h"

#define HARD_CANCEL_AFTER (8 * RS_USEC_PER_SEC)
#define SNAPSHOT_EVERY RS_MSEC(250)
#define SAVE_SHARE 50                      /* the local state is saved in one of so many parts of the time at most */
#define FIRST_PAUSE RS_USEC_PER_SEC
#define LONGEST_PAUSE (30 * RS_USEC_PER_SEC)

/* ---------------------------------------------------------------- cancelling */

void rs_engine_live(struct rs_engine *e, void (*cancel)(void *), void *object)
{
	pthread_mutex_lock(&e->live_lock);
	RS_GROW(e->live, e->n_live, e->cap_live);
	e->live[e->n_live++] = (struct rs_live){cancel, object};
	pthread_mutex_unlock(&e->live_lock);
}

void rs_engine_dead(struct rs_engine *e, void *object)
{
	pthread_mutex_lock(&e->live_lock);
	for (size_t i = 0; i < e->n_live; i++)
		if (e->live[i].object == object)
			e->live[i--] = e->live[--e->n_live];
	pthread_mutex_unlock(&e->live_lock);
}

static void cancel_hard(struct rs_engine *e)
{
	pthread_mutex_lock(&e->live_lock);
	for (size_t i = 0; i < e->n_live; i++)
		e->live[i].cancel(e->live[i].object);
	pthread_mutex_unlock(&e->live_lock);
}

/* ---------------------------------------------------------------- one attempt */

enum rs_rc rs_engine_attach(struct rs_engine *e, struct rs_err *err)
{
	enum rs_rc rc = e->sink->ops->attach(e->sink, e->asked_epoch, &e->meta, err);

	if (e->meta.epoch > e->asked_epoch)
		e->asked_epoch = e->meta.epoch;
	return rc;
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
		rs_stats_plan_ends(&e->stats);
	return rc;
}

/* What the local state knows of phases that were over, and of the comparison; before it is written anew. */
static void recall(struct rs_engine *e)
{
	struct rs_state_stored stored;

	if (!rs_state_read(e->task, &stored))
		return;
	for (size_t i = 0; i < RS_PHASE_COUNT; i++)
		if (stored.progress->phases[i].state == RS_PHASE_DONE)
			e->recalled[i] = stored.progress->phases[i];
	rs_verifier_recall(&e->verifier, &stored.progress->verify);
	rs_progress_unref(stored.progress);
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
	if (rc == RS_OK)
		rs_engine_live(e, (void (*)(void *))e->sink->ops->cancel, e->sink);
	return rc == RS_OK ? rs_settle_names(e->task, e->source, e->sink->folds_names, err) : rc;
}

static void close_servers(struct rs_engine *e)
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

static void look_at_health(struct rs_engine *e)
{
	rs_usec lasts = -1, ahead = 0;
	struct rs_err ignored = RS_ERR_INIT;

	if (e->source->ops->health(e->source, &lasts, &ahead, &ignored) == RS_OK) {
		pthread_mutex_lock(&e->stats.lock);
		e->stats.log_lasts = lasts;
		e->stats.clock_ahead = ahead;
		pthread_mutex_unlock(&e->stats.lock);
	}
	rs_err_clear(&ignored);
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

/* RS_AGAIN: it ended in order, to begin anew. */
static enum rs_rc attempt(struct rs_engine *e, bool releasing, struct rs_err *err)
{
	rs_stats_failing(&e->stats, NULL);
	enum rs_rc rc = open_servers(e, err);

	if (rc == RS_OK && e->side != NULL)
		rc = rs_side_begin(e, err);
	if (rc == RS_OK)
		rc = rs_engine_attach(e, err);
	if (rc == RS_OK)
		rc = rs_objects_load(e, err);
	if (rc == RS_OK)
		rc = rs_engine_load_plan(e, err);
	e->anchor_helps = e->meta.phase == RS_META_COPY || e->meta.phase == RS_META_FOLLOW;
	if (rc == RS_OK && rs_anchor_is_wanted(e))
		return rs_anchor_carry_out(e, err);
	if (rc == RS_OK)
		rc = rs_engine_guard_source(e, err);
	if (rc != RS_OK)
		return rc;
	if (releasing) {
		rs_spool_forget(e);
		return rs_objects_leave(e, err) == RS_OK ? rs_phase_release(e, err) : RS_FAIL;
	}
	if (e->side == NULL && (rc = rs_objects_check(e, err)) != RS_OK)
		return rc;
	show_phases(e);
	look_at_health(e);
	rs_stats_count(&e->stats);
	attach_spool(e);
	if (e->meta.phase < RS_META_FOLLOW)
		rc = initialize(e, err);
	if (rc == RS_OK && e->side == NULL && e->task->sync.incremental)
		rc = rs_objects_settle(e, err);
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

struct rates {
	rs_usec at;
	uint64_t rows, bytes;
	double rows_per_sec, bytes_per_sec;
	rs_usec held[2];       /* by the limits of the copy and of the stream, since the start */
	const char *throttled; /* the key of the limit that held it back for most of the time; NULL: none */
};

static void publish(struct rs_engine *e, const struct rates *r)
{
	pthread_mutex_lock(&e->publish_lock);
	struct rs_progress *p = rs_stats_snapshot(&e->stats);

	rs_spool_show(e, p);
	p->rows_per_sec = r->rows_per_sec;
	p->bytes_per_sec = r->bytes_per_sec;
	if (r->throttled != NULL && (p->state == RS_STATE_INITIALIZING || p->state == RS_STATE_SYNCHRONIZING))
		rs_limits_show(e, p, r->throttled);
	rs_objects_show(e, p);
	rs_verifier_show(&e->verifier, p);
	rs_progress_publish(&e->cell, p);
	pthread_mutex_unlock(&e->publish_lock);
	if (e->options.wake.fn != NULL)
		e->options.wake.fn(e->options.wake.arg);
}

/* Whoever learns that the engine has settled must find what it has come to. */
static void publish_outcome(struct rs_engine *e)
{
	const struct rates none = {.rows_per_sec = -1, .bytes_per_sec = -1};

	publish(e, &none);
}

/* Waits for a command; what is reported as ended meanwhile is `settled`. */
static void await_command(struct rs_engine *e, bool settled)
{
	rs_objects_stop(e);
	if (settled)
		publish_outcome(e);
	rs_monitor_enter(&e->monitor);
	e->settled = settled;
	e->again = false;
	enum rs_wish before = e->wish;
	rs_monitor_wake(&e->monitor);
	while (e->wish == before && !e->again && !e->anchor.wanted)
		rs_monitor_wait(&e->monitor, -1);
	e->settled = false;
	rs_monitor_leave(&e->monitor);
	e->asked_epoch = 0; /* whoever says "go on" here means it */
}

static rs_usec retry_window(struct rs_engine *e, const struct rs_err *err)
{
	unsigned minutes = atomic_load(err->retry == RS_RETRY_RECONNECT ? &e->retry_connection : &e->retry_other);

	return (rs_usec)minutes * 60 * RS_USEC_PER_SEC;
}

static bool worth_retrying(struct rs_engine *e, const struct rs_err *err, rs_usec since)
{
	return err->retry != RS_RETRY_NEVER && rs_clock_mono() - since < retry_window(e, err);
}

static double seconds_of(rs_usec t) { return (double)t / (double)RS_USEC_PER_SEC; }

struct retry {
	rs_usec since;  /* the first failure of this row of failures; 0: none */
	rs_usec pause;
	unsigned failures; /* in this row */
	bool source_is_there; /* the last attempt reached it, and it is the one that it has to be */
	uint64_t steps; /* what had been done by then: progress ends the row */
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
		rs_err_hint(err, _("\"rds-sync event show %s\" shows the event and what can be done"), e->task->name);
}

/* What it needs of the log is lost; what the destination has can be gone on with. */
static void hint_anchor(struct rs_engine *e, struct rs_err *err)
{
	bool lost = err->code == RS_E_BINLOG_PURGED || err->code == RS_E_SOURCE_DIVERGED || err->code == RS_E_BINLOG_INCIDENT;

	if (e->side != NULL || !lost || !e->anchor_helps)
		return;
	char *before = rs_xstrdup(err->hint);
	rs_err_hint(err, _("%s%s\"rds-sync reanchor %s\" has it begin anew where the source is now, compares all tables and repairs "
	                   "what differs"), before ? before : "", before ? "; " : "", e->task->name);
	free(before);
}

static void fail(struct rs_engine *e, struct rs_err *err)
{
	bool initializing = rs_stats_state(&e->stats) == RS_STATE_INITIALIZING || e->stats.phases[RS_PHASE_INCREMENTAL].started == 0;

	hint_event(e, err);
	hint_anchor(e, err);
	rs_journal(e, RS_LOG_ERROR, err, "task failed (%s)", err->retry == RS_RETRY_NEVER ? "not to be retried" : "retried for long enough");
	rs_stats_problem(&e->stats, err, NULL, true);
	rs_stats_note(&e->stats, "%s", "");
	rs_stats_set_state(&e->stats, initializing ? RS_STATE_INITIALIZE_FAILED : RS_STATE_FAILED);
}

static void retry_later(struct rs_engine *e, struct retry *r, const struct rs_err *err)
{
	rs_journal(e, RS_LOG_WARN, err, "retrying failures=%u pause=%.1fs failing_for=%.1fs retry_for=%llds", ++r->failures,
	           err->retry == RS_RETRY_NOW ? 0.0 : seconds_of(r->pause), seconds_of(rs_clock_mono() - r->since),
	           (long long)(retry_window(e, err) / RS_USEC_PER_SEC));
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

/* True: run another attempt. */
static bool after_failure(struct rs_engine *e, struct retry *r, struct rs_err *err)
{
	uint64_t now = steps_done(e);

	if (r->since == 0 || now != r->steps) {
		r->since = rs_clock_mono();
		r->pause = FIRST_PAUSE;
		r->failures = 0;
	}
	r->steps = now;
	if (worth_retrying(e, err, r->since)) {
		retry_later(e, r, err);
		return true;
	}
	fail(e, err);
	r->since = 0;
	rs_spool_start(e);
	await_command(e, true);
	return true;
}

static void finish(struct rs_engine *e, enum rs_state state)
{
	rs_stats_note(&e->stats, "%s", "");
	rs_stats_set_state(&e->stats, state);
}

/* One attempt and what follows from it; true: another one. */
static bool once(struct rs_engine *e, struct retry *r)
{
	struct rs_err err = RS_ERR_INIT;
	bool releasing = wish_of(e) == RS_WISH_RELEASE;
	enum rs_rc rc = attempt(e, releasing, &err);
	bool again = true;

	r->source_is_there = e->source != NULL && err.code != RS_E_SOURCE_BEHIND;
	close_servers(e);
	if (rc == RS_FAIL && !(stop_wanted(e) && !releasing)) {
		again = after_failure(e, r, &err);
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
		await_command(e, false);
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

static void *coordinate(void *arg)
{
	struct rs_engine *e = arg;
	struct retry retry = {.pause = FIRST_PAUSE};
	bool again = true;

	while (again && go_on(e))
		again = once(e, &retry);
	rs_objects_stop(e);
	rs_spool_stop(e);
	if (again && !has_failed(e))
		finish(e, RS_STATE_STOPPED);
	publish_outcome(e);
	rs_monitor_enter(&e->monitor);
	e->ended = e->settled = true;
	rs_monitor_wake(&e->monitor);
	rs_monitor_leave(&e->monitor);
	return NULL;
}

/* ---------------------------------------------------------------- the housekeeper */

/* Over about two seconds, so that a number can be read. */
static void measure(struct rs_engine *e, struct rates *r)
{
	rs_usec now = rs_clock_mono();

	if (now - r->at < 2 * RS_USEC_PER_SEC && r->at != 0)
		return;
	pthread_mutex_lock(&e->stats.lock);
	uint64_t rows = e->stats.rows_moved, bytes = e->stats.bytes_moved;
	pthread_mutex_unlock(&e->stats.lock);
	if (r->at != 0) {
		double seconds = (double)(now - r->at) / (double)RS_USEC_PER_SEC;
		r->rows_per_sec = (double)(rows - r->rows) / seconds;
		r->bytes_per_sec = (double)(bytes - r->bytes) / seconds;
	}
	r->throttled = rs_limits_holding(e, r->held, now - r->at);
	r->at = now;
	r->rows = rows;
	r->bytes = bytes;
}

static bool must_cancel_hard(struct rs_engine *e)
{
	rs_monitor_enter(&e->monitor);
	bool yes = rs_cancel_is_set(&e->cancel) && !e->settled && e->cancelled_at != 0 &&
	           rs_clock_mono() - e->cancelled_at > HARD_CANCEL_AFTER;
	if (yes)
		e->cancelled_at = rs_clock_mono();
	rs_monitor_leave(&e->monitor);
	return yes;
}

static bool has_ended(struct rs_engine *e)
{
	rs_monitor_enter(&e->monitor);
	bool ended = e->ended;
	rs_monitor_leave(&e->monitor);
	return ended;
}

static const struct rs_progress *metrics_progress(void *arg) { return rs_engine_progress(arg); }

static void metrics_problem(void *arg, const struct rs_err *err)
{
	rs_stats_remark(&((struct rs_engine *)arg)->stats, err);
}

/* The local state of a task that is not a side. */
struct keeping {
	struct rs_state_file *file;
	enum rs_state state;   /* that was saved last */
	rs_usec saved, took;   /* monotonic: when; how long */
};

/* Once a second, but for what one takes: many tables that all change cost no more of a core than a few. */
static void keep(struct keeping *k, const struct rs_progress *p, bool ended)
{
	rs_usec now = rs_clock_mono(), pause = k->took * SAVE_SHARE > RS_USEC_PER_SEC ? k->took * SAVE_SHARE : RS_USEC_PER_SEC;

	if (!ended && p->state == k->state && now - k->saved <= pause)
		return;
	rs_state_save(k->file, p);
	k->state = p->state;
	k->saved = rs_clock_mono();
	k->took = k->saved - now;
}

static void *keep_house(void *arg)
{
	struct rs_engine *e = arg;
	struct keeping state = {.file = e->side ? NULL : rs_state_open(e->task), .state = RS_STATE_NOT_STARTED};
	struct rs_metrics *metrics = e->side ? NULL : rs_metrics_open(e->task, metrics_progress, metrics_problem, e);
	struct rates rates = {.rows_per_sec = -1, .bytes_per_sec = -1};
	struct rs_journal journal = {.state = RS_STATE_NOT_STARTED};
	bool ended = false;

	while (!ended) {
		ended = has_ended(e);
		measure(e, &rates);
		publish(e, &rates);
		const struct rs_progress *p = rs_progress_get(&e->cell);
		if (state.file != NULL)
			keep(&state, p, ended);
		if (metrics != NULL)
			rs_metrics_tick(metrics, p);
		rs_journal_progress(e, &journal, p);
		rs_progress_unref(p);
		if (must_cancel_hard(e))
			cancel_hard(e);
		rs_monitor_enter(&e->monitor);
		if (!e->ended)
			rs_monitor_wait(&e->monitor, SNAPSHOT_EVERY);
		rs_monitor_leave(&e->monitor);
	}
	if (e->side == NULL) {
		rs_metrics_close(metrics);
		rs_state_close(state.file);
	}
	return NULL;
}

/* ---------------------------------------------------------------- the interface */

struct rs_engine *rs_engine_new(const struct rs_task *task, const struct rs_engine_options *options, struct rs_err *err)
{
	if (rs_task_check(task, err) != RS_OK)
		return NULL;
	struct rs_engine *e = rs_xcalloc(1, sizeof *e);
	e->task = rs_task_copy(task);
	e->filters = rs_selection_filters(e->task->objects);
	if (options != NULL)
		e->options = *options;
	rs_stats_init(&e->stats);
	rs_throttle_init(&e->own_copy_throttle);
	rs_throttle_init(&e->own_stream_throttle);
	e->copy_throttle = &e->own_copy_throttle;
	e->stream_throttle = &e->own_stream_throttle;
	rs_limits_set(e, &e->task->sync);
	rs_progress_cell_init(&e->cell, rs_progress_new(RS_STATE_NOT_STARTED));
	e->task_lock = (struct rs_task_lock)RS_TASK_LOCK_INIT;
	pthread_mutex_init(&e->publish_lock, NULL);
	rs_monitor_init(&e->monitor);
	rs_cancel_init(&e->cancel);
	e->anchor.err = (struct rs_err)RS_ERR_INIT;
	rs_errands_init(&e->errands);
	rs_objects_init(&e->objects, e->task->objects, e->task->sync.memory);
	rs_repairs_init(&e->repairs);
	rs_verifier_init(&e->verifier);
	pthread_mutex_init(&e->live_lock, NULL);
	e->by_name = (struct rs_map)RS_MAP_INIT;
	return e;
}

static void on_command(void *arg, enum rs_command command) { rs_engine_command(arg, command); }

static const struct rs_progress *on_progress(void *arg) { return rs_engine_progress(arg); }

static enum rs_rc on_reload(void *arg, struct rs_err *err)
{
	struct rs_engine *e = arg;
	struct rs_task *now = e->task->path ? rs_task_load(e->task->path, err) : NULL;
	enum rs_rc rc = now ? rs_task_check(now, err) : RS_FAIL;

	if (rc == RS_OK && (!now->id || strcmp(now->id, e->task->id) != 0))
		rc = rs_err_set(err, RS_E_TASK_INVALID, _("the file %s is another task's now"), e->task->path);
	if (rc == RS_OK)
		rc = rs_objects_want(e, now->objects, err);
	if (rc == RS_OK)
		rs_limits_set(e, &now->sync);
	if (rc == RS_OK)
		rs_verifier_set(e, &now->verify);
	rs_task_free(now);
	return rc;
}

static void open_control(struct rs_engine *e)
{
	static const struct rs_control_job *const jobs[] = {&rs_repair_job, &rs_tables_job, &rs_anchor_job, NULL};
	const struct rs_control_ops ops = {.command = on_command, .progress = on_progress, .reload = on_reload, .jobs = jobs, .arg = e};
	struct rs_err err = RS_ERR_INIT;

	e->control = rs_control_open(e->task, &ops, &err);
	if (e->control == NULL)
		rs_log_err(RS_LOG_WARN, "no control socket", &err);
	rs_err_clear(&err);
}

enum rs_rc rs_engine_start(struct rs_engine *e, struct rs_err *err)
{
	if (e->side == NULL && rs_task_lock(&e->task_lock, e->task, err) != RS_OK)
		return RS_FAIL;
	recall(e);
	rs_spool_init(e);
	pthread_mutex_lock(&e->stats.lock);
	e->stats.started = rs_clock_wall();
	e->stats.state = RS_STATE_INITIALIZING;
	pthread_mutex_unlock(&e->stats.lock);
	if (e->side == NULL)
		open_control(e); /* first: it copies the task */
	if (!rs_thread_start(&e->coordinator, "coordinator", coordinate, e) ||
	    !rs_thread_start(&e->housekeeper, "housekeeper", keep_house, e)) {
		rs_engine_command(e, RS_CMD_STOP);
		return rs_err_set(err, RS_E_INTERNAL, _("no thread can be started"));
	}
	if (e->side == NULL)
		rs_verifier_set(e, &e->task->verify);
	return RS_OK;
}

static void set_wish(struct rs_engine *e, enum rs_wish wish)
{
	if (e->wish == RS_WISH_STOP && wish != RS_WISH_STOP)
		return; /* final for this process */
	e->wish = wish;
	if (wish != RS_WISH_RUN) {
		e->cancelled_at = rs_clock_mono();
		atomic_store(&e->cancel.set, true);
	}
}

void rs_engine_command(struct rs_engine *e, enum rs_command command)
{
	static const enum rs_wish wishes[] = {
		[RS_CMD_PAUSE] = RS_WISH_PAUSE, [RS_CMD_RESUME] = RS_WISH_RUN,
		[RS_CMD_STOP] = RS_WISH_STOP, [RS_CMD_RELEASE] = RS_WISH_RELEASE,
	};

	rs_monitor_enter(&e->monitor);
	set_wish(e, wishes[command]);
	e->again = command == RS_CMD_RESUME;
	rs_monitor_wake(&e->monitor);
	rs_monitor_leave(&e->monitor);
	if (command != RS_CMD_RESUME)
		rs_cancel_set(&e->cancel); /* wakes who sleeps on it */
	else
		rs_objects_kick(e);
}

void rs_engine_renew(struct rs_engine *e) { rs_errands_renew(&e->errands); }

const struct rs_progress *rs_engine_progress(struct rs_engine *e) { return rs_progress_get(&e->cell); }

bool rs_engine_wait(struct rs_engine *e, rs_usec timeout)
{
	rs_usec until = timeout < 0 ? -1 : rs_clock_mono() + timeout;

	rs_monitor_enter(&e->monitor);
	while (!e->settled) {
		rs_usec left = until < 0 ? -1 : until - rs_clock_mono();
		if (until >= 0 && left <= 0)
			break;
		rs_monitor_wait(&e->monitor, left);
	}
	bool settled = e->settled;
	rs_monitor_leave(&e->monitor);
	return settled;
}

void rs_engine_free(struct rs_engine *e)
{
	if (e == NULL)
		return;
	rs_engine_command(e, RS_CMD_STOP);
	rs_thread_join(&e->coordinator);
	rs_thread_join(&e->housekeeper);
	rs_control_close(e->control);
	rs_cancel_set(&e->verifier.cancel);
	rs_cancel_set(&e->repairs.cancel);
	cancel_hard(e); /* what is left are repairs and comparisons */
	rs_verifier_release(&e->verifier);
	rs_repairs_release(&e->repairs);
	rs_spool_release(e);
	rs_task_unlock(&e->task_lock);
	rs_stats_release(&e->stats);
	rs_throttle_release(&e->own_copy_throttle);
	rs_throttle_release(&e->own_stream_throttle);
	rs_progress_cell_release(&e->cell);
	rs_position_clear(&e->target);
	rs_err_clear(&e->anchor.err);
	rs_anchored_clear(&e->anchor.outcome);
	rs_position_clear(&e->consistent_from);
	rs_position_clear(&e->mended_upto);
	rs_cancel_release(&e->cancel);
	rs_errands_release(&e->errands);
	rs_objects_release(&e->objects);
	rs_monitor_release(&e->monitor);
	pthread_mutex_destroy(&e->live_lock);
	pthread_mutex_destroy(&e->publish_lock);
	free(e->live);
	rs_selection_free(e->beside);
	rs_task_free(e->task);
	free(e);
}

enum rs_rc rs_engine_was_started(const struct rs_task *task, bool *started, struct rs_err *err)
{
	struct rs_meta_task meta = {0};
	struct rs_sink *sink = NULL;
	enum rs_rc rc = rs_sink_open(task, &sink, err);

	*started = false;
	if (rc != RS_OK)
		return rc;
	rc = sink->ops->peek(sink, &meta, err);
	*started = rc == RS_OK && meta.phase != RS_META_NEW;
	rs_meta_task_clear(&meta);
	sink->ops->close(sink);
	return rc;
}
