#include "engine/copy/anchor.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/copy/definitions.h"
#include "engine/copy/mend.h"
#include "engine/copy/start.h"
#include "engine/follow/xa.h"

struct planning {
	struct rs_map dbs;
	struct rs_anchor_options options;
	uint64_t compared;
	struct rs_buf names[RS_ANCHORED_LISTS];
	bool *seen;                      /* of the tables that the plan had: the catalogue has it still */
	char **resync;                   /* ids of sides that begin anew */
	size_t n_resync, cap_resync;
};

/* why: NULL where the list says it all. */
static void add_name(struct planning *out, enum rs_anchored_list list, const char *db, const char *name, const char *why)
{
	struct rs_buf *names = &out->names[list];

	rs_buf_addf(names, "%s%s.%s", names->len > 0 ? ", " : "", db, name);
	if (why != NULL)
		rs_buf_addf(names, " (%s)", why);
}

/* ---------------------------------------------------------------- schemas */

static bool same_key(const struct rs_foreign_key *a, const struct rs_foreign_key *b)
{
	bool same = a->n_columns == b->n_columns && a->on_delete == b->on_delete && a->on_update == b->on_update &&
	            strcmp(a->parent_db, b->parent_db) == 0 && strcmp(a->parent_table, b->parent_table) == 0;

	for (size_t i = 0; same && i < a->n_columns; i++)
		same = strcmp(a->columns[i], b->columns[i]) == 0 && strcmp(a->parent_columns[i], b->parent_columns[i]) == 0;
	return same;
}

/* Whatever the keys' names are. */
static bool same_foreign_keys(const struct rs_table *a, const struct rs_table *b)
{
	if (a->n_foreign_keys != b->n_foreign_keys)
		return false;
	for (size_t i = 0; i < a->n_foreign_keys; i++) {
		bool found = false;
		for (size_t k = 0; !found && k < b->n_foreign_keys; k++)
			found = same_key(&a->foreign_keys[i], &b->foreign_keys[k]);
		if (!found)
			return false;
	}
	return true;
}

static bool is_whole(const struct rs_sync_table *t)
{
	return t->meta.old != RS_OLD_REMOVE && (t->meta.state == RS_TABLE_CREATED || t->meta.state == RS_TABLE_COPIED);
}

/* Why what the destination has is not compared, but made anew; NULL: it is as we know it to be. malloc'ed. */
static char *why_anew(const struct rs_sync_table *t, const struct rs_object *o, bool exists)
{
	bool of_key = false;
	const char *differs = t->meta.schema != NULL ? rs_table_difference(t->meta.schema, o->schema, &of_key) : NULL;

	if (!exists)
		return rs_xstrdup(_("missing at the destination"));
	if (t->meta.schema == NULL || !is_whole(t))
		return rs_xstrdup(_("was not copied yet"));
	if (differs != NULL)
		return rs_xprintf(of_key ? _("key %s") : _("column %s"), differs);
	if (!same_foreign_keys(t->meta.schema, o->schema))
		return rs_xstrdup(_("foreign keys"));
	return t->route == NULL ? rs_xstrdup(_("does not fit at the destination")) : NULL;
}

/* ---------------------------------------------------------------- tables */

/* Tables that the user filled lose rows at his word alone. */
static enum rs_rc check_ours(const struct rs_sync_table *t, const struct planning *o, struct rs_err *err)
{
	if (t->meta.ours || o->options.force)
		return RS_OK;
	rs_err_set(err, RS_E_NOT_OURS, _("%s.%s was at the destination before the task, which does not delete rows there by itself"),
	           t->meta.db, t->meta.name);
	return rs_err_hint(err, _("--force has all rows deleted there that the source does not have"));
}

static void plan_anew(struct rs_sync_table *t, const struct rs_object *o, bool exists)
{
	t->meta.state = RS_TABLE_PLANNED;
	t->meta.old = exists ? RS_OLD_REMOVE : RS_OLD_NONE;
	t->meta.ours = t->meta.ours || !exists;
	t->meta.loose = false;
	rs_table_unref(t->meta.schema);
	t->meta.schema = rs_table_ref(o->schema);
}

/* What rows don't show. Where they would have to be made anew for it, why is set. */
static enum rs_rc plan_definition(struct rs_engine *e, struct planning *out, const struct rs_object *o, char **why, struct rs_err *err)
{
	struct rs_definition_news news = {.why = NULL};
	const char *column;
	enum rs_rc rc = rs_definition_compare(e, o, &news, err);

	if (rc == RS_OK && rs_definition_changes_rows(&news, &column))
		*why = rs_xprintf(_("generated column %s"), column);
	else if (rc == RS_OK)
		rs_definition_tell(e, o, &news, &out->names[RS_ANCHORED_BROUGHT], &out->names[RS_ANCHORED_LEFT]);
	rs_definition_news_clear(&news);
	return rc;
}

/* Why its rows are not compared, although it is as it was (copy_tables.c); NULL: they are. */
static const char *why_copied(const struct rs_sync_table *t)
{
	if (t->route->row_key == NULL)
		return _("no key");
	if (t->route->n_cascades > 0 || t->route->is_cascaded_to)
		return _("foreign keys with actions");
	return rs_mend_is_possible(t) ? NULL : _("the destination sorts its key otherwise");
}

static void plan_same(struct planning *out, struct rs_sync_table *t)
{
	const char *why = why_copied(t);

	t->meta.state = RS_TABLE_CREATED;
	t->meta.old = RS_OLD_COMPARE;
	out->compared += why == NULL;
	if (why != NULL)
		add_name(out, RS_ANCHORED_COPIED, t->meta.db, t->meta.name, why);
}

static void forget_places(struct rs_meta_table *m)
{
	rs_position_clear(&m->exact);
	rs_position_clear(&m->overlap);
	rs_position_clear(&m->defaulted);
	rs_meta_online_free(m->online);
	m->online = NULL;
	m->rows = 0;
}

static enum rs_rc plan_known(struct rs_engine *e, struct planning *out, struct rs_sync_table *t, const struct rs_object *o,
                             struct rs_err *err)
{
	bool exists = false;
	char *why = NULL;
	enum rs_rc rc = check_ours(t, out, err);

	if (rc == RS_OK)
		rc = e->sink->ops->exists(e->sink, RS_OBJECT_TABLE, t->dest_db, t->dest_name, &exists, err);
	if (rc == RS_OK && !exists && !e->task->sync.schema)
		rc = rs_start_check_existing(e, &out->dbs, o, &exists, err);
	if (rc == RS_OK)
		why = why_anew(t, o, exists);
	if (rc == RS_OK && why == NULL && e->task->sync.schema && t->meta.ours)
		rc = plan_definition(e, out, o, &why, err);
	if (rc != RS_OK)
		return rc;
	forget_places(&t->meta);
	if (why == NULL) {
		plan_same(out, t);
		return RS_OK;
	}
	plan_anew(t, o, exists);
	add_name(out, RS_ANCHORED_ANEW, t->meta.db, t->meta.name, why);
	free(why);
	return RS_OK;
}

static enum rs_rc plan_new(struct rs_engine *e, struct planning *out, const struct rs_object *o, struct rs_err *err)
{
	bool exists = false;
	enum rs_rc rc = rs_start_check_existing(e, &out->dbs, o, &exists, err);

	if (rc != RS_OK)
		return rc;
	rs_start_plan_table(e, o, exists);
	add_name(out, RS_ANCHORED_ADDED, o->db, o->name, NULL);
	return RS_OK;
}

static enum rs_rc plan_table(struct rs_engine *e, struct planning *out, const struct rs_object *o, struct rs_err *err)
{
	struct rs_sync_table *t = rs_plan_find(e, o->db, o->name);

	if (t == NULL)
		return plan_new(e, out, o, err);
	out->seen[t - e->tables] = true;
	return plan_known(e, out, t, o, err);
}

static enum rs_rc plan_all(struct rs_engine *e, struct planning *out, struct rs_err *err)
{
	const size_t n = e->n_tables;
	enum rs_rc rc = rs_plan_route_all(e, true, err);
	char *why = NULL;

	out->seen = rs_xcalloc(n + 1, sizeof *out->seen);
	if (rc == RS_OK && e->task->sync.schema)
		rc = rs_definitions_begin(e, err);
	for (size_t i = 0; rc == RS_OK && i < e->catalog.count; i++) {
		const struct rs_object *o = &e->catalog.objects[i];

		if (o->kind == RS_OBJECT_TABLE)
			rc = plan_table(e, out, o, err);
		else if (e->task->sync.schema && rs_start_is_code(e, o))
			rc = plan_definition(e, out, o, &why, err);
	}
	free(why);
	return rc;
}

/* ---------------------------------------------------------------- what is on a way of its own */

static bool is_lost(const struct rs_err *err)
{
	return err->code == RS_E_BINLOG_PURGED || err->code == RS_E_SOURCE_DIVERGED || err->code == RS_E_BINLOG_INCIDENT;
}

static enum rs_rc has_log(struct rs_engine *e, const struct rs_position *from, bool *lost, struct rs_err *err)
{
	struct rs_err failed = RS_ERR_INIT;
	struct rs_stream *stream = NULL;
	enum rs_rc rc = e->source->ops->stream(e->source, from, &stream, &failed);

	*lost = rc == RS_FAIL && is_lost(&failed);
	if (rc == RS_OK)
		stream->ops->close(stream);
	else if (!*lost)
		rs_err_move(err, &failed);
	rs_err_clear(&failed);
	return *lost ? RS_OK : rc;
}

/* Only what rests may be told to begin anew from here. */
static bool may_resync(const struct planning *out, const struct rs_meta_side *side)
{
	bool may = out->options.resync && side->role == RS_SIDE_SUSPENDED;

	for (size_t i = 0; i < side->n_tables; i++)
		may = may && (side->tables[i].ours || out->options.force);
	return may;
}

static enum rs_rc plan_side(struct rs_engine *e, struct planning *out, const struct rs_meta_side *side, struct rs_err *err)
{
	bool lost = false, resync = may_resync(out, side);
	enum rs_rc rc = rs_position_is_set(&side->position) ? has_log(e, &side->position, &lost, err) : RS_OK;

	if (rc != RS_OK || !lost)
		return rc;
	if (resync) {
		RS_GROW(out->resync, out->n_resync, out->cap_resync);
		out->resync[out->n_resync++] = rs_xstrdup(side->id);
	}
	for (size_t i = 0; i < side->n_tables; i++)
		add_name(out, resync ? RS_ANCHORED_ANEW : RS_ANCHORED_LOST, side->tables[i].db, side->tables[i].name,
		         resync ? _("was suspended, and its log is lost") : NULL);
	return RS_OK;
}

static enum rs_rc plan_sides(struct rs_engine *e, struct planning *out, struct rs_err *err)
{
	struct rs_meta_side *sides = NULL;
	size_t n = 0;
	enum rs_rc rc = e->sink->ops->load_sides(e->sink, &sides, &n, err);

	for (size_t i = 0; i < n; i++) {
		if (rc == RS_OK)
			rc = plan_side(e, out, &sides[i], err);
		rs_meta_side_clear(&sides[i]);
	}
	free(sides);
	return rc;
}

static enum rs_rc resync_sides(struct rs_engine *e, const struct planning *out, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < out->n_resync; i++)
		rc = e->sink->ops->save_side(e->sink, out->resync[i], RS_SIDE_RESYNC, err);
	return rc;
}

/* ---------------------------------------------------------------- the transaction */

static enum rs_rc save(struct rs_engine *e, struct planning *out, size_t n_before, const struct rs_position *prepared,
                       struct rs_err *err)
{
	struct rs_meta_table *metas = rs_xcalloc(e->n_tables + 1, sizeof *metas);
	const struct rs_meta_table **gone = rs_xcalloc(e->n_tables + 1, sizeof *gone);
	struct rs_meta_start start = {.p0 = &e->meta.p0, .prepared = prepared, .tables = metas};
	size_t n_gone = 0;
	char *identity = NULL;
	enum rs_rc rc = e->source->ops->identity(e->source, &identity, err);

	for (size_t i = 0; i < e->n_tables; i++) {
		if (i >= n_before || out->seen[i]) {
			metas[start.n_tables++] = e->tables[i].meta; /* texts stay the table's */
			continue;
		}
		gone[n_gone++] = &e->tables[i].meta;
		add_name(out, RS_ANCHORED_GONE, e->tables[i].meta.db, e->tables[i].meta.name, NULL);
	}
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

static void take_outcome(struct rs_engine *e, struct planning *p)
{
	struct rs_anchored a = {.at = rs_xprintf("%s:%llu", e->meta.p0.file ? e->meta.p0.file : "", (unsigned long long)e->meta.p0.offset),
	                        .compared = p->compared};

	for (int i = 0; i < RS_ANCHORED_LISTS; i++)
		a.lists[i] = rs_buf_take(&p->names[i]);
	rs_monitor_enter(&e->monitor);
	rs_anchored_clear(&e->anchor.outcome);
	e->anchor.outcome = a;
	rs_monitor_leave(&e->monitor);
}

static enum rs_rc check_phase(const struct rs_engine *e, struct rs_err *err)
{
	if (e->meta.phase == RS_META_COPY || e->meta.phase == RS_META_FOLLOW || e->meta.anchored)
		return RS_OK;
	rs_err_set(err, RS_E_OBJECTS, _("nothing of the task is at the destination yet: there is nothing to go on with"));
	return rs_err_hint(err, _("release the task, and start it again"));
}

/* What stands at its address may be another server by mistake: then all rows would go that it does not have. */
static enum rs_rc check_source(struct rs_engine *e, bool force, struct rs_err *err)
{
	char *now = NULL;
	enum rs_rc rc = e->source->ops->identity(e->source, &now, err);

	if (rc == RS_OK && !force && e->meta.source_identity != NULL && strcmp(now, e->meta.source_identity) != 0) {
		rs_err_set(err, RS_E_CONN_WRONG_SERVER, _("another server answers at the source's address"));
		rs_err_detail(err, "expected %s, found %s", e->meta.source_identity, now);
		rs_err_hint(err, _("--force takes this one for the source: the destination loses all that it does not have"));
		rc = RS_FAIL;
	}
	free(now);
	return rc;
}

static void planning_release(struct planning *out)
{
	rs_map_release(&out->dbs, NULL);
	for (int i = 0; i < RS_ANCHORED_LISTS; i++)
		rs_buf_release(&out->names[i]);
	free(out->seen);
	for (size_t i = 0; i < out->n_resync; i++)
		free(out->resync[i]);
	free(out->resync);
}

static enum rs_rc plan(struct rs_engine *e, struct planning *out, struct rs_err *err)
{
	enum rs_rc rc = check_phase(e, err);

	if (rc == RS_OK)
		rc = check_source(e, out->options.force, err);
	if (rc == RS_OK)
		rc = rs_start_read_catalog(e, err);
	return rc == RS_OK ? plan_all(e, out, err) : rc;
}

static enum rs_rc anchor(struct rs_engine *e, const struct rs_anchor_options *options, struct rs_err *err)
{
	struct planning out = {.options = *options, .dbs = RS_MAP_INIT};
	struct rs_position prepared = RS_POSITION_INIT, before = RS_POSITION_INIT;
	const size_t n_before = e->n_tables;

	for (int i = 0; i < RS_ANCHORED_LISTS; i++)
		rs_buf_init(&out.names[i], RS_BUF_TEXT_MAX);
	rs_position_copy(&before, rs_position_is_set(&e->meta.position) ? &e->meta.position : &e->meta.p0);
	rs_stats_note(&e->stats, "%s", _("reading the source's catalogue"));
	enum rs_rc rc = plan(e, &out, err);
	if (rc == RS_OK)
		rc = rs_xa_wait_prepared(e, &prepared, err);
	if (rc == RS_OK)
		rc = plan_sides(e, &out, err);
	if (rc == RS_OK)
		rc = save(e, &out, n_before, &prepared, err);
	rs_step("anchored");
	if (rc == RS_OK) {
		rs_spool_forget(e);
		forget_numbers(e);
		rs_stats_set_state(&e->stats, RS_STATE_INITIALIZING);
		take_outcome(e, &out);
		tell(e, &before, &e->anchor.outcome);
		rc = resync_sides(e, &out, err);
	}
	rs_position_clear(&prepared);
	rs_position_clear(&before);
	planning_release(&out);
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
	e->anchor.wanted = false;
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

uint64_t rs_anchor_ask(struct rs_engine *e, const struct rs_anchor_options *options, struct rs_err *err)
{
	if (rs_stats_state(&e->stats) == RS_STATE_INITIALIZING) {
		rs_err_set(err, RS_E_OBJECTS, _("the task is being initialized: what it needs of the log is not known to be lost"));
		rs_err_hint(err, _("pause it first, where it is to begin anew all the same"));
		return 0;
	}
	rs_monitor_enter(&e->monitor);
	e->anchor.wanted = true;
	e->anchor.options = *options;
	e->anchor.done = false;
	uint64_t ticket = ++e->anchor.ticket;
	rs_monitor_leave(&e->monitor);
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
