/* Rows of the log that lack what was not touched (rs_change.sparse), while copy and stream overlap. A row whose key was changed
 * meanwhile may have been copied neither under the one nor under the other, and one of a table with several unique keys may have had to
 * make way for one that was copied later: then the log alone has it, and what is missing in it is asked of the source, whose row may be
 * newer by now. What made it so is still to come, and says so again.
 *
 * Opened and closed by the coordinator; lanes ask, one at a time. Private to engine/. */
#ifndef RS_COMPLETE_H
#define RS_COMPLETE_H

#include "engine/core.h"

struct rs_completer;

enum rs_rc rs_completer_open(struct rs_engine *e, struct rs_completer **out, struct rs_err *err) RS_MUST_CHECK;
void rs_completer_close(struct rs_completer *c);
/* Puts into the rows of an item what they lack, where the source still has them under their new keys. Rows that it has not stay as
 * they are: they were removed, or moved once more, which is to come. */
enum rs_rc rs_completer_fill(struct rs_completer *c, const struct rs_route *route, struct rs_change *change, struct rs_err *err) RS_MUST_CHECK;

#endif
