#include "ui.h"

static void key_names_are_read_back_as_the_same_key(void)
{
	static const uint32_t some[] = {RS_KEY_TAB, RS_KEY_ENTER, RS_KEY_ESC, ' ', 'a', 'A', '/', '?', '^', '-', 0xe9, 0x6570,
	                                RS_CTRL('a'), RS_CTRL('_'), RS_CTRL('n'), RS_KEY_ALT | 'x', RS_KEY_ALT | RS_KEY_UP};
	char name[RS_KEY_NAME_SIZE];

	for (size_t i = 0; i < RS_COUNT(some); i++) {
		rs_key_name(some[i], name, sizeof name);
		UNIT_INT(rs_key_parse(name, strlen(name)), some[i]);
	}
	for (uint32_t key = RS_KEY_SPECIAL + 1; key < RS_KEY_END_OF_KEYS; key++) {
		rs_key_name(key, name, sizeof name);
		UNIT_INT(rs_key_parse(name, strlen(name)), key);
	}
}

static void other_spellings_are_understood(void)
{
	UNIT_INT(rs_key_parse("C-n", 3), RS_CTRL('n'));
	UNIT_INT(rs_key_parse("Ctrl-N", 6), RS_CTRL('n'));
	UNIT_INT(rs_key_parse("esc", 3), RS_KEY_ESC);
	UNIT_INT(rs_key_parse("PGDN", 4), RS_KEY_PGDN);
	UNIT_INT(rs_key_parse("f12", 3), RS_KEY_F12);
	UNIT_INT(rs_key_parse("F13", 3), RS_KEY_NONE);
	UNIT_INT(rs_key_parse("F0", 2), RS_KEY_NONE);
	UNIT_INT(rs_key_parse("Hyper-x", 7), RS_KEY_NONE);
	UNIT_INT(rs_key_parse("", 0), RS_KEY_NONE);
	UNIT_INT(rs_key_parse("Alt-Alt-x", 9), RS_KEY_NONE);
}

static void the_tables_are_sound(void)
{
	static const struct rs_keymap *const maps[] = {&rs_keymap_universal, &rs_keymap_widgets, &sample_tasks_keys,
	                                               &sample_wizard_keys, &sample_objects_keys, &sample_live_keys};

	for (size_t i = 0; i < RS_COUNT(maps); i++) {
		struct rs_buf why = RS_BUF_INIT;

		(void)rs_keymap_check(maps[i], &why);
		UNIT_STR(rs_buf_str(&why), "");
		rs_buf_release(&why);
	}
}

static void expect_complaint(struct rs_action first, struct rs_action second, const char *complaint)
{
	struct rs_action actions[] = {first, second};
	struct rs_keymap map = {"Test", actions, 2};
	struct rs_buf why = RS_BUF_INIT;

	CU_ASSERT(!rs_keymap_check(&map, &why));
	UNIT_STR(rs_buf_str(&why), complaint);
	rs_buf_release(&why);
}

static void unsound_tables_are_found(void)
{
	struct rs_action fine = {1, "fine", {'f'}, "Fine", "Is fine.", 1};

	expect_complaint(fine, (struct rs_action){2, "only-f", {RS_KEY_F5, RS_KEY_ALT | 'f'}, "F", "F.", 0},
	                 "only-f: no key that every terminal sends");
	expect_complaint(fine, (struct rs_action){2, "no-key", {0}, "N", "N.", 0},
	                 "no-key: no key that every terminal sends");
	expect_complaint(fine, (struct rs_action){2, "twice", {'t', 'f'}, "T", "T.", 0}, "twice: f is taken");
	expect_complaint(fine, (struct rs_action){2, "silent", {'s'}, "", "S.", 0}, "action 2 lacks a text");
}

static void while_typing_the_key_that_types_nothing_is_shown(void)
{
	struct rs_action test = {1, "test", {'c', RS_CTRL('x'), RS_KEY_F2}, "Test", "Test.", 1};
	struct rs_action letter = {2, "letter", {'l'}, "Letter", "Letter.", 1};

	UNIT_INT(rs_action_key(&test, false), 'c');
	UNIT_INT(rs_action_key(&test, true), RS_CTRL('x'));
	UNIT_INT(rs_action_key(&letter, true), RS_KEY_NONE);
}

static void the_manual_page_is_made_of_the_same_table(void)
{
	static const struct rs_action actions[] = {{1, "dot", {'.', '\\', RS_CTRL('n')}, "Dot", "Does - a thing.", 1}};
	static const struct rs_keymap map = {"Test keys", actions, 1};
	const struct rs_keymap *maps[] = {&map};
	struct rs_buf out = RS_BUF_INIT;

	rs_keymap_man(maps, 1, &out);
	UNIT_STR(rs_buf_str(&out), ".SS Test keys\n.TP\n.B \\&., \\e, \\(haN\nDoes \\- a thing.\n.RI ( dot )\n");
	rs_buf_release(&out);
}

static void an_action_has_the_keys_that_it_was_given(void)
{
	static const struct rs_action actions[] = {{1, "stop", {'x', RS_KEY_F8}, "Stop", "Stops.", 1}, {2, "mark", {'+'}, "Mark", "Marks.", 2}};
	static const struct rs_keymap map = {"Test keys", actions, 2};
	const uint32_t keys[] = {'X', RS_KEY_F9};
	struct rs_buf names = RS_BUF_INIT, why = RS_BUF_INIT;

	rs_keymap_remap("stop", keys, 2);
	CU_ASSERT_PTR_NULL(rs_keymap_find(&map, 'x'));
	CU_ASSERT_PTR_EQUAL(rs_keymap_find(&map, RS_KEY_F9), &actions[0]);
	UNIT_INT(rs_action_key(&actions[0], false), 'X');
	UNIT_INT(rs_action_key(&actions[0], true), RS_KEY_F9);
	rs_action_key_names(&actions[0], &names);
	UNIT_STR(rs_buf_str(&names), "X, F9");
	rs_keymap_remap("stop", (const uint32_t[]){'+'}, 1);
	CU_ASSERT_FALSE(rs_keymap_check(&map, &why));
	rs_keymap_remap_none();
	CU_ASSERT_PTR_EQUAL(rs_keymap_find(&map, 'x'), &actions[0]);
	rs_buf_release(&names);
	rs_buf_release(&why);
}

UNIT_MAIN(UNIT_TEST(an_action_has_the_keys_that_it_was_given), UNIT_TEST(key_names_are_read_back_as_the_same_key), UNIT_TEST(other_spellings_are_understood),
          UNIT_TEST(the_tables_are_sound), UNIT_TEST(unsound_tables_are_found),
          UNIT_TEST(while_typing_the_key_that_types_nothing_is_shown),
          UNIT_TEST(the_manual_page_is_made_of_the_same_table))
