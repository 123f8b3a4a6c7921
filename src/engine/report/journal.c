/* What the log says of a running task: every state and phase, every pause, retry and anomaly, with the published code and
 * with where the task stood. */
#include "engine/core.h"

#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/mem.h"

static void put_position(struct rs_buf *out, const struct rs_position *p)
{
	char place[RS_POSITION_SHOWN];

	if (p->file != NULL)
		rs_buf_addf(out, " position=%s", rs_position_show(p, place));
}

void rs_journal(struct rs_engine *e, enum rs_level level, const struct rs_err *err, const char *fmt, ...)
{
	struct rs_buf text = RS_BUF_INIT;
	va_list ap;
	char *what;

	if (!rs_log_enabled(level))
		return;
	va_start(ap, fmt);
	what = rs_xvprintf(fmt, ap);
	va_end(ap);
	rs_buf_addf(&text, "%s task=\"%s\"", what, e->task->name);
	free(what);
	pthread_mutex_lock(&e->stats.lock);
	put_position(&text, &e->stats.applied);
	pthread_mutex_unlock(&e->stats.lock);
	if (err != NULL)
		rs_log_err(level, rs_buf_str(&text), err);
	else
		rs_log(level, "%s", rs_buf_str(&text));
	rs_buf_release(&text);
}

/* A pause, or an end, that somebody wanted. */
static void tell_rest(struct rs_engine *e, const char *what)
{
	struct rs_err err = RS_ERR_INIT;

	rs_err_set(&err, RS_E_CANCELLED, "by command; nothing is written until it is told to go on");
	rs_journal(e, RS_LOG_INFO, &err, "%s", what);
	rs_err_clear(&err);
}

static void tell_state(struct rs_engine *e, enum rs_state from, enum rs_state to)
{
	if (from == to)
		return;
	rs_journal(e, RS_LOG_INFO, NULL, "state from=%s to=%s", rs_state_code(from), rs_state_code(to));
	if (to == RS_STATE_PAUSED)
		tell_rest(e, "paused");
	if (to == RS_STATE_STOPPED)
		tell_rest(e, "stopped");
}

static void tell_phase(struct rs_engine *e, enum rs_phase_id id, const struct rs_phase *p)
{
	rs_journal(e, RS_LOG_INFO, NULL, "phase %s %s done=%llu of=%llu", rs_phase_code(id), rs_phase_state_code(p->state),
	           (unsigned long long)p->done, (unsigned long long)p->total);
}

static void tell_wish(struct rs_engine *e, struct rs_journal *j)
{
	static const char *const words[] = {"go on", "pause", "stop", "release"};

	rs_monitor_enter(&e->monitor);
	enum rs_wish wish = e->wish;
	rs_monitor_leave(&e->monitor);
	if (wish != j->wish)
		rs_journal(e, RS_LOG_INFO, NULL, "told to %s", words[wish]);
	j->wish = wish;
}

static void tell_limit(struct rs_engine *e, const char *before, const char *now)
{
	if (*now && strcmp(now, before) != 0)
		rs_journal(e, RS_LOG_INFO, NULL, "held back by the limit %s", now);
	else if (!*now && *before)
		rs_journal(e, RS_LOG_INFO, NULL, "no longer held back by the limit %s", before);
}

static void tell_long_step(struct rs_engine *e, struct rs_journal *j)
{
	rs_usec since = atomic_load(&e->stats.busy_since);

	if (since == 0 || since == j->long_step || rs_clock_mono() - since < RS_LONG_STEP)
		return;
	j->long_step = since;
	rs_journal(e, RS_LOG_WARN, NULL, "the destination has been at one step for %d s", (int)(RS_LONG_STEP / RS_USEC_PER_SEC));
}

void rs_journal_progress(struct rs_engine *e, struct rs_journal *j, const struct rs_progress *p)
{
	tell_wish(e, j);
	tell_state(e, j->state, p->state);
	j->state = p->state;
	for (int i = 0; i < RS_PHASE_COUNT; i++) {
		if (p->phases[i].state != j->phases[i])
			tell_phase(e, (enum rs_phase_id)i, &p->phases[i]);
		j->phases[i] = p->phases[i].state;
	}
	tell_limit(e, j->throttled, p->throttled);
	memcpy(j->throttled, p->throttled, sizeof j->throttled);
	tell_long_step(e, j);
}
