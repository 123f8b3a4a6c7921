/* The comparison of a task's tables on both sides, as a job. */
#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/follow/filter.h"
#include "engine/state.h"
#include "engine/verify/compare.h"
#include "engine/verify/scope.h"

#define DIFFS_KEPT 10000
#define SAMPLED_ROWS 5000 /* of a range where not all are looked at: there must be some to choose from */
#define LEFT_MAX 100      /* tables that are looked at again together */
#define SETTLE (6 * RS_USEC_PER_SEC)

struct rs_verify {
	struct rs_task *task;
	struct rs_verify_options options; /* but for the tables, which only are: */
	struct rs_selection *only;        /* NULL: all of the task's */
	struct rs_throttle throttle;
	rs_usec started;                  /* monotonic */
	struct rs_verify_counts counts;   /* the job's own; shown in result */
	struct rs_wake wake;
	struct rs_thread thread;
	struct rs_cancel cancel;
	struct rs_source *source, *dest;  /* the thread's own */
	struct rs_monitor monitor;   /* guards the rest: who cancels looks at the readers */
	struct rs_verify_result result;
	size_t cap_ranges;
	struct rs_table_reader *source_reader, *dest_reader;
};

static void wake(const struct rs_verify *v)
{
	if (v->wake.fn != NULL)
		v->wake.fn(v->wake.arg);
}

/* ---------------------------------------------------------------- differences */

static struct rs_diff copy_diff(const struct rs_diff *d)
{
	return (struct rs_diff){d->kind, rs_xstrdup(d->db), rs_xstrdup(d->table), rs_xstrdup(d->key), rs_xstrdup(d->columns)};
}

static struct rs_diff_range copy_range(const struct rs_diff_range *r)
{
	struct rs_diff_range out = *r;

	out.db = rs_xstrdup(r->db);
	out.table = rs_xstrdup(r->table);
	out.after = rs_xstrdup(r->after);
	out.upto = rs_xstrdup(r->upto);
	return out;
}

static void keep_diff(void *arg, const struct rs_diff *diff)
{
	struct rs_verify *v = arg;
	struct rs_verify_result *r = &v->result;

	rs_monitor_enter(&v->monitor);
	r->diffs_total++;
	if (r->n_diffs < DIFFS_KEPT) {
		if (r->diffs == NULL)
			r->diffs = rs_xcalloc(DIFFS_KEPT, sizeof *r->diffs);
		r->diffs[r->n_diffs++] = copy_diff(diff);
	}
	rs_monitor_leave(&v->monitor);
	wake(v);
}

static void keep_range(void *arg, const struct rs_diff_range *range)
{
	struct rs_verify *v = arg;
	struct rs_verify_result *r = &v->result;

	rs_monitor_enter(&v->monitor);
	r->ranges_total++;
	if (r->n_ranges < DIFFS_KEPT) {
		RS_GROW(r->ranges, r->n_ranges, v->cap_ranges);
		r->ranges[r->n_ranges++] = copy_range(range);
	}
	rs_monitor_leave(&v->monitor);
}

/* ---------------------------------------------------------------- what is on its way */

/* The task's word is a place in this log only where it is no set of ids. */
static bool is_behind(const char *applied, const struct rs_position *place)
{
	const char *number = strrchr(place->file, '.');
	size_t base = number ? (size_t)(number - place->file) + 1 : 0;
	struct rs_position at = RS_POSITION_INIT;
	bool behind = strncmp(applied, place->file, base) != 0 || !rs_position_parse(&at, applied) ||
	              rs_position_compare(&at, place) < 0;

	rs_position_clear(&at);
	return behind;
}

/* It will come, since the task is at it; a task that is at rest, or waits for a server, brings nothing. */
static bool is_on_its_way(const struct rs_verify *v, const struct rs_position *place)
{
	struct rs_task_status status;
	struct rs_err ignored = RS_ERR_INIT;
	bool yes = false;

	if (rs_task_status_read(v->task, &status, &ignored) == RS_OK) {
		yes = status.live && status.state == RS_STATE_SYNCHRONIZING && status.progress != NULL &&
		      is_behind(status.progress->applied_position, place);
		rs_task_status_release(&status);
	}
	rs_err_clear(&ignored);
	return yes;
}

/* Where the log's end can't be asked for, time alone tells. */
static enum rs_rc arrive(void *arg)
{
	struct rs_verify *v = arg;
	rs_usec deadline = v->options.timeout > 0 ? v->started + v->options.timeout : 0;
	struct rs_position place = RS_POSITION_INIT;
	struct rs_err ignored = RS_ERR_INIT;
	enum rs_rc rc = RS_OK;

	if (v->source->ops->place(v->source, &place, &ignored) != RS_OK)
		rs_err_clear(&ignored);
	while (rc == RS_OK && place.file != NULL && is_on_its_way(v, &place)) {
		if (rs_cancel_sleep(&v->cancel, RS_MSEC(250)))
			rc = RS_CANCELLED;
		else if (deadline > 0 && rs_clock_mono() > deadline)
			rc = RS_AGAIN;
	}
	rs_position_clear(&place);
	return rc;
}

/* ---------------------------------------------------------------- tables */

static int *bind_columns(struct rs_verify *v, const struct rs_table *source, const struct rs_table *dest)
{
	int *columns = rs_xcalloc(source->n_columns + 1, sizeof *columns);

	for (size_t i = 0; i < source->n_columns; i++) {
		const char *name = rs_selection_map_column(v->task->objects, source->db, source->name, source->columns[i].name);
		columns[i] = name ? rs_table_column(dest, name) : -1;
	}
	return columns;
}

/* A table that is missing as a whole is one difference. */
static void report_missing(struct rs_verify *v, const struct rs_table *source)
{
	struct rs_diff diff = {RS_DIFF_MISSING, source->db, source->name, (char *)(uintptr_t)"*", NULL};

	keep_diff(v, &diff);
}

static void show_counts(void *arg)
{
	struct rs_verify *v = arg;

	rs_monitor_enter(&v->monitor);
	v->result.counts = v->counts;
	rs_monitor_leave(&v->monitor);
	wake(v);
}

/* A table that was looked at, and may have something left that is looked at again. */
struct looked {
	struct rs_compare c;
	struct rs_comparison *comparison;
	const struct rs_table *source, *dest; /* source: borrowed */
	int *columns;
	char *where;
};

static void free_looked(struct looked *t)
{
	rs_compare_end(t->comparison);
	free(t->columns);
	free(t->where);
	rs_table_unref(t->dest);
	free(t);
}

static void set_up(struct rs_verify *v, struct looked *t, rs_usec settle)
{
	t->columns = bind_columns(v, t->source, t->dest);
	t->c = (struct rs_compare){
		.source = t->source, .dest = t->dest, .columns = t->columns, .where = t->where,
		.source_reader = v->source_reader, .dest_reader = v->dest_reader,
		.signed_zero = v->source->signed_zero && v->dest->signed_zero,
		.unfit = v->task->unfit,
		.cancel = &v->cancel,
		.settle = settle,
		.count_only = v->options.mode == RS_VERIFY_COUNT,
		.share = v->options.mode == RS_VERIFY_SAMPLE ? v->options.percent / 100.0 : 1,
		.phase = v->options.phase,
		.range_rows = v->options.mode == RS_VERIFY_SAMPLE ? SAMPLED_ROWS : 0,
		.throttle = &v->throttle,
		.deadline = v->options.timeout > 0 ? v->started + v->options.timeout : 0,
		.counts = &v->counts,
		.found = keep_diff,
		.differs = keep_range,
		.pause = show_counts,
		.arrive = settle > 0 ? arrive : NULL,
		.arg = v,
	};
}

/* RS_EOF: the destination has no such table. */
static enum rs_rc read_dest(struct rs_verify *v, struct looked *t, struct rs_err *err)
{
	const char *db, *name;

	rs_selection_map_table(v->task->objects, t->source->db, t->source->name, &db, &name);
	enum rs_rc rc = v->dest->ops->table(v->dest, db, name, &t->dest, err);
	if (rc == RS_FAIL && (err->code == RS_E_DEST_TABLE_MISSING || err->code == RS_E_SOURCE_TABLE_GONE)) {
		rs_err_clear(err);
		return RS_EOF;
	}
	return rc;
}

/* *out NULL: it is done. */
static enum rs_rc look_at(struct rs_verify *v, const struct rs_table *source, rs_usec settle, struct looked **out,
                          struct rs_err *err)
{
	struct looked *t = rs_xcalloc(1, sizeof *t);

	t->source = source;
	enum rs_rc rc = read_dest(v, t, err);
	if (rc == RS_EOF)
		report_missing(v, source);
	if (rc == RS_OK)
		rc = rs_row_filter_where(v->task->objects, source, &t->where, err);
	if (rc == RS_OK) {
		set_up(v, t, settle);
		rc = rs_compare_begin(&t->c, &t->comparison, err);
		if (rc == RS_FAIL)
			rs_err_detail(err, _("comparing %s.%s"), source->db, source->name);
	}
	if (rc == RS_OK && !rs_compare_is_settled(t->comparison)) {
		*out = t;
		return RS_OK;
	}
	free_looked(t);
	return rc == RS_EOF ? RS_OK : rc;
}

static void show(struct rs_verify *v, const struct rs_table *t, bool done)
{
	rs_monitor_enter(&v->monitor);
	snprintf(v->result.current, sizeof v->result.current, "%s.%s", t->db, t->name);
	v->result.tables_done += done;
	v->result.counts = v->counts;
	rs_monitor_leave(&v->monitor);
	wake(v);
}

static void show_left(struct rs_verify *v, size_t n)
{
	rs_monitor_enter(&v->monitor);
	v->result.tables_left = n;
	rs_monitor_leave(&v->monitor);
	wake(v);
}

static bool is_wanted(const struct rs_verify *v, const struct rs_object *o)
{
	return o->kind == RS_OBJECT_TABLE && (v->only == NULL || rs_selection_includes_table(v->only, o->db, o->name));
}

/* The tables that have something left. */
struct left {
	struct looked *tables[LEFT_MAX];
	size_t n;
};

static void free_left(struct left *l)
{
	while (l->n > 0)
		free_looked(l->tables[--l->n]);
}

/* All of them together, since each of them would have to be waited for. */
static enum rs_rc settle_left(struct rs_verify *v, struct left *l, struct rs_err *err)
{
	struct rs_comparison *all[LEFT_MAX];

	for (size_t i = 0; i < l->n; i++)
		all[i] = l->tables[i]->comparison;
	enum rs_rc rc = l->n > 0 ? rs_compare_settle(all, l->n, err) : RS_OK;
	for (size_t i = 0; rc == RS_OK && i < l->n; i++)
		show(v, l->tables[i]->source, true);
	free_left(l);
	show_left(v, 0);
	return rc;
}

/* What the task applies late is on its way for longer. */
static rs_usec settling_time(const struct rs_verify *v)
{
	struct rs_task_status status;
	struct rs_err ignored = RS_ERR_INIT;
	rs_usec lag = 0;

	if (!rs_task_is_locked(v->task, NULL))
		return 0;
	if (rs_task_status_read(v->task, &status, &ignored) == RS_OK) {
		lag = status.progress != NULL && status.progress->lag > 0 ? status.progress->lag : 0;
		rs_task_status_release(&status);
	}
	rs_err_clear(&ignored);
	return SETTLE + 2 * lag;
}

static enum rs_rc compare_all(struct rs_verify *v, const struct rs_catalog *catalog, struct rs_err *err)
{
	rs_usec settle = settling_time(v);
	struct left left = {.n = 0};
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < catalog->count; i++) {
		const struct rs_object *o = &catalog->objects[i];
		struct looked *table = NULL;
		if (!is_wanted(v, o) || o->schema == NULL)
			continue;
		show(v, o->schema, false);
		rc = look_at(v, o->schema, settle, &table, err);
		if (table != NULL)
			left.tables[left.n++] = table, show_left(v, left.n);
		else if (rc == RS_OK)
			show(v, o->schema, true);
		if (rc == RS_OK && left.n == LEFT_MAX)
			rc = settle_left(v, &left, err);
	}
	if (rc == RS_OK)
		rc = settle_left(v, &left, err);
	free_left(&left);
	return rc;
}

/* ---------------------------------------------------------------- the job */

static enum rs_rc count_tables(struct rs_verify *v, const struct rs_catalog *catalog, struct rs_err *err)
{
	uint64_t n = 0;

	for (size_t i = 0; i < catalog->count; i++)
		n += is_wanted(v, &catalog->objects[i]);
	rs_monitor_enter(&v->monitor);
	v->result.tables_total = n;
	rs_monitor_leave(&v->monitor);
	if (n > 0 || v->only == NULL)
		return RS_OK;
	if (v->result.left_out == NULL)
		return rs_err_set(err, RS_E_USAGE, _("none of these tables belongs to the task"));
	rs_err_set(err, RS_E_VERIFY_FAILED, _("none of these tables can be compared: they are suspended, or being added"));
	return rs_err_detail(err, "%s", v->result.left_out);
}

static enum rs_rc narrow(struct rs_verify *v, struct rs_err *err)
{
	char *left = NULL;
	enum rs_rc rc = rs_scope_narrow(v->task, &left, err);

	rs_monitor_enter(&v->monitor);
	v->result.left_out = left;
	rs_monitor_leave(&v->monitor);
	return rc;
}

static enum rs_rc unless_cancelled(struct rs_verify *v, enum rs_rc rc)
{
	return rc == RS_OK && rs_cancel_is_set(&v->cancel) ? RS_CANCELLED : rc;
}

/* Makes it known to who cancels; a cancel that came before is carried out. */
static enum rs_rc open_reader(struct rs_verify *v, struct rs_source *from, struct rs_table_reader **out, struct rs_err *err)
{
	struct rs_table_reader *reader = NULL;
	enum rs_rc rc = from->ops->reader(from, &reader, err);

	if (rc == RS_OK)
		reader->with_generated = true;
	rs_monitor_enter(&v->monitor);
	*out = reader;
	rs_monitor_leave(&v->monitor);
	return unless_cancelled(v, rc);
}

static enum rs_rc open_all(struct rs_verify *v, struct rs_err *err)
{
	enum rs_rc rc = unless_cancelled(v, rs_source_open_to_read(v->task, &v->source, err));

	if (rc == RS_OK)
		rc = unless_cancelled(v, rs_source_open_destination(v->task, &v->dest, err));
	if (rc == RS_OK)
		rc = rs_settle_names(v->task, v->source, v->dest->folds_names, err);
	if (rc == RS_OK)
		rc = open_reader(v, v->source, &v->source_reader, err);
	return rc == RS_OK ? open_reader(v, v->dest, &v->dest_reader, err) : rc;
}

static void close_all(struct rs_verify *v)
{
	rs_monitor_enter(&v->monitor);
	if (v->source_reader != NULL)
		v->source_reader->ops->close(v->source_reader);
	if (v->dest_reader != NULL)
		v->dest_reader->ops->close(v->dest_reader);
	if (v->source != NULL)
		v->source->ops->close(v->source);
	if (v->dest != NULL)
		v->dest->ops->close(v->dest);
	v->source_reader = v->dest_reader = NULL;
	v->source = v->dest = NULL;
	rs_monitor_leave(&v->monitor);
}

static void forget_differences(struct rs_verify_result *r)
{
	for (size_t i = 0; i < r->n_diffs; i++) {
		free(r->diffs[i].db);
		free(r->diffs[i].table);
		free(r->diffs[i].key);
		free(r->diffs[i].columns);
	}
	for (size_t i = 0; i < r->n_ranges; i++) {
		free(r->ranges[i].db);
		free(r->ranges[i].table);
		free(r->ranges[i].after);
		free(r->ranges[i].upto);
	}
	free(r->diffs);
	free(r->ranges);
	r->diffs = NULL;
	r->ranges = NULL;
	r->n_diffs = r->n_ranges = 0;
	r->diffs_total = r->ranges_total = 0;
}

/* Where the task has taken another server for its source meanwhile, the destination has what this one never gets. */
static enum rs_rc check_again(struct rs_verify *v, struct rs_err *err)
{
	enum rs_rc rc = rs_scope_check_source(v->task, v->source, err);

	if (rc == RS_OK)
		return RS_OK;
	rs_monitor_enter(&v->monitor);
	forget_differences(&v->result);
	v->cap_ranges = 0;
	rs_monitor_leave(&v->monitor);
	return rc;
}

static void *run(void *arg)
{
	struct rs_verify *v = arg;
	struct rs_catalog catalog = {0};
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc = open_all(v, &err);

	if (rc == RS_OK)
		rc = narrow(v, &err);
	if (rc == RS_OK)
		rc = rs_scope_check_source(v->task, v->source, &err);
	if (rc == RS_OK)
		rc = v->source->ops->catalog(v->source, v->task->objects, &catalog, &err);
	if (rc == RS_OK)
		rc = count_tables(v, &catalog, &err);
	if (rc == RS_OK)
		rc = compare_all(v, &catalog, &err);
	if (rc == RS_OK)
		rc = check_again(v, &err);
	close_all(v);
	rs_catalog_release(&catalog);
	if (rc == RS_AGAIN)
		rs_err_set(&err, RS_E_VERIFY_FAILED, _("the time that was given is over: not all of it was compared"));
	if (rc == RS_CANCELLED)
		rs_err_set(&err, RS_E_CANCELLED, _("cancelled"));
	rs_monitor_enter(&v->monitor);
	rs_err_move(&v->result.error, &err);
	v->result.counts = v->counts;
	v->result.took = rs_clock_mono() - v->started;
	v->result.timed_out = rc == RS_AGAIN;
	v->result.done = true;
	v->result.same = rc == RS_OK && v->result.diffs_total == 0;
	rs_monitor_leave(&v->monitor);
	wake(v);
	return NULL;
}

static enum rs_rc take_tables(struct rs_verify *v, const struct rs_verify_options *o, struct rs_err *err)
{
	if (o->tables == NULL)
		return RS_OK;
	v->only = rs_selection_new();
	return rs_selection_parse(v->only, "--tables", o->tables, strlen(o->tables), err);
}

static void take_options(struct rs_verify *v, const struct rs_verify_options *o)
{
	static const struct rs_verify_options all = {.mode = RS_VERIFY_FULL};

	if (o == NULL)
		o = &all;
	v->options = *o;
	v->options.tables = NULL;
	rs_throttle_set(&v->throttle, RS_THROTTLE_ROWS, o->max_rows);
	rs_throttle_set(&v->throttle, RS_THROTTLE_BYTES, o->max_bytes);
	v->result.done = take_tables(v, o, &v->result.error) != RS_OK;
}

struct rs_verify *rs_verify_start(const struct rs_task *task, const struct rs_verify_options *options, struct rs_wake w)
{
	struct rs_verify *v = rs_xcalloc(1, sizeof *v);

	v->task = rs_task_copy(task);
	v->wake = w;
	v->started = rs_clock_mono();
	rs_monitor_init(&v->monitor);
	rs_cancel_init(&v->cancel);
	rs_throttle_init(&v->throttle);
	take_options(v, options);
	if (!v->result.done && !rs_thread_start(&v->thread, "verify", run, v)) {
		rs_err_set(&v->result.error, RS_E_INTERNAL, _("no thread can be started"));
		v->result.done = true;
	}
	return v;
}

void rs_verify_get(struct rs_verify *v, struct rs_verify_result *out)
{
	rs_monitor_enter(&v->monitor);
	*out = v->result;
	out->error = (struct rs_err)RS_ERR_INIT;
	rs_err_copy(&out->error, &v->result.error);
	out->left_out = rs_xstrdup(v->result.left_out);
	out->diffs = rs_xcalloc(v->result.n_diffs + 1, sizeof *out->diffs);
	for (size_t i = 0; i < v->result.n_diffs; i++)
		out->diffs[i] = copy_diff(&v->result.diffs[i]);
	out->ranges = rs_xcalloc(v->result.n_ranges + 1, sizeof *out->ranges);
	for (size_t i = 0; i < v->result.n_ranges; i++)
		out->ranges[i] = copy_range(&v->result.ranges[i]);
	rs_monitor_leave(&v->monitor);
}

void rs_verify_result_release(struct rs_verify_result *r)
{
	forget_differences(r);
	free(r->left_out);
	rs_err_clear(&r->error);
	*r = (struct rs_verify_result){0};
}

void rs_verify_free(struct rs_verify *v)
{
	if (v == NULL)
		return;
	rs_cancel_set(&v->cancel);
	rs_monitor_enter(&v->monitor);
	if (v->source_reader != NULL)
		v->source_reader->ops->cancel(v->source_reader);
	if (v->dest_reader != NULL)
		v->dest_reader->ops->cancel(v->dest_reader);
	rs_monitor_leave(&v->monitor);
	rs_thread_join(&v->thread);
	rs_verify_result_release(&v->result);
	rs_cancel_release(&v->cancel);
	rs_monitor_release(&v->monitor);
	rs_throttle_release(&v->throttle);
	rs_selection_free(v->only);
	rs_task_free(v->task);
	free(v);
}
