/* What can be told of a task from outside the process that runs it. */
#include "engine/control/control.h"
#include "engine/report/past.h"
#include "engine/report/progress.h"
#include "engine/state.h"

#include <stdlib.h>
#include <string.h>
#include "base/buf.h"

#define ANSWER_TIME (5 * RS_USEC_PER_SEC) /* on a machine that has too much to do; older news would contradict what was told */
#define LOOK_TIME RS_MSEC(500)            /* of those who look again and again */
#define KNOWN_MAX 2500 /* pieces that are named in a question, which is one line */

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

/* "status 4711 4712": the question, with the pieces that are known; "status" where they are too many to be named. */
static char *question(const struct rs_progress *known)
{
	struct rs_buf words = RS_BUF_INIT;

	(void)rs_buf_adds(&words, "status");
	if (!known || rs_progress_n_pieces(known) > KNOWN_MAX)
		return rs_buf_take(&words);
	(void)rs_buf_addc(&words, ' ');
	for (size_t i = 0; i < rs_progress_n_pieces(known); i++) {
		(void)rs_buf_addc(&words, ' ');
		(void)rs_buf_addu64(&words, known->pieces[i]->serial);
	}
	return rs_buf_take(&words);
}

/* An answer to either question. */
static const struct rs_progress *read_progress(const json_t *j, const struct rs_progress *known)
{
	const json_t *tables = json_object_get(j, "tables");
	struct rs_progress *p = j ? rs_progress_from_json(json_object_get(j, "progress"), NULL) : NULL;

	if (p && tables && rs_progress_take_tables(p, tables, known, NULL) != RS_OK) {
		rs_progress_unref(p);
		p = NULL;
	}
	return p;
}

/* Asks the process itself; one of an earlier version knows the short question alone. */
static bool ask_live(const struct rs_task *task, const struct rs_progress *known, rs_usec time, struct rs_task_status *out)
{
	struct rs_err err = RS_ERR_INIT;
	char *words = question(known);
	json_t *j = rs_control_ask(task, words, time, NULL, &err);
	const struct rs_progress *p = read_progress(j, known);
	bool answered = j || err.code == RS_E_USAGE;

	json_decref(j);
	rs_err_clear(&err);
	if (!p && known && answered) {
		j = rs_control_ask(task, "status", time, NULL, NULL);
		p = read_progress(j, NULL);
		json_decref(j);
	}
	free(words);
	out->answers = p != NULL;
	if (p)
		take(out, p, p->taken);
	return out->answers;
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

static enum rs_rc look(const struct rs_task *task, const struct rs_progress *has, rs_usec time, struct rs_task_status *out,
                       struct rs_err *err)
{
	struct rs_state_stored stored;
	bool known;

	memset(out, 0, sizeof *out);
	if (rs_task_check_copied(task, err) != RS_OK)
		return RS_FAIL;
	out->live = rs_task_is_locked(task, &out->pid);
	if (out->live && ask_live(task, has, time, out)) /* what is saved may be older than what it told somebody already */
		return RS_OK;
	out->live = out->live && rs_task_is_locked(task, &out->pid); /* it may have ended meanwhile, and saved how */
	known = rs_state_read(task, &stored);
	if (out->live)
		read_silent(out, &stored, known);
	else
		read_dead(task, out, &stored, known);
	return RS_OK;
}

enum rs_rc rs_task_status_read(const struct rs_task *task, struct rs_task_status *out, struct rs_err *err)
{
	return look(task, NULL, ANSWER_TIME, out, err);
}

enum rs_rc rs_task_status_look(const struct rs_task *task, const struct rs_progress *has, struct rs_task_status *out,
                               struct rs_err *err)
{
	return look(task, has, LOOK_TIME, out, err);
}

void rs_task_past(const struct rs_task *task, struct rs_past *out)
{
	json_t *j = rs_task_is_locked(task, NULL) ? rs_control_ask(task, "past", LOOK_TIME, NULL, NULL) : NULL;

	rs_past_from_json(json_object_get(j, "past"), out);
	json_decref(j);
}

void rs_task_status_record(const struct rs_task *task, enum rs_state state)
{
	rs_state_record(task, state);
}

void rs_task_status_forget(const struct rs_task *task)
{
	rs_state_forget(task);
}

size_t rs_task_history(const struct rs_task *task, size_t max, struct rs_history_item **items)
{
	return rs_state_history(task, max, items);
}

void rs_task_status_release(struct rs_task_status *s)
{
	rs_progress_unref(s->progress);
	s->progress = NULL;
}
