/* A screen: one full-page view with its body of widgets and its keys. The loop keeps a stack of them; the frame (title
 * line, rules, help area, key bar) is drawn around whichever is on top. A screen that is covered keeps its state.
 *
 * Implementations embed struct rs_screen as their first member and live on the UI thread. They never do I/O: work goes
 * to other threads, which come back through rs_loop_post() or rs_loop_wake(). */
#ifndef RS_SCREEN_H
#define RS_SCREEN_H

#include "tui/keymap.h"
#include "tui/label.h"
#include "tui/widget.h"

struct rs_loop;
struct rs_screen;

struct rs_screen_ops {
	const char *name;               /* "tasks": for scripts and the log */
	const char *help_topic;         /* heading of the ? overlay (N_); NULL: the keymap's title */
	const struct rs_keymap *keymap; /* NULL: none of its own */
	int tick_ms;                    /* how often tick is called while it is on top; 0: never */

	/* On top now, for the first time or again. NULL: nothing to do, as with all below unless said otherwise. */
	void (*enter)(struct rs_screen *s);
	/* Covered by another, or about to be destroyed. */
	void (*leave)(struct rs_screen *s);
	/* Where the user is: "Configure Task · MySQL to MySQL". Required. */
	void (*place)(struct rs_screen *s, struct rs_buf *out);
	/* The steps shown below the title; at most max. Returns how many, 0 for none. */
	size_t (*steps)(struct rs_screen *s, struct rs_step *steps, size_t max);
	/* Draws the body itself. NULL: the root widget is laid out over the body and drawn. */
	void (*draw)(struct rs_screen *s, struct rs_canvas *c, struct rs_rect body);
	/* Sees everything first: keys, paste (to split a pasted address into fields), resize, wake. */
	enum rs_reply (*event)(struct rs_screen *s, const struct rs_event *ev);
	/* A widget of the root replied CHANGED, SUBMIT or CANCEL. False for CANCEL: not mine, Esc goes on as a key. */
	bool (*notify)(struct rs_screen *s, struct rs_widget *w, enum rs_reply reply);
	/* The focus has moved (either may be NULL): the field that was left can be checked. */
	void (*focus)(struct rs_screen *s, struct rs_widget *from, struct rs_widget *to);
	/* One of its keymap's actions, only called when enabled. Also RS_ACT_BACK, before the loop pops: true means that
	 * it has been dealt with (asked first, went back a step). Returns false to let the loop go on. */
	bool (*action)(struct rs_screen *s, int action);
	/* Whether it works now; the reason goes to *why (borrowed, may stay NULL). NULL: all do. The key bar leaves out
	 * what does not, the overlay shows it dim with the reason, its key shows the reason. */
	bool (*enabled)(struct rs_screen *s, int action, const char **why);
	/* The two-line help area. NULL, or nothing appended: the focused widget's help. */
	void (*help)(struct rs_screen *s, struct rs_buf *out);
	void (*tick)(struct rs_screen *s);
	/* Frees the screen itself with what it owns; the root widget is freed by the loop before. Required. */
	void (*destroy)(struct rs_screen *s);
};

struct rs_screen {
	const struct rs_screen_ops *ops;
	struct rs_loop *loop;   /* set by rs_loop_push */
	struct rs_widget *root; /* the body; owned; NULL where draw does it all */
};

#endif
