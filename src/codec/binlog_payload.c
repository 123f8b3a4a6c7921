#include "codec/binlog_payload.h"

#include <libdeflate.h>
#include <string.h>
#include <zstd.h>

#include "base/i18n.h"
#include "base/mem.h"

#define STEP (64u * 1024) /* the buffer grows with what arrives, not with what a header claims */
#define CRC_SIZE 4
#define HAS_ORIGINAL_SIZE 1

enum payload_field { PF_END = 0, PF_SIZE = 1, PF_COMPRESSION = 2, PF_UNCOMPRESSED_SIZE = 3 };
enum payload_compression { PC_ZSTD = 0, PC_NONE = 255 };

struct rs_payload {
	ZSTD_DStream *zstd;
	ZSTD_inBuffer in;      /* what is left of the payload */
	bool compressed;
	struct rs_buf event;   /* the inner event, whole or as far as it has come */
	struct rs_event outer;
};

rs_payload *rs_payload_new(size_t max_event)
{
	rs_payload *p = rs_xcalloc(1, sizeof *p);

	rs_buf_init(&p->event, max_event);
	return p;
}

void rs_payload_free(rs_payload *p)
{
	if (!p)
		return;
	ZSTD_freeDStream(p->zstd);
	rs_buf_release(&p->event);
	free(p);
}

static uint64_t field_value(struct rs_reader *r)
{
	struct rs_slice value = rs_reader_string(r);
	struct rs_reader number = rs_reader_of(value.bytes ? value.bytes : "", value.len);
	uint64_t v = rs_reader_lenenc(&number);

	r->bad |= number.bad;
	return v;
}

static enum rs_rc start_zstd(rs_payload *p, struct rs_err *err)
{
	if (!p->zstd)
		p->zstd = ZSTD_createDStream();
	if (!p->zstd || ZSTD_isError(ZSTD_initDStream(p->zstd)))
		return rs_err_set(err, RS_E_MEMORY, _("no memory for unpacking a compressed transaction"));
	return RS_OK;
}

enum rs_rc rs_payload_open(rs_payload *p, const struct rs_event *ev, struct rs_err *err)
{
	struct rs_reader r = rs_reader_of(ev->body, ev->body_len);
	uint64_t compression = PC_NONE, size = UINT64_MAX, type;
	struct rs_slice data;

	while ((type = rs_reader_lenenc(&r)) != PF_END && !r.bad) {
		if (type == PF_COMPRESSION)
			compression = field_value(&r);
		else if (type == PF_SIZE)
			size = field_value(&r);
		else
			rs_reader_string(&r);
	}
	data = size == UINT64_MAX ? rs_reader_rest(&r) : rs_reader_slice(&r, size);
	if (r.bad)
		return rs_event_malformed(ev, RS_EVENT_HEADER + rs_reader_offset(&r), _("it ends too early"), err);
	if (compression != PC_ZSTD && compression != PC_NONE)
		return rs_err_set(err, RS_E_NOT_SUPPORTED, _("a transaction is compressed by the unknown method %llu"),
		                  (unsigned long long)compression);
	p->in = (ZSTD_inBuffer){data.bytes, data.len, 0};
	p->compressed = compression == PC_ZSTD;
	p->outer = *ev;
	return p->compressed ? start_zstd(p, err) : RS_OK;
}

/* Up to n more bytes of the unpacked stream; fewer at its end. False: damaged. */
static bool unpack_some(rs_payload *p, size_t n)
{
	ZSTD_outBuffer out = {p->event.data + p->event.len, n, 0};

	while (out.pos < out.size) {
		size_t in_before = p->in.pos, out_before = out.pos;

		if (ZSTD_isError(ZSTD_decompressStream(p->zstd, &out, &p->in)))
			return false;
		if (p->in.pos == in_before && out.pos == out_before)
			break;
	}
	p->event.len += out.pos;
	return true;
}

static bool copy_some(rs_payload *p, size_t n)
{
	size_t left = p->in.size - p->in.pos;

	if (n > left)
		n = left;
	if (n)
		memcpy(p->event.data + p->event.len, (const char *)p->in.src + p->in.pos, n);
	p->in.pos += n;
	p->event.len += n;
	return true;
}

/* Brings the event's buffer to n bytes; fewer only at the end of the payload. */
static enum rs_rc fill(rs_payload *p, size_t n, struct rs_err *err)
{
	while (p->event.len < n) {
		size_t had = p->event.len, more = had > STEP ? had : STEP;

		if (more > n - had)
			more = n - had;
		if (rs_buf_reserve(&p->event, more) != RS_OK)
			return rs_err_set(err, RS_E_MEMORY, _("an event of %zu bytes in a compressed transaction"), n);
		if (!(p->compressed ? unpack_some(p, more) : copy_some(p, more)))
			return rs_event_malformed(&p->outer, p->outer.length, _("its compressed data are damaged"), err);
		if (p->event.len == had)
			return RS_OK;
	}
	return RS_OK;
}

enum rs_rc rs_payload_next(rs_payload *p, const struct rs_binlog_format *f, struct rs_event *inner, struct rs_err *err)
{
	uint32_t length;

	rs_buf_clear(&p->event);
	if (fill(p, RS_EVENT_HEADER, err) != RS_OK)
		return RS_FAIL;
	if (p->event.len == 0)
		return RS_EOF;
	length = p->event.len == RS_EVENT_HEADER ? (uint32_t)rs_le((const uint8_t *)p->event.data + 9, 4) : 0;
	if (length < RS_EVENT_HEADER)
		return rs_event_malformed(&p->outer, p->outer.length, _("an event inside of it is malformed"), err);
	if (fill(p, length, err) != RS_OK)
		return RS_FAIL;
	if (p->event.len < length)
		return rs_event_malformed(&p->outer, p->outer.length, _("its last event is cut off"), err);
	return rs_event_parse_inner(f, p->event.data, length, inner, err);
}

/* --- fragments of one rows event -------------------------------------------------------------------------------- */

void rs_fragments_init(struct rs_fragments *fr, size_t max_event)
{
	rs_buf_init(&fr->bytes, max_event);
	fr->total = fr->next = 0;
}

void rs_fragments_release(struct rs_fragments *fr)
{
	rs_buf_release(&fr->bytes);
	fr->total = fr->next = 0;
}

/* The rows event may have come with a checksum, without one, or without one that its header counts. */
static enum rs_rc assemble(struct rs_fragments *fr, const struct rs_binlog_format *f, struct rs_event *whole,
                           struct rs_err *err)
{
	uint8_t *bytes = (uint8_t *)fr->bytes.data;
	size_t len = fr->bytes.len;
	bool checksum = len >= RS_EVENT_HEADER + CRC_SIZE &&
	                libdeflate_crc32(0, bytes, len - CRC_SIZE) == (uint32_t)rs_le(bytes + len - CRC_SIZE, CRC_SIZE);

	fr->total = fr->next = 0;
	if (len >= RS_EVENT_HEADER && rs_le(bytes + 9, 4) == len + CRC_SIZE)
		for (int i = 0; i < 4; i++)
			bytes[9 + i] = (uint8_t)(len >> (8 * i));
	if (rs_event_parse_inner(f, bytes, len, whole, err) != RS_OK)
		return RS_FAIL;
	if (whole->kind != RS_EVK_ROWS)
		return rs_event_malformed(whole, 0, _("it came in fragments"), err);
	if (checksum)
		whole->body_len -= CRC_SIZE;
	return RS_OK;
}

enum rs_rc rs_fragments_add(struct rs_fragments *fr, const struct rs_binlog_format *f, const struct rs_event *ev,
                            struct rs_event *whole, struct rs_err *err)
{
	struct rs_reader r = rs_reader_of(ev->body, ev->body_len);
	uint32_t total = rs_reader_u32(&r), number = rs_reader_u32(&r);
	struct rs_slice chunk;

	if (rs_reader_u8(&r) & HAS_ORIGINAL_SIZE)
		rs_reader_u64(&r);
	chunk = rs_reader_rest(&r);
	if (r.bad)
		return rs_event_malformed(ev, RS_EVENT_HEADER + rs_reader_offset(&r), _("it ends too early"), err);
	if (number == 1) {
		rs_buf_clear(&fr->bytes);
		fr->total = total;
		fr->next = 1;
	}
	if (number != fr->next || total != fr->total || number > total || number == 0)
		return rs_event_malformed(ev, RS_EVENT_HEADER, _("it is a fragment out of its order"), err);
	if (rs_buf_add(&fr->bytes, chunk.bytes, chunk.len) != RS_OK)
		return rs_err_set(err, RS_E_MEMORY, _("an event of more than %zu bytes in fragments"), fr->bytes.max);
	fr->next++;
	return number == total ? assemble(fr, f, whole, err) : RS_AGAIN;
}
