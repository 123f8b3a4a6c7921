/* The comparison of both sides: how far it is, and each difference. It goes on when the screen is left. */
#include "screen/app.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/hint.h"
#include "screen/show.h"
#include "tui/glyph.h"

struct compare {
	struct rs_screen screen;
	struct rs_app *app;
	struct rs_watch *watch;
	bool known;                     /* result was taken */
	struct rs_verify_result result;
	struct rs_tableview *table;
	struct rs_widget *gauge, *line, *mended;
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

/* What "the same" means after a part of it. */
static void put_same(const struct compare *v, struct rs_buf *out)
{
	const struct rs_verify_options *o = &v->watch->compared;

	if (o->mode == RS_VERIFY_COUNT)
		(void)rs_buf_adds(out, _("✓ Both sides have as many rows."));
	else if (o->mode == RS_VERIFY_SAMPLE)
		(void)rs_buf_addf(out, _("✓ Both sides are the same in a sample of %u %%."), o->percent);
	else
		(void)rs_buf_adds(out, o->tables ? _("✓ Both sides are the same in the chosen tables.") : _("✓ Both sides are the same."));
}

/* Of all that is left to be compared. */
static bool is_reading_again(const struct rs_verify_result *r)
{
	return r->tables_left && r->tables_done + r->tables_left == r->tables_total;
}

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
		put_same(v, out);
	} else {
		if (is_reading_again(r))
			(void)rs_buf_adds(out, _("Reading again what differs: it may be on its way"));
		else
			(void)rs_buf_addf(out, _("Comparing %s"), r->current);
	}
	if (v->known && r->counts.unsettled)
		(void)rs_buf_addf(out, ngettext("; %s row changed too often to be judged", "; %s rows changed too often to be judged",
		                                (unsigned long)r->counts.unsettled),
		                  rs_figure_grouped(r->counts.unsettled, n, sizeof n));
}

/* How far the repair is, or what came of it. */
static void show_repair(struct compare *v)
{
	struct rs_repair_state s;
	struct rs_buf text = RS_BUF_INIT;
	char written[RS_SHOW_SIZE], deleted[RS_SHOW_SIZE];
	unsigned style = RS_STYLE_ACCENT;

	rs_widget_hide(v->mended, v->watch->repair == NULL);
	if (!v->watch->repair)
		return;
	rs_repair_state(v->watch->repair, &s);
	(void)rs_buf_addf(&text, s.over ? _("Repaired %zu of %zu ranges") : _("Repairing %zu of %zu ranges"), s.over ? s.done - s.failed : s.done,
	                  s.total);
	(void)rs_buf_addf(&text, _(": rows written %s, deleted %s"), rs_figure_grouped(s.written, written, sizeof written),
	                  rs_figure_grouped(s.deleted, deleted, sizeof deleted));
	if (s.over)
		style = s.failed || s.done < s.total ? RS_STYLE_ERROR : RS_STYLE_OK;
	if (s.cancelled)
		(void)rs_buf_addf(&text, "\n%s", s.over ? _("Given up. What was repaired of the range that was under way stays.")
		                                       : _("Being given up."));
	if (s.error) {
		(void)rs_buf_adds(&text, "\n✗ ");
		rs_show_error(s.error, &text);
	}
	rs_label_set(v->mended, rs_buf_str(&text), style);
	rs_buf_release(&text);
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
	if (v->known && r->tables_left && !r->done)
		(void)rs_buf_addf(&progress, _(", %llu read again"), (unsigned long long)r->tables_left);
	if (v->known && r->done)
		(void)rs_buf_addf(&progress, ", %s", rs_show_time(r->took, n, sizeof n));
	show_repair(v);
	rs_gauge_set(v->gauge, v->known && r->tables_total ? (double)(r->tables_done + r->tables_left) / (double)r->tables_total : r->done,
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

enum { ACT_AGAIN, ACT_CANCEL, ACT_COPY, ACT_REPORT, ACT_REPAIR, ACT_KNOWN, ACT_REPAIR_KNOWN };

static const struct rs_action actions[] = {
	{ACT_REPAIR, "repair", {'r', RS_KEY_F5}, N_("Repair"), N_("Make exactly the rows that differ the same at the destination."), 1},
	{ACT_AGAIN, "compare-again", {'a', 'v', RS_KEY_F7}, N_("Again"), N_("Compare again: all rows, a sample or their number, of all tables or of some."), 2},
	{ACT_COPY, "copy-difference", {'y'}, N_("Copy"), N_("Copy the difference under the cursor to the terminal's clipboard."), 3},
	{ACT_REPORT, "save-report", {'s', RS_KEY_F3}, N_("Report"), N_("Save all differences to a file."), 4},
	{ACT_KNOWN, "known-differences", {'n', RS_KEY_F4}, N_("Known"),
	 N_("The differences that the task's own verification has found, and that were not repaired."), 6},
	{ACT_REPAIR_KNOWN, "repair-known", {'N', RS_KEY_F6}, N_("Repair known"),
	 N_("Make exactly those rows the same at the destination."), 0},
	{ACT_CANCEL, "cancel-comparison", {'c', RS_KEY_F8}, N_("Cancel"), N_("Give up the comparison, or the repair: what was repaired until then stays."), 5},
};
const struct rs_keymap rs_compare_keymap = {N_("Comparison"), actions, RS_COUNT(actions)};

static bool no(const char **why, const char *reason)
{
	*why = reason;
	return false;
}

static bool is_repairing(const struct compare *v)
{
	return rs_watch_is_repairing(v->watch);
}

static bool can_repair(const struct compare *v, const char **why)
{
	if (!rs_app_may_change_it(v->watch, why))
		return false;
	if (is_repairing(v))
		return no(why, _("it is under way"));
	if (!v->known || !v->result.done)
		return no(why, _("the comparison has not ended"));
	if (!v->result.n_ranges)
		return no(why, _("there is nothing to repair"));
	if (!v->watch->live)
		return no(why, _("nobody runs the task, which does it: start it first"));
	return v->watch->task ? true : no(why, _("its file can't be read"));
}

/* What the task's own verification has found. */
static const struct rs_verify_progress *known_of(const struct compare *v)
{
	static const struct rs_verify_progress none;

	return v->watch->progress ? &v->watch->progress->verify : &none;
}

static bool can_repair_known(const struct compare *v, const char **why)
{
	if (!rs_app_may_change_it(v->watch, why))
		return false;
	if (is_repairing(v))
		return no(why, _("it is under way"));
	if (!known_of(v)->n_diffs)
		return no(why, _("there is nothing to repair"));
	return v->watch->live && v->watch->task ? true : no(why, _("nobody runs the task, which does it: start it first"));
}

static bool enabled(struct rs_screen *s, int action, const char **why)
{
	struct compare *v = compare_of(s);
	bool running = v->known && !v->result.done;

	switch (action) {
	case ACT_AGAIN:
		return running || is_repairing(v) ? no(why, _("it is under way")) : rs_app_can_compare(v->watch, why);
	case ACT_CANCEL: return running || is_repairing(v) ? true : no(why, _("it is not under way"));
	case ACT_REPAIR: return can_repair(v, why);
	case ACT_KNOWN: return known_of(v)->n_diffs ? true : no(why, _("the task's own verification knows of none"));
	case ACT_REPAIR_KNOWN: return can_repair_known(v, why);
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

/* --- the repair ----------------------------------------------------------------------------------- */

static void repair(struct compare *v)
{
	rs_repair_unref(v->watch->repair);
	v->watch->repair = rs_repair_start(&v->app->works, rs_app_wake(v->app), v->watch->task, v->result.ranges, v->result.n_ranges);
	refresh(&v->screen);
}

static void repair_answered(void *ctx, const char *answer)
{
	struct compare *v = ctx;
	const char *why;

	if (answer && strcmp(answer, "yes") == 0 && can_repair(v, &why))
		repair(v);
}

static bool misses_tables(const struct compare *v)
{
	for (size_t i = 0; i < v->result.n_diffs; i++)
		if (v->result.diffs[i].key && strcmp(v->result.diffs[i].key, "*") == 0)
			return true;
	return false;
}

/* What is written there, counted. */
static char *repair_text(const struct compare *v)
{
	const struct rs_verify_result *r = &v->result;
	char *to = rs_endpoint_text(&v->watch->task->destination), n[3][RS_SHOW_SIZE];
	uint64_t missing = 0, extra = 0, different = 0;
	struct rs_buf text = RS_BUF_INIT;

	for (size_t i = 0; i < r->n_ranges; i++) {
		missing += r->ranges[i].missing;
		extra += r->ranges[i].extra;
		different += r->ranges[i].different;
	}
	(void)rs_buf_addf(&text, _("Rows at %s: %s missing are written, %s extra are deleted, %s different are replaced. Exactly these, as they are "
	                           "at the source by then, between two transactions of the task, which goes on."),
	                  to, rs_figure_grouped(missing, n[0], sizeof n[0]), rs_figure_grouped(extra, n[1], sizeof n[1]),
	                  rs_figure_grouped(different, n[2], sizeof n[2]));
	if (r->n_ranges < r->ranges_total)
		(void)rs_buf_addf(&text, "\n\n%s", _("There are more than are listed: compare again afterwards."));
	if (misses_tables(v))
		(void)rs_buf_addf(&text, "\n\n%s", _("Tables that are missing as a whole are not made: copy those anew."));
	free(to);
	return rs_buf_take(&text);
}

/* --- what the task itself has found --------------------------------------------------------------- */

static void put_known(const struct compare *v, struct rs_buf *out)
{
	const struct rs_verify_progress *p = known_of(v);
	char ago[RS_SHOW_SIZE];

	for (size_t i = 0; i < p->n_diffs; i++) {
		const struct rs_known_diff *d = &p->diffs[i];

		(void)rs_buf_addf(out, "%s%s  %s.%s  %s  %s", i ? "\n" : "", kind_text(d->kind), d->db, d->table,
		                  strcmp(d->key, "*") == 0 ? _("the whole table") : d->key,
		                  rs_show_ago(rs_clock_wall(), d->found, ago, sizeof ago));
	}
	if (p->differences > p->n_diffs)
		(void)rs_buf_addf(out, ngettext("\n… and %llu more", "\n… and %llu more", (unsigned long)(p->differences - p->n_diffs)),
		                  (unsigned long long)(p->differences - p->n_diffs));
}

static void show_known(struct compare *v)
{
	struct rs_buf text = RS_BUF_INIT;

	put_known(v, &text);
	rs_dialog_message(v->app->loop, _("Differences that the task knows of"), rs_buf_str(&text), NULL, NULL);
	rs_buf_release(&text);
}

/* Each is a range of one row. */
static void repair_known_answered(void *ctx, const char *answer)
{
	struct compare *v = ctx;
	const struct rs_verify_progress *p = known_of(v);
	struct rs_diff_range *ranges;
	const char *why;

	if (!answer || strcmp(answer, "yes") != 0 || !can_repair_known(v, &why))
		return;
	ranges = rs_xcalloc(p->n_diffs, sizeof *ranges);
	for (size_t i = 0; i < p->n_diffs; i++)
		ranges[i] = (struct rs_diff_range){.db = p->diffs[i].db, .table = p->diffs[i].table, .after = p->diffs[i].place,
		                                   .upto = p->diffs[i].place};
	rs_repair_unref(v->watch->repair);
	v->watch->repair = rs_repair_start(&v->app->works, rs_app_wake(v->app), v->watch->task, ranges, p->n_diffs);
	free(ranges);
	refresh(&v->screen);
}

static void ask_repair_of(struct compare *v, const char *text, rs_dialog_done *done)
{
	struct rs_option buttons[] = {{"no", _("Cancel"), NULL, NULL}, {"yes", _("Repair"), NULL, NULL}};
	const struct rs_instance *production = rs_app_production(v->app, v->watch->task);

	if (production)
		rs_dialog_typed(v->app->loop, _("Repair the destination?"), text, production->id, NULL, _("Repair"), done, v);
	else
		rs_dialog_ask(v->app->loop, _("Repair the destination?"), text, true, buttons, RS_COUNT(buttons), done, v);
}

static void ask_repair_known(struct compare *v)
{
	struct rs_buf text = RS_BUF_INIT;

	put_known(v, &text);
	ask_repair_of(v, rs_buf_str(&text), repair_known_answered);
	rs_buf_release(&text);
}

static void ask_repair(struct compare *v)
{
	char *text = repair_text(v);

	ask_repair_of(v, text, repair_answered);
	free(text);
}

static void give_up(struct compare *v)
{
	if (is_repairing(v))
		rs_repair_cancel(v->watch->repair);
	else
		rs_watch_compare_end(v->watch);
}

static bool action(struct rs_screen *s, int id)
{
	struct compare *v = compare_of(s);

	switch (id) {
	case ACT_AGAIN: rs_compare_ask(v->app, v->watch, NULL); return true;
	case ACT_REPAIR: ask_repair(v); return true;
	case ACT_KNOWN: show_known(v); return true;
	case ACT_REPAIR_KNOWN: ask_repair_known(v); return true;
	case ACT_CANCEL: give_up(v); break;
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

static bool is_repaired(const struct compare *v)
{
	struct rs_repair_state s;

	if (!v->watch->repair)
		return false;
	rs_repair_state(v->watch->repair, &s);
	return s.over && !s.failed && s.done == s.total;
}

static void help_text(const struct compare *v, struct rs_buf *out)
{
	char repair[RS_KEY_NAME_SIZE], again[RS_KEY_NAME_SIZE];

	if (is_repaired(v))
		/* TRANSLATORS: a key */
		(void)rs_buf_addf(out, _("What was repaired is listed as it was before; %s compares again."),
		                  rs_hint_key(&rs_compare_keymap, "compare-again", again));
	else if (v->known && v->result.done && v->result.n_ranges)
		/* TRANSLATORS: keys */
		(void)rs_buf_addf(out, _("%s makes exactly these rows the same; %s compares again."), rs_hint_key(&rs_compare_keymap, "repair", repair),
		                  rs_hint_key(&rs_compare_keymap, "compare-again", again));
	else
		(void)rs_buf_adds(out, _("Reads all rows of both sides, without locks; what changes is looked at again."));
}

static void help(struct rs_screen *s, struct rs_buf *out)
{
	const struct compare *v = compare_of(s);

	if (v->watch->task)
		rs_show_topology(v->watch->task, out);
	(void)rs_buf_addc(out, '\n');
	help_text(v, out);
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
	.name = "compare", .keymap = &rs_compare_keymap, .tick_ms = 500, .enter = refresh, .tick = refresh, .place = place, .event = event,
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

void rs_compare_push(struct rs_app *app, struct rs_watch *watch)
{
	struct compare *v = rs_xcalloc(1, sizeof *v);

	watch->users++;
	v->screen.ops = &ops;
	v->app = app;
	v->watch = watch;
	v->screen.root = rs_column_new(0);
	v->gauge = rs_gauge_new(24);
	v->line = rs_label_new("", RS_STYLE_NORMAL);
	v->mended = rs_label_new("", RS_STYLE_NORMAL);
	v->table = rs_tableview_new("differences", columns, RS_COUNT(columns), &model, v);
	(void)rs_widget_add(v->screen.root, indented(v->line));
	(void)rs_widget_add(v->screen.root, indented(v->gauge));
	(void)rs_widget_add(v->screen.root, indented(v->mended));
	(void)rs_widget_add(v->screen.root, rs_space_new(1, 0, 0));
	(void)rs_widget_add(v->screen.root, &v->table->w);
	rs_loop_push(app->loop, &v->screen);
}
