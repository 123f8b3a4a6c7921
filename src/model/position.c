#include "model/position.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/lsn.h"

void rs_position_clear(struct rs_position *p)
{
	free(p->file);
	free(p->gtid);
	free(p->log);
	*p = (struct rs_position)RS_POSITION_INIT;
}

/* In its place where it is no longer: what is copied is mostly the next place in the same file. */
static void replace(char **to, const char *from)
{
	const size_t len = from ? strlen(from) : 0;

	if (*to == from)
		return;
	if (*to && from && len <= strlen(*to)) {
		memmove(*to, from, len + 1);
		return;
	}
	char *copy = rs_xstrdup(from);
	free(*to);
	*to = copy;
}

void rs_position_copy(struct rs_position *to, const struct rs_position *from)
{
	replace(&to->file, from->file);
	to->offset = from->offset;
	replace(&to->gtid, from->gtid);
	replace(&to->log, from->log);
}

void rs_position_set_file(struct rs_position *p, const char *file, uint64_t offset)
{
	replace(&p->file, file);
	p->offset = offset;
}

void rs_position_set_gtid(struct rs_position *p, const char *gtid) { replace(&p->gtid, gtid); }

void rs_position_set_log(struct rs_position *p, const char *log) { replace(&p->log, log); }

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
	order = strcmp(a->file, b->file) == 0 ? 0 : compare_files(a->file, b->file);
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

const char *rs_position_show(const struct rs_position *p, char *out)
{
	if (!p->file)
		out[0] = '\0';
	else if (strcmp(p->file, RS_POSITION_WAL) == 0)
		(void)rs_lsn_text(p->offset, out);
	else
		(void)snprintf(out, RS_POSITION_SHOWN, "%s:%llu", p->file, (unsigned long long)p->offset);
	return out;
}

const char *rs_position_show_text(const char *text, char *out)
{
	struct rs_position p = RS_POSITION_INIT;

	if (rs_position_parse(&p, text) && strcmp(p.file, RS_POSITION_WAL) == 0)
		(void)rs_position_show(&p, out);
	else
		(void)snprintf(out, RS_POSITION_SHOWN, "%s", text);
	rs_position_clear(&p);
	return out;
}
