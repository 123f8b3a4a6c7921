#include "engine/objects/errand.h"

#include "engine/follow/follow.h"

#define LOOK_AT_CANCEL RS_MSEC(100)

enum turn { WAITING, RUNNING, DONE, TURNED_AWAY };

/* Lives on the stack of who asks. All but fn and arg under the monitor. */
struct rs_errand {
	rs_errand_fn *fn;
	void *arg;
	struct rs_errand *next;
	enum turn turn;
	enum rs_rc rc;
	struct rs_err err;
};

void rs_errands_init(struct rs_errands *all)
{
	*all = (struct rs_errands){0};
	rs_monitor_init(&all->monitor);
}

void rs_errands_release(struct rs_errands *all) { rs_monitor_release(&all->monitor); }

/* ---------------------------------------------------------------- who asks */

static void hand_in(struct rs_errands *all, struct rs_errand *errand)
{
	struct rs_errand **end = &all->first;

	while (*end != NULL)
		end = &(*end)->next;
	*end = errand;
	rs_reading_nudge(all->wake);
}

static void take_back(struct rs_errands *all, struct rs_errand *errand)
{
	for (struct rs_errand **at = &all->first; *at != NULL; at = &(*at)->next)
		if (*at == errand) {
			*at = errand->next;
			break;
		}
	errand->turn = TURNED_AWAY;
	errand->rc = RS_CANCELLED;
}

static void wait_for(struct rs_errands *all, struct rs_errand *errand, const struct rs_cancel *cancel)
{
	while (errand->turn == WAITING || errand->turn == RUNNING) {
		if (errand->turn == WAITING && cancel != NULL && rs_cancel_is_set(cancel))
			take_back(all, errand);
		else
			rs_monitor_wait(&all->monitor, cancel ? LOOK_AT_CANCEL : -1);
	}
}

enum rs_rc rs_errand_do(struct rs_engine *e, rs_errand_fn *fn, void *arg, const struct rs_cancel *cancel,
                        struct rs_err *err)
{
	struct rs_errands *all = &e->errands;
	struct rs_errand errand = {.fn = fn, .arg = arg, .turn = WAITING, .rc = RS_AGAIN, .err = RS_ERR_INIT};

	rs_monitor_enter(&all->monitor);
	if (all->wake != NULL) {
		hand_in(all, &errand);
		wait_for(all, &errand, cancel);
	}
	rs_monitor_leave(&all->monitor);
	if (errand.rc == RS_FAIL)
		rs_err_move(err, &errand.err);
	rs_err_clear(&errand.err);
	return errand.rc;
}

void rs_errands_renew(struct rs_errands *all)
{
	rs_monitor_enter(&all->monitor);
	all->renew = true;
	if (all->wake != NULL)
		rs_reading_nudge(all->wake);
	rs_monitor_leave(&all->monitor);
}

void rs_errands_renewed(struct rs_errands *all)
{
	rs_monitor_enter(&all->monitor);
	all->renew = false;
	rs_monitor_leave(&all->monitor);
}

/* ---------------------------------------------------------------- the coordinator */

void rs_errands_open(struct rs_errands *all, struct rs_reading *wake)
{
	rs_monitor_enter(&all->monitor);
	all->wake = wake;
	rs_monitor_leave(&all->monitor);
}

void rs_errands_close(struct rs_errands *all)
{
	rs_monitor_enter(&all->monitor);
	all->wake = NULL;
	for (; all->first != NULL; all->first = all->first->next)
		all->first->turn = TURNED_AWAY;
	rs_monitor_wake(&all->monitor);
	rs_monitor_leave(&all->monitor);
}

bool rs_errands_wait(struct rs_errands *all)
{
	rs_monitor_enter(&all->monitor);
	bool wait = all->wake != NULL && (all->first != NULL || all->renew);
	rs_monitor_leave(&all->monitor);
	return wait;
}

void rs_errands_run(struct rs_errands *all, struct rs_follow *f)
{
	rs_monitor_enter(&all->monitor);
	while (all->first != NULL) {
		struct rs_errand *errand = all->first;
		all->first = errand->next;
		errand->turn = RUNNING;
		rs_monitor_leave(&all->monitor);
		enum rs_rc rc = errand->fn(f, errand->arg, &errand->err);
		rs_monitor_enter(&all->monitor);
		errand->rc = rc;
		errand->turn = DONE;
		rs_monitor_wake(&all->monitor);
	}
	f->renew = f->renew || (all->renew && all->wake != NULL);
	rs_monitor_leave(&all->monitor);
}
