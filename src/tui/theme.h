/* What cells mean, not how they look: widgets draw in these styles, and the terminal turns each into one of sixteen
 * colours with default background, or into bold, reverse and underline where there is no colour. A style never carries
 * information alone: a word or a glyph says the same. Pure; no state. */
#ifndef RS_THEME_H
#define RS_THEME_H

#include <stdbool.h>

/* A cell's style is one of these, with RS_MOD_ flags or'ed in. X(symbol, letter in style dumps, fg, colour attributes,
 * mono attributes); fg -1 is the terminal's own. */
#define RS_STYLES(X)                                                                                \
	X(NORMAL, '.', -1, 0, 0)                          /* body text */                               \
	X(TITLE, 'T', -1, RS_LOOK_BOLD, RS_LOOK_BOLD)     /* program and place in the title line */     \
	X(RULE, '-', -1, RS_LOOK_DIM, 0)                  /* rules, borders, bar frames */              \
	X(LABEL, 'l', -1, 0, 0)                           /* a field's label */                         \
	X(HEADER, 'h', -1, RS_LOOK_BOLD, RS_LOOK_BOLD)    /* table heads, group titles */               \
	X(KEY, 'k', -1, RS_LOOK_BOLD, RS_LOOK_BOLD)       /* a key's name in the key bar and the help */ \
	X(FIELD, 'f', -1, RS_LOOK_UNDERLINE, RS_LOOK_UNDERLINE) /* where text can be typed */           \
	X(DIM, 'd', -1, RS_LOOK_DIM, 0)                   /* less important, placeholder, unavailable */ \
	X(OK, 'o', 2, 0, 0)                               /* passed, healthy */                         \
	X(WARN, 'w', 3, RS_LOOK_BOLD, RS_LOOK_BOLD)       /* needs attention */                         \
	X(ERROR, 'e', 1, RS_LOOK_BOLD, RS_LOOK_BOLD)      /* failed, refused */                         \
	X(ACCENT, 'a', 6, RS_LOOK_BOLD, RS_LOOK_BOLD)     /* where the focus is, what moves now */      \
	X(DATA, 'b', 4, 0, 0)                             /* the filled part of bars and graphs */      \
	X(DANGER, 'D', 1, RS_LOOK_BOLD | RS_LOOK_REVERSE, RS_LOOK_BOLD | RS_LOOK_REVERSE) /* destroys */

enum rs_style {
#define X(symbol, letter, fg, colour, mono) RS_STYLE_##symbol,
	RS_STYLES(X)
#undef X
	RS_STYLE_COUNT
};

/* How a style is changed for the moment. */
enum rs_mod {
	RS_MOD_SELECTED = 1 << 8,  /* the row or button under the cursor: reverse */
	RS_MOD_STALE = 1 << 9,     /* a value older than two refreshes: dim */
	RS_MOD_MATCH = 1 << 10,    /* the part that a filter matched: underline */
	RS_MOD_BOLD = 1 << 11
};
#define RS_STYLE_OF(style) ((enum rs_style)((style) & 0xffu))

enum rs_look_attr { RS_LOOK_BOLD = 1, RS_LOOK_DIM = 2, RS_LOOK_UNDERLINE = 4, RS_LOOK_REVERSE = 8 };

/* What the terminal is asked for. */
struct rs_look {
	int fg;         /* 0 to 7 as in ANSI, -1 the terminal's own */
	unsigned attrs; /* enum rs_look_attr */
};

struct rs_look rs_theme_look(unsigned style, bool colour);
/* The letter that stands for a style in dumps; '#' for anything selected. */
char rs_theme_letter(unsigned style);

#endif
