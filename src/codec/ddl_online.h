/* Online schema changes: a tool makes an empty copy of a table, alters that, fills it with INSERT IGNORE … SELECT of the
 * columns that both have by name, applies what changes meanwhile in the same way, and puts it in the table's place. Pure
 * functions. */
#ifndef RS_DDL_ONLINE_H
#define RS_DDL_ONLINE_H

#include "codec/ddl.h"
#include "model/schema.h"

/* Whether the statement that altered the copy, ALTER TABLE, makes of the table itself exactly the rows that the copy has in
 * the end, whatever rows there are: from is the table before it, to after it. Else RS_E_DDL_UNKNOWN says why not: a key that
 * drops rows, values that are made row by row, types that do not hold all values, a column under another name. */
enum rs_rc rs_ddl_copies_the_same(const struct rs_ddl *alter, const struct rs_table *from, const struct rs_table *to,
                                  struct rs_err *err) RS_MUST_CHECK;
/* Whether it only sets where AUTO_INCREMENT goes on. */
bool rs_ddl_sets_only_auto_increment(const struct rs_ddl *alter);
/* The statement's text with another name in the place of its table's; malloc'ed. */
char *rs_ddl_retarget(const struct rs_ddl *d, const char *db, const char *table);

#endif
