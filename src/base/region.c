#include "base/region.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "base/mem.h"

/* Where the sanitizer looks for what is used after it is gone, each piece is one of its own allocations. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define APART true
#endif
#endif
#if !defined(APART) && defined(__SANITIZE_ADDRESS__)
#define APART true
#endif
#ifndef APART
#define APART false
#endif

#define BLOCK ((size_t)256 << 10)
#define SPARE_MAX (APART ? 0 : 64)
#define ALIGNMENT ((size_t)16)

struct rs_region_block {
	struct rs_region_block *next;  /* of those that are spare */
	atomic_size_t users;           /* pieces, and the region that fills it */
	_Alignas(max_align_t) char data[];
};

#define ROOM (BLOCK - sizeof(struct rs_region_block))

/* Of the whole process: memory that was just let go of is still in the processor's cache, and what is given back to the kernel has
 * to be cleared by it before it is used again. */
static struct {
	pthread_mutex_t lock;
	struct rs_region_block *first;
	size_t n;
} spare = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct rs_region_block *take_spare(void)
{
	pthread_mutex_lock(&spare.lock);
	struct rs_region_block *b = spare.first;
	if (b) {
		spare.first = b->next;
		spare.n--;
	}
	pthread_mutex_unlock(&spare.lock);
	return b;
}

static bool keep_spare(struct rs_region_block *b)
{
	pthread_mutex_lock(&spare.lock);
	const bool keep = spare.n < SPARE_MAX;
	if (keep) {
		b->next = spare.first;
		spare.first = b;
		spare.n++;
	}
	pthread_mutex_unlock(&spare.lock);
	return keep;
}

void rs_region_let_go(struct rs_region_block *b)
{
	if (atomic_fetch_sub_explicit(&b->users, 1, memory_order_acq_rel) == 1 && !keep_spare(b))
		free(b);
}

static void leave_block(struct rs_region *r)
{
	if (r->block)
		rs_region_let_go(r->block);
	r->block = NULL;
	r->used = 0;
}

void rs_region_release(struct rs_region *r) { leave_block(r); }

static void open_block(struct rs_region *r)
{
	leave_block(r);
	r->block = take_spare();
	if (!r->block)
		r->block = rs_xmalloc(BLOCK);
	atomic_init(&r->block->users, 1);
}

void *rs_region_begin(struct rs_region *r, size_t least, size_t *room)
{
	if (r->making)
		return NULL;
	if (r->block && atomic_load_explicit(&r->block->users, memory_order_acquire) == 1)
		r->used = 0; /* all that was in it is gone */
	if (!r->block || least > ROOM - r->used)
		open_block(r);
	r->making = true;
	*room = ROOM - r->used;
	return r->block->data + r->used;
}

void rs_region_end(struct rs_region *r, const void *end)
{
	const size_t used = (size_t)((const char *)end - r->block->data);

	r->used = (used + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (r->used > ROOM)
		r->used = ROOM;
	atomic_fetch_add_explicit(&r->block->users, 1, memory_order_relaxed);
	r->making = false;
	if (APART)
		leave_block(r);
}

void rs_region_cancel(struct rs_region *r) { r->making = false; }
