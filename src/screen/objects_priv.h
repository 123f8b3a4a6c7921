/* What the files that change a selection share (objects_select.c, objects_columns.c). Private to them. */
#ifndef RS_OBJECTS_PRIV_H
#define RS_OBJECTS_PRIV_H

#include "screen/objects.h"

/* Takes the changed copy where the change went well, as one that can be undone; frees it else. */
enum rs_rc rs_objects_take_change(struct rs_objects *o, struct rs_selection *copy, enum rs_rc rc, struct rs_err *err);
/* A table that was left out of a whole database is in again; one that is selected with it needs no rule. */
enum rs_rc rs_objects_have_table(struct rs_selection *s, const char *db, const char *table, struct rs_err *err);

#endif
