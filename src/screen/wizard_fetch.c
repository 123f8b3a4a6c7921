/* Fetching the source's catalogue for the objects step: begun when one first comes to it, and again when the source has changed
 * since. */
#include "screen/wizard.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

static void free_job(void *job)
{
	rs_browse_free(job);
}

static void drop_job(struct rs_wizard *w)
{
	if (w->objects->job)
		rs_work_start(&w->app->works, free_job, NULL, w->objects->job, 0);
	w->objects->job = NULL;
}

void rs_wizard_objects_release(struct rs_wizard *w)
{
	if (w->objects)
		drop_job(w);
	rs_objects_free(w->objects);
	w->objects = NULL;
	rs_tree_place_clear(&w->source_place);
	rs_tree_place_clear(&w->chosen_place);
}

/* Sources of other kinds are not asked: what is selected there is typed. */
static bool can_browse(const struct rs_task *task, struct rs_err *err)
{
	const struct rs_flow *flow = rs_flow_find(task->flow);

	if (!flow || flow->browses)
		return true;
	rs_err_set(err, RS_E_NOT_SUPPORTED, _("the objects of this source can't be listed by this version"));
	return false;
}

void rs_wizard_objects_fetch(struct rs_wizard *w)
{
	struct rs_task *task = rs_wizard_task(w);
	char *subject = rs_wizard_subject(&task->source);

	drop_job(w);
	rs_objects_clear(w->objects);
	rs_tree_place_clear(&w->source_place); /* nodes have other numbers now */
	rs_objects_filter(w->objects, w->objects->filter);
	free(w->objects_subject);
	w->objects_subject = subject;
	w->objects->schemas = task->source.protocol == RS_PROTOCOL_POSTGRESQL;
	w->objects->later = rs_flow_brings_later(task->flow);
	if (can_browse(task, &w->objects->error))
		w->objects->job = rs_browse_start(&task->source, rs_app_wake(w->app));
	rs_task_free(task);
}

static bool is_other_source(const struct rs_wizard *w)
{
	struct rs_task *task = rs_wizard_task(w);
	char *subject = rs_wizard_subject(&task->source);
	bool other = !w->objects_subject || strcmp(subject, w->objects_subject) != 0;

	free(subject);
	rs_task_free(task);
	return other;
}

/* The answer may have been changed elsewhere since. */
static struct rs_selection *answered(const struct rs_wizard *w, const struct rs_form_field *field)
{
	const char *text = rs_form_value(w->state, field);
	struct rs_selection *s = rs_form_objects_find(&w->app->objects, text);

	if (s)
		return s;
	s = rs_selection_new();
	(void)(rs_selection_parse(s, "", text, strlen(text), NULL) == RS_OK);
	return s;
}

void rs_wizard_objects_have(struct rs_wizard *w, const struct rs_form_field *field)
{
	if (!w->objects)
		w->objects = rs_objects_new(answered(w, field));
	w->objects->works = &w->app->works;
	if (w->begun && !w->objects->held)
		w->objects->held = rs_selection_copy(w->task->objects);
	if (is_other_source(w) || (w->objects->error.code && w->objects->error.code != RS_E_NOT_SUPPORTED))
		rs_wizard_objects_fetch(w);
}
