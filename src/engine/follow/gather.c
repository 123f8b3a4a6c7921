/* From items to transactions: complete ones are kept until there is a batch; one that is too large to be gathered is
 * applied as it arrives; what the source rolls back is dropped, or undone. */
#include "engine/follow/filter.h"
#include "engine/follow/follow.h"
#include "engine/objects/bond.h"

#include "base/i18n.h"
#include "base/mem.h"

/* ---------------------------------------------------------------- items */

static void keep(struct rs_follow *f, struct rs_change *c)
{
	RS_GROW(f->items, f->n_items, f->cap_items);
	f->items[f->n_items++] = c;
	f->bytes += c->bytes;
}

/* Everything that was gathered is whole transactions. */
static void complete(struct rs_follow *f)
{
	if (f->n_items > f->complete_items && f->items[f->complete_items]->kind == RS_CHANGE_BEGIN)
		f->items[f->complete_items]->n_events = f->n_events;
	f->complete_items = f->n_items;
	f->complete_bytes = f->bytes;
}

static void drop_items(struct rs_follow *f, size_t from)
{
	while (f->n_items > from) {
		struct rs_change *last = f->items[--f->n_items];
		f->bytes -= last->bytes;
		rs_change_free(last);
	}
}

static void reach(struct rs_follow *f, const struct rs_change *c)
{
	rs_position_copy(&f->reached, &c->position);
	if (c->timestamp > 0)
		f->reached_time = c->timestamp;
	f->news = c->timestamp > 0;
}

/* The open transaction is large: what was gathered of it is sent, and the rest window by window. Its first statement moves
 * the position to where it already is; the end is written with the commit. */
static enum rs_rc start_streaming(struct rs_follow *f, struct rs_err *err)
{
	enum rs_rc rc = rs_follow_flush(f, false, err);

	if (rc == RS_OK)
		rc = rs_follow_begin_streaming(f, err);
	return rc == RS_OK ? rs_follow_send_window(f, err) : rc;
}

static enum rs_rc on_rows(struct rs_follow *f, struct rs_change *c, struct rs_err *err)
{
	c->ordinal = f->n_events + 1;
	f->n_events += c->n_rows;
	keep(f, c);
	if (f->bytes - f->complete_bytes > rs_follow_window_bytes(f))
		return f->streaming ? rs_follow_send_window(f, err) : start_streaming(f, err);
	return RS_OK;
}

/* Of rows that are filtered what they come to: several items, one or none. */
static enum rs_rc on_filtered(struct rs_follow *f, struct rs_change *c, struct rs_err *err)
{
	const struct rs_row_filter *filter = NULL;
	struct rs_change **parts = NULL;
	size_t n = 0;

	if (rs_filter_of(f->e, c, &filter, err) != RS_OK) {
		rs_change_free(c);
		return RS_FAIL;
	}
	if (filter == NULL)
		return on_rows(f, c, err);
	enum rs_rc rc = rs_filter_change(filter, c, &parts, &n, err);
	for (size_t i = 0; i < n; i++) {
		if (rc == RS_OK)
			rc = on_rows(f, parts[i], err);
		else
			rs_change_free(parts[i]);
	}
	free(parts);
	return rc;
}

/* An XA transaction that was not prepared but committed at once needs no storing: it is one like any other. */
static enum rs_rc commit_at_once(struct rs_follow *f, const struct rs_change *c, struct rs_err *err)
{
	if (!f->streaming && f->n_items > f->complete_items)
		f->items[f->complete_items]->xid = NULL;
	if (!rs_xa_is_open(&f->body))
		return RS_OK;
	enum rs_rc rc = rs_xa_close(&f->body, err);

	return rc == RS_OK ? rs_xa_replay(f->lanes[0].applier, c->xid, rs_lane_apply_stored, &f->lanes[0], err) : rc;
}

static enum rs_rc commit_streaming(struct rs_follow *f, const struct rs_change *c, struct rs_err *err)
{
	enum rs_rc rc = rs_follow_send_window(f, err);

	if (rc == RS_OK && c->xid != NULL)
		rc = commit_at_once(f, c, err);
	if (rc == RS_OK)
		rc = rs_follow_end_streaming(f, err);
	if (rc == RS_OK)
		rs_follow_count(f, RS_SERIAL_LARGE, 1);
	return rc;
}

/* Of a transaction with nothing for us in it only the position counts. */
static enum rs_rc commit_gathered(struct rs_follow *f, struct rs_change *c, struct rs_err *err)
{
	enum rs_rc rc = c->xid != NULL ? commit_at_once(f, c, err) : RS_OK;

	if (f->n_items == f->complete_items + 1) {
		drop_items(f, f->complete_items);
		rs_change_free(c);
		return rc;
	}
	keep(f, c);
	complete(f);
	return rc;
}

static enum rs_rc on_commit(struct rs_follow *f, struct rs_change *c, struct rs_err *err)
{
	reach(f, c);
	f->open = false;
	if (!f->streaming)
		return commit_gathered(f, c, err);
	enum rs_rc rc = commit_streaming(f, c, err);
	rs_change_free(c);
	return rc;
}

/* PREPARE ends what began, COMMIT and ROLLBACK stand alone. */
static enum rs_rc on_xa(struct rs_follow *f, struct rs_change *c, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	reach(f, c);
	f->open = false;
	if (!f->streaming) {
		keep(f, c);
		complete(f);
		return RS_OK;
	}
	rc = rs_follow_send_window(f, err);
	if (rc == RS_OK)
		rc = rs_lane_send_one(&f->lanes[0], c, err);
	rs_change_free(c);
	return rc == RS_OK ? rs_follow_end_streaming(f, err) : rc;
}

static void back_to(struct rs_follow *f, const struct rs_undo_point *point)
{
	f->lanes[0].anomalies = point->anomalies;
	f->lanes[0].n_passed = point->n_passed;
	if (rs_xa_is_open(&f->body))
		rs_xa_back_to(&f->body, &point->body);
	rs_undo_back_to(&f->undo, point);
}

/* Rows that the source undid: nothing of them may stay. */
static enum rs_rc on_rollback(struct rs_follow *f, const struct rs_change *c)
{
	if (f->streaming) {
		f->lanes[0].applier->ops->rollback(f->lanes[0].applier);
		back_to(f, &f->undo.points[0]);
	}
	rs_xa_abandon(&f->body);
	f->streaming = f->open = false;
	drop_items(f, f->complete_items);
	reach(f, c);
	return RS_OK;
}

/* ---------------------------------------------------------------- savepoints */

static const struct rs_ddl_item *savepoint_of(const struct rs_change *c)
{
	const struct rs_ddl_item *item = c->kind == RS_CHANGE_DDL ? c->attached : NULL;

	return item != NULL && item->savepoint != NULL ? item : NULL;
}

static enum rs_rc unsure(const char *name, struct rs_err *err)
{
	rs_err_set(err, RS_E_DDL_UNKNOWN, _("ROLLBACK TO a savepoint of which it can't be told which one it is"));
	return rs_err_detail(err, "%s", name);
}

/* Servers log a savepoint only where something was changed before it: one that is not known is the begin, the first
 * item of those that are not complete. */
static enum rs_rc find_savepoint(const struct rs_follow *f, const char *name, size_t *at, struct rs_err *err)
{
	*at = f->complete_items + 1;
	for (size_t i = f->n_items; i > f->complete_items; i--) {
		const struct rs_ddl_item *item = savepoint_of(f->items[i - 1]);
		enum rs_undo_match match = item != NULL ? rs_undo_match(item->savepoint, name) : RS_UNDO_OTHER;
		if (match == RS_UNDO_OTHER)
			continue;
		*at = i;
		return match == RS_UNDO_SAME ? RS_OK : unsure(name, err);
	}
	return RS_OK;
}

static enum rs_rc undo_to(struct rs_follow *f, const char *name, struct rs_err *err)
{
	const struct rs_undo_point *point;
	enum rs_rc rc = RS_OK;
	size_t at;

	if (!f->streaming) {
		rc = find_savepoint(f, name, &at, err);
		if (rc == RS_OK)
			drop_items(f, at);
		return rc;
	}
	drop_items(f, 0); /* whatever was not sent yet came after the last savepoint */
	point = rs_undo_find(&f->undo, name);
	if (point == NULL)
		return unsure(name, err);
	rc = f->lanes[0].applier->ops->undo(f->lanes[0].applier, point->number, err);
	back_to(f, point);
	return rc;
}

/* Tables without transactions are no concern: what was changed in them stands in the log before, on its own. */
static enum rs_rc on_savepoint(struct rs_follow *f, struct rs_change *c, struct rs_err *err)
{
	const struct rs_ddl_item *item = savepoint_of(c);
	enum rs_rc rc = RS_OK;

	if (f->open && item->kind == RS_STMT_SAVEPOINT && !f->streaming) {
		keep(f, c);
		return RS_OK;
	}
	if (f->open && item->kind == RS_STMT_SAVEPOINT) {
		rc = rs_follow_send_window(f, err);
		if (rc == RS_OK)
			rc = rs_follow_set_savepoint(f, c, err);
	} else if (f->open) {
		rc = undo_to(f, item->savepoint, err);
	}
	rs_change_free(c);
	return rc;
}

/* A statement that stands inside of a transaction, and about which was decided: what is done in its place is done there. */
static bool is_decided_inside(const struct rs_follow *f, const struct rs_change *c)
{
	return f->open && c->attached != NULL && rs_decision_on_statement(f->e, &f->begun, c) != NULL;
}

static enum rs_rc on_decided_inside(struct rs_follow *f, struct rs_change *c, struct rs_err *err)
{
	const struct rs_ddl_item *item = c->attached;
	enum rs_rc rc = RS_OK;

	if (item->n_changed > 0 && !f->streaming)
		rc = rs_follow_flush(f, true, err);
	if (rc == RS_OK && item->n_changed > 0)
		rc = rs_engine_leave_out(f->e, c, err);
	keep(f, c);
	return rc;
}

/* Its transaction is applied as it arrives from here on: what is before it goes the old way, what is behind it the new one. */
static enum rs_rc change_in_place(struct rs_follow *f, const struct rs_change *c, struct rs_err *err)
{
	enum rs_rc rc = f->streaming ? rs_follow_send_window(f, err) : start_streaming(f, err);

	if (rc == RS_OK)
		rc = rs_engine_change_in_place(f->e, c, f->lanes[0].applier, err);
	if (rc == RS_OK)
		rs_position_copy(&f->schema_changed, &c->position);
	return rc;
}

static enum rs_rc on_ddl(struct rs_follow *f, const struct rs_change *c, struct rs_err *err)
{
	const struct rs_ddl_item *item = c->attached;

	if (item != NULL && item->in_place)
		return change_in_place(f, c, err);
	enum rs_rc rc = item ? rs_engine_settle_doubt(f->e, c, err) : RS_OK;

	if (rc == RS_OK && item != NULL && item->n_bonds > 0)
		rc = rs_bond_await(f, c, err);
	if (rc != RS_OK || f->renew || f->joined)
		return rc;
	if (item == NULL || (item->ignore && !rs_err_is_set(&item->error))) {
		if (!f->open)
			reach(f, c);
		return RS_OK;
	}
	/* What stands inside of a transaction stops the task; one that is streaming is not committed for that. */
	if (!f->streaming)
		rc = rs_follow_flush(f, true, err);
	if (rc == RS_OK)
		rc = rs_engine_apply_ddl(f->e, c, f->open ? &f->begun : NULL, err);
	if (rc == RS_OK)
		rs_position_copy(&f->schema_changed, &c->position);
	if (rc == RS_OK && !f->open) {
		reach(f, c);
		rs_follow_saved(f, &f->reached, f->reached_time);
	}
	return rc;
}

static void on_idle(struct rs_follow *f)
{
	struct rs_stats *s = &f->e->stats;

	pthread_mutex_lock(&s->lock);
	s->caught_up = true;
	rs_stats_lag(s, 0);
	pthread_mutex_unlock(&s->lock);
}

/* ---------------------------------------------------------------- what is there already */

static bool is_ahead(struct rs_follow *f, const struct rs_change *c, const struct rs_position *inside)
{
	if (f->n_ahead == 0 || !rs_ahead_has(&f->e->meta.ahead, inside, c->gtid))
		return false;
	f->n_ahead--;
	return true;
}

static void pass(struct rs_follow *f, const struct rs_change *c)
{
	reach(f, c);
	rs_position_copy(&f->ahead_end, &c->position);
	f->open = f->skipping = false;
}

/* The end of a prepared transaction: a lane brought it in this place (xa_pair.c). */
static bool is_finished(struct rs_follow *f, const struct rs_change *c)
{
	struct rs_position inside = c->position; /* borrowed */

	if (inside.offset > 0)
		inside.offset--;
	if (!is_ahead(f, c, &inside))
		return false;
	pass(f, c);
	return true;
}

/* Another server has said that its log has them all, and all that it had then was read. */
static enum rs_rc lacks_ahead(const struct rs_follow *f, struct rs_err *err)
{
	struct rs_buf ids = RS_BUF_INIT;

	if (f->n_ahead == 0 || f->e->meta.ahead.places.n > 0 || f->reached.file == NULL)
		return RS_OK;
	rs_position_set_text(&f->e->meta.ahead.ids, &ids);
	rs_err_set(err, RS_E_SOURCE_DIVERGED, _("the server that took over lacks transactions that the destination has"));
	rs_err_detail(err, "%.1000s", rs_buf_str(&ids));
	rs_buf_release(&ids);
	return RS_FAIL;
}

/* The destination has the open transaction: a lane brought it before others were done. */
static void skip(struct rs_follow *f, struct rs_change *c)
{
	if (c->kind == RS_CHANGE_COMMIT || c->kind == RS_CHANGE_XA_PREPARE)
		pass(f, c);
	rs_change_free(c);
}

static enum rs_rc on_begin(struct rs_follow *f, struct rs_change *c, struct rs_err *err)
{
	f->open = true;
	f->n_events = 0;
	rs_inside_set(&f->begun, c);
	f->skipping = is_ahead(f, c, &c->position);
	enum rs_rc rc = f->skipping ? RS_OK : lacks_ahead(f, err);
	if (f->skipping || rc != RS_OK)
		rs_change_free(c);
	else
		keep(f, c);
	return rc;
}

/* Wherever that comes from, a position that does not belong to its ids or a source that was put back: what was done there is
 * not done twice. Up to the copy's end a position's ids may be more than what was read (position.h). */
static enum rs_rc came_before(const struct rs_follow *f, const struct rs_change *c, struct rs_err *err)
{
	const struct rs_position *from = &f->e->consistent_from;
	char place[RS_POSITION_SHOWN];

	if (!c->again || (from->file != NULL && rs_position_compare(&c->position, from) <= 0))
		return RS_OK;
	rs_err_set(err, RS_E_LOG_REPEATS, _("the source's log brings a transaction again that was applied: %s"), c->gtid);
	if (c->position.file != NULL)
		rs_err_detail(err, _("at %s of the source's log"), rs_position_show(&c->position, place));
	return rs_err_detail(err, _("applied: %s"), f->saved.gtid ? f->saved.gtid : "");
}

/* ---------------------------------------------------------------- the interface */

enum rs_rc rs_follow_item(struct rs_follow *f, struct rs_change *c, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (f->skipping) {
		skip(f, c);
		return RS_OK;
	}
	if (came_before(f, c, err) != RS_OK) {
		rs_change_free(c);
		return RS_FAIL;
	}
	switch (c->kind) {
	case RS_CHANGE_BEGIN:
		return on_begin(f, c, err);
	case RS_CHANGE_ROWS:
		return on_filtered(f, c, err);
	case RS_CHANGE_TRUNCATE:
		c->ordinal = ++f->n_events;
		keep(f, c);
		return RS_OK;
	case RS_CHANGE_COMMIT:
		return on_commit(f, c, err);
	case RS_CHANGE_ROLLBACK:
		rc = on_rollback(f, c);
		break;
	case RS_CHANGE_DDL:
		if (savepoint_of(c) != NULL)
			return on_savepoint(f, c, err);
		c->ordinal = f->open ? ++f->n_events : 0;
		if (is_decided_inside(f, c))
			return on_decided_inside(f, c, err);
		rc = on_ddl(f, c, err);
		break;
	case RS_CHANGE_HEARTBEAT:
		reach(f, c);
		if (rs_reading_is_idle(&f->reading))
			on_idle(f);
		break;
	case RS_CHANGE_XA_PREPARE:
	case RS_CHANGE_XA_COMMIT:
	case RS_CHANGE_XA_ROLLBACK:
		if (f->open || !is_finished(f, c))
			return on_xa(f, c, err);
		break;
	}
	rs_change_free(c);
	return rc;
}
