#include "codec/binlog_event.h"

#include "events.h"
#include "unit.h"

static struct bytes b;

static enum rs_rc parse(struct rs_binlog_format *f, struct rs_event *ev, enum rs_errc expected)
{
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc = rs_event_parse(f, b.data, b.len, ev, &err);

	UNIT_INT(rc, expected == RS_E_NONE ? RS_OK : RS_FAIL);
	UNIT_INT(err.code, expected);
	rs_err_clear(&err);
	return rc;
}

/* Every prefix of a body that a parser accepts must be accepted or refused as malformed, never crash. */
#define CHECK_CUTS(ev, call, least)                                                        \
	do {                                                                                   \
		for (size_t cut = 0; cut < (ev).body_len; cut++) {                                 \
			struct rs_event shorter = (ev);                                                \
			struct rs_err err = RS_ERR_INIT;                                               \
			const struct rs_event *at = &shorter;                                          \
			shorter.body_len = cut;                                                        \
			if (cut < (size_t)(least)) {                                                   \
				UNIT_INT((call), RS_FAIL);                                                 \
				UNIT_INT(err.code, RS_E_EVENT_MALFORMED);                                  \
			} else if ((call) != RS_OK) {                                                  \
				UNIT_INT(err.code, RS_E_EVENT_MALFORMED);                                  \
			}                                                                              \
			rs_err_clear(&err);                                                            \
		}                                                                                  \
	} while (0)

/* --- format descriptions ---------------------------------------------------------------------------------------- */

static void check_format(const char *version, uint8_t n_types, uint8_t checksum, uint32_t number, bool mariadb)
{
	struct rs_binlog_format f;
	struct rs_event ev;

	rs_binlog_format_init(&f);
	make_format(&b, version, n_types, checksum);
	parse(&f, &ev, RS_E_NONE);
	UNIT_INT(ev.kind, RS_EVK_FORMAT);
	CU_ASSERT_TRUE(f.known);
	UNIT_STR(f.server_version, version);
	UNIT_INT(f.version, number);
	UNIT_INT(f.mariadb, mariadb);
	UNIT_INT(f.n_types, n_types);
	UNIT_INT(f.checksum, checksum == RS_CHECKSUM_UNKNOWN ? RS_CHECKSUM_NONE : checksum);
	UNIT_INT(f.post_header[RS_EV_QUERY], 13);
	UNIT_INT(f.created, 1600000000);
}

static void formats_of_all_servers_are_read(void)
{
	check_format("5.1.73-log", 27, RS_CHECKSUM_UNKNOWN, 50173, false);
	check_format("5.5.62", 27, RS_CHECKSUM_UNKNOWN, 50562, false);
	check_format("5.6.0-m4", 34, RS_CHECKSUM_UNKNOWN, 50600, false);
	check_format("5.6.24-log", 35, RS_CHECKSUM_CRC32, 50624, false);
	check_format("5.7.44-log", 38, RS_CHECKSUM_CRC32, 50744, false);
	check_format("8.0.11", 39, RS_CHECKSUM_NONE, 80011, false);
	check_format("8.0.36", 41, RS_CHECKSUM_CRC32, 80036, false);
	check_format("9.7.0", 42, RS_CHECKSUM_CRC32, 90700, false);
	check_format("5.2.14-MariaDB", 27, RS_CHECKSUM_UNKNOWN, 50214, true);
	check_format("5.3.12-MariaDB-log", 163, RS_CHECKSUM_NONE, 50312, true);
	check_format("10.11.19-MariaDB-0+deb12u1-log", 171, RS_CHECKSUM_CRC32, 101119, true);
	check_format("5.5.5-10.1.48-MariaDB", 171, RS_CHECKSUM_NONE, 100148, true);
	check_format("11.4.2-MariaDB", 172, RS_CHECKSUM_CRC32, 110402, true);
}

static void a_format_in_use_has_the_checksum_of_one_that_is_not(void)
{
	struct rs_binlog_format f;
	struct rs_event ev;

	rs_binlog_format_init(&f);
	make_format(&b, "8.0.36", 41, RS_CHECKSUM_CRC32);
	b.data[17] |= RS_EVF_IN_USE;
	parse(&f, &ev, RS_E_NONE);
	CU_ASSERT_TRUE(ev.flags & RS_EVF_IN_USE);
	b.data[30] ^= 1;
	parse(&f, &ev, RS_E_EVENT_CHECKSUM);
}

static void formats_that_are_none_are_refused(void)
{
	struct rs_binlog_format f;
	struct rs_event ev;

	rs_binlog_format_init(&f);
	make_format(&b, "8.0.36", 41, RS_CHECKSUM_CRC32);
	for (size_t len = RS_EVENT_HEADER; len < RS_EVENT_HEADER + 60; len++) {
		b.len = len;
		set_length(&b, len);
		parse(&f, &ev, RS_E_EVENT_MALFORMED);
	}
	make_format(&b, "8.0.36", 41, 2);
	parse(&f, &ev, RS_E_NOT_SUPPORTED);
	make_format(&b, "4.0.1", 13, RS_CHECKSUM_UNKNOWN);
	b.data[RS_EVENT_HEADER] = 3;
	parse(&f, &ev, RS_E_NOT_SUPPORTED);
	CU_ASSERT_FALSE(f.known);
}

/* --- frames ----------------------------------------------------------------------------------------------------- */

static void make_rotate(bool checksum)
{
	begin_event(&b, RS_EV_ROTATE, RS_EVF_ARTIFICIAL);
	put_le(&b, 4, 8);
	put_text(&b, "binlog.000007");
	end_event(&b, checksum);
}

static void check_rotate(const struct rs_binlog_format *f, struct rs_event *ev)
{
	struct rs_event_rotate rotate;

	(void)f;
	CU_ASSERT_EQUAL(rs_event_read_rotate(ev, &rotate, NULL), RS_OK);
	UNIT_INT(rotate.position, 4);
	CU_ASSERT_TRUE(rs_slice_is(rotate.file, "binlog.000007"));
}

static void the_first_rotate_shows_whether_it_has_a_checksum(void)
{
	struct rs_binlog_format f;
	struct rs_event ev;

	for (int checksum = 0; checksum < 2; checksum++) {
		rs_binlog_format_init(&f);
		make_rotate(checksum);
		parse(&f, &ev, RS_E_NONE);
		check_rotate(&f, &ev);
		UNIT_INT(ev.kind, RS_EVK_ROTATE);
		CU_ASSERT_TRUE(ev.flags & RS_EVF_ARTIFICIAL);
	}
	CHECK_CUTS(ev, (rs_event_read_rotate(at, &(struct rs_event_rotate){0}, &err)), 9);
}

static void checksums_follow_the_format(void)
{
	struct rs_binlog_format f;
	struct rs_event ev;

	rs_binlog_format_init(&f);
	make_format(&b, "8.0.36", 41, RS_CHECKSUM_CRC32);
	parse(&f, &ev, RS_E_NONE);
	make_rotate(true);
	parse(&f, &ev, RS_E_NONE);
	check_rotate(&f, &ev);
	for (size_t i = 0; i < b.len; i++) {
		if (i >= 9 && i < 13)
			continue; /* the length */
		b.data[i] ^= 0x10;
		if (i != 4)
			parse(&f, &ev, RS_E_EVENT_CHECKSUM);
		b.data[i] ^= 0x10;
	}
	make_rotate(false);
	parse(&f, &ev, RS_E_EVENT_CHECKSUM);
	make_format(&b, "8.0.36", 41, RS_CHECKSUM_NONE);
	parse(&f, &ev, RS_E_NONE);
	make_rotate(false);
	parse(&f, &ev, RS_E_NONE);
	check_rotate(&f, &ev);
}

static void an_event_before_the_format_is_refused(void)
{
	struct rs_binlog_format f;
	struct rs_event ev;

	rs_binlog_format_init(&f);
	begin_event(&b, RS_EV_XID, 0);
	put_le(&b, 5, 8);
	end_event(&b, false);
	parse(&f, &ev, RS_E_EVENT_MALFORMED);
}

static void wrong_lengths_are_refused(void)
{
	struct rs_binlog_format f;
	struct rs_event ev;

	plain_format(&f, "8.0.36");
	make_rotate(false);
	b.data[9]++;
	parse(&f, &ev, RS_E_EVENT_MALFORMED);
	for (b.len = 0; b.len < RS_EVENT_HEADER; b.len++)
		parse(&f, &ev, RS_E_EVENT_MALFORMED);
}

static void unknown_events_stop_unless_they_may_be_ignored(void)
{
	struct rs_binlog_format f;
	struct rs_event ev;

	plain_format(&f, "9.7.0");
	begin_event(&b, 99, 0);
	end_event(&b, false);
	parse(&f, &ev, RS_E_EVENT_UNKNOWN);
	begin_event(&b, 99, RS_EVF_IGNORABLE);
	end_event(&b, false);
	parse(&f, &ev, RS_E_NONE);
	UNIT_INT(ev.kind, RS_EVK_SKIP);
	UNIT_INT(ev.type, 99);
	CU_ASSERT_PTR_NULL(rs_event_type_name(99));
	UNIT_STR(rs_event_type_name(RS_EV_TABLE_MAP), "TABLE_MAP");
	begin_event(&b, 22, 0); /* rows of a server that was never released */
	end_event(&b, false);
	parse(&f, &ev, RS_E_EVENT_UNKNOWN);
}

static void errors_name_event_and_place(void)
{
	struct rs_binlog_format f;
	struct rs_event ev;
	struct rs_err err = RS_ERR_INIT;
	uint64_t xid;

	plain_format(&f, "8.0.36");
	begin_event(&b, RS_EV_XID, 0);
	put_le(&b, 5, 7);
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_xid(&ev, &xid, &err), RS_FAIL);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.primary, "XID"));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.detail, "at byte 19 of 26"));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.detail, "position 1234"));
	rs_err_clear(&err);
}

/* --- queries ---------------------------------------------------------------------------------------------------- */

static void make_query(uint8_t type, const void *status, size_t len, const char *db)
{
	begin_event(&b, type, 0);
	put_le(&b, 77, 4);
	put_le(&b, 3, 4);
	put_le(&b, strlen(db), 1);
	put_le(&b, 1062, 2);
	put_le(&b, len, 2);
	put(&b, status, len);
	put(&b, db, strlen(db) + 1);
}

static void a_query_has_its_surroundings(void)
{
	static const char status[] =
		"\0\0\0\0\4"                         /* flags2: no foreign keys */
		"\1\x20\0\0\0\2\0\0\0"               /* sql_mode */
		"\x83\1\1\2\3\4"                     /* MariaDB's collations of character sets, out of order */
		"\2\3std\0"                          /* catalog */
		"\6\3std"
		"\3\1\0\2\0"                         /* auto_increment */
		"\4\x21\0\x2d\0\x08\0"               /* character sets */
		"\5\6SYSTEM"
		"\7\1\0\x08\x2d\0"
		"\x09\0\0\0\0\0\0\0\0\x0a\0\0\0\0"
		"\x0b\4user\1%"
		"\x0c\2db1\0db2\0"
		"\x0d\x40\x42\x0f"                   /* microseconds */
		"\x10\1\x13\1\x14\1"
		"\x11\5\0\0\0\0\0\0\0"               /* xid of the DDL */
		"\x12\xff\0"
		"\x82\4\x09\0\0\0\0\0\0\0"           /* commits the ALTER 9 */
		"\xf0unknown";
	struct rs_binlog_format f;
	struct rs_event_query q;
	struct rs_event ev;
	struct rs_arena arena;

	plain_format(&f, "8.0.36");
	rs_arena_init(&arena, 0);
	make_query(RS_EV_QUERY, status, sizeof status - 1, "shop");
	put_text(&b, "ALTER TABLE t ADD a INT");
	ev = parsed(&f, &b);
	UNIT_INT(ev.kind, RS_EVK_QUERY);
	CU_ASSERT_EQUAL(rs_event_read_query(&f, &ev, &arena, &q, NULL), RS_OK);
	UNIT_INT(q.thread_id, 77);
	UNIT_INT(q.error_code, 1062);
	CU_ASSERT_TRUE(q.has_flags2 && q.no_foreign_keys);
	UNIT_INT(q.sql_mode, 0x200000020);
	UNIT_INT(q.charset_client, 33);
	UNIT_INT(q.collation_connection, 45);
	UNIT_INT(q.collation_server, 8);
	CU_ASSERT_TRUE(rs_slice_is(q.time_zone, "SYSTEM"));
	UNIT_INT(q.microseconds, 1000000);
	UNIT_INT(q.ddl_xid, 5);
	UNIT_INT(q.default_utf8mb4, 255);
	UNIT_INT(q.gtid_flags3, RS_GTX_COMMIT_ALTER);
	UNIT_INT(q.sa_seq_no, 9);
	CU_ASSERT_TRUE(rs_slice_is(q.db, "shop"));
	CU_ASSERT_TRUE(rs_slice_is(q.sql, "ALTER TABLE t ADD a INT"));
	CHECK_CUTS(ev, (rs_event_read_query(&f, at, &arena, &q, &err)), 13 + sizeof status - 1 + 5);
	rs_arena_release(&arena);
}

static void a_status_block_cut_off_is_malformed(void)
{
	struct rs_binlog_format f;
	struct rs_event_query q;
	struct rs_event ev;
	struct rs_err err = RS_ERR_INIT;

	plain_format(&f, "8.0.36");
	make_query(RS_EV_QUERY, "\4\x21\0\x2d", 4, "");
	put_text(&b, "BEGIN");
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_query(&f, &ev, NULL, &q, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_EVENT_MALFORMED);
	rs_err_clear(&err);
}

static void a_longer_post_header_is_skipped(void)
{
	struct rs_binlog_format f;
	struct rs_event_query q;
	struct rs_event ev;

	plain_format(&f, "8.0.36");
	f.post_header[RS_EV_QUERY] = 15;
	make_query(RS_EV_QUERY, "xx\0\0\0\0\0", 7, ""); /* two bytes of it are not the status block's */
	b.data[RS_EVENT_HEADER + 11] = 5;
	put_text(&b, "BEGIN");
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_query(&f, &ev, NULL, &q, NULL), RS_OK);
	CU_ASSERT_TRUE(q.has_flags2 && rs_slice_is(q.sql, "BEGIN"));
}

static void put_compressed(const char *text, size_t claimed)
{
	uLongf len = sizeof b.data - b.len - 3;

	put_le(&b, 0x82, 1);
	put_le(&b, claimed >> 8, 1);
	put_le(&b, claimed & 255, 1);
	compress(b.data + b.len, &len, (const Bytef *)text, strlen(text));
	b.len += len;
}

static void a_compressed_query_is_unpacked(void)
{
	struct rs_binlog_format f;
	struct rs_event_query q;
	struct rs_event ev;
	struct rs_arena arena;
	char text[1001];
	static const size_t wrong[] = {999, 1001, 0, 65535};

	plain_format(&f, "10.11.19-MariaDB");
	rs_arena_init(&arena, 0);
	memset(text, 'x', 1000);
	text[1000] = 0;
	make_query(RS_EV_QUERY_COMPRESSED, "", 0, "d");
	put_compressed(text, 1000);
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_query(&f, &ev, &arena, &q, NULL), RS_OK);
	CU_ASSERT_TRUE(rs_slice_is(q.sql, text));
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct rs_err err = RS_ERR_INIT;

		make_query(RS_EV_QUERY_COMPRESSED, "", 0, "d");
		put_compressed(text, wrong[i]);
		ev = parsed(&f, &b);
		CU_ASSERT_EQUAL(rs_event_read_query(&f, &ev, &arena, &q, &err), RS_FAIL);
		UNIT_INT(err.code, RS_E_EVENT_MALFORMED);
		rs_err_clear(&err);
	}
	rs_arena_release(&arena);
}

static void a_compressed_query_keeps_to_the_arena(void)
{
	struct rs_binlog_format f;
	struct rs_event_query q;
	struct rs_event ev;
	struct rs_arena arena;
	struct rs_err err = RS_ERR_INIT;
	char text[30001];

	plain_format(&f, "10.11.19-MariaDB");
	rs_arena_init(&arena, 10000);
	memset(text, 'x', 30000);
	text[30000] = 0;
	make_query(RS_EV_QUERY_COMPRESSED, "", 0, "d");
	put_compressed(text, 30000);
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_query(&f, &ev, &arena, &q, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_MEMORY);
	rs_err_clear(&err);
	rs_arena_release(&arena);
}

/* --- transaction ids -------------------------------------------------------------------------------------------- */

static void put_uuid(void)
{
	for (int i = 0; i < 16; i++)
		put_le(&b, (uint64_t)i * 16, 1);
}

static void gtids_grow_with_the_server(void)
{
	struct rs_binlog_format f;
	struct rs_event_gtid g;
	struct rs_event ev;

	plain_format(&f, "8.0.36");
	begin_event(&b, RS_EV_GTID, 0); /* 5.6 */
	put_le(&b, 1, 1);
	put_uuid();
	put_le(&b, 12345678901, 8);
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_gtid(&ev, &g, NULL), RS_OK);
	UNIT_INT(g.gtid.gno, 12345678901);
	UNIT_INT(g.gtid.uuid[15], 240);
	UNIT_INT(g.last_committed, -1);
	put_le(&b, 2, 1); /* 5.7 */
	put_le(&b, 6, 8);
	put_le(&b, 7, 8);
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_gtid(&ev, &g, NULL), RS_OK);
	UNIT_INT(g.last_committed, 6);
	UNIT_INT(g.sequence_number, 7);
	UNIT_INT(g.immediate_commit_usec, 0);
	put_le(&b, 1700000000000000 | (uint64_t)1 << 55, 7); /* 8.0 */
	put_le(&b, 1600000000000000, 7);
	put_le(&b, 0xfc, 1);
	put_le(&b, 1000, 2);
	put_le(&b, 80036u | 1u << 31, 4);
	put_le(&b, 50744, 4);
	put_le(&b, 3, 8);
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_gtid(&ev, &g, NULL), RS_OK);
	UNIT_INT(g.immediate_commit_usec, 1700000000000000);
	UNIT_INT(g.original_commit_usec, 1600000000000000);
	UNIT_INT(g.transaction_length, 1000);
	UNIT_INT(g.immediate_version, 80036);
	UNIT_INT(g.original_version, 50744);
	CHECK_CUTS(ev, (rs_event_read_gtid(at, &g, &err)), 25);
	b.data[4] = RS_EV_ANONYMOUS_GTID;
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_gtid(&ev, &g, NULL), RS_OK);
	UNIT_INT(g.gtid.gno, 0);
}

/* MySQL's serialization: the number of ones at the low end says how many bytes follow the first. */
static void put_varint(uint64_t v)
{
	int extra = 0;

	while (extra < 8 && v >> (7 * (extra + 1)))
		extra++;
	if (extra == 8) {
		put_le(&b, 0xff, 1);
		put_le(&b, v, 8);
		return;
	}
	put_le(&b, v << (extra + 1) | ((1u << extra) - 1), extra + 1);
}

static void put_field(uint64_t id, uint64_t v)
{
	put_varint(id);
	put_varint(v);
}

static void make_tagged(bool unknown, uint64_t must_know)
{
	size_t size_at;

	begin_event(&b, RS_EV_GTID_TAGGED, 0);
	put_varint(1);
	size_at = b.len;
	put_le(&b, 0, 2);
	put_varint(must_know);
	put_varint(0);
	put_le(&b, 1, 1);
	put_varint(1);
	for (int i = 0; i < 16; i++)
		put_varint((uint64_t)i * 16);
	put_field(2, 12345678901u * 2);
	put_varint(3);
	put_varint(5);
	put_text(&b, "a_tag");
	put_field(4, 300 * 2);
	put_field(5, 301 * 2);
	put_field(6, 1700000000000000);
	put_field(8, 70000);
	put_field(9, 90700);
	if (unknown)
		put_field(12, 5);
	b.data[size_at] = (uint8_t)((b.len - RS_EVENT_HEADER) << 2 | 1);
	b.data[size_at + 1] = (uint8_t)((b.len - RS_EVENT_HEADER) >> 6);
}

static void tagged_gtids_are_read(void)
{
	struct rs_binlog_format f;
	struct rs_event_gtid g;
	struct rs_event ev;
	char text[RS_GTID_TEXT_MAX];
	struct rs_err why = RS_ERR_INIT;

	plain_format(&f, "9.7.0");
	make_tagged(false, 10);
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_gtid(&ev, &g, NULL), RS_OK);
	UNIT_STR(rs_gtid_print(&g.gtid, text), "00102030-4050-6070-8090-a0b0c0d0e0f0:a_tag:12345678901");
	UNIT_INT(g.flags, 1);
	UNIT_INT(g.last_committed, 300);
	UNIT_INT(g.sequence_number, 301);
	UNIT_INT(g.immediate_commit_usec, 1700000000000000);
	UNIT_INT(g.original_commit_usec, 1700000000000000);
	UNIT_INT(g.transaction_length, 70000);
	UNIT_INT(g.original_version, 90700);
	CHECK_CUTS(ev, (rs_event_read_gtid(at, &g, &err)), ev.body_len);
	make_tagged(true, 10);
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_gtid(&ev, &g, NULL), RS_OK);
	make_tagged(true, 12);
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_gtid(&ev, &g, &why), RS_FAIL);
	UNIT_INT(why.code, RS_E_EVENT_UNKNOWN);
	rs_err_clear(&why);
}

static void domain_gtids_are_read(void)
{
	struct rs_binlog_format f;
	struct rs_event_domain_gtid g;
	struct rs_event ev;
	struct rs_buf xid = RS_BUF_INIT;

	plain_format(&f, "11.4.2-MariaDB");
	begin_event(&b, RS_EV_DOMAIN_GTID, 0);
	put_le(&b, 100, 8);
	put_le(&b, 3, 4);
	put_le(&b, RS_GT_STANDALONE | RS_GT_DDL, 1);
	put_le(&b, 0, 6);
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_domain_gtid(&ev, &g, NULL), RS_OK);
	UNIT_INT(g.gtid.seq, 100);
	UNIT_INT(g.gtid.domain, 3);
	UNIT_INT(g.gtid.server, 7);
	UNIT_INT(g.flags, RS_GT_STANDALONE | RS_GT_DDL);
	CU_ASSERT_FALSE(g.has_commit_id);
	begin_event(&b, RS_EV_DOMAIN_GTID, 0);
	put_le(&b, 101, 8);
	put_le(&b, 0, 4);
	put_le(&b, RS_GT_TRANSACTIONAL | RS_GT_GROUP_COMMIT | RS_GT_PREPARED_XA, 1);
	put_le(&b, 55, 8);
	put_le(&b, 1, 4);
	put_le(&b, 2, 1);
	put_le(&b, 1, 1);
	put_text(&b, "abc");
	put_le(&b, RS_GTX_MULTI_ENGINE | RS_GTX_COMMIT_ALTER, 1);
	put_le(&b, 1, 1);
	put_le(&b, 99, 8);
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_domain_gtid(&ev, &g, NULL), RS_OK);
	UNIT_INT(g.commit_id, 55);
	UNIT_INT(g.sa_seq_no, 99);
	rs_xid_print(&g.xid, &xid);
	UNIT_STR(rs_buf_str(&xid), "X'6162',X'63',1");
	rs_buf_release(&xid);
	CHECK_CUTS(ev, (rs_event_read_domain_gtid(at, &g, &err)), 30);
}

static void lists_of_gtids_are_read(void)
{
	struct rs_binlog_format f;
	struct rs_event ev;
	struct rs_domain_set domains = RS_DOMAIN_SET_INIT;
	struct rs_gtid_set gtids = RS_GTID_SET_INIT, back = RS_GTID_SET_INIT;
	struct rs_buf text = RS_BUF_INIT;

	plain_format(&f, "11.4.2-MariaDB");
	begin_event(&b, RS_EV_DOMAIN_GTID_LIST, 0);
	put_le(&b, 2u | 1u << 28, 4);
	put_le(&b, 5, 4), put_le(&b, 1, 4), put_le(&b, 10, 8);
	put_le(&b, 0, 4), put_le(&b, 2, 4), put_le(&b, 20, 8);
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_gtid_list(&ev, &domains, NULL), RS_OK);
	rs_domain_set_print(&domains, &text);
	UNIT_STR(rs_buf_str(&text), "0-2-20,5-1-10");
	CHECK_CUTS(ev, (rs_event_read_gtid_list(at, &domains, &err)), 36);
	rs_gtid_set_parse(&gtids, "aaaaaaaa-0000-0000-0000-000000000001:1-5:9", NULL);
	rs_buf_clear(&text);
	rs_gtid_set_encode(&gtids, &text);
	begin_event(&b, RS_EV_PREVIOUS_GTIDS, 0);
	put(&b, text.data, text.len);
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_previous_gtids(&ev, &back, NULL), RS_OK);
	CU_ASSERT_TRUE(rs_gtid_set_equal(&gtids, &back));
	CHECK_CUTS(ev, (rs_event_read_previous_gtids(at, &back, &err)), ev.body_len);
	rs_domain_set_clear(&domains);
	rs_gtid_set_clear(&gtids);
	rs_gtid_set_clear(&back);
	rs_buf_release(&text);
}

/* --- the rest --------------------------------------------------------------------------------------------------- */

static void heartbeats_have_positions_of_64_bits(void)
{
	struct rs_binlog_format f;
	struct rs_event_heartbeat hb;
	struct rs_event ev;

	plain_format(&f, "8.0.36");
	begin_event(&b, RS_EV_HEARTBEAT, 0);
	put_text(&b, "binlog.000009");
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_heartbeat(&f, &ev, &hb, NULL), RS_OK);
	CU_ASSERT_TRUE(rs_slice_is(hb.file, "binlog.000009") && hb.position == 1234 && !hb.has_position64);
	begin_event(&b, RS_EV_HEARTBEAT_V2, 0);
	put_le(&b, 0x0d01, 2);
	put_text(&b, "binlog.000009");
	put_le(&b, 2, 1), put_le(&b, 9, 1), put_le(&b, 0xfe, 1), put_le(&b, 9876543210, 8);
	put_le(&b, 0, 1);
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_heartbeat(&f, &ev, &hb, NULL), RS_OK);
	CU_ASSERT_TRUE(rs_slice_is(hb.file, "binlog.000009") && hb.position == 9876543210 && hb.has_position64);
	CHECK_CUTS(ev, (rs_event_read_heartbeat(&f, at, &hb, &err)), ev.body_len);
	plain_format(&f, "10.6.1-MariaDB");
	begin_event(&b, RS_EV_HEARTBEAT, 0);
	memset(b.data + 13, 0, 4);
	put_le(&b, 9876543210, 8);
	put_text(&b, "mariadb-bin.000001");
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_heartbeat(&f, &ev, &hb, NULL), RS_OK);
	CU_ASSERT_TRUE(rs_slice_is(hb.file, "mariadb-bin.000001") && hb.position == 9876543210 && hb.has_position64);
}

static void prepared_transactions_have_their_xid(void)
{
	struct rs_binlog_format f;
	struct rs_event_xa_prepare xa;
	struct rs_event ev;
	struct rs_buf xid = RS_BUF_INIT;
	struct rs_err why = RS_ERR_INIT;

	plain_format(&f, "8.0.36");
	begin_event(&b, RS_EV_XA_PREPARE, 0);
	put_le(&b, 1, 1);
	put_le(&b, 4294967295, 4);
	put_le(&b, 3, 4);
	put_le(&b, 0, 4);
	put_text(&b, "x'\xff");
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_xa_prepare(&ev, &xa, NULL), RS_OK);
	CU_ASSERT_TRUE(xa.one_phase);
	rs_xid_print(&xa.xid, &xid);
	UNIT_STR(rs_buf_str(&xid), "X'7827ff',X'',4294967295");
	CHECK_CUTS(ev, (rs_event_read_xa_prepare(at, &xa, &err)), ev.body_len);
	b.data[RS_EVENT_HEADER + 5] = 65;
	memset(b.data + b.len, 0, 100);
	b.len += 100;
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_xa_prepare(&ev, &xa, &why), RS_FAIL);
	rs_err_clear(&why);
	rs_buf_release(&xid);
}

static void an_incident_is_read(void)
{
	struct rs_binlog_format f;
	struct rs_event ev;
	struct rs_event_incident incident;

	plain_format(&f, "8.0.36");
	begin_event(&b, RS_EV_INCIDENT, 0);
	put_le(&b, 1, 2);
	put_le(&b, 4, 1);
	put_text(&b, "lost");
	ev = parsed(&f, &b);
	CU_ASSERT_EQUAL(rs_event_read_incident(&ev, &incident, NULL), RS_OK);
	CU_ASSERT_TRUE(incident.kind == 1 && rs_slice_is(incident.message, "lost"));
	CHECK_CUTS(ev, (rs_event_read_incident(at, &incident, &err)), ev.body_len);
}

static void offsets_go_on_beyond_32_bits(void)
{
	const uint64_t g4 = (uint64_t)1 << 32;

	CU_ASSERT_EQUAL(rs_binlog_offset(1000, 1000), 1000);
	CU_ASSERT_EQUAL(rs_binlog_offset(1000, 1500), 1500);           /* something was left out */
	CU_ASSERT_EQUAL(rs_binlog_offset(1500, 1000), 1000);
	CU_ASSERT_EQUAL(rs_binlog_offset(g4 - 100, 50), g4 + 50);      /* … across the turn */
	CU_ASSERT_EQUAL(rs_binlog_offset(g4 + 50, UINT32_MAX - 99), g4 - 100);
	CU_ASSERT_EQUAL(rs_binlog_offset(g4 + 50, 50), g4 + 50);
	CU_ASSERT_EQUAL(rs_binlog_offset(3 * g4 + 70, 80), 3 * g4 + 80);
	CU_ASSERT_EQUAL(rs_binlog_offset(4, UINT32_MAX - 5), UINT32_MAX - 5);
}

UNIT_MAIN(UNIT_TEST(offsets_go_on_beyond_32_bits), UNIT_TEST(formats_of_all_servers_are_read), UNIT_TEST(a_format_in_use_has_the_checksum_of_one_that_is_not),
          UNIT_TEST(formats_that_are_none_are_refused), UNIT_TEST(the_first_rotate_shows_whether_it_has_a_checksum),
          UNIT_TEST(checksums_follow_the_format), UNIT_TEST(an_event_before_the_format_is_refused),
          UNIT_TEST(wrong_lengths_are_refused), UNIT_TEST(unknown_events_stop_unless_they_may_be_ignored),
          UNIT_TEST(errors_name_event_and_place), UNIT_TEST(a_query_has_its_surroundings),
          UNIT_TEST(a_status_block_cut_off_is_malformed), UNIT_TEST(a_longer_post_header_is_skipped),
          UNIT_TEST(a_compressed_query_is_unpacked), UNIT_TEST(a_compressed_query_keeps_to_the_arena),
          UNIT_TEST(gtids_grow_with_the_server), UNIT_TEST(tagged_gtids_are_read), UNIT_TEST(domain_gtids_are_read),
          UNIT_TEST(lists_of_gtids_are_read), UNIT_TEST(heartbeats_have_positions_of_64_bits),
          UNIT_TEST(prepared_transactions_have_their_xid), UNIT_TEST(an_incident_is_read))
