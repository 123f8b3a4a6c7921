#include "base/region.h"

#include <stdint.h>
#include "base/queue.h"
#include "base/thread.h"
#include "model/change.h"
#include "unit.h"

static void pieces_lie_apart_and_take_what_they_use(void)
{
	struct rs_region r = RS_REGION_INIT;
	struct rs_region_block *blocks[500];
	char *pieces[500];
	size_t room;

	for (size_t i = 0; i < 500; i++) {
		const size_t size = i * 37 % 5000;
		pieces[i] = rs_region_begin(&r, 5000, &room);
		CU_ASSERT_PTR_NOT_NULL_FATAL(pieces[i]);
		CU_ASSERT_TRUE_FATAL(room >= 5000);
		UNIT_INT((uintptr_t)pieces[i] % 16, 0);
		memset(pieces[i], (int)i, size);
		blocks[i] = rs_region_block(&r);
		rs_region_end(&r, pieces[i] + size);
	}
	for (size_t i = 0; i < 500; i++)
		for (size_t k = 0; k < i * 37 % 5000; k++)
			CU_ASSERT_EQUAL_FATAL(pieces[i][k], (char)i);
	rs_region_release(&r); /* what is in it stays */
	UNIT_INT(pieces[499][0], (char)499);
	for (size_t i = 0; i < 500; i++)
		rs_region_let_go(blocks[i]);
}

static void one_piece_is_made_at_a_time(void)
{
	struct rs_region r = RS_REGION_INIT;
	size_t room;
	char *first = rs_region_begin(&r, 100, &room);

	CU_ASSERT_PTR_NOT_NULL(first);
	CU_ASSERT_PTR_NULL(rs_region_begin(&r, 100, &room));
	rs_region_cancel(&r);
	CU_ASSERT_PTR_EQUAL(rs_region_begin(&r, 100, &room), first);
	rs_region_cancel(&r);
	rs_region_release(&r);
}

static struct rs_change *make(struct rs_region *r, size_t size, char fill)
{
	struct rs_change *c = rs_change_make(r, RS_CHANGE_ROWS);
	char *text = rs_arena_bytes(&c->arena, size);

	memset(text, fill, size);
	c->sql = text;
	c->sql_len = size;
	rs_change_made(c);
	return c;
}

static bool is_whole(const struct rs_change *c)
{
	for (size_t i = 0; i < c->sql_len; i++)
		if (c->sql[i] != c->sql[0])
			return false;
	return true;
}

/* Larger than what is left of a block, than a block, and what is added once it was made. */
static void changes_of_any_size_are_made_in_a_region(void)
{
	static const size_t sizes[] = {0, 1, 4000, 100000, 200000, 300000, 1, 3000000, 7};
	struct rs_region r = RS_REGION_INIT;
	struct rs_change *made[60];

	for (size_t i = 0; i < 60; i++)
		made[i] = make(&r, sizes[i % 9], (char)('a' + i));
	struct rs_change *in_the_making = rs_change_make(&r, RS_CHANGE_DDL), *other = rs_change_make(&r, RS_CHANGE_BEGIN);
	CU_ASSERT_PTR_NULL(other->block); /* has a place of its own */
	rs_change_free(in_the_making);
	rs_change_free(other);
	for (size_t i = 0; i < 60; i++) {
		char *more = rs_arena_copy(&made[i]->arena, "more", 4);
		struct rs_change *next = make(&r, 100, 'z');
		UNIT_STR(more, "more");
		CU_ASSERT_TRUE(is_whole(next));
		rs_change_free(next);
	}
	for (size_t i = 0; i < 60; i++) {
		UNIT_INT((long)made[i]->sql_len, (long)sizes[i % 9]);
		CU_ASSERT_TRUE(is_whole(made[i]) && (made[i]->sql_len == 0 || made[i]->sql[0] == (char)('a' + i)));
		rs_change_free(made[i]);
	}
	rs_region_release(&r);
}

enum { MANY = 20000 };

struct taking {
	struct rs_queue queue;
	size_t whole;
};

static void *take_all(void *arg)
{
	struct taking *t = arg;
	void *item;

	while (rs_queue_take(&t->queue, &item, -1) == RS_OK) {
		t->whole += is_whole(item);
		rs_change_free(item);
	}
	return NULL;
}

static void one_thread_makes_and_another_lets_go(void)
{
	struct rs_region r = RS_REGION_INIT;
	struct taking t = {.whole = 0};
	struct rs_thread taker = {0};

	rs_queue_init(&t.queue, 1 << 20);
	CU_ASSERT_TRUE_FATAL(rs_thread_start(&taker, "taker", take_all, &t));
	for (size_t i = 0; i < MANY; i++) {
		struct rs_change *c = make(&r, i * 31 % 3000, (char)i);
		UNIT_INT(rs_queue_put(&t.queue, c, c->sql_len), RS_OK);
	}
	rs_region_release(&r);
	rs_queue_close(&t.queue);
	rs_thread_join(&taker);
	rs_queue_release(&t.queue, NULL);
	UNIT_INT(t.whole, MANY);
}

UNIT_MAIN(UNIT_TEST(pieces_lie_apart_and_take_what_they_use), UNIT_TEST(one_piece_is_made_at_a_time),
          UNIT_TEST(changes_of_any_size_are_made_in_a_region), UNIT_TEST(one_thread_makes_and_another_lets_go))
