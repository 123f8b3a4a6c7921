/* The validators, lists and defaults that the program's own forms name (forms/README.md). */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/form_binding.h"

/* What the list of regions offers for instances that say none. */
#define NO_REGION "none"

static enum rs_rc validate_selection(void *ctx, const char *value, const char *const *words, size_t n_words,
                                     struct rs_err *err)
{
	struct rs_form_objects *known = ctx;
	struct rs_selection *s = known ? rs_form_objects_find(known, value) : NULL;
	enum rs_rc rc = RS_OK;

	(void)words;
	(void)n_words;
	if (!s) {
		s = rs_selection_new();
		rc = rs_selection_parse(s, _("objects"), value, strlen(value), err);
		if (rc == RS_OK)
			rc = rs_selection_check(s, false, err);
		if (rc == RS_OK && known)
			rs_form_objects_note(known, value, s);
	}
	rs_selection_free(s);
	return rc;
}

/* Words: the answers to Kafka's partition policy, to which topics there are, and to the objects. */
static enum rs_rc check_settings(void *ctx, const char *const *words, size_t n_words, struct rs_err *err)
{
	struct rs_form_objects *known = ctx;
	const char *text = n_words > 2 ? words[2] : "";
	struct rs_selection *s = known ? rs_form_objects_find(known, text) : NULL;
	enum rs_rc rc = RS_OK;

	if (!s) {
		s = rs_selection_new();
		rc = rs_selection_parse(s, _("objects"), text, strlen(text), err);
	}
	if (rc == RS_OK && n_words > 2)
		rc = rs_settings_check(s, rs_flow_find("mysql-to-kafka"), words[0], words[1], err);
	rs_selection_free(s);
	return rc;
}

void rs_form_objects_use(struct rs_form_objects *o, struct rs_form_registry *r)
{
	rs_form_register_validator(r, "selection", validate_selection, o);
	rs_form_register_checker(r, "settings", check_settings, o);
}

static enum rs_rc validate_fields(void *ctx, const char *value, const char *const *words, size_t n_words,
                                  struct rs_err *err)
{
	struct rs_task *scratch = rs_task_new("zero-etl", NULL, NULL);
	enum rs_rc rc = rs_task_set_fields(scratch, value, err);

	(void)ctx;
	(void)words;
	(void)n_words;
	rs_task_free(scratch);
	return rc;
}

/* What the task file takes for a key. */
static enum rs_rc validate_key(void *ctx, const char *value, const char *const *words, size_t n_words, struct rs_err *err)
{
	const struct rs_task_key *key = n_words > 0 ? rs_task_key_find(words[0]) : NULL;

	(void)ctx;
	return key ? rs_task_key_check(key, value, err) : RS_OK;
}

/* --- instances ------------------------------------------------------------------------------------------------------- */

static const char *word(const char *const *words, size_t n_words, size_t n)
{
	return n < n_words ? words[n] : "";
}

static const char *region_of(const struct rs_instance *i)
{
	return i->region ? i->region : NO_REGION;
}

static bool fits(const struct rs_instance *i, const char *engine, const char *region)
{
	return rs_instance_fits(i, engine, NULL) && (!*region || strcmp(region_of(i), region) == 0);
}

/* The n-th instance is the first of its region. */
static bool is_first_of_region(const struct rs_registry *r, const char *engine, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fits(&r->items[i], engine, region_of(&r->items[n])))
			return false;
	return fits(&r->items[n], engine, "");
}

static void list_regions(void *ctx, const char *const *words, size_t n_words,
                         void (*add)(void *list, const char *value, const char *label), void *list)
{
	const struct rs_registry *r = ctx;

	for (size_t i = 0; i < r->count; i++)
		if (is_first_of_region(r, word(words, n_words, 0), i))
			add(list, region_of(&r->items[i]), r->items[i].region ? NULL : _("no region"));
}

/* One that is not there has no address. */
static enum rs_rc validate_registered(void *ctx, const char *value, const char *const *words, size_t n_words, struct rs_err *err)
{
	(void)words;
	(void)n_words;
	if (rs_registry_find(ctx, value))
		return RS_OK;
	rs_err_set(err, RS_E_TASK_INVALID, _("instances.ini does not have it, so nobody knows its address"));
	return rs_err_hint(err, _("add it there, or choose Self-managed"));
}

/* Of an account; "any" and "" stand for all. */
static bool is_owned(const struct rs_instance *i, const char *owner)
{
	return !*owner || strcmp(owner, "any") == 0 || (i->owner && strcmp(i->owner, owner) == 0);
}

static void list_instances(void *ctx, const char *const *words, size_t n_words,
                           void (*add)(void *list, const char *value, const char *label), void *list)
{
	const struct rs_registry *r = ctx;

	for (size_t i = 0; i < r->count; i++)
		if (fits(&r->items[i], word(words, n_words, 0), word(words, n_words, 1)) && is_owned(&r->items[i], word(words, n_words, 2)))
			add(list, r->items[i].id, NULL);
}

/* Those of the region's instances of an engine, each once. */
static void list_vpcs(void *ctx, const char *const *words, size_t n_words,
                      void (*add)(void *list, const char *value, const char *label), void *list)
{
	const struct rs_registry *r = ctx;

	for (size_t i = 0; i < r->count; i++) {
		bool first = r->items[i].vpc && fits(&r->items[i], word(words, n_words, 0), word(words, n_words, 1));

		for (size_t n = 0; first && n < i; n++)
			first = !r->items[n].vpc || strcmp(r->items[n].vpc, r->items[i].vpc) != 0 ||
			        !fits(&r->items[n], word(words, n_words, 0), word(words, n_words, 1));
		if (first)
			add(list, r->items[i].vpc, NULL);
	}
}

static bool is_answered(const struct rs_form_state *state, const char *id)
{
	const struct rs_form_field *f = rs_form_flow_field(rs_form_state_flow(state), id);

	return f && rs_form_is_answered(state, f);
}

/* Words: the engine, then ids of fields: an answer to the first means an instance, one to any other a server by its address
 * (their answers themselves depend on what is asked here). Where none is answered, what there is to choose from decides. */
static char *preset_instance_type(void *ctx, const struct rs_form_state *state, const char *const *words, size_t n_words)
{
	const struct rs_registry *r = ctx;

	for (size_t i = 1; i < n_words; i++)
		if (is_answered(state, words[i]))
			return rs_xstrdup(i == 1 ? "rds" : "self-managed");
	for (size_t i = 0; i < r->count; i++)
		if (fits(&r->items[i], word(words, n_words, 0), ""))
			return rs_xstrdup("rds");
	return rs_xstrdup("self-managed");
}

/* The answer of a field; "" where it has none of its own. */
static const char *answer_of(const struct rs_form_state *state, const char *id)
{
	const struct rs_form_field *f = rs_form_flow_field(rs_form_state_flow(state), id);

	return f && rs_form_is_answered(state, f) ? rs_form_value(state, f) : "";
}

/* Words: the engine and the ids of the fields that answer an instance and a region: whether what they answer is in the
 * registry; where they answer nothing, whether there is any instance of the engine. */
static char *preset_listed(void *ctx, const struct rs_form_state *state, const char *const *words, size_t n_words)
{
	const struct rs_registry *r = ctx;
	const char *instance = answer_of(state, word(words, n_words, 1)), *region = answer_of(state, word(words, n_words, 2));

	if (*instance)
		return rs_xstrdup(rs_registry_find(r, instance) ? "yes" : "no");
	for (size_t i = 0; i < r->count; i++)
		if (fits(&r->items[i], word(words, n_words, 0), region))
			return rs_xstrdup("yes");
	return rs_xstrdup("no");
}

/* Words: the engine and the id of the field that answers a VPC: whether an instance of the engine is in it; where it answers
 * nothing, whether there is any in one. */
static char *preset_listed_vpc(void *ctx, const struct rs_form_state *state, const char *const *words, size_t n_words)
{
	const struct rs_registry *r = ctx;
	const char *vpc = answer_of(state, word(words, n_words, 1));

	for (size_t i = 0; i < r->count; i++)
		if (r->items[i].vpc && fits(&r->items[i], word(words, n_words, 0), "") && (!*vpc || strcmp(r->items[i].vpc, vpc) == 0))
			return rs_xstrdup("yes");
	return rs_xstrdup("no");
}

/* The instance's, else the only one there is. */
static char *preset_region(void *ctx, const struct rs_form_state *state, const char *const *words, size_t n_words)
{
	const struct rs_registry *r = ctx;
	const struct rs_instance *instance = rs_registry_find(r, word(words, n_words, 1));
	const char *only = NULL;

	(void)state;
	if (instance)
		return rs_xstrdup(region_of(instance));
	for (size_t i = 0; i < r->count; i++) {
		if (!is_first_of_region(r, word(words, n_words, 0), i))
			continue;
		if (only)
			return NULL;
		only = region_of(&r->items[i]);
	}
	return rs_xstrdup(only);
}

/* The instance's, else the one that is given. */
static char *preset_port(void *ctx, const struct rs_form_state *state, const char *const *words, size_t n_words)
{
	const struct rs_instance *instance = rs_registry_find(ctx, word(words, n_words, 0));

	(void)state;
	return instance && instance->port ? rs_xprintf("%u", instance->port) : rs_xstrdup(word(words, n_words, 1));
}

/* The account that owns the instance, else the only one that owns any of the engine. */
static char *preset_owner(void *ctx, const struct rs_form_state *state, const char *const *words, size_t n_words)
{
	const struct rs_registry *r = ctx;
	const struct rs_instance *instance = rs_registry_find(r, word(words, n_words, 1));
	const char *only = NULL;

	(void)state;
	if (instance)
		return rs_xstrdup(instance->owner);
	for (size_t i = 0; i < r->count; i++) {
		const char *owner = fits(&r->items[i], word(words, n_words, 0), "") ? r->items[i].owner : NULL;

		if (owner && only && strcmp(owner, only) != 0)
			return NULL;
		only = owner ? owner : only;
	}
	return rs_xstrdup(only);
}

/* --- task names ------------------------------------------------------------------------------------------------------ */

/* The database of the first rule of a selection's text; NULL: none. */
static char *first_database(const char *text)
{
	const char *p = text, *end;
	char *names[3], *db;
	size_t n;

	while (*p == '#' || *p == '\n') {
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	n = *p ? rs_selection_get_names(p, names, 3, &end, NULL) : 0;
	db = n ? names[0] : NULL;
	while (n > 1)
		free(names[--n]);
	return db;
}

static char *subject(const struct rs_form_state *state, const char *const *words, size_t n_words)
{
	char *db = first_database(word(words, n_words, 0));

	for (size_t i = 1; !db && i < n_words; i++)
		if (*words[i])
			db = rs_xstrdup(words[i]);
	return db ? db : rs_xstrdup(rs_form_state_flow(state)->id);
}

static char *preset_task_name(void *ctx, const struct rs_form_state *state, const char *const *words, size_t n_words)
{
	char date[32], *about = subject(state, words, n_words), *name;

	(void)ctx;
	rs_clock_iso(rs_clock_wall(), date, sizeof date);
	name = rs_xprintf("%s-%.10s", about, date);
	free(about);
	return name;
}

void rs_form_binding_register(struct rs_form_registry *r, const struct rs_registry *instances)
{
	void *list = (void *)(uintptr_t)instances; /* only read */

	rs_form_register_validator(r, "selection", validate_selection, NULL);
	rs_form_register_checker(r, "settings", check_settings, NULL);
	rs_form_register_validator(r, "fields", validate_fields, NULL);
	rs_form_register_validator(r, "key", validate_key, NULL);
	rs_form_register_validator(r, "registered", validate_registered, list);
	rs_form_register_presetter(r, "listed", preset_listed, list);
	rs_form_register_lister(r, "regions", list_regions, list);
	rs_form_register_lister(r, "instances", list_instances, list);
	rs_form_register_lister(r, "vpcs", list_vpcs, list);
	rs_form_register_presetter(r, "listed-vpc", preset_listed_vpc, list);
	rs_form_register_presetter(r, "instance-type", preset_instance_type, list);
	rs_form_register_presetter(r, "owner", preset_owner, list);
	rs_form_register_presetter(r, "region", preset_region, list);
	rs_form_register_presetter(r, "instance-port", preset_port, list);
	rs_form_register_presetter(r, "task-name", preset_task_name, NULL);
}
