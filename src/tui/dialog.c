#include "tui/dialog.h"
#include "tui/frame.h"
#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "tui/box.h"
#include "tui/entry.h"
#include "tui/glyph.h"
#include "tui/overlay.h"
#include "tui/table.h"

#define TEXT_WIDTH 64
#define PICKER_LEAST 7 /* rows that a list needs to be one */
#define NOTE_ROOM 40   /* cells that there are at least for what stands beside a choice, in 80 columns */

struct picker;

struct dialog {
	struct rs_overlay o;
	struct rs_widget *root;
	char *title;
	bool danger;
	bool (*taken)(void *ctx, const char *answer); /* asked with taken_ctx before it closes */
	void *taken_ctx;
	rs_dialog_done *done;
	void *ctx;
	char *answer;            /* NULL: Esc */
	char *word, *word2;      /* typed */
	struct rs_entry *entry;  /* typed, prompt */
	struct rs_widget *hint;  /* typed: what is missing */
	struct picker *picker;   /* choose */
};

/* --- a list with type-to-find --------------------------------------------------------- */

struct picker {
	char **ids, **labels, **notes, **whys;
	size_t count;
	size_t *shown; /* those that match */
	size_t shown_count;
	bool explains;  /* some of what stands beside the choices may be cut */
	struct rs_tableview *table;
};

static size_t picker_rows(void *ctx)
{
	return ((struct picker *)ctx)->shown_count;
}

/* Why it can't be chosen, else what it is. */
static const char *note_of(const struct picker *p, size_t i)
{
	return p->whys[i] ? p->whys[i] : p->notes[i] ? p->notes[i] : "";
}

static void picker_cell(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct picker *p = ctx;
	size_t i = p->shown[row];

	if (col == 1 || p->whys[i])
		*style = RS_STYLE_DIM;
	(void)rs_buf_adds(text, col == 0 ? p->labels[i] : note_of(p, i));
}

static const struct rs_tableview_model picker_model = {.rows = picker_rows, .cell = picker_cell};

static void picker_find(struct picker *p, const char *text)
{
	p->shown_count = 0;
	for (size_t i = 0; i < p->count; i++)
		if (strcasestr(p->labels[i], text) || strcasestr(p->ids[i], text) ||
		    (p->notes[i] && strcasestr(p->notes[i], text)))
			p->shown[p->shown_count++] = i;
}

static void picker_free(struct picker *p)
{
	for (size_t i = 0; p && i < p->count; i++) {
		free(p->ids[i]);
		free(p->labels[i]);
		free(p->notes[i]);
		free(p->whys[i]);
	}
	if (!p)
		return;
	free(p->ids);
	free(p->labels);
	free(p->notes);
	free(p->whys);
	free(p->shown);
	free(p);
}

static struct picker *picker_new(const struct rs_option *options, size_t count)
{
	struct picker *p = rs_xcalloc(1, sizeof *p);
	struct rs_col cols[] = {{"", 20, 0, 0, RS_LEFT, 0}, {"", 10, 0, 1, RS_LEFT, 1}};

	p->count = count;
	p->ids = rs_xcalloc(count + 1, sizeof *p->ids);
	p->labels = rs_xcalloc(count + 1, sizeof *p->labels);
	p->notes = rs_xcalloc(count + 1, sizeof *p->notes);
	p->whys = rs_xcalloc(count + 1, sizeof *p->whys);
	p->shown = rs_xcalloc(count + 1, sizeof *p->shown);
	for (size_t i = 0; i < count; i++) {
		p->ids[i] = rs_xstrdup(options[i].id);
		p->labels[i] = rs_xstrdup(options[i].label ? options[i].label : options[i].id);
		p->notes[i] = rs_xstrdup(options[i].note);
		p->whys[i] = rs_xstrdup(options[i].why);
	}
	picker_find(p, "");
	for (size_t i = 0; i < count; i++) {
		cols[0].max = rs_text_width(p->labels[i]) > cols[0].max ? rs_text_width(p->labels[i]) : cols[0].max;
		p->explains = p->explains || rs_text_width(note_of(p, i)) > NOTE_ROOM;
	}
	p->table = rs_tableview_new("list", cols, 2, &picker_model, p);
	p->table->headless = true;
	p->table->margin = 2;
	return p;
}

/* --- answers -------------------------------------------------------------------------- */

static bool word_typed(const struct dialog *d)
{
	const char *text = rs_entry_text(d->entry);

	return strcmp(text, d->word) == 0 || (d->word2 && strcmp(text, d->word2) == 0);
}

static void ask_for_word(struct dialog *d)
{
	struct rs_buf text = RS_BUF_INIT;

	/* TRANSLATORS: %s is the name of what would be destroyed */
	(void)rs_buf_addf(&text, _("✗ Type %s to go on."), d->word);
	rs_label_set(d->hint, rs_buf_str(&text), RS_STYLE_ERROR);
	(void)rs_widget_focus(d->root, &d->entry->w);
	rs_buf_release(&text);
}

/* Takes the answer, unless it is not complete. */
static bool answer(struct dialog *d, const char *text)
{
	if (text && d->word && strcmp(text, "yes") == 0 && !word_typed(d)) {
		ask_for_word(d);
		return false;
	}
	if (text && d->taken && !d->taken(d->taken_ctx, text))
		return false;
	free(d->answer);
	d->answer = rs_xstrdup(text);
	return true;
}

static bool is_buttons(const struct rs_widget *w)
{
	return w && strcmp(w->ops->kind, "buttons") == 0;
}

/* Enter in a field: on to the next, as in a form. Behind the last are the buttons; the one under the cursor is pressed with it,
 * but where something is destroyed. */
static bool entered(struct dialog *d)
{
	const struct rs_widget *at;

	(void)rs_widget_move(d->root, RS_KEY_TAB);
	at = rs_widget_focused(d->root);
	return is_buttons(at) && !d->danger && answer(d, rs_buttons_current(at));
}

static bool pressed(struct dialog *d, const struct rs_widget *who)
{
	const char *id;

	if (who && !is_buttons(who) && d->entry == NULL)
		return entered(d);
	if (who && d->entry && who == &d->entry->w)
		return answer(d, d->word ? "yes" : rs_entry_text(d->entry));
	id = who ? rs_buttons_current(who) : NULL;
	if (id && strcmp(id, "cancel") == 0 && d->entry)
		return answer(d, NULL);
	return answer(d, d->entry && !d->word ? rs_entry_text(d->entry) : id);
}

static bool pick(struct dialog *d)
{
	struct picker *p = d->picker;
	size_t row = rs_tableview_row(p->table);

	return row != RS_NO_ROW && !p->whys[p->shown[row]] && answer(d, p->ids[p->shown[row]]);
}

/* --- as an overlay -------------------------------------------------------------------- */

/* What is cut beside the choice under the cursor is in the help area, whole. */
static void picker_explain(struct dialog *d)
{
	const struct picker *p = d->picker;
	size_t row = rs_tableview_row(p->table);

	if (p->explains)
		rs_widget_set_help(&d->entry->w, row < p->shown_count ? note_of(p, p->shown[row]) : "");
}

static bool picker_key(struct dialog *d, const struct rs_event *ev)
{
	if (ev->type == RS_EV_KEY && !rs_key_is_text(ev->key) &&
	    rs_tableview_ops.event(&d->picker->table->w, ev) == RS_HANDLED)
		return false;
	if (rs_event_is(ev, RS_KEY_ENTER))
		return pick(d);
	if (rs_event_is(ev, RS_KEY_ESC))
		return answer(d, NULL);
	if (rs_event_is(ev, RS_KEY_DOWN) || rs_event_is(ev, RS_KEY_UP))
		return false;
	if (rs_widget_event(d->root, ev, NULL) == RS_CHANGED) {
		picker_find(d->picker, rs_entry_text(d->entry));
		rs_tableview_reload(d->picker->table);
	}
	return false;
}

static bool picker_event(struct dialog *d, const struct rs_event *ev)
{
	bool ends = picker_key(d, ev);

	picker_explain(d);
	return ends;
}

/* The text above pages wherever the focus is: who answers can read all of what is asked. */
static bool page_text(struct dialog *d, const struct rs_event *ev)
{
	if (!rs_event_is(ev, RS_KEY_PGUP) && !rs_event_is(ev, RS_KEY_PGDN))
		return false;
	for (size_t i = 0; i < d->root->kid_count; i++)
		if (strcmp(d->root->kids[i]->ops->kind, "scroll") == 0)
			return d->root->kids[i]->ops->event(d->root->kids[i], ev) == RS_HANDLED;
	return false;
}

static bool dialog_event(struct rs_overlay *o, const struct rs_event *ev)
{
	struct dialog *d = (struct dialog *)o;
	struct rs_widget *who = NULL;

	if (ev->type != RS_EV_KEY && ev->type != RS_EV_PASTE)
		return false;
	if (d->picker)
		return picker_event(d, ev);
	switch (rs_widget_event(d->root, ev, &who)) {
	case RS_SUBMIT: return pressed(d, who);
	case RS_CANCEL: return answer(d, NULL);
	case RS_REFUSED: rs_loop_say_refused(o->loop); return false;
	case RS_IGNORED: return !page_text(d, ev) && rs_event_is(ev, RS_KEY_ESC) && answer(d, NULL);
	default: return false;
	}
}

/* In the middle, but not over the help of what has the focus in it, where there is room above that. */
static struct rs_rect centred(struct dialog *d, struct rs_rect area)
{
	struct rs_size pref;
	int room = area.w - 8 < 1 ? 1 : area.w - 8, most = area.h - 4, w, h, y, free;

	rs_widget_measure(d->root, room, NULL, &pref);
	w = pref.w < 40 ? 40 : pref.w;
	w = w > room ? room : w;
	rs_widget_measure(d->root, w, NULL, &pref);
	if (d->picker && d->picker->explains && most - RS_FRAME_FOOT >= PICKER_LEAST)
		most -= RS_FRAME_FOOT; /* a list can be scrolled */
	h = pref.h > most ? most : pref.h;
	w += 6;
	h += 4;
	y = (area.h - h) / 2;
	free = area.h - RS_FRAME_FOOT - h;
	if (rs_widget_help(d->root) && y > free)
		y = free > 0 ? free : 0;
	return rs_rect_make(area.y + y, area.x + (area.w - w) / 2, h, w);
}

static void dialog_draw(struct rs_overlay *o, struct rs_canvas *c, struct rs_rect area)
{
	struct dialog *d = (struct dialog *)o;
	struct rs_rect r = centred(d, area);

	rs_canvas_frame(c, r, d->danger ? RS_STYLE_ERROR : RS_STYLE_RULE, d->title);
	if (d->danger)
		rs_canvas_textf(c, r.y, r.x + 3, r.w - 6, RS_STYLE_DANGER, " %s ", d->title);
	rs_widget_layout(d->root, rs_rect_make(r.y + 2, r.x + 3, r.h - 4, r.w - 6));
	rs_widget_draw(d->root, c, true);
	rs_widget_draw_popup(d->root, c, area);
}

static struct rs_widget *dialog_root(struct rs_overlay *o)
{
	return ((struct dialog *)o)->root;
}

static void dialog_closed(struct rs_overlay *o, bool ended)
{
	struct dialog *d = (struct dialog *)o;

	if (d->done && !ended)
		d->done(d->ctx, d->answer);
	rs_widget_free(d->root);
	picker_free(d->picker);
	free(d->title);
	free(d->answer);
	free(d->word);
	free(d->word2);
	free(d);
}

enum { DIALOG_OK = 1, DIALOG_NEXT, DIALOG_CANCEL };
static const struct rs_action actions[] = {
	{DIALOG_OK, "dialog-take", {RS_KEY_ENTER}, N_("Take"), N_("Takes what is under the cursor."), 1},
	{DIALOG_NEXT, "dialog-next", {RS_KEY_TAB}, N_("Move"), N_("To the next field or button."), 2},
	{DIALOG_CANCEL, "dialog-cancel", {RS_KEY_ESC}, N_("Cancel"), N_("Closes it; nothing is done."), 3},
};
static const struct rs_keymap dialog_keys = {N_("Questions"), actions, RS_COUNT(actions)};

static const struct rs_overlay_ops dialog_ops = {
	.name = "dialog", .keymap = &dialog_keys, .draw = dialog_draw, .event = dialog_event,
	.root = dialog_root, .closed = dialog_closed,
};

static struct dialog *open_dialog(struct rs_loop *loop, const char *title, struct rs_widget *root,
                                  rs_dialog_done *done, void *ctx)
{
	struct dialog *d = rs_xcalloc(1, sizeof *d);

	d->o.ops = &dialog_ops;
	d->root = root;
	d->title = rs_xstrdup(title);
	d->done = done;
	d->ctx = ctx;
	rs_loop_overlay_add(loop, &d->o);
	return d;
}

bool rs_dialog_is_open(const struct rs_loop *loop)
{
	const struct rs_overlay *o = rs_loop_overlay(loop);

	return o && o->ops == &dialog_ops;
}

/* --- kinds ---------------------------------------------------------------------------- */

/* Long text scrolls; the buttons below it are always in sight. */
static struct rs_widget *text_above(const char *text)
{
	struct rs_widget *column = rs_column_new(1);

	if (text && *text)
		(void)rs_widget_add(column, rs_scroll_new(rs_label_new(text, RS_STYLE_NORMAL)));
	return column;
}

static struct rs_widget *add_buttons(struct rs_widget *column, const struct rs_option *buttons, size_t count)
{
	struct rs_widget *row = rs_buttons_new("buttons", buttons, count, 0);

	(void)rs_widget_add(column, row);
	(void)rs_widget_focus(column, row);
	return row;
}

void rs_dialog_message(struct rs_loop *loop, const char *title, const char *text, rs_dialog_done *done,
                       void *ctx)
{
	struct rs_option ok = {"ok", _("OK"), NULL, NULL};
	struct rs_widget *root = text_above(text);

	(void)add_buttons(root, &ok, 1);
	(void)open_dialog(loop, title, root, done, ctx);
}

void rs_dialog_error(struct rs_loop *loop, const char *title, const struct rs_err *err,
                     rs_dialog_done *done, void *ctx)
{
	struct rs_buf text = RS_BUF_INIT;
	char code[16];

	(void)rs_buf_addf(&text, "%s  %s", rs_err_code_text(err->code, code, sizeof code),
	                  err->primary ? err->primary : rs_err_title(err->code));
	if (err->detail)
		(void)rs_buf_addf(&text, "\n\n%s", err->detail);
	if (err->hint)
		(void)rs_buf_addf(&text, "\n\n%s", err->hint);
	rs_dialog_message(loop, title, rs_buf_str(&text), done, ctx);
	rs_buf_release(&text);
}

void rs_dialog_ask(struct rs_loop *loop, const char *title, const char *text, bool danger,
                   const struct rs_option *buttons, size_t count, rs_dialog_done *done, void *ctx)
{
	struct rs_widget *root = text_above(text);

	(void)add_buttons(root, buttons, count);
	open_dialog(loop, title, root, done, ctx)->danger = danger;
}

void rs_dialog_typed(struct rs_loop *loop, const char *title, const char *text, const char *word,
                     const char *word2, const char *action, rs_dialog_done *done, void *ctx)
{
	struct rs_option buttons[] = {{"cancel", _("Cancel"), NULL, NULL}, {"yes", action, NULL, NULL}};
	struct rs_widget *root = text_above(text), *hint = rs_label_new("", RS_STYLE_NORMAL);
	struct rs_entry *entry = rs_entry_new("word", 40, 1000);
	struct rs_buf say = RS_BUF_INIT;
	struct dialog *d;

	/* TRANSLATORS: %s is the name of what would be destroyed */
	(void)rs_buf_addf(&say, _("Type %s:"), word);
	(void)rs_widget_add(root, rs_label_new(rs_buf_str(&say), RS_STYLE_NORMAL));
	(void)rs_widget_add(root, &entry->w);
	(void)rs_widget_add(root, hint);
	(void)add_buttons(root, buttons, 2);
	(void)rs_widget_focus(root, &entry->w);
	d = open_dialog(loop, title, root, done, ctx);
	d->danger = true;
	d->entry = entry;
	d->hint = hint;
	d->word = rs_xstrdup(word);
	d->word2 = rs_xstrdup(word2);
	rs_buf_release(&say);
}

void rs_dialog_choose(struct rs_loop *loop, const char *title, const struct rs_option *options,
                      size_t count, const char *chosen, rs_dialog_done *done, void *ctx)
{
	struct picker *p = picker_new(options, count);
	struct rs_entry *find = rs_filter_new("find", _("Find:"));
	struct rs_widget *root = rs_column_new(1);
	struct dialog *d;

	(void)rs_widget_add(root, &find->w);
	(void)rs_widget_add(root, &p->table->w);
	(void)rs_widget_focus(root, &find->w);
	p->table->w.weight = 0;
	for (size_t i = 0; chosen && i < count; i++)
		if (strcmp(options[i].id, chosen) == 0)
			rs_tableview_select(p->table, i);
	d = open_dialog(loop, title, root, done, ctx);
	d->entry = find;
	d->picker = p;
	picker_explain(d);
}

void rs_dialog_prompt(struct rs_loop *loop, const char *title, const char *label, const char *value,
                      rs_dialog_done *done, void *ctx)
{
	struct rs_option buttons[] = {{"ok", _("OK"), NULL, NULL}, {"cancel", _("Cancel"), NULL, NULL}};
	struct rs_widget *root = text_above(label);
	struct rs_entry *entry = rs_entry_new("value", TEXT_WIDTH, 65536);

	rs_entry_set(entry, value);
	(void)rs_widget_add(root, &entry->w);
	(void)add_buttons(root, buttons, 2);
	(void)rs_widget_focus(root, &entry->w);
	open_dialog(loop, title, root, done, ctx)->entry = entry;
}

void rs_dialog_open(struct rs_loop *loop, const char *title, struct rs_widget *root, bool danger,
                    bool (*taken)(void *ctx, const char *answer), rs_dialog_done *done, void *ctx)
{
	struct dialog *d = open_dialog(loop, title, root, done, ctx);

	d->danger = danger;
	d->taken = taken;
	d->taken_ctx = ctx;
}
