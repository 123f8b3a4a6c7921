/* A whole binary log file in memory, event after event, decoded as a stream is. */
#ifndef RS_BINLOG_FILE_H
#define RS_BINLOG_FILE_H

#include <stddef.h>
#include <stdint.h>
#include "codec/binlog_event.h"

struct rs_binlog_file {
	struct rs_binlog_format format;
	const uint8_t *bytes;
	size_t len;
	size_t offset;       /* of the next event */
};

/* Checks the file's magic number. */
enum rs_rc rs_binlog_file_open(struct rs_binlog_file *file, const void *bytes, size_t len, struct rs_err *err);
/* RS_OK; RS_EOF at the end. A last event that is cut off is RS_E_EVENT_MALFORMED. */
enum rs_rc rs_binlog_file_next(struct rs_binlog_file *file, struct rs_event *ev, struct rs_err *err);

#endif
