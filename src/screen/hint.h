/* Remedies as they are said on a screen. An error's hint names commands, "rds-sync event show shop" in quotes, for it is read in
 * logs and by other programs, too; who reads it here is told the key that does the same. */
#ifndef RS_SCREEN_HINT_H
#define RS_SCREEN_HINT_H

#include "base/err.h"
#include "screen/keys.h"
#include "tui/input.h"

/* The name of the key that means an action, by the action's name, for a sentence: "P"; buf is returned. */
const char *rs_hint_key(const struct rs_keymap *keys, const char *action, char buf[RS_KEY_NAME_SIZE]);
/* The hint with keys in place of the commands that have one. here: the keymap of the screen that shows it (NULL: none), whose
 * place is not named. malloc'ed. */
char *rs_hint_text(const char *hint, const struct rs_keymap *here);
/* The same in an error. */
void rs_hint_translate(struct rs_err *err, const struct rs_keymap *here);

#endif
