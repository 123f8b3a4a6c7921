#include "model/batch.h"

#include <string.h>

#include "base/mem.h"

struct rs_batch *rs_batch_new(const struct rs_table *table)
{
	struct rs_batch *b = rs_xcalloc(1, sizeof *b);

	rs_arena_init(&b->arena, 0);
	b->table = rs_table_ref(table);
	return b;
}

void rs_batch_free(struct rs_batch *b)
{
	if (!b)
		return;
	rs_arena_release(&b->arena);
	rs_table_unref(b->table);
	free(b->values);
	free(b);
}

struct rs_value *rs_batch_add_row(struct rs_batch *b)
{
	size_t width = b->table->n_columns;
	struct rs_value *row;

	if (b->n_rows == b->cap_rows) {
		b->cap_rows = b->cap_rows ? b->cap_rows * 2 : 64;
		b->values = rs_xrealloc(b->values, b->cap_rows * (width ? width : 1) * sizeof *b->values);
	}
	row = b->values + b->n_rows++ * width;
	memset(row, 0, width * sizeof *row);
	return row;
}
