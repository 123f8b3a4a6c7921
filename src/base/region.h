/* Memory for what is made piece by piece by one thread, and let go of by any, in about the order in which it was made. Pieces lie
 * side by side in blocks of 256 KiB; a block whose pieces are all gone is used again, by whatever region. While a piece is
 * being made it has the rest of its block, so that it takes no more than what is put into it.
 *
 * A region is used by one thread at a time. Blocks outlive it until their pieces are gone. */
#ifndef RS_REGION_H
#define RS_REGION_H

#include <stdbool.h>
#include <stddef.h>

struct rs_region_block;

struct rs_region {
	struct rs_region_block *block; /* that is being filled; NULL: none */
	size_t used;                   /* bytes of it */
	bool making;                   /* a piece that has the rest of it */
};

#define RS_REGION_INIT {NULL, 0, false}

void rs_region_release(struct rs_region *r);

/* Begins a piece of at least that many bytes (64 KiB at most), 16-aligned; *room: how many it has. NULL: one is being made
 * already. */
void *rs_region_begin(struct rs_region *r, size_t least, size_t *room);
/* The piece that is being made ends there. */
void rs_region_end(struct rs_region *r, const void *end);
/* It is given up. */
void rs_region_cancel(struct rs_region *r);
/* The block of the piece that is being made; to be let go of once for each piece that was ended, from any thread. */
static inline struct rs_region_block *rs_region_block(const struct rs_region *r) { return r->block; }
void rs_region_let_go(struct rs_region_block *b);

#endif
