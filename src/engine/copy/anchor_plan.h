/* What becomes of every object of a task that is to be anchored anew: found out before anything is done, by comparing the
 * source's catalogue with what the destination knows and has. Told before the question is asked (foreseen), and made
 * anew, with a P0 of its own, when it is done (anchor.c). Whoever makes it owns the engine: its coordinator, or somebody who
 * opened one that runs nothing. Nothing is stored and no row changed; examples are made and dropped in the meta tables'
 * database (definitions.h). Private to engine/. */
#ifndef RS_ANCHOR_PLAN_H
#define RS_ANCHOR_PLAN_H

#include "engine/core.h"

struct rs_anchor_plan {
	struct rs_anchor_options options;
	bool foreseen;                   /* what would need to be forced is told, not refused */
	bool other_server;               /* not the one that the task was anchored at; found by a plan that is foreseen */
	struct rs_map dbs;
	uint64_t compared;
	struct rs_buf names[RS_ANCHORED_LISTS];
	bool *seen;                      /* of the tables that the plan had: the catalogue has it still */
	size_t n_before;                 /* how many it had */
	char **resync;                   /* ids of sides that begin anew */
	size_t n_resync, cap_resync;
};

void rs_anchor_plan_init(struct rs_anchor_plan *p, const struct rs_anchor_options *options, bool foreseen);
void rs_anchor_plan_release(struct rs_anchor_plan *p);
/* After the task and its tables were loaded. The tables of the engine become those that are to be stored: but for those
 * that are gone at the source, which rs_anchor_plan_is_gone tells. */
enum rs_rc rs_anchor_plan_make(struct rs_engine *e, struct rs_anchor_plan *p, struct rs_err *err) RS_MUST_CHECK;
bool rs_anchor_plan_is_gone(const struct rs_anchor_plan *p, size_t table);
/* What is on a way of its own, and whether its log is lost. Opens streams. */
enum rs_rc rs_anchor_plan_sides(struct rs_engine *e, struct rs_anchor_plan *p, struct rs_err *err) RS_MUST_CHECK;
/* The lists; at: taken over. */
void rs_anchor_plan_take(struct rs_anchor_plan *p, char *at, struct rs_anchored *out);

#endif
