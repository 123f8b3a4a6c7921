/* Where the packets of a log come from that a stream decodes. Private to source/. A feed belongs to the thread of its
 * stream; cancel may come from another. */
#ifndef RS_MYSQL_FEED_H
#define RS_MYSQL_FEED_H

#include "source/mysql_source.h"

struct rs_feed;

/* One event, with its header. Valid until the next one is asked for. */
struct rs_packet {
	const uint8_t *bytes;
	size_t len;
};

struct rs_feed_ops {
	void (*close)(struct rs_feed *f);
	void (*cancel)(struct rs_feed *f);
	enum rs_rc (*next)(struct rs_feed *f, struct rs_packet *out, struct rs_err *err);
};

struct rs_feed {
	const struct rs_feed_ops *ops;
};

/* mysql_dump.c: from the server, over the replication protocol. new connects to nothing, so that start can be cancelled. */
struct rs_feed *rs_mysql_dump_new(struct rs_mysql_source *source);
enum rs_rc rs_mysql_dump_start(struct rs_feed *f, const struct rs_position *from, struct rs_err *err);
/* Whether the dump begins at the position's place in its file; else it begins where its GTIDs say. */
bool rs_mysql_dump_in_file(const struct rs_mysql_source *source, const struct rs_position *from);

#endif
