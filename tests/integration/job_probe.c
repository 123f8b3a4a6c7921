/* The engine's small jobs driven from outside, each to its end (or not), one JSON value out:
 *
 *	job_probe probe TASK source|destination    test the connection
 *	job_probe browse TASK [DB.TABLE …]         the source's catalogue, then those tables' columns
 *	job_probe topics TASK                      the topics of the destination, which is Kafka
 *	job_probe why TASK                         how long the way to both servers is
 *	job_probe cancel probe|browse|topics TASK         start it, and free it at once: prints how long that took
 *	job_probe cancel precheck TASK             the same once standard input ends */
#include <jansson.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/mem.h"
#include "db/my_conn.h"
#include "engine/engine.h"
#include "engine/report/progress.h"

static int woken;

static void wake(void *arg)
{
	uint64_t one = 1;

	(void)arg;
	if (write(woken, &one, sizeof one) < 0)
		return;
}

/* A job that says nothing for so long is broken. */
static void wait_for_wake(void)
{
	struct pollfd p = {.fd = woken, .events = POLLIN};
	uint64_t count;

	if (poll(&p, 1, 60000) != 1 || read(woken, &count, sizeof count) != sizeof count)
		rs_bug("no word from the job");
}

static json_t *text(const char *s)
{
	json_t *j = s ? json_string(s) : NULL;

	return j ? j : json_null();
}

static json_t *error_json(const struct rs_err *err)
{
	return rs_err_is_set(err) ? json_pack("{s:i, s:o, s:o, s:o}", "code", (int)err->code, "primary", text(err->primary),
	                                      "detail", text(err->detail), "hint", text(err->hint))
	                          : json_null();
}

static json_t *run_probe(const struct rs_endpoint *endpoint)
{
	struct rs_probe *p = rs_probe_start(endpoint, (struct rs_wake){wake, NULL});
	struct rs_probe_result r;
	json_t *j;

	for (rs_probe_get(p, &r); !r.done; rs_probe_get(p, &r)) {
		rs_probe_result_release(&r);
		wait_for_wake();
	}
	j = json_pack("{s:b, s:b, s:s, s:i, s:o}", "ok", r.ok, "unfit", r.unfit, "summary", r.summary, "code", (int)r.code, "error",
	              error_json(&r.error));
	rs_probe_result_release(&r);
	rs_probe_free(p);
	return j;
}

static json_t *topics_json(const struct rs_topics_result *r)
{
	json_t *topics = json_array();

	for (size_t i = 0; i < r->count; i++)
		json_array_append_new(topics, json_pack("[s, i, b]", r->topics[i].name, r->topics[i].partitions, r->topics[i].internal));
	return topics;
}

static json_t *run_topics(const struct rs_endpoint *endpoint)
{
	struct rs_topics *t = rs_topics_start(endpoint, (struct rs_wake){wake, NULL});
	struct rs_topics_result r;
	json_t *j;

	while (!rs_topics_take(t, &r))
		wait_for_wake();
	j = json_pack("{s:b, s:s, s:o, s:o, s:o}", "ok", r.ok, "summary", r.summary, "version", text(r.version), "topics", topics_json(&r),
	              "error", error_json(&r.error));
	rs_topics_result_release(&r);
	rs_topics_free(t);
	return j;
}

static json_t *way_json(const struct rs_why_side *side)
{
	return json_pack("{s:b, s:f, s:o}", "known", side->known, "seconds", (double)side->trip / (double)RS_USEC_PER_SEC, "error",
	                 error_json(&side->error));
}

static json_t *run_why(const struct rs_task *task)
{
	struct rs_progress *p = rs_progress_new(RS_STATE_SYNCHRONIZING);
	struct rs_why *w = rs_why_start(task, p, (struct rs_wake){wake, NULL});
	struct rs_why_result r;
	json_t *j;

	for (rs_why_get(w, &r); !r.done; rs_why_get(w, &r)) {
		rs_why_result_release(&r);
		wait_for_wake();
	}
	j = json_pack("{s:o, s:o}", "source", way_json(&r.source), "destination", way_json(&r.dest));
	rs_why_result_release(&r);
	rs_why_free(w);
	rs_progress_unref(p);
	return j;
}

static json_t *keys_json(const struct rs_table *t)
{
	json_t *keys = json_object();

	for (size_t i = 0; i < t->n_keys; i++) {
		json_t *parts = json_array();

		for (size_t n = 0; n < t->keys[i].n_parts; n++)
			json_array_append_new(parts, text(t->columns[t->keys[i].parts[n].column].name));
		json_object_set_new(keys, t->keys[i].name, parts);
	}
	return keys;
}

static json_t *types_json(const struct rs_table *t)
{
	json_t *types = json_array();

	for (size_t i = 0; i < t->n_columns; i++)
		json_array_append_new(types, text(t->columns[i].native));
	return types;
}

static json_t *object_json(const struct rs_object *o)
{
	json_t *j = json_object(), *columns = json_array();

	json_object_set_new(j, "kind", json_string(rs_object_kind_name(o->kind)));
	json_object_set_new(j, "db", text(o->db));
	json_object_set_new(j, "name", text(o->name));
	json_object_set_new(j, "unsupported", text(o->unsupported));
	for (size_t i = 0; o->schema && i < o->schema->n_columns; i++)
		json_array_append_new(columns, text(o->schema->columns[i].name));
	json_object_set_new(j, "columns", columns);
	if (o->schema)
		json_object_set_new(j, "keys", keys_json(o->schema));
	json_object_set_new(j, "types", o->schema ? types_json(o->schema) : json_array());
	json_object_set_new(j, "rows", json_integer(o->schema ? (json_int_t)o->schema->rows : 0));
	json_object_set_new(j, "bytes", json_integer(o->schema ? (json_int_t)o->schema->bytes : 0));
	return j;
}

/* Everything that comes until there is no more. */
static enum rs_rc take_all(struct rs_browse *b, json_t *objects, struct rs_err *err)
{
	for (bool done = false;;) {
		struct rs_catalog c = {0};
		enum rs_rc rc = rs_browse_take(b, &c, &done, err);

		for (size_t i = 0; i < c.count; i++)
			json_array_append_new(objects, object_json(&c.objects[i]));
		rs_catalog_release(&c);
		if (rc != RS_OK || done)
			return rc;
		wait_for_wake();
	}
}

static void ask_columns(struct rs_browse *b, const char *name)
{
	const char *dot = strchr(name, '.');
	char *db = rs_xstrndup(name, (size_t)(dot - name));

	rs_browse_columns(b, db, dot + 1);
	free(db);
}

static json_t *run_browse(const struct rs_endpoint *endpoint, char **tables)
{
	struct rs_browse *b = rs_browse_start(endpoint, (struct rs_wake){wake, NULL});
	json_t *objects = json_array(), *columns = json_array(), *j;
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc = take_all(b, objects, &err);

	for (size_t i = 0; rc == RS_OK && tables[i]; i++)
		ask_columns(b, tables[i]);
	if (rc == RS_OK)
		rc = take_all(b, columns, &err);
	j = json_pack("{s:o, s:o, s:o}", "objects", objects, "columns", columns, "error", error_json(&err));
	rs_err_clear(&err);
	rs_browse_free(b);
	return j;
}

static void wait_for_end(void)
{
	char bytes[64];

	while (read(STDIN_FILENO, bytes, sizeof bytes) > 0)
		continue;
}

static json_t *run_precheck_until_told(const struct rs_task *task)
{
	struct rs_precheck *p = rs_precheck_start(task, (struct rs_wake){wake, NULL});

	wait_for_end();
	rs_usec begun = rs_clock_mono();
	rs_precheck_free(p);
	return json_pack("{s:f}", "seconds", (double)(rs_clock_mono() - begun) / (double)RS_USEC_PER_SEC);
}

static json_t *run_cancel(const char *what, const struct rs_task *task)
{
	rs_usec begun = rs_clock_mono();

	if (strcmp(what, "precheck") == 0)
		return run_precheck_until_told(task);
	if (strcmp(what, "probe") == 0)
		rs_probe_free(rs_probe_start(&task->source, (struct rs_wake){wake, NULL}));
	else if (strcmp(what, "topics") == 0)
		rs_topics_free(rs_topics_start(&task->destination, (struct rs_wake){wake, NULL}));
	else
		rs_browse_free(rs_browse_start(&task->source, (struct rs_wake){wake, NULL}));
	return json_pack("{s:f}", "seconds", (double)(rs_clock_mono() - begun) / (double)RS_USEC_PER_SEC);
}

static struct rs_task *load(const char *path)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_load(path, &err);

	if (!task)
		rs_bug("%s: %s", path, err.primary);
	return task;
}

int main(int argc, char **argv)
{
	struct rs_task *task;
	json_t *j;

	if (argc < 3)
		return 2;
	woken = eventfd(0, EFD_CLOEXEC);
	rs_my_library_init();
	task = load(strcmp(argv[1], "cancel") == 0 ? argv[3] : argv[2]);
	if (strcmp(argv[1], "probe") == 0)
		j = run_probe(strcmp(argv[3], "source") == 0 ? &task->source : &task->destination);
	else if (strcmp(argv[1], "topics") == 0)
		j = run_topics(&task->destination);
	else if (strcmp(argv[1], "why") == 0)
		j = run_why(task);
	else if (strcmp(argv[1], "browse") == 0)
		j = run_browse(&task->source, argv + 3);
	else
		j = run_cancel(argv[2], task);
	json_dumpf(j, stdout, 0);
	json_decref(j);
	rs_task_free(task);
	rs_my_library_end();
	return 0;
}
