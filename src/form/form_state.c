#include "form/form_state.h"

#include <string.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/words.h"
#include "form/form_value.h"

struct answer {
	const struct rs_form_field *field;
	bool given;
	char *text;              /* NULL for a secret, and where nothing was given */
	struct rs_secret secret;
	char *preset;            /* the default as it was computed for preset_version; NULL: none */
	unsigned preset_version; /* 0: not computed */
};

struct rs_form_state {
	const struct rs_form_flow *flow;
	const struct rs_form_registry *registry;
	struct rs_map by_id;     /* to struct answer; owned */
	unsigned version;        /* never 0 */
	bool created;
	bool (*fixed)(const struct rs_form_field *f); /* NULL: none but those that always are */
};

/* --- life ------------------------------------------------------------------------------------------------------------ */

static void forget(struct answer *a)
{
	if (a->text)
		explicit_bzero(a->text, strlen(a->text));
	free(a->text);
	a->text = NULL;
	rs_secret_clear(&a->secret);
	a->given = false;
}

static void free_answer(void *p)
{
	struct answer *a = p;

	forget(a);
	free(a->preset);
	free(a);
}

struct rs_form_state *rs_form_state_new(const struct rs_form_flow *flow, const struct rs_form_registry *registry)
{
	struct rs_form_state *s = rs_xcalloc(1, sizeof *s);

	s->flow = flow;
	s->registry = registry;
	s->version = 1;
	for (size_t p = 0; p < flow->n_pages; p++)
		for (size_t i = 0; i < flow->pages[p]->n_fields; i++) {
			const struct rs_form_field *f = &flow->pages[p]->fields[i];
			struct answer *a = rs_xcalloc(1, sizeof *a);

			a->field = f;
			rs_map_put(&s->by_id, f->id, strlen(f->id), a);
		}
	return s;
}

void rs_form_state_free(struct rs_form_state *s)
{
	if (!s)
		return;
	rs_map_release(&s->by_id, free_answer);
	free(s);
}

const struct rs_form_flow *rs_form_state_flow(const struct rs_form_state *s)
{
	return s->flow;
}

/* What was computed before no longer counts. */
static void touch(struct rs_form_state *s)
{
	s->version += s->version + 1 == 0 ? 2 : 1;
}

void rs_form_state_created(struct rs_form_state *s, bool created)
{
	s->created = created;
	touch(s);
}

void rs_form_state_fix(struct rs_form_state *s, bool (*fixed)(const struct rs_form_field *f))
{
	s->fixed = fixed;
}

bool rs_form_state_is_created(const struct rs_form_state *s)
{
	return s->created;
}

unsigned rs_form_state_version(const struct rs_form_state *s)
{
	return s->version;
}

static struct answer *find(const struct rs_form_state *s, const char *id)
{
	return rs_map_get(&s->by_id, id, strlen(id));
}

/* --- words with answers ------------------------------------------------------------------------------------------------ */

/* The words of a call with "$id" replaced; the array is the caller's, the words are borrowed. */
static const char **words_of(const struct rs_form_state *s, const struct rs_form_call *call)
{
	const char **words = rs_xcalloc(call->n_words + 1, sizeof *words);

	for (size_t i = 0; i < call->n_words; i++)
		words[i] = call->words[i][0] == '$' ? rs_form_answer(s, call->words[i] + 1) : call->words[i];
	return words;
}

/* --- defaults -------------------------------------------------------------------------------------------------------- */

static char *called_preset(const struct rs_form_state *s, const struct rs_form_call *call)
{
	const struct rs_form_entry *e = rs_form_entry(&s->registry->presetters, call->name);
	const char **words;
	char *preset;

	if (!e)
		return NULL;
	words = words_of(s, call);
	preset = e->presetter(e->ctx, s, words, call->n_words);
	free(words);
	return preset;
}

static char *compute_preset(const struct rs_form_state *s, const struct rs_form_field *f)
{
	for (size_t i = 0; i < f->n_presets; i++)
		if (strcmp(rs_form_answer(s, f->presets[i].field), f->presets[i].value) == 0)
			return rs_xstrdup(f->presets[i].text);
	return f->preset_call.name ? called_preset(s, &f->preset_call) : rs_xstrdup(f->preset);
}

static const char *preset(const struct rs_form_state *s, struct answer *a)
{
	if (a->preset_version != s->version) {
		free(a->preset);
		a->preset = compute_preset(s, a->field);
		a->preset_version = s->version;
	}
	return a->preset ? a->preset : "";
}

/* --- answers --------------------------------------------------------------------------------------------------------- */

static const char *value_of(const struct rs_form_state *s, struct answer *a)
{
	if (!a->given)
		return preset(s, a);
	return rs_secret_is_set(&a->secret) ? rs_secret_reveal(&a->secret) : a->text ? a->text : "";
}

const char *rs_form_value(const struct rs_form_state *s, const struct rs_form_field *f)
{
	struct answer *a = find(s, f->id);

	return a ? value_of(s, a) : "";
}

const char *rs_form_answer(const struct rs_form_state *s, const char *id)
{
	struct answer *a = find(s, id);

	return a && rs_form_is_visible(s, a->field) ? value_of(s, a) : "";
}

bool rs_form_is_answered(const struct rs_form_state *s, const struct rs_form_field *f)
{
	const struct answer *a = find(s, f->id);

	return a && a->given;
}

static void give(struct answer *a, const char *value)
{
	forget(a);
	if (!value)
		return;
	a->given = true;
	if (a->field->type == RS_FIELD_SECRET && *value)
		rs_secret_set(&a->secret, value, strlen(value));
	else
		a->text = rs_xstrdup(a->field->type == RS_FIELD_MULTICHOICE && !*value ? "none" : value);
}

static const struct rs_form_pick *find_pick(const struct rs_form_field *f, const char *value)
{
	for (size_t i = 0; value && i < f->n_picks; i++)
		if (strcmp(f->picks[i].value, value) == 0)
			return &f->picks[i];
	return NULL;
}

void rs_form_set(struct rs_form_state *s, const struct rs_form_field *f, const char *value)
{
	const struct rs_form_pick *pick = find_pick(f, value);
	struct answer *a = find(s, pick ? pick->field : f->id);
	char *copy = rs_xstrdup(pick ? pick->answer : value); /* value may be what is replaced */

	if (a)
		give(a, copy);
	if (copy)
		explicit_bzero(copy, strlen(copy));
	free(copy);
	touch(s);
}

static const char *answer_to_expr(void *ctx, const char *id)
{
	return rs_form_answer(ctx, id);
}

static bool holds(const struct rs_form_state *s, const struct rs_expr *e)
{
	return rs_expr_true(e, answer_to_expr, (void *)(uintptr_t)s);
}

bool rs_form_is_visible(const struct rs_form_state *s, const struct rs_form_field *f)
{
	return !f->visible || holds(s, f->visible);
}

bool rs_form_is_required(const struct rs_form_state *s, const struct rs_form_field *f)
{
	return f->required && holds(s, f->required);
}

bool rs_form_is_readonly(const struct rs_form_state *s, const struct rs_form_field *f)
{
	return (f->fixed && s->created) || (s->fixed && s->fixed(f)) || (f->readonly && holds(s, f->readonly));
}

/* --- choices --------------------------------------------------------------------------------------------------------- */

static void add_choice(void *list, const char *value, const char *label)
{
	struct rs_form_choices *c = list;

	c->items = rs_xrealloc(c->items, (c->count + 1) * sizeof *c->items);
	c->items[c->count++] = (struct rs_form_choice){rs_xstrdup(value), rs_xstrdup(label ? label : value)};
}

void rs_form_choices_get(const struct rs_form_state *s, const struct rs_form_field *f, struct rs_form_choices *out)
{
	const struct rs_form_call *call = &f->choices_call;
	const struct rs_form_entry *e = call->name ? rs_form_entry(&s->registry->listers, call->name) : NULL;
	const char **words;

	*out = (struct rs_form_choices){NULL, 0};
	if (e) {
		words = words_of(s, call);
		e->lister(e->ctx, words, call->n_words, add_choice, out);
		free(words);
	}
	for (size_t i = 0; i < f->n_choices; i++)
		add_choice(out, f->choices[i].value, rs_form_text(f->choices[i].label));
}

void rs_form_choices_release(struct rs_form_choices *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->items[i].value);
		free(c->items[i].label);
	}
	free(c->items);
	*c = (struct rs_form_choices){NULL, 0};
}

static const char *label_of(const struct rs_form_choices *c, const char *value, size_t len)
{
	for (size_t i = 0; i < c->count; i++)
		if (strlen(c->items[i].value) == len && memcmp(c->items[i].value, value, len) == 0)
			return c->items[i].label;
	return NULL;
}

static char *labels_of(const struct rs_form_choices *c, const char *words)
{
	struct rs_buf out = RS_BUF_INIT;
	const char *word;
	size_t len;

	for (const char *p = words; rs_words_next(&p, &word, &len);) {
		const char *label = label_of(c, word, len);

		if (out.len)
			rs_buf_adds(&out, ", ");
		rs_buf_add(&out, label ? label : word, label ? strlen(label) : len);
	}
	return rs_buf_take(&out);
}

char *rs_form_value_label(const struct rs_form_state *s, const struct rs_form_field *f)
{
	const char *value = rs_form_value(s, f), *label;
	struct rs_form_choices c;
	char *text;

	if (f->type == RS_FIELD_BOOL && *value)
		return rs_xstrdup(strcmp(value, "yes") == 0 ? _("Yes") : _("No"));
	rs_form_choices_get(s, f, &c);
	if (f->type == RS_FIELD_MULTICHOICE && strcmp(value, "none") == 0)
		text = rs_xstrdup(_("none"));
	else if (f->type == RS_FIELD_MULTICHOICE)
		text = labels_of(&c, value);
	else
		text = rs_xstrdup((label = label_of(&c, value, strlen(value))) ? label : value);
	rs_form_choices_release(&c);
	return text;
}

/* --- import and export ------------------------------------------------------------------------------------------------- */

void rs_form_state_import(struct rs_form_state *s, const struct rs_form_store *from)
{
	const struct rs_map_entry *e;

	for (size_t i = 0; rs_map_each(&s->by_id, &i, &e);) {
		struct answer *a = e->value;

		give(a, a->field->bind ? from->get(from->ctx, a->field->bind) : NULL);
	}
	touch(s);
}

/* What a field gives to its key; NULL: nothing. */
static const char *exported(const struct rs_form_state *s, struct answer *a)
{
	const char *value;

	if (!rs_form_is_visible(s, a->field) || (a->field->level == RS_LEVEL_ADVANCED && !a->given))
		return NULL;
	value = value_of(s, a);
	return *value ? value : NULL;
}

/* Of several fields bound to one key, the first that has something to give. */
static const char *value_for_key(const struct rs_form_state *s, const char *key)
{
	const struct rs_map_entry *e;
	const char *value = NULL;

	for (size_t i = 0; !value && rs_map_each(&s->by_id, &i, &e);) {
		struct answer *a = e->value;

		if (a->field->bind && strcmp(a->field->bind, key) == 0)
			value = exported(s, a);
	}
	return value;
}

enum rs_rc rs_form_state_export(const struct rs_form_state *s, const struct rs_form_store *to, struct rs_err *err)
{
	const struct rs_map_entry *e;

	for (size_t i = 0; rs_map_each(&s->by_id, &i, &e);) {
		const struct rs_form_field *f = ((const struct answer *)e->value)->field;

		if (f->bind && to->set(to->ctx, f->bind, value_for_key(s, f->bind), err) != RS_OK)
			return RS_FAIL;
	}
	return RS_OK;
}

/* --- what a draft keeps beside that --------------------------------------------------------------------------------------- */

static bool is_one_line(const struct rs_form_field *f)
{
	return f->type != RS_FIELD_SECRET && f->type != RS_FIELD_OBJECTS && f->type != RS_FIELD_FIELDS;
}

static bool is_told(const struct answer *a, const struct rs_form_store *in)
{
	const char *told = a->field->bind ? in->get(in->ctx, a->field->bind) : NULL;

	return strcmp(told ? told : "", a->text ? a->text : "") == 0;
}

void rs_form_state_put_rest(const struct rs_form_state *s, const struct rs_form_store *in, struct rs_buf *out)
{
	const struct rs_map_entry *e;

	for (size_t i = 0; rs_map_each(&s->by_id, &i, &e);) {
		const struct answer *a = e->value;

		if (a->given && is_one_line(a->field) && !is_told(a, in))
			(void)rs_buf_addf(out, "%s %s\n", a->field->id, a->text);
	}
}

static void take_line(struct rs_form_state *s, const struct rs_form_store *in, char *line)
{
	char *text = strchr(line, ' ');
	struct answer *a;

	if (!text)
		return;
	*text++ = '\0';
	a = find(s, line);
	if (a && is_one_line(a->field) && !(a->field->bind && in->get(in->ctx, a->field->bind)))
		give(a, text);
}

void rs_form_state_take_rest(struct rs_form_state *s, const struct rs_form_store *in, const char *lines)
{
	for (size_t len; *lines; lines += len + (lines[len] == '\n')) {
		char *line = rs_xstrndup(lines, len = strcspn(lines, "\n"));

		take_line(s, in, line);
		free(line);
	}
	touch(s);
}

/* --- checks ---------------------------------------------------------------------------------------------------------- */

static enum rs_rc check_choice(const struct rs_form_state *s, const struct rs_form_field *f, const char *value,
                               struct rs_err *err)
{
	bool several = f->type == RS_FIELD_MULTICHOICE;
	struct rs_form_choices c;
	const char *word;
	size_t len;
	enum rs_rc rc = RS_OK;

	if (several && strcmp(value, "none") == 0)
		return RS_OK;
	rs_form_choices_get(s, f, &c);
	if (!several && !label_of(&c, value, strlen(value)))
		rc = rs_err_set(err, RS_E_TASK_INVALID, _("\"%s\" can't be chosen"), value);
	for (const char *p = several ? value : NULL; rc == RS_OK && rs_words_next(&p, &word, &len);)
		if (!label_of(&c, word, len))
			rc = rs_err_set(err, RS_E_TASK_INVALID, _("\"%.*s\" can't be chosen"), (int)len, word);
	rs_form_choices_release(&c);
	return rc;
}

static enum rs_rc check_validators(const struct rs_form_state *s, const struct rs_form_field *f, const char *value,
                                   struct rs_err *err)
{
	for (size_t i = 0; i < f->n_validate; i++) {
		const struct rs_form_entry *e = rs_form_entry(&s->registry->validators, f->validate[i].name);
		const char **words = e ? words_of(s, &f->validate[i]) : NULL;
		enum rs_rc rc = e ? e->validator(e->ctx, value, words, f->validate[i].n_words, err) : RS_OK;

		free(words);
		if (rc != RS_OK)
			return rc;
	}
	return RS_OK;
}

static bool is_empty(const struct rs_form_field *f, const char *value)
{
	return !*value || (f->type == RS_FIELD_MULTICHOICE && strcmp(value, "none") == 0);
}

enum rs_rc rs_form_check_field(const struct rs_form_state *s, const struct rs_form_field *f, struct rs_err *err)
{
	const char *value = rs_form_value(s, f);

	if (!rs_field_type_answers(f->type) || !rs_form_is_visible(s, f))
		return RS_OK;
	if (is_empty(f, value))
		return rs_form_is_required(s, f) ? rs_err_set(err, RS_E_TASK_INVALID, _("required")) : RS_OK;
	if (rs_form_value_check(f, value, err) != RS_OK)
		return RS_FAIL;
	if ((f->type == RS_FIELD_CHOICE || f->type == RS_FIELD_MULTICHOICE) && check_choice(s, f, value, err) != RS_OK)
		return RS_FAIL;
	return check_validators(s, f, value, err);
}

/* A check applies while all its fields are shown. */
static bool applies(const struct rs_form_state *s, const struct rs_form_call *call)
{
	for (size_t i = 0; i < call->n_words; i++) {
		const struct answer *a = call->words[i][0] == '$' ? find(s, call->words[i] + 1) : NULL;

		if (a && !rs_form_is_visible(s, a->field))
			return false;
	}
	return true;
}

static enum rs_rc run_check(const struct rs_form_state *s, const struct rs_form_call *call, struct rs_err *err)
{
	const struct rs_form_entry *e = rs_form_entry(&s->registry->checkers, call->name);
	const char **words;
	enum rs_rc rc;

	if (!e || !applies(s, call))
		return RS_OK;
	words = words_of(s, call);
	rc = e->checker(e->ctx, words, call->n_words, err);
	free(words);
	return rc;
}

enum rs_rc rs_form_check_page(const struct rs_form_state *s, const struct rs_form_page *page,
                              const struct rs_form_field **bad, struct rs_err *err)
{
	bool again = false;

	for (size_t i = 0; i < page->n_fields; i++) {
		enum rs_rc rc = rs_form_check_field(s, &page->fields[i], err);

		again = again || rc == RS_AGAIN;
		if (rc == RS_FAIL) {
			if (bad)
				*bad = &page->fields[i];
			return RS_FAIL;
		}
	}
	for (size_t i = 0; i < page->n_checks; i++)
		if (run_check(s, &page->checks[i].call, err) != RS_OK) {
			if (bad)
				*bad = rs_form_flow_field(s->flow, page->checks[i].field);
			return RS_FAIL;
		}
	return again ? RS_AGAIN : RS_OK;
}

enum rs_rc rs_form_check_all(const struct rs_form_state *s, const struct rs_form_page **page,
                             const struct rs_form_field **bad, struct rs_err *err)
{
	bool again = false;

	for (size_t i = 0; i < s->flow->n_pages; i++) {
		enum rs_rc rc = rs_form_check_page(s, s->flow->pages[i], bad, err);

		again = again || rc == RS_AGAIN;
		if (rc == RS_FAIL) {
			if (page)
				*page = s->flow->pages[i];
			return RS_FAIL;
		}
	}
	return again ? RS_AGAIN : RS_OK;
}

/* --- actions --------------------------------------------------------------------------------------------------------- */

bool rs_form_can_act(const struct rs_form_state *s, const struct rs_form_field *f)
{
	return f->action.name && rs_form_entry(&s->registry->actions, f->action.name);
}

enum rs_rc rs_form_act(struct rs_form_state *s, const struct rs_form_field *f, struct rs_err *err)
{
	const struct rs_form_entry *e = f->action.name ? rs_form_entry(&s->registry->actions, f->action.name) : NULL;
	const char **words;

	if (!e)
		return rs_err_set(err, RS_E_FORM_INVALID, _("nothing is registered for the action %s"),
		                  f->action.name ? f->action.name : f->id);
	words = words_of(s, &f->action);
	e->action(e->ctx, s, f, words, f->action.n_words);
	free(words);
	return RS_OK;
}
