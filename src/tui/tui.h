/* The widget toolkit, all of it. Where to look:
 *
 *   theme     styles by meaning                      widget    the base, focus, events
 *   canvas    the grid of cells, text, bars          box       column, row, scroll
 *   glyph     the characters that are drawn          label     label, rule, gauge, wizard steps
 *   input     events, keys, their names              edit      a line being edited (no drawing)
 *   keymap    actions, keys, what is made of them    entry     text field, secret, filter line
 *   term      the terminal (curses)                  choice    drop-down, radio, checkbox, multichoice, buttons
 *   locale    the locale, once                       fieldset  labels, fields, errors
 *   loop      events, timers, other threads          table     rows of any number; tree: lazily; textview: to read
 *   screen    what a screen implements               dialog    questions
 *   frame     title, help area, key bar              help      the ? overlay (help.c)
 */
#ifndef RS_TUI_H
#define RS_TUI_H

#include "tui/box.h"
#include "tui/choice.h"
#include "tui/dialog.h"
#include "tui/entry.h"
#include "tui/fieldset.h"
#include "tui/glyph.h"
#include "tui/label.h"
#include "tui/locale.h"
#include "tui/loop.h"
#include "tui/table.h"
#include "tui/term.h"
#include "tui/textview.h"
#include "tui/tree.h"

#endif
