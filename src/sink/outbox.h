/* What is on its way to a destination that answers later: messages that were handed over, and whose transaction is not committed
 * yet (without transactions: that are not acknowledged). Told by the sink's links, each by the thread that uses it; read by the
 * engine at any time, from any thread. */
#ifndef RS_OUTBOX_H
#define RS_OUTBOX_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"

/* Whether the links of a sink are open is told by them; all that is in a box is zero where there is none. */
struct rs_outbox {
	pthread_mutex_t lock;          /* guards the list; no message passes it */
	struct rs_outbox_link *links;
};

/* One connection's share. Part of the link, which stays at its place. */
struct rs_outbox_link {
	struct rs_outbox *box;         /* NULL: nobody wants to know */
	struct rs_outbox_link *next;
	uint64_t (*unanswered)(void *arg); /* messages that no broker has acknowledged yet; from any thread */
	void *arg;
	atomic_uint_fast64_t written;  /* since the last that were settled */
	atomic_int_fast64_t since;     /* monotonic: the first of them; 0: there are none */
	atomic_int_fast64_t longest;   /* that one waited which was settled, since somebody asked */
};

struct rs_outbox_content {
	bool open;                     /* a link is */
	uint64_t uncommitted;          /* messages that were handed over and are not committed */
	uint64_t unacknowledged;       /* of those, that no broker has acknowledged */
	rs_usec waiting;               /* for how long the oldest of them has been waiting; 0: there are none */
};

void rs_outbox_init(struct rs_outbox *box);
void rs_outbox_release(struct rs_outbox *box);
/* box NULL: nothing. unanswered must hold until rs_outbox_leave. */
void rs_outbox_join(struct rs_outbox *box, struct rs_outbox_link *link, uint64_t (*unanswered)(void *arg), void *arg);
/* Nothing where it has not joined. */
void rs_outbox_leave(struct rs_outbox_link *link);
/* The link's thread: so many messages were handed over; what was is committed; is taken back. */
void rs_outbox_written(struct rs_outbox_link *link, size_t n);
void rs_outbox_committed(struct rs_outbox_link *link);
void rs_outbox_undone(struct rs_outbox_link *link);

void rs_outbox_look(struct rs_outbox *box, struct rs_outbox_content *out);
/* The longest that a message waited which was committed since the last call; begins anew. */
rs_usec rs_outbox_longest(struct rs_outbox *box);

#endif
