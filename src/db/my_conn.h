/* One connection to a server of the MySQL family, through MariaDB Connector/C: connecting with or without TLS, asking,
 * executing, cancelling, and turning the server's errors into rs_err with a code, a retry class and a hint.
 *
 * A connection belongs to one thread; rs_my_cancel is the only call that another thread may make. There is no automatic
 * reconnect: whoever loses a connection decides what state must be rebuilt. rs_my_library_init must have been called
 * before the first thread; threads are those of base/thread, which tell the client library when they end. my_query.c has what
 * is asked and executed. */
#ifndef RS_MY_CONN_H
#define RS_MY_CONN_H

#include <mysql.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/activity.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/thread.h"

enum rs_my_flavor { RS_MY_MYSQL, RS_MY_MARIADB };

/* Where and how to connect. Strings are borrowed for the call of rs_my_open and copied. */
struct rs_my_params {
	const char *side;        /* "source" or "destination": names the server in errors */
	const char *host;        /* NULL: socket, or the client's defaults */
	unsigned port;           /* 0: default */
	const char *socket;
	const char *user;        /* NULL: the client's defaults (option files) */
	const struct rs_secret *password; /* NULL or unset: the client's defaults */
	const char *option_file; /* read instead of the default option files; NULL: defaults where user is NULL */
	bool tls;                /* required when set; never used when not */
	const char *tls_ca, *tls_cert, *tls_key;
	bool compressed;         /* by zlib, required when set; never used when not */
	unsigned connect_timeout; /* seconds, 0: 10 */
	unsigned read_timeout;    /* seconds, 0: none */
};

/* How the session is pinned after connecting; nothing depends on the server's or the account's settings. All: UTC, no
 * statement timeouts, autocommit, long wait and net timeouts. */
enum rs_my_session {
	RS_MY_CATALOG, /* utf8mb4 (utf8 before 5.5.3): metadata and statements for people */
	RS_MY_READ,    /* names binary: values leave in their own character set */
	RS_MY_WRITE    /* names binary, strict sql_mode by value, foreign_key_checks=0: values arrive unconverted */
};

struct rs_my {
	MYSQL *handle;
	const char *side;        /* static text */
	enum rs_doing doing;     /* what a thread does that waits for the server */
	enum rs_my_flavor flavor;
	unsigned version;        /* 101119 for 10.11.19, 90704 for 9.7.4, 50624 for 5.6.24 */
	char version_text[64];   /* "10.11.19-MariaDB-…" */
	unsigned lower_case_names; /* lower_case_table_names: 0 where names differ by case */
	unsigned long thread_id;
	char *address;           /* "host:port" or the socket, for messages */
	struct rs_my_params params; /* owned copies, for a second connection like this one */
	struct rs_secret password;
	atomic_int cancel_fd;    /* a duplicate of the socket while open (never below 3), else something smaller */
	atomic_bool cancelled;
};

#define RS_MY_INIT {.cancel_fd = -1}

void rs_my_library_init(void);
void rs_my_library_end(void);

/* *my is RS_MY_INIT, zeroed, or closed. Blocks at most connect_timeout (but for the resolver, which has its own).
 * RS_CANCELLED when rs_my_cancel was called since *my was made or closed, also while this call is blocked. Errors:
 * RS_E_CONN_*. On failure *my is closed. */
enum rs_rc rs_my_open(struct rs_my *my, const struct rs_my_params *params, enum rs_my_session session,
                      struct rs_err *err) RS_MUST_CHECK;
/* Another connection to the same place, with a session of its own kind. */
enum rs_rc rs_my_open_like(struct rs_my *my, const struct rs_my *like, enum rs_my_session session,
                           struct rs_err *err) RS_MUST_CHECK;
void rs_my_close(struct rs_my *my);
/* Whether what goes over the wire is compressed. */
bool rs_my_is_compressed(const struct rs_my *my);
static inline bool rs_my_is_open(const struct rs_my *my) { return my->handle != NULL; }
/* Open, and not cancelled. */
static inline bool rs_my_is_usable(const struct rs_my *my) { return rs_my_is_open(my) && !atomic_load(&my->cancelled); }

/* From any thread: whatever call is blocked on this connection returns soon with RS_CANCELLED or an error. The
 * connection is of no further use. */
void rs_my_cancel(struct rs_my *my);

/* The calling thread waits for the server from now on; for rs_activity_leave. */
static inline enum rs_doing rs_my_asks(const struct rs_my *my) { return rs_activity_ask(my->doing, my->thread_id); }

/* Waits until so many bytes of answers have come, so that not each of several wakes the thread, but no longer than that; or
 * until the connection ends. Whoever reads then waits for what is missing. Returns at once where bytes can't be counted. */
void rs_my_await(const struct rs_my *my, size_t bytes, rs_usec at_most);

/* What is left to be read, for who reads packets himself. Whether that can be told at all: with TLS or compression it can't. */
bool rs_my_tells(const struct rs_my *my);
/* Whether there is something: bytes have come, or the connection's end. Waits for it until the timeout (0: not at all), or until
 * wake_fd (-1: none) can be read. True where that can't be told. */
bool rs_my_has_more(const struct rs_my *my, rs_usec timeout, int wake_fd);

/* Executes a statement without a result (a result is read and thrown away). *affected may be NULL; in RS_MY_WRITE
 * sessions an UPDATE counts the rows it found, changed or not. */
enum rs_rc rs_my_exec_n(struct rs_my *my, const char *sql, size_t len, uint64_t *affected, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_my_exec(struct rs_my *my, const char *sql, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_my_execf(struct rs_my *my, struct rs_err *err, const char *fmt, ...) RS_MUST_CHECK RS_PRINTF(3, 4);

/* A result set; rows are text. Buffered unless RS_MY_STREAM is given. NULL *res where the statement has no result. */
enum rs_my_fetch { RS_MY_BUFFER, RS_MY_STREAM };
struct rs_my_result {
	struct rs_my *my;
	MYSQL_RES *res;
	MYSQL_ROW row;           /* the current row: NULL elements are SQL NULL */
	unsigned long *lengths;
	unsigned n_fields;
};
enum rs_rc rs_my_query(struct rs_my *my, const char *sql, enum rs_my_fetch fetch, struct rs_my_result *res,
                       struct rs_err *err) RS_MUST_CHECK;
/* The same of a statement that may have zero bytes in it. */
enum rs_rc rs_my_query_n(struct rs_my *my, const char *sql, size_t len, enum rs_my_fetch fetch, struct rs_my_result *res,
                         struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_my_queryf(struct rs_my *my, struct rs_my_result *res, struct rs_err *err, const char *fmt, ...)
	RS_MUST_CHECK RS_PRINTF(4, 5); /* buffered */
/* RS_OK: res->row is set; RS_EOF: no more; RS_FAIL. */
enum rs_rc rs_my_next(struct rs_my_result *res, struct rs_err *err) RS_MUST_CHECK;
void rs_my_result_free(struct rs_my_result *res);
/* Column by name, -1 where there is none (the columns of SHOW statements differ between versions). */
int rs_my_column(const struct rs_my_result *res, const char *name);

/* The first column of the first row, malloc'ed; NULL for SQL NULL or no row. */
enum rs_rc rs_my_scalar(struct rs_my *my, const char *sql, char **out, struct rs_err *err) RS_MUST_CHECK;
/* A global variable; *out NULL where the server does not know it. */
enum rs_rc rs_my_variable(struct rs_my *my, const char *name, char **out, struct rs_err *err) RS_MUST_CHECK;
bool rs_my_variable_is(struct rs_my *my, const char *name, const char *value);

/* Appends 'text' quoted for this connection (backslash escapes; NO_BACKSLASH_ESCAPES is never set by us). */
enum rs_rc rs_my_quote(struct rs_buf *out, const char *bytes, size_t len);

/* Fills err from the connection's last error: code, retry class, SQLSTATE, native number, text. what names the action,
 * for the primary text. Returns RS_FAIL, or RS_CANCELLED after rs_my_cancel. */
enum rs_rc rs_my_fail(struct rs_my *my, struct rs_err *err, const char *what);

#endif
