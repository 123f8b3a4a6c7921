/* What can be told of a task from outside the process that runs it. */
#include "engine/control/control.h"
#include "engine/report/progress.h"
#include "engine/state.h"

#include <string.h>

#define ANSWER_TIME RS_MSEC(500)

static enum rs_state never_run_state(const struct rs_task *task)
{
	return rs_task_check(task, NULL) == RS_OK ? RS_STATE_NOT_STARTED : RS_STATE_NOT_CONFIGURED;
}

/* A recorded state whose process is gone. */
static enum rs_state dead_state(const struct rs_task *task, enum rs_state s)
{
	switch (s) {
	case RS_STATE_INITIALIZING:
	case RS_STATE_SYNCHRONIZING:
	case RS_STATE_RETRYING:
	case RS_STATE_PAUSED:
		return RS_STATE_INTERRUPTED;
	case RS_STATE_PRECHECKING:
	case RS_STATE_NOT_STARTED:
	case RS_STATE_NOT_CONFIGURED:
		return never_run_state(task);
	default:
		return s;
	}
}

static void take(struct rs_task_status *out, const struct rs_progress *p, rs_usec updated)
{
	out->progress = p;
	out->state = p->state;
	out->updated = updated;
}

/* Asks the process itself. */
static bool ask_live(const struct rs_task *task, struct rs_task_status *out)
{
	json_t *j = rs_control_ask(task, "status", ANSWER_TIME, NULL, NULL);
	const struct rs_progress *p = j ? rs_progress_from_json(json_object_get(j, "progress"), NULL) : NULL;

	json_decref(j);
	if (p)
		take(out, p, p->taken);
	return p != NULL;
}

/* It does not answer: what it saved last. */
static void read_silent(struct rs_task_status *out, struct rs_state_stored *stored, bool known)
{
	out->state = RS_STATE_INITIALIZING; /* it has only just started, where nothing else is known */
	if (known && stored->pid == out->pid)
		take(out, stored->progress, stored->saved);
	else
		rs_progress_unref(known ? stored->progress : NULL);
}

static void read_dead(const struct rs_task *task, struct rs_task_status *out, struct rs_state_stored *stored, bool known)
{
	if (known) {
		take(out, stored->progress, stored->saved);
		out->state = dead_state(task, stored->state);
	} else if (rs_task_was_locked(task)) {
		out->state = RS_STATE_INTERRUPTED; /* it ran here; how it ended is lost */
	} else {
		out->state = never_run_state(task);
	}
}

enum rs_rc rs_task_status_read(const struct rs_task *task, struct rs_task_status *out, struct rs_err *err)
{
	struct rs_state_stored stored;
	bool known;

	memset(out, 0, sizeof *out);
	if (rs_task_check_copied(task, err) != RS_OK)
		return RS_FAIL;
	out->live = rs_task_is_locked(task, &out->pid);
	if (out->live && ask_live(task, out)) /* what is saved may be older than what it told somebody already */
		return RS_OK;
	out->live = out->live && rs_task_is_locked(task, &out->pid); /* it may have ended meanwhile, and saved how */
	known = rs_state_read(task, &stored);
	if (out->live)
		read_silent(out, &stored, known);
	else
		read_dead(task, out, &stored, known);
	return RS_OK;
}

void rs_task_status_record(const struct rs_task *task, enum rs_state state)
{
	rs_state_record(task, state);
}

void rs_task_status_forget(const struct rs_task *task)
{
	rs_state_forget(task);
}

void rs_task_status_release(struct rs_task_status *s)
{
	rs_progress_unref(s->progress);
	s->progress = NULL;
}
