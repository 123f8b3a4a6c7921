/* The event at which a task stops, and what the user decides about it. An event is known by its transaction's id,
 * which another server's log has as well, or where it has none by its place in the source's log; by its number among the
 * transaction's rows and statements; and by a digest of what it says: a decision that is given for one never meets another. The decision is stored in the destination before it has any effect and passed in the
 * destination's transaction that has the effect (rds_sync_event). Private to engine/. */
#ifndef RS_FAILING_H
#define RS_FAILING_H

#include <stdlib.h>
#include "base/mem.h"
#include "engine/core.h"

/* The transaction in which an event stands. */
struct rs_inside {
	struct rs_position place;      /* just inside of it */
	char *id;                      /* NULL: it has none */
};

static inline void rs_inside_set(struct rs_inside *in, const struct rs_change *begin)
{
	rs_position_copy(&in->place, &begin->position);
	free(in->id);
	in->id = rs_xstrdup(begin->gtid);
}

static inline void rs_inside_clear(struct rs_inside *in)
{
	rs_position_clear(&in->place);
	free(in->id);
	in->id = NULL;
}

/* ------------------------------------------------------------------ failing.c: the record */

struct rs_failing *rs_failing_of_row(const struct rs_inside *inside, uint64_t ordinal, const struct rs_change *c, size_t row,
                                     const struct rs_sync_table *t);
/* inside NULL: the statement stands alone. made: what is executed at the destination, NULL where there is none. */
struct rs_failing *rs_failing_of_statement(const struct rs_inside *inside, const struct rs_change *c, const char *made);
/* What the destination is to know it by, to be freed with rs_meta_event_clear; false where its id can't be read. */
bool rs_failing_identify(const struct rs_failing *f, struct rs_event_id *id);

uint64_t rs_failing_digest_row(const struct rs_change *c, size_t row);
uint64_t rs_failing_digest_statement(const struct rs_change *c);

/* Whether an error means that the event itself can't be applied, so that finding it is worth while. */
bool rs_failing_is_final(const struct rs_err *err);

/* ------------------------------------------------------------------ answer.c: what was decided */

/* Reads what is stored, for this attempt. */
enum rs_rc rs_decision_load(struct rs_engine *e, struct rs_err *err);
void rs_decision_forget(struct rs_engine *e);
/* The decision about a row, or a statement (inside NULL: one that stands alone); NULL: there is none. From any thread. */
const struct rs_meta_event *rs_decision_on_row(const struct rs_engine *e, const struct rs_inside *inside, uint64_t ordinal,
                                              const struct rs_change *c, size_t row);
const struct rs_meta_event *rs_decision_on_statement(const struct rs_engine *e, const struct rs_inside *inside,
                                                    const struct rs_change *c);
/* Whether there may be one among n events from a number on. */
bool rs_decision_among(const struct rs_engine *e, const struct rs_inside *inside, uint64_t ordinal, size_t n);
/* In the place of an event inside of a transaction, within the applier's. */
enum rs_rc rs_decision_carry_out(const struct rs_engine *e, const struct rs_meta_event *v, struct rs_applier *applier,
                                struct rs_err *err);
/* It is in the destination for good: counted, and told. more: what follows from it; "" or a sentence. */
void rs_decision_passed(struct rs_engine *e, const struct rs_meta_event *v, const char *more);

/* What an item becomes by a decision: another statement, or none. out borrows of v, of and c. RS_E_EVENT_SQL. */
enum rs_rc rs_decision_statement(struct rs_engine *e, const struct rs_meta_event *v, const struct rs_ddl_item *of,
                                const struct rs_change *c, struct rs_ddl_item *out, struct rs_err *err);
void rs_decision_statement_release(struct rs_ddl_item *item);

#endif
