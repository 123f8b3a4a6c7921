/* A share that can't be folded as a whole, because the destination is not as the log takes it to be, in pieces: what is wrong
 * with one row shall not have the rest of a backlog go row by row, with a round trip each. Halves are tried, and their halves,
 * down to the one transaction that is applied change by change, which finds and counts what is wrong; what comes behind it is
 * folded again. All in the lane's one transaction of the destination, between savepoints. */
#include "engine/follow/follow.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

#define SAVEPOINT 1000000001u /* beside those of windows (batch.c) and of the source */
#define FAILURES_MAX 32       /* where so much is wrong the rest goes change by change */

/* What a lane has of its transaction, to come back to it. */
struct mark {
	struct rs_anomalies anomalies;
	size_t n_passed, n_tally;
	struct rs_tally *tally;
};

static enum rs_rc set_mark(const struct rs_lane *l, struct mark *m, struct rs_err *err)
{
	*m = (struct mark){.anomalies = l->anomalies, .n_passed = l->n_passed, .n_tally = l->n_tally};
	m->tally = rs_xcalloc(l->n_tally + 1, sizeof *m->tally);
	for (size_t i = 0; i < l->n_tally; i++)
		m->tally[i] = l->tally[i];
	return l->applier->ops->savepoint(l->applier, SAVEPOINT, err);
}

static enum rs_rc go_back(struct rs_lane *l, const struct mark *m, struct rs_err *err)
{
	rs_lane_forget(l);
	l->anomalies = m->anomalies;
	l->n_passed = m->n_passed;
	l->n_tally = m->n_tally; /* no fewer have room */
	for (size_t i = 0; i < m->n_tally; i++)
		l->tally[i] = m->tally[i];
	return l->applier->ops->undo(l->applier, SAVEPOINT, err);
}

/* RS_AGAIN: the lane is where it was before the piece. */
static enum rs_rc send_piece(struct rs_lane *l, const struct rs_share *piece, struct rs_err *err)
{
	struct mark mark;
	enum rs_rc rc = set_mark(l, &mark, err);

	if (rc == RS_OK)
		rc = rs_lane_send(l, piece, err);
	if (rc == RS_AGAIN)
		rc = go_back(l, &mark, err) == RS_OK ? RS_AGAIN : RS_FAIL;
	free(mark.tally);
	return rc;
}

static bool is_end(const struct rs_change *c) { return c->kind == RS_CHANGE_COMMIT; }

bool rs_lane_has_pieces(const struct rs_share *share)
{
	size_t ends = 0;

	for (size_t i = 0; i < share->n; i++) {
		enum rs_change_kind kind = share->items[i]->kind;
		if (kind == RS_CHANGE_XA_PREPARE || kind == RS_CHANGE_XA_COMMIT || kind == RS_CHANGE_XA_ROLLBACK)
			return false;
		ends += is_end(share->items[i]);
	}
	return ends > 1;
}

/* The items up to the first end of a transaction behind the middle; all of them: there is one transaction only. */
static size_t half_of(struct rs_change *const *items, size_t n)
{
	size_t end = n;

	for (size_t i = n; i > 0; i--) {
		if (!is_end(items[i - 1]))
			continue;
		if (i < n / 2 && end < n)
			break;
		end = i;
	}
	return end;
}

enum rs_rc rs_lane_send_pieces(struct rs_lane *l, const struct rs_share *share, struct rs_err *err)
{
	size_t at = 0, n = half_of(share->items, share->n), failures = 0;
	enum rs_rc rc = RS_OK;

	while (rc == RS_OK && at < share->n) {
		size_t half = half_of(share->items + at, n);
		struct rs_share piece = {.items = share->items + at, .n = n, .fold = half < n && failures < FAILURES_MAX};
		rc = send_piece(l, &piece, err);
		if (rc == RS_AGAIN && piece.fold) {
			failures++;
			n = half;
			rc = RS_OK;
			continue;
		}
		at += n;
		n = share->n - at;
	}
	return rc;
}
