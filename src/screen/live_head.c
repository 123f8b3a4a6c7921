#include "screen/live.h"

#include <math.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/hint.h"
#include "screen/show.h"
#include "tui/glyph.h"

#define LABEL_W 9
#define WIDE 72       /* columns: narrower, lines say the same in fewer words */
#define VALUE_W 9
#define ETA_AFTER (30 * RS_USEC_PER_SEC) /* before, an estimate would only be a guess */
#define STALE (5 * RS_USEC_PER_SEC)

/* Draws lines of text, whatever they are: the head and the tail of the dashboard are such. */
struct panel {
	struct rs_widget w;
	struct rs_live_view *view;
	int lines; /* tail */
};

static const struct rs_live_view *view_of(const struct rs_widget *w)
{
	return ((const struct panel *)w)->view;
}

static unsigned stale_mod(const struct rs_live_view *v)
{
	return !v->watch->live || rs_clock_wall() - v->progress->taken > STALE ? RS_MOD_STALE : 0;
}

/* --- phases -------------------------------------------------------------------------------- */

static uint32_t phase_glyph(enum rs_phase_state s, unsigned *style)
{
	*style = RS_STYLE_DIM;
	switch (s) {
	case RS_PHASE_OFF: return RS_G_NONE;
	case RS_PHASE_WAITING: return RS_G_TODO;
	case RS_PHASE_RUNNING: *style = RS_STYLE_ACCENT; return RS_G_NOW;
	case RS_PHASE_DONE: *style = RS_STYLE_OK; return RS_G_CHECK;
	case RS_PHASE_FAILED: *style = RS_STYLE_ERROR; return RS_G_CROSS;
	}
	return ' ';
}

/* Whether somebody works at it, and does not rest. */
static bool is_at_work(const struct rs_live_view *v)
{
	enum rs_state s = v->watch->state;

	return v->watch->live && s != RS_STATE_PAUSED && s != RS_STATE_FAILED && s != RS_STATE_INITIALIZE_FAILED;
}

static void schema_text(const struct rs_phase *ph, struct rs_buf *out)
{
	if (ph->state == RS_PHASE_DONE && ph->done)
		(void)rs_buf_addf(out, ngettext("%llu object", "%llu objects", (unsigned long)ph->done),
		                  (unsigned long long)ph->done);
	else if (ph->state == RS_PHASE_RUNNING || ph->state == RS_PHASE_FAILED)
		(void)rs_buf_addf(out, "%llu/%llu", (unsigned long long)ph->done, (unsigned long long)ph->total);
}

static void full_text(const struct rs_live_view *v, const struct rs_phase *ph, struct rs_buf *out)
{
	char rows[RS_SHOW_SIZE], took[RS_SHOW_SIZE];
	double done = rs_show_copied(v->progress);

	if (ph->state == RS_PHASE_DONE && ph->done) {
		(void)rs_buf_addf(out, _("%s rows"), rs_show_count((double)ph->done, rows, sizeof rows));
		if (ph->ended > ph->started && ph->started)
			(void)rs_buf_addf(out, ", %s", rs_show_time(ph->ended - ph->started, took, sizeof took));
	} else if (ph->state == RS_PHASE_RUNNING || ph->state == RS_PHASE_FAILED) {
		if (done >= 0)
			(void)rs_buf_addf(out, "%d %%", (int)(fmin(done, 1) * 100));
	}
}

static void incremental_text(const struct rs_live_view *v, const struct rs_phase *ph, struct rs_buf *out)
{
	char since[RS_SHOW_SIZE];

	if (ph->state != RS_PHASE_RUNNING)
		return;
	if (!is_at_work(v))
		(void)rs_buf_adds(out, _("not running"));
	else if (ph->started)
		(void)rs_buf_addf(out, _("since %s"), rs_show_clock(v->progress->taken, ph->started, since, sizeof since));
}

static int draw_phase(struct rs_canvas *c, int y, int x, int end, const char *name, enum rs_phase_state state, const char *text)
{
	unsigned style;
	uint32_t glyph = phase_glyph(state, &style);

	x += rs_canvas_text(c, y, x, end - x, state == RS_PHASE_RUNNING ? RS_STYLE_ACCENT : RS_STYLE_HEADER, name) + 1;
	if (x < end)
		rs_canvas_put(c, y, x, style, glyph);
	x += 2;
	return x + rs_canvas_text(c, y, x, end - x, RS_STYLE_NORMAL, text) + 3;
}

static enum rs_phase_state shown_state(const struct rs_live_view *v, const struct rs_phase *ph)
{
	return ph->state == RS_PHASE_RUNNING && !is_at_work(v) ? RS_PHASE_WAITING : ph->state;
}

static void draw_phases(const struct rs_live_view *v, struct rs_canvas *c, int y, struct rs_rect r)
{
	static const char *const names[] = {N_("Schema"), N_("Full"), N_("Incremental")};
	int x = r.x + 1;

	for (int i = 0; i < RS_PHASE_COUNT; i++) {
		const struct rs_phase *ph = &v->progress->phases[i];
		struct rs_buf text = RS_BUF_INIT;

		if (i == RS_PHASE_SCHEMA)
			schema_text(ph, &text);
		else if (i == RS_PHASE_FULL)
			full_text(v, ph, &text);
		else
			incremental_text(v, ph, &text);
		if (r.w < WIDE && ph->state == RS_PHASE_DONE)
			rs_buf_clear(&text); /* what goes on has the room */
		x = draw_phase(c, y, x, r.x + r.w, _(names[i]), shown_state(v, ph), rs_buf_str(&text));
		rs_buf_release(&text);
	}
}

/* --- the copy -------------------------------------------------------------------------------- */

static void add_eta(const struct rs_live_view *v, const struct rs_phase *ph, struct rs_buf *out)
{
	double done = rs_show_copied(v->progress);
	rs_usec spent = v->progress->taken - ph->started;
	char left[RS_SHOW_SIZE];

	if (!ph->started || spent < ETA_AFTER || done <= 0.01 || done >= 1)
		return;
	(void)rs_buf_addf(out, _(", ~%s left"), rs_show_time((rs_usec)((double)spent * (1 - done) / done), left, sizeof left));
}

static void draw_copy(const struct rs_live_view *v, struct rs_canvas *c, int y, struct rs_rect r)
{
	const struct rs_phase *ph = &v->progress->phases[RS_PHASE_FULL];
	char rows[RS_SHOW_SIZE], total[RS_SHOW_SIZE], bytes[RS_SHOW_SIZE], all[RS_SHOW_SIZE];
	int bar = r.w >= 100 ? 40 : 20;
	struct rs_buf text = RS_BUF_INIT;

	(void)rs_show_count((double)ph->done, rows, sizeof rows);
	if (ph->bytes_total)
		/* TRANSLATORS: bytes copied, of how many, rows copied */
		(void)rs_buf_addf(&text, _("%s of ~%s, %s rows"), rs_show_bytes((double)ph->bytes, bytes, sizeof bytes),
		                  rs_show_bytes((double)ph->bytes_total, all, sizeof all), rows);
	else
		(void)rs_buf_addf(&text, _("%s of ~%s rows"), rows, rs_show_count((double)ph->total, total, sizeof total));
	add_eta(v, ph, &text);
	rs_canvas_text(c, y, r.x + 1, LABEL_W, RS_STYLE_LABEL, _("Copied"));
	rs_canvas_bar(c, y, r.x + 1 + LABEL_W, bar, RS_STYLE_DATA, rs_show_copied(v->progress));
	rs_canvas_text(c, y, r.x + LABEL_W + bar + 2, r.w - LABEL_W - bar - 2, RS_STYLE_NORMAL, rs_buf_str(&text));
	rs_buf_release(&text);
}

/* --- rates -------------------------------------------------------------------------------- */

static double highest(const struct rs_series *s, double now)
{
	double max = now < 0 ? (double)NAN : now;

	for (size_t i = 0; i < s->count; i++)
		if (!isnan(s->values[i]) && !(s->values[i] <= max))
			max = s->values[i];
	return max;
}

/* Within how many minutes all was measured that there is. */
static size_t minutes(const struct rs_series *s)
{
	size_t unknown = 0;

	while (unknown < s->count && isnan(s->values[unknown]))
		unknown++;
	return s->count - unknown > 60 ? (s->count - unknown + 59) / 60 : 1;
}

/* label  value  ▁▂▃▅▇  note */
static void draw_series(const struct rs_live_view *v, struct rs_canvas *c, int y, struct rs_rect r, const char *label,
                        const char *value, const struct rs_series *s, const char *note)
{
	unsigned stale = stale_mod(v);
	int x = r.x + 1 + LABEL_W + VALUE_W, end = r.x + r.w - 1, width = rs_text_width(note);

	rs_canvas_text(c, y, r.x + 1, LABEL_W, RS_STYLE_LABEL, label);
	rs_canvas_text(c, y, r.x + 1 + LABEL_W, VALUE_W - 1, RS_MOD_BOLD | stale, value);
	rs_canvas_text(c, y, end - width, width, RS_STYLE_NORMAL | stale, note);
	rs_canvas_spark(c, y, x, end - width - 3 - x, RS_STYLE_DATA | stale, s->values, s->count, 0);
}

static void draw_lag(const struct rs_live_view *v, struct rs_canvas *c, int y, struct rs_rect r)
{
	const struct rs_series *s = &v->watch->lag;
	double max = highest(s, (double)v->progress->lag / (double)RS_USEC_PER_SEC);
	char now[RS_SHOW_SIZE], most[RS_SHOW_SIZE];
	struct rs_buf note = RS_BUF_INIT;

	if (!isnan(max))
		/* TRANSLATORS: the greatest lag of the last minutes */
		(void)rs_buf_addf(&note, _("max %s, %zu min"), rs_show_time((rs_usec)(max * (double)RS_USEC_PER_SEC), most, sizeof most),
		                  minutes(s));
	draw_series(v, c, y, r, _("Lag"), rs_show_time(v->frozen ? v->progress->lag : rs_watch_lag(v->watch), now, sizeof now), s,
	            rs_buf_str(&note));
	rs_buf_release(&note);
}

static void draw_rate(const struct rs_live_view *v, struct rs_canvas *c, int y, struct rs_rect r)
{
	char rows[RS_SHOW_SIZE], bytes[RS_SHOW_SIZE];
	struct rs_buf note = RS_BUF_INIT;

	if (v->watch->live && v->progress->bytes_per_sec >= 0)
		(void)rs_buf_addf(&note, "%s/s", rs_show_bytes(v->progress->bytes_per_sec, bytes, sizeof bytes));
	draw_series(v, c, y, r, _("Rows/s"), rs_show_count(v->watch->live ? v->progress->rows_per_sec : -1, rows, sizeof rows),
	            &v->watch->rows, rs_buf_str(&note));
	rs_buf_release(&note);
}

/* --- positions and totals ---------------------------------------------------------------------- */

static void draw_line(struct rs_canvas *c, int y, struct rs_rect r, const char *label, unsigned style, struct rs_buf *text)
{
	rs_canvas_text(c, y, r.x + 1, LABEL_W, RS_STYLE_LABEL, label);
	rs_canvas_text(c, y, r.x + 1 + LABEL_W, r.w - 2 - LABEL_W, style, rs_buf_str(text));
	rs_buf_release(text);
}

static void draw_source(const struct rs_live_view *v, struct rs_canvas *c, int y, struct rs_rect r)
{
	const struct rs_progress *p = v->progress;
	struct rs_buf text = RS_BUF_INIT;
	char lasts[RS_SHOW_SIZE], kept[RS_SHOW_SIZE], place[RS_POSITION_SHOWN];

	(void)rs_buf_adds(&text, p->source_position[0] && v->watch->live ? rs_position_show_text(p->source_position, place) : RS_SHOW_NONE);
	if (p->log_lasts >= 0)
		(void)rs_buf_addf(&text, _("   log lasts %s"), rs_show_time(p->log_lasts, lasts, sizeof lasts));
	if (p->relay_bytes > 0)
		(void)rs_buf_addf(&text, p->relay_full ? _("   kept here %s, full") : _("   kept here %s"),
		                  rs_show_bytes((double)p->relay_bytes, kept, sizeof kept));
	draw_line(c, y, r, _("Source"), RS_STYLE_NORMAL | stale_mod(v), &text);
}

static void draw_applied(const struct rs_live_view *v, struct rs_canvas *c, int y, struct rs_rect r)
{
	const struct rs_progress *p = v->progress;
	bool same = v->watch->live && p->applied_position[0] && strcmp(p->applied_position, p->source_position) == 0;
	struct rs_buf text = RS_BUF_INIT;
	char ago[RS_SHOW_SIZE], behind[RS_SHOW_SIZE], place[RS_POSITION_SHOWN];

	(void)rs_buf_adds(&text, same ? _("the same") : p->applied_position[0] ? rs_position_show_text(p->applied_position, place) : RS_SHOW_NONE);
	if (!same && v->watch->live && p->source_behind_bytes)
		(void)rs_buf_addf(&text, _(", %s behind"), rs_show_bytes((double)p->source_behind_bytes, behind, sizeof behind));
	if (p->checkpoint)
		(void)rs_buf_addf(&text, _("   checkpoint %s"), rs_show_ago(rs_live_view_now(v), p->checkpoint, ago, sizeof ago));
	draw_line(c, y, r, _("Applied"), RS_STYLE_NORMAL | stale_mod(v), &text);
}

/* Whether the destination acknowledges later than it is written to. */
static bool is_queue(const struct rs_live_view *v)
{
	const struct rs_flow *flow = v->watch->task && v->watch->task->flow ? rs_flow_find(v->watch->task->flow) : NULL;

	return flow && rs_flow_protocol(flow->destination) == RS_PROTOCOL_KAFKA;
}

/* What it has not yet. */
static void draw_delivery(const struct rs_live_view *v, struct rs_canvas *c, int y, struct rs_rect r)
{
	const struct rs_delivery *d = &v->progress->delivery;
	char n[3][RS_SHOW_SIZE];
	struct rs_buf text = RS_BUF_INIT;

	if (v->watch->live && d->measured)
		/* TRANSLATORS: how long brokers take, messages whose transaction is open, messages that no broker has confirmed */
		(void)rs_buf_addf(&text, r.w >= WIDE ? _("acknowledged in %s   not committed %s, not acknowledged %s")
		                                     : _("%s   uncommitted %s, unacknowledged %s"),
		                  rs_show_time(d->lag, n[0], RS_SHOW_SIZE), rs_show_count((double)d->uncommitted, n[1], RS_SHOW_SIZE),
		                  rs_show_count((double)d->unacknowledged, n[2], RS_SHOW_SIZE));
	else
		(void)rs_buf_adds(&text, RS_SHOW_NONE);
	draw_line(c, y, r, _("Brokers"), RS_STYLE_NORMAL | stale_mod(v), &text);
}

static void draw_totals(const struct rs_live_view *v, struct rs_canvas *c, int y, struct rs_rect r)
{
	const struct rs_progress *p = v->progress;
	char n[4][RS_SHOW_SIZE];
	struct rs_buf text = RS_BUF_INIT;

	(void)rs_buf_addf(&text, r.w >= WIDE ? "INSERT %s  UPDATE %s  DELETE %s  DDL %s" : "+%s  ~%s  -%s  DDL %s", rs_show_count((double)p->inserts, n[0], RS_SHOW_SIZE),
	                  rs_show_count((double)p->updates, n[1], RS_SHOW_SIZE),
	                  rs_show_count((double)p->deletes, n[2], RS_SHOW_SIZE), rs_show_count((double)p->ddls, n[3], RS_SHOW_SIZE));
	if (p->retries)
		(void)rs_buf_addf(&text, _("  retries %s"), rs_show_count((double)p->retries, n[0], RS_SHOW_SIZE));
	(void)rs_buf_addf(&text, _("  anomalies %s"), rs_show_count((double)p->anomalies, n[1], RS_SHOW_SIZE));
	if (p->left_out || p->incomplete)
		(void)rs_buf_addf(&text, _("  left out %s"), rs_show_count((double)(p->left_out + p->incomplete), n[2], RS_SHOW_SIZE));
	draw_line(c, y, r, _("Changes"), p->anomalies || p->left_out || p->incomplete ? RS_STYLE_WARN : RS_STYLE_NORMAL, &text);
}

/* --- the comparison that goes on beside following ------------------------------------------------------- */

static void put_pass(const struct rs_verify_progress *p, struct rs_buf *out)
{
	if (p->state == RS_VERIFIER_WAITING)
		(void)rs_buf_adds(out, rs_verifier_wait_title(p->waits ? p->waits : RS_VERIFIER_WAITS_LAG));
	else if (p->continuous)
		(void)rs_buf_addf(out, _("pass %llu: %llu of %llu tables"), (unsigned long long)p->passes + 1, (unsigned long long)p->tables_done,
		                  (unsigned long long)p->tables_total);
	else
		(void)rs_buf_adds(out, _("changed rows"));
	if (p->state == RS_VERIFIER_RUNNING && p->table[0])
		(void)rs_buf_addf(out, ", %s.%s", p->db, p->table);
}

static void draw_verifier(const struct rs_live_view *v, struct rs_canvas *c, int y, struct rs_rect r)
{
	const struct rs_verify_progress *p = &v->progress->verify;
	char n[RS_SHOW_SIZE];
	struct rs_buf text = RS_BUF_INIT;

	if (p->differences)
		(void)rs_buf_addf(&text, ngettext("%s difference", "%s differences", (unsigned long)p->differences),
		                  rs_figure_grouped(p->differences, n, sizeof n));
	else
		(void)rs_buf_adds(&text, _("no differences"));
	if (p->repaired)
		(void)rs_buf_addf(&text, _(", %s repaired"), rs_figure_grouped(p->repaired, n, sizeof n));
	(void)rs_buf_adds(&text, "   ");
	put_pass(p, &text);
	draw_line(c, y, r, _("Verify"), (p->differences ? RS_STYLE_WARN : RS_STYLE_NORMAL) | stale_mod(v), &text);
}

/* --- why it failed, what it does --------------------------------------------------------------------- */

static bool shows_error(const struct rs_live_view *v)
{
	return v->progress->error.code && rs_show_state_sign(v->watch->state);
}

#define ERROR_LINES 5
#define HINT_LINES 3 /* of those: what can be done is never cut off by what a server had to say */

/* What went wrong and what can be done, and how many lines of either are shown; hint NULL: nothing is known. */
struct told {
	struct rs_buf text;
	char *hint;
	int lines, hint_lines;
};

static struct told tell_error(const struct rs_live_view *v, int width)
{
	struct told t = {.text = RS_BUF_INIT};
	int w = width > 5 ? width - 4 : 1;

	rs_show_error(&v->progress->error, &t.text);
	if (v->progress->error.hint)
		t.hint = rs_hint_text(v->progress->error.hint, &rs_live_keymap);
	t.hint_lines = t.hint ? rs_text_lines(t.hint, w) : 0;
	t.hint_lines = t.hint_lines < HINT_LINES ? t.hint_lines : HINT_LINES;
	t.lines = rs_text_lines(rs_buf_str(&t.text), w);
	t.lines = t.lines < ERROR_LINES - t.hint_lines ? t.lines : ERROR_LINES - t.hint_lines;
	return t;
}

static void told_release(struct told *t)
{
	rs_buf_release(&t->text);
	free(t->hint);
}

static int error_lines(const struct rs_live_view *v, int width)
{
	struct told t;

	if (!shows_error(v))
		return 0;
	t = tell_error(v, width);
	told_release(&t);
	return t.lines + t.hint_lines;
}

static int draw_error(const struct rs_live_view *v, struct rs_canvas *c, int y, struct rs_rect r)
{
	struct told t;

	if (!shows_error(v))
		return 0;
	t = tell_error(v, r.w);
	rs_canvas_put(c, y, r.x + 1, RS_STYLE_ERROR, RS_G_CROSS);
	(void)rs_canvas_wrapped(c, rs_rect_make(y, r.x + 3, t.lines, r.w - 4), RS_STYLE_ERROR, rs_buf_str(&t.text));
	if (t.hint)
		(void)rs_canvas_wrapped(c, rs_rect_make(y + t.lines, r.x + 3, t.hint_lines, r.w - 4), RS_STYLE_ERROR, t.hint);
	told_release(&t);
	return t.lines + t.hint_lines;
}

/* --- what it does or waits for ------------------------------------------------------------------------ */

#define STALL (5 * RS_USEC_PER_SEC)

/* How long nothing of what was read has become part of the destination; 0: it goes on. Before that there may have been nothing
 * to read for long: what waits waits for as long as the lag is. */
static rs_usec stalled_for(const struct rs_live_view *v)
{
	const struct rs_progress *p = v->progress;
	bool waits = p->source_position[0] && p->applied_position[0] && strcmp(p->source_position, p->applied_position) != 0;
	rs_usec since = p->taken - p->checkpoint;

	if (p->lag >= 0 && p->lag < since)
		since = p->lag;
	return is_at_work(v) && waits && p->checkpoint && p->rows_per_sec <= 0 && since >= STALL ? since : 0;
}

#define LONG_WAIT (10 * RS_USEC_PER_SEC)

/* Where somebody has waited for one answer of the destination's for long: the key that tells why. */
static void add_why(const struct rs_live_view *v, struct rs_buf *out)
{
	const struct rs_progress *p = v->progress;
	char key[RS_KEY_NAME_SIZE];

	for (size_t i = 0; i < p->n_workers; i++)
		if (p->workers[i].doing == RS_DOING_DEST && p->workers[i].for_time >= LONG_WAIT) {
			(void)rs_buf_addf(out, _("; %s tells who holds it up"), rs_hint_key(&rs_live_keymap, "why-slow", key));
			return;
		}
}

static void add_note(const struct rs_live_view *v, struct rs_buf *out)
{
	char time[RS_SHOW_SIZE];

	if (!v->watch->live)
		return;
	if (v->progress->note[0])
		(void)rs_buf_adds(out, v->progress->note);
	else if (stalled_for(v))
		(void)rs_buf_addf(out, _("the destination has taken nothing for %s"), rs_show_time(stalled_for(v), time, sizeof time));
	if (out->len)
		add_why(v, out);
}

#define NOTE_LINES 3

static int lines_of(const struct rs_buf *note, int width)
{
	int lines = note->len ? rs_text_lines(rs_buf_str(note), width > 2 ? width - 2 : 1) : 0;

	return lines < NOTE_LINES ? lines : NOTE_LINES;
}

static int note_lines(const struct rs_live_view *v, int width)
{
	struct rs_buf text = RS_BUF_INIT;
	int lines;

	add_note(v, &text);
	lines = lines_of(&text, width);
	rs_buf_release(&text);
	return lines;
}

static int draw_note(const struct rs_live_view *v, struct rs_canvas *c, int y, struct rs_rect r)
{
	struct rs_buf text = RS_BUF_INIT;
	int lines;

	add_note(v, &text);
	lines = lines_of(&text, r.w);
	(void)rs_canvas_wrapped(c, rs_rect_make(y, r.x + 1, lines, r.w - 2), v->progress->note[0] ? RS_STYLE_ACCENT : RS_STYLE_WARN,
	                        rs_buf_str(&text));
	rs_buf_release(&text);
	return lines;
}

/* --- the head as a widget -------------------------------------------------------------------------- */

typedef void line_fn(const struct rs_live_view *v, struct rs_canvas *c, int y, struct rs_rect r);

/* The lines that make sense now; returns how many. */
static size_t head_lines(const struct rs_live_view *v, line_fn *lines[8])
{
	const struct rs_phase *phases = v->progress->phases;
	bool copying = phases[RS_PHASE_FULL].state == RS_PHASE_RUNNING || phases[RS_PHASE_FULL].state == RS_PHASE_FAILED;
	bool following = phases[RS_PHASE_INCREMENTAL].state != RS_PHASE_OFF;
	size_t n = 0;

	lines[n++] = draw_phases;
	if (copying)
		lines[n++] = draw_copy;
	if (following && !copying)
		lines[n++] = draw_lag;
	lines[n++] = draw_rate;
	if (following) {
		lines[n++] = draw_source;
		lines[n++] = draw_applied;
		if (is_queue(v))
			lines[n++] = draw_delivery;
		lines[n++] = draw_totals;
	}
	if (following && v->progress->verify.state != RS_VERIFIER_OFF)
		lines[n++] = draw_verifier;
	return n;
}

static void head_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	const struct rs_live_view *v = view_of(w);
	line_fn *lines[8];
	int h = 1;

	if (v->progress)
		h = (int)head_lines(v, lines) + error_lines(v, width) + note_lines(v, width);
	*pref = (struct rs_size){h, width};
	*min = (struct rs_size){h < 3 ? h : 3, 20};
}

static void head_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	const struct rs_live_view *v = view_of(w);
	struct rs_rect r = w->rect;
	line_fn *lines[8];
	size_t n;
	int y = r.y;

	(void)focused;
	if (!v->progress) {
		rs_canvas_text(c, y, r.x + 1, r.w - 2, RS_STYLE_DIM, _("Nothing is known of its progress yet."));
		return;
	}
	n = head_lines(v, lines);
	lines[0](v, c, y++, r);
	y += draw_error(v, c, y, r);
	y += draw_note(v, c, y, r);
	for (size_t i = 1; i < n; i++)
		lines[i](v, c, y++, r);
}

static const struct rs_widget_ops head_ops = {.kind = "live-head", .measure = head_measure, .draw = head_draw};

struct rs_widget *rs_live_head_new(struct rs_live_view *v)
{
	struct panel *p = rs_xcalloc(1, sizeof *p);

	rs_widget_init(&p->w, &head_ops, NULL);
	p->view = v;
	return &p->w;
}

/* --- the tail: the last problems --------------------------------------------------------------------- */

static int tail_lines(const struct panel *p)
{
	size_t n = p->view->progress ? p->view->progress->n_problems : 0;

	return (int)n < p->lines ? (int)n : p->lines;
}

static void tail_measure(struct rs_widget *w, int width, struct rs_size *min, struct rs_size *pref)
{
	int lines = tail_lines((const struct panel *)w);

	*pref = (struct rs_size){lines ? lines + 2 : 0, width}; /* a blank line above and below */
	*min = (struct rs_size){0, 20};
}

static void draw_problem(const struct rs_problem *p, struct rs_canvas *c, int y, struct rs_rect r, rs_usec now)
{
	char clock[RS_SHOW_SIZE], code[16];
	struct rs_buf text = RS_BUF_INIT;
	int x = r.x + 1;

	(void)rs_buf_addf(&text, "%s  ", rs_err_code_text(p->code, code, sizeof code));
	if (p->count > 1)
		(void)rs_buf_addf(&text, "%llu×  ", (unsigned long long)p->count);
	(void)rs_buf_adds(&text, p->text);
	x += rs_canvas_text(c, y, x, r.w, RS_STYLE_DIM, rs_show_clock(now, p->last, clock, sizeof clock)) + 2;
	rs_canvas_text(c, y, x, r.x + r.w - 1 - x, p->fatal ? RS_STYLE_ERROR : RS_STYLE_WARN, rs_buf_str(&text));
	rs_buf_release(&text);
}

static void tail_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	const struct rs_progress *p = view_of(w)->progress;
	struct rs_rect r = w->rect;
	int room = r.h - 2;

	(void)focused;
	for (size_t i = 0; p && i < p->n_problems && (int)i < room; i++)
		draw_problem(&p->problems[p->n_problems - 1 - i], c, r.y + 1 + (int)i, r, p->taken);
}

static const struct rs_widget_ops tail_ops = {.kind = "live-tail", .measure = tail_measure, .draw = tail_draw};

struct rs_widget *rs_live_tail_new(struct rs_live_view *v, int lines)
{
	struct panel *p = rs_xcalloc(1, sizeof *p);

	rs_widget_init(&p->w, &tail_ops, NULL);
	p->view = v;
	p->lines = lines;
	return &p->w;
}
