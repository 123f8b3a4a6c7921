/* Looking for a text on a screen: asked for once, then the next and the one before that has it. What that is, a line or a row, is the
 * screen's own: it is told the text and the direction, goes there and returns true, or false where there is none (more).
 *
 * For a screen's table of actions RS_SEARCH_ACTIONS, with three numbers from the first on. UI thread; freed by its screen. */
#ifndef RS_SCREEN_SEARCH_H
#define RS_SCREEN_SEARCH_H

#include "tui/loop.h"

struct rs_search;

/* first: it was just asked for, and what is under the cursor counts too. */
typedef bool rs_search_go(void *ctx, const char *text, bool first, bool backwards);

struct rs_search *rs_search_new(struct rs_loop *loop, rs_search_go *go, void *ctx);
void rs_search_free(struct rs_search *s);

enum rs_search_action { RS_SEARCH_ASK, RS_SEARCH_NEXT, RS_SEARCH_BEFORE };
void rs_search_do(struct rs_search *s, enum rs_search_action what);

#define RS_SEARCH_ACTIONS(first, rank)                                                                                         \
	{(first) + RS_SEARCH_ASK, "search", {'/', '\\', RS_KEY_F4}, N_("Search"), N_("Look for a text."), rank},                   \
	{(first) + RS_SEARCH_NEXT, "search-next", {'n'}, N_("Next match"), N_("The next place that has the text."), (rank) + 1},       \
	{(first) + RS_SEARCH_BEFORE, "search-before", {'N'}, N_("Match before"), N_("The place before that has the text."), 0}

#endif
