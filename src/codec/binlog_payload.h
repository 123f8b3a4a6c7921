/* Events that hold others: MySQL's TRANSACTION_PAYLOAD (a whole transaction, compressed with zstd) and MariaDB's
 * PARTIAL_ROW_DATA (a rows event cut into pieces). Memory is bounded: a payload is unpacked as it is read, one inner
 * event at a time. One owner, no locking; an object is made once a stream and used again. */
#ifndef RS_BINLOG_PAYLOAD_H
#define RS_BINLOG_PAYLOAD_H

#include <stddef.h>
#include "codec/binlog_event.h"

typedef struct rs_payload rs_payload;

/* max_event: the largest inner event that is accepted; a larger one is RS_E_MEMORY. */
rs_payload *rs_payload_new(size_t max_event);
void rs_payload_free(rs_payload *p);
/* Starts on a TRANSACTION_PAYLOAD, whose bytes must stay until the last rs_payload_next. */
enum rs_rc rs_payload_open(rs_payload *p, const struct rs_event *ev, struct rs_err *err);
/* The next inner event, good until the next call. RS_OK; RS_EOF after the last. */
enum rs_rc rs_payload_next(rs_payload *p, const struct rs_binlog_format *f, struct rs_event *inner, struct rs_err *err);

/* Collects the fragments of one rows event. */
struct rs_fragments {
	struct rs_buf bytes;  /* of the rows event */
	uint32_t total, next; /* fragments in all; the one that is expected, 1-based; 0: none begun */
};

void rs_fragments_init(struct rs_fragments *fr, size_t max_event);
void rs_fragments_release(struct rs_fragments *fr);
/* Takes one fragment in. RS_AGAIN: more are to come; RS_OK: whole is the rows event, good until the next call. */
enum rs_rc rs_fragments_add(struct rs_fragments *fr, const struct rs_binlog_format *f, const struct rs_event *ev,
                            struct rs_event *whole, struct rs_err *err);

#endif
