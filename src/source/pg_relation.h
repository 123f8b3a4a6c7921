/* A table that the log introduces anew, compared with what was known of it: the log says which columns it has from here on, the catalogue
 * which of them is which, and what rows that are there have in new ones. The catalogue is as of now, which may be later: what it does
 * not have any more is told by its name alone, and what can't be told so stops. Private to source/. */
#ifndef RS_PG_RELATION_H
#define RS_PG_RELATION_H

#include "codec/pgoutput.h"
#include "model/change.h"
#include "source/pg_source.h"

/* *out: a DDL item without a position, NULL where nothing has changed. m: a RELATION whose columns were not read yet; as they are
 * left. pg asks the catalogue, and is opened where it is not. RS_E_SCHEMA_DRIFT: what has changed can't be told. */
enum rs_rc rs_pg_relation_compare(const struct rs_pg_source *source, struct rs_pg *pg, const struct rs_table *was, struct rs_pg_message m,
                                  struct rs_change **out, struct rs_err *err) RS_MUST_CHECK;

/* That error, which names a column. */
enum rs_rc rs_pg_relation_drift(const struct rs_table *t, const char *column, struct rs_err *err);

#endif
