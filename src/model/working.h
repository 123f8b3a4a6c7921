/* Tables that tools for online schema changes work with, told by their names: *shadow* tables, which are filled beside a
 * table and take its place, and *trash*: the old table, and the tool's own log. Extended regular expressions of POSIX, case
 * does not matter; the first group of the shadow's is the name of the table that is being changed, in the same database.
 *
 * Immutable and counted by reference; any thread. */
#ifndef RS_WORKING_H
#define RS_WORKING_H

#include <stdbool.h>
#include "base/err.h"

/* What becomes of the working tables (sync.online_ddl). */
enum rs_online_ddl {
	RS_ONLINE_COPY,  /* they are tables like any other */
	RS_ONLINE_DMS,   /* those of Alibaba Cloud's DMS are no part of a task */
	RS_ONLINE_GHOST  /* those that the two expressions name are not: gh-ost's, pt-online-schema-change's */
};

/* As in the original. */
#define RS_WORKING_SHADOW_PATTERN "^_(.+)_(gho|new)$"
#define RS_WORKING_TRASH_PATTERN "^_(.+)_(ghc|del|old)$"

enum rs_working_role { RS_WORKING_NONE, RS_WORKING_SHADOW, RS_WORKING_TRASH };

struct rs_working;

/* RS_E_TASK_INVALID; group: it must have one. */
enum rs_rc rs_working_check(const char *pattern, bool group, struct rs_err *err) RS_MUST_CHECK;
/* One reference; NULL where every table is a table, and for expressions that rs_working_check refuses. shadow, trash: of
 * RS_ONLINE_GHOST. */
struct rs_working *rs_working_new(enum rs_online_ddl kind, const char *shadow, const char *trash);
struct rs_working *rs_working_ref(struct rs_working *w);
void rs_working_unref(struct rs_working *w);

/* What a name is; of RS_WORKING_SHADOW *base (where not NULL) is the table's, malloc'ed. w may be NULL. */
enum rs_working_role rs_working_role(const struct rs_working *w, const char *table, char **base);
/* Whether the name alone tells that a tool made it. */
bool rs_working_names_prove(const struct rs_working *w);

#endif
