#include <time.h>
#include "base/utf8.h"
#include "ui.h"

static struct rs_edit e;

static void keys(const char *names)
{
	while (*(names += strspn(names, " "))) {
		size_t len = strcspn(names, " ");

		(void)rs_edit_key(&e, rs_key_parse(names, len));
		names += len;
	}
}

static void typing_goes_to_the_cursor(void)
{
	rs_edit_init(&e, 100, false);
	keys("a b c Left Left X Home Y End Z");
	UNIT_STR(e.text, "YaXbcZ");
	keys("Backspace Home Delete");
	UNIT_STR(e.text, "aXbc");
	rs_edit_release(&e);
}

static void the_cursor_moves_by_what_the_eye_sees(void)
{
	rs_edit_init(&e, 100, false);
	rs_edit_set(&e, "x数e\xcc\x81", 7);
	keys("Left");
	UNIT_INT(e.cursor, 4);
	keys("Left");
	UNIT_INT(e.cursor, 1);
	keys("End Backspace");
	UNIT_STR(e.text, "x数");
	keys("Backspace");
	UNIT_STR(e.text, "x");
	rs_edit_release(&e);
}

static void words_and_rests_can_be_deleted(void)
{
	rs_edit_init(&e, 100, false);
	rs_edit_set(&e, "one two  three", 14);
	keys("^W");
	UNIT_STR(e.text, "one two  ");
	keys("^W");
	UNIT_STR(e.text, "one ");
	keys("Home ^K");
	UNIT_STR(e.text, "");
	rs_edit_set(&e, "one two", 7);
	keys("Ctrl-Left ^U");
	UNIT_STR(e.text, "two");
	rs_edit_release(&e);
}

static void undo_takes_typed_words_and_deletions_back(void)
{
	rs_edit_init(&e, 100, false);
	keys("a b c Space d e");
	keys("^_");
	UNIT_STR(e.text, "abc");
	keys("^_");
	UNIT_STR(e.text, "");
	UNIT_INT(rs_edit_key(&e, RS_CTRL('_')), RS_EDIT_IGNORED);
	keys("x y z ^U ^_");
	UNIT_STR(e.text, "xyz");
	rs_edit_release(&e);
}

static void what_does_not_fit_changes_nothing(void)
{
	rs_edit_init(&e, 4, false);
	keys("a b c");
	UNIT_INT(rs_edit_key(&e, 0x6570), RS_EDIT_IGNORED);
	CU_ASSERT(!rs_edit_insert(&e, "xy", 2));
	UNIT_STR(e.text, "abc");
	keys("d e");
	UNIT_STR(e.text, "abcd");
	rs_edit_set(&e, "ab数", 5);
	UNIT_STR(e.text, "ab");
	rs_edit_set(&e, "a\xff" "b", 3);
	UNIT_STR(e.text, "a");
	rs_edit_release(&e);
}

static void pasted_lines_become_one(void)
{
	rs_edit_init(&e, 100, false);
	CU_ASSERT(rs_edit_paste(&e, "one\ttwo\nthree\033[31m\n\n", 20));
	UNIT_STR(e.text, "one two three[31m");
	rs_edit_release(&e);
}

static void keys_that_do_nothing_are_left_to_others(void)
{
	rs_edit_init(&e, 100, false);
	UNIT_INT(rs_edit_key(&e, RS_KEY_LEFT), RS_EDIT_IGNORED);
	UNIT_INT(rs_edit_key(&e, RS_KEY_BACKSPACE), RS_EDIT_IGNORED);
	UNIT_INT(rs_edit_key(&e, RS_CTRL('n')), RS_EDIT_IGNORED);
	UNIT_INT(rs_edit_key(&e, RS_KEY_UP), RS_EDIT_IGNORED);
	UNIT_INT(rs_edit_key(&e, RS_KEY_ALT | 'x'), RS_EDIT_IGNORED);
	rs_edit_release(&e);
}

static void a_secret_has_no_undo(void)
{
	rs_edit_init(&e, 300, true);
	for (int i = 0; i < 200; i++)
		keys("s");
	keys("^U");
	UNIT_INT(rs_edit_key(&e, RS_CTRL('_')), RS_EDIT_IGNORED);
	for (size_t i = 0; i < e.size; i++)
		UNIT_INT(e.text[i], 0);
	rs_edit_release(&e);
}

/* Random keys: the text stays valid and within its limit, the cursor at a character; undoing all ends at nothing. */
static void random_keys_keep_the_text_whole(void)
{
	static const uint32_t pool[] = {'a', 'b', ' ', 0x6570, 0x301, 0xe9, 0x1f600, RS_KEY_LEFT, RS_KEY_RIGHT,
	                                RS_KEY_HOME, RS_KEY_END, RS_KEY_BACKSPACE, RS_KEY_DELETE, RS_CTRL('w'),
	                                RS_CTRL('k'), RS_CTRL('_'), RS_KEY_CTRL_LEFT, RS_KEY_CTRL_RIGHT};
	unsigned seed = unit_seed();

	printf("# seed %u\n", seed);
	rs_edit_init(&e, 50, false);
	for (int i = 0; i < 20000; i++) {
		(void)rs_edit_key(&e, pool[(unsigned)rand_r(&seed) % RS_COUNT(pool)]);
		CU_ASSERT_FATAL(e.len <= 50 && e.cursor <= e.len && strlen(e.text) == e.len);
		CU_ASSERT_FATAL(rs_utf8_valid(e.text, e.cursor) && rs_utf8_valid(e.text, e.len));
	}
	rs_edit_set(&e, "", 0);
	for (int i = 0; i < 90; i++)
		(void)rs_edit_key(&e, pool[(unsigned)rand_r(&seed) % 15]);
	while (rs_edit_undo(&e))
		CU_ASSERT(rs_utf8_valid(e.text, e.len));
	UNIT_STR(e.text, "");
	rs_edit_release(&e);
}

UNIT_MAIN(UNIT_TEST(typing_goes_to_the_cursor), UNIT_TEST(the_cursor_moves_by_what_the_eye_sees),
          UNIT_TEST(words_and_rests_can_be_deleted), UNIT_TEST(undo_takes_typed_words_and_deletions_back),
          UNIT_TEST(what_does_not_fit_changes_nothing), UNIT_TEST(pasted_lines_become_one),
          UNIT_TEST(keys_that_do_nothing_are_left_to_others), UNIT_TEST(a_secret_has_no_undo),
          UNIT_TEST(random_keys_keep_the_text_whole))
