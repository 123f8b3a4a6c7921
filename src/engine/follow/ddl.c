/* Schema changes at the destination, exactly once: the intent is noted with what the objects look like, the statement
 * executed without a time limit, and done noted together with the position and the new schemas. */
#include "engine/follow/failing.h"
#include "engine/follow/filter.h"
#include "engine/follow/online.h"
#include "engine/follow/overlap.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/gtid.h"

static const char *name_of(const char *key) { return key + strlen(key) + 1; }

/* ---------------------------------------------------------------- the tables afterwards */

/* Whether it was a table whose columns need not all be at the destination. */
static bool remove_table(struct rs_engine *e, const char *db, const char *name)
{
	struct rs_sync_table *t = rs_plan_find(e, db, name);

	rs_plan_not_absent(e, db, name);
	if (t == NULL)
		return false;
	rs_route_free(t->route);
	t->route = NULL;
	rs_meta_online_free(t->meta.online);
	t->meta.online = NULL;
	t->meta.state = RS_TABLE_GONE;
	rs_stats_dropped(&e->stats, t->stats);
	return t->meta.loose;
}

/* A table that was made by the stream is complete from its first row on. */
static struct rs_sync_table *put_table(struct rs_engine *e, const struct rs_table *schema, const struct rs_position *defaulted)
{
	struct rs_sync_table *t = rs_plan_find(e, schema->db, schema->name);

	if (t == NULL) {
		struct rs_meta_table meta = {.db = rs_xstrdup(schema->db), .name = rs_xstrdup(schema->name), .ours = true};
		t = rs_plan_add(e, &meta);
	}
	t->stats = rs_stats_table(&e->stats, t->meta.db, t->meta.name, t->dest_db, t->dest_name);
	rs_table_unref(t->meta.schema);
	t->meta.schema = rs_table_ref(schema);
	t->meta.state = RS_TABLE_COPIED;
	free(t->meta.filter);
	t->meta.filter = rs_row_filter_text(e->task->objects, schema->db, schema->name);
	if (defaulted->file != NULL)
		rs_position_copy(&t->meta.defaulted, defaulted);
	return t;
}

/* Who is loose stays so under a new name. */
static void update_plan(struct rs_engine *e, const struct rs_ddl_item *item, bool loose)
{
	for (size_t i = 0; i < item->n_dropped; i++)
		loose = remove_table(e, item->dropped[i], name_of(item->dropped[i])) || loose;
	for (size_t i = 0; i < item->n_changed; i++) {
		struct rs_sync_table *t = put_table(e, item->changed[i], &item->defaulted);
		t->meta.loose = t->meta.loose || loose;
	}
	rs_online_take(e, item);
}

/* optional: a table that is not at the destination is no part of the task. */
static enum rs_rc route_changed(struct rs_engine *e, const struct rs_ddl_item *item, bool optional, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < item->n_changed; i++) {
		struct rs_sync_table *t = rs_plan_find(e, item->changed[i]->db, item->changed[i]->name);
		if (t != NULL)
			rc = rs_plan_route(e, t, err);
		if (rc == RS_FAIL && optional && err->code == RS_E_DEST_TABLE_MISSING) {
			rs_err_clear(err);
			rs_route_free(t->route); /* of before: nothing is to be carried out there any more */
			t->route = NULL;
			t->meta.state = RS_TABLE_GONE;
			rs_stats_dropped(&e->stats, t->stats);
			rc = RS_OK;
		}
	}
	rs_plan_cascades(e);
	return rc;
}

static enum rs_rc note_done(struct rs_engine *e, const struct rs_change *c, const struct rs_ddl_item *item,
                            bool in_transaction, uint64_t event, struct rs_err *err)
{
	size_t n = item->n_changed + item->n_dropped + item->n_online;
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
	used += rs_online_put(e, item, metas + used);
	/* Inside of a transaction (CREATE TABLE … SELECT of MySQL 8) there is no position to come back to but its begin. */
	enum rs_rc rc = e->sink->ops->ddl_done(e->sink, in_transaction ? NULL : &c->position, c->timestamp, &e->meta.ahead, metas, used,
	                                       event, err);
	free(metas);
	return rc;
}

/* ---------------------------------------------------------------- executing */

static enum rs_rc fingerprint(struct rs_engine *e, const struct rs_ddl_item *item, char **out, struct rs_err *err)
{
	return e->sink->ops->fingerprint(e->sink, (const char *const *)item->names, item->n_names / 2, out, err);
}

static void tell_failed(const struct rs_ddl_item *item, struct rs_err *err)
{
	struct rs_err cause = RS_ERR_INIT;

	rs_err_move(&cause, err);
	rs_err_set(err, RS_E_DDL_FAILED, _("a schema change failed at the destination"));
	err->native = cause.native;
	rs_err_detail(err, "%s", cause.primary ? cause.primary : "");
	rs_err_detail(err, "%s", cause.detail ? cause.detail : "");
	if (err->detail == NULL || strstr(err->detail, item->sql) == NULL)
		rs_err_detail(err, "%.2000s", item->sql);
	rs_err_clear(&cause);
}

/* The server said no, so that nothing was done: whatever the user then changes there must not look like our doing. What the
 * user put in its place is not passed over by itself. RS_EOF: the task is to go on without it; err is set. */
static enum rs_rc failed(struct rs_engine *e, const struct rs_change *c, const struct rs_ddl_item *item, struct rs_err *err)
{
	struct rs_err ignored = RS_ERR_INIT;
	bool own = item == c->attached;

	if (err->retry != RS_RETRY_NEVER)
		return RS_FAIL;
	if (e->sink->ops->ddl_abandon(e->sink, &ignored) != RS_OK)
		rs_err_clear(&ignored);
	if (e->task->sync.on_ddl_error == RS_DDL_CONTINUE && own)
		return RS_EOF;
	rs_stats_failing(&e->stats, rs_failing_of_statement(NULL, c, item->sql));
	tell_failed(item, err);
	return rs_err_hint(err, _("mend the destination so that the statement can be executed there and resume the task; \"rds-sync event "
	                          "show %s\" has the other ways"), rs_engine_task_name(e));
}

/* The statement is executed at the time and in the time zone of the source's session: rows that are there already get
 * what CURRENT_TIMESTAMP was then, and times that it names mean the same moments. */
static enum rs_rc define(struct rs_engine *e, const struct rs_change *c, const struct rs_ddl_item *item, const char *sql,
                         struct rs_err *err)
{
	struct rs_definition d = {.sql = sql, .db = item->db, .sql_mode = item->sql_mode, .time_zone = item->time_zone ? item->time_zone : c->time_zone,
	                          .now = c->timestamp * RS_USEC_PER_SEC + c->microseconds, .gtid = c->gtid,
	                          .server_id = c->server_id};
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
	return rc == RS_OK ? RS_OK : failed(e, c, item, err);
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

/* Another server may have taken the source's place since: then its place is another, but not its id. */
static bool is_intended(const struct rs_meta_ddl *pending, const struct rs_change *c, const struct rs_ddl_item *item)
{
	if (strcmp(pending->sql, item->sql) != 0)
		return false;
	if (pending->position.gtid != NULL && c->gtid != NULL)
		return rs_gtid_set_ends_with(pending->position.gtid, c->gtid);
	return rs_position_compare(&pending->position, &c->position) == 0;
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
	if (rc == RS_OK && is_intended(&pending, c, item)) {
		rc = fingerprint(e, item, &now, err);
		*yes = rc == RS_OK && !item->repeatable && strcmp(now, pending.fingerprint) != 0 &&
		       !rs_defect_active(RS_DEFECT_DDL_TWICE);
	}
	free(now);
	rs_meta_ddl_clear(&pending);
	return rc;
}

/* Where rows would be missing or too many for ever, or come to another table's, there is nothing to decide. */
static bool can_be_decided(const struct rs_err *err)
{
	return err->code != RS_E_FILTER_SCHEMA && err->code != RS_E_MAPPING && rs_failing_is_final(err);
}

static enum rs_rc stop_at(struct rs_engine *e, const struct rs_change *c, const struct rs_inside *inside, struct rs_err *err)
{
	const struct rs_ddl_item *item = c->attached;
	char place[RS_POSITION_SHOWN];

	if (can_be_decided(&item->error))
		rs_stats_failing(&e->stats, rs_failing_of_statement(inside, c, NULL));
	rs_err_copy(err, &item->error);
	if (c->position.file != NULL)
		rs_err_detail(err, _("at %s of the source's log"), rs_position_show(&c->position, place));
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

static enum rs_rc execute_once(struct rs_engine *e, const struct rs_change *c, const struct rs_ddl_item *item, struct rs_err *err)
{
	bool executed = false;
	enum rs_rc rc = item->sql != NULL ? was_executed(e, c, item, &executed, err) : RS_OK;

	return rc == RS_OK && item->sql != NULL && !executed ? execute(e, c, item, err) : rc;
}

/* item: what was done, in place of or as the source's statement. */
static void count(struct rs_engine *e, const struct rs_change *c, const struct rs_ddl_item *item, rs_usec began)
{
	const char *sql = item->sql != NULL ? item->sql : c->sql;
	size_t len = item->sql != NULL ? strlen(item->sql) : c->sql_len;

	rs_stats_ddl(&e->stats, sql, len, item->sql == NULL, rs_clock_mono() - began);
}

/* ---------------------------------------------------------------- what the destination refuses */

static void name_gone(const struct rs_sync_table *t, struct rs_buf *out)
{
	rs_buf_addf(out, _("%s.%s is not at the destination, and is not synchronized any more; "), t->meta.db, t->meta.name);
}

static void name_left_out(const struct rs_route *r, struct rs_buf *out)
{
	for (size_t i = 0; i < r->source->n_columns; i++)
		if (r->columns[i] < 0 && !r->source->columns[i].generated)
			rs_buf_addf(out, _("%s.%s: the destination has no column %s, which is left out; "), r->source->db, r->source->name,
			            r->source->columns[i].name);
}

/* What the source's tables have now that the destination's have not. */
static char *consequences(struct rs_engine *e, const struct rs_ddl_item *item)
{
	struct rs_buf out = RS_BUF_INIT;

	for (size_t i = 0; i < item->n_changed; i++) {
		const struct rs_sync_table *t = rs_plan_find(e, item->changed[i]->db, item->changed[i]->name);
		if (t != NULL && t->meta.state == RS_TABLE_GONE)
			name_gone(t, &out);
		else if (t != NULL && t->route != NULL)
			name_left_out(t->route, &out);
	}
	return rs_buf_take(&out);
}

static void note_absent(struct rs_engine *e, const struct rs_ddl_item *item)
{
	for (size_t i = 0; i < item->n_changed; i++) {
		const struct rs_sync_table *t = rs_plan_find(e, item->changed[i]->db, item->changed[i]->name);
		if (t != NULL && t->meta.state == RS_TABLE_GONE)
			rs_plan_absent(e, item->changed[i]);
	}
}

static void loosen(struct rs_engine *e, const struct rs_ddl_item *item)
{
	for (size_t i = 0; i < item->n_changed; i++) {
		struct rs_sync_table *t = rs_plan_find(e, item->changed[i]->db, item->changed[i]->name);
		if (t != NULL)
			t->meta.loose = true;
	}
}

/* A table that the destination does not have is no part of the task any more; of one that lacks columns they are left out. */
static enum rs_rc route_without(struct rs_engine *e, const struct rs_ddl_item *item, struct rs_err *err)
{
	struct rs_err misfit = RS_ERR_INIT;

	update_plan(e, item, false);
	enum rs_rc rc = route_changed(e, item, true, &misfit);
	if (rc == RS_FAIL && misfit.code == RS_E_DEST_COLUMN) {
		rs_err_clear(&misfit);
		loosen(e, item);
		rc = route_changed(e, item, true, &misfit);
	}
	if (rc == RS_OK)
		note_absent(e, item);
	else
		rs_err_move(err, &misfit);
	return rc;
}

static void hint_left_out(struct rs_engine *e, const struct rs_ddl_item *item, struct rs_err *why)
{
	struct rs_buf tables = RS_BUF_INIT;
	char *more = consequences(e, item);

	for (size_t i = 0; *more && i < item->n_changed; i++)
		rs_buf_addf(&tables, " %s.%s", item->changed[i]->db, item->changed[i]->name);
	if (*more)
		rs_err_hint(why, _("%sonce the destination is mended \"rds-sync table resync %s%s\" copies it anew"), more, rs_engine_task_name(e),
		            rs_buf_str(&tables));
	rs_buf_release(&tables);
	free(more);
}

/* Told before it is passed: a crash in between tells it twice. */
static enum rs_rc go_on_without(struct rs_engine *e, const struct rs_change *c, bool in_transaction, struct rs_err *why,
                                struct rs_err *err)
{
	const struct rs_ddl_item *item = c->attached;
	enum rs_rc rc = route_without(e, item, err);

	if (rc != RS_OK)
		return rc;
	hint_left_out(e, item, why);
	rs_journal(e, RS_LOG_WARN, why, "a schema change failed, and is left out");
	rs_stats_problem(&e->stats, why, NULL, false);
	rc = note_done(e, c, item, in_transaction, 0, err);
	rs_step("ddl-done");
	return rc;
}

static enum rs_rc apply(struct rs_engine *e, const struct rs_change *c, bool in_transaction, struct rs_err *err)
{
	const struct rs_ddl_item *item = c->attached;
	rs_usec began = rs_clock_mono();
	enum rs_rc rc = execute_once(e, c, item, err);

	if (rc == RS_EOF) {
		struct rs_err why = RS_ERR_INIT;
		rs_err_move(&why, err);
		rc = go_on_without(e, c, in_transaction, &why, err);
		rs_err_clear(&why);
		return rc;
	}
	if (rc != RS_OK)
		return rc;
	update_plan(e, item, false);
	if (item->sql == NULL)
		rc = route_changed(e, item, true, err);
	if (rc == RS_OK)
		rc = note_done(e, c, item, in_transaction, 0, err);
	rs_step("ddl-done");
	if (rc == RS_OK && item->sql != NULL)
		rc = route_changed(e, item, false, err);
	count(e, c, item, began);
	return rc;
}

/* ---------------------------------------------------------------- what was decided in its place */

static enum rs_rc apply_decided(struct rs_engine *e, const struct rs_change *c, const struct rs_meta_event *v, struct rs_err *err)
{
	const struct rs_ddl_item *of = c->attached;
	struct rs_ddl_item item;

	if (rs_err_is_set(&of->error) && of->error.retry != RS_RETRY_NEVER) {
		rs_err_copy(err, &of->error);
		return RS_FAIL;
	}
	enum rs_rc rc = rs_decision_statement(e, v, of, c, &item, err);

	if (rc != RS_OK && rs_failing_is_final(err))
		rs_stats_failing(&e->stats, rs_failing_of_statement(NULL, c, v->sql));
	rs_usec began = rs_clock_mono();
	if (rc == RS_OK)
		rc = execute_once(e, c, &item, err);
	if (rc == RS_OK) {
		update_plan(e, &item, true);
		rc = route_changed(e, &item, true, err);
	}
	if (rc == RS_OK)
		note_absent(e, &item);
	rs_step("event-deciding-ddl");
	if (rc == RS_OK)
		rc = note_done(e, c, &item, false, v->number, err);
	rs_step("event-passed-ddl");
	if (rc == RS_OK) {
		char *more = consequences(e, &item);
		count(e, c, &item, began);
		rs_decision_passed(e, v, more);
		free(more);
	}
	rs_decision_statement_release(&item);
	return rc;
}

enum rs_rc rs_engine_leave_out(struct rs_engine *e, const struct rs_change *c, struct rs_err *err)
{
	const struct rs_ddl_item *item = c->attached;

	rs_lookout_schema(&e->verifier.lookout);
	update_plan(e, item, true);
	enum rs_rc rc = route_changed(e, item, true, err);
	if (rc != RS_OK)
		return rc;
	note_absent(e, item);
	return note_done(e, c, item, true, 0, err);
}

static void tell_what_left(struct rs_engine *e, const struct rs_change *c, const struct rs_ddl_item *item)
{
	struct rs_err err = RS_ERR_INIT;

	rs_err_set(&err, RS_E_SOURCE_TABLE_GONE, _("the table %s was renamed to a name that is not selected, and is no longer followed"), item->left);
	rs_err_detail(&err, "%.*s", (int)(c->sql_len < 1000 ? c->sql_len : 1000), c->sql);
	rs_journal(e, RS_LOG_WARN, &err, "a table has left the task");
	rs_stats_problem(&e->stats, &err, item->left, false);
	rs_err_clear(&err);
}

static enum rs_rc apply_statement(struct rs_engine *e, const struct rs_change *c, const struct rs_inside *inside,
                                  struct rs_err *err)
{
	const struct rs_ddl_item *item = c->attached;
	enum rs_rc rc = apply(e, c, inside != NULL, err);

	if (rc == RS_OK && item->left != NULL)
		tell_what_left(e, c, item);
	return rc;
}

/* ---------------------------------------------------------------- among the rows */

static enum rs_rc refused_in_place(const struct rs_ddl_item *item, struct rs_err *err)
{
	if (err->retry != RS_RETRY_NEVER)
		return RS_FAIL;
	tell_failed(item, err);
	return rs_err_hint(err, _("mend the destination so that the statement can be executed there, and resume the task; where the source alone "
	                          "knows the values, release the task and synchronize the table anew"));
}

/* The new route, and what is kept of the table, are in force with the transaction: where that fails all is read back. */
static enum rs_rc settle_in_place(struct rs_engine *e, const struct rs_ddl_item *item, struct rs_applier *applier, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < item->n_changed; i++) {
		struct rs_sync_table *t = rs_plan_find(e, item->changed[i]->db, item->changed[i]->name);
		const struct rs_table *dest = NULL;

		rc = applier->ops->table(applier, t->dest_db, t->dest_name, &dest, err);
		if (rc == RS_OK)
			rc = rs_plan_route_to(e, t, dest, err);
		if (rc == RS_OK)
			rc = applier->ops->note_table(applier, &t->meta, err);
	}
	rs_plan_cascades(e);
	return rc;
}

enum rs_rc rs_engine_change_in_place(struct rs_engine *e, const struct rs_change *c, struct rs_applier *applier, struct rs_err *err)
{
	const struct rs_ddl_item *item = c->attached;
	const rs_usec began = rs_clock_mono();
	enum rs_rc rc = RS_OK;

	if (rs_err_is_set(&item->error)) {
		rs_err_copy(err, &item->error);
		return RS_FAIL;
	}
	rc = rs_overlap_check(e, c, err);
	rs_lookout_schema(&e->verifier.lookout);
	if (rc == RS_OK && item->sql != NULL) {
		rs_log(RS_LOG_INFO, "schema change statement=\"%.500s\"", item->sql);
		rc = applier->ops->change(applier, item->sql, err);
		rs_step("ddl-executed");
		rc = rc == RS_FAIL ? refused_in_place(item, err) : rc;
	}
	if (rc == RS_OK) {
		update_plan(e, item, false);
		rc = settle_in_place(e, item, applier, err);
	}
	rs_step("ddl-done");
	if (rc == RS_OK)
		count(e, c, item, began);
	rs_lookout_schema(&e->verifier.lookout);
	return rc;
}

/* A log that makes tables and drops them for years must not fill the plan. */
static void forget_gone(struct rs_engine *e, const struct rs_ddl_item *item)
{
	for (size_t i = 0; i < item->n_dropped; i++)
		rs_plan_forget(e, item->dropped[i], name_of(item->dropped[i]));
	for (size_t i = 0; i < item->n_changed; i++)
		rs_plan_forget(e, item->changed[i]->db, item->changed[i]->name);
}

/* Whoever looks at both sides must take neither what is under way for a difference, nor old schemas for new ones. */
enum rs_rc rs_engine_apply_ddl(struct rs_engine *e, const struct rs_change *c, const struct rs_inside *inside,
                               struct rs_err *err)
{
	const struct rs_ddl_item *item = c->attached;
	const struct rs_meta_event *v = inside ? NULL : rs_decision_on_statement(e, NULL, c);

	if (v == NULL && rs_err_is_set(&item->error))
		return stop_at(e, c, inside, err);
	enum rs_rc rc = v == NULL ? rs_overlap_check(e, c, err) : RS_OK;
	if (rc != RS_OK || (v == NULL && item->ignore))
		return rc;
	rs_lookout_schema(&e->verifier.lookout);
	rc = v != NULL ? apply_decided(e, c, v, err) : apply_statement(e, c, inside, err);
	rs_lookout_schema(&e->verifier.lookout);
	if (rc == RS_OK && inside == NULL)
		forget_gone(e, item);
	return rc;
}
