#include "base/map.h"

#include "base/mem.h"
#include "unit.h"

static char one[] = "one", two[] = "two", three[] = "three";

static void put_get_replace_delete(void)
{
	struct rs_map m = RS_MAP_INIT;

	CU_ASSERT_PTR_NULL(rs_map_get(&m, "a", 1));
	CU_ASSERT_PTR_NULL(rs_map_del(&m, "a", 1));
	CU_ASSERT_PTR_NULL(rs_map_put(&m, "a", 1, one));
	CU_ASSERT_PTR_EQUAL(rs_map_put(&m, "a", 1, two), one);
	CU_ASSERT_PTR_EQUAL(rs_map_get(&m, "a", 1), two);
	UNIT_INT(m.count, 1);
	CU_ASSERT_PTR_EQUAL(rs_map_del(&m, "a", 1), two);
	CU_ASSERT_PTR_NULL(rs_map_get(&m, "a", 1));
	UNIT_INT(m.count, 0);
	rs_map_release(&m, NULL);
}

static void keys_are_bytes_and_copied(void)
{
	struct rs_map m = RS_MAP_INIT;
	char key[] = "a\0b";

	rs_map_put(&m, key, 3, one);
	rs_map_put(&m, key, 1, two);
	rs_map_put(&m, "", 0, three);
	key[0] = 'x';
	CU_ASSERT_PTR_EQUAL(rs_map_get(&m, "a\0b", 3), one);
	CU_ASSERT_PTR_EQUAL(rs_map_get(&m, "a", 1), two);
	CU_ASSERT_PTR_EQUAL(rs_map_get(&m, NULL, 0), three);
	rs_map_release(&m, NULL);
}

static void iteration_is_in_insertion_order(void)
{
	struct rs_map m = RS_MAP_INIT;
	const struct rs_map_entry *e;
	char order[8] = "";
	size_t n = 0;

	rs_map_put(&m, "c", 1, one);
	rs_map_put(&m, "a", 1, one);
	rs_map_put(&m, "b", 1, one);
	rs_map_del(&m, "a", 1);
	rs_map_put(&m, "c", 1, two);
	rs_map_put(&m, "a", 1, one);
	for (size_t i = 0; rs_map_each(&m, &i, &e);)
		order[n++] = e->key[0];
	UNIT_STR(order, "cba");
	rs_map_release(&m, NULL);
}

/* Against an array that says what must be in the map. */
static void random_operations_agree_with_an_array(void)
{
	struct rs_map m = RS_MAP_INIT;
	void *model[500] = {NULL};
	unsigned seed = 12345;
	size_t live = 0, seen = 0;
	const struct rs_map_entry *e;

	for (int i = 0; i < 20000; i++) {
		unsigned k, op;
		char key[16];
		void *old;

		seed = seed * 1103515245u + 12345u;
		k = seed >> 16 & 0x7fff;
		op = k % 3;
		k = k / 3 % 500;
		int len = snprintf(key, sizeof key, "key%u", k);
		if (op == 0)
			old = rs_map_del(&m, key, (size_t)len);
		else
			old = rs_map_put(&m, key, (size_t)len, op == 1 ? one : two);
		CU_ASSERT_PTR_EQUAL_FATAL(old, model[k]);
		model[k] = op == 0 ? NULL : op == 1 ? one : two;
	}
	for (unsigned k = 0; k < 500; k++)
		live += model[k] != NULL;
	for (size_t i = 0; rs_map_each(&m, &i, &e);)
		seen++;
	CU_ASSERT_EQUAL(m.count, live);
	CU_ASSERT_EQUAL(seen, live);
	rs_map_release(&m, NULL);
}

static void put_and_delete_for_ever_does_not_grow(void)
{
	struct rs_map m = RS_MAP_INIT;

	for (int i = 0; i < 100000; i++) {
		char key[16];
		size_t len = (size_t)snprintf(key, sizeof key, "%d", i);

		rs_map_put(&m, key, len, one);
		rs_map_del(&m, key, len);
	}
	CU_ASSERT_TRUE(m.cap <= 16);
	rs_map_release(&m, NULL);
}

static void release_frees_the_values(void)
{
	struct rs_map m = RS_MAP_INIT;

	rs_map_put(&m, "a", 1, rs_xstrdup("value"));
	rs_map_put(&m, "b", 1, rs_xstrdup("value"));
	free(rs_map_del(&m, "a", 1));
	rs_map_release(&m, free);
	UNIT_INT(m.count, 0);
	CU_ASSERT_PTR_NULL(m.entries);
}

static void *longer(void *text)
{
	return rs_xprintf("%s!", (const char *)text);
}

static void a_copy_lives_by_itself(void)
{
	struct rs_map m = RS_MAP_INIT, copy = RS_MAP_INIT, none = RS_MAP_INIT;
	const struct rs_map_entry *e;
	size_t i = 0;

	rs_map_copy(&none, &m, NULL);
	CU_ASSERT_PTR_NULL(rs_map_put(&none, "a", 1, one));
	rs_map_release(&none, NULL);
	rs_map_put(&m, "b", 1, rs_xstrdup("one"));
	rs_map_put(&m, "gone", 4, rs_xstrdup("two"));
	rs_map_put(&m, "a", 1, rs_xstrdup("three"));
	free(rs_map_del(&m, "gone", 4));
	rs_map_copy(&copy, &m, longer);
	rs_map_release(&m, free);
	CU_ASSERT_PTR_NULL(rs_map_get(&copy, "gone", 4));
	CU_ASSERT_TRUE_FATAL(rs_map_each(&copy, &i, &e));
	UNIT_STR(e->key, "b");
	UNIT_STR(rs_map_get(&copy, "a", 1), "three!");
	rs_map_put(&copy, "gone", 4, rs_xstrdup("again"));
	UNIT_INT(copy.count, 3);
	rs_map_release(&copy, free);
}

UNIT_MAIN(UNIT_TEST(a_copy_lives_by_itself), UNIT_TEST(put_get_replace_delete),
          UNIT_TEST(keys_are_bytes_and_copied),
          UNIT_TEST(iteration_is_in_insertion_order),
          UNIT_TEST(random_operations_agree_with_an_array),
          UNIT_TEST(put_and_delete_for_ever_does_not_grow),
          UNIT_TEST(release_frees_the_values))
