/* The arrangement by which the full-screen program can give the shell back while its engine goes on: it forks once, before
 * any thread or connection. The parent only waits, passing on what the terminal and others send it; the child does
 * everything. It is killed with its parent. To detach, it tells the parent to exit, and becomes the leader of a session of
 * its own. */
#ifndef RS_DETACH_H
#define RS_DETACH_H

#include <stdbool.h>
#include "base/err.h"

/* Returns in the child only. The parent leaves with the child's exit code (or by the signal that killed it), or with 0
 * when the child detaches. */
enum rs_rc rs_detach_fork(struct rs_err *err) RS_MUST_CHECK;
/* In the child: lets go of parent, terminal and session. False, and nothing has changed, where there was no fork or it
 * is done already. */
bool rs_detach(void);

#endif
