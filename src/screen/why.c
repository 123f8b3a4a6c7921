/* Why is it slow? What each thread of a task does or waits for, which statements took long, what that comes to, and what both
 * servers say when they are asked: the way to them, and who holds a lock. */
#include "screen/app.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/hint.h"
#include "screen/show.h"

#define PATIENCE (3 * RS_USEC_PER_SEC)   /* who waits for longer is asked about */
#define ASK_EVERY (5 * RS_USEC_PER_SEC)

struct why {
	struct rs_screen screen;
	struct rs_app *app;
	struct rs_watch *watch;
	const struct rs_progress *progress; /* a reference; NULL */
	bool frozen;
	struct rs_why *asked;               /* NULL: the servers were not asked yet */
	struct rs_why_result answer;
	rs_usec asked_at;                   /* wall clock */
	struct rs_textview *verdict;
	struct rs_tableview *workers, *statements;
	size_t *order;                      /* of the statements */
	enum { BY_LONGEST, BY_TOTAL, BY_LAST, ORDERS } by;
	char *shown;                        /* the verdict's text, to see whether it has changed */
};

static struct why *why_of(struct rs_screen *s)
{
	return (struct why *)s;
}

/* --- threads --------------------------------------------------------------------------------------- */

static size_t worker_rows(void *ctx)
{
	const struct why *y = ctx;

	return y->progress ? y->progress->n_workers : 0;
}

static const char *doing_text(enum rs_doing d)
{
	switch (d) {
	case RS_DOING_WORK: return _("works");
	case RS_DOING_SOURCE: return _("waits for the source");
	case RS_DOING_DEST: return _("waits for the destination");
	case RS_DOING_ROOM: return _("waits until there is room");
	case RS_DOING_NOTHING: return _("has nothing to do");
	case RS_DOING_TURN: return _("waits for its turn (limit)");
	case RS_DOING_OTHERS: return _("waits for other threads");
	case RS_DOING_COUNT: break;
	}
	return "";
}

enum { COL_NAME, COL_DOING, COL_FOR, COL_SOURCE, COL_DEST, COL_WORK, COL_WAIT };

static const struct rs_col worker_columns[] = {
	[COL_NAME] = {N_("Thread"), 11, 20, 1, RS_LEFT, 0},
	[COL_DOING] = {N_("Now"), 26, 0, 3, RS_LEFT, 0},
	[COL_FOR] = {N_("For"), 7, 0, 0, RS_RIGHT, 0},
	[COL_SOURCE] = {N_("Source"), 6, 0, 0, RS_RIGHT, 1},
	[COL_DEST] = {N_("Dest."), 6, 0, 0, RS_RIGHT, 1},
	[COL_WORK] = {N_("Works"), 6, 0, 0, RS_RIGHT, 1},
	[COL_WAIT] = {N_("Idle"), 6, 0, 0, RS_RIGHT, 2},
};

static void share_cell(double share, struct rs_buf *text, unsigned *style)
{
	*style = share >= 0.5 ? RS_STYLE_ACCENT : share < 0.005 ? RS_STYLE_DIM : RS_STYLE_NORMAL;
	(void)rs_buf_addf(text, "%.0f %%", share * 100);
}

/* Of the time; what is neither a server's nor work is waiting for others, for work, for a limit. */
static double share_of(const struct rs_worker_seen *w, size_t col)
{
	const double *s = w->share;

	switch (col) {
	case COL_SOURCE: return s[RS_DOING_SOURCE];
	case COL_DEST: return s[RS_DOING_DEST];
	case COL_WORK: return s[RS_DOING_WORK];
	default: return s[RS_DOING_ROOM] + s[RS_DOING_NOTHING] + s[RS_DOING_TURN] + s[RS_DOING_OTHERS];
	}
}

static void worker_cell(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct rs_worker_seen *w = &((const struct why *)ctx)->progress->workers[row];
	char time[RS_SHOW_SIZE];

	switch (col) {
	case COL_NAME: (void)rs_buf_adds(text, w->name); break;
	case COL_DOING:
		(void)rs_buf_addf(text, "%s%s%s", doing_text(w->doing), w->about[0] ? " · " : "", w->about);
		*style = w->doing == RS_DOING_NOTHING ? RS_STYLE_DIM : RS_STYLE_NORMAL;
		break;
	case COL_FOR:
		(void)rs_buf_adds(text, rs_show_time(w->for_time >= RS_USEC_PER_SEC ? w->for_time : -1, time, sizeof time));
		break;
	default: share_cell(share_of(w, col), text, style); break;
	}
}

static const struct rs_tableview_model worker_model = {.rows = worker_rows, .cell = worker_cell};

/* --- statements --------------------------------------------------------------------------------------- */

static size_t statement_rows(void *ctx)
{
	const struct why *y = ctx;

	return y->progress ? y->progress->n_slow : 0;
}

enum { COL_TEXT, COL_SIDE, COL_TIMES, COL_LONGEST, COL_TOTAL, COL_LAST };

static const struct rs_col statement_columns[] = {
	[COL_TEXT] = {N_("Slowest statements"), 24, 0, 1, RS_LEFT, 0},
	[COL_SIDE] = {N_("At"), 11, 0, 0, RS_LEFT, 3},
	[COL_TIMES] = {N_("Times"), 6, 0, 0, RS_RIGHT, 2},
	[COL_LONGEST] = {N_("Longest"), 8, 0, 0, RS_RIGHT, 0},
	[COL_TOTAL] = {N_("Total"), 8, 0, 0, RS_RIGHT, 1},
	[COL_LAST] = {N_("Last"), 11, 0, 0, RS_LEFT, 4},
};

static void statement_cell(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct why *y = ctx;
	const struct rs_slow *s = &y->progress->slow[y->order[row]];
	char buf[RS_SHOW_SIZE];

	(void)style;
	switch (col) {
	case COL_TEXT: (void)rs_buf_adds(text, s->text); break;
	case COL_SIDE: (void)rs_buf_adds(text, s->where == RS_DOING_SOURCE ? _("source") : _("destination")); break;
	case COL_TIMES: (void)rs_buf_adds(text, rs_show_count((double)s->count, buf, sizeof buf)); break;
	case COL_LONGEST: (void)rs_buf_adds(text, rs_show_time(s->longest, buf, sizeof buf)); break;
	case COL_TOTAL: (void)rs_buf_adds(text, rs_show_time(s->total, buf, sizeof buf)); break;
	default: (void)rs_buf_adds(text, rs_show_ago(y->progress->taken, s->last, buf, sizeof buf)); break;
	}
}

static const struct rs_tableview_model statement_model = {.rows = statement_rows, .cell = statement_cell};

static int by_order(const void *a, const void *b, void *ctx)
{
	const struct why *y = ctx;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const struct rs_slow *s = &y->progress->slow[i], *t = &y->progress->slow[j];
	rs_usec left = y->by == BY_TOTAL ? s->total : y->by == BY_LAST ? s->last : s->longest;
	rs_usec right = y->by == BY_TOTAL ? t->total : y->by == BY_LAST ? t->last : t->longest;

	if (left != right)
		return left > right ? -1 : 1;
	return i < j ? -1 : 1;
}

static void put_in_order(struct why *y)
{
	static const size_t columns[ORDERS] = {COL_LONGEST, COL_TOTAL, COL_LAST};
	size_t n = statement_rows(y);

	y->order = rs_xrealloc(y->order, (n + 1) * sizeof *y->order);
	for (size_t i = 0; i < n; i++)
		y->order[i] = i;
	if (n > 1)
		qsort_r(y->order, n, sizeof *y->order, by_order, y);
	rs_tableview_set_sort(y->statements, columns[y->by], true);
}

/* --- what it comes to ------------------------------------------------------------------------------------ */

/* Whether what a server said of a lock still holds: the thread has waited since before it was asked. */
static bool still_waits(const struct why *y, const struct rs_blocked *b)
{
	const struct rs_progress *p = y->progress;

	for (size_t i = 0; i < p->n_workers; i++) {
		const struct rs_worker_seen *w = &p->workers[i];

		if (w->connection == b->connection && w->doing == RS_DOING_DEST && p->taken - w->for_time <= y->asked_at + RS_USEC_PER_SEC)
			return true;
	}
	return false;
}

static size_t locks(const struct why *y)
{
	size_t n = 0;

	for (size_t i = 0; i < y->answer.n_blocked; i++)
		n += still_waits(y, &y->answer.blocked[i]);
	return n;
}

/* Whoever ended it would only have the task do the same again. */
static void put_own(const struct rs_blocked *b, struct rs_buf *out)
{
	(void)rs_buf_addf(out, _(", held by another connection of this task, %lu%s%s: they wait for each other's rows, and nothing is to be done"),
	                  b->holder, b->holder_worker[0] ? ", " : "", b->holder_worker);
}

static void put_blocked(const struct rs_blocked *b, struct rs_buf *out)
{
	char waits[RS_SHOW_SIZE], lasts[RS_SHOW_SIZE];

	(void)rs_buf_addf(out, _("\n✗ %s has waited %s for a lock%s%s"), b->worker, rs_show_time(b->since, waits, sizeof waits),
	                  b->object[0] ? _(" on ") : "", b->object);
	if (b->holder_is_ours) {
		put_own(b, out);
		return;
	}
	(void)rs_buf_addf(out, _(", held by connection %lu"), b->holder);
	if (b->holder_user[0])
		(void)rs_buf_addf(out, " (%s)", b->holder_user);
	if (b->holder_since)
		(void)rs_buf_addf(out, _(", whose transaction lasts %s"), rs_show_time(b->holder_since, lasts, sizeof lasts));
	if (b->holder_statement[0])
		(void)rs_buf_addf(out, ": %s", b->holder_statement);
	else
		(void)rs_buf_adds(out, _(" and executes nothing"));
	(void)rs_buf_addf(out, _("\n  To end it, on the destination: %s"), b->ending);
}

/* How much of what was applied could not be applied beside something else, because rows depend on each other. */
static void put_conflicts(const struct rs_progress *p, struct rs_buf *out)
{
	uint64_t n = p->serial[RS_SERIAL_CONFLICTS], all = n + p->serial[RS_SERIAL_NONE];

	if (n > 0 && n * 5 > all)
		(void)rs_buf_addf(out, _("\nOf what could have been applied in parallel %.0f %% depends on other transactions: the same rows, unique values or parents."),
		                  (double)n * 100 / (double)all);
}

static void put_hot(const struct rs_hot_key *hot, struct rs_buf *out)
{
	if (!hot->table[0])
		return;
	if (hot->key[0])
		(void)rs_buf_addf(out, _("\nOne hot key: of what waits for others %.0f %% waits for %s, %s."), hot->share * 100, hot->table, hot->key);
	else if (hot->whole)
		(void)rs_buf_addf(out, _("\nOf what waits for others %.0f %% waits for %s as a whole: its rows can't be told apart by a key."), hot->share * 100,
		                  hot->table);
	else
		(void)rs_buf_addf(out, _("\nOne hot key: of what waits for others %.0f %% waits for one row of %s."), hot->share * 100, hot->table);
}

static void put_trip(const char *name, const struct rs_why_side *side, struct rs_buf *out)
{
	if (side->known)
		(void)rs_buf_addf(out, _("%s %.2f ms"), name, (double)side->trip / 1000);
	else if (!rs_err_is_set(&side->error))
		(void)rs_buf_addf(out, _("%s: asking"), name);
	else
		(void)rs_buf_addf(out, _("%s: not reached"), name);
}

static void put_error(const char *name, const struct rs_why_side *side, struct rs_buf *out)
{
	if (side->known || !rs_err_is_set(&side->error))
		return;
	(void)rs_buf_addf(out, "\n✗ %s: ", name);
	rs_show_error(&side->error, out);
}

/* The way to both, and what the one that is waited for says of the task's connections. */
static void put_servers(const struct why *y, struct rs_buf *out)
{
	const struct rs_why_result *r = &y->answer;
	enum rs_bottleneck b = y->progress->bottleneck;
	const struct rs_why_side *side = b == RS_BOTTLENECK_SOURCE ? &r->source : &r->dest;
	char at[RS_SHOW_SIZE];

	(void)rs_buf_addf(out, _("\nRound trips, at %s: "), rs_show_clock(y->asked_at, y->asked_at, at, sizeof at));
	put_trip(_("source"), &r->source, out);
	(void)rs_buf_adds(out, ", ");
	put_trip(_("destination"), &r->dest, out);
	if ((b == RS_BOTTLENECK_SOURCE || b == RS_BOTTLENECK_DEST || b == RS_BOTTLENECK_ORDER) && side->busy[0] && !locks(y))
		(void)rs_buf_addf(out, "\n%s", side->busy);
	put_error(_("Source"), &r->source, out);
	put_error(_("Destination"), &r->dest, out);
	if (r->hindrance[0])
		(void)rs_buf_addf(out, "\n%s", r->hindrance);
}

static void put_waiting(const struct rs_progress *p, struct rs_buf *out)
{
	put_conflicts(p, out);
	put_hot(&p->hot, out);
}

static void put_headline(const struct why *y, struct rs_buf *out)
{
	const struct rs_progress *p = y->progress;
	char lag[RS_SHOW_SIZE];

	if (y->watch->state == RS_STATE_PAUSED)
		(void)rs_buf_adds(out, _("The task is paused: nothing is written until it is resumed."));
	else
		(void)rs_buf_adds(out, locks(y) ? _("It waits for a lock that somebody else holds.") : rs_bottleneck_title(p->bottleneck));
	if (p->bottleneck == RS_BOTTLENECK_LIMIT && p->throttled[0])
		(void)rs_buf_addf(out, " (%s)", p->throttled);
	if (p->lag >= 0)
		(void)rs_buf_addf(out, _(" The lag is %s."), rs_show_time(p->lag, lag, sizeof lag));
	if (p->note[0] && !locks(y))
		(void)rs_buf_addf(out, "\n%s", p->note);
}

static void put_verdict(const struct why *y, struct rs_buf *out)
{
	const struct rs_progress *p = y->progress;

	if (!p || !y->watch->live) {
		(void)rs_buf_adds(out, _("Nobody runs the task: there is nothing to measure."));
		return;
	}
	put_headline(y, out);
	for (size_t i = 0; i < y->answer.n_blocked; i++)
		if (still_waits(y, &y->answer.blocked[i]))
			put_blocked(&y->answer.blocked[i], out);
	if (!locks(y) && (p->bottleneck == RS_BOTTLENECK_ORDER || p->bottleneck == RS_BOTTLENECK_DEST))
		put_waiting(p, out);
	if (y->asked)
		put_servers(y, out);
}

static void show_verdict(struct why *y)
{
	struct rs_buf text = RS_BUF_INIT;
	const char *rest;

	put_verdict(y, &text);
	if (y->shown && strcmp(y->shown, rs_buf_str(&text)) == 0) {
		rs_buf_release(&text);
		return;
	}
	free(y->shown);
	y->shown = rs_buf_take(&text);
	rs_textview_clear(y->verdict);
	rest = strchrnul(y->shown, '\n');
	if (*rest) {
		char *first = rs_xstrndup(y->shown, (size_t)(rest - y->shown));

		rs_textview_add(y->verdict, RS_MOD_BOLD, 1, first);
		rs_textview_add(y->verdict, RS_STYLE_NORMAL, 1, rest + 1);
		free(first);
	} else {
		rs_textview_add(y->verdict, RS_MOD_BOLD, 1, y->shown);
	}
	rs_textview_home(y->verdict);
}

/* --- refreshing ------------------------------------------------------------------------------------------- */

static void take(struct why *y)
{
	if (y->frozen || y->progress == y->watch->progress)
		return;
	rs_progress_unref(y->progress);
	y->progress = y->watch->progress ? rs_progress_ref(y->watch->progress) : NULL;
}

static void take_answer(struct why *y)
{
	rs_why_result_release(&y->answer);
	rs_why_get(y->asked, &y->answer);
}

static void free_asked(void *asked)
{
	rs_why_free(asked);
}

/* The servers are asked beside: a hanging one holds nothing up here. */
static void ask(struct why *y)
{
	if (!y->progress || !y->watch->task || !y->watch->live)
		return;
	if (y->asked)
		rs_work_start(&y->app->works, free_asked, NULL, y->asked, 0);
	y->asked = rs_why_start(y->watch->task, y->progress, rs_app_wake(y->app));
	y->asked_at = rs_clock_wall();
	take_answer(y);
}

/* Somebody applies or copies, and has waited for one answer of a server's for long. */
static bool has_to_wait(const struct why *y)
{
	for (size_t i = 0; y->progress && i < y->progress->n_workers; i++)
		if (y->progress->workers[i].doing == RS_DOING_DEST && y->progress->workers[i].for_time >= PATIENCE)
			return true;
	return false;
}

/* At first, and again and again while it matters. */
static bool is_to_be_asked(const struct why *y)
{
	if (!y->asked)
		return true;
	return !y->frozen && y->answer.done && has_to_wait(y) && rs_clock_wall() - y->asked_at >= ASK_EVERY;
}

static void refresh(struct rs_screen *s)
{
	struct why *y = why_of(s);

	rs_watch_refresh(y->watch);
	take(y);
	if (y->asked)
		take_answer(y);
	if (is_to_be_asked(y))
		ask(y);
	put_in_order(y);
	rs_tableview_reload(y->workers);
	rs_tableview_reload(y->statements);
	show_verdict(y);
	rs_loop_dirty(y->app->loop);
}

/* --- actions -------------------------------------------------------------------------------------------------- */

enum { ACT_ASK, ACT_FREEZE, ACT_ORDER, ACT_COPY, ACT_REPORT, ACT_LOG };

static const struct rs_action actions[] = {
	{ACT_ASK, "ask-servers", {'a', RS_KEY_F5}, N_("Ask again"), N_("Ask both servers once more: round trips, what they are at, who holds a lock."), 1},
	{ACT_FREEZE, "freeze", {RS_KEY_SPACE}, N_("Freeze"), N_("Hold the picture still; the task goes on."), 2},
	{ACT_ORDER, "order-statements", {'o', RS_KEY_F4}, N_("Order"), N_("Statements by the longest time, by all their time together, or by when they came last."), 3},
	{ACT_COPY, "copy-report", {'y'}, N_("Copy"), N_("Copy all of it to the terminal's clipboard."), 4},
	{ACT_REPORT, "save-report", {'s'}, N_("Report"), N_("Save all of it to a file."), 5},
	{ACT_LOG, "show-log", {'l', RS_KEY_F3}, N_("Log"), N_("The log of the task."), 6},
};
const struct rs_keymap rs_why_keymap = {N_("Why is it slow?"), actions, RS_COUNT(actions)};

static bool enabled(struct rs_screen *s, int action, const char **why)
{
	const struct why *y = why_of(s);

	if (action == ACT_ASK && (!y->watch->live || !y->progress)) {
		*why = _("nobody runs the task");
		return false;
	}
	if (action == ACT_ASK && y->asked && !y->answer.done) {
		*why = _("they are being asked");
		return false;
	}
	*why = _("its file can't be read");
	return action != ACT_LOG || y->watch->task;
}

static void put_rows(struct rs_buf *out, size_t n, size_t cols, void *ctx,
                     void (*cell)(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style))
{
	for (size_t row = 0; row < n; row++) {
		for (size_t col = 0; col < cols; col++) {
			struct rs_buf text = RS_BUF_INIT;
			unsigned style = RS_STYLE_NORMAL;

			cell(ctx, row, col, &text, &style);
			(void)rs_buf_addf(out, "%s%s", col ? "  " : "", rs_buf_str(&text));
			rs_buf_release(&text);
		}
		(void)rs_buf_addc(out, '\n');
	}
}

static void give(struct why *y, int id)
{
	struct rs_buf text = RS_BUF_INIT;

	(void)rs_buf_addf(&text, "%s  %s\n\n", y->watch->name, _("Why is it slow?"));
	put_verdict(y, &text);
	(void)rs_buf_adds(&text, "\n\n");
	put_rows(&text, worker_rows(y), RS_COUNT(worker_columns), y, worker_cell);
	(void)rs_buf_addc(&text, '\n');
	put_rows(&text, statement_rows(y), RS_COUNT(statement_columns), y, statement_cell);
	if (id == ACT_COPY)
		(void)rs_loop_copy(y->app->loop, rs_buf_str(&text), text.len);
	else
		rs_app_save_report(y->app, y->watch->name, "why", &text);
	rs_buf_release(&text);
}

static bool action(struct rs_screen *s, int id)
{
	struct why *y = why_of(s);

	switch (id) {
	case ACT_ASK: ask(y); break;
	case ACT_FREEZE: y->frozen = !y->frozen; break;
	case ACT_ORDER: y->by = (y->by + 1) % ORDERS; break;
	case ACT_COPY:
	case ACT_REPORT: give(y, id); return true;
	case ACT_LOG: rs_log_show(y->app, y->watch, 0); return true;
	default: return false;
	}
	refresh(s);
	return true;
}

/* --- the screen ---------------------------------------------------------------------------------------------------- */

static void place(struct rs_screen *s, struct rs_buf *out)
{
	const struct why *y = why_of(s);

	(void)rs_buf_addf(out, "%s · %s", y->watch->name, _("Why is it slow?"));
	if (y->frozen)
		(void)rs_buf_addf(out, " · %s", _("frozen"));
}

static void help(struct rs_screen *s, struct rs_buf *out)
{
	(void)s;
	(void)rs_buf_adds(out, _("Shares of the last seconds: at a server, at work here, or idle (nothing to do, others, a limit). Statements of "
	                         "10 ms and more, since the process was started."));
}

static enum rs_reply event(struct rs_screen *s, const struct rs_event *ev)
{
	if (ev->type == RS_EV_WAKE)
		refresh(s);
	return ev->type == RS_EV_WAKE ? RS_HANDLED : RS_IGNORED;
}

static void destroy(struct rs_screen *s)
{
	struct why *y = why_of(s);

	y->watch->users--;
	if (y->asked)
		rs_work_start(&y->app->works, free_asked, NULL, y->asked, 0);
	rs_why_result_release(&y->answer);
	rs_progress_unref(y->progress);
	free(y->order);
	free(y->shown);
	free(y);
}

static const struct rs_screen_ops ops = {
	.name = "why", .keymap = &rs_why_keymap, .tick_ms = 1000, .enter = refresh, .tick = refresh, .place = place, .event = event,
	.action = action, .enabled = enabled, .help = help, .destroy = destroy,
};

void rs_why_open(struct rs_app *app, struct rs_watch *watch)
{
	struct why *y = rs_xcalloc(1, sizeof *y);

	watch->users++;
	y->screen.ops = &ops;
	y->app = app;
	y->watch = watch;
	y->answer.source.error = y->answer.dest.error = (struct rs_err)RS_ERR_INIT;
	y->verdict = rs_textview_new("verdict", true, 0);
	rs_textview_widget(y->verdict)->weight = 0;
	y->workers = rs_tableview_new("workers", worker_columns, RS_COUNT(worker_columns), &worker_model, y);
	y->statements = rs_tableview_new("statements", statement_columns, RS_COUNT(statement_columns), &statement_model, y);
	rs_tableview_set_empty(y->workers, _("No thread is at work."));
	rs_tableview_set_empty(y->statements, _("No statement has taken 10 ms."));
	y->screen.root = rs_column_new(0);
	(void)rs_widget_add(y->screen.root, rs_textview_widget(y->verdict));
	(void)rs_widget_add(y->screen.root, rs_space_new(1, 0, 0));
	(void)rs_widget_add(y->screen.root, &y->workers->w);
	(void)rs_widget_add(y->screen.root, &y->statements->w);
	(void)rs_widget_focus(y->screen.root, &y->workers->w);
	rs_loop_push(app->loop, &y->screen);
}
