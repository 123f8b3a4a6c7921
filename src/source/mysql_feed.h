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
	bool placed;                 /* it was read before, and where it stands is known: the offset after it, and where a file
	                                of the log begins with it, that file's name */
	uint64_t end;
	const char *file;            /* NULL: the same as before */
};

struct rs_feed_ops {
	void (*close)(struct rs_feed *f);
	void (*cancel)(struct rs_feed *f);
	/* Whether there is something to be read: rs_my_has_more. NULL: always. */
	bool (*has_more)(struct rs_feed *f, rs_usec timeout, int wake_fd);
	/* RS_EOF: that was all, and the log stands between two transactions. */
	enum rs_rc (*next)(struct rs_feed *f, struct rs_packet *out, struct rs_err *err);
};

struct rs_feed {
	const struct rs_feed_ops *ops;
};

/* mysql_dump.c: from the server, over the replication protocol. new connects to nothing, so that start can be cancelled. */
struct rs_feed *rs_mysql_dump_new(struct rs_mysql_source *source);
/* Before it starts: the log is only looked into, by no replica. A server ends the dump of whoever reads under the id of another one
 * that comes, and MariaDB has that one wait for it. */
void rs_mysql_dump_look(struct rs_feed *f);
enum rs_rc rs_mysql_dump_start(struct rs_feed *f, const struct rs_position *from, struct rs_err *err);
/* Whether the dump begins at the position's place in its file; else it begins where its GTIDs say. */
bool rs_mysql_dump_in_file(const struct rs_mysql_source *source, const struct rs_position *from);

/* mysql_relay.c: from a relay. NULL where it does not hold what follows that position. */
struct rs_feed *rs_mysql_relay_feed(struct rs_relay *relay, const struct rs_position *from);

/* Who sees what a stream reads, when it has been decoded, in the stream's thread. ev NULL: a compressed transaction is
 * over, whose packet was seen before. */
struct rs_tap {
	enum rs_rc (*seen)(struct rs_tap *t, const struct rs_event *ev, const struct rs_packet *packet, struct rs_err *err);
};

/* mysql_stream.c, for it. new connects to nothing; the stream is closed and cancelled as any other. */
struct rs_stream *rs_mysql_stream_new(struct rs_mysql_source *source, struct rs_tap *tap);
enum rs_rc rs_mysql_stream_start(struct rs_stream *s, const struct rs_position *from, struct rs_err *err);
/* Whether it stands between two transactions, and where it stands. */
bool rs_mysql_stream_is_between(const struct rs_stream *s);
void rs_mysql_stream_position(struct rs_stream *s, struct rs_position *out);
uint64_t rs_mysql_stream_offset(const struct rs_stream *s);

#endif
