/* The bodies of the events that hold no rows, but for the transaction ids (binlog_gtid.c). */
#include <string.h>

#include "base/i18n.h"
#include "codec/binlog_event.h"
#include "codec/unpack.h"

#define QUERY_POST_HEADER 13
#define XID_PART_MAX 64
#define FLAGS2_NO_FOREIGN_KEYS (1u << 26)

/* Variables of a QUERY's status block. */
enum query_var {
	QV_FLAGS2 = 0,
	QV_SQL_MODE = 1,
	QV_CATALOG_NUL = 2,
	QV_AUTO_INCREMENT = 3,
	QV_CHARSET = 4,
	QV_TIME_ZONE = 5,
	QV_CATALOG = 6,
	QV_LC_TIME_NAMES = 7,
	QV_CHARSET_DATABASE = 8,
	QV_TABLE_MAP_FOR_UPDATE = 9,
	QV_SOURCE_DATA_WRITTEN = 10,
	QV_INVOKER = 11,
	QV_UPDATED_DBS = 12,
	QV_MICROSECONDS = 13,
	QV_EXPLICIT_DEFAULTS = 16,
	QV_DDL_XID = 17,
	QV_DEFAULT_UTF8MB4 = 18,
	QV_REQUIRE_PRIMARY_KEY = 19,
	QV_TABLE_ENCRYPTION = 20,
	QV_HRNOW = 128,
	QV_XID = 129,
	QV_GTID_FLAGS3 = 130,
	QV_CHARSET_COLLATIONS = 131
};

static struct rs_reader body_of(const struct rs_event *ev)
{
	return rs_reader_of(ev->body, ev->body_len);
}

static enum rs_rc done(const struct rs_event *ev, const struct rs_reader *r, struct rs_err *err)
{
	if (!r->bad)
		return RS_OK;
	return rs_event_malformed(ev, RS_EVENT_HEADER + rs_reader_offset(r), _("it ends too early"), err);
}

enum rs_rc rs_event_read_rotate(const struct rs_event *ev, struct rs_event_rotate *out, struct rs_err *err)
{
	struct rs_reader r = body_of(ev);

	out->position = rs_reader_u64(&r);
	out->file = rs_reader_rest(&r);
	if (out->file.len == 0)
		r.bad = true;
	return done(ev, &r, err);
}

/* Names of the databases that a statement changed; 254: too many to list. */
static void skip_updated_dbs(struct rs_reader *r)
{
	uint8_t n = rs_reader_u8(r);

	for (; n && n != 254 && !r->bad; n--) {
		const uint8_t *nul = memchr(r->p, 0, rs_reader_left(r));

		if (!nul)
			r->bad = true;
		else
			r->p = nul + 1;
	}
}

static void read_flags3(struct rs_reader *r, struct rs_event_query *q)
{
	q->gtid_flags3 = rs_reader_u8(r);
	if (q->gtid_flags3 & (RS_GTX_COMMIT_ALTER | RS_GTX_ROLLBACK_ALTER))
		q->sa_seq_no = rs_reader_u64(r);
}

static void read_charsets(struct rs_reader *r, struct rs_event_query *q)
{
	q->charset_client = rs_reader_u16(r);
	q->collation_connection = rs_reader_u16(r);
	q->collation_server = rs_reader_u16(r);
}

/* One variable; false for one that is not known, after which nothing can be read. */
static bool read_query_var(struct rs_reader *r, struct rs_event_query *q)
{
	switch (rs_reader_u8(r)) {
	case QV_FLAGS2:
		q->flags2 = rs_reader_u32(r);
		q->has_flags2 = true;
		q->no_foreign_keys = (q->flags2 & FLAGS2_NO_FOREIGN_KEYS) != 0;
		return true;
	case QV_SQL_MODE: q->sql_mode = rs_reader_u64(r); return true;
	case QV_CATALOG_NUL: rs_reader_slice(r, (uint64_t)rs_reader_u8(r) + 1); return true;
	case QV_AUTO_INCREMENT: rs_reader_take(r, 4); return true;
	case QV_CHARSET: read_charsets(r, q); return true;
	case QV_TIME_ZONE: q->time_zone = rs_reader_string1(r); return true;
	case QV_CATALOG: rs_reader_string1(r); return true;
	case QV_LC_TIME_NAMES:
	case QV_CHARSET_DATABASE: rs_reader_take(r, 2); return true;
	case QV_TABLE_MAP_FOR_UPDATE: rs_reader_take(r, 8); return true;
	case QV_SOURCE_DATA_WRITTEN: rs_reader_take(r, 4); return true;
	case QV_INVOKER: rs_reader_string1(r), rs_reader_string1(r); return true;
	case QV_UPDATED_DBS: skip_updated_dbs(r); return true;
	case QV_MICROSECONDS:
	case QV_HRNOW: q->microseconds = (uint32_t)rs_reader_uint(r, 3); return true;
	case QV_DDL_XID:
	case QV_XID: q->ddl_xid = rs_reader_u64(r); return true;
	case QV_DEFAULT_UTF8MB4: q->default_utf8mb4 = rs_reader_u16(r); return true;
	case QV_EXPLICIT_DEFAULTS:
	case QV_REQUIRE_PRIMARY_KEY:
	case QV_TABLE_ENCRYPTION: rs_reader_take(r, 1); return true;
	case QV_GTID_FLAGS3: read_flags3(r, q); return true;
	case QV_CHARSET_COLLATIONS: rs_reader_slice(r, (uint64_t)rs_reader_u8(r) * 4); return true;
	default: return false;
	}
}

static enum rs_rc unpack_sql(const struct rs_event *ev, struct rs_arena *arena, struct rs_event_query *q,
                             struct rs_err *err)
{
	struct rs_reader r = rs_reader_of(q->sql.bytes, q->sql.len);
	uint64_t size;
	char *text;

	if (!rs_unpack_size(&r, &size))
		return rs_event_malformed(ev, ev->length, _("its compressed statement can't be unpacked"), err);
	text = rs_arena_bytes(arena, (size_t)size + 1);
	if (!text)
		return rs_err_set(err, RS_E_MEMORY, _("a statement of %llu bytes in the source's log"),
		                  (unsigned long long)size);
	if (!rs_unpack(&r, text, (size_t)size, false))
		return rs_event_malformed(ev, ev->length, _("its compressed statement can't be unpacked"), err);
	text[size] = 0;
	q->sql = (struct rs_slice){text, (size_t)size};
	return RS_OK;
}

enum rs_rc rs_event_read_query(const struct rs_binlog_format *f, const struct rs_event *ev, struct rs_arena *arena,
                               struct rs_event_query *out, struct rs_err *err)
{
	struct rs_reader r = body_of(ev), vars;
	uint8_t post_header = f->post_header[ev->type], db_len;
	struct rs_slice status;

	memset(out, 0, sizeof *out);
	out->thread_id = rs_reader_u32(&r);
	out->exec_time = rs_reader_u32(&r);
	db_len = rs_reader_u8(&r);
	out->error_code = rs_reader_u16(&r);
	status.len = rs_reader_u16(&r);
	if (post_header > QUERY_POST_HEADER)
		rs_reader_take(&r, post_header - QUERY_POST_HEADER);
	status = rs_reader_slice(&r, status.len);
	vars = rs_reader_of(status.bytes ? status.bytes : "", status.len);
	while (rs_reader_left(&vars) && !vars.bad && read_query_var(&vars, out))
		;
	out->db = rs_reader_slice(&r, db_len);
	rs_reader_take(&r, 1);
	out->sql = rs_reader_rest(&r);
	if (vars.bad)
		return rs_event_malformed(ev, RS_EVENT_HEADER + QUERY_POST_HEADER, _("its status variables end too early"), err);
	if (done(ev, &r, err) != RS_OK)
		return RS_FAIL;
	return ev->type == RS_EV_QUERY_COMPRESSED ? unpack_sql(ev, arena, out, err) : RS_OK;
}

enum rs_rc rs_event_read_xid(const struct rs_event *ev, uint64_t *xid, struct rs_err *err)
{
	struct rs_reader r = body_of(ev);

	*xid = rs_reader_u64(&r);
	return done(ev, &r, err);
}

enum rs_rc rs_xid_print(const struct rs_xid *xid, struct rs_buf *out)
{
	rs_buf_adds(out, "X'");
	rs_buf_addhex(out, xid->gtrid.bytes, xid->gtrid.len);
	rs_buf_adds(out, "',X'");
	rs_buf_addhex(out, xid->bqual.bytes, xid->bqual.len);
	return rs_buf_addf(out, "',%u", xid->format);
}

enum rs_rc rs_event_read_xa_prepare(const struct rs_event *ev, struct rs_event_xa_prepare *out, struct rs_err *err)
{
	struct rs_reader r = body_of(ev);
	uint32_t gtrid, bqual;

	out->one_phase = rs_reader_u8(&r) != 0;
	out->xid.format = rs_reader_u32(&r);
	gtrid = rs_reader_u32(&r);
	bqual = rs_reader_u32(&r);
	out->xid.gtrid = rs_reader_slice(&r, gtrid);
	out->xid.bqual = rs_reader_slice(&r, bqual);
	if (gtrid > XID_PART_MAX || bqual > XID_PART_MAX)
		r.bad = true;
	return done(ev, &r, err);
}

enum rs_rc rs_event_read_gtid_list(const struct rs_event *ev, struct rs_domain_set *set, struct rs_err *err)
{
	struct rs_reader r = body_of(ev);
	uint32_t n = rs_reader_u32(&r) & 0x0fffffff; /* the high bits are flags */

	if (n > rs_reader_left(&r) / 16)
		r.bad = true;
	for (; n && !r.bad; n--) {
		struct rs_domain_gtid g;

		g.domain = rs_reader_u32(&r);
		g.server = rs_reader_u32(&r);
		g.seq = rs_reader_u64(&r);
		rs_domain_set_update(set, &g);
	}
	return done(ev, &r, err);
}

enum rs_rc rs_event_read_previous_gtids(const struct rs_event *ev, struct rs_gtid_set *set, struct rs_err *err)
{
	if (rs_gtid_set_decode(set, ev->body, ev->body_len, err) == RS_OK)
		return RS_OK;
	return rs_err_detail(err, _("in a PREVIOUS_GTIDS event that ends at position %u"), ev->next_pos);
}

/* MariaDB gives a position that needs more than 32 bits before the name, and none in the header. */
static void read_heartbeat_v1(struct rs_reader *r, bool mariadb, struct rs_event_heartbeat *out)
{
	if (mariadb && out->position == 0) {
		out->position = rs_reader_u64(r);
		out->has_position64 = true;
	}
	out->file = rs_reader_rest(r);
}

static void read_heartbeat_v2(struct rs_reader *r, struct rs_event_heartbeat *out)
{
	for (;;) {
		uint8_t type = rs_reader_u8(r);
		struct rs_slice value = type ? rs_reader_string(r) : (struct rs_slice){NULL, 0};
		struct rs_reader number = rs_reader_of(value.bytes ? value.bytes : "", value.len);

		if (type == 0 || r->bad)
			return;
		if (type == 1)
			out->file = value;
		if (type == 2) {
			out->position = rs_reader_lenenc(&number);
			out->has_position64 = true;
			r->bad |= number.bad;
		}
	}
}

enum rs_rc rs_event_read_heartbeat(const struct rs_binlog_format *f, const struct rs_event *ev,
                                   struct rs_event_heartbeat *out, struct rs_err *err)
{
	struct rs_reader r = body_of(ev);

	*out = (struct rs_event_heartbeat){.position = ev->next_pos};
	if (ev->type == RS_EV_HEARTBEAT_V2)
		read_heartbeat_v2(&r, out);
	else
		read_heartbeat_v1(&r, f->mariadb, out);
	if (out->file.len == 0)
		r.bad = true;
	return done(ev, &r, err);
}

enum rs_rc rs_event_read_incident(const struct rs_event *ev, struct rs_event_incident *out, struct rs_err *err)
{
	struct rs_reader r = body_of(ev);

	out->kind = rs_reader_u16(&r);
	out->message = rs_reader_string1(&r);
	return done(ev, &r, err);
}
