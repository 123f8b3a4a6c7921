/* Sets of places: what is written is read, in any order, and damaged text is no set. */
#include "model/position_set.h"

#include <stdlib.h>
#include <string.h>
#include "unit.h"

static void add(struct rs_position_set *s, const char *file, uint64_t offset)
{
	const struct rs_position p = {.file = (char *)file, .offset = offset};

	rs_position_set_add(s, &p);
}

static bool has(const struct rs_position_set *s, const char *file, uint64_t offset)
{
	const struct rs_position p = {.file = (char *)file, .offset = offset};

	return rs_position_set_has(s, &p);
}

static bool parse(struct rs_position_set *s, const char *text)
{
	for (const char *end; *text != '\0'; text = end + 1)
		if ((end = strchr(text, '\n')) == NULL || !rs_position_set_parse_line(s, text, end))
			return false;
	return true;
}

static void is_written_in_steps(void)
{
	struct rs_position_set s = RS_POSITION_SET_INIT;
	struct rs_buf text = RS_BUF_INIT;

	UNIT_INT(rs_position_set_text(&s, &text), RS_OK);
	UNIT_STR(rs_buf_str(&text), "");
	add(&s, "bin.000001", 400);
	add(&s, "bin.000001", 900);
	add(&s, "bin.000001", 150);
	add(&s, "bin.000001", 400);
	add(&s, "bin.000002", 4);
	UNIT_INT(rs_position_set_count(&s), 4);
	UNIT_INT(rs_position_set_text(&s, &text), RS_OK);
	UNIT_STR(rs_buf_str(&text), "bin.000001:150 250 500\nbin.000002:4\n");
	CU_ASSERT(has(&s, "bin.000001", 150) && has(&s, "bin.000001", 900) && has(&s, "bin.000002", 4));
	CU_ASSERT(!has(&s, "bin.000001", 4) && !has(&s, "bin.000002", 150) && !has(&s, "bin.000003", 4));
	rs_buf_release(&text);
	rs_position_set_clear(&s);
	CU_ASSERT(!has(&s, "bin.000002", 4));
}

static void what_is_read_is_added(void)
{
	struct rs_position_set s = RS_POSITION_SET_INIT;

	CU_ASSERT(parse(&s, "my: log.1:10 5\n"));
	CU_ASSERT(parse(&s, "my: log.1:7 3\nother:18446744073709551615\n"));
	UNIT_INT(rs_position_set_count(&s), 4);
	CU_ASSERT(has(&s, "my: log.1", 7) && has(&s, "my: log.1", 10) && has(&s, "my: log.1", 15));
	CU_ASSERT(has(&s, "other", UINT64_MAX));
	rs_position_set_clear(&s);
}

static void random_sets_come_back(void)
{
	static const char *const files[] = {"b.1", "b.2", "b.10"};
	struct rs_position_set s = RS_POSITION_SET_INIT, back = RS_POSITION_SET_INIT;
	struct rs_buf text = RS_BUF_INIT;

	srand(7);
	for (int i = 0; i < 2000; i++)
		add(&s, files[rand() % 3], (uint64_t)rand() % 5000);
	rs_buf_init(&text, 1 << 20);
	UNIT_INT(rs_position_set_text(&s, &text), RS_OK);
	CU_ASSERT(parse(&back, rs_buf_str(&text)));
	UNIT_INT(rs_position_set_count(&back), rs_position_set_count(&s));
	for (uint64_t offset = 0; offset < 5000; offset++)
		for (int f = 0; f < 3; f++)
			if (has(&s, files[f], offset) != has(&back, files[f], offset))
				UNIT_INT(offset, -1);
	rs_buf_release(&text);
	rs_position_set_clear(&s);
	rs_position_set_clear(&back);
}

static void what_lies_before_is_dropped(void)
{
	struct rs_position_set s = RS_POSITION_SET_INIT;

	CU_ASSERT(parse(&s, "b.9:10 5\nb.10:10 5 5\nb.11:4\n"));
	rs_position_set_drop(&s, &(struct rs_position){.file = (char[]){"b.10"}, .offset = 15});
	UNIT_INT(rs_position_set_count(&s), 2);
	CU_ASSERT(has(&s, "b.10", 20) && has(&s, "b.11", 4) && !has(&s, "b.10", 15) && !has(&s, "b.9", 10));
	rs_position_set_drop(&s, &(struct rs_position){.file = NULL});
	UNIT_INT(rs_position_set_count(&s), 2);
	rs_position_set_drop(&s, &(struct rs_position){.file = (char[]){"b.12"}, .offset = 4});
	UNIT_INT(rs_position_set_count(&s), 0);
	rs_position_set_clear(&s);
}

static void damaged_text_is_no_set(void)
{
	static const char *const bad[] = {"b.1:4", "b.1\n", "b.1:\n", ":4\n", "b.1:4,5\n", "b.1:x\n", "\n", "b.1:4  5\n",
	                                  "b.1:18446744073709551615 1\n", "b.1:99999999999999999999\n", "b.1:-4\n"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rs_position_set s = RS_POSITION_SET_INIT;

		if (parse(&s, bad[i]))
			UNIT_STR(bad[i], "refused");
		rs_position_set_clear(&s);
	}
}

UNIT_MAIN(UNIT_TEST(is_written_in_steps), UNIT_TEST(what_is_read_is_added), UNIT_TEST(random_sets_come_back), UNIT_TEST(what_lies_before_is_dropped),
          UNIT_TEST(damaged_text_is_no_set))
