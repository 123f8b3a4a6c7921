#include "binlog_file.h"

#include <string.h>

static const uint8_t magic[4] = {0xfe, 'b', 'i', 'n'};

enum rs_rc rs_binlog_file_open(struct rs_binlog_file *file, const void *bytes, size_t len, struct rs_err *err)
{
	rs_binlog_format_init(&file->format);
	file->bytes = bytes;
	file->len = len;
	file->offset = sizeof magic;
	if (len < sizeof magic || memcmp(bytes, magic, sizeof magic) != 0)
		return rs_err_set(err, RS_E_EVENT_MALFORMED, "not a binary log");
	return RS_OK;
}

enum rs_rc rs_binlog_file_next(struct rs_binlog_file *file, struct rs_event *ev, struct rs_err *err)
{
	const uint8_t *p = file->bytes + file->offset;
	size_t left = file->len - file->offset;
	uint64_t length = left >= RS_EVENT_HEADER ? rs_le(p + 9, 4) : 0;

	if (left == 0)
		return RS_EOF;
	if (length < RS_EVENT_HEADER || length > left)
		return rs_err_set(err, RS_E_EVENT_MALFORMED, "the log is cut off or damaged at position %zu", file->offset);
	if (rs_event_parse(&file->format, p, (size_t)length, ev, err) != RS_OK)
		return rs_err_detail(err, "at position %zu of the file", file->offset);
	file->offset += (size_t)length;
	return RS_OK;
}
