#include "engine/copy/anchor_plan.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/copy/definitions.h"
#include "engine/copy/mend.h"
#include "engine/copy/start.h"

/* why: NULL where the list says it all. */
static void add_name(struct rs_anchor_plan *out, enum rs_anchored_list list, const char *db, const char *name, const char *why)
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
static enum rs_rc check_ours(const struct rs_sync_table *t, struct rs_anchor_plan *out, struct rs_err *err)
{
	if (t->meta.ours)
		return RS_OK;
	if (out->foreseen)
		add_name(out, RS_ANCHORED_FOREIGN, t->meta.db, t->meta.name, NULL);
	if (out->foreseen || out->options.force)
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
static enum rs_rc plan_definition(struct rs_engine *e, struct rs_anchor_plan *out, const struct rs_object *o, char **why, struct rs_err *err)
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

static void plan_same(struct rs_anchor_plan *out, struct rs_sync_table *t)
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

static enum rs_rc plan_known(struct rs_engine *e, struct rs_anchor_plan *out, struct rs_sync_table *t, const struct rs_object *o,
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

static enum rs_rc plan_new(struct rs_engine *e, struct rs_anchor_plan *out, const struct rs_object *o, struct rs_err *err)
{
	bool exists = false;
	enum rs_rc rc = rs_start_check_existing(e, &out->dbs, o, &exists, err);

	if (rc != RS_OK)
		return rc;
	rs_start_plan_table(e, o, exists);
	add_name(out, RS_ANCHORED_ADDED, o->db, o->name, NULL);
	return RS_OK;
}

static enum rs_rc plan_table(struct rs_engine *e, struct rs_anchor_plan *out, const struct rs_object *o, struct rs_err *err)
{
	struct rs_sync_table *t = rs_plan_find(e, o->db, o->name);

	if (t == NULL)
		return plan_new(e, out, o, err);
	out->seen[t - e->tables] = true;
	return plan_known(e, out, t, o, err);
}

/* What shows in no table. */
static enum rs_rc plan_other(struct rs_engine *e, struct rs_anchor_plan *out, const struct rs_object *o, struct rs_err *err)
{
	char *why = NULL;
	enum rs_rc rc = rs_start_is_code(e, o) || o->kind == RS_OBJECT_DATABASE ? plan_definition(e, out, o, &why, err) : RS_OK;

	free(why);
	return rc;
}

static enum rs_rc plan_object(struct rs_engine *e, struct rs_anchor_plan *out, const struct rs_object *o, struct rs_err *err)
{
	if (rs_engine_stopping(e))
		return RS_CANCELLED;
	if (o->kind == RS_OBJECT_TABLE)
		return plan_table(e, out, o, err);
	return e->task->sync.schema ? plan_other(e, out, o, err) : RS_OK;
}

static enum rs_rc plan_all(struct rs_engine *e, struct rs_anchor_plan *out, struct rs_err *err)
{
	enum rs_rc rc = rs_plan_route_all(e, true, err);

	out->n_before = e->n_tables;
	out->seen = rs_xcalloc(out->n_before + 1, sizeof *out->seen);
	if (rc == RS_OK && e->task->sync.schema)
		rc = rs_definitions_begin(e, err);
	for (size_t i = 0; rc == RS_OK && i < e->catalog.count; i++)
		rc = plan_object(e, out, &e->catalog.objects[i], err);
	for (size_t i = 0; rc == RS_OK && i < out->n_before; i++)
		if (!out->seen[i])
			add_name(out, RS_ANCHORED_GONE, e->tables[i].meta.db, e->tables[i].meta.name, NULL);
	return rc;
}

bool rs_anchor_plan_is_gone(const struct rs_anchor_plan *p, size_t table) { return table < p->n_before && !p->seen[table]; }

/* ---------------------------------------------------------------- what is on a way of its own */

static enum rs_rc has_log(struct rs_engine *e, const struct rs_position *from, bool *lost, struct rs_err *err)
{
	struct rs_err failed = RS_ERR_INIT;
	struct rs_stream *stream = NULL;
	enum rs_rc rc = e->source->ops->stream(e->source, from, &stream, &failed);

	*lost = rc == RS_FAIL && rs_log_is_lost(failed.code);
	if (rc == RS_OK)
		stream->ops->close(stream);
	else if (!*lost)
		rs_err_move(err, &failed);
	rs_err_clear(&failed);
	return *lost ? RS_OK : rc;
}

/* Only what rests may be told to begin anew from here. */
static bool may_resync(const struct rs_anchor_plan *out, const struct rs_meta_side *side)
{
	bool may = out->options.resync && side->role == RS_SIDE_SUSPENDED;

	for (size_t i = 0; i < side->n_tables; i++)
		may = may && (side->tables[i].ours || out->options.force);
	return may;
}

static enum rs_rc plan_side(struct rs_engine *e, struct rs_anchor_plan *out, const struct rs_meta_side *side, struct rs_err *err)
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

enum rs_rc rs_anchor_plan_sides(struct rs_engine *e, struct rs_anchor_plan *out, struct rs_err *err)
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

static enum rs_rc check_phase(const struct rs_engine *e, struct rs_err *err)
{
	if (e->meta.phase == RS_META_COPY || e->meta.phase == RS_META_FOLLOW || e->meta.anchored)
		return RS_OK;
	rs_err_set(err, RS_E_OBJECTS, _("nothing of the task is at the destination yet: there is nothing to go on with"));
	return rs_err_hint(err, _("release the task, and start it again"));
}

/* What stands at its address may be another server by mistake: then all rows would go that it does not have. */
static enum rs_rc check_source(struct rs_engine *e, struct rs_anchor_plan *p, struct rs_err *err)
{
	char *now = NULL;
	enum rs_rc rc = e->source->ops->identity(e->source, &now, err);

	p->other_server = rc == RS_OK && e->meta.source_identity != NULL && strcmp(now, e->meta.source_identity) != 0;
	if (p->other_server && !p->options.force && !p->foreseen) {
		rs_err_set(err, RS_E_CONN_WRONG_SERVER, _("another server answers at the source's address"));
		rs_err_detail(err, _("expected %s, found %s"), e->meta.source_identity, now);
		rs_err_hint(err, _("--force takes this one for the source: the destination loses all that it does not have"));
		rc = RS_FAIL;
	}
	free(now);
	return rc;
}

/* What is only foreseen needs no place in the log. */
static enum rs_rc read_catalog(struct rs_engine *e, const struct rs_anchor_plan *p, struct rs_err *err)
{
	return p->foreseen ? e->source->ops->catalog(e->source, e->task->objects, &e->catalog, err) : rs_start_read_catalog(e, err);
}

enum rs_rc rs_anchor_plan_make(struct rs_engine *e, struct rs_anchor_plan *p, struct rs_err *err)
{
	enum rs_rc rc = check_phase(e, err);

	if (rc == RS_OK)
		rc = check_source(e, p, err);
	if (rc == RS_OK)
		rc = read_catalog(e, p, err);
	return rc == RS_OK ? plan_all(e, p, err) : rc;
}

/* ---------------------------------------------------------------- its life */

void rs_anchor_plan_init(struct rs_anchor_plan *p, const struct rs_anchor_options *options, bool foreseen)
{
	*p = (struct rs_anchor_plan){.options = *options, .foreseen = foreseen, .dbs = RS_MAP_INIT};
	for (int i = 0; i < RS_ANCHORED_LISTS; i++)
		rs_buf_init(&p->names[i], RS_BUF_TEXT_MAX);
}

void rs_anchor_plan_take(struct rs_anchor_plan *p, char *at, struct rs_anchored *out)
{
	*out = (struct rs_anchored){.at = at, .compared = p->compared, .other_server = p->other_server};
	for (int i = 0; i < RS_ANCHORED_LISTS; i++)
		out->lists[i] = rs_buf_take(&p->names[i]);
}

void rs_anchor_plan_release(struct rs_anchor_plan *p)
{
	rs_map_release(&p->dbs, NULL);
	for (int i = 0; i < RS_ANCHORED_LISTS; i++)
		rs_buf_release(&p->names[i]);
	free(p->seen);
	for (size_t i = 0; i < p->n_resync; i++)
		free(p->resync[i]);
	free(p->resync);
}
