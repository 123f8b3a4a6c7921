#include "model/position.h"

#include <string.h>

#include "base/mem.h"

void rs_position_clear(struct rs_position *p)
{
	free(p->file);
	free(p->gtid);
	free(p->log);
	*p = (struct rs_position)RS_POSITION_INIT;
}

void rs_position_copy(struct rs_position *to, const struct rs_position *from)
{
	struct rs_position copy = {rs_xstrdup(from->file), from->offset, rs_xstrdup(from->gtid), rs_xstrdup(from->log)};

	rs_position_clear(to);
	*to = copy;
}

void rs_position_set_file(struct rs_position *p, const char *file, uint64_t offset)
{
	if (!p->file || !file || strcmp(p->file, file) != 0) {
		char *copy = rs_xstrdup(file);

		free(p->file);
		p->file = copy;
	}
	p->offset = offset;
}

void rs_position_set_gtid(struct rs_position *p, const char *gtid)
{
	char *copy = rs_xstrdup(gtid);

	free(p->gtid);
	p->gtid = copy;
}

void rs_position_set_log(struct rs_position *p, const char *log)
{
	char *copy = rs_xstrdup(log);

	free(p->log);
	p->log = copy;
}

/* The digits that end a file's name, without leading zeros: numbers of any length compare by length, then as text. */
static const char *file_number(const char *file)
{
	const char *p = file + strlen(file);

	while (p > file && p[-1] >= '0' && p[-1] <= '9')
		p--;
	while (*p == '0')
		p++;
	return p;
}

static int compare_files(const char *a, const char *b)
{
	const char *na = file_number(a), *nb = file_number(b);
	size_t la = strlen(na), lb = strlen(nb);

	if (la != lb)
		return la < lb ? -1 : 1;
	return strcmp(na, nb);
}

int rs_position_compare(const struct rs_position *a, const struct rs_position *b)
{
	int order;

	if (!a->file || !b->file)
		return (a->file != NULL) - (b->file != NULL);
	order = compare_files(a->file, b->file);
	return order ? order : (a->offset > b->offset) - (a->offset < b->offset);
}

bool rs_position_same(const struct rs_position *a, const struct rs_position *b)
{
	return rs_position_compare(a, b) == 0 && (a->gtid == b->gtid || (a->gtid && b->gtid && strcmp(a->gtid, b->gtid) == 0));
}

enum rs_rc rs_position_text(const struct rs_position *p, struct rs_buf *out)
{
	if (!p->file)
		return rs_buf_adds(out, "–");
	rs_buf_adds(out, p->file);
	rs_buf_addc(out, ':');
	return rs_buf_addu64(out, p->offset);
}

static bool parse_offset(const char *text, uint64_t *out)
{
	uint64_t v = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

bool rs_position_parse(struct rs_position *p, const char *text)
{
	const char *colon = strrchr(text, ':');
	uint64_t offset;

	if (!colon || colon == text || !parse_offset(colon + 1, &offset))
		return false;
	free(p->file);
	p->file = rs_xstrndup(text, (size_t)(colon - text));
	p->offset = offset;
	return true;
}
