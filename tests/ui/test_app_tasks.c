/* What the list of tasks does with several of them, and with one that another is to be like. */
#include <unistd.h>
#include "ui.h"
#include "world.h"

static struct world w;

static void begin(void)
{
	world_open(&w, 24, 80, false, true);
	world_tasks(&w);
	world_run(&w, ":wait-idle\nHome");
}

static void what_is_marked_is_meant_and_the_rest_says_why(void)
{
	begin();
	world_run(&w, "+\n:expect 6 marked, 0 of them hidden\np\n:wait-idle\n:expect Pause these tasks?\n:expect Left alone:\n:expect ledger: nobody runs it");
	world_run(&w, ":expect broken: its file can't be read\nEsc\n:wait-idle");
	UNIT_STR(fake_commanded(), "");
	world_run(&w, "p Right Enter\n:wait-idle");
	UNIT_STR(fake_commanded(), "pause");
	world_run(&w, "-\n:expect-not marked");
	world_close(&w);
}

static void those_that_nobody_runs_are_started(void)
{
	begin();
	world_run(&w, "+ r\n:wait-idle\n:expect Start these tasks?\n:expect shop: it is at work already\n:expect 发票同步: it has not begun yet\nRight Enter\n:wait-idle");
	UNIT_INT(fake_engines(), 2);
	CU_ASSERT_STRING_EQUAL(rs_loop_top(w.loop)->ops->name, "tasks");
	world_close(&w);
}

static void marks_that_the_filter_hides_are_counted(void)
{
	begin();
	world_run(&w, "+ / \"shop\" Enter\n:expect 6 marked, 5 of them hidden\nSpace\n:expect 5 marked, 5 of them hidden");
	world_close(&w);
}

static void the_menu_says_what_can_not_be_done_and_why(void)
{
	begin();
	world_run(&w, "/ \"ledger\" Enter a\n:wait-idle\n:expect Pause\n:expect nobody runs it\n:expect Clone\nEsc Space a\n:wait-idle\n:expect 1 marked task\n:expect for one task alone\nEsc");
	world_close(&w);
}

/* Where a task's name stands on the screen. */
static size_t place_of(const char *name)
{
	char *text = ui_text(rs_loop_canvas(w.loop)), *at = strstr(text, name);
	size_t place = at ? (size_t)(at - text) : 0;

	free(text);
	return place;
}

static void tasks_are_sorted_by_what_needs_a_look(void)
{
	begin();
	CU_ASSERT_TRUE(place_of("crm-events") < place_of("orders-dr"));
	world_run(&w, "s\n:wait-idle\nDown Enter\n:wait-idle");
	CU_ASSERT_TRUE(place_of("orders-dr") < place_of("ledger"));
	CU_ASSERT_TRUE(place_of("ledger") < place_of("crm-events"));
	CU_ASSERT_TRUE(place_of("shop") < place_of("发票同步"));
	world_run(&w, "s Down Enter\n:wait-idle");
	CU_ASSERT_TRUE(place_of("shop") < place_of("orders-dr"));
	world_close(&w);
}

static bool is_there(const char *name)
{
	char *path = rs_xprintf("%s/config/rds-sync/tasks/%s.ini", w.dir, name);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

static void a_task_like_another_is_written_once_something_was_answered(void)
{
	begin();
	world_run(&w, "/ \"shop\" Enter c\n:wait-idle\n:expect-screen wizard-form\n:expect Configure Task\n:expect shop-copy\nEsc\n:expect-screen tasks\n:wait-idle");
	CU_ASSERT_FALSE(is_there("shop-copy"));
	world_run(&w, "c\n:wait-idle\nEnd \"2\" Esc\n:expect-screen tasks\n:wait-idle\n:expect shop-copy2");
	CU_ASSERT_TRUE(is_there("shop-copy2"));
	world_close(&w);
}

UNIT_MAIN(UNIT_TEST(what_is_marked_is_meant_and_the_rest_says_why), UNIT_TEST(those_that_nobody_runs_are_started),
          UNIT_TEST(marks_that_the_filter_hides_are_counted), UNIT_TEST(the_menu_says_what_can_not_be_done_and_why),
          UNIT_TEST(tasks_are_sorted_by_what_needs_a_look), UNIT_TEST(a_task_like_another_is_written_once_something_was_answered))
