#include "engine/core.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/ddl_translate.h"
#include "codec/gp_ddl.h"
#include "codec/pg_ddl.h"
#include "codec/pg_like.h"
#include "codec/pg_names.h"

enum rs_rc rs_settle_names(struct rs_task *task, const struct rs_source *source, bool destination_folds, struct rs_err *err)
{
	rs_selection_set_case(task->objects, rs_task_name_case(task, destination_folds));
	return source->folds_names ? rs_selection_fold_case(task->objects, err) : RS_OK;
}

void rs_engine_dialect(const struct rs_engine *e, uint64_t sql_mode, struct rs_sql_dialect *out)
{
	out->mariadb = strcmp(e->source->flavor, "mariadb") == 0;
	out->version = e->source->version;
	out->sql_mode = sql_mode;
}

/* By its name at the destination. */
static const char *first_timestamp(const struct rs_engine *e, const struct rs_table *made)
{
	for (size_t i = 0; i < made->n_columns; i++)
		if (made->columns[i].type == RS_T_TIMESTAMP) {
			const char *name = rs_selection_map_column(e->task->objects, made->db, made->name, made->columns[i].name);
			return name ? name : "";
		}
	return "";
}

static enum rs_rc translate(struct rs_engine *e, const struct rs_statement *s, const struct rs_ddl_result *named, char **out,
                            struct rs_err *err)
{
	struct rs_ddl_target target = {
		.from = *s->from,
		.to = {.mariadb = strcmp(e->sink->flavor, "mariadb") == 0, .version = e->sink->version, .sql_mode = s->from->sql_mode},
		.first_timestamp = s->made && e->source->implicit_timestamp ? first_timestamp(e, s->made) : NULL,
		.definer = RS_DEFINER_KEEP,
		.only_transactional = true,
		.disable_events = s->kind == RS_OBJECT_EVENT,
	};
	struct rs_translation t = {0};
	struct rs_ddl d = {0};
	enum rs_rc rc = rs_ddl_parse(&d, named->sql, named->len, named->db, s->from, err);

	if (rc == RS_OK)
		rc = rs_ddl_translate(&d, &target, &t, err);
	if (rc == RS_OK)
		*out = rs_xstrdup(t.sql);
	for (size_t i = 0; i < t.n_notes; i++)
		rs_log(t.notes[i].lossy ? RS_LOG_WARN : RS_LOG_INFO, "translated object=\"%s\" from=\"%s\" to=\"%s\"",
		       t.notes[i].object, t.notes[i].from, t.notes[i].to);
	rs_translation_release(&t);
	rs_ddl_release(&d);
	return rc;
}


bool rs_engine_renders(const struct rs_engine *e) { return e->sink->flavor != NULL && strcmp(e->sink->flavor, "postgresql") == 0; }

static enum rs_rc to_destination(struct rs_engine *e, const struct rs_statement *s, const struct rs_ddl_result *named, char **out,
                                 struct rs_err *err)
{
	if (e->sink->flavor != NULL)
		return translate(e, s, named, out, err);
	*out = rs_xstrndup(named->sql, named->len);
	return RS_OK;
}

enum rs_rc rs_engine_statement(struct rs_engine *e, const struct rs_statement *s, char **out, char **out_db, struct rs_err *err)
{
	const struct rs_ddl_map map = rs_ddl_map_selection(e->task->objects, e->beside);
	struct rs_ddl_result result = {0};
	struct rs_ddl d = {0};

	*out = NULL;
	*out_db = NULL;
	enum rs_rc rc = rs_ddl_parse(&d, s->sql, s->len, s->db, s->from, err);
	if (rc == RS_OK && e->source->lowers_names)
		rs_ddl_lower_names(&d);
	if (rc == RS_OK)
		rc = rs_ddl_rewrite(&d, &map, &result, err);
	if (rc == RS_OK && result.sql != NULL) {
		rc = to_destination(e, s, &result, out, err);
		*out_db = rs_xstrdup(result.db);
	}
	rs_ddl_result_release(&result);
	rs_ddl_release(&d);
	return rc;
}

uint64_t rs_statement_mode(const char *modes)
{
	uint64_t bits = 0;

	if (modes != NULL && strstr(modes, "ANSI_QUOTES") != NULL)
		bits |= RS_MODE_ANSI_QUOTES;
	if (modes != NULL && strstr(modes, "NO_BACKSLASH_ESCAPES") != NULL)
		bits |= RS_MODE_NO_BACKSLASH_ESCAPES;
	return bits;
}

enum rs_rc rs_engine_place(const struct rs_engine *e, const struct rs_table *t, struct rs_gp_table *out, struct rs_err *err)
{
	struct rs_table_fields said = RS_TABLE_FIELDS_INIT;
	const bool is_said = rs_task_fields_at_destination(e->task, t->db, t->name, &said);
	enum rs_rc rc = rs_gp_place(t, is_said ? &said : NULL, out, err);

	rs_table_fields_release(&said);
	return rc;
}

enum rs_rc rs_engine_put_create(const struct rs_engine *e, const struct rs_table *t, struct rs_buf *sql, struct rs_err *err)
{
	struct rs_gp_table placed = RS_GP_TABLE_INIT;
	enum rs_rc rc;

	if (!e->sink->spreads)
		return rs_pg_put_create(sql, t, "", err);
	rc = rs_engine_place(e, t, &placed, err);
	if (rc == RS_OK)
		rc = rs_pg_put_create(sql, placed.made, rs_buf_str(&placed.placement), err);
	rs_gp_table_release(&placed);
	return rc;
}

bool rs_engine_is_alike(const struct rs_engine *e) { return rs_engine_renders(e) && strcmp(e->source->flavor, e->sink->flavor) == 0; }

static void put_schema(const struct rs_engine *e, const struct rs_object *o, char **out_db, struct rs_buf *sql)
{
	*out_db = rs_xstrdup(rs_selection_map_db(e->task->objects, o->db));
	rs_buf_adds(sql, "CREATE SCHEMA ");
	rs_pg_put_ident(sql, *out_db);
}

/* As the source shows it, with the destination's names. What is in a function's body need not be there yet. */
static enum rs_rc render_alike(struct rs_engine *e, const struct rs_object *o, char **out, char **out_db, struct rs_err *err)
{
	const struct rs_ddl_map map = rs_ddl_map_selection(e->task->objects, e->beside);
	struct rs_buf sql = RS_BUF_INIT;
	enum rs_rc rc = RS_OK;

	if (o->kind == RS_OBJECT_DATABASE) {
		put_schema(e, o, out_db, &sql);
	} else if (o->kind == RS_OBJECT_TABLE) {
		rc = rs_pg_put_like(&sql, o, &map, e->sink->version, err);
	} else if (o->create_sql != NULL) {
		if (o->kind == RS_OBJECT_FUNCTION || o->kind == RS_OBJECT_PROCEDURE)
			rs_buf_adds(&sql, "SET LOCAL check_function_bodies = off; ");
		rs_pg_put_renamed(&sql, o->create_sql, &map, NULL, NULL);
	}
	if (*out_db == NULL)
		*out_db = rs_xstrdup(rs_selection_map_db(e->task->objects, o->db));
	*out = rc == RS_OK && sql.len > 0 ? rs_buf_take(&sql) : NULL;
	rs_buf_release(&sql);
	return rc;
}

char *rs_engine_part_statement(const struct rs_engine *e, const struct rs_object *o, const struct rs_part *p)
{
	const struct rs_ddl_map map = rs_ddl_map_selection(e->task->objects, e->beside);
	struct rs_buf sql = RS_BUF_INIT;

	if (!rs_pg_part_fits(p, o, &map))
		return NULL;
	rs_pg_put_part(&sql, p, o, &map);
	return rs_buf_take(&sql);
}

/* Of what is no table nothing is made. */
static enum rs_rc render(struct rs_engine *e, const struct rs_object *o, char **out, char **out_db, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	const char *db, *name;
	enum rs_rc rc = RS_OK;

	if (o->kind == RS_OBJECT_DATABASE) {
		put_schema(e, o, out_db, &sql);
	} else if (o->kind == RS_OBJECT_TABLE) {
		rs_selection_map_table(e->task->objects, o->db, o->name, &db, &name);
		struct rs_table *t = rs_plan_mirror(e, o->schema, db, name);
		rc = rs_engine_put_create(e, t, &sql, err);
		*out_db = rs_xstrdup(db);
		rs_table_unref(t);
	}
	*out = rc == RS_OK && sql.len > 0 ? rs_buf_take(&sql) : NULL;
	rs_buf_release(&sql);
	return rc;
}

enum rs_rc rs_engine_object_statement(struct rs_engine *e, const struct rs_object *o, char **out, char **out_db,
                                      struct rs_err *err)
{
	struct rs_sql_dialect dialect;

	*out = NULL;
	*out_db = NULL;
	if (rs_engine_is_alike(e))
		return render_alike(e, o, out, out_db, err);
	if (rs_engine_renders(e))
		return render(e, o, out, out_db, err);
	if (o->create_sql == NULL)
		return rs_err_set(err, RS_E_SOURCE_PREREQ, _("the source does not show how %s %s.%s is made"),
		                  rs_object_kind_name(o->kind), o->db, o->name);
	rs_engine_dialect(e, rs_statement_mode(o->sql_mode), &dialect);
	const struct rs_statement statement = {o->create_sql, strlen(o->create_sql), o->db, &dialect, o->kind, NULL};
	return rs_engine_statement(e, &statement, out, out_db, err);
}

enum rs_rc rs_engine_sequence(struct rs_engine *e, const struct rs_object *o, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	const char *db, *name;

	if (o->next == NULL)
		return RS_OK;
	rs_selection_map_table(e->task->objects, o->db, o->name, &db, &name);
	if (rs_engine_renders(e)) {
		rs_pg_put_advance(&sql, db, name, strtoll(o->next, NULL, 10));
	} else {
		rs_buf_adds(&sql, "DO SETVAL(");
		rs_quote_table(&sql, db, name);
		rs_buf_addf(&sql, ", %lld, 0)", strtoll(o->next, NULL, 10));
	}
	enum rs_rc rc = e->sink->ops->define(e->sink, &(struct rs_definition){.sql = rs_buf_str(&sql)}, err);
	rs_buf_release(&sql);
	return rc;
}
