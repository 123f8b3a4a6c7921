/* Fetching a catalogue for the object selector: first the databases, then what is in each, then, on request, the columns
 * of single tables. The thread stays until the job is freed, so that later requests find an open connection. */
#include "engine/job/job.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/row_filter.h"
#include "db/my_catalog.h"

struct wanted_table {
	char *db, *name;
};

struct rs_browse {
	struct rs_job job;
	bool started;
	struct rs_endpoint endpoint;
	struct rs_my my;               /* the thread's */

	/* under the job's lock */
	struct rs_catalog arrived;     /* not taken yet */
	struct wanted_table *wanted;   /* columns asked for */
	size_t n_wanted, cap_wanted;
	bool listed;                   /* all databases were read */
	bool working;                  /* on columns */
	bool failed;
	struct rs_err error;           /* why it ended early */
};

/* ------------------------------------------------------------------ handing over */

static void move_objects(struct rs_catalog *to, struct rs_catalog *from)
{
	for (size_t i = 0; i < from->count; i++) {
		RS_GROW(to->objects, to->count, to->cap);
		to->objects[to->count++] = from->objects[i];
	}
	from->count = 0;
}

static void deliver(struct rs_browse *b, struct rs_catalog *c)
{
	rs_monitor_enter(&b->job.monitor);
	move_objects(&b->arrived, c);
	rs_monitor_leave(&b->job.monitor);
	rs_catalog_release(c);
	rs_job_wake(&b->job);
}

static void end_early(struct rs_browse *b, struct rs_err *err)
{
	rs_monitor_enter(&b->job.monitor);
	b->failed = true;
	rs_err_move(&b->error, err);
	rs_monitor_leave(&b->job.monitor);
	rs_job_wake(&b->job);
}

/* ------------------------------------------------------------------ databases */

static enum rs_rc read_databases(struct rs_browse *b, struct rs_catalog *out, struct rs_err *err)
{
	struct rs_my_result r;
	enum rs_rc rc = rs_my_query(&b->my, "SELECT schema_name FROM information_schema.schemata ORDER BY schema_name",
	                            RS_MY_BUFFER, &r, err);

	if (rc != RS_OK)
		return rc;
	while ((rc = rs_my_next(&r, err)) == RS_OK)
		if (r.row[0] && !rs_selection_is_system_db(r.row[0]))
			rs_catalog_add(out, RS_OBJECT_DATABASE, r.row[0], r.row[0]);
	rs_my_result_free(&r);
	return rc == RS_EOF ? RS_OK : rc;
}

static bool is_this_db(void *arg, const char *db)
{
	return strcmp(arg, db) == 0;
}

/* The database itself has been told already. */
static void drop_databases(struct rs_catalog *c)
{
	struct rs_catalog kept = {0}, databases = {0};

	for (size_t i = 0; i < c->count; i++) {
		struct rs_catalog *to = c->objects[i].kind == RS_OBJECT_DATABASE ? &databases : &kept;

		RS_GROW(to->objects, to->count, to->cap);
		to->objects[to->count++] = c->objects[i];
	}
	c->count = 0;
	move_objects(c, &kept);
	free(kept.objects);
	rs_catalog_release(&databases);
}

static enum rs_rc read_content(struct rs_browse *b, const char *db, struct rs_err *err)
{
	const struct rs_my_wanted wanted = {.db = is_this_db, .arg = (void *)(uintptr_t)db};
	struct rs_catalog c = {0};
	enum rs_rc rc = rs_my_catalog_read(&b->my, &wanted, RS_MY_NAMES, &c, err);

	if (rc != RS_OK)
		return rc;
	drop_databases(&c);
	deliver(b, &c);
	return RS_OK;
}

static enum rs_rc serve_columns(struct rs_browse *b, struct rs_err *err);

static char **names_of(const struct rs_catalog *c)
{
	char **names = rs_xcalloc(c->count + 1, sizeof *names);

	for (size_t i = 0; i < c->count; i++)
		names[i] = rs_xstrdup(c->objects[i].db);
	return names;
}

/* Columns asked for meanwhile come first: somebody is looking at them. */
static enum rs_rc read_contents(struct rs_browse *b, char *const *names, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; names[i] && rc == RS_OK; i++) {
		rc = serve_columns(b, err);
		if (rc == RS_OK)
			rc = read_content(b, names[i], err);
	}
	return rc;
}

static enum rs_rc read_all(struct rs_browse *b, struct rs_err *err)
{
	struct rs_catalog databases = {0};
	char **names;
	enum rs_rc rc = read_databases(b, &databases, err);

	if (rc != RS_OK) {
		rs_catalog_release(&databases);
		return rc;
	}
	names = names_of(&databases);
	deliver(b, &databases);
	rc = read_contents(b, names, err);
	for (size_t i = 0; names[i]; i++)
		free(names[i]);
	free(names);
	return rc;
}

/* ------------------------------------------------------------------ columns */

static bool next_wanted(struct rs_browse *b, struct wanted_table *t)
{
	bool any;

	rs_monitor_enter(&b->job.monitor);
	any = b->n_wanted > 0;
	b->working = any;
	if (any) {
		*t = b->wanted[0];
		memmove(b->wanted, b->wanted + 1, --b->n_wanted * sizeof *b->wanted);
	}
	rs_monitor_leave(&b->job.monitor);
	return any;
}

/* A server may hang up on somebody who looks for long at what has come. */
static enum rs_rc read_table(struct rs_browse *b, const struct wanted_table *t, struct rs_table **out, struct rs_err *err)
{
	struct rs_err first = RS_ERR_INIT;
	enum rs_rc rc = rs_my_table_read(&b->my, t->db, t->name, out, &first);

	if (rc == RS_FAIL && first.retry == RS_RETRY_RECONNECT) {
		rs_err_clear(&first);
		rs_job_close(&b->job, 0);
		rc = rs_job_open(&b->job, 0, &b->my, &b->endpoint, &first);
		if (rc == RS_OK)
			rc = rs_my_table_read(&b->my, t->db, t->name, out, &first);
	}
	rs_err_move(err, &first);
	return rc;
}

static void deliver_table(struct rs_browse *b, const struct wanted_table *t, const struct rs_table *schema,
                          const struct rs_err *err)
{
	struct rs_catalog c = {0};
	struct rs_object *o = rs_catalog_add(&c, RS_OBJECT_TABLE, t->db, t->name);

	o->schema = schema;
	if (!schema)
		o->unsupported = rs_xstrdup(err->primary);
	deliver(b, &c);
}

static enum rs_rc serve_columns(struct rs_browse *b, struct rs_err *err)
{
	struct wanted_table t;

	while (!rs_job_cancelled(&b->job) && next_wanted(b, &t)) {
		struct rs_err why = RS_ERR_INIT;
		struct rs_table *schema = NULL;
		enum rs_rc rc = read_table(b, &t, &schema, &why);
		bool lost = rc == RS_FAIL && !rs_my_is_open(&b->my);

		if (rc != RS_CANCELLED && !lost)
			deliver_table(b, &t, schema, &why);
		free(t.db);
		free(t.name);
		if (lost || rc == RS_CANCELLED) {
			rs_err_move(err, &why);
			return rc;
		}
		rs_err_clear(&why);
	}
	return RS_OK;
}

/* ------------------------------------------------------------------ the thread */

static void wait_for_request(struct rs_browse *b)
{
	rs_monitor_enter(&b->job.monitor);
	b->listed = true;
	rs_monitor_leave(&b->job.monitor);
	rs_job_wake(&b->job);
	rs_monitor_enter(&b->job.monitor);
	while (b->n_wanted == 0 && !rs_job_cancelled(&b->job))
		rs_monitor_wait(&b->job.monitor, -1);
	rs_monitor_leave(&b->job.monitor);
}

static void browse_run(void *arg)
{
	struct rs_browse *b = arg;
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc = rs_job_open(&b->job, 0, &b->my, &b->endpoint, &err);

	if (rc == RS_OK)
		rc = read_all(b, &err);
	while (rc == RS_OK && !rs_job_cancelled(&b->job)) {
		wait_for_request(b);
		rc = serve_columns(b, &err);
	}
	if (rc == RS_FAIL)
		end_early(b, &err);
	rs_err_clear(&err);
	rs_job_close(&b->job, 0);
}

/* ------------------------------------------------------------------ for the owner */

struct rs_browse *rs_browse_start(const struct rs_endpoint *endpoint, struct rs_wake wake)
{
	struct rs_browse *b = rs_xcalloc(1, sizeof *b);

	rs_endpoint_copy(&b->endpoint, endpoint);
	b->started = rs_job_start(&b->job, "browse", browse_run, b, wake);
	if (!b->started) {
		b->failed = true;
		rs_err_set(&b->error, RS_E_INTERNAL, _("no thread can be started"));
	}
	return b;
}

static enum rs_rc take_locked(struct rs_browse *b, struct rs_catalog *out, bool *done, struct rs_err *err)
{
	move_objects(out, &b->arrived);
	*done = b->failed || (b->listed && b->n_wanted == 0 && !b->working);
	if (!b->failed)
		return RS_OK;
	rs_err_copy(err, &b->error);
	return RS_FAIL;
}

enum rs_rc rs_browse_take(struct rs_browse *b, struct rs_catalog *out, bool *done, struct rs_err *err)
{
	enum rs_rc rc;

	if (!b->started)
		return take_locked(b, out, done, err);
	rs_monitor_enter(&b->job.monitor);
	rc = take_locked(b, out, done, err);
	rs_monitor_leave(&b->job.monitor);
	return rc;
}

void rs_browse_columns(struct rs_browse *b, const char *db, const char *table)
{
	if (!b->started)
		return;
	rs_monitor_enter(&b->job.monitor);
	RS_GROW(b->wanted, b->n_wanted, b->cap_wanted);
	b->wanted[b->n_wanted++] = (struct wanted_table){rs_xstrdup(db), rs_xstrdup(table)};
	rs_monitor_wake(&b->job.monitor);
	rs_monitor_leave(&b->job.monitor);
}

void rs_browse_free(struct rs_browse *b)
{
	if (!b)
		return;
	if (b->started)
		rs_job_stop(&b->job);
	for (size_t i = 0; i < b->n_wanted; i++) {
		free(b->wanted[i].db);
		free(b->wanted[i].name);
	}
	free(b->wanted);
	rs_catalog_release(&b->arrived);
	rs_err_clear(&b->error);
	rs_endpoint_release(&b->endpoint);
	free(b);
}

/* ------------------------------------------------------------------ filters of what was found */

enum rs_rc rs_browse_check_filter(const struct rs_table *table, const char *condition, struct rs_err *err)
{
	struct rs_filter *tree = rs_filter_parse(condition, NULL, err);
	struct rs_row_filter *bound = tree ? rs_row_filter_bind(tree, table, err) : NULL;
	enum rs_rc rc = bound ? RS_OK : RS_FAIL;

	rs_row_filter_free(bound);
	rs_filter_free(tree);
	return rc;
}
