/* Letting go of a task: triggers are made at the destination, which was kept free of them while their work arrived in
 * the rows, its sequences and AUTO_INCREMENT go on where the source's were, and everything of ours is removed from both
 * servers. */
#include "engine/core.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"

static enum rs_rc make_trigger(struct rs_engine *e, const struct rs_object *o, struct rs_err *err)
{
	struct rs_sql_dialect dialect;
	char *sql = NULL, *db = NULL;
	bool exists = false;
	enum rs_rc rc = e->sink->ops->exists(e->sink, RS_OBJECT_TRIGGER, rs_selection_map_db(e->task->objects, o->db), o->name,
	                                     &exists, err);

	if (rc != RS_OK || exists || o->create_sql == NULL)
		return rc;
	rs_engine_dialect(e, 0, &dialect);
	const struct rs_statement statement = {o->create_sql, strlen(o->create_sql), o->db, &dialect, o->kind, NULL};
	rc = rs_engine_statement(e, &statement, &sql, &db, err);
	if (rc == RS_OK && sql != NULL)
		rc = e->sink->ops->define(e->sink, &(struct rs_definition){.sql = sql, .db = db, .sql_mode = o->sql_mode,
		                                                           .collation_connection = o->collation_connection}, err);
	free(sql);
	free(db);
	return rc;
}

/* One that is not there was made later, is of a kind that the destination lacks, or was dropped by somebody. */
static enum rs_rc advance_sequence(struct rs_engine *e, const struct rs_object *o, struct rs_err *err)
{
	const char *db, *name;
	bool exists = false;

	rs_selection_map_table(e->task->objects, o->db, o->name, &db, &name);
	enum rs_rc rc = e->sink->ops->exists(e->sink, RS_OBJECT_SEQUENCE, db, name, &exists, err);
	return rc == RS_OK && exists ? rs_engine_sequence(e, o, err) : rc;
}

static enum rs_rc raise_counter(struct rs_engine *e, const struct rs_object *o, struct rs_err *err)
{
	const struct rs_sync_table *t = rs_plan_find(e, o->db, o->name);
	struct rs_sql_dialect dialect;
	uint64_t next = 0;
	bool exists = false;

	if (t == NULL || t->meta.state != RS_TABLE_COPIED || o->create_sql == NULL)
		return RS_OK;
	rs_engine_dialect(e, 0, &dialect);
	enum rs_rc rc = rs_ddl_counter(o->create_sql, strlen(o->create_sql), &dialect, &next, err);
	if (rc == RS_OK && next > 1)
		rc = e->sink->ops->exists(e->sink, RS_OBJECT_TABLE, t->dest_db, t->dest_name, &exists, err);
	return rc == RS_OK && exists ? e->sink->ops->raise_counter(e->sink, t->dest_db, t->dest_name, next, err) : rc;
}

/* A table's part that its rows had to come without. What the destination does not take is told, and what is there already was made
 * before: neither keeps the rest from being made. */
static enum rs_rc make_part(struct rs_engine *e, const struct rs_object *o, const struct rs_part *p, struct rs_err *err)
{
	char *sql = rs_engine_part_statement(e, o, p), *what = rs_xprintf("%s.%s: %s", o->db, o->name, p->name);
	struct rs_err failed = RS_ERR_INIT;
	enum rs_rc rc = RS_OK;

	if (sql == NULL)
		rs_log(RS_LOG_WARN, "not-made part=\"%s\" reason=\"what it is about is no part of the task\"", what);
	else
		rc = e->sink->ops->define(e->sink, &(struct rs_definition){.sql = sql}, &failed);
	if (rc != RS_OK && !rs_err_is_refusal(&failed)) {
		rs_err_move(err, &failed);
	} else if (rc != RS_OK) {
		if (strcmp(failed.sqlstate, "42710") != 0) {
			rs_log_err(RS_LOG_WARN, what, &failed);
			rs_stats_problem(&e->stats, &failed, what, false);
		}
		rc = RS_OK;
	}
	rs_err_clear(&failed);
	free(sql);
	free(what);
	return rc;
}

static enum rs_rc make_parts(struct rs_engine *e, const struct rs_object *o, struct rs_err *err)
{
	const struct rs_sync_table *t = rs_plan_find(e, o->db, o->name);
	enum rs_rc rc = RS_OK;

	if (t == NULL || t->meta.state != RS_TABLE_COPIED || !t->meta.ours || !e->task->sync.schema)
		return RS_OK;
	for (size_t i = 0; rc == RS_OK && i < o->n_parts; i++)
		if (o->parts[i].kind == RS_PART_RELEASE)
			rc = make_part(e, o, &o->parts[i], err);
	return rc;
}

static enum rs_rc cut_over(struct rs_engine *e, const struct rs_object *o, struct rs_err *err)
{
	if (o->kind == RS_OBJECT_TABLE)
		return o->n_parts > 0 ? make_parts(e, o, err) : raise_counter(e, o, err);
	if (!e->task->sync.schema || !(o->needed || rs_selection_whole_db(e->task->objects, o->db)))
		return RS_OK;
	if (o->kind == RS_OBJECT_TRIGGER && e->task->sync.triggers == RS_TRIGGERS_CUT_OVER)
		return make_trigger(e, o, err);
	return o->kind == RS_OBJECT_SEQUENCE ? advance_sequence(e, o, err) : RS_OK;
}

static enum rs_rc cut_all_over(struct rs_engine *e, struct rs_err *err)
{
	rs_catalog_release(&e->catalog);
	e->catalog = (struct rs_catalog){0};
	enum rs_rc rc = e->source->ops->catalog(e->source, e->task->objects, &e->catalog, err);

	for (size_t i = 0; rc == RS_OK && i < e->catalog.count; i++)
		rc = cut_over(e, &e->catalog.objects[i], err);
	return rc;
}

enum rs_rc rs_phase_release(struct rs_engine *e, struct rs_err *err)
{
	enum rs_rc rc = rs_phase_catch_up(e, err);

	rs_stats_note(&e->stats, "%s", _("releasing the task"));
	if (rc == RS_OK && e->sink->has_schemas)
		rc = e->sink->ops->build_indexes(e->sink, err); /* of a copy that was not finished */
	if (rc == RS_OK && e->sink->has_schemas)
		rc = cut_all_over(e, err);
	if (rc == RS_OK)
		rc = e->source->ops->release(e->source, err);
	if (rc == RS_OK)
		rc = e->sink->ops->forget(e->sink, err);
	return rc;
}
