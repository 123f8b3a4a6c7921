#include <stdio.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "form/form_reader.h"

/* --- pages ----------------------------------------------------------------------------------------------------------- */

static void read_group_section(const struct rs_form_reader *r, struct rs_form_group *g, const char *id)
{
	static const char *const keys[] = {"label", "help", "column"};

	rs_form_reader_check_keys(r, keys, sizeof keys / sizeof *keys);
	*g = (struct rs_form_group){.id = rs_xstrdup(id), .label = rs_form_reader_needed_text(r, "label"), .help = rs_form_reader_text(r, "help"),
	                            .column = (int)rs_form_reader_number(r, "column", 0, 2)};
}

static void read_check(const struct rs_form_reader *r, struct rs_form_page *page, const char *key)
{
	struct rs_form_check check = {.call = rs_form_call_parse(rs_form_reader_value(r, key))};

	for (size_t i = 0; !check.field && i < check.call.n_words; i++)
		if (rs_form_word_is_id(check.call.words[i]))
			check.field = rs_xstrdup(check.call.words[i] + 1);
	if (!check.call.name || !check.field)
		rs_form_reader_problem(r, key, _("a name and the fields to check ($field) are expected"));
	page->checks = rs_xrealloc(page->checks, (page->n_checks + 1) * sizeof *page->checks);
	page->checks[page->n_checks++] = check;
}

static void check_id(const struct rs_form_reader *r, const char *id)
{
	const char *v = rs_form_reader_value(r, "id");

	if (!v)
		rs_form_reader_problem(r, NULL, _("%s is missing"), "id");
	else if (strcmp(v, id) != 0)
		rs_form_reader_problem(r, "id", _("\"%s\" is not the name of the file"), v);
}

static void read_form_section(struct rs_form_reader *r, struct rs_form_page *page, const char *id)
{
	static const char *const keys[] = {"id", "title", "rail", "intro", "next", "check."};
	const char *key;

	r->section = "form";
	rs_form_reader_check_keys(r, keys, sizeof keys / sizeof *keys);
	check_id(r, id);
	page->title = rs_form_reader_needed_text(r, "title");
	page->rail = rs_form_reader_text(r, "rail");
	if (!page->rail)
		page->rail = rs_xstrdup(page->title);
	page->intro = rs_form_reader_text(r, "intro");
	page->next = rs_form_reader_text(r, "next");
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
static void open_use(struct rs_form_reader *r, struct uses *uses, const struct rs_map *parts)
{
	const char *name = rs_form_reader_needed(r, "use");
	struct rs_form_part *part = name ? rs_map_get(parts, name, strlen(name)) : NULL;
	struct rs_err err = RS_ERR_INIT;
	struct rs_ini *ini;

	if (name && !part)
		rs_form_reader_problem(r, "use", _("there is no part \"%s\""), name);
	if (!part)
		return;
	part->used = true;
	ini = rs_form_part_open(part, r->ini, r->section, &err);
	if (ini)
		uses->items[uses->count++] = (struct use){r->section, part, ini, rs_form_reader_value(r, "side")};
	else
		rs_form_reader_problem(r, NULL, "%s", err.primary);
	rs_err_clear(&err);
}

static struct uses open_uses(struct rs_form_reader *r, const struct rs_map *parts)
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

static void check_sections(struct rs_form_reader *r)
{
	for (size_t i = 0; (r->section = rs_ini_section(r->ini, i)); i++)
		if (!section_is_known(r->section, r->page != NULL))
			rs_form_reader_problem(r, NULL, _("unknown section"));
}

enum kind { GROUPS, FIELDS };

static void read_section(const struct rs_form_reader *r, struct rs_form_page *page, enum kind kind)
{
	if (kind == FIELDS && strncmp(r->section, "field.", 6) == 0)
		rs_form_field_read(r, page, &page->fields[page->n_fields++], r->section + 6);
	if (kind == GROUPS && strncmp(r->section, "group.", 6) == 0)
		read_group_section(r, &page->groups[page->n_groups++], r->section + 6);
}

static void read_part(const struct rs_form_reader *page_reader, struct rs_form_page *page, const struct use *u, enum kind kind)
{
	struct rs_form_reader r = {.ini = u->ini, .file = u->part->file, .problems = page_reader->problems, .page = page_reader->ini,
	                   .page_file = page_reader->file, .side = u->side};

	if (kind == GROUPS)
		check_sections(&r);
	for (size_t i = 0; (r.section = rs_ini_section(r.ini, i)); i++)
		read_section(&r, page, kind);
}

/* In the order of the page's file, a part at its place; what the page says of a part's field was read with it. */
static void read_sections(struct rs_form_reader *r, struct rs_form_page *page, const struct uses *uses, enum kind kind)
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
	struct rs_form_reader r = {.ini = ini, .file = file, .problems = problems};
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
static char **numbered(const struct rs_form_reader *r, const char *stem, size_t *count)
{
	char **texts = NULL, key[32];

	for (*count = 0;; ++*count) {
		snprintf(key, sizeof key, "%s.%zu", stem, *count + 1);
		if (!rs_form_reader_value(r, key))
			return texts;
		texts = rs_xrealloc(texts, (*count + 1) * sizeof *texts);
		texts[*count] = rs_form_reader_text(r, key);
	}
}

static void read_pages(const struct rs_form_reader *r, struct rs_form_flow *flow)
{
	flow->page_ids = numbered(r, "page", &flow->n_pages);
	if (flow->n_pages == 0)
		rs_form_reader_problem(r, NULL, _("%s is missing"), "page.1");
	flow->pages = rs_xcalloc(flow->n_pages + 1, sizeof *flow->pages);
}

struct rs_form_flow *rs_form_read_flow(const struct rs_ini *ini, const char *file, const char *id,
                                       struct rs_form_problems *problems)
{
	static const char *const keys[] = {"id",     "title",       "brief",     "help", "heading", "path",         "topology",
	                                   "source", "destination", "available", "order", "page.", "prerequisite."};
	struct rs_form_flow *flow = rs_xcalloc(1, sizeof *flow);
	struct rs_form_reader r = {.ini = ini, .file = file, .section = "flow", .problems = problems};

	flow->id = rs_xstrdup(id);
	flow->file = rs_xstrdup(file);
	rs_form_reader_check_keys(&r, keys, sizeof keys / sizeof *keys);
	check_id(&r, id);
	flow->title = rs_form_reader_needed_text(&r, "title");
	flow->brief = rs_form_reader_needed_text(&r, "brief");
	flow->help = rs_form_reader_needed_text(&r, "help");
	flow->heading = rs_form_reader_text(&r, "heading");
	flow->path = rs_form_reader_text(&r, "path");
	flow->prerequisites = numbered(&r, "prerequisite", &flow->n_prerequisites);
	flow->topology = rs_form_reader_needed_text(&r, "topology");
	flow->source = rs_form_reader_needed_text(&r, "source");
	flow->destination = rs_form_reader_needed_text(&r, "destination");
	flow->available = rs_form_reader_yes_or_no(&r, "available", true);
	flow->order = (int)rs_form_reader_number(&r, "order", 100, 10000);
	read_pages(&r, flow);
	for (size_t i = 0; (r.section = rs_ini_section(ini, i)); i++)
		if (strcmp(r.section, "flow") != 0)
			rs_form_reader_problem(&r, NULL, _("unknown section"));
	return flow;
}

/* --- freeing --------------------------------------------------------------------------------------------------------- */

void rs_form_page_free(struct rs_form_page *p)
{
	for (size_t i = 0; i < p->n_groups; i++) {
		free(p->groups[i].id);
		free(p->groups[i].label);
		free(p->groups[i].help);
	}
	for (size_t i = 0; i < p->n_fields; i++)
		rs_form_field_free(&p->fields[i]);
	for (size_t i = 0; i < p->n_checks; i++) {
		rs_form_call_free(&p->checks[i].call);
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
	rs_form_words_free(f->page_ids, f->n_pages);
	rs_form_words_free(f->prerequisites, f->n_prerequisites);
	free(f->pages);
	free(f);
}
