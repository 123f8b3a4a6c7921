#include "model/change.h"

#include "base/mem.h"

#define LEAST (sizeof(struct rs_change) + 4096) /* with a row or two */

static struct rs_change *begin(struct rs_change *c, enum rs_change_kind kind)
{
	*c = (struct rs_change){.kind = kind, .last_committed = -1, .sequence_number = -1, .db = ""};
	rs_arena_init(&c->arena, 0);
	return c;
}

struct rs_change *rs_change_new(enum rs_change_kind kind)
{
	return begin(rs_xmalloc(sizeof(struct rs_change)), kind); /* calloc does not use malloc's cache of what was just freed */
}

struct rs_change *rs_change_make(struct rs_region *r, enum rs_change_kind kind)
{
	size_t room;
	struct rs_change *c = rs_region_begin(r, LEAST, &room);

	if (!c)
		return rs_change_new(kind);
	begin(c, kind);
	rs_arena_lend(&c->arena, (char *)(c + 1), room - sizeof *c);
	c->making = r;
	c->block = rs_region_block(r);
	return c;
}

void rs_change_made(struct rs_change *c)
{
	if (c->making)
		rs_region_end(c->making, rs_arena_settle(&c->arena));
	c->making = NULL;
}

static void free_place(struct rs_change *c)
{
	if (!c->block)
		free(c);
	else if (c->making)
		rs_region_cancel(c->making);
	else
		rs_region_let_go(c->block);
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
	rs_table_unref(c->was);
	free_place(c);
}
