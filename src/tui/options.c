#include "tui/options.h"
#include "base/mem.h"

struct rs_options *rs_options_new(const struct rs_widget_ops *ops, const char *id)
{
	struct rs_options *o = rs_xcalloc(1, sizeof *o);

	rs_widget_init(&o->w, ops, id);
	o->chosen = RS_NO_OPTION;
	return o;
}

static void free_items(struct rs_option_item *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(items[i].id);
		free(items[i].label);
		free(items[i].note);
		free(items[i].why);
	}
	free(items);
}

void rs_options_destroy(struct rs_widget *w)
{
	struct rs_options *o = (struct rs_options *)w;

	free_items(o->items, o->count);
}

static size_t position(const struct rs_option_item *items, size_t count, const char *id)
{
	for (size_t i = 0; id && i < count; i++)
		if (strcmp(items[i].id, id) == 0)
			return i;
	return RS_NO_OPTION;
}

void rs_options_set(struct rs_widget *w, const struct rs_option *options, size_t count)
{
	struct rs_options *o = (struct rs_options *)w;
	struct rs_option_item *items = rs_xcalloc(count + 1, sizeof *items);

	for (size_t i = 0; i < count; i++) {
		size_t old = position(o->items, o->count, options[i].id);

		items[i] = (struct rs_option_item){
			rs_xstrdup(options[i].id), rs_xstrdup(options[i].label ? options[i].label : options[i].id),
			rs_xstrdup(options[i].note), rs_xstrdup(options[i].why),
			old != RS_NO_OPTION && o->items[old].marked};
	}
	o->chosen = position(items, count, rs_options_chosen(w));
	free_items(o->items, o->count);
	o->items = items;
	o->count = count;
	o->cursor = o->cursor < count ? o->cursor : 0;
}

const char *rs_options_chosen(const struct rs_widget *w)
{
	const struct rs_options *o = (const struct rs_options *)w;

	return o->chosen < o->count ? o->items[o->chosen].id : NULL;
}

bool rs_options_choose(struct rs_widget *w, const char *id)
{
	struct rs_options *o = (struct rs_options *)w;

	o->chosen = position(o->items, o->count, id);
	if (o->chosen != RS_NO_OPTION && !o->open)
		o->cursor = o->chosen;
	return o->chosen != RS_NO_OPTION;
}

size_t rs_options_count(const struct rs_widget *w)
{
	return ((const struct rs_options *)w)->count;
}

const char *rs_options_id(const struct rs_widget *w, size_t i)
{
	const struct rs_options *o = (const struct rs_options *)w;

	return i < o->count ? o->items[i].id : NULL;
}

bool rs_options_marked(const struct rs_widget *w, size_t i)
{
	const struct rs_options *o = (const struct rs_options *)w;

	return i < o->count && o->items[i].marked;
}

void rs_options_mark(struct rs_widget *w, size_t i, bool marked)
{
	struct rs_options *o = (struct rs_options *)w;

	if (i < o->count)
		o->items[i].marked = marked;
}

static const char *remark(const struct rs_option_item *item)
{
	return item->why ? item->why : item->note;
}

int rs_options_width(const struct rs_options *o)
{
	int widest = 0;

	for (size_t i = 0; i < o->count; i++) {
		const char *note = remark(&o->items[i]);
		int width = rs_text_width(o->items[i].label) + (note ? 2 + rs_text_width(note) : 0);

		widest = width > widest ? width : widest;
	}
	return widest;
}

void rs_options_draw_item(const struct rs_options *o, struct rs_canvas *c, int y, int x, int w, size_t i,
                          unsigned mods)
{
	const struct rs_option_item *item = &o->items[i];
	unsigned style = item->why ? RS_STYLE_DIM : RS_STYLE_NORMAL;
	int used = rs_canvas_text(c, y, x, w, style | mods, item->label);

	rs_canvas_text(c, y, x + used + 2, w - used - 2, RS_STYLE_DIM | mods, remark(item));
}
