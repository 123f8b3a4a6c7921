/* Following a MySQL-family binary log, with decoders of our own on the packets of the replication protocol (the
 * connector's replication calls lose the stream at the first rotation). One thread; see source.h. */
#include "source/mysql_stream_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "source/relay.h"

#define MAX_EVENT ((size_t)1 << 30) /* the protocol's own limit */
#define ITEM_BYTES ((size_t)1 << 20)

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
	if (!s->mariadb)
		return rs_gtid_set_parse(&s->gtids, from->gtid, err);
	enum rs_rc rc = rs_domain_set_parse(&s->domains, from->gtid, err);
	rs_domain_set_copy(&s->before, &s->domains);
	return rc;
}

void rs_mysql_stream_forget_tables(struct mysql_stream *s)
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

/* A position without a file or a log is known by that as a set of another server's (stand_at), also after a crash. */
static void tell_position(struct mysql_stream *s, struct rs_position *out)
{
	if (tells_place(s))
		rs_position_set_file(out, s->file, s->offset);
	if (s->mixed.file == NULL)
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

void rs_mysql_stream_put_position(struct mysql_stream *s, struct rs_change *c) { tell_position(s, &c->position); }

struct rs_change *rs_mysql_stream_item(struct mysql_stream *s, enum rs_change_kind kind, const struct rs_event *ev)
{
	struct rs_change *c = rs_change_make(&s->region, kind);

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
	rs_mysql_stream_forget_tables(s);
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
	*out = rs_mysql_stream_item(s, RS_CHANGE_HEARTBEAT, ev);
	(*out)->timestamp = 0;
	rs_mysql_stream_put_position(s, *out);
	const struct rs_position here = {.file = s->file, .offset = s->offset};
	enum rs_rc rc = rs_mysql_log_quiet(&s->log, s->source, &here, err);
	if (rc != RS_OK) {
		rs_change_free(*out);
		*out = NULL;
	}
	return rc;
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
	struct rs_change *c = rs_change_make(&s->region, RS_CHANGE_ROWS);
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
		return rs_mysql_on_gtid(s, ev, err);
	case RS_EVK_DOMAIN_GTID:
		return rs_mysql_on_domain_gtid(s, ev, out, err);
	case RS_EVK_QUERY:
		return rs_mysql_on_query(s, ev, out, err);
	case RS_EVK_TABLE_MAP:
		return on_table_map(s, ev, err);
	case RS_EVK_ROWS:
		return on_rows(s, ev, out, err);
	case RS_EVK_XID:
		return rs_mysql_on_xid(s, ev, out);
	case RS_EVK_HEARTBEAT:
		return on_heartbeat(s, ev, out, err);
	case RS_EVK_XA_PREPARE:
		return rs_mysql_on_xa_prepare(s, ev, out, err);
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
		rs_mysql_stream_forget_tables(s);
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
	const struct rs_position here = {.file = s->file, .offset = s->offset};
	char place[RS_POSITION_SHOWN];

	if (rc == RS_FAIL && s->file != NULL)
		rs_err_detail(err, _("at %s of the source's log"), rs_position_show(&here, place));
	return rc;
}

static bool has_more(struct mysql_stream *s, rs_usec timeout)
{
	return timeout < 0 || s->rows_open || s->payload_open || s->feed->ops->has_more == NULL ||
	       s->feed->ops->has_more(s->feed, timeout, s->base.wake_fd);
}

static enum rs_rc stream_next(struct rs_stream *base, rs_usec timeout, struct rs_change **out, struct rs_err *err)
{
	struct mysql_stream *s = self(base);
	enum rs_rc rc = RS_AGAIN;

	*out = NULL;
	while (rc == RS_AGAIN) {
		if (!has_more(s, timeout))
			return RS_AGAIN;
		rc = s->rows_open ? more_rows(s, out, err) : next_event(s, out, err);
	}
	if (*out)
		rs_change_made(*out);
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
	rs_mysql_stream_forget_tables(s);
	free(s->tables);
	free(s->file);
	rs_gtid_set_clear(&s->gtids);
	rs_domain_set_clear(&s->domains);
	rs_domain_set_clear(&s->before);
	rs_rows_release(&s->rows);
	rs_payload_free(s->payload);
	rs_fragments_release(&s->fragments);
	rs_arena_release(&s->scratch);
	rs_region_release(&s->region);
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
	s->base.wake_fd = -1;
	s->base.tells = rs_my_tells(&source->my);
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

	rs_mysql_dump_look(self(s)->feed);
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
