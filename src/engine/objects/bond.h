/* A *bond*: a foreign key whose action the source's log does not show, and that a statement of the log adds between tables
 * which different parts of a task have: its stream and a side, or two sides. From there on what happens to the parent's
 * rows changes the child's, so that who applies the one must have the other: the parts stand right before the statement,
 * the sides join there, and the task executes it with both tables in its plan.
 *
 * Each part finds a bond in its own reading of the log. A part that can't come to stand there any more (it is copied, has
 * failed, rests, or has gone past) makes it impossible: who has the child stops by name, the others go on. */
#ifndef RS_BOND_H
#define RS_BOND_H

#include "engine/follow/follow.h"

/* The stream's thread: notes the bonds of a statement with its item. */
void rs_bond_note(const struct rs_engine *e, const struct rs_ddl *d, struct rs_ddl_item *item);
/* Whether one with this parent is noted. */
bool rs_bond_is_noted(const struct rs_ddl_item *item, const char *parent_db, const char *parent);
/* The coordinator's, before the statement: saves the position and waits until there is nothing to wait for; does errands
 * meanwhile, for which f->renew, and f->joined of a side, end the waiting: the statement's turn has not come then.
 * RS_E_OBJECTS: it never will. */
enum rs_rc rs_bond_await(struct rs_follow *f, const struct rs_change *c, struct rs_err *err) RS_MUST_CHECK;

#endif
