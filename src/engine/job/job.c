#include "engine/job/job.h"

#include "base/i18n.h"

void rs_job_wake(const struct rs_job *j)
{
	if (j->wake.fn)
		j->wake.fn(j->wake.arg);
}

static void *job_main(void *arg)
{
	struct rs_job *j = arg;

	j->run(j->arg);
	return NULL;
}

bool rs_job_start(struct rs_job *j, const char *name, void (*run)(void *arg), void *arg, struct rs_wake wake)
{
	*j = (struct rs_job){.run = run, .arg = arg, .wake = wake};
	rs_monitor_init(&j->monitor);
	rs_cancel_init(&j->cancel);
	if (rs_thread_start(&j->thread, name, job_main, j))
		return true;
	rs_cancel_release(&j->cancel);
	rs_monitor_release(&j->monitor);
	return false;
}

void rs_job_stop(struct rs_job *j)
{
	rs_cancel_set(&j->cancel);
	rs_monitor_enter(&j->monitor);
	for (size_t i = 0; i < RS_JOB_CONNECTIONS; i++)
		if (j->conns[i])
			rs_my_cancel(j->conns[i]);
	rs_monitor_wake(&j->monitor);
	rs_monitor_leave(&j->monitor);
	rs_thread_join(&j->thread);
	rs_cancel_release(&j->cancel);
	rs_monitor_release(&j->monitor);
}

/* The flag is looked at and the connection made known under one lock, so that stop misses neither. */
static bool conn_register(struct rs_job *j, size_t slot, struct rs_my *my)
{
	bool cancelled;

	rs_monitor_enter(&j->monitor);
	cancelled = rs_job_cancelled(j);
	if (!cancelled)
		j->conns[slot] = my;
	rs_monitor_leave(&j->monitor);
	return !cancelled;
}

enum rs_rc rs_job_open(struct rs_job *j, size_t slot, struct rs_my *my, const struct rs_endpoint *endpoint,
                       struct rs_err *err)
{
	*my = (struct rs_my)RS_MY_INIT;
	if (!conn_register(j, slot, my)) {
		rs_err_set(err, RS_E_CANCELLED, _("cancelled"));
		return RS_CANCELLED;
	}
	return rs_my_open_endpoint(my, endpoint, RS_MY_CATALOG, err);
}

void rs_job_close(struct rs_job *j, size_t slot)
{
	struct rs_my *my;

	rs_monitor_enter(&j->monitor);
	my = j->conns[slot];
	j->conns[slot] = NULL;
	rs_monitor_leave(&j->monitor);
	if (my)
		rs_my_close(my);
}
