/* Everything that schema initialization needs to know of a source: databases, tables and the other objects, each with
 * the statement that makes it. Owned by whoever asked for it; plain data afterwards, read by any thread. */
#ifndef RS_CATALOG_H
#define RS_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "model/schema.h"

enum rs_object_kind {
	RS_OBJECT_DATABASE,
	RS_OBJECT_TABLE,
	RS_OBJECT_VIEW,
	RS_OBJECT_PROCEDURE,
	RS_OBJECT_FUNCTION,
	RS_OBJECT_TRIGGER,
	RS_OBJECT_EVENT,
	RS_OBJECT_SEQUENCE,
	RS_OBJECT_TYPE           /* of PostgreSQL's: an enum, domain, composite type or range */
};

/* What belongs to a table beside its columns and keys, where the source tells it in statements of its own. */
enum rs_part_kind {
	RS_PART_COLUMN,          /* what stands behind a column's type */
	RS_PART_TABLE,           /* a statement: without it the table is not what it has to be */
	RS_PART_EXTRA,           /* a statement: the table can be synchronized without it */
	RS_PART_RELEASE          /* a statement for when the task is released: rows are not applied in an order that it would bear */
};

struct rs_part {
	enum rs_part_kind kind;
	char *name;              /* of the column, index, constraint … */
	char *sql;               /* with the source's names, each with its schema */
	char **columns;          /* of the table, which it can't be without */
	size_t n_columns;
	char *other_db, *other_name; /* a table that it can't be without; NULL: none */
	bool relation;           /* makes something that has its name among the schema's tables: an index */
};


struct rs_object {
	enum rs_object_kind kind;
	char *db;
	char *name;              /* of a database: the same as db */
	char *create_sql;        /* as SHOW CREATE gives it; NULL where only names were asked for */
	char *sql_mode;          /* of routines, triggers, events */
	char *charset_client;    /* the character sets it was made under; NULL where not told */
	char *collation_connection;
	char *time_zone;         /* of an event: in which its times are */
	char *definer;           /* NULL where not told */
	char *table;             /* of a trigger */
	char *next;              /* of a sequence: the number that it gives out next; NULL where not told */
	const struct rs_table *schema; /* of a table: a reference; may be NULL where only names were asked for */
	char *shown;             /* its name as the statements of others have it; NULL where not told */
	bool needed;             /* by a table that is selected: made whatever else is selected */
	struct rs_part *parts;   /* of a table, in the order in which they are made */
	size_t n_parts, cap_parts;
	char *unsupported;       /* why it can't be synchronized (translated), or NULL */
};

struct rs_catalog {
	struct rs_object *objects; /* databases first, then tables, …, ordered by db and name within a kind */
	size_t count, cap;
	struct rs_collations collations;
	char *server_id_text;      /* server_uuid, or a MariaDB server's address and server_id */
};

void rs_catalog_release(struct rs_catalog *c);
/* A new object with its names. db and name are copied; all else is NULL and to be filled with malloc'ed texts. The pointer
 * is valid until the next call. */
struct rs_object *rs_catalog_add(struct rs_catalog *c, enum rs_object_kind kind, const char *db, const char *name);
/* A new part, with its texts NULL. Valid until the next call. */
struct rs_part *rs_object_add_part(struct rs_object *o, enum rs_part_kind kind);
/* Takes out the objects that are not wanted. */
void rs_catalog_keep(struct rs_catalog *c, bool (*wanted)(const void *arg, const struct rs_object *o), const void *arg);
/* Brings the objects into their order; needed after adding and before finding. */
void rs_catalog_sort(struct rs_catalog *c);
/* NULL where there is none. */
const struct rs_object *rs_catalog_find(const struct rs_catalog *c, enum rs_object_kind kind, const char *db,
                                        const char *name);
const char *rs_object_kind_name(enum rs_object_kind kind); /* "table", untranslated */

#endif
