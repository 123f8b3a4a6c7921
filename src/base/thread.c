#include "base/thread.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/activity.h"
#include "base/err.h"
#include "base/mem.h"

#define NAME_SIZE 16 /* what Linux keeps, with the NUL */
#define SHORT_TURN 300000 /* ns; a transaction takes the thread less */

static _Thread_local char own_name[NAME_SIZE] = "main";

static _Thread_local bool short_turns;

static _Atomic(void (*)(void)) end_hook;

void rs_thread_at_end(void (*fn)(void)) { atomic_store(&end_hook, fn); }

struct start {
	void *(*fn)(void *);
	void *arg;
	char name[NAME_SIZE];
	bool short_turns;      /* the starter's, which the new thread has inherited */
};

/* sched_setattr(2), which the C library has no name for. */
struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime;      /* of SCHED_OTHER: how long a turn is, in ns; 0: as usual */
	uint64_t deadline, period;
};

/* What the user has set for the process stays; who has chosen another policy has decided himself. */
static void set_turns(uint64_t ns)
{
	struct attributes a = {.size = sizeof a};

	if (syscall(SYS_sched_getattr, 0, &a, sizeof a, 0U) != 0 || a.policy != SCHED_OTHER)
		return;
	a.runtime = ns;
	(void)syscall(SYS_sched_setattr, 0, &a, 0U);
}

void rs_thread_short_turns(bool on)
{
	if (on != short_turns)
		set_turns(on ? SHORT_TURN : 0);
	short_turns = on;
}

static void *run(void *p)
{
	struct start start = *(struct start *)p;

	free(p);
	memcpy(own_name, start.name, sizeof own_name);
	pthread_setname_np(pthread_self(), own_name);
	if (start.short_turns)
		set_turns(0);
	void *result = start.fn(start.arg);

	void (*at_end)(void) = atomic_load(&end_hook);
	if (at_end != NULL)
		at_end();
	return result;
}

/* Blocks all but the signals that report a fault of the thread itself, which are no use when they are blocked. */
static void block_signals(sigset_t *old)
{
	sigset_t all;

	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGABRT);
	pthread_sigmask(SIG_SETMASK, &all, old);
}

bool rs_thread_start(struct rs_thread *t, const char *name, void *(*fn)(void *), void *arg)
{
	struct start *start = rs_xcalloc(1, sizeof *start);
	sigset_t old;
	int rc;

	start->fn = fn;
	start->arg = arg;
	start->short_turns = short_turns;
	snprintf(start->name, sizeof start->name, "%s", name);
	block_signals(&old);
	rc = pthread_create(&t->id, NULL, run, start);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	t->running = rc == 0;
	if (!t->running)
		free(start);
	return t->running;
}

void rs_thread_join(struct rs_thread *t)
{
	int rc;

	if (!t->running)
		return;
	rc = pthread_join(t->id, NULL);
	if (rc != 0)
		rs_bug("pthread_join: error %d", rc);
	t->running = false;
}

const char *rs_thread_name(void)
{
	return own_name;
}

/* The calls below can fail only when they are misused. */
static void must(int rc, const char *what)
{
	if (rc != 0)
		rs_bug("%s: error %d", what, rc);
}

void rs_monitor_init(struct rs_monitor *m)
{
	pthread_condattr_t attr;

	must(pthread_condattr_init(&attr), "pthread_condattr_init");
	must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC), "pthread_condattr_setclock");
	must(pthread_mutex_init(&m->lock, NULL), "pthread_mutex_init");
	must(pthread_cond_init(&m->cond, &attr), "pthread_cond_init");
	pthread_condattr_destroy(&attr);
}

void rs_monitor_release(struct rs_monitor *m)
{
	must(pthread_cond_destroy(&m->cond), "pthread_cond_destroy");
	must(pthread_mutex_destroy(&m->lock), "pthread_mutex_destroy");
}

void rs_monitor_enter(struct rs_monitor *m)
{
	must(pthread_mutex_lock(&m->lock), "pthread_mutex_lock");
}

void rs_monitor_leave(struct rs_monitor *m)
{
	must(pthread_mutex_unlock(&m->lock), "pthread_mutex_unlock");
}

void rs_monitor_wake(struct rs_monitor *m)
{
	must(pthread_cond_broadcast(&m->cond), "pthread_cond_broadcast");
}

/* Now plus the timeout on the real monotonic clock, also where tests fake ours. */
static struct timespec deadline_after(rs_usec timeout)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += (time_t)(timeout / RS_USEC_PER_SEC);
	ts.tv_nsec += (long)(timeout % RS_USEC_PER_SEC) * 1000;
	if (ts.tv_nsec >= 1000000000L) {
		ts.tv_nsec -= 1000000000L;
		ts.tv_sec++;
	}
	return ts;
}

static bool wait_until(struct rs_monitor *m, const struct timespec *deadline)
{
	enum rs_doing before = rs_activity_sleep();
	int rc = deadline ? pthread_cond_timedwait(&m->cond, &m->lock, deadline)
	                  : pthread_cond_wait(&m->cond, &m->lock);

	rs_activity_leave(before);
	if (rc != ETIMEDOUT)
		must(rc, "pthread_cond_wait");
	return rc == 0;
}

bool rs_monitor_wait(struct rs_monitor *m, rs_usec timeout)
{
	struct timespec deadline;

	if (timeout < 0)
		return wait_until(m, NULL);
	deadline = deadline_after(timeout);
	return wait_until(m, &deadline);
}

bool rs_monitor_wait_for(struct rs_monitor *m, rs_usec timeout, bool (*ready)(const void *), const void *arg)
{
	struct timespec deadline;

	if (ready(arg))
		return true;
	if (timeout >= 0)
		deadline = deadline_after(timeout);
	while (!ready(arg))
		if (!wait_until(m, timeout < 0 ? NULL : &deadline))
			return ready(arg);
	return true;
}

void rs_cancel_init(struct rs_cancel *c)
{
	atomic_init(&c->set, false);
	rs_monitor_init(&c->monitor);
}

void rs_cancel_release(struct rs_cancel *c)
{
	rs_monitor_release(&c->monitor);
}

void rs_cancel_set(struct rs_cancel *c)
{
	rs_monitor_enter(&c->monitor);
	atomic_store_explicit(&c->set, true, memory_order_release);
	rs_monitor_wake(&c->monitor);
	rs_monitor_leave(&c->monitor);
}

static bool is_cancelled(const void *c)
{
	return rs_cancel_is_set(c);
}

bool rs_cancel_sleep(struct rs_cancel *c, rs_usec time)
{
	bool set;

	rs_monitor_enter(&c->monitor);
	set = rs_monitor_wait_for(&c->monitor, time, is_cancelled, c);
	rs_monitor_leave(&c->monitor);
	return set;
}
