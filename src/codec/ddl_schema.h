/* What a statement does to the known schema: the next version of a table from the last one and a DDL statement, exactly
 * as the source's server makes it, so that rows after the statement are decoded with the right columns. Pure functions;
 * a table that is changed is cloned first. What can't be followed is refused (RS_E_DDL_UNKNOWN), and the engine then
 * reads the schema again or stops. */
#ifndef RS_DDL_SCHEMA_H
#define RS_DDL_SCHEMA_H

#include "codec/ddl.h"
#include "model/schema.h"

/* What the meaning of a statement depends on beside its text. */
struct rs_ddl_env {
	bool explicit_timestamp;     /* explicit_defaults_for_timestamp */
	const char *db_collation;    /* default of the table's database; NULL where not known */
	const char *utf8mb4_default; /* collation of CHARACTER SET utf8mb4 (default_collation_for_utf8mb4,
	                                character_set_collations); NULL: the version's own */
	const char *engine;          /* default_storage_engine; NULL: InnoDB */
};

/* The known tables. */
struct rs_ddl_store {
	void *ctx;
	/* Borrowed until the next put or drop; NULL where the table is not known. */
	const struct rs_table *(*find)(void *ctx, const char *db, const char *name);
	/* Takes the reference; replaces the table of the same name. */
	void (*put)(void *ctx, struct rs_table *t);
	void (*drop)(void *ctx, const char *db, const char *name);
	void (*drop_database)(void *ctx, const char *db); /* may be NULL */
	/* The i-th known table, NULL after the last. May be NULL: then the foreign keys of other tables are not brought
	 * up to date when their parent is renamed. */
	const struct rs_table *(*at)(void *ctx, size_t i);
};

/* Follows a statement of any kind; those that change no table do nothing. All or nothing: on failure the store is as it
 * was. A change to a table that is not known does nothing, except that CREATE TABLE … LIKE one is refused and a RENAME
 * of one leaves its new name unknown. Keys that are not unique are followed as far as the text tells: which of them a
 * foreign key made, and a later one replaces, is not in it. */
enum rs_rc rs_ddl_apply(const struct rs_ddl *d, const struct rs_ddl_env *env, const struct rs_ddl_store *store,
                        struct rs_err *err) RS_MUST_CHECK;

/* A CREATE TABLE (not LIKE, not SELECT) as a table: one new reference. */
enum rs_rc rs_ddl_table(const struct rs_ddl *d, const struct rs_ddl_env *env, struct rs_table **out,
                        struct rs_err *err) RS_MUST_CHECK;
/* ALTER TABLE, CREATE INDEX or DROP INDEX applied to t, whatever its name: one new reference. */
enum rs_rc rs_ddl_alter(const struct rs_ddl *d, const struct rs_ddl_env *env, const struct rs_table *t,
                        struct rs_table **out, struct rs_err *err) RS_MUST_CHECK;

/* --- names of character sets and collations, as one version spells them ------------------------------ */

#define RS_CHARSET_NAME 33
#define RS_COLLATION_NAME 65

/* utf8 or utf8mb3, in lower case. */
void rs_ddl_charset_name(const char *charset, const struct rs_sql_dialect *d, char out[RS_CHARSET_NAME]);
/* utf8_… or utf8mb3_…; MariaDB's uca1400_… without a character set gets the one given. */
void rs_ddl_collation_name(const char *collation, const char *charset, const struct rs_sql_dialect *d,
                           char out[RS_COLLATION_NAME]);
/* The character set of a collation, by its name. */
void rs_ddl_collation_charset(const char *collation, char out[RS_CHARSET_NAME]);
/* The collation that a character set means without a COLLATE; utf8mb4_default may be NULL. */
void rs_ddl_default_collation(const char *charset, const struct rs_sql_dialect *d, const char *utf8mb4_default,
                              char out[RS_COLLATION_NAME]);
/* charset_bin */
void rs_ddl_binary_collation(const char *charset, char out[RS_COLLATION_NAME]);

#endif
