/* The screens' tables of keys, each of which is with its screen, and the user's own keys: keys.ini in the configuration
 * directory, described in rds-sync-keys(7). */
#ifndef RS_SCREEN_KEYS_H
#define RS_SCREEN_KEYS_H

#include "base/err.h"
#include "tui/keymap.h"

extern const struct rs_keymap rs_tasks_keymap, rs_live_keymap, rs_tables_keymap, rs_trouble_keymap, rs_log_keymap, rs_why_keymap,
	rs_graph_keymap, rs_history_keymap, rs_compare_keymap,
	rs_wizard_form_keymap, rs_wizard_objects_keymap, rs_wizard_batch_keymap, rs_wizard_review_keymap, rs_wizard_precheck_keymap;

/* The universal one, then the screens' in the order in which one meets them; NULL ends them. */
extern const struct rs_keymap *const rs_screen_keymaps[];

/* Reads the user's keys; path NULL: the usual place. A file that does not exist changes nothing. All of it or nothing: RS_E_IO,
 * RS_E_INI_SYNTAX, also for an action or a key that there is not, for one that is taken, and where something could not be
 * done any more, naming file and line; then the keys are the tables' own. */
enum rs_rc rs_keys_load(const char *path, struct rs_err *err) RS_MUST_CHECK;

#endif
