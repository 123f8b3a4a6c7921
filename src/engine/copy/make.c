/* Makes the tables at the destination, on several connections beside each other: most of what a server does for a new
 * table is waiting for its disk.
 *
 * A table that we were about to make when the program died is ours, made or not: a worker takes a few tables, notes that
 * it is about to make them, makes them, and notes that they are made. */
#include "engine/core.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"

#define MOST_AT_ONCE 16u /* whatever is found of a name that is noted so is taken for ours: it should not be for long */
#define DEADLOCKS 10

struct item {
	struct rs_sync_table *table;
	const struct rs_object *object;
};

struct making {
	struct rs_engine *e;
	struct item *items;        /* constant, but for their tables' states: each is its worker's */
	size_t n, at_once;
	struct rs_monitor monitor; /* guards the rest */
	size_t next;
	bool abort;
	struct rs_err err;         /* of the first that failed */
};

struct worker {
	struct making *making;
	struct rs_thread thread;
	struct rs_maker *maker;
};

/* ---------------------------------------------------------------- a few tables */

/* Foreign keys may have two of the server's threads wait for each other. */
static enum rs_rc define(struct worker *w, const char *sql, const char *db, struct rs_err *err)
{
	struct rs_err failed = RS_ERR_INIT;
	enum rs_rc rc;
	int deadlocks = 0;

	do {
		rs_err_clear(&failed);
		rc = w->maker->ops->table(w->maker, sql, db, &failed);
	} while (rc == RS_FAIL && failed.code == RS_E_SQL_DEADLOCK && ++deadlocks < DEADLOCKS);
	if (rc != RS_OK)
		rs_err_move(err, &failed);
	return rc;
}

/* Without it the table is synchronized all the same. */
static void tell_missing(struct rs_engine *e, const struct rs_object *o, const struct rs_part *p, const struct rs_err *err)
{
	char *what = rs_xprintf("%s.%s: %s", o->db, o->name, p->name);

	rs_log_err(RS_LOG_WARN, what, err);
	rs_stats_problem(&e->stats, err, what, false);
	free(what);
}

/* An index of a table that was being made when the program died may be there. */
static enum rs_rc make_part(struct worker *w, const struct item *item, const struct rs_part *p, bool may_be_there, struct rs_err *err)
{
	char *sql = rs_engine_part_statement(w->making->e, item->object, p);
	struct rs_err failed = RS_ERR_INIT;
	bool exists = false;
	enum rs_rc rc = RS_OK;

	if (sql != NULL && may_be_there && p->relation)
		rc = w->maker->ops->exists(w->maker, RS_OBJECT_TABLE, item->table->dest_db, p->name, &exists, err);
	if (rc == RS_OK && sql != NULL && !exists && define(w, sql, item->table->dest_db, &failed) != RS_OK) {
		if (rs_err_is_refusal(&failed))
			tell_missing(w->making->e, item->object, p, &failed);
		else
			rs_err_move(err, &failed);
		rc = rs_err_is_set(err) ? RS_FAIL : RS_OK;
	}
	rs_err_clear(&failed);
	free(sql);
	return rc;
}

static enum rs_rc make_extras(struct worker *w, const struct item *item, bool may_be_there, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < item->object->n_parts; i++)
		if (item->object->parts[i].kind == RS_PART_EXTRA)
			rc = make_part(w, item, &item->object->parts[i], may_be_there, err);
	return rc;
}

static enum rs_rc make_table(struct worker *w, const struct item *item, bool may_be_there, struct rs_err *err)
{
	const struct rs_sync_table *t = item->table;
	char *sql = NULL, *db = NULL;
	bool exists = false;
	enum rs_rc rc = RS_OK;

	if (may_be_there)
		rc = w->maker->ops->exists(w->maker, RS_OBJECT_TABLE, t->dest_db, t->dest_name, &exists, err);
	if (rc == RS_OK && !exists)
		rc = rs_engine_object_statement(w->making->e, item->object, &sql, &db, err);
	if (rc == RS_OK && sql != NULL)
		rc = define(w, sql, db, err);
	if (rc == RS_OK)
		rc = make_extras(w, item, exists, err);
	free(sql);
	free(db);
	rs_step("table-made");
	if (rc == RS_OK)
		rs_engine_made(w->making->e);
	return rc;
}

/* Of those that are not in that state. */
static enum rs_rc note(struct worker *w, const struct item *items, size_t n, enum rs_meta_state state, struct rs_err *err)
{
	struct rs_meta_table metas[MOST_AT_ONCE];
	size_t changed = 0;

	for (size_t i = 0; i < n; i++) {
		if (items[i].table->meta.state == state)
			continue;
		metas[changed] = items[i].table->meta; /* texts stay the table's */
		metas[changed++].state = state;
	}
	enum rs_rc rc = changed > 0 ? w->maker->ops->note(w->maker, metas, changed, err) : RS_OK;
	for (size_t i = 0; rc == RS_OK && i < n; i++)
		items[i].table->meta.state = state;
	return rc;
}

static enum rs_rc make_few(struct worker *w, const struct item *items, size_t n, struct rs_err *err)
{
	bool may_be_there[MOST_AT_ONCE];

	for (size_t i = 0; i < n; i++)
		may_be_there[i] = items[i].table->meta.state == RS_TABLE_CREATING;
	enum rs_rc rc = note(w, items, n, RS_TABLE_CREATING, err);
	rs_step("table-planned");
	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = make_table(w, &items[i], may_be_there[i], err);
	return rc == RS_OK ? note(w, items, n, RS_TABLE_CREATED, err) : rc;
}

/* ---------------------------------------------------------------- workers */

static size_t take(struct making *m, size_t *first)
{
	rs_monitor_enter(&m->monitor);
	size_t left = m->abort || rs_engine_stopping(m->e) ? 0 : m->n - m->next;
	size_t n = left < m->at_once ? left : m->at_once;
	*first = m->next;
	m->next += n;
	rs_monitor_leave(&m->monitor);
	return n;
}

static void *run_worker(void *arg)
{
	struct worker *w = arg;
	struct making *m = w->making;
	struct rs_err err = RS_ERR_INIT;
	struct rs_activity activity;
	enum rs_rc rc = RS_OK;
	size_t first, n;

	rs_engine_take_part(m->e, &activity, "make");
	while (rc == RS_OK && (n = take(m, &first)) > 0)
		rc = make_few(w, m->items + first, n, &err);
	rs_monitor_enter(&m->monitor);
	if (rc == RS_FAIL && !m->abort)
		rs_err_move(&m->err, &err);
	m->abort = m->abort || rc != RS_OK;
	rs_monitor_leave(&m->monitor);
	rs_err_clear(&err);
	rs_activity_end(&activity);
	return NULL;
}

static enum rs_rc open_worker(struct making *m, struct worker *w, struct rs_err *err)
{
	struct rs_engine *e = m->e;

	w->making = m;
	enum rs_rc rc = e->sink->ops->maker(e->sink, &w->maker, err);
	if (rc == RS_OK)
		rs_engine_live(e, (void (*)(void *))w->maker->ops->cancel, w->maker);
	return rc;
}

static void close_worker(struct making *m, struct worker *w)
{
	rs_thread_join(&w->thread);
	if (w->maker == NULL)
		return;
	rs_engine_dead(m->e, w->maker);
	w->maker->ops->close(w->maker);
}

static enum rs_rc run_workers(struct making *m, size_t n, struct rs_err *err)
{
	struct worker *workers = rs_xcalloc(n, sizeof *workers);
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = open_worker(m, &workers[i], err);
	if (rc == RS_FAIL && err->code == RS_E_CONN_BUSY && workers[0].maker != NULL) { /* then as many as there is room for */
		while (workers[n - 1].maker == NULL)
			n--;
		rs_err_clear(err);
		rc = RS_OK;
	}
	for (size_t i = 0; rc == RS_OK && i < n; i++)
		if (!rs_thread_start(&workers[i].thread, "make", run_worker, &workers[i]))
			rc = rs_engine_no_thread(err);
	if (rc != RS_OK) {
		rs_monitor_enter(&m->monitor);
		m->abort = true;
		rs_monitor_leave(&m->monitor);
	}
	for (size_t i = 0; i < n; i++)
		close_worker(m, &workers[i]);
	free(workers);
	if (rc == RS_OK && rs_err_is_set(&m->err)) {
		rs_err_move(err, &m->err);
		rc = RS_FAIL;
	}
	return rc == RS_OK && m->abort ? RS_CANCELLED : rc;
}

/* ---------------------------------------------------------------- all of them */

static void collect(struct making *m)
{
	struct rs_engine *e = m->e;

	m->items = rs_xcalloc(e->catalog.count + 1, sizeof *m->items);
	for (size_t i = 0; i < e->catalog.count; i++) {
		const struct rs_object *o = &e->catalog.objects[i];
		struct rs_sync_table *t = o->kind == RS_OBJECT_TABLE ? rs_plan_find(e, o->db, o->name) : NULL;

		if (t != NULL && (t->meta.state == RS_TABLE_PLANNED || t->meta.state == RS_TABLE_CREATING))
			m->items[m->n++] = (struct item){t, o};
	}
}

enum rs_rc rs_make_tables(struct rs_engine *e, struct rs_err *err)
{
	struct making m = {.e = e};
	enum rs_rc rc = RS_OK;

	collect(&m);
	rs_monitor_init(&m.monitor);
	size_t workers = m.n < e->task->sync.copy_workers ? m.n : e->task->sync.copy_workers;
	if (workers > 0) {
		m.at_once = m.n / workers / 4 < 1 ? 1 : m.n / workers / 4 > MOST_AT_ONCE ? MOST_AT_ONCE : m.n / workers / 4;
		rc = run_workers(&m, workers, err);
	}
	rs_monitor_release(&m.monitor);
	rs_err_clear(&m.err);
	free(m.items);
	return rc;
}

void rs_engine_made(struct rs_engine *e)
{
	pthread_mutex_lock(&e->stats.lock);
	e->stats.phases[RS_PHASE_SCHEMA].done++;
	pthread_mutex_unlock(&e->stats.lock);
}
