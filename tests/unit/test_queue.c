#include "base/queue.h"

#include "base/mem.h"
#include "unit.h"

static int items[3000];

static void order_is_kept(void)
{
	struct rs_queue q;
	void *item;

	rs_queue_init(&q, 1000);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 50; i++)
			UNIT_INT(rs_queue_put(&q, &items[i], 1), RS_OK);
		UNIT_INT(rs_queue_count(&q), 50);
		for (int i = 0; i < 50; i++) {
			UNIT_INT(rs_queue_take(&q, &item, 0), RS_OK);
			CU_ASSERT_PTR_EQUAL(item, &items[i]);
		}
	}
	UNIT_INT(q.bytes, 0);
	UNIT_INT(rs_queue_take(&q, &item, 0), RS_AGAIN);
	UNIT_INT(rs_queue_take(&q, &item, RS_MSEC(2)), RS_AGAIN);
	rs_queue_release(&q, NULL);
}

static void several_are_taken_at_once_up_to_their_bytes(void)
{
	struct rs_queue q;
	void *taken[8];
	size_t n = 0;

	rs_queue_init(&q, 1000);
	for (int i = 0; i < 14; i++)
		UNIT_INT(rs_queue_put(&q, &items[i], i == 4 ? 100 : 10), RS_OK);
	UNIT_INT(rs_queue_take_some(&q, taken, 8, 40, &n, 0), RS_OK);
	UNIT_INT(n, 4);
	UNIT_INT(rs_queue_take_some(&q, taken, 8, 40, &n, 0), RS_OK); /* more than that by itself */
	UNIT_INT(n, 1);
	CU_ASSERT_PTR_EQUAL(taken[0], &items[4]);
	UNIT_INT(rs_queue_take_some(&q, taken, 8, 1000, &n, 0), RS_OK);
	UNIT_INT(n, 8);
	CU_ASSERT_PTR_EQUAL(taken[7], &items[12]);
	UNIT_INT(rs_queue_take_some(&q, taken, 8, 1000, &n, 0), RS_OK);
	UNIT_INT(n, 1);
	UNIT_INT(q.bytes, 0);
	UNIT_INT(rs_queue_take_some(&q, taken, 8, 1000, &n, 0), RS_AGAIN);
	rs_queue_release(&q, NULL);
}

static void close_drains_then_ends(void)
{
	struct rs_queue q;
	void *item = NULL;

	rs_queue_init(&q, 1000);
	UNIT_INT(rs_queue_put(&q, &items[0], 1), RS_OK);
	rs_queue_close(&q);
	UNIT_INT(rs_queue_put(&q, &items[1], 1), RS_CANCELLED);
	UNIT_INT(rs_queue_take(&q, &item, -1), RS_OK);
	CU_ASSERT_PTR_EQUAL(item, &items[0]);
	UNIT_INT(rs_queue_take(&q, &item, -1), RS_EOF);
	UNIT_INT(rs_queue_take(&q, &item, 0), RS_EOF);
	rs_queue_release(&q, NULL);
}

static void cancel_answers_at_once_and_release_frees(void)
{
	struct rs_queue q;
	void *item = NULL;

	rs_queue_init(&q, 1000);
	UNIT_INT(rs_queue_put(&q, rs_xstrdup("left"), 1), RS_OK);
	rs_queue_cancel(&q);
	UNIT_INT(rs_queue_take(&q, &item, -1), RS_CANCELLED);
	UNIT_INT(rs_queue_put(&q, &items[0], 1), RS_CANCELLED);
	rs_queue_release(&q, free);
}

static void a_nudge_ends_one_wait_and_loses_no_item(void)
{
	struct rs_queue q;
	void *item = NULL;

	rs_queue_init(&q, 1000);
	rs_queue_nudge(&q);
	UNIT_INT(rs_queue_take(&q, &item, -1), RS_AGAIN);
	UNIT_INT(rs_queue_take(&q, &item, 0), RS_AGAIN);
	UNIT_INT(rs_queue_put(&q, &items[0], 1), RS_OK);
	rs_queue_nudge(&q);
	UNIT_INT(rs_queue_take(&q, &item, -1), RS_OK);
	CU_ASSERT_PTR_EQUAL(item, &items[0]);
	rs_queue_close(&q);
	rs_queue_nudge(&q);
	UNIT_INT(rs_queue_take(&q, &item, -1), RS_EOF);
	rs_queue_release(&q, NULL);
}

struct putter {
	struct rs_queue *q;
	size_t bytes;
	atomic_int put;
	enum rs_rc last;
};

static void *put_three(void *arg)
{
	struct putter *p = arg;

	for (int i = 0; i < 3; i++) {
		p->last = rs_queue_put(p->q, &items[i], p->bytes);
		if (p->last != RS_OK)
			break;
		atomic_fetch_add(&p->put, 1);
	}
	return NULL;
}

static void an_item_over_the_limit_passes_alone(void)
{
	struct rs_queue q;
	struct putter p = {.q = &q, .bytes = 5000};
	struct rs_thread t = {0};
	void *item;

	rs_queue_init(&q, 1000);
	CU_ASSERT_TRUE_FATAL(rs_thread_start(&t, "putter", put_three, &p));
	for (int i = 0; i < 3; i++) {
		UNIT_INT(rs_queue_take(&q, &item, -1), RS_OK);
		CU_ASSERT_PTR_EQUAL(item, &items[i]);
		CU_ASSERT_TRUE(rs_queue_count(&q) <= 1);
	}
	rs_thread_join(&t);
	rs_queue_release(&q, NULL);
}

static void a_waiting_producer_is_woken_by_cancel(void)
{
	struct rs_queue q;
	struct putter p = {.q = &q, .bytes = 600};
	struct rs_thread t = {0};

	rs_queue_init(&q, 1000);
	CU_ASSERT_TRUE_FATAL(rs_thread_start(&t, "putter", put_three, &p));
	while (atomic_load(&p.put) < 1)
		sched_yield();
	rs_queue_cancel(&q);
	rs_thread_join(&t);
	UNIT_INT(p.last, RS_CANCELLED);
	UNIT_INT(p.put, 1);
	rs_queue_release(&q, NULL);
}

static void *take_one(void *arg)
{
	void *item = NULL;

	return rs_queue_take(arg, &item, -1) == RS_EOF ? NULL : item;
}

static void a_waiting_consumer_is_woken_by_close(void)
{
	struct rs_queue q;
	struct rs_thread t = {0};

	rs_queue_init(&q, 1000);
	CU_ASSERT_TRUE_FATAL(rs_thread_start(&t, "taker", take_one, &q));
	rs_queue_close(&q);
	rs_thread_join(&t);
	rs_queue_release(&q, NULL);
}

static void *put_one(void *arg)
{
	struct putter *p = arg;

	p->last = rs_queue_put(p->q, &items[0], p->bytes);
	atomic_store(&p->put, 1);
	return NULL;
}

/* In the first is what leaves the second no room but for one item, which it may have in any case. */
struct two {
	struct rs_queue_budget budget;
	struct rs_queue a, b;
	struct putter putter;
	struct rs_thread thread;
};

static void two_init(struct two *t)
{
	*t = (struct two){.putter = {.q = &t->b, .bytes = 300}};
	rs_queue_budget_init(&t->budget, 1000);
	rs_queue_init(&t->a, 2000);
	rs_queue_init(&t->b, 2000);
	rs_queue_share(&t->a, &t->budget);
	rs_queue_share(&t->b, &t->budget);
	UNIT_INT(rs_queue_put(&t->a, &items[1], 500), RS_OK);
	UNIT_INT(rs_queue_put(&t->a, &items[2], 400), RS_OK);
	UNIT_INT(rs_queue_put(&t->b, &items[3], 300), RS_OK);
	CU_ASSERT_TRUE_FATAL(rs_thread_start(&t->thread, "putter", put_one, &t->putter));
}

static void two_release(struct two *t)
{
	rs_thread_join(&t->thread);
	rs_queue_release(&t->a, NULL);
	rs_queue_release(&t->b, NULL);
	UNIT_INT(t->budget.bytes, 0);
	rs_queue_budget_release(&t->budget);
}

static void *put_many(void *arg)
{
	for (int i = 0; i < 1000; i++)
		if (rs_queue_put(arg, &items[i], 50 + (size_t)i % 7 * 50) != RS_OK)
			break;
	return NULL;
}

static size_t bytes_held(struct rs_queue_budget *b)
{
	rs_monitor_enter(&b->monitor);
	size_t bytes = b->bytes;
	rs_monitor_leave(&b->monitor);
	return bytes;
}

/* What each holds alone would be far more. */
static void queues_with_a_budget_hold_no_more_together(void)
{
	struct rs_queue_budget budget;
	struct rs_queue q[3];
	struct rs_thread threads[3] = {0};
	size_t most = 0;
	void *item;

	rs_queue_budget_init(&budget, 1000);
	for (int i = 0; i < 3; i++) {
		rs_queue_init(&q[i], 1000000);
		rs_queue_share(&q[i], &budget);
		CU_ASSERT_TRUE_FATAL(rs_thread_start(&threads[i], "putter", put_many, &q[i]));
	}
	for (int n = 0; n < 1000; n++)
		for (int i = 0; i < 3; i++) {
			most = bytes_held(&budget) > most ? bytes_held(&budget) : most;
			UNIT_INT(rs_queue_take(&q[i], &item, -1), RS_OK);
			CU_ASSERT_PTR_EQUAL(item, &items[n]);
		}
	CU_ASSERT_TRUE(most <= 1000 + 3 * 350);
	for (int i = 0; i < 3; i++) {
		rs_thread_join(&threads[i]);
		rs_queue_release(&q[i], NULL);
	}
	UNIT_INT(budget.bytes, 0);
	rs_queue_budget_release(&budget);
}

static void who_waits_for_a_budget_is_woken_by_cancel_and_by_its_own_queue(void)
{
	struct two t;
	void *item;

	two_init(&t);
	rs_queue_cancel(&t.b);
	rs_thread_join(&t.thread);
	UNIT_INT(t.putter.last, RS_CANCELLED);
	two_release(&t);
	two_init(&t);
	UNIT_INT(rs_queue_take(&t.b, &item, 0), RS_OK); /* empty: the next passes, whatever the others hold */
	rs_thread_join(&t.thread);
	UNIT_INT(t.putter.last, RS_OK);
	UNIT_INT(t.budget.bytes, 1200);
	two_release(&t);
}

enum { PRODUCERS = 3, CONSUMERS = 2, EACH = 1000 };

struct traffic {
	struct rs_queue q;
	atomic_int next;
	atomic_int taken[PRODUCERS * EACH];
};

static void *produce(void *arg)
{
	struct traffic *t = arg;

	for (int i = 0; i < EACH; i++) {
		int n = atomic_fetch_add(&t->next, 1);

		if (rs_queue_put(&t->q, &items[n], (size_t)(n % 7) * 10) != RS_OK)
			break;
	}
	return NULL;
}

static void *consume(void *arg)
{
	struct traffic *t = arg;
	void *item;

	while (rs_queue_take(&t->q, &item, -1) == RS_OK)
		atomic_fetch_add(&t->taken[(int *)item - items], 1);
	return NULL;
}

static void every_item_arrives_once_among_many_threads(void)
{
	static struct traffic traffic;
	struct rs_thread producers[PRODUCERS] = {0}, consumers[CONSUMERS] = {0};

	rs_queue_init(&traffic.q, 100);
	for (int i = 0; i < PRODUCERS; i++)
		CU_ASSERT_TRUE_FATAL(rs_thread_start(&producers[i], "producer", produce, &traffic));
	for (int i = 0; i < CONSUMERS; i++)
		CU_ASSERT_TRUE_FATAL(rs_thread_start(&consumers[i], "consumer", consume, &traffic));
	for (int i = 0; i < PRODUCERS; i++)
		rs_thread_join(&producers[i]);
	rs_queue_close(&traffic.q);
	for (int i = 0; i < CONSUMERS; i++)
		rs_thread_join(&consumers[i]);
	for (int i = 0; i < PRODUCERS * EACH; i++)
		CU_ASSERT_EQUAL_FATAL(atomic_load(&traffic.taken[i]), 1);
	UNIT_INT(traffic.q.bytes, 0);
	rs_queue_release(&traffic.q, NULL);
}

static void *put_quietly(void *arg)
{
	struct putter *p = arg;

	for (int i = 0; i < 3 && (p->last = rs_queue_put_quietly(p->q, &items[i], p->bytes)) == RS_OK; i++)
		atomic_fetch_add(&p->put, 1);
	return NULL;
}

static void *take_three(void *arg)
{
	struct rs_queue *q = arg;
	void *item;

	for (int i = 0; i < 3; i++)
		if (rs_queue_take(q, &item, -1) != RS_OK || item != &items[i])
			return NULL;
	return arg;
}

/* Both would wait for ever: the taker for being woken, the producer for room. */
static void who_waits_for_room_wakes_the_taker_for_what_was_put_quietly(void)
{
	struct rs_queue q;
	struct putter p = {.q = &q, .bytes = 60};
	struct rs_thread putter = {0}, taker = {0};

	rs_queue_init(&q, 100);
	CU_ASSERT_TRUE_FATAL(rs_thread_start(&taker, "taker", take_three, &q));
	CU_ASSERT_TRUE_FATAL(rs_thread_start(&putter, "putter", put_quietly, &p));
	rs_thread_join(&putter);
	UNIT_INT(rs_queue_put(&q, &items[3], 1), RS_OK); /* wakes for the last of them */
	rs_thread_join(&taker);
	UNIT_INT(p.put, 3);
	UNIT_INT(rs_queue_count(&q), 1);
	rs_queue_release(&q, NULL);
}

static void much_that_was_put_quietly_wakes_the_taker(void)
{
	struct rs_queue q;
	struct putter p = {.q = &q, .bytes = 64 << 10};
	struct rs_thread putter = {0}, taker = {0};

	rs_queue_init(&q, 1 << 20);
	CU_ASSERT_TRUE_FATAL(rs_thread_start(&taker, "taker", take_three, &q));
	CU_ASSERT_TRUE_FATAL(rs_thread_start(&putter, "putter", put_quietly, &p));
	rs_thread_join(&putter);
	rs_thread_join(&taker);
	UNIT_INT(rs_queue_count(&q), 0);
	rs_queue_release(&q, NULL);
}

UNIT_MAIN(UNIT_TEST(who_waits_for_room_wakes_the_taker_for_what_was_put_quietly),
          UNIT_TEST(much_that_was_put_quietly_wakes_the_taker),
          UNIT_TEST(queues_with_a_budget_hold_no_more_together),
          UNIT_TEST(who_waits_for_a_budget_is_woken_by_cancel_and_by_its_own_queue), UNIT_TEST(order_is_kept),
          UNIT_TEST(several_are_taken_at_once_up_to_their_bytes), UNIT_TEST(close_drains_then_ends),
          UNIT_TEST(a_nudge_ends_one_wait_and_loses_no_item),
          UNIT_TEST(cancel_answers_at_once_and_release_frees),
          UNIT_TEST(an_item_over_the_limit_passes_alone),
          UNIT_TEST(a_waiting_producer_is_woken_by_cancel),
          UNIT_TEST(a_waiting_consumer_is_woken_by_close),
          UNIT_TEST(every_item_arrives_once_among_many_threads))
