/* A server of the PostgreSQL family asked why a task is slow. */
#include "engine/job/why_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "engine/job/pg_job.h"

enum { WAITS_TOLD = 90600 };

static enum rs_rc measure_trip(struct rs_pg *pg, rs_usec *shortest, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (int i = 0; rc == RS_OK && i < WHY_TRIPS; i++) {
		const rs_usec began = rs_clock_mono();
		char *one = NULL;

		rc = rs_pg_scalar(pg, "SELECT 1", &one, err);
		const rs_usec took = rs_clock_mono() - began;
		*shortest = i == 0 || took < *shortest ? took : *shortest;
		free(one);
	}
	return rc;
}

static const char *cell(const PGresult *r, int row, int column)
{
	return PQgetisnull(r, row, column) ? NULL : PQgetvalue(r, row, column);
}

static enum rs_rc describe_busy(const struct rs_why *w, struct rs_pg *pg, enum rs_doing side, char *out, size_t size, struct rs_err *err)
{
	char *sql = rs_xprintf("SELECT pid, %s, pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - state_change)::bigint "
	                       "FROM pg_catalog.pg_stat_activity ORDER BY pid",
	                       pg->version >= WAITS_TOLD ? "COALESCE(wait_event_type || ' ' || wait_event, state)" : "state");
	PGresult *r;
	enum rs_rc rc = rs_pg_query(pg, sql, NULL, 0, &r, err);
	size_t used = 0;

	free(sql);
	if (rc != RS_OK)
		return rc;
	for (int i = 0; i < PQntuples(r); i++)
		used = why_put_busy(out, size, used, why_worker_at(w, side, why_number(cell(r, i, 0))), cell(r, i, 1), cell(r, i, 2));
	PQclear(r);
	return RS_OK;
}

/* As why_add_blocked takes them, and who the holder is and what it executes. Who waits for a row waits for the transaction that has it;
 * the row's table is that of which it has the row's place. */
static const char locks[] =
	"SELECT a.pid, b.pid, pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.query_start)::bigint, "
	"pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - b.xact_start)::bigint, "
	"(SELECT l.relation::pg_catalog.regclass::text FROM pg_catalog.pg_locks l WHERE l.pid = a.pid AND l.relation IS NOT NULL "
	"AND (NOT l.granted OR l.locktype = 'tuple') ORDER BY l.granted LIMIT 1), NULL, "
	"b.usename || '@' || COALESCE(pg_catalog.host(b.client_addr), 'local'), CASE WHEN b.state = 'active' THEN b.query END "
	"FROM pg_catalog.pg_stat_activity a CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(a.pid)) h (pid) "
	"JOIN pg_catalog.pg_stat_activity b ON b.pid = h.pid ORDER BY a.pid, b.pid";
enum { COLUMN_HOLDER = WHY_LOCK_COLUMNS, COLUMN_STATEMENT };

static void take_lock(struct rs_why *w, const PGresult *r, int row, const struct rs_worker_seen *seen)
{
	const char *cells[WHY_LOCK_COLUMNS];

	for (int i = 0; i < WHY_LOCK_COLUMNS; i++)
		cells[i] = cell(r, row, i);
	struct rs_blocked *b = why_add_blocked(w, seen, cells);
	if (b == NULL)
		return;
	why_put(b->holder_user, sizeof b->holder_user, cell(r, row, COLUMN_HOLDER));
	why_put_statement(b->holder_statement, sizeof b->holder_statement, cell(r, row, COLUMN_STATEMENT));
	snprintf(b->ending, sizeof b->ending, "SELECT pg_terminate_backend(%lu);", b->holder);
}

/* Only threads of the task count: who else waits there is not asked. */
static enum rs_rc find_locks(struct rs_why *w, struct rs_pg *pg, struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = rs_pg_query(pg, locks, NULL, 0, &r, err);

	if (rc != RS_OK)
		return rc;
	rs_monitor_enter(&w->job.monitor);
	for (int i = 0; i < PQntuples(r); i++) {
		const struct rs_worker_seen *seen = why_worker_at(w, RS_DOING_DEST, why_number(cell(r, i, 0)));

		if (seen != NULL)
			take_lock(w, r, i, seen);
	}
	rs_monitor_leave(&w->job.monitor);
	PQclear(r);
	for (size_t i = 0; i < w->result.n_blocked; i++)
		why_look_whether_ours(w, pg, &w->result.blocked[i]);
	return RS_OK;
}

void why_look_at_postgresql(struct rs_why *w, size_t slot, const struct rs_endpoint *endpoint, enum rs_doing doing,
                            struct rs_why_side *side)
{
	struct rs_why_side found = {.known = false};
	struct rs_err err = RS_ERR_INIT, blind = RS_ERR_INIT;
	struct rs_pg pg;
	enum rs_rc rc = rs_job_open_pg(&w->job, slot, &pg, endpoint, &err);

	if (rc == RS_OK)
		rc = measure_trip(&pg, &found.trip, &err);
	if (rc == RS_OK)
		rc = describe_busy(w, &pg, doing, found.busy, sizeof found.busy, &err);
	found.known = rc == RS_OK;
	why_tell_side(w, side, &found, &err);
	if (found.known && doing == RS_DOING_DEST && find_locks(w, &pg, &blind) != RS_OK)
		why_tell_hindrance(w, &blind);
	rs_job_close_pg(&w->job, slot);
	rs_err_clear(&blind);
	rs_err_clear(&err);
}
