/* The relay: what a source's log brought, kept in files until it is applied, so that the source need not keep it that long.
 * The packets are those of the server, whole and in their order; who reads them back goes the way of whoever reads the
 * log itself. A cache: losing it loses nothing while the source has its log. What is damaged is noticed and not handed
 * out; what a process wrote that died ends with the last transaction that is whole.
 *
 * A relay belongs to one task and one server. It lies in a directory of its own, in *segments*: files of a piece of one
 * file of the log each, which hold *blocks* (relay_file.h). Places between transactions, where a block ends, are where
 * reading begins, and where what can be read ends.
 *
 * One writer at a time, in one thread; any readers, each in one; everything else may be called from any thread, but for
 * bind and clear, which want no writer. What a reader is at stays readable to it, whatever is removed. No call here waits for a server; those of the writer, the
 * reader, bind and clear wait for the disk. */
#ifndef RS_RELAY_H
#define RS_RELAY_H

#include <stdbool.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/err.h"
#include "model/position.h"

struct rs_relay;

/* Touches no file. */
struct rs_relay *rs_relay_new(const char *dir, const char *task_id);
void rs_relay_free(struct rs_relay *r);
/* Most bytes that its files may have together; 0: none is written. */
void rs_relay_set_quota(struct rs_relay *r, uint64_t bytes);
/* Says which server's log it is for, and looks, the first time, at what an earlier process left. What is another server's,
 * or another task's, is removed. Until then it is empty and can't be written. */
void rs_relay_bind(struct rs_relay *r, const char *identity);
/* Removes all that it holds. */
void rs_relay_clear(struct rs_relay *r);
/* The same for the directory of a task that is being deleted. */
void rs_relay_remove(const char *dir);
/* Where what can be read of it ends; false: it holds nothing. */
bool rs_relay_end(struct rs_relay *r, struct rs_position *out);
/* Whether it holds what follows that position, as far as it has come. One of MySQL's without a place is where a relay begins
 * that was begun with the same set. */
bool rs_relay_covers(struct rs_relay *r, const struct rs_position *from);
/* Everything before this position is in the destination for good: segments behind it go. Cheap. */
void rs_relay_passed(struct rs_relay *r, const struct rs_position *applied);

struct rs_relay_status {
	uint64_t bytes, quota;       /* on the disk */
	bool writing;                /* a writer is at work */
	bool full;                   /* … or would be, but for the quota or the disk */
	int64_t time;                /* of the newest transaction in it, at the source; seconds since 1970. 0: none */
};
/* *end is the caller's to clear; not set: it holds nothing. */
void rs_relay_look(struct rs_relay *r, struct rs_relay_status *out, struct rs_position *end);

/* ------------------------------------------------------------------ writing */

/* Begins to write: what is behind the end is cut off. cancel makes the writer's thread come to its end soon; it is called
 * from other threads, while the writer is open. RS_CANCELLED: after rs_relay_finish. */
enum rs_rc rs_relay_write(struct rs_relay *r, void (*cancel)(void *arg), void *arg) RS_MUST_CHECK;
void rs_relay_write_end(struct rs_relay *r);
/* The head of a file of the log, or of the rest of one: the FORMAT_DESCRIPTION, as it came, and the position after it.
 * Comes first, and wherever a file begins. */
enum rs_rc rs_relay_put_head(struct rs_relay *r, const struct rs_position *at, const void *bytes, size_t len,
                             struct rs_err *err) RS_MUST_CHECK;
/* An event, and the offset after it. */
enum rs_rc rs_relay_put(struct rs_relay *r, const void *bytes, size_t len, uint64_t end, struct rs_err *err) RS_MUST_CHECK;
/* Whether so much was put, or it was so long ago, that it should be made readable. */
bool rs_relay_is_due(const struct rs_relay *r);
/* All that was put can be read from now on. The log stands between two transactions, there. Errors of these three:
 * RS_E_RELAY_FULL (RS_RETRY_LATER): there is no room; RS_E_RELAY: the disk. The writer must end then. */
enum rs_rc rs_relay_commit(struct rs_relay *r, const struct rs_position *at, int64_t time, struct rs_err *err) RS_MUST_CHECK;
/* Whether a writer would find room now. */
bool rs_relay_has_room(struct rs_relay *r);
/* What a writer is told that finds none: RS_E_RELAY_FULL. */
enum rs_rc rs_relay_no_room(struct rs_relay *r, struct rs_err *err);

/* Has the writer end, and waits until it has; none begins until rs_relay_go_on. */
void rs_relay_finish(struct rs_relay *r);
void rs_relay_go_on(struct rs_relay *r);
/* Whether the writer stays at work when a reader has come to the end: there are others who need what comes then. */
void rs_relay_set_lasting(struct rs_relay *r, bool lasting);
bool rs_relay_is_finishing(struct rs_relay *r);
/* Sleeps; true at once when the relay is to be finished. */
bool rs_relay_sleep(struct rs_relay *r, rs_usec time);

/* ------------------------------------------------------------------ reading */

struct rs_relay_reader;

struct rs_relay_packet {
	const void *bytes;           /* valid until the next one is asked for */
	size_t len;
	const char *file;            /* not NULL: from here on it is that file of the log; the packet is its head */
	uint64_t end;                /* the offset after it */
};

/* From a position on that it covers; NULL where it does not. */
struct rs_relay_reader *rs_relay_read(struct rs_relay *r, const struct rs_position *from);
void rs_relay_read_end(struct rs_relay_reader *reader);
/* RS_EOF: that was all, and nothing more comes: a reader that has come to the end has the relay finished, unless that is
 * to last. RS_E_RELAY
 * (RS_RETRY_RECONNECT) where it is damaged: what is behind the damage is gone now; a new reader finds what is before. */
enum rs_rc rs_relay_next(struct rs_relay_reader *reader, struct rs_relay_packet *out, struct rs_err *err) RS_MUST_CHECK;

#endif
