#include "tui/postbox.h"
#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/err.h"
#include "base/mem.h"

void rs_postbox_init(struct rs_postbox *b)
{
	*b = (struct rs_postbox){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	if (b->fd < 0)
		rs_bug("eventfd: errno %d", errno);
	pthread_mutex_init(&b->lock, NULL);
}

void rs_postbox_release(struct rs_postbox *b)
{
	(void)rs_postbox_run(b);
	close(b->fd);
	pthread_mutex_destroy(&b->lock);
	free(b->posts);
}

static void make_readable(struct rs_postbox *b)
{
	int saved = errno;
	uint64_t one = 1;
	ssize_t n = write(b->fd, &one, sizeof one);

	(void)n; /* full: it is readable already */
	errno = saved;
}

void rs_postbox_post(struct rs_postbox *b, void (*fn)(void *ctx), void *ctx)
{
	pthread_mutex_lock(&b->lock);
	RS_GROW(b->posts, b->count, b->cap);
	b->posts[b->count++] = (struct rs_post){fn, ctx};
	pthread_mutex_unlock(&b->lock);
	make_readable(b);
}

void rs_postbox_wake(struct rs_postbox *b)
{
	atomic_store(&b->woken, true);
	make_readable(b);
}

void rs_postbox_busy(struct rs_postbox *b, int change)
{
	atomic_fetch_add(&b->busy, change);
	make_readable(b);
}

bool rs_postbox_run(struct rs_postbox *b)
{
	struct rs_post *posts;
	size_t count;
	uint64_t value;
	ssize_t n = read(b->fd, &value, sizeof value);

	(void)n; /* nothing there: it was taken already */
	pthread_mutex_lock(&b->lock);
	posts = b->posts;
	count = b->count;
	b->posts = NULL;
	b->count = b->cap = 0;
	pthread_mutex_unlock(&b->lock);
	for (size_t i = 0; i < count; i++)
		posts[i].fn(posts[i].ctx);
	free(posts);
	return count > 0;
}

bool rs_postbox_woken(struct rs_postbox *b)
{
	return atomic_exchange(&b->woken, false);
}

bool rs_postbox_idle(struct rs_postbox *b)
{
	bool waiting;

	pthread_mutex_lock(&b->lock);
	waiting = b->count > 0;
	pthread_mutex_unlock(&b->lock);
	return !waiting && atomic_load(&b->busy) == 0 && !atomic_load(&b->woken);
}
