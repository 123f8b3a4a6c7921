/* The task's part of changing its objects: what the task file says is compared with what the destination knows, and
 * what moves, moves here, at the beginning of an attempt. */
#include "engine/objects/objects_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"

/* ---------------------------------------------------------------- life */

void rs_objects_init(struct rs_objects *o, const struct rs_selection *wanted, uint64_t memory)
{
	*o = (struct rs_objects){.wanted = rs_selection_copy(wanted)};
	rs_monitor_init(&o->monitor);
	rs_queue_budget_init(&o->queues, memory / RS_SIDES_PART / 2);
}

static void side_free(struct rs_side *side)
{
	free(side->id);
	rs_selection_free(side->objects);
	rs_meta_side_clear(&side->meta);
	rs_position_clear(&side->at);
	rs_position_clear(&side->stands);
	rs_position_clear(&side->changed);
	rs_position_clear(&side->needs);
	free(side);
}

void rs_objects_release(struct rs_objects *o)
{
	rs_objects_drop_requests(o);
	while (o->sides != NULL) {
		struct rs_side *side = o->sides;
		o->sides = side->next;
		side_free(side);
	}
	rs_selection_free(o->wanted);
	rs_selection_free(o->held);
	rs_queue_budget_release(&o->queues);
	rs_err_clear(&o->unjoined);
	rs_monitor_release(&o->monitor);
}

/* Who shows it must not find it half gone. */
static struct rs_engine *take_engine(struct rs_side *side)
{
	struct rs_monitor *m = &side->main->objects.monitor;

	rs_monitor_enter(m);
	struct rs_engine *engine = side->engine;
	side->engine = NULL;
	side->meeting = RS_MEET_APART;
	rs_monitor_wake(m);
	rs_monitor_leave(m);
	return engine;
}

/* Between two snapshots: what has been counted goes on being counted. */
void rs_side_end(struct rs_side *side)
{
	pthread_mutex_lock(&side->main->publish_lock);
	struct rs_engine *engine = take_engine(side);
	if (engine != NULL)
		rs_stats_take_counts(&side->main->stats, &engine->stats);
	pthread_mutex_unlock(&side->main->publish_lock);
	if (engine == NULL)
		return;
	rs_engine_free(engine);
	atomic_fetch_sub(&side->main->objects.running, 1);
}

void rs_side_remove(struct rs_engine *e, struct rs_side *side)
{
	rs_side_end(side);
	rs_monitor_enter(&e->objects.monitor);
	for (struct rs_side **at = &e->objects.sides; *at != NULL; at = &(*at)->next)
		if (*at == side) {
			*at = side->next;
			break;
		}
	rs_monitor_leave(&e->objects.monitor);
	side_free(side);
}

struct rs_side *rs_side_add(struct rs_engine *e, const char *id, struct rs_selection *objects, enum rs_side_state state)
{
	struct rs_side *side = rs_xcalloc(1, sizeof *side);
	struct rs_side **end = &e->objects.sides;

	side->main = e;
	side->id = rs_xstrdup(id);
	side->objects = objects;
	side->state = state;
	rs_monitor_enter(&e->objects.monitor);
	while (*end != NULL)
		end = &(*end)->next;
	*end = side;
	rs_monitor_leave(&e->objects.monitor);
	return side;
}

enum rs_side_state rs_side_state(const struct rs_side *side)
{
	rs_monitor_enter(&side->main->objects.monitor);
	enum rs_side_state state = side->state;
	rs_monitor_leave(&side->main->objects.monitor);
	return state;
}

void rs_side_set_state(struct rs_side *side, enum rs_side_state state)
{
	rs_monitor_enter(&side->main->objects.monitor);
	side->state = state;
	rs_monitor_leave(&side->main->objects.monitor);
}

void rs_objects_stop(struct rs_engine *e)
{
	for (struct rs_side *side = e->objects.sides, *next; side != NULL; side = next) {
		next = side->next;
		if (rs_side_state(side) == RS_SIDE_CHECKING)
			rs_side_remove(e, side);
		else
			rs_side_end(side);
	}
}

bool rs_objects_apart(const struct rs_engine *e)
{
	bool apart = false;

	for (const struct rs_side *side = e->objects.sides; side != NULL; side = side->next)
		apart = apart || rs_side_state(side) != RS_SIDE_CHECKING;
	return apart;
}

bool rs_objects_has(const struct rs_engine *e, const char *db, const char *name)
{
	for (const struct rs_side *side = e->objects.sides; side != NULL; side = side->next)
		if (rs_selection_includes_table(side->objects, db, name))
			return true;
	return false;
}

void rs_side_needs(struct rs_side *side, const struct rs_position *from)
{
	rs_monitor_enter(&side->main->objects.monitor);
	rs_position_copy(&side->needs, from);
	rs_monitor_leave(&side->main->objects.monitor);
}

bool rs_objects_need(struct rs_engine *e, struct rs_position *first)
{
	bool known = true;

	rs_monitor_enter(&e->objects.monitor);
	for (const struct rs_side *side = e->objects.sides; side != NULL; side = side->next) {
		if (side->state == RS_SIDE_CHECKING || side->state == RS_SIDE_OVER)
			continue;
		if (side->needs.file == NULL || first->file == NULL)
			known = false;
		else if (rs_position_compare(&side->needs, first) < 0)
			rs_position_copy(first, &side->needs);
	}
	rs_monitor_leave(&e->objects.monitor);
	return known;
}

/* ---------------------------------------------------------------- what the stream has */

char *rs_objects_text(const struct rs_selection *s)
{
	struct rs_buf text = RS_BUF_INIT;

	rs_selection_format(s, &text);
	return rs_buf_take(&text);
}

#define REMEMBERED 400 /* characters of names */

void rs_objects_remember(struct rs_engine *e, const char *what, const struct rs_selection *s)
{
	char *names = rs_objects_text(s);
	bool cut = strlen(names) > REMEMBERED;

	for (char *c = names; *c; c++)
		*c = *c == '\n' ? ' ' : *c;
	rs_stats_remember(&e->stats, RS_HISTORY_OBJECTS, rs_xprintf("%s: %.*s%s", what, REMEMBERED, names, cut ? " ..." : ""));
	free(names);
}

static struct rs_selection *copy_wanted(struct rs_engine *e)
{
	rs_monitor_enter(&e->objects.monitor);
	struct rs_selection *s = rs_selection_copy(e->objects.wanted);
	rs_monitor_leave(&e->objects.monitor);
	rs_selection_name_as(s, e->task->objects);
	return s;
}

void rs_objects_hold(struct rs_engine *e, struct rs_selection *s)
{
	rs_selection_name_as(s, e->task->objects);
	rs_selection_free(e->task->objects);
	e->task->objects = s;
	e->filters = rs_selection_filters(s);
	rs_plan_choose(e);
	rs_monitor_enter(&e->objects.monitor);
	rs_selection_free(e->objects.held);
	e->objects.held = rs_selection_copy(s);
	rs_monitor_leave(&e->objects.monitor);
}

/* A task that has not begun, or began with a version that did not store it, has what its file says. */
static enum rs_rc store_wanted(struct rs_engine *e, struct rs_err *err)
{
	struct rs_selection *wanted = copy_wanted(e);
	char *text = rs_objects_text(wanted);
	bool stored = e->meta.objects != NULL && strcmp(e->meta.objects, text) == 0;
	enum rs_rc rc = stored ? RS_OK : e->sink->ops->save_objects(e->sink, text, NULL, 0, err);

	rs_objects_hold(e, wanted);
	free(text);
	return rc;
}

static struct rs_selection *parse(const char *text, struct rs_err *err)
{
	struct rs_selection *s = rs_selection_new();

	if (rs_selection_parse(s, "rds_sync_task", text, strlen(text), err) == RS_OK)
		return s;
	rs_selection_free(s);
	return NULL;
}

enum rs_rc rs_objects_load(struct rs_engine *e, struct rs_err *err)
{
	if (e->side != NULL)
		return RS_OK;
	if (e->meta.phase == RS_META_NEW || e->meta.objects == NULL)
		return store_wanted(e, err);
	struct rs_selection *stored = parse(e->meta.objects, err);
	if (stored == NULL)
		return RS_FAIL;
	rs_objects_hold(e, stored);
	return RS_OK;
}

/* ---------------------------------------------------------------- tables that leave the plan */

/* The tables of the plan that sel has; malloc'ed. */
const struct rs_meta_table **rs_objects_tables(const struct rs_engine *e, const struct rs_selection *sel, size_t *n)
{
	const struct rs_meta_table **out = rs_xcalloc(e->n_tables + 1, sizeof *out);

	*n = 0;
	for (size_t i = 0; i < e->n_tables; i++)
		if (rs_selection_includes_table(sel, e->tables[i].meta.db, e->tables[i].meta.name))
			out[(*n)++] = &e->tables[i].meta;
	return out;
}

static enum rs_rc remove_objects(struct rs_engine *e, const struct rs_selection *gone, struct rs_err *err)
{
	struct rs_selection *left = rs_selection_minus(e->task->objects, gone);
	char *text = rs_objects_text(left);
	size_t n;
	const struct rs_meta_table **tables = rs_objects_tables(e, gone, &n);
	enum rs_rc rc = e->sink->ops->save_objects(e->sink, text, tables, n, err);

	rs_step("objects-removed");
	if (rc == RS_OK) {
		rs_journal(e, RS_LOG_INFO, NULL, "objects removed tables=%zu", n);
		rs_objects_remember(e, "taken out", gone);
		rs_objects_hold(e, left);
		rc = rs_engine_load_plan(e, err);
	} else {
		rs_selection_free(left);
	}
	free(tables);
	free(text);
	return rc;
}

/* What can't be leaves everything as it was, and is told. */
static void tell(struct rs_engine *e, struct rs_err *err)
{
	rs_journal(e, RS_LOG_WARN, err, "the objects stay as they were");
	rs_stats_problem(&e->stats, err, NULL, false);
	rs_err_clear(err);
}

static enum rs_rc remove_unwanted(struct rs_engine *e, const struct rs_selection *wanted, struct rs_err *err)
{
	struct rs_selection *gone = rs_selection_minus(e->task->objects, wanted);
	enum rs_rc rc = RS_OK;

	if (!rs_selection_is_empty(gone) && rs_objects_check_parting(e, gone, true, err) != RS_OK)
		tell(e, err);
	else if (!rs_selection_is_empty(gone))
		rc = remove_objects(e, gone, err);
	rs_selection_free(gone);
	return rc;
}

/* ---------------------------------------------------------------- sides that are not wanted */

static bool is_unwanted(const struct rs_side *side, const struct rs_selection *wanted)
{
	struct rs_selection *left = rs_selection_both(side->objects, wanted);
	bool none = rs_selection_is_empty(left);

	rs_selection_free(left);
	return none;
}

static enum rs_rc drop_unwanted(struct rs_engine *e, const struct rs_selection *wanted, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (struct rs_side *side = e->objects.sides, *next; rc == RS_OK && side != NULL; side = next) {
		next = side->next;
		if (!is_unwanted(side, wanted))
			continue;
		rs_side_end(side);
		if (rs_side_state(side) != RS_SIDE_CHECKING)
			rc = e->sink->ops->drop_side(e->sink, side->id, err);
		if (rc == RS_OK)
			rs_side_remove(e, side);
	}
	return rc;
}

/* ---------------------------------------------------------------- the list and the destination */

static struct rs_side *find_side(struct rs_engine *e, const char *id)
{
	struct rs_side *side = e->objects.sides;

	while (side != NULL && strcmp(side->id, id) != 0)
		side = side->next;
	return side;
}

/* Its copy will begin where the source is then. */
static const struct rs_position *needs_of(const struct rs_engine *e, const struct rs_meta_side *m)
{
	static const struct rs_position not_known = RS_POSITION_INIT;
	const struct rs_position *own = rs_position_is_set(&e->meta.position) ? &e->meta.position : &e->meta.p0;
	bool same = m->identity != NULL && e->meta.source_identity != NULL && strcmp(m->identity, e->meta.source_identity) == 0;

	return m->fresh ? own : same ? &m->needs : &not_known;
}

/* What it has is shown while nothing runs. */
static enum rs_rc take_meta(struct rs_engine *e, struct rs_meta_side *meta, struct rs_err *err)
{
	struct rs_side *side = find_side(e, meta->id);
	enum rs_side_state state = meta->role == RS_SIDE_SUSPENDED ? RS_SIDE_RESTING : RS_SIDE_AT_WORK;

	if (side == NULL) {
		struct rs_selection *objects = parse(meta->objects, err);
		if (objects == NULL)
			return RS_FAIL;
		side = rs_side_add(e, meta->id, objects, state);
	}
	rs_monitor_enter(&e->objects.monitor);
	rs_meta_side_clear(&side->meta);
	side->meta = *meta;
	if (side->engine == NULL)
		rs_position_copy(&side->needs, needs_of(e, &side->meta));
	*meta = (struct rs_meta_side){0};
	side->state = state;
	rs_monitor_leave(&e->objects.monitor);
	return RS_OK;
}

static bool is_known(const struct rs_side *side, const struct rs_meta_side *metas, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(metas[i].id, side->id) == 0)
			return true;
	return rs_side_state(side) == RS_SIDE_CHECKING;
}

enum rs_rc rs_objects_read(struct rs_engine *e, struct rs_err *err)
{
	struct rs_meta_side *metas = NULL;
	size_t n = 0;
	enum rs_rc rc = e->sink->ops->load_sides(e->sink, &metas, &n, err);

	for (struct rs_side *side = e->objects.sides, *next; rc == RS_OK && side != NULL; side = next) {
		next = side->next;
		if (!is_known(side, metas, n))
			rs_side_remove(e, side);
	}
	for (size_t i = 0; i < n; i++) {
		if (rc == RS_OK)
			rc = take_meta(e, &metas[i], err);
		rs_meta_side_clear(&metas[i]);
	}
	free(metas);
	return rc;
}

/* ---------------------------------------------------------------- what is wanted */

static void start_side(struct rs_side *side)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_engine *engine = rs_side_engine(side, &err);

	atomic_fetch_add(&side->main->objects.running, 1);
	if (engine == NULL || rs_engine_start(engine, &err) != RS_OK) {
		rs_stats_problem(&side->main->stats, &err, NULL, false);
		rs_engine_free(engine);
		atomic_fetch_sub(&side->main->objects.running, 1);
		rs_err_clear(&err);
		return;
	}
	rs_monitor_enter(&side->main->objects.monitor);
	side->engine = engine;
	side->meeting = RS_MEET_APART;
	rs_monitor_leave(&side->main->objects.monitor);
}

static void start_sides(struct rs_engine *e)
{
	rs_monitor_enter(&e->objects.monitor);
	bool kick = e->objects.kick;
	e->objects.kick = false;
	rs_monitor_leave(&e->objects.monitor);
	for (struct rs_side *side = e->objects.sides; side != NULL; side = side->next) {
		enum rs_side_state state = rs_side_state(side);
		if (side->engine != NULL && kick)
			rs_engine_command(side->engine, RS_CMD_RESUME);
		else if (side->engine == NULL && (state == RS_SIDE_AT_WORK || state == RS_SIDE_CHECKING))
			start_side(side);
	}
}

/* What the task and its sides have. */
static struct rs_selection *all_held(struct rs_engine *e)
{
	struct rs_selection *all = rs_selection_copy(e->task->objects);

	for (const struct rs_side *side = e->objects.sides; side != NULL; side = side->next)
		rs_selection_add_all(all, side->objects);
	return all;
}

/* Sides that are under way are to know what may become connected with their tables: each learns it with its next attempt. */
static void renew_sides(struct rs_engine *e)
{
	for (struct rs_side *side = e->objects.sides; side != NULL; side = side->next)
		if (side->engine != NULL)
			rs_engine_renew(side->engine);
}

static void add_wanted(struct rs_engine *e, const struct rs_selection *wanted)
{
	struct rs_selection *held = all_held(e), *added = rs_selection_minus(wanted, held);
	char id[37];

	rs_selection_free(held);
	if (rs_selection_is_empty(added)) {
		rs_selection_free(added);
		return;
	}
	rs_journal(e, RS_LOG_INFO, NULL, "objects are added");
	rs_objects_remember(e, "added", added);
	renew_sides(e);
	rs_uuid_make(id);
	rs_side_add(e, id, added, RS_SIDE_CHECKING);
}

static enum rs_rc check_names(struct rs_engine *e, const struct rs_selection *wanted, struct rs_err *err)
{
	struct rs_selection *held = all_held(e);
	enum rs_rc rc = rs_selection_agree(wanted, held, err);

	rs_selection_free(held);
	return rc == RS_OK ? rs_filter_unchanged(e, wanted, err) : rc;
}

enum rs_rc rs_objects_recall(struct rs_engine *e, struct rs_err *err)
{
	struct rs_selection *wanted = copy_wanted(e);
	enum rs_rc rc = rs_objects_read(e, err);

	if (rc == RS_OK)
		rc = check_names(e, wanted, err);
	rs_selection_free(wanted);
	return rc;
}

enum rs_rc rs_objects_leave(struct rs_engine *e, struct rs_err *err)
{
	rs_objects_stop(e);
	enum rs_rc rc = rs_objects_read(e, err);
	if (rc != RS_OK || e->objects.sides == NULL)
		return rc;
	char *text = rs_objects_text(e->objects.sides->objects);
	rs_err_set(err, RS_E_OBJECTS, _("some objects are suspended, or being added: the destination does not have them as the source"));
	rs_err_detail(err, "%s", text);
	free(text);
	return rs_err_hint(err, _("resume them and wait until they have joined, or take them out of the objects"));
}

/* Which kinds of changes are synchronized may change at any time. */
static enum rs_rc take_operations(struct rs_engine *e, const struct rs_selection *wanted, struct rs_err *err)
{
	struct rs_selection *now = rs_selection_copy(e->task->objects);
	enum rs_rc rc = RS_OK;

	rs_selection_take_operations(now, wanted);
	char *was = rs_objects_text(e->task->objects), *is = rs_objects_text(now);
	bool same = strcmp(was, is) == 0;
	if (!same)
		rc = e->sink->ops->save_objects(e->sink, is, NULL, 0, err);
	if (!same && rc == RS_OK)
		rs_objects_hold(e, now);
	else
		rs_selection_free(now);
	free(was);
	free(is);
	return rc;
}

/* A process that ended right after a side had joined, or was dropped, left what kept the log for it. */
static enum rs_rc keep_parts(struct rs_engine *e, struct rs_err *err)
{
	const char **ids = NULL;
	size_t n = 0, cap = 0;
	enum rs_rc rc = RS_OK;

	for (const struct rs_side *side = e->objects.sides; side != NULL; side = side->next) {
		RS_GROW(ids, n, cap);
		ids[n++] = side->id;
	}
	if (e->source->ops->keep_parts != NULL)
		rc = e->source->ops->keep_parts(e->source, ids, n, err);
	free(ids);
	return rc;
}

enum rs_rc rs_objects_settle(struct rs_engine *e, struct rs_err *err)
{
	/* First: what is asked for from here on ends this attempt. */
	rs_errands_renewed(&e->errands);
	if (rs_anchor_is_wanted(e))
		return RS_AGAIN;
	struct rs_selection *wanted = copy_wanted(e);
	bool joined = false;

	rs_selection_free(e->beside);
	e->beside = rs_selection_copy(wanted);
	rs_selection_name_as(e->beside, wanted);
	enum rs_rc rc = rs_objects_join(e, &joined, err);
	if (rc == RS_OK && joined)
		rc = rs_engine_load_plan(e, err);
	if (rc == RS_OK)
		rc = rs_objects_answer(e, err);
	if (rc == RS_OK)
		rc = check_names(e, wanted, err);
	if (rc == RS_OK)
		rc = drop_unwanted(e, wanted, err);
	if (rc == RS_OK)
		rc = remove_unwanted(e, wanted, err);
	if (rc == RS_OK)
		rc = take_operations(e, wanted, err);
	if (rc == RS_OK)
		add_wanted(e, wanted);
	if (rc == RS_OK)
		rc = keep_parts(e, err);
	if (rc == RS_OK)
		start_sides(e);
	rs_selection_free(wanted);
	return rc;
}

/* ---------------------------------------------------------------- other threads */

enum rs_rc rs_objects_want(struct rs_engine *e, const struct rs_selection *wanted, struct rs_err *err)
{
	struct rs_objects *o = &e->objects;
	enum rs_rc rc = RS_OK;

	rs_monitor_enter(&o->monitor);
	if (o->held != NULL)
		rc = rs_selection_agree(wanted, o->held, err);
	for (const struct rs_side *side = o->sides; rc == RS_OK && side != NULL; side = side->next)
		rc = rs_selection_agree(wanted, side->objects, err);
	if (rc == RS_OK) {
		rs_selection_free(o->wanted);
		o->wanted = rs_selection_copy(wanted);
		o->kick = true;
	}
	rs_monitor_leave(&o->monitor);
	if (rc == RS_OK)
		rs_engine_renew(e);
	return rc;
}

void rs_objects_kick(struct rs_engine *e)
{
	rs_monitor_enter(&e->objects.monitor);
	bool any = e->objects.sides != NULL;
	e->objects.kick = any;
	rs_monitor_leave(&e->objects.monitor);
	if (any)
		rs_engine_renew(e);
}

static bool is_pending(struct rs_side *side)
{
	enum rs_state state;

	if (side->engine == NULL || side->state == RS_SIDE_RESTING)
		return false;
	state = rs_stats_state(&side->engine->stats);
	return state != RS_STATE_FAILED && state != RS_STATE_INITIALIZE_FAILED;
}

bool rs_objects_pending(struct rs_engine *e)
{
	bool pending = false;

	rs_monitor_enter(&e->objects.monitor);
	for (struct rs_side *side = e->objects.sides; side != NULL; side = side->next)
		pending = pending || is_pending(side);
	rs_monitor_leave(&e->objects.monitor);
	return pending;
}
