#include "tui/table.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "tui/glyph.h"

#define COLUMN_GAP 2
#define MARK_WIDTH 4

static struct rs_tableview *table(struct rs_widget *w)
{
	return (struct rs_tableview *)w;
}

/* --- lists in general ----------------------------------------------------------- */

bool rs_list_key(uint32_t key, size_t count, size_t page, size_t *cursor)
{
	size_t last = count ? count - 1 : 0, at = *cursor > last ? last : *cursor;

	page = page ? page : 1;
	switch (key) {
	case RS_KEY_UP: case 'k': at -= at > 0; break;
	case RS_KEY_DOWN: case 'j': at += at < last; break;
	case RS_KEY_PGUP: case RS_CTRL('b'): at -= at < page ? at : page; break;
	case RS_KEY_PGDN: case RS_CTRL('f'): at += last - at < page ? last - at : page; break;
	case RS_KEY_HOME: case 'g': at = 0; break;
	case RS_KEY_END: case 'G': at = last; break;
	default: return false;
	}
	*cursor = at;
	return true;
}

size_t rs_list_top(size_t top, size_t cursor, size_t count, size_t page)
{
	if (!page || count <= page)
		return 0;
	if (cursor < top)
		top = cursor;
	if (cursor >= top + page)
		top = cursor - page + 1;
	return top > count - page ? count - page : top;
}

const char *rs_mark_text(enum rs_mark mark)
{
	switch (mark) {
	case RS_MARK_ON: return "[x] ";
	case RS_MARK_PARTLY: return "[-] ";
	case RS_MARK_OFF: return "[ ] ";
	case RS_MARK_NEVER: return "[·] ";
	case RS_MARK_NONE: break;
	}
	return "";
}

/* --- columns -------------------------------------------------------------------- */

static int total_width(const struct rs_tableview *t)
{
	int total = 0, shown = 0;

	for (size_t i = 0; i < t->col_count; i++) {
		total += t->widths[i];
		shown += t->widths[i] > 0;
	}
	return total + (shown > 1 ? (shown - 1) * COLUMN_GAP : 0);
}

static void drop_columns(struct rs_tableview *t, int room)
{
	while (total_width(t) > room) {
		size_t worst = t->col_count;

		for (size_t i = 0; i < t->col_count; i++)
			if (t->widths[i] && t->cols[i].drop > 0 &&
			    (worst == t->col_count || t->cols[i].drop >= t->cols[worst].drop))
				worst = i;
		if (worst == t->col_count)
			return;
		t->widths[worst] = 0;
	}
}

static int column_max(const struct rs_col *col)
{
	if (col->max > 0)
		return col->max;
	return col->weight ? 1000 : col->min;
}

/* Columns without a weight grow to their maximum, in order; the others share what is left. */
static void grow_columns(struct rs_tableview *t, int room)
{
	int left = room - total_width(t), weights = 0;

	for (size_t i = 0; i < t->col_count; i++) {
		int more = t->widths[i] && !t->cols[i].weight ? column_max(&t->cols[i]) - t->widths[i] : 0;

		weights += t->widths[i] ? t->cols[i].weight : 0;
		more = more < left ? more : left;
		if (more > 0) {
			t->widths[i] += more;
			left -= more;
		}
	}
	for (size_t i = 0; i < t->col_count && left > 0 && weights > 0; i++) {
		int part, most = column_max(&t->cols[i]) - t->widths[i];

		if (!t->widths[i] || !t->cols[i].weight)
			continue;
		part = left * t->cols[i].weight / weights;
		part = part < most ? part : most;
		weights -= t->cols[i].weight;
		t->widths[i] += part;
		left -= part;
	}
}

static int lead(const struct rs_tableview *t)
{
	return t->margin + (t->model->mark ? MARK_WIDTH : 0);
}

/* Room for the columns; the last cell is for the marks that there is more. */
static int columns_room(const struct rs_tableview *t)
{
	return t->w.rect.w - lead(t) - 1;
}

static void table_layout(struct rs_widget *w)
{
	struct rs_tableview *t = table(w);
	int room = columns_room(t);

	for (size_t i = 0; i < t->col_count; i++)
		t->widths[i] = t->cols[i].min > 0 ? t->cols[i].min : 1;
	drop_columns(t, room);
	grow_columns(t, room);
}

static void table_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	struct rs_tableview *t = table(w);
	size_t rows = t->model->rows(t->ctx);

	*pref = (struct rs_size){(int)(rows < 1000 ? rows : 1000) + (t->headless ? 0 : 1), width};
	*min = (struct rs_size){t->headless ? 1 : 2, 20};
}

/* --- cursor --------------------------------------------------------------------- */

static uint64_t id_of(const struct rs_tableview *t, size_t row)
{
	return t->model->row_id ? t->model->row_id(t->ctx, row) : row;
}

static bool is_heading(const struct rs_tableview *t, size_t row)
{
	struct rs_buf text = RS_BUF_INIT;
	bool is = t->model->heading && t->model->heading(t->ctx, row, &text);

	rs_buf_release(&text);
	return is;
}

/* The nearest row that is none: up or down from a heading, else the other way. */
static size_t beside_headings(const struct rs_tableview *t, size_t row, size_t rows, bool up)
{
	size_t at = row;

	while (up && at > 0 && is_heading(t, at))
		at--;
	while (at < rows && is_heading(t, at))
		at++;
	for (; at >= rows && row > 0; row--)
		if (!is_heading(t, row - 1))
			return row - 1;
	return at < rows ? at : row;
}

static void set_cursor_from(struct rs_tableview *t, size_t row, size_t rows, bool up)
{
	t->cursor = row < rows ? row : rows ? rows - 1 : 0;
	if (rows && t->model->heading)
		t->cursor = beside_headings(t, t->cursor, rows, up);
	t->has_cursor_id = rows > 0;
	if (rows)
		t->cursor_id = id_of(t, t->cursor);
}

static void set_cursor(struct rs_tableview *t, size_t row, size_t rows)
{
	set_cursor_from(t, row, rows, false);
}

/* Finds the row that the cursor was on; where it is gone the cursor keeps its place, and goes with it when it comes back before
 * the cursor was moved. */
static void follow_row(struct rs_tableview *t, size_t rows)
{
	if (t->has_cursor_id && t->cursor < rows && id_of(t, t->cursor) == t->cursor_id)
		return;
	for (size_t i = 0; t->has_cursor_id && t->model->row_id && i < rows; i++)
		if (id_of(t, i) == t->cursor_id) {
			t->cursor = i;
			return;
		}
	if (t->has_cursor_id && t->model->row_id)
		t->cursor = t->cursor < rows ? t->cursor : rows ? rows - 1 : 0;
	else
		set_cursor(t, t->cursor, rows);
	if (rows && is_heading(t, t->cursor))
		set_cursor(t, t->cursor, rows);
}

void rs_tableview_reload(struct rs_tableview *t)
{
	follow_row(t, t->model->rows(t->ctx));
}

size_t rs_tableview_row(const struct rs_tableview *t)
{
	return t->cursor < t->model->rows(t->ctx) && !is_heading(t, t->cursor) ? t->cursor : RS_NO_ROW;
}

void rs_tableview_select(struct rs_tableview *t, size_t row)
{
	set_cursor(t, row, t->model->rows(t->ctx));
}

/* --- drawing -------------------------------------------------------------------- */

static void draw_head(struct rs_tableview *t, struct rs_canvas *c)
{
	struct rs_rect r = t->w.rect;
	int x = r.x + lead(t);

	for (size_t i = 0; i < t->col_count; i++) {
		const char *title = t->cols[i].title && *t->cols[i].title ? _(t->cols[i].title) : "";
		int w = t->widths[i], room = i == t->sort_col ? w - 1 : w, used = rs_text_width(title);

		if (!w)
			continue;
		used = used < room ? used : room;
		rs_canvas_aligned(c, r.y, x, room, t->cols[i].align, RS_STYLE_HEADER, title);
		if (i == t->sort_col)
			rs_canvas_put(c, r.y, t->cols[i].align == RS_RIGHT ? x + w - 1 : x + used, RS_STYLE_ACCENT,
			              t->sort_down ? RS_G_OPEN : RS_G_UP);
		x += w + COLUMN_GAP;
	}
}

static void draw_cell(struct rs_tableview *t, struct rs_canvas *c, size_t row, size_t col, struct rs_rect at,
                      unsigned mods)
{
	struct rs_buf text = RS_BUF_INIT;
	unsigned style = RS_STYLE_NORMAL;
	struct rs_rect old = rs_canvas_clip(c, at);

	if (!t->model->draw || !t->model->draw(t->ctx, row, col, c, at, mods)) {
		t->model->cell(t->ctx, row, col, &text, &style);
		rs_canvas_aligned(c, at.y, at.x, at.w, t->cols[col].align, style | mods, rs_buf_str(&text));
	}
	rs_canvas_unclip(c, old);
	rs_buf_release(&text);
}

static void draw_lead(struct rs_tableview *t, struct rs_canvas *c, size_t row, int y, bool here)
{
	int x = t->w.rect.x;
	unsigned style = RS_STYLE_WARN;
	uint32_t sign = t->model->sign ? t->model->sign(t->ctx, row, &style) : 0;
	enum rs_mark mark = t->model->mark ? t->model->mark(t->ctx, row) : RS_MARK_NONE;

	if (here)
		rs_canvas_put(c, y, x, RS_STYLE_ACCENT, RS_G_CURSOR);
	if (sign && t->margin > 1)
		rs_canvas_put(c, y, x + 1, style, sign);
	rs_canvas_text(c, y, x + t->margin, MARK_WIDTH, mark == RS_MARK_NEVER ? RS_STYLE_DIM : RS_STYLE_NORMAL,
	               rs_mark_text(mark));
}

static bool draw_heading(struct rs_tableview *t, struct rs_canvas *c, size_t row, int y)
{
	struct rs_buf text = RS_BUF_INIT;
	bool is = t->model->heading && t->model->heading(t->ctx, row, &text);

	if (is)
		rs_canvas_text(c, y, t->w.rect.x + 1, t->w.rect.w - 2, RS_STYLE_HEADER, rs_buf_str(&text));
	rs_buf_release(&text);
	return is;
}

static void draw_row(struct rs_tableview *t, struct rs_canvas *c, size_t row, int y, bool focused)
{
	struct rs_rect r = t->w.rect;
	bool here = row == t->cursor;
	unsigned mods = here && focused ? RS_MOD_SELECTED : 0;
	int x = r.x + lead(t);

	if (draw_heading(t, c, row, y))
		return;
	draw_lead(t, c, row, y, here);
	for (size_t i = 0; i < t->col_count; i++) {
		if (!t->widths[i])
			continue;
		draw_cell(t, c, row, i, rs_rect_make(y, x, 1, t->widths[i]), mods);
		x += t->widths[i] + COLUMN_GAP;
	}
	if (!mods)
		return;
	rs_canvas_modify(c, rs_rect_make(y, r.x + 1, 1, r.w - 1), mods);
	rs_canvas_cursor(c, y, r.x);
}

static void draw_more(struct rs_tableview *t, struct rs_canvas *c, size_t rows, struct rs_rect list)
{
	int right = list.x + list.w - 1;

	if (t->top > 0)
		rs_canvas_put(c, list.y, right, RS_STYLE_DIM, RS_G_UP);
	if (t->top + (size_t)list.h < rows)
		rs_canvas_put(c, list.y + list.h - 1, right, RS_STYLE_DIM, RS_G_OPEN);
}

static struct rs_rect list_rect(const struct rs_tableview *t)
{
	struct rs_rect r = t->w.rect;

	if (!t->headless) {
		r.y++;
		r.h--;
	}
	return r;
}

static void table_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	struct rs_tableview *t = table(w);
	struct rs_rect list = list_rect(t);
	size_t rows = t->model->rows(t->ctx);

	follow_row(t, rows);
	if (!t->headless)
		draw_head(t, c);
	if (list.h <= 0)
		return;
	t->top = rs_list_top(t->top, t->cursor, rows, (size_t)list.h);
	if (t->top > 0 && t->cursor == t->top && list.h > 1 && is_heading(t, t->top - 1))
		t->top--; /* what heads the row under the cursor is seen with it */
	for (size_t i = 0; i < (size_t)list.h && t->top + i < rows; i++)
		draw_row(t, c, t->top + i, list.y + (int)i, focused);
	if (!rows && t->empty)
		rs_canvas_wrapped(c, rs_rect_make(list.y, list.x + t->margin, list.h, list.w - 2 * t->margin),
		                  RS_STYLE_DIM, t->empty);
	draw_more(t, c, rows, list);
}

/* --- keys ------------------------------------------------------------------------- */

static enum rs_reply toggle(struct rs_tableview *t, size_t rows, bool then_down)
{
	bool changed = t->model->toggle(t->ctx, t->cursor);

	if (then_down)
		set_cursor(t, t->cursor + 1, rows);
	return changed ? RS_CHANGED : RS_HANDLED;
}

static enum rs_reply table_event(struct rs_widget *w, const struct rs_event *ev)
{
	struct rs_tableview *t = table(w);
	size_t rows = t->model->rows(t->ctx), page = (size_t)(w->rect.h > 2 ? w->rect.h - 2 : 1), cursor;

	if (ev->type != RS_EV_KEY)
		return RS_IGNORED;
	follow_row(t, rows);
	cursor = t->cursor;
	if (rows && is_heading(t, cursor))
		return RS_IGNORED;
	if (rows && ev->key == RS_KEY_ENTER)
		return RS_SUBMIT;
	if (rows && t->model->toggle && (ev->key == RS_KEY_SPACE || ev->key == RS_KEY_INSERT))
		return toggle(t, rows, ev->key == RS_KEY_INSERT);
	if (!rs_list_key(ev->key, rows, page, &cursor))
		return RS_IGNORED;
	set_cursor_from(t, cursor, rows, cursor < t->cursor);
	return RS_HANDLED;
}

static bool table_focusable(const struct rs_widget *w)
{
	(void)w;
	return true;
}

static void table_destroy(struct rs_widget *w)
{
	free(table(w)->cols);
	free(table(w)->widths);
	free(table(w)->empty);
}

const struct rs_widget_ops rs_tableview_ops = {
	.kind = "table", .measure = table_measure, .layout = table_layout, .draw = table_draw,
	.event = table_event, .focusable = table_focusable, .destroy = table_destroy,
};

void rs_tableview_init(struct rs_tableview *t, const struct rs_widget_ops *ops, const char *id, const struct rs_col *cols,
                       size_t count, const struct rs_tableview_model *model, void *ctx)
{
	rs_widget_init(&t->w, ops, id);
	t->w.weight = 1;
	t->model = model;
	t->ctx = ctx;
	t->cols = rs_xcalloc(count + 1, sizeof *t->cols);
	memcpy(t->cols, cols, count * sizeof *cols);
	t->widths = rs_xcalloc(count + 1, sizeof *t->widths);
	t->col_count = count;
	t->sort_col = RS_NO_SORT;
	t->margin = 3;
}

struct rs_tableview *rs_tableview_new(const char *id, const struct rs_col *cols, size_t count,
                                      const struct rs_tableview_model *model, void *ctx)
{
	struct rs_tableview *t = rs_xcalloc(1, sizeof *t);

	rs_tableview_init(t, &rs_tableview_ops, id, cols, count, model, ctx);
	return t;
}

void rs_tableview_set_empty(struct rs_tableview *t, const char *text)
{
	char *copy = rs_xstrdup(text);

	free(t->empty);
	t->empty = copy;
}

void rs_tableview_set_sort(struct rs_tableview *t, size_t col, bool down)
{
	t->sort_col = col;
	t->sort_down = down;
}
