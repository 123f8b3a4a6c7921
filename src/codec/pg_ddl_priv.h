/* What the files that render schemas and their changes for PostgreSQL share. Private to codec/pg_*. */
#ifndef RS_PG_DDL_PRIV_H
#define RS_PG_DDL_PRIV_H

#include "codec/pg_ddl.h"

/* Whether a column is there: generated ones are not. */
static inline bool pg_has_column(const struct rs_column *c) { return !c->generated; }
/* "a" type NOT NULL */
enum rs_rc pg_put_column(struct rs_buf *out, const struct rs_column *c, struct rs_err *err) RS_MUST_CHECK;
/* Whether its numbers can be drawn from a sequence of its own. */
bool pg_draws_numbers(const struct rs_column *c);
/* RS_E_NOT_SUPPORTED for a name that would be cut. */
enum rs_rc pg_check_name(const struct rs_table *t, const char *name, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc pg_check_names(const struct rs_table *t, struct rs_err *err) RS_MUST_CHECK;

/* Whether a key is there at all, and as the primary key; the others are indexes. */
bool pg_has_key(const struct rs_table *t, const struct rs_key *k);
bool pg_is_primary(const struct rs_key *k);
/* (a, b) */
void pg_put_parts(struct rs_buf *out, const struct rs_table *t, const struct rs_key *k);
/* The statement that makes an index. */
void pg_put_index(struct rs_buf *out, const struct rs_table *t, const struct rs_key *k);
/* The name of a table's index, which is the schema's: without that. */
void pg_put_index_name(struct rs_buf *out, const char *table, const char *key);

/* ---------------------------------------------------------------- pg_fill.c, pg_convert.c: rows that are there */

struct rs_ddl_column;
/* Appends, as a literal or an expression, what rows that are there get in a column that the statement adds; nothing where that is
 * NULL. false: the source alone knows. */
bool pg_put_fill(struct rs_buf *out, const struct rs_pg_change *s, const struct rs_ddl_column *def, const struct rs_column *c);
/* Whether values of the column become the same there as at the source, which was strict or not, where its type is
 * changed (of BIT: filled with zeros on the left). */
bool pg_keeps_values(const struct rs_column *from, const struct rs_column *to, bool strict);

/* ---------------------------------------------------------------- pg_alter.c: one table */

/* Appends what is to be done. Takes both references over. */
enum rs_rc pg_put_alter(struct rs_buf *out, const struct rs_pg_change *s, const struct rs_ddl_ref *from, const struct rs_ddl_ref *to,
                        struct rs_table *before, struct rs_table *after, struct rs_err *err) RS_MUST_CHECK;
/* The table and its indexes get another name; *t too. */
void pg_put_rename(struct rs_buf *out, struct rs_table *t, const char *db, const char *name);
/* Fails there, with that reason, unless the table is empty. */
void pg_put_only_empty(struct rs_buf *out, const struct rs_table *t, const char *why);
/* A block of PL/pgSQL. */
void pg_put_block(struct rs_buf *out, const struct rs_buf *body);

#endif
