/* Events of the binary log of MySQL (5.1 and later) and MariaDB (5.3 and later): from the bytes of a packet or a file
 * to structs. The source keeps one rs_binlog_format a stream and hands every event to rs_event_parse first, which
 * checks header and checksum; the body is then read by the rs_event_read_… of its type.
 *
 * Nothing is copied: slices point into the event's bytes and live as long as those do. Every length is checked. What
 * does not fit is RS_E_EVENT_MALFORMED, with the event's type and the offset in it. No I/O, no locking, no memory but in
 * the arena handed in.
 *
 * Formats: the servers' own documentation of the replication protocol, and bytes recorded from the servers. */
#ifndef RS_BINLOG_EVENT_H
#define RS_BINLOG_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "codec/gtid.h"
#include "codec/reader.h"

enum rs_event_type {
	RS_EV_START_V3 = 1,
	RS_EV_QUERY = 2,
	RS_EV_STOP = 3,
	RS_EV_ROTATE = 4,
	RS_EV_INTVAR = 5,
	RS_EV_LOAD = 6,
	RS_EV_SLAVE = 7,
	RS_EV_CREATE_FILE = 8,
	RS_EV_APPEND_BLOCK = 9,
	RS_EV_EXEC_LOAD = 10,
	RS_EV_DELETE_FILE = 11,
	RS_EV_NEW_LOAD = 12,
	RS_EV_RAND = 13,
	RS_EV_USER_VAR = 14,
	RS_EV_FORMAT_DESCRIPTION = 15,
	RS_EV_XID = 16,
	RS_EV_BEGIN_LOAD_QUERY = 17,
	RS_EV_EXECUTE_LOAD_QUERY = 18,
	RS_EV_TABLE_MAP = 19,
	RS_EV_WRITE_ROWS_V1 = 23,
	RS_EV_UPDATE_ROWS_V1 = 24,
	RS_EV_DELETE_ROWS_V1 = 25,
	RS_EV_INCIDENT = 26,
	RS_EV_HEARTBEAT = 27,
	RS_EV_IGNORABLE = 28,
	RS_EV_ROWS_QUERY = 29,
	RS_EV_WRITE_ROWS = 30,
	RS_EV_UPDATE_ROWS = 31,
	RS_EV_DELETE_ROWS = 32,
	RS_EV_GTID = 33,
	RS_EV_ANONYMOUS_GTID = 34,
	RS_EV_PREVIOUS_GTIDS = 35,
	RS_EV_TRANSACTION_CONTEXT = 36,
	RS_EV_VIEW_CHANGE = 37,
	RS_EV_XA_PREPARE = 38,
	RS_EV_PARTIAL_UPDATE_ROWS = 39,
	RS_EV_TRANSACTION_PAYLOAD = 40,
	RS_EV_HEARTBEAT_V2 = 41,
	RS_EV_GTID_TAGGED = 42,
	RS_EV_ANNOTATE_ROWS = 160,
	RS_EV_BINLOG_CHECKPOINT = 161,
	RS_EV_DOMAIN_GTID = 162, /* MariaDB's GTID */
	RS_EV_DOMAIN_GTID_LIST = 163,
	RS_EV_START_ENCRYPTION = 164,
	RS_EV_QUERY_COMPRESSED = 165,
	RS_EV_WRITE_ROWS_COMPRESSED_V1 = 166,
	RS_EV_UPDATE_ROWS_COMPRESSED_V1 = 167,
	RS_EV_DELETE_ROWS_COMPRESSED_V1 = 168,
	RS_EV_WRITE_ROWS_COMPRESSED = 169,
	RS_EV_UPDATE_ROWS_COMPRESSED = 170,
	RS_EV_DELETE_ROWS_COMPRESSED = 171,
	RS_EV_PARTIAL_ROW_DATA = 172
};

/* What to do with an event, where its type alone decides. */
enum rs_event_kind {
	RS_EVK_FORMAT,      /* FORMAT_DESCRIPTION: rs_event_parse has already taken it in */
	RS_EVK_ROTATE,
	RS_EVK_GTID,        /* GTID, ANONYMOUS_GTID, GTID_TAGGED */
	RS_EVK_DOMAIN_GTID,
	RS_EVK_QUERY,       /* QUERY, QUERY_COMPRESSED */
	RS_EVK_TABLE_MAP,
	RS_EVK_ROWS,        /* of any version */
	RS_EVK_FRAGMENT,    /* PARTIAL_ROW_DATA: see binlog_payload.h */
	RS_EVK_PAYLOAD,     /* TRANSACTION_PAYLOAD: see binlog_payload.h */
	RS_EVK_XID,
	RS_EVK_XA_PREPARE,
	RS_EVK_HEARTBEAT,
	RS_EVK_PREVIOUS_GTIDS,
	RS_EVK_GTID_LIST,
	RS_EVK_STATEMENT,   /* INTVAR, RAND, USER_VAR, the LOAD family: belongs to a change logged as a statement. INTVAR also
	                       comes before DDL; only with DML it means RS_E_BINLOG_STATEMENT */
	RS_EVK_INCIDENT,
	RS_EVK_SKIP         /* carries nothing for us: STOP, ROWS_QUERY, ANNOTATE_ROWS, BINLOG_CHECKPOINT, START_ENCRYPTION,
	                       TRANSACTION_CONTEXT, VIEW_CHANGE, and what is unknown but flagged ignorable */
};

enum rs_event_flag {
	RS_EVF_IN_USE = 0x01,         /* FORMAT_DESCRIPTION: the file was not closed */
	RS_EVF_THREAD_SPECIFIC = 0x04,
	RS_EVF_SUPPRESS_USE = 0x08,   /* the statement does not depend on its default database */
	RS_EVF_ARTIFICIAL = 0x20,     /* made for the stream, not in the file */
	RS_EVF_IGNORABLE = 0x80,
	RS_EVF_SKIP_REPLICATION = 0x8000 /* MariaDB: written by a session with skip_replication = 1 */
};

enum rs_checksum { RS_CHECKSUM_NONE = 0, RS_CHECKSUM_CRC32 = 1, RS_CHECKSUM_UNKNOWN = 255 };

#define RS_EVENT_HEADER 19

/* What the FORMAT_DESCRIPTION of the current file says. One a stream; starts with rs_binlog_format_init. Plain data. */
struct rs_binlog_format {
	bool known;              /* one was seen; until then only ROTATE and HEARTBEAT can be read */
	bool mariadb;
	char server_version[51];
	uint32_t version;        /* 80036 for 8.0.36 */
	uint32_t created;        /* seconds since 1970; not 0 where the server had just started */
	uint8_t checksum;        /* enum rs_checksum */
	uint8_t n_types;
	uint8_t post_header[256]; /* by event type; 0 where not given */
};

struct rs_event {
	uint8_t type;            /* enum rs_event_type, or a number that is not known but ignorable */
	uint8_t kind;            /* enum rs_event_kind */
	uint16_t flags;
	uint32_t timestamp;      /* seconds since 1970 UTC */
	uint32_t server_id;
	uint32_t length;         /* in the log, with header and checksum: what the position moves by, unless artificial */
	uint32_t next_pos;       /* as in the header: modulo 2^32, 0 where not known */
	const uint8_t *body;     /* after the header */
	size_t body_len;         /* without the checksum */
};

void rs_binlog_format_init(struct rs_binlog_format *f);

/* Checks one event (header, length, checksum) and splits it; a FORMAT_DESCRIPTION also replaces what f holds.
 * RS_E_EVENT_MALFORMED, RS_E_EVENT_CHECKSUM, RS_E_EVENT_UNKNOWN, RS_E_NOT_SUPPORTED (logs older than MySQL 5.0's). */
enum rs_rc rs_event_parse(struct rs_binlog_format *f, const void *bytes, size_t len, struct rs_event *ev,
                          struct rs_err *err);
/* The same for an event inside of a TRANSACTION_PAYLOAD: no checksum, and f stays as it is. */
enum rs_rc rs_event_parse_inner(const struct rs_binlog_format *f, const void *bytes, size_t len, struct rs_event *ev,
                                struct rs_err *err);
/* The offset nearest to `near` whose low 32 bits are these: headers hold no more, also in files above 4 GiB. */
uint64_t rs_binlog_offset(uint64_t near, uint32_t low);
/* "TABLE_MAP"; "event 173" style names are the caller's: NULL for a number that is not known. */
const char *rs_event_type_name(uint8_t type);
/* Sets RS_E_EVENT_MALFORMED for ev: its type, the offset from its start, and what is wrong. Returns RS_FAIL. */
enum rs_rc rs_event_malformed(const struct rs_event *ev, size_t offset, const char *what, struct rs_err *err);

/* --- control events --------------------------------------------------------------------------------------------- */

struct rs_event_rotate {
	uint64_t position;
	struct rs_slice file;
};
enum rs_rc rs_event_read_rotate(const struct rs_event *ev, struct rs_event_rotate *out, struct rs_err *err);

struct rs_event_query {
	uint32_t thread_id, exec_time;
	uint16_t error_code;
	struct rs_slice db;            /* default database; empty for none */
	struct rs_slice sql;           /* in charset_client */
	bool has_flags2;
	uint32_t flags2;
	bool no_foreign_keys;          /* from flags2 */
	uint64_t sql_mode;
	uint16_t charset_client, collation_connection, collation_server; /* collation numbers; 0: not given */
	struct rs_slice time_zone;     /* empty: not given */
	uint32_t microseconds;         /* fraction of the timestamp */
	uint64_t ddl_xid;              /* MySQL: not 0 where atomic DDL was committed with it */
	uint16_t default_utf8mb4;      /* collation that MySQL 8 means by a bare utf8mb4; 0: not given */
	uint8_t gtid_flags3;           /* MariaDB: RS_GTX_… of two-phase ALTER */
	uint64_t sa_seq_no;            /* MariaDB: sequence number of the START ALTER that this ends */
};
/* Reads QUERY and QUERY_COMPRESSED; the statement of the latter is unpacked into the arena. A statement that would take
 * the arena over its maximum is RS_E_MEMORY. */
enum rs_rc rs_event_read_query(const struct rs_binlog_format *f, const struct rs_event *ev, struct rs_arena *arena,
                               struct rs_event_query *out, struct rs_err *err);

enum rs_rc rs_event_read_xid(const struct rs_event *ev, uint64_t *xid, struct rs_err *err);

struct rs_xid {
	uint32_t format;
	struct rs_slice gtrid, bqual;
};
/* X'…',X'…',1 as the servers write it in XA statements. */
enum rs_rc rs_xid_print(const struct rs_xid *xid, struct rs_buf *out);

struct rs_event_xa_prepare {
	bool one_phase; /* commits at once */
	struct rs_xid xid;
};
enum rs_rc rs_event_read_xa_prepare(const struct rs_event *ev, struct rs_event_xa_prepare *out, struct rs_err *err);

/* GTID, ANONYMOUS_GTID and GTID_TAGGED. */
struct rs_event_gtid {
	struct rs_gtid gtid;           /* gno 0: anonymous */
	uint8_t flags;                 /* 1: may hold statement format */
	int64_t last_committed;        /* -1: not given */
	int64_t sequence_number;       /* -1: not given */
	uint64_t immediate_commit_usec; /* since 1970; 0: not given */
	uint64_t original_commit_usec; /* the same as immediate on the server where it was made; 0: not given */
	uint64_t transaction_length;   /* bytes with this event; 0: not given */
	uint32_t immediate_version;    /* 80036; 0: not given */
	uint32_t original_version;
};
enum rs_rc rs_event_read_gtid(const struct rs_event *ev, struct rs_event_gtid *out, struct rs_err *err);

enum rs_domain_gtid_flag {
	RS_GT_STANDALONE = 0x01,      /* exactly one QUERY follows: DDL, or a statement; else a transaction has begun */
	RS_GT_GROUP_COMMIT = 0x02,
	RS_GT_TRANSACTIONAL = 0x04,
	RS_GT_ALLOW_PARALLEL = 0x08,
	RS_GT_WAITED = 0x10,
	RS_GT_DDL = 0x20,
	RS_GT_PREPARED_XA = 0x40,
	RS_GT_COMPLETED_XA = 0x80
};
enum rs_domain_gtid_extra {
	RS_GTX_MULTI_ENGINE = 0x01,
	RS_GTX_START_ALTER = 0x02,    /* announces an ALTER; must be applied at its COMMIT only */
	RS_GTX_COMMIT_ALTER = 0x04,
	RS_GTX_ROLLBACK_ALTER = 0x08,
	RS_GTX_THREAD_ID = 0x10
};
struct rs_event_domain_gtid {
	struct rs_domain_gtid gtid;
	uint8_t flags;                 /* enum rs_domain_gtid_flag */
	uint8_t extra;                 /* enum rs_domain_gtid_extra */
	bool has_commit_id;
	uint64_t commit_id;
	struct rs_xid xid;             /* with RS_GT_PREPARED_XA and RS_GT_COMPLETED_XA */
	uint64_t sa_seq_no;            /* with COMMIT_ALTER and ROLLBACK_ALTER */
};
enum rs_rc rs_event_read_domain_gtid(const struct rs_event *ev, struct rs_event_domain_gtid *out, struct rs_err *err);

/* MariaDB's GTID_LIST: updates set with each of its entries (the state at the file's begin). */
enum rs_rc rs_event_read_gtid_list(const struct rs_event *ev, struct rs_domain_set *set, struct rs_err *err);
/* MySQL's PREVIOUS_GTIDS: adds them to set. */
enum rs_rc rs_event_read_previous_gtids(const struct rs_event *ev, struct rs_gtid_set *set, struct rs_err *err);

struct rs_event_heartbeat {
	struct rs_slice file;
	uint64_t position;             /* 64 bits where the server gives them (has_position64), else as in the header */
	bool has_position64;
};
/* HEARTBEAT of both servers and HEARTBEAT_V2. */
enum rs_rc rs_event_read_heartbeat(const struct rs_binlog_format *f, const struct rs_event *ev,
                                   struct rs_event_heartbeat *out, struct rs_err *err);

struct rs_event_incident {
	uint16_t kind;
	struct rs_slice message;
};
enum rs_rc rs_event_read_incident(const struct rs_event *ev, struct rs_event_incident *out, struct rs_err *err);

#endif
