/* What shall be synchronized with what: all flows under their headings, of the one under the cursor what it is, where the
 * console has it and what must be there before; one that can't be started yet says so. */
#include "screen/wizard.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "tui/glyph.h"

struct chooser {
	struct rs_screen screen;
	struct rs_app *app;
	const struct rs_forms *forms;
	struct rs_tableview *table;
	struct rs_textview *detail;
	const struct rs_form_flow *shown; /* what the detail is about */
};

enum { COL_HEADING, COL_TITLE, COL_NOTE };

static struct chooser *chooser_of(struct rs_screen *s)
{
	return (struct chooser *)s;
}

static const struct rs_form_flow *flow_at(const struct chooser *c, size_t row)
{
	return c->forms->flows[row];
}

static const struct rs_form_flow *current(const struct chooser *c)
{
	size_t row = rs_tableview_row(c->table);

	return row == RS_NO_ROW ? NULL : flow_at(c, row);
}

/* --- the list ------------------------------------------------------------------------------------ */

static size_t rows(void *ctx)
{
	return ((const struct chooser *)ctx)->forms->n_flows;
}

static uint32_t sign(void *ctx, size_t row, unsigned *style)
{
	*style = RS_STYLE_DIM;
	return flow_at(ctx, row)->available ? 0 : RS_G_DOT;
}

static void cell(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct rs_form_flow *f = flow_at(ctx, row);

	if (col == COL_HEADING || !f->available)
		*style = RS_STYLE_DIM;
	switch (col) {
	case COL_HEADING: (void)rs_buf_adds(text, rs_form_text(f->heading)); break;
	case COL_TITLE: (void)rs_buf_adds(text, rs_form_text(f->title)); break;
	default: (void)rs_buf_adds(text, f->available ? "" : _("can't start yet")); break;
	}
}

static const struct rs_tableview_model model = {.rows = rows, .cell = cell, .sign = sign};

static const struct rs_col columns[] = {
	[COL_HEADING] = {"", 18, 26, 1, RS_LEFT, 2},
	[COL_TITLE] = {"", 39, 42, 0, RS_LEFT, 0},
	[COL_NOTE] = {"", 15, 24, 1, RS_LEFT, 1},
};

/* --- what the one under the cursor is ------------------------------------------------------------- */

static void show_detail(struct chooser *c)
{
	const struct rs_form_flow *f = current(c);

	if (c->shown == f)
		return;
	c->shown = f;
	rs_textview_clear(c->detail);
	if (!f)
		return;
	if (rs_wizard_cannot_start(f))
		rs_textview_add(c->detail, RS_STYLE_WARN, 1, rs_wizard_cannot_start(f));
	if (f->n_prerequisites)
		rs_textview_add(c->detail, RS_STYLE_HEADER, 1, _("Prerequisites"));
	for (size_t i = 0; i < f->n_prerequisites; i++)
		rs_textview_add(c->detail, RS_STYLE_NORMAL, 3, rs_form_text(f->prerequisites[i]));
	if (f->path)
		rs_textview_add(c->detail, RS_STYLE_HEADER, 1, _("In the console"));
	if (f->path)
		rs_textview_add(c->detail, RS_STYLE_NORMAL, 3, rs_form_text(f->path));
	rs_textview_home(c->detail);
}

/* --- the screen -------------------------------------------------------------------------------------- */

enum { ACT_CHOOSE };

static const struct rs_action actions[] = {
	{ACT_CHOOSE, "choose-flow", {RS_KEY_ENTER}, N_("Configure"), N_("Configure a task of the flow under the cursor."), 1},
};
static const struct rs_keymap keymap = {N_("What shall be synchronized?"), actions, RS_COUNT(actions)};

static void choose(struct chooser *c)
{
	const struct rs_form_flow *f = current(c);
	struct rs_app *app = c->app;

	if (f)
		rs_wizard_begin(app, f);
}

static bool action(struct rs_screen *s, int id)
{
	if (id != ACT_CHOOSE)
		return false;
	choose(chooser_of(s));
	return true;
}

static bool notify(struct rs_screen *s, struct rs_widget *w, enum rs_reply reply)
{
	struct chooser *c = chooser_of(s);

	if (w != &c->table->w || reply != RS_SUBMIT)
		return false;
	choose(c);
	return true;
}

static void draw(struct rs_screen *s, struct rs_canvas *canvas, struct rs_rect body)
{
	show_detail(chooser_of(s)); /* the cursor may have moved */
	rs_widget_layout(s->root, body);
	rs_widget_draw(s->root, canvas, true);
}

static void place(struct rs_screen *s, struct rs_buf *out)
{
	(void)s;
	(void)rs_buf_addf(out, "%s · %s", _("Configure Task"), _("What shall be synchronized?"));
}

static void help(struct rs_screen *s, struct rs_buf *out)
{
	const struct rs_form_flow *f = current(chooser_of(s));

	if (f)
		(void)rs_buf_adds(out, rs_form_text(f->help));
}

static void destroy(struct rs_screen *s)
{
	free(s);
}

static const struct rs_screen_ops ops = {
	.name = "flows", .keymap = &keymap, .place = place, .draw = draw, .notify = notify, .action = action, .help = help,
	.destroy = destroy,
};

void rs_wizard_new(struct rs_app *app)
{
	const struct rs_forms *forms = rs_app_forms(app);
	struct chooser *c;

	if (!forms) {
		rs_dialog_error(app->loop, _("No task can be configured"), &app->forms_error, NULL, NULL);
		return;
	}
	c = rs_xcalloc(1, sizeof *c);
	c->screen.ops = &ops;
	c->app = app;
	c->forms = forms;
	c->table = rs_tableview_new("flows", columns, RS_COUNT(columns), &model, c);
	c->table->headless = true;
	c->table->w.weight = 2;
	c->detail = rs_textview_new("detail", true, 0);
	rs_textview_widget(c->detail)->weight = 1;
	c->screen.root = rs_column_new(0);
	(void)rs_widget_add(c->screen.root, &c->table->w);
	(void)rs_widget_add(c->screen.root, rs_rule_new(NULL));
	(void)rs_widget_add(c->screen.root, rs_textview_widget(c->detail));
	(void)rs_widget_focus(c->screen.root, &c->table->w);
	rs_loop_push(app->loop, &c->screen);
}
