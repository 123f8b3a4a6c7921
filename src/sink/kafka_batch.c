/* What is sent at once against what topics take at once (max.message.bytes): a broker refuses the whole batch, and with it the
 * transaction. It counts after compression, which is not known before; so what is gathered is not more either. */
#include "sink/kafka_sink.h"

#include <inttypes.h>
#include <stdlib.h>
#include "base/log.h"
#include "base/mem.h"
#include "db/kafka_admin.h"

enum { FRAME = 1024 };               /* bytes of a batch that are no messages, and some more */

static enum rs_rc ask_least(struct rs_kafka_sink *s, const json_t *topics, uint64_t *least, struct rs_err *err)
{
	const char **names = rs_xcalloc(json_object_size(topics) + 1, sizeof *names), *name;
	const json_t *count;
	size_t n = 0;

	json_object_foreach((json_t *)(uintptr_t)topics, name, count)
		names[n++] = name;
	enum rs_rc rc = n > 0 ? rs_kafka_topics_least(&s->control.k, names, n, RS_KAFKA_TAKES, least, err) : RS_OK;
	free(names);
	return rc;
}

/* Where they can't be asked the task does without: some accounts may not, and brokers before 0.11 do not tell. */
static enum rs_rc find_most(struct rs_kafka_sink *s, struct rs_err *err)
{
	struct rs_err why = RS_ERR_INIT;
	uint64_t least = UINT64_MAX;
	enum rs_rc rc = ask_least(s, json_object_get(s->kept, "topics"), &least, &why);

	if (rc == RS_FAIL) {
		rs_log(RS_LOG_INFO, "what topics take at once is not told: %s", why.primary ? why.primary : "");
		rc = RS_OK;
	} else {
		rs_err_move(err, &why);
	}
	rs_err_clear(&why);
	s->most = least < UINT64_MAX && least > 2 * FRAME ? least - FRAME : least;
	return rc;
}

enum rs_rc rs_kafka_batch_fit(struct rs_kafka_sink *s, struct rs_err *err)
{
	enum rs_rc rc = find_most(s, err);

	if (rc != RS_OK || !rs_kafka_is_open(&s->link.k) || s->link.batch <= s->most)
		return rc;
	rs_log(RS_LOG_INFO, "less is sent at once than kafka.batch_size says, as the topics take no more bytes=%" PRIu64, s->most);
	rs_kafka_link_close(&s->link);
	return rs_kafka_open_own(s, err);
}
