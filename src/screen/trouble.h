/* The event of the source's log at which a task has stopped, for the screen of troubles. UI thread. */
#ifndef RS_TROUBLE_H
#define RS_TROUBLE_H

#include "screen/app.h"

/* Whether the task has stopped at one; where not, *why says so (translated). */
bool rs_trouble_has_event(const struct rs_watch *watch, const char **why);
/* The same, where it is a row of a table. */
bool rs_trouble_has_table(const struct rs_watch *watch, const char **why);
/* With its values, in a dialog. */
void rs_trouble_show_event(struct rs_app *app, const struct rs_watch *watch);
/* Each says what follows, and asks; then the event is left out, or replaced by something else, and the task goes on. */
void rs_trouble_ask_skip(struct rs_app *app, const struct rs_watch *watch);
void rs_trouble_ask_edit(struct rs_app *app, const struct rs_watch *watch);
/* Withdraws what was decided about it and was not carried out yet, and goes on. */
void rs_trouble_retry(struct rs_app *app, const struct rs_watch *watch);
/* What was decided about events of the task, in a dialog. */
void rs_trouble_show_decided(struct rs_app *app, const struct rs_watch *watch);
/* Goes on without the event's table, or with it copied anew; asks first. */
void rs_trouble_change_table(struct rs_app *app, const struct rs_watch *watch, enum rs_table_action action);

/* Whether the task has stopped because the log that it needs is lost, or is another server's; where not, *why says so
 * (translated). */
bool rs_trouble_lost_log(const struct rs_watch *watch, const char **why);
/* Asks for the task's name, then has it begin anew where its source is now. */
void rs_trouble_ask_anchor(struct rs_app *app, const struct rs_watch *watch);

#endif
