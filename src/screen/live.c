/* The dashboard of one task: phases, rates, positions, tables, what went wrong; of a task that this process runs as well
 * as of one that another does. */
#include "screen/app.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/live.h"
#include "screen/hint.h"
#include "screen/show.h"

#define TICK_MS 250

struct live {
	struct rs_screen screen;
	struct rs_app *app;
	struct rs_live_view view;
	struct rs_tableview *copy, *changes; /* one of them is hidden */
};

static struct live *live_of(struct rs_screen *s)
{
	return (struct live *)s;
}

static struct rs_watch *watch_of(struct rs_screen *s)
{
	return live_of(s)->view.watch;
}

static struct rs_tableview *shown_table(const struct live *l)
{
	return l->copy->w.hidden ? l->changes : l->copy;
}

/* Shows the table that tells most; the cursor goes with it. */
static void choose_table(struct live *l)
{
	bool copying = rs_live_view_is_copying(&l->view);
	struct rs_tableview *wanted = copying ? l->copy : l->changes;
	bool focused = rs_widget_focused(l->screen.root) == &shown_table(l)->w;

	if (!wanted->w.hidden)
		return;
	rs_widget_hide(&wanted->w, false);
	if (focused)
		(void)rs_widget_focus(l->screen.root, &wanted->w);
	rs_widget_hide(copying ? &l->changes->w : &l->copy->w, true);
}

static void refresh(struct rs_screen *s)
{
	struct live *l = live_of(s);

	rs_watch_refresh(l->view.watch);
	rs_live_view_take(&l->view);
	choose_table(l);
	rs_tableview_reload(shown_table(l));
	rs_loop_dirty(l->app->loop);
}

/* --- actions ------------------------------------------------------------------------------------ */

enum {
	ACT_FREEZE, ACT_PAUSE, ACT_RESUME, ACT_STOP, ACT_COMPARE, ACT_TROUBLE, ACT_TABLES, ACT_OBJECTS, ACT_MODIFY, ACT_ORDER, ACT_DETACH,
	ACT_RELEASE, ACT_LIMITS, ACT_ALERTS, ACT_USAGE, ACT_WHY, ACT_GRAPH, ACT_LOG, ACT_HISTORY
};

static const struct rs_action actions[] = {
	{ACT_FREEZE, "freeze", {RS_KEY_SPACE}, N_("Freeze"), N_("Hold the picture still; the task goes on."), 7},
	{ACT_TABLES, "tables", {RS_KEY_ENTER, 'T', RS_KEY_F2}, N_("Tables"),
	 N_("All tables with their states; suspend, resume or copy anew single ones."), 1},
	{ACT_TROUBLE, "trouble", {'t', RS_KEY_F3}, N_("Trouble"), N_("What went wrong, and what to do about it."), 5},
	{ACT_WHY, "why-slow", {'w'}, N_("Why slow?"),
	 N_("What holds the task up: what each thread waits for, the slowest statements, who holds a lock."), 6},
	{ACT_GRAPH, "graphs", {'z'}, N_("Graphs"), N_("Lag, rows and bytes over time, from two minutes to two days."), 11},
	{ACT_LOG, "show-log", {'l'}, N_("Log"), N_("The log of the task, as it is written."), 12},
	{ACT_HISTORY, "history", {'h'}, N_("History"), N_("Schema changes, changed objects, states, phases and problems of the task so far."), 13},
	{ACT_OBJECTS, "objects", {'o', RS_KEY_F4}, N_("Objects"), N_("What is synchronized, and under which names; add to it or take out of it."), 8},
	{ACT_PAUSE, "pause-task", {'p', RS_KEY_F5}, N_("Pause"), N_("Pause: nothing is written any more until it is resumed."), 2},
	{ACT_RESUME, "resume-task", {'r', RS_KEY_F6}, N_("Resume"), N_("Go on after a pause, a stop or a failure."), 3},
	{ACT_COMPARE, "compare", {'v', RS_KEY_F7}, N_("Verify"), N_("Compare both sides, row by row where they differ."), 4},
	{ACT_STOP, "stop-task", {'x', RS_KEY_F8}, N_("Stop"), N_("Stop the task; it can be started again."), 10},
	{ACT_DETACH, "detach", {'d', RS_KEY_F9}, N_("Detach"), N_("Give the shell back; the task goes on in the background."), 9},
	{ACT_MODIFY, "modify-task", {'m'}, N_("Modify"),
	 N_("Change the configuration; of a task that runs, what can be changed meanwhile."), 0},
	{ACT_ORDER, "order-tables", {'s'}, N_("Order"), N_("Tables in the order of selection, or the hottest first: by their changes a second, all their changes, or their last one."), 0},
	{ACT_LIMITS, "limits", {'L'}, N_("Limits"), N_("How many rows, bytes and queries a second the task may take; at once, also while it runs."), 9},
	{ACT_ALERTS, "alerts", {'A'}, N_("Alerts"), N_("What the task tells by itself: a lag, a failure, a copy that takes long; and the command that is run then."), 0},
	{ACT_USAGE, "show-usage", {'u'}, N_("Usage"), N_("What the task has used so far, phase by phase, and what that costs."), 0},
	{ACT_RELEASE, "release-task", {'e'}, N_("Release"), N_("End the synchronization for good and cut over."), 0},
};
const struct rs_keymap rs_live_keymap = {N_("Dashboard"), actions, RS_COUNT(actions)};

static bool no(const char **why, const char *reason)
{
	*why = reason;
	return false;
}

static bool can_detach(const struct live *l, const char **why)
{
	if (!l->app->detach)
		return no(why, _("not possible here"));
	return rs_watch_is_running_here(l->view.watch) ? true : no(why, _("this process does not run it"));
}

static bool enabled(struct rs_screen *s, int action, const char **why)
{
	const struct rs_watch *watch = watch_of(s);

	switch (action) {
	case ACT_PAUSE: return rs_app_can_command(watch, RS_CMD_PAUSE, why);
	case ACT_RESUME:
		return watch->live ? rs_app_can_command(watch, RS_CMD_RESUME, why) : rs_app_can_start(watch, why);
	case ACT_STOP: return rs_app_can_command(watch, RS_CMD_STOP, why);
	case ACT_RELEASE: return rs_app_can_command(watch, RS_CMD_RELEASE, why);
	case ACT_COMPARE: return rs_app_can_compare(watch, why);
	case ACT_TABLES: return watch->progress ? true : no(why, _("nothing is known of it yet"));
	case ACT_OBJECTS:
	case ACT_MODIFY: return rs_app_can_modify(watch, why);
	case ACT_LIMITS: return rs_app_can_limit(watch, why);
	case ACT_ALERTS: return rs_app_can_set(watch, why);
	case ACT_USAGE: return rs_app_has_usage(watch, why);
	case ACT_DETACH: return can_detach(live_of(s), why);
	case ACT_WHY: return watch->progress ? true : no(why, _("nothing is known of it yet"));
	case ACT_LOG:
	case ACT_HISTORY: return watch->task ? true : no(why, _("its file can't be read"));
	default: return true;
	}
}

static void freeze(struct live *l)
{
	l->view.frozen = !l->view.frozen;
	rs_live_view_take(&l->view);
}

static void open_tables(struct live *l)
{
	size_t row = rs_tableview_row(shown_table(l));

	rs_tables_open(l->app, l->view.watch, row == RS_NO_ROW ? NULL : rs_live_table(&l->view, row));
}

static void resume(struct live *l)
{
	if (l->view.watch->live)
		rs_app_command(l->app, l->view.watch, RS_CMD_RESUME);
	else
		rs_app_start_task(l->app, l->view.watch, RS_APP_STAY);
}

static void detach(struct live *l)
{
	l->app->detaching = true;
	rs_loop_quit(l->app->loop);
}

static bool action(struct rs_screen *s, int id)
{
	struct live *l = live_of(s);

	switch (id) {
	case ACT_FREEZE: freeze(l); break;
	case ACT_PAUSE: rs_app_command(l->app, l->view.watch, RS_CMD_PAUSE); break;
	case ACT_RESUME: resume(l); break;
	case ACT_STOP: rs_app_ask_command(l->app, l->view.watch, RS_CMD_STOP); break;
	case ACT_RELEASE: rs_app_ask_command(l->app, l->view.watch, RS_CMD_RELEASE); break;
	case ACT_COMPARE: rs_compare_open(l->app, l->view.watch); break;
	case ACT_TROUBLE: rs_trouble_open(l->app, l->view.watch); break;
	case ACT_TABLES: open_tables(l); break;
	case ACT_OBJECTS: rs_wizard_modify(l->app, l->view.watch, true); break;
	case ACT_MODIFY: rs_wizard_modify(l->app, l->view.watch, false); break;
	case ACT_LIMITS: rs_app_ask_limits(l->app, l->view.watch); break;
	case ACT_ALERTS: rs_app_ask_alerts(l->app, l->view.watch); break;
	case ACT_USAGE: rs_app_show_usage(l->app, l->view.watch); break;
	case ACT_WHY: rs_why_open(l->app, l->view.watch); break;
	case ACT_GRAPH: rs_graph_open(l->app, l->view.watch); break;
	case ACT_LOG: rs_log_show(l->app, l->view.watch, 0); break;
	case ACT_HISTORY: rs_history_open(l->app, l->view.watch); break;
	case ACT_DETACH: detach(l); break;
	case ACT_ORDER:
		l->view.by = (l->view.by + 1) % RS_LIVE_ORDERS;
		rs_live_change_table_order(l->changes, l->view.by);
		rs_live_view_take(&l->view);
		break;
	default: return false;
	}
	return true;
}

/* --- the screen ------------------------------------------------------------------------------------ */

static void place(struct rs_screen *s, struct rs_buf *out)
{
	const struct live *l = live_of(s);
	const struct rs_watch *watch = l->view.watch;

	(void)rs_buf_addf(out, "%s · %s", watch->name, watch->stopping ? _("Stopping") : _(rs_state_title(watch->state)));
	if (l->view.frozen)
		(void)rs_buf_addf(out, " · %s", _("frozen"));
	if (watch->progress && watch->progress->alerts) {
		(void)rs_buf_addf(out, " · %s: ", _("alert"));
		rs_app_put_alerts(watch->progress, out);
	}
	if (watch->live && !watch->engine && watch->pid)
		(void)rs_buf_addf(out, _(" · process %ld"), watch->pid);
}

static void help(struct rs_screen *s, struct rs_buf *out)
{
	const struct live *l = live_of(s);
	size_t row = rs_tableview_row(shown_table(l));

	if (l->view.frozen)
		(void)rs_buf_adds(out, _("Frozen: the task goes on. Space shows it as it is."));
	else if (row != RS_NO_ROW && row < l->view.order_count)
		rs_live_table_help(&l->view, row, out);
	else if (l->view.watch->task)
		rs_show_topology(l->view.watch->task, out);
}

static bool notify(struct rs_screen *s, struct rs_widget *w, enum rs_reply reply)
{
	struct live *l = live_of(s);

	if (w == &shown_table(l)->w && reply == RS_SUBMIT)
		open_tables(l);
	return true;
}

static enum rs_reply event(struct rs_screen *s, const struct rs_event *ev)
{
	if (ev->type != RS_EV_WAKE)
		return RS_IGNORED;
	refresh(s);
	return RS_HANDLED;
}

static void destroy(struct rs_screen *s)
{
	struct live *l = live_of(s);

	l->view.watch->users--;
	rs_live_view_release(&l->view);
	free(l);
}

static const struct rs_screen_ops ops = {
	.name = "live", .keymap = &rs_live_keymap, .tick_ms = TICK_MS, .enter = refresh, .tick = refresh, .place = place, .event = event,
	.notify = notify, .action = action, .enabled = enabled, .help = help, .destroy = destroy,
};

void rs_live_open(struct rs_app *app, struct rs_watch *watch, bool replace)
{
	struct live *l = rs_xcalloc(1, sizeof *l);

	watch->users++;
	l->screen.ops = &ops;
	l->app = app;
	l->view.watch = watch;
	l->screen.root = rs_column_new(0);
	l->copy = rs_live_copy_table_new(&l->view);
	l->changes = rs_live_change_table_new(&l->view);
	(void)rs_widget_add(l->screen.root, rs_live_head_new(&l->view));
	(void)rs_widget_add(l->screen.root, rs_space_new(1, 0, 0));
	(void)rs_widget_add(l->screen.root, &l->copy->w);
	(void)rs_widget_add(l->screen.root, &l->changes->w);
	(void)rs_widget_add(l->screen.root, rs_live_tail_new(&l->view, 3));
	rs_widget_hide(&l->copy->w, true);
	if (replace)
		rs_loop_replace(app->loop, &l->screen);
	else
		rs_loop_push(app->loop, &l->screen);
}
