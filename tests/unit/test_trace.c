#include "screen/trace.h"

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

UNIT_MAIN(UNIT_TEST(the_last_minutes_are_as_they_were), UNIT_TEST(what_was_not_measured_leaves_a_gap),
          UNIT_TEST(of_several_the_mean_or_the_highest_is_kept), UNIT_TEST(nothing_high_is_lost_with_distance))
