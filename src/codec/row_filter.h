/* A row filter bound to one version of a table: decides for a row of canonical values, and says the same in SQL for the
 * server's SELECT. Both are made from the same bound tree, and each comparison is rendered in a form that has one meaning
 * whatever collation, sql_mode or version the server has (text as bytes, dates as their text, floats as doubles), so that
 * what is copied and what is followed are the same rows. What can't be compared in such a way is refused when the tree is
 * bound. A bound filter never changes: any number of threads may use it. */
#ifndef RS_ROW_FILTER_H
#define RS_ROW_FILTER_H

#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"
#include "model/filter.h"
#include "model/schema.h"
#include "model/selection.h"
#include "model/value.h"

struct rs_row_filter;

/* RS_E_FILTER names the character and the column; NULL then. Keeps a reference to the table, nothing of f. */
struct rs_row_filter *rs_row_filter_bind(const struct rs_filter *f, const struct rs_table *t, struct rs_err *err);
void rs_row_filter_free(struct rs_row_filter *f);
/* The table that it is bound to. */
const struct rs_table *rs_row_filter_table(const struct rs_row_filter *f);

/* Whether a row, which has the table's n_columns values, meets the condition. Values of columns that it compares must not
 * be RS_ABSENT. */
bool rs_row_filter_matches(const struct rs_row_filter *f, const struct rs_value *row);
/* The first column that it compares and that is RS_ABSENT in the row; NULL: there is none. */
const struct rs_column *rs_row_filter_absent(const struct rs_row_filter *f, const struct rs_value *row);
/* Whether it compares a column, or asks whether it is NULL. */
bool rs_row_filter_compares(const struct rs_row_filter *f, uint32_t column);

/* Appends the condition in SQL for a session with "names binary" and time_zone '+00:00' (RS_MY_READ). */
void rs_row_filter_sql(const struct rs_row_filter *f, struct rs_buf *out);

/* Whether each row keeps its verdict when the table it is bound to becomes to: RS_E_FILTER_SCHEMA names the column that
 * goes or changes. */
enum rs_rc rs_row_filter_survives(const struct rs_row_filter *f, const struct rs_table *to, struct rs_err *err) RS_MUST_CHECK;

/* --- of a selection ---------------------------------------------------------------------------------------------------- */

/* The filter that the selection has for a table, bound to this version of it; *out NULL: it has none. */
enum rs_rc rs_row_filter_select(const struct rs_selection *s, const struct rs_table *t, struct rs_row_filter **out,
                                struct rs_err *err) RS_MUST_CHECK;
/* The same in SQL, malloc'ed. */
enum rs_rc rs_row_filter_where(const struct rs_selection *s, const struct rs_table *t, char **out, struct rs_err *err)
	RS_MUST_CHECK;
/* Its canonical text (rs_filter_format), malloc'ed; NULL: it has none. */
char *rs_row_filter_text(const struct rs_selection *s, const char *db, const char *table);
/* A foreign key of the table whose actions, where the source's log does not tell them, get around the filter of its rows
 * or of its parent's; NULL: there is none. */
const struct rs_foreign_key *rs_row_filter_evaded(const struct rs_selection *s, const struct rs_table *child);

#endif
