/* What a table is at a destination that spreads its rows over nodes (AnalyticDB): *Field Mapping* of the console. One line
 * each, as in [fields] table.N and in the answer of a form's field of type fields:
 *
 *	shop.orders: partitioned primary region id distribution region
 *	shop.regions: replicated primary code
 *
 * Columns stand in `backquotes` where their names need them, or are a word of this language. Plain data. */
#ifndef RS_TABLE_FIELDS_H
#define RS_TABLE_FIELDS_H

#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"

struct rs_table_fields {
	char *db, *table;
	bool replicated;                 /* else partitioned */
	char **primary, **distribution;  /* columns; a replicated table has no distribution key */
	size_t n_primary, n_distribution;
};
#define RS_TABLE_FIELDS_INIT {NULL, NULL, false, NULL, NULL, 0, 0}

/* f must be empty or initialized; RS_E_TASK_INVALID. */
enum rs_rc rs_table_fields_parse(struct rs_table_fields *f, const char *line, struct rs_err *err) RS_MUST_CHECK;
/* A column of the distribution key that is not in the primary key, which no such destination takes; NULL: none. Borrowed. */
const char *rs_table_fields_stray(const struct rs_table_fields *f);
/* Appends the line, without its end. */
void rs_table_fields_put(const struct rs_table_fields *f, struct rs_buf *out);
void rs_table_fields_release(struct rs_table_fields *f);
enum rs_rc rs_table_fields_check(const char *line, struct rs_err *err) RS_MUST_CHECK;
/* Column names separated by blanks, as a person types them; replaces *columns. */
enum rs_rc rs_table_fields_columns(const char *text, char ***columns, size_t *count, struct rs_err *err) RS_MUST_CHECK;
void rs_table_fields_put_columns(char *const *columns, size_t count, struct rs_buf *out);

#endif
