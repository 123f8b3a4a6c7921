/* Limits of speed: so many rows, bytes and queries a second, shared by all threads that do one kind of work. A thread says
 * what it is about to do and waits for its turn, first come, first served. In any stretch of time no more is let through
 * than the limit times that time and RS_THROTTLE_BURST of a second's worth; whatever is larger than that burst waits until
 * it is all paid for.
 *
 * A bucket is the arithmetic of one limit, without clock or lock. A throttle is a bucket a unit, a lock, and the waiting;
 * its limits may be changed at any time and from any thread, also for those who are waiting. */
#ifndef RS_THROTTLE_H
#define RS_THROTTLE_H

#include <pthread.h>
#include "base/err.h"
#include "base/thread.h"

#define RS_THROTTLE_BURST 4 /* a quarter of a second */

struct rs_bucket {
	uint64_t rate;  /* a second; 0: no limit */
	double made;    /* tokens since the limit was set, never more than were taken */
	double taken;   /* also by those who still wait for them */
	rs_usec at;     /* when made was right, monotonic */
};

/* Whoever waits goes on under the new rate. */
void rs_bucket_set(struct rs_bucket *b, uint64_t rate, rs_usec now);
/* Takes n tokens; the ticket with which to wait for them. */
double rs_bucket_take(struct rs_bucket *b, uint64_t n, rs_usec now);
/* How long a ticket has to wait from now on; 0: not at all. */
rs_usec rs_bucket_due(struct rs_bucket *b, double ticket, rs_usec now);
/* What was taken is not used after all. */
void rs_bucket_return(struct rs_bucket *b, uint64_t n);

enum rs_throttle_unit { RS_THROTTLE_ROWS, RS_THROTTLE_BYTES, RS_THROTTLE_QUERIES, RS_THROTTLE_UNITS };

struct rs_throttle {
	pthread_mutex_t lock;    /* guards all but limited; never held while waiting */
	struct rs_bucket buckets[RS_THROTTLE_UNITS];
	atomic_bool limited;     /* any of them has a rate */
	unsigned waiting;        /* threads */
	rs_usec waiting_since;   /* monotonic: the first of them */
	rs_usec held;            /* time in which somebody waited, before waiting_since */
	enum rs_throttle_unit by; /* what made the last one wait */
};

struct rs_cost {
	uint64_t of[RS_THROTTLE_UNITS];
};

void rs_throttle_init(struct rs_throttle *t);
void rs_throttle_release(struct rs_throttle *t);
/* rate 0: no limit. */
void rs_throttle_set(struct rs_throttle *t, enum rs_throttle_unit unit, uint64_t rate);
uint64_t rs_throttle_rate(struct rs_throttle *t, enum rs_throttle_unit unit);
static inline bool rs_throttle_is_limited(const struct rs_throttle *t) { return atomic_load(&t->limited); }
/* Waits until the limits allow it. RS_CANCELLED as soon as stopping is set, where it would have to wait. */
enum rs_rc rs_throttle_wait(struct rs_throttle *t, const struct rs_cost *cost, struct rs_cancel *stopping) RS_MUST_CHECK;
/* How long that would take now, without taking anything. */
rs_usec rs_throttle_delay(struct rs_throttle *t, const struct rs_cost *cost);
/* For how long in all somebody had to wait, and for which limit last. */
rs_usec rs_throttle_held(struct rs_throttle *t, enum rs_throttle_unit *by);

#endif
