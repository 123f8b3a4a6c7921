#include "engine/follow/failing.h"

#include <stdlib.h>
#include <string.h>
#include "base/figure.h"
#include "base/i18n.h"
#include "base/mem.h"

/* Two of the heartbeats that an idle source sends, and some patience. */
#define LAG_HOLDS RS_MSEC(2500)

void rs_stats_init(struct rs_stats *s)
{
	*s = (struct rs_stats){.state = RS_STATE_NOT_STARTED, .lag = -1, .log_lasts = -1, .problems = RS_PROBLEM_LIST_INIT};
	pthread_mutex_init(&s->lock, NULL);
}

void rs_stats_release(struct rs_stats *s)
{
	for (size_t i = 0; i < s->n_tables; i++) {
		struct rs_table_stats *t = s->tables[i];
		free(t->db);
		free(t->name);
		free(t->dest_db);
		free(t->dest_name);
		free(t);
	}
	free(s->tables);
	rs_map_release(&s->by_name, NULL);
	rs_position_clear(&s->source);
	rs_position_clear(&s->applied);
	rs_problems_release(&s->problems);
	rs_err_clear(&s->error);
	rs_failing_free(s->failing);
	pthread_mutex_destroy(&s->lock);
}

void rs_stats_set_state(struct rs_stats *s, enum rs_state state)
{
	pthread_mutex_lock(&s->lock);
	s->state = state;
	if (state == RS_STATE_INITIALIZING || state == RS_STATE_SYNCHRONIZING) {
		rs_err_clear(&s->error);
		rs_failing_free(s->failing);
		s->failing = NULL;
	}
	pthread_mutex_unlock(&s->lock);
}

enum rs_state rs_stats_state(struct rs_stats *s)
{
	pthread_mutex_lock(&s->lock);
	enum rs_state state = s->state;
	pthread_mutex_unlock(&s->lock);
	return state;
}

void rs_stats_note(struct rs_stats *s, const char *fmt, ...)
{
	va_list ap;

	pthread_mutex_lock(&s->lock);
	va_start(ap, fmt);
	vsnprintf(s->note, sizeof s->note, fmt, ap);
	va_end(ap);
	pthread_mutex_unlock(&s->lock);
}

void rs_stats_phase(struct rs_stats *s, enum rs_phase_id phase, enum rs_phase_state state)
{
	struct rs_phase *p = &s->phases[phase];

	pthread_mutex_lock(&s->lock);
	if (state == RS_PHASE_RUNNING && p->started == 0)
		p->started = rs_clock_wall();
	if (state == RS_PHASE_DONE && p->ended == 0)
		p->ended = rs_clock_wall();
	p->state = state;
	pthread_mutex_unlock(&s->lock);
}

void rs_stats_problem(struct rs_stats *s, const struct rs_err *err, const char *object, bool fatal)
{
	pthread_mutex_lock(&s->lock);
	rs_problems_add(&s->problems, err, object, fatal);
	rs_err_copy(&s->error, err);
	pthread_mutex_unlock(&s->lock);
}

void rs_stats_failing(struct rs_stats *s, struct rs_failing *failing)
{
	pthread_mutex_lock(&s->lock);
	rs_failing_free(s->failing);
	s->failing = failing;
	pthread_mutex_unlock(&s->lock);
}

struct rs_table_stats *rs_stats_table(struct rs_stats *s, const char *db, const char *name, const char *dest_db,
                                      const char *dest_name)
{
	char key[1024];
	size_t n = (size_t)snprintf(key, sizeof key, "%s%c%s", db, 0, name);

	pthread_mutex_lock(&s->lock);
	struct rs_table_stats *t = rs_map_get(&s->by_name, key, n);
	if (t == NULL) {
		t = rs_xcalloc(1, sizeof *t);
		t->db = rs_xstrdup(db);
		t->name = rs_xstrdup(name);
		t->dest_db = rs_xstrdup(dest_db);
		t->dest_name = rs_xstrdup(dest_name);
		RS_GROW(s->tables, s->n_tables, s->cap_tables);
		s->tables[s->n_tables++] = t;
		rs_map_put(&s->by_name, key, n, t);
	}
	t->plan = s->plan;
	t->left = false;
	pthread_mutex_unlock(&s->lock);
	return t;
}

/* Totals are the server's estimate of what its tables take, not of what travels: what is done is told in the same
 * measure, so that a bar reaches its end when the rows do. */
static uint64_t stored_bytes(const struct rs_table_stats *t, uint64_t rows, uint64_t bytes)
{
	if (t->rows_total == 0 || t->bytes_total == 0)
		return bytes;
	return (uint64_t)((double)rows * ((double)t->bytes_total / (double)t->rows_total));
}

static void add_copied(struct rs_stats *s, struct rs_table_stats *t, uint64_t rows, uint64_t bytes)
{
	uint64_t stored = stored_bytes(t, rows, bytes);

	t->rows += rows;
	t->bytes += stored;
	s->phases[RS_PHASE_FULL].done += rows;
	s->phases[RS_PHASE_FULL].bytes += stored;
}

void rs_stats_copied(struct rs_stats *s, struct rs_table_stats *t, uint64_t rows, uint64_t bytes)
{
	pthread_mutex_lock(&s->lock);
	add_copied(s, t, rows, bytes);
	s->rows_moved += rows;
	s->bytes_moved += bytes;
	pthread_mutex_unlock(&s->lock);
}

void rs_stats_found(struct rs_stats *s, struct rs_table_stats *t, uint64_t rows)
{
	pthread_mutex_lock(&s->lock);
	add_copied(s, t, rows, 0);
	pthread_mutex_unlock(&s->lock);
}

void rs_stats_step(struct rs_stats *s)
{
	pthread_mutex_lock(&s->lock);
	s->steps++;
	pthread_mutex_unlock(&s->lock);
}

/* Of a table that another process copied the rows are known, not the bytes. */
static uint64_t done_bytes(const struct rs_table_stats *t)
{
	return t->bytes > 0 ? t->bytes : stored_bytes(t, t->rows, 0);
}

void rs_stats_count(struct rs_stats *s)
{
	struct rs_phase *full = &s->phases[RS_PHASE_FULL];

	pthread_mutex_lock(&s->lock);
	full->total = full->bytes_total = full->done = full->bytes = 0;
	for (size_t i = 0; i < s->n_tables; i++) {
		struct rs_table_stats *t = s->tables[i];
		if (!t->copied)
			t->rows = t->bytes = 0;
		t->bytes = done_bytes(t);
		full->total += t->rows_total;
		full->bytes_total += t->bytes_total;
		full->done += t->rows;
		full->bytes += t->bytes;
	}
	pthread_mutex_unlock(&s->lock);
}

void rs_stats_lag(struct rs_stats *s, rs_usec lag)
{
	s->lag = lag > 0 ? lag : 0;
	s->lag_at = rs_clock_mono();
}

/* What was applied then is as old now as it was, and older. */
static rs_usec lag_now(const struct rs_stats *s)
{
	rs_usec since = rs_clock_mono() - s->lag_at;

	return s->lag < 0 || since < LAG_HOLDS ? s->lag : s->lag + since;
}

/* 0 where it isn't known. */
static uint64_t behind_bytes(const struct rs_position *source, const struct rs_position *applied)
{
	bool comparable = source->file != NULL && applied->file != NULL && strcmp(source->file, applied->file) == 0;

	return comparable && source->offset > applied->offset ? source->offset - applied->offset : 0;
}

void rs_stats_put_position(char *out, size_t size, const struct rs_position *p)
{
	if (p->file != NULL)
		snprintf(out, size, "%s:%llu", p->file, (unsigned long long)p->offset);
	else if (p->gtid != NULL)
		snprintf(out, size, "%s", p->gtid);
	else
		out[0] = '\0';
}

void rs_stats_put_tables(const struct rs_stats *s, struct rs_table_progress **tables, size_t *n, size_t *cap)
{
	for (size_t i = 0; i < s->n_tables; i++) {
		const struct rs_table_stats *t = s->tables[i];
		if (t->left)
			continue;
		RS_GROW(*tables, *n, *cap);
		(*tables)[(*n)++] = (struct rs_table_progress){
			.db = t->db, .name = t->name, .dest_db = t->dest_db, .dest_name = t->dest_name,
			.rows = t->rows, .rows_total = t->rows_total, .bytes = t->bytes, .bytes_total = t->bytes_total,
			.inserts = t->inserts, .updates = t->updates, .deletes = t->deletes,
			.last_change = t->last_change, .copying = t->copying, .copied = t->copied, .keyless = t->keyless,
			.sync = s->past_copy ? RS_TABLE_SYNCHRONIZING : RS_TABLE_INITIALIZING,
		};
	}
}

static void put_tables(struct rs_progress *p, const struct rs_stats *s)
{
	struct rs_table_progress *rows = NULL;
	size_t n = 0, cap = 0;

	rs_stats_put_tables(s, &rows, &n, &cap);
	rs_progress_set_tables(p, rows, n);
	free(rows);
}

void rs_stats_plan_begins(struct rs_stats *s)
{
	pthread_mutex_lock(&s->lock);
	s->plan++;
	pthread_mutex_unlock(&s->lock);
}

void rs_stats_plan_ends(struct rs_stats *s)
{
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->n_tables; i++)
		s->tables[i]->left = s->tables[i]->plan != s->plan;
	pthread_mutex_unlock(&s->lock);
}

static void tell_long_step(struct rs_progress *p, struct rs_stats *s)
{
	rs_usec since = atomic_load(&s->busy_since), took = rs_clock_mono() - since;
	char time[RS_FIGURE_SIZE];

	if (since == 0 || took < RS_LONG_STEP)
		return;
	p->caught_up = false;
	snprintf(p->note, sizeof p->note,
	         _("the destination has been at one step for %s; if that does not end, its disk is full or a lock is held: see SHOW "
	           "PROCESSLIST there"),
	         rs_figure_time(took, time, sizeof time));
}

struct rs_progress *rs_stats_snapshot(struct rs_stats *s)
{
	pthread_mutex_lock(&s->lock);
	struct rs_progress *p = rs_progress_new(s->state);

	p->consistent = s->consistent;
	p->caught_up = s->caught_up;
	p->started = s->started;
	memcpy(p->phases, s->phases, sizeof p->phases);
	p->lag = lag_now(s);
	p->source_behind_bytes = behind_bytes(&s->source, &s->applied);
	rs_stats_put_position(p->source_position, sizeof p->source_position, &s->source);
	rs_stats_put_position(p->applied_position, sizeof p->applied_position, &s->applied);
	p->checkpoint = s->checkpoint;
	p->log_lasts = s->log_lasts;
	p->inserts = s->inserts;
	p->updates = s->updates;
	p->deletes = s->deletes;
	p->ddls = s->ddls;
	p->transactions = s->transactions;
	p->anomalies = s->anomalies;
	p->refolds = s->refolds;
	memcpy(p->serial, s->serial, sizeof p->serial);
	p->retries = s->retries;
	put_tables(p, s);
	rs_progress_set_problems(p, s->problems.items, s->problems.count);
	memcpy(p->note, s->note, sizeof p->note);
	rs_err_copy(&p->error, &s->error);
	p->failing = rs_failing_copy(s->failing);
	p->skipped = s->skipped;
	p->memory_used = s->memory_used;
	pthread_mutex_unlock(&s->lock);
	tell_long_step(p, s);
	return p;
}
