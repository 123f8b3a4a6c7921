#include "base/trace.h"

#include <math.h>
#include "unit.h"

static void the_last_minutes_are_as_they_were(void)
{
	struct rs_trace *t = rs_trace_new(false);
	double columns[10];

	for (int i = 0; i < 100; i++)
		rs_trace_add(t, i);
	rs_trace_get(t, 0, 10, columns, 10);
	for (int i = 0; i < 10; i++)
		UNIT_INT((int)columns[i], 90 + i);
	rs_trace_get(t, 50, 10, columns, 10);
	for (int i = 0; i < 10; i++)
		UNIT_INT((int)columns[i], 40 + i);
	rs_trace_free(t);
}

static void what_was_not_measured_leaves_a_gap(void)
{
	struct rs_trace *t = rs_trace_new(false);
	double columns[4];

	rs_trace_add(t, 1);
	rs_trace_add(t, (double)NAN);
	rs_trace_add(t, 3);
	rs_trace_get(t, 0, 4, columns, 4);
	CU_ASSERT(isnan(columns[0]));
	UNIT_INT((int)columns[1], 1);
	CU_ASSERT(isnan(columns[2]));
	UNIT_INT((int)columns[3], 3);
	rs_trace_free(t);
}

static void of_several_the_mean_or_the_highest_is_kept(void)
{
	struct rs_trace *mean = rs_trace_new(false), *highest = rs_trace_new(true);
	double columns[2];

	for (int i = 0; i < 20; i++) {
		rs_trace_add(mean, i < 10 ? 2 : i == 15 ? 100 : 0);
		rs_trace_add(highest, i < 10 ? 2 : i == 15 ? 100 : 0);
	}
	rs_trace_get(mean, 0, 20, columns, 2);
	UNIT_INT((int)columns[0], 2);
	UNIT_INT((int)columns[1], 10);
	rs_trace_get(highest, 0, 20, columns, 2);
	UNIT_INT((int)columns[1], 100);
	rs_trace_free(mean);
	rs_trace_free(highest);
}

/* A spike is seen however much time is looked at, for two days. */
static void nothing_high_is_lost_with_distance(void)
{
	struct rs_trace *t = rs_trace_new(true);
	static const size_t windows[] = {3600, 4 * 3600, 48 * 3600};

	for (int i = 0; i < 3000; i++)
		rs_trace_add(t, i == 1000 ? 77 : 1);
	for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
		double columns[160], most = 0;

		rs_trace_get(t, 0, windows[w], columns, 160);
		for (int i = 0; i < 160; i++)
			most = columns[i] > most ? columns[i] : most;
		UNIT_INT((int)most, 77);
	}
	rs_trace_free(t);
}

static void same_columns(const struct rs_trace *a, const struct rs_trace *b, size_t seconds)
{
	double x[50], y[50];

	rs_trace_get(a, 0, seconds, x, 50);
	rs_trace_get(b, 0, seconds, y, 50);
	for (int i = 0; i < 50; i++)
		CU_ASSERT(isnan(x[i]) == isnan(y[i]) && (isnan(x[i]) || fabs(x[i] - y[i]) < 0.01));
}

/* Whoever reads it goes on as the other does. */
static void a_text_says_all_of_it(void)
{
	struct rs_trace *t = rs_trace_new(true), *read;
	struct rs_buf text = RS_BUF_INIT;

	for (int i = 0; i < 8017; i++)
		rs_trace_add(t, i % 7 == 3 ? (double)NAN : i % 500 == 1 ? 1e9 : i / 100.0);
	rs_trace_put(t, &text);
	read = rs_trace_read(true, rs_buf_str(&text));
	CU_ASSERT_PTR_NOT_NULL_FATAL(read);
	for (int i = 0; i < 250; i++) {
		rs_trace_add(t, 5);
		rs_trace_add(read, 5);
		same_columns(t, read, 50);
		same_columns(t, read, 3600);
		same_columns(t, read, 48 * 3600);
	}
	rs_trace_free(t);
	rs_trace_free(read);
	rs_buf_release(&text);
}

static void the_newest_come_oldest_first(void)
{
	struct rs_trace *t = rs_trace_new(false);
	double values[10];

	UNIT_INT((int)rs_trace_newest(t, values, 10), 0);
	for (int i = 0; i < 700; i++)
		rs_trace_add(t, i);
	UNIT_INT((int)rs_trace_newest(t, values, 10), 10);
	UNIT_INT((int)values[0], 690);
	UNIT_INT((int)values[9], 699);
	rs_trace_free(t);
}

static void what_is_no_trace_is_refused(void)
{
	static const char *const texts[] = {"", "0 0 0", "0 0 0;", "0 0 0 1;0 0 0;", "1 0 0;0 0 0;0 0 0;", "0 1 0;0 0 0;0 0 0;", "0 0 x;0 0 0;0 0 0;", "0 0 - 1;0 0 0;0 0 0;"};
	struct rs_trace *t;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		CU_ASSERT_PTR_NULL(rs_trace_read(false, texts[i]));
	t = rs_trace_read(false, "0 0 0 1000 -;0 0 0;0 0 0;");
	CU_ASSERT_PTR_NOT_NULL(t);
	rs_trace_free(t);
}

UNIT_MAIN(UNIT_TEST(the_last_minutes_are_as_they_were), UNIT_TEST(what_was_not_measured_leaves_a_gap),
          UNIT_TEST(of_several_the_mean_or_the_highest_is_kept), UNIT_TEST(nothing_high_is_lost_with_distance),
          UNIT_TEST(a_text_says_all_of_it), UNIT_TEST(the_newest_come_oldest_first), UNIT_TEST(what_is_no_trace_is_refused))
