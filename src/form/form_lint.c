#include "form/form_lint.h"

#include <locale.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "form/catalogue.h"
#include "form/form_read.h"
#include "form/form_state.h"

enum { LABEL_CELLS = 24, LABEL_CELLS_ALONE = 40 }; /* in one of two columns; over the whole width */

struct linting {
	const struct rs_form_lint *lint;
	struct rs_form_problems problems;
	const struct rs_form_page *page;
};

static void bad_field(struct linting *l, const struct rs_form_field *f, const char *text)
{
	rs_form_problem(&l->problems, f->file, f->line, "[field.%s] %s", f->id, text);
}

/* --- names that code registers ----------------------------------------------------------------------------------------- */

static void check_name(struct linting *l, const struct rs_map *known, const struct rs_form_call *call, const char *what,
                       int line)
{
	if (call->name && !rs_form_entry(known, call->name))
		rs_form_problem(&l->problems, l->page->file, line, _("%s: \"%s\" is not known to the program"), what,
		                call->name);
}

static void check_names(struct linting *l, const struct rs_form_field *f)
{
	const struct rs_form_registry *r = l->lint->registry;

	check_name(l, &r->presetters, &f->preset_call, "default", f->line);
	check_name(l, &r->listers, &f->choices_call, "choices", f->line);
	check_name(l, &r->actions, &f->action, "action", f->line);
	for (size_t i = 0; i < f->n_validate; i++)
		check_name(l, &r->validators, &f->validate[i], "validate", f->line);
}

/* --- one field --------------------------------------------------------------------------------------------------------- */

static size_t room(const struct rs_form_page *page, const struct rs_form_field *f)
{
	for (size_t i = 0; f->group && i < page->n_groups; i++)
		if (strcmp(page->groups[i].id, f->group) == 0 && page->groups[i].column)
			return LABEL_CELLS;
	return LABEL_CELLS_ALONE;
}

static void check_label(struct linting *l, const struct rs_form_field *f, const char *label, const char *locale)
{
	size_t cells = rs_utf8_width(label, strlen(label)), most = room(l->page, f);
	char *text;

	if (cells <= most)
		return;
	text = rs_xprintf(_("the label \"%s\" takes %zu cells in %s; there is room for %zu"), label, cells, locale, most);
	bad_field(l, f, text);
	free(text);
}

static void check_bind(struct linting *l, const struct rs_form_field *f)
{
	char *text;

	if (!f->bind || !l->lint->knows_key || strcmp(f->bind, "objects") == 0 || strcmp(f->bind, "fields") == 0 || l->lint->knows_key(f->bind))
		return;
	text = rs_xprintf(_("bind: \"%s\" is not a key of a task file"), f->bind);
	bad_field(l, f, text);
	free(text);
}

static void check_field(struct linting *l, const struct rs_form_field *f)
{
	check_bind(l, f);
	if (f->label)
		check_label(l, f, f->label, "en");
	if (l->lint->registry)
		check_names(l, f);
}

static void check_page(struct linting *l)
{
	for (size_t i = 0; i < l->page->n_fields; i++)
		check_field(l, &l->page->fields[i]);
	for (size_t i = 0; l->lint->registry && i < l->page->n_checks; i++)
		check_name(l, &l->lint->registry->checkers, &l->page->checks[i].call, "check", 0);
}

/* --- defaults pass their own validators ---------------------------------------------------------------------------------- */

/* A default that only code can know is not looked at; nor is membership in choices that code lists. */
static void check_preset(struct linting *l, struct rs_form_state *s, const struct rs_form_field *f, const char *preset)
{
	struct rs_err err = RS_ERR_INIT;

	if (!preset || !*preset || f->choices_call.name)
		return;
	rs_form_set(s, f, preset);
	if (rs_form_is_visible(s, f) && rs_form_check_field(s, f, &err) != RS_OK) {
		char *text = rs_xprintf(_("the default \"%s\" is not accepted: %s"), preset, err.primary);

		bad_field(l, f, text);
		free(text);
	}
	rs_err_clear(&err);
	rs_form_set(s, f, NULL);
}

static void check_presets(struct linting *l, const struct rs_form_flow *flow, const struct rs_form_page *page)
{
	struct rs_form_state *s = rs_form_state_new(flow, l->lint->registry);

	l->page = page;
	for (size_t i = 0; i < page->n_fields; i++) {
		const struct rs_form_field *f = &page->fields[i];

		check_preset(l, s, f, f->preset);
		for (size_t n = 0; n < f->n_presets; n++)
			check_preset(l, s, f, f->presets[n].text);
	}
	rs_form_state_free(s);
}

/* --- locales ----------------------------------------------------------------------------------------------------------- */

static void check_locale(struct linting *l, const struct rs_forms *forms, const struct rs_form_locale *locale)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_catalogue *c = rs_catalogue_load(locale->mo, &err);

	if (!c)
		rs_form_problem(&l->problems, locale->mo, 0, "%s", err.primary);
	for (size_t p = 0; c && p < forms->n_pages; p++) {
		l->page = forms->pages[p];
		for (size_t i = 0; i < l->page->n_fields; i++) {
			const struct rs_form_field *f = &l->page->fields[i];
			const char *label = f->label ? rs_catalogue_get(c, f->label) : NULL;

			if (label)
				check_label(l, f, label, locale->name);
		}
	}
	rs_catalogue_free(c);
	rs_err_clear(&err);
}

static size_t lint_all(const char *dir, const struct rs_form_lint *lint)
{
	struct linting l = {.lint = lint, .problems = {lint->report, lint->ctx, 0}};
	struct rs_forms *forms = rs_forms_read(dir, &l.problems);

	for (size_t i = 0; forms && i < forms->n_pages; i++) {
		l.page = forms->pages[i];
		check_page(&l);
	}
	for (size_t i = 0; forms && lint->registry && l.problems.count == 0 && i < forms->n_flows; i++)
		for (size_t p = 0; p < forms->flows[i]->n_pages; p++)
			check_presets(&l, forms->flows[i], forms->flows[i]->pages[p]);
	for (size_t i = 0; forms && i < lint->n_locales; i++)
		check_locale(&l, forms, &lint->locales[i]);
	rs_forms_free(forms);
	return l.problems.count;
}

/* Widths are those of Unicode, whatever the locale of the user. */
size_t rs_form_lint(const char *dir, const struct rs_form_lint *lint)
{
	locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), old = (locale_t)0;
	size_t problems;

	if (unicode)
		old = uselocale(unicode);
	problems = lint_all(dir, lint);
	if (unicode) {
		uselocale(old);
		freelocale(unicode);
	}
	return problems;
}
