#include "engine/follow/doubt.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "engine/follow/follow.h"

void rs_doubt_clear(struct rs_doubt *d)
{
	rs_position_clear(&d->end);
	rs_position_clear(&d->begin);
	free(d->id);
	free(d->tally);
	*d = (struct rs_doubt){.set = false};
}

static void take_tally(struct rs_doubt *d, const struct rs_tally *tally, size_t n)
{
	d->tally = rs_xcalloc(n + 1, sizeof *d->tally);
	for (; d->n_tally < n; d->n_tally++)
		d->tally[d->n_tally] = tally[d->n_tally];
}

void rs_doubt_of_share(struct rs_doubt *d, const struct rs_lane *l, const struct rs_share *share)
{
	if (share->n == 0)
		return;
	*d = (struct rs_doubt){.set = true, .anomalies = l->anomalies, .why = share->why,
	                       .transactions = rs_follow_transactions(share->items, share->n)};
	take_tally(d, l->tally, l->n_tally);
	if (!share->beside) {
		rs_position_copy(&d->end, share->position);
		return;
	}
	rs_position_copy(&d->begin, &share->items[0]->position);
	d->id = rs_xstrdup(share->items[0]->gtid);
}

void rs_doubt_of_streamed(struct rs_doubt *d, const struct rs_follow *f)
{
	*d = (struct rs_doubt){.set = true, .anomalies = f->lanes[0].anomalies, .why = RS_SERIAL_LARGE, .transactions = 1};
	take_tally(d, f->undo.counts, f->undo.n_counts);
	rs_position_copy(&d->end, &f->reached);
}

void rs_doubt_keep(struct rs_engine *e, struct rs_doubt *d)
{
	if (!d->set)
		return;
	RS_GROW(e->doubts, e->n_doubts, e->cap_doubts);
	e->doubts[e->n_doubts++] = *d;
	*d = (struct rs_doubt){.set = false};
}

static bool is_there(const struct rs_meta_task *m, const struct rs_doubt *d)
{
	if (!rs_position_is_set(&d->end))
		return rs_ahead_has(&m->ahead, &d->begin, d->id);
	return m->position.file != NULL && d->end.file != NULL && rs_position_compare(&m->position, &d->end) >= 0;
}

static void settle(struct rs_engine *e, struct rs_doubt *d)
{
	struct rs_stats *s = &e->stats;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < d->n_tally; i++)
		rs_stats_applied(s, &d->tally[i]);
	s->transactions += d->transactions;
	s->serial[d->why] += d->transactions;
	pthread_mutex_unlock(&s->lock);
	rs_follow_note_anomalies(e, &d->anomalies);
}

void rs_doubts_settle(struct rs_engine *e)
{
	for (size_t i = 0; i < e->n_doubts; i++)
		if (is_there(&e->meta, &e->doubts[i]))
			settle(e, &e->doubts[i]);
	rs_doubts_clear(e);
}

void rs_doubts_clear(struct rs_engine *e)
{
	while (e->n_doubts > 0)
		rs_doubt_clear(&e->doubts[--e->n_doubts]);
	free(e->doubts);
	e->doubts = NULL;
	e->cap_doubts = 0;
}
