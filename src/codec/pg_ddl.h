/* Words of PostgreSQL's: identifiers, literals, the statements that make what a table of MySQL's becomes there
 * (codec/pg_value.h has its types), and those that do to it what a statement of MySQL's does. Plain functions. */
#ifndef RS_PG_DDL_H
#define RS_PG_DDL_H

#include "base/buf.h"
#include "base/err.h"
#include "codec/ddl.h"
#include "codec/pg_value.h"
#include "model/schema.h"
#include "model/value.h"

/* "name", with quotation marks doubled: it is kept as it is, whatever its case. */
void rs_pg_put_ident(struct rs_buf *out, const char *name);
/* "schema"."name" */
void rs_pg_put_table(struct rs_buf *out, const char *schema, const char *name);
/* 'text', under standard_conforming_strings; NULL for none. */
void rs_pg_put_text(struct rs_buf *out, const char *text);
/* A value as rs_pg_convert gives it. */
void rs_pg_put_value(struct rs_buf *out, const struct rs_value *v);

/* Appends the statements that make a table, which is as the source has it under its names at the destination, ended by
 * semicolons: columns, keys, indexes. placement stands behind the columns (gp_ddl.h), "" elsewhere. Generated columns are
 * left out, and so are indexes that no server of this family has or would take (of texts of any length). AUTO_INCREMENT is
 * an identity. RS_E_NOT_SUPPORTED names a column whose type has no place there, or a name that is too long. */
enum rs_rc rs_pg_put_create(struct rs_buf *out, const struct rs_table *t, const char *placement, struct rs_err *err) RS_MUST_CHECK;

/* A schema change of the source's, a server of the MySQL family. Borrowed. */
struct rs_pg_change {
	const struct rs_ddl *d;
	struct rs_ddl_map map;        /* names at the destination */
	void *ctx;
	/* A table of the task's as it was before the statement, and as it is after it, under its names at the destination: one new
	 * reference. NULL: there is none. db and name are the source's. */
	struct rs_table *(*before)(void *ctx, const char *db, const char *name);
	struct rs_table *(*after)(void *ctx, const char *db, const char *name);
	/* Appends the statements that make a table: rs_pg_put_create's. */
	enum rs_rc (*create)(void *ctx, const struct rs_table *t, struct rs_buf *out, struct rs_err *err);
	const char *const *dropped;   /* "db\0name": tables of the task's that were there and are not any more */
	size_t n_dropped;
	bool implicit_timestamp;      /* explicit_defaults_for_timestamp is off there */
	enum rs_unfit unfit;          /* of values that rows get which are there */
	int64_t seconds;              /* of the statement, since 1970 UTC, … */
	uint32_t microseconds;        /* … and the fraction */
};

/* Appends the statements, ended by semicolons, that do the same at the destination, as one transaction whose TimeZone is that of
 * the source's session; nothing where nothing changes there. Tables and indexes are those that rs_pg_put_create makes.
 *
 * What the statement does to rows is done where it is the same in both servers. Where the source alone knows (values that are
 * numbered or drawn there, conversions that differ, partitions with their rows) a statement stands in front that fails unless
 * the table is empty. Nothing is made of views, routines, triggers, events and sequences. Errors: as of rs_pg_put_create. */
enum rs_rc rs_pg_put_change(struct rs_buf *out, const struct rs_pg_change *s, struct rs_err *err) RS_MUST_CHECK;

#endif
