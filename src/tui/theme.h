/* What cells mean, not how they look: widgets draw in these styles, and the terminal turns each into a colour that can be read
 * on its own background, or into bold, reverse and underline where there is no colour. A style never carries information alone:
 * a word or a glyph says the same. Pure; no state. */
#ifndef RS_THEME_H
#define RS_THEME_H

/* Which colours there are to choose from. */
enum rs_palette {
	RS_PALETTE_NONE,
	RS_PALETTE_DARK,  /* eight, of which a bold one may come out as the bright one, on a dark background */
	RS_PALETTE_LIGHT, /* the same on a light one */
	RS_PALETTE_MANY,  /* 256: those in the middle can be read on either */
	RS_PALETTES
};
/* For a terminal with so many colours; colorfgbg: $COLORFGBG, by which some say what their background is, NULL: they don't. */
enum rs_palette rs_theme_palette(int colours, const char *colorfgbg);

/* A cell's style is one of these, with RS_MOD_ flags or'ed in. X(symbol, letter in style dumps, colours of the palettes dark, light
 * and many, attributes in colour, attributes without); colour -1 is the terminal's own. */
#define RS_STYLES(X)                                                                                             \
	X(NORMAL, '.', -1, -1, -1, 0, 0)                          /* body text */                               \
	X(TITLE, 'T', -1, -1, -1, RS_LOOK_BOLD, RS_LOOK_BOLD)     /* program and place in the title line */     \
	X(RULE, '-', -1, -1, -1, RS_LOOK_DIM, 0)                  /* rules, borders, bar frames */              \
	X(LABEL, 'l', -1, -1, -1, 0, 0)                           /* a field's label */                         \
	X(HEADER, 'h', -1, -1, -1, RS_LOOK_BOLD, RS_LOOK_BOLD)    /* table heads, group titles */               \
	X(KEY, 'k', -1, -1, -1, RS_LOOK_BOLD, RS_LOOK_BOLD)       /* a key's name in the key bar and the help */ \
	X(FIELD, 'f', -1, -1, -1, RS_LOOK_UNDERLINE, RS_LOOK_UNDERLINE) /* where text can be typed */           \
	X(DIM, 'd', -1, -1, -1, RS_LOOK_DIM, 0)                   /* less important, placeholder, unavailable */ \
	X(OK, 'o', 2, -1, 28, 0, 0)                               /* passed, healthy */                         \
	X(WARN, 'w', 3, 5, 130, RS_LOOK_BOLD, RS_LOOK_BOLD)       /* needs attention */                         \
	X(ERROR, 'e', 1, 1, 160, RS_LOOK_BOLD, RS_LOOK_BOLD)      /* failed, refused */                         \
	X(ACCENT, 'a', 6, 4, 31, RS_LOOK_BOLD, RS_LOOK_BOLD)      /* where the focus is, what moves now */      \
	X(DATA, 'b', 6, 4, 32, 0, 0)                              /* the filled part of bars and graphs */      \
	X(DANGER, 'D', 1, 1, 160, RS_LOOK_BOLD | RS_LOOK_REVERSE, RS_LOOK_BOLD | RS_LOOK_REVERSE) /* destroys */

enum rs_style {
#define X(symbol, letter, dark, light, many, colour, mono) RS_STYLE_##symbol,
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
	int fg;         /* the terminal's number for it, -1 its own */
	unsigned attrs; /* enum rs_look_attr */
};

struct rs_look rs_theme_look(unsigned style, enum rs_palette palette);
/* The letter that stands for a style in dumps; '#' for anything selected. */
char rs_theme_letter(unsigned style);

#endif
