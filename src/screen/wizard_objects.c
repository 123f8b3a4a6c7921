/* The step at which objects are selected: on the left what the source has, on the right what is synchronized of it, and under
 * which names; between them the arrows. */
#include "screen/wizard_objects_priv.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/hint.h"
#include "screen/show.h"
#include "tui/glyph.h"

#define FOLD_BELOW 74  /* columns: narrower, the steps' buttons stand below the arrows */
#define OPEN_FOUND 200 /* databases with what the filter found open by themselves up to so many tables */
#define OPEN_MAX 200   /* and selected ones where no more than so many things are selected */

static struct rs_objects_page *page_of(struct rs_screen *s)
{
	return (struct rs_objects_page *)s;
}

/* --- what is shown around the trees ---------------------------------------------------------------------- */

/* Marks are told wherever one looks, those that can't be seen by themselves. */
static void put_marks(const struct rs_objects_page *p, struct rs_buf *out)
{
	size_t hidden, marked = rs_objects_marked(p->objects, &hidden);
	char n[RS_SHOW_SIZE], m[RS_SHOW_SIZE];

	if (hidden)
		(void)rs_buf_addf(out, _("Source  %s marked, %s hidden"), rs_figure_grouped(marked, n, sizeof n),
		                  rs_figure_grouped(hidden, m, sizeof m));
	else if (marked)
		(void)rs_buf_addf(out, _("Source objects  %s marked"), rs_figure_grouped(marked, n, sizeof n));
}

static void put_tables(const struct rs_objects *o, struct rs_buf *out)
{
	char n[RS_SHOW_SIZE];

	(void)rs_buf_addf(out, "%s  ", _("Source objects"));
	if (!o->done && !o->error.code)
		(void)rs_buf_addf(out, _("loading %s…"), rs_figure_grouped(o->tables, n, sizeof n));
	else
		(void)rs_buf_addf(out, ngettext("%s table", "%s tables", (unsigned long)o->tables),
		                  rs_figure_grouped(o->tables, n, sizeof n));
}

static void show_left_title(struct rs_objects_page *p)
{
	const struct rs_objects *o = p->objects;
	struct rs_buf text = RS_BUF_INIT, count = RS_BUF_INIT;
	char n[RS_SHOW_SIZE];

	put_marks(p, &text);
	if (!text.len)
		put_tables(o, &text);
	rs_label_set(p->left_title, rs_buf_str(&text), RS_STYLE_HEADER);
	if (o->only_marked)
		(void)rs_buf_addf(&count, _("%s shown, only marked"), rs_figure_grouped(o->shown_tables, n, sizeof n));
	else if (*o->filter)
		(void)rs_buf_addf(&count, _("%s shown"), rs_figure_grouped(o->shown_tables, n, sizeof n));
	rs_filter_set_count(p->filter, rs_buf_str(&count));
	rs_buf_release(&text);
	rs_buf_release(&count);
}

static void show_right_title(struct rs_objects_page *p)
{
	size_t databases, tables;
	struct rs_buf text = RS_BUF_INIT;

	rs_selection_count(p->objects->selection, &databases, &tables);
	(void)rs_buf_addf(&text, "%s  ", _("Selected objects"));
	if (p->change)
		(void)rs_buf_addf(&text, _("changing… %d %%"), rs_objects_change_percent(p->change));
	else if (databases)
		(void)rs_buf_addf(&text, p->objects->schemas ? ngettext("%zu schema", "%zu schemas", (unsigned long)databases)
		                                             : ngettext("%zu database", "%zu databases", (unsigned long)databases), databases);
	if (!p->change && databases && tables)
		(void)rs_buf_adds(&text, ", ");
	if (!p->change && tables)
		(void)rs_buf_addf(&text, ngettext("%zu table", "%zu tables", (unsigned long)tables), tables);
	rs_label_set(p->right_title, rs_buf_str(&text), RS_STYLE_HEADER);
	rs_buf_release(&text);
}

static char *add_text(const struct rs_objects_page *p)
{
	size_t hidden, marked = rs_objects_marked(p->objects, &hidden);

	return marked ? rs_xprintf(_("> Add %zu marked"), marked) : rs_xstrdup(_("> Add"));
}

static char *add_all_text(const struct rs_objects_page *p)
{
	size_t n = rs_objects_addable(p->objects);

	if (n == 0)
		return rs_xstrdup(_(">> Add all"));
	if (*p->objects->filter || p->objects->only_marked)
		return rs_xprintf(ngettext(">> Add %zu shown", ">> Add %zu shown", (unsigned long)n), n);
	return rs_xprintf(p->objects->schemas ? ngettext(">> Add %zu schema", ">> Add all %zu schemas", (unsigned long)n)
	                                      : ngettext(">> Add %zu database", ">> Add all %zu databases", (unsigned long)n), n);
}

/* The arrows say what they would do, so they are made anew; the one that was under the cursor stays there. */
static void show_arrows(struct rs_objects_page *p)
{
	char *add = add_text(p), *all = add_all_text(p);
	const char *now = p->buttons ? rs_buttons_current(p->buttons) : "add";
	bool focused = p->buttons && rs_widget_focused(p->screen.root) == p->buttons;
	struct rs_option buttons[] = {
		{"add", add, _("Selects what is marked, or what is under the cursor."), NULL},
		{"add-all", all, _("Selects everything that is shown on the left."), NULL},
		{"remove", _("< Remove"), _("Takes what is under the cursor on the right out of the selection."), NULL},
	};
	size_t at = 0;

	for (size_t i = 0; i < RS_COUNT(buttons); i++)
		at = strcmp(buttons[i].id, now) == 0 ? i : at;
	rs_widget_clear(p->arrows);
	p->buttons = rs_widget_add(p->arrows, rs_buttons_new("arrows", buttons, RS_COUNT(buttons), at));
	if (focused)
		(void)rs_widget_focus(p->screen.root, p->buttons);
	free(add);
	free(all);
}

static void put_way_out(struct rs_buf *out)
{
	char again[RS_KEY_NAME_SIZE], name[RS_KEY_NAME_SIZE];

	/* TRANSLATORS: keys */
	(void)rs_buf_addf(out, _("\n\n%s tries again; %s adds objects by name."),
	                  rs_hint_key(&rs_wizard_objects_keymap, "reload-objects", again),
	                  rs_hint_key(&rs_wizard_objects_keymap, "add-by-name", name));
}

static void show_empty(struct rs_objects_page *p)
{
	const struct rs_objects *o = p->objects;
	struct rs_buf text = RS_BUF_INIT;

	if (o->error.code) {
		rs_show_error(&o->error, &text);
		put_way_out(&text);
	} else if (!o->done) {
		(void)rs_buf_adds(&text, _("Loading…"));
	} else if (*o->filter) {
		(void)rs_buf_adds(&text, _("Nothing has that in its name."));
	} else {
		(void)rs_buf_adds(&text, o->schemas ? _("The account sees no schemas.") : _("The account sees no databases."));
	}
	rs_tree_set_empty(p->source, rs_buf_str(&text));
	rs_buf_release(&text);
}

/* What has just been selected is in sight, unless it is very much. */
static void open_new(struct rs_objects_page *p)
{
	uint64_t seen = p->seen;

	if (p->selected.rules <= OPEN_MAX)
		rs_selected_open_new(&p->selected, p->chosen, seen);
	p->seen = rs_selection_last_number();
}

static void show(struct rs_objects_page *p)
{
	bool changed = p->shown != p->objects->version;

	if (changed)
		rs_selected_set(&p->selected, p->objects->selection, p->objects->later);
	p->shown = p->objects->version;
	rs_tree_reload(p->source);
	rs_tree_reload(p->chosen);
	if (changed)
		open_new(p);
	show_left_title(p);
	show_right_title(p);
	show_arrows(p);
	show_empty(p);
	rs_loop_dirty(p->w->app->loop);
}

/* --- the selection as an answer ------------------------------------------------------------------------------ */

void rs_objects_page_answer(struct rs_objects_page *p)
{
	bool changed = p->shown != p->objects->version;

	if (changed && p->w->steps[p->w->step].bad)
		rs_loop_say(p->w->app->loop, RS_STYLE_NORMAL, "%s", ""); /* what was wrong may be mended now */
	show(p);
	if (changed)
		rs_objects_answer_begin(p);
}

void rs_objects_page_marked(struct rs_objects_page *p)
{
	show(p);
}

void rs_objects_page_settle(struct rs_objects_page *p, enum rs_rc rc, struct rs_err *err)
{
	if (rc != RS_OK && p->objects->held)
		rs_app_show_error(p->w->app, _("The selection stays as it was"), err);
	else if (rc != RS_OK)
		rs_app_say_error(p->w->app, err);
	rs_objects_page_answer(p);
}

/* --- changes in pieces ----------------------------------------------------------------------------------------- */

static bool change_some(void *page)
{
	struct rs_objects_page *p = page;
	bool more = rs_objects_change_go_on(p->change);

	if (more)
		show_right_title(p);
	rs_loop_dirty(p->w->app->loop);
	return more;
}

static void changed(void *page)
{
	struct rs_objects_page *p = page;
	struct rs_objects_change *change = p->change;
	struct rs_err err = RS_ERR_INIT;
	unsigned version = p->objects->version;
	enum rs_rc rc;

	p->change = NULL;
	rc = rs_objects_change_end(change, &err);
	if (rc == RS_OK && version == p->objects->version)
		rs_loop_say(p->w->app->loop, RS_STYLE_NORMAL, "%s", _("Nothing changes: that is selected so already."));
	rs_objects_page_settle(p, rc, &err);
}

void rs_objects_page_change(struct rs_objects_page *p, struct rs_objects_change *change)
{
	p->change = change;
	rs_pieces_start(&p->changing, p->w->app->loop, change_some, changed, p);
}

/* As if it had never been begun. */
static void give_up_change(struct rs_objects_page *p)
{
	rs_pieces_stop(&p->changing);
	rs_objects_change_free(p->change);
	p->change = NULL;
}

/* --- actions ---------------------------------------------------------------------------------------------------- */

enum {
	ACT_ADD, ACT_REMOVE, ACT_ADD_ALL, ACT_REMOVE_ALL, ACT_EXCLUDE, ACT_RENAME, ACT_ROWS, ACT_OPERATIONS, ACT_SETTINGS, ACT_NAME, ACT_UNDO, ACT_REDO, ACT_FILTER,
	ACT_RELOAD, ACT_BATCH, ACT_COLUMNS, ACT_MARK, ACT_MARK_NONE, ACT_INVERT, ACT_ONLY_MARKED
};

static const struct rs_action actions[] = {
	{ACT_ADD, "add-objects", {'>', RS_KEY_F5, 'a'}, N_("Add"), N_("Select what is marked, or what is under the cursor."), 1},
	{ACT_REMOVE, "remove-objects", {'<', RS_KEY_F6, RS_KEY_DELETE}, N_("Remove"),
	 N_("Take what is under the cursor on the right out of the selection."), 2},
	{ACT_RENAME, "rename-object", {'e'}, N_("Edit name"),
	 N_("Object name mapping: another name at the destination for the database, table or column under the cursor."), 3},
	{ACT_BATCH, "batch-edit", {'b'}, N_("Batch"),
	 N_("Batch edit: other names for many objects at once, by prefix, suffix or regular expression, seen before they are given."), 7},
	{ACT_COLUMNS, "change-columns", {'c'}, N_("Columns"),
	 N_("Leave columns of all marked tables out, or give them another name: by name or pattern, with a preview."), 0},
	{ACT_ROWS, "filter-rows", {'w'}, N_("Filter rows"),
	 N_("The condition that the rows of the marked tables, or of the one under the cursor, must meet to be synchronized."), 0},
	{ACT_OPERATIONS, "choose-operations", {'o'}, N_("Kinds"),
	 N_("Which kinds of changes (INSERT, ALTER TABLE …) of what is marked, or under the cursor, are synchronized."), 0},
	{ACT_SETTINGS, "table-settings", {'t'}, N_("Table settings"),
	 N_("What is particular to the marked tables, or the one under the cursor, at the destination: topic, key, conflict policy."), 0},
	{ACT_EXCLUDE, "exclude-table", {'x'}, N_("Leave out"),
	 N_("Leave marked tables out of databases that are selected whole, or the column under the cursor out of its table."), 4},
	{ACT_FILTER, "filter-objects", {'/', '\\', RS_KEY_F4}, N_("Filter"), N_("Show only what has a text in its name."), 5},
	{ACT_UNDO, "undo", {'u'}, N_("Undo"), N_("Take back the last change of the selection."), 6},
	{ACT_REDO, "redo", {RS_CTRL('r')}, N_("Redo"), N_("Make it again."), 0},
	{ACT_ADD_ALL, "add-shown", {'A'}, N_("Add all shown"), N_("Select everything that is shown on the left."), 0},
	{ACT_REMOVE_ALL, "remove-all", {'R'}, N_("Remove all"), N_("Take everything out of the selection."), 0},
	{ACT_NAME, "add-by-name", {'i'}, N_("By name"), N_("Select by typing a name, or a rule as in an objects file."), 8},
	{ACT_MARK, "mark-pattern", {'+'}, N_("Mark by pattern"), N_("Mark the tables whose names fit a pattern, or everything that is shown."), 0},
	{ACT_MARK_NONE, "mark-none", {'-'}, N_("Mark none"), N_("Take away all marks, also hidden ones."), 0},
	{ACT_INVERT, "mark-invert", {'*'}, N_("Invert marks"), N_("Mark what is shown and not marked, and the reverse."), 0},
	{ACT_ONLY_MARKED, "show-marked", {'M'}, N_("Only marked"), N_("Show only what is marked, or everything again."), 0},
	{ACT_RELOAD, "reload-objects", {'r'}, N_("Reload"), N_("Fetch the source's objects again."), 9},
	RS_WIZARD_ACTIONS,
};
const struct rs_keymap rs_wizard_objects_keymap = {N_("Select synchronization objects"), actions, RS_COUNT(actions)};

static bool no(const char **why, const char *reason)
{
	*why = reason;
	return false;
}

static bool has_cursor(const struct rs_objects_page *p, const char **why)
{
	size_t hidden;

	if (rs_objects_marked(p->objects, &hidden) || rs_objects_page_source(p) || rs_objects_page_chosen(p))
		return true;
	return no(why, _("there is nothing under the cursor"));
}

static bool can_change(const struct rs_objects_page *p, int action, const char **why)
{
	size_t hidden;

	switch (action) {
	case ACT_ADD:
		return rs_objects_marked(p->objects, &hidden) || rs_objects_page_source(p) ? true : no(why, _("there is nothing under the cursor"));
	case ACT_REMOVE: return rs_objects_page_chosen(p) ? true : no(why, _("nothing is selected"));
	case ACT_ADD_ALL: return rs_objects_addable(p->objects) ? true : no(why, _("nothing is shown"));
	case ACT_COLUMNS: return rs_objects_marked(p->objects, &hidden) ? true : no(why, _("nothing is marked"));
	case ACT_ONLY_MARKED:
		return p->objects->only_marked || rs_objects_marked(p->objects, &hidden) ? true : no(why, _("nothing is marked"));
	case ACT_RENAME:
	case ACT_ROWS:
	case ACT_OPERATIONS:
	case ACT_EXCLUDE: return has_cursor(p, why);
	case ACT_SETTINGS:
		return rs_objects_have_settings(p) ? has_cursor(p, why) : no(why, _("tables have no settings of their own in this flow"));
	case ACT_BATCH: return rs_objects_can_batch(p) ? true : no(why, _("nothing is selected"));
	case ACT_UNDO: return p->objects->undo_count ? true : no(why, _("there is nothing to undo"));
	case ACT_REDO: return p->objects->redo_count ? true : no(why, _("there is nothing to redo"));
	default: return true;
	}
}

static bool enabled(struct rs_screen *s, int action, const char **why)
{
	const struct rs_objects_page *p = page_of(s);

	if (p->change)
		return no(why, _("the selection is being changed"));
	if (action >= RS_WIZARD_ACT)
		return rs_wizard_enabled(p->w, action, why);
	if (action == ACT_FILTER || action == ACT_RELOAD)
		return true;
	return can_change(p, action, why);
}

static void add(struct rs_objects_page *p)
{
	uint64_t node = rs_objects_page_source(p);

	rs_objects_page_change(p, rs_objects_adding(p->objects, rs_objects_node(node).depth < 3 ? node : 0));
}

static void take_out(struct rs_objects_page *p)
{
	const struct rs_selected_node *n = rs_objects_page_chosen(p);
	struct rs_err err = RS_ERR_INIT;

	if (n)
		rs_objects_page_settle(p, rs_objects_remove(p->objects, n->rule.db, n->rule.table, n->rule.column, &err), &err);
}

/* --- doing it ---------------------------------------------------------------------------------------------------------- */

static void mark(struct rs_objects_page *p, char how)
{
	rs_objects_mark_all(p->objects, how);
	show(p);
}

static void reload(struct rs_objects_page *p)
{
	rs_wizard_objects_fetch(p->w);
	show(p);
}

static bool check(struct rs_objects_page *p)
{
	struct rs_err err = RS_ERR_INIT;
	bool good;

	good = rs_form_check_field(p->w->state, p->field, &err) == RS_OK;
	p->w->steps[p->w->step].bad = !good;
	if (good)
		return true;
	if (rs_selection_is_empty(p->objects->selection))
		rs_loop_say(p->w->app->loop, RS_STYLE_ERROR, "%s", p->objects->schemas
		            ? _("Nothing is selected yet: mark schemas or tables with Space, add them with >, or one by its name with i.")
		            : _("Nothing is selected yet: mark databases or tables with Space, add them with >, or one by its name with i."));
	else
		rs_loop_say(p->w->app->loop, RS_STYLE_ERROR, "%s", err.primary);
	rs_err_clear(&err);
	return false;
}

static bool next(struct rs_objects_page *p)
{
	p->going_on = p->answer != NULL;
	if (!p->going_on && check(p))
		rs_wizard_next(p->w);
	return true;
}

void rs_objects_page_answered(struct rs_objects_page *p)
{
	if (p->going_on)
		(void)next(p);
}

/* What Esc means while something is under way. */
static bool give_up(struct rs_objects_page *p)
{
	bool any = p->change || p->going_on;

	give_up_change(p);
	p->going_on = false;
	if (any)
		show(p);
	return any;
}

static bool leave_by(struct rs_objects_page *p, int id)
{
	rs_objects_answer_finish(p);
	return rs_wizard_action(p->w, id);
}

static bool action(struct rs_screen *s, int id)
{
	struct rs_objects_page *p = page_of(s);

	switch (id) {
	case ACT_ADD: add(p); break;
	case ACT_REMOVE: take_out(p); break;
	case ACT_ADD_ALL: rs_objects_page_change(p, rs_objects_adding_shown(p->objects)); break;
	case ACT_REMOVE_ALL:
		rs_objects_remove_all(p->objects);
		rs_objects_page_answer(p);
		break;
	case ACT_EXCLUDE: rs_objects_page_change(p, rs_objects_excluding(p->objects, rs_objects_page_source(p))); break;
	case ACT_RENAME: rs_objects_ask_name(p); break;
	case ACT_BATCH: rs_objects_batch(p); break;
	case ACT_COLUMNS: rs_objects_ask_columns(p); break;
	case ACT_ROWS: rs_objects_ask_rows(p); break;
	case ACT_OPERATIONS: rs_objects_ask_operations(p); break;
	case ACT_SETTINGS: rs_objects_ask_settings(p); break;
	case ACT_NAME: rs_objects_ask_line(p); break;
	case ACT_UNDO: (void)rs_objects_undo(p->objects); rs_objects_page_answer(p); break;
	case ACT_REDO: (void)rs_objects_redo(p->objects); rs_objects_page_answer(p); break;
	case ACT_FILTER: (void)rs_widget_focus(s->root, &p->filter->w); break;
	case ACT_RELOAD: reload(p); break;
	case ACT_MARK: rs_objects_ask_pattern(p); break;
	case ACT_ONLY_MARKED:
		rs_objects_show_marked(p->objects, !p->objects->only_marked);
		show(p);
		break;
	case ACT_MARK_NONE: mark(p, '-'); break;
	case ACT_INVERT: mark(p, '*'); break;
	case RS_WIZARD_NEXT: return next(p);
	case RS_ACT_BACK: return give_up(p) || leave_by(p, id);
	default: return leave_by(p, id);
	}
	return true;
}

static bool press(struct rs_objects_page *p, const char *id)
{
	static const struct {
		const char *id;
		int action;
	} meanings[] = {{"back", RS_ACT_BACK}, {"add", ACT_ADD}, {"add-all", ACT_ADD_ALL}, {"remove", ACT_REMOVE}, {"next", RS_WIZARD_NEXT}};
	const char *why = NULL;

	for (size_t i = 0; i < RS_COUNT(meanings); i++) {
		if (strcmp(meanings[i].id, id) != 0)
			continue;
		if (meanings[i].action >= RS_ACT_FIRST || enabled(&p->screen, meanings[i].action, &why))
			return action(&p->screen, meanings[i].action);
		rs_loop_say(p->w->app->loop, RS_STYLE_WARN, "%s", why ? why : "");
	}
	return true;
}

/* --- events --------------------------------------------------------------------------------------------------------------- */

/* What the filter found is in sight. */
static void open_found(struct rs_objects_page *p)
{
	const struct rs_objects *o = p->objects;

	if (!*o->filter || o->shown_tables > OPEN_FOUND)
		return;
	for (size_t i = 0; i < o->shown_count; i++)
		if (o->dbs[o->shown_dbs[i]].shown_count)
			rs_tree_open(p->source, rs_objects_number(o->shown_dbs[i], 0, 0, 1), true);
}

static bool notify(struct rs_screen *s, struct rs_widget *w, enum rs_reply reply)
{
	struct rs_objects_page *p = page_of(s);

	if (w == &p->filter->w && reply == RS_CHANGED) {
		rs_objects_filter(p->objects, rs_entry_text(p->filter));
		show(p);
		open_found(p);
	} else if (w == &p->filter->w) {
		(void)rs_widget_focus(s->root, rs_tree_widget(p->source));
	} else if ((w == p->buttons || w == p->foot) && reply == RS_SUBMIT) {
		return press(p, rs_buttons_current(w));
	} else if (w == rs_tree_widget(p->source) && reply == RS_SUBMIT) {
		return press(p, "add");
	} else if (w == rs_tree_widget(p->chosen) && reply == RS_SUBMIT) {
		const char *why = NULL;

		if (enabled(s, ACT_RENAME, &why))
			rs_objects_ask_name(p);
	} else if (reply == RS_CANCEL) {
		return false;
	} else {
		show(p); /* a mark */
	}
	return true;
}

/* Opens the only database there is, once. */
static void open_only(struct rs_objects_page *p, size_t before)
{
	if (before == 0 && p->objects->count == 1)
		rs_tree_open(p->source, rs_objects_number(0, 0, 0, 1), true);
}

static enum rs_reply event(struct rs_screen *s, const struct rs_event *ev)
{
	struct rs_objects_page *p = page_of(s);
	size_t before = p->objects->count;

	if (ev->type != RS_EV_WAKE)
		return RS_IGNORED;
	if (rs_objects_poll(p->objects)) {
		rs_objects_settings_arrived(p);
		show(p);
		open_only(p, before);
	}
	return RS_HANDLED;
}

/* --- the help area ------------------------------------------------------------------------------------------------------------ */

/* What a selection of all that is in one means. */
static const char *what_comes(const struct rs_objects *o)
{
	if (!o->later)
		return _("Tables that are made later do not come. Renaming never changes the source.");
	return o->schemas ? _("A whole schema brings its future tables. Renaming never changes the source.")
	                  : _("A whole database brings its future tables. Renaming never changes the source.");
}

static void help_source(const struct rs_objects_page *p, struct rs_buf *out)
{
	uint64_t node = rs_objects_page_source(p);
	size_t hidden, marked = rs_objects_marked(p->objects, &hidden);

	if (node)
		rs_objects_describe(p->objects, node, out);
	if (hidden)
		(void)rs_buf_addf(out, _("\n%zu marked, %zu of them hidden by the filter."), marked, hidden);
	else
		(void)rs_buf_addf(out, "\n%s", what_comes(p->objects));
}

static void help_chosen(const struct rs_objects_page *p, struct rs_buf *out)
{
	char name[RS_KEY_NAME_SIZE], rows[RS_KEY_NAME_SIZE], kinds[RS_KEY_NAME_SIZE], take_out[RS_KEY_NAME_SIZE];
	const struct rs_keymap *keys = &rs_wizard_objects_keymap;

	/* TRANSLATORS: keys */
	(void)rs_buf_addf(out, _("What is synchronized. %s: name at the destination, %s: row filter, %s: kinds of changes, %s: take it out."),
	                  rs_hint_key(keys, "rename-object", name), rs_hint_key(keys, "filter-rows", rows),
	                  rs_hint_key(keys, "choose-operations", kinds), rs_hint_key(keys, "remove-objects", take_out));
	if (rs_objects_have_settings(p))
		(void)rs_buf_addf(out, _(" %s: its settings at the destination."), rs_hint_key(keys, "table-settings", name));
}

/* What has no room behind the name. */
static void help_particulars(const struct rs_selection_rule *r, struct rs_buf *out)
{
	if (r->filter)
		(void)rs_buf_addf(out, _("Rows that meet: %s"), r->filter);
	for (int i = 0; r->settings && i < RS_TABLE_SETTINGS; i++)
		if (r->settings[i])
			(void)rs_buf_addf(out, "%s%s: %s", out->len ? "; " : "", rs_table_setting_word((enum rs_table_setting)i), r->settings[i]);
}

/* A name that was typed is taken as it is; the account may not see what it means. */
static void help_unseen(const struct rs_objects *o, const char *db, struct rs_buf *out)
{
	if (o->done && !o->error.code && !rs_objects_has_db(o, db))
		(void)rs_buf_addf(out, o->schemas ? _("! The source shows no schema %s: the name is wrong, or the account may not read it.")
		                                  : _("! The source shows no database %s: the name is wrong, or the account may not read it."), db);
}

static void help(struct rs_screen *s, struct rs_buf *out)
{
	const struct rs_objects_page *p = page_of(s);
	const struct rs_widget *focused = rs_widget_focused(s->root);

	if (focused == rs_tree_widget(p->source))
		help_source(p, out);
	else if (focused == rs_tree_widget(p->chosen) && rs_objects_page_chosen(p)) {
		help_unseen(p->objects, rs_objects_page_chosen(p)->rule.db, out);
		if (!out->len)
			help_particulars(&rs_objects_page_chosen(p)->rule, out);
	}
	if (focused == rs_tree_widget(p->chosen) && !out->len)
		help_chosen(p, out);
}

/* --- the screen ----------------------------------------------------------------------------------------------------------------- */

static void enter(struct rs_screen *s)
{
	struct rs_objects_page *p = page_of(s);

	p->covered = false;
	rs_wizard_enter(p->w);
	(void)rs_objects_poll(p->objects);
	rs_objects_page_answer(p); /* names may have been given elsewhere */
	open_only(p, 0);
}

static void leave_step(struct rs_objects_page *p)
{
	give_up_change(p);
	rs_objects_answer_finish(p);
	rs_wizard_leave(p->w);
}

static void leave(struct rs_screen *s)
{
	struct rs_objects_page *p = page_of(s);

	rs_tree_keep_place(p->source, &p->w->source_place);
	rs_tree_keep_place(p->chosen, &p->w->chosen_place);
	p->w->chosen_seen = p->seen;
	if (!p->covered)
		leave_step(p);
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
	struct rs_objects_page *p = page_of(s);

	if (p->covered)
		leave_step(p);
	give_up_change(p);
	rs_objects_answer_give_up(p);
	rs_objects_ask_nothing(p);
	rs_selected_release(&p->selected);
	rs_wizard_unref(p->w);
	free(p);
}

static const struct rs_screen_ops ops = {
	.name = "wizard-objects", .keymap = &rs_wizard_objects_keymap, .enter = enter, .leave = leave, .place = place, .steps = steps, .event = event,
	.notify = notify, .action = action, .enabled = enabled, .help = help, .destroy = destroy,
};

/* A pane's title is one line, whatever the room: a label would wrap. */
static void title_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	(void)w;
	*min = (struct rs_size){1, 1};
	*pref = (struct rs_size){1, width};
}

static void title_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	const struct rs_widget *label = w->kids[0];

	(void)focused;
	label->ops->draw(w->kids[0], c, false);
}

static void title_layout(struct rs_widget *w)
{
	rs_widget_layout(w->kids[0], rs_rect_make(w->rect.y, w->rect.x + 1, 1, w->rect.w - 1));
}

static const struct rs_widget_ops title_ops = {
	.kind = "title", .measure = title_measure, .layout = title_layout, .draw = title_draw,
};

static struct rs_widget *title_new(struct rs_widget **label)
{
	struct rs_widget *w = rs_xcalloc(1, sizeof *w);

	rs_widget_init(w, &title_ops, NULL);
	*label = rs_widget_add(w, rs_label_new("", RS_STYLE_HEADER));
	return w;
}

static struct rs_widget *pane_new(struct rs_widget **title, struct rs_widget *below, struct rs_widget *tree)
{
	struct rs_widget *column = rs_column_new(0);

	column->weight = 1;
	(void)rs_widget_add(column, title_new(title));
	(void)rs_widget_add(column, below);
	tree->weight = 1;
	(void)rs_widget_add(column, tree);
	return column;
}

static const struct rs_col source_columns[] = {{"", 16, 0, 1, RS_LEFT, 0}, {"", 10, 12, 0, RS_RIGHT, 1}};
static const struct rs_col chosen_columns[] = {{"", 16, 0, 1, RS_LEFT, 0}};

static void build(struct rs_objects_page *p)
{
	struct rs_option steps[] = {{"back", _("Back"), _("Back to the step before; nothing is lost."), NULL},
	                            {"next", _("Next"), _("On to the next step; this one is checked."), NULL}};
	struct rs_widget *panes = rs_row_new(0, 0), *foot = rs_row_new(0, FOLD_BELOW);

	p->filter = rs_filter_new("filter", _("Filter"));
	rs_widget_set_help(&p->filter->w, _("Filter: shows what has the text in its name; \"db.table\" looks at both. Esc clears it."));
	rs_entry_set(p->filter, p->objects->filter);
	p->source = rs_tree_new("source", source_columns, RS_COUNT(source_columns), &rs_objects_model, p->objects);
	p->chosen = rs_tree_new("selected", chosen_columns, RS_COUNT(chosen_columns), &rs_selected_model, &p->selected);
	rs_tree_set_empty(p->chosen, _("Nothing yet: Space marks, > adds."));
	p->arrows = rs_column_new(0);
	panes->weight = 1;
	(void)rs_widget_add(panes, pane_new(&p->left_title, &p->filter->w, rs_tree_widget(p->source)));
	(void)rs_widget_add(panes, rs_divider_new());
	(void)rs_widget_add(panes, pane_new(&p->right_title, rs_space_new(1, 0, 0), rs_tree_widget(p->chosen)));
	p->foot = rs_buttons_new("foot", steps, RS_COUNT(steps), 1);
	(void)rs_widget_add(foot, rs_space_new(0, 1, 0));
	(void)rs_widget_add(foot, p->arrows);
	(void)rs_widget_add(foot, rs_space_new(0, 3, 0));
	(void)rs_widget_add(foot, p->foot);
	p->screen.root = rs_column_new(0);
	(void)rs_widget_add(p->screen.root, panes);
	(void)rs_widget_add(p->screen.root, foot);
	(void)rs_widget_focus(p->screen.root, rs_tree_widget(p->source));
}

static const struct rs_form_field *objects_field(const struct rs_form_page *page)
{
	for (size_t i = 0; i < page->n_fields; i++)
		if (page->fields[i].type == RS_FIELD_OBJECTS)
			return &page->fields[i];
	rs_bug("page %s has no objects", page->id);
}

struct rs_screen *rs_wizard_objects_screen(struct rs_wizard *w, const struct rs_form_page *page)
{
	struct rs_objects_page *p = rs_xcalloc(1, sizeof *p);

	p->screen.ops = &ops;
	p->w = rs_wizard_ref(w);
	p->field = objects_field(page);
	rs_wizard_objects_have(w, p->field);
	p->objects = w->objects;
	rs_selected_init(&p->selected);
	p->shown = w->objects->version;
	rs_selected_set(&p->selected, w->objects->selection, w->objects->later);
	build(p);
	rs_tree_go_to_place(p->source, &w->source_place);
	rs_tree_go_to_place(p->chosen, &w->chosen_place);
	p->seen = w->chosen_seen;
	return &p->screen;
}
