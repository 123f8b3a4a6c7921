#include "base/arena.h"

#include <stdint.h>
#include "unit.h"

static void allocations_are_aligned_and_apart(void)
{
	struct rs_arena a;
	char *last = NULL;

	rs_arena_init(&a, 0);
	for (size_t i = 0; i < 2000; i++) {
		char *p;

		rs_arena_bytes(&a, i % 3);
		p = rs_arena_alloc(&a, i % 50);
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		CU_ASSERT_EQUAL_FATAL((uintptr_t)p % 8, 0);
		memset(p, (int)i, i % 50);
		if (last && (i - 1) % 50)
			CU_ASSERT_EQUAL_FATAL(last[0], (char)(i - 1));
		last = p;
	}
	rs_arena_release(&a);
	UNIT_INT(a.reserved, 0);
}

static void size_zero_is_a_valid_pointer(void)
{
	struct rs_arena a;

	rs_arena_init(&a, 0);
	CU_ASSERT_PTR_NOT_NULL(rs_arena_alloc(&a, 0));
	CU_ASSERT_PTR_NOT_NULL(rs_arena_bytes(&a, 0));
	rs_arena_release(&a);
}

static void beyond_the_maximum_is_null_and_harmless(void)
{
	struct rs_arena a;
	size_t got = 0;

	rs_arena_init(&a, 100000);
	while (rs_arena_alloc(&a, 1000))
		got++;
	CU_ASSERT_TRUE(a.reserved <= 100000);
	CU_ASSERT_TRUE(got >= 90);
	CU_ASSERT_PTR_NULL(rs_arena_alloc(&a, SIZE_MAX));
	CU_ASSERT_PTR_NULL(rs_arena_bytes(&a, SIZE_MAX - 8));
	CU_ASSERT_PTR_NULL(rs_arena_copy(&a, "", SIZE_MAX));
	rs_arena_clear(&a);
	CU_ASSERT_PTR_NOT_NULL(rs_arena_alloc(&a, 100));
	rs_arena_release(&a);
}

static void a_maximum_smaller_than_a_block_can_be_used(void)
{
	struct rs_arena a;

	rs_arena_init(&a, 200);
	CU_ASSERT_PTR_NOT_NULL(rs_arena_alloc(&a, 100));
	CU_ASSERT_PTR_NULL(rs_arena_alloc(&a, 100));
	rs_arena_release(&a);
}

static void clear_keeps_one_block_and_forgets_the_rest(void)
{
	struct rs_arena a;
	size_t kept;

	rs_arena_init(&a, 0);
	for (int i = 0; i < 100; i++)
		rs_arena_alloc(&a, 1000);
	UNIT_INT(a.used, 100000);
	rs_arena_clear(&a);
	UNIT_INT(a.used, 0);
	kept = a.reserved;
	CU_ASSERT_TRUE(kept > 0 && kept < 100000);
	rs_arena_alloc(&a, 1000);
	UNIT_INT(a.reserved, kept);
	rs_arena_release(&a);
	rs_arena_clear(&a);
	UNIT_INT(a.reserved, 0);
}

static void a_large_allocation_is_whole(void)
{
	struct rs_arena a;
	char *p;

	rs_arena_init(&a, 0);
	p = rs_arena_alloc(&a, 5000000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	memset(p, 1, 5000000);
	rs_arena_release(&a);
}

static void copy_adds_a_nul(void)
{
	struct rs_arena a;

	rs_arena_init(&a, 0);
	UNIT_STR(rs_arena_copy(&a, "abcdef", 3), "abc");
	UNIT_STR(rs_arena_copy(&a, NULL, 0), "");
	rs_arena_release(&a);
}

static void trim_gives_back_the_tail_of_the_last_only(void)
{
	struct rs_arena a;
	char *p, *q;

	rs_arena_init(&a, 0);
	p = rs_arena_bytes(&a, 100);
	rs_arena_trim(&a, p, 100, 10);
	UNIT_INT(a.used, 10);
	q = rs_arena_bytes(&a, 5);
	CU_ASSERT_PTR_EQUAL(q, p + 10);
	rs_arena_trim(&a, p, 10, 0);
	UNIT_INT(a.used, 15);
	rs_arena_release(&a);
}

UNIT_MAIN(UNIT_TEST(allocations_are_aligned_and_apart),
          UNIT_TEST(size_zero_is_a_valid_pointer),
          UNIT_TEST(beyond_the_maximum_is_null_and_harmless),
          UNIT_TEST(a_maximum_smaller_than_a_block_can_be_used),
          UNIT_TEST(clear_keeps_one_block_and_forgets_the_rest),
          UNIT_TEST(a_large_allocation_is_whole),
          UNIT_TEST(copy_adds_a_nul),
          UNIT_TEST(trim_gives_back_the_tail_of_the_last_only))
