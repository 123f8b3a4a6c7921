/* Repair: what differs in a range of a table is made the same, while the task runs and writers write.
 *
 * A range is mended part by part, each in one *errand* (errand.h): the destination has everything up to a position M. The
 * part is read from the source once everything up to M can be seen there, so that what is read is of some moment behind
 * M and before R, the end of the log after it was read. In one transaction of the destination exactly the rows that
 * differ are deleted or written, and R is noted with the table: its changes between M and R, some of which the part has
 * and some not, are applied idempotently, later ones strictly again. Where the log has no change of the table between M
 * and R, what was read is what was at M, and nothing is noted. Where it has a statement there, which may be a schema
 * change, or more than can be looked through, the part is put off until the stream has come nearer.
 *
 * Tables that can't be applied twice (without a key; connected by foreign keys whose actions the log does not show) are
 * mended only where nothing changed them between M and R.
 *
 * What was in the way (another row with the same unique value) is replaced: it differs itself, or a change between M and R
 * brings it. A row is deleted only if the source has none of its key, whatever order the servers sort in. */
#ifndef RS_REPAIR_H
#define RS_REPAIR_H

#include "base/thread.h"
#include "engine/engine.h"

/* Mends a range (its counts are not looked at; after and upto the same key: the row of that key alone) and adds to done. Any
 * thread but the coordinator; blocks, with connections of its own. RS_CANCELLED; RS_FAIL: RS_E_REPAIR where it can't be done,
 * with the remedy. What was mended until then stays. */
enum rs_rc rs_repair_range(struct rs_engine *e, const struct rs_diff_range *range, struct rs_cancel *cancel,
                           struct rs_repair_counts *done, struct rs_err *err) RS_MUST_CHECK;

#endif
