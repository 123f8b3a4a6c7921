/* Random keys at the wizard, at a task at work and at the list: nothing crashes, nobody is held on a page, what was typed is still
 * there, wherever one goes, and nothing is done that was not confirmed. The seed is printed; RDS_SYNC_SEED=N plays one again,
 * RS_KEYS=N presses more keys. */
#include <time.h>
#include "ui.h"
#include "world.h"

#define KEYS 1500
#define CATALOG                                                                                                          \
	"shop.orders 4102331 410200000 key\nshop.order_items 9000000 380000000 key\nshop.log 1 1 none\nshop.hole 0 0 bad\n"   \
	"crm.customers 310 31000 key\ncrm.客户 12 16384 key\nempty"

static const char *const answers[] = {
	"a", "Z", "é", "客", "7", ".", "-", "`", "Backspace", "Delete", "^U", "^K", "^W", "^_", "Space",
};
/* Those that only move: no answer may change by them. */
static const char *const moves[] = {
	"Tab", "Shift-Tab", "^N", "^P", "^N", "^P", "PgUp", "PgDn", "Alt-1", "Alt-2", "Alt-3", "Alt-4", "^O", "^L", "F1",
};
static const char *const others[] = {
	"Up", "Down", "Left", "Right", "Home", "End", "Enter", "Esc", "Space", "+", "*", "-", ">", "<", "x", "e", "u", "^R", "/", "i",
	"o", "w", "j", "k", "g", "G", "A", "R", "r", "a", "c", "y", "Insert", "b", "M", "Tab",
};

static uint64_t random_state;

static unsigned next(unsigned n)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(random_state >> 33) % n;
}

static void press(struct world *w, const char *name)
{
	struct rs_event ev = rs_event_key(rs_key_parse(name, strlen(name)));

	if (!ev.key)
		rs_bug("no key %s", name);
	(void)rs_loop_feed(w->loop, &ev);
}

/* All answers that were given, as one text. */
static char *given(const struct rs_wizard *w)
{
	struct rs_buf text = RS_BUF_INIT;

	for (size_t p = 0; w && p < w->flow->n_pages; p++)
		for (size_t i = 0; i < w->flow->pages[p]->n_fields; i++) {
			const struct rs_form_field *f = &w->flow->pages[p]->fields[i];

			/* what was emptied goes back to its default when it is left */
			if (rs_form_is_answered(w->state, f) && *rs_form_value(w->state, f))
				(void)rs_buf_addf(&text, "%s=%s\n", f->id, rs_form_value(w->state, f));
		}
	return rs_buf_take(&text);
}

/* The wizard, opened again where the keys have led out of it. */
static void reopen(struct world *w)
{
	while (rs_dialog_is_open(w->loop))
		press(w, "Esc");
	if (w->app.wizard || strcmp(rs_loop_top(w->loop)->ops->name, "wizard-batch") == 0)
		return;
	while (rs_loop_depth(w->loop) > 1)
		rs_loop_pop(w->loop);
	world_run(w, ":wait-idle\n/ ^U \"shop\" Enter\n:wait-idle");
	press(w, "m");
	world_run(w, ":wait-idle");
}

static void move(struct world *w, const char *key, unsigned n)
{
	struct rs_wizard *wizard = w->app.wizard;
	char *before = given(wizard), *after;
	bool dialog = rs_dialog_is_open(w->loop) || strcmp(rs_loop_top(w->loop)->ops->name, "wizard-batch") == 0;

	press(w, key);
	after = given(w->app.wizard);
	if (!dialog && w->app.wizard == wizard && strcmp(before, after) != 0) {
		char *message = rs_xprintf("key %u, %s, changed the answers\n%s---\n%s", n, key, before, after);

		unit_check(0, message, __FILE__, __LINE__);
		free(message);
	}
	free(before);
	free(after);
}

static void resize(struct world *w)
{
	static const int sizes[][2] = {{24, 80}, {16, 60}, {43, 132}, {10, 40}, {1, 1}, {24, 300}};
	unsigned i = next(RS_COUNT(sizes));

	rs_loop_resize(w->loop, sizes[i][0], sizes[i][1]);
}

static void press_any(struct world *w, unsigned n)
{
	switch (next(8)) {
	case 0:
	case 1: press(w, answers[next(RS_COUNT(answers))]); break;
	case 2:
	case 3: move(w, moves[next(RS_COUNT(moves))], n); break;
	case 4: next(20) ? press(w, "Tab") : resize(w); break;
	default: press(w, others[next(RS_COUNT(others))]); break;
	}
}

static unsigned number(const char *name, unsigned preset)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : preset;
}

static void play(uint64_t seed, unsigned keys)
{
	struct world w;

	printf("# seed %llu\n", (unsigned long long)seed);
	random_state = seed;
	world_open(&w, 24, 80, next(2), true);
	fake_status("shop", RS_STATE_NOT_STARTED, false, NULL);
	fake_catalog(CATALOG, true, NULL);
	fake_probe("8.0.36", NULL, next(2));
	world_tasks(&w);
	for (unsigned i = 0; i < keys; i++) {
		reopen(&w);
		press_any(&w, i);
	}
	while (rs_dialog_is_open(w.loop))
		press(&w, "Esc");
	world_close(&w);
}

static void nothing_that_was_typed_is_lost(void)
{
	unsigned seed = unit_seed();

	for (unsigned i = 0; i < 4; i++)
		play(seed + i, number("RS_KEYS", KEYS));
}

/* --- a task at work ------------------------------------------------------------------------------------ */

/* All but those that pause, resume and try again, which ask nothing. */
static const char *const work_keys[] = {
	"Up", "Down", "Home", "End", "Tab", "Shift-Tab", "Enter", "Esc", "Space", "Insert", "+", "*", "-", "/", "a", "b", "c", "e", "i", "l",
	"m", "n", "N", "o", "s", "S", "T", "t", "v", "w", "x", "y", "z", "F2", "F3", "F4", "F7", "F8", "^N", "?", "客",
};
static const char *const question_keys[] = {"Tab", "Shift-Tab", "Up", "Down", "Left", "Right", "a", "客", "Backspace", "Esc", "Esc"};

static void to_the_task(struct world *w)
{
	if (rs_loop_depth(w->loop) > 1)
		return;
	world_run(w, "Esc\n:wait-idle\n/ ^U \"shop\" Enter Enter\n:wait-idle");
}

static void play_at_work(uint64_t seed, unsigned keys)
{
	struct rs_diff diff = {RS_DIFF_MISSING, (char[]){"shop"}, (char[]){"orders"}, (char[]){"id=5"}, NULL};
	struct rs_diff_range range = {(char[]){"shop"}, (char[]){"orders"}, (char[]){""}, (char[]){""}, 1, 0, 0};
	const struct rs_verify_result result = {.done = true, .diffs = &diff, .n_diffs = 1, .diffs_total = 1, .ranges = &range, .n_ranges = 1,
	                                        .ranges_total = 1};
	struct rs_progress *p = world_stopped();
	struct world w;

	printf("# seed %llu\n", (unsigned long long)seed);
	random_state = seed;
	world_open(&w, 24, 80, next(2), true);
	world_status(&w, "shop", RS_STATE_FAILED, true, p);
	fake_catalog(CATALOG, true, NULL);
	fake_verify(&result);
	world_tasks(&w);
	for (unsigned i = 0; i < keys; i++) {
		bool question = rs_dialog_is_open(w.loop);

		if (!question)
			to_the_task(&w);
		press(&w, question ? question_keys[next(RS_COUNT(question_keys))] : work_keys[next(RS_COUNT(work_keys))]);
		if (next(40) == 0)
			resize(&w);
	}
	/* saving what was changed is the review's question */
	CU_ASSERT_TRUE(strcmp(fake_commanded(), "") == 0 || strcmp(fake_commanded(), "reload") == 0);
	UNIT_STR(fake_answered(), "");
	UNIT_STR(fake_repaired(), "");
	while (rs_dialog_is_open(w.loop))
		press(&w, "Esc");
	world_close(&w);
}

static void nothing_is_done_to_a_task_that_was_not_confirmed(void)
{
	unsigned seed = unit_seed();

	for (unsigned i = 0; i < 4; i++)
		play_at_work(seed + i, number("RS_KEYS", KEYS));
}

/* --- the list, with everything that opens from it ------------------------------------------------------------- */

/* All but those that pause, and start or resume, one task, which ask nothing. */
static const char *const list_keys[] = {
	"Up", "Down", "Home", "End", "Tab", "Enter", "Esc", "Space", "Insert", "+", "*", "-", "/", "a", "A", "b", "c", "D", "e", "h", "i", "k",
	"m", "n", "N", "o", "O", "R", "s", "S", "T", "t", "u", "v", "w", "x", "y", "z", "2", "F1", "F2", "F3", "F4", "F7", "F8", "F9", "?", "客",
};

/* In the wizard a button that starts the task is pressed by who means it. */
static bool is_in_wizard(const struct world *w)
{
	return strncmp(rs_loop_top(w->loop)->ops->name, "wizard", 6) == 0;
}

static void press_at_list(struct world *w, bool *seen_flows)
{
	bool asked = rs_dialog_is_open(w->loop) || is_in_wizard(w);

	press(w, asked ? question_keys[next(RS_COUNT(question_keys))] : list_keys[next(RS_COUNT(list_keys))]);
	*seen_flows = *seen_flows || strcmp(rs_loop_top(w->loop)->ops->name, "flows") == 0;
	while (!rs_dialog_is_open(w->loop) && rs_loop_depth(w->loop) > 1 && next(25) == 0)
		rs_loop_pop(w->loop);
	if (next(40) == 0)
		resize(w);
}

static void play_at_list(uint64_t seed, unsigned keys)
{
	struct world w;
	bool seen_flows = false;
	size_t tasks;

	printf("# seed %llu\n", (unsigned long long)seed);
	random_state = seed;
	world_open(&w, 24, 80, next(2), true);
	world_status(&w, "shop", RS_STATE_SYNCHRONIZING, true, world_synchronizing());
	fake_catalog(CATALOG, true, NULL);
	world_tasks(&w);
	tasks = w.app.watches.count;
	for (unsigned i = 0; i < keys; i++)
		press_at_list(&w, &seen_flows);
	UNIT_STR(fake_commanded(), "");
	UNIT_STR(fake_answered(), "");
	UNIT_INT(fake_engines(), 0);
	CU_ASSERT_TRUE(seen_flows && w.app.watches.count >= tasks);
	while (rs_dialog_is_open(w.loop))
		press(&w, "Esc");
	world_close(&w);
}

static void nothing_is_done_to_tasks_of_a_list_that_was_not_confirmed(void)
{
	unsigned seed = unit_seed();

	for (unsigned i = 0; i < 4; i++)
		play_at_list(seed + i, number("RS_KEYS", KEYS));
}

UNIT_MAIN(UNIT_TEST(nothing_is_done_to_tasks_of_a_list_that_was_not_confirmed), UNIT_TEST(nothing_that_was_typed_is_lost), UNIT_TEST(nothing_is_done_to_a_task_that_was_not_confirmed))
