/* How other threads reach the loop: functions posted to the UI thread, a wake-up, a count of work that goes on. Private
 * to tui; loop.h has the public side. */
#ifndef RS_POSTBOX_H
#define RS_POSTBOX_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct rs_post {
	void (*fn)(void *ctx);
	void *ctx;
};

struct rs_postbox {
	int fd;               /* eventfd: readable when there is something to do */
	atomic_bool woken;
	atomic_int busy;
	pthread_mutex_t lock; /* guards the posts */
	struct rs_post *posts;
	size_t count, cap;
};

void rs_postbox_init(struct rs_postbox *b);
/* Runs what is left. */
void rs_postbox_release(struct rs_postbox *b);

/* From any thread. */
void rs_postbox_post(struct rs_postbox *b, void (*fn)(void *ctx), void *ctx);
/* From any thread, and from signal handlers. */
void rs_postbox_wake(struct rs_postbox *b);
void rs_postbox_busy(struct rs_postbox *b, int change);

/* The UI thread: empties the descriptor and runs what has been posted; what that posts comes next time. True when
 * anything ran. */
bool rs_postbox_run(struct rs_postbox *b);
/* Whether it was woken since the last call. */
bool rs_postbox_woken(struct rs_postbox *b);
/* Nothing waits and nothing goes on. */
bool rs_postbox_idle(struct rs_postbox *b);

#endif
