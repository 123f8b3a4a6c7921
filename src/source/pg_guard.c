/* Whether a session reads the log that the task's position is of, and the rest of it. The server is asked by that very session: under
 * an address another one may answer each time. Where it was a standby, or was put back to an earlier state, its log left the one that
 * was read before at some place, and goes on differently behind it under the same numbers. */
#include "source/pg_source.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/pg_ddl.h"
#include "model/lsn.h"
#include "model/position.h"

void rs_pg_timeline_text(char out[RS_PG_TIMELINE], unsigned timeline)
{
	snprintf(out, RS_PG_TIMELINE, RS_POSITION_WAL " %u", timeline);
}

/* 0: not known. */
static unsigned timeline_of(const struct rs_position *at)
{
	unsigned timeline = 0;

	return at->log != NULL && sscanf(at->log, RS_POSITION_WAL " %u", &timeline) == 1 ? timeline : 0;
}

/* ---------------------------------------------------------------- the server */

static enum rs_rc check_server(const struct rs_pg_source *s, const struct rs_pg_server *found, struct rs_err *err)
{
	if (s->number != NULL && strcmp(s->number, found->number) != 0) {
		rs_err_set(err, RS_E_CONN_WRONG_SERVER, _("another server answers at the source's address"));
		return rs_err_detail(err, _("expected %s, found %s"), s->number, found->number);
	}
	if (s->timeline == 0 || s->timeline == found->timeline)
		return RS_OK;
	rs_err_set(err, RS_E_CONN_LOST, _("a standby is taking the source's place"));
	if (err != NULL)
		err->retry = RS_RETRY_RECONNECT;
	return RS_FAIL;
}

/* What the server has in common with the log that was read. */
static enum rs_rc common_end(struct rs_pg *pg, const struct rs_pg_server *found, unsigned was, uint64_t *out, struct rs_err *err)
{
	*out = found->end;
	if (was == 0 || was == found->timeline)
		return RS_OK;
	enum rs_rc rc = rs_pg_timeline_left(pg, found->timeline, was, out, err);
	if (rc == RS_EOF) {
		*out = 0;
		rc = RS_OK;
	}
	return rc;
}

static enum rs_rc diverged(const struct rs_pg_server *found, const struct rs_position *at, uint64_t common, struct rs_err *err)
{
	char ours[RS_LSN_TEXT], theirs[RS_LSN_TEXT];

	rs_err_set(err, RS_E_SOURCE_DIVERGED, _("the source's log was read further than the server has it that answers now"));
	rs_err_detail(err, _("read: up to %s; what it has of that ends at %s, where its timeline %u begins"), rs_lsn_text(at->offset, ours),
	              rs_lsn_text(common, theirs), found->timeline);
	return rs_err_hint(err, _("a standby took over before it had everything, or the server was put back to an earlier state (from PostgreSQL 17 on "
	                          "synchronized_standby_slots keeps tasks from reading what a standby does not have yet)"));
}

enum rs_rc rs_pg_guard(struct rs_pg_source *s, struct rs_pg *pg, const struct rs_position *at, struct rs_err *err)
{
	struct rs_pg_server found;
	uint64_t common = 0;
	enum rs_rc rc = rs_pg_server_read(pg, &found, err);

	if (rc == RS_OK)
		rc = check_server(s, &found, err);
	if (rc == RS_OK)
		rc = common_end(pg, &found, timeline_of(at), &common, err);
	if (rc == RS_OK && at->offset > common)
		rc = diverged(&found, at, common, err);
	if (rc == RS_OK)
		s->timeline = found.timeline;
	rs_pg_server_clear(&found);
	return rc;
}

/* ---------------------------------------------------------------- the slot */

static enum rs_rc gone(const struct rs_pg_source *s, const struct rs_position *from, struct rs_err *err)
{
	const unsigned was = timeline_of(from);

	rs_err_set(err, RS_E_BINLOG_PURGED, _("the replication slot %s is not at the source any more"), s->name);
	if (was == 0 || was == s->timeline)
		return rs_err_hint(err, _("somebody has dropped it"));
	return rs_err_hint(err, _("a standby has taken the source's place, which did not have it (from PostgreSQL 17 on it does where "
	                          "sync_replication_slots is on there)"));
}

/* The server would pass over what is between without a word. */
static enum rs_rc moved(const struct rs_pg_source *s, const char *at, uint64_t from, struct rs_err *err)
{
	char text[RS_LSN_TEXT];

	rs_err_set(err, RS_E_BINLOG_PURGED, _("the replication slot %s is at %s, behind what was applied (%s): the source does not send "
	                                      "what is between any more"),
	           s->name, at, rs_lsn_text(from, text));
	return rs_err_hint(err, _("somebody has moved it (pg_replication_slot_advance), or the destination was put back to an earlier state"));
}

enum rs_rc rs_pg_guard_slot(struct rs_pg_source *s, struct rs_pg *pg, const struct rs_position *from, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	uint64_t confirmed = 0;
	PGresult *r;

	rs_buf_adds(&sql, "SELECT confirmed_flush_lsn FROM pg_catalog.pg_replication_slots WHERE slot_name = ");
	rs_pg_put_text(&sql, s->name);
	enum rs_rc rc = rs_pg_query(pg, rs_buf_str(&sql), NULL, 0, &r, err);
	rs_buf_release(&sql);
	if (rc != RS_OK)
		return rc;
	if (PQntuples(r) == 0)
		rc = gone(s, from, err);
	else if (rs_lsn_parse(PQgetvalue(r, 0, 0), &confirmed) && confirmed > from->offset)
		rc = moved(s, PQgetvalue(r, 0, 0), from->offset, err);
	PQclear(r);
	return rc;
}
