/* What the user decided about events that the destination refuses: stored before it has any effect, and passed in the
 * transaction that the effect is in, so that a crash in between changes nothing. */
#include "sink/pg_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

static enum rs_rc read_event(const PGresult *r, int row, struct rs_meta_event *out, struct rs_err *err)
{
	json_t *json = json_loads(PQgetvalue(r, row, 1), 0, NULL);
	enum rs_rc rc = json ? rs_meta_event_from_json(json, strtoull(PQgetvalue(r, row, 0), NULL, 10), out, err)
	                     : rs_err_set(err, RS_E_META_DAMAGED, _("a row of the destination's meta tables can't be read"));

	json_decref(json);
	if (rc == RS_OK)
		out->passed = strcmp(PQgetvalue(r, row, 2), "t") == 0;
	return rc;
}

enum rs_rc rs_pg_event_load(struct rs_sink *base, struct rs_meta_event **out, size_t *n, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	PGresult *r;
	enum rs_rc rc = rs_pg_query(&s->pg, "SELECT number, decision, passed FROM dts.rds_sync_event WHERE task=$1 ORDER BY number",
	                            RS_PG_VALUES(s->task->id), &r, err);
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	for (int i = 0; rc == RS_OK && i < PQntuples(r); i++) {
		RS_GROW(*out, *n, cap);
		(*out)[*n] = (struct rs_meta_event){0};
		rc = read_event(r, i, &(*out)[(*n)++], err);
	}
	PQclear(r);
	return rc;
}

/* Of the same event, by its place or by its id. */
static enum rs_rc withdraw_one(struct rs_pg_sink *s, const struct rs_event_id *id, struct rs_err *err)
{
	const struct rs_pg_number ordinal = rs_pg_number_of(id->ordinal), offset = rs_pg_number_of(id->offset);

	return rs_pg_exec(&s->pg,
	                  "DELETE FROM dts.rds_sync_event WHERE task=$1 AND NOT passed AND decision::jsonb->>'ordinal'=$2 AND "
	                  "((decision::jsonb->>'offset'=$3 AND decision::jsonb->>'file' IS NOT DISTINCT FROM $4) OR decision::jsonb->>'gtid'=$5)",
	                  RS_PG_VALUES(s->task->id, ordinal.text, offset.text, id->file, id->gtid), NULL, err);
}

/* Nothing is stored for a task that was released meanwhile. */
static enum rs_rc insert(struct rs_pg_sink *s, const struct rs_meta_event *m, struct rs_err *err)
{
	json_t *json = rs_meta_event_to_json(m);
	char *text = json_dumps(json, JSON_COMPACT);
	uint64_t stored = 0;
	enum rs_rc rc = rs_pg_exec(&s->pg, "INSERT INTO dts.rds_sync_event (task, decision) SELECT id, $1 FROM dts.rds_sync_task WHERE id=$2",
	                           RS_PG_VALUES(text, s->task->id), &stored, err);

	free(text);
	json_decref(json);
	if (rc != RS_OK || stored == 1)
		return rc;
	return rs_err_set(err, RS_E_META_DAMAGED, _("the destination does not know the task"));
}

enum rs_rc rs_pg_event_decide(struct rs_sink *base, const struct rs_meta_event *m, bool withdraw, struct rs_err *err)
{
	struct rs_pg_sink *s = rs_pg_sink_of(base);
	enum rs_rc rc = rs_pg_exec(&s->pg, "BEGIN", NULL, 0, NULL, err);

	if (rc == RS_OK)
		rc = withdraw_one(s, &m->id, err);
	if (rc == RS_OK && !withdraw)
		rc = insert(s, m, err);
	rs_step("event-deciding");
	return rs_pg_meta_end(&s->pg, rc, err);
}

enum rs_rc rs_pg_event_pass(struct rs_pg *pg, const struct rs_pg_sink *s, uint64_t event, struct rs_err *err)
{
	const struct rs_pg_number number = rs_pg_number_of(event);
	uint64_t passed = 0;
	enum rs_rc rc = rs_pg_exec(pg, "UPDATE dts.rds_sync_event SET passed=true WHERE task=$1 AND number=$2::bigint AND NOT passed",
	                           RS_PG_VALUES(s->task->id, number.text), &passed, err);

	if (rc != RS_OK || passed == 1)
		return rc;
	rs_err_set(err, RS_E_EVENT_GONE, _("what was decided about an event was withdrawn"));
	err->retry = RS_RETRY_NOW; /* what holds now is read again */
	return RS_FAIL;
}
