/* The event of the source's log at which a task has stopped: shown when asked for, left out after a question. */
#include "screen/trouble.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

static const struct rs_failing *failing_of(const struct rs_watch *watch)
{
	return watch->task && watch->progress ? watch->progress->failing : NULL;
}

bool rs_trouble_has_event(const struct rs_watch *watch, const char **why)
{
	*why = failing_of(watch) ? NULL : _("the task has not stopped at an event");
	return *why == NULL;
}

/* --- showing it ------------------------------------------------------------------------------- */

static void put_column(struct rs_buf *out, const struct rs_failing_column *c)
{
	(void)rs_buf_addf(out, "\n%s%s: ", c->key ? "* " : "  ", c->name);
	if (c->before && c->after && strcmp(c->before, c->after) != 0)
		(void)rs_buf_addf(out, "%s → ", c->before);
	(void)rs_buf_adds(out, c->after ? c->after : c->before ? c->before : "–");
}

static void put_what(struct rs_buf *out, const struct rs_failing *f)
{
	if (f->statement)
		(void)rs_buf_adds(out, f->statement);
	else
		(void)rs_buf_addf(out, "%s %s.%s", f->kind, f->db, f->table);
}

void rs_trouble_show_event(struct rs_app *app, const struct rs_watch *watch)
{
	const struct rs_failing *f = failing_of(watch);
	struct rs_buf text = RS_BUF_INIT;

	if (!f)
		return;
	put_what(&text, f);
	if (f->dest_statement)
		(void)rs_buf_addf(&text, "\n→ %s", f->dest_statement);
	for (size_t i = 0; i < f->n_columns; i++)
		put_column(&text, &f->columns[i]);
	rs_dialog_message(app->loop, f->id, rs_buf_str(&text), NULL, NULL);
	rs_buf_release(&text);
}

/* --- leaving it out ------------------------------------------------------------------------------- */

struct skip {
	struct rs_app *app;
	struct rs_task *task;
	char *id;
	enum rs_rc rc;
	struct rs_err err;
};

static void skip_free(struct skip *s)
{
	rs_task_free(s->task);
	rs_err_clear(&s->err);
	free(s->id);
	free(s);
}

static void skip_run(void *arg)
{
	struct skip *s = arg;

	s->rc = rs_task_answer(s->task, s->id, RS_ANSWER_SKIP, NULL, &s->err);
}

static void skip_done(void *arg)
{
	struct skip *s = arg;
	struct rs_watch *watch = rs_watches_find(&s->app->watches, s->task->path ? s->task->path : s->task->name);

	if (s->rc != RS_OK)
		rs_app_show_error(s->app, _("The event can't be left out"), &s->err);
	else if (watch && watch->live)
		rs_app_command(s->app, watch, RS_CMD_RESUME);
	else if (watch)
		rs_app_start_task(s->app, watch, RS_APP_STAY);
	skip_free(s);
}

static void skip_answered(void *ctx, const char *answer)
{
	struct skip *s = ctx;

	if (answer && strcmp(answer, "yes") == 0)
		rs_work_start(&s->app->works, skip_run, skip_done, s, 0);
	else
		skip_free(s);
}

void rs_trouble_ask_skip(struct rs_app *app, const struct rs_watch *watch)
{
	struct rs_option buttons[] = {{"no", _("Cancel"), NULL, NULL}, {"yes", _("Leave out"), NULL, NULL}};
	const struct rs_failing *f = failing_of(watch);
	struct rs_buf text = RS_BUF_INIT;
	struct skip *s;

	if (!f)
		return;
	put_what(&text, f);
	(void)rs_buf_addf(&text, "\n%s\n\n", f->id);
	(void)rs_buf_adds(&text, f->statement ? _("The destination's tables keep their form. Columns and tables that they then lack are not "
	                                          "synchronized any more.")
	                                      : _("This row will be different at the destination, and later changes of it count as anomalies. All "
	                                          "others arrive."));
	s = rs_xcalloc(1, sizeof *s);
	*s = (struct skip){.app = app, .task = rs_task_copy(watch->task), .id = rs_xstrdup(f->id), .err = RS_ERR_INIT};
	rs_dialog_ask(app->loop, _("Leave this event out?"), rs_buf_str(&text), true, buttons, RS_COUNT(buttons), skip_answered, s);
	rs_buf_release(&text);
}
