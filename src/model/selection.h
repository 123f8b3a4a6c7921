/* Which objects of the source are synchronized, and what they are called at the destination.
 *
 * A selection is a set of rules: whole databases (with every table they will ever have), single tables, tables left out
 * of a whole database, columns left out of a table, filters of tables' rows, kinds of changes, settings of tables at the
 * destination, and new names for databases, tables and columns. Rules speak of names, not of what exists: the precheck compares
 * them with the catalogue. The databases of the server and of rds-sync itself can't be selected.
 *
 * Text form, of objects_file and of a form's objects field, one object a line:
 *
 *	shop                            a whole database
 *	shop -> shop_copy               the same under another name
 *	crm.customers                   one table
 *	shop.orders -> archive.orders   one table under another name ("-> orders_v2": in the database's own destination)
 *	shop.orders.id -> order_id      a column of a selected table under another name
 *	! shop.log                      a table left out of a whole database
 *	! shop.orders.secret            a column left out of a selected table
 *	@ shop.orders: insert ddl       the kinds of changes that are synchronized of a database or table, where it differs
 *	                                from the task's: words of sync.dml and sync.ddl, dml, ddl (all of them), none
 *	= shop.orders: key region id    a setting of a selected table at the destination (table_settings.h): its word, its text
 *	shop.orders: status = 'paid'    of a selected table only the rows that meet the condition (filter.h), to the line's end
 *	# a comment
 *
 * `Backquotes` (doubled inside) enclose names with anything else than letters, digits, '_', '$', and '-' in the middle.
 * A rule about a table of a database that is selected whole needs no whole-database rule before it.
 *
 * Owned by its task; read by any number of threads once nobody changes it. Database and table names compare byte by
 * byte unless rs_selection_fold_case says otherwise; column names compare without case, as the servers do. */
#ifndef RS_SELECTION_H
#define RS_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"
#include "model/table_settings.h"

struct rs_ini;
struct rs_selection;
struct rs_working;

/* Kinds of changes: bits of enum rs_sync_dml and rs_sync_ddl. */
struct rs_operations {
	bool given;
	unsigned dml, ddl;
};

struct rs_selection *rs_selection_new(void);
void rs_selection_free(struct rs_selection *s);
/* Costs next to nothing: what neither changes is in memory once. Each has an owner and threads of its own. */
struct rs_selection *rs_selection_copy(const struct rs_selection *s);

/* Reads [objects] of a task file with path (objects_file is relative to it). RS_E_TASK_INVALID and RS_E_MAPPING name
 * file and line. The rules were checked as rs_selection_check does, except that an empty selection is fine. */
struct rs_selection *rs_selection_load(const struct rs_ini *ini, const char *path, struct rs_err *err);
/* Reads the text form, adding to what is there; name stands for the file in errors. */
enum rs_rc rs_selection_parse(struct rs_selection *s, const char *name, const char *text, size_t len,
                              struct rs_err *err) RS_MUST_CHECK;
/* "shop.orders, crm" on one line becomes the lines of the text form; a comma in backquotes is part of a name. malloc'ed. */
char *rs_selection_lines(const char *list);
/* Appends the text form, which reads back to a selection of the same meaning. */
void rs_selection_format(const struct rs_selection *s, struct rs_buf *out);
/* Whether both have the same text; what copies still share is not looked at. */
bool rs_selection_same(const struct rs_selection *a, const struct rs_selection *b);
/* Puts the rules into [objects] of a task file about to be saved at path: in its keys where they are few and short, else
 * in NAME.objects beside it, which is written at once (mode 0600, atomically). RS_E_IO. */
enum rs_rc rs_selection_store(const struct rs_selection *s, struct rs_ini *ini, const char *path, struct rs_err *err)
	RS_MUST_CHECK;

/* --- what is selected ---------------------------------------------------------------------------------------------- */

bool rs_selection_is_empty(const struct rs_selection *s);
/* Whether anything of the database is selected. */
bool rs_selection_includes_db(const struct rs_selection *s, const char *db);
/* Whether the database is selected whole: its other objects and its DDL belong to the task. */
bool rs_selection_whole_db(const struct rs_selection *s, const char *db);
bool rs_selection_includes_table(const struct rs_selection *s, const char *db, const char *table);
/* How many tables of the database are selected by rules of their own. */
size_t rs_selection_tables_of(const struct rs_selection *s, const char *db);
/* Whether a rule speaks of the table itself. */
bool rs_selection_has_table(const struct rs_selection *s, const char *db, const char *table);

/* Working tables of online schema changes (working.h) are no part of a database that is selected whole from now on, unless a
 * rule of their own selects them. Before others read it; takes a reference. */
void rs_selection_set_working(struct rs_selection *s, struct rs_working *w);
/* Borrowed; NULL: all tables are tables. */
const struct rs_working *rs_selection_working(const struct rs_selection *s);

/* The condition that the table's rows must meet, as it was written; NULL: all are synchronized. Borrowed. */
const char *rs_selection_filter(const struct rs_selection *s, const char *db, const char *table);
/* Whether any table has one. */
bool rs_selection_filters(const struct rs_selection *s);

/* The kinds of changes of a table (its own, else its database's) or, with NULL, of a database; NULL: the task's. Borrowed. */
const struct rs_operations *rs_selection_operations(const struct rs_selection *s, const char *db, const char *table);

/* What is said of a table (its own, else its database's) or, with NULL, of a database; NULL: nothing. Borrowed. */
const char *rs_selection_setting(const struct rs_selection *s, const char *db, const char *table, enum rs_table_setting which);
/* Its own alone. */
const char *rs_selection_own_setting(const struct rs_selection *s, const char *db, const char *table, enum rs_table_setting which);

/* --- names at the destination -------------------------------------------------------------------------------------- */

/* What becomes of names of databases and tables that no rule renames. */
enum rs_name_case { RS_CASE_KEEP, RS_CASE_LOWER, RS_CASE_UPPER };
/* Before others read it. */
void rs_selection_set_case(struct rs_selection *s, enum rs_name_case name_case);
/* Names compare, and become, what they do in another selection of the same task. */
void rs_selection_name_as(struct rs_selection *s, const struct rs_selection *as);

/* The results are borrowed: from the selection, or the argument itself where no rule renames it. They answer for any
 * name, selected or not. */
const char *rs_selection_map_db(const struct rs_selection *s, const char *db);
void rs_selection_map_table(const struct rs_selection *s, const char *db, const char *table, const char **to_db,
                            const char **to_table);
/* NULL where the column is left out. */
const char *rs_selection_map_column(const struct rs_selection *s, const char *db, const char *table, const char *column);
bool rs_selection_excludes_column(const struct rs_selection *s, const char *db, const char *table, const char *column);
/* Whether any column of the table has another name at the destination, or none. */
bool rs_selection_maps_columns(const struct rs_selection *s, const char *db, const char *table);
/* Whether anything at all has another name at the destination. */
bool rs_selection_maps(const struct rs_selection *s);

/* --- the rules, for showing them ----------------------------------------------------------------------------------- */

/* Borrowed names. Databases come in the order of the rules, each followed by its tables, each by its columns. */
struct rs_selection_rule {
	uint64_t number;       /* of what it speaks of, in all copies; what is spoken of later has a higher one */
	const char *db;
	const char *table;     /* NULL: the database itself */
	const char *column;    /* NULL: the database or table itself */
	const char *to_db;     /* of a database or table: its name there; NULL where it keeps its own (for a table: follows
	                          its database) */
	const char *to_name;   /* of a table or column: new name; NULL where it keeps its own */
	size_t tables;         /* of a database: of how many tables rules speak */
	bool selected;         /* database: whole; table: by a rule of its own */
	bool excluded;         /* table or column left out */
	const char *filter;    /* of a table: as rs_selection_filter */
	const struct rs_operations *operations; /* of a database or table: its own; NULL */
	char *const *settings; /* the same, RS_TABLE_SETTINGS of them, each NULL where nothing is said; NULL: none is */
};

/* Private; start with RS_SELECTION_ITER. */
struct rs_selection_iter {
	size_t db, table, column;
	const void *in_db, *in_table;
};
#define RS_SELECTION_ITER {0, 0, 0, NULL, NULL}

/* Appends the text form of the next rules, of at most so many, which are counted down; false: none is left. The selection stays what it
 * is meanwhile. */
bool rs_selection_format_on(const struct rs_selection *s, struct rs_selection_iter *i, size_t *rules, struct rs_buf *out);
/* for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each(s, &i, &rule);) */
bool rs_selection_each(const struct rs_selection *s, struct rs_selection_iter *i, struct rs_selection_rule *rule);
/* The same without the tables of databases of whose tables nothing is said but that they are selected: once that is known of a hundred
 * thousand names they are passed over at once. */
bool rs_selection_each_said(const struct rs_selection *s, struct rs_selection_iter *i, struct rs_selection_rule *rule);
/* The rules about databases alone; and those about one database's tables and their columns. */
bool rs_selection_each_db(const struct rs_selection *s, struct rs_selection_iter *i, struct rs_selection_rule *rule);
bool rs_selection_each_of(const struct rs_selection *s, const char *db, struct rs_selection_iter *i, struct rs_selection_rule *rule);
/* The highest number of a rule that there was. From any thread. */
uint64_t rs_selection_last_number(void);
/* How many databases are selected whole, and how many single tables. */
void rs_selection_count(const struct rs_selection *s, size_t *databases, size_t *tables);

/* --- changing it (the objects screen) ------------------------------------------------------------------------------- */

/* Each returns RS_E_MAPPING or RS_E_TASK_INVALID for a name that can't be, or a rule that contradicts another. */
enum rs_rc rs_selection_add_db(struct rs_selection *s, const char *db, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_selection_add_table(struct rs_selection *s, const char *db, const char *table, struct rs_err *err)
	RS_MUST_CHECK;
enum rs_rc rs_selection_exclude_table(struct rs_selection *s, const char *db, const char *table, struct rs_err *err)
	RS_MUST_CHECK;
/* Forget all rules about a database (with its tables), or about a table (in a database selected whole it is then
 * selected with it). */
void rs_selection_remove_db(struct rs_selection *s, const char *db);
void rs_selection_remove_table(struct rs_selection *s, const char *db, const char *table);
/* New names; NULL (or the old name) gives the old one back. */
enum rs_rc rs_selection_rename_db(struct rs_selection *s, const char *db, const char *to, struct rs_err *err)
	RS_MUST_CHECK;
/* to_db NULL: follows its database. */
enum rs_rc rs_selection_rename_table(struct rs_selection *s, const char *db, const char *table, const char *to_db,
                                     const char *to_table, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_selection_rename_column(struct rs_selection *s, const char *db, const char *table, const char *column,
                                      const char *to, struct rs_err *err) RS_MUST_CHECK;

/* RS_E_FILTER says what is wrong with the condition. NULL or "": all rows. */
enum rs_rc rs_selection_set_filter(struct rs_selection *s, const char *db, const char *table, const char *condition,
                                   struct rs_err *err) RS_MUST_CHECK;

enum rs_rc rs_selection_exclude_column(struct rs_selection *s, const char *db, const char *table, const char *column,
                                       struct rs_err *err) RS_MUST_CHECK;
/* table NULL: of the database; o NULL: as the rest. */
enum rs_rc rs_selection_set_operations(struct rs_selection *s, const char *db, const char *table, const struct rs_operations *o,
                                       struct rs_err *err) RS_MUST_CHECK;
/* table NULL: of the database, where that can be; value NULL or "": nothing. RS_E_TASK_INVALID says what is expected. */
enum rs_rc rs_selection_set_setting(struct rs_selection *s, const char *db, const char *table, enum rs_table_setting which,
                                    const char *value, struct rs_err *err) RS_MUST_CHECK;
/* Those of another selection in place of its own, for what both have. */
void rs_selection_take_operations(struct rs_selection *s, const struct rs_selection *from);
/* "insert update create-index"; RS_E_TASK_INVALID. And back, each word with a blank before it. */
enum rs_rc rs_operations_parse(struct rs_operations *o, const char *text, struct rs_err *err) RS_MUST_CHECK;
void rs_operations_put(const struct rs_operations *o, struct rs_buf *out);

/* --- as sets of tables ----------------------------------------------------------------------------------------------- */

/* What a has and b has not, with a's names and filters: databases that a alone has whole, without what b has of them, and
 * single tables. Both compare names in the same way. */
struct rs_selection *rs_selection_minus(const struct rs_selection *a, const struct rs_selection *b);
/* What both have, with a's names and filters. */
struct rs_selection *rs_selection_both(const struct rs_selection *a, const struct rs_selection *b);
/* Adds what more has, with its names and filters; nothing is in both. */
void rs_selection_add_all(struct rs_selection *to, const struct rs_selection *more);
/* Whether what both have has the same names and settings at the destination. RS_E_MAPPING names what has not; the detail says b's. */
enum rs_rc rs_selection_agree(const struct rs_selection *a, const struct rs_selection *b, struct rs_err *err) RS_MUST_CHECK;
/* The same of what one rule, of either, speaks of: all rules of both are all there is. */
enum rs_rc rs_selection_agree_on(const struct rs_selection *a, const struct rs_selection *b, const struct rs_selection_rule *r,
                                 struct rs_err *err) RS_MUST_CHECK;

/* --- whether it makes sense ------------------------------------------------------------------------------------------ */

/* Database and table names compare without case from now on (lower_case_table_names is not 0 at the source). RS_E_MAPPING
 * where two rules become one and differ. */
enum rs_rc rs_selection_fold_case(struct rs_selection *s, struct rs_err *err) RS_MUST_CHECK;
/* Something is selected; nothing is renamed, filtered, left out or given a setting that is not selected; no two databases or
 * tables come to the same name at the destination (compared without case where fold_destination is set). */
enum rs_rc rs_selection_check(const struct rs_selection *s, bool fold_destination, struct rs_err *err) RS_MUST_CHECK;
/* The same in pieces of at most so many rules, which are counted down; the selection stays what it is meanwhile. more: others are left.
 * What is found wrong ends it. */
struct rs_selection_checker;
struct rs_selection_checker *rs_selection_checker_new(const struct rs_selection *s, bool fold_destination);
void rs_selection_checker_free(struct rs_selection_checker *c);
enum rs_rc rs_selection_checker_go_on(struct rs_selection_checker *c, size_t *rules, bool *more, struct rs_err *err) RS_MUST_CHECK;
/* For source and destination on one server: whether something selected would be written onto something selected, which
 * makes a loop or destroys the source. RS_E_MAPPING names both. */
enum rs_rc rs_selection_check_same_server(const struct rs_selection *s, struct rs_err *err) RS_MUST_CHECK;
/* mysql, information_schema, performance_schema, sys, and dts: never selected, never written to. */
bool rs_selection_is_system_db(const char *db);

/* --- names in text --------------------------------------------------------------------------------------------------- */

/* Appends a name, in backquotes where it needs them. */
void rs_selection_put_name(struct rs_buf *out, const char *name);
/* Reads one to max names separated by dots from the start of text into names (malloc'ed); returns how many, and where it
 * stopped in *end; 0: not a name, and err says why. */
size_t rs_selection_get_names(const char *text, char **names, size_t max, const char **end, struct rs_err *err);

#endif
