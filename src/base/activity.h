/* What threads are at, for those who look from outside: whether one computes, or what it waits for; and which statements took
 * long. A thread that takes part says so once; what it calls marks its waits, wherever that is: a connection, a queue, a
 * limit. To mark costs two stores and no clock; who looks does so again and again (rs_activities_sample), and what is told of
 * the last seconds is how often something was seen.
 *
 * Threads that take part in nothing mark nothing. */
#ifndef RS_ACTIVITY_H
#define RS_ACTIVITY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"

enum rs_doing {
	RS_DOING_WORK,       /* computes */
	RS_DOING_SOURCE,     /* waits for the source's server, or the network to it */
	RS_DOING_DEST,       /* the same of the destination */
	RS_DOING_ROOM,       /* waits until others have taken what it has made */
	RS_DOING_NOTHING,    /* waits for something to do */
	RS_DOING_TURN,       /* waits for its turn, under a limit of speed */
	RS_DOING_OTHERS,     /* waits for others who have a share of the same work */
	RS_DOING_COUNT
};
/* "source": the published word. */
const char *rs_doing_code(enum rs_doing d);
bool rs_doing_parse(const char *code, enum rs_doing *d);

#define RS_ACTIVITY_NAME 24
#define RS_ACTIVITY_ABOUT 160

struct rs_activities;

/* One thread's, on its stack. */
struct rs_activity {
	struct rs_activities *all;
	struct rs_activity *next;    /* the next four: under the lock of all */
	char name[RS_ACTIVITY_NAME];
	char about[RS_ACTIVITY_ABOUT];
	struct rs_activity_seen {    /* by who samples */
		unsigned word;
		rs_usec since;           /* monotonic: seen like this for the first time; 0: never sampled */
		double weight[RS_DOING_COUNT];
	} seen;
	atomic_uint word;            /* counts what it began, above three bits for what that is */
	_Atomic unsigned long connection; /* at which it waits, or did last; 0: none yet */
};

extern _Thread_local struct rs_activity *rs_activity_own; /* NULL: takes no part */

/* The calling thread takes part until the end. */
void rs_activity_begin(struct rs_activities *all, struct rs_activity *a, const char *name);
void rs_activity_end(struct rs_activity *a);
/* What it works at: a table. For things that take a while. printf style. */
void rs_activity_about(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The calling thread does this from now on; what it did before, to be given back. */
static inline enum rs_doing rs_activity_enter(enum rs_doing what)
{
	struct rs_activity *a = rs_activity_own;
	unsigned word;

	if (a == NULL)
		return RS_DOING_WORK;
	word = atomic_load_explicit(&a->word, memory_order_relaxed);
	if ((word & 7) == (unsigned)what)
		return what;
	atomic_store_explicit(&a->word, ((word | 7) + 1) | (unsigned)what, memory_order_relaxed);
	return (enum rs_doing)(word & 7);
}
/* The calling thread sleeps, whatever for: nobody says more of who had nothing to wait for. */
static inline enum rs_doing rs_activity_sleep(void)
{
	struct rs_activity *a = rs_activity_own;
	enum rs_doing now;

	if (a == NULL)
		return RS_DOING_WORK;
	now = (enum rs_doing)(atomic_load_explicit(&a->word, memory_order_relaxed) & 7);
	return now == RS_DOING_WORK ? rs_activity_enter(RS_DOING_NOTHING) : now;
}
static inline void rs_activity_leave(enum rs_doing before) { (void)rs_activity_enter(before); }
/* The same for a connection. */
static inline enum rs_doing rs_activity_ask(enum rs_doing what, unsigned long connection)
{
	if (rs_activity_own != NULL)
		atomic_store_explicit(&rs_activity_own->connection, connection, memory_order_relaxed);
	return rs_activity_enter(what);
}

/* ------------------------------------------------------------------ statements */

#define RS_SLOW_TEXT 120
#define RS_SLOW_MAX 32                 /* that are remembered; those that took least altogether go first */
#define RS_SLOW_LEAST (10 * 1000)      /* microseconds: what took less is not counted */

/* Those that begin the same are one. */
struct rs_slow {
	char text[RS_SLOW_TEXT];       /* up to what may be a value of the user's */
	enum rs_doing where;           /* SOURCE, DEST */
	uint64_t count;
	rs_usec total, longest;
	rs_usec last;                  /* wall clock */
};
/* One of the calling thread took so long. */
void rs_activity_statement(enum rs_doing where, const char *sql, size_t len, rs_usec took);
/* When it begins; 0: nobody wants to know. */
static inline rs_usec rs_activity_clock(void) { return rs_activity_own != NULL ? rs_clock_mono() : 0; }

/* ------------------------------------------------------------------ all of them */

struct rs_activities {
	pthread_mutex_t lock;          /* guards everything below; held to copy */
	struct rs_activity *first;     /* in the order of their names */
	struct rs_slow slow[RS_SLOW_MAX];
	size_t n_slow;
};

void rs_activities_init(struct rs_activities *all);
/* After all threads have ended. */
void rs_activities_release(struct rs_activities *all);
/* Looks at all threads; every few tenths of a second. */
void rs_activities_sample(struct rs_activities *all);

/* As it was when it was looked at last. */
struct rs_worker_seen {
	char name[RS_ACTIVITY_NAME];
	char about[RS_ACTIVITY_ABOUT]; /* "" nothing */
	enum rs_doing doing;
	rs_usec for_time;              /* at least */
	unsigned long connection;      /* while it waits for a server, else 0 */
	double share[RS_DOING_COUNT];  /* of the last seconds; all 0 before it was seen */
};
/* malloc'ed; *n of them. */
struct rs_worker_seen *rs_activities_workers(struct rs_activities *all, size_t *n);
/* The same of the statements, longest first. */
struct rs_slow *rs_activities_slow(struct rs_activities *all, size_t *n);

#endif
