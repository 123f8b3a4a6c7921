#include <pthread.h>
#include <time.h>
#include "base/clock.h"
#include "ui.h"

/* --- a screen that writes down what happens to it ------------------------------------------- */

static struct rs_buf diary = RS_BUF_INIT;

static void expect_diary(const char *expected, int line)
{
	unit_str(rs_buf_str(&diary), expected, "diary", __FILE__, line);
	rs_buf_clear(&diary);
}
#define DIARY(expected) expect_diary((expected), __LINE__)

struct noted {
	struct rs_screen s;
	char name;
};

static void note(struct rs_screen *s, const char *what)
{
	(void)rs_buf_addf(&diary, "%c:%s ", ((struct noted *)s)->name, what);
}

static void noted_enter(struct rs_screen *s) { note(s, "enter"); }
static void noted_leave(struct rs_screen *s) { note(s, "leave"); }
static void noted_tick(struct rs_screen *s) { note(s, "tick"); }

static void noted_place(struct rs_screen *s, struct rs_buf *out)
{
	(void)rs_buf_addf(out, "Screen %c", ((struct noted *)s)->name);
}

static enum rs_reply noted_event(struct rs_screen *s, const struct rs_event *ev)
{
	if (ev->type == RS_EV_WAKE)
		note(s, "wake");
	if (ev->type == RS_EV_RESIZE)
		note(s, "resize");
	return RS_IGNORED;
}

static bool noted_notify(struct rs_screen *s, struct rs_widget *w, enum rs_reply reply)
{
	(void)rs_buf_addf(&diary, "%c:%s=%d ", ((struct noted *)s)->name, w->id ? w->id : "?", (int)reply);
	return true;
}

static void noted_focus(struct rs_screen *s, struct rs_widget *from, struct rs_widget *to)
{
	(void)rs_buf_addf(&diary, "%c:%s>%s ", ((struct noted *)s)->name, from ? from->id : "-", to ? to->id : "-");
}

static void noted_destroy(struct rs_screen *s)
{
	note(s, "gone");
	free(s);
}

static struct rs_screen *noted_new(char name);

enum { PUSH, POP, REPLACE, NEVER, ASK, RIGHT, TAB };
static const struct rs_action noted_actions[] = {
	{PUSH, "push", {'p'}, "Push", "Pushes.", 1}, {POP, "pop", {'o'}, "Pop", "Pops.", 2},
	{REPLACE, "replace", {'r'}, "Replace", "Replaces.", 3}, {NEVER, "never", {'n'}, "Never", "Never works.", 4},
	{ASK, "ask", {'a'}, "Ask", "Asks.", 5},
	{RIGHT, "right", {RS_KEY_RIGHT}, "Add", "Adds.", 6}, {TAB, "tab", {RS_KEY_TAB}, "Next field", "Goes on.", 7},
};
static const struct rs_keymap noted_keys = {"Noted", noted_actions, RS_COUNT(noted_actions)};

static void answered(void *ctx, const char *answer)
{
	(void)ctx;
	(void)rs_buf_addf(&diary, "answer:%s ", answer ? answer : "-");
}

static bool noted_action(struct rs_screen *s, int action)
{
	static const struct rs_option buttons[] = {{"no", "No", NULL, NULL}, {"yes", "Yes", NULL, NULL}};

	switch (action) {
	case PUSH: rs_loop_push(s->loop, noted_new((char)(((struct noted *)s)->name + 1))); return true;
	case POP:
		rs_loop_pop(s->loop);
		note(s, "still-here");
		return true;
	case REPLACE: rs_loop_replace(s->loop, noted_new('R')); return true;
	case RIGHT: note(s, "right"); return true;
	case ASK: rs_dialog_ask(s->loop, "Sure?", "Text", true, buttons, 2, answered, NULL); return true;
	default: return false;
	}
}

static bool noted_enabled(struct rs_screen *s, int action, const char **why)
{
	(void)s;
	*why = action == NEVER ? "it never does" : NULL;
	return action != NEVER;
}

static const struct rs_screen_ops noted_ops = {
	.name = "noted", .keymap = &noted_keys, .tick_ms = 1000, .enter = noted_enter, .leave = noted_leave,
	.place = noted_place, .event = noted_event, .notify = noted_notify, .focus = noted_focus,
	.action = noted_action, .enabled = noted_enabled, .tick = noted_tick, .destroy = noted_destroy,
};

static struct rs_screen *noted_new(char name)
{
	struct noted *n = rs_xcalloc(1, sizeof *n);
	struct rs_widget *fs = rs_fieldset_new(NULL);

	n->s.ops = &noted_ops;
	n->name = name;
	(void)rs_fieldset_add(fs, "Check", rs_checkbox_new("check", "on"));
	(void)rs_fieldset_add(fs, "Text", &rs_entry_new("text", 20, 100)->w);
	n->s.root = fs;
	return &n->s;
}

/* --- a clock that stands still ---------------------------------------------------------------- */

static rs_usec now = 1000000;

static rs_usec fake_mono(void) { return now; }
static rs_usec fake_wall(void) { return 1800000000 * RS_USEC_PER_SEC; }

static struct rs_loop *start(void)
{
	rs_clock_fake(fake_mono, fake_wall);
	return ui_loop(24, 80, false, noted_new('A'));
}

static void finish(struct rs_loop *loop)
{
	rs_loop_free(loop);
	rs_clock_fake(NULL, NULL);
	rs_buf_release(&diary);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void screens_are_a_stack_that_keeps_its_state(void)
{
	struct rs_loop *loop = start();

	DIARY("A:enter ");
	ui_run(loop, "Space Tab\n\"typed\"\nShift-Tab p");
	DIARY("A:check=2 A:check>text A:text=2 A:text=2 A:text=2 A:text=2 A:text=2 A:text>check A:leave B:enter ");
	ui_run(loop, ":expect Screen B\no");
	DIARY("B:leave A:enter B:still-here B:gone ");
	ui_run(loop, ":expect Screen A\n:expect typed\n:expect-focus check\nr");
	DIARY("A:leave R:enter A:gone ");
	UNIT_INT(rs_loop_depth(loop), 1);
	finish(loop);
}

static void the_last_screen_gone_ends_the_loop(void)
{
	struct rs_loop *loop = start();

	ui_run(loop, "p Esc");
	UNIT_INT(rs_loop_depth(loop), 1);
	ui_run(loop, "Esc");
	UNIT_INT(rs_loop_depth(loop), 1); /* Esc never ends the program */
	UNIT_INT(rs_loop_step(loop), RS_LOOP_RUNNING);
	ui_run(loop, "o");
	UNIT_INT(rs_loop_step(loop), RS_LOOP_QUIT);
	finish(loop);
}

static void letters_are_commands_unless_text_is_being_typed(void)
{
	struct rs_loop *loop = start();

	ui_run(loop, ":expect p Push\nTab p\n:expect-not p Push\n:expect F1 Help");
	UNIT_INT(rs_loop_depth(loop), 1);
	ui_run(loop, "Shift-Tab p");
	UNIT_INT(rs_loop_depth(loop), 2);
	finish(loop);
}

static void a_key_that_does_not_work_now_says_why_and_is_not_in_the_bar(void)
{
	struct rs_loop *loop = start();

	ui_run(loop, ":expect-not n Never\nn\n:expect Never: it never does\n?\n:expect Pushes.\nDown Down Down\n:expect Never works. Not now: it never does.\nEsc");
	now += 5 * RS_USEC_PER_SEC;
	(void)rs_loop_step(loop);
	ui_run(loop, ":expect-not it never does");
	finish(loop);
}

static void what_was_said_ends_with_the_next_key_that_comes_after_a_moment(void)
{
	struct rs_loop *loop = start();

	ui_run(loop, "n\n:expect Never: it never does\nTab\n:expect Never: it never does");
	now += RS_USEC_PER_SEC;
	ui_run(loop, ":expect Never: it never does\nTab\n:expect-not Never: it never does");
	finish(loop);
}

/* The machine, or the line, was too slow to draw it in time. */
static void what_was_said_is_not_over_before_it_was_seen(void)
{
	struct rs_loop *loop = start();

	now += RS_USEC_PER_SEC;
	rs_loop_say(loop, RS_STYLE_WARN, "%s", "mind the gap");
	now += 10 * RS_USEC_PER_SEC;
	(void)rs_loop_step(loop);
	ui_run(loop, ":expect mind the gap");
	now += 10 * RS_USEC_PER_SEC;
	(void)rs_loop_step(loop);
	ui_run(loop, ":expect-not mind the gap");
	finish(loop);
}

static void an_error_that_comes_while_one_types_is_not_typed_away(void)
{
	struct rs_loop *loop = start();

	rs_loop_say(loop, RS_STYLE_ERROR, "%s", "the disk is full");
	now += RS_USEC_PER_SEC;
	ui_run(loop, "Tab\n:expect the disk is full");
	now += 4 * RS_USEC_PER_SEC;
	(void)rs_loop_step(loop);
	ui_run(loop, ":expect-not the disk is full");
	finish(loop);
}

static void the_screens_keys_come_before_the_movement_of_the_focus(void)
{
	struct rs_loop *loop = start();

	ui_run(loop, ":expect Tab Next field\nRight\n:expect-focus check\nTab\n:expect-focus text");
	DIARY("A:enter A:right A:check>text ");
	finish(loop);
}

static void the_help_is_filtered_by_typing(void)
{
	struct rs_loop *loop = start();

	ui_run(loop, "F1\n:expect-screen help\n:expect Pushes.\n:expect Everywhere\n\"replac\"\n:expect Replaces.\n"
	             ":expect-not Pushes.\nEsc\n:expect-screen noted");
	UNIT_INT(rs_loop_depth(loop), 1);
	finish(loop);
}

static void ticks_come_at_the_screens_own_pace_and_do_not_pile_up(void)
{
	struct rs_loop *loop = start();

	DIARY("A:enter ");
	now += RS_MSEC(999);
	(void)rs_loop_step(loop);
	DIARY("");
	now += RS_MSEC(1);
	(void)rs_loop_step(loop);
	DIARY("A:tick ");
	now += 3600 * RS_USEC_PER_SEC; /* suspended for an hour */
	(void)rs_loop_step(loop);
	(void)rs_loop_step(loop);
	DIARY("A:tick ");
	ui_run(loop, "p");
	now += RS_USEC_PER_SEC;
	(void)rs_loop_step(loop);
	DIARY("A:leave B:enter B:tick ");
	finish(loop);
}

static int timer_calls;

static void count_call(void *ctx)
{
	timer_calls++;
	if (ctx)
		rs_loop_timer_stop(ctx, timer_calls);
}

static void timers_run_once_or_again_and_can_be_stopped(void)
{
	struct rs_loop *loop = start();
	int once, again;

	timer_calls = 0;
	once = rs_loop_timer(loop, RS_MSEC(10), 0, count_call, NULL);
	again = rs_loop_timer(loop, RS_MSEC(10), RS_MSEC(10), count_call, NULL);
	CU_ASSERT(once > 0 && again > 0 && once != again);
	for (int i = 0; i < 3; i++) {
		now += RS_MSEC(10);
		(void)rs_loop_step(loop);
	}
	UNIT_INT(timer_calls, 4);
	rs_loop_timer_stop(loop, again);
	rs_loop_timer_stop(loop, 0);
	now += RS_MSEC(100);
	(void)rs_loop_step(loop);
	UNIT_INT(timer_calls, 4);
	finish(loop);
}

/* Ten threads post; all arrives, those of one thread in order. */
static struct rs_loop *posted_to;
static int posted[10], out_of_order;

struct post_arg {
	int thread, number;
};

static void take_post(void *ctx)
{
	struct post_arg *arg = ctx;

	out_of_order += posted[arg->thread] != arg->number;
	posted[arg->thread] = arg->number + 1;
	free(arg);
}

static void *post_many(void *ctx)
{
	for (int i = 0; i < 200; i++) {
		struct post_arg *arg = rs_xmalloc(sizeof *arg);

		*arg = (struct post_arg){*(int *)ctx, i};
		rs_loop_post(posted_to, take_post, arg);
		if (i % 50 == 0)
			rs_loop_wake(posted_to);
	}
	rs_loop_busy(posted_to, -1);
	return NULL;
}

static void other_threads_post_and_wake(void)
{
	struct rs_loop *loop = ui_loop(24, 80, false, noted_new('A'));
	pthread_t threads[10];
	int numbers[10];

	posted_to = loop;
	for (int i = 0; i < 10; i++) {
		numbers[i] = i;
		posted[i] = 0;
		rs_loop_busy(loop, 1);
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, post_many, &numbers[i]), 0);
	}
	ui_run(loop, ":wait-idle 60");
	for (int i = 0; i < 10; i++) {
		CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
		UNIT_INT(posted[i], 200);
	}
	UNIT_INT(out_of_order, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(rs_buf_str(&diary), "A:wake"));
	finish(loop);
}

static void count_post(void *ctx)
{
	(*(int *)ctx)++;
}

static void what_was_posted_runs_even_when_the_loop_ends(void)
{
	struct rs_loop *loop = start();
	int count = 0;

	rs_loop_post(loop, count_post, &count);
	finish(loop);
	UNIT_INT(count, 1);
}

static void quit_from_post(void *ctx)
{
	rs_loop_quit(ctx);
}

static void a_running_loop_without_terminal_is_woken_by_a_post(void)
{
	struct rs_loop *loop = ui_loop(24, 80, false, noted_new('A'));

	rs_loop_post(loop, quit_from_post, loop);
	UNIT_INT(rs_loop_run(loop), RS_LOOP_QUIT);
	finish(loop);
}

static void a_wake_that_comes_with_a_post_is_not_lost(void)
{
	struct rs_loop *loop = ui_loop(24, 80, false, noted_new('A'));
	int count = 0;

	rs_buf_clear(&diary);
	rs_loop_post(loop, count_post, &count);
	rs_loop_wake(loop);
	(void)rs_loop_timer(loop, RS_MSEC(20), 0, quit_from_post, loop);
	UNIT_INT(rs_loop_run(loop), RS_LOOP_QUIT);
	UNIT_INT(count, 1);
	DIARY("A:wake ");
	finish(loop);
}

/* --- quitting ---------------------------------------------------------------------------------- */

static bool asked_quit(struct rs_loop *loop, void *ctx)
{
	(void)loop;
	(*(int *)ctx)++;
	return false;
}

static void ctrl_c_asks_once_and_twice_in_two_seconds_ends(void)
{
	int asked = 0;
	struct rs_loop_options options = {.no_clock = true, .quit = asked_quit, .ctx = &asked};
	struct rs_loop *loop;

	rs_clock_fake(fake_mono, fake_wall);
	loop = rs_loop_new(NULL, &options);
	rs_loop_push(loop, noted_new('A'));
	ui_run(loop, "Tab q");
	UNIT_INT(asked, 0); /* it was typed */
	ui_run(loop, "Shift-Tab q");
	UNIT_INT(asked, 1);
	ui_run(loop, "^C");
	UNIT_INT(asked, 2);
	now += 3 * RS_USEC_PER_SEC;
	ui_run(loop, "^C");
	UNIT_INT(asked, 3);
	UNIT_INT(rs_loop_step(loop), RS_LOOP_RUNNING);
	now += RS_USEC_PER_SEC;
	ui_run(loop, "^C");
	UNIT_INT(asked, 3);
	UNIT_INT(rs_loop_step(loop), RS_LOOP_QUIT);
	finish(loop);
}

/* --- dialogs ------------------------------------------------------------------------------------ */

static void a_dialog_takes_all_keys_and_its_first_button_is_safe(void)
{
	struct rs_loop *loop = start();

	ui_run(loop, "a\n:expect-screen dialog\n:expect [ No ]  [ Yes ]\np\n:expect-screen dialog\nEnter");
	UNIT_INT(rs_loop_depth(loop), 1);
	DIARY("A:enter answer:no ");
	ui_run(loop, "a Right Enter\n:expect-screen noted");
	DIARY("answer:yes ");
	ui_run(loop, "a Right Esc");
	DIARY("answer:- ");
	finish(loop);
}

static void the_help_opens_over_a_dialog_unless_text_is_typed(void)
{
	struct rs_loop *loop = start();

	rs_buf_clear(&diary);
	rs_dialog_message(loop, "One", "first text", answered, NULL);
	rs_dialog_prompt(loop, "Two", "New name:", "", answered, NULL);
	ui_run(loop, "?\n:expect-screen help\n:expect Closes it; nothing is done.\n:expect-not Pushes.\n:expect-not Leave the program.");
	ui_run(loop, "Esc\n:expect-screen dialog\n:expect first text\nEnter\n:expect New name:");
	ui_run(loop, "\"a?\"\n:expect-screen dialog\n:expect a?\nF1\n:expect-screen help\nF1\n:expect-screen dialog\n:expect a?\nEnter");
	DIARY("answer:ok answer:a? ");
	finish(loop);
}

static void a_second_dialog_waits_for_the_first(void)
{
	struct rs_loop *loop = start();

	rs_buf_clear(&diary);
	rs_dialog_message(loop, "One", "first text", answered, NULL);
	rs_dialog_message(loop, "Two", "second text", answered, NULL);
	ui_run(loop, ":expect first text\n:expect-not second text\nEnter\n:expect second text\nEsc\n:expect-screen noted");
	DIARY("answer:ok answer:- ");
	finish(loop);
}

static void what_destroys_wants_the_name_typed(void)
{
	struct rs_loop *loop = start();

	rs_buf_clear(&diary);
	rs_dialog_typed(loop, "Delete", "Deletes shop.", "shop", "магазин", "Delete", answered, NULL);
	ui_run(loop, "\"sho\"\nEnter\n:expect Type shop to go on.\n:expect-focus word\nTab Right Enter\n"
	             ":expect-screen dialog\n:expect-focus word\n\"p\"\nEnter\n:expect-screen noted");
	DIARY("answer:yes ");
	rs_dialog_typed(loop, "Delete", "Deletes shop.", "shop", "магазин", "Delete", answered, NULL);
	ui_run(loop, "\"магазин\"\nTab Right Enter");
	DIARY("answer:yes ");
	rs_dialog_typed(loop, "Delete", "Deletes shop.", "shop", NULL, "Delete", answered, NULL);
	ui_run(loop, "\"shop\"\nTab Enter");
	DIARY("answer:- ");
	rs_dialog_typed(loop, "Delete", "Deletes shop.", "shop", NULL, "Delete", answered, NULL);
	ui_run(loop, "\"shop\"\nEsc");
	DIARY("answer:- ");
	finish(loop);
}

static void a_prompt_answers_with_its_text(void)
{
	struct rs_loop *loop = start();

	rs_buf_clear(&diary);
	rs_dialog_prompt(loop, "Rename", "New name:", "old", answered, NULL);
	ui_run(loop, "Backspace \n\"e数\"\nEnter");
	DIARY("answer:ole数 ");
	rs_dialog_prompt(loop, "Rename", "New name:", "old", answered, NULL);
	ui_run(loop, "Tab Enter");
	DIARY("answer:old ");
	rs_dialog_prompt(loop, "Rename", "New name:", "old", answered, NULL);
	ui_run(loop, "Tab Right Enter");
	DIARY("answer:- ");
	finish(loop);
}

static void a_list_is_chosen_from_by_typing(void)
{
	static const struct rs_option options[] = {
		{"a", "Alpha", NULL, NULL}, {"b", "Beta", "second", NULL}, {"c", "Gamma", NULL, "not here"}};
	struct rs_loop *loop = start();

	rs_buf_clear(&diary);
	rs_dialog_choose(loop, "Choose", options, 3, "b", answered, NULL);
	ui_run(loop, "Up Enter");
	DIARY("answer:a ");
	rs_dialog_choose(loop, "Choose", options, 3, NULL, answered, NULL);
	ui_run(loop, "\"SECO\"\n:expect-not Alpha\nEnter");
	DIARY("answer:b ");
	rs_dialog_choose(loop, "Choose", options, 3, NULL, answered, NULL);
	ui_run(loop, "End Enter\n:expect-screen dialog\n:expect not here\n\"zz\"\nEnter\n:expect-screen dialog\nEsc");
	DIARY("answer:- ");
	finish(loop);
}

static void what_is_asked_can_be_read_to_its_end(void)
{
	struct rs_buf text = RS_BUF_INIT;
	struct rs_loop *loop = start();

	for (int i = 0; i < 40; i++)
		(void)rs_buf_addf(&text, "line %d\n", i);
	(void)rs_buf_adds(&text, "the last of it");
	rs_dialog_typed(loop, "Delete?", rs_buf_str(&text), "word", NULL, "Delete", answered, NULL);
	ui_run(loop, ":expect line 0\n:expect-not the last of it\nPgDn PgDn PgDn PgDn PgDn\n:expect the last of it\nPgUp PgUp PgUp PgUp PgUp\n:expect line 0\nEsc");
	rs_buf_release(&text);
	finish(loop);
}

static void what_is_cut_beside_a_choice_is_in_the_help_area(void)
{
	static const struct rs_option options[] = {
		{"a", "Alpha", "What it does is told in a sentence that is much too long to stand beside it, unabridged.", NULL},
		{"b", "Beta", NULL, "Why it can't be done now is told in a sentence that is too long as well, wholly."}};
	struct rs_loop *loop = start();

	rs_dialog_choose(loop, "Choose", options, 2, NULL, answered, NULL);
	ui_run(loop, ":expect unabridged.\n:expect-not wholly.\nDown\n:expect wholly.\n\"alp\"\n:expect unabridged.\nEsc");
	finish(loop);
}

static bool taken_at_second(void *ctx, const char *answer)
{
	(void)ctx;
	(void)rs_buf_addf(&diary, "asked:%s ", answer);
	return strstr(rs_buf_str(&diary), "asked:ok asked:ok") != NULL;
}

static void a_dialog_of_widgets_may_refuse_to_close(void)
{
	static const struct rs_option ok = {"ok", "OK", NULL, NULL};
	struct rs_loop *loop = start();
	struct rs_widget *root = rs_column_new(1);

	rs_buf_clear(&diary);
	(void)rs_widget_add(root, rs_checkbox_new("c", "check"));
	(void)rs_widget_add(root, rs_buttons_new("b", &ok, 1, 0));
	rs_dialog_open(loop, "Own", root, false, taken_at_second, answered, NULL);
	ui_run(loop, "Space\n:expect [x] check\nTab Enter\n:expect-screen dialog\nEnter\n:expect-screen noted");
	DIARY("asked:ok asked:ok answer:ok ");
	finish(loop);
}

static void a_long_text_scrolls_above_its_buttons(void)
{
	struct rs_loop *loop = start();
	struct rs_buf text = RS_BUF_INIT;

	for (int i = 0; i < 60; i++)
		(void)rs_buf_addf(&text, "line %d\n", i);
	rs_dialog_message(loop, "Long", rs_buf_str(&text), NULL, NULL);
	ui_run(loop, ":expect line 0\n:expect-not line 59\n:expect [ OK ]\nTab PgDn PgDn PgDn PgDn\n"
	             ":expect line 59\nTab Enter\n:expect-screen noted");
	rs_buf_release(&text);
	finish(loop);
}

static void a_dialog_that_is_open_when_the_loop_ends_answers_nobody(void)
{
	struct rs_loop *loop = start();

	rs_buf_clear(&diary);
	rs_dialog_message(loop, "One", "text", answered, NULL);
	rs_dialog_message(loop, "Two", "text", answered, NULL);
	rs_loop_free(loop);
	DIARY("A:leave A:gone ");
	rs_buf_release(&diary);
	rs_clock_fake(NULL, NULL);
}

/* --- sizes -------------------------------------------------------------------------------------- */

static void any_size_is_survived_with_everything_open(void)
{
	struct rs_loop *loop = start();

	for (int round = 0; round < 4; round++) {
		for (int h = 1; h < 30; h++)
			for (int w = 1; w < 90; w += 3)
				rs_loop_resize(loop, h, w);
		rs_loop_resize(loop, 10, 40);
		ui_run(loop, ":expect needs 80x24\n:expect 40x10\n:resize 24 80");
		ui_run(loop, round == 0 ? "a" : round == 1 ? "Esc ?" : "Esc p");
	}
	finish(loop);
}

static void typing_goes_on_below_the_least_size(void)
{
	struct rs_loop *loop = start();

	ui_run(loop, "Tab\n:resize 10 40\n\"kept\"\n:resize 24 80\n:expect kept");
	finish(loop);
}

/* --- scripts ------------------------------------------------------------------------------------ */

static void expect_script_error(const char *script, enum rs_errc code, const char *primary)
{
	struct rs_loop *loop = start();
	struct rs_err err = RS_ERR_INIT;

	UNIT_INT(rs_script_run(loop, "s", script, NULL, &err), RS_FAIL);
	UNIT_INT(err.code, code);
	UNIT_STR(err.primary, primary);
	rs_err_clear(&err);
	finish(loop);
}

static void scripts_name_the_line_that_fails(void)
{
	expect_script_error("# comment\n\nTab\nNoKey", RS_E_USAGE, "s:4: unknown key: NoKey");
	expect_script_error(":dance", RS_E_USAGE, "s:1: unknown command: dance");
	expect_script_error(":expect nowhere", RS_E_INTERNAL, "s:1: not shown: nowhere");
	expect_script_error(":expect-not Screen A", RS_E_INTERNAL, "s:1: shown: Screen A");
	expect_script_error("Tab\n:expect-focus check", RS_E_INTERNAL, "s:2: the focus is elsewhere: text");
	expect_script_error(":resize 0 80", RS_E_USAGE, "s:1: not a size: 0 80");
	expect_script_error(":expect-screen other", RS_E_INTERNAL, "s:1: another screen: noted");
}

static void scripts_paste_and_dump(void)
{
	struct rs_loop *loop = start();
	struct rs_buf out = RS_BUF_INIT;
	struct rs_err err = RS_ERR_INIT;

	UNIT_INT(rs_script_run(loop, "s", "Tab\n:paste two\\nlines\\e[31m\n:dump-screen\n:dump-styles\n", &out, &err), RS_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(rs_buf_str(&out), "two lines[31m"));
	CU_ASSERT_PTR_NOT_NULL(strstr(rs_buf_str(&out), "ffff"));
	rs_buf_release(&out);
	rs_err_clear(&err);
	finish(loop);
}

/* --- random keys ---------------------------------------------------------------------------------- */

static uint32_t random_key(unsigned *seed)
{
	static const uint32_t pool[] = {RS_KEY_TAB, RS_KEY_BACKTAB, RS_KEY_UP, RS_KEY_DOWN, RS_KEY_LEFT, RS_KEY_RIGHT,
	                                RS_KEY_ENTER, RS_KEY_ESC, RS_KEY_SPACE, RS_KEY_PGUP, RS_KEY_PGDN, RS_KEY_HOME,
	                                RS_KEY_END, RS_KEY_INSERT, RS_KEY_DELETE, RS_KEY_BACKSPACE, RS_KEY_F1, RS_KEY_F4,
	                                RS_KEY_F10, RS_CTRL('n'), RS_CTRL('p'), RS_CTRL('u'), RS_CTRL('_'), RS_CTRL('t'),
	                                RS_CTRL('l'), '?', '/', '+', '-', '*', 0x6570, 0x301, RS_KEY_ALT | 'x'};
	unsigned n = (unsigned)rand_r(seed) % 50;

	return n < RS_COUNT(pool) ? pool[n] : 'a' + (unsigned)rand_r(seed) % 26;
}

/* Random keys, pastes and sizes: nothing crashes, and the answers are what the fields of the wizard show. */
static void random_keys_break_nothing(void)
{
	struct rs_loop_options options = {.no_clock = true, .quit = asked_quit, .ctx = &timer_calls};
	unsigned seed = unit_seed();
	struct rs_loop *loop = rs_loop_new(NULL, &options);

	printf("# seed %u\n", seed);
	rs_loop_push(loop, sample_tasks());
	for (int i = 0; i < 6000; i++) {
		struct rs_event ev = rs_event_key(random_key(&seed));

		if (rand_r(&seed) % 100 == 0)
			rs_loop_resize(loop, rand_r(&seed) % 50 + 1, rand_r(&seed) % 140 + 1);
		if (rand_r(&seed) % 60 == 0)
			ev = (struct rs_event){RS_EV_PASTE, 0, "mysql://a:b@c\n\x1b[31m", 19};
		(void)rs_loop_feed(loop, &ev);
		CU_ASSERT_FATAL(rs_loop_depth(loop) > 0 && rs_loop_depth(loop) < 4);
	}
	rs_loop_free(loop);
	rs_secret_clear(&sample_answers.password);
}

static void going_back_and_forth_loses_nothing_that_was_typed(void)
{
	struct rs_loop *loop = ui_loop(24, 80, false, sample_tasks());

	sample_answers = (struct sample_answers){0};
	ui_run(loop, "n\n:expect-screen wizard\nTab Tab Tab\n\"dts\"\nTab\n\"secret\"\nTab Down Space\n:expect CA cert\n"
	             "Esc\n:expect-screen tasks\nn\n:expect dts\n:expect ••••••\n:expect (•) SSL\n:expect CA cert\n"
	             "^P\n:expect-screen tasks");
	UNIT_STR(sample_answers.account, "dts");
	UNIT_STR(rs_secret_reveal(&sample_answers.password), "secret");
	rs_secret_clear(&sample_answers.password);
	sample_answers = (struct sample_answers){0};
	rs_loop_free(loop);
}

static void back_never_validates_and_next_goes_to_the_first_error(void)
{
	struct rs_loop *loop = ui_loop(24, 80, false, sample_tasks());

	ui_run(loop, "n Tab Tab Tab Tab\n:expect ✗ needed\nEsc\n:expect-screen tasks\nn Tab ^N\n:expect-screen wizard\n"
	             ":expect-focus source.account\n\"x\"\n^N\n:expect-screen objects\nEsc\n:expect-screen tasks");
	sample_answers = (struct sample_answers){0};
	rs_loop_free(loop);
}

static void delete_in_an_empty_field_is_not_the_screens_delete(void)
{
	struct rs_loop *loop = ui_loop(24, 80, false, sample_tasks());

	ui_run(loop, "/ Delete\n:expect-screen tasks\n:expect-not Delete Delete\nEnter Delete\n:expect-screen dialog\nEsc");
	rs_loop_free(loop);
}

UNIT_MAIN(UNIT_TEST(delete_in_an_empty_field_is_not_the_screens_delete), UNIT_TEST(screens_are_a_stack_that_keeps_its_state), UNIT_TEST(the_last_screen_gone_ends_the_loop),
          UNIT_TEST(letters_are_commands_unless_text_is_being_typed),
          UNIT_TEST(a_key_that_does_not_work_now_says_why_and_is_not_in_the_bar),
          UNIT_TEST(what_was_said_ends_with_the_next_key_that_comes_after_a_moment),
          UNIT_TEST(what_was_said_is_not_over_before_it_was_seen),
          UNIT_TEST(an_error_that_comes_while_one_types_is_not_typed_away),
          UNIT_TEST(the_help_is_filtered_by_typing),
          UNIT_TEST(the_screens_keys_come_before_the_movement_of_the_focus),
          UNIT_TEST(ticks_come_at_the_screens_own_pace_and_do_not_pile_up),
          UNIT_TEST(timers_run_once_or_again_and_can_be_stopped), UNIT_TEST(other_threads_post_and_wake),
          UNIT_TEST(what_was_posted_runs_even_when_the_loop_ends),
          UNIT_TEST(a_running_loop_without_terminal_is_woken_by_a_post),
          UNIT_TEST(a_wake_that_comes_with_a_post_is_not_lost), UNIT_TEST(ctrl_c_asks_once_and_twice_in_two_seconds_ends),
          UNIT_TEST(a_dialog_takes_all_keys_and_its_first_button_is_safe),
          UNIT_TEST(a_second_dialog_waits_for_the_first),
          UNIT_TEST(the_help_opens_over_a_dialog_unless_text_is_typed), UNIT_TEST(what_destroys_wants_the_name_typed),
          UNIT_TEST(a_prompt_answers_with_its_text), UNIT_TEST(a_list_is_chosen_from_by_typing), UNIT_TEST(what_is_cut_beside_a_choice_is_in_the_help_area), UNIT_TEST(what_is_asked_can_be_read_to_its_end),
          UNIT_TEST(a_dialog_of_widgets_may_refuse_to_close), UNIT_TEST(a_long_text_scrolls_above_its_buttons),
          UNIT_TEST(a_dialog_that_is_open_when_the_loop_ends_answers_nobody),
          UNIT_TEST(any_size_is_survived_with_everything_open), UNIT_TEST(typing_goes_on_below_the_least_size),
          UNIT_TEST(scripts_name_the_line_that_fails), UNIT_TEST(scripts_paste_and_dump),
          UNIT_TEST(random_keys_break_nothing), UNIT_TEST(going_back_and_forth_loses_nothing_that_was_typed),
          UNIT_TEST(back_never_validates_and_next_goes_to_the_first_error))
