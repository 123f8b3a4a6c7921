/* Places in one source's log: the transactions that are in the destination although others before them are not yet. A
 * transaction is known by the place just inside of it (rs_change.position of its BEGIN). Plain data, one owner.
 *
 * As text a line for each file, its name, a colon, the first offset and the steps to the following ones:
 * "binlog.000412:4523 310 310\n". */
#ifndef RS_POSITION_SET_H
#define RS_POSITION_SET_H

#include "base/err.h"
#include "model/position.h"

struct rs_position_file {
	char *name;
	uint64_t *offsets; /* ascending */
	size_t n, cap;
};

struct rs_position_set {
	struct rs_position_file *files;
	size_t n, cap;
};

#define RS_POSITION_SET_INIT {NULL, 0, 0}

void rs_position_set_clear(struct rs_position_set *s);
/* Fast where places come in order. */
void rs_position_set_add(struct rs_position_set *s, const struct rs_position *p);
bool rs_position_set_has(const struct rs_position_set *s, const struct rs_position *p);
/* Forgets what does not lie behind p. */
void rs_position_set_drop(struct rs_position_set *s, const struct rs_position *p);
size_t rs_position_set_count(const struct rs_position_set *s);
enum rs_rc rs_position_set_text(const struct rs_position_set *s, struct rs_buf *out);
/* Adds what the text holds; false for text that rs_position_set_text never writes. */
bool rs_position_set_parse(struct rs_position_set *s, const char *text);

#endif
