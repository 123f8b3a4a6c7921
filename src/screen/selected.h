/* The selection as a tree, for the right pane of the objects page: databases, below them the tables that rules speak of, below
 * those the columns with new names. Nodes keep their numbers while the selection changes. What is below a database is made when it
 * is looked at: a hundred thousand tables in databases that are closed cost nothing. */
#ifndef RS_SELECTED_H
#define RS_SELECTED_H

#include "base/map.h"
#include "model/selection.h"
#include "tui/tree.h"

struct rs_selected_db;

struct rs_selected_node {
	uint64_t id;
	struct rs_selection_rule rule; /* borrowed from the selection */
	struct rs_selected_db *in;
	size_t columns;                /* of a table: nodes that follow it */
};

struct rs_selected_db {
	struct rs_selected_node node;
	bool known;                    /* what is below it was made: */
	struct rs_selected_node *below; /* tables, each followed by its columns */
	size_t count, cap;
	size_t *tables;                /* where in it the tables are */
};

struct rs_selected {
	struct rs_selection *selection; /* a copy */
	struct rs_selected_db *dbs;    /* in the order of the rules */
	size_t count, cap;
	size_t rules;                  /* about databases and tables */
	struct rs_map ids;             /* name to number */
	uint64_t last_id;
	struct rs_selected_node **by_id; /* number to node, NULL where none was made; last_id + 1, or fewer */
	size_t by_id_count, by_id_cap;
};

void rs_selected_init(struct rs_selected *s);
void rs_selected_release(struct rs_selected *s);
/* Reads the rules again. */
void rs_selected_set(struct rs_selected *s, const struct rs_selection *selection);
/* NULL where there is no such node (any more), or it was not looked at yet. */
const struct rs_selected_node *rs_selected_node(const struct rs_selected *s, uint64_t id);
/* ctx is a struct rs_selected. One column: the name, with its new one, a note,
 * its settings and the rows' filter. */
extern const struct rs_tree_model rs_selected_model;
/* Opens in a tree of that model what is new since last_id was seen, with what is above it. */
void rs_selected_open_new(struct rs_selected *s, struct rs_tree *tree, uint64_t seen);

#endif
