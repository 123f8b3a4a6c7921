/* The copy of a table whose rows are there: of a task that was anchored anew (anchor.h). Chunk by chunk both sides are
 * compared, by the digests that both servers make of it, else row by row; exactly the rows that differ are deleted or
 * written, in the transaction of the chunk's mark. What the source changes meanwhile lies behind P0, and is applied like
 * all that overlaps with a copy.
 *
 * A mender belongs to one copy worker's thread, whose reader of the source it uses; it has a connection of its own to read
 * the destination. Private to engine/. */
#ifndef RS_MEND_H
#define RS_MEND_H

#include "engine/core.h"

#define RS_MEND_ROWS 20000 /* of a chunk at most: their hashes are held where it differs */

struct rs_mender;

/* What came of a chunk. */
struct rs_mended {
	uint64_t rows;             /* of the source, as they were compared */
	uint64_t deleted, written; /* at the destination */
	uint64_t bytes;            /* written */
};

/* source: borrowed. */
enum rs_rc rs_mender_open(struct rs_engine *e, struct rs_table_reader *source, struct rs_mender **out, struct rs_err *err);
void rs_mender_close(struct rs_mender *m); /* NULL is fine */

/* Whether both servers cut the table's key alike: where they don't its rows can't be compared in chunks. Any thread. */
bool rs_mend_is_possible(const struct rs_sync_table *t);

/* The chunk in (after, upper], *upper empty for no end, is made shorter where the destination has many more rows in it.
 * RS_OK: it was; RS_EOF: it stays as it is. */
enum rs_rc rs_mender_narrow(struct rs_mender *m, const struct rs_sync_table *t, const struct rs_bound *after,
                            struct rs_bound *upper, struct rs_err *err);
/* Makes the chunk in (lower, upper] the same. */
enum rs_rc rs_mender_chunk(struct rs_mender *m, const struct rs_sync_table *t, struct rs_loader *loader, uint64_t number,
                           const struct rs_bound *lower, const struct rs_bound *upper, struct rs_mended *out,
                           struct rs_err *err);

#endif
