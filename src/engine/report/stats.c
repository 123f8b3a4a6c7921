#include "engine/follow/failing.h"

#include <stdlib.h>
#include <string.h>
#include "base/figure.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/redact.h"

/* Two of the heartbeats that an idle source sends, and some patience. */
#define LAG_HOLDS RS_MSEC(2500)

void rs_stats_init(struct rs_stats *s)
{
	*s = (struct rs_stats){.state = RS_STATE_NOT_STARTED, .lag = -1, .log_lasts = -1, .log_kept = -1, .log_room = -1, .problems = RS_PROBLEM_LIST_INIT,
	                        .clock_ahead = rs_clock_wall() - rs_clock_mono()};
	pthread_mutex_init(&s->lock, NULL);
}

/* ------------------------------------------------------------------ the pieces of the next snapshot */

static void drop_pieces(struct rs_stats *s)
{
	for (size_t i = 0; i < s->n_pieces; i++)
		rs_table_piece_unref(s->pieces[i]);
	free(s->pieces);
	s->pieces = NULL;
	s->n_pieces = 0;
	s->counted = false;
}

static void drop_piece(struct rs_stats *s, size_t i)
{
	rs_table_piece_unref(s->pieces[i]);
	s->pieces[i] = NULL;
}

void rs_stats_changed(struct rs_stats *s, const struct rs_table_stats *t)
{
	if (s->counted && !t->left)
		drop_piece(s, t->shown / RS_PIECE_TABLES);
}

void rs_stats_past_copy(struct rs_stats *s, bool past_copy)
{
	if (s->past_copy != past_copy)
		drop_pieces(s);
	s->past_copy = past_copy;
}

static void count_shown(struct rs_stats *s)
{
	drop_pieces(s);
	s->n_shown = 0;
	for (size_t i = 0; i < s->n_tables; i++)
		if (!s->tables[i]->left)
			s->tables[i]->shown = s->n_shown++;
	s->n_pieces = (s->n_shown + RS_PIECE_TABLES - 1) / RS_PIECE_TABLES;
	s->pieces = rs_xcalloc(s->n_pieces + 1, sizeof(const struct rs_table_piece *));
	s->counted = true;
}

static struct rs_table_progress progress_of(const struct rs_stats *s, const struct rs_table_stats *t)
{
	return (struct rs_table_progress){
		.db = t->db, .name = t->name, .dest_db = t->dest_db, .dest_name = t->dest_name,
		.rows = t->rows, .rows_total = t->rows_total, .bytes = t->bytes, .bytes_total = t->bytes_total,
		.inserts = t->inserts, .updates = t->updates, .deletes = t->deletes,
		.last_change = t->last_change, .copying = t->copying, .copied = t->copied, .keyless = t->keyless,
		.differences = t->differences, .unverified = t->unverified,
		.sync = s->past_copy ? RS_TABLE_SYNCHRONIZING : RS_TABLE_INITIALIZING,
	};
}

/* *from: where in the list of all tables those of the piece begin at the earliest; moved behind them. */
static const struct rs_table_piece *make_piece(const struct rs_stats *s, size_t piece, size_t *from)
{
	struct rs_table_progress tables[RS_PIECE_TABLES];
	size_t first = piece * RS_PIECE_TABLES, n = 0;

	for (; n < RS_PIECE_TABLES && first + n < s->n_shown; ++*from) {
		const struct rs_table_stats *t = s->tables[*from];
		if (!t->left && t->shown == first + n)
			tables[n++] = progress_of(s, t);
	}
	return rs_table_piece_new(tables, n);
}

/* Makes those that are missing. Tables that are left come between those that are shown, so that none of a piece's stands
 * before its number. */
static void make_pieces(struct rs_stats *s)
{
	size_t from = 0;

	if (!s->counted)
		count_shown(s);
	for (size_t i = 0; i < s->n_pieces; i++) {
		if (s->pieces[i] != NULL)
			continue;
		if (from < i * RS_PIECE_TABLES)
			from = i * RS_PIECE_TABLES;
		s->pieces[i] = make_piece(s, i, &from);
	}
}

/* ------------------------------------------------------------------ */

static void free_table(struct rs_table_stats *t)
{
	free(t->db);
	free(t->name);
	free(t->dest_db);
	free(t->dest_name);
	free(t);
}

void rs_stats_release(struct rs_stats *s)
{
	for (size_t i = 0; i < s->n_tables; i++)
		free_table(s->tables[i]);
	free(s->tables);
	drop_pieces(s);
	rs_map_release(&s->by_name, NULL);
	rs_position_clear(&s->source);
	rs_position_clear(&s->applied);
	rs_problems_release(&s->problems);
	rs_err_clear(&s->error);
	rs_failing_free(s->failing);
	for (size_t i = 0; i < s->n_memories; i++)
		free(s->memories[i].text);
	free(s->memories);
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

void rs_stats_remark(struct rs_stats *s, const struct rs_err *err)
{
	pthread_mutex_lock(&s->lock);
	rs_problems_add(&s->problems, err, NULL, false);
	pthread_mutex_unlock(&s->lock);
}

void rs_stats_take_counts(struct rs_stats *s, struct rs_stats *from)
{
	struct rs_problem_counts counts = {NULL, 0, 0};

	pthread_mutex_lock(&from->lock);
	rs_problem_counts_add(&counts, &from->problems.counted);
	pthread_mutex_unlock(&from->lock);
	pthread_mutex_lock(&s->lock);
	rs_problem_counts_add(&s->problems.counted, &counts);
	pthread_mutex_unlock(&s->lock);
	rs_problem_counts_clear(&counts);
}

void rs_stats_failing(struct rs_stats *s, struct rs_failing *failing)
{
	pthread_mutex_lock(&s->lock);
	rs_failing_free(s->failing);
	s->failing = failing;
	pthread_mutex_unlock(&s->lock);
}

static void set_left(struct rs_stats *s, struct rs_table_stats *t, bool left)
{
	if (t->left != left)
		s->counted = false;
	t->left = left;
}

static size_t make_key(const char *db, const char *name, char *key, size_t size)
{
	return (size_t)snprintf(key, size, "%s%c%s", db, 0, name);
}

/* Found or made, as one that is not shown. Under the lock. */
static struct rs_table_stats *table_of(struct rs_stats *s, const char *db, const char *name)
{
	char key[1024];
	size_t n = make_key(db, name, key, sizeof key);
	struct rs_table_stats *t = rs_map_get(&s->by_name, key, n);

	if (t != NULL)
		return t;
	t = rs_xcalloc(1, sizeof *t);
	t->db = rs_xstrdup(db);
	t->name = rs_xstrdup(name);
	t->left = true;
	RS_GROW(s->tables, s->n_tables, s->cap_tables);
	s->tables[s->n_tables++] = t;
	rs_map_put(&s->by_name, key, n, t);
	return t;
}

/* It was known of before it was planned: its place is that of the plan. */
static void move_to_end(struct rs_stats *s, struct rs_table_stats *t)
{
	size_t i = s->n_tables;

	while (s->tables[i - 1] != t)
		i--;
	memmove(&s->tables[i - 1], &s->tables[i], (s->n_tables - i) * sizeof *s->tables);
	s->tables[s->n_tables - 1] = t;
}

struct rs_table_stats *rs_stats_table(struct rs_stats *s, const char *db, const char *name, const char *dest_db,
                                      const char *dest_name)
{
	pthread_mutex_lock(&s->lock);
	struct rs_table_stats *t = table_of(s, db, name);
	if (t->dest_db == NULL) {
		t->dest_db = rs_xstrdup(dest_db);
		t->dest_name = rs_xstrdup(dest_name);
		move_to_end(s, t);
	}
	t->plan = s->plan;
	set_left(s, t, false);
	pthread_mutex_unlock(&s->lock);
	return t;
}

void rs_stats_differ(struct rs_stats *s, const char *db, const char *name, int more)
{
	pthread_mutex_lock(&s->lock);
	struct rs_table_stats *t = table_of(s, db, name);
	t->differences += (uint64_t)(int64_t)more;
	rs_stats_changed(s, t);
	pthread_mutex_unlock(&s->lock);
}

void rs_stats_unverified(struct rs_stats *s, const char *db, const char *name, enum rs_unverified why)
{
	pthread_mutex_lock(&s->lock);
	struct rs_table_stats *t = table_of(s, db, name);
	if (t->unverified != why) {
		t->unverified = why;
		rs_stats_changed(s, t);
	}
	pthread_mutex_unlock(&s->lock);
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
	rs_stats_changed(s, t);
	s->phases[RS_PHASE_FULL].done += rows;
	s->phases[RS_PHASE_FULL].bytes += stored;
}

void rs_stats_copied(struct rs_stats *s, struct rs_table_stats *t, uint64_t rows, uint64_t bytes, bool chunk)
{
	pthread_mutex_lock(&s->lock);
	add_copied(s, t, rows, bytes);
	t->chunks += chunk;
	s->rows_moved += rows;
	s->bytes_moved += bytes;
	pthread_mutex_unlock(&s->lock);
}

void rs_stats_applied(struct rs_stats *s, const struct rs_tally *n)
{
	struct rs_table_stats *t = n->table;

	if (n->fate == RS_FATE_LEFT_OUT) {
		s->left_out += n->rows;
		return;
	}
	s->incomplete += n->fate == RS_FATE_INCOMPLETE ? n->rows : 0;
	t->inserts += n->op == RS_OP_INSERT ? n->rows : 0;
	s->inserts += n->op == RS_OP_INSERT ? n->rows : 0;
	t->updates += n->op == RS_OP_UPDATE ? n->rows : 0;
	s->updates += n->op == RS_OP_UPDATE ? n->rows : 0;
	t->deletes += n->op == RS_OP_DELETE ? n->rows : 0;
	s->deletes += n->op == RS_OP_DELETE ? n->rows : 0;
	t->last_change = rs_clock_wall();
	rs_stats_changed(s, t);
}

#define DDL_TEXT 400

void rs_stats_ddl(struct rs_stats *s, const char *sql, size_t len, bool left_out, rs_usec took)
{
	char time[RS_FIGURE_SIZE];
	int n = (int)(len < DDL_TEXT ? len : DDL_TEXT);
	char *note = rs_redact(rs_xprintf("%.*s%s, %s", n, sql, len > DDL_TEXT ? " ..." : "",
	                                  left_out ? "not executed here" : rs_figure_time(took, time, sizeof time)));

	pthread_mutex_lock(&s->lock);
	s->ddls++;
	pthread_mutex_unlock(&s->lock);
	rs_stats_remember(s, RS_HISTORY_DDL, note);
}

void rs_stats_remember(struct rs_stats *s, const char *kind, char *text)
{
	pthread_mutex_lock(&s->lock);
	RS_GROW(s->memories, s->n_memories, s->cap_memories);
	s->memories[s->n_memories++] = (struct rs_memory){kind, text};
	pthread_mutex_unlock(&s->lock);
}

bool rs_stats_take_memory(struct rs_stats *s, struct rs_memory *out)
{
	pthread_mutex_lock(&s->lock);
	bool any = s->n_memories > 0;
	if (any) {
		*out = s->memories[0];
		memmove(s->memories, s->memories + 1, --s->n_memories * sizeof *s->memories);
	}
	pthread_mutex_unlock(&s->lock);
	return any;
}

void rs_stats_found(struct rs_stats *s, struct rs_table_stats *t, uint64_t rows)
{
	pthread_mutex_lock(&s->lock);
	add_copied(s, t, rows, 0);
	pthread_mutex_unlock(&s->lock);
}

void rs_stats_chunks(struct rs_stats *s, struct rs_table_stats *t, uint64_t chunks)
{
	pthread_mutex_lock(&s->lock);
	s->steps += chunks > t->chunks;
	t->chunks = chunks;
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
	drop_pieces(s);
	pthread_mutex_unlock(&s->lock);
}

void rs_stats_lag(struct rs_stats *s, rs_usec lag)
{
	s->lag = lag > 0 ? lag : 0;
	s->lag_at = rs_clock_mono();
}

/* What seems to be the log's end may be all that a slow network has brought so far: it is believed within the second. */
void rs_stats_reached(struct rs_stats *s, int64_t time, rs_usec emptied)
{
	const rs_usec now = rs_clock_mono(), longest = now + s->clock_ahead - time * RS_USEC_PER_SEC;
	rs_usec lag = longest;

	if (emptied > 0 && now - emptied < lag)
		lag = now - emptied;
	rs_stats_lag(s, lag > longest - RS_USEC_PER_SEC ? lag : longest - RS_USEC_PER_SEC);
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

void rs_stats_plan_begins(struct rs_stats *s)
{
	pthread_mutex_lock(&s->lock);
	s->plan++;
	pthread_mutex_unlock(&s->lock);
}

static void forget_table(struct rs_stats *s, struct rs_table_stats *t)
{
	char key[1024];

	(void)rs_map_del(&s->by_name, key, make_key(t->db, t->name, key, sizeof key));
	free_table(t);
}

/* Who knows of differences will say that they are gone. */
static bool is_kept(const struct rs_table_stats *t, bool (*stays)(void *arg, const char *db, const char *name), void *arg)
{
	return !t->left || t->differences > 0 || (stays != NULL && stays(arg, t->db, t->name));
}

void rs_stats_plan_ends(struct rs_stats *s, bool (*stays)(void *arg, const char *db, const char *name), void *arg)
{
	size_t kept = 0;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->n_tables; i++) {
		struct rs_table_stats *t = s->tables[i];
		set_left(s, t, t->plan != s->plan);
		if (is_kept(t, stays, arg))
			s->tables[kept++] = t;
		else
			forget_table(s, t);
	}
	if (kept < s->n_tables)
		s->counted = false;
	s->n_tables = kept;
	pthread_mutex_unlock(&s->lock);
}

void rs_stats_forget(struct rs_stats *s, struct rs_table_stats *t)
{
	pthread_mutex_lock(&s->lock);
	if (!is_kept(t, NULL, NULL)) {
		move_to_end(s, t);
		s->n_tables--;
		s->counted = false;
		forget_table(s, t);
	}
	pthread_mutex_unlock(&s->lock);
}

void rs_stats_dropped(struct rs_stats *s, struct rs_table_stats *t)
{
	pthread_mutex_lock(&s->lock);
	set_left(s, t, true);
	t->rows = t->rows_total = t->bytes = t->bytes_total = 0;
	pthread_mutex_unlock(&s->lock);
}

void rs_stats_recall(struct rs_stats *s, struct rs_table_progress *to)
{
	char key[1024];

	pthread_mutex_lock(&s->lock);
	const struct rs_table_stats *t = rs_map_get(&s->by_name, key, make_key(to->db, to->name, key, sizeof key));
	if (t != NULL) {
		to->inserts += t->inserts;
		to->updates += t->updates;
		to->deletes += t->deletes;
		if (t->last_change > to->last_change)
			to->last_change = t->last_change;
	}
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
	p->log_kept = s->log_kept;
	p->log_room = s->log_room;
	p->inserts = s->inserts;
	p->updates = s->updates;
	p->deletes = s->deletes;
	p->ddls = s->ddls;
	p->transactions = s->transactions;
	p->anomalies = s->anomalies;
	p->refolds = s->refolds;
	p->left_out = s->left_out;
	p->incomplete = s->incomplete;
	memcpy(p->serial, s->serial, sizeof p->serial);
	p->hot = rs_hot_now(&s->hot, rs_clock_mono());
	p->retries = s->retries;
	make_pieces(s);
	rs_progress_share_tables(p, s->pieces, s->n_shown);
	rs_progress_set_problems(p, s->problems.items, s->problems.count);
	rs_problem_counts_add(&p->counted, &s->problems.counted);
	memcpy(p->note, s->note, sizeof p->note);
	rs_err_copy(&p->error, &s->error);
	p->failing = rs_failing_copy(s->failing);
	p->skipped = s->skipped;
	p->memory_used = atomic_load(&s->queued) + atomic_load(&s->gathered);
	pthread_mutex_unlock(&s->lock);
	tell_long_step(p, s);
	return p;
}
