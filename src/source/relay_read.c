/* The relay's reader: from a place between two transactions on, segment after segment, while the writer goes on. */
#include "source/relay_priv.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/gtid.h"

#define PACKET_MAX ((size_t)1 << 30) /* the protocol's own limit */

struct rs_relay_reader {
	struct rs_relay *r;
	uint64_t number, serial;       /* of the segment */
	int fd;                        /* of it */
	uint64_t at, limit;            /* the next block; what can be read of the file */
	struct rs_position start;      /* of the segment */
	struct rs_buf head;            /* of it, to be handed out first; empty: it was */
	uint64_t skip;                 /* what ends here or before is not wanted */
	struct rs_buf raw;             /* the block that is being read, and how far it was */
	size_t used;
	struct rs_buf packet;          /* of more than one block */
	struct rs_buf scratch;
};

/* ---------------------------------------------------------------- where a position is */

static const char *after_name(const char *log) { return strrchr(log, ' '); }

/* Whether two texts of a log's files speak of two files of one name. */
static bool contradict(const char *a, const char *b)
{
	const char *x = after_name(a), *y = after_name(b);

	return x != NULL && y != NULL && x - a == y - b && strncmp(a, b, (size_t)(x - a)) == 0 && strcmp(a, b) != 0;
}

static bool starts_before(const struct rs_relay_segment *s, const struct rs_position *from, bool first)
{
	return strcmp(s->start.file, from->file) == 0 && (s->start.offset <= from->offset || (first && from->offset <= 4));
}

/* The last segment that begins there or before. Behind its last boundary is the rest of a file of the log, where another
 * segment follows it; else nothing. */
static bool find_file(const struct rs_relay *r, const struct rs_position *from, size_t *found)
{
	bool any = false;

	for (size_t i = 0; i < r->n; i++) {
		if (!starts_before(r->segments[i], from, !any))
			continue;
		*found = i;
		any = true;
	}
	return any && (*found + 1 < r->n || from->offset <= r->segments[*found]->end.offset);
}

/* A position without a place is where the relay begins that was begun with the same set. What the server passed over then
 * lies behind the place of the first head, which is no place to go on from before something came. */
static bool begins_with(const struct rs_relay *r, const char *gtid)
{
	const struct rs_position *start = r->n > 0 ? &r->segments[0]->start : NULL;

	return start != NULL && gtid != NULL && start->gtid != NULL && rs_gtid_set_texts_equal(start->gtid, gtid) &&
	       rs_position_compare(start, &r->segments[r->n - 1]->end) < 0;
}

static bool find(const struct rs_relay *r, const struct rs_position *from, size_t *found)
{
	if (from->log == NULL)
		return false; /* it can't be told whether it is the same log */
	for (size_t i = 0; i < r->n; i++)
		if (contradict(r->segments[i]->start.log, from->log))
			return false;
	*found = 0;
	return from->file != NULL ? find_file(r, from, found) : begins_with(r, from->gtid);
}

bool rs_relay_covers(struct rs_relay *r, const struct rs_position *from)
{
	size_t i;

	rs_monitor_enter(&r->monitor);
	bool yes = find(r, from, &i);
	rs_monitor_leave(&r->monitor);
	return yes;
}

/* ---------------------------------------------------------------- segments */

/* In the monitor. False: the file is gone or not what it was. */
static bool enter(struct rs_relay_reader *reader, const struct rs_relay_segment *s)
{
	struct rs_relay_segment now;

	if (reader->fd >= 0)
		close(reader->fd);
	reader->fd = rs_relay_segment_open(s->path, &now);
	bool good = reader->fd >= 0 && now.number == s->number && strcmp(now.start.log, s->start.log) == 0;
	reader->number = s->number;
	reader->serial = s->serial;
	reader->at = now.committed;
	reader->limit = s->committed;
	reader->skip = 0;
	rs_position_copy(&reader->start, &s->start);
	rs_buf_clear(&reader->head);
	rs_buf_add(&reader->head, now.format.data, now.format.len);
	rs_buf_clear(&reader->raw);
	reader->used = 0;
	rs_relay_segment_free(&now);
	return good;
}

/* In the monitor: over blocks that end where nothing behind them is left out. */
static void pass_over(struct rs_relay_reader *reader, uint64_t offset)
{
	struct rs_relay_block b;
	uint64_t at = reader->at;

	while (rs_relay_block_read(reader->fd, reader->number, at, reader->limit, &reader->scratch, &b)) {
		at = b.next;
		if (b.boundary && b.end > offset)
			break;
		if (b.boundary)
			reader->at = at;
	}
}

struct rs_relay_reader *rs_relay_read(struct rs_relay *r, const struct rs_position *from)
{
	struct rs_relay_reader *reader = rs_xcalloc(1, sizeof *reader);
	size_t i;

	reader->r = r;
	reader->fd = -1;
	reader->head = reader->raw = reader->packet = reader->scratch = (struct rs_buf)RS_BUF_INIT;
	rs_buf_init(&reader->packet, PACKET_MAX);
	rs_monitor_enter(&r->monitor);
	bool good = find(r, from, &i) && enter(reader, r->segments[i]);
	if (good && from->file != NULL && strcmp(reader->start.file, from->file) == 0 && from->offset > reader->start.offset) {
		reader->skip = from->offset;
		pass_over(reader, from->offset);
	}
	rs_monitor_leave(&r->monitor);
	if (good)
		return reader;
	rs_relay_read_end(reader);
	return NULL;
}

void rs_relay_read_end(struct rs_relay_reader *reader)
{
	if (reader == NULL)
		return;
	if (reader->fd >= 0)
		close(reader->fd);
	rs_position_clear(&reader->start);
	rs_buf_release(&reader->head);
	rs_buf_release(&reader->raw);
	rs_buf_release(&reader->packet);
	rs_buf_release(&reader->scratch);
	free(reader);
}

/* ---------------------------------------------------------------- damage */

/* What is behind it can't be used: it is read from the source again, from the last boundary before. */
static enum rs_rc damaged(struct rs_relay_reader *reader, struct rs_err *err)
{
	struct rs_relay *r = reader->r;

	rs_relay_finish(r);
	rs_err_set(err, RS_E_RELAY, _("the relay of the source's log is damaged: what follows is read from the source again"));
	rs_err_detail(err, _("%s, segment %llu, byte %llu"), r->dir, (unsigned long long)reader->number,
	              (unsigned long long)reader->at);
	err->retry = RS_RETRY_RECONNECT;
	rs_monitor_enter(&r->monitor);
	for (size_t i = 0; i < r->n; i++)
		if (r->segments[i]->serial == reader->serial)
			rs_relay_cut(r, i);
	rs_monitor_leave(&r->monitor);
	return RS_FAIL;
}

/* ---------------------------------------------------------------- bytes */

/* In the monitor. The reader's segment, or the one after it, whether that was passed meanwhile or not; NULL: there is neither. */
static const struct rs_relay_segment *find_next(const struct rs_relay_reader *reader)
{
	const struct rs_relay *r = reader->r;

	for (size_t i = 0; i < r->n; i++) {
		const struct rs_relay_segment *s = r->segments[i];
		if (s->serial == reader->serial + 1 || (s->serial == reader->serial && s->committed > reader->limit))
			return s;
		if (s->serial == reader->serial)
			return i + 1 < r->n ? r->segments[i + 1] : NULL;
	}
	return NULL;
}

/* More of the segment, or the next one. RS_EOF: there is no more now, or the relay was emptied meanwhile, and holds something
 * else. */
static enum rs_rc go_on(struct rs_relay_reader *reader, struct rs_err *err)
{
	bool good = true;

	rs_monitor_enter(&reader->r->monitor);
	const struct rs_relay_segment *s = find_next(reader);
	enum rs_rc rc = s != NULL ? RS_OK : RS_EOF;
	if (s != NULL && s->serial == reader->serial)
		reader->limit = s->committed;
	else if (s != NULL)
		good = enter(reader, s);
	rs_monitor_leave(&reader->r->monitor);
	return good ? rc : damaged(reader, err);
}

/* The next block of the segment. RS_EOF: what can be read of it was. */
static enum rs_rc next_block(struct rs_relay_reader *reader, struct rs_err *err)
{
	struct rs_relay_block b;

	if (reader->at >= reader->limit)
		return RS_EOF;
	if (!rs_relay_block_read(reader->fd, reader->number, reader->at, reader->limit, &reader->scratch, &b) ||
	    !rs_relay_block_unpack(reader->fd, reader->number, &b, &reader->scratch, &reader->raw))
		return damaged(reader, err);
	reader->at = b.next;
	reader->used = 0;
	return RS_OK;
}

static size_t left(const struct rs_relay_reader *reader) { return reader->raw.len - reader->used; }

/* n bytes of the frame that has begun: where they stand in the block, or put together in packet. */
static enum rs_rc take(struct rs_relay_reader *reader, size_t n, const uint8_t **bytes, struct rs_err *err)
{
	if (left(reader) >= n) {
		*bytes = (const uint8_t *)reader->raw.data + reader->used;
		reader->used += n;
		return RS_OK;
	}
	rs_buf_clear(&reader->packet);
	while (reader->packet.len < n) {
		size_t some = left(reader) < n - reader->packet.len ? left(reader) : n - reader->packet.len;
		if (rs_buf_add(&reader->packet, reader->raw.data + reader->used, some) != RS_OK)
			return damaged(reader, err);
		reader->used += some;
		enum rs_rc rc = reader->packet.len < n ? next_block(reader, err) : RS_OK;
		if (rc != RS_OK)
			return rc == RS_EOF ? damaged(reader, err) : rc;
	}
	*bytes = (const uint8_t *)reader->packet.data;
	return RS_OK;
}

/* ---------------------------------------------------------------- packets */

static void take_head(struct rs_relay_reader *reader, struct rs_relay_packet *out)
{
	rs_buf_clear(&reader->packet);
	rs_buf_add(&reader->packet, reader->head.data, reader->head.len);
	rs_buf_clear(&reader->head);
	*out = (struct rs_relay_packet){.bytes = reader->packet.data,
	                                .len = reader->packet.len,
	                                .file = reader->start.file,
	                                .end = reader->skip > 0 ? reader->skip : reader->start.offset};
}

static enum rs_rc take_frame(struct rs_relay_reader *reader, struct rs_relay_packet *out, struct rs_err *err)
{
	const uint8_t *bytes;
	enum rs_rc rc = take(reader, RS_RELAY_FRAME, &bytes, err);

	if (rc != RS_OK)
		return rc;
	out->len = rs_le4(bytes);
	out->end = rs_le8(bytes + 4);
	out->file = NULL;
	rc = take(reader, out->len, &bytes, err);
	out->bytes = bytes;
	return rc;
}

enum rs_rc rs_relay_next(struct rs_relay_reader *reader, struct rs_relay_packet *out, struct rs_err *err)
{
	for (;;) {
		enum rs_rc rc = RS_OK;

		if (reader->head.len > 0) {
			take_head(reader, out);
			return RS_OK;
		}
		if (left(reader) > 0) {
			rc = take_frame(reader, out, err);
			if (rc != RS_OK || out->end > reader->skip)
				return rc;
			continue;
		}
		bool over = rs_relay_is_over(reader->r);
		rc = next_block(reader, err);
		if (rc == RS_EOF)
			rc = go_on(reader, err);
		if (rc == RS_EOF && !over)
			rs_relay_finish(reader->r);
		else if (rc != RS_OK)
			return rc;
	}
}
