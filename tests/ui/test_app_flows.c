/* The flows as a new user meets them: the list of flows, the first page of each, and from an empty list of tasks to a saved
 * task, with keys alone. */
#include <libintl.h>
#include <locale.h>
#include <sys/stat.h>
#include "base/file.h"
#include "ui.h"
#include "world.h"

static struct world w;

static const struct {
	int h, w;
	bool ascii;
} sizes[] = {{24, 80, false}, {24, 80, true}, {16, 60, false}, {43, 132, false}};

/* Chooses the n-th flow. */
static void choose(size_t n)
{
	world_tasks(&w);
	world_run(&w, "n\n:wait-idle\n:expect-screen flows");
	for (size_t i = 0; i < n; i++)
		world_run(&w, "Down");
	world_run(&w, "Enter\n:wait-idle\n:expect-screen wizard-form");
}

static void choose_flow(const char *id)
{
	struct rs_forms *forms = rs_forms_load(NULL, NULL);
	size_t n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(forms);
	while (n < forms->n_flows && strcmp(forms->flows[n]->id, id) != 0)
		n++;
	rs_forms_free(forms);
	choose(n);
	UNIT_STR(w.app.wizard->flow->id, id);
}

/* --- answering a page ------------------------------------------------------------------------------------ */

static bool is_asked(const struct rs_form_state *s, const struct rs_form_field *f)
{
	return rs_field_type_answers(f->type) && rs_form_is_visible(s, f) && rs_form_is_required(s, f) && !rs_form_is_readonly(s, f) &&
	       f->level == RS_LEVEL_BASIC && !*rs_form_value(s, f);
}

static const char *words_for(const struct rs_form_field *f)
{
	if (f->n_validate && strcmp(f->validate[0].name, "registered") == 0)
		return "\"rm-src\"";
	return f->type == RS_FIELD_HOST ? "\"10.0.0.9\"" : f->type == RS_FIELD_CHOICE ? "Enter Down Enter" : "\"some1\"";
}

/* Types into what is required and empty, as long as there is any. */
static void fill_page(void)
{
	const struct rs_wizard *wizard = w.app.wizard;
	const struct rs_form_page *page = wizard->flow->pages[wizard->step];

	for (size_t i = 0; i < page->n_fields; i++) {
		const struct rs_form_field *f = &page->fields[i];
		struct rs_widget *root = rs_loop_top(w.loop)->root;

		if (!is_asked(wizard->state, f))
			continue;
		CU_ASSERT_TRUE(rs_widget_focus(root, rs_widget_find(root, f->id)));
		world_run(&w, words_for(f));
		if (is_asked(wizard->state, f)) /* unless it was "Not listed…", which has it typed instead */
			printf("# %s of %s can't be answered\n", f->id, wizard->flow->id);
		CU_ASSERT_FALSE(is_asked(wizard->state, f));
	}
}

static void fill_step(void)
{
	const char *screen = rs_loop_top(w.loop)->ops->name;

	if (strcmp(screen, "wizard-objects") == 0)
		world_run(&w, "i \"shop.orders\" Enter\n:wait-idle\n:expect orders");
	else if (strcmp(screen, "wizard-fields") == 0)
		world_run(&w, "Enter\n:expect-screen dialog\nTab Tab Tab Enter\n:wait-idle\n:expect Partitioned Table");
	else
		fill_page();
}

/* To the review. */
static void answer_all(void)
{
	for (size_t steps = 0; strcmp(rs_loop_top(w.loop)->ops->name, "wizard-review") != 0 && steps < 10; steps++) {
		fill_step();
		world_run(&w, "^N\n:wait-idle");
	}
	world_run(&w, ":expect-screen wizard-review");
}

/* --- journeys ---------------------------------------------------------------------------------------------- */

static void is_saved(const char *flow)
{
	struct rs_task_list list;
	struct rs_task *t;
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL_FATAL(rs_task_list(&list, NULL), RS_OK);
	UNIT_INT(list.count, 1);
	t = list.count ? rs_task_load(list.files[0].path, &err) : NULL;
	UNIT_STR(err.primary, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	UNIT_STR(t->flow, flow);
	CU_ASSERT_EQUAL(rs_task_check(t, &err), RS_OK);
	UNIT_STR(err.primary, NULL);
	rs_err_clear(&err);
	rs_task_free(t);
	rs_task_list_release(&list);
}

/* Its precheck has nothing that could be mended. */
static void look_at_the_precheck(void)
{
	struct rs_finding refused = {.code = "CHECK_FLOW", .title = "Precheck of this kind of task", .verdict = RS_CHECK_FAILED};

	fake_findings(&refused, 1, true);
	world_run(&w, "^N\n:wait-idle\n:expect-screen wizard-precheck\n:expect save it only\n:expect-not Mend what failed\n^P\n:expect-screen wizard-review");
}

static void journey(size_t n)
{
	char *flow;

	world_open(&w, 24, 80, false, false);
	fake_catalog("shop.orders 1 1 key", true, NULL);
	choose(n);
	flow = rs_xstrdup(w.app.wizard->flow->id);
	if (!w.app.wizard->flow->available)
		CU_ASSERT_TRUE(world_shows(&w, "It can't be started yet"));
	answer_all();
	UNIT_INT(world_shows(&w, "It can't be started yet"), !w.app.wizard->flow->available);
	if (!w.app.wizard->flow->available)
		look_at_the_precheck();
	world_run(&w, "Left Enter\n:wait-idle\n:expect-screen tasks");
	is_saved(flow);
	if (strcmp(flow, "zero-etl") == 0)
		CU_ASSERT_TRUE(world_shows(&w, "Defined"));
	free(flow);
	world_close(&w);
}

static size_t count_flows(void)
{
	struct rs_forms *forms = rs_forms_load(NULL, NULL);
	size_t n;

	CU_ASSERT_PTR_NOT_NULL_FATAL(forms);
	n = forms->n_flows;
	rs_forms_free(forms);
	return n;
}

static void from_an_empty_list_to_a_task_of_every_flow(void)
{
	for (size_t i = 0, n = count_flows(); i < n; i++)
		journey(i);
}

static void a_task_that_cannot_be_started_is_opened_where_it_says_so(void)
{
	world_open(&w, 24, 80, false, true);
	world_write_task(&w, "later", "[task]\nname = later\nid = 6a0c0000-0000-4000-8000-00000000000a\nflow = mysql-to-maxcompute\n"
	                              "[source]\nhost = a\n[destination]\nproject = p\n[objects]\ninclude = shop\n");
	world_status(&w, "later", RS_STATE_NOT_STARTED, false, NULL);
	world_tasks(&w);
	world_run(&w, ":wait later");
	world_run(&w, "/ \"later\" Enter r\n:wait-idle\n:expect-screen wizard-form\n:expect It can't be started yet\nEsc");
	world_close(&w);
}

/* In the console's own words. */
static void a_zero_etl_task_is_undefined_until_it_is_complete(void)
{
	world_open(&w, 24, 80, false, true);
	world_write_task(&w, "later", "[task]\nname = later\nid = 6a0c0000-0000-4000-8000-00000000000a\nflow = zero-etl\n");
	world_status(&w, "later", RS_STATE_NOT_CONFIGURED, false, NULL);
	world_tasks(&w);
	world_run(&w, ":wait later\n/ \"later\" Enter\n:wait-idle\n:expect Undefined\n:expect-not Not configured");
	world_close(&w);
}

static void focus_on(const char *id)
{
	struct rs_widget *root = rs_loop_top(w.loop)->root;

	CU_ASSERT_TRUE(rs_widget_focus(root, rs_widget_find(root, id)));
}

static const char *answer_of(const char *id)
{
	return rs_form_answer(w.app.wizard->state, id);
}

/* The list is narrowed by typing; the cluster's own topics can't be chosen; its version is answered by the way. */
static void a_topic_is_chosen_from_those_of_the_cluster(void)
{
	world_open(&w, 24, 80, false, false);
	fake_topics(10000, false);
	choose_flow("mysql-to-kafka");
	UNIT_STR(answer_of("destination_version"), "1.0");
	focus_on("destination_topics");
	world_run(&w, "Enter\n:wait-idle\n:expect-screen dialog\n:expect topic-00001");
	world_golden(&w, "topics");
	world_run(&w, "End\n:expect cluster's own\nEnter\n:expect-screen dialog");
	world_run(&w, "\"04242\"\n:wait-idle\n:expect topic-04242\nEnter\n:wait-idle\n:expect-screen wizard-form\n:expect Kafka 0.10.2\n:expect topic-04242");
	UNIT_STR(answer_of("destination_topic"), "topic-04242");
	UNIT_STR(answer_of("destination_version"), "0.10");
	world_run(&w, "Enter\n:wait-idle\n:expect-screen dialog\nEsc");
	UNIT_STR(answer_of("destination_topic"), "topic-04242");
	focus_on("source_vpc_typed");
	world_run(&w, "Tab\n:wait-idle\n:expect The value is fixed at MySQL and cannot be changed.");
	world_close(&w);
}

/* Nobody knows where it is: that is told beside it, and not when the task is started. */
static void an_instance_that_the_registry_lacks_is_refused(void)
{
	world_open(&w, 24, 80, false, false);
	choose_flow("mysql-to-kafka");
	fill_page();
	focus_on("destination_instance_typed");
	world_run(&w, "^U \"i-bp1\"\n^N\n:wait-idle\n:expect-screen wizard-form\n:expect instances.ini does not have it\n^U \"rm-src\"\n^N\n:wait-idle\n:expect-screen wizard-objects");
	world_close(&w);
}

/* They come while somebody types elsewhere: nothing is put in his way, and they are shown when he asks again. */
static void topics_that_come_late_wait_to_be_asked_for(void)
{
	world_open(&w, 24, 80, false, false);
	fake_topics(3, true);
	choose_flow("mysql-to-kafka");
	focus_on("destination_topics");
	world_run(&w, "Enter\n:wait connecting");
	focus_on("destination_topic");
	world_run(&w, "\"mine\"");
	fake_topics_end();
	world_run(&w, ":wait-idle\n:expect-screen wizard-form\n:expect The topics have come\n\"2\"");
	UNIT_STR(answer_of("destination_topic"), "mine2");
	focus_on("destination_topics");
	world_run(&w, "Enter\n:wait-idle\n:expect-screen dialog\n:expect topic-00002\n:expect not there yet\nEsc");
	UNIT_STR(answer_of("destination_topic"), "mine2");
	world_close(&w);
}

/* The page is longer than the screen: it moves until all that came of the button can be read. */
static void what_came_of_a_button_is_scrolled_into_sight(void)
{
	world_open(&w, 24, 80, false, false);
	fake_topics(10000, false);
	choose_flow("mysql-to-kafka");
	world_run(&w, "^N\n:wait-idle\n:expect required");
	focus_on("destination_topics");
	world_run(&w, "Enter\n:wait-idle\n:expect-screen dialog\nEsc\n:wait-idle\n:expect Kafka 0.10.2\n:expect 10000 topics");
	world_close(&w);
}

static void topics_that_do_not_come_are_given_up(void)
{
	world_open(&w, 24, 80, false, false);
	fake_topics(0, true);
	choose_flow("mysql-to-kafka");
	focus_on("destination_topics");
	world_run(&w, "Enter\n:wait connecting\nEsc\n:wait-idle\n:expect-screen wizard-form");
	CU_ASSERT_FALSE(world_shows(&w, "connecting"));
	fake_topics_end();
	world_run(&w, "Enter\n:wait-idle\n:expect-screen wizard-form\n:expect connecting failed");
	world_close(&w);
}

/* Tables of databases that are selected whole are added by name, and forgotten again. */
static void fields_of_tables_are_mapped(void)
{
	world_open(&w, 24, 80, false, false);
	fake_catalog("", false, "nobody listens"); /* columns are typed then */
	choose_flow("mysql-to-analyticdb-mysql");
	fill_page();
	world_run(&w, "^N\n:wait-idle\ni \"shop\" Enter\n:wait-idle\n^N\n:wait-idle\n:expect-screen wizard-form\n^N\n:wait-idle\n:expect-screen wizard-fields");
	world_run(&w, ":expect i adds one\ni \"shop\" Enter\n:wait-idle\n:expect is expected\ni \"shop.lines\" Enter\n:wait-idle\n:expect Field Mapping of shop.lines");
	world_run(&w, "Tab Tab Tab Enter\n:wait-idle\n:expect required\n:expect-screen dialog\nShift-Tab Shift-Tab Shift-Tab \"id\" Tab \"no\" Tab Tab Enter\n:wait-idle\n"
	              ":expect no is not in the primary key\nShift-Tab Shift-Tab ^U \"id\" Tab Down Space Tab Enter\n:wait-idle\n"
	              ":expect a replicated table has none\nShift-Tab Shift-Tab ^U Tab Tab Enter\n:wait-idle\n:expect Replicated Table");
	UNIT_STR(rs_form_answer(w.app.wizard->state, "fields"), "shop.lines: replicated primary id\n");
	world_run(&w, "d\n:wait-idle\n:expect i adds one");
	UNIT_STR(rs_form_answer(w.app.wizard->state, "fields"), "");
	world_run(&w, "Esc Esc Esc Esc");
	world_close(&w);
}

/* Of the tables of a schema that is selected whole keys are offered, as the source has them; what it does not have is refused. */
static void keys_of_tables_are_offered(void)
{
	world_open(&w, 24, 80, false, false);
	fake_catalog("shop.orders 1 1 key\nshop.odd 1 1 bad\nshop.lines 1 1 key", true, NULL);
	choose_flow("mysql-to-analyticdb-mysql");
	fill_page();
	world_run(&w, "^N\n:wait-idle\ni \"shop\" Enter\n:wait-idle\n^N\n:wait-idle\n^N\n:wait-idle\n:expect-screen wizard-fields\n:expect lines\n:expect orders");
	world_run(&w, "i \"shop.none\" Enter\n:wait-idle\n:expect The source has no table shop.none");
	world_run(&w, "Home Enter\n:wait-idle\n:expect Field Mapping of shop.lines\n:expect [x] id\n:expect [ ] note");
	world_run(&w, "Tab Down Space Tab Tab Enter\n:wait-idle\n:expect note is not in the primary key\nShift-Tab Shift-Tab Space Tab Tab Enter\n:wait-idle");
	UNIT_STR(rs_form_answer(w.app.wizard->state, "fields"), "shop.lines: partitioned primary id distribution id\n");
	world_run(&w, "^N\n:wait-idle\n:expect-screen wizard-fields\n:expect The primary key of shop.orders is not said yet");
	world_run(&w, "s\n:wait-idle\n:expect 1 table got the key that it has");
	UNIT_STR(rs_form_answer(w.app.wizard->state, "fields"),
	         "shop.lines: partitioned primary id distribution id\nshop.orders: partitioned primary id distribution id\n");
	world_close(&w);
}

/* --- settings of tables ---------------------------------------------------------------------------------------- */

static void to_the_objects_at(size_t size, const char *flow, const char *catalog)
{
	world_open(&w, sizes[size].h, sizes[size].w, sizes[size].ascii, false);
	fake_catalog(catalog ? catalog : "", catalog != NULL, catalog ? NULL : "nobody listens");
	choose_flow(flow);
	fill_page();
	world_run(&w, "^N\n:wait-idle\n:expect-screen wizard-objects\ni \"shop\" Enter\n:wait-idle");
}

static void to_the_objects(const char *flow, const char *catalog)
{
	to_the_objects_at(0, flow, catalog);
}

static void objects_are(const char *expected)
{
	struct rs_buf text = RS_BUF_INIT;

	rs_selection_format(w.app.wizard->objects->selection, &text);
	UNIT_STR(rs_buf_str(&text), expected);
	rs_buf_release(&text);
}

/* Of one table and of all marked ones, with the columns that the source has; undone as one change. */
static void a_table_gets_a_topic_and_key_columns(void)
{
	to_the_objects("mysql-to-kafka", "shop.orders 1 1 key\nshop.lines 1 1 key\nshop.v 1 1 view");
	world_run(&w, "Home Down t\n:wait-idle\n:expect Settings of shop.lines");
	world_run(&w, ":expect some1\n:expect [ ] id\n:expect [ ] note"); /* the topic that it has without one of its own */
	world_run(&w, "\"l v2\" Tab \"x0\" Tab Tab Enter\n:wait-idle\n:expect a topic's name has\n:expect from 1 to 10000\nShift-Tab Shift-Tab Shift-Tab");
	objects_are("shop\n");
	world_run(&w, "^U \"l-v2\" Tab ^U \"12\" Tab Down Space Up Space Tab Enter\n:wait-idle\n:expect-screen wizard-objects\n:expect topic: l-v2");
	objects_are("shop\n= shop.lines: topic l-v2\n= shop.lines: partitions 12\n= shop.lines: key id note\n");
	world_run(&w, "t\n:wait-idle\n:expect l-v2\nTab Tab Space Tab Enter\n:wait-idle\nSpace Down Space t\n:wait-idle\n"
	              ":expect Settings of 2 marked objects\n:expect they differ: empty, they stay so\nTab Tab Space Tab Enter\n:wait-idle");
	objects_are("shop\n= shop.lines: topic l-v2\n= shop.lines: partitions 12\n= shop.lines: key id\n= shop.orders: key id\n");
	world_run(&w, "u\n:wait-idle");
	objects_are("shop\n= shop.lines: topic l-v2\n= shop.lines: partitions 12\n= shop.lines: key note\n");
	world_run(&w, "^R\n:wait-idle\nDown Space t\n:wait-idle\n:expect shop.v is marked, too, and only tables have settings\n-\n:wait-idle\n"
	              "Home t\n:wait-idle\n:expect tables have settings: go to a table\n^N\n:wait-idle\n:expect-screen wizard-form\n^N\n:wait-idle\n:expect-screen wizard-form\n:expect shop.lines: key: its columns choose");
	focus_on("partitions");
	world_run(&w, "Enter \"Hash of pri\" Enter\n:wait-idle\n^N\n:wait-idle\n:expect-screen wizard-review");
	world_run(&w, "PgDn\n:wait-idle\n:expect shop.lines: topic: l-v2\n:expect shop.orders: key: id");
	world_close(&w);
}

/* What the columns are is not known here: they are typed; a policy can be a database's. */
static void a_table_gets_a_conflict_policy(void)
{
	to_the_objects("mysql-to-mysql-two-way", NULL);
	world_run(&w, "Tab\n:wait-idle\nHome t\n:wait-idle\n:expect Settings of shop\n:expect As the task\nEnter Down Down Enter Tab Tab Enter\n:wait-idle");
	objects_are("shop\n= shop: conflict ignore\n");
	world_run(&w, "i \"= shop.t: conflict fail id\" Enter\n:wait-idle\nEnd t\n:wait-idle\n:expect Settings of shop.t\n:expect TaskFailed\n:expect id");
	world_run(&w, "Enter Down Down Down Enter Tab ^U Tab Enter\n:wait-idle\n:expect use-max compares columns\nShift-Tab \"at\" Tab Enter\n:wait-idle");
	objects_are("shop\n= shop: conflict ignore\n= shop.t: conflict use-max at\n");
	world_close(&w);
}

static void what_a_table_began_with_stays(void)
{
	struct rs_objects *o;

	to_the_objects("mysql-to-kafka", "shop.orders 1 1 key");
	o = w.app.wizard->objects;
	o->held = rs_selection_copy(o->selection); /* as if it had begun */
	world_run(&w, "Home Down t\n:wait-idle\n\"elsewhere\" Tab Tab Tab Enter\n:wait-idle\n:expect-screen dialog\n:expect the topic can't be changed while it is");
	objects_are("shop\n");
	world_run(&w, "Esc\n:wait-idle");
	world_close(&w);
}

static void a_table_gets_a_shard_key_where_there_is_one(void)
{
	to_the_objects("mysql-to-datahub", "shop.orders 1 1 key");
	world_run(&w, "Home Down t\n:wait-idle\n:expect ShardKey\n:expect-not Topic\nDown Space Tab Enter\n:wait-idle");
	objects_are("shop\n= shop.orders: key note\n");
	world_close(&w);
	to_the_objects("mysql-to-mysql", "shop.orders 1 1 key");
	world_run(&w, "Home Down t\n:wait-idle\n:expect-screen wizard-objects\n:expect tables have no settings of their own in this flow");
	world_close(&w);
}

/* --- looks --------------------------------------------------------------------------------------------------- */

static void the_settings_of_a_table(void)
{
	for (size_t i = 0; i < RS_COUNT(sizes); i++) {
		to_the_objects_at(i, "mysql-to-kafka", "shop.orders 1 1 key");
		world_run(&w, "Home Down t\n:wait-idle");
		world_golden(&w, "table-settings");
		world_run(&w, "Esc\n:wait-idle");
		world_close(&w);
	}
}

static void the_list_of_flows(void)
{
	for (size_t i = 0; i < RS_COUNT(sizes); i++) {
		world_open(&w, sizes[i].h, sizes[i].w, sizes[i].ascii, false);
		world_tasks(&w);
		world_run(&w, "n\n:wait-idle\n:expect-screen flows");
		world_golden(&w, "flows");
		world_run(&w, "Down Down Down Down Down Down Down Down\n:wait-idle");
		world_golden(&w, "flows-kafka");
		world_close(&w);
	}
}

static void first_page(size_t n, size_t size)
{
	char *name;

	world_open(&w, sizes[size].h, sizes[size].w, sizes[size].ascii, false);
	choose(n);
	name = rs_xprintf("flow-%s", w.app.wizard->flow->id);
	world_golden(&w, name);
	world_close(&w);
	free(name);
}

static void the_first_page_of_every_flow(void)
{
	for (size_t i = 1, n = count_flows(); i < n; i++) {
		first_page(i, 0);
		first_page(i, 3);
	}
}

static void mapping_and_review(void)
{
	fake_catalog("shop.orders 1 1 key", true, NULL);
	choose_flow("mysql-to-analyticdb-mysql");
	fill_page();
	world_run(&w, "^N\n:wait-idle\ni \"shop.orders\" Enter\n:wait-idle\n^N\n:wait-idle\n^N\n:wait-idle\n:expect-screen wizard-fields");
	world_golden(&w, "fields");
	world_run(&w, "Enter\n:expect-screen dialog\n:wait-idle");
	world_golden(&w, "fields-edit");
	world_run(&w, "Tab Tab Tab Enter\n:wait-idle");
	world_golden(&w, "fields-mapped");
	world_run(&w, "^N\n:wait-idle\n:expect-screen wizard-review");
	world_golden(&w, "flow-review");
}

static void the_fields_and_the_review(void)
{
	for (size_t i = 0; i < RS_COUNT(sizes); i++) {
		world_open(&w, sizes[i].h, sizes[i].w, sizes[i].ascii, false);
		mapping_and_review();
		world_close(&w);
	}
}

UNIT_MAIN(UNIT_TEST(from_an_empty_list_to_a_task_of_every_flow), UNIT_TEST(a_task_that_cannot_be_started_is_opened_where_it_says_so),
          UNIT_TEST(a_zero_etl_task_is_undefined_until_it_is_complete),
          UNIT_TEST(a_topic_is_chosen_from_those_of_the_cluster), UNIT_TEST(an_instance_that_the_registry_lacks_is_refused), UNIT_TEST(topics_that_come_late_wait_to_be_asked_for),
          UNIT_TEST(what_came_of_a_button_is_scrolled_into_sight), UNIT_TEST(topics_that_do_not_come_are_given_up), UNIT_TEST(fields_of_tables_are_mapped),
          UNIT_TEST(keys_of_tables_are_offered), UNIT_TEST(a_table_gets_a_topic_and_key_columns),
          UNIT_TEST(a_table_gets_a_conflict_policy), UNIT_TEST(what_a_table_began_with_stays), UNIT_TEST(a_table_gets_a_shard_key_where_there_is_one), UNIT_TEST(the_settings_of_a_table), UNIT_TEST(the_list_of_flows),
          UNIT_TEST(the_first_page_of_every_flow), UNIT_TEST(the_fields_and_the_review))
