#include "tui/choice.h"
#include <strings.h>
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/glyph.h"
#include "tui/options.h"
#include "tui/table.h"

#define POPUP_ROWS 12

static struct rs_options *opts(struct rs_widget *w)
{
	return (struct rs_options *)w;
}

static bool has_options(const struct rs_widget *w)
{
	(void)w;
	return true;
}

/* --- drop-down ----------------------------------------------------------------- */

static void choice_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	*pref = (struct rs_size){1, opts(w)->width < width ? opts(w)->width : width};
	*min = (struct rs_size){1, pref->w < 8 ? pref->w : 8};
}

static void choice_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	struct rs_options *o = opts(w);
	struct rs_rect r = w->rect;
	unsigned style = w->why ? RS_STYLE_DIM : RS_STYLE_NORMAL;
	const char *label = o->chosen < o->count ? o->items[o->chosen].label : "–";
	int used = rs_canvas_text(c, r.y, r.x, r.w - 2, style | (focused ? RS_MOD_BOLD : 0), label);

	rs_canvas_put(c, r.y, r.x + used + 1, w->why ? RS_STYLE_DIM : RS_STYLE_ACCENT, RS_G_OPEN);
	if (focused)
		rs_canvas_cursor(c, r.y, r.x + used + 1);
}

static bool matches(const struct rs_option_item *item, const char *find)
{
	return strcasestr(item->label, find) || strcasestr(item->id, find) ||
	       (item->note && strcasestr(item->note, find));
}

static size_t match_count(const struct rs_options *o)
{
	size_t count = 0;

	for (size_t i = 0; i < o->count; i++)
		count += matches(&o->items[i], o->find);
	return count;
}

/* The option that is the n-th of those that match. */
static size_t nth_match(const struct rs_options *o, size_t n)
{
	for (size_t i = 0; i < o->count; i++)
		if (matches(&o->items[i], o->find) && n-- == 0)
			return i;
	return RS_NO_OPTION;
}

/* Below the field where there is room, else above it, else over everything. */
static struct rs_rect popup_rect(const struct rs_options *o, struct rs_rect area, size_t rows)
{
	struct rs_rect at = o->w.rect;
	int h = (int)(rows < POPUP_ROWS ? rows : POPUP_ROWS) + 2, w = rs_options_width(o) + 4;
	int below = area.y + area.h - (at.y + 1), above = at.y - area.y, y, x = at.x - 2;

	w = w < at.w + 2 ? at.w + 2 : w;
	w = w > area.w ? area.w : w;
	h = h > area.h ? area.h : h;
	y = h <= below ? at.y + 1 : h <= above ? at.y - h : area.y + area.h - h;
	x = x + w > area.x + area.w ? area.x + area.w - w : x;
	return rs_rect_make(y, x < area.x ? area.x : x, h, w);
}

static void choice_popup(struct rs_widget *w, struct rs_canvas *c, struct rs_rect area)
{
	struct rs_options *o = opts(w);
	size_t count = match_count(o), page;
	struct rs_rect r;

	if (!o->open)
		return;
	r = popup_rect(o, area, count ? count : 1);
	if (r.h < 3 || r.w < 6)
		return;
	page = (size_t)(r.h - 2);
	o->top = rs_list_top(o->top, o->cursor, count, page);
	rs_canvas_frame(c, r, RS_STYLE_RULE, o->find);
	for (size_t i = 0; i < page && o->top + i < count; i++) {
		bool here = o->top + i == o->cursor;
		int y = r.y + 1 + (int)i;

		rs_options_draw_item(o, c, y, r.x + 2, r.w - 4, nth_match(o, o->top + i), 0);
		if (!here)
			continue;
		rs_canvas_modify(c, rs_rect_make(y, r.x + 1, 1, r.w - 2), RS_MOD_SELECTED);
		rs_canvas_cursor(c, y, r.x + 1);
	}
	if (!count)
		rs_canvas_text(c, r.y + 1, r.x + 2, r.w - 4, RS_STYLE_DIM, "–");
}

static void choice_close(struct rs_options *o)
{
	o->open = false;
	o->find[0] = '\0';
}

static enum rs_reply choice_take(struct rs_options *o)
{
	size_t i = nth_match(o, o->cursor);
	bool changed = i != o->chosen;

	if (i == RS_NO_OPTION || o->items[i].why)
		return RS_HANDLED;
	o->chosen = i;
	choice_close(o);
	return changed ? RS_CHANGED : RS_HANDLED;
}

static void find_add(struct rs_options *o, uint32_t cp)
{
	char bytes[4];
	size_t n = rs_utf8_encode(cp, bytes), len = strlen(o->find);

	if (len + n + 1 > sizeof o->find)
		return;
	memcpy(o->find + len, bytes, n);
	o->find[len + n] = '\0';
	o->cursor = 0;
}

static void find_delete(struct rs_options *o)
{
	size_t len = strlen(o->find);

	while (len && ((unsigned char)o->find[--len] & 0xc0) == 0x80)
		continue;
	o->find[len] = '\0';
	o->cursor = 0;
}

static enum rs_reply choice_open_event(struct rs_options *o, const struct rs_event *ev)
{
	size_t count = match_count(o);

	if (ev->type != RS_EV_KEY)
		return RS_IGNORED;
	if (ev->key == RS_KEY_ENTER)
		return choice_take(o);
	if (ev->key == RS_KEY_ESC)
		choice_close(o);
	else if (ev->key == RS_KEY_BACKSPACE)
		find_delete(o);
	else if (ev->key == RS_CTRL('u'))
		o->find[0] = '\0';
	else if (rs_key_is_text(ev->key))
		find_add(o, ev->key);
	else if (ev->key == RS_KEY_TAB || ev->key == RS_KEY_BACKTAB)
		return RS_IGNORED;
	else
		(void)rs_list_key(ev->key, count, POPUP_ROWS, &o->cursor);
	return RS_HANDLED;
}

static enum rs_reply choice_event(struct rs_widget *w, const struct rs_event *ev)
{
	struct rs_options *o = opts(w);

	if (o->open)
		return choice_open_event(o, ev);
	if (!rs_event_is(ev, RS_KEY_ENTER) && !rs_event_is(ev, RS_KEY_SPACE))
		return RS_IGNORED;
	o->open = true;
	o->cursor = o->chosen < o->count ? o->chosen : 0;
	return RS_HANDLED;
}

static bool choice_typing(const struct rs_widget *w)
{
	return ((const struct rs_options *)w)->open;
}

static void choice_focus_changed(struct rs_widget *w, bool focused)
{
	if (!focused)
		choice_close(opts(w));
}

static const struct rs_widget_ops choice_ops = {
	.kind = "choice", .measure = choice_measure, .draw = choice_draw, .event = choice_event,
	.focusable = has_options, .typing = choice_typing, .popup = choice_popup,
	.focus_changed = choice_focus_changed, .destroy = rs_options_destroy,
};

struct rs_widget *rs_choice_new(const char *id, int width)
{
	struct rs_options *o = rs_options_new(&choice_ops, id);

	o->width = width;
	return &o->w;
}

/* --- radio and multichoice ------------------------------------------------------- */

static int list_rows(const struct rs_options *o)
{
	int count = (int)o->count;

	count = o->rows && o->rows < count ? o->rows : count;
	return count ? count : 1;
}

static void list_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	int wish = rs_options_width(opts(w)) + 4;

	*pref = (struct rs_size){list_rows(opts(w)), wish < width ? wish : width};
	*min = (struct rs_size){1, wish < 12 ? wish : 12};
}

static void list_draw(struct rs_widget *w, struct rs_canvas *c, bool focused, bool radio)
{
	struct rs_options *o = opts(w);
	struct rs_rect r = w->rect;
	size_t page = r.h > 0 ? (size_t)r.h : 1;

	o->top = rs_list_top(o->top, o->cursor, o->count, page);
	for (size_t i = o->top; i < o->count && i < o->top + page; i++) {
		int y = r.y + (int)(i - o->top);
		bool here = focused && i == o->cursor;
		unsigned style = (w->why || o->items[i].why ? RS_STYLE_DIM : RS_STYLE_NORMAL) | (here ? RS_MOD_BOLD : 0u);
		bool on = radio ? i == o->chosen : o->items[i].marked;

		rs_canvas_text(c, y, r.x, 3, style, o->items[i].why ? radio ? "(·)" : "[·]"
		               : radio ? on ? "(•)" : "( )" : on ? "[x]" : "[ ]");
		rs_options_draw_item(o, c, y, r.x + 4, r.w - 4, i, here ? RS_MOD_BOLD : 0);
		if (here)
			rs_canvas_cursor(c, y, r.x + 1);
	}
}

/* Up and Down within the list; at its ends they are for the form. */
static bool list_move(struct rs_options *o, uint32_t key)
{
	if (key == RS_KEY_UP && o->cursor > 0)
		o->cursor--;
	else if (key == RS_KEY_DOWN && o->cursor + 1 < o->count)
		o->cursor++;
	else
		return false;
	return true;
}

static void radio_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	list_draw(w, c, focused, true);
}

static enum rs_reply radio_event(struct rs_widget *w, const struct rs_event *ev)
{
	struct rs_options *o = opts(w);

	if (ev->type != RS_EV_KEY || !o->count)
		return RS_IGNORED;
	if (list_move(o, ev->key))
		return RS_HANDLED;
	if (ev->key == RS_KEY_ENTER && o->cursor == o->chosen)
		return RS_SUBMIT;
	if (ev->key != RS_KEY_SPACE && ev->key != RS_KEY_ENTER)
		return RS_IGNORED;
	if (o->items[o->cursor].why || o->cursor == o->chosen)
		return RS_HANDLED;
	o->chosen = o->cursor;
	return RS_CHANGED;
}

static void radio_focus_changed(struct rs_widget *w, bool focused)
{
	struct rs_options *o = opts(w);

	if (focused && o->chosen < o->count)
		o->cursor = o->chosen;
}

static const struct rs_widget_ops radio_ops = {
	.kind = "radio", .measure = list_measure, .draw = radio_draw, .event = radio_event,
	.focusable = has_options, .focus_changed = radio_focus_changed, .destroy = rs_options_destroy,
};

struct rs_widget *rs_radio_new(const char *id)
{
	return &rs_options_new(&radio_ops, id)->w;
}

static void multichoice_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	list_draw(w, c, focused, false);
}

/* key: '+' all, '-' none, '*' invert. */
static void mark_all(struct rs_options *o, uint32_t key)
{
	for (size_t i = 0; i < o->count; i++)
		if (!o->items[i].why)
			o->items[i].marked = key == '+' || (key == '*' && !o->items[i].marked);
}

static enum rs_reply multichoice_event(struct rs_widget *w, const struct rs_event *ev)
{
	struct rs_options *o = opts(w);

	if (ev->type != RS_EV_KEY || !o->count)
		return RS_IGNORED;
	if (list_move(o, ev->key))
		return RS_HANDLED;
	if (ev->key == RS_KEY_ENTER)
		return RS_SUBMIT;
	if (ev->key == '+' || ev->key == '-' || ev->key == '*') {
		mark_all(o, ev->key);
		return RS_CHANGED;
	}
	if (ev->key != RS_KEY_SPACE && ev->key != RS_KEY_INSERT)
		return RS_IGNORED;
	if (o->items[o->cursor].why)
		return RS_HANDLED;
	o->items[o->cursor].marked = !o->items[o->cursor].marked;
	if (ev->key == RS_KEY_INSERT)
		(void)list_move(o, RS_KEY_DOWN);
	return RS_CHANGED;
}

static const struct rs_widget_ops multichoice_ops = {
	.kind = "multichoice", .measure = list_measure, .draw = multichoice_draw,
	.event = multichoice_event, .focusable = has_options, .destroy = rs_options_destroy,
};

struct rs_widget *rs_multichoice_new(const char *id, int rows)
{
	struct rs_options *o = rs_options_new(&multichoice_ops, id);

	o->rows = rows;
	return &o->w;
}
