#include "engine/follow/reading.h"

#include <sys/eventfd.h>
#include <unistd.h>
#include "base/mem.h"
#include "engine/core.h"
#include "engine/objects/objects.h"

#define BACKLOG ((size_t)1 << 20)     /* bytes that wait: what counts is how much is done, not how soon a transaction is */
#define LITTLE ((size_t)64 << 10)     /* bytes in the queue */
#define MUCH ((size_t)256 << 10)      /* bytes that came without a pause, or at once: worth a thread that reads meanwhile */
#define SILENCE (2 * RS_USEC_PER_SEC) /* two heartbeats: whoever waits for more may wait for long */
#define AWAY RS_MSEC(250)             /* from the stream, which the other one takes then */

/* Nothing can be done with it before the commit. */
static bool opens(const struct rs_change *c)
{
	return c->kind == RS_CHANGE_BEGIN || c->kind == RS_CHANGE_ROWS || c->kind == RS_CHANGE_TRUNCATE;
}

static void show_source(struct rs_reading *r, const struct rs_change *c)
{
	struct rs_stats *s = &r->e->stats;

	if (opens(c))
		return;
	pthread_mutex_lock(&s->lock);
	rs_position_copy(&s->source, &c->position);
	pthread_mutex_unlock(&s->lock);
}

/* ---------------------------------------------------------------- whose turn it is */

/* The log-reader leaves the stream, and waits until it is its turn again. False: it is to end. */
static bool rest(struct rs_reading *r)
{
	rs_monitor_enter(&r->monitor);
	r->turn = RS_TURN_NOBODY;
	r->left = rs_clock_mono();
	rs_queue_nudge(&r->queue);
	while (r->turn != RS_TURN_READER && !r->ends)
		if (!rs_monitor_wait(&r->monitor, 2 * AWAY) && r->turn == RS_TURN_NOBODY && rs_clock_mono() - r->left >= AWAY)
			r->turn = RS_TURN_READER;
	bool goes_on = !r->ends;
	rs_monitor_leave(&r->monitor);
	return goes_on;
}

/* The coordinator's, where nothing is in the queue: everything that was read before was put there before the stream was left. */
static bool take_turn(struct rs_reading *r)
{
	rs_monitor_enter(&r->monitor);
	bool taken = r->turn == RS_TURN_NOBODY && rs_queue_count(&r->queue) == 0;
	if (taken)
		r->turn = RS_TURN_COORDINATOR;
	rs_monitor_leave(&r->monitor);
	return taken;
}

static void leave_turn(struct rs_reading *r, enum rs_reading_turn to)
{
	rs_monitor_enter(&r->monitor);
	r->turn = to;
	r->left = rs_clock_mono();
	if (to == RS_TURN_READER)
		rs_monitor_wake(&r->monitor);
	rs_monitor_leave(&r->monitor);
}

/* ---------------------------------------------------------------- the log-reader */

/* A side's part of the memory is another one when others begin or end. */
static enum rs_rc put_in_queue(struct rs_reading *r, struct rs_change *c)
{
	if (r->e->side != NULL)
		rs_queue_limit(&r->queue, rs_side_memory(r->e->side) / 2);
	rs_thread_short_turns(atomic_load_explicit(&r->e->stats.queued, memory_order_relaxed) < BACKLOG);
	return (opens(c) ? rs_queue_put_quietly : rs_queue_put)(&r->queue, c, c->bytes + sizeof *c);
}

static enum rs_rc pass_on(struct rs_reading *r, struct rs_change *c)
{
	show_source(r, c);
	if (put_in_queue(r, c) == RS_OK)
		return RS_OK;
	rs_change_free(c);
	return RS_CANCELLED;
}

static bool may_rest(const struct rs_reading *r, bool inside)
{
	return r->stream->tells && !inside && atomic_load_explicit(&r->e->stats.queued, memory_order_relaxed) < LITTLE;
}

/* RS_AGAIN: the log-reader is to end; how the stream ended is known already. */
static enum rs_rc read_on(struct rs_reading *r)
{
	struct rs_change *c = NULL;
	enum rs_rc rc = RS_OK;
	bool inside = false; /* a transaction */

	while (rc == RS_OK && !rs_engine_stopping(r->e)) {
		rc = r->stream->ops->next(r->stream, may_rest(r, inside) ? 0 : -1, &c, &r->err);
		if (rc == RS_AGAIN && rest(r)) {
			rc = RS_OK;
		} else if (rc == RS_OK) {
			inside = opens(c);
			rc = pass_on(r, c);
		}
	}
	return rc;
}

static void *read_stream(void *arg)
{
	struct rs_reading *r = arg;
	struct rs_activity activity;

	rs_engine_take_part(r->e, &activity, RS_WORKER_READER);
	enum rs_rc rc = read_on(r);
	if (rc != RS_AGAIN)
		r->rc = rc;
	rs_queue_close(&r->queue);
	rs_activity_end(&activity);
	return NULL;
}

/* ---------------------------------------------------------------- the coordinator */

/* A nudge that was heard. */
static void drain(struct rs_reading *r)
{
	uint64_t value;
	ssize_t n = read(r->wake_fd, &value, sizeof value);

	(void)n; /* there was none */
}

static void came(struct rs_reading *r, const struct rs_change *c)
{
	r->heard = rs_clock_mono();
	r->idle = c->kind == RS_CHANGE_HEARTBEAT;
	if (r->idle)
		r->emptied = r->heard;
	r->unbroken = r->idle ? 0 : r->unbroken + c->bytes;
	show_source(r, c);
}

static void came_not(struct rs_reading *r, rs_usec timeout)
{
	r->idle = true;
	r->emptied = rs_clock_mono();
	r->unbroken = 0;
	if (timeout > 0)
		drain(r);
}

static void end_stream(struct rs_reading *r, enum rs_rc rc)
{
	r->rc = rc;
	rs_queue_close(&r->queue);
	rs_monitor_enter(&r->monitor);
	r->ends = true;
	rs_monitor_wake(&r->monitor);
	rs_monitor_leave(&r->monitor);
}

static enum rs_rc read_directly(struct rs_reading *r, rs_usec timeout, struct rs_change **out)
{
	if (!r->directly) {
		r->heard = rs_clock_mono();
		r->unbroken = 0;
	}
	r->directly = true;
	enum rs_rc rc = r->stream->ops->next(r->stream, timeout, out, &r->err);
	if (rc == RS_OK)
		came(r, *out);
	else if (rc == RS_AGAIN)
		came_not(r, timeout);
	else
		end_stream(r, rc);
	bool ended = rc != RS_OK && rc != RS_AGAIN;
	bool back = ended || r->unbroken > MUCH || (rc == RS_AGAIN && rs_clock_mono() - r->heard > SILENCE);
	leave_turn(r, back ? RS_TURN_READER : RS_TURN_NOBODY);
	return ended ? RS_EOF : rc;
}

enum rs_rc rs_reading_take(struct rs_reading *r, rs_usec timeout, struct rs_change **out)
{
	enum rs_rc rc = RS_OK;

	if (r->next_taken == r->n_taken) {
		if (take_turn(r))
			return read_directly(r, timeout, out);
		r->directly = false;
		r->next_taken = r->n_taken = 0;
		rc = rs_queue_take_some(&r->queue, r->taken, sizeof r->taken / sizeof *r->taken, LITTLE, &r->n_taken, timeout);
	}
	if (rc == RS_OK)
		*out = r->taken[r->next_taken++];
	return rc;
}

bool rs_reading_is_idle(struct rs_reading *r)
{
	if (r->directly)
		return r->idle;
	return r->next_taken == r->n_taken && rs_queue_count(&r->queue) == 0;
}

rs_usec rs_reading_emptied(const struct rs_reading *r)
{
	return r->directly && r->idle ? r->emptied : 0;
}

/* ---------------------------------------------------------------- beginning and end */

void rs_reading_nudge(struct rs_reading *r)
{
	const uint64_t one = 1;

	rs_queue_nudge(&r->queue);
	ssize_t n = write(r->wake_fd, &one, sizeof one);
	(void)n; /* full: it can be read already; none: who waits looks by himself, soon */
}

void rs_reading_init(struct rs_reading *r, struct rs_engine *e)
{
	*r = (struct rs_reading){.e = e, .rc = RS_OK, .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	rs_monitor_init(&r->monitor);
	rs_queue_init(&r->queue, e->task->sync.memory / 2);
	rs_queue_show(&r->queue, &e->stats.queued);
	if (e->side != NULL)
		rs_queue_share(&r->queue, &e->side->main->objects.queues);
}

enum rs_rc rs_reading_start(struct rs_reading *r, struct rs_stream *stream, struct rs_err *err)
{
	r->stream = stream;
	stream->wake_fd = r->wake_fd;
	rs_engine_live(r->e, (void (*)(void *))stream->ops->cancel, stream);
	return rs_thread_start(&r->thread, "log-reader", read_stream, r) ? RS_OK : rs_engine_no_thread(err);
}

void rs_reading_confirm(struct rs_reading *r, const struct rs_position *safe)
{
	if (r->stream != NULL && r->stream->ops->confirm != NULL)
		r->stream->ops->confirm(r->stream, safe);
}

void rs_reading_stop(struct rs_reading *r)
{
	rs_queue_cancel(&r->queue);
	if (r->stream == NULL)
		return;
	r->stream->ops->cancel(r->stream);
	rs_monitor_enter(&r->monitor);
	r->ends = true;
	rs_monitor_wake(&r->monitor);
	rs_monitor_leave(&r->monitor);
	rs_thread_join(&r->thread);
	rs_engine_dead(r->e, r->stream);
	r->stream->ops->close(r->stream);
	r->stream = NULL;
}

static void free_item(void *item) { rs_change_free(item); }

void rs_reading_release(struct rs_reading *r)
{
	while (r->next_taken < r->n_taken)
		free_item(r->taken[r->next_taken++]);
	rs_queue_release(&r->queue, free_item);
	rs_monitor_release(&r->monitor);
	if (r->wake_fd >= 0)
		close(r->wake_fd);
	rs_err_clear(&r->err);
}
