#include "model/ahead.h"

#include <stdlib.h>
#include <string.h>

#define ID_MAX 256 /* longer than any id */

void rs_ahead_clear(struct rs_ahead *a)
{
	rs_position_set_clear(&a->places);
	rs_position_set_clear(&a->ids);
}

/* ---------------------------------------------------------------- ids as places */

/* "UUID:tag:17" is 17 in "UUID:tag", "0-1-17" is 17 in "0-1". name: of ID_MAX bytes. */
static bool split_id(const char *id, char *name, struct rs_position *out)
{
	const char *last = strrchr(id, ':');
	char *end;

	if (last == NULL)
		last = strrchr(id, '-');
	if (last == NULL || last == id || (size_t)(last - id) >= ID_MAX || last[1] < '0' || last[1] > '9')
		return false;
	memcpy(name, id, (size_t)(last - id));
	name[last - id] = '\0';
	*out = (struct rs_position){.file = name, .offset = strtoull(last + 1, &end, 10)};
	return *end == '\0';
}

/* ---------------------------------------------------------------- the set */

void rs_ahead_add(struct rs_ahead *a, const struct rs_position *place, const char *id)
{
	struct rs_position as_place;
	char name[ID_MAX];

	rs_position_set_add(&a->places, place);
	if (id != NULL && split_id(id, name, &as_place))
		rs_position_set_add(&a->ids, &as_place);
}

bool rs_ahead_has(const struct rs_ahead *a, const struct rs_position *place, const char *id)
{
	struct rs_position as_place;
	char name[ID_MAX];

	if (a->places.n > 0)
		return rs_position_set_has(&a->places, place);
	return id != NULL && split_id(id, name, &as_place) && rs_position_set_has(&a->ids, &as_place);
}

/* Which id belongs to which place is not kept: as long as some are left, all ids are; where one has none, those of others must
 * not be taken for its own later. */
void rs_ahead_drop(struct rs_ahead *a, const struct rs_position *p)
{
	bool known = a->places.n > 0, named = rs_ahead_is_named(a);

	rs_position_set_drop(&a->places, p);
	if (known && (a->places.n == 0 || !named))
		rs_position_set_clear(&a->ids);
}

size_t rs_ahead_count(const struct rs_ahead *a)
{
	return rs_position_set_count(a->places.n > 0 ? &a->places : &a->ids);
}

bool rs_ahead_is_named(const struct rs_ahead *a)
{
	return rs_position_set_count(&a->ids) >= rs_position_set_count(&a->places);
}

/* ---------------------------------------------------------------- text */

enum rs_rc rs_ahead_text(const struct rs_ahead *a, struct rs_buf *out)
{
	rs_position_set_text(&a->places, out);
	return rs_position_set_text_as(&a->ids, "/", out);
}

bool rs_ahead_parse(struct rs_ahead *a, const char *text)
{
	for (const char *end; *text != '\0'; text = end + 1) {
		bool id = *text == '/';
		end = strchr(text, '\n');
		if (end == NULL || !rs_position_set_parse_line(id ? &a->ids : &a->places, text + id, end))
			return false;
	}
	return true;
}
