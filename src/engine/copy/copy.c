/* The full copy: workers take chunk after chunk, of the largest tables first, each one transaction at the destination with
 * its mark. What was loaded before a crash is told by the marks; the bounds of what is missing follow from theirs.
 *
 * Some tables must be copied as they were at one moment, from a snapshot whose place in the log is known exactly: those
 * without a key, since nothing could be applied to them twice; and, together, those connected by foreign keys that
 * change rows without a trace in the log. What such a key did to a row can only be repeated on the very state that it
 * was done to: a mixture of older and newer rows does not tell which rows it concerned. */
#include "engine/copy/copy_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

/* ---------------------------------------------------------------- tables that are done */

static void show_copied(struct rs_copy *c, const struct rs_copy_table *t)
{
	pthread_mutex_lock(&c->e->stats.lock);
	t->table->stats->copied = true;
	t->table->stats->copying = false;
	rs_stats_changed(&c->e->stats, t->table->stats);
	pthread_mutex_unlock(&c->e->stats.lock);
}

/* Tables whose chunks are all in are noted as copied; whole tables were noted with their rows. */
static enum rs_rc note_copied(struct rs_copy *c, struct rs_copy_table *const *tables, size_t n, struct rs_err *err)
{
	struct rs_meta_table *metas = rs_xcalloc(n, sizeof *metas);
	size_t unnoted = 0;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; i < n; i++) {
		struct rs_sync_table *t = tables[i]->table;
		if (tables[i]->whole)
			continue;
		t->meta.rows = t->stats->rows;
		t->meta.state = RS_TABLE_COPIED;
		metas[unnoted++] = t->meta; /* texts stay the table's */
	}
	if (unnoted > 0)
		rc = c->e->sink->ops->save_states(c->e->sink, metas, unnoted, err);
	for (size_t i = 0; i < n; i++)
		show_copied(c, tables[i]);
	rs_step("table-copied");
	free(metas);
	return rc;
}

/* Says in *saved whether the monitor was left meanwhile: what happened then has woken nobody. */
static enum rs_rc save_finished(struct rs_copy *c, bool *saved, struct rs_err *err)
{
	size_t n = c->n_finished;
	enum rs_rc rc;

	*saved = n > 0;
	if (n == 0)
		return RS_OK;
	struct rs_copy_table **tables = rs_xmalloc(n * sizeof *tables);
	memcpy(tables, c->finished, n * sizeof *tables);
	c->n_finished = 0;
	rs_monitor_leave(&c->monitor);
	rc = note_copied(c, tables, n, err);
	free(tables);
	rs_monitor_enter(&c->monitor);
	return rc;
}

/* ---------------------------------------------------------------- the workers */

/* Small tables are done faster than each could be noted by itself. */
#define NOTE_TOGETHER RS_MSEC(100)

static enum rs_rc watch_workers(struct rs_copy *c, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;
	rs_usec noted = 0;
	enum rs_doing before = rs_activity_enter(RS_DOING_OTHERS);
	bool saved;

	rs_monitor_enter(&c->monitor);
	while (c->workers > 0) {
		rs_monitor_leave(&c->monitor);
		rs_engine_look_at_log(c->e);
		rs_monitor_enter(&c->monitor);
		rs_usec ago = rs_clock_mono() - noted;
		saved = false;
		if (rc == RS_OK && !c->abort && ago >= NOTE_TOGETHER) {
			noted += ago;
			rc = save_finished(c, &saved, err);
		}
		c->abort = c->abort || rc != RS_OK;
		if (!saved)
			rs_monitor_wait(&c->monitor, c->n_finished > 0 ? NOTE_TOGETHER : RS_MSEC(500));
	}
	if (rc == RS_OK && !c->abort)
		rc = save_finished(c, &saved, err);
	if (rc == RS_OK && c->abort) {
		rs_err_move(err, &c->err);
		rc = RS_FAIL;
	}
	rs_monitor_leave(&c->monitor);
	rs_activity_leave(before);
	if (rc == RS_OK && rs_engine_stopping(c->e))
		rc = RS_CANCELLED;
	return rc;
}

/* Where a server has no room for so many sessions as many work as there is room for, but for one: the log goes to the relay
 * meanwhile, and what is to be compared needs sessions as well. */
static enum rs_rc open_workers(struct rs_copy *c, struct rs_copy_worker *workers, unsigned *n, struct rs_err *err)
{
	unsigned wanted = *n, opened = 0;
	struct rs_err why = RS_ERR_INIT;
	enum rs_rc rc = RS_OK;

	for (unsigned tries = 0; rc == RS_OK && opened < wanted; opened++)
		while ((rc = rs_copy_worker_open(c, &workers[opened], &why)) == RS_FAIL && rs_engine_await_room(c->e, &tries, &why))
			rs_copy_worker_close(c, &workers[opened]);
	*n = opened;
	if (rc == RS_FAIL && why.code == RS_E_CONN_BUSY && opened > 1) {
		*n = opened > 2 ? opened - 2 : 1;
		for (unsigned i = *n; i < opened; i++)
			rs_copy_worker_close(c, &workers[i]);
		rs_journal(c->e, RS_LOG_WARN, &why, "copying with fewer connections workers=%u wanted=%u", *n, wanted);
		rs_stats_remark(&c->e->stats, &why);
		rc = RS_OK;
	}
	if (rc == RS_FAIL)
		rs_err_move(err, &why);
	rs_err_clear(&why);
	return rc;
}

static enum rs_rc run_workers(struct rs_copy *c, struct rs_err *err)
{
	unsigned n = c->e->task->sync.copy_workers;
	struct rs_copy_worker *workers = rs_xcalloc(n, sizeof *workers);
	enum rs_rc rc = open_workers(c, workers, &n, err);

	rs_monitor_enter(&c->monitor); /* those that are started first may end at once */
	for (unsigned i = 0; rc == RS_OK && i < n; i++) {
		if (rs_copy_worker_start(&workers[i])) {
			c->workers++;
		} else {
			rc = rs_engine_no_thread(err);
			c->abort = true;
		}
	}
	rs_monitor_leave(&c->monitor);
	enum rs_rc watched = watch_workers(c, rc == RS_OK ? err : NULL);
	for (unsigned i = 0; i < n; i++)
		rs_copy_worker_close(c, &workers[i]);
	free(workers);
	return rc == RS_OK ? watched : rc;
}

/* ---------------------------------------------------------------- the phase */

/* Every read of the copy saw only what was in the log by now. */
static enum rs_rc end_copy(struct rs_engine *e, struct rs_err *err)
{
	enum rs_rc rc = e->sink->has_schemas ? e->sink->ops->build_indexes(e->sink, err) : RS_OK;

	if (rc == RS_OK)
		rc = e->source->ops->end(e->source, &e->meta.p1, err);
	if (rc == RS_OK && rs_defect_active(RS_DEFECT_P0_TOO_LATE))
		rs_position_copy(&e->meta.p0, &e->meta.p1);
	if (rc == RS_OK)
		rc = e->sink->ops->save_phase(e->sink, RS_META_FOLLOW, &e->meta.p1, err);
	if (rc == RS_OK)
		e->meta.phase = RS_META_FOLLOW;
	e->copied_now = rc == RS_OK;
	rs_step("copy-done");
	return rc;
}

enum rs_rc rs_phase_copy(struct rs_engine *e, struct rs_err *err)
{
	struct rs_copy c = {.e = e};
	enum rs_rc rc = rs_plan_route_all(e, false, err);

	rs_monitor_init(&c.monitor);
	if (rc == RS_OK && (e->task->sync.full || e->meta.anchored)) {
		rs_stats_phase(&e->stats, RS_PHASE_FULL, RS_PHASE_RUNNING);
		rs_stats_note(&e->stats, "%s", e->meta.anchored ? _("comparing the tables with the source, and repairing what differs")
		                                                : _("copying the tables"));
		rc = rs_copy_plan(&c, err);
		rs_stats_busy(&e->stats);
		if (rc == RS_OK && c.n_tables > 0)
			rc = run_workers(&c, err);
		rs_stats_free(&e->stats);
		if (c.mended > 0)
			rs_journal(e, RS_LOG_INFO, NULL, "compared with what was there parts=%llu different=%llu deleted=%llu written=%llu",
			           (unsigned long long)c.mended, (unsigned long long)c.differed, (unsigned long long)c.deleted,
			           (unsigned long long)c.written);
	}
	if (rc == RS_OK)
		rc = end_copy(e, err);
	if (rc == RS_OK)
		rs_stats_phase(&e->stats, RS_PHASE_FULL, e->task->sync.full ? RS_PHASE_DONE : RS_PHASE_OFF);
	rs_copy_release(&c);
	return rc;
}
