/* A field's section of a form definition. */
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "base/words.h"
#include "form/form_reader.h"

static const struct {
	const char *word;
	enum rs_field_type type;
	bool answers;
} types[] = {{"text", RS_FIELD_TEXT, true},         {"host", RS_FIELD_HOST, true},
             {"port", RS_FIELD_PORT, true},         {"int", RS_FIELD_INT, true},
             {"bool", RS_FIELD_BOOL, true},         {"choice", RS_FIELD_CHOICE, true},
             {"multichoice", RS_FIELD_MULTICHOICE, true}, {"path", RS_FIELD_PATH, true},
             {"secret", RS_FIELD_SECRET, true},     {"size", RS_FIELD_SIZE, true},
             {"duration", RS_FIELD_DURATION, true}, {"ident", RS_FIELD_IDENT, true},
             {"objects", RS_FIELD_OBJECTS, true},   {"fields", RS_FIELD_FIELDS, true},
               {"note", RS_FIELD_NOTE, false},
             {"action", RS_FIELD_ACTION, false},    {"review", RS_FIELD_REVIEW, false}};
enum { N_TYPES = sizeof types / sizeof *types };

bool rs_field_type_answers(enum rs_field_type type)
{
	for (size_t i = 0; i < N_TYPES; i++)
		if (types[i].type == type)
			return types[i].answers;
	return false;
}

static enum rs_field_type read_type(const struct rs_form_reader *r)
{
	const char *v = rs_form_reader_value(r, "type");

	for (size_t i = 0; v && i < N_TYPES; i++)
		if (strcmp(types[i].word, v) == 0)
			return types[i].type;
	if (v)
		rs_form_reader_problem(r, "type", _("unknown type \"%s\""), v);
	else
		rs_form_reader_problem(r, NULL, _("%s is missing"), "type");
	return RS_FIELD_TEXT;
}

static struct rs_expr *read_expr(const struct rs_form_reader *r, const char *key)
{
	const char *v = rs_form_reader_value(r, key);
	struct rs_err err = RS_ERR_INIT;
	struct rs_expr *e = v ? rs_expr_parse(v, &err) : NULL;

	if (v && !e)
		rs_form_reader_problem(r, key, "%s", err.primary);
	rs_err_clear(&err);
	return e;
}

/* Calls each with every key that begins with stem, and what follows the stem. */
static void each_key(const struct rs_form_reader *r, const char *stem, struct rs_form_field *f,
                     void (*each)(const struct rs_form_reader *r, struct rs_form_field *f, const char *key, const char *rest))
{
	const char *key;
	size_t len = strlen(stem);

	for (size_t i = 0; r->page && (key = rs_ini_key(r->page, r->section, i)); i++)
		if (strncmp(key, stem, len) == 0)
			each(r, f, key, key + len);
	for (size_t i = 0; (key = rs_ini_key(r->ini, r->section, i)); i++)
		if (strncmp(key, stem, len) == 0 && !(r->page && rs_ini_get(r->page, r->section, key)))
			each(r, f, key, key + len);
}

static struct rs_form_choice *find_choice(const struct rs_form_field *f, const char *v)
{
	for (size_t i = 0; i < f->n_choices; i++)
		if (strcmp(f->choices[i].value, v) == 0)
			return &f->choices[i];
	return NULL;
}

static void add_choice(struct rs_form_field *f, char *v, char *label)
{
	f->choices = rs_xrealloc(f->choices, (f->n_choices + 1) * sizeof *f->choices);
	f->choices[f->n_choices++] = (struct rs_form_choice){v, label};
}

/* The label of a choice that the part has and the page does not offer. */
static bool is_left_out(const struct rs_form_reader *r, const char *key)
{
	return r->page && rs_ini_get(r->page, r->section, "choices") && !rs_ini_get(r->page, r->section, key);
}

/* "choice.VALUE = Label": of a listed choice, or one more after those that code lists. */
static void read_choice(const struct rs_form_reader *r, struct rs_form_field *f, const char *key, const char *v)
{
	struct rs_form_choice *choice = find_choice(f, v);

	if (choice)
		choice->label = rs_form_reader_text(r, key);
	else if (f->choices_call.name)
		add_choice(f, rs_xstrdup(v), rs_form_reader_text(r, key));
	else if (!is_left_out(r, key))
		rs_form_reader_problem(r, key, _("\"%s\" is not among the choices"), v);
}

static void read_choices(const struct rs_form_reader *r, struct rs_form_field *f)
{
	const char *list = rs_form_reader_value(r, "choices"), *word;
	size_t len;

	if (list && *list == '@')
		f->choices_call = rs_form_call_parse(list);
	else
		for (const char *p = list; rs_words_next(&p, &word, &len);)
			add_choice(f, rs_xstrndup(word, len), NULL);
	each_key(r, "choice.", f, read_choice);
	for (size_t i = 0; i < f->n_choices; i++)
		if (!f->choices[i].label)
			rs_form_reader_problem(r, NULL, _("%s%s is missing"), "choice.", f->choices[i].value);
}

/* "default.ID.VALUE = text". */
static void read_preset(const struct rs_form_reader *r, struct rs_form_field *f, const char *key, const char *rest)
{
	const char *dot = strchr(rest, '.');

	if (!dot || dot == rest || !dot[1]) {
		rs_form_reader_problem(r, key, _("default.FIELD.VALUE is expected"));
		return;
	}
	f->presets = rs_xrealloc(f->presets, (f->n_presets + 1) * sizeof *f->presets);
	f->presets[f->n_presets++] =
		(struct rs_form_default){rs_xstrndup(rest, (size_t)(dot - rest)), rs_xstrdup(dot + 1), rs_form_reader_text(r, key)};
}

static void read_presets(const struct rs_form_reader *r, struct rs_form_field *f)
{
	const char *preset = rs_form_reader_value(r, "default");

	if (preset && *preset == '@')
		f->preset_call = rs_form_call_parse(preset);
	else
		f->preset = rs_xstrdup(preset);
	each_key(r, "default.", f, read_preset);
}

/* "picks.VALUE = ID ANSWER". */
static void read_pick(const struct rs_form_reader *r, struct rs_form_field *f, const char *key, const char *v)
{
	const char *list = rs_form_reader_value(r, key);
	size_t n;
	char **words = rs_form_words_split(list, &n);

	if (n == 2) {
		f->picks = rs_xrealloc(f->picks, (f->n_picks + 1) * sizeof *f->picks);
		f->picks[f->n_picks++] = (struct rs_form_pick){rs_xstrdup(v), words[0], words[1]};
		free(words);
		return;
	}
	rs_form_reader_problem(r, key, _("a field and its answer are expected"));
	rs_form_words_free(words, n);
}

/* Several, separated by commas. */
static void read_validators(const struct rs_form_reader *r, struct rs_form_field *f)
{
	const char *p = rs_form_reader_value(r, "validate");

	while (p) {
		const char *comma = strchr(p, ',');
		char *one = comma ? rs_xstrndup(p, (size_t)(comma - p)) : rs_xstrdup(p);
		struct rs_form_call call = rs_form_call_parse(one);

		if (call.name) {
			f->validate = rs_xrealloc(f->validate, (f->n_validate + 1) * sizeof *f->validate);
			f->validate[f->n_validate++] = call;
		} else {
			rs_form_reader_problem(r, "validate", _("a name is missing"));
			rs_form_call_free(&call);
		}
		free(one);
		p = comma ? comma + 1 : NULL;
	}
}

static void read_range(const struct rs_form_reader *r, struct rs_form_field *f)
{
	const long long most = INT64_MAX / 2;
	bool port = f->type == RS_FIELD_PORT;

	f->min = rs_form_reader_number(r, "min", port ? 1 : 0, most);
	f->max = rs_form_reader_number(r, "max", port ? 65535 : most, most);
	if (f->min > f->max)
		rs_form_reader_problem(r, "min", _("larger than max"));
}

static void read_group(const struct rs_form_reader *r, struct rs_form_field *f)
{
	const char *v = rs_form_reader_value(r, "group");

	for (size_t i = 0; v && i < f->page->n_groups; i++)
		if (strcmp(f->page->groups[i].id, v) == 0)
			f->group = f->page->groups[i].id;
	if (v && !f->group)
		rs_form_reader_problem(r, "group", _("there is no section [group.%s]"), v);
}

static void read_level(const struct rs_form_reader *r, struct rs_form_field *f)
{
	const char *v = rs_form_reader_value(r, "level");

	f->level = v && strcmp(v, "advanced") == 0 ? RS_LEVEL_ADVANCED : RS_LEVEL_BASIC;
	if (v && strcmp(v, "advanced") != 0 && strcmp(v, "basic") != 0)
		rs_form_reader_problem(r, "level", _("basic or advanced is expected"));
}

static void read_fixed(const struct rs_form_reader *r, struct rs_form_field *f)
{
	const char *v = rs_form_reader_value(r, "fixed");

	f->fixed = v && strcmp(v, "after-create") == 0;
	if (v && !f->fixed)
		rs_form_reader_problem(r, "fixed", _("after-create is expected"));
}

static void read_action(const struct rs_form_reader *r, struct rs_form_field *f)
{
	const char *v = rs_form_reader_value(r, "action"), *hotkey = rs_form_reader_value(r, "hotkey");

	if ((v != NULL) != (f->type == RS_FIELD_ACTION))
		rs_form_reader_problem(r, v ? "action" : NULL, _("fields of type action, and no others, have an action"));
	f->action = rs_form_call_parse(v);
	if (hotkey && (strlen(hotkey) != 1 || *hotkey < 'a' || *hotkey > 'z'))
		rs_form_reader_problem(r, "hotkey", _("one letter from a to z is expected"));
	else if (hotkey)
		f->hotkey = *hotkey;
}

static void check_choices(const struct rs_form_reader *r, const struct rs_form_field *f)
{
	bool chooses = f->type == RS_FIELD_CHOICE || f->type == RS_FIELD_MULTICHOICE;
	bool has = f->n_choices > 0 || f->choices_call.name;

	if (chooses && !has)
		rs_form_reader_problem(r, NULL, _("%s is missing"), "choices");
	if (!chooses && has)
		rs_form_reader_problem(r, "choices", _("fields of type choice and multichoice, and no others, have choices"));
	for (size_t i = 0; i < f->n_picks; i++)
		if (!find_choice(f, f->picks[i].value))
			rs_form_reader_problem(r, NULL, _("picks.%s: \"%s\" is not among the choices"), f->picks[i].value, f->picks[i].value);
}

static const char *const field_keys[] = {
	"type", "group",  "label",    "hint",     "help",    "default", "default.", "visible", "required", "readonly", "fixed",
	"bind", "level",  "validate", "choices", "choice.", "picks.",  "min",      "max",     "width",    "hotkey",   "action"};

void rs_form_field_read(const struct rs_form_reader *r, struct rs_form_page *page, struct rs_form_field *f, const char *id)
{
	rs_form_reader_check_keys(r, field_keys, sizeof field_keys / sizeof *field_keys);
	*f = (struct rs_form_field){.page = page, .id = rs_xstrdup(id), .file = rs_xstrdup(r->file),
	                            .line = rs_ini_line(r->ini, r->section, NULL)};
	f->type = read_type(r);
	f->label = f->type == RS_FIELD_NOTE || f->type == RS_FIELD_REVIEW ? rs_form_reader_text(r, "label") : rs_form_reader_needed_text(r, "label");
	f->help = rs_form_reader_needed_text(r, "help");
	f->hint = rs_form_reader_text(r, "hint");
	f->bind = rs_form_reader_text(r, "bind");
	f->visible = read_expr(r, "visible");
	f->required = read_expr(r, "required");
	f->readonly = read_expr(r, "readonly");
	f->width = (unsigned)rs_form_reader_number(r, "width", 0, 200);
	read_group(r, f);
	read_level(r, f);
	read_fixed(r, f);
	read_presets(r, f);
	read_choices(r, f);
	each_key(r, "picks.", f, read_pick);
	read_validators(r, f);
	read_range(r, f);
	read_action(r, f);
	check_choices(r, f);
	if (f->bind && !rs_field_type_answers(f->type))
		rs_form_reader_problem(r, "bind", _("the field has no answer"));
}

void rs_form_field_free(struct rs_form_field *f)
{
	for (size_t i = 0; i < f->n_presets; i++) {
		free(f->presets[i].field);
		free(f->presets[i].value);
		free(f->presets[i].text);
	}
	for (size_t i = 0; i < f->n_choices; i++) {
		free(f->choices[i].value);
		free(f->choices[i].label);
	}
	for (size_t i = 0; i < f->n_picks; i++) {
		free(f->picks[i].value);
		free(f->picks[i].field);
		free(f->picks[i].answer);
	}
	for (size_t i = 0; i < f->n_validate; i++)
		rs_form_call_free(&f->validate[i]);
	free(f->presets);
	free(f->choices);
	free(f->picks);
	free(f->validate);
	rs_form_call_free(&f->preset_call);
	rs_form_call_free(&f->choices_call);
	rs_form_call_free(&f->action);
	rs_expr_free(f->visible);
	rs_expr_free(f->required);
	rs_expr_free(f->readonly);
	free(f->id);
	free(f->file);
	free(f->label);
	free(f->hint);
	free(f->help);
	free(f->preset);
	free(f->bind);
}
