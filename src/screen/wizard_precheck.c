/* The precheck: what was found, as it comes in, each with what is needed and how to mend it. When all has passed (*Check Pass*),
 * closing it starts the task. */
#include "screen/wizard.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/hint.h"
#include "screen/show.h"
#include "tui/glyph.h"

#define OBJECTS_MAX 200

struct page {
	struct rs_screen screen;
	struct rs_wizard *w;
	struct rs_precheck_result result;
	bool known;
	bool told;              /* that it has passed */
	struct rs_widget *line;
	struct rs_tableview *table;
	struct rs_textview *detail;
	char *shown;            /* what the detail is about, to see whether it has changed */
};

enum { COL_TITLE, COL_FOUND, COL_NEEDED };

static struct page *page_of(struct rs_screen *s)
{
	return (struct page *)s;
}

static const struct rs_finding *finding_at(const struct page *p, size_t row)
{
	return &p->result.findings[row];
}

static const struct rs_finding *current(const struct page *p)
{
	size_t row = rs_tableview_row(p->table);

	return row == RS_NO_ROW ? NULL : finding_at(p, row);
}

/* --- verdicts ------------------------------------------------------------------------------------- */

static uint32_t verdict_glyph(const struct rs_finding *f, unsigned *style)
{
	*style = RS_STYLE_DIM;
	switch (f->verdict) {
	case RS_CHECK_PENDING: return RS_G_TODO;
	case RS_CHECK_RUNNING: *style = RS_STYLE_ACCENT; return RS_G_NOW;
	case RS_CHECK_PASSED: *style = RS_STYLE_OK; return RS_G_CHECK;
	case RS_CHECK_WARNING: *style = f->ignored ? RS_STYLE_DIM : RS_STYLE_WARN; return '!';
	case RS_CHECK_FAILED: *style = f->ignored ? RS_STYLE_DIM : RS_STYLE_ERROR; return RS_G_CROSS;
	case RS_CHECK_SKIPPED: return RS_G_NONE;
	}
	return ' ';
}

static bool is_problem(const struct rs_finding *f)
{
	return f->verdict == RS_CHECK_FAILED || f->verdict == RS_CHECK_WARNING;
}

static const char *verdict_text(const struct rs_finding *f)
{
	if (f->ignored && is_problem(f))
		return _("ignored");
	switch (f->verdict) {
	case RS_CHECK_PENDING: return _("waiting");
	case RS_CHECK_RUNNING: return _("running");
	case RS_CHECK_PASSED: return _("passed");
	case RS_CHECK_WARNING: return _("warning");
	case RS_CHECK_FAILED: return _("failed");
	case RS_CHECK_SKIPPED: return _("skipped");
	}
	return "";
}

/* --- rows -------------------------------------------------------------------------------------------- */

static size_t rows(void *ctx)
{
	return ((const struct page *)ctx)->result.count;
}

static uint32_t sign(void *ctx, size_t row, unsigned *style)
{
	return verdict_glyph(finding_at(ctx, row), style);
}

/* What was found, else the first objects concerned, else the verdict. */
static void found_cell(const struct rs_finding *f, struct rs_buf *text)
{
	if (f->ignored && is_problem(f))
		(void)rs_buf_addf(text, "%s · ", verdict_text(f));
	if (f->found && *f->found)
		(void)rs_buf_adds(text, f->found);
	else if (f->n_objects == 1)
		(void)rs_buf_adds(text, f->objects[0]);
	else if (f->n_objects)
		(void)rs_buf_addf(text, ngettext("%s and %zu more", "%s and %zu more", (unsigned long)(f->n_objects - 1)), f->objects[0],
		                  f->n_objects - 1);
	else
		(void)rs_buf_adds(text, verdict_text(f));
}

static void needed_cell(const struct rs_finding *f, struct rs_buf *text)
{
	if (f->needed && *f->needed && !f->ignored && f->verdict != RS_CHECK_PASSED && f->verdict != RS_CHECK_SKIPPED)
		/* TRANSLATORS: %s: a setting that the check wants */
		(void)rs_buf_addf(text, _("needed: %s"), f->needed);
}

static void cell(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct rs_finding *f = finding_at(ctx, row);

	(void)verdict_glyph(f, style);
	if (*style == RS_STYLE_OK)
		*style = RS_STYLE_NORMAL;
	switch (col) {
	case COL_TITLE: (void)rs_buf_adds(text, _(f->title)); break;
	case COL_FOUND: found_cell(f, text); break;
	default: needed_cell(f, text); break;
	}
}

static const struct rs_tableview_model model = {.rows = rows, .cell = cell, .sign = sign};

static const struct rs_col columns[] = {
	[COL_TITLE] = {"", 32, 50, 2, RS_LEFT, 0},
	[COL_FOUND] = {"", 20, 60, 2, RS_LEFT, 0},
	[COL_NEEDED] = {"", 26, 60, 2, RS_LEFT, 1},
};

/* --- the details -------------------------------------------------------------------------------------- */

/* Whether it can be ignored, or is, and what that means. */
static void put_ignoring(const struct rs_finding *f, struct rs_buf *out)
{
	if (!is_problem(f))
		return;
	if (!f->ignorable)
		(void)rs_buf_addf(out, "%s\n", _("It can't be ignored."));
	else
		(void)rs_buf_addf(out, "%s %s\n", f->ignored ? _("It is ignored:") : _("If it is ignored:"),
		                  f->consequence ? _(f->consequence) : "");
}

/* What was found and what is needed, whole: a row has little room. */
static void put_found(const struct rs_finding *f, struct rs_buf *out)
{
	bool found = f->found && *f->found, needed = f->needed && *f->needed;

	if (!is_problem(f) || (!found && !needed))
		return;
	if (found)
		(void)rs_buf_addf(out, _("Found: %s"), f->found);
	if (needed)
		(void)rs_buf_addf(out, found ? _(" · needed: %s") : _("Needed: %s"), f->needed);
	(void)rs_buf_addc(out, '\n');
}

static void describe(const struct rs_finding *f, struct rs_buf *out)
{
	(void)rs_buf_addf(out, "%s  %s  %s\n", _(f->title), f->code, verdict_text(f));
	put_found(f, out);
	if (f->explain && *f->explain)
		(void)rs_buf_addf(out, "%s\n", f->explain);
	if (f->remedy && *f->remedy)
		(void)rs_buf_addf(out, "%s\n%s\n",
		                  f->remedy_where && strcmp(f->remedy_where, "destination") == 0 ? _("To mend it, on the destination:")
		                  : f->remedy_where ? _("To mend it, on the source:") : _("To mend it:"),
		                  f->remedy);
	put_ignoring(f, out);
	for (size_t i = 0; i < f->n_objects && i < OBJECTS_MAX; i++)
		(void)rs_buf_addf(out, "%s%s", i ? ", " : _("Objects: "), f->objects[i]);
	if (f->n_objects > OBJECTS_MAX)
		(void)rs_buf_addf(out, _(" and %zu more"), f->n_objects - OBJECTS_MAX);
}

/* The title is bold, what to run stands out. */
static void add_lines(struct rs_textview *view, const struct rs_finding *f, const char *text)
{
	unsigned style;
	const char *end;
	bool in_remedy;

	(void)verdict_glyph(f, &style);
	for (bool first = true; *text; first = false) {
		char *one;

		end = strchrnul(text, '\n');
		one = rs_xstrndup(text, (size_t)(end - text));
		in_remedy = f->remedy && *one && strstr(f->remedy, one);
		rs_textview_add(view, first ? style : in_remedy ? RS_STYLE_KEY : RS_STYLE_NORMAL, in_remedy ? 5 : 1, one);
		free(one);
		text = *end ? end + 1 : end;
	}
}

static void show_detail(struct page *p)
{
	const struct rs_finding *f = current(p);
	struct rs_buf text = RS_BUF_INIT;

	if (f)
		describe(f, &text);
	if (!p->shown || strcmp(p->shown, rs_buf_str(&text)) != 0) {
		free(p->shown);
		p->shown = rs_xstrdup(rs_buf_str(&text));
		rs_textview_clear(p->detail);
		if (f)
			add_lines(p->detail, f, p->shown);
		rs_textview_home(p->detail);
	}
	rs_buf_release(&text);
}

/* --- the summary ----------------------------------------------------------------------------------------- */

struct counts {
	size_t passed, warnings, failed, ignored, skipped, waiting;
};

static struct counts count(const struct page *p)
{
	struct counts c = {0};

	for (size_t i = 0; i < p->result.count; i++) {
		const struct rs_finding *f = finding_at(p, i);

		switch (f->verdict) {
		case RS_CHECK_PENDING:
		case RS_CHECK_RUNNING: c.waiting++; break;
		case RS_CHECK_PASSED: c.passed++; break;
		case RS_CHECK_SKIPPED: c.skipped++; break;
		case RS_CHECK_WARNING: f->ignored ? c.ignored++ : c.warnings++; break;
		case RS_CHECK_FAILED: f->ignored ? c.ignored++ : c.failed++; break;
		}
	}
	return c;
}

static void show_line(struct page *p)
{
	struct counts c = count(p);
	struct rs_buf text = RS_BUF_INIT;
	unsigned style = !p->result.done ? RS_STYLE_ACCENT : p->result.passed ? RS_STYLE_OK : RS_STYLE_ERROR;

	if (!p->known)
		(void)rs_buf_adds(&text, _("Not run yet."));
	else if (p->result.done && p->result.passed)
		(void)rs_buf_addf(&text, "✓ %s   ", _("Check Pass"));
	if (p->known)
		(void)rs_buf_addf(&text, _("%zu of %zu passed"), c.passed, p->result.count);
	if (c.warnings)
		(void)rs_buf_addf(&text, ngettext(" · %zu warning", " · %zu warnings", (unsigned long)c.warnings), c.warnings);
	if (c.failed)
		(void)rs_buf_addf(&text, _(" · %zu failed"), c.failed);
	if (c.ignored)
		(void)rs_buf_addf(&text, _(" · %zu ignored"), c.ignored);
	if (c.skipped)
		(void)rs_buf_addf(&text, _(" · %zu skipped"), c.skipped);
	if (p->known && p->result.count > c.skipped && p->result.done)
		(void)rs_buf_addf(&text, _("   Success rate %zu %%"), (c.passed + c.ignored) * 100 / (p->result.count - c.skipped));
	rs_label_set(p->line, rs_buf_str(&text), style);
	rs_buf_release(&text);
}

/* --- the job ------------------------------------------------------------------------------------------------ */

static void free_job(void *job)
{
	rs_precheck_free(job);
}

static void begin(struct page *p)
{
	struct rs_wizard *w = p->w;

	if (w->precheck)
		rs_work_start(&w->app->works, free_job, NULL, w->precheck, 0);
	w->precheck = rs_precheck_start(w->task, rs_app_wake(w->app));
	w->precheck_version = rs_form_state_version(w->state);
	w->precheck_passed = false;
	w->steps[w->step_count - 1].bad = false;
	p->told = false;
}

/* The next that needs attention, behind row FROM or before it, and round; RS_NO_ROW: none does. */
static size_t find_problem(const struct page *p, size_t from, bool back)
{
	size_t count = p->result.count;

	for (size_t n = 1; n <= count; n++) {
		size_t row = (from + (back ? count - n : n)) % count;

		if (is_problem(finding_at(p, row)) && !finding_at(p, row)->ignored)
			return row;
	}
	return RS_NO_ROW;
}

static bool has_other_problem(const struct page *p)
{
	size_t here = rs_tableview_row(p->table), row = here == RS_NO_ROW ? RS_NO_ROW : find_problem(p, here, false);

	return row != RS_NO_ROW && row != here;
}

/* The cursor goes to what needs attention first. */
static void select_bad(struct page *p)
{
	size_t row = p->result.count ? find_problem(p, p->result.count - 1, false) : RS_NO_ROW;

	if (row != RS_NO_ROW)
		rs_tableview_select(p->table, row);
}

static void start_answered(void *ctx, const char *answer)
{
	struct page *p = ctx;

	if (answer && strcmp(answer, "start") == 0)
		rs_wizard_start(p->w);
}

/* Closing it starts the task; Esc does not. */
static void ask_start(struct page *p)
{
	struct counts c = count(p);
	size_t checked = p->result.count - c.skipped;
	struct rs_buf text = RS_BUF_INIT;
	struct rs_option buttons[] = {{"start", _("Close and start"), NULL, NULL}, {"stay", _("Not yet"), NULL, NULL}};

	(void)rs_buf_addf(&text, ngettext("%zu item was checked.", "%zu items were checked.", (unsigned long)checked), checked);
	if (c.ignored)
		(void)rs_buf_addf(&text, " %s", _("What was ignored is noted in the task's file."));
	(void)rs_buf_addf(&text, "\n\n%s", _("The task starts when this is closed."));
	rs_dialog_ask(p->w->app->loop, _("Check Pass"), rs_buf_str(&text), false, buttons, RS_COUNT(buttons), start_answered, p);
	rs_buf_release(&text);
}

struct verdict {
	struct rs_task *task;
	enum rs_state state;
};

static void record_run(void *arg)
{
	const struct verdict *v = arg;

	rs_task_status_record(v->task, v->state);
}

static void record_done(void *arg)
{
	struct verdict *v = arg;

	rs_task_free(v->task);
	free(v);
}

/* What the list of tasks shows of it. */
static void record(struct page *p)
{
	struct verdict *v = rs_xcalloc(1, sizeof *v);

	*v = (struct verdict){rs_task_copy(p->w->task), p->result.passed ? RS_STATE_PRECHECK_PASSED : RS_STATE_PRECHECK_FAILED};
	rs_work_start(&p->w->app->works, record_run, record_done, v, RS_WORK_IN_LINE);
}

static void conclude(struct page *p)
{
	p->told = true;
	p->w->steps[p->w->step_count - 1].bad = !p->result.passed;
	p->w->precheck_passed = p->result.passed;
	record(p);
	if (p->result.passed)
		ask_start(p);
	else
		select_bad(p);
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

static void fit_column(struct page *p, size_t col)
{
	struct rs_col *c = &p->table->cols[col];
	int widest = 0;

	for (size_t i = 0; i < p->result.count; i++) {
		struct rs_buf text = RS_BUF_INIT;
		unsigned style;
		int width;

		cell(p, i, col, &text, &style);
		width = rs_text_width(rs_buf_str(&text));
		widest = width > widest ? width : widest;
		rs_buf_release(&text);
	}
	c->min = least(widest, columns[col].min);
	c->max = least(widest, columns[col].max);
}

/* What is found gets the room that the others do not need. */
static void fit_columns(struct page *p)
{
	fit_column(p, COL_TITLE);
	fit_column(p, COL_NEEDED);
}

static void refresh(struct page *p)
{
	if (p->known)
		rs_precheck_result_release(&p->result);
	p->known = p->w->precheck != NULL;
	memset(&p->result, 0, sizeof p->result);
	if (p->known)
		rs_precheck_get(p->w->precheck, &p->result);
	if (p->known && p->result.done && !p->told)
		conclude(p);
	show_line(p);
	fit_columns(p);
	rs_tableview_reload(p->table);
	show_detail(p);
	rs_loop_dirty(p->w->app->loop);
}

/* --- actions --------------------------------------------------------------------------------------------------- */

enum { ACT_COPY, ACT_MEND, ACT_FAILED, ACT_ALL, ACT_IGNORE, ACT_REPORT, ACT_NEXT, ACT_BEFORE };

static const struct rs_action actions[] = {
	{ACT_COPY, "copy-remedy", {'y'}, N_("Copy statement"), N_("Copy what mends it to the terminal's clipboard."), 1},
	{ACT_MEND, "mend-objects", {'m'}, N_("Mend here"), N_("Add to the selected objects, or leave out of them, what the remedy says."), 2},
	{ACT_FAILED, "again-failed", {'f'}, N_("Again (failed)"), N_("Run again what has not passed."), 2},
	{ACT_ALL, "again-all", {'a'}, N_("Again (all)"), N_("Run everything again."), 3},
	{ACT_IGNORE, "ignore-finding", {'i'}, N_("Ignore"), N_("Ignore what is under the cursor, or stop doing so; it is noted in the task's file."), 4},
	{ACT_NEXT, "next-problem", {'n'}, N_("Next problem"), N_("To the next check that failed or warns."), 5},
	{ACT_BEFORE, "previous-problem", {'N'}, N_("Problem before"), N_("To the one before that failed or warns."), 0},
	{ACT_REPORT, "save-report", {'s'}, N_("Report"), N_("Save everything to a file."), 6},
	RS_WIZARD_ACTIONS,
};
const struct rs_keymap rs_wizard_precheck_keymap = {N_("Precheck"), actions, RS_COUNT(actions)};

static bool no(const char **why, const char *reason)
{
	*why = reason;
	return false;
}

static bool can_ignore(const struct page *p, const char **why)
{
	const struct rs_finding *f = current(p);

	if (!f || f->verdict == RS_CHECK_PASSED || f->verdict == RS_CHECK_SKIPPED || f->verdict == RS_CHECK_PENDING)
		return no(why, _("there is nothing to ignore"));
	return f->ignorable ? true : no(why, _("this can't be ignored: it would fail"));
}

static bool enabled(struct rs_screen *s, int action, const char **why)
{
	const struct page *p = page_of(s);
	const struct rs_finding *f = current(p);

	switch (action) {
	case ACT_COPY: return f && f->remedy && *f->remedy ? true : no(why, _("there is no statement to copy"));
	case ACT_MEND: return f && f->task_key && p->result.done ? true : no(why, _("that can't be mended from here"));
	case ACT_IGNORE: return can_ignore(p, why);
	case ACT_FAILED:
	case ACT_ALL: return p->result.done ? true : no(why, _("it is still running"));
	case ACT_NEXT:
	case ACT_BEFORE:
		return has_other_problem(p) ? true : no(why, _("nothing else needs attention"));
	case ACT_REPORT: return p->result.count ? true : no(why, _("there is nothing yet"));
	case RS_WIZARD_NEXT:
		return p->result.done && p->result.passed ? true : no(why, _("the precheck has not passed"));
	default: return rs_wizard_enabled(p->w, action, why);
	}
}

static void again(struct page *p, bool failed_only)
{
	rs_precheck_again(p->w->precheck, failed_only);
	p->w->precheck_passed = false;
	p->told = false;
	refresh(p);
}

/* The same key takes it back. */
static void tell_ignored(struct page *p, const char *consequence, bool ignored)
{
	char key[RS_KEY_NAME_SIZE];

	(void)rs_hint_key(&rs_wizard_precheck_keymap, "ignore-finding", key);
	if (ignored)
		rs_loop_say(p->w->app->loop, RS_STYLE_WARN, _("Ignored. %s takes it back. %s"), key, consequence ? _(consequence) : "");
	else
		rs_loop_say(p->w->app->loop, RS_STYLE_NORMAL, _("It counts again."));
}

static void ignore(struct page *p)
{
	const struct rs_finding *f = current(p);
	const char *consequence = f->consequence;
	bool ignored = !f->ignored;

	if (!rs_precheck_ignore(p->w->precheck, f->code, ignored))
		return;
	rs_task_ignore(p->w->task, f->code, ignored);
	rs_wizard_save_ignored(p->w);
	p->told = false;
	refresh(p);
	if (!p->result.passed) /* else it is asked whether to start */
		tell_ignored(p, consequence, ignored);
}

/* All is looked at anew. */
static void mended(struct rs_wizard *w, struct rs_err *err)
{
	if (rs_err_is_set(err))
		rs_app_say_error(w->app, err);
	else if (w->app->wizard == w && w->step == w->step_count - 1)
		rs_wizard_go(w, w->step);
}

static const struct rs_form_field *objects_field(const struct rs_form_flow *flow)
{
	for (size_t i = 0; i < flow->n_pages; i++)
		for (size_t k = 0; k < flow->pages[i]->n_fields; k++)
			if (flow->pages[i]->fields[k].type == RS_FIELD_OBJECTS)
				return &flow->pages[i]->fields[k];
	return NULL;
}

/* What the remedy would have a shell do to the task's file. */
static void mend(struct page *p)
{
	const struct rs_finding *f = current(p);
	const struct rs_form_field *objects = objects_field(p->w->flow);
	struct rs_task *task = rs_task_copy(p->w->task);
	struct rs_buf text = RS_BUF_INIT;
	struct rs_err err = RS_ERR_INIT;

	if (!objects || rs_task_set(task, f->task_key, f->task_value, &err) != RS_OK) {
		rs_app_say_error(p->w->app, &err);
	} else {
		rs_selection_format(task->objects, &text);
		rs_wizard_objects_release(p->w);
		rs_form_set(p->w->state, objects, rs_buf_str(&text));
		rs_wizard_save(p->w, mended);
	}
	rs_buf_release(&text);
	rs_err_clear(&err);
	rs_task_free(task);
}

static void report(struct page *p)
{
	struct rs_buf text = RS_BUF_INIT;

	(void)rs_buf_addf(&text, "%s  %s\n\n", p->w->task->name, _("Precheck"));
	for (size_t i = 0; i < p->result.count; i++) {
		const struct rs_finding *f = finding_at(p, i);

		describe(f, &text);
		(void)rs_buf_adds(&text, "\n\n");
	}
	rs_app_save_report(p->w->app, p->w->task->name, "precheck", &text);
	rs_buf_release(&text);
}

static bool action(struct rs_screen *s, int id)
{
	struct page *p = page_of(s);

	switch (id) {
	case ACT_COPY: (void)rs_loop_copy(p->w->app->loop, current(p)->remedy, strlen(current(p)->remedy)); break;
	case ACT_MEND: mend(p); break;
	case ACT_FAILED: again(p, true); break;
	case ACT_ALL: again(p, false); break;
	case ACT_IGNORE: ignore(p); break;
	case ACT_NEXT:
	case ACT_BEFORE: rs_tableview_select(p->table, find_problem(p, rs_tableview_row(p->table), id == ACT_BEFORE)); break;
	case ACT_REPORT: report(p); break;
	case RS_WIZARD_NEXT: ask_start(p); break;
	default: return rs_wizard_action(p->w, id);
	}
	return true;
}

/* --- the screen --------------------------------------------------------------------------------------------------- */

static bool notify(struct rs_screen *s, struct rs_widget *w, enum rs_reply reply)
{
	struct page *p = page_of(s);

	if (reply != RS_SUBMIT || w != &p->table->w)
		return false;
	if (p->result.done && p->result.passed)
		ask_start(p);
	else
		(void)rs_widget_focus(s->root, rs_textview_widget(p->detail));
	return true;
}

static enum rs_reply event(struct rs_screen *s, const struct rs_event *ev)
{
	if (ev->type == RS_EV_WAKE)
		refresh(page_of(s));
	return ev->type == RS_EV_WAKE ? RS_HANDLED : RS_IGNORED;
}

static void draw(struct rs_screen *s, struct rs_canvas *c, struct rs_rect body)
{
	show_detail(page_of(s)); /* the cursor may have moved */
	rs_widget_layout(s->root, body);
	rs_widget_draw(s->root, c, true);
}

static void enter(struct rs_screen *s)
{
	struct page *p = page_of(s);

	rs_wizard_enter(p->w);
	if (!p->w->precheck || p->w->precheck_version != rs_form_state_version(p->w->state))
		begin(p);
	refresh(p);
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
	const struct page *p = page_of(s);
	char key[RS_KEY_NAME_SIZE];

	if (!p->result.done)
		(void)rs_buf_adds(out, _("Both servers are looked at; nothing is changed there."));
	else if (p->result.passed)
		(void)rs_buf_adds(out, _("Check Pass: Enter starts the task."));
	else if (!p->w->flow->available)
		(void)rs_buf_adds(out, _("It can't be started yet, whatever else is mended: go back, and save it only."));
	else
		(void)rs_buf_addf(out, _("Mend what failed, or ignore what may be ignored, and run it again with %s."),
		                  rs_hint_key(&rs_wizard_precheck_keymap, "again-failed", key));
}

static void destroy(struct rs_screen *s)
{
	struct page *p = page_of(s);

	if (p->known)
		rs_precheck_result_release(&p->result);
	free(p->shown);
	rs_wizard_unref(p->w);
	free(p);
}

static const struct rs_screen_ops ops = {
	.name = "wizard-precheck", .keymap = &rs_wizard_precheck_keymap, .enter = enter, .leave = leave, .place = place, .steps = steps, .draw = draw,
	.event = event, .notify = notify, .action = action, .enabled = enabled, .help = help, .destroy = destroy,
};

struct rs_screen *rs_wizard_precheck_screen(struct rs_wizard *w)
{
	struct page *p = rs_xcalloc(1, sizeof *p);
	struct rs_widget *row = rs_row_new(0, 0);

	p->screen.ops = &ops;
	p->w = rs_wizard_ref(w);
	p->line = rs_label_new("", RS_STYLE_NORMAL);
	p->line->weight = 1;
	p->table = rs_tableview_new("findings", columns, RS_COUNT(columns), &model, p);
	p->table->headless = true;
	p->table->w.weight = 3;
	p->detail = rs_textview_new("detail", true, 0);
	rs_textview_widget(p->detail)->weight = 2;
	(void)rs_widget_add(row, rs_space_new(1, 1, 0));
	(void)rs_widget_add(row, p->line);
	p->screen.root = rs_column_new(0);
	(void)rs_widget_add(p->screen.root, row);
	(void)rs_widget_add(p->screen.root, &p->table->w);
	(void)rs_widget_add(p->screen.root, rs_rule_new(NULL));
	(void)rs_widget_add(p->screen.root, rs_textview_widget(p->detail));
	(void)rs_widget_focus(p->screen.root, &p->table->w);
	return &p->screen;
}
