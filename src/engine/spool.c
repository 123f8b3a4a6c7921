#include "engine/core.h"

#include <stdlib.h>
#include <string.h>
#include "base/figure.h"
#include "base/i18n.h"
#include "base/mem.h"

#define FIRST_PAUSE RS_USEC_PER_SEC
#define LONGEST_PAUSE (30 * RS_USEC_PER_SEC)
#define LOGIN_PAUSE (300 * RS_USEC_PER_SEC) /* seldom enough for accounts that are locked after failures */

void rs_spool_init(struct rs_engine *e)
{
	char *dir;

	if (e->side != NULL)
		return;
	dir = rs_state_path(e->task, "relay");
	e->spool.relay = rs_relay_new(dir, e->task->id);
	rs_relay_set_quota(e->spool.relay, e->task->sync.relay_quota);
	free(dir);
}

void rs_spool_release(struct rs_engine *e)
{
	rs_spool_stop(e);
	rs_relay_free(e->spool.relay);
	rs_position_clear(&e->spool.from);
	rs_position_clear(&e->spool.start);
	rs_position_clear(&e->spool.own);
	free(e->spool.identity);
	rs_task_free(e->spool.task);
}

void rs_spool_quota(struct rs_engine *e, uint64_t bytes)
{
	if (e->spool.relay != NULL)
		rs_relay_set_quota(e->spool.relay, bytes);
}

/* ---------------------------------------------------------------- the thread */

static enum rs_rc check_server(struct rs_engine *e, struct rs_source *source, struct rs_err *err)
{
	char *now = NULL;
	enum rs_rc rc = source->ops->identity(source, &now, err);

	if (rc == RS_OK && strcmp(now, e->spool.identity) != 0) {
		rc = rs_err_set(err, RS_E_CONN_WRONG_SERVER, _("another server answers at the source's address"));
		err->retry = RS_RETRY_LATER;
	}
	free(now);
	return rc;
}

static enum rs_rc read_log(struct rs_stream *stream, struct rs_err *err)
{
	struct rs_change *c = NULL;
	enum rs_rc rc = RS_OK;

	while (rc == RS_OK) {
		rc = stream->ops->next(stream, -1, &c, err);
		rs_change_free(c);
		c = NULL;
	}
	return rc;
}

/* One connection's worth; RS_CANCELLED: the relay is to be finished. */
static enum rs_rc fill(struct rs_engine *e, struct rs_err *err)
{
	struct rs_source *source = NULL;
	struct rs_stream *stream = NULL;
	enum rs_rc rc = rs_source_open(e->spool.task, &source, err);

	if (rc == RS_OK)
		rc = check_server(e, source, err);
	if (rc == RS_OK) {
		source->relay = e->spool.relay;
		rc = source->ops->spool(source, &e->spool.start, &stream, err);
	}
	if (rc == RS_OK) {
		rs_journal(e, RS_LOG_INFO, NULL, "the source's log goes to the relay");
		e->spool.told = false;
		rc = read_log(stream, err);
		stream->ops->close(stream);
	}
	if (source != NULL)
		source->ops->close(source);
	return rc;
}

static void say_how_long(struct rs_engine *e, struct rs_err *err)
{
	char text[RS_FIGURE_SIZE];

	pthread_mutex_lock(&e->stats.lock);
	rs_usec lasts = e->stats.log_lasts;
	pthread_mutex_unlock(&e->stats.lock);
	if (lasts >= 0)
		rs_err_detail(err, _("the source keeps its log for %s"), rs_figure_time(lasts, text, sizeof text));
	else
		rs_err_detail(err, "%s", _("how long the source keeps its log is not known"));
}

/* Once for each time that it becomes full. Why the task has failed stays what it is. */
static void tell(struct rs_engine *e, struct rs_err *err)
{
	if (err->code == RS_E_RELAY_FULL && e->spool.told)
		return;
	e->spool.told = err->code == RS_E_RELAY_FULL;
	if (e->spool.told)
		say_how_long(e, err);
	rs_journal(e, RS_LOG_WARN, err, "the source's log does not go to the relay");
	rs_stats_remark(&e->stats, err);
}

/* Nobody tries to write meanwhile, so that this is told here; that nothing shall be kept is nothing to tell. */
static void await_room(struct rs_engine *e)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_relay_status now;

	if (rs_relay_has_room(e->spool.relay))
		return;
	rs_relay_look(e->spool.relay, &now, NULL);
	if (now.quota > 0) {
		rs_relay_no_room(e->spool.relay, &err);
		tell(e, &err);
		rs_err_clear(&err);
	}
	while (!rs_relay_has_room(e->spool.relay) && !rs_relay_sleep(e->spool.relay, RS_USEC_PER_SEC))
		;
}

static const char left_position[] = RS_LEFT_POSITION, left_objects[] = RS_LEFT_OBJECTS;

/* Once for each thing that is left out: whoever goes by must know that the source has to keep its log. */
static void leave_out(struct rs_engine *e, const char *what)
{
	struct rs_err err = RS_ERR_INIT;

	if (atomic_exchange(&e->spool.leaves_out, what) == what || what == NULL)
		return;
	if (what == left_position)
		rs_err_set(&err, RS_E_RELAY, _("the source's log is not kept here: the task has not passed yet what the server had that took the source's place"));
	else
		rs_err_set(&err, RS_E_RELAY, _("of the source's log what tables need that are added or suspended is not kept here"));
	if (what == left_objects)
		rs_err_hint(&err, _("they need what the source itself still has; once it has it no longer \"rds-sync table resync %s TABLE…\" copies them "
		                    "anew"), e->task->name);
	say_how_long(e, &err);
	rs_journal(e, RS_LOG_WARN, &err, "the source's log does not go to the relay");
	rs_stats_remark(&e->stats, &err);
	rs_err_clear(&err);
}

/* A password may come to us after the source has got it, by a command or in its file. False: it is something else. */
static bool await_login(struct rs_engine *e, const struct rs_err *err, unsigned known)
{
	rs_usec until = rs_clock_mono() + LOGIN_PAUSE;
	bool finished = err->code != RS_E_CONN_AUTH;

	while (!finished && rs_task_relogins(e->spool.task) == known && rs_clock_mono() < until)
		finished = rs_relay_sleep(e->spool.relay, RS_USEC_PER_SEC);
	return !finished;
}

/* The source has no longer what a side needs: the task's own is kept all the same. */
static bool leave_sides(struct rs_engine *e)
{
	struct rs_spool *s = &e->spool;

	if (rs_position_compare(&s->start, &s->own) == 0)
		return false;
	leave_out(e, left_objects);
	rs_position_copy(&s->start, &s->own);
	rs_relay_clear(s->relay);
	return true;
}

static void *spool(void *arg)
{
	struct rs_engine *e = arg;
	struct rs_relay *relay = e->spool.relay;
	rs_usec pause = FIRST_PAUSE;
	struct rs_activity activity;
	enum rs_rc rc = RS_OK;

	rs_engine_take_part(e, &activity, "relay");
	while (rc != RS_CANCELLED && !rs_relay_is_finishing(relay)) {
		struct rs_err err = RS_ERR_INIT;
		await_room(e);
		const rs_usec begun = rs_clock_mono();
		const unsigned logins = rs_task_relogins(e->spool.task);
		rc = rs_relay_is_finishing(relay) ? RS_CANCELLED : fill(e, &err);
		if (rc == RS_FAIL && !rs_relay_is_finishing(relay)) {
			tell(e, &err);
			if (rs_clock_mono() - begun > LONGEST_PAUSE) /* it went well for a while: this is a new failure */
				pause = FIRST_PAUSE;
			if ((err.retry == RS_RETRY_NEVER && !await_login(e, &err, logins) && !leave_sides(e)) || rs_relay_sleep(relay, pause))
				rc = RS_CANCELLED;
			pause = pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE;
		}
		rs_err_clear(&err);
	}
	rs_relay_finish(relay); /* nobody fills it any more */
	rs_activity_end(&activity);
	return NULL;
}

/* ---------------------------------------------------------------- the coordinator's side */

void rs_spool_stop(struct rs_engine *e)
{
	if (e->spool.relay == NULL)
		return;
	rs_relay_finish(e->spool.relay);
	rs_thread_join(&e->spool.thread);
}

void rs_spool_attach(struct rs_engine *e, const struct rs_position *from)
{
	struct rs_spool *s = &e->spool;

	if (e->meta.source_identity == NULL || !rs_position_is_set(from) || e->source->keeps_log)
		return;
	if (e->side != NULL) {
		rs_side_needs(e->side, from);
		e->source->relay = e->side->main->spool.relay;
		return;
	}
	if (s->identity == NULL || strcmp(s->identity, e->meta.source_identity) != 0) {
		rs_spool_stop(e);
		free(s->identity);
		s->identity = rs_xstrdup(e->meta.source_identity);
		rs_relay_bind(s->relay, s->identity);
	}
	rs_position_copy(&s->from, from);
	e->source->relay = s->relay;
}

/* Where the first of the task's parts goes on of which that is known. False: of one it is not. */
static bool first_part(struct rs_engine *e, struct rs_position *out)
{
	rs_position_copy(out, &e->spool.from);
	return !rs_objects_apart(e) || rs_objects_need(e, out);
}

void rs_spool_passed(struct rs_engine *e, const struct rs_position *position)
{
	struct rs_position first = RS_POSITION_INIT;

	if (e->side != NULL) {
		rs_side_needs(e->side, position);
		return;
	}
	if (e->source->keeps_log)
		return;
	rs_position_copy(&e->spool.from, position);
	first_part(e, &first);
	rs_relay_passed(e->spool.relay, &first);
	rs_position_clear(&first);
}

/* What it holds must be what comes next, else it is of no use. */
static void empty(struct rs_engine *e)
{
	struct rs_position end = RS_POSITION_INIT;
	char place[RS_POSITION_SHOWN];

	if (rs_relay_end(e->spool.relay, &end)) {
		rs_journal(e, RS_LOG_INFO, NULL, "the relay does not hold what follows and is emptied relay_ends=%s",
		           rs_position_show(&end, place));
		rs_relay_clear(e->spool.relay);
	}
	rs_position_clear(&end);
}

/* Whether what is there for the sake of sides takes room that the task itself may need: more than a half. */
static bool is_crowded(struct rs_engine *e, const struct rs_position *first)
{
	struct rs_relay_status now = {0};

	if (rs_position_compare(first, &e->spool.from) >= 0 || !rs_relay_covers(e->spool.relay, first))
		return false;
	rs_relay_look(e->spool.relay, &now, NULL);
	return now.bytes > now.quota / 2;
}

/* *start: where reading begins, unless the relay holds what follows there. False: what sides need is left out. */
static bool choose_start(struct rs_engine *e, struct rs_position *start, bool following)
{
	struct rs_spool *s = &e->spool;
	bool all = first_part(e, start), crowded = !following && is_crowded(e, start);

	if (crowded)
		rs_relay_passed(s->relay, &s->from);
	if (!crowded && rs_relay_covers(s->relay, start))
		return all;
	bool own = rs_relay_covers(s->relay, &s->from);
	if (!own)
		empty(e);
	if (!own && !crowded)
		return all;
	all = all && rs_position_compare(start, &s->from) == 0;
	rs_position_copy(start, &s->from);
	return all;
}

static bool is_at_work(struct rs_engine *e, bool following)
{
	struct rs_position first = RS_POSITION_INIT;

	if (!e->spool.thread.running || rs_relay_is_finishing(e->spool.relay))
		return false;
	first_part(e, &first);
	bool yes = following || !is_crowded(e, &first);
	rs_position_clear(&first);
	return yes;
}

/* Where nothing is to be kept there is nothing to tell. */
static void tell_left(struct rs_engine *e, const char *what)
{
	struct rs_relay_status now = {0};

	rs_relay_look(e->spool.relay, &now, NULL);
	leave_out(e, now.quota > 0 ? what : NULL);
}

static void start(struct rs_engine *e, bool following)
{
	struct rs_spool *s = &e->spool;

	rs_spool_stop(e);
	tell_left(e, choose_start(e, &s->start, following) ? NULL : left_objects);
	rs_relay_go_on(s->relay);
	rs_task_free(s->task);
	s->task = rs_task_copy(e->task);
	rs_position_copy(&s->own, &s->from);
	s->told = false;
	if (!rs_thread_start(&s->thread, "relay", spool, e))
		rs_log(RS_LOG_WARN, "no thread can be started for the relay");
}

static bool is_possible(const struct rs_engine *e)
{
	return e->spool.relay != NULL && e->spool.identity != NULL && e->task->sync.incremental;
}

void rs_spool_start(struct rs_engine *e)
{
	if (!is_possible(e))
		return;
	if (e->spool.from.log == NULL)
		tell_left(e, left_position);
	else if (!is_at_work(e, false))
		start(e, false);
}

void rs_spool_go_beside(struct rs_engine *e)
{
	struct rs_spool *s = &e->spool;

	if (!is_possible(e))
		return;
	s->lasting = rs_objects_apart(e);
	rs_relay_set_lasting(s->relay, s->lasting);
	if (s->lasting && s->from.file == NULL)
		tell_left(e, left_objects);
	else if (s->lasting && !is_at_work(e, true))
		start(e, true);
}

void rs_spool_hand_over(struct rs_engine *e, const struct rs_position *from)
{
	if (e->spool.relay == NULL || e->spool.lasting || e->source->keeps_log)
		return;
	atomic_store(&e->spool.leaves_out, NULL);
	if (rs_relay_covers(e->spool.relay, from))
		return;
	rs_spool_stop(e);
	rs_relay_clear(e->spool.relay);
}

void rs_spool_forget(struct rs_engine *e)
{
	if (e->spool.relay == NULL)
		return;
	rs_spool_stop(e);
	rs_relay_clear(e->spool.relay);
}

void rs_spool_show(struct rs_engine *e, struct rs_progress *p)
{
	struct rs_position end = RS_POSITION_INIT;
	struct rs_relay_status now;

	if (e->spool.relay == NULL)
		return;
	rs_relay_look(e->spool.relay, &now, &end);
	p->relay_bytes = now.bytes;
	p->relay_quota = now.quota;
	p->relay_filling = now.writing;
	p->relay_full = now.full;
	p->relay_time = now.time * RS_USEC_PER_SEC;
	p->relay_leaves_out = atomic_load(&e->spool.leaves_out);
	rs_stats_put_position(p->relay_position, sizeof p->relay_position, &end);
	rs_position_clear(&end);
}
