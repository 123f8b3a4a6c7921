/* A grid of cells that widgets draw on. Nothing here knows curses: the terminal shows a canvas by comparing it with
 * the one shown before (term.h), and tests read it as text.
 *
 * Coordinates are cells, y first, absolute in the canvas, and may lie outside: what is outside the clip rectangle is
 * not drawn, so no caller needs to check sizes. All text is UTF-8 of any origin: what can't be shown is escaped
 * (rs_utf8_printable), wide characters take two cells and are never cut in half, combining ones join their base.
 *
 * On an ASCII canvas each character that the program itself draws (rules, ✓ ✗ ● ▸ … → bars, sparks) is replaced by one
 * ASCII character of the same width, so layouts are equal; any other non-ASCII character becomes '?' in each cell, or
 * where keep_text is set (the Linux console: letters, but no such glyphs) stays as it is.
 * Code therefore writes the glyphs of glyph.h, or the characters in its strings, and never asks which canvas it is.
 * One owner (the UI thread), no locking. */
#ifndef RS_CANVAS_H
#define RS_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "tui/theme.h"

/* Half-open: rows y to y+h-1, columns x to x+w-1. h or w <= 0 is empty. */
struct rs_rect {
	int y, x, h, w;
};

struct rs_size {
	int h, w;
};

enum rs_align { RS_LEFT, RS_RIGHT, RS_CENTRE };

#define RS_CELL_CPS 3
struct rs_cell {
	uint32_t cp[RS_CELL_CPS]; /* base and up to two combining characters, 0 where unused; cp[0] 0 is a blank */
	uint16_t style;           /* enum rs_style | enum rs_mod */
	uint8_t width;            /* 1, 2, or 0 for the right half of a wide character */
};

struct rs_canvas {
	struct rs_cell *cells; /* h * w, by rows */
	int h, w;
	struct rs_rect clip;
	bool ascii;            /* draw ASCII only … */
	bool keep_text;        /* … but for text that is not */
	bool cursor;           /* show the terminal's cursor … */
	int cursor_y, cursor_x; /* … here */
};

static inline struct rs_rect rs_rect_make(int y, int x, int h, int w)
{
	return (struct rs_rect){y, x, h, w};
}
struct rs_rect rs_rect_intersect(struct rs_rect a, struct rs_rect b);
static inline bool rs_rect_empty(struct rs_rect r) { return r.h <= 0 || r.w <= 0; }

/* All blank, clip = everything. Sizes are limited to 1..1000. */
void rs_canvas_init(struct rs_canvas *c, int h, int w, bool ascii);
void rs_canvas_release(struct rs_canvas *c);
/* Blank again, in a new size, clip = everything, cursor off. */
void rs_canvas_reset(struct rs_canvas *c, int h, int w);

/* Narrows the clip to its part inside r and returns the old one, for rs_canvas_unclip. */
struct rs_rect rs_canvas_clip(struct rs_canvas *c, struct rs_rect r);
void rs_canvas_unclip(struct rs_canvas *c, struct rs_rect old);

/* NULL outside the canvas. */
const struct rs_cell *rs_canvas_at(const struct rs_canvas *c, int y, int x);

void rs_canvas_fill(struct rs_canvas *c, struct rs_rect r, unsigned style);
/* Adds modifiers to what is already drawn (the selected row). */
void rs_canvas_modify(struct rs_canvas *c, struct rs_rect r, unsigned mods);
/* One character at y, x; a wide one needs two free cells. */
void rs_canvas_put(struct rs_canvas *c, int y, int x, unsigned style, uint32_t cp);
void rs_canvas_hline(struct rs_canvas *c, int y, int x, int w, unsigned style, uint32_t cp);
void rs_canvas_vline(struct rs_canvas *c, int y, int x, int h, unsigned style, uint32_t cp);
/* A single-line frame with a title in its top edge (NULL: none); the inside is blanked. */
void rs_canvas_frame(struct rs_canvas *c, struct rs_rect r, unsigned style, const char *title);

/* Text in one line of at most w cells; one that is longer ends in …. Returns the cells used. */
int rs_canvas_text(struct rs_canvas *c, int y, int x, int w, unsigned style, const char *s);
int rs_canvas_textn(struct rs_canvas *c, int y, int x, int w, unsigned style, const char *s,
                    size_t n);
int rs_canvas_textf(struct rs_canvas *c, int y, int x, int w, unsigned style, const char *fmt, ...)
	RS_PRINTF(6, 7);
/* As rs_canvas_text, placed within the w cells. */
int rs_canvas_aligned(struct rs_canvas *c, int y, int x, int w, enum rs_align align, unsigned style,
                      const char *s);
/* Text broken at blanks into the lines of r; what does not fit ends in …. Returns the lines used. */
int rs_canvas_wrapped(struct rs_canvas *c, struct rs_rect r, unsigned style, const char *s);

/* ▕████▋    ▏ with its frame, w cells in all. fraction is clamped to 0..1; NaN or negative draws it empty. */
void rs_canvas_bar(struct rs_canvas *c, int y, int x, int w, unsigned style, double fraction);
/* The newest values at the right end; a NaN leaves a gap. max <= 0: the largest of them. */
void rs_canvas_spark(struct rs_canvas *c, int y, int x, int w, unsigned style, const double *values,
                     size_t n, double max);

/* 2 * r.w values, the newest at the right, as columns of dots from the bottom of r up to max; a NaN leaves a gap. */
void rs_canvas_graph(struct rs_canvas *c, struct rs_rect r, unsigned style, const double *values, double max);

void rs_canvas_cursor(struct rs_canvas *c, int y, int x);

/* Appends the rows as UTF-8 lines without trailing blanks. */
void rs_canvas_dump_text(const struct rs_canvas *c, struct rs_buf *out);
/* Appends one letter a cell (rs_theme_letter), with the same shape; selected cells are '#'. */
void rs_canvas_dump_styles(const struct rs_canvas *c, struct rs_buf *out);

/* Cells that a text takes when drawn, the longest line of it if it has several. */
int rs_text_width(const char *s);
/* The next line of *s when wrapped to w cells: its bytes; *s moves past it (and the blank or newline that ended it).
 * False at the end of the text. */
bool rs_text_wrap(const char **s, int w, const char **line, size_t *len);
/* How many lines it takes when wrapped to w cells; at least 1. */
int rs_text_lines(const char *s, int w);

#endif
