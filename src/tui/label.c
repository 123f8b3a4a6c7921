#include "tui/label.h"
#include <math.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "tui/glyph.h"

struct label {
	struct rs_widget w;
	char *text;
	unsigned style;
};

static void label_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	const struct label *l = (const struct label *)w;
	int text = rs_text_width(l->text);

	pref->w = text < width ? text : width;
	pref->h = rs_text_lines(l->text, width > 0 ? width : 1);
	*min = (struct rs_size){1, pref->w < 8 ? pref->w : 8};
}

static void label_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	const struct label *l = (const struct label *)w;

	(void)focused;
	(void)rs_canvas_wrapped(c, w->rect, l->style, l->text);
}

static void label_destroy(struct rs_widget *w)
{
	free(((struct label *)w)->text);
}

static const struct rs_widget_ops label_ops = {
	.kind = "label", .measure = label_measure, .draw = label_draw, .destroy = label_destroy,
};

struct rs_widget *rs_label_new(const char *text, unsigned style)
{
	struct label *l = rs_xcalloc(1, sizeof *l);

	rs_widget_init(&l->w, &label_ops, NULL);
	l->text = rs_xstrdup(text ? text : "");
	l->style = style;
	return &l->w;
}

void rs_label_set(struct rs_widget *label, const char *text, unsigned style)
{
	struct label *l = (struct label *)label;
	char *copy = rs_xstrdup(text ? text : "");

	free(l->text);
	l->text = copy;
	l->style = style;
}

/* --- rule ------------------------------------------------------------------ */

static void rule_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	(void)w;
	*min = (struct rs_size){1, 1};
	*pref = (struct rs_size){1, width};
}

static void rule_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	const struct label *l = (const struct label *)w;
	struct rs_rect r = w->rect;
	int used;

	(void)focused;
	rs_canvas_hline(c, r.y, r.x, r.w, RS_STYLE_RULE, RS_G_RULE);
	if (!*l->text || r.w < 8)
		return;
	used = rs_canvas_text(c, r.y, r.x + 3, r.w - 6, RS_STYLE_HEADER, l->text);
	rs_canvas_put(c, r.y, r.x + 2, RS_STYLE_RULE, ' ');
	rs_canvas_put(c, r.y, r.x + 3 + used, RS_STYLE_RULE, ' ');
}

static const struct rs_widget_ops rule_ops = {
	.kind = "rule", .measure = rule_measure, .draw = rule_draw, .destroy = label_destroy,
};

struct rs_widget *rs_rule_new(const char *title)
{
	struct rs_widget *w = rs_label_new(title, RS_STYLE_HEADER);

	w->ops = &rule_ops;
	return w;
}

static void divider_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	(void)w;
	(void)width;
	*min = *pref = (struct rs_size){1, 1};
}

static void divider_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	(void)focused;
	rs_canvas_vline(c, w->rect.y, w->rect.x, w->rect.h, RS_STYLE_RULE, RS_G_PANE);
}

static const struct rs_widget_ops divider_ops = {
	.kind = "divider", .measure = divider_measure, .draw = divider_draw, .destroy = label_destroy,
};

struct rs_widget *rs_divider_new(void)
{
	struct rs_widget *w = rs_label_new(NULL, RS_STYLE_RULE);

	w->ops = &divider_ops;
	return w;
}

/* --- gauge ----------------------------------------------------------------- */

struct gauge {
	struct rs_widget w;
	int bar_width;
	double fraction;
	unsigned style;
	char *text;
};

static void gauge_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	const struct gauge *g = (const struct gauge *)w;
	int wish = g->bar_width + 7 + (g->text ? 2 + rs_text_width(g->text) : 0);

	*pref = (struct rs_size){1, wish < width ? wish : width};
	*min = (struct rs_size){1, g->bar_width + 6};
}

static void gauge_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	const struct gauge *g = (const struct gauge *)w;
	struct rs_rect r = w->rect;
	int x = r.x + g->bar_width + 1;

	(void)focused;
	rs_canvas_bar(c, r.y, r.x, g->bar_width, g->style, g->fraction);
	if (g->fraction >= 0) /* never rounded up to 100 */
		rs_canvas_textf(c, r.y, x, r.x + r.w - x, RS_STYLE_NORMAL, "%3d %%",
		                (int)(fmin(g->fraction, 1) * 100));
	else
		rs_canvas_text(c, r.y, x, r.x + r.w - x, RS_STYLE_DIM, "  –");
	rs_canvas_text(c, r.y, x + 7, r.x + r.w - x - 7, RS_STYLE_NORMAL, g->text);
}

static void gauge_destroy(struct rs_widget *w)
{
	free(((struct gauge *)w)->text);
}

static const struct rs_widget_ops gauge_ops = {
	.kind = "gauge", .measure = gauge_measure, .draw = gauge_draw, .destroy = gauge_destroy,
};

struct rs_widget *rs_gauge_new(int bar_width)
{
	struct gauge *g = rs_xcalloc(1, sizeof *g);

	rs_widget_init(&g->w, &gauge_ops, NULL);
	g->bar_width = bar_width;
	g->fraction = -1;
	g->style = RS_STYLE_DATA;
	return &g->w;
}

void rs_gauge_set(struct rs_widget *gauge, double fraction, unsigned style, const char *text)
{
	struct gauge *g = (struct gauge *)gauge;
	char *copy = rs_xstrdup(text);

	free(g->text);
	g->text = copy;
	g->fraction = fraction;
	g->style = style;
}

/* --- steps ----------------------------------------------------------------- */

static uint32_t step_glyph(enum rs_step_state state, unsigned *style)
{
	switch (state) {
	case RS_STEP_NOW: *style = RS_STYLE_ACCENT; return RS_G_NOW;
	case RS_STEP_DONE: *style = RS_STYLE_OK; return RS_G_CHECK;
	case RS_STEP_BAD: *style = RS_STYLE_ERROR; return RS_G_CROSS;
	case RS_STEP_REVIEW: *style = RS_STYLE_WARN; return '!';
	case RS_STEP_TODO: break;
	}
	*style = RS_STYLE_DIM;
	return RS_G_TODO;
}

static int steps_width(const struct rs_step *steps, size_t count)
{
	int width = 0;

	for (size_t i = 0; i < count; i++)
		width += 2 + rs_text_width(steps[i].title) + (i ? 2 : 0);
	return width;
}

static void draw_all_steps(struct rs_canvas *c, int y, int x, int w, const struct rs_step *steps,
                           size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned style;
		uint32_t glyph = step_glyph(steps[i].state, &style);

		rs_canvas_put(c, y, x, style, glyph);
		style = steps[i].state == RS_STEP_DONE ? RS_STYLE_NORMAL : style;
		x += 4 + rs_canvas_text(c, y, x + 2, w, style, steps[i].title);
	}
}

void rs_steps_draw(struct rs_canvas *c, int y, int x, int w, const struct rs_step *steps, size_t count)
{
	size_t now = 0;

	if (steps_width(steps, count) <= w) {
		draw_all_steps(c, y, x, w, steps, count);
		return;
	}
	while (now < count && steps[now].state != RS_STEP_NOW)
		now++;
	if (now == count)
		return;
	/* TRANSLATORS: the step's number, how many there are, its name */
	rs_canvas_textf(c, y, x, w, RS_STYLE_ACCENT, _("Step %zu/%zu  %s"), now + 1, count, steps[now].title);
}
