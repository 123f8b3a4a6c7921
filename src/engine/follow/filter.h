/* Row filters in a running sync: which rows of a table are read by the copy, and what a change of the source comes to
 * where only some rows of its table are at the destination. Private to engine/; each function says its thread. */
#ifndef RS_ENGINE_FILTER_H
#define RS_ENGINE_FILTER_H

#include "codec/row_filter.h"
#include "engine/core.h"

/* Any thread; pure. What a ROWS item comes to at a destination that has only the rows which meet the filter: one that
 * begins to meet it is inserted, one that no longer does is deleted. Takes c over; out gets 0 or more items (malloc'ed,
 * with the array) with the rows in their order, together no heavier than c. RS_E_BINLOG_IMAGE where the log does not
 * tell. */
enum rs_rc rs_filter_change(const struct rs_row_filter *filter, struct rs_change *c, struct rs_change ***out, size_t *n,
                            struct rs_err *err) RS_MUST_CHECK;

/* The coordinator's. The filter for an item's rows, bound anew where the schema is another one than before; *out NULL:
 * there is none. Belongs to the plan. */
enum rs_rc rs_filter_of(struct rs_engine *e, const struct rs_change *c, const struct rs_row_filter **out,
                        struct rs_err *err) RS_MUST_CHECK;
/* The coordinator's. Sets a table's condition for the copy (rs_sync_table.where), and refuses a filter that foreign keys
 * can get around. */
enum rs_rc rs_filter_plan(struct rs_engine *e, struct rs_sync_table *t, struct rs_err *err) RS_MUST_CHECK;
/* The coordinator's. Other rows would be at the destination had the task been started with these filters:
 * RS_E_FILTER names a table of `wanted` whose filter is another one than then. */
enum rs_rc rs_filter_unchanged(const struct rs_engine *e, const struct rs_selection *wanted, struct rs_err *err) RS_MUST_CHECK;
/* The stream's thread. Whether a schema change leaves each row's verdict as it is; from NULL: a new table.
 * RS_E_FILTER_SCHEMA. */
enum rs_rc rs_filter_survives(const struct rs_selection *s, const struct rs_ddl *d, const struct rs_table *from,
                              const struct rs_table *to, struct rs_err *err) RS_MUST_CHECK;
/* The same for a statement that gives the rows of one table to another. */
enum rs_rc rs_filter_keeps_rows(const struct rs_selection *s, const struct rs_ddl *d, struct rs_err *err) RS_MUST_CHECK;

#endif
