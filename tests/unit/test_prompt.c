#include "cli/prompt.h"

#include "base/file.h"
#include "base/mem.h"
#include "form/form_lint.h"
#include "model/paths.h"
#include "screen/form_binding.h"
#include "unit.h"

static struct rs_forms *forms;
static struct rs_form_registry names;
static struct rs_registry instances;
static struct rs_form_state *state;
static struct rs_task *task;
static char *output;

static const char *const two_instances = "[rm-src]\nregion = cn-hangzhou\nengine = mysql\nhost = 10.0.0.11\n"
					 "[rm-dst]\nregion = cn-beijing\nengine = mysql\nhost = 10.0.0.12\n"
					 "[pg-1]\nregion = cn-shanghai\nengine = postgresql\nhost = 10.0.0.13\n";

static void forget_forms(void)
{
	rs_forms_free(forms);
}

/* The forms are read once: that takes longer than all the questions, and nothing changes them. */
static void open_wizard(const char *registry)
{
	char *path;

	setenv("XDG_CONFIG_HOME", unit_tmpdir(), 1);
	path = rs_xprintf("%s/instances.ini", unit_tmpdir());
	CU_ASSERT_EQUAL_FATAL(rs_file_write(path, registry, strlen(registry), 0600, NULL), RS_OK);
	if (!forms) {
		forms = rs_forms_load(NULL, NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(forms);
		atexit(forget_forms);
	}
	instances = (struct rs_registry)RS_REGISTRY_INIT;
	if (*registry)
		CU_ASSERT_EQUAL_FATAL(rs_registry_load(&instances, path, NULL), RS_OK);
	rs_form_registry_init(&names);
	rs_form_binding_register(&names, &instances);
	state = rs_form_state_new(rs_forms_flow(forms, "mysql-to-mysql"), &names);
	task = rs_task_new("mysql-to-mysql", NULL, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(task);
	free(path);
}

static void close_wizard(void)
{
	rs_task_free(task);
	rs_form_state_free(state);
	rs_form_registry_release(&names);
	rs_registry_release(&instances);
	free(output);
	output = NULL;
}

/* Runs the questions with the lines typed; what is written is in output. */
static enum rs_rc type_lines(const char *lines)
{
	char *copy = rs_xstrdup(lines);
	size_t size = 0;
	FILE *in = fmemopen(copy, strlen(copy), "r"), *out;
	enum rs_rc rc;

	free(output);
	output = NULL;
	out = open_memstream(&output, &size);
	CU_ASSERT_TRUE_FATAL(in && out);
	rc = rs_prompt_run(state, in, out);
	fclose(in);
	fclose(out);
	free(copy);
	return rc;
}

static void export_all(void)
{
	struct rs_form_binding binding;
	struct rs_form_store store;
	struct rs_err err = RS_ERR_INIT;

	rs_form_binding_init(&binding, task, true);
	store = rs_form_binding_store(&binding);
	CU_ASSERT_EQUAL(rs_form_state_export(state, &store, &err), RS_OK);
	UNIT_STR(err.primary, NULL);
	rs_err_clear(&err);
	rs_form_binding_release(&binding);
}

static void shows(const char *text)
{
	if (!strstr(output, text))
		printf("# not shown: %s\n", text);
	CU_ASSERT_TRUE(strstr(output, text) != NULL);
}

static void a_task_is_made_by_answering_questions(void)
{
	open_wizard("");
	/* name, type, host, port, account, password, connection - twice; objects; settings; review */
	UNIT_INT(type_lines("\nmy task\n\ndb1\n3307\ndts\nsecret one\n\n\ndb2\n\nroot\n\\-\n1\nshop -> copy\n! shop.log\n\n"
	                    "\n\nno\nignore\n\nyes\n"),
	         RS_OK);
	export_all();
	UNIT_STR(task->name, "my task");
	UNIT_STR(task->source.host, "db1");
	UNIT_INT(task->source.port, 3307);
	UNIT_STR(rs_secret_reveal(&task->source.password), "secret one");
	UNIT_STR(task->destination.account, "root");
	UNIT_INT(task->destination.port, 3306);
	UNIT_STR(rs_secret_reveal(&task->destination.password), "-");
	UNIT_STR(rs_selection_map_db(task->objects, "shop"), "copy");
	CU_ASSERT_FALSE(task->sync.incremental);
	UNIT_INT(task->sync.existing_tables, RS_EXISTING_IGNORE);
	CU_ASSERT_EQUAL(rs_task_check(task, NULL), RS_OK);
	CU_ASSERT_PTR_NULL(strstr(output, "secret one"));
	shows("Step 4 of 4: Review");
	shows("Database password: ***");
	close_wizard();
}

static void wrong_answers_are_explained_and_asked_again(void)
{
	open_wizard("");
	UNIT_INT(type_lines("\n\n7\n2\na b\ndb1\nx\n99999\n\n\n<\n\n?\ndts\n"), RS_CANCELLED);
	shows("\"7\" can't be chosen");
	shows("not a host name");
	shows("a number from 1 to 65535 is expected");
	shows("Port [3306]: ");
	shows("required");
	shows("Reads the selected objects");
	shows("Given up: nothing was written.");
	UNIT_STR(rs_form_answer(state, "source_host"), "db1");
	UNIT_STR(rs_form_answer(state, "source_account"), "dts");
	close_wizard();
}

static void going_back_checks_nothing_and_keeps_what_was_typed(void)
{
	open_wizard("");
	/* back from the port, which is not answered, to the host, the type and the name, and beyond the first question */
	UNIT_INT(type_lines("\nname\n\ndb1\n<\n<\n<\n<\n\n\n\n"), RS_CANCELLED);
	UNIT_STR(rs_form_answer(state, "name"), "name");
	UNIT_STR(rs_form_answer(state, "source_host"), "db1");
	shows("Host [db1]: ");
	close_wizard();
}

static void instances_of_the_registry_are_offered(void)
{
	struct rs_form_choices c;

	open_wizard(two_instances);
	UNIT_STR(rs_form_answer(state, "source_type"), "rds");
	rs_form_choices_get(state, rs_form_flow_field(rs_form_state_flow(state), "source_region"), &c);
	UNIT_INT(c.count, 2);
	UNIT_STR(c.items[0].value, "cn-hangzhou");
	rs_form_choices_release(&c);
	rs_form_choices_get(state, rs_form_flow_field(rs_form_state_flow(state), "source_instance"), &c);
	UNIT_INT(c.count, 3);
	UNIT_STR(c.items[2].value, "self-managed");
	rs_form_choices_release(&c);
	rs_form_set(state, rs_form_flow_field(rs_form_state_flow(state), "source_instance"), "rm-dst");
	UNIT_STR(rs_form_answer(state, "source_region"), "cn-beijing");
	CU_ASSERT_TRUE(strncmp(rs_form_answer(state, "name"), "rm-dst-", 7) == 0);
	rs_form_choices_get(state, rs_form_flow_field(rs_form_state_flow(state), "source_instance"), &c);
	UNIT_INT(c.count, 2);
	rs_form_choices_release(&c);
	rs_form_set(state, rs_form_flow_field(rs_form_state_flow(state), "source_instance"), "self-managed");
	UNIT_STR(rs_form_answer(state, "source_type"), "self-managed");
	UNIT_STR(rs_form_answer(state, "source_instance"), "");
	rs_form_set(state, rs_form_flow_field(rs_form_state_flow(state), "objects"), "# x\n`a b`.c\n");
	CU_ASSERT_TRUE(strncmp(rs_form_answer(state, "name"), "a b-", 4) == 0);
	export_all();
	UNIT_STR(task->source.instance, NULL);
	close_wizard();
}

static void an_instance_without_a_region_can_be_chosen(void)
{
	open_wizard("[rm-1]\nengine = mysql\nhost = a\n");
	rs_form_set(state, rs_form_flow_field(rs_form_state_flow(state), "source_instance"), "rm-1");
	UNIT_STR(rs_form_answer(state, "source_region"), "none");
	CU_ASSERT_EQUAL(rs_form_check_field(state, rs_form_flow_field(rs_form_state_flow(state), "source_region"), NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_form_check_field(state, rs_form_flow_field(rs_form_state_flow(state), "source_instance"), NULL), RS_OK);
	close_wizard();
}

static void import_from(const char *keys)
{
	struct rs_form_binding binding;
	struct rs_form_store store;
	char *path = rs_xprintf("%s/t.ini", unit_tmpdir()), *text = rs_xprintf("[task]\nflow = mysql-to-mysql\n%s", keys);

	rs_task_free(task);
	CU_ASSERT_EQUAL_FATAL(rs_file_write(path, text, strlen(text), 0600, NULL), RS_OK);
	task = rs_task_load(path, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(task);
	rs_form_binding_init(&binding, task, true);
	store = rs_form_binding_store(&binding);
	rs_form_state_created(state, true);
	rs_form_state_import(state, &store);
	rs_form_binding_release(&binding);
	free(path);
	free(text);
}

static void a_task_file_comes_back_as_it_was(void)
{
	open_wizard(two_instances);
	import_from("[source]\ninstance_type = rds\ninstance = rm-src\nregion = cn-hangzhou\naccount = a\npassword = pw\n"
	            "[destination]\nhost = h\npassword_env = PW\naccount = b\ninstance_type = self-managed\n"
	            "[sync]\nmemory = 1G\nddl = none\n"
	            "[objects]\ninclude = shop\nrename.1 = shop -> copy\n[precheck]\nignore = CHECK_A\n");
	UNIT_STR(rs_form_answer(state, "source_auth"), "typed");
	UNIT_STR(rs_form_answer(state, "source_password"), "pw");
	UNIT_STR(rs_form_answer(state, "destination_auth"), "env");
	UNIT_STR(rs_form_answer(state, "ddl"), "none");
	UNIT_STR(rs_form_answer(state, "objects"), "shop -> copy\n");
	CU_ASSERT_TRUE(rs_form_is_readonly(state, rs_form_flow_field(rs_form_state_flow(state), "source_region")));
	CU_ASSERT_EQUAL(rs_form_check_all(state, NULL, NULL, NULL), RS_OK);
	export_all();
	UNIT_STR(rs_secret_reveal(&task->source.password), "pw");
	UNIT_STR(task->destination.password_arg, "PW");
	UNIT_INT(task->sync.memory, 1 << 30);
	UNIT_INT(task->sync.ddl, 0);
	UNIT_STR(rs_task_get(task, "precheck.ignore"), "CHECK_A");
	UNIT_STR(rs_selection_map_db(task->objects, "shop"), "copy");
	close_wizard();
}

static void a_task_without_a_password_takes_the_client_s_own(void)
{
	open_wizard("");
	import_from("[source]\nhost = a\n[destination]\nhost = b\naccount = c\n[objects]\ninclude = shop\n");
	UNIT_STR(rs_form_answer(state, "source_auth"), "defaults");
	UNIT_STR(rs_form_answer(state, "destination_auth"), "defaults");
	CU_ASSERT_EQUAL(rs_form_check_all(state, NULL, NULL, NULL), RS_OK);
	close_wizard();
}

static void no_action(void *ctx, struct rs_form_state *s, const struct rs_form_field *f, const char *const *words,
                      size_t n_words)
{
	(void)ctx;
	(void)s;
	(void)f;
	(void)words;
	(void)n_words;
}

static void print_problem(void *ctx, const char *file, int line, const char *text)
{
	(void)ctx;
	printf("# %s:%d: %s\n", file, line, text);
}

static bool knows_key(const char *key)
{
	return rs_task_key_find(key) != NULL;
}

static void the_forms_of_the_program_are_in_order_in_every_language(void)
{
	struct rs_form_locale zh = {"zh_CN", "tests/unit/zh_CN.mo"};
	struct rs_form_lint lint = {.knows_key = knows_key, .registry = &names, .report = print_problem, .locales = &zh};

	open_wizard("");
	rs_form_register_action(&names, "test-connectivity", no_action, NULL);
	rs_form_register_action(&names, "get-topic-list", no_action, NULL);
	lint.n_locales = access(zh.mo, R_OK) == 0;
	UNIT_INT(rs_form_lint(NULL, &lint), 0);
	close_wizard();
}

/* What must be answered is, so that Enter goes on from everywhere. */
static void fill_in(void)
{
	const struct rs_form_flow *flow = rs_form_state_flow(state);

	for (size_t p = 0; p < flow->n_pages; p++)
		for (size_t i = 0; i < flow->pages[p]->n_fields; i++) {
			const struct rs_form_field *f = &flow->pages[p]->fields[i];

			if (f->type == RS_FIELD_OBJECTS)
				rs_form_set(state, f, "shop");
			else if (rs_field_type_answers(f->type) && rs_form_is_visible(state, f) && rs_form_is_required(state, f) &&
			         !rs_form_is_readonly(state, f) && !*rs_form_value(state, f))
				rs_form_set(state, f, f->type == RS_FIELD_HOST ? "10.0.0.9" : "some1");
		}
}

static void settings_of_tables_are_told_of_where_there_are_any(void)
{
	static const char *const flows[] = {"mysql-to-kafka", "mysql-to-mysql"};
	struct rs_buf lines = RS_BUF_INIT;

	for (size_t i = 0; i < 40; i++)
		rs_buf_adds(&lines, "?\n\n");
	for (size_t i = 0; i < 2; i++) {
		open_wizard("[some1]\nengine = postgresql\nhost = 10.0.0.9\n"); /* an instance is to be one of the registry */
		rs_form_state_free(state);
		state = rs_form_state_new(rs_forms_flow(forms, flows[i]), &names);
		fill_in();
		(void)!type_lines(rs_buf_str(&lines));
		shows("One object a line");
		UNIT_INT(strstr(output, "= database.table: WORD TEXT") != NULL, i == 0);
		close_wizard();
	}
	rs_buf_release(&lines);
}

/* The part of the manual on keys without a field. */
static char *reasons(void)
{
	const char *src = getenv("RS_SRCDIR");
	char *path = rs_xprintf("%s/man/rds-sync-task.5", src ? src : "."), *from, *to, *part;
	struct rs_buf text = RS_BUF_INIT;

	CU_ASSERT_EQUAL_FATAL(rs_file_read(path, 1 << 20, &text, NULL), RS_OK);
	from = strstr(rs_buf_str(&text), ".Ss Keys without a field");
	CU_ASSERT_PTR_NOT_NULL_FATAL(from);
	to = strstr(from, ".Sh ");
	part = rs_xstrndup(from, to ? (size_t)(to - from) : strlen(from));
	rs_buf_release(&text);
	free(path);
	return part;
}

static bool says_why_not(const char *page, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strstr(page, name); at; at = strstr(at + 1, name))
		if (at[-1] == ' ' && (at[len] == '\n' || at[len] == ' '))
			return true;
	return false;
}

/* Every key of the task file has its field, or a reason in the manual why it has none. */
static void every_setting_has_a_field(void)
{
	char *page = reasons();

	open_wizard("");
	for (const struct rs_task_key *k = rs_task_keys(); k->section; k++) {
		char *name = rs_xprintf("%s.%s", k->section, k->key);
		bool found = false;

		for (size_t p = 0; p < forms->n_pages; p++)
			for (size_t i = 0; i < forms->pages[p]->n_fields; i++)
				found = found || (forms->pages[p]->fields[i].bind && strcmp(forms->pages[p]->fields[i].bind, name) == 0);
		if (found == says_why_not(page, name))
			printf("# %s: %s\n", name, found ? "has a field, and the manual says that it has none" : "no field, and no reason in the manual");
		CU_ASSERT_TRUE(found != says_why_not(page, name));
		free(name);
	}
	free(page);
	close_wizard();
}

/* Any lines: the questions end, and what they lead to loads. */
static void random_answers_do_no_harm(void)
{
	static const char *const lines[] = {"", "", "", "", "<", "?", "-", "yes", "no", "1", "2", "db1", "x y", "shop", "\\",
	                                    "\xff", "\x1b[2J", "all", "none"};
	unsigned seed = unit_seed();

	printf("# seed %u\n", seed);
	for (int n = 0; n < 200; n++) {
		struct rs_buf text = RS_BUF_INIT;
		bool done;

		for (int i = 0; i < 120; i++)
			rs_buf_addf(&text, "%s\n", lines[(size_t)rand_r(&seed) % (sizeof lines / sizeof *lines)]);
		open_wizard(n % 2 ? two_instances : "");
		done = type_lines(rs_buf_str(&text)) == RS_OK;
		CU_ASSERT_PTR_NULL(strchr(output, '\x1b'));
		if (done) {
			export_all();
			CU_ASSERT_EQUAL(rs_task_check(task, NULL), RS_OK);
		}
		rs_buf_release(&text);
		close_wizard();
	}
}

UNIT_MAIN(UNIT_TEST(a_task_is_made_by_answering_questions),
          UNIT_TEST(wrong_answers_are_explained_and_asked_again),
          UNIT_TEST(going_back_checks_nothing_and_keeps_what_was_typed),
          UNIT_TEST(instances_of_the_registry_are_offered),
          UNIT_TEST(an_instance_without_a_region_can_be_chosen),
          UNIT_TEST(a_task_file_comes_back_as_it_was),
          UNIT_TEST(a_task_without_a_password_takes_the_client_s_own),
          UNIT_TEST(the_forms_of_the_program_are_in_order_in_every_language),
          UNIT_TEST(settings_of_tables_are_told_of_where_there_are_any), UNIT_TEST(every_setting_has_a_field),
          UNIT_TEST(random_answers_do_no_harm))
