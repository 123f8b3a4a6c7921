/* What librdkafka's errors mean to us: a code, whether trying again helps, and a hint. Plain tables; no connection is touched. */
#ifndef RS_KAFKA_ERROR_H
#define RS_KAFKA_ERROR_H

#include <librdkafka/rdkafka.h>
#include "base/err.h"

struct rs_kafka_meaning {
	enum rs_errc code;
	enum rs_retry retry;
	const char *hint; /* N_(); NULL where there is nothing to say */
};

/* text: the library's own (English) reason, which tells apart what shares a code; "" where there is none. */
struct rs_kafka_meaning rs_kafka_error_meaning(rd_kafka_resp_err_t native, const char *text);
/* The library's text without what differs each time or is told anyway, so that one trouble is one: "[thrd:NAME]: ssl://HOST:PORT/ID: ",
 * the broker, and " (after 3ms in state CONNECT, …)". The caller's. */
char *rs_kafka_error_bare(const char *reason);
/* Whether a connection that has failed so will not do better in a moment. */
bool rs_kafka_error_is_final(rd_kafka_resp_err_t native, const char *text);

#endif
