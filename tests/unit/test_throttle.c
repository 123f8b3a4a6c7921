#include "base/throttle.h"

#include <stdlib.h>
#include "unit.h"

static _Atomic rs_usec fake_now;

static rs_usec fake_mono(void) { return atomic_load(&fake_now); }

/* Takes n at a time as soon as may be; how much was let through by `until`. */
static uint64_t run(struct rs_bucket *b, uint64_t n, rs_usec *now, rs_usec until)
{
	uint64_t through = 0;

	for (;;) {
		double ticket = rs_bucket_take(b, n, *now);
		rs_usec due = rs_bucket_due(b, ticket, *now);

		if (*now + due > until) {
			rs_bucket_return(b, n);
			*now = until;
			return through;
		}
		*now += due;
		UNIT_INT(rs_bucket_due(b, ticket, *now), 0);
		through += n;
	}
}

static void no_more_than_the_limit_and_the_burst_is_let_through(void)
{
	static const uint64_t rates[] = {1, 3, 7, 100, 1000, 123457, 1 << 20, (uint64_t)1 << 33};

	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
		for (uint64_t n = 1; n <= 1000; n *= 10) {
			struct rs_bucket b = {0};
			uint64_t burst = rates[i] < 4 ? 1 : rates[i] / 4, most = rates[i] * 60 + burst, got;
			rs_usec now = 1000;

			if (rates[i] / n > 20000)
				continue;
			rs_bucket_set(&b, rates[i], now);
			got = run(&b, n, &now, now + 60 * RS_USEC_PER_SEC);
			CU_ASSERT(got <= most);
			CU_ASSERT(got + n + burst >= most);
		}
}

static void what_was_not_used_in_time_is_lost_but_for_the_burst(void)
{
	struct rs_bucket b = {0};
	rs_usec now = 0;

	rs_bucket_set(&b, 1000, now);
	run(&b, 1, &now, RS_USEC_PER_SEC);
	now += 3600 * RS_USEC_PER_SEC;
	CU_ASSERT(run(&b, 1, &now, now + RS_USEC_PER_SEC) <= 1250);
}

static void who_came_first_goes_first_and_what_is_large_waits_until_it_is_paid_for(void)
{
	struct rs_bucket b = {0};

	rs_bucket_set(&b, 100, 0);
	double large = rs_bucket_take(&b, 1025, 0), small = rs_bucket_take(&b, 10, 0);
	UNIT_INT(rs_bucket_due(&b, large, 0), 10 * RS_USEC_PER_SEC);
	UNIT_INT(rs_bucket_due(&b, small, 0), 10 * RS_USEC_PER_SEC + RS_MSEC(100));
	UNIT_INT(rs_bucket_due(&b, large, 10 * RS_USEC_PER_SEC), 0);
	UNIT_INT(rs_bucket_due(&b, small, 10 * RS_USEC_PER_SEC), RS_MSEC(100));
}

static void a_new_limit_holds_for_those_who_wait(void)
{
	struct rs_bucket b = {0};

	rs_bucket_set(&b, 100, 0);
	double ticket = rs_bucket_take(&b, 1025, 0);
	rs_bucket_set(&b, 1000, RS_USEC_PER_SEC); /* 100 are paid for, the burst is 250 */
	UNIT_INT(rs_bucket_due(&b, ticket, RS_USEC_PER_SEC), RS_MSEC(675));
	rs_bucket_set(&b, 10, RS_USEC_PER_SEC); /* the burst is 2.5 */
	UNIT_INT(rs_bucket_due(&b, ticket, RS_USEC_PER_SEC), RS_MSEC(92250));
	rs_bucket_set(&b, 0, RS_USEC_PER_SEC);
	UNIT_INT(rs_bucket_due(&b, ticket, RS_USEC_PER_SEC), 0);
}

static void a_limit_that_comes_late_asks_nothing_for_what_was(void)
{
	struct rs_bucket b = {0};

	rs_bucket_take(&b, 1000000, 0);
	rs_bucket_set(&b, 100, RS_USEC_PER_SEC);
	UNIT_INT(rs_bucket_due(&b, rs_bucket_take(&b, 25, RS_USEC_PER_SEC), RS_USEC_PER_SEC), 0);
	UNIT_INT(rs_bucket_due(&b, rs_bucket_take(&b, 1, RS_USEC_PER_SEC), RS_USEC_PER_SEC), RS_MSEC(10));
}

/* ------------------------------------------------------------------ threads */

struct waiter {
	struct rs_throttle *t;
	struct rs_cancel *stopping;
	struct rs_cost cost;
	enum rs_rc rc;
	struct rs_thread thread;
};

static void *wait_in_thread(void *arg)
{
	struct waiter *w = arg;

	w->rc = rs_throttle_wait(w->t, &w->cost, w->stopping);
	return NULL;
}

static void start(struct waiter *w, struct rs_throttle *t, struct rs_cancel *c, uint64_t rows)
{
	*w = (struct waiter){.t = t, .stopping = c, .cost = {{rows, 0, 0}}, .rc = RS_FAIL};
	CU_ASSERT_FATAL(rs_thread_start(&w->thread, "waiter", wait_in_thread, w));
}

static unsigned waiting(struct rs_throttle *t)
{
	pthread_mutex_lock(&t->lock);
	unsigned n = t->waiting;
	pthread_mutex_unlock(&t->lock);
	return n;
}

static void await_waiters(struct rs_throttle *t, unsigned n)
{
	while (waiting(t) != n)
		usleep(1000);
}

static void without_a_limit_nobody_waits(void)
{
	struct rs_throttle t;
	struct rs_cancel c;
	struct rs_cost cost = {{UINT64_MAX, UINT64_MAX, UINT64_MAX}};
	enum rs_throttle_unit by;

	rs_throttle_init(&t);
	rs_cancel_init(&c);
	CU_ASSERT_FALSE(rs_throttle_is_limited(&t));
	UNIT_INT(rs_throttle_wait(&t, &cost, &c), RS_OK);
	UNIT_INT(rs_throttle_held(&t, &by), 0);
	rs_throttle_set(&t, RS_THROTTLE_BYTES, 5);
	CU_ASSERT_TRUE(rs_throttle_is_limited(&t));
	UNIT_INT(rs_throttle_rate(&t, RS_THROTTLE_BYTES), 5);
	rs_throttle_set(&t, RS_THROTTLE_BYTES, 0);
	CU_ASSERT_FALSE(rs_throttle_is_limited(&t));
	rs_cancel_release(&c);
	rs_throttle_release(&t);
}

/* The clock stands still: only the cancelling can end the wait. */
static void stopping_ends_the_wait_at_once_and_gives_the_tokens_back(void)
{
	struct rs_throttle t;
	struct rs_cancel c;
	struct waiter waiters[3];
	enum rs_throttle_unit by = RS_THROTTLE_BYTES;

	rs_clock_fake(fake_mono, NULL);
	rs_throttle_init(&t);
	rs_cancel_init(&c);
	rs_throttle_set(&t, RS_THROTTLE_ROWS, 10);
	for (int i = 0; i < 3; i++)
		start(&waiters[i], &t, &c, 1000000);
	await_waiters(&t, 3);
	atomic_fetch_add(&fake_now, RS_USEC_PER_SEC);
	UNIT_INT(rs_throttle_held(&t, &by), RS_USEC_PER_SEC);
	UNIT_INT(by, RS_THROTTLE_ROWS);
	rs_cancel_set(&c);
	for (int i = 0; i < 3; i++) {
		rs_thread_join(&waiters[i].thread);
		UNIT_INT(waiters[i].rc, RS_CANCELLED);
	}
	UNIT_INT(rs_throttle_held(&t, &by), RS_USEC_PER_SEC);
	CU_ASSERT(t.buckets[RS_THROTTLE_ROWS].taken == 0);
	rs_cancel_release(&c);
	rs_throttle_release(&t);
	rs_clock_fake(NULL, NULL);
}

static void a_delay_is_told_without_taking_anything(void)
{
	struct rs_throttle t;
	const struct rs_cost cost = {{35, 0, 0}};

	rs_clock_fake(fake_mono, NULL);
	rs_throttle_init(&t);
	UNIT_INT(rs_throttle_delay(&t, &cost), 0);
	rs_throttle_set(&t, RS_THROTTLE_BYTES, 1);
	UNIT_INT(rs_throttle_delay(&t, &cost), 0);
	rs_throttle_set(&t, RS_THROTTLE_ROWS, 100);
	for (int i = 0; i < 3; i++)
		UNIT_INT(rs_throttle_delay(&t, &cost), RS_MSEC(100));
	rs_throttle_release(&t);
	rs_clock_fake(NULL, NULL);
}

/* The clock stands still here too. */
static void raising_the_limit_lets_those_go_who_wait(void)
{
	struct rs_throttle t;
	struct rs_cancel c;
	struct waiter w;

	rs_clock_fake(fake_mono, NULL);
	rs_throttle_init(&t);
	rs_cancel_init(&c);
	rs_throttle_set(&t, RS_THROTTLE_ROWS, 10);
	start(&w, &t, &c, 1000);
	await_waiters(&t, 1);
	rs_throttle_set(&t, RS_THROTTLE_ROWS, 4000);
	rs_thread_join(&w.thread);
	UNIT_INT(w.rc, RS_OK);
	rs_cancel_release(&c);
	rs_throttle_release(&t);
	rs_clock_fake(NULL, NULL);
}

struct worker {
	struct rs_throttle *t;
	struct rs_cancel *stopping;
	_Atomic uint64_t *rows;
	struct rs_thread thread;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	const struct rs_cost cost = {{3, 0, 0}};

	while (rs_throttle_wait(w->t, &cost, w->stopping) == RS_OK)
		atomic_fetch_add(w->rows, 3);
	return NULL;
}

static void all_threads_together_keep_the_limit(void)
{
	struct rs_throttle t;
	struct rs_cancel c;
	struct worker workers[4];
	_Atomic uint64_t rows = 0;
	rs_usec began = rs_clock_mono();

	rs_throttle_init(&t);
	rs_cancel_init(&c);
	rs_throttle_set(&t, RS_THROTTLE_ROWS, 2000);
	for (int i = 0; i < 4; i++) {
		workers[i] = (struct worker){.t = &t, .stopping = &c, .rows = &rows};
		CU_ASSERT_FATAL(rs_thread_start(&workers[i].thread, "worker", work, &workers[i]));
	}
	while (atomic_load(&rows) < 1000)
		usleep(1000);
	rs_cancel_set(&c);
	for (int i = 0; i < 4; i++)
		rs_thread_join(&workers[i].thread);
	double seconds = (double)(rs_clock_mono() - began) / (double)RS_USEC_PER_SEC;
	CU_ASSERT((double)rows <= 2000 * seconds + 500);
	rs_cancel_release(&c);
	rs_throttle_release(&t);
}

UNIT_MAIN(UNIT_TEST(no_more_than_the_limit_and_the_burst_is_let_through),
          UNIT_TEST(what_was_not_used_in_time_is_lost_but_for_the_burst),
          UNIT_TEST(who_came_first_goes_first_and_what_is_large_waits_until_it_is_paid_for),
          UNIT_TEST(a_new_limit_holds_for_those_who_wait),
          UNIT_TEST(a_limit_that_comes_late_asks_nothing_for_what_was),
          UNIT_TEST(without_a_limit_nobody_waits),
          UNIT_TEST(stopping_ends_the_wait_at_once_and_gives_the_tokens_back),
          UNIT_TEST(a_delay_is_told_without_taking_anything),
          UNIT_TEST(raising_the_limit_lets_those_go_who_wait),
          UNIT_TEST(all_threads_together_keep_the_limit))
