/* What all screens have in common, drawn around the top one by the loop: title line, steps, rule, body, two lines of
 * help, rule, key bar; and the card for a terminal that is too small. */
#ifndef RS_FRAME_H
#define RS_FRAME_H

#include "tui/screen.h"

#define RS_FRAME_MIN_H 16
#define RS_FRAME_MIN_W 60
#define RS_FRAME_HELP 2      /* rows of help, as wide as the terminal but for a cell at each end */
#define RS_FRAME_FOOT (RS_FRAME_HELP + 1) /* rows above the key bar that are not the body's: help, rule */

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
/* What the help area says of a screen; appended. */
void rs_frame_help(struct rs_screen *s, struct rs_buf *out);
/* The key bar alone, in one line, of a map whose actions all work (dialogs): by rank, as many as fit, and ? Help, unless they are those of
 * the help itself. */
void rs_keybar_draw_map(struct rs_canvas *c, int y, const struct rs_keymap *map, bool helps, bool typing);
/* Whether an action of the screen's map, or a universal one, works now; the reason goes to *why (may become NULL). */
bool rs_screen_enabled(struct rs_screen *s, int action, const char **why);

#endif
