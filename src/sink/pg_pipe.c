#include "sink/pg_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

enum { MOST_SENT = 1000, MOST_BYTES = 1 << 20 };

/* ---------------------------------------------------------------- sending */

static enum rs_rc failed(struct rs_pg_pipe *p, struct rs_err *err) { return rs_pg_failed(p->pg, NULL, _("a query"), err); }

static enum rs_rc closed(struct rs_err *err)
{
	rs_err_set(err, RS_E_CONN_LOST, _("the connection is closed"));
	if (err)
		err->retry = RS_RETRY_RECONNECT;
	return RS_FAIL;
}

enum rs_rc rs_pg_pipe_add(struct rs_pg_pipe *p, const char *sql, enum rs_pg_want want, const struct rs_route *route, struct rs_err *err)
{
	if (!rs_pg_is_open(p->pg))
		return closed(err);
	if (p->n == 0 && !PQenterPipelineMode(p->pg->handle))
		return failed(p, err);
	if (!PQsendQueryParams(p->pg->handle, sql, 0, NULL, NULL, NULL, NULL, 0))
		return failed(p, err);
	RS_GROW(p->sent, p->n, p->cap);
	p->sent[p->n++] = (struct rs_pg_sent){want, route};
	p->bytes += strlen(sql);
	return p->n < MOST_SENT && p->bytes < MOST_BYTES ? RS_OK : rs_pg_pipe_finish(p, err);
}

/* By a division by zero: so that nothing behind it is carried out. */
enum rs_rc rs_pg_pipe_counted(struct rs_pg_pipe *p, const struct rs_buf *sql, uint64_t n, const struct rs_route *route, struct rs_err *err)
{
	rs_buf_clear(&p->text);
	rs_buf_adds(&p->text, "WITH d AS (");
	rs_buf_add(&p->text, rs_buf_str(sql), sql->len);
	rs_buf_addf(&p->text, " RETURNING 1) SELECT 1/(pg_catalog.count(*)=%llu)::int FROM d", (unsigned long long)n);
	if (rs_buf_failed(sql) || rs_buf_failed(&p->text))
		return rs_err_set(err, RS_E_MEMORY, _("a row of %s.%s is too large for a statement of the destination"), route->dest->db,
		                  route->dest->name);
	return rs_pg_pipe_add(p, rs_buf_str(&p->text), RS_PG_COUNT, route, err);
}

/* ---------------------------------------------------------------- answers */

static bool is_state(const PGresult *r, const char *state)
{
	const char *found = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	return found && strcmp(found, state) == 0;
}

static enum rs_rc refused(struct rs_pg_pipe *p, const struct rs_pg_sent *sent, const PGresult *r, struct rs_err *err)
{
	const bool by_zero = is_state(r, "22012");

	if (sent->want == RS_PG_OURS && by_zero)
		return rs_pg_meta_lost(err);
	if (sent->want == RS_PG_COUNT && (by_zero || is_state(r, "23505")))
		return RS_AGAIN;
	rs_pg_failed(p->pg, r, _("a query"), err);
	if (sent->route)
		rs_err_detail(err, _("table %s.%s"), sent->route->dest->db, sent->route->dest->name);
	return RS_FAIL;
}

static enum rs_rc judge(struct rs_pg_pipe *p, const struct rs_pg_sent *sent, const PGresult *r, struct rs_err *err)
{
	switch (PQresultStatus(r)) {
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
		if (sent->want == RS_PG_COMMITTED && strcmp(PQcmdStatus((PGresult *)(uintptr_t)r), "COMMIT") != 0)
			return rs_err_set(err, RS_E_SQL, _("the destination has rolled back what was to be committed"));
		return RS_OK;
	case PGRES_PIPELINE_ABORTED: /* what failed has been told */
		return RS_OK;
	default:
		return refused(p, sent, r, err);
	}
}

/* One result, and NULL behind it. */
static enum rs_rc take(struct rs_pg_pipe *p, PGresult **out, struct rs_err *err)
{
	enum rs_rc rc = rs_pg_await_result(p->pg, err);

	*out = rc == RS_OK ? PQgetResult(p->pg->handle) : NULL;
	return rc;
}

static enum rs_rc read_one(struct rs_pg_pipe *p, const struct rs_pg_sent *sent, enum rs_rc so_far, struct rs_err *err)
{
	PGresult *r, *end = NULL;
	enum rs_rc rc = take(p, &r, err), said;

	if (rc != RS_OK)
		return rc;
	if (!r)
		return failed(p, err);
	said = so_far == RS_OK ? judge(p, sent, r, err) : so_far;
	PQclear(r);
	if (!rs_pg_is_open(p->pg))
		return said;
	rc = take(p, &end, err);
	PQclear(end);
	return rc == RS_OK ? said : rc;
}

static enum rs_rc read_sync(struct rs_pg_pipe *p, enum rs_rc so_far, struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = take(p, &r, err);

	if (rc != RS_OK)
		return rc;
	if (PQresultStatus(r) != PGRES_PIPELINE_SYNC && so_far == RS_OK)
		so_far = failed(p, err);
	PQclear(r);
	if (rs_pg_is_open(p->pg) && !PQexitPipelineMode(p->pg->handle) && so_far == RS_OK)
		so_far = failed(p, err);
	return so_far;
}

static enum rs_rc read_all(struct rs_pg_pipe *p, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (!PQpipelineSync(p->pg->handle))
		return failed(p, err);
	for (size_t i = 0; i < p->n && rs_pg_is_open(p->pg) && rc != RS_CANCELLED; i++)
		rc = read_one(p, &p->sent[i], rc, err);
	return rs_pg_is_open(p->pg) && rc != RS_CANCELLED ? read_sync(p, rc, err) : rc;
}

enum rs_rc rs_pg_pipe_finish(struct rs_pg_pipe *p, struct rs_err *err)
{
	enum rs_doing before;
	enum rs_rc rc = RS_OK;

	if (p->n == 0)
		return RS_OK;
	if (!rs_pg_is_open(p->pg)) {
		rc = closed(err);
	} else {
		before = rs_activity_ask(p->pg->doing, (unsigned long)PQbackendPID(p->pg->handle));
		rc = read_all(p, err);
		rs_activity_leave(before);
	}
	p->n = p->bytes = 0;
	return rc;
}

void rs_pg_pipe_release(struct rs_pg_pipe *p)
{
	free(p->sent);
	rs_buf_release(&p->text);
}
