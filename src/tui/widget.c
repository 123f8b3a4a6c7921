#include "tui/widget.h"
#include "base/mem.h"

void rs_widget_init(struct rs_widget *w, const struct rs_widget_ops *ops, const char *id)
{
	*w = (struct rs_widget){.ops = ops, .id = rs_xstrdup(id)};
}

struct rs_widget *rs_widget_add(struct rs_widget *parent, struct rs_widget *kid)
{
	RS_GROW(parent->kids, parent->kid_count, parent->kid_cap);
	parent->kids[parent->kid_count++] = kid;
	kid->parent = parent;
	return kid;
}

void rs_widget_clear(struct rs_widget *parent)
{
	for (size_t i = 0; i < parent->kid_count; i++)
		rs_widget_free(parent->kids[i]);
	parent->kid_count = parent->focus = 0;
}

void rs_widget_free(struct rs_widget *w)
{
	if (!w)
		return;
	rs_widget_clear(w);
	if (w->ops->destroy)
		w->ops->destroy(w);
	free(w->kids);
	free(w->id);
	free(w->help);
	free(w->why);
	free(w);
}

static void replace_text(char **text, const char *with)
{
	char *copy = rs_xstrdup(with);

	free(*text);
	*text = copy;
}

void rs_widget_set_help(struct rs_widget *w, const char *help)
{
	replace_text(&w->help, help);
}

void rs_widget_disable(struct rs_widget *w, const char *why)
{
	replace_text(&w->why, why);
}

static struct rs_widget *root_of(struct rs_widget *w)
{
	while (w->parent)
		w = w->parent;
	return w;
}

void rs_widget_hide(struct rs_widget *w, bool hidden)
{
	struct rs_widget *leaf = hidden && !w->hidden ? rs_widget_focused(root_of(w)) : NULL;

	for (; leaf; leaf = leaf->parent)
		if (leaf == w && !rs_widget_focus_step(root_of(w), 1, false))
			(void)rs_widget_focus_step(root_of(w), -1, false);
	w->hidden = hidden;
}

void rs_widget_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	struct rs_size unused_min = {0, 0}, unused_pref = {0, 0};

	min = min ? min : &unused_min;
	pref = pref ? pref : &unused_pref;
	*min = *pref = (struct rs_size){0, 0};
	if (!w->hidden)
		w->ops->measure(w, width, min, pref);
}

void rs_widget_layout(struct rs_widget *w, struct rs_rect rect)
{
	w->rect = rect;
	if (w->ops->layout)
		w->ops->layout(w);
}

void rs_widget_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	struct rs_rect old = rs_canvas_clip(c, w->rect);

	if (!w->hidden && !rs_rect_empty(c->clip))
		w->ops->draw(w, c, focused);
	rs_canvas_unclip(c, old);
}

void rs_widget_draw_popup(struct rs_widget *root, struct rs_canvas *c, struct rs_rect area)
{
	struct rs_widget *leaf = rs_widget_focused(root);

	if (leaf && leaf->ops->popup)
		leaf->ops->popup(leaf, c, area);
}

/* --- focus ----------------------------------------------------------------- */

static bool takes_focus(const struct rs_widget *w)
{
	return !w->hidden && w->ops->focusable && w->ops->focusable(w);
}

/* First (step 1) or last (step -1) leaf at or below w that takes the focus. */
static struct rs_widget *outermost(struct rs_widget *w, int step)
{
	if (w->hidden)
		return NULL;
	if (takes_focus(w))
		return w;
	for (size_t i = 0; i < w->kid_count; i++) {
		struct rs_widget *leaf = outermost(w->kids[step > 0 ? i : w->kid_count - 1 - i], step);

		if (leaf)
			return leaf;
	}
	return NULL;
}

static size_t position_of(const struct rs_widget *kid)
{
	size_t i = 0;

	while (kid->parent->kids[i] != kid)
		i++;
	return i;
}

static struct rs_widget *following(const struct rs_widget *root, struct rs_widget *leaf, int step)
{
	for (struct rs_widget *w = leaf; w != root && w->parent; w = w->parent) {
		size_t i = position_of(w);

		while (step > 0 ? i + 1 < w->parent->kid_count : i > 0) {
			struct rs_widget *found;

			i = step > 0 ? i + 1 : i - 1;
			found = outermost(w->parent->kids[i], step);
			if (found)
				return found;
		}
	}
	return NULL;
}

struct rs_widget *rs_widget_focused(struct rs_widget *root)
{
	struct rs_widget *w = root;

	while (w && !takes_focus(w) && !w->hidden && w->focus < w->kid_count)
		w = w->kids[w->focus];
	if (w && takes_focus(w))
		return w;
	return root ? outermost(root, 1) : NULL;
}

static void set_focus(struct rs_widget *root, struct rs_widget *leaf)
{
	struct rs_widget *old = rs_widget_focused(root);

	for (struct rs_widget *w = leaf; w != root && w->parent; w = w->parent)
		w->parent->focus = position_of(w);
	if (old == leaf)
		return;
	if (old && old->ops->focus_changed)
		old->ops->focus_changed(old, false);
	if (leaf->ops->focus_changed)
		leaf->ops->focus_changed(leaf, true);
}

bool rs_widget_focus(struct rs_widget *root, struct rs_widget *w)
{
	struct rs_widget *leaf = w ? outermost(w, 1) : NULL;

	if (leaf)
		set_focus(root, leaf);
	return leaf != NULL;
}

bool rs_widget_focus_step(struct rs_widget *root, int step, bool wrap)
{
	struct rs_widget *leaf = rs_widget_focused(root);
	struct rs_widget *next = leaf ? following(root, leaf, step) : NULL;

	if (!next && wrap)
		next = outermost(root, step);
	if (!next || next == leaf)
		return false;
	set_focus(root, next);
	return true;
}

/* How far b is from a in the direction; negative where it does not lie there. Sideways distance weighs more than
 * distance ahead, so that columns are kept. */
static int distance(struct rs_rect a, struct rs_rect b, int dy, int dx)
{
	int ahead, aside;

	if (dx) {
		a = rs_rect_make(a.x, a.y, a.w, a.h);
		b = rs_rect_make(b.x, b.y, b.w, b.h);
		dy = dx;
	}
	ahead = dy > 0 ? b.y - (a.y + a.h) : a.y - (b.y + b.h);
	if (ahead < 0)
		return -1;
	aside = b.x >= a.x + a.w ? b.x - (a.x + a.w) + 1 : a.x >= b.x + b.w ? a.x - (b.x + b.w) + 1 : 0;
	return ahead + aside * 8;
}

/* The nearest one in that direction (one of dy, dx is -1 or 1). False: there is none. */
static bool focus_toward(struct rs_widget *root, int dy, int dx)
{
	struct rs_widget *from = rs_widget_focused(root), *best = NULL;
	int best_distance = 0;

	if (!from)
		return false;
	for (struct rs_widget *w = outermost(root, 1); w; w = following(root, w, 1)) {
		int d = w == from ? -1 : distance(from->rect, w->rect, dy, dx);

		if (d >= 0 && (!best || d < best_distance)) {
			best = w;
			best_distance = d;
		}
	}
	if (best)
		set_focus(root, best);
	return best != NULL;
}

bool rs_widget_is_typing(struct rs_widget *root)
{
	struct rs_widget *leaf = root ? rs_widget_focused(root) : NULL;

	return leaf && !leaf->why && leaf->ops->typing && leaf->ops->typing(leaf);
}

const char *rs_widget_help(struct rs_widget *root)
{
	struct rs_widget *leaf = root ? rs_widget_focused(root) : NULL;

	for (struct rs_widget *w = leaf; w; w = w->parent) {
		if (w->why)
			return w->why;
		if (w->help)
			return w->help;
	}
	return NULL;
}

struct rs_widget *rs_widget_find(struct rs_widget *root, const char *id)
{
	if (root->id && strcmp(root->id, id) == 0)
		return root;
	for (size_t i = 0; i < root->kid_count; i++) {
		struct rs_widget *found = rs_widget_find(root->kids[i], id);

		if (found)
			return found;
	}
	return NULL;
}

/* --- events ---------------------------------------------------------------- */

bool rs_widget_move(struct rs_widget *root, uint32_t key)
{
	switch (key) {
	case RS_KEY_TAB: return rs_widget_focus_step(root, 1, true);
	case RS_KEY_BACKTAB: return rs_widget_focus_step(root, -1, true);
	case RS_KEY_DOWN: return focus_toward(root, 1, 0);
	case RS_KEY_UP: return focus_toward(root, -1, 0);
	case RS_KEY_LEFT: return focus_toward(root, 0, -1);
	case RS_KEY_RIGHT: return focus_toward(root, 0, 1);
	default: return false;
	}
}

/* What the containers between w and the root make of a reply. */
static enum rs_reply reply_upwards(struct rs_widget *root, struct rs_widget *w, enum rs_reply reply)
{
	for (; w != root && w->parent; w = w->parent)
		if (w->parent->ops->kid_reply)
			reply = w->parent->ops->kid_reply(w->parent, w, reply);
	return reply;
}

enum rs_reply rs_widget_offer(struct rs_widget *root, const struct rs_event *ev, struct rs_widget **who)
{
	struct rs_widget *leaf = rs_widget_focused(root);

	for (struct rs_widget *w = leaf; w; w = w == root ? NULL : w->parent) {
		enum rs_reply reply = w->ops->event && !w->why ? w->ops->event(w, ev) : RS_IGNORED;

		if (reply == RS_IGNORED)
			continue;
		if (who)
			*who = w;
		return reply_upwards(root, w, reply);
	}
	return RS_IGNORED;
}

enum rs_reply rs_widget_event(struct rs_widget *root, const struct rs_event *ev, struct rs_widget **who)
{
	struct rs_widget *leaf = rs_widget_focused(root);
	enum rs_reply reply = rs_widget_offer(root, ev, who);

	if (reply != RS_IGNORED || ev->type != RS_EV_KEY || !rs_widget_move(root, ev->key))
		return reply;
	if (who)
		*who = leaf;
	return RS_HANDLED;
}
