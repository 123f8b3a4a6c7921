/* The source's objects as a tree, for the left pane of the objects page, and what there is to say of each. */
#ifndef RS_OBJECTS_TREE_H
#define RS_OBJECTS_TREE_H

#include "screen/objects.h"
#include "tui/tree.h"

/* ctx is a struct rs_objects. Columns: name, and size or what is the matter. */
extern const struct rs_tree_model rs_objects_model;
/* One line. */
void rs_objects_describe(const struct rs_objects *o, uint64_t node, struct rs_buf *out);

#endif
