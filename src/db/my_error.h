/* What an error number of a server or of its client library means to us: a code, whether trying again helps, and a
 * hint. Plain tables; no connection is touched. */
#ifndef RS_MY_ERROR_H
#define RS_MY_ERROR_H

#include <stdbool.h>
#include "base/err.h"

struct rs_my_meaning {
	enum rs_errc code;
	enum rs_retry retry;
	const char *hint; /* N_(); NULL where there is nothing to say */
};

/* What a server or the client library says. text is its own (English) one, which tells apart what shares a number; the
 * SQL state tells numbers that are not in the table whether it is the statement that is at fault. */
struct rs_my_native {
	unsigned number;
	const char *sqlstate, *text;
};

/* connecting: there is no session yet. */
struct rs_my_meaning rs_my_error_meaning(const struct rs_my_native *native, bool destination, bool connecting);

#endif
