/* What a transaction counts for whose COMMIT was not answered: the next attempt learns from the destination's word whether it
 * is there, and only then are its rows and anomalies told. Whatever a lane's thread notes is the lane's until that has ended;
 * the engine's list is the coordinator's. Private to engine/. */
#ifndef RS_DOUBT_H
#define RS_DOUBT_H

#include "engine/core.h"

struct rs_follow;
struct rs_lane;
struct rs_share;

struct rs_doubt {
	bool set;                  /* there is such a transaction */
	struct rs_position end;    /* it is there where the destination's word is as far. Not set: … */
	struct rs_position begin;  /* … where this one is among those that are ahead (rs_change.position of its BEGIN) */
	char *id;                  /* of that; NULL: it has none */
	struct rs_anomalies anomalies;
	struct rs_tally *tally;
	size_t n_tally;
	uint64_t transactions;
	enum rs_serial why;
};

/* Whether it is such a transaction, by what its COMMIT came to: also one whose answer nobody waited for any more, as at a pause. */
static inline bool rs_doubt_is_due(enum rs_rc commit) { return commit == RS_FAIL || commit == RS_CANCELLED; }
void rs_doubt_clear(struct rs_doubt *d);
/* *d must be clear. Of what the lane has sent of a share; of the transaction that is being applied as it arrives. */
void rs_doubt_of_share(struct rs_doubt *d, const struct rs_lane *l, const struct rs_share *share);
void rs_doubt_of_streamed(struct rs_doubt *d, const struct rs_follow *f);
/* An attempt ends: the engine takes it over, if there is one. */
void rs_doubt_keep(struct rs_engine *e, struct rs_doubt *d);
/* The task was taken over (e->meta is the destination's word): what is there is counted, and the list is empty. */
void rs_doubts_settle(struct rs_engine *e);
void rs_doubts_clear(struct rs_engine *e);

#endif
