/* How the screens of a task at work look in Chinese, at 80x24: every character in its cells, nothing in English; and whether what is said
 * of fields has room in both languages. */
#include <libintl.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "tui/locale.h"
#include "ui.h"
#include "world.h"

static struct world w;

/* The catalogue that the build has made, where gettext looks for it from here on. */
static bool bind_catalogue(void)
{
	char *dir = rs_xprintf("%s/locale", unit_tmpdir()), *zh = rs_xprintf("%s/zh_CN", dir), *messages = rs_xprintf("%s/LC_MESSAGES", zh);
	char *to = rs_xprintf("%s/" PACKAGE ".mo", messages);
	struct rs_buf catalogue = RS_BUF_INIT;
	struct rs_err err = RS_ERR_INIT;
	bool good;

	(void)mkdir(dir, 0700);
	(void)mkdir(zh, 0700);
	(void)mkdir(messages, 0700);
	good = rs_file_read("tests/unit/zh_CN.mo", 1 << 22, &catalogue, &err) == RS_OK &&
	       rs_file_write(to, rs_buf_str(&catalogue), catalogue.len, 0600, &err) == RS_OK && bindtextdomain(PACKAGE, dir) &&
	       bind_textdomain_codeset(PACKAGE, "UTF-8") && textdomain(PACKAGE);
	rs_err_clear(&err);
	rs_buf_release(&catalogue);
	free(dir);
	free(zh);
	free(messages);
	free(to);
	return good;
}

static bool speak_chinese(void)
{
	setenv("LANGUAGE", "zh_CN", 1);
	return setlocale(LC_ALL, "C.UTF-8") && bind_catalogue();
}

/* SSH brings a LANG along that few servers have. */
static void a_locale_that_this_host_lacks_is_spoken_all_the_same(void)
{
	struct rs_locale locale;

	unsetenv("LANGUAGE");
	setenv("LC_ALL", "zh_CN.UTF-8", 1);
	rs_locale_init(&locale);
	CU_ASSERT_TRUE(locale.utf8);
	CU_ASSERT_TRUE_FATAL(bind_catalogue());
	UNIT_STR(gettext("Quit"), "退出");
	unsetenv("LC_ALL");
}

static void begin_at(int height, int width, enum rs_state state, struct rs_progress *p)
{
	CU_ASSERT_TRUE_FATAL(speak_chinese());
	world_open(&w, height, width, false, true);
	world_status(&w, "shop", state, true, p);
	world_tasks(&w);
	world_run(&w, "/ \"shop\" Enter Enter\n:wait-idle\n:expect-screen live");
}

static void begin(enum rs_state state, struct rs_progress *p)
{
	begin_at(24, 80, state, p);
}

static void the_dashboard(void)
{
	static const struct {
		int height, width;
	} sizes[] = {{24, 80}, {16, 60}};

	for (size_t i = 0; i < RS_COUNT(sizes); i++) {
		begin_at(sizes[i].height, sizes[i].width, RS_STATE_SYNCHRONIZING, world_synchronizing());
		world_golden(&w, "zh-live");
		world_run(&w, "x\n:wait-idle");
		world_golden(&w, "zh-live-stop");
		world_run(&w, "Esc");
		world_close(&w);
		begin_at(sizes[i].height, sizes[i].width, RS_STATE_INITIALIZING, world_copying());
		world_golden(&w, "zh-live-copying");
		world_close(&w);
	}
}

static void the_log_and_the_history(void)
{
	struct rs_history_item items[] = {
		{.at = 1795350600000000, .kind = RS_HISTORY_STATE, .text = (char[]){"Synchronizing"}},
		{.at = 1795351030000000, .kind = RS_HISTORY_PROBLEM, .text = (char[]){"RS-2012 shop.客户: deadlock at the destination"}},
	};

	begin(RS_STATE_SYNCHRONIZING, world_synchronizing());
	fake_log("2026-11-22T12:37:10.000Z warn  coordinator lane: deadlock task=\"shop\" code=\"RS-2012\" error=\"表 客户\"\n");
	fake_history(items, RS_COUNT(items));
	world_run(&w, "l\n:wait-idle\n:expect-screen log\n:expect deadlock");
	world_golden(&w, "zh-log");
	world_run(&w, "Esc\n:wait-idle\nh\n:expect-screen history\n:wait-idle\n:expect RS-2012");
	world_golden(&w, "zh-history");
	world_close(&w);
}

static void the_tables(void)
{
	begin(RS_STATE_SYNCHRONIZING, world_tables());
	world_golden(&w, "zh-live-tables");
	world_run(&w, "T\n:wait-idle\nHome Space");
	world_golden(&w, "zh-tables");
	world_run(&w, "Enter\n:wait-idle");
	world_golden(&w, "zh-tables-menu");
	world_run(&w, "Esc a\n:wait-idle");
	world_golden(&w, "zh-tables-resync");
	world_run(&w, "Esc ?\n:wait-idle");
	world_golden(&w, "zh-tables-help");
	world_run(&w, "Esc");
	world_close(&w);
}

static void an_event(void)
{
	begin(RS_STATE_FAILED, world_stopped());
	world_run(&w, "t\n:wait-idle");
	world_golden(&w, "zh-stopped");
	world_run(&w, "w\n:wait-idle");
	world_golden(&w, "zh-stopped-replace");
	world_run(&w, "Esc l\n:wait-idle");
	world_golden(&w, "zh-stopped-decided");
	world_run(&w, "Esc");
	world_close(&w);
}

static void a_comparison(void)
{
	struct rs_diff diff = {RS_DIFF_MISSING, (char[]){"shop"}, (char[]){"客户"}, (char[]){"编号='甲\\x1b'"}, NULL};
	struct rs_diff_range range = {(char[]){"shop"}, (char[]){"客户"}, (char[]){""}, (char[]){""}, 1, 2, 3};
	const struct rs_verify_result result = {.done = true, .tables_done = 2, .tables_total = 2, .diffs = &diff, .n_diffs = 1,
	                                        .diffs_total = 1, .ranges = &range, .n_ranges = 1, .ranges_total = 1};

	begin(RS_STATE_SYNCHRONIZING, world_synchronizing());
	fake_verify(&result);
	world_run(&w, "v\n:wait-idle");
	world_golden(&w, "zh-compare-ask");
	world_run(&w, "Enter\n:wait-idle\n:expect-screen compare");
	world_golden(&w, "zh-compare");
	world_run(&w, "r\n:wait-idle");
	world_golden(&w, "zh-compare-repair");
	world_run(&w, "Esc");
	world_close(&w);
}

static void the_kinds_of_changes(void)
{
	begin(RS_STATE_SYNCHRONIZING, world_synchronizing());
	fake_catalog("shop.orders 4102331 410200000 key", true, NULL);
	world_run(&w, "o\n:wait-idle\n:expect-screen wizard-objects\no\n:wait-idle");
	world_golden(&w, "zh-objects-kinds");
	world_run(&w, "Esc");
	world_close(&w);
}

static void why_it_is_slow(void)
{
	begin(RS_STATE_SYNCHRONIZING, world_slow());
	world_run(&w, "w\n:wait-idle\n:expect-screen why");
	world_golden(&w, "zh-why");
	world_run(&w, "Esc z\n:expect-screen graph");
	world_golden(&w, "zh-graphs");
	world_close(&w);
}

static void names_for_many(void)
{
	begin(RS_STATE_SYNCHRONIZING, world_synchronizing());
	fake_catalog("shop.orders 4102331 410200000 key\nshop.orders_log 1 1 none\nshop.recent 0 0 view\nshop.hole 0 0 bad", true, NULL);
	world_run(&w, "o\n:wait-idle\n:expect-screen wizard-objects\nRight Down Space\n:wait-idle\n/ \"log\" Enter\n:wait-idle");
	world_golden(&w, "zh-objects-hidden");
	world_run(&w, "- Tab\n:wait-idle\nb\n:wait-idle\n\"旧_\" Tab Tab \".*\" Tab \"x\"\n:wait-idle");
	world_golden(&w, "zh-objects-batch");
	world_run(&w, "Esc\n:wait-idle\nu\n:wait-idle");
	world_close(&w);
}

static void the_flows(void)
{
	CU_ASSERT_TRUE_FATAL(speak_chinese());
	world_open(&w, 24, 80, false, false);
	world_tasks(&w);
	world_run(&w, "n\n:wait-idle\n:expect-screen flows\nDown Down Down Down Down Down Down Down\n:wait-idle");
	world_golden(&w, "zh-flows");
	world_run(&w, "Enter\n:wait-idle\n:expect-screen wizard-form");
	world_golden(&w, "zh-flow-kafka");
	world_run(&w, "Esc n\n:wait-idle\n:expect-screen flows\nEnd Up\nEnter\n:wait-idle\n:expect-screen wizard-form");
	world_golden(&w, "zh-flow-zero-etl");
	world_close(&w);
}

/* Two lines are there for it, at 80 columns. What has none is what makes a golden screen end in an ellipsis. */
static void has_room(const char *where, const char *id, const char *text)
{
	if (!text || rs_text_lines(rs_form_text(text), 78) <= 2)
		return;
	fprintf(stderr, "%s: %s: what is said of it takes more than two lines: %s\n", where, id, rs_form_text(text));
	CU_FAIL("a help that is cut off");
}

static void helps_have_room(const struct rs_form_page *page)
{
	for (size_t i = 0; i < page->n_fields; i++)
		if (page->fields[i].type != RS_FIELD_NOTE)
			has_room(page->id, page->fields[i].id, page->fields[i].help);
	for (size_t i = 0; i < page->n_groups; i++)
		has_room(page->id, page->groups[i].id, page->groups[i].help);
}

static void what_is_said_of_a_field_has_room(void)
{
	static const char *const languages[] = {"C", "zh_CN"};
	struct rs_err err = RS_ERR_INIT;
	struct rs_forms *forms = rs_forms_load(NULL, &err);

	CU_ASSERT_PTR_NOT_NULL_FATAL(forms);
	CU_ASSERT_TRUE_FATAL(speak_chinese());
	for (size_t l = 0; l < RS_COUNT(languages); l++) {
		setenv("LANGUAGE", languages[l], 1);
		CU_ASSERT_TRUE_FATAL(setlocale(LC_ALL, "C.UTF-8") && textdomain(PACKAGE));
		CU_ASSERT_EQUAL(l == 1, strcmp(gettext("Quit"), "退出") == 0);
		for (size_t i = 0; i < forms->n_pages; i++)
			helps_have_room(forms->pages[i]);
		for (size_t i = 0; i < forms->n_flows; i++)
			has_room("flow", forms->flows[i]->id, forms->flows[i]->help);
	}
	rs_forms_free(forms);
}

UNIT_MAIN(UNIT_TEST(a_locale_that_this_host_lacks_is_spoken_all_the_same), UNIT_TEST(the_flows), UNIT_TEST(what_is_said_of_a_field_has_room), UNIT_TEST(the_dashboard),
          UNIT_TEST(the_log_and_the_history), UNIT_TEST(the_tables), UNIT_TEST(an_event), UNIT_TEST(a_comparison), UNIT_TEST(why_it_is_slow), UNIT_TEST(the_kinds_of_changes), UNIT_TEST(names_for_many))
