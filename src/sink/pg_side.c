/* Sides in the meta tables: tasks of their own, whose rows name the task that they are a part of. What moves between a task and
 * its sides moves in one transaction, with what the task synchronizes from then on. */
#include "sink/pg_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

static const char *const role_words[] = {
	[RS_SIDE_JOINING] = "joining", [RS_SIDE_SUSPENDED] = "suspended", [RS_SIDE_RESYNC] = "resync"};

/* ---------------------------------------------------------------- reading */

static enum rs_rc read_role(const char *word, enum rs_side_role *out, struct rs_err *err)
{
	for (size_t i = 0; i < sizeof role_words / sizeof *role_words; i++)
		if (strcmp(role_words[i], word) == 0) {
			*out = (enum rs_side_role)i;
			return RS_OK;
		}
	return rs_err_set(err, RS_E_META_DAMAGED, _("the meta tables hold an unknown state \"%s\" of a table"), word);
}

enum { SIDE_ID, SIDE_ROLE, SIDE_OBJECTS, SIDE_IDENTITY, SIDE_PHASE, SIDE_P0, SIDE_POSITION };

static const char *text_at(const PGresult *r, int row, int column) { return PQgetisnull(r, row, column) ? NULL : PQgetvalue(r, row, column); }

static enum rs_rc read_side(const PGresult *r, int row, struct rs_meta_side *out, struct rs_err *err)
{
	const char *position = text_at(r, row, SIDE_POSITION);
	enum rs_rc rc = rs_pg_meta_read_position(position, &out->position, err);

	out->id = rs_xstrdup(PQgetvalue(r, row, SIDE_ID));
	out->objects = rs_xstrdup(PQgetvalue(r, row, SIDE_OBJECTS));
	out->identity = rs_xstrdup(text_at(r, row, SIDE_IDENTITY));
	out->fresh = strcmp(PQgetvalue(r, row, SIDE_PHASE), "new") == 0;
	if (rc == RS_OK)
		rc = rs_pg_meta_read_position(position ? position : text_at(r, row, SIDE_P0), &out->needs, err);
	return rc == RS_OK ? read_role(PQgetvalue(r, row, SIDE_ROLE), &out->role, err) : rc;
}

enum rs_rc rs_pg_side_load(struct rs_sink *base, struct rs_meta_side **out, size_t *n, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	PGresult *r;
	size_t cap = 0;
	enum rs_rc rc = rs_pg_query(&s->pg, "SELECT t.id, t.role, t.objects, t.kept::jsonb->>'identity', t.phase, t.kept::jsonb->>'p0', p.position FROM "
	                                    "dts.rds_sync_task t LEFT JOIN dts.rds_sync_position p ON p.task=t.id AND p.worker=0 WHERE t.parent=$1 "
	                                    "ORDER BY t.created, t.id", RS_PG_VALUES(s->task->id), &r, err);

	*out = NULL;
	*n = 0;
	for (int i = 0; rc == RS_OK && i < PQntuples(r); i++) {
		RS_GROW(*out, *n, cap);
		(*out)[*n] = (struct rs_meta_side){0};
		rc = read_side(r, i, &(*out)[(*n)++], err);
	}
	PQclear(r);
	for (size_t i = 0; rc == RS_OK && i < *n; i++)
		rc = rs_pg_meta_load_tables_of(s, (*out)[i].id, &(*out)[i].tables, &(*out)[i].n_tables, err);
	return rc;
}

/* ---------------------------------------------------------------- what a task synchronizes */

/* of: the task, or a side. */
static enum rs_rc put_objects(struct rs_pg_sink *s, const char *of, const char *objects, struct rs_err *err)
{
	return rs_pg_exec(&s->pg, "UPDATE dts.rds_sync_task SET objects=$1 WHERE id=$2", RS_PG_VALUES(objects, of), NULL, err);
}

enum rs_rc rs_pg_side_save_objects(struct rs_sink *base, const char *objects, const struct rs_meta_table *const *gone, size_t n,
                                   struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	enum rs_rc rc = rs_pg_meta_begin(&s->pg, s, err);

	if (rc == RS_OK)
		rc = put_objects(s, s->task->id, objects, err);
	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = rs_pg_meta_forget_table(s, gone[i], err);
	return rs_pg_meta_end(&s->pg, rc, err);
}

/* ---------------------------------------------------------------- making one */

static enum rs_rc has_bodies(struct rs_pg_sink *s, const char *task, bool *out, struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = rs_pg_query(&s->pg, "SELECT 1 FROM dts.rds_sync_xa WHERE task=$1 AND xid<>'' LIMIT 1", RS_PG_VALUES(task), &r, err);

	*out = rc == RS_OK && PQntuples(r) > 0;
	PQclear(r);
	return rc;
}

/* Whose rows are stored as one body, for tables that part. */
static enum rs_rc refuse_bodies(struct rs_pg_sink *s, struct rs_err *err)
{
	bool any = false;
	enum rs_rc rc = has_bodies(s, s->task->id, &any, err);

	if (rc != RS_OK || !any)
		return rc;
	rs_err_set(err, RS_E_OBJECTS, _("an XA transaction of the source is prepared and not finished"));
	return rs_err_hint(err, _("commit it or roll it back there (XA RECOVER lists them), then try again"));
}

static enum rs_rc insert_new(struct rs_pg_sink *s, const struct rs_meta_side *side, struct rs_err *err)
{
	const struct rs_pg_number version = rs_pg_number_of(RS_PG_META_VERSION), epoch = rs_pg_number_of((uint64_t)rs_clock_wall());

	return rs_pg_exec(&s->pg, "INSERT INTO dts.rds_sync_task (id, version, name, epoch, phase, parent, role, objects) VALUES ($1, $2::int, $3, "
	                          "$4::bigint, 'new', $5, $6, $7)",
	                  RS_PG_VALUES(side->id, version.text, s->task->name, epoch.text, s->task->id, role_words[side->role], side->objects), NULL,
	                  err);
}

/* At the place in the log where the task is: attaching has made that one row. */
static enum rs_rc insert_split(struct rs_pg_sink *s, const struct rs_meta_side *side, struct rs_err *err)
{
	const struct rs_pg_number epoch = rs_pg_number_of((uint64_t)rs_clock_wall());
	enum rs_rc rc = rs_pg_exec(&s->pg, "INSERT INTO dts.rds_sync_task (id, version, name, epoch, phase, kept, parent, role, objects) SELECT $1, "
	                                   "version, name, $2::bigint, phase, kept, id, $3, $4 FROM dts.rds_sync_task WHERE id=$5",
	                           RS_PG_VALUES(side->id, epoch.text, role_words[side->role], side->objects, s->task->id), NULL, err);

	if (rc == RS_OK)
		rc = rs_pg_exec(&s->pg, "INSERT INTO dts.rds_sync_position (task, worker, epoch, position, time, ahead) SELECT $1, 0, 0, position, time, "
		                        "ahead FROM dts.rds_sync_position WHERE task=$2 AND worker=0",
		                RS_PG_VALUES(side->id, s->task->id), NULL, err);
	return rc == RS_OK ? refuse_bodies(s, err) : rc;
}

static enum rs_rc move_table(struct rs_pg_sink *s, const char *to, const struct rs_meta_table *t, struct rs_err *err)
{
	return rs_pg_exec(&s->pg, "UPDATE dts.rds_sync_table SET task=$1 WHERE task=$2 AND db=$3 AND name=$4",
	                  RS_PG_VALUES(to, s->task->id, t->db, t->name), NULL, err);
}

enum rs_rc rs_pg_side_make(struct rs_sink *base, const struct rs_meta_side *side, const struct rs_meta_table *const *tables, size_t n,
                           const char *objects, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	enum rs_rc rc = rs_pg_meta_begin(&s->pg, s, err);

	if (rc == RS_OK)
		rc = n > 0 ? insert_split(s, side, err) : insert_new(s, side, err);
	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = move_table(s, side->id, tables[i], err);
	if (rc == RS_OK)
		rc = put_objects(s, s->task->id, objects, err);
	rc = rs_pg_meta_end(&s->pg, rc, err);
	rs_step("side-made");
	return rc;
}

/* ---------------------------------------------------------------- what becomes of it */

/* Its tables, and its own row, are dealt with by the caller. */
static enum rs_rc forget_rows(struct rs_pg_sink *s, const char *side, struct rs_err *err)
{
	static const char *const kept[] = {"rds_sync_chunk", "rds_sync_index", "rds_sync_xa", "rds_sync_event", "rds_sync_position"};
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < sizeof kept / sizeof *kept; i++) {
		char *sql = rs_xprintf("DELETE FROM dts.%s WHERE task=$1", kept[i]);

		rc = rs_pg_exec(&s->pg, sql, RS_PG_VALUES(side), NULL, err);
		free(sql);
	}
	return rc;
}

static enum rs_rc forget_task(struct rs_pg_sink *s, const char *side, struct rs_err *err)
{
	return rs_pg_exec(&s->pg, "DELETE FROM dts.rds_sync_task WHERE id=$1 AND parent=$2", RS_PG_VALUES(side, s->task->id), NULL, err);
}

/* Whoever copied it before, maybe in a process that was taken over from, is done with it from here on: its marks would be taken for
 * those of the new copy. */
static enum rs_rc begin_anew(struct rs_pg_sink *s, const char *id, struct rs_err *err)
{
	enum rs_rc rc = rs_pg_exec(&s->pg, "UPDATE dts.rds_sync_task SET role='resync', phase='new', kept=(kept::jsonb - 'identity')::text, "
	                                   "epoch=epoch+1 WHERE id=$1 AND parent=$2", RS_PG_VALUES(id, s->task->id), NULL, err);

	if (rc == RS_OK)
		rc = forget_rows(s, id, err);
	return rc == RS_OK ? rs_pg_exec(&s->pg, "UPDATE dts.rds_sync_table SET state='planned', n_rows=0, definition=(definition::jsonb - "
	                                        "'exact')::text WHERE task=$1", RS_PG_VALUES(id), NULL, err)
	                   : rc;
}

enum rs_rc rs_pg_side_resume(struct rs_sink *base, const char *id, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	enum rs_rc rc = rs_pg_meta_begin(&s->pg, s, err);

	if (rc == RS_OK)
		rc = rs_pg_exec(&s->pg, "UPDATE dts.rds_sync_task SET role='joining' WHERE id=$1 AND parent=$2", RS_PG_VALUES(id, s->task->id), NULL, err);
	rc = rs_pg_meta_end(&s->pg, rc, err);
	rs_step("side-saved");
	return rc;
}

/* The tables of one side become another's. */
static enum rs_rc absorb(struct rs_pg_sink *s, const char *id, const char *other, struct rs_err *err)
{
	enum rs_rc rc = forget_rows(s, other, err);

	if (rc == RS_OK)
		rc = rs_pg_exec(&s->pg, "UPDATE dts.rds_sync_table SET task=$1 WHERE task=$2", RS_PG_VALUES(id, other), NULL, err);
	return rc == RS_OK ? forget_task(s, other, err) : rc;
}

enum rs_rc rs_pg_side_resync(struct rs_sink *base, const char *const *ids, size_t n, const char *objects, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	enum rs_rc rc = rs_pg_meta_begin(&s->pg, s, err);

	for (size_t i = 1; rc == RS_OK && i < n; i++)
		rc = absorb(s, ids[0], ids[i], err);
	if (rc == RS_OK)
		rc = put_objects(s, ids[0], objects, err);
	if (rc == RS_OK)
		rc = begin_anew(s, ids[0], err);
	rc = rs_pg_meta_end(&s->pg, rc, err);
	rs_step("side-saved");
	return rc;
}

enum rs_rc rs_pg_side_drop(struct rs_sink *base, const char *id, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	enum rs_rc rc = rs_pg_meta_begin(&s->pg, s, err);

	if (rc == RS_OK)
		rc = forget_rows(s, id, err);
	if (rc == RS_OK)
		rc = rs_pg_exec(&s->pg, "DELETE FROM dts.rds_sync_table WHERE task=$1", RS_PG_VALUES(id), NULL, err);
	if (rc == RS_OK)
		rc = forget_task(s, id, err);
	return rs_pg_meta_end(&s->pg, rc, err);
}

/* RS_AGAIN: it is another process's now, or holds rows of an XA transaction that is not finished. */
static enum rs_rc hold_side(struct rs_pg_sink *s, const char *id, uint64_t epoch, struct rs_err *err)
{
	const struct rs_pg_number number = rs_pg_number_of(epoch);
	uint64_t found = 0;
	bool bodies = false;
	enum rs_rc rc = rs_pg_exec(&s->pg, "SELECT 1 FROM dts.rds_sync_task WHERE id=$1 AND parent=$2 AND epoch=$3::bigint FOR UPDATE",
	                           RS_PG_VALUES(id, s->task->id, number.text), &found, err);

	if (rc == RS_OK && found == 0)
		return RS_AGAIN;
	if (rc == RS_OK)
		rc = has_bodies(s, id, &bodies, err);
	return rc == RS_OK && bodies ? RS_AGAIN : rc;
}

static enum rs_rc take_tables(struct rs_pg_sink *s, const char *id, const struct rs_position *at, struct rs_err *err)
{
	json_t *json = rs_meta_position_to_json(at);
	char *text = json_dumps(json, JSON_COMPACT);
	enum rs_rc rc = rs_pg_exec(&s->pg, "UPDATE dts.rds_sync_table SET task=$1, definition=(definition::jsonb || "
	                                   "pg_catalog.jsonb_build_object('exact', $2::jsonb))::text WHERE task=$3",
	                           RS_PG_VALUES(s->task->id, text, id), NULL, err);

	free(text);
	json_decref(json);
	return rc;
}

static enum rs_rc take_over(struct rs_pg_sink *s, const char *id, const struct rs_position *at, const char *objects, struct rs_err *err)
{
	enum rs_rc rc = take_tables(s, id, at, err);

	if (rc == RS_OK)
		rc = rs_pg_exec(&s->pg, "UPDATE dts.rds_sync_event SET task=$1 WHERE task=$2", RS_PG_VALUES(s->task->id, id), NULL, err);
	if (rc == RS_OK)
		rc = forget_rows(s, id, err);
	if (rc == RS_OK)
		rc = forget_task(s, id, err);
	return rc == RS_OK ? put_objects(s, s->task->id, objects, err) : rc;
}

enum rs_rc rs_pg_side_join(struct rs_sink *base, const char *id, uint64_t epoch, const struct rs_position *at, const char *objects,
                           struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	enum rs_rc rc = rs_pg_meta_begin(&s->pg, s, err);

	if (rc == RS_OK)
		rc = hold_side(s, id, epoch, err);
	if (rc == RS_OK)
		rc = take_over(s, id, at, objects, err);
	rs_step("side-joins");
	rc = rs_pg_meta_end(&s->pg, rc, err);
	rs_step("side-joined");
	return rc;
}
