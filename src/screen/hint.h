/* Remedies as they are said on a screen. An error's hint names commands, "rds-sync event show shop" in quotes, for it is read in
 * logs and by other programs, too; who reads it here is told the key that does the same. */
#ifndef RS_SCREEN_HINT_H
#define RS_SCREEN_HINT_H

#include "base/err.h"
#include "tui/keymap.h"

/* Keys of the screens that can be meant; each is with its screen. */
extern const struct rs_keymap rs_tasks_keymap, rs_live_keymap, rs_tables_keymap, rs_trouble_keymap, rs_compare_keymap;

/* The hint with keys in place of the commands that have one. here: the keymap of the screen that shows it (NULL: none), whose
 * place is not named. malloc'ed. */
char *rs_hint_text(const char *hint, const struct rs_keymap *here);
/* The same in an error. */
void rs_hint_translate(struct rs_err *err, const struct rs_keymap *here);

#endif
