#include "engine/copy/anchor.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/copy/start.h"
#include "engine/follow/xa.h"

struct planning {
	struct rs_map dbs;
	bool force;
	uint64_t compared;
	struct rs_buf anew, added, gone; /* names */
	bool *seen;                      /* of the tables that the plan had: the catalogue has it still */
};

void rs_anchored_clear(struct rs_anchored *a)
{
	free(a->at);
	free(a->anew);
	free(a->added);
	free(a->gone);
	*a = (struct rs_anchored){0};
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

/* As we know it to be at the destination. */
static bool is_as_it_was(const struct rs_sync_table *t, const struct rs_object *o)
{
	return t->meta.schema != NULL && t->route != NULL && rs_table_same(t->meta.schema, o->schema) &&
	       same_foreign_keys(t->meta.schema, o->schema) && t->meta.old != RS_OLD_REMOVE &&
	       (t->meta.state == RS_TABLE_CREATED || t->meta.state == RS_TABLE_COPIED);
}

static void add_name(struct rs_buf *names, const char *db, const char *name)
{
	rs_buf_addf(names, "%s%s.%s", names->len > 0 ? ", " : "", db, name);
}

/* ---------------------------------------------------------------- tables */

/* Tables that the user filled lose rows at his word alone. */
static enum rs_rc check_ours(const struct rs_sync_table *t, const struct planning *o, struct rs_err *err)
{
	if (t->meta.ours || o->force)
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

static enum rs_rc plan_known(struct rs_engine *e, struct planning *out, struct rs_sync_table *t, const struct rs_object *o,
                             struct rs_err *err)
{
	bool exists = false;
	enum rs_rc rc = check_ours(t, out, err);

	if (rc == RS_OK)
		rc = e->sink->ops->exists(e->sink, RS_OBJECT_TABLE, t->dest_db, t->dest_name, &exists, err);
	if (rc == RS_OK && !exists && !e->task->sync.schema)
		rc = rs_start_check_existing(e, &out->dbs, o, &exists, err);
	if (rc != RS_OK)
		return rc;
	rs_position_clear(&t->meta.exact);
	rs_position_clear(&t->meta.overlap);
	rs_meta_online_free(t->meta.online);
	t->meta.online = NULL;
	t->meta.rows = 0;
	if (exists && is_as_it_was(t, o)) {
		t->meta.state = RS_TABLE_CREATED;
		t->meta.old = RS_OLD_COMPARE;
		out->compared++;
		return RS_OK;
	}
	plan_anew(t, o, exists);
	add_name(&out->anew, t->meta.db, t->meta.name);
	return RS_OK;
}

static enum rs_rc plan_new(struct rs_engine *e, struct planning *out, const struct rs_object *o, struct rs_err *err)
{
	bool exists = false;
	enum rs_rc rc = rs_start_check_existing(e, &out->dbs, o, &exists, err);

	if (rc != RS_OK)
		return rc;
	rs_start_plan_table(e, o, exists);
	add_name(&out->added, o->db, o->name);
	return RS_OK;
}

static enum rs_rc plan_all(struct rs_engine *e, struct planning *out, struct rs_err *err)
{
	const size_t n = e->n_tables;
	enum rs_rc rc = rs_plan_route_all(e, true, err);

	out->seen = rs_xcalloc(n + 1, sizeof *out->seen);
	for (size_t i = 0; rc == RS_OK && i < e->catalog.count; i++) {
		const struct rs_object *o = &e->catalog.objects[i];
		struct rs_sync_table *t = o->kind == RS_OBJECT_TABLE ? rs_plan_find(e, o->db, o->name) : NULL;

		if (o->kind != RS_OBJECT_TABLE)
			continue;
		if (t != NULL)
			out->seen[t - e->tables] = true;
		rc = t != NULL ? plan_known(e, out, t, o, err) : plan_new(e, out, o, err);
	}
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
		add_name(&out->gone, e->tables[i].meta.db, e->tables[i].meta.name);
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

static void tell_names(struct rs_err *news, const char *what, const char *names)
{
	if (*names != '\0')
		rs_err_detail(news, "%s: %s", what, names);
}

static void tell(struct rs_engine *e, const struct rs_position *before, const struct rs_anchored *a)
{
	struct rs_err news = RS_ERR_INIT;

	rs_err_set(&news, RS_E_ANCHORED, _("the task was begun anew at %s, on top of what the destination has"), a->at);
	tell_names(&news, _("no longer at the source, left at the destination"), a->gone);
	tell_names(&news, _("made and copied anew, since their definitions differ"), a->anew);
	tell_names(&news, _("new"), a->added);
	rs_err_detail(&news, _("tables that are compared and repaired: %llu; the log from %s:%llu on was not read"),
	              (unsigned long long)a->compared, before->file ? before->file : "", (unsigned long long)before->offset);
	rs_journal(e, RS_LOG_WARN, &news, "anchored anew");
	rs_stats_problem(&e->stats, &news, NULL, false);
	rs_err_clear(&news);
}

static void take_outcome(struct rs_engine *e, struct planning *p)
{
	struct rs_anchored a = {.at = rs_xprintf("%s:%llu", e->meta.p0.file ? e->meta.p0.file : "", (unsigned long long)e->meta.p0.offset),
	                        .compared = p->compared, .anew = rs_buf_take(&p->anew), .added = rs_buf_take(&p->added),
	                        .gone = rs_buf_take(&p->gone)};

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

static enum rs_rc anchor(struct rs_engine *e, bool force, struct rs_err *err)
{
	struct planning out = {.force = force, .dbs = RS_MAP_INIT, .anew = RS_BUF_INIT, .added = RS_BUF_INIT, .gone = RS_BUF_INIT};
	struct rs_position prepared = RS_POSITION_INIT, before = RS_POSITION_INIT;
	const size_t n_before = e->n_tables;

	rs_position_copy(&before, rs_position_is_set(&e->meta.position) ? &e->meta.position : &e->meta.p0);
	rs_stats_note(&e->stats, "%s", _("reading the source's catalogue"));
	enum rs_rc rc = check_phase(e, err);
	if (rc == RS_OK)
		rc = check_source(e, force, err);
	if (rc == RS_OK)
		rc = rs_start_read_catalog(e, err);
	if (rc == RS_OK)
		rc = plan_all(e, &out, err);
	if (rc == RS_OK)
		rc = rs_xa_wait_prepared(e, &prepared, err);
	if (rc == RS_OK)
		rc = save(e, &out, n_before, &prepared, err);
	rs_step("anchored");
	if (rc == RS_OK) {
		rs_spool_forget(e);
		forget_numbers(e);
		rs_stats_set_state(&e->stats, RS_STATE_INITIALIZING);
		take_outcome(e, &out);
		tell(e, &before, &e->anchor.outcome);
	}
	rs_position_clear(&prepared);
	rs_position_clear(&before);
	rs_map_release(&out.dbs, NULL);
	rs_buf_release(&out.anew);
	rs_buf_release(&out.added);
	rs_buf_release(&out.gone);
	free(out.seen);
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
	bool force = e->anchor.force, alone = e->anchor.alone;
	rs_monitor_leave(&e->monitor);
	enum rs_rc rc = anchor(e, force, err);

	if (alone)
		rs_engine_command(e, RS_CMD_STOP);
	answer(e, rc, err);
	return rc == RS_OK ? RS_AGAIN : rc;
}

void rs_anchor_give_up(struct rs_engine *e, const struct rs_err *err)
{
	if (rs_anchor_is_wanted(e))
		answer(e, RS_FAIL, err);
}

/* Who asked for it the first time had the same said. */
enum rs_rc rs_anchor_again(struct rs_engine *e, struct rs_err *err)
{
	enum rs_rc rc = anchor(e, true, err);

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

uint64_t rs_anchor_ask(struct rs_engine *e, bool force, struct rs_err *err)
{
	if (rs_stats_state(&e->stats) == RS_STATE_INITIALIZING) {
		rs_err_set(err, RS_E_OBJECTS, _("the task is being initialized: what it needs of the log is not known to be lost"));
		rs_err_hint(err, _("pause it first, where it is to begin anew all the same"));
		return 0;
	}
	rs_monitor_enter(&e->monitor);
	e->anchor.wanted = true;
	e->anchor.force = force;
	e->anchor.done = false;
	uint64_t ticket = ++e->anchor.ticket;
	rs_monitor_leave(&e->monitor);
	rs_engine_command(e, RS_CMD_RESUME);
	rs_engine_renew(e);
	return ticket;
}

static void copy_outcome(struct rs_anchored *to, const struct rs_anchored *from)
{
	*to = (struct rs_anchored){rs_xstrdup(from->at), from->compared, rs_xstrdup(from->anew), rs_xstrdup(from->added),
	                           rs_xstrdup(from->gone)};
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
