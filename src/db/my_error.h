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

/* text is the error's own (English) text, which tells apart what shares a number. connecting: there is no session yet. */
struct rs_my_meaning rs_my_error_meaning(unsigned native, const char *text, bool destination, bool connecting);

#endif
