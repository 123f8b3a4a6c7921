/* Lag, rows and bytes over time, from two minutes to two days. */
#include "screen/app.h"

#include <math.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/show.h"

#define LABEL_W 9
#define COLUMNS_MAX 2000

static const size_t windows[] = {120, 600, 3600, 4 * 3600, 12 * 3600, 48 * 3600}; /* seconds */
static const char *const window_titles[] = {N_("2 minutes"), N_("10 minutes"), N_("1 hour"), N_("4 hours"), N_("12 hours"), N_("2 days")};

struct graph {
	struct rs_screen screen;
	struct rs_app *app;
	struct rs_watch *watch;
	size_t window;
	bool frozen;
	rs_usec at;                             /* wall clock of the right end */
	double values[RS_TRACES][COLUMNS_MAX];  /* as they are shown */
	size_t columns;                         /* 0: not taken yet */
};

static struct graph *graph_of(struct rs_screen *s)
{
	return (struct graph *)s;
}

/* --- taking -------------------------------------------------------------------------------------------- */

/* What is frozen is shown as it was then, however close. */
static void take(struct graph *g, size_t columns)
{
	rs_usec now = rs_clock_wall();
	size_t ago;

	if (!g->frozen)
		g->at = now;
	else if (g->columns == columns)
		return;
	ago = now > g->at ? (size_t)((now - g->at) / RS_USEC_PER_SEC) : 0;
	g->columns = columns;
	for (int i = 0; i < RS_TRACES; i++) {
		if (g->watch->past.traces[i])
			rs_trace_get(g->watch->past.traces[i], ago, windows[g->window], g->values[i], columns);
		for (size_t c = 0; !g->watch->past.traces[i] && c < columns; c++)
			g->values[i][c] = (double)NAN;
	}
}

static double highest(const double *values, size_t n)
{
	double max = (double)NAN;

	for (size_t i = 0; i < n; i++)
		if (!isnan(values[i]) && !(values[i] <= max))
			max = values[i];
	return max;
}

/* The newest that was measured. */
static double newest(const double *values, size_t n)
{
	while (n > 0 && isnan(values[n - 1]))
		n--;
	return n ? values[n - 1] : (double)NAN;
}

/* --- drawing -------------------------------------------------------------------------------------------- */

static char *figure(enum rs_trace_of of, double value, char *buf)
{
	double v = isnan(value) ? -1 : value;

	switch (of) {
	case RS_TRACE_LAG: return rs_show_time(v < 0 ? -1 : (rs_usec)(v * (double)RS_USEC_PER_SEC), buf, RS_SHOW_SIZE);
	case RS_TRACE_BYTES: return rs_show_bytes(v, buf, RS_SHOW_SIZE);
	default: return rs_show_count(v, buf, RS_SHOW_SIZE);
	}
}

/* A round number that is not below. */
static double round_up(double max)
{
	double unit = pow(10, floor(log10(max)));

	return max <= unit ? unit : max <= 2 * unit ? 2 * unit : max <= 5 * unit ? 5 * unit : 10 * unit;
}

/* A title line, and the graph with its scale below it. */
static void draw_one(const struct graph *g, enum rs_trace_of of, struct rs_canvas *c, struct rs_rect r)
{
	static const char *const titles[RS_TRACES] = {N_("Lag"), N_("Rows/s"), N_("Bytes/s")};
	double max = highest(g->values[of], g->columns), top = max > 0 ? round_up(max) : 0;
	char now[RS_SHOW_SIZE], most[RS_SHOW_SIZE], scale[RS_SHOW_SIZE];
	struct rs_rect area = rs_rect_make(r.y + 1, r.x + 1 + LABEL_W, r.h - 1, r.w - 2 - LABEL_W);

	rs_canvas_text(c, r.y, r.x + 1, LABEL_W, RS_STYLE_LABEL, _(titles[of]));
	rs_canvas_textf(c, r.y, r.x + 1 + LABEL_W, r.w - 2 - LABEL_W, RS_MOD_BOLD, _("%s   max %s"), figure(of, newest(g->values[of], g->columns), now),
	                figure(of, max, most));
	if (top > 0)
		rs_canvas_aligned(c, area.y, r.x + 1, LABEL_W - 1, RS_RIGHT, RS_STYLE_DIM, figure(of, top, scale));
	if (area.h > 1)
		rs_canvas_aligned(c, area.y + area.h - 1, r.x + 1, LABEL_W - 1, RS_RIGHT, RS_STYLE_DIM, "0");
	rs_canvas_graph(c, area, of == RS_TRACE_LAG ? RS_STYLE_WARN : RS_STYLE_DATA, g->values[of], top);
}

/* When it was at both ends and in the middle. */
static void draw_axis(const struct graph *g, struct rs_canvas *c, struct rs_rect r)
{
	rs_usec window = (rs_usec)windows[g->window] * RS_USEC_PER_SEC;
	char from[RS_SHOW_SIZE], middle[RS_SHOW_SIZE], upto[RS_SHOW_SIZE];
	int x = r.x + 1 + LABEL_W, w = r.w - 2 - LABEL_W;

	rs_canvas_text(c, r.y, x, w, RS_STYLE_DIM, rs_show_clock(g->at, g->at - window, from, sizeof from));
	rs_canvas_aligned(c, r.y, x, w, RS_CENTRE, RS_STYLE_DIM, rs_show_clock(g->at, g->at - window / 2, middle, sizeof middle));
	rs_canvas_aligned(c, r.y, x, w, RS_RIGHT, RS_STYLE_DIM, rs_show_clock(g->at, g->at, upto, sizeof upto));
}

static void draw(struct rs_screen *s, struct rs_canvas *c, struct rs_rect body)
{
	struct graph *g = graph_of(s);
	int width = body.w - 2 - LABEL_W, h = (body.h - 1) / RS_TRACES;

	if (width < 1 || h < 2)
		return;
	take(g, (size_t)width * 2 < COLUMNS_MAX ? (size_t)width * 2 : COLUMNS_MAX);
	for (int i = 0; i < RS_TRACES; i++)
		draw_one(g, (enum rs_trace_of)i, c, rs_rect_make(body.y + i * h, body.x, h, body.w));
	draw_axis(g, c, rs_rect_make(body.y + RS_TRACES * h, body.x, 1, body.w));
}

/* --- actions -------------------------------------------------------------------------------------------------- */

enum { ACT_FREEZE, ACT_CLOSER, ACT_FARTHER };

static const struct rs_action actions[] = {
	{ACT_CLOSER, "zoom-in", {'+', '='}, N_("Closer"), N_("Show less time, in more detail."), 1},
	{ACT_FARTHER, "zoom-out", {'-'}, N_("Farther"), N_("Show more time: up to two days."), 2},
	{ACT_FREEZE, "freeze", {RS_KEY_SPACE}, N_("Freeze"), N_("Hold the picture still; the task goes on."), 3},
};
const struct rs_keymap rs_graph_keymap = {N_("Graphs"), actions, RS_COUNT(actions)};

static bool enabled(struct rs_screen *s, int action, const char **why)
{
	const struct graph *g = graph_of(s);

	if (action == ACT_CLOSER && g->window == 0) {
		*why = _("this is the shortest time");
		return false;
	}
	if (action == ACT_FARTHER && g->window + 1 == RS_COUNT(windows)) {
		*why = _("this is the longest time");
		return false;
	}
	return true;
}

static bool action(struct rs_screen *s, int id)
{
	struct graph *g = graph_of(s);

	switch (id) {
	case ACT_CLOSER: g->window--; break;
	case ACT_FARTHER: g->window++; break;
	case ACT_FREEZE: g->frozen = !g->frozen; break;
	default: return false;
	}
	if (id != ACT_FREEZE)
		g->columns = 0;
	return true;
}

/* --- the screen ------------------------------------------------------------------------------------------------- */

static void tick(struct rs_screen *s)
{
	rs_watch_refresh(graph_of(s)->watch);
	rs_loop_dirty(graph_of(s)->app->loop);
}

static void place(struct rs_screen *s, struct rs_buf *out)
{
	const struct graph *g = graph_of(s);

	(void)rs_buf_addf(out, "%s · %s · %s", g->watch->name, _("Graphs"), _(window_titles[g->window]));
	if (g->frozen)
		(void)rs_buf_addf(out, " · %s", _("frozen"));
}

static void help(struct rs_screen *s, struct rs_buf *out)
{
	(void)s;
	(void)rs_buf_adds(out, _("Since the task's process was started, or this program was opened. Of each stretch of time the highest lag is shown, "
	                         "and the mean of the others."));
}

static void destroy(struct rs_screen *s)
{
	graph_of(s)->watch->users--;
	free(s);
}

static const struct rs_screen_ops ops = {
	.name = "graph", .keymap = &rs_graph_keymap, .tick_ms = 1000, .enter = tick, .tick = tick, .place = place, .draw = draw,
	.action = action, .enabled = enabled, .help = help, .destroy = destroy,
};

void rs_graph_open(struct rs_app *app, struct rs_watch *watch)
{
	struct graph *g = rs_xcalloc(1, sizeof *g);

	watch->users++;
	g->screen.ops = &ops;
	g->app = app;
	g->watch = watch;
	g->window = 1;
	rs_loop_push(app->loop, &g->screen);
}
