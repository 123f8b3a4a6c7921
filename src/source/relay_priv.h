/* What the parts of the relay share: relay.c (what there is), relay_write.c, relay_read.c. Private to source/. */
#ifndef RS_RELAY_PRIV_H
#define RS_RELAY_PRIV_H

#include "base/thread.h"
#include "source/relay.h"
#include "source/relay_file.h"

struct rs_relay {
	char *dir, *task;
	struct rs_monitor monitor;     /* guards what follows, but for the writer's own */
	char *identity;                /* NULL: not bound */
	uint64_t quota, bytes;
	struct rs_relay_segment **segments; /* in order; those of a writer or reader stay where they are */
	size_t n, cap;
	uint64_t serials;              /* of the next segment */
	bool finishing, full, lasting;
	bool writing;
	void (*cancel)(void *arg);     /* of the writer */
	void *cancel_arg;

	/* the writer's own */
	struct rs_relay_segment *current; /* the last; what it reads there nobody else changes. NULL: there was no head yet */
	int fd;                        /* of it; -1 */
	struct rs_buf raw;             /* frames that are not written yet */
	rs_usec put_at;                /* monotonic: when the first of them came */
	struct rs_buf block;
};

/* The next four inside of the monitor. */
static inline struct rs_relay_segment *rs_relay_last(const struct rs_relay *r)
{
	return r->n > 0 ? r->segments[r->n - 1] : NULL;
}
/* Takes it over. */
void rs_relay_add(struct rs_relay *r, struct rs_relay_segment *s);
/* Makes a segment the last, and its last boundary the end: what is behind is deleted, and so is the segment itself where
 * its head can't be read. */
void rs_relay_cut(struct rs_relay *r, size_t last);

/* Whether nothing more comes for a reader: it was to be finished, and is; or it lasts, and others read it later. */
bool rs_relay_is_over(struct rs_relay *r);
/* Whether so much can be written and enough stays free on the disk. */
bool rs_relay_disk_has(const char *dir, uint64_t bytes);

#endif
