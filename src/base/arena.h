/* Memory that is freed all at once: one arena a batch or a source transaction. Allocations are aligned to 8 bytes
 * unless said otherwise and can't be freed singly. An arena has a maximum in bytes; beyond it allocation returns NULL
 * (the caller reports RS_E_MEMORY or spills). One owner at a time; it may be handed from thread to thread. */
#ifndef RS_ARENA_H
#define RS_ARENA_H

#include <stddef.h>

struct rs_arena_block;

struct rs_arena {
	struct rs_arena_block *head; /* the block that is being filled */
	char *next, *end;            /* its free part */
	size_t used;                 /* bytes handed out */
	char *lent;                  /* what is free of what it was lent, once it has blocks of its own */
	size_t reserved;             /* bytes taken from malloc */
	size_t max;                  /* most bytes to take from malloc; 0 = no limit */
};

void rs_arena_init(struct rs_arena *a, size_t max);
/* One that is new uses so many bytes there first, 8-aligned, which are somebody else's. */
void rs_arena_lend(struct rs_arena *a, char *room, size_t size);
/* Where what it used of them ends: the rest is not its own any more. */
char *rs_arena_settle(struct rs_arena *a);
/* Forgets all allocations, and what it was lent, and keeps one block for the next use. */
void rs_arena_clear(struct rs_arena *a);
void rs_arena_release(struct rs_arena *a);

/* size bytes, 8-aligned, not zeroed; NULL beyond the maximum. size 0 gives a valid pointer. */
void *rs_arena_alloc(struct rs_arena *a, size_t size);
/* As above without alignment, for bytes. */
char *rs_arena_bytes(struct rs_arena *a, size_t size);
/* Copies n bytes and adds a NUL. */
char *rs_arena_copy(struct rs_arena *a, const void *data, size_t n);
/* Gives back the unused tail of the last rs_arena_bytes(): the string at p of size bytes keeps only used. */
void rs_arena_trim(struct rs_arena *a, char *p, size_t size, size_t used);

#endif
