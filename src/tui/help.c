/* The ? overlay: the help that was cut, and all keys that there are, those that work now first in sight, filtered as one types. */
#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "tui/box.h"
#include "tui/entry.h"
#include "tui/frame.h"
#include "tui/label.h"
#include "tui/overlay.h"
#include "tui/table.h"

#define KEYS_WIDTH 22

struct row {
	const struct rs_action *action; /* NULL: a heading */
	const char *heading;
	const char *why;                /* borrowed from the screen for as long as the overlay is open */
	bool works;
	char *keys;
};

struct help {
	struct rs_overlay o;
	struct rs_widget *root;
	struct rs_entry *filter;
	struct rs_tableview *table;
	struct row *rows;
	size_t count, cap;
	size_t *shown;
	size_t shown_count;
};

static void add_row(struct help *h, struct row row)
{
	RS_GROW(h->rows, h->count, h->cap);
	h->rows[h->count++] = row;
}

/* Those of the keys everywhere that a dialog does not keep from the loop. */
static bool works_over_dialogs(int action)
{
	return action == RS_ACT_HELP || action == RS_ACT_REDRAW || action == RS_ACT_SUSPEND || action == RS_ACT_INTERRUPT;
}

/* s: whose they are; NULL: a dialog's. */
static void add_map(struct help *h, struct rs_screen *s, const char *heading, const struct rs_keymap *map,
                    bool own)
{
	if (!map)
		return;
	add_row(h, (struct row){.heading = heading});
	for (size_t i = 0; i < map->count; i++) {
		struct row row = {.action = &map->actions[i], .works = true};
		struct rs_buf keys = RS_BUF_INIT;

		if (own && s)
			row.works = rs_screen_enabled(s, map->actions[i].id, &row.why);
		else if (own && !works_over_dialogs(map->actions[i].id))
			continue;
		rs_action_key_names(&map->actions[i], &keys);
		row.keys = rs_buf_take(&keys);
		add_row(h, row);
	}
}

static bool matches(const struct row *row, const char *text)
{
	return !*text || (row->action && (strcasestr(row->keys, text) || strcasestr(_(row->action->label), text) ||
	                                  strcasestr(_(row->action->help), text)));
}

static void find(struct help *h, const char *text)
{
	h->shown_count = 0;
	for (size_t i = 0; i < h->count; i++)
		if (matches(&h->rows[i], text))
			h->shown[h->shown_count++] = i;
}

/* --- the list --------------------------------------------------------------------------- */

static size_t help_rows(void *ctx)
{
	return ((const struct help *)ctx)->shown_count;
}

static void help_cell(void *ctx, size_t n, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct help *h = ctx;
	const struct row *row = &h->rows[h->shown[n]];

	*style = !row->works ? RS_STYLE_DIM : col == 0 ? RS_STYLE_KEY : RS_STYLE_NORMAL;
	if (col == 0)
		(void)rs_buf_addf(text, " %s", row->keys);
	else
		(void)rs_buf_adds(text, _(row->action->help));
}

static bool help_heading(void *ctx, size_t n, struct rs_buf *text)
{
	const struct help *h = ctx;
	const struct row *row = &h->rows[h->shown[n]];

	return !row->action && rs_buf_adds(text, row->heading) == RS_OK;
}

static const struct rs_tableview_model help_model = {.rows = help_rows, .cell = help_cell, .heading = help_heading};

/* --- as an overlay ---------------------------------------------------------------------- */

#define DETAIL_LINES 2

/* The row under the cursor in full, and why it does not work now. */
static void draw_detail(const struct help *h, struct rs_canvas *c, struct rs_rect r)
{
	size_t n = rs_tableview_row(h->table);
	const struct row *row = n == RS_NO_ROW ? NULL : &h->rows[h->shown[n]];
	struct rs_buf text = RS_BUF_INIT;

	if (!row || !row->action)
		return;
	(void)rs_buf_adds(&text, _(row->action->help));
	if (!row->works && row->why)
		/* TRANSLATORS: %s: why a key does nothing now: "it is at work already" */
		(void)rs_buf_addf(&text, _(" Not now: %s."), row->why);
	(void)rs_canvas_wrapped(c, r, RS_STYLE_NORMAL, rs_buf_str(&text));
	rs_buf_release(&text);
}

static void help_draw(struct rs_overlay *o, struct rs_canvas *c, struct rs_rect area)
{
	struct help *h = (struct help *)o;

	rs_canvas_frame(c, area, RS_STYLE_RULE, _("Keys"));
	rs_widget_layout(h->root, rs_rect_make(area.y + 1, area.x + 1, area.h - 2 - DETAIL_LINES, area.w - 2));
	rs_widget_draw(h->root, c, true);
	draw_detail(h, c, rs_rect_make(area.y + area.h - 1 - DETAIL_LINES, area.x + 2, DETAIL_LINES, area.w - 4));
}

static bool help_event(struct rs_overlay *o, const struct rs_event *ev)
{
	struct help *h = (struct help *)o;

	if (rs_event_is(ev, RS_KEY_ESC) || rs_event_is(ev, RS_KEY_F1) || rs_event_is(ev, RS_KEY_F10) ||
	    rs_event_is(ev, RS_KEY_ENTER) || (rs_event_is(ev, '?') && !*rs_entry_text(h->filter)))
		return true;
	if (ev->type == RS_EV_KEY && !rs_key_is_text(ev->key) &&
	    rs_tableview_ops.event(&h->table->w, ev) != RS_IGNORED)
		return false;
	if (rs_event_is(ev, RS_KEY_DOWN) || rs_event_is(ev, RS_KEY_UP) || rs_event_is(ev, RS_KEY_TAB))
		return false;
	if (rs_widget_event(h->root, ev, NULL) == RS_CHANGED) {
		find(h, rs_entry_text(h->filter));
		rs_tableview_select(h->table, 0);
	}
	return false;
}

static struct rs_widget *help_root(struct rs_overlay *o)
{
	return ((struct help *)o)->root;
}

static void help_closed(struct rs_overlay *o, bool ended)
{
	struct help *h = (struct help *)o;

	(void)ended;
	rs_widget_free(h->root);
	for (size_t i = 0; i < h->count; i++)
		free(h->rows[i].keys);
	free(h->rows);
	free(h->shown);
	free(h);
}

static const struct rs_action actions[] = {
	{1, "help-close", {RS_KEY_ESC, RS_KEY_ENTER, RS_KEY_F1}, N_("Close"), N_("Closes the help."), 1},
	{2, "help-scroll", {RS_KEY_PGDN, RS_KEY_PGUP}, N_("Scroll"), N_("Scrolls the list."), 2},
};
static const struct rs_keymap help_keys = {N_("Help"), actions, RS_COUNT(actions)};

static const struct rs_overlay_ops help_ops = {
	.name = "help", .helps = true, .keymap = &help_keys, .draw = help_draw, .event = help_event,
	.root = help_root, .closed = help_closed,
};

static void add_own(struct help *h, struct rs_screen *s)
{
	const struct rs_keymap *map = s->ops->keymap;
	const char *topic = s->ops->help_topic ? s->ops->help_topic : map ? map->title : NULL;

	add_map(h, s, topic ? _(topic) : "", map, true);
}

static void build(struct help *h, struct rs_screen *s, const struct rs_overlay *dialog)
{
	if (dialog)
		add_map(h, NULL, _(dialog->ops->keymap->title), dialog->ops->keymap, false);
	else
		add_own(h, s);
	add_map(h, dialog ? NULL : s, _(rs_keymap_universal.title), &rs_keymap_universal, true);
	add_map(h, s, _(rs_keymap_widgets.title), &rs_keymap_widgets, false);
	h->shown = rs_xcalloc(h->count + 1, sizeof *h->shown);
	find(h, "");
}

/* What the help area has no room for. */
static void add_cut(struct help *h, struct rs_loop *loop)
{
	struct rs_overlay *dialog = rs_loop_overlay(loop);
	struct rs_buf text = RS_BUF_INIT;

	if (!dialog)
		rs_frame_help(rs_loop_top(loop), &text);
	else if (rs_widget_help(dialog->ops->root(dialog)))
		(void)rs_buf_adds(&text, rs_widget_help(dialog->ops->root(dialog)));
	if (rs_text_lines(rs_buf_str(&text), rs_loop_canvas(loop)->w - 2) > RS_FRAME_HELP)
		(void)rs_widget_add(h->root, rs_label_new(rs_buf_str(&text), RS_STYLE_NORMAL));
	rs_buf_release(&text);
}

void rs_help_open(struct rs_loop *loop)
{
	static const struct rs_col cols[] = {
		{"", KEYS_WIDTH, KEYS_WIDTH, 0, RS_LEFT, 0}, {"", 20, 0, 1, RS_LEFT, 0}};
	struct help *h = rs_xcalloc(1, sizeof *h);

	h->o.ops = &help_ops;
	build(h, rs_loop_top(loop), rs_loop_overlay(loop));
	h->root = rs_column_new(0);
	add_cut(h, loop);
	h->filter = rs_filter_new("filter", _("Filter:"));
	h->table = rs_tableview_new("keys", cols, 2, &help_model, h);
	h->table->headless = true;
	h->table->margin = 1;
	(void)rs_widget_add(h->root, &h->filter->w);
	(void)rs_widget_add(h->root, &h->table->w);
	rs_tableview_select(h->table, 1); /* below the first heading */
	rs_loop_overlay_cover(loop, &h->o);
}
