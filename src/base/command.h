/* Shell commands that the user has set: the only place where the program starts another. Their signals are as at login; each runs
 * in a process group of its own. Any thread. */
#ifndef RS_COMMAND_H
#define RS_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>
#include "base/clock.h"

/* Starts it, with empty standard input, its standard error thrown away. out: where its standard output goes; < 0: nowhere. env: all of its environment, NULL-ended; NULL: ours.
 * 0, or an errno. */
int rs_command_start(const char *command, int out, char *const *env, pid_t *pid);
/* The same with our environment, and all three of them the terminal's; who calls it gives the group the terminal. */
int rs_command_start_at(const char *command, int in, int out, pid_t *pid);
/* Whether it has ended by then, and how (as waitpid tells it). Whoever asked once and was told so does not ask again. */
bool rs_command_ended(pid_t pid, rs_usec deadline, int *status);
/* Ends it, and what it has started. */
void rs_command_kill(pid_t pid);

#endif
