/* Tables that are suspended, resumed and synchronized anew by command. */
#include "engine/objects/objects_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

/* What a command asks for; the list's, until who asked has looked at what came of it. All but the question under the
 * monitor. */
struct rs_request {
	uint64_t ticket;
	enum rs_table_action action;
	struct rs_selection *tables;
	bool force;
	rs_usec until;                 /* monotonic: what has not begun by then does not happen */
	struct rs_request *next;
	bool taken, done, forgotten;
	enum rs_rc rc;
	struct rs_err err;
};

#define LOOK RS_MSEC(100)

/* ---------------------------------------------------------------- commands */

/* Of a table that the destination refused when it was made nothing is known; the source has it. */
static enum rs_rc check_any(struct rs_engine *e, const struct rs_selection *part, bool anew, struct rs_err *err)
{
	struct rs_catalog there = {0};
	enum rs_rc rc = anew ? e->source->ops->catalog(e->source, part, &there, err) : RS_OK;
	bool any = false;

	for (size_t i = 0; i < there.count; i++)
		any = any || there.objects[i].kind == RS_OBJECT_TABLE;
	rs_catalog_release(&there);
	if (rc != RS_OK || any)
		return rc;
	return rs_err_set(err, RS_E_OBJECTS, _("the source has no such table, or it is not synchronized yet"));
}

/* A source that keeps its log does so for what is read of it: tables that rest would need a place of their own in it. */
static enum rs_rc check_can_rest(const struct rs_engine *e, struct rs_err *err)
{
	if (!e->source->keeps_log)
		return RS_OK;
	rs_err_set(err, RS_E_OBJECTS, _("tables can't be suspended or resumed while a task with such a source runs"));
	return rs_err_hint(err, _("take them out of the objects and add them again, or copy them anew (resync)"));
}

/* Tables of the stream become a side where the task stands. anew: to be copied anew at once. */
static enum rs_rc split(struct rs_engine *e, const struct rs_selection *names, bool anew, struct rs_err *err)
{
	char id[37];
	struct rs_selection *part = rs_selection_both(e->task->objects, names);
	struct rs_selection *left = rs_selection_minus(e->task->objects, part);
	char *text = rs_objects_text(left), *own = rs_objects_text(part);
	size_t n;
	const struct rs_meta_table **tables = rs_objects_tables(e, part, &n);
	enum rs_rc rc = anew ? RS_OK : check_can_rest(e, err);

	if (rc == RS_OK)
		rc = rs_objects_check_parting(e, part, false, err);
	rs_uuid_make(id);
	const struct rs_meta_side meta = {.id = id, .role = RS_SIDE_SUSPENDED, .objects = own};
	if (rc == RS_OK && n == 0)
		rc = check_any(e, part, anew, err);
	if (rc == RS_OK)
		rc = e->sink->ops->make_side(e->sink, &meta, tables, n, text, err);
	free(tables);
	free(text);
	free(own);
	if (rc != RS_OK) {
		rs_selection_free(part);
		rs_selection_free(left);
		return rc;
	}
	rs_journal(e, RS_LOG_INFO, NULL, "tables suspended tables=%zu", n);
	if (!anew)
		rs_objects_remember(e, "suspended", part);
	rs_objects_hold(e, left);
	rs_side_add(e, id, part, RS_SIDE_RESTING);
	rc = rs_engine_load_plan(e, err);
	return rc == RS_OK ? rs_objects_read(e, err) : rc;
}

static enum rs_rc suspend(struct rs_engine *e, const struct rs_selection *names, struct rs_err *err)
{
	struct rs_selection *here = rs_selection_both(e->task->objects, names);
	bool none = rs_selection_is_empty(here);

	rs_selection_free(here);
	if (none)
		return rs_err_set(err, RS_E_OBJECTS, _("nothing of this is synchronized by the task's own stream now"));
	return split(e, names, false, err);
}

/* "shop.a shop.b", of the tables that a side has and names has not; of its objects where it has not come to know its tables. */
static char *others_of(const struct rs_side *side, const struct rs_selection *names)
{
	struct rs_selection *rest = rs_selection_new();

	for (size_t i = 0; i < side->meta.n_tables; i++) {
		const struct rs_meta_table *t = &side->meta.tables[i];
		if (t->state != RS_TABLE_GONE && !rs_selection_includes_table(names, t->db, t->name))
			(void)(rs_selection_add_table(rest, t->db, t->name, NULL) == RS_OK);
	}
	if (side->meta.n_tables == 0) {
		rs_selection_free(rest);
		rest = rs_selection_minus(side->objects, names);
	}
	char *text = rs_selection_is_empty(rest) ? NULL : rs_objects_text(rest);
	for (char *c = text; c != NULL && *c; c++)
		if (*c == '\n')
			*c = ' ';
	rs_selection_free(rest);
	return text;
}

static enum rs_rc check_whole(const struct rs_side *side, const struct rs_selection *names, struct rs_err *err)
{
	char *others = others_of(side, names);

	if (others == NULL)
		return RS_OK;
	rs_err_set(err, RS_E_OBJECTS, _("these tables were suspended, or are being added, together with others, and go on together"));
	rs_err_detail(err, "%s", others);
	rs_err_hint(err, _("name all of them"));
	free(others);
	return RS_FAIL;
}

/* Tables that the user filled are emptied at his word alone. */
static enum rs_rc check_ours(const struct rs_engine *e, const struct rs_meta_table *t, const struct rs_request *r, struct rs_err *err)
{
	if (t->ours || r->force || !e->sink->has_schemas || r->action != RS_TABLE_RESYNC || !rs_selection_includes_table(r->tables, t->db, t->name))
		return RS_OK;
	rs_err_set(err, RS_E_NOT_OURS, _("%s.%s was at the destination before the task, which does not empty it by itself"), t->db,
	           t->name);
	return rs_err_hint(err, _("--force has all its rows deleted there"));
}

static enum rs_rc check_all_ours(struct rs_engine *e, const struct rs_side *side, const struct rs_request *r, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && side != NULL && i < side->meta.n_tables; i++)
		rc = check_ours(e, &side->meta.tables[i], r, err);
	for (size_t i = 0; rc == RS_OK && side == NULL && i < e->n_tables; i++)
		rc = check_ours(e, &e->tables[i].meta, r, err);
	return rc;
}

static bool has_some(struct rs_side *side, const struct rs_request *r)
{
	struct rs_selection *both = rs_selection_both(side->objects, r->tables);
	bool has = !rs_selection_is_empty(both) && rs_side_state(side) != RS_SIDE_CHECKING;

	rs_selection_free(both);
	return has && (r->action == RS_TABLE_RESYNC || rs_side_state(side) == RS_SIDE_RESTING);
}

/* All sides that have some of the tables, by their ids, which outlive them. */
static char **sides_with(struct rs_engine *e, const struct rs_request *r, size_t *n)
{
	char **ids = NULL;
	size_t cap = 0;

	*n = 0;
	for (struct rs_side *side = e->objects.sides; side != NULL; side = side->next)
		if (has_some(side, r)) {
			RS_GROW(ids, *n, cap);
			ids[(*n)++] = rs_xstrdup(side->id);
		}
	return ids;
}

static void ids_free(char **ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(ids[i]);
	free(ids);
}

static struct rs_side *side_of(struct rs_engine *e, const char *id)
{
	for (struct rs_side *side = e->objects.sides; side != NULL; side = side->next)
		if (strcmp(side->id, id) == 0)
			return side;
	return NULL;
}

/* Nothing is changed before all of it can be. */
static enum rs_rc check_sides(struct rs_engine *e, const struct rs_request *r, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (struct rs_side *side = e->objects.sides; rc == RS_OK && side != NULL; side = side->next)
		if (has_some(side, r)) {
			rc = check_whole(side, r->tables, err);
			rc = rc == RS_OK ? check_all_ours(e, side, r, err) : rc;
		}
	return rc;
}

/* Those of the stream become a side first. */
static enum rs_rc split_some(struct rs_engine *e, const struct rs_request *r, bool *any, struct rs_err *err)
{
	struct rs_selection *here = rs_selection_both(e->task->objects, r->tables);
	enum rs_rc rc = RS_OK;

	*any = r->action == RS_TABLE_RESYNC && !rs_selection_is_empty(here);
	rs_selection_free(here);
	if (*any)
		rc = check_all_ours(e, NULL, r, err);
	return *any && rc == RS_OK ? split(e, r->tables, true, err) : rc;
}

static enum rs_rc go_on_with(struct rs_engine *e, char *const *ids, size_t n, struct rs_err *err)
{
	enum rs_rc rc = check_can_rest(e, err);

	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = e->sink->ops->resume_side(e->sink, ids[i], err);
	return rc;
}

/* What is copied anew by one command is copied together, as of one moment where foreign keys want that. */
static enum rs_rc begin_anew(struct rs_engine *e, char *const *ids, size_t n, struct rs_err *err)
{
	struct rs_selection *all = rs_selection_copy(side_of(e, ids[0])->objects);

	for (size_t i = 0; i < n; i++) {
		rs_selection_add_all(all, side_of(e, ids[i])->objects);
		rs_side_end(side_of(e, ids[i]));
	}
	char *text = rs_objects_text(all);
	enum rs_rc rc = e->sink->ops->resync_sides(e->sink, (const char *const *)ids, n, text, err);
	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rs_side_remove(e, side_of(e, ids[i]));
	rs_selection_free(all);
	free(text);
	return rc;
}

static enum rs_rc resume_or_resync(struct rs_engine *e, const struct rs_request *r, struct rs_err *err)
{
	bool any = false, anew = r->action == RS_TABLE_RESYNC;
	size_t n = 0;
	enum rs_rc rc = check_sides(e, r, err);

	if (rc == RS_OK)
		rc = split_some(e, r, &any, err);
	char **ids = rc == RS_OK ? sides_with(e, r, &n) : NULL;
	if (rc == RS_OK && n == 0)
		rc = rs_err_set(err, RS_E_OBJECTS, anew ? _("nothing of this is synchronized by the task's own stream now")
		                                        : _("nothing of this is suspended"));
	if (rc == RS_OK)
		rc = anew ? begin_anew(e, ids, n, err) : go_on_with(e, ids, n, err);
	if (rc == RS_OK)
		rs_objects_remember(e, anew ? "copied anew" : "resumed", r->tables);
	if (rc == RS_OK)
		rc = rs_objects_read(e, err);
	ids_free(ids, n);
	return rc;
}

static enum rs_rc too_early(struct rs_err *err)
{
	rs_err_set(err, RS_E_OBJECTS, _("the task is being initialized"));
	return rs_err_hint(err, _("wait until it is synchronizing; or change its objects, which is taken up then"));
}

static void free_request(struct rs_request *r)
{
	rs_selection_free(r->tables);
	rs_err_clear(&r->err);
	free(r);
}

static void drop(struct rs_objects *o, struct rs_request *r)
{
	for (struct rs_request **at = &o->requests; *at != NULL; at = &(*at)->next)
		if (*at == r) {
			*at = r->next;
			break;
		}
	free_request(r);
}

static void answer(struct rs_engine *e, struct rs_request *r, enum rs_rc rc)
{
	rs_monitor_enter(&e->objects.monitor);
	r->rc = rc;
	r->done = true;
	if (r->forgotten)
		drop(&e->objects, r);
	rs_monitor_wake(&e->objects.monitor);
	rs_monitor_leave(&e->objects.monitor);
}

static struct rs_request *first_request(struct rs_engine *e)
{
	rs_monitor_enter(&e->objects.monitor);
	struct rs_request *r = e->objects.requests;
	while (r != NULL && r->done)
		r = r->next;
	if (r != NULL)
		r->taken = true;
	rs_monitor_leave(&e->objects.monitor);
	return r;
}

void rs_objects_refuse(struct rs_engine *e)
{
	struct rs_request *r;

	rs_monitor_enter(&e->objects.monitor);
	e->objects.early = true;
	rs_monitor_leave(&e->objects.monitor);
	while ((r = first_request(e)) != NULL) {
		too_early(&r->err);
		answer(e, r, RS_FAIL);
	}
}

static bool is_refusal(const struct rs_err *err) { return err->code == RS_E_OBJECTS || err->code == RS_E_NOT_OURS; }

/* One that failed has said why to who asked; the rest is read anew, in case it was a connection. */
enum rs_rc rs_objects_answer(struct rs_engine *e, struct rs_err *err)
{
	struct rs_request *r;
	enum rs_rc rc = RS_OK;

	rs_monitor_enter(&e->objects.monitor);
	e->objects.early = false;
	rs_monitor_leave(&e->objects.monitor);
	while (rc == RS_OK && (r = first_request(e)) != NULL) {
		struct rs_err failed = RS_ERR_INIT;
		enum rs_rc done = r->action == RS_TABLE_SUSPEND ? suspend(e, r->tables, &failed) : resume_or_resync(e, r, &failed);
		if (done != RS_OK && !is_refusal(&failed)) {
			rs_err_copy(err, &failed);
			rc = RS_FAIL;
		}
		rs_err_move(&r->err, &failed);
		answer(e, r, done);
	}
	return rc;
}

/* ---------------------------------------------------------------- asking */

/* One that stopped tries again: it may have been for the sake of this table. */
static void go_on(struct rs_engine *e)
{
	enum rs_state state = rs_stats_state(&e->stats);

	if (state == RS_STATE_FAILED || state == RS_STATE_INITIALIZE_FAILED)
		rs_engine_command(e, RS_CMD_RESUME);
	rs_engine_renew(e);
}

static enum rs_rc paused(const struct rs_engine *e, struct rs_err *err)
{
	rs_err_set(err, RS_E_OBJECTS, _("the task is paused: its objects are changed while changes are applied"));
	return rs_err_hint(err, _("\"rds-sync resume %s\" first"), e->task->name);
}

static bool is_paused(struct rs_engine *e)
{
	rs_monitor_enter(&e->monitor);
	bool yes = e->wish == RS_WISH_PAUSE;
	rs_monitor_leave(&e->monitor);
	return yes;
}

static struct rs_request *find(const struct rs_objects *o, uint64_t ticket)
{
	struct rs_request *r = o->requests;

	while (r != NULL && r->ticket != ticket)
		r = r->next;
	return r;
}

/* 0: too early. */
static uint64_t append(struct rs_objects *o, struct rs_request *r)
{
	struct rs_request **end = &o->requests;
	uint64_t ticket = 0;

	rs_monitor_enter(&o->monitor);
	while (*end != NULL)
		end = &(*end)->next;
	if (!o->early) {
		ticket = r->ticket = ++o->tickets;
		*end = r;
	}
	rs_monitor_leave(&o->monitor);
	return ticket;
}

uint64_t rs_objects_ask(struct rs_engine *e, enum rs_table_action action, const struct rs_selection *tables, bool force,
                        rs_usec timeout, struct rs_err *err)
{
	if (is_paused(e)) {
		paused(e, err);
		return 0;
	}
	struct rs_request *r = rs_xcalloc(1, sizeof *r);
	*r = (struct rs_request){.action = action, .tables = rs_selection_copy(tables), .force = force, .err = RS_ERR_INIT,
	                         .rc = RS_AGAIN, .until = rs_clock_mono() + timeout};
	uint64_t ticket = append(&e->objects, r);
	if (ticket == 0) {
		free_request(r);
		too_early(err);
		return 0;
	}
	go_on(e);
	return ticket;
}

static enum rs_rc too_late(struct rs_err *err)
{
	rs_err_set(err, RS_E_OBJECTS, _("the task did not come to it in time"));
	return rs_err_hint(err, _("objects are changed while changes are applied: see what the task is doing, and try again"));
}

bool rs_objects_look(struct rs_engine *e, uint64_t ticket, struct rs_err *err)
{
	struct rs_objects *o = &e->objects;

	rs_monitor_enter(&o->monitor);
	struct rs_request *r = find(o, ticket);
	bool late = r != NULL && !r->taken && (rs_clock_mono() >= r->until || rs_engine_stopping(e));
	bool over = r == NULL || r->done || late;
	if (r != NULL && r->done && r->rc != RS_OK)
		rs_err_move(err, &r->err);
	else if (late)
		too_late(err);
	if (r != NULL && over)
		drop(o, r);
	rs_monitor_leave(&o->monitor);
	return over;
}

void rs_objects_forget(struct rs_engine *e, uint64_t ticket)
{
	struct rs_objects *o = &e->objects;

	rs_monitor_enter(&o->monitor);
	struct rs_request *r = find(o, ticket);
	if (r != NULL && r->done)
		drop(o, r);
	else if (r != NULL)
		r->forgotten = true;
	rs_monitor_leave(&o->monitor);
}

void rs_objects_drop_requests(struct rs_objects *o)
{
	while (o->requests != NULL)
		drop(o, o->requests);
}

enum rs_rc rs_objects_request(struct rs_engine *e, enum rs_table_action action, const struct rs_selection *tables, bool force,
                              rs_usec timeout, struct rs_cancel *cancel, struct rs_err *err)
{
	struct rs_err why = RS_ERR_INIT;
	uint64_t ticket = rs_objects_ask(e, action, tables, force, timeout, &why);

	while (ticket > 0 && !rs_objects_look(e, ticket, &why)) {
		if (cancel && rs_cancel_is_set(cancel)) {
			rs_objects_forget(e, ticket);
			return rs_err_set(err, RS_E_CANCELLED, _("cancelled"));
		}
		rs_monitor_enter(&e->objects.monitor);
		rs_monitor_wait(&e->objects.monitor, LOOK);
		rs_monitor_leave(&e->objects.monitor);
	}
	enum rs_rc rc = rs_err_is_set(&why) ? RS_FAIL : RS_OK;
	rs_err_move(err, &why);
	rs_err_clear(&why);
	return rc;
}
