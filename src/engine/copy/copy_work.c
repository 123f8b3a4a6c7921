/* Giving out work: chunks of the tables of which most is left, by how many are at them. */
#include "engine/copy/copy_priv.h"

#include <string.h>

/* ---------------------------------------------------------------- giving it out */

static void take_gap(struct rs_copy_table *t, struct rs_copy_work *w)
{
	struct rs_copy_gap *g = &t->gaps[--t->n_gaps];

	w->number = g->number;
	w->lower = g->lower;
	w->upper = g->upper;
}

/* Under a limit chunks are small: the rows of one are waited for with a cursor open at the source and a transaction at
 * the destination. */
static uint64_t chunk_rows(const struct rs_copy *c, const struct rs_copy_table *t)
{
	uint64_t rows = t->mended && t->chunk_rows > RS_MEND_ROWS ? RS_MEND_ROWS : t->chunk_rows;

	if (!rs_throttle_is_limited(c->e->copy_throttle))
		return rows;
	uint64_t limit = rs_limits_rows_in_a_second(c->e, rs_copy_row_size(t->table->meta.schema));
	return limit < rows ? limit : rows;
}

/* Where the next chunk ends; RS_EOF: nowhere. */
static enum rs_rc find_bound(struct rs_copy_worker *me, const struct rs_copy_table *t, const struct rs_bound *after,
                             uint64_t rows, struct rs_bound *upper, struct rs_err *err)
{
	const struct rs_route *r = t->table->route;
	enum rs_rc rc = rs_limits_query(me->copy->e);

	if (rc == RS_OK)
		rc = me->reader->ops->bound(me->reader, r->source, r->row_key, after, NULL, rows, upper, err);
	if (!t->mended || (rc != RS_OK && rc != RS_EOF))
		return rc;
	enum rs_rc narrowed = rs_copy_mender(me, err);
	if (narrowed == RS_OK)
		narrowed = rs_mender_narrow(me->mender, t->table, after, upper, err);
	return narrowed == RS_EOF ? rc : narrowed;
}

/* Inside the monitor, which is left while the server is asked. */
static enum rs_rc probe(struct rs_copy_worker *me, struct rs_copy_table *t, struct rs_copy_work *w, struct rs_err *err)
{
	struct rs_copy *c = me->copy;
	struct rs_bound after = {NULL, 0};

	t->probing = true;
	rs_bound_copy(&after, &t->last);
	rs_monitor_leave(&c->monitor);
	enum rs_rc rc = find_bound(me, t, &after, chunk_rows(c, t), &w->upper, err);
	rs_monitor_enter(&c->monitor);
	t->probing = false;
	if (rc == RS_OK || rc == RS_EOF) {
		w->lower = after;
		w->number = t->next_number;
		t->next_number += 2;
		t->exhausted = rc == RS_EOF;
		rs_bound_copy(&t->last, &w->upper);
		rc = RS_OK;
	} else {
		rs_bound_clear(&after);
		rs_bound_clear(&w->upper); /* one that was found, and could not be narrowed */
	}
	rs_monitor_wake(&c->monitor);
	return rc;
}

/* RS_AGAIN: nothing for now. */
static enum rs_rc try_table(struct rs_copy_worker *me, struct rs_copy_table *t, struct rs_copy_work *w, struct rs_err *err)
{
	*w = (struct rs_copy_work){.t = t};
	if (t->n_gaps > 0) {
		take_gap(t, w);
	} else if (t->exhausted) {
		if (t->in_flight > 0 || t->indexing || t->head != t)
			return RS_AGAIN;
		w->indexes = t->indexing = true;
	} else if (t->whole) {
		w->whole = t->exhausted = true;
	} else {
		return t->probing ? RS_AGAIN : probe(me, t, w, err);
	}
	return RS_OK;
}

/* What of it is left for each worker, if one more came. */
static uint64_t share(const struct rs_copy_table *t)
{
	const struct rs_table *schema = t->table->meta.schema;
	uint64_t chunk = t->chunk_rows * rs_copy_row_size(schema), given = (t->next_number / 2 - 1) * chunk;

	return (given + chunk < schema->bytes ? schema->bytes - given : chunk) / (t->workers + 1);
}

/* Those behind the first that nobody is at are no larger. */
static struct rs_copy_table *most_left(const struct rs_copy *c)
{
	struct rs_copy_table *best = c->open[0];

	for (size_t i = 1; i < c->n_open && c->open[i - 1]->workers > 0; i++)
		if (share(c->open[i]) > share(best))
			best = c->open[i];
	return best;
}

/* A worker stays at a table: elsewhere it is in nobody's way, and tables that end together have their indexes built beside each
 * other. */
static enum rs_rc try_at(struct rs_copy_worker *me, struct rs_copy_table *t, struct rs_copy_work *w, struct rs_err *err)
{
	if (me->at != NULL)
		me->at->workers--;
	me->at = t;
	t->workers++;
	enum rs_rc rc = try_table(me, t, w, err);
	t->in_flight += rc == RS_OK;
	return rc;
}

/* RS_OK: w is to be done; RS_EOF: all is done; RS_AGAIN: others are at it, and may leave something to do. */
static enum rs_rc try_work(struct rs_copy_worker *me, struct rs_copy_work *w, struct rs_err *err)
{
	const struct rs_copy *c = me->copy;
	enum rs_rc rc = me->at != NULL && !me->at->done ? try_at(me, me->at, w, err) : RS_AGAIN;

	if (c->n_open == 0)
		return RS_EOF;
	if (rc == RS_AGAIN)
		rc = try_at(me, most_left(c), w, err);
	for (size_t i = 0; rc == RS_AGAIN && i < c->n_open; i++)
		rc = try_at(me, c->open[i], w, err);
	return rc;
}

enum rs_rc rs_copy_next_work(struct rs_copy_worker *me, struct rs_copy_work *w, struct rs_err *err)
{
	struct rs_copy *c = me->copy;
	enum rs_rc rc = RS_AGAIN;

	rs_monitor_enter(&c->monitor);
	while (rc == RS_AGAIN) {
		if (c->abort || rs_engine_stopping(c->e))
			rc = RS_CANCELLED;
		else if ((rc = try_work(me, w, err)) == RS_AGAIN)
			rs_monitor_wait(&c->monitor, RS_MSEC(200));
	}
	rs_monitor_leave(&c->monitor);
	return rc;
}

/* ---------------------------------------------------------------- taking it back */

/* Nothing is left to be done of it. */
static void close_table(struct rs_copy *c, struct rs_copy_table *t)
{
	size_t i = 0;

	t->done = true;
	c->finished[c->n_finished++] = t;
	while (c->open[i] != t)
		i++;
	memmove(&c->open[i], &c->open[i + 1], (--c->n_open - i) * sizeof *c->open);
}

static void close_family(struct rs_copy *c, struct rs_copy_table *head)
{
	for (size_t i = 0; i < c->n_tables && head->whole; i++)
		if (c->tables[i].head == head && &c->tables[i] != head)
			close_table(c, &c->tables[i]);
	close_table(c, head);
}

/* All its rows are in, and nobody is to build what was left out of it. */
static bool is_complete(const struct rs_copy_table *t, bool indexed)
{
	return indexed || (!t->deferred && t->exhausted && t->n_gaps == 0 && t->in_flight == 0);
}

void rs_copy_finish_work(struct rs_copy_worker *me, struct rs_copy_work *w, enum rs_rc rc, uint64_t rows, uint64_t bytes)
{
	struct rs_copy *c = me->copy;
	struct rs_copy_table *t = w->t;

	if (rc == RS_OK) {
		rs_stats_copied(&c->e->stats, t->table->stats, rows, bytes, !w->indexes && !w->whole);
		rs_stats_step(&c->e->stats);
	}
	rs_stats_busy(&c->e->stats);
	rs_monitor_enter(&c->monitor);
	t->in_flight--;
	if (rc == RS_OK && is_complete(t, w->indexes))
		close_family(c, t);
	rs_monitor_wake(&c->monitor);
	rs_monitor_leave(&c->monitor);
	rs_bound_clear(&w->lower);
	rs_bound_clear(&w->upper);
}
