/* Tables as another server of PostgreSQL's has them: made from what its catalogue shows, under the names that a map gives. Plain
 * functions. */
#ifndef RS_PG_LIKE_H
#define RS_PG_LIKE_H

#include "base/buf.h"
#include "base/err.h"
#include "codec/ddl.h"
#include "model/catalog.h"

/* Whether a part can be there: its columns are not left out, and the other table that it is about is one of the map's. */
bool rs_pg_part_fits(const struct rs_part *p, const struct rs_object *o, const struct rs_ddl_map *map);
/* Appends a part's statement. */
void rs_pg_put_part(struct rs_buf *out, const struct rs_part *p, const struct rs_object *o, const struct rs_ddl_map *map);
/* Appends the statements that make a table, without what may be missing and what waits for the release; version is the destination's.
 * RS_E_NOT_SUPPORTED as of rs_pg_put_create. */
enum rs_rc rs_pg_put_like(struct rs_buf *out, const struct rs_object *o, const struct rs_ddl_map *map, unsigned version, struct rs_err *err)
	RS_MUST_CHECK;

#endif
