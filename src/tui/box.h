/* Containers without looks of their own. */
#ifndef RS_BOX_H
#define RS_BOX_H

#include "tui/widget.h"

/* Children below each other, each as high as it likes; what is left over goes to those with a weight, what is missing
 * is taken from them first. gap: blank rows between them. */
struct rs_widget *rs_column_new(int gap);
/* Children beside each other, likewise; in less than fold_below columns they come below each other (0: never). */
struct rs_widget *rs_row_new(int gap, int fold_below);
/* One child that may be higher than the room: it scrolls with the focus and by PgUp and PgDn, with marks at the right
 * edge where there is more. Owns child. */
struct rs_widget *rs_scroll_new(struct rs_widget *child);
/* Empty room: h rows, w columns, and a share of the rest. */
struct rs_widget *rs_space_new(int h, int w, int weight);

#endif
