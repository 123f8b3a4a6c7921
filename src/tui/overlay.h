/* What stands over the top screen and takes all keys while it does: a dialog, the ? overlay, which a dialog may have over itself.
 * Private to tui. */
#ifndef RS_OVERLAY_H
#define RS_OVERLAY_H

#include "tui/loop.h"

struct rs_overlay;

struct rs_overlay_ops {
	const char *name;               /* for scripts */
	bool helps;                     /* it tells keys itself: the ? overlay does not open over it */
	const struct rs_keymap *keymap; /* for the key bar */
	/* area: the whole canvas but for the key bar. */
	void (*draw)(struct rs_overlay *o, struct rs_canvas *c, struct rs_rect area);
	/* True: it is finished: the loop takes it away, then calls closed. */
	bool (*event)(struct rs_overlay *o, const struct rs_event *ev);
	struct rs_widget *(*root)(struct rs_overlay *o);
	/* It is gone from the screen and tells its owner; then it frees itself. ended: the loop is being freed. */
	void (*closed)(struct rs_overlay *o, bool ended);
};

struct rs_overlay {
	const struct rs_overlay_ops *ops;
	struct rs_loop *loop;
	struct rs_overlay *next; /* waits for this one */
};

/* Shows it, or lets it wait for those that are open. */
void rs_loop_overlay_add(struct rs_loop *loop, struct rs_overlay *o);
struct rs_overlay *rs_loop_overlay(const struct rs_loop *loop);
/* The same in front of those that are open. */
void rs_loop_overlay_cover(struct rs_loop *loop, struct rs_overlay *o);
/* The ? overlay for what takes keys now: the overlay that is open, else the top screen. */
void rs_help_open(struct rs_loop *loop);

/* Tells that a widget refused what was pasted. */
void rs_loop_say_refused(struct rs_loop *loop);

#endif
