/* form lint, form prompt. */
#include "cli/cli.h"

#include <dirent.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "cli/prompt.h"
#include "form/form_lint.h"
#include "screen/form_binding.h"

/* --- lint ------------------------------------------------------------------------------------------------------------ */

static void print_problem(void *ctx, const char *file, int line, const char *text)
{
	char *problem = line > 0 ? rs_xprintf("%s:%d: %s", file, line, text) : rs_xprintf("%s: %s", file, text);

	(void)ctx;
	rs_cli_print_text(problem);
	free(problem);
}

static bool knows_key(const char *key)
{
	return rs_task_key_find(key) != NULL;
}

static void no_action(void *ctx, struct rs_form_state *state, const struct rs_form_field *field,
                      const char *const *words, size_t n_words)
{
	(void)ctx;
	(void)state;
	(void)field;
	(void)words;
	(void)n_words;
}

static int is_locale(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* The catalogues that are installed; the paths are the caller's. */
static struct rs_form_locale *find_locales(size_t *count)
{
	struct rs_form_locale *locales = NULL;
	struct dirent **entries;
	size_t cap = 0;
	int n = scandir(LOCALEDIR, &entries, is_locale, alphasort);

	*count = 0;
	for (int i = 0; i < n; i++) {
		char *path = rs_xprintf("%s/%s/LC_MESSAGES/%s.mo", LOCALEDIR, entries[i]->d_name, PACKAGE);

		if (access(path, R_OK) == 0) {
			RS_GROW(locales, *count, cap);
			locales[(*count)++] = (struct rs_form_locale){rs_xstrdup(entries[i]->d_name), path};
		} else {
			free(path);
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return locales;
}

static void free_locales(struct rs_form_locale *locales, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free((void *)(uintptr_t)locales[i].name);
		free((void *)(uintptr_t)locales[i].mo);
	}
	free(locales);
}

int rs_cli_form_lint(const struct rs_cli *cli)
{
	struct rs_form_registry registry;
	const struct rs_registry no_instances = RS_REGISTRY_INIT;
	struct rs_form_lint lint = {.knows_key = knows_key, .registry = &registry, .report = print_problem};
	struct rs_form_locale *locales = find_locales(&lint.n_locales);
	size_t problems;

	(void)cli;
	lint.locales = locales;
	rs_form_registry_init(&registry);
	rs_form_binding_register(&registry, &no_instances);
	rs_form_register_action(&registry, "test-connectivity", no_action, NULL);
	rs_form_register_action(&registry, "get-topic-list", no_action, NULL);
	problems = rs_form_lint(NULL, &lint);
	rs_form_registry_release(&registry);
	free_locales(locales, lint.n_locales);
	return problems ? RS_EXIT_NO : RS_EXIT_OK;
}

/* --- prompt ---------------------------------------------------------------------------------------------------------- */

/* One conversation, and what it is about. */
struct talk {
	struct rs_forms *forms;
	struct rs_registry instances;
	struct rs_form_registry names;
	struct rs_form_state *state;
	struct rs_task *task;
};

/* Gives the answers so far to the task. */
static enum rs_rc export(struct talk *t, struct rs_err *err)
{
	struct rs_form_binding binding;
	struct rs_form_store store;
	enum rs_rc rc;

	rs_form_binding_init(&binding, t->task, true);
	store = rs_form_binding_store(&binding);
	rc = rs_form_state_export(t->state, &store, err);
	rs_form_binding_release(&binding);
	return rc;
}

static void print_probe(struct rs_probe_result *r)
{
	if (r->ok)
		printf("%s %s\n", r->unfit ? "!" : " ", r->summary);
	else
		rs_cli_print_error(&r->error);
}

static enum rs_rc wait_probe(const struct rs_endpoint *e, struct rs_err *err)
{
	struct rs_probe_result r = {.done = false};
	struct rs_cli_wait w;
	struct rs_probe *probe;
	bool signalled = false;

	if (rs_cli_wait_open(&w, err) != RS_OK)
		return RS_FAIL;
	probe = rs_probe_start(e, w.wake);
	while (!r.done && !signalled) {
		signalled = rs_cli_wait_next(&w, -1) == RS_WAIT_SIGNAL;
		rs_probe_result_release(&r);
		rs_probe_get(probe, &r);
	}
	if (r.done)
		print_probe(&r);
	rs_probe_result_release(&r);
	rs_probe_free(probe);
	rs_cli_wait_close(&w);
	return RS_OK;
}

static void test_connectivity(void *ctx, struct rs_form_state *state, const struct rs_form_field *field,
                              const char *const *words, size_t n_words)
{
	struct talk *t = ctx;
	struct rs_err err = RS_ERR_INIT;
	bool source = n_words > 0 && strcmp(words[0], "source") == 0;

	(void)state;
	(void)field;
	if (export(t, &err) != RS_OK || wait_probe(source ? &t->task->source : &t->task->destination, &err) != RS_OK)
		rs_cli_print_error(&err);
	rs_err_clear(&err);
}

static void print_topics(const struct rs_topics_result *r)
{
	if (!r->ok) {
		rs_cli_print_error(&r->error);
		return;
	}
	printf("  %s\n", r->summary);
	for (size_t i = 0; i < r->count; i++)
		if (!r->topics[i].internal)
			printf("  %s  (%d)\n", r->topics[i].name, r->topics[i].partitions);
}

/* False: a signal came before there was an answer. */
static bool wait_topics(const struct rs_endpoint *e, struct rs_topics_result *r, struct rs_err *err)
{
	struct rs_cli_wait w;
	struct rs_topics *topics;
	bool signalled = false;

	if (rs_cli_wait_open(&w, err) != RS_OK)
		return false;
	topics = rs_topics_start(e, w.wake);
	while (!rs_topics_take(topics, r) && !signalled)
		signalled = rs_cli_wait_next(&w, -1) == RS_WAIT_SIGNAL;
	rs_topics_free(topics);
	rs_cli_wait_close(&w);
	return r->done;
}

static const struct rs_form_field *named(const struct talk *t, const char *const *words, size_t n_words, size_t n)
{
	return n < n_words ? rs_form_flow_field(rs_form_state_flow(t->state), words[n]) : NULL;
}

static void get_topic_list(void *ctx, struct rs_form_state *state, const struct rs_form_field *field, const char *const *words,
                           size_t n_words)
{
	struct talk *t = ctx;
	const struct rs_form_field *version = named(t, words, n_words, 2);
	struct rs_topics_result r = {.done = false};
	struct rs_err err = RS_ERR_INIT;
	bool source = n_words > 0 && strcmp(words[0], "source") == 0;

	(void)field;
	if (export(t, &err) == RS_OK && wait_topics(source ? &t->task->source : &t->task->destination, &r, &err))
		print_topics(&r);
	if (rs_err_is_set(&err))
		rs_cli_print_error(&err);
	if (r.ok && version)
		rs_form_set(state, version, r.version);
	rs_topics_result_release(&r);
	rs_err_clear(&err);
}

static enum rs_rc open_talk(struct talk *t, const char *flow_id, struct rs_err *err)
{
	const struct rs_form_flow *flow;

	rs_form_registry_init(&t->names);
	t->forms = rs_forms_load(NULL, err);
	if (!t->forms || rs_registry_load(&t->instances, NULL, err) != RS_OK)
		return RS_FAIL;
	flow = rs_forms_flow(t->forms, flow_id);
	if (!flow) {
		rs_err_set(err, RS_E_USAGE, _("there is no flow %s"), flow_id);
		for (size_t i = 0; i < t->forms->n_flows; i++)
			rs_err_detail(err, "%s", t->forms->flows[i]->id);
		return RS_FAIL;
	}
	rs_form_binding_register(&t->names, &t->instances);
	rs_form_register_action(&t->names, "test-connectivity", test_connectivity, t);
	rs_form_register_action(&t->names, "get-topic-list", get_topic_list, t);
	t->task = rs_task_new(flow->id, NULL, err);
	t->state = rs_form_state_new(flow, &t->names);
	return t->task ? RS_OK : RS_FAIL;
}

static void close_talk(struct talk *t)
{
	rs_form_state_free(t->state);
	rs_task_free(t->task);
	rs_registry_release(&t->instances);
	rs_form_registry_release(&t->names);
	rs_forms_free(t->forms);
}

static enum rs_rc save(struct talk *t, struct rs_err *err)
{
	if (export(t, err) != RS_OK || rs_task_save(t->task, err) != RS_OK)
		return RS_FAIL;
	printf(_("The task file is %s\n"), t->task->path);
	if (rs_form_state_flow(t->state)->available) {
		printf(_("To check it: rds-sync precheck %s\n"), t->task->path);
		printf(_("To start it: rds-sync run %s\n"), t->task->path);
	} else {
		printf("%s\n", _("It can't be started yet."));
	}
	return RS_OK;
}

int rs_cli_form_prompt(const struct rs_cli *cli)
{
	struct talk t = {.forms = NULL};
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc = open_talk(&t, cli->operands[0], &err);

	if (rc == RS_OK)
		rc = rs_prompt_run(t.state, stdin, stdout);
	if (rc == RS_OK)
		rc = save(&t, &err);
	close_talk(&t);
	if (rc == RS_FAIL)
		return rs_cli_fail(cli, &err);
	return rc == RS_OK ? RS_EXIT_OK : RS_EXIT_NO;
}
