/* What the screens of a task at work do: its tables, its troubles, its verification. */
#include <time.h>
#include "screen/hint.h"
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

/* --- what was before ---------------------------------------------------------------------------- */

/* Of a process that works since long: its graphs are not empty for who comes later; what is seen here is never given up for it. */
static void who_comes_later_sees_what_was(void)
{
	world_open(&w, 24, 80, false, true);
	world_status(&w, "shop", RS_STATE_STOPPED, false, world_synchronizing());
	fake_past(1200, 7770);
	world_status(&w, "shop", RS_STATE_SYNCHRONIZING, true, world_synchronizing());
	world_tasks(&w);
	world_run(&w, "/ \"shop\" Enter Enter\n:wait-idle\n:expect-screen live\n:expect max 3.0s, 10 min\nz\n:wait-idle\n:expect-screen graph");
	world_run(&w, ":expect max 7.7k\n:expect max 3.0s\n-\n:wait-idle\n:expect 1 hour\n:expect max 7.7k");
	fake_past(1200, 9990);
	world_status(&w, "shop", RS_STATE_STOPPED, false, world_synchronizing());
	world_status(&w, "shop", RS_STATE_SYNCHRONIZING, true, world_synchronizing());
	world_run(&w, "+\n:wait-idle\n:expect 10 minutes\n:expect max 7.7k");
	world_close(&w);
}

/* Nobody applies anything: the destination is as old as it was, and older. */
static void the_lag_of_a_task_that_nobody_runs_grows(void)
{
	begin(RS_STATE_STOPPED, false, world_synchronizing());
	world_run(&w, ":expect Lag      0.02s");
	world_sleep((rs_usec)7260 * RS_USEC_PER_SEC);
	world_run(&w, "Esc\n:wait-idle\n:expect 2h01m\nEnter\n:wait-idle\n:expect Lag      2h01m");
	world_close(&w);
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
	world_status(&w, "shop", RS_STATE_RELEASED, false, world_tables());
	world_run(&w, "Esc T s\n:expect it was released");
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

/* --- troubles, log ---------------------------------------------------------------------------------------- */

static void diagnostics_are_collected_by_one_key(void)
{
	begin(RS_STATE_FAILED, false, world_failed());
	world_run(&w, "t\n:wait-idle\n:expect-screen trouble\nD\n:expect The archive to write\nEnter\n:wait-idle\n:expect Saved as");
	CU_ASSERT_PTR_NOT_NULL(strstr(fake_diagnosed(), "shop-diagnostics-"));
	CU_ASSERT_PTR_NOT_NULL(strstr(fake_diagnosed(), ".tar.gz"));
	world_close(&w);
}

static const char lines[] = "2026-11-22T12:37:09.000Z info  coordinator journal: before it\n"
                            "2026-11-22T12:37:10.000Z warn  coordinator lane: deadlock code=\"RS-2012\"\n"
                            "2026-11-22T12:41:06.000Z info  coordinator journal: long after it\n"
                            "2026-11-22T12:41:07.000Z error coordinator journal: failed code=\"RS-3003\"\n";

static void a_problem_is_shown_with_the_log_around_it(void)
{
	begin(RS_STATE_FAILED, false, world_failed());
	fake_log(lines);
	world_run(&w, "t\n:wait-idle\n:expect-screen trouble\n:expect The log around it\nDown\n:wait-idle\n:expect before it\n:expect deadlock code");
	world_run(&w, "L\n:wait-idle\n:expect-screen log\n:expect 4 lines");
	world_close(&w);
}

static void a_log_is_followed_and_filtered(void)
{
	begin(RS_STATE_SYNCHRONIZING, true, world_synchronizing());
	fake_log("2026-11-22T12:37:09.000Z info  main main: first\n");
	world_run(&w, "l\n:wait-idle\n:expect-screen log\n:expect 1 line");
	fake_log(lines);
	world_sleep(2 * RS_USEC_PER_SEC);
	world_run(&w, ":wait 4 lines\nw\n:expect 2 of 4 shown\n:expect-not before it\nw\n:expect 1 of 4 shown\n:expect-not deadlock\nw\n:expect 4 lines");
	world_run(&w, "/ \"DEADL\"\n:expect 1 of 4 shown\nEnter y\n:expect clipboard");
	world_close(&w);
}

static void warnings_of_a_log_are_gone_through(void)
{
	struct rs_buf text = RS_BUF_INIT;

	(void)rs_buf_adds(&text, "2026-11-22T12:37:00.000Z warn  lane-1 lane: first\n");
	for (int i = 0; i < 100; i++)
		(void)rs_buf_addf(&text, "2026-11-22T12:37:09.000Z info  main main: %s %d\n", i == 50 ? "in between" : "line", i);
	(void)rs_buf_adds(&text, lines);
	begin(RS_STATE_SYNCHRONIZING, true, world_synchronizing());
	fake_log(rs_buf_str(&text));
	world_run(&w, "l\n:wait-idle\n:expect 105 lines\n:expect deadlock\n:expect-not lane: first");
	world_run(&w, "N N\n:expect deadlock\nN\n:expect lane: first\nN\n:expect There is no warning above\nn\n:expect deadlock\nn n\n:expect There is no warning below");
	world_close(&w);
	rs_buf_release(&text);
}

static void the_history_is_looked_through(void)
{
	struct rs_history_item items[60];
	char texts[60][24];

	for (size_t i = 0; i < 60; i++) {
		(void)snprintf(texts[i], sizeof texts[i], i % 20 == 5 ? "ALTER TABLE t%zu" : "TRUNCATE TABLE t%zu", i);
		items[i] = (struct rs_history_item){.at = 1795350600000000 + (rs_usec)i, .kind = RS_HISTORY_DDL, .text = texts[i]};
	}
	items[58] = (struct rs_history_item){.at = 1795350600000058, .kind = RS_HISTORY_OBJECTS, .text = (char[]){"added: shop.returns"}};
	items[57] = (struct rs_history_item){.at = 1795350600000057, .kind = RS_HISTORY_PHASE, .text = (char[]){"full running"}};
	begin(RS_STATE_SYNCHRONIZING, true, world_synchronizing());
	fake_history(items, 60);
	world_run(&w, "h\n:expect-screen history\n:wait-idle\n:expect objects   Added: shop.returns\n:expect Full Data Initialization: running\n:expect-not ALTER");
	world_run(&w, "/ \"alter\" Enter\n:wait-idle\n:expect ALTER TABLE t45\nn\n:expect ALTER TABLE t25\nn\n:expect ALTER TABLE t5\nn\n:expect Nothing below has \"alter\"\nN\n:expect ALTER TABLE t25");
	world_run(&w, "/ ^U \"returns\" Enter\n:wait-idle\n:expect Added: shop.returns\n/ ^U \"nowhere\" Enter\n:wait-idle\n:expect Nothing has \"nowhere\"");
	world_run(&w, "w w\n:expect Added: shop.returns\n:expect-not TABLE");
	world_close(&w);
}

/* It has not failed, and may never answer. */
static void a_destination_that_does_not_answer_is_a_trouble(void)
{
	struct rs_progress *p = world_slow();

	p->n_problems = 0;
	begin(RS_STATE_SYNCHRONIZING, true, p);
	world_run(&w, "t\n:wait-idle\n:expect-screen trouble\n:expect Nothing has gone wrong.\n:expect ! applier has waited 12.0s for the destination. W says more.");
	world_close(&w);
}

/* --- many tables -------------------------------------------------------------------------------------- */

#define MANY 10000
#define AIM_MS 16.0
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLACK 50
#else
#define SLACK 5 /* times the aim fails; sanitizers take most of the time themselves */
#endif

/* This thread's own: what others do on the machine is not counted. */
static double cpu_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* A snapshot in which the n-th has one change more: it shares all other pieces with the one before. */
static struct rs_progress *many_tables(const struct rs_progress *before, size_t changed)
{
	static char names[MANY][16];
	struct rs_progress *p = rs_progress_new(RS_STATE_SYNCHRONIZING);
	struct rs_table_progress *tables = rs_xcalloc(MANY, sizeof *tables);

	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof names[i], "table_%05zu", i);
		tables[i] = (struct rs_table_progress){.db = "shop", .name = names[i], .dest_db = "shop", .dest_name = names[i],
		                                       .rows = 100, .copied = true, .inserts = i % 7, .since = ""};
	}
	if (before) {
		size_t piece = changed / RS_PIECE_TABLES, n = rs_progress_n_pieces(before);
		const struct rs_table_piece **pieces = rs_xcalloc(n, sizeof *pieces);

		tables[changed].inserts += 100;
		memcpy(pieces, before->pieces, n * sizeof *pieces);
		pieces[piece] = rs_table_piece_new(tables + piece * RS_PIECE_TABLES, before->pieces[piece]->n);
		rs_progress_share_tables(p, pieces, MANY);
		rs_table_piece_unref(pieces[piece]);
		free(pieces);
	} else {
		rs_progress_set_tables(p, tables, MANY);
	}
	p->phases[RS_PHASE_INCREMENTAL].state = RS_PHASE_RUNNING;
	free(tables);
	return p;
}

static struct rs_watch *shop(void)
{
	char *path = rs_xprintf("%s/config/rds-sync/tasks/shop.ini", w.dir);
	struct rs_watch *watch = rs_watches_find(&w.app.watches, path);

	free(path);
	return watch;
}

/* The slowest of some keys, and of what a second with a change costs. */
static void is_quick(const char *screen)
{
	static const uint32_t keys[] = {RS_KEY_DOWN, RS_KEY_PGDN, RS_KEY_END, RS_KEY_UP, RS_KEY_HOME, RS_KEY_PGDN};
	const struct rs_progress *before = rs_progress_ref(shop()->progress);
	double key = 0, second = 0;

	for (size_t i = 0; i < RS_COUNT(keys); i++) {
		struct rs_event ev = rs_event_key(keys[i]);
		struct rs_progress *now = many_tables(before, i * 1501);
		double began;

		now->taken = before->taken + RS_USEC_PER_SEC;
		rs_watch_take(shop(), RS_STATE_SYNCHRONIZING, rs_progress_ref(now));
		began = cpu_ms();
		rs_watch_sample(shop());
		world_sleep(RS_USEC_PER_SEC);
		(void)rs_loop_step(w.loop);
		second = cpu_ms() - began > second ? cpu_ms() - began : second;
		began = cpu_ms();
		(void)rs_loop_feed(w.loop, &ev);
		key = cpu_ms() - began > key ? cpu_ms() - began : key;
		rs_progress_unref(before);
		before = now;
	}
	rs_progress_unref(before);
	printf("# %s, %d tables: a key %.2f ms, a second with a change %.2f ms\n", screen, MANY, key, second);
	CU_ASSERT(key < AIM_MS * SLACK);
	CU_ASSERT(second < AIM_MS * SLACK);
}

static void ten_thousand_tables_are_shown_as_quickly_as_ten(void)
{
	begin(RS_STATE_SYNCHRONIZING, true, many_tables(NULL, 0));
	is_quick("dashboard");
	world_run(&w, "s\n:wait-idle");
	is_quick("dashboard, busiest first");
	world_run(&w, "T\n:wait-idle\n:expect-screen tables");
	is_quick("tables");
	world_run(&w, "/ \"_099\"");
	is_quick("tables, filtered");
	world_close(&w);
}

/* --- what is changed while it runs ---------------------------------------------------------------- */

static char *file_text(void)
{
	char *path = rs_xprintf("%s/config/rds-sync/tasks/shop.ini", w.dir), *text = ui_read(path);

	free(path);
	return text;
}

/* To the objects of the running task; those of legacy are to be added. */
static void to_legacy(const char *refusal)
{
	begin(RS_STATE_SYNCHRONIZING, true, world_synchronizing());
	fake_reload_refused(refusal);
	fake_catalog("shop.orders 1 1 key\nlegacy.o1 1 16384 key", true, NULL);
	world_run(&w, "o\n:expect-screen wizard-objects\n:wait-idle\nHome > \n:wait-idle\n:expect 3 databases");
	world_run(&w, "^N ^N\n:expect-screen wizard-review\n:wait-idle\n:expect Save and apply");
}

static void add_legacy(const char *refusal)
{
	to_legacy(refusal);
	world_run(&w, "Enter\n:wait-idle");
	UNIT_STR(fake_commanded(), "reload");
}

/* Somebody puts a line behind another one. */
static void edit_file(const char *behind, const char *line)
{
	char *text = file_text(), *at = strstr(text, behind), *edited;

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	at += strlen(behind);
	edited = rs_xprintf("%.*s%s%s", (int)(at - text), text, line, at);
	world_write_task(&w, "shop", edited);
	free(edited);
	free(text);
}

static void what_others_write_meanwhile_stays_in_the_file(void)
{
	char *text;

	to_legacy(NULL);
	edit_file("[objects]\n", "; ours\n");
	edit_file("[task]\n", "note = by hand\n");
	world_run(&w, "Enter\n:wait-idle\n:expect-screen live");
	text = file_text();
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "note = by hand"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "; ours"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "include = shop crm legacy"));
	free(text);
	world_close(&w);
}

static void what_is_refused_takes_nothing_of_others_back(void)
{
	char *text;

	to_legacy("shop.orders has another name there");
	edit_file("[task]\n", "note = by hand\n");
	world_run(&w, "Enter\n:wait-idle\n:expect Nothing was changed");
	text = file_text();
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "note = by hand"));
	CU_ASSERT_PTR_NULL(strstr(text, "legacy"));
	free(text);
	world_close(&w);
}

static void what_two_change_at_once_is_said_and_read_again(void)
{
	char *text;

	to_legacy(NULL);
	edit_file("include = shop crm", " payroll");
	world_run(&w, "Enter\n:wait-idle\n:expect somebody else has changed the task file meanwhile: objects\nEnter\n:expect-screen wizard-review");
	UNIT_STR(fake_commanded(), "");
	text = file_text();
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "include = shop crm payroll"));
	CU_ASSERT_PTR_NULL(strstr(text, "legacy"));
	free(text);
	world_run(&w, "Enter\n:wait-idle\nRight Enter\n:wait-idle\n:expect-screen wizard-objects\n:expect payroll\n:expect-not ▾ legacy");
	world_close(&w);
}

static void what_is_added_to_a_running_task_is_written_and_told(void)
{
	char *text;

	add_legacy(NULL);
	world_run(&w, ":expect-screen live\n:expect Written. What was added");
	text = file_text();
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "include = shop crm legacy"));
	free(text);
	world_close(&w);
}

static void what_is_different_of_a_running_task_is_told_as_such(void)
{
	to_legacy(NULL);
	world_run(&w, ":expect Added\n:expect-not Taken out");
	world_close(&w);
	begin(RS_STATE_SYNCHRONIZING, true, world_synchronizing());
	fake_catalog("shop.orders 1 1 key\ncrm.leads 1 16384 key", true, NULL);
	world_run(&w, "o\n:expect-screen wizard-objects\n:wait-idle\nTab Down < \n:wait-idle\n:expect 1 database");
	world_run(&w, "^N ^N\n:expect-screen wizard-review\n:wait-idle\n:expect Taken out: stays at the destination as it is\n:expect-not Added");
	world_run(&w, "Enter\n:wait-idle\n:expect-screen live\n:expect Written. What was taken out stays");
	world_run(&w, "o\n:wait-idle\n^N ^N\n:expect-not Taken out\nEnter\n:wait-idle\n:expect Written. The task takes it up.");
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
	world_run(&w, "m\n:expect Modify Task\n:wait-idle\nTab Tab Tab\n:expect read this when it began");
	world_close(&w);
}

/* --- the event at which a task has stopped ------------------------------------------------------------ */

static void to_trouble(void)
{
	begin(RS_STATE_FAILED, true, world_stopped());
	world_run(&w, "t\n:wait-idle\n:expect-screen trouble");
}

/* What follows is said first; Esc is the harmless answer. */
static void it_is_shown_and_left_out(void)
{
	to_trouble();
	world_run(&w, "e\n:expect-screen dialog\n:expect UPDATE shop.orders → shop_copy.orders\n:expect * id    7\n:expect   note  'a' → 'b'\nEsc");
	world_run(&w, ":expect-screen trouble\ni\n:wait-idle\n:expect Leave this event out?\n:expect later changes of it\nEsc\n:wait-idle");
	UNIT_STR(fake_answered(), "");
	world_run(&w, "i\n:wait-idle\n:expect-screen dialog\nTab Enter\n:wait-idle");
	UNIT_STR(fake_answered(), "skip");
	UNIT_STR(fake_commanded(), "resume");
	world_close(&w);
}

static void it_is_replaced_and_what_can_not_be_executed_is_asked_for_again(void)
{
	to_trouble();
	world_run(&w, "w\n:wait-idle\n:expect Replace this event\n:expect UPDATE `shop_copy`.`orders` SET `note` = 'b' WHERE `id` = 7\n^U \"DROP TABLE x\" Enter\n:wait-idle\n:expect Write to production?\n\"rm-dst\" Enter\n:wait-idle\n:expect can't be replaced\nEnter\n:wait-idle");
	UNIT_STR(fake_commanded(), "");
	world_run(&w, ":expect DROP TABLE x\n^U \"DELETE FROM a.b\" Enter\n:wait-idle\n:expect Write to production?\n\"rm-src\" Enter\n:wait-idle\n:expect Type rm-dst to go on\n^U \"rm-dst\" Enter\n:wait-idle\n:expect-screen trouble");
	UNIT_STR(fake_answered(), "edit DELETE FROM a.b");
	UNIT_STR(fake_commanded(), "resume");
	world_close(&w);
}

static void it_is_tried_again(void)
{
	to_trouble();
	world_run(&w, "r\n:wait-idle");
	UNIT_STR(fake_answered(), "retry");
	UNIT_STR(fake_commanded(), "resume");
	world_close(&w);
}

/* What is told to an engine that has ended since it was drawn is lost: another one is started. */
static void one_that_ended_meanwhile_is_started_again(void)
{
	begin(RS_STATE_STOPPED, false, world_stopped());
	fake_engine_progress(world_stopped());
	world_run(&w, "r\n:wait-idle\n:expect-screen live\nt\n:wait-idle\n:expect-screen trouble");
	UNIT_INT(fake_engines(), 1);
	fake_engine_ends_with_answer();
	world_run(&w, "i\n:wait-idle\n:expect-screen dialog\nTab Enter\n:wait-idle");
	UNIT_STR(fake_answered(), "skip");
	UNIT_STR(fake_commanded(), "");
	CU_ASSERT_TRUE(w.app.watches.count > 0 && rs_watches_running(&w.app.watches) == 1);
	world_close(&w);
	fake_engine_progress(NULL);
}

/* What looked while the engine still held the task's lock does not bring it back: the next command would go to nobody. */
static void what_was_seen_of_an_engine_before_it_let_go_is_no_news(void)
{
	struct rs_watches *watches = &w.app.watches;
	struct rs_watch *watch = NULL;

	begin(RS_STATE_STOPPED, false, world_stopped());
	fake_engine_progress(world_stopped());
	world_run(&w, "r\n:wait-idle\n:expect-screen live\nt\n:wait-idle\n:expect-screen trouble");
	world_status(&w, "shop", RS_STATE_SYNCHRONIZING, true, NULL);
	for (size_t i = 0; i < watches->count; i++)
		if (watches->items[i]->engine)
			watch = watches->items[i];
	CU_ASSERT_PTR_NOT_NULL_FATAL(watch);
	rs_watches_scan(watches);
	fake_engine_ends();
	rs_watch_refresh(watch);
	while (watches->scanning || watch->leaving)
		(void)rs_loop_step(w.loop);
	CU_ASSERT_FALSE(watch->live);
	world_close(&w);
	fake_engine_progress(NULL);
}

static void its_table_is_suspended(void)
{
	to_trouble();
	world_run(&w, "z\n:wait-idle\n:expect shop.orders\nRight Enter\n:wait-idle");
	UNIT_STR(fake_commanded(), "suspend shop.orders ");
	world_close(&w);
}

static void a_task_that_ended_with_it_is_started_without_the_table(void)
{
	begin(RS_STATE_FAILED, false, world_stopped());
	world_run(&w, "t\n:wait-idle\nz\n:wait-idle\nRight Enter\n:wait-idle");
	UNIT_STR(fake_commanded(), "suspend shop.orders ");
	CU_ASSERT_EQUAL(fake_engines(), 1);
	world_close(&w);
}

/* It was gone on with for a moment to be asked: what it has failed at is to be seen again. */
static void a_task_whose_table_can_not_rest_fails_again(void)
{
	begin(RS_STATE_FAILED, false, world_stopped());
	fake_tables_refused();
	world_run(&w, "t\n:wait-idle\nz\n:wait-idle\nRight Enter\n:wait-idle\n:expect The tables can't be suspended\nEnter");
	CU_ASSERT_EQUAL(fake_engines(), 1);
	world_close(&w);
}

/* Who presses keys at once asks while the engine is still seen. */
static void a_task_that_ends_while_that_is_asked_is_started_as_well(void)
{
	begin(RS_STATE_STOPPED, false, world_stopped());
	fake_engine_progress(world_stopped());
	world_run(&w, "r\n:wait-idle\n:expect-screen live\nt\n:wait-idle\n:expect-screen trouble");
	UNIT_INT(fake_engines(), 1);
	fake_engine_ends_with_answer();
	world_run(&w, "z\n:wait-idle\nRight Enter\n:wait-idle");
	UNIT_STR(fake_commanded(), "suspend shop.orders ");
	CU_ASSERT_TRUE(w.app.watches.count > 0 && rs_watches_running(&w.app.watches) == 1);
	world_close(&w);
	fake_engine_progress(NULL);
}

/* What hinders a task is mostly mended in its configuration, and is not gone on with by whoever has paused it. */
static void what_can_be_done_about_a_trouble_is_there(void)
{
	to_trouble();
	world_run(&w, "m\n:expect-screen wizard-form\n:expect Modify Task\nEsc\n:expect-screen trouble");
	world_close(&w);
	begin(RS_STATE_PAUSED, true, world_synchronizing());
	world_run(&w, "w\n:wait-idle\n:expect The task is paused\nEsc\n:expect-screen live\nT\n:wait-idle\ns\n:expect the task is paused: resume it first");
	UNIT_STR(fake_commanded(), "");
	world_close(&w);
}

static void what_was_mended_is_not_told_any_more(void)
{
	struct rs_progress *p = world_synchronizing();

	to_trouble();
	world_run(&w, ":expect The task stopped because of it.");
	rs_progress_set_problems(p, NULL, 0);
	world_status(&w, "shop", RS_STATE_SYNCHRONIZING, true, p);
	rs_loop_wake(w.loop);
	world_run(&w, ":wait-idle\n:expect Nothing has gone wrong.\n:expect-not The task stopped because of it.");
	world_close(&w);
}

static void what_was_decided_is_listed(void)
{
	to_trouble();
	world_run(&w, "l\n:wait-idle\n:expect to be replaced: binlog.000001:4711/3\n:expect left out: binlog.000001:4/1\nEsc");
	world_close(&w);
}

/* --- verification ---------------------------------------------------------------------------------- */

static void what_is_compared_is_asked(void)
{
	begin(RS_STATE_SYNCHRONIZING, true, world_synchronizing());
	world_run(&w, "v\n:wait-idle\n:expect Compare both sides\nEsc\n:expect-screen live\nv\n:wait-idle\nTab Tab Down Space\n:wait-idle");
	UNIT_STR(fake_compared(), "");
	world_run(&w, ":expect (•) A sample\nTab ^U \"5\" Tab \"shop.orders, crm\" Tab \"1000\" Tab \"16M\" Tab \"30m\" Tab Enter\n:wait-idle\n:expect from 10 to 100");
	UNIT_STR(fake_compared(), "");
	world_run(&w, "Esc\n:expect-screen live\nv\n:wait-idle\nTab Tab Down Space Tab ^U \"25\" Tab \"shop.orders, crm\" Tab \"1000\" Tab \"16M\" Tab \"30m\" Tab Enter\n:wait-idle");
	world_run(&w, ":expect-screen compare");
	UNIT_STR(fake_compared(), "1 25 shop.orders\n crm 1000 16777216 1800");
	world_close(&w);
}

/* All was read once, and is waited for. */
static void what_is_read_again_is_no_beginning(void)
{
	struct rs_verify_result result = {.tables_total = 3, .tables_done = 1, .tables_left = 2, .counts.rows = 4711};

	begin(RS_STATE_SYNCHRONIZING, true, world_synchronizing());
	fake_verify(&result);
	world_run(&w, "v\n:wait-idle\nEnter\n:expect-screen compare\n:wait-idle\n:expect 2 read again\n:expect Reading again what differs\n:expect 100 %");
	world_close(&w);
	fake_verify(NULL);
}

static void only_the_marked_tables_are_compared(void)
{
	to_tables();
	world_run(&w, "Home Down Down Space Down Space v\n:wait-idle\nEnter\n:wait-idle\n:expect-screen compare");
	UNIT_STR(fake_compared(), "0 10 shop.orders\n shop.order_items 0 0 0");
	world_close(&w);
}

static void exactly_what_differs_is_repaired_after_a_question(void)
{
	struct rs_diff diff = {RS_DIFF_MISSING, (char[]){"shop"}, (char[]){"carts"}, (char[]){"id=5"}, NULL};
	struct rs_diff_range ranges[] = {{(char[]){"shop"}, (char[]){"carts"}, (char[]){"i4"}, (char[]){"i5"}, 1, 0, 0},
	                                 {(char[]){"shop"}, (char[]){"orders"}, (char[]){""}, (char[]){""}, 1, 2, 3}};
	const struct rs_verify_result result = {.done = true, .diffs = &diff, .n_diffs = 1, .diffs_total = 1, .ranges = ranges, .n_ranges = 2,
	                                        .ranges_total = 2};

	begin(RS_STATE_SYNCHRONIZING, true, world_synchronizing());
	fake_verify(&result);
	world_run(&w, "v\n:wait-idle\nEnter\n:wait-idle\nr\n:wait-idle\n:expect 2 missing are written, 2 extra are deleted, 3\nEsc");
	UNIT_STR(fake_repaired(), "");
	world_run(&w, "r\n:wait-idle\n\"rm-dst\" Enter\n:wait Repaired 1 of 2 ranges\n:expect the table changes too fast");
	UNIT_STR(fake_repaired(), "shop.carts(i4,i5) shop.orders(,) ");
	world_close(&w);
}

/* One that does not end by itself. */
static void begin_repair(void)
{
	static char shop[] = "shop", carts[] = "carts", key[] = "id=5", after[] = "i4", upto[] = "i5";
	static struct rs_diff diff = {RS_DIFF_MISSING, shop, carts, key, NULL};
	static struct rs_diff_range range = {shop, carts, after, upto, 1, 0, 0};
	static const struct rs_verify_result result = {.done = true, .diffs = &diff, .n_diffs = 1, .diffs_total = 1, .ranges = &range, .n_ranges = 1,
	                                        .ranges_total = 1};

	begin(RS_STATE_SYNCHRONIZING, true, world_synchronizing());
	fake_verify(&result);
	fake_repair_stays();
	world_run(&w, "v\n:wait-idle\nEnter\n:wait-idle\nr\n:wait-idle\n\"rm-dst\" Enter\n:wait Repairing 0 of 1 ranges");
}

static void a_repair_is_given_up_without_waiting_for_its_range(void)
{
	begin_repair();
	world_run(&w, "c\n:wait Repaired 0 of 1 ranges\n:expect Given up. What was repaired\n:expect-not ✗ RS-6001");
	world_close(&w);
}

/* The patience of ten minutes is not that of whoever leaves. */
static void leaving_ends_a_repair_and_says_so(void)
{
	time_t began = time(NULL);

	begin_repair();
	world_run(&w, "q\n:expect A repair is under way: shop\nEsc\n:expect-screen compare\n:expect Repairing");
	world_run(&w, "q Right Enter");
	world_close(&w);
	CU_ASSERT_TRUE(time(NULL) - began < 60);
}

/* What looked then saw the engine that did it here, for a moment. */
static void what_began_anew_goes_on_whatever_was_seen_of_it_meanwhile(void)
{
	begin(RS_STATE_FAILED, false, world_failed());
	fake_anchor_waits(true);
	world_run(&w, "t\n:wait-idle\nb\n:wait-idle\n:expect Begin anew where the source is now?\n\"shop\" Enter\n:expect-screen trouble");
	world_status(&w, "shop", RS_STATE_INITIALIZING, true, world_copying());
	fake_anchor_waits(false);
	world_run(&w, ":wait-idle\n:expect The task begins anew\n:expect Where: binlog.000412:4\nEnter");
	CU_ASSERT_EQUAL(fake_engines(), 1);
	world_close(&w);
}

static void what_begins_anew_deletes_rows_of_others_only_when_that_was_said(void)
{
	begin(RS_STATE_FAILED, false, world_failed());
	fake_anchor_refused(RS_E_NOT_OURS);
	world_run(&w, "t\n:wait-idle\nb\n:wait-idle\n:expect All rows are deleted at\n:expect Were at the destination before\nEsc");
	UNIT_STR(fake_commanded(), "");
	CU_ASSERT_EQUAL(fake_engines(), 0);
	world_run(&w, "b\n:wait-idle\n\"shop\" Enter\n:wait-idle\n:expect The task begins anew\nEnter");
	UNIT_STR(fake_commanded(), "reanchor force");
	CU_ASSERT_EQUAL(fake_engines(), 1);
	world_close(&w);
}

static void suspended_tables_are_copied_anew_where_that_is_wanted(void)
{
	begin(RS_STATE_FAILED, false, world_failed());
	fake_anchor_suspended();
	world_run(&w, "t\n:wait-idle\nb\n:wait-idle\n:expect Also tables that are suspended?\n:expect shop.still\nEsc\n:expect-screen trouble");
	UNIT_STR(fake_commanded(), "");
	world_run(&w, "b\n:wait-idle\nRight Enter\n:wait-idle\n\"shop\" Enter\n:wait-idle\n:expect The task begins anew\nEnter");
	UNIT_STR(fake_commanded(), "reanchor");
	world_close(&w);
	begin(RS_STATE_FAILED, false, world_failed());
	fake_anchor_suspended();
	world_run(&w, "t\n:wait-idle\nb\n:wait-idle\nRight Right Enter\n:wait-idle\n:expect Begin anew where\n\"shop\" Enter\n:wait-idle\nEnter");
	UNIT_STR(fake_commanded(), "reanchor resync");
	world_close(&w);
}

/* --- remedies ---------------------------------------------------------------------------------------- */

static void a_remedy_names_the_key_and_not_the_command(void)
{
	struct rs_progress *p = world_stopped();

	(void)rs_err_hint(&p->error, "\"rds-sync event show shop\" shows the event and what can be done");
	(void)snprintf(p->problems[p->n_problems - 1].hint, sizeof p->problems->hint, "%s", p->error.hint);
	begin(RS_STATE_FAILED, true, p);
	world_run(&w, ":expect key e under Trouble shows the event\n:expect-not rds-sync event\nt\n:wait-idle\n:expect key e shows the event");
	world_close(&w);
}

/* What stands in quotes on a line; escapes are undone as far as commands need it. */
static void add_quoted(struct rs_buf *text, const char *line, const char *end)
{
	const char *quote = memchr(line, '"', (size_t)(end - line));

	for (const char *c = quote ? quote + 1 : end; quote && *line != '#' && c < end - 1; c++)
		if (*c != '\\')
			(void)rs_buf_addc(text, *c);
}

/* Texts of a catalogue, one after another, also those that are wrapped; NULL behind the last. */
static char *next_text(const char **at, bool *of_the_engine)
{
	static const char *const folders[] = {"src/engine/", "src/source/", "src/sink/", "src/db/", "src/model/"};
	struct rs_buf text = RS_BUF_INIT;

	while (**at && text.len == 0) {
		const char *end = strchrnul(*at, '\n');

		if (strncmp(*at, "#:", 2) == 0)
			*of_the_engine = false;
		for (size_t i = 0; strncmp(*at, "#:", 2) == 0 && i < RS_COUNT(folders); i++)
			*of_the_engine = *of_the_engine || memmem(*at, (size_t)(end - *at), folders[i], strlen(folders[i]));
		add_quoted(&text, *at, end);
		*at = *end ? end + 1 : end;
		for (; **at == '"'; *at = *end ? end + 1 : end) {
			end = strchrnul(*at, '\n');
			add_quoted(&text, *at, end);
		}
	}
	return text.len ? rs_buf_take(&text) : NULL;
}

static void every_command_that_a_remedy_names_has_a_key(void)
{
	const char *src = getenv("RS_SRCDIR");
	char *path = rs_xprintf("%s/po/zh_CN.po", src ? src : "."), *catalogue = ui_read(path), *text;
	const char *at = catalogue;
	bool of_the_engine = false;
	size_t commands = 0;

	while ((text = next_text(&at, &of_the_engine)) != NULL) {
		bool names = of_the_engine && (strstr(text, "\"rds-sync ") || strstr(text, "“rds-sync "));
		char *shown = rs_hint_text(text, &rs_trouble_keymap);

		commands += names;
		unit_check(!names || !strstr(shown, "rds-sync "), shown, __FILE__, __LINE__);
		free(shown);
		free(text);
	}
	CU_ASSERT_TRUE(commands > 15);
	free(catalogue);
	free(path);
}

static void a_task_whose_log_is_lost_begins_anew_when_it_was_named(void)
{
	begin(RS_STATE_FAILED, false, world_failed());
	world_run(&w, "t\n:wait-idle\nb\n:wait-idle\n:expect Begin anew where the source is now?\n\"x\" Enter\n:expect-screen dialog\nEsc");
	UNIT_STR(fake_commanded(), "");
	world_run(&w, "b\n:wait-idle\n\n:expect compared and repaired: 59\n:expect shop.log, shop.客户\n\"shop\" Enter\n:wait-idle\n:expect The task begins anew\nEnter");
	UNIT_STR(fake_commanded(), "reanchor");
	CU_ASSERT_EQUAL(fake_engines(), 1);
	world_close(&w);
}

/* Its remedy names the key, which is there. */
static void a_task_at_whose_address_another_server_answers_takes_that_one_when_it_was_said(void)
{
	struct rs_progress *p = world_failed();

	p->error.code = RS_E_CONN_WRONG_SERVER;
	begin(RS_STATE_FAILED, false, p);
	fake_anchor_refused(RS_E_CONN_WRONG_SERVER);
	world_run(&w, "t\n:wait-idle\nb\n:wait-idle\n:expect Begin anew where the source is now?\n:expect Another server than before\n"
	              "\"shop\" Enter\n:wait-idle\n:expect The task begins anew\n:expect compared and repaired: 59\nEnter");
	UNIT_STR(fake_commanded(), "reanchor force");
	world_close(&w);
}

static void what_the_task_found_itself_is_listed_and_repaired(void)
{
	struct rs_progress *p = world_synchronizing();

	p->verify = (struct rs_verify_progress){.state = RS_VERIFIER_RUNNING, .continuous = true, .passes = 2, .tables_done = 12,
	                                        .tables_total = 61, .differences = 1, .n_diffs = 1};
	p->verify.diffs = rs_xcalloc(1, sizeof *p->verify.diffs);
	p->verify.diffs[0] = (struct rs_known_diff){RS_DIFF_MISSING, rs_xstrdup("shop"), rs_xstrdup("carts"), rs_xstrdup("id=5"),
	                                            rs_xstrdup("i5"), world_now()};
	begin(RS_STATE_SYNCHRONIZING, true, p);
	world_run(&w, ":expect 1 difference   pass 3: 12 of 61 tables\nv Enter\n:wait-idle\nn\n:wait-idle\n:expect missing  shop.carts  id=5\nEsc");
	world_run(&w, "N\n:wait-idle\n\"rm-dst\" Enter\n:wait Repaired 1 of 1 ranges\n:expect compares again\n:expect-not makes exactly");
	UNIT_STR(fake_repaired(), "shop.carts(i5,i5) ");
	world_close(&w);
}

/* Some rows are changed by nearly everybody: which, and that a server's text stays a text. */
static void a_hot_key_is_named(void)
{
	struct rs_progress *p = world_slow();

	p->bottleneck = RS_BOTTLENECK_ORDER;
	p->serial[RS_SERIAL_CONFLICTS] = 900;
	p->serial[RS_SERIAL_NONE] = 100;
	p->hot = (struct rs_hot_key){.table = "shop.counters", .key = "name='%d \\x1b[1m', day='2026-11-30'", .share = 0.92};
	world_open(&w, 24, 80, false, true);
	world_status(&w, "shop", RS_STATE_SYNCHRONIZING, true, p);
	world_tasks(&w);
	world_run(&w, "/ \"shop\" Enter Enter\n:expect-screen live\n:wait-idle\nw\n:expect-screen why\n:wait-idle");
	world_run(&w, ":expect One connection does nearly all the work\n:expect 90 % depends on other");
	world_run(&w, ":expect One hot key: of what waits for others 92 % waits for shop.counters, name='%d");
	world_run(&w, ":expect \\x1b[1m', day='2026-11-30'.");
	world_close(&w);
}

UNIT_MAIN(UNIT_TEST(a_hot_key_is_named), UNIT_TEST(who_comes_later_sees_what_was), UNIT_TEST(diagnostics_are_collected_by_one_key), UNIT_TEST(a_problem_is_shown_with_the_log_around_it),
          UNIT_TEST(a_log_is_followed_and_filtered), UNIT_TEST(warnings_of_a_log_are_gone_through), UNIT_TEST(the_history_is_looked_through), UNIT_TEST(a_destination_that_does_not_answer_is_a_trouble), UNIT_TEST(ten_thousand_tables_are_shown_as_quickly_as_ten), UNIT_TEST(a_task_whose_log_is_lost_begins_anew_when_it_was_named),
          UNIT_TEST(a_task_at_whose_address_another_server_answers_takes_that_one_when_it_was_said),
          UNIT_TEST(what_begins_anew_deletes_rows_of_others_only_when_that_was_said),
          UNIT_TEST(suspended_tables_are_copied_anew_where_that_is_wanted),
          UNIT_TEST(what_began_anew_goes_on_whatever_was_seen_of_it_meanwhile),
          UNIT_TEST(a_repair_is_given_up_without_waiting_for_its_range), UNIT_TEST(leaving_ends_a_repair_and_says_so),
          UNIT_TEST(a_remedy_names_the_key_and_not_the_command), UNIT_TEST(every_command_that_a_remedy_names_has_a_key),
          UNIT_TEST(what_others_write_meanwhile_stays_in_the_file), UNIT_TEST(what_is_refused_takes_nothing_of_others_back),
          UNIT_TEST(what_two_change_at_once_is_said_and_read_again),
          UNIT_TEST(what_the_task_found_itself_is_listed_and_repaired), UNIT_TEST(what_is_compared_is_asked), UNIT_TEST(what_is_read_again_is_no_beginning), UNIT_TEST(the_lag_of_a_task_that_nobody_runs_grows), UNIT_TEST(only_the_marked_tables_are_compared),
          UNIT_TEST(exactly_what_differs_is_repaired_after_a_question), UNIT_TEST(it_is_shown_and_left_out), UNIT_TEST(it_is_replaced_and_what_can_not_be_executed_is_asked_for_again),
          UNIT_TEST(it_is_tried_again), UNIT_TEST(one_that_ended_meanwhile_is_started_again), UNIT_TEST(what_was_seen_of_an_engine_before_it_let_go_is_no_news), UNIT_TEST(its_table_is_suspended), UNIT_TEST(a_task_that_ended_with_it_is_started_without_the_table), UNIT_TEST(a_task_whose_table_can_not_rest_fails_again), UNIT_TEST(a_task_that_ends_while_that_is_asked_is_started_as_well), UNIT_TEST(what_can_be_done_about_a_trouble_is_there), UNIT_TEST(what_was_mended_is_not_told_any_more), UNIT_TEST(what_was_decided_is_listed),
          UNIT_TEST(what_is_added_to_a_running_task_is_written_and_told), UNIT_TEST(what_is_different_of_a_running_task_is_told_as_such),
          UNIT_TEST(what_a_running_task_refuses_is_not_left_in_its_file),
          UNIT_TEST(what_a_running_task_does_not_take_up_can_not_be_changed), UNIT_TEST(tables_that_were_suspended_together_go_on_together), UNIT_TEST(what_can_not_be_done_to_a_table_says_why),
          UNIT_TEST(what_is_marked_is_meant_wherever_the_cursor_is),
          UNIT_TEST(rows_of_others_are_deleted_only_when_the_task_was_named))
