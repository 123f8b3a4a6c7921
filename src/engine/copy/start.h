/* What beginning a task and anchoring it anew have in common. The coordinator's; private to engine/. */
#ifndef RS_START_H
#define RS_START_H

#include "engine/core.h"

/* Takes P0 (e->meta.p0) and reads the catalogue as it was there (e->catalog). */
enum rs_rc rs_start_read_catalog(struct rs_engine *e, struct rs_err *err);
/* Whether the destination has the object; an error where the task must not begin with that. dbs: kept between calls, by
 * name, what was found out of databases. */
enum rs_rc rs_start_check_existing(struct rs_engine *e, struct rs_map *dbs, const struct rs_object *o, bool *exists,
                                   struct rs_err *err);
/* What it is called at the destination. Borrowed. */
void rs_start_dest_name(const struct rs_engine *e, const struct rs_object *o, const char **db, const char **name);
/* A view, routine or event that is part of the task. */
bool rs_start_is_code(const struct rs_engine *e, const struct rs_object *o);
/* Adds a table of the catalogue to the plan. */
void rs_start_plan_table(struct rs_engine *e, const struct rs_object *o, bool exists);
/* Drops a table of ours at the destination, if it is there. */
enum rs_rc rs_start_drop_table(struct rs_engine *e, const struct rs_sync_table *t, struct rs_err *err);

#endif
