#include "base/activity.h"

#include <stdlib.h>
#include <string.h>
#include "base/queue.h"
#include "base/thread.h"
#include "unit.h"

static _Atomic rs_usec fake_now = RS_USEC_PER_SEC;

static rs_usec fake_mono(void) { return atomic_load(&fake_now); }

static void sleep_on(rs_usec time) { atomic_fetch_add(&fake_now, time); }

static struct rs_activities all;

static void begin(struct rs_activity *a, const char *name)
{
	rs_clock_fake(fake_mono, NULL);
	rs_activities_init(&all);
	rs_activity_begin(&all, a, name);
}

static void end(struct rs_activity *a)
{
	rs_activity_end(a);
	rs_activities_release(&all);
	rs_clock_fake(NULL, NULL);
}

/* The only one there is. */
static struct rs_worker_seen seen(void)
{
	size_t n;
	struct rs_worker_seen *list = rs_activities_workers(&all, &n), one;

	UNIT_INT(n, 1);
	one = list[0];
	free(list);
	return one;
}

static void what_a_thread_waits_for_is_seen_with_how_long(void)
{
	struct rs_activity a;
	enum rs_doing before;

	begin(&a, "applier");
	rs_activity_about("%s.%s", "shop", "orders");
	before = rs_activity_ask(RS_DOING_DEST, 41);
	rs_activities_sample(&all);
	sleep_on(3 * RS_USEC_PER_SEC);
	rs_activities_sample(&all);
	UNIT_INT(seen().doing, RS_DOING_DEST);
	UNIT_INT(seen().for_time, 3 * RS_USEC_PER_SEC);
	UNIT_INT(seen().connection, 41);
	UNIT_STR(seen().about, "shop.orders");
	rs_activity_leave(before);
	rs_activities_sample(&all);
	UNIT_INT(seen().doing, RS_DOING_WORK);
	UNIT_INT(seen().for_time, 0);
	UNIT_INT(seen().connection, 0);
	end(&a);
}

/* Between two looks one wait may have ended and the next begun: that is not one long wait. */
static void two_waits_are_not_one(void)
{
	struct rs_activity a;

	begin(&a, "applier");
	enum rs_doing before = rs_activity_enter(RS_DOING_DEST);
	rs_activities_sample(&all);
	rs_activity_leave(before);
	(void)rs_activity_enter(RS_DOING_DEST);
	sleep_on(RS_USEC_PER_SEC);
	rs_activities_sample(&all);
	UNIT_INT(seen().for_time, 0);
	end(&a);
}

static void shares_are_how_often_it_was_seen_and_what_is_long_ago_fades(void)
{
	struct rs_activity a;
	double sum = 0;

	begin(&a, "log-reader");
	for (int i = 0; i < 40; i++) {
		(void)rs_activity_enter(i % 4 ? RS_DOING_SOURCE : RS_DOING_WORK);
		rs_activities_sample(&all);
	}
	CU_ASSERT(seen().share[RS_DOING_SOURCE] > 0.7 && seen().share[RS_DOING_SOURCE] < 0.8);
	for (int d = 0; d < RS_DOING_COUNT; d++)
		sum += seen().share[d];
	CU_ASSERT(sum > 0.999 && sum < 1.001);
	(void)rs_activity_enter(RS_DOING_ROOM);
	for (int i = 0; i < 400; i++)
		rs_activities_sample(&all);
	CU_ASSERT(seen().share[RS_DOING_ROOM] > 0.99);
	end(&a);
}

/* Who sleeps and has not said why has nothing to do; who has said so keeps it. */
static void sleeping_is_told_by_the_monitor_itself(void)
{
	struct rs_activity a;
	struct rs_monitor m;

	begin(&a, "lane-1");
	rs_monitor_init(&m);
	rs_monitor_enter(&m);
	unsigned word = atomic_load(&a.word);
	(void)rs_monitor_wait(&m, 1000);
	CU_ASSERT(atomic_load(&a.word) != word);
	UNIT_INT(atomic_load(&a.word) & 7, RS_DOING_WORK);
	(void)rs_activity_enter(RS_DOING_OTHERS);
	word = atomic_load(&a.word);
	(void)rs_monitor_wait(&m, 1000);
	UNIT_INT(atomic_load(&a.word), word);
	rs_monitor_leave(&m);
	rs_monitor_release(&m);
	end(&a);
}

static void slow_statements_are_named_without_values_and_counted_together(void)
{
	static const char sql[] = "UPDATE `shop`.`orders` SET `note`='secret' WHERE `id`=7", *other = "UPDATE `shop`.`orders` SET `note`='b'";
	struct rs_activity a;
	struct rs_slow *slow;
	size_t n;

	begin(&a, "applier");
	rs_activity_statement(RS_DOING_DEST, sql, strlen(sql), RS_SLOW_LEAST - 1);
	rs_activity_statement(RS_DOING_DEST, sql, strlen(sql), 40000);
	rs_activity_statement(RS_DOING_DEST, other, strlen(other), 90000);
	rs_activity_statement(RS_DOING_DEST, "COMMIT", 6, 50000);
	slow = rs_activities_slow(&all, &n);
	UNIT_INT(n, 2);
	UNIT_STR(slow[0].text, "UPDATE `shop`.`orders` SET `note`");
	UNIT_INT(slow[0].count, 2);
	UNIT_INT(slow[0].total, 130000);
	UNIT_INT(slow[0].longest, 90000);
	UNIT_STR(slow[1].text, "COMMIT");
	free(slow);
	for (int i = 0; i < 2 * RS_SLOW_MAX; i++) {
		char text[40];

		(void)snprintf(text, sizeof text, "SELECT FROM t%d", i);
		rs_activity_statement(RS_DOING_SOURCE, text, strlen(text), RS_SLOW_LEAST);
	}
	slow = rs_activities_slow(&all, &n);
	UNIT_INT(n, RS_SLOW_MAX);
	UNIT_STR(slow[0].text, "UPDATE `shop`.`orders` SET `note`");
	free(slow);
	end(&a);
}

static void who_takes_no_part_marks_nothing(void)
{
	UNIT_INT(rs_activity_enter(RS_DOING_DEST), RS_DOING_WORK);
	rs_activity_about("%s", "nothing");
	rs_activity_statement(RS_DOING_DEST, "COMMIT", 6, RS_USEC_PER_SEC);
	UNIT_INT(rs_activity_clock(), 0);
}

UNIT_MAIN(UNIT_TEST(what_a_thread_waits_for_is_seen_with_how_long), UNIT_TEST(two_waits_are_not_one),
          UNIT_TEST(shares_are_how_often_it_was_seen_and_what_is_long_ago_fades), UNIT_TEST(sleeping_is_told_by_the_monitor_itself),
          UNIT_TEST(slow_statements_are_named_without_values_and_counted_together), UNIT_TEST(who_takes_no_part_marks_nothing))
