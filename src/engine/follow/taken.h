/* Names that one table of the source would get at the destination and that another has there. At the start the precheck sees to
 * it that there are none. A table that the log brings later, or that a statement only asks for (IF EXISTS), would be made,
 * replaced, renamed or dropped in the other one's place, whose rows it is not. */
#ifndef RS_TAKEN_H
#define RS_TAKEN_H

#include "base/map.h"
#include "engine/core.h"

/* The stream's thread, before the statement is followed. tables: what is known by then, const struct rs_table * each.
 * RS_E_MAPPING. */
enum rs_rc rs_taken_check(const struct rs_engine *e, const struct rs_ddl *d, const struct rs_map *tables, struct rs_err *err)
	RS_MUST_CHECK;

#endif
