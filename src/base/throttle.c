#include "base/throttle.h"

#include "base/activity.h"

#define SLICE RS_MSEC(200) /* a limit that is raised lets those go who wait for it */

/* ------------------------------------------------------------------ the arithmetic */

static double burst_of(const struct rs_bucket *b)
{
	return b->rate < RS_THROTTLE_BURST ? 1 : (double)b->rate / RS_THROTTLE_BURST;
}

static void fill(struct rs_bucket *b, rs_usec now)
{
	if (now > b->at)
		b->made += (double)b->rate * (double)(now - b->at) / (double)RS_USEC_PER_SEC;
	if (b->made > b->taken || b->rate == 0)
		b->made = b->taken;
	b->at = now;
}

void rs_bucket_set(struct rs_bucket *b, uint64_t rate, rs_usec now)
{
	fill(b, now);
	b->rate = rate;
}

double rs_bucket_take(struct rs_bucket *b, uint64_t n, rs_usec now)
{
	fill(b, now);
	b->taken += (double)n;
	return b->taken;
}

rs_usec rs_bucket_due(struct rs_bucket *b, double ticket, rs_usec now)
{
	fill(b, now);
	double missing = ticket - b->made - burst_of(b);

	if (b->rate == 0 || missing <= 0)
		return 0;
	return (rs_usec)(missing / (double)b->rate * (double)RS_USEC_PER_SEC + 0.99); /* up, but for what was lost in rounding */
}

void rs_bucket_return(struct rs_bucket *b, uint64_t n)
{
	b->taken -= (double)n;
	if (b->made > b->taken)
		b->made = b->taken;
}

/* ------------------------------------------------------------------ shared */

void rs_throttle_init(struct rs_throttle *t)
{
	*t = (struct rs_throttle){.waiting = 0};
	pthread_mutex_init(&t->lock, NULL);
}

void rs_throttle_release(struct rs_throttle *t)
{
	pthread_mutex_destroy(&t->lock);
}

void rs_throttle_set(struct rs_throttle *t, enum rs_throttle_unit unit, uint64_t rate)
{
	bool limited = false;

	pthread_mutex_lock(&t->lock);
	rs_bucket_set(&t->buckets[unit], rate, rs_clock_mono());
	for (int i = 0; i < RS_THROTTLE_UNITS; i++)
		limited = limited || t->buckets[i].rate > 0;
	atomic_store(&t->limited, limited);
	pthread_mutex_unlock(&t->lock);
}

uint64_t rs_throttle_rate(struct rs_throttle *t, enum rs_throttle_unit unit)
{
	pthread_mutex_lock(&t->lock);
	uint64_t rate = t->buckets[unit].rate;
	pthread_mutex_unlock(&t->lock);
	return rate;
}

/* The longest of all units. */
static rs_usec due_of(struct rs_throttle *t, const double *tickets, rs_usec now)
{
	rs_usec longest = 0;

	for (int i = 0; i < RS_THROTTLE_UNITS; i++) {
		rs_usec due = rs_bucket_due(&t->buckets[i], tickets[i], now);
		if (due <= longest)
			continue;
		longest = due;
		t->by = (enum rs_throttle_unit)i;
	}
	return longest;
}

/* Inside the lock, which is left while it waits. */
static enum rs_rc wait_for(struct rs_throttle *t, const double *tickets, struct rs_cancel *stopping)
{
	enum rs_doing before = rs_activity_enter(RS_DOING_TURN);
	rs_usec due;
	bool cancelled = false;

	while (!cancelled && (due = due_of(t, tickets, rs_clock_mono())) > 0) {
		pthread_mutex_unlock(&t->lock);
		cancelled = rs_cancel_sleep(stopping, due < SLICE ? due : SLICE);
		pthread_mutex_lock(&t->lock);
	}
	rs_activity_leave(before);
	return cancelled ? RS_CANCELLED : RS_OK;
}

static enum rs_rc queue_up(struct rs_throttle *t, const double *tickets, struct rs_cancel *stopping)
{
	rs_usec now = rs_clock_mono();

	if (due_of(t, tickets, now) == 0)
		return RS_OK;
	if (t->waiting++ == 0)
		t->waiting_since = now;
	enum rs_rc rc = wait_for(t, tickets, stopping);
	if (--t->waiting == 0)
		t->held += rs_clock_mono() - t->waiting_since;
	return rc;
}

enum rs_rc rs_throttle_wait(struct rs_throttle *t, const struct rs_cost *cost, struct rs_cancel *stopping)
{
	double tickets[RS_THROTTLE_UNITS];

	if (!rs_throttle_is_limited(t))
		return RS_OK;
	pthread_mutex_lock(&t->lock);
	for (int i = 0; i < RS_THROTTLE_UNITS; i++)
		tickets[i] = cost->of[i] > 0 ? rs_bucket_take(&t->buckets[i], cost->of[i], rs_clock_mono()) : 0;
	enum rs_rc rc = queue_up(t, tickets, stopping);
	for (int i = 0; rc == RS_CANCELLED && i < RS_THROTTLE_UNITS; i++)
		rs_bucket_return(&t->buckets[i], cost->of[i]);
	pthread_mutex_unlock(&t->lock);
	return rc;
}

rs_usec rs_throttle_delay(struct rs_throttle *t, const struct rs_cost *cost)
{
	rs_usec longest = 0;

	if (!rs_throttle_is_limited(t))
		return 0;
	const rs_usec now = rs_clock_mono();
	pthread_mutex_lock(&t->lock);
	for (int i = 0; i < RS_THROTTLE_UNITS; i++) {
		struct rs_bucket after = t->buckets[i];
		rs_usec due = cost->of[i] > 0 ? rs_bucket_due(&after, after.taken + (double)cost->of[i], now) : 0;

		longest = due > longest ? due : longest;
	}
	pthread_mutex_unlock(&t->lock);
	return longest;
}

rs_usec rs_throttle_held(struct rs_throttle *t, enum rs_throttle_unit *by)
{
	pthread_mutex_lock(&t->lock);
	rs_usec held = t->held + (t->waiting > 0 ? rs_clock_mono() - t->waiting_since : 0);
	*by = t->by;
	pthread_mutex_unlock(&t->lock);
	return held;
}
