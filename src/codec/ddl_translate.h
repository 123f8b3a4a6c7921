/* A statement of one product or version in the words of another: schema initialization (what SHOW CREATE gives) and
 * replayed DDL. Types, collations, options and clauses that the destination does not know are replaced by the nearest
 * that it does, and every replacement that the user should know of is reported. The map is in the README's list and in
 * ddl_translate.c. Text is UTF-8; names are not changed (ddl.h does that, before). Pure functions. */
#ifndef RS_DDL_TRANSLATE_H
#define RS_DDL_TRANSLATE_H

#include "codec/ddl.h"

/* How routines, views, triggers and events get their definer at the destination. */
enum rs_ddl_definer {
	RS_DEFINER_KEEP,
	RS_DEFINER_CURRENT /* the clause is left out: whoever creates the object */
};

struct rs_ddl_target {
	struct rs_sql_dialect from, to;
	void *ctx;
	/* Whether the destination has this collation; NULL: as its version has it. */
	bool (*has_collation)(void *ctx, const char *collation);
	/* Whether it has this engine; NULL: as its version has it. */
	bool (*has_engine)(void *ctx, const char *engine);
	/* explicit_defaults_for_timestamp is off at the source: the first TIMESTAMP column of the table that the statement makes or
	 * changes, "" for none. NULL: it is on, or the statement is one of SHOW CREATE, which says everything. */
	const char *first_timestamp;
	enum rs_ddl_definer definer;
	bool only_transactional;  /* engines without transactions become InnoDB */
	bool disable_events;      /* CREATE EVENT … DISABLE */
	bool split;               /* secondary indexes and foreign keys apart, for loading first */
};

/* One replacement. */
struct rs_ddl_note {
	char *object;   /* the column or key, "" for the table itself */
	char *from, *to;/* "uuid", "char(36)"; to is "" for what was left out */
	bool lossy;     /* the destination can hold or enforce less: for a warning */
};

struct rs_translation {
	char *sql;           /* the statement */
	char *indexes;       /* with split: ALTER TABLE … ADD KEY …, …; NULL where there are none */
	char *foreign_keys;  /* with split: ALTER TABLE … ADD CONSTRAINT …; NULL where there are none */
	struct rs_ddl_note *notes;
	size_t n_notes;
};

/* Translates a parsed statement. Refused (RS_E_DDL_UNKNOWN) where the destination has nothing that would do: sequences,
 * packages to MySQL; what is not understood where the products differ. */
enum rs_rc rs_ddl_translate(const struct rs_ddl *d, const struct rs_ddl_target *target, struct rs_translation *out,
                            struct rs_err *err) RS_MUST_CHECK;
void rs_translation_release(struct rs_translation *t);

/* The collation to use at the destination for one of the source: the same where it is known, else the nearest.
 * *lossy where strings that differed may now be equal, or the other way. "" where there is no such thing. */
void rs_ddl_map_collation(const struct rs_ddl_target *target, const char *collation, char out[65], bool *lossy);

#endif
