/* Tasks as text that is kept, sent or taken to another host: a task file with the objects in it, wherever they are kept, but
 * without the task's id and without passwords. What says where a password comes from is there, and paths are absolute. */
#ifndef RS_TASK_EXPORT_H
#define RS_TASK_EXPORT_H

#include "model/task.h"

#define RS_TASK_EXPORT_MAX (16u << 20) /* bytes of such a text */

/* Appends the text. RS_E_INI_SYNTAX: a value that can't be written. */
enum rs_rc rs_task_export(const struct rs_task *t, struct rs_buf *text, struct rs_err *err) RS_MUST_CHECK;
/* The same to a file, which is replaced; RS_E_TASK_INVALID where that is a task's own, which would lose its id. */
enum rs_rc rs_task_export_file(const struct rs_task *t, const char *path, struct rs_err *err) RS_MUST_CHECK;
/* A new task with an id of its own, not saved, from such a text or that of any task file. path: of the file that it is from, which
 * relative paths and the objects file are beside; "": none. name: what it is called; NULL: as the text says, with a number
 * behind where another task of this host has that name. Errors as rs_task_load. Reads files. */
struct rs_task *rs_task_import(const char *path, const char *text, size_t len, const char *name, struct rs_err *err);
/* The same from a file, or with "-" from standard input. */
struct rs_task *rs_task_import_file(const char *path, const char *name, struct rs_err *err);
/* Appends the keys, separated by commas, whose values are commands that a shell is given when the task runs: whoever has the task
 * from somebody else should look at them first. */
void rs_task_put_commands(const struct rs_task *t, struct rs_buf *keys);

#endif
