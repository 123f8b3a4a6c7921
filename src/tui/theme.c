#include "tui/theme.h"
#include <stddef.h>

struct theme_row {
	char letter;
	int fg;
	unsigned colour, mono;
};

static const struct theme_row rows[RS_STYLE_COUNT] = {
#define X(symbol, letter, fg, colour, mono) {letter, fg, colour, mono},
	RS_STYLES(X)
#undef X
};

static const struct theme_row *row_of(unsigned style)
{
	enum rs_style s = RS_STYLE_OF(style);

	return &rows[s < RS_STYLE_COUNT ? s : RS_STYLE_NORMAL];
}

struct rs_look rs_theme_look(unsigned style, bool colour)
{
	const struct theme_row *row = row_of(style);
	struct rs_look look = {colour ? row->fg : -1, colour ? row->colour : row->mono};

	if (style & RS_MOD_SELECTED) {
		look.attrs |= RS_LOOK_REVERSE;
		look.attrs &= ~(unsigned)RS_LOOK_DIM;
	}
	if (style & RS_MOD_STALE && colour)
		look.attrs |= RS_LOOK_DIM;
	if (style & RS_MOD_MATCH)
		look.attrs |= RS_LOOK_UNDERLINE;
	if (style & RS_MOD_BOLD)
		look.attrs |= RS_LOOK_BOLD;
	return look;
}

char rs_theme_letter(unsigned style)
{
	return style & RS_MOD_SELECTED ? '#' : row_of(style)->letter;
}
