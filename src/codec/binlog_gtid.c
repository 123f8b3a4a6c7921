/* The events that name a transaction: MySQL's GTID in its three forms, and MariaDB's. */
#include <string.h>

#include "base/i18n.h"
#include "codec/binlog_event.h"

#define LOGICAL_CLOCK 2          /* the one kind of clock that there is */
#define BOTH_TIMES (1ull << 55)  /* the original commit time follows */
#define BOTH_VERSIONS (1u << 31) /* the original server's version follows */

static enum rs_rc too_short(const struct rs_event *ev, const struct rs_reader *r, struct rs_err *err)
{
	return rs_event_malformed(ev, RS_EVENT_HEADER + rs_reader_offset(r), _("it ends too early"), err);
}

/* What servers since 5.7 and 8.0 add, each of it only where bytes are left. */
static void read_gtid_tail(struct rs_reader *r, struct rs_event_gtid *out)
{
	if (rs_reader_left(r) < 17 || rs_reader_u8(r) != LOGICAL_CLOCK)
		return;
	out->last_committed = (int64_t)rs_reader_u64(r);
	out->sequence_number = (int64_t)rs_reader_u64(r);
	if (rs_reader_left(r) < 7)
		return;
	out->immediate_commit_usec = rs_reader_uint(r, 7);
	out->original_commit_usec = out->immediate_commit_usec;
	if (out->immediate_commit_usec & BOTH_TIMES) {
		out->immediate_commit_usec &= ~BOTH_TIMES;
		out->original_commit_usec = rs_reader_uint(r, 7);
	}
	if (rs_reader_left(r) < 1)
		return;
	out->transaction_length = rs_reader_lenenc(r);
	if (rs_reader_left(r) < 4)
		return;
	out->immediate_version = rs_reader_u32(r);
	out->original_version = out->immediate_version;
	if (out->immediate_version & BOTH_VERSIONS) {
		out->immediate_version &= ~BOTH_VERSIONS;
		out->original_version = rs_reader_u32(r);
	}
}

static enum rs_rc read_plain_gtid(const struct rs_event *ev, struct rs_event_gtid *out, struct rs_err *err)
{
	struct rs_reader r = rs_reader_of(ev->body, ev->body_len);
	const uint8_t *uuid;

	out->flags = rs_reader_u8(&r);
	uuid = rs_reader_take(&r, sizeof out->gtid.uuid);
	if (uuid)
		memcpy(out->gtid.uuid, uuid, sizeof out->gtid.uuid);
	out->gtid.gno = rs_reader_u64(&r);
	read_gtid_tail(&r, out);
	if (ev->type == RS_EV_ANONYMOUS_GTID)
		out->gtid.gno = 0;
	return r.bad ? too_short(ev, &r, err) : RS_OK;
}

/* Variable-length integers of MySQL's serialization: the ones at the low end of the first byte say how many follow. */
static uint64_t read_varint(struct rs_reader *r)
{
	uint8_t first = rs_reader_u8(r);
	unsigned extra = 0;

	while (extra < 8 && (first >> extra & 1))
		extra++;
	if (extra == 8)
		return rs_reader_u64(r);
	return (uint64_t)first >> (extra + 1) | rs_reader_uint(r, extra) << (7 - extra);
}

static int64_t read_signed_varint(struct rs_reader *r)
{
	uint64_t v = read_varint(r);

	return v & 1 ? -(int64_t)(v >> 1) - 1 : (int64_t)(v >> 1);
}

static void read_tag(struct rs_reader *r, char tag[RS_GTID_TAG_MAX + 1])
{
	struct rs_slice s = rs_reader_slice(r, read_varint(r));

	if (s.len > RS_GTID_TAG_MAX || (s.len && memchr(s.bytes, 0, s.len)))
		r->bad = true;
	else if (s.len)
		memcpy(tag, s.bytes, s.len);
}

/* One field of the tagged form. False for one that is not known. */
static bool read_tagged_field(struct rs_reader *r, uint64_t id, struct rs_event_gtid *out)
{
	switch (id) {
	case 0: out->flags = rs_reader_u8(r); return true;
	case 1:
		for (size_t i = 0; i < sizeof out->gtid.uuid; i++)
			out->gtid.uuid[i] = (uint8_t)read_varint(r);
		return true;
	case 2: out->gtid.gno = (uint64_t)read_signed_varint(r); return true;
	case 3: read_tag(r, out->gtid.tag); return true;
	case 4: out->last_committed = read_signed_varint(r); return true;
	case 5: out->sequence_number = read_signed_varint(r); return true;
	case 6: out->immediate_commit_usec = read_varint(r); return true;
	case 7: out->original_commit_usec = read_varint(r); return true;
	case 8: out->transaction_length = read_varint(r); return true;
	case 9: out->immediate_version = (uint32_t)read_varint(r); return true;
	case 10: out->original_version = (uint32_t)read_varint(r); return true;
	case 11: read_varint(r); return true; /* ticket of the group commit */
	default: return false;
	}
}

static enum rs_rc read_tagged_gtid(const struct rs_event *ev, struct rs_event_gtid *out, struct rs_err *err)
{
	struct rs_reader r = rs_reader_of(ev->body, ev->body_len);
	uint64_t version = read_varint(&r), size = read_varint(&r), must_know = read_varint(&r);

	if (version > 1)
		return rs_err_set(err, RS_E_EVENT_UNKNOWN, _("a GTID_TAGGED event of unknown version %llu"),
		                  (unsigned long long)version);
	if (size > ev->body_len || size < rs_reader_offset(&r))
		r.bad = true;
	else
		r.end = ev->body + size;
	while (rs_reader_left(&r) && !r.bad) {
		uint64_t id = read_varint(&r);

		if (r.bad || read_tagged_field(&r, id, out))
			continue;
		if (id <= must_know)
			return rs_err_set(err, RS_E_EVENT_UNKNOWN, _("a GTID_TAGGED event with the unknown field %llu"),
			                  (unsigned long long)id);
		break;
	}
	if (out->original_commit_usec == 0)
		out->original_commit_usec = out->immediate_commit_usec;
	if (out->original_version == 0)
		out->original_version = out->immediate_version;
	return r.bad ? too_short(ev, &r, err) : RS_OK;
}

enum rs_rc rs_event_read_gtid(const struct rs_event *ev, struct rs_event_gtid *out, struct rs_err *err)
{
	memset(out, 0, sizeof *out);
	out->last_committed = -1;
	out->sequence_number = -1;
	return ev->type == RS_EV_GTID_TAGGED ? read_tagged_gtid(ev, out, err) : read_plain_gtid(ev, out, err);
}

enum rs_rc rs_event_read_domain_gtid(const struct rs_event *ev, struct rs_event_domain_gtid *out, struct rs_err *err)
{
	struct rs_reader r = rs_reader_of(ev->body, ev->body_len);

	memset(out, 0, sizeof *out);
	out->gtid.server = ev->server_id;
	out->gtid.seq = rs_reader_u64(&r);
	out->gtid.domain = rs_reader_u32(&r);
	out->flags = rs_reader_u8(&r);
	if (out->flags & RS_GT_GROUP_COMMIT) {
		out->commit_id = rs_reader_u64(&r);
		out->has_commit_id = true;
	}
	if (out->flags & (RS_GT_PREPARED_XA | RS_GT_COMPLETED_XA)) {
		uint8_t gtrid, bqual;

		out->xid.format = rs_reader_u32(&r);
		gtrid = rs_reader_u8(&r);
		bqual = rs_reader_u8(&r);
		out->xid.gtrid = rs_reader_slice(&r, gtrid);
		out->xid.bqual = rs_reader_slice(&r, bqual);
	}
	if (rs_reader_left(&r)) {
		out->extra = rs_reader_u8(&r);
		if (out->extra & RS_GTX_MULTI_ENGINE)
			rs_reader_u8(&r);
		if (out->extra & (RS_GTX_COMMIT_ALTER | RS_GTX_ROLLBACK_ALTER))
			out->sa_seq_no = rs_reader_u64(&r);
	}
	return r.bad ? too_short(ev, &r, err) : RS_OK;
}
