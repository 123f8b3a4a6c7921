/* Resetting a task: what rds-sync keeps of it at both servers and on this host goes, its configuration is emptied, and the rows at
 * the destination stay. Done by whoever asks, who holds the task's lock meanwhile; the process that runs it is told to stop
 * before. */
#include "engine/core.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

#define LOOK RS_MSEC(50)

/* ---------------------------------------------------------------- nobody else runs it */

static enum rs_rc stop_whoever_runs_it(const struct rs_task *task, rs_usec timeout, struct rs_err *err)
{
	struct rs_err why = RS_ERR_INIT;
	enum rs_rc rc = rs_task_command(task, RS_CMD_STOP, timeout, &why);

	if (rc == RS_OK || why.code == RS_E_TASK_NOT_RUNNING) {
		rs_err_clear(&why);
		return RS_OK;
	}
	rs_err_move(err, &why);
	rs_err_clear(&why);
	return RS_FAIL;
}

/* It lets go of the task a moment after it has answered. */
static enum rs_rc lock(const struct rs_task *task, struct rs_task_lock *held, rs_usec timeout, struct rs_cancel *cancel,
                       struct rs_err *err)
{
	rs_usec until = rs_clock_mono() + timeout;
	struct rs_err why = RS_ERR_INIT;

	if (stop_whoever_runs_it(task, timeout, err) != RS_OK)
		return RS_FAIL;
	while (rs_task_lock(held, task, &why) != RS_OK) {
		if (why.code != RS_E_TASK_RUNNING || rs_clock_mono() > until || rs_cancel_sleep(cancel, LOOK)) {
			rs_err_move(err, &why);
			rs_err_clear(&why);
			return RS_FAIL;
		}
		rs_err_clear(&why);
	}
	return RS_OK;
}

/* ---------------------------------------------------------------- the servers */

/* What could not be done, and holds nobody up. */
static void add_left(struct rs_buf *left, const char *what, struct rs_err *err)
{
	(void)rs_buf_addf(left, "%s%s: %s%s%s", left->len ? "\n" : "", what, err->primary ? err->primary : "", err->detail ? ": " : "",
	                  err->detail ? err->detail : "");
	rs_err_clear(err);
}

/* A copy that has not ended left indexes out: its rows stay, so do they. Takes over from whoever worked under that id. */
static enum rs_rc take_over(struct rs_sink *sink, struct rs_buf *left, struct rs_err *err)
{
	struct rs_meta_task meta = {0};
	struct rs_err why = RS_ERR_INIT;
	enum rs_rc rc = sink->ops->attach(sink, 0, &meta, err);

	rs_meta_task_clear(&meta);
	if (rc == RS_OK && sink->has_schemas && sink->ops->build_indexes(sink, &why) != RS_OK)
		add_left(left, _("indexes that the copy has left out"), &why);
	return rc;
}

static enum rs_rc take_over_side(const struct rs_task *task, const struct rs_meta_side *side, struct rs_buf *left, struct rs_err *err)
{
	struct rs_task *own = rs_task_copy(task);
	struct rs_sink *sink = NULL;
	enum rs_rc rc = rs_task_set(own, "task.id", side->id, err);

	if (rc == RS_OK)
		rc = rs_sink_open(own, &sink, err);
	if (rc == RS_OK) {
		sink->is_side = true;
		rc = take_over(sink, left, err);
		sink->ops->close(sink);
	}
	rs_task_free(own);
	return rc;
}

static enum rs_rc forget_sides(const struct rs_task *task, struct rs_sink *sink, struct rs_buf *left, struct rs_err *err)
{
	struct rs_meta_side *sides = NULL;
	size_t n = 0;
	enum rs_rc rc = sink->ops->load_sides(sink, &sides, &n, err);

	for (size_t i = 0; i < n; i++) {
		if (rc == RS_OK)
			rc = take_over_side(task, &sides[i], left, err);
		if (rc == RS_OK)
			rc = sink->ops->drop_side(sink, sides[i].id, err);
		rs_meta_side_clear(&sides[i]);
	}
	free(sides);
	return rc;
}

static enum rs_rc forget_at_destination(const struct rs_task *task, struct rs_buf *left, struct rs_err *err)
{
	struct rs_meta_task meta = {0};
	struct rs_sink *sink = NULL;
	enum rs_rc rc = rs_sink_open(task, &sink, err);

	if (rc != RS_OK)
		return rc;
	rc = sink->ops->peek(sink, &meta, err);
	if (rc == RS_OK && meta.phase != RS_META_NEW) {
		rc = take_over(sink, left, err);
		if (rc == RS_OK)
			rc = forget_sides(task, sink, left, err);
		if (rc == RS_OK)
			rc = rs_state_reset_begins(task, err);
		if (rc == RS_OK)
			rc = sink->ops->forget(sink, err);
		rs_step("reset-forgotten");
	}
	rs_meta_task_clear(&meta);
	sink->ops->close(sink);
	return rc;
}

/* What another host runs is not forgotten behind its back; and without the task's id nobody could do it later. */
static enum rs_rc check_elsewhere(const struct rs_task *task, struct rs_buf *left, struct rs_err *err)
{
	struct rs_err why = RS_ERR_INIT;
	bool started = false;

	if (rs_task_check(task, NULL) == RS_OK && rs_engine_was_started(task, &started, &why) != RS_OK)
		add_left(left, _("what other hosts may have of it at the destination"), &why);
	rs_err_clear(&why);
	if (!started)
		return RS_OK;
	rs_err_set(err, RS_E_STATE, _("the destination knows the task %s, which was not run on this host, or whose state here is lost"), task->name);
	return rs_err_hint(err, _("reset it on the host that runs it; where that is gone run it here once, and reset it then"));
}

/* A source that is gone is a reason to reset, not one not to. */
static void forget_at_source(const struct rs_task *task, struct rs_buf *left)
{
	struct rs_err why = RS_ERR_INIT;
	struct rs_source *source = NULL;
	enum rs_rc rc = rs_source_open(task, &source, &why);

	if (rc == RS_OK) {
		rc = source->ops->release(source, &why);
		source->ops->close(source);
	}
	if (rc != RS_OK)
		add_left(left, _("the heartbeat at the source"), &why);
}

/* ---------------------------------------------------------------- the file */

/* What it says by now: it may have got another name meanwhile, or be the file of another task. */
static enum rs_rc read_file(const struct rs_task *task, struct rs_task **now, struct rs_err *err)
{
	*now = rs_task_load(task->path, err);
	return *now ? rs_task_check_same(task, *now, err) : RS_FAIL;
}

static enum rs_rc check_file(const struct rs_task *task, struct rs_err *err)
{
	struct rs_task *now;
	enum rs_rc rc = read_file(task, &now, err);

	rs_task_free(now);
	return rc;
}

static enum rs_rc empty_file(const struct rs_task *task, struct rs_err *err)
{
	int edit = rs_task_edit_begin(task->path, err);
	struct rs_task *now = NULL;
	enum rs_rc rc = edit < 0 ? RS_FAIL : read_file(task, &now, err);

	if (rc == RS_OK)
		rc = rs_task_empty(now, err);
	rs_task_edit_end(edit);
	rs_task_free(now);
	return rc;
}

enum rs_rc rs_task_reset(const struct rs_task *task, rs_usec timeout, struct rs_cancel *cancel, struct rs_buf *left, struct rs_err *err)
{
	struct rs_task_lock held = RS_TASK_LOCK_INIT;
	bool was_run = task->id && rs_task_was_locked(task);
	enum rs_rc rc = RS_OK;

	if (was_run)
		rc = lock(task, &held, timeout, cancel, err);
	if (rc == RS_OK)
		rc = check_file(task, err);
	if (!was_run && task->id && rc == RS_OK)
		rc = check_elsewhere(task, left, err);
	if (was_run && rc == RS_OK)
		rc = forget_at_destination(task, left, err);
	if (was_run && rc == RS_OK)
		forget_at_source(task, left);
	if (rc == RS_OK)
		rc = empty_file(task, err);
	if (was_run && rc == RS_OK)
		rs_state_forget_locked(task);
	rs_task_unlock(&held);
	return rc;
}
