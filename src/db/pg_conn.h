/* One connection to a server of the PostgreSQL family, through libpq without blocking calls of its: connecting with or without
 * TLS, asking, cancelling, and turning what the server says into rs_err with a code, a retry class and a hint.
 *
 * A connection belongs to one thread; rs_pg_cancel is the only call that another thread may make. There is no automatic
 * reconnect. A session is the connection's one database, in UTF-8 and UTC, read-only unless it is to write, and with an empty
 * search path, so that every statement names pg_catalog and nothing that users made is called by accident. Values are written so that nothing of them
 * is lost: ISO dates, intervals as PostgreSQL writes them, floats that read back as the same, bytea in hexadecimal. */
#ifndef RS_PG_CONN_H
#define RS_PG_CONN_H

#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "base/activity.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/secret.h"

/* Products that speak the protocol, as they call themselves. */
enum rs_pg_family { RS_PG_POSTGRESQL, RS_PG_GREENPLUM, RS_PG_ANALYTICDB, RS_PG_CLOUDBERRY };

struct rs_pg_product {
	enum rs_pg_family family;
	char name[80];            /* "PostgreSQL 15.20", "Greenplum 6.25.3": for people */
};
/* From what version() says: "PostgreSQL 9.4.26 (Greenplum Database 6.25.3 build …) on x86_64…". */
void rs_pg_product_of(const char *version, struct rs_pg_product *out);

enum { RS_PG_UPSERTS = 90500 }; /* the version that brought ON CONFLICT, which Greenplum 6 is older than */

/* Where and how to connect. Strings are borrowed for the call of rs_pg_open. */
struct rs_pg_params {
	const char *side;         /* "source" or "destination": names the server in errors */
	const char *host;         /* NULL: libpq's default, a socket of this machine */
	unsigned port;            /* 0: default */
	const char *user, *database; /* NULL: libpq's defaults */
	const struct rs_secret *password; /* NULL or unset: libpq's defaults (~/.pgpass) */
	bool tls;                 /* required when set; never used when not */
	const char *tls_ca;       /* with it, the server's certificate must be of it, and for that host */
	const char *tls_cert, *tls_key;
	unsigned connect_timeout; /* seconds, 0: 10 */
	unsigned answer_timeout;  /* seconds that a statement may take, 0: no limit */
	bool writes;              /* not read-only, and nothing of the server's limits its transactions */
	bool replication;         /* a session that reads the server's log (pg_log.h): statements without values, and commands */
};

struct rs_pg {
	PGconn *handle;
	const char *side;         /* static text */
	enum rs_doing doing;      /* what a thread does that waits for the server */
	char *address;            /* "host:port", for messages */
	char *database;           /* that was asked for; NULL: the default */
	unsigned answer_timeout;
	unsigned version;         /* of the PostgreSQL that it is or is made of: 150020 for 15.20, 90426 for 9.4.26 */
	struct rs_pg_product product;
	bool replication;
	int watched;              /* a duplicate of the socket, below 3: none */
	atomic_bool cancelled;
};

#define RS_PG_INIT {.watched = -1}

/* Whether it is of Greenplum's family: it spreads the rows of a table over segments, and has rules of its own for that. */
static inline bool rs_pg_spreads(const struct rs_pg *pg) { return pg->product.family != RS_PG_POSTGRESQL; }

/* *pg is RS_PG_INIT or closed. Blocks at most connect_timeout (but for the resolver, which has its own). RS_CANCELLED when
 * rs_pg_cancel was called since *pg was made or closed, also while this call is blocked. Errors: RS_E_CONN_*. On failure *pg is
 * closed. */
enum rs_rc rs_pg_open(struct rs_pg *pg, const struct rs_pg_params *params, struct rs_err *err) RS_MUST_CHECK;
void rs_pg_close(struct rs_pg *pg);
static inline bool rs_pg_is_open(const struct rs_pg *pg) { return pg->handle != NULL; }
/* From any thread: whatever call is blocked on this connection returns within a moment, with RS_CANCELLED. The connection is
 * of no further use. */
void rs_pg_cancel(struct rs_pg *pg);

/* One statement, with the values of $1, $2 … as text (NULL: none). *out is to be freed by PQclear; its rows are text. RS_E_SQL…,
 * RS_E_CONN_LOST, where *pg is closed, and RS_E_CONN_TIMEOUT where answer_timeout is over, where it is, too. */
enum rs_rc rs_pg_query(struct rs_pg *pg, const char *sql, const char *const *values, int n_values, PGresult **out,
                       struct rs_err *err) RS_MUST_CHECK;
/* As rs_pg_query of a statement that brings no rows, or whose rows don't matter. *affected (NULL: any): how many rows it met. */
enum rs_rc rs_pg_exec(struct rs_pg *pg, const char *sql, const char *const *values, int n_values, uint64_t *affected,
                      struct rs_err *err) RS_MUST_CHECK;
/* Several statements, in one transaction where none is open, and without values. */
enum rs_rc rs_pg_script(struct rs_pg *pg, const char *sql, struct rs_err *err) RS_MUST_CHECK;
/* For what else libpq offers on a connection. Until input has come, of which all is taken in, and output that waits has gone as
 * far as it goes; RS_AGAIN: not before `until` (rs_clock_mono; 0: as long as it takes). */
enum rs_rc rs_pg_await(struct rs_pg *pg, rs_usec until, struct rs_err *err) RS_MUST_CHECK;
/* Until all that was sent has gone and the next result is there. */
enum rs_rc rs_pg_await_result(struct rs_pg *pg, struct rs_err *err) RS_MUST_CHECK;
/* What libpq, or a result that says so (NULL: none), tells of a failure. The connection is closed where it is of no more use. */
enum rs_rc rs_pg_failed(struct rs_pg *pg, const PGresult *result, const char *what, struct rs_err *err);
/* The first column of the first row, malloc'ed; NULL for SQL NULL or no row. */
enum rs_rc rs_pg_scalar(struct rs_pg *pg, const char *sql, char **out, struct rs_err *err) RS_MUST_CHECK;

#endif
