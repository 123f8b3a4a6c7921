/* The meta tables of a destination of the PostgreSQL family: schema dts, tables rds_sync_…, keyed by the task's id. They decide
 * what is applied again after a crash, so every row here changes in the transaction of the data that it speaks of. What is read
 * as a whole is kept as JSON (meta_json.h):
 *
 *   rds_sync_task      epoch, phase and objects; kept: {"identity", "p0", "p1", "prepared"}
 *   rds_sync_position  a row a lane: position, the source's clock, what is ahead
 *   rds_sync_table     state and rows by themselves, since they are noted alone; definition: all of it
 *   rds_sync_chunk     marks of the full copy
 *   rds_sync_event     decisions about events
 *   rds_sync_index     the statements of indexes that are still to be made: a JSON array
 *   rds_sync_xa        bodies of prepared transactions, in pieces */
#include "sink/pg_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

static const char make_tables[] =
	"CREATE SCHEMA IF NOT EXISTS dts; "
	"CREATE TABLE IF NOT EXISTS dts.rds_sync_task (id text PRIMARY KEY, version int NOT NULL, name text, epoch bigint NOT NULL, "
	"phase text NOT NULL, kept text NOT NULL DEFAULT '{}', parent text, role text, objects text, created timestamptz NOT NULL DEFAULT "
	"pg_catalog.now()); "
	"CREATE TABLE IF NOT EXISTS dts.rds_sync_position (task text, worker int, epoch bigint NOT NULL, position text, time bigint NOT NULL "
	"DEFAULT 0, ahead text, PRIMARY KEY (task, worker)) WITH (fillfactor = 20); "
	"CREATE TABLE IF NOT EXISTS dts.rds_sync_table (task text, db text, name text, state text NOT NULL, n_rows bigint NOT NULL DEFAULT 0, "
	"definition text, PRIMARY KEY (task, db, name)); "
	"CREATE TABLE IF NOT EXISTS dts.rds_sync_chunk (task text, db text, name text, number bigint, lower_bound text NOT NULL, upper_bound "
	"text NOT NULL, n_rows bigint NOT NULL DEFAULT 0, PRIMARY KEY (task, db, name, number)); "
	"CREATE TABLE IF NOT EXISTS dts.rds_sync_event (number bigserial PRIMARY KEY, task text NOT NULL, passed boolean NOT NULL DEFAULT "
	"false, decision text NOT NULL, decided timestamptz NOT NULL DEFAULT pg_catalog.now()); "
	"CREATE TABLE IF NOT EXISTS dts.rds_sync_index (task text, db text, name text, indexes text NOT NULL, PRIMARY KEY (task, db, name)); "
	"CREATE TABLE IF NOT EXISTS dts.rds_sync_xa (task text, xid text, number int, body bytea NOT NULL, PRIMARY KEY (task, xid, number))";

#define STATES_AT_ONCE 200u

/* ---------------------------------------------------------------- transactions */

enum rs_rc rs_pg_meta_lost(struct rs_err *err) { return rs_err_set(err, RS_E_META_EPOCH, _("another process has taken over the task")); }

static enum rs_rc plain(struct rs_pg *pg, const char *sql, struct rs_err *err) { return rs_pg_exec(pg, sql, NULL, 0, NULL, err); }

/* Greenplum's family would lock the whole table (its manual, "SELECT", The Locking Clause). There it is enough to look: this session
 * is ended before the epoch is raised, and what comes after that waits until it is (pg_session.c). */
enum rs_rc rs_pg_meta_hold(struct rs_pg *pg, const struct rs_pg_sink *s, struct rs_err *err)
{
	const struct rs_pg_number epoch = rs_pg_number_of(s->epoch);
	uint64_t found = 0;
	enum rs_rc rc;

	if (rs_defect_active(RS_DEFECT_EPOCH_UNCHECKED))
		return RS_OK;
	rc = rs_pg_exec(pg, rs_pg_spreads(pg) ? "SELECT 1 FROM dts.rds_sync_task WHERE id=$1 AND epoch=$2::bigint"
	                                      : "SELECT 1 FROM dts.rds_sync_task WHERE id=$1 AND epoch=$2::bigint FOR SHARE",
	                RS_PG_VALUES(s->task->id, epoch.text), &found, err);
	return rc == RS_OK && found == 0 ? rs_pg_meta_lost(err) : rc;
}

enum rs_rc rs_pg_meta_begin(struct rs_pg *pg, const struct rs_pg_sink *s, struct rs_err *err)
{
	enum rs_rc rc = plain(pg, "BEGIN", err);

	return rc == RS_OK ? rs_pg_meta_hold(pg, s, err) : rc;
}

void rs_pg_meta_undo(struct rs_pg *pg)
{
	struct rs_err ignored = RS_ERR_INIT;

	if (rs_pg_is_open(pg) && plain(pg, "ROLLBACK", &ignored) != RS_OK)
		rs_err_clear(&ignored);
}

enum rs_rc rs_pg_meta_end(struct rs_pg *pg, enum rs_rc rc, struct rs_err *err)
{
	if (rc == RS_OK)
		return plain(pg, "COMMIT", err);
	rs_pg_meta_undo(pg);
	return rc;
}

/* A statement that leaves a row that is there alone, outside of a transaction. Somebody may have inserted it at the same moment:
 * Greenplum 6 has no ON CONFLICT. */
static enum rs_rc insert_once(struct rs_pg *pg, const char *sql, const char *const *values, int n_values, struct rs_err *err)
{
	struct rs_err failed = RS_ERR_INIT;
	enum rs_rc rc = rs_pg_exec(pg, sql, values, n_values, NULL, &failed);

	if (rc == RS_FAIL && failed.code == RS_E_DEST_DUPLICATE)
		rc = RS_OK;
	else if (rc != RS_OK)
		rs_err_move(err, &failed);
	rs_err_clear(&failed);
	return rc;
}

/* ---------------------------------------------------------------- what is kept as JSON */

static char *text_of(json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	return text;
}

static char *position_text(const struct rs_position *p) { return rs_position_is_set(p) ? text_of(rs_meta_position_to_json(p)) : NULL; }

static json_t *json_of(const char *text, struct rs_err *err)
{
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;

	if (!json)
		rs_err_set(err, RS_E_META_DAMAGED, _("a row of the destination's meta tables can't be read"));
	return json;
}

enum rs_rc rs_pg_meta_read_position(const char *text, struct rs_position *out, struct rs_err *err)
{
	json_t *json = text ? json_of(text, err) : NULL;

	rs_meta_position_from_json(json, out);
	json_decref(json);
	return text && !json ? RS_FAIL : RS_OK;
}

static const char *field(const PGresult *r, int row, int column) { return PQgetisnull(r, row, column) ? NULL : PQgetvalue(r, row, column); }

static uint64_t number_at(const PGresult *r, int row, int column) { return strtoull(PQgetvalue(r, row, column), NULL, 10); }

/* ---------------------------------------------------------------- positions */

void rs_pg_meta_put_move(struct rs_buf *sql, const struct rs_pg_sink *s, unsigned lane, const struct rs_position *position, int64_t time,
                         const char *ahead)
{
	char *text = position ? position_text(position) : NULL;

	rs_buf_adds(sql, "WITH d AS (UPDATE dts.rds_sync_position SET ");
	if (position) {
		rs_buf_adds(sql, "position=");
		rs_pg_put_text(sql, text);
		rs_buf_addf(sql, ",time=%lld,ahead=", (long long)time);
		rs_pg_put_text(sql, ahead);
	} else {
		rs_buf_adds(sql, "epoch=epoch");
	}
	rs_buf_addf(sql, " WHERE task='%s' AND worker=%u", s->task->id, lane);
	if (!rs_defect_active(RS_DEFECT_EPOCH_UNCHECKED))
		rs_buf_addf(sql, " AND epoch=%llu", (unsigned long long)s->epoch);
	rs_buf_adds(sql, " RETURNING 1) SELECT 1/pg_catalog.count(*) FROM d");
	free(text);
}

static enum rs_rc move(struct rs_pg_sink *s, const struct rs_position *position, int64_t time, const char *ahead, struct rs_err *err)
{
	struct rs_pg_pipe pipe = {.pg = &s->pg, .text = RS_BUF_INIT};
	struct rs_buf sql;
	enum rs_rc rc;

	rs_buf_init(&sql, (size_t)1 << 30);
	rs_pg_meta_put_move(&sql, s, 0, position, time, ahead);
	rc = rs_pg_pipe_add(&pipe, rs_buf_str(&sql), RS_PG_OURS, NULL, err);
	if (rc == RS_OK)
		rc = rs_pg_pipe_finish(&pipe, err);
	rs_pg_pipe_release(&pipe);
	rs_buf_release(&sql);
	return rc;
}

static enum rs_rc move_to(struct rs_pg_sink *s, const struct rs_position *position, int64_t time, const struct rs_ahead *ahead,
                          struct rs_err *err)
{
	struct rs_buf text;
	enum rs_rc rc;

	rs_buf_init(&text, (size_t)1 << 30);
	rs_ahead_text(ahead, &text);
	rc = move(s, position, time, text.len > 0 ? rs_buf_str(&text) : NULL, err);
	rs_buf_release(&text);
	return rc;
}

enum rs_rc rs_pg_meta_make_lane(struct rs_pg *pg, const struct rs_pg_sink *s, unsigned lane, struct rs_err *err)
{
	const struct rs_pg_number number = rs_pg_number_of(lane), epoch = rs_pg_number_of(s->epoch);

	return insert_once(pg, "INSERT INTO dts.rds_sync_position (task, worker, epoch) SELECT id, $1::int, epoch FROM dts.rds_sync_task "
	                       "WHERE id=$2 AND epoch=$3::bigint AND NOT EXISTS (SELECT 1 FROM dts.rds_sync_position WHERE task=$2 AND "
	                       "worker=$1::int)", RS_PG_VALUES(number.text, s->task->id, epoch.text), err);
}

/* ---------------------------------------------------------------- reading the task */

enum { TASK_VERSION, TASK_EPOCH, TASK_PHASE, TASK_KEPT, TASK_ROLE, TASK_OBJECTS };

static bool is_role(const char *role, const char *word) { return role && strcmp(role, word) == 0; }

static enum rs_rc read_kept(const char *text, struct rs_meta_task *out, struct rs_err *err)
{
	json_t *kept = json_of(text, err);

	if (!kept)
		return RS_FAIL;
	out->source_identity = rs_xstrdup(json_string_value(json_object_get(kept, "identity")));
	rs_meta_position_from_json(json_object_get(kept, "p0"), &out->p0);
	rs_meta_position_from_json(json_object_get(kept, "p1"), &out->p1);
	json_decref(kept);
	return RS_OK;
}

static enum rs_rc read_task_row(const PGresult *r, struct rs_meta_task *out, struct rs_err *err)
{
	const char *word = PQgetvalue(r, 0, TASK_PHASE);
	const int phase = rs_meta_word(&rs_meta_phase_words, word);
	const long version = strtol(PQgetvalue(r, 0, TASK_VERSION), NULL, 10);

	if (version > RS_PG_META_VERSION) {
		rs_err_set(err, RS_E_META_NEWER, _("the destination's meta tables are of version %ld, this program knows %d"), version,
		           RS_PG_META_VERSION);
		return rs_err_hint(err, _("use the newer program that made them"));
	}
	if (phase < 0)
		return rs_err_set(err, RS_E_META_DAMAGED, _("the destination's meta tables hold an unknown phase \"%s\""), word);
	out->epoch = number_at(r, 0, TASK_EPOCH);
	out->phase = (enum rs_meta_phase)phase;
	out->objects = rs_xstrdup(field(r, 0, TASK_OBJECTS));
	out->resync = is_role(field(r, 0, TASK_ROLE), "resync");
	out->anchored = is_role(field(r, 0, TASK_ROLE), "anchored");
	return read_kept(PQgetvalue(r, 0, TASK_KEPT), out, err);
}

static enum rs_rc read_task(struct rs_pg_sink *s, bool lock, struct rs_meta_task *out, struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = rs_pg_query(&s->pg, lock ? "SELECT version, epoch, phase, kept, role, objects FROM dts.rds_sync_task WHERE id=$1 FOR UPDATE"
	                                         : "SELECT version, epoch, phase, kept, role, objects FROM dts.rds_sync_task WHERE id=$1",
	                            RS_PG_VALUES(s->task->id), &r, err);

	if (rc == RS_OK && PQntuples(r) > 0)
		rc = read_task_row(r, out, err);
	PQclear(r);
	return rc;
}

/* Lanes begin together from one position: whatever a lane noted at an earlier one is contained in the later. */
static enum rs_rc read_lane(const PGresult *r, int row, struct rs_meta_task *out, struct rs_err *err)
{
	struct rs_position position = RS_POSITION_INIT;
	const bool first = !rs_position_is_set(&out->position);
	const char *ahead = field(r, row, 2);
	int order;

	if (rs_pg_meta_read_position(field(r, row, 0), &position, err) != RS_OK)
		return RS_FAIL;
	order = rs_position_is_set(&position) ? rs_position_compare(&position, &out->position) : -1;
	if (order > 0 || (order == 0 && first)) {
		rs_position_copy(&out->position, &position);
		out->position_time = strtoll(PQgetvalue(r, row, 1), NULL, 10);
		rs_ahead_clear(&out->ahead);
	}
	rs_position_clear(&position);
	if (order >= 0 && ahead && !rs_defect_active(RS_DEFECT_AHEAD_FORGOTTEN) && !rs_ahead_parse(&out->ahead, ahead))
		return rs_err_set(err, RS_E_META_DAMAGED, _("the destination's meta tables hold a position that can't be read"));
	return RS_OK;
}

static enum rs_rc read_applied(struct rs_pg_sink *s, bool lock, struct rs_meta_task *out, struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = rs_pg_query(&s->pg, lock ? "SELECT position, time, ahead FROM dts.rds_sync_position WHERE task=$1 ORDER BY worker FOR UPDATE"
	                                         : "SELECT position, time, ahead FROM dts.rds_sync_position WHERE task=$1 ORDER BY worker",
	                            RS_PG_VALUES(s->task->id), &r, err);

	for (int i = 0; rc == RS_OK && i < PQntuples(r); i++)
		rc = read_lane(r, i, out, err);
	PQclear(r);
	return rc;
}

enum rs_rc rs_pg_meta_peek(struct rs_sink *base, struct rs_meta_task *out, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	char *there = NULL;
	enum rs_rc rc = rs_pg_scalar(&s->pg, "SELECT pg_catalog.to_regclass('dts.rds_sync_position')", &there, err);

	if (rc == RS_OK && there)
		rc = read_task(s, false, out, err);
	if (rc == RS_OK && there)
		rc = read_applied(s, false, out, err);
	free(there);
	return rc;
}

/* ---------------------------------------------------------------- taking over */

/* Two tasks that make them at once would fail. */
static enum rs_rc make_all(struct rs_pg *pg, struct rs_err *err)
{
	enum rs_rc rc = plain(pg, "BEGIN", err);

	if (rc == RS_OK)
		rc = plain(pg, "SELECT pg_catalog.pg_advisory_xact_lock(7164701, 1)", err);
	if (rc == RS_OK)
		rc = rs_pg_script(pg, make_tables, err);
	return rs_pg_meta_end(pg, rc, err);
}

static enum rs_rc insert_position(struct rs_pg_sink *s, struct rs_err *err)
{
	return insert_once(&s->pg, "INSERT INTO dts.rds_sync_position (task, worker, epoch) SELECT id, 0, 0 FROM dts.rds_sync_task WHERE id=$1 "
	                           "AND NOT EXISTS (SELECT 1 FROM dts.rds_sync_position WHERE task=$1 AND worker=0)",
	                   RS_PG_VALUES(s->task->id), err);
}

/* A task that is begun again must not meet the epochs it had before: they start with the time. */
static enum rs_rc insert_rows(struct rs_pg_sink *s, struct rs_err *err)
{
	const struct rs_pg_number version = rs_pg_number_of(RS_PG_META_VERSION), epoch = rs_pg_number_of((uint64_t)rs_clock_wall());
	enum rs_rc rc = insert_once(&s->pg, "INSERT INTO dts.rds_sync_task (id, version, name, epoch, phase) SELECT $1::text, $2::int, $3::text, "
	                                    "$4::bigint, 'new' WHERE NOT EXISTS (SELECT 1 FROM dts.rds_sync_task WHERE id=$1)",
	                            RS_PG_VALUES(s->task->id, version.text, s->task->name, epoch.text), err);

	return rc == RS_OK ? insert_position(s, err) : rc;
}

static enum rs_rc check_asked(uint64_t asked, const struct rs_meta_task *found, struct rs_err *err)
{
	if (asked == 0 || (found->epoch != 0 && found->epoch <= asked))
		return RS_OK;
	rs_pg_meta_lost(err);
	return rs_err_hint(err, _("look for it on the other hosts that know this task; resume it here to take the task back"));
}

static enum rs_rc write_epoch(struct rs_pg_sink *s, uint64_t epoch, struct rs_err *err)
{
	const struct rs_pg_number number = rs_pg_number_of(epoch), version = rs_pg_number_of(RS_PG_META_VERSION);
	enum rs_rc rc = rs_pg_exec(&s->pg, "UPDATE dts.rds_sync_task SET epoch=$1::bigint, version=$2::int WHERE id=$3",
	                           RS_PG_VALUES(number.text, version.text, s->task->id), NULL, err);

	return rc == RS_OK ? rs_pg_exec(&s->pg, "UPDATE dts.rds_sync_position SET epoch=$1::bigint WHERE task=$2",
	                                RS_PG_VALUES(number.text, s->task->id), NULL, err)
	                   : rc;
}

/* What the lanes said becomes the word of lane 0, so that an old word of another can never be taken for a new one. */
static enum rs_rc gather_words(struct rs_pg_sink *s, const struct rs_meta_task *m, struct rs_err *err)
{
	enum rs_rc rc;

	if (!rs_position_is_set(&m->position))
		return RS_OK;
	rc = move_to(s, &m->position, m->position_time, &m->ahead, err);
	return rc == RS_OK ? rs_pg_exec(&s->pg, "DELETE FROM dts.rds_sync_position WHERE task=$1 AND worker<>0", RS_PG_VALUES(s->task->id),
	                                NULL, err)
	                   : rc;
}

static enum rs_rc gone(struct rs_err *err)
{
	return rs_err_set(err, RS_E_META_GONE, _("the destination does not know these objects as a part of their own any more"));
}

static enum rs_rc raise_epoch(struct rs_pg_sink *s, uint64_t asked, struct rs_meta_task *out, struct rs_err *err)
{
	enum rs_rc rc = plain(&s->pg, "BEGIN", err);

	if (rc == RS_OK)
		rc = read_task(s, true, out, err);
	if (rc == RS_OK)
		rc = s->base.is_side && out->epoch == 0 ? gone(err) : check_asked(asked, out, err);
	if (rc == RS_OK)
		rc = read_applied(s, true, out, err);
	if (rc == RS_OK)
		rc = write_epoch(s, out->epoch + 1, err);
	if (rc == RS_OK) {
		s->epoch = out->epoch + 1;
		rc = gather_words(s, out, err);
	}
	out->epoch = rc == RS_OK ? s->epoch : 0;
	return rs_pg_meta_end(&s->pg, rc, err);
}

/* Whether somebody else has the task must be known before anything is made or ended. */
static enum rs_rc look_first(struct rs_sink *base, uint64_t asked, struct rs_err *err)
{
	struct rs_meta_task found = {.phase = RS_META_NEW};
	enum rs_rc rc = rs_pg_meta_peek(base, &found, err); /* refuses a newer version */

	if (rc == RS_OK)
		rc = check_asked(asked, &found, err);
	rs_meta_task_clear(&found);
	return rc;
}

enum rs_rc rs_pg_meta_attach(struct rs_sink *base, uint64_t asked, struct rs_meta_task *out, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	enum rs_rc rc = look_first(base, asked, err);

	rs_meta_task_clear(out);
	if (rc == RS_OK)
		rc = make_all(&s->pg, err);
	if (rc == RS_OK)
		rc = rs_pg_session_end_others(s, err);
	if (rc == RS_OK && s->epoch == 0)
		rc = rs_pg_session_claim(&s->pg, s, err);
	if (rc == RS_OK)
		rc = base->is_side ? insert_position(s, err) : insert_rows(s, err);
	if (rc == RS_OK)
		rc = raise_epoch(s, asked, out, err);
	if (rc == RS_OK)
		rc = rs_pg_session_let_in(s, err);
	rs_step("attached");
	return rc;
}

/* ---------------------------------------------------------------- the task's row */

static json_t *changed(json_t *kept, json_t *change)
{
	const char *key;
	json_t *value;

	json_object_foreach(change, key, value)
		if (json_is_null(value))
			json_object_del(kept, key);
		else
			json_object_set(kept, key, value);
	return kept;
}

/* What is kept, with what `change` has in it: a key whose value is null goes. Takes change over. */
static enum rs_rc put_task(struct rs_pg_sink *s, enum rs_meta_phase phase, json_t *change, struct rs_err *err)
{
	PGresult *r;
	json_t *kept = NULL;
	enum rs_rc rc = rs_pg_query(&s->pg, "SELECT kept FROM dts.rds_sync_task WHERE id=$1", RS_PG_VALUES(s->task->id), &r, err);

	if (rc == RS_OK && !(kept = json_of(PQntuples(r) > 0 ? PQgetvalue(r, 0, 0) : NULL, err)))
		rc = RS_FAIL;
	if (rc == RS_OK) {
		char *text = text_of(changed(kept, change));

		rc = rs_pg_exec(&s->pg, "UPDATE dts.rds_sync_task SET phase=$1, kept=$2, role=CASE WHEN $1='schema' AND role='resync' THEN 'joining' "
		                        "WHEN $1='follow' AND role='anchored' THEN NULL ELSE role END WHERE id=$3",
		                RS_PG_VALUES(rs_meta_phase_words.words[phase], text, s->task->id), NULL, err);
		free(text);
	}
	json_decref(change);
	PQclear(r);
	return rc;
}

static json_t *position_or_null(const struct rs_position *p)
{
	return rs_position_is_set(p) ? rs_meta_position_to_json(p) : json_null();
}

enum rs_rc rs_pg_meta_save_start(struct rs_sink *base, const struct rs_meta_start *start, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	enum rs_rc rc = rs_pg_meta_begin(&s->pg, s, err);

	if (rc == RS_OK)
		rc = put_task(s, RS_META_SCHEMA, json_pack("{s:s?,s:o,s:o}", "identity", start->identity, "p0", position_or_null(start->p0),
		                                           "prepared", position_or_null(start->prepared)), err);
	for (size_t i = 0; rc == RS_OK && i < start->n_tables; i++)
		rc = rs_pg_meta_put_table(&s->pg, s, &start->tables[i], err);
	return rs_pg_meta_end(&s->pg, rc, err);
}

enum rs_rc rs_pg_meta_save_phase(struct rs_sink *base, enum rs_meta_phase phase, const struct rs_position *p1, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	enum rs_rc rc = rs_pg_meta_begin(&s->pg, s, err);

	if (rc == RS_OK)
		rc = put_task(s, phase, p1 ? json_pack("{s:o}", "p1", position_or_null(p1)) : json_object(), err);
	return rs_pg_meta_end(&s->pg, rc, err);
}

static enum rs_rc forget_exact(struct rs_pg_sink *s, struct rs_err *err)
{
	struct rs_meta_table *tables;
	size_t n;
	enum rs_rc rc = rs_pg_meta_load_tables(&s->base, &tables, &n, err);

	for (size_t i = 0; rc == RS_OK && i < n; i++)
		if (rs_position_is_set(&tables[i].exact)) {
			rs_position_clear(&tables[i].exact);
			rc = rs_pg_meta_put_table(&s->pg, s, &tables[i], err);
		}
	for (size_t i = 0; i < n; i++)
		rs_meta_table_clear(&tables[i]);
	free(tables);
	return rc;
}

enum rs_rc rs_pg_meta_save_source(struct rs_sink *base, const char *identity, const struct rs_meta_task *now,
                                  const struct rs_meta_table *const *changed, size_t n, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	enum rs_rc rc = rs_pg_meta_begin(&s->pg, s, err);

	if (rc == RS_OK)
		rc = put_task(s, RS_META_FOLLOW, json_pack("{s:s?,s:n,s:n}", "identity", identity, "p1", "prepared"), err);
	if (rc == RS_OK)
		rc = move_to(s, &now->position, now->position_time, &now->ahead, err);
	if (rc == RS_OK)
		rc = forget_exact(s, err);
	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = rs_pg_meta_put_table(&s->pg, s, changed[i], err);
	return rs_pg_meta_end(&s->pg, rc, err);
}

/* ---------------------------------------------------------------- tables */

#define PUT_TABLE                                                                                                             \
	"INSERT INTO dts.rds_sync_table (task, db, name, state, n_rows, definition) VALUES ($1, $2, $3, $4, $5::bigint, $6)"

enum rs_rc rs_pg_meta_put_table(struct rs_pg *pg, const struct rs_pg_sink *s, const struct rs_meta_table *t, struct rs_err *err)
{
	const struct rs_pg_number rows = rs_pg_number_of(t->rows);
	char *definition = text_of(rs_meta_table_to_json(t));
	const bool upserts = pg->version >= RS_PG_UPSERTS;
	enum rs_rc rc = upserts ? RS_OK : rs_pg_exec(pg, "DELETE FROM dts.rds_sync_table WHERE task=$1 AND db=$2 AND name=$3",
	                                             RS_PG_VALUES(s->task->id, t->db, t->name), NULL, err);

	if (rc == RS_OK)
		rc = rs_pg_exec(pg, upserts ? PUT_TABLE " ON CONFLICT (task, db, name) DO UPDATE SET state=EXCLUDED.state, n_rows=EXCLUDED.n_rows, "
		                              "definition=EXCLUDED.definition"
		                            : PUT_TABLE,
		                RS_PG_VALUES(s->task->id, t->db, t->name, rs_meta_state_words.words[t->state], rows.text, definition), NULL, err);
	free(definition);
	return rc;
}

static void put_state(struct rs_buf *sql, const struct rs_meta_table *t)
{
	rs_buf_addc(sql, '(');
	rs_pg_put_text(sql, t->db);
	rs_buf_addc(sql, ',');
	rs_pg_put_text(sql, t->name);
	rs_buf_addf(sql, ",'%s',%llu::bigint)", rs_meta_state_words.words[t->state], (unsigned long long)t->rows);
}

static enum rs_rc put_states(struct rs_pg *pg, const struct rs_pg_sink *s, const struct rs_meta_table *tables, size_t n, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	uint64_t affected = 0;
	enum rs_rc rc;

	rs_buf_adds(&sql, "UPDATE dts.rds_sync_table t SET state=v.state, n_rows=v.n FROM (VALUES ");
	for (size_t i = 0; i < n; i++) {
		rs_buf_adds(&sql, i > 0 ? "," : "");
		put_state(&sql, &tables[i]);
	}
	rs_buf_adds(&sql, ") v(db, name, state, n) WHERE t.task=$1 AND t.db=v.db AND t.name=v.name");
	rc = rs_pg_exec(pg, rs_buf_str(&sql), RS_PG_VALUES(s->task->id), &affected, err);
	rs_buf_release(&sql);
	if (rc != RS_OK || affected == n)
		return rc;
	rs_err_set(err, RS_E_META_DAMAGED, _("the meta tables have not what was noted of %s.%s"), tables[0].db, tables[0].name);
	return rs_err_hint(err, _("something else than rds-sync changed the tables of the schema dts: stop it"));
}

enum rs_rc rs_pg_meta_note_states(struct rs_pg *pg, const struct rs_pg_sink *s, const struct rs_meta_table *tables, size_t n,
                                  struct rs_err *err)
{
	enum rs_rc rc = rs_pg_meta_begin(pg, s, err);

	for (size_t i = 0; rc == RS_OK && i < n; i += STATES_AT_ONCE)
		rc = put_states(pg, s, tables + i, n - i < STATES_AT_ONCE ? n - i : STATES_AT_ONCE, err);
	return rs_pg_meta_end(pg, rc, err);
}

enum rs_rc rs_pg_meta_save_states(struct rs_sink *base, const struct rs_meta_table *tables, size_t n, struct rs_err *err)
{
	return rs_pg_meta_note_states(&rs_pg_sink_of(base)->pg, rs_pg_sink_of(base), tables, n, err);
}

static enum rs_rc read_table(const PGresult *r, int row, struct rs_meta_table *out, struct rs_err *err)
{
	const int state = rs_meta_word(&rs_meta_state_words, PQgetvalue(r, row, 2));
	json_t *json = json_of(field(r, row, 4), err);
	enum rs_rc rc = RS_FAIL;

	if (json)
		rc = rs_meta_table_from_json(json, PQgetvalue(r, row, 0), PQgetvalue(r, row, 1), out, err);
	json_decref(json);
	if (rc == RS_OK && state < 0)
		rc = rs_err_set(err, RS_E_META_DAMAGED, _("the meta tables hold an unknown state \"%s\" of a table"), PQgetvalue(r, row, 2));
	if (rc != RS_OK)
		return rc;
	out->state = (enum rs_meta_state)state;
	out->rows = number_at(r, row, 3);
	if (out->state == RS_TABLE_COPIED) /* states are noted without the rest */
		out->old = RS_OLD_NONE;
	return RS_OK;
}

enum rs_rc rs_pg_meta_load_tables_of(struct rs_pg_sink *s, const char *task, struct rs_meta_table **out, size_t *n, struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = rs_pg_query(&s->pg, "SELECT db, name, state, n_rows, definition FROM dts.rds_sync_table WHERE task=$1 "
	                                    "ORDER BY db COLLATE \"C\", name COLLATE \"C\"", RS_PG_VALUES(task), &r, err);
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	for (int i = 0; rc == RS_OK && i < PQntuples(r); i++) {
		RS_GROW(*out, *n, cap);
		(*out)[*n] = (struct rs_meta_table){0};
		rc = read_table(r, i, &(*out)[(*n)++], err);
	}
	PQclear(r);
	return rc;
}

enum rs_rc rs_pg_meta_load_tables(struct rs_sink *base, struct rs_meta_table **out, size_t *n, struct rs_err *err)
{
	return rs_pg_meta_load_tables_of(rs_pg_sink_of(base), rs_pg_sink_of(base)->task->id, out, n, err);
}

enum rs_rc rs_pg_meta_forget_table(struct rs_pg_sink *s, const struct rs_meta_table *t, struct rs_err *err)
{
	static const char *const of_table[] = {"rds_sync_table", "rds_sync_chunk", "rds_sync_index"};
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < sizeof of_table / sizeof *of_table; i++) {
		char *sql = rs_xprintf("DELETE FROM dts.%s WHERE task=$1 AND db=$2 AND name=$3", of_table[i]);

		rc = rs_pg_exec(&s->pg, sql, RS_PG_VALUES(s->task->id, t->db, t->name), NULL, err);
		free(sql);
	}
	return rc;
}

/* ---------------------------------------------------------------- chunks */

enum rs_rc rs_pg_meta_load_chunks(struct rs_sink *base, const struct rs_chunk_taker *taker, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	PGresult *r;
	enum rs_rc rc = rs_pg_query(&s->pg, "SELECT db, name, number, lower_bound, upper_bound, n_rows FROM dts.rds_sync_chunk WHERE task=$1 "
	                                    "ORDER BY db COLLATE \"C\", name COLLATE \"C\", number", RS_PG_VALUES(s->task->id), &r, err);

	for (int i = 0; rc == RS_OK && i < PQntuples(r); i++) {
		const struct rs_meta_chunk chunk = {number_at(r, i, 2), PQgetvalue(r, i, 3), PQgetvalue(r, i, 4), number_at(r, i, 5)};

		taker->take(taker->arg, PQgetvalue(r, i, 0), PQgetvalue(r, i, 1), &chunk);
	}
	PQclear(r);
	return rc;
}

/* The task's row is read, and so share-locked, in the same statement: a process that raises the epoch waits for this
 * transaction, and one that comes later finds nothing to insert from. */
enum rs_rc rs_pg_meta_mark_chunk(struct rs_pg *pg, const struct rs_pg_sink *s, const struct rs_table *t, const struct rs_meta_chunk *mark,
                                 struct rs_err *err)
{
	const struct rs_pg_number number = rs_pg_number_of(mark->number), rows = rs_pg_number_of(mark->rows), epoch = rs_pg_number_of(s->epoch);
	uint64_t affected = 0;
	enum rs_rc rc;

	if (rs_pg_spreads(pg)) /* what is to be counted is written once, behind the rows: an UPDATE would lock out who writes another mark */
		return rs_pg_meta_hold(pg, s, err);
	rc = rs_pg_exec(pg, "WITH ours AS (SELECT id FROM dts.rds_sync_task WHERE id=$1 AND epoch=$8::bigint FOR SHARE) "
	                    "INSERT INTO dts.rds_sync_chunk SELECT id, $2, $3, $4::bigint, $5, $6, $7::bigint FROM ours",
	                RS_PG_VALUES(s->task->id, t->db, t->name, number.text, mark->lower, mark->upper, rows.text, epoch.text), &affected, err);
	return rc == RS_OK && affected != 1 ? rs_pg_meta_lost(err) : rc;
}

enum rs_rc rs_pg_meta_count_chunk(struct rs_pg *pg, const struct rs_pg_sink *s, const struct rs_table *t,
                                  const struct rs_meta_chunk *mark, uint64_t rows, struct rs_err *err)
{
	const struct rs_pg_number number = rs_pg_number_of(mark->number), n = rs_pg_number_of(rows);
	uint64_t found = 0;
	enum rs_rc rc;

	if (rs_pg_spreads(pg))
		return rs_pg_exec(pg, "INSERT INTO dts.rds_sync_chunk VALUES ($1, $2, $3, $4::bigint, $5, $6, $7::bigint)",
		                  RS_PG_VALUES(s->task->id, t->db, t->name, number.text, mark->lower, mark->upper, n.text), NULL, err);
	rc = rs_pg_exec(pg, "UPDATE dts.rds_sync_chunk SET n_rows=$1::bigint WHERE task=$2 AND db=$3 AND name=$4 AND number=$5::bigint",
	                RS_PG_VALUES(n.text, s->task->id, t->db, t->name, number.text), &found, err);

	if (rc != RS_OK || found == 1)
		return rc;
	rs_err_set(err, RS_E_META_DAMAGED, _("the mark of a part of %s.%s is gone"), t->db, t->name);
	return rs_err_hint(err, _("something else than rds-sync changed the tables of the schema dts: stop it"));
}

/* ---------------------------------------------------------------- schema changes */

enum rs_rc rs_pg_meta_ddl_intend(struct rs_sink *base, const struct rs_meta_ddl *d, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	enum rs_rc rc = rs_pg_meta_begin(&s->pg, s, err);

	(void)d;
	s->changing = rc == RS_OK;
	if (rc != RS_OK)
		rs_pg_meta_undo(&s->pg);
	return rc;
}

enum rs_rc rs_pg_meta_ddl_done(struct rs_sink *base, const struct rs_position *position, int64_t time, const struct rs_ahead *ahead,
                               const struct rs_meta_table *tables, size_t n, uint64_t event, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	enum rs_rc rc = s->changing ? RS_OK : rs_pg_meta_begin(&s->pg, s, err);

	s->changing = false;
	if (rc == RS_OK)
		rc = move_to(s, position, time, ahead, err);
	if (rc == RS_OK && event != 0)
		rc = rs_pg_event_pass(&s->pg, s, event, err);
	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = tables[i].state == RS_TABLE_GONE ? rs_pg_meta_forget_table(s, &tables[i], err) : rs_pg_meta_put_table(&s->pg, s, &tables[i], err);
	return rs_pg_meta_end(&s->pg, rc, err);
}

enum rs_rc rs_pg_meta_ddl_abandon(struct rs_sink *base, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);

	(void)err;
	if (s->changing)
		rs_pg_meta_undo(&s->pg);
	s->changing = false;
	return RS_OK;
}

/* ---------------------------------------------------------------- all of it */

enum rs_rc rs_pg_meta_forget(struct rs_sink *base, struct rs_err *err)
{
	static const char *const tables[] = {"rds_sync_chunk", "rds_sync_index", "rds_sync_table", "rds_sync_xa", "rds_sync_event",
	                                     "rds_sync_position"};
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	enum rs_rc rc = rs_pg_meta_begin(&s->pg, s, err);

	for (size_t i = 0; rc == RS_OK && i < sizeof tables / sizeof *tables; i++) {
		char *sql = rs_xprintf("DELETE FROM dts.%s WHERE task=$1", tables[i]);

		rc = rs_pg_exec(&s->pg, sql, RS_PG_VALUES(s->task->id), NULL, err);
		free(sql);
	}
	if (rc == RS_OK)
		rc = rs_pg_exec(&s->pg, base->is_side ? "UPDATE dts.rds_sync_task SET phase='new' WHERE id=$1" : "DELETE FROM dts.rds_sync_task WHERE id=$1",
		                RS_PG_VALUES(s->task->id), NULL, err);
	return rs_pg_meta_end(&s->pg, rc, err);
}
