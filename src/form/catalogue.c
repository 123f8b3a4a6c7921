#include "form/catalogue.h"

#include <stdint.h>
#include <string.h>
#include "base/buf.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"

struct rs_catalogue {
	struct rs_buf file;
	bool swapped;         /* written on a machine of the other byte order */
	uint32_t count;       /* of texts */
	uint32_t texts, translations; /* offsets of the tables of (length, offset) */
};

enum { FILE_MAX = 16 * 1024 * 1024, MAGIC_OFFSETS = 28 };

static uint32_t word(const struct rs_catalogue *c, size_t at)
{
	uint32_t v;

	memcpy(&v, c->file.data + at, sizeof v);
	return c->swapped ? __builtin_bswap32(v) : v;
}

/* Text n of a table; NULL where it lies outside of the file. */
static const char *entry(const struct rs_catalogue *c, uint32_t table, uint32_t n)
{
	uint32_t len = word(c, table + 8 * (size_t)n), at = word(c, table + 8 * (size_t)n + 4);

	return (uint64_t)at + len < c->file.len && c->file.data[(size_t)at + len] == '\0' ? c->file.data + at : NULL;
}

static bool table_fits(const struct rs_catalogue *c, uint32_t table)
{
	return (uint64_t)table + 8 * (uint64_t)c->count <= c->file.len;
}

static bool open_catalogue(struct rs_catalogue *c)
{
	uint32_t magic;

	if (c->file.len < MAGIC_OFFSETS)
		return false;
	memcpy(&magic, c->file.data, sizeof magic);
	c->swapped = magic == 0xde120495;
	if (magic != 0x950412de && !c->swapped)
		return false;
	c->count = word(c, 8);
	c->texts = word(c, 12);
	c->translations = word(c, 16);
	return table_fits(c, c->texts) && table_fits(c, c->translations);
}

struct rs_catalogue *rs_catalogue_load(const char *path, struct rs_err *err)
{
	struct rs_catalogue *c = rs_xcalloc(1, sizeof *c);

	rs_buf_init(&c->file, 2 * FILE_MAX);
	if (rs_file_read(path, FILE_MAX, &c->file, err) == RS_OK) {
		if (open_catalogue(c))
			return c;
		rs_err_set(err, RS_E_FORM_INVALID, _("%s is not a message catalogue"), path);
	}
	rs_catalogue_free(c);
	return NULL;
}

void rs_catalogue_free(struct rs_catalogue *c)
{
	if (!c)
		return;
	rs_buf_release(&c->file);
	free(c);
}

const char *rs_catalogue_get(const struct rs_catalogue *c, const char *text)
{
	uint32_t low = 0, high = c->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const char *there = entry(c, c->texts, middle);
		int order = there ? strcmp(text, there) : 0;

		if (!there)
			return NULL;
		if (order == 0)
			return entry(c, c->translations, middle);
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
