/* From nothing to a destination with every object made: the fence, the catalogue, the plan in the meta tables, the
 * objects. */
#include "engine/copy/start.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/copy/anchor.h"
#include "engine/copy/definitions.h"
#include "engine/follow/filter.h"
#include "engine/follow/xa.h"

/* ---------------------------------------------------------------- a catalogue that is valid at P0 */

struct ddl_watch {
	struct rs_engine *e;
	bool seen;
};

static const struct rs_table *no_table(void *arg, const char *db, const char *table)
{
	(void)arg;
	(void)db;
	(void)table;
	return NULL;
}

/* Any schema change of a database that is part of the task. */
static enum rs_rc watch_ddl(void *arg, const struct rs_change *c, struct rs_err *err)
{
	struct ddl_watch *w = arg;
	struct rs_sql_dialect dialect;
	struct rs_ddl d = {0};

	rs_engine_dialect(w->e, c->sql_mode, &dialect);
	enum rs_rc rc = rs_ddl_parse(&d, c->sql, c->sql_len, c->db, &dialect, err);
	if (rc == RS_OK && rs_stmt_is_schema_change(d.kind))
		for (size_t i = 0; i < d.n_refs; i++)
			w->seen = w->seen || rs_selection_includes_db(w->e->task->objects, d.refs[i].db);
	rs_ddl_release(&d);
	return rc;
}

/* The catalogue was read between P0 and `end`: it is what held at P0 only if nothing changed a schema in between. */
static enum rs_rc look_for_ddl(struct rs_engine *e, const struct rs_position *end, bool *seen, struct rs_err *err)
{
	struct ddl_watch watch = {e, false};
	struct rs_stream *stream = NULL;
	struct rs_change *c = NULL;
	bool reached = rs_position_compare(&e->meta.p0, end) >= 0 && e->meta.p0.file != NULL;
	enum rs_rc rc = RS_OK;

	if (!reached)
		rc = e->source->ops->stream(e->source, &e->meta.p0, &stream, err);
	if (stream != NULL) {
		stream->schema = (struct rs_stream_schema){no_table, watch_ddl, &watch, &e->catalog.collations};
		rs_engine_live(e, (void (*)(void *))stream->ops->cancel, stream);
	}
	while (rc == RS_OK && !reached && !watch.seen) {
		rc = stream->ops->next(stream, -1, &c, err);
		if (rc == RS_OK)
			reached = c->position.file != NULL && rs_position_compare(&c->position, end) >= 0;
		rs_change_free(c);
		c = NULL;
	}
	if (stream != NULL) {
		rs_engine_dead(e, stream);
		stream->ops->close(stream);
	}
	*seen = watch.seen;
	return rc;
}

static size_t n_tables_of(const struct rs_catalog *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++)
		n += c->objects[i].kind == RS_OBJECT_TABLE;
	return n;
}

/* Whether the tables of a catalogue are those of another one, and all the same. */
static bool has_same_tables(const struct rs_catalog *a, const struct rs_catalog *b)
{
	bool same = n_tables_of(a) == n_tables_of(b);

	for (size_t i = 0; same && i < a->count; i++) {
		const struct rs_object *o = &a->objects[i];
		const struct rs_object *p = o->kind == RS_OBJECT_TABLE ? rs_catalog_find(b, RS_OBJECT_TABLE, o->db, o->name) : o;
		same = p != NULL && (p == o || rs_table_same(o->schema, p->schema));
	}
	return same;
}

/* Where the log does not tell of schema changes: what was so before P0 and is so afterwards was so at P0. */
static enum rs_rc read_catalog_around_fence(struct rs_engine *e, struct rs_err *err)
{
	bool same = false;
	enum rs_rc rc = RS_OK;

	while (rc == RS_OK && !same && !rs_engine_stopping(e)) {
		struct rs_catalog before = {0};

		rs_catalog_release(&e->catalog);
		e->catalog = (struct rs_catalog){0};
		rc = e->source->ops->catalog(e->source, e->task->objects, &before, err);
		if (rc == RS_OK)
			rc = e->source->ops->fence(e->source, &e->meta.p0, err);
		if (rc == RS_OK)
			rc = e->source->ops->catalog(e->source, e->task->objects, &e->catalog, err);
		same = rc == RS_OK && has_same_tables(&before, &e->catalog);
		rs_catalog_release(&before);
	}
	return rc == RS_OK && !same ? RS_CANCELLED : rc;
}

enum rs_rc rs_start_read_catalog(struct rs_engine *e, struct rs_err *err)
{
	struct rs_position end = RS_POSITION_INIT;
	bool seen = true;
	enum rs_rc rc = RS_OK;

	if (!e->source->tells_schemas)
		return read_catalog_around_fence(e, err);
	while (rc == RS_OK && seen && !rs_engine_stopping(e)) {
		rs_catalog_release(&e->catalog);
		e->catalog = (struct rs_catalog){0};
		rc = e->source->ops->fence(e->source, &e->meta.p0, err);
		if (rc == RS_OK)
			rc = e->source->ops->catalog(e->source, e->task->objects, &e->catalog, err);
		if (rc == RS_OK)
			rc = e->source->ops->end(e->source, &end, err);
		if (rc == RS_OK)
			rc = look_for_ddl(e, &end, &seen, err);
	}
	rs_position_clear(&end);
	return rc == RS_OK && seen ? RS_CANCELLED : rc;
}

/* ---------------------------------------------------------------- what is there already */

static bool is_relation(enum rs_object_kind k) { return k == RS_OBJECT_TABLE || k == RS_OBJECT_VIEW; }

/* Databases may well be there, and so may types that are the same; triggers are made at the end. */
static bool must_not_exist(enum rs_object_kind k)
{
	return k != RS_OBJECT_DATABASE && k != RS_OBJECT_TRIGGER && k != RS_OBJECT_TYPE;
}

void rs_start_dest_name(const struct rs_engine *e, const struct rs_object *o, const char **db, const char **name)
{
	if (is_relation(o->kind)) {
		rs_selection_map_table(e->task->objects, o->db, o->name, db, name);
		return;
	}
	*db = rs_selection_map_db(e->task->objects, o->db);
	*name = o->kind == RS_OBJECT_DATABASE ? *db : o->name;
}

/* In a database that is not there nothing is: each is asked for once. dbs: by name, what was said of them. */
static enum rs_rc exists_in(struct rs_engine *e, struct rs_map *dbs, enum rs_object_kind kind, const char *db,
                            const char *name, bool *exists, struct rs_err *err)
{
	static char yes, no;
	const char *known = rs_map_get(dbs, db, strlen(db));

	if (known == NULL) {
		enum rs_rc rc = e->sink->ops->exists(e->sink, RS_OBJECT_DATABASE, db, db, exists, err);
		if (rc != RS_OK)
			return rc;
		known = *exists ? &yes : &no;
		rs_map_put(dbs, db, strlen(db), (void *)(uintptr_t)known);
	}
	*exists = false;
	return known == &yes ? e->sink->ops->exists(e->sink, kind, db, name, exists, err) : RS_OK;
}

enum rs_rc rs_start_check_existing(struct rs_engine *e, struct rs_map *dbs, const struct rs_object *o, bool *exists,
                                   struct rs_err *err)
{
	const char *db, *name;

	rs_start_dest_name(e, o, &db, &name);
	enum rs_rc rc = exists_in(e, dbs, o->kind, db, name, exists, err);
	if (rc != RS_OK)
		return rc;
	/* Made by us before the start was begun again; tables were dropped then. */
	bool ours = e->restarted && o->kind != RS_OBJECT_TABLE;
	if (*exists && !ours && e->task->sync.schema && e->task->sync.existing_tables == RS_EXISTING_CHECK) {
		rs_err_set(err, RS_E_DEST_TABLE_EXISTS, _("%s %s.%s exists at the destination already"),
		           rs_object_kind_name(o->kind), db, name);
		return rs_err_hint(err, _("rename or drop it there, map %s to another name, leave it out, or choose "
		                          "existing_tables = ignore"),
		                   o->name);
	}
	if (!*exists && !e->task->sync.schema && o->kind == RS_OBJECT_TABLE) {
		rs_err_set(err, RS_E_DEST_TABLE_MISSING, _("the table %s.%s is missing at the destination"), db, name);
		return rs_err_hint(err, _("create it there, or choose schema initialization"));
	}
	return RS_OK;
}

void rs_start_plan_table(struct rs_engine *e, const struct rs_object *o, bool exists)
{
	const bool cleared = exists && e->sink->has_schemas && e->task->sync.full && e->task->sync.existing_tables == RS_EXISTING_CLEAR;
	struct rs_meta_table meta = {
		.db = rs_xstrdup(o->db),
		.name = rs_xstrdup(o->name),
		.state = exists && !cleared ? RS_TABLE_CREATED : RS_TABLE_PLANNED,
		.old = cleared ? RS_OLD_REMOVE : RS_OLD_NONE,
		.ours = !exists,
		.schema = rs_table_ref(o->schema),
		.filter = rs_row_filter_text(e->task->objects, o->db, o->name),
	};
	struct rs_sync_table *t = rs_plan_add(e, &meta);

	pthread_mutex_lock(&e->stats.lock);
	t->stats->rows_total = o->schema->rows;
	t->stats->bytes_total = o->schema->bytes;
	rs_stats_changed(&e->stats, t->stats);
	pthread_mutex_unlock(&e->stats.lock);
}

/* There is nothing to make of them, and nothing to empty. */
static void plan_all(struct rs_engine *e)
{
	for (size_t i = 0; i < e->catalog.count; i++)
		if (e->catalog.objects[i].kind == RS_OBJECT_TABLE)
			rs_start_plan_table(e, &e->catalog.objects[i], true);
}

static enum rs_rc plan_tables(struct rs_engine *e, struct rs_err *err)
{
	struct rs_map dbs = RS_MAP_INIT;
	enum rs_rc rc = RS_OK;

	if (!e->sink->has_schemas) {
		plan_all(e);
		return RS_OK;
	}
	for (size_t i = 0; rc == RS_OK && i < e->catalog.count; i++) {
		const struct rs_object *o = &e->catalog.objects[i];
		bool exists = false;

		if (!must_not_exist(o->kind) || o->needed)
			continue;
		rc = rs_start_check_existing(e, &dbs, o, &exists, err);
		if (rc == RS_OK && o->kind == RS_OBJECT_TABLE)
			rs_start_plan_table(e, o, exists);
	}
	rs_map_release(&dbs, NULL);
	return rc;
}

static enum rs_rc save_plan(struct rs_engine *e, const struct rs_position *prepared, struct rs_err *err)
{
	struct rs_meta_table *metas = rs_xcalloc(e->n_tables + 1, sizeof *metas);
	char *identity = NULL;
	enum rs_rc rc = e->source->ops->identity(e->source, &identity, err);

	for (size_t i = 0; i < e->n_tables; i++)
		metas[i] = e->tables[i].meta;
	const struct rs_meta_start start = {.identity = identity, .p0 = &e->meta.p0, .prepared = prepared, .tables = metas,
	                                    .n_tables = e->n_tables};
	if (rc == RS_OK)
		rc = e->sink->ops->save_start(e->sink, &start, err);
	free(e->meta.source_identity);
	e->meta.source_identity = identity;
	free(metas);
	return rc;
}

enum rs_rc rs_phase_start(struct rs_engine *e, struct rs_err *err)
{
	struct rs_position prepared = RS_POSITION_INIT;

	rs_stats_note(&e->stats, "%s", _("reading the source's catalogue"));
	enum rs_rc rc = rs_start_read_catalog(e, err);

	if (rc == RS_OK)
		rc = plan_tables(e, err);
	if (rc == RS_OK)
		rc = rs_plan_check_names(e, err);
	if (rc == RS_OK)
		rc = rs_xa_wait_prepared(e, &prepared, err);
	if (rc == RS_OK)
		rc = save_plan(e, &prepared, err);
	rs_position_clear(&prepared);
	if (rc != RS_OK)
		return rc;
	e->meta.phase = RS_META_SCHEMA;
	rs_step("planned");
	return RS_OK;
}

/* ---------------------------------------------------------------- making the objects */

static void count_all(struct rs_engine *e, uint64_t total)
{
	pthread_mutex_lock(&e->stats.lock);
	e->stats.phases[RS_PHASE_SCHEMA].total = total;
	pthread_mutex_unlock(&e->stats.lock);
}

static enum rs_rc define_object(struct rs_engine *e, const struct rs_object *o, struct rs_err *err)
{
	char *sql = NULL, *db = NULL;
	enum rs_rc rc = rs_engine_object_statement(e, o, &sql, &db, err);

	if (rc == RS_OK && sql != NULL)
		rc = e->sink->ops->define(e->sink, &(struct rs_definition){.sql = sql,
		                                                           .db = o->kind == RS_OBJECT_DATABASE ? NULL : db,
		                                                           .sql_mode = o->sql_mode,
		                                                           .collation_connection = o->collation_connection,
		                                                           .time_zone = o->time_zone}, err);
	free(sql);
	free(db);
	return rc;
}

static enum rs_rc make_database(struct rs_engine *e, const struct rs_object *o, struct rs_err *err)
{
	const char *db = rs_selection_map_db(e->task->objects, o->db);
	bool exists = false;
	enum rs_rc rc = e->sink->ops->exists(e->sink, RS_OBJECT_DATABASE, db, db, &exists, err);

	return rc == RS_OK && !exists ? define_object(e, o, err) : rc;
}

static enum rs_rc make_databases(struct rs_engine *e, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < e->catalog.count && !rs_engine_stopping(e); i++) {
		if (e->catalog.objects[i].kind != RS_OBJECT_DATABASE)
			continue;
		rc = make_database(e, &e->catalog.objects[i], err);
		rs_engine_made(e);
	}
	return rc;
}

static bool is_code(enum rs_object_kind k)
{
	return k == RS_OBJECT_VIEW || k == RS_OBJECT_PROCEDURE || k == RS_OBJECT_FUNCTION || k == RS_OBJECT_EVENT;
}

static bool is_sequence(enum rs_object_kind k) { return k == RS_OBJECT_SEQUENCE; }

/* Of a source that shows them: what tables are made of, and what their defaults and constraints call. */
static bool is_type(enum rs_object_kind k) { return k == RS_OBJECT_TYPE; }

static bool is_routine(enum rs_object_kind k) { return k == RS_OBJECT_FUNCTION || k == RS_OBJECT_PROCEDURE; }

/* Views can be selected by name, as tables can; the rest comes with its database. */
static bool is_selected(const struct rs_engine *e, const struct rs_object *o)
{
	if (o->needed)
		return true;
	if (o->kind == RS_OBJECT_VIEW)
		return rs_selection_includes_table(e->task->objects, o->db, o->name);
	return rs_selection_whole_db(e->task->objects, o->db);
}

bool rs_start_is_code(const struct rs_engine *e, const struct rs_object *o) { return is_code(o->kind) && is_selected(e, o); }

/* However names are quoted. */
static bool is_same_statement(const char *a, const char *b)
{
	while (*a || *b) {
		a += strspn(a, "\"");
		b += strspn(b, "\"");
		if (*a != *b)
			return false;
		a += *a != '\0';
		b += *b != '\0';
	}
	return true;
}

static enum rs_rc other_type(struct rs_engine *e, const char *db, const char *name, const char *there, const char *wanted, struct rs_err *err)
{
	struct rs_err differs = RS_ERR_INIT;

	rs_err_set(&differs, RS_E_DEST_TABLE_EXISTS, _("the type %s.%s exists at the destination already, and is another one"), db, name);
	rs_err_detail(&differs, "%s\n%s", there, wanted);
	rs_err_hint(&differs, "%s", _("drop it there, or make it what it is at the source"));
	if (e->task->sync.existing_tables == RS_EXISTING_CHECK) {
		rs_err_move(err, &differs);
		return RS_FAIL;
	}
	rs_log_err(RS_LOG_WARN, name, &differs);
	rs_stats_problem(&e->stats, &differs, name, false);
	rs_err_clear(&differs);
	return RS_OK;
}

/* What is there is used as long as it is what the source has. */
static enum rs_rc compare_type(struct rs_engine *e, const struct rs_object *o, const char *db, const char *name, struct rs_err *err)
{
	char *wanted = NULL, *wanted_db = NULL, *there = NULL;
	enum rs_rc rc = rs_engine_object_statement(e, o, &wanted, &wanted_db, err);

	if (rc == RS_OK)
		rc = e->sink->ops->statement(e->sink, RS_OBJECT_TYPE, db, name, &there, err);
	if (rc == RS_EOF || (rc == RS_OK && !is_same_statement(there, wanted)))
		rc = other_type(e, db, name, there ? there : "-", wanted, err);
	free(wanted);
	free(wanted_db);
	free(there);
	return rc;
}

static enum rs_rc make_code(struct rs_engine *e, const struct rs_object *o, struct rs_err *err)
{
	const char *db, *name;
	bool exists = false;

	if (o->kind == RS_OBJECT_SEQUENCE && o->create_sql == NULL) /* its table makes it */
		return RS_OK;
	rs_start_dest_name(e, o, &db, &name);
	enum rs_rc rc = e->sink->ops->exists(e->sink, o->kind, db, name, &exists, err);
	if (rc == RS_OK && exists && o->kind == RS_OBJECT_TYPE)
		return compare_type(e, o, db, name, err);
	if (rc == RS_OK && !exists)
		rc = define_object(e, o, err);
	return rc == RS_OK && !exists && o->kind == RS_OBJECT_SEQUENCE ? rs_engine_sequence(e, o, err) : rc;
}

/* Views and functions use each other in any order: whatever fails is tried again as long as something else succeeds.
 * What is left then can't be made, and does not keep the tables from being synchronized; tells: it won't be tried again. */
static enum rs_rc make_all_code(struct rs_engine *e, bool (*of)(enum rs_object_kind k), bool tells, struct rs_err *err)
{
	bool *done = rs_xcalloc(e->catalog.count + 1, sizeof *done);
	bool progress = true, last = false;

	while (progress && !rs_engine_stopping(e)) {
		progress = false;
		for (size_t i = 0; i < e->catalog.count; i++) {
			const struct rs_object *o = &e->catalog.objects[i];
			struct rs_err failed = RS_ERR_INIT;

			if (done[i] || !of(o->kind) || !is_selected(e, o))
				continue;
			if (make_code(e, o, &failed) == RS_OK) {
				done[i] = progress = true;
				rs_engine_made(e);
			} else if (!rs_err_is_refusal(&failed) || failed.code == RS_E_DEST_TABLE_EXISTS) { /* that is for the user to decide */
				rs_err_move(err, &failed);
				free(done);
				return RS_FAIL;
			} else if (last && tells) {
				char *text = rs_xprintf("%s %s.%s", rs_object_kind_name(o->kind), o->db, o->name);
				rs_log_err(RS_LOG_WARN, text, &failed);
				rs_stats_problem(&e->stats, &failed, text, false);
				free(text);
			}
			rs_err_clear(&failed);
		}
		if (!progress && !last)
			progress = last = true;
		else if (last)
			break;
	}
	free(done);
	return RS_OK;
}

enum rs_rc rs_start_drop_table(struct rs_engine *e, const struct rs_sync_table *t, struct rs_err *err)
{
	return e->sink->ops->drop_table(e->sink, t->dest_db, t->dest_name, err);
}

/* The statements are the source's to tell, as it is now. Where a schema changed since P0 that is not what the stream
 * begins with: the tables, which are still empty, are dropped, and the start is begun again. */
static enum rs_rc begin_again(struct rs_engine *e, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (e->meta.anchored)
		return rs_anchor_again(e, err);
	for (size_t i = 0; rc == RS_OK && i < e->n_tables; i++)
		if (e->tables[i].meta.ours && e->tables[i].meta.state != RS_TABLE_PLANNED)
			rc = rs_start_drop_table(e, &e->tables[i], err);
	if (rc == RS_OK)
		rc = e->sink->ops->forget(e->sink, err);
	rs_plan_clear(e);
	rs_meta_task_clear(&e->meta);
	e->asked_epoch = 0; /* epochs are counted anew */
	if (rc == RS_OK)
		rc = rs_engine_attach(e, err);
	if (rc == RS_OK)
		rc = rs_objects_load(e, err);
	e->restarted = true;
	return rc == RS_OK ? rs_phase_start(e, err) : rc;
}

/* Whether the tables that the catalogue has are the planned ones, as they were planned. */
static bool is_as_planned(struct rs_engine *e)
{
	bool same = n_tables_of(&e->catalog) == e->n_tables;

	for (size_t i = 0; same && i < e->catalog.count; i++) {
		const struct rs_object *o = &e->catalog.objects[i];
		const struct rs_sync_table *t = o->kind == RS_OBJECT_TABLE ? rs_plan_find(e, o->db, o->name) : NULL;
		same = o->kind != RS_OBJECT_TABLE || (t != NULL && rs_table_same(o->schema, t->meta.schema));
	}
	return same;
}

static enum rs_rc reread_catalog(struct rs_engine *e, struct rs_err *err)
{
	struct rs_position end = RS_POSITION_INIT;
	bool seen = false;
	enum rs_rc rc = e->source->ops->catalog(e->source, e->task->objects, &e->catalog, err);

	if (rc == RS_OK && !e->source->tells_schemas)
		return is_as_planned(e) ? RS_OK : begin_again(e, err);
	if (rc == RS_OK)
		rc = e->source->ops->end(e->source, &end, err);
	if (rc == RS_OK)
		rc = look_for_ddl(e, &end, &seen, err);
	rs_position_clear(&end);
	return rc == RS_OK && seen ? begin_again(e, err) : rc;
}

static enum rs_rc make_objects(struct rs_engine *e, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (e->task->sync.schema && e->catalog.count == 0)
		rc = reread_catalog(e, err);
	count_all(e, e->catalog.count);
	if (rc == RS_OK)
		rc = rs_anchor_remove_old(e, err);
	if (rc == RS_OK && e->task->sync.schema)
		rc = make_databases(e, err);
	if (rc == RS_OK && e->task->sync.schema)
		rc = make_all_code(e, is_type, true, err);
	if (rc == RS_OK && e->task->sync.schema)
		rc = make_all_code(e, is_sequence, true, err); /* which columns may take their values from */
	if (rc == RS_OK && e->task->sync.schema && rs_engine_is_alike(e))
		rc = make_all_code(e, is_routine, false, err); /* as far as they need no table */
	if (rc == RS_OK && e->task->sync.schema)
		rc = rs_make_tables(e, err);
	if (rc == RS_OK && e->task->sync.schema)
		rc = make_all_code(e, is_code, true, err);
	if (rc == RS_OK && e->task->sync.schema && e->meta.anchored)
		rc = rs_definitions_bring(e, err);
	return rc;
}

enum rs_rc rs_phase_schema(struct rs_engine *e, struct rs_err *err)
{
	rs_stats_phase(&e->stats, RS_PHASE_SCHEMA, e->task->sync.schema ? RS_PHASE_RUNNING : RS_PHASE_OFF);
	rs_stats_note(&e->stats, "%s", _("making the objects at the destination"));
	enum rs_rc rc = e->sink->has_schemas ? make_objects(e, err) : RS_OK;
	if (rc == RS_OK && rs_engine_stopping(e))
		return RS_CANCELLED;
	if (rc == RS_OK)
		rc = e->sink->ops->save_phase(e->sink, RS_META_COPY, NULL, err);
	if (rc != RS_OK)
		return rc;
	e->meta.phase = RS_META_COPY;
	if (e->task->sync.schema)
		rs_stats_phase(&e->stats, RS_PHASE_SCHEMA, RS_PHASE_DONE);
	rs_step("schema-done");
	return RS_OK;
}
