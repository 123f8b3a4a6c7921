/* A tree as a list: databases, their tables, their columns. Lazy: children are asked for when a branch is opened.
 * Nodes are numbers of the model's, 0 is the invisible root. Right opens, Left closes or goes to the parent, Space
 * marks, Insert marks and goes on; moving as in tables. Holds 16 bytes for each visible node; 100,000 are fine.
 *
 * Filtering is the model's: it reports fewer children, then rs_tree_reload(). */
#ifndef RS_TREE_H
#define RS_TREE_H

#include "tui/table.h"

struct rs_tree_model {
	size_t (*count)(void *ctx, uint64_t node);            /* children, as far as known */
	uint64_t (*child)(void *ctx, uint64_t node, size_t i);
	bool (*branch)(void *ctx, uint64_t node);             /* can be opened */
	/* Column 0 is the name. As in tables. */
	void (*cell)(void *ctx, uint64_t node, size_t col, struct rs_buf *text, unsigned *style);
	enum rs_mark (*mark)(void *ctx, uint64_t node);       /* RS_MARK_NONE: has no box; NULL: no marks */
	bool (*toggle)(void *ctx, uint64_t node);             /* Space; NULL: ignored */
	/* A dim line below an open branch: "loading…"; NULL (or returning NULL): none. */
	const char *(*note)(void *ctx, uint64_t node);
	/* A branch was opened: start loading what is below it; NULL: nothing to do. */
	void (*opened)(void *ctx, uint64_t node);
};

struct rs_tree;

struct rs_tree *rs_tree_new(const char *id, const struct rs_col *cols, size_t count,
                            const struct rs_tree_model *model, void *ctx);
struct rs_widget *rs_tree_widget(struct rs_tree *t);
void rs_tree_set_empty(struct rs_tree *t, const char *text);
/* After the model changed: what was open stays open, the cursor stays on its node, or the nearest before it. */
void rs_tree_reload(struct rs_tree *t);
/* The node under the cursor; 0: none. */
uint64_t rs_tree_node(const struct rs_tree *t);
void rs_tree_open(struct rs_tree *t, uint64_t node, bool open);
bool rs_tree_is_open(const struct rs_tree *t, uint64_t node);

/* What is open, and where the cursor is: of a tree that goes, for one that comes in its place while nodes keep their numbers. Zero at
 * first. */
struct rs_tree_place {
	uint64_t *open; /* sorted */
	size_t count;
	uint64_t node;  /* 0: none */
};
void rs_tree_keep_place(const struct rs_tree *t, struct rs_tree_place *place);
/* The model is not told that branches are opened. */
void rs_tree_go_to_place(struct rs_tree *t, const struct rs_tree_place *place);
void rs_tree_place_clear(struct rs_tree_place *place);

#endif
