/* The inside of a task, shared by the files that make it up; nobody else includes this. */
#ifndef RS_TASK_READ_H
#define RS_TASK_READ_H

#include "model/task.h"

/* Derives everything but the selection from the keys, which were checked. */
void rs_task_read(struct rs_task *t);
/* What keys of the flow's own say of [sync], after that was read. */
void rs_task_read_own_keys(struct rs_task *t);
/* Derives the selection; it stays as it was on failure. */
enum rs_rc rs_task_read_objects(struct rs_task *t, struct rs_err *err) RS_MUST_CHECK;
/* Whether every key is known, every value valid, and no password readable by others. */
enum rs_rc rs_task_check_file(const struct rs_task *t, struct rs_err *err) RS_MUST_CHECK;

#endif
