/* The engine of a side: what differs from a task's. */
#include "engine/follow/follow.h"
#include "engine/copy/start.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"

#define NEAR (5 * RS_USEC_PER_SEC)
#define LOOK RS_MSEC(100)

static bool state_is(struct rs_side *side, enum rs_side_state state)
{
	rs_monitor_enter(&side->main->objects.monitor);
	bool yes = side->state == state;
	rs_monitor_leave(&side->main->objects.monitor);
	return yes;
}

static void set_state(struct rs_side *side, enum rs_side_state state)
{
	rs_monitor_enter(&side->main->objects.monitor);
	side->state = state;
	rs_monitor_leave(&side->main->objects.monitor);
}

/* ---------------------------------------------------------------- its task */

/* The task's own, but for the id and the objects. */
static struct rs_task *make_task(const struct rs_side *side, struct rs_err *err)
{
	struct rs_task *t = rs_task_copy(side->main->task);
	char *name = rs_xprintf("%s (joining)", t->name);

	if (rs_task_set(t, "task.id", side->id, err) != RS_OK || rs_task_set(t, "task.name", name, err) != RS_OK) {
		rs_task_free(t);
		t = NULL;
	} else {
		t->part_of = rs_xstrdup(side->main->task->id);
		rs_selection_free(t->objects);
		t->objects = rs_selection_copy(side->objects);
		rs_selection_name_as(t->objects, side->main->task->objects);
	}
	free(name);
	return t;
}

size_t rs_side_memory(const struct rs_side *side)
{
	struct rs_engine *main = side->main;
	unsigned n = atomic_load(&main->objects.running);

	return main->task->sync.memory / RS_SIDES_PART / (n > 0 ? n : 1);
}

struct rs_engine *rs_side_engine(struct rs_side *side, struct rs_err *err)
{
	struct rs_task *task = make_task(side, err);
	struct rs_engine *e = task ? rs_engine_new(task, NULL, err) : NULL;

	rs_task_free(task);
	if (e == NULL)
		return NULL;
	e->side = side;
	e->copy_throttle = side->main->copy_throttle;
	e->stream_throttle = side->main->stream_throttle;
	return e;
}

void rs_side_hint_resync(const struct rs_side *side, struct rs_err *err)
{
	char *before = rs_xstrdup(err->hint);

	rs_err_hint(err, _("%s%s\"rds-sync table resync %s TABLE…\" copies these tables anew from the source that is there now"),
	            before ? before : "", before ? "; " : "", side->main->task->name);
	free(before);
}

/* ---------------------------------------------------------------- the precheck */

static void wake_nobody(void *arg) { (void)arg; }

/* What is worth a warning is told in the log; the wizard asks about it, a running task can't. */
static bool add_finding(struct rs_engine *e, const struct rs_finding *f, struct rs_err *err)
{
	bool fails = f->verdict == RS_CHECK_FAILED && !(f->ignorable && f->ignored);

	if (f->verdict == RS_CHECK_WARNING && !f->ignored)
		rs_journal(e, RS_LOG_WARN, NULL, "precheck of what is added code=%s", f->code);
	if (!fails)
		return false;
	rs_err_set(err, RS_E_PRECHECK, _("objects that were added do not pass the precheck, and are not synchronized"));
	rs_err_detail(err, "%s: %s", f->code, f->explain ? f->explain : f->found ? f->found : f->title);
	if (err->hint == NULL && f->remedy != NULL)
		rs_err_hint(err, "%s", f->remedy);
	return true;
}

static enum rs_rc judge(struct rs_engine *e, const struct rs_precheck_result *r, struct rs_err *err)
{
	bool failed = false;

	for (size_t i = 0; i < r->count; i++) {
		struct rs_err one = RS_ERR_INIT;
		if (!add_finding(e, &r->findings[i], &one))
			continue;
		if (!failed)
			rs_err_move(err, &one);
		else
			rs_err_detail(err, "%s", one.detail);
		rs_err_clear(&one);
		failed = true;
	}
	return failed ? RS_FAIL : RS_OK;
}

/* Under the task's own id: that its other objects are synchronized is no finding. */
static enum rs_rc precheck(struct rs_engine *e, struct rs_err *err)
{
	struct rs_task *task = rs_task_copy(e->task);
	struct rs_precheck_result r = {0};
	enum rs_rc rc = rs_task_set(task, "task.id", e->side->main->task->id, err);

	rs_stats_note(&e->stats, "%s", _("checking the objects that were added"));
	struct rs_precheck *p = rs_precheck_start_added(task, e->beside, (struct rs_wake){wake_nobody, NULL});
	while (rc == RS_OK && !r.done) {
		rs_precheck_result_release(&r);
		rc = rs_cancel_sleep(&e->cancel, LOOK) ? RS_CANCELLED : RS_OK;
		rs_precheck_get(p, &r);
	}
	if (rc == RS_OK)
		rc = judge(e, &r, err);
	rs_precheck_result_release(&r);
	rs_precheck_free(p);
	rs_task_free(task);
	return rc;
}

/* ---------------------------------------------------------------- becoming known */

/* In the task's coordinator: its plan. */
static enum rs_rc check_catalog(struct rs_follow *f, void *arg, struct rs_err *err)
{
	struct rs_engine *e = arg;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < e->catalog.count; i++)
		if (e->catalog.objects[i].schema != NULL)
			rc = rs_objects_check_family(f->e, e->catalog.objects[i].schema, !state_is(e->side, RS_SIDE_CHECKING), err);
	return rc;
}

static enum rs_rc check_plan(struct rs_follow *f, void *arg, struct rs_err *err)
{
	struct rs_engine *e = arg;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < e->n_tables; i++)
		if (e->tables[i].meta.schema != NULL && e->tables[i].meta.state != RS_TABLE_GONE)
			rc = rs_objects_check_family(f->e, e->tables[i].meta.schema, true, err);
	return rc;
}

/* … and its connection. */
static enum rs_rc make_known(struct rs_follow *f, void *arg, struct rs_err *err)
{
	struct rs_engine *e = arg, *main = f->e;
	struct rs_buf own = RS_BUF_INIT, rest = RS_BUF_INIT;
	enum rs_rc rc = check_catalog(f, e, err);

	rs_selection_format(e->task->objects, &own);
	rs_selection_format(main->task->objects, &rest);
	struct rs_meta_side meta = {.id = e->side->id, .role = RS_SIDE_JOINING, .objects = (char *)(uintptr_t)rs_buf_str(&own)};
	if (rc == RS_OK)
		rc = main->sink->ops->make_side(main->sink, &meta, NULL, 0, rs_buf_str(&rest), err);
	rs_buf_release(&own);
	rs_buf_release(&rest);
	if (rc != RS_OK)
		return rc;
	rs_side_needs(e->side, &f->saved); /* its copy begins behind that */
	set_state(e->side, RS_SIDE_AT_WORK);
	rs_spool_go_beside(main);
	return RS_OK;
}

/* The task may be between two attempts. */
static enum rs_rc have_done(struct rs_engine *e, rs_errand_fn *fn, struct rs_err *err)
{
	enum rs_rc rc = RS_AGAIN;

	while (rc == RS_AGAIN && !rs_engine_stopping(e)) {
		rc = rs_errand_do(e->side->main, fn, e, &e->cancel, err);
		if (rc == RS_AGAIN)
			rs_cancel_sleep(&e->cancel, LOOK);
	}
	return rc == RS_AGAIN ? RS_CANCELLED : rc;
}

/* With the objects as they are at the source now. */
static enum rs_rc with_catalog(struct rs_engine *e, rs_errand_fn *fn, struct rs_err *err)
{
	enum rs_rc rc = e->source->ops->catalog(e->source, e->task->objects, &e->catalog, err);

	if (rc == RS_OK)
		rc = have_done(e, fn, err);
	rs_catalog_release(&e->catalog);
	e->catalog = (struct rs_catalog){0};
	return rc;
}

static void learn_beside(struct rs_engine *e)
{
	struct rs_objects *o = &e->side->main->objects;

	rs_selection_free(e->beside);
	rs_monitor_enter(&o->monitor);
	e->beside = rs_selection_copy(o->wanted);
	rs_monitor_leave(&o->monitor);
	rs_selection_name_as(e->beside, e->task->objects);
}

enum rs_rc rs_side_begin(struct rs_engine *e, struct rs_err *err)
{
	e->sink->is_side = true;
	rs_errands_renewed(&e->errands); /* first: what is added from here on ends this attempt */
	learn_beside(e);
	if (!state_is(e->side, RS_SIDE_CHECKING))
		return RS_OK;
	enum rs_rc rc = precheck(e, err);

	return rc == RS_OK ? with_catalog(e, make_known, err) : rc;
}

/* ---------------------------------------------------------------- anew */

/* A table of the user's keeps its definition; one that is gone is made like any other. */
static enum rs_rc empty_table(struct rs_engine *e, const struct rs_sync_table *t, struct rs_err *err)
{
	bool exists = false;

	if (t->meta.ours)
		return rs_start_drop_table(e, t, err);
	enum rs_rc rc = e->sink->ops->exists(e->sink, RS_OBJECT_TABLE, t->dest_db, t->dest_name, &exists, err);
	return rc == RS_OK && exists ? e->sink->ops->truncate(e->sink, t->dest_db, t->dest_name, err) : rc;
}

/* Whoever could not join afterwards keeps what is there. Of tables without schemas save_start tells that they are empty. */
enum rs_rc rs_side_empty(struct rs_engine *e, struct rs_err *err)
{
	enum rs_rc rc = with_catalog(e, check_catalog, err);

	for (size_t i = 0; rc == RS_OK && e->sink->has_schemas && i < e->n_tables; i++)
		rc = empty_table(e, &e->tables[i], err);
	rs_step("side-emptied");
	rs_plan_clear(e);
	e->restarted = rc == RS_OK; /* what is there now is as good as made by us */
	return rc;
}

/* ---------------------------------------------------------------- joining */

static bool is_near(struct rs_engine *main)
{
	pthread_mutex_lock(&main->stats.lock);
	bool near = main->stats.caught_up || (main->stats.lag >= 0 && main->stats.lag < NEAR);
	pthread_mutex_unlock(&main->stats.lock);
	return near;
}

/* > 0: it has more; < 0 also where it is not known what it has. */
static int compare_task(struct rs_engine *main, const struct rs_position *position)
{
	pthread_mutex_lock(&main->stats.lock);
	int order = main->stats.applied.file != NULL ? rs_position_compare(&main->stats.applied, position) : -1;
	pthread_mutex_unlock(&main->stats.lock);
	return order;
}

bool rs_side_task_has(struct rs_side *side, const struct rs_position *position)
{
	return compare_task(side->main, position) >= 0;
}

/* Where there is no more to read, or the task is behind; one that stands still asks as soon as it has met no schema change that
 * the task is still to meet. */
static bool may_ask(struct rs_follow *f, bool stands)
{
	struct rs_side *side = f->e->side;

	if (!rs_follow_is_consistent(f, &f->saved) || rs_clock_mono() < side->not_before)
		return false;
	/* From there on the task's stream tells of the side's tables, too (source/pg_source.h). */
	if (f->e->source->keeps_log && !rs_side_task_has(side, &f->e->meta.p0))
		return false;
	if (stands)
		return rs_side_task_has(side, &f->schema_changed);
	return is_near(side->main) && (rs_reading_is_idle(&f->reading) || compare_task(side->main, &f->saved) <= 0);
}

static enum rs_meeting meeting_of(struct rs_side *side)
{
	rs_monitor_enter(&side->main->objects.monitor);
	enum rs_meeting m = side->meeting;
	rs_monitor_leave(&side->main->objects.monitor);
	return m;
}

/* What a foreign key did while its tables were apart is in no log. The task may be between two attempts: then it is asked the
 * next time. */
static enum rs_rc ask(struct rs_engine *e, struct rs_err *err)
{
	struct rs_side *side = e->side;
	enum rs_rc rc = rs_errand_do(side->main, check_plan, e, &e->cancel, err);

	if (rc != RS_OK)
		return rc == RS_FAIL ? RS_FAIL : RS_OK;
	rs_monitor_enter(&side->main->objects.monitor);
	side->meeting = RS_MEET_ASKED;
	rs_monitor_leave(&side->main->objects.monitor);
	rs_step("side-asks");
	rs_engine_renew(side->main);
	return RS_OK;
}

/* Stands still until the task has decided. */
static bool arrive(struct rs_follow *f)
{
	struct rs_side *side = f->e->side;
	struct rs_monitor *m = &side->main->objects.monitor;

	rs_monitor_enter(m);
	if (side->meeting == RS_MEET_AWAITED && f->saved.file != NULL && rs_position_compare(&f->saved, &side->at) >= 0) {
		rs_position_copy(&side->stands, &f->saved);
		rs_position_copy(&side->changed, &f->schema_changed);
		side->meeting = RS_MEET_ARRIVED;
		rs_monitor_wake(m);
	}
	while (side->meeting == RS_MEET_ARRIVED && !rs_engine_stopping(f->e))
		rs_monitor_wait(m, LOOK);
	bool joined = side->state == RS_SIDE_OVER;
	rs_monitor_leave(m);
	return joined;
}

/* What we made at the source under the side's id, which nothing may be reading then. */
static void leave(struct rs_follow *f)
{
	struct rs_engine *e = f->e;
	struct rs_err ignored = RS_ERR_INIT;

	rs_reading_stop(&f->reading);
	if (e->source->ops->release(e->source, &ignored) != RS_OK)
		rs_log_err(RS_LOG_WARN, "what was made at the source for objects that joined stays there", &ignored);
	rs_err_clear(&ignored);
}

enum rs_rc rs_side_between(struct rs_follow *f, bool stands, bool *joined, struct rs_err *err)
{
	struct rs_side *side = f->e->side;
	enum rs_meeting meeting = meeting_of(side);
	enum rs_rc rc = RS_OK;

	*joined = false;
	if (meeting == RS_MEET_APART && may_ask(f, stands))
		rc = ask(f->e, err);
	if (meeting != RS_MEET_AWAITED || rc != RS_OK)
		return rc;
	rc = rs_follow_save(f, err);
	if (rc == RS_OK)
		*joined = arrive(f);
	if (*joined)
		leave(f);
	return rc;
}
