#include "screen/watch.h"

#include <math.h>
#include <string.h>
#include <unistd.h>
#include "base/mem.h"

void rs_watches_init(struct rs_watches *w, struct rs_works *works, struct rs_wake wake)
{
	*w = (struct rs_watches){.works = works, .wake = wake, .error = RS_ERR_INIT, .seen = RS_SEEN_INIT};
}

static void free_verify(void *verify)
{
	rs_verify_free(verify);
}

static void watch_free(struct rs_watch *watch)
{
	rs_engine_free(watch->engine);
	rs_verify_free(watch->verify);
	rs_repair_unref(watch->repair);
	free(watch->compared_tables);
	rs_progress_unref(watch->progress);
	rs_progress_unref(watch->last);
	rs_map_release(&watch->rates, free);
	rs_past_clear(&watch->past);
	rs_task_free(watch->task);
	rs_err_clear(&watch->error);
	free(watch->path);
	free(watch->name);
	free(watch);
}

void rs_watches_release(struct rs_watches *w)
{
	for (size_t i = 0; i < w->count; i++)
		watch_free(w->items[i]);
	free(w->items);
	w->items = NULL;
	w->count = w->cap = 0;
	rs_seen_release(&w->seen);
	rs_err_clear(&w->error);
}

struct rs_watch *rs_watches_find(const struct rs_watches *w, const char *path)
{
	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->items[i]->path, path) == 0)
			return w->items[i];
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	const struct rs_watch *x = *(struct rs_watch *const *)a, *y = *(struct rs_watch *const *)b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->path, y->path);
}

static void sort(struct rs_watches *w)
{
	if (w->count > 1)
		qsort(w->items, w->count, sizeof(struct rs_watch *), by_name);
}

static struct rs_watch *find_or_add(struct rs_watches *w, const char *path, const char *name)
{
	struct rs_watch *watch = rs_watches_find(w, path);

	if (watch)
		return watch;
	watch = rs_xcalloc(1, sizeof *watch);
	watch->owner = w;
	watch->path = rs_xstrdup(path);
	watch->name = rs_xstrdup(name);
	watch->error = (struct rs_err)RS_ERR_INIT;
	watch->rates = (struct rs_map)RS_MAP_INIT;
	RS_GROW(w->items, w->count, w->cap);
	w->items[w->count++] = watch;
	return watch;
}

static void set_task(struct rs_watch *watch, struct rs_task *task)
{
	rs_task_free(watch->task);
	watch->task = task;
	free(watch->name);
	watch->name = rs_xstrdup(task->name);
	watch->gone = false;
	rs_err_clear(&watch->error);
}

struct rs_watch *rs_watches_put(struct rs_watches *w, struct rs_task *task)
{
	struct rs_watch *watch = find_or_add(w, task->path ? task->path : task->name, task->name);

	set_task(watch, task);
	watch->put = w->scans;
	sort(w);
	return watch;
}

void rs_watches_put_early(struct rs_watches *w, struct rs_task *task)
{
	rs_watches_put(w, task)->writing++;
}

bool rs_watches_written(struct rs_watches *w, const char *path)
{
	struct rs_watch *watch = rs_watches_find(w, path);

	if (!watch || !watch->writing) /* it was deleted meanwhile */
		return true;
	watch->put = w->scans;
	return --watch->writing == 0;
}

/* An engine that is let go, and whose it was. */
struct leaving {
	struct rs_watches *watches;
	struct rs_engine *engine;
	char *path;
};

/* In a thread: may wait for connections to end. */
static void leave(void *arg)
{
	struct leaving *l = arg;

	rs_engine_free(l->engine);
}

static void left(void *arg)
{
	struct leaving *l = arg;
	struct rs_watch *watch = rs_watches_find(l->watches, l->path);

	if (watch && watch->leaving) { /* it may have been deleted meanwhile */
		watch->leaving--;
		watch->put = l->watches->scans;
	}
	free(l->path);
	free(l);
}

/* Until its lock is free a scan may see it at work; nobody takes that for another process. */
static void drop_engine(struct rs_watch *watch)
{
	struct leaving *l;

	if (!watch->engine)
		return;
	l = rs_xcalloc(1, sizeof *l);
	*l = (struct leaving){.watches = watch->owner, .engine = watch->engine, .path = rs_xstrdup(watch->path)};
	watch->engine = NULL;
	watch->leaving++;
	rs_work_start(watch->owner->works, leave, left, l, RS_WORK_IN_LINE);
}

void rs_watches_remove(struct rs_watches *w, struct rs_watch *watch)
{
	size_t i = 0;

	while (i < w->count && w->items[i] != watch)
		i++;
	if (i == w->count)
		return;
	memmove(&w->items[i], &w->items[i + 1], (w->count - i - 1) * sizeof(struct rs_watch *));
	w->count--;
	w->removed = w->scans;
	drop_engine(watch);
	rs_watch_compare_end(watch);
	watch_free(watch);
}

void rs_watches_move(struct rs_watches *w, const char *from, const char *to)
{
	struct rs_watch *watch = rs_watches_find(w, from), *scanned = rs_watches_find(w, to);

	if (!watch || watch == scanned)
		return;
	if (scanned && scanned->users) {
		watch->writing = 0; /* a scan was there first, and the next finds that this one is gone */
		return;
	}
	if (scanned)
		rs_watches_remove(w, scanned);
	free(watch->path);
	watch->path = rs_xstrdup(to);
	watch->put = w->removed = w->scans;
}

/* --- scanning --------------------------------------------------------------------- */

struct found {
	char *path, *name;
	struct rs_task *task;      /* NULL: err says why */
	struct rs_err err;
	bool has_status;
	struct rs_task_status status;
	struct rs_past past;       /* of one that another process runs and that was not at work when it was looked at last */
};

/* What was told of a task that another process runs. */
struct known {
	char *path;
	const struct rs_progress *progress; /* a reference */
};

struct scan {
	struct rs_watches *watches;
	struct known *known;
	size_t n_known;
	unsigned number;
	struct found *items;
	size_t count;
	struct rs_err err;
	bool failed;
};

static const struct rs_progress *known_of(const struct scan *s, const char *path)
{
	for (size_t i = 0; i < s->n_known; i++)
		if (strcmp(s->known[i].path, path) == 0)
			return s->known[i].progress;
	return NULL;
}

static void look(struct scan *s, struct found *f, const struct rs_task_file *file)
{
	f->path = rs_xstrdup(file->path);
	f->name = rs_xstrdup(file->name);
	f->task = rs_seen_load(&s->watches->seen, file->path, &f->err);
	f->has_status = f->task && rs_task_status_look(f->task, known_of(s, f->path), &f->status, &f->err) == RS_OK;
	if (f->has_status && f->status.live && f->status.pid != (long)getpid() && !known_of(s, f->path))
		rs_task_past(f->task, &f->past);
}

static void scan_run(void *arg)
{
	struct scan *s = arg;
	struct rs_task_list list;

	if (rs_task_list(&list, &s->err) != RS_OK) {
		s->failed = true;
		return;
	}
	s->items = rs_xcalloc(list.count + 1, sizeof *s->items);
	for (size_t i = 0; i < list.count; i++)
		look(s, &s->items[s->count++], &list.files[i]);
	rs_seen_sweep(&s->watches->seen);
	rs_task_list_release(&list);
}

static void series_take(struct rs_series *s, const struct rs_trace *t)
{
	s->count = t ? rs_trace_newest(t, s->values, RS_SERIES_MAX) : 0;
}

/* Who has seen some of it already goes on with that. */
static void take_past(struct rs_watch *watch, struct found *f)
{
	if (rs_past_is_empty(&f->past) || !rs_past_is_empty(&watch->past))
		return;
	watch->past = f->past;
	f->past = (struct rs_past){.traces = {NULL}};
	series_take(&watch->lag, watch->past.traces[RS_TRACE_LAG]);
	series_take(&watch->rows, watch->past.traces[RS_TRACE_ROWS]);
	series_take(&watch->bytes, watch->past.traces[RS_TRACE_BYTES]);
}

/* An engine of this process knows better than the files. */
static void merge_status(struct rs_watch *watch, struct found *f)
{
	if (watch->engine)
		return;
	watch->live = f->status.live;
	watch->pid = f->status.pid;
	rs_watch_take(watch, f->status.state, f->status.progress);
	f->status.progress = NULL;
	watch->updated = f->status.updated;
	take_past(watch, f);
}

/* Whether the scan looked, or may have looked, before the task was written or let go here. */
static bool is_late(const struct scan *s, const struct rs_watch *watch)
{
	return watch->writing || watch->leaving || watch->put >= s->number;
}

static void merge(struct rs_watches *w, const struct scan *s, struct found *f)
{
	struct rs_watch *watch;

	if (s->number <= w->removed && !rs_watches_find(w, f->path))
		return; /* what was removed here meanwhile does not come back */
	watch = find_or_add(w, f->path, f->name);
	if (is_late(s, watch))
		return;
	watch->gone = false;
	if (f->task) {
		set_task(watch, f->task);
		f->task = NULL;
	}
	rs_err_move(&watch->error, &f->err);
	if (f->has_status)
		merge_status(watch, f);
	else if (!watch->engine && !watch->task)
		watch->state = RS_STATE_NOT_CONFIGURED;
}

/* Those without a file among the task files stay only as long as they are run, compared or shown here. */
static bool may_go(const struct rs_watch *watch)
{
	return watch->gone && !watch->engine && !watch->verify && !watch->users;
}

static void remove_gone(struct rs_watches *w)
{
	for (size_t i = w->count; i-- > 0;)
		if (may_go(w->items[i]))
			rs_watches_remove(w, w->items[i]);
}

static void found_release(struct found *f)
{
	free(f->path);
	free(f->name);
	rs_task_free(f->task);
	rs_err_clear(&f->err);
	rs_task_status_release(&f->status);
	rs_past_clear(&f->past);
}

static void scan_done(void *arg)
{
	struct scan *s = arg;
	struct rs_watches *w = s->watches;

	w->scanning = false;
	w->scanned = true;
	rs_err_move(&w->error, &s->err);
	for (size_t i = 0; !s->failed && i < w->count; i++)
		w->items[i]->gone = !is_late(s, w->items[i]);
	for (size_t i = 0; i < s->count; i++) {
		merge(w, s, &s->items[i]);
		found_release(&s->items[i]);
	}
	remove_gone(w);
	sort(w);
	if (w->changed)
		w->changed(w->ctx);
	for (size_t i = 0; i < s->n_known; i++) {
		rs_progress_unref(s->known[i].progress);
		free(s->known[i].path);
	}
	free(s->known);
	free(s->items);
	free(s);
}

static void note_known(struct scan *s, const struct rs_watches *w)
{
	s->known = rs_xcalloc(w->count + 1, sizeof *s->known);
	for (size_t i = 0; i < w->count; i++)
		if (w->items[i]->live && !w->items[i]->engine && w->items[i]->progress)
			s->known[s->n_known++] = (struct known){rs_xstrdup(w->items[i]->path), rs_progress_ref(w->items[i]->progress)};
}

static struct scan *scan_new(struct rs_watches *w)
{
	struct scan *s = rs_xcalloc(1, sizeof *s);

	s->watches = w;
	s->number = ++w->scans;
	note_known(s, w);
	s->err = (struct rs_err)RS_ERR_INIT;
	return s;
}

void rs_watches_scan(struct rs_watches *w)
{
	if (w->scanning)
		return;
	w->scanning = true;
	rs_work_start(w->works, scan_run, scan_done, scan_new(w), 0);
}

void rs_watches_scan_now(struct rs_watches *w)
{
	struct scan *s = scan_new(w);

	scan_run(s);
	scan_done(s);
}

/* --- numbers ---------------------------------------------------------------------- */

void rs_watch_take(struct rs_watch *watch, enum rs_state state, const struct rs_progress *progress)
{
	rs_progress_unref(watch->progress);
	watch->progress = progress;
	watch->state = state;
	watch->updated = progress ? progress->taken : 0;
}

/* Whether the engine rests until it is told something: also one that could not end as it was told to. */
static bool waits_for_command(const struct rs_watch *watch)
{
	return watch->state == RS_STATE_FAILED || watch->state == RS_STATE_INITIALIZE_FAILED;
}

void rs_watch_refresh(struct rs_watch *watch)
{
	const struct rs_progress *p;

	if (!watch->engine)
		return;
	watch->live = rs_watch_is_running_here(watch); /* asked first: then the snapshot is its last */
	p = rs_engine_progress(watch->engine);
	rs_watch_take(watch, p->state, p);
	if (!watch->live || waits_for_command(watch))
		watch->stopping = false;
	if (!watch->live)
		drop_engine(watch);
}

static void series_add(struct rs_series *s, double value)
{
	if (s->count == RS_SERIES_MAX) {
		memmove(s->values, s->values + 1, (RS_SERIES_MAX - 1) * sizeof *s->values);
		s->count--;
	}
	s->values[s->count++] = value;
}

static size_t table_key(const struct rs_table_progress *t, char *key, size_t size)
{
	int n = snprintf(key, size, "%s%c%s", t->db, 0, t->name);

	return n > 0 && (size_t)n < size ? (size_t)n : size - 1;
}

static uint64_t changes_of(const struct rs_table_progress *t)
{
	return t->inserts + t->updates + t->deletes;
}

static void sample_table(struct rs_watch *watch, const struct rs_table_progress *t, double seconds)
{
	char key[1100];
	size_t len = table_key(t, key, sizeof key);
	struct rs_table_rate *rate = rs_map_get(&watch->rates, key, len);
	uint64_t changes = changes_of(t);

	if (!rate) {
		rate = rs_xcalloc(1, sizeof *rate);
		rate->per_sec = -1;
		(void)rs_map_put(&watch->rates, key, len, rate);
	} else if (seconds > 0) {
		rate->per_sec = changes >= rate->changes ? (double)(changes - rate->changes) / seconds : -1;
	}
	rate->changes = changes;
	rate->sample = watch->samples;
}

/* A piece that the sample before had as well says nothing new of its tables. */
static void sample_tables(struct rs_watch *watch, const struct rs_progress *p)
{
	const struct rs_progress *last = watch->last;
	double seconds = last ? (double)(p->taken - last->taken) / (double)RS_USEC_PER_SEC : 0;
	size_t n = last ? rs_progress_n_pieces(last) : 0;

	watch->samples++;
	for (size_t i = 0; i < rs_progress_n_pieces(p); i++) {
		const struct rs_table_piece *piece = p->pieces[i];

		for (size_t t = 0; (i >= n || piece != last->pieces[i]) && t < piece->n; t++)
			sample_table(watch, &piece->tables[t], seconds);
	}
	rs_progress_unref(last);
	watch->last = rs_progress_ref(p);
}

rs_usec rs_watch_lag(const struct rs_watch *watch)
{
	const struct rs_progress *p = watch->progress;
	bool rests = watch->state == RS_STATE_STOPPED || watch->state == RS_STATE_INTERRUPTED || watch->state == RS_STATE_FAILED ||
	             watch->state == RS_STATE_PAUSED || watch->state == RS_STATE_RETRYING;

	if (!p || p->lag < 0)
		return -1;
	if (watch->live)
		return p->lag;
	return rests ? p->lag + (rs_clock_wall() - p->taken) : -1;
}

void rs_watch_sample(struct rs_watch *watch)
{
	const struct rs_progress *p;

	rs_watch_refresh(watch);
	p = watch->live ? watch->progress : NULL;
	series_add(&watch->lag, rs_past_value(p, RS_TRACE_LAG));
	series_add(&watch->rows, rs_past_value(p, RS_TRACE_ROWS));
	series_add(&watch->bytes, rs_past_value(p, RS_TRACE_BYTES));
	rs_past_add(&watch->past, p);
	if (p && (!watch->last || p->taken != watch->last->taken)) /* else another process has not told more yet */
		sample_tables(watch, p);
}

double rs_watch_table_rate(const struct rs_watch *watch, const struct rs_table_progress *t)
{
	char key[1100];
	size_t len = table_key(t, key, sizeof key);
	const struct rs_table_rate *rate = rs_map_get(&watch->rates, key, len);

	if (!rate || !watch->live)
		return -1;
	return rate->sample < watch->samples ? 0 : rate->per_sec;
}

/* --- engines ---------------------------------------------------------------------- */

struct start {
	struct rs_watch *watch;
	struct rs_engine *engine;  /* NULL: none could be made */
	rs_watch_started *done;
	void *ctx;
	struct rs_err err;
};

static void start_run(void *arg)
{
	struct start *s = arg;

	if (!s->engine || rs_engine_start(s->engine, &s->err) == RS_OK)
		return;
	rs_engine_free(s->engine);
	s->engine = NULL;
}

static void start_done(void *arg)
{
	struct start *s = arg;
	struct rs_watch *watch = s->watch;

	watch->users--;
	watch->starting = false;
	if (s->engine) {
		watch->engine = s->engine;
		watch->stopping = false;
		rs_watch_refresh(watch);
	}
	s->done(s->ctx, watch, &s->err);
	rs_err_clear(&s->err);
	free(s);
}

void rs_watch_start(struct rs_watch *watch, rs_watch_started *done, void *ctx)
{
	struct rs_engine_options options = {.wake = watch->owner->wake};
	struct start *s = rs_xcalloc(1, sizeof *s);

	drop_engine(watch);
	*s = (struct start){.watch = watch, .done = done, .ctx = ctx, .err = RS_ERR_INIT};
	s->engine = rs_engine_new(watch->task, &options, &s->err);
	watch->starting = true;
	watch->users++;
	rs_work_start(watch->owner->works, start_run, start_done, s, RS_WORK_IN_LINE);
}

bool rs_watch_is_running_here(const struct rs_watch *watch)
{
	return watch->engine && !rs_engine_wait(watch->engine, 0);
}

size_t rs_watches_running(const struct rs_watches *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++)
		n += rs_watch_is_running_here(w->items[i]);
	return n;
}

void rs_watches_stop(struct rs_watches *w)
{
	for (size_t i = 0; i < w->count; i++)
		if (rs_watch_is_running_here(w->items[i])) {
			rs_engine_command(w->items[i]->engine, RS_CMD_STOP);
			w->items[i]->stopping = true;
		}
}

void rs_watch_compare(struct rs_watch *watch, const struct rs_verify_options *options)
{
	char *tables = rs_xstrdup(options->tables);

	rs_watch_compare_end(watch);
	free(watch->compared_tables);
	watch->compared = *options;
	watch->compared.tables = watch->compared_tables = tables;
	watch->verify = rs_verify_start(watch->task, &watch->compared, watch->owner->wake);
}

bool rs_watch_is_repairing(const struct rs_watch *watch)
{
	struct rs_repair_state s = {.over = true};

	if (watch->repair)
		rs_repair_state(watch->repair, &s);
	return !s.over;
}

void rs_watches_end_repairs(struct rs_watches *w)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->items[i]->repair)
			rs_repair_cancel(w->items[i]->repair);
}

void rs_watch_compare_end(struct rs_watch *watch)
{
	if (watch->verify)
		rs_work_start(watch->owner->works, free_verify, NULL, watch->verify, 0);
	watch->verify = NULL;
	rs_repair_unref(watch->repair);
	watch->repair = NULL;
}
