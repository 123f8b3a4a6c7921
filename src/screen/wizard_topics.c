/* The button Get Topic List: the cluster is asked while the user goes on, and its topics are offered to choose from. */
#include "screen/wizard.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/show.h"

static void free_job(void *job)
{
	rs_topics_free(job);
}

static void drop_job(struct rs_wizard *w, struct rs_wizard_topics *t)
{
	if (!t->job)
		return;
	rs_work_start(&w->app->works, free_job, NULL, t->job, 0);
	rs_loop_busy(w->app->loop, -1);
	t->job = NULL;
}

static const struct rs_endpoint *endpoint(const struct rs_task *task, const struct rs_form_field *button)
{
	return strcmp(button->action.words[0], "destination") == 0 ? &task->destination : &task->source;
}

static void ask(struct rs_wizard *w, const struct rs_form_field *button)
{
	struct rs_wizard_topics *t = &w->topics;
	struct rs_task *task = rs_wizard_task(w);

	drop_job(w, t);
	free(t->subject);
	rs_topics_result_release(&t->result);
	t->button = button;
	t->subject = rs_wizard_subject(endpoint(task, button));
	rs_loop_busy(w->app->loop, 1);
	t->job = rs_topics_start(endpoint(task, button), rs_app_wake(w->app));
	rs_task_free(task);
}

/* The field that the button's n-th word names. */
static const struct rs_form_field *field_of(const struct rs_wizard *w, size_t n)
{
	const struct rs_form_call *call = &w->topics.button->action;

	return n < call->n_words ? rs_form_flow_field(w->flow, call->words[n]) : NULL;
}

/* --- choosing ---------------------------------------------------------------------------------------------- */

static void chosen(void *ctx, const char *topic)
{
	struct rs_wizard *w = ((struct rs_app *)ctx)->wizard;
	const struct rs_form_field *f = w ? field_of(w, 1) : NULL;

	if (!topic || !f)
		return;
	rs_form_set(w->state, f, topic);
	rs_loop_wake_cb(w->app->loop); /* the page is behind its answers */
}

#define KEPT "rds-sync-"     /* and the id of a task */
#define ID_LEN 36

/* Why it can't be chosen; NULL: it can. */
static const char *hindrance(const struct rs_topic *t)
{
	if (t->internal)
		return _("the cluster's own");
	return strncmp(t->name, KEPT, strlen(KEPT)) == 0 && strlen(t->name) == strlen(KEPT) + ID_LEN ? _("what is kept of a task") : NULL;
}

static bool has(const struct rs_topics_result *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->topics[i].name, name) == 0)
			return true;
	return false;
}

/* Those that can be chosen, or those that can't; notes by the topics' numbers. */
static size_t add_topics(const struct rs_topics_result *r, bool can, struct rs_option *options, char **notes)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct rs_topic *t = &r->topics[i];

		if ((hindrance(t) == NULL) != can)
			continue;
		notes[i] = rs_xprintf(ngettext("%d partition", "%d partitions", (unsigned long)t->partitions), t->partitions);
		options[n++] = (struct rs_option){t->name, t->name, notes[i], hindrance(t)};
	}
	return n;
}

/* Those of the cluster, last what is not the user's; before them the one that was typed, if it is to be made. */
static void offer(struct rs_wizard *w)
{
	const struct rs_topics_result *r = &w->topics.result;
	const struct rs_form_field *f = field_of(w, 1);
	const char *typed = f ? rs_form_value(w->state, f) : "";
	struct rs_option *options = rs_xcalloc(r->count + 2, sizeof *options);
	char **notes = rs_xcalloc(r->count + 1, sizeof *notes);
	size_t n = 0;

	w->topics.waiting = false;
	if (*typed && !has(r, typed))
		options[n++] = (struct rs_option){typed, typed, _("not there yet: it is made when the task starts"), NULL};
	n += add_topics(r, true, options + n, notes);
	n += add_topics(r, false, options + n, notes);
	rs_dialog_choose(w->app->loop, _("Topics"), options, n, typed, chosen, w->app);
	for (size_t i = 0; i < r->count; i++)
		free(notes[i]);
	free(notes);
	free(options);
}

void rs_wizard_get_topics(void *ctx, struct rs_form_state *state, const struct rs_form_field *field, const char *const *words,
                          size_t n_words)
{
	const struct rs_app *app = ctx;

	(void)state;
	(void)words;
	if (!app->wizard || n_words == 0)
		return;
	if (app->wizard->topics.waiting)
		offer(app->wizard);
	else
		ask(app->wizard, field);
}

/* --- what has come -------------------------------------------------------------------------------------------- */

/* What the cluster is counts, whatever was answered. */
static void take_version(struct rs_wizard *w)
{
	const struct rs_form_field *f = field_of(w, 2);
	const char *version = w->topics.result.version;

	if (f && version && strcmp(rs_form_value(w->state, f), version) != 0)
		rs_form_set(w->state, f, version);
}

/* A list that comes up under somebody's fingers would take what he types elsewhere. */
static bool is_at_the_button(const struct rs_wizard *w)
{
	const struct rs_screen *top = rs_loop_top(w->app->loop);
	const struct rs_widget *focused = top->root ? rs_widget_focused(top->root) : NULL;

	return focused && focused->id && strcmp(focused->id, w->topics.button->id) == 0 && !rs_dialog_is_open(w->app->loop);
}

static void describe(const struct rs_topics_result *r, struct rs_buf *out)
{
	if (r->ok)
		(void)rs_buf_adds(out, r->summary);
	else
		rs_show_error(&r->error, out);
	if (r->error.hint)
		(void)rs_buf_addf(out, ". %s", r->error.hint);
}

/* What is below the button may be out of sight, and there is more of it. */
static void say_failure(struct rs_wizard *w)
{
	const struct rs_err *e = &w->topics.result.error;
	char code[16];

	rs_loop_say(w->app->loop, RS_STYLE_ERROR, e->hint ? "%s  %s. %s" : "%s  %s", rs_err_code_text(e->code, code, sizeof code),
	            e->primary ? e->primary : rs_err_title(e->code), e->hint);
}

static void taken(struct rs_wizard *w)
{
	struct rs_wizard_topics *t = &w->topics;

	if (!t->result.ok) {
		say_failure(w);
		return;
	}
	take_version(w);
	t->waiting = t->result.count > 0;
	if (t->waiting && is_at_the_button(w))
		offer(w);
	else if (t->waiting)
		rs_loop_say(w->app->loop, RS_STYLE_OK, _("The topics have come: %s shows them."), rs_form_text(t->button->label));
}

bool rs_wizard_topics_poll(struct rs_wizard *w)
{
	if (!w->topics.job || !rs_topics_take(w->topics.job, &w->topics.result))
		return false;
	drop_job(w, &w->topics);
	taken(w);
	return true;
}

bool rs_wizard_topics_cancel(struct rs_wizard *w)
{
	bool any = w->topics.job != NULL;

	drop_job(w, &w->topics);
	return any;
}

static bool has_changed(const struct rs_wizard *w)
{
	struct rs_task *task = rs_wizard_task(w);
	char *now = rs_wizard_subject(endpoint(task, w->topics.button));
	bool changed = strcmp(now, w->topics.subject) != 0;

	free(now);
	rs_task_free(task);
	return changed;
}

void rs_wizard_topics_text(const struct rs_wizard *w, struct rs_buf *out, unsigned *style)
{
	const struct rs_wizard_topics *t = &w->topics;

	*style = RS_STYLE_ACCENT;
	if (t->job)
		(void)rs_buf_adds(out, _("… connecting (Esc cancels)"));
	if (t->job || !t->result.done)
		return;
	*style = t->result.ok ? RS_STYLE_OK : RS_STYLE_ERROR;
	(void)rs_buf_addf(out, "%s ", t->result.ok ? "✓" : "✗");
	describe(&t->result, out);
	if (!has_changed(w))
		return;
	*style = RS_STYLE_DIM;
	(void)rs_buf_addf(out, " %s", _("(before the last change)"));
}

void rs_wizard_topics_release(struct rs_wizard *w)
{
	(void)rs_wizard_topics_cancel(w);
	rs_topics_result_release(&w->topics.result);
	free(w->topics.subject);
}
