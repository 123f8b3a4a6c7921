#include "tui/canvas.h"
#include <math.h>
#include <stdarg.h>
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/glyph.h"

#define SIZE_MAX_CELLS 1000

/* What the program itself draws, and the ASCII character that stands for it; sorted by code point. */
static const struct {
	uint16_t cp;
	char ascii;
} ascii_forms[] = {
	{0x00a0, ' '}, {0x00ab, '<'}, {0x00b5, 'u'}, {0x00b7, '.'}, {0x00bb, '>'}, {0x00d7, 'x'},
	{0x2013, '-'}, {0x2014, '-'}, {0x2018, '\''}, {0x2019, '\''}, {0x201c, '"'}, {0x201d, '"'},
	{0x2022, '*'}, {0x2026, '~'}, {0x2039, '<'}, {0x203a, '>'}, {0x2190, '<'}, {0x2191, '^'},
	{0x2192, '>'}, {0x2193, 'v'}, {0x21c4, '='}, {0x2264, '<'}, {0x2265, '>'}, {0x2500, '-'},
	{0x2502, '|'}, {0x2503, '|'}, {0x250c, '+'}, {0x2510, '+'}, {0x2514, '+'}, {0x2518, '+'},
	{0x251c, '+'}, {0x2524, '+'}, {0x252c, '+'}, {0x2534, '+'}, {0x253c, '+'}, {0x2581, '_'},
	{0x2582, '.'}, {0x2583, ':'}, {0x2584, '-'}, {0x2585, '='}, {0x2586, '+'}, {0x2587, '*'},
	{0x2588, '#'}, {0x2589, '-'}, {0x258a, '-'}, {0x258b, '-'}, {0x258c, '-'}, {0x258d, '-'},
	{0x258e, '-'}, {0x258f, ']'}, {0x2591, '.'}, {0x2592, ':'}, {0x2593, '%'}, {0x2595, '['},
	{0x25b4, '^'}, {0x25b8, '>'}, {0x25be, 'v'}, {0x25cb, 'o'}, {0x25cf, '*'}, {0x26a0, '!'},
	{0x2713, 'v'}, {0x2717, 'x'},
};

static uint32_t ascii_form(uint32_t cp)
{
	size_t low = 0, high = sizeof ascii_forms / sizeof *ascii_forms;

	if (cp < 0x80)
		return cp;
	if (cp >= 0x2800 && cp < 0x2900) /* braille dots of a graph, by how many there are */
		return (uint32_t)" ..::||##"[__builtin_popcount(cp & 0xff)];
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (ascii_forms[mid].cp == cp)
			return (uint32_t)ascii_forms[mid].ascii;
		if (ascii_forms[mid].cp < cp)
			low = mid + 1;
		else
			high = mid;
	}
	return 0;
}

/* What is drawn for a character of one cell. */
static uint32_t narrow_form(const struct rs_canvas *c, uint32_t cp)
{
	uint32_t ascii = c->ascii ? ascii_form(cp) : cp;

	return ascii ? ascii : c->keep_text ? cp : '?';
}

static bool text_is_ascii(const struct rs_canvas *c)
{
	return c->ascii && !c->keep_text;
}

struct rs_rect rs_rect_intersect(struct rs_rect a, struct rs_rect b)
{
	int y = a.y > b.y ? a.y : b.y, x = a.x > b.x ? a.x : b.x;
	int bottom = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;
	int right = a.x + a.w < b.x + b.w ? a.x + a.w : b.x + b.w;

	return rs_rect_make(y, x, bottom > y ? bottom - y : 0, right > x ? right - x : 0);
}

static int clamp_size(int n)
{
	return n < 1 ? 1 : n > SIZE_MAX_CELLS ? SIZE_MAX_CELLS : n;
}

void rs_canvas_init(struct rs_canvas *c, int h, int w, bool ascii)
{
	*c = (struct rs_canvas){.ascii = ascii};
	rs_canvas_reset(c, h, w);
}

void rs_canvas_release(struct rs_canvas *c)
{
	free(c->cells);
	*c = (struct rs_canvas){.ascii = c->ascii, .keep_text = c->keep_text};
}

void rs_canvas_reset(struct rs_canvas *c, int h, int w)
{
	h = clamp_size(h);
	w = clamp_size(w);
	if (h != c->h || w != c->w) {
		c->cells = rs_xrealloc(c->cells, (size_t)h * (size_t)w * sizeof *c->cells);
		c->h = h;
		c->w = w;
	}
	c->clip = rs_rect_make(0, 0, h, w);
	c->cursor = false;
	for (size_t i = 0; i < (size_t)h * (size_t)w; i++)
		c->cells[i] = (struct rs_cell){.width = 1};
}

struct rs_rect rs_canvas_clip(struct rs_canvas *c, struct rs_rect r)
{
	struct rs_rect old = c->clip;

	c->clip = rs_rect_intersect(old, r);
	return old;
}

void rs_canvas_unclip(struct rs_canvas *c, struct rs_rect old)
{
	c->clip = old;
}

static bool inside(const struct rs_canvas *c, int y, int x)
{
	return y >= c->clip.y && y < c->clip.y + c->clip.h && x >= c->clip.x && x < c->clip.x + c->clip.w;
}

static struct rs_cell *cell_at(const struct rs_canvas *c, int y, int x)
{
	return &c->cells[(size_t)y * (size_t)c->w + (size_t)x];
}

const struct rs_cell *rs_canvas_at(const struct rs_canvas *c, int y, int x)
{
	return y >= 0 && y < c->h && x >= 0 && x < c->w ? cell_at(c, y, x) : NULL;
}

/* A wide character of which one half is about to be overwritten loses the other one too. */
static void split_wide(struct rs_canvas *c, int y, int x)
{
	struct rs_cell *cell = cell_at(c, y, x);

	if (cell->width == 0 && x > 0)
		*cell_at(c, y, x - 1) = (struct rs_cell){.width = 1, .style = cell->style};
	if (cell->width == 2 && x + 1 < c->w)
		*cell_at(c, y, x + 1) = (struct rs_cell){.width = 1, .style = cell->style};
}

static void set_cell(struct rs_canvas *c, int y, int x, unsigned style, uint32_t cp, uint8_t width)
{
	split_wide(c, y, x);
	*cell_at(c, y, x) = (struct rs_cell){{cp == ' ' ? 0 : cp, 0, 0}, (uint16_t)style, width};
}

static void put_narrow(struct rs_canvas *c, int y, int x, unsigned style, uint32_t cp)
{
	if (inside(c, y, x))
		set_cell(c, y, x, style, cp, 1);
}

static void put_wide(struct rs_canvas *c, int y, int x, unsigned style, uint32_t cp)
{
	if (text_is_ascii(c) || !inside(c, y, x) || !inside(c, y, x + 1)) {
		put_narrow(c, y, x, style, text_is_ascii(c) ? '?' : ' ');
		put_narrow(c, y, x + 1, style, text_is_ascii(c) ? '?' : ' ');
		return;
	}
	set_cell(c, y, x, style, cp, 2);
	set_cell(c, y, x + 1, style, 0, 1);
	cell_at(c, y, x + 1)->width = 0;
}

/* A combining character joins the cell on its left; more than there is room for are left out. */
static void put_combining(struct rs_canvas *c, int y, int x, uint32_t cp)
{
	struct rs_cell *cell;

	x--;
	if (x >= 0 && inside(c, y, x) && cell_at(c, y, x)->width == 0)
		x--;
	if (text_is_ascii(c) || x < 0 || !inside(c, y, x))
		return;
	cell = cell_at(c, y, x);
	for (int i = 1; i < RS_CELL_CPS && cell->cp[0]; i++)
		if (!cell->cp[i]) {
			cell->cp[i] = cp;
			return;
		}
}

void rs_canvas_put(struct rs_canvas *c, int y, int x, unsigned style, uint32_t cp)
{
	int width = cp < 0x7f ? 1 : rs_utf8_cells(cp);

	if (width == 2)
		put_wide(c, y, x, style, cp);
	else if (width == 0)
		put_combining(c, y, x, cp);
	else
		put_narrow(c, y, x, style, narrow_form(c, cp));
}

void rs_canvas_fill(struct rs_canvas *c, struct rs_rect r, unsigned style)
{
	r = rs_rect_intersect(r, c->clip);
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			set_cell(c, y, x, style, 0, 1);
}

void rs_canvas_modify(struct rs_canvas *c, struct rs_rect r, unsigned mods)
{
	r = rs_rect_intersect(r, c->clip);
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			cell_at(c, y, x)->style |= (uint16_t)mods;
}

void rs_canvas_hline(struct rs_canvas *c, int y, int x, int w, unsigned style, uint32_t cp)
{
	for (int i = 0; i < w; i++)
		rs_canvas_put(c, y, x + i, style, cp);
}

void rs_canvas_vline(struct rs_canvas *c, int y, int x, int h, unsigned style, uint32_t cp)
{
	for (int i = 0; i < h; i++)
		rs_canvas_put(c, y + i, x, style, cp);
}

void rs_canvas_frame(struct rs_canvas *c, struct rs_rect r, unsigned style, const char *title)
{
	int bottom = r.y + r.h - 1, right = r.x + r.w - 1;

	if (rs_rect_empty(r))
		return;
	rs_canvas_fill(c, r, RS_STYLE_NORMAL);
	rs_canvas_hline(c, r.y, r.x, r.w, style, RS_G_RULE);
	rs_canvas_hline(c, bottom, r.x, r.w, style, RS_G_RULE);
	rs_canvas_vline(c, r.y, r.x, r.h, style, RS_G_BAR);
	rs_canvas_vline(c, r.y, right, r.h, style, RS_G_BAR);
	rs_canvas_put(c, r.y, r.x, style, 0x250c);
	rs_canvas_put(c, r.y, right, style, 0x2510);
	rs_canvas_put(c, bottom, r.x, style, 0x2514);
	rs_canvas_put(c, bottom, right, style, 0x2518);
	if (title && *title && r.w > 6) {
		int used = rs_canvas_text(c, r.y, r.x + 3, r.w - 6, RS_STYLE_TITLE, title);

		rs_canvas_put(c, r.y, r.x + 2, style, ' ');
		rs_canvas_put(c, r.y, r.x + 3 + used, style, ' ');
	}
}

/* --- text ---------------------------------------------------------------- */

static bool plain(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
	return true;
}

/* Draws text that is printable and fits. */
static void draw_run(struct rs_canvas *c, int y, int x, unsigned style, const char *s, size_t n)
{
	while (n) {
		uint32_t cp;
		size_t len = rs_utf8_decode(s, n, &cp);
		int cells;

		if (!len)
			return;
		cells = cp < 0x7f ? 1 : rs_utf8_cells(cp);
		rs_canvas_put(c, y, x, style, cp);
		x += cells > 0 ? cells : 0;
		s += len;
		n -= len;
	}
}

static int draw_printable(struct rs_canvas *c, int y, int x, int w, unsigned style, const char *s,
                          size_t n)
{
	size_t used, fit = rs_utf8_fit(s, n, (size_t)w, &used);

	if (fit < n) {
		fit = rs_utf8_fit(s, n, (size_t)w - 1, &used);
		rs_canvas_put(c, y, x + (int)used, style, RS_G_MORE);
		draw_run(c, y, x, style, s, fit);
		return (int)used + 1;
	}
	draw_run(c, y, x, style, s, n);
	return (int)used;
}

int rs_canvas_textn(struct rs_canvas *c, int y, int x, int w, unsigned style, const char *s, size_t n)
{
	struct rs_buf shown = RS_BUF_INIT;
	int used;

	if (w <= 0 || !n)
		return 0;
	if (plain(s, n))
		return draw_printable(c, y, x, w, style, s, n);
	(void)rs_utf8_printable(&shown, s, n);
	used = draw_printable(c, y, x, w, style, rs_buf_str(&shown), shown.len);
	rs_buf_release(&shown);
	return used;
}

int rs_canvas_text(struct rs_canvas *c, int y, int x, int w, unsigned style, const char *s)
{
	return s ? rs_canvas_textn(c, y, x, w, style, s, strlen(s)) : 0;
}

int rs_canvas_textf(struct rs_canvas *c, int y, int x, int w, unsigned style, const char *fmt, ...)
{
	struct rs_buf text = RS_BUF_INIT;
	va_list ap;
	int used;

	va_start(ap, fmt);
	(void)rs_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	used = rs_canvas_textn(c, y, x, w, style, rs_buf_str(&text), text.len);
	rs_buf_release(&text);
	return used;
}

int rs_canvas_aligned(struct rs_canvas *c, int y, int x, int w, enum rs_align align, unsigned style,
                      const char *s)
{
	int width = (int)rs_utf8_width(s, strlen(s)), room = w > width ? w - width : 0;

	if (align == RS_RIGHT)
		x += room;
	else if (align == RS_CENTRE)
		x += room / 2;
	return rs_canvas_text(c, y, x, w, style, s);
}

int rs_text_width(const char *s)
{
	int widest = 0;

	for (const char *end; *s; s = *end ? end + 1 : end) {
		int width;

		end = strchr(s, '\n');
		if (!end)
			end = s + strlen(s);
		width = (int)rs_utf8_width(s, (size_t)(end - s));
		widest = width > widest ? width : widest;
	}
	return widest;
}

/* One character for wrapping: its bytes and the cells it takes, escaped if need be. */
static size_t wrap_char(const char *s, uint32_t *cp, int *cells)
{
	size_t len = rs_utf8_decode(s, strnlen(s, 4), cp);

	*cells = len ? rs_utf8_cells(*cp) : -1;
	if (!len) {
		len = 1;
		*cp = 0;
	}
	if (*cells < 0)
		*cells = (int)rs_utf8_width(s, len);
	return len;
}

/* Whether a character stays on the line of the one before: what closes a Chinese sentence or bracket. */
static bool clings(uint32_t cp)
{
	static const uint32_t closing[] = {0x2019, 0x201d, 0x2026, 0x3001, 0x3002, 0x3009, 0x300b, 0x300d, 0x300f, 0x3011,
	                                   0xff01, 0xff05, 0xff09, 0xff0c, 0xff1a, 0xff1b, 0xff1f};

	for (size_t i = 0; i < sizeof closing / sizeof *closing; i++)
		if (closing[i] == cp)
			return true;
	return false;
}

static bool next_clings(const char *s)
{
	uint32_t cp;
	int cells;

	return *s && wrap_char(s, &cp, &cells) && clings(cp);
}

bool rs_text_wrap(const char **s, int w, const char **line, size_t *len)
{
	const char *p = *s, *brk = NULL, *next = NULL;
	int used = 0;

	if (!*p)
		return false;
	*line = p;
	while (*p && *p != '\n') {
		uint32_t cp;
		int cells;
		size_t n = wrap_char(p, &cp, &cells);

		if (cp == ' ') {
			brk = p;
			next = p + 1;
		} else if (cells == 2 && p > *line && !clings(cp)) {
			brk = next = p;
		}
		if (used + cells > w && p > *line) {
			*len = (size_t)((brk && brk > *line ? brk : p) - *line);
			*s = brk && brk > *line ? next : p;
			return true;
		}
		used += cells;
		p += n;
		if (cells == 2 && !next_clings(p))
			brk = next = p;
	}
	*len = (size_t)(p - *line);
	*s = *p ? p + 1 : p;
	return true;
}

int rs_text_lines(const char *s, int w)
{
	const char *line;
	size_t len;
	int count = 0;

	while (rs_text_wrap(&s, w, &line, &len))
		count++;
	return count ? count : 1;
}

int rs_canvas_wrapped(struct rs_canvas *c, struct rs_rect r, unsigned style, const char *s)
{
	const char *line;
	size_t len;
	int y = 0;

	if (r.w <= 0)
		return 0;
	while (y < r.h && rs_text_wrap(&s, r.w, &line, &len)) {
		int used = rs_canvas_textn(c, r.y + y, r.x, r.w, style, line, len);

		y++;
		if (y == r.h && *s)
			rs_canvas_put(c, r.y + y - 1, r.x + (used < r.w ? used : r.w - 1), style, RS_G_MORE);
	}
	return y;
}

/* --- pictures ------------------------------------------------------------ */

/* Eighths of a cell to fill: more than nothing is never shown as nothing, less than all never as all. */
static int bar_eighths(double fraction, int inner)
{
	int all = inner * 8, eighths;

	if (!(fraction > 0) || inner <= 0)
		return 0;
	if (fraction >= 1)
		return all;
	eighths = (int)(fraction * all + 0.5);
	return eighths < 2 ? 2 : eighths >= all ? all - 1 : eighths;
}

void rs_canvas_bar(struct rs_canvas *c, int y, int x, int w, unsigned style, double fraction)
{
	int inner = w - 2, eighths = bar_eighths(fraction, inner), part = eighths % 8;

	if (inner < 1)
		return;
	rs_canvas_put(c, y, x, RS_STYLE_RULE | (style & ~0xffu), 0x2595);
	rs_canvas_hline(c, y, x + 1, inner, style, ' ');
	rs_canvas_hline(c, y, x + 1, eighths / 8, style, 0x2588);
	if (part > 1)
		rs_canvas_put(c, y, x + 1 + eighths / 8, style, 0x2590u - (uint32_t)part);
	rs_canvas_put(c, y, x + w - 1, RS_STYLE_RULE | (style & ~0xffu), 0x258f);
}

static double largest(const double *values, size_t n)
{
	double max = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(values[i]) && values[i] > max)
			max = values[i];
	return max;
}

void rs_canvas_spark(struct rs_canvas *c, int y, int x, int w, unsigned style, const double *values,
                     size_t n, double max)
{
	if (w <= 0)
		return;
	if (n > (size_t)w) {
		values += n - (size_t)w;
		n = (size_t)w;
	}
	x += w - (int)n;
	if (!(max > 0))
		max = largest(values, n);
	for (size_t i = 0; i < n; i++) {
		double share = max > 0 ? values[i] / max : 0;
		uint32_t level;

		if (isnan(values[i]))
			continue;
		share = share < 0 ? 0 : share > 1 ? 1 : share;
		level = (uint32_t)(share * 7 + 0.5);
		rs_canvas_put(c, y, x + (int)i, style, 0x2581 + level);
	}
}

void rs_canvas_cursor(struct rs_canvas *c, int y, int x)
{
	if (!inside(c, y, x))
		return;
	c->cursor = true;
	c->cursor_y = y;
	c->cursor_x = x;
}

/* --- dumps --------------------------------------------------------------- */

static void dump_cell(const struct rs_cell *cell, struct rs_buf *out)
{
	char bytes[4];

	for (int i = 0; i < RS_CELL_CPS && cell->cp[i]; i++)
		(void)rs_buf_add(out, bytes, rs_utf8_encode(cell->cp[i], bytes));
}

void rs_canvas_dump_text(const struct rs_canvas *c, struct rs_buf *out)
{
	for (int y = 0; y < c->h; y++) {
		int blanks = 0;

		for (int x = 0; x < c->w; x++) {
			const struct rs_cell *cell = cell_at(c, y, x);

			if (cell->width == 0)
				continue;
			if (!cell->cp[0]) {
				blanks++;
				continue;
			}
			for (; blanks; blanks--)
				(void)rs_buf_addc(out, ' ');
			dump_cell(cell, out);
		}
		(void)rs_buf_addc(out, '\n');
	}
}

void rs_canvas_dump_styles(const struct rs_canvas *c, struct rs_buf *out)
{
	for (int y = 0; y < c->h; y++) {
		int plain_cells = 0;

		for (int x = 0; x < c->w; x++) {
			char letter = rs_theme_letter(cell_at(c, y, x)->style);

			if (letter == '.') {
				plain_cells++;
				continue;
			}
			for (; plain_cells; plain_cells--)
				(void)rs_buf_addc(out, '.');
			(void)rs_buf_addc(out, letter);
		}
		(void)rs_buf_addc(out, '\n');
	}
}
