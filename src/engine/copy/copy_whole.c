/* Tables that must be copied as they were at one moment: those without a key, and those that foreign keys with actions connect
 * (copy.c says why). By one worker, from one snapshot. */
#include "engine/copy/copy_priv.h"

#include <stdlib.h>
#include "base/mem.h"

/* ---------------------------------------------------------------- the tables of one head */

/* The tables of one head, and what is to be noted of them. */
struct family {
	struct rs_copy_table **members;
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

static void find_family(struct rs_copy *c, const struct rs_copy_table *head, struct family *f)
{
	*f = (struct family){.ours = true};
	f->members = rs_xcalloc(c->n_tables, sizeof *f->members);
	f->schemas = rs_xcalloc(c->n_tables, sizeof *f->schemas);
	f->metas = rs_xcalloc(c->n_tables, sizeof *f->metas);
	f->done = rs_xcalloc(c->n_tables, sizeof *f->done);
	for (size_t i = 0; i < c->n_tables; i++) {
		struct rs_copy_table *t = &c->tables[i];
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

/* ---------------------------------------------------------------- copying them */

static enum rs_rc load_member(struct rs_copy_worker *me, struct family *f, size_t i, struct rs_err *err)
{
	struct rs_engine *e = me->copy->e;
	struct rs_sync_table *t = f->members[i]->table;
	struct rs_row_source source = {rs_copy_pull_row, me};
	enum rs_load_mode mode = t->route->row_key == NULL ? RS_LOAD_PLAIN : rs_copy_mode(e, f->members[i]);
	uint64_t rows = 0, bytes = 0;
	enum rs_rc rc = rs_copy_open_rows(me, t, NULL, NULL, NULL, err);

	if (rc == RS_OK)
		rc = me->loader->ops->load_whole(me->loader, t->route, &source, mode, &rows, &bytes, err);
	me->reader->ops->end(me->reader);
	if (rc == RS_OK && f->ours && i + 1 < f->n)
		rc = me->loader->ops->whole_pause(me->loader, err);
	f->metas[i].rows = rows;
	if (rc == RS_OK)
		rs_stats_copied(&e->stats, t->stats, rows, bytes, false);
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

static enum rs_rc load_family(struct rs_copy_worker *me, struct family *f, const struct rs_position *at, struct rs_err *err)
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

enum rs_rc rs_copy_load_whole(struct rs_copy_worker *me, struct rs_copy_work *w, struct rs_err *err)
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
