/* A session played from a text, on a loop without a terminal. One command a line; empty lines and those that begin with #
 * are skipped:
 *
 *   Down Down Enter ^N        keys, by their names (input.h), separated by blanks
 *   "some text"               types it
 *   :paste TEXT               pastes it; \n and \e are understood
 *   :resize H W
 *   :wait-idle [SECONDS]      until nothing is posted, busy or waiting to be drawn (default 60)
 *   :wait TEXT                until the screen shows TEXT (60 s)
 *   :expect TEXT              the screen shows TEXT now
 *   :expect-not TEXT
 *   :expect-focus ID          the focused widget's id
 *   :expect-screen NAME
 *   :dump-screen [FILE]       writes the screen as text, to FILE or to the output
 *   :dump-styles [FILE]
 *
 * The first command that fails ends it, with its line and the screen in the error. */
#ifndef RS_SCRIPT_H
#define RS_SCRIPT_H

#include "tui/loop.h"

/* name: of the script, for errors. out gets the dumps (may be NULL). RS_OK also where the script ended the loop.
 * Errors: RS_E_USAGE for one that can't be understood, RS_E_INTERNAL for an expectation that failed. */
enum rs_rc rs_script_run(struct rs_loop *loop, const char *name, const char *text, struct rs_buf *out,
                         struct rs_err *err) RS_MUST_CHECK;

#endif
