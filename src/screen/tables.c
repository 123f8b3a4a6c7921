/* The tables of a task: what each is to it, how far those are that join, and what can be done to single ones. */
#include "screen/app.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/hint.h"
#include "screen/menu.h"
#include "screen/show.h"

#define ALL "*"
#define KEY_MAX 1100

/* What is remembered of a table, wherever it stands in a snapshot. */
struct known {
	uint64_t id;
	bool marked;
};

struct tables {
	struct rs_screen screen;
	struct rs_app *app;
	struct rs_watch *watch;
	const struct rs_progress *progress; /* a reference; NULL */
	struct rs_widget *state;
	struct rs_entry *filter;
	struct rs_tableview *table;
	struct rs_map known;                /* "db" NUL "table" -> struct known */
	size_t *shown;                      /* of the tables */
	size_t shown_count, shown_cap;
	size_t marked, hidden;              /* of those, that the filters hide */
	struct rs_menu menu;
};

static struct tables *tables_of(struct rs_screen *s)
{
	return (struct tables *)s;
}

static struct known *known_of(struct tables *t, const struct rs_table_progress *table)
{
	char key[KEY_MAX];
	int n = snprintf(key, sizeof key, "%s%c%s", table->db, 0, table->name);
	size_t len = n > 0 && n < KEY_MAX ? (size_t)n : KEY_MAX - 1;
	struct known *k = rs_map_get(&t->known, key, len);

	if (!k) {
		k = rs_xcalloc(1, sizeof *k);
		k->id = t->known.count + 1;
		(void)rs_map_put(&t->known, key, len, k);
	}
	return k;
}

static const struct rs_table_progress *table_at(const struct tables *t, size_t row)
{
	return rs_progress_table(t->progress, t->shown[row]);
}

static const struct rs_table_progress *current(const struct tables *t)
{
	size_t row = rs_tableview_row(t->table);

	return row == RS_NO_ROW ? NULL : table_at(t, row);
}

/* --- which are shown ----------------------------------------------------------------------- */

static bool is_shown(const struct tables *t, const struct rs_table_progress *table)
{
	const char *state = rs_options_chosen(t->state), *text = rs_entry_text(t->filter);
	char name[KEY_MAX];

	if (state && strcmp(state, ALL) != 0 && strcmp(state, rs_table_sync_code(table->sync)) != 0)
		return false;
	if (!*text)
		return true;
	(void)snprintf(name, sizeof name, "%s.%s", table->db, table->name);
	return strcasestr(name, text) != NULL;
}

static void tell_count(struct tables *t)
{
	struct rs_buf text = RS_BUF_INIT;
	size_t all = t->progress ? t->progress->n_tables : 0;

	if (t->shown_count == all)
		(void)rs_buf_addf(&text, ngettext("%zu table", "%zu tables", (unsigned long)all), all);
	else
		/* TRANSLATORS: how many tables the filters let through, of how many */
		(void)rs_buf_addf(&text, _("%zu of %zu shown"), t->shown_count, all);
	rs_filter_set_count(t->filter, rs_buf_str(&text));
	rs_buf_release(&text);
}

static int by_name(const void *a, const void *b, void *progress)
{
	const struct rs_table_progress *x = rs_progress_table(progress, *(const size_t *)a);
	const struct rs_table_progress *y = rs_progress_table(progress, *(const size_t *)b);
	int order = strcmp(x->db, y->db);

	return order ? order : strcmp(x->name, y->name);
}

/* In the order of names: a table that leaves the stream, or joins it, stays where it is. */
static void refilter(struct tables *t)
{
	size_t all = t->progress ? t->progress->n_tables : 0;

	t->shown_count = t->marked = t->hidden = 0;
	for (size_t i = 0; i < all; i++) {
		bool shown = is_shown(t, rs_progress_table(t->progress, i)), marked = known_of(t, rs_progress_table(t->progress, i))->marked;

		t->marked += marked;
		t->hidden += marked && !shown;
		if (!shown)
			continue;
		RS_GROW(t->shown, t->shown_count, t->shown_cap);
		t->shown[t->shown_count++] = i;
	}
	if (t->shown_count > 1)
		qsort_r(t->shown, t->shown_count, sizeof *t->shown, by_name, (void *)(uintptr_t)t->progress);
	tell_count(t);
	rs_tableview_set_empty(t->table, all ? _("No table fits the filters.") : _("No tables yet."));
	rs_tableview_reload(t->table);
	rs_loop_dirty(t->app->loop);
}

static void list_states(struct tables *t)
{
	struct rs_option options[RS_TABLE_SUSPENDED + 2] = {{ALL, _("all"), NULL, NULL}};

	for (int i = 0; i <= RS_TABLE_SUSPENDED; i++)
		options[i + 1] = (struct rs_option){rs_table_sync_code((enum rs_table_sync)i), rs_show_table_sync((enum rs_table_sync)i), NULL,
		                                    NULL};
	rs_options_set(t->state, options, RS_COUNT(options));
	(void)rs_options_choose(t->state, ALL);
}

static void refresh(struct rs_screen *s)
{
	struct tables *t = tables_of(s);

	rs_watch_refresh(t->watch);
	if (t->progress && t->watch->progress && rs_progress_same_tables(t->progress, t->watch->progress))
		return;
	rs_progress_unref(t->progress);
	t->progress = t->watch->progress ? rs_progress_ref(t->watch->progress) : NULL;
	refilter(t);
}

/* --- rows ---------------------------------------------------------------------------------------- */

static size_t rows(void *ctx)
{
	return ((const struct tables *)ctx)->shown_count;
}

static uint64_t row_id(void *ctx, size_t row)
{
	return known_of(ctx, table_at(ctx, row))->id;
}

static enum rs_mark mark(void *ctx, size_t row)
{
	return known_of(ctx, table_at(ctx, row))->marked ? RS_MARK_ON : RS_MARK_OFF;
}

static bool toggle(void *ctx, size_t row)
{
	struct known *k = known_of(ctx, table_at(ctx, row));

	k->marked = !k->marked;
	return true;
}

enum { COL_TABLE, COL_STATE, COL_COPIED, COL_ROWS, COL_CHANGES, COL_NOTE };

static const struct rs_col columns[] = {
	[COL_TABLE] = {N_("Table"), 18, 0, 3, RS_LEFT, 0},
	[COL_STATE] = {N_("State"), 13, 0, 0, RS_LEFT, 0},
	[COL_COPIED] = {N_("Copied"), 8, 20, 1, RS_LEFT, 3},
	[COL_ROWS] = {N_("Rows"), 7, 9, 0, RS_RIGHT, 2},
	[COL_CHANGES] = {N_("Changes"), 7, 9, 0, RS_RIGHT, 4},
	[COL_NOTE] = {N_("Note"), 8, 60, 2, RS_LEFT, 1},
};

static void note_cell(const struct rs_table_progress *table, struct rs_buf *text)
{
	char place[RS_POSITION_SHOWN];

	if (table->sync == RS_TABLE_SUSPENDED)
		(void)rs_buf_addf(text, _("at %s"), rs_position_show_text(table->since, place));
	else
		rs_show_table_note(table, text);
}

static void cell(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct rs_table_progress *table = table_at(ctx, row);
	char buf[RS_SHOW_SIZE];

	switch (col) {
	case COL_TABLE: rs_show_table_name(table, text); break;
	case COL_STATE:
		*style = rs_show_table_sync_style(table->sync);
		(void)rs_buf_adds(text, rs_show_table_sync(table->sync));
		break;
	case COL_ROWS:
		(void)rs_buf_adds(text, rs_show_count(table->rows || table->copying || table->copied ? (double)table->rows : -1, buf,
		                                      sizeof buf));
		break;
	case COL_CHANGES:
		(void)rs_buf_adds(text, rs_show_count((double)(table->inserts + table->updates + table->deletes), buf, sizeof buf));
		break;
	case COL_NOTE: note_cell(table, text); break;
	default: break;
	}
}

static bool draw_cell(void *ctx, size_t row, size_t col, struct rs_canvas *c, struct rs_rect r, unsigned mods)
{
	if (col != COL_COPIED)
		return false;
	rs_canvas_bar(c, r.y, r.x, r.w, RS_STYLE_DATA | mods, rs_show_table_copied(table_at(ctx, row)));
	return true;
}

static uint32_t sign(void *ctx, size_t row, unsigned *style)
{
	*style = RS_STYLE_WARN;
	return table_at(ctx, row)->sync == RS_TABLE_SUSPENDED ? '!' : 0;
}

static const struct rs_tableview_model model = {
	.rows = rows, .cell = cell, .draw = draw_cell, .sign = sign, .mark = mark, .toggle = toggle, .row_id = row_id,
};

/* --- what is meant: what is marked, else what is under the cursor ------------------------------------- */

static bool is_meant(struct tables *t, const struct rs_table_progress *table)
{
	return t->marked ? known_of(t, table)->marked : table == current(t);
}

/* Which of those an action is for. */
static bool fits(const struct rs_table_progress *table, enum rs_table_action action)
{
	switch (action) {
	case RS_TABLE_SUSPEND: return table->sync == RS_TABLE_SYNCHRONIZING;
	case RS_TABLE_RESUME: return table->sync == RS_TABLE_SUSPENDED;
	case RS_TABLE_RESYNC: return true;
	}
	return false;
}

static bool any_fits(struct tables *t, enum rs_table_action action)
{
	for (size_t i = 0; t->progress && i < t->progress->n_tables; i++)
		if (is_meant(t, rs_progress_table(t->progress, i)) && fits(rs_progress_table(t->progress, i), action))
			return true;
	return false;
}

/* Tables that rest at the same place were suspended together, and go on together. */
static bool rests_with(struct tables *t, const struct rs_table_progress *table)
{
	for (size_t i = 0; table->sync == RS_TABLE_SUSPENDED && i < t->progress->n_tables; i++) {
		const struct rs_table_progress *other = rs_progress_table(t->progress, i);

		if (other->sync == RS_TABLE_SUSPENDED && is_meant(t, other) && strcmp(other->since, table->since) == 0)
			return true;
	}
	return false;
}

/* *more: there are some that the user did not name. */
static struct rs_selection *meant(struct tables *t, enum rs_table_action action, bool *more)
{
	struct rs_selection *s = rs_selection_new();

	*more = false;
	for (size_t i = 0; i < t->progress->n_tables; i++) {
		const struct rs_table_progress *table = rs_progress_table(t->progress, i);
		bool named = is_meant(t, table) && fits(table, action);

		if (!named && (action == RS_TABLE_SUSPEND || !rests_with(t, table)))
			continue;
		*more = *more || !named;
		(void)(rs_selection_add_table(s, table->db, table->name, NULL) == RS_OK);
	}
	return s;
}

/* --- actions --------------------------------------------------------------------------------------- */

enum {
	ACT_MENU, ACT_SUSPEND, ACT_RESUME, ACT_RESYNC, ACT_COMPARE, ACT_FILTER, ACT_STATE, ACT_COPY, ACT_MARK_ALL, ACT_MARK_NONE, ACT_INVERT
};

static const struct rs_action actions[] = {
	{ACT_MENU, "table-menu", {RS_KEY_ENTER, 'm'}, N_("Actions"), N_("What can be done with the table under the cursor, or with those marked."), 1},
	{ACT_SUSPEND, "suspend-tables", {'s', RS_KEY_F5}, N_("Suspend tables"),
	 N_("Leave the tables' changes out from here on; their rows at the destination stay."), 2},
	{ACT_RESUME, "resume-tables", {'r', RS_KEY_F6}, N_("Resume"), N_("Go on with suspended tables where they were left."), 3},
	{ACT_RESYNC, "resync-tables", {'a', RS_KEY_F7}, N_("Copy anew"),
	 N_("Empty the tables at the destination and copy them again, beside the others."), 4},
	{ACT_COMPARE, "compare-tables", {'v', RS_KEY_F8}, N_("Verify"), N_("Compare these tables on both sides."), 5},
	{ACT_FILTER, "filter-tables", {'/', '\\', RS_KEY_F4}, N_("Filter"), N_("Show only tables whose name contains a text."), 6},
	{ACT_STATE, "filter-table-state", {'S', RS_KEY_F3}, N_("State"), N_("Show only the tables in one state."), 7},
	{ACT_COPY, "copy-table-name", {'y'}, N_("Copy name"), N_("Copy the table's name to the terminal's clipboard."), 0},
	{ACT_MARK_ALL, "mark-shown", {'+'}, N_("Mark shown"), N_("Mark everything that is shown."), 0},
	{ACT_MARK_NONE, "mark-none", {'-'}, N_("Mark none"), N_("Take away all marks, also hidden ones."), 0},
	{ACT_INVERT, "mark-invert", {'*'}, N_("Invert marks"), N_("Mark what is shown and not marked, and the reverse."), 0},
};
const struct rs_keymap rs_tables_keymap = {N_("Tables"), actions, RS_COUNT(actions)};

static bool no(const char **why, const char *reason)
{
	*why = reason;
	return false;
}

static bool can_change(struct tables *t, enum rs_table_action action, const char **why)
{
	if (!t->marked && !current(t))
		return no(why, _("there is no table under the cursor"));
	if (!rs_app_can_change_tables(t->watch, why))
		return false;
	if (any_fits(t, action))
		return true;
	if (action == RS_TABLE_RESUME)
		return no(why, _("nothing of this is suspended"));
	return no(why, t->marked ? _("none of them is synchronized with the others now")
	               : current(t)->sync == RS_TABLE_SUSPENDED ? _("it is suspended already") : _("it has not joined the others yet"));
}

static bool enabled(struct rs_screen *s, int action, const char **why)
{
	struct tables *t = tables_of(s);

	switch (action) {
	case ACT_SUSPEND: return can_change(t, RS_TABLE_SUSPEND, why);
	case ACT_RESUME: return can_change(t, RS_TABLE_RESUME, why);
	case ACT_RESYNC: return can_change(t, RS_TABLE_RESYNC, why);
	case ACT_COMPARE: return t->marked || current(t) ? rs_app_can_compare(t->watch, why) : no(why, _("there is no table under the cursor"));
	case ACT_MENU:
	case ACT_COPY: return current(t) ? true : no(why, _("there is no table under the cursor"));
	default: return true;
	}
}

static void change(struct tables *t, enum rs_table_action action)
{
	bool more;
	struct rs_selection *s = meant(t, action, &more);

	rs_app_change_tables(t->app, t->watch, action, s, more);
}

static void compare(struct tables *t)
{
	struct rs_buf list = RS_BUF_INIT;

	for (size_t i = 0; t->progress && i < t->progress->n_tables; i++) {
		const struct rs_table_progress *table = rs_progress_table(t->progress, i);

		if (!is_meant(t, table))
			continue;
		(void)rs_buf_adds(&list, list.len ? ", " : "");
		rs_selection_put_name(&list, table->db);
		(void)rs_buf_addc(&list, '.');
		rs_selection_put_name(&list, table->name);
	}
	rs_compare_ask(t->app, t->watch, rs_buf_str(&list));
	rs_buf_release(&list);
}

static void set_marks(struct tables *t, int action)
{
	for (size_t i = 0; t->progress && i < t->progress->n_tables; i++) {
		const struct rs_table_progress *table = rs_progress_table(t->progress, i);
		struct known *k = known_of(t, table);

		if (action == ACT_MARK_NONE)
			k->marked = false;
		else if (is_shown(t, table))
			k->marked = action == ACT_MARK_ALL || !k->marked;
	}
	refilter(t);
}

static void copy_name(struct tables *t)
{
	struct rs_buf name = RS_BUF_INIT;

	rs_selection_put_name(&name, current(t)->db);
	(void)rs_buf_addc(&name, '.');
	rs_selection_put_name(&name, current(t)->name);
	(void)rs_loop_copy(t->app->loop, rs_buf_str(&name), name.len);
	rs_buf_release(&name);
}

static const int menu[] = {ACT_SUSPEND, ACT_RESUME, ACT_RESYNC, ACT_COMPARE, ACT_COPY};

static void open_menu(struct tables *t)
{
	struct rs_buf title = RS_BUF_INIT;

	if (t->marked)
		(void)rs_buf_addf(&title, ngettext("%zu marked table", "%zu marked tables", (unsigned long)t->marked), t->marked);
	else
		rs_show_table_name(current(t), &title);
	rs_menu_open(&t->menu, rs_buf_str(&title));
	rs_buf_release(&title);
}

static void open_states(struct tables *t)
{
	struct rs_event enter = rs_event_key(RS_KEY_ENTER);

	(void)rs_widget_focus(t->screen.root, t->state);
	(void)rs_widget_event(t->screen.root, &enter, NULL);
}

static bool action(struct rs_screen *s, int id)
{
	struct tables *t = tables_of(s);

	switch (id) {
	case ACT_MENU: open_menu(t); break;
	case ACT_SUSPEND: change(t, RS_TABLE_SUSPEND); break;
	case ACT_RESUME: change(t, RS_TABLE_RESUME); break;
	case ACT_RESYNC: change(t, RS_TABLE_RESYNC); break;
	case ACT_COMPARE: compare(t); break;
	case ACT_FILTER: (void)rs_widget_focus(s->root, &t->filter->w); break;
	case ACT_STATE: open_states(t); break;
	case ACT_COPY: copy_name(t); break;
	case ACT_MARK_ALL:
	case ACT_MARK_NONE:
	case ACT_INVERT: set_marks(t, id); break;
	default: return false;
	}
	return true;
}

/* --- the screen ------------------------------------------------------------------------------------ */

static bool notify(struct rs_screen *s, struct rs_widget *w, enum rs_reply reply)
{
	struct tables *t = tables_of(s);

	if (reply == RS_CHANGED)
		refilter(t);
	else if (w == &t->table->w && current(t))
		open_menu(t);
	if (w == t->state || (w == &t->filter->w && reply == RS_SUBMIT))
		(void)rs_widget_focus(s->root, &t->table->w);
	return true;
}

/* Who has looked at the list of states is back at the tables, whether one was chosen or not. */
static enum rs_reply state_event(struct tables *t, const struct rs_event *ev)
{
	const struct rs_widget *at = rs_widget_focused(t->screen.root);

	if (at != t->state || !at->ops->typing(at) || (!rs_event_is(ev, RS_KEY_ESC) && !rs_event_is(ev, RS_KEY_ENTER)))
		return RS_IGNORED;
	if (rs_widget_event(t->screen.root, ev, NULL) == RS_CHANGED)
		refilter(t);
	(void)rs_widget_focus(t->screen.root, &t->table->w);
	return RS_HANDLED;
}

static enum rs_reply event(struct rs_screen *s, const struct rs_event *ev)
{
	if (ev->type == RS_EV_KEY)
		return state_event(tables_of(s), ev);
	if (ev->type != RS_EV_WAKE)
		return RS_IGNORED;
	refresh(s);
	return RS_HANDLED;
}

static void place(struct rs_screen *s, struct rs_buf *out)
{
	(void)rs_buf_addf(out, "%s · %s", tables_of(s)->watch->name, _("Tables"));
}

static void help(struct rs_screen *s, struct rs_buf *out)
{
	struct tables *t = tables_of(s);

	if (rs_widget_focused(s->root) != &t->table->w || !current(t))
		return;
	rs_show_table_help(current(t), out);
	if (t->marked)
		(void)rs_buf_addf(out, _("   %zu marked, %zu of them hidden by the filter."), t->marked, t->hidden);
	else
		rs_show_since(t->progress, out);
}

static void destroy(struct rs_screen *s)
{
	struct tables *t = tables_of(s);

	t->watch->users--;
	rs_progress_unref(t->progress);
	rs_map_release(&t->known, free);
	free(t->shown);
	free(t);
}

static const struct rs_screen_ops ops = {
	.name = "tables", .keymap = &rs_tables_keymap, .tick_ms = 1000, .enter = refresh, .tick = refresh, .place = place, .event = event,
	.notify = notify, .action = action, .enabled = enabled, .help = help, .destroy = destroy,
};

static struct rs_widget *filters(struct tables *t)
{
	struct rs_widget *row = rs_row_new(2, 0), *state = rs_row_new(1, 0);

	t->state = rs_choice_new("state", 15);
	t->filter = rs_filter_new("filter", _("Filter"));
	t->filter->w.weight = 1;
	(void)rs_widget_add(state, rs_label_new(_("State"), RS_STYLE_LABEL));
	(void)rs_widget_add(state, t->state);
	(void)rs_widget_add(row, rs_space_new(1, 0, 0));
	(void)rs_widget_add(row, state);
	(void)rs_widget_add(row, &t->filter->w);
	rs_widget_set_help(t->state, _("State: shows the tables that are synchronized, being initialized, joining or suspended."));
	rs_widget_set_help(&t->filter->w, _("Filter: shows the tables whose name contains the text. Esc clears it."));
	return row;
}

static void put_cursor(struct tables *t, const struct rs_table_progress *at)
{
	for (size_t i = 0; at && i < t->shown_count; i++)
		if (strcmp(table_at(t, i)->db, at->db) == 0 && strcmp(table_at(t, i)->name, at->name) == 0)
			rs_tableview_select(t->table, i);
}

void rs_tables_open(struct rs_app *app, struct rs_watch *watch, const struct rs_table_progress *at)
{
	struct tables *t = rs_xcalloc(1, sizeof *t);

	watch->users++;
	t->screen.ops = &ops;
	t->app = app;
	t->menu = (struct rs_menu){&t->screen, menu, RS_COUNT(menu), enabled};
	t->watch = watch;
	t->known = (struct rs_map)RS_MAP_INIT;
	t->screen.root = rs_column_new(0);
	(void)rs_widget_add(t->screen.root, filters(t));
	t->table = rs_tableview_new("tables", columns, RS_COUNT(columns), &model, t);
	(void)rs_widget_add(t->screen.root, &t->table->w);
	list_states(t);
	(void)rs_widget_focus(t->screen.root, &t->table->w);
	refresh(&t->screen);
	put_cursor(t, at);
	rs_loop_push(app->loop, &t->screen);
}
