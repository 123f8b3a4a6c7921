/* Why is it slow? Asks both servers: how long a round trip takes, what the task's connections are at there, and which of them
 * wait for a lock that somebody holds. Nothing is changed. */
#include "engine/job/why_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/job/kafka_job.h"
#include "sink/sink.h"

#define NO_PRIVILEGE 1227

/* ------------------------------------------------------------------ small things */

unsigned long why_number(const char *text)
{
	long n = text ? strtol(text, NULL, 10) : 0;

	return n > 0 ? (unsigned long)n : 0;
}

void why_put(char *to, size_t size, const char *text)
{
	struct rs_buf b = RS_BUF_INIT;

	if (text)
		rs_utf8_printable(&b, text, strlen(text));
	snprintf(to, size, "%s", rs_buf_str(&b));
	rs_buf_release(&b);
}

void why_put_statement(char *to, size_t size, const char *sql)
{
	char *copy = rs_xstrdup(sql ? sql : "");

	copy[strcspn(copy, "('\"=<>\n")] = '\0';
	why_put(to, size, copy);
	free(copy);
}

const struct rs_worker_seen *why_worker_at(const struct rs_why *w, enum rs_doing side, unsigned long connection)
{
	for (size_t i = 0; i < w->progress->n_workers; i++) {
		const struct rs_worker_seen *seen = &w->progress->workers[i];

		if (seen->connection == connection && seen->doing == side)
			return seen;
	}
	return NULL;
}

size_t why_put_busy(char *out, size_t size, size_t used, const struct rs_worker_seen *seen, const char *state, const char *seconds)
{
	char word[64];

	if (seen == NULL || used >= size)
		return used;
	why_put(word, sizeof word, state);
	return used + (size_t)snprintf(out + used, size - used, "%s%s: %s, %lu s", used ? "; " : "", seen->name, word[0] ? word : "-",
	                               why_number(seconds));
}

/* ------------------------------------------------------------------ the way to a server */

static enum rs_rc measure_trip(struct rs_my *my, rs_usec *shortest, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (int i = 0; rc == RS_OK && i < WHY_TRIPS; i++) {
		rs_usec began = rs_clock_mono(), took;

		rc = rs_my_exec(my, "DO 0", err);
		took = rs_clock_mono() - began;
		*shortest = i == 0 || took < *shortest ? took : *shortest;
	}
	return rc;
}

/* "lane-1: Updating, 3 s; …" */
static enum rs_rc describe_busy(struct rs_why *w, struct rs_my *my, enum rs_doing side, char *out, size_t size, struct rs_err *err)
{
	struct rs_my_result r;
	enum rs_rc rc = rs_my_query(my, "SELECT ID, STATE, TIME FROM information_schema.PROCESSLIST", RS_MY_BUFFER, &r, err);
	size_t used = 0;

	while (rc == RS_OK && (rc = rs_my_next(&r, err)) == RS_OK)
		used = why_put_busy(out, size, used, why_worker_at(w, side, why_number(r.row[0])), r.row[1], r.row[2]);
	rs_my_result_free(&r);
	return rc == RS_EOF ? RS_OK : rc;
}

/* ------------------------------------------------------------------ locks */

/* Waiting connection, holding one, seconds waited, seconds the holder's transaction lasts, table, index. These times are those of
 * the server's clock on its wall, whatever the session's time zone is. */
#define SERVER_NOW "CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM')"
#define LOCK_COLUMNS                                                                                                      \
	"SELECT r.trx_mysql_thread_id, b.trx_mysql_thread_id, TIMESTAMPDIFF(SECOND, r.trx_wait_started, " SERVER_NOW "), " \
	"TIMESTAMPDIFF(SECOND, b.trx_started, " SERVER_NOW "), "
static const char locks_of_old[] =
	LOCK_COLUMNS "l.lock_table, l.lock_index FROM information_schema.INNODB_LOCK_WAITS w "
	"JOIN information_schema.INNODB_TRX r ON r.trx_id = w.requesting_trx_id "
	"JOIN information_schema.INNODB_TRX b ON b.trx_id = w.blocking_trx_id "
	"LEFT JOIN information_schema.INNODB_LOCKS l ON l.lock_id = w.requested_lock_id";
static const char locks_of_mysql_8[] =
	LOCK_COLUMNS "CONCAT(l.OBJECT_SCHEMA, '.', l.OBJECT_NAME), l.INDEX_NAME FROM performance_schema.data_lock_waits w "
	"JOIN information_schema.INNODB_TRX r ON r.trx_id = w.REQUESTING_ENGINE_TRANSACTION_ID "
	"JOIN information_schema.INNODB_TRX b ON b.trx_id = w.BLOCKING_ENGINE_TRANSACTION_ID "
	"LEFT JOIN performance_schema.data_locks l ON l.ENGINE_LOCK_ID = w.REQUESTING_ENGINE_LOCK_ID";
/* The same of a table's definition, which a schema change waits for, or holds. */
static const char definitions_of_mysql[] =
	"SELECT wt.PROCESSLIST_ID, ht.PROCESSLIST_ID, wt.PROCESSLIST_TIME, ht.PROCESSLIST_TIME, "
	"CONCAT(h.OBJECT_SCHEMA, '.', h.OBJECT_NAME), NULL FROM performance_schema.metadata_locks h "
	"JOIN performance_schema.metadata_locks q ON q.OBJECT_TYPE = h.OBJECT_TYPE AND q.OBJECT_SCHEMA = h.OBJECT_SCHEMA "
	"AND q.OBJECT_NAME = h.OBJECT_NAME AND q.LOCK_STATUS = 'PENDING' AND q.OWNER_THREAD_ID <> h.OWNER_THREAD_ID "
	"JOIN performance_schema.threads wt ON wt.THREAD_ID = q.OWNER_THREAD_ID "
	"JOIN performance_schema.threads ht ON ht.THREAD_ID = h.OWNER_THREAD_ID "
	"WHERE h.LOCK_STATUS = 'GRANTED' AND h.OBJECT_TYPE = 'TABLE'";

static bool is_mysql_since(const struct rs_my *my, unsigned version)
{
	return my->flavor == RS_MY_MYSQL && my->version >= version;
}

struct rs_blocked *why_add_blocked(struct rs_why *w, const struct rs_worker_seen *seen, const char *const row[WHY_LOCK_COLUMNS])
{
	struct rs_blocked *b;

	if (w->result.n_blocked == sizeof w->result.blocked / sizeof *w->result.blocked)
		return NULL;
	b = &w->result.blocked[w->result.n_blocked++];
	*b = (struct rs_blocked){.connection = why_number(row[0]), .holder = why_number(row[1])};
	snprintf(b->worker, sizeof b->worker, "%s", seen->name);
	b->since = (rs_usec)why_number(row[2]) * RS_USEC_PER_SEC;
	b->holder_since = (rs_usec)why_number(row[3]) * RS_USEC_PER_SEC;
	why_put(b->object, sizeof b->object, row[4]);
	if (row[5]) {
		size_t used = strlen(b->object);

		snprintf(b->object + used, sizeof b->object - used, " (");
		used = strlen(b->object);
		why_put(b->object + used, sizeof b->object - used, row[5]);
		used = strlen(b->object);
		snprintf(b->object + used, sizeof b->object - used, ")");
	}
	return b;
}

static void take_lock(struct rs_why *w, const struct rs_my_result *r, const struct rs_worker_seen *seen)
{
	const char *row[WHY_LOCK_COLUMNS];

	for (size_t i = 0; i < WHY_LOCK_COLUMNS; i++)
		row[i] = r->row[i];
	struct rs_blocked *b = why_add_blocked(w, seen, row);
	if (b != NULL)
		snprintf(b->ending, sizeof b->ending, "KILL %lu;", b->holder);
}

/* Only threads of the task count: who else waits there is not asked. */
static enum rs_rc take_locks(struct rs_why *w, struct rs_my *my, const char *sql, struct rs_err *err)
{
	struct rs_my_result r;
	enum rs_rc rc = rs_my_query(my, sql, RS_MY_BUFFER, &r, err);

	rs_monitor_enter(&w->job.monitor);
	while (rc == RS_OK && (rc = rs_my_next(&r, err)) == RS_OK) {
		const struct rs_worker_seen *seen = r.row[0] ? why_worker_at(w, RS_DOING_DEST, why_number(r.row[0])) : NULL;

		if (seen && r.row[1])
			take_lock(w, &r, seen);
	}
	rs_monitor_leave(&w->job.monitor);
	rs_my_result_free(&r);
	return rc == RS_EOF ? RS_OK : rc;
}

/* Who the holder is and what it does. */
static enum rs_rc name_holder(struct rs_why *w, struct rs_my *my, struct rs_blocked *b, struct rs_err *err)
{
	struct rs_my_result r;
	enum rs_rc rc = rs_my_queryf(my, &r, err, "SELECT USER, HOST, INFO FROM information_schema.PROCESSLIST WHERE ID = %lu", b->holder);
	char user[80], host[80];

	rs_monitor_enter(&w->job.monitor);
	if (rc == RS_OK && (rc = rs_my_next(&r, err)) == RS_OK) {
		why_put(user, sizeof user, r.row[0]);
		why_put(host, sizeof host, r.row[1]);
		snprintf(b->holder_user, sizeof b->holder_user, "%s@%s", user, host);
		why_put_statement(b->holder_statement, sizeof b->holder_statement, r.row[2]);
	}
	rs_monitor_leave(&w->job.monitor);
	rs_my_result_free(&r);
	return rc == RS_EOF ? RS_OK : rc;
}

/* Two lanes may well meet in the gaps of an index. Whose a connection is only the server knows for sure: the numbers of both
 * servers' connections may be the same. One that has no such locks is not asked further. */
void why_look_whether_ours(struct rs_why *w, void *conn, struct rs_blocked *b)
{
	struct rs_err ignored = RS_ERR_INIT;
	bool ours = false;

	if (rs_sink_owns(w->task, conn, b->holder, &ours, &ignored) != RS_OK)
		rs_err_clear(&ignored);
	rs_monitor_enter(&w->job.monitor);
	b->holder_is_ours = ours;
	for (size_t i = 0; ours && i < w->progress->n_workers; i++)
		if (w->progress->workers[i].connection == b->holder && w->progress->workers[i].doing != RS_DOING_SOURCE)
			snprintf(b->holder_worker, sizeof b->holder_worker, "%s", w->progress->workers[i].name);
	rs_monitor_leave(&w->job.monitor);
}

static enum rs_rc find_locks(struct rs_why *w, struct rs_my *my, struct rs_err *err)
{
	enum rs_rc rc = take_locks(w, my, is_mysql_since(my, 80001) ? locks_of_mysql_8 : locks_of_old, err);

	if (rc == RS_OK && is_mysql_since(my, 80001))
		rc = take_locks(w, my, definitions_of_mysql, err);
	for (size_t i = 0; rc == RS_OK && i < w->result.n_blocked; i++) {
		why_look_whether_ours(w, my, &w->result.blocked[i]);
		rc = name_holder(w, my, &w->result.blocked[i], err);
	}
	return rc;
}

void why_tell_hindrance(struct rs_why *w, const struct rs_err *why)
{
	rs_monitor_enter(&w->job.monitor);
	if (why->native == NO_PRIVILEGE || why->code == RS_E_SQL_DENIED)
		snprintf(w->result.hindrance, sizeof w->result.hindrance, _("who holds a lock can't be seen: the destination's account needs PROCESS"));
	else
		snprintf(w->result.hindrance, sizeof w->result.hindrance, _("who holds a lock can't be seen: %s"), why->detail ? why->detail : why->primary);
	rs_monitor_leave(&w->job.monitor);
}

/* ------------------------------------------------------------------ the job */

void why_tell_side(struct rs_why *w, struct rs_why_side *side, const struct rs_why_side *found, struct rs_err *err)
{
	rs_monitor_enter(&w->job.monitor);
	rs_err_clear(&side->error);
	*side = *found;
	side->error = (struct rs_err)RS_ERR_INIT;
	rs_err_move(&side->error, err);
	rs_monitor_leave(&w->job.monitor);
	rs_job_wake(&w->job);
}

/* A queue has no locks, and no connection of it is at anything. */
static void look_at_kafka(struct rs_why *w, const struct rs_endpoint *endpoint, struct rs_why_side *side)
{
	struct rs_why_side found = {.known = false};
	struct rs_err err = RS_ERR_INIT;

	found.known = rs_job_time_kafka(&w->job, endpoint, WHY_TRIPS, &found.trip, &err) == RS_OK;
	why_tell_side(w, side, &found, &err);
	rs_err_clear(&err);
}

static void look_at_mysql(struct rs_why *w, size_t slot, const struct rs_endpoint *endpoint, enum rs_doing doing, struct rs_why_side *side)
{
	struct rs_why_side found = {.known = false};
	struct rs_err err = RS_ERR_INIT, blind = RS_ERR_INIT;
	struct rs_my my;
	enum rs_rc rc = rs_job_open(&w->job, slot, &my, endpoint, &err);

	if (rc == RS_OK)
		rc = measure_trip(&my, &found.trip, &err);
	if (rc == RS_OK)
		rc = describe_busy(w, &my, doing, found.busy, sizeof found.busy, &err);
	found.known = rc == RS_OK;
	why_tell_side(w, side, &found, &err);
	if (found.known && doing == RS_DOING_DEST && find_locks(w, &my, &blind) != RS_OK)
		why_tell_hindrance(w, &blind);
	rs_job_close(&w->job, slot);
	rs_err_clear(&blind);
	rs_err_clear(&err);
}

static void look_at(struct rs_why *w, size_t slot, const struct rs_endpoint *endpoint, enum rs_doing doing, struct rs_why_side *side)
{
	if (endpoint->protocol == RS_PROTOCOL_KAFKA)
		look_at_kafka(w, endpoint, side);
	else if (endpoint->protocol == RS_PROTOCOL_POSTGRESQL)
		why_look_at_postgresql(w, slot, endpoint, doing, side);
	else
		look_at_mysql(w, slot, endpoint, doing, side);
}

static void why_run(void *arg)
{
	struct rs_why *w = arg;

	look_at(w, 0, &w->task->destination, RS_DOING_DEST, &w->result.dest);
	look_at(w, 1, &w->task->source, RS_DOING_SOURCE, &w->result.source);
	rs_monitor_enter(&w->job.monitor);
	w->result.done = true;
	rs_monitor_leave(&w->job.monitor);
	rs_job_wake(&w->job);
}

struct rs_why *rs_why_start(const struct rs_task *task, const struct rs_progress *progress, struct rs_wake wake)
{
	struct rs_why *w = rs_xcalloc(1, sizeof *w);

	w->task = rs_task_copy(task);
	w->progress = rs_progress_ref(progress);
	w->result.source.error = w->result.dest.error = (struct rs_err)RS_ERR_INIT;
	w->started = rs_job_start(&w->job, "why", why_run, w, wake);
	w->result.done = !w->started;
	return w;
}

void rs_why_get(struct rs_why *w, struct rs_why_result *out)
{
	if (w->started)
		rs_monitor_enter(&w->job.monitor);
	*out = w->result;
	out->source.error = out->dest.error = (struct rs_err)RS_ERR_INIT;
	rs_err_copy(&out->source.error, &w->result.source.error);
	rs_err_copy(&out->dest.error, &w->result.dest.error);
	if (w->started)
		rs_monitor_leave(&w->job.monitor);
}

void rs_why_result_release(struct rs_why_result *r)
{
	rs_err_clear(&r->source.error);
	rs_err_clear(&r->dest.error);
}

void rs_why_free(struct rs_why *w)
{
	if (!w)
		return;
	if (w->started)
		rs_job_stop(&w->job);
	rs_why_result_release(&w->result);
	rs_progress_unref(w->progress);
	rs_task_free(w->task);
	free(w);
}
