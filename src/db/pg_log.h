/* A PostgreSQL server's log as its replication clients read it (PostgreSQL's manual, "Streaming Replication Protocol"): slots,
 * and the messages that the plug-in pgoutput makes of what was committed (codec/pgoutput.h reads them).
 *
 * A *slot* is a place in the log that the server keeps for us, with everything behind it. It moves when we say what is safe: what
 * was confirmed is never sent again. Until then the server keeps its log for a slot that nobody reads, to its last disk block.
 *
 * All on one connection that was opened with params.replication, and by one thread; rs_pg_cancel is the only call that another
 * one may make. Places are 64-bit log sequence numbers; one that is confirmed or begun at is *behind* the last byte of what it
 * stands for. After RS_FAIL of any call the connection is to be closed, and what was not confirmed comes again.
 *
 * Errors beside those of connections: RS_E_SOURCE_PREREQ where the server's log is not logical; RS_E_BINLOG_PURGED where the slot
 * is not there, or the server gave it up; RS_E_SQL to be tried again later while another session reads the slot. */
#ifndef RS_PG_LOG_H
#define RS_PG_LOG_H

#include "base/clock.h"
#include "db/pg_conn.h"

struct rs_pg_log {
	struct rs_pg *pg;
	const char *slot;        /* borrowed */
	uint64_t confirmed;      /* what the server may forget; told with the next answer */
	uint64_t received;       /* behind the last message */
	uint64_t end;            /* of the server's log, as it said last */
	rs_usec heard, told;     /* when the server said anything, and when it was told anything (rs_clock_mono) */
	rs_usec asked;           /* … and when it was asked to say something */
	rs_usec patience;        /* after so long without a word the server is given up; asked for one after half of it */
	char *message;           /* libpq's; until the next call */
};

/* What a server is asked for. */
struct rs_pg_log_options {
	unsigned protocol;       /* 1 … 4; what it does not know is refused by the server */
	const char *const *publications;
	size_t n_publications;
	bool messages;           /* of pg_logical_emit_message; from 14 on */
	bool binary;             /* values as their types send them; from 14 on */
	bool streaming;          /* large transactions while they go on: protocol 2 and later */
	bool two_phase;          /* prepared transactions when they are prepared: protocol 3, and a slot that was made for it */
	bool no_origin;          /* only what was made at this server; from 16 on */
};

struct rs_pg_slot {
	uint64_t from;           /* all that was committed before is in the snapshot, all that comes later in the log from here */
	char *snapshot;          /* for SET TRANSACTION SNAPSHOT in other sessions, until the next call on this connection */
};
void rs_pg_slot_clear(struct rs_pg_slot *slot);

#define RS_PG_SLOT_NAME 64   /* with the NUL */
/* What a task's slot, and its publication, are called; "" for a task without an id, which has none. */
void rs_pg_slot_name(char out[RS_PG_SLOT_NAME], const char *task_id);
/* Of a part of a task: the task's, and so much of the part's id as makes it its own. */
void rs_pg_part_slot_name(char out[RS_PG_SLOT_NAME], const char *task_id, const char *part_id);

/* One piece of what the server sends. */
struct rs_pg_log_message {
	uint64_t lsn;            /* where what it tells of is in the log; 0: it belongs to none */
	const char *bytes;       /* for rs_pgoutput_read; valid until the next call */
	size_t len;
};

/* Which log a session reads. A server that was a standby, or went back to an earlier state, goes on in a new *timeline*, which leaves
 * the one before at some place. */
struct rs_pg_server {
	char *number;            /* the number that its files were made with, and its standbys' with them */
	unsigned timeline;
	uint64_t end;            /* of what is on its disk */
};
void rs_pg_server_clear(struct rs_pg_server *server);
enum rs_rc rs_pg_server_read(struct rs_pg *pg, struct rs_pg_server *out, struct rs_err *err) RS_MUST_CHECK;
/* Where the log of `now`, the server's timeline, left another one, `was`. RS_EOF: it never was in it. */
enum rs_rc rs_pg_timeline_left(struct rs_pg *pg, unsigned now, unsigned was, uint64_t *out, struct rs_err *err) RS_MUST_CHECK;
/* Makes a slot, which waits for all transactions that are open then. name: lower case, digits, "_", at most 63. RS_E_SQL where
 * there is one of that name. two_phase: from 15 on. From 17 on a standby that synchronizes slots has it as well. */
enum rs_rc rs_pg_slot_make(struct rs_pg *pg, const char *name, bool two_phase, struct rs_pg_slot *out, struct rs_err *err) RS_MUST_CHECK;
/* A snapshot of what was committed up to out->from, which this session's statements see until it is closed. */
enum rs_rc rs_pg_slot_snapshot(struct rs_pg *pg, struct rs_pg_slot *out, struct rs_err *err) RS_MUST_CHECK;
/* Drops it, and waits until nobody reads it any more; one that is not there is as good as dropped. */
enum rs_rc rs_pg_slot_drop(struct rs_pg *pg, const char *name, struct rs_err *err) RS_MUST_CHECK;

/* Begins to read at `from`, or where the slot is if that is later; 0: there. pg and the slot's name stay the
 * caller's; pg serves nothing else until it is closed. *log is zeroed. */
enum rs_rc rs_pg_log_open(struct rs_pg_log *log, struct rs_pg *pg, const char *slot, uint64_t from,
                          const struct rs_pg_log_options *options, rs_usec patience, struct rs_err *err) RS_MUST_CHECK;
/* The next message. RS_AGAIN: none came within the timeout; `end` tells how far the server has got meanwhile, and what was
 * confirmed is told now and then. RS_EOF: the server ends orderly. */
enum rs_rc rs_pg_log_next(struct rs_pg_log *log, rs_usec timeout, struct rs_pg_log_message *out, struct rs_err *err) RS_MUST_CHECK;
/* All before lsn is safe: where nothing is under way, `end` is as good. Told at once where now is set, else soon; a place before
 * an earlier one changes nothing. */
enum rs_rc rs_pg_log_confirm(struct rs_pg_log *log, uint64_t lsn, bool now, struct rs_err *err) RS_MUST_CHECK;
/* Ends reading, with what was confirmed; the connection is to be closed then. */
void rs_pg_log_close(struct rs_pg_log *log);

#endif
