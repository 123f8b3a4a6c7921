/* Graphs of braille dots: two columns and four levels a cell. */
#include <math.h>
#include "tui/canvas.h"

#define BRAILLE 0x2800u

/* The dots of a cell from the bottom up, left and right. */
static const uint32_t dots[2][4] = {{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}};

/* How many dots of a column of h cells are set; what is more than nothing is seen. */
static int height_of(double value, double max, int h)
{
	double share = value / max;
	int dots_high;

	if (isnan(value) || value <= 0 || !(max > 0))
		return 0;
	share = share > 1 ? 1 : share;
	dots_high = (int)(share * 4 * h + 0.5);
	return dots_high > 0 ? dots_high : 1;
}

static uint32_t cell(const int heights[2], int above)
{
	uint32_t cp = 0;

	for (int side = 0; side < 2; side++)
		for (int dot = 0; dot < 4 && above * 4 + dot < heights[side]; dot++)
			cp |= dots[side][dot];
	return cp;
}

void rs_canvas_graph(struct rs_canvas *c, struct rs_rect r, unsigned style, const double *values, double max)
{
	for (int x = 0; x < r.w; x++) {
		const int heights[2] = {height_of(values[2 * x], max, r.h), height_of(values[2 * x + 1], max, r.h)};
		bool known = !isnan(values[2 * x]) || !isnan(values[2 * x + 1]);

		for (int above = 0; above < r.h; above++) {
			uint32_t cp = cell(heights, above);

			if (cp)
				rs_canvas_put(c, r.y + r.h - 1 - above, r.x + x, style, BRAILLE + cp);
			else if (above == 0 && known) /* it was measured, and nothing */
				rs_canvas_put(c, r.y + r.h - 1, r.x + x, RS_STYLE_DIM, BRAILLE + dots[0][0] + dots[1][0]);
		}
	}
}
