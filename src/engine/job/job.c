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
		if (j->conns[i].conn)
			j->conns[i].cancel(j->conns[i].conn);
	rs_monitor_wake(&j->monitor);
	rs_monitor_leave(&j->monitor);
	rs_thread_join(&j->thread);
	rs_cancel_release(&j->cancel);
	rs_monitor_release(&j->monitor);
}

/* The flag is looked at and the connection made known under one lock, so that stop misses neither. */
enum rs_rc rs_job_note(struct rs_job *j, size_t slot, struct rs_job_conn conn, struct rs_err *err)
{
	bool cancelled;

	rs_monitor_enter(&j->monitor);
	cancelled = rs_job_cancelled(j);
	if (!cancelled)
		j->conns[slot] = conn;
	rs_monitor_leave(&j->monitor);
	if (!cancelled)
		return RS_OK;
	rs_err_set(err, RS_E_CANCELLED, _("cancelled"));
	return RS_CANCELLED;
}

void *rs_job_forget(struct rs_job *j, size_t slot)
{
	void *conn;

	rs_monitor_enter(&j->monitor);
	conn = j->conns[slot].conn;
	j->conns[slot] = (struct rs_job_conn){NULL, NULL};
	rs_monitor_leave(&j->monitor);
	return conn;
}

static void cancel_my(void *conn)
{
	rs_my_cancel(conn);
}

enum rs_rc rs_job_open(struct rs_job *j, size_t slot, struct rs_my *my, const struct rs_endpoint *endpoint,
                       struct rs_err *err)
{
	*my = (struct rs_my)RS_MY_INIT;
	if (endpoint->protocol != RS_PROTOCOL_MYSQL)
		return RS_OK;
	if (rs_job_note(j, slot, (struct rs_job_conn){my, cancel_my}, err) != RS_OK)
		return RS_CANCELLED;
	return rs_my_open_endpoint(my, endpoint, RS_MY_CATALOG, err);
}

void rs_job_close(struct rs_job *j, size_t slot)
{
	struct rs_my *my = rs_job_forget(j, slot);

	if (my)
		rs_my_close(my);
}
