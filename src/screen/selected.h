/* The selection as a tree, for the right pane of the objects page: databases, below them the tables that rules speak of, below
 * those the columns with new names. Nodes have the numbers of the rules, and keep them while the selection changes. What is below
 * a database is made when it is looked at: a hundred thousand tables in databases that are closed cost nothing. */
#ifndef RS_SELECTED_H
#define RS_SELECTED_H

#include "model/selection.h"
#include "tui/tree.h"

struct rs_selected_db;

struct rs_selected_node {
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
	size_t tables_cap;
};

struct rs_selected_slot {
	uint64_t number;
	struct rs_selected_node *node; /* NULL: free */
};

struct rs_selected {
	struct rs_selection *selection; /* a copy */
	bool later;                     /* what is selected whole brings its tables that are made later */
	struct rs_selected_db *dbs;    /* in the order of the rules */
	size_t count, cap;
	size_t used;                   /* so many have been used before: their memory is used again */
	size_t rules;                  /* about databases and tables */
	size_t nodes;                  /* that were made, */
	struct rs_selected_slot *slots; /* by their numbers; a power of two, or none */
	size_t slot_count;
};

void rs_selected_init(struct rs_selected *s);
void rs_selected_release(struct rs_selected *s);
/* Reads the rules again. later: what is selected whole brings its tables that are made later. */
void rs_selected_set(struct rs_selected *s, const struct rs_selection *selection, bool later);
/* NULL where there is no such node (any more), or it was not looked at yet. */
const struct rs_selected_node *rs_selected_node(const struct rs_selected *s, uint64_t number);
/* ctx is a struct rs_selected. One column: the name, with its new one, a note,
 * its settings and the rows' filter. */
extern const struct rs_tree_model rs_selected_model;
/* Opens in a tree of that model what has a higher number than seen, with what is above it. */
void rs_selected_open_new(struct rs_selected *s, struct rs_tree *tree, uint64_t seen);

#endif
