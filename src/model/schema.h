/* Tables as the engine sees them: names, columns, keys. A table is immutable once it is published and counted by
 * reference (any thread may take and drop references), so that a batch keeps the version it was decoded with while the
 * next version is already in use. */
#ifndef RS_SCHEMA_H
#define RS_SCHEMA_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"

enum rs_type {
	RS_T_UNKNOWN = 0,
	RS_T_TINYINT, RS_T_SMALLINT, RS_T_MEDIUMINT, RS_T_INT, RS_T_BIGINT,
	RS_T_DECIMAL, RS_T_FLOAT, RS_T_DOUBLE, RS_T_BIT, RS_T_YEAR,
	RS_T_DATE, RS_T_TIME, RS_T_DATETIME, RS_T_TIMESTAMP,
	RS_T_CHAR, RS_T_VARCHAR, RS_T_TINYTEXT, RS_T_TEXT, RS_T_MEDIUMTEXT, RS_T_LONGTEXT,
	RS_T_BINARY, RS_T_VARBINARY, RS_T_TINYBLOB, RS_T_BLOB, RS_T_MEDIUMBLOB, RS_T_LONGBLOB,
	RS_T_ENUM, RS_T_SET, RS_T_JSON, RS_T_GEOMETRY, RS_T_VECTOR,
	RS_T_UUID, RS_T_INET4, RS_T_INET6,
	RS_T_NATIVE,         /* of a server whose types are its own: `native` names it */
	RS_T_COUNT
};

struct rs_column {
	char *name;          /* UTF-8 */
	uint32_t number;     /* the server's own, which a column keeps for good and no other ever gets; 0: not known. Not part of the identity */
	enum rs_type type;
	bool is_unsigned;
	bool nullable;
	bool generated;      /* VIRTUAL or STORED: never written by us */
	bool stored;         /* of a generated one: STORED */
	bool invisible;
	bool auto_increment;
	bool mariadb_json;   /* LONGTEXT that MariaDB calls JSON */
	bool compressed;     /* MariaDB COMPRESSED attribute */
	uint32_t length;     /* characters (CHAR, VARCHAR), bytes (BINARY, VARBINARY), bits (BIT), precision (DECIMAL),
	                        dimension (VECTOR); 0 elsewhere */
	uint8_t scale;       /* DECIMAL */
	uint8_t fsp;         /* fraction digits of TIME, DATETIME, TIMESTAMP */
	char *charset;       /* of CHAR…LONGTEXT, ENUM, SET; NULL elsewhere */
	char *collation;
	char *native;        /* the type as the server writes it: "int(10) unsigned" */
	char **members;      /* ENUM, SET: names in UTF-8; may be NULL where they are not known */
	size_t n_members;
};

struct rs_key_part {
	uint32_t column;     /* index in the table's columns; UINT32_MAX for an expression */
	uint32_t prefix;     /* characters or bytes of a prefix key, 0 = the whole column */
	bool descending;
};

struct rs_key {
	char *name;          /* "PRIMARY" for the primary key */
	bool primary;
	bool unique;
	bool not_null;       /* every column is NOT NULL */
	bool periods;        /* the last two columns may be a period of which rows must not overlap (MariaDB), so that two of
	                        them conflict although no value is equal; of tables that were read from a server */
	struct rs_key_part *parts;
	size_t n_parts;
};

enum rs_fk_action { RS_FK_RESTRICT, RS_FK_CASCADE, RS_FK_SET_NULL, RS_FK_NO_ACTION, RS_FK_SET_DEFAULT };

/* Whether it changes rows of the child. */
static inline bool rs_fk_acts(enum rs_fk_action a) { return a == RS_FK_CASCADE || a == RS_FK_SET_NULL; }

/* A foreign key, kept by the child table. */
struct rs_foreign_key {
	char *name;
	char *parent_db, *parent_table;
	char **columns;         /* of the child */
	char **parent_columns;
	size_t n_columns;
	enum rs_fk_action on_delete, on_update;
};

/* Whether rows of the child change, or go, when rows of its parent change. */
static inline bool rs_foreign_key_acts(const struct rs_foreign_key *fk) { return rs_fk_acts(fk->on_delete) || rs_fk_acts(fk->on_update); }

struct rs_table {
	atomic_uint refs;
	char *db, *name;     /* UTF-8, as the server spells them */
	char *engine;        /* may be NULL where it is not known */
	char *collation;     /* default of the table; may be NULL */
	struct rs_column *columns;
	size_t n_columns;
	struct rs_key *keys;
	size_t n_keys;
	struct rs_foreign_key *foreign_keys;
	size_t n_foreign_keys;
	uint64_t rows, bytes; /* the server's estimate, for progress and order; not part of the identity */
	bool has_triggers;
};

/* A table with one reference and nothing in it. */
struct rs_table *rs_table_new(const char *db, const char *name);
struct rs_table *rs_table_ref(const struct rs_table *t);
void rs_table_unref(const struct rs_table *t);
/* A deep, private copy to be changed before it is published. */
struct rs_table *rs_table_clone(const struct rs_table *t);

/* Takes a column out; keys that have it lose that part. Before it is published. */
void rs_table_remove_column(struct rs_table *t, uint32_t column);

/* Building, before it is published. Each returns the new element, zeroed. */
struct rs_column *rs_table_add_column(struct rs_table *t, const char *name, enum rs_type type);
struct rs_key *rs_table_add_key(struct rs_table *t, const char *name);
struct rs_key_part *rs_key_add_part(struct rs_key *k, uint32_t column);
struct rs_foreign_key *rs_table_add_foreign_key(struct rs_table *t, const char *name);
/* Puts keys and foreign keys into one order, however they came: the primary key first, then by the bytes of the name. */
void rs_table_sort_keys(struct rs_table *t);

/* Index of a column by name: the one that is spelt so, else without case, as most servers compare them; -1 where there is none. */
int rs_table_column(const struct rs_table *t, const char *name);
/* The key by which rows are found: the primary key, else the unique key of NOT NULL whole plain columns that has the
 * fewest columns, else NULL. */
const struct rs_key *rs_table_row_key(const struct rs_table *t);
const char *rs_type_name(enum rs_type type);
bool rs_type_is_number(enum rs_type type);   /* digits that need no quotes: integers, YEAR, DECIMAL, FLOAT, DOUBLE, ENUM, SET */
bool rs_type_is_text(enum rs_type type);     /* has a character set: CHAR … LONGTEXT */
bool rs_type_is_temporal(enum rs_type type);
bool rs_type_is_address(enum rs_type type);  /* UUID, INET4, INET6 */
/* Whether it may be an end of a versioned row's period, which is each server's own. */
static inline bool rs_column_may_be_period(const struct rs_column *c)
{
	return c->generated && c->stored && c->type == RS_T_TIMESTAMP && c->fsp == 6;
}
/* Reads a COLUMN_TYPE text ("varchar(20)", "enum('a','b')", "decimal(10,2) unsigned zerofill", "uuid") into type,
 * length, scale, fsp, is_unsigned, members and native. charset and collation are left alone. RS_E_NOT_SUPPORTED for a
 * type that is not known. */
enum rs_rc rs_column_parse_type(struct rs_column *c, const char *text, struct rs_err *err);

/* For the meta tables: a table as a JSON object and back (a new reference for the caller). */
json_t *rs_table_to_json(const struct rs_table *t);
struct rs_table *rs_table_from_json(const json_t *j, struct rs_err *err);
/* Whether rows decoded with one can be read with the other: same columns in the same order, same types, same keys. */
bool rs_table_same(const struct rs_table *a, const struct rs_table *b);
/* The name of the first column or key in which they are not; NULL: they are. Borrowed. */
const char *rs_table_difference(const struct rs_table *a, const struct rs_table *b, bool *of_key);

/* `name` with backquotes doubled. */
enum rs_rc rs_quote_ident(struct rs_buf *out, const char *name);
/* `db`.`name` */
enum rs_rc rs_quote_table(struct rs_buf *out, const char *db, const char *name);

/* Collations of one server by their number, as the binary log refers to them. */
struct rs_collation {
	uint32_t id;
	char charset[33];
	char name[65];
};

struct rs_collations {
	struct rs_collation *items; /* sorted by id */
	size_t count;
};

void rs_collations_release(struct rs_collations *c);
/* Adds one; ids in any order, rs_collations_sort afterwards. */
void rs_collations_add(struct rs_collations *c, uint32_t id, const char *charset, const char *name);
void rs_collations_sort(struct rs_collations *c);
const struct rs_collation *rs_collations_find(const struct rs_collations *c, uint32_t id);

#endif
