/* Actions and their keys. One table a screen, plus the universal one, from which everything is made that names keys:
 * the key bar, the ? overlay, the man page's table, and the dispatch itself, so that they can't disagree.
 *
 *     enum { ACT_NEW, ACT_PAUSE };
 *     static const struct rs_action actions[] = {
 *         {ACT_NEW, "new-task", {'n'}, N_("New"), N_("Configure a new task."), 1},
 *         {ACT_PAUSE, "pause", {'p', RS_CTRL('s')}, N_("Pause"), N_("Pause the task under the cursor."), 3},
 *     };
 *     static const struct rs_keymap keys = {N_("Task list"), actions, RS_COUNT(actions)};
 *
 * A key reaches the focused widget first, then the screen's table, then it moves the focus if it can (Tab, arrows), then
 * comes the universal table. While text is being typed
 * keys that type, edit or move in the line never get to a table, so an action that is wanted there needs a second key (the bar then
 * shows that one). A table may list Tab ("Next field") for the key bar's sake: an action
 * that returns false lets the key go on its way.
 * Lists take j k g G ^F ^B (trees h l too) and, where rows can be marked, Space: leave those to them. No action may have only an F-key, an Alt- or a Ctrl-arrow key (rs_keymap_check, in the tests). */
#ifndef RS_KEYMAP_H
#define RS_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"

#define RS_COUNT(array) (sizeof(array) / sizeof *(array))
#define RS_ACTION_KEYS 5

struct rs_action {
	int id;             /* the screen's own number, 0 to 999; universal ones begin at RS_ACT_FIRST */
	const char *name;   /* stable, for scripts and tests: "next-step" */
	uint32_t keys[RS_ACTION_KEYS]; /* the first that works now is shown; 0 ends them */
	const char *label;  /* one to three words for the key bar (N_) */
	const char *help;   /* one sentence for the ? overlay and the man page (N_) */
	int rank;           /* order in the key bar, 1 first; 0: only in the overlay */
};

struct rs_keymap {
	const char *title;  /* heading in the overlay and the man page (N_) */
	const struct rs_action *actions;
	size_t count;
};

/* What works everywhere. The loop carries these out; a screen may use a key of theirs for an action of its own. */
enum rs_universal {
	RS_ACT_FIRST = 1000,
	RS_ACT_HELP = RS_ACT_FIRST, /* the ? overlay */
	RS_ACT_BACK,                /* up one level: pops the screen */
	RS_ACT_REDRAW,
	RS_ACT_SUSPEND,
	RS_ACT_QUIT,
	RS_ACT_INTERRUPT            /* Ctrl-C: asks once; twice in two seconds ends the program cleanly */
};
extern const struct rs_keymap rs_keymap_universal;
/* Keys that the widgets themselves handle (lists, fields, text): for the overlay and the man page only. */
extern const struct rs_keymap rs_keymap_widgets;

/* Gives an action, by its name and in every table that has it, other keys than the table's; n: 1 to RS_ACTION_KEYS, those it had
 * before are gone. For the UI thread, before the first screen. */
void rs_keymap_remap(const char *name, const uint32_t *keys, size_t n);
/* The tables' own again. */
void rs_keymap_remap_none(void);
/* The keys that mean it: RS_ACTION_KEYS of them, 0 ends them. Borrowed until they are changed. */
const uint32_t *rs_action_keys(const struct rs_action *action);

/* The action that a key means, or NULL. */
const struct rs_action *rs_keymap_find(const struct rs_keymap *map, uint32_t key);
const struct rs_action *rs_keymap_by_id(const struct rs_keymap *map, int id);
/* The key to show: the first, or while text is typed the first that a text field leaves alone; RS_KEY_NONE where there is
 * none. */
uint32_t rs_action_key(const struct rs_action *action, bool typing);
/* All keys, "Enter, ^N, F5". */
void rs_action_key_names(const struct rs_action *action, struct rs_buf *out);

/* roff rows for the man page (English): .TP blocks with keys, name and help below a .SS heading for each map. */
void rs_keymap_man(const struct rs_keymap *const *maps, size_t count, struct rs_buf *out);

/* True when each action has a key that any terminal can send, no key is used twice, and texts are there; else *why
 * gets one line about the first that is wrong. */
bool rs_keymap_check(const struct rs_keymap *map, struct rs_buf *why);

#endif
