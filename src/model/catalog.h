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
	RS_OBJECT_SEQUENCE
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
/* Brings the objects into their order; needed after adding and before finding. */
void rs_catalog_sort(struct rs_catalog *c);
/* NULL where there is none. */
const struct rs_object *rs_catalog_find(const struct rs_catalog *c, enum rs_object_kind kind, const char *db,
                                        const char *name);
const char *rs_object_kind_name(enum rs_object_kind kind); /* "table", untranslated */

#endif
