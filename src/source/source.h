/* A source: where rows and changes come from. One file per kind of source implements these three vtables; the engine
 * knows nothing else of it.
 *
 *   rs_source         the control side: catalogue, positions. Belongs to the coordinator's thread.
 *   rs_table_reader   copies: one a copy worker, each with its own connection, belongs to the worker's thread.
 *   rs_stream         follows: one a task, belongs to the thread that reads the log.
 *
 * All calls may block on the server. cancel is the only one allowed from another thread: it makes the blocked call
 * return RS_CANCELLED soon and the object useless but for close. Errors carry the retry class; after RS_RETRY_RECONNECT
 * the object must be closed and opened anew. */
#ifndef RS_SOURCE_H
#define RS_SOURCE_H

#include <stdbool.h>
#include "base/err.h"
#include "model/catalog.h"
#include "model/change.h"
#include "model/position.h"
#include "model/position_set.h"
#include "model/schema.h"
#include "model/selection.h"
#include "model/task.h"

struct rs_relay;
struct rs_source;
struct rs_table_reader;
struct rs_stream;

/* A place between two rows in the order of a key: the key's values of a row. n == 0: before the first, or (as an upper
 * bound) after the last. */
struct rs_bound {
	struct rs_value *values; /* one a key part; owned, with the bytes */
	size_t n;
};
void rs_bound_clear(struct rs_bound *b);
/* Puts another value in the place of one. */
void rs_bound_set(struct rs_bound *b, size_t part, const struct rs_value *v);
void rs_bound_copy(struct rs_bound *to, const struct rs_bound *from);
/* As ASCII text for the meta tables ("" for n == 0), and back; false for anything else. */
char *rs_bound_to_text(const struct rs_bound *b);
bool rs_bound_from_text(struct rs_bound *b, const char *text);

/* What a server says of a range of rows. */
struct rs_digest {
	uint64_t rows, low, high;
};
/* Whether equal values of two columns, on whatever servers, go into a digest as the same bytes. */
bool rs_digest_is_alike(const struct rs_column *a, const struct rs_column *b);

/* What the log has between two positions. */
struct rs_between {
	bool rows;      /* changes of rows of one of the tables */
	bool statement; /* a statement that may change anything else: a schema, by XA COMMIT rows of any table */
	bool xa_commit;
	bool unknown;   /* too much lies between them to be looked through, or another file begins there */
};

/* What a server says of its log and of its clock. */
struct rs_source_health {
	rs_usec log_lasts;   /* how long the log is kept; < 0: not known */
	rs_usec clock_ahead; /* its clock's time, of rs_clock_mono(): our wall clock may be set while the task runs */
	int64_t log_kept;    /* bytes of the log that are there because it keeps it for us (keeps_log); < 0: none are */
	int64_t log_room;    /* so many more until it gives that up; < 0: nothing limits it */
};

struct rs_source_ops {
	void (*close)(struct rs_source *s);
	void (*cancel)(struct rs_source *s);
	/* Names the server for good: server_uuid, or what comes closest. malloc'ed. */
	enum rs_rc (*identity)(struct rs_source *s, char **out, struct rs_err *err);
	/* Whether this server, another one than `at` was taken from, carries that one's log on: holds all up to `at`, and the
	 * transactions behind it that `ahead` has the ids of, and has what follows still. GTIDs tell it; time is that of the
	 * last transaction up to `at`, 0: not known. What follows is read from at->gtid alone, and afterwards only those left in
	 * ahead come that the destination has. intended: ids that it must have as well, NULL: none. RS_E_SOURCE_BEHIND (worth
	 * trying again): it lacks some and may still get them. RS_E_SOURCE_DIVERGED: it never will. RS_E_CONN_WRONG_SERVER:
	 * nothing says that they have to do with each other. */
	enum rs_rc (*succeed)(struct rs_source *s, struct rs_position *at, int64_t time, struct rs_position_set *ahead,
	                      const char *intended, struct rs_err *err);
	/* The same server, or what it says is: whether its log still is the one that `at` was read from, and holds all up to there. NULL:
	 * nothing could have changed. *moved: a standby has taken its place. RS_E_SOURCE_DIVERGED, RS_E_CONN_WRONG_SERVER. */
	enum rs_rc (*carries)(struct rs_source *s, const struct rs_position *at, bool *moved, struct rs_err *err);
	/* The selected objects, with schemas and statements. */
	enum rs_rc (*catalog)(struct rs_source *s, const struct rs_selection *sel, struct rs_catalog *out, struct rs_err *err);
	/* One table as it is now; RS_E_SOURCE_TABLE_GONE. A reference. */
	enum rs_rc (*table)(struct rs_source *s, const char *db, const char *name, const struct rs_table **out,
	                    struct rs_err *err);
	/* A position such that everything before it is visible to every read that begins after the call returned, without
	 * locking. A source that keeps its log does so from there on, and no more from where an earlier call had it begin. RS_E_FENCE
	 * names the grant that would help. */
	enum rs_rc (*fence)(struct rs_source *s, struct rs_position *out, struct rs_err *err);
	/* The end of the log now. */
	enum rs_rc (*end)(struct rs_source *s, struct rs_position *out, struct rs_err *err);
	/* The same by file and offset, with nothing else that would have to be looked for: cheap enough to ask all the time. */
	enum rs_rc (*place)(struct rs_source *s, struct rs_position *out, struct rs_err *err);
	/* Whether everything up to a position is visible to every read that begins after the call returned. Cheaper than
	 * fence. */
	enum rs_rc (*passed)(struct rs_source *s, const struct rs_position *position, bool *yes, struct rs_err *err);
	/* What the log has from a position up to another, of n tables. */
	enum rs_rc (*between)(struct rs_source *s, const struct rs_position *from, const struct rs_position *to,
	                      const struct rs_table *const *tables, size_t n, struct rs_between *out, struct rs_err *err);
	/* The XA transactions that are prepared now, where their rows are in the log already: xids as the log has them. None
	 * where the account may not see them. malloc'ed, each and all. */
	enum rs_rc (*prepared)(struct rs_source *s, char ***xids, size_t *n, struct rs_err *err);
	enum rs_rc (*health)(struct rs_source *s, struct rs_source_health *out, struct rs_err *err);
	/* Of a source whose log has the statements that change schemas (tells_schemas), from here to release; else NULL.
	 * Whether a statement that changed rows could change none but those of the n tables (db, name pairs) that it names: no
	 * view is among them, no trigger and no function took part. No also where the account can't see that. */
	enum rs_rc (*changes_only)(struct rs_source *s, const char *const *names, size_t n, const char *sql, size_t len,
	                           bool *yes, struct rs_err *err);
	/* How far one of the source's time zones ("SYSTEM", a name) was from UTC at a moment (seconds since 1970): "+02:00",
	 * malloc'ed. */
	enum rs_rc (*zone_offset)(struct rs_source *s, const char *zone, int64_t at, char **out, struct rs_err *err);
	/* The collation that tables of a database get which don't say one, as it is now; NULL: there is no such database.
	 * malloc'ed. */
	enum rs_rc (*default_collation)(struct rs_source *s, const char *db, char **out, struct rs_err *err);
	/* Of a source that keeps its log, else NULL. Which parts of the task (rs_task.part_of) there are: for others that there were the
	 * log is kept no longer. */
	enum rs_rc (*keep_parts)(struct rs_source *s, const char *const *ids, size_t n, struct rs_err *err);
	/* Of every source again. Removes what we made at the source. */
	enum rs_rc (*release)(struct rs_source *s, struct rs_err *err);
	enum rs_rc (*reader)(struct rs_source *s, struct rs_table_reader **out, struct rs_err *err);
	/* From a position on; RS_E_BINLOG_PURGED also where another log stands in the place of the one it was taken from. What
	 * the relay holds is read from there, and the log from where that ends. */
	enum rs_rc (*stream)(struct rs_source *s, const struct rs_position *from, struct rs_stream **out,
	                     struct rs_err *err);
	/* A stream that puts what it reads into the relay, which is bound: from where that ends, else from the position on.
	 * Its items only show that it goes on. RS_CANCELLED when the relay is to be finished; errors also those of the relay.
	 * The source serves nothing else. NULL where the source keeps its log. */
	enum rs_rc (*spool)(struct rs_source *s, const struct rs_position *from, struct rs_stream **out, struct rs_err *err);
};

struct rs_source {
	const struct rs_source_ops *ops;
	struct rs_relay *relay; /* set by the engine before the first stream; NULL: none. Borrowed */
	const char *flavor;   /* "mysql", "mariadb": the dialect of its statements */
	unsigned version;
	const char *version_text; /* as it calls it: "10.11.19-MariaDB-log" */
	bool keeps_log;       /* for us, until it was confirmed (rs_stream_ops): there is no relay */
	bool sparse;          /* its log's rows are (rs_change); its readers find single rows */
	bool tells_schemas;   /* its log has the statements that change them; else its catalogue alone tells */
	bool cascades_hidden; /* rows that a foreign key's action changed are not in the log */
	bool folds_names;     /* names of databases and tables compare without case */
	bool lowers_names;    /* … and are in lower case, in its catalogue and its log, however a statement spells them */
	bool implicit_timestamp; /* explicit_defaults_for_timestamp is off */
	bool signed_zero;     /* keeps -0 apart from 0 in FLOAT and DOUBLE */
};

struct rs_table_reader_ops {
	void (*close)(struct rs_table_reader *r);
	void (*cancel)(struct rs_table_reader *r);
	/* The upper bound (inclusive) of the next chunk in (after, upto]: at most `rows` rows lie after `after` and up to it,
	 * and fewer only where the numbers of a key have gaps. RS_EOF: no more are left, the chunk ends at upto. */
	enum rs_rc (*bound)(struct rs_table_reader *r, const struct rs_table *t, const struct rs_key *key,
	                    const struct rs_bound *after, const struct rs_bound *upto, uint64_t rows, struct rs_bound *out,
	                    struct rs_err *err);
	/* Starts reading the rows in (after, upto]; key NULL reads the whole table. */
	enum rs_rc (*open)(struct rs_table_reader *r, const struct rs_table *t, const struct rs_key *key,
	                   const struct rs_bound *after, const struct rs_bound *upto, struct rs_err *err);
	/* The next row: values[n_columns] point into the reader until the next call. Columns that are not read are RS_ABSENT:
	 * generated ones, unless with_generated. RS_EOF ends the reading, as does end. */
	enum rs_rc (*next)(struct rs_table_reader *r, struct rs_value *values, struct rs_err *err);
	void (*end)(struct rs_table_reader *r);
	/* The row that has the key's values of `row` now: values as of next, until end. RS_EOF: there is none. NULL where the source is not
	 * sparse. */
	enum rs_rc (*find)(struct rs_table_reader *r, const struct rs_table *t, const struct rs_key *key, const struct rs_value *row,
	                   struct rs_value *values, struct rs_err *err);
	/* Counts the rows in (after, upto] and, where n > 0, makes a digest of n of their columns, on the server. Two ranges
	 * of rows none of which is there twice have the same digest only if they are the same, on whatever servers, as long as
	 * rs_digest_is_alike says so of each column. key NULL: of the whole table, whose rows may be there twice. RS_AGAIN: the
	 * server could not, a row is too large for it. */
	enum rs_rc (*digest)(struct rs_table_reader *r, const struct rs_table *t, const struct rs_key *key,
	                     const struct rs_bound *after, const struct rs_bound *upto, const uint32_t *columns, size_t n,
	                     struct rs_digest *out, struct rs_err *err);
	/* For tables that must be copied as they were at one moment: opens a consistent snapshot and says exactly where in
	 * the log it stands for these n tables: none of their changes lies between the snapshot and *at. What follows reads
	 * from it, until unfreeze. RS_E_FENCE where that can't be had without a lock and may_lock is false. Tables of engines
	 * without transactions have no snapshots: they are locked until unfreeze, whatever may_lock says. */
	enum rs_rc (*freeze)(struct rs_table_reader *r, const struct rs_table *const *tables, size_t n, bool may_lock,
	                     struct rs_position *at, struct rs_err *err);
	void (*unfreeze)(struct rs_table_reader *r);
};

struct rs_table_reader {
	const struct rs_table_reader_ops *ops;
	const char *where;   /* the rows that open reads meet this condition as well; SQL (codec/row_filter.h); NULL: all.
	                        Borrowed */
	bool with_generated; /* reads the columns that the server makes too, but for the periods of versioned rows */
	bool blocks_writers; /* the table that is open can't be changed at the source until it was read: read it without a pause */
};

/* How a stream learns the schema of a table as it was where it now reads. Returns a reference, or NULL for a table that
 * is not wanted. Called by who calls next, inside of it. */
struct rs_stream_schema {
	const struct rs_table *(*lookup)(void *arg, const char *db, const char *table);
	/* A statement was read that may change schemas; the lookups after it must answer with the new ones. */
	enum rs_rc (*ddl)(void *arg, const struct rs_change *ddl, struct rs_err *err);
	void *arg;
	const struct rs_collations *collations;
};

struct rs_stream_ops {
	void (*close)(struct rs_stream *s);
	void (*cancel)(struct rs_stream *s);
	/* The next item, the caller's. timeout < 0: waits for it; the source's heartbeats see to it that one comes. Else RS_AGAIN
	 * when nothing was there to be read for so long, or the stream's wake_fd could be read, but where the stream can't tell that
	 * (tells) it waits. */
	enum rs_rc (*next)(struct rs_stream *s, rs_usec timeout, struct rs_change **out, struct rs_err *err);
	/* All up to a position is at the destination for good: the source may forget it. It is told soon, by whoever calls next. From
	 * any thread; nothing is waited for. NULL where the source does not keep its log for us. */
	void (*confirm)(struct rs_stream *s, const struct rs_position *safe);
};

struct rs_stream {
	const struct rs_stream_ops *ops;
	struct rs_stream_schema schema; /* set by the engine before the first next */
	int wake_fd;           /* set by the engine as well; -1: none. Borrowed */
	bool tells;            /* it can tell whether there is something to be read */
};

/* Opens a source of the kind that the task's flow reads from. */
enum rs_rc rs_source_open(const struct rs_task *task, struct rs_source **out, struct rs_err *err) RS_MUST_CHECK;

/* The same, only to be read: nothing is made at the server, and no fence or stream can be had. */
enum rs_rc rs_source_open_to_read(const struct rs_task *task, struct rs_source **out, struct rs_err *err) RS_MUST_CHECK;

/* The task's destination, to be read as if it were a source: for comparing both sides. */
enum rs_rc rs_source_open_destination(const struct rs_task *task, struct rs_source **out, struct rs_err *err) RS_MUST_CHECK;

/* The registry's entries. task_id names what is made at the server; "": nothing ever is. */
enum rs_rc rs_mysql_source_open(const struct rs_endpoint *endpoint, const char *task_id, struct rs_source **out,
                                struct rs_err *err) RS_MUST_CHECK;
/* A server of PostgreSQL's, from 10 on. endpoint is borrowed for as long as the source is open. part_of: the task whose changes are
 * to tell of these objects, too, where they are added to it; NULL: none. */
enum rs_rc rs_pg_source_open(const struct rs_endpoint *endpoint, const struct rs_selection *objects, const char *task_id,
                             const char *part_of, struct rs_source **out, struct rs_err *err) RS_MUST_CHECK;

#endif
