#include "base/queue.h"

#include "base/activity.h"
#include "base/mem.h"

#define QUIET_BYTES ((size_t)64 << 10) /* worth waking for, whatever they are */

/* ------------------------------------------------------------------ the budget of several */

void rs_queue_budget_init(struct rs_queue_budget *b, size_t max_bytes)
{
	*b = (struct rs_queue_budget){.max_bytes = max_bytes};
	rs_monitor_init(&b->monitor);
}

void rs_queue_budget_release(struct rs_queue_budget *b)
{
	rs_monitor_release(&b->monitor);
}

/* must: whether there is room or not. *turn: for budget_wait, where there is none. */
static bool budget_take(struct rs_queue_budget *b, size_t bytes, bool must, unsigned *turn)
{
	rs_monitor_enter(&b->monitor);
	bool taken = must || (b->bytes <= b->max_bytes && bytes <= b->max_bytes - b->bytes);
	if (taken)
		b->bytes += bytes;
	*turn = b->turns;
	rs_monitor_leave(&b->monitor);
	return taken;
}

/* bytes: that are given back. */
static void budget_turn(struct rs_queue_budget *b, size_t bytes)
{
	if (b == NULL)
		return;
	rs_monitor_enter(&b->monitor);
	b->bytes -= bytes;
	b->turns++;
	rs_monitor_wake(&b->monitor);
	rs_monitor_leave(&b->monitor);
}

static void budget_wait(struct rs_queue_budget *b, unsigned turn)
{
	rs_monitor_enter(&b->monitor);
	while (b->turns == turn)
		rs_monitor_wait(&b->monitor, -1);
	rs_monitor_leave(&b->monitor);
}

/* ------------------------------------------------------------------ the queue */

void rs_queue_init(struct rs_queue *q, size_t max_bytes)
{
	*q = (struct rs_queue){.max_bytes = max_bytes};
	rs_monitor_init(&q->monitor);
}

void rs_queue_limit(struct rs_queue *q, size_t max_bytes)
{
	rs_monitor_enter(&q->monitor);
	q->max_bytes = max_bytes;
	rs_monitor_wake(&q->monitor);
	rs_monitor_leave(&q->monitor);
}

void rs_queue_share(struct rs_queue *q, struct rs_queue_budget *budget)
{
	q->budget = budget;
}

void rs_queue_show(struct rs_queue *q, _Atomic size_t *bytes)
{
	q->shown = bytes;
}

static void hold(struct rs_queue *q, size_t bytes)
{
	q->bytes = bytes;
	if (q->shown != NULL)
		atomic_store_explicit(q->shown, bytes, memory_order_relaxed);
}

static void *pop(struct rs_queue *q)
{
	struct rs_queue_slot *slot = &q->slots[q->head];

	q->head = (q->head + 1) % q->cap;
	q->count--;
	hold(q, q->bytes - slot->bytes);
	budget_turn(q->budget, slot->bytes);
	return slot->item;
}

void rs_queue_release(struct rs_queue *q, void (*free_item)(void *))
{
	while (q->count) {
		void *item = pop(q);

		if (free_item)
			free_item(item);
	}
	free(q->slots);
	q->slots = NULL;
	rs_monitor_release(&q->monitor);
}

static void grow(struct rs_queue *q)
{
	size_t cap = q->cap ? q->cap * 2 : 16;
	struct rs_queue_slot *slots = rs_xcalloc(cap, sizeof *slots);

	for (size_t i = 0; i < q->count; i++)
		slots[i] = q->slots[(q->head + i) % q->cap];
	free(q->slots);
	q->slots = slots;
	q->cap = cap;
	q->head = 0;
}

static void push(struct rs_queue *q, void *item, size_t bytes)
{
	if (q->count == q->cap)
		grow(q);
	q->slots[(q->head + q->count) % q->cap] = (struct rs_queue_slot){item, bytes};
	q->count++;
	hold(q, q->bytes + bytes);
}

static bool has_room(const struct rs_queue *q, size_t bytes)
{
	return q->count == 0 || (q->bytes <= q->max_bytes && bytes <= q->max_bytes - q->bytes);
}

/* True: there is room, and it is taken. False: something happened meanwhile; the monitor was left. */
static bool await_room(struct rs_queue *q, size_t bytes)
{
	unsigned turn;

	if (!has_room(q, bytes)) {
		rs_monitor_wake(&q->monitor); /* whoever makes room may not know of what is there */
		rs_monitor_wait(&q->monitor, -1);
		return false;
	}
	if (q->budget == NULL || budget_take(q->budget, bytes, q->count == 0, &turn))
		return true;
	rs_monitor_wake(&q->monitor);
	rs_monitor_leave(&q->monitor);
	budget_wait(q->budget, turn);
	rs_monitor_enter(&q->monitor);
	return false;
}

/* Whoever is woken needs the lock first: it is free by then. */
static enum rs_rc put(struct rs_queue *q, void *item, size_t bytes, size_t quiet_bytes)
{
	enum rs_doing before = rs_activity_enter(RS_DOING_ROOM);
	enum rs_rc rc = RS_CANCELLED;
	bool wake = false;

	rs_monitor_enter(&q->monitor);
	while (!q->closed && !q->cancelled && !await_room(q, bytes))
		;
	if (!q->closed && !q->cancelled) {
		push(q, item, bytes);
		q->quiet += bytes;
		wake = q->quiet >= quiet_bytes;
		rc = RS_OK;
	}
	if (wake)
		q->quiet = 0;
	rs_monitor_leave(&q->monitor);
	if (wake)
		rs_monitor_wake(&q->monitor);
	rs_activity_leave(before);
	return rc;
}

enum rs_rc rs_queue_put(struct rs_queue *q, void *item, size_t bytes) { return put(q, item, bytes, 0); }

enum rs_rc rs_queue_put_quietly(struct rs_queue *q, void *item, size_t bytes) { return put(q, item, bytes, QUIET_BYTES); }

static bool can_answer(const void *arg)
{
	const struct rs_queue *q = arg;

	return q->count > 0 || q->closed || q->cancelled || q->nudged;
}

static size_t pop_some(struct rs_queue *q, void **items, size_t max, size_t bytes)
{
	size_t n = 0;

	do {
		const size_t size = q->slots[q->head].bytes;
		items[n++] = pop(q);
		bytes -= size < bytes ? size : bytes;
	} while (n < max && q->count > 0 && q->slots[q->head].bytes <= bytes);
	return n;
}

enum rs_rc rs_queue_take(struct rs_queue *q, void **item, rs_usec timeout)
{
	size_t n;

	return rs_queue_take_some(q, item, 1, 0, &n, timeout);
}

enum rs_rc rs_queue_take_some(struct rs_queue *q, void **items, size_t max, size_t bytes, size_t *n, rs_usec timeout)
{
	enum rs_rc rc = RS_OK;

	rs_monitor_enter(&q->monitor);
	if (!rs_monitor_wait_for(&q->monitor, timeout, can_answer, q)) {
		rc = RS_AGAIN;
	} else if (q->cancelled) {
		rc = RS_CANCELLED;
	} else if (q->count == 0) {
		rc = q->closed ? RS_EOF : RS_AGAIN;
	} else {
		*n = pop_some(q, items, max, bytes);
		rs_monitor_wake(&q->monitor);
	}
	q->nudged = false;
	rs_monitor_leave(&q->monitor);
	return rc;
}

void rs_queue_nudge(struct rs_queue *q)
{
	rs_monitor_enter(&q->monitor);
	q->nudged = true;
	rs_monitor_wake(&q->monitor);
	rs_monitor_leave(&q->monitor);
}

void rs_queue_close(struct rs_queue *q)
{
	rs_monitor_enter(&q->monitor);
	q->closed = true;
	rs_monitor_wake(&q->monitor);
	rs_monitor_leave(&q->monitor);
	budget_turn(q->budget, 0);
}

void rs_queue_cancel(struct rs_queue *q)
{
	rs_monitor_enter(&q->monitor);
	q->cancelled = true;
	rs_monitor_wake(&q->monitor);
	rs_monitor_leave(&q->monitor);
	budget_turn(q->budget, 0);
}

size_t rs_queue_count(struct rs_queue *q)
{
	size_t count;

	rs_monitor_enter(&q->monitor);
	count = q->count;
	rs_monitor_leave(&q->monitor);
	return count;
}
