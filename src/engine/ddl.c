/* Schema changes at the destination, exactly once: the intent is noted with what the objects look like, the statement
 * executed without a time limit, and done noted together with the position and the new schemas. */
#include "engine/filter.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"

static const char *name_of(const char *key) { return key + strlen(key) + 1; }

/* ---------------------------------------------------------------- the tables afterwards */

static void remove_table(struct rs_engine *e, const char *db, const char *name)
{
	struct rs_sync_table *t = rs_plan_find(e, db, name);

	if (t == NULL)
		return;
	rs_route_free(t->route);
	t->route = NULL;
	t->meta.state = RS_TABLE_GONE;
}

/* A table that was made by the stream is complete from its first row on. */
static struct rs_sync_table *put_table(struct rs_engine *e, const struct rs_table *schema)
{
	struct rs_sync_table *t = rs_plan_find(e, schema->db, schema->name);

	if (t == NULL) {
		struct rs_meta_table meta = {.db = rs_xstrdup(schema->db), .name = rs_xstrdup(schema->name), .ours = true};
		t = rs_plan_add(e, &meta);
	}
	rs_table_unref(t->meta.schema);
	t->meta.schema = rs_table_ref(schema);
	t->meta.state = RS_TABLE_COPIED;
	free(t->meta.filter);
	t->meta.filter = rs_row_filter_text(e->task->objects, schema->db, schema->name);
	return t;
}

static void update_plan(struct rs_engine *e, const struct rs_ddl_item *item)
{
	for (size_t i = 0; i < item->n_dropped; i++)
		remove_table(e, item->dropped[i], name_of(item->dropped[i]));
	for (size_t i = 0; i < item->n_changed; i++)
		put_table(e, item->changed[i]);
}

static enum rs_rc route_changed(struct rs_engine *e, const struct rs_ddl_item *item, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < item->n_changed; i++) {
		struct rs_sync_table *t = rs_plan_find(e, item->changed[i]->db, item->changed[i]->name);
		if (t != NULL)
			rc = rs_plan_route(e, t, err);
		/* A table whose making was not selected is no part of the task. */
		if (rc == RS_FAIL && item->sql == NULL && err->code == RS_E_DEST_TABLE_MISSING) {
			rs_err_clear(err);
			t->meta.state = RS_TABLE_GONE;
			rc = RS_OK;
		}
	}
	rs_plan_cascades(e);
	return rc;
}

static enum rs_rc note_done(struct rs_engine *e, const struct rs_change *c, const struct rs_ddl_item *item,
                            bool in_transaction, struct rs_err *err)
{
	size_t n = item->n_changed + item->n_dropped;
	struct rs_meta_table *metas = rs_xcalloc(n + 1, sizeof *metas);
	size_t used = 0;

	for (size_t i = 0; i < item->n_dropped; i++) {
		struct rs_sync_table *t = rs_plan_find(e, item->dropped[i], name_of(item->dropped[i]));
		if (t != NULL && t->meta.state == RS_TABLE_GONE)
			metas[used++] = t->meta;
	}
	for (size_t i = 0; i < item->n_changed; i++) {
		struct rs_sync_table *t = rs_plan_find(e, item->changed[i]->db, item->changed[i]->name);
		if (t != NULL)
			metas[used++] = t->meta;
	}
	/* Inside of a transaction (CREATE TABLE … SELECT of MySQL 8) there is no position to come back to but its begin. */
	enum rs_rc rc = e->sink->ops->ddl_done(e->sink, in_transaction ? NULL : &c->position, c->timestamp, metas, used, err);
	free(metas);
	return rc;
}

/* ---------------------------------------------------------------- executing */

static enum rs_rc fingerprint(struct rs_engine *e, const struct rs_ddl_item *item, char **out, struct rs_err *err)
{
	return e->sink->ops->fingerprint(e->sink, (const char *const *)item->names, item->n_names / 2, out, err);
}

/* The server said no, so that nothing was done: whatever the user then changes there must not look like our doing. */
static enum rs_rc failed(struct rs_engine *e, const struct rs_ddl_item *item, struct rs_err *err)
{
	struct rs_err ignored = RS_ERR_INIT;

	if (err->retry != RS_RETRY_NEVER)
		return RS_FAIL;
	if (e->sink->ops->ddl_abandon(e->sink, &ignored) != RS_OK)
		rs_err_clear(&ignored);
	if (e->task->sync.on_ddl_error == RS_DDL_CONTINUE) {
		rs_journal(e, RS_LOG_WARN, err, "a schema change failed, and is left out");
		rs_stats_problem(&e->stats, err, NULL, false);
		rs_err_clear(err);
		return RS_OK;
	}
	struct rs_err cause = RS_ERR_INIT;
	rs_err_move(&cause, err);
	rs_err_set(err, RS_E_DDL_FAILED, _("a schema change failed at the destination"));
	err->native = cause.native;
	rs_err_detail(err, "%s", cause.primary ? cause.primary : "");
	rs_err_detail(err, "%s", cause.detail ? cause.detail : "");
	rs_err_detail(err, "%.2000s", item->sql);
	rs_err_clear(&cause);
	return rs_err_hint(err, _("mend the destination so that the statement can be executed there and resume the task, or set "
	                          "on_ddl_error = continue to go on without it"));
}

/* The statement is executed at the time and in the time zone of the source's session: rows that are there already get
 * what CURRENT_TIMESTAMP was then, and times that it names mean the same moments. */
static enum rs_rc define(struct rs_engine *e, const struct rs_change *c, const struct rs_ddl_item *item, const char *sql,
                         struct rs_err *err)
{
	struct rs_definition d = {.sql = sql, .db = item->db, .sql_mode = item->sql_mode, .time_zone = c->time_zone,
	                          .now = c->timestamp * RS_USEC_PER_SEC + c->microseconds};
	char *offset = NULL;
	enum rs_rc rc = RS_OK;

	if (d.time_zone != NULL && strchr("+-", d.time_zone[0]) == NULL)
		rc = e->source->ops->zone_offset(e->source, d.time_zone, c->timestamp, &offset, err);
	if (rc == RS_OK && offset != NULL && strcmp(d.time_zone, "SYSTEM") == 0)
		d.time_zone = offset;
	d.time_offset = offset;
	if (rc == RS_OK)
		rc = e->sink->ops->define(e->sink, &d, err);
	free(offset);
	return rc;
}

static enum rs_rc run_intended(struct rs_engine *e, const struct rs_change *c, const struct rs_ddl_item *item,
                               const char *sql, struct rs_err *err)
{
	rs_usec start = rs_clock_mono();

	rs_log(RS_LOG_INFO, "schema change statement=\"%.500s\"", sql);
	enum rs_rc rc = define(e, c, item, sql, err);
	rs_log(RS_LOG_INFO, "schema change done usec=%lld", (long long)(rs_clock_mono() - start));
	rs_step("ddl-executed");
	return rc == RS_OK ? RS_OK : failed(e, item, err);
}

static enum rs_rc execute(struct rs_engine *e, const struct rs_change *c, const struct rs_ddl_item *item,
                          struct rs_err *err)
{
	struct rs_meta_ddl intent = {.sql = item->sql, .repeatable = item->repeatable};
	char *before = NULL, *mark = NULL;
	enum rs_rc rc = RS_OK;

	if (item->kind == RS_STMT_RENAME_TABLE)
		rc = e->sink->ops->rename_mark(e->sink, &mark, err);
	char *sql = rs_xprintf("%s%s", item->sql, mark ? mark : "");
	if (rc == RS_OK)
		rc = fingerprint(e, item, &before, err);
	intent.fingerprint = before;
	intent.position = c->position;
	if (rc == RS_OK)
		rc = e->sink->ops->ddl_intend(e->sink, &intent, err);
	rs_step("ddl-intended");
	if (rc == RS_OK)
		rc = run_intended(e, c, item, sql, err);
	free(before);
	free(mark);
	free(sql);
	return rc;
}

/* The intent that a crash left was of this very statement: whether it had been executed is told by what the objects look
 * like now. */
static enum rs_rc was_executed(struct rs_engine *e, const struct rs_change *c, const struct rs_ddl_item *item, bool *yes,
                               struct rs_err *err)
{
	struct rs_meta_ddl pending = {0};
	char *now = NULL;
	enum rs_rc rc = e->sink->ops->ddl_pending(e->sink, &pending, err);

	*yes = false;
	if (rc == RS_EOF)
		return RS_OK;
	if (rc == RS_OK && strcmp(pending.sql, item->sql) == 0 && rs_position_compare(&pending.position, &c->position) == 0) {
		rc = fingerprint(e, item, &now, err);
		*yes = rc == RS_OK && !item->repeatable && strcmp(now, pending.fingerprint) != 0 &&
		       !rs_defect_active(RS_DEFECT_DDL_TWICE);
	}
	free(now);
	rs_meta_ddl_clear(&pending);
	return rc;
}

static enum rs_rc stop_at(const struct rs_change *c, const struct rs_ddl_item *item, struct rs_err *err)
{
	rs_err_copy(err, &item->error);
	if (c->position.file != NULL)
		rs_err_detail(err, "at %s:%llu of the source's log", c->position.file, (unsigned long long)c->position.offset);
	return RS_FAIL;
}

enum rs_rc rs_engine_settle_doubt(struct rs_engine *e, const struct rs_change *c, struct rs_err *err)
{
	struct rs_ddl_item *item = c->attached;
	bool only = false;

	if (!item->doubtful)
		return RS_OK;
	enum rs_rc rc = e->source->ops->changes_only(e->source, (const char *const *)item->names, item->n_names / 2, c->sql,
	                                             c->sql_len, &only, err);
	if (rc == RS_OK && only) {
		rs_err_clear(&item->error);
		item->ignore = true;
	}
	return rc;
}

enum rs_rc rs_engine_apply_ddl(struct rs_engine *e, const struct rs_change *c, bool in_transaction, struct rs_err *err)
{
	const struct rs_ddl_item *item = c->attached;
	bool executed = false;
	enum rs_rc rc = RS_OK;

	if (rs_err_is_set(&item->error))
		return stop_at(c, item, err);
	if (item->ignore)
		return RS_OK;
	if (item->sql != NULL)
		rc = was_executed(e, c, item, &executed, err);
	if (rc == RS_OK && item->sql != NULL && !executed)
		rc = execute(e, c, item, err);
	if (rc != RS_OK)
		return rc;
	update_plan(e, item);
	if (item->sql == NULL)
		rc = route_changed(e, item, err);
	if (rc == RS_OK)
		rc = note_done(e, c, item, in_transaction, err);
	rs_step("ddl-done");
	if (rc == RS_OK && item->sql != NULL)
		rc = route_changed(e, item, err);
	pthread_mutex_lock(&e->stats.lock);
	e->stats.ddls++;
	pthread_mutex_unlock(&e->stats.lock);
	return rc;
}
