/* The event of the source's log at which a task has stopped, for the screen of troubles. UI thread. */
#ifndef RS_TROUBLE_H
#define RS_TROUBLE_H

#include "screen/app.h"

/* Whether the task has stopped at one; where not, *why says so (translated). */
bool rs_trouble_has_event(const struct rs_watch *watch, const char **why);
/* With its values, in a dialog. */
void rs_trouble_show_event(struct rs_app *app, const struct rs_watch *watch);
/* Says what follows, and asks; then it is left out and the task goes on. */
void rs_trouble_ask_skip(struct rs_app *app, const struct rs_watch *watch);

#endif
