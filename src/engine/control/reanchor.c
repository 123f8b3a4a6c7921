/* The command to begin a task anew where its source is now: to the process that runs it, or, where none does, by an engine
 * of our own that runs until the destination has it. */
#include "engine/core.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

#define LOOK RS_MSEC(100)

/* "force resync": either, both or none. */
static bool read_options(const char *text, struct rs_anchor_options *o)
{
	*o = (struct rs_anchor_options){.force = strncmp(text, "force", 5) == 0};
	text += o->force ? 5 : 0;
	text += o->force && *text == ' ';
	o->resync = strcmp(text, "resync") == 0;
	return o->resync || *text == '\0';
}

static uint64_t job_start(void *arg, const char *text, struct rs_err *err)
{
	struct rs_anchor_options options;

	if (read_options(text, &options))
		return rs_anchor_ask(arg, &options, err);
	rs_err_set(err, RS_E_USAGE, _("there is no command of this name"));
	return 0;
}

static bool job_look(void *arg, uint64_t ticket, json_t *told, struct rs_err *err)
{
	struct rs_anchored out = {.at = NULL};

	if (!rs_anchor_look(arg, ticket, &out, err))
		return false;
	rs_publish(arg);
	if (out.at != NULL) {
		json_object_set_new(told, "at", json_string(out.at));
		json_object_set_new(told, "compared", json_integer((json_int_t)out.compared));
		for (int i = 0; i < RS_ANCHORED_LISTS; i++)
			json_object_set_new(told, rs_anchored_word((enum rs_anchored_list)i), json_string(out.lists[i]));
	}
	rs_anchored_clear(&out);
	return true;
}

static void job_forget(void *arg, uint64_t ticket) { rs_anchor_forget(arg, ticket); }

const struct rs_control_job rs_anchor_job = {"reanchor", job_start, job_look, job_forget};

/* ---------------------------------------------------------------- whoever runs it */

static char *text_of(const json_t *j, const char *name)
{
	const char *text = json_string_value(json_object_get(j, name));

	return rs_xstrdup(text ? text : "");
}

static enum rs_rc wait_for(struct rs_engine *e, uint64_t ticket, rs_usec timeout, struct rs_cancel *cancel, struct rs_anchored *out,
                           struct rs_err *err)
{
	struct rs_err why = RS_ERR_INIT;
	rs_usec until = rs_clock_mono() + timeout;

	while (!rs_anchor_look(e, ticket, out, &why)) {
		bool withdrawn = cancel && rs_cancel_is_set(cancel);
		if (withdrawn || rs_clock_mono() > until) {
			rs_anchor_forget(e, ticket);
			return withdrawn ? rs_err_set(err, RS_E_CANCELLED, _("cancelled"))
			                 : rs_err_set(err, RS_E_OBJECTS, _("the task did not come to it in time"));
		}
		rs_monitor_enter(&e->monitor);
		rs_monitor_wait(&e->monitor, LOOK);
		rs_monitor_leave(&e->monitor);
	}
	enum rs_rc rc = rs_err_is_set(&why) ? RS_FAIL : RS_OK;
	rs_err_move(err, &why);
	rs_err_clear(&why);
	return rc;
}

static enum rs_rc by_ourselves(const struct rs_task *task, const struct rs_anchor_options *options, rs_usec timeout, struct rs_cancel *cancel,
                               struct rs_anchored *out, struct rs_err *err)
{
	bool started = false;
	enum rs_rc rc = rs_engine_was_started(task, &started, err);

	if (rc == RS_OK && !started)
		rc = rs_err_set(err, RS_E_OBJECTS, _("the task has not begun"));
	struct rs_engine *e = rc == RS_OK ? rs_engine_new(task, NULL, err) : NULL;
	if (e == NULL)
		return RS_FAIL;
	e->anchor.alone = true;
	uint64_t ticket = rs_anchor_ask(e, options, err);
	rc = ticket > 0 ? rs_engine_start(e, err) : RS_FAIL;
	if (rc == RS_OK)
		rc = wait_for(e, ticket, timeout, cancel, out, err);
	rs_engine_free(e);
	out->rests = true;
	return rc;
}

/* ---------------------------------------------------------------- before it is done */

struct foreseeing {
	struct rs_engine *e;
	const struct rs_anchor_options *options;
	struct rs_anchored *out;
	enum rs_rc rc;
	struct rs_err err;
	atomic_bool over;
};

static void *foresee(void *arg)
{
	struct foreseeing *f = arg;

	f->rc = rs_anchor_foresee(f->e, f->options, f->out, &f->err);
	atomic_store(&f->over, true);
	rs_monitor_enter(&f->e->monitor);
	rs_monitor_wake(&f->e->monitor);
	rs_monitor_leave(&f->e->monitor);
	return NULL;
}

/* Whoever leaves does not wait for servers. */
static void await(struct foreseeing *f, struct rs_cancel *cancel)
{
	while (!atomic_load(&f->over)) {
		if (cancel && rs_cancel_is_set(cancel) && !rs_engine_stopping(f->e)) {
			rs_cancel_set(&f->e->cancel);
			rs_engine_cancel_hard(f->e);
		}
		rs_monitor_enter(&f->e->monitor);
		if (!atomic_load(&f->over))
			rs_monitor_wait(&f->e->monitor, LOOK);
		rs_monitor_leave(&f->e->monitor);
	}
}

enum rs_rc rs_task_reanchor_plan(const struct rs_task *task, const struct rs_anchor_options *options, struct rs_cancel *cancel,
                                 struct rs_anchored *out, struct rs_err *err)
{
	struct rs_engine *e = rs_engine_new(task, NULL, err);
	struct foreseeing f = {.e = e, .options = options, .out = out, .err = RS_ERR_INIT};
	struct rs_thread thread = {.running = false};

	*out = (struct rs_anchored){.at = NULL};
	if (e == NULL)
		return RS_FAIL;
	if (rs_thread_start(&thread, "foresee", foresee, &f))
		await(&f, cancel);
	else
		foresee(&f);
	rs_thread_join(&thread);
	rs_engine_free(e);
	if (f.rc == RS_CANCELLED)
		f.rc = rs_err_set(&f.err, RS_E_CANCELLED, _("cancelled"));
	rs_err_move(err, &f.err);
	rs_err_clear(&f.err);
	return f.rc;
}

/* ---------------------------------------------------------------- doing it */

enum rs_rc rs_task_reanchor(const struct rs_task *task, const struct rs_anchor_options *options, rs_usec timeout, struct rs_cancel *cancel,
                            struct rs_anchored *out, struct rs_err *err)
{
	*out = (struct rs_anchored){.at = NULL};
	if (!rs_task_is_locked(task, NULL))
		return by_ourselves(task, options, timeout, cancel, out, err);
	char *line = rs_xprintf("reanchor%s%s", options->force ? " force" : "", options->resync ? " resync" : "");
	json_t *j = rs_control_ask(task, line, timeout, cancel, err);
	free(line);
	if (j == NULL)
		return RS_FAIL;
	*out = (struct rs_anchored){.at = text_of(j, "at"), .compared = (uint64_t)json_integer_value(json_object_get(j, "compared"))};
	for (int i = 0; i < RS_ANCHORED_LISTS; i++)
		out->lists[i] = text_of(j, rs_anchored_word((enum rs_anchored_list)i));
	json_decref(j);
	return RS_OK;
}
