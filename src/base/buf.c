#include "base/buf.h"

#include "base/mem.h"

void rs_buf_init(struct rs_buf *b, size_t max)
{
	*b = (struct rs_buf){.max = max};
}

void rs_buf_clear(struct rs_buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data)
		b->data[0] = '\0';
}

void rs_buf_release(struct rs_buf *b)
{
	free(b->data);
	rs_buf_init(b, b->max);
}

char *rs_buf_take(struct rs_buf *b)
{
	char *data = b->data ? b->data : rs_xstrdup("");

	rs_buf_init(b, b->max);
	return data;
}

/* The next capacity that holds need bytes and their NUL: half as much again, never beyond the maximum. */
static size_t next_capacity(const struct rs_buf *b, size_t need)
{
	size_t cap = b->cap + b->cap / 2;

	if (cap < 64)
		cap = 64;
	if (cap > b->max)
		cap = b->max + 1;
	return cap > need ? cap : need + 1;
}

enum rs_rc rs_buf_reserve(struct rs_buf *b, size_t n)
{
	size_t cap;
	char *data;

	if (b->max == SIZE_MAX || n > b->max || b->len > b->max - n)
		return RS_FAIL;
	if (b->len + n < b->cap)
		return RS_OK;
	cap = next_capacity(b, b->len + n);
	data = realloc(b->data, cap);
	if (!data)
		return RS_FAIL;
	data[b->len] = '\0';
	b->data = data;
	b->cap = cap;
	return RS_OK;
}

/* Room for an append: fails for good, until cleared, once one did not fit. */
static bool make_room(struct rs_buf *b, size_t n)
{
	if (!b->failed && rs_buf_reserve(b, n) != RS_OK)
		b->failed = true;
	return !b->failed;
}

enum rs_rc rs_buf_add(struct rs_buf *b, const void *data, size_t n)
{
	if (!make_room(b, n))
		return RS_FAIL;
	if (n)
		memcpy(b->data + b->len, data, n);
	b->len += n;
	b->data[b->len] = '\0';
	return RS_OK;
}

enum rs_rc rs_buf_adds(struct rs_buf *b, const char *s)
{
	return rs_buf_add(b, s, strlen(s));
}

enum rs_rc rs_buf_addc(struct rs_buf *b, char c)
{
	return rs_buf_add(b, &c, 1);
}

enum rs_rc rs_buf_addf(struct rs_buf *b, const char *fmt, ...)
{
	enum rs_rc rc;
	va_list ap;

	va_start(ap, fmt);
	rc = rs_buf_vaddf(b, fmt, ap);
	va_end(ap);
	return rc;
}

enum rs_rc rs_buf_vaddf(struct rs_buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0 || !make_room(b, (size_t)n)) {
		b->failed = true;
		return RS_FAIL;
	}
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
	return RS_OK;
}

/* Writes the digits so that they end before end; returns how many (at most 20). */
static size_t put_digits(char *end, uint64_t v)
{
	char *p = end;

	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	return (size_t)(end - p);
}

enum rs_rc rs_buf_addu64(struct rs_buf *b, uint64_t v)
{
	char text[20];
	size_t n = put_digits(text + sizeof text, v);

	return rs_buf_add(b, text + sizeof text - n, n);
}

enum rs_rc rs_buf_addhex(struct rs_buf *b, const void *data, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *bytes = data;

	if (n > SIZE_MAX / 2 || !make_room(b, 2 * n)) {
		b->failed = true;
		return RS_FAIL;
	}
	for (size_t i = 0; i < n; i++) {
		b->data[b->len++] = hex[bytes[i] >> 4];
		b->data[b->len++] = hex[bytes[i] & 15];
	}
	b->data[b->len] = '\0';
	return RS_OK;
}
