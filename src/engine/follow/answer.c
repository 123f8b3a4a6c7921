/* What the user decides about the event at which the task stops: checked and stored here, found again when the stream comes
 * to it, and counted once it is passed. */
#include "engine/follow/failing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/i18n.h"
#include "base/mem.h"

#define TRIED_LATELY (60 * RS_USEC_PER_SEC) /* longer than the pauses between attempts */
#define ATTEMPT_TIME (15 * RS_USEC_PER_SEC) /* most that is waited for the end of one */

/* ---------------------------------------------------------------- finding it again */

void rs_decision_forget(struct rs_engine *e)
{
	for (size_t i = 0; i < e->n_decided; i++)
		rs_meta_event_clear(&e->decided[i]);
	free(e->decided);
	e->decided = NULL;
	e->n_decided = 0;
}

enum rs_rc rs_decision_load(struct rs_engine *e, struct rs_err *err)
{
	uint64_t passed = 0;
	size_t n = 0, waiting = 0;

	rs_decision_forget(e);
	enum rs_rc rc = e->sink->ops->load_events(e->sink, &e->decided, &n, err);
	for (size_t i = 0; i < n; i++) {
		if (!e->decided[i].passed) {
			e->decided[waiting++] = e->decided[i];
			continue;
		}
		passed++;
		rs_meta_event_clear(&e->decided[i]);
	}
	e->n_decided = waiting;
	pthread_mutex_lock(&e->stats.lock);
	e->stats.skipped = passed;
	pthread_mutex_unlock(&e->stats.lock);
	return rc;
}

static bool is_of(const struct rs_event_id *id, const struct rs_position *at, const char *gtid)
{
	if (id->gtid != NULL && gtid != NULL)
		return strcmp(id->gtid, gtid) == 0;
	return id->file != NULL && at->file != NULL && id->offset == at->offset && strcmp(id->file, at->file) == 0;
}

/* Among n events of a transaction from a number on. */
static const struct rs_meta_event *find(const struct rs_engine *e, const struct rs_position *at, const char *gtid, uint64_t ordinal,
                                        size_t n)
{
	for (size_t i = 0; i < e->n_decided; i++) {
		const struct rs_event_id *id = &e->decided[i].id;
		if (id->ordinal >= ordinal && id->ordinal - ordinal < n && is_of(id, at, gtid))
			return &e->decided[i];
	}
	return NULL;
}

bool rs_decision_among(const struct rs_engine *e, const struct rs_inside *inside, uint64_t ordinal, size_t n)
{
	return find(e, &inside->place, inside->id, ordinal, n) != NULL;
}

const struct rs_meta_event *rs_decision_on_row(const struct rs_engine *e, const struct rs_inside *inside, uint64_t ordinal,
                                               const struct rs_change *c, size_t row)
{
	const struct rs_meta_event *m = find(e, &inside->place, inside->id, ordinal, 1);

	return m != NULL && m->id.digest == rs_failing_digest_row(c, row) ? m : NULL;
}

const struct rs_meta_event *rs_decision_on_statement(const struct rs_engine *e, const struct rs_inside *inside,
                                                     const struct rs_change *c)
{
	const struct rs_meta_event *m = inside ? find(e, &inside->place, inside->id, c->ordinal, 1)
	                                       : find(e, &c->position, c->gtid, 0, 1);

	return m != NULL && m->id.digest == rs_failing_digest_statement(c) ? m : NULL;
}

/* ---------------------------------------------------------------- what may be executed in its place */

static enum rs_rc refuse(struct rs_err *err, const char *text, size_t len, const char *hint)
{
	rs_err_set(err, RS_E_EVENT_SQL, _("this can't be executed in place of the event"));
	rs_err_detail(err, "%.*s", (int)(len < 1000 ? len : 1000), text);
	return rs_err_hint(err, "%s", hint);
}

static bool changes_rows(const struct rs_sql *s, uint32_t i)
{
	return rs_sql_is(s, i, "INSERT") || rs_sql_is(s, i, "UPDATE") || rs_sql_is(s, i, "DELETE") || rs_sql_is(s, i, "REPLACE");
}

struct statements {
	char **sql;
	size_t n, cap;
};

static void statements_release(struct statements *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->sql[i]);
	free(list->sql);
	*list = (struct statements){0};
}

static enum rs_rc add_statement(struct statements *list, const struct rs_sql *s, uint32_t from, uint32_t to,
                                struct rs_err *err)
{
	const char *text = s->text + s->tokens[from].start;
	size_t len = s->tokens[to - 1].end - s->tokens[from].start;

	if (!changes_rows(s, from))
		return refuse(err, text, len, _("in place of a row only INSERT, UPDATE, DELETE and REPLACE are executed, with the names of the "
		                                "destination written out: they are part of its transaction"));
	RS_GROW(list->sql, list->n, list->cap);
	list->sql[list->n++] = rs_xstrndup(text, len);
	return RS_OK;
}

static void dialect_of(const struct rs_sink *sink, struct rs_sql_dialect *out)
{
	const char *flavor = sink->flavor != NULL ? sink->flavor : "";

	*out = (struct rs_sql_dialect){.mariadb = strcmp(flavor, "mariadb") == 0, .version = sink->version};
	if (strcmp(flavor, "postgresql") == 0)
		*out = (struct rs_sql_dialect){.version = 90000, .sql_mode = RS_MODE_ANSI_QUOTES | RS_MODE_NO_BACKSLASH_ESCAPES};
}

/* Cut at semicolons; none of them may end the transaction. */
static enum rs_rc split(const struct rs_sink *sink, const char *sql, struct statements *out, struct rs_err *err)
{
	struct rs_sql_dialect dialect;
	struct rs_sql s = {0};

	dialect_of(sink, &dialect);
	if (rs_sql_tokenize(&s, sql, strlen(sql), &dialect, NULL) != RS_OK) {
		rs_sql_release(&s);
		return refuse(err, sql, strlen(sql), _("a quotation mark or a comment does not end"));
	}
	enum rs_rc rc = RS_OK;
	for (uint32_t from = 0, to; rc == RS_OK && from < s.count; from = to + 1) {
		for (to = from; to < s.count && !rs_sql_is_op(&s, to, ';'); to++) {}
		if (to > from)
			rc = add_statement(out, &s, from, to, err);
	}
	rs_sql_release(&s);
	if (rc == RS_OK && out->n == 0)
		rc = refuse(err, sql, strlen(sql), _("there is no statement in it: \"event skip\" leaves the event out"));
	return rc;
}

static bool is_one(const struct rs_sql *s)
{
	for (uint32_t i = 0; i + 1 < s->count; i++)
		if (rs_sql_is_op(s, i, ';'))
			return false;
	return true;
}

static enum rs_rc parse_change(const struct rs_sink *sink, const char *sql, const char *db, struct rs_ddl *d, struct rs_err *err)
{
	struct rs_sql_dialect dialect;

	dialect_of(sink, &dialect);
	if (rs_ddl_parse(d, sql, strlen(sql), db, &dialect, NULL) == RS_OK && rs_stmt_is_schema_change(d->kind) && is_one(&d->sql))
		return RS_OK;
	return refuse(err, sql, strlen(sql), _("in place of a statement one schema change of the destination is executed, of the kinds that "
	                                       "are synchronized"));
}

static enum rs_rc check_sql(const struct rs_sink *sink, const struct rs_event_id *id, const char *sql, struct rs_err *err)
{
	struct statements list = {0};
	struct rs_ddl d = {0};
	enum rs_rc rc;

	if (!sink->has_schemas) {
		rs_err_set(err, RS_E_NOT_SUPPORTED, _("a destination of this kind executes no statements"));
		return rs_err_hint(err, _("\"event skip\" leaves the event out, \"event retry\" sends it again"));
	}
	if (id->ordinal == 0) {
		rc = parse_change(sink, sql, NULL, &d, err);
		rs_ddl_release(&d);
		return rc;
	}
	rc = split(sink, sql, &list, err);
	statements_release(&list);
	return rc;
}

/* ---------------------------------------------------------------- carrying it out */

enum rs_rc rs_decision_carry_out(const struct rs_engine *e, const struct rs_meta_event *v, struct rs_applier *applier,
                                struct rs_err *err)
{
	struct statements list = {0};
	enum rs_rc rc = v->decision == RS_DECISION_EDIT ? split(e->sink, v->sql, &list, err) : RS_OK;

	if (rc == RS_OK)
		rc = applier->ops->replace_event(applier, v->number, (const char *const *)list.sql, list.n, err);
	statements_release(&list);
	return rc;
}

void rs_decision_passed(struct rs_engine *e, const struct rs_meta_event *v, const char *more)
{
	struct rs_err err = RS_ERR_INIT;

	rs_err_set(&err, RS_E_EVENT_SKIPPED, v->decision == RS_DECISION_SKIP ? _("an event of the source was left out, as decided")
	                                                                   : _("something else was executed in place of an event of the "
	                                                                       "source, as decided"));
	rs_err_detail(&err, "%s", v->what ? v->what : "");
	if (*more)
		rs_err_detail(&err, "%s", more);
	rs_err_hint(&err, "%s", e->sink->has_schemas ? _("source and destination differ there from now on; \"rds-sync verify\" tells where")
	                                             : _("whoever reads the messages lacks it from now on"));
	rs_journal(e, RS_LOG_WARN, &err, "event");
	pthread_mutex_lock(&e->stats.lock);
	rs_problems_add(&e->stats.problems, &err, NULL, false);
	e->stats.skipped++;
	pthread_mutex_unlock(&e->stats.lock);
	rs_err_clear(&err);
}

/* Of a rename, an exchange or a new table each name counts. */
static enum rs_rc add_names(struct rs_ddl_item *item, const struct rs_ddl *d, struct rs_err *err)
{
	for (size_t i = 0; i < d->n_refs; i++) {
		const struct rs_ddl_ref *r = &d->refs[i];
		if (r->name == NULL || *r->name == '\0' || r->role == RS_ROLE_FK_PARENT || r->role == RS_ROLE_USED)
			continue;
		if (r->db == NULL || *r->db == '\0')
			return refuse(err, d->sql.text, d->sql.len, _("write the names with their database: the source's statement has no default one"));
		rs_ddl_item_add_name(item, r->db);
		rs_ddl_item_add_name(item, r->name);
	}
	return RS_OK;
}

enum rs_rc rs_decision_statement(struct rs_engine *e, const struct rs_meta_event *v, const struct rs_ddl_item *of,
                                const struct rs_change *c, struct rs_ddl_item *out, struct rs_err *err)
{
	const char *db = c->db && *c->db ? rs_selection_map_db(e->task->objects, c->db) : "";
	struct rs_ddl d = {0};

	*out = *of;
	out->error = (struct rs_err)RS_ERR_INIT;
	out->ignore = false;
	out->names = NULL;
	out->n_names = out->cap_names = 0;
	out->sql = v->decision == RS_DECISION_EDIT ? v->sql : NULL;
	if (out->sql == NULL)
		return RS_OK;
	if (out->db == NULL)
		out->db = (char *)(uintptr_t)db;
	enum rs_rc rc = parse_change(e->sink, v->sql, out->db, &d, err);
	if (rc == RS_OK) {
		out->kind = d.kind;
		out->repeatable = rs_ddl_item_is_repeatable(&d);
		rc = add_names(out, &d, err);
	}
	for (size_t i = 0; i < of->n_names; i++)
		rs_ddl_item_add_name(out, of->names[i]);
	rs_ddl_release(&d);
	return rc;
}

void rs_decision_statement_release(struct rs_ddl_item *item)
{
	for (size_t i = 0; i < item->n_names; i++)
		free(item->names[i]);
	free(item->names);
}

/* ---------------------------------------------------------------- the user's answer */

static char *describe(const struct rs_failing *f)
{
	if (f->statement != NULL)
		return rs_xprintf("%s: %s", f->id, f->statement);
	return rs_xprintf("%s: %s %s.%s", f->id, f->kind, f->db ? f->db : "", f->table ? f->table : "");
}

static enum rs_rc gone(const struct rs_task *task, const struct rs_failing *now, struct rs_err *err)
{
	if (now == NULL) {
		rs_err_set(err, RS_E_EVENT_GONE, _("the task %s has not stopped at an event"), task->name);
		return rs_err_hint(err, _("\"rds-sync status %s\" tells how it is doing"), task->name);
	}
	rs_err_set(err, RS_E_EVENT_GONE, _("the task %s has stopped at another event by now: %s"), task->name, now->id);
	return rs_err_hint(err, _("\"rds-sync event show %s\" shows it"), task->name);
}

/* Of tables that are beside the task their own id; they take what was decided with them when they join. */
static struct rs_task *owner_of(const struct rs_task *task, const struct rs_failing *f, struct rs_err *err)
{
	struct rs_task *of = rs_task_copy(task);

	if (f->side == NULL || rs_task_set(of, "task.id", f->side, err) == RS_OK)
		return of;
	rs_task_free(of);
	return NULL;
}

static enum rs_rc store(const struct rs_task *task, const struct rs_failing *f, enum rs_answer answer, const char *sql,
                        struct rs_err *err)
{
	struct rs_meta_event m = {.decision = answer == RS_ANSWER_EDIT ? RS_DECISION_EDIT : RS_DECISION_SKIP};
	struct rs_sink *sink = NULL;
	enum rs_rc rc = RS_OK;

	if (!rs_failing_identify(f, &m.id))
		return rs_err_set(err, RS_E_STATE, _("the event's place in the log can't be read"));
	m.what = describe(f);
	m.sql = answer == RS_ANSWER_EDIT ? rs_xstrdup(sql) : NULL;
	struct rs_task *of = owner_of(task, f, err);
	rc = of != NULL ? rs_sink_open(of, &sink, err) : RS_FAIL;
	if (rc == RS_OK && m.sql != NULL)
		rc = check_sql(sink, &m.id, m.sql, err);
	if (rc == RS_OK)
		rc = sink->ops->decide(sink, &m, answer == RS_ANSWER_RETRY, err);
	if (sink != NULL)
		sink->ops->close(sink);
	rs_task_free(of);
	rs_meta_event_clear(&m);
	return rc;
}

/* Whether it stopped at an event a moment ago, and may be trying again just now: whoever saw it stop means that event. */
static bool tries_again(const struct rs_task_status *status)
{
	const struct rs_progress *p = status->progress;
	rs_usec now = rs_clock_wall();

	if (!status->live || p == NULL || p->failing != NULL || status->state == RS_STATE_FAILED ||
	    status->state == RS_STATE_INITIALIZE_FAILED)
		return false;
	for (size_t i = 0; i < p->n_problems; i++)
		if (!p->problems[i].fatal && now - p->problems[i].last < TRIED_LATELY)
			return true;
	return false;
}

static enum rs_rc look(const struct rs_task *task, struct rs_task_status *status, struct rs_err *err)
{
	const struct timespec moment = {.tv_nsec = 200000000};
	rs_usec until = rs_clock_mono() + ATTEMPT_TIME;
	enum rs_rc rc = rs_task_status_read(task, status, err);

	while (rc == RS_OK && tries_again(status) && rs_clock_mono() < until) {
		rs_task_status_release(status);
		nanosleep(&moment, NULL);
		rc = rs_task_status_read(task, status, err);
	}
	return rc;
}

enum rs_rc rs_task_answer(const struct rs_task *task, const char *id, enum rs_answer answer, const char *sql,
                          struct rs_err *err)
{
	struct rs_task_status status;

	if (look(task, &status, err) != RS_OK)
		return RS_FAIL;
	const struct rs_failing *f = status.progress ? status.progress->failing : NULL;
	enum rs_rc rc = f == NULL || (id != NULL && strcmp(id, f->id) != 0) ? gone(task, f, err) : store(task, f, answer, sql, err);
	rs_task_status_release(&status);
	return rc;
}

/* ---------------------------------------------------------------- what was answered */

static char *id_text(const struct rs_event_id *id)
{
	if (id->file == NULL)
		return rs_xprintf("%s/%" PRIu64, id->gtid ? id->gtid : "", id->ordinal);
	return rs_xprintf("%s:%" PRIu64 "/%" PRIu64, id->file, id->offset, id->ordinal);
}

enum rs_rc rs_task_decided(const struct rs_task *task, struct rs_decided **out, size_t *n, struct rs_err *err)
{
	struct rs_meta_event *events = NULL;
	struct rs_sink *sink = NULL;

	*out = NULL;
	*n = 0;
	enum rs_rc rc = rs_sink_open(task, &sink, err);
	if (rc == RS_OK)
		rc = sink->ops->load_events(sink, &events, n, err);
	if (sink != NULL)
		sink->ops->close(sink);
	*out = rs_xcalloc(*n + 1, sizeof **out);
	for (size_t i = 0; i < *n; i++) {
		struct rs_meta_event *m = &events[i];
		(*out)[i] = (struct rs_decided){.id = id_text(&m->id),
		                                .answer = m->decision == RS_DECISION_EDIT ? RS_ANSWER_EDIT : RS_ANSWER_SKIP,
		                                .what = rs_xstrdup(m->what), .sql = rs_xstrdup(m->sql), .passed = m->passed};
		rs_meta_event_clear(m);
	}
	free(events);
	return rc;
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
