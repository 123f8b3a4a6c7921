/* What a source's change stream hands to the engine: one item after another, in the order of the source's log.
 *
 *   BEGIN ROWS* COMMIT      one source transaction; ROLLBACK instead of COMMIT undoes the rows. Among the rows there may
 *                           be DDL items with SAVEPOINT and ROLLBACK TO SAVEPOINT, and TRUNCATE: the table is empty
 *                           from there on
 *   BEGIN ROWS* XA_PREPARE  rows that count only when an XA_COMMIT with the same xid comes, perhaps much later; they are
 *                           forgotten at an XA_ROLLBACK
 *   DDL                     stands alone, outside of a transaction
 *   HEARTBEAT               the position moved, or time passed, and nothing happened
 *
 * An item owns its arena, which holds its rows; whoever takes it frees it with rs_change_free. A transaction of any
 * size comes as many ROWS items of bounded size. Tables that are not selected are left out, BEGIN and COMMIT are not. */
#ifndef RS_CHANGE_H
#define RS_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/region.h"
#include "model/position.h"
#include "model/schema.h"
#include "model/value.h"

enum rs_change_kind {
	RS_CHANGE_BEGIN,
	RS_CHANGE_ROWS,
	RS_CHANGE_TRUNCATE,
	RS_CHANGE_COMMIT,
	RS_CHANGE_ROLLBACK,
	RS_CHANGE_DDL,
	RS_CHANGE_HEARTBEAT,
	RS_CHANGE_XA_PREPARE,
	RS_CHANGE_XA_COMMIT,    /* stands alone */
	RS_CHANGE_XA_ROLLBACK
};

enum rs_op { RS_OP_INSERT, RS_OP_UPDATE, RS_OP_DELETE };

/* One changed row. before is NULL for INSERT, after is NULL for DELETE; each has the table's n_columns values. */
struct rs_row_change {
	struct rs_value *before;
	struct rs_value *after;
};

struct rs_change {
	enum rs_change_kind kind;
	struct rs_arena arena;          /* owns what rows, sql and xid point to */
	struct rs_region *making;       /* in which it is being made; NULL: it is made */
	struct rs_region_block *block;  /* where it is; NULL: malloc'ed */
	size_t bytes;                   /* what it weighs in queues */
	size_t image_bytes;             /* ROWS: what its rows take in the log */
	uint32_t server_id;             /* of the server where the change was first made */
	int64_t timestamp;              /* seconds since 1970 UTC at the source; 0 where not known */
	struct rs_position position;    /* after this item, for COMMIT, DDL, HEARTBEAT, ROLLBACK, XA_*; at BEGIN file and
	                                   offset just inside the transaction, after all before it and before its end */
	int64_t last_committed;         /* BEGIN: the source's logical clock; -1 where not known */
	int64_t sequence_number;        /* (MariaDB: both carry the group commit id) */
	uint64_t ordinal;               /* ROWS, and DDL inside of a transaction: the number of the first row, or of the
	                                   statement, among the transaction's, from 1; given by the engine as they arrive */

	/* ROWS */
	enum rs_op op;
	const struct rs_table *table;   /* a reference, dropped with the item; TRUNCATE, too, and a DDL that has `was` */
	bool no_foreign_keys;           /* written with foreign_key_checks = 0: nothing cascaded */
	bool sparse;                    /* before may have only what the row is found by, and after may lack what was not touched */
	bool statement_end;
	struct rs_row_change *rows;
	size_t n_rows;

	char *gtid;                     /* BEGIN, and DDL, XA_COMMIT and XA_ROLLBACK outside of a transaction: its own id, in its
	                                   server's notation; malloc'ed, NULL: none */
	bool again;                     /* … which the source's log must have had before where this stream began */
	uint64_t n_events;              /* BEGIN: how many rows and statements the transaction has, given by the engine once it has
	                                   arrived; 0: it is applied before that */

	/* DDL */
	const char *sql;                /* UTF-8, NUL-terminated */
	size_t sql_len;
	const char *db;                 /* default database of the statement, "" for none */
	uint64_t sql_mode;              /* bits as the source has them */
	uint32_t charset_client;        /* collation numbers, 0 where not given */
	uint32_t collation_connection;
	uint32_t collation_server;
	bool ddl_no_foreign_keys;
	uint32_t microseconds;          /* the fraction of timestamp, where the statement used it */
	const struct rs_table *was;     /* of a log that tells of a table as it is instead of the statement: the table until here, a
	                                   reference, `table` from here on; sql says what became of it. It stands among the rows of its
	                                   transaction. NULL: sql is the source's */
	const struct rs_value *fills;   /* … what rows that are there have in each of table's columns: of new ones, RS_ABSENT where
	                                   the source alone knows */
	const char *time_zone;          /* of its session, as the source names it; NULL: not given, it made no difference */

	/* Whatever the engine wants to travel with the item, freed with it: of a DDL, the schemas after it; of
	 * the BEGIN of an XA transaction, the one that began where it was prepared. */
	void *attached;
	void (*free_attached)(void *attached);

	/* XA_*, and the BEGIN of an XA transaction that may be prepared (it may also be committed at once) */
	const char *xid;                /* in the form X'…',X'…',1 */
};

struct rs_change *rs_change_new(enum rs_change_kind kind);
/* One that is made in a region; until made or free the region's thread makes no other there, and the region stays. */
struct rs_change *rs_change_make(struct rs_region *r, enum rs_change_kind kind);
void rs_change_made(struct rs_change *c);
void rs_change_free(struct rs_change *c);

#endif
