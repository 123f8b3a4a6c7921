#include "tui/choice.h"
#include "base/mem.h"

static bool always(const struct rs_widget *w)
{
	(void)w;
	return true;
}

/* --- checkbox ---------------------------------------------------------------------- */

struct checkbox {
	struct rs_widget w;
	char *label;
	bool on;
};

static void checkbox_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	int wish = 4 + rs_text_width(((struct checkbox *)w)->label);

	*pref = (struct rs_size){1, wish < width ? wish : width};
	*min = (struct rs_size){1, 4};
}

static void checkbox_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	struct checkbox *box = (struct checkbox *)w;
	unsigned style = (w->why ? RS_STYLE_DIM : RS_STYLE_NORMAL) | (focused ? RS_MOD_BOLD : 0u);

	rs_canvas_text(c, w->rect.y, w->rect.x, 3, style, box->on ? "[x]" : "[ ]");
	rs_canvas_text(c, w->rect.y, w->rect.x + 4, w->rect.w - 4, style, box->label);
	if (focused)
		rs_canvas_cursor(c, w->rect.y, w->rect.x + 1);
}

static enum rs_reply checkbox_event(struct rs_widget *w, const struct rs_event *ev)
{
	struct checkbox *box = (struct checkbox *)w;

	if (rs_event_is(ev, RS_KEY_ENTER))
		return RS_SUBMIT;
	if (!rs_event_is(ev, RS_KEY_SPACE))
		return RS_IGNORED;
	box->on = !box->on;
	return RS_CHANGED;
}

static void checkbox_destroy(struct rs_widget *w)
{
	free(((struct checkbox *)w)->label);
}

static const struct rs_widget_ops checkbox_ops = {
	.kind = "checkbox", .measure = checkbox_measure, .draw = checkbox_draw,
	.event = checkbox_event, .focusable = always, .destroy = checkbox_destroy,
};

struct rs_widget *rs_checkbox_new(const char *id, const char *label)
{
	struct checkbox *box = rs_xcalloc(1, sizeof *box);

	rs_widget_init(&box->w, &checkbox_ops, id);
	box->label = rs_xstrdup(label ? label : "");
	return &box->w;
}

bool rs_checkbox_get(const struct rs_widget *w)
{
	return ((const struct checkbox *)w)->on;
}

void rs_checkbox_set(struct rs_widget *w, bool on)
{
	((struct checkbox *)w)->on = on;
}

/* --- buttons ----------------------------------------------------------------------- */

struct button {
	char *id, *label, *note, *why;
};

struct buttons {
	struct rs_widget w;
	struct button *items;
	size_t count, cursor, first;
};

static int button_width(const struct button *b)
{
	return rs_text_width(b->label) + 4;
}

static void buttons_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	struct buttons *b = (struct buttons *)w;
	int wish = 1;

	for (size_t i = 0; i < b->count; i++)
		wish += button_width(&b->items[i]) + (i ? 2 : 0);
	*pref = (struct rs_size){1, wish < width ? wish : width};
	*min = *pref;
}

static void buttons_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	struct buttons *b = (struct buttons *)w;
	int x = w->rect.x + 1;

	for (size_t i = 0; i < b->count; i++) {
		bool here = focused && i == b->cursor;
		unsigned style = (b->items[i].why ? RS_STYLE_DIM : RS_STYLE_NORMAL) | (here ? RS_MOD_SELECTED : 0u);

		rs_canvas_textf(c, w->rect.y, x, button_width(&b->items[i]), style, "[ %s ]", b->items[i].label);
		if (here)
			rs_canvas_cursor(c, w->rect.y, x + 2);
		x += button_width(&b->items[i]) + 2;
	}
}

static void tell(struct buttons *b)
{
	const struct button *now = b->cursor < b->count ? &b->items[b->cursor] : NULL;

	rs_widget_set_help(&b->w, !now ? NULL : now->why ? now->why : now->note);
}

static enum rs_reply buttons_event(struct rs_widget *w, const struct rs_event *ev)
{
	struct buttons *b = (struct buttons *)w;

	if (!b->count)
		return RS_IGNORED;
	if (rs_event_is(ev, RS_KEY_ENTER) || rs_event_is(ev, RS_KEY_SPACE))
		return b->items[b->cursor].why ? RS_HANDLED : RS_SUBMIT;
	if ((rs_event_is(ev, RS_KEY_LEFT) || rs_event_is(ev, RS_KEY_BACKTAB)) && b->cursor > 0)
		b->cursor--;
	else if ((rs_event_is(ev, RS_KEY_RIGHT) || rs_event_is(ev, RS_KEY_TAB)) && b->cursor + 1 < b->count)
		b->cursor++;
	else
		return RS_IGNORED;
	tell(b);
	return RS_HANDLED;
}

/* Whoever comes back finds the button that is offered first. */
static void buttons_focus_changed(struct rs_widget *w, bool focused)
{
	struct buttons *b = (struct buttons *)w;

	if (!focused)
		b->cursor = b->first;
	tell(b);
}

static void buttons_destroy(struct rs_widget *w)
{
	struct buttons *b = (struct buttons *)w;

	for (size_t i = 0; i < b->count; i++) {
		free(b->items[i].id);
		free(b->items[i].label);
		free(b->items[i].note);
		free(b->items[i].why);
	}
	free(b->items);
}

static const struct rs_widget_ops buttons_ops = {
	.kind = "buttons", .measure = buttons_measure, .draw = buttons_draw, .event = buttons_event,
	.focusable = always, .focus_changed = buttons_focus_changed, .destroy = buttons_destroy,
};

struct rs_widget *rs_buttons_new(const char *id, const struct rs_option *buttons, size_t count, size_t first)
{
	struct buttons *b = rs_xcalloc(1, sizeof *b);

	rs_widget_init(&b->w, &buttons_ops, id);
	b->items = rs_xcalloc(count + 1, sizeof *b->items);
	b->count = count;
	b->cursor = b->first = first < count ? first : 0;
	for (size_t i = 0; i < count; i++)
		b->items[i] = (struct button){rs_xstrdup(buttons[i].id),
		                              rs_xstrdup(buttons[i].label ? buttons[i].label : buttons[i].id),
		                              rs_xstrdup(buttons[i].note), rs_xstrdup(buttons[i].why)};
	tell(b);
	return &b->w;
}

const char *rs_buttons_current(const struct rs_widget *w)
{
	const struct buttons *b = (const struct buttons *)w;

	return b->cursor < b->count ? b->items[b->cursor].id : NULL;
}

void rs_buttons_disable(struct rs_widget *w, const char *button_id, const char *why)
{
	struct buttons *b = (struct buttons *)w;

	for (size_t i = 0; i < b->count; i++)
		if (strcmp(b->items[i].id, button_id) == 0) {
			char *copy = rs_xstrdup(why);

			free(b->items[i].why);
			b->items[i].why = copy;
		}
	tell(b);
}
