/* Between the relay and the log: a stream that fills a relay with the packets that it reads, and a feed that gives them
 * back. */
#include "source/mysql_feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include "base/fault.h"
#include "base/mem.h"
#include "source/relay.h"

/* ---------------------------------------------------------------- reading */

struct relay_feed {
	struct rs_feed base;
	struct rs_relay_reader *reader;
	atomic_bool cancelled;
};

static enum rs_rc feed_next(struct rs_feed *base, struct rs_packet *out, struct rs_err *err)
{
	struct relay_feed *f = (struct relay_feed *)base;
	struct rs_relay_packet p;

	if (atomic_load(&f->cancelled))
		return RS_CANCELLED;
	enum rs_rc rc = rs_relay_next(f->reader, &p, err);
	if (rc == RS_OK)
		*out = (struct rs_packet){.bytes = p.bytes, .len = p.len, .placed = true, .end = p.end, .file = p.file};
	rs_step("relay-packet");
	return rc;
}

static void feed_cancel(struct rs_feed *base) { atomic_store(&((struct relay_feed *)base)->cancelled, true); }

static void feed_close(struct rs_feed *base)
{
	rs_relay_read_end(((struct relay_feed *)base)->reader);
	free(base);
}

static const struct rs_feed_ops feed_ops = {
	.close = feed_close,
	.cancel = feed_cancel,
	.next = feed_next,
};

struct rs_feed *rs_mysql_relay_feed(struct rs_relay *relay, const struct rs_position *from)
{
	struct rs_relay_reader *reader = rs_relay_read(relay, from);

	if (reader == NULL)
		return NULL;
	struct relay_feed *f = rs_xcalloc(1, sizeof *f);
	f->base.ops = &feed_ops;
	f->reader = reader;
	return &f->base;
}

/* ---------------------------------------------------------------- writing */

struct spool {
	struct rs_stream base;
	struct rs_tap tap;
	struct rs_stream *stream;
	struct rs_relay *relay;
	bool writing;
	bool whole;                  /* all that was read was put */
	bool passing;                /* nothing came yet behind what the server passes over, as it is in the set that it was asked with */
	int64_t time;                /* of the newest event */
};

static struct spool *self(struct rs_stream *s) { return (struct spool *)s; }

static enum rs_rc commit(struct spool *w, struct rs_err *err)
{
	struct rs_position at = RS_POSITION_INIT;

	rs_mysql_stream_position(w->stream, &at);
	enum rs_rc rc = rs_relay_commit(w->relay, &at, w->time, err);
	rs_position_clear(&at);
	rs_step("relay-written");
	return rc;
}

static enum rs_rc put_head(struct spool *w, const struct rs_packet *packet, struct rs_err *err)
{
	struct rs_position at = RS_POSITION_INIT;

	rs_mysql_stream_position(w->stream, &at);
	enum rs_rc rc = rs_relay_put_head(w->relay, &at, packet->bytes, packet->len, err);
	rs_position_clear(&at);
	rs_step("relay-head");
	return rc;
}

/* Not what the server makes up for the stream: where files begin is known from their heads. Nor what is in a file before all that
 * the server passes over: that would be a place to go on from, and what was passed over came again. */
static bool is_kept(const struct spool *w, const struct rs_event *ev)
{
	switch ((enum rs_event_kind)ev->kind) {
	case RS_EVK_ROTATE:
	case RS_EVK_HEARTBEAT:
		return false;
	case RS_EVK_PREVIOUS_GTIDS:
		return !w->passing;
	default:
		return true;
	}
}

static enum rs_rc put(struct spool *w, const struct rs_event *ev, const struct rs_packet *packet, struct rs_err *err)
{
	if (ev->kind == RS_EVK_FORMAT)
		return put_head(w, packet, err);
	if (!is_kept(w, ev))
		return RS_OK;
	w->passing = false;
	w->time = ev->timestamp;
	return rs_relay_put(w->relay, packet->bytes, packet->len, rs_mysql_stream_offset(w->stream), err);
}

static enum rs_rc seen(struct rs_tap *tap, const struct rs_event *ev, const struct rs_packet *packet, struct rs_err *err)
{
	struct spool *w = (struct spool *)((char *)tap - offsetof(struct spool, tap));
	enum rs_rc rc = ev != NULL ? put(w, ev, packet, err) : RS_OK;

	if (rc == RS_OK && rs_relay_is_due(w->relay) && rs_mysql_stream_is_between(w->stream))
		rc = commit(w, err);
	return rc;
}

static enum rs_rc spool_next(struct rs_stream *base, rs_usec timeout, struct rs_change **out, struct rs_err *err)
{
	struct spool *w = self(base);
	enum rs_rc rc = w->stream->ops->next(w->stream, timeout, out, err);

	w->whole = rc == RS_CANCELLED;
	return rc;
}

static void spool_cancel(struct rs_stream *base) { self(base)->stream->ops->cancel(self(base)->stream); }

static void cancel_spool(void *arg) { spool_cancel(arg); }

/* What is whole is kept when it is only to end. */
static void spool_close(struct rs_stream *base)
{
	struct spool *w = self(base);
	struct rs_err err = RS_ERR_INIT;

	if (w->whole && rs_mysql_stream_is_between(w->stream) && commit(w, &err) != RS_OK)
		rs_err_clear(&err);
	if (w->writing)
		rs_relay_write_end(w->relay);
	w->stream->ops->close(w->stream);
	free(w);
}

static const struct rs_stream_ops spool_ops = {
	.close = spool_close,
	.cancel = spool_cancel,
	.next = spool_next,
};

static const struct rs_table *no_table(void *arg, const char *db, const char *table)
{
	(void)arg;
	(void)db;
	(void)table;
	return NULL;
}

/* A server ends the dump of whoever reads under the id of another one that comes. */
static void take_other_id(struct rs_mysql_source *source)
{
	uint64_t id = rs_mysql_source_take_id(source, 1);

	snprintf(source->replica_uuid, 9, "%08x", (unsigned)(id >> 32));
	source->replica_uuid[8] = '-';
}

static enum rs_rc start(struct spool *w, const struct rs_position *from, struct rs_err *err)
{
	struct rs_position at = RS_POSITION_INIT;
	bool begun = from->file != NULL || rs_relay_covers(w->relay, from);

	if (!begun || !rs_relay_end(w->relay, &at))
		rs_position_copy(&at, from);
	w->passing = at.file == NULL;
	enum rs_rc rc = rs_mysql_stream_start(w->stream, &at, err);
	rs_position_clear(&at);
	return rc;
}

enum rs_rc rs_mysql_spool_open(struct rs_mysql_source *source, const struct rs_position *from, struct rs_stream **out,
                               struct rs_err *err)
{
	struct spool *w = rs_xcalloc(1, sizeof *w);

	take_other_id(source);
	w->base.ops = &spool_ops;
	w->tap.seen = seen;
	w->relay = source->base.relay;
	w->stream = rs_mysql_stream_new(source, &w->tap);
	w->stream->schema = (struct rs_stream_schema){.lookup = no_table};
	enum rs_rc rc = rs_relay_write(w->relay, cancel_spool, w);
	w->writing = rc == RS_OK;
	if (rc == RS_OK)
		rc = start(w, from, err);
	if (rc == RS_OK)
		*out = &w->base;
	else
		spool_close(&w->base);
	return rc;
}
