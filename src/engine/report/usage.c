/* How long a task has been at work and what it has done, phase by phase and over all processes that ran it, as far as this
 * host knows. Time in which it retries or is paused is time of the phase in which it does: its connections and the source's log
 * are held for it. */
#include "engine/core.h"

static bool is_at_work(enum rs_state s)
{
	return s == RS_STATE_INITIALIZING || s == RS_STATE_SYNCHRONIZING || s == RS_STATE_RETRYING || s == RS_STATE_PAUSED;
}

static bool is_over(const struct rs_phase *p)
{
	return p->state == RS_PHASE_OFF || p->state == RS_PHASE_DONE;
}

/* The phase that the task is in; RS_PHASE_COUNT: nothing was heard of the destination yet. */
static enum rs_phase_id phase_of(const struct rs_progress *p)
{
	bool known = false;

	for (int i = 0; i < RS_PHASE_COUNT; i++)
		known = known || p->phases[i].state != RS_PHASE_OFF;
	if (!known)
		return RS_PHASE_COUNT;
	for (int i = 0; i < RS_PHASE_INCREMENTAL; i++)
		if (!is_over(&p->phases[i]))
			return (enum rs_phase_id)i;
	return RS_PHASE_INCREMENTAL;
}

void rs_usage_recall(struct rs_usage_meter *m, const struct rs_progress *stored)
{
	m->before = stored->usage;
}

void rs_usage_pass(struct rs_usage_meter *m, const struct rs_progress *p, rs_usec now)
{
	rs_usec passed = m->at > 0 && is_at_work(p->state) ? now - m->at : 0;
	enum rs_phase_id phase = phase_of(p);

	m->at = now;
	m->owed += passed;
	if (phase == RS_PHASE_COUNT)
		return;
	m->running[phase] += m->owed;
	m->owed = 0;
}

void rs_usage_show(const struct rs_usage_meter *m, struct rs_progress *p)
{
	p->usage = m->before;
	for (int i = 0; i < RS_PHASE_COUNT; i++)
		p->usage.running[i] += m->running[i];
	p->usage.changes += p->inserts + p->updates + p->deletes + p->ddls;
}
