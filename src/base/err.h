/* Errors as values: what went wrong, whether trying again can help, and what the user can do.
 *
 * The caller owns the struct and starts it with RS_ERR_INIT; it is untouched on success. The first writer wins: a
 * second rs_err_set() on an error that is already set only adds context to the detail. Nothing here logs or prints.
 * Release with rs_err_clear(). Not shared between threads without a lock of the owner's.
 *
 * Codes are published: they key the troubleshooting screen, the man page and the tests, and never change meaning. */
#ifndef RS_ERR_H
#define RS_ERR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/i18n.h"

enum rs_rc {
	RS_OK = 0,
	RS_FAIL,      /* err is set */
	RS_CANCELLED, /* the caller asked for it */
	RS_AGAIN,     /* nothing yet: call again */
	RS_EOF        /* nothing more */
};

#define RS_MUST_CHECK __attribute__((warn_unused_result))
#define RS_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Whether repeating the operation can help, and what to do first. */
enum rs_retry {
	RS_RETRY_NEVER = 0, /* the user must act */
	RS_RETRY_NOW,       /* deadlock, lock timeout: the same again */
	RS_RETRY_RECONNECT, /* the connection is gone: open a new one */
	RS_RETRY_LATER,     /* server starting, disk full, too many connections: wait */
	RS_RETRY_PERHAPS    /* a server's number that is not known: as LATER, but a statement that gets it counts as refused */
};

/* X(code, symbol, title): the published list. 1xxx program and files, 2xxx connections, 3xxx source, 4xxx destination,
 * 5xxx decoding, 6xxx engine, 7xxx verification. */
#define RS_ERR_CODES(X)                                                                           \
	X(1001, USAGE, N_("wrong use of the command line"))                                       \
	X(1002, INTERNAL, N_("internal error"))                                                   \
	X(1003, IO, N_("a file or directory can't be used"))                                      \
	X(1004, INI_SYNTAX, N_("a configuration file can't be read as written"))                  \
	X(1005, TASK_INVALID, N_("the task file is not valid"))                                   \
	X(1006, TASK_NOT_FOUND, N_("no such task"))                                               \
	X(1007, TASK_COPIED, N_("the task file is a copy of another task's"))                     \
	X(1008, TASK_RUNNING, N_("the task is already running"))                                  \
	X(1009, TASK_NOT_RUNNING, N_("the task is not running"))                                  \
	X(1010, FORM_INVALID, N_("a form definition is not valid"))                               \
	X(1011, SECRET, N_("a password can't be had or kept safely"))                             \
	X(1012, STATE, N_("the local state can't be used"))                                       \
	X(1013, NO_TERMINAL, N_("no usable terminal"))                                            \
	X(1014, MEMORY, N_("a configured limit of memory is exceeded"))                           \
	X(1015, NOT_SUPPORTED, N_("not supported"))                                               \
	X(1016, MAPPING, N_("the object mapping is not valid"))                                   \
	X(1017, FILTER, N_("a row filter is not valid"))                                          \
	X(1018, OBJECTS, N_("the objects of the task can't be changed so"))                       \
	X(1019, RELAY_FULL, N_("the relay of the log is full"))                                   \
	X(1020, RELAY, N_("the relay of the log is damaged or can't be used"))                    \
	X(1021, TASK_CHANGED, N_("somebody else has changed the task file meanwhile"))            \
	X(1022, NOT_OURS, N_("rows would be deleted that the task did not write"))                \
	X(2001, CONN_REFUSED, N_("the server does not accept connections"))                       \
	X(2002, CONN_TIMEOUT, N_("the server does not answer"))                                   \
	X(2003, CONN_HOST, N_("the host name can't be resolved or reached"))                      \
	X(2004, CONN_AUTH, N_("the server rejects the account or its password"))                  \
	X(2005, CONN_DENIED, N_("the account may not connect from here or to that database"))     \
	X(2006, CONN_LOST, N_("the connection was lost"))                                         \
	X(2007, CONN_TLS, N_("no encrypted connection can be made"))                              \
	X(2008, CONN_BUSY, N_("the server has too many connections"))                             \
	X(2009, CONN_WRONG_SERVER, N_("another server answers under this address"))               \
	X(2010, SQL, N_("a statement failed"))                                                    \
	X(2011, SQL_DENIED, N_("the account lacks a privilege"))                                  \
	X(2012, SQL_DEADLOCK, N_("deadlock or lock timeout"))                                     \
	X(2013, CONN_COMPRESSION, N_("the server does not compress the connection"))              \
	X(3001, BINLOG_OFF, N_("the source writes no binary log"))                                \
	X(3002, BINLOG_FORMAT, N_("the source's binary log is not row based"))                    \
	X(3003, BINLOG_PURGED, N_("the source no longer has the log that is needed"))             \
	X(3004, BINLOG_STATEMENT, N_("a change was logged as a statement, not as rows"))          \
	X(3005, BINLOG_INCIDENT, N_("the source reports that its log lost changes"))              \
	X(3006, FENCE, N_("no safe starting position without a lock"))                            \
	X(3007, SOURCE_TABLE_GONE, N_("a table vanished from the source"))                        \
	X(3008, SOURCE_PREREQ, N_("the source does not meet a requirement"))                      \
	X(3009, BINLOG_IMAGE, N_("a row image of the log is not complete"))                       \
	X(3010, FILTER_SCHEMA, N_("a schema change touches what a row filter selects"))           \
	X(3011, SOURCE_BEHIND, N_("the server that took over has not got everything yet"))        \
	X(3012, SOURCE_DIVERGED, N_("the server that took over lacks what was applied"))          \
	X(3013, SOURCE_CHANGED, N_("another server has taken the source's place"))                \
	X(3015, ANCHORED, N_("the task was begun anew without a part of the source's log"))       \
	X(3016, COPY_CHANGED, N_("a table was changed while it was copied"))                      \
	X(3017, LOG_REPEATS, N_("the source's log brings again what was applied"))                \
	X(3018, LOG_KEPT, N_("the source keeps much of its log for the task"))                    \
	X(4001, DEST_TABLE_EXISTS, N_("a table exists at the destination already"))               \
	X(4002, DEST_TABLE_MISSING, N_("a table is missing at the destination"))                  \
	X(4003, DEST_COLUMN, N_("a column is missing or different at the destination"))           \
	X(4004, DEST_FULL, N_("the destination has no space left"))                               \
	X(4005, DEST_READ_ONLY, N_("the destination is read-only"))                               \
	X(4006, DEST_DUPLICATE, N_("a row collides with another at the destination"))             \
	X(4007, DEST_DATA, N_("a value does not fit at the destination"))                         \
	X(4008, DEST_WARNING, N_("the destination changed values while it loaded them"))          \
	X(4009, META_NEWER, N_("the destination's meta tables are of a newer version"))           \
	X(4010, META_EPOCH, N_("another process has taken over the task"))                        \
	X(4011, META_DAMAGED, N_("the destination's meta tables are damaged"))                    \
	X(4012, DDL_FAILED, N_("a schema change failed at the destination"))                      \
	X(4013, DDL_UNKNOWN, N_("a schema change can't be translated"))                           \
	X(4014, DDL_UNDECIDED, N_("it can't be told whether a schema change was executed"))       \
	X(4015, META_SESSION, N_("a session of an earlier process does not end"))                 \
	X(4016, META_GONE, N_("the destination does not know the task any more"))                 \
	X(4017, DEST_TRIGGER, N_("a table at the destination has triggers"))                      \
	X(4018, SCHEMA_REGISTRY, N_("the schema registry has no id for a schema"))             \
	X(4019, DEST_TOPIC, N_("a topic is not what the task has written to"))                     \
	X(5001, EVENT_MALFORMED, N_("an event of the log is malformed"))                          \
	X(5002, EVENT_UNKNOWN, N_("an event of the log is of an unknown kind"))                   \
	X(5003, EVENT_CHECKSUM, N_("an event of the log has a wrong checksum"))                   \
	X(5004, SCHEMA_DRIFT, N_("the log and the known schema of a table disagree"))             \
	X(5005, VALUE, N_("a value can't be decoded"))                                            \
	X(6001, CANCELLED, N_("cancelled"))                                                       \
	X(6002, ANOMALY, N_("a change did not find the row that it changes"))                     \
	X(6003, PRECHECK, N_("the precheck did not pass"))                                        \
	X(6004, CLOCK, N_("the clock jumped"))                                                    \
	X(6011, EVENT_SKIPPED, N_("an event of the source was left out or replaced"))             \
	X(6012, EVENT_GONE, N_("the task has not stopped at that event"))                         \
	X(6013, EVENT_SQL, N_("a statement can't be executed in place of an event"))              \
	X(7001, VERIFY_DIFFERENT, N_("source and destination differ"))                            \
	X(7002, VERIFY_FAILED, N_("the comparison could not be finished"))                        \
	X(7003, REPAIR, N_("a difference can't be repaired"))

enum rs_errc {
	RS_E_NONE = 0,
#define X(code, symbol, title) RS_E_##symbol = code,
	RS_ERR_CODES(X)
#undef X
};

struct rs_err {
	enum rs_errc code;
	enum rs_retry retry;
	char sqlstate[6];   /* "" where there is none */
	unsigned native;    /* the server's own error number, 0 where there is none */
	const char *file;   /* where it was set, for logs */
	int line;
	char *primary;      /* one line, no final period, for the user (translated); owned */
	char *detail;       /* server text and context, unescaped; owned, may be NULL */
	char *hint;         /* what to do; owned, may be NULL */
};

#define RS_ERR_INIT {RS_E_NONE, RS_RETRY_NEVER, "", 0, NULL, 0, NULL, NULL, NULL}

/* Sets code and primary text (printf style); on an error already set, appends the text to its detail instead.
 * err may be NULL: then nothing is kept. Returns RS_FAIL, so that "return rs_err_set(…)" reads well. */
#define rs_err_set(err, code, ...) rs_err_set_at((err), (code), __FILE__, __LINE__, __VA_ARGS__)
enum rs_rc rs_err_set_at(struct rs_err *err, enum rs_errc code, const char *file, int line, const char *fmt, ...)
	RS_PRINTF(5, 6);

/* Like rs_err_set, from errno: the system's text goes to the detail. */
#define rs_err_sys(err, code, errnum, ...) rs_err_sys_at((err), (code), (errnum), __FILE__, __LINE__, __VA_ARGS__)
enum rs_rc rs_err_sys_at(struct rs_err *err, enum rs_errc code, int errnum, const char *file, int line,
                         const char *fmt, ...) RS_PRINTF(6, 7);

/* Adds a line to the detail; the hint is replaced. Both do nothing where err is NULL. Return RS_FAIL. */
enum rs_rc rs_err_detail(struct rs_err *err, const char *fmt, ...) RS_PRINTF(2, 3);
enum rs_rc rs_err_hint(struct rs_err *err, const char *fmt, ...) RS_PRINTF(2, 3);

static inline bool rs_err_is_set(const struct rs_err *err) { return err != NULL && err->code != RS_E_NONE; }

/* Whether what was asked for was refused, as far as is known; else it was the state of a server or of the way to it. */
static inline bool rs_err_is_refusal(const struct rs_err *err)
{
	return err->retry == RS_RETRY_NEVER || err->retry == RS_RETRY_PERHAPS;
}

/* Frees the texts and makes the error empty again. */
void rs_err_clear(struct rs_err *err);

/* Gives from's content to to, which must be empty or is cleared; from is empty afterwards. */
void rs_err_move(struct rs_err *to, struct rs_err *from);

/* Deep copy; to is cleared first. */
void rs_err_copy(struct rs_err *to, const struct rs_err *from);

/* The published title of a code, translated; "" for one that is unknown. */
const char *rs_err_title(enum rs_errc code);

/* "RS-2004" into buf (at least 12 bytes). Returns buf. */
char *rs_err_code_text(enum rs_errc code, char *buf, size_t size);

/* A broken invariant: prints where, and aborts. For what can't happen, not for bad input. */
#define rs_bug(...) rs_bug_at(__FILE__, __LINE__, __VA_ARGS__)
void rs_bug_at(const char *file, int line, const char *fmt, ...) __attribute__((noreturn)) RS_PRINTF(3, 4);

#endif
