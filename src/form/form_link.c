#include <string.h>
#include "base/i18n.h"
#include "base/map.h"
#include "form/form_read.h"

/* One flow being checked. */
struct linker {
	const struct rs_form_flow *flow;
	struct rs_form_problems *problems;
	const struct rs_form_field *field; /* whose references are looked at */
	const char *key;                   /* where the reference stands */
};

static void dangling(const struct linker *l, const char *key, const char *id)
{
	rs_form_problem(l->problems, l->field->file, l->field->line,
	                _("[field.%s] %s: there is no field \"%s\" in the flow %s"), l->field->id, key, id, l->flow->id);
}

static void check_reference(void *ctx, const char *id)
{
	struct linker *l = ctx;
	const struct rs_form_field *f = rs_form_flow_field(l->flow, id);

	if (!f || !rs_field_type_answers(f->type))
		dangling(l, l->key, id);
}

static void check_call(struct linker *l, const char *key, const struct rs_form_call *call)
{
	l->key = key;
	for (size_t i = 0; i < call->n_words; i++)
		if (rs_form_word_is_id(call->words[i]))
			check_reference(l, call->words[i] + 1);
}

static void check_expr(struct linker *l, const char *key, const struct rs_expr *e)
{
	l->key = key;
	rs_expr_ids(e, check_reference, l);
}

static void check_field(struct linker *l, const struct rs_form_field *f)
{
	l->field = f;
	check_expr(l, "visible", f->visible);
	check_expr(l, "required", f->required);
	check_expr(l, "readonly", f->readonly);
	check_call(l, "default", &f->preset_call);
	check_call(l, "choices", &f->choices_call);
	check_call(l, "action", &f->action);
	for (size_t i = 0; i < f->n_validate; i++)
		check_call(l, "validate", &f->validate[i]);
	l->key = "default";
	for (size_t i = 0; i < f->n_presets; i++)
		check_reference(l, f->presets[i].field);
	l->key = "picks";
	for (size_t i = 0; i < f->n_picks; i++)
		check_reference(l, f->picks[i].field);
}

static void check_page(struct linker *l, const struct rs_form_page *page)
{
	for (size_t i = 0; i < page->n_fields; i++)
		check_field(l, &page->fields[i]);
	for (size_t i = 0; i < page->n_checks; i++)
		for (size_t w = 0; w < page->checks[i].call.n_words; w++) {
			const char *word = page->checks[i].call.words[w];

			if (rs_form_word_is_id(word) && !rs_form_flow_field(l->flow, word + 1))
				rs_form_problem(l->problems, page->file, 0, _("[form] check: there is no field \"%s\" in the flow %s"),
				                word + 1, l->flow->id);
		}
}

/* --- names used twice ------------------------------------------------------------------------------------------------- */

static void check_unique(struct linker *l)
{
	struct rs_map seen = RS_MAP_INIT;

	for (size_t p = 0; p < l->flow->n_pages; p++)
		for (size_t i = 0; i < l->flow->pages[p]->n_fields; i++) {
			struct rs_form_field *f = &l->flow->pages[p]->fields[i], *other;

			other = rs_map_put(&seen, f->id, strlen(f->id), f);
			if (other)
				rs_form_problem(l->problems, f->file, f->line,
				                _("[field.%s] the page %s has a field of that name, too"), f->id, other->page->id);
		}
	rs_map_release(&seen, NULL);
}

static void check_hotkeys(struct linker *l, const struct rs_form_page *page)
{
	for (size_t i = 0; i < page->n_fields; i++)
		for (size_t j = 0; j < i; j++)
			if (page->fields[i].hotkey && page->fields[i].hotkey == page->fields[j].hotkey)
				rs_form_problem(l->problems, page->fields[i].file, page->fields[i].line,
				                _("[field.%s] hotkey: \"%c\" is the key of %s"), page->fields[i].id,
				                page->fields[i].hotkey, page->fields[j].id);
}

/* --- circles ---------------------------------------------------------------------------------------------------------- */

/* Calls each for every field that another's value depends on: by its visibility or its default. */
static void each_need(const struct rs_form_field *f, void (*each)(void *ctx, const char *id), void *ctx)
{
	rs_expr_ids(f->visible, each, ctx);
	for (size_t i = 0; i < f->n_presets; i++)
		each(ctx, f->presets[i].field);
	for (size_t i = 0; i < f->preset_call.n_words; i++)
		if (rs_form_word_is_id(f->preset_call.words[i]))
			each(ctx, f->preset_call.words[i] + 1);
}

/* A walk over what a field needs. */
struct walk {
	const struct linker *linker;
	struct rs_map open; /* fields on the way here */
	struct rs_map done; /* fields below which there is no circle, or one that was reported */
};

static void walk_to(void *ctx, const char *id)
{
	struct walk *w = ctx;
	const struct rs_form_field *f = rs_form_flow_field(w->linker->flow, id);
	size_t len = strlen(id);

	if (!f || rs_map_get(&w->done, id, len))
		return;
	if (rs_map_get(&w->open, id, len)) {
		rs_form_problem(w->linker->problems, f->file, f->line,
		                _("[field.%s] its visibility or default depends on itself"), id);
		return;
	}
	rs_map_put(&w->open, id, len, w);
	each_need(f, walk_to, w);
	rs_map_del(&w->open, id, len);
	rs_map_put(&w->done, id, len, w);
}

static void check_circles(struct linker *l)
{
	struct walk w = {.linker = l, .open = RS_MAP_INIT, .done = RS_MAP_INIT};

	for (size_t p = 0; p < l->flow->n_pages; p++)
		for (size_t i = 0; i < l->flow->pages[p]->n_fields; i++)
			walk_to(&w, l->flow->pages[p]->fields[i].id);
	rs_map_release(&w.open, NULL);
	rs_map_release(&w.done, NULL);
}

/* --- all of it -------------------------------------------------------------------------------------------------------- */

static void give_pages(const struct rs_forms *forms, struct rs_form_flow *flow, struct rs_form_problems *problems)
{
	size_t n = 0;

	for (size_t i = 0; i < flow->n_pages; i++) {
		const struct rs_form_page *page = rs_forms_page(forms, flow->page_ids[i]);

		if (page) {
			flow->pages[n] = page;
			char *id = flow->page_ids[n];

			flow->page_ids[n++] = flow->page_ids[i];
			flow->page_ids[i] = id;
		} else {
			rs_form_problem(problems, flow->file, 0, _("there is no page \"%s\""), flow->page_ids[i]);
		}
	}
	while (flow->n_pages > n)
		free(flow->page_ids[--flow->n_pages]);
}

static bool is_used(const struct rs_forms *forms, const struct rs_form_page *page)
{
	for (size_t f = 0; f < forms->n_flows; f++)
		for (size_t p = 0; p < forms->flows[f]->n_pages; p++)
			if (forms->flows[f]->pages[p] == page)
				return true;
	return false;
}

void rs_forms_link(struct rs_forms *forms, struct rs_form_problems *problems)
{
	for (size_t i = 0; i < forms->n_flows; i++) {
		struct linker l = {.flow = forms->flows[i], .problems = problems};

		give_pages(forms, forms->flows[i], problems);
		check_unique(&l);
		for (size_t p = 0; p < l.flow->n_pages; p++)
			check_page(&l, l.flow->pages[p]);
		check_circles(&l);
	}
	for (size_t i = 0; i < forms->n_pages; i++) {
		struct linker l = {.problems = problems};

		check_hotkeys(&l, forms->pages[i]);
		if (!is_used(forms, forms->pages[i]))
			rs_form_problem(problems, forms->pages[i]->file, 0, _("no flow has this page"));
	}
}
