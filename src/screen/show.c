#include "screen/show.h"

#include <string.h>
#include <time.h>
#include "base/i18n.h"

static char *none(char *buf, size_t size)
{
	snprintf(buf, size, "%s", RS_SHOW_NONE);
	return buf;
}

char *rs_show_count(double n, char *buf, size_t size)
{
	return n < 0 ? none(buf, size) : rs_figure_short(n, buf, size);
}

char *rs_show_bytes(double n, char *buf, size_t size)
{
	return n < 0 ? none(buf, size) : rs_figure_bytes(n, buf, size);
}

char *rs_show_time(rs_usec t, char *buf, size_t size)
{
	return t < 0 ? none(buf, size) : rs_figure_time(t, buf, size);
}

char *rs_show_ago(rs_usec now, rs_usec then, char *buf, size_t size)
{
	long s = (long)((now - then) / RS_USEC_PER_SEC);

	if (then <= 0)
		return none(buf, size);
	if (s < 2)
		snprintf(buf, size, "%s", _("now"));
	else if (s < 120)
		snprintf(buf, size, _("%ld s ago"), s);
	else if (s < 7200)
		snprintf(buf, size, _("%ld min ago"), s / 60);
	else if (s < 172800)
		snprintf(buf, size, _("%ld h ago"), s / 3600);
	else
		return rs_show_clock(now, then, buf, size);
	return buf;
}

static bool local(rs_usec wall, struct tm *tm)
{
	time_t t = (time_t)(wall / RS_USEC_PER_SEC);

	return localtime_r(&t, tm) != NULL;
}

char *rs_show_clock(rs_usec now, rs_usec then, char *buf, size_t size)
{
	struct tm today, tm;
	bool same;

	if (then <= 0 || !local(then, &tm) || !local(now, &today))
		return none(buf, size);
	same = tm.tm_yday == today.tm_yday && tm.tm_year == today.tm_year;
	if (!strftime(buf, size, same ? "%H:%M:%S" : "%m-%d %H:%M", &tm))
		return none(buf, size);
	return buf;
}

unsigned rs_show_state_style(enum rs_state s)
{
	switch (s) {
	case RS_STATE_SYNCHRONIZING:
	case RS_STATE_FINISHED:
	case RS_STATE_PRECHECK_PASSED: return RS_STYLE_OK;
	case RS_STATE_INITIALIZING:
	case RS_STATE_PRECHECKING: return RS_STYLE_ACCENT;
	case RS_STATE_PAUSED:
	case RS_STATE_RETRYING:
	case RS_STATE_INTERRUPTED: return RS_STYLE_WARN;
	case RS_STATE_FAILED:
	case RS_STATE_INITIALIZE_FAILED:
	case RS_STATE_PRECHECK_FAILED: return RS_STYLE_ERROR;
	case RS_STATE_NOT_CONFIGURED:
	case RS_STATE_NOT_STARTED:
	case RS_STATE_STOPPED:
	case RS_STATE_RELEASED: break;
	}
	return RS_STYLE_DIM;
}

uint32_t rs_show_state_sign(enum rs_state s)
{
	unsigned style = rs_show_state_style(s);

	return style == RS_STYLE_ERROR || s == RS_STATE_RETRYING || s == RS_STATE_INTERRUPTED ? '!' : 0;
}

const char *rs_show_table_sync(enum rs_table_sync s)
{
	switch (s) {
	case RS_TABLE_SYNCHRONIZING: return _("Synchronizing");
	case RS_TABLE_INITIALIZING: return _("Initializing");
	case RS_TABLE_JOINING: return _("Joining");
	case RS_TABLE_SUSPENDED: return _("Suspended");
	}
	return "";
}

unsigned rs_show_table_sync_style(enum rs_table_sync s)
{
	switch (s) {
	case RS_TABLE_SYNCHRONIZING: return RS_STYLE_OK;
	case RS_TABLE_INITIALIZING:
	case RS_TABLE_JOINING: return RS_STYLE_ACCENT;
	case RS_TABLE_SUSPENDED: break;
	}
	return RS_STYLE_WARN;
}

double rs_show_table_copied(const struct rs_table_progress *t)
{
	double part = t->bytes_total  ? (double)t->bytes / (double)t->bytes_total
	              : t->rows_total ? (double)t->rows / (double)t->rows_total : 0;

	return t->copied || part > 1 ? 1 : part;
}

static void put_note(struct rs_buf *out, const char *text)
{
	(void)rs_buf_addf(out, "%s%s", out->len ? " · " : "", text);
}

void rs_show_table_note(const struct rs_table_progress *t, struct rs_buf *out)
{
	if (t->sync == RS_TABLE_SUSPENDED)
		(void)rs_buf_addf(out, _("suspended at %s"), t->since);
	else if (t->sync == RS_TABLE_JOINING && t->copied)
		(void)rs_buf_adds(out, _("joining: it catches up"));
	else if (t->sync == RS_TABLE_JOINING)
		(void)rs_buf_addf(out, _("joining: %d %% copied"), (int)(rs_show_table_copied(t) * 100));
	if (t->note)
		put_note(out, t->note);
	if (t->keyless)
		put_note(out, _("no key"));
	if (t->unverified != RS_UNVERIFIED_NOT)
		put_note(out, rs_unverified_title(t->unverified));
}

void rs_show_topology(const struct rs_task *task, struct rs_buf *out)
{
	char *source = rs_endpoint_text(&task->source), *destination = rs_endpoint_text(&task->destination);

	if (strcmp(source, "-") == 0 && strcmp(destination, "-") == 0)
		(void)rs_buf_adds(out, _("neither server was entered yet"));
	else
		(void)rs_buf_addf(out, "%s → %s", source, destination);
	free(source);
	free(destination);
}

void rs_show_table_name(const struct rs_table_progress *t, struct rs_buf *out)
{
	bool db = t->dest_db && strcmp(t->db, t->dest_db) != 0;
	bool name = t->dest_name && strcmp(t->name, t->dest_name) != 0;

	(void)rs_buf_addf(out, "%s.%s", t->db, t->name);
	if (db && !name)
		(void)rs_buf_addf(out, " → %s.*", t->dest_db);
	else if (db)
		(void)rs_buf_addf(out, " → %s.%s", t->dest_db, t->dest_name);
	else if (name)
		(void)rs_buf_addf(out, " → %s", t->dest_name);
}

void rs_show_table_help(const struct rs_table_progress *t, struct rs_buf *out)
{
	char a[RS_SHOW_SIZE], b[RS_SHOW_SIZE], c[RS_SHOW_SIZE];
	struct rs_buf note = RS_BUF_INIT;

	rs_show_table_name(t, out);
	if (t->copied || t->copying || t->rows)
		(void)rs_buf_addf(out, _(": %s rows copied"), rs_figure_grouped(t->rows, a, sizeof a));
	rs_show_table_note(t, &note);
	if (note.len)
		(void)rs_buf_addf(out, " · %s", rs_buf_str(&note));
	(void)rs_buf_addf(out, "\nINSERT %s  UPDATE %s  DELETE %s", rs_figure_grouped(t->inserts, a, sizeof a),
	                  rs_figure_grouped(t->updates, b, sizeof b), rs_figure_grouped(t->deletes, c, sizeof c));
	rs_buf_release(&note);
}

void rs_show_since(const struct rs_progress *p, struct rs_buf *out)
{
	char clock[RS_SHOW_SIZE];

	if (p->started)
		(void)rs_buf_addf(out, _("   since the start at %s"), rs_show_clock(p->taken, p->started, clock, sizeof clock));
}

void rs_show_error(const struct rs_err *err, struct rs_buf *out)
{
	const char *primary = err->primary ? err->primary : rs_err_title(err->code);
	char code[16];

	(void)rs_buf_addf(out, "%s  ", rs_err_code_text(err->code, code, sizeof code));
	if (err->detail && *err->detail)
		(void)rs_buf_addf(out, _("%s: %s"), primary, err->detail);
	else
		(void)rs_buf_adds(out, primary);
}

double rs_show_copied(const struct rs_progress *p)
{
	const struct rs_phase *full = &p->phases[RS_PHASE_FULL];

	if (full->state == RS_PHASE_DONE || (full->state == RS_PHASE_OFF && p->consistent))
		return 1;
	if (full->bytes_total > 0)
		return (double)full->bytes / (double)full->bytes_total;
	if (full->total > 0)
		return (double)full->done / (double)full->total;
	return full->state == RS_PHASE_RUNNING ? -1 : 0;
}
