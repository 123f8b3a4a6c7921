/* The wizard's task file. What was changed here is written, and what others have written there meanwhile stays. It is done with
 * a copy, in a thread, in the order in which it was asked for; so whatever the disk does, typing goes on, and what was asked for
 * is written before the program ends. */
#include "screen/wizard.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/form_binding.h"

#define RELOAD_TIME (30 * RS_USEC_PER_SEC)

struct writing {
	struct rs_wizard *w;      /* a reference */
	struct rs_task *task;     /* as it is answered; then as it is in the file, if that could be read */
	unsigned version;         /* of the answers in it */
	bool draft;
	bool early;               /* it is shown already */
	bool told;                /* the process that runs the task is told to take it up */
	rs_wizard_written *done;  /* NULL: nobody waits for it */
	enum rs_rc rc;
	struct rs_err err;
};

/* Takes what was changed since back out of the file, and leaves all else. */
static void put_back(const struct rs_task *before, const struct rs_task *written)
{
	int edit = rs_task_edit_begin(written->path, NULL);
	struct rs_task *now = rs_task_load(written->path, NULL);
	bool saved = now && rs_task_merge(now, written, before, NULL) == RS_OK && rs_task_save(now, NULL) == RS_OK;

	rs_task_edit_end(edit);
	if (saved)
		(void)(rs_task_reload(now, RELOAD_TIME, NULL) == RS_OK);
	rs_task_free(now);
}

/* What a process that runs the task refuses does not stay in the file, where the next start would find it. */
static enum rs_rc tell(const struct rs_task *before, const struct rs_task *written, struct rs_err *err)
{
	enum rs_rc rc = rs_task_reload(written, RELOAD_TIME, err);

	if (rc != RS_OK && err->code == RS_E_TASK_NOT_RUNNING) {
		rs_err_clear(err); /* who runs it next takes it up */
		rc = RS_OK;
	}
	if (rc != RS_OK)
		put_back(before, written);
	return rc;
}

/* Nor has another process begun it since this was opened, which would look for its file where it was. */
static bool is_not_begun(const struct writing *one, const struct rs_task *task)
{
	struct rs_task_status s;
	bool not_begun = !one->draft && !one->told && rs_task_status_read(task, &s, NULL) == RS_OK;

	if (!not_begun)
		return false;
	not_begun = !s.live && (s.state == RS_STATE_NOT_CONFIGURED || s.state == RS_STATE_NOT_STARTED || s.state == RS_STATE_PRECHECK_FAILED ||
	                        s.state == RS_STATE_PRECHECK_PASSED);
	rs_task_status_release(&s);
	return not_begun;
}

/* Until it is begun the file of what is complete is called as the task is; where that can't be it stays where it is. So do drafts, which
 * somebody may have opened again while they are being written. */
static void follow_name(struct writing *one, struct rs_task *now)
{
	struct rs_wizard *w = one->w;
	struct rs_err err = RS_ERR_INIT;

	if (strcmp(now->name, w->called) == 0 || !is_not_begun(one, now))
		return;
	if (rs_task_follow_name(now, w->called, &err) != RS_OK)
		rs_err_clear(&err);
	free(w->file);
	free(w->called);
	w->file = rs_xstrdup(now->path);
	w->called = rs_xstrdup(now->name);
}

/* Who opens a draft again knows by it that the file may follow the name. */
static void note_name(const struct writing *one, struct rs_task *mine)
{
	const char *called = one->w->called;

	(void)(rs_task_set(mine, "task.filed_as", one->draft && strcmp(mine->name, called) != 0 ? called : NULL, NULL) == RS_OK);
}

/* now: the file as it was read for this, in this edit, which ends here. */
static enum rs_rc write_over(struct writing *one, struct rs_task *now, int edit)
{
	struct rs_task *before = rs_task_copy(now), *mine = one->task;

	note_name(one, mine);
	enum rs_rc rc = rs_task_merge(now, one->w->base, mine, &one->err);

	one->task = now;
	if (rc == RS_OK)
		rc = rs_task_save(now, &one->err);
	if (rc == RS_OK)
		follow_name(one, now);
	rs_task_edit_end(edit);
	if (rc == RS_OK && one->told)
		rc = tell(before, now, &one->err);
	rs_task_free(before);
	if (rc == RS_OK) {
		rs_task_free(one->w->base);
		one->w->base = mine;
	} else {
		rs_task_free(mine);
	}
	return rc;
}

/* The first time it gets a file of its own, which those that were asked for meanwhile are to be written to as well. */
static enum rs_rc write_first(struct writing *one)
{
	struct rs_wizard *w = one->w;
	enum rs_rc rc = rs_task_save(one->task, &one->err);

	if (rc != RS_OK)
		return rc;
	free(w->file);
	free(w->called);
	w->file = rs_xstrdup(one->task->path);
	w->called = rs_xstrdup(one->task->name);
	rs_task_free(w->base);
	w->base = rs_task_copy(one->task);
	return RS_OK;
}

static void write_run(void *arg)
{
	struct writing *one = arg;
	struct rs_task *now = NULL;
	int edit = -1;

	if (one->w->file) {
		free(one->task->path);
		one->task->path = rs_xstrdup(one->w->file); /* it may have been given its file, or another name, meanwhile */
	}
	if (one->w->base)
		edit = rs_task_edit_begin(one->task->path, &one->err);
	if (edit >= 0)
		now = rs_task_load(one->task->path, &one->err);
	if (now) {
		one->rc = write_over(one, now, edit);
		return;
	}
	rs_task_edit_end(edit);
	if (!rs_err_is_set(&one->err) || one->err.code == RS_E_TASK_NOT_FOUND) {
		rs_err_clear(&one->err); /* it was removed meanwhile */
		one->rc = write_first(one);
	} else {
		one->rc = RS_FAIL;
	}
}

static void show_change(struct rs_wizard *w)
{
	if (w->app->watches.changed)
		w->app->watches.changed(w->app->watches.ctx);
}

static void show_file(struct rs_wizard *w, const struct rs_task *task)
{
	(void)rs_watches_put(&w->app->watches, rs_task_copy(task));
	show_change(w);
}

/* Who opens it again before the disk has it goes on from there. */
static void show_early(struct writing *one)
{
	one->early = true;
	rs_watches_put_early(&one->w->app->watches, rs_task_copy(one->task));
	show_change(one->w);
}

static void take_over(struct rs_wizard *w, const struct writing *one)
{
	if (!w->task->path)
		(void)(rs_task_set(w->task, "task.name", one->task->name, NULL) == RS_OK);
	else
		rs_watches_move(&w->app->watches, w->task->path, one->task->path);
	free(w->task->path);
	w->task->path = rs_xstrdup(one->task->path);
	w->saved = one->version;
	w->drafted = w->drafted || one->draft;
}

static void write_done(void *arg)
{
	struct writing *one = arg;
	struct rs_wizard *w = one->w;
	bool last = !one->early || rs_watches_written(&w->app->watches, w->task->path); /* else something newer is shown */

	if (one->rc == RS_OK)
		take_over(w, one);
	else
		w->asked = w->saved; /* when the step is left it is tried again */
	if (last && (one->rc == RS_OK || one->err.code == RS_E_TASK_CHANGED))
		show_file(w, one->task);
	if (one->done)
		one->done(w, &one->err);
	else if (one->rc != RS_OK)
		rs_app_say_error(w->app, &one->err);
	rs_err_clear(&one->err);
	rs_task_free(one->task);
	rs_wizard_unref(w);
	free(one);
}

static void write_task(struct rs_wizard *w, bool draft, rs_wizard_written *done)
{
	struct writing *one = rs_xcalloc(1, sizeof *one);

	*one = (struct writing){.w = rs_wizard_ref(w), .task = rs_task_copy(w->task), .draft = draft, .told = w->begun, .done = done,
	                        .version = rs_form_state_version(w->state), .err = RS_ERR_INIT};
	w->asked = one->version;
	if (draft && one->task->path)
		show_early(one);
	rs_work_start(&w->app->works, write_run, write_done, one, RS_WORK_IN_LINE);
}

/* secrets: it is complete; else a draft, which keeps all answers but those. */
static enum rs_rc export_to(const struct rs_wizard *w, struct rs_task *task, bool secrets, struct rs_err *err)
{
	struct rs_buf rest = RS_BUF_INIT;
	struct rs_form_binding b;
	struct rs_form_store store;
	enum rs_rc rc;

	rs_form_binding_init(&b, task, secrets);
	b.objects = &w->app->objects;
	store = rs_form_binding_store(&b);
	rc = rs_form_state_export(w->state, &store, err);
	if (!secrets)
		rs_form_state_put_rest(w->state, &store, &rest);
	rs_task_set_draft(task, rs_buf_str(&rest));
	rs_form_binding_release(&b);
	rs_buf_release(&rest);
	return rc;
}

/* Passwords are put in whole: the store leaves them out of drafts only. */
static void export_secrets(const struct rs_wizard *w, struct rs_task *task)
{
	for (size_t p = 0; p < w->flow->n_pages; p++)
		for (size_t i = 0; i < w->flow->pages[p]->n_fields; i++) {
			const struct rs_form_field *f = &w->flow->pages[p]->fields[i];

			if (f->type == RS_FIELD_SECRET && f->bind)
				(void)(rs_task_set(task, f->bind, rs_form_answer(w->state, f->id), NULL) == RS_OK);
		}
}

struct rs_task *rs_wizard_task(const struct rs_wizard *w)
{
	struct rs_task *task = rs_task_copy(w->task);

	(void)(export_to(w, task, false, NULL) == RS_OK);
	export_secrets(w, task);
	return task;
}

void rs_wizard_save(struct rs_wizard *w, rs_wizard_written *done)
{
	struct rs_err err = RS_ERR_INIT;

	if (export_to(w, w->task, true, &err) == RS_OK)
		write_task(w, false, done);
	else
		done(w, &err);
	rs_err_clear(&err);
}

void rs_wizard_save_draft(struct rs_wizard *w)
{
	struct rs_err err = RS_ERR_INIT;

	if (w->begun || w->asked == rs_form_state_version(w->state))
		return;
	if (export_to(w, w->task, false, &err) == RS_OK)
		write_task(w, true, NULL);
	else
		rs_app_say_error(w->app, &err);
}

void rs_wizard_save_ignored(struct rs_wizard *w)
{
	write_task(w, false, NULL);
}
