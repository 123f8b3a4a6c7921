/* What the program's screens do. */
#include <math.h>
#include <unistd.h>
#include "base/file.h"
#include "screen/keys.h"
#include "ui.h"
#include "world.h"

#define CATALOG                                                                                                          \
	"shop.orders 4102331 410200000 key\nshop.order_items 9000000 380000000 key\nshop.log 1 1 none\nshop.hole 0 0 bad\n"   \
	"crm.customers 310 31000 key\ncrm.leads 12 16384 key\nempty"

static struct world w;

static void begin(bool with_tasks)
{
	world_open(&w, 24, 80, false, with_tasks);
	fake_catalog(CATALOG, true, NULL);
}

static char *task_text(const char *name)
{
	char *path = rs_xprintf("%s/config/rds-sync/tasks/%s.ini", w.dir, name);
	struct rs_buf text = RS_BUF_INIT;
	struct rs_err err = RS_ERR_INIT;

	if (rs_file_read(path, 1 << 20, &text, &err) != RS_OK)
		unit_check(0, err.primary, __FILE__, __LINE__);
	rs_err_clear(&err);
	free(path);
	return rs_buf_take(&text);
}

#define SHOWS(text) CU_ASSERT_TRUE(world_shows(&w, (text)))
#define SHOWS_NOT(text) CU_ASSERT_FALSE(world_shows(&w, (text)))

/* --- the wizard -------------------------------------------------------------------------------- */

static void going_back_checks_nothing_and_loses_nothing(void)
{
	begin(true);
	world_wizard(&w, "shop");
	world_run(&w, "^N\n:expect-screen wizard-objects\n^N\n:expect-screen wizard-form\n^O\nEnd\n:wait-idle");
	/* an answer that is not valid, and back over two steps that are not */
	world_run(&w, "Down Down Down Down Down Down\n:wait-idle\n^P\n:expect-screen wizard-objects\n^P\n:expect Source database");
	world_run(&w, "Tab\n:expect-focus source_type\nTab Tab Tab ^U Tab\n:wait-idle\n:expect required");
	world_run(&w, "Alt-2\n:expect-screen wizard-objects\nAlt-1\n:expect-screen wizard-form\n^N\n:expect-focus source_account");
	world_close(&w);
}

static void going_on_names_what_is_wrong_and_goes_there(void)
{
	begin(false);
	world_wizard(&w, NULL);
	world_run(&w, "^N\n:expect-focus source_instance\n:expect Instance ID: required");
	SHOWS("✗ required");
	world_close(&w);
}

static void what_is_asked_in_place_of_an_answer_comes_next(void)
{
	begin(false);
	world_wizard(&w, NULL);
	world_run(&w, "Tab Tab Tab\n:expect-focus source_instance\nEnter Down Down Down Down Down Enter\n:wait-idle\n:expect-focus source_host");
	world_run(&w, "\"db1\" Tab\n:expect-focus source_port");
	world_close(&w);
}

/* The name that is made up, and every other default, is what one would delete first. */
static void typing_replaces_a_default_and_goes_on_with_an_answer(void)
{
	begin(false);
	world_wizard(&w, NULL);
	world_run(&w, "\"night\" Tab Shift-Tab \"-b\" Esc\n:expect-screen tasks\n:wait-idle\n:expect night-b");
	world_close(&w);
}

static void a_draft_is_saved_without_its_passwords(void)
{
	char *text;

	begin(false);
	world_wizard(&w, NULL);
	world_run(&w, "^U \"night\" Tab Tab Tab\n:expect-focus source_instance\nEnter Enter Tab \"scott\" Tab \"t1ger-1\"\n:wait-idle");
	world_run(&w, "Esc\n:expect-screen tasks\n:wait-idle\n:expect night");
	text = task_text("night");
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "account = scott"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "instance = rm-src"));
	CU_ASSERT_PTR_NULL(strstr(text, "t1ger"));
	free(text);
	world_run(&w, "Enter\n:expect-screen wizard-form\n:expect scott\n:expect rm-src");
	world_close(&w);
}

/* What does not apply now may again: whoever changes his mind finds it there; once the task is complete it is of no use. */
static void a_draft_keeps_what_does_not_apply_now(void)
{
	char *text;

	begin(false);
	world_wizard(&w, NULL);
	world_run(&w, "^U \"night\" Tab Tab Tab\n:expect-focus source_instance\nEnter Down Down Down Down Down Enter\n:wait-idle\n:expect-focus source_host");
	world_run(&w, ":paste db1 \"a\"; # x\nShift-Tab\n:expect-focus source_type\nEnter Up Enter\n:wait-idle\n:expect-not db1\nEsc\n:expect-screen tasks\n:wait-idle");
	text = task_text("night");
	CU_ASSERT_PTR_NULL(strstr(text, "host ="));
	free(text);
	world_run(&w, "Enter\n:expect-screen wizard-form\n:expect-not db1\nTab\n:expect-focus source_type\nEnter Down Enter\n:wait-idle\n:expect db1 \"a\"; # x");
	world_close(&w);
}

/* What another tool has in one piece fills the fields that ask for it. */
static void an_address_that_is_pasted_is_taken_apart(void)
{
	char *text;

	begin(false);
	world_wizard(&w, NULL);
	world_run(&w, "^U \"night\" Tab Tab\n:paste mysql://scott:t1ger-1@db1.example.com:3399/shop?ssl-mode=REQUIRED\n:expect db1.example.com\n:expect 3399");
	SHOWS("Taken from the address: Host, Port, Database account, Database password,");
	SHOWS("Connection method. Not asked for here: database.");
	UNIT_STR(rs_form_answer(w.app.wizard->state, "source_password"), "t1ger-1");
	UNIT_STR(rs_form_answer(w.app.wizard->state, "source_connection"), "ssl");
	UNIT_STR(rs_form_answer(w.app.wizard->state, "destination_account"), "");
	world_run(&w, ":expect-focus source_host\n:paste postgresql://db2\n:expect That is the address of a server of another kind.\n:expect db1.example.com");
	world_run(&w, ":paste mysql://db3\n:expect db3\n:expect 3306\nEsc\n:expect-screen tasks\n:wait-idle");
	text = task_text("night");
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "host = db3"));
	CU_ASSERT_PTR_NULL(strstr(text, "t1ger"));
	free(text);
	world_close(&w);
}

static void what_can_not_stand_in_its_field_is_not_pasted_in_silence(void)
{
	struct rs_buf script = RS_BUF_INIT;

	begin(false);
	world_wizard(&w, NULL);
	world_run(&w, "Tab\n:expect-focus source_type\n:paste mysql://db1\nTab Tab\n:expect-focus source_port\n:paste port\n:expect What was pasted can't stand here\n:expect 3306");
	(void)rs_buf_adds(&script, "Tab\n:expect-focus source_account\n\"scott\"\n:paste ");
	for (size_t i = 0; i < 4100; i++)
		(void)rs_buf_addc(&script, 'x');
	(void)rs_buf_adds(&script, "\n:expect What was pasted can't stand here");
	world_run(&w, rs_buf_str(&script));
	UNIT_STR(rs_form_answer(w.app.wizard->state, "source_account"), "scott");
	rs_buf_release(&script);
	world_close(&w);
}

/* The editor is a script, what it does is told for each time: the environment stays what it is while threads may read it. */
static char *editor_path(void)
{
	return rs_xprintf("%s/editor", unit_tmpdir());
}

static void edit_with(const char *editor, const char *script)
{
	char *path = editor_path();

	CU_ASSERT_EQUAL(rs_file_write(path, editor, strlen(editor), 0600, NULL), RS_OK);
	free(path);
	world_sleep(10 * RS_USEC_PER_SEC); /* what was said before is gone */
	world_run(&w, ":wait-idle");
	SHOWS_NOT("from now on");
	world_run(&w, script);
}

static void set_editor(void)
{
	char *path = editor_path(), *command = rs_xprintf("sh '%s'", path);

	CU_ASSERT_EQUAL(unsetenv("VISUAL"), 0);
	CU_ASSERT_EQUAL(setenv("EDITOR", command, 1), 0);
	free(command);
	free(path);
}

static void files_of_the_program_are_edited_and_hold_at_once(void)
{
	set_editor();
	begin(false);
	world_tasks(&w);
	edit_with("printf '[rm-new]\\nengine = mysql\\nhost = 10.9.9.9\\n' >\"$1\"", "E\n:expect-screen dialog\n:expect instances.ini\nEnter\n:wait-idle\n:expect holds from now on");
	CU_ASSERT_PTR_NOT_NULL(rs_registry_find(&w.app.instances, "rm-new"));
	edit_with("printf '[rm-new]\\nport = many\\nengine = mysql\\nhost = db1\\n' >\"$1\"", "E Enter\n:wait-idle\n:expect The file can't be read\n:expect instances.ini:2");
	CU_ASSERT_PTR_NOT_NULL_FATAL(rs_registry_find(&w.app.instances, "rm-new"));
	UNIT_STR(rs_registry_find(&w.app.instances, "rm-new")->host, "10.9.9.9");
	edit_with("sed -i s/many/3307/ \"$1\"", "Right Enter\n:wait-idle\n:expect holds from now on");
	UNIT_INT(rs_registry_find(&w.app.instances, "rm-new")->port, 3307);
	edit_with("true", "E Down Down Enter\n:wait-idle\n:expect prices.ini holds from now on");
	edit_with("printf '[keys]\\nnew-task = Q\\n' >\"$1\"", "E Down Enter\n:wait-idle\n:expect keys.ini holds\nn\n:expect-screen tasks\nQ\n:expect-screen flows\nEsc");
	edit_with("false", "E Enter\n:wait-idle\n:expect The file was not edited\n:expect Set VISUAL or EDITOR\nEnter\n:expect-screen tasks");
	rs_keymap_remap_none();
	world_close(&w);
	CU_ASSERT_EQUAL(unsetenv("EDITOR"), 0);
}

static void a_password_that_a_file_has_already_stays(void)
{
	char *text;

	begin(true);
	world_status(&w, "shop", RS_STATE_NOT_STARTED, false, NULL);
	world_wizard(&w, "shop");
	world_run(&w, "End \"-2\" Esc\n:expect-screen tasks\n:wait-idle");
	text = task_text("shop");
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "shop-2"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "s3cret-one"));
	free(text);
	world_close(&w);
}

static bool has_file(const char *name)
{
	char *path = rs_xprintf("%s/config/rds-sync/tasks/%s.ini", w.dir, name);
	bool has = access(path, F_OK) == 0;

	free(path);
	return has;
}

/* Once it is complete and until it has begun; and it is one task all the while, in the list too. */
static void the_file_is_called_as_the_task_is(void)
{
	size_t tasks;

	begin(true);
	world_status(&w, "shop", RS_STATE_NOT_STARTED, false, NULL);
	tasks = w.app.watches.count;
	world_wizard(&w, "shop");
	world_run(&w, "^U \"store\" Tab ^N ^N ^N\n:wait-idle\n:expect-screen wizard-review\nLeft Enter\n:wait-idle\n:expect-screen tasks\n:expect store");
	CU_ASSERT_TRUE(has_file("store"));
	CU_ASSERT_FALSE(has_file("shop"));
	world_sleep(10 * RS_USEC_PER_SEC);
	world_run(&w, ":wait-idle\n:expect store\n:expect-not shop ");
	UNIT_INT(w.app.watches.count, tasks);
	world_close(&w);
}

/* Another session does not know by itself that the file was called after the task. */
static void the_file_of_a_draft_that_was_opened_again_is_called_as_the_task_is(void)
{
	begin(true);
	world_status(&w, "shop", RS_STATE_NOT_STARTED, false, NULL);
	world_wizard(&w, "shop");
	world_run(&w, "^U \"store\" Tab ^N\n:wait-idle\nEsc\n:wait-idle\n:expect-screen wizard-form\nEsc\n:wait-idle\n:expect-screen tasks\n:expect store");
	CU_ASSERT_TRUE(has_file("shop"));
	world_wizard(&w, "shop");
	world_run(&w, ":expect store\n^N ^N ^N\n:wait-idle\n:expect-screen wizard-review\nLeft Enter\n:wait-idle\n:expect-screen tasks\n:expect store");
	CU_ASSERT_TRUE(has_file("store"));
	CU_ASSERT_FALSE(has_file("shop"));
	char *text = task_text("store");
	CU_ASSERT_PTR_NULL(strstr(text, "filed_as"));
	free(text);
	world_close(&w);
}

static void a_task_that_has_begun_keeps_its_region_names_and_file(void)
{
	char *before = NULL, *after;

	begin(true);
	world_tasks(&w);
	before = task_text("orders-dr");
	world_run(&w, "/ \"orders-dr\" Enter m\n:expect Modify Task\nTab Tab\n:expect-focus source_region");
	SHOWS("This can't be changed once the task is made: what is there was made with it.");
	world_run(&w, "^N\n:expect-screen wizard-objects\n:wait-idle\nTab e \"x\" Enter\n:wait-idle\n:expect The selection stays as it was\nEnter");
	world_run(&w, "^P Shift-Tab Shift-Tab \"x\" Esc\n:wait-idle");
	SHOWS("Leave the configuration?");
	after = task_text("orders-dr");
	UNIT_STR(after, before);
	world_run(&w, "Right Right Enter\n:expect-screen tasks");
	free(before);
	free(after);
	world_close(&w);
}

static void a_test_of_a_connection_can_be_given_up(void)
{
	begin(true);
	fake_probe("8.0.36", NULL, true);
	world_wizard(&w, "shop");
	world_run(&w, "Alt-c\n:expect connecting\n\"typing goes on\"\n:expect typing goes on\nEsc\n:expect-not connecting");
	CU_ASSERT_STRING_EQUAL(rs_loop_top(w.loop)->ops->name, "wizard-form");
	fake_probe("8.0.36", NULL, false);
	world_run(&w, "Alt-c\n:wait-idle\n:expect ✓ 8.0.36\nTab Tab Tab Tab \"2\"\n:expect (before the last change)");
	world_close(&w);
}

static void a_server_that_answers_and_can_not_serve_gets_no_tick(void)
{
	begin(true);
	fake_probe("8.0.36, no binlog: changes can't be followed", NULL, false);
	fake_probe_unfit();
	world_wizard(&w, "shop");
	world_run(&w, "Alt-c\n:wait-idle\n:expect ! 8.0.36, no binlog\n:expect-not ✓ 8.0.36");
	world_close(&w);
}

static void production_is_written_to_only_when_its_name_was_typed(void)
{
	begin(true);
	world_wizard(&w, "shop");
	world_run(&w, "^N ^N ^N\n:expect-screen wizard-review\n^N\n:wait-idle\n:expect Write to production?");
	world_run(&w, "\"rm-src\" Enter\n:wait-idle\n:expect-screen dialog\n^U \"rm-dst\" Enter\n:wait-idle\n:expect-screen dialog");
	SHOWS("Check Pass");
	world_close(&w);
}

static void a_start_with_something_missing_goes_there(void)
{
	begin(true);
	world_wizard(&w, "crm-events");
	world_run(&w, "^N\n:expect-screen wizard-objects\n^N ^N\n:expect-screen wizard-review\nAlt-2 R\n:wait-idle\nAlt-4");
	world_run(&w, ":expect-screen wizard-review\n^N\n:wait-idle\n:expect-screen wizard-objects");
	world_close(&w);
}

/* --- objects ------------------------------------------------------------------------------------- */

static void hidden_marks_are_counted(void)
{
	begin(true);
	world_wizard(&w, "crm-events");
	world_run(&w, "^N\n:wait-idle\nG Right Down Down Space Down Space\n:expect Source objects  2 marked\n/ \"leads\" Enter");
	world_run(&w, ":expect 2 marked, 2 of them hidden\n:expect Add 2 marked\n>\n:wait-idle\n/ ^U Enter");
	SHOWS("Selected objects  4 tables");
	SHOWS_NOT("marked,");
	world_close(&w);
}

static void each_change_of_the_selection_can_be_undone(void)
{
	begin(true);
	world_wizard(&w, "crm-events");
	world_run(&w, "^N\n:wait-idle\n:expect Selected objects  2 tables\nG >\n:expect 1 database, 2 tables");
	world_run(&w, "Right Down Down x\n:expect-not nothing to leave\nTab G Right Down <\n:wait-idle\n:expect 1 database, 2 tables");
	world_run(&w, "u u u\n:expect Selected objects  2 tables\n^R\n:expect 1 database, 2 tables\nu u\n:expect nothing to undo");
	world_close(&w);
}

static void a_column_is_renamed_and_what_is_renamed_is_selected(void)
{
	const char *text;

	begin(true);
	world_wizard(&w, "crm-events");
	world_run(&w, "^N\n:wait-idle\nG Right Down Down Right\n:wait-idle\n:expect varchar(200)\nDown Down e ^U \"remark\" Enter\n:wait-idle");
	text = rs_form_value(w.app.wizard->state, rs_form_flow_field(w.app.wizard->flow, "objects"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "shop.log\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "shop.log.note -> remark"));
	world_close(&w);
}

static const char *selected_text(void)
{
	return rs_form_value(w.app.wizard->state, rs_form_flow_field(w.app.wizard->flow, "objects"));
}

static void a_column_is_left_out_and_comes_back(void)
{
	begin(true);
	world_wizard(&w, "crm-events");
	world_run(&w, "^N\n:wait-idle\nG Right Down Down Right\n:wait-idle\nDown Down x\n:wait-idle");
	CU_ASSERT_PTR_NOT_NULL(strstr(selected_text(), "! shop.log.note\n"));
	world_run(&w, ":expect ✗ note\nTab G <\n:wait-idle");
	CU_ASSERT_PTR_NULL(strstr(selected_text(), "note"));
	world_close(&w);
}

static void a_table_has_kinds_of_changes_of_its_own(void)
{
	begin(true);
	world_wizard(&w, "crm-events");
	world_run(&w, "^N\n:wait-idle\nG Right Down Down o\n:wait-idle\n:expect Changes of shop.log\n:expect [x] DELETE\n:expect-not VIEW");
	world_run(&w, "Down Down Space Tab Enter\n:wait-idle\n:expect only insert update ddl");
	CU_ASSERT_PTR_NOT_NULL(strstr(selected_text(), "@ shop.log: insert update ddl\n"));
	world_run(&w, "o\n:wait-idle\n:expect [ ] DELETE\nTab Right Enter\n:wait-idle\n:expect-not only insert");
	CU_ASSERT_PTR_NULL(strstr(selected_text(), "@"));
	world_run(&w, "u\n:wait-idle\n:expect only insert update ddl");
	world_close(&w);
}

static void a_name_that_can_not_be_is_refused_with_its_reason(void)
{
	begin(true);
	world_wizard(&w, "crm-events");
	world_run(&w, "^N\n:wait-idle\ni \"mysql\" Enter\n:wait-idle");
	SHOWS("Selected objects  2 tables");
	SHOWS("RS-10");
	world_close(&w);
}

static void a_source_that_does_not_answer_says_why(void)
{
	begin(true);
	fake_catalog(NULL, true, "the server does not accept connections");
	world_wizard(&w, "crm-events");
	world_run(&w, "^N\n:wait-idle\n:expect RS-2001\n:expect r tries again");
	fake_catalog(CATALOG, true, NULL);
	world_run(&w, "r\n:wait-idle\n:expect shop");
	world_close(&w);
}

/* --- the precheck ---------------------------------------------------------------------------------- */

static struct rs_finding warning = {.code = "CHECK_KEYLESS", .title = "Tables without a key", .verdict = RS_CHECK_WARNING,
                                    .ignorable = true, .explain = (char[]){"Evil \033[2J text"}};

static void to_precheck(bool ignorable)
{
	struct rs_finding f = warning;

	begin(true);
	f.ignorable = ignorable;
	f.verdict = ignorable ? RS_CHECK_WARNING : RS_CHECK_FAILED;
	fake_findings(&f, 1, true);
	world_wizard(&w, "crm-events");
	world_run(&w, "^N ^N ^N ^N\n:wait-idle\n:expect-screen wizard-precheck");
}

static void what_was_skipped_was_not_checked(void)
{
	struct rs_finding f[] = {warning, warning};

	begin(true);
	f[0].verdict = RS_CHECK_PASSED;
	f[1].verdict = RS_CHECK_SKIPPED;
	fake_findings(f, 2, true);
	world_wizard(&w, "crm-events");
	world_run(&w, "^N ^N ^N ^N\n:wait-idle\n:expect-screen dialog\n:expect 1 item was checked.");
	world_close(&w);
}

static void a_heading_has_something_below_it(void)
{
	begin(true);
	world_wizard(&w, "crm-events");
	world_run(&w, ":resize 43 132\n^N ^N\n:expect-screen wizard-form\n:expect Synchronization policy\n:expect-not Limits");
	world_run(&w, "a\n:wait-idle\n:expect Limits\na\n:wait-idle\n:expect-not Limits");
	world_close(&w);
}

static void what_is_ignored_is_noted_and_the_task_starts(void)
{
	char *text;

	to_precheck(true);
	world_run(&w, "^N\n:expect the precheck has not passed\ni\n:wait-idle\n:expect Check Pass\nEsc\n:expect-screen wizard-precheck");
	text = task_text("crm-events");
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "ignore = CHECK_KEYLESS"));
	free(text);
	CU_ASSERT_EQUAL(fake_engines(), 0);
	world_run(&w, "Enter\n:expect Check Pass\nEnter\n:wait-idle\n:expect-screen live");
	CU_ASSERT_EQUAL(fake_engines(), 1);
	world_close(&w);
}

/* What the remedy would have a shell write. */
static void what_the_objects_lack_is_added_by_one_key(void)
{
	struct rs_finding f = warning;
	char *text;

	begin(true);
	f.verdict = RS_CHECK_FAILED;
	f.task_key = "objects.include";
	f.task_value = (char[]){"crm.events crm.leads crm.`the customers`"};
	fake_findings(&f, 1, true);
	world_wizard(&w, "crm-events");
	world_run(&w, "^N ^N ^N ^N\n:wait-idle\n:expect-screen wizard-precheck");
	f.verdict = RS_CHECK_PASSED;
	fake_findings(&f, 1, true);
	world_run(&w, "m\n:wait-idle\n:expect Check Pass\nEsc\n:wait-idle\n:expect-screen wizard-precheck");
	text = task_text("crm-events");
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "`the customers`"));
	free(text);
	world_run(&w, "^P ^P ^P\n:wait-idle\n:expect crm  (3 tables)");
	world_close(&w);
}

static void what_is_no_matter_of_the_task_is_not_mended_from_here(void)
{
	to_precheck(true);
	world_run(&w, "m\n:expect that can't be mended from here");
	world_close(&w);
}

static void what_can_not_be_ignored_is_not(void)
{
	to_precheck(false);
	SHOWS("0 of 1 passed · 1 failed");
	world_run(&w, "i\n:expect this can't be ignored\n^P\n:wait-idle\n:expect ● Review  ✗ Precheck");
	world_close(&w);
}

static void a_report_has_nothing_that_a_terminal_could_misread(void)
{
	char *path, *text;

	to_precheck(true);
	path = rs_xprintf("%s/report.txt", w.dir);
	world_run(&w, "s ^U");
	for (const char *p = path; *p; p++) {
		struct rs_event ev = rs_event_key((uint32_t)*p);

		(void)rs_loop_feed(w.loop, &ev);
	}
	world_run(&w, "Enter\n:wait-idle\n:expect Saved as");
	text = ui_read(path);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "CHECK_KEYLESS"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "Evil \\x1b[2J text"));
	CU_ASSERT_PTR_NULL(strchr(text, 27));
	free(text);
	free(path);
	world_close(&w);
}

/* --- a slow disk ------------------------------------------------------------------------------------------ */

#define OWN_SERVERS                                                                                                       \
	"[task]\nname = slow\nid = 6a0c0000-0000-4000-8000-000000000009\nflow = mysql-to-mysql\n"                            \
	"[source]\nhost = 10.0.0.1\naccount = dts\npassword = a\nconnection = ssl\n"                     \
	"[destination]\nhost = 10.0.0.2\naccount = dts\npassword = b\n"

static void typing_goes_on_while_a_draft_is_written(void)
{
	char *text;

	begin(true);
	world_status(&w, "shop", RS_STATE_NOT_STARTED, false, NULL);
	world_wizard(&w, "shop");
	world_disk_hold(&w);
	world_run(&w, "End \"-held\" ^N\n:expect-screen wizard-objects\n^P\n:expect-screen wizard-form\nEnd \"-2\"\n:expect shop-held-2");
	text = task_text("shop");
	CU_ASSERT_PTR_NULL(strstr(text, "held"));
	free(text);
	world_disk_go(&w);
	world_run(&w, ":wait-idle");
	text = task_text("shop");
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "name = shop-held\n"));
	free(text);
	world_close(&w);
}

/* The first gives the file its path; what follows goes to the same. */
static void drafts_of_a_new_task_go_to_one_file_in_their_order(void)
{
	char *text;

	begin(false);
	world_wizard(&w, NULL);
	world_disk_hold(&w);
	world_run(&w, "^U \"night\" Esc\n:expect-screen tasks\n");
	CU_ASSERT_FALSE(world_shows(&w, "night"));
	world_disk_go(&w);
	world_run(&w, ":wait-idle\n:expect night\n:expect 1 task");
	world_disk_hold(&w);
	world_run(&w, "Enter\n:expect-screen wizard-form\nEnd \"-a\" Esc\n:expect-screen tasks\nEnter\n:expect-screen wizard-form");
	world_run(&w, "End ^U \"night-b\" Esc\n:expect-screen tasks\n");
	world_disk_go(&w);
	world_run(&w, ":wait-idle\n:expect night-b\n:expect 1 task");
	text = task_text("night");
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "name = night-b\n"));
	free(text);
	world_close(&w);
}

/* It looks at the file while the disk still has the older one, once before and once after something newer was asked for. */
static void a_scan_does_not_bring_back_what_is_being_written_over(void)
{
	begin(true);
	world_status(&w, "shop", RS_STATE_NOT_STARTED, false, NULL);
	world_wizard(&w, "shop");
	world_disk_hold(&w);
	world_run(&w, "End \"-a\" Esc\n:expect-screen tasks\n");
	world_status(&w, "shop", RS_STATE_NOT_STARTED, false, NULL);
	world_run(&w, "/ \"shop\" Enter\n:expect shop-a\nEnter\n:expect-screen wizard-form\n:expect shop-a\n:expect-not shop-ab\nEnd \"b\" Esc");
	world_status(&w, "shop", RS_STATE_NOT_STARTED, false, NULL);
	world_run(&w, ":expect-screen tasks\n:expect shop-ab");
	world_disk_go(&w);
	world_run(&w, ":wait-idle\n:expect shop-ab\n:expect 1 of 6 shown");
	world_write_task(&w, "shop", OWN_SERVERS);
	world_status(&w, "slow", RS_STATE_NOT_STARTED, false, NULL);
	world_run(&w, "/ ^U \"slow\" Enter\n:expect 1 of 6 shown"); /* now the file counts again */
	world_close(&w);
}

static void what_was_typed_is_written_when_the_program_ends_meanwhile(void)
{
	char *text, *kept;

	begin(true);
	world_status(&w, "shop", RS_STATE_NOT_STARTED, false, NULL);
	world_wizard(&w, "shop");
	world_disk_hold(&w);
	world_run(&w, "End \"-one\" ^N\n:expect-screen wizard-objects\n^P\n:expect-screen wizard-form\nEnd \"-two\"");
	world_disk_go_soon(&w);
	rs_app_settle(&w.app);
	text = task_text("shop");
	kept = strstr(text, "name = shop-one-two\n");
	CU_ASSERT_PTR_NOT_NULL(kept);
	free(text);
	world_close(&w);
}

static void nothing_goes_on_before_the_task_is_written(void)
{
	struct rs_finding f = warning;

	begin(true);
	fake_findings(&f, 1, true);
	world_wizard(&w, "crm-events");
	world_run(&w, "^N ^N ^N\n:wait-idle\n:expect-screen wizard-review");
	world_disk_hold(&w);
	world_run(&w, "^N\n:expect-screen wizard-review\n^P\n:expect-screen wizard-form");
	world_disk_go(&w);
	world_run(&w, ":wait-idle\n:expect-screen wizard-form"); /* who has gone back is not taken from there */
	world_run(&w, "^N\n:wait-idle\n^N\n:wait-idle\n:expect-screen wizard-precheck");
	world_close(&w);
}

static void typing_goes_on_while_a_file_is_looked_for(void)
{
	begin(true);
	world_write_task(&w, "slow", OWN_SERVERS "[objects]\ninclude = shop\n");
	world_wizard(&w, "slow");
	CU_ASSERT_TRUE(rs_widget_focus(rs_loop_top(w.loop)->root, rs_widget_find(rs_loop_top(w.loop)->root, "source_ca")));
	world_files_hold(&w);
	world_run(&w, "\"/no/such.pem\" Tab\n:expect-not no such file\n^P ^N\n:expect Checking what you entered\n:expect-screen wizard-form");
	world_files_go(&w);
	world_run(&w, ":wait-idle\n:expect no such file\n:expect-screen wizard-form\n:expect-focus source_ca");
	world_close(&w);
}

static void one_goes_on_when_the_file_was_found(void)
{
	char *path, *task;

	begin(true);
	path = rs_xprintf("%s/config/rds-sync/tasks/shop.ini", w.dir);
	task = rs_xprintf(OWN_SERVERS "ca = %s\nconnection = ssl\n[objects]\ninclude = shop\n", path);
	world_write_task(&w, "slow", task);
	world_wizard(&w, "slow");
	world_files_hold(&w);
	world_run(&w, "^N\n:expect-screen wizard-form");
	world_files_go(&w);
	world_run(&w, ":wait-idle\n:expect-screen wizard-objects");
	free(path);
	free(task);
	world_close(&w);
}

static void a_table_of_a_task_that_ended_has_no_rate(void)
{
	struct rs_table_progress t = {.db = "shop", .name = "orders", .inserts = 100};
	struct rs_watch *watch;
	struct rs_progress *p;

	begin(true);
	world_tasks(&w);
	watch = w.app.watches.items[w.app.watches.count - 2];
	UNIT_STR(watch->name, "shop");
	for (int i = 0; i < 2; i++, t.inserts += 50) {
		p = world_synchronizing();
		rs_progress_set_tables(p, &t, 1);
		rs_watch_take(watch, RS_STATE_SYNCHRONIZING, p);
		rs_watch_sample(watch);
		world_sleep(RS_USEC_PER_SEC);
	}
	CU_ASSERT_DOUBLE_EQUAL(rs_watch_table_rate(watch, &t), 50, 0.1);
	watch->live = false;
	CU_ASSERT_TRUE(rs_watch_table_rate(watch, &t) < 0);
	world_close(&w);
}

/* Snapshots share what did not change: its tables stand still, wherever they are in it. */
static void tables_to_which_nothing_happens_have_a_rate_of_none(void)
{
	struct rs_table_progress tables[] = {{.db = "shop", .name = "orders", .inserts = 100}, {.db = "shop", .name = "carts", .inserts = 7}};
	const struct rs_table_piece *piece;
	struct rs_watch *watch;

	begin(true);
	world_tasks(&w);
	watch = w.app.watches.items[w.app.watches.count - 2];
	piece = rs_table_piece_new(tables, 2);
	for (int i = 0; i < 4; i++) {
		struct rs_progress *p = world_synchronizing();

		if (i == 3) {
			tables[0].inserts += 50;
			rs_table_piece_unref(piece);
			piece = rs_table_piece_new(tables, 2);
		}
		rs_progress_share_tables(p, &piece, 2);
		rs_watch_take(watch, RS_STATE_SYNCHRONIZING, p);
		rs_watch_sample(watch);
		world_sleep(RS_USEC_PER_SEC);
		CU_ASSERT_DOUBLE_EQUAL(rs_watch_table_rate(watch, &tables[0]), i == 0 ? -1 : i < 3 ? 0 : 50, 0.1);
		CU_ASSERT_DOUBLE_EQUAL(rs_watch_table_rate(watch, &tables[1]), i == 0 ? -1 : 0, 0.1);
	}
	rs_watch_sample(watch); /* of another process nothing new is known yet */
	CU_ASSERT_DOUBLE_EQUAL(rs_watch_table_rate(watch, &tables[0]), 50, 0.1);
	rs_table_piece_unref(piece);
	world_close(&w);
}

static void a_table_that_is_missing_is_told_as_one(void)
{
	struct rs_diff diff = {RS_DIFF_MISSING, (char[]){"shop"}, (char[]){"orders"}, (char[]){"*"}, NULL};
	const struct rs_verify_result result = {.done = true, .diffs = &diff, .n_diffs = 1, .diffs_total = 1};

	begin(true);
	fake_verify(&result);
	world_tasks(&w);
	world_run(&w, "/ \"shop\" Enter v Enter\n:wait-idle\n:expect 1 difference\n:expect the whole table\n:expect-not *");
	world_close(&w);
}

static void a_destination_that_takes_nothing_is_told(void)
{
	struct rs_progress *p;

	begin(true);
	p = world_synchronizing();
	snprintf(p->source_position, sizeof p->source_position, "binlog.000413:9000");
	p->source_behind_bytes = 5000;
	p->checkpoint = p->taken - 12 * RS_USEC_PER_SEC; /* what came then was all that there was, for four seconds */
	p->lag = 8 * RS_USEC_PER_SEC;
	p->rows_per_sec = 0;
	world_status(&w, "shop", RS_STATE_SYNCHRONIZING, true, p);
	world_tasks(&w);
	world_run(&w, "/ \"shop\" Enter Enter\n:wait-idle\n:expect-screen live\n:wait the destination has taken nothing for 8.0s");
	world_close(&w);
}

static void a_task_that_has_failed_does_not_wait_for_its_destination(void)
{
	struct rs_progress *p;

	begin(true);
	p = world_synchronizing();
	snprintf(p->source_position, sizeof p->source_position, "binlog.000413:9000");
	p->checkpoint = p->taken - 12 * RS_USEC_PER_SEC;
	p->rows_per_sec = 0;
	world_status(&w, "shop", RS_STATE_FAILED, true, p);
	world_tasks(&w);
	world_run(&w, "/ \"shop\" Enter Enter\n:wait-idle\n:expect-screen live\n:wait Synchronization failed\n:expect-not has taken nothing");
	world_close(&w);
}

static void the_minutes_of_a_maximum_are_those_that_were_measured(void)
{
	struct rs_series *lag;

	begin(true);
	world_tasks(&w);
	lag = &w.app.watches.items[w.app.watches.count - 2]->lag;
	for (lag->count = 0; lag->count < 160; lag->count++)
		lag->values[lag->count] = lag->count < 100 ? (double)NAN : 0.02;
	world_run(&w, "/ \"shop\" Enter Enter\n:wait-idle\n:expect-screen live\n:expect , 1 min");
	for (; lag->count < 161; lag->count++)
		lag->values[lag->count] = 0.02;
	world_run(&w, "Space\n:expect , 2 min");
	world_close(&w);
}

static void the_list_of_regions_leads_back_to_the_tasks(void)
{
	begin(true);
	world_tasks(&w);
	world_run(&w, "R\n:expect cn-hangzhou\nEsc\n:expect-focus tasks\nR Enter\n:expect-focus tasks\nR Down Enter\n:expect-focus tasks\n:expect 5 of 6 shown");
	world_close(&w);
}

static void tab_goes_through_the_buttons_of_a_question(void)
{
	begin(true);
	world_tasks(&w);
	world_run(&w, "Home Down\n:wait-idle\nx\n:wait-idle\n:expect Stop \nTab Enter\n:wait-idle");
	UNIT_STR(fake_commanded(), "stop");
	world_close(&w);
}

/* --- tasks at work ------------------------------------------------------------------------------------- */

static void another_process_is_commanded(void)
{
	begin(true);
	world_tasks(&w);
	world_run(&w, "/ \"shop\" Enter p\n:wait-idle\n:expect shop: paused.");
	UNIT_STR(fake_commanded(), "pause");
	world_run(&w, "r\n:expect Start: it is at work already");
	UNIT_STR(fake_commanded(), "pause");
	world_close(&w);
}

static void start_here(void)
{
	world_status(&w, "ledger", RS_STATE_STOPPED, false, NULL);
	fake_engine_progress(world_synchronizing());
	world_tasks(&w);
	world_run(&w, "/ \"ledger\" Enter r\n:wait-idle\n:expect-screen live");
	CU_ASSERT_EQUAL(fake_engines(), 1);
}

static void leaving_asks_while_a_task_runs_here(void)
{
	begin(true);
	start_here();
	world_run(&w, "q\n:expect Leave rds-sync?\n:expect ledger\nEsc\n:expect-screen live");
	UNIT_STR(fake_commanded(), "");
	world_run(&w, "q Right Right Enter");
	UNIT_STR(fake_commanded(), "stop");
	world_close(&w);
}

static void a_stop_is_asked_and_the_task_can_be_started_again(void)
{
	begin(true);
	start_here();
	world_run(&w, "x\n:expect Stop ledger?\nEnter\n:expect-screen live");
	UNIT_STR(fake_commanded(), "");
	world_run(&w, "x Right Enter");
	UNIT_STR(fake_commanded(), "stop");
	world_sleep(2 * RS_USEC_PER_SEC);
	world_run(&w, ":wait-idle");
	CU_ASSERT_EQUAL(fake_engines(), 0);
	world_run(&w, "r\n:wait-idle");
	CU_ASSERT_EQUAL(fake_engines(), 1);
	world_close(&w);
}

static void a_task_that_has_stopped_is_not_told_to_be_stopping(void)
{
	begin(true);
	start_here();
	world_run(&w, "x Right Enter");
	world_sleep(2 * RS_USEC_PER_SEC);
	world_run(&w, ":wait-idle\nEsc\n:expect-screen tasks\n:wait-idle\n:expect-not Stopping");
	world_close(&w);
}

/* What could not be ended goes on being commanded. */
static void a_release_that_failed_can_be_tried_again(void)
{
	struct rs_progress *p;

	begin(true);
	start_here();
	fake_engine_stays();
	world_run(&w, "e\n:expect Release ledger?\n\"ledger\" Enter\n:wait-idle\n:expect Stopping");
	UNIT_STR(fake_commanded(), "release");
	p = world_synchronizing();
	p->state = RS_STATE_FAILED;
	fake_engine_progress(p);
	world_sleep(2 * RS_USEC_PER_SEC);
	world_run(&w, ":wait-idle\n:expect-not Stopping\nr\n:wait-idle");
	UNIT_STR(fake_commanded(), "resume");
	world_close(&w);
}

static void a_release_takes_the_typed_name(void)
{
	begin(true);
	start_here();
	world_run(&w, "e\n:expect Release ledger?\n\"shop\" Enter\n:expect-screen dialog\n^U \"ledger\" Enter\n:wait-idle");
	UNIT_STR(fake_commanded(), "release");
	world_close(&w);
}

static void a_frozen_picture_stays_while_the_task_goes_on(void)
{
	struct rs_progress *p;

	begin(true);
	start_here();
	world_run(&w, ":expect binlog.000412:88120334\nSpace\n:expect frozen");
	p = world_synchronizing();
	snprintf(p->source_position, sizeof p->source_position, "binlog.000413:4");
	fake_engine_progress(p);
	world_sleep(RS_USEC_PER_SEC);
	world_run(&w, ":wait-idle\n:expect binlog.000412:88120334\nSpace\n:wait-idle\n:expect binlog.000413:4");
	world_close(&w);
}

static void a_task_file_that_can_not_be_read_is_listed_with_its_reason(void)
{
	begin(true);
	world_tasks(&w);
	world_run(&w, "Home\n:expect broken\n:expect Unreadable\n:expect RS-1004\nEnter\n:expect-screen tasks\n:expect mend it with an editor");
	world_close(&w);
}

static void a_task_is_deleted_by_its_typed_name(void)
{
	begin(true);
	world_status(&w, "ledger", RS_STATE_NOT_STARTED, false, NULL);
	world_tasks(&w);
	world_run(&w, "/ \"shop\" Enter D\n:expect Delete: it is running; stop it first");
	world_run(&w, "/ ^U \"ledger\" Enter D\n:expect Delete ledger?\n\"ledger\" Enter\n:wait-idle\n/ ^U Enter\n:wait-idle");
	SHOWS_NOT("ledger");
	world_close(&w);
}

static void a_deleted_task_does_not_come_back_with_an_older_scan(void)
{
	struct rs_watches *watches = &w.app.watches;
	char *path;

	begin(true);
	world_tasks(&w);
	path = rs_xstrdup(watches->items[watches->count - 2]->path);
	rs_watches_scan(watches);
	rs_watches_remove(watches, rs_watches_find(watches, path));
	while (watches->scanning)
		(void)rs_loop_step(w.loop);
	CU_ASSERT_PTR_NULL(rs_watches_find(watches, path));
	free(path);
	world_close(&w);
}

/* Nobody is told that there are no tasks before somebody has looked. */
static void a_list_that_is_not_read_yet_does_not_teach(void)
{
	begin(true);
	while (w.app.watches.scanning)
		(void)rs_loop_step(w.loop);
	while (w.app.watches.count > 0)
		rs_watches_remove(&w.app.watches, w.app.watches.items[0]);
	w.app.watches.scanned = false;
	w.app.watches.scanning = true; /* until it is done below nobody begins another one */
	rs_tasks_open(&w.app);
	world_run(&w, ":expect The tasks are being read.\n:expect-not to begin");
	rs_watches_scan_now(&w.app.watches);
	world_run(&w, ":wait-idle\n:expect shop\n:expect-not are being read");
	world_close(&w);
}

static void the_list_follows_region_and_state(void)
{
	begin(true);
	world_tasks(&w);
	world_run(&w, "S \"trouble\" Enter\n:wait-idle\n:expect 2 of 6 shown\n:expect orders-dr\n:expect-not shop");
	world_run(&w, "S \"all\" Enter R \"hang\" Enter\n:wait-idle\n:expect 5 of 6 shown\n:expect-not broken");
	world_close(&w);
}

static void a_note_is_shown_with_its_task_and_found(void)
{
	begin(true);
	world_write_task(&w, "noted", "[task]\nname = noted\nid = 5c5e6f1e-6e0f-4f2c-9b1c-0d7d4c1f9a77\nnote = until the audit\n");
	world_tasks(&w);
	rs_watches_scan_now(&w.app.watches);
	world_run(&w, ":wait-idle\n/ \"audit\" Enter\n:wait-idle\n:expect 1 of 7 shown\n:expect · until the audit");
	world_close(&w);
}

static void a_terminal_that_is_too_small_says_so_and_nothing_is_lost(void)
{
	begin(true);
	world_wizard(&w, "shop");
	world_run(&w, "\"-new\"\n:resize 10 40\n:expect needs 80x24\n:resize 24 80\n:expect shop-new");
	world_close(&w);
}

/* What two lines have no room for. */
static void help_that_is_cut_is_whole_above_the_keys(void)
{
	world_open(&w, 16, 60, false, true);
	world_wizard(&w, "shop");
	world_run(&w, "^N ^N\n:wait-idle");
	CU_ASSERT_TRUE(rs_widget_focus(rs_loop_top(w.loop)->root, rs_widget_find(rs_loop_top(w.loop)->root, "existing_tables")));
	world_run(&w, "^L\n:expect Tables that exist at the destination.\n:expect-not changes overwrite them.");
	world_run(&w, "?\n:expect-screen help\n:expect changes overwrite them.\n:expect Filter:\nEsc\n:expect-not changes overwrite them.");
	world_close(&w);
}

static void the_plan_is_looked_through(void)
{
	begin(true);
	world_wizard(&w, "shop");
	world_run(&w, "^N ^N ^N\n:expect-screen wizard-review\n/ \"crm\" Enter\n:wait-idle\n:expect crm, the whole database\n/ ^U \"task file\" Enter\n:wait-idle\n:expect Task file");
	world_run(&w, "N\n:expect Nothing above has \"task file\"\nn\n:expect Nothing below has\n/ ^U \"Read from\" Enter\n:wait-idle\n:expect Read from");
	world_close(&w);
}

static void every_screen_helps(void)
{
	begin(true);
	world_wizard(&w, "crm-events");
	world_run(&w, "F1\n:expect-screen help\nEsc\n:expect-screen wizard-form\n^N ?\n:expect-screen help\nEsc ^N F1\n:expect-screen help");
	world_close(&w);
}

/* --- the page of keys ---------------------------------------------------------------------------------------- */

#define KEYS_PAGE "../../../man/rds-sync-keys.7"

static const struct rs_keymap *shown_keys(const char *script)
{
	world_run(&w, script);
	return rs_loop_top(w.loop)->ops->keymap;
}

/* All screens' tables, in the order in which one meets them. */
static void write_page(struct rs_buf *out)
{
	const struct rs_keymap *maps[17] = {&rs_keymap_universal, &rs_keymap_widgets};
	size_t n = 2;

	begin(true);
	fake_findings(&warning, 1, true);
	world_status(&w, "shop", RS_STATE_SYNCHRONIZING, true, world_stopped());
	world_tasks(&w);
	maps[n++] = shown_keys("");
	maps[n++] = shown_keys("/ \"shop\" Enter Enter\n:wait-idle\n:expect-screen live");
	maps[n++] = shown_keys("T\n:wait-idle\n:expect-screen tables");
	maps[n++] = shown_keys("Esc t\n:wait-idle\n:expect-screen trouble");
	maps[n++] = shown_keys("L\n:wait-idle\n:expect-screen log");
	maps[n++] = shown_keys("Esc W\n:wait-idle\n:expect-screen why");
	maps[n++] = shown_keys("Esc Esc z\n:wait-idle\n:expect-screen graph");
	maps[n++] = shown_keys("Esc h\n:wait-idle\n:expect-screen history");
	maps[n++] = shown_keys("Esc v\n:wait-idle\nEnter\n:wait-idle\n:expect-screen compare");
	world_wizard(&w, "crm-events");
	maps[n++] = shown_keys(":expect-screen wizard-form");
	maps[n++] = shown_keys("^N\n:wait-idle\n:expect-screen wizard-objects");
	maps[n++] = shown_keys("b\n:wait-idle\n:expect-screen wizard-batch");
	maps[n++] = shown_keys("Esc\n:wait-idle\n^N ^N\n:wait-idle\n:expect-screen wizard-review");
	maps[n++] = shown_keys("^N\n:wait-idle\n:expect-screen wizard-precheck");
	for (size_t i = 0; rs_screen_keymaps[i]; i++) /* they are all that keys.ini can change */
		CU_ASSERT_PTR_EQUAL(rs_screen_keymaps[i], maps[i ? i + 1 : 0]);
	(void)rs_buf_adds(out, ".\\\" Written by tests/ui/test_app_keys with RS_UPDATE_GOLDEN=1, from the tables that the program itself obeys.\n"
	                       ".TH RDS\\-SYNC\\-KEYS 7 \"\" \"rds\\-sync\" \"\"\n.SH NAME\nrds\\-sync\\-keys \\- keys of the full\\-screen program\n"
	                       ".SH DESCRIPTION\nThe key bar below each screen names the keys that work there and then, and\n.B ?\n"
	                       "lists all of them, with the reason where one does not work. No action needs a function key: F1 to F12 are\n"
	                       "second keys for terminals that have them. \\(haX is Ctrl\\-X.\n");
	rs_keymap_man(maps, n, out);
	(void)rs_buf_adds(out, ".SH KEYS OF YOUR OWN\n.I keys.ini\nin the configuration directory\n.RI ( $XDG_CONFIG_HOME/rds\\-sync ,\n"
	                       ".IR ~/.config/rds\\-sync ,\nof root\n.IR /etc/rds\\-sync )\ngives actions other keys, by their names above. Several are "
	                       "separated by blanks; those that an action had\nbefore are gone. An action is the same, under one name, on every screen "
	                       "that has it.\n.PP\n.nf\n[keys]\npause\\-task = P F5\nstop\\-task = X F8\n.fi\n.PP\nKeys are written as above: "
	                       "a character, F5, Enter, Esc, Space, Tab, PgUp, Insert, \\(haX, Alt\\-x. Those that move in\nlists can't be taken, each "
	                       "action needs one that every terminal sends, and no screen may have one key for two things.\nWhere the file says "
	                       "something else the program tells its line when it starts, and has its own keys.\n");
	(void)rs_buf_adds(out, ".SH SEE ALSO\n.BR rds\\-sync (1)\n");
	world_run(&w, "Esc");
	world_close(&w);
}

static void the_page_of_keys_is_what_the_program_obeys(void)
{
	struct rs_buf page = RS_BUF_INIT;

	write_page(&page);
	ui_golden_text(rs_buf_str(&page), KEYS_PAGE);
	rs_buf_release(&page);
}

UNIT_MAIN(UNIT_TEST(the_page_of_keys_is_what_the_program_obeys), UNIT_TEST(going_back_checks_nothing_and_loses_nothing), UNIT_TEST(going_on_names_what_is_wrong_and_goes_there),
          UNIT_TEST(what_is_asked_in_place_of_an_answer_comes_next), UNIT_TEST(typing_replaces_a_default_and_goes_on_with_an_answer),
          UNIT_TEST(a_draft_is_saved_without_its_passwords), UNIT_TEST(a_draft_keeps_what_does_not_apply_now),
          UNIT_TEST(files_of_the_program_are_edited_and_hold_at_once),
          UNIT_TEST(an_address_that_is_pasted_is_taken_apart), UNIT_TEST(what_can_not_stand_in_its_field_is_not_pasted_in_silence), UNIT_TEST(a_password_that_a_file_has_already_stays),
          UNIT_TEST(a_task_that_has_begun_keeps_its_region_names_and_file), UNIT_TEST(a_test_of_a_connection_can_be_given_up),
          UNIT_TEST(a_server_that_answers_and_can_not_serve_gets_no_tick), UNIT_TEST(the_file_is_called_as_the_task_is), UNIT_TEST(the_file_of_a_draft_that_was_opened_again_is_called_as_the_task_is),
          UNIT_TEST(production_is_written_to_only_when_its_name_was_typed), UNIT_TEST(a_start_with_something_missing_goes_there),
          UNIT_TEST(hidden_marks_are_counted), UNIT_TEST(each_change_of_the_selection_can_be_undone),
          UNIT_TEST(a_column_is_renamed_and_what_is_renamed_is_selected),
          UNIT_TEST(a_column_is_left_out_and_comes_back), UNIT_TEST(a_table_has_kinds_of_changes_of_its_own),
          UNIT_TEST(a_name_that_can_not_be_is_refused_with_its_reason), UNIT_TEST(a_source_that_does_not_answer_says_why),
          UNIT_TEST(what_the_objects_lack_is_added_by_one_key), UNIT_TEST(what_is_no_matter_of_the_task_is_not_mended_from_here),
          UNIT_TEST(what_is_ignored_is_noted_and_the_task_starts), UNIT_TEST(what_can_not_be_ignored_is_not),
          UNIT_TEST(a_report_has_nothing_that_a_terminal_could_misread), UNIT_TEST(another_process_is_commanded),
          UNIT_TEST(leaving_asks_while_a_task_runs_here), UNIT_TEST(a_stop_is_asked_and_the_task_can_be_started_again),
          UNIT_TEST(a_task_that_has_stopped_is_not_told_to_be_stopping),
          UNIT_TEST(a_release_that_failed_can_be_tried_again),
          UNIT_TEST(a_release_takes_the_typed_name), UNIT_TEST(a_frozen_picture_stays_while_the_task_goes_on),
          UNIT_TEST(typing_goes_on_while_a_draft_is_written), UNIT_TEST(drafts_of_a_new_task_go_to_one_file_in_their_order),
          UNIT_TEST(a_scan_does_not_bring_back_what_is_being_written_over),
          UNIT_TEST(what_was_typed_is_written_when_the_program_ends_meanwhile),
          UNIT_TEST(nothing_goes_on_before_the_task_is_written), UNIT_TEST(typing_goes_on_while_a_file_is_looked_for),
          UNIT_TEST(one_goes_on_when_the_file_was_found),
          UNIT_TEST(the_list_of_regions_leads_back_to_the_tasks), UNIT_TEST(a_destination_that_takes_nothing_is_told),
          UNIT_TEST(a_task_that_has_failed_does_not_wait_for_its_destination),
          UNIT_TEST(the_minutes_of_a_maximum_are_those_that_were_measured),
          UNIT_TEST(what_was_skipped_was_not_checked), UNIT_TEST(a_heading_has_something_below_it),
          UNIT_TEST(a_table_that_is_missing_is_told_as_one),
          UNIT_TEST(a_table_of_a_task_that_ended_has_no_rate), UNIT_TEST(tables_to_which_nothing_happens_have_a_rate_of_none), UNIT_TEST(tab_goes_through_the_buttons_of_a_question),
          UNIT_TEST(a_task_file_that_can_not_be_read_is_listed_with_its_reason), UNIT_TEST(a_task_is_deleted_by_its_typed_name),
          UNIT_TEST(a_deleted_task_does_not_come_back_with_an_older_scan), UNIT_TEST(a_list_that_is_not_read_yet_does_not_teach), UNIT_TEST(the_list_follows_region_and_state), UNIT_TEST(a_note_is_shown_with_its_task_and_found), UNIT_TEST(a_terminal_that_is_too_small_says_so_and_nothing_is_lost),
          UNIT_TEST(the_plan_is_looked_through), UNIT_TEST(help_that_is_cut_is_whole_above_the_keys), UNIT_TEST(every_screen_helps))
