/* Which of the destination's sessions are the task's: each of ours shares an advisory lock as long as it lives, whose number is
 * the task's. Whoever takes the task over finds them by it, ends them, and knows that they are gone, and their transactions with
 * them, once it has the lock for itself. */
#include "sink/pg_sink.h"

#include <string.h>
#include <xxhash.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "db/pg_login.h"

#define END_MSEC "60000" /* for an ended session to roll back; then the attempt fails, and is made again */

static struct rs_pg_number number_of_task(const char *id)
{
	struct rs_pg_number out;

	snprintf(out.text, sizeof out.text, "%lld", (long long)XXH3_64bits(id, strlen(id)));
	return out;
}

static struct rs_pg_number number_of(const struct rs_pg_sink *s) { return number_of_task(s->task->id); }

/* Which sessions hold the lock with the number $1. */
#define HOLDERS                                                                                                        \
	"FROM pg_catalog.pg_locks l WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.database = (SELECT d.oid FROM "      \
	"pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()) AND "                                     \
	"((l.classid::bigint << 32) | l.objid::bigint) = $1::bigint AND "

enum rs_rc rs_pg_session_claim(struct rs_pg *pg, const struct rs_pg_sink *s, struct rs_err *err)
{
	const struct rs_pg_number lock = number_of(s);

	return rs_pg_exec(pg, "SELECT pg_catalog.pg_advisory_lock_shared($1::bigint)", RS_PG_VALUES(lock.text), NULL, err);
}

enum rs_rc rs_pg_session_open(struct rs_pg *pg, const struct rs_pg_sink *s, struct rs_err *err)
{
	enum rs_rc rc = rs_pg_open_writing(pg, &s->task->destination, err);

	if (rc == RS_OK)
		rc = rs_pg_session_claim(pg, s, err);
	if (rc != RS_OK)
		rs_pg_close(pg);
	return rc;
}

/* May fail where they are another account's: then they are waited for. */
static enum rs_rc end_them(struct rs_pg *pg, const char *lock, struct rs_err *err)
{
	static const char sql[] =
		"SELECT pg_catalog.pg_terminate_backend(l.pid) " HOLDERS "l.pid <> pg_catalog.pg_backend_pid()";
	struct rs_err denied = RS_ERR_INIT;
	enum rs_rc rc = rs_pg_exec(pg, sql, RS_PG_VALUES(lock), NULL, &denied);

	if (rc == RS_FAIL && denied.code == RS_E_SQL_DENIED)
		rc = RS_OK;
	else if (rc != RS_OK)
		rs_err_move(err, &denied);
	rs_err_clear(&denied);
	return rc;
}

static enum rs_rc set_patience(struct rs_pg *pg, const char *msec, struct rs_err *err)
{
	return rs_pg_exec(pg, "SELECT pg_catalog.set_config('lock_timeout', $1, false)", RS_PG_VALUES(msec), NULL, err);
}

static enum rs_rc await_end(struct rs_pg *pg, const char *lock, struct rs_err *err)
{
	struct rs_err waited = RS_ERR_INIT;
	enum rs_rc rc = rs_pg_exec(pg, "SELECT pg_catalog.pg_advisory_lock($1::bigint)", RS_PG_VALUES(lock), NULL, &waited);

	if (rc == RS_FAIL && waited.code == RS_E_SQL_DEADLOCK) {
		rs_err_set(err, RS_E_META_SESSION, _("a session of an earlier process of this task does not end"));
		rs_err_hint(err, "%s", _("at the destination: pg_stat_activity shows it as rds-sync, pg_terminate_backend ends it; wait until it "
		                         "has rolled back"));
		err->retry = RS_RETRY_LATER;
	} else if (rc != RS_OK) {
		rs_err_move(err, &waited);
	}
	rs_err_clear(&waited);
	return rc;
}

enum rs_rc rs_pg_session_end_others(struct rs_pg_sink *s, struct rs_err *err)
{
	const struct rs_pg_number lock = number_of(s);
	enum rs_rc rc = RS_OK;

	if (rs_defect_active(RS_DEFECT_EPOCH_UNCHECKED))
		return RS_OK;
	rc = end_them(&s->pg, lock.text, err);
	if (rc == RS_OK)
		rc = set_patience(&s->pg, END_MSEC, err);
	if (rc == RS_OK)
		rc = await_end(&s->pg, lock.text, err);
	return rc == RS_OK ? set_patience(&s->pg, "0", err) : rc;
}

enum rs_rc rs_pg_session_let_in(struct rs_pg_sink *s, struct rs_err *err)
{
	const struct rs_pg_number lock = number_of(s);

	return rs_pg_exec(&s->pg, "SELECT pg_catalog.pg_advisory_unlock($1::bigint)", RS_PG_VALUES(lock.text), NULL, err);
}

static enum rs_rc holds(struct rs_pg *pg, const char *task_id, const char *pid, bool *out, struct rs_err *err)
{
	const struct rs_pg_number lock = number_of_task(task_id);
	uint64_t found = 0;
	enum rs_rc rc = rs_pg_exec(pg, "SELECT 1 " HOLDERS "l.pid = $2::int", RS_PG_VALUES(lock.text, pid), &found, err);

	*out = rc == RS_OK && found > 0;
	return rc;
}

enum rs_rc rs_pg_session_owns(void *conn, const char *task_id, unsigned long connection, bool *out, struct rs_err *err)
{
	const struct rs_pg_number pid = rs_pg_number_of(connection);
	PGresult *sides;
	enum rs_rc rc = holds(conn, task_id, pid.text, out, err);

	if (rc != RS_OK || *out)
		return rc;
	rc = rs_pg_query(conn, "SELECT id FROM dts.rds_sync_task WHERE parent = $1", &task_id, 1, &sides, err);
	if (rc != RS_OK)
		return rc;
	for (int i = 0; rc == RS_OK && !*out && i < PQntuples(sides); i++)
		rc = holds(conn, PQgetvalue(sides, i, 0), pid.text, out, err);
	PQclear(sides);
	return rc;
}
