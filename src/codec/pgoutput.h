/* What a PostgreSQL server sends of its log through the output plug-in "pgoutput", protocol versions 1 to 4 (PostgreSQL's
 * manual, "Logical Replication Message Formats"): bytes to messages, one at a time, no state but whether the messages are
 * those of a transaction that is sent while it goes on (a *streamed* one), in which each names its (sub)transaction.
 *
 * Everything in a message points into the bytes that it was read from. Numbers are big-endian there; text is NUL-terminated
 * and in the session's encoding, and so are values that are not binary. Bytes that are no message, or not all of one, are
 * RS_E_EVENT_MALFORMED; a kind that is not known is RS_E_EVENT_UNKNOWN: what it says can't be left out. One owner, no locking. */
#ifndef RS_PGOUTPUT_H
#define RS_PGOUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "codec/reader.h"

enum rs_pg_kind {
	RS_PG_BEGIN,
	RS_PG_COMMIT,
	RS_PG_ORIGIN,            /* after BEGIN: the transaction came from elsewhere */
	RS_PG_RELATION,          /* a table as it is from here on, before the first change of it and after each of its schema */
	RS_PG_TYPE,              /* a type that is not built in, before the first relation that has a column of it */
	RS_PG_INSERT,
	RS_PG_UPDATE,
	RS_PG_DELETE,
	RS_PG_TRUNCATE,
	RS_PG_MESSAGE,           /* pg_logical_emit_message() */
	RS_PG_STREAM_START,      /* a piece of a streamed transaction, */
	RS_PG_STREAM_STOP,       /* up to here; pieces of several may alternate */
	RS_PG_STREAM_COMMIT,
	RS_PG_STREAM_ABORT,      /* of the transaction (subxid == xid), or of what one subtransaction did */
	RS_PG_BEGIN_PREPARE,
	RS_PG_PREPARE,
	RS_PG_COMMIT_PREPARED,
	RS_PG_ROLLBACK_PREPARED,
	RS_PG_STREAM_PREPARE
};

/* By what a table's rows are found: its REPLICA IDENTITY. */
enum rs_pg_identity { RS_PG_IDENTITY_KEY, RS_PG_IDENTITY_NONE, RS_PG_IDENTITY_FULL, RS_PG_IDENTITY_INDEX };

enum rs_pg_presence {
	RS_PG_NULL,
	RS_PG_UNCHANGED,         /* stored out of line, and not touched: the server does not know it */
	RS_PG_TEXT,
	RS_PG_BINARY             /* as its type's send function has it */
};

struct rs_pg_value {
	enum rs_pg_presence presence;
	struct rs_slice bytes;
};

/* One row: its values, read one by one with rs_pg_value_next. */
struct rs_pg_row {
	uint16_t n;
	struct rs_reader left;
};

struct rs_pg_column {
	bool identity;           /* a part of what the table's rows are found by */
	const char *name;
	uint32_t type;           /* its oid */
	int32_t typmod;          /* as in pg_attribute; -1: none */
};

struct rs_pg_message {
	enum rs_pg_kind kind;
	uint32_t xid;            /* of the transaction; of what a streamed one holds, the subtransaction's; 0: not told */
	uint32_t subxid;         /* STREAM_ABORT */
	bool first;              /* STREAM_START: the transaction's first piece */
	uint64_t lsn;            /* BEGIN: where its commit is; COMMIT, STREAM_COMMIT, COMMIT_PREPARED, PREPARE …: where that is;
	                          * ORIGIN: where it was committed there; MESSAGE: its own; STREAM_ABORT: 0 where not told */
	uint64_t end;            /* behind the commit or prepare: what is read goes on there; 0: not told */
	int64_t time;            /* of the commit (prepare, abort), microseconds since 1970; 0: not told */
	int64_t prepare_time;    /* ROLLBACK_PREPARED, the same */
	const char *gid;         /* …PREPARE…: the transaction's name */

	uint32_t oid;            /* RELATION, TYPE: its own; INSERT, UPDATE, DELETE: the relation's */
	const char *schema;      /* RELATION, TYPE; "pg_catalog" where the message leaves it empty */
	const char *name;        /* RELATION, TYPE, ORIGIN; MESSAGE: its prefix */
	enum rs_pg_identity identity; /* RELATION */
	uint16_t n_columns;      /* RELATION: to be read with rs_pg_column_next, */
	uint32_t n_relations;    /* TRUNCATE: … with rs_pg_oid_next */
	struct rs_reader list;   /* from here */

	bool has_old;            /* UPDATE, DELETE: `old` is given; of an INSERT it never is */
	bool old_is_key;         /* … and says no more than what the row is found by: the others are NULL there */
	struct rs_pg_row old, row; /* row: INSERT, UPDATE */

	bool cascade, restart_identity; /* TRUNCATE */
	bool transactional;      /* MESSAGE: a part of the transaction around it; else it stands alone */
	struct rs_slice content; /* MESSAGE */
};

struct rs_pgoutput {
	unsigned protocol;       /* 1 … 4: what was asked for */
	bool parallel;           /* streaming = parallel was asked for: aborts say where and when */
	bool streaming;          /* between STREAM_START and STREAM_STOP; kept by rs_pgoutput_read */
};

/* Reads one whole message. Rows, columns and relations in it were looked at: reading them with the functions below does not
 * fail. */
enum rs_rc rs_pgoutput_read(struct rs_pgoutput *d, const void *bytes, size_t len, struct rs_pg_message *out,
                            struct rs_err *err) RS_MUST_CHECK;
/* The next value of a row, column of a RELATION, oid of a TRUNCATE; no more of them than there are. */
struct rs_pg_value rs_pg_value_next(struct rs_pg_row *row);
struct rs_pg_column rs_pg_column_next(struct rs_pg_message *m);
uint32_t rs_pg_oid_next(struct rs_pg_message *m);

#endif
