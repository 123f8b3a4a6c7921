/* Building events of the binary log by hand. */
#ifndef RS_EVENTS_H
#define RS_EVENTS_H

#include <string.h>
#include <zlib.h>

#include "codec/binlog_event.h"

struct bytes {
	uint8_t data[8192];
	size_t len;
};

static inline void put(struct bytes *b, const void *data, size_t n)
{
	memcpy(b->data + b->len, data, n);
	b->len += n;
}

static inline void put_le(struct bytes *b, uint64_t v, int n)
{
	for (int i = 0; i < n; i++)
		b->data[b->len++] = (uint8_t)(v >> (8 * i));
}

static inline void put_text(struct bytes *b, const char *text) { put(b, text, strlen(text)); }

/* A length in one byte, the text, and a NUL. */
static inline void put_name(struct bytes *b, const char *name)
{
	put_le(b, strlen(name), 1);
	put(b, name, strlen(name) + 1);
}

/* The header; its length is set by end_event. */
static inline void begin_event(struct bytes *b, uint8_t type, uint16_t flags)
{
	b->len = 0;
	put_le(b, 1700000000, 4);
	put_le(b, type, 1);
	put_le(b, 7, 4);
	put_le(b, 0, 4);
	put_le(b, 1234, 4);
	put_le(b, flags, 2);
}

static inline void set_length(struct bytes *b, size_t length)
{
	for (int i = 0; i < 4; i++)
		b->data[9 + i] = (uint8_t)(length >> (8 * i));
}

static inline void end_event(struct bytes *b, bool checksum)
{
	set_length(b, b->len + (checksum ? 4 : 0));
	if (checksum)
		put_le(b, crc32_z(0, b->data, b->len), 4);
}

/* A FORMAT_DESCRIPTION of a server with n types; checksum: RS_CHECKSUM_…, UNKNOWN: a server that has none. */
static inline void make_format(struct bytes *b, const char *version, uint8_t n_types, uint8_t checksum)
{
	char text[50] = "";

	begin_event(b, RS_EV_FORMAT_DESCRIPTION, 0);
	put_le(b, 4, 2);
	snprintf(text, sizeof text, "%s", version);
	put(b, text, sizeof text);
	put_le(b, 1600000000, 4);
	put_le(b, RS_EVENT_HEADER, 1);
	for (int type = 1; type <= n_types; type++)
		put_le(b, type == RS_EV_QUERY ? 13 : type == RS_EV_TABLE_MAP ? 8 : type >= 30 && type <= 32 ? 10 : 8, 1);
	if (checksum != RS_CHECKSUM_UNKNOWN)
		put_le(b, checksum, 1);
	end_event(b, checksum != RS_CHECKSUM_UNKNOWN);
}

/* A format without checksums. */
static inline void plain_format(struct rs_binlog_format *f, const char *version)
{
	struct bytes b;
	struct rs_event ev;

	rs_binlog_format_init(f);
	make_format(&b, version, 41, RS_CHECKSUM_NONE);
	if (rs_event_parse(f, b.data, b.len, &ev, NULL) != RS_OK)
		abort();
}

/* Takes the built event apart again; it points into b. */
static inline struct rs_event parsed(const struct rs_binlog_format *f, struct bytes *b)
{
	struct rs_binlog_format copy = *f;
	struct rs_event ev;

	end_event(b, false);
	if (rs_event_parse(&copy, b->data, b->len, &ev, NULL) != RS_OK)
		abort();
	return ev;
}

#endif
