#include "tui/textview.h"
#include <strings.h>
#include "base/mem.h"
#include "tui/glyph.h"
#include "tui/table.h"

#define MAX_DEFAULT 10000

struct line {
	char *text;
	unsigned style;
	int indent;
	int rows; /* when wrapped to the present width */
};

struct rs_textview {
	struct rs_widget w;
	struct line *lines;
	size_t count, cap, max;
	bool wrap;
	int width;       /* for which rows were counted */
	size_t rows;     /* of all lines */
	size_t top;      /* first row shown */
	bool follow;     /* the end is shown, and stays so */
	size_t found;    /* line that was looked for; NONE */
};
#define NONE ((size_t)-1)

static struct rs_textview *view(struct rs_widget *w)
{
	return (struct rs_textview *)w;
}

static int text_width(const struct rs_textview *t, const struct line *line)
{
	int width = t->width - line->indent - 1;

	return width > 1 ? width : 1;
}

static int count_rows(const struct rs_textview *t, const struct line *line)
{
	return t->wrap ? rs_text_lines(line->text, text_width(t, line)) : 1;
}

static void recount(struct rs_textview *t, int width)
{
	t->width = width;
	t->rows = 0;
	for (size_t i = 0; i < t->count; i++) {
		t->lines[i].rows = count_rows(t, &t->lines[i]);
		t->rows += (size_t)t->lines[i].rows;
	}
}

static size_t page(const struct rs_textview *t)
{
	return t->w.rect.h > 0 ? (size_t)t->w.rect.h : 1;
}

static size_t last_top(const struct rs_textview *t)
{
	return t->rows > page(t) ? t->rows - page(t) : 0;
}

static void textview_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	struct rs_textview *t = view(w);

	if (width != t->width)
		recount(t, width);
	*pref = (struct rs_size){(int)(t->rows < 1000 ? t->rows : 1000), width};
	*min = (struct rs_size){1, 10};
}

static void textview_layout(struct rs_widget *w)
{
	struct rs_textview *t = view(w);

	if (w->rect.w != t->width)
		recount(t, w->rect.w);
	if (t->follow || t->top > last_top(t))
		t->top = last_top(t);
}

/* Draws those of a line's rows that are in sight. y: of its first row. */
static void draw_line(const struct rs_textview *t, const struct line *line, struct rs_canvas *c, int y)
{
	unsigned style = line->style | (t->found == (size_t)(line - t->lines) ? RS_MOD_SELECTED : 0u);
	const char *rest = line->text, *part;
	struct rs_rect r = t->w.rect;
	size_t len;

	if (!t->wrap) {
		rs_canvas_text(c, y, r.x + line->indent, text_width(t, line), style, line->text);
		return;
	}
	for (; rs_text_wrap(&rest, text_width(t, line), &part, &len); y++)
		rs_canvas_textn(c, y, r.x + line->indent, text_width(t, line), style, part, len);
}

static void textview_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	struct rs_textview *t = view(w);
	struct rs_rect r = w->rect;
	long long y = r.y - (long long)t->top;

	for (size_t i = 0; i < t->count && y < r.y + r.h; y += t->lines[i++].rows)
		if (y + t->lines[i].rows > r.y)
			draw_line(t, &t->lines[i], c, (int)y);
	if (t->top > 0)
		rs_canvas_put(c, r.y, r.x + r.w - 1, focused ? RS_STYLE_ACCENT : RS_STYLE_DIM, RS_G_UP);
	if (t->top < last_top(t))
		rs_canvas_put(c, r.y + r.h - 1, r.x + r.w - 1, focused ? RS_STYLE_ACCENT : RS_STYLE_DIM, RS_G_OPEN);
}

static enum rs_reply textview_event(struct rs_widget *w, const struct rs_event *ev)
{
	struct rs_textview *t = view(w);
	size_t top = t->top;

	if (ev->type != RS_EV_KEY)
		return RS_IGNORED;
	if (!rs_list_key(ev->key, last_top(t) + 1, page(t), &top))
		return RS_IGNORED;
	t->top = top;
	t->follow = t->top == last_top(t);
	return RS_HANDLED;
}

static bool textview_focusable(const struct rs_widget *w)
{
	(void)w;
	return true;
}

static void free_lines(struct rs_textview *t, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		t->rows -= (size_t)t->lines[i].rows;
		free(t->lines[i].text);
	}
	t->count -= count;
	memmove(t->lines, t->lines + count, t->count * sizeof *t->lines);
	t->found = t->found == NONE || t->found < count ? NONE : t->found - count;
}

static void textview_destroy(struct rs_widget *w)
{
	if (view(w)->lines)
		free_lines(view(w), view(w)->count);
	free(view(w)->lines);
}

static const struct rs_widget_ops textview_ops = {
	.kind = "textview", .measure = textview_measure, .layout = textview_layout,
	.draw = textview_draw, .event = textview_event, .focusable = textview_focusable,
	.destroy = textview_destroy,
};

struct rs_textview *rs_textview_new(const char *id, bool wrap, size_t max)
{
	struct rs_textview *t = rs_xcalloc(1, sizeof *t);

	rs_widget_init(&t->w, &textview_ops, id);
	t->w.weight = 1;
	t->wrap = wrap;
	t->max = max ? max : MAX_DEFAULT;
	t->width = 80;
	t->found = NONE;
	return t;
}

struct rs_widget *rs_textview_widget(struct rs_textview *t)
{
	return &t->w;
}

void rs_textview_clear(struct rs_textview *t)
{
	if (t->lines)
		free_lines(t, t->count);
	t->top = 0;
	t->follow = false;
}

/* Takes away the oldest eighth: not one by one, each of which would move all the others. */
static void make_room(struct rs_textview *t)
{
	size_t rows = t->rows;

	free_lines(t, t->max / 8 + 1 < t->count ? t->max / 8 + 1 : t->count);
	rows -= t->rows;
	t->top -= t->top < rows ? t->top : rows;
}

static void add_line(struct rs_textview *t, unsigned style, int indent, const char *text, size_t len)
{
	struct line *line;

	if (t->count >= t->max)
		make_room(t);
	RS_GROW(t->lines, t->count, t->cap);
	line = &t->lines[t->count++];
	*line = (struct line){rs_xstrndup(text, len), style, indent, 0};
	line->rows = count_rows(t, line);
	t->rows += (size_t)line->rows;
}

void rs_textview_add(struct rs_textview *t, unsigned style, int indent, const char *text)
{
	const char *end;

	while ((end = strchr(text, '\n'))) {
		add_line(t, style, indent, text, (size_t)(end - text));
		text = end + 1;
	}
	add_line(t, style, indent, text, strlen(text));
}

void rs_textview_home(struct rs_textview *t)
{
	t->top = 0;
	t->follow = false;
}

void rs_textview_follow(struct rs_textview *t)
{
	t->top = last_top(t);
	t->follow = true;
}

bool rs_textview_follows(const struct rs_textview *t) { return t->follow || t->rows <= page(t); }

/* The line in which a row is; the number of lines where it is behind them. */
static size_t line_at(const struct rs_textview *t, size_t row)
{
	size_t i = 0, end = 0;

	while (i < t->count && (end += (size_t)t->lines[i].rows) <= row)
		i++;
	return i;
}

static size_t row_of(const struct rs_textview *t, size_t line)
{
	size_t row = 0;

	for (size_t i = 0; i < line; i++)
		row += (size_t)t->lines[i].rows;
	return row;
}

static bool find_forwards(const struct rs_textview *t, rs_textview_wanted *wanted, void *ctx, size_t *line)
{
	for (size_t i = t->found != NONE ? t->found + 1 : line_at(t, t->top); i < t->count; i++)
		if (wanted(ctx, t->lines[i].style, t->lines[i].text)) {
			*line = i;
			return true;
		}
	return false;
}

static bool find_backwards(const struct rs_textview *t, rs_textview_wanted *wanted, void *ctx, size_t *line)
{
	for (size_t i = t->found != NONE ? t->found : line_at(t, t->top + page(t)); i-- > 0;)
		if (wanted(ctx, t->lines[i].style, t->lines[i].text)) {
			*line = i;
			return true;
		}
	return false;
}

bool rs_textview_find(struct rs_textview *t, rs_textview_wanted *wanted, void *ctx, bool backwards)
{
	size_t line;

	if (!(backwards ? find_backwards : find_forwards)(t, wanted, ctx, &line))
		return false;
	t->found = line;
	t->top = row_of(t, line);
	t->follow = false;
	return true;
}

static bool contains(void *ctx, unsigned style, const char *text)
{
	(void)style;
	return strcasestr(text, ctx) != NULL;
}

bool rs_textview_search(struct rs_textview *t, const char *text, bool backwards)
{
	return rs_textview_find(t, contains, (void *)(uintptr_t)text, backwards);
}
