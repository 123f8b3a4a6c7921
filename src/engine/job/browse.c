/* Fetching a catalogue for the object selector: first the databases, then what is in each, then, on request, the columns
 * of single tables. The thread stays until the job is freed, so that later requests find an open connection. */
#include "engine/job/browse.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/row_filter.h"

struct wanted_table {
	char *db, *name;
};

struct rs_browse {
	struct rs_job job;
	bool started;
	struct rs_endpoint endpoint;
	const struct rs_browse_ops *ops; /* of the endpoint's protocol; NULL: there are none */
	void *conn;                    /* the thread's */

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

/* What a catalogue is asked for, by protocol. */
static const struct rs_browse_ops *const kinds[] = {
	[RS_PROTOCOL_MYSQL] = &rs_browse_mysql,
	[RS_PROTOCOL_POSTGRESQL] = &rs_browse_postgresql,
	[RS_PROTOCOL_KAFKA] = NULL,
	[RS_PROTOCOL_NONE] = NULL,
};

static enum rs_rc open_source(struct rs_browse *b, struct rs_err *err)
{
	if (!b->ops)
		return rs_err_set(err, RS_E_NOT_SUPPORTED, _("the objects of this source can't be listed by this version"));
	return b->ops->open(b->conn, &b->job, &b->endpoint, err);
}

static void close_source(struct rs_browse *b)
{
	if (b->ops)
		b->ops->close(b->conn, &b->job);
}

static enum rs_rc read_content(struct rs_browse *b, const char *db, struct rs_err *err)
{
	struct rs_catalog c = {0};
	enum rs_rc rc = b->ops->content(b->conn, db, &c, err);

	if (rc == RS_OK)
		deliver(b, &c);
	else
		rs_catalog_release(&c);
	return rc;
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
	enum rs_rc rc = b->ops->databases(b->conn, &databases, err);

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
	enum rs_rc rc = b->ops->table(b->conn, t->db, t->name, out, &first);

	if (rc == RS_FAIL && first.retry == RS_RETRY_RECONNECT) {
		rs_err_clear(&first);
		close_source(b);
		rc = open_source(b, &first);
		if (rc == RS_OK)
			rc = b->ops->table(b->conn, t->db, t->name, out, &first);
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
		bool lost = rc == RS_FAIL && !b->ops->is_open(b->conn);

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
	enum rs_rc rc = open_source(b, &err);

	if (rc == RS_OK)
		rc = read_all(b, &err);
	while (rc == RS_OK && !rs_job_cancelled(&b->job)) {
		wait_for_request(b);
		rc = serve_columns(b, &err);
	}
	if (rc == RS_FAIL)
		end_early(b, &err);
	rs_err_clear(&err);
	close_source(b);
}

/* ------------------------------------------------------------------ for the owner */

struct rs_browse *rs_browse_start(const struct rs_endpoint *endpoint, struct rs_wake wake)
{
	struct rs_browse *b = rs_xcalloc(1, sizeof *b);

	rs_endpoint_copy(&b->endpoint, endpoint);
	b->ops = kinds[endpoint->protocol];
	b->conn = b->ops ? rs_xcalloc(1, b->ops->conn_size) : NULL;
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
	free(b->conn);
	free(b);
}

/* ------------------------------------------------------------------ filters of what was found */

/* Of columns whose type is another server's own only the names are known. */
static bool has_foreign_types(const struct rs_table *table)
{
	return table->n_columns > 0 && table->columns[0].type == RS_T_NATIVE;
}

static enum rs_rc check_names(const struct rs_filter_node *n, const struct rs_table *t, struct rs_err *err)
{
	if (n->column && rs_table_column(t, n->column) < 0)
		return rs_filter_error(err, n->at, _("the table %s.%s has no column %s"), t->db, t->name, n->column);
	for (size_t i = 0; i < n->n_nodes; i++)
		if (check_names(n->nodes[i], t, err) != RS_OK)
			return RS_FAIL;
	return RS_OK;
}

enum rs_rc rs_browse_check_filter(const struct rs_table *table, const char *condition, struct rs_err *err)
{
	struct rs_filter *tree = rs_filter_parse(condition, NULL, err);
	struct rs_row_filter *bound = NULL;
	enum rs_rc rc = RS_FAIL;

	if (tree && has_foreign_types(table)) {
		rc = check_names(tree->root, table, err);
	} else if (tree) {
		bound = rs_row_filter_bind(tree, table, err);
		rc = bound ? RS_OK : RS_FAIL;
	}
	rs_row_filter_free(bound);
	rs_filter_free(tree);
	return rc;
}
