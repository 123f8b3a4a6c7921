#include "engine/follow/doubt.h"
#include "engine/follow/failing.h"
#include "engine/follow/filter.h"
#include "engine/report/past.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"

#define ROOM_TRIES 5
#define ROOM_PAUSE RS_MSEC(200)

/* ---------------------------------------------------------------- what is live, and cancelling it */

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

bool rs_engine_await_room(struct rs_engine *e, unsigned *tries, struct rs_err *err)
{
	if (err->code != RS_E_CONN_BUSY || *tries >= ROOM_TRIES || rs_cancel_sleep(&e->cancel, ROOM_PAUSE))
		return false;
	++*tries;
	rs_err_clear(err);
	return true;
}

enum rs_rc rs_engine_no_thread(struct rs_err *err)
{
	rs_err_set(err, RS_E_INTERNAL, _("no thread can be started"));
	err->retry = RS_RETRY_LATER;
	return RS_FAIL;
}

void rs_engine_cancel_hard(struct rs_engine *e)
{
	pthread_mutex_lock(&e->live_lock);
	for (size_t i = 0; i < e->n_live; i++)
		e->live[i].cancel(e->live[i].object);
	pthread_mutex_unlock(&e->live_lock);
}
void rs_engine_take_part(struct rs_engine *e, struct rs_activity *a, const char *name)
{
	char full[RS_ACTIVITY_NAME];

	snprintf(full, sizeof full, "%s%s", e->side != NULL ? RS_WORKER_SIDE : "", name);
	rs_activity_begin(e->side != NULL ? &e->side->main->activities : &e->activities, a, full);
}

/* ---------------------------------------------------------------- the interface */

struct rs_engine *rs_engine_new(const struct rs_task *task, const struct rs_engine_options *options, struct rs_err *err)
{
	if (rs_task_check(task, err) != RS_OK)
		return NULL;
	struct rs_engine *e = rs_xcalloc(1, sizeof *e);
	e->task = rs_task_copy(task);
	rs_endpoint_let_relogin(&e->task->source);
	rs_endpoint_let_relogin(&e->task->destination);
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
	pthread_mutex_init(&e->past.lock, NULL);
	e->shown.rows_per_sec = e->shown.bytes_per_sec = -1;
	rs_monitor_init(&e->monitor);
	rs_cancel_init(&e->cancel);
	e->anchor.err = (struct rs_err)RS_ERR_INIT;
	rs_activities_init(&e->activities);
	rs_errands_init(&e->errands);
	rs_objects_init(&e->objects, e->task->objects, e->task->sync.memory);
	rs_repairs_init(&e->repairs);
	rs_verifier_init(&e->verifier);
	rs_alerter_init(&e->alerter);
	rs_alerter_set(&e->alerter, &e->task->alert);
	pthread_mutex_init(&e->live_lock, NULL);
	rs_outbox_init(&e->outbox);
	e->by_name = (struct rs_map)RS_MAP_INIT;
	return e;
}

static void on_command(void *arg, enum rs_command command) { rs_engine_command(arg, command); }

static const struct rs_progress *on_progress(void *arg) { return rs_engine_progress(arg); }

static json_t *on_past(void *arg)
{
	struct rs_engine *e = arg;
	json_t *j;

	pthread_mutex_lock(&e->past.lock);
	j = rs_past_to_json(&e->past.numbers);
	pthread_mutex_unlock(&e->past.lock);
	return j;
}

static bool is_by_option_file(const struct rs_endpoint *side)
{
	return side->password_from == RS_PASSWORD_NONE || side->password_from == RS_PASSWORD_OPTION_FILE;
}

/* Whether the side can log in as the file says now; a command would have to be waited for, and is asked when it is needed. */
static enum rs_rc check_login(const struct rs_endpoint *side, const struct rs_endpoint *now, struct rs_err *err)
{
	struct rs_secret password = RS_SECRET_INIT;
	enum rs_rc rc = RS_OK;

	if (!rs_endpoint_logs_in_otherwise(side, now))
		return RS_OK;
	if (is_by_option_file(side) || is_by_option_file(now))
		return rs_err_set(err, RS_E_TASK_RUNNING, _("a login that comes from an option file can't be changed while the task is running"));
	if (now->password_from != RS_PASSWORD_COMMAND)
		rc = rs_endpoint_password(now, &password, err);
	rs_secret_clear(&password);
	return rc;
}

/* Connections that are open stay; the next ones are made so. */
static void take_login(struct rs_engine *e, const struct rs_endpoint *side, const struct rs_endpoint *now)
{
	if (rs_endpoint_logs_in_otherwise(side, now))
		rs_journal(e, RS_LOG_INFO, NULL, "another login side=%s", side->side);
	rs_endpoint_relogin(side, now); /* from the same file may come another password */
}

static enum rs_rc on_reload(void *arg, struct rs_err *err)
{
	struct rs_engine *e = arg;
	struct rs_task *now = e->task->path ? rs_task_load(e->task->path, err) : NULL;
	enum rs_rc rc = now ? rs_task_check(now, err) : RS_FAIL;

	if (rc == RS_OK)
		rc = rs_task_check_same(e->task, now, err);
	if (rc == RS_OK)
		rc = check_login(&e->task->source, &now->source, err);
	if (rc == RS_OK)
		rc = check_login(&e->task->destination, &now->destination, err);
	if (rc == RS_OK)
		rc = rs_objects_want(e, now->objects, err);
	if (rc == RS_OK) {
		take_login(e, &e->task->source, &now->source);
		take_login(e, &e->task->destination, &now->destination);
	}
	if (rc == RS_OK)
		rs_limits_set(e, &now->sync);
	if (rc == RS_OK)
		rs_verifier_set(e, &now->verify);
	if (rc == RS_OK)
		rs_alerter_set(&e->alerter, &now->alert);
	rs_task_free(now);
	return rc;
}

static void open_control(struct rs_engine *e)
{
	static const struct rs_control_job *const jobs[] = {&rs_repair_job, &rs_tables_job, &rs_anchor_job, NULL};
	const struct rs_control_ops ops = {.command = on_command, .progress = on_progress, .past = on_past, .reload = on_reload, .jobs = jobs,
	                                   .arg = e};
	struct rs_err err = RS_ERR_INIT;

	e->control = rs_control_open(e->task, &ops, &err);
	if (e->control == NULL)
		rs_log_err(RS_LOG_WARN, "no control socket", &err);
	rs_err_clear(&err);
}

/* A task that was released begins anew. */
static bool was_begun(const struct rs_state_stored *stored)
{
	bool begun = false;

	for (size_t i = 0; i < RS_PHASE_COUNT; i++)
		begun = begun || stored->progress->phases[i].state == RS_PHASE_RUNNING || stored->progress->phases[i].state == RS_PHASE_DONE;
	return begun && stored->state != RS_STATE_RELEASED;
}

/* What the local state knows of phases that were over, of usage, of alerts and of the comparison; before it is written anew. */
static void recall(struct rs_engine *e)
{
	struct rs_state_stored stored;

	if (!rs_state_read(e->task, &stored))
		return;
	for (size_t i = 0; i < RS_PHASE_COUNT; i++)
		if (stored.progress->phases[i].state == RS_PHASE_DONE)
			e->recalled[i] = stored.progress->phases[i];
	e->begun = was_begun(&stored);
	rs_usage_recall(&e->shown.usage, stored.progress);
	e->shown.alerts = e->alerter.alerts.raised = stored.progress->alerts;
	rs_verifier_recall(e, &stored.progress->verify);
	rs_progress_unref(stored.progress);
}

enum rs_rc rs_engine_start(struct rs_engine *e, struct rs_err *err)
{
	if (e->side == NULL && rs_task_lock(&e->task_lock, e->task, err) != RS_OK)
		return RS_FAIL;
	if (e->side == NULL && rs_state_check_reset(e->task, err) != RS_OK)
		return RS_FAIL;
	recall(e);
	rs_spool_init(e);
	pthread_mutex_lock(&e->stats.lock);
	e->stats.started = rs_clock_wall();
	e->stats.state = RS_STATE_INITIALIZING;
	pthread_mutex_unlock(&e->stats.lock);
	if (e->side == NULL)
		open_control(e); /* first: it copies the task */
	if (!rs_thread_start(&e->coordinator, "coordinator", rs_coordinate, e) ||
	    !rs_thread_start(&e->housekeeper, "housekeeper", rs_keep_house, e)) {
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

static void drop_absent(void *table) { rs_table_unref(table); }

void rs_engine_free(struct rs_engine *e)
{
	if (e == NULL)
		return;
	rs_engine_command(e, RS_CMD_STOP);
	rs_thread_join(&e->coordinator);
	rs_thread_join(&e->housekeeper);
	rs_control_close(e->control);
	rs_cancel_set(&e->verifier.cancel);
	rs_repairs_end(&e->repairs);
	rs_engine_cancel_hard(e); /* what is left are repairs and comparisons */
	rs_verifier_release(&e->verifier);
	rs_alerter_release(&e->alerter);
	rs_repairs_release(&e->repairs);
	rs_spool_release(e);
	rs_task_unlock(&e->task_lock);
	rs_stats_release(&e->stats);
	rs_throttle_release(&e->own_copy_throttle);
	rs_throttle_release(&e->own_stream_throttle);
	rs_progress_cell_release(&e->cell);
	rs_position_clear(&e->heard);
	rs_doubts_clear(e);
	rs_map_release(&e->absent, drop_absent);
	rs_position_clear(&e->target);
	rs_err_clear(&e->anchor.err);
	rs_anchored_clear(&e->anchor.outcome);
	rs_position_clear(&e->consistent_from);
	rs_position_clear(&e->mended_upto);
	rs_cancel_release(&e->cancel);
	rs_errands_release(&e->errands);
	rs_activities_release(&e->activities);
	rs_objects_release(&e->objects);
	rs_monitor_release(&e->monitor);
	pthread_mutex_destroy(&e->live_lock);
	rs_outbox_release(&e->outbox);
	pthread_mutex_destroy(&e->publish_lock);
	pthread_mutex_destroy(&e->past.lock);
	rs_past_clear(&e->past.numbers);
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
