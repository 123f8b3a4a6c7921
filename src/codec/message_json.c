/* JSON text, written straight into the buffer. */
#include <string.h>

#include "base/utf8.h"
#include "codec/message_priv.h"
#include "codec/number.h"

#define PIECE 4096 /* bytes of a text that are looked at between two looks at the room in the buffer */
#define MOST 6     /* bytes that one becomes at most: \u001f */

static bool reserve(struct rs_buf *out, size_t n)
{
	if (out->failed)
		return false;
	if (rs_buf_reserve(out, n) == RS_OK)
		return true;
	out->failed = true;
	return false;
}

static char *escape(char *to, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char names[32] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};

	*to++ = '\\';
	if (c >= 0x20 || names[c]) {
		*to++ = c >= 0x20 ? (char)c : names[c];
		return to;
	}
	memcpy(to, "u00", 3);
	to[3] = hex[c >> 4];
	to[4] = hex[c & 15];
	return to + 5;
}

/* Whether all of eight bytes are ASCII that stands for itself. */
static bool eight_plain(const char *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t v, quote, slash;

	memcpy(&v, p, sizeof v);
	quote = v ^ ones * '"';
	slash = v ^ ones * '\\';
	return ((v | (v - ones * 0x20) | (quote - ones) | (slash - ones)) & tops) == 0;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Up to stop, or the end of the character that goes beyond it. NULL: not UTF-8. */
static const char *write_utf8(char **out, const char *p, const char *stop, const char *end)
{
	char *to = *out;

	while (p < stop) {
		uint32_t cp;
		size_t n;

		if (end - p >= 8 && eight_plain(p)) {
			memcpy(to, p, 8);
			to += 8;
			p += 8;
			continue;
		}
		if (is_plain((unsigned char)*p)) {
			*to++ = *p++;
			continue;
		}
		if ((unsigned char)*p < 0x80) {
			to = escape(to, (unsigned char)*p++);
			continue;
		}
		n = rs_utf8_decode(p, (size_t)(end - p), &cp);
		if (n == 0) {
			p = NULL;
			break;
		}
		memcpy(to, p, n);
		to += n;
		p += n;
	}
	*out = to;
	return p;
}

static void advance(struct rs_buf *out, const char *to)
{
	out->len = (size_t)(to - out->data);
	out->data[out->len] = '\0';
}

bool rs_json_utf8(struct rs_buf *out, const char *bytes, size_t len)
{
	const char *p = bytes, *end = bytes + len;

	rs_buf_addc(out, '"');
	while (p < end) {
		const char *stop = end - p > PIECE ? p + PIECE : end;
		char *to;

		if (!reserve(out, MOST * (size_t)(stop - p) + 8))
			return true;
		to = out->data + out->len;
		p = write_utf8(&to, p, stop, end);
		advance(out, to);
		if (p == NULL)
			return false;
	}
	rs_buf_addc(out, '"');
	return true;
}

static char *write_bytes(char *to, const char *p, size_t n)
{
	const char *end = p + n;

	while (p < end) {
		unsigned char c = (unsigned char)*p;

		if (end - p >= 8 && eight_plain(p)) {
			memcpy(to, p, 8);
			to += 8;
			p += 8;
			continue;
		}
		p++;
		if (is_plain(c)) {
			*to++ = (char)c;
		} else if (c < 0x80) {
			to = escape(to, c);
		} else {
			*to++ = (char)(0xc0 | c >> 6);
			*to++ = (char)(0x80 | (c & 0x3f));
		}
	}
	return to;
}

void rs_json_bytes(struct rs_buf *out, const char *bytes, size_t len)
{
	rs_buf_addc(out, '"');
	for (size_t done = 0; done < len;) {
		size_t n = len - done > PIECE ? PIECE : len - done;

		if (!reserve(out, MOST * n))
			return;
		advance(out, write_bytes(out->data + out->len, bytes + done, n));
		done += n;
	}
	rs_buf_addc(out, '"');
}

void rs_json_plain(struct rs_buf *out, const char *bytes, size_t len)
{
	char *to;

	if (!reserve(out, len + 2))
		return;
	to = out->data + out->len;
	*to++ = '"';
	if (len)
		memcpy(to, bytes, len);
	to[len] = '"';
	advance(out, to + len + 1);
}

bool rs_json_text(struct rs_buf *out, const struct rs_text *text)
{
	if (text->form == RS_TEXT_UTF8)
		return rs_json_utf8(out, text->bytes, text->len);
	if (text->form == RS_TEXT_BYTES)
		rs_json_bytes(out, text->bytes, text->len);
	else
		rs_json_plain(out, text->bytes, text->len);
	return true;
}

void rs_json_name(struct rs_buf *out, const char *name, size_t len)
{
	size_t from = out->len;
	const char *end = name + len;
	struct rs_buf clean;
	uint32_t cp;

	if (rs_json_utf8(out, name, len))
		return;
	out->len = from;
	rs_buf_init(&clean, out->max);
	for (size_t n; name < end; name += n ? n : 1) {
		n = rs_utf8_decode(name, (size_t)(end - name), &cp);
		rs_buf_add(&clean, n ? name : "\xef\xbf\xbd", n ? n : 3);
	}
	rs_json_utf8(out, rs_buf_str(&clean), clean.len);
	rs_buf_release(&clean);
}

void rs_json_i64(struct rs_buf *out, int64_t v)
{
	if (!reserve(out, RS_NUMBER_MAX))
		return;
	advance(out, rs_number_i64(out->data + out->len, v));
}
