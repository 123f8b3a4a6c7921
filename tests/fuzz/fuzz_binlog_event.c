/* Single events of every kind, with and without a known format. The first byte chooses the flavour. */
#include <string.h>

#include "codec/binlog_payload.h"
#include "codec/binlog_table.h"
#include "fuzz.h"

static void touch(struct rs_slice s)
{
	touch_bytes(s.bytes, s.len);
}

static void read_map(const struct rs_binlog_format *f, const struct rs_event *ev, struct rs_arena *arena)
{
	struct rs_table_map map;
	struct rs_table_map_id id;
	struct rs_layout *l;

	if (rs_table_map_peek(f, ev, &id, NULL) == RS_OK)
		touch(id.db), touch(id.name);
	if (rs_table_map_read(f, ev, arena, &map, NULL) != RS_OK)
		return;
	MUST(map.digest == id.digest && map.table_id == id.table_id);
	for (uint32_t i = 0; i < map.n_columns; i++) {
		touch(map.columns[i].name);
		for (uint32_t j = 0; j < map.columns[i].n_members; j++)
			touch(map.columns[i].members[j]);
	}
	if (rs_layout_new(&l, &map, NULL, NULL, NULL) != RS_OK)
		return;
	MUST(l->n_columns == map.n_columns && l->table->n_columns <= map.n_columns);
	rs_layout_free(l);
}

static void read_body(const struct rs_binlog_format *f, const struct rs_event *ev);

static void read_payload(const struct rs_binlog_format *f, const struct rs_event *ev)
{
	rs_payload *p = rs_payload_new(1u << 20);
	struct rs_event inner;

	if (rs_payload_open(p, ev, NULL) == RS_OK)
		for (int i = 0; i < 1000 && rs_payload_next(p, f, &inner, NULL) == RS_OK; i++)
			read_body(f, &inner);
	rs_payload_free(p);
}

static void read_fragment(const struct rs_binlog_format *f, const struct rs_event *ev)
{
	struct rs_fragments fr;
	struct rs_event whole;

	rs_fragments_init(&fr, 1u << 20);
	for (int i = 0; i < 3; i++)
		if (rs_fragments_add(&fr, f, ev, &whole, NULL) == RS_OK)
			touch((struct rs_slice){(const char *)whole.body, whole.body_len});
	rs_fragments_release(&fr);
}

static void read_query(const struct rs_binlog_format *f, const struct rs_event *ev, struct rs_arena *arena)
{
	struct rs_event_query q;

	if (rs_event_read_query(f, ev, arena, &q, NULL) == RS_OK)
		touch(q.sql), touch(q.db), touch(q.time_zone);
}

static void read_sets(const struct rs_event *ev)
{
	struct rs_gtid_set gtids = RS_GTID_SET_INIT;
	struct rs_domain_set domains = RS_DOMAIN_SET_INIT;

	rs_event_read_previous_gtids(ev, &gtids, NULL);
	rs_event_read_gtid_list(ev, &domains, NULL);
	rs_gtid_set_clear(&gtids);
	rs_domain_set_clear(&domains);
}

static void read_gtids(const struct rs_event *ev)
{
	struct rs_event_gtid g;
	struct rs_event_domain_gtid d;
	char text[RS_GTID_TEXT_MAX];

	if (rs_event_read_gtid(ev, &g, NULL) == RS_OK)
		rs_gtid_print(&g.gtid, text);
	if (rs_event_read_domain_gtid(ev, &d, NULL) == RS_OK)
		rs_domain_gtid_print(&d.gtid, text), touch(d.xid.gtrid), touch(d.xid.bqual);
}

static void read_small(const struct rs_binlog_format *f, const struct rs_event *ev)
{
	struct rs_event_rotate rotate;
	struct rs_event_xa_prepare xa;
	struct rs_event_heartbeat hb;
	struct rs_event_incident incident;
	uint64_t xid;

	if (rs_event_read_rotate(ev, &rotate, NULL) == RS_OK)
		touch(rotate.file);
	if (rs_event_read_xa_prepare(ev, &xa, NULL) == RS_OK)
		touch(xa.xid.gtrid), touch(xa.xid.bqual);
	if (rs_event_read_heartbeat(f, ev, &hb, NULL) == RS_OK)
		touch(hb.file);
	if (rs_event_read_incident(ev, &incident, NULL) == RS_OK)
		touch(incident.message);
	rs_event_read_xid(ev, &xid, NULL);
}

/* Every reader of a body, whatever the event is: each must stand any bytes. */
static void read_body(const struct rs_binlog_format *f, const struct rs_event *ev)
{
	struct rs_arena arena;

	rs_arena_init(&arena, 8u << 20);
	read_query(f, ev, &arena);
	read_map(f, ev, &arena);
	read_sets(ev);
	read_gtids(ev);
	read_small(f, ev);
	if (ev->kind == RS_EVK_FRAGMENT)
		read_fragment(f, ev);
	rs_arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rs_binlog_format f;
	struct rs_event ev;
	struct rs_err err = RS_ERR_INIT;

	if (size < 1)
		return 0;
	rs_binlog_format_init(&f);
	if (rs_event_parse(&f, data + 1, size - 1, &ev, &err) == RS_OK)
		read_body(&f, &ev);
	else
		MUST(rs_err_is_set(&err));
	rs_err_clear(&err);
	f.known = true;
	f.mariadb = data[0] & 1;
	f.version = f.mariadb ? 101100 : 90700;
	f.checksum = RS_CHECKSUM_NONE;
	memset(f.post_header, data[0] & 2 ? 6 : 8, sizeof f.post_header);
	if (rs_event_parse_inner(&f, data + 1, size - 1, &ev, &err) == RS_OK) {
		read_body(&f, &ev);
	} else {
		MUST(rs_err_is_set(&err));
		if (ev.kind == RS_EVK_PAYLOAD)
			read_payload(&f, &ev);
	}
	rs_err_clear(&err);
	return 0;
}
