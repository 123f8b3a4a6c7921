#include "screen/wizard.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/form_binding.h"
#include "screen/show.h"

/* --- life -------------------------------------------------------------------------------------- */

/* So that all that is written of it bears the same. */
static void give_id(struct rs_task *task)
{
	char id[37];

	if (task->id)
		return;
	rs_uuid_make(id);
	(void)(rs_task_set(task, "task.id", id, NULL) == RS_OK);
}

/* What the process that runs a task does not take up. */
static bool is_fixed_at_work(const struct rs_form_field *f)
{
	return f->type != RS_FIELD_OBJECTS && f->type != RS_FIELD_ACTION && !(f->bind && rs_task_key_is_live(f->bind));
}

static const struct rs_form_field *objects_field(const struct rs_form_flow *flow)
{
	for (size_t p = 0; p < flow->n_pages; p++)
		for (size_t i = 0; i < flow->pages[p]->n_fields; i++)
			if (flow->pages[p]->fields[i].type == RS_FIELD_OBJECTS)
				return &flow->pages[p]->fields[i];
	return NULL;
}

/* What the file says is known already, and is not read again of the answer's text. */
static void note_objects(const struct rs_wizard *w)
{
	const struct rs_form_field *f = objects_field(w->flow);
	const char *text = f ? rs_form_value(w->state, f) : "";
	struct rs_selection *plain;

	if (!*text || !w->task->objects_checked)
		return;
	plain = rs_selection_copy(w->task->objects);
	rs_selection_set_case(plain, RS_CASE_KEEP); /* what becomes of names is another answer, */
	rs_selection_set_working(plain, NULL);      /* and what tools leave behind too */
	rs_form_objects_note(&w->app->objects, text, plain);
	rs_selection_free(plain);
}

/* What an unfinished task keeps of answers that do not apply now. */
static void take_draft(const struct rs_wizard *w, const struct rs_form_store *store)
{
	struct rs_buf lines = RS_BUF_INIT;

	rs_task_get_draft(w->task, &lines);
	rs_form_state_take_rest(w->state, store, rs_buf_str(&lines));
	rs_buf_release(&lines);
}

/* The name that its file is taken to bear. */
static char *called(const struct rs_task *task)
{
	const char *filed = rs_task_get(task, "task.filed_as");

	return task->path ? rs_xstrdup(filed ? filed : task->name) : NULL;
}

static struct rs_wizard *wizard_new(struct rs_app *app, const struct rs_form_flow *flow, struct rs_task *task,
                                    enum rs_configured how)
{
	struct rs_wizard *w = rs_xcalloc(1, sizeof *w);
	bool begun = how != RS_CONFIGURED_FIRST;
	struct rs_form_binding b;
	struct rs_form_store store;

	w->refs = 1;
	w->app = app;
	w->flow = flow;
	w->task = task;
	w->file = rs_xstrdup(task->path);
	w->called = called(task);
	w->base = task->path ? rs_task_copy(task) : NULL;
	give_id(task);
	w->begun = begun;
	w->running = how == RS_CONFIGURED_RUNNING;
	w->before = begun ? rs_selection_copy(task->objects) : NULL;
	w->step_count = flow->n_pages + (begun ? 0 : 1); /* what was begun needs no precheck */
	w->step_count = w->step_count < RS_WIZARD_STEPS ? w->step_count : RS_WIZARD_STEPS;
	w->state = rs_form_state_new(flow, &app->registry);
	rs_form_binding_init(&b, task, true);
	store = rs_form_binding_store(&b);
	rs_form_state_created(w->state, begun);
	if (w->running)
		rs_form_state_fix(w->state, is_fixed_at_work);
	rs_form_state_import(w->state, &store);
	take_draft(w, &store);
	rs_form_binding_release(&b);
	note_objects(w);
	w->saved = w->asked = rs_form_state_version(w->state);
	return w;
}

struct rs_wizard *rs_wizard_ref(struct rs_wizard *w)
{
	w->refs++;
	return w;
}

static void free_precheck(void *precheck)
{
	rs_precheck_free(precheck);
}

void rs_wizard_unref(struct rs_wizard *w)
{
	if (--w->refs > 0)
		return;
	rs_wizard_probe_release(w);
	rs_wizard_topics_release(w);
	if (w->precheck)
		rs_work_start(&w->app->works, free_precheck, NULL, w->precheck, 0);
	rs_wizard_objects_release(w);
	for (size_t i = 0; i < RS_WIZARD_STEPS; i++)
		free(w->steps[i].focus);
	free(w->objects_subject);
	free(w->file);
	free(w->called);
	rs_task_free(w->base);
	rs_selection_free(w->before);
	rs_form_state_free(w->state);
	rs_task_free(w->task);
	free(w);
}

const char *rs_wizard_cannot_start(const struct rs_form_flow *flow)
{
	return flow->available ? NULL : _("! It can't be started yet. It can be filled in, saved and reviewed.");
}

/* --- what the screens have in common ----------------------------------------------------------------- */

void rs_wizard_place(const struct rs_wizard *w, struct rs_buf *out)
{
	if (w->begun)
		(void)rs_buf_addf(out, "%s · ", w->task->name);
	(void)rs_buf_addf(out, "%s · %s", w->begun ? _("Modify Task") : _("Configure Task"), rs_form_text(w->flow->title));
}

static const char *step_title(const struct rs_wizard *w, size_t i)
{
	const struct rs_form_page *page = i < w->flow->n_pages ? w->flow->pages[i] : NULL;

	if (!page)
		return _("Precheck");
	return rs_form_text(page->rail ? page->rail : page->title);
}

/* A page was done when it was gone on from; the precheck is when it has passed, for the answers as they are now. */
static bool is_done(const struct rs_wizard *w, size_t i)
{
	if (i < w->flow->n_pages)
		return w->steps[i].visited;
	return w->precheck_passed && w->precheck_version == rs_form_state_version(w->state);
}

size_t rs_wizard_steps(const struct rs_wizard *w, struct rs_step *steps, size_t max)
{
	size_t n = w->step_count < max ? w->step_count : max;

	for (size_t i = 0; i < n; i++) {
		const struct rs_wizard_step *s = &w->steps[i];

		steps[i] = (struct rs_step){step_title(w, i), i == w->step ? RS_STEP_NOW : s->bad ? RS_STEP_BAD
		                                              : is_done(w, i) ? RS_STEP_DONE : RS_STEP_TODO};
	}
	return n;
}

void rs_wizard_enter(struct rs_wizard *w)
{
	w->app->wizard = w;
	w->going_on = false;
}

void rs_wizard_leave(struct rs_wizard *w)
{
	if (w->app->wizard == w)
		w->app->wizard = NULL;
	rs_wizard_save_draft(w);
}

/* --- from step to step ------------------------------------------------------------------------------- */

static bool has_field(const struct rs_form_page *page, enum rs_field_type type)
{
	for (size_t i = 0; i < page->n_fields; i++)
		if (page->fields[i].type == type)
			return true;
	return false;
}

static struct rs_screen *step_screen(struct rs_wizard *w)
{
	const struct rs_form_page *page = w->step < w->flow->n_pages ? w->flow->pages[w->step] : NULL;

	w->steps[w->step].visited = true;
	if (!page)
		return rs_wizard_precheck_screen(w);
	if (has_field(page, RS_FIELD_OBJECTS))
		return rs_wizard_objects_screen(w, page);
	if (has_field(page, RS_FIELD_REVIEW))
		return rs_wizard_review_screen(w, page);
	if (has_field(page, RS_FIELD_FIELDS))
		return rs_wizard_fields_screen(w, page, &page->fields[0]);
	return rs_wizard_form_screen(w, page);
}

void rs_wizard_go(struct rs_wizard *w, size_t step)
{
	if (step >= w->step_count)
		return;
	w->going_on = false;
	w->step = step;
	rs_loop_replace(w->app->loop, step_screen(w));
}

void rs_wizard_go_to(struct rs_wizard *w, const struct rs_form_page *page, const struct rs_form_field *field)
{
	for (size_t i = 0; i < w->flow->n_pages; i++) {
		if (w->flow->pages[i] != page)
			continue;
		free(w->steps[i].focus);
		w->steps[i].focus = field ? rs_xstrdup(field->id) : NULL;
		w->steps[i].bad = true;
		rs_wizard_go(w, i);
	}
}

/* What was said of the page that is left is over. */
static void move(struct rs_wizard *w, size_t step)
{
	rs_loop_say(w->app->loop, RS_STYLE_NORMAL, "%s", "");
	rs_wizard_go(w, step);
}

void rs_wizard_next(struct rs_wizard *w)
{
	w->steps[w->step].bad = false;
	move(w, w->step + 1);
}

static struct rs_watch *watch_of(const struct rs_wizard *w)
{
	return w->task->path ? rs_watches_find(&w->app->watches, w->task->path) : NULL;
}

static void changed_answered(void *ctx, const char *answer)
{
	struct rs_wizard *w = ctx;
	struct rs_app *app = w->app;
	struct rs_watch *watch = watch_of(w);

	if (!watch || !watch->task || app->wizard != w || !answer || strcmp(answer, "read") != 0)
		return;
	rs_loop_pop(app->loop);
	rs_wizard_modify(app, watch, w->flow->pages[w->first]->n_fields > 0 && has_field(w->flow->pages[w->first], RS_FIELD_OBJECTS));
}

static void ask_changed(struct rs_wizard *w, const struct rs_err *err)
{
	struct rs_option buttons[] = {{"stay", _("Keep editing"), NULL, NULL}, {"read", _("Read it again"), NULL, NULL}};
	struct rs_buf text = RS_BUF_INIT;

	rs_show_error(err, &text);
	(void)rs_buf_addf(&text, "\n\n%s", _("Nothing was written. Read the file again, which gives up what you have changed here, or keep editing and "
	                                     "take back what you changed there."));
	rs_dialog_ask(w->app->loop, _("Nothing was changed"), rs_buf_str(&text), false, buttons, RS_COUNT(buttons), changed_answered, w);
	rs_buf_release(&text);
}

static void show_unwritten(struct rs_wizard *w, struct rs_err *err)
{
	if (err->code == RS_E_TASK_CHANGED && w->app->wizard == w)
		ask_changed(w, err);
	else
		rs_app_show_error(w->app, w->running ? _("Nothing was changed") : _("The task can't be written"), err);
}

static bool has_more(const struct rs_selection *a, const struct rs_selection *b)
{
	struct rs_selection *more = rs_selection_minus(a, b);
	bool has = !rs_selection_is_empty(more);

	rs_selection_free(more);
	return has;
}

static void say_taken_up(struct rs_wizard *w)
{
	const char *text = _("Written.");

	if (w->running && has_more(w->task->objects, w->before))
		text = _("Written. What was added is checked and copied, and then joins the others.");
	else if (w->running && has_more(w->before, w->task->objects))
		text = _("Written. What was taken out stays at the destination as it is.");
	else if (w->running)
		text = _("Written. The task takes it up.");
	rs_loop_say(w->app->loop, RS_STYLE_OK, "%s", text);
}

static void written_to_leave(struct rs_wizard *w, struct rs_err *err)
{
	bool good = !rs_err_is_set(err);

	if (!good)
		show_unwritten(w, err);
	else if (w->app->wizard == w)
		rs_loop_pop(w->app->loop);
	if (good)
		say_taken_up(w);
}

void rs_wizard_save_and_leave(struct rs_wizard *w)
{
	rs_wizard_save(w, written_to_leave);
}

static void leave_answered(void *ctx, const char *answer)
{
	struct rs_wizard *w = ctx;

	if (!answer || strcmp(answer, "stay") == 0)
		return;
	if (strcmp(answer, "save") == 0)
		rs_wizard_save_and_leave(w);
	else
		rs_loop_pop(w->app->loop);
}

static void ask_leave(struct rs_wizard *w)
{
	struct rs_option buttons[] = {{"stay", _("Keep editing"), NULL, NULL},
	                              {"save", _("Save"), NULL, NULL},
	                              {"discard", _("Discard"), NULL, NULL}};

	rs_dialog_ask(w->app->loop, _("Leave the configuration?"),
	              _("The task has begun, so its file was left alone until now. Shall what you have changed be written to it?"), false,
	              buttons, RS_COUNT(buttons), leave_answered, w);
}

static void leave(struct rs_wizard *w)
{
	if (w->begun && w->saved != rs_form_state_version(w->state)) {
		ask_leave(w);
		return;
	}
	if (w->saved != rs_form_state_version(w->state) || w->drafted)
		rs_loop_say(w->app->loop, RS_STYLE_NORMAL, "%s", _("What you entered is kept as a draft, without the passwords."));
	rs_loop_pop(w->app->loop);
}

bool rs_wizard_enabled(const struct rs_wizard *w, int action, const char **why)
{
	if (action == RS_WIZARD_PREVIOUS) {
		*why = _("this is the first step");
		return w->step > 0;
	}
	if (action >= RS_WIZARD_STEP_1 && action <= RS_WIZARD_STEP_5) {
		size_t step = (size_t)(action - RS_WIZARD_STEP_1);

		*why = _("that step was not visited yet");
		return step < w->step_count && w->steps[step].visited;
	}
	return true;
}

bool rs_wizard_action(struct rs_wizard *w, int action)
{
	if (action == RS_ACT_BACK && w->step == w->first)
		leave(w);
	else if ((action == RS_ACT_BACK || action == RS_WIZARD_PREVIOUS) && w->step > 0)
		move(w, w->step - 1);
	else if (action >= RS_WIZARD_STEP_1 && action <= RS_WIZARD_STEP_5)
		move(w, (size_t)(action - RS_WIZARD_STEP_1));
	else
		return false;
	return true;
}

/* --- the end ------------------------------------------------------------------------------------------- */

bool rs_wizard_wait(struct rs_wizard *w, enum rs_rc checked)
{
	bool waited = w->going_on;

	w->going_on = checked == RS_AGAIN;
	if (w->going_on || waited)
		rs_loop_say(w->app->loop, RS_STYLE_NORMAL, "%s", w->going_on ? _("Checking what you entered.") : "");
	return w->going_on;
}

static bool check_all(struct rs_wizard *w)
{
	const struct rs_form_page *page = NULL;
	const struct rs_form_field *field = NULL;
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc = rs_form_check_all(w->state, &page, &field, &err);

	if (rc == RS_OK || rs_wizard_wait(w, rc))
		return rc == RS_OK;
	if (page)
		rs_wizard_go_to(w, page, field);
	rs_app_say_error(w->app, &err);
	return false;
}

void rs_wizard_start(struct rs_wizard *w)
{
	struct rs_watch *watch = watch_of(w); /* as its file is: there may be more in it than what was answered here */

	if (!watch || !watch->task)
		watch = rs_watches_put(&w->app->watches, rs_task_copy(w->task));
	rs_app_start_task(w->app, watch, RS_APP_OPEN_INSTEAD);
}

/* Who has gone elsewhere meanwhile is not taken from there. */
static void written_to_go_on(struct rs_wizard *w, struct rs_err *err)
{
	bool here = w->app->wizard == w && w->step == w->finishing;

	if (rs_err_is_set(err))
		show_unwritten(w, err);
	else if (here && w->running)
		written_to_leave(w, err);
	else if (here && w->begun)
		rs_wizard_start(w);
	else if (here)
		rs_wizard_next(w);
}

static void write_and_go_on(struct rs_wizard *w)
{
	w->finishing = w->step;
	rs_wizard_save(w, written_to_go_on);
}

static void production_answered(void *ctx, const char *answer)
{
	if (answer && strcmp(answer, "yes") == 0)
		write_and_go_on(ctx);
}

/* An instance that the registry calls production is not written to without its name having been typed. */
static const struct rs_instance *production(const struct rs_wizard *w)
{
	struct rs_task *task = rs_wizard_task(w);
	const struct rs_instance *instance = rs_app_production(w->app, task);

	rs_task_free(task);
	return instance;
}

void rs_wizard_finish(struct rs_wizard *w)
{
	const struct rs_instance *instance = production(w);
	char *text;

	if (!check_all(w))
		return;
	if (!instance || w->begun || !w->flow->available) {
		write_and_go_on(w);
		return;
	}
	text = rs_xprintf(_("%s is an instance in production. The selected objects will be written there."), instance->id);
	rs_dialog_typed(w->app->loop, _("Write to production?"), text, instance->id, NULL, _("Precheck and Start"), production_answered, w);
	free(text);
}

/* --- opening it ------------------------------------------------------------------------------------------- */

static void open_with(struct rs_app *app, const struct rs_form_flow *flow, struct rs_task *task, enum rs_configured how,
                      bool at_objects)
{
	struct rs_wizard *w = wizard_new(app, flow, task, how);

	for (size_t i = 0; i < flow->n_pages; i++) {
		w->steps[i].visited = w->begun; /* all was answered once */
		if (at_objects && has_field(flow->pages[i], RS_FIELD_OBJECTS))
			w->step = w->first = i;
	}
	rs_loop_push(app->loop, step_screen(w));
	rs_wizard_unref(w);
}

enum rs_rc rs_wizard_open(struct rs_app *app, const struct rs_task *task, enum rs_configured how, bool at_objects,
                          struct rs_err *err)
{
	const char *id = task->flow ? task->flow : "mysql-to-mysql";
	const struct rs_forms *forms = rs_app_forms(app);
	const struct rs_form_flow *flow = forms ? rs_forms_flow(forms, id) : NULL;

	if (!forms) {
		rs_err_copy(err, &app->forms_error);
		return RS_FAIL;
	}
	if (!flow)
		return rs_err_set(err, RS_E_TASK_INVALID, _("there are no forms for the flow \"%s\""), id);
	open_with(app, flow, rs_task_copy(task), how, at_objects);
	return RS_OK;
}

void rs_wizard_modify(struct rs_app *app, const struct rs_watch *watch, bool at_objects)
{
	struct rs_err err = RS_ERR_INIT;

	if (rs_wizard_open(app, watch->task, rs_app_configured(watch), at_objects, &err) != RS_OK)
		rs_app_show_error(app, _("The task can't be configured here"), &err);
}

void rs_wizard_clone(struct rs_app *app, const struct rs_watch *watch)
{
	char *name = rs_xprintf(_("%s-copy"), watch->name);
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_clone(watch->task, name, &err);

	if (!task || rs_wizard_open(app, task, RS_CONFIGURED_FIRST, false, &err) != RS_OK)
		rs_app_show_error(app, _("The task can't be cloned"), &err);
	rs_task_free(task);
	free(name);
}

void rs_wizard_begin(struct rs_app *app, const struct rs_form_flow *flow)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_new(flow->id, NULL, &err);

	if (!task) {
		rs_app_show_error(app, _("No task can be made"), &err);
		return;
	}
	rs_loop_pop(app->loop); /* the choice of the flow: who leaves comes back to the list of tasks */
	open_with(app, flow, task, RS_CONFIGURED_FIRST, false);
}
