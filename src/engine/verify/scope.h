/* Which of a task's objects can be compared: those that its own stream synchronizes, by the word of the destination. What is
 * suspended, or on its way to join the task, differs and is no difference. Private to the comparison. */
#ifndef RS_SCOPE_H
#define RS_SCOPE_H

#include "base/err.h"
#include "model/task.h"

/* Takes out of the task's objects, whose names are settled, those that its stream does not have. *left: what they are,
 * "shop.a shop.b", malloc'ed; NULL: all are there, or the task has not begun. Asks the destination. */
enum rs_rc rs_scope_narrow(struct rs_task *task, char **left, struct rs_err *err) RS_MUST_CHECK;

#endif
