#include "engine/verify/budget.h"
#include "unit.h"

#define MS RS_MSEC(1)

static void a_query_is_paid_for_before_the_next_one(void)
{
	struct rs_budget b = {.percent = 10};
	rs_usec now = 1000 * RS_USEC_PER_SEC;

	UNIT_INT(rs_budget_wait(&b, now), 0);
	rs_budget_use(&b, RS_BUDGET_SOURCE, 20 * MS, now);
	UNIT_INT(rs_budget_wait(&b, now), 180 * MS);
	UNIT_INT(rs_budget_wait(&b, now + 180 * MS), 0);
}

/* Several queries of one step add up, and the server that had more to do decides. */
static void the_busier_server_decides(void)
{
	struct rs_budget b = {.percent = 50};
	rs_usec now = 1000 * RS_USEC_PER_SEC;

	rs_budget_use(&b, RS_BUDGET_SOURCE, 10 * MS, now);
	rs_budget_use(&b, RS_BUDGET_DEST, 30 * MS, now + 30 * MS);
	rs_budget_use(&b, RS_BUDGET_DEST, 30 * MS, now + 60 * MS);
	UNIT_INT(rs_budget_wait(&b, now + 60 * MS), 60 * MS);
}

/* Whatever queries take, and whenever they come, over a long time no more is used than the share. */
static void the_share_holds_and_is_told(void)
{
	struct rs_budget b = {.percent = 10};
	rs_usec start = 5000 * RS_USEC_PER_SEC, now = start, used = 0;

	for (int i = 0; i < 3000; i++) {
		rs_usec took = (1 + i * 7 % 40) * MS;
		now += rs_budget_wait(&b, now) + took;
		used += took;
		rs_budget_use(&b, RS_BUDGET_DEST, took, now);
	}
	now += rs_budget_wait(&b, now);
	CU_ASSERT_TRUE(used * 10 <= now - start + MS);
	double share = rs_budget_share(&b, RS_BUDGET_DEST, now);
	CU_ASSERT_TRUE(share > 9 && share < 11);
	CU_ASSERT_TRUE(rs_budget_share(&b, RS_BUDGET_SOURCE, now) < 0.001);
	CU_ASSERT_TRUE(rs_budget_share(&b, RS_BUDGET_DEST, now + 2 * RS_BUDGET_WINDOW * RS_USEC_PER_SEC) < 0.001);
}

static void what_was_not_used_is_not_saved_up(void)
{
	struct rs_budget b = {.percent = 10};
	rs_usec now = 1000 * RS_USEC_PER_SEC;

	rs_budget_use(&b, RS_BUDGET_SOURCE, MS, now);
	now += 3600 * RS_USEC_PER_SEC;
	rs_budget_use(&b, RS_BUDGET_SOURCE, 100 * MS, now);
	UNIT_INT(rs_budget_wait(&b, now), 900 * MS);
}

static void nothing_was_measured_before_the_first_query(void)
{
	struct rs_budget b = {.percent = 10};

	CU_ASSERT_TRUE(rs_budget_share(&b, RS_BUDGET_SOURCE, RS_USEC_PER_SEC) < 0);
}

UNIT_MAIN(UNIT_TEST(a_query_is_paid_for_before_the_next_one),
          UNIT_TEST(the_busier_server_decides),
          UNIT_TEST(the_share_holds_and_is_told),
          UNIT_TEST(what_was_not_used_is_not_saved_up),
          UNIT_TEST(nothing_was_measured_before_the_first_query))
