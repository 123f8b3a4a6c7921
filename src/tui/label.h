/* Text and pictures that take no focus. */
#ifndef RS_LABEL_H
#define RS_LABEL_H

#include "tui/widget.h"

/* Text in a style, wrapped. Copies it. */
struct rs_widget *rs_label_new(const char *text, unsigned style);
void rs_label_set(struct rs_widget *label, const char *text, unsigned style);
/* One rule over the whole width, with a title in it (NULL: none). */
struct rs_widget *rs_rule_new(const char *title);

/* ┃ between two panes of a row. */
struct rs_widget *rs_divider_new(void);

/* ▕██████▋   ▏  68 %  text  : one line. */
struct rs_widget *rs_gauge_new(int bar_width);
/* fraction < 0: unknown, drawn empty with –. text (copied) stands behind it; NULL: none. */
void rs_gauge_set(struct rs_widget *gauge, double fraction, unsigned style, const char *text);

/* The steps of a wizard: ✓ done  ● current  ○ to come  ✗ with errors; in little room "Step 2/5  Objects". */
enum rs_step_state { RS_STEP_TODO, RS_STEP_NOW, RS_STEP_DONE, RS_STEP_BAD, RS_STEP_REVIEW };
struct rs_step {
	const char *title; /* borrowed for the call */
	enum rs_step_state state;
};
void rs_steps_draw(struct rs_canvas *c, int y, int x, int w, const struct rs_step *steps, size_t count);

#endif
