/* What the files of schema evolution share. Private to codec/ddl_schema*. */
#ifndef RS_DDL_SCHEMA_PRIV_H
#define RS_DDL_SCHEMA_PRIV_H

#include "codec/ddl_schema.h"
#include "codec/ddl_tree.h"

/* A table being changed by one statement. */
struct ddl_change {
	const struct rs_ddl *d;
	const struct rs_ddl_tree *tree;
	const struct rs_ddl_env *env;
	const struct rs_ddl_store *store;  /* may be NULL */
	struct rs_table *t;
	const struct rs_table *old;        /* as it was; NULL for a new table */
	char convert[RS_COLLATION_NAME];   /* of CONVERT TO, "" for none */
	bool *defined;                     /* for each column of t: the statement defines it */
	struct ddl_new_key *keys;          /* to be added at the end */
	size_t n_keys, cap_keys;
	unsigned generated_names;          /* the highest number of a foreign key's generated name so far */
	struct rs_err *err;
};

/* A key of the statement. Its column numbers are those of the table when keys are added. */
struct ddl_new_key {
	enum rs_ddl_key_kind kind;
	char *name;            /* NULL: from the first column */
	uint32_t first, n;     /* tree->parts; or one column: */
	const char *column;    /* a column's own key; NULL: parts */
	bool generated;        /* made by a foreign key: gives way to any other with the same columns */
	bool ignored;
};

/* Whether keys can hold a part of such a column. */
static inline bool ddl_takes_prefix(enum rs_type type)
{
	return (type >= RS_T_CHAR && type <= RS_T_LONGBLOB) || type == RS_T_GEOMETRY;
}

static inline const struct rs_sql_dialect *ddl_dialect(const struct ddl_change *c) { return &c->d->sql.dialect; }

/* The value of a name's or string's token, malloc'ed. */
char *ddl_value(const struct ddl_change *c, uint32_t token);

/* Fills a column (that has only a name) from its definition. */
enum rs_rc ddl_fill_column(struct ddl_change *c, struct rs_column *column, const struct rs_ddl_column *def) RS_MUST_CHECK;
/* Gives a text column the character set of CONVERT TO. */
enum rs_rc ddl_convert_column(struct ddl_change *c, struct rs_column *column) RS_MUST_CHECK;
/* The collation that [CHARACTER SET a] [COLLATE b] mean; tokens, RS_NO_TOKEN for none. */
void ddl_resolve_collation(const struct ddl_change *c, uint32_t charset, uint32_t collate, const char *inherited,
                           char out[RS_COLLATION_NAME]);

/* ddl_schema.c: a new column, by its definition, behind the others. */
enum rs_rc ddl_add_column(struct ddl_change *c, const struct rs_ddl_column *def) RS_MUST_CHECK;
enum rs_rc ddl_refuse_column(struct ddl_change *c, const char *name);
/* One of the two that system versioning keeps at the end of every row, and no list shows. */
bool ddl_is_hidden_period(const struct rs_column *c);
/* ddl_schema_order.c: the columns of ALTER TABLE in place of those of c->t. */
enum rs_rc ddl_change_columns(struct ddl_change *c) RS_MUST_CHECK;
/* Moves a column out of a table that will be thrown away; name NULL: its own. */
void ddl_move_column(struct rs_table *to, struct rs_column *from, const char *name);

/* Notes the keys that a column's attributes make. */
enum rs_rc ddl_column_keys(struct ddl_change *c, const struct rs_ddl_column *def) RS_MUST_CHECK;
enum rs_rc ddl_note_key(struct ddl_change *c, const struct rs_ddl_key *key) RS_MUST_CHECK;
/* Adds what was noted, gives names, sorts. */
enum rs_rc ddl_finish_keys(struct ddl_change *c) RS_MUST_CHECK;
void ddl_free_keys(struct ddl_change *c);
void ddl_drop_key(struct rs_table *t, size_t i);
int ddl_find_key(const struct rs_table *t, const char *name);
int ddl_find_foreign_key(const struct rs_table *t, const char *name);
void ddl_drop_foreign_key(struct rs_table *t, size_t i);
/* The number in TABLE_ibfk_NUMBER, 0 for another name. */
unsigned ddl_generated_number(const char *name, const char *table);

/* rs_ddl_table and rs_ddl_alter with the other tables, which may be NULL. */
enum rs_rc ddl_create(const struct rs_ddl *d, const struct rs_ddl_env *env, const struct rs_ddl_store *store,
                      struct rs_table **out, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc ddl_alter(const struct rs_ddl *d, const struct rs_ddl_env *env, const struct rs_ddl_store *store,
                     const struct rs_table *t, struct rs_table **out, struct rs_err *err) RS_MUST_CHECK;

#endif
