/* What is left to be copied. What was loaded before a crash is told by the marks; the bounds of what is missing follow from
 * theirs. */
#include "engine/copy/copy_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/mem.h"

/* ---------------------------------------------------------------- marks */

static void add_gap(struct rs_copy_table *t, uint64_t number, const char *lower, const char *upper)
{
	RS_GROW(t->gaps, t->n_gaps, t->cap_gaps);
	struct rs_copy_gap *g = &t->gaps[t->n_gaps++];

	*g = (struct rs_copy_gap){.number = number};
	rs_bound_from_text(&g->lower, lower);
	rs_bound_from_text(&g->upper, upper);
}

/* Chunks follow each other: where one does not begin at the end of the one before, what lies between was lost. Whatever
 * the numbers are, a gap's own number is free. */
static void add_mark(struct rs_engine *e, struct rs_copy_table *t, const struct rs_meta_chunk *mark)
{
	char *reached = rs_bound_to_text(&t->last);

	if (strcmp(mark->lower, reached) != 0 && !rs_defect_active(RS_DEFECT_GAPS_FORGOTTEN))
		add_gap(t, mark->number - 1, reached, mark->lower);
	free(reached);
	rs_bound_from_text(&t->last, mark->upper);
	t->next_number = mark->number + 1;
	t->exhausted = *mark->upper == '\0';
	rs_stats_found(&e->stats, t->table->stats, mark->rows);
	t->found++;
}

struct marks {
	struct rs_copy *copy;
	struct rs_copy_table **by_table; /* by the place of its table in the engine's */
};

static void take_mark(void *arg, const char *db, const char *name, const struct rs_meta_chunk *mark)
{
	const struct marks *m = arg;
	struct rs_engine *e = m->copy->e;
	const struct rs_sync_table *table = rs_plan_find(e, db, name);
	struct rs_copy_table *t = table ? m->by_table[table - e->tables] : NULL;

	if (t != NULL && !t->whole)
		add_mark(e, t, mark);
}

static enum rs_rc read_marks(struct rs_copy *c, struct rs_err *err)
{
	struct marks m = {c, rs_xcalloc(c->e->n_tables + 1, sizeof(struct rs_copy_table *))};
	const struct rs_chunk_taker taker = {take_mark, &m};

	for (size_t i = 0; i < c->n_tables; i++)
		m.by_table[c->tables[i].table - c->e->tables] = &c->tables[i];
	enum rs_rc rc = c->e->sink->ops->load_chunks(c->e->sink, &taker, err);
	for (size_t i = 0; rc == RS_OK && i < c->n_tables; i++)
		rs_stats_chunks(&c->e->stats, c->tables[i].table->stats, c->tables[i].found);
	free(m.by_table);
	return rc;
}

/* ---------------------------------------------------------------- tables */

uint64_t rs_copy_row_size(const struct rs_table *t)
{
	uint64_t size = t->rows > 0 ? t->bytes / t->rows : 256;

	return size > 32 ? size : 32;
}

static uint64_t rows_per_chunk(const struct rs_engine *e, const struct rs_table *t)
{
	uint64_t n = e->task->sync.chunk_size / rs_copy_row_size(t);

	return n < 100 ? 100 : n > 2000000 ? 2000000 : n;
}

static int larger_first(const void *a, const void *b)
{
	const struct rs_table *x = ((const struct rs_copy_table *)a)->table->meta.schema;
	const struct rs_table *y = ((const struct rs_copy_table *)b)->table->meta.schema;

	return x->bytes < y->bytes ? 1 : x->bytes > y->bytes ? -1 : 0;
}

static struct rs_copy_table *find_copy(struct rs_copy *c, const struct rs_route *r)
{
	for (size_t i = 0; i < c->n_tables; i++)
		if (c->tables[i].table->route == r)
			return &c->tables[i];
	return NULL;
}

static struct rs_copy_table *head_of(struct rs_copy_table *t)
{
	while (t->head != t)
		t = t->head;
	return t;
}

/* Joins the tables that foreign keys with actions connect. */
static void form_families(struct rs_copy *c)
{
	for (size_t i = 0; i < c->n_tables; i++) {
		c->tables[i].head = &c->tables[i];
		c->tables[i].whole = c->tables[i].table->route->row_key == NULL;
	}
	for (size_t i = 0; i < c->n_tables; i++) {
		const struct rs_route *r = c->tables[i].table->route;
		for (size_t k = 0; k < r->n_cascades; k++) {
			struct rs_copy_table *child = find_copy(c, r->cascades[k].child);
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
bool rs_copy_is_large(const struct rs_copy *c, const struct rs_sync_table *t)
{
	return t->meta.schema->bytes >= c->e->task->sync.chunk_size / 2;
}

static bool is_begun(const struct rs_copy_table *t) { return t->next_number != 2 || t->exhausted; }

/* Rows that are there from before, and can't be compared in chunks. What is copied as at one moment is emptied when its turn
 * comes. */
static enum rs_rc clear_old(struct rs_copy *c, struct rs_copy_table *t, struct rs_err *err)
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
static enum rs_rc defer_indexes(struct rs_copy *c, struct rs_copy_table *t, struct rs_err *err)
{
	const struct rs_sync_table *table = t->table;

	t->deferred = table->meta.ours && rs_copy_is_large(c, table);
	if (!t->deferred || is_begun(t) || t->mended || t->head != t || table->route->n_cascades > 0)
		return RS_OK;
	return c->e->sink->ops->defer_indexes(c->e->sink, table->dest_db, table->dest_name, err);
}

enum rs_rc rs_copy_plan(struct rs_copy *c, struct rs_err *err)
{
	struct rs_engine *e = c->e;

	c->tables = rs_xcalloc(e->n_tables + 1, sizeof *c->tables);
	for (size_t i = 0; i < e->n_tables; i++) {
		if (e->tables[i].meta.state != RS_TABLE_CREATED)
			continue;
		struct rs_copy_table *t = &c->tables[c->n_tables++];
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
		struct rs_copy_table *t = &c->tables[i];
		c->open[c->n_open++] = t;
		t->exhausted = t->exhausted || t->head != t;
		rc = clear_old(c, t, err);
		if (rc == RS_OK)
			rc = defer_indexes(c, t, err);
	}
	return rc;
}

void rs_copy_release(struct rs_copy *c)
{
	for (size_t i = 0; i < c->n_tables; i++) {
		struct rs_copy_table *t = &c->tables[i];
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
