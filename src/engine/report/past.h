/* How a task went so far, on its way from the process that runs it, which gathers it from its start, to those that begin to look
 * later. Pure functions: whoever calls holds the numbers still (rs_engine.past.lock, where others may change them). */
#ifndef RS_PAST_H
#define RS_PAST_H

#include <jansson.h>
#include "engine/engine.h"

/* As JSON; and back, in place of what there was: what can't be read is left out. */
json_t *rs_past_to_json(const struct rs_past *past);
void rs_past_from_json(const json_t *j, struct rs_past *past);

#endif
