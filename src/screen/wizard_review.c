/* The last step before the precheck: the plan, in words. What will be read, what will be written where, how, and the command
 * that does the same without screens. */
#include "screen/wizard.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "base/words.h"
#include "screen/keys.h"
#include "screen/search.h"
#include "tui/glyph.h"

#define NAMES_MAX 200 /* renamed objects that are listed */

struct page {
	struct rs_screen screen;
	struct rs_wizard *w;
	const struct rs_form_page *page;
	struct rs_textview *text;
	struct rs_search *search;
	struct rs_widget *buttons;
};

static struct page *page_of(struct rs_screen *s)
{
	return (struct page *)s;
}

/* --- the plan -------------------------------------------------------------------------------------- */

static void heading(struct rs_textview *t, const char *text)
{
	rs_textview_add(t, RS_STYLE_HEADER, 1, text);
}

static void line(struct rs_textview *t, unsigned style, const char *fmt, ...) RS_PRINTF(3, 4);
static void line(struct rs_textview *t, unsigned style, const char *fmt, ...)
{
	struct rs_buf text = RS_BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	(void)rs_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	rs_textview_add(t, style, 3, rs_buf_str(&text));
	rs_buf_release(&text);
}

static void add_connection(struct rs_textview *t, const struct rs_endpoint *e)
{
	char *where = rs_endpoint_text(e);

	line(t, RS_STYLE_NORMAL, e->tls ? _("%s, encrypted") : _("%s, not encrypted"), where);
	free(where);
}

static void add_source(struct rs_textview *t, const struct rs_task *task)
{
	heading(t, _("Read from"));
	add_connection(t, &task->source);
	if (task->sync.full)
		line(t, RS_STYLE_NORMAL, "%s", _("Every row of the selected tables once, in parallel."));
	if (task->sync.full)
		line(t, RS_STYLE_NORMAL, "%s", task->sync.lock_for_keyless
		     ? _("InnoDB tables without a key may be locked for a moment, other InnoDB tables are not.")
		     : _("InnoDB tables are not locked."));
	if (task->sync.incremental)
		line(t, RS_STYLE_NORMAL, "%s", _("Its binary log, from the start of the copy on, for as long as the task runs."));
	line(t, RS_STYLE_NORMAL, "%s", _("Outside of the database dts nothing is written there."));
}

static void add_destination(struct rs_textview *t, const struct rs_wizard *w, const struct rs_task *task)
{
	char *where = rs_endpoint_text(&task->destination);

	heading(t, _("Written to"));
	if (rs_app_production(w->app, task))
		rs_textview_add(t, RS_STYLE_DANGER, 3, _(" An instance in production "));
	add_connection(t, &task->destination);
	if (task->sync.schema)
		line(t, RS_STYLE_NORMAL, "%s", _("Databases, tables, views and routines are made as they are at the source."));
	if (task->sync.full)
		line(t, RS_STYLE_NORMAL, "%s", _("Rows are loaded as fast as both servers allow: run this off-peak."));
	if (task->sync.existing_tables == RS_EXISTING_IGNORE)
		line(t, RS_STYLE_WARN, "%s", _("! Tables that exist there already are written to: their rows stay, and changes overwrite them."));
	else
		line(t, RS_STYLE_NORMAL, "%s", _("Where a table of that name exists already, the precheck fails."));
	line(t, RS_STYLE_NORMAL, "%s", _("The database dts there keeps how far the task is."));
	free(where);
}

/* What is said of a database or table beyond its name. */
static void add_particulars(struct rs_textview *t, const char *name, const struct rs_selection_rule *r)
{
	struct rs_buf kinds = RS_BUF_INIT;

	if (r->operations) {
		rs_operations_put(r->operations, &kinds);
		line(t, RS_STYLE_WARN, _("! %s: only%s"), name, rs_buf_str(&kinds));
	}
	if (r->filter)
		line(t, RS_STYLE_WARN, _("! %s: only rows that meet: %s"), name, r->filter);
	for (int i = 0; r->settings && i < RS_TABLE_SETTINGS; i++)
		if (r->settings[i])
			line(t, RS_STYLE_NORMAL, "%s: %s: %s", name, rs_table_setting_word((enum rs_table_setting)i), r->settings[i]);
	rs_buf_release(&kinds);
}

static void add_whole(struct rs_textview *t, const struct rs_task *task, const char *name, const char *to)
{
	if (!rs_flow_brings_later(task->flow))
		line(t, RS_STYLE_NORMAL, _("%s%s, all tables that are there now"), name, to);
	else
		line(t, RS_STYLE_NORMAL, task->source.protocol == RS_PROTOCOL_POSTGRESQL ? _("%s%s, the whole schema, also future tables")
		                                                                         : _("%s%s, the whole database, also future tables"), name, to);
}

static void add_rule(struct rs_textview *t, const struct rs_task *task, const struct rs_selection_rule *r)
{
	struct rs_buf name = RS_BUF_INIT, to = RS_BUF_INIT;

	(void)rs_buf_addf(&name, "%s%s%s%s%s", r->db, r->table ? "." : "", r->table ? r->table : "", r->column ? "." : "",
	                  r->column ? r->column : "");
	if (r->table && !r->column && r->to_db)
		(void)rs_buf_addf(&to, " → %s.%s", r->to_db, r->to_name ? r->to_name : r->table);
	else if (r->to_name || (!r->table && r->to_db))
		(void)rs_buf_addf(&to, " → %s", r->to_name ? r->to_name : r->to_db);
	if (r->excluded)
		line(t, RS_STYLE_NORMAL, _("%s is left out"), rs_buf_str(&name));
	else if (!r->table && r->selected)
		add_whole(t, task, rs_buf_str(&name), rs_buf_str(&to));
	else if (r->selected || to.len)
		line(t, RS_STYLE_NORMAL, "%s%s", rs_buf_str(&name), rs_buf_str(&to));
	if (!r->column)
		add_particulars(t, rs_buf_str(&name), r);
	rs_buf_release(&name);
	rs_buf_release(&to);
}

static void add_rules(struct rs_textview *t, const struct rs_task *task, const char *title, const struct rs_selection *s)
{
	struct rs_selection_rule rule;
	size_t n = 0, more = 0;

	heading(t, title);
	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each(s, &i, &rule);) {
		if (n < NAMES_MAX)
			add_rule(t, task, &rule);
		more += n++ >= NAMES_MAX;
	}
	if (more)
		line(t, RS_STYLE_DIM, ngettext("… and %zu more", "… and %zu more", (unsigned long)more), more);
}

/* What a has and b has not; nothing where there is none. */
static void add_difference(struct rs_textview *t, const struct rs_task *task, const char *title, const struct rs_selection *a,
                           const struct rs_selection *b)
{
	struct rs_selection *more = rs_selection_minus(a, b);

	if (!rs_selection_is_empty(more))
		add_rules(t, task, title, more);
	rs_selection_free(more);
}

/* Of a task that was begun what is different stands first. */
static void add_changes(struct rs_textview *t, const struct rs_wizard *w, const struct rs_task *task)
{
	if (!w->before)
		return;
	add_difference(t, task, _("Added"), task->objects, w->before);
	add_difference(t, task, _("Taken out: stays at the destination as it is"), w->before, task->objects);
}

static void add_steps(struct rs_textview *t, const struct rs_task *task)
{
	struct rs_buf kinds = RS_BUF_INIT;

	heading(t, _("Steps"));
	line(t, RS_STYLE_NORMAL, "%s %s   %s %s   %s %s", task->sync.schema ? "✓" : "✗", _("Schema Initialization"),
	     task->sync.full ? "✓" : "✗", _("Full Data Initialization"), task->sync.incremental ? "✓" : "✗", _("Incremental"));
	for (unsigned bit = 1; bit < RS_SYNC_DML_ALL; bit <<= 1)
		if (task->sync.incremental && !(task->sync.dml & bit))
			(void)rs_buf_addf(&kinds, "%s%s", kinds.len ? ", " : "", rs_sync_dml_word(bit));
	for (unsigned bit = 1; bit < RS_SYNC_DDL_ALL; bit <<= 1)
		if (task->sync.incremental && !(task->sync.ddl & bit))
			(void)rs_buf_addf(&kinds, "%s%s", kinds.len ? ", " : "", rs_sync_ddl_word(bit));
	if (kinds.len)
		line(t, RS_STYLE_WARN, _("! Not synchronized: %s"), rs_buf_str(&kinds));
	rs_buf_release(&kinds);
}

static bool has_password(const struct rs_task *task)
{
	return task->source.password_from == RS_PASSWORD_INLINE || task->destination.password_from == RS_PASSWORD_INLINE;
}

static void add_command(struct rs_textview *t, const struct rs_task *task)
{
	heading(t, _("The same without screens"));
	line(t, RS_STYLE_KEY, "rds-sync run %s", task->path && strchr(task->name, ' ') ? task->path : task->name);
}

static void add_file(struct rs_textview *t, const struct rs_task *task)
{
	if (!task->path && !has_password(task))
		return;
	heading(t, _("Task file"));
	if (task->path)
		line(t, RS_STYLE_NORMAL, "%s", task->path);
	if (has_password(task))
		line(t, RS_STYLE_NORMAL, "%s", _("The passwords that were typed are written to this file, which only you can read."));
}

/* --- the plan of a task that can't be started, or goes to another kind of server: what was answered -------- */

static void add_lines(struct rs_textview *t, const char *label, const char *text)
{
	line(t, RS_STYLE_NORMAL, "%s:", label);
	rs_textview_add(t, RS_STYLE_NORMAL, 5, text);
}

static void add_answer(struct rs_textview *t, const struct rs_form_state *state, const struct rs_form_field *f)
{
	char *label = rs_form_value_label(state, f);

	if (f->type == RS_FIELD_FIELDS)
		add_lines(t, rs_form_text(f->label), label);
	else
		line(t, RS_STYLE_NORMAL, _("%s: %s"), rs_form_text(f->label), f->type == RS_FIELD_SECRET ? "***" : label);
	free(label);
}

static bool is_told(const struct rs_form_state *state, const struct rs_form_field *f)
{
	return rs_field_type_answers(f->type) && rs_form_is_visible(state, f) && *rs_form_value(state, f) &&
	       (f->level == RS_LEVEL_BASIC || rs_form_is_answered(state, f));
}

static const char *group_label(const struct rs_form_field *f)
{
	for (size_t i = 0; f->group && i < f->page->n_groups; i++)
		if (strcmp(f->page->groups[i].id, f->group) == 0)
			return f->page->groups[i].label;
	return f->page->title;
}

/* Under the headings of its groups, as on the page. */
static void add_answers(struct rs_textview *t, const struct rs_form_state *state, const struct rs_form_page *page,
                        const struct rs_task *task)
{
	const char *under = NULL;

	for (size_t i = 0; i < page->n_fields; i++) {
		const struct rs_form_field *f = &page->fields[i];

		if (!is_told(state, f))
			continue;
		if (f->type == RS_FIELD_OBJECTS) {
			add_rules(t, task, _("Objects"), task->objects);
			continue;
		}
		if (under != group_label(f))
			heading(t, rs_form_text(group_label(f)));
		under = group_label(f);
		add_answer(t, state, f);
	}
}

static void add_all_answers(struct rs_textview *t, const struct rs_wizard *w, const struct rs_task *task)
{
	if (rs_wizard_cannot_start(w->flow))
		rs_textview_add(t, RS_STYLE_WARN, 1, rs_wizard_cannot_start(w->flow));
	for (size_t i = 0; i < w->flow->n_pages; i++)
		add_answers(t, w->state, w->flow->pages[i], task);
}

static void add_plan(struct rs_textview *t, const struct rs_wizard *w, const struct rs_task *task)
{
	add_changes(t, w, task);
	add_source(t, task);
	add_destination(t, w, task);
	add_rules(t, task, _("Objects"), task->objects);
	add_steps(t, task);
}

static void fill(struct page *p)
{
	struct rs_task *task = rs_wizard_task(p->w);

	rs_textview_clear(p->text);
	if (p->w->flow->available && task->destination.protocol == RS_PROTOCOL_MYSQL)
		add_plan(p->text, p->w, task);
	else
		add_all_answers(p->text, p->w, task);
	if (p->w->flow->available)
		add_command(p->text, task);
	add_file(p->text, task);
	rs_textview_home(p->text);
	rs_task_free(task);
}

/* --- the screen ---------------------------------------------------------------------------------------- */

enum { ACT_COPY, ACT_SEARCH };

static const struct rs_action actions[] = {
	{ACT_COPY, "copy-command", {'y'}, N_("Copy command"), N_("Copy the command to the terminal's clipboard."), 1},
	RS_SEARCH_ACTIONS(ACT_SEARCH, 42),
	RS_WIZARD_ACTIONS,
};
const struct rs_keymap rs_wizard_review_keymap = {N_("Review"), actions, RS_COUNT(actions)};

static bool enabled(struct rs_screen *s, int action, const char **why)
{
	*why = _("this version can't start tasks of its flow yet");
	if (action == ACT_COPY)
		return page_of(s)->w->flow->available;
	return action < RS_WIZARD_ACT || rs_wizard_enabled(page_of(s)->w, action, why);
}

static bool go_to(void *page, const char *text, bool first, bool backwards)
{
	(void)first;
	return rs_textview_search(((struct page *)page)->text, text, backwards);
}

static void copy(struct page *p)
{
	char *command = rs_xprintf("rds-sync run %s", p->w->task->name);

	(void)rs_loop_copy(p->w->app->loop, command, strlen(command));
	free(command);
}

static bool action(struct rs_screen *s, int id)
{
	struct page *p = page_of(s);

	if (id == ACT_COPY) {
		copy(p);
		return true;
	}
	if (id == RS_WIZARD_NEXT) {
		rs_wizard_finish(p->w);
		return true;
	}
	if (id >= ACT_SEARCH && id <= ACT_SEARCH + RS_SEARCH_BEFORE) {
		rs_search_do(p->search, (enum rs_search_action)(id - ACT_SEARCH));
		return true;
	}
	return rs_wizard_action(p->w, id);
}

static bool notify(struct rs_screen *s, struct rs_widget *w, enum rs_reply reply)
{
	struct page *p = page_of(s);
	const char *id = w == p->buttons ? rs_buttons_current(w) : "";

	if (reply != RS_SUBMIT)
		return false;
	if (strcmp(id, "back") == 0)
		return rs_wizard_action(p->w, RS_ACT_BACK);
	if (strcmp(id, "save") == 0)
		rs_wizard_save_and_leave(p->w);
	else if (strcmp(id, "next") == 0)
		rs_wizard_finish(p->w);
	return true;
}

/* The plan scrolls while the buttons have the focus. */
static enum rs_reply event(struct rs_screen *s, const struct rs_event *ev)
{
	struct rs_widget *text = rs_textview_widget(page_of(s)->text);

	if (ev->type == RS_EV_WAKE && page_of(s)->w->going_on)
		rs_wizard_finish(page_of(s)->w);
	if (!rs_event_is(ev, RS_KEY_PGDN) && !rs_event_is(ev, RS_KEY_PGUP))
		return RS_IGNORED;
	return text->ops->event(text, ev);
}

static void enter(struct rs_screen *s)
{
	rs_wizard_enter(page_of(s)->w);
	fill(page_of(s));
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

static void help(struct rs_screen *s, struct rs_buf *out)
{
	const struct page *p = page_of(s);

	(void)rs_buf_adds(out, p->w->running ? _("What was added is checked, copied beside the others, and joins them. What was taken out "
	                                         "stays at the destination as it is.")
	                                     : rs_form_text(p->page->intro));
}

static void destroy(struct rs_screen *s)
{
	rs_search_free(page_of(s)->search);
	rs_wizard_unref(page_of(s)->w);
	free(s);
}

static const struct rs_screen_ops ops = {
	.name = "wizard-review", .keymap = &rs_wizard_review_keymap, .enter = enter, .leave = leave, .place = place, .steps = steps, .event = event,
	.notify = notify, .action = action, .enabled = enabled, .help = help, .destroy = destroy,
};

static const char *next_label(const struct page *p)
{
	if (p->w->begun)
		return p->w->running ? _("Save and apply") : _("Save and start");
	return rs_form_text(p->page->next ? p->page->next : N_("Precheck and Start"));
}

struct rs_screen *rs_wizard_review_screen(struct rs_wizard *w, const struct rs_form_page *page)
{
	struct page *p = rs_xcalloc(1, sizeof *p);
	struct rs_widget *row = rs_row_new(0, 0);

	p->screen.ops = &ops;
	p->w = rs_wizard_ref(w);
	p->page = page;
	p->text = rs_textview_new("plan", true, 0);
	p->search = rs_search_new(w->app->loop, go_to, p);
	{
		struct rs_option back = {"back", _("Back"), _("Back to the step before; nothing is lost."), NULL};
		struct rs_option save = {"save", _("Save only"), _("Writes the task; it can be started later."), NULL};
		struct rs_option next = {"next", next_label(p),
		                         w->running ? _("Writes the task; the process that runs it takes up what was changed.")
		                                    : _("Checks both servers first; nothing is written there before that has passed."),
		                         NULL};
		/* what runs can't be saved without it being taken up */
		struct rs_option buttons[] = {back, w->running ? next : save, next};
		size_t count = w->running ? 2 : 3;

		p->buttons = rs_buttons_new("foot", buttons, count, count - 1);
	}
	(void)rs_widget_add(row, rs_space_new(1, 1, 0));
	(void)rs_widget_add(row, p->buttons);
	p->screen.root = rs_column_new(0);
	(void)rs_widget_add(p->screen.root, rs_textview_widget(p->text));
	(void)rs_widget_add(p->screen.root, row);
	(void)rs_widget_focus(p->screen.root, p->buttons);
	return &p->screen;
}
