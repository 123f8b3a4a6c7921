/* Commands about single tables of a task: to the process that runs it, or, where none does, by an engine of our own that
 * runs for as long as it takes. */
#include "engine/core.h"
#include "engine/report/progress.h"
#include "engine/state.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

#define SETTLE (60 * RS_USEC_PER_SEC)
#define FORCE "force "

/* ---------------------------------------------------------------- as a line */

/* "table resync force db.t\rdb.u": the lines of a selection, ended by CR. */
static char *line_of(enum rs_table_action action, const struct rs_selection *tables, bool force)
{
	struct rs_buf text = RS_BUF_INIT, line = RS_BUF_INIT;

	rs_selection_format(tables, &text);
	rs_buf_addf(&line, "table %s %s%s", rs_table_action_word(action), force ? FORCE : "", rs_buf_str(&text));
	rs_buf_release(&text);
	char *out = rs_buf_take(&line);
	for (char *c = out; *c; c++)
		if (*c == '\n')
			*c = '\r';
	return out;
}

static enum rs_rc bad_line(struct rs_err *err)
{
	return rs_err_set(err, RS_E_USAGE, _("there is no command of this name"));
}

static uint64_t job_start(void *arg, const char *line, struct rs_err *err)
{
	enum rs_table_action action;
	char *copy = rs_xstrdup(line), *rest = strchr(copy, ' ');
	struct rs_selection *tables = rs_selection_new();
	enum rs_rc rc = RS_OK;
	bool force = false;

	if (rest != NULL)
		*rest++ = '\0';
	if (rest == NULL || !rs_table_action_parse(copy, &action))
		rc = bad_line(err);
	if (rc == RS_OK && strncmp(rest, FORCE, strlen(FORCE)) == 0) {
		force = true;
		rest += strlen(FORCE);
	}
	for (char *c = rest; rc == RS_OK && *c; c++)
		if (*c == '\r')
			*c = '\n';
	if (rc == RS_OK)
		rc = rs_selection_parse(tables, "table", rest, strlen(rest), err);
	if (rc == RS_OK)
		rs_journal(arg, RS_LOG_INFO, NULL, "command=\"table %s\"", line);
	uint64_t ticket = rc == RS_OK ? rs_objects_ask(arg, action, tables, force, SETTLE, err) : 0;
	rs_selection_free(tables);
	free(copy);
	return ticket;
}

static bool job_look(void *arg, uint64_t ticket, json_t *told, struct rs_err *err)
{
	(void)told;
	if (!rs_objects_look(arg, ticket, err))
		return false;
	rs_publish(arg); /* whoever asks for the status next finds it */
	return true;
}

static void job_forget(void *arg, uint64_t ticket) { rs_objects_forget(arg, ticket); }

const struct rs_control_job rs_tables_job = {"table", job_start, job_look, job_forget};

/* ---------------------------------------------------------------- whoever runs it */

/* An engine of ours came to nothing: what was known of the failure at which the task stands is so still. */
static void keep_failure(const struct rs_task *task, const struct rs_progress *before)
{
	struct rs_task_lock lock;
	struct rs_state_stored now;
	struct rs_err ignored = RS_ERR_INIT;

	if (before->state != RS_STATE_FAILED && before->state != RS_STATE_INITIALIZE_FAILED)
		return;
	if (rs_task_lock(&lock, task, &ignored) != RS_OK) { /* somebody runs it */
		rs_err_clear(&ignored);
		return;
	}
	if (rs_state_read(task, &now)) {
		const char *applied = now.progress->applied_position;
		if (now.state == RS_STATE_STOPPED && (*applied == '\0' || strcmp(applied, before->applied_position) == 0)) {
			struct rs_state_file *f = rs_state_open(task);
			rs_state_save(f, before);
			rs_state_close(f);
		}
		rs_progress_unref(now.progress);
	}
	rs_task_unlock(&lock);
}

/* Nobody runs the task: it is gone on with until the request is settled, and ended in order. */
static enum rs_rc by_ourselves(const struct rs_task *task, enum rs_table_action action, const struct rs_selection *tables,
                               bool force, rs_usec timeout, struct rs_cancel *cancel, struct rs_err *err)
{
	bool started = false;
	enum rs_rc rc = rs_engine_was_started(task, &started, err);

	if (rc == RS_OK && !started)
		rc = rs_err_set(err, RS_E_OBJECTS, _("the task has not begun: change its objects"));
	struct rs_engine *e = rc == RS_OK ? rs_engine_new(task, NULL, err) : NULL;
	if (e == NULL)
		return RS_FAIL;
	struct rs_state_stored before;
	bool known = rs_state_read(task, &before);
	rc = rs_engine_start(e, err);
	if (rc == RS_OK)
		rc = rs_objects_request(e, action, tables, force, timeout, cancel, err);
	rs_engine_free(e);
	if (known && rc != RS_OK)
		keep_failure(task, before.progress);
	if (known)
		rs_progress_unref(before.progress);
	return rc;
}

enum rs_rc rs_task_change_tables(const struct rs_task *task, enum rs_table_action action, const struct rs_selection *tables,
                                 bool force, rs_usec timeout, struct rs_cancel *cancel, struct rs_err *err)
{
	if (!rs_task_is_locked(task, NULL)) {
		struct rs_err own = RS_ERR_INIT;
		enum rs_rc done = by_ourselves(task, action, tables, force, timeout, cancel, &own);
		bool raced = done == RS_FAIL && own.code == RS_E_TASK_RUNNING; /* somebody has begun to run it meanwhile */
		if (!raced && done != RS_OK)
			rs_err_move(err, &own);
		rs_err_clear(&own);
		if (!raced)
			return done;
	}
	char *line = line_of(action, tables, force);
	json_t *j = rs_control_ask(task, line, timeout, cancel, err);
	enum rs_rc rc = j ? RS_OK : RS_FAIL;

	json_decref(j);
	free(line);
	return rc;
}
