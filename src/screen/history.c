/* What this host remembers of a task's life, newest first: schema changes, objects, states, phases, problems. */
#include "screen/app.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/search.h"
#include "screen/show.h"

#define MOST 1000

struct history {
	struct rs_screen screen;
	struct rs_app *app;
	struct rs_watch *watch;
	struct rs_history_item *items; /* oldest first */
	size_t n;
	size_t *shown;                 /* newest first */
	size_t n_shown;
	size_t kind;                   /* of kinds */
	bool known;
	struct reading *reading;       /* NULL: none is under way */
	struct rs_tableview *table;
	struct rs_textview *detail;
	struct rs_search *search;
	size_t detailed;
};

static const struct {
	const char *kind; /* NULL: all */
	const char *title;
} kinds[] = {{NULL, N_("all")}, {RS_HISTORY_DDL, N_("schema changes")}, {RS_HISTORY_OBJECTS, N_("objects")},
             {RS_HISTORY_PROBLEM, N_("problems")}, {RS_HISTORY_STATE, N_("states")}};

static struct history *history_of(struct rs_screen *s)
{
	return (struct history *)s;
}

/* --- reading, in a thread ----------------------------------------------------------------------------- */

struct reading {
	struct history *owner; /* NULL: gone */
	struct rs_task *task;
	struct rs_history_item *items;
	size_t n;
};

static void read_run(void *arg)
{
	struct reading *r = arg;

	r->n = rs_task_history(r->task, MOST, &r->items);
}

static void refilter(struct history *h)
{
	h->shown = rs_xrealloc(h->shown, (h->n + 1) * sizeof *h->shown);
	h->n_shown = 0;
	for (size_t i = h->n; i-- > 0;)
		if (!kinds[h->kind].kind || strcmp(h->items[i].kind, kinds[h->kind].kind) == 0)
			h->shown[h->n_shown++] = i;
	h->detailed = RS_NO_ROW;
	rs_tableview_set_empty(h->table, h->n ? _("Nothing of this kind.") : _("Nothing is remembered of it on this host."));
	rs_tableview_reload(h->table);
	rs_loop_dirty(h->app->loop);
}

static void read_done(void *arg)
{
	struct reading *r = arg;
	struct history *h = r->owner;

	if (h) {
		rs_history_free(h->items, h->n);
		h->items = r->items;
		h->n = r->n;
		h->known = true;
		h->reading = NULL;
		refilter(h);
	} else {
		rs_history_free(r->items, r->n);
	}
	rs_task_free(r->task);
	free(r);
}

static void refresh(struct rs_screen *s)
{
	struct history *h = history_of(s);

	rs_watch_refresh(h->watch);
	if (h->reading || !h->watch->task)
		return;
	h->reading = rs_xcalloc(1, sizeof *h->reading);
	h->reading->owner = h;
	h->reading->task = rs_task_copy(h->watch->task);
	rs_work_start(&h->app->works, read_run, read_done, h->reading, h->known ? RS_WORK_QUIET : 0);
}

/* --- rows -------------------------------------------------------------------------------------------------- */

enum { COL_AT, COL_KIND, COL_TEXT };

static const struct rs_col columns[] = {
	[COL_AT] = {N_("Time"), 19, 0, 0, RS_LEFT, 0},
	[COL_KIND] = {N_("Kind"), 8, 0, 0, RS_LEFT, 1},
	[COL_TEXT] = {N_("What happened"), 20, 0, 1, RS_LEFT, 0},
};

static const struct rs_history_item *item_at(const struct history *h, size_t row)
{
	return &h->items[h->shown[row]];
}

static size_t rows(void *ctx)
{
	return ((const struct history *)ctx)->n_shown;
}

static uint64_t row_id(void *ctx, size_t row)
{
	return (uint64_t)item_at(ctx, row)->at;
}

static const char *kind_text(const char *kind)
{
	if (strcmp(kind, RS_HISTORY_DDL) == 0)
		return "DDL";
	if (strcmp(kind, RS_HISTORY_STATE) == 0)
		return _("state");
	if (strcmp(kind, RS_HISTORY_PHASE) == 0)
		return _("phase");
	if (strcmp(kind, RS_HISTORY_OBJECTS) == 0)
		return _("objects");
	return strcmp(kind, RS_HISTORY_PROBLEM) == 0 ? _("problem") : kind;
}

/* Words of phases, and of what became of objects, and what they are to people. */
static const struct {
	const char *word, *title;
} words[] = {
	{"schema", N_("Schema Initialization")}, {"full", N_("Full Data Initialization")}, {"incremental", N_("Incremental")},
	{"waiting", N_("waiting")}, {"running", N_("running")}, {"done", N_("done")}, {"failed", N_("failed")},
	{"added", N_("Added")}, {"joined", N_("Joined the others")}, {"taken out", N_("Taken out")}, {"suspended", N_("Suspended")},
	{"resumed", N_("Resumed")}, {"copied anew", N_("Copied anew")},
};

/* As it is where it is none of them. */
static void put_word(const char *word, size_t len, struct rs_buf *out)
{
	for (size_t i = 0; i < RS_COUNT(words); i++)
		if (strlen(words[i].word) == len && strncmp(words[i].word, word, len) == 0) {
			(void)rs_buf_adds(out, _(words[i].title));
			return;
		}
	(void)rs_buf_add(out, word, len);
}

/* "full running" */
static void put_phase(const char *text, struct rs_buf *out)
{
	size_t len = strcspn(text, " ");

	put_word(text, len, out);
	if (text[len])
		(void)rs_buf_adds(out, ": ");
	if (text[len])
		put_word(text + len + 1, strlen(text + len + 1), out);
}

/* "added: shop.orders" */
static void put_objects(const char *text, struct rs_buf *out)
{
	size_t len = strcspn(text, ":");

	put_word(text, len, out);
	(void)rs_buf_adds(out, text + len);
}

static void put_text(const struct rs_history_item *item, struct rs_buf *out)
{
	enum rs_state state;

	if (strcmp(item->kind, RS_HISTORY_STATE) == 0 && rs_state_parse(item->text, &state))
		(void)rs_buf_adds(out, _(rs_state_title(state)));
	else if (strcmp(item->kind, RS_HISTORY_PHASE) == 0)
		put_phase(item->text, out);
	else if (strcmp(item->kind, RS_HISTORY_OBJECTS) == 0)
		put_objects(item->text, out);
	else
		(void)rs_buf_adds(out, item->text);
}

static void cell(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct rs_history_item *item = item_at(ctx, row);
	char buf[RS_SHOW_SIZE];

	*style = strcmp(item->kind, RS_HISTORY_PROBLEM) == 0 ? RS_STYLE_WARN : strcmp(item->kind, RS_HISTORY_DDL) == 0 ? RS_STYLE_ACCENT : RS_STYLE_NORMAL;
	switch (col) {
	case COL_AT: (void)rs_buf_adds(text, rs_show_clock(rs_clock_wall(), item->at, buf, sizeof buf)); break;
	case COL_KIND: (void)rs_buf_adds(text, kind_text(item->kind)); break;
	default: put_text(item, text); break;
	}
}

static const struct rs_tableview_model model = {.rows = rows, .cell = cell, .row_id = row_id};

/* Whole, where the line is too short for it. */
static void show_detail(struct history *h)
{
	size_t row = rs_tableview_row(h->table);
	struct rs_buf text = RS_BUF_INIT;

	if (row == h->detailed)
		return;
	h->detailed = row;
	rs_textview_clear(h->detail);
	if (row != RS_NO_ROW)
		put_text(item_at(h, row), &text);
	rs_textview_add(h->detail, RS_STYLE_NORMAL, 1, rs_buf_str(&text));
	rs_textview_home(h->detail);
	rs_buf_release(&text);
}

/* --- actions ------------------------------------------------------------------------------------------------- */

enum { ACT_KIND, ACT_COPY, ACT_REPORT, ACT_SEARCH };

static const struct rs_action actions[] = {
	{ACT_KIND, "history-kind", {'w', RS_KEY_F3}, N_("Kind"), N_("All of it, or schema changes, changed objects, problems or states alone."), 1},
	{ACT_COPY, "copy-history", {'y'}, N_("Copy"), N_("Copy what is under the cursor to the terminal's clipboard."), 2},
	{ACT_REPORT, "save-report", {'s'}, N_("Report"), N_("Save what is shown to a file."), 5},
	RS_SEARCH_ACTIONS(ACT_SEARCH, 3),
};
const struct rs_keymap rs_history_keymap = {N_("History"), actions, RS_COUNT(actions)};

static bool enabled(struct rs_screen *s, int action, const char **why)
{
	*why = _("there is nothing yet");
	return action == ACT_KIND || history_of(s)->n_shown > 0;
}

static bool row_has(const struct history *h, size_t row, const char *text)
{
	struct rs_buf shown = RS_BUF_INIT;
	bool has;

	put_text(item_at(h, row), &shown);
	has = strcasestr(rs_buf_str(&shown), text) != NULL;
	rs_buf_release(&shown);
	return has;
}

static bool go_to(void *history, const char *text, bool first, bool backwards)
{
	struct history *h = history;
	size_t at = rs_tableview_row(h->table), end = h->n_shown;

	if (at == RS_NO_ROW)
		return false;
	for (size_t row = first ? at : backwards ? at - 1 : at + 1; row < end; row = backwards ? row - 1 : row + 1)
		if (row_has(h, row, text)) {
			rs_tableview_select(h->table, row);
			return true;
		}
	return false;
}

static void copy(struct history *h)
{
	size_t row = rs_tableview_row(h->table);

	if (row != RS_NO_ROW)
		(void)rs_loop_copy(h->app->loop, item_at(h, row)->text, strlen(item_at(h, row)->text));
}

static void save(struct history *h)
{
	struct rs_buf text = RS_BUF_INIT;
	char at[40];

	for (size_t i = 0; i < h->n_shown; i++)
		(void)rs_buf_addf(&text, "%s  %s  %s\n", rs_clock_iso(item_at(h, i)->at, at, sizeof at), item_at(h, i)->kind, item_at(h, i)->text);
	rs_app_save_report(h->app, h->watch->name, "history", &text);
	rs_buf_release(&text);
}

static bool action(struct rs_screen *s, int id)
{
	struct history *h = history_of(s);

	switch (id) {
	case ACT_KIND:
		h->kind = (h->kind + 1) % RS_COUNT(kinds);
		refilter(h);
		break;
	case ACT_COPY: copy(h); break;
	case ACT_REPORT: save(h); break;
	case ACT_SEARCH + RS_SEARCH_ASK:
	case ACT_SEARCH + RS_SEARCH_NEXT:
	case ACT_SEARCH + RS_SEARCH_BEFORE: rs_search_do(h->search, (enum rs_search_action)(id - ACT_SEARCH)); break;
	default: return false;
	}
	return true;
}

/* --- the screen ------------------------------------------------------------------------------------------------- */

static void place(struct rs_screen *s, struct rs_buf *out)
{
	const struct history *h = history_of(s);

	(void)rs_buf_addf(out, "%s · %s", h->watch->name, _("History"));
	if (kinds[h->kind].kind)
		(void)rs_buf_addf(out, " · %s", _(kinds[h->kind].title));
}

static void help(struct rs_screen *s, struct rs_buf *out)
{
	const struct history *h = history_of(s);

	if (h->n)
		(void)rs_buf_addf(out, ngettext("%zu entry, newest first. Problems stand where they came for the first time in a process.",
		                                "%zu entries, newest first. Problems stand where they came for the first time in a process.",
		                                (unsigned long)h->n_shown),
		                  h->n_shown);
}

static enum rs_reply event(struct rs_screen *s, const struct rs_event *ev)
{
	if (ev->type == RS_EV_WAKE)
		rs_watch_refresh(history_of(s)->watch);
	return ev->type == RS_EV_WAKE ? RS_HANDLED : RS_IGNORED;
}

static void draw(struct rs_screen *s, struct rs_canvas *c, struct rs_rect body)
{
	show_detail(history_of(s));
	rs_widget_layout(s->root, body);
	rs_widget_draw(s->root, c, true);
}

static void destroy(struct rs_screen *s)
{
	struct history *h = history_of(s);

	h->watch->users--;
	if (h->reading)
		h->reading->owner = NULL;
	rs_history_free(h->items, h->n);
	rs_search_free(h->search);
	free(h->shown);
	free(h);
}

static const struct rs_screen_ops ops = {
	.name = "history", .keymap = &rs_history_keymap, .tick_ms = 5000, .enter = refresh, .tick = refresh, .place = place, .draw = draw,
	.event = event, .action = action, .enabled = enabled, .help = help, .destroy = destroy,
};

void rs_history_open(struct rs_app *app, struct rs_watch *watch)
{
	struct history *h = rs_xcalloc(1, sizeof *h);

	watch->users++;
	h->screen.ops = &ops;
	h->app = app;
	h->watch = watch;
	h->detailed = RS_NO_ROW;
	h->search = rs_search_new(app->loop, go_to, h);
	h->screen.root = rs_column_new(0);
	h->table = rs_tableview_new("history", columns, RS_COUNT(columns), &model, h);
	h->table->w.weight = 3;
	h->detail = rs_textview_new("detail", true, 0);
	(void)rs_widget_add(h->screen.root, &h->table->w);
	(void)rs_widget_add(h->screen.root, rs_rule_new(NULL));
	(void)rs_widget_add(h->screen.root, rs_textview_widget(h->detail));
	(void)rs_widget_focus(h->screen.root, &h->table->w);
	rs_loop_push(app->loop, &h->screen);
}
