/* How a side and its task meet. */
#include "engine/objects/objects_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"

#define AWAIT (10 * RS_USEC_PER_SEC) /* the task stands still for a side so long at most */
#define ASK_AGAIN (5 * RS_USEC_PER_SEC) /* doubled each time, since the task stands still for it */
#define ASK_SHIFTS 6
#define LOOK RS_MSEC(100)

static enum rs_meeting meet(struct rs_side *side, enum rs_meeting meeting)
{
	rs_monitor_enter(&side->main->objects.monitor);
	enum rs_meeting was = side->meeting;
	side->meeting = meeting;
	rs_monitor_wake(&side->main->objects.monitor);
	rs_monitor_leave(&side->main->objects.monitor);
	return was;
}

static bool asks(struct rs_side *side)
{
	rs_monitor_enter(&side->main->objects.monitor);
	bool yes = side->meeting == RS_MEET_ASKED && side->engine != NULL;
	rs_monitor_leave(&side->main->objects.monitor);
	return yes;
}

/* Not now: each goes on. */
static void part(struct rs_side *side)
{
	rs_monitor_enter(&side->main->objects.monitor);
	side->not_before = rs_clock_mono() + (ASK_AGAIN << side->tries);
	side->tries += side->tries < ASK_SHIFTS;
	rs_monitor_leave(&side->main->objects.monitor);
	meet(side, RS_MEET_APART);
}

/* Where another server has taken the source's place, each moves there by itself. */
static bool reads_the_same_log(const struct rs_engine *e, const struct rs_engine *side)
{
	return e->meta.source_identity != NULL && side->meta.source_identity != NULL &&
	       strcmp(e->meta.source_identity, side->meta.source_identity) == 0;
}

/* The side comes to where the task stands. */
static bool await(struct rs_side *side, const struct rs_position *at)
{
	struct rs_engine *e = side->main;
	struct rs_monitor *m = &e->objects.monitor;
	rs_usec until = rs_clock_mono() + AWAIT;

	rs_monitor_enter(m);
	rs_position_copy(&side->at, at);
	side->meeting = RS_MEET_AWAITED;
	while (side->meeting == RS_MEET_AWAITED && rs_clock_mono() < until && !rs_engine_stopping(e))
		rs_monitor_wait(m, LOOK);
	/* A schema change that the side has met and the task has not would be met again. */
	bool arrived = side->meeting == RS_MEET_ARRIVED && reads_the_same_log(e, side->engine) &&
	               rs_position_compare(&side->changed, at) <= 0;
	rs_monitor_leave(m);
	return arrived;
}

static void take_over_table(struct rs_engine *e, const struct rs_table_progress *its)
{
	struct rs_table_stats *t = rs_stats_table(&e->stats, its->db, its->name, its->dest_db, its->dest_name);

	pthread_mutex_lock(&e->stats.lock);
	t->rows = its->rows;
	t->rows_total = its->rows_total;
	t->bytes = its->bytes;
	t->bytes_total = its->bytes_total;
	t->inserts += its->inserts;
	t->updates += its->updates;
	t->deletes += its->deletes;
	if (its->last_change > t->last_change)
		t->last_change = its->last_change;
	t->copied = its->copied;
	t->copying = false;
	t->keyless = its->keyless;
	rs_stats_changed(&e->stats, t);
	pthread_mutex_unlock(&e->stats.lock);
}

/* From one snapshot to the next: each of its tables is told of in every one. */
static void take_over_tables(struct rs_engine *e, struct rs_side *side)
{
	pthread_mutex_lock(&e->publish_lock);
	struct rs_progress *its = rs_stats_snapshot(&side->engine->stats);

	for (size_t i = 0; i < its->n_tables; i++)
		take_over_table(e, rs_progress_table(its, i));
	rs_side_set_state(side, RS_SIDE_OVER);
	pthread_mutex_unlock(&e->publish_lock);
	rs_progress_unref(its);
}

static enum rs_rc join(struct rs_engine *e, struct rs_side *side, struct rs_err *err)
{
	struct rs_selection *all = rs_selection_copy(e->task->objects);
	char place[RS_POSITION_SHOWN];

	rs_selection_add_all(all, side->objects);
	char *text = rs_objects_text(all);
	enum rs_rc rc = e->sink->ops->join_side(e->sink, side->id, side->engine->meta.epoch, &side->stands, text, err);
	if (rc == RS_OK) {
		rs_objects_remember(e, "joined", side->objects);
		rs_journal(e, RS_LOG_INFO, NULL, "objects joined at=%s", rs_position_show(&side->stands, place));
		rs_objects_hold(e, all);
		take_over_tables(e, side);
		meet(side, RS_MEET_APART);
	} else {
		rs_selection_free(all);
		part(side);
	}
	free(text);
	return rc == RS_AGAIN ? RS_OK : rc;
}

enum rs_rc rs_objects_join(struct rs_engine *e, bool *joined, struct rs_err *err)
{
	bool whole = e->meta.position.file != NULL && rs_ahead_count(&e->meta.ahead) == 0;
	enum rs_rc rc = RS_OK;

	for (struct rs_side *side = e->objects.sides, *next; rc == RS_OK && side != NULL; side = next) {
		next = side->next;
		if (!asks(side))
			continue;
		rs_step("side-awaited");
		if (whole && await(side, &e->meta.position))
			rc = join(e, side, err);
		else
			part(side);
		if (rs_side_state(side) == RS_SIDE_OVER) {
			rs_side_remove(e, side);
			*joined = true;
		}
	}
	return rc;
}
