#include "model/change.h"

#include "base/mem.h"

struct rs_change *rs_change_new(enum rs_change_kind kind)
{
	struct rs_change *c = rs_xmalloc(sizeof *c); /* calloc does not use malloc's cache of what was just freed */

	*c = (struct rs_change){.kind = kind, .last_committed = -1, .sequence_number = -1, .db = ""};
	rs_arena_init(&c->arena, 0);
	return c;
}

void rs_change_free(struct rs_change *c)
{
	if (!c)
		return;
	if (c->free_attached)
		c->free_attached(c->attached);
	free(c->gtid);
	rs_arena_release(&c->arena);
	rs_position_clear(&c->position);
	rs_table_unref(c->table);
	free(c);
}
