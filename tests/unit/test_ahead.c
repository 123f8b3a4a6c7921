/* What is ahead of a position: known by places, by ids where no place means anything, and written as one text. */
#include "model/ahead.h"

#include <stdlib.h>
#include "unit.h"

#define UUID "3e11fa47-71ca-11e1-9e33-c80aa9429562"

static void add(struct rs_ahead *a, const char *file, uint64_t offset, const char *id)
{
	rs_ahead_add(a, &(struct rs_position){.file = (char *)(uintptr_t)file, .offset = offset}, id);
}

static bool has(const struct rs_ahead *a, const char *file, uint64_t offset, const char *id)
{
	return rs_ahead_has(a, &(struct rs_position){.file = (char *)(uintptr_t)file, .offset = offset}, id);
}

static void is_known_by_place_and_by_id(void)
{
	struct rs_ahead a = RS_AHEAD_INIT, back = RS_AHEAD_INIT;
	struct rs_buf text = RS_BUF_INIT;

	add(&a, "b.000001", 400, "0-1-17");
	add(&a, "b.000001", 900, "0-1-19");
	add(&a, "b.000002", 4, "5-2-7");
	UNIT_INT(rs_ahead_count(&a), 3);
	CU_ASSERT(rs_ahead_is_named(&a));
	UNIT_INT(rs_ahead_text(&a, &text), RS_OK);
	UNIT_STR(rs_buf_str(&text), "b.000001:400 500\nb.000002:4\n/0-1:17 2\n/5-2:7\n");
	CU_ASSERT(rs_ahead_parse(&back, rs_buf_str(&text)));
	CU_ASSERT(has(&back, "b.000001", 900, NULL) && !has(&back, "b.000001", 901, "0-1-19"));
	rs_position_set_clear(&back.places);
	UNIT_INT(rs_ahead_count(&back), 3);
	CU_ASSERT(has(&back, "standby.000009", 4, "0-1-19") && has(&back, "standby.000009", 4, "5-2-7"));
	CU_ASSERT(!has(&back, "b.000001", 900, "0-1-18") && !has(&back, "b.000001", 900, "0-2-19") && !has(&back, "b.000001", 900, NULL));
	rs_buf_release(&text);
	rs_ahead_clear(&a);
	rs_ahead_clear(&back);
	UNIT_INT(rs_ahead_count(&back), 0);
}

static void ids_of_every_notation(void)
{
	static const char *const ids[] = {"0-1-17", UUID ":17", UUID ":tag:17", "4294967295-1-18446744073709551615"};

	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		struct rs_ahead a = RS_AHEAD_INIT;
		add(&a, "b.1", 4, ids[i]);
		CU_ASSERT(rs_ahead_is_named(&a));
		rs_position_set_clear(&a.places);
		CU_ASSERT(has(&a, "x.1", 10, ids[i]) && !has(&a, "x.1", 10, "0-1-16") && !has(&a, "x.1", 10, UUID ":16"));
		rs_ahead_clear(&a);
	}
}

static void one_without_an_id_is_not_named(void)
{
	struct rs_ahead a = RS_AHEAD_INIT;

	CU_ASSERT(rs_ahead_is_named(&a));
	add(&a, "b.1", 4, "0-1-17");
	add(&a, "b.1", 40, NULL);
	CU_ASSERT(!rs_ahead_is_named(&a));
	rs_ahead_clear(&a);
	CU_ASSERT(rs_ahead_parse(&a, "b.1:4 36\n")); /* as an earlier version wrote it */
	UNIT_INT(rs_ahead_count(&a), 2);
	CU_ASSERT(!rs_ahead_is_named(&a));
	rs_ahead_clear(&a);
}

/* Of a version that kept no ids, behind one of ours that has been passed. */
static void one_without_an_id_does_not_get_another_s(void)
{
	struct rs_ahead a = RS_AHEAD_INIT;

	CU_ASSERT(rs_ahead_parse(&a, "b.1:4 36\n/0-1:17\n"));
	rs_ahead_drop(&a, &(struct rs_position){.file = (char[]){"b.1"}, .offset = 10});
	UNIT_INT(rs_ahead_count(&a), 1);
	CU_ASSERT(!rs_ahead_is_named(&a));
	rs_ahead_clear(&a);
}

static void ids_go_with_the_last_place(void)
{
	struct rs_ahead a = RS_AHEAD_INIT;

	add(&a, "b.1", 4, "0-1-17");
	add(&a, "b.1", 40, "0-1-18");
	rs_ahead_drop(&a, &(struct rs_position){.file = (char[]){"b.1"}, .offset = 10});
	UNIT_INT(rs_ahead_count(&a), 1);
	CU_ASSERT(rs_ahead_is_named(&a));
	rs_ahead_drop(&a, &(struct rs_position){.file = (char[]){"b.1"}, .offset = 41});
	UNIT_INT(rs_ahead_count(&a), 0);
	CU_ASSERT(rs_ahead_parse(&a, "/0-1:17\n"));
	rs_ahead_drop(&a, &(struct rs_position){.file = (char[]){"b.1"}, .offset = 41});
	UNIT_INT(rs_ahead_count(&a), 1);
	rs_ahead_clear(&a);
}

static void damaged_text_is_refused(void)
{
	static const char *const bad[] = {"b.1:4", "/0-1:4", "/0-1\n", "/:4\n", "//\n", "\n", "b.1:4\n/0-1:x\n"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rs_ahead a = RS_AHEAD_INIT;

		if (rs_ahead_parse(&a, bad[i]))
			UNIT_STR(bad[i], "refused");
		rs_ahead_clear(&a);
	}
}

UNIT_MAIN(UNIT_TEST(is_known_by_place_and_by_id), UNIT_TEST(ids_of_every_notation), UNIT_TEST(one_without_an_id_is_not_named),
          UNIT_TEST(one_without_an_id_does_not_get_another_s), UNIT_TEST(ids_go_with_the_last_place), UNIT_TEST(damaged_text_is_refused))
