#include "db/pg_log.h"

#include <endian.h>
#include <string.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "model/lsn.h"

/* The version from which on a slot … */
enum {
	NAMED_SLOT_OPTIONS = 150000, /* is made with options in brackets */
	FAILOVER_SLOTS = 170000      /* can be at standbys as well */
};

#define TELL_EVERY (5 * RS_USEC_PER_SEC) /* what was confirmed */
#define EPOCH (INT64_C(946684800) * RS_USEC_PER_SEC) /* 2000-01-01 in the wall clock */

void rs_pg_slot_clear(struct rs_pg_slot *slot)
{
	free(slot->snapshot);
	*slot = (struct rs_pg_slot){0};
}

/* Slots take lower case, digits and "_". */
void rs_pg_slot_name(char out[RS_PG_SLOT_NAME], const char *task_id)
{
	*out = '\0';
	if (*task_id == '\0')
		return;
	snprintf(out, RS_PG_SLOT_NAME, "rds_sync_%s", task_id);
	for (char *c = out; *c != '\0'; c++)
		if (*c == '-')
			*c = '_';
}

enum { PART_DIGITS = 16 };

void rs_pg_part_slot_name(char out[RS_PG_SLOT_NAME], const char *task_id, const char *part_id)
{
	rs_pg_slot_name(out, task_id);
	size_t len = strlen(out);

	if (len + 1 + PART_DIGITS >= RS_PG_SLOT_NAME)
		return;
	out[len++] = '_';
	for (int n = 0; n < PART_DIGITS && *part_id != '\0'; part_id++)
		if (*part_id != '-') {
			out[len++] = *part_id;
			n++;
		}
	out[len] = '\0';
}

/* ------------------------------------------------------------------ errors */

enum doing { MAKING, DROPPING, READING };

/* What a server says of slots, in this tree's words. The same state means another thing where it is said. */
static enum rs_rc slot_failed(enum doing doing, const char *slot, struct rs_err *err)
{
	if (!err)
		return RS_FAIL;
	if (strcmp(err->sqlstate, "55000") == 0 && doing == MAKING) {
		err->code = RS_E_SOURCE_PREREQ;
		rs_err_hint(err, "%s", _("Set wal_level = logical in the server's configuration, and restart it"));
	} else if (strcmp(err->sqlstate, "42704") == 0 || strcmp(err->sqlstate, "55000") == 0) {
		err->code = RS_E_BINLOG_PURGED;
		rs_err_hint(err, _("The replication slot %s was dropped, or given up for its size (max_slot_wal_keep_size)"), slot);
	} else if (strcmp(err->sqlstate, "55006") == 0) {
		err->retry = RS_RETRY_LATER;
		rs_err_hint(err, _("Another session reads the replication slot %s; one whose client is gone ends after wal_sender_timeout"), slot);
	} else if (strcmp(err->sqlstate, "53400") == 0) {
		err->retry = RS_RETRY_NEVER;
		rs_err_hint(err, "%s", _("Raise max_replication_slots at the server, or drop slots that nobody needs"));
	}
	return RS_FAIL;
}

/* ------------------------------------------------------------------ the server */

void rs_pg_server_clear(struct rs_pg_server *server)
{
	free(server->number);
	*server = (struct rs_pg_server){0};
}

enum rs_rc rs_pg_server_read(struct rs_pg *pg, struct rs_pg_server *out, struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = rs_pg_query(pg, "IDENTIFY_SYSTEM", NULL, 0, &r, err);

	*out = (struct rs_pg_server){0};
	if (rc != RS_OK)
		return rc;
	if (PQntuples(r) == 1 && PQnfields(r) >= 3 && rs_lsn_parse(PQgetvalue(r, 0, 2), &out->end)) {
		out->number = rs_xstrdup(PQgetvalue(r, 0, 0));
		out->timeline = (unsigned)strtoul(PQgetvalue(r, 0, 1), NULL, 10);
	} else {
		rc = rs_err_set(err, RS_E_SQL, _("%s %s: the server does not tell which one it is"), _(pg->side), pg->address);
	}
	PQclear(r);
	return rc;
}

/* A line for each timeline that was left: its number, where, and why. */
static bool find_left(const char *history, unsigned was, uint64_t *out)
{
	for (const char *line = history; line != NULL && *line != '\0'; line = strchr(line, '\n'), line += line != NULL) {
		unsigned timeline;
		char place[RS_LSN_TEXT];

		if (sscanf(line, "%u %17s", &timeline, place) == 2 && timeline == was)
			return rs_lsn_parse(place, out);
	}
	return false;
}

enum rs_rc rs_pg_timeline_left(struct rs_pg *pg, unsigned now, unsigned was, uint64_t *out, struct rs_err *err)
{
	char sql[40];
	PGresult *r;

	snprintf(sql, sizeof sql, "TIMELINE_HISTORY %u", now);
	enum rs_rc rc = rs_pg_query(pg, sql, NULL, 0, &r, err);
	if (rc != RS_OK)
		return rc;
	rc = PQntuples(r) == 1 && PQnfields(r) >= 2 && find_left(PQgetvalue(r, 0, 1), was, out) ? RS_OK : RS_EOF;
	PQclear(r);
	return rc;
}

/* ------------------------------------------------------------------ slots */

static void put_name(struct rs_buf *out, const char *name)
{
	(void)rs_buf_addc(out, '"');
	for (; *name; name++) {
		if (*name == '"')
			(void)rs_buf_addc(out, '"');
		(void)rs_buf_addc(out, *name);
	}
	(void)rs_buf_addc(out, '"');
}


static enum rs_rc take_slot(const struct rs_pg *pg, const PGresult *r, struct rs_pg_slot *out, struct rs_err *err)
{
	if (PQntuples(r) != 1 || PQnfields(r) < 3 || !rs_lsn_parse(PQgetvalue(r, 0, 1), &out->from))
		return rs_err_set(err, RS_E_SQL, _("%s %s: the server does not tell where a replication slot begins"), _(pg->side), pg->address);
	out->snapshot = rs_xstrdup(PQgetvalue(r, 0, 2));
	return RS_OK;
}

static enum rs_rc make(struct rs_pg *pg, const char *name, const char *options, struct rs_pg_slot *out, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	PGresult *r;
	enum rs_rc rc;

	*out = (struct rs_pg_slot){0};
	(void)rs_buf_adds(&sql, "CREATE_REPLICATION_SLOT ");
	put_name(&sql, name);
	(void)rs_buf_addf(&sql, " %s", options);
	rc = rs_pg_query(pg, rs_buf_str(&sql), NULL, 0, &r, err);
	rs_buf_release(&sql);
	if (rc == RS_FAIL)
		return slot_failed(MAKING, name, err);
	if (rc != RS_OK)
		return rc;
	rc = take_slot(pg, r, out, err);
	PQclear(r);
	return rc;
}

enum rs_rc rs_pg_slot_make(struct rs_pg *pg, const char *name, bool two_phase, struct rs_pg_slot *out, struct rs_err *err)
{
	char options[80];

	if (pg->version < NAMED_SLOT_OPTIONS)
		return make(pg, name, "LOGICAL pgoutput EXPORT_SNAPSHOT", out, err);
	snprintf(options, sizeof options, "LOGICAL pgoutput (SNAPSHOT 'export'%s%s)", two_phase ? ", TWO_PHASE" : "",
	         pg->version >= FAILOVER_SLOTS ? ", FAILOVER" : "");
	return make(pg, name, options, out, err);
}

/* The slot is the session's and goes with it. */
enum rs_rc rs_pg_slot_snapshot(struct rs_pg *pg, struct rs_pg_slot *out, struct rs_err *err)
{
	char *name = rs_xprintf("rds_sync_snapshot_%d", PQbackendPID(pg->handle)), *nothing = NULL;
	enum rs_rc rc = rs_pg_scalar(pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", &nothing, err);

	*out = (struct rs_pg_slot){0};
	if (rc == RS_OK)
		rc = make(pg, name, pg->version < NAMED_SLOT_OPTIONS ? "TEMPORARY LOGICAL pgoutput USE_SNAPSHOT"
		                                                     : "TEMPORARY LOGICAL pgoutput (SNAPSHOT 'use')", out, err);
	free(nothing);
	free(name);
	return rc;
}

enum rs_rc rs_pg_slot_drop(struct rs_pg *pg, const char *name, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	struct rs_err why = RS_ERR_INIT;
	PGresult *r;
	enum rs_rc rc;

	(void)rs_buf_adds(&sql, "DROP_REPLICATION_SLOT ");
	put_name(&sql, name);
	(void)rs_buf_adds(&sql, " WAIT");
	rc = rs_pg_query(pg, rs_buf_str(&sql), NULL, 0, &r, &why);
	rs_buf_release(&sql);
	if (rc == RS_OK)
		PQclear(r);
	else if (rc == RS_FAIL && strcmp(why.sqlstate, "42704") == 0)
		rc = RS_OK;
	else if (rc == RS_FAIL)
		(void)slot_failed(DROPPING, name, &why);
	if (rc != RS_OK)
		rs_err_move(err, &why);
	rs_err_clear(&why);
	return rc;
}

/* ------------------------------------------------------------------ beginning */

/* "'"a","b"'": names, quoted as such, in one text. */
static void put_publications(struct rs_buf *out, const struct rs_pg_log_options *o)
{
	struct rs_buf names = RS_BUF_INIT;

	for (size_t i = 0; i < o->n_publications; i++) {
		if (i)
			(void)rs_buf_addc(&names, ',');
		put_name(&names, o->publications[i]);
	}
	(void)rs_buf_addc(out, '\'');
	for (const char *at = rs_buf_str(&names); *at; at++) {
		if (*at == '\'')
			(void)rs_buf_addc(out, '\'');
		(void)rs_buf_addc(out, *at);
	}
	(void)rs_buf_addc(out, '\'');
	rs_buf_release(&names);
}

static void put_start(struct rs_buf *out, const char *slot, uint64_t from, const struct rs_pg_log_options *o)
{
	char text[RS_LSN_TEXT];

	(void)rs_buf_adds(out, "START_REPLICATION SLOT ");
	put_name(out, slot);
	(void)rs_buf_addf(out, " LOGICAL %s (proto_version '%u', publication_names ", rs_lsn_text(from, text), o->protocol);
	put_publications(out, o);
	(void)rs_buf_addf(out, "%s%s%s%s%s)", o->messages ? ", messages 'on'" : "", o->binary ? ", binary 'on'" : "",
	                  o->streaming ? ", streaming 'on'" : "", o->two_phase ? ", two_phase 'on'" : "", o->no_origin ? ", origin 'none'" : "");
}

static enum rs_rc silent(struct rs_pg *pg, struct rs_err *err)
{
	rs_err_set(err, RS_E_CONN_TIMEOUT, _("%s %s: the server has gone silent"), _(pg->side), pg->address);
	if (err)
		err->retry = RS_RETRY_RECONNECT;
	return RS_FAIL;
}

/* The server's consent, or why not. */
static enum rs_rc await_start(struct rs_pg_log *log, struct rs_err *err)
{
	const rs_usec until = rs_clock_mono() + log->patience;
	PGresult *r;
	enum rs_rc rc = RS_OK;

	while (rc == RS_OK && PQisBusy(log->pg->handle))
		rc = rs_pg_await(log->pg, until, err);
	if (rc == RS_AGAIN)
		return silent(log->pg, err);
	if (rc != RS_OK)
		return rc;
	r = PQgetResult(log->pg->handle);
	if (PQresultStatus(r) != PGRES_COPY_BOTH) {
		(void)rs_pg_failed(log->pg, r, _("reading the log"), err);
		rc = slot_failed(READING, log->slot, err);
	}
	PQclear(r);
	return rc;
}

enum rs_rc rs_pg_log_open(struct rs_pg_log *log, struct rs_pg *pg, const char *slot, uint64_t from,
                          const struct rs_pg_log_options *options, rs_usec patience, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	enum rs_doing before;
	enum rs_rc rc;

	*log = (struct rs_pg_log){.pg = pg, .slot = slot, .confirmed = from, .patience = patience, .heard = rs_clock_mono(), .told = rs_clock_mono()};
	put_start(&sql, slot, from, options);
	before = rs_activity_ask(pg->doing, (unsigned long)PQbackendPID(pg->handle));
	rc = PQsendQuery(pg->handle, rs_buf_str(&sql)) ? await_start(log, err) : rs_pg_failed(pg, NULL, _("reading the log"), err);
	rs_activity_leave(before);
	rs_buf_release(&sql);
	return rc;
}

/* ------------------------------------------------------------------ telling the server */

static void put_u64(char **at, uint64_t n)
{
	n = htobe64(n);
	memcpy(*at, &n, sizeof n);
	*at += sizeof n;
}

/* "Standby status update". */
static enum rs_rc tell(struct rs_pg_log *log, bool ask, struct rs_err *err)
{
	char message[34], *at = message;

	*at++ = 'r';
	put_u64(&at, log->received > log->confirmed ? log->received : log->confirmed);
	put_u64(&at, log->confirmed);
	put_u64(&at, log->confirmed);
	put_u64(&at, (uint64_t)(rs_clock_wall() - EPOCH));
	*at++ = ask;
	switch (PQputCopyData(log->pg->handle, message, (int)(at - message))) {
	case 1: break;
	case 0: return RS_OK; /* what was told before has not gone yet: another time */
	default: return rs_pg_failed(log->pg, NULL, _("reading the log"), err);
	}
	log->told = rs_clock_mono();
	return PQflush(log->pg->handle) < 0 ? rs_pg_failed(log->pg, NULL, _("reading the log"), err) : RS_OK;
}

enum rs_rc rs_pg_log_confirm(struct rs_pg_log *log, uint64_t lsn, bool now, struct rs_err *err)
{
	if (lsn > log->confirmed)
		log->confirmed = lsn;
	return now ? tell(log, false, err) : RS_OK;
}

/* ------------------------------------------------------------------ reading */

static uint64_t get_u64(const char *at)
{
	uint64_t n;

	memcpy(&n, at, sizeof n);
	return be64toh(n);
}

static enum rs_rc malformed(const struct rs_pg_log *log, struct rs_err *err)
{
	return rs_err_set(err, RS_E_EVENT_MALFORMED, _("%s %s: the server sends of its log what can't be read"), _(log->pg->side), log->pg->address);
}

enum { DATA_HEAD = 1 + 3 * 8, KEEPALIVE = 1 + 2 * 8 + 1 };

/* RS_OK: a message; RS_AGAIN: it was only a sign of life. */
static enum rs_rc take(struct rs_pg_log *log, size_t len, struct rs_pg_log_message *out, struct rs_err *err)
{
	const char *m = log->message;
	uint64_t end;

	if (len >= DATA_HEAD && *m == 'w') {
		*out = (struct rs_pg_log_message){.lsn = get_u64(m + 1), .bytes = m + DATA_HEAD, .len = len - DATA_HEAD};
		end = get_u64(m + 9);
		log->received = out->lsn > log->received ? out->lsn : log->received;
		log->end = end > log->end ? end : log->end;
		return RS_OK;
	}
	if (len < KEEPALIVE || *m != 'k')
		return malformed(log, err);
	end = get_u64(m + 1);
	log->end = end > log->end ? end : log->end;
	return m[17] ? (tell(log, false, err) == RS_OK ? RS_AGAIN : RS_FAIL) : RS_AGAIN;
}

/* The server has ended: orderly, or with an error. */
static enum rs_rc ended(struct rs_pg_log *log, int n, struct rs_err *err)
{
	PGresult *r = n == -1 ? PQgetResult(log->pg->handle) : NULL;
	const bool orderly = PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_COPY_IN;
	enum rs_rc rc = RS_EOF;

	if (!orderly) {
		(void)rs_pg_failed(log->pg, r, _("reading the log"), err);
		rc = slot_failed(READING, log->slot, err);
	}
	PQclear(r);
	return rc;
}

/* What is due: an answer that confirms, or a question whether anybody is there. */
static enum rs_rc keep_in_touch(struct rs_pg_log *log, struct rs_err *err)
{
	const rs_usec now = rs_clock_mono();

	if (log->asked > log->heard && now - log->asked >= log->patience / 2) {
		(void)silent(log->pg, err);
		rs_pg_close(log->pg);
		return RS_FAIL;
	}
	if (log->asked <= log->heard && now - log->heard >= log->patience / 2) { /* who is told something now and then says nothing by itself */
		log->asked = now;
		return tell(log, true, err);
	}
	return now - log->told >= TELL_EVERY ? tell(log, false, err) : RS_OK;
}

/* What is there already; RS_AGAIN: nothing but signs of life. */
static enum rs_rc look(struct rs_pg_log *log, struct rs_pg_log_message *out, struct rs_err *err)
{
	enum rs_rc rc = RS_AGAIN;

	while (rc == RS_AGAIN) {
		int n;

		PQfreemem(log->message);
		log->message = NULL;
		n = PQgetCopyData(log->pg->handle, &log->message, 1);
		if (n == 0)
			return RS_AGAIN;
		if (n < 0)
			return ended(log, n, err);
		log->heard = rs_clock_mono();
		rc = take(log, (size_t)n, out, err);
	}
	return rc;
}

static rs_usec earlier(rs_usec a, rs_usec b)
{
	return a < b ? a : b;
}

/* Until something has come, RS_OK, or `until`. */
static enum rs_rc await(struct rs_pg_log *log, rs_usec until, struct rs_err *err)
{
	enum rs_rc rc = RS_AGAIN;

	while (rc == RS_AGAIN && rs_clock_mono() < until) {
		rc = keep_in_touch(log, err);
		if (rc == RS_OK)
			rc = rs_pg_await(log->pg, earlier(until, rs_clock_mono() + log->patience / 8), err);
	}
	return rc;
}

enum rs_rc rs_pg_log_next(struct rs_pg_log *log, rs_usec timeout, struct rs_pg_log_message *out, struct rs_err *err)
{
	const rs_usec until = rs_clock_mono() + timeout;
	enum rs_doing before = rs_activity_ask(log->pg->doing, (unsigned long)PQbackendPID(log->pg->handle));
	enum rs_rc rc;

	while ((rc = look(log, out, err)) == RS_AGAIN)
		if ((rc = await(log, until, err)) != RS_OK)
			break;
	rs_activity_leave(before);
	return rc;
}

/* The server answers with its end, which is not waited for: the connection goes. */
void rs_pg_log_close(struct rs_pg_log *log)
{
	PQfreemem(log->message);
	log->message = NULL;
	if (!rs_pg_is_open(log->pg))
		return;
	if (tell(log, false, NULL) == RS_OK && PQputCopyEnd(log->pg->handle, NULL) == 1)
		(void)PQflush(log->pg->handle);
}
