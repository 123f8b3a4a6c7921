/* What the stream changes, for the comparison that goes on beside it: whether watched rows were changed, and which rows
 * are worth a look because they were. Every change is noted before the position moves past it: who has seen the position
 * pass a place and then finds a watched row unchanged knows that the log has no change of it up to there.
 *
 * note and schema: any thread that applies. The rest: the thread that verifies. Where nothing is wanted, noting costs
 * reading a flag. */
#ifndef RS_LOOKOUT_H
#define RS_LOOKOUT_H

#include <pthread.h>
#include <stdatomic.h>
#include "base/map.h"
#include "model/change.h"
#include "source/source.h"

#define RS_LOOKOUT_MAX 512          /* keys that are watched at once */
#define RS_LOOKOUT_CHANGED_MAX 4096 /* changed rows that wait to be looked at */

/* A row that was changed. */
struct rs_changed {
	uint64_t hash;                /* rs_row_key_hash */
	const struct rs_table *table; /* the source's; a reference */
	struct rs_bound key;
};
void rs_changed_free(struct rs_changed *c);

struct rs_lookout_slot {
	uint64_t hash;                /* of a row's key, or of a table as a whole; 0: none */
	bool changed;
};

struct rs_lookout {
	atomic_bool watching, collecting;
	atomic_ullong generation;     /* of schemas and of the plan */
	atomic_ullong attempts;       /* of the engine, each of which may have met another server */
	pthread_mutex_t lock;         /* guards the rest */
	struct rs_lookout_slot slots[4 * RS_LOOKOUT_MAX]; /* open addressing */
	struct rs_changed **changed;  /* oldest first */
	size_t n_changed;
	struct rs_map by_hash;        /* of those */
	uint64_t dropped;             /* that found no room */
};

void rs_lookout_init(struct rs_lookout *w);
void rs_lookout_release(struct rs_lookout *w);

/* Rows are about to be committed at the destination. */
void rs_lookout_note(struct rs_lookout *w, const struct rs_change *c);
/* A schema, or what the task synchronizes, has changed, or is about to: everything counts as changed. */
void rs_lookout_schema(struct rs_lookout *w);
/* The same of an attempt that begins: connections are made anew. */
void rs_lookout_attempt(struct rs_lookout *w);

/* From here on n hashes are watched, in place of those before; n <= RS_LOOKOUT_MAX. */
void rs_lookout_watch(struct rs_lookout *w, const uint64_t *hashes, size_t n);
bool rs_lookout_is_changed(struct rs_lookout *w, uint64_t hash);
/* Whether changed rows are kept; those that wait are forgotten where not. */
void rs_lookout_collect(struct rs_lookout *w, bool yes);
/* The oldest of them, the caller's; NULL: none. */
struct rs_changed *rs_lookout_take(struct rs_lookout *w);
/* How many found no room since this was asked last. */
uint64_t rs_lookout_dropped(struct rs_lookout *w);

#endif
