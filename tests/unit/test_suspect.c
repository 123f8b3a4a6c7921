#include "engine/verify/compare_suspect.h"
#include "unit.h"

static struct rs_row_hash row(uint64_t key, uint64_t value)
{
	return (struct rs_row_hash){.key = {key, 1}, .row = {value, 1}};
}

static void fill(struct rs_row_set *s, uint64_t n, uint64_t value)
{
	*s = (struct rs_row_set){.n = 0};
	for (uint64_t i = 0; i < n; i++) {
		struct rs_row_hash h = row(i, value);
		rs_row_set_add(s, &h, true);
	}
	rs_row_set_sort(s);
}

static void what_differs_is_a_suspect_until_it_does_not(void)
{
	struct rs_suspects all = RS_SUSPECTS_INIT;
	struct rs_row_set a, b;

	fill(&a, 10, 5);
	fill(&b, 9, 5);
	rs_suspects_look(&all, &a, &b);
	UNIT_INT(all.n, 1);
	CU_ASSERT_FALSE(all.more);
	const struct rs_suspect *s = rs_suspects_find(&all, row(9, 0).key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_TRUE(rs_suspect_is_missing(s));
	rs_suspects_look(&all, &a, &a);
	UNIT_INT(all.n, 0);
	rs_suspects_release(&all);
	free(a.items);
	free(b.items);
}

/* Whoever mends what differs must know that there is more of it. */
static void more_than_are_held_are_told(void)
{
	struct rs_suspects all = RS_SUSPECTS_INIT;
	struct rs_row_set a, b;

	all.max = 100;
	fill(&a, 101, 5);
	fill(&b, 101, 6);
	rs_suspects_look(&all, &a, &b);
	UNIT_INT(all.n, 100);
	CU_ASSERT_TRUE(all.more);
	rs_suspects_release(&all);
	all.max = 101;
	rs_suspects_look(&all, &a, &b);
	UNIT_INT(all.n, 101);
	CU_ASSERT_FALSE(all.more);
	rs_suspects_release(&all);
	free(a.items);
	free(b.items);
}

UNIT_MAIN(UNIT_TEST(what_differs_is_a_suspect_until_it_does_not), UNIT_TEST(more_than_are_held_are_told))
