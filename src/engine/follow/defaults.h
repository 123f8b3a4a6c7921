/* The character sets that databases of the source give to tables which don't say their own, along its log. A statement that
 * makes a table does not name it, and neither does the log: the source is asked, and what it says is of now. What changed
 * a database between the statement and now is met later in the log; then the task stops, for it can't be told which
 * character set the table has, until somebody has decided: where defaults were taken is kept with the tables that were made
 * (rs_meta_table.defaulted). Of the stream's thread. */
#ifndef RS_DEFAULTS_H
#define RS_DEFAULTS_H

#include "base/err.h"
#include "base/map.h"
#include "codec/ddl.h"
#include "model/position.h"
#include "model/task.h"

struct rs_defaults {
	struct rs_map known; /* database to what was asked of it */
};
#define RS_DEFAULTS_INIT {RS_MAP_INIT}

void rs_defaults_release(struct rs_defaults *d);
/* The default collation of a database; NULL: there is none of this name any more; as it was anywhere from here up to *upto.
 * Both borrowed until the next call. May connect to the source. */
enum rs_rc rs_defaults_collation(struct rs_defaults *d, const struct rs_task *task, const char *db, const char **out,
                                 const struct rs_position **upto, struct rs_err *err) RS_MUST_CHECK;
/* A default of the database was taken before that was so anywhere up to a position. */
void rs_defaults_recall(struct rs_defaults *d, const char *db, const struct rs_position *upto);
/* Every statement, with its place: RS_E_DDL_UNKNOWN where it changes a database of which a later default was taken. */
enum rs_rc rs_defaults_follow(struct rs_defaults *d, const struct rs_ddl *ddl, const struct rs_position *at,
                              struct rs_err *err) RS_MUST_CHECK;

#endif
