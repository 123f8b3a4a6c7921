/* The list of tasks: the console's page *Data Synchronization*. */
#include "screen/tasks.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/hint.h"
#include "screen/show.h"

#define ALL "*"

enum {
	ACT_NEW, ACT_OPEN, ACT_PAUSE, ACT_RESUME, ACT_MODIFY, ACT_STOP, ACT_TROUBLE, ACT_COMPARE, ACT_FILTER, ACT_REGION,
	ACT_STATE, ACT_RELEASE, ACT_DELETE, ACT_MENU, ACT_ORDER, ACT_GROUP, ACT_CLONE, ACT_EXPORT, ACT_IMPORT, ACT_FILES, ACT_USAGE,
	ACT_OBJECTS, ACT_RENAME, ACT_LIMITS, ACT_ALERTS, ACT_MARK_ALL, ACT_MARK_NONE, ACT_INVERT, ACT_RESET, ACT_TWO_WAY
};

/* --- which are shown --------------------------------------------------------------------- */

/* Groups of states, as one looks for them. */
static const struct {
	const char *id, *label;
	unsigned states;
} groups[] = {
	{"running", N_("at work"), 1u << RS_STATE_PRECHECKING | 1u << RS_STATE_INITIALIZING | 1u << RS_STATE_SYNCHRONIZING |
	                               1u << RS_STATE_RETRYING},
	{"trouble", N_("in trouble"), 1u << RS_STATE_PRECHECK_FAILED | 1u << RS_STATE_INITIALIZE_FAILED | 1u << RS_STATE_FAILED |
	                                  1u << RS_STATE_RETRYING | 1u << RS_STATE_INTERRUPTED},
	{"resting", N_("resting"), 1u << RS_STATE_PAUSED | 1u << RS_STATE_STOPPED | 1u << RS_STATE_INTERRUPTED},
	{"new", N_("not begun"), 1u << RS_STATE_NOT_CONFIGURED | 1u << RS_STATE_NOT_STARTED | 1u << RS_STATE_PRECHECK_PASSED |
	                             1u << RS_STATE_PRECHECK_FAILED},
	{"done", N_("ended"), 1u << RS_STATE_FINISHED | 1u << RS_STATE_RELEASED},
};

static bool in_group(const struct rs_watch *watch, const char *group)
{
	for (size_t i = 0; i < RS_COUNT(groups); i++)
		if (strcmp(groups[i].id, group) == 0)
			return groups[i].states & 1u << watch->state;
	return true;
}

static bool in_region(const struct rs_watch *watch, const char *region)
{
	const struct rs_task *t = watch->task;

	if (strcmp(region, ALL) == 0)
		return true;
	return t && ((t->source.region && strcmp(t->source.region, region) == 0) ||
	             (t->destination.region && strcmp(t->destination.region, region) == 0));
}

static bool has_text(const struct rs_watch *watch, const char *text)
{
	struct rs_buf where = RS_BUF_INIT;
	bool found;

	if (!*text || strcasestr(watch->name, text))
		return true;
	if (watch->task)
		rs_show_topology(watch->task, &where);
	if (watch->task && watch->task->note)
		(void)rs_buf_addf(&where, "\n%s", watch->task->note);
	found = strcasestr(rs_buf_str(&where), text) != NULL;
	rs_buf_release(&where);
	return found;
}

static const char *chosen(const struct rs_widget *w)
{
	const char *id = rs_options_chosen(w);

	return id ? id : ALL;
}

static void tell_count(struct rs_tasks *t)
{
	struct rs_buf text = RS_BUF_INIT;
	size_t all = t->app->watches.count;

	if (t->shown_count == all)
		(void)rs_buf_addf(&text, ngettext("%zu task", "%zu tasks", (unsigned long)all), all);
	else
		/* TRANSLATORS: how many tasks the filters let through, of how many */
		(void)rs_buf_addf(&text, _("%zu of %zu shown"), t->shown_count, all);
	rs_filter_set_count(t->filter, rs_buf_str(&text));
	rs_buf_release(&text);
}

static bool is_shown(const struct rs_tasks *t, const struct rs_watch *watch)
{
	return in_region(watch, chosen(t->region)) && in_group(watch, chosen(t->state)) && has_text(watch, rs_entry_text(t->filter));
}

/* Who sees an empty list is here for the first time. */
static void teach(struct rs_tasks *t)
{
	char key[RS_KEY_NAME_SIZE];
	char *text = rs_xprintf(_("There are no tasks yet.\n\nA task copies databases from one server to another and keeps them in step from then on.\n"
	                          "Configuring one: both servers, what is synchronized, a precheck. Nothing is written before you say so.\n"
	                          "Press %s to begin."),
	                        rs_hint_key(&rs_tasks_keymap, "new-task", key));

	rs_tableview_set_empty(t->table, text);
	free(text);
}

static void refilter(struct rs_tasks *t)
{
	const struct rs_watches *w = &t->app->watches;

	t->shown_count = t->marked = t->hidden = 0;
	for (size_t i = 0; i < w->count; i++) {
		bool shown = is_shown(t, w->items[i]);

		t->marked += w->items[i]->marked;
		t->hidden += w->items[i]->marked && !shown;
		if (!shown)
			continue;
		RS_GROW(t->shown, t->shown_count, t->shown_cap);
		t->shown[t->shown_count++] = w->items[i];
	}
	tell_count(t);
	rs_tasks_sort(t);
	rs_tasks_show_marks(t);
	if (w->count)
		rs_tableview_set_empty(t->table, _("No task fits the filters."));
	else if (w->scanned)
		teach(t);
	else
		rs_tableview_set_empty(t->table, _("The tasks are being read."));
	rs_tableview_reload(t->table);
	rs_loop_dirty(t->app->loop);
}

/* --- the choice of regions ------------------------------------------------------------------ */

static void add_region(struct rs_map *regions, const char *region)
{
	if (region && *region)
		(void)rs_map_put(regions, region, strlen(region), NULL);
}

static void list_regions(struct rs_tasks *t)
{
	struct rs_map regions = RS_MAP_INIT;
	const struct rs_map_entry *e;
	struct rs_option *options;
	size_t n = 1;

	for (size_t i = 0; i < t->app->watches.count; i++) {
		const struct rs_task *task = t->app->watches.items[i]->task;

		add_region(&regions, task ? task->source.region : NULL);
		add_region(&regions, task ? task->destination.region : NULL);
	}
	options = rs_xcalloc(regions.count + 1, sizeof *options);
	options[0] = (struct rs_option){ALL, _("all"), NULL, NULL};
	for (size_t i = 0; rs_map_each(&regions, &i, &e);)
		options[n++] = (struct rs_option){e->key, e->key, NULL, NULL};
	rs_options_set(t->region, options, n);
	if (!rs_options_chosen(t->region))
		(void)rs_options_choose(t->region, ALL);
	free(options);
	rs_map_release(&regions, NULL);
}

static void list_states(struct rs_tasks *t)
{
	struct rs_option options[RS_COUNT(groups) + 1] = {{ALL, _("all"), NULL, NULL}};

	for (size_t i = 0; i < RS_COUNT(groups); i++)
		options[i + 1] = (struct rs_option){groups[i].id, _(groups[i].label), NULL, NULL};
	rs_options_set(t->state, options, RS_COUNT(options));
	(void)rs_options_choose(t->state, ALL);
}

static void watches_changed(void *ctx)
{
	struct rs_tasks *t = ctx;

	list_regions(t);
	refilter(t);
}

/* --- actions ------------------------------------------------------------------------------------ */

static const struct rs_action actions[] = {
	{ACT_NEW, "new-task", {'n', RS_KEY_F2}, N_("New"), N_("Configure a new task."), 1},
	{ACT_OPEN, "open-task", {RS_KEY_ENTER, 'o'}, N_("Open"),
	 N_("Open the task: its dashboard, or, before it has begun, its configuration."), 2},
	{ACT_PAUSE, "pause-task", {'p', RS_KEY_F5}, N_("Pause"), N_("Pause: nothing is written any more until it is resumed."), 3},
	{ACT_RESUME, "resume-task", {'r', RS_KEY_F6}, N_("Start"), N_("Start the task, or go on with it."), 4},
	{ACT_MODIFY, "modify-task", {'m', RS_KEY_F4}, N_("Modify"), N_("Change the configuration; of a task that runs, what can be changed meanwhile."), 5},
	{ACT_TROUBLE, "trouble", {'t', RS_KEY_F3}, N_("Trouble"), N_("What went wrong, and what to do about it."), 6},
	{ACT_FILTER, "filter-tasks", {'/', '\\'}, N_("Filter"), N_("Show only tasks whose name, servers or note contain a text."), 7},
	{ACT_COMPARE, "compare", {'v', RS_KEY_F7}, N_("Verify"), N_("Compare both sides, row by row where they differ."), 8},
	{ACT_STOP, "stop-task", {'x', RS_KEY_F8}, N_("Stop"), N_("Stop the task; it can be started again."), 9},
	{ACT_REGION, "filter-region", {'R'}, N_("Region"), N_("Show only the tasks of one region."), 0},
	{ACT_STATE, "filter-state", {'S'}, N_("State"), N_("Show only the tasks in some states."), 0},
	{ACT_MENU, "task-menu", {'a', RS_KEY_F9}, N_("Actions"), N_("What can be done with the task under the cursor, or with those marked."), 10},
	{ACT_ORDER, "sort-tasks", {'s'}, N_("Sort"), N_("Sort the tasks by name, state, lag or rows a second."), 0},
	{ACT_GROUP, "group-tasks", {'b'}, N_("Group"), N_("Group the tasks by state, what needs a look first; or not any more."), 0},
	{ACT_CLONE, "clone-task", {'c'}, N_("Clone"), N_("Configure a new task like the one under the cursor."), 0},
	{ACT_EXPORT, "export-task", {'w'}, N_("Export"), N_("Write the task, or those marked, to a file that can be kept or taken elsewhere; without passwords."), 0},
	{ACT_IMPORT, "import-task", {'i'}, N_("Import"), N_("Make a task from a file that an export has written, or from any task file."), 0},
	{ACT_FILES, "edit-files", {'E'}, N_("Files"),
	 N_("Edit the registry of instances, the keys or the prices, with the editor that $VISUAL or $EDITOR names."), 0},
	{ACT_OBJECTS, "objects", {'O'}, N_("Objects"), N_("What is synchronized, and under which names; add to it or take out of it."), 0},
	{ACT_RENAME, "rename-task", {'N'}, N_("Rename"), N_("Give the task another name."), 0},
	{ACT_LIMITS, "limits", {'L'}, N_("Limits"), N_("How many rows, bytes and queries a second the task may take; at once, also while it runs."), 0},
	{ACT_ALERTS, "alerts", {'A'}, N_("Alerts"), N_("What the task tells by itself: a lag, a failure, a copy that takes long; and the command that is run then."), 0},
	{ACT_USAGE, "show-usage", {'u'}, N_("Usage"), N_("What the task has used so far, phase by phase, and what that costs."), 0},
	{ACT_MARK_ALL, "mark-shown", {'+'}, N_("Mark shown"), N_("Mark everything that is shown."), 0},
	{ACT_MARK_NONE, "mark-none", {'-'}, N_("Mark none"), N_("Take away all marks, also hidden ones."), 0},
	{ACT_INVERT, "mark-invert", {'*'}, N_("Invert marks"), N_("Mark what is shown and not marked, and the reverse."), 0},
	{ACT_TWO_WAY, "two-way", {'2'}, N_("Two-way"), N_("Make a one-way task a two-way one; that can't be taken back."), 0},
	{ACT_RESET, "reset-task", {'z'}, N_("Reset"), N_("Stop the task, forget how far it is, and empty its configuration; the rows of the destination stay."), 0},
	{ACT_RELEASE, "release-task", {'e'}, N_("Release"), N_("End the synchronization for good and cut over."), 0},
	{ACT_DELETE, "delete-task", {'D', RS_KEY_DELETE}, N_("Delete"), N_("Delete the task's file and what is known of it here."), 0},
};
const struct rs_keymap rs_tasks_keymap = {N_("Data Synchronization"), actions, RS_COUNT(actions)};

static bool no(const char **why, const char *reason)
{
	*why = reason;
	return false;
}

static bool is_unstarted(const struct rs_watch *watch)
{
	return rs_app_is_unstarted(watch->state);
}

static bool can_open(const struct rs_watch *watch, const char **why)
{
	return watch->task ? true : no(why, _("its file can't be read; mend it with an editor"));
}

/* Before it was begun there is nothing to be seen of it but its configuration. */
static bool can_show(const struct rs_watch *watch, const char **why)
{
	if (!watch->live && is_unstarted(watch) && !rs_app_may_change_it(watch, why))
		return false;
	return can_open(watch, why);
}

static bool can_delete(const struct rs_watch *watch, const char **why)
{
	if (!rs_app_may_change_it(watch, why))
		return false;
	if (!watch->task)
		return no(why, _("its file can't be read; mend it with an editor"));
	return watch->live || watch->starting ? no(why, _("it is running; stop it first")) : true;
}

static bool enabled_for(const struct rs_watch *watch, int action, const char **why)
{
	switch (action) {
	case ACT_OPEN: return can_show(watch, why);
	case ACT_PAUSE: return rs_app_can_command(watch, RS_CMD_PAUSE, why);
	case ACT_RESUME:
		return watch->live ? rs_app_can_command(watch, RS_CMD_RESUME, why)
		                   : is_unstarted(watch) ? can_show(watch, why) : rs_app_can_start(watch, why);
	case ACT_MODIFY: return rs_app_can_modify(watch, why);
	case ACT_TROUBLE: return watch->progress ? true : no(why, _("nothing is known of it yet"));
	case ACT_COMPARE: return rs_app_can_compare(watch, why);
	case ACT_STOP: return rs_app_can_command(watch, RS_CMD_STOP, why);
	case ACT_RELEASE: return rs_app_can_command(watch, RS_CMD_RELEASE, why);
	case ACT_DELETE: return can_delete(watch, why);
	case ACT_RESET: return rs_app_can_reset(watch, why);
	case ACT_TWO_WAY: return rs_app_can_go_two_way(watch, why);
	case ACT_USAGE: return rs_app_has_usage(watch, why);
	case ACT_OBJECTS: return rs_app_can_modify(watch, why);
	case ACT_LIMITS: return rs_app_can_limit(watch, why);
	case ACT_RENAME:
	case ACT_ALERTS: return rs_app_can_set(watch, why);
	case ACT_CLONE: return rs_app_may_change_it(watch, why) && can_open(watch, why);
	case ACT_EXPORT: return can_open(watch, why);
	default: return true;
	}
}

static bool is_command(int action)
{
	return action == ACT_PAUSE || action == ACT_RESUME || action == ACT_STOP;
}

static bool is_for_several(int action)
{
	return is_command(action) || action == ACT_EXPORT;
}

/* What needs no task. */
static bool is_for_none(int action)
{
	switch (action) {
	case ACT_NEW:
	case ACT_IMPORT:
	case ACT_FILES:
	case ACT_FILTER:
	case ACT_REGION:
	case ACT_STATE:
	case ACT_ORDER:
	case ACT_GROUP: return true;
	default: return false;
	}
}

static enum rs_command command_of(int action)
{
	return action == ACT_PAUSE ? RS_CMD_PAUSE : action == ACT_STOP ? RS_CMD_STOP : RS_CMD_RESUME;
}

static bool enabled(struct rs_screen *s, int action, const char **why)
{
	const struct rs_tasks *t = rs_tasks_of(s);
	const struct rs_watch *watch = rs_tasks_current(t);

	if (action == ACT_NEW || action == ACT_IMPORT || action == ACT_FILES)
		return rs_app_may_change(t->app, why);
	if (is_for_none(action))
		return true;
	if (t->marked && is_command(action))
		return rs_app_can_command_marked(t->app, command_of(action), why);
	if (t->marked && action == ACT_EXPORT)
		return true;
	return watch ? enabled_for(watch, action, why) : no(why, _("there is no task under the cursor"));
}

static void open_task(struct rs_tasks *t, struct rs_watch *watch)
{
	if (!watch->live && is_unstarted(watch))
		rs_wizard_modify(t->app, watch, false);
	else
		rs_live_open(t->app, watch, false);
}

static void resume(struct rs_tasks *t, struct rs_watch *watch)
{
	if (watch->live)
		rs_app_command(t->app, watch, RS_CMD_RESUME);
	else if (is_unstarted(watch))
		rs_wizard_modify(t->app, watch, false);
	else
		rs_app_start_task(t->app, watch, RS_APP_OPEN);
}

/* Puts the focus on a choice and opens it. */
static void open_choice(struct rs_tasks *t, struct rs_widget *choice)
{
	struct rs_event enter = rs_event_key(RS_KEY_ENTER);

	(void)rs_widget_focus(t->screen.root, choice);
	(void)rs_widget_event(t->screen.root, &enter, NULL);
}

static void delete_answered(void *ctx, const char *answer)
{
	struct rs_tasks *t = ctx;
	struct rs_watch *watch = rs_watches_find(&t->app->watches, t->question_path);

	if (answer && strcmp(answer, "yes") == 0 && watch && !watch->live && !watch->starting)
		rs_app_delete_task(t->app, watch);
}

static void ask_delete(struct rs_tasks *t, const struct rs_watch *watch)
{
	char *title = rs_xprintf(_("Delete %s?"), watch->name);
	const char *text = is_unstarted(watch)
		? _("Its file is removed.")
		: _("Its file is removed, with what this host knows of it. Nothing is changed on the servers: what rds-sync keeps there stays; "
	        "releasing the task first would remove that too.");
	free(t->question_path);
	t->question_path = rs_xstrdup(watch->path);
	rs_dialog_typed(t->app->loop, title, text, watch->name, NULL, _("Delete"), delete_answered, t);
	free(title);
}

static const int menu[] = {ACT_OPEN, ACT_PAUSE, ACT_RESUME, ACT_STOP, ACT_MODIFY, ACT_OBJECTS, ACT_RENAME, ACT_LIMITS, ACT_ALERTS,
                           ACT_TROUBLE, ACT_COMPARE, ACT_CLONE, ACT_EXPORT, ACT_USAGE, ACT_TWO_WAY, ACT_RESET, ACT_RELEASE, ACT_DELETE};

static bool enabled_in_menu(struct rs_screen *s, int action, const char **why)
{
	if (rs_tasks_of(s)->marked && !is_for_several(action))
		return no(why, _("for one task alone"));
	return enabled(s, action, why);
}

static void open_menu(struct rs_tasks *t)
{
	struct rs_buf title = RS_BUF_INIT;

	if (t->marked)
		(void)rs_buf_addf(&title, ngettext("%zu marked task", "%zu marked tasks", (unsigned long)t->marked), t->marked);
	else
		(void)rs_buf_adds(&title, rs_tasks_current(t)->name);
	rs_menu_open(&t->menu, rs_buf_str(&title));
	rs_buf_release(&title);
}

static const struct rs_option orders[] = {
	[RS_TASKS_BY_NAME] = {"name", N_("name"), NULL, NULL},
	[RS_TASKS_BY_STATE] = {"state", N_("state, what needs a look first"), NULL, NULL},
	[RS_TASKS_BY_LAG] = {"lag", N_("lag, the longest first"), NULL, NULL},
	[RS_TASKS_BY_ROWS] = {"rows", N_("rows a second, the most first"), NULL, NULL},
};

static void order_answered(void *ctx, const char *answer)
{
	struct rs_tasks *t = ctx;

	for (size_t i = 0; answer && i < RS_COUNT(orders); i++)
		if (strcmp(orders[i].id, answer) == 0)
			t->order = (enum rs_tasks_order)i;
	refilter(t);
}

static void ask_order(struct rs_tasks *t)
{
	struct rs_option options[RS_COUNT(orders)];

	for (size_t i = 0; i < RS_COUNT(orders); i++)
		options[i] = (struct rs_option){orders[i].id, _(orders[i].label), NULL, NULL};
	rs_dialog_choose(t->app->loop, _("Sort by"), options, RS_COUNT(options), orders[t->order].id, order_answered, t);
}

static bool marked_by(const struct rs_tasks *t, const struct rs_watch *watch, int action)
{
	if (action == ACT_MARK_NONE)
		return false;
	return is_shown(t, watch) ? action == ACT_MARK_ALL || !watch->marked : watch->marked;
}

static void set_marks(struct rs_tasks *t, int action)
{
	const struct rs_watches *w = &t->app->watches;

	for (size_t i = 0; i < w->count; i++)
		w->items[i]->marked = marked_by(t, w->items[i], action);
	refilter(t);
}

static void act_on(struct rs_tasks *t, struct rs_watch *watch, int action)
{
	switch (action) {
	case ACT_OPEN: open_task(t, watch); break;
	case ACT_PAUSE: rs_app_command(t->app, watch, RS_CMD_PAUSE); break;
	case ACT_RESUME: resume(t, watch); break;
	case ACT_MODIFY: rs_wizard_modify(t->app, watch, false); break;
	case ACT_TROUBLE: rs_trouble_open(t->app, watch); break;
	case ACT_COMPARE: rs_compare_open(t->app, watch); break;
	case ACT_STOP: rs_app_ask_command(t->app, watch, RS_CMD_STOP); break;
	case ACT_RELEASE: rs_app_ask_command(t->app, watch, RS_CMD_RELEASE); break;
	case ACT_DELETE: ask_delete(t, watch); break;
	case ACT_RESET: rs_app_ask_reset(t->app, watch); break;
	case ACT_CLONE: rs_wizard_clone(t->app, watch); break;
	case ACT_EXPORT: rs_tasks_export(t, watch); break;
	case ACT_USAGE: rs_app_show_usage(t->app, watch); break;
	case ACT_OBJECTS: rs_wizard_modify(t->app, watch, true); break;
	case ACT_RENAME: rs_app_ask_name(t->app, watch); break;
	case ACT_LIMITS: rs_app_ask_limits(t->app, watch); break;
	case ACT_ALERTS: rs_app_ask_alerts(t->app, watch); break;
	case ACT_MENU: open_menu(t); break;
	default: break;
	}
}

static bool action(struct rs_screen *s, int id)
{
	struct rs_tasks *t = rs_tasks_of(s);

	switch (id) {
	case ACT_NEW: rs_wizard_new(t->app); return true;
	case ACT_FILTER: (void)rs_widget_focus(s->root, &t->filter->w); return true;
	case ACT_REGION: open_choice(t, t->region); return true;
	case ACT_STATE: open_choice(t, t->state); return true;
	case ACT_ORDER: ask_order(t); return true;
	case ACT_IMPORT: rs_tasks_import(t); return true;
	case ACT_FILES: rs_app_edit_files(t->app); return true;
	case ACT_GROUP:
		t->grouped = !t->grouped;
		refilter(t);
		return true;
	case ACT_MARK_ALL:
	case ACT_MARK_NONE:
	case ACT_INVERT: set_marks(t, id); return true;
	case RS_ACT_BACK: return false;
	default: break;
	}
	if (t->marked && is_command(id)) {
		rs_app_ask_command_marked(t->app, command_of(id));
		return true;
	}
	if (!rs_tasks_current(t))
		return false;
	act_on(t, rs_tasks_current(t), id);
	return true;
}

/* --- the screen --------------------------------------------------------------------------------- */

static void enter_pressed(struct rs_tasks *t, struct rs_watch *watch)
{
	const char *why = NULL;

	if (enabled_for(watch, ACT_OPEN, &why))
		open_task(t, watch);
	else
		rs_loop_say(t->app->loop, RS_STYLE_WARN, "%s", why);
}

static bool notify(struct rs_screen *s, struct rs_widget *w, enum rs_reply reply)
{
	struct rs_tasks *t = rs_tasks_of(s);

	if (reply == RS_CHANGED)
		refilter(t);
	else if (w == &t->table->w && rs_tasks_current(t))
		enter_pressed(t, rs_tasks_current(t));
	else if (w == &t->filter->w)
		(void)rs_widget_focus(s->root, &t->table->w);
	if (reply == RS_CHANGED && w != &t->filter->w)
		(void)rs_widget_focus(s->root, &t->table->w);
	return true;
}

static void enter(struct rs_screen *s)
{
	struct rs_tasks *t = rs_tasks_of(s);

	t->app->watches.changed = watches_changed;
	t->app->watches.ctx = t;
	watches_changed(t);
	rs_app_rescan(t->app);
}

static void leave(struct rs_screen *s)
{
	rs_tasks_of(s)->app->watches.changed = NULL;
}

/* Who has looked at a list of choices is back at the tasks, whether something was chosen or not. */
static enum rs_reply choice_event(struct rs_tasks *t, const struct rs_event *ev)
{
	const struct rs_widget *at = rs_widget_focused(t->screen.root);
	bool open = (at == t->region || at == t->state) && at->ops->typing(at);

	if (!open || (!rs_event_is(ev, RS_KEY_ESC) && !rs_event_is(ev, RS_KEY_ENTER)))
		return RS_IGNORED;
	if (rs_widget_event(t->screen.root, ev, NULL) == RS_CHANGED)
		refilter(t);
	(void)rs_widget_focus(t->screen.root, &t->table->w);
	return RS_HANDLED;
}

static enum rs_reply event(struct rs_screen *s, const struct rs_event *ev)
{
	struct rs_tasks *t = rs_tasks_of(s);

	if (ev->type == RS_EV_KEY)
		return choice_event(t, ev);
	if (ev->type != RS_EV_WAKE)
		return RS_IGNORED;
	for (size_t i = 0; i < t->app->watches.count; i++)
		rs_watch_refresh(t->app->watches.items[i]);
	if (t->grouped)
		refilter(t);
	rs_loop_dirty(t->app->loop);
	return RS_HANDLED;
}

static void place(struct rs_screen *s, struct rs_buf *out)
{
	(void)rs_buf_adds(out, _("Data Synchronization"));
	if (rs_tasks_of(s)->app->view)
		(void)rs_buf_addf(out, " · %s", _("only looking"));
}

static void destroy(struct rs_screen *s)
{
	struct rs_tasks *t = rs_tasks_of(s);

	free(t->question_path);
	free(t->shown);
	free(t);
}

static const struct rs_screen_ops ops = {
	.name = "tasks", .keymap = &rs_tasks_keymap, .enter = enter, .leave = leave, .place = place, .event = event,
	.notify = notify, .action = action, .enabled = enabled, .help = rs_tasks_help, .destroy = destroy,
};

static struct rs_widget *labelled(const char *label, struct rs_widget *w)
{
	struct rs_widget *row = rs_row_new(1, 0);

	(void)rs_widget_add(row, rs_label_new(label, RS_STYLE_LABEL));
	(void)rs_widget_add(row, w);
	return row;
}

static struct rs_widget *filters(struct rs_tasks *t)
{
	struct rs_widget *row = rs_row_new(2, 0);

	t->region = rs_choice_new("region", 14);
	t->state = rs_choice_new("state", 12);
	t->filter = rs_filter_new("filter", _("Filter"));
	t->filter->w.weight = 1;
	(void)rs_widget_add(row, rs_space_new(1, 0, 0));
	(void)rs_widget_add(row, labelled(_("Region"), t->region));
	(void)rs_widget_add(row, labelled(_("State"), t->state));
	(void)rs_widget_add(row, &t->filter->w);
	rs_widget_set_help(t->region, _("Region: shows the tasks that have their source or destination there."));
	rs_widget_set_help(t->state, _("State: shows the tasks that are at work, in trouble, resting, not begun or ended."));
	rs_widget_set_help(&t->filter->w, _("Filter: shows the tasks whose name, servers or note contain the text. Esc clears it."));
	return row;
}

void rs_tasks_open(struct rs_app *app)
{
	struct rs_tasks *t = rs_xcalloc(1, sizeof *t);

	t->screen.ops = &ops;
	t->app = app;
	t->menu = (struct rs_menu){&t->screen, menu, RS_COUNT(menu), enabled_in_menu};
	t->screen.root = rs_column_new(0);
	(void)rs_widget_add(t->screen.root, filters(t));
	t->table = rs_tasks_table_new(t);
	(void)rs_widget_add(t->screen.root, &t->table->w);
	list_states(t);
	list_regions(t);
	(void)rs_widget_focus(t->screen.root, &t->table->w);
	rs_loop_push(app->loop, &t->screen);
	if (rs_err_is_set(&app->instances_error)) /* without it nobody knows which instances are in production */
		rs_app_show_error(app, _("The registry of instances can't be read"), &app->instances_error);
	if (rs_err_is_set(&app->keys_error))
		rs_app_show_error(app, _("The keys are the program's own"), &app->keys_error);
}
