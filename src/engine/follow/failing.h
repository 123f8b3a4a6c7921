/* The event at which a task stops, and what the user decides about it. An event is known by its transaction's place in the
 * source's log, its number among the transaction's rows and statements, and a digest of what it says: a decision that is
 * given for one never meets another. The decision is stored in the destination before it has any effect and passed in the
 * destination's transaction that has the effect (rds_sync_event). Private to engine/. */
#ifndef RS_FAILING_H
#define RS_FAILING_H

#include "engine/core.h"

/* ------------------------------------------------------------------ failing.c: the record */

struct rs_failing *rs_failing_of_row(const struct rs_position *inside, uint64_t ordinal, const struct rs_change *c, size_t row,
                                     const struct rs_sync_table *t);
/* inside NULL: the statement stands alone. made: what is executed at the destination, NULL where there is none. */
struct rs_failing *rs_failing_of_statement(const struct rs_position *inside, const struct rs_change *c, const char *made);
/* "binlog.000001:4711/3" into a position and a number; false for anything else. */
bool rs_failing_parse(const char *text, struct rs_event_id *id);

uint64_t rs_failing_digest_row(const struct rs_change *c, size_t row);
uint64_t rs_failing_digest_statement(const struct rs_change *c);

/* Whether an error means that the event itself can't be applied, so that finding it is worth while. */
bool rs_failing_is_final(const struct rs_err *err);

/* ------------------------------------------------------------------ answer.c: what was decided */

/* Reads what is stored, for this attempt. */
enum rs_rc rs_decision_load(struct rs_engine *e, struct rs_err *err);
void rs_decision_forget(struct rs_engine *e);
/* The decision about a row, or a statement (inside NULL: one that stands alone); NULL: there is none. From any thread. */
const struct rs_meta_event *rs_decision_on_row(const struct rs_engine *e, const struct rs_position *inside, uint64_t ordinal,
                                              const struct rs_change *c, size_t row);
const struct rs_meta_event *rs_decision_on_statement(const struct rs_engine *e, const struct rs_position *inside,
                                                    const struct rs_change *c);
/* Whether there may be one among n events from a number on. */
bool rs_decision_among(const struct rs_engine *e, const struct rs_position *inside, uint64_t ordinal, size_t n);
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
