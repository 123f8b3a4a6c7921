#include "tui/frame.h"
#include "base/i18n.h"
#include "tui/glyph.h"
#include "tui/loop.h"

#define STEPS_MAX 16
#define BAR_ACTIONS 96

/* --- title ------------------------------------------------------------------------ */

static void draw_title(struct rs_canvas *c, struct rs_screen *s, const struct rs_frame *f)
{
	struct rs_buf right = RS_BUF_INIT, place = RS_BUF_INIT;
	const char *program = f->program ? f->program : "";
	int width, x = 1 + rs_text_width(program) + 3;

	if (f->host)
		(void)rs_buf_adds(&right, f->host);
	if (f->clock)
		(void)rs_buf_addf(&right, "%s%s", right.len ? "  " : "", f->clock);
	width = rs_text_width(rs_buf_str(&right));
	s->ops->place(s, &place);
	rs_canvas_text(c, 0, 1, c->w - 1, RS_STYLE_ACCENT, program);
	rs_canvas_text(c, 0, x, c->w - x - width - 2, RS_STYLE_TITLE, rs_buf_str(&place));
	rs_canvas_text(c, 0, c->w - width, width, RS_STYLE_DIM, rs_buf_str(&right));
	rs_buf_release(&right);
	rs_buf_release(&place);
}

/* Returns the row below. */
static int draw_steps(struct rs_canvas *c, struct rs_screen *s)
{
	struct rs_step steps[STEPS_MAX];
	size_t count = s->ops->steps ? s->ops->steps(s, steps, STEPS_MAX) : 0;

	if (!count)
		return 1;
	rs_steps_draw(c, 1, 1, c->w - 1, steps, count);
	return 2;
}

/* --- help area -------------------------------------------------------------------- */

void rs_frame_help(struct rs_screen *s, struct rs_buf *out)
{
	const char *help;

	if (s->ops->help)
		s->ops->help(s, out);
	help = out->len ? NULL : rs_widget_help(s->root);
	if (help)
		(void)rs_buf_adds(out, help);
}

static void draw_help(struct rs_canvas *c, struct rs_screen *s, const struct rs_frame *f)
{
	struct rs_rect r = rs_rect_make(c->h - 4, 1, RS_FRAME_HELP, c->w - 2);
	struct rs_buf text = RS_BUF_INIT;

	if (f->say) {
		rs_canvas_wrapped(c, r, f->say_style, f->say);
		return;
	}
	if (f->help)
		(void)rs_buf_adds(&text, f->help);
	else
		rs_frame_help(s, &text);
	rs_canvas_wrapped(c, r, RS_STYLE_NORMAL, rs_buf_str(&text));
	rs_buf_release(&text);
}

/* --- key bar ---------------------------------------------------------------------- */

struct bar {
	const struct rs_action *actions[BAR_ACTIONS];
	size_t count;
	bool typing;
};

static void bar_add(struct bar *b, const struct rs_action *action)
{
	size_t i = b->count;

	if (!action->rank || b->count == BAR_ACTIONS || rs_action_key(action, b->typing) == RS_KEY_NONE)
		return;
	for (; i > 0 && b->actions[i - 1]->rank > action->rank; i--)
		b->actions[i] = b->actions[i - 1];
	b->actions[i] = action;
	b->count++;
}

static int item_width(const struct rs_action *action, bool typing)
{
	char name[RS_KEY_NAME_SIZE];

	return rs_text_width(rs_key_name(rs_action_key(action, typing), name, sizeof name)) + 1 +
	       rs_text_width(_(action->label)) + 2;
}

static int draw_item(struct rs_canvas *c, int y, int x, const struct rs_action *action, bool typing)
{
	char name[RS_KEY_NAME_SIZE];
	int used = rs_canvas_text(c, y, x, c->w - x, RS_STYLE_KEY,
	                          rs_key_name(rs_action_key(action, typing), name, sizeof name));

	rs_canvas_text(c, y, x + used + 1, c->w - x - used - 1, RS_STYLE_NORMAL, _(action->label));
	return item_width(action, typing);
}

/* last (may be NULL) is always shown, at the end. */
static void bar_draw(struct rs_canvas *c, int y, const struct bar *b, const struct rs_action *last)
{
	int x = 1, end = c->w - (last ? item_width(last, b->typing) : 0);

	for (size_t i = 0; i < b->count; i++)
		if (b->actions[i] != last && x + item_width(b->actions[i], b->typing) - 2 <= end)
			x += draw_item(c, y, x, b->actions[i], b->typing);
	if (last)
		(void)draw_item(c, y, x, last, b->typing);
}

static bool universal_enabled(const struct rs_screen *s, int action)
{
	return action != RS_ACT_BACK || (s->loop && rs_loop_depth(s->loop) > 1);
}

bool rs_screen_enabled(struct rs_screen *s, int action, const char **why)
{
	const char *ignored = NULL;

	why = why ? why : &ignored;
	*why = NULL;
	if (action >= RS_ACT_FIRST)
		return universal_enabled(s, action);
	return !s->ops->enabled || s->ops->enabled(s, action, why);
}

/* Whether the screen has taken the key for itself. */
static bool shadowed(const struct rs_screen *s, const struct rs_action *action, bool typing)
{
	return rs_keymap_find(s->ops->keymap, rs_action_key(action, typing)) != NULL;
}

static void bar_fill(struct bar *b, struct rs_screen *s, const struct rs_keymap *map)
{
	for (size_t i = 0; map && i < map->count; i++)
		if (rs_screen_enabled(s, map->actions[i].id, NULL) &&
		    (map == s->ops->keymap || !shadowed(s, &map->actions[i], b->typing)))
			bar_add(b, &map->actions[i]);
}

/* Of the actions that work now. */
static void draw_keybar(struct rs_canvas *c, int y, struct rs_screen *s)
{
	struct bar b = {.typing = rs_widget_is_typing(s->root)};

	bar_fill(&b, s, s->ops->keymap);
	bar_fill(&b, s, &rs_keymap_universal);
	bar_draw(c, y, &b, rs_keymap_by_id(&rs_keymap_universal, RS_ACT_HELP));
}

void rs_keybar_draw_map(struct rs_canvas *c, int y, const struct rs_keymap *map, bool helps, bool typing)
{
	struct bar b = {.typing = typing};

	for (size_t i = 0; i < map->count; i++)
		bar_add(&b, &map->actions[i]);
	bar_draw(c, y, &b, helps ? NULL : rs_keymap_by_id(&rs_keymap_universal, RS_ACT_HELP));
}

/* --- all of it -------------------------------------------------------------------- */

static void draw_card(struct rs_canvas *c)
{
	struct rs_buf text = RS_BUF_INIT;
	struct rs_rect r = rs_rect_make(c->h > 6 ? 2 : 0, c->w > 10 ? 2 : 0, c->h, c->w);

	r.h -= r.y;
	r.w -= 2 * r.x;
	/* TRANSLATORS: the sizes are columns x rows */
	(void)rs_buf_addf(&text, _("rds-sync needs 80x24 (at least %dx%d); this terminal has %dx%d.\n\nEverything goes "
	                           "on. Make the window larger, or press Ctrl-C to leave."),
	                  RS_FRAME_MIN_W, RS_FRAME_MIN_H, c->w, c->h);
	rs_canvas_wrapped(c, r, RS_STYLE_NORMAL, rs_buf_str(&text));
	rs_buf_release(&text);
}

bool rs_frame_draw(struct rs_canvas *c, struct rs_screen *s, const struct rs_frame *f, struct rs_rect *body)
{
	int top;

	if (c->h < RS_FRAME_MIN_H || c->w < RS_FRAME_MIN_W) {
		draw_card(c);
		return false;
	}
	draw_title(c, s, f);
	top = draw_steps(c, s);
	rs_canvas_hline(c, top, 0, c->w, RS_STYLE_RULE, RS_G_RULE);
	draw_help(c, s, f);
	rs_canvas_hline(c, c->h - 2, 0, c->w, RS_STYLE_RULE, RS_G_RULE);
	draw_keybar(c, c->h - 1, s);
	*body = rs_rect_make(top + 1, 0, c->h - 4 - (top + 1), c->w);
	return true;
}
