/* Runs a shell command (base/command.h) for what it prints; it is killed, with what it has started, when the time is over.
 * Blocks; any thread. */
#ifndef RS_PASSWORD_COMMAND_H
#define RS_PASSWORD_COMMAND_H

#include <stddef.h>
#include "base/clock.h"
#include "base/err.h"

/* At most size bytes into out, *len of them. RS_E_SECRET: it failed, printed too much, or took too long. */
enum rs_rc rs_password_command(const char *command, char *out, size_t size, size_t *len, rs_usec timeout,
                               struct rs_err *err) RS_MUST_CHECK;

#endif
