/* The selection as a tree, for the right pane of the objects page: databases, below them the tables that rules speak of, below
 * those the columns with new names. Nodes keep their numbers while the selection changes. */
#ifndef RS_SELECTED_H
#define RS_SELECTED_H

#include "base/map.h"
#include "model/selection.h"
#include "tui/tree.h"

struct rs_selected_node {
	uint64_t id;
	char *db, *table, *column; /* table, column NULL: the database, table itself */
	char *to;                  /* new name as it is shown; NULL: keeps its own */
	char *operations;          /* kinds of changes of its own, " insert update"; NULL: the task's */
	char *filter;              /* condition of a table's rows; NULL: all */
	bool whole;                /* a database with all its tables */
	bool excluded;             /* a table or column that is left out */
	size_t first_kid, kids;    /* in links */
};

struct rs_selected {
	struct rs_selected_node *nodes; /* in the order of the rules */
	size_t count, cap;
	size_t *links;             /* children, together for each node; those of the root first */
	size_t roots;
	struct rs_map ids;         /* name to number */
	uint64_t last_id;
	struct rs_map by_id;       /* number to node; of the nodes there are now */
};

void rs_selected_init(struct rs_selected *s);
void rs_selected_release(struct rs_selected *s);
/* Reads the rules again. */
void rs_selected_set(struct rs_selected *s, const struct rs_selection *selection);
/* NULL where there is no such node (any more). */
const struct rs_selected_node *rs_selected_node(const struct rs_selected *s, uint64_t id);
/* The number of a name that has a node, 0 for none. */
uint64_t rs_selected_find(const struct rs_selected *s, const char *db, const char *table, const char *column);
/* ctx is a struct rs_selected. One column: the name, with its new one, a note and
 * the rows' filter. */
extern const struct rs_tree_model rs_selected_model;

#endif
