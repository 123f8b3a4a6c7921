/* Threads with signals blocked, a lock with a condition, and the flag by which work is cancelled. No thread is ever
 * cancelled from outside: it looks at its flag, and whoever sets the flag also cancels the blocking server call. */
#ifndef RS_THREAD_H
#define RS_THREAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "base/clock.h"

struct rs_thread {
	pthread_t id;
	bool running; /* started and not yet joined */
};

/* Starts fn(arg) with all signals blocked but those of its own faults (SIGSEGV and the like). name (at most 15 bytes) is what
 * ps and the log show. False: no thread could be made. */
bool rs_thread_start(struct rs_thread *t, const char *name, void *(*fn)(void *), void *arg);
/* fn runs at the end of every thread from now on, in it: for a library that keeps things by thread. One fn. */
void rs_thread_at_end(void (*fn)(void));
/* Waits for its end; does nothing for one that is not running. */
void rs_thread_join(struct rs_thread *t);
/* The calling thread has little to do at a time, and somebody waits for it: from now on (on) it comes to its turn soon where
 * processors are busy, for which its turns are short. Threads that it starts take ordinary turns. Linux 6.12 and later;
 * elsewhere nothing changes. */
void rs_thread_short_turns(bool on);
/* The name given to the calling thread, "main" for the first. */
const char *rs_thread_name(void);

struct rs_monitor {
	pthread_mutex_t lock;
	pthread_cond_t cond; /* on the monotonic clock */
};

void rs_monitor_init(struct rs_monitor *m);
void rs_monitor_release(struct rs_monitor *m);
void rs_monitor_enter(struct rs_monitor *m);
void rs_monitor_leave(struct rs_monitor *m);
void rs_monitor_wake(struct rs_monitor *m);
/* Inside enter/leave. timeout < 0 waits for ever. False on timeout. */
bool rs_monitor_wait(struct rs_monitor *m, rs_usec timeout);
/* Inside enter/leave: waits until ready(arg), which is called with the lock held, through any number of wake-ups.
 * timeout < 0 waits for ever. False when it was not ready in time. */
bool rs_monitor_wait_for(struct rs_monitor *m, rs_usec timeout, bool (*ready)(const void *arg), const void *arg);

/* A flag that is set once and seen by all; waiting on it is how a thread sleeps and can still be stopped. */
struct rs_cancel {
	atomic_bool set;
	struct rs_monitor monitor;
};

void rs_cancel_init(struct rs_cancel *c);
void rs_cancel_release(struct rs_cancel *c);
void rs_cancel_set(struct rs_cancel *c);
static inline bool rs_cancel_is_set(const struct rs_cancel *c)
{
	return atomic_load_explicit(&c->set, memory_order_acquire);
}
/* Sleeps (time < 0: for ever); returns true at once when the flag is or gets set. */
bool rs_cancel_sleep(struct rs_cancel *c, rs_usec time);

#endif
