/* The full copy: workers take chunk after chunk, largest table first, each chunk one transaction at the destination with
 * its mark. What was loaded before a crash is told by the marks; the bounds of what is missing follow from theirs.
 *
 * Some tables must be copied as they were at one moment, from a snapshot whose place in the log is known exactly: those
 * without a key, since nothing could be applied to them twice; and, together, those connected by foreign keys that
 * change rows without a trace in the log. What such a key did to a row can only be repeated on the very state that it
 * was done to: a mixture of older and newer rows does not tell which rows it concerned. */
#include "engine/copy/mend.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"

struct gap {
	uint64_t number;
	struct rs_bound lower, upper;
};

/* One table that is being copied. */
struct copy_table {
	struct rs_sync_table *table;
	uint64_t chunk_rows;
	struct rs_bound last;      /* upper bound of the chunk that was given out last */
	uint64_t next_number;
	struct gap *gaps;          /* left by a crash */
	size_t n_gaps, cap_gaps;
	bool exhausted;            /* the open-ended chunk was given out */
	bool probing;              /* a worker is looking for the next bound */
	unsigned in_flight;
	bool deferred;             /* indexes may have been left out */
	bool indexing;             /* a worker builds them */
	bool done;
	struct copy_table *head;   /* of the tables that are copied with it; itself where it is the head, or alone */
	bool whole;                /* copied as at one moment */
	bool mended;               /* its rows are there: each chunk is compared */
};

struct copy {
	struct rs_engine *e;
	struct rs_monitor monitor; /* guards everything below but what is constant during the copy */
	struct copy_table *tables; /* largest first */
	size_t n_tables;
	struct copy_table **open;  /* those that are not done, in the same order */
	size_t n_open;
	struct copy_table **finished; /* done, and not yet noted */
	size_t n_finished;
	unsigned workers;          /* still running */
	uint64_t mended, differed; /* chunks that were compared, and those of them that had to be written */
	uint64_t deleted, written; /* rows of the latter */
	bool abort;
	struct rs_err err;         /* of the first that failed */
};

/* One thing to load. */
struct work {
	struct copy_table *t;
	uint64_t number;
	struct rs_bound lower, upper; /* owned */
	bool whole;                   /* the table and all whose head it is */
	bool indexes;                 /* of the table, all of whose rows are there */
};

struct worker {
	struct copy *copy;
	struct rs_thread thread;
	struct rs_table_reader *reader;
	struct rs_loader *loader;
	struct rs_mender *mender;     /* NULL until there is something to compare */
	size_t n_columns;             /* of the table that is read */
	struct rs_cost owed;          /* what was let through before its turn: to be waited for when nothing is held any more */
};

/* ---------------------------------------------------------------- what is left to do */

static void add_gap(struct copy_table *t, uint64_t number, const char *lower, const char *upper)
{
	RS_GROW(t->gaps, t->n_gaps, t->cap_gaps);
	struct gap *g = &t->gaps[t->n_gaps++];

	*g = (struct gap){.number = number};
	rs_bound_from_text(&g->lower, lower);
	rs_bound_from_text(&g->upper, upper);
}

/* Chunks follow each other: where one does not begin at the end of the one before, what lies between was lost. Whatever
 * the numbers are, a gap's own number is free. */
static void add_mark(struct rs_engine *e, struct copy_table *t, const struct rs_meta_chunk *mark)
{
	char *reached = rs_bound_to_text(&t->last);

	if (strcmp(mark->lower, reached) != 0 && !rs_defect_active(RS_DEFECT_GAPS_FORGOTTEN))
		add_gap(t, mark->number - 1, reached, mark->lower);
	free(reached);
	rs_bound_from_text(&t->last, mark->upper);
	t->next_number = mark->number + 1;
	t->exhausted = *mark->upper == '\0';
	rs_stats_found(&e->stats, t->table->stats, mark->rows);
}

struct marks {
	struct copy *copy;
	struct copy_table **by_table; /* by the place of its table in the engine's */
};

static void take_mark(void *arg, const char *db, const char *name, const struct rs_meta_chunk *mark)
{
	const struct marks *m = arg;
	struct rs_engine *e = m->copy->e;
	const struct rs_sync_table *table = rs_plan_find(e, db, name);
	struct copy_table *t = table ? m->by_table[table - e->tables] : NULL;

	if (t != NULL && !t->whole)
		add_mark(e, t, mark);
}

static enum rs_rc read_marks(struct copy *c, struct rs_err *err)
{
	struct marks m = {c, rs_xcalloc(c->e->n_tables + 1, sizeof(struct copy_table *))};
	const struct rs_chunk_taker taker = {take_mark, &m};

	for (size_t i = 0; i < c->n_tables; i++)
		m.by_table[c->tables[i].table - c->e->tables] = &c->tables[i];
	enum rs_rc rc = c->e->sink->ops->load_chunks(c->e->sink, &taker, err);
	free(m.by_table);
	return rc;
}

static uint64_t row_size(const struct rs_table *t)
{
	uint64_t size = t->rows > 0 ? t->bytes / t->rows : 256;

	return size > 32 ? size : 32;
}

static uint64_t rows_per_chunk(const struct rs_engine *e, const struct rs_table *t)
{
	uint64_t n = e->task->sync.chunk_size / row_size(t);

	return n < 100 ? 100 : n > 2000000 ? 2000000 : n;
}

static int larger_first(const void *a, const void *b)
{
	const struct rs_table *x = ((const struct copy_table *)a)->table->meta.schema;
	const struct rs_table *y = ((const struct copy_table *)b)->table->meta.schema;

	return x->bytes < y->bytes ? 1 : x->bytes > y->bytes ? -1 : 0;
}

static struct copy_table *find_copy(struct copy *c, const struct rs_route *r)
{
	for (size_t i = 0; i < c->n_tables; i++)
		if (c->tables[i].table->route == r)
			return &c->tables[i];
	return NULL;
}

static struct copy_table *head_of(struct copy_table *t)
{
	while (t->head != t)
		t = t->head;
	return t;
}

/* Joins the tables that foreign keys with actions connect. */
static void form_families(struct copy *c)
{
	for (size_t i = 0; i < c->n_tables; i++) {
		c->tables[i].head = &c->tables[i];
		c->tables[i].whole = c->tables[i].table->route->row_key == NULL;
	}
	for (size_t i = 0; i < c->n_tables; i++) {
		const struct rs_route *r = c->tables[i].table->route;
		for (size_t k = 0; k < r->n_cascades; k++) {
			struct copy_table *child = find_copy(c, r->cascades[k].child);
			if (child == NULL)
				continue;
			child->whole = c->tables[i].whole = true;
			head_of(child)->head = head_of(&c->tables[i]);
		}
	}
	for (size_t i = 0; i < c->n_tables; i++)
		c->tables[i].head = head_of(&c->tables[i]);
}

/* Half a chunk is little enough to keep the indexes up. */
static bool is_large(const struct copy *c, const struct rs_sync_table *t)
{
	return t->meta.schema->bytes >= c->e->task->sync.chunk_size / 2;
}

static bool is_begun(const struct copy_table *t) { return t->next_number != 2 || t->exhausted; }

/* Rows that are there from before, and can't be compared in chunks. What is copied as at one moment is emptied when its turn
 * comes. */
static enum rs_rc clear_old(struct copy *c, struct copy_table *t, struct rs_err *err)
{
	const struct rs_sync_table *table = t->table;

	if (table->meta.old != RS_OLD_COMPARE || t->whole)
		return RS_OK;
	t->mended = rs_mend_is_possible(table);
	if (t->mended || is_begun(t))
		return RS_OK;
	return c->e->sink->ops->truncate(c->e->sink, table->dest_db, table->dest_name, err);
}

/* Before its first row; tables in families keep theirs, since their foreign keys need most of them. */
static enum rs_rc defer_indexes(struct copy *c, struct copy_table *t, struct rs_err *err)
{
	const struct rs_sync_table *table = t->table;

	t->deferred = table->meta.ours && is_large(c, table);
	if (!t->deferred || is_begun(t) || t->mended || t->head != t || table->route->n_cascades > 0)
		return RS_OK;
	return c->e->sink->ops->defer_indexes(c->e->sink, table->dest_db, table->dest_name, err);
}

static enum rs_rc plan_copy(struct copy *c, struct rs_err *err)
{
	struct rs_engine *e = c->e;

	c->tables = rs_xcalloc(e->n_tables + 1, sizeof *c->tables);
	for (size_t i = 0; i < e->n_tables; i++) {
		if (e->tables[i].meta.state != RS_TABLE_CREATED)
			continue;
		struct copy_table *t = &c->tables[c->n_tables++];
		t->table = &e->tables[i];
		t->chunk_rows = rows_per_chunk(e, t->table->meta.schema);
		t->next_number = 2; /* odd numbers stay free for gaps */
	}
	qsort(c->tables, c->n_tables, sizeof *c->tables, larger_first);
	form_families(c);
	enum rs_rc rc = read_marks(c, err);
	c->open = rs_xcalloc(c->n_tables + 1, sizeof *c->open);
	c->finished = rs_xcalloc(c->n_tables + 1, sizeof *c->finished);
	for (size_t i = 0; rc == RS_OK && i < c->n_tables; i++) {
		struct copy_table *t = &c->tables[i];
		c->open[c->n_open++] = t;
		t->exhausted = t->exhausted || t->head != t;
		rc = clear_old(c, t, err);
		if (rc == RS_OK)
			rc = defer_indexes(c, t, err);
	}
	return rc;
}

/* ---------------------------------------------------------------- giving out work */

static void take_gap(struct copy_table *t, struct work *w)
{
	struct gap *g = &t->gaps[--t->n_gaps];

	w->number = g->number;
	w->lower = g->lower;
	w->upper = g->upper;
}

/* Under a limit chunks are small: the rows of one are waited for with a cursor open at the source and a transaction at
 * the destination. */
static uint64_t chunk_rows(const struct copy *c, const struct copy_table *t)
{
	uint64_t rows = t->mended && t->chunk_rows > RS_MEND_ROWS ? RS_MEND_ROWS : t->chunk_rows;

	if (!rs_throttle_is_limited(c->e->copy_throttle))
		return rows;
	uint64_t limit = rs_limits_rows_in_a_second(c->e, row_size(t->table->meta.schema));
	return limit < rows ? limit : rows;
}

static enum rs_rc open_mender(struct worker *me, struct rs_err *err)
{
	return me->mender ? RS_OK : rs_mender_open(me->copy->e, me->reader, &me->mender, err);
}

/* Where the next chunk ends; RS_EOF: nowhere. */
static enum rs_rc find_bound(struct worker *me, const struct copy_table *t, const struct rs_bound *after, uint64_t rows,
                             struct rs_bound *upper, struct rs_err *err)
{
	const struct rs_route *r = t->table->route;
	enum rs_rc rc = rs_limits_query(me->copy->e);

	if (rc == RS_OK)
		rc = me->reader->ops->bound(me->reader, r->source, r->row_key, after, NULL, rows, upper, err);
	if (!t->mended || (rc != RS_OK && rc != RS_EOF))
		return rc;
	enum rs_rc narrowed = open_mender(me, err);
	if (narrowed == RS_OK)
		narrowed = rs_mender_narrow(me->mender, t->table, after, upper, err);
	return narrowed == RS_EOF ? rc : narrowed;
}

/* Inside the monitor, which is left while the server is asked. */
static enum rs_rc probe(struct worker *me, struct copy_table *t, struct work *w, struct rs_err *err)
{
	struct copy *c = me->copy;
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
	}
	rs_monitor_wake(&c->monitor);
	return rc;
}

/* RS_AGAIN: nothing for now. */
static enum rs_rc try_table(struct worker *me, struct copy_table *t, struct work *w, struct rs_err *err)
{
	*w = (struct work){.t = t};
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

/* RS_OK: w is to be done; RS_EOF: all is done; RS_AGAIN: others are at it, and may leave something to do. */
static enum rs_rc try_work(struct worker *me, struct work *w, struct rs_err *err)
{
	enum rs_rc nothing = RS_EOF;

	for (size_t i = 0; i < me->copy->n_open; i++) {
		struct copy_table *t = me->copy->open[i];
		enum rs_rc rc = try_table(me, t, w, err);

		if (rc == RS_AGAIN) {
			nothing = RS_AGAIN;
			continue;
		}
		t->in_flight += rc == RS_OK;
		return rc;
	}
	return nothing;
}

static enum rs_rc next_work(struct worker *me, struct work *w, struct rs_err *err)
{
	struct copy *c = me->copy;
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

/* ---------------------------------------------------------------- doing it */

static bool is_aborted(struct copy *c)
{
	rs_monitor_enter(&c->monitor);
	bool aborted = c->abort;
	rs_monitor_leave(&c->monitor);
	return aborted;
}

static enum rs_rc pull_row(void *arg, struct rs_value *values, struct rs_err *err)
{
	struct worker *me = arg;
	struct rs_engine *e = me->copy->e;
	enum rs_rc rc = me->reader->ops->next(me->reader, values, err);

	if (rc != RS_OK || !rs_throttle_is_limited(e->copy_throttle))
		return rc;
	if (is_aborted(me->copy))
		return RS_CANCELLED;
	return rs_limits_copy_row(e, values, me->n_columns, me->reader->blocks_writers ? &me->owed : NULL);
}

/* key NULL: the whole table, which had its turn before. */
static enum rs_rc open_rows(struct worker *me, const struct rs_sync_table *t, const struct rs_key *key,
                            const struct rs_bound *after, const struct rs_bound *upto, struct rs_err *err)
{
	enum rs_rc rc = key ? rs_limits_query(me->copy->e) : RS_OK;

	me->n_columns = t->route->source->n_columns;
	me->reader->where = t->where;
	return rc == RS_OK ? me->reader->ops->open(me->reader, t->route->source, key, after, upto, err) : rc;
}

static enum rs_load_mode mode_for(const struct rs_engine *e, const struct copy_table *t)
{
	if (t->table->meta.ours || e->task->sync.existing_tables != RS_EXISTING_IGNORE)
		return RS_LOAD_REPLACE;
	return RS_LOAD_IGNORE;
}

static enum rs_rc load_chunk(struct worker *me, struct work *w, uint64_t *rows, uint64_t *bytes, struct rs_err *err)
{
	const struct rs_route *r = w->t->table->route;
	struct rs_row_source source = {pull_row, me};
	struct rs_meta_chunk mark = {w->number, rs_bound_to_text(&w->lower), rs_bound_to_text(&w->upper), 0};
	enum rs_rc rc = open_rows(me, w->t->table, r->row_key, &w->lower, &w->upper, err);

	if (rc == RS_OK && rs_defect_active(RS_DEFECT_CHUNK_GAP) && w->lower.n > 0) {
		struct rs_value *skipped = rs_xcalloc(r->source->n_columns, sizeof *skipped);
		if (me->reader->ops->next(me->reader, skipped, err) == RS_FAIL)
			rc = RS_FAIL;
		free(skipped);
	}
	if (rc == RS_OK)
		rc = me->loader->ops->load(me->loader, r, &source, &mark, mode_for(me->copy->e, w->t), rows, bytes, err);
	me->reader->ops->end(me->reader);
	free(mark.lower);
	free(mark.upper);
	return rc;
}

static void count_mended(struct copy *c, const struct rs_mended *done)
{
	rs_monitor_enter(&c->monitor);
	c->mended++;
	c->differed += done->deleted + done->written > 0;
	c->deleted += done->deleted;
	c->written += done->written;
	rs_monitor_leave(&c->monitor);
}

static enum rs_rc mend_chunk(struct worker *me, struct work *w, uint64_t *rows, uint64_t *bytes, struct rs_err *err)
{
	struct rs_mended done = {0};
	enum rs_rc rc = open_mender(me, err);

	if (rc == RS_OK)
		rc = rs_mender_chunk(me->mender, w->t->table, me->loader, w->number, &w->lower, &w->upper, &done, err);
	if (rc == RS_OK)
		count_mended(me->copy, &done);
	*rows = done.rows;
	*bytes = done.bytes;
	return rc;
}

/* The tables of one head, and what is to be noted of them. */
struct family {
	struct copy_table **members;
	const struct rs_table **schemas;
	struct rs_meta_table *metas;
	const struct rs_meta_table **done;
	size_t n;
	bool ours; /* all of them, or given to us: they may be emptied, and committed one by one */
};

/* Who had a task anchored anew has agreed to it. */
static bool may_be_emptied(const struct rs_sync_table *t)
{
	return t->meta.ours || t->meta.old != RS_OLD_NONE;
}

static void find_family(struct copy *c, const struct copy_table *head, struct family *f)
{
	*f = (struct family){.ours = true};
	f->members = rs_xcalloc(c->n_tables, sizeof *f->members);
	f->schemas = rs_xcalloc(c->n_tables, sizeof *f->schemas);
	f->metas = rs_xcalloc(c->n_tables, sizeof *f->metas);
	f->done = rs_xcalloc(c->n_tables, sizeof *f->done);
	for (size_t i = 0; i < c->n_tables; i++) {
		struct copy_table *t = &c->tables[i];
		if (t->head != head)
			continue;
		f->members[f->n] = t;
		f->schemas[f->n] = t->table->route->source;
		f->metas[f->n] = t->table->meta; /* texts stay the table's */
		f->metas[f->n].state = RS_TABLE_COPIED;
		f->done[f->n] = &f->metas[f->n];
		f->ours = f->ours && may_be_emptied(t->table);
		f->n++;
	}
}

static void release_family(struct family *f)
{
	free(f->members);
	free(f->schemas);
	free(f->metas);
	free(f->done);
}

static enum rs_rc load_member(struct worker *me, struct family *f, size_t i, struct rs_err *err)
{
	struct rs_engine *e = me->copy->e;
	struct rs_sync_table *t = f->members[i]->table;
	struct rs_row_source source = {pull_row, me};
	enum rs_load_mode mode = t->route->row_key == NULL ? RS_LOAD_PLAIN : mode_for(e, f->members[i]);
	uint64_t rows = 0, bytes = 0;
	enum rs_rc rc = open_rows(me, t, NULL, NULL, NULL, err);

	if (rc == RS_OK)
		rc = me->loader->ops->load_whole(me->loader, t->route, &source, mode, &rows, &bytes, err);
	me->reader->ops->end(me->reader);
	if (rc == RS_OK && f->ours && i + 1 < f->n)
		rc = me->loader->ops->whole_pause(me->loader, err);
	f->metas[i].rows = rows;
	if (rc == RS_OK)
		rs_stats_copied(&e->stats, t->stats, rows, bytes);
	return rc;
}

/* What a crash left of such tables can't be told from what is to come, so it goes. */
static enum rs_rc empty_family(struct rs_engine *e, const struct family *f, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < f->n; i++)
		if (may_be_emptied(f->members[i]->table))
			rc = e->sink->ops->truncate(e->sink, f->members[i]->table->dest_db, f->members[i]->table->dest_name, err);
	return rc;
}

/* Nothing that may take its time is left for when the source's tables are locked. */
static enum rs_rc prepare_family(struct rs_engine *e, const struct family *f, struct rs_err *err)
{
	enum rs_rc rc = empty_family(e, f, err);

	for (size_t i = 0; rc == RS_OK && i < f->n; i++)
		rc = rs_limits_query(e);
	return rc;
}

static void keep_states(struct family *f, const struct rs_position *at)
{
	for (size_t i = 0; i < f->n; i++) {
		rs_position_copy(&f->members[i]->table->meta.exact, at);
		f->members[i]->table->meta.state = RS_TABLE_COPIED;
		f->members[i]->table->meta.rows = f->metas[i].rows;
	}
}

static enum rs_rc load_family(struct worker *me, struct family *f, const struct rs_position *at, struct rs_err *err)
{
	struct rs_loader *l = me->loader;
	enum rs_rc rc = l->ops->whole_begin(l, err);

	for (size_t i = 0; rc == RS_OK && i < f->n; i++) {
		f->metas[i].exact = *at;
		rc = load_member(me, f, i, err);
	}
	if (rc == RS_OK)
		rc = l->ops->whole_commit(l, f->done, f->n, err);
	if (rc == RS_OK)
		keep_states(f, at);
	else
		l->ops->whole_rollback(l);
	return rc;
}

static enum rs_rc load_whole(struct worker *me, struct work *w, struct rs_err *err)
{
	struct rs_position at = RS_POSITION_INIT;
	struct family f;

	find_family(me->copy, w->t, &f);
	enum rs_rc rc = prepare_family(me->copy->e, &f, err);
	if (rc == RS_OK)
		rc = me->reader->ops->freeze(me->reader, f.schemas, f.n, me->copy->e->task->sync.lock_for_keyless, &at, err);
	if (rc == RS_OK) {
		rc = load_family(me, &f, &at, err);
		me->reader->ops->unfreeze(me->reader);
	}
	rs_position_clear(&at);
	release_family(&f);
	return rc;
}

/* Nothing is left to be done of it. */
static void close_table(struct copy *c, struct copy_table *t)
{
	size_t i = 0;

	t->done = true;
	c->finished[c->n_finished++] = t;
	while (c->open[i] != t)
		i++;
	memmove(&c->open[i], &c->open[i + 1], (--c->n_open - i) * sizeof *c->open);
}

static void close_family(struct copy *c, struct copy_table *head)
{
	for (size_t i = 0; i < c->n_tables && head->whole; i++)
		if (c->tables[i].head == head && &c->tables[i] != head)
			close_table(c, &c->tables[i]);
	close_table(c, head);
}

/* All its rows are in, and nobody is to build what was left out of it. */
static bool is_complete(const struct copy_table *t, bool indexed)
{
	return indexed || (!t->deferred && t->exhausted && t->n_gaps == 0 && t->in_flight == 0);
}

static void finish_work(struct worker *me, struct work *w, enum rs_rc rc, uint64_t rows, uint64_t bytes)
{
	struct copy *c = me->copy;
	struct copy_table *t = w->t;

	if (rc == RS_OK) {
		rs_stats_copied(&c->e->stats, t->table->stats, rows, bytes);
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

static enum rs_rc build_indexes(struct worker *me, const struct rs_sync_table *t, struct rs_err *err)
{
	if (t->meta.ours && is_large(me->copy, t))
		rs_stats_note(&me->copy->e->stats, _("building the indexes of %s.%s"), t->dest_db, t->dest_name);
	return me->loader->ops->build_indexes(me->loader, t->dest_db, t->dest_name, err);
}

static enum rs_rc do_work(struct worker *me, struct work *w, struct rs_err *err)
{
	uint64_t rows = 0, bytes = 0;

	pthread_mutex_lock(&me->copy->e->stats.lock);
	w->t->table->stats->copying = true;
	rs_stats_changed(&me->copy->e->stats, w->t->table->stats);
	pthread_mutex_unlock(&me->copy->e->stats.lock);
	enum rs_rc rc;
	if (w->indexes)
		rc = build_indexes(me, w->t->table, err);
	else if (w->whole)
		rc = load_whole(me, w, err);
	else
		rc = w->t->mended ? mend_chunk(me, w, &rows, &bytes, err) : load_chunk(me, w, &rows, &bytes, err);
	if (rc == RS_FAIL)
		rs_err_detail(err, "copying %s.%s", w->t->table->meta.db, w->t->table->meta.name);
	finish_work(me, w, rc, rows, bytes);
	while (rc == RS_OK && me->owed.of[RS_THROTTLE_ROWS] > 0)
		rc = is_aborted(me->copy) ? RS_CANCELLED : rs_limits_pay(me->copy->e, &me->owed);
	return rc;
}

/* ---------------------------------------------------------------- workers */

static void report(struct copy *c, enum rs_rc rc, struct rs_err *err)
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
	struct worker *me = arg;
	struct rs_err err = RS_ERR_INIT;
	struct work w;
	enum rs_rc rc;

	while ((rc = next_work(me, &w, &err)) == RS_OK && (rc = do_work(me, &w, &err)) == RS_OK)
		;
	report(me->copy, rc, &err);
	return NULL;
}

static enum rs_rc open_worker(struct copy *c, struct worker *w, struct rs_err *err)
{
	struct rs_engine *e = c->e;

	*w = (struct worker){.copy = c};
	enum rs_rc rc = e->source->ops->reader(e->source, &w->reader, err);
	if (rc == RS_OK)
		rs_engine_live(e, (void (*)(void *))w->reader->ops->cancel, w->reader);
	if (rc == RS_OK)
		rc = e->sink->ops->loader(e->sink, &w->loader, err);
	if (rc == RS_OK)
		rs_engine_live(e, (void (*)(void *))w->loader->ops->cancel, w->loader);
	return rc;
}

static void close_worker(struct copy *c, struct worker *w)
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

/* ---------------------------------------------------------------- the coordinator's side */

static void show_copied(struct copy *c, const struct copy_table *t)
{
	pthread_mutex_lock(&c->e->stats.lock);
	t->table->stats->copied = true;
	t->table->stats->copying = false;
	rs_stats_changed(&c->e->stats, t->table->stats);
	pthread_mutex_unlock(&c->e->stats.lock);
}

/* Tables whose chunks are all in are noted as copied; whole tables were noted with their rows. */
static enum rs_rc note_copied(struct copy *c, struct copy_table *const *tables, size_t n, struct rs_err *err)
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
static enum rs_rc save_finished(struct copy *c, bool *saved, struct rs_err *err)
{
	size_t n = c->n_finished;
	enum rs_rc rc;

	*saved = n > 0;
	if (n == 0)
		return RS_OK;
	struct copy_table **tables = rs_xmalloc(n * sizeof *tables);
	memcpy(tables, c->finished, n * sizeof *tables);
	c->n_finished = 0;
	rs_monitor_leave(&c->monitor);
	rc = note_copied(c, tables, n, err);
	free(tables);
	rs_monitor_enter(&c->monitor);
	return rc;
}

static enum rs_rc watch_workers(struct copy *c, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;
	bool saved;

	rs_monitor_enter(&c->monitor);
	while (c->workers > 0) {
		saved = false;
		if (rc == RS_OK && !c->abort)
			rc = save_finished(c, &saved, err);
		c->abort = c->abort || rc != RS_OK;
		if (!saved)
			rs_monitor_wait(&c->monitor, RS_MSEC(500));
	}
	if (rc == RS_OK && !c->abort)
		rc = save_finished(c, &saved, err);
	if (rc == RS_OK && c->abort) {
		rs_err_move(err, &c->err);
		rc = RS_FAIL;
	}
	rs_monitor_leave(&c->monitor);
	if (rc == RS_OK && rs_engine_stopping(c->e))
		rc = RS_CANCELLED;
	return rc;
}

static enum rs_rc run_workers(struct copy *c, struct rs_err *err)
{
	unsigned n = c->e->task->sync.copy_workers;
	struct worker *workers = rs_xcalloc(n, sizeof *workers);
	enum rs_rc rc = RS_OK;

	for (unsigned i = 0; rc == RS_OK && i < n; i++)
		rc = open_worker(c, &workers[i], err);
	rs_monitor_enter(&c->monitor); /* those that are started first may end at once */
	for (unsigned i = 0; rc == RS_OK && i < n; i++) {
		if (rs_thread_start(&workers[i].thread, "copy", run_worker, &workers[i])) {
			c->workers++;
		} else {
			rc = rs_err_set(err, RS_E_INTERNAL, _("no thread can be started"));
			c->abort = true;
		}
	}
	rs_monitor_leave(&c->monitor);
	enum rs_rc watched = watch_workers(c, rc == RS_OK ? err : NULL);
	for (unsigned i = 0; i < n; i++)
		close_worker(c, &workers[i]);
	free(workers);
	return rc == RS_OK ? watched : rc;
}

static void release(struct copy *c)
{
	for (size_t i = 0; i < c->n_tables; i++) {
		struct copy_table *t = &c->tables[i];
		for (size_t g = 0; g < t->n_gaps; g++) {
			rs_bound_clear(&t->gaps[g].lower);
			rs_bound_clear(&t->gaps[g].upper);
		}
		free(t->gaps);
		rs_bound_clear(&t->last);
	}
	free(c->tables);
	free(c->open);
	free(c->finished);
	rs_err_clear(&c->err);
	rs_monitor_release(&c->monitor);
}

/* Every read of the copy saw only what was in the log by now. */
static enum rs_rc end_copy(struct rs_engine *e, struct rs_err *err)
{
	enum rs_rc rc = e->sink->ops->build_indexes(e->sink, err);

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
	struct copy c = {.e = e};
	enum rs_rc rc = rs_plan_route_all(e, false, err);

	rs_monitor_init(&c.monitor);
	if (rc == RS_OK && (e->task->sync.full || e->meta.anchored)) {
		rs_stats_phase(&e->stats, RS_PHASE_FULL, RS_PHASE_RUNNING);
		rs_stats_note(&e->stats, "%s", e->meta.anchored ? _("comparing the tables with the source, and repairing what differs")
		                                                : _("copying the tables"));
		rc = plan_copy(&c, err);
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
	release(&c);
	return rc;
}
