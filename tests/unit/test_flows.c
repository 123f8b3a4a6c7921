/* Every flow as its forms and the task file have it: what is answered is saved, comes back, and is what the flow takes. */
#include <sys/stat.h>
#include "base/file.h"
#include "base/mem.h"
#include "base/words.h"
#include "cli/prompt.h"
#include "model/table_fields.h"
#include "screen/form_binding.h"
#include "unit.h"

static struct rs_forms *forms;
static struct rs_form_registry names;
static struct rs_registry instances;
static char *some_file;
static unsigned seed;

/* Four of each kind, two in each region, each in a VPC of its own; the caller's. */
static char *some_instances(void)
{
	static const char *const engines[] = {"mysql", "postgresql", "analyticdb-mysql", "analyticdb-postgresql", "kafka"};
	struct rs_buf text = RS_BUF_INIT;

	for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
		for (int n = 0; n < 4; n++)
			(void)rs_buf_addf(&text, "[%s-%d]\nregion = %s\nengine = %s\nhost = a\nport = %d\nowner = some1\nvpc = vpc-%s-%d\n",
			                  engines[i], n, n % 2 ? "cn-hangzhou" : "cn-beijing", engines[i], 1000 + n, engines[i], n);
	return rs_buf_take(&text);
}

static void begin(void)
{
	char *path = rs_xprintf("%s/instances.ini", unit_tmpdir()), *text = some_instances();

	setenv("XDG_CONFIG_HOME", unit_tmpdir(), 1);
	CU_ASSERT_EQUAL_FATAL(rs_file_write(path, text, strlen(text), 0600, NULL), RS_OK);
	free(text);
	instances = (struct rs_registry)RS_REGISTRY_INIT;
	CU_ASSERT_EQUAL_FATAL(rs_registry_load(&instances, path, NULL), RS_OK);
	forms = rs_forms_load(NULL, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(forms);
	rs_form_registry_init(&names);
	rs_form_binding_register(&names, &instances);
	some_file = path;
}

static void end(void)
{
	rs_form_registry_release(&names);
	rs_registry_release(&instances);
	rs_forms_free(forms);
	free(some_file);
}

static const struct rs_form_flow *form_of(const struct rs_flow *f)
{
	const struct rs_form_flow *form = rs_forms_flow(forms, f->id);

	if (!form)
		printf("# no form: %s\n", f->id);
	CU_ASSERT_PTR_NOT_NULL_FATAL(form);
	return form;
}

/* --- the two tables --------------------------------------------------------------------------------------------------- */

static void each_flow_has_its_forms_which_say_as_much_of_it(void)
{
	size_t n = 0;

	begin();
	for (const struct rs_flow *f = rs_flows(); f->id; f++) {
		UNIT_INT(rs_forms_flow(forms, f->id) != NULL, f->asked);
		if (!f->asked)
			continue;
		n++;
		UNIT_INT(form_of(f)->available, f->runs);
		UNIT_INT(rs_flow_check_runs(f->id, NULL) == RS_OK, f->runs);
	}
	UNIT_INT(forms->n_flows, n);
	end();
}

static bool has_bound(const struct rs_form_flow *form, const char *bind)
{
	for (size_t p = 0; p < form->n_pages; p++)
		for (size_t i = 0; i < form->pages[p]->n_fields; i++)
			if (form->pages[p]->fields[i].bind && strcmp(form->pages[p]->fields[i].bind, bind) == 0)
				return true;
	return false;
}

/* One answer of its own, or none of the user's; or, of postgresql's, named by a task that stops for want of it. */
static bool has_no_field(const struct rs_task_key *k)
{
	return strcmp(k->section, "postgresql") == 0 || strcmp(k->section, "objects") == 0 || strcmp(k->section, "fields") == 0 ||
	       strcmp(k->section, "precheck") == 0 || strcmp(k->section, "draft") == 0 || strcmp(k->key, "filed_as") == 0 ||
	       k->type == RS_KEY_UUID || k->type == RS_KEY_FLOW;
}

static void a_flow_takes_what_its_forms_ask_and_asks_all_that_it_takes(void)
{
	begin();
	for (const struct rs_flow *f = rs_flows(); f->id; f++)
		for (const struct rs_task_key *k = rs_task_keys(); f->asked && k->section; k++) {
			char *name = rs_xprintf("%s.%s", k->section, k->key);
			bool asked = has_no_field(k) || has_bound(form_of(f), name), taken = rs_flow_takes(f, name);

			if (asked != taken && !has_no_field(k))
				printf("# %s: %s is %s\n", f->id, name, asked ? "asked and not taken" : "taken and not asked");
			CU_ASSERT_TRUE(asked == taken || has_no_field(k));
			free(name);
		}
	for (const struct rs_flow *f = rs_flows(); f->id; f++) {
		if (!f->asked)
			continue;
		UNIT_INT(rs_flow_takes(f, "objects.include"), has_bound(form_of(f), "objects"));
		UNIT_INT(rs_flow_takes(f, "fields.table.1"), has_bound(form_of(f), "fields"));
		UNIT_INT(f->selects, has_bound(form_of(f), "objects"));
	}
	end();
}

/* Of a set a page may offer less than there is; the caller's. */
static char *default_of(const struct rs_form_field *f, const struct rs_task_key *k)
{
	struct rs_buf words = RS_BUF_INIT;

	if (f->type != RS_FIELD_MULTICHOICE)
		return rs_xstrdup(k->preset);
	for (size_t i = 0; i < f->n_choices; i++)
		if (rs_words_has(k->preset, f->choices[i].value, strlen(f->choices[i].value)))
			(void)rs_buf_addf(&words, "%s%s", words.len ? " " : "", f->choices[i].value);
	return rs_buf_take(&words);
}

static void defaults_of_the_forms_are_those_of_the_task_file(void)
{
	begin();
	for (size_t p = 0; p < forms->n_pages; p++)
		for (size_t i = 0; i < forms->pages[p]->n_fields; i++) {
			const struct rs_form_field *f = &forms->pages[p]->fields[i];
			const struct rs_task_key *k = f->bind ? rs_task_key_find(f->bind) : NULL;

			if (k && k->preset && strcmp(k->key, "instance_type") != 0) {
				char *wanted = default_of(f, k);

				UNIT_STR(f->preset, wanted);
				free(wanted);
			}
		}
	end();
}

/* --- answers --------------------------------------------------------------------------------------------------------------- */

static unsigned any(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

/* A valid answer, another one each time, as far as there are several; the caller's. */
static char *some_choice(const struct rs_form_state *s, const struct rs_form_field *f, bool other)
{
	struct rs_form_choices c;
	char *value = NULL;

	rs_form_choices_get(s, f, &c);
	for (size_t i = 0; i < c.count; i++) { /* those that answer another field are no answers */
		bool picks = false;

		for (size_t n = 0; n < f->n_picks; n++)
			picks = picks || strcmp(f->picks[n].value, c.items[i].value) == 0;
		if (!picks && (!value || (other && strcmp(value, rs_form_value(s, f)) == 0) || (!other && any(2)))) {
			free(value);
			value = rs_xstrdup(c.items[i].value);
		}
	}
	rs_form_choices_release(&c);
	return value;
}

static char *some_number(const struct rs_form_field *f, bool other)
{
	long long min = f->min, max = f->max < f->min + 1000 ? f->max : f->min + 1000;

	if (f->bind && strcmp(f->bind, "sync.retry_connection") == 0)
		min = 100; /* more than those of the others */
	if (f->bind && strcmp(f->bind, "sync.retry_other") == 0)
		max = 99;
	return rs_xprintf("%lld", other ? max : min + (long long)any((unsigned)(max - min)));
}

static const char *text_for(const struct rs_form_field *f, bool other)
{
	if (f->bind && strcmp(f->bind, "sync.metrics_listen") == 0)
		return other ? "127.0.0.1:9188" : "127.0.0.1:9187";
	if (f->bind && strcmp(f->bind, "kafka.schema_registry") == 0)
		return other ? "https://b/apis/ccompat/v7" : "http://a:8081";
	if (f->bind && strcmp(f->bind, "kafka.utc_offset") == 0)
		return other ? "+08:00" : "-03:30";
	if (f->bind && strncmp(f->bind, "sync.online_ddl", 15) == 0)
		return other ? "^(.+)_b$" : "^(.+)_a$";
	return other ? "other1" : "some1";
}

static char *some_value(const struct rs_form_state *s, const struct rs_form_field *f, bool other)
{
	switch (f->type) {
	case RS_FIELD_PORT:
	case RS_FIELD_INT:
	case RS_FIELD_DURATION:
	case RS_FIELD_SIZE: return some_number(f, other);
	case RS_FIELD_BOOL: return rs_xstrdup(other ? (strcmp(rs_form_value(s, f), "yes") == 0 ? "no" : "yes") : any(2) ? "yes" : "no");
	case RS_FIELD_CHOICE: return some_choice(s, f, other);
	case RS_FIELD_MULTICHOICE: return rs_xstrdup(f->choices[other ? f->n_choices - 1 : 0].value);
	case RS_FIELD_PATH: return rs_xstrdup(other ? "/etc/passwd" : some_file);
	case RS_FIELD_OBJECTS: return rs_xstrdup(other ? "crm\n" : "shop.orders\nshop.lines\n");
	case RS_FIELD_FIELDS:
		return rs_xstrdup(other ? "shop.orders: replicated primary id\n" : "shop.orders: partitioned primary id `primary` distribution `primary`\n");
	default: return rs_xstrdup(text_for(f, other));
	}
}

static bool can_answer(const struct rs_form_state *s, const struct rs_form_field *f)
{
	return rs_field_type_answers(f->type) && !rs_form_is_readonly(s, f);
}

static void answer_all(struct rs_form_state *s)
{
	const struct rs_form_flow *flow = rs_form_state_flow(s);

	for (size_t p = 0; p < flow->n_pages; p++)
		for (size_t i = 0; i < flow->pages[p]->n_fields; i++) {
			const struct rs_form_field *f = &flow->pages[p]->fields[i];
			bool left_out = !rs_form_is_required(s, f) && any(3) == 0;
			char *value = can_answer(s, f) && !left_out ? some_value(s, f, false) : NULL;

			if (can_answer(s, f))
				rs_form_set(s, f, value);
			free(value);
		}
}

/* Random answers with which the field is shown. */
static bool answer_so_that_shown(struct rs_form_state *s, const struct rs_form_field *f)
{
	for (int i = 0; i < 5000; i++) {
		answer_all(s);
		if (rs_form_is_visible(s, f))
			return true;
	}
	return false;
}

/* Random answers that are all good together. */
static bool answer_well(struct rs_form_state *s)
{
	for (int i = 0; i < 5000; i++) {
		answer_all(s);
		if (rs_form_check_all(s, NULL, NULL, NULL) == RS_OK)
			return true;
	}
	return false;
}

static struct rs_task *export(const struct rs_form_state *s)
{
	struct rs_task *t = rs_task_new(rs_form_state_flow(s)->id, NULL, NULL);
	struct rs_form_binding b;
	struct rs_form_store store;
	struct rs_err err = RS_ERR_INIT;

	rs_form_binding_init(&b, t, true);
	store = rs_form_binding_store(&b);
	CU_ASSERT_EQUAL(rs_form_state_export(s, &store, &err), RS_OK);
	UNIT_STR(err.primary, NULL);
	rs_err_clear(&err);
	rs_form_binding_release(&b);
	return t;
}

/* What the file has, but for its id; the caller's. */
static char *text_of(const struct rs_task *t)
{
	struct rs_buf text = RS_BUF_INIT;
	const char *section, *key;

	for (size_t i = 0; (section = rs_ini_section(t->ini, i)); i++)
		for (size_t n = 0; (key = rs_ini_key(t->ini, section, n)); n++)
			if (strcmp(key, "id") != 0)
				(void)rs_buf_addf(&text, "%s.%s=%s\n", section, key, rs_ini_get(t->ini, section, key));
	return rs_buf_take(&text);
}

/* What its file would have; the disk is left alone. */
static char *file_of(const struct rs_form_state *s)
{
	struct rs_task *t = export(s);
	char *text;

	CU_ASSERT_EQUAL(rs_selection_store(t->objects, t->ini, "/nowhere", NULL), RS_OK);
	text = text_of(t);
	rs_task_free(t);
	return text;
}

/* With another answer the file says something else. Fields that say what can't be different are there, too. */
static void changes_the_file(struct rs_form_state *s, const struct rs_form_field *f)
{
	char *before, *after, *value;
	bool different;

	if (!answer_so_that_shown(s, f)) {
		printf("# %s: %s is never shown\n", rs_form_state_flow(s)->id, f->id);
		CU_FAIL("a field that is never shown");
		return;
	}
	before = file_of(s);
	value = can_answer(s, f) ? some_value(s, f, true) : NULL;
	if (value)
		rs_form_set(s, f, value);
	after = file_of(s);
	different = value ? strcmp(before, after) != 0 : strstr(after, f->bind) != NULL;
	if (!different)
		printf("# %s: %s = %s has no effect\n", rs_form_state_flow(s)->id, f->id, value ? value : "");
	CU_ASSERT_TRUE(different);
	free(value);
	free(before);
	free(after);
}

static void every_field_changes_the_saved_file(void)
{
	begin();
	seed = unit_seed();
	printf("# seed %u\n", seed);
	for (size_t n = 0; n < forms->n_flows; n++)
		for (size_t p = 0; p < forms->flows[n]->n_pages; p++)
			for (size_t i = 0; i < forms->flows[n]->pages[p]->n_fields; i++) {
				const struct rs_form_field *f = &forms->flows[n]->pages[p]->fields[i];
				struct rs_form_state *s = rs_form_state_new(forms->flows[n], &names);

				if (f->bind)
					changes_the_file(s, f);
				rs_form_state_free(s);
			}
	end();
}

/* --- files -------------------------------------------------------------------------------------------------------------------- */

static void comes_back(const struct rs_form_flow *flow)
{
	struct rs_form_state *s = rs_form_state_new(flow, &names), *again = rs_form_state_new(flow, &names);
	struct rs_err err = RS_ERR_INIT;
	struct rs_form_binding b;
	struct rs_form_store store;
	const struct rs_form_field *bad = NULL;
	struct rs_task *t, *loaded, *copy;
	char *before, *after;

	CU_ASSERT_TRUE(answer_well(s));
	t = export(s);
	CU_ASSERT_EQUAL(rs_task_save(t, NULL), RS_OK);
	before = text_of(t);
	loaded = rs_task_load(t->path, &err);
	UNIT_STR(err.primary, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(loaded);
	CU_ASSERT_EQUAL(rs_task_check(loaded, &err), RS_OK);
	UNIT_STR(err.primary, NULL);
	rs_err_clear(&err);
	rs_form_binding_init(&b, loaded, true);
	store = rs_form_binding_store(&b);
	rs_form_state_created(again, true); /* without a password that was left to the client it is not asked for one again */
	rs_form_state_import(again, &store);
	rs_form_binding_release(&b);
	CU_ASSERT_EQUAL(rs_form_check_all(again, NULL, &bad, &err), RS_OK);
	UNIT_STR(err.primary, NULL);
	if (bad)
		printf("# %s: %s\n", flow->id, bad->id);
	copy = export(again);
	CU_ASSERT_EQUAL(rs_task_save(copy, NULL), RS_OK);
	after = text_of(copy);
	UNIT_STR(after, before);
	CU_ASSERT_EQUAL(rs_task_delete(t, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_task_delete(copy, NULL), RS_OK);
	rs_err_clear(&err);
	rs_task_free(t);
	rs_task_free(loaded);
	rs_task_free(copy);
	rs_form_state_free(s);
	rs_form_state_free(again);
	free(before);
	free(after);
}

static void a_task_of_every_flow_comes_back_as_it_was_saved(void)
{
	begin();
	seed = unit_seed();
	printf("# seed %u\n", seed);
	for (size_t n = 0; n < forms->n_flows; n++)
		for (int i = 0; i < 8; i++)
			comes_back(forms->flows[n]);
	end();
}

static void a_key_that_the_flow_has_no_use_for_is_refused(void)
{
	struct rs_task *t = rs_task_new("mysql-to-mysql", "t", NULL);
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL(rs_task_set_objects(t, "shop", NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_task_check(t, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_task_set(t, "kafka.format", "avro", NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_task_check(t, &err), RS_FAIL);
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, "kafka.format"));
	rs_err_clear(&err);
	CU_ASSERT_EQUAL(rs_task_set(t, "kafka.format", NULL, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_task_set(t, "destination.topic", "x", NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_task_check(t, NULL), RS_FAIL);
	rs_task_free(t);
}

/* --- plain questions -------------------------------------------------------------------------------------------------------- */

/* The same at both sides: regions must be. */
static char *first_choice(const struct rs_form_state *s, const struct rs_form_field *f)
{
	struct rs_form_choices c;
	char *value;

	rs_form_choices_get(s, f, &c);
	value = rs_xstrdup(c.count ? c.items[0].value : "");
	rs_form_choices_release(&c);
	return value;
}

/* The line that answers a question, from which state goes on. */
static void add_line(struct rs_buf *lines, struct rs_form_state *s, const struct rs_form_field *f)
{
	char *value;

	if (!rs_field_type_answers(f->type) || !rs_form_is_visible(s, f) || rs_form_is_readonly(s, f) || f->level == RS_LEVEL_ADVANCED)
		return;
	if (f->type == RS_FIELD_FIELDS)
		value = rs_xstrdup("shop.orders: replicated primary id\n");
	else if (*rs_form_value(s, f) || !rs_form_is_required(s, f))
		value = NULL;
	else
		value = f->type == RS_FIELD_CHOICE ? first_choice(s, f) : some_value(s, f, false);
	if (value)
		rs_form_set(s, f, value);
	(void)rs_buf_addf(lines, "%s\n", value ? value : "");
	free(value);
}

static void is_made_by_answering(const struct rs_form_flow *flow)
{
	struct rs_form_state *planned = rs_form_state_new(flow, &names), *s = rs_form_state_new(flow, &names);
	struct rs_buf lines = RS_BUF_INIT;
	struct rs_task *t;
	struct rs_err err = RS_ERR_INIT;
	char *told = NULL;
	size_t size;
	FILE *in, *out;

	(void)rs_buf_adds(&lines, "\n"); /* no advanced ones */
	for (size_t p = 0; p < flow->n_pages; p++)
		for (size_t i = 0; i < flow->pages[p]->n_fields; i++)
			add_line(&lines, planned, &flow->pages[p]->fields[i]);
	(void)rs_buf_adds(&lines, "yes\n");
	in = fmemopen(lines.data, lines.len, "r");
	out = open_memstream(&told, &size);
	CU_ASSERT_TRUE_FATAL(in && out);
	CU_ASSERT_EQUAL(rs_prompt_run(s, in, out), RS_OK);
	fclose(in);
	fclose(out);
	t = export(s);
	if (rs_task_check(t, &err) != RS_OK)
		printf("# %s: %s\n%s", flow->id, err.primary, told);
	UNIT_STR(err.primary, NULL);
	UNIT_INT(strstr(told, "It can't be started yet") != NULL, !flow->available);
	CU_ASSERT_TRUE(flow->n_prerequisites && strstr(told, flow->prerequisites[0]));
	rs_err_clear(&err);
	rs_task_free(t);
	rs_buf_release(&lines);
	rs_form_state_free(planned);
	rs_form_state_free(s);
	free(told);
}

static void a_task_of_every_flow_is_made_by_answering_questions(void)
{
	begin();
	for (size_t n = 0; n < forms->n_flows; n++)
		is_made_by_answering(forms->flows[n]);
	end();
}

/* --- the registry ------------------------------------------------------------------------------------------------------------- */

static const struct rs_form_field *field_of(const struct rs_form_state *s, const char *id)
{
	return rs_form_flow_field(rs_form_state_flow(s), id);
}

/* source.vpc: of the region's instances that are MySQL, or typed. */
static void peer_vpcs_are_those_of_the_registry(void)
{
	struct rs_form_state *s;
	struct rs_form_choices c;

	begin();
	s = rs_form_state_new(rs_forms_flow(forms, "mysql-to-kafka"), &names);
	UNIT_STR(rs_form_answer(s, "source_vpc_listed"), "yes");
	rs_form_set(s, field_of(s, "source_region"), "cn-beijing");
	rs_form_choices_get(s, field_of(s, "source_vpc"), &c);
	UNIT_INT(c.count, 3);
	UNIT_STR(c.items[0].value, "vpc-mysql-0");
	UNIT_STR(c.items[1].value, "vpc-mysql-2");
	UNIT_STR(c.items[2].value, "other");
	rs_form_choices_release(&c);
	rs_form_set(s, field_of(s, "source_vpc"), "vpc-elsewhere");
	UNIT_STR(rs_form_answer(s, "source_vpc_listed"), "no");
	rs_form_state_free(s);
	end();
}

/* destination.port: the instance's, until it is answered. */
static void the_port_is_that_of_the_instance(void)
{
	struct rs_form_state *s;

	begin();
	s = rs_form_state_new(rs_forms_flow(forms, "mysql-to-kafka"), &names);
	UNIT_STR(rs_form_answer(s, "destination_port"), "9092");
	rs_form_set(s, field_of(s, "destination_instance"), "kafka-3");
	UNIT_STR(rs_form_answer(s, "destination_port"), "1003");
	rs_form_set(s, field_of(s, "destination_port"), "9094");
	UNIT_STR(rs_form_answer(s, "destination_port"), "9094");
	rs_form_state_free(s);
	end();
}

/* A server of one's own has an address, and no part of a cloud. */
static void a_server_of_ones_own_is_asked_for_its_address(void)
{
	static const char *const sides[] = {"source", "destination"};

	begin();
	struct rs_form_state *s = rs_form_state_new(rs_forms_flow(forms, "mysql-to-kafka"), &names);
	for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
		static const char *const gone[] = {"region", "region_typed", "instance", "instance_typed"};
		char id[64];

		snprintf(id, sizeof id, "%s_type", sides[i]);
		rs_form_set(s, field_of(s, id), "self-managed");
		for (size_t k = 0; k < sizeof gone / sizeof *gone; k++) {
			snprintf(id, sizeof id, "%s_%s", sides[i], gone[k]);
			CU_ASSERT_FALSE(rs_form_is_visible(s, field_of(s, id)));
		}
		snprintf(id, sizeof id, "%s_host", sides[i]);
		CU_ASSERT(rs_form_is_visible(s, field_of(s, id)));
	}
	CU_ASSERT_FALSE(rs_form_is_visible(s, field_of(s, "source_vpc")));
	CU_ASSERT_FALSE(rs_form_is_visible(s, field_of(s, "source_vpc_typed")));
	rs_form_state_free(s);
	end();
}

/* --- field mapping --------------------------------------------------------------------------------------------------------------- */

static void a_table_s_fields_are_read_and_written(void)
{
	static const char *const good[] = {"shop.orders: partitioned primary region id distribution region", "shop.regions: replicated primary code",
	                                   "`a b`.`c.d`: partitioned primary `primary` `distribution` `x y` distribution `distribution` `x y`"};
	static const char *const bad[] = {"", "shop", "shop.orders", "shop: replicated primary id", "shop.orders: primary id", "shop.orders: partitioned primary id",
	                                  "shop.orders: replicated primary id distribution id", "shop.orders: replicated primary", "shop.orders: partitioned primary id distribution customer", "a.b.c: replicated primary id",
	                                  "shop.orders: replicated primary id.x", "shop.orders: replicated distribution id"};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct rs_table_fields f = RS_TABLE_FIELDS_INIT;
		struct rs_buf text = RS_BUF_INIT;

		CU_ASSERT_EQUAL(rs_table_fields_parse(&f, good[i], NULL), RS_OK);
		rs_table_fields_put(&f, &text);
		UNIT_STR(rs_buf_str(&text), good[i]);
		rs_buf_release(&text);
		rs_table_fields_release(&f);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rs_err err = RS_ERR_INIT;

		CU_ASSERT_EQUAL(rs_table_fields_check(bad[i], &err), RS_FAIL);
		if (!err.primary)
			printf("# accepted: %s\n", bad[i]);
		CU_ASSERT_PTR_NOT_NULL(err.primary);
		rs_err_clear(&err);
	}
}

static void the_fields_of_a_task_are_one_text(void)
{
	struct rs_task *t = rs_task_new("zero-etl", "t", NULL);
	struct rs_buf text = RS_BUF_INIT;

	CU_ASSERT_EQUAL(rs_task_set_fields(t, "a.b: replicated primary id\n\n a.c: replicated primary id\n", NULL), RS_OK);
	UNIT_STR(rs_task_get(t, "fields.table.2"), "a.c: replicated primary id");
	CU_ASSERT_EQUAL(rs_task_set_fields(t, "a.b: sometimes\n", NULL), RS_FAIL);
	CU_ASSERT_EQUAL(rs_task_set_fields(t, "a.c: replicated primary id\n", NULL), RS_OK);
	rs_task_get_fields(t, &text);
	UNIT_STR(rs_buf_str(&text), "a.c: replicated primary id\n");
	CU_ASSERT_EQUAL(rs_task_set_fields(t, "", NULL), RS_OK);
	UNIT_STR(rs_task_get(t, "fields.table.1"), NULL);
	rs_buf_release(&text);
	rs_task_free(t);
}

UNIT_MAIN(UNIT_TEST(each_flow_has_its_forms_which_say_as_much_of_it),
          UNIT_TEST(a_flow_takes_what_its_forms_ask_and_asks_all_that_it_takes),
          UNIT_TEST(defaults_of_the_forms_are_those_of_the_task_file),
          UNIT_TEST(every_field_changes_the_saved_file),
          UNIT_TEST(a_task_of_every_flow_comes_back_as_it_was_saved),
          UNIT_TEST(a_task_of_every_flow_is_made_by_answering_questions),
          UNIT_TEST(a_key_that_the_flow_has_no_use_for_is_refused),
          UNIT_TEST(peer_vpcs_are_those_of_the_registry), UNIT_TEST(the_port_is_that_of_the_instance),
          UNIT_TEST(a_server_of_ones_own_is_asked_for_its_address), UNIT_TEST(a_table_s_fields_are_read_and_written),
          UNIT_TEST(the_fields_of_a_task_are_one_text))
