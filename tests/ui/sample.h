/* Screens that show every widget: for the tests of tui, and for the demo with which one looks at them in a terminal.
 * The data is made up and always the same. */
#ifndef RS_SAMPLE_H
#define RS_SAMPLE_H

#include "tui/tui.h"

/* A list of tasks: table, filter line, bars, dialogs; Enter, n and o open the screens below. */
struct rs_screen *sample_tasks(void);
/* A wizard's page: two fieldsets side by side, all kinds of fields, buttons. */
struct rs_screen *sample_wizard(void);
/* A tree of count tables in three databases. */
struct rs_screen *sample_objects(size_t count);
/* Sparklines, gauge, table, log. */
struct rs_screen *sample_live(void);

/* The wizard's answers, which outlive its widgets. */
struct sample_answers {
	char name[64], account[64], host[256], port[16];
	struct rs_secret password;
	bool tls;
};
extern struct sample_answers sample_answers;

extern const struct rs_keymap sample_tasks_keys, sample_wizard_keys, sample_objects_keys, sample_live_keys;

#endif
