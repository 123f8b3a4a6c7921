/* Where two statements that make the same object differ, both as one server's SHOW CREATE has them: what rows don't show,
 * such as defaults, comments and partitions; of a view, a routine or an event, anything; of a
 * database, the collation that its tables get. Names of the objects themselves,
 * foreign keys, and what AUTO_INCREMENT has come to are not compared; keys only where both have them; columns only where
 * the wanted statement has them. Pure functions. */
#ifndef RS_DDL_COMPARE_H
#define RS_DDL_COMPARE_H

#include "codec/ddl.h"

enum rs_ddl_aspect {
	RS_ASPECT_COLUMN,     /* what a column says beside its type: default, comment, ON UPDATE … */
	RS_ASPECT_GENERATED,  /* the same of one whose values the server makes, or did */
	RS_ASPECT_COMMENT,    /* the table's */
	RS_ASPECT_CHARSET,    /* the table's default */
	RS_ASPECT_CHECK,
	RS_ASPECT_KEY,
	RS_ASPECT_OPTION,     /* others of the table */
	RS_ASPECT_PARTITIONS,
	RS_ASPECT_WHOLE       /* of what is no table, or is not understood */
};

struct rs_ddl_difference {
	enum rs_ddl_aspect part;
	char *name;         /* of the column, check or key; "" else */
	char *wanted;       /* the text that the wanted statement has for it; "": none */
};

/* Starts zeroed. */
struct rs_ddl_differences {
	struct rs_ddl_difference *items;
	size_t n, cap;
};

/* Adds to out. The dialect is that of both, whose defaults a database's statement may leave out. */
void rs_ddl_compare(const struct rs_ddl *wanted, const struct rs_ddl *found, const struct rs_sql_dialect *dialect,
                    struct rs_ddl_differences *out);
void rs_ddl_differences_clear(struct rs_ddl_differences *d);
/* The statement with another name of what it makes, which is put in as it is ("`db`.`name`"). malloc'ed; NULL: it makes
 * nothing that has a name. */
char *rs_ddl_named(const struct rs_ddl *d, const char *name);

#endif
