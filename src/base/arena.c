#include "base/arena.h"

#include <stdint.h>

#define FIRST_BLOCK ((size_t)1024)
#define LARGEST_BLOCK ((size_t)1024 * 1024)

struct rs_arena_block {
	struct rs_arena_block *older;
	size_t size; /* of data */
	_Alignas(max_align_t) char data[];
};

void rs_arena_init(struct rs_arena *a, size_t max)
{
	*a = (struct rs_arena){.max = max};
}

void rs_arena_lend(struct rs_arena *a, char *room, size_t size)
{
	a->next = room;
	a->end = room + size;
}

char *rs_arena_settle(struct rs_arena *a)
{
	if (a->head)
		return a->lent;
	a->end = a->next;
	return a->next;
}

static void free_blocks(struct rs_arena_block *block)
{
	while (block) {
		struct rs_arena_block *older = block->older;

		free(block);
		block = older;
	}
}

void rs_arena_clear(struct rs_arena *a)
{
	struct rs_arena_block *keep = a->head;

	if (!keep) {
		rs_arena_init(a, a->max);
		return;
	}
	free_blocks(keep->older);
	keep->older = NULL;
	a->next = keep->data;
	a->end = keep->data + keep->size;
	a->used = 0;
	a->reserved = sizeof *keep + keep->size;
}

void rs_arena_release(struct rs_arena *a)
{
	free_blocks(a->head);
	rs_arena_init(a, a->max);
}

/* Blocks double from 1 KiB to 1 MiB; a larger request gets a block of its own size. Near the maximum the block is as
 * small as the request, so that the last bytes can be used. */
static size_t block_size(const struct rs_arena *a, size_t need)
{
	size_t size = a->head ? a->head->size * 2 : FIRST_BLOCK - sizeof(struct rs_arena_block);
	size_t left = a->max ? a->max - a->reserved : SIZE_MAX;

	if (size > LARGEST_BLOCK)
		size = LARGEST_BLOCK;
	if (size < need)
		size = need;
	if (left < sizeof(struct rs_arena_block) || need > left - sizeof(struct rs_arena_block))
		return 0;
	if (size > left - sizeof(struct rs_arena_block))
		size = need;
	return size;
}

static int add_block(struct rs_arena *a, size_t need)
{
	size_t size = block_size(a, need);
	struct rs_arena_block *block;

	block = size ? malloc(sizeof *block + size) : NULL;
	if (!block)
		return 0;
	if (!a->head)
		a->lent = a->next;
	block->older = a->head;
	block->size = size;
	a->head = block;
	a->next = block->data;
	a->end = block->data + size;
	a->reserved += sizeof *block + size;
	return 1;
}

static void *take(struct rs_arena *a, size_t size, size_t padding)
{
	char *p = a->next + padding;

	a->next = p + size;
	a->used += size;
	return p;
}

void *rs_arena_alloc(struct rs_arena *a, size_t size)
{
	size_t padding = (size_t)(-(uintptr_t)a->next & 7);
	size_t left = (size_t)(a->end - a->next);

	if (a->end && padding <= left && size <= left - padding)
		return take(a, size, padding);
	if (!add_block(a, size ? size : 1))
		return NULL;
	return take(a, size, 0);
}

char *rs_arena_bytes(struct rs_arena *a, size_t size)
{
	if (a->end && size <= (size_t)(a->end - a->next))
		return take(a, size, 0);
	if (!add_block(a, size ? size : 1))
		return NULL;
	return take(a, size, 0);
}

char *rs_arena_copy(struct rs_arena *a, const void *data, size_t n)
{
	char *copy = n < SIZE_MAX ? rs_arena_bytes(a, n + 1) : NULL;

	if (!copy)
		return NULL;
	if (n)
		memcpy(copy, data, n);
	copy[n] = '\0';
	return copy;
}

void rs_arena_trim(struct rs_arena *a, char *p, size_t size, size_t used)
{
	if (p + size != a->next)
		return;
	a->next = p + used;
	a->used -= size - used;
}
