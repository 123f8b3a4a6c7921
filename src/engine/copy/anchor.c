#include "engine/copy/anchor.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/copy/anchor_plan.h"
#include "engine/copy/start.h"
#include "engine/follow/xa.h"
#include "model/flow.h"

/* What is there must be seen to be gone on with. */
static enum rs_rc check_destination(const struct rs_engine *e, struct rs_err *err)
{
	return rs_flow_check_reads_back(e->task->flow, err);
}

/* ---------------------------------------------------------------- the transaction */

static enum rs_rc save(struct rs_engine *e, const struct rs_anchor_plan *plan, const struct rs_position *prepared, struct rs_err *err)
{
	struct rs_meta_table *metas = rs_xcalloc(e->n_tables + 1, sizeof *metas);
	const struct rs_meta_table **gone = rs_xcalloc(e->n_tables + 1, sizeof *gone);
	struct rs_meta_start start = {.p0 = &e->meta.p0, .prepared = prepared, .tables = metas, .resync = (const char *const *)plan->resync,
	                              .n_resync = plan->n_resync};
	size_t n_gone = 0;
	char *identity = NULL;
	enum rs_rc rc = e->source->ops->identity(e->source, &identity, err);

	for (size_t i = 0; i < e->n_tables; i++)
		if (rs_anchor_plan_is_gone(plan, i))
			gone[n_gone++] = &e->tables[i].meta;
		else
			metas[start.n_tables++] = e->tables[i].meta; /* texts stay the table's */
	start.identity = identity;
	if (rc == RS_OK)
		rc = e->sink->ops->save_anchor(e->sink, &start, gone, n_gone, err);
	free(identity);
	free(metas);
	free(gone);
	return rc;
}

/* Nothing that was told of the time before holds. */
static void forget_numbers(struct rs_engine *e)
{
	rs_position_clear(&e->target);
	rs_position_clear(&e->consistent_from);
	e->copied_now = false;
	pthread_mutex_lock(&e->stats.lock);
	rs_stats_past_copy(&e->stats, false);
	e->stats.consistent = e->stats.caught_up = false;
	rs_position_clear(&e->stats.applied);
	e->stats.lag = -1;
	for (size_t i = 0; i < e->stats.n_tables; i++)
		e->stats.tables[i]->copied = false;
	for (size_t i = 0; i < RS_PHASE_COUNT; i++)
		e->stats.phases[i] = (struct rs_phase){.state = e->stats.phases[i].state};
	pthread_mutex_unlock(&e->stats.lock);
	memset(e->recalled, 0, sizeof e->recalled);
}

static void tell(struct rs_engine *e, const struct rs_position *before, const struct rs_anchored *a)
{
	struct rs_err news = RS_ERR_INIT;

	rs_err_set(&news, RS_E_ANCHORED, _("the task was begun anew at %s, on top of what the destination has"), a->at);
	for (int i = 0; i < RS_ANCHORED_LISTS; i++)
		if (*a->lists[i] != '\0')
			rs_err_detail(&news, "%s: %s", rs_anchored_title((enum rs_anchored_list)i), a->lists[i]);
	rs_err_detail(&news, _("tables that are compared and repaired: %llu; the log from %s:%llu on was not read"),
	              (unsigned long long)a->compared, before->file ? before->file : "", (unsigned long long)before->offset);
	rs_journal(e, RS_LOG_WARN, &news, "anchored anew");
	rs_stats_problem(&e->stats, &news, NULL, false);
	rs_err_clear(&news);
}

static void take_outcome(struct rs_engine *e, struct rs_anchor_plan *p)
{
	struct rs_anchored a;

	rs_anchor_plan_take(p, rs_xprintf("%s:%llu", e->meta.p0.file ? e->meta.p0.file : "", (unsigned long long)e->meta.p0.offset), &a);
	rs_monitor_enter(&e->monitor);
	rs_anchored_clear(&e->anchor.outcome);
	e->anchor.outcome = a;
	rs_monitor_leave(&e->monitor);
}

static enum rs_rc anchor(struct rs_engine *e, const struct rs_anchor_options *options, struct rs_err *err)
{
	struct rs_position prepared = RS_POSITION_INIT, before = RS_POSITION_INIT;
	struct rs_anchor_plan plan;

	rs_anchor_plan_init(&plan, options, false);
	rs_position_copy(&before, rs_position_is_set(&e->meta.position) ? &e->meta.position : &e->meta.p0);
	rs_stats_note(&e->stats, "%s", _("reading the source's catalogue"));
	enum rs_rc rc = check_destination(e, err);
	if (rc == RS_OK)
		rc = rs_anchor_plan_make(e, &plan, err);
	if (rc == RS_OK)
		rc = rs_xa_wait_prepared(e, &prepared, err);
	if (rc == RS_OK)
		rc = rs_anchor_plan_sides(e, &plan, err);
	if (rc == RS_OK)
		rc = save(e, &plan, &prepared, err);
	rs_step("anchored");
	if (rc == RS_OK) {
		rs_spool_forget(e);
		forget_numbers(e);
		rs_stats_set_state(&e->stats, RS_STATE_INITIALIZING);
		take_outcome(e, &plan);
		tell(e, &before, &e->anchor.outcome);
	}
	rs_position_clear(&prepared);
	rs_position_clear(&before);
	rs_anchor_plan_release(&plan);
	return rc;
}

/* ---------------------------------------------------------------- before it is done */

static enum rs_rc open_to_foresee(struct rs_engine *e, const struct rs_task *reader, struct rs_err *err)
{
	enum rs_rc rc = rs_source_open(reader, &e->source, err);

	if (rc == RS_OK)
		rs_engine_live(e, (void (*)(void *))e->source->ops->cancel, e->source);
	if (rc == RS_OK)
		rc = rs_sink_open(e->task, &e->sink, err);
	if (rc == RS_OK)
		rs_engine_live(e, (void (*)(void *))e->sink->ops->cancel, e->sink);
	if (rc == RS_OK)
		rc = rs_settle_names(e->task, e->source, e->sink->folds_names, err);
	if (rc == RS_OK)
		rc = check_destination(e, err);
	if (rc == RS_OK)
		rc = e->sink->ops->peek(e->sink, &e->meta, err);
	if (rc == RS_OK)
		rc = rs_objects_load(e, err);
	return rc == RS_OK ? rs_engine_load_plan(e, err) : rc;
}

/* Under another id, so that it is in nobody's way who reads the log for the task. */
static struct rs_task *stranger_of(const struct rs_task *task, struct rs_err *err)
{
	struct rs_task *t = rs_task_copy(task);
	char id[37];

	rs_uuid_make(id);
	if (rs_task_set(t, "task.id", id, err) == RS_OK)
		return t;
	rs_task_free(t);
	return NULL;
}

enum rs_rc rs_anchor_foresee(struct rs_engine *e, const struct rs_anchor_options *options, struct rs_anchored *out, struct rs_err *err)
{
	struct rs_task *reader = stranger_of(e->task, err);
	struct rs_anchor_plan plan;

	e->anchor.foreseen = true;
	rs_anchor_plan_init(&plan, options, true);
	enum rs_rc rc = reader ? open_to_foresee(e, reader, err) : RS_FAIL;
	if (rc == RS_OK)
		rc = rs_anchor_plan_make(e, &plan, err);
	if (rc == RS_OK)
		rc = rs_anchor_plan_sides(e, &plan, err);
	if (rc == RS_OK)
		rs_anchor_plan_take(&plan, rs_xstrdup(""), out);
	rs_anchor_plan_release(&plan);
	rs_engine_close_servers(e);
	rs_task_free(reader);
	return rc;
}

/* ---------------------------------------------------------------- the coordinator */

bool rs_anchor_is_wanted(struct rs_engine *e)
{
	rs_monitor_enter(&e->monitor);
	bool wanted = e->anchor.wanted;
	rs_monitor_leave(&e->monitor);
	return wanted;
}

static void answer(struct rs_engine *e, enum rs_rc rc, const struct rs_err *err)
{
	rs_monitor_enter(&e->monitor);
	e->anchor.wanted = e->anchor.busy = false;
	e->anchor.done = true;
	rs_err_clear(&e->anchor.err);
	if (rc == RS_FAIL)
		rs_err_copy(&e->anchor.err, err);
	else if (rc != RS_OK)
		rs_err_set(&e->anchor.err, RS_E_CANCELLED, _("cancelled"));
	rs_monitor_wake(&e->monitor);
	rs_monitor_leave(&e->monitor);
}

enum rs_rc rs_anchor_carry_out(struct rs_engine *e, struct rs_err *err)
{
	rs_monitor_enter(&e->monitor);
	const struct rs_anchor_options options = e->anchor.options;
	bool alone = e->anchor.alone;
	e->anchor.busy = true;
	rs_monitor_leave(&e->monitor);
	enum rs_rc rc = anchor(e, &options, err);

	if (alone)
		rs_engine_command(e, RS_CMD_STOP);
	answer(e, rc, err);
	if (rc == RS_FAIL) { /* whoever asked knows why; the task goes on as it was */
		rs_journal(e, RS_LOG_WARN, err, "the task is not begun anew");
		rs_err_clear(err);
	}
	return rc == RS_CANCELLED ? rc : RS_AGAIN;
}

void rs_anchor_give_up(struct rs_engine *e, const struct rs_err *err)
{
	if (rs_anchor_is_wanted(e))
		answer(e, RS_FAIL, err);
}

/* Who asked for it the first time had the same said. */
enum rs_rc rs_anchor_again(struct rs_engine *e, struct rs_err *err)
{
	enum rs_rc rc = anchor(e, &(struct rs_anchor_options){.force = true}, err);

	return rc == RS_OK ? RS_AGAIN : rc;
}

static enum rs_rc remove_old(struct rs_engine *e, struct rs_sync_table *t, struct rs_err *err)
{
	bool exists = false;

	if (t->meta.ours)
		return rs_start_drop_table(e, t, err);
	enum rs_rc rc = e->sink->ops->exists(e->sink, RS_OBJECT_TABLE, t->dest_db, t->dest_name, &exists, err);
	if (rc == RS_OK && exists)
		rc = e->sink->ops->truncate(e->sink, t->dest_db, t->dest_name, err);
	if (rc != RS_OK || !exists)
		return rc;
	t->meta.state = RS_TABLE_CREATED; /* a table of the user's keeps its definition */
	return e->sink->ops->save_states(e->sink, &t->meta, 1, err);
}

enum rs_rc rs_anchor_remove_old(struct rs_engine *e, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < e->n_tables && !rs_engine_stopping(e); i++)
		if (e->tables[i].meta.old == RS_OLD_REMOVE && e->tables[i].meta.state == RS_TABLE_PLANNED)
			rc = remove_old(e, &e->tables[i], err);
	rs_step("anchor-removed");
	return rc;
}

/* ---------------------------------------------------------------- any thread */

/* 0: what another one asked for is being carried out, which is not for this one's options. */
static uint64_t note_wish(struct rs_engine *e, const struct rs_anchor_options *options)
{
	uint64_t ticket = 0;

	rs_monitor_enter(&e->monitor);
	if (!e->anchor.busy) {
		e->anchor.wanted = true;
		e->anchor.options = *options;
		e->anchor.done = false;
		ticket = ++e->anchor.ticket;
	}
	rs_monitor_leave(&e->monitor);
	return ticket;
}

uint64_t rs_anchor_ask(struct rs_engine *e, const struct rs_anchor_options *options, struct rs_err *err)
{
	if (rs_stats_state(&e->stats) == RS_STATE_INITIALIZING) {
		rs_err_set(err, RS_E_OBJECTS, _("the task is being initialized: what it needs of the log is not known to be lost"));
		rs_err_hint(err, _("pause it first, where it is to begin anew all the same"));
		return 0;
	}
	uint64_t ticket = note_wish(e, options);
	if (ticket == 0) {
		rs_err_set(err, RS_E_OBJECTS, _("somebody else has asked for the same meanwhile"));
		return 0;
	}
	rs_engine_command(e, RS_CMD_RESUME);
	rs_engine_renew(e);
	return ticket;
}

static void copy_outcome(struct rs_anchored *to, const struct rs_anchored *from)
{
	*to = (struct rs_anchored){.at = rs_xstrdup(from->at), .compared = from->compared};
	for (int i = 0; i < RS_ANCHORED_LISTS; i++)
		to->lists[i] = rs_xstrdup(from->lists[i]);
}

bool rs_anchor_look(struct rs_engine *e, uint64_t ticket, struct rs_anchored *out, struct rs_err *err)
{
	rs_monitor_enter(&e->monitor);
	bool mine = e->anchor.ticket == ticket, over = !mine || e->anchor.done || e->ended;
	if (mine && e->anchor.done && rs_err_is_set(&e->anchor.err))
		rs_err_copy(err, &e->anchor.err);
	else if (mine && over && !e->anchor.done)
		rs_err_set(err, RS_E_CANCELLED, _("cancelled"));
	else if (mine && over)
		copy_outcome(out, &e->anchor.outcome);
	else if (over)
		rs_err_set(err, RS_E_OBJECTS, _("somebody else has asked for the same meanwhile"));
	rs_monitor_leave(&e->monitor);
	return over;
}

void rs_anchor_forget(struct rs_engine *e, uint64_t ticket)
{
	rs_monitor_enter(&e->monitor);
	if (e->anchor.ticket == ticket)
		e->anchor.wanted = false;
	rs_monitor_leave(&e->monitor);
}
