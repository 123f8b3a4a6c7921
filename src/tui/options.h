/* What drop-down, radio and multichoice share; private to choice.c and options.c. */
#ifndef RS_OPTIONS_H
#define RS_OPTIONS_H

#include "tui/choice.h"

struct rs_option_item {
	char *id, *label, *note, *why;
	bool marked; /* multichoice */
};

#define RS_FIND_SIZE 64

struct rs_options {
	struct rs_widget w;
	struct rs_option_item *items;
	size_t count;
	size_t chosen;            /* RS_NO_OPTION: none */
	size_t cursor, top;       /* in a drop-down, among those that match find */
	int rows;                 /* most rows shown, 0: all */
	int width;                /* drop-down: liked width */
	bool open;                /* drop-down */
	char find[RS_FIND_SIZE];  /* drop-down: what was typed */
};

struct rs_options *rs_options_new(const struct rs_widget_ops *ops, const char *id);
/* For ops.destroy. */
void rs_options_destroy(struct rs_widget *w);
/* Cells of the widest label with its note. */
int rs_options_width(const struct rs_options *o);
/* Label and note (or why) in w cells. */
void rs_options_draw_item(const struct rs_options *o, struct rs_canvas *c, int y, int x, int w, size_t i,
                          unsigned mods);

#endif
