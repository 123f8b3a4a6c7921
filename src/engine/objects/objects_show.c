/* The sides in the snapshots of their task. */
#include "engine/objects/objects_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

struct shown {
	struct rs_problem *problems;
	size_t n, cap;
	size_t joining;  /* tables */
};

static void add_problems(struct shown *s, const struct rs_progress *from)
{
	for (size_t i = 0; i < from->n_problems; i++) {
		RS_GROW(s->problems, s->n, s->cap);
		s->problems[s->n] = from->problems[i];
		s->problems[s->n++].fatal = false;
	}
}

static void count_problems(const struct rs_side *side, struct rs_progress *p)
{
	struct rs_stats *its = &side->engine->stats;

	pthread_mutex_lock(&its->lock);
	rs_problem_counts_add(&p->counted, &its->problems.counted);
	pthread_mutex_unlock(&its->lock);
}

/* By what the destination has of it: it rests, or its engine does not know its tables yet. */
static void show_known(struct rs_side *side, enum rs_table_sync sync, struct rs_progress *p)
{
	struct rs_table_progress *tables = rs_xcalloc(side->meta.n_tables + 1, sizeof *tables);
	char since[sizeof p->applied_position] = "";

	if (sync == RS_TABLE_SUSPENDED)
		rs_stats_put_position(since, sizeof since, &side->meta.position);
	for (size_t i = 0; i < side->meta.n_tables; i++) {
		const struct rs_meta_table *t = &side->meta.tables[i];

		tables[i] = (struct rs_table_progress){.db = t->db, .name = t->name, .rows = t->rows, .rows_total = t->rows,
			.copied = t->state == RS_TABLE_COPIED, .sync = sync, .since = since};
		rs_selection_map_table(side->objects, t->db, t->name, &tables[i].dest_db, &tables[i].dest_name);
		tables[i].keyless = t->schema != NULL && rs_table_row_key(t->schema) == NULL;
		rs_stats_recall(&side->main->stats, &tables[i]);
	}
	rs_progress_add_tables(p, tables, side->meta.n_tables);
	free(tables);
}

static void show_tables(struct rs_side *side, const struct rs_progress *its, struct rs_progress *p)
{
	struct rs_table_progress *tables = rs_xcalloc(its->n_tables + 1, sizeof *tables);

	for (size_t i = 0; i < its->n_tables; i++) {
		tables[i] = *rs_progress_table(its, i);
		tables[i].sync = RS_TABLE_JOINING;
		rs_stats_recall(&side->main->stats, &tables[i]);
	}
	rs_progress_add_tables(p, tables, its->n_tables);
	free(tables);
}

/* There is one at a time to decide about: what the task itself stopped at comes first. */
static void show_failing(const struct rs_side *side, const struct rs_progress *its, struct rs_progress *p)
{
	if (p->failing != NULL || its->failing == NULL || !rs_err_is_set(&its->error)) /* why is known a moment later */
		return;
	p->failing = rs_failing_copy(its->failing);
	p->failing->side = rs_xstrdup(side->id);
	rs_err_copy(&p->failing->why, &its->error);
}

static void show_running(struct rs_side *side, struct shown *s, struct rs_progress *p)
{
	struct rs_progress *its = rs_stats_snapshot(&side->engine->stats);

	if (its->n_tables > 0)
		show_tables(side, its, p);
	else
		show_known(side, RS_TABLE_JOINING, p);
	add_problems(s, its);
	show_failing(side, its, p);
	s->joining += its->n_tables > 0 ? its->n_tables : side->meta.n_tables;
	rs_progress_unref(its);
}

void rs_objects_show(struct rs_engine *e, struct rs_progress *p)
{
	struct shown s = {0};

	rs_monitor_enter(&e->objects.monitor);
	for (struct rs_side *side = e->objects.sides; side != NULL; side = side->next) {
		if (side->engine != NULL)
			count_problems(side, p);
		if (side->state == RS_SIDE_OVER)
			continue; /* the task has its tables */
		if (side->engine != NULL)
			show_running(side, &s, p);
		else if (side->state == RS_SIDE_RESTING || side->state == RS_SIDE_AT_WORK)
			show_known(side, side->state == RS_SIDE_RESTING ? RS_TABLE_SUSPENDED : RS_TABLE_JOINING, p);
	}
	rs_monitor_leave(&e->objects.monitor);
	rs_progress_add_problems(p, s.problems, s.n);
	free(s.problems);
	if (s.joining > 0 && p->note[0] == '\0')
		snprintf(p->note, sizeof p->note, _("tables that are being added: %zu"), s.joining);
}

/* ---------------------------------------------------------------- what could not join */

static void add_unjoined(const struct rs_side *side, struct rs_err *err)
{
	struct rs_stats *stats = &side->engine->stats;
	char *names = rs_objects_text(side->objects);

	for (char *c = names; *c; c++)
		if (*c == '\n')
			*c = c[1] ? ' ' : '\0';
	pthread_mutex_lock(&stats->lock);
	if (!rs_err_is_set(err))
		rs_err_set(err, RS_E_OBJECTS, _("objects that were to join the task are not synchronized"));
	rs_err_detail(err, "%s: %s", names, stats->error.primary ? stats->error.primary : "");
	if (stats->error.detail != NULL)
		rs_err_detail(err, "%s", stats->error.detail);
	if (stats->error.hint != NULL)
		rs_err_hint(err, "%s", stats->error.hint);
	pthread_mutex_unlock(&stats->lock);
	free(names);
}

/* Its engine ends before the last snapshot of the task is made. */
static void keep_failing(const struct rs_side *side)
{
	struct rs_progress *its = rs_stats_snapshot(&side->engine->stats), kept = {.failing = NULL};

	show_failing(side, its, &kept);
	if (kept.failing != NULL)
		rs_stats_failing(&side->main->stats, kept.failing);
	rs_progress_unref(its);
}

void rs_objects_note_unjoined(struct rs_engine *e)
{
	rs_monitor_enter(&e->objects.monitor);
	for (const struct rs_side *side = e->objects.sides; side != NULL; side = side->next) {
		enum rs_state state = side->engine ? rs_stats_state(&side->engine->stats) : RS_STATE_STOPPED;
		if (state != RS_STATE_FAILED && state != RS_STATE_INITIALIZE_FAILED)
			continue;
		add_unjoined(side, &e->objects.unjoined);
		keep_failing(side);
	}
	rs_monitor_leave(&e->objects.monitor);
}

bool rs_engine_unjoined(struct rs_engine *e, struct rs_err *err)
{
	rs_monitor_enter(&e->objects.monitor);
	bool any = rs_err_is_set(&e->objects.unjoined);
	if (any)
		rs_err_copy(err, &e->objects.unjoined);
	rs_monitor_leave(&e->objects.monitor);
	return any;
}
