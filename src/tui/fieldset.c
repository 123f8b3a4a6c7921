#include "tui/fieldset.h"
#include <stdint.h>
#include "base/mem.h"
#include "tui/glyph.h"
#include "tui/label.h"

#define LABEL_MAX 24
#define LABEL_MAX_WIDE 40 /* from WIDE on */
#define WIDE 58
#define VALUE_MIN 14

struct field {
	char *label;
	char *error;
	bool wide;           /* over both columns */
	struct rs_rect line; /* where label and error are drawn: from the label's line to the error's last */
};

struct fieldset {
	struct rs_widget w;  /* kids[i] belongs to fields[i] */
	char *title;
	struct field *fields;
	size_t cap;
};

static struct fieldset *fieldset(const struct rs_widget *w)
{
	return (struct fieldset *)(uintptr_t)w;
}

static int label_width(const struct fieldset *fs, int width)
{
	int widest = 0, most = width < WIDE ? LABEL_MAX : LABEL_MAX_WIDE;

	for (size_t i = 0; i < fs->w.kid_count; i++) {
		int label = fs->fields[i].label && !fs->w.kids[i]->hidden ? rs_text_width(fs->fields[i].label) : 0;

		widest = label > widest ? label : widest;
	}
	return widest > most ? most : widest;
}

/* How the columns fall in a width: one cell for the focus mark, labels, two blanks, values. */
struct columns {
	int value_x, value_w;
	bool stacked; /* labels stand above */
};

static struct columns columns_in(const struct fieldset *fs, int width)
{
	int labels = label_width(fs, width), x = 1 + labels + (labels ? 2 : 0);
	struct columns c = {x, width - x - 1, false};

	if (labels && c.value_w < VALUE_MIN)
		c = (struct columns){3, width - 4, true};
	if (c.value_w < 1)
		c.value_w = 1;
	return c;
}

static int error_lines(const struct field *f, int width)
{
	return f->error ? rs_text_lines(f->error, width > 3 ? width - 2 : 1) : 0;
}

/* Rows of one field: label line if stacked, widget, error. */
static int field_rows(const struct fieldset *fs, size_t i, const struct columns *c, int width, int *widget_h,
                      int *widget_w)
{
	const struct field *f = &fs->fields[i];
	struct rs_size pref;

	*widget_w = f->wide ? width - 2 : c->value_w;
	rs_widget_measure(fs->w.kids[i], *widget_w, NULL, &pref);
	*widget_h = pref.h > 0 ? pref.h : 1;
	return *widget_h + error_lines(f, c->value_w) + (c->stacked && f->label ? 1 : 0);
}

static void fieldset_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	struct fieldset *fs = fieldset(w);
	struct columns c = columns_in(fs, width);
	int h, value_w, widest = 0;

	pref->h = fs->title ? 1 : 0;
	for (size_t i = 0; i < w->kid_count; i++) {
		struct rs_size kid;

		if (w->kids[i]->hidden)
			continue;
		rs_widget_measure(w->kids[i], width, NULL, &kid);
		widest = kid.w > widest ? kid.w : widest;
		pref->h += field_rows(fs, i, &c, width, &h, &value_w);
	}
	pref->w = c.value_x + widest + 1;
	pref->w = pref->w > width ? width : pref->w;
	*min = (struct rs_size){1, VALUE_MIN};
}

/* What is higher than the room that is left (a list), and can do with less, gets less. */
static int fitting(struct rs_widget *kid, int width, int h, int rows, int left)
{
	struct rs_size min;
	int over = rows - left;

	if (over <= 0 || left <= 0)
		return h;
	rs_widget_measure(kid, width, &min, NULL);
	return h - over > min.h ? h - over : min.h < h ? min.h : h;
}

static void fieldset_layout(struct rs_widget *w)
{
	struct fieldset *fs = fieldset(w);
	struct rs_rect r = w->rect;
	struct columns c = columns_in(fs, r.w);
	int y = r.y + (fs->title ? 1 : 0);

	for (size_t i = 0; i < w->kid_count; i++) {
		struct field *f = &fs->fields[i];
		int h, value_w, rows, x = r.x + (f->wide ? 1 : c.value_x);

		if (w->kids[i]->hidden)
			continue;
		rows = field_rows(fs, i, &c, r.w, &h, &value_w);
		rows -= h;
		h = fitting(w->kids[i], value_w, h, rows + h, r.y + r.h - y);
		rows += h;
		f->line = rs_rect_make(y, r.x, rows, r.w);
		rs_widget_layout(w->kids[i], rs_rect_make(y + (c.stacked && f->label ? 1 : 0), x, h, value_w));
		y += rows;
	}
}

static void draw_field(struct fieldset *fs, size_t i, struct rs_canvas *c, bool focused)
{
	const struct field *f = &fs->fields[i];
	struct rs_widget *kid = fs->w.kids[i];
	struct columns cols = columns_in(fs, fs->w.rect.w);
	int x = fs->w.rect.x, below = kid->rect.y + kid->rect.h;
	unsigned style = focused ? RS_STYLE_ACCENT : kid->why ? RS_STYLE_DIM : RS_STYLE_LABEL;

	if (focused)
		rs_canvas_put(c, f->line.y, x, RS_STYLE_ACCENT, RS_G_CURSOR);
	if (f->label)
		rs_canvas_text(c, f->line.y, x + 1, cols.stacked ? fs->w.rect.w - 1 : cols.value_x - 2, style, f->label);
	rs_widget_draw(kid, c, focused);
	if (!f->error)
		return;
	rs_canvas_put(c, below, x + cols.value_x, RS_STYLE_ERROR, RS_G_CROSS);
	rs_canvas_wrapped(c, rs_rect_make(below, x + cols.value_x + 2, error_lines(f, cols.value_w), cols.value_w - 2),
	                  RS_STYLE_ERROR, f->error);
}

static void fieldset_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	struct fieldset *fs = fieldset(w);

	if (fs->title)
		rs_canvas_text(c, w->rect.y, w->rect.x + 1, w->rect.w - 1, RS_STYLE_HEADER, fs->title);
	for (size_t i = 0; i < w->kid_count; i++)
		if (!w->kids[i]->hidden)
			draw_field(fs, i, c, focused && i == w->focus);
}

static const struct rs_widget_ops fieldset_ops;

static bool in_fieldset(const struct rs_widget *w)
{
	for (; w; w = w->parent)
		if (w->ops == &fieldset_ops)
			return true;
	return false;
}

/* Enter goes to the next field, in whichever fieldset; after the last it submits. A button is pressed. */
static enum rs_reply fieldset_kid_reply(struct rs_widget *w, struct rs_widget *kid, enum rs_reply reply)
{
	struct rs_widget *root = w, *before;

	if (reply != RS_SUBMIT || strcmp(kid->ops->kind, "buttons") == 0)
		return reply;
	while (root->parent)
		root = root->parent;
	before = rs_widget_focused(root);
	if (!rs_widget_focus_step(root, 1, false))
		return reply;
	if (in_fieldset(rs_widget_focused(root)))
		return RS_HANDLED;
	(void)rs_widget_focus(root, before);
	return reply;
}

static void fieldset_destroy(struct rs_widget *w)
{
	struct fieldset *fs = fieldset(w);

	for (size_t i = 0; i < fs->cap && fs->fields; i++) {
		free(fs->fields[i].label);
		free(fs->fields[i].error);
	}
	free(fs->fields);
	free(fs->title);
}

static const struct rs_widget_ops fieldset_ops = {
	.kind = "fieldset", .measure = fieldset_measure, .layout = fieldset_layout,
	.draw = fieldset_draw, .kid_reply = fieldset_kid_reply, .destroy = fieldset_destroy,
};

struct rs_widget *rs_fieldset_new(const char *title)
{
	struct fieldset *fs = rs_xcalloc(1, sizeof *fs);

	rs_widget_init(&fs->w, &fieldset_ops, NULL);
	fs->title = rs_xstrdup(title);
	return &fs->w;
}

static struct rs_widget *add(struct rs_widget *w, const char *label, struct rs_widget *widget, bool wide)
{
	struct fieldset *fs = fieldset(w);
	size_t i = w->kid_count;

	if (i >= fs->cap) {
		size_t cap = fs->cap ? fs->cap * 2 : 8;

		fs->fields = rs_xrealloc(fs->fields, cap * sizeof *fs->fields);
		memset(fs->fields + fs->cap, 0, (cap - fs->cap) * sizeof *fs->fields);
		fs->cap = cap;
	}
	fs->fields[i] = (struct field){.label = rs_xstrdup(label), .wide = wide};
	return rs_widget_add(w, widget);
}

struct rs_widget *rs_fieldset_add(struct rs_widget *fs, const char *label, struct rs_widget *widget)
{
	return add(fs, label, widget, false);
}

struct rs_widget *rs_fieldset_add_wide(struct rs_widget *fs, struct rs_widget *widget)
{
	return add(fs, NULL, widget, true);
}

struct rs_widget *rs_fieldset_add_note(struct rs_widget *fs, const char *text, unsigned style)
{
	return add(fs, NULL, rs_label_new(text, style), true);
}

void rs_fieldset_set_error(struct rs_widget *fs, const struct rs_widget *field, const char *text)
{
	for (size_t i = 0; i < fs->kid_count; i++)
		if (fs->kids[i] == field) {
			char *copy = text && *text ? rs_xstrdup(text) : NULL;

			free(fieldset(fs)->fields[i].error);
			fieldset(fs)->fields[i].error = copy;
		}
}

const char *rs_fieldset_error(const struct rs_widget *fs, const struct rs_widget *field)
{
	for (size_t i = 0; i < fs->kid_count; i++)
		if (fs->kids[i] == field)
			return fieldset(fs)->fields[i].error;
	return NULL;
}
