/* Field Mapping: what each table is at a destination that spreads its rows over nodes. Tables are those that are selected, as far as
 * the source's catalogue is known, and those that were added here; each has its type, primary key and distribution key. */
#include "screen/wizard.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/hint.h"
#include "screen/wizard_fields_edit.h"
#include "tui/glyph.h"

#define LISTED_MOST 1000 /* tables of databases that are selected whole: more are not listed by themselves */
#define ASKED_MOST 200   /* whose columns are asked for by themselves */

/* A row; without a primary key nothing is said of it yet. */
struct mapped {
	struct rs_table_fields fields;
	bool selected;               /* else it was added here */
};

struct page {
	struct rs_screen screen;
	struct rs_wizard *w;
	const struct rs_form_page *page;
	const struct rs_form_field *field;
	struct mapped *rows;
	size_t count, cap;
	struct rs_tableview *table;
	struct rs_widget *buttons;
};

enum { COL_DB, COL_TABLE, COL_PRIMARY, COL_DISTRIBUTION, COL_TYPE };

static struct page *page_of(struct rs_screen *s)
{
	return (struct page *)s;
}

/* --- rows --------------------------------------------------------------------------------------- */

static struct mapped *find_row(const struct page *p, const char *db, const char *table)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->rows[i].fields.db, db) == 0 && strcmp(p->rows[i].fields.table, table) == 0)
			return &p->rows[i];
	return NULL;
}

static struct mapped *add_row(struct page *p, const char *db, const char *table)
{
	struct mapped *m = find_row(p, db, table);

	if (m)
		return m;
	RS_GROW(p->rows, p->count, p->cap);
	m = &p->rows[p->count++];
	*m = (struct mapped){.fields = {.db = rs_xstrdup(db), .table = rs_xstrdup(table)}};
	return m;
}

static void drop_row(struct page *p, size_t i)
{
	rs_table_fields_release(&p->rows[i].fields);
	p->count--;
	memmove(&p->rows[i], &p->rows[i + 1], (p->count - i) * sizeof *p->rows);
}

static void clear_rows(struct page *p)
{
	while (p->count > 0)
		drop_row(p, p->count - 1);
}

/* Those of databases that are selected whole. */
static void add_known(struct page *p, const struct rs_selection *s)
{
	const struct rs_objects *o = p->w->objects;

	for (size_t i = 0; i < o->count; i++)
		for (size_t n = 0; n < o->dbs[i].count && p->count < LISTED_MOST; n++) {
			const struct rs_objects_table *t = &o->dbs[i].tables[n];

			if (t->kind == RS_OBJECT_TABLE && !t->unsupported && rs_selection_includes_table(s, o->dbs[i].name, t->name))
				add_row(p, o->dbs[i].name, t->name)->selected = true;
		}
}

/* Tables that are selected by name come first, in their order. */
static void add_selected(struct page *p)
{
	struct rs_selection *s = rs_selection_new();
	const char *text = rs_form_answer(p->w->state, "objects");
	struct rs_selection_rule r;

	(void)(rs_selection_parse(s, "", text, strlen(text), NULL) == RS_OK);
	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each(s, &i, &r);)
		if (r.table && !r.column && !r.excluded)
			add_row(p, r.db, r.table)->selected = true;
	add_known(p, s);
	rs_selection_free(s);
}

/* One line of the answer. */
static void take_line(struct page *p, const char *line)
{
	struct rs_table_fields f = RS_TABLE_FIELDS_INIT;
	struct mapped *m;

	if (rs_table_fields_parse(&f, line, NULL) != RS_OK)
		return;
	m = add_row(p, f.db, f.table);
	rs_table_fields_release(&m->fields);
	m->fields = f;
}

static void ask_columns(struct page *p)
{
	struct rs_objects *o = p->w->objects;

	for (size_t i = 0; i < p->count && i < ASKED_MOST; i++)
		rs_objects_want_columns(o, rs_objects_find(o, p->rows[i].fields.db, p->rows[i].fields.table));
}

static void fill(struct page *p)
{
	const char *text = rs_form_value(p->w->state, p->field);

	clear_rows(p);
	add_selected(p);
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = rs_xstrndup(text, len);

		take_line(p, line);
		free(line);
		text += len + (text[len] == '\n');
	}
	ask_columns(p);
	rs_tableview_reload(p->table);
}

static void answer(struct page *p)
{
	struct rs_buf text = RS_BUF_INIT;

	for (size_t i = 0; i < p->count; i++)
		if (p->rows[i].fields.n_primary) {
			rs_table_fields_put(&p->rows[i].fields, &text);
			(void)rs_buf_addc(&text, '\n');
		}
	rs_form_set(p->w->state, p->field, text.len ? rs_buf_str(&text) : NULL);
	rs_buf_release(&text);
	rs_tableview_reload(p->table);
	rs_loop_dirty(p->w->app->loop);
}

/* --- the table ------------------------------------------------------------------------------------- */

static size_t rows(void *ctx)
{
	return ((const struct page *)ctx)->count;
}

static void put_type(const struct rs_table_fields *f, struct rs_buf *text)
{
	(void)rs_buf_adds(text, f->replicated ? _("Replicated Table") : _("Partitioned Table"));
}

static void cell(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct rs_table_fields *f = &((const struct page *)ctx)->rows[row].fields;

	if (!f->n_primary && col > COL_TABLE) {
		*style = RS_STYLE_DIM;
		(void)rs_buf_adds(text, col == COL_PRIMARY ? _("not said yet") : "");
		return;
	}
	switch (col) {
	case COL_DB: (void)rs_buf_adds(text, f->db); break;
	case COL_TABLE: (void)rs_buf_adds(text, f->table); break;
	case COL_PRIMARY: rs_table_fields_put_columns(f->primary, f->n_primary, text); break;
	case COL_DISTRIBUTION:
		rs_table_fields_put_columns(f->distribution, f->n_distribution, text);
		if (!f->n_distribution)
			(void)rs_buf_adds(text, "–");
		break;
	default: put_type(f, text); break;
	}
}

static const struct rs_tableview_model model = {.rows = rows, .cell = cell};

static const struct rs_col columns[] = {
	[COL_DB] = {N_("Database"), 8, 24, 1, RS_LEFT, 2},
	[COL_TABLE] = {N_("Table"), 10, 32, 2, RS_LEFT, 0},
	[COL_PRIMARY] = {N_("Primary Key"), 12, 32, 2, RS_LEFT, 0},
	[COL_DISTRIBUTION] = {N_("Distribution Key"), 16, 32, 1, RS_LEFT, 0},
	[COL_TYPE] = {N_("Table Type"), 17, 20, 1, RS_LEFT, 1},
};

static struct mapped *current(const struct page *p)
{
	size_t row = rs_tableview_row(p->table);

	return row == RS_NO_ROW ? NULL : &p->rows[row];
}

/* --- editing one ----------------------------------------------------------------------------------- */

/* As the source has it; NULL where its columns have not come. */
static const struct rs_table *known_table(const struct page *p, const struct rs_table_fields *f)
{
	const struct rs_objects *o = p->w->objects;
	const uint64_t node = o ? rs_objects_find(o, f->db, f->table) : 0;
	const struct rs_objects_table *t = node ? rs_objects_table(o, node) : NULL;

	return t && t->columns == RS_COLUMNS_KNOWN ? t->schema : NULL;
}

static void said(void *ctx, struct rs_table_fields *f)
{
	struct page *p = ctx;
	const struct rs_table *known = known_table(p, f);
	const char *lost = known ? rs_fields_lost_key(f, known) : NULL;
	struct mapped *m = add_row(p, f->db, f->table);

	if (lost)
		rs_loop_say(p->w->app->loop, RS_STYLE_WARN, _("The destination can't have the unique key %s: the distribution key is not in it."), lost);
	rs_table_fields_release(&m->fields);
	m->fields = *f;
	*f = (struct rs_table_fields)RS_TABLE_FIELDS_INIT;
	answer(p);
}

static void edit(struct page *p, const struct mapped *m)
{
	rs_fields_edit(p->w->app->loop, &m->fields, known_table(p, &m->fields), said, p);
}

/* --- adding one by name ------------------------------------------------------------------------------- */

static void named(void *ctx, const char *text)
{
	struct page *p = ctx;
	const char *end;
	char *names[2];
	struct rs_err err = RS_ERR_INIT;
	size_t n = text && *text ? rs_selection_get_names(text, names, 2, &end, &err) : 0;

	if (n == 2 && !*end && p->w->objects->done && p->w->objects->count && !rs_objects_find(p->w->objects, names[0], names[1])) {
		rs_loop_say(p->w->app->loop, RS_STYLE_ERROR, _("The source has no table %s.%s."), names[0], names[1]);
	} else if (n == 2 && !*end) {
		edit(p, add_row(p, names[0], names[1]));
		rs_tableview_reload(p->table);
		rs_tableview_select(p->table, p->count - 1);
	} else if (text && *text) {
		rs_loop_say(p->w->app->loop, RS_STYLE_ERROR, "%s", _("\"database.table\" is expected"));
	}
	while (n > 0)
		free(names[--n]);
	rs_err_clear(&err);
}

/* --- actions ------------------------------------------------------------------------------------------- */

enum { ACT_EDIT, ACT_NAME, ACT_FORGET, ACT_SUGGEST };

static const struct rs_action actions[] = {
	{ACT_EDIT, "map-fields", {RS_KEY_ENTER, 'e'}, N_("Edit"), N_("Type, primary key and distribution key of the table under the cursor."), 1},
	{ACT_NAME, "map-table", {'i'}, N_("Add a table"), N_("Add a table by its name: one of a database that is selected whole."), 2},
	{ACT_SUGGEST, "suggest-fields", {'s'}, N_("From keys"),
	 N_("Of every table of which nothing is said yet: partitioned, by the key that it has at the source."), 4},
	{ACT_FORGET, "forget-fields", {RS_KEY_DELETE, 'd'}, N_("Forget"), N_("Forget what was said of the table under the cursor."), 3},
	RS_WIZARD_ACTIONS,
};
static const struct rs_keymap keymap = {N_("Field Mapping"), actions, RS_COUNT(actions)};

static bool enabled(struct rs_screen *s, int id, const char **why)
{
	const struct page *p = page_of(s);

	*why = _("there is no table yet: i adds one by its name");
	if (id == ACT_EDIT || id == ACT_FORGET)
		return current(p) != NULL;
	return id < RS_WIZARD_ACT || rs_wizard_enabled(p->w, id, why);
}

static void suggest(struct page *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++) {
		struct rs_table_fields f = RS_TABLE_FIELDS_INIT, *now = &p->rows[i].fields;
		const struct rs_table *known = now->n_primary ? NULL : known_table(p, now);

		if (!known || !rs_fields_suggest(&f, known))
			continue;
		rs_table_fields_release(now);
		*now = f;
		n++;
	}
	answer(p);
	rs_loop_say(p->w->app->loop, RS_STYLE_NORMAL, ngettext("%zu table got the key that it has.", "%zu tables got the keys that they have.", n), n);
}

/* What is still to be said of a table, or what the source contradicts; false: nothing. */
static bool find_fault(const struct page *p, const struct rs_table_fields *f, struct rs_buf *out)
{
	const struct rs_table *known = known_table(p, f);
	const char *column = known ? rs_fields_unknown(f, known) : NULL;
	char edit[RS_KEY_NAME_SIZE], all[RS_KEY_NAME_SIZE];

	if (!f->n_primary && rs_form_is_required(p->w->state, p->field))
		(void)rs_buf_addf(out, _("The primary key of %s.%s is not said yet: %s says it, %s takes the keys that tables have."), f->db, f->table,
		                  rs_hint_key(&keymap, "map-fields", edit), rs_hint_key(&keymap, "suggest-fields", all));
	else if (column)
		(void)rs_buf_addf(out, _("%s.%s has no column %s."), f->db, f->table, column);
	return out->len > 0;
}

/* All is said, and nothing that the source contradicts. */
static bool check(struct page *p)
{
	struct rs_buf fault = RS_BUF_INIT;
	size_t i = 0;

	while (i < p->count && !find_fault(p, &p->rows[i].fields, &fault))
		i++;
	if (i < p->count) {
		rs_tableview_select(p->table, i);
		rs_loop_say(p->w->app->loop, RS_STYLE_ERROR, "%s", rs_buf_str(&fault));
	}
	rs_buf_release(&fault);
	return i == p->count;
}

static void next(struct page *p)
{
	if (check(p))
		rs_wizard_next(p->w);
}

static void forget(struct page *p)
{
	struct mapped *m = current(p);
	struct rs_table_fields none = {.db = rs_xstrdup(m->fields.db), .table = rs_xstrdup(m->fields.table)};

	if (m->selected) {
		rs_table_fields_release(&m->fields);
		m->fields = none;
	} else {
		rs_table_fields_release(&none);
		drop_row(p, rs_tableview_row(p->table));
	}
	answer(p);
}

static bool action(struct rs_screen *s, int id)
{
	struct page *p = page_of(s);

	switch (id) {
	case ACT_EDIT: edit(p, current(p)); return true;
	case ACT_NAME:
		rs_dialog_prompt(p->w->app->loop, _("Add a table"), _("database.table"), "", named, p);
		return true;
	case ACT_FORGET: forget(p); return true;
	case ACT_SUGGEST: suggest(p); return true;
	case RS_WIZARD_NEXT: next(p); return true;
	default: return rs_wizard_action(p->w, id);
	}
}

static bool notify(struct rs_screen *s, struct rs_widget *w, enum rs_reply reply)
{
	struct page *p = page_of(s);

	if (reply != RS_SUBMIT)
		return false;
	if (w == &p->table->w && current(p))
		edit(p, current(p));
	else if (w == p->buttons && strcmp(rs_buttons_current(w), "back") == 0)
		return rs_wizard_action(p->w, RS_ACT_BACK);
	else if (w == p->buttons)
		next(p);
	return true;
}

/* --- the screen ------------------------------------------------------------------------------------------ */

static void enter(struct rs_screen *s)
{
	rs_wizard_enter(page_of(s)->w);
	(void)rs_objects_poll(page_of(s)->w->objects);
	fill(page_of(s));
}

/* What comes of the catalogue while one looks. */
static enum rs_reply event(struct rs_screen *s, const struct rs_event *ev)
{
	struct page *p = page_of(s);

	if (ev->type != RS_EV_WAKE)
		return RS_IGNORED;
	if (rs_objects_poll(p->w->objects)) {
		fill(p);
		rs_loop_dirty(p->w->app->loop);
	}
	return RS_HANDLED;
}

static void leave(struct rs_screen *s)
{
	rs_wizard_leave(page_of(s)->w);
}

static void place(struct rs_screen *s, struct rs_buf *out)
{
	rs_wizard_place(page_of(s)->w, out);
}

static size_t steps(struct rs_screen *s, struct rs_step *out, size_t max)
{
	return rs_wizard_steps(page_of(s)->w, out, max);
}

static void help(struct rs_screen *s, struct rs_buf *out)
{
	(void)rs_buf_adds(out, rs_form_text(page_of(s)->field->help));
}

static void destroy(struct rs_screen *s)
{
	struct page *p = page_of(s);

	clear_rows(p);
	free(p->rows);
	rs_wizard_unref(p->w);
	free(p);
}

static const struct rs_screen_ops ops = {
	.name = "wizard-fields", .keymap = &keymap, .enter = enter, .leave = leave, .place = place, .steps = steps, .event = event, .notify = notify,
	.action = action, .enabled = enabled, .help = help, .destroy = destroy,
};

struct rs_screen *rs_wizard_fields_screen(struct rs_wizard *w, const struct rs_form_page *page, const struct rs_form_field *field)
{
	struct rs_option buttons[] = {{"back", _("Back"), _("Back to the step before; nothing is lost."), NULL},
	                              {"next", _("Next"), _("On to the next step; this one is checked."), NULL}};
	struct page *p = rs_xcalloc(1, sizeof *p);
	struct rs_widget *row = rs_row_new(0, 0);

	p->screen.ops = &ops;
	p->w = rs_wizard_ref(w);
	p->page = page;
	p->field = field;
	rs_wizard_objects_have(w, rs_form_flow_field(w->flow, "objects"));
	p->table = rs_tableview_new("fields", columns, RS_COUNT(columns), &model, p);
	p->table->w.weight = 1;
	rs_tableview_set_empty(p->table, _("Tables that were selected by name are listed here. i adds one of a database that is selected whole."));
	p->buttons = rs_buttons_new("foot", buttons, RS_COUNT(buttons), 1);
	(void)rs_widget_add(row, rs_space_new(1, 1, 0));
	(void)rs_widget_add(row, p->buttons);
	p->screen.root = rs_column_new(0);
	(void)rs_widget_add(p->screen.root, &p->table->w);
	(void)rs_widget_add(p->screen.root, row);
	(void)rs_widget_focus(p->screen.root, &p->table->w);
	return &p->screen;
}
