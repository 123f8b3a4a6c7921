/* Errands: what another thread has the coordinator do between two batches, when the destination has everything up to one
 * position and nothing beyond it: no transaction is open, nothing that was gathered waits, the lanes are idle, and the
 * position is stored as one (rs_follow.saved, not in parts).
 *
 * An errand runs in the coordinator's thread, and the stream stands still for as long as it takes: what can be done
 * before or afterwards is not part of it. It may read and change the plan (plan.h's calls), read f->saved, and use what
 * is the coordinator's: the source's and the sink's control sides, and lane 0's applier, in which it leaves no
 * transaction open. When it fails that is the asker's to judge; the stream goes on. It may set f->renew: then the
 * attempt ends in order and the next one reads everything anew from the destination.
 *
 * rs_errand_do: any thread but the coordinator and those that it waits for (lanes, the stream's reader).
 * The rest: the coordinator. */
#ifndef RS_ERRAND_H
#define RS_ERRAND_H

#include <stdbool.h>
#include "base/err.h"
#include "base/thread.h"

struct rs_engine;
struct rs_follow;
struct rs_errand;
struct rs_reading;

typedef enum rs_rc rs_errand_fn(struct rs_follow *f, void *arg, struct rs_err *err);

struct rs_errands {
	struct rs_monitor monitor;   /* guards the rest */
	struct rs_errand *first;     /* oldest first */
	bool renew;                  /* somebody wants the attempt to end */
	struct rs_reading *wake;     /* of the log that is followed; NULL: none is, and errands are turned away */
};

void rs_errands_init(struct rs_errands *all);
void rs_errands_release(struct rs_errands *all);

/* Has fn(f, arg) done and waits for it; what it returns is returned. RS_AGAIN (err untouched): nothing is followed now, or the
 * attempt ended before the errand's turn came: nothing was done. RS_CANCELLED: cancel (may be NULL) was set before its
 * turn came. A large transaction, which is applied as it arrives, or a schema change is waited for. */
enum rs_rc rs_errand_do(struct rs_engine *e, rs_errand_fn *fn, void *arg, const struct rs_cancel *cancel,
                        struct rs_err *err) RS_MUST_CHECK;

/* From any thread: as if an errand had set f->renew, without waiting for it. Forgotten by renewed, which whoever settles
 * what was wanted calls first. */
void rs_errands_renew(struct rs_errands *all);
void rs_errands_renewed(struct rs_errands *all);

/* From open to close errands are taken. wake: whose taker is woken. close turns away those that wait. */
void rs_errands_open(struct rs_errands *all, struct rs_reading *wake);
void rs_errands_close(struct rs_errands *all);
bool rs_errands_wait(struct rs_errands *all);
/* Does all that wait; sets f->renew where that is wanted. */
void rs_errands_run(struct rs_errands *all, struct rs_follow *f);

#endif
