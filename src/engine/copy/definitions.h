/* What a task that is anchored anew does not see by comparing columns, keys and foreign keys: defaults, comments,
 * partitions, views, routines, events. The statement that the destination would be given is compared with the one that
 * it shows. Where the two differ the object is made once more, under a name of ours in the meta tables' database, and what
 * the destination shows of that one decides: so both are in the words of one server, whatever the source's are.
 *
 * What can be changed without touching rows is brought over when the objects are made: defaults and comments by ALTER
 * TABLE, views, routines and events by making them anew. The rest is named. Nothing is stored: whatever is found again
 * after a crash is done again. The coordinator's; private to engine/. */
#ifndef RS_DEFINITIONS_H
#define RS_DEFINITIONS_H

#include "codec/ddl_compare.h"
#include "engine/core.h"

/* What was found of one object; starts zeroed. */
struct rs_definition_news {
	struct rs_ddl_differences parts;
	char *why;             /* they can't be compared; NULL */
	char *found;           /* the statement of what the destination has, which the log keeps when it is replaced; NULL: none */
};
void rs_definition_news_clear(struct rs_definition_news *news);

/* What an earlier process left of ours. Before the first comparison. */
enum rs_rc rs_definitions_begin(struct rs_engine *e, struct rs_err *err);
/* An object of the catalogue, as it would be made, with the one at the destination; nothing is found of one that is not
 * there. Errors are those that end the attempt. */
enum rs_rc rs_definition_compare(struct rs_engine *e, const struct rs_object *o, struct rs_definition_news *out, struct rs_err *err);
/* Whether the rows have to be copied for it: a column whose values the server makes is made otherwise. */
bool rs_definition_changes_rows(const struct rs_definition_news *news, const char **column);
/* Adds the object to those that are brought over ("shop.orders (column note)"), or that are not. */
void rs_definition_tell(struct rs_engine *e, const struct rs_object *o, const struct rs_definition_news *news, struct rs_buf *brought,
                        struct rs_buf *left);
/* Of a task that is anchored, once its objects are there: compares all again, and brings over what can be. What the
 * destination refuses is told as a problem. */
enum rs_rc rs_definitions_bring(struct rs_engine *e, struct rs_err *err);

#endif
