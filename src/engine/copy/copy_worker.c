/* A worker of the full copy: a connection to each side, and a thread that does one thing after the other. */
#include "engine/copy/copy_priv.h"

#include <stdlib.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

/* ---------------------------------------------------------------- rows */

static bool is_aborted(struct rs_copy *c)
{
	rs_monitor_enter(&c->monitor);
	bool aborted = c->abort;
	rs_monitor_leave(&c->monitor);
	return aborted;
}

enum rs_rc rs_copy_pull_row(void *arg, struct rs_value *values, struct rs_err *err)
{
	struct rs_copy_worker *me = arg;
	struct rs_engine *e = me->copy->e;
	enum rs_rc rc = me->reader->ops->next(me->reader, values, err);

	if (rc != RS_OK || !rs_throttle_is_limited(e->copy_throttle))
		return rc;
	if (is_aborted(me->copy))
		return RS_CANCELLED;
	return rs_limits_copy_row(e, values, me->n_columns, me->reader->blocks_writers ? &me->owed : NULL);
}

/* key NULL: the whole table, which had its turn before. */
enum rs_rc rs_copy_open_rows(struct rs_copy_worker *me, const struct rs_sync_table *t, const struct rs_key *key,
                             const struct rs_bound *after, const struct rs_bound *upto, struct rs_err *err)
{
	enum rs_rc rc = key ? rs_limits_query(me->copy->e) : RS_OK;

	me->n_columns = t->route->source->n_columns;
	me->reader->where = t->where;
	return rc == RS_OK ? me->reader->ops->open(me->reader, t->route->source, key, after, upto, err) : rc;
}

enum rs_load_mode rs_copy_mode(const struct rs_engine *e, const struct rs_copy_table *t)
{
	if (t->table->meta.ours || e->task->sync.existing_tables != RS_EXISTING_IGNORE)
		return RS_LOAD_REPLACE;
	return RS_LOAD_IGNORE;
}

/* ---------------------------------------------------------------- a chunk */

static enum rs_rc load_chunk(struct rs_copy_worker *me, struct rs_copy_work *w, uint64_t *rows, uint64_t *bytes,
                             struct rs_err *err)
{
	const struct rs_route *r = w->t->table->route;
	struct rs_row_source source = {rs_copy_pull_row, me};
	struct rs_meta_chunk mark = {w->number, rs_bound_to_text(&w->lower), rs_bound_to_text(&w->upper), 0};
	enum rs_rc rc = rs_copy_open_rows(me, w->t->table, r->row_key, &w->lower, &w->upper, err);

	if (rc == RS_OK && rs_defect_active(RS_DEFECT_CHUNK_GAP) && w->lower.n > 0) {
		struct rs_value *skipped = rs_xcalloc(r->source->n_columns, sizeof *skipped);
		if (me->reader->ops->next(me->reader, skipped, err) == RS_FAIL)
			rc = RS_FAIL;
		free(skipped);
	}
	if (rc == RS_OK)
		rc = me->loader->ops->load(me->loader, r, &source, &mark, rs_copy_mode(me->copy->e, w->t), rows, bytes, err);
	me->reader->ops->end(me->reader);
	free(mark.lower);
	free(mark.upper);
	return rc;
}

static void count_mended(struct rs_copy *c, const struct rs_mended *done)
{
	rs_monitor_enter(&c->monitor);
	c->mended++;
	c->differed += done->deleted + done->written > 0;
	c->deleted += done->deleted;
	c->written += done->written;
	rs_monitor_leave(&c->monitor);
}

enum rs_rc rs_copy_mender(struct rs_copy_worker *me, struct rs_err *err)
{
	return me->mender ? RS_OK : rs_mender_open(me->copy->e, me->reader, &me->mender, err);
}

static enum rs_rc mend_chunk(struct rs_copy_worker *me, struct rs_copy_work *w, uint64_t *rows, uint64_t *bytes,
                             struct rs_err *err)
{
	struct rs_mended done = {0};
	enum rs_rc rc = rs_copy_mender(me, err);

	if (rc == RS_OK)
		rc = rs_mender_chunk(me->mender, w->t->table, me->loader, w->number, &w->lower, &w->upper, &done, err);
	if (rc == RS_OK)
		count_mended(me->copy, &done);
	*rows = done.rows;
	*bytes = done.bytes;
	return rc;
}

/* ---------------------------------------------------------------- one thing */

static enum rs_rc build_indexes(struct rs_copy_worker *me, const struct rs_sync_table *t, struct rs_err *err)
{
	if (t->meta.ours && rs_copy_is_large(me->copy, t))
		rs_stats_note(&me->copy->e->stats, _("building the indexes of %s.%s"), t->dest_db, t->dest_name);
	return me->loader->ops->build_indexes(me->loader, t->dest_db, t->dest_name, err);
}

static enum rs_rc do_work(struct rs_copy_worker *me, struct rs_copy_work *w, struct rs_err *err)
{
	uint64_t rows = 0, bytes = 0;

	rs_activity_about("%s.%s", w->t->table->meta.db, w->t->table->meta.name);
	pthread_mutex_lock(&me->copy->e->stats.lock);
	w->t->table->stats->copying = true;
	rs_stats_changed(&me->copy->e->stats, w->t->table->stats);
	pthread_mutex_unlock(&me->copy->e->stats.lock);
	enum rs_rc rc;
	if (w->indexes)
		rc = build_indexes(me, w->t->table, err);
	else if (w->whole)
		rc = rs_copy_load_whole(me, w, err);
	else
		rc = w->t->mended ? mend_chunk(me, w, &rows, &bytes, err) : load_chunk(me, w, &rows, &bytes, err);
	if (rc == RS_FAIL)
		rs_err_detail(err, _("copying %s.%s"), w->t->table->meta.db, w->t->table->meta.name);
	rs_copy_finish_work(me, w, rc, rows, bytes);
	while (rc == RS_OK && me->owed.of[RS_THROTTLE_ROWS] > 0)
		rc = is_aborted(me->copy) ? RS_CANCELLED : rs_limits_pay(me->copy->e, &me->owed);
	return rc;
}

/* ---------------------------------------------------------------- the worker */

static void report(struct rs_copy *c, enum rs_rc rc, struct rs_err *err)
{
	rs_monitor_enter(&c->monitor);
	if (rc == RS_FAIL && !c->abort) {
		rs_err_move(&c->err, err);
		c->abort = true;
	}
	c->workers--;
	rs_monitor_wake(&c->monitor);
	rs_monitor_leave(&c->monitor);
	rs_err_clear(err);
}

static void *run_worker(void *arg)
{
	struct rs_copy_worker *me = arg;
	struct rs_err err = RS_ERR_INIT;
	struct rs_copy_work w;
	struct rs_activity activity;
	enum rs_rc rc;

	rs_engine_take_part(me->copy->e, &activity, rs_thread_name());
	while ((rc = rs_copy_next_work(me, &w, &err)) == RS_OK && (rc = do_work(me, &w, &err)) == RS_OK)
		;
	rs_activity_end(&activity);
	report(me->copy, rc, &err);
	return NULL;
}

bool rs_copy_worker_start(struct rs_copy_worker *w)
{
	return rs_thread_start(&w->thread, "copy", run_worker, w);
}

enum rs_rc rs_copy_worker_open(struct rs_copy *c, struct rs_copy_worker *w, struct rs_err *err)
{
	struct rs_engine *e = c->e;

	*w = (struct rs_copy_worker){.copy = c};
	enum rs_rc rc = e->source->ops->reader(e->source, &w->reader, err);
	if (rc == RS_OK) {
		rs_engine_live(e, (void (*)(void *))w->reader->ops->cancel, w->reader);
		w->reader->with_generated = !e->sink->has_schemas; /* who makes no tables can't make their values either */
	}
	if (rc == RS_OK)
		rc = e->sink->ops->loader(e->sink, &w->loader, err);
	if (rc == RS_OK)
		rs_engine_live(e, (void (*)(void *))w->loader->ops->cancel, w->loader);
	return rc;
}

void rs_copy_worker_close(struct rs_copy *c, struct rs_copy_worker *w)
{
	rs_thread_join(&w->thread);
	rs_mender_close(w->mender);
	if (w->reader != NULL) {
		rs_engine_dead(c->e, w->reader);
		w->reader->ops->close(w->reader);
	}
	if (w->loader != NULL) {
		rs_engine_dead(c->e, w->loader);
		w->loader->ops->close(w->loader);
	}
}
