/* The transactions that are in the destination although others before them are not yet. Each is known by the place just
 * inside of it (rs_change.position of its BEGIN) and, where the source gives them ids, by its id as well: another server's
 * log has it at another place, under the same id. Plain data, one owner.
 *
 * As text the lines of both sets (position_set.h), those of the ids behind a "/", which no file's name begins with:
 * "binlog.000412:4523 310 310\n/0-1:88 1 1\n". */
#ifndef RS_AHEAD_H
#define RS_AHEAD_H

#include "model/position_set.h"

struct rs_ahead {
	struct rs_position_set places;
	struct rs_position_set ids; /* named by what comes before the number: "0-1", a UUID, a UUID with a tag */
};

#define RS_AHEAD_INIT {RS_POSITION_SET_INIT, RS_POSITION_SET_INIT}

void rs_ahead_clear(struct rs_ahead *a);
/* id: in its server's notation; NULL: it has none. */
void rs_ahead_add(struct rs_ahead *a, const struct rs_position *place, const char *id);
/* By its place; where no place is known of any of them, by its id. */
bool rs_ahead_has(const struct rs_ahead *a, const struct rs_position *place, const char *id);
/* Forgets what does not lie behind p, a place. */
void rs_ahead_drop(struct rs_ahead *a, const struct rs_position *p);
/* How many. */
size_t rs_ahead_count(const struct rs_ahead *a);
/* Whether each of them has an id, so that it is known in another server's log as well. */
bool rs_ahead_is_named(const struct rs_ahead *a);
enum rs_rc rs_ahead_text(const struct rs_ahead *a, struct rs_buf *out);
/* Adds what the text holds; false for text that rs_ahead_text never writes. */
bool rs_ahead_parse(struct rs_ahead *a, const char *text);

#endif
