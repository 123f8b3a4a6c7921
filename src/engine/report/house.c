/* The housekeeper's thread: publishes snapshots, keeps the local state and the metrics, tells the log what is new, and cancels
 * hard what does not end. */
#include "engine/core.h"

#include "base/mem.h"
#include "engine/report/metrics.h"
#include "engine/report/past.h"

#define HARD_CANCEL_AFTER (8 * RS_USEC_PER_SEC)
#define SNAPSHOT_EVERY RS_MSEC(250)
#define SAVE_SHARE 50                      /* the local state is saved in one of so many parts of the time at most */

/* ---------------------------------------------------------------- snapshots */

struct rates {
	rs_usec at;
	uint64_t rows, bytes;
	rs_usec held[2];       /* by the limits of the copy and of the stream, since the start */
};

static void show_workers(struct rs_engine *e, struct rs_progress *p)
{
	p->workers = rs_activities_workers(&e->activities, &p->n_workers);
	p->slow = rs_activities_slow(&e->activities, &p->n_slow);
	p->bottleneck = rs_bottleneck_of(p);
}

/* Of a side, its task tells. */
static void show_delivery(struct rs_engine *e, struct rs_progress *p)
{
	struct rs_outbox_content box;

	rs_outbox_look(&e->outbox, &box);
	if (!box.open)
		return;
	p->delivery = (struct rs_delivery){.measured = true, .lag = e->shown.delivery_lag, .uncommitted = box.uncommitted,
	                                   .unacknowledged = box.unacknowledged};
	if (box.waiting > p->delivery.lag)
		p->delivery.lag = box.waiting;
}

void rs_publish(struct rs_engine *e)
{
	pthread_mutex_lock(&e->publish_lock);
	struct rs_progress *p = rs_stats_snapshot(&e->stats);

	rs_spool_show(e, p);
	p->rows_per_sec = e->shown.rows_per_sec;
	p->bytes_per_sec = e->shown.bytes_per_sec;
	p->alerts = e->shown.alerts;
	show_delivery(e, p);
	rs_usage_show(&e->shown.usage, p);
	if (e->shown.throttled != NULL && (p->state == RS_STATE_INITIALIZING || p->state == RS_STATE_SYNCHRONIZING))
		rs_limits_show(e, p, e->shown.throttled);
	rs_objects_show(e, p);
	rs_verifier_show(&e->verifier, p);
	if (e->side == NULL)
		show_workers(e, p);
	rs_progress_publish(&e->cell, p);
	pthread_mutex_unlock(&e->publish_lock);
	if (e->options.wake.fn != NULL)
		e->options.wake.fn(e->options.wake.arg);
}

static void show_rates(struct rs_engine *e, double rows, double bytes, const char *throttled)
{
	pthread_mutex_lock(&e->publish_lock);
	e->shown.delivery_lag = rs_outbox_longest(&e->outbox);
	e->shown.rows_per_sec = rows;
	e->shown.bytes_per_sec = bytes;
	e->shown.throttled = throttled;
	pthread_mutex_unlock(&e->publish_lock);
}

void rs_publish_outcome(struct rs_engine *e)
{
	show_rates(e, -1, -1, NULL);
	rs_publish(e);
}

/* Over about two seconds, so that a number can be read. */
static void measure(struct rs_engine *e, struct rates *r)
{
	rs_usec now = rs_clock_mono();

	if (now - r->at < 2 * RS_USEC_PER_SEC && r->at != 0)
		return;
	pthread_mutex_lock(&e->stats.lock);
	uint64_t rows = e->stats.rows_moved, bytes = e->stats.bytes_moved;
	pthread_mutex_unlock(&e->stats.lock);
	double seconds = (double)(now - r->at) / (double)RS_USEC_PER_SEC;
	const char *throttled = rs_limits_holding(e, r->held, now - r->at);
	if (r->at != 0)
		show_rates(e, (double)(rows - r->rows) / seconds, (double)(bytes - r->bytes) / seconds, throttled);
	r->at = now;
	r->rows = rows;
	r->bytes = bytes;
}

/* The newest snapshot, once it tells of the alerts that it raises. */
static const struct rs_progress *publish(struct rs_engine *e)
{
	rs_publish(e);
	const struct rs_progress *p = rs_progress_get(&e->cell);
	pthread_mutex_lock(&e->publish_lock);
	rs_usage_pass(&e->shown.usage, p, rs_clock_mono());
	pthread_mutex_unlock(&e->publish_lock);
	unsigned raised = e->side ? p->alerts : rs_alerter_look(e, p);

	if (raised == p->alerts)
		return p;
	pthread_mutex_lock(&e->publish_lock);
	e->shown.alerts = raised;
	pthread_mutex_unlock(&e->publish_lock);
	rs_progress_unref(p);
	rs_publish(e);
	return rs_progress_get(&e->cell);
}

/* An attempt that does not end is told again and again, for it may be at something else each time; what goes on beside a task that
 * rests is told once. */
static bool must_cancel_hard(struct rs_engine *e)
{
	rs_monitor_enter(&e->monitor);
	bool yes = rs_cancel_is_set(&e->cancel) && !e->settled && e->cancelled_at != 0 &&
	           rs_clock_mono() - e->cancelled_at > HARD_CANCEL_AFTER;
	if (yes)
		e->cancelled_at = e->resting ? 0 : rs_clock_mono();
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

static void keep_memories(struct rs_engine *e, struct rs_state_file *file)
{
	struct rs_memory one;

	while (rs_stats_take_memory(&e->stats, &one)) {
		if (file != NULL)
			rs_state_note(file, one.kind, "%s", one.text);
		free(one.text);
	}
}

#define PAST_MAX (2 * 24 * 3600) /* seconds that it reaches back */

/* Once a second; of a time in which this thread did not come to it nothing is known. */
static void remember(struct rs_engine *e, const struct rs_progress *p)
{
	rs_usec now = rs_clock_mono(), missed = e->past.due ? (now - e->past.due) / RS_USEC_PER_SEC : 0;

	if (e->side != NULL || now < e->past.due)
		return;
	pthread_mutex_lock(&e->past.lock);
	for (rs_usec i = 0; i < missed && i < PAST_MAX; i++)
		rs_past_add(&e->past.numbers, NULL);
	rs_past_add(&e->past.numbers, p);
	pthread_mutex_unlock(&e->past.lock);
	e->past.due = (e->past.due ? e->past.due + missed * RS_USEC_PER_SEC : now) + RS_USEC_PER_SEC;
}

void *rs_keep_house(void *arg)
{
	struct rs_engine *e = arg;
	struct keeping state = {.file = e->side ? NULL : rs_state_open(e->task), .state = RS_STATE_NOT_STARTED};
	struct rs_metrics *metrics = e->side ? NULL : rs_metrics_open(e->task, metrics_progress, metrics_problem, e);
	struct rates rates = {0};
	struct rs_journal journal = {.state = RS_STATE_NOT_STARTED};
	bool ended = false;

	while (!ended) {
		ended = has_ended(e);
		if (e->side == NULL)
			rs_activities_sample(&e->activities);
		measure(e, &rates);
		const struct rs_progress *p = publish(e);
		if (state.file != NULL)
			keep(&state, p, ended);
		keep_memories(e, state.file);
		remember(e, p);
		if (metrics != NULL)
			rs_metrics_tick(metrics, p);
		rs_journal_progress(e, &journal, p);
		if (ended)
			rs_alerter_end(e, p);
		rs_progress_unref(p);
		if (must_cancel_hard(e))
			rs_engine_cancel_hard(e);
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
