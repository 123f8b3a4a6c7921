#include "codec/binlog_payload.h"

#include <zstd.h>

#include "events.h"
#include "unit.h"

static struct bytes b, inner;
static struct rs_binlog_format format;

/* Two events: a QUERY of n bytes and an XID. */
static void make_inner(size_t n)
{
	struct bytes query, xid;

	begin_event(&query, RS_EV_QUERY, 0);
	memset(query.data + query.len, 'q', n);
	query.len += n;
	end_event(&query, false);
	begin_event(&xid, RS_EV_XID, 0);
	put_le(&xid, 42, 8);
	end_event(&xid, false);
	inner.len = 0;
	put(&inner, query.data, query.len);
	put(&inner, xid.data, xid.len);
}

static struct rs_event make_payload(uint8_t compression, const void *data, size_t len)
{
	begin_event(&b, RS_EV_TRANSACTION_PAYLOAD, 0);
	put_le(&b, 2, 1), put_le(&b, compression == 255 ? 3 : 1, 1);
	if (compression == 255)
		put_le(&b, 0xfc, 1), put_le(&b, 255, 2);
	else
		put_le(&b, compression, 1);
	put_le(&b, 3, 1), put_le(&b, 3, 1), put_le(&b, 0xfc, 1), put_le(&b, inner.len, 2);
	put_le(&b, 77, 1), put_le(&b, 2, 1), put_text(&b, "??");
	put_le(&b, 1, 1), put_le(&b, 3, 1), put_le(&b, 0xfc, 1), put_le(&b, len, 2);
	put_le(&b, 0, 1);
	put(&b, data, len);
	return parsed(&format, &b);
}

static struct rs_event make_zstd(void)
{
	static uint8_t packed[8192];

	return make_payload(0, packed, ZSTD_compress(packed, sizeof packed, inner.data, inner.len, 3));
}

static void check_events(rs_payload *p, const struct rs_event *ev, size_t query_len)
{
	struct rs_event in;
	uint64_t xid;

	CU_ASSERT_EQUAL(rs_payload_open(p, ev, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_payload_next(p, &format, &in, NULL), RS_OK);
	CU_ASSERT_TRUE(in.kind == RS_EVK_QUERY && in.body_len == query_len);
	CU_ASSERT_EQUAL(rs_payload_next(p, &format, &in, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_event_read_xid(&in, &xid, NULL), RS_OK);
	UNIT_INT(xid, 42);
	CU_ASSERT_EQUAL(rs_payload_next(p, &format, &in, NULL), RS_EOF);
	CU_ASSERT_EQUAL(rs_payload_next(p, &format, &in, NULL), RS_EOF);
}

static void events_come_out_one_by_one(void)
{
	rs_payload *p = rs_payload_new(1u << 20);
	struct rs_event ev;

	plain_format(&format, "9.7.0");
	make_inner(5000);
	ev = make_zstd();
	check_events(p, &ev, 5000);
	make_inner(100);
	ev = make_payload(255, inner.data, inner.len);
	check_events(p, &ev, 100);
	make_inner(0);
	ev = make_zstd();
	check_events(p, &ev, 0);
	rs_payload_free(p);
}

static enum rs_errc last_error(rs_payload *p, const struct rs_event *ev)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_event in;
	enum rs_errc code;
	enum rs_rc rc = rs_payload_open(p, ev, &err);

	while (rc == RS_OK)
		rc = rs_payload_next(p, &format, &in, &err);
	code = err.code;
	CU_ASSERT_EQUAL(rc == RS_FAIL, code != RS_E_NONE);
	rs_err_clear(&err);
	return code;
}

static void damaged_payloads_are_malformed(void)
{
	rs_payload *p = rs_payload_new(1u << 20);
	struct rs_event ev;

	plain_format(&format, "9.7.0");
	make_inner(50);
	ev = make_zstd();
	for (size_t cut = 0; cut < ev.body_len; cut++) {
		struct rs_event shorter = ev;

		shorter.body_len = cut;
		UNIT_INT(last_error(p, &shorter), RS_E_EVENT_MALFORMED);
	}
	for (size_t cut = 1; cut < inner.len; cut++) { /* the frame is whole, the last event is not */
		size_t whole = inner.len;

		if (cut == RS_EVENT_HEADER + 50)
			continue;
		inner.len = cut;
		ev = make_zstd();
		UNIT_INT(last_error(p, &ev), RS_E_EVENT_MALFORMED);
		inner.len = whole;
	}
	rs_payload_free(p);
}

static void an_unknown_compression_is_refused(void)
{
	rs_payload *p = rs_payload_new(1u << 20);
	struct rs_event ev;

	plain_format(&format, "9.7.0");
	make_inner(10);
	ev = make_payload(7, inner.data, inner.len);
	UNIT_INT(last_error(p, &ev), RS_E_NOT_SUPPORTED);
	rs_payload_free(p);
}

static void a_payload_in_a_payload_is_refused(void)
{
	rs_payload *p = rs_payload_new(1u << 20);
	struct rs_event ev;

	plain_format(&format, "9.7.0");
	make_inner(10);
	inner.data[4] = RS_EV_TRANSACTION_PAYLOAD;
	ev = make_zstd();
	UNIT_INT(last_error(p, &ev), RS_E_EVENT_MALFORMED);
	rs_payload_free(p);
}

static void an_event_over_the_limit_is_an_error_of_memory(void)
{
	rs_payload *p = rs_payload_new(1000);
	struct rs_event ev;

	plain_format(&format, "9.7.0");
	make_inner(5000);
	ev = make_zstd();
	UNIT_INT(last_error(p, &ev), RS_E_MEMORY);
	make_inner(500);
	ev = make_zstd();
	UNIT_INT(last_error(p, &ev), RS_E_NONE);
	rs_payload_free(p);
}

/* --- fragments -------------------------------------------------------------------------------------------------- */

static struct rs_event make_fragment(uint32_t total, uint32_t number, const struct bytes *whole, size_t from, size_t n)
{
	begin_event(&b, RS_EV_PARTIAL_ROW_DATA, 0);
	put_le(&b, total, 4);
	put_le(&b, number, 4);
	put_le(&b, number == 1, 1);
	if (number == 1)
		put_le(&b, whole->len, 8);
	put(&b, whole->data + from, n);
	return parsed(&format, &b);
}

static void make_rows(struct bytes *whole, bool checksum)
{
	begin_event(whole, RS_EV_WRITE_ROWS_V1, 0);
	put_le(whole, 9, 6);
	put_le(whole, 1, 2);
	put_text(whole, "\1\1abcdefghij");
	end_event(whole, checksum);
}

static void fragments_become_one_event(void)
{
	struct rs_fragments fr;

	plain_format(&format, "12.3.1-MariaDB");
	rs_fragments_init(&fr, 1000);
	for (int form = 0; form < 3; form++) {
		struct bytes whole;
		struct rs_event ev, out;

		make_rows(&whole, form == 1);
		if (form == 2) /* its header counts a checksum that is not there */
			set_length(&whole, whole.len + 4);
		ev = make_fragment(3, 1, &whole, 0, 10);
		CU_ASSERT_EQUAL(rs_fragments_add(&fr, &format, &ev, &out, NULL), RS_AGAIN);
		ev = make_fragment(3, 2, &whole, 10, 10);
		CU_ASSERT_EQUAL(rs_fragments_add(&fr, &format, &ev, &out, NULL), RS_AGAIN);
		ev = make_fragment(3, 3, &whole, 20, whole.len - 20);
		CU_ASSERT_EQUAL(rs_fragments_add(&fr, &format, &ev, &out, NULL), RS_OK);
		UNIT_INT(out.kind, RS_EVK_ROWS);
		UNIT_INT(out.body_len, 20);
		CU_ASSERT_EQUAL(memcmp(out.body + 10, "abcdefghij", 10), 0);
	}
	rs_fragments_release(&fr);
}

static void fragments_out_of_order_are_malformed(void)
{
	static const uint32_t bad[][4] = {{3, 1, 3, 3}, {3, 1, 4, 2}, {3, 2, 3, 3}, {3, 1, 3, 0}, {0, 1, 0, 2}};
	struct bytes whole;

	plain_format(&format, "12.3.1-MariaDB");
	make_rows(&whole, false);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rs_fragments fr;
		struct rs_event ev, out;
		struct rs_err err = RS_ERR_INIT;
		enum rs_rc rc;

		rs_fragments_init(&fr, 1000);
		ev = make_fragment(bad[i][0], bad[i][1], &whole, 0, 10);
		rc = rs_fragments_add(&fr, &format, &ev, &out, &err);
		if (rc == RS_AGAIN) {
			ev = make_fragment(bad[i][2], bad[i][3], &whole, 10, 10);
			rc = rs_fragments_add(&fr, &format, &ev, &out, &err);
		}
		UNIT_INT(rc, RS_FAIL);
		UNIT_INT(err.code, RS_E_EVENT_MALFORMED);
		rs_err_clear(&err);
		rs_fragments_release(&fr);
	}
}

static void fragments_over_the_limit_are_an_error_of_memory(void)
{
	struct bytes whole;
	struct rs_fragments fr;
	struct rs_event ev, out;
	struct rs_err err = RS_ERR_INIT;

	plain_format(&format, "12.3.1-MariaDB");
	make_rows(&whole, false);
	rs_fragments_init(&fr, 15);
	ev = make_fragment(2, 1, &whole, 0, 10);
	CU_ASSERT_EQUAL(rs_fragments_add(&fr, &format, &ev, &out, &err), RS_AGAIN);
	ev = make_fragment(2, 2, &whole, 10, 10);
	CU_ASSERT_EQUAL(rs_fragments_add(&fr, &format, &ev, &out, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_MEMORY);
	rs_err_clear(&err);
	rs_fragments_release(&fr);
}

UNIT_MAIN(UNIT_TEST(events_come_out_one_by_one), UNIT_TEST(damaged_payloads_are_malformed),
          UNIT_TEST(an_unknown_compression_is_refused), UNIT_TEST(a_payload_in_a_payload_is_refused),
          UNIT_TEST(an_event_over_the_limit_is_an_error_of_memory), UNIT_TEST(fragments_become_one_event),
          UNIT_TEST(fragments_out_of_order_are_malformed), UNIT_TEST(fragments_over_the_limit_are_an_error_of_memory))
