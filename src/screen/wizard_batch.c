/* Batch edit at the objects' step: other names for many objects at once. What each would be called is seen while one types. */
#include "screen/wizard_objects_priv.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/objects_batch.h"
#include "screen/pieces.h"
#include "tui/glyph.h"

#define NAME_WIDTH 24
#define TEXT_MAX 1024
#define FOLD_BELOW 52 /* columns: narrower, the fields stand below each other */

struct page {
	struct rs_screen screen;
	struct rs_wizard *w;
	struct rs_batch *batch;
	char *db;                          /* of which tables can be named; NULL: none */
	struct rs_widget *of, *ends, *finds, *status, *buttons; /* ends, finds: fields */
	struct rs_entry *prefix, *suffix, *pattern, *replacement;
	struct rs_tableview *table;
	struct rs_pieces naming;           /* names are still being made */
	struct rs_pieces giving;           /* they are being given, by */
	struct rs_objects_change *change;
};

static struct page *page_of(struct rs_screen *s)
{
	return (struct page *)s;
}

/* --- which objects --------------------------------------------------------------------------------------------------- */

static const struct {
	const char *id;
	enum rs_batch_of of;
} kinds[] = {{"marked", RS_BATCH_MARKED}, {"database", RS_BATCH_DATABASE}, {"tables", RS_BATCH_TABLES}, {"databases", RS_BATCH_DATABASES}};

static char *label_of(const struct page *p, enum rs_batch_of of, size_t n)
{
	unsigned long count = (unsigned long)n;

	switch (of) {
	case RS_BATCH_MARKED: return rs_xprintf(ngettext("%zu that is marked", "%zu that are marked", count), n);
	case RS_BATCH_DATABASE: return rs_xprintf(ngettext("%zu table of %s", "%zu tables of %s", count), n, p->db);
	case RS_BATCH_TABLES: return rs_xprintf(ngettext("%zu selected table", "all %zu selected tables", count), n);
	default: return rs_xprintf(p->w->objects->schemas ? ngettext("%zu selected schema", "all %zu selected schemas", count)
	                                                  : ngettext("%zu selected database", "all %zu selected databases", count), n);
	}
}

/* Those of which there are any; the first that is there is chosen. */
static void list_kinds(struct page *p)
{
	struct rs_option options[RS_COUNT(kinds)];
	char *labels[RS_COUNT(kinds)];
	size_t count = 0;

	for (size_t i = 0; i < RS_COUNT(kinds); i++) {
		size_t n = kinds[i].of == RS_BATCH_DATABASE && !p->db ? 0 : rs_batch_size(p->w->objects, kinds[i].of, p->db);

		if (!n)
			continue;
		labels[count] = label_of(p, kinds[i].of, n);
		options[count] = (struct rs_option){kinds[i].id, labels[count], NULL, NULL};
		count++;
	}
	rs_options_set(p->of, options, count);
	(void)rs_options_choose(p->of, options[0].id);
	while (count)
		free(labels[--count]);
}

static enum rs_batch_of chosen(const struct page *p)
{
	const char *id = rs_options_chosen(p->of);

	for (size_t i = 0; i < RS_COUNT(kinds); i++)
		if (id && strcmp(kinds[i].id, id) == 0)
			return kinds[i].of;
	return RS_BATCH_TABLES;
}

/* --- what becomes of them ------------------------------------------------------------------------------------------------ */

static bool nothing_typed(const struct page *p)
{
	return !*rs_entry_text(p->prefix) && !*rs_entry_text(p->suffix) && !*rs_entry_text(p->pattern);
}

/* Why they can't be given now; NULL: they can. */
static const char *why_not(const struct page *p)
{
	if (p->change)
		return _("the names are being given");
	if (p->naming.under_way)
		return _("the names are still being made");
	if (rs_fieldset_error(p->finds, &p->pattern->w))
		return _("the regular expression is wrong");
	if (p->batch->bad_count)
		return _("some can't have the names that they would get");
	return p->batch->changed_count ? NULL : _("no name changes");
}

static void show_status(struct page *p)
{
	const struct rs_batch *b = p->batch;
	struct rs_buf text = RS_BUF_INIT;
	unsigned style = RS_STYLE_NORMAL;

	if (p->change) {
		(void)rs_buf_addf(&text, _("Being renamed: %d %%. Esc takes it back."), rs_objects_change_percent(p->change));
	} else if (p->naming.under_way) {
		(void)rs_buf_addf(&text, _("%zu of %zu names are made…"), b->next, b->count);
	} else if (nothing_typed(p)) {
		(void)rs_buf_adds(&text, _("Nothing changes yet. What comes of it is shown while you type."));
		style = RS_STYLE_DIM;
	} else if (b->bad_count) {
		(void)rs_buf_addf(&text, ngettext("✗ %zu of %zu can't have the name that it would get", "✗ %zu of %zu can't have the names that they would get",
		                                  (unsigned long)b->bad_count), b->bad_count, b->count);
		style = RS_STYLE_ERROR;
	} else {
		(void)rs_buf_addf(&text, ngettext("%zu of %zu gets another name", "%zu of %zu get other names", (unsigned long)b->changed_count),
		                  b->changed_count, b->count);
	}
	rs_label_set(p->status, rs_buf_str(&text), style);
	rs_buttons_disable(p->buttons, "rename", why_not(p));
	rs_tableview_reload(p->table);
	rs_loop_dirty(p->w->app->loop);
	rs_buf_release(&text);
}

static bool name_some(void *ctx)
{
	struct page *p = ctx;
	bool more = rs_batch_go_on(p->batch);

	show_status(p);
	return more;
}

static void named(void *ctx)
{
	show_status(ctx);
}

/* Names as they are typed; where they are many, in pieces between keys. */
static void name_all(struct page *p)
{
	const struct rs_renaming_rule rule = {rs_entry_text(p->pattern), rs_entry_text(p->replacement), rs_entry_text(p->prefix),
	                                      rs_entry_text(p->suffix)};
	struct rs_err err = RS_ERR_INIT;
	struct rs_renaming *how = nothing_typed(p) ? NULL : rs_renaming_new(&rule, &err);

	rs_fieldset_set_error(p->finds, &p->pattern->w, err.primary);
	rs_err_clear(&err);
	rs_batch_name(p->batch, how);
	rs_pieces_start(&p->naming, p->w->app->loop, name_some, named, p);
}

static void choose(struct page *p)
{
	rs_batch_free(p->batch);
	p->batch = rs_batch_new(p->w->objects, chosen(p), p->db);
	name_all(p);
}

/* --- the list -------------------------------------------------------------------------------------------------------------- */

static size_t rows(void *ctx)
{
	const struct page *p = ctx;

	return p->batch ? p->batch->bad_count + p->batch->changed_count : 0;
}

static void put_now(const struct rs_batch_item *item, struct rs_buf *text)
{
	(void)rs_buf_addf(text, "%s%s%s", item->db, item->table ? "." : "", item->table ? item->table : "");
	if (strcmp(item->now, item->table ? item->table : item->db) != 0)
		(void)rs_buf_addf(text, " → %s", item->now);
}

static void cell(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct rs_batch_item *item = rs_batch_row(((const struct page *)ctx)->batch, row);

	if (col == 0) {
		put_now(item, text);
		return;
	}
	(void)rs_buf_adds(text, item->to);
	if (item->problem) {
		*style = RS_STYLE_ERROR;
		(void)rs_buf_addf(text, "  ✗ %s", item->problem);
	}
}

static const struct rs_tableview_model model = {.rows = rows, .cell = cell};
static const struct rs_col columns[] = {{N_("Object, and its name now"), 16, 0, 2, RS_LEFT, 0}, {N_("New name"), 16, 0, 3, RS_LEFT, 0}};

/* --- actions ------------------------------------------------------------------------------------------------------------------ */

enum { ACT_RENAME };

static const struct rs_action actions[] = {
	{ACT_RENAME, "give-names", {RS_CTRL('n')}, N_("Rename"), N_("Give all of them the names that are shown; undo takes it back."), 1},
};
const struct rs_keymap rs_wizard_batch_keymap = {N_("Batch edit"), actions, RS_COUNT(actions)};

static bool enabled(struct rs_screen *s, int id, const char **why)
{
	(void)id;
	*why = why_not(page_of(s));
	return !*why;
}

static bool give_some(void *ctx)
{
	struct page *p = ctx;
	bool more = rs_objects_change_go_on(p->change);

	show_status(p);
	return more;
}

static void given(void *ctx)
{
	struct page *p = ctx;
	struct rs_objects_change *change = p->change;
	struct rs_err err = RS_ERR_INIT;
	size_t n = p->batch->changed_count;

	p->change = NULL;
	if (rs_objects_change_end(change, &err) != RS_OK) {
		show_status(p);
		rs_app_show_error(p->w->app, _("The selection stays as it was"), &err);
		return;
	}
	rs_loop_say(p->w->app->loop, RS_STYLE_OK, ngettext("%zu object has another name", "%zu objects have other names", (unsigned long)n), n);
	rs_loop_pop(p->w->app->loop);
}

static bool take(struct page *p)
{
	p->change = rs_batch_take(p->batch);
	rs_pieces_start(&p->giving, p->w->app->loop, give_some, given, p);
	return true;
}

/* What is being given is taken back whole. */
static void give_up(struct page *p)
{
	rs_pieces_stop(&p->giving);
	rs_objects_change_free(p->change);
	p->change = NULL;
}

static bool action(struct rs_screen *s, int id)
{
	struct page *p = page_of(s);

	if (id != RS_ACT_BACK || !p->change)
		return id == ACT_RENAME && take(p);
	give_up(p);
	show_status(p);
	return true;
}

static bool press(struct page *p, const char *button)
{
	const char *why = why_not(p);

	if (strcmp(button, "rename") != 0 && !action(&p->screen, RS_ACT_BACK))
		rs_loop_pop(p->w->app->loop);
	else if (strcmp(button, "rename") != 0)
		return true;
	else if (why)
		rs_loop_say(p->w->app->loop, RS_STYLE_WARN, "%s", why);
	else
		return take(p);
	return true;
}

static bool notify(struct rs_screen *s, struct rs_widget *w, enum rs_reply reply)
{
	struct page *p = page_of(s);

	if (reply == RS_CANCEL)
		return false;
	if (reply == RS_CHANGED)
		give_up(p); /* other names are wanted */
	if (w == p->of && reply == RS_CHANGED)
		choose(p);
	else if (reply == RS_CHANGED)
		name_all(p);
	else if (w == p->buttons)
		return press(p, rs_buttons_current(w));
	else
		(void)rs_widget_focus_step(s->root, 1, true);
	return true;
}

/* --- the screen ------------------------------------------------------------------------------------------------------------------ */

static void place(struct rs_screen *s, struct rs_buf *out)
{
	rs_wizard_place(page_of(s)->w, out);
	(void)rs_buf_addf(out, " · %s", _("Batch edit"));
}

static size_t steps(struct rs_screen *s, struct rs_step *out, size_t max)
{
	return rs_wizard_steps(page_of(s)->w, out, max);
}

static void destroy(struct rs_screen *s)
{
	struct page *p = page_of(s);

	rs_pieces_stop(&p->naming);
	give_up(p);
	rs_batch_free(p->batch);
	rs_wizard_unref(p->w);
	free(p->db);
	free(p);
}

static const struct rs_screen_ops ops = {
	.name = "wizard-batch", .keymap = &rs_wizard_batch_keymap, .place = place, .steps = steps, .notify = notify, .action = action,
	.enabled = enabled, .destroy = destroy,
};

static struct rs_entry *entry_add(struct rs_widget *fields, const char *id, const char *label, const char *help)
{
	struct rs_entry *entry = rs_entry_new(id, NAME_WIDTH, TEXT_MAX);

	rs_widget_set_help(&entry->w, help);
	(void)rs_fieldset_add(fields, label, &entry->w);
	return entry;
}

static void add_fields(struct page *p)
{
	struct rs_widget *row = rs_row_new(2, FOLD_BELOW);

	p->ends = rs_fieldset_new(NULL);
	p->finds = rs_fieldset_new(NULL);
	p->prefix = entry_add(p->ends, "prefix", _("Prefix"), _("What is put before each name."));
	p->suffix = entry_add(p->ends, "suffix", _("Suffix"), _("What is put behind each name."));
	p->pattern = entry_add(p->finds, "pattern", _("Replace"),
	                       _("A regular expression: what it finds in a name is replaced, and only names in which it finds something change: "
	                         "^(.*)_([0-9]+)$"));
	p->replacement = entry_add(p->finds, "replacement", _("By"),
	                           _("What stands there instead. \\1 is what the first group, (…), has found, \\0 all that was found."));
	p->ends->weight = p->finds->weight = 1;
	(void)rs_widget_add(row, p->ends);
	(void)rs_widget_add(row, p->finds);
	(void)rs_widget_add(p->screen.root, row);
}

static void build(struct page *p)
{
	struct rs_option buttons[] = {{"cancel", _("Cancel"), _("Back to the objects; nothing is renamed."), NULL},
	                              {"rename", _("Rename"), _("Gives all of them the names that are shown."), NULL}};
	struct rs_widget *which = rs_fieldset_new(NULL), *status = rs_row_new(0, 0), *foot = rs_row_new(0, 0);

	p->screen.root = rs_column_new(0);
	p->of = rs_fieldset_add(which, _("Objects"), rs_choice_new("of", 40));
	rs_widget_set_help(p->of, p->w->objects->schemas
	                   ? _("Whose names change. A table that comes later to a schema which is selected whole keeps its own.")
	                   : _("Whose names change. A table that comes later to a database which is selected whole keeps its own."));
	(void)rs_widget_add(p->screen.root, which);
	add_fields(p);
	(void)rs_widget_add(status, rs_space_new(1, 1, 0));
	p->status = rs_widget_add(status, rs_label_new("", RS_STYLE_NORMAL));
	(void)rs_widget_add(p->screen.root, status);
	p->table = rs_tableview_new("names", columns, RS_COUNT(columns), &model, p);
	p->table->w.weight = 1;
	(void)rs_widget_add(p->screen.root, &p->table->w);
	p->buttons = rs_buttons_new("buttons", buttons, RS_COUNT(buttons), 0);
	(void)rs_widget_add(foot, rs_space_new(1, 1, 0));
	(void)rs_widget_add(foot, p->buttons);
	(void)rs_widget_add(p->screen.root, foot);
	(void)rs_widget_focus(p->screen.root, &p->prefix->w);
}

/* The database in which the cursor is, on the side where it is. */
static const char *database_at(const struct rs_objects_page *objects)
{
	const struct rs_selected_node *n = rs_objects_page_chosen(objects);
	uint64_t node = rs_objects_page_source(objects);

	if (rs_objects_page_is_on_right(objects) || !node)
		return n ? n->rule.db : NULL;
	return rs_objects_db(objects->objects, node)->name;
}

bool rs_objects_can_batch(const struct rs_objects_page *objects)
{
	size_t hidden;

	return !rs_selection_is_empty(objects->objects->selection) || rs_objects_marked(objects->objects, &hidden) > 0;
}

void rs_objects_batch(struct rs_objects_page *objects)
{
	struct page *p = rs_xcalloc(1, sizeof *p);

	p->screen.ops = &ops;
	p->w = rs_wizard_ref(objects->w);
	p->db = rs_xstrdup(database_at(objects));
	build(p);
	list_kinds(p);
	choose(p);
	objects->covered = true;
	rs_loop_push(p->w->app->loop, &p->screen);
}
