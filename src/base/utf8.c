#include "base/utf8.h"

#include <wchar.h>

/* Length and lowest code point of a sequence by its first byte; 0 for a byte that starts none. */
static size_t sequence_length(unsigned char first, uint32_t *lowest, uint32_t *bits)
{
	if (first >= 0xc2 && first <= 0xdf) {
		*lowest = 0x80;
		*bits = first & 0x1fu;
		return 2;
	}
	if (first >= 0xe0 && first <= 0xef) {
		*lowest = 0x800;
		*bits = first & 0x0fu;
		return 3;
	}
	if (first >= 0xf0 && first <= 0xf4) {
		*lowest = 0x10000;
		*bits = first & 0x07u;
		return 4;
	}
	return 0;
}

static bool is_code_point(uint32_t cp)
{
	return cp <= 0x10ffff && (cp < 0xd800 || cp > 0xdfff);
}

size_t rs_utf8_decode(const char *s, size_t n, uint32_t *cp)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t lowest, value;
	size_t len;

	if (n == 0)
		return 0;
	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	len = sequence_length(p[0], &lowest, &value);
	if (len == 0 || len > n)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (p[i] & 0x3fu);
	}
	if (value < lowest || !is_code_point(value))
		return 0;
	*cp = value;
	return len;
}

size_t rs_utf8_encode(uint32_t cp, char out[4])
{
	static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t len = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

	if (!is_code_point(cp))
		return 0;
	for (size_t i = len - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (cp & 0x3f));
		cp >>= 6;
	}
	out[0] = (char)(marks[len] | cp);
	return len;
}

bool rs_utf8_valid(const char *s, size_t n)
{
	uint32_t cp;

	for (size_t i = 0; i < n;) {
		size_t len = (unsigned char)s[i] < 0x80 ? 1 : rs_utf8_decode(s + i, n - i, &cp);

		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

/* Marks, embeddings, overrides and isolates that change the order in which a terminal shows its cells. */
static bool is_bidi_control(uint32_t cp)
{
	return cp == 0x061c || cp == 0x200e || cp == 0x200f || (cp >= 0x202a && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069);
}

int rs_utf8_cells(uint32_t cp)
{
	if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
		return -1;
	if (cp < 0x7f)
		return 1;
	if (!is_code_point(cp) || is_bidi_control(cp) || cp == 0x2028 || cp == 0x2029)
		return -1;
	return wcwidth((wchar_t)cp);
}

/* One piece of a string as it is shown: a printable code point, or an escape in its place. */
struct piece {
	size_t len;      /* bytes of the string */
	size_t cells;
	char escape[12]; /* "" for a printable code point */
};

static struct piece next_piece(const char *s, size_t n)
{
	struct piece piece = {.len = 1};
	uint32_t cp = 0;
	size_t len = rs_utf8_decode(s, n, &cp);
	int cells = len ? rs_utf8_cells(cp) : -1;
	int escape_len;

	if (cells >= 0) {
		piece.len = len;
		piece.cells = (size_t)cells;
		return piece;
	}
	if (len > 1) {
		piece.len = len;
		escape_len = snprintf(piece.escape, sizeof piece.escape, "\\u{%x}", (unsigned)(cp & 0x1fffff));
	} else {
		escape_len = snprintf(piece.escape, sizeof piece.escape, "\\x%02x", (unsigned)(unsigned char)*s);
	}
	piece.cells = (size_t)escape_len;
	return piece;
}

size_t rs_utf8_width(const char *s, size_t n)
{
	size_t width;

	rs_utf8_fit(s, n, SIZE_MAX, &width);
	return width;
}

enum rs_rc rs_utf8_printable(struct rs_buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		struct piece piece = next_piece(s + i, n - i);

		if (piece.escape[0])
			rs_buf_adds(out, piece.escape);
		else
			rs_buf_add(out, s + i, piece.len);
		i += piece.len;
	}
	return rs_buf_failed(out) ? RS_FAIL : RS_OK;
}

size_t rs_utf8_fit(const char *s, size_t n, size_t max, size_t *used)
{
	size_t i = 0;

	*used = 0;
	while (i < n) {
		struct piece piece = next_piece(s + i, n - i);

		if (piece.cells > max - *used)
			break;
		*used += piece.cells;
		i += piece.len;
	}
	return i;
}
