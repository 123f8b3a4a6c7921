/* The sides in the snapshots of their task. */
#include "engine/objects/objects_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"


struct shown {
	struct rs_table_progress *tables;
	size_t n, cap;
	struct rs_problem *problems;
	size_t n_problems, cap_problems;
};

static void show_running(struct rs_engine *engine, struct shown *s)
{
	struct rs_stats *stats = &engine->stats;
	size_t first = s->n;

	pthread_mutex_lock(&stats->lock);
	rs_stats_put_tables(stats, &s->tables, &s->n, &s->cap);
	for (size_t i = 0; i < stats->problems.count; i++) {
		RS_GROW(s->problems, s->n_problems, s->cap_problems);
		s->problems[s->n_problems] = stats->problems.items[i];
		s->problems[s->n_problems++].fatal = false;
	}
	pthread_mutex_unlock(&stats->lock);
	for (size_t i = first; i < s->n; i++)
		s->tables[i].sync = RS_TABLE_JOINING;
}

static void show_resting(const struct rs_side *side, struct shown *s)
{
	for (size_t i = 0; i < side->meta.n_tables; i++) {
		const struct rs_meta_table *t = &side->meta.tables[i];
		struct rs_table_progress *p;

		RS_GROW(s->tables, s->n, s->cap);
		p = &s->tables[s->n++];
		*p = (struct rs_table_progress){.db = t->db, .name = t->name, .rows = t->rows, .rows_total = t->rows, .copied = true,
		                                .sync = RS_TABLE_SUSPENDED};
		rs_selection_map_table(side->objects, t->db, t->name, &p->dest_db, &p->dest_name);
		p->keyless = t->schema != NULL && rs_table_row_key(t->schema) == NULL;
		rs_stats_put_position(p->since, sizeof p->since, &side->meta.position);
	}
}

void rs_objects_show(struct rs_engine *e, struct rs_progress *p)
{
	struct shown s = {0};
	size_t before = p->n_tables, joining;

	for (size_t i = 0; i < before; i++) {
		RS_GROW(s.tables, s.n, s.cap);
		s.tables[s.n++] = p->tables[i];
	}
	for (size_t i = 0; i < p->n_problems; i++) {
		RS_GROW(s.problems, s.n_problems, s.cap_problems);
		s.problems[s.n_problems++] = p->problems[i];
	}
	rs_monitor_enter(&e->objects.monitor);
	bool any = e->objects.sides != NULL;
	for (const struct rs_side *side = e->objects.sides; side != NULL; side = side->next) {
		if (side->engine != NULL)
			show_running(side->engine, &s);
		else if (side->state == RS_SIDE_RESTING)
			show_resting(side, &s);
	}
	if (any) {
		rs_progress_set_tables(p, s.tables, s.n);
		rs_progress_set_problems(p, s.problems, s.n_problems);
	}
	rs_monitor_leave(&e->objects.monitor);
	free(s.tables);
	free(s.problems);
	joining = 0;
	for (size_t i = 0; i < p->n_tables; i++)
		joining += p->tables[i].sync == RS_TABLE_JOINING;
	if (joining > 0 && p->note[0] == '\0')
		snprintf(p->note, sizeof p->note, _("tables that are being added: %zu"), joining);
}
