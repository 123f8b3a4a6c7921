/* Where in the source's log we are: a file and offset, and, where the source has them, the set of global transaction
 * ids up to there. Written as text in the meta tables and the state ("binlog.000412:88120334", and the GTID set in its
 * own server's notation). Offsets are 64-bit. Plain data.
 *
 * The names of files come again after a log was reset, and then say nothing: what tells such files apart goes with the
 * position.
 *
 * Order is that of one server's log, by file and offset; two servers write the same transactions to other places, and not
 * always in the same order. Where another server takes the source's place only the set remains of a position, and what
 * would be compared with it later (the copy's end, the places of exact copies) must have been passed before
 * (engine/failover.c). The set is given only where every transaction of the log has an id. Up to the copy's end it may
 * hold some that are not read yet; from there on it is exact.
 */
#ifndef RS_POSITION_H
#define RS_POSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"

struct rs_position {
	char *file;       /* NULL: not known */
	uint64_t offset;
	char *gtid;       /* the set of everything up to and with this position, "" for none; NULL: not known */
	char *log;        /* a file in which the source's log went on then: its name, a space, and what its server wrote at its
	                     head. NULL: not known */
};

/* The file of all places in a PostgreSQL server's log, which are numbers of bytes (lsn.h). Files of MySQL's end in numbers. */
#define RS_POSITION_WAL "wal"

#define RS_POSITION_INIT {NULL, 0, NULL, NULL}

void rs_position_clear(struct rs_position *p);
void rs_position_copy(struct rs_position *to, const struct rs_position *from);
void rs_position_set_file(struct rs_position *p, const char *file, uint64_t offset);
void rs_position_set_gtid(struct rs_position *p, const char *gtid);
void rs_position_set_log(struct rs_position *p, const char *log);
static inline bool rs_position_is_set(const struct rs_position *p) { return p->file != NULL || p->gtid != NULL; }
/* Order by file number and offset: <0, 0, >0. Only for two positions of the same server. */
int rs_position_compare(const struct rs_position *a, const struct rs_position *b);
/* The same place and the same set. */
bool rs_position_same(const struct rs_position *a, const struct rs_position *b);
/* "file:offset", as it is stored and as other programs read it; "–" where not known. */
enum rs_rc rs_position_text(const struct rs_position *p, struct rs_buf *out);
/* "file:offset" back; false for anything else. */
bool rs_position_parse(struct rs_position *p, const char *text);

/* For people: as those of its server write it, which is "file:offset", or "16/B374D848" of PostgreSQL's log. "" where no place is
 * known. out has room for RS_POSITION_SHOWN, and is returned. */
#define RS_POSITION_SHOWN 300
const char *rs_position_show(const struct rs_position *p, char *out);
/* The same of what was stored or told as text; anything else, as a set of ids, stays as it is (cut where it is longer). */
const char *rs_position_show_text(const char *text, char *out);

#endif
