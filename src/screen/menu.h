/* A menu of a screen's actions: all that are named, also those that can't be done now, with the reason. What is chosen is done as
 * with its key. A part of the screen, zero at first; UI thread. */
#ifndef RS_SCREEN_MENU_H
#define RS_SCREEN_MENU_H

#include "tui/loop.h"

/* As enabled of the screen's operations. */
typedef bool rs_menu_enabled(struct rs_screen *s, int action, const char **why);

struct rs_menu {
	struct rs_screen *screen;
	const int *actions;        /* of the screen's keymap; static */
	size_t count;
	rs_menu_enabled *enabled;
};

void rs_menu_open(struct rs_menu *m, const char *title);

#endif
