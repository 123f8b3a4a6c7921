/* What a server of the PostgreSQL family, or libpq, means by an error: a code, whether trying again helps, and a hint. By SQL
 * state where there is one, since texts are in the language of the server. No connection is touched. */
#ifndef RS_PG_ERROR_H
#define RS_PG_ERROR_H

#include "base/err.h"

struct rs_pg_meaning {
	enum rs_errc code;
	enum rs_retry retry;
	const char *hint; /* N_(); NULL where there is nothing to say */
};

/* What was going on when it happened. */
enum rs_pg_stage {
	RS_PG_REACHING,   /* the host is looked up, or a socket connected */
	RS_PG_ENCRYPTING,
	RS_PG_LOGGING_IN,
	RS_PG_ASKING      /* there is a session */
};

/* sqlstate "": the server said nothing. text: what libpq says, by which a host that can't be found is told from a port at which
 * nobody listens. */
struct rs_pg_meaning rs_pg_error_meaning(const char *sqlstate, enum rs_pg_stage stage, const char *text);
/* The SQL state in what libpq says of a connection that failed under PQERRORS_VERBOSE; "" where there is none. Returns what the
 * server itself says, from its state on; without one, text. */
const char *rs_pg_error_state(const char *text, char state[6]);

#endif
