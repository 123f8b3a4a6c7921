#include "engine/verify/lookout.h"
#include "engine/verify/row_key.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct rs_table *make_table(const char *name, bool keyed)
{
	struct rs_table *t = rs_table_new("shop", name);

	rs_table_add_column(t, "id", RS_T_INT);
	rs_table_add_column(t, "v", RS_T_INT);
	if (keyed) {
		struct rs_key *key = rs_table_add_key(t, "PRIMARY");
		key->primary = key->unique = key->not_null = true;
		rs_key_add_part(key, 0);
	}
	return t;
}

/* An update from one key to another; NULL: there is no such image. */
static void change(struct rs_lookout *w, const struct rs_table *t, const char *before, const char *after)
{
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);
	struct rs_value from[] = {before ? rs_value_of(before, strlen(before)) : rs_value_null(), rs_value_of("1", 1)};
	struct rs_value to[] = {after ? rs_value_of(after, strlen(after)) : rs_value_null(), rs_value_of("2", 1)};
	struct rs_row_change row = {before ? from : NULL, after ? to : NULL};

	c->table = rs_table_ref(t);
	c->rows = &row;
	c->n_rows = 1;
	rs_lookout_note(w, c);
	rs_change_free(c);
}

static uint64_t hash_of(const char *table, const char *key)
{
	struct rs_value value = rs_value_of(key, strlen(key));

	return rs_row_key_hash(rs_row_key_table_hash("shop", table), &value, 1);
}

static void a_watched_row_is_changed_by_either_image(void)
{
	struct rs_lookout w;
	const struct rs_table *a = make_table("a", true), *b = make_table("b", true);
	const uint64_t watched[] = {hash_of("a", "1"), hash_of("a", "2"), hash_of("a", "3")};

	rs_lookout_init(&w);
	rs_lookout_watch(&w, watched, 3);
	change(&w, a, "1", "2");
	change(&w, b, "3", "3");
	CU_ASSERT_TRUE(rs_lookout_is_changed(&w, watched[0]));
	CU_ASSERT_TRUE(rs_lookout_is_changed(&w, watched[1]));
	CU_ASSERT_FALSE(rs_lookout_is_changed(&w, watched[2]));
	CU_ASSERT_TRUE(rs_lookout_is_changed(&w, hash_of("a", "9"))); /* nobody has watched it */
	rs_lookout_watch(&w, watched, 3);
	CU_ASSERT_FALSE(rs_lookout_is_changed(&w, watched[0]));
	rs_lookout_schema(&w);
	CU_ASSERT_TRUE(rs_lookout_is_changed(&w, watched[2]));
	rs_table_unref(a);
	rs_table_unref(b);
	rs_lookout_release(&w);
}

static void a_table_without_a_key_is_changed_as_a_whole(void)
{
	struct rs_lookout w;
	const struct rs_table *t = make_table("bag", false);
	const uint64_t whole = rs_row_key_hash(rs_row_key_table_hash("shop", "bag"), NULL, 0);

	rs_lookout_init(&w);
	rs_lookout_watch(&w, &whole, 1);
	CU_ASSERT_FALSE(rs_lookout_is_changed(&w, whole));
	change(&w, t, NULL, "1");
	CU_ASSERT_TRUE(rs_lookout_is_changed(&w, whole));
	rs_table_unref(t);
	rs_lookout_release(&w);
}

static void a_row_waits_once_however_often_it_is_changed(void)
{
	struct rs_lookout w;
	const struct rs_table *t = make_table("a", true);

	rs_lookout_init(&w);
	change(&w, t, "1", "1"); /* nobody collects */
	CU_ASSERT_PTR_NULL(rs_lookout_take(&w));
	rs_lookout_collect(&w, true);
	for (int i = 0; i < 5; i++)
		change(&w, t, "1", "2");
	struct rs_changed *first = rs_lookout_take(&w), *second = rs_lookout_take(&w);
	UNIT_INT(first->hash == hash_of("a", "1"), 1);
	UNIT_INT(second->key.n, 1);
	UNIT_INT(second->key.values[0].bytes[0], '2');
	CU_ASSERT_PTR_NULL(rs_lookout_take(&w));
	rs_changed_free(first);
	rs_changed_free(second);
	rs_table_unref(t);
	rs_lookout_release(&w);
}

/* Those that found no room are counted, and what is watched is seen all the same. */
static void there_is_room_for_so_many(void)
{
	struct rs_lookout w;
	const struct rs_table *t = make_table("a", true);
	const uint64_t last = hash_of("a", "4100");
	char key[16];
	size_t n = 0;

	rs_lookout_init(&w);
	rs_lookout_collect(&w, true);
	rs_lookout_watch(&w, &last, 1);
	for (int i = 1; i <= 4100; i++) {
		snprintf(key, sizeof key, "%d", i);
		change(&w, t, NULL, key);
	}
	CU_ASSERT_TRUE(rs_lookout_is_changed(&w, last));
	UNIT_INT(rs_lookout_dropped(&w), 4100 - RS_LOOKOUT_CHANGED_MAX);
	UNIT_INT(rs_lookout_dropped(&w), 0);
	for (struct rs_changed *c; (c = rs_lookout_take(&w)) != NULL; n++)
		rs_changed_free(c);
	UNIT_INT(n, RS_LOOKOUT_CHANGED_MAX);
	rs_table_unref(t);
	rs_lookout_release(&w);
}

static void put_condition(struct rs_buf *sql, const struct rs_table *t, const char *value)
{
	struct rs_value v = rs_value_of(value, strlen(value));

	rs_buf_clear(sql);
	rs_row_key_condition(sql, t, &t->keys[0], &v);
}

/* A key that was noted when its column was of another type must not become SQL. */
static void what_is_no_number_is_no_row(void)
{
	const struct rs_table *t = make_table("a", true);
	struct rs_buf sql = RS_BUF_INIT;

	put_condition(&sql, t, "-17");
	UNIT_STR(rs_buf_str(&sql), "(`id`=-17)");
	put_condition(&sql, t, "1 OR 1=1");
	UNIT_STR(rs_buf_str(&sql), "(`id`=NULL)");
	put_condition(&sql, t, "");
	UNIT_STR(rs_buf_str(&sql), "(`id`=NULL)");
	rs_buf_release(&sql);
	rs_table_unref(t);
}

UNIT_MAIN(UNIT_TEST(what_is_no_number_is_no_row), UNIT_TEST(a_watched_row_is_changed_by_either_image), UNIT_TEST(a_table_without_a_key_is_changed_as_a_whole),
          UNIT_TEST(a_row_waits_once_however_often_it_is_changed), UNIT_TEST(there_is_room_for_so_many))
