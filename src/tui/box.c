#include "tui/box.h"
#include "base/mem.h"

struct box {
	struct rs_widget w;
	int gap;
	int fold_below; /* row: below this width it is a column */
	bool row;
};

/* What a child asks for along the box's direction, and what it gets. */
struct share {
	int min, pref, weight, size;
};

static int visible_kids(const struct rs_widget *w)
{
	int count = 0;

	for (size_t i = 0; i < w->kid_count; i++)
		count += !w->kids[i]->hidden;
	return count;
}

static int gaps(const struct box *b)
{
	int kids = visible_kids(&b->w);

	return kids > 1 ? (kids - 1) * b->gap : 0;
}

/* Children without a weight get what they like, or where that is too much less, the last first; the others share the
 * rest, none less than its minimum as far as there is room. */
static void share_out(struct share *shares, size_t n, int room)
{
	int fixed = 0, weights = 0, least = 0;

	for (size_t i = 0; i < n; i++) {
		fixed += shares[i].weight ? 0 : shares[i].pref;
		weights += shares[i].weight;
		least += shares[i].weight ? shares[i].min : 0;
		shares[i].size = shares[i].weight ? shares[i].min : shares[i].pref;
	}
	for (size_t i = n; i-- > 0 && fixed + least > room;) {
		int give = shares[i].weight ? 0 : shares[i].pref - shares[i].min;

		give = give < fixed + least - room ? give : fixed + least - room;
		shares[i].size -= give;
		fixed -= give;
	}
	room -= fixed;
	for (size_t i = 0; i < n; i++) {
		int part = shares[i].weight ? room * shares[i].weight / weights : 0;

		if (!shares[i].weight)
			continue;
		shares[i].size = part > shares[i].min ? part : shares[i].min;
		room -= shares[i].size;
		weights -= shares[i].weight;
	}
}

static bool is_row(const struct box *b, int width)
{
	return b->row && width >= b->fold_below;
}

static struct share *row_widths(const struct box *b, int width)
{
	struct share *shares = rs_xcalloc(b->w.kid_count + 1, sizeof *shares);

	for (size_t i = 0; i < b->w.kid_count; i++) {
		struct rs_size min, pref;

		rs_widget_measure(b->w.kids[i], width, &min, &pref);
		shares[i] = (struct share){min.w, pref.w, b->w.kids[i]->hidden ? 0 : b->w.kids[i]->weight, 0};
	}
	share_out(shares, b->w.kid_count, width - gaps(b));
	return shares;
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

static void measure_row(struct box *b, int width, struct rs_size *min, struct rs_size *pref)
{
	struct share *widths = row_widths(b, width);

	for (size_t i = 0; i < b->w.kid_count; i++) {
		struct rs_size kid_min, kid_pref;

		rs_widget_measure(b->w.kids[i], widths[i].size, &kid_min, &kid_pref);
		min->h = larger(min->h, kid_min.h);
		pref->h = larger(pref->h, kid_pref.h);
		min->w += widths[i].min;
		pref->w += widths[i].pref;
	}
	min->w += gaps(b);
	pref->w += gaps(b);
	free(widths);
}

static void measure_column(struct box *b, int width, struct rs_size *min, struct rs_size *pref)
{
	for (size_t i = 0; i < b->w.kid_count; i++) {
		struct rs_size kid_min, kid_pref;

		rs_widget_measure(b->w.kids[i], width, &kid_min, &kid_pref);
		min->w = larger(min->w, kid_min.w);
		pref->w = larger(pref->w, kid_pref.w);
		min->h += kid_min.h;
		pref->h += kid_pref.h;
	}
	min->h += gaps(b);
	pref->h += gaps(b);
}

static void box_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	struct box *b = (struct box *)w;

	if (is_row(b, width))
		measure_row(b, width, min, pref);
	else
		measure_column(b, width, min, pref);
}

static void layout_row(struct box *b)
{
	struct rs_rect r = b->w.rect;
	struct share *widths = row_widths(b, r.w);
	int x = r.x;

	for (size_t i = 0; i < b->w.kid_count; i++) {
		struct rs_rect place = rs_rect_make(r.y, x, r.h, widths[i].size);

		rs_widget_layout(b->w.kids[i], rs_rect_intersect(place, r));
		if (!b->w.kids[i]->hidden)
			x += widths[i].size + b->gap;
	}
	free(widths);
}

static void layout_column(struct box *b)
{
	struct share *heights = rs_xcalloc(b->w.kid_count + 1, sizeof *heights);
	struct rs_rect r = b->w.rect;
	int y = r.y;

	for (size_t i = 0; i < b->w.kid_count; i++) {
		struct rs_size min, pref;

		rs_widget_measure(b->w.kids[i], r.w, &min, &pref);
		heights[i] = (struct share){min.h, pref.h, b->w.kids[i]->hidden ? 0 : b->w.kids[i]->weight, 0};
	}
	share_out(heights, b->w.kid_count, r.h - gaps(b));
	for (size_t i = 0; i < b->w.kid_count; i++) {
		struct rs_rect place = rs_rect_make(y, r.x, heights[i].size, r.w);

		rs_widget_layout(b->w.kids[i], rs_rect_intersect(place, r));
		if (!b->w.kids[i]->hidden)
			y += heights[i].size + b->gap;
	}
	free(heights);
}

static void box_layout(struct rs_widget *w)
{
	struct box *b = (struct box *)w;

	if (is_row(b, w->rect.w))
		layout_row(b);
	else
		layout_column(b);
}

static void draw_kids(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	for (size_t i = 0; i < w->kid_count; i++)
		rs_widget_draw(w->kids[i], c, focused && i == w->focus);
}

static const struct rs_widget_ops box_ops = {
	.kind = "box", .measure = box_measure, .layout = box_layout, .draw = draw_kids,
};

static struct rs_widget *box_new(bool row, int gap, int fold_below)
{
	struct box *b = rs_xcalloc(1, sizeof *b);

	rs_widget_init(&b->w, &box_ops, NULL);
	b->row = row;
	b->gap = gap;
	b->fold_below = fold_below;
	return &b->w;
}

struct rs_widget *rs_column_new(int gap)
{
	return box_new(false, gap, 0);
}

struct rs_widget *rs_row_new(int gap, int fold_below)
{
	return box_new(true, gap, fold_below);
}

/* --- scroll ---------------------------------------------------------------- */

struct scroll {
	struct rs_widget w;
	int offset;  /* rows of the child above the room */
	int content; /* the child's height */
};

static struct rs_widget *scroll_child(const struct scroll *s)
{
	return s->w.kids[0];
}

static void scroll_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	rs_widget_measure(w->kids[0], width, min, pref);
	min->h = min->h < 1 ? min->h : 1;
}

static void scroll_layout(struct rs_widget *w)
{
	struct scroll *s = (struct scroll *)w;
	struct rs_size pref;
	int most;

	rs_widget_measure(w->kids[0], w->rect.w, NULL, &pref);
	s->content = larger(pref.h, w->rect.h);
	most = s->content - w->rect.h;
	s->offset = s->offset > most ? most : s->offset < 0 ? 0 : s->offset;
	rs_widget_layout(w->kids[0],
	                 rs_rect_make(w->rect.y - s->offset, w->rect.x, s->content, w->rect.w));
}

/* Below the leaf, the line for its error, and what belongs to it. */
static int bottom_of(const struct rs_widget *leaf)
{
	int bottom = leaf->rect.y + leaf->rect.h + 1;

	return leaf->tail && !leaf->tail->hidden ? larger(bottom, leaf->tail->rect.y + leaf->tail->rect.h) : bottom;
}

/* Moves the child so that the leaf with the focus can be seen, and as much as there is room for of what is below it. */
static void show_focus(struct scroll *s)
{
	struct rs_widget *leaf = rs_widget_focused(scroll_child(s));
	struct rs_rect r = s->w.rect;
	int bottom, offset = s->offset;

	if (!leaf || rs_rect_empty(r))
		return;
	bottom = bottom_of(leaf);
	if (bottom > r.y + r.h)
		offset += bottom - (r.y + r.h);
	if (leaf->rect.y - (offset - s->offset) < r.y)
		offset = leaf->rect.y + s->offset - r.y;
	if (offset == s->offset)
		return;
	s->offset = offset;
	scroll_layout(&s->w);
}

static void scroll_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	struct scroll *s = (struct scroll *)w;
	int right = w->rect.x + w->rect.w - 1;

	if (focused)
		show_focus(s);
	rs_widget_draw(scroll_child(s), c, focused);
	if (s->offset > 0)
		rs_canvas_put(c, w->rect.y, right, RS_STYLE_ACCENT, 0x25b4);
	if (s->offset + w->rect.h < s->content)
		rs_canvas_put(c, w->rect.y + w->rect.h - 1, right, RS_STYLE_ACCENT, 0x25be);
}

static void page_focus(struct scroll *s, int step)
{
	struct rs_widget *child = scroll_child(s), *leaf = rs_widget_focused(child);
	int start = leaf->rect.y, page = larger(s->w.rect.h - 1, 1);

	while (rs_widget_focus_step(child, step, false)) {
		int moved = rs_widget_focused(child)->rect.y - start;

		if (moved >= page || moved <= -page)
			return;
	}
}

static enum rs_reply scroll_event(struct rs_widget *w, const struct rs_event *ev)
{
	struct scroll *s = (struct scroll *)w;
	int step = rs_event_is(ev, RS_KEY_PGDN) ? 1 : rs_event_is(ev, RS_KEY_PGUP) ? -1 : 0;
	int lines = rs_event_is(ev, RS_KEY_DOWN) ? 1 : rs_event_is(ev, RS_KEY_UP) ? -1 : step * (w->rect.h - 1);

	if (rs_widget_focused(scroll_child(s))) {
		if (!step)
			return RS_IGNORED;
		page_focus(s, step);
		return RS_HANDLED;
	}
	if (!lines)
		return RS_IGNORED;
	s->offset += lines;
	scroll_layout(w);
	return RS_HANDLED;
}

/* Takes the focus itself where nothing inside does and there is something to scroll to. */
static bool scroll_focusable(const struct rs_widget *w)
{
	const struct scroll *s = (const struct scroll *)w;

	return s->content > w->rect.h && !rs_widget_focused(scroll_child(s));
}

static const struct rs_widget_ops scroll_ops = {
	.kind = "scroll", .measure = scroll_measure, .layout = scroll_layout, .draw = scroll_draw,
	.event = scroll_event, .focusable = scroll_focusable,
};

struct rs_widget *rs_scroll_new(struct rs_widget *child)
{
	struct scroll *s = rs_xcalloc(1, sizeof *s);

	rs_widget_init(&s->w, &scroll_ops, NULL);
	(void)rs_widget_add(&s->w, child);
	return &s->w;
}

/* --- space ----------------------------------------------------------------- */

struct space {
	struct rs_widget w;
	int height, width;
};

static void space_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	const struct space *s = (const struct space *)w;

	*pref = (struct rs_size){s->height, s->width < width ? s->width : width};
	*min = (struct rs_size){0, 0};
}

static void space_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	(void)w;
	(void)c;
	(void)focused;
}

static const struct rs_widget_ops space_ops = {
	.kind = "space", .measure = space_measure, .draw = space_draw,
};

struct rs_widget *rs_space_new(int h, int w, int weight)
{
	struct space *s = rs_xcalloc(1, sizeof *s);

	rs_widget_init(&s->w, &space_ops, NULL);
	s->height = h;
	s->width = w;
	s->w.weight = weight;
	return &s->w;
}
