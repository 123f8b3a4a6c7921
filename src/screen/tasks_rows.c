/* The rows of the list of tasks, and the help area below them. */
#include "screen/tasks.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/show.h"

#define STALE (5 * RS_USEC_PER_SEC) /* live numbers older than this are dimmed */

enum { COL_TASK, COL_FLOW, COL_STATE, COL_PROGRESS, COL_LAG, COL_ROWS, COL_ERRORS, COL_SOURCE, COL_DEST, COL_ID };

struct rs_watch *rs_tasks_current(const struct rs_tasks *t)
{
	size_t row = rs_tableview_row(t->table);

	return row == RS_NO_ROW || row >= t->shown_count ? NULL : t->shown[row];
}

/* --- rows ------------------------------------------------------------------------------------- */

static size_t rows(void *ctx)
{
	return ((const struct rs_tasks *)ctx)->shown_count;
}

static uint64_t row_id(void *ctx, size_t row)
{
	const struct rs_tasks *t = ctx;

	return t->shown[row] ? (uint64_t)(uintptr_t)t->shown[row] : (uint64_t)t->shown[row + 1]->state + 1;
}

/* Of tasks whose file can't be read nothing else is known. */
static const char *group_title(const struct rs_watch *watch)
{
	return watch->task ? _(rs_state_title(watch->state)) : _("Unreadable");
}

static bool heading(void *ctx, size_t row, struct rs_buf *text)
{
	const struct rs_tasks *t = ctx;
	size_t end = row + 1;

	if (t->shown[row])
		return false;
	while (end < t->shown_count && t->shown[end])
		end++;
	(void)rs_buf_addf(text, "%s  %zu", group_title(t->shown[row + 1]), end - row - 1);
	return true;
}

static bool is_stale(const struct rs_watch *watch)
{
	return watch->live && watch->progress && rs_clock_wall() - watch->updated > STALE;
}

static void flow_cell(const struct rs_tasks *t, const struct rs_watch *watch, struct rs_buf *text)
{
	const char *id = watch->task ? watch->task->flow : NULL;
	const struct rs_forms *forms = id ? rs_app_forms(t->app) : NULL;
	const struct rs_form_flow *flow = forms ? rs_forms_flow(forms, id) : NULL;

	(void)rs_buf_adds(text, flow ? rs_form_text(flow->brief) : id ? id : RS_SHOW_NONE);
}

/* The title without what only the long form says; the column is narrow. */
static const char *short_title(const struct rs_watch *watch)
{
	switch (watch->state) {
	case RS_STATE_INTERRUPTED: return _("Interrupted");
	case RS_STATE_STOPPED: return _("Stopped");
	case RS_STATE_INITIALIZE_FAILED: return _("Init. failed");
	case RS_STATE_FAILED: return _("Failed");
	default: return _(rs_state_title_of(watch->task->flow, watch->state));
	}
}

static void state_cell(const struct rs_watch *watch, struct rs_buf *text, unsigned *style)
{
	if (!watch->task) {
		*style = RS_STYLE_ERROR;
		(void)rs_buf_adds(text, _("Unreadable"));
		return;
	}
	*style = rs_show_state_style(watch->state);
	(void)rs_buf_adds(text, watch->stopping ? _("Stopping") : short_title(watch));
}

static enum rs_errc error_of(const struct rs_watch *watch)
{
	if (watch->error.code)
		return watch->error.code;
	return watch->progress ? watch->progress->error.code : RS_E_NONE;
}

/* In place of its lag. */
static bool shows_error(const struct rs_watch *watch)
{
	return error_of(watch) != RS_E_NONE && rs_show_state_sign(watch->state);
}

static void lag_cell(const struct rs_watch *watch, struct rs_buf *text, unsigned *style)
{
	char buf[RS_SHOW_SIZE];

	if (shows_error(watch)) {
		*style = RS_STYLE_ERROR;
		(void)rs_buf_adds(text, rs_err_code_text(error_of(watch), buf, sizeof buf));
		return;
	}
	(void)rs_buf_adds(text, rs_show_time(rs_watch_lag(watch), buf, sizeof buf));
}

/* Since the process was started. */
static void errors_cell(const struct rs_watch *watch, struct rs_buf *text)
{
	double n = watch->progress ? 0 : -1;
	char buf[RS_SHOW_SIZE];

	for (size_t i = 0; watch->progress && i < watch->progress->n_problems; i++)
		n += (double)watch->progress->problems[i].count;
	(void)rs_buf_adds(text, rs_show_count(n, buf, sizeof buf));
}

static void side_cell(const struct rs_endpoint *side, struct rs_buf *text)
{
	char *where = side ? rs_endpoint_text(side) : NULL;

	(void)rs_buf_adds(text, where ? where : RS_SHOW_NONE);
	free(where);
}

static void cell(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct rs_tasks *t = ctx;
	const struct rs_watch *watch = t->shown[row];
	char buf[RS_SHOW_SIZE];

	switch (col) {
	case COL_TASK: (void)rs_buf_adds(text, watch->name); break;
	case COL_FLOW: flow_cell(t, watch, text); break;
	case COL_STATE: state_cell(watch, text, style); break;
	case COL_LAG: lag_cell(watch, text, style); break;
	case COL_ROWS:
		(void)rs_buf_adds(text, rs_show_count(watch->live && watch->progress ? watch->progress->rows_per_sec : -1, buf,
		                                      sizeof buf));
		break;
	case COL_ERRORS: errors_cell(watch, text); break;
	case COL_SOURCE: side_cell(watch->task ? &watch->task->source : NULL, text); break;
	case COL_DEST: side_cell(watch->task ? &watch->task->destination : NULL, text); break;
	case COL_ID: (void)rs_buf_addf(text, "%.8s", watch->task && watch->task->id ? watch->task->id : RS_SHOW_NONE); break;
	default: break;
	}
	if ((col == COL_LAG || col == COL_ROWS) && is_stale(watch))
		*style |= RS_MOD_STALE;
}

static bool draw_cell(void *ctx, size_t row, size_t col, struct rs_canvas *c, struct rs_rect r, unsigned mods)
{
	const struct rs_watch *watch = ((const struct rs_tasks *)ctx)->shown[row];

	if (col != COL_PROGRESS)
		return false;
	rs_canvas_bar(c, r.y, r.x, r.w, RS_STYLE_DATA | mods, watch->progress ? rs_show_copied(watch->progress) : 0);
	return true;
}

static uint32_t sign(void *ctx, size_t row, unsigned *style)
{
	const struct rs_watch *watch = ((const struct rs_tasks *)ctx)->shown[row];

	*style = RS_STYLE_ERROR;
	if (watch->task && watch->progress && watch->progress->alerts)
		return '!';
	return watch->task ? rs_show_state_sign(watch->state) : '!';
}

static enum rs_mark mark(void *ctx, size_t row)
{
	return ((const struct rs_tasks *)ctx)->shown[row]->marked ? RS_MARK_ON : RS_MARK_OFF;
}

static bool toggle(void *ctx, size_t row)
{
	struct rs_watch *watch = ((const struct rs_tasks *)ctx)->shown[row];

	watch->marked = !watch->marked;
	return true;
}

static const struct rs_tableview_model model = {
	.rows = rows, .cell = cell, .draw = draw_cell, .sign = sign, .toggle = toggle, .row_id = row_id, .heading = heading,
};
static const struct rs_tableview_model marked_model = {
	.rows = rows, .cell = cell, .draw = draw_cell, .sign = sign, .mark = mark, .toggle = toggle, .row_id = row_id,
	.heading = heading,
};

void rs_tasks_show_marks(struct rs_tasks *t)
{
	t->table->model = t->marked ? &marked_model : &model;
}

static const struct rs_col columns[] = {
	[COL_TASK] = {N_("Task"), 15, 40, 2, RS_LEFT, 0},
	[COL_FLOW] = {N_("Flow"), 13, 24, 1, RS_LEFT, 3},
	[COL_STATE] = {N_("State"), 15, 0, 0, RS_LEFT, 0},
	[COL_PROGRESS] = {N_("Progress"), 8, 22, 1, RS_LEFT, 2},
	[COL_LAG] = {N_("Lag"), 8, 0, 0, RS_RIGHT, 1},
	[COL_ROWS] = {N_("Rows/s"), 7, 0, 0, RS_RIGHT, 4},
	[COL_ERRORS] = {N_("Errors"), 6, 0, 0, RS_RIGHT, 5},
	[COL_SOURCE] = {N_("Source"), 18, 32, 1, RS_LEFT, 6},
	[COL_DEST] = {N_("Destination"), 18, 32, 1, RS_LEFT, 6},
	[COL_ID] = {N_("Id"), 8, 0, 0, RS_LEFT, 8},
};

/* --- the order ------------------------------------------------------------------------------ */

/* What one has to look at comes first. */
static int rank(const struct rs_watch *watch)
{
	switch (watch->state) {
	case RS_STATE_FAILED:
	case RS_STATE_INITIALIZE_FAILED: return 0;
	case RS_STATE_RETRYING:
	case RS_STATE_INTERRUPTED: return 1;
	case RS_STATE_INITIALIZING:
	case RS_STATE_SYNCHRONIZING: return 2;
	case RS_STATE_PAUSED:
	case RS_STATE_STOPPED: return 3;
	case RS_STATE_FINISHED:
	case RS_STATE_RELEASED: return 5;
	default: return 4; /* not begun */
	}
}

static double measured(const struct rs_watch *watch, enum rs_tasks_order order)
{
	if (order == RS_TASKS_BY_LAG)
		return shows_error(watch) ? -1 : (double)rs_watch_lag(watch);
	return watch->live && watch->progress ? watch->progress->rows_per_sec : -1;
}

/* States of the same rank stay apart; those that can't be read are one. */
static int group(const struct rs_watch *watch)
{
	return watch->task ? rank(watch) * 100 + (int)watch->state : -1;
}

static int compare(const void *a, const void *b, void *tasks)
{
	const struct rs_watch *x = *(struct rs_watch *const *)a, *y = *(struct rs_watch *const *)b;
	const struct rs_tasks *t = tasks;
	double by = t->grouped ? group(x) - group(y) : 0;

	if (by == 0 && t->order == RS_TASKS_BY_STATE)
		by = rank(x) - rank(y);
	else if (by == 0 && t->order != RS_TASKS_BY_NAME)
		by = measured(y, t->order) - measured(x, t->order);
	return by < 0 ? -1 : by > 0 ? 1 : strcmp(x->name, y->name);
}

/* A heading before each group of the sorted tasks. */
static void add_headings(struct rs_tasks *t)
{
	struct rs_watch **sorted = t->shown;
	size_t n = t->shown_count;

	t->shown = NULL;
	t->shown_count = t->shown_cap = 0;
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || group(sorted[i]) != group(sorted[i - 1])) {
			RS_GROW(t->shown, t->shown_count, t->shown_cap);
			t->shown[t->shown_count++] = NULL;
		}
		RS_GROW(t->shown, t->shown_count, t->shown_cap);
		t->shown[t->shown_count++] = sorted[i];
	}
	free(sorted);
}

void rs_tasks_sort(struct rs_tasks *t)
{
	static const size_t by[] = {[RS_TASKS_BY_NAME] = RS_NO_SORT, [RS_TASKS_BY_STATE] = COL_STATE, [RS_TASKS_BY_LAG] = COL_LAG,
	                            [RS_TASKS_BY_ROWS] = COL_ROWS};

	if (t->shown_count > 1)
		qsort_r(t->shown, t->shown_count, sizeof(struct rs_watch *), compare, t);
	if (t->grouped)
		add_headings(t);
	rs_tableview_set_sort(t->table, by[t->order], t->order != RS_TASKS_BY_STATE);
}

/* --- the help area: the task under the cursor ------------------------------------------------- */

static void help_selected(const struct rs_task *task, struct rs_buf *out)
{
	size_t databases, tables;

	rs_selection_count(task->objects, &databases, &tables);
	if (databases)
		(void)rs_buf_addf(out, task->source.protocol == RS_PROTOCOL_POSTGRESQL
		                  ? ngettext(" · %zu schema", " · %zu schemas", (unsigned long)databases)
		                  : ngettext(" · %zu database", " · %zu databases", (unsigned long)databases), databases);
	if (tables)
		(void)rs_buf_addf(out, ngettext(" · %zu table", " · %zu tables", (unsigned long)tables), tables);
}

static void help_live(const struct rs_watch *watch, struct rs_buf *out)
{
	const struct rs_progress *p = watch->progress;
	char ago[RS_SHOW_SIZE], lasts[RS_SHOW_SIZE];

	if (p->alerts) {
		(void)rs_buf_addf(out, "%s: ", _("alert"));
		rs_app_put_alerts(p, out);
		(void)rs_buf_adds(out, p->note[0] || p->checkpoint || p->log_lasts >= 0 ? " · " : "");
	}

	if (p->note[0]) {
		(void)rs_buf_adds(out, p->note);
		return;
	}
	if (p->checkpoint)
		(void)rs_buf_addf(out, _("checkpoint %s"), rs_show_ago(rs_clock_wall(), p->checkpoint, ago, sizeof ago));
	if (p->log_lasts >= 0)
		(void)rs_buf_addf(out, _("%ssource log lasts %s"), p->checkpoint ? " · " : "",
		                  rs_show_time(p->log_lasts, lasts, sizeof lasts));
	if (!rs_watch_is_running_here(watch) && watch->pid)
		(void)rs_buf_addf(out, _(" · run by process %ld"), watch->pid);
}

static void help_state(const struct rs_watch *watch, struct rs_buf *out)
{
	char ago[RS_SHOW_SIZE];

	(void)rs_buf_adds(out, _(rs_state_title_of(watch->task ? watch->task->flow : NULL, watch->state)));
	if (watch->progress)
		(void)rs_buf_addf(out, _(", last known %s"), rs_show_ago(rs_clock_wall(), watch->updated, ago, sizeof ago));
}

static void help_task(const struct rs_watch *watch, struct rs_buf *out)
{
	const struct rs_progress *p = watch->progress;

	if (watch->task) {
		rs_show_topology(watch->task, out);
		help_selected(watch->task, out);
		(void)rs_buf_addf(out, "%s%s\n", watch->task->note ? " · " : "", watch->task->note ? watch->task->note : "");
	}
	if (watch->error.code)
		rs_show_error(&watch->error, out);
	else if (p && p->error.code && rs_show_state_sign(watch->state))
		rs_show_error(&p->error, out);
	else if (watch->live && p)
		help_live(watch, out);
	else
		help_state(watch, out);
}

void rs_tasks_help(struct rs_screen *s, struct rs_buf *out)
{
	struct rs_tasks *t = rs_tasks_of(s);
	const struct rs_watch *watch = rs_tasks_current(t);

	if (rs_widget_focused(s->root) == &t->table->w && t->marked)
		(void)rs_buf_addf(out, _("%zu marked, %zu of them hidden by the filters: Pause, Start and Stop mean them.\n"), t->marked, t->hidden);
	if (rs_widget_focused(s->root) == &t->table->w && watch)
		help_task(watch, out);
	else if (t->app->watches.error.code)
		rs_show_error(&t->app->watches.error, out);
}

struct rs_tableview *rs_tasks_table_new(struct rs_tasks *t)
{
	return rs_tableview_new("tasks", columns, RS_COUNT(columns), &model, t);
}
