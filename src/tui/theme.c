#include "tui/theme.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct theme_row {
	char letter;
	int fg[RS_PALETTES];
	unsigned colour, mono;
};

static const struct theme_row rows[RS_STYLE_COUNT] = {
#define X(symbol, letter, dark, light, many, colour, mono)                                                             \
	{letter, {[RS_PALETTE_NONE] = -1, [RS_PALETTE_DARK] = dark, [RS_PALETTE_LIGHT] = light, [RS_PALETTE_MANY] = many}, colour, mono},
	RS_STYLES(X)
#undef X
};

static const struct theme_row *row_of(unsigned style)
{
	enum rs_style s = RS_STYLE_OF(style);

	return &rows[s < RS_STYLE_COUNT ? s : RS_STYLE_NORMAL];
}

/* "15;0", "0;default;15": foreground and background, as numbers of colours. */
static bool is_light(const char *colorfgbg)
{
	const char *background = colorfgbg ? strrchr(colorfgbg, ';') : NULL;

	return background && (strcmp(background, ";7") == 0 || strcmp(background, ";15") == 0);
}

enum rs_palette rs_theme_palette(int colours, const char *colorfgbg)
{
	if (colours >= 256)
		return RS_PALETTE_MANY;
	return is_light(colorfgbg) ? RS_PALETTE_LIGHT : RS_PALETTE_DARK;
}

struct rs_look rs_theme_look(unsigned style, enum rs_palette palette)
{
	const struct theme_row *row = row_of(style);
	bool colour = palette != RS_PALETTE_NONE;
	struct rs_look look = {row->fg[palette], colour ? row->colour : row->mono};

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
