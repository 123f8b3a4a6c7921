#include "engine/report/metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/report/alerts.h"
#include "engine/report/metrics_http.h"

#define FILE_EVERY (5 * RS_USEC_PER_SEC)

/* ------------------------------------------------------------------ the text */

struct writer {
	struct rs_buf *out;
	struct rs_buf task; /* as a label's value */
};

static void escape_label(struct rs_buf *out, const char *text)
{
	struct rs_buf printable = RS_BUF_INIT;

	rs_utf8_printable(&printable, text, strlen(text));
	for (const char *p = rs_buf_str(&printable); *p; p++) {
		if (*p == '\\' || *p == '"')
			rs_buf_addc(out, '\\');
		rs_buf_addc(out, *p);
	}
	rs_buf_release(&printable);
}

static void put_head(struct writer *w, const char *name, const char *type, const char *help)
{
	rs_buf_addf(w->out, "# HELP rds_sync_%s %s\n# TYPE rds_sync_%s %s\n", name, help, name, type);
}

/* labels: "", or more of them, beginning with a comma. */
static void put_sample(struct writer *w, const char *name, const char *labels, double value)
{
	rs_buf_addf(w->out, "rds_sync_%s{task=\"%s\"%s} %.17g\n", name, rs_buf_str(&w->task), labels, value);
}

static void put(struct writer *w, const char *name, const char *type, double value, const char *help)
{
	put_head(w, name, type, help);
	put_sample(w, name, "", value);
}

static void gauge(struct writer *w, const char *name, double value, const char *help)
{
	put(w, name, "gauge", value, help);
}

/* Negative: not measured. */
static void measured(struct writer *w, const char *name, double value, const char *help)
{
	if (value >= 0)
		gauge(w, name, value, help);
}

static double seconds(rs_usec t)
{
	return (double)t / (double)RS_USEC_PER_SEC;
}

/* 0: never. */
static void moment(struct writer *w, const char *name, rs_usec wall, const char *help)
{
	if (wall > 0)
		gauge(w, name, seconds(wall), help);
}

static void put_states(struct writer *w, enum rs_state state)
{
	char label[64];

	put_head(w, "state", "gauge", "1 for the state of the task, 0 for all others.");
	for (int s = RS_STATE_NOT_CONFIGURED; s <= RS_STATE_RELEASED; s++) {
		snprintf(label, sizeof label, ",state=\"%s\"", rs_state_code((enum rs_state)s));
		put_sample(w, "state", label, s == (int)state);
	}
}

static void put_alerts(struct writer *w, const struct rs_progress *p)
{
	char label[32];

	put_head(w, "alert", "gauge", "1: the alert is raised.");
	for (enum rs_alert alert = 0; alert < RS_ALERT_COUNT; alert++) {
		snprintf(label, sizeof label, ",alert=\"%s\"", rs_alert_code(alert));
		put_sample(w, "alert", label, (p->alerts & 1u << alert) != 0);
	}
}

static void put_copy(struct writer *w, const struct rs_progress *p)
{
	const struct rs_phase *full = &p->phases[RS_PHASE_FULL];
	size_t copied = 0;

	for (size_t i = 0; i < p->n_tables; i++)
		copied += rs_progress_table(p, i)->copied;
	gauge(w, "copy_rows", (double)full->done, "Rows copied.");
	gauge(w, "copy_rows_estimated", (double)full->total, "The source's estimate of all rows to copy.");
	gauge(w, "copy_bytes", (double)full->bytes, "Bytes copied, as the source stores them.");
	gauge(w, "copy_bytes_estimated", (double)full->bytes_total, "The source's estimate of all bytes to copy.");
	gauge(w, "tables", (double)p->n_tables, "Tables of the task.");
	gauge(w, "tables_copied", (double)copied, "Tables whose rows are all copied.");
}

static void put_changes(struct writer *w, const struct rs_progress *p)
{
	put_head(w, "changes_total", "counter", "Changes applied from the source's log since the process was started.");
	put_sample(w, "changes_total", ",kind=\"insert\"", (double)p->inserts);
	put_sample(w, "changes_total", ",kind=\"update\"", (double)p->updates);
	put_sample(w, "changes_total", ",kind=\"delete\"", (double)p->deletes);
	put_sample(w, "changes_total", ",kind=\"ddl\"", (double)p->ddls);
	put(w, "transactions_total", "counter", (double)p->transactions, "Transactions of the source since the process was started.");
	put(w, "anomalies_total", "counter", (double)p->anomalies, "Changes that did not find their row as it had to be.");
	put(w, "retries_total", "counter", (double)p->retries, "Failures after which the task tried again.");
	put(w, "refolds_total", "counter", (double)p->refolds, "Batches that were applied change by change.");
	put(w, "rows_left_out_total", "counter", (double)p->left_out,
	    "Changed rows whose table the destination lacks, since a schema change was left out.");
	put(w, "rows_incomplete_total", "counter", (double)p->incomplete,
	    "Changed rows that the destination has not all columns of, since a schema change was left out.");
}

static void put_problems(struct writer *w, const struct rs_progress *p)
{
	char code[16], label[32];

	put_head(w, "problems_total", "counter", "Errors and anomalies since the process was started, by code.");
	for (size_t i = 0; i < p->counted.n; i++) {
		snprintf(label, sizeof label, ",code=\"%s\"", rs_err_code_text(p->counted.items[i].code, code, sizeof code));
		put_sample(w, "problems_total", label, (double)p->counted.items[i].n);
	}
}

/* Of destinations that acknowledge later. */
static void put_delivery(struct writer *w, const struct rs_delivery *d)
{
	if (!d->measured)
		return;
	gauge(w, "delivery_lag_seconds", seconds(d->lag), "The longest that a message waited for its commit, over the last seconds.");
	gauge(w, "delivery_uncommitted_messages", (double)d->uncommitted, "Messages that were written and are not committed yet.");
	gauge(w, "delivery_unacknowledged_messages", (double)d->unacknowledged, "Of those, that no broker has acknowledged.");
}

static void put_measures(struct writer *w, const struct rs_progress *p)
{
	measured(w, "rows_per_second", p->rows_per_sec, "Rows copied and changed, over the last seconds.");
	measured(w, "bytes_per_second", p->bytes_per_sec, "Their bytes.");
	measured(w, "lag_seconds", p->lag < 0 ? -1 : seconds(p->lag), "How long ago the source was as the destination is now.");
	measured(w, "log_lasts_seconds", p->log_lasts < 0 ? -1 : seconds(p->log_lasts), "How long the source keeps its log.");
	measured(w, "log_kept_bytes", (double)p->log_kept, "Bytes of its log that the source keeps for the task.");
	measured(w, "log_room_bytes", (double)p->log_room, "Bytes that it may keep more.");
	gauge(w, "relay_bytes", (double)p->relay_bytes, "Bytes of the relay: the source's log, kept while nobody applies it.");
	gauge(w, "relay_quota_bytes", (double)p->relay_quota, "Most bytes that it may have.");
	gauge(w, "relay_full", p->relay_full, "1: it is not written, for want of room.");
	moment(w, "relay_timestamp_seconds", p->relay_time, "When the newest change in it was made.");
	put_delivery(w, &p->delivery);
	gauge(w, "source_behind_bytes", (double)p->source_behind_bytes, "Bytes of the source's log that were read and not applied yet.");
	gauge(w, "memory_bytes", (double)p->memory_used, "Bytes of the log that are read and not applied yet, in memory.");
	gauge(w, "consistent", p->consistent, "1: every committed state of the destination is one of the source's.");
	gauge(w, "caught_up", p->caught_up, "1: all has arrived that the source had committed when it was last asked.");
	gauge(w, "throttled", p->throttled[0] != '\0', "1: a limit of speed holds the task back.");
	moment(w, "checkpoint_timestamp_seconds", p->checkpoint, "When a position was last committed at the destination.");
	moment(w, "start_timestamp_seconds", p->started, "When the process was started.");
	moment(w, "updated_timestamp_seconds", p->taken, "When these numbers were taken.");
}

static void put_verify(struct writer *w, const struct rs_verify_progress *v)
{
	put_head(w, "verify_share_percent", "gauge", "Share of the last minute that the comparison's queries took.");
	if (v->source_share >= 0)
		put_sample(w, "verify_share_percent", ",server=\"source\"", v->source_share);
	if (v->dest_share >= 0)
		put_sample(w, "verify_share_percent", ",server=\"destination\"", v->dest_share);
	gauge(w, "verify_differences", (double)v->differences, "Rows that are known to differ.");
	moment(w, "verify_pass_timestamp_seconds", v->pass_ended, "When all tables had last been compared.");
	put(w, "verify_passes_total", "counter", (double)v->passes, "Comparisons of all tables that have ended.");
	put(w, "verify_rows_total", "counter", (double)v->rows, "Rows that they compared.");
	put(w, "verify_found_total", "counter", (double)v->found, "Rows that were found to differ.");
	put(w, "verify_repaired_total", "counter", (double)v->repaired, "Of them, those that were mended.");
}

void rs_metrics_text(struct rs_buf *out, const struct rs_task *task, const struct rs_progress *p)
{
	struct writer w = {.out = out, .task = RS_BUF_INIT};

	escape_label(&w.task, task->name);
	put_states(&w, p->state);
	put_alerts(&w, p);
	put_measures(&w, p);
	put_copy(&w, p);
	put_changes(&w, p);
	put_problems(&w, p);
	put_verify(&w, &p->verify);
	rs_buf_release(&w.task);
}

/* ------------------------------------------------------------------ the file, and its companion */

struct rs_metrics {
	struct rs_task *task;
	void (*problem)(void *arg, const struct rs_err *err);
	void *arg;
	rs_usec written;        /* monotonic; 0: never */
	enum rs_state state;    /* that was written */
	bool failing;           /* it was said that the file can't be written */
	struct rs_metrics_http *http;
};

static void complain(struct rs_metrics *m, const char *what, const struct rs_err *err)
{
	rs_log_err(RS_LOG_WARN, what, err);
	m->problem(m->arg, err);
}

struct rs_metrics *rs_metrics_open(const struct rs_task *task, const struct rs_progress *(*progress)(void *arg),
                                   void (*problem)(void *arg, const struct rs_err *err), void *arg)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_metrics *m;

	if (!task->metrics_file && !task->metrics_listen)
		return NULL;
	m = rs_xcalloc(1, sizeof *m);
	m->task = rs_task_copy(task);
	m->problem = problem;
	m->arg = arg;
	if (task->metrics_listen && !(m->http = rs_metrics_http_open(m->task, progress, arg, &err)))
		complain(m, "no metrics over HTTP", &err);
	rs_err_clear(&err);
	return m;
}

/* Others read it: there is nothing secret in it. */
static void write_file(struct rs_metrics *m, const struct rs_progress *p)
{
	struct rs_buf text = RS_BUF_INIT;
	struct rs_err err = RS_ERR_INIT;
	bool failed;

	rs_metrics_text(&text, m->task, p);
	failed = rs_file_write(m->task->metrics_file, rs_buf_str(&text), text.len, 0644, &err) != RS_OK;
	if (failed && !m->failing)
		complain(m, "metrics", &err);
	m->failing = failed;
	rs_err_clear(&err);
	rs_buf_release(&text);
}

void rs_metrics_tick(struct rs_metrics *m, const struct rs_progress *p)
{
	rs_usec now = rs_clock_mono();

	if (!m || !m->task->metrics_file)
		return;
	if (m->written != 0 && m->state == p->state && now - m->written < FILE_EVERY)
		return;
	write_file(m, p);
	m->written = now;
	m->state = p->state;
}

void rs_metrics_close(struct rs_metrics *m)
{
	if (!m)
		return;
	rs_metrics_http_close(m->http);
	rs_task_free(m->task);
	free(m);
}
