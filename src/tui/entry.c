#include "tui/entry.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/glyph.h"

#define MASK "\xe2\x80\xa2" /* RS_G_MASK */

static struct rs_entry *entry_of(struct rs_widget *w)
{
	return (struct rs_entry *)w;
}

/* --- what is shown ----------------------------------------------------------- */

/* The text as it is drawn, with the cursor's place in it: the text itself, or a mask of as many characters. */
struct shown {
	const char *text;
	size_t len, cursor;
	char *mask; /* to be freed */
};

static size_t count_chars(const char *s, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xc0) != 0x80;
	return count;
}

static struct shown show(const struct rs_entry *e)
{
	struct shown s = {e->edit.text, e->edit.len, e->edit.cursor, NULL};
	size_t chars, bytes = strlen(MASK);

	if (!e->edit.secret || e->revealed)
		return s;
	chars = count_chars(e->edit.text, e->edit.len);
	s.mask = rs_xmalloc(chars * bytes + 1);
	for (size_t i = 0; i < chars; i++)
		memcpy(s.mask + i * bytes, MASK, bytes);
	s.mask[chars * bytes] = '\0';
	s.cursor = count_chars(e->edit.text, e->edit.cursor) * bytes;
	s.text = s.mask;
	s.len = chars * bytes;
	return s;
}

static size_t step_back(const char *text, size_t at)
{
	do
		at--;
	while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80);
	return at;
}

static size_t step_on(const struct shown *s, size_t at)
{
	uint32_t cp;
	size_t n = rs_utf8_decode(s->text + at, s->len - at, &cp);

	return at + (n ? n : 1);
}

/* The first byte to show: the cursor, and the character before it, are visible. */
static size_t scroll_for(const struct shown *s, size_t scroll, int width)
{
	if (scroll > s->len)
		scroll = 0;
	if (scroll >= s->cursor)
		scroll = s->cursor ? step_back(s->text, s->cursor) : 0;
	while (scroll < s->cursor &&
	       (int)rs_utf8_width(s->text + scroll, s->cursor - scroll) > width - 1)
		scroll = step_on(s, scroll);
	return scroll;
}

static void draw_text(struct rs_entry *e, struct rs_canvas *c, struct rs_rect r, unsigned style, bool focused)
{
	struct shown s = show(e);
	int cursor;

	e->scroll = focused ? scroll_for(&s, e->scroll, r.w) : 0;
	cursor = (int)rs_utf8_width(s.text + e->scroll, s.cursor > e->scroll ? s.cursor - e->scroll : 0);
	rs_canvas_textn(c, r.y, r.x, r.w, style, s.text + e->scroll, s.len - e->scroll);
	if (e->scroll)
		rs_canvas_put(c, r.y, r.x, RS_STYLE_DIM, 0x2039);
	if (focused)
		rs_canvas_cursor(c, r.y, r.x + (cursor < r.w ? cursor : r.w - 1));
	free(s.mask);
}

static void draw_entry(struct rs_entry *e, struct rs_canvas *c, struct rs_rect r, bool focused)
{
	unsigned style = e->w.why ? RS_STYLE_DIM : e->fixed ? RS_STYLE_NORMAL : RS_STYLE_FIELD;
	bool replaced = focused && e->suggested && !e->w.why && !e->fixed; /* all of it goes with the first character */

	if (rs_rect_empty(r))
		return;
	rs_canvas_fill(c, rs_rect_make(r.y, r.x, 1, r.w), style);
	draw_text(e, c, r, style | (replaced ? RS_MOD_SELECTED : 0), focused);
	if (!e->edit.len && e->placeholder)
		rs_canvas_text(c, r.y, r.x, r.w, RS_STYLE_DIM, e->placeholder);
}

/* --- the widget -------------------------------------------------------------- */

static void entry_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	*pref = (struct rs_size){1, entry_of(w)->width < width ? entry_of(w)->width : width};
	*min = (struct rs_size){1, pref->w < 8 ? pref->w : 8};
}

static void entry_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	struct rs_rect r = w->rect;

	r.w = r.w < entry_of(w)->width ? r.w : entry_of(w)->width;
	draw_entry(entry_of(w), c, r, focused);
}

static bool accepted(const struct rs_entry *e, uint32_t cp)
{
	return !e->accept || e->accept(cp);
}

/* Something is typed or pasted. */
static void replace_suggestion(struct rs_entry *e)
{
	if (e->suggested)
		rs_entry_set(e, "");
}

static enum rs_reply paste(struct rs_entry *e, const char *text, size_t len)
{
	struct rs_buf kept = RS_BUF_INIT;
	bool done;

	while (len) {
		uint32_t cp;
		size_t n = rs_utf8_decode(text, len, &cp);

		n = n ? n : 1;
		if (accepted(e, cp))
			(void)rs_buf_add(&kept, text, n);
		text += n;
		len -= n;
	}
	if (kept.len && kept.len <= e->edit.max)
		replace_suggestion(e);
	done = rs_edit_paste(&e->edit, rs_buf_str(&kept), kept.len);
	if (kept.data)
		explicit_bzero(kept.data, kept.cap);
	rs_buf_release(&kept);
	return done ? RS_CHANGED : RS_REFUSED;
}

static enum rs_reply edit_key(struct rs_entry *e, uint32_t key)
{
	if (rs_key_is_text(key) && (e->fixed || !accepted(e, key)))
		return RS_HANDLED; /* a letter in a field of digits must not become a command */
	if (rs_key_is_text(key))
		replace_suggestion(e);
	e->suggested = e->suggested && !rs_key_edits(key);
	switch (rs_edit_key(&e->edit, key)) {
	case RS_EDIT_CHANGED: return RS_CHANGED;
	case RS_EDIT_MOVED: return RS_HANDLED;
	case RS_EDIT_IGNORED: break;
	}
	/* Delete at the end of the text must not become the screen's Delete; only arrows may leave the field. */
	return rs_key_edits(key) && key != RS_KEY_LEFT && key != RS_KEY_RIGHT ? RS_HANDLED : RS_IGNORED;
}

static enum rs_reply fixed_event(const struct rs_event *ev)
{
	return rs_event_is(ev, RS_KEY_ENTER) ? RS_SUBMIT : RS_IGNORED;
}

static enum rs_reply entry_event(struct rs_widget *w, const struct rs_event *ev)
{
	struct rs_entry *e = entry_of(w);

	if (e->fixed)
		return fixed_event(ev);
	if (ev->type == RS_EV_PASTE)
		return paste(e, ev->text, ev->len);
	if (ev->type != RS_EV_KEY)
		return RS_IGNORED;
	if (ev->key == RS_KEY_ENTER)
		return RS_SUBMIT;
	if (ev->key == RS_CTRL('t') && e->edit.secret) {
		e->revealed = !e->revealed;
		e->scroll = 0;
		return RS_HANDLED;
	}
	return edit_key(e, ev->key);
}

static bool always(const struct rs_widget *w)
{
	(void)w;
	return true;
}

static bool entry_typing(const struct rs_widget *w)
{
	return !((const struct rs_entry *)w)->fixed;
}

static void entry_focus_changed(struct rs_widget *w, bool focused)
{
	if (!focused)
		entry_of(w)->revealed = false;
}

static void entry_destroy(struct rs_widget *w)
{
	rs_edit_release(&entry_of(w)->edit);
	free(entry_of(w)->placeholder);
}

static const struct rs_widget_ops entry_ops = {
	.kind = "entry", .measure = entry_measure, .draw = entry_draw, .event = entry_event,
	.focusable = always, .typing = entry_typing, .focus_changed = entry_focus_changed,
	.destroy = entry_destroy,
};

static void init(struct rs_entry *e, const struct rs_widget_ops *ops, const char *id, int width, size_t max,
                 bool secret)
{
	rs_widget_init(&e->w, ops, id);
	rs_edit_init(&e->edit, max, secret);
	e->width = width;
}

struct rs_entry *rs_entry_new(const char *id, int width, size_t max)
{
	struct rs_entry *e = rs_xcalloc(1, sizeof *e);

	init(e, &entry_ops, id, width, max, false);
	return e;
}

struct rs_entry *rs_entry_new_secret(const char *id, int width, size_t max)
{
	struct rs_entry *e = rs_xcalloc(1, sizeof *e);

	init(e, &entry_ops, id, width, max, true);
	return e;
}

void rs_entry_set(struct rs_entry *e, const char *text)
{
	rs_edit_set(&e->edit, text ? text : "", text ? strlen(text) : 0);
	e->scroll = 0;
	e->suggested = false;
}

void rs_entry_suggest(struct rs_entry *e, const char *text)
{
	rs_entry_set(e, text);
	e->suggested = true;
}

const char *rs_entry_text(const struct rs_entry *e)
{
	return e->edit.secret ? "" : e->edit.text;
}

void rs_entry_set_secret(struct rs_entry *e, const struct rs_secret *secret)
{
	rs_edit_set(&e->edit, rs_secret_is_set(secret) ? rs_secret_reveal(secret) : "", secret->len);
	e->scroll = 0;
}

void rs_entry_get_secret(const struct rs_entry *e, struct rs_secret *out)
{
	rs_secret_set(out, e->edit.text, e->edit.len);
}

void rs_entry_set_placeholder(struct rs_entry *e, const char *text)
{
	char *copy = rs_xstrdup(text);

	free(e->placeholder);
	e->placeholder = copy;
}

bool rs_accept_digits(uint32_t cp)
{
	return cp >= '0' && cp <= '9';
}

/* --- filter line ------------------------------------------------------------- */

struct filter {
	struct rs_entry e;
	char *label, *count;
};

static void filter_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	(void)w;
	*pref = (struct rs_size){1, width};
	*min = (struct rs_size){1, 12};
}

static void filter_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	struct filter *f = (struct filter *)w;
	struct rs_rect r = w->rect;
	int label = rs_text_width(f->label), count = f->count ? rs_text_width(f->count) : 0;

	rs_canvas_put(c, r.y, r.x, RS_STYLE_ACCENT, focused ? RS_G_CURSOR : ' ');
	rs_canvas_text(c, r.y, r.x + 1, r.w - 1, focused ? RS_STYLE_ACCENT : RS_STYLE_LABEL, f->label);
	r.x += label + 2;
	r.w -= label + 2;
	if (count && r.w > count + 10) {
		rs_canvas_text(c, r.y, r.x + r.w - count - 1, count, RS_STYLE_NORMAL, f->count);
		r.w -= count + 3;
	}
	draw_entry(&f->e, c, r, focused);
}

static enum rs_reply filter_event(struct rs_widget *w, const struct rs_event *ev)
{
	struct rs_entry *e = entry_of(w);

	if (rs_event_is(ev, RS_KEY_ESC)) {
		if (!e->edit.len)
			return RS_CANCEL;
		rs_entry_set(e, "");
		return RS_CHANGED;
	}
	return rs_event_is(ev, RS_KEY_DOWN) ? RS_SUBMIT : entry_event(w, ev);
}

static void filter_destroy(struct rs_widget *w)
{
	struct filter *f = (struct filter *)w;

	entry_destroy(w);
	free(f->label);
	free(f->count);
}

static const struct rs_widget_ops filter_ops = {
	.kind = "filter", .measure = filter_measure, .draw = filter_draw, .event = filter_event,
	.focusable = always, .typing = entry_typing, .destroy = filter_destroy,
};

struct rs_entry *rs_filter_new(const char *id, const char *label)
{
	struct filter *f = rs_xcalloc(1, sizeof *f);

	init(&f->e, &filter_ops, id, 40, 1000, false);
	f->label = rs_xstrdup(label);
	return &f->e;
}

void rs_filter_set_count(struct rs_entry *filter, const char *text)
{
	struct filter *f = (struct filter *)filter;
	char *copy = rs_xstrdup(text);

	free(f->count);
	f->count = copy;
}
