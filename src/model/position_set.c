#include "model/position_set.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

void rs_position_set_clear(struct rs_position_set *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->files[i].name);
		free(s->files[i].offsets);
	}
	free(s->files);
	*s = (struct rs_position_set)RS_POSITION_SET_INIT;
}

/* The last first: places come in order. */
static struct rs_position_file *find_file(const struct rs_position_set *s, const char *name, size_t len)
{
	for (size_t i = s->n; i > 0; i--)
		if (strncmp(s->files[i - 1].name, name, len) == 0 && s->files[i - 1].name[len] == '\0')
			return &s->files[i - 1];
	return NULL;
}

static struct rs_position_file *file_of(struct rs_position_set *s, const char *name, size_t len)
{
	struct rs_position_file *f = find_file(s, name, len);

	if (f != NULL)
		return f;
	RS_GROW(s->files, s->n, s->cap);
	f = &s->files[s->n++];
	*f = (struct rs_position_file){.name = rs_xstrndup(name, len)};
	return f;
}

/* How many offsets are smaller. */
static size_t rank(const struct rs_position_file *f, uint64_t offset)
{
	size_t low = 0, high = f->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (f->offsets[middle] < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void add_offset(struct rs_position_file *f, uint64_t offset)
{
	size_t at = f->n > 0 && f->offsets[f->n - 1] < offset ? f->n : rank(f, offset);

	if (at < f->n && f->offsets[at] == offset)
		return;
	RS_GROW(f->offsets, f->n, f->cap);
	memmove(f->offsets + at + 1, f->offsets + at, (f->n - at) * sizeof *f->offsets);
	f->offsets[at] = offset;
	f->n++;
}

void rs_position_set_add(struct rs_position_set *s, const struct rs_position *p)
{
	add_offset(file_of(s, p->file, strlen(p->file)), p->offset);
}

bool rs_position_set_has(const struct rs_position_set *s, const struct rs_position *p)
{
	const struct rs_position_file *f = p->file ? find_file(s, p->file, strlen(p->file)) : NULL;
	size_t at = f ? rank(f, p->offset) : 0;

	return f != NULL && at < f->n && f->offsets[at] == p->offset;
}

/* Forgets the first n; a file with none left goes, and the others keep their order. */
static void drop_first(struct rs_position_set *s, size_t file, size_t n)
{
	struct rs_position_file *f = &s->files[file];

	f->n -= n;
	memmove(f->offsets, f->offsets + n, f->n * sizeof *f->offsets);
	if (f->n > 0)
		return;
	free(f->name);
	free(f->offsets);
	s->n--;
	memmove(f, f + 1, (s->n - file) * sizeof *f);
}

static size_t count_up_to(const struct rs_position_file *f, const struct rs_position *p)
{
	const struct rs_position start = {.file = f->name}, end = {.file = f->name, .offset = UINT64_MAX};

	if (rs_position_compare(&end, p) <= 0)
		return f->n;
	return rs_position_compare(&start, p) > 0 ? 0 : rank(f, p->offset + 1);
}

void rs_position_set_drop(struct rs_position_set *s, const struct rs_position *p)
{
	for (size_t i = s->n; p->file != NULL && i > 0; i--)
		drop_first(s, i - 1, count_up_to(&s->files[i - 1], p));
}

void rs_position_set_drop_of(struct rs_position_set *s, size_t n, uint64_t upto)
{
	const struct rs_position_file *f = &s->files[n];

	drop_first(s, n, upto == UINT64_MAX ? f->n : rank(f, upto + 1));
}

size_t rs_position_set_count(const struct rs_position_set *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->files[i].n;
	return n;
}

enum rs_rc rs_position_set_text_as(const struct rs_position_set *s, const char *prefix, struct rs_buf *out)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct rs_position_file *f = &s->files[i];
		uint64_t last = 0;

		rs_buf_adds(out, prefix);
		rs_buf_adds(out, f->name);
		for (size_t k = 0; k < f->n; k++) {
			rs_buf_addc(out, k == 0 ? ':' : ' ');
			rs_buf_addu64(out, f->offsets[k] - last);
			last = f->offsets[k];
		}
		rs_buf_addc(out, '\n');
	}
	return rs_buf_failed(out) ? RS_FAIL : RS_OK;
}

enum rs_rc rs_position_set_text(const struct rs_position_set *s, struct rs_buf *out)
{
	return rs_position_set_text_as(s, "", out);
}

/* One number and the character after it. */
static bool read_step(const char **text, const char *end, uint64_t *out)
{
	uint64_t v = 0;
	const char *p = *text;

	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');
		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (p == *text || (p < end && *p != ' '))
		return false;
	*text = p < end ? p + 1 : p;
	*out = v;
	return true;
}

bool rs_position_set_parse_line(struct rs_position_set *s, const char *line, const char *end)
{
	const char *colon = end;
	uint64_t offset = 0, step;

	while (colon > line && *colon != ':')
		colon--;
	if (colon == line || colon + 1 == end)
		return false;
	struct rs_position_file *f = file_of(s, line, (size_t)(colon - line));
	for (const char *p = colon + 1; p < end; offset += step, add_offset(f, offset))
		if (!read_step(&p, end, &step) || step > UINT64_MAX - offset)
			return false;
	return true;
}
