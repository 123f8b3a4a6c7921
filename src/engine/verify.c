/* The comparison of a task's tables on both sides, as a job. */
#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/compare.h"
#include "engine/filter.h"
#include "engine/state.h"

#define DIFFS_KEPT 10000
#define SETTLE (6 * RS_USEC_PER_SEC)

struct rs_verify {
	struct rs_task *task;
	struct rs_wake wake;
	struct rs_thread thread;
	struct rs_cancel cancel;
	struct rs_monitor monitor;   /* guards result and the objects below, for cancelling */
	struct rs_verify_result result;
	uint64_t rows;
	struct rs_source *source, *dest;
	struct rs_table_reader *source_reader, *dest_reader;
};

static void wake(const struct rs_verify *v)
{
	if (v->wake.fn != NULL)
		v->wake.fn(v->wake.arg);
}

/* ---------------------------------------------------------------- differences */

static void keep_diff(void *arg, const struct rs_diff *diff)
{
	struct rs_verify *v = arg;
	struct rs_verify_result *r = &v->result;

	rs_monitor_enter(&v->monitor);
	r->diffs_total++;
	if (r->n_diffs < DIFFS_KEPT) {
		if (r->diffs == NULL)
			r->diffs = rs_xcalloc(DIFFS_KEPT, sizeof *r->diffs);
		r->diffs[r->n_diffs++] = (struct rs_diff){diff->kind, rs_xstrdup(diff->db), rs_xstrdup(diff->table),
		                                          rs_xstrdup(diff->key), rs_xstrdup(diff->columns)};
	}
	rs_monitor_leave(&v->monitor);
	wake(v);
}

/* ---------------------------------------------------------------- tables */

static int *bind_columns(struct rs_verify *v, const struct rs_table *source, const struct rs_table *dest)
{
	int *columns = rs_xcalloc(source->n_columns + 1, sizeof *columns);

	for (size_t i = 0; i < source->n_columns; i++)
		columns[i] = rs_table_column(dest, rs_selection_map_column(v->task->objects, source->db, source->name,
		                                                           source->columns[i].name));
	return columns;
}

/* A table that is missing as a whole is one difference. */
static void report_missing(struct rs_verify *v, const struct rs_table *source)
{
	struct rs_diff diff = {RS_DIFF_MISSING, source->db, source->name, (char *)(uintptr_t)"*", NULL};

	keep_diff(v, &diff);
}

static enum rs_rc compare_one(struct rs_verify *v, const struct rs_table *source, rs_usec settle, struct rs_err *err)
{
	const char *db, *name;
	const struct rs_table *dest = NULL;
	struct rs_err missing = RS_ERR_INIT;

	rs_selection_map_table(v->task->objects, source->db, source->name, &db, &name);
	enum rs_rc rc = v->dest->ops->table(v->dest, db, name, &dest, &missing);
	if (rc == RS_FAIL && (missing.code == RS_E_DEST_TABLE_MISSING || missing.code == RS_E_SOURCE_TABLE_GONE)) {
		rs_err_clear(&missing);
		report_missing(v, source);
		return RS_OK;
	}
	if (rc != RS_OK) {
		rs_err_move(err, &missing);
		return rc;
	}
	char *where = NULL;
	rc = rs_row_filter_where(v->task->objects, source, &where, err);
	if (rc != RS_OK) {
		rs_table_unref(dest);
		return rc;
	}
	v->source_reader->where = where;
	struct rs_compare c = {
		.source = source, .dest = dest, .columns = bind_columns(v, source, dest),
		.source_reader = v->source_reader, .dest_reader = v->dest_reader,
		.signed_zero = v->source->signed_zero && v->dest->signed_zero, .cancel = &v->cancel, .settle = settle, .rows = &v->rows, .found = keep_diff, .arg = v,
	};
	rc = rs_compare_table(&c, err);
	if (rc == RS_FAIL)
		rs_err_detail(err, "comparing %s.%s", source->db, source->name);
	free((int *)(uintptr_t)c.columns);
	v->source_reader->where = NULL;
	free(where);
	rs_table_unref(dest);
	return rc;
}

static void show(struct rs_verify *v, const struct rs_table *t, bool done)
{
	rs_monitor_enter(&v->monitor);
	snprintf(v->result.current, sizeof v->result.current, "%s.%s", t->db, t->name);
	v->result.tables_done += done;
	v->result.rows_compared = v->rows;
	rs_monitor_leave(&v->monitor);
	wake(v);
}

static enum rs_rc compare_all(struct rs_verify *v, const struct rs_catalog *catalog, struct rs_err *err)
{
	rs_usec settle = rs_task_is_locked(v->task, NULL) ? SETTLE : 0;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < catalog->count; i++) {
		const struct rs_object *o = &catalog->objects[i];
		if (o->kind != RS_OBJECT_TABLE || o->schema == NULL)
			continue;
		show(v, o->schema, false);
		rc = compare_one(v, o->schema, settle, err);
		if (rc == RS_OK)
			show(v, o->schema, true);
	}
	return rc;
}

/* ---------------------------------------------------------------- the job */

static void count_tables(struct rs_verify *v, const struct rs_catalog *catalog)
{
	uint64_t n = 0;

	for (size_t i = 0; i < catalog->count; i++)
		n += catalog->objects[i].kind == RS_OBJECT_TABLE;
	rs_monitor_enter(&v->monitor);
	v->result.tables_total = n;
	rs_monitor_leave(&v->monitor);
}

/* Makes an opened object known to who cancels; a cancel that came before is carried out. */
static enum rs_rc known(struct rs_verify *v, enum rs_rc rc)
{
	return rc == RS_OK && rs_cancel_is_set(&v->cancel) ? RS_CANCELLED : rc;
}

static enum rs_rc open_all(struct rs_verify *v, struct rs_err *err)
{
	enum rs_rc rc = known(v, rs_source_open(v->task, &v->source, err));

	if (rc == RS_OK)
		rc = known(v, rs_source_open_destination(v->task, &v->dest, err));
	if (rc == RS_OK)
		rc = known(v, v->source->ops->reader(v->source, &v->source_reader, err));
	if (rc == RS_OK)
		rc = known(v, v->dest->ops->reader(v->dest, &v->dest_reader, err));
	if (rc == RS_OK)
		v->source_reader->with_generated = v->dest_reader->with_generated = true;
	return rc;
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

static void *run(void *arg)
{
	struct rs_verify *v = arg;
	struct rs_catalog catalog = {0};
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc = open_all(v, &err);

	if (rc == RS_OK)
		rc = v->source->ops->catalog(v->source, v->task->objects, &catalog, &err);
	if (rc == RS_OK) {
		count_tables(v, &catalog);
		rc = compare_all(v, &catalog, &err);
	}
	close_all(v);
	rs_catalog_release(&catalog);
	if (rc == RS_CANCELLED)
		rs_err_set(&err, RS_E_CANCELLED, _("cancelled"));
	rs_monitor_enter(&v->monitor);
	rs_err_move(&v->result.error, &err);
	v->result.rows_compared = v->rows;
	v->result.done = true;
	v->result.same = rc == RS_OK && v->result.diffs_total == 0;
	rs_monitor_leave(&v->monitor);
	wake(v);
	return NULL;
}

struct rs_verify *rs_verify_start(const struct rs_task *task, struct rs_wake w)
{
	struct rs_verify *v = rs_xcalloc(1, sizeof *v);

	v->task = rs_task_copy(task);
	v->wake = w;
	rs_monitor_init(&v->monitor);
	rs_cancel_init(&v->cancel);
	if (!rs_thread_start(&v->thread, "verify", run, v)) {
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
	out->diffs = rs_xcalloc(v->result.n_diffs + 1, sizeof *out->diffs);
	for (size_t i = 0; i < v->result.n_diffs; i++) {
		const struct rs_diff *d = &v->result.diffs[i];
		out->diffs[i] = (struct rs_diff){d->kind, rs_xstrdup(d->db), rs_xstrdup(d->table), rs_xstrdup(d->key),
		                                 rs_xstrdup(d->columns)};
	}
	rs_monitor_leave(&v->monitor);
}

void rs_verify_result_release(struct rs_verify_result *r)
{
	for (size_t i = 0; i < r->n_diffs; i++) {
		free(r->diffs[i].db);
		free(r->diffs[i].table);
		free(r->diffs[i].key);
		free(r->diffs[i].columns);
	}
	free(r->diffs);
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
	rs_task_free(v->task);
	free(v);
}
