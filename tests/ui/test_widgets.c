#include "ui.h"

/* --- entry --------------------------------------------------------------------------- */

static void an_entry_scrolls_to_its_cursor(void)
{
	struct rs_entry *e = rs_entry_new("e", 8, 100);

	rs_entry_set(e, "abcdefghijkl");
	UI_EXPECT(&e->w, 1, 8, "‹ghijkl\n");
	(void)ui_key(&e->w, "Home");
	UI_EXPECT(&e->w, 1, 8, "abcdefg…\n");
	rs_entry_set(e, "数据库名称");
	UI_EXPECT(&e->w, 1, 8, "‹ 名称\n");
	rs_widget_free(&e->w);
}

static void what_is_typed_takes_the_place_of_a_suggestion(void)
{
	struct rs_entry *e = rs_entry_new("e", 8, 100);

	rs_entry_suggest(e, "3306");
	(void)ui_key(&e->w, "1");
	(void)ui_key(&e->w, "2");
	UNIT_STR(rs_entry_text(e), "12");
	rs_entry_suggest(e, "3306");
	(void)ui_key(&e->w, "End"); /* from here on it is edited */
	(void)ui_key(&e->w, "7");
	UNIT_STR(rs_entry_text(e), "33067");
	rs_entry_suggest(e, "3306");
	(void)ui_key(&e->w, "Backspace");
	UNIT_STR(rs_entry_text(e), "330");
	rs_entry_set(e, "3306");
	(void)ui_key(&e->w, "7");
	UNIT_STR(rs_entry_text(e), "33067");
	rs_widget_free(&e->w);
}

static void an_entry_shows_control_characters_escaped(void)
{
	struct rs_entry *e = rs_entry_new("e", 20, 100);

	rs_entry_set(e, "a\033b");
	UI_EXPECT(&e->w, 1, 20, "a\\x1bb\n");
	rs_widget_free(&e->w);
}

static void a_secret_is_masked_until_it_is_revealed(void)
{
	struct rs_entry *e = rs_entry_new_secret("e", 20, 100);
	struct rs_secret secret = RS_SECRET_INIT;

	ui_type(&e->w, "pa55");
	UI_EXPECT(&e->w, 1, 20, "••••\n");
	UNIT_STR(rs_entry_text(e), "");
	UNIT_INT(ui_key(&e->w, "^T"), RS_HANDLED);
	UI_EXPECT(&e->w, 1, 20, "pa55\n");
	e->w.ops->focus_changed(&e->w, false);
	UI_EXPECT(&e->w, 1, 20, "••••\n");
	rs_entry_get_secret(e, &secret);
	UNIT_STR(rs_secret_reveal(&secret), "pa55");
	rs_secret_set(&secret, "new", 3);
	rs_entry_set_secret(e, &secret);
	UI_EXPECT(&e->w, 1, 20, "•••\n");
	rs_secret_clear(&secret);
	rs_widget_free(&e->w);
}

static void letters_in_a_field_of_digits_are_swallowed(void)
{
	struct rs_entry *e = rs_entry_new("e", 6, 5);
	struct rs_event paste = {RS_EV_PASTE, 0, " 33x06\n", 7};

	e->accept = rs_accept_digits;
	UNIT_INT(ui_key(&e->w, "q"), RS_HANDLED);
	UNIT_INT(rs_widget_event(&e->w, &paste, NULL), RS_CHANGED);
	UNIT_STR(rs_entry_text(e), "3306");
	rs_widget_free(&e->w);
}

static void a_pasted_line_end_does_not_submit(void)
{
	struct rs_entry *e = rs_entry_new("e", 20, 100);
	struct rs_event paste = {RS_EV_PASTE, 0, "one\ntwo\n", 8};

	UNIT_INT(rs_widget_event(&e->w, &paste, NULL), RS_CHANGED);
	UNIT_STR(rs_entry_text(e), "one two");
	UNIT_INT(ui_key(&e->w, "Enter"), RS_SUBMIT);
	rs_widget_free(&e->w);
}

static void a_read_only_entry_is_reachable_but_types_nothing(void)
{
	struct rs_entry *e = rs_entry_new("e", 20, 100);

	rs_entry_set(e, "cn-hangzhou");
	e->fixed = true;
	UNIT_INT(ui_key(&e->w, "x"), RS_IGNORED);
	CU_ASSERT(!rs_widget_is_typing(&e->w));
	CU_ASSERT_PTR_EQUAL(rs_widget_focused(&e->w), &e->w);
	UI_EXPECT(&e->w, 1, 20, "cn-hangzhou\n");
	rs_widget_free(&e->w);
}

static void a_filter_clears_before_it_cancels(void)
{
	struct rs_entry *f = rs_filter_new("f", "Filter:");

	rs_filter_set_count(f, "37 shown");
	ui_type(&f->w, "ord");
	UI_EXPECT(&f->w, 1, 40, "▸Filter: ord                   37 shown\n");
	UNIT_INT(ui_key(&f->w, "Esc"), RS_CHANGED);
	UNIT_STR(rs_entry_text(f), "");
	UNIT_INT(ui_key(&f->w, "Esc"), RS_CANCEL);
	UNIT_INT(ui_key(&f->w, "Down"), RS_SUBMIT);
	rs_widget_free(&f->w);
}

/* --- choices ------------------------------------------------------------------------- */

static const struct rs_option fruit[] = {
	{"apple", "Apple", "red", NULL}, {"banana", "Banana", NULL, NULL}, {"pear", "Pear", NULL, "not in season"}};

static struct rs_widget *fruit_choice(void)
{
	struct rs_widget *w = rs_choice_new("fruit", 16);

	rs_options_set(w, fruit, 3);
	CU_ASSERT(rs_options_choose(w, "banana"));
	return w;
}

static void a_drop_down_opens_below_and_takes_with_enter(void)
{
	struct rs_widget *w = fruit_choice();

	UI_EXPECT(w, 1, 30, "Banana ▾\n");
	UNIT_INT(ui_key(w, "Enter"), RS_HANDLED);
	rs_widget_layout(w, rs_rect_make(0, 0, 1, 30));
	UNIT_INT(ui_key(w, "Up"), RS_HANDLED);
	UNIT_INT(ui_key(w, "Enter"), RS_CHANGED);
	UNIT_STR(rs_options_chosen(w), "apple");
	rs_widget_free(w);
}

static void typing_narrows_an_open_drop_down(void)
{
	struct rs_widget *w = fruit_choice();
	struct rs_canvas c;
	char *text;

	UNIT_INT(ui_key(w, "a"), RS_IGNORED); /* closed: letters are the screen's */
	(void)ui_key(w, "Space");
	ui_type(w, "AN");
	rs_canvas_init(&c, 6, 24, false);
	rs_widget_layout(w, rs_rect_make(0, 2, 1, 16));
	rs_widget_draw(w, &c, true);
	rs_widget_draw_popup(w, &c, rs_rect_make(0, 0, 6, 24));
	text = ui_text(&c);
	UNIT_STR(text, "  Banana ▾\n┌─ AN ────────────────┐\n│ Banana              │\n"
	               "└─────────────────────┘\n\n\n");
	free(text);
	rs_canvas_release(&c);
	(void)ui_key(w, "Backspace");
	(void)ui_key(w, "Backspace");
	ui_type(w, "zzz");
	UNIT_INT(ui_key(w, "Enter"), RS_HANDLED);
	UNIT_INT(ui_key(w, "Esc"), RS_HANDLED);
	UNIT_STR(rs_options_chosen(w), "banana");
	UNIT_INT(ui_key(w, "Esc"), RS_IGNORED);
	rs_widget_free(w);
}

static void an_option_that_cannot_be_chosen_says_why(void)
{
	struct rs_widget *w = fruit_choice();
	struct rs_canvas c;
	char *text;

	(void)ui_key(w, "Enter");
	(void)ui_key(w, "End");
	UNIT_INT(ui_key(w, "Enter"), RS_HANDLED);
	UNIT_STR(rs_options_chosen(w), "banana");
	rs_canvas_init(&c, 6, 40, false);
	rs_widget_layout(w, rs_rect_make(0, 2, 1, 16));
	rs_widget_draw_popup(w, &c, rs_rect_make(0, 0, 6, 40));
	text = ui_text(&c);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "Pear  not in season"));
	free(text);
	rs_canvas_release(&c);
	rs_widget_free(w);
}

static void options_may_change_under_a_choice(void)
{
	struct rs_widget *w = fruit_choice();

	rs_options_set(w, fruit + 1, 2);
	UNIT_STR(rs_options_chosen(w), "banana");
	rs_options_set(w, fruit, 1);
	UNIT_STR(rs_options_chosen(w), NULL);
	CU_ASSERT(!rs_options_choose(w, "banana"));
	UI_EXPECT(w, 1, 20, "– ▾\n");
	rs_options_set(w, NULL, 0);
	(void)ui_key(w, "Enter");
	UNIT_INT(ui_key(w, "Enter"), RS_HANDLED);
	rs_widget_free(w);
}

static void a_radio_moves_without_choosing(void)
{
	struct rs_widget *w = rs_radio_new("r");

	rs_options_set(w, fruit, 3);
	(void)rs_options_choose(w, "apple");
	UI_EXPECT(w, 3, 30, "(•) Apple  red\n( ) Banana\n(·) Pear  not in season\n");
	UNIT_INT(ui_key(w, "Up"), RS_IGNORED);
	UNIT_INT(ui_key(w, "Down"), RS_HANDLED);
	UNIT_STR(rs_options_chosen(w), "apple");
	UNIT_INT(ui_key(w, "Space"), RS_CHANGED);
	UNIT_STR(rs_options_chosen(w), "banana");
	UNIT_INT(ui_key(w, "Enter"), RS_SUBMIT);
	(void)ui_key(w, "Down");
	UNIT_INT(ui_key(w, "Space"), RS_HANDLED);
	UNIT_STR(rs_options_chosen(w), "banana");
	UNIT_INT(ui_key(w, "Down"), RS_IGNORED);
	rs_widget_free(w);
}

static void a_multichoice_marks_all_none_and_the_others(void)
{
	struct rs_widget *w = rs_multichoice_new("m", 2);

	rs_options_set(w, fruit, 3);
	UNIT_INT(ui_key(w, "Space"), RS_CHANGED);
	UI_EXPECT(w, 2, 30, "[x] Apple  red\n[ ] Banana\n");
	UNIT_INT(ui_key(w, "*"), RS_CHANGED);
	CU_ASSERT(!rs_options_marked(w, 0) && rs_options_marked(w, 1) && !rs_options_marked(w, 2));
	(void)ui_key(w, "+");
	CU_ASSERT(rs_options_marked(w, 0) && rs_options_marked(w, 1) && !rs_options_marked(w, 2));
	(void)ui_key(w, "-");
	CU_ASSERT(!rs_options_marked(w, 0) && !rs_options_marked(w, 1));
	(void)ui_key(w, "Insert");
	(void)ui_key(w, "Down");
	UI_EXPECT(w, 2, 30, "[ ] Banana\n[·] Pear  not in season\n");
	UNIT_INT(ui_key(w, "Space"), RS_HANDLED);
	rs_widget_free(w);
}

static void a_list_in_a_form_with_little_room_shows_its_cursor(void)
{
	struct rs_widget *w = rs_fieldset_new(NULL), *list;

	(void)rs_fieldset_add(w, "Name", &rs_entry_new("n", 10, 10)->w);
	list = rs_fieldset_add(w, "Fruit", rs_multichoice_new("m", 3));
	rs_options_set(list, fruit, 3);
	(void)rs_widget_focus(w, list);
	UI_EXPECT(w, 3, 34, " Name\n▸Fruit  [ ] Apple  red\n        [ ] Banana\n");
	(void)ui_key(w, "Down");
	(void)ui_key(w, "Down");
	UI_EXPECT(w, 3, 34, " Name\n▸Fruit  [ ] Banana\n        [·] Pear  not in season\n");
	rs_widget_free(w);
}

static void a_checkbox_toggles_with_space(void)
{
	struct rs_widget *w = rs_checkbox_new("c", "Create triggers");

	UNIT_INT(ui_key(w, "Space"), RS_CHANGED);
	CU_ASSERT(rs_checkbox_get(w));
	UI_EXPECT(w, 1, 30, "[x] Create triggers\n");
	UNIT_INT(ui_key(w, "Enter"), RS_SUBMIT);
	CU_ASSERT(rs_checkbox_get(w));
	rs_widget_free(w);
}

static void a_disabled_button_stays_reachable_and_says_why(void)
{
	static const struct rs_option buttons[] = {{"back", "Back", NULL, NULL}, {"start", "Start", "Starts it.", NULL}};
	struct rs_widget *w = rs_buttons_new("b", buttons, 2, 0);

	UI_EXPECT(w, 1, 30, " [ Back ]  [ Start ]\n");
	UNIT_INT(ui_key(w, "Right"), RS_HANDLED);
	UNIT_STR(rs_widget_help(w), "Starts it.");
	UNIT_INT(ui_key(w, "Enter"), RS_SUBMIT);
	UNIT_STR(rs_buttons_current(w), "start");
	rs_buttons_disable(w, "start", "the precheck has not passed");
	UNIT_INT(ui_key(w, "Enter"), RS_HANDLED);
	UNIT_STR(rs_widget_help(w), "the precheck has not passed");
	UNIT_INT(ui_key(w, "Right"), RS_IGNORED);
	rs_widget_free(w);
}

/* --- boxes ------------------------------------------------------------------------------ */

static void a_column_gives_what_is_left_over_to_weights(void)
{
	struct rs_widget *column = rs_column_new(1);
	struct rs_widget *a = rs_widget_add(column, rs_label_new("a\nb", 0));
	struct rs_widget *b = rs_widget_add(column, rs_space_new(1, 1, 1));
	struct rs_widget *c = rs_widget_add(column, rs_label_new("c", 0));

	rs_widget_layout(column, rs_rect_make(0, 0, 10, 20));
	UNIT_INT(a->rect.h, 2);
	UNIT_INT(b->rect.h, 5);
	UNIT_INT(c->rect.y, 9);
	rs_widget_hide(b, true);
	rs_widget_layout(column, rs_rect_make(0, 0, 10, 20));
	UNIT_INT(c->rect.y, 3);
	rs_widget_free(column);
}

static void too_little_room_takes_from_the_last_that_can_shrink(void)
{
	struct rs_widget *column = rs_column_new(0);
	struct rs_widget *a = rs_widget_add(column, rs_label_new("1\n2\n3\n4", 0));
	struct rs_widget *b = rs_widget_add(column, rs_checkbox_new("b", "b"));

	rs_widget_layout(column, rs_rect_make(0, 0, 3, 20));
	UNIT_INT(a->rect.h, 2);
	UNIT_INT(b->rect.y, 2);
	rs_widget_free(column);
}

static void a_row_folds_into_a_column(void)
{
	struct rs_widget *row = rs_row_new(2, 40);
	struct rs_widget *a = rs_widget_add(row, rs_label_new("left", 0));
	struct rs_widget *b = rs_widget_add(row, rs_label_new("right", 0));

	a->weight = b->weight = 1;
	rs_widget_layout(row, rs_rect_make(0, 0, 4, 42));
	UNIT_INT(a->rect.w, 20);
	UNIT_INT(b->rect.x, 22);
	a->weight = b->weight = 0;
	UI_EXPECT(row, 4, 39, "left\n\n\nright\n");
	rs_widget_free(row);
}

static struct rs_widget *numbered_fields(int count)
{
	struct rs_widget *fs = rs_fieldset_new(NULL);
	char name[16];

	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof name, "f%d", i);
		(void)rs_fieldset_add(fs, name, &rs_entry_new(name, 10, 10)->w);
	}
	return fs;
}

static void a_scrolled_form_follows_the_focus(void)
{
	struct rs_widget *scroll = rs_scroll_new(numbered_fields(9));

	UI_EXPECT(scroll, 3, 30, "▸f0\n f1\n f2                          ▾\n");
	for (int i = 0; i < 3; i++)
		(void)ui_key(scroll, "Tab");
	UI_EXPECT(scroll, 3, 30, " f2                          ▴\n▸f3\n f4                          ▾\n");
	(void)ui_key(scroll, "PgDn");
	UNIT_STR(rs_widget_focused(scroll)->id, "f5");
	(void)ui_key(scroll, "Shift-Tab");
	(void)ui_key(scroll, "PgUp");
	(void)ui_key(scroll, "PgUp");
	UI_EXPECT(scroll, 3, 30, "▸f0\n f1\n f2                          ▾\n");
	(void)ui_key(scroll, "Shift-Tab");
	UI_EXPECT(scroll, 3, 30, " f6                          ▴\n f7\n▸f8\n");
	rs_widget_free(scroll);
}

static void scrolled_text_without_fields_scrolls_by_itself(void)
{
	struct rs_widget *scroll = rs_scroll_new(rs_label_new("1\n2\n3\n4\n5", 0));

	UI_EXPECT(scroll, 2, 10, "1\n2        ▾\n");
	CU_ASSERT_PTR_EQUAL(rs_widget_focused(scroll), scroll);
	(void)ui_key(scroll, "Down");
	(void)ui_key(scroll, "Down");
	UI_EXPECT(scroll, 2, 10, "3        ▴\n4        ▾\n");
	for (int i = 0; i < 9; i++)
		(void)ui_key(scroll, "PgDn");
	UI_EXPECT(scroll, 2, 10, "4        ▴\n5\n");
	rs_widget_free(scroll);
}

/* --- focus ------------------------------------------------------------------------------- */

static void tab_goes_through_all_fields_and_round(void)
{
	struct rs_widget *row = rs_row_new(1, 0), *a = rs_widget_add(row, numbered_fields(2));
	struct rs_widget *b = rs_widget_add(row, numbered_fields(1));

	a->weight = b->weight = 1;
	rs_widget_layout(row, rs_rect_make(0, 0, 5, 60));
	CU_ASSERT_PTR_EQUAL(rs_widget_focused(row), a->kids[0]);
	(void)ui_key(row, "Tab");
	CU_ASSERT_PTR_EQUAL(rs_widget_focused(row), a->kids[1]);
	(void)ui_key(row, "Tab");
	CU_ASSERT_PTR_EQUAL(rs_widget_focused(row), b->kids[0]);
	(void)ui_key(row, "Tab");
	CU_ASSERT_PTR_EQUAL(rs_widget_focused(row), a->kids[0]);
	(void)ui_key(row, "Shift-Tab");
	CU_ASSERT_PTR_EQUAL(rs_widget_focused(row), b->kids[0]);
	rs_widget_hide(b, true);
	CU_ASSERT_PTR_EQUAL(rs_widget_focused(row), a->kids[1]);
	rs_widget_free(row);
}

static void arrows_move_by_position(void)
{
	struct rs_widget *row = rs_row_new(1, 0), *a = rs_widget_add(row, numbered_fields(3));
	struct rs_widget *b = rs_widget_add(row, numbered_fields(3));

	a->weight = b->weight = 1;
	rs_widget_layout(row, rs_rect_make(0, 0, 5, 60));
	(void)ui_key(row, "Down");
	(void)ui_key(row, "Right");
	CU_ASSERT_PTR_EQUAL(rs_widget_focused(row), b->kids[1]);
	(void)ui_key(row, "Up");
	CU_ASSERT_PTR_EQUAL(rs_widget_focused(row), b->kids[0]);
	UNIT_INT(ui_key(row, "Up"), RS_IGNORED);
	(void)ui_key(row, "Left");
	CU_ASSERT_PTR_EQUAL(rs_widget_focused(row), a->kids[0]);
	rs_widget_free(row);
}

static void enter_goes_to_the_next_field_and_submits_after_the_last(void)
{
	struct rs_widget *page = rs_column_new(0), *row = rs_widget_add(page, rs_row_new(1, 0));
	struct rs_widget *a = rs_widget_add(row, numbered_fields(2)), *b = rs_widget_add(row, numbered_fields(1));
	static const struct rs_option next = {"next", "Next", NULL, NULL};

	(void)rs_widget_add(page, rs_buttons_new("b", &next, 1, 0));
	rs_widget_layout(page, rs_rect_make(0, 0, 5, 60));
	UNIT_INT(ui_key(page, "Enter"), RS_HANDLED);
	CU_ASSERT_PTR_EQUAL(rs_widget_focused(page), a->kids[1]);
	UNIT_INT(ui_key(page, "Enter"), RS_HANDLED);
	CU_ASSERT_PTR_EQUAL(rs_widget_focused(page), b->kids[0]);
	UNIT_INT(ui_key(page, "Enter"), RS_SUBMIT);
	CU_ASSERT_PTR_EQUAL(rs_widget_focused(page), b->kids[0]);
	rs_widget_free(page);
}

static void a_hidden_field_keeps_its_value(void)
{
	struct rs_widget *fs = numbered_fields(2);
	struct rs_entry *e = (struct rs_entry *)fs->kids[1];

	rs_entry_set(e, "kept");
	rs_widget_hide(&e->w, true);
	UI_EXPECT(fs, 2, 30, "▸f0\n\n");
	rs_widget_hide(&e->w, false);
	UI_EXPECT(fs, 2, 30, "▸f0\n f1  kept\n");
	rs_widget_free(fs);
}

static void a_disabled_field_is_seen_reached_and_explained_but_takes_nothing(void)
{
	struct rs_widget *fs = numbered_fields(1);
	struct rs_entry *e = (struct rs_entry *)fs->kids[0];

	rs_widget_set_help(&e->w, "A field.");
	UNIT_STR(rs_widget_help(fs), "A field.");
	rs_widget_disable(&e->w, "can't be changed once the task is made");
	UNIT_STR(rs_widget_help(fs), "can't be changed once the task is made");
	CU_ASSERT_PTR_EQUAL(rs_widget_focused(fs), &e->w);
	CU_ASSERT(!rs_widget_is_typing(fs));
	ui_type(fs, "x");
	UNIT_STR(rs_entry_text(e), "");
	rs_widget_disable(&e->w, NULL);
	ui_type(fs, "x");
	UNIT_STR(rs_entry_text(e), "x");
	rs_widget_free(fs);
}

/* --- fieldset ------------------------------------------------------------------------------ */

static void an_error_stands_below_its_field_and_holds_nobody(void)
{
	struct rs_widget *fs = rs_fieldset_new("Source database");
	struct rs_widget *host = rs_fieldset_add(fs, "Host", &rs_entry_new("host", 20, 20)->w);
	struct rs_widget *port = rs_fieldset_add(fs, "Port", &rs_entry_new("port", 6, 5)->w);

	rs_fieldset_set_error(fs, host, "no such host: it is neither a name nor an address");
	UI_EXPECT(fs, 5, 34, " Source database\n▸Host\n       ✗ no such host: it is\n"
	                     "         neither a name nor an\n         address\n");
	CU_ASSERT_PTR_NOT_NULL(rs_fieldset_error(fs, host));
	(void)ui_key(fs, "Tab");
	CU_ASSERT_PTR_EQUAL(rs_widget_focused(fs), port);
	rs_fieldset_set_error(fs, host, NULL);
	CU_ASSERT_PTR_NULL(rs_fieldset_error(fs, host));
	UI_EXPECT(fs, 3, 34, " Source database\n Host\n▸Port\n");
	rs_widget_free(fs);
}

static void in_little_room_labels_stand_above(void)
{
	struct rs_widget *fs = rs_fieldset_new(NULL);

	rs_entry_set((struct rs_entry *)rs_fieldset_add(fs, "Database account", &rs_entry_new("a", 20, 20)->w), "dts");
	UI_EXPECT(fs, 2, 30, "▸Database account\n   dts\n");
	UI_EXPECT(fs, 2, 40, "▸Database account  dts\n\n");
	rs_widget_free(fs);
}

static void wide_labels_line_up(void)
{
	struct rs_widget *fs = rs_fieldset_new(NULL);

	rs_entry_set((struct rs_entry *)rs_fieldset_add(fs, "数据库账号", &rs_entry_new("a", 20, 20)->w), "dts");
	rs_entry_set((struct rs_entry *)rs_fieldset_add(fs, "端口", &rs_entry_new("b", 20, 20)->w), "3306");
	(void)rs_fieldset_add_note(fs, "一二三", RS_STYLE_DIM);
	UI_EXPECT(fs, 3, 40, "▸数据库账号  dts\n 端口        3306\n 一二三\n");
	rs_widget_free(fs);
}

/* --- pictures ------------------------------------------------------------------------------- */

static void a_gauge_never_rounds_up_to_all(void)
{
	struct rs_widget *g = rs_gauge_new(6);

	UI_EXPECT(g, 1, 30, "▕    ▏   –\n");
	rs_gauge_set(g, 0.9999, RS_STYLE_DATA, "12.4 M rows");
	UI_EXPECT(g, 1, 30, "▕███▉▏  99 %  12.4 M rows\n");
	rs_gauge_set(g, 1, RS_STYLE_OK, NULL);
	UI_EXPECT(g, 1, 30, "▕████▏ 100 %\n");
	rs_widget_free(g);
}

static void wizard_steps_become_one_in_little_room(void)
{
	static const struct rs_step steps[] = {{"Source", RS_STEP_DONE}, {"Objects", RS_STEP_NOW}, {"Review", RS_STEP_BAD}};
	struct rs_canvas c;
	char *text;

	rs_canvas_init(&c, 2, 40, false);
	rs_steps_draw(&c, 0, 0, 40, steps, 3);
	rs_steps_draw(&c, 1, 0, 20, steps, 3);
	text = ui_text(&c);
	UNIT_STR(text, "✓ Source  ● Objects  ✗ Review\nStep 2/3  Objects\n");
	free(text);
	rs_canvas_release(&c);
}

static void pages_end_at_the_last_field_of_a_scrolled_form(void)
{
	struct rs_option ok = {"ok", "OK", NULL, NULL};
	struct rs_widget *column = rs_column_new(0), *scroll = rs_scroll_new(numbered_fields(3));

	(void)rs_widget_add(column, scroll);
	(void)rs_widget_add(column, rs_buttons_new("foot", &ok, 1, 0));
	rs_widget_layout(column, rs_rect_make(0, 0, 10, 40));
	(void)ui_key(column, "PgDn");
	UNIT_STR(rs_widget_focused(column)->id, "f2");
	(void)ui_key(column, "PgDn");
	UNIT_STR(rs_widget_focused(column)->id, "f2");
	rs_widget_free(column);
}

UNIT_MAIN(UNIT_TEST(pages_end_at_the_last_field_of_a_scrolled_form), UNIT_TEST(an_entry_scrolls_to_its_cursor), UNIT_TEST(what_is_typed_takes_the_place_of_a_suggestion),
          UNIT_TEST(an_entry_shows_control_characters_escaped),
          UNIT_TEST(a_secret_is_masked_until_it_is_revealed), UNIT_TEST(letters_in_a_field_of_digits_are_swallowed),
          UNIT_TEST(a_pasted_line_end_does_not_submit), UNIT_TEST(a_read_only_entry_is_reachable_but_types_nothing),
          UNIT_TEST(a_filter_clears_before_it_cancels), UNIT_TEST(a_drop_down_opens_below_and_takes_with_enter),
          UNIT_TEST(typing_narrows_an_open_drop_down), UNIT_TEST(an_option_that_cannot_be_chosen_says_why),
          UNIT_TEST(options_may_change_under_a_choice), UNIT_TEST(a_radio_moves_without_choosing),
          UNIT_TEST(a_multichoice_marks_all_none_and_the_others),
          UNIT_TEST(a_list_in_a_form_with_little_room_shows_its_cursor), UNIT_TEST(a_checkbox_toggles_with_space),
          UNIT_TEST(a_disabled_button_stays_reachable_and_says_why),
          UNIT_TEST(a_column_gives_what_is_left_over_to_weights),
          UNIT_TEST(too_little_room_takes_from_the_last_that_can_shrink), UNIT_TEST(a_row_folds_into_a_column),
          UNIT_TEST(a_scrolled_form_follows_the_focus),
          UNIT_TEST(scrolled_text_without_fields_scrolls_by_itself), UNIT_TEST(tab_goes_through_all_fields_and_round),
          UNIT_TEST(arrows_move_by_position), UNIT_TEST(enter_goes_to_the_next_field_and_submits_after_the_last),
          UNIT_TEST(a_hidden_field_keeps_its_value),
          UNIT_TEST(a_disabled_field_is_seen_reached_and_explained_but_takes_nothing),
          UNIT_TEST(an_error_stands_below_its_field_and_holds_nobody), UNIT_TEST(in_little_room_labels_stand_above),
          UNIT_TEST(wide_labels_line_up), UNIT_TEST(a_gauge_never_rounds_up_to_all),
          UNIT_TEST(wizard_steps_become_one_in_little_room))
