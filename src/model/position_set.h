/* Numbers under names, most often places in one source's log: files and offsets. Plain data, one owner.
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
/* The same of the numbers under one name; n: its place among the files. */
void rs_position_set_drop_of(struct rs_position_set *s, size_t n, uint64_t upto);
size_t rs_position_set_count(const struct rs_position_set *s);
enum rs_rc rs_position_set_text(const struct rs_position_set *s, struct rs_buf *out);
/* Each line behind a prefix. */
enum rs_rc rs_position_set_text_as(const struct rs_position_set *s, const char *prefix, struct rs_buf *out);
/* Adds what one of its lines holds, up to `end`; false for one that rs_position_set_text never writes. */
bool rs_position_set_parse_line(struct rs_position_set *s, const char *line, const char *end);

#endif
