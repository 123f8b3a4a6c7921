/* The base of all widgets. A widget is a disposable view: answers live in the screen's state, and a widget is made
 * from them, tells of changes, and can be thrown away and made again. It draws only on a canvas, so it can be tested
 * without a terminal. All calls on the UI thread.
 *
 * Implementations embed struct rs_widget as their first member; their constructors return that struct type
 * (struct rs_entry *) and its widget is &entry->w. A container owns its children; freeing the root frees all.
 *
 * Life of a key: it is offered to the focused leaf, then to each container above it; what all ignore goes to the
 * screen's keymap (loop.h); what that leaves moves the focus, if it is Tab, Shift-Tab or an arrow. The reply says what
 * happened, and to whom. */
#ifndef RS_WIDGET_H
#define RS_WIDGET_H

#include <stdbool.h>
#include <stddef.h>
#include "tui/canvas.h"
#include "tui/input.h"

enum rs_reply {
	RS_IGNORED,  /* not for this widget: the next one is asked */
	RS_HANDLED,  /* taken; only its looks changed */
	RS_CHANGED,  /* its value changed: the owner copies it */
	RS_SUBMIT,   /* Enter on the last field, a button, a row of a list */
	RS_CANCEL,   /* Esc where it meant this widget */
	RS_REFUSED   /* what was pasted can't stand here: nothing changed, and the user is told so */
};

struct rs_widget;

struct rs_widget_ops {
	const char *kind; /* "entry"; for scripts and assertions */
	/* The least that makes sense and what is liked best. width is what can be had at most (text wraps to it). */
	void (*measure)(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref);
	/* w->rect has been set; containers place their children. NULL: nothing to do. */
	void (*layout)(struct rs_widget *w);
	/* Draws inside w->rect; the clip is set to it. focused: keys come here. */
	void (*draw)(struct rs_widget *w, struct rs_canvas *c, bool focused);
	/* NULL: ignores everything. Never called while hidden or disabled, but for containers. */
	enum rs_reply (*event)(struct rs_widget *w, const struct rs_event *ev);
	/* A container may answer for what a child replied (never RS_IGNORED). NULL: the child's reply goes on up. */
	enum rs_reply (*kid_reply)(struct rs_widget *w, struct rs_widget *kid, enum rs_reply reply);
	/* NULL: never takes the focus (labels). */
	bool (*focusable)(const struct rs_widget *w);
	/* Types text: letters belong to it, not to the screen's keys. NULL: no. */
	bool (*typing)(const struct rs_widget *w);
	/* Drawn last, over everything, while it has the focus (a drop-down's list). area: where it may draw. NULL: none. */
	void (*popup)(struct rs_widget *w, struct rs_canvas *c, struct rs_rect area);
	/* The focus has come or gone; NULL: of no interest. */
	void (*focus_changed)(struct rs_widget *w, bool focused);
	/* Frees what the widget itself owns (not children, not base, not the struct). NULL: nothing. */
	void (*destroy)(struct rs_widget *w);
};

struct rs_widget {
	const struct rs_widget_ops *ops;
	char *id;              /* the field's id, NULL: none; rs_widget_find, scripts */
	char *help;            /* what stands in the two-line help area while it has the focus; NULL: the parent's */
	char *why;             /* why it can't be used now, NULL: it can. It stays visible and reachable. */
	struct rs_rect rect;   /* where it was laid out, absolute */
	bool hidden;           /* takes no room; its value is kept */
	int weight;            /* share of the room left over in a box; 0: only its own size */
	struct rs_widget *parent;
	struct rs_widget **kids;
	size_t kid_count, kid_cap;
	size_t focus;          /* which child the focus is in */
	const struct rs_widget *tail; /* what is below it and belongs to it: scrolled into sight with it; NULL: nothing */
};

/* For implementations: base members, zero but for these. id may be NULL. */
void rs_widget_init(struct rs_widget *w, const struct rs_widget_ops *ops, const char *id);
/* Gives kid to parent. Returns kid. */
struct rs_widget *rs_widget_add(struct rs_widget *parent, struct rs_widget *kid);
/* Takes all children out and frees them. */
void rs_widget_clear(struct rs_widget *parent);
/* Frees it with all below it. It must not have a parent, or the parent must be on its way out. NULL is fine. */
void rs_widget_free(struct rs_widget *w);

void rs_widget_set_help(struct rs_widget *w, const char *help);
/* why: the reason, shown in the help area; NULL enables it again. */
void rs_widget_disable(struct rs_widget *w, const char *why);
/* The focus moves on by itself if it was inside. */
void rs_widget_hide(struct rs_widget *w, bool hidden);

/* min or pref may be NULL. A hidden widget is 0 x 0. */
void rs_widget_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref);
void rs_widget_layout(struct rs_widget *w, struct rs_rect rect);
void rs_widget_draw(struct rs_widget *w, struct rs_canvas *c, bool focused);
/* The focused leaf's popup, after everything else. */
void rs_widget_draw_popup(struct rs_widget *root, struct rs_canvas *c, struct rs_rect area);

/* Offers it to the focused leaf and the containers above it. *who (may be NULL) gets the widget that replied, where the
 * reply is not RS_IGNORED. */
enum rs_reply rs_widget_offer(struct rs_widget *root, const struct rs_event *ev, struct rs_widget **who);
/* Tab, Shift-Tab and the arrows move the focus, the arrows by position (after a layout). False: it stays. */
bool rs_widget_move(struct rs_widget *root, uint32_t key);
/* Both, one after the other. (In a screen the loop asks the screen's keymap in between.) */
enum rs_reply rs_widget_event(struct rs_widget *root, const struct rs_event *ev, struct rs_widget **who);

/* The leaf with the focus, NULL where nothing below can take it. */
struct rs_widget *rs_widget_focused(struct rs_widget *root);
/* Puts the focus on w (or the first that takes it inside w). False: none does. */
bool rs_widget_focus(struct rs_widget *root, struct rs_widget *w);
/* Next (+1) or previous (-1) in reading order; at the end it goes round when wrap is set, else false. */
bool rs_widget_focus_step(struct rs_widget *root, int step, bool wrap);
bool rs_widget_is_typing(struct rs_widget *root);
/* The text for the help area: of the focused leaf or of the nearest one above; why it is disabled comes first. */
const char *rs_widget_help(struct rs_widget *root);
struct rs_widget *rs_widget_find(struct rs_widget *root, const char *id);

#endif
