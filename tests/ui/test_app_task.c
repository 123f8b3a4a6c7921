/* What the screens of a task at work do: its tables, its troubles, its verification. */
#include "ui.h"
#include "world.h"

static struct world w;

static void begin(enum rs_state state, bool live, struct rs_progress *p)
{
	world_open(&w, 24, 80, false, true);
	world_status(&w, "shop", state, live, p);
	world_tasks(&w);
	world_run(&w, "/ \"shop\" Enter Enter\n:wait-idle\n:expect-screen live");
}

/* --- tables ------------------------------------------------------------------------------------ */

static void to_tables(void)
{
	begin(RS_STATE_SYNCHRONIZING, true, world_tables());
	world_run(&w, "T\n:wait-idle\n:expect-screen tables");
}

static void tables_that_were_suspended_together_go_on_together(void)
{
	to_tables();
	world_run(&w, "Home r\n:wait-idle\n:expect Resume tables?\n:expect shop.carts\n:expect shop.客户\nEnter\n:wait-idle");
	UNIT_STR(fake_commanded(), "");
	world_run(&w, "r Right Enter\n:wait-idle\n:expect 2 tables go on");
	UNIT_STR(fake_commanded(), "resume shop.carts shop.客户 ");
	world_close(&w);
}

static void what_can_not_be_done_to_a_table_says_why(void)
{
	to_tables();
	world_run(&w, "Home s\n:expect it is suspended already\nDown s\n:expect it has not joined\nDown r\n:expect nothing of this is suspended");
	UNIT_STR(fake_commanded(), "");
	world_status(&w, "shop", RS_STATE_STOPPED, false, world_tables());
	world_run(&w, "Esc T s\n:expect nobody runs it");
	world_close(&w);
}

static void what_is_marked_is_meant_wherever_the_cursor_is(void)
{
	to_tables();
	world_run(&w, "Home Down Down Space Down Space\n/ \"cust\" Enter\n:expect 2 marked, 2 of them hidden\n/ ^U Enter");
	world_run(&w, "Home s\n:wait-idle\n:expect shop.orders\nRight Enter\n:wait-idle\n:expect 2 tables suspended");
	UNIT_STR(fake_commanded(), "suspend shop.orders shop.order_items ");
	world_close(&w);
}

static void rows_of_others_are_deleted_only_when_the_task_was_named(void)
{
	to_tables();
	world_run(&w, "Home Down Down a\n:wait-idle\n:expect Copy tables anew?\nShift-Tab Space Tab Right Enter\n:wait-idle\n:expect whoever wrote them");
	UNIT_STR(fake_commanded(), "");
	world_run(&w, "\"shop\" Enter\n:wait-idle\n:expect 1 table is copied anew");
	UNIT_STR(fake_commanded(), "resync force shop.order_items ");
	world_close(&w);
}

/* --- what is changed while it runs ---------------------------------------------------------------- */

static char *file_text(void)
{
	char *path = rs_xprintf("%s/config/rds-sync/tasks/shop.ini", w.dir), *text = ui_read(path);

	free(path);
	return text;
}

/* To the objects of the running task; those of legacy are added. */
static void add_legacy(const char *refusal)
{
	begin(RS_STATE_SYNCHRONIZING, true, world_synchronizing());
	fake_reload_refused(refusal);
	fake_catalog("shop.orders 1 1 key\nlegacy.o1 1 16384 key", true, NULL);
	world_run(&w, "o\n:expect-screen wizard-objects\n:wait-idle\nHome > \n:wait-idle\n:expect 3 databases");
	world_run(&w, "^N ^N\n:expect-screen wizard-review\n:wait-idle\n:expect Save and apply\nEnter\n:wait-idle");
	UNIT_STR(fake_commanded(), "reload");
}

static void what_is_added_to_a_running_task_is_written_and_told(void)
{
	char *text;

	add_legacy(NULL);
	world_run(&w, ":expect-screen live\n:expect Written.");
	text = file_text();
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "include = shop crm legacy"));
	free(text);
	world_close(&w);
}

static void what_a_running_task_refuses_is_not_left_in_its_file(void)
{
	char *text;

	add_legacy("shop.orders has another name there");
	world_run(&w, ":expect Nothing was changed\n:expect another name there\nEnter\n:expect-screen wizard-review");
	text = file_text();
	CU_ASSERT_PTR_NULL(strstr(text, "legacy"));
	free(text);
	world_close(&w);
}

static void what_a_running_task_does_not_take_up_can_not_be_changed(void)
{
	begin(RS_STATE_SYNCHRONIZING, true, world_synchronizing());
	world_run(&w, "m\n:expect Modify Task\n:wait-idle\nTab Tab Tab Tab\n:expect while the task runs");
	world_close(&w);
}

UNIT_MAIN(UNIT_TEST(what_is_added_to_a_running_task_is_written_and_told),
          UNIT_TEST(what_a_running_task_refuses_is_not_left_in_its_file),
          UNIT_TEST(what_a_running_task_does_not_take_up_can_not_be_changed), UNIT_TEST(tables_that_were_suspended_together_go_on_together), UNIT_TEST(what_can_not_be_done_to_a_table_says_why),
          UNIT_TEST(what_is_marked_is_meant_wherever_the_cursor_is),
          UNIT_TEST(rows_of_others_are_deleted_only_when_the_task_was_named))
