/* What the parts of the MySQL source share. Private to source/. */
#ifndef RS_MYSQL_SOURCE_H
#define RS_MYSQL_SOURCE_H

#include "base/clock.h"
#include "codec/binlog_event.h"
#include "db/my_conn.h"
#include "source/source.h"

struct rs_mysql_source {
	struct rs_source base;
	struct rs_my my;             /* RS_MY_CATALOG: the control connection */
	char *task_id;
	uint32_t replica_id;         /* the server id and UUID under which the log is read; derived from the task's id */
	char *replica_uuid;
	bool gtid_mode;              /* MySQL with gtid_mode=ON: every transaction has an id */
	bool gtids;                  /* … which is counted in gtid_executed only once it can be read */
	bool heartbeat_ready;        /* our heartbeat table can be written */
	bool heartbeat_refused;      /* it can't, and why is in heartbeat_error */
	struct rs_err heartbeat_error;
};

/* The id under which the log is read: 0 for the stream, 1 for the relay. Returns what it is of. */
uint64_t rs_mysql_source_take_id(struct rs_mysql_source *s, unsigned reader);
/* Another replica has one of them, so that each ends the other's dump: all that is taken from now on is another. Any thread. */
void rs_mysql_source_id_is_taken(void);

/* The end of the log, by whatever statement this version has for it. */
enum rs_rc rs_mysql_end(struct rs_my *my, struct rs_position *out, struct rs_err *err);
/* The same without MariaDB's GTIDs, which cost it a look through the file. */
enum rs_rc rs_mysql_log_end(struct rs_my *my, struct rs_position *out, struct rs_err *err);

/* MariaDB: where in the log the open consistent snapshot stands; what it sees, every later read sees. */
enum rs_rc rs_mysql_snapshot_position(struct rs_my *my, struct rs_position *out, struct rs_err *err);

/* mysql_between.c: see rs_source_ops.between. */
enum rs_rc rs_mysql_between(struct rs_my *my, const struct rs_position *from, const struct rs_position *to,
                            const struct rs_table *const *tables, size_t n, struct rs_between *out, struct rs_err *err);

/* mysql_digest.c: SELECT … of a digest up to FROM; with n > 0 what follows it must be closed with ") AS r". twice: rows may
 * be there twice. */
void rs_mysql_put_digest(struct rs_buf *sql, const struct rs_table *t, const uint32_t *columns, size_t n, bool twice);

enum rs_rc rs_mysql_reader_open(struct rs_mysql_source *s, struct rs_table_reader **out, struct rs_err *err);
enum rs_rc rs_mysql_stream_open(struct rs_mysql_source *s, const struct rs_position *from, struct rs_stream **out,
                                struct rs_err *err);
/* See source.h. The source reads the log under another id from then on. */
enum rs_rc rs_mysql_spool_open(struct rs_mysql_source *s, const struct rs_position *from, struct rs_stream **out,
                               struct rs_err *err);
/* The fence over any connection to the source; whether the heartbeat can be written must have been found out before. */
enum rs_rc rs_mysql_fence(const struct rs_mysql_source *s, struct rs_my *my, struct rs_position *out, struct rs_err *err);

/* The head of one of the log's files, as rs_position.log has it; malloc'ed. RS_E_BINLOG_PURGED: there is no such file. */
enum rs_rc rs_mysql_stream_head(struct rs_mysql_source *s, const char *file, char **out, struct rs_err *err);

/* mysql_log.c: which log a stream reads, and whether it is still the one that it was. A stream's own; starts zeroed. */
struct rs_mysql_log {
	char *expected;              /* of the position that the stream starts from; NULL: not known, or compared */
	char *now;                   /* of the file that is being read; NULL until its head was */
	struct rs_my control;        /* opened when the stream is quiet */
	struct rs_position end;      /* the log's, when it was looked at last since the stream moved; not set: it was not */
	rs_usec looked_at;           /* monotonic; also: when the stream became quiet */
	bool moved;                  /* the stream brought something since the last heartbeat */
};
void rs_mysql_log_release(struct rs_mysql_log *log);
/* The head of a file was read: RS_E_BINLOG_PURGED where another one was expected under that name. */
enum rs_rc rs_mysql_log_head(struct rs_mysql_log *log, const char *file, const struct rs_event *head,
                             const struct rs_binlog_format *format, struct rs_err *err);
/* Another file follows. */
void rs_mysql_log_leave(struct rs_mysql_log *log);
/* The file's name in such a text; malloc'ed. */
char *rs_mysql_log_file(const char *log);
/* The same comparison of two texts. */
enum rs_rc rs_mysql_log_compare(const char *expected, const char *found, struct rs_err *err);
/* The hint for a log that is no more. RS_FAIL. */
enum rs_rc rs_mysql_log_gone(struct rs_err *err);
/* Adds to the error of a log that does not begin early enough where it does begin, when that was, and what is gone. */
void rs_mysql_log_tell_gone(struct rs_mysql_source *s, const struct rs_position *from, struct rs_err *err);
/* RS_E_BINLOG_PURGED where the log lacks transactions of this set. */
enum rs_rc rs_mysql_log_check_gtids(struct rs_my *my, const char *applied, struct rs_err *err);
/* A heartbeat says that there is nothing behind `here`. Some servers go on saying so when their log was reset under the
 * stream: now and then the end of the log is asked for. RS_E_CONN_LOST where the stream can't be right. */
enum rs_rc rs_mysql_log_quiet(struct rs_mysql_log *log, const struct rs_mysql_source *source,
                              const struct rs_position *here, struct rs_err *err);

/* See source.h. */
enum rs_rc rs_mysql_changes_only(struct rs_source *s, const char *const *names, size_t n, const char *sql, size_t len,
                                 bool *yes, struct rs_err *err);
/* mysql_failover.c: see rs_source_ops.succeed. */
enum rs_rc rs_mysql_succeed(struct rs_source *s, struct rs_position *at, int64_t time, struct rs_position_set *ahead,
                            const char *intended, struct rs_err *err);
/* See rs_source_ops.prepared. */
enum rs_rc rs_mysql_prepared(struct rs_my *my, char ***xids, size_t *n, struct rs_err *err);

#endif
