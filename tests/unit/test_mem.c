#include "base/mem.h"

#include <stdint.h>
#include <string.h>
#include "unit.h"

static void strings_are_copied(void)
{
	char *a = rs_xstrdup("abc"), *b = rs_xstrndup("abcdef", 2), *c = rs_xstrndup("ab", 9);
	char *d = rs_xprintf("%s-%d", "x", 5);

	UNIT_STR(a, "abc");
	UNIT_STR(b, "ab");
	UNIT_STR(c, "ab");
	UNIT_STR(d, "x-5");
	CU_ASSERT_PTR_NULL(rs_xstrdup(NULL));
	free(a);
	free(b);
	free(c);
	free(d);
}

static void size_zero_is_a_valid_pointer(void)
{
	void *p = rs_xmalloc(0), *q = rs_xcalloc(0, 8);

	CU_ASSERT_PTR_NOT_NULL(p);
	CU_ASSERT_PTR_NOT_NULL(q);
	p = rs_xrealloc(p, 0);
	CU_ASSERT_PTR_NOT_NULL(p);
	free(p);
	free(q);
}

static void calloc_is_zeroed(void)
{
	static const char zeros[300];
	char *p = rs_xcalloc(100, 3);

	CU_ASSERT_EQUAL(memcmp(p, zeros, 300), 0);
	free(p);
}

static void grow_keeps_what_is_there(void)
{
	int *array = NULL;
	size_t count = 0, cap = 0;

	for (int i = 0; i < 1000; i++) {
		RS_GROW(array, count, cap);
		array[count++] = i;
	}
	for (int i = 0; i < 1000; i++)
		CU_ASSERT_EQUAL_FATAL(array[i], i);
	CU_ASSERT_TRUE(cap >= 1000);
	free(array);
}

static int hook_runs;

static void count_hook(void)
{
	hook_runs++;
}

static void hook_runs_once(void)
{
	rs_mem_set_hook(count_hook);
	rs_mem_run_hook();
	rs_mem_run_hook();
	UNIT_INT(hook_runs, 1);
}

UNIT_MAIN(UNIT_TEST(strings_are_copied),
          UNIT_TEST(size_zero_is_a_valid_pointer),
          UNIT_TEST(calloc_is_zeroed),
          UNIT_TEST(grow_keeps_what_is_there),
          UNIT_TEST(hook_runs_once))
