/* What all screens have in common, drawn around the top one by the loop: title line, steps, rule, body, two lines of
 * help, rule, key bar; and the card for a terminal that is too small. */
#ifndef RS_FRAME_H
#define RS_FRAME_H

#include "tui/screen.h"

#define RS_FRAME_MIN_H 16
#define RS_FRAME_MIN_W 60
#define RS_FRAME_FOOT 3      /* rows above the key bar that are not the body's: help, rule */

struct rs_frame {
	const char *program, *host; /* NULL: none */
	const char *clock;          /* "12:41:07", NULL: none */
	const char *say;            /* a passing message in place of the help; NULL: none */
	unsigned say_style;
	const char *help;           /* in place of the screen's own; NULL: that */
};

/* False in less than 60 x 16: then only a card was drawn that says what is needed. body gets where the screen goes. */
bool rs_frame_draw(struct rs_canvas *c, struct rs_screen *s, const struct rs_frame *f,
                   struct rs_rect *body);
/* The key bar alone, in one line, of a map whose actions all work (dialogs): by rank, as many as fit; ? Help is always there. */
void rs_keybar_draw_map(struct rs_canvas *c, int y, const struct rs_keymap *map, bool typing);
/* Whether an action of the screen's map, or a universal one, works now; the reason goes to *why (may become NULL). */
bool rs_screen_enabled(struct rs_screen *s, int action, const char **why);

#endif
