/* The log of a task, as it is written: all of it or what contains a text, from a level on; it follows its end. */
#include "screen/log_lines.h"

#include <string.h>
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "screen/hint.h"
#include "screen/show.h"

struct log {
	struct rs_screen screen;
	struct rs_app *app;
	struct rs_watch *watch;
	struct rs_log_lines *lines;
	struct rs_widget *level;
	struct rs_entry *filter;
	struct rs_textview *view;
	unsigned version;      /* of the lines that are shown */
	size_t shown;
	rs_usec around;        /* where to look at first; 0: the end */
};

static struct log *log_of(struct rs_screen *s)
{
	return (struct log *)s;
}

/* --- which are shown ----------------------------------------------------------------------------- */

static const char *const levels[] = {"trace", "warn", "error"}; /* the least that is shown */

static bool is_shown(const struct log *g, const char *line)
{
	const char *text = rs_entry_text(g->filter), *least = rs_options_chosen(g->level);
	enum rs_level level = RS_LOG_TRACE;

	(void)rs_log_level_parse(least ? least : levels[0], &level);
	return rs_log_line_level(line) <= level && (!*text || strcasestr(line, text));
}

static void tell_count(struct log *g)
{
	size_t all = rs_log_lines_count(g->lines);
	struct rs_buf text = RS_BUF_INIT;

	if (g->shown == all)
		(void)rs_buf_addf(&text, ngettext("%zu line", "%zu lines", (unsigned long)all), all);
	else
		/* TRANSLATORS: how many lines the filters let through, of how many */
		(void)rs_buf_addf(&text, _("%zu of %zu shown"), g->shown, all);
	rs_filter_set_count(g->filter, rs_buf_str(&text));
	rs_buf_release(&text);
}

/* Anew: the date is left out where it is that of the newest line. The line at which to look comes to the top. */
static void fill(struct log *g)
{
	size_t n = rs_log_lines_count(g->lines), at = g->around ? rs_log_lines_at(g->lines, g->around) : (size_t)-1;
	char date[11] = "";
	const char *mark = NULL;

	if (n)
		(void)snprintf(date, sizeof date, "%.10s", rs_log_line(g->lines, n - 1));
	rs_textview_clear(g->view);
	g->shown = 0;
	for (size_t i = 0; i < n; i++) {
		const char *line = rs_log_line(g->lines, i);

		if (!is_shown(g, line))
			continue;
		g->shown++;
		rs_textview_add(g->view, rs_log_line_style(line), 1, rs_log_line_short(line, date));
		if (at != (size_t)-1 && i <= at)
			mark = line;
	}
	if (!g->shown)
		rs_textview_add(g->view, RS_STYLE_DIM, 1, n ? _("No line fits the filters.") : _("Nothing was written yet, or its log can't be seen from here."));
	if (!mark || !rs_textview_search(g->view, rs_log_line_short(mark, date), false))
		rs_textview_follow(g->view);
	tell_count(g);
}

/* Those that are new, below the others. */
static void refresh(struct rs_screen *s)
{
	struct log *g = log_of(s);

	rs_watch_refresh(g->watch);
	rs_log_lines_fetch(g->lines);
	if (g->version == rs_log_lines_version(g->lines))
		return;
	g->version = rs_log_lines_version(g->lines);
	if (!rs_textview_follows(g->view) && g->shown)
		rs_loop_say(g->app->loop, RS_STYLE_DIM, _("There is more below: End follows the log."));
	else
		fill(g);
	rs_loop_dirty(g->app->loop);
}

/* --- actions --------------------------------------------------------------------------------------- */

enum { ACT_FILTER, ACT_LEVEL, ACT_FOLLOW, ACT_COPY, ACT_REPORT, ACT_NEXT, ACT_BEFORE };

static const struct rs_action actions[] = {
	{ACT_FOLLOW, "follow-log", {'f', RS_KEY_F5}, N_("Follow"), N_("Go to the end, and stay there as lines come."), 1},
	{ACT_FILTER, "filter-log", {'/', '\\', RS_KEY_F4}, N_("Filter"), N_("Show only lines that contain a text."), 2},
	{ACT_LEVEL, "log-level", {'w', RS_KEY_F3}, N_("Level"), N_("All lines, those from warnings on, or errors alone."), 3},
	{ACT_NEXT, "next-warning", {'n'}, N_("Next warning"), N_("To the next warning or error below."), 4},
	{ACT_BEFORE, "previous-warning", {'N'}, N_("Warning before"), N_("To the warning or error before."), 0},
	{ACT_COPY, "copy-log", {'y'}, N_("Copy"), N_("Copy the lines that are shown to the terminal's clipboard."), 5},
	{ACT_REPORT, "save-report", {'s'}, N_("Report"), N_("Save the lines that are shown to a file."), 6},
};
const struct rs_keymap rs_log_keymap = {N_("Log"), actions, RS_COUNT(actions)};

static void put_shown(const struct log *g, struct rs_buf *out)
{
	for (size_t i = 0; i < rs_log_lines_count(g->lines); i++)
		if (is_shown(g, rs_log_line(g->lines, i)))
			(void)rs_buf_addf(out, "%s\n", rs_log_line(g->lines, i));
}

static void give(struct log *g, int id)
{
	struct rs_buf text = RS_BUF_INIT;

	put_shown(g, &text);
	if (id == ACT_COPY)
		(void)rs_loop_copy(g->app->loop, rs_buf_str(&text), text.len);
	else
		rs_app_save_report(g->app, g->watch->name, "log", &text);
	rs_buf_release(&text);
}

static void next_level(struct log *g)
{
	const char *now = rs_options_chosen(g->level);
	size_t i = 0;

	while (i + 1 < RS_COUNT(levels) && now && strcmp(levels[i], now) != 0)
		i++;
	(void)rs_options_choose(g->level, levels[(i + 1) % RS_COUNT(levels)]);
	fill(g);
}

static bool is_warning(void *ctx, unsigned style, const char *text)
{
	(void)ctx;
	(void)text;
	return style == RS_STYLE_WARN || style == RS_STYLE_ERROR;
}

static void go_to_warning(struct log *g, bool backwards)
{
	if (!rs_textview_find(g->view, is_warning, NULL, backwards))
		rs_loop_say(g->app->loop, RS_STYLE_NORMAL, "%s", backwards ? _("There is no warning above.") : _("There is no warning below."));
}

static bool enabled(struct rs_screen *s, int action, const char **why)
{
	*why = _("there is nothing yet");
	return action == ACT_FILTER || action == ACT_LEVEL || action == ACT_FOLLOW || log_of(s)->shown > 0;
}

static bool action(struct rs_screen *s, int id)
{
	struct log *g = log_of(s);

	switch (id) {
	case ACT_FILTER: (void)rs_widget_focus(s->root, &g->filter->w); break;
	case ACT_LEVEL: next_level(g); break;
	case ACT_FOLLOW:
		g->around = 0;
		fill(g);
		break;
	case ACT_NEXT: go_to_warning(g, false); break;
	case ACT_BEFORE: go_to_warning(g, true); break;
	case ACT_COPY:
	case ACT_REPORT: give(g, id); break;
	default: return false;
	}
	return true;
}

/* --- the screen --------------------------------------------------------------------------------------- */

static bool notify(struct rs_screen *s, struct rs_widget *w, enum rs_reply reply)
{
	struct log *g = log_of(s);

	if (reply == RS_CHANGED)
		fill(g);
	if (w == &g->filter->w && reply == RS_SUBMIT)
		(void)rs_widget_focus(s->root, rs_textview_widget(g->view));
	return reply != RS_CANCEL;
}

static enum rs_reply event(struct rs_screen *s, const struct rs_event *ev)
{
	struct log *g = log_of(s);
	bool end = rs_event_is(ev, RS_KEY_END) || rs_event_is(ev, 'G');

	if (ev->type == RS_EV_WAKE) {
		refresh(s);
		return RS_HANDLED;
	}
	if (end && rs_widget_focused(s->root) == rs_textview_widget(g->view)) {
		g->around = 0;
		fill(g);
		return RS_HANDLED;
	}
	return RS_IGNORED;
}

static void place(struct rs_screen *s, struct rs_buf *out)
{
	const struct log *g = log_of(s);

	(void)rs_buf_addf(out, "%s · %s", g->watch->name, _("Log"));
	if (rs_log_lines_pid(g->lines))
		(void)rs_buf_addf(out, _(" · process %ld"), rs_log_lines_pid(g->lines));
}

static void help(struct rs_screen *s, struct rs_buf *out)
{
	(void)s;
	(void)rs_buf_adds(out, _("The newest lines of the process that runs the task, or, where none does, of its file. Times are UTC."));
}

static void destroy(struct rs_screen *s)
{
	struct log *g = log_of(s);

	g->watch->users--;
	rs_log_lines_free(g->lines);
	free(g);
}

static const struct rs_screen_ops ops = {
	.name = "log", .keymap = &rs_log_keymap, .tick_ms = 1000, .enter = refresh, .tick = refresh, .place = place, .event = event,
	.notify = notify, .action = action, .enabled = enabled, .help = help, .destroy = destroy,
};

static struct rs_widget *filters(struct log *g)
{
	const struct rs_option options[] = {
		{levels[0], _("all"), NULL, NULL}, {levels[1], _("warnings"), NULL, NULL}, {levels[2], _("errors"), NULL, NULL}};
	struct rs_widget *row = rs_row_new(2, 0), *level = rs_row_new(1, 0);

	g->level = rs_choice_new("level", 12);
	rs_options_set(g->level, options, RS_COUNT(options));
	(void)rs_options_choose(g->level, levels[0]);
	g->filter = rs_filter_new("filter", _("Filter"));
	g->filter->w.weight = 1;
	(void)rs_widget_add(level, rs_label_new(_("Level"), RS_STYLE_LABEL));
	(void)rs_widget_add(level, g->level);
	(void)rs_widget_add(row, rs_space_new(1, 0, 0));
	(void)rs_widget_add(row, level);
	(void)rs_widget_add(row, &g->filter->w);
	rs_widget_set_help(g->level, _("Level: all lines, those from warnings on, or errors alone."));
	rs_widget_set_help(&g->filter->w, _("Filter: shows the lines that contain the text. Esc clears it."));
	return row;
}

void rs_log_show(struct rs_app *app, struct rs_watch *watch, rs_usec around)
{
	struct log *g = rs_xcalloc(1, sizeof *g);

	watch->users++;
	g->screen.ops = &ops;
	g->app = app;
	g->watch = watch;
	g->around = around;
	g->lines = rs_log_lines_new(app, watch->task);
	g->screen.root = rs_column_new(0);
	g->view = rs_textview_new("lines", true, 0);
	(void)rs_widget_add(g->screen.root, filters(g));
	(void)rs_widget_add(g->screen.root, rs_textview_widget(g->view));
	(void)rs_widget_focus(g->screen.root, rs_textview_widget(g->view));
	rs_loop_push(app->loop, &g->screen);
}
