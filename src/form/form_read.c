#include "form/form_read.h"

#include <stdarg.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "base/size.h"
#include "base/words.h"

/* One section of a file being read. Of a part the page may have a section of the same name, whose keys go before. */
struct reader {
	const struct rs_ini *ini;
	const char *file;
	const char *section;
	struct rs_form_problems *problems;
	const struct rs_ini *page; /* NULL: not a part */
	const char *page_file;
	const char *side;          /* of a part; NULL: it has none */
};

void rs_form_problem(struct rs_form_problems *p, const char *file, int line, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = rs_xvprintf(fmt, ap);
	va_end(ap);
	p->report(p->ctx, file, line, text);
	p->count++;
	free(text);
}

static void problem(const struct reader *r, const char *key, const char *fmt, ...) RS_PRINTF(3, 4);
static void problem(const struct reader *r, const char *key, const char *fmt, ...)
{
	va_list ap;
	char *text;

	bool of_page = r->page && key && rs_ini_get(r->page, r->section, key);

	va_start(ap, fmt);
	text = rs_xvprintf(fmt, ap);
	va_end(ap);
	rs_form_problem(r->problems, of_page ? r->page_file : r->file, rs_ini_line(of_page ? r->page : r->ini, r->section, key),
	                "[%s] %s%s%s", r->section, key ? key : "", key ? ": " : "", text);
	free(text);
}

/* What a part says on its side alone, else on both. */
static const char *value_in_part(const struct reader *r, const char *key)
{
	char *of_side = r->side ? rs_xprintf("%s.%s", r->side, key) : NULL;
	const char *v = of_side ? rs_ini_get(r->ini, r->section, of_side) : NULL;

	free(of_side);
	return v ? v : rs_ini_get(r->ini, r->section, key);
}

/* NULL for a key that is missing or empty. */
static const char *value(const struct reader *r, const char *key)
{
	const char *v = r->page ? rs_ini_get(r->page, r->section, key) : NULL;

	if (!v)
		v = value_in_part(r, key);
	return v && *v ? v : NULL;
}

static char *text(const struct reader *r, const char *key)
{
	return rs_xstrdup(value(r, key));
}

static const char *needed_value(const struct reader *r, const char *key)
{
	const char *v = value(r, key);

	if (!v)
		problem(r, NULL, _("%s is missing"), key);
	return v;
}

static char *needed_text(const struct reader *r, const char *key)
{
	return rs_xstrdup(needed_value(r, key));
}

/* Whether key is one of known; "stem." there stands for all keys that begin so. */
static bool key_is_known(const char *key, const char *const *known, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(known[i]);

		if (strcmp(key, known[i]) == 0 || (known[i][len - 1] == '.' && strncmp(key, known[i], len) == 0 && key[len]))
			return true;
	}
	return false;
}

/* Without the side that a part's key may begin with. */
static const char *bare_key(const struct reader *r, const char *key)
{
	if (r->page && strncmp(key, "source.", 7) == 0)
		return key + 7;
	return r->page && strncmp(key, "destination.", 12) == 0 ? key + 12 : key;
}

static void check_keys_of(const struct reader *r, const struct rs_ini *ini, const char *const *known, size_t n)
{
	const char *key;

	for (size_t i = 0; (key = rs_ini_key(ini, r->section, i)); i++) {
		const char *bare = bare_key(r, key), *near = rs_words_nearest(bare, known, n);

		if (key_is_known(bare, known, n))
			continue;
		if (near)
			problem(r, key, _("unknown key; \"%s\" is near"), near);
		else
			problem(r, key, _("unknown key"));
	}
}

static void check_keys(const struct reader *r, const char *const *known, size_t n)
{
	check_keys_of(r, r->ini, known, n);
	if (r->page)
		check_keys_of(r, r->page, known, n);
}

static bool yes_or_no(const struct reader *r, const char *key, bool preset)
{
	const char *v = value(r, key);

	if (v && strcmp(v, "yes") != 0 && strcmp(v, "no") != 0)
		problem(r, key, _("yes or no is expected"));
	return v ? strcmp(v, "yes") == 0 : preset;
}

static long long number(const struct reader *r, const char *key, long long preset, long long max)
{
	const char *v = value(r, key);
	uint64_t n;

	if (!v)
		return preset;
	if (rs_size_parse(v, &n) && n <= (uint64_t)max)
		return (long long)n;
	problem(r, key, _("a number up to %lld is expected"), max);
	return preset;
}

/* --- words ----------------------------------------------------------------------------------------------------------- */

static char **split(const char *list, size_t *n)
{
	char **words = rs_xcalloc(rs_words_count(list) + 1, sizeof *words);
	const char *word;
	size_t len;

	*n = 0;
	for (const char *p = list; rs_words_next(&p, &word, &len);)
		words[(*n)++] = rs_xstrndup(word, len);
	return words;
}

static void free_words(char **words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(words[i]);
	free(words);
}

/* "name word …" or "@name word …". */
static struct rs_form_call parse_call(const char *list)
{
	struct rs_form_call call = {NULL, NULL, 0};
	char *first;

	call.words = split(list, &call.n_words);
	if (call.n_words == 0)
		return call;
	first = call.words[0];
	call.name = rs_xstrdup(*first == '@' ? first + 1 : first);
	free(first);
	memmove(call.words, call.words + 1, --call.n_words * sizeof *call.words);
	return call;
}

static void free_call(struct rs_form_call *call)
{
	free_words(call->words, call->n_words);
	free(call->name);
}

/* --- fields ---------------------------------------------------------------------------------------------------------- */

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

const char *rs_field_type_word(enum rs_field_type type)
{
	for (size_t i = 0; i < N_TYPES; i++)
		if (types[i].type == type)
			return types[i].word;
	return "";
}

bool rs_field_type_answers(enum rs_field_type type)
{
	for (size_t i = 0; i < N_TYPES; i++)
		if (types[i].type == type)
			return types[i].answers;
	return false;
}

static enum rs_field_type read_type(const struct reader *r)
{
	const char *v = value(r, "type");

	for (size_t i = 0; v && i < N_TYPES; i++)
		if (strcmp(types[i].word, v) == 0)
			return types[i].type;
	if (v)
		problem(r, "type", _("unknown type \"%s\""), v);
	else
		problem(r, NULL, _("%s is missing"), "type");
	return RS_FIELD_TEXT;
}

static struct rs_expr *read_expr(const struct reader *r, const char *key)
{
	const char *v = value(r, key);
	struct rs_err err = RS_ERR_INIT;
	struct rs_expr *e = v ? rs_expr_parse(v, &err) : NULL;

	if (v && !e)
		problem(r, key, "%s", err.primary);
	rs_err_clear(&err);
	return e;
}

/* Calls each with every key that begins with stem, and what follows the stem. */
static void each_key(const struct reader *r, const char *stem, struct rs_form_field *f,
                     void (*each)(const struct reader *r, struct rs_form_field *f, const char *key, const char *rest))
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

/* "choice.VALUE = Label": of a listed choice, or one more after those that code lists. */
static void read_choice(const struct reader *r, struct rs_form_field *f, const char *key, const char *v)
{
	struct rs_form_choice *choice = find_choice(f, v);

	if (choice)
		choice->label = text(r, key);
	else if (f->choices_call.name)
		add_choice(f, rs_xstrdup(v), text(r, key));
	else
		problem(r, key, _("\"%s\" is not among the choices"), v);
}

static void read_choices(const struct reader *r, struct rs_form_field *f)
{
	const char *list = value(r, "choices"), *word;
	size_t len;

	if (list && *list == '@')
		f->choices_call = parse_call(list);
	else
		for (const char *p = list; rs_words_next(&p, &word, &len);)
			add_choice(f, rs_xstrndup(word, len), NULL);
	each_key(r, "choice.", f, read_choice);
	for (size_t i = 0; i < f->n_choices; i++)
		if (!f->choices[i].label)
			problem(r, NULL, _("%s%s is missing"), "choice.", f->choices[i].value);
}

/* "default.ID.VALUE = text". */
static void read_preset(const struct reader *r, struct rs_form_field *f, const char *key, const char *rest)
{
	const char *dot = strchr(rest, '.');

	if (!dot || dot == rest || !dot[1]) {
		problem(r, key, _("default.FIELD.VALUE is expected"));
		return;
	}
	f->presets = rs_xrealloc(f->presets, (f->n_presets + 1) * sizeof *f->presets);
	f->presets[f->n_presets++] =
		(struct rs_form_default){rs_xstrndup(rest, (size_t)(dot - rest)), rs_xstrdup(dot + 1), text(r, key)};
}

static void read_presets(const struct reader *r, struct rs_form_field *f)
{
	const char *preset = value(r, "default");

	if (preset && *preset == '@')
		f->preset_call = parse_call(preset);
	else
		f->preset = rs_xstrdup(preset);
	each_key(r, "default.", f, read_preset);
}

/* "picks.VALUE = ID ANSWER". */
static void read_pick(const struct reader *r, struct rs_form_field *f, const char *key, const char *v)
{
	const char *list = value(r, key);
	size_t n;
	char **words = split(list, &n);

	if (n == 2) {
		f->picks = rs_xrealloc(f->picks, (f->n_picks + 1) * sizeof *f->picks);
		f->picks[f->n_picks++] = (struct rs_form_pick){rs_xstrdup(v), words[0], words[1]};
		free(words);
		return;
	}
	problem(r, key, _("a field and its answer are expected"));
	free_words(words, n);
}

/* Several, separated by commas. */
static void read_validators(const struct reader *r, struct rs_form_field *f)
{
	const char *p = value(r, "validate");

	while (p) {
		const char *comma = strchr(p, ',');
		char *one = comma ? rs_xstrndup(p, (size_t)(comma - p)) : rs_xstrdup(p);
		struct rs_form_call call = parse_call(one);

		if (call.name) {
			f->validate = rs_xrealloc(f->validate, (f->n_validate + 1) * sizeof *f->validate);
			f->validate[f->n_validate++] = call;
		} else {
			problem(r, "validate", _("a name is missing"));
			free_call(&call);
		}
		free(one);
		p = comma ? comma + 1 : NULL;
	}
}

static void read_range(const struct reader *r, struct rs_form_field *f)
{
	const long long most = INT64_MAX / 2;
	bool port = f->type == RS_FIELD_PORT;

	f->min = number(r, "min", port ? 1 : 0, most);
	f->max = number(r, "max", port ? 65535 : most, most);
	if (f->min > f->max)
		problem(r, "min", _("larger than max"));
}

static void read_group(const struct reader *r, struct rs_form_field *f)
{
	const char *v = value(r, "group");

	for (size_t i = 0; v && i < f->page->n_groups; i++)
		if (strcmp(f->page->groups[i].id, v) == 0)
			f->group = f->page->groups[i].id;
	if (v && !f->group)
		problem(r, "group", _("there is no section [group.%s]"), v);
}

static void read_level(const struct reader *r, struct rs_form_field *f)
{
	const char *v = value(r, "level");

	f->level = v && strcmp(v, "advanced") == 0 ? RS_LEVEL_ADVANCED : RS_LEVEL_BASIC;
	if (v && strcmp(v, "advanced") != 0 && strcmp(v, "basic") != 0)
		problem(r, "level", _("basic or advanced is expected"));
}

static void read_fixed(const struct reader *r, struct rs_form_field *f)
{
	const char *v = value(r, "fixed");

	f->fixed = v && strcmp(v, "after-create") == 0;
	if (v && !f->fixed)
		problem(r, "fixed", _("after-create is expected"));
}

static void read_action(const struct reader *r, struct rs_form_field *f)
{
	const char *v = value(r, "action"), *hotkey = value(r, "hotkey");

	if ((v != NULL) != (f->type == RS_FIELD_ACTION))
		problem(r, v ? "action" : NULL, _("fields of type action, and no others, have an action"));
	f->action = parse_call(v);
	if (hotkey && (strlen(hotkey) != 1 || *hotkey < 'a' || *hotkey > 'z'))
		problem(r, "hotkey", _("one letter from a to z is expected"));
	else if (hotkey)
		f->hotkey = *hotkey;
}

static void check_choices(const struct reader *r, const struct rs_form_field *f)
{
	bool chooses = f->type == RS_FIELD_CHOICE || f->type == RS_FIELD_MULTICHOICE;
	bool has = f->n_choices > 0 || f->choices_call.name;

	if (chooses && !has)
		problem(r, NULL, _("%s is missing"), "choices");
	if (!chooses && has)
		problem(r, "choices", _("fields of type choice and multichoice, and no others, have choices"));
	for (size_t i = 0; i < f->n_picks; i++)
		if (!find_choice(f, f->picks[i].value))
			problem(r, NULL, _("picks.%s: \"%s\" is not among the choices"), f->picks[i].value, f->picks[i].value);
}

static const char *const field_keys[] = {
	"type", "group",  "label",    "hint",     "help",    "default", "default.", "visible", "required", "readonly", "fixed",
	"bind", "level",  "validate", "choices", "choice.", "picks.",  "min",      "max",     "width",    "hotkey",   "action"};

static void read_field(const struct reader *r, struct rs_form_page *page, struct rs_form_field *f, const char *id)
{
	check_keys(r, field_keys, sizeof field_keys / sizeof *field_keys);
	*f = (struct rs_form_field){.page = page, .id = rs_xstrdup(id), .file = rs_xstrdup(r->file),
	                            .line = rs_ini_line(r->ini, r->section, NULL)};
	f->type = read_type(r);
	f->label = f->type == RS_FIELD_NOTE || f->type == RS_FIELD_REVIEW ? text(r, "label") : needed_text(r, "label");
	f->help = needed_text(r, "help");
	f->hint = text(r, "hint");
	f->bind = text(r, "bind");
	f->visible = read_expr(r, "visible");
	f->required = read_expr(r, "required");
	f->readonly = read_expr(r, "readonly");
	f->width = (unsigned)number(r, "width", 0, 200);
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
		problem(r, "bind", _("the field has no answer"));
}

/* --- pages ----------------------------------------------------------------------------------------------------------- */

static void read_group_section(const struct reader *r, struct rs_form_group *g, const char *id)
{
	static const char *const keys[] = {"label", "help", "column"};

	check_keys(r, keys, sizeof keys / sizeof *keys);
	*g = (struct rs_form_group){.id = rs_xstrdup(id), .label = needed_text(r, "label"), .help = text(r, "help"),
	                            .column = (int)number(r, "column", 0, 2)};
}

static void read_check(const struct reader *r, struct rs_form_page *page, const char *key)
{
	struct rs_form_check check = {.call = parse_call(value(r, key))};

	for (size_t i = 0; !check.field && i < check.call.n_words; i++)
		if (rs_form_word_is_id(check.call.words[i]))
			check.field = rs_xstrdup(check.call.words[i] + 1);
	if (!check.call.name || !check.field)
		problem(r, key, _("a name and the fields to check ($field) are expected"));
	page->checks = rs_xrealloc(page->checks, (page->n_checks + 1) * sizeof *page->checks);
	page->checks[page->n_checks++] = check;
}

static void check_id(const struct reader *r, const char *id)
{
	const char *v = value(r, "id");

	if (!v)
		problem(r, NULL, _("%s is missing"), "id");
	else if (strcmp(v, id) != 0)
		problem(r, "id", _("\"%s\" is not the name of the file"), v);
}

static void read_form_section(struct reader *r, struct rs_form_page *page, const char *id)
{
	static const char *const keys[] = {"id", "title", "rail", "intro", "next", "check."};
	const char *key;

	r->section = "form";
	check_keys(r, keys, sizeof keys / sizeof *keys);
	check_id(r, id);
	page->title = needed_text(r, "title");
	page->rail = text(r, "rail");
	if (!page->rail)
		page->rail = rs_xstrdup(page->title);
	page->intro = text(r, "intro");
	page->next = text(r, "next");
	for (size_t i = 0; (key = rs_ini_key(r->ini, "form", i)); i++)
		if (strncmp(key, "check.", 6) == 0)
			read_check(r, page, key);
}

static size_t count_sections(const struct rs_ini *ini, const char *stem)
{
	const char *section;
	size_t n = 0;

	for (size_t i = 0; (section = rs_ini_section(ini, i)); i++)
		n += strncmp(section, stem, strlen(stem)) == 0;
	return n;
}

/* A part that the page uses. */
struct use {
	const char *section;   /* of the page: "part.1" */
	const struct rs_form_part *part;
	struct rs_ini *ini;
	const char *side;
};

struct uses {
	struct use *items;
	size_t count;
};

/* "[part.N]". */
static void open_use(struct reader *r, struct uses *uses, const struct rs_map *parts)
{
	const char *name = needed_value(r, "use");
	struct rs_form_part *part = name ? rs_map_get(parts, name, strlen(name)) : NULL;
	struct rs_err err = RS_ERR_INIT;
	struct rs_ini *ini;

	if (name && !part)
		problem(r, "use", _("there is no part \"%s\""), name);
	if (!part)
		return;
	part->used = true;
	ini = rs_form_part_open(part, r->ini, r->section, &err);
	if (ini)
		uses->items[uses->count++] = (struct use){r->section, part, ini, value(r, "side")};
	else
		problem(r, NULL, "%s", err.primary);
	rs_err_clear(&err);
}

static struct uses open_uses(struct reader *r, const struct rs_map *parts)
{
	struct uses uses = {rs_xcalloc(count_sections(r->ini, "part.") + 1, sizeof *uses.items), 0};

	for (size_t i = 0; (r->section = rs_ini_section(r->ini, i)); i++)
		if (strncmp(r->section, "part.", 5) == 0)
			open_use(r, &uses, parts);
	return uses;
}

static void close_uses(struct uses *uses)
{
	for (size_t i = 0; i < uses->count; i++)
		rs_ini_free(uses->items[i].ini);
	free(uses->items);
}

static const struct use *find_use(const struct uses *uses, const char *section)
{
	for (size_t i = 0; i < uses->count; i++)
		if (strcmp(uses->items[i].section, section) == 0)
			return &uses->items[i];
	return NULL;
}

static bool is_of_part(const struct uses *uses, const char *section)
{
	for (size_t i = 0; i < uses->count; i++)
		if (rs_ini_line(uses->items[i].ini, section, NULL) > 0)
			return true;
	return false;
}

static bool section_is_known(const char *section, bool of_part)
{
	return strncmp(section, "group.", 6) == 0 || strncmp(section, "field.", 6) == 0 ||
	       (!of_part && (strcmp(section, "form") == 0 || strncmp(section, "part.", 5) == 0));
}

static void check_sections(struct reader *r)
{
	for (size_t i = 0; (r->section = rs_ini_section(r->ini, i)); i++)
		if (!section_is_known(r->section, r->page != NULL))
			problem(r, NULL, _("unknown section"));
}

enum kind { GROUPS, FIELDS };

static void read_section(const struct reader *r, struct rs_form_page *page, enum kind kind)
{
	if (kind == FIELDS && strncmp(r->section, "field.", 6) == 0)
		read_field(r, page, &page->fields[page->n_fields++], r->section + 6);
	if (kind == GROUPS && strncmp(r->section, "group.", 6) == 0)
		read_group_section(r, &page->groups[page->n_groups++], r->section + 6);
}

static void read_part(const struct reader *page_reader, struct rs_form_page *page, const struct use *u, enum kind kind)
{
	struct reader r = {.ini = u->ini, .file = u->part->file, .problems = page_reader->problems, .page = page_reader->ini,
	                   .page_file = page_reader->file, .side = u->side};

	if (kind == GROUPS)
		check_sections(&r);
	for (size_t i = 0; (r.section = rs_ini_section(r.ini, i)); i++)
		read_section(&r, page, kind);
}

/* In the order of the page's file, a part at its place; what the page says of a part's field was read with it. */
static void read_sections(struct reader *r, struct rs_form_page *page, const struct uses *uses, enum kind kind)
{
	for (size_t i = 0; (r->section = rs_ini_section(r->ini, i)); i++) {
		const struct use *u = find_use(uses, r->section);

		if (u)
			read_part(r, page, u, kind);
		else if (!is_of_part(uses, r->section))
			read_section(r, page, kind);
	}
}

static size_t count_all(const struct rs_ini *ini, const struct uses *uses, const char *stem)
{
	size_t n = count_sections(ini, stem);

	for (size_t i = 0; i < uses->count; i++)
		n += count_sections(uses->items[i].ini, stem);
	return n;
}

struct rs_form_page *rs_form_read_page(const struct rs_ini *ini, const char *file, const char *id, const struct rs_map *parts,
                                       struct rs_form_problems *problems)
{
	struct rs_form_page *page = rs_xcalloc(1, sizeof *page);
	struct reader r = {.ini = ini, .file = file, .problems = problems};
	struct uses uses;

	page->id = rs_xstrdup(id);
	page->file = rs_xstrdup(file);
	read_form_section(&r, page, id);
	check_sections(&r);
	uses = open_uses(&r, parts);
	page->groups = rs_xcalloc(count_all(ini, &uses, "group.") + 1, sizeof *page->groups);
	page->fields = rs_xcalloc(count_all(ini, &uses, "field.") + 1, sizeof *page->fields);
	read_sections(&r, page, &uses, GROUPS);
	read_sections(&r, page, &uses, FIELDS);
	close_uses(&uses);
	return page;
}

/* --- flows ----------------------------------------------------------------------------------------------------------- */

/* "stem.1", "stem.2" and so on, as far as they go. */
static char **numbered(const struct reader *r, const char *stem, size_t *count)
{
	char **texts = NULL, key[32];

	for (*count = 0;; ++*count) {
		snprintf(key, sizeof key, "%s.%zu", stem, *count + 1);
		if (!value(r, key))
			return texts;
		texts = rs_xrealloc(texts, (*count + 1) * sizeof *texts);
		texts[*count] = text(r, key);
	}
}

static void read_pages(const struct reader *r, struct rs_form_flow *flow)
{
	flow->page_ids = numbered(r, "page", &flow->n_pages);
	if (flow->n_pages == 0)
		problem(r, NULL, _("%s is missing"), "page.1");
	flow->pages = rs_xcalloc(flow->n_pages + 1, sizeof *flow->pages);
}

struct rs_form_flow *rs_form_read_flow(const struct rs_ini *ini, const char *file, const char *id,
                                       struct rs_form_problems *problems)
{
	static const char *const keys[] = {"id",     "title",       "brief",     "help", "heading", "path",         "topology",
	                                   "source", "destination", "available", "order", "page.", "prerequisite."};
	struct rs_form_flow *flow = rs_xcalloc(1, sizeof *flow);
	struct reader r = {.ini = ini, .file = file, .section = "flow", .problems = problems};

	flow->id = rs_xstrdup(id);
	flow->file = rs_xstrdup(file);
	check_keys(&r, keys, sizeof keys / sizeof *keys);
	check_id(&r, id);
	flow->title = needed_text(&r, "title");
	flow->brief = needed_text(&r, "brief");
	flow->help = needed_text(&r, "help");
	flow->heading = text(&r, "heading");
	flow->path = text(&r, "path");
	flow->prerequisites = numbered(&r, "prerequisite", &flow->n_prerequisites);
	flow->topology = needed_text(&r, "topology");
	flow->source = needed_text(&r, "source");
	flow->destination = needed_text(&r, "destination");
	flow->available = yes_or_no(&r, "available", true);
	flow->order = (int)number(&r, "order", 100, 10000);
	read_pages(&r, flow);
	for (size_t i = 0; (r.section = rs_ini_section(ini, i)); i++)
		if (strcmp(r.section, "flow") != 0)
			problem(&r, NULL, _("unknown section"));
	return flow;
}

/* --- freeing --------------------------------------------------------------------------------------------------------- */

static void free_field(struct rs_form_field *f)
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
		free_call(&f->validate[i]);
	free(f->presets);
	free(f->choices);
	free(f->picks);
	free(f->validate);
	free_call(&f->preset_call);
	free_call(&f->choices_call);
	free_call(&f->action);
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

void rs_form_page_free(struct rs_form_page *p)
{
	for (size_t i = 0; i < p->n_groups; i++) {
		free(p->groups[i].id);
		free(p->groups[i].label);
		free(p->groups[i].help);
	}
	for (size_t i = 0; i < p->n_fields; i++)
		free_field(&p->fields[i]);
	for (size_t i = 0; i < p->n_checks; i++) {
		free_call(&p->checks[i].call);
		free(p->checks[i].field);
	}
	free(p->groups);
	free(p->fields);
	free(p->checks);
	free(p->id);
	free(p->file);
	free(p->title);
	free(p->rail);
	free(p->intro);
	free(p->next);
	free(p);
}

void rs_form_flow_free(struct rs_form_flow *f)
{
	char *const texts[] = {f->id,   f->file,     f->title,  f->brief,      f->help, f->heading,
	                       f->path, f->topology, f->source, f->destination};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	free_words(f->page_ids, f->n_pages);
	free_words(f->prerequisites, f->n_prerequisites);
	free(f->pages);
	free(f);
}
