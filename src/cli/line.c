#include "cli/line.h"

#include "base/figure.h"
#include "base/i18n.h"

static const struct rs_phase *running(const struct rs_progress *p, enum rs_phase_id id)
{
	return p->phases[id].state == RS_PHASE_RUNNING ? &p->phases[id] : NULL;
}

static void put_schema(struct rs_buf *out, const struct rs_phase *phase)
{
	char done[RS_FIGURE_SIZE], total[RS_FIGURE_SIZE];

	rs_buf_addf(out, _("  schema %s of %s objects"), rs_figure_grouped(phase->done, done, sizeof done),
	            rs_figure_grouped(phase->total, total, sizeof total));
}

/* The total is the source's estimate: it may be exceeded, and then says nothing. */
static void put_full(struct rs_buf *out, const struct rs_phase *phase)
{
	char done[RS_FIGURE_SIZE], total[RS_FIGURE_SIZE];

	rs_figure_short((double)phase->done, done, sizeof done);
	rs_figure_short((double)phase->total, total, sizeof total);
	if (phase->total == 0 || phase->done > phase->total)
		rs_buf_addf(out, _("  full %s rows"), done);
	else
		rs_buf_addf(out, _("  full %s of ~%s rows (%u %%)"), done, total,
		            (unsigned)(phase->done * 100 / phase->total));
}

static void put_rates(struct rs_buf *out, const struct rs_progress *p)
{
	char rows[RS_FIGURE_SIZE], bytes[RS_FIGURE_SIZE];

	if (p->rows_per_sec >= 0)
		rs_buf_addf(out, _(", %s rows/s"), rs_figure_short(p->rows_per_sec, rows, sizeof rows));
	if (p->bytes_per_sec >= 0)
		rs_buf_addf(out, ", %s/s", rs_figure_bytes(p->bytes_per_sec, bytes, sizeof bytes));
}

static void put_incremental(struct rs_buf *out, const struct rs_progress *p)
{
	char lag[RS_FIGURE_SIZE], place[RS_POSITION_SHOWN];

	rs_buf_addf(out, _("  lag %s"), rs_figure_time(p->lag, lag, sizeof lag));
	put_rates(out, p);
	if (*p->applied_position)
		rs_buf_addf(out, ", %s", rs_position_show_text(p->applied_position, place));
	if (!p->consistent)
		rs_buf_adds(out, _(", not yet consistent"));
}

static bool is_at_work(enum rs_state s)
{
	return s == RS_STATE_INITIALIZING || s == RS_STATE_SYNCHRONIZING || s == RS_STATE_RETRYING || s == RS_STATE_PAUSED;
}

static void put_phases(struct rs_buf *out, const struct rs_progress *p)
{
	const struct rs_phase *schema = running(p, RS_PHASE_SCHEMA), *full = running(p, RS_PHASE_FULL);

	if (schema)
		put_schema(out, schema);
	if (full) {
		put_full(out, full);
		put_rates(out, p);
	} else if (running(p, RS_PHASE_INCREMENTAL)) {
		put_incremental(out, p);
	}
}

void rs_line_progress(struct rs_buf *out, const struct rs_progress *p)
{
	rs_buf_adds(out, _(rs_state_title(p->state)));
	if (is_at_work(p->state))
		put_phases(out, p);
	if (*p->note)
		rs_buf_addf(out, "; %s", p->note);
}
