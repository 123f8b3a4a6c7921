/* How the program's screens look, in four sizes and character sets. */
#include "ui.h"
#include "world.h"

static const struct {
	int h, w;
	bool ascii;
} sizes[] = {{24, 80, false}, {24, 80, true}, {16, 60, false}, {43, 132, false}};

/* Runs a scene in every size. */
static void in_all_sizes(bool with_tasks, void (*scene)(struct world *w))
{
	for (size_t i = 0; i < RS_COUNT(sizes); i++) {
		struct world w;

		world_open(&w, sizes[i].h, sizes[i].w, sizes[i].ascii, with_tasks);
		scene(&w);
		world_close(&w);
	}
}

/* --- tasks ------------------------------------------------------------------------------------ */

static void scene_tasks(struct world *w)
{
	world_tasks(w);
	world_run(w, "G");
	world_golden(w, "tasks");
	world_run(w, "Home Down Down");
	world_golden(w, "tasks-live");
	world_run(w, "/ \"shop\"");
	world_golden(w, "tasks-filter");
	world_run(w, "Esc Esc Tab D");
}

static void the_list_of_tasks(void)
{
	in_all_sizes(true, scene_tasks);
}

static void scene_no_tasks(struct world *w)
{
	world_tasks(w);
	world_golden(w, "tasks-none");
}

static void the_first_run(void)
{
	in_all_sizes(false, scene_no_tasks);
}

/* --- a task at work ------------------------------------------------------------------------------ */

static void fill_history(struct world *w, const char *name)
{
	char *path = rs_xprintf("%s/config/rds-sync/tasks/%s.ini", w->dir, name);
	struct rs_watch *watch = rs_watches_find(&w->app.watches, path);

	CU_ASSERT_PTR_NOT_NULL_FATAL(watch);
	for (size_t i = 0; i < 90; i++) {
		watch->lag.values[i] = i == 60 ? 1.9 : 0.02 + (double)(i % 7) / 100;
		watch->rows.values[i] = 900 + (double)((i * 37) % 50) * 10;
	}
	watch->lag.count = watch->rows.count = 90;
	free(path);
}

static const char log_text[] =
	"2026-11-22T12:30:00.000Z info  coordinator journal: phase incremental running done=0 of=0 task=\"shop\"\n"
	"2026-11-22T12:37:09.120Z info  coordinator journal: state from=Initializing to=Synchronizing task=\"shop\"\n"
	"2026-11-22T12:37:10.000Z warn  coordinator lane: deadlock task=\"shop\" code=\"RS-2012\" native=1213 error=\"a deadlock\"\n"
	"2026-11-22T12:37:11.500Z info  lane-1 lane: applied again task=\"shop\"\n"
	"2026-11-22T12:41:07.000Z error coordinator journal: failed task=\"shop\" code=\"RS-3003\" error=\"the source no longer has the log\"\n";

static struct rs_history_item history_items[] = {
	{.at = 1795350600000000, .kind = RS_HISTORY_STATE, .text = (char[]){"Synchronizing"}},
	{.at = 1795350900000000, .kind = RS_HISTORY_DDL, .text = (char[]){"ALTER TABLE `shop`.`orders` ADD COLUMN `note` TEXT, 0.2s"}},
	{.at = 1795351030000000, .kind = RS_HISTORY_PROBLEM, .text = (char[]){"RS-2012 shop.orders: deadlock at the destination"}},
};

static struct rs_why_result locked(void)
{
	struct rs_why_result r = {.done = true, .source = {.known = true, .trip = 310}, .dest = {.known = true, .trip = 420}, .n_blocked = 1};

	(void)snprintf(r.dest.busy, sizeof r.dest.busy, "applier: Updating, 12 s");
	r.blocked[0] = (struct rs_blocked){.worker = "applier", .connection = 41, .since = 12 * RS_USEC_PER_SEC, .holder = 57,
	                                   .object = "shop.orders (PRIMARY)", .holder_user = "report@10.0.0.9:51234",
	                                   .holder_since = 312 * RS_USEC_PER_SEC, .ending = "KILL 57;"};
	return r;
}

static void scene_why(struct world *w)
{
	struct rs_why_result r = locked();

	world_status(w, "shop", RS_STATE_SYNCHRONIZING, true, world_slow());
	fake_why(&r);
	world_tasks(w);
	world_run(w, "/ \"shop\" Enter Enter\n:expect-screen live\n:wait-idle\nw\n:expect-screen why\n:wait-idle");
	world_golden(w, "why");
	fake_why(NULL);
}

static void why_it_is_slow(void)
{
	in_all_sizes(true, scene_why);
}

static void fill_traces(struct rs_watch *watch)
{
	for (int t = 0; t < RS_TRACES; t++)
		if (!watch->past.traces[t])
			watch->past.traces[t] = rs_trace_new(t == RS_TRACE_LAG);
	for (size_t i = 0; i < 900; i++) {
		rs_trace_add(watch->past.traces[RS_TRACE_LAG], i % 300 == 200 ? 42 : 0.1 * (double)(i % 20));
		rs_trace_add(watch->past.traces[RS_TRACE_ROWS], 900 + (double)(i % 100) * 10);
		rs_trace_add(watch->past.traces[RS_TRACE_BYTES], i < 400 ? 0 : 1e6 + (double)i * 100);
	}
}

static void scene_graphs(struct world *w)
{
	char *path = rs_xprintf("%s/config/rds-sync/tasks/shop.ini", w->dir);

	world_tasks(w);
	world_run(w, "/ \"shop\" Enter Enter\n:expect-screen live\n:wait-idle");
	fill_traces(rs_watches_find(&w->app.watches, path));
	free(path);
	world_run(w, "z\n:expect-screen graph");
	world_golden(w, "graphs");
	world_run(w, "-");
	world_golden(w, "graphs-hour");
}

static void the_graphs(void)
{
	in_all_sizes(true, scene_graphs);
}

static void scene_log(struct world *w)
{
	fake_log(log_text);
	fake_history(history_items, RS_COUNT(history_items));
	world_tasks(w);
	world_run(w, "/ \"shop\" Enter Enter\n:expect-screen live\n:wait-idle\nl\n:expect-screen log\n:wait-idle\n:expect deadlock");
	world_golden(w, "log");
	world_run(w, "w / \"deadl\" Enter");
	world_golden(w, "log-filter");
	world_run(w, "Esc\n:expect-screen live\nh\n:expect-screen history\n:wait-idle\n:expect ALTER");
	world_golden(w, "history");
}

static void the_log_and_the_history(void)
{
	in_all_sizes(true, scene_log);
}

static void scene_live(struct world *w)
{
	world_tasks(w);
	fill_history(w, "shop");
	fill_history(w, "crm-events");
	world_run(w, "/ \"shop\" Enter Enter\n:expect-screen live\n:wait-idle");
	world_golden(w, "live");
	world_run(w, "s Space Down\n:wait-idle");
	world_golden(w, "live-frozen");
	fake_catalog("crm.customers 310 31000 key\nlegacy.o1 1 16384 key\nshop.orders 4102331 410200000 key", true, NULL);
	world_run(w, "Space o\n:wait-idle");
	world_golden(w, "live-objects");
	world_run(w, "Esc Esc / ^U \"crm-ev\" Enter Enter\n:expect-screen live\n:wait-idle");
	world_golden(w, "live-copying");
	world_run(w, "x\n:wait-idle");
	world_golden(w, "live-stop");
	world_run(w, "Esc");
}

static void the_dashboard(void)
{
	in_all_sizes(true, scene_live);
}

static void scene_tables(struct world *w)
{
	world_status(w, "shop", RS_STATE_SYNCHRONIZING, true, world_tables());
	world_tasks(w);
	world_run(w, "/ \"shop\" Enter Enter\n:expect-screen live\n:wait-idle");
	world_golden(w, "live-tables");
	world_run(w, "Enter\n:expect-screen tables\nDown Down Down Space\n:wait-idle");
	world_golden(w, "tables");
	world_run(w, "Enter\n:wait-idle");
	world_golden(w, "tables-menu");
	world_run(w, "Esc a\n:wait-idle");
	world_golden(w, "tables-resync");
	world_run(w, "Esc");
}

static void the_tables(void)
{
	in_all_sizes(true, scene_tables);
}

static void scene_stopped(struct world *w)
{
	world_status(w, "shop", RS_STATE_FAILED, true, world_stopped());
	world_tasks(w);
	world_run(w, "/ \"shop\" Enter t\n:expect-screen trouble\n:wait-idle");
	world_golden(w, "stopped");
	world_run(w, "e\n:wait-idle");
	world_golden(w, "stopped-event");
	world_run(w, "Esc w\n:wait-idle");
	world_golden(w, "stopped-replace");
	world_run(w, "Esc l\n:wait-idle");
	world_golden(w, "stopped-decided");
	world_run(w, "Esc");
}

static void a_task_that_stopped_at_an_event(void)
{
	in_all_sizes(true, scene_stopped);
}

static void scene_failed(struct world *w)
{
	world_tasks(w);
	world_run(w, "/ \"orders-dr\" Enter Enter\n:expect-screen live\n:wait-idle");
	world_golden(w, "live-failed");
	world_run(w, "t\n:wait-idle");
	world_golden(w, "trouble");
}

static void a_failed_task_and_its_troubles(void)
{
	in_all_sizes(true, scene_failed);
}

static struct rs_diff diffs[] = {
	{RS_DIFF_MISSING, (char[]){"shop"}, (char[]){"orders"}, (char[]){"id=4711"}, NULL},
	{RS_DIFF_DIFFERENT, (char[]){"shop"}, (char[]){"customers"}, (char[]){"id=5"}, (char[]){"name, email"}},
	{RS_DIFF_EXTRA, (char[]){"crm"}, (char[]){"客户"}, (char[]){"编号='甲\\x1b'"}, NULL},
};

static struct rs_diff_range ranges[] = {
	{(char[]){"shop"}, (char[]){"orders"}, (char[]){"i4000"}, (char[]){"i5000"}, 1, 0, 0},
	{(char[]){"shop"}, (char[]){"customers"}, (char[]){""}, (char[]){""}, 0, 0, 1},
	{(char[]){"crm"}, (char[]){"客户"}, (char[]){""}, (char[]){""}, 0, 10410, 0},
};

static void scene_compare(struct world *w)
{
	struct rs_verify_result result = {.tables_done = 7, .tables_total = 61, .counts.rows = 1204311};

	snprintf(result.current, sizeof result.current, "shop.products");
	fake_verify(&result);
	world_tasks(w);
	world_run(w, "/ \"shop\" Enter v\n:expect-screen dialog\n:wait-idle");
	world_golden(w, "compare-ask");
	world_run(w, "Enter\n:expect-screen compare\n:wait-idle");
	world_golden(w, "compare");
	result.tables_done = 61;
	result.done = true;
	result.diffs = diffs;
	result.n_diffs = RS_COUNT(diffs);
	result.diffs_total = 10412;
	result.took = 75 * RS_USEC_PER_SEC;
	result.ranges = ranges;
	result.n_ranges = result.ranges_total = RS_COUNT(ranges);
	world_run(w, "Esc v\n:wait-idle");
	world_golden(w, "compare-different");
	world_run(w, "r\n:wait-idle");
	world_golden(w, "compare-repair");
	world_run(w, "\"rm-dst\" Enter\n:wait-idle\n:wait Repaired");
	world_golden(w, "compare-repaired");
	result.n_ranges = result.ranges_total = 0;
	result.diffs_total = result.n_diffs = 0;
	result.same = true;
	world_run(w, "Esc v\n:wait-idle");
	world_golden(w, "compare-same");
}

static void a_comparison(void)
{
	in_all_sizes(true, scene_compare);
}

/* --- the wizard -------------------------------------------------------------------------------------- */

#define CATALOG                                                                                                          \
	"shop.orders 4102331 410200000 key\nshop.order_items 9000000 380000000 key\nshop.orders_2025 900000 92100000 key\n"   \
	"shop.orders_log 12000 1200000 none\nshop.orders_blackhole 0 0 bad\ncrm.customers 310 31000 key\n"                    \
	"shop.order_totals 0 0 view\nshop.close_orders 0 0 procedure\ncrm.leads 81221 9100000 key\ncrm.客户 12 16384 key\n"         \
	"legacy_orders.o1 1 16384 key\nempty"

static void scene_endpoints(struct world *w)
{
	world_wizard(w, NULL);
	world_golden(w, "wizard-new");
	world_run(w, "Alt-c\n:wait-idle"); /* nobody is asked: there is no address yet */
	world_golden(w, "wizard-incomplete");
	world_run(w, "^N\n:wait-idle");
	world_golden(w, "wizard-missing");
}

static void scene_filled(struct world *w)
{
	fake_probe("10.11.19-MariaDB, 14 ms, binlog ROW", NULL, true);
	world_wizard(w, "shop");
	world_run(w, "Alt-c");
	world_golden(w, "wizard-connecting");
	fake_probe_end();
	world_run(w, ":wait-idle");
	world_golden(w, "wizard-filled");
	fake_probe(NULL, "the server rejects the account or its password", false);
	world_run(w, "Alt-c\n:wait-idle\n^O\n:wait-idle");
	world_golden(w, "wizard-refused");
}

static void the_first_step(void)
{
	in_all_sizes(false, scene_endpoints);
	in_all_sizes(true, scene_filled);
}

static void scene_objects(struct world *w)
{
	fake_catalog(CATALOG, false, NULL);
	world_wizard(w, "crm-events");
	world_run(w, "^N\n:expect-screen wizard-objects\n:wait-idle");
	world_golden(w, "objects-loading");
	fake_catalog(CATALOG, true, NULL);
	world_run(w, "r\n:wait-idle\n/ \"ord\" Enter\n:wait-idle");
	world_golden(w, "objects-filter");
	world_run(w, "Down Down Down Space Down Down Space\n:wait-idle\n/ ^U \"crm\" Enter\n:wait-idle");
	world_golden(w, "objects-hidden");
}

static void scene_objects_selected(struct world *w)
{
	fake_catalog(CATALOG, true, NULL);
	world_wizard(w, "crm-events");
	world_run(w, "^N\n:expect-screen wizard-objects\n:wait-idle");
	world_run(w, "G > Right Down Down x Down e ^U \"orders_v2\" Enter\n:wait-idle");
	world_run(w, "/ \"crm\" Enter e ^U \"crm_copy\" Enter\n:wait-idle");
	world_run(w, "Tab Home Down Down Down\n:wait-idle");
	world_golden(w, "objects-selected");
	world_run(w, "e\n:wait-idle");
	world_golden(w, "objects-rename");
	world_run(w, "Esc Down Down w \"amount >\" Enter\n:wait-idle\n:expect at character 9");
	world_golden(w, "objects-rows-wrong");
	world_run(w, "\" 10 AND note <> 'x'\" Enter\n:wait-idle\n:expect Rows that meet: amount > 10");
	world_golden(w, "objects-rows");
	world_run(w, "o\n:wait-idle");
	world_golden(w, "objects-kinds");
	world_run(w, "Esc\n:wait-idle\nb\n:wait-idle\n\"old_\" Tab Tab \"^(.).*(.)$\" Tab \"\\2_\\1\"\n:wait-idle");
	world_golden(w, "objects-batch");
	world_run(w, "^U \"x\"\n:wait-idle");
	world_golden(w, "objects-batch-collide");
	world_run(w, "Esc");
	world_run(w, "^N\n:expect-screen wizard-form\n:wait-idle");
	world_golden(w, "settings");
	world_run(w, "^N\n:expect-screen wizard-review\n:wait-idle");
	world_golden(w, "review");
	world_run(w, "PgDn\n:wait-idle");
	world_golden(w, "review-below");
}

static void the_objects(void)
{
	in_all_sizes(true, scene_objects);
	in_all_sizes(true, scene_objects_selected);
}

static struct rs_finding findings[] = {
	{.code = "CHECK_CONN_SRC", .title = "Source connectivity", .verdict = RS_CHECK_PASSED, .found = (char[]){"14 ms"}},
	{.code = "CHECK_PRIVILEGE", .title = "Source privileges", .verdict = RS_CHECK_PASSED},
	{.code = "CHECK_BINLOG_ROW_IMAGE", .title = "Binlog row image", .verdict = RS_CHECK_FAILED, .found = (char[]){"MINIMAL"},
     .needed = (char[]){"FULL"},
     .explain = (char[]){"With MINIMAL an UPDATE carries only the changed columns, and the row can't be rebuilt."},
     .remedy = (char[]){"SET GLOBAL binlog_row_image = FULL;"}, .remedy_where = (char[]){"source"}},
	{.code = "CHECK_KEYLESS", .title = "Tables without a key", .verdict = RS_CHECK_WARNING, .ignorable = true,
     .explain = (char[]){"Their rows are found by all their values."}, .objects = (char *[]){(char[]){"shop.orders_log"}},
     .n_objects = 1},
	{.code = "CHECK_SAME_OBJ", .title = "Same-name objects", .verdict = RS_CHECK_SKIPPED},
	{.code = "CHECK_SPACE", .title = "Free space", .verdict = RS_CHECK_PASSED},
};

static void scene_precheck(struct world *w)
{
	findings[2].verdict = RS_CHECK_RUNNING;
	findings[3].verdict = findings[4].verdict = RS_CHECK_PENDING;
	fake_catalog(CATALOG, true, NULL);
	fake_findings(findings, 5, false);
	world_wizard(w, "crm-events");
	world_run(w, "^N ^N ^N\n:expect-screen wizard-review\n^N\n:wait-idle\n:expect-screen wizard-precheck");
	world_golden(w, "precheck-running");
	findings[2].verdict = RS_CHECK_FAILED;
	findings[3].verdict = RS_CHECK_WARNING;
	findings[4].verdict = RS_CHECK_SKIPPED;
	fake_findings(findings, 6, true);
	rs_loop_wake(w->loop);
	world_run(w, ":wait-idle");
	world_golden(w, "precheck-failed");
	world_run(w, "Down i\n:wait-idle");
	world_golden(w, "precheck-ignored");
	findings[2].verdict = RS_CHECK_PASSED;
	fake_findings(findings, 6, true);
	world_run(w, "f i\n:wait-idle\n:expect Check Pass");
	world_golden(w, "precheck-passed");
	fake_engine_progress(world_copying());
	world_run(w, "Enter\n:wait-idle\n:expect-screen live");
	world_golden(w, "started");
	world_run(w, "q\n:wait-idle");
	world_golden(w, "leave");
	world_run(w, "Right Right Enter\n:wait-idle");
}

static void the_precheck(void)
{
	in_all_sizes(true, scene_precheck);
}

UNIT_MAIN(UNIT_TEST(the_list_of_tasks), UNIT_TEST(the_first_run), UNIT_TEST(the_dashboard), UNIT_TEST(why_it_is_slow), UNIT_TEST(the_graphs), UNIT_TEST(the_log_and_the_history), UNIT_TEST(the_tables),
          UNIT_TEST(a_failed_task_and_its_troubles), UNIT_TEST(a_task_that_stopped_at_an_event), UNIT_TEST(a_comparison), UNIT_TEST(the_first_step), UNIT_TEST(the_objects),
          UNIT_TEST(the_precheck))
