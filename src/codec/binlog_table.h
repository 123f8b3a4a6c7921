/* TABLE_MAP events, and the layout that binds one to a table of the schema store, so that rows can be decoded.
 *
 * A server repeats the map before every statement, so the source keeps its layouts and finds them again by
 * (table id, digest): rs_table_map_peek reads no more than that. A layout is good as long as the table it was made with
 * is the current one.
 *
 * What a map with metadata says (signs, names, character sets, keys, members) wins over the schema store, which may be
 * older; what it does not say comes from there: whether BINARY(16) is a UUID, which columns are generated, unique and
 * foreign keys. */
#ifndef RS_BINLOG_TABLE_H
#define RS_BINLOG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/err.h"
#include "codec/binlog_event.h"
#include "model/schema.h"

/* Column types as the log numbers them. */
enum rs_wire_type {
	RS_W_TINY = 1,
	RS_W_SHORT = 2,
	RS_W_LONG = 3,
	RS_W_FLOAT = 4,
	RS_W_DOUBLE = 5,
	RS_W_NULL = 6,
	RS_W_TIMESTAMP = 7,  /* before MySQL 5.6 and its tables */
	RS_W_LONGLONG = 8,
	RS_W_INT24 = 9,
	RS_W_DATE = 10,
	RS_W_TIME = 11,      /* before 5.6 */
	RS_W_DATETIME = 12,  /* before 5.6 */
	RS_W_YEAR = 13,
	RS_W_VARCHAR = 15,
	RS_W_BIT = 16,
	RS_W_TIMESTAMP2 = 17,
	RS_W_DATETIME2 = 18,
	RS_W_TIME2 = 19,
	RS_W_BLOB_COMPRESSED = 140,    /* MariaDB */
	RS_W_VARCHAR_COMPRESSED = 141, /* MariaDB */
	RS_W_VECTOR = 242,
	RS_W_JSON = 245,
	RS_W_NEWDECIMAL = 246,
	RS_W_ENUM = 247,
	RS_W_SET = 248,
	RS_W_BLOB = 252,
	RS_W_VAR_STRING = 253,
	RS_W_STRING = 254,
	RS_W_GEOMETRY = 255
};

struct rs_table_map_id {
	uint64_t table_id;
	uint64_t digest;         /* of everything after the table id */
	struct rs_slice db, name;
};
/* The least that is needed to find the layout again. */
enum rs_rc rs_table_map_peek(const struct rs_binlog_format *f, const struct rs_event *ev, struct rs_table_map_id *out,
                             struct rs_err *err);

struct rs_map_column {
	uint8_t type;            /* enum rs_wire_type; STRING that is ENUM or SET is given as those */
	uint8_t meta_low;        /* first and second byte of the type's metadata */
	uint8_t meta_high;
	bool nullable;
	bool is_unsigned;        /* has_signs */
	bool visible;            /* true unless the map says otherwise */
	uint32_t length;         /* most bytes of a STRING or VARCHAR; bytes of an ENUM's or SET's number; bits of BIT */
	uint32_t collation;      /* 0: not given */
	uint32_t dimension;      /* VECTOR; 0: not given */
	struct rs_slice name;    /* has_names */
	struct rs_slice *members; /* ENUM and SET, in the column's character set; has_members */
	uint32_t n_members;
};

struct rs_table_map {
	uint64_t table_id;
	uint64_t digest;
	uint16_t flags;
	const char *db, *name;   /* NUL-terminated, in the arena */
	struct rs_map_column *columns;
	uint32_t n_columns;
	struct rs_key_part *primary; /* has_primary */
	uint32_t n_primary;
	bool has_signs, has_charsets, has_names, has_members, has_primary;
	bool full;               /* rows can be read with no other schema: names, signs and character sets are there, and no
	                            type whose bytes depend on the schema */
};

/* Reads a whole map; slices point into the event, arrays are in the arena. */
enum rs_rc rs_table_map_read(const struct rs_binlog_format *f, const struct rs_event *ev, struct rs_arena *arena,
                             struct rs_table_map *out, struct rs_err *err);

enum rs_decoder {
	RS_D_INT,            /* integers, ENUM, SET */
	RS_D_FLOAT,
	RS_D_DOUBLE,
	RS_D_DECIMAL,
	RS_D_BIT,
	RS_D_YEAR,
	RS_D_DATE,
	RS_D_TIME,           /* since MySQL 5.6; the three below each: before, and MariaDB's own with a fraction */
	RS_D_TIME_OLD,
	RS_D_TIME_HIRES,
	RS_D_DATETIME,
	RS_D_DATETIME_OLD,
	RS_D_DATETIME_HIRES,
	RS_D_TIMESTAMP,
	RS_D_TIMESTAMP_OLD,
	RS_D_TIMESTAMP_HIRES,
	RS_D_BYTES,          /* strings, BLOB, GEOMETRY, VECTOR */
	RS_D_COMPRESSED,
	RS_D_JSON,
	RS_D_UUID,
	RS_D_INET4,
	RS_D_INET6
};

/* How one column's bytes become a value. */
struct rs_layout_column {
	uint8_t decoder;         /* enum rs_decoder */
	uint8_t len_bytes;       /* of the number; of the length before the bytes */
	uint8_t size;            /* bytes of a value; 0 where it has a length of its own */
	uint8_t fsp;             /* temporal types */
	uint8_t precision, scale; /* DECIMAL */
	bool is_unsigned;
	uint16_t number;         /* JSON: its number among those of the table */
	uint32_t pad;            /* BINARY, UUID, INET4, INET6: bytes to fill up to with zeros, 0 for none */
};

/* A table as its rows are in the log. Immutable once made; one owner. */
struct rs_layout {
	uint64_t table_id, digest;   /* of the map */
	const struct rs_table *table; /* a reference */
	bool amended;                /* the map's metadata disagreed with the schema that was given: table is a new one, made
	                                from both */
	struct rs_layout_column *columns; /* the table's, and then those hidden ones that MariaDB logs and never shows (hashes
	                                     of long unique keys), which are read and dropped */
	size_t n_columns;
	size_t n_json;               /* columns of MySQL's JSON type */
};

/* Binds map to table, which may be NULL where map->full. collations are the source server's; they may be NULL where the
 * map has no character sets. Where the schema is not known or does not fit: RS_E_SCHEMA_DRIFT with table and column. */
enum rs_rc rs_layout_new(struct rs_layout **out, const struct rs_table_map *map, const struct rs_table *table,
                         const struct rs_collations *collations, struct rs_err *err);
void rs_layout_free(struct rs_layout *l);

#endif
