/* The files of a relay: segments and blocks. Private to source/. No locking.
 *
 *   segment  "RDSRELAY", version, length and checksum of the head; the head; blocks
 *   head     number, start, and strings: task, server, the log's file, what its server wrote at its head, GTIDs at
 *            the start, where the segment before ended, the FORMAT_DESCRIPTION
 *   block    magic, flags, lengths, the log's offset and time where it ends, two checksums; GTIDs; bytes
 *
 * The bytes of the blocks, unpacked, are one string of frames: length, the log's offset after the event, the event. A
 * frame may be in several blocks; one that follows a block that ends between two transactions is in none before.
 * Numbers are little-endian, checksums XXH64; a block's is made with its segment's number, so that no block is taken for
 * one of another file. */
#ifndef RS_RELAY_FILE_H
#define RS_RELAY_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include "codec/reader.h"
#include "model/position.h"

#define RS_RELAY_RAW ((size_t)1 << 20) /* most bytes of a block, unpacked */
#define RS_RELAY_FRAME 12              /* bytes before each event */

struct rs_relay_segment {
	uint64_t number;
	char *path;
	char *task, *identity;
	struct rs_position start;      /* after the head of the log's file, or where the segment before ended */
	char *follows;                 /* "file:offset" where the segment before ended; "": there is none */
	struct rs_buf format;
	uint64_t size;                 /* of the file */
	uint64_t committed;            /* so many bytes can be read: whole blocks */
	struct rs_position end;        /* where they end */
	int64_t time;
	bool blocks;                   /* it has some */
	uint64_t serial;               /* relay.c's: one more than that of the segment that it goes on from; none comes again */
};

struct rs_relay_block {
	bool boundary;                 /* ends between two transactions: the next four are set */
	uint64_t end;
	int64_t time;
	bool has_gtid;
	struct rs_slice gtid;          /* points into what was read */
	uint32_t raw, stored;          /* bytes */
	uint64_t sum;                  /* of the stored bytes */
	uint64_t next;                 /* offset in the file of the next block */
};

/* False: errno. */
bool rs_relay_write_at(int fd, const struct rs_buf *bytes, uint64_t at);

void rs_relay_segment_free(struct rs_relay_segment *s);
/* Whether a file's name is that of a segment. */
bool rs_relay_segment_is(const char *name, uint64_t *number);
/* Makes the file, for s as far as start, follows and format; sets size, committed, end. Returns the descriptor, -1 with
 * errno. */
int rs_relay_segment_make(struct rs_relay_segment *s);
/* Opens one and reads its head. -1: it is none, or damaged (errno 0), or can't be read. */
int rs_relay_segment_open(const char *path, struct rs_relay_segment *s);
/* Looks at all blocks: sets size, committed and end. tail: it was written last: what is behind the last boundary is not
 * to be read, and the bytes are checked too. False: it is not whole (of a tail: more than a part of a block is wrong). */
bool rs_relay_segment_scan(int fd, struct rs_relay_segment *s, bool tail);

/* A block as it stands in the file, appended to out. */
void rs_relay_block_make(uint64_t segment, const struct rs_relay_block *b, const void *raw, size_t len, struct rs_buf *out);
/* Reads the header at an offset; scratch holds what b points into. False: there is none that is whole before limit. */
bool rs_relay_block_read(int fd, uint64_t segment, uint64_t at, uint64_t limit, struct rs_buf *scratch,
                         struct rs_relay_block *b);
/* Reads the bytes of a block whose header was read into raw (emptied first). False: damaged. */
bool rs_relay_block_unpack(int fd, uint64_t segment, const struct rs_relay_block *b, struct rs_buf *scratch,
                           struct rs_buf *raw);

#endif
