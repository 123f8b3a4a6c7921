#include "source/source.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

void rs_bound_clear(struct rs_bound *b)
{
	for (size_t i = 0; i < b->n; i++)
		free((char *)(uintptr_t)b->values[i].bytes);
	free(b->values);
	*b = (struct rs_bound){NULL, 0};
}

static struct rs_value value_copy(const struct rs_value *v)
{
	char *bytes = rs_xmalloc((size_t)v->len + 1);

	if (v->len > 0)
		memcpy(bytes, v->bytes, v->len);
	bytes[v->len] = '\0';
	return (struct rs_value){bytes, v->len, v->presence, 0};
}

void rs_bound_set(struct rs_bound *b, size_t part, const struct rs_value *v)
{
	struct rs_value copy = value_copy(v);

	free((char *)(uintptr_t)b->values[part].bytes);
	b->values[part] = copy;
}

void rs_bound_copy(struct rs_bound *to, const struct rs_bound *from)
{
	struct rs_value *values = rs_xcalloc(from->n + 1, sizeof *values);

	for (size_t i = 0; i < from->n; i++)
		values[i] = value_copy(&from->values[i]);
	rs_bound_clear(to);
	*to = (struct rs_bound){values, from->n};
}

/* Keys are bytes in any character set, so the text holds them in hexadecimal. */
char *rs_bound_to_text(const struct rs_bound *b)
{
	struct rs_buf out = RS_BUF_INIT;

	for (size_t i = 0; i < b->n; i++) {
		if (i > 0)
			rs_buf_addc(&out, ',');
		rs_buf_addc(&out, 'x');
		rs_buf_addhex(&out, b->values[i].bytes, b->values[i].len);
	}
	return rs_buf_take(&out);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads "x6162" up to a comma or the end; NULL for anything else. */
static const char *read_value(const char *text, struct rs_value *v)
{
	if (*text++ != 'x')
		return NULL;
	size_t len = strspn(text, "0123456789abcdef");
	if (len % 2 != 0)
		return NULL;
	char *bytes = rs_xmalloc(len / 2 + 1);
	for (size_t i = 0; i < len / 2; i++)
		bytes[i] = (char)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
	bytes[len / 2] = '\0';
	*v = rs_value_of(bytes, len / 2);
	return text + len;
}

bool rs_bound_from_text(struct rs_bound *b, const char *text)
{
	size_t cap = 0;

	rs_bound_clear(b);
	while (*text != '\0') {
		RS_GROW(b->values, b->n, cap);
		text = read_value(text, &b->values[b->n]);
		if (text == NULL) {
			rs_bound_clear(b);
			return false;
		}
		b->n++;
		if (*text == ',' && text[1] != '\0')
			text++;
		else if (*text != '\0') {
			rs_bound_clear(b);
			return false;
		}
	}
	return true;
}
