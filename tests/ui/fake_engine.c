#include "fake_engine.h"

#include <pthread.h>
#include <string.h>
#include "base/mem.h"
#include "base/thread.h"
#include "codec/row_filter.h"
#include "engine/report/past.h"

/* --- what is told of tasks ----------------------------------------------------------------- */

#define STATUSES 16

/* The screens look from a thread of their own. */
static pthread_mutex_t status_lock = PTHREAD_MUTEX_INITIALIZER;

static struct status {
	char *name;
	enum rs_state state;
	bool live;
	struct rs_progress *progress;
} statuses[STATUSES];
static size_t status_count;

void fake_status(const char *name, enum rs_state state, bool live, struct rs_progress *p)
{
	pthread_mutex_lock(&status_lock);
	struct status *s = &statuses[status_count];

	for (size_t i = 0; i < status_count; i++)
		if (strcmp(statuses[i].name, name) == 0)
			s = &statuses[i];
	if (s == &statuses[status_count]) {
		status_count++;
		s->name = rs_xstrdup(name);
	}
	rs_progress_unref(s->progress);
	s->state = state;
	s->live = live;
	s->progress = p;
	pthread_mutex_unlock(&status_lock);
}

enum rs_rc rs_task_status_look(const struct rs_task *task, const struct rs_progress *known, struct rs_task_status *out,
                               struct rs_err *err)
{
	(void)known;
	return rs_task_status_read(task, out, err);
}

enum rs_rc rs_task_status_read(const struct rs_task *task, struct rs_task_status *out, struct rs_err *err)
{
	(void)err;
	memset(out, 0, sizeof *out);
	out->state = rs_task_check(task, NULL) == RS_OK ? RS_STATE_NOT_STARTED : RS_STATE_NOT_CONFIGURED;
	pthread_mutex_lock(&status_lock);
	for (size_t i = 0; i < status_count; i++) {
		const struct status *s = &statuses[i];

		if (strcmp(s->name, task->name) != 0)
			continue;
		out->state = s->state;
		out->live = s->live;
		out->pid = s->live ? 4711 : 0;
		out->progress = s->progress ? rs_progress_ref(s->progress) : NULL;
		out->updated = s->progress ? s->progress->taken : 0;
	}
	pthread_mutex_unlock(&status_lock);
	return RS_OK;
}

void rs_task_status_record(const struct rs_task *task, enum rs_state state)
{
	(void)task;
	(void)state;
}

void rs_task_status_forget(const struct rs_task *task)
{
	(void)task;
}

void rs_task_status_release(struct rs_task_status *s)
{
	rs_progress_unref(s->progress);
	s->progress = NULL;
}

static const char *_Atomic commanded = ""; /* works for several tasks may be at it at once */

static const char *word(enum rs_command command)
{
	static const char *const words[] = {"pause", "resume", "stop", "release"};

	return words[command];
}

enum rs_rc rs_task_command(const struct rs_task *task, enum rs_command command, rs_usec timeout, struct rs_err *err)
{
	(void)task;
	(void)timeout;
	(void)err;
	commanded = word(command);
	return RS_OK;
}

static const char *left_behind;

void fake_left_behind(const char *what)
{
	left_behind = what;
}

enum rs_rc rs_task_reset(const struct rs_task *task, rs_usec timeout, struct rs_cancel *cancel, struct rs_buf *left, struct rs_err *err)
{
	(void)timeout;
	(void)cancel;
	commanded = "reset";
	if (left_behind)
		(void)rs_buf_adds(left, left_behind);
	return rs_task_empty(task, err);
}

static const char *refusal, *answered = "";
static bool ends_with_answer;

void fake_engine_ends_with_answer(void)
{
	ends_with_answer = true;
}

const char *fake_answered(void)
{
	return answered;
}

void fake_reload_refused(const char *why)
{
	refusal = why;
}

enum rs_rc rs_task_reload(const struct rs_task *task, rs_usec timeout, struct rs_err *err)
{
	(void)task;
	(void)timeout;
	commanded = "reload";
	return refusal ? rs_err_set(err, RS_E_MAPPING, "%s", refusal) : RS_OK;
}

enum rs_rc rs_task_answer(const struct rs_task *task, const char *id, enum rs_answer answer, const char *sql, struct rs_err *err)
{
	static const char *const words[] = {[RS_ANSWER_SKIP] = "skip", [RS_ANSWER_EDIT] = "edit", [RS_ANSWER_RETRY] = "retry"};
	static char word[200];

	(void)task;
	(void)snprintf(word, sizeof word, "%s%s%s", words[answer], sql ? " " : "", sql ? sql : "");
	answered = strcmp(id, "binlog.000001:4711/3") == 0 ? word : "";
	if (ends_with_answer)
		fake_engine_ends();
	ends_with_answer = false;
	if (sql && strstr(sql, "DROP"))
		return rs_err_set(err, RS_E_EVENT_SQL, "this can't be executed in place of the event");
	return RS_OK;
}

enum rs_rc rs_task_decided(const struct rs_task *task, struct rs_decided **out, size_t *n, struct rs_err *err)
{
	(void)task;
	(void)err;
	*n = 2;
	*out = rs_xcalloc(2, sizeof **out);
	(*out)[0] = (struct rs_decided){.id = rs_xstrdup("binlog.000001:4/1"), .answer = RS_ANSWER_SKIP,
	                                .what = rs_xstrdup("binlog.000001:4/1: INSERT shop.客户"), .passed = true};
	(*out)[1] = (struct rs_decided){.id = rs_xstrdup("binlog.000001:4711/3"), .answer = RS_ANSWER_EDIT,
	                                .what = rs_xstrdup("binlog.000001:4711/3: UPDATE shop.orders"),
	                                .sql = rs_xstrdup("UPDATE shop.orders SET note = '\033' WHERE id = 5")};
	return RS_OK;
}

void rs_decided_free(struct rs_decided *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i].id);
		free(list[i].what);
		free(list[i].sql);
	}
	free(list);
}

static bool tables_refused;

void fake_tables_refused(void)
{
	tables_refused = true;
}

enum rs_rc rs_task_change_tables(const struct rs_task *task, enum rs_table_action action, const struct rs_selection *tables,
                                 bool force, rs_usec timeout, struct rs_cancel *cancel, struct rs_err *err)
{
	static char word[500];
	struct rs_buf text = RS_BUF_INIT;

	(void)task;
	(void)timeout;
	(void)cancel;
	if (ends_with_answer)
		fake_engine_ends();
	ends_with_answer = false;
	if (tables_refused) {
		tables_refused = false;
		return rs_err_set(err, RS_E_OBJECTS, "a foreign key connects them");
	}
	rs_selection_format(tables, &text);
	(void)snprintf(word, sizeof word, "%s%s %s", rs_table_action_word(action), force ? " force" : "", rs_buf_str(&text));
	rs_buf_release(&text);
	for (char *c = word; *c; c++)
		*c = *c == '\n' ? ' ' : *c;
	commanded = word;
	return RS_OK;
}

static enum rs_errc anchor_refused;
static bool anchor_suspended;

void fake_anchor_suspended(void)
{
	anchor_suspended = true;
}

void fake_anchor_refused(enum rs_errc code)
{
	anchor_refused = code;
}

static atomic_bool anchor_waits;

void fake_anchor_waits(bool waits)
{
	atomic_store(&anchor_waits, waits);
}

static struct rs_anchored anchored(const char *at)
{
	struct rs_anchored a = {.at = rs_xstrdup(at), .compared = 59};

	for (int i = 0; i < RS_ANCHORED_LISTS; i++)
		a.lists[i] = rs_xstrdup(i == RS_ANCHORED_ANEW ? "shop.log, shop.客户" : "");
	return a;
}

static void list_one(struct rs_anchored *a, enum rs_anchored_list list, const char *name)
{
	free(a->lists[list]);
	a->lists[list] = rs_xstrdup(name);
}

enum rs_rc rs_task_reanchor_plan(const struct rs_task *task, const struct rs_anchor_options *options, struct rs_cancel *cancel,
                                 struct rs_anchored *out, struct rs_err *err)
{
	(void)task;
	(void)cancel;
	(void)err;
	*out = anchored("");
	out->other_server = anchor_refused == RS_E_CONN_WRONG_SERVER;
	if (anchor_refused == RS_E_NOT_OURS)
		list_one(out, RS_ANCHORED_FOREIGN, "shop.log");
	if (anchor_suspended && !options->resync)
		list_one(out, RS_ANCHORED_LOST, "shop.still");
	return RS_OK;
}

enum rs_rc rs_task_reanchor(const struct rs_task *task, const struct rs_anchor_options *options, rs_usec timeout, struct rs_cancel *cancel,
                            struct rs_anchored *out, struct rs_err *err)
{
	(void)task;
	(void)timeout;
	while (atomic_load(&anchor_waits) && !rs_cancel_sleep(cancel, RS_MSEC(1)))
		continue;
	*out = (struct rs_anchored){.at = NULL};
	if (anchor_refused && !options->force)
		return rs_err_set(err, anchor_refused, "shop.log was at the destination before the task");
	commanded = options->force ? "reanchor force" : options->resync ? "reanchor resync" : "reanchor";
	*out = anchored("binlog.000412:4");
	out->rests = true;
	return RS_OK;
}

const char *fake_commanded(void)
{
	return commanded;
}

/* --- engines -------------------------------------------------------------------------------- */

struct rs_engine {
	_Atomic bool ended;
};

static struct rs_progress *shown;
static bool stays;

/* One is freed by a work while the next is made. */
static pthread_mutex_t engines_lock = PTHREAD_MUTEX_INITIALIZER;
static struct rs_engine *newest;
static int engines;

void fake_engine_progress(struct rs_progress *p)
{
	rs_progress_unref(shown);
	shown = p;
}

void fake_engine_stays(void)
{
	stays = true;
}

int fake_engines(void)
{
	pthread_mutex_lock(&engines_lock);
	int n = engines;
	pthread_mutex_unlock(&engines_lock);
	return n;
}

struct rs_engine *rs_engine_new(const struct rs_task *task, const struct rs_engine_options *options, struct rs_err *err)
{
	(void)task;
	(void)options;
	(void)err;
	struct rs_engine *e = rs_xcalloc(1, sizeof *e);

	pthread_mutex_lock(&engines_lock);
	engines++;
	newest = e;
	pthread_mutex_unlock(&engines_lock);
	return e;
}

void fake_engine_ends(void)
{
	pthread_mutex_lock(&engines_lock);
	if (newest)
		newest->ended = true;
	pthread_mutex_unlock(&engines_lock);
}

enum rs_rc rs_engine_start(struct rs_engine *e, struct rs_err *err)
{
	(void)e;
	(void)err;
	return RS_OK;
}

enum rs_rc rs_engine_was_started(const struct rs_task *task, bool *started, struct rs_err *err)
{
	(void)task;
	(void)err;
	*started = false;
	return RS_OK;
}

void rs_engine_command(struct rs_engine *e, enum rs_command command)
{
	commanded = word(command);
	e->ended = !stays && (command == RS_CMD_STOP || command == RS_CMD_RELEASE);
	if (shown && (command == RS_CMD_PAUSE || command == RS_CMD_RESUME))
		shown->state = command == RS_CMD_PAUSE ? RS_STATE_PAUSED : RS_STATE_SYNCHRONIZING;
}

const struct rs_progress *rs_engine_progress(struct rs_engine *e)
{
	(void)e;
	if (!shown)
		shown = rs_progress_new(RS_STATE_INITIALIZING);
	return rs_progress_ref(shown);
}

bool rs_engine_wait(struct rs_engine *e, rs_usec timeout)
{
	(void)timeout;
	return e->ended;
}

void rs_engine_free(struct rs_engine *e)
{
	pthread_mutex_lock(&engines_lock);
	engines -= e != NULL;
	if (newest == e)
		newest = NULL;
	pthread_mutex_unlock(&engines_lock);
	free(e);
}

/* --- tests of connections --------------------------------------------------------------------- */

struct rs_probe {
	struct rs_wake wake;
};

static char *probe_summary, *probe_error;
static bool probe_never, probe_unfit;
static struct rs_wake probe_wake;

void fake_probe(const char *summary, const char *error, bool never)
{
	free(probe_summary);
	free(probe_error);
	probe_summary = rs_xstrdup(summary);
	probe_error = rs_xstrdup(error);
	probe_never = never;
	probe_unfit = false;
}

void fake_probe_unfit(void)
{
	probe_unfit = true;
}

void fake_probe_end(void)
{
	probe_never = false;
	if (probe_wake.fn)
		probe_wake.fn(probe_wake.arg);
}

struct rs_probe *rs_probe_start(const struct rs_endpoint *endpoint, struct rs_wake wake)
{
	struct rs_probe *p = rs_xcalloc(1, sizeof *p);

	(void)endpoint;
	p->wake = wake;
	probe_wake = wake;
	if (!probe_never)
		wake.fn(wake.arg);
	return p;
}

void rs_probe_get(struct rs_probe *p, struct rs_probe_result *out)
{
	(void)p;
	memset(out, 0, sizeof *out);
	out->done = !probe_never;
	out->ok = out->done && !probe_error;
	out->unfit = out->ok && probe_unfit;
	snprintf(out->summary, sizeof out->summary, "%s", probe_summary ? probe_summary : "");
	if (out->done && probe_error)
		rs_err_set(&out->error, RS_E_CONN_AUTH, "%s", probe_error);
}

void rs_probe_result_release(struct rs_probe_result *r)
{
	rs_err_clear(&r->error);
}

void rs_probe_free(struct rs_probe *p)
{
	free(p);
}

/* --- topics of Kafka ------------------------------------------------------------------------- */

struct rs_topics {
	bool taken;
};

static size_t topics_count;
static bool topics_never;
static struct rs_wake topics_wake;

void fake_topics(size_t count, bool never)
{
	topics_count = count;
	topics_never = never;
}

void fake_topics_end(void)
{
	topics_never = false;
	if (topics_wake.fn)
		topics_wake.fn(topics_wake.arg);
}

struct rs_topics *rs_topics_start(const struct rs_endpoint *endpoint, struct rs_wake wake)
{
	(void)endpoint;
	topics_wake = wake;
	if (!topics_never)
		wake.fn(wake.arg);
	return rs_xcalloc(1, sizeof(struct rs_topics));
}

/* The first is the cluster's own, the fourth is kept of a task. */
static char *topic_name(size_t n)
{
	return n == 0   ? rs_xstrdup("__consumer_offsets")
	       : n == 3 ? rs_xstrdup("rds-sync-6a0c0000-0000-4000-8000-00000000000a")
	                : rs_xprintf("topic-%05zu", n);
}

bool rs_topics_take(struct rs_topics *t, struct rs_topics_result *out)
{
	*out = (struct rs_topics_result){.done = !topics_never && !t->taken};
	if (!out->done)
		return false;
	t->taken = true;
	out->ok = topics_count > 0;
	if (!out->ok) {
		rs_err_set(&out->error, RS_E_CONN_AUTH, "destination kafka:9092: connecting failed");
		rs_err_hint(&out->error, "Check the account and its password");
		return true;
	}
	snprintf(out->summary, sizeof out->summary, "Kafka 0.10.2, 1.2 ms, 3 brokers, %zu topics", topics_count);
	out->version = "0.10";
	out->topics = rs_xcalloc(topics_count, sizeof *out->topics);
	for (; out->count < topics_count; out->count++)
		out->topics[out->count] = (struct rs_topic){topic_name(out->count), out->count % 2 ? 12 : 1, out->count == 0};
	return true;
}

void rs_topics_result_release(struct rs_topics_result *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->topics[i].name);
	free(r->topics);
	rs_err_clear(&r->error);
	*r = (struct rs_topics_result){.done = false};
}

void rs_topics_free(struct rs_topics *t)
{
	free(t);
}

/* --- the catalogue ------------------------------------------------------------------------------ */

struct rs_browse {
	bool taken;
	struct wanted {
		char *db, *table;
	} *wanted;             /* whose columns were asked for */
	size_t n_wanted, wanted_cap;
	struct rs_wake wake;
};

static char *catalog_text, *catalog_error;
static bool catalog_done;

void fake_catalog(const char *text, bool done, const char *error)
{
	free(catalog_text);
	free(catalog_error);
	catalog_text = rs_xstrdup(text);
	catalog_error = rs_xstrdup(error);
	catalog_done = done;
}

static void add_key(struct rs_table *t)
{
	struct rs_key *k = rs_table_add_key(t, "PRIMARY");

	k->primary = k->unique = k->not_null = true;
}

static enum rs_object_kind kind_of(const char *word)
{
	for (int kind = RS_OBJECT_VIEW; kind <= RS_OBJECT_SEQUENCE; kind++)
		if (strcmp(word, rs_object_kind_name((enum rs_object_kind)kind)) == 0)
			return (enum rs_object_kind)kind;
	return RS_OBJECT_TABLE;
}

static void add_line(struct rs_catalog *c, const char *line)
{
	char db[100] = "", table[100] = "", key[10] = "";
	unsigned long long rows = 0, bytes = 0;
	int n = sscanf(line, "%99[^. \n].%99s %llu %llu %9s", db, table, &rows, &bytes, key);
	struct rs_table *t;
	struct rs_object *o;

	if (n < 1)
		return;
	if (!rs_catalog_find(c, RS_OBJECT_DATABASE, db, db))
		(void)rs_catalog_add(c, RS_OBJECT_DATABASE, db, db);
	rs_catalog_sort(c);
	if (n < 2)
		return;
	t = rs_table_new(db, table);
	t->rows = rows;
	t->bytes = bytes;
	t->engine = rs_xstrdup("InnoDB");
	t->collation = rs_xstrdup("utf8mb4_general_ci");
	if (strcmp(key, "key") == 0)
		add_key(t);
	o = rs_catalog_add(c, kind_of(key), db, table);
	if (o->kind == RS_OBJECT_TABLE)
		o->schema = t;
	else
		rs_table_unref(t);
	if (strcmp(key, "bad") == 0)
		o->unsupported = rs_xstrdup("of an engine that keeps no rows");
}

struct rs_browse *rs_browse_start(const struct rs_endpoint *endpoint, struct rs_wake wake)
{
	struct rs_browse *b = rs_xcalloc(1, sizeof *b);

	(void)endpoint;
	b->wake = wake;
	wake.fn(wake.arg);
	return b;
}

static void forget_wanted(struct rs_browse *b)
{
	while (b->n_wanted) {
		b->n_wanted--;
		free(b->wanted[b->n_wanted].db);
		free(b->wanted[b->n_wanted].table);
	}
}

static void add_columns(struct rs_catalog *out, const struct wanted *wanted)
{
	struct rs_table *t = rs_table_new(wanted->db, wanted->table);
	struct rs_object *o = rs_catalog_add(out, RS_OBJECT_TABLE, wanted->db, wanted->table);

	add_key(t);
	rs_table_add_column(t, "id", RS_T_INT)->native = rs_xstrdup("int(11)");
	rs_table_add_column(t, "note", RS_T_VARCHAR)->native = rs_xstrdup("varchar(200)");
	(void)rs_key_add_part(&t->keys[0], 0);
	o->schema = t;
}

enum rs_rc rs_browse_take(struct rs_browse *b, struct rs_catalog *out, bool *done, struct rs_err *err)
{
	for (const char *line = b->taken || !catalog_text ? "" : catalog_text; *line; line = strchrnul(line, '\n') + (*strchrnul(line, '\n') != 0))
		add_line(out, line);
	b->taken = true;
	for (size_t i = 0; i < b->n_wanted; i++)
		add_columns(out, &b->wanted[i]);
	forget_wanted(b);
	*done = catalog_done || catalog_error;
	return catalog_error ? rs_err_set(err, RS_E_CONN_REFUSED, "%s", catalog_error) : RS_OK;
}

void rs_browse_columns(struct rs_browse *b, const char *db, const char *table)
{
	RS_GROW(b->wanted, b->n_wanted, b->wanted_cap);
	b->wanted[b->n_wanted++] = (struct wanted){rs_xstrdup(db), rs_xstrdup(table)};
	b->wake.fn(b->wake.arg);
}

void rs_browse_free(struct rs_browse *b)
{
	forget_wanted(b);
	free(b->wanted);
	free(b);
}

/* As the engine does it: no server is asked. */
enum rs_rc rs_browse_check_filter(const struct rs_table *table, const char *condition, struct rs_err *err)
{
	struct rs_filter *tree = rs_filter_parse(condition, NULL, err);
	struct rs_row_filter *bound = tree ? rs_row_filter_bind(tree, table, err) : NULL;
	enum rs_rc rc = bound ? RS_OK : RS_FAIL;

	rs_row_filter_free(bound);
	rs_filter_free(tree);
	return rc;
}

/* --- the precheck ---------------------------------------------------------------------------------- */

struct rs_precheck {
	struct rs_wake wake;
};

static struct rs_finding *findings;
static size_t finding_count;
static bool findings_done;

static void findings_release(void)
{
	for (size_t i = 0; i < finding_count; i++)
		rs_finding_release(&findings[i]);
	free(findings);
	findings = NULL;
	finding_count = 0;
}

void fake_findings(const struct rs_finding *told, size_t count, bool done)
{
	findings_release();
	findings = rs_xcalloc(count + 1, sizeof *findings);
	finding_count = count;
	findings_done = done;
	for (size_t i = 0; i < count; i++)
		rs_finding_copy(&findings[i], &told[i]);
}

struct rs_precheck *rs_precheck_start(const struct rs_task *task, struct rs_wake wake)
{
	struct rs_precheck *p = rs_xcalloc(1, sizeof *p);

	(void)task;
	p->wake = wake;
	wake.fn(wake.arg);
	return p;
}

void rs_precheck_again(struct rs_precheck *p, bool failed_only)
{
	(void)failed_only;
	p->wake.fn(p->wake.arg);
}

bool rs_precheck_ignore(struct rs_precheck *p, const char *code, bool ignored)
{
	(void)p;
	for (size_t i = 0; i < finding_count; i++)
		if (strcmp(findings[i].code, code) == 0 && findings[i].ignorable) {
			findings[i].ignored = ignored;
			return true;
		}
	return false;
}

static bool is_fine(const struct rs_finding *f)
{
	return f->verdict == RS_CHECK_PASSED || f->verdict == RS_CHECK_SKIPPED || f->ignored;
}

void rs_precheck_get(struct rs_precheck *p, struct rs_precheck_result *out)
{
	(void)p;
	*out = (struct rs_precheck_result){.done = findings_done, .passed = findings_done, .count = finding_count};
	out->findings = rs_xcalloc(finding_count + 1, sizeof *out->findings);
	for (size_t i = 0; i < finding_count; i++) {
		rs_finding_copy(&out->findings[i], &findings[i]);
		out->passed = out->passed && is_fine(&findings[i]);
	}
}

void rs_precheck_result_release(struct rs_precheck_result *r)
{
	for (size_t i = 0; i < r->count; i++)
		rs_finding_release(&r->findings[i]);
	free(r->findings);
	*r = (struct rs_precheck_result){.count = 0};
}

void rs_precheck_free(struct rs_precheck *p)
{
	free(p);
}

/* --- comparing --------------------------------------------------------------------------------------- */

struct rs_verify {
	struct rs_wake wake;
};

static const struct rs_verify_result *verified;
static const char *compared = "";

const char *fake_compared(void)
{
	return compared;
}

static char repaired[500];

const char *fake_repaired(void)
{
	return repaired;
}

static bool repair_stays;

void fake_repair_stays(void)
{
	repair_stays = true;
}

enum rs_rc rs_task_repair(const struct rs_task *task, const struct rs_diff_range *range, rs_usec timeout, struct rs_cancel *cancel,
                          struct rs_repair_counts *done, struct rs_err *err)
{
	size_t len = strlen(repaired);

	if (repair_stays && rs_cancel_sleep(cancel, timeout))
		return rs_err_set(err, RS_E_CANCELLED, "cancelled");

	(void)task;
	(void)timeout;
	(void)snprintf(repaired + len, sizeof repaired - len, "%s.%s(%s,%s) ", range->db, range->table, range->after, range->upto);
	*done = (struct rs_repair_counts){1, range->extra, range->missing + range->different + 2};
	return strcmp(range->table, "orders") == 0 ? rs_err_set(err, RS_E_REPAIR, "the table changes too fast") : RS_OK;
}

void fake_verify(const struct rs_verify_result *result)
{
	verified = result;
}

struct rs_verify *rs_verify_start(const struct rs_task *task, const struct rs_verify_options *options,
                                  struct rs_wake wake)
{
	struct rs_verify *v = rs_xcalloc(1, sizeof *v);

	static char word[200];

	(void)task;
	(void)snprintf(word, sizeof word, "%d %u %s %llu %llu %lld", options->mode, options->percent, options->tables ? options->tables : "-",
	               (unsigned long long)options->max_rows, (unsigned long long)options->max_bytes,
	               (long long)(options->timeout / RS_USEC_PER_SEC));
	compared = word;
	v->wake = wake;
	wake.fn(wake.arg);
	return v;
}

void rs_verify_get(struct rs_verify *v, struct rs_verify_result *out)
{
	(void)v;
	if (verified)
		*out = *verified;
	else
		memset(out, 0, sizeof *out);
}

void rs_verify_result_release(struct rs_verify_result *r)
{
	memset(r, 0, sizeof *r);
}

void rs_verify_free(struct rs_verify *v)
{
	free(v);
}

/* --- log, history, why, diagnostics ------------------------------------------------------------------------ */

static const char *_Atomic log_text = "";

void fake_log(const char *text)
{
	log_text = text;
}

/* All of it once, and again when it is another one: whoever is told something new each time looks again each time. */
void rs_task_log_read(const struct rs_task *task, struct rs_task_log *log)
{
	const char *text = log_text, *end;
	bool known = log->last == (uintptr_t)text;
	size_t cap = 0;

	(void)task;
	rs_task_log_clear(log);
	log->anew = !known;
	log->pid = 4711;
	log->last = (uintptr_t)text;
	for (; !known && (end = strchr(text, '\n')) != NULL; text = end + 1) {
		RS_GROW(log->lines, log->n, cap);
		log->lines[log->n++] = rs_xstrndup(text, (size_t)(end - text));
	}
}

void rs_task_log_clear(struct rs_task_log *log)
{
	for (size_t i = 0; i < log->n; i++)
		free(log->lines[i]);
	free(log->lines);
	*log = (struct rs_task_log){.pid = 0};
}

static const struct rs_history_item *remembered;
static size_t remembered_count;

void fake_history(const struct rs_history_item *items, size_t count)
{
	remembered = items;
	remembered_count = count;
}

static size_t past_seconds; /* under the lock of the status */
static double past_rows;

void fake_past(size_t seconds, double rows)
{
	pthread_mutex_lock(&status_lock);
	past_seconds = seconds;
	past_rows = rows;
	pthread_mutex_unlock(&status_lock);
}

void rs_task_past(const struct rs_task *task, struct rs_past *out)
{
	struct rs_progress *p = rs_progress_new(RS_STATE_SYNCHRONIZING);

	(void)task;
	rs_past_clear(out);
	pthread_mutex_lock(&status_lock);
	p->lag = 3 * RS_USEC_PER_SEC;
	p->rows_per_sec = past_rows;
	for (size_t i = 0; i < past_seconds; i++)
		rs_past_add(out, p);
	pthread_mutex_unlock(&status_lock);
	rs_progress_unref(p);
}

size_t rs_task_history(const struct rs_task *task, size_t max, struct rs_history_item **items)
{
	(void)task;
	(void)max;
	*items = rs_xcalloc(remembered_count + 1, sizeof **items);
	for (size_t i = 0; i < remembered_count; i++) {
		(*items)[i] = remembered[i];
		(*items)[i].text = rs_xstrdup(remembered[i].text);
	}
	return remembered_count;
}

void rs_history_free(struct rs_history_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(items[i].text);
	free(items);
}

struct rs_why {
	int nothing;
};

static const struct rs_why_result *why_result;

void fake_why(const struct rs_why_result *result)
{
	why_result = result;
}

struct rs_why *rs_why_start(const struct rs_task *task, const struct rs_progress *progress, struct rs_wake wake)
{
	(void)task;
	(void)progress;
	wake.fn(wake.arg);
	return rs_xcalloc(1, sizeof(struct rs_why));
}

void rs_why_get(struct rs_why *w, struct rs_why_result *out)
{
	(void)w;
	*out = why_result ? *why_result : (struct rs_why_result){.done = false};
	out->source.error = out->dest.error = (struct rs_err)RS_ERR_INIT;
	if (why_result) {
		rs_err_copy(&out->source.error, &why_result->source.error);
		rs_err_copy(&out->dest.error, &why_result->dest.error);
	}
}

void rs_why_result_release(struct rs_why_result *r)
{
	rs_err_clear(&r->source.error);
	rs_err_clear(&r->dest.error);
}

void rs_why_free(struct rs_why *w)
{
	free(w);
}

static char diagnosed[300];

const char *fake_diagnosed(void)
{
	return diagnosed;
}

enum rs_rc rs_task_diagnose(const struct rs_task *task, const char *path, struct rs_err *err)
{
	(void)task;
	(void)err;
	(void)snprintf(diagnosed, sizeof diagnosed, "%s", path);
	return RS_OK;
}

/* --- all of it ------------------------------------------------------------------------------------------ */

void fake_reset(void)
{
	stays = false;
	for (size_t i = 0; i < status_count; i++) {
		free(statuses[i].name);
		rs_progress_unref(statuses[i].progress);
		statuses[i] = (struct status){.name = NULL};
	}
	status_count = 0;
	fake_engine_progress(NULL);
	fake_probe(NULL, NULL, false);
	fake_catalog(NULL, true, NULL);
	findings_release();
	findings_done = true;
	verified = NULL;
	compared = "";
	repaired[0] = '\0';
	commanded = "";
	refusal = NULL;
	answered = "";
	anchor_refused = RS_E_NONE;
	anchor_suspended = false;
	fake_anchor_waits(false);
	repair_stays = false;
	fake_log("");
	fake_history(NULL, 0);
	fake_past(0, 0);
	fake_why(NULL);
	diagnosed[0] = '\0';
}
