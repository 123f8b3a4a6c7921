/* The wizard as plain questions, one line each: for screen readers, dumb terminals and scripts. It asks what the forms
 * say, in their order, with the same conditions, defaults and checks as the screens. Nothing is drawn: every line that is
 * written stays. Secrets are read without echo where the input is a terminal.
 *
 * At every question: Enter takes what stands in [brackets], "?" explains, "<" goes back (without checking anything), "-"
 * clears an answer; what begins with "\" is taken as it is, without the backslash. The end of the input gives up. */
#ifndef RS_PROMPT_H
#define RS_PROMPT_H

#include <stdio.h>
#include "base/err.h"
#include "form/form_state.h"

/* RS_OK: all is answered, checked and confirmed. RS_CANCELLED: the user gave up. */
enum rs_rc rs_prompt_run(struct rs_form_state *state, FILE *in, FILE *out) RS_MUST_CHECK;

#endif
