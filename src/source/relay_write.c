/* The relay's writer: frames are gathered until there are enough for a block, or they are old enough. */
#include "source/relay_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/paths.h"

#define DUE_BYTES ((size_t)256 << 10)
#define DUE_AFTER RS_USEC_PER_SEC
#define SEGMENT_MAX ((uint64_t)64 << 20)
#define SEGMENT_MIN ((uint64_t)64 << 10)

/* ---------------------------------------------------------------- errors */

/* why: the system's error; 0: it was not tried. */
static enum rs_rc no_room(struct rs_relay *r, struct rs_err *err, int why)
{
	rs_monitor_enter(&r->monitor);
	r->full = true;
	rs_monitor_leave(&r->monitor);
	if (why != 0)
		rs_err_sys(err, RS_E_RELAY_FULL, why, _("the relay of the source's log is full"));
	else
		rs_err_set(err, RS_E_RELAY_FULL, _("the relay of the source's log is full"));
	rs_err_hint(err, _("what comes now is read from the source later, which must keep its log until then: make room in %s, "
	                   "or raise sync.relay_quota"), r->dir);
	err->retry = RS_RETRY_LATER;
	return RS_FAIL;
}

enum rs_rc rs_relay_no_room(struct rs_relay *r, struct rs_err *err) { return no_room(r, err, 0); }

static enum rs_rc failed(struct rs_relay *r, struct rs_err *err, const char *path, int why)
{
	if (why == ENOSPC || why == EDQUOT || why == EFBIG)
		return no_room(r, err, why);
	rs_err_sys(err, RS_E_RELAY, why, _("can't write %s"), path);
	err->retry = RS_RETRY_LATER;
	return RS_FAIL;
}

/* ---------------------------------------------------------------- beginning and ending */

static void cut_tail(struct rs_relay *r)
{
	struct rs_relay_segment *last = rs_relay_last(r);

	if (last != NULL && last->size > last->committed)
		rs_relay_cut(r, r->n - 1);
}

enum rs_rc rs_relay_write(struct rs_relay *r, void (*cancel)(void *arg), void *arg)
{
	rs_monitor_enter(&r->monitor);
	enum rs_rc rc = r->finishing || r->identity == NULL || r->writing ? RS_CANCELLED : RS_OK;
	if (rc == RS_OK) {
		cut_tail(r);
		r->writing = true;
		r->full = false;
		r->cancel = cancel;
		r->cancel_arg = arg;
	}
	rs_monitor_leave(&r->monitor);
	return rc;
}

void rs_relay_write_end(struct rs_relay *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	r->current = NULL;
	rs_buf_release(&r->raw);
	rs_buf_release(&r->block);
	rs_monitor_enter(&r->monitor);
	r->writing = false;
	rs_monitor_wake(&r->monitor);
	rs_monitor_leave(&r->monitor);
}

/* ---------------------------------------------------------------- blocks */

static bool fits(struct rs_relay *r, uint64_t bytes)
{
	rs_monitor_enter(&r->monitor);
	bool yes = r->bytes + bytes <= r->quota;
	rs_monitor_leave(&r->monitor);
	return yes && rs_relay_disk_has(r->dir, bytes);
}

/* What was written can be read; without a boundary only when more follows. */
static void wrote(struct rs_relay *r, struct rs_relay_segment *s, const struct rs_relay_block *b,
                  const struct rs_position *at)
{
	rs_monitor_enter(&r->monitor);
	s->size += r->block.len;
	r->bytes += r->block.len;
	s->blocks = true;
	if (b->boundary) {
		s->committed = s->size;
		s->end.offset = b->end;
		s->time = b->time;
		rs_position_set_gtid(&s->end, at->gtid);
	}
	rs_monitor_leave(&r->monitor);
	rs_buf_clear(&r->raw);
}

/* at: NULL: it ends in the midst of a transaction. */
static enum rs_rc write_block(struct rs_relay *r, const struct rs_position *at, int64_t time, struct rs_err *err)
{
	struct rs_relay_segment *s = r->current;
	struct rs_relay_block b = {.boundary = at != NULL};

	if (at != NULL) {
		b.end = at->offset;
		b.time = time;
		b.has_gtid = at->gtid != NULL;
		b.gtid = (struct rs_slice){at->gtid, at->gtid ? strlen(at->gtid) : 0};
	}
	rs_buf_clear(&r->block);
	rs_relay_block_make(s->number, &b, r->raw.data, r->raw.len, &r->block);
	if (!fits(r, r->block.len))
		return rs_relay_no_room(r, err);
	if (!rs_relay_write_at(r->fd, &r->block, s->size))
		return failed(r, err, s->path, errno);
	wrote(r, s, &b, at);
	return RS_OK;
}

/* ---------------------------------------------------------------- segments */

static enum rs_rc make_segment(struct rs_relay *r, struct rs_relay_segment *s, struct rs_err *err)
{
	s->path = rs_xprintf("%s/%020llu.relay", r->dir, (unsigned long long)s->number);
	s->task = rs_xstrdup(r->task);
	s->identity = rs_xstrdup(r->identity);
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	if (!fits(r, 0))
		return rs_relay_no_room(r, err);
	if (rs_paths_make(r->dir, err) != RS_OK) {
		err->code = RS_E_RELAY;
		err->retry = RS_RETRY_LATER;
		return RS_FAIL;
	}
	r->fd = rs_relay_segment_make(s);
	return r->fd >= 0 ? RS_OK : failed(r, err, s->path, errno);
}

static void after_last(struct rs_relay *r, struct rs_relay_segment *s)
{
	struct rs_buf follows = RS_BUF_INIT;

	rs_monitor_enter(&r->monitor);
	const struct rs_relay_segment *last = rs_relay_last(r);
	if (last != NULL) {
		s->number = last->number + 1;
		rs_position_text(&last->end, &follows);
	}
	rs_monitor_leave(&r->monitor);
	s->follows = rs_buf_take(&follows);
}

/* What was written to the one before can be read now, whatever it ends with. */
static enum rs_rc add_segment(struct rs_relay *r, struct rs_relay_segment *s, struct rs_err *err)
{
	after_last(r, s);
	enum rs_rc rc = make_segment(r, s, err);
	if (rc != RS_OK) {
		rs_relay_segment_free(s);
		free(s);
		return rc;
	}
	rs_monitor_enter(&r->monitor);
	if (rs_relay_last(r) != NULL)
		rs_relay_last(r)->committed = rs_relay_last(r)->size;
	rs_relay_add(r, s);
	r->current = s;
	rs_monitor_leave(&r->monitor);
	return RS_OK;
}

/* Whether the last segment begins so and got nothing yet: a source that is connected to again and again does not fill the
 * disk with heads. */
static bool is_begun(struct rs_relay *r, const struct rs_relay_segment *s)
{
	rs_monitor_enter(&r->monitor);
	struct rs_relay_segment *last = rs_relay_last(r);
	bool yes = last != NULL && !last->blocks && rs_position_compare(&last->start, &s->start) == 0 &&
	           strcmp(last->start.log, s->start.log) == 0 && last->format.len == s->format.len &&
	           memcmp(last->format.data, s->format.data, s->format.len) == 0;
	int fd = yes ? open(last->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;
	if (fd >= 0) {
		if (r->fd >= 0)
			close(r->fd);
		r->fd = fd;
		r->current = last;
	}
	rs_monitor_leave(&r->monitor);
	return fd >= 0;
}

/* A dump that began by GTIDs begins before what it brings. */
static enum rs_rc place(struct rs_relay *r, const struct rs_position *at, struct rs_position *start, struct rs_err *err)
{
	struct rs_position end = RS_POSITION_INIT;
	enum rs_rc rc = RS_OK;

	rs_position_copy(start, at);
	if (rs_relay_end(r, &end) && rs_position_compare(start, &end) < 0) {
		if (strcmp(start->file, end.file) == 0)
			start->offset = end.offset;
		else
			rc = rs_err_set(err, RS_E_RELAY, _("the source's log went back while it was read"));
	}
	rs_position_clear(&end);
	return rc;
}

enum rs_rc rs_relay_put_head(struct rs_relay *r, const struct rs_position *at, const void *bytes, size_t len,
                             struct rs_err *err)
{
	enum rs_rc rc = r->fd >= 0 && r->raw.len > 0 ? write_block(r, NULL, 0, err) : RS_OK;
	struct rs_relay_segment *s;

	if (rc != RS_OK)
		return rc;
	s = rs_xcalloc(1, sizeof *s);
	s->format = (struct rs_buf)RS_BUF_INIT;
	rs_buf_add(&s->format, bytes, len);
	rc = place(r, at, &s->start, err);
	if (rc == RS_OK && !is_begun(r, s))
		return add_segment(r, s, err);
	rs_relay_segment_free(s);
	free(s);
	return rc;
}

/* The same file of the log goes on in another segment. */
static enum rs_rc roll(struct rs_relay *r, struct rs_err *err)
{
	const struct rs_relay_segment *last = r->current;
	struct rs_relay_segment *s = rs_xcalloc(1, sizeof *s);

	s->format = (struct rs_buf)RS_BUF_INIT;
	rs_buf_add(&s->format, last->format.data, last->format.len);
	rs_position_copy(&s->start, &last->end);
	return add_segment(r, s, err);
}

static uint64_t segment_max(struct rs_relay *r)
{
	rs_monitor_enter(&r->monitor);
	uint64_t max = r->quota / 8;
	rs_monitor_leave(&r->monitor);
	return max < SEGMENT_MIN ? SEGMENT_MIN : max > SEGMENT_MAX ? SEGMENT_MAX : max;
}

/* ---------------------------------------------------------------- frames */

static enum rs_rc add(struct rs_relay *r, const void *bytes, size_t len, struct rs_err *err)
{
	const char *p = bytes;
	enum rs_rc rc = RS_OK;

	while (rc == RS_OK && len > 0) {
		size_t n = RS_RELAY_RAW - r->raw.len < len ? RS_RELAY_RAW - r->raw.len : len;
		rs_buf_add(&r->raw, p, n);
		p += n;
		len -= n;
		if (r->raw.len == RS_RELAY_RAW)
			rc = write_block(r, NULL, 0, err);
	}
	return rc;
}

enum rs_rc rs_relay_put(struct rs_relay *r, const void *bytes, size_t len, uint64_t end, struct rs_err *err)
{
	const struct rs_relay_segment *s = r->current;
	uint8_t frame[RS_RELAY_FRAME];
	enum rs_rc rc = RS_OK;

	if (r->raw.len == 0) {
		r->put_at = rs_clock_mono();
		if (s->size == s->committed && s->size >= segment_max(r))
			rc = roll(r, err);
	}
	for (size_t i = 0; i < 4; i++)
		frame[i] = (uint8_t)(len >> 8 * i);
	for (size_t i = 0; i < 8; i++)
		frame[4 + i] = (uint8_t)(end >> 8 * i);
	if (rc == RS_OK)
		rc = add(r, frame, sizeof frame, err);
	return rc == RS_OK ? add(r, bytes, len, err) : rc;
}

bool rs_relay_is_due(const struct rs_relay *r)
{
	return r->raw.len >= DUE_BYTES || (r->raw.len > 0 && rs_clock_mono() - r->put_at >= DUE_AFTER);
}

enum rs_rc rs_relay_commit(struct rs_relay *r, const struct rs_position *at, int64_t time, struct rs_err *err)
{
	bool pending = r->fd >= 0 && (r->raw.len > 0 || r->current->size > r->current->committed);

	return pending ? write_block(r, at, time, err) : RS_OK;
}
