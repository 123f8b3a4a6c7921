/* Schema changes that a copy can't be combined with. The copy reads tables by name and values by their types of P0, whenever
 * it comes to them; the log is followed from P0 on. Where a table got another name in between, or a column's values another
 * meaning, what was read may be the one or the other, and executing the change again makes it wrong without a word. */
#ifndef RS_OVERLAP_H
#define RS_OVERLAP_H

#include "engine/core.h"

/* The stream's thread: a table's schema became another one by the statement; from may be NULL. */
void rs_overlap_note_change(struct rs_ddl_item *item, const struct rs_ddl *d, const struct rs_table *from, const struct rs_table *to);
/* … as the log itself tells of it (rs_change.was). */
void rs_overlap_note_version(struct rs_ddl_item *item, const struct rs_table *from, const struct rs_table *to);
/* … and tables got other names or other rows. */
void rs_overlap_note_moves(struct rs_ddl_item *item, const struct rs_ddl *d);
/* The coordinator's, before the statement is executed: RS_E_COPY_CHANGED where it was made while the copy ran and concerns
 * what was copied. */
enum rs_rc rs_overlap_check(struct rs_engine *e, const struct rs_change *c, struct rs_err *err);

#endif
