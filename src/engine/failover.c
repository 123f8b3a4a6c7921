/* The guard at the source's address: the server that the task began with, or one that carries its log on. Files and
 * offsets of the other server mean nothing there, so only ids are kept, of the position and of what is ahead of it, and
 * the marks that would be compared with places of the old log must have been passed. */
#include "engine/core.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

/* ---------------------------------------------------------------- what can go on elsewhere */

static bool passed(const struct rs_meta_task *m, const struct rs_position *mark)
{
	return mark->file == NULL || (m->position.file != NULL && rs_position_compare(&m->position, mark) >= 0);
}

static bool passed_all(const struct rs_engine *e)
{
	bool all = passed(&e->meta, &e->meta.p1);

	for (size_t i = 0; all && i < e->n_tables; i++)
		all = passed(&e->meta, &e->tables[i].meta.exact) && passed(&e->meta, &e->tables[i].meta.overlap);
	return all;
}

/* What the log does not tell a comparison can, once there is something to compare. */
static enum rs_rc refuse(const struct rs_engine *e, const char *now, const char *why, struct rs_err *err)
{
	rs_err_set(err, RS_E_CONN_WRONG_SERVER, _("another server answers at the source's address"));
	rs_err_detail(err, _("expected %s, found %s"), e->meta.source_identity, now);
	if (e->side != NULL || e->meta.phase < RS_META_COPY) {
		rs_err_hint(err, "%s", why);
		if (e->side != NULL)
			rs_side_hint_resync(e->side, err);
		return RS_FAIL;
	}
	return rs_err_hint(err, _("%s; \"rds-sync reanchor --force %s\" takes this one for the source, compares all tables with it and "
	                          "repairs what differs: the destination loses all that it does not have"), why, e->task->name);
}

/* Whether a schema change was made is found out when the new server's log comes to it, which it is known in by its id. */
static enum rs_rc undecided(struct rs_engine *e, char **intended, struct rs_err *err)
{
	struct rs_meta_ddl pending = {0};
	enum rs_rc rc = e->sink->ops->ddl_pending(e->sink, &pending, err);

	if (rc == RS_OK)
		*intended = rs_xstrdup(pending.position.gtid);
	if (rc == RS_OK && pending.position.gtid == NULL) {
		rs_err_set(err, RS_E_DDL_UNDECIDED, _("another server has taken the source's place while a schema change was being made"));
		rs_err_detail(err, "%s", pending.sql);
		rs_err_hint(err, _("whether it was made can't be told by another server's log: synchronize the task anew"));
		rc = RS_FAIL;
	}
	rs_meta_ddl_clear(&pending);
	return rc == RS_EOF ? RS_OK : rc;
}

/* *intended: the ids up to a schema change of which it is not known whether it was made; NULL: there is none. malloc'ed */
static enum rs_rc can_move(struct rs_engine *e, const char *now, char **intended, struct rs_err *err)
{
	const struct rs_meta_task *m = &e->meta;

	if (m->phase < RS_META_COPY)
		return refuse(e, now, _("the task has hardly begun: it goes on only with the server that it began with, or is released "
		                        "and started again"), err);
	if (m->phase != RS_META_FOLLOW || !rs_position_is_set(&m->position) || !passed_all(e))
		return refuse(e, now, _("the task has not come to the end of its copy yet, and no log tells what was read for that: it "
		                        "goes on only with the server that it began with"), err);
	if (m->position.gtid == NULL)
		return refuse(e, now, _("without GTIDs the task goes on only with the server that it began with"), err);
	if (!rs_ahead_is_named(&m->ahead))
		return refuse(e, now, _("an earlier version of the program ended in the middle of transactions that were applied beside "
		                        "each other, which it noted without their ids: the task goes on only with the server that it "
		                        "began with"), err);
	return undecided(e, intended, err);
}

/* ---------------------------------------------------------------- moving */

static void tell(struct rs_engine *e, const char *before, const char *now)
{
	struct rs_err news = RS_ERR_INIT;

	rs_err_set(&news, RS_E_SOURCE_CHANGED, _("another server has taken the source's place; it has everything that was applied"));
	rs_err_detail(&news, _("before: %s; now: %s; applied: %s"), before, now, e->meta.position.gtid);
	if (rs_ahead_count(&e->meta.ahead) > 0)
		rs_err_detail(&news, _("transactions behind that which are applied as well: %zu"), rs_ahead_count(&e->meta.ahead));
	rs_journal(e, RS_LOG_WARN, &news, "the source is another server");
	rs_stats_problem(&e->stats, &news, NULL, false);
	rs_err_clear(&news);
}

/* What the process has noted in places of the old log. changed: has room for all tables; those whose rows in the meta tables
 * must be written anew. */
static size_t forget_places(struct rs_engine *e, const struct rs_meta_table **changed)
{
	struct rs_meta_task *m = &e->meta;
	size_t n = 0;

	rs_position_set_clear(&m->ahead.places);
	rs_position_set_file(&m->position, NULL, 0);
	rs_position_set_log(&m->position, NULL);
	rs_position_clear(&m->p1);
	for (size_t i = 0; i < e->n_tables; i++) {
		struct rs_meta_table *t = &e->tables[i].meta;
		rs_position_clear(&t->exact);
		if (rs_position_is_set(&t->overlap) || rs_position_is_set(&t->defaulted))
			changed[n++] = t;
		rs_position_clear(&t->overlap);
		rs_position_clear(&t->defaulted);
	}
	rs_position_clear(&e->target);
	e->copied_now = false;
	return n;
}

static enum rs_rc save(struct rs_engine *e, const char *now, struct rs_err *err)
{
	const struct rs_meta_table **changed = rs_xcalloc(e->n_tables + 1, sizeof *changed);
	size_t n = forget_places(e, changed);
	enum rs_rc rc = e->sink->ops->save_source(e->sink, now, &e->meta, changed, n, err);

	free(changed);
	return rc;
}

static enum rs_rc move(struct rs_engine *e, const char *now, struct rs_err *err)
{
	char *intended = NULL;
	struct rs_meta_task *m = &e->meta;
	enum rs_rc rc = can_move(e, now, &intended, err);

	if (rc == RS_OK)
		rc = e->source->ops->succeed(e->source, &m->position, m->position_time, &m->ahead.ids, intended, err);
	free(intended);
	if (rc != RS_OK)
		return rc;
	rs_step("failover-decided");
	rc = save(e, now, err);
	rs_step("failover-saved");
	if (rc != RS_OK)
		return rc;
	tell(e, e->meta.source_identity, now);
	free(e->meta.source_identity);
	e->meta.source_identity = rs_xstrdup(now);
	return RS_OK;
}

enum rs_rc rs_engine_guard_source(struct rs_engine *e, struct rs_err *err)
{
	char *now = NULL;

	if (e->meta.source_identity == NULL)
		return RS_OK;
	enum rs_rc rc = e->source->ops->identity(e->source, &now, err);
	if (rc == RS_OK && strcmp(now, e->meta.source_identity) != 0)
		rc = move(e, now, err);
	free(now);
	return rc;
}

/* ---------------------------------------------------------------- a log that goes on elsewhere under the same name */

/* Up to where something is in the destination. */
static void furthest(const struct rs_meta_task *m, struct rs_position *out)
{
	rs_position_copy(out, rs_position_is_set(&m->position) ? &m->position : &m->p0);
	for (size_t i = 0; i < m->ahead.places.n; i++) {
		const struct rs_position_file *f = &m->ahead.places.files[i];

		if (f->n > 0 && f->offsets[f->n - 1] > out->offset)
			out->offset = f->offsets[f->n - 1];
	}
}

static void tell_moved(struct rs_engine *e)
{
	struct rs_err news = RS_ERR_INIT;

	rs_err_set(&news, RS_E_SOURCE_CHANGED, _("another server has taken the source's place; it has everything that was applied"));
	rs_journal(e, RS_LOG_WARN, &news, "the source is another server");
	rs_stats_problem(&e->stats, &news, NULL, false);
	rs_err_clear(&news);
}

/* What was read for the copy may be nowhere in the log of the one that took over. */
enum rs_rc rs_engine_guard_log(struct rs_engine *e, struct rs_err *err)
{
	struct rs_position at = RS_POSITION_INIT;
	bool moved = false;
	enum rs_rc rc = RS_OK;

	furthest(&e->meta, &at);
	if (e->source->ops->carries != NULL && rs_position_is_set(&at))
		rc = e->source->ops->carries(e->source, &at, &moved, err);
	rs_position_clear(&at);
	if (rc != RS_OK || !moved)
		return rc;
	if (e->meta.phase != RS_META_FOLLOW || !passed_all(e)) {
		rs_err_set(err, RS_E_SOURCE_DIVERGED, _("a standby has taken the source's place before the copy was complete"));
		return rs_err_hint(err, _("no log tells what was read for it"));
	}
	tell_moved(e);
	return RS_OK;
}
