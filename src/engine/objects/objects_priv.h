/* What the files of objects.h share; private to them. All are the coordinator's, but where objects.h says otherwise. */
#ifndef RS_OBJECTS_PRIV_H
#define RS_OBJECTS_PRIV_H

#include "engine/follow/filter.h"

enum rs_side_state rs_side_state(const struct rs_side *side);
void rs_side_set_state(struct rs_side *side, enum rs_side_state state);
/* Takes objects over. */
struct rs_side *rs_side_add(struct rs_engine *e, const char *id, struct rs_selection *objects, enum rs_side_state state);
/* Ends its engine, and waits for it; or removes it from the list as well. */
void rs_side_end(struct rs_side *side);
void rs_side_remove(struct rs_engine *e, struct rs_side *side);

/* malloc'ed. */
char *rs_objects_text(const struct rs_selection *s);
/* For the history: "added: shop.orders"; what is English. */
void rs_objects_remember(struct rs_engine *e, const char *what, const struct rs_selection *s);
/* The tables of the plan that sel has: an array, malloc'ed. */
const struct rs_meta_table **rs_objects_tables(const struct rs_engine *e, const struct rs_selection *sel, size_t *n);
/* What the stream has from now on; takes s over. */
void rs_objects_hold(struct rs_engine *e, struct rs_selection *s);
/* Makes the list what the destination has. */
enum rs_rc rs_objects_read(struct rs_engine *e, struct rs_err *err);
/* Whether the tables of sel can leave the plan. only_parents: a child may leave its parent behind. */
enum rs_rc rs_objects_check_parting(struct rs_engine *e, const struct rs_selection *sel, bool only_parents, struct rs_err *err);
/* Lets sides join that ask for it. */
enum rs_rc rs_objects_join(struct rs_engine *e, bool *joined, struct rs_err *err);
/* Nobody asks or answers any more. */
void rs_objects_drop_requests(struct rs_objects *o);
/* Does what commands asked for. */
enum rs_rc rs_objects_answer(struct rs_engine *e, struct rs_err *err);

#endif
