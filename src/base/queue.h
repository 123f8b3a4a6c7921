/* A first-in first-out queue of pointers between threads, bounded in bytes: a producer waits while the queue holds its
 * limit (one item larger than the limit passes alone, into an empty queue). Ownership of an item moves with it. Any
 * number of producers and consumers. Queues may share a *budget*: so many bytes they hold together, but for one item in
 * each that would be empty else, so that none comes to a stop because of the others. */
#ifndef RS_QUEUE_H
#define RS_QUEUE_H

#include <stddef.h>
#include "base/err.h"
#include "base/thread.h"

struct rs_queue_slot {
	void *item;
	size_t bytes;
};

struct rs_queue_budget {
	struct rs_monitor monitor;   /* guards everything below; taken inside of a queue's */
	size_t bytes, max_bytes;
	unsigned turns;              /* how often there was a reason to look again whether there is room */
};

/* Released after the last queue that shares it. */
void rs_queue_budget_init(struct rs_queue_budget *b, size_t max_bytes);
void rs_queue_budget_release(struct rs_queue_budget *b);

struct rs_queue {
	struct rs_monitor monitor;   /* guards everything below */
	struct rs_queue_slot *slots; /* ring */
	size_t cap, head, count;
	size_t bytes, max_bytes;
	_Atomic size_t *shown;       /* bytes, for whoever looks; NULL: nobody does */
	struct rs_queue_budget *budget; /* NULL: none */
	size_t quiet;                /* bytes that were put since a taker was woken last */
	bool closed;                 /* no more puts; takes drain, then RS_EOF */
	bool nudged;                 /* a take that finds nothing returns at once */
	bool cancelled;              /* both sides return RS_CANCELLED at once */
};

void rs_queue_init(struct rs_queue *q, size_t max_bytes);
/* From now on; what it holds beyond that is taken out first. */
void rs_queue_limit(struct rs_queue *q, size_t max_bytes);
/* While it is empty. */
void rs_queue_share(struct rs_queue *q, struct rs_queue_budget *budget);
/* While it is empty: *bytes tells what it holds from now on, to any thread. It must outlive the queue. */
void rs_queue_show(struct rs_queue *q, _Atomic size_t *bytes);
/* What is still inside goes to free_item (may be NULL). */
void rs_queue_release(struct rs_queue *q, void (*free_item)(void *));
/* RS_OK (the queue owns the item now) or RS_CANCELLED (cancelled or closed: the caller still does). */
enum rs_rc rs_queue_put(struct rs_queue *q, void *item, size_t bytes) RS_MUST_CHECK;
/* The same for an item that is of no use before a later one: a taker that waits is not woken for it alone, but sees it when
 * it looks; when much was put in this way, it is. */
enum rs_rc rs_queue_put_quietly(struct rs_queue *q, void *item, size_t bytes) RS_MUST_CHECK;
/* RS_OK, RS_AGAIN (timeout; < 0 waits for ever), RS_EOF (closed and empty) or RS_CANCELLED. */
enum rs_rc rs_queue_take(struct rs_queue *q, void **item, rs_usec timeout) RS_MUST_CHECK;
/* The same for as many as there are, max at most; more than one only while they have so many bytes together. */
enum rs_rc rs_queue_take_some(struct rs_queue *q, void **items, size_t max, size_t bytes, size_t *n, rs_usec timeout) RS_MUST_CHECK;
/* Whoever waits in rs_queue_take, or comes to wait there next, finds RS_AGAIN at once where there is no item. */
void rs_queue_nudge(struct rs_queue *q);
void rs_queue_close(struct rs_queue *q);
void rs_queue_cancel(struct rs_queue *q);
size_t rs_queue_count(struct rs_queue *q);

#endif
