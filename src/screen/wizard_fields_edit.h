/* The dialog in which one line of Field Mapping is said: of a table whose columns are known they are offered, else they are typed. */
#ifndef RS_WIZARD_FIELDS_EDIT_H
#define RS_WIZARD_FIELDS_EDIT_H

#include "model/schema.h"
#include "model/table_fields.h"
#include "tui/loop.h"

/* now: what is said of it yet, copied. known: the table as the source has it; NULL: not known. done gets what was said, which it
 * releases, and is not called where nothing was. */
void rs_fields_edit(struct rs_loop *loop, const struct rs_table_fields *now, const struct rs_table *known,
                    void (*done)(void *ctx, struct rs_table_fields *said), void *ctx);

/* What it would begin with: the first of the table's keys by which each row is found, and as the distribution key all of it. False: it
 * has none. f is empty. */
bool rs_fields_suggest(struct rs_table_fields *f, const struct rs_table *known);
/* The first column that is said and that the table does not have, NULL: none. Borrowed. */
const char *rs_fields_unknown(const struct rs_table_fields *f, const struct rs_table *known);
/* The name of a unique key of the table that the destination can't have, since the distribution key is not in it; NULL: none. */
const char *rs_fields_lost_key(const struct rs_table_fields *f, const struct rs_table *known);

#endif
