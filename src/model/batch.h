/* Rows of one table on their way from the source to the destination during the full copy. Owns its arena; handed on by
 * pointer, freed by the last owner. */
#ifndef RS_BATCH_H
#define RS_BATCH_H

#include <stddef.h>
#include "base/arena.h"
#include "model/schema.h"
#include "model/value.h"

struct rs_batch {
	struct rs_arena arena;
	const struct rs_table *table; /* a reference */
	struct rs_value *values;      /* n_rows × table->n_columns; generated columns are RS_ABSENT */
	size_t n_rows, cap_rows;
	size_t bytes;                 /* of the values */
};

struct rs_batch *rs_batch_new(const struct rs_table *table);
void rs_batch_free(struct rs_batch *b);
/* Room for one more row; the values are the caller's to fill. */
struct rs_value *rs_batch_add_row(struct rs_batch *b);

#endif
