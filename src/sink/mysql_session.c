/* Which of the destination's sessions are the task's. Each of ours holds a named lock of the server's as long as it lives,
 * "rds-sync.<task>.<slot>": whoever takes the task over finds them by the locks, ends them, and knows that one is gone,
 * and its transaction with it, when its lock can be had. */
#include "sink/mysql_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

#define SLOTS 80U      /* more than a task has sessions */
#define END_SECONDS 60 /* for an ended session to roll back; then the attempt fails, and is made again */

static void put_lock_of(struct rs_buf *sql, const char *task_id, unsigned slot)
{
	rs_buf_addf(sql, "'rds-sync.%s.%u'", task_id, slot);
}

static void put_lock(struct rs_buf *sql, const struct rs_mysql_sink *s, unsigned slot) { put_lock_of(sql, s->task_id, slot); }

/* Some servers that speak the protocol have no such locks: the rows' locks alone must do there. What may pass (the wait was
 * interrupted, the session ended) is no such answer; nor are the client library's numbers, from 2000 on. */
static enum rs_rc unless_unknown(enum rs_rc rc, struct rs_err *err)
{
	if (rc != RS_FAIL || err->native == 0 || !rs_err_is_refusal(err) || (err->native >= 2000 && err->native < 3000))
		return rc;
	rs_err_clear(err);
	return RS_EOF;
}

/* RS_OK: it is ours; RS_AGAIN: another session has it, or the wait for it was interrupted; RS_EOF: the server has no such
 * locks. */
static enum rs_rc get_lock(struct rs_my *my, const struct rs_mysql_sink *s, unsigned slot, int seconds, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	struct rs_err failed = RS_ERR_INIT;
	char *got = NULL;

	rs_buf_adds(&sql, "SELECT GET_LOCK(");
	put_lock(&sql, s, slot);
	rs_buf_addf(&sql, ", %d)", seconds);
	enum rs_rc rc = unless_unknown(rs_my_scalar(my, rs_buf_str(&sql), &got, &failed), &failed);
	if (rc == RS_OK && (got == NULL || strcmp(got, "1") != 0))
		rc = RS_AGAIN;
	if (rc == RS_FAIL || rc == RS_CANCELLED)
		rs_err_move(err, &failed);
	free(got);
	rs_buf_release(&sql);
	return rc;
}

enum rs_rc rs_mysql_session_claim(struct rs_my *my, struct rs_mysql_sink *s, struct rs_err *err)
{
	enum rs_rc rc = RS_AGAIN;

	for (unsigned tries = 0; rc == RS_AGAIN && tries < SLOTS; tries++)
		rc = get_lock(my, s, atomic_fetch_add(&s->next_slot, 1) % SLOTS, 0, err);
	return rc == RS_AGAIN || rc == RS_EOF ? RS_OK : rc;
}

enum rs_rc rs_mysql_session_open(struct rs_my *my, struct rs_mysql_sink *s, enum rs_my_session session, struct rs_err *err)
{
	enum rs_rc rc = rs_my_open_like(my, &s->my, session, err);

	if (rc == RS_OK)
		rc = rs_mysql_session_claim(my, s, err);
	if (rc != RS_OK)
		rs_my_close(my);
	return rc;
}

/* The sessions that hold a slot, as one row of numbers and NULLs. RS_EOF: the server has no such locks. */
static enum rs_rc find_sessions(struct rs_mysql_sink *s, struct rs_my_result *res, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_adds(&sql, "SELECT ");
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		rs_buf_adds(&sql, slot == 0 ? "IS_USED_LOCK(" : ", IS_USED_LOCK(");
		put_lock(&sql, s, slot);
		rs_buf_addc(&sql, ')');
	}
	struct rs_err failed = RS_ERR_INIT;
	enum rs_rc rc = unless_unknown(rs_my_query(&s->my, rs_buf_str(&sql), RS_MY_BUFFER, res, &failed), &failed);
	rs_buf_release(&sql);
	if (rc == RS_FAIL || rc == RS_CANCELLED)
		rs_err_move(err, &failed);
	if (rc != RS_OK)
		return rc;
	rc = rs_my_next(res, err);
	if (rc != RS_OK)
		rs_my_result_free(res);
	return rc;
}

static enum rs_rc await_end(struct rs_mysql_sink *s, unsigned slot, const char *session, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	enum rs_rc rc = get_lock(&s->my, s, slot, END_SECONDS, err);

	if (rc == RS_AGAIN) {
		rs_err_set(err, RS_E_META_SESSION, _("session %s of an earlier process of this task does not end"), session);
		rs_err_hint(err, _("at the destination: KILL %s; and wait until it has rolled back"), session);
		err->retry = RS_RETRY_LATER;
		return RS_FAIL;
	}
	if (rc != RS_OK)
		return rc == RS_EOF ? RS_OK : rc;
	rs_buf_adds(&sql, "DO RELEASE_LOCK(");
	put_lock(&sql, s, slot);
	rs_buf_addc(&sql, ')');
	rc = rs_my_exec(&s->my, rs_buf_str(&sql), err);
	rs_buf_release(&sql);
	return rc;
}

static bool is_other(const struct rs_mysql_sink *s, const char *session)
{
	return session != NULL && strtoul(session, NULL, 10) != s->my.thread_id;
}

/* All are told to end before the first is waited for. KILL fails where the session has just gone. */
enum rs_rc rs_mysql_session_end_others(struct rs_mysql_sink *s, struct rs_err *err)
{
	struct rs_my_result res;
	enum rs_rc rc = RS_OK;

	if (rs_defect_active(RS_DEFECT_EPOCH_UNCHECKED))
		return RS_OK;
	if ((rc = find_sessions(s, &res, err)) != RS_OK)
		return rc == RS_EOF ? RS_OK : rc;
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		struct rs_err ignored = RS_ERR_INIT;
		if (is_other(s, res.row[slot]) && rs_my_execf(&s->my, &ignored, "KILL %s", res.row[slot]) != RS_OK)
			rs_err_clear(&ignored);
	}
	for (unsigned slot = 0; rc == RS_OK && slot < SLOTS; slot++)
		if (is_other(s, res.row[slot]))
			rc = await_end(s, slot, res.row[slot], err);
	rs_my_result_free(&res);
	return rc;
}

static enum rs_rc holds_slot(struct rs_my *my, const char *task_id, unsigned long connection, bool *out, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	char *found = NULL;

	rs_buf_addf(&sql, "SELECT %lu IN (0", connection);
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		rs_buf_adds(&sql, ", IFNULL(IS_USED_LOCK(");
		put_lock_of(&sql, task_id, slot);
		rs_buf_adds(&sql, "), 0)");
	}
	rs_buf_addc(&sql, ')');
	enum rs_rc rc = rs_my_scalar(my, rs_buf_str(&sql), &found, err);
	*out = found != NULL && strcmp(found, "1") == 0;
	free(found);
	rs_buf_release(&sql);
	return rc;
}

enum rs_rc rs_mysql_session_owns(void *conn, const char *task_id, unsigned long connection, bool *out, struct rs_err *err)
{
	struct rs_my_result sides;
	enum rs_rc rc = holds_slot(conn, task_id, connection, out, err);

	if (rc != RS_OK || *out)
		return rc;
	rc = rs_my_queryf(conn, &sides, err, "SELECT `id` FROM `dts`.`rds_sync_task` WHERE `parent`='%s'", task_id);
	if (rc != RS_OK)
		return rc;
	while (rc == RS_OK && !*out && (rc = rs_my_next(&sides, err)) == RS_OK)
		rc = holds_slot(conn, sides.row[0], connection, out, err);
	rs_my_result_free(&sides);
	return rc == RS_EOF ? RS_OK : rc;
}
