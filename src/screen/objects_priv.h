/* What the files that change a selection share (objects_select.c, objects_columns.c, objects_settings.c). Private to them. */
#ifndef RS_OBJECTS_PRIV_H
#define RS_OBJECTS_PRIV_H

#include "screen/objects.h"

/* Takes the changed copy where the change went well, as one that can be undone; frees it else. */
enum rs_rc rs_objects_take_change(struct rs_objects *o, struct rs_selection *copy, enum rs_rc rc, struct rs_err *err);
/* A table that was left out of a whole database is in again; one that is selected with it needs no rule. */
enum rs_rc rs_objects_have_table(struct rs_selection *s, const char *db, const char *table, struct rs_err *err);

/* What is said of a database or, with a table, of that one is said of something that is chosen. */
enum rs_rc rs_objects_have(struct rs_selection *s, const char *db, const char *table, struct rs_err *err);
/* What is done to a database, or (t not NULL) to a table of it; and that to all that is marked, until it fails. */
typedef enum rs_rc rs_objects_change(struct rs_selection *s, const struct rs_objects_db *d, const struct rs_objects_table *t,
                                     const void *with, struct rs_err *err);
enum rs_rc rs_objects_each_marked(const struct rs_objects *o, struct rs_selection *s, rs_objects_change *one, const void *with,
                                   struct rs_err *err);

#endif
