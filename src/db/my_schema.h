/* Columns, keys and foreign keys of tables, read for a whole database or for one table. Used by my_catalog. */
#ifndef RS_MY_SCHEMA_H
#define RS_MY_SCHEMA_H

#include "base/map.h"
#include "db/my_conn.h"
#include "model/schema.h"

/* A table that is being read. */
struct rs_my_draft {
	struct rs_table *table;
	bool versioned;       /* WITH SYSTEM VERSIONING */
	bool torn;            /* a key of a column that was not there: it changed between two queries */
	size_t rules;         /* foreign keys whose actions were told */
	char *unsupported;    /* a text for the user; owned */
};

void rs_my_draft_free(void *draft);
/* Completes the drafts of a map (by table name) with what information_schema says of db; table NULL: of all its tables
 * with one query a kind. Tables that are not in the map are passed over. */
enum rs_rc rs_my_schema_read(struct rs_my *my, const char *db, const char *table, struct rs_map *drafts,
                             struct rs_err *err) RS_MUST_CHECK;
/* Only the names and nullness of unique keys. */
enum rs_rc rs_my_unique_keys_read(struct rs_my *my, const char *db, struct rs_map *drafts, struct rs_err *err)
	RS_MUST_CHECK;

/* Whether tables of the engine have transactions, and so snapshots; one that isn't known has none. */
bool rs_my_engine_is_transactional(const char *engine);

#endif
