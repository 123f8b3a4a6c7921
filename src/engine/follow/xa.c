#include "engine/follow/xa.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

#define ITEM_MAX ((size_t)UINT32_MAX)

/* ---------------------------------------------------------------- storing */

void rs_xa_abandon(struct rs_xa_writer *w)
{
	free(w->xid);
	rs_buf_release(&w->bytes);
	rs_body_tables_release(&w->tables);
	*w = (struct rs_xa_writer){0};
}

void rs_xa_open(struct rs_xa_writer *w, struct rs_applier *applier, const char *xid)
{
	rs_xa_abandon(w);
	w->applier = applier;
	w->xid = rs_xstrdup(xid);
	rs_buf_init(&w->bytes, ITEM_MAX);
}

static enum rs_rc put_piece(struct rs_xa_writer *w, const char *bytes, size_t len, struct rs_err *err)
{
	return w->applier->ops->xa_put(w->applier, w->xid, w->pieces++, bytes, len, err);
}

/* Whole pieces; with rest also what is left after them. */
static enum rs_rc put_pieces(struct rs_xa_writer *w, bool rest, struct rs_err *err)
{
	size_t at = 0, piece = w->applier->piece;
	enum rs_rc rc = RS_OK;

	for (; rc == RS_OK && w->bytes.len - at >= piece; at += piece)
		rc = put_piece(w, w->bytes.data + at, piece, err);
	if (rc == RS_OK && rest && w->bytes.len > at) {
		rc = put_piece(w, w->bytes.data + at, w->bytes.len - at, err);
		at = w->bytes.len;
	}
	if (at > 0) {
		memmove(w->bytes.data, w->bytes.data + at, w->bytes.len - at);
		w->bytes.len -= at;
	}
	return rc;
}

enum rs_rc rs_xa_add(struct rs_xa_writer *w, const struct rs_change *c, struct rs_err *err)
{
	enum rs_rc rc = rs_change_write(&w->bytes, &w->tables, c, err);

	return rc == RS_OK ? put_pieces(w, false, err) : rc;
}

enum rs_rc rs_xa_mark(struct rs_xa_writer *w, struct rs_xa_mark *out, struct rs_err *err)
{
	enum rs_rc rc = put_pieces(w, true, err);

	*out = (struct rs_xa_mark){w->pieces, w->tables.count};
	return rc;
}

void rs_xa_back_to(struct rs_xa_writer *w, const struct rs_xa_mark *mark)
{
	rs_buf_clear(&w->bytes);
	rs_body_tables_cut(&w->tables, mark->tables);
	w->pieces = mark->pieces;
}

enum rs_rc rs_xa_close(struct rs_xa_writer *w, struct rs_err *err)
{
	enum rs_rc rc = put_pieces(w, true, err);

	if (rc == RS_OK && w->pieces == 0)
		rc = put_piece(w, "", 0, err);
	rs_xa_abandon(w);
	rs_step("xa-stored");
	return rc;
}

/* ---------------------------------------------------------------- applying */

struct replay {
	struct rs_buf bytes;
	struct rs_body_tables tables;
	enum rs_rc (*apply)(void *arg, struct rs_change *c, struct rs_err *err);
	void *arg;
};

/* All items that are complete. */
static enum rs_rc apply_known(struct replay *r, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;
	size_t at = 0;

	while (rc == RS_OK) {
		struct rs_change *c = NULL;
		size_t used;
		rc = rs_change_read(rs_buf_str(&r->bytes) + at, r->bytes.len - at, &used, &r->tables, &c, err);
		at += used;
		if (rc == RS_OK)
			rc = r->apply(r->arg, c, err);
	}
	if (at > 0) {
		memmove(r->bytes.data, r->bytes.data + at, r->bytes.len - at);
		r->bytes.len -= at;
	}
	return rc == RS_AGAIN ? RS_OK : rc;
}

enum rs_rc rs_xa_replay(struct rs_applier *applier, const char *xid,
                        enum rs_rc (*apply)(void *arg, struct rs_change *c, struct rs_err *err), void *arg,
                        struct rs_err *err)
{
	struct replay r = {.apply = apply, .arg = arg};
	unsigned piece = 0;
	enum rs_rc rc = RS_OK;

	rs_buf_init(&r.bytes, ITEM_MAX + applier->piece);
	while (rc == RS_OK) {
		rc = applier->ops->xa_get(applier, xid, piece, &r.bytes, err);
		if (rc == RS_OK)
			rc = apply_known(&r, err);
		if (rc == RS_OK && piece++ == 0)
			rs_step("xa-half-applied");
	}
	if (rc == RS_EOF && r.bytes.len > 0)
		rc = rs_err_set(err, RS_E_META_DAMAGED, _("the stored changes of a prepared transaction can't be read"));
	rs_buf_release(&r.bytes);
	rs_body_tables_release(&r.tables);
	if (rc != RS_EOF || piece == 0)
		return rc;
	rc = applier->ops->xa_drop(applier, xid, err);
	rs_step("xa-applied");
	return rc;
}

/* ---------------------------------------------------------------- what was prepared before the start */

#define WAIT_LONGEST (20 * RS_USEC_PER_SEC)
#define WAIT_STEP RS_MSEC(100)

static void free_xids(char **xids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(xids[i]);
	free(xids);
}

/* Keeps those of *xids that are still prepared. */
static enum rs_rc keep_prepared(struct rs_engine *e, char **xids, size_t *n, struct rs_err *err)
{
	char **now = NULL;
	size_t n_now = 0, kept = 0;
	enum rs_rc rc = e->source->ops->prepared(e->source, &now, &n_now, err);

	for (size_t i = 0; rc == RS_OK && i < *n; i++) {
		bool still = false;
		for (size_t k = 0; k < n_now; k++)
			still = still || strcmp(xids[i], now[k]) == 0;
		if (still)
			xids[kept++] = xids[i];
		else
			free(xids[i]);
	}
	if (rc == RS_OK)
		*n = kept;
	free_xids(now, n_now);
	return rc;
}

static enum rs_rc stays_prepared(char *const *xids, size_t n, struct rs_err *err)
{
	rs_err_set(err, RS_E_SOURCE_PREREQ, _("the source holds prepared XA transactions that are not finished"));
	for (size_t i = 0; i < n && i < 10; i++)
		rs_err_detail(err, "%s", xids[i]);
	return rs_err_hint(err, _("commit them or roll them back there (XA RECOVER lists them, XA COMMIT or XA ROLLBACK ends "
	                          "them), then start again: their rows are neither in the copy nor in the log that follows"));
}

enum rs_rc rs_xa_wait_prepared(struct rs_engine *e, struct rs_position *out, struct rs_err *err)
{
	struct rs_position ignored = RS_POSITION_INIT;
	rs_usec until = rs_clock_mono() + WAIT_LONGEST;
	char **xids = NULL;
	size_t n = 0;
	enum rs_rc rc = e->source->ops->prepared(e->source, &xids, &n, err);

	if (rc == RS_OK && n > 0)
		rs_journal(e, RS_LOG_INFO, NULL, "waiting for %zu prepared XA transactions of the source to be finished", n);
	while (rc == RS_OK && n > 0) {
		rs_stats_note(&e->stats, _("waiting for prepared XA transactions of the source to be finished: %zu"), n);
		if (rs_clock_mono() > until)
			rc = stays_prepared(xids, n, err);
		else if (rs_cancel_sleep(&e->cancel, WAIT_STEP))
			rc = RS_CANCELLED;
		else
			rc = keep_prepared(e, xids, &n, err);
	}
	free_xids(xids, n);
	if (rc == RS_OK)
		rc = e->source->ops->end(e->source, out, err);
	if (rc == RS_OK && !e->source->keeps_log) /* there it would begin anew what the log is kept from */
		rc = e->source->ops->fence(e->source, &ignored, err);
	rs_position_clear(&ignored);
	return rc;
}
