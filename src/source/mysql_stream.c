/* Following a MySQL-family binary log, with decoders of our own on the packets of the replication protocol (the
 * connector's replication calls lose the stream at the first rotation). One thread; see source.h. */
#include "source/mysql_feed.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/binlog_event.h"
#include "codec/binlog_payload.h"
#include "codec/binlog_rows.h"
#include "codec/binlog_table.h"
#include "codec/charset.h"
#include "source/relay.h"

#define MAX_EVENT ((size_t)1 << 30) /* the protocol's own limit */
#define ITEM_BYTES ((size_t)1 << 20)

/* Layouts by table id; NULL layout: the table is not wanted. */
struct known_table {
	uint64_t table_id, digest;
	struct rs_layout *layout;
};

struct mysql_stream {
	struct rs_stream base;
	struct rs_mysql_source *source;
	pthread_mutex_t lock;        /* guards the next two from who cancels */
	struct rs_feed *feed;
	bool cancelled;
	struct rs_tap *tap;          /* NULL: nobody looks */
	bool mariadb;
	struct rs_binlog_format format;

	char *file;                  /* where we are: the next event starts at offset */
	uint64_t offset;
	struct rs_mysql_log log;     /* which file that is */
	struct rs_position resumed;  /* in the file of this name nothing before this offset is sent */
	bool unproven;               /* … and that it really begins there is still to be seen */
	struct rs_position mixed;    /* before this place files and offsets don't tell what is in the destination */
	struct rs_gtid_set gtids;    /* MySQL: everything up to here */
	struct rs_domain_set domains; /* MariaDB */
	bool use_gtids;              /* positions carry them */
	struct rs_gtid gtid;         /* of the transaction that is being read */
	struct rs_domain_gtid domain_gtid;
	bool has_gtid;               /* one of the two is set */
	bool standalone;             /* MariaDB: exactly one QUERY belongs to the GTID */
	int64_t last_committed, sequence_number;

	bool in_transaction;
	bool introduced;             /* the last event belongs to what comes next */
	struct known_table *tables;
	size_t n_tables, cap_tables;
	struct rs_arena scratch;     /* of one event's parsing */

	struct rs_rows rows;
	bool rows_open;              /* an event's rows are being handed out */
	struct rs_payload *payload;
	bool payload_open;
	uint64_t payload_end;        /* offset after it */
	struct rs_fragments fragments;
	struct rs_charset_reader charset;
};

static struct mysql_stream *self(struct rs_stream *s) { return (struct mysql_stream *)s; }

/* ---------------------------------------------------------------- positions */

/* Where the feed is going to begin. With a set alone of another server's log, its transactions lie anywhere in this one,
 * also behind others: until all is passed that it holds now, a place in it does not tell what came before. */
static enum rs_rc stand_at(struct mysql_stream *s, const struct rs_position *from, struct rs_err *err)
{
	s->log.expected = rs_xstrdup(from->log);
	if (rs_mysql_dump_in_file(s->source, from)) {
		s->file = rs_xstrdup(from->file);
		s->offset = from->offset;
		s->unproven = from->offset > UINT32_MAX;
		if (s->unproven)
			rs_position_copy(&s->resumed, from);
	} else if (from->file != NULL) {
		rs_position_copy(&s->resumed, from);
	} else if (from->log == NULL && rs_mysql_log_end(&s->source->my, &s->mixed, err) != RS_OK) {
		return RS_FAIL;
	}
	s->use_gtids = from->gtid != NULL;
	if (!s->use_gtids)
		return RS_OK;
	if (s->mariadb)
		return rs_domain_set_parse(&s->domains, from->gtid, err);
	return rs_gtid_set_parse(&s->gtids, from->gtid, err);
}

static void forget_tables(struct mysql_stream *s)
{
	for (size_t i = 0; i < s->n_tables; i++)
		rs_layout_free(s->tables[i].layout);
	s->n_tables = 0;
}

static bool tells_place(struct mysql_stream *s)
{
	const struct rs_position here = {.file = s->file, .offset = s->offset};

	if (s->mixed.file != NULL && rs_position_compare(&here, &s->mixed) >= 0)
		rs_position_clear(&s->mixed);
	return s->file != NULL && s->mixed.file == NULL;
}

static void tell_position(struct mysql_stream *s, struct rs_position *out)
{
	if (tells_place(s))
		rs_position_set_file(out, s->file, s->offset);
	rs_position_set_log(out, s->log.now);
	if (!s->use_gtids)
		return;
	struct rs_buf text = RS_BUF_INIT;
	if (s->mariadb)
		rs_domain_set_print(&s->domains, &text);
	else
		rs_gtid_set_print(&s->gtids, &text);
	rs_position_set_gtid(out, rs_buf_str(&text));
	rs_buf_release(&text);
}

static void put_position(struct mysql_stream *s, struct rs_change *c) { tell_position(s, &c->position); }

/* The transaction is complete: from now on the position includes its id. With one that has none, ids no longer tell what
 * was read. */
static void count_gtid(struct mysql_stream *s)
{
	if (!s->has_gtid)
		s->use_gtids = false;
	else if (s->mariadb)
		rs_domain_set_update(&s->domains, &s->domain_gtid);
	else
		rs_gtid_set_add(&s->gtids, &s->gtid);
	s->has_gtid = false;
}

/* Before it is counted. */
static void tell_own_gtid(const struct mysql_stream *s, struct rs_change *c)
{
	char text[RS_GTID_TEXT_MAX];

	if (!s->has_gtid)
		return;
	if (s->mariadb)
		rs_domain_gtid_print(&s->domain_gtid, text);
	else
		rs_gtid_print(&s->gtid, text);
	c->gtid = rs_arena_copy(&c->arena, text, strlen(text));
}

static struct rs_change *item(struct mysql_stream *s, enum rs_change_kind kind, const struct rs_event *ev)
{
	struct rs_change *c = rs_change_new(kind);

	c->server_id = ev->server_id;
	c->timestamp = ev->timestamp;
	c->last_committed = s->last_committed;
	c->sequence_number = s->sequence_number;
	return c;
}

static void enter_file(struct mysql_stream *s, struct rs_slice file, uint64_t offset)
{
	free(s->file);
	s->file = rs_xstrndup(file.bytes, file.len);
	s->offset = offset;
	rs_mysql_log_leave(&s->log);
	forget_tables(s);
}

static enum rs_rc on_rotate(struct mysql_stream *s, const struct rs_event *ev, struct rs_err *err)
{
	struct rs_event_rotate rotate;

	if (rs_event_read_rotate(ev, &rotate, err) != RS_OK)
		return RS_FAIL;
	enter_file(s, rotate.file, rotate.position);
	if (s->resumed.file != NULL && strcmp(s->file, s->resumed.file) == 0 && s->offset < s->resumed.offset)
		s->offset = s->resumed.offset;
	return RS_AGAIN;
}

static enum rs_rc on_heartbeat(struct mysql_stream *s, const struct rs_event *ev, struct rs_change **out,
                               struct rs_err *err)
{
	struct rs_event_heartbeat beat;

	if (rs_event_read_heartbeat(&s->format, ev, &beat, err) != RS_OK)
		return RS_FAIL;
	if (s->in_transaction || s->file == NULL || s->log.now == NULL)
		return RS_AGAIN;
	/* Skipped events move the position; what it can't say is the part above 4 GiB. */
	if (beat.has_position64)
		s->offset = beat.position;
	else if (beat.position != 0)
		s->offset = rs_binlog_offset(s->offset, (uint32_t)beat.position);
	*out = item(s, RS_CHANGE_HEARTBEAT, ev);
	(*out)->timestamp = 0;
	put_position(s, *out);
	const struct rs_position here = {.file = s->file, .offset = s->offset};
	enum rs_rc rc = rs_mysql_log_quiet(&s->log, s->source, &here, err);
	if (rc != RS_OK) {
		rs_change_free(*out);
		*out = NULL;
	}
	return rc;
}

/* ---------------------------------------------------------------- transactions */

/* A compressed transaction ends where its payload does, so that its inside is before that. */
static enum rs_rc begin(struct mysql_stream *s, const struct rs_event *ev, struct rs_change **out)
{
	s->in_transaction = true;
	*out = item(s, RS_CHANGE_BEGIN, ev);
	if (s->file != NULL)
		rs_position_set_file(&(*out)->position, s->file, s->payload_open ? s->offset - 1 : s->offset);
	return RS_OK;
}

static enum rs_rc finish(struct mysql_stream *s, enum rs_change_kind kind, const struct rs_event *ev,
                         struct rs_change **out)
{
	s->in_transaction = false;
	count_gtid(s);
	*out = item(s, kind, ev);
	put_position(s, *out);
	return RS_OK;
}

/* ---------------------------------------------------------------- XA transactions */

static bool starts_with(struct rs_slice sql, const char *text)
{
	size_t n = strlen(text);

	return sql.len > n && strncasecmp(sql.bytes, text, n) == 0;
}

static void set_xid(struct rs_change *c, const struct rs_xid *xid)
{
	struct rs_buf text = RS_BUF_INIT;

	rs_xid_print(xid, &text);
	c->xid = rs_arena_copy(&c->arena, rs_buf_str(&text), text.len);
	rs_buf_release(&text);
}

/* "X'…',X'…',1" as the server wrote it in a statement, in the form of rs_xid_print. */
static void set_xid_text(struct rs_change *c, struct rs_slice text)
{
	char *xid = rs_arena_copy(&c->arena, text.bytes, text.len);

	for (char *p = xid; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'F')
			*p = (char)(*p - 'A' + 'a');
	c->xid = xid;
}

static struct rs_slice after(struct rs_slice sql, const char *prefix)
{
	size_t n = strlen(prefix);

	return (struct rs_slice){sql.bytes + n, sql.len - n};
}

/* COMMIT and ROLLBACK stand alone where the transaction had been prepared, else at its end. */
static enum rs_rc end_xa(struct mysql_stream *s, const struct rs_event *ev, struct rs_slice xid,
                         enum rs_change_kind inside, enum rs_change_kind alone, struct rs_change **out)
{
	enum rs_rc rc = finish(s, s->in_transaction ? inside : alone, ev, out);

	set_xid_text(*out, xid);
	return rc;
}

static enum rs_rc on_xa_statement(struct mysql_stream *s, const struct rs_event *ev, struct rs_slice sql,
                                  struct rs_change **out, struct rs_err *err)
{
	if (starts_with(sql, "XA END "))
		return RS_AGAIN;
	if (starts_with(sql, "XA START ")) {
		begin(s, ev, out);
		set_xid_text(*out, after(sql, "XA START "));
		return RS_OK;
	}
	if (starts_with(sql, "XA COMMIT "))
		return end_xa(s, ev, after(sql, "XA COMMIT "), RS_CHANGE_COMMIT, RS_CHANGE_XA_COMMIT, out);
	if (starts_with(sql, "XA ROLLBACK "))
		return end_xa(s, ev, after(sql, "XA ROLLBACK "), RS_CHANGE_ROLLBACK, RS_CHANGE_XA_ROLLBACK, out);
	rs_err_set(err, RS_E_EVENT_UNKNOWN, _("an unknown XA statement was met in the source's log"));
	return rs_err_detail(err, "%.*s", (int)(sql.len < 400 ? sql.len : 400), sql.bytes);
}

static enum rs_rc on_xa_prepare(struct mysql_stream *s, const struct rs_event *ev, struct rs_change **out,
                                struct rs_err *err)
{
	struct rs_event_xa_prepare xa;

	if (rs_event_read_xa_prepare(ev, &xa, err) != RS_OK)
		return RS_FAIL;
	enum rs_rc rc = finish(s, xa.one_phase ? RS_CHANGE_COMMIT : RS_CHANGE_XA_PREPARE, ev, out);
	set_xid(*out, &xa.xid);
	return rc;
}

/* ---------------------------------------------------------------- global transaction ids */

static enum rs_rc on_gtid(struct mysql_stream *s, const struct rs_event *ev, struct rs_err *err)
{
	struct rs_event_gtid g;

	if (rs_event_read_gtid(ev, &g, err) != RS_OK)
		return RS_FAIL;
	s->has_gtid = g.gtid.gno != 0;
	s->gtid = g.gtid;
	s->last_committed = g.last_committed;
	s->sequence_number = g.sequence_number;
	return RS_AGAIN;
}

static enum rs_rc on_domain_gtid(struct mysql_stream *s, const struct rs_event *ev, struct rs_change **out,
                                 struct rs_err *err)
{
	struct rs_event_domain_gtid g;

	if (rs_event_read_domain_gtid(ev, &g, err) != RS_OK)
		return RS_FAIL;
	s->has_gtid = true;
	s->domain_gtid = g.gtid;
	s->standalone = (g.flags & RS_GT_STANDALONE) != 0;
	s->last_committed = s->sequence_number = g.has_commit_id ? (int64_t)g.commit_id : -1;
	if (s->standalone || g.flags & RS_GT_COMPLETED_XA)
		return RS_AGAIN;
	begin(s, ev, out);
	if (g.flags & RS_GT_PREPARED_XA)
		set_xid(*out, &g.xid);
	return RS_OK;
}

static bool is_text(struct rs_slice sql, const char *text)
{
	size_t n = strlen(text);

	return sql.len == n && strncasecmp(sql.bytes, text, n) == 0;
}

/* Statements come in the client's character set. */
static enum rs_rc statement_text(struct mysql_stream *s, const struct rs_event_query *q, struct rs_change *c,
                                 struct rs_err *err)
{
	const struct rs_collation *known =
		s->base.schema.collations ? rs_collations_find(s->base.schema.collations, q->charset_client) : NULL;
	const char *charset = known ? known->charset : "utf8mb4";
	struct rs_buf text = RS_BUF_INIT;
	enum rs_rc rc = RS_OK;

	if (rs_charset_is_utf8(charset) || strcmp(charset, "binary") == 0)
		rs_buf_add(&text, q->sql.bytes, q->sql.len);
	else if ((rc = rs_charset_open(&s->charset, charset, err)) == RS_OK) {
		rc = rs_charset_to_utf8(&s->charset, q->sql.bytes, q->sql.len, &text, err);
		rs_charset_close(&s->charset);
	}
	if (rc == RS_OK) {
		c->sql = rs_arena_copy(&c->arena, rs_buf_str(&text), text.len);
		c->sql_len = text.len;
		c->db = rs_arena_copy(&c->arena, q->db.bytes, q->db.len);
		c->bytes += text.len;
	}
	rs_buf_release(&text);
	return rc;
}

static bool is_savepoint(struct rs_slice sql)
{
	return starts_with(sql, "SAVEPOINT ") || starts_with(sql, "ROLLBACK TO ");
}

static enum rs_rc on_statement(struct mysql_stream *s, const struct rs_event *ev, const struct rs_event_query *q,
                               struct rs_change **out, struct rs_err *err)
{
	struct rs_change *c = item(s, RS_CHANGE_DDL, ev);
	enum rs_rc rc = statement_text(s, q, c, err);

	c->sql_mode = q->sql_mode;
	c->charset_client = q->charset_client;
	c->collation_connection = q->collation_connection;
	c->collation_server = q->collation_server;
	c->ddl_no_foreign_keys = q->no_foreign_keys;
	c->microseconds = q->microseconds;
	if (q->time_zone.len > 0)
		c->time_zone = rs_arena_copy(&c->arena, q->time_zone.bytes, q->time_zone.len);
	if (!s->in_transaction) {
		tell_own_gtid(s, c);
		count_gtid(s);
	}
	put_position(s, c);
	if (rc == RS_OK && s->base.schema.ddl != NULL)
		rc = s->base.schema.ddl(s->base.schema.arg, c, err);
	if (!is_savepoint(q->sql)) /* which may stand between a table's map and its rows */
		forget_tables(s);
	if (rc != RS_OK) {
		rs_change_free(c);
		return rc;
	}
	*out = c;
	return RS_OK;
}

/* MariaDB announces a long ALTER when it starts and again when it is done: only the end counts. */
static bool only_announced(const struct rs_event_query *q) { return (q->gtid_flags3 & RS_GTX_START_ALTER) != 0; }

static enum rs_rc on_query(struct mysql_stream *s, const struct rs_event *ev, struct rs_change **out, struct rs_err *err)
{
	struct rs_event_query q;

	if (rs_event_read_query(&s->format, ev, &s->scratch, &q, err) != RS_OK)
		return RS_FAIL;
	if (is_text(q.sql, "BEGIN"))
		return begin(s, ev, out);
	if (is_text(q.sql, "COMMIT"))
		return finish(s, RS_CHANGE_COMMIT, ev, out);
	if (is_text(q.sql, "ROLLBACK") && s->in_transaction)
		return finish(s, RS_CHANGE_ROLLBACK, ev, out);
	if (only_announced(&q)) {
		count_gtid(s);
		return RS_AGAIN;
	}
	if (starts_with(q.sql, "XA "))
		return on_xa_statement(s, ev, q.sql, out, err);
	return on_statement(s, ev, &q, out, err);
}

/* ---------------------------------------------------------------- rows */

static struct known_table *find_table(struct mysql_stream *s, uint64_t table_id)
{
	for (size_t i = 0; i < s->n_tables; i++)
		if (s->tables[i].table_id == table_id)
			return &s->tables[i];
	return NULL;
}

static enum rs_rc make_layout(struct mysql_stream *s, const struct rs_event *ev, struct rs_layout **out,
                              struct rs_err *err)
{
	struct rs_table_map map;

	*out = NULL;
	if (rs_table_map_read(&s->format, ev, &s->scratch, &map, err) != RS_OK)
		return RS_FAIL;
	const struct rs_table *t = s->base.schema.lookup(s->base.schema.arg, map.db, map.name);
	if (t == NULL)
		return RS_OK;
	enum rs_rc rc = rs_layout_new(out, &map, t, s->base.schema.collations, err);
	rs_table_unref(t);
	return rc;
}

static enum rs_rc on_table_map(struct mysql_stream *s, const struct rs_event *ev, struct rs_err *err)
{
	struct rs_table_map_id id;
	struct rs_layout *layout;

	if (rs_table_map_peek(&s->format, ev, &id, err) != RS_OK)
		return RS_FAIL;
	struct known_table *known = find_table(s, id.table_id);
	if (known != NULL && known->digest == id.digest)
		return RS_AGAIN;
	if (make_layout(s, ev, &layout, err) != RS_OK)
		return RS_FAIL;
	if (known == NULL) {
		RS_GROW(s->tables, s->n_tables, s->cap_tables);
		known = &s->tables[s->n_tables++];
	} else {
		rs_layout_free(known->layout);
	}
	*known = (struct known_table){id.table_id, id.digest, layout};
	return RS_AGAIN;
}

static enum rs_rc more_rows(struct mysql_stream *s, struct rs_change **out, struct rs_err *err)
{
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);
	enum rs_rc rc = rs_rows_next(&s->rows, c, ITEM_BYTES, err);

	if (rc == RS_OK) {
		*out = c;
		return RS_OK;
	}
	rs_change_free(c);
	s->rows_open = false;
	return rc == RS_EOF ? RS_AGAIN : rc;
}

static enum rs_rc on_rows(struct mysql_stream *s, const struct rs_event *ev, struct rs_change **out, struct rs_err *err)
{
	if (rs_rows_open(&s->rows, &s->format, ev, err) != RS_OK)
		return RS_FAIL;
	if (s->rows.dummy)
		return RS_AGAIN;
	struct known_table *known = find_table(s, s->rows.table_id);
	if (known == NULL)
		return rs_err_set(err, RS_E_EVENT_MALFORMED, _("rows of a table that the log did not introduce"));
	if (known->layout == NULL)
		return RS_AGAIN;
	if (rs_rows_bind(&s->rows, known->layout, err) != RS_OK)
		return RS_FAIL;
	s->rows_open = true;
	return more_rows(s, out, err);
}

/* ---------------------------------------------------------------- events */

static enum rs_rc on_incident(const struct rs_event *ev, struct rs_err *err)
{
	struct rs_event_incident incident;

	if (rs_event_read_incident(ev, &incident, err) != RS_OK)
		return RS_FAIL;
	rs_err_set(err, RS_E_BINLOG_INCIDENT, _("the source reports that its log lost changes"));
	rs_err_detail(err, "%.*s", (int)incident.message.len, incident.message.bytes);
	return rs_err_hint(err, _("what was changed there, the log does not tell: find out the cause in the source's error log, and "
	                          "synchronize the task anew"));
}

static enum rs_rc on_event(struct mysql_stream *s, const struct rs_event *ev, struct rs_change **out, struct rs_err *err)
{
	switch ((enum rs_event_kind)ev->kind) {
	case RS_EVK_ROTATE:
		return on_rotate(s, ev, err);
	case RS_EVK_GTID:
		return on_gtid(s, ev, err);
	case RS_EVK_DOMAIN_GTID:
		return on_domain_gtid(s, ev, out, err);
	case RS_EVK_QUERY:
		return on_query(s, ev, out, err);
	case RS_EVK_TABLE_MAP:
		return on_table_map(s, ev, err);
	case RS_EVK_ROWS:
		return on_rows(s, ev, out, err);
	case RS_EVK_XID:
		return finish(s, RS_CHANGE_COMMIT, ev, out);
	case RS_EVK_HEARTBEAT:
		return on_heartbeat(s, ev, out, err);
	case RS_EVK_XA_PREPARE:
		return on_xa_prepare(s, ev, out, err);
	case RS_EVK_INCIDENT:
		return on_incident(ev, err);
	case RS_EVK_PAYLOAD:
		s->payload_open = true;
		s->payload_end = s->offset;
		return rs_payload_open(s->payload, ev, err) == RS_OK ? RS_AGAIN : RS_FAIL;
	case RS_EVK_FRAGMENT: {
		struct rs_event whole;
		enum rs_rc rc = rs_fragments_add(&s->fragments, &s->format, ev, &whole, err);
		return rc == RS_OK ? on_rows(s, &whole, out, err) : rc;
	}
	case RS_EVK_FORMAT:
		forget_tables(s);
		return s->file == NULL || rs_mysql_log_head(&s->log, s->file, ev, &s->format, err) == RS_OK ? RS_AGAIN : RS_FAIL;
	case RS_EVK_PREVIOUS_GTIDS:
	case RS_EVK_GTID_LIST:
	case RS_EVK_STATEMENT: /* comes before a statement, which is judged by its own text */
	case RS_EVK_SKIP:
		return RS_AGAIN;
	}
	return RS_AGAIN;
}

static enum rs_rc go_live(struct mysql_stream *s, struct rs_err *err);

/* The event's own length moves the position; what the stream makes up itself is not in the file. */
static void advance(struct mysql_stream *s, const struct rs_packet *packet, const struct rs_event *ev)
{
	if (packet->placed) {
		s->offset = packet->end;
		return;
	}
	if (ev->flags & RS_EVF_ARTIFICIAL || ev->kind == RS_EVK_HEARTBEAT)
		return;
	if (ev->kind == RS_EVK_FORMAT && ev->next_pos == 0)
		return;
	s->log.moved = true;
	s->offset += ev->length;
	/* What the server left out still counts: the header has the last word, as far as its 32 bits go. */
	if (ev->next_pos != 0)
		s->offset = rs_binlog_offset(s->offset, ev->next_pos);
}

/* Global transaction ids and the values of variables come before what they belong to. */
static bool introduces(const struct rs_event *ev)
{
	return ev->kind == RS_EVK_GTID || ev->kind == RS_EVK_DOMAIN_GTID || ev->kind == RS_EVK_STATEMENT;
}

static enum rs_rc show(struct mysql_stream *s, const struct rs_event *ev, const struct rs_packet *packet, enum rs_rc rc,
                       struct rs_change **out, struct rs_err *err)
{
	if (s->tap == NULL || (rc != RS_OK && rc != RS_AGAIN) || s->tap->seen(s->tap, ev, packet, err) == RS_OK)
		return rc;
	rs_change_free(*out);
	*out = NULL;
	return RS_FAIL;
}

static enum rs_rc next_inside(struct mysql_stream *s, struct rs_change **out, struct rs_err *err)
{
	struct rs_event ev;
	enum rs_rc rc = rs_payload_next(s->payload, &s->format, &ev, err);

	if (rc == RS_OK)
		return on_event(s, &ev, out, err);
	s->payload_open = false;
	return show(s, NULL, NULL, rc == RS_EOF ? RS_AGAIN : rc, out, err);
}

/* What a server makes of a large offset: the first event that is in the file must begin there. */
static enum rs_rc prove(struct mysql_stream *s, const struct rs_event *ev, struct rs_err *err)
{
	struct rs_event_rotate to;
	bool right = (uint32_t)(ev->next_pos - ev->length) == (uint32_t)s->resumed.offset;

	if (ev->kind == RS_EVK_ROTATE && ev->flags & RS_EVF_ARTIFICIAL) {
		if (rs_event_read_rotate(ev, &to, err) != RS_OK)
			return RS_FAIL;
		right = to.file.len == strlen(s->resumed.file) && memcmp(to.file.bytes, s->resumed.file, to.file.len) == 0;
	} else if (ev->flags & RS_EVF_ARTIFICIAL || ev->next_pos == 0 || ev->kind == RS_EVK_HEARTBEAT ||
	           ev->kind == RS_EVK_FORMAT) {
		return RS_OK;
	} else {
		s->unproven = false;
	}
	if (right)
		return RS_OK;
	rs_err_set(err, RS_E_BINLOG_PURGED, _("the source does not send its log from a place beyond 4 GiB"));
	return rs_mysql_log_gone(err);
}

static enum rs_rc next_event(struct mysql_stream *s, struct rs_change **out, struct rs_err *err)
{
	struct rs_packet packet;
	struct rs_event ev;

	rs_arena_clear(&s->scratch);
	if (s->payload_open)
		return next_inside(s, out, err);
	enum rs_rc rc = s->feed->ops->next(s->feed, &packet, err);
	if (rc == RS_EOF)
		return go_live(s, err);
	if (rc != RS_OK)
		return rc;
	if (packet.placed && packet.file != NULL)
		enter_file(s, (struct rs_slice){packet.file, strlen(packet.file)}, packet.end);
	if (rs_event_parse(&s->format, packet.bytes, packet.len, &ev, err) != RS_OK)
		return RS_FAIL;
	if (s->unproven && prove(s, &ev, err) != RS_OK)
		return RS_FAIL;
	advance(s, &packet, &ev);
	s->introduced = introduces(&ev);
	return show(s, &ev, &packet, on_event(s, &ev, out, err), out, err);
}

static enum rs_rc where_it_failed(struct mysql_stream *s, enum rs_rc rc, struct rs_err *err)
{
	if (rc == RS_FAIL && s->file != NULL)
		rs_err_detail(err, "at %s:%llu of the source's log", s->file, (unsigned long long)s->offset);
	return rc;
}

static enum rs_rc stream_next(struct rs_stream *base, rs_usec timeout, struct rs_change **out, struct rs_err *err)
{
	struct mysql_stream *s = self(base);
	enum rs_rc rc = RS_AGAIN;

	(void)timeout; /* heartbeats bound the wait */
	*out = NULL;
	while (rc == RS_AGAIN)
		rc = s->rows_open ? more_rows(s, out, err) : next_event(s, out, err);
	return where_it_failed(s, rc, err);
}

static void stream_cancel(struct rs_stream *base)
{
	struct mysql_stream *s = self(base);

	pthread_mutex_lock(&s->lock);
	s->cancelled = true;
	s->feed->ops->cancel(s->feed);
	pthread_mutex_unlock(&s->lock);
	rs_my_cancel(&s->log.control);
}

static void stream_close(struct rs_stream *base)
{
	struct mysql_stream *s = self(base);

	s->feed->ops->close(s->feed);
	pthread_mutex_destroy(&s->lock);
	rs_mysql_log_release(&s->log);
	rs_position_clear(&s->resumed);
	rs_position_clear(&s->mixed);
	forget_tables(s);
	free(s->tables);
	free(s->file);
	rs_gtid_set_clear(&s->gtids);
	rs_domain_set_clear(&s->domains);
	rs_rows_release(&s->rows);
	rs_payload_free(s->payload);
	rs_fragments_release(&s->fragments);
	rs_arena_release(&s->scratch);
	free(s);
}

static const struct rs_stream_ops mysql_stream_ops = {
	.close = stream_close,
	.cancel = stream_cancel,
	.next = stream_next,
};

struct rs_stream *rs_mysql_stream_new(struct rs_mysql_source *source, struct rs_tap *tap)
{
	struct mysql_stream *s = rs_xcalloc(1, sizeof *s);

	pthread_mutex_init(&s->lock, NULL);
	s->tap = tap;

	s->base.ops = &mysql_stream_ops;
	s->source = source;
	s->feed = rs_mysql_dump_new(source);
	s->mariadb = source->my.flavor == RS_MY_MARIADB;
	s->last_committed = s->sequence_number = -1;
	rs_binlog_format_init(&s->format);
	rs_rows_init(&s->rows, MAX_EVENT);
	rs_fragments_init(&s->fragments, MAX_EVENT);
	s->payload = rs_payload_new(MAX_EVENT);
	rs_arena_init(&s->scratch, 0);
	return &s->base;
}

/* A dump begins with the head of its file, so that whoever has a stream knows that its log is the right one. */
static enum rs_rc read_head(struct mysql_stream *s, struct rs_err *err)
{
	struct rs_change *none = NULL;
	enum rs_rc rc = RS_AGAIN;

	while (rc == RS_AGAIN && s->log.now == NULL)
		rc = next_event(s, &none, err);
	if (rc == RS_OK)
		rs_change_free(none);
	return where_it_failed(s, rc == RS_AGAIN ? RS_OK : rc, err);
}

enum rs_rc rs_mysql_stream_start(struct rs_stream *base, const struct rs_position *from, struct rs_err *err)
{
	struct mysql_stream *s = self(base);
	enum rs_rc rc = stand_at(s, from, err);

	if (rc == RS_OK)
		rc = rs_mysql_dump_start(s->feed, from, err);
	return rc == RS_OK ? read_head(s, err) : rc;
}

bool rs_mysql_stream_is_between(const struct rs_stream *base)
{
	const struct mysql_stream *s = (const struct mysql_stream *)base;

	return !s->in_transaction && !s->has_gtid && !s->introduced && !s->payload_open && s->log.now != NULL;
}

void rs_mysql_stream_position(struct rs_stream *base, struct rs_position *out)
{
	tell_position(self(base), out);
}

uint64_t rs_mysql_stream_offset(const struct rs_stream *base) { return ((const struct mysql_stream *)base)->offset; }

enum rs_rc rs_mysql_stream_head(struct rs_mysql_source *source, const char *file, char **out, struct rs_err *err)
{
	struct rs_position head = RS_POSITION_INIT;
	struct rs_stream *s = rs_mysql_stream_new(source, NULL);

	rs_position_set_file(&head, file, 4);
	enum rs_rc rc = rs_mysql_stream_start(s, &head, err);
	rs_position_clear(&head);
	if (rc == RS_OK)
		*out = rs_xstrdup(self(s)->log.now);
	stream_close(s);
	return rc;
}

/* ---------------------------------------------------------------- which log it is */

static enum rs_rc check_file(struct rs_mysql_source *source, const char *log, struct rs_err *err)
{
	char *file = rs_mysql_log_file(log), *found = NULL;
	enum rs_rc rc = rs_mysql_stream_head(source, file, &found, err);

	if (rc == RS_OK)
		rc = rs_mysql_log_compare(log, found, err);
	free(file);
	free(found);
	return rc;
}

/* A dump from a file's position compares the file as it begins; one from GTIDs may begin in any. */
static enum rs_rc check_log(struct rs_mysql_source *source, const struct rs_position *from, struct rs_err *err)
{
	if (from->log == NULL)
		return from->gtid != NULL ? rs_mysql_log_check_gtids(&source->my, from->gtid, err) : RS_OK;
	return rs_mysql_dump_in_file(source, from) ? RS_OK : check_file(source, from->log, err);
}

/* ---------------------------------------------------------------- the relay, and what comes after it */

static void change_feed(struct mysql_stream *s, struct rs_feed *feed)
{
	struct rs_feed *before = s->feed;

	pthread_mutex_lock(&s->lock);
	s->feed = feed;
	if (s->cancelled)
		feed->ops->cancel(feed);
	pthread_mutex_unlock(&s->lock);
	before->ops->close(before);
}

/* The relay is at its end: the source has the rest. */
static enum rs_rc go_live(struct mysql_stream *s, struct rs_err *err)
{
	struct rs_position here = RS_POSITION_INIT;

	tell_position(s, &here);
	change_feed(s, rs_mysql_dump_new(s->source));
	rs_step("relay-read");
	free(s->log.expected);
	s->log.expected = rs_xstrdup(here.log);
	enum rs_rc rc = check_log(s->source, &here, err);
	if (rc == RS_OK)
		rc = rs_mysql_dump_start(s->feed, &here, err);
	rs_position_clear(&here);
	rs_step("relay-left");
	return rc == RS_OK ? RS_AGAIN : rc;
}

/* The source must have the log from the relay's end on, else there is no need to begin; and it must be the same log. */
static enum rs_rc check_relay(struct rs_mysql_source *source, struct rs_err *err)
{
	struct rs_position end = RS_POSITION_INIT;
	enum rs_rc rc = RS_OK;

	if (rs_relay_end(source->base.relay, &end))
		rc = check_file(source, end.log, err);
	rs_position_clear(&end);
	return rc;
}

/* RS_AGAIN: the relay does not hold it. */
static enum rs_rc start_in_relay(struct rs_stream *base, const struct rs_position *from, struct rs_err *err)
{
	struct mysql_stream *s = self(base);
	struct rs_relay *relay = s->source->base.relay;
	struct rs_feed *feed = relay ? rs_mysql_relay_feed(relay, from) : NULL;

	if (feed == NULL)
		return RS_AGAIN;
	change_feed(s, feed);
	enum rs_rc rc = check_relay(s->source, err);
	if (rc == RS_OK)
		rc = stand_at(s, from, err);
	return rc == RS_OK ? read_head(s, err) : rc;
}

enum rs_rc rs_mysql_stream_open(struct rs_mysql_source *source, const struct rs_position *from, struct rs_stream **out,
                                struct rs_err *err)
{
	struct rs_stream *s = rs_mysql_stream_new(source, NULL);
	enum rs_rc rc = start_in_relay(s, from, err);

	if (rc == RS_AGAIN)
		rc = check_log(source, from, err);
	if (rc == RS_OK && !self(s)->log.now)
		rc = rs_mysql_stream_start(s, from, err);
	if (rc == RS_OK)
		*out = s;
	else
		stream_close(s);
	if (rc == RS_FAIL && err != NULL && err->code == RS_E_BINLOG_PURGED)
		rs_mysql_log_tell_gone(source, from, err);
	return rc;
}
