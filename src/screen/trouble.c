/* What went wrong with a task: its problems by cause, newest first, each with what it means and what can be done. */
#include "screen/trouble.h"

#include <string.h>
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "screen/hint.h"
#include "screen/log_lines.h"
#include "screen/show.h"

struct trouble {
	struct rs_screen screen;
	struct rs_app *app;
	struct rs_watch *watch;
	const struct rs_progress *progress; /* a reference; NULL */
	struct rs_tableview *table;
	struct rs_textview *detail;
	struct rs_log_lines *log; /* NULL: the task's file can't be read */
	size_t shown;             /* the row that the detail is about, RS_NO_ROW: none, */
	char *text;               /* what it says, */
	size_t from, upto;        /* and lines of the log */
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

#define LINES_BEFORE 3
#define LINES_AFTER 4

/* The log's lines around the last time, as far as they are kept: *from to *upto. */
static bool find_lines(const struct trouble *t, const struct rs_problem *p, size_t *from, size_t *upto)
{
	size_t at = t->log ? rs_log_lines_at(t->log, p->last + RS_MSEC(1)) : (size_t)-1, n;

	if (at == (size_t)-1)
		return false;
	n = rs_log_lines_count(t->log);
	*from = at < LINES_BEFORE ? 0 : at - LINES_BEFORE;
	*upto = at + LINES_AFTER < n ? at + LINES_AFTER : n - 1;
	return true;
}

static void add_lines(struct trouble *t, size_t from, size_t upto)
{
	char date[11];

	(void)snprintf(date, sizeof date, "%.10s", rs_log_line(t->log, upto));
	rs_textview_add(t->detail, RS_STYLE_HEADER, 1, _("The log around it (UTC):"));
	for (size_t i = from; i <= upto; i++)
		rs_textview_add(t->detail, rs_log_line_style(rs_log_line(t->log, i)), 3, rs_log_line_short(rs_log_line(t->log, i), date));
}

#define PATIENCE (5 * RS_USEC_PER_SEC) /* a destination that lets one wait for longer is told of */

/* The thread that has waited longest for the destination; NULL: none has for long. */
static const struct rs_worker_seen *longest_wait(const struct trouble *t)
{
	const struct rs_progress *p = t->watch->live ? t->progress : NULL;
	const struct rs_worker_seen *longest = NULL;

	for (size_t i = 0; p && i < p->n_workers; i++) {
		const struct rs_worker_seen *w = &p->workers[i];

		if (w->doing == RS_DOING_DEST && w->for_time >= PATIENCE && (!longest || w->for_time > longest->for_time))
			longest = w;
	}
	return longest;
}

/* One that hangs is no problem yet: it may still answer. */
static void put_wait(const struct trouble *t, struct rs_buf *out)
{
	const struct rs_worker_seen *w = longest_wait(t);
	char time[RS_SHOW_SIZE], key[RS_KEY_NAME_SIZE];

	if (!w)
		return;
	(void)rs_buf_addf(out, _("! %s has waited %s for the destination"), w->name, rs_show_time(w->for_time, time, sizeof time));
	if (w->about[0])
		(void)rs_buf_addf(out, " (%s)", w->about);
	/* TRANSLATORS: %s: a key */
	(void)rs_buf_addf(out, _(". %s says more."), rs_hint_key(&rs_trouble_keymap, "why-slow", key));
}

static void show_empty(struct trouble *t)
{
	struct rs_buf text = RS_BUF_INIT;

	(void)rs_buf_adds(&text, _("Nothing has gone wrong."));
	if (longest_wait(t))
		(void)rs_buf_addc(&text, '\n');
	put_wait(t, &text);
	rs_tableview_set_empty(t->table, rs_buf_str(&text));
	rs_buf_release(&text);
}

/* What is shown is left alone while it stays the same: it may have been scrolled. */
static bool is_shown(struct trouble *t, size_t row, const char *text, size_t from, size_t upto)
{
	bool same = t->shown == row && t->text && strcmp(t->text, text) == 0 && t->from == from && t->upto == upto;

	t->shown = row;
	free(t->text);
	t->text = rs_xstrdup(text);
	t->from = from;
	t->upto = upto;
	return same;
}

static void show_detail(struct trouble *t)
{
	size_t row = rs_tableview_row(t->table), from = 0, upto = 0;
	const struct rs_problem *p = row == RS_NO_ROW ? NULL : problem_at(t, row);
	bool lines = p && find_lines(t, p, &from, &upto);
	struct rs_buf text = RS_BUF_INIT;

	if (p) {
		char *hint = rs_hint_text(p->hint, &rs_trouble_keymap);

		describe(p, hint, &text);
		free(hint);
	}
	if (!is_shown(t, row, rs_buf_str(&text), from, upto)) {
		rs_textview_clear(t->detail);
		rs_textview_add(t->detail, RS_STYLE_NORMAL, 1, rs_buf_str(&text));
		if (lines)
			add_lines(t, from, upto);
		rs_textview_home(t->detail);
	}
	rs_buf_release(&text);
}

static void refresh(struct rs_screen *s)
{
	struct trouble *t = trouble_of(s);

	rs_watch_refresh(t->watch);
	if (t->progress != t->watch->progress) {
		rs_progress_unref(t->progress);
		t->progress = t->watch->progress ? rs_progress_ref(t->watch->progress) : NULL;
	}
	if (t->log)
		rs_log_lines_fetch(t->log);
	show_empty(t);
	rs_tableview_reload(t->table);
	show_detail(t);
	rs_loop_dirty(t->app->loop);
}

/* --- actions -------------------------------------------------------------------------------------- */

enum { ACT_COPY, ACT_REPORT, ACT_RESUME, ACT_EVENT, ACT_SKIP, ACT_EDIT, ACT_SUSPEND, ACT_RESYNC, ACT_DECIDED, ACT_ANCHOR, ACT_LOG, ACT_WHY, ACT_MODIFY, ACT_DIAGNOSE };

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
	{ACT_DECIDED, "list-decided", {'l', RS_KEY_F9}, N_("Decided"), N_("What was decided about events of this task so far."), 12},
	{ACT_MODIFY, "modify-task", {'m'}, N_("Modify"), N_("Change the configuration: an address, an account, its password."), 5},
	{ACT_LOG, "show-log", {'L'}, N_("Log"), N_("The log, from the time on at which the problem under the cursor came last."), 7},
	{ACT_WHY, "why-slow", {'W'}, N_("Why slow?"), N_("What holds the task up: what each thread waits for, the slowest statements, who holds a lock."), 10},
	{ACT_DIAGNOSE, "diagnose", {'D'}, N_("Diagnostics"),
	 N_("Collect configuration, status, history and log into one archive, without passwords and values of rows."), 8},
	{ACT_COPY, "copy-problem", {'y'}, N_("Copy"), N_("Copy the problem under the cursor to the terminal's clipboard."), 6},
	{ACT_REPORT, "save-report", {'s'}, N_("Report"), N_("Save all of them to a file."), 9},
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
	if (action == ACT_EDIT && t->watch->task && !rs_app_reads_back(t->watch, why)) {
		*why = _("a destination of this kind executes no statements");
		return false;
	}
	if (action == ACT_EVENT || action == ACT_SKIP || action == ACT_EDIT)
		return rs_trouble_has_event(t->watch, why);
	if (action == ACT_ANCHOR)
		return rs_trouble_lost_log(t->watch, why);
	if (action == ACT_MODIFY)
		return rs_app_can_modify(t->watch, why);
	if (action == ACT_SUSPEND || action == ACT_RESYNC)
		return rs_trouble_has_table(t->watch, why);
	if (action == ACT_DECIDED || action == ACT_LOG || action == ACT_DIAGNOSE) {
		*why = _("its file can't be read");
		return t->watch->task != NULL;
	}
	if (action == ACT_WHY) {
		*why = _("nothing is known of it yet");
		return t->progress != NULL;
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

static void show_log(struct trouble *t)
{
	size_t row = rs_tableview_row(t->table);

	rs_log_show(t->app, t->watch, row == RS_NO_ROW ? 0 : problem_at(t, row)->last + RS_MSEC(1));
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
	case ACT_LOG: show_log(t); break;
	case ACT_MODIFY: rs_wizard_modify(t->app, t->watch, false); break;
	case ACT_WHY: rs_why_open(t->app, t->watch); break;
	case ACT_DIAGNOSE: rs_app_diagnose(t->app, t->watch); break;
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
	struct trouble *t = trouble_of(s);

	if (rows(t))
		(void)rs_buf_addf(out, ngettext("%zu problem since the task was begun here, newest first.",
		                                "%zu problems since the task was begun here, newest first.",
		                                (unsigned long)t->progress->n_problems),
		                  t->progress->n_problems);
	if (rows(t) && longest_wait(t))
		(void)rs_buf_addc(out, '\n');
	if (rows(t))
		put_wait(t, out);
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
	if (t->log)
		rs_log_lines_free(t->log);
	free(t->text);
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
	t->log = watch->task ? rs_log_lines_new(app, watch->task) : NULL;
	t->screen.root = rs_column_new(0);
	t->table = rs_tableview_new("problems", columns, RS_COUNT(columns), &model, t);
	t->detail = rs_textview_new("detail", true, 0);
	(void)rs_widget_add(t->screen.root, &t->table->w);
	(void)rs_widget_add(t->screen.root, rs_rule_new(NULL));
	(void)rs_widget_add(t->screen.root, rs_textview_widget(t->detail));
	rs_loop_push(app->loop, &t->screen);
}
