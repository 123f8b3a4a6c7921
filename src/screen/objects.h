/* The objects page without its looks: the catalogue of the source as it arrives, the filter, the marks, and the selection with
 * its undo. Holds 100,000 tables.
 *
 * Nodes number what is in the source's tree, for tree.h: a database is (d + 1) << 40, its table | (t + 1) << 16, that table's
 * column | (c + 1). They stay what they are while more arrives. All on the UI thread. */
#ifndef RS_OBJECTS_H
#define RS_OBJECTS_H

#include "engine/engine.h"
#include "model/catalog.h"
#include "model/selection.h"
#include "screen/work.h"
#include "tui/table.h"

enum rs_columns_state { RS_COLUMNS_UNKNOWN, RS_COLUMNS_ASKED, RS_COLUMNS_KNOWN, RS_COLUMNS_FAILED };

/* A table, or what else is in a database: views and sequences are selected as tables are, routines, triggers and events come with
 * what they belong to. */
struct rs_objects_table {
	enum rs_object_kind kind;
	char *name;
	const struct rs_table *schema; /* a reference; NULL: only the name is known */
	uint64_t rows, bytes;          /* as the server estimates */
	char *unsupported;             /* why it can't be synchronized; NULL: it can */
	enum rs_columns_state columns;
	bool shown;                    /* the filter lets it through */
	bool marked;
};

struct rs_objects_db {
	char *name;
	struct rs_objects_table *tables; /* and all else in it: by kind, then by name */
	size_t count, cap;
	size_t *shown_tables;            /* those that the filter lets through */
	size_t shown_count, addable;     /* and those of them that can be selected */
	uint64_t rows, bytes;            /* of all tables, as the server estimates */
	size_t others;                   /* that are no tables */
	bool shown, marked;
	bool listed;                     /* its tables have arrived */
	bool fresh;                      /* just now: they are not sorted and filtered yet */
};

struct rs_objects {
	struct rs_objects_db *dbs;       /* by name */
	size_t count, cap;
	size_t *shown_dbs;
	size_t shown_count;
	size_t last;                     /* the database that something arrived for */
	char *filter;
	bool only_marked;                /* nothing else is shown */
	size_t tables;                   /* in all databases; */
	size_t shown_tables, addable;    /* of all that is in them: what is shown, and what of that can be selected */
	bool done;                       /* all is listed */
	bool schemas;                    /* what is a database here is a schema to the source: it is called so */
	bool later;                      /* what is selected whole brings its tables that are made later */
	struct rs_err error;             /* why it ended early */

	struct rs_selection *held;       /* what a task that has begun synchronizes, under names that stay; NULL: nothing */
	struct rs_selection *selection;
	unsigned version;                /* of the selection: changes with it */
	struct rs_selection **undo, **redo;
	size_t undo_count, redo_count;

	struct rs_browse *job;           /* NULL: none */
	struct rs_works *works;          /* which free what is large; NULL: that is done at once */
};

/* Nothing in it; the selection is taken over. */
struct rs_objects *rs_objects_new(struct rs_selection *selection);
/* The job must have been taken away. NULL is fine. */
void rs_objects_free(struct rs_objects *o);

/* --- the catalogue ----------------------------------------------------------------------- */

/* Forgets the catalogue (not the selection). */
void rs_objects_clear(struct rs_objects *o);
/* Takes what has arrived from the job; true where something has. */
bool rs_objects_poll(struct rs_objects *o);
/* Takes the objects out of a catalogue (tests); it is empty afterwards. */
void rs_objects_take(struct rs_objects *o, struct rs_catalog *c);

/* --- nodes ---------------------------------------------------------------------------------- */

struct rs_objects_node {
	size_t db, table, column;
	int depth;                       /* 1 database, 2 table, 3 column; 0: none */
};
struct rs_objects_node rs_objects_node(uint64_t node);
uint64_t rs_objects_number(size_t db, size_t table, size_t column, int depth);
const struct rs_objects_db *rs_objects_db(const struct rs_objects *o, uint64_t node);
/* NULL where the node is a database. */
const struct rs_objects_table *rs_objects_table(const struct rs_objects *o, uint64_t node);
/* Whether it can be selected by itself. */
bool rs_objects_can_select(const struct rs_objects_table *t);
/* NULL where it is no column. */
const char *rs_objects_column(const struct rs_objects *o, uint64_t node);
/* Asks for the columns of a table, once. */
void rs_objects_want_columns(struct rs_objects *o, uint64_t node);
/* Those of marked tables, of at most so many; returns of how many they are known. */
size_t rs_objects_want_marked_columns(struct rs_objects *o, size_t most);
/* Whether the source shows such a database, whatever the case of its name. */
bool rs_objects_has_db(const struct rs_objects *o, const char *db);
/* 0: the source has no such table, as far as it is known. */
uint64_t rs_objects_find(const struct rs_objects *o, const char *db, const char *table);
/* What is shown below a node (0: the databases), and the i-th of that. */
size_t rs_objects_children(const struct rs_objects *o, uint64_t node);
uint64_t rs_objects_child(const struct rs_objects *o, uint64_t node, size_t i);

/* --- filter and marks --------------------------------------------------------------------------- */

/* Shows databases and tables whose name ("db.table" where text has a dot) contains text, without case. */
void rs_objects_filter(struct rs_objects *o, const char *text);
/* Shows of those only what is marked; marks that are taken away stay in sight until it is looked at anew. */
void rs_objects_show_marked(struct rs_objects *o, bool only);
enum rs_mark rs_objects_mark(const struct rs_objects *o, uint64_t node);
/* Marks or unmarks; false where it can't be marked. */
bool rs_objects_toggle(struct rs_objects *o, uint64_t node);
/* '+' marks all that is shown (tables while there is a filter, else databases), '-' unmarks everything, '*' inverts what is
 * shown. */
void rs_objects_mark_all(struct rs_objects *o, char how);
/* Marks of what is shown the tables whose name ("db.table" where the pattern has a dot) fits: * is anything, ? one character, [a-z]
 * one of them, without case; without any of these it is looked for anywhere in the name. Returns how many. */
size_t rs_objects_mark_pattern(struct rs_objects *o, const char *pattern);
/* How many are marked, and how many of those the filter hides. */
size_t rs_objects_marked(const struct rs_objects *o, size_t *hidden);

/* --- the selection: each change can be undone ------------------------------------------------------- */

/* How many databases (without a filter) or tables (with one) rs_objects_adding_shown would add. */
size_t rs_objects_addable(const struct rs_objects *o);
/* Forgets the rules about a database, table or column (table, column NULL: the database, table itself). */
enum rs_rc rs_objects_remove(struct rs_objects *o, const char *db, const char *table, const char *column,
                             struct rs_err *err) RS_MUST_CHECK;
void rs_objects_remove_all(struct rs_objects *o);
/* to: as in the text form: a new name, or for a table "db.name"; "" gives the old one back. What is not selected yet is. */
enum rs_rc rs_objects_rename(struct rs_objects *o, const char *db, const char *table, const char *column, const char *to,
                             struct rs_err *err) RS_MUST_CHECK;
/* The condition that a table's rows must meet; "": all. What is not selected yet is. */
enum rs_rc rs_objects_set_filter(struct rs_objects *o, const char *db, const char *table, const char *condition,
                                 struct rs_err *err) RS_MUST_CHECK;
/* The kinds of changes of a database or table; NULL: the task's. What is not selected yet is. */
enum rs_rc rs_objects_set_operations(struct rs_objects *o, const char *db, const char *table, const struct rs_operations *kinds,
                                     struct rs_err *err) RS_MUST_CHECK;
/* Settings of a table (table NULL: of a database) at the destination, by rs_table_setting: NULL: stays as it is, "": none. What is not
 * selected yet is. */
enum rs_rc rs_objects_set_settings(struct rs_objects *o, const char *db, const char *table, const char *const *values, struct rs_err *err)
	RS_MUST_CHECK;
/* What is said of all of them now: "" nothing, NULL: they differ. Borrowed from the selection. RS_E_USAGE where what is marked is no
 * table, and no database that may be. */
enum rs_rc rs_objects_marked_settings(const struct rs_objects *o, bool databases, const char **values, struct rs_err *err) RS_MUST_CHECK;
/* The columns of a table, or (node 0) those that all marked ones have, in the first one's order; for rs_columns_free. False: not all
 * are known. */
bool rs_objects_shared_columns(const struct rs_objects *o, uint64_t node, char ***names, size_t *count);
/* Whether a condition can filter all that is marked, as far as their columns are known; "": whether all of them are tables. */
enum rs_rc rs_objects_check_marked(const struct rs_objects *o, const char *condition, struct rs_err *err) RS_MUST_CHECK;
/* What is said of all of them now ("", NULL: nothing); false: they differ. */
bool rs_objects_marked_filter(const struct rs_objects *o, const char **filter);
bool rs_objects_marked_kinds(const struct rs_objects *o, const struct rs_operations **kinds);
/* Columns of the marked tables: those whose name the pattern is, or fits (* is anything, ? one character, without case). */
struct rs_objects_columns {
	size_t columns, tables;          /* so many of so many tables; */
	size_t unknown;                  /* of so many tables the columns have not arrived */
};
/* What the next would do, without doing it: the names of at most `most` of them are appended. The same errors. */
enum rs_rc rs_objects_find_columns(const struct rs_objects *o, const char *pattern, const char *to, struct rs_objects_columns *found,
                                   size_t most, struct rs_buf *names, struct rs_err *err) RS_MUST_CHECK;
/* Gives all of them the name, "": leaves them out; as one change. What is not selected yet is. RS_E_USAGE: there is none, not all columns
 * are known, or what is marked is no table. RS_E_MAPPING: a table would have two columns of one name. */
enum rs_rc rs_objects_change_columns(struct rs_objects *o, const char *pattern, const char *to, struct rs_objects_columns *found,
                                     struct rs_err *err) RS_MUST_CHECK;
/* One line of the text form. */
enum rs_rc rs_objects_add_line(struct rs_objects *o, const char *line, struct rs_err *err) RS_MUST_CHECK;
/* False where there is nothing to undo (redo). */
bool rs_objects_undo(struct rs_objects *o);
bool rs_objects_redo(struct rs_objects *o);

/* --- changes of many objects, made in pieces ------------------------------------------------------- */

/* One change, which nothing is seen of before its end. The catalogue stays what it is meanwhile, and the selection is not changed by
 * others; what is marked and shown may change: what counts is what was when it began. RS_FAIL at its end: nothing was changed. */
struct rs_objects_change;

/* What is marked, or, where nothing is, the node; marks are gone then. */
struct rs_objects_change *rs_objects_adding(struct rs_objects *o, uint64_t node);
struct rs_objects_change *rs_objects_adding_shown(struct rs_objects *o);
/* Leaves marked tables, or the node's, out of their databases, which are selected whole; a column out of its table. */
struct rs_objects_change *rs_objects_excluding(struct rs_objects *o, uint64_t node);
/* to is a name, not a text in which one stands, and a table stays in the database that it comes to now. What is not selected yet is.
 * check: nothing is changed where two would come to one name that did not before; else that has been seen to. Names are borrowed. */
struct rs_objects_name {
	const char *db, *table, *to; /* table NULL: the database */
};
struct rs_objects_change *rs_objects_renaming(struct rs_objects *o, const struct rs_objects_name *names, size_t count, bool check);
/* As rs_objects_set_filter, _set_operations and _set_settings, of all that is marked; the marks stay. RS_E_USAGE where what is marked
 * has no rows. */
struct rs_objects_change *rs_objects_filtering_marked(struct rs_objects *o, const char *condition);
struct rs_objects_change *rs_objects_giving_marked_kinds(struct rs_objects *o, const struct rs_operations *kinds);
struct rs_objects_change *rs_objects_giving_marked_settings(struct rs_objects *o, const char *const *values);

/* Deals with the next few thousand objects; false: none is left, or one could not be changed. */
bool rs_objects_change_go_on(struct rs_objects_change *c);
int rs_objects_change_percent(const struct rs_objects_change *c);
/* After that: it has taken effect, and can be undone. Frees it. */
enum rs_rc rs_objects_change_end(struct rs_objects_change *c, struct rs_err *err) RS_MUST_CHECK;
/* At any time before: nothing was changed. NULL is fine. */
void rs_objects_change_free(struct rs_objects_change *c);

#endif
