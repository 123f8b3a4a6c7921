/* A form's fields: a title, then label, widget and, below the widget, its error, all in one grid. Tab, Shift-Tab and
 * the arrows move; Enter on a field goes to the next, on the last it submits. Two of them in a row (rs_row_new) stand side by
 * side in 80 columns, below each other in less. A label is at most 24 cells wide, or 40 where there is room for that; where there
 * is little it stands above its widget.
 *
 * A field's error is only shown; it never holds the focus. */
#ifndef RS_FIELDSET_H
#define RS_FIELDSET_H

#include "tui/widget.h"

/* title NULL: none. */
struct rs_widget *rs_fieldset_new(const char *title);
/* Owns widget; label is copied, NULL for none. Returns widget. */
struct rs_widget *rs_fieldset_add(struct rs_widget *fs, const char *label, struct rs_widget *widget);
/* The same without a label, over both columns. */
struct rs_widget *rs_fieldset_add_wide(struct rs_widget *fs, struct rs_widget *widget);
/* A note over both columns, dim or in a style. Returns a label (label.h). */
struct rs_widget *rs_fieldset_add_note(struct rs_widget *fs, const char *text, unsigned style);
/* The error of one of its fields; NULL clears it. */
void rs_fieldset_set_error(struct rs_widget *fs, const struct rs_widget *field, const char *text);
const char *rs_fieldset_error(const struct rs_widget *fs, const struct rs_widget *field);

#endif
