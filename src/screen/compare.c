/* The comparison of both sides: how far it is, and each difference. It goes on when the screen is left. */
#include "screen/app.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/show.h"
#include "tui/glyph.h"

struct compare {
	struct rs_screen screen;
	struct rs_app *app;
	struct rs_watch *watch;
	bool known;                     /* result was taken */
	struct rs_verify_result result;
	struct rs_tableview *table;
	struct rs_widget *gauge, *line;
};

enum { COL_KIND, COL_TABLE, COL_KEY, COL_COLUMNS };

static struct compare *compare_of(struct rs_screen *s)
{
	return (struct compare *)s;
}

/* --- rows -------------------------------------------------------------------------------------- */

static size_t rows(void *ctx)
{
	const struct compare *v = ctx;

	return v->known ? v->result.n_diffs : 0;
}

static const char *kind_text(enum rs_diff_kind kind)
{
	switch (kind) {
	case RS_DIFF_MISSING: return _("missing");
	case RS_DIFF_EXTRA: return _("extra");
	case RS_DIFF_DIFFERENT: return _("different");
	case RS_DIFF_COUNT: return _("count");
	}
	return "";
}

/* Which row; "*" is a table that is not there at all. */
static const char *key_text(const struct rs_diff *d)
{
	if (!d->key)
		return "";
	return strcmp(d->key, "*") == 0 ? _("the whole table") : d->key;
}

static void cell(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct rs_diff *d = &((const struct compare *)ctx)->result.diffs[row];

	switch (col) {
	case COL_KIND:
		*style = RS_STYLE_ERROR;
		(void)rs_buf_adds(text, kind_text(d->kind));
		break;
	case COL_TABLE: (void)rs_buf_addf(text, "%s.%s", d->db, d->table); break;
	case COL_KEY: (void)rs_buf_adds(text, key_text(d)); break;
	default: (void)rs_buf_adds(text, d->columns ? d->columns : ""); break;
	}
}

static const struct rs_tableview_model model = {.rows = rows, .cell = cell};

static const struct rs_col columns[] = {
	[COL_KIND] = {N_("Row is"), 10, 0, 0, RS_LEFT, 0},
	[COL_TABLE] = {N_("Table"), 16, 40, 1, RS_LEFT, 0},
	[COL_KEY] = {N_("Row"), 16, 0, 2, RS_LEFT, 0},
	[COL_COLUMNS] = {N_("Columns"), 12, 0, 1, RS_LEFT, 1},
};

/* --- what it says ---------------------------------------------------------------------------------- */

static void summary(const struct compare *v, struct rs_buf *out, unsigned *style)
{
	const struct rs_verify_result *r = &v->result;
	char n[RS_SHOW_SIZE];

	*style = RS_STYLE_NORMAL;
	if (!v->known) {
		(void)rs_buf_adds(out, _("Not begun."));
	} else if (r->error.code) {
		*style = RS_STYLE_ERROR;
		(void)rs_buf_adds(out, "✗ ");
		rs_show_error(&r->error, out);
	} else if (r->diffs_total) {
		*style = RS_STYLE_ERROR;
		(void)rs_buf_addf(out, ngettext("✗ %s difference", "✗ %s differences", (unsigned long)r->diffs_total),
		                  rs_figure_grouped(r->diffs_total, n, sizeof n));
		if (r->n_diffs < r->diffs_total)
			(void)rs_buf_addf(out, _("; the first %s are listed"), rs_figure_grouped(r->n_diffs, n, sizeof n));
	} else if (r->done && r->same) {
		*style = RS_STYLE_OK;
		(void)rs_buf_adds(out, _("✓ Both sides are the same."));
	} else {
		(void)rs_buf_addf(out, _("Comparing %s"), r->current);
	}
}

static void show(struct compare *v)
{
	const struct rs_verify_result *r = &v->result;
	struct rs_buf text = RS_BUF_INIT, progress = RS_BUF_INIT;
	char n[RS_SHOW_SIZE];
	unsigned style;

	summary(v, &text, &style);
	rs_label_set(v->line, rs_buf_str(&text), style);
	if (v->known)
		(void)rs_buf_addf(&progress, _("%llu of %llu tables, %s rows"), (unsigned long long)r->tables_done,
		                  (unsigned long long)r->tables_total, rs_figure_grouped(r->counts.rows, n, sizeof n));
	rs_gauge_set(v->gauge, v->known && r->tables_total ? (double)r->tables_done / (double)r->tables_total : r->done ? 1 : 0,
	             RS_STYLE_DATA, rs_buf_str(&progress));
	rs_buf_release(&text);
	rs_buf_release(&progress);
}

static void refresh(struct rs_screen *s)
{
	struct compare *v = compare_of(s);

	if (v->known)
		rs_verify_result_release(&v->result);
	v->known = v->watch->verify != NULL;
	if (v->known)
		rs_verify_get(v->watch->verify, &v->result);
	show(v);
	rs_tableview_reload(v->table);
	rs_loop_dirty(v->app->loop);
}

/* --- actions -------------------------------------------------------------------------------------- */

enum { ACT_AGAIN, ACT_CANCEL, ACT_COPY, ACT_REPORT };

static const struct rs_action actions[] = {
	{ACT_COPY, "copy-difference", {'y'}, N_("Copy"), N_("Copy the difference under the cursor to the terminal's clipboard."), 1},
	{ACT_REPORT, "save-report", {'s'}, N_("Report"), N_("Save all differences to a file."), 2},
	{ACT_AGAIN, "compare-again", {'a', 'v'}, N_("Again"), N_("Compare again from the beginning."), 3},
	{ACT_CANCEL, "cancel-comparison", {'c'}, N_("Cancel"), N_("Give up the comparison."), 4},
};
static const struct rs_keymap keymap = {N_("Comparison"), actions, RS_COUNT(actions)};

static bool no(const char **why, const char *reason)
{
	*why = reason;
	return false;
}

static bool enabled(struct rs_screen *s, int action, const char **why)
{
	struct compare *v = compare_of(s);
	bool running = v->known && !v->result.done;

	switch (action) {
	case ACT_AGAIN: return running ? no(why, _("it is under way")) : rs_app_can_compare(v->watch, why);
	case ACT_CANCEL: return running ? true : no(why, _("it is not under way"));
	default: return rows(v) ? true : no(why, _("there are no differences"));
	}
}

static void describe(const struct rs_diff *d, struct rs_buf *out)
{
	(void)rs_buf_addf(out, "%s\t%s.%s\t%s", kind_text(d->kind), d->db, d->table, key_text(d));
	if (d->columns)
		(void)rs_buf_addf(out, "\t%s", d->columns);
	(void)rs_buf_addc(out, '\n');
}

static void copy(struct compare *v)
{
	size_t row = rs_tableview_row(v->table);
	struct rs_buf text = RS_BUF_INIT;

	if (row == RS_NO_ROW)
		return;
	describe(&v->result.diffs[row], &text);
	(void)rs_loop_copy(v->app->loop, rs_buf_str(&text), text.len);
	rs_buf_release(&text);
}

static void save(struct compare *v)
{
	struct rs_buf text = RS_BUF_INIT;

	for (size_t i = 0; i < v->result.n_diffs; i++)
		describe(&v->result.diffs[i], &text);
	rs_app_save_report(v->app, v->watch->name, "differences", &text);
	rs_buf_release(&text);
}

static bool action(struct rs_screen *s, int id)
{
	struct compare *v = compare_of(s);

	switch (id) {
	case ACT_AGAIN: rs_watch_compare(v->watch); break;
	case ACT_CANCEL: rs_watch_compare_end(v->watch); break;
	case ACT_COPY: copy(v); return true;
	case ACT_REPORT: save(v); return true;
	default: return false;
	}
	refresh(s);
	return true;
}

/* --- the screen ------------------------------------------------------------------------------------- */

static void place(struct rs_screen *s, struct rs_buf *out)
{
	(void)rs_buf_addf(out, "%s · %s", compare_of(s)->watch->name, _("Comparison"));
}

static void help(struct rs_screen *s, struct rs_buf *out)
{
	const struct compare *v = compare_of(s);

	if (v->watch->task)
		rs_show_topology(v->watch->task, out);
	(void)rs_buf_addf(out, "\n%s", _("Reads all rows of both sides, without locks; what changes is looked at again."));
}

static enum rs_reply event(struct rs_screen *s, const struct rs_event *ev)
{
	if (ev->type == RS_EV_WAKE)
		refresh(s);
	return ev->type == RS_EV_WAKE ? RS_HANDLED : RS_IGNORED;
}

static void destroy(struct rs_screen *s)
{
	struct compare *v = compare_of(s);

	if (v->known)
		rs_verify_result_release(&v->result);
	v->watch->users--;
	free(v);
}

static const struct rs_screen_ops ops = {
	.name = "compare", .keymap = &keymap, .tick_ms = 500, .enter = refresh, .tick = refresh, .place = place, .event = event,
	.action = action, .enabled = enabled, .help = help, .destroy = destroy,
};

static struct rs_widget *indented(struct rs_widget *w)
{
	struct rs_widget *row = rs_row_new(0, 0);

	w->weight = 1;
	(void)rs_widget_add(row, rs_space_new(1, 1, 0));
	(void)rs_widget_add(row, w);
	return row;
}

void rs_compare_open(struct rs_app *app, struct rs_watch *watch)
{
	struct compare *v = rs_xcalloc(1, sizeof *v);

	watch->users++;
	if (!watch->verify)
		rs_watch_compare(watch);
	v->screen.ops = &ops;
	v->app = app;
	v->watch = watch;
	v->screen.root = rs_column_new(0);
	v->gauge = rs_gauge_new(24);
	v->line = rs_label_new("", RS_STYLE_NORMAL);
	v->table = rs_tableview_new("differences", columns, RS_COUNT(columns), &model, v);
	(void)rs_widget_add(v->screen.root, indented(v->line));
	(void)rs_widget_add(v->screen.root, indented(v->gauge));
	(void)rs_widget_add(v->screen.root, rs_space_new(1, 0, 0));
	(void)rs_widget_add(v->screen.root, &v->table->w);
	rs_loop_push(app->loop, &v->screen);
}
