/* What of a task can be compared, by the word of the destination: the objects that its own stream synchronizes, with the
 * server whose changes it has. What is suspended, or on its way to join the task, differs and is no difference; nor is what
 * another server has that answers at the source's address. Called in the comparison's
 * thread, which asking blocks. Private to it. */
#ifndef RS_SCOPE_H
#define RS_SCOPE_H

#include "base/err.h"
#include "model/task.h"
#include "source/source.h"

/* Takes out of the task's objects, whose names are settled, those that its stream does not have. *left: what they are,
 * "shop.a shop.b", malloc'ed; NULL: all are there, or the task has not begun. Asks the destination. */
enum rs_rc rs_scope_narrow(struct rs_task *task, char **left, struct rs_err *err) RS_MUST_CHECK;
/* RS_E_CONN_WRONG_SERVER: the source is another server than the task follows. One that takes over may lack what the
 * destination has, until the task has found that it does not. */
enum rs_rc rs_scope_check_source(const struct rs_task *task, struct rs_source *source, struct rs_err *err) RS_MUST_CHECK;

#endif
