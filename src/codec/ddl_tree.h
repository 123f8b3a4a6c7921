/* The inside of a parsed statement, for the files of this folder that rewrite (ddl_rewrite), follow (ddl_schema) and
 * translate (ddl_translate) it. Everything refers to tokens by their number, so that the text can be edited in place.
 * Lists are flat: a column owns attrs [first_attr, first_attr + n_attrs), a key owns parts in the same way. */
#ifndef RS_DDL_TREE_H
#define RS_DDL_TREE_H

#include "codec/ddl.h"
#include "model/schema.h"

#define RS_NO_TOKEN UINT32_MAX

/* Names other than the statement's refs. */
enum rs_name_kind {
	RS_NAME_DATABASE, /* one token: a database that qualifies something */
	RS_NAME_TABLE,    /* one token: the table refs[ref] that qualifies a column */
	RS_NAME_COLUMN,   /* one token: a column of refs[ref] */
	RS_NAME_ITEM,     /* the same, alone in a select list: its name is also the view's column */
	RS_NAME_UNSURE,   /* one token that may or may not be a column of refs[ref]; RS_NO_TOKEN: of any of them */
	RS_NAME_HEAD      /* one token that may be a database, a table, an alias or a variable: what stands before a dot */
};

struct rs_ddl_name {
	enum rs_name_kind kind;
	uint32_t token;
	uint32_t ref;
};

enum rs_attr_kind {
	RS_ATTR_UNSIGNED,
	RS_ATTR_SIGNED,
	RS_ATTR_ZEROFILL,
	RS_ATTR_CHARSET,      /* value: the name */
	RS_ATTR_COLLATE,      /* value: the name */
	RS_ATTR_BINARY,       /* CHAR(1) BINARY: the character set's _bin */
	RS_ATTR_ASCII,
	RS_ATTR_UNICODE,
	RS_ATTR_BYTE,
	RS_ATTR_NULL,
	RS_ATTR_NOT_NULL,
	RS_ATTR_DEFAULT,      /* value: the first token of the expression */
	RS_ATTR_ON_UPDATE,
	RS_ATTR_AUTO_INCREMENT,
	RS_ATTR_UNIQUE,
	RS_ATTR_PRIMARY,
	RS_ATTR_COMMENT,
	RS_ATTR_GENERATED,    /* [GENERATED ALWAYS] AS (…); value: the parenthesis */
	RS_ATTR_VIRTUAL,
	RS_ATTR_STORED,       /* or PERSISTENT */
	RS_ATTR_VISIBLE,
	RS_ATTR_INVISIBLE,
	RS_ATTR_COMPRESSED,
	RS_ATTR_CHECK,        /* value: the parenthesis */
	RS_ATTR_ENFORCED,     /* [NOT] ENFORCED after a CHECK */
	RS_ATTR_REFERENCES,   /* value: the key (tree->keys) it makes, or RS_NO_TOKEN */
	RS_ATTR_SERIAL,       /* SERIAL DEFAULT VALUE */
	RS_ATTR_SRID,         /* SRID n, REF_SYSTEM_ID = n */
	RS_ATTR_ROW_START,    /* GENERATED ALWAYS AS ROW START */
	RS_ATTR_ROW_END,
	RS_ATTR_VERSIONING,   /* WITH, WITHOUT SYSTEM VERSIONING */
	RS_ATTR_MYSQL,        /* COLUMN_FORMAT, STORAGE, ENGINE_ATTRIBUTE, NOT SECONDARY, …: MySQL's, without effect here */
	RS_ATTR_OTHER         /* name = value: MariaDB's engine attributes */
};

struct rs_ddl_attr {
	enum rs_attr_kind kind;
	uint32_t from, to; /* tokens */
	uint32_t value;
};

/* What a type's words say before attributes and defaults are known. */
enum rs_type_word {
	RS_WORD_PLAIN,      /* type is all there is */
	RS_WORD_BOOL,       /* TINYINT(1) */
	RS_WORD_SERIAL,     /* BIGINT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE */
	RS_WORD_REAL,       /* DOUBLE, or FLOAT under REAL_AS_FLOAT */
	RS_WORD_NATIONAL,   /* character set utf8mb3 */
	RS_WORD_JSON,       /* LONGTEXT on MariaDB */
	RS_WORD_SPATIAL     /* POINT, …: the word itself is the native type */
};

struct rs_ddl_type {
	uint32_t from, to;     /* tokens, with the parenthesis */
	enum rs_type type;
	enum rs_type_word word;
	bool has_length, has_scale;
	uint64_t length;
	uint32_t scale;
	uint32_t members;      /* ENUM, SET: the opening parenthesis; else RS_NO_TOKEN */
};

enum rs_ddl_place { RS_PLACE_LAST, RS_PLACE_FIRST, RS_PLACE_AFTER };

struct rs_ddl_column {
	uint32_t name;         /* token */
	struct rs_ddl_type type;
	uint32_t from, to;     /* tokens of the whole definition, without FIRST and AFTER */
	uint32_t first_attr, n_attrs;
	enum rs_ddl_place place;
	uint32_t after;        /* token */
};

enum rs_ddl_key_kind {
	RS_KEY_PRIMARY,
	RS_KEY_UNIQUE,
	RS_KEY_INDEX,
	RS_KEY_FULLTEXT,
	RS_KEY_SPATIAL,
	RS_KEY_VECTOR,
	RS_KEY_FOREIGN,
	RS_KEY_CHECK,
	RS_KEY_PERIOD          /* PERIOD FOR … */
};

struct rs_ddl_part {
	uint32_t column;       /* token; RS_NO_TOKEN for an expression */
	uint32_t from, to;     /* tokens */
	uint64_t prefix;
	bool descending;
};

struct rs_ddl_key {
	enum rs_ddl_key_kind kind;
	uint32_t name;         /* token, RS_NO_TOKEN for none */
	uint32_t constraint;   /* token of CONSTRAINT's name, RS_NO_TOKEN for none */
	uint32_t from, to;     /* tokens of the whole definition */
	uint32_t first_part, n_parts;
	uint32_t options;      /* token after the parts: options up to `to` */
	bool if_not_exists;
	/* RS_KEY_FOREIGN */
	bool of_column;        /* REFERENCES in a column's own definition: see rs_ddl_key_is_made */
	uint32_t parent;       /* ref */
	uint32_t first_parent_part, n_parent_parts;
	enum rs_fk_action on_delete, on_update;
};

enum rs_option_kind {
	RS_OPTION_ENGINE,
	RS_OPTION_CHARSET,     /* value: the name */
	RS_OPTION_COLLATE,
	RS_OPTION_AUTO_INCREMENT,
	RS_OPTION_COMMENT,
	RS_OPTION_ROW_FORMAT,
	RS_OPTION_START_TRANSACTION,
	RS_OPTION_UNION,
	RS_OPTION_VERSIONING,  /* WITH SYSTEM VERSIONING */
	RS_OPTION_TABLESPACE,
	RS_OPTION_DIRECTORY,
	RS_OPTION_OTHER        /* name [=] value */
};

struct rs_ddl_option {
	enum rs_option_kind kind;
	uint32_t from, to;
	uint32_t value;        /* token; RS_NO_TOKEN for none */
};

enum rs_alter_kind {
	RS_ALTER_ADD_COLUMN,     /* columns [first, first + n) */
	RS_ALTER_CHANGE_COLUMN,  /* name: the old one; columns [first] */
	RS_ALTER_MODIFY_COLUMN,  /* columns [first] */
	RS_ALTER_RENAME_COLUMN,  /* name, to_name */
	RS_ALTER_DROP_COLUMN,    /* name */
	RS_ALTER_COLUMN_DEFAULT, /* name */
	RS_ALTER_COLUMN_VISIBLE, /* name; flag: visible */
	RS_ALTER_ADD_KEY,        /* keys [first] */
	RS_ALTER_DROP_KEY,       /* name */
	RS_ALTER_DROP_PRIMARY,
	RS_ALTER_DROP_FOREIGN,   /* name */
	RS_ALTER_DROP_CONSTRAINT,/* name */
	RS_ALTER_DROP_CHECK,     /* name */
	RS_ALTER_RENAME_KEY,     /* name, to_name */
	RS_ALTER_KEY_VISIBLE,    /* ALTER INDEX … VISIBLE, ALTER CHECK … ENFORCED */
	RS_ALTER_RENAME_TABLE,   /* first: the ref */
	RS_ALTER_CONVERT,        /* name: the character set, or RS_NO_TOKEN for DEFAULT; to_name: the collation */
	RS_ALTER_OPTION,         /* options [first] */
	RS_ALTER_ORDER,
	RS_ALTER_FORCE,          /* FORCE, ENABLE and DISABLE KEYS, ALGORITHM, LOCK, … */
	RS_ALTER_PARTITION,      /* changes of partitions that keep all rows */
	RS_ALTER_PARTITION_ROWS, /* and those that do not */
	RS_ALTER_VERSIONING      /* ADD, DROP SYSTEM VERSIONING or PERIOD */
};

struct rs_ddl_alter {
	enum rs_alter_kind kind;
	uint32_t from, to;     /* tokens, without the comma */
	bool if_exists, if_not_exists, flag;
	uint32_t name, to_name;
	uint32_t first, n;
};

/* An element of CREATE TABLE's parenthesis. */
struct rs_ddl_element {
	bool is_key;
	uint32_t index;        /* in columns or keys */
	uint32_t from, to;     /* tokens, without the comma */
};

/* X(type, list) */
#define RS_DDL_LISTS(X)                   \
	X(struct rs_ddl_name, names)          \
	X(struct rs_ddl_column, columns)      \
	X(struct rs_ddl_attr, attrs)          \
	X(struct rs_ddl_key, keys)            \
	X(struct rs_ddl_part, parts)          \
	X(struct rs_ddl_option, options)      \
	X(struct rs_ddl_alter, alters)        \
	X(struct rs_ddl_element, elements)

struct rs_ddl_tree {
#define X(type, list) type *list; uint32_t n_##list, cap_##list;
	RS_DDL_LISTS(X)
#undef X
	uint32_t refs_cap;
	uint32_t head;                        /* first token of the statement itself, after SET STATEMENT … FOR */
	uint32_t definer_from, definer_to;    /* DEFINER = …; equal where there is none */
	uint32_t security_from, security_to;  /* SQL SECURITY … */
	uint32_t open, close;                 /* CREATE TABLE's parenthesis; RS_NO_TOKEN for none */
	uint32_t partition_from, partition_to;
	uint32_t columns_from, columns_to;    /* a view's own column list with its parenthesis */
	uint32_t body;                        /* first token of a view's SELECT, a routine's or trigger's body */
	uint32_t status_from, status_to;      /* an event's ENABLE, DISABLE …; equal where there is none */
	uint32_t do_token;                    /* an event's DO, where a status can be put before it */
	bool star;                            /* a view that selects * or joins by equal names */
};

/* Whether its server makes the key: what a column's own definition says of one MySQL before 9.0 and MariaDB before 10.5 read
 * and forget. */
bool rs_ddl_key_is_made(const struct rs_ddl_key *k, const struct rs_sql_dialect *d);

#endif
