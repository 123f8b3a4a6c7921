/* What the files that change a selection share (objects_select.c, objects_change.c, objects_columns.c, objects_settings.c). Private
 * to them. */
#ifndef RS_OBJECTS_PRIV_H
#define RS_OBJECTS_PRIV_H

#include "screen/objects.h"

/* Takes the changed copy where the change went well, as one that can be undone; frees it else. */
enum rs_rc rs_objects_take_change(struct rs_objects *o, struct rs_selection *copy, enum rs_rc rc, struct rs_err *err);
/* Puts another selection in place of the present one, which can be had back. One that says the same changes nothing, and is freed. */
void rs_objects_change_to(struct rs_objects *o, struct rs_selection *s);
/* Frees one that is not needed any more: what is large elsewhere. */
void rs_objects_free_selection(struct rs_objects *o, struct rs_selection *s);
/* Whether what is held has the name and the rows in s that it has, as far as one rule of either goes. */
enum rs_rc rs_objects_keeps(const struct rs_objects *o, const struct rs_selection *s, const struct rs_selection_rule *r,
                            struct rs_err *err) RS_MUST_CHECK;
/* A table that was left out of a whole database is in again; one that is selected with it needs no rule. */
enum rs_rc rs_objects_have_table(struct rs_selection *s, const char *db, const char *table, struct rs_err *err) RS_MUST_CHECK;
/* What is said of a database or, with a table, of that one is said of something that is chosen. */
enum rs_rc rs_objects_have(struct rs_selection *s, const char *db, const char *table, struct rs_err *err) RS_MUST_CHECK;
/* Of a database or table, as rs_objects_set_settings. */
enum rs_rc rs_objects_put_settings(struct rs_selection *s, const char *db, const char *table, const char *const *values,
                                   struct rs_err *err) RS_MUST_CHECK;
/* What is done to a database, or (t not NULL) to a table of it; and that to all that is marked, until it fails. */
typedef enum rs_rc rs_objects_visit(struct rs_selection *s, const struct rs_objects_db *d, const struct rs_objects_table *t,
                                     const void *with, struct rs_err *err);
enum rs_rc rs_objects_each_marked(const struct rs_objects *o, struct rs_selection *s, rs_objects_visit *one, const void *with,
                                  struct rs_err *err);
/* Whether that which is marked is a table (t NULL: it is a database). */
enum rs_rc rs_objects_must_have_rows(const struct rs_objects_db *d, const struct rs_objects_table *t, struct rs_err *err) RS_MUST_CHECK;

#endif
