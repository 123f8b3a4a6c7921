/* Task files that were read. One that is as it was then is not read again: a hundred thousand names, once a second, would cost a tenth
 * of a processor. For one thread at a time. */
#ifndef RS_SEEN_H
#define RS_SEEN_H

#include "base/map.h"
#include "model/task.h"

struct rs_seen {
	struct rs_map files; /* path -> what was read of it; owned */
};

#define RS_SEEN_INIT {RS_MAP_INIT}

/* As rs_task_load. */
struct rs_task *rs_seen_load(struct rs_seen *s, const char *path, struct rs_err *err);
/* Forgets those that were not asked for since it was called last. */
void rs_seen_sweep(struct rs_seen *s);
void rs_seen_release(struct rs_seen *s);

#endif
