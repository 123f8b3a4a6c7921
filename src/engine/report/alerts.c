#include "engine/report/alerts.h"

#define LAG_LASTS (10 * RS_USEC_PER_SEC)    /* before it is told */
#define RETRY_LASTS (60 * RS_USEC_PER_SEC)
#define CALM_LASTS (30 * RS_USEC_PER_SEC)   /* before it is over */
#define TOLD_EVERY (600 * RS_USEC_PER_SEC)
#define HOUR (3600 * RS_USEC_PER_SEC)

const char *rs_alert_code(enum rs_alert alert)
{
	static const char *const codes[RS_ALERT_COUNT] = {
		[RS_ALERT_LAG] = "lag", [RS_ALERT_STATE] = "state", [RS_ALERT_FULL] = "full"};

	return codes[alert];
}

/* What a snapshot says of an alert: that it is to be raised, that it is not, or neither: as it was. */
enum verdict { CALM, UNCHANGED, ALARM };

static enum verdict judge_lag(const struct rs_task_alert *rules, const struct rs_progress *p)
{
	rs_usec most = (rs_usec)rules->lag * RS_USEC_PER_SEC;

	if (p->lag < 0)
		return UNCHANGED;
	return p->lag >= most ? ALARM : p->lag <= most / 2 ? CALM : UNCHANGED;
}

static bool has_failed(enum rs_state s)
{
	return s == RS_STATE_FAILED || s == RS_STATE_INITIALIZE_FAILED;
}

static enum verdict judge_state(const struct rs_progress *p)
{
	if (has_failed(p->state) || p->state == RS_STATE_RETRYING)
		return ALARM;
	return p->state == RS_STATE_STOPPED ? UNCHANGED : CALM; /* one that had failed is stopped so */
}

static enum verdict judge_full(const struct rs_task_alert *rules, const struct rs_progress *p)
{
	const struct rs_phase *full = &p->phases[RS_PHASE_FULL];

	if (full->state != RS_PHASE_RUNNING)
		return full->state == RS_PHASE_DONE ? CALM : UNCHANGED;
	return full->started > 0 && p->taken - full->started >= (rs_usec)rules->full_hours * HOUR ? ALARM : CALM;
}

static bool is_wanted(const struct rs_task_alert *rules, enum rs_alert alert)
{
	switch (alert) {
	case RS_ALERT_LAG: return rules->lag > 0;
	case RS_ALERT_STATE: return rules->state;
	case RS_ALERT_FULL: return rules->full_hours > 0;
	case RS_ALERT_COUNT: break;
	}
	return false;
}

static enum verdict judge(const struct rs_task_alert *rules, enum rs_alert alert, const struct rs_progress *p)
{
	switch (alert) {
	case RS_ALERT_LAG: return judge_lag(rules, p);
	case RS_ALERT_STATE: return judge_state(p);
	case RS_ALERT_FULL: return judge_full(rules, p);
	case RS_ALERT_COUNT: break;
	}
	return UNCHANGED;
}

/* How long a verdict must last. */
static rs_usec must_last(enum rs_alert alert, enum verdict verdict)
{
	if (alert == RS_ALERT_FULL)
		return 0;
	if (verdict == CALM)
		return CALM_LASTS;
	return alert == RS_ALERT_LAG ? LAG_LASTS : RETRY_LASTS;
}

/* Nothing tries again then, and its process may be about to end: whatever was told of retries before. */
static bool fails_now(struct rs_alerts *a, enum rs_alert alert, const struct rs_progress *p)
{
	bool before = a->failed;

	if (alert != RS_ALERT_STATE)
		return false;
	a->failed = has_failed(p->state);
	return a->failed && !before;
}

static void raise_one(struct rs_alerts *a, enum rs_alert alert, rs_usec now)
{
	a->raised |= 1u << alert;
	a->since[alert] = 0;
	a->told[alert] = now;
}

/* Whether the alert changes now. */
static bool look_at(struct rs_alerts *a, const struct rs_task_alert *rules, enum rs_alert alert, const struct rs_progress *p,
                    rs_usec now)
{
	unsigned bit = 1u << alert;
	bool raised = a->raised & bit;
	enum verdict verdict = judge(rules, alert, p);

	if (fails_now(a, alert, p)) {
		raise_one(a, alert, now);
		return true;
	}
	if (verdict != (raised ? CALM : ALARM)) {
		a->since[alert] = 0;
		return false;
	}
	if (a->since[alert] == 0)
		a->since[alert] = now;
	if (now - a->since[alert] < must_last(alert, verdict))
		return false;
	if (!raised && a->told[alert] > 0 && now - a->told[alert] < TOLD_EVERY)
		return false;
	if (!raised)
		raise_one(a, alert, now);
	else
		a->raised &= ~bit;
	a->since[alert] = 0;
	return true;
}

enum rs_alert_word rs_alerts_word(const struct rs_alerts *a, enum rs_alert alert)
{
	if (!(a->raised & 1u << alert))
		return RS_ALERT_IS_OVER;
	return alert == RS_ALERT_STATE && a->failed ? RS_ALERT_HAS_FAILED : RS_ALERT_IS_RAISED;
}

unsigned rs_alerts_look(struct rs_alerts *a, const struct rs_task_alert *rules, const struct rs_progress *p, rs_usec now)
{
	unsigned changed = 0;

	for (enum rs_alert alert = 0; alert < RS_ALERT_COUNT; alert++)
		if (!is_wanted(rules, alert))
			a->raised &= ~(1u << alert);
		else if (look_at(a, rules, alert, p, now))
			changed |= 1u << alert;
	return changed;
}
