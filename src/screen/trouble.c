/* What went wrong with a task: its problems by cause, newest first, each with what it means and what can be done. */
#include "screen/trouble.h"

#include <string.h>
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "screen/hint.h"
#include "screen/show.h"

struct trouble {
	struct rs_screen screen;
	struct rs_app *app;
	struct rs_watch *watch;
	const struct rs_progress *progress; /* a reference; NULL */
	struct rs_tableview *table;
	struct rs_textview *detail;
	size_t shown; /* the row that the detail is about, RS_NO_ROW: none, */
	bool old;     /* of an older snapshot */
};

enum { COL_LAST, COL_CODE, COL_COUNT, COL_TEXT };

static struct trouble *trouble_of(struct rs_screen *s)
{
	return (struct trouble *)s;
}

/* Newest first. */
static const struct rs_problem *problem_at(const struct trouble *t, size_t row)
{
	return &t->progress->problems[t->progress->n_problems - 1 - row];
}

static size_t rows(void *ctx)
{
	const struct trouble *t = ctx;

	return t->progress ? t->progress->n_problems : 0;
}

static void cell(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct trouble *t = ctx;
	const struct rs_problem *p = problem_at(t, row);
	char buf[RS_SHOW_SIZE];

	if (p->fatal)
		*style = RS_STYLE_ERROR;
	switch (col) {
	case COL_LAST: (void)rs_buf_adds(text, rs_show_clock(rs_clock_wall(), p->last, buf, sizeof buf)); break;
	case COL_CODE: (void)rs_buf_adds(text, rs_err_code_text(p->code, buf, sizeof buf)); break;
	case COL_COUNT: (void)rs_buf_adds(text, rs_figure_grouped(p->count, buf, sizeof buf)); break;
	default: (void)rs_buf_adds(text, p->text); break;
	}
}

static uint32_t sign(void *ctx, size_t row, unsigned *style)
{
	*style = RS_STYLE_ERROR;
	return problem_at(ctx, row)->fatal ? '!' : 0;
}

static const struct rs_tableview_model model = {.rows = rows, .cell = cell, .sign = sign};

static const struct rs_col columns[] = {
	[COL_LAST] = {N_("Last"), 11, 0, 0, RS_LEFT, 0},
	[COL_CODE] = {N_("Code"), 7, 0, 0, RS_LEFT, 0},
	[COL_COUNT] = {N_("Times"), 5, 9, 0, RS_RIGHT, 1},
	[COL_TEXT] = {N_("What happened"), 20, 0, 1, RS_LEFT, 0},
};

/* --- the detail --------------------------------------------------------------------------------- */

/* hint: as it is said here, or as the engine says it. */
static void describe(const struct rs_problem *p, const char *hint, struct rs_buf *out)
{
	char code[16], first[RS_SHOW_SIZE], last[RS_SHOW_SIZE], count[RS_SHOW_SIZE];
	rs_usec now = rs_clock_wall();

	(void)rs_buf_addf(out, "%s  %s\n", rs_err_code_text(p->code, code, sizeof code), rs_err_title(p->code));
	(void)rs_buf_addf(out, "%s\n", p->text);
	if (hint[0])
		(void)rs_buf_addf(out, "%s\n", hint);
	if (p->count == 1)
		(void)rs_buf_addf(out, _("Once, at %s"), rs_show_clock(now, p->last, last, sizeof last));
	else
		(void)rs_buf_addf(out, _("%s times, first at %s, last at %s"), rs_figure_grouped(p->count, count, sizeof count),
		                  rs_show_clock(now, p->first, first, sizeof first), rs_show_clock(now, p->last, last, sizeof last));
	if (p->fatal)
		(void)rs_buf_addf(out, "\n%s", _("The task stopped because of it."));
}

static void show_detail(struct trouble *t)
{
	size_t row = rs_tableview_row(t->table);
	struct rs_buf text = RS_BUF_INIT;

	if (row == t->shown && !t->old)
		return;
	t->shown = row;
	t->old = false;
	rs_textview_clear(t->detail);
	if (row != RS_NO_ROW) {
		char *hint = rs_hint_text(problem_at(t, row)->hint, &rs_trouble_keymap);

		describe(problem_at(t, row), hint, &text);
		free(hint);
	}
	rs_textview_add(t->detail, RS_STYLE_NORMAL, 1, rs_buf_str(&text));
	rs_textview_home(t->detail);
	rs_buf_release(&text);
}

static void refresh(struct rs_screen *s)
{
	struct trouble *t = trouble_of(s);

	rs_watch_refresh(t->watch);
	if (t->progress != t->watch->progress) {
		rs_progress_unref(t->progress);
		t->progress = t->watch->progress ? rs_progress_ref(t->watch->progress) : NULL;
		t->old = true;
	}
	rs_tableview_reload(t->table);
	show_detail(t);
	rs_loop_dirty(t->app->loop);
}

/* --- actions -------------------------------------------------------------------------------------- */

enum { ACT_COPY, ACT_REPORT, ACT_RESUME, ACT_EVENT, ACT_SKIP, ACT_EDIT, ACT_SUSPEND, ACT_RESYNC, ACT_DECIDED, ACT_ANCHOR };

static const struct rs_action actions[] = {
	{ACT_EVENT, "show-event", {'e', RS_KEY_F3}, N_("Event"),
	 N_("Show the row or statement at which the task has stopped, with its values."), 1},
	{ACT_RESUME, "resume-task", {'r', RS_KEY_F6}, N_("Try again"), N_("Go on with the task after what hindered it has been mended."), 2},
	{ACT_SKIP, "skip-event", {'i', RS_KEY_F5}, N_("Skip"), N_("Leave that row or statement out, and go on."), 3},
	{ACT_EDIT, "edit-event", {'w', RS_KEY_F4}, N_("Replace"), N_("Execute something else in place of that row or statement, and go on."), 4},
	{ACT_SUSPEND, "suspend-table", {'z', RS_KEY_F7}, N_("Suspend table"), N_("Go on without the table of that row."), 5},
	{ACT_RESYNC, "resync-table", {'n', RS_KEY_F8}, N_("Copy anew"), N_("Empty the table of that row at the destination and copy it again."), 8},
	{ACT_ANCHOR, "begin-anew", {'b', RS_KEY_F2}, N_("Begin anew"),
	 N_("Where the source's log is lost: begin anew where the source is now, compare all tables and repair what differs."), 1},
	{ACT_DECIDED, "list-decided", {'l', RS_KEY_F9}, N_("Decided"), N_("What was decided about events of this task so far."), 9},
	{ACT_COPY, "copy-problem", {'y'}, N_("Copy"), N_("Copy the problem under the cursor to the terminal's clipboard."), 6},
	{ACT_REPORT, "save-report", {'s'}, N_("Report"), N_("Save all of them to a file."), 7},
};
const struct rs_keymap rs_trouble_keymap = {N_("Trouble"), actions, RS_COUNT(actions)};

static bool enabled(struct rs_screen *s, int action, const char **why)
{
	const struct trouble *t = trouble_of(s);
	bool changes = action == ACT_SKIP || action == ACT_EDIT || action == ACT_ANCHOR || action == ACT_SUSPEND || action == ACT_RESYNC;

	if (changes && !rs_app_may_change_it(t->watch, why))
		return false;
	if (action == ACT_RESUME)
		return t->watch->live ? rs_app_can_command(t->watch, RS_CMD_RESUME, why) : rs_app_can_start(t->watch, why);
	if (action == ACT_EVENT || action == ACT_SKIP || action == ACT_EDIT)
		return rs_trouble_has_event(t->watch, why);
	if (action == ACT_ANCHOR)
		return rs_trouble_lost_log(t->watch, why);
	if (action == ACT_SUSPEND || action == ACT_RESYNC)
		return rs_trouble_has_table(t->watch, why);
	if (action == ACT_DECIDED) {
		*why = _("its file can't be read");
		return t->watch->task != NULL;
	}
	*why = _("there are no problems");
	return rows(trouble_of(s)) > 0;
}

static void copy(struct trouble *t)
{
	size_t row = rs_tableview_row(t->table);
	struct rs_buf text = RS_BUF_INIT;

	if (row == RS_NO_ROW)
		return;
	describe(problem_at(t, row), problem_at(t, row)->hint, &text);
	(void)rs_loop_copy(t->app->loop, rs_buf_str(&text), text.len);
	rs_buf_release(&text);
}

static void save(struct trouble *t)
{
	struct rs_buf text = RS_BUF_INIT;

	(void)rs_buf_addf(&text, "%s\n\n", t->watch->name);
	for (size_t i = 0; i < rows(t); i++) {
		describe(problem_at(t, i), problem_at(t, i)->hint, &text);
		(void)rs_buf_adds(&text, "\n\n");
	}
	rs_app_save_report(t->app, t->watch->name, "trouble", &text);
	rs_buf_release(&text);
}

static void resume(struct trouble *t)
{
	const char *why;

	if (rs_trouble_has_event(t->watch, &why))
		rs_trouble_retry(t->app, t->watch);
	else if (t->watch->live)
		rs_app_command(t->app, t->watch, RS_CMD_RESUME);
	else
		rs_app_start_task(t->app, t->watch, RS_APP_STAY);
}

static bool action(struct rs_screen *s, int id)
{
	struct trouble *t = trouble_of(s);

	switch (id) {
	case ACT_COPY: copy(t); break;
	case ACT_REPORT: save(t); break;
	case ACT_RESUME: resume(t); break;
	case ACT_EVENT: rs_trouble_show_event(t->app, t->watch); break;
	case ACT_SKIP: rs_trouble_ask_skip(t->app, t->watch); break;
	case ACT_EDIT: rs_trouble_ask_edit(t->app, t->watch); break;
	case ACT_SUSPEND: rs_trouble_change_table(t->app, t->watch, RS_TABLE_SUSPEND); break;
	case ACT_RESYNC: rs_trouble_change_table(t->app, t->watch, RS_TABLE_RESYNC); break;
	case ACT_ANCHOR: rs_trouble_ask_anchor(t->app, t->watch); break;
	case ACT_DECIDED: rs_trouble_show_decided(t->app, t->watch); break;
	default: return false;
	}
	return true;
}

/* --- the screen ------------------------------------------------------------------------------------- */

static void place(struct rs_screen *s, struct rs_buf *out)
{
	(void)rs_buf_addf(out, "%s · %s", trouble_of(s)->watch->name, _("Trouble"));
}

static void help(struct rs_screen *s, struct rs_buf *out)
{
	const struct trouble *t = trouble_of(s);

	if (rows(trouble_of(s)))
		(void)rs_buf_addf(out, ngettext("%zu problem since the task was begun here, newest first.",
		                                "%zu problems since the task was begun here, newest first.",
		                                (unsigned long)t->progress->n_problems),
		                  t->progress->n_problems);
}

static enum rs_reply event(struct rs_screen *s, const struct rs_event *ev)
{
	if (ev->type == RS_EV_WAKE)
		refresh(s);
	return ev->type == RS_EV_WAKE ? RS_HANDLED : RS_IGNORED;
}

static void draw(struct rs_screen *s, struct rs_canvas *c, struct rs_rect body)
{
	show_detail(trouble_of(s));
	rs_widget_layout(s->root, body);
	rs_widget_draw(s->root, c, true);
}

static void destroy(struct rs_screen *s)
{
	struct trouble *t = trouble_of(s);

	t->watch->users--;
	rs_progress_unref(t->progress);
	free(t);
}

static const struct rs_screen_ops ops = {
	.name = "trouble", .keymap = &rs_trouble_keymap, .tick_ms = 1000, .enter = refresh, .tick = refresh, .place = place, .draw = draw,
	.event = event, .action = action, .enabled = enabled, .help = help, .destroy = destroy,
};

void rs_trouble_open(struct rs_app *app, struct rs_watch *watch)
{
	struct trouble *t = rs_xcalloc(1, sizeof *t);

	watch->users++;
	t->screen.ops = &ops;
	t->app = app;
	t->watch = watch;
	t->shown = RS_NO_ROW;
	t->screen.root = rs_column_new(0);
	t->table = rs_tableview_new("problems", columns, RS_COUNT(columns), &model, t);
	rs_tableview_set_empty(t->table, _("Nothing has gone wrong."));
	t->detail = rs_textview_new("detail", true, 0);
	(void)rs_widget_add(t->screen.root, &t->table->w);
	(void)rs_widget_add(t->screen.root, rs_rule_new(NULL));
	(void)rs_widget_add(t->screen.root, rs_textview_widget(t->detail));
	rs_loop_push(app->loop, &t->screen);
}
