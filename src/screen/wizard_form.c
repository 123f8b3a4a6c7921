/* A step that is a page of fields: widgets are made from the form's definition, changes go into the answers at once, and what
 * follows from them (defaults, what is shown, what can be chosen) is shown again from there. */
#include "screen/wizard.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "base/words.h"
#include "screen/keys.h"

#define FOLD_BELOW 72        /* columns: narrower, the two sides stand below each other */
#define TEXT_MAX 4096
#define RADIO_MAX 2          /* fixed choices up to so many are all shown, */
#define RADIO_WIDTH 13       /* and in a group that stands beside another up to so many cells */
#define MARKS_MAX 6          /* rows of a list of marks */

struct bound {
	const struct rs_form_field *field;
	struct rs_widget *widget;
	struct rs_widget *fieldset;
	struct rs_widget *status;   /* below a button: what came of it; NULL: none */
	bool checking;              /* whether it is good is being found out */
};

struct page {
	struct rs_screen screen;
	struct rs_wizard *w;
	const struct rs_form_page *page;
	struct bound *fields;
	size_t count;
	struct rs_widget *more;     /* the box that shows the advanced fields; NULL: there are none */
	struct rs_widget *buttons;
	unsigned shown;             /* version of the answers that the widgets show */
};

static struct page *page_of(struct rs_screen *s)
{
	return (struct page *)s;
}

static struct bound *bound_of(struct page *p, const struct rs_widget *w)
{
	for (size_t i = 0; w && i < p->count; i++)
		if (p->fields[i].widget == w)
			return &p->fields[i];
	return NULL;
}

/* --- making widgets --------------------------------------------------------------------------------- */

static bool is_answered_by_another(const struct rs_form_page *page, const struct rs_form_field *f)
{
	for (size_t i = 0; i < page->n_fields; i++)
		for (size_t j = 0; j < page->fields[i].n_picks; j++)
			if (strcmp(page->fields[i].picks[j].field, f->id) == 0)
				return true;
	return false;
}

static bool is_beside_another(const struct rs_form_field *f)
{
	for (size_t i = 0; f->group && i < f->page->n_groups; i++)
		if (strcmp(f->page->groups[i].id, f->group) == 0)
			return f->page->groups[i].column > 0;
	return false;
}

static bool choices_fit(const struct rs_form_field *f)
{
	for (size_t i = 0; i < f->n_choices; i++)
		if (rs_text_width(rs_form_text(f->choices[i].label)) > RADIO_WIDTH)
			return false;
	return true;
}

static bool is_radio(const struct rs_form_field *f)
{
	return !f->choices_call.name && f->n_choices <= RADIO_MAX && !is_answered_by_another(f->page, f) &&
	       (!is_beside_another(f) || choices_fit(f));
}

static struct rs_widget *entry_new(const struct rs_form_field *f, int width, bool digits)
{
	struct rs_entry *e = rs_entry_new(f->id, f->width ? (int)f->width : width, TEXT_MAX);

	if (digits)
		e->accept = rs_accept_digits;
	if (f->hint) {
		/* TRANSLATORS: shown in an empty field; %s: what could stand there: "db1.example.com" */
		char *example = rs_xprintf(_("e.g. %s"), rs_form_text(f->hint));

		rs_entry_set_placeholder(e, example);
		free(example);
	}
	return &e->w;
}

static struct rs_widget *button_new(const struct rs_form_field *f)
{
	struct rs_option button = {f->id, rs_form_text(f->label), rs_form_text(f->help), NULL};

	return rs_buttons_new(f->id, &button, 1, 0);
}

static struct rs_widget *widget_new(const struct rs_form_field *f)
{
	switch (f->type) {
	case RS_FIELD_PORT: return entry_new(f, 8, true);
	case RS_FIELD_INT:
	case RS_FIELD_DURATION: return entry_new(f, 8, true);
	case RS_FIELD_SIZE: return entry_new(f, 8, false);
	case RS_FIELD_BOOL: return rs_checkbox_new(f->id, "");
	case RS_FIELD_CHOICE: return is_radio(f) ? rs_radio_new(f->id) : rs_choice_new(f->id, f->width ? (int)f->width : 24);
	case RS_FIELD_MULTICHOICE: return rs_multichoice_new(f->id, MARKS_MAX);
	case RS_FIELD_SECRET: return &rs_entry_new_secret(f->id, f->width ? (int)f->width : 24, 1024)->w;
	case RS_FIELD_ACTION: return button_new(f);
	case RS_FIELD_NOTE: return NULL;
	default: return entry_new(f, 24, false);
	}
}

static bool tests_connectivity(const struct rs_form_field *f)
{
	return strcmp(f->action.name, "test-connectivity") == 0;
}

static void add_field(struct page *p, struct rs_widget *fieldset, const struct rs_form_field *f)
{
	struct bound *b = &p->fields[p->count++];

	*b = (struct bound){.field = f, .fieldset = fieldset};
	if (f->type == RS_FIELD_NOTE) {
		b->widget = rs_fieldset_add_note(fieldset, rs_form_text(f->help ? f->help : f->label), RS_STYLE_DIM);
		return;
	}
	b->widget = widget_new(f);
	rs_widget_set_help(b->widget, rs_form_text(f->help));
	if (f->type == RS_FIELD_ACTION) {
		(void)rs_fieldset_add_wide(fieldset, b->widget);
		b->status = rs_fieldset_add_note(fieldset, "", RS_STYLE_NORMAL);
		b->widget->tail = b->status;
	} else {
		(void)rs_fieldset_add(fieldset, rs_form_text(f->label), b->widget);
	}
}

static bool in_group(const struct rs_form_field *f, const char *group)
{
	return group ? f->group && strcmp(f->group, group) == 0 : f->group == NULL;
}

/* The fields of a group; NULL: those of none. */
static struct rs_widget *group_new(struct page *p, const struct rs_form_group *g)
{
	struct rs_widget *fs = rs_fieldset_new(g ? rs_form_text(g->label) : NULL);

	for (size_t i = 0; i < p->page->n_fields; i++)
		if (in_group(&p->page->fields[i], g ? g->id : NULL))
			add_field(p, fs, &p->page->fields[i]);
	if (g && g->help)
		rs_widget_set_help(fs, rs_form_text(g->help));
	return fs;
}

static void add_warning(struct rs_widget *column, const char *text)
{
	struct rs_widget *row = rs_widget_add(column, rs_row_new(0, 0));

	(void)rs_widget_add(row, rs_space_new(1, 1, 0));
	(void)rs_widget_add(row, rs_label_new(text, RS_STYLE_WARN));
}

/* Groups with a column stand beside the ones before them that have one, too. */
static void add_groups(struct page *p, struct rs_widget *column)
{
	struct rs_widget *row = NULL;
	bool ungrouped = false;

	if (p->w->step == 0 && rs_wizard_cannot_start(p->w->flow))
		add_warning(column, rs_wizard_cannot_start(p->w->flow));
	for (size_t i = 0; i < p->page->n_fields; i++)
		ungrouped = ungrouped || !p->page->fields[i].group;
	if (ungrouped)
		(void)rs_widget_add(column, group_new(p, NULL));
	for (size_t i = 0; i < p->page->n_groups; i++) {
		const struct rs_form_group *g = &p->page->groups[i];
		struct rs_widget *fs = group_new(p, g);

		if (g->column <= 0) {
			row = NULL;
			(void)rs_widget_add(column, fs);
			continue;
		}
		if (!row || g->column == 1)
			row = rs_widget_add(column, rs_row_new(2, FOLD_BELOW));
		fs->weight = 1;
		(void)rs_widget_add(row, fs);
	}
}

/* --- what is shown ------------------------------------------------------------------------------------- */

static struct rs_wizard_step *step_of(const struct page *p)
{
	return &p->w->steps[p->w->step];
}

static bool is_shown(const struct page *p, const struct bound *b)
{
	if (!rs_form_is_visible(p->w->state, b->field))
		return false;
	return b->field->level == RS_LEVEL_BASIC || step_of(p)->advanced || rs_form_is_answered(p->w->state, b->field) ||
	       rs_fieldset_error(b->fieldset, b->widget);
}

static void show_choices(const struct page *p, const struct bound *b)
{
	struct rs_form_choices c;
	struct rs_option *options;

	rs_form_choices_get(p->w->state, b->field, &c);
	options = rs_xcalloc(c.count + 1, sizeof *options);
	for (size_t i = 0; i < c.count; i++)
		options[i] = (struct rs_option){c.items[i].value, c.items[i].label, NULL, NULL};
	rs_options_set(b->widget, options, c.count);
	free(options);
	rs_form_choices_release(&c);
}

static void show_marks(const struct rs_widget *w, const char *value)
{
	for (size_t i = 0; i < rs_options_count(w); i++) {
		const char *id = rs_options_id(w, i);

		rs_options_mark((struct rs_widget *)(uintptr_t)w, i, rs_words_has(value, id, strlen(id)));
	}
}

static void show_secret(struct rs_entry *e, const char *value)
{
	struct rs_secret now = RS_SECRET_INIT, wanted = RS_SECRET_INIT;

	rs_entry_get_secret(e, &now);
	rs_secret_set(&wanted, value, strlen(value));
	if (!rs_secret_equal(&now, &wanted))
		rs_entry_set_secret(e, &wanted);
	rs_secret_clear(&now);
	rs_secret_clear(&wanted);
}

/* Of what never can be changed the form says it itself. */
static const char *why_readonly(const struct page *p, const struct rs_form_field *f)
{
	if (f->readonly)
		return rs_form_text(f->help);
	if (p->w->running && !f->fixed)
		return _("The process has read this when it began: stop the task, change it, and start it again.");
	return _("This can't be changed once the task is made: what is there was made with it. A clone of the task can be given another.");
}

static void show_readonly(const struct page *p, const struct bound *b)
{
	rs_widget_disable(b->widget, rs_form_is_readonly(p->w->state, b->field) ? why_readonly(p, b->field) : NULL);
}

/* The text under the cursor is not touched as long as it says the same. */
static void show_text(const struct page *p, const struct bound *b, const char *value)
{
	struct rs_entry *e = (struct rs_entry *)b->widget;

	e->fixed = rs_form_is_readonly(p->w->state, b->field);
	show_readonly(p, b);
	if (b->field->type == RS_FIELD_SECRET)
		show_secret(e, value);
	else if (strcmp(rs_entry_text(e), value) != 0)
		(rs_form_is_answered(p->w->state, b->field) ? rs_entry_set : rs_entry_suggest)(e, value);
}

static void show_status(const struct page *p, const struct bound *b)
{
	bool destination = b->field->action.n_words && strcmp(b->field->action.words[0], "destination") == 0;
	struct rs_buf text = RS_BUF_INIT;
	unsigned style;

	if (!b->status)
		return;
	if (tests_connectivity(b->field))
		rs_wizard_probe_text(p->w, destination, &text, &style);
	else
		rs_wizard_topics_text(p->w, &text, &style);
	rs_label_set(b->status, rs_buf_str(&text), style);
	rs_widget_hide(b->status, text.len == 0);
	rs_buf_release(&text);
}

static void show_field(const struct page *p, const struct bound *b)
{
	const char *value = rs_form_value(p->w->state, b->field);

	rs_widget_hide(b->widget, !is_shown(p, b));
	switch (b->field->type) {
	case RS_FIELD_CHOICE:
		show_choices(p, b);
		(void)rs_options_choose(b->widget, value);
		show_readonly(p, b);
		break;
	case RS_FIELD_MULTICHOICE:
		show_choices(p, b);
		show_marks(b->widget, value);
		show_readonly(p, b);
		break;
	case RS_FIELD_BOOL:
		rs_checkbox_set(b->widget, strcmp(value, "yes") == 0);
		show_readonly(p, b);
		break;
	case RS_FIELD_ACTION: show_status(p, b); break;
	case RS_FIELD_NOTE: break;
	default: show_text(p, b, value); break;
	}
}

static bool shows_any(const struct page *p, const struct rs_widget *fieldset)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->fields[i].fieldset == fieldset && !p->fields[i].widget->hidden)
			return true;
	return false;
}

/* No heading without anything below it. */
static void show_groups(const struct page *p)
{
	for (size_t i = 0; i < p->count; i++)
		rs_widget_hide(p->fields[i].fieldset, !shows_any(p, p->fields[i].fieldset));
}

static void show_all(struct page *p)
{
	p->shown = rs_form_state_version(p->w->state);
	for (size_t i = 0; i < p->count; i++)
		show_field(p, &p->fields[i]);
	show_groups(p);
	if (p->more)
		rs_checkbox_set(p->more, step_of(p)->advanced);
	rs_loop_dirty(p->w->app->loop);
}

/* --- answers ---------------------------------------------------------------------------------------------- */

static void take_marks(const struct page *p, const struct bound *b)
{
	struct rs_buf words = RS_BUF_INIT;

	for (size_t i = 0; i < rs_options_count(b->widget); i++)
		if (rs_options_marked(b->widget, i))
			(void)rs_buf_addf(&words, "%s%s", words.len ? " " : "", rs_options_id(b->widget, i));
	rs_form_set(p->w->state, b->field, rs_buf_str(&words));
	rs_buf_release(&words);
}

static void take_secret(const struct page *p, const struct bound *b)
{
	struct rs_secret secret = RS_SECRET_INIT;

	rs_entry_get_secret((const struct rs_entry *)b->widget, &secret);
	rs_form_set(p->w->state, b->field, rs_secret_is_set(&secret) ? rs_secret_reveal(&secret) : "");
	rs_secret_clear(&secret);
}

static void take_answer(const struct page *p, const struct bound *b)
{
	switch (b->field->type) {
	case RS_FIELD_CHOICE: rs_form_set(p->w->state, b->field, rs_options_chosen(b->widget)); break;
	case RS_FIELD_MULTICHOICE: take_marks(p, b); break;
	case RS_FIELD_BOOL: rs_form_set(p->w->state, b->field, rs_checkbox_get(b->widget) ? "yes" : "no"); break;
	case RS_FIELD_SECRET: take_secret(p, b); break;
	case RS_FIELD_ACTION:
	case RS_FIELD_NOTE: break;
	default: rs_form_set(p->w->state, b->field, rs_entry_text((const struct rs_entry *)b->widget)); break;
	}
}

/* --- what is wrong -------------------------------------------------------------------------------------------- */

static void show_error(const struct bound *b, const struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;

	if (err->code) {
		(void)rs_buf_adds(&text, err->primary);
		if (err->hint)
			(void)rs_buf_addf(&text, " (%s)", err->hint);
	}
	rs_fieldset_set_error(b->fieldset, b->widget, rs_buf_str(&text));
	rs_buf_release(&text);
}

static void check(const struct page *p, struct bound *b)
{
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc = rs_form_check_field(p->w->state, b->field, &err);

	b->checking = rc == RS_AGAIN;
	if (!b->checking)
		show_error(b, &err);
	rs_err_clear(&err);
}

/* Those whose answer has come, or has not been asked for: of what was typed meanwhile. */
static void check_again(struct page *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->fields[i].checking)
			check(p, &p->fields[i]);
	show_all(p);
}

/* A field that was left: a mistake is shown beside it, and holds nobody. What was emptied is back at its default. */
static void left(struct page *p, struct bound *b)
{
	struct rs_entry *e = (struct rs_entry *)b->widget;
	bool text = strcmp(b->widget->ops->kind, "entry") == 0 && b->field->type != RS_FIELD_SECRET;
	bool emptied = text && rs_form_is_answered(p->w->state, b->field) && !*rs_entry_text(e);

	if (emptied) {
		rs_form_set(p->w->state, b->field, NULL);
		show_all(p);
	}
	if (emptied || rs_form_is_answered(p->w->state, b->field) || rs_fieldset_error(b->fieldset, b->widget))
		check(p, b);
}

/* Shows all that is wrong with the page; the first gets the focus. */
static bool check_page(struct page *p)
{
	const struct rs_form_field *bad = NULL;
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc;
	bool good;

	for (size_t i = 0; i < p->count; i++)
		check(p, &p->fields[i]);
	rc = rs_form_check_page(p->w->state, p->page, &bad, &err);
	if (rs_wizard_wait(p->w, rc))
		return false;
	good = rc == RS_OK;
	for (size_t i = 0; !good && i < p->count; i++)
		if (p->fields[i].field == bad) {
			show_error(&p->fields[i], &err);
			rs_widget_hide(p->fields[i].widget, false);
			(void)rs_widget_focus(p->screen.root, p->fields[i].widget);
		}
	if (!good)
		rs_loop_say(p->w->app->loop, RS_STYLE_ERROR, _("%s: %s"), bad ? rs_form_text(bad->label) : rs_form_text(p->page->title),
		            err.primary);
	step_of(p)->bad = !good;
	rs_err_clear(&err);
	return good;
}

/* --- actions ---------------------------------------------------------------------------------------------- */

enum { ACT_TEST, ACT_MORE };

static const struct rs_action actions[] = {
	{ACT_TEST, "test-connectivity", {'c', RS_KEY_ALT | 'c'}, N_("Test connectivity"),
	 N_("Connect to both servers with what is entered so far; nothing is changed there."), 30},
	{ACT_MORE, "advanced-fields", {'a', RS_CTRL('o')}, N_("More fields"), N_("Show or hide the fields that are rarely needed."), 45},
	RS_WIZARD_ACTIONS,
};
const struct rs_keymap rs_wizard_form_keymap = {N_("Configure Task"), actions, RS_COUNT(actions)};

static bool has_tests(const struct page *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->fields[i].status && tests_connectivity(p->fields[i].field))
			return true;
	return false;
}

static bool enabled(struct rs_screen *s, int action, const char **why)
{
	const struct page *p = page_of(s);

	*why = _("there is none on this page");
	if (action == ACT_TEST)
		return has_tests(p);
	if (action == ACT_MORE)
		return p->more != NULL;
	return rs_wizard_enabled(p->w, action, why);
}

static void test_all(struct page *p)
{
	struct rs_err err = RS_ERR_INIT;

	for (size_t i = 0; i < p->count; i++)
		if (p->fields[i].status && tests_connectivity(p->fields[i].field) && rs_form_act(p->w->state, p->fields[i].field, &err) != RS_OK)
			rs_app_say_error(p->w->app, &err);
	show_all(p);
}

static void toggle_more(struct page *p)
{
	step_of(p)->advanced = !step_of(p)->advanced;
	show_all(p);
}

static bool next(struct page *p)
{
	if (check_page(p))
		rs_wizard_next(p->w);
	return true;
}

static bool action(struct rs_screen *s, int id)
{
	struct page *p = page_of(s);

	switch (id) {
	case ACT_TEST: test_all(p); return true;
	case ACT_MORE: toggle_more(p); return true;
	case RS_WIZARD_NEXT: return next(p);
	case RS_ACT_BACK:
		if (rs_wizard_probe_cancel(p->w) || rs_wizard_topics_cancel(p->w)) {
			show_all(p);
			return true;
		}
		break;
	default: break;
	}
	return rs_wizard_action(p->w, id);
}

/* --- events --------------------------------------------------------------------------------------------------- */

static void press(struct page *p, const struct bound *b)
{
	struct rs_err err = RS_ERR_INIT;

	if (rs_form_act(p->w->state, b->field, &err) != RS_OK)
		rs_app_say_error(p->w->app, &err);
	show_all(p);
}

/* An answer that hides its own field (an instance that is not listed) leads to what is asked in its place. */
static void go_on_from_hidden(struct page *p, const struct bound *b)
{
	if (!b->widget->hidden)
		return;
	for (const struct bound *next = b + 1; next < p->fields + p->count; next++) {
		if (next->widget->hidden || next->fieldset != b->fieldset)
			continue;
		(void)rs_widget_focus(p->screen.root, next->widget);
		return;
	}
}

static bool pressed_below(struct page *p)
{
	return strcmp(rs_buttons_current(p->buttons), "next") == 0 ? next(p) : rs_wizard_action(p->w, RS_ACT_BACK);
}

static bool notify(struct rs_screen *s, struct rs_widget *w, enum rs_reply reply)
{
	struct page *p = page_of(s);
	struct bound *b = bound_of(p, w);

	if (reply == RS_CANCEL)
		return false;
	if (w == p->more && reply == RS_CHANGED)
		toggle_more(p);
	else if (w == p->buttons && reply == RS_SUBMIT)
		return pressed_below(p);
	else if (b && b->field->type == RS_FIELD_ACTION && reply == RS_SUBMIT)
		press(p, b);
	else if (reply == RS_SUBMIT)
		return next(p);
	else if (b) {
		take_answer(p, b);
		p->w->going_on = b->checking = false;
		if (rs_fieldset_error(b->fieldset, b->widget))
			check(p, b);
		show_all(p);
		go_on_from_hidden(p, b);
	}
	return true;
}

static void focus(struct rs_screen *s, struct rs_widget *from, struct rs_widget *to)
{
	struct page *p = page_of(s);
	struct bound *b = bound_of(p, from);

	if (b)
		left(p, b);
	if (to && to->id) {
		free(step_of(p)->focus);
		step_of(p)->focus = rs_xstrdup(to->id);
	}
}

static bool paste(struct page *p, const struct rs_event *ev)
{
	const struct bound *b = bound_of(p, rs_widget_focused(p->screen.root));

	if (!b || !rs_wizard_paste(p->w, p->page, b->field, ev->text, ev->len))
		return false;
	for (size_t i = 0; i < p->count; i++)
		if (rs_fieldset_error(p->fields[i].fieldset, p->fields[i].widget))
			check(p, &p->fields[i]);
	show_all(p);
	go_on_from_hidden(p, b);
	return true;
}

static enum rs_reply event(struct rs_screen *s, const struct rs_event *ev)
{
	struct page *p = page_of(s);

	if (ev->type == RS_EV_PASTE)
		return paste(p, ev) ? RS_HANDLED : RS_IGNORED;
	if (ev->type != RS_EV_WAKE)
		return RS_IGNORED;
	if (rs_wizard_probe_poll(p->w))
		show_all(p);
	if (rs_wizard_topics_poll(p->w) || p->shown != rs_form_state_version(p->w->state))
		show_all(p);
	check_again(p);
	if (p->w->going_on)
		(void)next(p);
	return RS_HANDLED;
}

/* --- the screen --------------------------------------------------------------------------------------------------- */

static void put_focus(struct page *p)
{
	const char *id = step_of(p)->focus;
	struct rs_widget *w = id ? rs_widget_find(p->screen.root, id) : NULL;

	if (w)
		(void)rs_widget_focus(p->screen.root, w);
}

static void enter(struct rs_screen *s)
{
	struct page *p = page_of(s);

	rs_wizard_enter(p->w);
	(void)rs_wizard_probe_poll(p->w);
	if (step_of(p)->bad)
		for (size_t i = 0; i < p->count; i++)
			check(p, &p->fields[i]);
	show_all(p);
	put_focus(p);
}

static void leave(struct rs_screen *s)
{
	rs_wizard_leave(page_of(s)->w);
}

static void place(struct rs_screen *s, struct rs_buf *out)
{
	rs_wizard_place(page_of(s)->w, out);
}

static size_t steps(struct rs_screen *s, struct rs_step *out, size_t max)
{
	return rs_wizard_steps(page_of(s)->w, out, max);
}

static void destroy(struct rs_screen *s)
{
	struct page *p = page_of(s);

	rs_wizard_unref(p->w);
	free(p->fields);
	free(p);
}

static const struct rs_screen_ops ops = {
	.name = "wizard-form", .keymap = &rs_wizard_form_keymap, .enter = enter, .leave = leave, .place = place, .steps = steps, .event = event,
	.notify = notify, .focus = focus, .action = action, .enabled = enabled, .destroy = destroy,
};

static bool has_advanced(const struct rs_form_page *page)
{
	for (size_t i = 0; i < page->n_fields; i++)
		if (page->fields[i].level == RS_LEVEL_ADVANCED)
			return true;
	return false;
}

static struct rs_widget *foot_new(struct page *p)
{
	struct rs_option buttons[] = {{"back", _("Back"), _("Back to the step before; nothing is lost."), NULL},
	                              {"next", rs_form_text(p->page->next ? p->page->next : N_("Next")),
	                               _("On to the next step; this one is checked."), NULL}};
	struct rs_widget *row = rs_row_new(3, 0);

	p->buttons = rs_buttons_new("foot", buttons, RS_COUNT(buttons), 1);
	(void)rs_widget_add(row, rs_space_new(1, 0, 0));
	(void)rs_widget_add(row, p->buttons);
	if (has_advanced(p->page)) {
		p->more = rs_checkbox_new("more", _("More fields"));
		rs_widget_set_help(p->more, _("Shows the fields of this page that are rarely needed."));
		(void)rs_widget_add(row, p->more);
	}
	return row;
}

struct rs_screen *rs_wizard_form_screen(struct rs_wizard *w, const struct rs_form_page *page)
{
	struct page *p = rs_xcalloc(1, sizeof *p);
	struct rs_widget *column = rs_column_new(1), *scroll;

	p->screen.ops = &ops;
	p->w = rs_wizard_ref(w);
	p->page = page;
	p->fields = rs_xcalloc(page->n_fields + 1, sizeof *p->fields);
	add_groups(p, column);
	scroll = rs_scroll_new(column);
	scroll->weight = 1;
	p->screen.root = rs_column_new(0);
	(void)rs_widget_add(p->screen.root, scroll);
	(void)rs_widget_add(p->screen.root, foot_new(p));
	return &p->screen;
}
