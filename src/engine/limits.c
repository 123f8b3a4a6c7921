/* Limits of speed: of the copy, which its workers share, and of the stream. */
#include "engine/core.h"

#include <inttypes.h>
#include <string.h>
#include "base/figure.h"
#include "base/i18n.h"
#include "base/log.h"

#define LONG_DELAY RS_MSEC(200)

void rs_limits_set(struct rs_engine *e, const struct rs_sync *sync)
{
	atomic_store(&e->retry_connection, sync->retry_connection);
	atomic_store(&e->retry_other, sync->retry_other);
	atomic_store(&e->limited_by_class, sync->limited_by_class);
	rs_throttle_set(e->copy_throttle, RS_THROTTLE_QUERIES, sync->full_limits.queries);
	rs_throttle_set(e->copy_throttle, RS_THROTTLE_ROWS, sync->full_limits.rows);
	rs_throttle_set(e->copy_throttle, RS_THROTTLE_BYTES, sync->full_limits.bytes);
	rs_throttle_set(e->stream_throttle, RS_THROTTLE_ROWS, sync->incremental_limits.rows);
	rs_throttle_set(e->stream_throttle, RS_THROTTLE_BYTES, sync->incremental_limits.bytes);
	rs_spool_quota(e, sync->relay_quota);
	rs_log(RS_LOG_INFO,
	       "limits (0: none) full_max_queries=%" PRIu64 " full_max_rows=%" PRIu64 " full_max_bytes=%" PRIu64
	       " incremental_max_rows=%" PRIu64 " incremental_max_bytes=%" PRIu64 " retry_connection=%um retry_other=%um relay_quota=%" PRIu64,
	       sync->full_limits.queries, sync->full_limits.rows, sync->full_limits.bytes, sync->incremental_limits.rows,
	       sync->incremental_limits.bytes, sync->retry_connection, sync->retry_other, sync->relay_quota);
}

/* Time that is spent here is no step of the destination's. */
static enum rs_rc take_turn(struct rs_engine *e, struct rs_throttle *t, const struct rs_cost *cost)
{
	rs_stats_free(&e->stats);
	enum rs_rc rc = rs_throttle_wait(t, cost, &e->cancel);

	rs_stats_busy(&e->stats);
	return rc;
}

enum rs_rc rs_limits_query(struct rs_engine *e)
{
	const struct rs_cost cost = {.of[RS_THROTTLE_QUERIES] = 1};

	return rs_throttle_is_limited(e->copy_throttle) ? take_turn(e, e->copy_throttle, &cost) : RS_OK;
}

enum rs_rc rs_limits_copy_row(struct rs_engine *e, const struct rs_value *values, size_t n, struct rs_cost *owed)
{
	struct rs_cost now = {.of[RS_THROTTLE_ROWS] = 0}, *cost = owed ? owed : &now;

	if (!rs_throttle_is_limited(e->copy_throttle))
		return RS_OK;
	cost->of[RS_THROTTLE_ROWS]++;
	for (size_t i = 0; i < n; i++)
		cost->of[RS_THROTTLE_BYTES] += values[i].len;
	return owed ? RS_OK : take_turn(e, e->copy_throttle, cost);
}

/* In how many parts to pay, so that each is a burst at most. */
static uint64_t parts_of(struct rs_throttle *t, const struct rs_cost *owed)
{
	uint64_t parts = 1;

	for (enum rs_throttle_unit unit = RS_THROTTLE_ROWS; unit <= RS_THROTTLE_BYTES; unit++) {
		uint64_t rate = rs_throttle_rate(t, unit), burst = rate / RS_THROTTLE_BURST;
		if (rate > 0 && owed->of[unit] / (burst > 0 ? burst : 1) >= parts)
			parts = owed->of[unit] / (burst > 0 ? burst : 1) + 1;
	}
	return parts;
}

enum rs_rc rs_limits_pay(struct rs_engine *e, struct rs_cost *owed)
{
	uint64_t parts = parts_of(e->copy_throttle, owed);
	struct rs_cost now = {.of[RS_THROTTLE_ROWS] = 0};

	for (int i = 0; i < RS_THROTTLE_UNITS; i++) {
		now.of[i] = (owed->of[i] + parts - 1) / parts;
		owed->of[i] -= now.of[i];
	}
	return take_turn(e, e->copy_throttle, &now);
}

static struct rs_cost cost_of(const struct rs_change *c)
{
	if (c->kind != RS_CHANGE_ROWS)
		return (struct rs_cost){.of[RS_THROTTLE_ROWS] = 0};
	return (struct rs_cost){.of[RS_THROTTLE_ROWS] = c->n_rows, .of[RS_THROTTLE_BYTES] = c->image_bytes};
}

enum rs_rc rs_limits_change(struct rs_engine *e, const struct rs_change *c)
{
	const struct rs_cost cost = cost_of(c);

	if (c->kind != RS_CHANGE_ROWS || !rs_throttle_is_limited(e->stream_throttle))
		return RS_OK;
	return take_turn(e, e->stream_throttle, &cost);
}

bool rs_limits_delay(struct rs_engine *e, const struct rs_change *c)
{
	const struct rs_cost cost = cost_of(c);

	return rs_throttle_delay(e->stream_throttle, &cost) > LONG_DELAY;
}

uint64_t rs_limits_rows_in_a_second(struct rs_engine *e, uint64_t row_bytes)
{
	uint64_t rows = rs_throttle_rate(e->copy_throttle, RS_THROTTLE_ROWS);
	uint64_t bytes = rs_throttle_rate(e->copy_throttle, RS_THROTTLE_BYTES);
	uint64_t by_rows = rows > 0 ? rows : UINT64_MAX;
	uint64_t by_bytes = bytes > 0 ? bytes / (row_bytes > 0 ? row_bytes : 1) : UINT64_MAX;
	uint64_t n = by_rows < by_bytes ? by_rows : by_bytes;

	return n > 0 ? n : 1;
}

/* ---------------------------------------------------------------- telling of it */

static const char *const copy_keys[RS_THROTTLE_UNITS] = {
	[RS_THROTTLE_ROWS] = "full_max_rows", [RS_THROTTLE_BYTES] = "full_max_bytes",
	[RS_THROTTLE_QUERIES] = "full_max_queries"};
static const char *const stream_keys[RS_THROTTLE_UNITS] = {
	[RS_THROTTLE_ROWS] = "incremental_max_rows", [RS_THROTTLE_BYTES] = "incremental_max_bytes",
	[RS_THROTTLE_QUERIES] = ""};

/* By which unit it was held for more than half of the window. */
static bool was_held(struct rs_throttle *t, rs_usec *held, rs_usec window, enum rs_throttle_unit *by)
{
	rs_usec before = *held;

	*held = rs_throttle_held(t, by);
	return rs_throttle_is_limited(t) && *held - before > window / 2;
}

const char *rs_limits_holding(struct rs_engine *e, rs_usec held[2], rs_usec window)
{
	enum rs_throttle_unit copy, stream;
	bool copy_held = was_held(e->copy_throttle, &held[0], window, &copy);
	bool stream_held = was_held(e->stream_throttle, &held[1], window, &stream);

	if (copy_held)
		return copy_keys[copy];
	if (stream_held && stream == RS_THROTTLE_ROWS && atomic_load(&e->limited_by_class))
		return "speed_class";
	return stream_held ? stream_keys[stream] : NULL;
}

static char *figure(struct rs_engine *e, const char *key, char *text)
{
	for (int i = 0; i < RS_THROTTLE_UNITS; i++) {
		bool copy = strcmp(key, copy_keys[i]) == 0, stream = strcmp(key, stream_keys[i]) == 0;
		enum rs_throttle_unit unit = (enum rs_throttle_unit)i;
		uint64_t rate;

		if (!copy && !stream)
			continue;
		rate = rs_throttle_rate(copy ? e->copy_throttle : e->stream_throttle, unit);
		return unit == RS_THROTTLE_BYTES ? rs_figure_bytes((double)rate, text, RS_FIGURE_SIZE)
		                                 : rs_figure_grouped(rate, text, RS_FIGURE_SIZE);
	}
	return rs_figure_grouped(rs_throttle_rate(e->stream_throttle, RS_THROTTLE_ROWS), text, RS_FIGURE_SIZE);
}

void rs_limits_show(struct rs_engine *e, struct rs_progress *p, const char *key)
{
	char text[RS_FIGURE_SIZE];
	size_t used = strlen(p->note);

	p->caught_up = false;
	snprintf(p->throttled, sizeof p->throttled, "%s", key);
	snprintf(p->note + used, sizeof p->note - used, used > 0 ? _("; held back by the limit %s, %s a second")
	                                                         : _("held back by the limit %s, %s a second"),
	         key, figure(e, key, text));
}
