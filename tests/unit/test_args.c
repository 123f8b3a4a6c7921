#include "cli/args.h"
#include "unit.h"

#include <stdarg.h>
#include <stdlib.h>
#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "check/check.h"
#include "cli/line.h"
#include "engine/report/progress.h"
#include "model/task.h"

/* ------------------------------------------------------------------ parsing */

static char *words[16];
static struct rs_cli cli;
static struct rs_err err;

/* Parses "run\0TASK" given as separate arguments, NULL-ended. */
static enum rs_rc parse(const char *first, ...)
{
	va_list ap;
	int argc = 1;

	rs_err_clear(&err);
	rs_cli_release(&cli);
	words[0] = (char *)(uintptr_t)"rds-sync";
	va_start(ap, first);
	for (const char *w = first; w && argc < 15; w = va_arg(ap, const char *))
		words[argc++] = (char *)(uintptr_t)w;
	va_end(ap);
	words[argc] = NULL;
	return rs_cli_parse(&cli, argc, words, &err);
}

static void without_words_the_screens_are_meant(void)
{
	UNIT_INT(parse(NULL), RS_OK);
	CU_ASSERT_PTR_NULL(cli.command);
	UNIT_INT(parse("--ascii", "--color=never", NULL), RS_OK);
	CU_ASSERT_PTR_NULL(cli.command);
	CU_ASSERT_TRUE(cli.ascii);
	UNIT_INT(cli.color, RS_COLOR_NEVER);
}

static void commands_of_one_and_of_two_words(void)
{
	UNIT_INT(parse("run", "shop", NULL), RS_OK);
	UNIT_STR(cli.command->name, "run");
	UNIT_STR(cli.operands[0], "shop");
	UNIT_INT(parse("task", "show", "shop", NULL), RS_OK);
	UNIT_STR(cli.command->name, "task show");
	UNIT_STR(cli.operands[0], "shop");
	UNIT_INT(parse("form", "lint", NULL), RS_OK);
	UNIT_STR(cli.command->name, "form lint");
	UNIT_INT(cli.n_operands, 0);
}

static void options_stand_anywhere(void)
{
	UNIT_INT(parse("--log-level", "debug", "run", "--until=synchronized", "shop", "--skip-precheck-warnings", "--ascii",
	               NULL), RS_OK);
	UNIT_INT(cli.log_level, RS_LOG_DEBUG);
	CU_ASSERT_TRUE(cli.log_level_given);
	CU_ASSERT_TRUE(cli.ascii);
	UNIT_STR(rs_cli_value(&cli, "until"), "synchronized");
	CU_ASSERT_TRUE(rs_cli_flag(&cli, "skip-precheck-warnings"));
	CU_ASSERT_FALSE(rs_cli_flag(&cli, "json"));
	UNIT_INT(cli.n_operands, 1);
	UNIT_STR(cli.operands[0], "shop");
}

static void the_wizard_is_the_full_screen_programs(void)
{
	UNIT_INT(parse("--wizard", "shop.ini", NULL), RS_OK);
	CU_ASSERT_PTR_NULL(cli.command);
	UNIT_STR(rs_cli_value(&cli, "wizard"), "shop.ini");
	UNIT_INT(parse("--view", NULL), RS_OK);
	CU_ASSERT_TRUE(rs_cli_flag(&cli, "view"));
	UNIT_INT(parse("--wizard=shop.ini", "status", NULL), RS_FAIL);
	UNIT_INT(parse("status", "--wizard=shop.ini", NULL), RS_FAIL);
}

static void what_follows_two_dashes_is_an_operand(void)
{
	UNIT_INT(parse("run", "--", "--strange", NULL), RS_OK);
	UNIT_STR(cli.operands[0], "--strange");
}

static void repeated_options_keep_their_order(void)
{
	UNIT_INT(parse("task", "new", "--flow=zero-etl", "--set", "a.b=1", "c.d=2", "--set=e.f=3=4", NULL), RS_OK);
	UNIT_INT(cli.n_values, 3);
	UNIT_STR(cli.values[1].value, "a.b=1");
	UNIT_STR(cli.values[2].value, "e.f=3=4");
	UNIT_INT(cli.n_operands, 1);
	UNIT_STR(cli.operands[0], "c.d=2");
}

static void check_refused(const char *text, const char *hint)
{
	UNIT_INT(err.code, RS_E_USAGE);
	UNIT_STR(err.primary, text);
	CU_ASSERT_PTR_NOT_NULL(err.hint ? strstr(err.hint, hint) : NULL);
}

static void wrong_use_is_named_with_a_way_to_help(void)
{
	UNIT_INT(parse("dance", NULL), RS_FAIL);
	check_refused("there is no command \"dance\"", "rds-sync --help");
	UNIT_INT(parse("task", NULL), RS_FAIL);
	check_refused("\"task\" needs one word more", "rds-sync --help");
	UNIT_INT(parse("task", "dance", NULL), RS_FAIL);
	check_refused("there is no command \"task dance\"", "rds-sync --help");
	UNIT_INT(parse("run", NULL), RS_FAIL);
	check_refused("\"run\" needs TASK", "rds-sync run --help");
	UNIT_INT(parse("run", "a", "b", NULL), RS_FAIL);
	check_refused("\"run\" can't do anything with \"b\"", "rds-sync run --help");
	UNIT_INT(parse("status", "--until=synchronized", NULL), RS_FAIL);
	check_refused("\"status\" has no option --until=synchronized", "rds-sync status --help");
	UNIT_INT(parse("--dance", NULL), RS_FAIL);
	check_refused("there is no option --dance", "rds-sync --help");
	UNIT_INT(parse("run", "a", "--until", NULL), RS_FAIL);
	check_refused("--until needs a value", "rds-sync run --help");
	UNIT_INT(parse("status", "--json=yes", NULL), RS_FAIL);
	check_refused("--json takes no value", "rds-sync status --help");
	UNIT_INT(parse("status", "--json", "--json", NULL), RS_FAIL);
	check_refused("--json is given twice", "rds-sync status --help");
	UNIT_INT(parse("status", "--log-level=loud", NULL), RS_FAIL);
	check_refused("--log-level can't be \"loud\"", "error, warn, info, debug, trace");
	UNIT_INT(parse("status", "--log-format=xml", NULL), RS_FAIL);
	check_refused("--log-format can't be \"xml\"", "text, json");
}

static void help_needs_no_operands(void)
{
	UNIT_INT(parse("run", "--help", NULL), RS_OK);
	CU_ASSERT_TRUE(cli.help);
	UNIT_STR(cli.command->name, "run");
	UNIT_INT(parse("--help", "run", NULL), RS_OK);
	UNIT_STR(cli.command->name, "run");
	UNIT_INT(parse("--version", NULL), RS_OK);
	CU_ASSERT_TRUE(cli.version);
}

/* ------------------------------------------------------------------ the documents */

static char *read_document(const char *name)
{
	struct rs_buf b = RS_BUF_INIT;
	const char *dir = getenv("RS_SRCDIR");
	char part[4096], *path = rs_xprintf("%s/%s", dir ? dir : ".", name);
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		printf("# no %s: run it from the source directory or set RS_SRCDIR\n", path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	free(path);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		rs_buf_add(&b, part, n);
	fclose(f);
	return rs_buf_take(&b);
}

static void expect(const char *text, char *wanted)
{
	if (!strstr(text, wanted))
		printf("# missing: %s\n", wanted);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, wanted));
	free(wanted);
}

static const char *section_of(const char *text, const char *command)
{
	char *head = rs_xprintf("\n.Ss %s\n", command);
	const char *at = strstr(text, head);

	free(head);
	return at;
}

static void the_man_page_has_every_command_and_option(void)
{
	char *page = read_document("man/rds-sync.1");

	for (const struct rs_cli_option *o = rs_cli_globals; o->name; o++)
		expect(page, rs_xprintf(o->arg ? "\n.It Fl -%s Ns = Ns Ar %s\n" : "\n.It Fl -%s\n", o->name, o->arg));
	for (const struct rs_cli_command *c = rs_cli_commands; c->name; c++) {
		const char *at = section_of(page, c->name);
		char *end, *part;

		if (!at)
			printf("# no section for %s\n", c->name);
		CU_ASSERT_PTR_NOT_NULL_FATAL(at);
		end = strstr(at + 1, "\n.Ss ");
		part = end ? rs_xstrndup(at, (size_t)(end - at)) : rs_xstrdup(at);
		for (const struct rs_cli_option *o = c->options; o && o->name; o++)
			expect(part, rs_xprintf("\n.It Fl -%s", o->name));
		free(part);
	}
	free(page);
}

static void the_man_page_has_no_command_that_is_not_there(void)
{
	char *page = read_document("man/rds-sync.1");
	size_t sections = 0, commands = 0;

	for (const char *at = page; (at = strstr(at, "\n.Ss ")) != NULL; at++)
		sections++;
	for (const struct rs_cli_command *c = rs_cli_commands; c->name; c++)
		commands++;
	UNIT_INT(sections, commands);
	free(page);
}

static void the_man_page_of_tasks_has_every_key(void)
{
	char *page = read_document("man/rds-sync-task.5");

	for (const struct rs_task_key *k = rs_task_keys(); k->section; k++)
		expect(page, rs_xprintf("\n.It Cm %s", k->key));
	free(page);
}

/* The words in backquotes at the start of a table's row. */
static void expect_words_of_row(const char *page, const char *row)
{
	const char *end = row + strcspn(row + 1, "|\n") + 1;

	for (const char *at = strchr(row, '`'); at && at < end; at = strchr(at, '`')) {
		size_t n = strcspn(++at, "`");

		expect(page, rs_xprintf("Cm %.*s", (int)strcspn(at, " `"), at));
		at += n + 1;
	}
}

static void the_man_page_of_forms_has_what_the_reference_has(void)
{
	char *page = read_document("man/rds-sync-form.5"), *reference = read_document("forms/README.md");
	unsigned rows = 0;

	for (const char *row = reference; (row = strstr(row, "\n| ")) != NULL; rows++)
		expect_words_of_row(page, ++row);
	CU_ASSERT_TRUE(rows > 20);
	free(page);
	free(reference);
}

static void the_man_page_has_every_error_code(void)
{
	char *page = read_document("man/rds-sync.1");

#define X(number, symbol, title) expect(page, rs_xprintf("\n.It RS-%d\n", number));
	RS_ERR_CODES(X)
#undef X
	free(page);
}

static size_t count_of(const char *text, const char *wanted)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, wanted)) != NULL; at++)
		n++;
	return n;
}

static void the_man_page_has_no_error_code_that_is_not_there(void)
{
	char *page = read_document("man/rds-sync.1");
	size_t codes = 0;

#define X(number, symbol, title) codes++;
	RS_ERR_CODES(X)
#undef X
	UNIT_INT(count_of(page, "\n.It RS-"), codes);
	free(page);
}

/* The words below an item of a list, up to the next. */
static char *item_of(const char *page, const char *name)
{
	char *head = rs_xprintf("\n.It %s\n", name);
	const char *at = strstr(page, head), *end;

	if (!at)
		printf("# not in the page: %s\n", name);
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	at += strlen(head);
	end = strstr(at, "\n.");
	free(head);
	return rs_xstrndup(at, (size_t)(end - at));
}

static void check_is_described(const char *page, const struct rs_check *c)
{
	char *text = item_of(page, c->code);
	bool ignorable = strstr(text, "\nIgnorable.") != NULL;

	if (ignorable != c->ignorable)
		printf("# ignorable or not: %s\n", c->code);
	UNIT_INT(ignorable, c->ignorable);
	CU_ASSERT_TRUE(strcspn(text, "\n") > 0);
	free(text);
}

static bool is_check_of(const char *flow, const char *code)
{
	for (const struct rs_check *c = rs_checks_for_flow(flow); c->code; c++)
		if (strcmp(c->code, code) == 0)
			return true;
	return false;
}

static bool is_new(const char *const *flows, size_t before, const char *code)
{
	for (size_t i = 0; i < before; i++)
		if (is_check_of(flows[i], code))
			return false;
	return true;
}

static void the_man_page_has_every_check_and_tells_which_may_be_ignored(void)
{
	static const char *const flows[] = {"mysql-to-mysql", "mysql-to-datahub", "mysql-to-kafka", "mysql-to-postgresql",
	                                   "postgresql-to-analyticdb-postgresql"};
	char *page = read_document("man/rds-sync.1");
	size_t checks = 0;

	for (size_t i = 0; i < sizeof flows / sizeof *flows; i++)
		for (const struct rs_check *c = rs_checks_for_flow(flows[i]); c->code; c++) {
			check_is_described(page, c);
			checks += is_new(flows, i, c->code);
		}
	UNIT_INT(count_of(page, "\n.It CHECK_"), checks);
	free(page);
}

static void help_names_every_command(void)
{
	char *help = rs_cli_help(NULL);

	for (const struct rs_cli_command *c = rs_cli_commands; c->name; c++)
		expect(help, rs_cli_synopsis(c));
	free(help);
}

static void lines_of_help_fit_a_terminal(void)
{
	for (const struct rs_cli_command *c = rs_cli_commands; c->name; c++) {
		char *help = rs_cli_help(c);

		for (const char *line = help; *line; line += strcspn(line, "\n") + 1)
			CU_ASSERT_TRUE(rs_utf8_width(line, strcspn(line, "\n")) <= 100);
		free(help);
	}
}

/* ------------------------------------------------------------------ the line of progress */

static void check_line(const struct rs_progress *p, const char *expected)
{
	struct rs_buf b = RS_BUF_INIT;

	rs_line_progress(&b, p);
	UNIT_STR(rs_buf_str(&b), expected);
	rs_buf_release(&b);
}

static void the_line_tells_what_is_measured_and_nothing_else(void)
{
	struct rs_progress *p = rs_progress_new(RS_STATE_INITIALIZING);

	check_line(p, "Initializing");
	p->phases[RS_PHASE_SCHEMA] = (struct rs_phase){.state = RS_PHASE_RUNNING, .done = 12, .total = 61};
	check_line(p, "Initializing  schema 12 of 61 objects");
	p->phases[RS_PHASE_SCHEMA].state = RS_PHASE_DONE;
	p->phases[RS_PHASE_FULL] = (struct rs_phase){.state = RS_PHASE_RUNNING, .done = 5100000, .total = 12400000};
	check_line(p, "Initializing  full 5.1M of ~12.4M rows (41 %)");
	p->rows_per_sec = 84100;
	p->bytes_per_sec = 12300000;
	p->phases[RS_PHASE_FULL].done = 13000000; /* an estimate was too low */
	check_line(p, "Initializing  full 13.0M rows, 84.1k rows/s, 12.3 MB/s");
	rs_progress_unref(p);
}

static void the_line_says_when_the_destination_is_not_consistent(void)
{
	struct rs_progress *p = rs_progress_new(RS_STATE_SYNCHRONIZING);

	p->phases[RS_PHASE_INCREMENTAL].state = RS_PHASE_RUNNING;
	check_line(p, "Synchronizing  lag -, not yet consistent");
	p->consistent = true;
	p->lag = 20000;
	snprintf(p->applied_position, sizeof p->applied_position, "binlog.000412:88120334");
	check_line(p, "Synchronizing  lag 0.02s, binlog.000412:88120334");
	p->state = RS_STATE_STOPPED; /* what was measured is no longer so */
	check_line(p, "Stopped, resumable");
	p->state = RS_STATE_SYNCHRONIZING;
	snprintf(p->note, sizeof p->note, "waiting");
	check_line(p, "Synchronizing  lag 0.02s, binlog.000412:88120334; waiting");
	rs_progress_unref(p);
}

UNIT_MAIN(UNIT_TEST(without_words_the_screens_are_meant), UNIT_TEST(commands_of_one_and_of_two_words),
          UNIT_TEST(options_stand_anywhere), UNIT_TEST(the_wizard_is_the_full_screen_programs), UNIT_TEST(what_follows_two_dashes_is_an_operand),
          UNIT_TEST(repeated_options_keep_their_order), UNIT_TEST(wrong_use_is_named_with_a_way_to_help),
          UNIT_TEST(help_needs_no_operands), UNIT_TEST(the_man_page_has_every_command_and_option),
          UNIT_TEST(the_man_page_has_no_command_that_is_not_there), UNIT_TEST(the_man_page_of_tasks_has_every_key),
          UNIT_TEST(the_man_page_of_forms_has_what_the_reference_has),
          UNIT_TEST(the_man_page_has_every_error_code), UNIT_TEST(the_man_page_has_no_error_code_that_is_not_there),
          UNIT_TEST(the_man_page_has_every_check_and_tells_which_may_be_ignored), UNIT_TEST(help_names_every_command),
          UNIT_TEST(lines_of_help_fit_a_terminal), UNIT_TEST(the_line_tells_what_is_measured_and_nothing_else),
          UNIT_TEST(the_line_says_when_the_destination_is_not_consistent))
