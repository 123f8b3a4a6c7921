/* What the list of tasks does with several of them, and with one that another is to be like. */
#include <poll.h>
#include <unistd.h>
#include "base/file.h"
#include "screen/keys.h"
#include "screen/seen.h"
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
	world_run(&w, "-\n:expect-not marked\nSpace *\n:expect [ ] broken\n:expect [x] shop\n*\n:expect [x] broken\n:expect [ ] shop\n-\n:expect-not [ ]");
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

static void tasks_are_grouped_by_state(void)
{
	begin();
	world_run(&w, "b\n:wait-idle\n:expect Synchronizing  1\n:expect Unreadable  1\n:expect Not configured  1");
	CU_ASSERT_TRUE(place_of("Synchronization failed  1") < place_of("orders-dr"));
	CU_ASSERT_TRUE(place_of("orders-dr") < place_of("Interrupted, resumable  1"));
	CU_ASSERT_TRUE(place_of("Synchronizing  1") < place_of("shop"));
	/* the cursor goes from task to task, and actions mean tasks alone */
	world_run(&w, "Home\n:expect RS-1004\nDown\n:expect RS-3003\n+\n:expect 6 marked\n- b\n:expect-not Synchronizing  1");
	world_close(&w);
}

/* Written and read below the test's directory. */
static void run_with_path(const char *before, const char *name, const char *after)
{
	char *script = rs_xprintf("%s \"%s/%s\" %s", before, w.dir, name, after);

	world_run(&w, script);
	free(script);
}

static char *text_of(const char *name)
{
	char *path = rs_xprintf("%s/%s", w.dir, name);
	struct rs_buf text = RS_BUF_INIT;

	(void)(rs_file_read(path, 1 << 20, &text, NULL) == RS_OK);
	free(path);
	return rs_buf_take(&text);
}

static void a_task_is_exported_and_imported(void)
{
	char *text;

	begin();
	world_run(&w, "/ \"shop\" Enter w\n:wait-idle\n:expect Export task\n:expect shop.ini");
	run_with_path("^U", "kept.ini", "Enter\n:wait-idle\n:expect 1 task written to");
	text = text_of("kept.ini");
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "include = shop crm"));
	CU_ASSERT_PTR_NULL(strstr(text, "s3cret"));
	free(text);
	run_with_path("i\n:wait-idle\n:expect Import task\n", "kept.ini", "Enter\n:wait-idle\n:expect Imported as shop-2\n:expect 2 of 7 shown");
	CU_ASSERT_TRUE(is_there("shop-2"));
	/* a path that is wrong is there to be mended */
	run_with_path("i\n:wait-idle\n", "nothing.ini", "Enter\n:wait-idle\n:expect The task can't be imported\nEnter\n:expect Import task\n:expect nothing.ini\nEsc");
	world_close(&w);
}

static void no_file_is_replaced_without_a_question(void)
{
	char *path, *text;

	begin();
	path = rs_xprintf("%s/mine.txt", w.dir);
	CU_ASSERT_EQUAL(rs_file_write(path, "mine", 4, 0600, NULL), RS_OK);
	run_with_path("/ \"shop\" Enter w\n:wait-idle\n^U", "mine.txt", "Enter\n:wait-idle\n:expect Replace the file?\n:expect mine.txt\nEnter");
	text = text_of("mine.txt");
	CU_ASSERT_STRING_EQUAL(text, "mine");
	free(text);
	/* it goes on with the path, as it was typed */
	run_with_path(":expect Export task\n:expect mine.txt\n^U", "nowhere/x.ini", "Enter\n:wait-idle\n:expect The file can't be written\nEnter");
	run_with_path(":expect Export task\n:expect nowhere/x.ini\n^U", "mine.txt", "Enter\n:wait-idle\n:expect Replace the file?\nRight Enter\n:wait-idle\n:expect 1 task written to");
	text = text_of("mine.txt");
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "include = shop crm"));
	free(text);
	free(path);
	/* of several those are named that are there */
	path = rs_xprintf("%s/ledger.ini", w.dir);
	CU_ASSERT_EQUAL(rs_file_write(path, "mine", 4, 0600, NULL), RS_OK);
	run_with_path("/ ^U Enter + w\n:wait-idle\n^U", "", "Enter\n:wait-idle\n:expect Replace the file?\n:expect ledger.ini\n:expect-not orders-dr.ini\nEsc Esc");
	text = text_of("ledger.ini");
	CU_ASSERT_STRING_EQUAL(text, "mine");
	free(text);
	free(path);
	world_close(&w);
}

static void marked_tasks_are_exported_to_a_directory(void)
{
	char *text;

	begin();
	world_run(&w, "+ w\n:wait-idle\n:expect Export tasks");
	run_with_path("^U", "", "Enter\n:wait-idle\n:expect 5 tasks written to");
	text = text_of("ledger.ini");
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "name = ledger"));
	free(text);
	world_close(&w);
}

static void write_prices(const char *text)
{
	char *path = rs_xprintf("%s/config/rds-sync/prices.ini", w.dir);

	CU_ASSERT_EQUAL(rs_file_write(path, text, strlen(text), 0600, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_prices_load(&w.app.prices, path, NULL), RS_OK);
	free(path);
}

static void what_a_task_has_used_is_told_with_its_price(void)
{
	struct rs_progress *p = world_synchronizing();

	p->usage = (struct rs_usage){.running = {2 * RS_USEC_PER_SEC, 248 * RS_USEC_PER_SEC, 7200 * RS_USEC_PER_SEC}, .changes = 4300002};
	begin();
	world_run(&w, "/ \"broken\" Enter u\n:expect Usage: nothing is known of it yet\n/ ^U \"shop\" Enter u\n:wait-idle\n:expect metered: no price is set\nEnter");
	world_status(&w, "shop", RS_STATE_SYNCHRONIZING, true, p);
	write_prices("[default]\ncurrency = CNY\nincremental_hour = 2.50\nincremental_million = 1\n");
	world_run(&w, "u\n:wait-idle\n:expect Usage of shop\n:expect free\n:expect 9.30 CNY\n:expect 4,300,002\n:expect 2h\n:expect rds-sync/prices.ini");
	world_close(&w);
}

static enum rs_rc load_keys(const char *text, struct rs_err *err)
{
	char *path = rs_xprintf("%s/keys.ini", w.dir);
	enum rs_rc rc;

	CU_ASSERT_EQUAL(rs_file_write(path, text, strlen(text), 0600, NULL), RS_OK);
	rc = rs_keys_load(path, err);
	free(path);
	return rc;
}

static void keys_are_the_user_s(void)
{
	begin();
	UNIT_INT(load_keys("[keys]\npause-task = P F5\nstop-task = X F8\nnew-task = C\n", NULL), RS_OK);
	world_run(&w, "/ \"shop\" Enter\n:expect P Pause\n:expect C New\np\n:wait-idle");
	UNIT_STR(fake_commanded(), "");
	world_run(&w, "P\n:wait-idle");
	UNIT_STR(fake_commanded(), "pause");
	world_run(&w, "?\n:wait-idle\n\"X, F8\"\n:expect X, F8\nEsc");
	rs_keymap_remap_none();
	world_close(&w);
}

static void keys_that_can_not_be_are_refused_by_line(void)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"[keys]\npause-tusk = P\n", "keys.ini:2: there is no action \"pause-tusk\""},
		{"[keys]\npause-task = Hyper\n", "keys.ini:2: there is no key \"Hyper\""},
		{"[keys]\npause-task = j\n", "keys.ini:2: the key j moves in lists"},
		{"[keys]\npause-task = F5\n", "keys.ini:1: Data Synchronization: pause-task: no key that every terminal sends"},
		{"[keys]\npause-task = x\n", "keys.ini:1: Data Synchronization: stop-task: x is taken"},
		{"[keys]\nhelp = a\n", "keys.ini:1: Data Synchronization: no key is left for help"},
		{"[key]\nhelp = a\n", "keys.ini:1: there is one section: [keys]"},
		{"[keys]\nhelp =\n", "keys.ini:2: at least one key is needed"},
	};

	begin();
	for (size_t i = 0; i < RS_COUNT(bad); i++) {
		struct rs_err err = RS_ERR_INIT;

		UNIT_INT(load_keys(bad[i].text, &err), RS_FAIL);
		UNIT_STR(err.primary ? strstr(err.primary, "keys.ini") : NULL, bad[i].why);
		rs_err_clear(&err);
		UNIT_INT(rs_action_key(&rs_tasks_keymap.actions[0], false), 'n');
	}
	world_close(&w);
}

static void an_empty_list_teaches(void)
{
	world_open(&w, 24, 80, false, false);
	world_tasks(&w);
	world_run(&w, ":wait-idle\n:expect There are no tasks yet.\n:expect Press n to begin.\nn\n:wait-idle\n:expect What shall be synchronized?");
	world_close(&w);
}

static void what_is_in_production_is_known_by_its_address(void)
{
	struct rs_task *t;

	begin();
	t = rs_task_new("mysql-to-mysql", "t", NULL);
	CU_ASSERT_PTR_NULL(rs_app_production(&w.app, t));
	for (size_t i = 0; i < w.app.instances.count; i++) {
		const struct rs_instance *at = &w.app.instances.items[i];

		if (!at->production || !at->host)
			continue;
		CU_ASSERT_EQUAL(rs_task_set(t, "destination.host", at->host, NULL), RS_OK);
		CU_ASSERT_PTR_EQUAL(rs_app_production(&w.app, t), at);
		CU_ASSERT_EQUAL(rs_task_set(t, "destination.port", "3399", NULL), RS_OK);
		CU_ASSERT_PTR_NULL(rs_app_production(&w.app, t));
	}
	rs_task_free(t);
	world_close(&w);
}

static char *task_text(const char *name)
{
	char *path = rs_xprintf("config/rds-sync/tasks/%s.ini", name), *text = text_of(path);

	free(path);
	return text;
}

static void what_a_task_tells_by_itself_is_set_from_the_list(void)
{
	char *text;

	begin();
	world_run(&w, "/ \"broken\" Enter A\n:expect Alerts: its file can't be read\n/ ^U \"ledger\" Enter A\n:wait-idle\n:expect Alerts of ledger\n:expect-focus alert.lag");
	world_run(&w, "^U \"soon\" Enter Enter Enter \"mail dba\" Enter\n:wait-idle\n:expect-screen dialog\n:expect a number from 0 to");
	/* from the last field Enter takes it all */
	world_run(&w, "Esc\nA\n:wait-idle\n^U \"60\" Enter Space Enter Enter \"mail dba\" Enter\n:wait-idle\n:expect-screen tasks\n:expect ledger was changed");
	text = task_text("ledger");
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "lag = 60\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "state = no\n"));
	CU_ASSERT_PTR_NULL(strstr(text, "full_hours"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "command = mail dba\n"));
	free(text);
	world_run(&w, "A\n:wait-idle\n:expect mail dba\nEsc");
	world_close(&w);
}

/* Two keys and the number, not a walk through the wizard. */
static void limits_are_set_from_the_list_and_the_dashboard(void)
{
	char *text;

	begin();
	world_run(&w, "/ \"ledger\" Enter L\n:wait-idle\n:expect Limits of ledger\n:expect The most changed rows a second\n\"500\" Tab \"4X\" Enter Enter Enter Enter");
	world_run(&w, ":wait-idle\n:expect a size from 0 to 1T is expected\n:expect-focus sync.incremental_max_bytes\n^U \"4M\" Enter Enter Enter Enter\n:wait-idle\n:expect ledger was changed");
	text = task_text("ledger");
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "incremental_max_rows = 500\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "incremental_max_bytes = 4M\n"));
	CU_ASSERT_PTR_NULL(strstr(text, "full_max_rows"));
	free(text);
	world_run(&w, "L\n:wait-idle\n\"0\" Enter Enter Enter Enter Enter\n:wait-idle\n:expect ledger was changed");
	text = task_text("ledger");
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "incremental_max_rows = 0\n")); /* else the class's would hold */
	free(text);
	world_close(&w);
}

static void what_the_process_refuses_is_told(void)
{
	begin();
	fake_reload_refused("not now");
	world_run(&w, "/ \"shop\" Enter N\n:wait-idle\n:expect Rename shop\n^U \"store\" Enter\n:wait-idle\n:expect It can't be changed\n:expect not now\nEnter");
	fake_reload_refused(NULL);
	world_run(&w, "/ ^U \"ledger\" Enter N\n:wait-idle\n^U \"books\" Enter\n:wait-idle\n:expect books was changed");
	world_close(&w);
}

static void a_task_that_is_reset_keeps_its_name_alone(void)
{
	char *text;

	begin();
	world_run(&w, "/ \"发票\" Enter z\n:expect Reset: it is not configured yet\n/ ^U \"broken\" Enter z\n:expect Reset: its file can't be read");
	world_run(&w, "/ ^U \"shop\" Enter z\n:wait-idle\n:expect Reset shop?\n:expect emptied\n\"sho\" Enter\n:wait-idle\nEsc\n:wait-idle\n:expect-screen tasks");
	UNIT_STR(fake_commanded(), "");
	world_run(&w, "z \"shop\" Enter\n:wait-idle\n:expect shop was reset\n:expect-screen tasks");
	UNIT_STR(fake_commanded(), "reset");
	text = task_text("shop");
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "name = shop\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "flow = mysql-to-mysql\n"));
	CU_ASSERT_PTR_NULL(strstr(text, "[source]"));
	CU_ASSERT_PTR_NULL(strstr(text, "[objects]"));
	free(text);
	fake_left_behind("the heartbeat at the source: no such host");
	world_run(&w, "/ ^U \"ledger\" Enter z\n:wait-idle\n\"ledger\" Enter\n:wait-idle\n:expect It could not be removed everywhere\n:expect no such host\nEnter");
	fake_left_behind(NULL);
	world_close(&w);
}

static void two_way_says_why_it_can_not_be_had(void)
{
	begin();
	world_run(&w, "/ \"shop\" Enter 2\n:expect Two-way: this version can't start tasks of its flow yet\na\n:wait-idle\n\"Two\"\n:expect can't start tasks\nEsc");
	world_close(&w);
}

static void a_task_that_nobody_runs_is_released_all_the_same(void)
{
	begin();
	world_run(&w, "/ \"发票\" Enter e\n:expect Release: it has not begun yet\n/ ^U \"ledger\" Enter e\n:wait-idle\n:expect Release ledger?\n\"ledger\" Enter\n:wait-idle");
	UNIT_STR(fake_commanded(), "release");
	UNIT_INT(fake_engines(), 1);
	world_close(&w);
}

static void alerts_that_are_raised_are_seen(void)
{
	struct rs_progress *p = world_synchronizing();

	p->alerts = 1u << RS_ALERT_LAG | 1u << RS_ALERT_STATE;
	begin();
	world_status(&w, "shop", RS_STATE_SYNCHRONIZING, true, p);
	world_run(&w, "/ \"shop\" Enter\n:wait-idle\n:expect ▸! shop\n:expect alert: lag, state · checkpoint\nEnter\n:wait-idle\n:expect-screen live\n:expect alert: lag, state");
	world_close(&w);
}

static void with_a_queue(enum rs_state state, struct rs_progress *p)
{
	begin();
	world_write_task(&w, "queue", "[task]\nname = queue\nid = 6a0c0000-0000-4000-8000-00000000000b\nflow = mysql-to-kafka\n"
	                              "[source]\nhost = a\n[destination]\nhost = b\ntopic = t\n[objects]\ninclude = shop\n");
	world_status(&w, "queue", state, true, p);
	world_tasks(&w);
	world_run(&w, ":wait queue\n/ \"queue\" Enter\n:wait-idle");
}

static void what_is_in_a_queue_is_not_compared(void)
{
	with_a_queue(RS_STATE_SYNCHRONIZING, world_synchronizing());
	world_run(&w, "v\n:expect Verify: what was written to a destination of this kind\nEnter\n:wait-idle\n:expect-screen live\nv\n:expect Verify: what was");
	world_close(&w);
}

/* Nothing is emptied there, and no rows of others are deleted. */
static void a_table_is_written_to_a_queue_anew(void)
{
	with_a_queue(RS_STATE_SYNCHRONIZING, world_synchronizing());
	world_run(&w, "Enter\n:wait-idle\n:expect-screen live\nT\n:wait-idle\nHome a\n:wait-idle\n:expect TRUNCATE TABLE of them is written");
	CU_ASSERT_FALSE(world_shows(&w, "there before"));
	CU_ASSERT_FALSE(world_shows(&w, "emptied"));
	world_run(&w, "Right Enter\n:wait-idle\n:expect copied anew");
	UNIT_STR(fake_commanded(), "resync shop.carts ");
	world_close(&w);
}

static void what_is_left_out_of_a_queue_is_no_anomaly_later(void)
{
	with_a_queue(RS_STATE_FAILED, world_stopped());
	world_run(&w, "Enter\n:wait-idle\n:expect-screen live\nt\n:wait-idle\n:expect-screen trouble\ni\n:wait-idle\n:expect Nothing of it is written");
	CU_ASSERT_FALSE(world_shows(&w, "anomal"));
	world_run(&w, "Esc");
	world_close(&w);
}

static void who_only_looks_changes_nothing(void)
{
	begin();
	w.app.view = w.app.watches.view = true;
	world_status(&w, "shop", RS_STATE_SYNCHRONIZING, true, world_stopped());
	world_run(&w, ":expect only looking\nn\n:expect New: this screen only looks\n/ \"shop\" Enter p\n:expect Pause: this screen only looks\nD\n:expect Delete: this screen");
	world_run(&w, "c\n:expect Clone: this\nA\n:expect Alerts: this\nO\n:expect Objects: this\n+ x\n:expect Stop: this\n- a\n:wait-idle\n:expect this screen only looks\nEsc");
	world_run(&w, "Enter\n:wait-idle\n:expect-screen live\nm\n:expect Modify: this\nt\n:expect-screen trouble\ne\n:wait-idle\n:expect UPDATE shop.orders\nEnter\ni\n:expect Skip: this\nw\n:expect Replace: this\nEsc Esc");
	world_run(&w, "/ ^U \"发票\" Enter Enter\n:expect this screen only looks\n:expect-screen tasks\n/ ^U \"ledger\" Enter r\n:expect Start: this");
	UNIT_STR(fake_commanded(), "");
	UNIT_INT(fake_engines(), 0);
	world_close(&w);
}

/* --- files that are read once ------------------------------------------------------------------------------- */

/* Of the first database: the same in all copies of what was read once. */
static uint64_t number_of(struct rs_seen *seen, const char *path, const char *db)
{
	struct rs_task *t = rs_seen_load(seen, path, NULL);
	struct rs_selection_iter i = RS_SELECTION_ITER;
	struct rs_selection_rule r = {0};

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_TRUE(rs_selection_each(t->objects, &i, &r));
	UNIT_STR(r.db, db);
	rs_task_free(t);
	return r.number;
}

/* A file that has just been written is read again and again: it may change without its time telling. */
static void until_it_is_read_once(struct rs_seen *seen, const char *path, const char *db)
{
	uint64_t last = 0, now = number_of(seen, path, db);

	while (now != last) { /* the alarm ends it */
		(void)poll(NULL, 0, 50);
		last = now;
		now = number_of(seen, path, db);
	}
}

static void put_file(const char *path, const char *text, const char *mode)
{
	FILE *f = fopen(path, mode);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT(fputs(text, f) >= 0);
	CU_ASSERT_EQUAL(fclose(f), 0);
}

static void a_task_file_is_read_again_when_it_has_changed(void)
{
	struct rs_seen seen = RS_SEEN_INIT;
	char *path, *objects;
	uint64_t number;

	begin();
	path = rs_xprintf("%s/config/rds-sync/tasks/once.ini", w.dir);
	objects = rs_xprintf("%s/config/rds-sync/tasks/once.objects", w.dir);
	world_write_task(&w, "once", "[task]\nname = once\nflow = mysql-to-mysql\n[objects]\nobjects_file = once.objects\n");
	put_file(objects, "aaa\n", "we");
	until_it_is_read_once(&seen, path, "aaa");
	put_file(objects, "bbb\n", "r+e"); /* in place, as long as it was */
	until_it_is_read_once(&seen, path, "bbb");
	number = number_of(&seen, path, "bbb");
	rs_seen_sweep(&seen);
	CU_ASSERT_EQUAL(number_of(&seen, path, "bbb"), number);
	world_write_task(&w, "once", "[task]\nname = once\nflow = mysql-to-mysql\n[objects]\ninclude = ccc\n"); /* another in its place */
	(void)number_of(&seen, path, "ccc");
	CU_ASSERT_EQUAL(unlink(path), 0);
	CU_ASSERT_PTR_NULL(rs_seen_load(&seen, path, NULL));
	rs_seen_sweep(&seen);
	rs_seen_sweep(&seen);
	CU_ASSERT_EQUAL(seen.files.count, 0);
	rs_seen_release(&seen);
	free(path);
	free(objects);
	world_close(&w);
}

UNIT_MAIN(UNIT_TEST(a_task_file_is_read_again_when_it_has_changed), UNIT_TEST(what_is_in_a_queue_is_not_compared), UNIT_TEST(a_table_is_written_to_a_queue_anew), UNIT_TEST(what_is_left_out_of_a_queue_is_no_anomaly_later), UNIT_TEST(who_only_looks_changes_nothing), UNIT_TEST(what_a_task_tells_by_itself_is_set_from_the_list), UNIT_TEST(limits_are_set_from_the_list_and_the_dashboard),
          UNIT_TEST(what_the_process_refuses_is_told),
          UNIT_TEST(a_task_that_is_reset_keeps_its_name_alone), UNIT_TEST(two_way_says_why_it_can_not_be_had), UNIT_TEST(a_task_that_nobody_runs_is_released_all_the_same),
          UNIT_TEST(alerts_that_are_raised_are_seen), UNIT_TEST(tasks_are_grouped_by_state), UNIT_TEST(a_task_is_exported_and_imported), UNIT_TEST(no_file_is_replaced_without_a_question), UNIT_TEST(marked_tasks_are_exported_to_a_directory),
          UNIT_TEST(what_a_task_has_used_is_told_with_its_price), UNIT_TEST(keys_are_the_user_s),
          UNIT_TEST(keys_that_can_not_be_are_refused_by_line), UNIT_TEST(an_empty_list_teaches),
          UNIT_TEST(what_is_in_production_is_known_by_its_address), UNIT_TEST(what_is_marked_is_meant_and_the_rest_says_why), UNIT_TEST(those_that_nobody_runs_are_started),
          UNIT_TEST(marks_that_the_filter_hides_are_counted), UNIT_TEST(the_menu_says_what_can_not_be_done_and_why),
          UNIT_TEST(tasks_are_sorted_by_what_needs_a_look), UNIT_TEST(a_task_like_another_is_written_once_something_was_answered))
